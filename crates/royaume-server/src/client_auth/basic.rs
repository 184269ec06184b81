//! `client_secret_basic`: the `Authorization` header (RFC 6749 §2.3.1, RFC 7617).

use http::HeaderValue;
use royaume_protocol::{BasicCredentials, Parameters};

use super::Presented;
use crate::refusal::Refusal;

pub(super) fn presented(value: &HeaderValue, parameters: &Parameters) -> Result<Presented, Refusal> {
    let text = value.to_str().map_err(|_| Refusal::BasicMalformed)?;
    let BasicCredentials { client_id, secret } =
        BasicCredentials::parse(text).map_err(|_| Refusal::BasicMalformed)?;
    if parameters.optional("client_secret").is_some() {
        return Err(Refusal::ClientAuthenticationTwice);
    }
    if parameters.optional("client_id").is_some_and(|named| named != client_id) {
        return Err(Refusal::ClientIdsDiffer);
    }
    Ok(Presented::Basic { client_id, secret })
}
