//! UserInfo: what the person allowed the client to know (OIDC Core §5.3, RFC 6750).

use bytes::Bytes;
use http::{Method, Request, StatusCode, header};
use royaume_jose::{Algorithm, jws};
use royaume_protocol::{Parameters, bearer};
use serde_json::{Map, Value};

use super::{body, is_form, token::allow_browser};
use crate::answer::{self, Answer};
use crate::context::Context;
use crate::people;
use crate::refusal::{Failure, Fault, Refusal};
use crate::stored::client::Client;
use crate::tokens::{access_token, encrypted};

/// GET and POST.
pub(super) async fn answer(request: &Request<Bytes>, cx: &Context<'_>) -> Result<Answer, Failure> {
    let presented = presented(request)?;
    let live = access_token::find(&presented, cx).await?.ok_or(Refusal::TokenInvalid)?;
    if !live.token.is_of_person() || !live.token.scope.contains("openid") {
        return Err(Refusal::ScopeInsufficient { needed: "openid" }.into());
    }
    let account =
        people::able(&live.token.subject, live.token.credential, cx).await?.ok_or(Refusal::TokenInvalid)?;
    let (client, asked) = (&live.client, &live.token.asked);
    let mut claims = people::claims(&account, &live.token.scope, &asked.userinfo, &asked.locales, cx);
    claims.insert("sub".to_owned(), live.told_subject(cx).into());
    let answers = &client.answers;
    let mut answer = match (answers.userinfo_signed_response_alg, answers.userinfo_encrypted_response) {
        (None, None) => answer::json(StatusCode::OK, &claims),
        (None, Some(encryption)) => {
            let plain = serde_json::to_vec(&claims).expect("claims always serialise");
            answer::jwt(&encrypted::encrypted(&plain, None, encryption, client, cx).await?)
        }
        (Some(algorithm), encryption) => {
            let signed = signed(claims, algorithm, client, cx).await?;
            answer::jwt(&encrypted::nested(signed, encryption, client, cx).await?)
        }
    };
    allow_browser(request, client, &mut answer);
    Ok(answer)
}

/// The claims as a JWT that says from whom and for whom it is (OIDC Core §5.3.2).
async fn signed(
    mut claims: Map<String, Value>,
    algorithm: Algorithm,
    client: &Client,
    cx: &Context<'_>,
) -> Result<String, Fault> {
    claims.insert("iss".to_owned(), cx.realm.issuer.clone().into());
    claims.insert("aud".to_owned(), client.client_id.clone().into());
    let keys = cx.keys().await?;
    Ok(jws::sign(keys.signing(algorithm, cx.now)?, None, &claims))
}

/// The token, presented in exactly one of the ways of RFC 6750 §2 that are no address.
fn presented(request: &Request<Bytes>) -> Result<String, Refusal> {
    let query = Parameters::parse(request.uri().query().unwrap_or_default().as_bytes())
        .map_err(Refusal::Parameters)?;
    if query.optional("access_token").is_some() {
        return Err(Refusal::TokenPresentedTwice);
    }
    let in_form = if request.method() == Method::POST && is_form(request) {
        body(request).map_err(|_| Refusal::TokenPresentedTwice)?.optional("access_token").map(str::to_owned)
    } else {
        None
    };
    let mut headers = request.headers().get_all(header::AUTHORIZATION).iter();
    let in_header = match (headers.next(), headers.next()) {
        (Some(_), Some(_)) => return Err(Refusal::TokenPresentedTwice),
        (Some(value), None) => {
            let text = value.to_str().map_err(|_| Refusal::TokenInvalid)?;
            match bearer::credentials(text) {
                // RFC 6750 §3.1: whoever tried another scheme has presented no token, rather than a wrong one.
                None => None,
                Some(_) => Some(bearer::parse(text).ok_or(Refusal::TokenInvalid)?.to_owned()),
            }
        }
        (None, _) => None,
    };
    match (in_header, in_form) {
        (Some(_), Some(_)) => Err(Refusal::TokenPresentedTwice),
        (Some(token), None) | (None, Some(token)) => Ok(token),
        (None, None) => Err(Refusal::TokenMissing),
    }
}
