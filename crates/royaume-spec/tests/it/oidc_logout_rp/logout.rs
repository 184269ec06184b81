//! Logout (OpenID Connect RP-Initiated Logout 1.0): what ends, and where the person goes.

use std::time::Duration;

use royaume_protocol::parameters;
use royaume_realm::Endpoint;
use royaume_server::stored::client::Application;
use royaume_spec::{App, Arrival, Browser, Exchange, World, get, post};

use crate::oidc_core::{application, is_signed_in, signed_in};

/// A session that is not used for so long lies idle.
const IDLE: Duration = Duration::from_secs(1_801);

/// A browser that is signed in, and what the application got through it.
async fn with_tokens<'w>(world: &'w World, app: &App) -> (Browser<'w>, Exchange) {
    let mut browser = world.browser();
    let person = world.person(&app.realm);
    let callback = browser.walk(&app.authorization_url(&[]), person, person).await;
    let tokens = world.send(app.redemption(&callback.parameter("code"), &[])).await;
    (browser, tokens)
}

/// A logout by GET.
async fn leave(browser: &mut Browser<'_>, url: &str, pairs: &[(&str, &str)]) -> Arrival {
    browser.open(&parameters::append_query(url, pairs)).await
}

/// §2, §3: a hint at the person who is signed in ends the session at once, and what came from it; the person goes where
/// the application registered, with its state.
#[tokio::test]
async fn a_hint_signs_out_and_returns_with_the_state() {
    let world = World::standard().await;
    let app = application(&world).await;
    let url = world.url("individu", Endpoint::Logout);
    for posted in [false, true] {
        let (mut browser, tokens) = with_tokens(&world, &app).await;
        let hint = tokens.member("id_token");
        let pairs = [
            ("id_token_hint", hint.as_str()),
            ("post_logout_redirect_uri", "https://app.test/bye"),
            ("state", "s &é"),
        ];
        let arrival = if posted {
            browser.follow_from_elsewhere(post(&url, &pairs)).await
        } else {
            leave(&mut browser, &url, &pairs).await
        };
        let back = arrival.at_application();
        assert_eq!(back.location(), "https://app.test/bye?state=s+%26%C3%A9");
        assert_eq!(back.header("clear-site-data"), "\"cache\", \"storage\"");
        assert!(browser.cookie("-sso").is_none());
        assert!(!is_signed_in(&mut browser, &app).await);
        world.assert_over(&app, &tokens).await;
    }
}

/// §3: without a state there is none, and without a wish to return the person reads that it is done.
#[tokio::test]
async fn the_way_back_has_nothing_that_was_not_asked_for() {
    let world = World::standard().await;
    let app = application(&world).await;
    let url = world.url("individu", Endpoint::Logout);
    let (mut browser, tokens) = with_tokens(&world, &app).await;
    let hint = tokens.member("id_token");
    let pairs = [("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", "https://app.test/bye")];
    let back = leave(&mut browser, &url, &pairs).await.at_application();
    assert_eq!(back.location(), "https://app.test/bye");

    let (mut browser, tokens) = with_tokens(&world, &app).await;
    let pairs = [("id_token_hint", &*tokens.member("id_token")), ("state", "s")];
    leave(&mut browser, &url, &pairs).await.page().is_page("royaume-logged-out");
    assert!(!is_signed_in(&mut browser, &app).await);
}

/// §2: an id token is a hint though it has expired.
#[tokio::test]
async fn an_expired_id_token_is_still_a_hint() {
    let world = World::standard().await;
    let app = application(&world).await;
    let old = world.sign_in(&app).await.member("id_token");
    world.clock.advance(std::time::Duration::from_secs(9_001));
    let mut browser = signed_in(&world, &app).await;
    let url = world.url("individu", Endpoint::Logout);
    leave(&mut browser, &url, &[("id_token_hint", &old)]).await.page().is_page("royaume-logged-out");
    assert!(!is_signed_in(&mut browser, &app).await);
}

/// §2, §6: without a hint the person is asked, and nothing ends before they have answered; nothing ends if they say no.
#[tokio::test]
async fn without_a_hint_the_person_is_asked() {
    let world = World::standard().await;
    let app = application(&world).await;
    let url = world.url("individu", Endpoint::Logout);
    for request in [
        get(&url),
        post::<&str, &str>(&url, &[]),
        get(&format!("{url}?client_id={}", app.client_id)),
        get(&format!("{url}?logout_hint=camille&ui_locales=fr&unknown=x")),
        get(&format!("{url}?client_id={}&post_logout_redirect_uri=https://app.test/bye", app.client_id)),
    ] {
        let (mut browser, tokens) = with_tokens(&world, &app).await;
        let page = browser.follow(request).await.page();
        assert_eq!(page.is_page("royaume-logout").status, 200);
        assert!(is_signed_in(&mut browser, &app).await);

        let stayed = browser.submit(&page, &[("decision", "no")]).await.page();
        assert!(!stayed.body.contains("royaume-logged-out") && stayed.location().is_empty());
        assert!(is_signed_in(&mut browser, &app).await);
        world.userinfo("individu", &tokens.member("access_token")).await.is_ok();

        browser.submit(&page, &[("decision", "yes")]).await;
        assert!(!is_signed_in(&mut browser, &app).await);
        world.assert_over(&app, &tokens).await;
    }
}

/// §2, §3: an application that names itself without a hint has the person asked, and gets them back once they agreed.
#[tokio::test]
async fn the_person_returns_after_having_been_asked() {
    let world = World::standard().await;
    let app = application(&world).await;
    let url = world.url("individu", Endpoint::Logout);
    let pairs = [
        ("client_id", app.client_id.as_str()),
        ("post_logout_redirect_uri", "https://app.test/bye"),
        ("state", "s"),
    ];
    let mut browser = signed_in(&world, &app).await;
    let page = leave(&mut browser, &url, &pairs).await.page();
    let back = browser.submit(page.is_page("royaume-logout"), &[("decision", "yes")]).await.at_application();
    assert_eq!(back.location(), "https://app.test/bye?state=s");
    let nobody = leave(&mut browser, &url, &pairs).await.page();
    nobody.is_page("royaume-logout");
}

/// §6: a form that no page of ours sent, or that leads elsewhere than the page did, signs nobody out.
#[tokio::test]
async fn a_logout_form_from_elsewhere_is_refused() {
    let world = World::standard().await;
    let app = application(&world).await;
    let url = world.url("individu", Endpoint::Logout);
    let mut browser = signed_in(&world, &app).await;
    let page = browser.open(&url).await.page();
    for (name, value) in [("origin", "https://evil.test"), ("sec-fetch-site", "cross-site")] {
        let mut request = browser.filled(&page, &[("decision", "yes")]);
        request.headers_mut().insert(name, value.parse().unwrap());
        assert_eq!(browser.follow(request).await.page().is_error_page().status, 403);
    }
    let foreign = world.browser().open(&url).await.page();
    assert!(
        royaume_spec::html::form(&foreign.body).is_none(),
        "nobody is signed in there, so nobody is asked"
    );
    for fields in [
        &[("form", ""), ("decision", "yes")][..],
        &[("form", "x"), ("decision", "yes")],
        &[("redirect", "https://evil.test/"), ("decision", "yes")],
        &[("redirect", "https://app.test/bye"), ("decision", "yes")],
    ] {
        assert_eq!(browser.submit(&page, fields).await.page().is_error_page().status, 403, "{fields:?}");
    }
    assert!(is_signed_in(&mut browser, &app).await);
}

/// §2, RFC 6265bis §5.2: a request that another site made comes without the session's cookie: whatever it asks, the
/// browser keeps its cookie, and the session lives.
#[tokio::test]
async fn a_request_without_the_cookie_takes_none_away() {
    let world = World::standard().await;
    let app = application(&world).await;
    let url = world.url("individu", Endpoint::Logout);
    let mut browser = signed_in(&world, &app).await;
    for request in [
        post::<&str, &str>(&url, &[]),
        post(&url, &[("state", "x")]),
        get(&url),
        get(&format!("{url}?logout_hint=camille")),
    ] {
        let answer = world.send(request).await;
        assert!(answer.header("set-cookie").is_empty(), "{answer:?}");
    }
    assert!(is_signed_in(&mut browser, &app).await);
}

/// §2: a session ends once: whoever signs out again, or was never signed in, reads that it is done.
#[tokio::test]
async fn signing_out_twice_is_fine() {
    let world = World::standard().await;
    let app = application(&world).await;
    let url = world.url("individu", Endpoint::Logout);
    let (mut browser, tokens) = with_tokens(&world, &app).await;
    let hint = tokens.member("id_token");
    for _ in 0..2 {
        leave(&mut browser, &url, &[("id_token_hint", &hint)]).await.page().is_page("royaume-logged-out");
    }
    world.browser().open(&url).await.page().is_page("royaume-logged-out");
}

/// §2: one browser's logout is not another's.
#[tokio::test]
async fn signing_out_here_leaves_other_browsers_signed_in() {
    let world = World::standard().await;
    let app = application(&world).await;
    let (mut here, tokens) = with_tokens(&world, &app).await;
    let (mut there, others) = with_tokens(&world, &app).await;
    let url = world.url("individu", Endpoint::Logout);
    leave(&mut here, &url, &[("id_token_hint", &tokens.member("id_token"))]).await.page();
    assert!(!is_signed_in(&mut here, &app).await && is_signed_in(&mut there, &app).await);
    world.userinfo("individu", &others.member("access_token")).await.is_ok();
}

/// §2: everything that was obtained through the session ends: by other applications, and before a second login of the
/// same person too.
#[tokio::test]
async fn everything_that_came_from_the_session_ends() {
    let world = World::standard().await;
    let (app, other) = (application(&world).await, application(&world).await);
    let (mut browser, first) = with_tokens(&world, &app).await;
    let mut bought = vec![(&app, first)];
    for (asking, prompt) in [(&other, ""), (&app, "login")] {
        let url = asking.authorization_url(&[("prompt", prompt)]);
        let callback = browser.walk(&url, "camille", "camille").await;
        bought.push((asking, world.send(asking.redemption(&callback.parameter("code"), &[])).await));
    }
    let hint = bought[2].1.member("id_token");
    let url = world.url("individu", Endpoint::Logout);
    leave(&mut browser, &url, &[("id_token_hint", &hint)]).await.page();
    for (asking, tokens) in &bought {
        world.assert_over(asking, tokens).await;
    }
}

/// francetravail.md 1.3: the addresses and the parameter that are deployed, by GET and by POST.
#[tokio::test]
async fn the_deployed_addresses_and_parameter_sign_out() {
    let world = World::as_deployed().await;
    for (realm, url) in [
        ("individu", "https://authentification-candidat.francetravail.fr/compte/deconnexion"),
        ("individu", "https://sso.royaume.test/compte/deconnexion?realm=/individu"),
        ("entreprise", "https://entreprise.francetravail.fr/compte/deconnexion"),
        ("agent", "https://proxyproconnect.francetravail.net/connexion/oauth2/deconnexion"),
        ("agent", "https://sso.royaume.test/connexion/oauth2/deconnexion"),
        ("individu", "https://sso.royaume.test/connexion/oauth2/connect/endSession?realm=/individu"),
    ] {
        for posted in [false, true] {
            let app = world.app(realm, Application::Private);
            let (mut browser, tokens) = with_tokens(&world, app).await;
            let hint = tokens.member("id_token");
            let pairs = [("id_token_hint", hint.as_str()), ("redirect_uri", "http://127.0.0.1/")];
            let arrival = if posted {
                browser.follow_from_elsewhere(post(url, &pairs)).await
            } else {
                leave(&mut browser, url, &pairs).await
            };
            let back = arrival.at_application();
            assert_eq!(back.location(), "http://127.0.0.1/", "{url}");
            assert!(!is_signed_in(&mut browser, app).await, "{url}");
        }
    }
}

/// docs/divergences.md: the deployed parameter means nothing in the words of the standard.
#[tokio::test]
async fn the_deployed_parameter_means_nothing_by_the_standard() {
    let world = World::standard().await;
    let app = application(&world).await;
    let (mut browser, tokens) = with_tokens(&world, &app).await;
    let url = world.url("individu", Endpoint::Logout);
    let pairs = [("id_token_hint", &*tokens.member("id_token")), ("redirect_uri", "https://app.test/bye")];
    leave(&mut browser, &url, &pairs).await.page().is_page("royaume-logged-out");
}

/// §2: a session that lies idle is asked about like any other, because tokens that came from it live on: a link on
/// somebody's site, with a hint of their own, ends nothing.
#[tokio::test]
async fn an_idle_session_is_not_ended_by_a_link() {
    let world = World::standard().await;
    let app = application(&world).await;
    let url = world.url("individu", Endpoint::Logout);
    let (mut browser, tokens) = with_tokens(&world, &app).await;
    let mut stranger = world.browser();
    let callback = stranger.walk(&app.authorization_url(&[]), "noe", "noe").await;
    let foreign = world.send(app.redemption(&callback.parameter("code"), &[])).await.member("id_token");
    world.clock.advance(IDLE);
    assert!(!is_signed_in(&mut browser, &app).await);
    for pairs in [&[][..], &[("id_token_hint", foreign.as_str())]] {
        leave(&mut browser, &url, pairs).await.page().is_page("royaume-logout");
    }
    world.send(app.refresh(&tokens.member("refresh_token"), &[])).await.is_ok();
}

/// §2: whoever signs out ends a session that lies idle, or that they may no longer use, with all that came from it.
#[tokio::test]
async fn signing_out_ends_a_session_that_cannot_be_used() {
    let world = World::standard().await;
    let app = application(&world).await;
    let url = world.url("individu", Endpoint::Logout);
    let (mut browser, tokens) = with_tokens(&world, &app).await;
    let hint = tokens.member("id_token");
    world.clock.advance(IDLE);
    let renewed = world.send(app.refresh(&tokens.member("refresh_token"), &[])).await;
    world.userinfo("individu", &renewed.is_ok().member("access_token")).await.is_ok();
    leave(&mut browser, &url, &[("id_token_hint", &hint)]).await.page().is_page("royaume-logged-out");
    world.assert_over(&app, &renewed).await;
}

/// §2: whoever signs in again after a while keeps the session's name, so that one logout ends all that came from it; and
/// somebody else who signs in ends it.
#[tokio::test]
async fn a_session_that_lies_idle_goes_on_with_its_person_and_ends_with_another() {
    for (person, survives) in [("camille", true), ("noe", false)] {
        let world = World::standard().await;
        let app = application(&world).await;
        let (mut browser, first) = with_tokens(&world, &app).await;
        world.clock.advance(IDLE);
        let callback = browser.walk(&app.authorization_url(&[]), person, person).await;
        let second = world.send(app.redemption(&callback.parameter("code"), &[])).await;
        let renewed = world.send(app.refresh(&first.member("refresh_token"), &[])).await;
        assert_eq!(renewed.status == 200, survives, "{person}: {renewed:?}");
        let hint = second.member("id_token");
        let url = world.url("individu", Endpoint::Logout);
        leave(&mut browser, &url, &[("id_token_hint", &hint)]).await.page().is_page("royaume-logged-out");
        world.assert_over(&app, &second).await;
        if survives {
            world.assert_over(&app, &renewed).await;
        }
    }
}

/// §3: an application that is disabled sends nobody anywhere.
#[tokio::test]
async fn a_disabled_application_has_no_place_to_return_to() {
    let world = World::standard().await;
    let app = application(&world).await;
    let url = world.url("individu", Endpoint::Logout);
    let (mut browser, tokens) = with_tokens(&world, &app).await;
    world.admin("individu").disable_client(&app.client_id, true).await.unwrap();
    let hint = tokens.member("id_token");
    let pairs = [("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", "https://app.test/bye")];
    leave(&mut browser, &url, &pairs).await.page().is_error_page();
}
