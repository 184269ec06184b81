//! Admission: how many connections there are, in total and from each address.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::counters::{Counters, count};
use crate::limits::Limits;

/// Who is connected.
#[derive(Debug, Default)]
pub(crate) struct Admission {
    by_address: Mutex<HashMap<IpAddr, usize>>,
    doors: Doors,
}

/// Who may come in.
#[derive(Debug, Default)]
pub(crate) struct Doors {
    /// Addresses that stand for many people.
    pub(crate) proxies: Vec<IpAddr>,
    /// Nobody else, but for this machine.
    pub(crate) only_proxies: bool,
}

/// A place that a connection holds until it is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    admission: Arc<Admission>,
    counters: Arc<Counters>,
    address: IpAddr,
}

impl Admission {
    pub(crate) fn new(doors: Doors) -> Self {
        Self { by_address: Mutex::default(), doors }
    }

    /// A place for one more connection from there, if there is one.
    pub(crate) fn admit(
        self: &Arc<Self>,
        address: IpAddr,
        limits: &Limits,
        counters: &Arc<Counters>,
    ) -> Option<Place> {
        let address = address.to_canonical();
        let proxied = self.doors.proxies.contains(&address);
        if self.doors.only_proxies && !proxied && !address.is_loopback() {
            count(&counters.refused_strangers);
            return None;
        }
        let address = subscriber(address);
        let mut by_address = self.lock();
        if counters.connections.load(Ordering::Relaxed)
            >= i64::try_from(limits.connections).unwrap_or(i64::MAX)
        {
            count(&counters.refused_connections);
            return None;
        }
        let held = by_address.get(&address).copied().unwrap_or_default();
        if held >= limits.connections_per_address && !proxied {
            count(&counters.refused_connections_of_address);
            return None;
        }
        by_address.insert(address, held + 1);
        counters.connections.fetch_add(1, Ordering::Relaxed);
        count(&counters.accepted);
        Some(Place { admission: Arc::clone(self), counters: Arc::clone(counters), address })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.by_address.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An IPv4 address, or the /64 that one subscriber of IPv6 has all to himself.
fn subscriber(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64)),
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut by_address = self.admission.lock();
        if let Some(held) = by_address.get_mut(&self.address) {
            *held -= 1;
            if *held == 0 {
                by_address.remove(&self.address);
            }
        }
        self.counters.connections.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subscriber_of_ipv6_is_one_address() {
        let counters = Arc::new(Counters::default());
        let limits = Limits { connections_per_address: 1, ..Limits::default() };
        let admission = Arc::new(Admission::default());
        let admit = |text: &str| admission.admit(text.parse().unwrap(), &limits, &counters);
        let place = admit("2001:db8::1");
        assert!(place.is_some() && admit("2001:db8::2").is_none());
        assert!(admit("2001:db8:0:1::1").is_some());
        drop(place);
        assert!(admit("2001:db8::2").is_some(), "a place is given back");
        let mapped = admit("::ffff:192.0.2.1");
        assert!(mapped.is_some() && admit("192.0.2.1").is_none(), "IPv4 by another name");
    }

    /// What a proxy carries in clear, it carries over a network that is trusted; nobody else does.
    #[test]
    fn where_only_proxies_come_in_everybody_else_is_turned_away_and_counted() {
        let counters = Arc::new(Counters::default());
        let proxies = vec!["192.0.2.1".parse().unwrap(), "2001:db8::1".parse().unwrap()];
        let admission = Arc::new(Admission::new(Doors { proxies, only_proxies: true }));
        let lets_in =
            |text: &str| admission.admit(text.parse().unwrap(), &Limits::default(), &counters).is_some();
        for known in ["192.0.2.1", "::ffff:192.0.2.1", "2001:db8::1", "127.0.0.1", "127.0.0.9", "::1"] {
            assert!(lets_in(known), "{known}");
        }
        for (before, stranger) in
            ["192.0.2.2", "2001:db8::2", "10.0.0.1", "::ffff:192.0.2.2"].iter().enumerate()
        {
            assert!(!lets_in(stranger), "{stranger}");
            assert_eq!(counters.snapshot().refused_strangers, before as u64 + 1);
        }
        assert_eq!(counters.snapshot().connections, 0);
    }
}
