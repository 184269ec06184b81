//! Tokens of applications for themselves, kept sealed between commands: a script that wants one a thousand times asks the
//! server once.

use std::time::Duration;

use jiff::Timestamp;
use royaume_client::shared::SharedKey;
use royaume_client::{ClientError, TokenSet};
use royaume_protocol::{Scope, Secret};
use royaume_server::{Clock as _, SystemClock};
use serde::{Deserialize, Serialize};

use super::who::Speaker;
use crate::failure::Failure;
use crate::language::Language;
use crate::output;
use crate::vault::{self, Vault};

/// The vault of tokens.
const TOKENS: &str = "tokens";
/// A token is replaced so long before its end at most,
const MARGIN: Duration = Duration::from_secs(60);
/// and a clock that goes back by more makes it old.
const CLOCK_STEP: Duration = Duration::from_secs(60);

#[derive(Serialize, Deserialize)]
struct Kept {
    received_at: Timestamp,
    tokens: TokenSet,
}

impl Kept {
    /// Is it good for a while? A fifth of its life is left, or a minute.
    fn is_good(&self, now: Timestamp) -> bool {
        let Some(expires_at) = self.tokens.expires_at else { return false };
        let life = Duration::try_from(expires_at.duration_since(self.received_at)).unwrap_or_default();
        let margin = (life / 5).min(MARGIN);
        let from_here = now.checked_add(CLOCK_STEP).unwrap_or(Timestamp::MAX);
        self.received_at <= from_here && now.checked_add(margin).is_ok_and(|soon| soon < expires_at)
    }
}

/// The token that is kept, or a new one. A place that cannot be used stops nobody: then none is kept, and that is said.
pub(super) async fn kept_or_new(
    speaker: &Speaker,
    scope: Option<&Scope>,
    fresh: bool,
) -> Result<TokenSet, ClientError> {
    let ask = || speaker.client.client_credentials(scope.cloned(), SystemClock.now());
    let place = async {
        let vault = Vault::open(TOKENS)?;
        let key = key(speaker, scope).await?;
        Ok::<_, Failure>((vault, key))
    };
    let (vault, key) = match place.await {
        Ok(place) => place,
        Err(failure) => {
            unkept(&failure);
            return ask().await;
        }
    };
    if !fresh && let Some(tokens) = good(vault.read(&key).await) {
        return Ok(tokens);
    }
    let mut held = match vault.hold(key).await {
        Ok(held) => held,
        Err(failure) => {
            unkept(&failure);
            return ask().await;
        }
    };
    // Whoever held it may have asked.
    if !fresh && let Some(tokens) = good(held.read().await) {
        return Ok(tokens);
    }
    let received_at = SystemClock.now();
    let tokens = ask().await?;
    if tokens.expires_at.is_some() {
        let kept = Kept { received_at, tokens: tokens.clone() };
        let bytes = serde_json::to_vec(&kept).expect("tokens always serialise");
        held.write(&bytes).await.unwrap_or_else(|failure| unkept(&failure));
    }
    Ok(tokens)
}

/// Forgets a token that was given back.
pub(super) async fn forget(token: &Secret) {
    if !Vault::exists(TOKENS) {
        return;
    }
    let Ok(vault) = Vault::open(TOKENS) else { return };
    for key in vault.keys() {
        let Ok(mut held) = vault.hold(key).await else { continue };
        if read(held.read().await).is_some_and(|kept| kept.tokens.access_token == *token) {
            let _ = held.remove().await;
        }
    }
}

/// What does not read is replaced by the next token.
fn read(value: Result<Option<Vec<u8>>, Failure>) -> Option<Kept> {
    serde_json::from_slice(&value.ok()??).ok()
}

fn good(value: Result<Option<Vec<u8>>, Failure>) -> Option<TokenSet> {
    read(value).filter(|kept| kept.is_good(SystemClock.now())).map(|kept| kept.tokens)
}

/// Whose token, and what for. The secret is part of it, so that whoever tries another one hears what the server says of
/// it; the name is a keyed digest, which tells nobody what the secret is.
async fn key(speaker: &Speaker, scope: Option<&Scope>) -> Result<SharedKey, Failure> {
    let client = &speaker.client;
    let mut words: Vec<_> = scope.into_iter().flat_map(Scope::iter).collect();
    words.sort_unstable();
    words.dedup();
    let secret = speaker.secret.as_ref().map(Secret::expose).unwrap_or_default();
    let (provider, client_id) = (&client.provider, client.application.client_id());
    let whose = [
        provider.issuer.as_str(),
        &provider.token,
        client_id,
        secret,
        if scope.is_some() { "scope" } else { "" },
    ];
    let parts = whose.iter().chain(&words).map(|part| format!("{}:{part}", part.len()));
    let text = parts.collect::<String>();
    let mac = vault::sealing().await?.key.mac_key("kept tokens");
    Ok(SharedKey::from_bytes(mac.mac(&[text.as_bytes()])))
}

fn unkept(failure: &Failure) {
    let why = failure.to_string();
    output::remark(&match Language::of_environment() {
        Language::French => format!("Le jeton n'est pas gardé : {why}"),
        Language::English => format!("The token is not kept: {why}"),
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(received_at: &str, expires_at: Option<&str>) -> Kept {
        let tokens = TokenSet {
            access_token: Secret::from("t"),
            expires_at: expires_at.map(|at| at.parse().unwrap()),
            scope: None,
            refresh_token: None,
            id_token: None,
            claims: None,
        };
        Kept { received_at: received_at.parse().unwrap(), tokens }
    }

    #[test]
    fn a_token_is_good_until_shortly_before_its_end() {
        let long = kept("2026-01-01T00:00:00Z", Some("2026-01-01T00:25:00Z"));
        let short = kept("2026-01-01T00:00:00Z", Some("2026-01-01T00:00:10Z"));
        for (kept, now, good) in [
            (&long, "2026-01-01T00:23:59Z", true),
            (&long, "2026-01-01T00:24:00Z", false),
            (&long, "2026-01-01T01:00:00Z", false),
            (&long, "2025-12-31T23:59:30Z", true),
            (&long, "2025-12-31T23:00:00Z", false),
            (&short, "2026-01-01T00:00:07Z", true),
            (&short, "2026-01-01T00:00:08Z", false),
        ] {
            assert_eq!(kept.is_good(now.parse().unwrap()), good, "{now}");
        }
        assert!(!kept("2026-01-01T00:00:00Z", None).is_good("2026-01-01T00:00:00Z".parse().unwrap()));
    }
}
