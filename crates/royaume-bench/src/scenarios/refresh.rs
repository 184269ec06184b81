//! Refreshing (RFC 6749 §6): each token buys its successor, an access token and an id token.

use std::sync::Arc;

use super::code_flow::Application;
use crate::Failure;
use crate::http::{Answer, Connection};
use crate::load::{Caller, Callers};
use crate::served::Place;

/// An application with the refresh token of one login.
struct Refreshing {
    application: Arc<Application>,
    refresh_token: String,
}

impl Caller for Refreshing {
    fn ask(&mut self, request: &mut Vec<u8>) {
        let grant = format!("grant_type=refresh_token&refresh_token={}", self.refresh_token);
        request.extend_from_slice(&self.application.redeem(&grant));
    }

    fn hear(&mut self, answer: &Answer<'_>) -> Result<bool, Failure> {
        self.refresh_token = refresh_token(answer)?;
        Ok(true)
    }
}

/// The refresh token of an answer; it holds no character that JSON escapes.
fn refresh_token(answer: &Answer<'_>) -> Result<String, Failure> {
    let body = std::str::from_utf8(answer.body)?;
    let token = body.split_once("\"refresh_token\":\"").and_then(|(_, rest)| rest.split('"').next());
    token.map(str::to_owned).ok_or_else(|| answer.unexpected())
}

fn callers(application: Application, connections: usize) -> Result<Callers, Failure> {
    let application = Arc::new(application);
    let caller = |_| {
        let mut connection = Connection::open(application.server())?;
        let mut person = application.person()?;
        // The code, then the tokens.
        let mut request = Vec::new();
        person.ask(&mut request);
        person.hear(&connection.exchange(&request)?)?;
        request.clear();
        person.ask(&mut request);
        let refresh_token = refresh_token(&connection.exchange(&request)?)?;
        Ok(Box::new(Refreshing { application: Arc::clone(&application), refresh_token }) as Box<dyn Caller>)
    };
    (0..connections).map(caller).collect()
}

pub(super) fn people(place: &Place, connections: usize) -> Result<Callers, Failure> {
    callers(Application::of(place, "people", "openid")?, connections)
}

/// As at France Travail.
pub(super) fn individu(place: &Place, connections: usize) -> Result<Callers, Failure> {
    callers(Application::of(place, "individu", "openid profile email")?, connections)
}
