//! Agents look people up: three headers, a result code, and a second token that stands for the person found.

use bytes::Bytes;
use http::{Method, Request};
use royaume_server::stored::client::Application;
use royaume_spec::{Exchange, bearer};
use serde_json::{Value, json};

use super::{API, Scene, with};

const SCOPE: &str = "api_rechercher-usagerv2 rechercheusager profil_accedant api_donnees-rqthv1 h2a";
const BY_NIR: &str = "/rechercher-usager/v2/usagers/par-datenaissance-et-nir";
const BY_NUMBER: &str = "/rechercher-usager/v2/usagers/par-numero-francetravail";
const AGENT: [(&str, &str); 3] =
    [("pa-nom-agent", "ROBERT"), ("pa-prenom-agent", "INES"), ("pa-identifiant-agent", "BATCH")];

/// A question about a person, without saying who asks.
fn question(path: &str, token: &str, body: &Value) -> Request<Bytes> {
    let mut request = with(bearer(&format!("{API}{path}"), token), &[("content-type", "application/json")]);
    (*request.method_mut(), *request.body_mut()) = (Method::POST, Bytes::from(body.to_string()));
    request
}

async fn ask(scene: &Scene, path: &str, token: &str, body: &Value) -> Exchange {
    scene.world.clock.advance(std::time::Duration::from_secs(1));
    scene.deployed.send(with(question(path, token, body), &AGENT)).await
}

/// Who is asking must be said: left out it is a redirect, said with nothing 401, with a pipe 400.
#[tokio::test]
async fn whoever_asks_says_for_which_agent() {
    let scene = Scene::new().await;
    let token = scene.token("agent", SCOPE).await;
    let body = json!({ "numeroFranceTravail": "99000000001" });
    for (name, _) in AGENT {
        let complete = with(question(BY_NUMBER, &token, &body), &AGENT);
        let mut missing = complete.clone();
        missing.headers_mut().remove(name);
        let answer = scene.deployed.send(missing).await;
        assert_eq!((answer.status.as_u16(), answer.location()), (302, "/"), "{name}");
        for (value, status) in [("", 401), (" ", 401), ("A|B", 400), ("|", 400)] {
            let answer = scene.deployed.send(with(complete.clone(), &[(name, value)])).await;
            assert_eq!(answer.status.as_u16(), status, "{name}: {value:?}");
            scene.world.clock.advance(std::time::Duration::from_secs(1));
        }
        scene.deployed.send(complete).await.is_ok();
    }
}

/// Found, found but not certified, nobody, several: all of them 200.
#[tokio::test]
async fn a_result_is_a_code() {
    let scene = Scene::new().await;
    let token = scene.token("agent", SCOPE).await;
    for (born, nir, code, certified) in [
        ("1985-04-12", "2850499999001", "S001", json!("O")),
        ("1985-04-12", "285049999900142", "S001", json!("O")),
        ("1999-11-30", "1991199999004", "S001", json!("N")),
        ("1999-11-29", "1991199999004", "S002", Value::Null),
        ("1985-04-12", "2850499999009", "S002", Value::Null),
        ("1980-01-01", "1800199999005", "S003", Value::Null),
    ] {
        let body = json!({ "dateNaissance": born, "nir": nir });
        let said = ask(&scene, BY_NIR, &token, &body).await.is_ok().json();
        assert_eq!(
            (&said["codeRetour"], &said["topIdentiteCertifiee"]),
            (&json!(code), &certified),
            "{said}"
        );
        assert_eq!(said["jetonUsager"].is_string(), code == "S001", "{said}");
    }
    let body = json!({ "numeroFranceTravail": "99000000003" });
    assert_eq!(ask(&scene, BY_NUMBER, &token, &body).await.member("codeRetour"), "S001");
}

/// What cannot be a day, a NIR or a number is refused; nothing is then the text `null`.
#[tokio::test]
async fn what_cannot_be_looked_up_is_refused_with_null_as_a_text() {
    let scene = Scene::new().await;
    let token = scene.token("agent", SCOPE).await;
    for (path, body) in [
        (BY_NIR, json!({})),
        (BY_NIR, json!([])),
        (BY_NIR, json!({ "dateNaissance": "12/04/1985", "nir": "2850499999001" })),
        (BY_NIR, json!({ "dateNaissance": "1985-02-30", "nir": "2850499999001" })),
        (BY_NIR, json!({ "dateNaissance": "1985-04-12", "nir": "28504" })),
        (BY_NIR, json!({ "dateNaissance": "1985-04-12", "nir": "éééééé1" })),
        (BY_NIR, json!({ "dateNaissance": 1985, "nir": 28504 })),
        (BY_NUMBER, json!({ "numeroFranceTravail": "1" })),
        (BY_NUMBER, json!({ "numeroFranceTravail": null })),
    ] {
        let refused = ask(&scene, path, &token, &body).await;
        assert_eq!(refused.status.as_u16(), 400, "{body}: {refused:?}");
        let said = refused.json();
        assert_eq!(said["codeRetour"], "R997");
        assert_eq!((&said["jetonUsager"], &said["topIdentiteCertifiee"]), (&json!("null"), &json!("null")));
    }
}

/// The token of the person found opens what is known of them, and not to another application.
#[tokio::test]
async fn the_token_of_a_person_is_replayed() {
    let scene = Scene::new().await;
    let token = scene.token("agent", SCOPE).await;
    let wish = royaume_spec::world::wish_of(Application::Machine, "Another");
    let another = scene.world.add_app("agent", wish).await;
    let grant = [("grant_type", "client_credentials"), ("scope", SCOPE)];
    let theirs = scene.world.send(another.token_request(&grant)).await.is_ok().member("access_token");
    for (number, last, valid) in
        [("99000000001", "2030-01-20", true), ("99000000002", "9999-12-31", true), ("99000000003", "", false)]
    {
        let body = json!({ "numeroFranceTravail": number });
        let jeton = ask(&scene, BY_NUMBER, &token, &body).await.member("jetonUsager");
        let about = |token: &str| {
            let request = with(bearer(&format!("{API}/donnees-rqth/v1/rqth"), token), &AGENT);
            with(request, &[("ft-jeton-usager", &jeton)])
        };
        let said = scene.deployed.send(about(&token)).await.is_ok().json();
        assert_eq!((&said["dateFinRqth"], &said["topValiditeRQTH"]), (&json!(last), &json!(valid)));
        let refused = scene.deployed.send(about(&theirs)).await;
        assert_eq!((refused.status.as_u16(), &*refused.member("codeRetour")), (403, "R001"));
    }
    let bare = with(bearer(&format!("{API}/donnees-rqth/v1/rqth"), &token), &AGENT);
    assert_eq!(scene.deployed.send(bare).await.member("codeRetour"), "R997");
}
