//! How word reaches applications that are slow, broken or gone (Back-Channel Logout 1.0 §2.5, §2.8).

use std::time::Duration;

use bytes::Bytes;
use http::{Response, StatusCode, header};
use royaume_server::admin::NewAccount;
use royaume_spec::{World, signed};
use serde_json::Map;

use super::{WORD, leave, left, tokens_in, told, told_at};

/// What lies between one try and the next.
const PAUSES: [u64; 4] = [15, 30, 60, 120];

/// §2.8: word that is not taken is sent again, a few times and later each time; it is of one event, and told anew.
#[tokio::test]
async fn word_that_is_not_taken_is_sent_again_and_then_no_more() {
    for status in [StatusCode::INTERNAL_SERVER_ERROR, StatusCode::FOUND, StatusCode::NOT_FOUND] {
        let world = World::provider().await;
        left(&world, status).await;
        for (tries, pause) in (1..).zip(PAUSES) {
            world.clock.advance(Duration::from_secs(pause - 1));
            assert_eq!(world.server.deliver().await.unwrap(), 0, "{status} {tries}");
            world.clock.advance(Duration::from_secs(1));
            assert_eq!(world.server.deliver().await.unwrap(), 1, "{status} {tries}");
            world.server.delivered().await;
            assert_eq!(told(&world, WORD).len(), tries + 1);
        }
        for _ in 0..3 {
            world.clock.advance(Duration::from_secs(3_600));
            assert_eq!(world.server.deliver().await.unwrap(), 0, "{status}");
        }
        assert_eq!(world.server.logout_notices(), (0, 1), "{status}");
        let claims: Vec<_> = told(&world, WORD).iter().map(|token| signed::claims(token)).collect();
        assert!(
            claims.windows(2).all(|two| two[0]["jti"] == two[1]["jti"] && two[0]["iat"] != two[1]["iat"])
        );
    }
}

/// §2.8: whoever has read the token and refuses it is not asked again; nor is whoever has taken it.
#[tokio::test]
async fn word_that_is_taken_or_refused_is_not_repeated() {
    for status in [StatusCode::OK, StatusCode::NO_CONTENT, StatusCode::BAD_REQUEST] {
        let world = World::provider().await;
        left(&world, status).await;
        world.clock.advance(Duration::from_secs(15));
        assert_eq!(world.another_node().await.deliver().await.unwrap(), 0, "{status}");
        assert_eq!(told(&world, WORD).len(), 1, "{status}");
    }
}

/// §2.8: operators see how many applications took word, and how many never did; whoever is yet to take it is neither.
#[tokio::test]
async fn what_became_of_word_is_counted() {
    for (status, counted) in [
        (StatusCode::OK, (1, 0)),
        (StatusCode::NO_CONTENT, (1, 0)),
        (StatusCode::BAD_REQUEST, (0, 1)),
        (StatusCode::INTERNAL_SERVER_ERROR, (0, 0)),
    ] {
        let world = World::provider().await;
        left(&world, status).await;
        assert_eq!(world.server.logout_notices(), counted, "{status}");
    }
}

/// §2.5: a receiver that never answers does not delay the person, nor what ends with the session.
#[tokio::test]
async fn a_receiver_that_never_answers_delays_nobody() {
    let world = World::provider().await;
    let app = told_at(&world, WORD).await;
    world.elsewhere.fall_silent(WORD);
    let mut browser = world.browser();
    let tokens = tokens_in(&mut browser, &world, &app).await;
    leave(&mut browser, &world, &tokens).await.at_application();
    world.assert_over(&app, &tokens).await;
}

/// §2.5, §2.8: a receiver that never answers is asked as often as any other, whatever it still keeps waiting, and then given
/// up.
#[tokio::test]
async fn a_receiver_that_never_answers_is_given_up() {
    let world = World::provider().await;
    let app = told_at(&world, WORD).await;
    world.elsewhere.fall_silent(WORD);
    let mut browser = world.browser();
    let tokens = tokens_in(&mut browser, &world, &app).await;
    leave(&mut browser, &world, &tokens).await.at_application();
    for pause in PAUSES {
        world.clock.advance(Duration::from_secs(pause));
        assert_eq!(world.server.deliver().await.unwrap(), 1, "{pause}");
    }
    for _ in 0..2 {
        assert_eq!(world.server.logout_notices().0, 0);
        world.clock.advance(Duration::from_secs(15));
        assert_eq!(world.server.deliver().await.unwrap(), 0);
    }
    assert_eq!(world.server.logout_notices(), (0, 1));
}

/// §2.5: a large answer is an answer, and a redirect leads nowhere.
#[tokio::test]
async fn a_redirect_is_not_followed_and_a_large_answer_not_minded() {
    let world = World::provider().await;
    world.elsewhere.serve("https://inside.test/word", |_| None);
    let app = told_at(&world, WORD).await;
    world.elsewhere.serve(WORD, |_| {
        let answer = Response::builder().status(307).header(header::LOCATION, "https://inside.test/word");
        answer.body(Bytes::from(vec![b'x'; 1 << 20])).ok()
    });
    let mut browser = world.browser();
    let tokens = tokens_in(&mut browser, &world, &app).await;
    leave(&mut browser, &world, &tokens).await.at_application();
    world.server.delivered().await;
    assert_eq!((told(&world, WORD).len(), world.elsewhere.count()), (1, 1));
}

/// §2.5: whoever was not told because a node went away is told by another, and by one alone.
#[tokio::test]
async fn another_node_delivers_what_is_owed_and_only_one_does() {
    let world = World::provider().await;
    let app = told_at(&world, WORD).await;
    let mut browser = world.browser();
    let tokens = tokens_in(&mut browser, &world, &app).await;
    leave(&mut browser, &world, &tokens).await.at_application();
    world.server.delivered().await;
    world.elsewhere.serve_status(WORD, StatusCode::OK);
    world.clock.advance(Duration::from_secs(15));
    let other = world.another_node().await;
    let (here, there) = tokio::join!(world.server.deliver(), other.deliver());
    assert_eq!(here.unwrap() + there.unwrap(), 1);
    world.server.delivered().await;
    other.delivered().await;
    assert_eq!(told(&world, WORD).len(), 2, "the first found nobody");
}

/// §2.5: an application that is disabled, or takes no word any more, is not told; one that has moved is told there.
#[tokio::test]
async fn word_goes_where_the_application_takes_it_now() {
    for (disabled, now_at, words) in [(true, Some(WORD), 0), (false, None, 0), (false, Some(WORD), 1)] {
        let world = World::provider().await;
        let app = told_at(&world, "https://old.test/word").await;
        world.elsewhere.serve_status(WORD, StatusCode::OK);
        let mut browser = world.browser();
        let tokens = tokens_in(&mut browser, &world, &app).await;
        leave(&mut browser, &world, &tokens).await.at_application();
        world.server.delivered().await;
        world.amend(&app, |client| client.logout.backchannel_uri = now_at.map(str::to_owned)).await;
        world.admin("op").disable_client(&app.client_id, disabled).await.unwrap();
        world.clock.advance(Duration::from_secs(15));
        assert_eq!(world.server.deliver().await.unwrap(), words);
        world.server.delivered().await;
        assert_eq!(told(&world, WORD).len(), words);
    }
}

/// RFC 9110 §15.6.4: while the store is silent nobody is told of what has not ended, and nothing that is owed is lost.
#[tokio::test]
async fn nothing_is_told_or_lost_while_the_store_is_silent() {
    let world = World::provider().await;
    let app = told_at(&world, WORD).await;
    world.elsewhere.serve_status(WORD, StatusCode::OK);
    let mut browser = world.browser();
    let tokens = tokens_in(&mut browser, &world, &app).await;
    world.place.trouble.after(0);
    leave(&mut browser, &world, &tokens).await;
    assert!(world.place.trouble.over());
    world.server.delivered().await;
    assert_eq!(told(&world, WORD).len(), 0);
    world.userinfo("op", &tokens.member("access_token")).await.is_ok();
    world.elsewhere.close(WORD);
    leave(&mut browser, &world, &tokens).await.at_application();
    world.server.delivered().await;
    world.elsewhere.serve_status(WORD, StatusCode::OK);
    world.clock.advance(Duration::from_secs(15));
    world.place.trouble.after(0);
    assert!(world.server.deliver().await.is_err());
    world.place.trouble.over();
    assert_eq!(world.server.deliver().await.unwrap(), 1);
    world.server.delivered().await;
    assert_eq!(told(&world, WORD).len(), 2, "the first found nobody");
}

/// §2.5: a session ends once: of two logouts at once one tells of it, and the other finds it ended.
#[tokio::test]
async fn two_logouts_at_once_tell_once() {
    let world = World::provider().await;
    let app = told_at(&world, WORD).await;
    world.elsewhere.serve_status(WORD, StatusCode::OK);
    let mut browser = world.browser();
    let tokens = tokens_in(&mut browser, &world, &app).await;
    let mut tab = browser.copied();
    world.place.trouble.together(2);
    let (here, there) = tokio::join!(leave(&mut browser, &world, &tokens), leave(&mut tab, &world, &tokens));
    for back in [here.at_application(), there.at_application()] {
        assert_eq!(back.location(), "https://app.test/bye?state=s");
    }
    world.server.delivered().await;
    assert_eq!(told(&world, WORD).len(), 1);
    world.assert_over(&app, &tokens).await;
}

/// §2.7: a session that two tabs take over at once for somebody else ends once too, and both sign in.
#[tokio::test]
async fn a_session_that_is_taken_over_twice_at_once_is_told_of_once() {
    let world = World::provider().await;
    let noe = NewAccount { username: "noe".to_owned(), subject: None, claims: Map::new() };
    world.admin("op").add_account(noe, Some("noe"), world.passwords()).await.unwrap();
    let app = told_at(&world, WORD).await;
    world.elsewhere.serve_status(WORD, StatusCode::OK);
    let mut browser = world.browser();
    let tokens = tokens_in(&mut browser, &world, &app).await;
    let url = app.authorization_url(&[("prompt", "login")]);
    let here = browser.open(&url).await.page();
    let mut tab = browser.copied();
    let there = tab.open(&url).await.page();
    world.place.trouble.together(2);
    let (here, there) = tokio::join!(browser.log_in(&here, "noe", "noe"), tab.log_in(&there, "noe", "noe"));
    for asked in [here.page(), there.page()] {
        asked.is_page("royaume-consent");
        assert!(asked.body.contains("<strong>noe</strong>"), "{asked:?}");
    }
    world.server.delivered().await;
    assert_eq!(told(&world, WORD).len(), 1);
    world.assert_over(&app, &tokens).await;
}
