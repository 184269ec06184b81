//! The same loop around clients of other kinds: a layer of tower.

use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use futures_util::FutureExt as _;
use futures_util::future::join_all;
use http::{Request, Response};
use royaume_client::{Agent, ApiError, Machine, Rate};
use tower_layer::Layer as _;
use tower_service::Service as _;

use super::gateway::{Gateway, Time, Tokens, answer, api, api_of, bearer, machine, seconds};

fn request(method: &str, address: &str) -> Request<Bytes> {
    Request::builder().method(method).uri(address).body(Bytes::from_static(b"{}")).unwrap()
}

/// A service has tokens, a second try after a refusal, and waits for its turn, in the queue of the Api it came from.
#[test]
fn a_layer_does_what_an_api_does() {
    let time = Time::default();
    let gateway = Gateway::new(&time, |request, _| match bearer(request) {
        "Bearer token-0" => answer(401, &[], ""),
        _ => answer(200, &[], "done"),
    });
    let tokens = Tokens::default();
    let agent = Agent::new("Lovelace", "Ada", "A").unwrap();
    let api =
        api_of(machine(&tokens), &gateway).for_agent(&agent).with_rate(Rate::per_second(2.0).with_burst(1));
    let mut service = api.authorize().layer(gateway.clone());
    assert_eq!(service.poll_ready(&mut Context::from_waker(Waker::noop())), Poll::Ready(Ok(())));
    let answered = time.run(service.call(request("POST", "https://api.test/partenaire/x?a=1"))).unwrap();
    assert_eq!(answered.body(), "done");
    time.run(api.get("/y").send()).unwrap();
    let moments = gateway.moments();
    assert!(moments.windows(2).all(|pair| pair[1] - pair[0] >= seconds(0.499)), "{moments:?}");
    let requests = gateway.requests();
    assert_eq!((requests.len(), tokens.given()), (3, 2));
    assert!(requests.iter().all(|request| request.headers()["pa-nom-agent"] == "Lovelace"));
    assert_eq!((requests[1].body(), requests[1].method().as_str()), (&Bytes::from_static(b"{}"), "POST"));
}

/// What the API says in the end is an answer; trouble is repeated as for an Api.
#[test]
fn a_layer_passes_answers_on_and_repeats_trouble() {
    let answered = |method: &str, status| -> (Result<Response<Bytes>, ApiError>, usize) {
        let time = Time::default();
        let gateway = Gateway::breaking(&time, move |_, _| match status {
            0 => Err("no \u{1b}[31m connection".to_owned()),
            status => Ok(answer(status, &[], "")),
        });
        let mut service = api(&gateway).authorize().layer(gateway.clone());
        let answered = time.run(service.call(request(method, "https://api.test/partenaire/x")));
        (answered, gateway.asked())
    };
    for (method, status, asked) in
        [("GET", 404, 1), ("GET", 502, 4), ("POST", 502, 1), ("GET", 302, 1), ("PUT", 401, 2)]
    {
        let (response, times) = answered(method, status);
        assert_eq!((response.unwrap().status().as_u16(), times), (status, asked));
    }
    let (error, times) = answered("GET", 0);
    let error = error.unwrap_err();
    assert!(matches!(error, ApiError::Unavailable { attempts: 4, .. }) && times == 4, "{error:?}");
    assert!(!error.to_string().contains('\u{1b}'));
}

/// No token goes elsewhere, whatever a request says.
#[test]
fn a_layer_sends_no_token_elsewhere() {
    let time = Time::default();
    let gateway = Gateway::new(&time, |_, _| answer(200, &[], ""));
    let mut service = api(&gateway).authorize().layer(gateway.clone());
    for address in [
        "https://evil.test/partenaire/x",
        "https://api.test.evil.test/partenaire/x",
        "https://api.test/partenaires",
        "https://api.test/partenaire/../x",
        "https://api.test/partenaire/%2e%2e/x",
        "http://api.test/partenaire/x",
        "/partenaire/x",
    ] {
        let error = time.run(service.call(request("GET", address))).unwrap_err();
        assert!(matches!(error, ApiError::Request(_)), "{address}");
    }
    assert_eq!(gateway.asked(), 0);
    time.run(service.call(request("GET", "https://api.test/partenaire?a=../b"))).unwrap();
}

/// Many callers, one token, no deadlock; and whoever goes away is gone.
#[test]
fn a_layer_is_for_many_callers() {
    let time = Time::default();
    let gateway = Gateway::new(&time, |_, _| answer(200, &[], "")).taking(seconds(0.2));
    let tokens = Tokens::default();
    let layer = api_of::<Machine<Tokens>>(machine(&tokens), &gateway).authorize();
    let service = Arc::new(layer.layer(gateway.clone()));
    let call = || (*service).clone().call(request("GET", "https://api.test/partenaire/x"));
    let mut gone = call();
    assert!(gone.poll_unpin(&mut Context::from_waker(Waker::noop())).is_pending());
    drop(gone);
    let answers = time.run(join_all((0..50).map(|_| call())));
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!((tokens.given(), gateway.asked(), time.sleepers()), (1, 51, 0));
}
