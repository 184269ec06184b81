//! Parameters of requests, read strictly (RFC 6749 §3.1, §3.2, Appendix B).
//!
//! Percent-encoding and UTF-8 are valid or the request is refused; a repeated parameter is refused by name; an empty
//! one counts as absent. No two inputs become one value, apart from what the encoding itself holds equal: `+` and
//! `%20`, and a character written plainly or escaped.

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
    repeated: Vec<String>,
}

/// What is wrong with parameters.
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
    #[error("a parameter is repeated: {0}")]
    Repeated(String),
    /// One that is needed is absent or empty.
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

    /// The description for an error response. The name of a repeated parameter is the sender's own text: it is
    /// repeated only when it is a plain word (RFC 6749 §5.2).
    pub fn description(&self) -> String {
        match self {
            Self::Repeated(name) if !is_word(name) => "a parameter is repeated".to_owned(),
            Self::Missing(name) if !is_word(name) => "a parameter is missing".to_owned(),
            _ => self.to_string(),
        }
    }
}

fn is_word(name: &str) -> bool {
    name.len() <= 40 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

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
        let mut seen = Vec::new();
        for part in bytes.split(|byte| *byte == b'&').filter(|part| !part.is_empty()) {
            if seen.len() == MOST {
                return Err(ParameterError::TooMany);
            }
            let (name, value) = match part.iter().position(|byte| *byte == b'=') {
                Some(at) => (&part[..at], &part[at + 1..]),
                None => (part, &[][..]),
            };
            let (name, value) = (decode(name, LONGEST_NAME)?, decode(value, LONGEST_VALUE)?);
            if seen.contains(&name) {
                parameters.repeated.push(name);
                continue;
            }
            seen.push(name.clone());
            if !value.is_empty() {
                parameters.pairs.push((name, value));
            }
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

    /// The parameters of two places of one request: no name may be in both.
    ///
    /// # Errors
    /// [`ParameterError::Repeated`].
    pub fn merge(self, other: Self) -> Result<Self, ParameterError> {
        self.with(other.pairs)
    }

    fn with(mut self, pairs: impl IntoIterator<Item = (String, String)>) -> Result<Self, ParameterError> {
        for (name, value) in pairs {
            if self.pairs.len() == MOST {
                return Err(ParameterError::TooMany);
            }
            if name.len() > LONGEST_NAME || value.len() > LONGEST_VALUE {
                return Err(ParameterError::TooLong);
            }
            if self.optional(&name).is_some() {
                return Err(ParameterError::Repeated(name));
            }
            if !value.is_empty() {
                self.pairs.push((name, value));
            }
        }
        Ok(self)
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

/// Writes one value as a form does.
pub(crate) fn encode_into(text: &mut String, value: &str) {
    for byte in value.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'*' | b'~' => {
                text.push(byte.into())
            }
            b' ' => text.push('+'),
            _ => write!(text, "%{byte:02X}").expect("a string takes every write"),
        }
    }
}

/// Reads one name or value as a form writes it.
pub(crate) fn decode(bytes: &[u8], longest: usize) -> Result<String, ParameterError> {
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
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(text: &str) -> Result<Parameters, ParameterError> {
        Parameters::parse(text.as_bytes())
    }

    #[test]
    fn a_repeated_parameter_is_refused_by_name_even_when_one_is_empty() {
        for text in
            ["scope=a&scope=b", "scope=a&scope=a", "scope=&scope=b", "scope&scope=b", "s%63ope=a&scope=b"]
        {
            assert_eq!(parse(text), Err(ParameterError::repeated("scope")), "{text}");
        }
        let (kept, error) = Parameters::parse_keeping_first(b"a=1&state=x&state=y").unwrap();
        assert_eq!(
            (kept.optional("state"), kept.was_repeated("state"), error.is_some()),
            (Some("x"), true, true)
        );
    }

    #[test]
    fn an_empty_parameter_is_absent() {
        let parameters = parse("code=&scope&x=1&&").unwrap();
        assert_eq!(parameters.iter().collect::<Vec<_>>(), [("x", "1")]);
        assert_eq!(parameters.required("code"), Err(ParameterError::missing("code")));
    }

    #[test]
    fn broken_encodings_are_refused() {
        for (text, error) in [
            ("a=%", ParameterError::PercentEncoding),
            ("a=%4", ParameterError::PercentEncoding),
            ("a=%zz", ParameterError::PercentEncoding),
            ("a=%+1", ParameterError::PercentEncoding),
            ("a=%ff", ParameterError::Utf8),
            ("a=%c0%af", ParameterError::Utf8),
            ("a=%ed%a0%80", ParameterError::Utf8),
            ("a=%00", ParameterError::Nul),
        ] {
            assert_eq!(parse(text), Err(error), "{text}");
        }
        assert_eq!(Parameters::parse(b"a=\xff"), Err(ParameterError::Utf8));
    }

    #[test]
    fn limits_hold() {
        let many = (0..=MOST).map(|n| format!("p{n}=1")).collect::<Vec<_>>().join("&");
        assert_eq!(parse(&many), Err(ParameterError::TooMany));
        assert_eq!(parse(&format!("a={}", "x".repeat(LONGEST_VALUE + 1))), Err(ParameterError::TooLong));
        assert_eq!(parse(&format!("{}=1", "x".repeat(LONGEST_NAME + 1))), Err(ParameterError::TooLong));
    }

    #[test]
    fn a_description_never_repeats_what_is_no_plain_word() {
        assert_eq!(ParameterError::repeated("scope").description(), "a parameter is repeated: scope");
        assert_eq!(ParameterError::repeated("<script>\"").description(), "a parameter is repeated");
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(pairs in proptest::collection::btree_map("[^\0]{1,20}", "[^\0]{1,40}", 0..10)) {
            let pairs: Vec<_> = pairs.into_iter().collect();
            let read = parse(&encode(&pairs)).unwrap();
            let read: Vec<_> = read.iter().map(|(n, v)| (n.to_owned(), v.to_owned())).collect();
            prop_assert_eq!(read, pairs);
        }

        #[test]
        fn nothing_breaks_the_reader(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = Parameters::parse(&bytes);
        }

        #[test]
        fn what_is_read_is_written_back_to_the_same(bytes in "[a-z=&%+0-9A-F]{0,60}") {
            if let Ok(read) = parse(&bytes) {
                let pairs: Vec<_> = read.iter().collect();
                prop_assert_eq!(parse(&encode(&pairs)).unwrap(), read.clone());
            }
        }
    }
}
