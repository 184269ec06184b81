//! UserInfo (§5.3, §5.4): what the person allowed the client to know, and nothing else.

use royaume_realm::Endpoint;
use royaume_server::stored::client::Application;
use royaume_spec::{App, World, form, post};
use serde_json::{Value, json};

/// What userinfo says to an application that was granted that scope.
async fn told(world: &World, app: &App, person: &str, scope: &str) -> Value {
    let url = app.authorization_url(&[("scope", scope)]);
    let code = world.browser().walk(&url, person, person).await.parameter("code");
    let token = world.send(app.redemption(&code, &[])).await.member("access_token");
    world.userinfo(&app.realm, &token).await.is_ok().json()
}

/// §5.4: each scope releases its claims, in the types that the account has them.
#[tokio::test]
async fn each_scope_releases_its_claims() {
    let world = World::standard().await;
    let individu = world.app("individu", Application::Private);
    const CAMILLE: &str = "3151ee22ee1008d7090728568d1bc566239f57046c1c722faa1865536d7577a8v1";
    for (scope, expected) in [
        ("openid", json!({ "sub": CAMILLE })),
        ("openid email", json!({ "sub": CAMILLE, "email": "camille.durand@example.org" })),
        (
            "openid profile",
            json!({
                "sub": CAMILLE, "given_name": "CAMILLE", "family_name": "DURAND", "gender": "female",
                "updated_at": "0",
            }),
        ),
        (
            "openid individu",
            json!({ "sub": CAMILLE, "idIdentiteExterne": "86c27a36-08c3-46ba-8e7a-c1cbe284ba70" }),
        ),
        ("openid coordonnees api_peconnect-coordonneesv1", json!({ "sub": CAMILLE })),
    ] {
        assert_eq!(told(&world, individu, "camille", scope).await, expected, "{scope}");
    }
}

/// §5.3.2: a claim that the account lacks is left out rather than null or empty.
#[tokio::test]
async fn a_claim_that_the_person_lacks_is_left_out() {
    let world = World::standard().await;
    let app = world.app("individu", Application::Private);
    let claims = told(&world, app, "noe", "openid email profile").await;
    assert!(claims.get("email").is_none(), "{claims}");
    assert_eq!(claims["given_name"], "NOÉ");
}

/// §5.1.2: other claims than the standard's keep their types: one recruiter has a text, another a list.
#[tokio::test]
async fn claims_keep_the_types_of_the_account() {
    let world = World::standard().await;
    let app = world.app("entreprise", Application::Private);
    let lea = told(&world, app, "lea", "openid email habilitation").await;
    assert_eq!((&lea["habilitation"], &lea["email_verified"]), (&json!("recruteurcertifie"), &json!("true")));
    let hugo = told(&world, app, "hugo", "openid habilitation").await;
    assert_eq!(hugo["habilitation"], json!(["administrateur", "recruteurcertifie"]));
    assert!(hugo.get("email").is_none());
}

/// §5.3.2 `sub`: it is always there, and no claim of an account stands in for it.
#[tokio::test]
async fn no_claim_of_an_account_replaces_the_subject() {
    let world = World::with(|topology| {
        for realm in &mut topology.realms {
            for scope in realm.scopes.iter_mut().filter(|scope| scope.name == "profile") {
                scope.claims.extend(["sub", "iss", "aud"].map(str::to_owned));
            }
        }
    })
    .await;
    let claims = json!({ "sub": "somebody-else", "given_name": "Ada" });
    let wish = royaume_server::admin::NewAccount {
        username: "ada".to_owned(),
        subject: Some("the-subject".to_owned()),
        claims: claims.as_object().unwrap().clone(),
    };
    world.admin("individu").add_account(wish, Some("ada"), world.passwords()).await.unwrap();
    let app = world.app("individu", Application::Private);
    let told = told(&world, app, "ada", "openid profile").await;
    assert_eq!(told, json!({ "sub": "the-subject", "given_name": "Ada" }));
}

/// §5.3.1: the request is a GET or a POST, with the token in the header, or in the form of a POST. Modules
/// `oidcc-userinfo-get`, `oidcc-userinfo-post-header`, `oidcc-userinfo-post-body`.
#[tokio::test]
async fn userinfo_is_asked_for_by_get_and_by_post() {
    let world = World::standard().await;
    let tokens = world.sign_in(world.app("individu", Application::Private)).await;
    let token = tokens.member("access_token");
    let url = world.url("individu", Endpoint::UserInfo);
    let by_get = world.userinfo("individu", &token).await;
    let mut by_post = form(&url, "");
    by_post.headers_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
    let by_post = world.send(by_post).await;
    let in_form = world.send(post(&url, &[("access_token", &token)])).await;
    for answer in [&by_post, &in_form] {
        assert_eq!(answer.is_ok().body, by_get.is_ok().body);
        assert_eq!(answer.header("content-type"), "application/json");
        assert_eq!(answer.header("cache-control"), "no-store");
    }
}

/// §5.3: what an operator changes about the person is said at the next request.
#[tokio::test]
async fn a_person_who_is_disabled_is_spoken_of_no_more() {
    let world = World::standard().await;
    let token = world.sign_in(world.app("individu", Application::Private)).await.member("access_token");
    world.userinfo("individu", &token).await.is_ok();
    world.admin("individu").disable_account("camille", true).await.unwrap();
    world.userinfo("individu", &token).await.is_challenge(401, "invalid_token");
}

/// §5.3: a refresh for less gives a token that opens less.
#[tokio::test]
async fn a_narrower_token_releases_less() {
    let world = World::standard().await;
    let app = world.app("individu", Application::Private);
    let tokens = world.sign_in(app).await;
    let narrow = app.refresh(&tokens.member("refresh_token"), &[("scope", "openid email")]);
    let token = world.send(narrow).await.member("access_token");
    let claims = world.userinfo("individu", &token).await.json();
    let mut names: Vec<_> = claims.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["email", "sub"]);
}
