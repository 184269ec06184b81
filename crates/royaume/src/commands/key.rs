//! `royaume key`: the signing keys of a realm, and server keys.

use std::time::Duration;

use royaume_jose::{Algorithm, SystemEntropy};
use royaume_server::stored::keyring::KeyEntry;
use serde_json::{Value, json};

use super::admin::Opened;
use crate::cli::KeyCommand;
use crate::failure::Failure;
use crate::{output, place};

pub(super) async fn run(command: KeyCommand) -> Result<(), Failure> {
    match command {
        KeyCommand::List { realm, data } => {
            let keys = Opened::of(&data).await?.realm(&realm)?.keys().await?;
            if data.json {
                output::json(&keys.iter().map(described).collect::<Vec<_>>());
            } else {
                let until =
                    |key: &KeyEntry| key.published_until.map_or("-".to_owned(), |until| until.to_string());
                let rows = keys.iter().map(|key| {
                    vec![key.kid.clone(), key.algorithm.to_string(), key.signs_from.to_string(), until(key)]
                });
                output::table(
                    &["KID", "ALGORITHM", "SIGNS FROM", "PUBLISHED UNTIL"],
                    &rows.collect::<Vec<_>>(),
                );
            }
        }
        KeyCommand::Rotate { realm, algorithm, publish_seconds, data } => {
            let algorithm: Algorithm = algorithm.parse().map_err(Failure::usage)?;
            let opened = Opened::of(&data).await?;
            let publish_for = Duration::from_secs(publish_seconds);
            let key = opened.realm(&realm)?.rotate_key(algorithm, publish_for).await?;
            if data.json {
                output::json(&described(&key));
            } else {
                output::line(&format!("{} is published now and signs from {}", key.kid, key.signs_from));
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

fn described(key: &KeyEntry) -> Value {
    json!({
        "kid": key.kid,
        "alg": key.algorithm,
        "created_at": key.created_at.to_string(),
        "signs_from": key.signs_from.to_string(),
        "published_until": key.published_until.map(|until| until.to_string()),
    })
}
