//! The token that a client asks about (RFC 7662 §2.1) or gives back (RFC 7009 §2.1): one request, at two endpoints.

use crate::{ParameterError, Parameters, Secret, TokenTypeHint};

/// A token, and what the client believes it to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PresentedToken {
    /// The token.
    pub token: Secret,
    /// What it may be.
    pub token_type_hint: Option<TokenTypeHint>,
}

impl PresentedToken {
    /// A token without a hint.
    pub fn new(token: Secret) -> Self {
        Self { token, token_type_hint: None }
    }

    /// Its parameters: for a body, never for an address or a log.
    pub fn pairs(&self) -> Vec<(&'static str, String)> {
        let mut pairs = vec![("token", self.token.expose().to_owned())];
        pairs.extend(self.token_type_hint.map(|hint| ("token_type_hint", hint.as_str().to_owned())));
        pairs
    }

    /// Reads a request. A hint that we do not know is no hint.
    ///
    /// # Errors
    /// [`ParameterError::Missing`] without a token.
    pub fn parse(parameters: &Parameters) -> Result<Self, ParameterError> {
        Ok(Self {
            token: Secret::from(parameters.required("token")?),
            token_type_hint: parameters.optional("token_type_hint").and_then(TokenTypeHint::parse),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parameters;

    #[test]
    fn what_the_client_presents_the_server_reads() {
        for token_type_hint in [None, Some(TokenTypeHint::AccessToken), Some(TokenTypeHint::RefreshToken)] {
            let presented = PresentedToken { token: Secret::from("t+/=é &"), token_type_hint };
            let sent = Parameters::parse(parameters::encode(&presented.pairs()).as_bytes()).unwrap();
            assert_eq!(PresentedToken::parse(&sent), Ok(presented));
        }
        let strange = Parameters::parse(b"token=t&token_type_hint=id_token").unwrap();
        assert_eq!(PresentedToken::parse(&strange), Ok(PresentedToken::new(Secret::from("t"))));
        let absent = Parameters::parse(b"token=&token_type_hint=access_token").unwrap();
        assert_eq!(PresentedToken::parse(&absent), Err(ParameterError::missing("token")));
    }
}
