//! The claims that scopes release (§5.4), in a language that is wished (§5.2), each of its type (§5.1).

use royaume_server::admin::{AdminError, NewAccount};
use royaume_spec::{World, get};
use serde_json::{Map, Value, json};

use super::provider_app;
use super::told::{Told, names, told};

const PROFILE: [&str; 14] = [
    "birthdate",
    "family_name",
    "gender",
    "given_name",
    "locale",
    "middle_name",
    "name",
    "nickname",
    "picture",
    "preferred_username",
    "profile",
    "updated_at",
    "website",
    "zoneinfo",
];

/// What userinfo says under a scope, and that the id token says nothing of it.
async fn released(scope: &str) -> Vec<String> {
    let world = World::provider().await;
    let app = provider_app(&world).await;
    let Told { id_token, userinfo } = told(&world, &app, &[("scope", format!("openid {scope}"))]).await;
    assert_eq!(names(&id_token), ["at_hash", "aud", "auth_time", "exp", "iat", "iss", "nonce", "sub"]);
    for (name, value) in userinfo.as_object().unwrap() {
        royaume_protocol::standard_claims::check(name, value).unwrap();
    }
    names(&userinfo).into_iter().filter(|name| *name != "sub").map(str::to_owned).collect()
}

/// §5.4 `profile`: fourteen claims. Module `oidcc-scope-profile`.
#[tokio::test]
async fn profile_releases_fourteen_claims() {
    assert_eq!(released("profile").await, PROFILE);
}

/// §5.4 `email`: the address, and whether it is the person's; no name beside. Module `oidcc-scope-email`.
#[tokio::test]
async fn email_releases_the_address_and_whether_it_is_verified() {
    assert_eq!(released("email").await, ["email", "email_verified"]);
}

/// §5.4 `address`: one claim, an object (§5.1.1). Module `oidcc-scope-address`.
#[tokio::test]
async fn address_releases_one_claim() {
    assert_eq!(released("address").await, ["address"]);
}

/// §5.4 `phone`: the number, and whether it is the person's. Module `oidcc-scope-phone`.
#[tokio::test]
async fn phone_releases_the_number_and_whether_it_is_verified() {
    assert_eq!(released("phone").await, ["phone_number", "phone_number_verified"]);
}

/// §5.4: all of them together. Module `oidcc-scope-all`.
#[tokio::test]
async fn all_scopes_release_all_standard_claims() {
    let all = released("profile email address phone").await;
    assert_eq!(all.len(), 19);
    for (name, _) in royaume_protocol::standard_claims::STANDARD {
        assert!(all.iter().any(|told| told == name), "{name}");
    }
}

/// §5.2: a claim that the person has in a wished language is told in it, and in the usual one otherwise.
#[tokio::test]
async fn a_claim_is_told_in_the_language_that_is_wished() {
    let world = World::provider().await;
    let claims =
        json!({ "name": "Ada", "name#fr": "Adélaïde", "name#ja-Kana-JP": "エイダ", "nickname": "A" });
    add(&world, claims).await.unwrap();
    let app = provider_app(&world).await;
    for (locales, name) in [
        ("", "Ada"),
        ("fr", "Adélaïde"),
        ("de FR en", "Adélaïde"),
        ("ja-kana-jp fr", "エイダ"),
        ("de", "Ada"),
    ] {
        let url = app.authorization_url(&[("claims_locales", locales)]);
        let code = world.browser().walk(&url, "ada", "ada").await.parameter("code");
        let token = world.send(app.redemption(&code, &[])).await.member("access_token");
        let userinfo = world.userinfo("op", &token).await.json();
        assert_eq!((&userinfo["name"], &userinfo["nickname"]), (&json!(name), &json!("A")), "{locales}");
        assert!(userinfo.get("name#fr").is_none());
    }
}

/// §5.2 `claims_locales`: a language that nobody has is passed over. Module `oidcc-claims-locales`.
#[tokio::test]
async fn a_language_that_nobody_has_is_passed_over() {
    let world = World::provider().await;
    let app = provider_app(&world).await;
    let locales = format!("se {} {}", "x".repeat(400), "a ".repeat(500));
    let Told { userinfo, .. } = told(&world, &app, &[("claims_locales", locales)]).await;
    assert_eq!(userinfo["name"], "Camille Claire Moreau");
}

/// §3.1.2.1 `ui_locales`: so is a language that no page has. Module `oidcc-ui-locales`.
#[tokio::test]
async fn a_language_that_no_page_has_is_passed_over() {
    let world = World::provider().await;
    let app = provider_app(&world).await;
    told(&world, &app, &[("ui_locales", "se".to_owned())]).await;
}

/// §3.1.2.1 `display`: a page in the whole window. Module `oidcc-display-page`.
#[tokio::test]
async fn pages_are_shown_in_the_whole_window() {
    displayed("page").await;
}

/// §3.1.2.1 `display`: a page in a small window. Module `oidcc-display-popup`.
#[tokio::test]
async fn pages_are_shown_in_a_small_window() {
    displayed("popup").await;
}

/// §3.1.2.1 `display`: whatever else is wished is no error.
#[tokio::test]
async fn a_display_that_is_not_known_is_passed_over() {
    for display in ["touch", "wap", "cinema"] {
        displayed(display).await;
    }
}

async fn displayed(display: &str) {
    let world = World::provider().await;
    let app = provider_app(&world).await;
    let page = world.browser().open(&app.authorization_url(&[("display", display)])).await.page();
    page.is_page("royaume-login");
    told(&world, &app, &[("display", display.to_owned())]).await;
}

/// §5.3.2: what says nothing is left out, however it came to be stored.
#[tokio::test]
async fn what_says_nothing_is_left_out() {
    let world = World::provider_with(|realm| {
        let profile = realm.scopes.iter_mut().find(|scope| scope.name == "profile").unwrap();
        profile.claims.extend(["a", "b", "c", "d", "e", "f"].map(str::to_owned));
    })
    .await;
    let claims = json!({ "a": null, "b": "", "c": [], "d": {}, "e": false, "f": " " });
    add(&world, claims).await.unwrap();
    let app = provider_app(&world).await;
    let url = app.authorization_url(&[("scope", "openid profile")]);
    let code = world.browser().walk(&url, "ada", "ada").await.parameter("code");
    let token = world.send(app.redemption(&code, &[])).await.member("access_token");
    let userinfo = world.userinfo("op", &token).await.json();
    assert_eq!(names(&userinfo), ["e", "sub"]);
}

/// §5.1: an account cannot be added with a standard claim of another type, and the message names the claim.
#[tokio::test]
async fn an_account_has_claims_of_their_types() {
    let world = World::provider().await;
    for (name, value) in [
        ("email_verified", json!("true")),
        ("phone_number_verified", json!(1)),
        ("updated_at", json!("1700000000")),
        ("birthdate", json!("16/10/1987")),
        ("address", json!("Nantes")),
        ("address", json!({ "postal_code": 44000 })),
        ("name", json!("")),
        ("given_name#fr", json!(null)),
        ("picture", json!("javascript:alert(1)")),
    ] {
        let refused = add(&world, json!({ name: value })).await.unwrap_err().to_string();
        assert!(refused.contains(name), "{refused}");
    }
}

async fn add(world: &World, claims: Value) -> Result<(), AdminError> {
    let claims: Map<_, _> = claims.as_object().unwrap().clone();
    let wish = NewAccount { username: "ada".to_owned(), subject: None, claims };
    world.admin("op").add_account(wish, Some("ada"), world.passwords()).await.map(drop)
}

/// Discovery §3 `display_values_supported`: what is listed is shown.
#[tokio::test]
async fn the_displays_listed_are_shown() {
    let world = World::provider().await;
    let document = world.send(get(&world.url("op", royaume_realm::Endpoint::Discovery))).await.json();
    for display in document["display_values_supported"].as_array().unwrap() {
        displayed(display.as_str().unwrap()).await;
    }
}
