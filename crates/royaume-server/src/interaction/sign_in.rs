//! Signing in: a person has proven who they are, and their session begins.

use http::header;
use royaume_realm::Endpoint;
use royaume_store::{Family, Outcome, Write};

use super::browser::Browser;
use super::waiting::Waiting;
use crate::answer::{self, Answer};
use crate::context::Context;
use crate::handle::{Handle, Size};
use crate::notices::{self, Notices};
use crate::refusal::{Failure, Fault};
use crate::stored::account::Account;
use crate::stored::session::Session;
use crate::stored::{Storable, create, new_family};

/// A new session under a new secret, whatever was there before (OWASP ASVS 7.2.4), then back to the authorization
/// endpoint, which decides what comes next. `first` is written before it, in the same step; nothing is answered when the
/// store refuses it, or when the request no longer waits.
pub(crate) async fn sign_in(
    account: &Account,
    first: Vec<Write>,
    browser: &Browser<'_>,
    mut waiting: Waiting,
    cx: &Context<'_>,
) -> Result<Option<Answer>, Failure> {
    // Of several that take a session over at once only one ends it, and tells of it: the others find it ended.
    let (handle, notices) = loop {
        let session = Succeeding::begin(account, browser, cx).await?;
        waiting.interaction.signed_in = Some(session.sid.clone());
        let mut writes = first.clone();
        writes.extend(session.writes);
        writes.push(waiting.keep(cx));
        crate::failpoint("session.before_commit").await?;
        match cx.store().write(writes).await? {
            Outcome::Done => break (session.handle, session.notices),
            Outcome::Refused { index, .. } if session.notices.is_some() && index == first.len() => {}
            Outcome::Refused { .. } => return Ok(None),
        }
    };
    crate::failpoint("session.after_commit").await?;
    if let Some(notices) = notices {
        notices.deliver(cx);
    }
    cx.audit("signed_in", None, Some(&account.subject));
    let mut answer = answer::see_other(&waiting.page(Endpoint::Authorization, None, cx))?;
    let cookie = crate::cookies::set(&cx.realm.session_cookie, &handle.text(), cx.parts.secure);
    answer.headers_mut().append(header::SET_COOKIE, cookie);
    Ok(Some(answer))
}

/// A session that takes the place of whatever was there before.
struct Succeeding {
    handle: Handle,
    sid: String,
    /// What is owed to applications of the session of somebody else: the first of the writes ends it.
    notices: Option<Notices>,
    writes: Vec<Write>,
}

impl Succeeding {
    async fn begin(account: &Account, browser: &Browser<'_>, cx: &Context<'_>) -> Result<Self, Fault> {
        let mut writes = Vec::new();
        let mut notices = None;
        let mut sid = new_family(cx.entropy());
        if let Some(before) = browser.held_session().await? {
            // The same person keeps their session's name, so that one logout ends all of it; somebody else's ends here.
            match before.session.family() {
                Some(family) if before.session.subject != account.subject => {
                    let clients = notices::attending(&before.session, cx).await?;
                    let owed = notices.insert(Notices::of(&before.session, &clients, cx));
                    writes.push(Write::Spend { id: before.row_id, at: cx.now });
                    writes.push(end(family, cx));
                    writes.extend(owed.writes(cx));
                }
                own => {
                    sid = own.unwrap_or(sid);
                    writes.push(Write::Delete { id: before.row_id });
                }
            }
        }
        let lifetimes = &cx.realm.realm.lifetimes;
        let session = Session {
            subject: account.subject.clone(),
            auth_time: cx.now,
            credential: account.credential,
            amr: vec!["pwd".to_owned()],
            sid: sid.to_string(),
            used_at: cx.now,
            ends_at: cx.after(lifetimes.session_absolute),
        };
        let handle = Handle::new(Size::Long, cx.now, cx.entropy());
        let id = handle.row_id(&cx.realm.name, Session::KIND, &cx.parts.handles_key);
        writes.push(create(session.row(id)));
        Ok(Self { handle, sid: session.sid, notices, writes })
    }
}

/// Ends a session and every token that came from it.
pub(crate) fn end(session: Family, cx: &Context<'_>) -> Write {
    Write::Revoke { realm: cx.realm.name.clone(), family: session, until: cx.realm.family_forgotten(cx.now) }
}
