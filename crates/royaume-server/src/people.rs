//! People: may this person still use what was granted, and what may be said about them?

use std::sync::Arc;

use royaume_protocol::Scope;
use serde_json::{Map, Value};

use crate::context::Context;
use crate::refusal::Fault;
use crate::stored::account::Account;
use crate::stored::client::Client;

/// The account behind what came from that credential of the person's, if it may still be used: the account exists, is
/// not disabled, and the credential is still the one in force.
pub(crate) async fn able(
    subject: &str,
    credential: u32,
    cx: &Context<'_>,
) -> Result<Option<Arc<Account>>, Fault> {
    let account = cx.account(subject).await?;
    Ok(account.filter(|account| !account.disabled && account.credential == credential))
}

/// The `sub` that a client is told (OIDC Core §8): the person's own, or one that another sector cannot link to it.
pub(crate) fn told_subject(_client: &Client, subject: &str, _cx: &Context<'_>) -> String {
    subject.to_owned()
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
