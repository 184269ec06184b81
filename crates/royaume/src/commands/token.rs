//! `royaume token`: a token for an application (client credentials).

use royaume_server::{Clock as _, SystemClock};

use super::who::{self, Speaker};
use crate::cli::{Kind, Token};
use crate::failure::Failure;
use crate::output;

pub(super) async fn run(asked: Token) -> Result<(), Failure> {
    let scope = who::scope(asked.scope.as_deref())?;
    let speaker = Speaker::of(&asked.who, &[Kind::Machine, Kind::Private]).await?;
    let tokens = speaker.client.client_credentials(scope, SystemClock.now()).await?;
    if asked.who.json {
        output::json(&who::described(&tokens));
    } else {
        output::line(tokens.access_token.expose());
    }
    Ok(())
}
