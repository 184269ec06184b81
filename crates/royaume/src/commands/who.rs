//! Which application speaks to which realm of which server: from options, environment, files, or the samples of a
//! rehearsal on this machine. Secrets never come from the command line.

use std::io::Read as _;
use std::path::Path;

use royaume_client::{Client, ClientAuthentication, Provider, ReqwestTransport};
use royaume_protocol::{Scope, Secret};
use royaume_realm::{Place, Topology};
use serde_json::Value;

use super::explain::place;
use super::{admin::known, dev};
use crate::cli::{Kind, Who};
use crate::failure::Failure;
use crate::place::default_data;

/// An application, ready to speak.
pub(super) struct Speaker {
    pub(super) client: Client<ReqwestTransport>,
    /// The realm's canonical name.
    pub(super) realm: String,
    /// All that a sample application may ask for.
    pub(super) scope: Option<Scope>,
}

impl Speaker {
    /// Finds out who speaks; of a rehearsal's samples the first kind of `usual` that the realm has.
    pub(super) fn of(who: &Who, usual: &[Kind]) -> Result<Self, Failure> {
        let topology = Topology::preset(Topology::FRANCE_TRAVAIL).map_err(Failure::usage)?;
        let realm = known(&topology, &who.realm)?.name.to_string();
        let place = place(&who.server.server)?;
        let provider = Provider::from(topology.provider(&realm, &place).map_err(Failure::usage)?);
        let kinds = who.app.map_or_else(|| usual.to_vec(), |kind| vec![kind]);
        let (application, scope) = match &who.client_id {
            Some(client_id) => (named(client_id, who)?, None),
            None => sample(&realm, &kinds, &place, who)?,
        };
        let client = Client::new(provider, application, ReqwestTransport::new()?);
        Ok(Self { client, realm, scope })
    }
}

/// The application that was named, with its secret if it has one.
fn named(client_id: &str, who: &Who) -> Result<ClientAuthentication, Failure> {
    if who.app == Some(Kind::Public) {
        return Ok(ClientAuthentication::none(client_id));
    }
    let secret = match &who.client_secret_file {
        Some(path) => Some(read_secret(path)?),
        None => std::env::var("ROYAUME_CLIENT_SECRET").ok().map(Secret::from),
    };
    match secret {
        Some(secret) => Ok(ClientAuthentication::post(client_id, secret)),
        None => Err(Failure::usage(
            "the application has no secret here: set ROYAUME_CLIENT_SECRET, or name --client-secret-file FILE (- for \
             standard input), or say --app public",
        )),
    }
}

/// A secret from a file, or from standard input.
fn read_secret(path: &Path) -> Result<Secret, Failure> {
    let text = if path == Path::new("-") {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).map(|_| text)
    } else {
        std::fs::read_to_string(path)
    };
    let text = text
        .map_err(|error| Failure::usage(format!("the secret {} cannot be read: {error}", path.display())))?;
    Ok(Secret::from(text.trim()))
}

/// A sample application of the rehearsal that is addressed.
fn sample(
    realm: &str,
    kinds: &[Kind],
    place: &Place,
    who: &Who,
) -> Result<(ClientAuthentication, Option<Scope>), Failure> {
    let missing = || {
        Failure::usage(
            "which application? Set ROYAUME_CLIENT_ID and ROYAUME_CLIENT_SECRET, or start royaume dev and use its samples",
        )
    };
    let data = who.data.clone().unwrap_or_else(default_data);
    let description = dev::read_description(&data).ok_or_else(missing)?;
    let here = match place {
        Place::At(base) => description["base_url"] == base.to_string(),
        Place::Production => false,
    };
    // Sample secrets go to the rehearsal that made them, and to nobody else.
    if !here {
        return Err(missing());
    }
    let clients = description["clients"].as_array().ok_or_else(missing)?;
    let found = kinds.iter().find_map(|kind| {
        let kind = royaume_server::stored::client::Application::from(*kind);
        clients.iter().find(|client| client["realm"] == realm && client["kind"] == kind.as_str())
    });
    let client = found.ok_or_else(|| {
        Failure::usage(format!(
            "the rehearsal has no such application in realm {realm}: see royaume client list"
        ))
    })?;
    let client_id = client["client_id"].as_str().ok_or_else(missing)?;
    let application = match client["client_secret"].as_str() {
        Some(secret) => ClientAuthentication::post(client_id, secret),
        None => ClientAuthentication::none(client_id),
    };
    Ok((application, client["scope"].as_str().and_then(|scope| Scope::parse(scope).ok())))
}

/// A scope from the command line.
pub(super) fn scope(text: Option<&str>) -> Result<Option<Scope>, Failure> {
    text.map(Scope::parse).transpose().map_err(Failure::usage)
}

/// Tokens for programs: the members of a token response (RFC 6749 §5.1), and when they end.
pub(super) fn described(tokens: &royaume_client::TokenSet) -> Value {
    serde_json::json!({
        "access_token": tokens.access_token.expose(),
        "token_type": "Bearer",
        "expires_at": tokens.expires_at.map(|at| at.to_string()),
        "scope": tokens.scope.as_ref().map(ToString::to_string),
        "refresh_token": tokens.refresh_token.as_ref().map(Secret::expose),
        "id_token": tokens.id_token.as_ref().map(Secret::expose),
        "claims": tokens.claims,
    })
}
