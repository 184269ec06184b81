//! The hash maps behind the address table: path, realm name and host.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use crate::address::parts;
use crate::table::{LocateError, NamedBy, Spelling};
use crate::{Endpoint, Environment, Forms, Realm, RealmFault, RealmName, Standing, TopologyError};

/// Every path that leads anywhere. A realm is its position in the topology.
#[derive(Debug)]
pub(crate) struct Routes {
    paths: HashMap<Box<str>, Route>,
    names: HashMap<Box<str>, usize>,
    hosts: HashMap<Box<str>, usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Route {
    endpoint: Endpoint,
    realm: Option<usize>,
    canonical: bool,
    misspelled: bool,
}

/// The longest host name, in bytes (RFC 1035 §2.3.4).
const LONGEST_HOST: usize = 253;

impl Routes {
    /// Expands the forms and addresses of the realms, on a server whose base URL has `base_path`.
    pub(crate) fn build(realms: &[Realm], base_path: &str) -> Result<Routes, TopologyError> {
        let mut routes = Routes { paths: HashMap::new(), names: HashMap::new(), hosts: HashMap::new() };
        for (index, realm) in realms.iter().enumerate() {
            for name in realm.names() {
                if let Some(other) = routes.names.insert(name.as_str().into(), index) {
                    let other = realms[other].name.to_string();
                    return Err(realm.fault(RealmFault::NameTaken { name: name.to_string(), other }));
                }
            }
            for host in realm.hosts.iter().filter(|host| host.environment != Environment::Nonexistent) {
                if let Some(other) = routes.hosts.insert(host.name.as_str().into(), index) {
                    let other = realms[other].name.to_string();
                    return Err(realm.fault(RealmFault::HostTaken { host: host.name.clone(), other }));
                }
            }
        }
        for (index, realm) in realms.iter().enumerate() {
            routes.add_forms(realms, index, realm, base_path)?;
        }
        routes.add_addresses(realms, base_path)?;
        Ok(routes)
    }

    /// Where does a request lead? Two lookups at most, and no allocation unless it is refused.
    pub(crate) fn locate(
        &self,
        host: &str,
        path: &str,
        query: Option<&str>,
    ) -> Result<(usize, Endpoint, Spelling), LocateError> {
        let route = self.paths.get(path).ok_or(LocateError::UnknownPath)?;
        let asked = query.map_or(Ok(None), |query| self.realm_in_query(query))?;
        let (realm, named_by) = match (asked, route.realm) {
            (Some(realm), _) => (realm, NamedBy::Query),
            (None, Some(realm)) => (realm, NamedBy::Path),
            (None, None) => {
                let realm = self.realm_of_host(host).ok_or(LocateError::RealmNotNamed(route.endpoint))?;
                (realm, NamedBy::Host)
            }
        };
        let canonical = route.canonical && named_by == NamedBy::Path;
        Ok((realm, route.endpoint, Spelling { named_by, canonical, misspelled: route.misspelled }))
    }

    fn add_forms(
        &mut self,
        realms: &[Realm],
        index: usize,
        realm: &Realm,
        base_path: &str,
    ) -> Result<(), TopologyError> {
        let forms: &Forms = &realm.forms;
        for endpoint in Endpoint::ALL {
            let canonical = forms.canonical_path(base_path, &realm.name, endpoint);
            for prefix in realm.names().flat_map(|name| forms.naming_prefixes(name).collect::<Vec<_>>()) {
                for path in forms.paths_under(base_path, &prefix, endpoint) {
                    let canonical = path == canonical;
                    let route = Route { endpoint, realm: Some(index), canonical, misspelled: false };
                    self.claim(realms, realm, path, route)?;
                }
            }
            for prefix in &forms.without_realm {
                for path in forms.paths_under(base_path, prefix, endpoint) {
                    let route = Route { endpoint, realm: None, canonical: false, misspelled: false };
                    self.claim(realms, realm, path, route)?;
                }
            }
        }
        Ok(())
    }

    /// A path that no form has names the realm that claims it, unless several do: then the query or the host says.
    fn add_addresses(&mut self, realms: &[Realm], base_path: &str) -> Result<(), TopologyError> {
        let mut beside: HashMap<Box<str>, Route> = HashMap::new();
        for (index, realm) in realms.iter().enumerate() {
            for address in &realm.addresses {
                let (_, path, _) = parts(&address.url).map_err(|error| {
                    realm.fault(RealmFault::Address { url: address.url.clone(), reason: error.to_string() })
                })?;
                let path = format!("{base_path}{path}");
                let misspelled = address.standing == Standing::Misspelled;
                let endpoint = address.endpoint;
                let route = Route { endpoint, realm: Some(index), canonical: false, misspelled };
                if let Some(known) = self.paths.get(path.as_str()) {
                    if known.endpoint != endpoint {
                        return Err(claimed_twice(realms, realm, &path, *known, route));
                    }
                    continue;
                }
                match beside.entry(path.into_boxed_str()) {
                    Entry::Vacant(place) => {
                        place.insert(route);
                    }
                    Entry::Occupied(place) if place.get().endpoint != endpoint => {
                        return Err(claimed_twice(realms, realm, place.key(), *place.get(), route));
                    }
                    Entry::Occupied(place) if place.get().realm == route.realm => {}
                    Entry::Occupied(mut place) => place.get_mut().realm = None,
                }
            }
        }
        self.paths.extend(beside);
        Ok(())
    }

    fn claim(
        &mut self,
        realms: &[Realm],
        realm: &Realm,
        path: String,
        route: Route,
    ) -> Result<(), TopologyError> {
        match self.paths.entry(path.into_boxed_str()) {
            Entry::Vacant(place) => {
                place.insert(route);
                Ok(())
            }
            Entry::Occupied(place) if *place.get() == route => Ok(()),
            Entry::Occupied(place) => Err(claimed_twice(realms, realm, place.key(), *place.get(), route)),
        }
    }

    /// The realm that the query names; an empty value counts as absent.
    fn realm_in_query(&self, query: &str) -> Result<Option<usize>, LocateError> {
        let mut found: Option<(usize, &str)> = None;
        for pair in query.split('&') {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            if value.is_empty() || !means_realm(key) {
                continue;
            }
            let realm = self.realm_spelled(value).ok_or_else(|| LocateError::UnknownRealm(shorten(value)))?;
            match found {
                Some((first, spelled)) if first != realm => {
                    return Err(LocateError::Contradictory {
                        first: shorten(spelled),
                        second: shorten(value),
                    });
                }
                Some(_) => {}
                None => found = Some((realm, value)),
            }
        }
        Ok(found.map(|(realm, _)| realm))
    }

    /// The realm behind a value of the `realm` parameter: `/individu`, `%2Findividu` or `individu`.
    fn realm_spelled(&self, value: &str) -> Option<usize> {
        let mut buffer = [0_u8; RealmName::MAX_LENGTH + 2];
        let decoded = percent_decoded(value, &mut buffer)?;
        let name = decoded.strip_prefix('/').unwrap_or(decoded);
        let name = name.strip_suffix('/').unwrap_or(name);
        self.names.get(name).copied()
    }

    /// The realm that a `Host` header names, in any case, with or without a port.
    fn realm_of_host(&self, host: &str) -> Option<usize> {
        let name = match host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
            Some(_) | None => host,
        };
        let name = name.strip_suffix('.').unwrap_or(name);
        let mut buffer = [0_u8; LONGEST_HOST];
        let lower = buffer.get_mut(..name.len())?;
        lower.copy_from_slice(name.as_bytes());
        lower.make_ascii_lowercase();
        self.hosts.get(std::str::from_utf8(lower).ok()?).copied()
    }
}

impl Realm {
    pub(crate) fn fault(&self, fault: RealmFault) -> TopologyError {
        TopologyError::Realm { realm: self.name.to_string(), fault }
    }
}

fn claimed_twice(realms: &[Realm], realm: &Realm, path: &str, first: Route, second: Route) -> TopologyError {
    let describe = |route: Route| match route.realm {
        Some(index) => format!("{} of `{}`", route.endpoint, realms[index].name),
        None => format!("{} of every realm", route.endpoint),
    };
    realm.fault(RealmFault::ClaimedTwice {
        address: path.to_owned(),
        first: describe(first),
        second: describe(second),
    })
}

fn means_realm(key: &str) -> bool {
    key == "realm" || (key.contains('%') && percent_decoded(key, &mut [0; 5]) == Some("realm"))
}

/// The decoded text, or nothing when it is malformed or longer than the buffer.
fn percent_decoded<'b>(text: &str, buffer: &'b mut [u8]) -> Option<&'b str> {
    let mut bytes = text.bytes();
    let mut length = 0;
    while let Some(byte) = bytes.next() {
        let byte = match byte {
            b'%' => {
                let high = char::from(bytes.next()?).to_digit(16)?;
                let low = char::from(bytes.next()?).to_digit(16)?;
                u8::try_from(high * 16 + low).ok()?
            }
            other => other,
        };
        *buffer.get_mut(length)? = byte;
        length += 1;
    }
    std::str::from_utf8(&buffer[..length]).ok()
}

fn shorten(text: &str) -> String {
    text.chars().take(80).collect()
}
