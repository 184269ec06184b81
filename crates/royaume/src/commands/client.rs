//! `royaume client`: the applications of a realm.

use royaume_server::admin::NewClient;
use royaume_server::stored::client::Client;
use serde_json::{Value, json};

use super::admin::Opened;
use crate::cli::{ClientCommand, OneClient};
use crate::failure::Failure;
use crate::output;

pub(super) async fn run(command: ClientCommand) -> Result<(), Failure> {
    match command {
        ClientCommand::Add {
            realm,
            kind,
            name,
            client_id,
            redirect_uris,
            post_logout_redirect_uris,
            scope,
            introspects_all,
            data,
        } => {
            let opened = Opened::of(&data).await?;
            let wish = NewClient {
                client_id,
                name,
                application: kind.into(),
                redirect_uris,
                post_logout_redirect_uris,
                scope,
                grants: None,
                introspects_all,
                secret: None,
                metadata: royaume_protocol::ClientMetadata::default(),
            };
            let (client, secret) = opened.realm(&realm)?.add_client(wish).await?;
            let mut shown = described(&client);
            if let Some(secret) = secret {
                shown["client_secret"] = secret.expose().into();
            }
            if data.json {
                output::json(&shown);
            } else {
                print(&shown);
                if shown.get("client_secret").is_some() {
                    output::remark("The secret is shown this once: keep it somewhere safe.");
                }
            }
        }
        ClientCommand::List { realm, data } => {
            let clients = Opened::of(&data).await?.realm(&realm)?.clients().await?;
            if data.json {
                output::json(&clients.iter().map(described).collect::<Vec<_>>());
            } else {
                let rows = clients.iter().map(|client| {
                    let state = if client.disabled { "disabled" } else { "active" };
                    vec![
                        client.client_id.clone(),
                        client.application.as_str().into(),
                        state.into(),
                        client.name.clone(),
                    ]
                });
                output::table(&["CLIENT_ID", "KIND", "STATE", "NAME"], &rows.collect::<Vec<_>>());
            }
        }
        ClientCommand::Show(OneClient { realm, client_id, data }) => {
            let shown = described(&Opened::of(&data).await?.realm(&realm)?.client(&client_id).await?);
            if data.json { output::json(&shown) } else { print(&shown) }
        }
        ClientCommand::RotateSecret { client: OneClient { realm, client_id, data }, only } => {
            let secret = Opened::of(&data).await?.realm(&realm)?.rotate_secret(&client_id, only).await?;
            if data.json {
                output::json(&json!({ "client_id": client_id, "client_secret": secret.expose() }));
            } else {
                output::line(secret.expose());
                if !only {
                    output::remark("The last secret stays valid until the next rotation.");
                }
            }
        }
        ClientCommand::Disable { client: OneClient { realm, client_id, data }, undo } => {
            Opened::of(&data).await?.realm(&realm)?.disable_client(&client_id, !undo).await?;
            let state = if undo { "active" } else { "disabled" };
            if data.json {
                output::json(&json!({ "client_id": client_id, "state": state }));
            } else {
                output::line(&format!("{client_id} is {state}"));
            }
        }
    }
    Ok(())
}

/// What may be shown of a client: all but the digests of its secrets.
fn described(client: &Client) -> Value {
    json!({
        "client_id": client.client_id,
        "name": client.name,
        "kind": client.application.as_str(),
        "state": if client.disabled { "disabled" } else { "active" },
        "authentication": client.authentication.iter().map(|method| method.as_str()).collect::<Vec<_>>(),
        "grants": client.grants.iter().map(|grant| grant.as_str()).collect::<Vec<_>>(),
        "redirect_uris": client.redirect_uris.iter().map(|uri| uri.as_str()).collect::<Vec<_>>(),
        "post_logout_redirect_uris":
            client.post_logout_redirect_uris.iter().map(|uri| uri.as_str()).collect::<Vec<_>>(),
        "scope": client.scope.to_string(),
        "introspects_all": client.introspects_all,
        "secrets": client.secrets.iter().map(|secret| secret.created_at.to_string()).collect::<Vec<_>>(),
        "created_at": client.created_at.to_string(),
    })
}

fn print(shown: &Value) {
    for (name, value) in shown.as_object().into_iter().flatten() {
        let text = match value {
            Value::String(text) => output::harmless(text),
            Value::Array(items) => items
                .iter()
                .filter_map(Value::as_str)
                .map(output::harmless)
                .collect::<Vec<_>>()
                .join("\n                           "),
            other => other.to_string(),
        };
        if !text.is_empty() {
            output::line(&format!("{name:<26} {text}"));
        }
    }
}
