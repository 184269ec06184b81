//! Admission: how many connections there are, in total and from each address.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::counters::{Counters, count};
use crate::limits::Limits;

/// Who is connected.
#[derive(Debug, Default)]
pub(crate) struct Admission {
    by_address: Mutex<HashMap<IpAddr, usize>>,
}

/// A place that a connection holds until it is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    admission: Arc<Admission>,
    counters: Arc<Counters>,
    address: IpAddr,
}

impl Admission {
    /// A place for one more connection from there, if there is one.
    pub(crate) fn admit(
        self: &Arc<Self>,
        address: IpAddr,
        limits: &Limits,
        counters: &Arc<Counters>,
    ) -> Option<Place> {
        let mut by_address = self.lock();
        if counters.connections.load(Ordering::Relaxed)
            >= i64::try_from(limits.connections).unwrap_or(i64::MAX)
        {
            count(&counters.refused_connections);
            return None;
        }
        let held = by_address.entry(address).or_default();
        if *held >= limits.connections_per_address {
            count(&counters.refused_connections_of_address);
            return None;
        }
        *held += 1;
        counters.connections.fetch_add(1, Ordering::Relaxed);
        count(&counters.accepted);
        Some(Place { admission: Arc::clone(self), counters: Arc::clone(counters), address })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.by_address.lock().unwrap_or_else(PoisonError::into_inner)
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
