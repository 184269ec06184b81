//! The limits of an API (RFC 6585 §4): nobody asks in vain, nobody is overtaken, and nobody takes a turn along.

use std::pin::pin;
use std::sync::Mutex;
use std::task::{Context, Waker};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::join_all;
use royaume_client::{ApiError, Machine, Rate};

use super::gateway::{Gateway, Time, Tokens, answer, api, seconds};

type Api = royaume_client::Api<Machine<Tokens>, Gateway, Time>;

/// A gateway that takes so many a second and so many at once, and says so as France Travail's does.
fn limited(time: &Time, per_second: f64, burst: f64) -> Gateway {
    let clock = time.clone();
    let bucket = Mutex::new((burst, Duration::ZERO));
    Gateway::new(time, move |_, _| {
        let mut bucket = bucket.lock().unwrap();
        let now = clock.passed();
        bucket.0 = (bucket.0 + (now - bucket.1).as_secs_f64() * per_second).min(burst);
        bucket.1 = now;
        let goes = bucket.0 >= 1.0 - 1e-9;
        if goes {
            bucket.0 -= 1.0;
        }
        let (left, burst) = (format!("{}", bucket.0.floor().max(0.0)), burst.to_string());
        let headers = [
            ("X-Ratelimit-Burst-Capacity-Clientidlimiter", burst.as_str()),
            ("X-RateLimit-Remaining-Clientidlimiter", left.as_str()),
            ("Retry-After", "1"),
        ];
        if goes { answer(200, &headers[..2], "{}") } else { answer(429, &headers, "Too many requests") }
    })
}

async fn called(api: &Api, times: usize) -> Vec<Result<(), ApiError>> {
    join_all((0..times).map(|_| {
        let call = api.get("/x");
        async move { call.send().await.map(drop) }
    }))
    .await
}

/// When nothing is left the next call waits, instead of being refused.
#[test]
fn a_caller_who_comes_when_nothing_is_left_waits() {
    let time = Time::default();
    let gateway = limited(&time, 10.0, 10.0).taking(Duration::from_millis(1));
    let api = api(&gateway);
    time.run(async {
        for _ in 0..60 {
            api.get("/x").send().await.unwrap();
        }
    });
    assert_eq!(gateway.asked(), 60);
    assert!(time.passed() >= seconds(5.0) && time.passed() < seconds(5.3), "{:?}", time.passed());
}

/// RFC 6585 §4: of many who come together, those who were too many wait, and come back at the rate.
#[test]
fn a_storm_is_let_through_at_the_rate() {
    let time = Time::default();
    let gateway = limited(&time, 10.0, 10.0).taking(seconds(0.05));
    let api = api(&gateway);
    let answers = time.run(called(&api, 100));
    assert!(answers.iter().all(Result::is_ok));
    // One volley before anything is known of the limit; then no call is in vain but a few on the seam.
    assert!(gateway.asked() <= 200, "{}", gateway.asked());
    let moments = gateway.moments();
    let after: Vec<_> = moments.iter().filter(|moment| **moment > seconds(1.0)).collect();
    let together = after.iter().map(|one| after.iter().filter(|other| other == &one).count()).max();
    assert!(together <= Some(2), "{together:?}");
    assert!(time.passed() < seconds(12.0), "{:?}", time.passed());
}

/// A gateway that says nothing but no is asked at a rate that is guessed.
#[test]
fn after_a_refusal_without_a_word_callers_come_back_apart() {
    let time = Time::default();
    let clock = time.clone();
    let gateway = Gateway::new(&time, move |_, _| {
        if clock.passed() < seconds(1.0) { answer(429, &[], "") } else { answer(200, &[], "{}") }
    });
    let answers = time.run(called(&api(&gateway), 50));
    assert!(answers.iter().all(Result::is_ok));
    let moments: Vec<_> = gateway.moments().into_iter().filter(|moment| !moment.is_zero()).collect();
    assert_eq!(moments.len(), 50);
    assert!(moments.windows(2).all(|pair| pair[1] - pair[0] >= seconds(0.099)));
}

/// A pause that lasts beyond the deadline is not slept through: those who cannot be served are told at once.
#[test]
fn a_wait_beyond_the_deadline_ends_at_once() {
    let time = Time::default();
    let gateway = Gateway::new(&time, |_, _| answer(429, &[("retry-after", "60")], ""));
    let api = api(&gateway);
    let error = time.run(api.post("/x").send()).unwrap_err();
    assert_eq!(error, ApiError::TooManyRequests { retry_after: Some(seconds(60.0)) });
    assert!(error.is_temporary() && error.to_string().contains("60 s"));
    // The next one is not even sent.
    let error = time.run(api.get("/x").send()).unwrap_err();
    assert_eq!(error.retry_after(), Some(seconds(60.0)));
    assert_eq!((gateway.asked(), time.passed()), (1, Duration::ZERO));
    // A patient one waits, and is refused again only then.
    let patient = api.clone().with_deadline(seconds(90.0));
    time.run(patient.get("/x").send()).unwrap_err();
    assert_eq!(gateway.moments()[1], seconds(60.0));
}

/// Those who wait in the queue are told as soon as a pause makes them too late.
#[test]
fn a_pause_tells_the_queue_at_once() {
    let time = Time::default();
    let gateway = Gateway::new(&time, |_, number| match number {
        0 => answer(200, &[], ""),
        _ => answer(429, &[("retry-after", "600")], ""),
    });
    let api = api(&gateway).with_rate(Rate::per_second(1.0));
    let answers = time.run(called(&api, 20));
    assert!(answers[0].is_ok());
    assert!(answers[1..].iter().all(|answer| matches!(answer, Err(ApiError::TooManyRequests { .. }))));
    // The one at the head was asleep for its next moment.
    assert_eq!(gateway.asked(), 2);
    assert!(time.passed() <= seconds(2.01), "{:?}", time.passed());
}

/// Whoever has to wait longer than it may, at the rate that is known, is told at once, and the others are served.
#[test]
fn a_queue_is_no_longer_than_a_deadline() {
    let time = Time::default();
    let gateway = Gateway::new(&time, |_, _| answer(200, &[], ""));
    let api = api(&gateway).with_rate(Rate::per_second(1.0)).with_deadline(seconds(10.0));
    let answers = time.run(called(&api, 50));
    let served = answers.iter().filter(|answer| answer.is_ok()).count();
    assert!((10..=11).contains(&served), "{served}");
    assert!(answers[..served].iter().all(Result::is_ok));
    assert!(time.passed() <= seconds(10.0));
}

/// First come, first served.
#[test]
fn nobody_is_overtaken() {
    let time = Time::default();
    let gateway = Gateway::new(&time, |_, _| answer(200, &[], ""));
    let api = api(&gateway).with_rate(Rate::per_second(10.0).with_burst(1));
    time.run(join_all((0..30).map(|number| {
        let call = api.get(&format!("/{number}"));
        async move { call.send().await.map(drop) }
    })));
    let order: Vec<_> = gateway.requests().iter().map(|request| request.uri().path().to_owned()).collect();
    assert_eq!(order, (0..30).map(|number| format!("/partenaire/{number}")).collect::<Vec<_>>());
}

/// Whoever goes away takes no turn along: from the queue, from its head, or in the moment in which its turn comes.
#[test]
fn a_caller_who_goes_away_takes_no_turn_along() {
    let time = Time::default();
    let gateway = Gateway::new(&time, |_, _| answer(200, &[], ""));
    let api = api(&gateway).with_rate(Rate::per_second(1.0).with_burst(1));
    time.run(api.get("/first").send()).unwrap();
    let (calls, last) = ((0..20).map(|_| api.get("/gone")).collect::<Vec<_>>(), api.get("/last"));
    let mut waiting: Vec<_> = calls.iter().map(|call| Box::pin(call.send())).collect();
    let mut cx = Context::from_waker(Waker::noop());
    assert!(waiting.iter_mut().all(|call| call.poll_unpin(&mut cx).is_pending()));
    let mut last = pin!(last.send());
    assert!(last.as_mut().poll_unpin(&mut cx).is_pending());
    // From the middle, then the head, whose turn passes to the next one, which goes away before it hears of it.
    drop(waiting.remove(10));
    drop(waiting.remove(0));
    drop(waiting);
    time.run(last).unwrap();
    assert_eq!(gateway.asked(), 2);
    assert!(time.passed() <= seconds(1.01), "{:?}", time.passed());
    time.run(api.get("/next").send()).unwrap();
    assert!(time.passed() <= seconds(2.01), "{:?}", time.passed());
}

/// An agent's own deadline ends its wait, and the others go on.
#[test]
fn a_deadline_in_the_queue_takes_no_turn_along() {
    let time = Time::default();
    let gateway = Gateway::new(&time, |_, _| answer(200, &[], "")).taking(seconds(0.5));
    let api = api(&gateway).with_rate(Rate::per_second(1.0).with_burst(1));
    let hurried = api.clone().with_deadline(seconds(1.2));
    let (mut patient, mut short) = (Vec::new(), Vec::new());
    for _ in 0..5 {
        patient.push(api.get("/patient"));
        short.push(hurried.get("/short"));
    }
    let served = time.run(join_all(
        patient
            .iter()
            .zip(&short)
            .map(|(patient, short)| async { (patient.send().await.is_ok(), short.send().await.is_ok()) }),
    ));
    assert!(served.iter().all(|(patient, _)| *patient));
    assert_eq!(time.sleepers(), 0);
}
