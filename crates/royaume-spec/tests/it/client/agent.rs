//! France Travail's APIs for agents, and its sandbox.

use royaume_client::{Agent, AgentAnswer, ApiError, ReturnCode, Scope, Secret, null_as_none};
use serde::Deserialize;

use super::gateway::{Gateway, Time, answer, api};

const FOUND: &str = r#"{"codeRetour":"S001","message":"Individu trouve","topIdentiteCertifiee":"O",
    "jetonUsager":"jeton-of-somebody","nom":"Dupont","prenom":"null","adresse":{"rue":"null","villes":["null","Paris"]}}"#;

fn answered(body: &str) -> Result<AgentAnswer, ApiError> {
    AgentAnswer::read(&answer(200, &[], body))
}

/// Every call says on whose behalf it is, and about whom.
#[test]
fn a_call_says_which_agent_is_behind_it() {
    let time = Time::default();
    let gateway = Gateway::new(&time, |request, _| match request.headers().get("ft-jeton-usager") {
        None => answer(200, &[], FOUND),
        Some(jeton) => answer(500, &[], &format!("upstream refused {}", jeton.to_str().unwrap())),
    });
    let api = api(&gateway).for_agent(&Agent::new(" Lovelace ", "Ada", "ALOV1815").unwrap());
    let found =
        AgentAnswer::read(&time.run(api.post("/rechercher-usager/v2/usagers").send()).unwrap()).unwrap();
    let jeton = found.jeton_usager.clone().unwrap();
    let call = api.get("/informations/v1").about(&jeton);
    let error = time.run(call.send()).unwrap_err();
    let requests = gateway.requests();
    for request in &requests {
        let headers = request.headers();
        let said = ["pa-nom-agent", "pa-prenom-agent", "pa-identifiant-agent"].map(|name| &headers[name]);
        assert_eq!(said, ["Lovelace", "Ada", "ALOV1815"]);
    }
    assert_eq!(requests[1].headers()["ft-jeton-usager"], "jeton-of-somebody");
    let shown = format!("{error} {error:?} {call:?} {found:?} {:?}", requests[1]);
    assert!(!shown.contains("jeton-of-somebody") && !shown.contains("Dupont"), "{shown}");
}

/// France Travail refuses an agent without a name, and a `|`; a header has no line ends.
#[test]
fn an_agent_has_a_name_that_a_header_can_carry() {
    let long = "x".repeat(201);
    for wrong in ["", "  ", "a|b", "a\r\nx: y", "a\u{0}b", "\u{7f}", long.as_str()] {
        assert!(matches!(Agent::new(wrong, "Ada", "A"), Err(ApiError::Request(_))), "{wrong:?}");
        assert!(Agent::new("Lovelace", wrong, "A").is_err() && Agent::new("Lovelace", "Ada", wrong).is_err());
    }
    let time = Time::default();
    let gateway = Gateway::new(&time, |_, _| answer(200, &[], ""));
    let agent = Agent::new("Lefèvre", "Zoë", "A").unwrap();
    time.run(api(&gateway).for_agent(&agent).get("/x").send()).unwrap();
    assert_eq!(gateway.requests()[0].headers()["pa-nom-agent"].as_bytes(), "Lefèvre".as_bytes());
    for wrong in ["", "a\nb"] {
        let call = api(&gateway).get("/x").about(&Secret::from(wrong));
        assert!(matches!(time.run(call.send()), Err(ApiError::Request(_))));
    }
}

/// The answer is in the body of a success, and `"null"` is nothing.
#[test]
fn a_return_code_is_read_from_a_success() {
    for (code, read) in [
        ("S001", ReturnCode::Found),
        ("S002", ReturnCode::NotFound),
        ("S003", ReturnCode::Several),
        ("R001", ReturnCode::NotAuthorised),
        ("R997", ReturnCode::Invalid),
        ("R998", ReturnCode::UpstreamFailed),
        ("R999", ReturnCode::Unavailable),
        ("X42", ReturnCode::Other("X42".to_owned())),
    ] {
        let answer = answered(&format!(r#"{{"codeRetour":"{code}","jetonUsager":"null"}}"#)).unwrap();
        assert_eq!((&answer.code, answer.code.as_str()), (&read, code));
        assert!(answer.jeton_usager.is_none() && answer.certified.is_none() && answer.members.is_empty());
        assert_eq!(read.is_temporary(), code == "R998" || code == "R999");
    }
    for body in ["", "[]", "{}", r#"{"codeRetour":"null"}"#, r#"{"codeRetour":1}"#] {
        assert!(matches!(answered(body), Err(ApiError::Body { .. })), "{body}");
    }
}

#[derive(Deserialize)]
struct Person {
    nom: String,
    prenom: Option<String>,
    adresse: Address,
}

#[derive(Deserialize)]
struct Address {
    rue: Option<String>,
    villes: Vec<Option<String>>,
}

/// The other members are the program's, without `"null"`.
#[test]
fn null_is_nothing_wherever_it_is() {
    let found = answered(FOUND).unwrap();
    assert_eq!((found.certified, found.message.as_deref()), (Some(true), Some("Individu trouve")));
    let person: Person = found.members().unwrap();
    assert_eq!((person.nom.as_str(), person.prenom, person.adresse.rue), ("Dupont", None, None));
    assert_eq!(person.adresse.villes, [None, Some("Paris".to_owned())]);
    assert!(found.members::<Vec<u8>>().is_err());

    #[derive(Deserialize)]
    struct Own {
        #[serde(default, deserialize_with = "null_as_none")]
        value: Option<u64>,
    }
    let own = |text| serde_json::from_str::<Own>(text).map(|own| own.value).ok();
    assert_eq!(own(r#"{"value":"null"}"#), Some(None));
    assert_eq!(
        (own("{}"), own(r#"{"value":null}"#), own(r#"{"value":7}"#)),
        (Some(None), Some(None), Some(Some(7)))
    );
    assert_eq!(own(r#"{"value":"seven"}"#), None);
}

/// In the sandbox `test` is in the scope and in every path.
#[test]
fn the_sandbox_has_its_own_scopes_and_paths() {
    let time = Time::default();
    let gateway = Gateway::new(&time, |_, _| answer(200, &[], ""));
    let api = api(&gateway).in_sandbox();
    assert_eq!(api.scope().to_string(), "api_testoffresdemploiv2 o2dsoffre");
    let again = api.for_scope(Scope::parse("api_immersion-prov3 echangespmsmp").unwrap());
    assert_eq!(again.scope().to_string(), "api_testimmersion-prov3 echangespmsmp");
    time.run(api.get("/offresdemploi/v2/x").send()).unwrap();
    time.run(again.get("testimmersion-pro/v3").send()).unwrap();
    let paths: Vec<_> = gateway.requests().iter().map(|request| request.uri().path().to_owned()).collect();
    assert_eq!(paths, ["/partenaire/testoffresdemploi/v2/x", "/partenaire/testimmersion-pro/v3"]);
}
