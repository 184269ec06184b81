//! `royaume introspect` and `royaume revoke`: one token, looked at or given back.

use std::io::Read as _;

use royaume_protocol::Secret;

use super::who::Speaker;
use crate::cli::{Kind, OneToken};
use crate::failure::Failure;
use crate::output;

/// Of the samples of a rehearsal: a token belongs to the application that got it.
const USUAL: [Kind; 3] = [Kind::Private, Kind::Machine, Kind::Public];

pub(super) async fn introspect(asked: OneToken) -> Result<(), Failure> {
    let token = token(&asked)?;
    let speaker = Speaker::of(&asked.who, &USUAL)?;
    output::json(&speaker.client.introspect(&token).await?);
    Ok(())
}

pub(super) async fn revoke(asked: OneToken) -> Result<(), Failure> {
    let token = token(&asked)?;
    let speaker = Speaker::of(&asked.who, &USUAL)?;
    speaker.client.revoke(&token).await?;
    if asked.who.json {
        output::json(&serde_json::json!({ "revoked": true }));
    } else {
        output::line("The token is dead.");
    }
    Ok(())
}

/// The token, from the command line or standard input.
fn token(asked: &OneToken) -> Result<Secret, Failure> {
    match asked.token.as_deref() {
        Some(token) if token != "-" => Ok(Secret::from(token)),
        _ => {
            let mut text = String::new();
            std::io::stdin().read_to_string(&mut text).map_err(Failure::usage)?;
            Ok(Secret::from(text.trim()))
        }
    }
}
