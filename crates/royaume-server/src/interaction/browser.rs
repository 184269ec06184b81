//! The person's browser: what its cookies prove.

use http::{HeaderMap, HeaderValue, Method, header};
use royaume_jose::{base64url, random};
use royaume_protocol::{ParameterError, Parameters};
use royaume_store::{Expect, RowId, Write};

use super::addressed;
use super::waiting::{Waiting, cookie_name};
use crate::context::Context;
use crate::cookies;
use crate::handle::{Handle, Size};
use crate::people;
use crate::refusal::{Failure, Fault, Refusal};
use crate::stored::interaction::{Interaction, InteractionId, binding_digest};
use crate::stored::session::Session;
use crate::stored::{Storable, create, fleeting, read};

/// Requests that may wait in one browser at once: tabs. The oldest is forgotten first.
const WAITING_AT_ONCE: usize = 10;

/// Bytes of a request that may wait. No address is so long, and a form has no reason to be.
const LARGEST_REQUEST: usize = 16 * 1024;

/// A browser, as far as one request shows it.
pub(crate) struct Browser<'a> {
    headers: &'a HeaderMap,
    cx: &'a Context<'a>,
}

/// A session, and where it lies.
pub(crate) struct LiveSession {
    pub(crate) session: Session,
    pub(crate) row_id: RowId,
    version: u64,
}

impl LiveSession {
    /// The write that notes its use now; nothing when it was noted a moment ago. It fails if another request was faster.
    pub(crate) fn note_use(&self, cx: &Context<'_>) -> Option<Write> {
        let news = self.session.use_is_news(cx.now, cx.realm.realm.lifetimes.session_idle);
        let used = Session { used_at: cx.now, ..self.session.clone() };
        let expect = Expect::Version(self.version);
        news.then(|| Write::Put { row: used.row(self.row_id.clone()), expect })
    }
}

impl<'a> Browser<'a> {
    pub(crate) fn new(headers: &'a HeaderMap, cx: &'a Context<'a>) -> Self {
        Self { headers, cx }
    }

    /// The session cookie's value, whatever it is worth.
    pub(crate) fn session_cookie(&self) -> Option<&'a str> {
        cookies::read(self.headers, &self.cx.realm.session_cookie)
    }

    /// Who is signed in here, in this realm, now.
    pub(crate) async fn session(&self) -> Result<Option<LiveSession>, Fault> {
        match self.held_session().await? {
            Some(held) if self.is_live(&held.session).await? => Ok(Some(held)),
            Some(_) | None => Ok(None),
        }
    }

    /// May the person of that session use it now?
    pub(crate) async fn is_live(&self, session: &Session) -> Result<bool, Fault> {
        let cx = self.cx;
        let live = session.live_at(cx.now, cx.realm.realm.lifetimes.session_idle);
        Ok(live && people::able(&session.subject, session.credential, cx).await?.is_some())
    }

    /// The session that nobody has ended, whether or not it may still be used: signing out ends that too.
    pub(crate) async fn held_session(&self) -> Result<Option<LiveSession>, Fault> {
        let cx = self.cx;
        let Some(handle) = self.session_cookie().and_then(|text| Handle::parse(text, Size::Long)) else {
            return Ok(None);
        };
        let row_id = handle.row_id(&cx.realm.name, Session::KIND, &cx.parts.handles_key);
        let Some(stored) = cx.store().get(&row_id).await? else { return Ok(None) };
        if stored.revoked || stored.spent_at.is_some() {
            return Ok(None);
        }
        Ok(Some(LiveSession { session: read(&stored)?, row_id, version: stored.version }))
    }

    /// Lets a request wait, and ties it to this browser. Returns the cookies to set.
    pub(crate) async fn begin(
        &self,
        parameters: &Parameters,
    ) -> Result<(Waiting, Vec<HeaderValue>), Failure> {
        let cx = self.cx;
        if !cx.parts.begun_throttle.take(&cx.subscriber, cx.now) {
            return Err(Fault::Busy("too many sign-ins are begun from one address").into());
        }
        let id = InteractionId::new(cx.now, cx.entropy());
        let secret = base64url::encode(&random::<32>(cx.entropy()));
        let request = parameters
            .iter()
            .filter(|(name, _)| addressed::READ.contains(name))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect::<Vec<_>>();
        if request.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>() > LARGEST_REQUEST {
            return Err(Refusal::Parameters(ParameterError::TooLong).into());
        }
        let expires_at = cx.after(cx.realm.realm.lifetimes.interaction);
        let interaction = Interaction {
            request,
            binding: binding_digest(&cx.parts.forms_key, &id, &secret),
            began_at: cx.now,
            expires_at,
            signed_in: None,
            chosen: None,
            consented: None,
        };
        let row = fleeting(id.row_id(&cx.realm.name), &interaction, expires_at);
        cx.store().write(vec![create(row)]).await?;
        let waiting = Waiting { id, interaction, version: 1, secret };
        let secure = cx.parts.secure;
        let mut set = vec![cookies::set(&cookie_name(&waiting.id, cx), &waiting.secret, secure)];
        // Names sort by the time they were made: interaction ids begin with it.
        let mut tabs: Vec<_> = cookies::named(self.headers, &cx.realm.interaction_cookie).collect();
        tabs.sort_unstable();
        let surplus = (tabs.len() + 1).saturating_sub(WAITING_AT_ONCE);
        set.extend(
            tabs.iter().take(surplus).filter(|name| is_token(name)).map(|name| cookies::delete(name, secure)),
        );
        Ok((waiting, set))
    }

    /// The request that waits under that name, if this browser brought it.
    pub(crate) async fn waiting(&self, id: &str) -> Result<Waiting, Failure> {
        let cx = self.cx;
        let id = InteractionId::parse(id).ok_or(Refusal::InteractionUnknown)?;
        let secret = cookies::read(self.headers, &cookie_name(&id, cx)).ok_or(Refusal::InteractionUnknown)?;
        let stored = cx.store().get(&id.row_id(&cx.realm.name)).await?.ok_or(Refusal::InteractionUnknown)?;
        let interaction: Interaction = read(&stored)?;
        let digest = binding_digest(&cx.parts.forms_key, &id, secret);
        let ours = royaume_jose::constant_time_eq(digest.as_bytes(), interaction.binding.as_bytes());
        if !ours || stored.spent_at.is_some() || cx.now >= interaction.expires_at {
            return Err(Refusal::InteractionUnknown.into());
        }
        Ok(Waiting { id, interaction, version: stored.version, secret: secret.to_owned() })
    }
}

/// Did this form come from a page of ours (OWASP ASVS 3.5.1)? Browsers that send `Sec-Fetch-Site` say so there. Of the
/// others, those that take `no-referrer` to the letter send `Origin: null` with our own forms too (Fetch §3.2): that
/// says nothing, and the form's token decides.
pub(crate) fn check_origin(method: &Method, headers: &HeaderMap, cx: &Context<'_>) -> Result<(), Refusal> {
    if method != Method::POST {
        return Ok(());
    }
    let fetch_site = headers.get("sec-fetch-site").map(HeaderValue::as_bytes);
    let origin = headers.get(header::ORIGIN).map(HeaderValue::as_bytes);
    let honest = match (fetch_site, origin) {
        (Some(site), _) => site == b"same-origin",
        (None, Some(origin)) => origin == b"null" || cx.parts.is_own_origin(origin),
        (None, None) => true,
    };
    if honest { Ok(()) } else { Err(Refusal::ForgedForm) }
}

/// Only names that we could have set are sent back in a header.
fn is_token(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}
