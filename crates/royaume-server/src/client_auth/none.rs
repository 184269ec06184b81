//! `none`: a public client says its name and proves nothing (RFC 6749 §3.2.1).

use royaume_protocol::Parameters;

use super::Presented;
use crate::refusal::Refusal;

pub(super) fn presented(parameters: &Parameters) -> Result<Presented, Refusal> {
    let client_id = parameters.optional("client_id").ok_or(Refusal::ClientAuthenticationMissing)?.to_owned();
    Ok(Presented::Nothing { client_id })
}
