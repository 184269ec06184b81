//! The answer on the redirect URI (RFC 6749 §4.1.2, §4.1.2.1; RFC 9207 §2), and whether it may be believed.

use royaume_jose::constant_time_eq;

use crate::{ErrorCode, ErrorResponse, Parameters, Secret};

/// What comes back with the browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuthorizationResponse {
    /// A code to redeem (RFC 6749 §4.1.2).
    Granted {
        /// Good once, for a minute.
        code: Secret,
        /// As it was sent.
        state: Option<String>,
        /// Who answers (RFC 9207 §2).
        iss: Option<String>,
    },
    /// A refusal (RFC 6749 §4.1.2.1).
    Refused {
        /// Why.
        error: ErrorResponse,
        /// As it was sent.
        state: Option<String>,
        /// Who answers (RFC 9207 §2).
        iss: Option<String>,
    },
    /// Neither code nor error: of no standard, and how France Travail says that the person went away.
    Abandoned {
        /// As it was sent.
        state: String,
        /// Who answers (RFC 9207 §2).
        iss: Option<String>,
    },
}

/// What a client knows of its own request when the answer comes.
#[derive(Debug, Clone, Copy)]
pub struct ResponseExpectations<'a> {
    /// What it sent, kept with the browser's session.
    pub state: &'a str,
    /// The issuer, and other spellings of it that are known.
    pub issuers: &'a [&'a str],
    /// The provider promises `iss` in every answer (RFC 9207 §3).
    pub iss_promised: bool,
}

/// Why an answer is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AuthorizationResponseError {
    /// Nothing of an answer is there.
    #[error("the redirect carries neither code nor error nor state: was this address opened by hand?")]
    Empty,
    /// RFC 6749 §4.1.2: one or the other.
    #[error("the redirect carries both a code and an error")]
    Ambiguous,
    /// RFC 6749 §10.12.
    #[error("state is missing")]
    StateMissing,
    /// RFC 6749 §10.12.
    #[error("state is not that of this browser's request: was the sign-in begun in another one?")]
    State,
    /// RFC 9207 §2.4.
    #[error("iss is missing although the provider promises it")]
    IssuerMissing,
    /// RFC 9207 §2.4.
    #[error("iss names another provider than the one that was asked")]
    Issuer,
}

impl AuthorizationResponse {
    /// Reads an answer. Parameters that we do not know are passed over: deployed servers send some of their own.
    ///
    /// # Errors
    /// [`AuthorizationResponseError::Empty`] or [`AuthorizationResponseError::Ambiguous`].
    pub fn parse(parameters: &Parameters) -> Result<Self, AuthorizationResponseError> {
        let text = |name| parameters.optional(name).map(str::to_owned);
        let (state, iss) = (text("state"), text("iss"));
        match (text("code"), text("error"), state) {
            (Some(_), Some(_), _) => Err(AuthorizationResponseError::Ambiguous),
            (Some(code), None, state) => Ok(Self::Granted { code: Secret::from(code), state, iss }),
            (None, Some(code), state) => {
                let error = ErrorResponse {
                    error: ErrorCode::of(&code),
                    error_description: text("error_description"),
                    error_uri: text("error_uri"),
                };
                Ok(Self::Refused { error, state, iss })
            }
            (None, None, Some(state)) => Ok(Self::Abandoned { state, iss }),
            (None, None, None) => Err(AuthorizationResponseError::Empty),
        }
    }

    /// Its parameters.
    pub fn pairs(&self) -> Vec<(&'static str, String)> {
        let mut pairs = Vec::with_capacity(5);
        match self {
            Self::Granted { code, .. } => pairs.push(("code", code.expose().to_owned())),
            Self::Refused { error, .. } => {
                pairs.push(("error", error.error.as_str().to_owned()));
                pairs.extend(error.error_description.clone().map(|text| ("error_description", text)));
                pairs.extend(error.error_uri.clone().map(|uri| ("error_uri", uri)));
            }
            Self::Abandoned { .. } => {}
        }
        pairs.extend(self.state().map(|state| ("state", state.to_owned())));
        pairs.extend(self.iss().map(|iss| ("iss", iss.to_owned())));
        pairs
    }

    /// What came back of the request's `state`.
    pub fn state(&self) -> Option<&str> {
        match self {
            Self::Granted { state, .. } | Self::Refused { state, .. } => state.as_deref(),
            Self::Abandoned { state, .. } => Some(state),
        }
    }

    /// Who answers.
    pub fn iss(&self) -> Option<&str> {
        match self {
            Self::Granted { iss, .. } | Self::Refused { iss, .. } | Self::Abandoned { iss, .. } => {
                iss.as_deref()
            }
        }
    }

    /// Is it the answer to that request, from the provider that was asked? To be called before anything in it is
    /// acted upon, its error included.
    ///
    /// # Errors
    /// [`AuthorizationResponseError`]: the first rule that is broken.
    pub fn judge(&self, expected: &ResponseExpectations<'_>) -> Result<(), AuthorizationResponseError> {
        use AuthorizationResponseError as E;
        let state = self.state().ok_or(E::StateMissing)?;
        if !constant_time_eq(state.as_bytes(), expected.state.as_bytes()) {
            return Err(E::State);
        }
        match self.iss() {
            // An answer without code or error is of no standard: it carries what it carries.
            None if expected.iss_promised && !matches!(self, Self::Abandoned { .. }) => Err(E::IssuerMissing),
            Some(iss) if !expected.issuers.contains(&iss) => Err(E::Issuer),
            None | Some(_) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::parameters;

    fn read(query: &str) -> Result<AuthorizationResponse, AuthorizationResponseError> {
        AuthorizationResponse::parse(&Parameters::parse(query.as_bytes()).unwrap())
    }

    fn expected() -> ResponseExpectations<'static> {
        ResponseExpectations {
            state: "s-1",
            issuers: &["https://i.test", "https://i.test:443"],
            iss_promised: true,
        }
    }

    #[test]
    fn an_answer_is_a_code_or_an_error_or_a_person_who_went_away() {
        let granted =
            read("code=c&state=s-1&iss=https://i.test&client_id=PAR_app&scope=openid&realm=x").unwrap();
        assert!(matches!(&granted, AuthorizationResponse::Granted { code, .. } if code.expose() == "c"));
        let refused = read("error=redirect_uri_mismatch&error_description=no&state=s-1").unwrap();
        assert!(matches!(
            &refused,
            AuthorizationResponse::Refused { error, .. }
                if error.error == ErrorCode::Unknown("redirect_uri_mismatch".to_owned())
        ));
        let abandoned = AuthorizationResponse::Abandoned { state: "s-1".to_owned(), iss: None };
        assert_eq!(read("state=s-1"), Ok(abandoned.clone()));
        assert_eq!(abandoned.judge(&expected()), Ok(()));
        assert_eq!(read(""), Err(AuthorizationResponseError::Empty));
        assert_eq!(read("code=&error=&iss=https://i.test"), Err(AuthorizationResponseError::Empty));
        assert_eq!(read("code=c&error=access_denied&state=s-1"), Err(AuthorizationResponseError::Ambiguous));
    }

    #[test]
    fn no_answer_is_believed_without_its_state_and_its_issuer() {
        use AuthorizationResponseError as E;
        for answer in ["code=c", "error=access_denied"] {
            for (query, judgement) in [
                ("&state=s-1&iss=https://i.test", Ok(())),
                ("&state=s-1&iss=https://i.test:443", Ok(())),
                ("&iss=https://i.test", Err(E::StateMissing)),
                ("&state=&iss=https://i.test", Err(E::StateMissing)),
                ("&state=s-2&iss=https://i.test", Err(E::State)),
                ("&state=s-1", Err(E::IssuerMissing)),
                ("&state=s-1&iss=https://i.test/", Err(E::Issuer)),
                ("&state=s-1&iss=https://evil.test", Err(E::Issuer)),
            ] {
                let query = format!("{answer}{query}");
                assert_eq!(read(&query).unwrap().judge(&expected()), judgement, "{query}");
            }
            let unpromised = ResponseExpectations { iss_promised: false, ..expected() };
            assert_eq!(read(&format!("{answer}&state=s-1")).unwrap().judge(&unpromised), Ok(()));
            let other = read(&format!("{answer}&state=s-1&iss=https://evil.test")).unwrap();
            assert_eq!(other.judge(&unpromised), Err(E::Issuer));
        }
    }

    #[test]
    fn debug_shows_no_code() {
        assert!(!format!("{:?}", read("code=secret-c&state=s").unwrap()).contains("secret-c"));
    }

    proptest! {
        #[test]
        fn what_the_server_writes_the_client_reads(
            code in "[^\0]{1,40}",
            description in proptest::option::of("[ !#-\\[\\]-~]{1,60}"),
            state in proptest::option::of("[^\0]{1,40}"),
            iss in proptest::option::of("https://[a-z./]{1,20}"),
        ) {
            let error = ErrorResponse { error: ErrorCode::of(&code), error_description: description, error_uri: None };
            let mut answers = vec![
                AuthorizationResponse::Granted { code: Secret::from(code), state: state.clone(), iss: iss.clone() },
                AuthorizationResponse::Refused { error, state: state.clone(), iss: iss.clone() },
            ];
            answers.extend(state.map(|state| AuthorizationResponse::Abandoned { state, iss }));
            for answer in answers {
                prop_assert_eq!(read(&parameters::encode(&answer.pairs())), Ok(answer));
            }
        }
    }
}
