//! A full login: a person who has no session opens the application's link, types a password, is sent back, and the
//! application redeems the code. The password is hashed as in production. What is counted is the whole.

use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use super::code_flow::Application;
use crate::http::Answer;
use crate::load::{Caller, Callers};
use crate::served::Place;
use crate::sign_in::Walk;
use crate::{Failure, stopwatch};

/// Microseconds of whole logins.
pub(super) type Durations = Arc<Mutex<Vec<u32>>>;

/// One person after another, at an address of their own: what strangers cost is bounded for each address.
struct Newcomer {
    application: Arc<Application>,
    address: Ipv4Addr,
    walk: Walk,
    redeeming: Option<Vec<u8>>,
    /// When the first request of this login was sent.
    began: Option<Instant>,
    durations: Durations,
}

impl Caller for Newcomer {
    fn ask(&mut self, request: &mut Vec<u8>) {
        self.began.get_or_insert_with(stopwatch::now);
        request.extend_from_slice(self.redeeming.as_ref().unwrap_or(&self.walk.request));
    }

    fn hear(&mut self, answer: &Answer<'_>) -> Result<bool, Failure> {
        if self.redeeming.take().is_none() {
            self.redeeming = self.walk.hear(answer)?.map(|code| self.application.redeem_code(&code));
            return Ok(false);
        }
        if answer.status != 200 {
            return Err(answer.unexpected());
        }
        if let Some(began) = self.began.take() {
            let took = u32::try_from(began.elapsed().as_micros()).unwrap_or(u32::MAX);
            self.durations.lock().unwrap_or_else(PoisonError::into_inner).push(took);
        }
        self.walk = self.application.newcomer();
        Ok(true)
    }

    fn calls_from(&self) -> Option<Ipv4Addr> {
        Some(self.address)
    }
}

/// So many people at once, and how long each login took.
pub(super) fn newcomers(place: &Place, people: usize) -> Result<(Callers, Durations), Failure> {
    let application = Arc::new(Application::of(place, "individu", "openid profile email")?);
    // The first of them agrees; the others have agreed before.
    application.person()?;
    let durations = Durations::default();
    let newcomer = |number: usize| {
        let [high, low] = u16::try_from(number + 1).unwrap_or(u16::MAX).to_be_bytes();
        let newcomer = Newcomer {
            application: Arc::clone(&application),
            address: Ipv4Addr::new(127, 1, high, low),
            walk: application.newcomer(),
            redeeming: None,
            began: None,
            durations: Arc::clone(&durations),
        };
        Box::new(newcomer) as Box<dyn Caller>
    };
    Ok(((0..people).map(newcomer).collect(), durations))
}

pub(super) fn individu(place: &Place, connections: usize) -> Result<Callers, Failure> {
    Ok(newcomers(place, connections)?.0)
}
