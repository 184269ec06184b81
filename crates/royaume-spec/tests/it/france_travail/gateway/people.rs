//! What a signed-in person lets an application read at the gateway.

use royaume_server::admin::NewAccount;
use serde_json::{Value, json};

use super::{Scene, is_forbidden};

const ALL: [&str; 3] = [
    "/peconnect-coordonnees/v1/coordonnees",
    "/peconnect-statut/v1/statut",
    "/peconnect-datenaissance/v1/etat-civil",
];

/// Names are those of the account, and everything is the same every time and for another application's token, too.
#[tokio::test]
async fn a_person_is_the_same_every_time() {
    let scene = Scene::new().await;
    let token = scene.token_of("individu", "camille").await;
    let again = scene.token_of("individu", "camille").await;
    let other = scene.token_of("individu", "noe").await;
    for path in ALL {
        let said = scene.read(path, &token).await.is_ok().json();
        assert_eq!(said, scene.read(path, &again).await.is_ok().json(), "{path}");
    }
    let [of_camille, of_noe] =
        [scene.read(ALL[0], &token).await.json(), scene.read(ALL[0], &other).await.json()];
    assert_eq!((&of_camille["nom"], &of_camille["prenom"]), (&json!("DURAND"), &json!("CAMILLE")));
    assert_eq!(of_noe["prenom"], "NOÉ");
    assert_ne!(of_camille["telephone1"], of_noe["telephone1"]);
}

/// Members and their types are those that integrators read.
#[tokio::test]
async fn a_person_has_the_deployed_members() {
    let scene = Scene::new().await;
    let token = scene.token_of("individu", "camille").await;
    let coordonnees = scene.read(ALL[0], &token).await.json();
    for text in [
        "nom",
        "prenom",
        "email",
        "telephone1",
        "adresse4",
        "codePostal",
        "codeINSEE",
        "libelleCommune",
        "libellePays",
    ] {
        assert!(coordonnees[text].is_string(), "{text}: {coordonnees}");
    }
    assert_eq!(
        (&coordonnees["codePays"], &coordonnees["statutValidationEmail"]),
        (&json!("FR"), &json!("V"))
    );
    let born = scene.read(ALL[2], &token).await.json();
    let date = born["dateDeNaissance"].as_str().unwrap();
    assert!(date.ends_with("T00:00:00+01:00") && date.parse::<jiff::Timestamp>().is_ok(), "{born}");
    assert!(born["prenom"].is_null(), "{born}");
}

/// Somebody whose address was never confirmed has none: it is null, and so is its status.
#[tokio::test]
async fn an_address_that_was_not_confirmed_is_null() {
    let scene = Scene::new().await;
    let token = scene.token_of("individu", "noe").await;
    let coordonnees = scene.read(ALL[0], &token).await.is_ok().json();
    assert_eq!((&coordonnees["email"], &coordonnees["statutValidationEmail"]), (&Value::Null, &Value::Null));
}

/// What the person did not allow stays closed, although they allowed the rest.
#[tokio::test]
async fn what_was_not_asked_for_is_closed() {
    let scene = Scene::new().await;
    let app = scene.world.app("individu", royaume_server::stored::client::Application::Private);
    let url = app
        .authorization_url(&[("scope", "openid api_peconnect-statutv1 statut api_peconnect-coordonneesv1")]);
    let callback = scene.world.browser().walk(&url, "camille", "camille").await;
    let token =
        scene.world.send(app.redemption(&callback.parameter("code"), &[])).await.member("access_token");
    scene.read(ALL[1], &token).await.is_ok();
    is_forbidden(&scene.read(ALL[0], &token).await, "");
    is_forbidden(&scene.read(ALL[2], &token).await, "");
}

/// People look for a job, unless their account says otherwise.
#[tokio::test]
async fn an_account_says_who_looks_for_no_job() {
    let scene = Scene::new().await;
    let claims = json!({ "codeStatutIndividu": "0" }).as_object().unwrap().clone();
    let wish = NewAccount { username: "zoe".to_owned(), subject: None, claims };
    let added = scene.world.admin("individu").add_account(wish, Some("zoe"), scene.world.passwords()).await;
    added.unwrap();
    for (person, code, libelle) in
        [("camille", "1", "Demandeur d’emploi"), ("zoe", "0", "Non demandeur d’emploi")]
    {
        let token = scene.token_of("individu", person).await;
        let statut = scene.read(ALL[1], &token).await.is_ok().json();
        assert_eq!(statut, json!({ "codeStatutIndividu": code, "libelleStatutIndividu": libelle }));
    }
}
