//! Calling an API: its token, what is repeated and what is not, and until when.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::join_all;
use http::{Method, Request, Response, header};
use royaume_client::{ApiError, ClientError, Machine, Rate, Scope, TokenSet, TokenSource};
use serde_json::{Value, json};

use super::gateway::{Gateway, Time, Tokens, answer, api, api_of, bearer, machine, scope, seconds};

fn ok(_: &Request<Bytes>, _: usize) -> Response<Bytes> {
    answer(200, &[], r#"{"ok":true}"#)
}

/// RFC 6750 §2.1: a call has the token, the scope's; a second one has the same.
#[test]
fn a_call_carries_the_token_of_its_scope() {
    let time = Time::default();
    let (gateway, tokens) = (Gateway::new(&time, ok), Tokens::default());
    let api = api_of(machine(&tokens), &gateway);
    let call = api.get("/offresdemploi/v2/offres/{id}").value("id", "04 K/1").query("motsCles", "café");
    let body: Value = time.run(call.json()).unwrap();
    assert_eq!(body, json!({"ok": true}));
    let posted = api.post("x").json_body(&json!({"a": 1})).header("X-One", "1");
    time.run(posted.send()).unwrap();
    let requests = gateway.requests();
    assert_eq!(
        requests[0].uri(),
        "https://api.test/partenaire/offresdemploi/v2/offres/04%20K%2F1?motsCles=caf%C3%A9"
    );
    assert_eq!((bearer(&requests[0]), bearer(&requests[1])), ("Bearer token-0", "Bearer token-0"));
    assert_eq!((requests[1].method(), &requests[1].body()[..]), (&Method::POST, &br#"{"a":1}"#[..]));
    let headers = requests[1].headers();
    assert_eq!([&headers["content-type"], &headers["x-one"]], ["application/json", "1"]);
    assert!(headers[header::AUTHORIZATION].is_sensitive());
    assert_eq!(tokens.given(), 1);
}

/// RFC 6750 §3.1: a token that is refused is dropped, and the call is sent once more with another; a POST too, since it
/// was not carried out.
#[test]
fn a_refused_token_is_dropped_and_the_call_sent_once_more() {
    let time = Time::default();
    let gateway = Gateway::new(&time, |request, number| match bearer(request) {
        "Bearer token-0" => answer(401, &[("content-type", "application/json")], ""),
        _ => ok(request, number),
    });
    let (tokens, body) = (Tokens::default(), r#"{"once":"and for all"}"#);
    let call = api_of(machine(&tokens), &gateway).post("/x").body("application/json", body);
    time.run(call.send()).unwrap();
    assert_eq!((gateway.asked(), tokens.given()), (2, 2));
    assert!(gateway.requests().iter().all(|request| request.body() == body));
}

/// A second refusal stands, and is one.
#[test]
fn a_call_is_never_sent_three_times_for_a_token() {
    let time = Time::default();
    let gateway = Gateway::new(&time, |_, _| answer(401, &[], ""));
    let tokens = Tokens::default();
    let error = time.run(api_of(machine(&tokens), &gateway).get("/x").send()).unwrap_err();
    assert_eq!(error, ApiError::Unauthorized(None));
    assert_eq!((gateway.asked(), tokens.given()), (2, 2));
}

/// A provider that gives the same token again has no other.
#[test]
fn the_same_token_is_not_sent_again() {
    let time = Time::default();
    let gateway = Gateway::new(&time, |_, _| answer(401, &[], ""));
    let tokens = Tokens { stubborn: true, ..Tokens::default() };
    let error = time.run(api_of(machine(&tokens), &gateway).get("/x").send()).unwrap_err();
    assert_eq!(error, ApiError::Unauthorized(None));
    assert_eq!((gateway.asked(), tokens.given()), (1, 2));
}

/// However many are refused together, one asks for another token.
#[test]
fn a_storm_of_refusals_costs_one_token() {
    let time = Time::default();
    let gateway = Gateway::new(&time, |request, number| match bearer(request) {
        "Bearer token-0" => answer(401, &[], ""),
        _ => ok(request, number),
    });
    let gateway = gateway.taking(seconds(0.1));
    let tokens = Tokens::default();
    let api = api_of(machine(&tokens), &gateway);
    let answers = time.run(join_all((0..100).map(|_| {
        let call = api.get("/x");
        async move { call.send().await }
    })));
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!((gateway.asked(), tokens.given()), (200, 2));
}

/// RFC 9110 §9.2.2: after trouble what is idempotent is sent again, three times at most, ever later.
#[test]
fn trouble_repeats_only_what_is_idempotent() {
    for (method, idempotent, times) in [
        (Method::GET, false, 4),
        (Method::PUT, false, 4),
        (Method::DELETE, false, 4),
        (Method::POST, false, 1),
        (Method::PATCH, false, 1),
        (Method::POST, true, 4),
    ] {
        for breaks in [false, true] {
            let time = Time::default();
            let gateway = Gateway::breaking(&time, move |_, _| {
                if breaks { Err("reset".to_owned()) } else { Ok(answer(502, &[], "<html>bad</html>")) }
            });
            let call = api(&gateway).request(method.clone(), "/x");
            let call = if idempotent { call.idempotent() } else { call };
            let error = time.run(call.send()).unwrap_err();
            let asked = gateway.asked();
            assert_eq!(asked, times, "{method} {breaks}");
            assert!(
                matches!(error, ApiError::Unavailable { attempts, .. } if attempts as usize == times),
                "{error}"
            );
            assert!(error.is_temporary());
            assert!(time.passed() <= seconds(0.2 + 0.4 + 0.8));
        }
    }
}

/// What is refused is not asked again; nor what is not implemented.
#[test]
fn a_refusal_is_not_repeated() {
    for status in [400, 403, 404, 409, 422, 501] {
        let time = Time::default();
        let gateway = Gateway::new(&time, move |_, _| answer(status, &[], ""));
        time.run(api(&gateway).get("/x").send()).unwrap_err();
        assert_eq!(gateway.asked(), 1, "{status}");
    }
}

/// The same chance gives the same moments, and another gives others.
#[test]
fn those_who_failed_together_come_back_apart() {
    let moments = |seed| {
        let time = Time::default();
        let gateway = Gateway::new(&time, |_, _| answer(500, &[], ""));
        let api = api(&gateway).with_entropy(Arc::new(royaume_jose::SeededEntropy::new(seed)));
        time.run(api.get("/x").send()).unwrap_err();
        gateway.moments()
    };
    assert_eq!(moments(1), moments(1));
    assert_ne!(moments(1), moments(2));
}

/// RFC 9110 §10.2.3: an API in trouble that says when to come back is asked then.
#[test]
fn trouble_that_says_how_long_it_lasts_is_waited_for() {
    let time = Time::default();
    let gateway = Gateway::new(&time, |request, number| match number {
        0 => answer(503, &[("retry-after", "5")], ""),
        _ => ok(request, number),
    });
    time.run(api(&gateway).get("/x").send()).unwrap();
    let again = gateway.moments()[1];
    assert!(again >= seconds(5.0) && again <= seconds(5.2), "{again:?}");
    let time = Time::default();
    let gateway = Gateway::new(&time, |_, _| answer(503, &[("retry-after", "60")], ""));
    let error = time.run(api(&gateway).get("/x").send()).unwrap_err();
    assert_eq!(error.retry_after(), Some(seconds(60.0)));
    assert_eq!((gateway.asked(), time.passed()), (1, Duration::ZERO));
}

/// The deadline is above all: an answer that does not come, a token that does not come.
#[test]
fn nothing_lasts_longer_than_its_deadline() {
    let time = Time::default();
    let gateway = Gateway::new(&time, ok).taking(seconds(3600.0));
    let error = time.run(api(&gateway).with_deadline(seconds(2.0)).get("/x").send()).unwrap_err();
    assert_eq!(error, ApiError::DeadlineExceeded { deadline: seconds(2.0), attempts: 1 });
    assert_eq!(time.passed(), seconds(2.0));

    let time = Time::default();
    let gateway = Gateway::new(&time, ok);
    let error = time.run(api_of(Never, &gateway).get("/x").send()).unwrap_err();
    assert_eq!(error, ApiError::DeadlineExceeded { deadline: seconds(30.0), attempts: 0 });
    assert_eq!((time.passed(), gateway.asked()), (seconds(30.0), 0));
}

/// A source that never has a token.
#[derive(Clone)]
struct Never;

impl TokenSource for Never {
    async fn token(&self, _: &Scope, _: jiff::Timestamp) -> Result<Arc<TokenSet>, ClientError> {
        std::future::pending().await
    }

    fn forget(&self, _: &Scope, _: &Arc<TokenSet>) {}
}

/// A source in trouble, so many times.
#[derive(Clone)]
struct Failing {
    times: Arc<AtomicUsize>,
    error: ClientError,
    then: Machine<Tokens>,
}

impl TokenSource for Failing {
    async fn token(&self, scope: &Scope, now: jiff::Timestamp) -> Result<Arc<TokenSet>, ClientError> {
        let left = self.times.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |times| times.checked_sub(1));
        if left.is_ok() { Err(self.error.clone()) } else { self.then.token(scope, now).await }
    }

    fn forget(&self, scope: &Scope, refused: &Arc<TokenSet>) {
        self.then.forget(scope, refused);
    }
}

/// A provider of tokens in trouble is asked again, also for a POST: the API has seen nothing. A refusal is one.
#[test]
fn trouble_with_tokens_is_waited_for_and_a_refusal_is_not() {
    let unavailable = ClientError::Unavailable { reason: "HTTP 502".to_owned(), retry_after: None };
    let failing = |times, error: &ClientError| Failing {
        times: Arc::new(AtomicUsize::new(times)),
        error: error.clone(),
        then: machine(&Tokens::default()),
    };
    let time = Time::default();
    let gateway = Gateway::new(&time, ok);
    time.run(api_of(failing(2, &unavailable), &gateway).post("/x").send()).unwrap();
    assert!(time.passed() >= seconds(2.0) && gateway.asked() == 1);
    let error = time.run(api_of(failing(9, &unavailable), &gateway).get("/x").send()).unwrap_err();
    assert_eq!(error, ApiError::Token(unavailable));
    let refused = ClientError::ScopeRefused(None);
    let before = time.passed();
    let error = time.run(api_of(failing(1, &refused), &gateway).get("/x").send()).unwrap_err();
    assert_eq!((error, time.passed()), (ApiError::Token(refused), before));
    assert_eq!(gateway.asked(), 1);
}

/// RFC 9700 §4.12: no redirect is followed, and no token goes elsewhere.
#[test]
fn no_token_leaves_the_base() {
    let time = Time::default();
    let away = [("location", "https://evil.test/?t=1")];
    let gateway = Gateway::new(&time, move |_, _| answer(302, &away, ""));
    let error = time.run(api(&gateway).get("/x").send()).unwrap_err();
    assert_eq!(error, ApiError::Redirected { status: 302 });
    assert!(error.to_string().contains("pa-*") && !error.to_string().contains("evil"));
    for path in ["https://evil.test/x", "//evil.test/x", "/../x", "/a/%2e%2E/%2e%2e/x", "\\\\evil.test"] {
        let error = time.run(api(&gateway).get(path).send()).unwrap_err();
        assert!(matches!(error, ApiError::Request(_)), "{path}");
    }
    for name in ["Authorization", "host", "bad name", "x"] {
        let error = time.run(api(&gateway).get("/x").header(name, "evil\r\nx: y").send()).unwrap_err();
        assert!(matches!(error, ApiError::Request(_)), "{name}");
    }
    assert_eq!(gateway.asked(), 1);
}

/// What an API says of its refusals is for programs and for people.
#[test]
fn a_refusal_says_what_it_is() {
    let said = |status, body: &'static str| {
        let time = Time::default();
        let gateway = Gateway::new(&time, move |_, _| answer(status, &[], body));
        time.run(api(&gateway).with_retries(0).get("/x").send()).unwrap_err()
    };
    let business = |status, code: &str, message: &str| ApiError::Business {
        status,
        code: code.to_owned(),
        message: Some(message.to_owned()),
    };
    let body = r#"{"codeErreur":"ERR-12","codeHttp":400,"message":"Le code INSEE est invalide"}"#;
    assert_eq!(said(400, body), business(400, "ERR-12", "Le code INSEE est invalide"));
    let upstream = said(500, r#"{"code":"JCS0011G","message":"Erreur interne"}"#);
    assert_eq!(upstream, business(500, "JCS0011G", "Erreur interne"));
    assert!(upstream.is_temporary());
    let page = said(400, "<html><body>Bad Request</body></html>");
    assert_eq!(page, ApiError::Unexpected { status: 400, message: None });
    assert_eq!(said(404, ""), ApiError::NotFound { status: 404 });
    let message = Some("Invalid scope".to_owned());
    assert_eq!(said(403, "Invalid scope"), ApiError::Forbidden { scope: scope(), message });
    let empty = said(403, "");
    assert!(empty.to_string().contains("api_offresdemploiv2 o2dsoffre"), "{empty}");
    let hostile = said(400, "{\"codeErreur\":\"\u{1b}[2J\",\"message\":\"\\u001b[31m\"}");
    assert!(!hostile.to_string().contains('\u{1b}'));
}

/// CWE-209: an API that repeats a token makes nobody else repeat it.
#[test]
fn an_error_repeats_no_token() {
    let time = Time::default();
    let gateway = Gateway::new(&time, |request, _| {
        let token = bearer(request).to_owned();
        answer(403, &[], &format!(r#"{{"code":"{token}","message":"{token} is not enough"}}"#))
    });
    let error = time.run(api(&gateway).get("/x").send()).unwrap_err();
    assert!(!format!("{error} {error:?}").contains("token-0"), "{error}");
}

/// An answer that is not what was expected says where, and nothing of what is in it.
#[test]
fn an_answer_that_does_not_read_says_where() {
    let read = |status, body: &'static str| {
        let time = Time::default();
        let gateway = Gateway::new(&time, move |_, _| answer(status, &[], body));
        time.run(api(&gateway).get("/x").json::<Vec<u8>>()).unwrap_err()
    };
    for (status, body) in [(204, ""), (200, ""), (200, "<html>secret</html>"), (200, r#"["secret"]"#)] {
        let error = read(status, body);
        assert!(matches!(error, ApiError::Body { status: said, .. } if said == status), "{error}");
        assert!(!format!("{error:?}").contains("secret"));
    }
}

/// A rate that is set is kept, whatever the API says; one that the API names is kept if it is lower.
#[test]
fn a_rate_that_is_set_is_kept() {
    let time = Time::default();
    let gateway = Gateway::new(&time, ok);
    let api = api(&gateway).with_rate(Rate::per_second(10.0).with_burst(1));
    let answers = time.run(join_all((0..50).map(|_| {
        let call = api.get("/x");
        async move { call.send().await }
    })));
    assert!(answers.iter().all(Result::is_ok));
    let moments = gateway.moments();
    let apart = moments.windows(2).map(|pair| pair[1] - pair[0]).min().unwrap();
    assert!(apart >= seconds(0.0999), "{apart:?}");
    assert!(time.passed() <= seconds(4.95), "{:?}", time.passed());
}

/// CWE-532: a call leaves a line with its method, its path as it was written, what became of it, and nothing that is about
/// somebody.
#[test]
fn a_call_leaves_a_line_without_secrets() {
    let time = Time::default();
    let gateway = Gateway::new(&time, |request, number| match number {
        0 => answer(429, &[("retry-after", "3")], ""),
        _ => ok(request, number),
    });
    let written = Lines::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_span_events(tracing_subscriber::fmt::format::FmtSpan::CLOSE)
        .with_ansi(false)
        .with_writer({
            let written = written.clone();
            move || written.clone()
        })
        .finish();
    let guard = tracing::subscriber::set_default(subscriber);
    let call =
        api(&gateway).get("/usagers/{nir}?q=quiet").value("nir", "290017512345678").query("nom", "dupont");
    time.run(call.header("x-private", "hidden").send()).unwrap();
    drop(guard);
    let written = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
    for said in ["method=GET", "/usagers/{nir}", "status=200", "attempts=2", "waited_ms=3000"] {
        assert!(written.contains(said), "{said}: {written}");
    }
    for secret in ["token-", "29001", "dupont", "quiet", "hidden", "its secret"] {
        assert!(!written.contains(secret), "{secret}: {written}");
    }
}

/// What a log was given.
#[derive(Clone, Default)]
struct Lines(Arc<std::sync::Mutex<Vec<u8>>>);

impl std::io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
