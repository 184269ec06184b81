//! OpenID Connect Back-Channel Logout 1.0: the applications of a session that has ended are told by the server.

mod delivery;
mod tokens;

use http::StatusCode;
use royaume_protocol::{Parameters, parameters};
use royaume_realm::Endpoint;
use royaume_server::stored::client::Application;
use royaume_spec::app::new_client;
use royaume_spec::{App, Arrival, Browser, Exchange, World};

/// Where the application takes word.
const WORD: &str = "https://app.test/word";
const BYE: &str = "https://app.test/bye";

/// A provider's application that takes word of logouts there.
async fn told_at(world: &World, uri: &str) -> App {
    let wish = royaume_server::admin::NewClient {
        post_logout_redirect_uris: vec![BYE.to_owned()],
        ..new_client(Application::Private, &["https://app.test/cb"])
    };
    let app = world.add_app("op", wish).await;
    world
        .amend(&app, |client| {
            client.logout.backchannel_uri = Some(uri.to_owned());
            client.logout.backchannel_session_required = true;
        })
        .await;
    app
}

/// What an application gets through a browser; whoever is not signed in there signs in as camille.
async fn tokens_in(browser: &mut Browser<'_>, world: &World, app: &App) -> Exchange {
    let callback = browser.walk(&app.authorization_url(&[]), "camille", "camille").await;
    let tokens = world.send(app.redemption(&callback.parameter("code"), &[])).await;
    tokens.is_ok();
    tokens
}

/// Signs out with the id token as a hint.
async fn leave(browser: &mut Browser<'_>, world: &World, tokens: &Exchange) -> Arrival {
    let hint = tokens.member("id_token");
    let pairs = [("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", BYE), ("state", "s")];
    browser.open(&parameters::append_query(&world.url("op", Endpoint::Logout), &pairs)).await
}

/// The logout tokens that were posted there, each alone in its form.
fn told(world: &World, uri: &str) -> Vec<String> {
    let read = |request: http::Request<bytes::Bytes>| {
        assert_eq!(request.method(), "POST");
        assert_eq!(request.headers()["content-type"], "application/x-www-form-urlencoded");
        let form = Parameters::parse(request.body()).unwrap();
        assert_eq!(form.iter().count(), 1, "{form:?}");
        form.optional("logout_token").unwrap().to_owned()
    };
    world.elsewhere.asked(uri).into_iter().map(read).collect()
}

/// An application that took part in a session has signed out of it; the site takes word with that status.
async fn left(world: &World, status: StatusCode) {
    let app = told_at(world, WORD).await;
    world.elsewhere.serve_status(WORD, status);
    let mut browser = world.browser();
    let tokens = tokens_in(&mut browser, world, &app).await;
    let back = leave(&mut browser, world, &tokens).await.at_application();
    assert_eq!(back.location(), "https://app.test/bye?state=s");
    world.server.delivered().await;
}
