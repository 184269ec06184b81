//! Callbacks that are not the answer to this login (RFC 6749 §4.1.2, §10.12; RFC 9207 §2.4).

use royaume_client::{ClientError, Pending};
use royaume_jose::SeededEntropy;
use royaume_protocol::authorization::AuthorizationResponseError as E;
use royaume_protocol::{ErrorCode, Scope};
use royaume_server::stored::client::Application;
use royaume_spec::World;

use super::misbehaving::Misbehaving;
use super::{client, client_over, discovered, now, provider, walked};

/// A login that has begun, and its state.
fn begun<T: royaume_client::Transport>(
    client: &royaume_client::Client<T>,
    redirect_uri: &str,
    seed: u64,
) -> (Pending, String) {
    let scope = Scope::parse("openid").unwrap();
    let (address, pending) = client.begin(redirect_uri, scope, None, &SeededEntropy::new(seed)).unwrap();
    let query = address.split_once('?').unwrap().1;
    let parameters = royaume_protocol::Parameters::parse(query.as_bytes()).unwrap();
    (pending, parameters.required("state").unwrap().to_owned())
}

/// RFC 6749 §4.1.2, §4.1.2.1, §10.12; RFC 9207 §2.4: nothing is redeemed that the server did not answer to this request.
#[tokio::test]
async fn a_callback_that_cannot_be_believed_costs_no_request() {
    let world = World::as_deployed().await;
    let app = world.app("individu", Application::Private);
    let provider = Misbehaving::new(&world, |_, response| response);
    let client = client_over(&world, app, provider.clone());
    let (iss, evil) = (world.issuer("individu"), world.issuer("agent"));
    let (_, state) = begun(&client, &app.redirect_uri, 1);
    for (query, expected) in [
        (String::new(), E::Empty),
        (format!("code=c&iss={iss}"), E::StateMissing),
        (format!("code=c&state=&iss={iss}"), E::StateMissing),
        (format!("code=c&state=other&iss={iss}"), E::State),
        ("state=other".to_owned(), E::State),
        ("error=access_denied&state=other".to_owned(), E::State),
        (format!("code=c&error=access_denied&state={state}"), E::Ambiguous),
        (format!("code=c&state={state}&iss={evil}"), E::Issuer),
        (format!("code=c&state={state}&iss=https://evil.example"), E::Issuer),
        (format!("error=access_denied&state={state}&iss={evil}"), E::Issuer),
        (format!("state={state}&iss={evil}"), E::Issuer),
    ] {
        let (pending, _) = begun(&client, &app.redirect_uri, 1);
        for callback in [query.clone(), format!("http://127.0.0.1:5000/callback?{query}#fragment")] {
            let finished = client.finish(&pending, &callback, now(&world)).await;
            assert_eq!(finished.map(|_| ()), Err(ClientError::Callback(expected)), "{callback}");
        }
    }
    for query in [
        format!("code=c&code=d&state={state}"),
        format!("code=c&state={state}&state={state}"),
        format!("code=%zz&state={state}"),
        format!("code=%ff&state={state}"),
    ] {
        let (pending, _) = begun(&client, &app.redirect_uri, 1);
        let finished = client.finish(&pending, &query, now(&world)).await;
        assert!(matches!(finished, Err(ClientError::MalformedCallback(_))), "{query}: {finished:?}");
    }
    assert_eq!(provider.asked(), 0, "nobody was asked to redeem anything");
}

/// RFC 6749 §4.1.2.1; docs/divergences.md, `cancelled_login_sends_state_only`: what became of the login.
#[tokio::test]
async fn a_callback_without_a_code_says_what_became_of_the_login() {
    let world = World::as_deployed().await;
    let app = world.app("individu", Application::Private);
    let client = client(&world, app);
    let (_, state) = begun(&client, &app.redirect_uri, 1);
    let words = || Some("in words".to_owned());
    for (query, expected) in [
        ("", ClientError::LoginCancelled),
        ("&foo=bar", ClientError::LoginCancelled),
        ("&error=access_denied&error_description=in+words", ClientError::AccessDenied(words())),
        ("&error=invalid_scope&error_description=in+words", ClientError::ScopeRefused(words())),
        ("&error=login_required", ClientError::Refused { code: ErrorCode::LoginRequired, description: None }),
        (
            "&error=redirect_uri_mismatch",
            ClientError::Refused {
                code: ErrorCode::Unknown("redirect_uri_mismatch".to_owned()),
                description: None,
            },
        ),
        (
            "&error=server_error",
            ClientError::Unavailable { reason: "server_error".to_owned(), retry_after: None },
        ),
    ] {
        let (pending, _) = begun(&client, &app.redirect_uri, 1);
        let finished = client.finish(&pending, &format!("state={state}{query}"), now(&world)).await;
        assert_eq!(finished.map(|_| ()), Err(expected), "{query}");
    }
}

/// The same, from the real server: a person who goes away, and one who does not agree.
#[tokio::test]
async fn a_person_who_cancels_or_refuses_is_told_apart() {
    for (world, cancelled) in [
        (World::as_deployed().await, ClientError::LoginCancelled),
        (
            World::standard().await,
            ClientError::AccessDenied(Some("the person cancelled the login".to_owned())),
        ),
    ] {
        let app = world.app("individu", Application::Private);
        let client = client(&world, app);
        let scope = Scope::parse("openid profile").unwrap();
        let begin = || client.begin(&app.redirect_uri, scope.clone(), None, &SeededEntropy::new(9)).unwrap();

        let (address, pending) = begin();
        let mut browser = world.browser();
        let page = browser.open(&address).await.page();
        let back = browser.submit(&page, &[("decision", "cancel")]).await.at_application();
        let finished = client.finish(&pending, back.location(), now(&world)).await;
        assert_eq!(finished.map(|_| ()), Err(cancelled));

        let (address, pending) = begin();
        let page = browser.open(&address).await.page();
        let page = browser.log_in(&page, "camille", "camille").await.page();
        let back = browser.submit(&page, &[("decision", "deny")]).await.at_application();
        let finished = client.finish(&pending, back.location(), now(&world)).await;
        assert_eq!(
            finished.map(|_| ()),
            Err(ClientError::AccessDenied(Some("the person refused".to_owned())))
        );
    }
}

/// RFC 9207 §2.4: a provider that promises `iss` must send it; one that only sends it may leave it out.
#[tokio::test]
async fn iss_is_missed_where_it_was_promised() {
    let world = World::as_deployed().await;
    let app = world.app("individu", Application::Private);
    let without_iss = |callback: &str| {
        let (before, query) = callback.split_once('?').unwrap();
        let kept: Vec<_> = query.split('&').filter(|pair| !pair.starts_with("iss=")).collect();
        format!("{before}?{}", kept.join("&"))
    };
    let promised = discovered(&world, app).await;
    let (pending, callback) = walked(&world, &mut world.browser(), &promised, app).await;
    let finished = promised.finish(&pending, &without_iss(&callback), now(&world)).await;
    assert_eq!(finished.map(|_| ()), Err(ClientError::Callback(E::IssuerMissing)));

    let unpromised = client(&world, app);
    let (pending, callback) = walked(&world, &mut world.browser(), &unpromised, app).await;
    unpromised.finish(&pending, &without_iss(&callback), now(&world)).await.unwrap();
}

/// RFC 6749 §4.1.2: a callback is good once, and its second use ends what the first one bought.
#[tokio::test]
async fn a_replayed_callback_buys_nothing() {
    let world = World::as_deployed().await;
    let app = world.app("individu", Application::Private);
    let client = client(&world, app);
    let (pending, callback) = walked(&world, &mut world.browser(), &client, app).await;
    let tokens = client.finish(&pending, &callback, now(&world)).await.unwrap();
    let replayed = client.finish(&pending, &callback, now(&world)).await;
    assert!(matches!(replayed, Err(ClientError::GrantRefused(_))), "{replayed:?}");
    let dead = client.refresh(&tokens, now(&world)).await;
    assert!(matches!(dead, Err(ClientError::GrantRefused(_))), "{dead:?}");
}

/// RFC 6749 §10.12, RFC 9700 §4.4: a login of one browser, provider or application is not finished with another's.
#[tokio::test]
async fn a_foreign_callback_buys_nothing() {
    let world = World::as_deployed().await;
    let app = world.app("individu", Application::Private);
    let client = client(&world, app);
    let (other_browser, _) = begun(&client, &app.redirect_uri, 2);
    let (pending, callback) = walked(&world, &mut world.browser(), &client, app).await;
    let finished = client.finish(&other_browser, &callback, now(&world)).await;
    assert_eq!(finished.map(|_| ()), Err(ClientError::Callback(E::State)));

    let public = world.app("individu", Application::Public);
    let agent = world.app("agent", Application::Private);
    for other in [super::client(&world, public), super::client(&world, agent)] {
        let finished = other.finish(&pending, &callback, now(&world)).await;
        assert!(matches!(finished, Err(ClientError::MalformedCallback(_))), "{finished:?}");
    }
    client.finish(&pending, &callback, now(&world)).await.unwrap();
}

/// RFC 6749 §4.1: what waits for its callback survives being kept, and a code dies after 60 seconds.
#[tokio::test]
async fn a_login_that_took_too_long_is_a_refused_grant() {
    let world = World::as_deployed().await;
    let app = world.app("individu", Application::Private);
    let client = client(&world, app);
    let (pending, callback) = walked(&world, &mut world.browser(), &client, app).await;
    let kept = serde_json::to_string(&pending).unwrap();
    world.clock.advance(std::time::Duration::from_secs(61));
    let pending: Pending = serde_json::from_str(&kept).unwrap();
    let late = client.finish(&pending, &callback, now(&world)).await;
    assert!(matches!(late, Err(ClientError::GrantRefused(_))), "{late:?}");
    assert_eq!(client.provider, provider(&world, "individu"));
}
