//! Whose is a token? Asked by an API in the same process, which has no need of HTTP to introspect it (RFC 7662 §2).

use std::sync::Arc;

use royaume_protocol::Scope;
use royaume_realm::{Endpoint, Located, NamedBy, Spelling};
use serde_json::{Map, Value};

use crate::context::{Context, Peer};
use crate::people;
use crate::refusal::Fault;
use crate::server::Parts;
use crate::tokens::access_token;

/// What a live access token stands for.
#[derive(Debug, Clone, PartialEq)]
pub struct TokenHolder {
    /// The realm that issued it, by its canonical name.
    pub realm: String,
    /// The application.
    pub client_id: String,
    /// The person, as the application is told (OIDC Core §8); the application itself when no person is involved.
    pub subject: String,
    /// What was granted.
    pub scope: Scope,
    /// What the account has, whatever the scope: it is for the API to give out no more than it should. Empty when no
    /// person is involved.
    pub claims: Map<String, Value>,
}

/// Looks for the token in every realm: an access token does not say of which it is.
pub(crate) async fn of(presented: &str, parts: &Arc<Parts>) -> Result<Option<TokenHolder>, Fault> {
    let now = parts.clock.now();
    for (position, realm) in parts.realms.iter().enumerate() {
        let spelling = Spelling { named_by: NamedBy::Path, canonical: true, misspelled: false };
        let located = Located { realm: &realm.realm, position, endpoint: Endpoint::Introspection, spelling };
        let cx = Context::new(parts, realm, located, now, Peer::default().0);
        let Some(live) = access_token::find(presented, &cx).await? else { continue };
        let token = &live.token;
        let account = if token.is_of_person() {
            people::able(&token.subject, token.credential, &cx).await?
        } else {
            None
        };
        return Ok(Some(TokenHolder {
            realm: realm.name.as_str().to_owned(),
            subject: live.told_subject(&cx),
            claims: account.map(|account| account.claims.clone()).unwrap_or_default(),
            client_id: live.token.client_id,
            scope: live.token.scope,
        }));
    }
    Ok(None)
}
