//! A request that waits, once it is proven that this browser is the one that brought it.

use http::HeaderValue;
use royaume_protocol::{Parameters, parameters};
use royaume_realm::Endpoint;
use royaume_store::{Expect, Outcome, RowId, Write};

use crate::context::Context;
use crate::cookies;
use crate::pages::{Language, LanguageLink};
use crate::refusal::{Failure, Refusal};
use crate::stored::fleeting;
use crate::stored::interaction::{Interaction, InteractionId, asked_token, form_token};
use crate::stored::session::Session;

/// An interaction in the hands of its own browser.
pub(crate) struct Waiting {
    pub(crate) id: InteractionId,
    pub(crate) interaction: Interaction,
    pub(crate) version: u64,
    /// The secret in the browser's cookie.
    pub(crate) secret: String,
}

impl Waiting {
    /// A button that is pressed twice, or in two tabs, sends one form several times at once. Whichever comes later is taken as
    /// if it had come later, while the request still waits: so often, and not for ever.
    pub(crate) const TRIES: usize = 3;

    pub(crate) fn row_id(&self, cx: &Context<'_>) -> RowId {
        self.id.row_id(&cx.realm.name)
    }

    /// The languages that the application asks for (OIDC Core §3.1.2.1).
    pub(crate) fn ui_locales(&self) -> Option<&str> {
        let mut request = self.interaction.request.iter();
        request.find(|(name, _)| name == "ui_locales").map(|(_, value)| value.as_str())
    }

    /// The request as it came.
    pub(crate) fn parameters(&self) -> Result<Parameters, Failure> {
        Ok(Parameters::from_pairs(self.interaction.request.iter().cloned())?)
    }

    /// What a form of a page of this interaction carries.
    pub(crate) fn form_token(&self, cx: &Context<'_>) -> String {
        form_token(&cx.parts.forms_key, &self.id, &self.secret)
    }

    /// What the consent form says of whom it asked.
    pub(crate) fn asked_token(&self, session: &Session, cx: &Context<'_>) -> String {
        asked_token(&cx.parts.forms_key, &self.id, &session.sid)
    }

    /// A form is believed only if it carries the token of a page that was served to this browser.
    pub(crate) fn check_form(&self, form: &Parameters, cx: &Context<'_>) -> Result<(), Refusal> {
        let expected = self.form_token(cx);
        let carried = form.optional("form").unwrap_or_default();
        if royaume_jose::constant_time_eq(expected.as_bytes(), carried.as_bytes()) {
            Ok(())
        } else {
            Err(Refusal::ForgedForm)
        }
    }

    /// The write that keeps what has become of it. It fails if another tab was faster: then one looks again.
    pub(crate) fn keep(&self, cx: &Context<'_>) -> Write {
        let row = fleeting(self.row_id(cx), &self.interaction, self.interaction.expires_at);
        Write::Put { row, expect: Expect::Version(self.version) }
    }

    /// Ends it with a no. Of several answers to one request, the first is the one that the application hears.
    pub(crate) async fn end(&self, cx: &Context<'_>) -> Result<(), Failure> {
        let spend = Write::Spend { id: self.row_id(cx), at: cx.now };
        match cx.store().write(vec![spend]).await? {
            Outcome::Done => Ok(()),
            Outcome::Refused { .. } => Err(Refusal::InteractionUnknown.into()),
        }
    }

    /// The address of one of its pages, from the root of whatever host the browser is on.
    pub(crate) fn page(&self, page: Endpoint, language: Option<Language>, cx: &Context<'_>) -> String {
        let id = self.id.text();
        let mut pairs = vec![("interaction", id.as_str())];
        if let Some(language) = language {
            pairs.push(("lang", language.tag()));
        }
        format!("{}?{}", cx.parts.path(&cx.realm.realm, page), parameters::encode(&pairs))
    }

    /// The same page in each language.
    pub(crate) fn language_links(&self, page: Endpoint, cx: &Context<'_>) -> Vec<LanguageLink> {
        let link = |language| LanguageLink { language, href: self.page(page, Some(language), cx) };
        Language::ALL.into_iter().map(link).collect()
    }

    /// Takes the binding cookie back: nothing waits any more.
    pub(crate) fn forget(&self, cx: &Context<'_>) -> HeaderValue {
        cookies::delete(&cookie_name(&self.id, cx), cx.parts.secure)
    }
}

pub(crate) fn cookie_name(id: &InteractionId, cx: &Context<'_>) -> String {
    format!("{}{}", cx.realm.interaction_cookie, id.text())
}
