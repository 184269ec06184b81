//! What is the same for everybody: the sign of life, the published keys, the discovery document.

use crate::Failure;
use crate::http;
use crate::load::{Caller, Callers};
use crate::served::{self, Place};

/// Asks the same again and again.
pub(crate) struct Same {
    request: Vec<u8>,
}

impl Same {
    /// So many connections that ask this.
    pub(crate) fn callers(request: &[u8], connections: usize) -> Callers {
        (0..connections).map(|_| Box::new(Self { request: request.to_owned() }) as Box<dyn Caller>).collect()
    }
}

impl Caller for Same {
    fn ask(&mut self, request: &mut Vec<u8>) {
        request.extend_from_slice(&self.request);
    }

    fn hear(&mut self, answer: &http::Answer<'_>) -> Result<bool, Failure> {
        if answer.status == 200 { Ok(true) } else { Err(answer.unexpected()) }
    }
}

fn fetched(place: &Place, path: &str, connections: usize) -> Callers {
    Same::callers(&http::get(place.address, path, ""), connections)
}

/// What every request costs that reaches the service at all.
pub(super) fn live(place: &Place, connections: usize) -> Result<Callers, Failure> {
    Ok(fetched(place, "/health/live", connections))
}

pub(super) fn jwks(place: &Place, connections: usize) -> Result<Callers, Failure> {
    Ok(fetched(place, &place.path("individu", "jwks_uri")?, connections))
}

pub(super) fn discovery(place: &Place, connections: usize) -> Result<Callers, Failure> {
    Ok(fetched(place, &served::discovery("individu"), connections))
}
