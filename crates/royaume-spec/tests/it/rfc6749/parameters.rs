//! RFC 6749 §3.1, §3.2 and Appendix B: how parameters are read.

use royaume_server::stored::client::Application;
use royaume_spec::{App, World, form};

/// What reads well on its own, in front of what does not.
fn machine_form(app: &App, rest: &str) -> String {
    let (id, secret) = (&app.client_id, &app.secret);
    format!("grant_type=client_credentials&client_id={id}&client_secret={secret}{rest}")
}

/// §3.2: request parameters must not be included more than once, and the first or the last is not quietly taken.
#[tokio::test]
async fn a_repeated_parameter_is_refused_by_name() {
    let world = World::standard().await;
    let app = world.app("partenaire", Application::Machine);
    for name in [
        "grant_type",
        "client_id",
        "client_secret",
        "scope",
        "code",
        "redirect_uri",
        "code_verifier",
        "refresh_token",
    ] {
        for (first, second) in [("same", "same"), ("one", "other"), ("", "late"), ("early", "")] {
            let body = format!("{name}={first}&x=y&{name}={second}");
            let refused = world.send(form(&app.token, &body)).await;
            refused.is_error(400, "invalid_request");
            let said = refused.member("error_description");
            assert_eq!(said, format!("a parameter is repeated: {name}"), "{body}");
        }
    }
}

/// §5.2: a name that the sender made up is not repeated to them.
#[tokio::test]
async fn a_repeated_parameter_of_no_standard_is_refused_without_its_name() {
    let world = World::standard().await;
    let app = world.app("partenaire", Application::Machine);
    let refused = world.send(form(&app.token, &machine_form(app, "&strange=1&strange=2"))).await;
    refused.is_error(400, "invalid_request");
    assert!(!refused.body.contains("strange"), "{refused:?}");
}

/// §3.2: parameters sent without a value are treated as if they were omitted.
#[tokio::test]
async fn a_parameter_without_a_value_counts_as_absent() {
    let world = World::standard().await;
    let app = world.app("partenaire", Application::Machine);
    for rest in ["&scope=", "&scope", "&redirect_uri=&code=", "&&", "&"] {
        let token = world.send(form(&app.token, &machine_form(app, rest))).await;
        assert_eq!(token.is_ok().member("scope"), app.scope, "{rest}");
    }
    let without = format!("grant_type=&client_id={}&client_secret={}", app.client_id, app.secret);
    let refused = world.send(form(&app.token, &without)).await;
    refused.is_error(400, "invalid_request");
    assert_eq!(refused.member("error_description"), "a parameter is missing: grant_type");
}

/// §3.2: the server ignores parameters that it does not know.
#[tokio::test]
async fn unknown_parameters_are_ignored() {
    let world = World::standard().await;
    let app = world.app("partenaire", Application::Machine);
    let rest = "&audience=x&resource=y&client_assertion_typo=z&scope%5B%5D=admin&%C3%A9=%C3%A9";
    let token = world.send(form(&app.token, &machine_form(app, rest))).await;
    assert_eq!(token.is_ok().member("scope"), app.scope);
}

/// Appendix B: what is not percent-encoded UTF-8 is refused, not repaired.
#[tokio::test]
async fn a_broken_encoding_is_refused() {
    let world = World::standard().await;
    let app = world.app("partenaire", Application::Machine);
    for broken in ["%", "%2", "%zz", "a%", "%u0041", "%FF", "%C0%AF", "%ED%A0%80", "%C3", "%00", "a%00b"] {
        for rest in [format!("&scope={broken}"), format!("&{broken}=x")] {
            let refused = world.send(form(&app.token, &machine_form(app, &rest))).await;
            refused.is_error(400, "invalid_request");
        }
    }
}

/// Appendix B: a blank is `+` or `%20`, and a character may be escaped or not.
#[tokio::test]
async fn two_spellings_that_the_encoding_holds_equal_are_read_alike() {
    let world = World::standard().await;
    let app = world.app("partenaire", Application::Machine);
    for rest in ["&scope=search+office", "&scope=search%20office", "&%73cope=%73earch%20offic%65"] {
        let token = world.send(form(&app.token, &machine_form(app, rest))).await;
        assert_eq!(token.is_ok().member("scope"), "search office");
    }
}

/// §1.9: parameter names and values are case sensitive unless noted otherwise.
#[tokio::test]
async fn names_and_values_are_read_with_their_case() {
    let world = World::standard().await;
    let app = world.app("partenaire", Application::Machine);
    for (pairs, error) in [
        (vec![("Grant_Type", "client_credentials")], "invalid_request"),
        (vec![("grant_type", "Client_Credentials")], "unsupported_grant_type"),
        (vec![("grant_type", "client_credentials"), ("scope", "Search")], "invalid_scope"),
    ] {
        world.send(app.token_request(&pairs)).await.is_error(400, error);
    }
    let shouted = app.client_id.to_uppercase();
    let pairs = [("grant_type", "client_credentials"), ("client_id", &*shouted)];
    world.send(app.token_request(&pairs)).await.is_error(401, "invalid_client");
}

/// RFC 9110 §15.5: a request has at most 64 parameters of at most 8 KiB.
#[tokio::test]
async fn too_many_or_too_long_parameters_are_refused() {
    let world = World::standard().await;
    let app = world.app("partenaire", Application::Machine);
    let crowd = |more: usize| (0..more).map(|n| format!("&x{n}=1")).collect::<String>();
    world.send(form(&app.token, &machine_form(app, &crowd(61)))).await.is_ok();
    world.send(form(&app.token, &machine_form(app, &crowd(62)))).await.is_error(400, "invalid_request");
    let long = |length: usize| format!("&x={}", "a".repeat(length));
    world.send(form(&app.token, &machine_form(app, &long(8 * 1024)))).await.is_ok();
    world
        .send(form(&app.token, &machine_form(app, &long(8 * 1024 + 1))))
        .await
        .is_error(400, "invalid_request");
}

/// §3.2: the realm is part of the endpoint's address, and a body cannot contradict it.
#[tokio::test]
async fn the_realm_is_never_read_from_the_body() {
    let world = World::standard().await;
    let app = world.app("partenaire", Application::Machine);
    world.send(form(&app.token, &machine_form(app, "&realm=%2Fagent"))).await.is_ok();
    let of_no_realm = "https://sso.royaume.test/connexion/oauth2/access_token";
    let refused = world.send(form(of_no_realm, &machine_form(app, "&realm=%2Fpartenaire"))).await;
    refused.is_error(400, "invalid_request");
}
