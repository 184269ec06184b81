//! Proxies in front of the server, and who is behind them (RFC 7239).

use std::net::IpAddr;
use std::sync::Arc;

use http::HeaderMap;

/// The proxies whose word is taken. An IPv4 address is the same one when it is written as IPv6 (RFC 4291 §2.5.5.2).
#[derive(Debug, Clone, Default)]
pub(crate) struct Proxies(Arc<[IpAddr]>);

impl FromIterator<IpAddr> for Proxies {
    fn from_iter<I: IntoIterator<Item = IpAddr>>(addresses: I) -> Self {
        Self(addresses.into_iter().map(|address| address.to_canonical()).collect())
    }
}

impl Proxies {
    pub(crate) fn iter(&self) -> impl Iterator<Item = IpAddr> {
        self.0.iter().copied()
    }

    /// The address behind the proxies: the last one of `X-Forwarded-For` that is none of them. What is further left was
    /// written by strangers (RFC 7239 §8.1).
    pub(crate) fn caller(&self, direct: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut caller = direct.to_canonical();
        if !self.0.contains(&caller) {
            return caller;
        }
        let lines: Vec<_> =
            headers.get_all("x-forwarded-for").iter().filter_map(|line| line.to_str().ok()).collect();
        for hop in lines.iter().rev().flat_map(|line| line.rsplit(',')) {
            let Ok(address) = hop.trim().parse::<IpAddr>() else { return caller };
            caller = address.to_canonical();
            if !self.0.contains(&caller) {
                break;
            }
        }
        caller
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn behind(line: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", line.parse().unwrap());
        headers
    }

    #[test]
    fn only_trusted_proxies_are_believed_and_only_about_their_own_caller() {
        let (proxy, stranger) = (IpAddr::from([10, 0, 0, 1]), IpAddr::from([203, 0, 113, 7]));
        let proxies: Proxies = [proxy, IpAddr::from([10, 0, 0, 2])].into_iter().collect();
        assert_eq!(proxies.caller(stranger, &behind("192.0.2.1")), stranger);
        assert_eq!(proxies.caller(proxy, &behind("203.0.113.7")), stranger);
        assert_eq!(proxies.caller(proxy, &behind("127.0.0.1, 203.0.113.7, 10.0.0.2")), stranger);
        assert_eq!(proxies.caller(proxy, &behind("nonsense")), proxy);
        assert_eq!(proxies.caller(proxy, &HeaderMap::new()), proxy);
    }

    /// RFC 4291 §2.5.5.2: whoever has two spellings would have two allowances of failures, and a proxy none.
    #[test]
    fn an_ipv4_address_is_itself_in_either_spelling() {
        let (proxy, stranger) = (IpAddr::from([10, 0, 0, 1]), IpAddr::from([203, 0, 113, 7]));
        let spelled = |text: &str| text.parse::<IpAddr>().unwrap();
        for named in [proxy, spelled("::ffff:10.0.0.1")] {
            let proxies: Proxies = [named].into_iter().collect();
            for direct in [proxy, spelled("::ffff:10.0.0.1")] {
                for line in ["203.0.113.7", "::ffff:203.0.113.7", "203.0.113.7, ::ffff:10.0.0.1"] {
                    assert_eq!(proxies.caller(direct, &behind(line)), stranger, "{named} {direct} {line}");
                }
            }
        }
    }
}
