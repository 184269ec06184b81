//! Addresses that are not somebody else's on the open Internet: the special-purpose registries of IANA (RFC 6890).

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Why an address is not a public one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Special {
    ThisNetwork,
    Loopback,
    Private,
    Shared,
    LinkLocal,
    Cloud,
    Protocol,
    Documentation,
    Benchmarking,
    Multicast,
    Reserved,
}

impl Special {
    /// Could a partner of the operator be there? Never where no single machine is, or where Linux reads the address as
    /// another one (0.0.0.0 is loopback).
    pub(crate) fn may_be_allowed(self) -> bool {
        match self {
            Self::Loopback
            | Self::Private
            | Self::Shared
            | Self::LinkLocal
            | Self::Cloud
            | Self::Documentation
            | Self::Benchmarking => true,
            Self::ThisNetwork | Self::Protocol | Self::Multicast | Self::Reserved => false,
        }
    }
}

impl fmt::Display for Special {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ThisNetwork => "an address of no machine",
            Self::Loopback => "loopback",
            Self::Private => "a private address",
            Self::Shared => "an address of a carrier's own network",
            Self::LinkLocal => "a link-local address",
            Self::Cloud => "a cloud's own address",
            Self::Protocol => "an address of a transition mechanism or protocol",
            Self::Documentation => "an address for documentation",
            Self::Benchmarking => "an address for benchmarks",
            Self::Multicast => "a multicast address",
            Self::Reserved => "a reserved address",
        })
    }
}

const fn v4(a: u8, b: u8, c: u8, d: u8) -> u32 {
    Ipv4Addr::new(a, b, c, d).to_bits()
}

const fn v6(a: u16, b: u16, c: u16) -> u128 {
    Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0).to_bits()
}

/// Networks of IPv4: first address, bits of the prefix, what they are.
const V4: [(u32, u32, Special); 16] = [
    (v4(0, 0, 0, 0), 8, Special::ThisNetwork),      // RFC 1122 §3.2.1.3
    (v4(10, 0, 0, 0), 8, Special::Private),         // RFC 1918 §3
    (v4(100, 64, 0, 0), 10, Special::Shared),       // RFC 6598 §7
    (v4(127, 0, 0, 0), 8, Special::Loopback),       // RFC 1122 §3.2.1.3
    (v4(168, 63, 129, 16), 32, Special::Cloud),     // What Azure's machines find their host at.
    (v4(169, 254, 0, 0), 16, Special::LinkLocal),   // RFC 3927 §2.1; the metadata of most clouds.
    (v4(172, 16, 0, 0), 12, Special::Private),      // RFC 1918 §3
    (v4(192, 0, 0, 0), 24, Special::Protocol),      // RFC 6890 §2.1; the metadata of Oracle's cloud.
    (v4(192, 0, 2, 0), 24, Special::Documentation), // RFC 5737 §3
    (v4(192, 88, 99, 0), 24, Special::Protocol),    // RFC 7526: relays of 6to4, deprecated
    (v4(192, 168, 0, 0), 16, Special::Private),     // RFC 1918 §3
    (v4(198, 18, 0, 0), 15, Special::Benchmarking), // RFC 2544 §C.2.2
    (v4(198, 51, 100, 0), 24, Special::Documentation), // RFC 5737 §3
    (v4(203, 0, 113, 0), 24, Special::Documentation), // RFC 5737 §3
    (v4(224, 0, 0, 0), 4, Special::Multicast),      // RFC 5771 §3
    (v4(240, 0, 0, 0), 4, Special::Reserved),       // RFC 1112 §4, and broadcast (RFC 919 §7)
];

/// Networks of IPv6. What is in none of them is public only within 2000::/3, the unicast that IANA hands out.
const V6: [(u128, u32, Special); 10] = [
    (0, 128, Special::ThisNetwork),                     // RFC 4291 §2.5.2
    (1, 128, Special::Loopback),                        // RFC 4291 §2.5.3
    (v6(0x2001, 0, 0), 23, Special::Protocol),          // RFC 2928 §2, Teredo among them (RFC 4380 §2.6)
    (v6(0x2001, 0xdb8, 0), 32, Special::Documentation), // RFC 3849 §2
    (v6(0x3fff, 0, 0), 20, Special::Documentation),     // RFC 9637 §3
    (v6(0xfc00, 0, 0), 7, Special::Private),            // RFC 4193 §3.1
    (v6(0xfe80, 0, 0), 10, Special::LinkLocal),         // RFC 4291 §2.5.6
    (v6(0xfec0, 0, 0), 10, Special::Private),           // RFC 3879 §4: site-local, deprecated
    (v6(0xff00, 0, 0), 8, Special::Multicast),          // RFC 4291 §2.7
    (v6(0x64, 0xff9b, 1), 48, Special::Private),        // RFC 8215 §4: somebody's own translation
];

/// What makes an address special, if anything does.
pub(crate) fn special(address: IpAddr) -> Option<Special> {
    match address {
        IpAddr::V4(address) => special_v4(address),
        IpAddr::V6(address) => match carried(address) {
            Some(carried) => special_v4(carried),
            None => special_v6(address),
        },
    }
}

fn special_v4(address: Ipv4Addr) -> Option<Special> {
    let within = |network: u32, prefix: u32| (address.to_bits() ^ network).leading_zeros() >= prefix;
    V4.iter().find(|(network, prefix, _)| within(*network, *prefix)).map(|(_, _, special)| *special)
}

fn special_v6(address: Ipv6Addr) -> Option<Special> {
    let within = |network: u128, prefix: u32| (address.to_bits() ^ network).leading_zeros() >= prefix;
    let named = V6.iter().find(|(network, prefix, _)| within(*network, *prefix));
    match named {
        Some((_, _, special)) => Some(*special),
        None if within(v6(0x2000, 0, 0), 3) => None,
        // IPv4-compatible addresses (RFC 4291 §2.5.5.1) and whatever else is nobody's.
        None => Some(Special::Reserved),
    }
}

/// The IPv4 address that packets to this one end at: mapped (RFC 4291 §2.5.5.2), translated (RFC 6052 §2.1), or in a
/// tunnel (RFC 3056 §2).
fn carried(address: Ipv6Addr) -> Option<Ipv4Addr> {
    match address.segments() {
        [0, 0, 0, 0, 0, 0xffff, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low]
        | [0x2002, high, low, ..] => Some(Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(address: &str) -> Option<Special> {
        special(address.parse().unwrap())
    }

    #[test]
    fn every_network_is_special_from_its_first_address_to_its_last_and_not_beyond() {
        for (first, last, special) in [
            ("0.0.0.0", "0.255.255.255", Special::ThisNetwork),
            ("10.0.0.0", "10.255.255.255", Special::Private),
            ("100.64.0.0", "100.127.255.255", Special::Shared),
            ("127.0.0.0", "127.255.255.255", Special::Loopback),
            ("168.63.129.16", "168.63.129.16", Special::Cloud),
            ("169.254.0.0", "169.254.255.255", Special::LinkLocal),
            ("172.16.0.0", "172.31.255.255", Special::Private),
            ("192.0.0.0", "192.0.0.255", Special::Protocol),
            ("192.0.2.0", "192.0.2.255", Special::Documentation),
            ("192.88.99.0", "192.88.99.255", Special::Protocol),
            ("192.168.0.0", "192.168.255.255", Special::Private),
            ("198.18.0.0", "198.19.255.255", Special::Benchmarking),
            ("198.51.100.0", "198.51.100.255", Special::Documentation),
            ("203.0.113.0", "203.0.113.255", Special::Documentation),
        ] {
            let (first, last): (Ipv4Addr, Ipv4Addr) = (first.parse().unwrap(), last.parse().unwrap());
            for within in [first, last] {
                assert_eq!(super::special(within.into()), Some(special), "{within}");
                let mapped = within.to_ipv6_mapped();
                assert_eq!(super::special(mapped.into()), Some(special), "{mapped}");
            }
            for beyond in
                [first.to_bits().checked_sub(1), last.to_bits().checked_add(1)].into_iter().flatten()
            {
                let beyond = Ipv4Addr::from_bits(beyond);
                assert_eq!(super::special(beyond.into()), None, "{beyond}");
            }
        }
        for nobody in ["224.0.0.0", "239.255.255.255"] {
            assert_eq!(of(nobody), Some(Special::Multicast), "{nobody}");
        }
        for nobody in ["240.0.0.0", "255.255.255.254", "255.255.255.255"] {
            assert_eq!(of(nobody), Some(Special::Reserved), "{nobody}");
        }
        assert_eq!(of("223.255.255.255"), None);
    }

    #[test]
    fn ipv6_is_public_only_where_somebody_was_given_it() {
        for (address, special) in [
            ("::", Special::ThisNetwork),
            ("::1", Special::Loopback),
            ("::2", Special::Reserved),
            ("::127.0.0.1", Special::Reserved),
            ("::8.8.8.8", Special::Reserved),
            ("::ffff:0:127.0.0.1", Special::Reserved),
            ("64:ff9b:1::1", Special::Private),
            ("100::1", Special::Reserved),
            ("2001::1", Special::Protocol),
            ("2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", Special::Protocol),
            ("2001:db8::1", Special::Documentation),
            ("3fff:fff::1", Special::Documentation),
            ("4000::1", Special::Reserved),
            ("5f00::1", Special::Reserved),
            ("fc00::1", Special::Private),
            ("fdff::1", Special::Private),
            ("fe80::1", Special::LinkLocal),
            ("febf::1", Special::LinkLocal),
            ("fec0::1", Special::Private),
            ("ff02::1", Special::Multicast),
        ] {
            assert_eq!(of(address), Some(special), "{address}");
        }
        for public in ["2001:200::1", "2a00:1450::1", "2606:4700::1111", "3fff:1000::1"] {
            assert_eq!(of(public), None, "{public}");
        }
    }

    #[test]
    fn an_address_that_carries_another_is_as_good_as_that_one() {
        for carrier in ["::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::5"] {
            assert_eq!(of(carrier), Some(Special::Private), "{carrier}");
        }
        for carrier in ["::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::5"] {
            assert_eq!(of(carrier), None, "{carrier}");
        }
    }
}
