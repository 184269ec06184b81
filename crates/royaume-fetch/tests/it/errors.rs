//! What the operator is told: the host, and what to do; and nothing that was secret.

use bytes::Bytes;
use http::Request;
use royaume_fetch::{FetchError, Limits};

use crate::world::{Answer, Canary, SHORT, Site, World, answer, failure, ok, raw, within};

#[tokio::test]
async fn whoever_is_refused_for_being_inside_is_told_how_to_be_allowed() {
    let world = World::new().with("partner.test", &["10.1.2.3"]);
    let error = failure(&world.fetch(&[]), "https://partner.test:8443/jwks?key=secret").await.to_string();
    for part in
        ["partner.test:8443", "10.1.2.3", "a private address", "add \"partner.test:8443\" to [fetch] allow"]
    {
        assert!(error.contains(part), "{part}: {error}");
    }
    world.names.lead("partner.test", &["224.0.0.1"]);
    let error = failure(&world.fetch(&[]), "https://partner.test/").await.to_string();
    assert!(error.contains("multicast") && !error.contains("add "), "{error}");
}

/// What the advice says to write is what makes the next request go.
#[tokio::test]
async fn the_advice_helps() {
    let world = World::new();
    let site = world.partner(ok("{}")).await;
    let uri = format!("https://partner.test:{}/", site.port());
    let error = failure(&world.fetch(&[]), &uri).await.to_string();
    let advised = error.split("add \"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    assert_eq!(answer(&world.fetch(&[advised]), &uri).await.status(), 200);
}

/// Path, query, credentials, bodies and what came back are nobody's to read in a log.
#[tokio::test]
async fn an_error_says_nothing_that_was_sent_or_answered() {
    const SECRET: &str = "hunter2";
    let limits = Limits { time: SHORT, body_bytes: 10, ..Limits::default() };
    let mut canary = Canary::at("127.0.0.1").await;
    let told = [
        raw(&format!("HTTP/1.1 200 OK\r\nContent-Length: 70\r\n\r\n{}", SECRET.repeat(10))),
        raw(&format!("HTTP/1.1 200 OK\r\nContent-Encoding: {SECRET}\r\nContent-Length: 0\r\n\r\n")),
        raw(&format!("{SECRET} {SECRET}\r\n\r\n")),
        raw(&format!("HTTP/1.1 200 OK\r\nX: {}\r\n\r\n", SECRET.repeat(10_000))),
        raw(&format!("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{SECRET}")),
        Answer::Nothing,
    ];
    let mut sites = Vec::new();
    let mut hosts = vec![
        format!("http://127.0.0.1:{}", canary.port()),
        format!("https://127.0.0.2:{}", canary.port()),
        format!("https://{SECRET}:{SECRET}@127.0.0.1:{}", canary.port()),
        "https://nobody.test".to_owned(),
        format!("ftp://{SECRET}@127.0.0.1"),
    ];
    let world = World::new();
    for told in told {
        let site = Site::start("127.0.0.1", None, told).await;
        hosts.push(format!("http://127.0.0.1:{}", site.port()));
        sites.push(site);
    }
    let allowed: Vec<_> = sites.iter().map(|site| format!("127.0.0.1:{}", site.port())).collect();
    let fetch = world.limited(&allowed.iter().map(String::as_str).collect::<Vec<_>>(), limits);
    for host in hosts {
        let request = Request::post(format!("{host}/{SECRET}?{SECRET}={SECRET}"))
            .header("Authorization", SECRET)
            .body(Bytes::from(SECRET))
            .unwrap();
        let error: FetchError = within(fetch.send(request)).await.unwrap_err();
        assert!(!format!("{error} {error:?}").contains(SECRET), "{error:?}");
    }
    assert!(canary.is_silent().await);
}
