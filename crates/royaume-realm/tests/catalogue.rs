//! The catalogue of France Travail's APIs: what it holds, how one finds an API in it, and how one changes it.

use royaume_realm::{
    Application, BaseUrl, Catalogue, ChoiceError, Endpoint, Flow, LookupError, Place, SubjectKind, Topology,
};

fn topology() -> Topology {
    Topology::preset(Topology::FRANCE_TRAVAIL).expect("the preset reads")
}

fn catalogue() -> Catalogue {
    Catalogue::preset(Topology::FRANCE_TRAVAIL, &topology()).expect("its catalogue reads")
}

/// RFC 6749 §3.3: a technical scope that the realms know is that of a row, or of its sandbox; and the other way round.
#[test]
fn every_technical_scope_of_the_realms_has_its_row() {
    let (topology, catalogue) = (topology(), catalogue());
    for realm in &topology.realms {
        for scope in realm.scopes.iter().filter(|scope| scope.name.starts_with("api_")) {
            let api = catalogue.api(&scope.name).unwrap();
            assert_eq!(api.realm, realm.name, "{}", scope.name);
            let sandbox = api.technical_scope.replacen("api_", "api_test", 1);
            assert!(
                scope.name == api.technical_scope || (scope.name == sandbox && api.sandbox == Some(true))
            );
        }
    }
    assert!(catalogue.apis.len() > 35);
    assert!(catalogue.apis.iter().all(|api| !api.source.is_empty() && !api.title.fr.is_empty()));
}

#[test]
fn an_api_is_found_by_what_people_call_it() {
    let catalogue = catalogue();
    for (name, scope) in [
        ("offresdemploi", "api_offresdemploiv2"),
        ("api_offresdemploiv2", "api_offresdemploiv2"),
        ("OffresDEmploi v2", "api_offresdemploiv2"),
        ("offres d'emploi", "api_offresdemploiv2"),
        ("offres", "api_offresdemploiv2"),
        ("o2dsoffre", "api_offresdemploiv2"),
        ("labonneboite", "api_labonneboitev2"),
        ("api_labonneboitev1", "api_labonneboitev1"),
        ("la bonne boîte", "api_labonneboitev2"),
        ("rechercherusager", "api_rechercher-usagerv2"),
        ("api_testmaj-pass-iaev1", "api_maj-pass-iaev1"),
        ("evenements", "api_evenementsv1"),
    ] {
        assert_eq!(catalogue.api(name).map(|api| api.technical_scope.as_str()), Ok(scope), "{name}");
    }
    let meant = |name: &str| match catalogue.api(name) {
        Err(LookupError::Ambiguous { meant, .. }) => meant.len(),
        other => panic!("{name}: {other:?}"),
    };
    assert_eq!((meant("rome"), meant("nomenclatureRome")), (4, 3));
}

#[test]
fn a_name_that_nothing_has_gets_the_nearest_one() {
    let catalogue = catalogue();
    let said = |name: &str| catalogue.api(name).unwrap_err().to_string();
    assert_eq!(said("ofresdemplois"), "no API is called `ofresdemplois`; did you mean `offresdemploi`?");
    assert_eq!(said("xyzzy"), "no API is called `xyzzy`");
    assert_eq!(said(""), "no API is called ``");
    assert!(said(&"é".repeat(100_000)).len() < 300);
}

#[test]
fn a_path_leads_to_its_api() {
    let catalogue = catalogue();
    let code = |path: &str| catalogue.by_path(path).map(|api| api.code.as_str());
    for (path, expected) in [
        ("offresdemploi/v2/offres/search?motsCles=x", Some("offresdemploi")),
        ("/partenaire/offresdemploi/v2", Some("offresdemploi")),
        ("/partenaire/testmaj-pass-iae/v1/pass", Some("maj-pass-iae")),
        ("peconnect-individu/v1/userinfo", Some("peconnect-individu")),
        ("peconnect-individus/v1/userinfo", None),
        ("offresdemploi/v20/offres", None),
        ("", None),
    ] {
        assert_eq!(code(path), expected, "{path}");
    }
}

#[test]
fn the_way_to_an_api_follows_from_its_name_and_from_who_can_keep_a_secret() {
    let (topology, catalogue) = (topology(), catalogue());
    let choose = |name, application| catalogue.choose(name, &topology, application, &Place::Production);
    let flow = |name, application| choose(name, application).map(|choice| choice.flow);
    assert_eq!(flow("offresdemploi", Application::Private), Ok(Flow::ClientCredentials));
    assert_eq!(flow("coordonnees", Application::Private), Ok(Flow::AuthorizationCode));
    assert_eq!(flow("coordonnees", Application::Public), Ok(Flow::AuthorizationCodeWithPkce));
    assert_eq!(flow("rechercher-usager", Application::Private), Ok(Flow::ClientCredentials));
    for name in ["offresdemploi", "rechercher-usager"] {
        let refused = matches!(choose(name, Application::Public), Err(ChoiceError::PublicApplication { .. }));
        assert!(refused, "{name}");
    }
    let choice = choose("coordonnees", Application::Private).unwrap();
    assert_eq!(choice.scope.as_str(), "openid api_peconnect-coordonneesv1 coordonnees");
    assert_eq!(choice.api.caller, SubjectKind::Person);
    let here = Place::At(BaseUrl::parse("http://127.0.0.1:8080").unwrap());
    let choice = catalogue.choose("offres", &topology, Application::Private, &here).unwrap();
    assert_eq!(choice.base_url, "http://127.0.0.1:8080/partenaire/offresdemploi/v2");
    assert!(choice.realm.addresses.token.starts_with("http://127.0.0.1:8080/"));
}

const OVERLAY: &str = r#"
name = "mine"
extends = "france-travail"
api_base_url = "https://api.example.org/partenaire"

[[realm]]
name = "partenaire"

[[realm.address]]
endpoint = "token"
url = "https://moved.example.org/oauth/token"

[[realm.scope]]
name = "api_nouvellev1"
description = { fr = "Une nouvelle API", en = "A new API" }
source = "our contract"

[[realm]]
name = "employeur"
lifetimes = { code_seconds = 30 }

[[api]]
code = "offresdemploi"
version = 2
quota = { application = { calls = 4, seconds = 1 }, certainty = "documented", source = "our contract" }

[[api]]
code = "nouvelle"
version = 1
realm = "partenaire"
title = { fr = "Nouvelle", en = "New" }
business_scopes = []
certainty = "documented"
source = "our contract"
"#;

#[test]
fn a_file_that_extends_the_preset_changes_what_it_names_and_adds_the_rest() {
    let changed = Topology::parse(OVERLAY).unwrap();
    let before = topology();
    let place = Place::Production;
    let provider = changed.provider("partenaire", &place).unwrap();
    assert_eq!(provider.token, "https://moved.example.org/oauth/token");
    // The old one is known, and not called.
    assert!(provider.token_alternates.contains(&before.provider("partenaire", &place).unwrap().token));
    assert_eq!(provider.issuer, before.provider("partenaire", &place).unwrap().issuer);
    assert_eq!(changed.realm("entreprise").unwrap().lifetimes.code.as_secs(), 30);
    assert_eq!(changed.realms.len(), 4);
    assert_eq!(changed.realm("individu"), before.realm("individu"));

    let catalogue = Catalogue::extended(Topology::FRANCE_TRAVAIL, OVERLAY, &changed).unwrap();
    let quota = catalogue.api("offresdemploi").unwrap().quota.clone().unwrap();
    assert_eq!(quota.application.unwrap().calls, 4);
    assert_eq!(catalogue.api("offresdemploi").unwrap().business_scopes, ["o2dsoffre"]);
    let choice = catalogue.choose("nouvelle", &changed, Application::Private, &place).unwrap();
    assert_eq!(choice.base_url, "https://api.example.org/partenaire/nouvelle/v1");
    assert_eq!(catalogue.apis.len(), self::catalogue().apis.len() + 1);
}

#[test]
fn an_address_that_moves_keeps_its_method_and_the_parameter_of_logout() {
    let text = r#"
        name = "mine"
        extends = "france-travail"
        [[realm]]
        name = "agent"
        [[realm.address]]
        endpoint = "logout"
        url = "https://moved.example.org/out"
    "#;
    let changed = Topology::parse(text).unwrap();
    let logout = changed.provider("agent", &Place::Production).unwrap().logout.unwrap();
    let before = topology().provider("agent", &Place::Production).unwrap().logout.unwrap();
    assert_eq!(logout.url, "https://moved.example.org/out");
    assert_eq!((logout.method, logout.redirect_parameter), (before.method, before.redirect_parameter));
    assert!(changed.realm("agent").unwrap().called(Endpoint::Logout).is_some());
}

#[test]
fn what_cannot_be_used_is_said_with_its_line_or_its_row() {
    let topology_of =
        |text: &str| Topology::parse(&format!("name = \"mine\"\nextends = \"france-travail\"\n{text}"));
    let refused = |text: &str| topology_of(text).err().map_or_else(String::new, |error| error.to_string());
    assert_eq!(
        refused("[[realm]]\nname = \"partenaire\"\nissuerr = \"x\""),
        "line 5: `issuerr` is unknown here; did you mean `issuer`?"
    );
    assert!(refused("[[realm]]\nname = \"nouveau\"").contains("authenticates"));
    assert!(refused("realm = 3").contains("line 3"), "{}", refused("realm = 3"));
    let plain = "[[realm]]\nname = \"partenaire\"\n[[realm.address]]\nendpoint = \"token\"\nurl = \"http://moved.example.org/\"";
    assert!(refused(plain).contains("plain http"), "{}", refused(plain));

    let topology = topology();
    let api = |text: &str| {
        let text = format!("name = \"mine\"\nextends = \"france-travail\"\n{text}");
        Catalogue::extended(Topology::FRANCE_TRAVAIL, &text, &topology).unwrap_err().to_string()
    };
    assert_eq!(
        api("[[api]]\ncode = \"offresdemploi\"\nversion = 2\nrealm = \"partenair\""),
        "the API `offresdemploi v2`: no realm is called `partenair`; did you mean `partenaire`?"
    );
    assert_eq!(
        api("[[api]]\ncode = \"offresdemploi\"\nversion = 2\nbusiness_scopes = [\"o2d\"]"),
        "the API `offresdemploi v2`: the realm `partenaire` has no scope `o2d`"
    );
    for (row, word) in [
        ("quotas = 3", "quotas"),
        (
            "quota = { application = { calls = 0, seconds = 1 }, certainty = \"observed\", source = \"x\" }",
            "at least one call",
        ),
        ("path = \"../v2\"", "path"),
        ("source = \" \"", "source"),
        ("replaced_by = \"api_nowherev1\"", "replaced_by"),
    ] {
        let said = api(&format!("[[api]]\ncode = \"offresdemploi\"\nversion = 2\n{row}"));
        assert!(said.contains(word), "{said}");
    }
}

#[test]
fn the_example_of_the_page_about_realms_reads() {
    let page = include_str!("../../../docs/realms.md");
    let (_, rest) = page.split_once("## Extending a preset").unwrap();
    let example = rest.split_once("```toml\n").unwrap().1.split_once("```").unwrap().0;
    let topology = Topology::parse(example).unwrap();
    let catalogue = Catalogue::extended(Topology::FRANCE_TRAVAIL, example, &topology).unwrap();
    assert_eq!(catalogue.api("offresdemploi").unwrap().quota.as_ref().unwrap().source, "our agreement");
}
