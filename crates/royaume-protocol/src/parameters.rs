//! Parameters of requests, read strictly (RFC 6749 §3.1, §3.2, Appendix B).
//!
//! Percent-encoding and UTF-8 are valid or the request is refused; a repeated parameter is refused by name; an empty
//! one counts as absent. Two different texts are read as the same parameters only where the encoding holds them
//! equal: a blank as `+` or `%20`, a character plainly or escaped, hexadecimal digits in either case, nothing between
//! two `&`, and a name with no value or an empty one, which is not there.

use std::fmt::Write as _;

/// Most parameters in one request.
pub const MOST: usize = 64;
/// Longest name, in bytes once decoded.
pub const LONGEST_NAME: usize = 256;
/// Longest value, in bytes once decoded.
pub const LONGEST_VALUE: usize = 8 * 1024;

/// The parameters of a request, each name once, none empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parameters {
    pairs: Vec<(String, String)>,
    /// Names that came without a value: absent, but not free to come again.
    empty: Vec<String>,
    repeated: Vec<String>,
}

/// What is wrong with parameters. The text of each may be sent as a description: it names parameters of the
/// standards only, never a word that the sender made up (RFC 6749 §5.2).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParameterError {
    /// `%` without two hexadecimal digits after it.
    #[error("a parameter is not percent-encoded correctly")]
    PercentEncoding,
    /// Bytes that are no UTF-8.
    #[error("a parameter is not UTF-8")]
    Utf8,
    /// A zero byte.
    #[error("a parameter has a zero byte")]
    Nul,
    /// Over [`MOST`].
    #[error("there are more than 64 parameters")]
    TooMany,
    /// A name or value over its limit.
    #[error("a parameter is too long")]
    TooLong,
    /// The same name more than once.
    #[error("a parameter is repeated{}", named(.0))]
    Repeated(String),
    /// One that is needed is absent or empty. Its name is the reader's own word.
    #[error("a parameter is missing: {0}")]
    Missing(String),
}

impl ParameterError {
    /// A repeated parameter.
    pub fn repeated(name: &str) -> Self {
        Self::Repeated(name.to_owned())
    }

    /// A missing parameter.
    pub fn missing(name: &str) -> Self {
        Self::Missing(name.to_owned())
    }

    /// The description for an error response.
    pub fn description(&self) -> String {
        self.to_string()
    }
}

fn named(name: &str) -> String {
    if REGISTERED.contains(&name) { format!(": {name}") } else { String::new() }
}

/// Parameters that standards register (IANA, OAuth Parameters), and `realm`.
const REGISTERED: [&str; 40] = [
    "access_token",
    "acr_values",
    "claims",
    "claims_locales",
    "client_assertion",
    "client_assertion_type",
    "client_id",
    "client_secret",
    "code",
    "code_challenge",
    "code_challenge_method",
    "code_verifier",
    "display",
    "error",
    "error_description",
    "error_uri",
    "grant_type",
    "id_token_hint",
    "iss",
    "login_hint",
    "logout_hint",
    "max_age",
    "nonce",
    "post_logout_redirect_uri",
    "prompt",
    "realm",
    "redirect_uri",
    "refresh_token",
    "registration",
    "request",
    "request_uri",
    "resource",
    "response_mode",
    "response_type",
    "scope",
    "state",
    "token",
    "token_type",
    "token_type_hint",
    "ui_locales",
];

impl Parameters {
    /// Reads a query or a form.
    ///
    /// # Errors
    /// [`ParameterError`], for the first thing that is wrong.
    pub fn parse(bytes: &[u8]) -> Result<Self, ParameterError> {
        let (parameters, repeated) = Self::parse_keeping_first(bytes)?;
        repeated.map_or(Ok(parameters), Err)
    }

    /// Reads a query or a form in which a name may be repeated, for an endpoint that must answer by redirect: of each
    /// repeated parameter the first value is kept, [`Parameters::was_repeated`] tells, and the error is returned
    /// beside.
    ///
    /// # Errors
    /// [`ParameterError`] for everything but repetition.
    pub fn parse_keeping_first(bytes: &[u8]) -> Result<(Self, Option<ParameterError>), ParameterError> {
        let mut parameters = Self::default();
        let parts = bytes.split(|byte| *byte == b'&').filter(|part| !part.is_empty());
        for (at, part) in parts.enumerate() {
            if at == MOST {
                return Err(ParameterError::TooMany);
            }
            let (name, value) = match part.iter().position(|byte| *byte == b'=') {
                Some(at) => (&part[..at], &part[at + 1..]),
                None => (part, &[][..]),
            };
            parameters.keep_first(decode(name, LONGEST_NAME)?, decode(value, LONGEST_VALUE)?);
        }
        let error = parameters.repeated.first().map(|name| ParameterError::repeated(name));
        Ok((parameters, error))
    }

    /// Parameters that were decoded before.
    ///
    /// # Errors
    /// [`ParameterError`], as for text.
    pub fn from_pairs(pairs: impl IntoIterator<Item = (String, String)>) -> Result<Self, ParameterError> {
        Self::default().with(pairs)
    }

    /// The parameters of two places of one request: no name may be in both, be it without a value.
    ///
    /// # Errors
    /// [`ParameterError::Repeated`], or [`ParameterError::TooMany`] when they are too many together.
    pub fn merge(mut self, other: Self) -> Result<Self, ParameterError> {
        self.repeated.extend(other.repeated);
        let empty = other.empty.into_iter().map(|name| (name, String::new()));
        self.with(other.pairs.into_iter().chain(empty))
    }

    fn with(mut self, pairs: impl IntoIterator<Item = (String, String)>) -> Result<Self, ParameterError> {
        for (name, value) in pairs {
            if self.pairs.len() + self.empty.len() == MOST {
                return Err(ParameterError::TooMany);
            }
            if name.len() > LONGEST_NAME || value.len() > LONGEST_VALUE {
                return Err(ParameterError::TooLong);
            }
            if name.contains('\0') || value.contains('\0') {
                return Err(ParameterError::Nul);
            }
            if self.has(&name) {
                return Err(ParameterError::Repeated(name));
            }
            self.keep_first(name, value);
        }
        Ok(self)
    }

    fn keep_first(&mut self, name: String, value: String) {
        if self.has(&name) {
            if !self.was_repeated(&name) {
                self.repeated.push(name);
            }
        } else if value.is_empty() {
            self.empty.push(name);
        } else {
            self.pairs.push((name, value));
        }
    }

    fn has(&self, name: &str) -> bool {
        self.optional(name).is_some() || self.empty.iter().any(|empty| empty == name)
    }

    /// The value of a parameter that may be absent.
    pub fn optional(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The value of a parameter that is needed.
    ///
    /// # Errors
    /// [`ParameterError::Missing`] when it is absent or empty.
    pub fn required(&self, name: &str) -> Result<&str, ParameterError> {
        self.optional(name).ok_or_else(|| ParameterError::missing(name))
    }

    /// Was it there more than once?
    pub fn was_repeated(&self, name: &str) -> bool {
        self.repeated.iter().any(|repeated| repeated == name)
    }

    /// All of them, in the order in which they came.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

/// Writes pairs as a query or a form (WHATWG URL §5.2).
pub fn encode<N: AsRef<str>, V: AsRef<str>>(pairs: &[(N, V)]) -> String {
    let mut text = String::new();
    for (name, value) in pairs {
        if !text.is_empty() {
            text.push('&');
        }
        encode_into(&mut text, name.as_ref());
        text.push('=');
        encode_into(&mut text, value.as_ref());
    }
    text
}

/// Adds pairs to the query of a URL (RFC 6749 §3.1, §4.1.2): what its query holds already stays, and so does its
/// fragment.
pub fn append_query<N: AsRef<str>, V: AsRef<str>>(url: &str, pairs: &[(N, V)]) -> String {
    if pairs.is_empty() {
        return url.to_owned();
    }
    let (before, fragment) = url.split_at(url.find('#').unwrap_or(url.len()));
    let separator = match before.split_once('?') {
        None => "?",
        Some((_, query)) if query.is_empty() || query.ends_with('&') => "",
        Some(_) => "&",
    };
    format!("{before}{separator}{}{fragment}", encode(pairs))
}

/// Writes one value as a form does.
pub(crate) fn encode_into(text: &mut String, value: &str) {
    for byte in value.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'*' => text.push(byte.into()),
            b' ' => text.push('+'),
            _ => write!(text, "%{byte:02X}").expect("a string takes every write"),
        }
    }
}

/// Reads one name or value as a form writes it.
pub(crate) fn decode(bytes: &[u8], longest: usize) -> Result<String, ParameterError> {
    if !bytes.iter().any(|byte| matches!(byte, b'+' | b'%' | 0)) {
        // Nothing to decode, as in most.
        let fits = if bytes.len() > longest { Err(ParameterError::TooLong) } else { Ok(bytes.to_vec()) };
        return String::from_utf8(fits?).map_err(|_| ParameterError::Utf8);
    }
    let mut decoded = Vec::with_capacity(bytes.len().min(longest));
    let mut rest = bytes;
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        decoded.push(match byte {
            b'+' => b' ',
            b'%' => {
                let [high, low, ..] = after else { return Err(ParameterError::PercentEncoding) };
                rest = &after[2..];
                hexadecimal(*high)? << 4 | hexadecimal(*low)?
            }
            other => *other,
        });
        if decoded.len() > longest {
            return Err(ParameterError::TooLong);
        }
    }
    if decoded.contains(&0) {
        return Err(ParameterError::Nul);
    }
    String::from_utf8(decoded).map_err(|_| ParameterError::Utf8)
}

fn hexadecimal(digit: u8) -> Result<u8, ParameterError> {
    (digit as char).to_digit(16).map(|value| value as u8).ok_or(ParameterError::PercentEncoding)
}

#[cfg(test)]
mod tests;
