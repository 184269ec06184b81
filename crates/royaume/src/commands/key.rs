//! `royaume key`: the signing keys of a realm, and server keys.

use std::time::Duration;

use jiff::Timestamp;
use royaume_jose::{Algorithm, SystemEntropy};
use royaume_realm::Lifetimes;
use royaume_server::stored::keyring::{KeyEntry, KeyState, Keyring};
use serde_json::{Value, json};

use super::admin::Opened;
use crate::cli::KeyCommand;
use crate::failure::Failure;
use crate::{output, place};

pub(super) async fn run(command: KeyCommand) -> Result<(), Failure> {
    match command {
        KeyCommand::List { realm, data } => {
            let opened = Opened::of(&data).await?;
            let admin = opened.realm(&realm)?;
            let (ring, now) = (admin.keyring().await?, admin.now);
            if data.json {
                output::json(&ring.keys.iter().map(|key| described(key, &ring, now)).collect::<Vec<_>>());
            } else {
                let until = |key: &KeyEntry| match (key.revoked_at, key.published_until) {
                    (Some(_), _) | (None, None) => "-".to_owned(),
                    (None, Some(until)) => until.to_string(),
                };
                let rows = ring.keys.iter().map(|key| {
                    vec![
                        key.kid.clone(),
                        key.algorithm.to_string(),
                        in_words(ring.state(key, now)).to_owned(),
                        key.signs_from.to_string(),
                        until(key),
                    ]
                });
                output::table(
                    &["KID", "ALGORITHM", "STATE", "SIGNS FROM", "PUBLISHED UNTIL"],
                    &rows.collect::<Vec<_>>(),
                );
            }
        }
        KeyCommand::Rotate { realm, algorithm, publish_seconds, data } => {
            let algorithm: Algorithm = algorithm.parse().map_err(Failure::usage)?;
            let opened = Opened::of(&data).await?;
            let admin = opened.realm(&realm)?;
            let usual = admin.realm.lifetimes.key_publication;
            let publish_for = publish_seconds.map_or(usual, Duration::from_secs);
            let key = admin.rotate_key(algorithm, publish_for).await?;
            if data.json {
                output::json(&described(&key, &admin.keyring().await?, admin.now));
            } else {
                output::line(&format!("{} is published now and signs from {}", key.kid, key.signs_from));
            }
        }
        KeyCommand::Revoke { realm, kid, data } => {
            let opened = Opened::of(&data).await?;
            let admin = opened.realm(&realm)?;
            let signing = admin.revoke_key(&kid).await?;
            if data.json {
                output::json(&json!({ "revoked": kid, "signing": signing.kid }));
            } else {
                output::line(&format!("{kid} is revoked; {} signs now", signing.kid));
                output::line(&format!(
                    "whoever verifies by themselves may believe the old key for {} seconds more, or for as long as they \
                     cache",
                    Lifetimes::KEYS_CACHED.as_secs()
                ));
            }
        }
        KeyCommand::NewServerKey { file } => {
            place::new_key(&file, &SystemEntropy)?;
            output::line(&format!(
                "{} holds a new server key: back it up apart from the database",
                file.display()
            ));
        }
    }
    Ok(())
}

fn described(key: &KeyEntry, ring: &Keyring, now: Timestamp) -> Value {
    json!({
        "kid": key.kid,
        "alg": key.algorithm,
        "state": ring.state(key, now),
        "created_at": key.created_at.to_string(),
        "signs_from": key.signs_from.to_string(),
        "published_until": key.published_until.map(|until| until.to_string()),
        "revoked_at": key.revoked_at.map(|revoked_at| revoked_at.to_string()),
    })
}

fn in_words(state: KeyState) -> &'static str {
    match state {
        KeyState::Announced => "announced",
        KeyState::Signing => "signing",
        KeyState::Published => "published",
        KeyState::Kept => "kept for hints",
        KeyState::Revoked => "revoked",
    }
}
