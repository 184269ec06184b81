//! Registration: a client makes itself known (RFC 7591), and manages what is known of it (RFC 7592, OIDC Registration).

use bytes::Bytes;
use http::{Method, Request, StatusCode, header};
use royaume_protocol::redirect_uri::with_parameters;
use royaume_protocol::{ClientId, ClientMetadata, Parameters, Secret, bearer};
use royaume_realm::{Endpoint, RegistrationPolicy};
use royaume_store::{Expect, Outcome, Write};
use serde::Serialize;

use super::is_of_type;
use crate::answer::{self, Answer};
use crate::clients::secrets::{self, Secrets};
use crate::clients::{self, Asker, Document, Unfit, Why, unused};
use crate::context::Context;
use crate::handle::{Handle, Size};
use crate::refusal::{Failure, Fault, Refusal};
use crate::stored::client::Client;
use crate::stored::initial_access_token::InitialAccessToken;
use crate::stored::{Storable, create, expiring, read, row};

/// How often something is tried again that somebody else has changed meanwhile.
const TRIES: usize = 20;

/// The address alone is where clients are registered; with a `client_id`, where that one is managed.
pub(super) async fn answer(request: &Request<Bytes>, cx: &Context<'_>) -> Result<Answer, Failure> {
    let query = Parameters::parse(request.uri().query().unwrap_or_default().as_bytes())?;
    if query.iter().any(|(name, _)| name != "realm" && name != "client_id") {
        return Err(Refusal::ParametersInQuery.into());
    }
    match (query.optional("client_id"), request.method()) {
        (None, &Method::POST) => register(request, cx).await,
        (None, _) => Err(Refusal::MethodNotAllowed { allowed: "POST" }.into()),
        (Some(client_id), &Method::GET) => show(client_id, request, cx).await,
        (Some(client_id), &Method::PUT) => replace(client_id, request, cx).await,
        (Some(client_id), &Method::DELETE) => remove(client_id, request, cx).await,
        (Some(_), _) => Err(Refusal::MethodNotAllowed { allowed: "GET, PUT, DELETE" }.into()),
    }
}

/// RFC 7591 §3.1.
async fn register(request: &Request<Bytes>, cx: &Context<'_>) -> Result<Answer, Failure> {
    let presented = token(request)?;
    let asker = match (&presented, cx.realm.realm.registration) {
        (Some(_), _) => Asker::Invited,
        (None, RegistrationPolicy::Open) => Asker::Stranger,
        (None, RegistrationPolicy::InitialAccessToken | RegistrationPolicy::Closed) => {
            return Err(Refusal::RegistrationTokenMissing.into());
        }
    };
    // Whoever was invited has been counted by the operator.
    if asker == Asker::Stranger {
        let place = (cx.subscriber, &cx.realm.name);
        if !cx.parts.registration_throttle.take(&place, cx.now) {
            return Err(Refusal::RegistrationsTooMany.into());
        }
    }
    let mut leave = leave_of(presented.as_deref(), cx).await?;
    let metadata = document(request)?.metadata()?;
    let client_id = ClientId::generate(cx.entropy()).to_string();
    let mut client = clients::judge(&metadata, asker, &client_id, &cx.realm.realm, cx.now)?;
    clients::prove_sector(&client, &*cx.parts.outbound).await?;
    let keeper = keeper(cx);
    let secret = keeper.provide(&mut client, None)?;
    let (token, management) = keeper.management(&client_id, asker == Asker::Invited);
    client.self_registered = true;
    client.management = Some(management);
    // A machine signs nobody in: it is used by whoever was invited, and stays.
    let signs_in = !client.response_types.is_empty();
    client.unused_until = signs_in.then(|| cx.after(cx.parts.unused_client_lifetime));

    let kept = row(Client::id(&cx.realm.name, &client_id), &client);
    for _ in 0..TRIES {
        // The leave is used in the write that stores what it allows: of all who use the last of it at once, one has it.
        let mut writes = vec![leave, create(kept.clone())];
        writes.extend(unused::mark(&client, &cx.realm.name));
        crate::failpoint("registration.before_commit").await?;
        let written = cx.store().write(writes).await?;
        crate::failpoint("registration.after_commit").await?;
        if written == Outcome::Done {
            cx.audit("client_registered", Some(&client_id), None);
            let told = Information::of(&client, secret.as_ref(), &token, cx);
            return Ok(answer::json(StatusCode::CREATED, &told));
        }
        leave = leave_of(presented.as_deref(), cx).await?;
    }
    Err(Fault::Busy("too many clients are registered at once").into())
}

/// RFC 7592 §2.1.
async fn show(client_id: &str, request: &Request<Bytes>, cx: &Context<'_>) -> Result<Answer, Failure> {
    let managed = Managed::find(client_id, request, cx).await?;
    let told = Information::of(&managed.client, None, &managed.token, cx);
    Ok(answer::json(StatusCode::OK, &told))
}

/// RFC 7592 §2.2: what is sent replaces all that was. Whatever the client was before, it is judged as it will be.
async fn replace(client_id: &str, request: &Request<Bytes>, cx: &Context<'_>) -> Result<Answer, Failure> {
    let mut managed = Managed::find(client_id, request, cx).await?;
    let document = document(request)?;
    for _ in 0..TRIES {
        let before = &managed.client;
        own_words(&document, before, cx)?;
        let invited = before.management.as_ref().is_some_and(|management| management.invited);
        let asker = if invited { Asker::Invited } else { Asker::Stranger };
        let judged =
            clients::judge(&document.metadata()?, asker, client_id, &cx.realm.realm, before.created_at)?;
        clients::prove_sector(&judged, &*cx.parts.outbound).await?;
        let mut client = judged.replacing(before);
        let known = document.text("client_secret").map(|secret| Secret::from(secret.to_owned()));
        let secret = keeper(cx).provide(&mut client, known)?;
        let put = Write::Put {
            row: row(Client::id(&cx.realm.name, client_id), &client),
            expect: Expect::Version(managed.version),
        };
        crate::failpoint("registration.before_commit").await?;
        let written = cx.store().write(vec![put]).await?;
        crate::failpoint("registration.after_commit").await?;
        if written == Outcome::Done {
            cx.audit("client_changed_itself", Some(client_id), None);
            let told = Information::of(&client, secret.as_ref(), &managed.token, cx);
            return Ok(answer::json(StatusCode::OK, &told));
        }
        managed = Managed::find(client_id, request, cx).await?;
    }
    Err(Fault::Busy("one client changed too often at once").into())
}

/// RFC 7592 §2.3: nothing of it is good any more, since whatever it holds asks for the client first.
async fn remove(client_id: &str, request: &Request<Bytes>, cx: &Context<'_>) -> Result<Answer, Failure> {
    for _ in 0..TRIES {
        let managed = Managed::find(client_id, request, cx).await?;
        let writes = unused::removal_of(&managed.client, cx).await?;
        crate::failpoint("registration.before_commit").await?;
        let written = cx.store().write(writes).await?;
        crate::failpoint("registration.after_commit").await?;
        if written == Outcome::Done {
            cx.audit("client_removed_itself", Some(client_id), None);
            return Ok(answer::empty(StatusCode::NO_CONTENT));
        }
    }
    Err(Fault::Busy("one client changed too often at once").into())
}

/// A client, and the registration access token that was presented for it.
struct Managed {
    client: Client,
    version: u64,
    token: String,
}

impl Managed {
    /// RFC 7592 §2: of a client that is not there, of another, and of one that is disabled, every token is wrong.
    async fn find(client_id: &str, request: &Request<Bytes>, cx: &Context<'_>) -> Result<Self, Failure> {
        let token = token(request)?.ok_or(Refusal::RegistrationTokenMissing)?;
        // No row has a longer name.
        if client_id.is_empty() || client_id.len() > 250 {
            return Err(Refusal::RegistrationTokenInvalid.into());
        }
        let stored = cx.store().get(&Client::id(&cx.realm.name, client_id)).await?;
        let stored = stored.ok_or(Refusal::RegistrationTokenInvalid)?;
        let client: Client = read(&stored)?;
        let manages = secrets::manages(&token, &client, &cx.realm.name, &cx.parts.handles_key);
        if !manages || client.disabled || client.is_forgotten(cx.now) {
            return Err(Refusal::RegistrationTokenInvalid.into());
        }
        Ok(Self { client, version: stored.version, token })
    }
}

/// The bearer token of a request, in its header alone: neither its body nor its address has room for one.
fn token(request: &Request<Bytes>) -> Result<Option<String>, Refusal> {
    let mut headers = request.headers().get_all(header::AUTHORIZATION).iter();
    match (headers.next(), headers.next()) {
        (None, _) => Ok(None),
        (Some(_), Some(_)) => Err(Refusal::RegistrationTokenMissing),
        (Some(value), None) => {
            let token = value.to_str().ok().and_then(bearer::parse);
            token.map(|token| Some(token.to_owned())).ok_or(Refusal::RegistrationTokenMissing)
        }
    }
}

/// The write that uses up what allows one registration: an invitation, or the place of a stranger.
async fn leave_of(presented: Option<&str>, cx: &Context<'_>) -> Result<Write, Failure> {
    match presented {
        Some(token) => invitation(token, cx).await,
        None => unused::place(cx).await,
    }
}

/// The write that uses an initial access token once, if it can be used.
async fn invitation(token: &str, cx: &Context<'_>) -> Result<Write, Failure> {
    let invalid = Refusal::InitialAccessTokenInvalid;
    let handle = Handle::parse(token, Size::Long).ok_or(invalid.clone())?;
    let id = handle.row_id(&cx.realm.name, InitialAccessToken::KIND, &cx.parts.handles_key);
    let stored = cx.store().get(&id).await?.ok_or(invalid.clone())?;
    let leave: InitialAccessToken = read(&stored)?;
    if stored.spent_at.is_some() || leave.expires_at <= cx.now {
        return Err(invalid.into());
    }
    if leave.uses <= 1 {
        return Ok(Write::Spend { id, at: cx.now });
    }
    let left = InitialAccessToken { uses: leave.uses - 1, ..leave };
    let row = expiring(id, &left, left.expires_at);
    Ok(Write::Put { row, expect: Expect::Version(stored.version) })
}

fn document(request: &Request<Bytes>) -> Result<Document, Failure> {
    if !is_of_type(request, "application/json") {
        return Err(Refusal::RegistrationMediaType.into());
    }
    if request.body().len() > clients::LONGEST {
        return Err(Refusal::RegistrationTooLong.into());
    }
    Ok(Document::read(request.body()).map_err(|_| Refusal::RegistrationMalformed)?)
}

/// RFC 7592 §2.2: what a client may not change, it must name as it is, or not at all.
fn own_words(document: &Document, client: &Client, cx: &Context<'_>) -> Result<(), Unfit> {
    const OF_THE_SERVER: [&str; 4] = [
        "registration_access_token",
        "registration_client_uri",
        "client_secret_expires_at",
        "client_id_issued_at",
    ];
    if let Some(member) = OF_THE_SERVER.into_iter().find(|member| document.has(member)) {
        return Err(Unfit::of(member, Why::OfTheServer));
    }
    match document.text("client_id") {
        None => return Err(Unfit::of("client_id", Why::Missing)),
        Some(named) if named != client.client_id => return Err(Unfit::of("client_id", Why::NotItsOwn)),
        Some(_) => {}
    }
    let right = |secret| client.has_secret(secret, &cx.parts.secrets_key);
    if document.has("client_secret") && !document.text("client_secret").is_some_and(right) {
        return Err(Unfit::of("client_secret", Why::NotItsOwn));
    }
    Ok(())
}

fn keeper<'a>(cx: &Context<'a>) -> Secrets<'a> {
    Secrets { realm: &cx.realm.name, server_key: &cx.parts.server_key, entropy: cx.entropy(), now: cx.now }
}

/// The client information response (RFC 7591 §3.2.1, RFC 7592 §3).
#[derive(Serialize)]
struct Information {
    client_id: String,
    client_id_issued_at: i64,
    /// Said once: only its digest is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    client_secret: Option<String>,
    /// 0: it does not expire.
    #[serde(skip_serializing_if = "Option::is_none")]
    client_secret_expires_at: Option<i64>,
    registration_client_uri: String,
    registration_access_token: String,
    #[serde(flatten)]
    metadata: ClientMetadata,
}

impl Information {
    fn of(client: &Client, secret: Option<&Secret>, token: &str, cx: &Context<'_>) -> Self {
        let realm = &cx.realm.realm;
        let endpoint = cx.parts.url(realm, Endpoint::Registration);
        Self {
            client_id: client.client_id.clone(),
            client_id_issued_at: client.created_at.as_second(),
            client_secret: secret.map(|secret| secret.expose().to_owned()),
            client_secret_expires_at: secret.map(|_| 0),
            registration_client_uri: with_parameters(&endpoint, &[("client_id", &client.client_id)]),
            registration_access_token: token.to_owned(),
            metadata: clients::told(client, realm),
        }
    }
}
