//! `royaume login`: a person signs in with the browser, and comes back to this machine (RFC 8252 §7.3).

use std::convert::Infallible;
use std::future::Future;
use std::path::Path;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header};
use royaume_client::{ClientError, Pending, Provider};
use royaume_jose::SystemEntropy;
use royaume_listen::Listener;
use royaume_protocol::Scope;
use royaume_server::pages::{self, LoopbackOutcome};
use royaume_server::{Clock as _, SystemClock};
use tokio::sync::oneshot;
use tower_service::Service;

use super::logins::Logins;
use super::way_back::WayBack;
use super::who::{self, Speaker};
use super::{browser, paste};
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
    let way = WayBack::of(&asked, &speaker, language)?;
    let listener = way.listener(language).await?;
    let redirect_uri = way.redirect_uri(listener.as_ref());
    let pasting = asked.paste || listener.is_none() || paste::is_likely();
    if pasting && asked.who.client_secret_file.as_deref() == Some(Path::new("-")) {
        return Err(Failure::usage(language.say(
            "l'entrée standard ne donne pas à la fois le secret et le retour collé : mettez le secret ailleurs",
            "standard input cannot give both the secret and the pasted callback: put the secret elsewhere",
        )));
    }
    let locale = language.say("fr", "en").to_owned();
    let (address, pending) = speaker.client.begin(&redirect_uri, scope, Some(locale), &SystemEntropy)?;

    output::remark(
        language.say("Ouvrez cette adresse pour vous connecter :", "Open this address to sign in:"),
    );
    output::remark(&format!("  {address}"));
    if pasting {
        invite(listener.is_some(), language);
    }
    let nobody = |why: &str| Failure::Person(why.to_owned());
    let open = move || {
        let nothing = language.say("(aucun navigateur n'a pu être ouvert)", "(no browser could be opened)");
        browser::open(address, move || output::remark(nothing));
    };
    let opens = !asked.no_browser && !asked.paste;
    let (provider, client_id) = (&speaker.client.provider, speaker.client.application.client_id());
    let listens = listener.is_some();
    let heard = async {
        match listener {
            Some(listener) => {
                let expected = Callback {
                    path: way.path.clone(),
                    hosts: hosts(listener.local_addr().port()),
                    pending: pending.clone(),
                    provider: provider.clone(),
                    client_id: client_id.to_owned(),
                    language,
                    arrived: Mutex::new(None),
                };
                heard(listener, expected, || {
                    if opens {
                        open()
                    }
                })
                .await
            }
            None => {
                if opens {
                    open();
                }
                pending_forever().await
            }
        }
    };
    let pasted = async {
        match pasting {
            true => match paste::callback(&pending, provider, client_id, language).await {
                // Standard input has ended; a browser may come back still.
                None if listens => pending_forever().await,
                pasted => pasted,
            },
            false => pending_forever().await,
        }
    };
    let first = async {
        tokio::select! {
            callback = heard => callback,
            callback = pasted => callback,
        }
    };
    let callback = tokio::time::timeout(Duration::from_secs(asked.timeout), first)
        .await
        .map_err(|_| {
            nobody(
                language.say(
                    "personne n'est revenu à temps : recommencez",
                    "nobody came back in time: try again",
                ),
            )
        })?
        .ok_or_else(|| {
            nobody(
                language.say("aucun retour n'a été collé : recommencez", "no callback was pasted: try again"),
            )
        })?;
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

/// Says that a callback can be pasted, and why one may have to.
fn invite(listens: bool, language: Language) {
    output::remark(match listens {
        false => language.say(
            "Le navigateur arrivera à l'adresse enregistrée : collez-la ici, entière, puis Entrée.",
            "The browser will arrive at the registered address: paste it here, whole, then press Enter.",
        ),
        true if paste::is_remote() => language.say(
            "Ce terminal est sur une autre machine : la page d'arrivée ne s'ouvrira pas. Collez ici son adresse, entière, puis \
             Entrée.",
            "This terminal is on another machine: the last page will not open. Paste its address here, whole, then press \
             Enter.",
        ),
        true => language.say(
            "Si la dernière page ne s'ouvre pas, collez ici son adresse, entière, puis Entrée.",
            "If the last page does not open, paste its address here, whole, then press Enter.",
        ),
    });
}

async fn pending_forever() -> Option<String> {
    std::future::pending().await
}

/// Listens, opens the browser, and waits for the callback of this login. Whatever else comes is refused and changes nothing.
async fn heard(listener: Listener, expected: Callback, open: impl FnOnce()) -> Option<String> {
    let (arrived, callback) = oneshot::channel();
    let (stop, stopped) = oneshot::channel::<()>();
    *expected.arrived.lock().unwrap_or_else(PoisonError::into_inner) = Some(arrived);
    let serving = tokio::spawn(listener.serve(Waiting(Arc::new(expected)), async {
        let _ = stopped.await;
    }));
    open();
    let callback = callback.await;
    let _ = stop.send(());
    // The page is still on its way to the browser.
    let _ = serving.await;
    callback.ok()
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
