//! RFC 7636: Proof Key for Code Exchange, with `S256` alone (RFC 9700 §2.1.1).

use royaume_protocol::CodeVerifier;
use royaume_server::stored::client::Application;
use royaume_spec::app::{CHALLENGE, VERIFIER};
use royaume_spec::{App, World, get};

const NO_CHALLENGE: [(&str, &str); 2] = [("code_challenge", ""), ("code_challenge_method", "")];

async fn is_refused(world: &World, app: &App, changes: &[(&str, &str)]) {
    let refused = world.send(get(&app.authorization_url(changes))).await;
    refused.is_redirected_error("invalid_request");
    assert_eq!(refused.parameter("state"), "state-1");
}

/// Appendix B: the example of the standard goes through, for a public client and for a confidential one.
#[tokio::test]
async fn the_example_of_the_standard_goes_through() {
    let world = World::standard().await;
    for application in [Application::Public, Application::Private] {
        let app = world.app("agent", application);
        let code = world.code(app, &[("code_challenge", CHALLENGE)]).await;
        world.send(app.redemption(&code, &[("code_verifier", VERIFIER)])).await.is_ok();
    }
}

/// §4.1: a verifier has 43 to 128 unreserved characters, all of which are taken.
/// Module `oidcc-ensure-request-with-valid-pkce-succeeds`.
#[tokio::test]
async fn verifiers_of_every_allowed_length_and_character_are_taken() {
    let world = World::standard().await;
    let app = world.app("agent", Application::Public);
    let unreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    for text in [&unreserved[..43], unreserved, &"~".repeat(128)] {
        let challenge = CodeVerifier::parse(text).unwrap().challenge();
        let code = world.code(app, &[("code_challenge", challenge.as_str())]).await;
        world.send(app.redemption(&code, &[("code_verifier", text)])).await.is_ok();
    }
}

/// §4.4.1, RFC 9700 §2.1.1: a public client must send a challenge; a confidential one may go without.
#[tokio::test]
async fn a_public_client_must_send_a_challenge() {
    let world = World::standard().await;
    for realm in ["individu", "entreprise", "agent"] {
        is_refused(&world, world.app(realm, Application::Public), &NO_CHALLENGE).await;
    }
    let app = world.app("agent", Application::Private);
    let code = world.code(app, &NO_CHALLENGE).await;
    world.send(app.redemption(&code, &[("code_verifier", "")])).await.is_ok();
}

/// §4.3, RFC 9700 §2.1.1: `plain` is refused, also where it is meant by saying nothing; so is any other word.
#[tokio::test]
async fn s256_is_the_only_method() {
    let world = World::standard().await;
    for application in [Application::Public, Application::Private] {
        let app = world.app("agent", application);
        for method in ["plain", "", "s256", "S512", "none", "S256 plain"] {
            is_refused(&world, app, &[("code_challenge_method", method)]).await;
        }
        is_refused(&world, app, &[("code_challenge", VERIFIER), ("code_challenge_method", "plain")]).await;
    }
}

/// §4.2: the challenge is the base64url of a SHA-256 digest: 43 characters, without padding.
#[tokio::test]
async fn what_is_no_challenge_is_refused() {
    let world = World::standard().await;
    for application in [Application::Public, Application::Private] {
        let app = world.app("agent", application);
        for challenge in [
            &CHALLENGE[..42],
            &format!("{CHALLENGE}A"),
            &format!("{CHALLENGE}="),
            &"A".repeat(128),
            &"A".repeat(129),
            &CHALLENGE.replace('-', "+"),
            &CHALLENGE.replace('-', "."),
            &CHALLENGE.replace('-', " "),
            &CHALLENGE.replace('-', "\u{e9}"),
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cN",
        ] {
            is_refused(&world, app, &[("code_challenge", challenge)]).await;
        }
    }
}

/// §4.3: a method without a challenge is a challenge that was lost under way.
#[tokio::test]
async fn a_method_alone_is_refused() {
    let world = World::standard().await;
    is_refused(&world, world.app("agent", Application::Private), &[("code_challenge", "")]).await;
    is_refused(&world, world.app("agent", Application::Public), &[("code_challenge", "")]).await;
}

fn wrong_verifiers() -> Vec<String> {
    vec![
        "x".repeat(43),
        VERIFIER.to_lowercase(),
        VERIFIER[..42].to_owned(),
        format!("{VERIFIER}a"),
        format!("{VERIFIER} "),
        VERIFIER.repeat(3),
        VERIFIER.replace('-', "+"),
        VERIFIER.replace('-', "\u{e9}"),
        String::new(),
    ]
}

/// §4.6: if the values are not equal, `invalid_grant`: a wrong verifier, a malformed one, or none.
#[tokio::test]
async fn a_wrong_verifier_is_refused() {
    let world = World::standard().await;
    for application in [Application::Public, Application::Private] {
        let app = world.app("agent", application);
        for verifier in wrong_verifiers() {
            let code = world.code(app, &[]).await;
            let refused = world.send(app.redemption(&code, &[("code_verifier", &verifier)])).await;
            refused.is_error(400, "invalid_grant");
        }
    }
}

/// §4.6, RFC 6819 §4.4.1.3: the first wrong verifier burns the code: whoever guesses does not guess again.
#[tokio::test]
async fn a_wrong_verifier_burns_the_code() {
    let world = World::standard().await;
    let app = world.app("agent", Application::Public);
    for verifier in wrong_verifiers() {
        let code = world.code(app, &[]).await;
        world
            .send(app.redemption(&code, &[("code_verifier", &verifier)]))
            .await
            .is_error(400, "invalid_grant");
        world.send(app.redemption(&code, &[])).await.is_error(400, "invalid_grant");
    }
}

/// §4.6: a challenge is not its own verifier, whatever method the redemption claims.
#[tokio::test]
async fn the_challenge_is_not_its_verifier() {
    let world = World::standard().await;
    let app = world.app("agent", Application::Public);
    for method in ["", "plain", "S256"] {
        let code = world.code(app, &[]).await;
        let changes =
            [("code_verifier", CHALLENGE), ("code_challenge_method", method), ("code_challenge", CHALLENGE)];
        world.send(app.redemption(&code, &changes)).await.is_error(400, "invalid_grant");
    }
}

/// §4.6: the verifier of one request redeems no code of another.
#[tokio::test]
async fn a_verifier_belongs_to_one_code() {
    let world = World::standard().await;
    let app = world.app("agent", Application::Public);
    let challenge = CodeVerifier::parse(&"o".repeat(43)).unwrap().challenge();
    let injected = world.code(app, &[("code_challenge", challenge.as_str())]).await;
    world.send(app.redemption(&injected, &[])).await.is_error(400, "invalid_grant");
}

/// RFC 9700 §4.8.2: a verifier where there was no challenge is a downgrade.
#[tokio::test]
async fn a_verifier_without_a_challenge_is_refused() {
    let world = World::standard().await;
    let app = world.app("agent", Application::Private);
    let code = world.code(app, &NO_CHALLENGE).await;
    world.send(app.redemption(&code, &[])).await.is_error(400, "invalid_grant");
    world.send(app.redemption(&code, &[("code_verifier", "")])).await.is_error(400, "invalid_grant");
}
