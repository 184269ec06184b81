//! Which application speaks to which provider: from options, environment, files, or the samples of a rehearsal on this
//! machine. Secrets never come from the command line.

use std::io::Read as _;
use std::path::Path;

use royaume_client::{Client, ClientAuthentication, Provider, ReqwestTransport};
use royaume_protocol::{Scope, Secret};
use royaume_realm::{BaseUrl, Place};
use serde_json::Value;

use super::asked::{Asked, SecretPlace, Where};
use super::explain::place;
use super::profile::SECRETS;
use super::{admin::known, dev, logins};
use crate::cli::{Kind, Who};
use crate::failure::Failure;
use crate::language::Language;
use crate::output;
use crate::place::{LONGEST_SECRET, default_data, read_private};
use crate::profiles::Profile;
use crate::vault::Vault;

/// An application, ready to speak.
pub(super) struct Speaker {
    pub(super) client: Client<ReqwestTransport>,
    /// The option that names the realm or the issuer.
    pub(super) option: String,
    /// All that a sample application may ask for.
    pub(super) scope: Option<Scope>,
    /// The profile that says some of it.
    pub(super) profile: Option<Profile>,
    /// What the application proves itself with.
    pub(super) secret: Option<Secret>,
    /// Where France Travail's realms are asked for; nothing for another provider.
    pub(super) place: Option<Place>,
    /// Which of them.
    pub(super) realm: Option<String>,
}

/// A sample application of a rehearsal.
struct Sample {
    application: ClientAuthentication,
    scope: Option<Scope>,
    secret: Option<Secret>,
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
        let asked = Asked::of(who)?;
        let (option, profile) = (asked.option.clone(), asked.profile.clone());
        let (server, realm) = match &asked.place {
            Where::Issuer(issuer) => {
                BaseUrl::parse(issuer).map_err(|error| Failure::usage(format!("--issuer: {error}")))?;
                let client_id = asked.client_id.as_deref().ok_or_else(|| {
                    Failure::usage(
                        "which application? Set ROYAUME_CLIENT_ID, and ROYAUME_CLIENT_SECRET if it has one",
                    )
                })?;
                let secret = proof(&asked).await?;
                let provider = Provider::discover(issuer, &transport).await?;
                let application = named(&provider, client_id, secret.clone());
                let client = Client::new(provider, application, transport);
                return Ok(Self { client, option, scope: None, profile, secret, place: None, realm: None });
            }
            Where::Server { server, realm } => (server, realm),
        };
        let topology = who.realms.topology()?;
        let realm = &known(&topology, realm).map_err(with_issuer)?.name;
        let place = place(server)?;
        let provider = Provider::from(topology.provider(realm.as_str(), &place).map_err(Failure::usage)?);
        let (application, scope, secret) = match &asked.client_id {
            Some(client_id) => {
                let secret = proof(&asked).await?;
                (named(&provider, client_id, secret.clone()), None, secret)
            }
            None => {
                let kinds = asked.app.map_or_else(|| usual.to_vec(), |kind| vec![kind]);
                let Sample { application, scope, secret } =
                    sample(&provider, realm.as_str(), &kinds, &place, who, token).await?;
                (application, scope, secret)
            }
        };
        let client = Client::new(provider, application, transport);
        let realm = Some(realm.to_string());
        Ok(Self { client, option, scope, profile, secret, place: Some(place), realm })
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
async fn proof(asked: &Asked) -> Result<Option<Secret>, Failure> {
    if asked.app == Some(Kind::Public) {
        return Ok(None);
    }
    let language = Language::of_environment();
    match &asked.secret {
        SecretPlace::File(path) => read_secret(path).map(Some),
        SecretPlace::Vault(key) => {
            let kept = Vault::open(SECRETS)?.read(key).await?;
            let text = kept.and_then(|bytes| String::from_utf8(bytes).ok()).ok_or_else(|| {
                Failure::usage(language.say(
                    "le secret de ce profil n'est pas gardé ici pour ce serveur : refaites royaume profile add avec \
                     --replace --client-secret-file keyring",
                    "the secret of this profile is not kept here for this server: run royaume profile add again with \
                     --replace --client-secret-file keyring",
                ))
            })?;
            Ok(Some(Secret::from(text)))
        }
        SecretPlace::Withheld(own) => Err(Failure::Usage(match language {
            Language::French => format!(
                "le secret du profil est pour son application chez {own}, et n'est pas envoyé ailleurs : posez \
                 ROYAUME_CLIENT_SECRET ou donnez --client-secret-file FICHIER"
            ),
            Language::English => format!(
                "the secret of the profile is for its own application at {own}, and is not sent elsewhere: set \
                 ROYAUME_CLIENT_SECRET or name --client-secret-file FILE"
            ),
        })),
        SecretPlace::Environment => {
            let said = std::env::var("ROYAUME_CLIENT_SECRET").ok().map(Secret::from);
            said.map(Some).ok_or_else(|| {
                Failure::usage(
                    "the application has no secret here: set ROYAUME_CLIENT_SECRET, or name --client-secret-file FILE (- for \
                     standard input), or say --app public",
                )
            })
        }
    }
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
async fn sample(
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
    let mut owner = None;
    for client in fitting.iter().filter(|_| token.is_some()) {
        let client_id = client["client_id"].as_str().unwrap_or_default();
        if let Some(token) = token
            && logins::has(&provider.issuer, client_id, token).await
        {
            owner = owner.or(Some(client));
        }
    }
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
    let secret = client["client_secret"].as_str();
    let application = match secret {
        Some(secret) => provider.application(client_id, secret),
        None if public => ClientAuthentication::none(client_id),
        None => {
            return Err(Failure::usage(format!(
                "the secret of {client_id} was changed: set ROYAUME_CLIENT_ID={client_id} and ROYAUME_CLIENT_SECRET"
            )));
        }
    };
    let scope = client["scope"].as_str().and_then(|scope| Scope::parse(scope).ok());
    Ok(Sample { application, scope, secret: secret.map(Secret::from) })
}

/// A scope from the command line, or the profile's.
pub(super) fn scope(text: Option<&str>, speaker: &Speaker) -> Result<Option<Scope>, Failure> {
    let of_profile = || speaker.profile.as_ref()?.scope.as_deref();
    text.or_else(of_profile).map(Scope::parse).transpose().map_err(Failure::usage)
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
