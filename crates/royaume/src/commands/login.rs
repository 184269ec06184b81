//! `royaume login`: a person signs in with the browser, and comes back to this machine (RFC 8252 §7.3).

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header};
use royaume_client::{ClientError, Pending, Provider};
use royaume_jose::SystemEntropy;
use royaume_listen::{Limits, Listener};
use royaume_protocol::Scope;
use royaume_server::pages::{self, LoopbackOutcome};
use royaume_server::{Clock as _, SystemClock};
use tokio::sync::oneshot;
use tower_service::Service;

use super::browser;
use super::logins::Logins;
use super::who::{self, Speaker};
use crate::cli::{Kind, Login};
use crate::failure::Failure;
use crate::language::Language;
use crate::output;

pub(super) async fn run(asked: Login) -> Result<(), Failure> {
    let language = Language::of_environment();
    let speaker = Speaker::of(&asked.who, &[Kind::Private, Kind::Public]).await?;
    // Before anybody signs in for nothing.
    let logins = Logins::open()?;
    let scope = match who::scope(asked.scope.as_deref(), &speaker)?.or_else(|| speaker.scope.clone()) {
        Some(scope) => scope,
        None => Scope::parse("openid").map_err(Failure::other)?,
    };
    if !asked.callback_path.starts_with('/') {
        return Err(Failure::usage("--callback-path begins with a slash, such as /callback"));
    }
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
    let late =
        || language.say("personne n'est revenu à temps : recommencez", "nobody came back in time: try again");
    let open = move || {
        let nothing = language.say("(aucun navigateur n'a pu être ouvert)", "(no browser could be opened)");
        browser::open(address, move || output::remark(nothing));
    };
    let callback = wait(listener, &asked, &pending, &speaker, language, open)
        .await
        .ok_or_else(|| Failure::Person(late().to_owned()))?;
    let tokens = speaker.client.finish(&pending, &callback, SystemClock.now()).await?;
    logins.hold(&speaker).await?.keep(tokens.clone()).await?;
    if asked.who.json {
        output::json(&who::described(&tokens));
    } else {
        let subject = tokens.claims.as_ref().map(|claims| claims.sub.as_str()).unwrap_or("-");
        output::line(&format!("{} {subject}", language.say("Connecté :", "Signed in:")));
        if let Some(scope) = &tokens.scope {
            output::line(&format!("scope: {scope}"));
        }
        if let Some(until) = tokens.expires_at {
            output::line(&format!("{} {until}", language.say("Jusqu'au", "Until")));
        }
    }
    Ok(())
}

/// Listens, opens the browser, and waits for the callback of this login. Whatever else comes is refused and changes nothing.
async fn wait(
    listener: Listener,
    asked: &Login,
    pending: &Pending,
    speaker: &Speaker,
    language: Language,
    open: impl FnOnce(),
) -> Option<String> {
    let (arrived, callback) = oneshot::channel();
    let (stop, stopped) = oneshot::channel::<()>();
    let address = listener.local_addr();
    let expected = Callback {
        path: asked.callback_path.clone(),
        hosts: hosts(address.port()),
        pending: pending.clone(),
        provider: speaker.client.provider.clone(),
        client_id: speaker.client.application.client_id().to_owned(),
        language,
        arrived: Mutex::new(Some(arrived)),
    };
    let serving = tokio::spawn(listener.serve(Waiting(Arc::new(expected)), async {
        let _ = stopped.await;
    }));
    if !asked.no_browser {
        open();
    }
    let callback = tokio::time::timeout(Duration::from_secs(asked.timeout), callback).await;
    let _ = stop.send(());
    // The page is still on its way to the browser.
    let _ = serving.await;
    callback.ok()?.ok()
}

/// What a browser calls this machine. It leaves out the port that is the scheme's own (RFC 9110 §4.2.3).
fn hosts(port: u16) -> Vec<String> {
    let names = ["127.0.0.1", "localhost"];
    let plain = names.iter().filter(|_| port == 80).map(|name| (*name).to_owned());
    plain.chain(names.iter().map(|name| format!("{name}:{port}"))).collect()
}

struct Callback {
    path: String,
    hosts: Vec<String>,
    pending: Pending,
    provider: Provider,
    client_id: String,
    language: Language,
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
        let (status, outcome) = self.judge(request);
        // The terminal's language, which the pages of the server were asked to speak too.
        let language = match self.language {
            Language::French => pages::Language::French,
            Language::English => pages::Language::English,
        };
        let page = pages::Page { language, place: "Royaume", language_links: Vec::new() };
        royaume_server::page_alone(status, pages::Loopback { page, outcome }.render())
    }

    fn judge(&self, request: &Request<Bytes>) -> (StatusCode, LoopbackOutcome) {
        let host =
            request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        // Another host is DNS rebinding, an origin is some page's script (RFC 8252 §8.3).
        let ours =
            self.hosts.iter().any(|known| known == host) && !request.headers().contains_key(header::ORIGIN);
        if !ours || request.method() != Method::GET || request.uri().path() != self.path {
            return (StatusCode::NOT_FOUND, LoopbackOutcome::Nothing);
        }
        let query = request.uri().query().unwrap_or_default();
        let verdict = self.pending.read(query, &self.provider, &self.client_id);
        if let Err(ClientError::Callback(_) | ClientError::MalformedCallback(_)) = &verdict {
            return (StatusCode::BAD_REQUEST, LoopbackOutcome::Unexpected);
        }
        let Some(arrived) = self.arrived.lock().unwrap_or_else(PoisonError::into_inner).take() else {
            return (StatusCode::GONE, LoopbackOutcome::Repeated);
        };
        let _ = arrived.send(query.to_owned());
        let outcome = if verdict.is_ok() { LoopbackOutcome::SignedIn } else { LoopbackOutcome::NotSignedIn };
        (StatusCode::OK, outcome)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_says_the_port_unless_it_is_that_of_http() {
        assert_eq!(hosts(8080), ["127.0.0.1:8080", "localhost:8080"]);
        assert_eq!(hosts(80), ["127.0.0.1", "localhost", "127.0.0.1:80", "localhost:80"]);
    }
}
