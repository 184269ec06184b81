//! `royaume token`: a token for an application (client credentials).

use royaume_client::ClientError;
use royaume_server::{Clock as _, SystemClock};

use super::who::{self, Speaker};
use crate::cli::{Kind, Token};
use crate::failure::Failure;
use crate::output;

pub(super) async fn run(asked: Token) -> Result<(), Failure> {
    let speaker = Speaker::of(&asked.who, &[Kind::Machine, Kind::Private]).await?;
    let scope = who::scope(asked.scope.as_deref(), &speaker)?;
    let tokens = match (speaker.client.client_credentials(scope.clone(), SystemClock.now()).await, scope) {
        (Err(error @ ClientError::ScopeRefused(_)), Some(scope)) => {
            let refused = speaker.client.refused_scopes(&scope, SystemClock.now()).await;
            return Err(refused.map_or_else(|_| error.into(), |refused| which(&refused)));
        }
        (tokens, _) => tokens?,
    };
    if asked.who.json {
        output::json(&who::described(&tokens));
    } else {
        output::line(tokens.access_token.expose());
    }
    Ok(())
}

/// Which scopes it was, and what to do about it.
fn which(refused: &[String]) -> Failure {
    Failure::Refused(match refused {
        [] => "the scope was refused, although the server grants each of its words alone: ask for them separately".to_owned(),
        [one] => format!("the server refuses {one:?}: leave it out, or see that the application is granted it"),
        several => format!(
            "the server refuses {}: leave them out, or see that the application is granted them",
            several.iter().map(|one| format!("{one:?}")).collect::<Vec<_>>().join(", ")
        ),
    })
}
