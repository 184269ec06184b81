//! `royaume token`: a token for an application (client credentials), kept for the next command.

use royaume_client::ClientError;
use royaume_realm::{BaseUrl, Place};
use royaume_server::{Clock as _, SystemClock};

use super::kept_token::kept_or_new;
use super::token_format;
use super::who::{self, Speaker};
use crate::cli::{Format, Kind, Token};
use crate::failure::Failure;
use crate::language::Language;
use crate::output;

/// Where France Travail's APIs are.
const APIS: &str = "https://api.francetravail.io";

pub(super) async fn run(asked: Token) -> Result<(), Failure> {
    let speaker = Speaker::of(&asked.who, &[Kind::Machine, Kind::Private]).await?;
    let scope = who::scope(asked.scope.as_deref(), &speaker)?;
    let format = asked.format();
    // Before the server is asked for what could not be printed.
    let host = (format == Format::Netrc).then(|| host(&asked, &speaker)).transpose()?;
    let tokens = match (kept_or_new(&speaker, scope.as_ref(), asked.fresh).await, scope) {
        (Err(error @ ClientError::ScopeRefused(_)), Some(scope)) => {
            let refused = speaker.client.refused_scopes(&scope, SystemClock.now()).await;
            return Err(refused.map_or_else(|_| error.into(), |refused| which(&refused)));
        }
        (tokens, _) => tokens?,
    };
    if format == Format::Json {
        output::json(&who::described(&tokens));
    } else {
        output::line(&token_format::text(&tokens, format, host.as_deref())?);
    }
    Ok(())
}

/// The host of the APIs that the token is for.
fn host(asked: &Token, speaker: &Speaker) -> Result<String, Failure> {
    let of_profile = || speaker.profile.as_ref()?.api.as_deref();
    let usual = (speaker.place == Some(Place::Production)).then_some(APIS);
    let api = asked.api.as_deref().or_else(of_profile).or(usual).ok_or_else(|| {
        Failure::usage(Language::of_environment().say(
            "netrc veut l'hôte de l'API : donnez --api URL",
            "netrc wants the host of the API: say --api URL",
        ))
    })?;
    let base = BaseUrl::parse(api).map_err(|error| Failure::usage(format!("--api: {error}")))?;
    let authority = base.origin().split_once("://").map_or("", |(_, authority)| authority);
    Ok(match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host.to_owned(),
        Some(_) | None => authority.to_owned(),
    })
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
