//! Tokens: what is handed out? One file per kind of token. Nothing here writes: what must be stored is returned, so
//! that the endpoint can write it together with what it costs.

use royaume_protocol::TokenResponse;
use royaume_store::Write;

use crate::context::Context;
use crate::grants::Granted;
use crate::refusal::Fault;
use crate::stored::client::Client;

pub(crate) mod access_token;
pub(crate) mod id_token;
mod refresh_token;

/// What is answered, and what must be durable before it is.
pub(crate) struct Issued {
    pub(crate) response: TokenResponse,
    pub(crate) writes: Vec<Write>,
}

/// Makes every token that a grant allows.
pub(crate) async fn issue(granted: &Granted, client: &Client, cx: &Context<'_>) -> Result<Issued, Fault> {
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
