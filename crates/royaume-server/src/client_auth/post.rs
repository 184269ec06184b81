//! `client_secret_post`: id and secret in the body (RFC 6749 §2.3.1). The only method France Travail takes.

use royaume_protocol::{Parameters, Secret};

use super::Presented;
use crate::refusal::Refusal;

pub(super) fn presented(secret: &str, parameters: &Parameters) -> Result<Presented, Refusal> {
    let client_id = parameters.optional("client_id").ok_or(Refusal::ClientAuthenticationMissing)?.to_owned();
    Ok(Presented::Post { client_id, secret: Secret::from(secret) })
}
