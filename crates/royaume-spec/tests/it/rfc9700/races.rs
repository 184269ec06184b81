//! RFC 9700 §4.14, RFC 6749 §10.5: at once, on one node and on two: one wins, and what must not happen never does.

use std::collections::BTreeSet;

use royaume_server::Server;
use royaume_server::stored::client::Application;
use royaume_spec::{Browser, Exchange, World, at_once, get};

/// The server alone, and the server with another node beside it.
async fn one_node_and_two(world: &World) -> [Vec<Server>; 2] {
    let here = world.server.clone();
    [vec![here.clone()], vec![here, world.another_node().await]]
}

fn successes(answers: &[Exchange]) -> Vec<&Exchange> {
    answers.iter().filter(|answer| answer.status == 200).collect()
}

/// RFC 6749 §4.1.2: of fifty redemptions of one code one succeeds; the others show that it leaked, and end it.
#[tokio::test(flavor = "multi_thread")]
async fn of_fifty_redemptions_at_once_one_succeeds() {
    for world in World::of_each_format().await {
        let app = world.app("agent", Application::Private);
        for nodes in one_node_and_two(&world).await {
            let code = world.code(app, &[]).await;
            let answers = at_once(&nodes, (0..50).map(|_| app.redemption(&code, &[])).collect()).await;
            let won = successes(&answers);
            assert_eq!(won.len(), 1);
            for lost in answers.iter().filter(|answer| answer.status != 200) {
                lost.is_error(400, "invalid_grant");
            }
            world.assert_over(app, won[0]).await;
        }
    }
}

/// RFC 7636 §4.6: fifty guesses at once are one guess.
#[tokio::test(flavor = "multi_thread")]
async fn fifty_wrong_verifiers_at_once_burn_the_code() {
    let world = World::standard().await;
    let app = world.app("agent", Application::Public);
    for nodes in one_node_and_two(&world).await {
        let code = world.code(app, &[]).await;
        let guesses = (0..50).map(|n| app.redemption(&code, &[("code_verifier", &format!("{n:043}"))]));
        for answer in at_once(&nodes, guesses.collect()).await {
            answer.is_error(400, "invalid_grant");
        }
        world.send(app.redemption(&code, &[])).await.is_error(400, "invalid_grant");
    }
}

/// §4.14.2: fifty refreshes with one token are one rotation and its retries: all get the same successor, one lives.
#[tokio::test(flavor = "multi_thread")]
async fn of_fifty_refreshes_at_once_one_leaf_lives() {
    for world in World::of_each_format().await {
        let app = world.app("agent", Application::Private);
        for nodes in one_node_and_two(&world).await {
            let first = world.sign_in(app).await.member("refresh_token");
            let answers = at_once(&nodes, (0..50).map(|_| app.refresh(&first, &[])).collect()).await;
            let leaves: BTreeSet<String> =
                answers.iter().map(|answer| answer.is_ok().member("refresh_token")).collect();
            assert_eq!(leaves.len(), 1, "{leaves:?}");
            let leaf = leaves.first().unwrap();
            assert!(world.is_active(app, leaf).await && !world.is_active(app, &first).await);
            for answer in &answers {
                world.userinfo("agent", &answer.member("access_token")).await.is_ok();
            }
            world.send(app.refresh(leaf, &[])).await.is_ok();
            world.send(app.refresh(&first, &[])).await.is_error(400, "invalid_grant");
            for answer in &answers {
                let access = answer.member("access_token");
                world.userinfo("agent", &access).await.is_challenge(401, "invalid_token");
            }
        }
    }
}

/// §4.14.2: two generations at once: whatever the order, no second line of tokens comes of it.
#[tokio::test(flavor = "multi_thread")]
async fn two_generations_at_once_never_leave_two_leaves() {
    let world = World::standard().await;
    let app = world.app("agent", Application::Private);
    for nodes in one_node_and_two(&world).await {
        let first = world.sign_in(app).await.member("refresh_token");
        let second = world.send(app.refresh(&first, &[])).await.member("refresh_token");
        let requests = (0..50).map(|n| app.refresh(if n % 3 == 0 { &first } else { &second }, &[])).collect();
        let mut alive = BTreeSet::from([first, second]);
        for answer in at_once(&nodes, requests).await {
            if answer.status == 200 {
                alive.insert(answer.member("refresh_token"));
            } else {
                answer.is_error(400, "invalid_grant");
            }
        }
        let mut leaves = 0;
        for token in alive {
            leaves += usize::from(world.is_active(app, &token).await);
        }
        assert!(leaves <= 1, "{leaves} leaves");
    }
}

/// RFC 7009 §2.1: a revocation among fifty refreshes ends all that any of them was given.
#[tokio::test(flavor = "multi_thread")]
async fn a_revocation_among_refreshes_leaves_nothing() {
    for world in World::of_each_format().await {
        let app = world.app("agent", Application::Private);
        let revocation = world.url("agent", royaume_realm::Endpoint::Revocation);
        for nodes in one_node_and_two(&world).await {
            let first = world.sign_in(app).await.member("refresh_token");
            let requests = (0..50).map(|n| match n {
                25 => app.call(&revocation, &[("token", &first)]),
                _ => app.refresh(&first, &[]),
            });
            let answers = at_once(&nodes, requests.collect()).await;
            for tokens in answers.iter().filter(|answer| !answer.body.is_empty()) {
                match tokens.status.as_u16() {
                    200 => world.assert_over(app, tokens).await,
                    _ => drop(tokens.is_error(400, "invalid_grant")),
                }
            }
        }
    }
}

/// RFC 6749 §10.10: two hundred silent requests in one session at once get as many codes, each of use once.
#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_silent_requests_at_once_get_as_many_codes() {
    let world = World::standard().await;
    let app = world.app("agent", Application::Private);
    let mut browser = world.browser();
    browser.walk(&app.authorization_url(&[]), "ines", "ines").await;
    for nodes in one_node_and_two(&world).await {
        let silent = || browser.dressed(get(&app.authorization_url(&[("prompt", "none")])));
        let answers = at_once(&nodes, (0..200).map(|_| silent()).collect()).await;
        let codes: BTreeSet<String> = answers.iter().map(|answer| answer.parameter("code")).collect();
        assert_eq!(codes.len(), 200);
        assert!(codes.iter().all(|code| code.len() == 43), "{codes:?}");
        let redeemed = at_once(&nodes, codes.iter().map(|code| app.redemption(code, &[])).collect()).await;
        assert_eq!(successes(&redeemed).len(), 200);
    }
}

/// RFC 6749 §10.10: an answered interaction is answered once, however often the browser comes back with it: whoever was
/// late sees a page that says so, and the application hears of no error.
#[tokio::test(flavor = "multi_thread")]
async fn of_ten_returns_to_one_interaction_one_gets_a_code() {
    let world = World::standard().await;
    let app = world.app("agent", Application::Private);
    for nodes in one_node_and_two(&world).await {
        let mut browser = world.browser();
        let page = browser.open(&app.authorization_url(&[])).await.page();
        let filled =
            browser.filled(&page, &[("username", "ines"), ("password", "ines"), ("decision", "submit")]);
        let signed_in = browser.once(filled).await;
        let back = format!("{}{}", royaume_spec::world::BASE, signed_in.location());
        let answers = at_once(&nodes, (0..10).map(|_| browser.dressed(get(&back))).collect()).await;
        let codes = answers.iter().filter(|answer| !answer.parameter("code").is_empty()).count();
        assert_eq!(codes, 1);
        for lost in answers.iter().filter(|answer| answer.parameter("code").is_empty()) {
            lost.is_error_page();
        }
    }
}

/// OWASP ASVS 7.2.4: one login form that is sent ten times at once signs in at most one session at a time.
#[tokio::test(flavor = "multi_thread")]
async fn a_login_form_sent_ten_times_at_once_is_harmless() {
    let world = World::standard().await;
    let app = world.app("agent", Application::Private);
    for nodes in one_node_and_two(&world).await {
        let mut browser = world.browser();
        let page = browser.open(&app.authorization_url(&[])).await.page();
        let filled =
            || browser.filled(&page, &[("username", "ines"), ("password", "ines"), ("decision", "submit")]);
        let answers = at_once(&nodes, (0..10).map(|_| browser.dressed(filled())).collect()).await;
        let in_use = answers.iter().filter(|answer| answer.status == 303).count();
        assert!(in_use >= 1);
        for lost in answers.iter().filter(|answer| answer.status != 303) {
            lost.is_error_page();
        }
    }
}

/// OIDC Core §3.1.2.3: whichever form is sent twice at the very same moment, both are taken; and whatever way back is taken
/// twice at the very same moment ends in one code, and in one page that says that nothing waits any more.
#[tokio::test]
async fn a_double_click_ends_in_one_code_and_one_page() {
    let world = World::standard().await;
    let app = world.app("individu", Application::Private);
    let mut browser = world.browser();
    let login = browser.open(&app.authorization_url(&[])).await.page();
    let credentials = [("username", "camille"), ("password", "camille"), ("decision", "submit")];
    let back = twice(&world, &mut browser, &login, &credentials).await;
    let consent = browser.open(&back).await.page();
    let back = twice(&world, &mut browser, &consent, &[("decision", "allow")]).await;
    one_code_and_one_page(&world, &browser, &back).await;
    let choice = browser.open(&app.authorization_url(&[("prompt", "select_account")])).await.page();
    let back = twice(&world, &mut browser, &choice, &[("decision", "continue")]).await;
    one_code_and_one_page(&world, &browser, &back).await;
}

/// Presses a button twice at once. Where both answers lead.
async fn twice(world: &World, browser: &mut Browser<'_>, page: &Exchange, fields: &[(&str, &str)]) -> String {
    let press = || world.send(browser.dressed(browser.filled(page, fields)));
    world.place.trouble.together(2);
    let (one, other) = tokio::join!(press(), press());
    assert_eq!((one.status.as_u16(), other.status.as_u16()), (303, 303), "{one:?} {other:?}");
    assert_eq!(one.location(), other.location());
    browser.keep(&other);
    format!("{}{}", royaume_spec::world::BASE, other.location())
}

async fn one_code_and_one_page(world: &World, browser: &Browser<'_>, back: &str) {
    let app = world.app("individu", Application::Private);
    let come_back = || world.send(browser.dressed(get(back)));
    world.place.trouble.together(2);
    let (one, other) = tokio::join!(come_back(), come_back());
    let (won, lost) = if one.status == 303 { (one, other) } else { (other, one) };
    assert!(lost.is_error_page().body.contains("n’est plus valable"), "{lost:?}");
    world.send(app.redemption(&won.parameter("code"), &[])).await.is_ok();
}

/// RFC 6749 §4.1.2.1: a form that says no, sent twice at the very same moment, tells the application so once.
#[tokio::test]
async fn of_two_refusals_at_once_the_application_hears_one() {
    let world = World::standard().await;
    for (realm, decision) in [("agent", "cancel"), ("individu", "deny")] {
        let app = world.app(realm, Application::Private);
        let mut browser = world.browser();
        let mut page = browser.open(&app.authorization_url(&[])).await.page();
        if decision == "deny" {
            page = browser.log_in(&page, "camille", "camille").await.page();
        }
        let press = || world.send(browser.dressed(browser.filled(&page, &[("decision", decision)])));
        world.place.trouble.together(2);
        let (one, other) = tokio::join!(press(), press());
        let (told, lost) = if one.status == 303 { (one, other) } else { (other, one) };
        told.is_redirected_error("access_denied");
        lost.is_error_page();
    }
}
