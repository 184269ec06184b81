//! RFC 6749 §3.3: what may be asked for, and what is given.

use royaume_server::stored::client::Application;
use royaume_spec::{World, get};

const GRANT: (&str, &str) = ("grant_type", "client_credentials");

fn malformed() -> Vec<String> {
    let words = (0..201).map(|n| format!("w{n}")).collect::<Vec<_>>().join(" ");
    ["search \"office\"", "search\\office", "s\u{e9}arch", "search\toffice", "search\noffice", "search\u{7f}"]
        .into_iter()
        .map(str::to_owned)
        .chain([words, "x".repeat(4097)])
        .collect()
}

/// §3.3: `scope-token = 1*( %x21 / %x23-5B / %x5D-7E )`, in reasonable number.
#[tokio::test]
async fn what_is_no_scope_is_refused_at_the_token_endpoint() {
    let world = World::standard().await;
    let app = world.app("partenaire", Application::Machine);
    for scope in malformed() {
        world.send(app.token_request(&[GRANT, ("scope", &scope)])).await.is_error(400, "invalid_scope");
    }
}

/// §4.1.2.1: likewise, by redirect.
#[tokio::test]
async fn what_is_no_scope_is_refused_at_the_authorization_endpoint() {
    let world = World::standard().await;
    let app = world.app("agent", Application::Private);
    for scope in malformed() {
        let refused = world.send(get(&app.authorization_url(&[("scope", &scope)]))).await;
        refused.is_redirected_error("invalid_scope");
    }
}

/// §3.3: what the realm does not know and what this client was not given are refused whole, and look alike.
#[tokio::test]
async fn a_scope_beyond_what_the_client_was_given_is_refused() {
    let world = World::standard().await;
    let app = world.app("partenaire", Application::Machine);
    let mut said = Vec::new();
    for scope in ["nobody_knows", "api_evenementsv1", "search nobody_knows", "Search", "search,office"] {
        let refused = world.send(app.token_request(&[GRANT, ("scope", scope)])).await;
        said.push(refused.is_error(400, "invalid_scope").body.clone());
    }
    said.dedup();
    assert_eq!(said.len(), 1, "{said:?}");
    let person = world.app("agent", Application::Private);
    let refused = world.send(get(&person.authorization_url(&[("scope", "openid gererRDV")]))).await;
    refused.is_redirected_error("invalid_scope");
}

/// §3.3: the order of words does not matter, and a word that is repeated counts once.
#[tokio::test]
async fn a_scope_is_a_set() {
    let world = World::standard().await;
    let app = world.app("partenaire", Application::Machine);
    for (asked, given) in
        [("office search", "office search"), ("search search", "search"), ("  search  ", "search")]
    {
        let token = world.send(app.token_request(&[GRANT, ("scope", asked)])).await;
        assert_eq!(token.is_ok().member("scope"), given);
    }
}

/// §3.3: if the scope is omitted, the server processes the request with a default: all that the client was given.
#[tokio::test]
async fn a_machine_that_asks_for_no_scope_gets_what_it_was_registered_for() {
    let world = World::standard().await;
    let app = world.app("partenaire", Application::Machine);
    assert_eq!(world.send(app.token_request(&[GRANT])).await.is_ok().member("scope"), app.scope);
}

/// §3.3: or it fails the request: a person is never asked for everything because nothing was said.
#[tokio::test]
async fn an_authorization_request_must_say_its_scope() {
    let world = World::standard().await;
    let app = world.app("agent", Application::Private);
    let refused = world.send(get(&app.authorization_url(&[("scope", "")]))).await;
    refused.is_redirected_error("invalid_scope");
}

/// §3.3: a scope has at least one word: blanks alone are as much as nothing, and buy neither less nor more.
#[tokio::test]
async fn a_scope_of_blanks_counts_as_absent() {
    for world in [World::standard().await, World::as_deployed().await] {
        let machine = world.app("partenaire", Application::Machine);
        let token = world.send(machine.token_request(&[GRANT, ("scope", "  ")])).await;
        assert_eq!(token.is_ok().member("scope"), machine.scope);
        let person = world.app("agent", Application::Private);
        let refused = world.send(get(&person.authorization_url(&[("scope", " ")]))).await;
        refused.is_redirected_error("invalid_scope");
        let tokens = world.sign_in(person).await;
        let refreshed = world.send(person.refresh(&tokens.member("refresh_token"), &[("scope", " ")])).await;
        assert_eq!(refreshed.is_ok().member("scope"), person.scope);
    }
}

/// §5.1: the scope is always said, also where it is the one that was asked for.
#[tokio::test]
async fn every_token_response_names_the_scope() {
    for world in World::of_each_format().await {
        let app = world.app("agent", Application::Private);
        let code = world.code(app, &[("scope", "openid email")]).await;
        let tokens = world.send(app.redemption(&code, &[])).await;
        assert_eq!(tokens.is_ok().member("scope"), "openid email");
        assert_eq!(
            world.introspect(app, &tokens.member("access_token")).await.member("scope"),
            "openid email"
        );
    }
}

/// §4.1.3: the scope was granted at the authorization endpoint, and cannot be changed at redemption.
#[tokio::test]
async fn a_redemption_cannot_change_the_scope() {
    let world = World::standard().await;
    let app = world.app("agent", Application::Private);
    let code = world.code(app, &[("scope", "openid")]).await;
    let tokens = world.send(app.redemption(&code, &[("scope", "openid email profile")])).await;
    assert_eq!(tokens.is_ok().member("scope"), "openid");
}
