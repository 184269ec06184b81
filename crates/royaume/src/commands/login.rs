//! `royaume login`: a person signs in with the browser, and comes back to this machine (RFC 8252 §7.3).

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use royaume_client::{ClientError, Pending, Provider};
use royaume_jose::SystemEntropy;
use royaume_listen::{Limits, Listener};
use royaume_protocol::Scope;
use royaume_server::{Clock as _, SystemClock};
use tokio::sync::oneshot;
use tower_service::Service;

use super::logins::Logins;
use super::who::{self, Speaker};
use crate::cli::{Kind, Login};
use crate::failure::Failure;
use crate::language::Language;
use crate::output;

pub(super) async fn run(asked: Login) -> Result<(), Failure> {
    let language = Language::of_environment();
    let speaker = Speaker::of(&asked.who, &[Kind::Private, Kind::Public])?;
    let scope = match who::scope(asked.scope.as_deref())?.or_else(|| speaker.scope.clone()) {
        Some(scope) => scope,
        None => Scope::parse("openid").map_err(Failure::other)?,
    };
    let listener = Listener::bind(SocketAddr::from(([127, 0, 0, 1], asked.port)), Limits::default())
        .await
        .map_err(|error| Failure::usage(format!("port {} cannot be listened on: {error}", asked.port)))?;
    let redirect_uri = format!("http://{}{}", listener.local_addr(), asked.callback_path);
    let locale = language.say("fr", "en").to_owned();
    let (address, pending) = speaker.client.begin(&redirect_uri, scope, Some(locale), &SystemEntropy)?;

    output::remark(
        language.say("Ouvrez cette adresse pour vous connecter :", "Open this address to sign in:"),
    );
    output::remark(&format!("  {address}"));
    // The address is ours and goes to the browser as one argument; a machine without a browser has it printed above.
    if !asked.no_browser && webbrowser::open(&address).is_err() {
        output::remark(language.say("(aucun navigateur n'a pu être ouvert)", "(no browser could be opened)"));
    }
    let callback =
        wait(listener, &asked, &pending, &speaker.client.provider, speaker.client.application.client_id())
            .await
            .ok_or_else(|| {
                Failure::Person(
                    language
                        .say(
                            "personne n'est revenu à temps : recommencez",
                            "nobody came back in time: try again",
                        )
                        .to_owned(),
                )
            })?;
    let tokens = speaker.client.finish(&pending, &callback, SystemClock.now()).await?;
    Logins::open()?.keep(&speaker, tokens.clone())?;
    if asked.who.json {
        output::json(&who::described(&tokens));
    } else {
        let subject = tokens.claims.as_ref().map(|claims| claims.sub.as_str()).unwrap_or("-");
        output::line(&format!("{} {subject}", language.say("Connecté :", "Signed in:")));
        if let Some(scope) = &tokens.scope {
            output::line(&format!("scope: {}", output::harmless(&scope.to_string())));
        }
        if let Some(until) = tokens.expires_at {
            output::line(&format!("{} {until}", language.say("Jusqu'au", "Until")));
        }
    }
    Ok(())
}

/// Waits for the callback of this login. Whatever else comes is refused and changes nothing.
async fn wait(
    listener: Listener,
    asked: &Login,
    pending: &Pending,
    provider: &Provider,
    client_id: &str,
) -> Option<String> {
    let (arrived, callback) = oneshot::channel();
    let (stop, stopped) = oneshot::channel::<()>();
    let address = listener.local_addr();
    let expected = Callback {
        path: asked.callback_path.clone(),
        hosts: [address.to_string(), format!("localhost:{}", address.port())],
        pending: pending.clone(),
        provider: provider.clone(),
        client_id: client_id.to_owned(),
        arrived: Mutex::new(Some(arrived)),
    };
    let serving = tokio::spawn(listener.serve(Waiting(Arc::new(expected)), async {
        let _ = stopped.await;
    }));
    let callback = tokio::time::timeout(Duration::from_secs(asked.timeout), callback).await;
    let _ = stop.send(());
    // The page is still on its way to the browser.
    let _ = serving.await;
    callback.ok()?.ok()
}

struct Callback {
    path: String,
    hosts: [String; 2],
    pending: Pending,
    provider: Provider,
    client_id: String,
    arrived: Mutex<Option<oneshot::Sender<String>>>,
}

#[derive(Clone)]
struct Waiting(Arc<Callback>);

impl Service<Request<Bytes>> for Waiting {
    type Response = Response<Bytes>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Bytes>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Bytes>) -> Self::Future {
        let answer = self.0.answer(&request);
        Box::pin(async move { Ok(answer) })
    }
}

impl Callback {
    fn answer(&self, request: &Request<Bytes>) -> Response<Bytes> {
        let host =
            request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        // Another host is DNS rebinding, an origin is some page's script (RFC 8252 §8.3).
        let ours =
            self.hosts.iter().any(|known| known == host) && !request.headers().contains_key(header::ORIGIN);
        if !ours || request.method() != Method::GET || request.uri().path() != self.path {
            return page(StatusCode::NOT_FOUND, "Rien ici. · Nothing here.");
        }
        let query = request.uri().query().unwrap_or_default();
        let verdict = self.pending.read(query, &self.provider, &self.client_id);
        if let Err(ClientError::Callback(_) | ClientError::MalformedCallback(_)) = &verdict {
            return page(
                StatusCode::BAD_REQUEST,
                "Ce n'est pas la connexion attendue. · This is not the sign-in that was expected.",
            );
        }
        let Some(arrived) = self.arrived.lock().unwrap_or_else(PoisonError::into_inner).take() else {
            return page(StatusCode::GONE, "Déjà reçu. · Received already.");
        };
        let _ = arrived.send(query.to_owned());
        match verdict {
            Ok(_) => {
                page(StatusCode::OK, "Vous pouvez revenir au terminal. · You may go back to the terminal.")
            }
            Err(_) => page(
                StatusCode::OK,
                "La connexion n'a pas abouti : voyez le terminal. · The sign-in did not succeed: see the terminal.",
            ),
        }
    }
}

fn page(status: StatusCode, words: &'static str) -> Response<Bytes> {
    let html = format!(
        "<!doctype html><html lang=\"fr\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>Royaume</title><h1>Royaume</h1><p>{words}</p></html>"
    );
    let mut response = Response::new(Bytes::from(html));
    *response.status_mut() = status;
    for (name, value) in [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}
