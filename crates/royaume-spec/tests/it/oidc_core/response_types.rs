//! Response types (OIDC Core §3.2, §3.3; OAuth 2.0 Multiple Response Type Encoding Practices): what comes by way of the
//! browser, for applications that are registered for it.

use royaume_jose::{Algorithm, half_hash};
use royaume_protocol::{GrantType, ResponseType};
use royaume_realm::AccessTokenFormat;
use royaume_server::stored::client::Application;
use royaume_spec::world::wish_of;
use royaume_spec::{App, Browser, Exchange, World, get};

/// An application that is registered for every response type.
async fn application(world: &World, kind: Application) -> App {
    let app = world.add_app("op", wish_of(kind, "Essai")).await;
    world
        .amend(&app, |client| {
            client.response_types = ResponseType::ALL.to_vec();
            client.grants.push(GrantType::Implicit);
        })
        .await;
    app
}

/// A browser in which camille is signed in and has agreed.
async fn signed_in<'w>(world: &'w World, app: &App) -> Browser<'w> {
    let mut browser = world.browser();
    browser.walk(&app.authorization_url(&[]), "camille", "camille").await;
    browser
}

async fn answer(browser: &mut Browser<'_>, app: &App, changes: &[(&str, &str)]) -> Exchange {
    browser.open(&app.authorization_url(changes)).await.at_application()
}

/// What stands in the fragment of an answer, by name.
fn names(answer: &Exchange) -> Vec<String> {
    let (_, fragment) = answer.location().split_once('#').expect("a fragment");
    fragment.split('&').map(|pair| pair.split('=').next().unwrap().to_owned()).collect()
}

/// §3.2.2.5, §3.3.2.5: each response type is answered with what it names, in the fragment. Module `oidcc-server`, in the
/// hybrid and implicit plans.
#[tokio::test]
async fn each_response_type_is_answered_with_what_it_names() {
    let world = World::provider().await;
    let app = application(&world, Application::Private).await;
    let mut browser = signed_in(&world, &app).await;
    for response_type in ResponseType::ALL.into_iter().filter(|kind| *kind != ResponseType::Code) {
        let changes = [("response_type", response_type.as_str()), ("scope", "openid profile")];
        let answer = answer(&mut browser, &app, &changes).await;
        let mut expected = Vec::new();
        expected.extend(response_type.has_code().then_some("code"));
        if response_type.has_token() {
            expected.extend(["access_token", "token_type", "expires_in"]);
        }
        expected.extend(response_type.has_id_token().then_some("id_token"));
        expected.extend(["state", "iss"]);
        assert_eq!(names(&answer), expected, "{response_type}");
        assert!(answer.location().starts_with("https://app.test/cb#"), "nothing stands in the query");
        assert_eq!(answer.parameter("state"), "state-1");
        if response_type.has_token() {
            assert_eq!(
                (answer.parameter("token_type"), answer.parameter("expires_in")),
                ("Bearer".into(), "600".into())
            );
            world.userinfo("op", &answer.parameter("access_token")).await.is_ok();
        }
    }
}

/// §3.2.2.10, §3.3.2.11: the id token of the browser is bound to the code and to the access token beside it, and to the
/// request. Module `oidcc-idtoken-signature`, in the hybrid plan.
#[tokio::test]
async fn an_id_token_in_the_browser_is_bound_to_what_comes_beside_it() {
    let world = World::provider().await;
    let app = application(&world, Application::Private).await;
    let mut browser = signed_in(&world, &app).await;
    for response_type in ResponseType::ALL.into_iter().filter(|kind| kind.has_id_token()) {
        let answer = answer(&mut browser, &app, &[("response_type", response_type.as_str())]).await;
        let said = world.verified("op", &answer.parameter("id_token")).await;
        let hash = |name: &str| {
            let value = answer.parameter(name);
            (!value.is_empty()).then(|| half_hash(Algorithm::Rs256, &value))
        };
        assert_eq!(said["nonce"], "nonce-1");
        assert_eq!(said.get("at_hash").and_then(|hash| hash.as_str()), hash("access_token").as_deref());
        assert_eq!(said.get("c_hash").and_then(|hash| hash.as_str()), hash("code").as_deref());
    }
}

/// §3.3.3.6: the id tokens of both endpoints say the same of who signed in.
#[tokio::test]
async fn both_id_tokens_of_a_hybrid_answer_name_the_same_person() {
    let world = World::provider().await;
    let app = application(&world, Application::Private).await;
    let mut browser = signed_in(&world, &app).await;
    let answer = answer(&mut browser, &app, &[("response_type", "code id_token token")]).await;
    let tokens = world.send(app.redemption(&answer.parameter("code"), &[])).await;
    let first = world.verified("op", &answer.parameter("id_token")).await;
    let second = world.verified("op", &tokens.is_ok().member("id_token")).await;
    for claim in ["iss", "sub", "aud", "auth_time", "nonce"] {
        assert_eq!(first[claim], second[claim], "{claim}");
    }
    let from_browser = world.userinfo("op", &answer.parameter("access_token")).await.json();
    let from_endpoint = world.userinfo("op", &tokens.member("access_token")).await.json();
    assert_eq!(from_browser, from_endpoint);
}

/// §3.2.2.1, §3.3.2.11: an id token in the browser needs a nonce; what has none there does not. Modules
/// `oidcc-ensure-request-without-nonce-fails`, `oidcc-ensure-request-without-nonce-succeeds-for-code-flow`.
#[tokio::test]
async fn a_nonce_is_needed_where_an_id_token_comes_by_way_of_the_browser() {
    let world = World::provider().await;
    let app = application(&world, Application::Private).await;
    let mut browser = signed_in(&world, &app).await;
    for response_type in ResponseType::ALL {
        let changes = [("response_type", response_type.as_str()), ("nonce", "")];
        let answer = answer(&mut browser, &app, &changes).await;
        if response_type.has_id_token() {
            answer.is_redirected_error("invalid_request");
            assert_eq!(names(&answer), ["error", "error_description", "state", "iss"]);
        } else {
            assert!(answer.redirected().optional("error").is_none(), "{response_type}");
        }
    }
}

/// §3.2.2.6, §3.3.2.6: errors of such a request stand in the fragment too, and nothing stands in the query. Module
/// `oidcc-prompt-none-not-logged-in`, in the hybrid plan.
#[tokio::test]
async fn errors_stand_where_the_answer_would() {
    let world = World::provider().await;
    let app = application(&world, Application::Private).await;
    for response_type in ResponseType::ALL.into_iter().filter(|kind| *kind != ResponseType::Code) {
        for (change, error) in [
            (("prompt", "none"), "login_required"),
            (("scope", "nonsense"), "invalid_scope"),
            (("max_age", "x"), "invalid_request"),
            (("response_mode", "query"), "invalid_request"),
        ] {
            let changes = [("response_type", response_type.as_str()), change];
            let answer = world.send(get(&app.authorization_url(&changes))).await;
            answer.is_redirected_error(error);
            assert!(answer.location().starts_with("https://app.test/cb#error="), "{}", answer.location());
        }
    }
}

/// RFC 6749 §4.1.2.1: an application that is not registered for a response type does not get it, and a realm that does
/// not offer it says so.
#[tokio::test]
async fn response_types_are_for_those_who_are_registered_for_them() {
    let world = World::provider().await;
    let usual = world.add_app("op", wish_of(Application::Private, "Essai")).await;
    for response_type in ResponseType::ALL.into_iter().filter(|kind| *kind != ResponseType::Code) {
        let url = usual.authorization_url(&[("response_type", response_type.as_str())]);
        world.send(get(&url)).await.is_redirected_error("unauthorized_client");
    }
    for unknown in ["token", "none", "code code", "CODE"] {
        let url = usual.authorization_url(&[("response_type", unknown)]);
        world.send(get(&url)).await.is_redirected_error("unsupported_response_type");
    }
    let closed = World::standard().await;
    let app = closed.app("individu", Application::Private);
    let url = app.authorization_url(&[("response_type", "code id_token")]);
    closed.send(get(&url)).await.is_redirected_error("unsupported_response_type");
}

/// RFC 6749 §4.2.2: a token that opens less than was asked for says so.
#[tokio::test]
async fn a_token_that_opens_less_than_was_asked_for_says_so() {
    let world = World::provider().await;
    let app = application(&world, Application::Private).await;
    let mut browser = signed_in(&world, &app).await;
    for (scope, said) in [("openid offline_access", "openid"), ("openid", "")] {
        let changes = [("response_type", "id_token token"), ("scope", scope)];
        assert_eq!(answer(&mut browser, &app, &changes).await.parameter("scope"), said);
    }
}

/// RFC 6749 §3.1.1: the words of a response type stand in any order.
#[tokio::test]
async fn the_words_of_a_response_type_stand_in_any_order() {
    let world = World::provider().await;
    let app = application(&world, Application::Private).await;
    let mut browser = signed_in(&world, &app).await;
    let answer = answer(&mut browser, &app, &[("response_type", "token code id_token")]).await;
    assert_eq!(names(&answer)[..2], ["code".to_owned(), "access_token".to_owned()]);
}

/// §3.2.2.1: without `openid` it is no OpenID request, and there is no id token to give.
#[tokio::test]
async fn an_id_token_is_not_given_without_openid() {
    let world = World::provider().await;
    let app = application(&world, Application::Private).await;
    let url = app.authorization_url(&[("response_type", "code id_token"), ("scope", "profile")]);
    world.send(get(&url)).await.is_redirected_error("invalid_scope");
}

/// §5.4: where no access token comes along, the claims of the scopes stand in the id token; else they do not. Module
/// `oidcc-scope-all`, in the implicit plan.
#[tokio::test]
async fn scope_claims_stand_in_the_id_token_only_where_nothing_else_could_fetch_them() {
    let world = World::provider().await;
    let app = application(&world, Application::Private).await;
    let mut browser = signed_in(&world, &app).await;
    for response_type in ResponseType::ALL.into_iter().filter(|kind| kind.has_id_token()) {
        let answer = answer(&mut browser, &app, &[("response_type", response_type.as_str())]).await;
        let said = world.verified("op", &answer.parameter("id_token")).await;
        let alone = response_type == ResponseType::IdToken;
        for claim in ["name", "email", "address", "phone_number"] {
            assert_eq!(said.get(claim).is_some(), alone, "{response_type} {claim}");
        }
    }
}

/// RFC 6749 §4.1.2: a second use of the code ends the tokens of the browser too, of either format. Module
/// `oidcc-codereuse-30seconds`, in the hybrid plan.
#[tokio::test]
async fn a_code_used_twice_ends_what_came_beside_it() {
    let signed =
        |realm: &mut royaume_realm::Realm| realm.access_token = AccessTokenFormat::Jwt(Algorithm::Es256);
    for world in [World::provider().await, World::provider_with(signed).await] {
        let app = application(&world, Application::Private).await;
        let mut browser = signed_in(&world, &app).await;
        let answer = answer(&mut browser, &app, &[("response_type", "code token")]).await;
        let (code, beside) = (answer.parameter("code"), answer.parameter("access_token"));
        let tokens = world.send(app.redemption(&code, &[])).await;
        assert!(
            world.is_active(&app, &beside).await
                && world.is_active(&app, &tokens.member("access_token")).await
        );
        world.send(app.redemption(&code, &[])).await.is_error(400, "invalid_grant");
        world.assert_over(&app, &tokens).await;
        world.userinfo("op", &beside).await.is_challenge(401, "invalid_token");
        assert!(!world.is_active(&app, &beside).await);
    }
}

/// RFC 9700 §2.1.1: a public application sends a challenge wherever a code is in the answer.
#[tokio::test]
async fn a_public_application_needs_pkce_for_every_code() {
    let world = World::provider().await;
    let app = application(&world, Application::Public).await;
    for response_type in ResponseType::ALL.into_iter().filter(|kind| kind.has_code()) {
        let changes = [
            ("response_type", response_type.as_str()),
            ("code_challenge", ""),
            ("code_challenge_method", ""),
        ];
        world.send(get(&app.authorization_url(&changes))).await.is_redirected_error("invalid_request");
    }
}
