//! Authorization code: a person's consent, fetched once by the client it was given to (RFC 6749 §4.1.3, RFC 7636).

use royaume_protocol::{CodeVerifier, GrantType, Parameters};
use royaume_store::{Family, Stored, Write};

use super::{Granted, PersonGrant, Refresh};
use crate::context::Context;
use crate::handle::{Handle, Size};
use crate::people;
use crate::refusal::{Failure, Fault, Refusal};
use crate::stored::client::Client;
use crate::stored::code::Code;
use crate::stored::{Storable, read};

pub(super) async fn judge(
    parameters: &Parameters,
    client: &Client,
    cx: &Context<'_>,
) -> Result<Granted, Failure> {
    let presented = parameters.required("code")?;
    let handle = Handle::parse(presented, Size::Long).ok_or(Refusal::CodeUnknown)?;
    let id = handle.row_id(&cx.realm.name, Code::KIND, &cx.parts.handles_key);
    let stored = cx.store().get(&id).await?.ok_or(Refusal::CodeUnknown)?;
    let code: Code = read(&stored)?;
    let family = stored.row.family.ok_or(Fault::Corrupt { kind: "code", reason: "no family".into() })?;

    match proven(&code, &stored, parameters, client, cx) {
        Ok(()) => {}
        Err(refusal) => {
            react(&refusal, &stored, family, cx).await?;
            return Err(refusal.into());
        }
    }
    people::able(&code.subject, code.credential, cx).await?.ok_or(Refusal::PersonUnavailable)?;
    let (scope, asked) =
        people::still_allowed(&code.subject, &code.client_id, &code.scope, code.asked, cx).await?;
    if scope.is_empty() {
        return Err(Refusal::GrantRevoked.into());
    }

    let refresh = if client.may_use(GrantType::RefreshToken) { Refresh::First } else { Refresh::None };
    Ok(Granted {
        subject: code.subject,
        scope: scope.clone(),
        person: Some(PersonGrant {
            scope,
            auth_time: code.auth_time,
            credential: code.credential,
            amr: code.amr,
            sid: code.sid,
            nonce: code.nonce,
            asked,
            family,
            refresh,
        }),
        spends: Some(id),
    })
}

/// The rules, in the order in which they protect the person.
fn proven(
    code: &Code,
    stored: &Stored,
    parameters: &Parameters,
    client: &Client,
    cx: &Context<'_>,
) -> Result<(), Refusal> {
    if code.client_id != client.client_id {
        return Err(Refusal::CodeOfAnotherClient);
    }
    if stored.spent_at.is_some() {
        return Err(Refusal::CodeUsed);
    }
    if stored.revoked {
        return Err(Refusal::GrantRevoked);
    }
    if cx.now >= code.expires_at {
        return Err(Refusal::CodeExpired);
    }
    let redirect_uri = parameters.optional("redirect_uri").unwrap_or_default();
    if redirect_uri != code.redirect_uri {
        return Err(Refusal::RedirectUriDiffers { registered: client.redirects_to(redirect_uri) });
    }
    match (&code.code_challenge, parameters.optional("code_verifier")) {
        (None, None) => Ok(()),
        (None, Some(_)) => Err(Refusal::PkceVerifierUnexpected),
        (Some(_), None) => Err(Refusal::PkceVerifierMissing),
        (Some(challenge), Some(verifier)) => {
            let verifier = CodeVerifier::parse(verifier).map_err(|_| Refusal::PkceVerifierMalformed)?;
            if challenge.verifies(&verifier) { Ok(()) } else { Err(Refusal::PkceVerifierWrong) }
        }
    }
}

/// A second use ends everything that the first one bought (RFC 6749 §4.1.2). A failed proof burns the code: whoever
/// guesses gets one try (RFC 6819 §4.4.1.3). Another client cannot burn it: it might only have seen it.
async fn react(refusal: &Refusal, stored: &Stored, family: Family, cx: &Context<'_>) -> Result<(), Failure> {
    let write = match refusal {
        Refusal::CodeUsed => {
            cx.audit("code_reused", None, None);
            Write::Revoke { realm: cx.realm.name.clone(), family, until: cx.realm.family_forgotten(cx.now) }
        }
        Refusal::RedirectUriDiffers { .. }
        | Refusal::PkceVerifierMissing
        | Refusal::PkceVerifierMalformed
        | Refusal::PkceVerifierWrong
        | Refusal::PkceVerifierUnexpected => Write::Spend { id: stored.row.id.clone(), at: cx.now },
        _ => return Ok(()),
    };
    // A burn that finds the code spent meanwhile changes nothing: it is refused either way.
    cx.store().write(vec![write]).await?;
    Ok(())
}
