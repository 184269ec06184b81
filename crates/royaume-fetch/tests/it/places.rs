//! A slow host has its own places, and no more of everybody's.

use royaume_fetch::{Cause, Fetch, FetchError, Limits, Stage};
use tokio::task::JoinHandle;

use crate::world::{Answer, LONG, SHORT, Site, World, answer, failure, get, ok, within};

fn limits(at_once: usize, at_once_per_host: usize) -> Limits {
    Limits { at_once, at_once_per_host, time: LONG, ..Limits::default() }
}

fn ask(fetch: &Fetch, uri: &str) -> JoinHandle<Result<http::Response<bytes::Bytes>, FetchError>> {
    let (fetch, request) = (fetch.clone(), get(uri));
    tokio::spawn(async move { fetch.send(request).await })
}

/// Asks that many times of a site that never answers, and ends when all of them are there.
async fn hang(fetch: &Fetch, site: &Site, uri: &str, times: usize) -> Vec<JoinHandle<impl Sized + use<>>> {
    let asked: Vec<_> = (0..times).map(|_| ask(fetch, uri)).collect();
    for _ in 0..times {
        site.arrival().await;
    }
    asked
}

#[tokio::test]
async fn a_host_that_hangs_holds_its_own_places_only() {
    let world = World::new().with("slow.test", &["127.0.0.1"]).with("quick.test", &["127.0.0.1"]);
    let slow = Site::start("127.0.0.1", Some(world.tls(&["slow.test"])), Answer::Nothing).await;
    let quick = Site::start("127.0.0.1", Some(world.tls(&["quick.test"])), ok("{}")).await;
    let fetch = world.limited(&["slow.test", "quick.test"], limits(64, 4));
    let slow_uri = format!("https://slow.test:{}/", slow.port());
    let _held = hang(&fetch, &slow, &slow_uri, 4).await;
    let waiting: Vec<_> = (0..200).map(|_| ask(&fetch, &slow_uri)).collect();
    for _ in 0..100 {
        assert_eq!(answer(&fetch, &format!("https://quick.test:{}/", quick.port())).await.status(), 200);
    }
    assert_eq!(slow.requests().len(), 4, "the others wait");
    assert!(waiting.iter().all(|one| !one.is_finished()));
}

#[tokio::test]
async fn a_place_is_given_back_when_nobody_waits_for_the_answer_any_more() {
    let world = World::new();
    let site = world.partner(Answer::Nothing).await;
    let fetch = world.limited(&["partner.test"], limits(2, 1));
    let uri = format!("https://partner.test:{}/", site.port());
    let held = hang(&fetch, &site, &uri, 1).await;
    let next = ask(&fetch, &uri);
    held.iter().for_each(JoinHandle::abort);
    site.arrival().await;
    assert_eq!(site.requests().len(), 2);
    next.abort();
}

#[tokio::test]
async fn no_more_are_out_at_once_than_the_limit() {
    let world = World::new().with("a.test", &["127.0.0.1"]).with("b.test", &["127.0.0.1"]);
    let slow = Site::start("127.0.0.1", Some(world.tls(&["a.test"])), Answer::Nothing).await;
    let quick = Site::start("127.0.0.1", Some(world.tls(&["b.test"])), ok("{}")).await;
    let fetch = world.limited(&["a.test", "b.test"], limits(2, 2));
    let held = hang(&fetch, &slow, &format!("https://a.test:{}/", slow.port()), 2).await;
    let waiting = ask(&fetch, &format!("https://b.test:{}/", quick.port()));
    assert!(tokio::time::timeout(SHORT, quick.arrival()).await.is_err(), "it waits for a place");
    held.iter().for_each(JoinHandle::abort);
    assert_eq!(within(waiting).await.unwrap().unwrap().status(), 200);
}

/// The system cannot be told to stop looking a name up, so that each such lookup goes on holding its place.
#[tokio::test]
async fn a_lookup_that_nobody_waits_for_still_holds_its_place() {
    let world = World::new();
    let site = Site::start("127.0.0.1", Some(world.tls(&["silent.test"])), ok("{}")).await;
    let fetch = world.limited(&["silent.test"], Limits { time: SHORT, ..limits(64, 1) });
    let uri = format!("https://silent.test:{}/", site.port());
    let error = failure(&fetch, &uri).await;
    assert!(matches!(error, FetchError::TimedOut { stage: Stage::Lookup, .. }), "{error}");
    let error = failure(&fetch, &uri).await;
    assert!(matches!(error, FetchError::TimedOut { stage: Stage::Place, .. }), "{error}");
    assert_eq!((error.cause(), error.is_ours()), (Cause::Busy, true));
    assert_eq!(world.names.asked().len(), 1);
    world.names.found.add_permits(2);
    assert_eq!(answer(&fetch, &uri).await.status(), 200);
}
