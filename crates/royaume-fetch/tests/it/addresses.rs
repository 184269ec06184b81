//! Nothing goes to an address that is not public, however it is come by.

use std::net::Ipv4Addr;

use royaume_fetch::{Cause, Configuration, Fetch, FetchError};

use crate::world::{Canary, Site, World, answer, failure, ok};

/// Addresses that are not public, one of each kind.
const INSIDE: [&str; 33] = [
    "127.0.0.1",
    "127.0.0.2",
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.254",
    "192.168.1.1",
    "100.64.0.1",
    "100.100.100.200",
    "168.63.129.16",
    "169.254.169.254",
    "0.0.0.0",
    "0.1.2.3",
    "192.0.0.192",
    "192.0.2.1",
    "198.51.100.1",
    "203.0.113.1",
    "192.88.99.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:a9fe:a9fe",
    "64:ff9b::7f00:1",
    "2002:7f00:1::1",
    "2001:0:4136:e378:8000:63bf:80ff:fffe",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fec0::1",
];

fn literal(address: &str) -> String {
    if address.contains(':') { format!("[{address}]") } else { address.to_owned() }
}

#[tokio::test]
async fn an_address_that_is_not_public_is_refused_where_a_url_has_it() {
    let world = World::new();
    let fetch = world.fetch(&[]);
    for address in INSIDE {
        let error = failure(&fetch, &format!("https://{}/jwks", literal(address))).await;
        assert!(matches!(error, FetchError::Inside { .. }), "{address}: {error}");
        assert_eq!(error.cause(), Cause::Policy, "{address}");
    }
    assert!(world.names.asked().is_empty(), "an address needs no lookup");
}

#[tokio::test]
async fn an_address_that_is_not_public_is_refused_where_a_name_leads_to_it() {
    let world = World::new();
    let fetch = world.fetch(&[]);
    for address in INSIDE {
        world.names.lead("rebinding.test", &[address]);
        let error = failure(&fetch, "https://rebinding.test/jwks").await;
        assert!(matches!(error, FetchError::Inside { .. }), "{address}: {error}");
    }
}

#[tokio::test]
async fn an_address_that_is_not_public_is_refused_beside_public_ones() {
    let world = World::new();
    let fetch = world.fetch(&[]);
    for address in INSIDE {
        world.names.lead("rebinding.test", &["8.8.8.8", "2606:4700::1111", "1.1.1.1", address]);
        let error = failure(&fetch, "https://rebinding.test/jwks").await;
        assert!(matches!(error, FetchError::Inside { .. }), "{address}: {error}");
    }
    let many: Vec<_> = (1..200).map(|last| format!("8.8.8.{last}")).chain(["127.0.0.1".to_owned()]).collect();
    world.names.lead("rebinding.test", &many.iter().map(String::as_str).collect::<Vec<_>>());
    let error = failure(&fetch, "https://rebinding.test/jwks").await;
    assert!(matches!(error, FetchError::Inside { .. }), "{error}");
}

/// Whether it is spelled, looked up, of IPv4, of IPv6, or one in the other: the socket hears nothing.
#[tokio::test]
async fn a_canary_on_loopback_stays_silent() {
    for at in ["127.0.0.1", "127.0.0.2", "::1"] {
        let mut canary = Canary::at(at).await;
        let port = canary.port();
        let world = World::new().with("inside.test", &[at]).with("both.test", &["8.8.8.8", at]);
        let fetch = world.fetch(&["elsewhere.test", "127.0.0.3", &format!("inside.test:{}", port ^ 1)]);
        let mut hosts = vec![literal(at), "inside.test".to_owned(), "both.test".to_owned()];
        if let Some(mapped) = at.parse().ok().map(|v4: Ipv4Addr| v4.to_ipv6_mapped()) {
            hosts.push(format!("[{mapped}]"));
        }
        for host in hosts {
            for scheme in ["https", "http"] {
                let error = failure(&fetch, &format!("{scheme}://{host}:{port}/jwks")).await;
                assert_eq!(error.cause(), Cause::Policy, "{scheme}://{host}: {error}");
            }
        }
        assert!(canary.is_silent().await, "{at}");
    }
}

/// `localhost` needs no name server: this machine's own file says where it is.
#[tokio::test]
async fn a_name_that_the_system_finds_on_loopback_is_refused() {
    let mut canary = Canary::at("127.0.0.1").await;
    let fetch = Fetch::new(Configuration::default()).unwrap();
    let error = failure(&fetch, &format!("https://localhost:{}/", canary.port())).await;
    assert!(matches!(&error, FetchError::Inside { address, .. } if address.is_loopback()), "{error}");
    assert!(canary.is_silent().await);
}

#[tokio::test]
async fn a_name_that_the_system_does_not_know_is_theirs() {
    let fetch = Fetch::new(Configuration::default()).unwrap();
    let error = failure(&fetch, "https://nowhere.invalid/").await;
    assert_eq!((error.cause(), error.is_theirs()), (Cause::Unreachable, true), "{error}");
}

/// The second answer would lead to the canary, and is never asked for.
#[tokio::test]
async fn a_name_is_looked_up_once_and_the_connection_goes_there() {
    let world = World::new();
    let site = Site::start("127.0.0.1", Some(world.tls(&["turning.test"])), ok("{}")).await;
    let mut canary = Canary::on(([127, 0, 0, 2], site.port()).into()).await;
    let fetch = world.fetch(&["turning.test"]);
    let answer = answer(&fetch, &format!("https://turning.test:{}/", site.port())).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(world.names.asked(), ["turning.test"]);
    assert!(canary.is_silent().await);
}

#[tokio::test]
async fn a_name_without_an_address_is_theirs() {
    let world = World::new().with("empty.test", &[]);
    for host in ["empty.test", "nobody.test"] {
        let error = failure(&world.fetch(&["empty.test"]), &format!("https://{host}/")).await;
        assert!(matches!(error, FetchError::Unknown { .. }), "{host}: {error}");
        assert!(error.is_theirs());
    }
}

#[tokio::test]
async fn a_name_is_one_name_however_it_is_written() {
    let world = World::new().with("inside.test", &["10.0.0.1"]);
    let error = failure(&world.fetch(&[]), "https://INSIDE.Test/").await;
    assert!(matches!(error, FetchError::Inside { .. }), "{error}");
}
