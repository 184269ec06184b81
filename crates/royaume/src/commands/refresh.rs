//! `royaume refresh`: the tokens of the last login, renewed.

use royaume_client::ClientError;
use royaume_server::{Clock as _, SystemClock};

use super::logins::Logins;
use super::who::{self, Speaker};
use crate::cli::{Kind, Saved};
use crate::failure::Failure;
use crate::output;

pub(super) async fn run(asked: Saved) -> Result<(), Failure> {
    let speaker = Speaker::of(&asked.who, &[Kind::Private, Kind::Public]).await?;
    let logins = Logins::open()?;
    let mut login = logins.hold(&speaker).await?;
    let tokens = login.tokens(&speaker).await?;
    let renewed = match speaker.client.refresh(&tokens, SystemClock.now()).await {
        Ok(renewed) => renewed,
        Err(error) => {
            // A dead grant is forgotten; trouble on the way is not a reason to.
            if matches!(error, ClientError::GrantRefused(_)) {
                login.forget().await?;
            }
            return Err(error.into());
        }
    };
    login.keep(renewed.clone()).await?;
    if asked.who.json {
        output::json(&who::described(&renewed));
    } else {
        output::line(renewed.access_token.expose());
    }
    Ok(())
}
