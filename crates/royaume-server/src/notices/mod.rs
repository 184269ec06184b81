//! Notices: the applications that took part in a session learn that it has ended, from the server (OpenID Connect
//! Back-Channel Logout 1.0) or through the person's browser (Front-Channel Logout 1.0).
//!
//! Who took part is noted when a code is issued. What is owed is written in the same step as the end of the session, so
//! that no crash loses it, and is delivered apart from the answer, so that no receiver delays the person.

mod delivery;

pub(crate) use delivery::{Deliveries, deliver_due};

use std::sync::Arc;

use royaume_protocol::{RedirectUri, parameters};
use royaume_store::{Expect, Write};

use crate::context::Context;
use crate::pages::LogoutFrame;
use crate::people;
use crate::refusal::Fault;
use crate::stored::attendance::Attendance;
use crate::stored::client::Client;
use crate::stored::logout_notice::LogoutNotice;
use crate::stored::session::Session;
use crate::stored::{Storable, create, read};
use delivery::Owed;

/// Applications of one session that are told, at most.
const TOLD: usize = 500;

/// The write that notes that an application takes part in a session; nothing if it wants no word, or is noted already.
pub(crate) async fn attend(
    session: &Session,
    client: &Client,
    cx: &Context<'_>,
) -> Result<Option<Write>, Fault> {
    let Some(family) = session.family().filter(|_| client.logout.any()) else { return Ok(None) };
    let attendance = Attendance { client_id: client.client_id.clone() };
    let id = attendance.id(&cx.realm.name, family);
    // Whoever signs in again goes on with the session, which then ends later.
    let noted = cx.store().get(&id).await?.and_then(|stored| stored.row.expires_at);
    if noted.is_some_and(|end| end >= session.ends_at) {
        return Ok(None);
    }
    let row = attendance.row(id, family, session.ends_at);
    Ok(Some(Write::Put { row, expect: Expect::Anything }))
}

/// The applications that took part in a session and may still be told.
pub(crate) async fn attending(session: &Session, cx: &Context<'_>) -> Result<Vec<Arc<Client>>, Fault> {
    let Some(family) = session.family() else { return Ok(Vec::new()) };
    let first = family.as_bytes();
    let rows = cx.store().list(&cx.realm.name, Attendance::KIND, Some(&first[..]), TOLD).await?;
    let mut clients = Vec::new();
    for stored in rows.iter().take_while(|stored| stored.row.id.key().starts_with(&first[..])) {
        let attendance: Attendance = read(stored)?;
        let client = cx.client(&attendance.client_id).await?;
        clients.extend(client.filter(|client| !client.disabled && !stored.revoked));
    }
    Ok(clients)
}

/// What the person's browser loads of the applications of a session that has ended, each with the origin that it is from
/// (Front-Channel Logout 1.0 §3): issuer and session are always named.
pub(crate) fn frames(
    session: &Session,
    clients: &[Arc<Client>],
    cx: &Context<'_>,
) -> Vec<(LogoutFrame, String)> {
    let frame = |client: &Arc<Client>| {
        let uri = client.logout.frontchannel_uri.as_deref()?;
        // A scheme that is its own origin is no place of the web.
        let origin = RedirectUri::origin_of(uri).filter(|origin| origin.contains("://"))?;
        let sid = people::told_session(client, &session.sid, cx);
        let src = parameters::append_query(uri, &[("iss", cx.realm.issuer.as_str()), ("sid", &sid)]);
        Some((LogoutFrame { client_name: client.name.clone(), src }, origin))
    };
    clients.iter().filter_map(frame).collect()
}

/// What is owed to the applications of a session that ends.
pub(crate) struct Notices(Vec<(Owed, String)>);

impl Notices {
    /// One for each that can be told by the server.
    pub(crate) fn of(session: &Session, clients: &[Arc<Client>], cx: &Context<'_>) -> Self {
        let owed = |client: &Arc<Client>| {
            let origin = RedirectUri::origin_of(client.logout.backchannel_uri.as_deref()?)?;
            let subject = people::told_subject(client, &session.subject, cx);
            let sid = people::told_session(client, &session.sid, cx);
            let notice = LogoutNotice::new(&client.client_id, subject, sid, cx.now, cx.entropy());
            let id = LogoutNotice::new_id(&cx.realm.name, cx.now, cx.entropy());
            Some((Owed { id, notice }, origin))
        };
        Self(clients.iter().filter_map(owed).collect())
    }

    /// To be written with the end of the session.
    pub(crate) fn writes(&self, cx: &Context<'_>) -> impl Iterator<Item = Write> {
        self.0.iter().map(|(owed, _)| create(owed.notice.row(owed.id.clone(), cx.now)))
    }

    /// Sends them on their way, once they are written. Those for which there is no room go with the next round.
    pub(crate) fn deliver(self, cx: &Context<'_>) {
        for (owed, origin) in self.0 {
            if let Some(place) = cx.parts.deliveries.enter(&origin) {
                delivery::begin(cx.parts, owed, place);
            }
        }
    }
}
