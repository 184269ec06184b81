//! The address table, read both ways.

#![allow(clippy::unwrap_used, reason = "a test may stop")]

use std::sync::Arc;

use proptest::prelude::*;
use royaume_realm::{
    AddressTable, BaseUrl, Endpoint, Environment, LocateError, NamedBy, Place, Standing, Topology,
};

const BASES: [&str; 3] = ["http://127.0.0.1:8080", "https://login.example.org", "https://example.org/auth"];

const PLAIN: &str = r#"
name = "example"

[[realm]]
name = "staff"
aliases = ["employees"]
authenticates = "person"
grants = ["authorization_code", "refresh_token"]
registration = "initial_access_token"
account_creation = true

[[realm]]
name = "machines"
authenticates = "application"
grants = ["client_credentials"]
"#;

fn preset() -> Topology {
    Topology::preset(Topology::FRANCE_TRAVAIL).unwrap()
}

fn topologies() -> Vec<Topology> {
    let mut all: Vec<Topology> = Topology::presets().map(|name| Topology::preset(name).unwrap()).collect();
    all.push(Topology::parse(PLAIN).unwrap());
    all.push(Topology::parse(&format!("extends = \"france-travail\"\n{PLAIN}")).unwrap());
    all
}

fn table(topology: Topology, base: &str) -> AddressTable {
    AddressTable::new(Arc::new(topology), BaseUrl::parse(base).unwrap()).unwrap()
}

/// A URL as a server receives it: the `Host` header, the path and the query.
fn request(url: &str) -> (String, String, Option<String>) {
    let url = url::Url::parse(url).unwrap();
    let host = match url.port() {
        Some(port) => format!("{}:{port}", url.host_str().unwrap()),
        None => url.host_str().unwrap().to_owned(),
    };
    (host, url.path().to_owned(), url.query().map(str::to_owned))
}

fn locate(table: &AddressTable, url: &str) -> Result<(String, Endpoint), LocateError> {
    let (host, path, query) = request(url);
    let located = table.locate(&host, &path, query.as_deref())?;
    Ok((located.realm.name.to_string(), located.endpoint))
}

#[test]
fn a_url_is_located_where_it_was_made_for_in_every_topology() {
    for topology in topologies() {
        for base in BASES {
            let table = table(topology.clone(), base);
            for realm in &table.topology().realms {
                for endpoint in Endpoint::ALL {
                    let url = table.url(realm, endpoint);
                    assert!(url.starts_with(table.base().origin()), "{url}");
                    let (host, path, query) = request(&url);
                    match table.locate(&host, &path, query.as_deref()) {
                        Ok(located) => {
                            assert_eq!(
                                (&located.realm.name, located.endpoint),
                                (&realm.name, endpoint),
                                "{url}"
                            );
                            assert!(located.spelling.canonical, "{url}");
                            assert_eq!(table.topology().realms[located.position].name, realm.name);
                        }
                        Err(error) => {
                            assert!(!realm.offers(endpoint), "{url}: {error}");
                            assert_eq!(
                                error,
                                LocateError::NoSuchEndpoint { realm: realm.name.to_string(), endpoint }
                            );
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn every_known_production_address_leads_to_its_realm_and_endpoint() {
    let table = table(preset(), "https://login.example.org");
    for realm in &table.topology().realms {
        for address in &realm.addresses {
            let (host, path, query) = request(&address.url);
            let located = table.locate(&host, &path, query.as_deref()).unwrap();
            assert_eq!(
                (&located.realm.name, located.endpoint),
                (&realm.name, address.endpoint),
                "{}",
                address.url
            );
            assert_eq!(
                located.spelling.misspelled,
                address.standing == Standing::Misspelled,
                "{}",
                address.url
            );
        }
    }
}

#[test]
fn every_address_of_a_client_leads_where_it_says_on_every_server() {
    for topology in topologies() {
        for base in BASES {
            let table = table(topology.clone(), base);
            let place = Place::At(BaseUrl::parse(base).unwrap());
            for realm in &topology.realms {
                let addresses = topology.provider(realm.name.as_str(), &place).unwrap();
                assert_eq!(addresses.issuer, table.issuer(realm));
                let called = [
                    (Endpoint::Authorization, addresses.authorization),
                    (Endpoint::Token, Some(addresses.token)),
                    (Endpoint::UserInfo, addresses.userinfo),
                    (Endpoint::Jwks, addresses.jwks),
                    (Endpoint::Discovery, addresses.discovery),
                    (Endpoint::Introspection, addresses.introspection),
                    (Endpoint::Revocation, addresses.revocation),
                    (Endpoint::Logout, addresses.logout.map(|logout| logout.url)),
                ];
                for (endpoint, url) in called {
                    assert_eq!(url.is_some(), realm.offers(endpoint), "{} {endpoint}", realm.name);
                    if let Some(url) = url {
                        assert_eq!(locate(&table, &url), Ok((realm.name.to_string(), endpoint)), "{url}");
                    }
                }
            }
        }
    }
}

/// Every spelling of the realm in a query, and every path form, for every endpoint that people are told of.
#[test]
fn a_realm_is_understood_in_every_spelling() {
    let table = table(preset(), "http://127.0.0.1:8080");
    let paths = [
        ("authorize", Endpoint::Authorization),
        ("access_token", Endpoint::Token),
        ("accessToken", Endpoint::Token),
        ("userinfo", Endpoint::UserInfo),
        ("introspect", Endpoint::Introspection),
        ("token/revoke", Endpoint::Revocation),
        ("connect/jwk_uri", Endpoint::Jwks),
        ("connect/endSession", Endpoint::Logout),
        (".well-known/openid-configuration", Endpoint::Discovery),
    ];
    for (written, realm) in [
        ("individu", "individu"),
        ("entreprise", "entreprise"),
        ("employeur", "entreprise"),
        ("agent", "agent"),
    ] {
        for (path, endpoint) in paths {
            for value in
                [written.to_owned(), format!("/{written}"), format!("%2F{written}"), format!("%2f{written}/")]
            {
                let url = format!("http://127.0.0.1:8080/connexion/oauth2/{path}?state=1&realm={value}");
                assert_eq!(locate(&table, &url), Ok((realm.to_owned(), endpoint)), "{url}");
            }
            for form in ["", "realms/", "realms/root/realms/"] {
                let url = format!("http://127.0.0.1:8080/connexion/oauth2/{form}{written}/{path}");
                assert_eq!(locate(&table, &url), Ok((realm.to_owned(), endpoint)), "{url}");
            }
        }
        let metadata = "http://127.0.0.1:8080/.well-known/oauth-authorization-server/connexion/oauth2";
        for url in
            [format!("{metadata}/realms/root/realms/{written}"), format!("{metadata}?realm=%2F{written}")]
        {
            assert_eq!(locate(&table, &url), Ok((realm.to_owned(), Endpoint::OauthMetadata)), "{url}");
        }
    }
}

#[test]
fn a_host_names_its_realm_in_any_case_with_or_without_a_port() {
    let table = table(preset(), "http://127.0.0.1:8080");
    for (host, realm) in [
        ("francetravail.io", "partenaire"),
        ("authentification-candidat.francetravail.fr", "individu"),
        ("entreprise.francetravail.fr", "entreprise"),
        ("proxyproconnect.francetravail.net", "agent"),
    ] {
        let mut capital = host.to_owned();
        capital[..1].make_ascii_uppercase();
        for host in
            [host.to_owned(), host.to_uppercase(), capital, format!("{host}:8443"), format!("{host}.")]
        {
            let located = table.locate(&host, "/connexion/oauth2/access_token", None).unwrap();
            assert_eq!(located.realm.name, realm, "{host}");
            assert_eq!(located.spelling.named_by, NamedBy::Host);
        }
    }
    for host in [
        "",
        ":",
        "[::1]:8080",
        "127.0.0.1:8080",
        "xfrancetravail.io",
        "francetravail.io:x",
        &"a".repeat(9000),
    ] {
        let lost = table.locate(host, "/connexion/oauth2/access_token", None);
        assert_eq!(lost.unwrap_err(), LocateError::RealmNotNamed(Endpoint::Token), "{host}");
    }
}

#[test]
fn a_host_that_does_not_exist_names_no_realm() {
    let table = table(preset(), "http://127.0.0.1:8080");
    let mistaken: Vec<_> = table.topology().mistaken_hosts().collect();
    assert_eq!(mistaken.len(), 1);
    for (host, realm) in mistaken {
        assert!(
            realm
                .hosts
                .iter()
                .any(|known| known.environment == Environment::Nonexistent && known.name == host)
        );
        let lost = table.locate(host, "/connexion/oauth2/authorize", None);
        assert_eq!(lost.unwrap_err(), LocateError::RealmNotNamed(Endpoint::Authorization));
    }
}

#[test]
fn the_query_is_heard_before_the_path_and_the_path_before_the_host() {
    let table = table(preset(), "http://127.0.0.1:8080");
    let candidat = "authentification-candidat.francetravail.fr";
    for (path, query, realm, named_by) in [
        ("/connexion/oauth2/agent/authorize", Some("realm=/entreprise"), "entreprise", NamedBy::Query),
        ("/connexion/oauth2/agent/authorize", Some("realm="), "agent", NamedBy::Path),
        ("/connexion/oauth2/agent/authorize", None, "agent", NamedBy::Path),
        ("/connexion/oauth2/authorize", Some("realm=agent&realm=%2Fagent"), "agent", NamedBy::Query),
        ("/connexion/oauth2/authorize", Some("re%61lm=agent"), "agent", NamedBy::Query),
        ("/connexion/oauth2/authorize", Some("xrealm=agent&REALM=agent"), "individu", NamedBy::Host),
        ("/connexion/oauth2/deconnexion", None, "agent", NamedBy::Path),
        ("/compte/deconnexion", None, "individu", NamedBy::Host),
        ("/partenaire/peconnect-entreprise/v1/userinfo", None, "entreprise", NamedBy::Path),
    ] {
        let located = table.locate(candidat, path, query).unwrap();
        assert_eq!(
            (located.realm.name.as_str(), located.spelling.named_by),
            (realm, named_by),
            "{path} {query:?}"
        );
    }
}

#[test]
fn a_request_that_leads_nowhere_is_told_why() {
    let table = table(preset(), "http://127.0.0.1:8080");
    let unknown = |name: &str| LocateError::UnknownRealm(name.to_owned());
    for (target, error) in [
        ("/", LocateError::UnknownPath),
        ("/connexion/oauth2/authorize/", LocateError::UnknownPath),
        ("/connexion/oauth2//authorize", LocateError::UnknownPath),
        ("/connexion/oauth2/realms/root/realms/individu/nothing", LocateError::UnknownPath),
        ("/connexion/oauth2/clients/authorize", unknown("clients")),
        ("/connexion/oauth2/realms/root/realms/Individu/authorize", unknown("Individu")),
        ("/.well-known/oauth-authorization-server/connexion/oauth2/realms/root/realms/x", unknown("x")),
        ("/connexion/oauth2/authorize?realm=/%2Fpartenaire", unknown("/%2Fpartenaire")),
        ("/connexion/oauth2/authorize?realm=%2", unknown("%2")),
        ("/connexion/oauth2/authorize?realm=%ff", unknown("%ff")),
        ("/connexion/oauth2/authorize?realm=/", unknown("/")),
        (
            "/connexion/oauth2/authorize?realm=individu&realm=agent",
            LocateError::Contradictory { first: "individu".to_owned(), second: "agent".to_owned() },
        ),
        ("/connexion/oauth2/authorize?x=1", LocateError::RealmNotNamed(Endpoint::Authorization)),
        (
            "/connexion/oauth2/authorize?realm=/partenaire",
            LocateError::NoSuchEndpoint { realm: "partenaire".to_owned(), endpoint: Endpoint::Authorization },
        ),
    ] {
        let (path, query) =
            target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)));
        assert_eq!(table.locate("127.0.0.1:8080", path, query).unwrap_err(), error, "{target}");
    }
}

#[test]
fn a_plain_realm_has_plain_addresses() {
    let table = table(Topology::parse(PLAIN).unwrap(), "https://login.example.org");
    let staff = table.topology().realm("employees").unwrap();
    assert_eq!(table.issuer(staff), "https://login.example.org/staff");
    for (endpoint, path) in [
        (Endpoint::Authorization, "/staff/authorize"),
        (Endpoint::Token, "/staff/token"),
        (Endpoint::Jwks, "/staff/jwks"),
        (Endpoint::Discovery, "/staff/.well-known/openid-configuration"),
        (Endpoint::OauthMetadata, "/.well-known/oauth-authorization-server/staff"),
        (Endpoint::UserInfo, "/staff/userinfo"),
        (Endpoint::Introspection, "/staff/introspect"),
        (Endpoint::Revocation, "/staff/revoke"),
        (Endpoint::Registration, "/staff/register"),
        (Endpoint::Logout, "/staff/logout"),
        (Endpoint::Login, "/staff/login"),
        (Endpoint::CreateAccount, "/staff/create-account"),
        (Endpoint::Consent, "/staff/consent"),
        (Endpoint::LoggedOut, "/staff/logged-out"),
    ] {
        assert_eq!(table.url(staff, endpoint), format!("https://login.example.org{path}"));
    }
    assert_eq!(
        locate(&table, "https://login.example.org/employees/token"),
        Ok(("staff".to_owned(), Endpoint::Token))
    );
    assert_eq!(
        locate(&table, "https://login.example.org/nobody/token"),
        Err(LocateError::UnknownRealm("nobody".to_owned()))
    );
}

#[test]
fn the_issuer_of_france_travail_is_the_form_with_every_realm_below_root() {
    let table = table(preset(), "https://example.org/auth");
    let individu = table.topology().realm("/individu").unwrap();
    let issuer = "https://example.org/auth/connexion/oauth2/realms/root/realms/individu";
    assert_eq!(table.issuer(individu), issuer);
    for endpoint in Endpoint::ALL {
        let below = table.url(individu, endpoint).starts_with(&format!("{issuer}/"));
        assert_eq!(below, endpoint != Endpoint::OauthMetadata, "{endpoint}");
    }
    assert_eq!(
        table.url(individu, Endpoint::OauthMetadata),
        "https://example.org/.well-known/oauth-authorization-server/auth/connexion/oauth2/realms/root/realms/individu"
    );
}

fn realm_name() -> impl Strategy<Value = String> {
    "[a-z0-9][a-z0-9-]{0,62}"
}

proptest! {
    #[test]
    fn no_request_is_too_strange_to_be_answered(host in ".*", path in ".*", query in ".*") {
        let table = table(Topology::parse(PLAIN).unwrap(), "https://login.example.org");
        let _ = table.locate(&host, &path, Some(&query));
        let _ = table.locate(&host, "/staff/token", Some(&query));
    }

    #[test]
    fn a_realm_of_any_name_is_found_again(name in realm_name(), base in prop::sample::select(BASES.to_vec())) {
        let text = format!("name = \"x\"\n[[realm]]\nname = \"{name}\"\nauthenticates = \"person\"\n\
                            grants = [\"authorization_code\"]\nregistration = \"open\"\naccount_creation = true");
        let table = table(Topology::parse(&text).unwrap(), base);
        let realm = &table.topology().realms[0];
        for endpoint in Endpoint::ALL {
            prop_assert_eq!(locate(&table, &table.url(realm, endpoint)), Ok((name.clone(), endpoint)));
        }
    }

    #[test]
    fn the_query_alone_decides_whatever_stands_beside_it(
        before in "[a-z]{0,5}=[a-z%&=+]{0,20}",
        value in prop::sample::select(vec!["agent", "/agent", "%2Fagent", "%2fagent", "%61gent"]),
    ) {
        prop_assume!(!before.contains("realm"));
        let table = table(preset(), "http://127.0.0.1:8080");
        let query = format!("{before}&realm={value}");
        let located = table.locate("francetravail.io", "/connexion/oauth2/access_token", Some(&query));
        prop_assert_eq!(located.unwrap().realm.name.as_str(), "agent");
    }
}
