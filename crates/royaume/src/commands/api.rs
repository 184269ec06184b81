//! `royaume api`: an API called with a token that fits, once or for all pages of a list.

mod records;
mod shown;

use std::io::Read as _;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use royaume_client::{
    Agent, Api, ApiError, Call, Catalogue, ClientError, Clock as _, Page, ReqwestTransport, SystemClock,
    TokenSet, TokenSource, Window, sandbox_scope,
};
use royaume_protocol::Scope;
use royaume_realm::{ApiDescription, BaseUrl, SubjectKind};
use serde_json::Value;

use self::shown::Shown;
use super::kept_token::kept_or_new;
use super::logins::Logins;
use super::who::{self, Speaker};
use crate::cli::{self, Kind};
use crate::failure::Failure;
use crate::language::Language;
use crate::output;
use crate::place::read_private;

/// No larger body is sent.
const LONGEST_BODY: u64 = 16 * 1024 * 1024;
/// A person's token that ends sooner is renewed before it is used.
const SOON: Duration = Duration::from_secs(30);

pub(super) async fn run(asked: cli::Api) -> Result<(), Failure> {
    let (topology, catalogue) = asked.who.realms.catalogue()?;
    let api = catalogue.by_path(&asked.path);
    let mut who = asked.who.clone();
    // The path says which realm, unless an option or a profile that was named does.
    if who.realm.is_none() && who.issuer.is_none() && who.profile.is_none() {
        who.realm = api.map(|api| api.realm.to_string());
        if who.realm.is_none() && asked.scope.is_none() {
            return Err(unknown(&asked.path));
        }
    }
    let usual = match api.map(|api| api.caller) {
        Some(SubjectKind::Person) => &[Kind::Private, Kind::Public][..],
        Some(SubjectKind::Application) | None => &[Kind::Machine, Kind::Private, Kind::Public],
    };
    let speaker = Speaker::of(&who, usual).await?;
    let base = base(&asked, &speaker, &catalogue)?;
    let scope = scope(&asked, &speaker, api)?;
    let realm = speaker.realm.as_deref().and_then(|realm| topology.realm(realm));
    let app = who.app.or_else(|| speaker.profile.as_ref()?.app);
    let caller = match (app, api, realm) {
        (Some(Kind::Machine), _, _) => SubjectKind::Application,
        (_, Some(api), _) => api.caller,
        (_, None, Some(realm)) => realm.subject_kind,
        (_, None, None) => SubjectKind::Application,
    };
    let transport = ReqwestTransport::new()?;
    match caller {
        SubjectKind::Application => {
            let tokens = OfTheApplication::of(speaker);
            call(&asked, api, Api::new(base, tokens, scope, transport, SystemClock)).await
        }
        SubjectKind::Person => {
            let tokens = SignedIn(Arc::new(signed_in(&speaker).await?));
            call(&asked, api, Api::new(base, tokens, scope, transport, SystemClock)).await
        }
    }
}

/// Where the APIs are: what was said, what the profile says, or what goes with the server.
fn base(asked: &cli::Api, speaker: &Speaker, catalogue: &Catalogue) -> Result<BaseUrl, Failure> {
    let of_profile = || speaker.profile.as_ref()?.api.clone();
    let of_server = || speaker.place.as_ref().map(|place| catalogue.base_url_at(place));
    let base = asked.api.clone().or_else(of_profile).or_else(of_server).ok_or_else(|| {
        Failure::usage(Language::of_environment().say(
            "quelle API ? Donnez son adresse avec --api URL",
            "which API? Say its address with --api URL",
        ))
    })?;
    BaseUrl::parse(&base).map_err(|error| Failure::usage(format!("--api: {error}")))
}

/// The tokens of the last login, renewed where they are about to end.
async fn signed_in(speaker: &Speaker) -> Result<TokenSet, Failure> {
    let logins = Logins::open()?;
    let mut login = logins.hold(speaker).await?;
    let tokens = login.tokens(speaker).await?;
    let soon = SystemClock.now().checked_add(SOON).map_err(Failure::other)?;
    if tokens.refresh_token.is_none() || tokens.expires_at.is_none_or(|end| end > soon) {
        return Ok(tokens);
    }
    match speaker.client.refresh(&tokens, SystemClock.now()).await {
        Ok(renewed) => {
            login.keep(renewed.clone()).await?;
            Ok(renewed)
        }
        Err(error) => {
            // A dead grant is forgotten; trouble on the way is not a reason to.
            if matches!(error, ClientError::GrantRefused(_)) {
                login.forget().await?;
            }
            Err(error.into())
        }
    }
}

/// The tokens of a person, as they are.
#[derive(Clone)]
struct SignedIn(Arc<TokenSet>);

impl TokenSource for SignedIn {
    async fn token(&self, _: &Scope, _: Timestamp) -> Result<Arc<TokenSet>, ClientError> {
        Ok(Arc::clone(&self.0))
    }

    fn forget(&self, _: &Scope, _: &Arc<TokenSet>) {}
}

/// The token of an application: the one that is kept between commands, and a new one if an API refuses that.
#[derive(Clone)]
struct OfTheApplication(Arc<Desk>);

struct Desk {
    speaker: Speaker,
    now: Mutex<Option<Arc<TokenSet>>>,
    refused: AtomicBool,
}

impl OfTheApplication {
    fn of(speaker: Speaker) -> Self {
        Self(Arc::new(Desk { speaker, now: Mutex::default(), refused: AtomicBool::new(false) }))
    }

    fn now(&self) -> MutexGuard<'_, Option<Arc<TokenSet>>> {
        self.0.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl TokenSource for OfTheApplication {
    async fn token(&self, scope: &Scope, now: Timestamp) -> Result<Arc<TokenSet>, ClientError> {
        let good = |tokens: &Arc<TokenSet>| tokens.expires_at.is_none_or(|end| end > now);
        if let Some(tokens) = self.now().clone().filter(good) {
            return Ok(tokens);
        }
        let refused = self.0.refused.swap(false, Ordering::Relaxed);
        let tokens = Arc::new(kept_or_new(&self.0.speaker, Some(scope), refused).await?);
        *self.now() = Some(Arc::clone(&tokens));
        Ok(tokens)
    }

    fn forget(&self, _: &Scope, _: &Arc<TokenSet>) {
        *self.now() = None;
        self.0.refused.store(true, Ordering::Relaxed);
    }
}

/// What the token is asked for: what was said, what the API that the path leads to wants, or what the profile says.
fn scope(asked: &cli::Api, speaker: &Speaker, api: Option<&ApiDescription>) -> Result<Scope, Failure> {
    let said = who::scope(asked.scope.as_deref(), speaker)?;
    let (said, api) = match (said, api) {
        (Some(said), _) if asked.scope.is_some() => return Ok(said),
        (Some(said), Some(api)) if said.contains(&api.technical_scope) => return Ok(said),
        (Some(said), None) => return Ok(said),
        (_, Some(api)) => (api.scopes().collect::<Vec<_>>().join(" "), api),
        (None, None) => return Err(unknown(&asked.path)),
    };
    let scope = Scope::parse(&said).map_err(Failure::usage)?;
    let in_sandbox = below_the_base(&asked.path).starts_with(&format!("test{}", api.path));
    Ok(if in_sandbox { sandbox_scope(&scope) } else { scope })
}

/// The path as the API counts it, however documentation writes it.
fn below_the_base(path: &str) -> &str {
    let path = path.trim_start_matches('/');
    path.strip_prefix("partenaire/").unwrap_or(path)
}

fn unknown(path: &str) -> Failure {
    let more = Language::of_environment().say(
        "ce chemin n'est celui d'aucune API connue : nommez --realm et --scope, ou voyez royaume explain --apis",
        "this path is that of no API that is known: name --realm and --scope, or see royaume explain --apis",
    );
    Failure::Usage(format!("{}: {more}", output::harmless(path)))
}

type Caller<S> = Api<S, ReqwestTransport, SystemClock>;

async fn call<S: TokenSource>(
    asked: &cli::Api,
    described: Option<&ApiDescription>,
    api: Caller<S>,
) -> Result<(), Failure> {
    let mut api = api.with_deadline(Duration::from_secs(asked.timeout));
    if asked.sandbox {
        api = api.in_sandbox();
    }
    if let Some(agent) = &asked.agent {
        api = api.for_agent(&the_agent(agent)?);
    }
    let mut call = api.request(asked.method.into(), below_the_base(&asked.path));
    for (key, value) in &asked.query {
        call = call.query(key, value);
    }
    for header in headers(&asked.header)? {
        let (name, value) = header.split_once(':').ok_or_else(|| Failure::usage("-H: write NAME: VALUE"))?;
        call = call.header(name.trim(), value.trim());
    }
    if let Some(data) = &asked.body {
        let body = body(data)?;
        serde_json::from_slice::<Value>(&body)
            .map_err(|error| Failure::usage(format!("--body is not JSON: {error}")))?;
        call = call.body("application/json", body);
    }
    let shown = Shown::of(asked);
    if asked.all {
        return all(&call, asked, described, &shown).await;
    }
    let response = call.send().await.map_err(refused)?;
    shown.response(&response)
}

/// Every page, as far as the API shows them. What was read is shown also where it ends too early.
async fn all<S: TokenSource>(
    call: &Call<S, ReqwestTransport, SystemClock>,
    asked: &cli::Api,
    described: Option<&ApiDescription>,
    shown: &Shown,
) -> Result<(), Failure> {
    let window = described.and_then(|api| api.pages).map_or(Window::unlimited(150), |pages| Window {
        last_start: Some(pages.last_start.into()),
        last_end: Some(pages.last_end.into()),
        largest_page: pages.largest.into(),
    });
    let mut pages = call.pages::<Value>(&asked.member).within(window);
    let (mut records, mut progress) = (Vec::new(), None);
    let ended = loop {
        match pages.next().await {
            Some(Ok(Page { total, items, .. })) => {
                if let Some(total) = total.filter(|total| *total > items.len() as u64) {
                    let reachable = window.last_end.map_or(total, |end| total.min(end + 1));
                    let progress = progress.get_or_insert_with(|| output::progress(reachable));
                    progress.advance(items.len() as u64);
                }
                records.extend(items);
            }
            Some(Err(error)) => break Err(error),
            None => break Ok(()),
        }
    };
    drop(progress);
    if ended.is_ok() || !records.is_empty() {
        shown.records(records)?;
    }
    ended.map_err(refused)
}

fn the_agent(text: &str) -> Result<Agent, Failure> {
    match text.split(',').map(str::trim).collect::<Vec<_>>().as_slice() {
        [nom, prenom, identifiant] => Agent::new(nom, prenom, identifiant).map_err(Failure::usage),
        _ => Err(Failure::usage("--agent: write NAME,FIRST_NAME,ID")),
    }
}

/// Headers as they were given, or one in each line of a file.
fn headers(given: &[String]) -> Result<Vec<String>, Failure> {
    let mut headers = Vec::new();
    for header in given {
        match header.strip_prefix('@') {
            Some(path) => {
                let text = read_private(Path::new(path), 64 * 1024)
                    .map_err(|error| Failure::usage(format!("the headers {path} cannot be read: {error}")))?;
                headers.extend(text.lines().filter(|line| !line.trim().is_empty()).map(str::to_owned));
            }
            None => headers.push(header.clone()),
        }
    }
    Ok(headers)
}

/// A body as it was given, of a file, or of standard input.
fn body(data: &str) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let read = match data.strip_prefix('@') {
        None if data != "-" => return Ok(data.as_bytes().to_owned()),
        None => std::io::stdin().take(LONGEST_BODY + 1).read_to_end(&mut bytes),
        Some(path) => {
            std::fs::File::open(path).and_then(|file| file.take(LONGEST_BODY + 1).read_to_end(&mut bytes))
        }
    };
    read.map_err(|error| Failure::usage(format!("--body cannot be read: {error}")))?;
    if bytes.len() as u64 > LONGEST_BODY {
        return Err(Failure::usage("--body: a body has at most 16 MiB"));
    }
    Ok(bytes)
}

fn refused(error: ApiError) -> Failure {
    use ApiError as E;
    let words = error.to_string();
    match error {
        E::Token(error) => error.into(),
        E::Request(_) => Failure::Usage(words),
        E::Unauthorized(_)
        | E::Forbidden { .. }
        | E::Business { .. }
        | E::NotFound { .. }
        | E::Redirected { .. } => Failure::Refused(words),
        E::TooManyRequests { .. } | E::Unavailable { .. } | E::DeadlineExceeded { .. } => {
            Failure::Unavailable(words)
        }
        E::Unexpected { .. } | E::Body { .. } | E::Paging(_) | E::OutOfReach { .. } => Failure::Other(words),
    }
}
