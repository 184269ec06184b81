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
    /// Addresses that stand for many people.
    proxies: Vec<IpAddr>,
}

/// A place that a connection holds until it is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    admission: Arc<Admission>,
    counters: Arc<Counters>,
    address: IpAddr,
}

impl Admission {
    pub(crate) fn new(proxies: Vec<IpAddr>) -> Self {
        Self { by_address: Mutex::default(), proxies }
    }

    /// A place for one more connection from there, if there is one.
    pub(crate) fn admit(
        self: &Arc<Self>,
        address: IpAddr,
        limits: &Limits,
        counters: &Arc<Counters>,
    ) -> Option<Place> {
        let address = address.to_canonical();
        let proxied = self.proxies.contains(&address);
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
}
