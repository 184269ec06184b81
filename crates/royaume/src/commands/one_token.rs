//! `royaume introspect` and `royaume revoke`: one token, looked at or given back.

use std::io::Read as _;

use royaume_protocol::Secret;
use royaume_server::{Clock as _, SystemClock};

use super::who::Speaker;
use super::{kept_token, logins};
use crate::cli::{Kind, OneToken};
use crate::failure::Failure;
use crate::output;

/// Of the samples of a rehearsal: a token belongs to the application that got it.
const USUAL: [Kind; 3] = [Kind::Private, Kind::Machine, Kind::Public];

pub(super) async fn introspect(asked: OneToken) -> Result<(), Failure> {
    let token = token(&asked)?;
    let speaker = Speaker::about(&asked.who, &USUAL, &token).await?;
    output::json(&speaker.client.introspect(&token, SystemClock.now()).await?);
    Ok(())
}

pub(super) async fn revoke(asked: OneToken) -> Result<(), Failure> {
    let token = token(&asked)?;
    let speaker = Speaker::about(&asked.who, &USUAL, &token).await?;
    let (issuer, client_id) = (&speaker.client.provider.issuer, speaker.client.application.client_id());
    let its_own = logins::has(issuer, client_id, &token).await;
    speaker.client.revoke(&token, SystemClock.now()).await?;
    kept_token::forget(&token).await;
    // RFC 7009 §2.2: a token that the server does not know is answered alike, and so may be one of somebody else.
    if asked.who.json {
        let revoked = its_own.then_some(true);
        output::json(&serde_json::json!({ "accepted": true, "client_id": client_id, "revoked": revoked }));
    } else if its_own {
        output::line("The token is dead.");
    } else {
        output::line(&format!("The server accepted it: if the token was given to {client_id}, it is dead."));
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
