//! What every page of a waiting request begins with: the address of the page, the request, and who asks.

use bytes::Bytes;
use http::Request;
use royaume_protocol::Parameters;

use super::language;
use crate::context::Context;
use crate::interaction::addressed::{Addressed, Wanted};
use crate::interaction::browser::Browser;
use crate::interaction::waiting::Waiting;
use crate::refusal::Failure;

/// A waiting request, judged again.
pub(super) struct Waited {
    /// Of the page's address.
    pub(super) query: Parameters,
    pub(super) waiting: Waiting,
    pub(super) addressed: Addressed,
    pub(super) wanted: Wanted,
}

impl Waited {
    /// The request that the address names, if this browser brought it.
    pub(super) async fn read(
        request: &Request<Bytes>,
        browser: &Browser<'_>,
        cx: &Context<'_>,
    ) -> Result<Self, Failure> {
        let query = Parameters::parse(request.uri().query().unwrap_or_default().as_bytes())?;
        let waiting = browser.waiting(query.optional("interaction").unwrap_or_default()).await?;
        let parameters = waiting.parameters()?;
        let language = language(request, &query, waiting.ui_locales(), cx);
        let addressed = Addressed::prove(&parameters, language, cx).await?;
        let wanted = Wanted::judge(&addressed, &parameters, cx)?;
        Ok(Self { query, waiting, addressed, wanted })
    }
}
