//! Our own trouble is never dressed up as a refusal: a client that reads `invalid_grant` throws its tokens away, one
//! that reads 503 comes back (RFC 9110 §15.6.4, RFC 6749 §4.1.2.1).

use bytes::Bytes;
use http::{Request, header};
use royaume_realm::Endpoint;
use royaume_server::stored::client::Application;
use royaume_spec::world::BASE;
use royaume_spec::{Browser, Exchange, World, bearer, get};

/// More questions than any request asks of the store.
const MANY: usize = 40;

fn succeeded(answer: &Exchange) -> bool {
    answer.status == 200 || (answer.status == 303 && answer.parameter("error").is_empty())
}

/// Lets the store fall silent before the first question of a request, before the second, and so on until the request
/// needs no more. Each time the answer is our trouble, and the same request succeeds once it is over.
async fn withstands(world: &World, what: &str, prepare: impl AsyncFn() -> Request<Bytes>) {
    for answers in 0..MANY {
        let request = prepare().await;
        world.place.trouble.after(answers);
        let answer = world.send(request.clone()).await;
        if !world.place.trouble.over() {
            assert!(answers > 0 && succeeded(&answer), "{what} asked {answers} questions: {answer:?}");
            return;
        }
        answer.is_unavailable();
        let again = world.send(request).await;
        assert!(succeeded(&again), "{what}, after silence from question {answers} on: {again:?}");
    }
    panic!("{what} never stops asking");
}

/// The same of a request that is refused in peace: in trouble it is not.
async fn is_not_refused_for_trouble(world: &World, what: &str, request: Request<Bytes>) {
    for answers in 0..MANY {
        world.place.trouble.after(answers);
        let answer = world.send(request.clone()).await;
        if !world.place.trouble.over() {
            assert!(answers > 0 && !answer.status.is_server_error(), "{what}: {answer:?}");
            return;
        }
        answer.is_unavailable();
    }
    panic!("{what} never stops asking");
}

/// RFC 9110 §15.6.4: what clients call answers 503 while the store is silent, and as usual afterwards.
#[tokio::test]
async fn what_clients_call_withstands_a_silent_store() {
    for world in World::of_each_format().await {
        let (app, machine) =
            (world.app("agent", Application::Private), world.app("agent", Application::Machine));
        let public = world.app("agent", Application::Public);
        let grant = [("grant_type", "client_credentials")];
        let url = |endpoint| world.url("agent", endpoint);
        let tokens = async || world.sign_in(app).await;
        withstands(&world, "client credentials", async || machine.token_request(&grant)).await;
        withstands(&world, "a code", async || app.redemption(&world.code(app, &[]).await, &[])).await;
        withstands(&world, "a public client's code", async || {
            public.redemption(&world.code(public, &[]).await, &[])
        })
        .await;
        withstands(&world, "a refresh", async || app.refresh(&tokens().await.member("refresh_token"), &[]))
            .await;
        withstands(&world, "a retry", async || {
            let refresh = app.refresh(&tokens().await.member("refresh_token"), &[]);
            world.send(refresh.clone()).await.is_ok();
            refresh
        })
        .await;
        withstands(&world, "userinfo", async || {
            bearer(&url(Endpoint::UserInfo), &tokens().await.member("access_token"))
        })
        .await;
        for token in ["access_token", "refresh_token"] {
            withstands(&world, "introspection", async || {
                app.call(&url(Endpoint::Introspection), &[("token", &tokens().await.member(token))])
            })
            .await;
            withstands(&world, "revocation", async || {
                app.call(&url(Endpoint::Revocation), &[("token", &tokens().await.member(token))])
            })
            .await;
        }
        withstands(&world, "keys", async || get(&url(Endpoint::Jwks))).await;
    }
}

/// RFC 6749 §4.1.2.1: people see a page, or are sent back with `temporarily_unavailable`; what they began still waits.
#[tokio::test]
async fn what_people_see_withstands_a_silent_store() {
    let world = World::standard().await;
    let app = world.app("individu", Application::Private);
    let site = world.app("agent", Application::Private);
    withstands(&world, "a first visit", async || get(&app.authorization_url(&[]))).await;
    withstands(&world, "a form as a first visit", async || {
        royaume_spec::post(&app.authorize, &app.authorization(&[]))
    })
    .await;
    withstands(&world, "the login page", async || {
        let mut browser = world.browser();
        let begun = browser.once(get(&app.authorization_url(&[]))).await;
        browser.dressed(get(&format!("{BASE}{}", begun.location())))
    })
    .await;
    withstands(&world, "a login", async || {
        let mut browser = world.browser();
        let login = browser.open(&app.authorization_url(&[])).await.page();
        let fields = [("username", "camille"), ("password", "camille"), ("decision", "submit")];
        browser.dressed(browser.filled(&login, &fields))
    })
    .await;
    withstands(&world, "a return without consent", async || {
        let mut browser = world.browser();
        let back = signed_in(&mut browser, &app.authorization_url(&[("prompt", "consent")])).await;
        browser.dressed(get(&back))
    })
    .await;
    withstands(&world, "consent", async || {
        let mut browser = world.browser();
        let back = signed_in(&mut browser, &app.authorization_url(&[("prompt", "consent")])).await;
        let consent = browser.open(&back).await.page();
        browser.dressed(browser.filled(&consent, &[("decision", "allow")]))
    })
    .await;
    withstands(&world, "a code", async || {
        let mut browser = world.browser();
        let back = signed_in(&mut browser, &app.authorization_url(&[("prompt", "consent")])).await;
        let consent = browser.open(&back).await.page();
        let agreed = browser.once(browser.filled(&consent, &[("decision", "allow")])).await;
        browser.dressed(get(&format!("{BASE}{}", agreed.location())))
    })
    .await;
    withstands(&world, "a silent code", async || {
        let mut browser = world.browser();
        browser.walk(&site.authorization_url(&[]), "ines", "ines").await;
        browser.dressed(get(&site.authorization_url(&[("prompt", "none")])))
    })
    .await;
    withstands(&world, "logout", async || {
        let mut browser = world.browser();
        let callback = browser.walk(&site.authorization_url(&[]), "ines", "ines").await;
        let tokens = world.send(site.redemption(&callback.parameter("code"), &[])).await;
        let hint = tokens.member("id_token");
        browser.dressed(get(&format!("{}?id_token_hint={hint}", world.url("agent", Endpoint::Logout))))
    })
    .await;
}

/// Signs Camille in, up to the address to which the login form leads.
async fn signed_in(browser: &mut Browser<'_>, url: &str) -> String {
    let login = browser.open(url).await.page();
    let fields = [("username", "camille"), ("password", "camille"), ("decision", "submit")];
    format!("{BASE}{}", browser.once(browser.filled(&login, &fields)).await.location())
}

/// RFC 6749 §5.2: while it is not known who calls or what is presented, nobody is told that it is wrong.
#[tokio::test]
async fn nothing_is_called_wrong_while_it_cannot_be_known() {
    for world in World::of_each_format().await {
        let app = world.app("agent", Application::Private);
        let url = |endpoint| world.url("agent", endpoint);
        let (unknown, short) = ("A".repeat(43), "A".repeat(27));
        let spent = world.code(app, &[]).await;
        world.send(app.redemption(&spent, &[])).await.is_ok();
        let unproven = world.code(app, &[]).await;
        for (what, request) in [
            ("a wrong secret", app.redemption("x", &[("client_secret", "wrong")])),
            ("an unknown client", app.redemption("x", &[("client_id", "nobody")])),
            ("an unknown code", app.redemption(&unknown, &[])),
            ("a spent code", app.redemption(&spent, &[])),
            ("a wrong verifier", app.redemption(&unproven, &[("code_verifier", &unknown)])),
            ("an unknown refresh token", app.refresh(&unknown, &[])),
            ("an unknown bearer", bearer(&url(Endpoint::UserInfo), &short)),
            ("an unknown token", app.call(&url(Endpoint::Introspection), &[("token", &unknown)])),
            ("an unknown client's request", get(&app.authorization_url(&[("client_id", "nobody")]))),
            ("a nonsense request", get(&app.authorization_url(&[("scope", "nonsense")]))),
        ] {
            is_not_refused_for_trouble(&world, what, request).await;
        }
    }
}

/// RFC 6819 §4.3.5: our trouble is nobody's failed attempt.
#[tokio::test]
async fn trouble_is_not_counted_as_wrong_secrets_or_passwords() {
    let world = World::standard().await;
    let app = world.app("agent", Application::Private);
    let mut browser = world.browser();
    let login = browser.open(&app.authorization_url(&[])).await.page();
    let ines = [("username", "ines"), ("password", "ines"), ("decision", "submit")];
    for _ in 0..100 {
        world.place.trouble.after(0);
        world.introspect(app, "x").await.is_unavailable();
        world.place.trouble.after(1);
        browser.once(browser.filled(&login, &ines)).await.is_unavailable();
    }
    world.place.trouble.over();
    assert!(!world.is_active(app, "x").await);
    browser.submit(&login, &ines).await.at_application();
}

/// RFC 9700 §4.14.2: a refresh that happened without its answer is asked for again: one successor lives.
#[tokio::test]
async fn a_refresh_whose_confirmation_was_lost_is_asked_for_again() {
    for world in World::of_each_format().await {
        let app = world.app("agent", Application::Private);
        let first = world.sign_in(app).await.member("refresh_token");
        world.place.trouble.lose_confirmations();
        world.send(app.refresh(&first, &[])).await.is_unavailable();
        world.place.trouble.over();
        let second = world.send(app.refresh(&first, &[])).await.is_ok().member("refresh_token");
        assert!(world.is_active(app, &second).await && !world.is_active(app, &first).await);
        world.send(app.refresh(&second, &[])).await.is_ok();
    }
}

/// RFC 6749 §4.1.2: a code whose confirmation was lost is spent all the same: it is never honoured twice.
#[tokio::test]
async fn a_code_whose_confirmation_was_lost_is_not_honoured_again() {
    for world in World::of_each_format().await {
        let app = world.app("agent", Application::Private);
        let code = world.code(app, &[]).await;
        world.place.trouble.lose_confirmations();
        world.send(app.redemption(&code, &[])).await.is_unavailable();
        world.place.trouble.over();
        world.send(app.redemption(&code, &[])).await.is_error(400, "invalid_grant");
    }
}

/// RFC 7009 §2.2: a revocation is asked for again until it is confirmed.
#[tokio::test]
async fn a_revocation_whose_confirmation_was_lost_is_asked_for_again() {
    for world in World::of_each_format().await {
        let app = world.app("agent", Application::Private);
        let tokens = world.sign_in(app).await;
        for token in ["access_token", "refresh_token"] {
            world.place.trouble.lose_confirmations();
            world.revoke(app, &tokens.member(token)).await.is_unavailable();
            world.place.trouble.over();
            world.revoke(app, &tokens.member(token)).await.is_ok();
        }
        world.assert_over(app, &tokens).await;
    }
}

/// OIDC Core §3.1.2.3: people press the button again, and get to the end.
#[tokio::test]
async fn a_login_whose_confirmations_were_lost_is_finished_all_the_same() {
    let world = World::standard().await;
    let app = world.app("individu", Application::Private);
    let mut browser = world.browser();
    let login = browser.open(&app.authorization_url(&[])).await.page();
    let camille = [("username", "camille"), ("password", "camille"), ("decision", "submit")];
    world.place.trouble.lose_confirmations();
    let lost = browser.once(browser.filled(&login, &camille)).await;
    assert!(!lost.is_unavailable().headers.contains_key(header::SET_COOKIE), "nobody is signed in yet");
    world.place.trouble.over();
    let consent = browser.submit(&login, &camille).await.page();
    world.place.trouble.lose_confirmations();
    browser.once(browser.filled(&consent, &[("decision", "allow")])).await.is_unavailable();
    world.place.trouble.over();
    let callback = browser.submit(&consent, &[("decision", "allow")]).await.at_application();
    world.send(app.redemption(&callback.parameter("code"), &[])).await.is_ok();
}

/// RFC 9110 §15.6.4: a server without its store is alive and not ready; what needs no store is answered as ever.
#[tokio::test]
async fn what_needs_no_store_is_answered_as_ever() {
    let world = World::standard().await;
    let ready = format!("{BASE}/health/ready");
    world.send(get(&ready)).await.is_ok();
    world.place.trouble.after(0);
    world.send(get(&ready)).await.is_unavailable();
    for url in [
        format!("{BASE}/health/live"),
        world.url("agent", Endpoint::Discovery),
        world.url("agent", Endpoint::LoggedOut),
    ] {
        world.send(get(&url)).await.is_ok();
    }
    assert!(world.place.trouble.over());
    world.send(get(&ready)).await.is_ok();
}

/// RFC 6749 §5.2, §4.1.2.1: what is said of the trouble says nothing of what is behind us.
#[tokio::test]
async fn trouble_is_told_without_its_inside() {
    let world = World::standard().await;
    let app = world.app("agent", Application::Private);
    for answers in 0..MANY {
        world.place.trouble.after(answers);
        let told = world.send(app.redemption("x", &[])).await;
        let page = world.send(get(&app.authorization_url(&[]))).await;
        world.place.trouble.over();
        for answer in [told, page] {
            let text = format!("{} {}", answer.location(), answer.body).to_lowercase();
            for inside in ["the test says so", "sqlite", "postgres", "the store", "panicked", ".rs"] {
                assert!(!text.contains(inside), "{inside}: {answer:?}");
            }
        }
    }
}
