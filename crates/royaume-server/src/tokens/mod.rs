//! Tokens: what is handed out? One file per kind of token. Nothing here writes: what must be stored is returned, so
//! that the endpoint can write it together with what it costs.

use royaume_protocol::{ResponseType, TokenResponse};
use royaume_store::Write;

use crate::context::Context;
use crate::grants::Granted;
use crate::refusal::Failure;
use crate::stored::client::Client;

pub(crate) mod access_token;
pub(crate) mod encrypted;
pub(crate) mod id_token;
mod refresh_token;

/// What is answered, and what must be durable before it is.
pub(crate) struct Issued {
    pub(crate) response: TokenResponse,
    pub(crate) writes: Vec<Write>,
}

/// What the authorization endpoint hands out itself, by way of the browser (OIDC Core §3.2.2.5, §3.3.2.5).
#[derive(Default)]
pub(crate) struct InBrowser {
    pub(crate) access_token: Option<access_token::Fresh>,
    pub(crate) id_token: Option<String>,
}

/// Makes the tokens that a response type puts into the browser. Those of an answer that has a code too belong to its
/// family: whoever uses the code twice ends them.
pub(crate) async fn in_browser(
    granted: &Granted,
    client: &Client,
    response_type: ResponseType,
    code: Option<&str>,
    cx: &Context<'_>,
    writes: &mut Vec<Write>,
) -> Result<InBrowser, Failure> {
    let mut made = InBrowser::default();
    if response_type.has_token() {
        made.access_token = Some(access_token::issue(granted, client, cx, writes).await?);
    }
    if let (true, Some(person)) = (response_type.has_id_token(), &granted.person) {
        let statement = id_token::Statement {
            subject: &granted.subject,
            client,
            auth_time: person.auth_time,
            sid: &person.sid,
            amr: &person.amr,
            nonce: person.nonce.as_deref(),
            scope_claims: (response_type == ResponseType::IdToken).then_some(&granted.scope),
            asked: &person.asked,
        };
        let access_token = made.access_token.as_ref().map(|token| token.text.as_str());
        let beside = id_token::Beside { access_token, code };
        made.id_token = Some(id_token::issue(&statement, beside, cx).await?);
    }
    Ok(made)
}

/// Makes every token that a grant allows.
pub(crate) async fn issue(granted: &Granted, client: &Client, cx: &Context<'_>) -> Result<Issued, Failure> {
    let mut writes = Vec::with_capacity(3);
    let access = access_token::issue(granted, client, cx, &mut writes).await?;
    let mut response = TokenResponse::bearer(access.text, access.lifetime, granted.scope.clone());
    if let Some(person) = &granted.person {
        response.refresh_token = refresh_token::issue(person, &granted.subject, client, cx, &mut writes);
        if granted.scope.contains("openid") {
            let statement = id_token::Statement {
                subject: &granted.subject,
                client,
                auth_time: person.auth_time,
                sid: &person.sid,
                amr: &person.amr,
                nonce: person.nonce.as_deref(),
                scope_claims: None,
                asked: &person.asked,
            };
            let beside =
                id_token::Beside { access_token: Some(&response.access_token), ..Default::default() };
            response.id_token = Some(id_token::issue(&statement, beside, cx).await?);
        }
        if cx.realm.realm.dialect.nonce_in_token_response {
            response.nonce = person.nonce.clone();
        }
    }
    Ok(Issued { response, writes })
}
