//! Client credentials (RFC 6749 §4.4): an application asks for a token of its own.

use royaume_protocol::parameters::encode;

use super::constant::Same;
use crate::load::Callers;
use crate::served::Place;
use crate::{Failure, http};

fn callers(place: &Place, realm: &str, connections: usize) -> Result<Callers, Failure> {
    let application = place.application(realm)?;
    let form = encode(&[
        ("grant_type", "client_credentials"),
        ("client_id", &application.client_id),
        ("client_secret", &application.client_secret),
    ]);
    let path = place.path(realm, "token_endpoint")?;
    Ok(Same::callers(&http::post(place.address, &path, "", &form), connections))
}

pub(super) fn es256(place: &Place, connections: usize) -> Result<Callers, Failure> {
    callers(place, "es256", connections)
}

pub(super) fn eddsa(place: &Place, connections: usize) -> Result<Callers, Failure> {
    callers(place, "eddsa", connections)
}

pub(super) fn rs256(place: &Place, connections: usize) -> Result<Callers, Failure> {
    callers(place, "rs256", connections)
}

/// As at France Travail: the token is a handle, and what it stands for is a row.
pub(super) fn opaque(place: &Place, connections: usize) -> Result<Callers, Failure> {
    callers(place, "partenaire", connections)
}
