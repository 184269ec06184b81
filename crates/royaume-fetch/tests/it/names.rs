//! Addresses that programs read differently are read by nobody.

use royaume_fetch::{Cause, FetchError};

use crate::world::{Canary, World, failure};

#[tokio::test]
async fn a_host_in_an_odd_form_is_refused_and_not_looked_up() {
    let mut canary = Canary::at("127.0.0.1").await;
    let port = canary.port();
    let world = World::new();
    let fetch = world.fetch(&["127.0.0.1", "localhost", "public.test"]);
    for host in [
        "2130706433",
        "0x7f000001",
        "0x7f.0.0.1",
        "0x7f.1",
        "0X7F.1",
        "127.0.0.0x1",
        "0177.0.0.1",
        "017700000001",
        "127.1",
        "127.0.1",
        "127.0.0.1.",
        "127.0.0.01",
        "127.0.0.256",
        "localhost.",
        "localhost..",
        ".localhost",
        "local_host..test",
        "user@127.0.0.1",
        "user:secret@127.0.0.1",
        "public.test@127.0.0.1",
        "127.0.0.1:443@public.test",
        "@127.0.0.1",
        "[::1%25lo]",
        "[fe80::1%25eth0]",
        "[127.0.0.1]",
        "[v1.a]",
        "a~b.test",
        "a!b.test",
        "a*b.test",
    ] {
        let uri = format!("https://{host}:{port}/jwks");
        let error = failure(&fetch, &uri).await;
        assert!(matches!(error, FetchError::Malformed(_)), "{host}: {error}");
        assert_eq!(error.cause(), Cause::Policy);
    }
    for uri in [format!("https://localhost:0{port}/"), "https://localhost:/".to_owned()] {
        assert!(matches!(failure(&fetch, &uri).await, FetchError::Malformed(_)), "{uri}");
    }
    for host in ["127.0.0.1%00", "%31%32%37.0.0.1", "local%68ost", "１２７.0.0.1"] {
        assert!(
            format!("https://{host}:{port}/").parse::<http::Uri>().is_err(),
            "{host} cannot be asked for"
        );
    }
    assert!(world.names.asked().is_empty());
    assert!(canary.is_silent().await);
}

#[tokio::test]
async fn only_https_is_a_scheme() {
    let mut canary = Canary::at("127.0.0.1").await;
    let fetch = World::new().fetch(&["127.0.0.1"]);
    for scheme in ["ftp", "gopher", "ws", "file", "httpsx", "unix"] {
        let error = failure(&fetch, &format!("{scheme}://127.0.0.1:{}/etc/passwd", canary.port())).await;
        assert!(matches!(error, FetchError::Malformed(_)), "{scheme}: {error}");
    }
    for relative in ["/jwks", "*", "127.0.0.1:443"] {
        let error = failure(&fetch, relative).await;
        assert!(matches!(error, FetchError::Malformed(_)), "{relative}: {error}");
    }
    assert!(canary.is_silent().await);
}
