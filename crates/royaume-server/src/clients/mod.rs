//! What a client may be: one set of checks, from what it says of itself to a [`Client`], for registration, for its
//! management and for operators (RFC 7591 §2, OIDC Registration §2).

use jiff::Timestamp;
use royaume_jose::Algorithm;
use royaume_protocol::{
    ApplicationType, ClientAuthenticationMethod, ClientMetadata, RedirectUri, Scope, https_uri,
};
use royaume_realm::Realm;

use crate::stored::client::{Answers, Application, Client, LogoutNotices, Presentation, Requests, Software};
use crate::stored::encryption::{Encryption, EncryptionError};

mod document;
mod flows;
mod keys;
pub(crate) mod secrets;
mod sector;
mod told;
mod unfit;
pub(crate) mod unused;
mod words;

pub(crate) use document::{Document, LONGEST};
pub(crate) use sector::prove as prove_sector;
pub(crate) use told::told;
pub use unfit::Unfit;
pub(crate) use unfit::Why;

use flows::Flows;

/// Who asks for a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asker {
    /// An operator, who may give everything that the realm has.
    Operator(Application),
    /// Whoever has an initial access token: an operator knows of them.
    Invited,
    /// Anybody.
    Stranger,
}

/// The scopes that OpenID Connect itself defines (OIDC Core §5.4, §11): what people are told of them is known everywhere, and
/// they open no API.
const STANDARD_SCOPES: [&str; 6] = ["openid", "profile", "email", "address", "phone", "offline_access"];

/// The client that says this of itself, without secrets, or the first thing that it may not say.
pub(crate) fn judge(
    metadata: &ClientMetadata,
    asker: Asker,
    client_id: &str,
    realm: &Realm,
    now: Timestamp,
) -> Result<Client, Unfit> {
    let flows = Flows::judge(metadata, asker, realm)?;
    let redirect_uris = redirect_uris("redirect_uris", metadata.redirect_uris.as_deref())?;
    let application_type = application_type(metadata, asker, &redirect_uris);
    fits(&redirect_uris, application_type, &flows)?;
    let keyed = flows.authentication.contains(&ClientAuthenticationMethod::PrivateKeyJwt);
    let keys = keys::keys(metadata, keyed)?;
    let answers = answers(metadata, &redirect_uris)?;
    keys::fit(keys.as_ref(), &answers)?;
    Ok(Client {
        client_id: client_id.to_owned(),
        name: name(metadata)?.unwrap_or(client_id).to_owned(),
        application: flows.application,
        secrets: Vec::new(),
        post_logout_redirect_uris: self::redirect_uris(
            "post_logout_redirect_uris",
            metadata.post_logout_redirect_uris.as_deref(),
        )?,
        scope: scope(metadata.scope.as_deref(), asker, realm)?,
        introspects_all: false,
        disabled: false,
        created_at: now,
        application_type,
        keys,
        presentation: presentation(metadata)?,
        answers,
        requests: requests(metadata, &flows)?,
        logout: logout(metadata, &redirect_uris)?,
        software: software(metadata)?,
        self_registered: false,
        management: None,
        unused_until: None,
        authentication: flows.authentication,
        grants: flows.grants,
        response_types: flows.response_types,
        redirect_uris,
    })
}

fn redirect_uris(member: &'static str, uris: Option<&[String]>) -> Result<Vec<RedirectUri>, Unfit> {
    let uris = uris.unwrap_or_default();
    words::few(member, uris)?;
    let register = |(at, uri): (usize, &String)| {
        RedirectUri::register(uri).map_err(|error| Unfit::entry(member, at, error))
    };
    uris.iter().enumerate().map(register).collect()
}

/// OIDC Registration §2: `web` when absent. Operators need not say what their redirect URIs say already.
fn application_type(
    metadata: &ClientMetadata,
    asker: Asker,
    redirect_uris: &[RedirectUri],
) -> ApplicationType {
    let on_a_device = || redirect_uris.iter().any(|uri| !uri.as_str().starts_with("https:"));
    match (metadata.application_type, asker) {
        (Some(said), _) => said,
        (None, Asker::Operator(_)) if on_a_device() => ApplicationType::Native,
        (None, Asker::Operator(_) | Asker::Invited | Asker::Stranger) => ApplicationType::Web,
    }
}

/// Do the redirect URIs fit where it runs (OIDC Registration §2, RFC 8252 §7)?
fn fits(uris: &[RedirectUri], application_type: ApplicationType, flows: &Flows) -> Result<(), Unfit> {
    const MEMBER: &str = "redirect_uris";
    if uris.is_empty() && !flows.response_types.is_empty() {
        return Err(Unfit::of(MEMBER, Why::Missing));
    }
    let (web, in_browser) = (application_type == ApplicationType::Web, flows.implicit());
    for (at, uri) in uris.iter().enumerate().filter(|_| web) {
        if uri.as_str().starts_with("http:") && in_browser {
            return Err(Unfit::entry(MEMBER, at, Why::LoopbackOfWeb));
        }
        if https_uri::host(uri.as_str()).is_none() {
            return Err(Unfit::entry(MEMBER, at, Why::NativeScheme));
        }
    }
    Ok(())
}

fn name(metadata: &ClientMetadata) -> Result<Option<&str>, Unfit> {
    let name = metadata.client_name.as_deref();
    name.map(|name| words::text("client_name", name).map(|()| name)).transpose()
}

/// What it may be given at most. Operators give everything when nothing is said; others the standard scopes.
fn scope(wished: Option<&str>, asker: Asker, realm: &Realm) -> Result<Scope, Unfit> {
    let words = |pick: &dyn Fn(&str) -> bool| {
        let picked = realm.scopes.iter().map(|scope| scope.name.as_str()).filter(|name| pick(name));
        let text = picked.collect::<Vec<_>>().join(" ");
        Scope::parse(&text).map_err(|_| Unfit::of("scope", Why::ScopeMalformed))
    };
    let (all, standard) = (words(&|_| true)?, words(&|name| STANDARD_SCOPES.contains(&name))?);
    let (most, usual) = match asker {
        Asker::Operator(_) => (all.clone(), all),
        Asker::Invited => (all, standard),
        Asker::Stranger => (standard.clone(), standard),
    };
    let Some(wished) = wished else { return Ok(usual) };
    let wished = Scope::parse(wished).map_err(|_| Unfit::of("scope", Why::ScopeMalformed))?;
    if most.covers(&wished) { Ok(wished) } else { Err(Unfit::of("scope", Why::ScopeUnknown)) }
}

fn address(member: &'static str, uri: Option<&String>) -> Result<Option<String>, Unfit> {
    let judged = |uri: &String| https_uri::check(uri).map(|()| uri.clone());
    uri.map(judged).transpose().map_err(|error| Unfit::of(member, error))
}

fn text(member: &'static str, text: Option<&String>) -> Result<Option<String>, Unfit> {
    text.map(|text| words::text(member, text).map(|()| text.clone())).transpose()
}

fn texts(member: &'static str, texts: Option<&Vec<String>>) -> Result<Vec<String>, Unfit> {
    let texts = texts.map(Vec::as_slice).unwrap_or_default();
    words::texts(member, texts)?;
    Ok(texts.to_vec())
}

fn presentation(metadata: &ClientMetadata) -> Result<Presentation, Unfit> {
    Ok(Presentation {
        client_uri: address("client_uri", metadata.client_uri.as_ref())?,
        logo_uri: address("logo_uri", metadata.logo_uri.as_ref())?,
        policy_uri: address("policy_uri", metadata.policy_uri.as_ref())?,
        tos_uri: address("tos_uri", metadata.tos_uri.as_ref())?,
        contacts: texts("contacts", metadata.contacts.as_ref())?,
    })
}

fn software(metadata: &ClientMetadata) -> Result<Software, Unfit> {
    Ok(Software {
        id: text("software_id", metadata.software_id.as_ref())?,
        version: text("software_version", metadata.software_version.as_ref())?,
    })
}

fn answers(metadata: &ClientMetadata, redirect_uris: &[RedirectUri]) -> Result<Answers, Unfit> {
    let signed_with = |member, named: Option<Algorithm>| match named {
        Some(named) if !Algorithm::SIGNING.contains(&named) => Err(Unfit::of(member, Why::NotSignedWith)),
        named => Ok(named),
    };
    Ok(Answers {
        id_token_signed_response_alg: signed_with(
            "id_token_signed_response_alg",
            metadata.id_token_signed_response_alg,
        )?,
        userinfo_signed_response_alg: signed_with(
            "userinfo_signed_response_alg",
            metadata.userinfo_signed_response_alg,
        )?,
        id_token_encrypted_response: encryption(
            ("id_token_encrypted_response_alg", metadata.id_token_encrypted_response_alg.as_deref()),
            ("id_token_encrypted_response_enc", metadata.id_token_encrypted_response_enc.as_deref()),
        )?,
        userinfo_encrypted_response: encryption(
            ("userinfo_encrypted_response_alg", metadata.userinfo_encrypted_response_alg.as_deref()),
            ("userinfo_encrypted_response_enc", metadata.userinfo_encrypted_response_enc.as_deref()),
        )?,
        subject_type: metadata.subject_type.unwrap_or_default(),
        sector_identifier_uri: sector::sector(metadata, redirect_uris)?,
        require_auth_time: metadata.require_auth_time.unwrap_or_default(),
    })
}

/// A member with what it says.
type Member<'a> = (&'static str, Option<&'a str>);

fn encryption(alg: Member<'_>, enc: Member<'_>) -> Result<Option<Encryption>, Unfit> {
    Encryption::registered(alg.1, enc.1).map_err(|error| match error {
        EncryptionError::AlgMissing => Unfit::of(alg.0, Why::Missing),
        EncryptionError::Alg => Unfit::of(alg.0, Why::Algorithm),
        EncryptionError::Enc => Unfit::of(enc.0, Why::Algorithm),
    })
}

fn requests(metadata: &ClientMetadata, flows: &Flows) -> Result<Requests, Unfit> {
    const URIS: &str = "request_uris";
    let uris = metadata.request_uris.as_deref().unwrap_or_default();
    words::few(URIS, uris)?;
    for (at, uri) in uris.iter().enumerate() {
        https_uri::check_with_fragment(uri).map_err(|error| Unfit::entry(URIS, at, error))?;
    }
    let asymmetric = Algorithm::ALL.map(Algorithm::as_str);
    let of_mac = flows.authentication.contains(&ClientAuthenticationMethod::ClientSecretJwt);
    let assertions: &[&str] = if of_mac { &["HS256"] } else { &asymmetric };
    Ok(Requests {
        request_object_signing_alg: algorithm(
            "request_object_signing_alg",
            metadata.request_object_signing_alg.as_ref(),
            &asymmetric,
        )?,
        request_uris: uris.to_vec(),
        token_endpoint_auth_signing_alg: algorithm(
            "token_endpoint_auth_signing_alg",
            metadata.token_endpoint_auth_signing_alg.as_ref(),
            assertions,
        )?,
        default_max_age: metadata.default_max_age,
        default_acr_values: texts("default_acr_values", metadata.default_acr_values.as_ref())?,
        initiate_login_uri: address("initiate_login_uri", metadata.initiate_login_uri.as_ref())?,
    })
}

fn algorithm(
    member: &'static str,
    named: Option<&String>,
    supported: &[&str],
) -> Result<Option<String>, Unfit> {
    match named {
        Some(named) if !supported.contains(&named.as_str()) => Err(Unfit::of(member, Why::Algorithm)),
        named => Ok(named.cloned()),
    }
}

fn logout(metadata: &ClientMetadata, redirect_uris: &[RedirectUri]) -> Result<LogoutNotices, Unfit> {
    const FRONT: &str = "frontchannel_logout_uri";
    let frontchannel_uri = address(FRONT, metadata.frontchannel_logout_uri.as_ref())?;
    let origin = frontchannel_uri.as_deref().map(RedirectUri::origin_of);
    let own = |uri: &RedirectUri| Some(RedirectUri::origin_of(uri.as_str())) == origin;
    if frontchannel_uri.is_some() && !redirect_uris.iter().any(own) {
        return Err(Unfit::of(FRONT, Why::ForeignOrigin));
    }
    Ok(LogoutNotices {
        backchannel_uri: address("backchannel_logout_uri", metadata.backchannel_logout_uri.as_ref())?,
        backchannel_session_required: metadata.backchannel_logout_session_required.unwrap_or_default(),
        frontchannel_uri,
        frontchannel_session_required: metadata.frontchannel_logout_session_required.unwrap_or_default(),
    })
}
