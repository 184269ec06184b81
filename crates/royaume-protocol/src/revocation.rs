//! Token revocation (RFC 7009): a client gives a token back. The answer is 200 and empty, or an error response.

use crate::{ParameterError, Parameters, Secret, TokenTypeHint};

/// What is given back (§2.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevocationRequest {
    /// The token.
    pub token: Secret,
    /// What it may be.
    pub token_type_hint: Option<TokenTypeHint>,
}

impl RevocationRequest {
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
    fn what_the_client_gives_back_the_server_reads() {
        for token_type_hint in [None, Some(TokenTypeHint::AccessToken), Some(TokenTypeHint::RefreshToken)] {
            let request = RevocationRequest { token: Secret::from("t+/=é"), token_type_hint };
            let sent = Parameters::parse(parameters::encode(&request.pairs()).as_bytes()).unwrap();
            assert_eq!(RevocationRequest::parse(&sent), Ok(request));
        }
        let absent = Parameters::parse(b"token_type_hint=access_token").unwrap();
        assert_eq!(RevocationRequest::parse(&absent), Err(ParameterError::missing("token")));
    }
}
