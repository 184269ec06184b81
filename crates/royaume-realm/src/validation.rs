//! The rules of a topology, held before anything is served by it.

use std::time::Duration;

use royaume_protocol::scope::is_token;
use royaume_protocol::{Algorithm, GrantType};

use crate::address::parts;
use crate::base_url::is_loopback;
use crate::routes::Routes;
use crate::{
    AccessTokenFormat, Address, BaseUrl, ConsentPolicy, Endpoint, Environment, Lifetimes, Realm, RealmFault,
    Standing, SubjectKind, Topology, TopologyError,
};

/// The longest lifetime that is not a slip.
const TEN_YEARS: Duration = Duration::from_secs(10 * 366 * 86_400);

pub(crate) fn validate(topology: &Topology) -> Result<(), TopologyError> {
    if topology.realms.is_empty() {
        return Err(TopologyError::Empty);
    }
    for realm in &topology.realms {
        if let Some(fault) = realm.forms.fault() {
            return Err(TopologyError::Forms(fault));
        }
        alone(realm).map_err(|fault| realm.fault(fault))?;
    }
    let routes = Routes::build(&topology.realms, "")?;
    for (index, realm) in topology.realms.iter().enumerate() {
        for address in &realm.addresses {
            arrives(topology, &routes, index, address).map_err(|fault| realm.fault(fault))?;
        }
    }
    Ok(())
}

/// The rules that a realm holds whatever the others are.
fn alone(realm: &Realm) -> Result<(), RealmFault> {
    grants(realm)?;
    algorithms(realm)?;
    lifetimes(realm)?;
    scopes(realm)?;
    if !is_token(&realm.acr) {
        return Err(RealmFault::Acr);
    }
    issuer(realm)?;
    hosts(realm)?;
    addresses(realm)
}

fn grants(realm: &Realm) -> Result<(), RealmFault> {
    let code = realm.allows(GrantType::AuthorizationCode);
    let people = realm.subject_kind == SubjectKind::Person;
    if realm.grants.is_empty() {
        return Err(RealmFault::NoGrant);
    }
    if realm.client_authentication.is_empty() {
        return Err(RealmFault::NoClientAuthentication);
    }
    if realm.allows(GrantType::RefreshToken) && !code {
        return Err(RealmFault::RefreshWithoutCode);
    }
    if code != people {
        return Err(RealmFault::PeopleAndCode);
    }
    for response_type in &realm.response_types {
        if let Some(grant) = response_type.grants().iter().find(|grant| !realm.allows(**grant)) {
            return Err(RealmFault::ResponseTypeWithoutGrant {
                response_type: *response_type,
                grant: *grant,
            });
        }
    }
    if people && realm.response_types.is_empty() {
        return Err(RealmFault::NoResponseType);
    }
    if realm.allows(GrantType::Implicit)
        && !realm.response_types.iter().any(|kind| kind.grants().contains(&GrantType::Implicit))
    {
        return Err(RealmFault::ImplicitWithoutResponseType);
    }
    if realm.assertion_audience.is_empty() {
        return Err(RealmFault::NoAssertionAudience);
    }
    if (realm.request_parameter || realm.request_uri_parameter) && !people {
        return Err(RealmFault::RequestsWithoutPeople);
    }
    if realm.account_creation && !people {
        return Err(RealmFault::AccountsWithoutPeople);
    }
    if realm.partial_consent && realm.consent == ConsentPolicy::Never {
        return Err(RealmFault::PartialConsentUnasked);
    }
    if realm.consent == ConsentPolicy::Ask && !people {
        return Err(RealmFault::ConsentWithoutPeople);
    }
    Ok(())
}

fn algorithms(realm: &Realm) -> Result<(), RealmFault> {
    let access_token = match realm.access_token {
        AccessTokenFormat::Jwt(algorithm) => Some(("access_token_algorithm", algorithm)),
        AccessTokenFormat::Opaque => None,
    };
    let all = [access_token, Some(("id_token_algorithm", realm.id_token_algorithm))];
    match all.into_iter().flatten().find(|(_, algorithm)| !Algorithm::SIGNING.contains(algorithm)) {
        Some((name, algorithm)) => Err(RealmFault::AlgorithmNotSigning { name, algorithm }),
        None => Ok(()),
    }
}

fn lifetimes(realm: &Realm) -> Result<(), RealmFault> {
    let lifetimes = &realm.lifetimes;
    for (name, duration) in lifetimes.named() {
        if duration.is_zero() && !Lifetimes::OPTIONAL.contains(&name) {
            return Err(RealmFault::LifetimeZero { name });
        }
        if duration > TEN_YEARS {
            return Err(RealmFault::LifetimeTooLong { name, seconds: duration.as_secs() });
        }
    }
    if lifetimes.code > Lifetimes::LONGEST_CODE {
        return Err(RealmFault::CodeTooLong { seconds: lifetimes.code.as_secs() });
    }
    let crossed = |sliding, absolute| Err(RealmFault::LifetimesCrossed { sliding, absolute });
    if lifetimes.refresh_absolute < lifetimes.refresh_token {
        return crossed("refresh_token_seconds", "refresh_absolute_seconds");
    }
    if lifetimes.session_absolute < lifetimes.session_idle {
        return crossed("session_idle_seconds", "session_absolute_seconds");
    }
    if lifetimes.key_publication <= Lifetimes::KEYS_CACHED {
        return Err(RealmFault::KeyUnannounced { seconds: lifetimes.key_publication.as_secs() });
    }
    if !lifetimes.key_rotation.is_zero() && lifetimes.key_rotation < lifetimes.key_publication {
        return Err(RealmFault::KeyRotatedTooOften { seconds: lifetimes.key_rotation.as_secs() });
    }
    Ok(())
}

fn scopes(realm: &Realm) -> Result<(), RealmFault> {
    for (position, scope) in realm.scopes.iter().enumerate() {
        if !is_token(&scope.name) {
            return Err(RealmFault::ScopeName { scope: scope.name.clone() });
        }
        if realm.scopes[..position].iter().any(|earlier| earlier.name == scope.name) {
            return Err(RealmFault::ScopeTwice { scope: scope.name.clone() });
        }
    }
    Ok(())
}

fn issuer(realm: &Realm) -> Result<(), RealmFault> {
    if realm.issuer.is_none() && !realm.issuer_aliases.is_empty() {
        return Err(RealmFault::AliasesWithoutIssuer);
    }
    for issuer in realm.issuer.iter().chain(&realm.issuer_aliases) {
        BaseUrl::parse(issuer).map_err(RealmFault::Issuer)?;
    }
    Ok(())
}

fn hosts(realm: &Realm) -> Result<(), RealmFault> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let good = |name: &str| {
        name.len() <= 253 && name.split('.').all(|label| !label.is_empty() && label.bytes().all(plain))
    };
    match realm.hosts.iter().find(|host| !good(&host.name)) {
        Some(host) => Err(RealmFault::HostName { host: host.name.clone() }),
        None => Ok(()),
    }
}

fn addresses(realm: &Realm) -> Result<(), RealmFault> {
    for address in &realm.addresses {
        let bad = |reason: &str| RealmFault::Address { url: address.url.clone(), reason: reason.to_owned() };
        let url = url::Url::parse(&address.url).map_err(|error| bad(&format!("is not a URL: {error}")))?;
        let loopback = url.host().is_some_and(|host| is_loopback(&host));
        match url.scheme() {
            "https" => {}
            "http" if loopback => {}
            "http" => return Err(bad("is plain http beyond this machine")),
            _ => return Err(bad("has another scheme than https")),
        }
        if url.fragment().is_some() || !url.username().is_empty() || url.password().is_some() {
            return Err(bad("has a fragment or credentials"));
        }
        if !realm.offers(address.endpoint) {
            return Err(RealmFault::NotOffered { url: address.url.clone(), endpoint: address.endpoint });
        }
        if (address.endpoint == Endpoint::Logout) != address.redirect_parameter.is_some() {
            return Err(RealmFault::RedirectParameter { url: address.url.clone() });
        }
    }
    for endpoint in Endpoint::ALL {
        let called =
            |address: &&Address| address.endpoint == endpoint && address.standing == Standing::Called;
        if realm.addresses.iter().filter(called).count() > 1 {
            return Err(RealmFault::CalledTwice { endpoint });
        }
    }
    Ok(())
}

/// A request to the address, as it is written, must find its own realm and endpoint.
fn arrives(topology: &Topology, routes: &Routes, index: usize, address: &Address) -> Result<(), RealmFault> {
    let astray = |reason: String| RealmFault::Astray { url: address.url.clone(), reason };
    let (host, path, query) = parts(&address.url).map_err(|error| astray(error.to_string()))?;
    match routes.locate(&host, &path, query.as_deref()) {
        Ok((found, endpoint, _)) if found == index && endpoint == address.endpoint => Ok(()),
        Ok((found, endpoint, _)) => {
            let other = &topology.realms[found];
            let claimed = other.addresses.iter().any(|theirs| theirs.url == address.url);
            let theirs = format!("{endpoint} of `{}`", other.name);
            if claimed {
                let ours = format!("{} of `{}`", address.endpoint, topology.realms[index].name);
                Err(RealmFault::ClaimedTwice { address: address.url.clone(), first: theirs, second: ours })
            } else {
                Err(astray(format!("it leads to {theirs}")))
            }
        }
        Err(error) => Err(astray(error.to_string())),
    }
}

impl Topology {
    /// The hosts that people type by mistake, each with the realm whose hosts they resemble.
    pub fn mistaken_hosts(&self) -> impl Iterator<Item = (&str, &Realm)> {
        self.realms.iter().flat_map(|realm| {
            let mistaken = realm.hosts.iter().filter(|host| host.environment == Environment::Nonexistent);
            mistaken.map(move |host| (host.name.as_str(), realm))
        })
    }
}
