//! Grants: what is allowed? One file per grant type (RFC 6749 §1.3).
//!
//! A grant looks at what the client presents and says what may be issued, and which row is spent for it. It does not
//! authenticate the client, issue, or write: the token endpoint does, so that no grant can leave that out.

use jiff::Timestamp;
use royaume_protocol::{GrantType, Parameters, Scope};
use royaume_store::{Family, RowId};

use crate::context::Context;
use crate::handle::Handle;
use crate::refusal::{Failure, Refusal};
use crate::stored::asked_claims::AskedClaims;
use crate::stored::client::Client;

mod authorization_code;
mod client_credentials;
mod refresh_token;

/// What may be issued.
pub(crate) struct Granted {
    /// The person, or the client itself.
    pub(crate) subject: String,
    /// Of the access token.
    pub(crate) scope: Scope,
    /// What a person granted, when one did.
    pub(crate) person: Option<PersonGrant>,
    /// The row that buys this: the code, or the refresh token. It is spent in the write that stores what it buys.
    pub(crate) spends: Option<RowId>,
}

/// The part of a grant that only a person can give.
pub(crate) struct PersonGrant {
    /// All of what was granted: a refresh token keeps it whole.
    pub(crate) scope: Scope,
    pub(crate) auth_time: Timestamp,
    /// The credential that the person proved themselves with.
    pub(crate) credential: u32,
    pub(crate) amr: Vec<String>,
    pub(crate) sid: String,
    /// Of the authorization request; belongs in the first id token only (OIDC Core §12.2).
    pub(crate) nonce: Option<String>,
    /// Everything issued under this grant.
    /// Claims that were asked for by name.
    pub(crate) asked: AskedClaims,
    pub(crate) family: Family,
    pub(crate) refresh: Refresh,
}

/// What becomes of the refresh token.
pub(crate) enum Refresh {
    /// The client may not have one.
    None,
    /// The first of its family.
    First,
    /// The next generation, whose handle follows from the one that is spent.
    Next { handle: Handle, generation: u64, ends_at: Timestamp },
    /// A retry: the successor that exists already is answered again, and nothing is written for it.
    Again { handle: Handle },
}

/// The scope that a token request asks for (RFC 6749 §3.3).
fn asked_scope(parameters: &Parameters, client: &Client, cx: &Context<'_>) -> Result<Option<Scope>, Refusal> {
    let text = parameters.optional("scope").unwrap_or_default();
    let scope = Scope::parse(text).map_err(|_| Refusal::ScopeMalformed)?;
    Ok(cx.realm.asked(scope, &client.client_id))
}

/// Judges what the client presents.
pub(crate) async fn judge(
    grant_type: GrantType,
    parameters: &Parameters,
    client: &Client,
    cx: &Context<'_>,
) -> Result<Granted, Failure> {
    match grant_type {
        GrantType::ClientCredentials => client_credentials::judge(parameters, client, cx),
        GrantType::AuthorizationCode => authorization_code::judge(parameters, client, cx).await,
        GrantType::RefreshToken => refresh_token::judge(parameters, client, cx).await,
        GrantType::Implicit => Err(Refusal::GrantTypeUnsupported.into()),
    }
}
