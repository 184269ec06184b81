//! Refresh tokens: the first of a family, and each next generation (RFC 6749 §1.5, RFC 9700 §4.14.2).

use royaume_store::Write;

use crate::context::Context;
use crate::grants::{PersonGrant, Refresh};
use crate::handle::{Handle, Size};
use crate::stored::client::Client;
use crate::stored::refresh_token::RefreshToken;
use crate::stored::{Storable, create, expiring};

pub(super) fn issue(
    person: &PersonGrant,
    subject: &str,
    client: &Client,
    cx: &Context<'_>,
    writes: &mut Vec<Write>,
) -> Option<String> {
    let lifetimes = &cx.realm.realm.lifetimes;
    let (handle, generation, ends_at) = match &person.refresh {
        Refresh::None => return None,
        Refresh::Again { handle } => return Some(handle.text()),
        Refresh::First => {
            let handle = Handle::new(Size::Long, cx.now, cx.entropy());
            (handle, 1, cx.after(lifetimes.refresh_absolute))
        }
        Refresh::Next { handle, generation, ends_at } => (handle.clone(), *generation, *ends_at),
    };
    let token = RefreshToken {
        client_id: client.client_id.clone(),
        subject: subject.to_owned(),
        scope: person.scope.clone(),
        auth_time: person.auth_time,
        credential: person.credential,
        amr: person.amr.clone(),
        sid: person.sid.clone(),
        asked: person.asked.clone(),
        generation,
        expires_at: cx.after(lifetimes.refresh_token).min(ends_at),
        ends_at,
    };
    let id = handle.row_id(&cx.realm.name, RefreshToken::KIND, &cx.parts.handles_key);
    let mut row = expiring(id, &token, token.expires_at);
    row.family = Some(person.family);
    row.within = token.sid.parse().ok();
    writes.push(create(row));
    Some(handle.text())
}
