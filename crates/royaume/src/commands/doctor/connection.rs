//! The way to the server: name, connection, TLS and a first answer, told apart.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode, Uri, header};
use jiff::Timestamp;
use royaume_client::{ClientError, Clock as _, ReqwestTransport, SystemClock, Transport as _, requests};
use royaume_fetch::{Configuration, Fetch, FetchError, Limits, Stage};
use royaume_protocol::discovery;
use royaume_realm::Text;

use super::finding::{Check, Finding, Trouble, both};
use super::realm::Ground;
use super::report::Report;

/// For name, connection, TLS and answer together.
const PATIENCE: Duration = Duration::from_secs(10);
/// The steps, in the order in which they are taken.
const STEPS: [Check; 4] = [Check::Names, Check::Connection, Check::Tls, Check::Server];

/// A first answer, whatever it says.
#[derive(Debug)]
pub(super) struct Answered {
    /// What the server says the time is.
    pub(super) date: Option<String>,
    /// When it was asked.
    pub(super) before: Timestamp,
    /// When its answer was here.
    pub(super) after: Timestamp,
}

/// Why there is none.
enum Stopped {
    /// At that step.
    At(Check, Finding),
    /// Nobody can say at which.
    Somewhere(Finding),
}

/// Asks once. Nothing when the server does not answer, or says itself that it is in trouble.
pub(super) async fn check(
    ground: &Ground,
    transport: &ReqwestTransport,
    report: &mut Report,
) -> Option<Answered> {
    let address = match &ground.addresses {
        Some(addresses) => addresses.token.clone(),
        None => discovery::openid_configuration(&ground.issuer),
    };
    let Some(place) = Where::of(&address) else {
        let seen = both("l'adresse du serveur ne se lit pas", "the address of the server does not read");
        let next = both("corrigez --server ou --issuer", "correct --server or --issuer");
        report.add(Finding::wrong(Check::Names, Trouble::Usage, seen, next));
        report.skip(&STEPS[1..], &both("il n'y a pas d'adresse", "there is no address"));
        return None;
    };
    let others = ground.addresses.iter().flat_map(|addresses| &addresses.token_alternates);
    let others: Vec<_> = others.filter_map(|other| Where::of(other)).map(|other| other.host).collect();
    let before = SystemClock.now();
    let proxied = place.https && proxy_is_named();
    let asked = if proxied {
        through_proxy(&address, transport).await
    } else {
        direct(&address, &place, &others).await
    };
    let after = SystemClock.now();
    match asked {
        Ok((status, headers)) => {
            passed(&place, proxied, &STEPS[..3], report);
            let serves = server(status, &address, report);
            let date = headers.get(header::DATE).and_then(|date| date.to_str().ok()).map(str::to_owned);
            serves.then_some(Answered { date, before, after })
        }
        Err(Stopped::At(step, finding)) => {
            let at = STEPS.iter().position(|one| *one == step).unwrap_or_default();
            passed(&place, proxied, &STEPS[..at.min(3)], report);
            report.add(finding);
            let later = STEPS.get(at + 1..).unwrap_or_default();
            report.skip(later, &both("on n'est pas arrivé jusque-là", "it was not reached"));
            None
        }
        Err(Stopped::Somewhere(finding)) => {
            report.skip(&STEPS[..3], &by_proxy());
            report.add(finding);
            None
        }
    }
}

fn by_proxy() -> Text {
    both(
        "un proxy (HTTPS_PROXY) cherche les noms et ouvre les connexions",
        "a proxy (HTTPS_PROXY) looks names up and opens connections",
    )
}

/// The steps that went well.
fn passed(place: &Where, proxied: bool, steps: &[Check], report: &mut Report) {
    let host = &place.host;
    for step in steps {
        match step {
            Check::Names | Check::Connection if proxied => report.skip(&[*step], &by_proxy()),
            Check::Names => report
                .add(Finding::well(*step, both(format!("{host} est connu"), format!("{host} is known")))),
            Check::Tls if !place.https => {
                let clear =
                    both("http, que cette machine seule peut lire", "http, which only this machine can read");
                report.skip(&[*step], &clear);
            }
            Check::Tls => report.add(Finding::well(
                *step,
                both(
                    format!("le certificat de {host} est cru"),
                    format!("the certificate of {host} is believed"),
                ),
            )),
            other => report.add(Finding::well(
                *other,
                both(format!("{host}:{} accepte", place.port), format!("{host}:{} accepts", place.port)),
            )),
        }
    }
}

/// What the status says of the server: any answer will do, unless the server says that it is in trouble.
fn server(status: StatusCode, address: &str, report: &mut Report) -> bool {
    let code = status.as_u16();
    if status == StatusCode::NOT_FOUND {
        let seen = both(
            format!("il répond qu'il n'y a rien à {address}"),
            format!("it answers that nothing is at {address}"),
        );
        let next = both(
            "vérifiez que c'est le bon serveur, et son chemin s'il en a un",
            "check that it is the right server, and its path if it has one",
        );
        report.add(Finding::remark(Check::Server, seen, next));
        return true;
    }
    if !status.is_server_error() && status != StatusCode::TOO_MANY_REQUESTS {
        report.add(Finding::well(Check::Server, both("il répond", "it answers")));
        return true;
    }
    let seen = both(format!("il répond HTTP {code}"), format!("it answers HTTP {code}"));
    let next = both(
        "le serveur est en panne, en maintenance ou surchargé : gardez vos jetons et réessayez plus tard",
        "the server is broken, under maintenance or overloaded: keep your tokens and try again later",
    );
    report.add(Finding::wrong(Check::Server, Trouble::Unavailable, seen, next));
    false
}

/// Where an address leads.
struct Where {
    https: bool,
    host: String,
    port: u16,
}

impl Where {
    fn of(address: &str) -> Option<Self> {
        let uri: Uri = address.parse().ok()?;
        let https = uri.scheme_str()? == "https";
        let port = uri.port_u16().unwrap_or(if https { 443 } else { 80 });
        Some(Self { https, host: uri.host()?.to_owned(), port })
    }

    fn is_here(&self) -> bool {
        let host = self.host.trim_matches(['[', ']']);
        host == "localhost"
            || host.ends_with(".localhost")
            || host.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
    }
}

fn proxy_is_named() -> bool {
    let names = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
    names.iter().any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
}

type Head = (StatusCode, HeaderMap);

async fn through_proxy(address: &str, transport: &ReqwestTransport) -> Result<Head, Stopped> {
    let sent = match requests::document(address) {
        Ok(request) => transport.send(request).await,
        Err(error) => Err(error),
    };
    sent.map(|response| (response.status(), response.headers().clone())).map_err(|error: ClientError| {
        let seen = both(
            format!("par le proxy, pas de réponse : {error}"),
            format!("through the proxy, no answer: {error}"),
        );
        let next = both(
            "voyez si HTTPS_PROXY est juste, si ce proxy laisse passer cet hôte, et s'il met un certificat à lui à la place \
             de celui du serveur (SSL_CERT_FILE nomme alors son autorité)",
            "see whether HTTPS_PROXY is right, whether that proxy lets this host pass, and whether it puts a certificate of \
             its own in place of the server's (SSL_CERT_FILE then names its authority)",
        );
        Stopped::Somewhere(Finding::wrong(Check::Server, Trouble::of(&error), seen, next))
    })
}

async fn direct(address: &str, place: &Where, others: &[String]) -> Result<Head, Stopped> {
    // The operator has named this host: wherever it is, they mean it.
    let allow = place.host.parse().into_iter().collect();
    let limits = Limits { time: PATIENCE, body_bytes: 1024 * 1024, ..Limits::default() };
    let ours = |why: String| {
        let finding = Finding::wrong(
            Check::Names,
            Trouble::Usage,
            Text::same(&why),
            both("corrigez --server ou --issuer", "correct --server or --issuer"),
        );
        Stopped::At(Check::Names, finding)
    };
    let fetch = Fetch::new(Configuration { allow, limits, ..Configuration::default() })
        .map_err(|error| ours(error.to_string()))?;
    let request = Request::get(address).header(header::ACCEPT, "application/json").body(Bytes::new());
    let request = request.map_err(|error| ours(error.to_string()))?;
    match fetch.send(request).await {
        Ok(response) => Ok((response.status(), response.headers().clone())),
        Err(error) => Err(stopped(&error, place, others)),
    }
}

/// At which step a request ended, and what to do about it.
fn stopped(error: &FetchError, place: &Where, others: &[String]) -> Stopped {
    let host = &place.host;
    let at = |step, trouble, seen, next| Stopped::At(step, Finding::wrong(step, trouble, seen, next));
    let slow = |step| {
        let seen = both(
            format!("{host} n'a pas répondu en {} s", PATIENCE.as_secs()),
            format!("{host} did not answer within {} s", PATIENCE.as_secs()),
        );
        let next = both(
            "réessayez plus tard ; si cela dure, un pare-feu avale peut-être les demandes (un proxy se nomme par HTTPS_PROXY)",
            "try again later; if it goes on, a firewall may swallow requests (a proxy is named by HTTPS_PROXY)",
        );
        at(step, Trouble::Unavailable, seen, next)
    };
    match error {
        FetchError::Unknown { why, .. } => {
            let known = others.join(", ");
            let seen = both(format!("{host} est introuvable : {why}"), format!("{host} is not found: {why}"));
            let next = if others.is_empty() {
                both(
                    "vérifiez l'orthographe de l'hôte, le DNS, et si votre réseau veut un proxy (HTTPS_PROXY)",
                    "check the spelling of the host, the DNS, and whether your network wants a proxy (HTTPS_PROXY)",
                )
            } else {
                both(
                    format!(
                        "vérifiez le DNS et le proxy (HTTPS_PROXY) ; autres hôtes connus de ce royaume : {known}"
                    ),
                    format!(
                        "check the DNS and the proxy (HTTPS_PROXY); other known hosts of this realm: {known}"
                    ),
                )
            };
            at(Check::Names, Trouble::Unavailable, seen, next)
        }
        FetchError::Unreachable { why, .. } => {
            let port = place.port;
            let seen = both(
                format!("{host}:{port} n'accepte pas de connexion : {why}"),
                format!("{host}:{port} accepts no connection: {why}"),
            );
            let next = if place.is_here() {
                both(
                    "démarrez royaume dev dans un autre terminal, ou nommez par --server l'adresse qu'il affiche",
                    "start royaume dev in another terminal, or name by --server the address that it shows",
                )
            } else {
                both(
                    "vérifiez le port, le pare-feu et le proxy (HTTPS_PROXY)",
                    "check the port, the firewall and the proxy (HTTPS_PROXY)",
                )
            };
            at(Check::Connection, Trouble::Unavailable, seen, next)
        }
        FetchError::Untrusted { why, .. } => {
            let why = why.split(';').next().unwrap_or_default();
            let seen = both(
                format!("on répond, mais le certificat de {host} n'est pas cru : {why}"),
                format!("somebody answers, but the certificate of {host} is not believed: {why}"),
            );
            let next = both(
                "ne désactivez pas la vérification ; si une autorité privée ou un proxy de votre réseau signe ce certificat, \
                 nommez son fichier par SSL_CERT_FILE, et sinon prévenez qui tient le serveur",
                "do not switch verification off; if a private authority or a proxy of your network signs this certificate, \
                 name its file by SSL_CERT_FILE, and otherwise tell whoever runs the server",
            );
            at(Check::Tls, Trouble::Unavailable, seen, next)
        }
        FetchError::Handshake { why, .. } => {
            let seen = both(
                format!("on répond, mais pas en TLS comme nous le parlons : {why}"),
                format!("somebody answers, but not in TLS as we speak it: {why}"),
            );
            let next = both(
                "le port est-il celui de https ? Un serveur de cette machine parle peut-être http",
                "is the port that of https? A server of this machine may speak http",
            );
            at(Check::Tls, Trouble::Unavailable, seen, next)
        }
        FetchError::TimedOut { stage, .. } => slow(match stage {
            Stage::Place | Stage::Lookup => Check::Names,
            Stage::Connection => Check::Connection,
            Stage::Handshake => Check::Tls,
            Stage::Head | Stage::Body => Check::Server,
        }),
        FetchError::NotHttps { .. } | FetchError::Malformed(_) | FetchError::Inside { .. } => at(
            Check::Names,
            Trouble::Usage,
            both(format!("{host} n'est pas interrogé : {error}"), format!("{host} is not asked: {error}")),
            both("corrigez --server ou --issuer", "correct --server or --issuer"),
        ),
        // Too much, broken off, or encoded: it is there, and is not what one looks for. More kinds may come.
        error => at(
            Check::Server,
            Trouble::Other,
            both(
                format!("ce qui répond n'est pas un serveur d'autorisation : {error}"),
                format!("what answers is no authorization server: {error}"),
            ),
            both("vérifiez l'hôte et le port", "check host and port"),
        ),
    }
}
