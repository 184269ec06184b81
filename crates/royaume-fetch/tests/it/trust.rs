//! Who is believed: whom an authority of the system or of the operator calls by the name that was asked for.

use royaume_fetch::{Cause, Configuration, Fetch, FetchError, Limits};
use rustls::version::{TLS12, TLS13};

use crate::world::{Answer, SHORT, Site, World, answer, failure, ok};

#[tokio::test]
async fn an_authority_of_the_operator_is_believed() {
    let world = World::new();
    let site = world.partner(ok("{}")).await;
    let uri = format!("https://partner.test:{}/", site.port());
    assert_eq!(answer(&world.fetch(&["partner.test"]), &uri).await.status(), 200);
}

#[tokio::test]
async fn an_authority_that_nobody_named_is_not_believed() {
    let world = World::new();
    let site = world.partner(ok("{}")).await;
    let uri = format!("https://partner.test:{}/", site.port());
    let mut configuration = world.configuration(&["partner.test"]);
    let other = World::new();
    configuration.trust_roots = other.configuration(&[]).trust_roots;
    let error = failure(&Fetch::new(configuration).unwrap(), &uri).await;
    assert!(matches!(error, FetchError::Untrusted { .. }), "{error}");
    assert!(error.to_string().contains("trust_roots"), "{error}");
    assert_eq!((error.cause(), site.requests().len()), (Cause::Unreachable, 0));
}

#[tokio::test]
async fn a_certificate_of_another_name_is_not_believed() {
    let world = World::new().with("partner.test", &["127.0.0.1"]);
    let site = Site::start("127.0.0.1", Some(world.tls(&["other.test"])), ok("{}")).await;
    let fetch = world.fetch(&["partner.test", "127.0.0.1"]);
    for host in ["partner.test", "127.0.0.1"] {
        let error = failure(&fetch, &format!("https://{host}:{}/", site.port())).await;
        assert!(matches!(error, FetchError::Untrusted { .. }), "{host}: {error}");
        assert!(error.to_string().contains("another name"), "{error}");
    }
    assert!(site.requests().is_empty());
}

#[tokio::test]
async fn a_site_without_tls_is_told_nothing() {
    let world = World::new().with("partner.test", &["127.0.0.1"]);
    let site = Site::start("127.0.0.1", None, ok("{}")).await;
    let limits = Limits { time: SHORT, ..Limits::default() };
    let fetch = world.limited(&["partner.test"], limits);
    let error = failure(&fetch, &format!("https://partner.test:{}/secret", site.port())).await;
    let in_tls = matches!(error, FetchError::Handshake { .. } | FetchError::TimedOut { .. });
    assert!(in_tls && error.cause() == Cause::Unreachable, "{error}");
    assert!(site.requests().is_empty());
}

#[tokio::test]
async fn tls_1_3_is_preferred_and_1_2_is_spoken() {
    let world = World::new().with("partner.test", &["127.0.0.1"]);
    for (versions, spoken) in [(&[&TLS12, &TLS13][..], "TLSv1_3"), (&[&TLS12], "TLSv1_2")] {
        let tls = world.tls_of(&["partner.test"], versions);
        let site = Site::start("127.0.0.1", Some(tls), ok("{}")).await;
        answer(&world.fetch(&["partner.test"]), &format!("https://partner.test:{}/", site.port())).await;
        assert_eq!(site.handshakes(), [format!("{spoken} Full")]);
    }
}

/// A ticket is bytes of the site's own choosing, and the name may lead elsewhere the next time.
#[tokio::test]
async fn nothing_of_one_connection_reaches_the_next() {
    let world = World::new();
    let site = world.partner(ok("{}")).await;
    let fetch = world.fetch(&["partner.test"]);
    for _ in 0..3 {
        answer(&fetch, &format!("https://partner.test:{}/", site.port())).await;
    }
    assert_eq!(site.handshakes(), ["TLSv1_3 Full"; 3]);
}

/// Whoever sits on the line can end a connection, and not say in TLS that the site did (RFC 8446 §6.1).
#[tokio::test]
async fn an_end_that_the_site_did_not_say_is_no_end() {
    let world = World::new();
    let told = b"HTTP/1.1 200 OK\r\n\r\n{\"keys\":[]}".to_vec();
    let said = world.partner(Answer::Whole(told.clone())).await;
    let fetch = world.fetch(&["partner.test"]);
    let whole = answer(&fetch, &format!("https://partner.test:{}/", said.port())).await;
    assert_eq!(whole.body().as_ref(), b"{\"keys\":[]}");
    let unsaid = world.partner(Answer::Cut(told)).await;
    let error = failure(&fetch, &format!("https://partner.test:{}/", unsaid.port())).await;
    assert!(matches!(error, FetchError::Broken { .. }), "{error}");
}

#[test]
fn a_file_of_authorities_that_does_not_read_is_said_at_the_start() {
    let directory = tempfile::tempdir().unwrap();
    let (absent, empty, other) = (
        directory.path().join("absent.pem"),
        directory.path().join("empty.pem"),
        directory.path().join("x.pem"),
    );
    std::fs::write(&empty, "nothing here\n").unwrap();
    std::fs::write(&other, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").unwrap();
    for file in [absent, empty, other] {
        let configuration = Configuration { trust_roots: vec![file.clone()], ..Configuration::default() };
        let error = Fetch::new(configuration).unwrap_err().to_string();
        assert!(error.contains(file.to_str().unwrap()), "{error}");
    }
}
