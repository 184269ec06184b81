//! A web application that signs job seekers in, with axum: authorization code with PKCE, userinfo, logout.
//!
//! `ROYAUME_SERVER` is the base URL of a rehearsal, or absent for France Travail itself. `CLIENT_ID`, `CLIENT_SECRET` (none
//! for a public application) and `SITE`, the address of this application, are yours. `SITE` + `/callback` is registered.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program speaks to its user")]

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use royaume_client::{
    BaseUrl, Client, ClientAuthentication, ClientError, Clock as _, Entropy as _, Pending, Place, Provider,
    ReqwestTransport, Scope, SystemClock, SystemEntropy, TokenSet, Topology,
};

/// What the application asks for: who the person is, and their job-seeker status.
const SCOPE: &str = "openid profile email api_peconnect-individuv1 individu";

/// What is known of one browser. In production this is a row of your session store.
enum Visitor {
    /// They are at France Travail's login page.
    Away(Box<Pending>),
    /// They came back signed in.
    SignedIn(Box<TokenSet>),
}

#[derive(Clone)]
struct Application {
    client: Client<ReqwestTransport>,
    site: String,
    visitors: Arc<Mutex<HashMap<String, Visitor>>>,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let place = match std::env::var("ROYAUME_SERVER") {
        Ok(server) => Place::At(BaseUrl::parse(&server)?),
        Err(_) => Place::Production,
    };
    let topology = Topology::preset(Topology::FRANCE_TRAVAIL)?;
    let provider = Provider::from(topology.provider("individu", &place)?);
    let client_id = std::env::var("CLIENT_ID")?;
    let who = match std::env::var("CLIENT_SECRET") {
        Ok(secret) => ClientAuthentication::post(client_id, secret),
        Err(_) => ClientAuthentication::none(client_id),
    };
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
    let site = std::env::var("SITE").unwrap_or(format!("http://127.0.0.1:{}", listener.local_addr()?.port()));
    let application = Application {
        client: Client::new(provider, who, ReqwestTransport::new()?),
        site: site.clone(),
        visitors: Arc::default(),
    };
    let routes = Router::new()
        .route("/", get(home))
        .route("/login", post(login))
        .route("/callback", get(callback))
        .route("/logout", post(logout))
        .with_state(application);
    eprintln!("{site}/");
    Ok(axum::serve(listener, routes).await?)
}

async fn home(State(application): State<Application>, headers: HeaderMap) -> Response {
    let tokens = match session(&headers).and_then(|id| application.visitors.lock().ok()?.get(&id)?.tokens()) {
        Some(tokens) => tokens,
        None => return page("<form method=post action=/login><button>Se connecter</button></form>"),
    };
    match application.client.userinfo(&tokens, SystemClock.now()).await {
        // Not every person has an e-mail address: only `sub` is always there.
        Ok(person) => page(&format!(
            "<p>Bonjour {}</p><form method=post action=/logout><button>Se déconnecter</button></form>",
            escaped(person.text("given_name").unwrap_or(&person.sub))
        )),
        Err(error) => trouble(&error),
    }
}

/// Sends the browser to France Travail, and keeps what only this session may know: state, nonce and the PKCE verifier.
async fn login(State(application): State<Application>) -> Response {
    let scope = Scope::parse(SCOPE).expect("the scope is well-formed");
    let redirect_uri = format!("{}/callback", application.site);
    match application.client.begin(&redirect_uri, scope, None, &SystemEntropy) {
        Ok((address, pending)) => {
            let id = new_session(&application, Visitor::Away(Box::new(pending)));
            (cookie(&application, &id), Redirect::to(&address)).into_response()
        }
        Err(error) => trouble(&error),
    }
}

/// They are back. The pending login is taken out before it is used: a callback is good once.
async fn callback(
    State(application): State<Application>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let visitor = session(&headers).and_then(|id| application.visitors.lock().ok()?.remove(&id));
    let Some(Visitor::Away(pending)) = visitor else {
        return (StatusCode::BAD_REQUEST, "no login was begun in this browser").into_response();
    };
    match application.client.finish(&pending, &query.unwrap_or_default(), SystemClock.now()).await {
        Ok(tokens) => {
            // A new session for whoever is signed in, so that nobody can have known its name before.
            let id = new_session(&application, Visitor::SignedIn(Box::new(tokens)));
            (cookie(&application, &id), Redirect::to("/")).into_response()
        }
        // They changed their mind: that is no error.
        Err(ClientError::LoginCancelled | ClientError::AccessDenied(_)) => Redirect::to("/").into_response(),
        Err(error) => trouble(&error),
    }
}

async fn logout(State(application): State<Application>, headers: HeaderMap) -> Response {
    let visitor = session(&headers).and_then(|id| application.visitors.lock().ok()?.remove(&id));
    let Some(tokens) = visitor.and_then(|visitor| visitor.tokens()) else {
        return Redirect::to("/").into_response();
    };
    match application.client.logout(&tokens, Some(&format!("{}/", application.site))) {
        Ok(step) => Redirect::to(&step.url).into_response(),
        Err(error) => trouble(&error),
    }
}

impl Visitor {
    fn tokens(&self) -> Option<TokenSet> {
        match self {
            Self::SignedIn(tokens) => Some((**tokens).clone()),
            Self::Away(_) => None,
        }
    }
}

fn new_session(application: &Application, visitor: Visitor) -> String {
    let mut bytes = [0; 32];
    SystemEntropy.fill(&mut bytes);
    let id: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    application.visitors.lock().expect("nobody panics with it").insert(id.clone(), visitor);
    id
}

fn session(headers: &HeaderMap) -> Option<String> {
    let cookies = headers.get(header::COOKIE)?.to_str().ok()?;
    cookies.split(';').find_map(|cookie| Some(cookie.trim().strip_prefix("session=")?.to_owned()))
}

/// For this site and no script. `Lax`, because the browser comes back from another site.
fn cookie(application: &Application, id: &str) -> [(header::HeaderName, String); 1] {
    let secure = if application.site.starts_with("https:") { "; Secure" } else { "" };
    [(header::SET_COOKIE, format!("session={id}; Path=/; HttpOnly; SameSite=Lax{secure}"))]
}

/// What a person may read; the rest is for the log.
fn trouble(error: &ClientError) -> Response {
    eprintln!("{error}");
    let (status, words) = if error.is_temporary() {
        (StatusCode::SERVICE_UNAVAILABLE, "France Travail ne répond pas : réessayez dans quelques minutes.")
    } else {
        (StatusCode::BAD_GATEWAY, "La connexion n'a pas abouti : recommencez.")
    };
    (status, page(words)).into_response()
}

fn page(body: &str) -> Response {
    Html(format!("<!doctype html><html lang=fr><meta charset=utf-8><title>Exemple</title>{body}"))
        .into_response()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
