//! One request has one time, whatever it waits for.

use std::time::Duration;

use royaume_fetch::{Cause, FetchError, Limits, Stage};
use tokio::net::TcpListener;

use crate::world::{Answer, SHORT, Site, World, answer, failure, ok};

fn short() -> Limits {
    Limits { time: SHORT, ..Limits::default() }
}

fn stage(error: &FetchError) -> Option<Stage> {
    match error {
        FetchError::TimedOut { stage, .. } => Some(*stage),
        _ => None,
    }
}

const DROP: Duration = Duration::from_millis(20);

#[tokio::test]
async fn an_answer_that_drips_is_cut_off() {
    let head = b"HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n".to_vec();
    let unending = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n".to_vec();
    let chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    for (told, during) in [
        (Answer::Forever(head, b"x".to_vec(), DROP), Stage::Body),
        (Answer::Forever(unending, b"x".to_vec(), DROP), Stage::Body),
        (Answer::Forever(chunked, b"1\r\nx\r\n".to_vec(), DROP), Stage::Body),
        (Answer::Forever(b"HTTP/1.1 200 OK\r\n".to_vec(), b"X: y\r\n".to_vec(), DROP), Stage::Head),
        (Answer::Forever(Vec::new(), b"HTTP/1.1 103 Early Hints\r\n\r\n".to_vec(), DROP), Stage::Head),
        (Answer::Nothing, Stage::Head),
    ] {
        let world = World::new();
        let site = world.partner(told).await;
        let fetch = world.limited(&["partner.test"], short());
        let error = failure(&fetch, &format!("https://partner.test:{}/", site.port())).await;
        assert_eq!(stage(&error), Some(during), "{error}");
        assert_eq!(error.cause(), Cause::Answer);
    }
}

/// Information before the answer, as fast as it goes: no pause in which somebody else would look at the clock.
#[tokio::test]
async fn an_answer_that_only_ever_begins_is_cut_off() {
    let world = World::new();
    let piece = b"HTTP/1.1 103 Early Hints\r\n\r\n".repeat(100);
    let site = world.partner(Answer::Forever(Vec::new(), piece, Duration::ZERO)).await;
    let fetch = world.limited(&["partner.test"], short());
    let error = failure(&fetch, &format!("https://partner.test:{}/", site.port())).await;
    assert_eq!(stage(&error), Some(Stage::Head), "{error}");
}

#[tokio::test]
async fn a_site_that_takes_the_connection_and_says_nothing_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let world = World::new().with("partner.test", &["127.0.0.1"]);
    let error =
        failure(&world.limited(&["partner.test"], short()), &format!("https://partner.test:{port}/")).await;
    assert_eq!((stage(&error), error.cause()), (Some(Stage::Handshake), Cause::Unreachable), "{error}");
}

#[tokio::test]
async fn a_name_that_is_looked_up_for_ever_is_given_up() {
    let fetch = World::new().limited(&["silent.test"], short());
    let error = failure(&fetch, "https://silent.test/").await;
    assert_eq!((stage(&error), error.cause()), (Some(Stage::Lookup), Cause::Unreachable), "{error}");
}

#[tokio::test]
async fn a_port_where_nobody_listens_is_unreachable_at_once() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let world = World::new().with("partner.test", &["127.0.0.1"]);
    let error = failure(&world.fetch(&["partner.test"]), &format!("https://partner.test:{port}/")).await;
    assert!(matches!(error, FetchError::Unreachable { .. }), "{error}");
    assert_eq!(error.cause(), Cause::Unreachable);
}

#[tokio::test]
async fn the_next_address_is_tried_where_the_first_takes_no_connection() {
    let world = World::new().with("partner.test", &["127.0.0.2", "::1", "127.0.0.1"]);
    let site = Site::start("127.0.0.1", Some(world.tls(&["partner.test"])), ok("{}")).await;
    let uri = format!("https://partner.test:{}/", site.port());
    assert_eq!(answer(&world.fetch(&["partner.test"]), &uri).await.status(), 200);
}
