//! An authorization request that is looked at and not followed (RFC 6749 §3.1.2.4): a page to sign in at, an error page, or
//! an answer to the application.

use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode, header};
use royaume_client::{ClientError, ReqwestTransport, Scope, SystemEntropy, Transport as _};
use royaume_protocol::Parameters;

use super::credentials::Proof;
use super::finding::{Check, Finding, Trouble, both};
use super::report::Report;
use crate::cli::Doctor;
use crate::commands::who::{self, Speaker};

/// What the server shows whoever comes with the request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Shown {
    /// A page to sign in at, or the way to one.
    Login,
    /// The application's own address: it is known, and something else is not right.
    Callback {
        /// The error, if there is one.
        error: Option<String>,
    },
    /// A page that sends nobody anywhere, with that status.
    ErrorPage(u16),
    /// The server was in trouble.
    Trouble,
}

pub(super) async fn check(
    asked: &Doctor,
    proof: &Proof,
    speaker: &Speaker,
    transport: &ReqwestTransport,
    report: &mut Report,
) -> Option<Shown> {
    let Some(redirect_uri) = &asked.redirect_uri else {
        let unasked = both(
            "nommez-la avec --redirect-uri pour l'essayer",
            "name it with --redirect-uri to have it tried",
        );
        report.skip(&[Check::Authorization], &unasked);
        return None;
    };
    if speaker.client.provider.authorization.is_none() {
        let seen = both("personne ne se connecte à ce royaume", "nobody signs in to this realm");
        let next = both(
            "une application y obtient des jetons pour elle-même : royaume explain dit quel royaume authentifie des personnes",
            "an application gets tokens for itself there: royaume explain says which realm signs people in",
        );
        report.add(Finding::wrong(Check::Authorization, Trouble::Usage, seen, next));
        return None;
    }
    let usual = || Scope::parse("openid").ok();
    let scope = who::scope(asked.scope.as_deref(), speaker)
        .ok()
        .flatten()
        .or_else(|| speaker.scope.clone())
        .or_else(usual)?;
    match ask(speaker, redirect_uri, scope, transport).await {
        Ok(shown) => {
            report.add(said(&shown, redirect_uri, *proof));
            Some(shown)
        }
        Err(error) => {
            report.add(Finding::unforeseen(Check::Authorization, &error));
            Some(Shown::Trouble)
        }
    }
}

fn said(shown: &Shown, redirect_uri: &str, proof: Proof) -> Finding {
    let check = Check::Authorization;
    match shown {
        Shown::Login => Finding::well(
            check,
            both(
                "le serveur connaît cette redirect_uri, et montre de quoi se connecter",
                "the server knows this redirect URI, and shows where to sign in",
            ),
        ),
        Shown::Callback { error: None } => Finding::well(
            check,
            both("le serveur connaît cette redirect_uri", "the server knows this redirect URI"),
        ),
        // The check of the scopes says which, and what to do.
        Shown::Callback { error: Some(error) } if error == "invalid_scope" => Finding::well(
            check,
            both(
                "le serveur connaît cette redirect_uri, et y refuse le scope",
                "the server knows this redirect URI, and refuses the scope there",
            ),
        ),
        Shown::Callback { error: Some(error) } => {
            // The next step is pasted into a shell: it has no characters but a code's.
            let is_a_code =
                error.len() <= 64 && error.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
            let error = if is_a_code { error } else { "..." };
            Finding::wrong(
                check,
                Trouble::Refused,
                both(
                    format!("le serveur connaît cette redirect_uri, et y répond error={error}"),
                    format!("the server knows this redirect URI, and answers error={error} there"),
                ),
                both(
                    format!("royaume explain-error --at authorize 'error={error}' l'explique"),
                    format!("royaume explain-error --at authorize 'error={error}' explains it"),
                ),
            )
        }
        Shown::ErrorPage(status) => {
            let known = match proof {
                Proof::Machine | Proof::SignsIn => both(
                    "l'application est reconnue, donc c'est la redirect_uri qui n'est pas enregistrée",
                    "the application is recognised, so it is the redirect URI that is not registered",
                ),
                Proof::Refused | Proof::Unknown => both(
                    "l'application ou la redirect_uri n'est pas connue",
                    "the application or the redirect URI is not known",
                ),
            };
            Finding::wrong(
                check,
                Trouble::Refused,
                both(
                    format!("une page d'erreur (HTTP {status}) au lieu de la connexion : {}", known.fr),
                    format!("an error page (HTTP {status}) in place of the login: {}", known.en),
                ),
                both(
                    format!(
                        "faites enregistrer {redirect_uri} caractère par caractère (barre finale, port, casse) ; à France \
                         Travail, cela se fait à la main et prend du temps"
                    ),
                    format!(
                        "have {redirect_uri} registered character by character (slash at the end, port, case); at France \
                         Travail this is done by hand and takes time"
                    ),
                ),
            )
        }
        Shown::Trouble => Finding::unforeseen(
            check,
            &ClientError::Unavailable { reason: "HTTP 5xx".to_owned(), retry_after: None },
        ),
    }
}

/// Sends one authorization request, without cookies, and looks at what comes back.
pub(super) async fn ask(
    speaker: &Speaker,
    redirect_uri: &str,
    scope: Scope,
    transport: &ReqwestTransport,
) -> Result<Shown, ClientError> {
    let (address, _) = speaker.client.begin(redirect_uri, scope, None, &SystemEntropy)?;
    let request = Request::get(&address).header(header::ACCEPT, "text/html").body(Bytes::new());
    let request = request.map_err(|error| ClientError::Metadata(error.to_string()))?;
    let response = transport.send(request).await?;
    Ok(read(response.status(), response.headers(), redirect_uri))
}

fn read(status: StatusCode, headers: &HeaderMap, redirect_uri: &str) -> Shown {
    if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
        return Shown::Trouble;
    }
    if status.is_success() {
        return Shown::Login;
    }
    if !status.is_redirection() {
        return Shown::ErrorPage(status.as_u16());
    }
    let location =
        headers.get(header::LOCATION).and_then(|location| location.to_str().ok()).unwrap_or_default();
    let (place, answer) = location.split_once('?').unwrap_or((location, ""));
    if place != redirect_uri.split('?').next().unwrap_or_default() {
        return Shown::Login;
    }
    let answer = answer.split('#').next().unwrap_or_default();
    let answer = Parameters::parse_keeping_first(answer.as_bytes()).ok();
    Shown::Callback { error: answer.and_then(|(answer, _)| answer.optional("error").map(str::to_owned)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(status: u16, location: &str) -> Shown {
        let mut headers = HeaderMap::new();
        headers.insert(header::LOCATION, location.parse().unwrap());
        read(StatusCode::from_u16(status).unwrap(), &headers, "https://app.example/back?x=1")
    }

    #[test]
    fn a_redirect_to_the_application_is_told_from_one_to_the_login() {
        let error = |word: &str| Shown::Callback { error: Some(word.to_owned()) };
        for (location, expected) in [
            ("https://app.example/back?x=1&error=invalid_scope&state=s", error("invalid_scope")),
            ("https://app.example/back?error=a&error=b", error("a")),
            ("https://app.example/back", Shown::Callback { error: None }),
            ("https://app.example/back/login?error=x", Shown::Login),
            ("https://app.example.org/back?error=x", Shown::Login),
            ("/connexion/XUI/?goto=https://app.example/back", Shown::Login),
        ] {
            assert_eq!(shown(302, location), expected, "{location}");
        }
    }

    #[test]
    fn a_page_is_a_login_or_an_error_by_its_status() {
        for (status, expected) in [
            (200, Shown::Login),
            (400, Shown::ErrorPage(400)),
            (404, Shown::ErrorPage(404)),
            (429, Shown::Trouble),
            (503, Shown::Trouble),
        ] {
            assert_eq!(shown(status, "x"), expected, "{status}");
        }
    }
}
