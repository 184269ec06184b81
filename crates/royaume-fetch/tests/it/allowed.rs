//! Who may be inside: exactly whom the operator named.

use royaume_fetch::{AllowedHost, FetchError};

use crate::world::{Canary, Site, World, answer, failure, ok};

#[tokio::test]
async fn a_host_that_is_allowed_by_name_may_be_inside() {
    let world = World::new();
    let site = world.partner(ok("{}")).await;
    let uri = format!("https://partner.test:{}/jwks", site.port());
    for allowed in ["partner.test", &format!("partner.test:{}", site.port()), "Partner.TEST"] {
        let answer = answer(&world.fetch(&[allowed]), &uri).await;
        assert_eq!((answer.status().as_u16(), answer.body().as_ref()), (200, b"{}".as_ref()), "{allowed}");
    }
}

#[tokio::test]
async fn a_host_that_is_allowed_with_a_port_is_allowed_at_that_port_only() {
    let world = World::new();
    let site = world.partner(ok("{}")).await;
    let error =
        failure(&world.fetch(&["partner.test:1"]), &format!("https://partner.test:{}/", site.port())).await;
    assert!(matches!(error, FetchError::Inside { .. }), "{error}");
    assert!(site.requests().is_empty());
}

#[tokio::test]
async fn another_name_of_an_allowed_host_s_address_is_not_allowed() {
    let world = World::new().with("other.test", &["127.0.0.1"]).with("sub.partner.test", &["127.0.0.1"]);
    let mut canary = Canary::at("127.0.0.1").await;
    let fetch = world.fetch(&["partner.test"]);
    for host in ["other.test", "sub.partner.test", "127.0.0.1", "[::ffff:127.0.0.1]"] {
        let error = failure(&fetch, &format!("https://{host}:{}/", canary.port())).await;
        assert!(matches!(error, FetchError::Inside { .. }), "{host}: {error}");
    }
    assert!(canary.is_silent().await);
}

#[tokio::test]
async fn an_address_can_be_allowed_as_a_host() {
    let world = World::new();
    for (at, allowed) in [("127.0.0.2", "127.0.0.2"), ("::1", "[0:0::1]")] {
        let site = Site::start(at, Some(world.tls(&[at])), ok("{}")).await;
        let uri = format!("https://{}/", site.address);
        assert_eq!(answer(&world.fetch(&[allowed]), &uri).await.status(), 200, "{at}");
        let error = failure(&world.fetch(&["localhost"]), &uri).await;
        assert!(matches!(error, FetchError::Inside { .. }), "{error}");
    }
}

/// On Linux 0.0.0.0 is loopback; a group or a broadcast is no partner.
#[tokio::test]
async fn an_allowed_host_is_still_a_machine() {
    let world = World::new();
    let fetch = world.fetch(&["partner.test"]);
    for address in ["0.0.0.0", "::", "224.0.0.1", "255.255.255.255", "240.0.0.1", "ff02::1", "::127.0.0.1"] {
        world.names.lead("partner.test", &[address]);
        let error = failure(&fetch, "https://partner.test/").await;
        assert!(matches!(error, FetchError::Inside { may_be_allowed: false, .. }), "{address}: {error}");
    }
}

#[tokio::test]
async fn http_is_for_allowed_hosts_of_this_machine() {
    let world = World::new().with("rehearsal.test", &["127.0.0.1", "::1"]);
    let site = Site::start("127.0.0.1", None, ok("{}")).await;
    let fetch = world.fetch(&["rehearsal.test", "127.0.0.1"]);
    for host in ["rehearsal.test", "127.0.0.1"] {
        let uri = format!("http://{host}:{}/jwks", site.port());
        assert_eq!(answer(&fetch, &uri).await.status(), 200, "{host}");
        let error = failure(&world.fetch(&[]), &uri).await;
        assert!(matches!(error, FetchError::NotHttps { .. }), "{error}");
    }
    assert_eq!(site.requests().len(), 2);
}

#[tokio::test]
async fn http_beyond_this_machine_is_refused_even_where_the_host_is_allowed() {
    let world = World::new();
    let fetch = world.fetch(&["partner.test"]);
    let mut canary = Canary::at("127.0.0.1").await;
    for addresses in [&["10.0.0.1"][..], &["8.8.8.8"], &["127.0.0.1", "10.0.0.1"]] {
        world.names.lead("partner.test", addresses);
        let error = failure(&fetch, &format!("http://partner.test:{}/", canary.port())).await;
        assert!(matches!(error, FetchError::NotHttps { .. }), "{addresses:?}: {error}");
    }
    assert!(canary.is_silent().await);
}

#[test]
fn what_is_allowed_is_a_host_with_or_without_a_port() {
    for host in ["partner.internal", "partner.internal:8443", "127.0.0.1", "[::1]:8443", "a_b.test"] {
        let allowed: AllowedHost = host.parse().unwrap();
        assert_eq!(allowed.to_string(), host);
    }
    for other in [
        "",
        "https://partner.internal",
        "partner.internal/",
        "partner.internal:",
        "partner.internal:0443",
        "partner.internal:99999",
        "*.internal",
        "user@partner.internal",
        "partner.internal.",
        "10.0.0.0/8",
        "127.1",
        "::1",
        "partner internal",
    ] {
        assert!(other.parse::<AllowedHost>().is_err(), "{other:?}");
    }
}
