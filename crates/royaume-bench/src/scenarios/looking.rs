//! Looking a token up: userinfo for the application that a person uses (OIDC Core §5.3), introspection for an API
//! (RFC 7662).

use royaume_protocol::parameters::encode;

use super::code_flow::Application;
use super::constant::Same;
use crate::Failure;
use crate::http::{self, Connection};
use crate::load::Callers;
use crate::served::Place;

/// The access token of an answer; it holds no character that JSON escapes.
fn access_token(body: &[u8]) -> Result<String, Failure> {
    let body = std::str::from_utf8(body)?;
    let token = body.split_once("\"access_token\":\"").and_then(|(_, rest)| rest.split('"').next());
    Ok(token.ok_or_else(|| Failure::from(body))?.to_owned())
}

fn userinfo(place: &Place, realm: &str, connections: usize) -> Result<Callers, Failure> {
    let application = Application::of(place, realm, "openid")?;
    let mut connection = Connection::open(place.address)?;
    let mut walk = application.newcomer();
    let code = loop {
        let request = walk.request.clone();
        if let Some(code) = walk.hear(&connection.exchange(&request)?)? {
            break code;
        }
    };
    let token = access_token(connection.exchange(&application.redeem_code(&code))?.body)?;
    let path = place.path(realm, "userinfo_endpoint")?;
    let request = http::get(place.address, &path, &format!("authorization: Bearer {token}\r\n"));
    Ok(Same::callers(&request, connections))
}

/// As at France Travail: what the token stands for is a row.
pub(super) fn userinfo_opaque(place: &Place, connections: usize) -> Result<Callers, Failure> {
    userinfo(place, "individu", connections)
}

/// The token is signed: its signature is verified.
pub(super) fn userinfo_signed(place: &Place, connections: usize) -> Result<Callers, Failure> {
    userinfo(place, "people", connections)
}

pub(super) fn introspection(place: &Place, connections: usize) -> Result<Callers, Failure> {
    let application = place.application("partenaire")?;
    let credentials =
        encode(&[("client_id", &application.client_id), ("client_secret", &application.client_secret)]);
    let token_endpoint = place.path("partenaire", "token_endpoint")?;
    let asked = format!("grant_type=client_credentials&{credentials}");
    let mut connection = Connection::open(place.address)?;
    let answer = connection.exchange(&http::post(place.address, &token_endpoint, "", &asked))?;
    let form = format!("token={}&{credentials}", access_token(answer.body)?);
    let path = place.path("partenaire", "introspection_endpoint")?;
    Ok(Same::callers(&http::post(place.address, &path, "", &form), connections))
}
