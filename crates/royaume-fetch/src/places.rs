//! Places: how many requests are out at once, in all and to one host.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::configuration::Limits;
use crate::host::Host;

#[derive(Debug)]
pub(crate) struct Places {
    all: Arc<Semaphore>,
    per_host: usize,
    hosts: Mutex<HashMap<Host, Weak<Semaphore>>>,
}

/// A place, until it is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    _of_host: OwnedSemaphorePermit,
    _of_all: OwnedSemaphorePermit,
}

impl Places {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            all: Arc::new(Semaphore::new(limits.at_once)),
            per_host: limits.at_once_per_host,
            hosts: Mutex::default(),
        }
    }

    /// Waits for the host first: whoever waits for a slow host holds no place that another could have.
    pub(crate) async fn take(&self, host: &Host) -> Place {
        let taken = async |places: Arc<Semaphore>| {
            places.acquire_owned().await.expect("places are given out for as long as there are any")
        };
        let _of_host = taken(self.of(host)).await;
        let _of_all = taken(Arc::clone(&self.all)).await;
        Place { _of_host, _of_all }
    }

    fn of(&self, host: &Host) -> Arc<Semaphore> {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = hosts.get(host).and_then(Weak::upgrade) {
            return known;
        }
        // Hosts that nobody asks any more: strangers name as many as they like.
        hosts.retain(|_, places| places.strong_count() > 0);
        let places = Arc::new(Semaphore::new(self.per_host));
        hosts.insert(host.clone(), Arc::downgrade(&places));
        places
    }
}
