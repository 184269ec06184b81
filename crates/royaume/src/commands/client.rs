//! `royaume client`: the applications of a realm.

use std::io::Read as _;
use std::path::Path;
use std::time::Duration;

use royaume_protocol::{ClientMetadata, Secret};
use royaume_realm::Realm;
use royaume_server::admin::{NewClient, client_metadata, told};
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
            metadata,
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
                metadata: metadata.as_deref().map(read_metadata).transpose()?.unwrap_or_default(),
            };
            let admin = opened.realm(&realm)?;
            let (client, secret) = admin.add_client(wish).await?;
            print_once(&described(&client, admin.realm), secret, data.json);
        }
        ClientCommand::Update { client: OneClient { realm, client_id, data }, metadata } => {
            let metadata = read_metadata(&metadata)?;
            let opened = Opened::of(&data).await?;
            let admin = opened.realm(&realm)?;
            let (client, secret) = admin.update_client(&client_id, &metadata).await?;
            print_once(&described(&client, admin.realm), secret, data.json);
        }
        ClientCommand::RegistrationToken { realm, uses, expires_in, data } => {
            let opened = Opened::of(&data).await?;
            let token = opened.realm(&realm)?.invite(uses, Duration::from_secs(expires_in)).await?;
            if data.json {
                let shown =
                    json!({ "initial_access_token": token.expose(), "uses": uses, "expires_in": expires_in });
                output::json(&shown);
            } else {
                output::line(token.expose());
                output::remark("The token is shown this once.");
            }
        }
        ClientCommand::List { realm, data } => {
            let opened = Opened::of(&data).await?;
            let admin = opened.realm(&realm)?;
            let clients = admin.clients().await?;
            if data.json {
                let shown = clients.iter().map(|client| described(client, admin.realm));
                output::json(&shown.collect::<Vec<_>>());
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
            let opened = Opened::of(&data).await?;
            let admin = opened.realm(&realm)?;
            let shown = described(&admin.client(&client_id).await?, admin.realm);
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

/// What a client says of itself, from a file or standard input.
fn read_metadata(file: &Path) -> Result<ClientMetadata, Failure> {
    let cannot =
        |error: std::io::Error| Failure::Usage(format!("{} cannot be read: {error}", file.display()));
    let mut text = Vec::new();
    if file == Path::new("-") {
        std::io::stdin().lock().read_to_end(&mut text).map_err(cannot)?;
    } else {
        text = std::fs::read(file).map_err(cannot)?;
    }
    Ok(client_metadata(&text)?)
}

/// A client with a secret that is shown this once, when it was given one.
fn print_once(shown: &Value, secret: Option<Secret>, as_json: bool) {
    let mut shown = shown.clone();
    if let Some(secret) = &secret {
        shown["client_secret"] = secret.expose().into();
    }
    if as_json {
        output::json(&shown);
        return;
    }
    print(&shown);
    if secret.is_some() {
        output::remark("The secret is shown this once: keep it somewhere safe.");
    }
}

/// What may be shown of a client: all but the digests of its secrets.
fn described(client: &Client, realm: &Realm) -> Value {
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
        "self_registered": client.self_registered,
        "metadata": told(client, realm),
    })
}

fn print(shown: &Value) {
    // What it says of itself follows, without what has been said.
    let said =
        shown["metadata"].as_object().into_iter().flatten().filter(|(name, _)| shown.get(name).is_none());
    let own = shown.as_object().into_iter().flatten().filter(|(name, _)| *name != "metadata");
    for (name, value) in own.chain(said) {
        let text = match value {
            Value::String(text) => output::harmless(text),
            Value::Array(items) => items
                .iter()
                .filter_map(Value::as_str)
                .map(output::harmless)
                .collect::<Vec<_>>()
                .join("\n                           "),
            other => output::harmless(&other.to_string()),
        };
        if !text.is_empty() {
            output::line(&format!("{name:<26} {text}"));
        }
    }
}
