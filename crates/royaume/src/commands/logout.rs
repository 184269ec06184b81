//! `royaume logout`: the tokens of the last login are given back and forgotten.

use std::collections::BTreeMap;

use royaume_client::LogoutStep;
use royaume_server::{Clock as _, SystemClock};
use serde_json::json;

use super::logins::Logins;
use super::who::Speaker;
use crate::cli::{Kind, Saved};
use crate::failure::Failure;
use crate::output;

pub(super) async fn run(asked: Saved) -> Result<(), Failure> {
    let speaker = Speaker::of(&asked.who, &[Kind::Private, Kind::Public]).await?;
    let logins = Logins::open()?;
    let mut login = logins.hold(&speaker).await?;
    let tokens = login.tokens(&speaker).await?;
    let last = tokens.refresh_token.as_ref().unwrap_or(&tokens.access_token);
    // Forgotten here whatever the server says: but if it could not be told, that is said.
    let revoked = speaker.client.revoke(last, SystemClock.now()).await;
    login.forget().await?;
    let step = speaker.client.logout(&tokens, None).ok();
    if asked.who.json {
        output::json(&json!({
            "revoked": revoked.is_ok(),
            "logout": step.map(|LogoutStep { url, form }| json!({
                "method": if form.is_empty() { "GET" } else { "POST" },
                "url": url,
                "form": form.into_iter().collect::<BTreeMap<_, _>>(),
            })),
        }));
        return Ok(());
    }
    match &revoked {
        Ok(()) => output::line("The tokens are given back and forgotten."),
        Err(error) => {
            output::line("The tokens are forgotten here.");
            let error = output::harmless(&error.to_string());
            output::remark(&format!("They were not given back, so they end by themselves: {error}"));
        }
    }
    match step {
        Some(LogoutStep { url, form }) if form.is_empty() => {
            output::line(&format!("To end the session in the browser too, open:\n  {url}"));
        }
        // An address in a terminal is opened by GET; this one is for a page of the application.
        Some(LogoutStep { url, .. }) => output::line(&format!(
            "To end the session in the browser too, a page of the application posts id_token_hint to:\n  {url}"
        )),
        None => {}
    }
    Ok(())
}
