//! The credentials (RFC 6749 §2.3): is the application recognised, and for what?
//!
//! An application that speaks for itself asks for a token. One that signs people in redeems a code that was never issued: a
//! server recognises the application before it looks at the code (RFC 6749 §4.1.3), so `invalid_grant` is good news.

use royaume_client::{Client, ClientAuthentication, ClientError, ReqwestTransport, Scope, SystemEntropy};
use royaume_client::{Clock as _, SystemClock};
use royaume_protocol::{ClientAuthenticationMethod, ErrorCode, GrantType, Parameters, Secret, parameters};
use royaume_realm::Text;

use super::finding::{Check, Finding, Trouble, both};
use super::pace::Pace;
use super::realm::Ground;
use super::report::Report;
use crate::cli::Doctor;
use crate::commands::who::Speaker;

/// What is known of the application.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Proof {
    /// It gets tokens for itself.
    Machine,
    /// It is recognised, and signs people in.
    SignsIn,
    /// It is not recognised.
    Refused,
    /// The server did not say.
    Unknown,
}

pub(super) async fn check(
    asked: &Doctor,
    ground: &Ground,
    speaker: &Speaker,
    transport: &ReqwestTransport,
    report: &mut Report,
) -> Proof {
    let client = &speaker.client;
    let id = client.application.client_id();
    let mut pace = Pace::default();
    let public = matches!(client.application, ClientAuthentication::None { .. });
    let machines = ground.realm.as_ref().is_none_or(|realm| realm.allows(GrantType::ClientCredentials));
    if machines && !public {
        pace.next().await;
        match client.client_credentials(None, SystemClock.now()).await {
            Ok(_) => return machine(id, report),
            // RFC 6749 §5.2: the scope is judged once the application is known.
            Err(ClientError::ScopeRefused(_)) => return machine(id, report),
            Err(ClientError::ClientRefused(_) | ClientError::TokenRefused(_)) => {
                return refused(ground, client, transport, pace, report).await;
            }
            Err(error) if is_for_others(&error) && client.provider.authorization.is_some() => {}
            Err(error) => {
                report.add(Finding::unforeseen(Check::Credentials, &error));
                return Proof::Unknown;
            }
        }
    }
    pace.next().await;
    match redeemed(asked, client).await {
        Err(ClientError::GrantRefused(_)) => signs_in(id, public, report),
        // Deployed servers have codes of their own for the redirect URI and the code, which come later too.
        Err(ClientError::Refused { code: ErrorCode::Unknown(_), .. }) => signs_in(id, public, report),
        Err(ClientError::ClientRefused(_) | ClientError::TokenRefused(_)) => {
            refused(ground, client, transport, pace, report).await
        }
        Err(error) => {
            report.add(Finding::unforeseen(Check::Credentials, &error));
            Proof::Unknown
        }
        Ok(_) => {
            let seen = both(
                "le serveur a donné des jetons contre un code inventé",
                "the server gave tokens for an invented code",
            );
            let next = both("ne vous fiez pas à ce serveur", "do not trust this server");
            report.add(Finding::wrong(Check::Credentials, Trouble::Other, seen, next));
            Proof::Unknown
        }
    }
}

fn machine(id: &str, report: &mut Report) -> Proof {
    let seen = both(
        format!("{id} est reconnue, et obtient des jetons pour elle-même"),
        format!("{id} is recognised, and gets tokens for itself"),
    );
    report.add(Finding::well(Check::Credentials, seen));
    Proof::Machine
}

fn signs_in(id: &str, public: bool, report: &mut Report) -> Proof {
    let seen = if public {
        both(format!("{id} est connue, sans secret"), format!("{id} is known, without a secret"))
    } else {
        both(
            format!("{id} est reconnue avec son secret, et authentifie des personnes"),
            format!("{id} is recognised by its secret, and signs people in"),
        )
    };
    report.add(Finding::well(Check::Credentials, seen));
    Proof::SignsIn
}

/// Recognised, but not for client credentials.
fn is_for_others(error: &ClientError) -> bool {
    let code = match error {
        ClientError::Refused { code, .. } => code,
        _ => return false,
    };
    matches!(code, ErrorCode::UnauthorizedClient | ErrorCode::UnsupportedGrantType)
}

/// Redeems a code that nobody issued.
async fn redeemed(
    asked: &Doctor,
    client: &Client<ReqwestTransport>,
) -> Result<royaume_client::TokenSet, ClientError> {
    let redirect_uri = asked.redirect_uri.as_deref().unwrap_or("http://127.0.0.1/callback");
    // Without openid, no keys are asked for before the code is sent.
    let scope = Scope::parse("profile").map_err(|error| ClientError::Metadata(error.to_string()))?;
    let (address, pending) = client.begin(redirect_uri, scope, None, &SystemEntropy)?;
    let query = address.split_once('?').map_or("", |(_, query)| query);
    let sent = Parameters::parse(query.as_bytes()).ok();
    let state = sent.as_ref().and_then(|sent| sent.optional("state")).unwrap_or_default();
    let callback = parameters::encode(&[
        ("code", "royaume-doctor-invented-this-code"),
        ("state", state),
        ("iss", &client.provider.issuer),
    ]);
    client.finish(&pending, &callback, SystemClock.now()).await
}

/// Not recognised: is it the way in which the secret is sent, or how it is written?
async fn refused(
    ground: &Ground,
    client: &Client<ReqwestTransport>,
    transport: &ReqwestTransport,
    mut pace: Pace,
    report: &mut Report,
) -> Proof {
    if let Some((other, method)) = other_way(client) {
        pace.next().await;
        let client = Client::new(client.provider.clone(), other, transport.clone());
        if client.client_credentials(None, SystemClock.now()).await.is_ok() {
            let seen = both(
                format!("le secret est bon, mais cette application doit l'envoyer par {method}"),
                format!("the secret is right, but this application has to send it by {method}"),
            );
            let next = both(
                format!("réglez votre bibliothèque sur {method}, ou faites changer l'enregistrement"),
                format!("set your library to {method}, or have the registration changed"),
            );
            report.add(Finding::wrong(Check::Credentials, Trouble::Refused, seen, next));
            return Proof::Refused;
        }
    }
    let (id, name) = (client.application.client_id(), ground.name());
    let seen = both(
        format!("le serveur ne reconnaît pas {id} dans {name}"),
        format!("the server does not recognise {id} in {name}"),
    );
    report.add(Finding::wrong(
        Check::Credentials,
        Trouble::Refused,
        seen,
        advice(&client.application, ground),
    ));
    Proof::Refused
}

/// The other place for the secret, where the provider says that it takes both.
fn other_way(client: &Client<ReqwestTransport>) -> Option<(ClientAuthentication, &'static str)> {
    use ClientAuthenticationMethod as M;
    let methods = &client.provider.authentication;
    if !(methods.contains(&M::ClientSecretBasic) && methods.contains(&M::ClientSecretPost)) {
        return None;
    }
    match &client.application {
        ClientAuthentication::Post { client_id, secret } => {
            Some((ClientAuthentication::basic(client_id, secret.clone()), "client_secret_basic"))
        }
        ClientAuthentication::Basic { client_id, secret } => {
            Some((ClientAuthentication::post(client_id, secret.clone()), "client_secret_post"))
        }
        ClientAuthentication::PrivateKeyJwt { .. }
        | ClientAuthentication::ClientSecretJwt { .. }
        | ClientAuthentication::None { .. } => None,
    }
}

fn advice(application: &ClientAuthentication, ground: &Ground) -> Text {
    let secret = match application {
        ClientAuthentication::Post { secret, .. } | ClientAuthentication::Basic { secret, .. } => {
            Some(secret)
        }
        ClientAuthentication::PrivateKeyJwt { .. }
        | ClientAuthentication::ClientSecretJwt { .. }
        | ClientAuthentication::None { .. } => None,
    };
    if let Some(odd) = secret.and_then(odd) {
        return odd;
    }
    if application.client_id().trim() != application.client_id() {
        return both(
            "l'identifiant commence ou finit par un blanc",
            "the client id begins or ends with a blank",
        );
    }
    let name = ground.name();
    if matches!(application, ClientAuthentication::None { .. }) {
        return both(
            format!(
                "vérifiez client_id, le royaume ({name}), et si l'application a un secret (ROYAUME_CLIENT_SECRET)"
            ),
            format!(
                "check client_id, the realm ({name}), and whether the application has a secret (ROYAUME_CLIENT_SECRET)"
            ),
        );
    }
    both(
        format!(
            "copiez de nouveau client_id et secret, entiers, de la page de l'application ; vérifiez qu'elle est de {name}, et \
             du même environnement"
        ),
        format!(
            "copy client_id and secret again, whole, from the page of the application; check that it is of {name}, and of the \
             same environment"
        ),
    )
}

/// What a secret has around it when it was not copied well. Nothing of it is said.
fn odd(secret: &Secret) -> Option<Text> {
    let text = secret.expose();
    if text.is_empty() {
        return Some(both("le secret est vide", "the secret is empty"));
    }
    if text.trim() != text {
        return Some(both(
            "le secret commence ou finit par un blanc ou une fin de ligne : retirez-le",
            "the secret begins or ends with a blank or a line's end: take it off",
        ));
    }
    let quoted =
        text.len() > 1 && ['"', '\''].iter().any(|quote| text.starts_with(*quote) && text.ends_with(*quote));
    quoted.then(|| {
        both("le secret est entre guillemets : retirez-les", "the secret is in quotes: take them off")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_that_was_copied_badly_is_noticed_and_not_repeated() {
        for (text, words) in
            [("", "empty"), ("word ", "blank"), ("word\n", "line's end"), ("\"word\"", "quotes")]
        {
            let said = odd(&Secret::from(text)).unwrap();
            assert!(said.en.contains(words) && !said.en.contains("word"), "{said:?}");
        }
        for text in ["word", "\"", "a\"b", "'a\""] {
            assert_eq!(odd(&Secret::from(text)), None, "{text}");
        }
    }
}
