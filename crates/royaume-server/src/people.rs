//! People: may this person still use what was granted, and what may be said about them?

use std::sync::Arc;

use jiff::Timestamp;
use royaume_protocol::Scope;
use serde_json::{Map, Value};

use crate::context::Context;
use crate::refusal::Fault;
use crate::stored::account::Account;

/// The account behind a grant that began at `auth_time`, if it may still be used: it exists, is not disabled, and
/// its password has not been changed since.
pub(crate) async fn able(
    subject: &str,
    auth_time: Timestamp,
    cx: &Context<'_>,
) -> Result<Option<Arc<Account>>, Fault> {
    let account = cx.account(subject).await?;
    Ok(account.filter(|account| !account.disabled && account.password_changed_at <= auth_time))
}

/// What may be said about a person under a scope (OIDC Core §5.4): the claims that the realm attaches to each scope,
/// as far as the account has them.
pub(crate) fn claims(account: &Account, scope: &Scope, cx: &Context<'_>) -> Map<String, Value> {
    let mut claims = Map::new();
    claims.insert("sub".into(), account.subject.clone().into());
    for described in cx.realm.realm.scopes.iter().filter(|described| scope.contains(&described.name)) {
        for name in &described.claims {
            if let Some(value) = account.claims.get(name).filter(|_| name != "sub") {
                claims.insert(name.clone(), value.clone());
            }
        }
    }
    claims
}
