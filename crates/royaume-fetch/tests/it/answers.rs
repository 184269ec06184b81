//! What goes out, and what may come back.

use std::time::Duration;

use bytes::Bytes;
use http::Request;
use royaume_fetch::{Cause, Configuration, Fetch, FetchError, Limits};
use tower_service::Service as _;

use crate::world::{Answer, Canary, LONG, Site, World, answer, failure, ok, raw, within};

/// A site without TLS on this machine, and a way to it.
async fn rehearsal(answer: Answer, limits: Limits) -> (Fetch, Site, String) {
    let site = Site::start("127.0.0.1", None, answer).await;
    let fetch = World::new().limited(&["127.0.0.1"], limits);
    let uri = format!("http://127.0.0.1:{}", site.port());
    (fetch, site, uri)
}

#[tokio::test]
async fn a_redirect_is_an_answer() {
    for status in [
        "301 Moved Permanently",
        "302 Found",
        "303 See Other",
        "307 Temporary Redirect",
        "308 Permanent Redirect",
    ] {
        let mut canary = Canary::at("127.0.0.1").await;
        let location = format!("http://127.0.0.1:{}/inside", canary.port());
        let told = format!("HTTP/1.1 {status}\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n");
        let (fetch, site, uri) = rehearsal(raw(&told), Limits::default()).await;
        let answer = answer(&fetch, &uri).await;
        assert!(answer.status().is_redirection(), "{status}");
        assert_eq!(answer.headers()["location"], location.as_str());
        assert_eq!(site.requests().len(), 1);
        assert!(canary.is_silent().await, "{status}");
    }
}

#[tokio::test]
async fn a_request_goes_out_as_it_is_with_its_host_and_asks_for_no_coding() {
    let (fetch, site, uri) = rehearsal(ok("{}"), Limits::default()).await;
    let request = Request::post(format!("{uri}/logout?a=b#fragment"))
        .header("Host", "elsewhere.test")
        .header("Accept-Encoding", "gzip, br")
        .header("Content-Type", "application/x-www-form-urlencoded")
        .body(Bytes::from("logout_token=x"))
        .unwrap();
    within(fetch.send(request)).await.unwrap();
    let sent = site.requests().remove(0);
    let (head, body) = sent.split_once("\r\n\r\n").unwrap();
    let mut lines: Vec<_> = head.lines().map(str::to_ascii_lowercase).collect();
    assert_eq!(lines.remove(0), "post /logout?a=b http/1.1");
    lines.sort();
    let host = format!("host: 127.0.0.1:{}", site.port());
    let expected = [
        "connection: close",
        "content-length: 14",
        "content-type: application/x-www-form-urlencoded",
        &host,
        "user-agent: royaume",
    ];
    assert_eq!(lines, expected);
    assert_eq!(body, "logout_token=x");
}

#[tokio::test]
async fn it_is_a_service() {
    let (mut fetch, site, uri) = rehearsal(ok("{}"), Limits::default()).await;
    let request = Request::get(&uri).body(Bytes::new()).unwrap();
    let answer = within(fetch.call(request)).await.unwrap();
    assert_eq!((answer.status().as_u16(), site.requests().len()), (200, 1));
}

#[tokio::test]
async fn a_body_may_be_as_large_as_the_limit_and_no_larger() {
    let limits = Limits { body_bytes: 1_000, ..Limits::default() };
    for chunked in [false, true] {
        for (size, fits) in [(1_000, true), (1_001, false)] {
            let body = "x".repeat(size);
            let told = if chunked {
                raw(&format!(
                    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{size:x}\r\n{body}\r\n0\r\n\r\n"
                ))
            } else {
                ok(&body)
            };
            let (fetch, _site, uri) = rehearsal(told, limits.clone()).await;
            if fits {
                assert_eq!(answer(&fetch, &uri).await.body().len(), size);
            } else {
                let error = failure(&fetch, &uri).await;
                assert!(matches!(error, FetchError::BodyTooLarge { limit: 1_000, .. }), "{error}");
                assert_eq!(error.cause(), Cause::Answer);
            }
        }
    }
}

/// Nothing of 50 MB is read when that is what it says.
#[tokio::test]
async fn a_body_that_says_it_is_too_large_is_not_waited_for() {
    let told =
        Answer::Forever(b"HTTP/1.1 200 OK\r\nContent-Length: 52428800\r\n\r\n".to_vec(), Vec::new(), LONG);
    let (fetch, _site, uri) = rehearsal(told, Limits { time: LONG, ..Limits::default() }).await;
    let error = failure(&fetch, &uri).await;
    assert!(matches!(error, FetchError::BodyTooLarge { limit: 65_536, .. }), "{error}");
}

#[tokio::test]
async fn a_body_without_end_is_cut_at_the_limit() {
    let piece = format!("1000\r\n{}\r\n", "x".repeat(0x1000)).into_bytes();
    let head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    let told = Answer::Forever(head, piece, Duration::ZERO);
    let (fetch, _site, uri) = rehearsal(told, Limits { time: LONG, ..Limits::default() }).await;
    let error = failure(&fetch, &uri).await;
    assert!(matches!(error, FetchError::BodyTooLarge { .. }), "{error}");
}

#[tokio::test]
async fn one_request_may_ask_for_less_and_never_for_more() {
    let (fetch, _site, uri) =
        rehearsal(ok(&"x".repeat(500)), Limits { body_bytes: 500, ..Limits::default() }).await;
    let error = failure(&fetch.at_most(499), &uri).await;
    assert!(matches!(error, FetchError::BodyTooLarge { limit: 499, .. }), "{error}");
    assert_eq!(answer(&fetch.at_most(100_000), &uri).await.body().len(), 500);
    let (fetch, _site, uri) =
        rehearsal(ok(&"x".repeat(501)), Limits { body_bytes: 500, ..Limits::default() }).await;
    let error = failure(&fetch.at_most(100_000), &uri).await;
    assert!(matches!(error, FetchError::BodyTooLarge { limit: 500, .. }), "{error}");
}

#[tokio::test]
async fn a_head_that_is_too_large_is_refused() {
    let large = format!("HTTP/1.1 200 OK\r\nX: {}\r\nContent-Length: 0\r\n\r\n", "x".repeat(20_000));
    let many = format!("HTTP/1.1 200 OK\r\n{}Content-Length: 0\r\n\r\n", "X: y\r\n".repeat(500));
    let endless =
        Answer::Forever(b"HTTP/1.1 200 OK\r\n".to_vec(), b"X: yyyyyyyyyyyy\r\n".to_vec(), Duration::ZERO);
    for told in [raw(&large), raw(&many), endless] {
        let (fetch, _site, uri) = rehearsal(told, Limits { time: LONG, ..Limits::default() }).await;
        let error = failure(&fetch, &uri).await;
        assert!(matches!(error, FetchError::HeadTooLarge { .. }), "{error}");
    }
    let fits = format!("HTTP/1.1 200 OK\r\nX: {}\r\nContent-Length: 0\r\n\r\n", "x".repeat(900));
    for (head_bytes, is_read) in [(1_000, true), (800, false)] {
        let (fetch, _site, uri) = rehearsal(raw(&fits), Limits { head_bytes, ..Limits::default() }).await;
        let sent = within(fetch.send(crate::world::get(&uri))).await;
        assert_eq!(sent.is_ok(), is_read, "{sent:?}");
    }
}

/// What is small on the wire may be a gigabyte when it is unpacked: nothing is.
#[tokio::test]
async fn an_answer_in_a_content_coding_is_refused() {
    for coding in ["gzip", "br", "deflate", "zstd", "identity, gzip", "x"] {
        let told = format!("HTTP/1.1 200 OK\r\nContent-Encoding: {coding}\r\nContent-Length: 3\r\n\r\nabc");
        let (fetch, _site, uri) = rehearsal(raw(&told), Limits::default()).await;
        let error = failure(&fetch, &uri).await;
        assert!(matches!(error, FetchError::Encoded { .. }), "{coding}: {error}");
    }
    let told = "HTTP/1.1 200 OK\r\nContent-Encoding: identity\r\nContent-Length: 3\r\n\r\nabc";
    let (fetch, _site, uri) = rehearsal(raw(told), Limits::default()).await;
    assert_eq!(answer(&fetch, &uri).await.body().as_ref(), b"abc");
}

#[tokio::test]
async fn what_is_not_http_is_no_answer() {
    for told in ["SSH-2.0-OpenSSH_9.9\r\n", "", "HTTP/2 200\r\n\r\n", "220 mail.test ESMTP\r\n", "\r\n\r\n"] {
        let (fetch, _site, uri) = rehearsal(raw(told), Limits::default()).await;
        let error = failure(&fetch, &uri).await;
        assert!(matches!(error, FetchError::Broken { .. }), "{told:?}: {error}");
    }
}

#[tokio::test]
async fn a_body_that_is_cut_off_is_no_answer() {
    let (fetch, _site, uri) =
        rehearsal(raw("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"), Limits::default()).await;
    let error = failure(&fetch, &uri).await;
    assert!(matches!(error, FetchError::Broken { .. }), "{error}");
    assert_eq!(error.cause(), Cause::Answer);
}

/// RFC 9112 §6.3, §7.1.
#[tokio::test]
async fn a_broken_framing_is_no_answer() {
    for told in [
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc",
        "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
    ] {
        let (fetch, _site, uri) = rehearsal(raw(told), Limits::default()).await;
        let error = failure(&fetch, &uri).await;
        assert!(matches!(error, FetchError::Broken { .. }), "{told:?}: {error}");
    }
}

/// In a process of its own, because the environment is the process's.
#[tokio::test]
async fn a_proxy_of_the_environment_is_not_asked() {
    const TOLD: &str = "ROYAUME_FETCH_PROXIED";
    if std::env::var_os(TOLD).is_some() {
        let (fetch, site, uri) = rehearsal(ok("{}"), Limits::default()).await;
        assert_eq!(answer(&fetch, &uri).await.status(), 200);
        assert_eq!(site.requests().len(), 1);
        let world = World::new();
        let site = world.partner(ok("{}")).await;
        let uri = format!("https://partner.test:{}/", site.port());
        assert_eq!(answer(&world.fetch(&["partner.test"]), &uri).await.status(), 200);
        return;
    }
    let mut canary = Canary::at("127.0.0.1").await;
    let proxy = format!("http://127.0.0.1:{}", canary.port());
    let mut again = tokio::process::Command::new(std::env::current_exe().unwrap());
    again.args(["--exact", "answers::a_proxy_of_the_environment_is_not_asked"]).env(TOLD, "1");
    for name in ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
        again.env(name, &proxy);
    }
    let ended = within(again.output()).await.unwrap();
    let said = String::from_utf8_lossy(&ended.stdout);
    assert!(ended.status.success() && said.contains("1 passed"), "{said}");
    assert!(canary.is_silent().await);
}

#[test]
fn a_limit_of_nothing_is_said_at_the_start() {
    for limits in [
        Limits { time: Duration::ZERO, ..Limits::default() },
        Limits { body_bytes: 0, ..Limits::default() },
        Limits { head_bytes: 0, ..Limits::default() },
        Limits { at_once: 0, ..Limits::default() },
        Limits { at_once_per_host: 0, ..Limits::default() },
    ] {
        let made = Fetch::new(Configuration { limits: limits.clone(), ..Configuration::default() });
        assert!(made.unwrap_err().to_string().contains("is 0"), "{limits:?}");
    }
}
