//! Which application speaks to which provider: from options, environment, files, or the samples of a rehearsal on this
//! machine. Secrets never come from the command line.

use std::io::Read as _;
use std::path::Path;

use royaume_client::{Client, ClientAuthentication, Provider, ReqwestTransport};
use royaume_protocol::{Scope, Secret};
use royaume_realm::{BaseUrl, Place};
use serde_json::Value;

use super::explain::place;
use super::{admin::known, dev, logins};
use crate::cli::{Kind, Who};
use crate::failure::Failure;
use crate::language::Language;
use crate::output;
use crate::place::{LONGEST_SECRET, default_data, quoted, read_private};

/// An application, ready to speak.
pub(super) struct Speaker {
    pub(super) client: Client<ReqwestTransport>,
    /// The option that names the realm or the issuer.
    pub(super) option: String,
    /// All that a sample application may ask for.
    pub(super) scope: Option<Scope>,
}

/// A sample application of a rehearsal.
struct Sample {
    application: ClientAuthentication,
    scope: Option<Scope>,
}

impl Speaker {
    /// Finds out who speaks; of a rehearsal's samples the first kind of `usual` that the realm has.
    pub(super) async fn of(who: &Who, usual: &[Kind]) -> Result<Self, Failure> {
        Self::found(who, usual, None).await
    }

    /// Finds out who speaks about a token: of a rehearsal's samples the one whose last login has it, if one has.
    pub(super) async fn about(who: &Who, usual: &[Kind], token: &Secret) -> Result<Self, Failure> {
        Self::found(who, usual, Some(token)).await
    }

    async fn found(who: &Who, usual: &[Kind], token: Option<&Secret>) -> Result<Self, Failure> {
        let transport = ReqwestTransport::new()?;
        if let Some(issuer) = &who.issuer {
            BaseUrl::parse(issuer).map_err(|error| Failure::usage(format!("--issuer: {error}")))?;
            let client_id = who.client_id.as_deref().ok_or_else(|| {
                Failure::usage(
                    "which application? Set ROYAUME_CLIENT_ID, and ROYAUME_CLIENT_SECRET if it has one",
                )
            })?;
            let proof = proof(who)?;
            let provider = Provider::discover(issuer, &transport).await?;
            let application = named(&provider, client_id, proof);
            let client = Client::new(provider, application, transport);
            return Ok(Self {
                client,
                option: format!("--issuer {}", quoted(Path::new(issuer))),
                scope: None,
            });
        }
        let topology = who.realms.topology()?;
        let asked = who.realm.as_deref().unwrap_or_default();
        let realm = &known(&topology, asked).map_err(with_issuer)?.name;
        let place = place(&who.server.server)?;
        let provider = Provider::from(topology.provider(realm.as_str(), &place).map_err(Failure::usage)?);
        let (application, scope) = match &who.client_id {
            Some(client_id) => (named(&provider, client_id, proof(who)?), None),
            None => {
                let kinds = who.app.map_or_else(|| usual.to_vec(), |kind| vec![kind]);
                let Sample { application, scope } =
                    sample(&provider, realm.as_str(), &kinds, &place, who, token)?;
                (application, scope)
            }
        };
        let client = Client::new(provider, application, transport);
        Ok(Self { client, option: format!("--realm {realm}"), scope })
    }
}

/// A realm that France Travail does not have may be one of another server.
fn with_issuer(failure: Failure) -> Failure {
    let more = Language::of_environment().say(
        "un royaume d'un autre serveur se nomme par --issuer URL",
        "a realm of another server is named by --issuer URL",
    );
    Failure::Usage(format!("{failure}; {more}"))
}

fn named(provider: &Provider, client_id: &str, secret: Option<Secret>) -> ClientAuthentication {
    match secret {
        Some(secret) => provider.application(client_id, secret),
        None => ClientAuthentication::none(client_id),
    }
}

/// The secret of the application that was named; none for a public one.
fn proof(who: &Who) -> Result<Option<Secret>, Failure> {
    if who.app == Some(Kind::Public) {
        return Ok(None);
    }
    let secret = match &who.client_secret_file {
        Some(path) => Some(read_secret(path)?),
        None => std::env::var("ROYAUME_CLIENT_SECRET").ok().map(Secret::from),
    };
    secret.map(Some).ok_or_else(|| {
        Failure::usage(
            "the application has no secret here: set ROYAUME_CLIENT_SECRET, or name --client-secret-file FILE (- for \
             standard input), or say --app public",
        )
    })
}

/// A secret from a file that others cannot read, or from standard input.
fn read_secret(path: &Path) -> Result<Secret, Failure> {
    let text = if path == Path::new("-") {
        let mut text = String::new();
        std::io::stdin().take(LONGEST_SECRET).read_to_string(&mut text).map(|_| text)
    } else {
        read_private(path, LONGEST_SECRET)
    };
    let text = text
        .map_err(|error| Failure::usage(format!("the secret {} cannot be read: {error}", path.display())))?;
    Ok(Secret::from(text.trim()))
}

/// A sample application of the rehearsal that is addressed.
fn sample(
    provider: &Provider,
    realm: &str,
    kinds: &[Kind],
    place: &Place,
    who: &Who,
    token: Option<&Secret>,
) -> Result<Sample, Failure> {
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
    let fitting: Vec<_> = kinds
        .iter()
        .filter_map(|kind| {
            let kind = royaume_server::stored::client::Application::from(*kind).as_str();
            clients.iter().find(|client| client["realm"] == realm && client["kind"] == kind)
        })
        .collect();
    let has = |client: &Value| {
        let client_id = client["client_id"].as_str().unwrap_or_default();
        token.is_some_and(|token| logins::has(&provider.issuer, client_id, token))
    };
    let owner = fitting.iter().find(|client| has(client));
    if owner.is_none() && token.is_some() && fitting.len() > 1 {
        // Whose a token is, nobody but the server knows: a wrong guess must not pass for an answer.
        let guess = fitting[0]["client_id"].as_str().unwrap_or_default();
        output::remark(&format!("Asking as {guess}; --app or --client-id names another application."));
    }
    let client = owner.or(fitting.first()).ok_or_else(|| {
        Failure::usage(format!(
            "the rehearsal has no such application in realm {realm}: see royaume client list --realm {realm}"
        ))
    })?;
    let client_id = client["client_id"].as_str().ok_or_else(missing)?;
    let public = client["kind"] == royaume_server::stored::client::Application::Public.as_str();
    let application = match client["client_secret"].as_str() {
        Some(secret) => provider.application(client_id, secret),
        None if public => ClientAuthentication::none(client_id),
        None => {
            return Err(Failure::usage(format!(
                "the secret of {client_id} was changed: set ROYAUME_CLIENT_ID={client_id} and ROYAUME_CLIENT_SECRET"
            )));
        }
    };
    Ok(Sample { application, scope: client["scope"].as_str().and_then(|scope| Scope::parse(scope).ok()) })
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
