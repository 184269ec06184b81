//! The preset of France Travail says what its sources say.

#![allow(clippy::unwrap_used, reason = "a test may stop")]

use std::time::Duration;

use royaume_realm::{
    AccessTokenFormat, Application, BaseUrl, ConsentPolicy, Dialect, ExplainError, Flow, Method, Place,
    Samples, Standing, SubjectKind, Topology,
};

fn preset() -> Topology {
    Topology::preset(Topology::FRANCE_TRAVAIL).unwrap()
}

#[test]
fn there_are_four_realms_and_employeur_is_another_name_of_entreprise() {
    let topology = preset();
    let names: Vec<&str> = topology.realms.iter().map(|realm| realm.name.as_str()).collect();
    assert_eq!(names, ["partenaire", "individu", "entreprise", "agent"]);
    assert_eq!(topology.realm("/employeur").unwrap().name, "entreprise");
    assert_eq!(topology.nearest_realm("employer"), Some("employeur"));
}

#[test]
fn each_realm_lasts_allows_and_asks_what_its_sources_say() {
    for realm in preset().realms {
        let lifetimes = &realm.lifetimes;
        assert_eq!(lifetimes.access_token, Duration::from_secs(1499));
        assert_eq!(lifetimes.code, Duration::from_secs(60));
        assert_eq!(lifetimes.id_token, Duration::from_secs(2 * 3600 + 1800));
        assert_eq!(lifetimes.refresh_token, Duration::from_secs(42 * 86_400));
        assert!(lifetimes.refresh_absolute > lifetimes.refresh_token);
        assert_eq!(realm.access_token, AccessTokenFormat::Opaque);
        assert_eq!(realm.id_token_algorithm.as_str(), "RS256");
        assert_eq!(realm.dialect, Dialect::AS_DEPLOYED);
        let grants: Vec<&str> = realm.grants.iter().map(|grant| grant.as_str()).collect();
        let (expected, consent, kind): (&[&str], _, _) = match realm.name.as_str() {
            "partenaire" => (&["client_credentials"], ConsentPolicy::Never, SubjectKind::Application),
            "agent" => (
                &["client_credentials", "authorization_code", "refresh_token"],
                ConsentPolicy::Never,
                SubjectKind::Person,
            ),
            _ => (&["authorization_code", "refresh_token"], ConsentPolicy::Ask, SubjectKind::Person),
        };
        assert_eq!((grants.as_slice(), realm.consent, realm.subject_kind), (expected, consent, kind));
    }
}

/// The closing table of "Utiliser les API", line by line.
#[test]
fn the_published_table_is_served_whole() {
    let topology = preset();
    for (realm, method, url) in [
        ("partenaire", "POST", "https://francetravail.io/connexion/oauth2/access_token"),
        ("individu", "GET", "https://authentification-candidat.francetravail.fr/connexion/oauth2/authorize"),
        (
            "individu",
            "POST",
            "https://authentification-candidat.francetravail.fr/connexion/oauth2/access_token",
        ),
        ("entreprise", "GET", "https://entreprise.francetravail.fr/connexion/oauth2/authorize"),
        ("entreprise", "POST", "https://entreprise.francetravail.fr/connexion/oauth2/access_token"),
        ("agent", "GET", "https://proxyproconnect.francetravail.net/connexion/oauth2/agent/authorize"),
        ("agent", "POST", "https://proxyproconnect.francetravail.net/connexion/oauth2/acces_token"),
    ] {
        let rows = &topology.realm(realm).unwrap().addresses;
        let row = rows.iter().find(|row| row.url == url).expect(url);
        assert_eq!(row.method.as_str(), method);
        assert_eq!(row.source, "francetravail.io: Utiliser les API");
    }
}

#[test]
fn a_client_in_production_calls_the_deployed_addresses() {
    let topology = preset();
    let provider = |realm: &str| topology.provider(realm, &Place::Production).unwrap();

    let agent = provider("agent");
    assert_eq!(
        agent.token,
        "https://proxyproconnect.francetravail.net/connexion/oauth2/access_token?realm=%2Fagent"
    );
    assert!(agent.token_alternates.is_empty());
    let logout = agent.logout.unwrap();
    assert_eq!(logout.url, "https://proxyproconnect.francetravail.net/connexion/oauth2/deconnexion");
    assert_eq!((logout.method, logout.redirect_parameter.as_str()), (Method::Post, "redirect_uri"));

    let individu = provider("individu");
    assert_eq!(
        individu.userinfo.unwrap(),
        "https://api.francetravail.io/partenaire/peconnect-individu/v1/userinfo"
    );
    let logout = individu.logout.unwrap();
    assert_eq!(logout.url, "https://authentification-candidat.francetravail.fr/compte/deconnexion");
    assert_eq!((logout.method, logout.redirect_parameter.as_str()), (Method::Get, "redirect_uri"));
    assert!(individu.issuer_aliases.iter().any(|alias| alias.contains(":443/")));

    let entreprise = provider("/entreprise");
    assert!(entreprise.token.ends_with("?realm=%2Femployeur"));
    assert_eq!(entreprise, provider("employeur"));

    let partenaire = provider("partenaire");
    assert_eq!(partenaire.authorization, None);
    assert_eq!(partenaire.token_alternates.len(), 2);
}

#[test]
fn the_misspelled_address_is_never_called() {
    let topology = preset();
    let misspelled: Vec<_> = topology
        .realms
        .iter()
        .flat_map(|realm| &realm.addresses)
        .filter(|address| address.standing == Standing::Misspelled)
        .map(|address| address.url.as_str())
        .collect();
    assert_eq!(misspelled, ["https://proxyproconnect.francetravail.net/connexion/oauth2/acces_token"]);
    for place in [Place::Production, Place::At(BaseUrl::parse("http://127.0.0.1:8080").unwrap())] {
        for realm in &topology.realms {
            let provider = topology.provider(realm.name.as_str(), &place).unwrap();
            assert!(!provider.token.contains("acces_token"), "{}", provider.token);
            assert!(provider.token_alternates.iter().all(|url| !misspelled.contains(&url.as_str())));
        }
    }
}

#[test]
fn a_client_elsewhere_calls_the_same_paths_with_the_realm_said() {
    let topology = preset();
    let here = Place::At(BaseUrl::parse("http://127.0.0.1:8080").unwrap());
    let individu = topology.provider("individu", &here).unwrap();
    let base = "http://127.0.0.1:8080";
    assert_eq!(individu.issuer, format!("{base}/connexion/oauth2/realms/root/realms/individu"));
    assert_eq!(
        individu.authorization.unwrap(),
        format!("{base}/connexion/oauth2/authorize?realm=%2Findividu")
    );
    assert_eq!(individu.userinfo.unwrap(), format!("{base}/partenaire/peconnect-individu/v1/userinfo"));
    assert_eq!(individu.logout.unwrap().url, format!("{base}/compte/deconnexion?realm=%2Findividu"));
    let agent = topology.provider("agent", &here).unwrap();
    assert_eq!(agent.authorization.unwrap(), format!("{base}/connexion/oauth2/agent/authorize"));
    assert_eq!(agent.logout.unwrap().method, Method::Post);
}

/// The same table, as decisions: realm and application to flow.
#[test]
fn the_published_table_decides_the_flow() {
    let topology = preset();
    for (realm, application, flow) in [
        ("partenaire", Application::Private, Flow::ClientCredentials),
        ("individu", Application::Private, Flow::AuthorizationCode),
        ("individu", Application::Public, Flow::AuthorizationCodeWithPkce),
        ("entreprise", Application::Private, Flow::AuthorizationCode),
        ("entreprise", Application::Public, Flow::AuthorizationCodeWithPkce),
        ("agent", Application::Private, Flow::AuthorizationCode),
        ("agent", Application::Public, Flow::AuthorizationCodeWithPkce),
    ] {
        let explanation = topology.explain(realm, application, &Place::Production).unwrap();
        assert_eq!(explanation.flow, flow);
        assert!(explanation.documentation.unwrap().starts_with("https://francetravail.io/"));
        assert!(!explanation.published.is_empty());
        assert_eq!(explanation.addresses.authorization.is_some(), flow != Flow::ClientCredentials);
    }
    let agent = topology.explain("agent", Application::Private, &Place::Production).unwrap();
    assert!(agent.also.contains(&Flow::ClientCredentials));
    let public = topology.explain("partenaire", Application::Public, &Place::Production);
    assert!(matches!(public, Err(ExplainError::PublicApplication { .. })));
}

#[test]
fn everything_a_person_reads_is_in_both_languages_and_every_fact_has_a_source() {
    for realm in preset().realms {
        let mut texts = vec![&realm.title, &realm.population];
        texts.extend(realm.scopes.iter().map(|scope| &scope.description));
        assert!(texts.iter().all(|text| !text.fr.trim().is_empty() && !text.en.trim().is_empty()));
        assert!(realm.scopes.iter().all(|scope| !scope.source.trim().is_empty()), "{}", realm.name);
        assert!(realm.addresses.iter().all(|address| !address.source.trim().is_empty()), "{}", realm.name);
        assert!(realm.hosts.iter().all(|host| !host.source.trim().is_empty()), "{}", realm.name);
    }
}

#[test]
fn scopes_release_the_claims_of_their_realm() {
    let topology = preset();
    let claims = |realm: &str, scopes: &[&str]| -> Vec<String> {
        let claims = topology.realm(realm).unwrap().claims_of(scopes.iter().copied());
        claims.into_iter().map(str::to_owned).collect()
    };
    assert_eq!(claims("individu", &["email", "openid", "individu"]), ["sub", "email", "idIdentiteExterne"]);
    assert_eq!(claims("entreprise", &["email", "habilitation"]), ["email", "email_verified", "habilitation"]);
    assert_eq!(claims("agent", &["profile"]), ["given_name", "family_name", "preferred_username"]);
    assert!(claims("partenaire", &["o2dsoffre"]).is_empty());
}

#[test]
fn there_is_a_sample_of_each_kind_and_no_secret() {
    let samples = Samples::preset(Topology::FRANCE_TRAVAIL).unwrap();
    let topology = preset();
    for realm in &topology.realms {
        let private = samples.application(&realm.name, Application::Private).unwrap();
        assert_eq!(
            samples.application(&realm.name, Application::Public).is_some(),
            realm.name != "partenaire"
        );
        assert_eq!(samples.people_of(&realm.name).next().is_some(), realm.name != "partenaire");
        assert_eq!(private.redirect_uris.is_empty(), realm.name == "partenaire");
    }
    for application in &samples.applications {
        let (shape, digits) = application.client_id.rsplit_once('_').unwrap();
        assert!(shape.starts_with("PAR_exemple_"));
        assert!(digits.len() == 64 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
    }
    for (realm, persona) in [
        ("individu", "demandeur"),
        ("individu", "sans-email"),
        ("entreprise", "recruteur"),
        ("entreprise", "recruteur-multiple"),
        ("agent", "agent"),
    ] {
        let realm = topology.realm(realm).unwrap();
        let person = samples.persona(&realm.name, persona).unwrap();
        let known = realm.claims_of(realm.scopes.iter().map(|scope| scope.name.as_str()));
        assert!(person.claims.keys().all(|claim| known.contains(&claim.as_str())), "{persona}");
        assert_eq!(person.claims.contains_key("email"), persona != "sans-email");
    }
}
