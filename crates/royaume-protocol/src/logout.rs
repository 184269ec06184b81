//! Logout that the application begins (OpenID Connect RP-Initiated Logout 1.0).

use crate::client_id::BadClientId;
use crate::{ClientId, Parameters, Secret, parameters};

/// What an application asks for (§2). Every part is optional, and none is proven.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogoutRequest {
    /// The id token of the person who leaves, expired or not.
    pub id_token_hint: Option<Secret>,
    /// Who leaves.
    pub logout_hint: Option<String>,
    /// Which application asks.
    pub client_id: Option<ClientId>,
    /// Where to send the person afterwards, as it was sent.
    pub post_logout_redirect_uri: Option<String>,
    /// Comes back untouched.
    pub state: Option<String>,
    /// Languages, the best first, blanks between them (BCP 47).
    pub ui_locales: Option<String>,
}

impl LogoutRequest {
    /// Its parameters. They may hold an id token: in a body they leave fewer traces than in an address.
    pub fn pairs(&self) -> Vec<(&'static str, String)> {
        let pairs = [
            ("id_token_hint", self.id_token_hint.as_ref().map(Secret::expose)),
            ("logout_hint", self.logout_hint.as_deref()),
            ("client_id", self.client_id.as_ref().map(ClientId::as_str)),
            ("post_logout_redirect_uri", self.post_logout_redirect_uri.as_deref()),
            ("state", self.state.as_deref()),
            ("ui_locales", self.ui_locales.as_deref()),
        ];
        pairs.into_iter().filter_map(|(name, value)| Some((name, value?.to_owned()))).collect()
    }

    /// The address to send the browser to.
    pub fn url(&self, end_session_endpoint: &str) -> String {
        parameters::append_query(end_session_endpoint, &self.pairs())
    }

    /// Reads a request.
    ///
    /// # Errors
    /// [`BadClientId`] when `client_id` is malformed.
    pub fn parse(parameters: &Parameters) -> Result<Self, BadClientId> {
        let text = |name| parameters.optional(name).map(str::to_owned);
        Ok(Self {
            id_token_hint: parameters.optional("id_token_hint").map(Secret::from),
            logout_hint: text("logout_hint"),
            client_id: parameters.optional("client_id").map(ClientId::parse).transpose()?,
            post_logout_redirect_uri: text("post_logout_redirect_uri"),
            state: text("state"),
            ui_locales: text("ui_locales"),
        })
    }
}

/// The way back (§3): the registered address, with the state if one was sent and nothing else.
pub fn way_back(post_logout_redirect_uri: &str, state: Option<&str>) -> String {
    let pairs: Vec<_> = state.map(|state| ("state", state)).into_iter().collect();
    parameters::append_query(post_logout_redirect_uri, &pairs)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(query: &str) -> Result<LogoutRequest, BadClientId> {
        LogoutRequest::parse(&Parameters::parse(query.as_bytes()).unwrap())
    }

    #[test]
    fn everything_is_optional_and_the_hint_is_not_shown() {
        assert_eq!(read(""), Ok(LogoutRequest::default()));
        assert_eq!(LogoutRequest::default().url("https://a.test/logout"), "https://a.test/logout");
        assert_eq!(read("client_id=%C3%A9"), Err(BadClientId));
        assert!(!format!("{:?}", read("id_token_hint=secret-i")).contains("secret-i"));
    }

    #[test]
    fn the_state_comes_back_byte_for_byte() {
        assert_eq!(
            way_back("https://a.test/bye?a=1", Some("-._~ é&")),
            "https://a.test/bye?a=1&state=-._%7E+%C3%A9%26"
        );
        assert_eq!(way_back("https://a.test/bye", None), "https://a.test/bye");
    }

    proptest! {
        #[test]
        fn what_the_application_asks_the_server_reads(
            texts in proptest::collection::vec(proptest::option::of("[^\0]{1,40}"), 5),
            client_id in proptest::option::of("[ -~]{1,40}"),
        ) {
            let mut texts = texts.into_iter();
            let mut text = || texts.next().flatten();
            let request = LogoutRequest {
                id_token_hint: text().map(Secret::from),
                logout_hint: text(),
                client_id: client_id.map(|id| ClientId::parse(&id).unwrap()),
                post_logout_redirect_uri: text(),
                state: text(),
                ui_locales: text(),
            };
            prop_assert_eq!(read(&parameters::encode(&request.pairs())), Ok(request));
        }
    }
}
