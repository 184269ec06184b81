//! `royaume account`: the people of a realm.

use royaume_server::admin::NewAccount;
use serde_json::json;

use super::admin::{Opened, new_password};
use crate::cli::{AccountCommand, OneAccount};
use crate::failure::Failure;
use crate::output;

pub(super) async fn run(command: AccountCommand) -> Result<(), Failure> {
    match command {
        AccountCommand::Add { account: OneAccount { realm, username, data }, claims } => {
            let claims = serde_json::from_str(&claims)
                .map_err(|error| Failure::usage(format!("--claims is no JSON object: {error}")))?;
            let opened = Opened::of(&data).await?;
            let password = new_password()?;
            let wish = NewAccount { username, subject: None, claims };
            let account =
                opened.realm(&realm)?.add_account(wish, Some(&password), &opened.passwords()).await?;
            if data.json {
                output::json(&json!({ "username": account.username, "sub": account.subject }));
            } else {
                output::line(&format!("{} is {}", account.username, account.subject));
            }
        }
        AccountCommand::List { realm, data } => {
            let accounts = Opened::of(&data).await?.realm(&realm)?.accounts().await?;
            let state = |disabled| if disabled { "disabled" } else { "active" };
            if data.json {
                let shown = accounts.iter().map(|account| {
                    json!({ "username": account.username, "sub": account.subject, "state": state(account.disabled) })
                });
                output::json(&shown.collect::<Vec<_>>());
            } else {
                let rows = accounts.iter().map(|account| {
                    vec![account.username.clone(), state(account.disabled).into(), account.subject.clone()]
                });
                output::table(&["USERNAME", "STATE", "SUB"], &rows.collect::<Vec<_>>());
            }
        }
        AccountCommand::Disable { account: OneAccount { realm, username, data }, undo } => {
            Opened::of(&data).await?.realm(&realm)?.disable_account(&username, !undo).await?;
            let state = if undo { "active" } else { "disabled" };
            if data.json {
                output::json(&json!({ "username": username, "state": state }));
            } else {
                output::line(&format!("{username} is {state}"));
            }
        }
        AccountCommand::SetPassword(OneAccount { realm, username, data }) => {
            let opened = Opened::of(&data).await?;
            let password = new_password()?;
            opened.realm(&realm)?.set_password(&username, &password, &opened.passwords()).await?;
            if data.json {
                output::json(&json!({ "username": username }));
            } else {
                output::line(&format!(
                    "{username} has a new password; sessions and tokens from before are dead"
                ));
            }
        }
    }
    Ok(())
}
