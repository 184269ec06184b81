//! RFC 7592: a registered client reads, replaces and removes what is known of it.

use std::time::Duration;

use http::{HeaderValue, Method, header};
use royaume_realm::{Endpoint, RegistrationPolicy};
use royaume_spec::registration::{document, manage, speak};
use royaume_spec::{App, Exchange, World, at_once, bearer, get, post};
use serde_json::{Value, json};

/// What a client sends to replace what is known of it: its id, and what [`document`] makes of the changes.
fn replacement(registered: &Exchange, changes: Value) -> String {
    let mut said = document(changes);
    said["client_id"] = json!(registered.member("client_id"));
    said.to_string()
}

async fn replace(world: &World, registered: &Exchange, changes: Value) -> Exchange {
    world.send(manage(Method::PUT, registered, replacement(registered, changes))).await
}

async fn shown(world: &World, registered: &Exchange) -> Value {
    world.send(manage(Method::GET, registered, "")).await.is_ok().json()
}

/// §2.1, §3: what is known is told whenever it is asked for, with the address and the token that manage it; the secret was
/// told once.
#[tokio::test]
async fn a_client_reads_what_is_known_of_it() {
    let world = World::provider().await;
    let registered = world.register(json!({ "logo_uri": "https://app.test/logo.png" })).await;
    let mut expected = registered.json();
    expected.as_object_mut().unwrap().retain(|name, _| !name.starts_with("client_secret"));
    for _ in 0..2 {
        let answer = world.send(manage(Method::GET, &registered, "")).await;
        assert_eq!(answer.header("cache-control"), "no-store");
        assert_eq!(answer.is_ok().json(), expected);
    }
}

/// §2.2: what is sent replaces all that was: what is not said any more has its default again. The secret stays.
#[tokio::test]
async fn what_is_sent_replaces_all_that_was() {
    let world = World::provider().await;
    let registered = world.register(json!({ "logo_uri": "https://app.test/logo.png" })).await;
    let app = world.registered(&registered);
    let changes = json!({ "client_name": "Autre", "redirect_uris": ["https://app.test/new"] });
    let told = replace(&world, &registered, changes).await.is_ok().json();
    assert_eq!((&told["client_name"], told.get("logo_uri")), (&json!("Autre"), None));
    assert_eq!(told["client_id_issued_at"], registered.json()["client_id_issued_at"]);
    assert_eq!(told, shown(&world, &registered).await);
    world.send(get(&app.authorization_url(&[]))).await.is_error_page();
    world.sign_in(&App { redirect_uri: "https://app.test/new".to_owned(), ..app }).await.is_ok();
}

/// §2.2: a client names itself, and only itself; its secret, when it names it; and never what the server decides.
#[tokio::test]
async fn a_client_replaces_only_what_is_its_own_to_say() {
    let world = World::provider().await;
    let (registered, other) = (world.register(json!({})).await, world.register(json!({})).await);
    let before = shown(&world, &registered).await;
    for changes in [
        json!({ "client_secret": other.member("client_secret") }),
        json!({ "client_secret": 17 }),
        json!({ "registration_access_token": registered.member("registration_access_token") }),
        json!({ "registration_client_uri": registered.member("registration_client_uri") }),
        json!({ "client_secret_expires_at": 0 }),
        json!({ "client_id_issued_at": 0 }),
    ] {
        replace(&world, &registered, changes).await.is_error(400, "invalid_client_metadata");
    }
    for changes in [json!({}), json!({ "client_id": other.member("client_id") })] {
        let put = manage(Method::PUT, &registered, document(changes).to_string());
        world.send(put).await.is_error(400, "invalid_client_metadata");
    }
    assert_eq!(shown(&world, &registered).await, before);
    let named = json!({ "client_secret": registered.member("client_secret") });
    replace(&world, &registered, named).await.is_ok();
}

/// §2.2: a client is judged as it will be: what nobody may register, nobody may become.
#[tokio::test]
async fn a_client_cannot_become_what_it_could_not_register() {
    let world = World::provider().await;
    let registered = world.register(json!({ "token_endpoint_auth_method": "none" })).await;
    let before = shown(&world, &registered).await;
    for changes in [
        json!({ "grant_types": ["client_credentials"], "response_types": [] }),
        json!({ "grant_types": ["password"] }),
        json!({ "scope": "openid everything" }),
        json!({ "id_token_signed_response_alg": "none" }),
        json!({ "token_endpoint_auth_method": "private_key_jwt" }),
    ] {
        replace(&world, &registered, changes).await.is_error(400, "invalid_client_metadata");
    }
    let fragment = json!({ "redirect_uris": ["https://app.test/cb#x"] });
    replace(&world, &registered, fragment).await.is_error(400, "invalid_redirect_uri");
    assert_eq!(shown(&world, &registered).await, before);
}

/// §2.2: a public client that becomes confidential is given a secret, once; one that becomes public has none any more.
#[tokio::test]
async fn a_secret_comes_and_goes_with_the_need_for_it() {
    let world = World::provider().await;
    let registered = world.register(json!({ "token_endpoint_auth_method": "none" })).await;
    let confidential = replace(&world, &registered, json!({})).await;
    let app = App { secret: confidential.is_ok().member("client_secret"), ..world.registered(&registered) };
    assert_eq!(confidential.json()["client_secret_expires_at"], 0);
    world.sign_in(&app).await.is_ok();
    let public = json!({ "token_endpoint_auth_method": "none" });
    assert_eq!(replace(&world, &registered, public).await.is_ok().json().get("client_secret"), None);
    let code =
        world.browser().walk(&app.authorization_url(&[]), "camille", "camille").await.parameter("code");
    world.send(app.redemption(&code, &[])).await.is_error(401, "invalid_client");
}

/// §2.3: a client that removes itself is answered 204 and known no more: nobody is sent to it, it authenticates nowhere, and
/// the tokens that it holds are dead.
#[tokio::test]
async fn a_client_that_removed_itself_is_known_no_more() {
    let world = World::provider().await;
    let registered = world.register(json!({ "grant_types": ["authorization_code", "refresh_token"] })).await;
    let app = world.registered(&registered);
    let tokens = world.sign_in(&app).await;
    let (access, refresh) = (tokens.is_ok().member("access_token"), tokens.json()["refresh_token"].clone());
    world.userinfo("op", &access).await.is_ok();
    let code =
        world.browser().walk(&app.authorization_url(&[]), "camille", "camille").await.parameter("code");

    let removed = world.send(manage(Method::DELETE, &registered, "")).await;
    assert_eq!((removed.status.as_u16(), removed.body.as_str()), (204, ""), "{removed:?}");
    for method in [Method::GET, Method::PUT, Method::DELETE] {
        let body = replacement(&registered, json!({}));
        world.send(manage(method, &registered, body)).await.is_challenge(401, "invalid_token");
    }
    world.send(get(&app.authorization_url(&[]))).await.is_error_page();
    world.send(app.redemption(&code, &[])).await.is_error(401, "invalid_client");
    world.send(app.refresh(refresh.as_str().unwrap(), &[])).await.is_error(401, "invalid_client");
    world.userinfo("op", &access).await.is_challenge(401, "invalid_token");
}

/// §2.3: the id of a client that is gone is nobody's again while anything that it was given could still be used.
#[tokio::test]
async fn the_id_of_a_removed_client_is_not_given_again_while_its_tokens_could_live() {
    let world = World::provider().await;
    let registered = world.register(json!({ "grant_types": ["authorization_code", "refresh_token"] })).await;
    let app = world.registered(&registered);
    let access = world.sign_in(&app).await.member("access_token");
    world.send(manage(Method::DELETE, &registered, "")).await;
    let again = || royaume_server::admin::NewClient {
        client_id: Some(app.client_id.clone()),
        ..royaume_spec::app::new_client(app.application, &["https://app.test/cb"])
    };
    let refused = world.admin("op").add_client(again()).await.unwrap_err().to_string();
    assert!(refused.contains("was removed"), "{refused}");
    world.userinfo("op", &access).await.is_challenge(401, "invalid_token");
}

/// §2, §3: the token of a client manages that client and nothing else; no other token manages it, wherever it comes from.
#[tokio::test]
async fn a_registration_access_token_manages_its_own_client_alone() {
    let world = World::provider().await;
    let (registered, other) = (world.register(json!({})).await, world.register(json!({})).await);
    let access = world.sign_in(&world.registered(&registered)).await.member("access_token");
    let initial = world.admin("op").invite(1, Duration::from_secs(60)).await.unwrap();
    let url = registered.member("registration_client_uri");
    let own = registered.member("registration_access_token");
    let foreign = other.member("registration_access_token");
    let tampered = format!("{}{}", &own[..own.len() - 1], if own.ends_with('A') { 'B' } else { 'A' });
    for wrong in [&foreign, &access, initial.expose(), &tampered, "x"] {
        for method in [Method::GET, Method::PUT, Method::DELETE] {
            let body = replacement(&registered, json!({}));
            world.send(speak(method, &url, wrong, body)).await.is_challenge(401, "invalid_token");
        }
    }
    let none = world.send(speak(Method::GET, &url, "", "")).await;
    assert_eq!(none.status, 401, "{none:?}");
    let beside = format!("{url}&access_token={own}");
    assert_eq!(world.send(speak(Method::GET, &beside, "", "")).await.status, 400);
    shown(&world, &registered).await;
}

/// §3: it is no access token: neither userinfo nor introspection knows it.
#[tokio::test]
async fn a_registration_access_token_is_no_access_token() {
    let world = World::provider().await;
    let registered = world.register(json!({})).await;
    let (app, own) = (world.registered(&registered), registered.member("registration_access_token"));
    world.userinfo("op", &own).await.is_challenge(401, "invalid_token");
    let asked = app.call(&world.url("op", Endpoint::Introspection), &[("token", &own)]);
    assert_eq!(world.send(asked).await.is_ok().json(), json!({ "active": false }));
}

/// §2: a client is of one realm, and so is what manages it.
#[tokio::test]
async fn a_client_is_managed_in_its_own_realm_alone() {
    let world = World::with(|topology| {
        topology.realms.iter_mut().for_each(|realm| realm.registration = RegistrationPolicy::Open);
    })
    .await;
    let url = |realm: &str| world.url(realm, Endpoint::Registration);
    let registered =
        world.send(speak(Method::POST, &url("individu"), "", document(json!({})).to_string())).await;
    assert_eq!(registered.status, 201, "{registered:?}");
    shown(&world, &registered).await;
    let own = registered.member("registration_client_uri");
    let elsewhere = own.replace("individu", "agent");
    assert_ne!(own, elsewhere);
    let token = registered.member("registration_access_token");
    world.send(speak(Method::GET, &elsewhere, &token, "")).await.is_challenge(401, "invalid_token");
}

/// §2: a client that an operator has disabled, and one that an operator added, manages nothing.
#[tokio::test]
async fn a_disabled_client_manages_nothing() {
    let world = World::provider().await;
    let registered = world.register(json!({})).await;
    world.admin("op").disable_client(&registered.member("client_id"), true).await.unwrap();
    for method in [Method::GET, Method::PUT, Method::DELETE] {
        let body = replacement(&registered, json!({}));
        world.send(manage(method, &registered, body)).await.is_challenge(401, "invalid_token");
    }
    world.admin("op").disable_client(&registered.member("client_id"), false).await.unwrap();
    shown(&world, &registered).await;
}

/// §2: what manages a client takes GET, PUT and DELETE; and JSON alone is a replacement.
#[tokio::test]
async fn a_client_is_managed_by_three_methods() {
    let world = World::provider().await;
    let registered = world.register(json!({})).await;
    for method in [Method::POST, Method::PATCH] {
        let answer = world.send(manage(method, &registered, replacement(&registered, json!({})))).await;
        assert_eq!((answer.status.as_u16(), answer.header("allow")), (405, "GET, PUT, DELETE"), "{answer:?}");
    }
    let mut put = manage(Method::PUT, &registered, replacement(&registered, json!({})));
    put.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    world.send(put).await.is_error(415, "invalid_request");
    let form = post(&registered.member("registration_client_uri"), &[("client_name", "x")]);
    assert!(world.send(form).await.status.is_client_error());
}

/// §2.2: of two replacements at once both are whole: what is known afterwards is one of them, never a mixture.
#[tokio::test(flavor = "multi_thread")]
async fn two_replacements_at_once_do_not_mix() {
    let world = World::provider().await;
    let nodes = [world.server.clone(), world.another_node().await];
    let registered = world.register(json!({})).await;
    let named = |name: &str| {
        let changes = json!({
            "client_name": name, "redirect_uris": [format!("https://{name}.test/cb")],
            "logo_uri": format!("https://{name}.test/logo.png"),
        });
        manage(Method::PUT, &registered, replacement(&registered, changes))
    };
    for answer in at_once(&nodes, vec![named("un"), named("deux")]).await {
        answer.is_ok();
    }
    let told = shown(&world, &registered).await;
    let name = told["client_name"].as_str().unwrap();
    assert_eq!(told["redirect_uris"], json!([format!("https://{name}.test/cb")]));
    assert_eq!(told["logo_uri"], format!("https://{name}.test/logo.png"));
}

/// RFC 9110 §15.6.4: while the store is silent nothing is refused, replaced or removed: 503, and the same again works.
#[tokio::test]
async fn what_manages_a_client_withstands_a_silent_store() {
    let world = World::provider().await;
    let registered = world.register(json!({})).await;
    let replaced = replacement(&registered, json!({ "client_name": "Autre" }));
    for (method, body, done) in [
        (Method::GET, String::new(), 200),
        (Method::PUT, replaced, 200),
        (Method::DELETE, String::new(), 204),
    ] {
        let before = shown(&world, &registered).await;
        for answers in 0.. {
            world.place.trouble.after(answers);
            let answer = world.send(manage(method.clone(), &registered, body.clone())).await;
            if !world.place.trouble.over() {
                assert_eq!(answer.status.as_u16(), done, "{answer:?}");
                break;
            }
            answer.is_unavailable();
            assert_eq!(shown(&world, &registered).await, before);
        }
    }
    let token = registered.member("registration_access_token");
    let gone = bearer(&registered.member("registration_client_uri"), &token);
    world.send(gone).await.is_challenge(401, "invalid_token");
}
