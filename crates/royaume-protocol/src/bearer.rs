//! Bearer tokens: how they are presented, and the challenge when they are not good enough (RFC 6750, RFC 9110 §11).

use std::fmt;

use crate::ErrorCode;

/// The token of an `Authorization` header (RFC 6750 §2.1). Nothing for another scheme or malformed credentials.
pub fn parse(header: &str) -> Option<&str> {
    let (scheme, token) = header.split_once(' ')?;
    let token = token.trim_matches(' ');
    (scheme.eq_ignore_ascii_case("Bearer") && is_b64token(token)).then_some(token)
}

/// RFC 6750 §2.1 `b64token`.
fn is_b64token(token: &str) -> bool {
    let body = token.trim_end_matches('=');
    !body.is_empty() && body.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte))
}

/// A challenge (RFC 6750 §3), to be written into `WWW-Authenticate` or read from it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Challenge {
    /// Where the token would be good.
    pub realm: Option<String>,
    /// What is wrong, when a token was presented.
    pub error: Option<ErrorCode>,
    /// A sentence for developers.
    pub error_description: Option<String>,
    /// What the token would have to carry.
    pub scope: Option<String>,
}

impl Challenge {
    /// A challenge that names where, and no error: no token was presented (§3.1).
    pub fn new(realm: &str) -> Self {
        Self { realm: Some(realm.to_owned()), ..Self::default() }
    }

    /// What is wrong.
    #[must_use]
    pub fn error(self, error: ErrorCode, description: &str) -> Self {
        Self { error: Some(error), error_description: Some(description.to_owned()), ..self }
    }

    /// What is needed.
    #[must_use]
    pub fn scope(self, scope: &str) -> Self {
        Self { scope: Some(scope.to_owned()), ..self }
    }

    /// Reads a header's value. Nothing when it holds no Bearer challenge.
    pub fn parse(header: &str) -> Option<Self> {
        let scheme = header.get(..6)?;
        if !scheme.eq_ignore_ascii_case("Bearer") {
            return None;
        }
        let mut challenge = Self::default();
        let mut rest = header.get(6..)?;
        while let Some((name, value, after)) = next_parameter(rest) {
            match name.to_ascii_lowercase().as_str() {
                "realm" => challenge.realm = Some(value),
                "error" => challenge.error = Some(ErrorCode::of(&value)),
                "error_description" => challenge.error_description = Some(value),
                "scope" => challenge.scope = Some(value),
                _ => {}
            }
            rest = after;
        }
        Some(challenge)
    }
}

impl fmt::Display for Challenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Bearer")?;
        let error = self.error.as_ref().map(ErrorCode::as_str);
        let parameters = [
            ("realm", self.realm.as_deref()),
            ("error", error),
            ("error_description", self.error_description.as_deref()),
            ("scope", self.scope.as_deref()),
        ];
        for (at, (name, value)) in
            parameters.iter().filter_map(|(name, value)| Some((name, (*value)?))).enumerate()
        {
            write!(f, "{}{name}=\"", if at == 0 { " " } else { ", " })?;
            // A quoted string (RFC 9110 §5.6.4); what cannot stand in a header at all is left out.
            for character in value.chars().filter(|c| c.is_ascii_graphic() || *c == ' ') {
                if matches!(character, '"' | '\\') {
                    f.write_str("\\")?;
                }
                write!(f, "{character}")?;
            }
            f.write_str("\"")?;
        }
        Ok(())
    }
}

fn next_parameter(text: &str) -> Option<(&str, String, &str)> {
    let text = text.trim_start_matches([' ', ',', '\t']);
    let (name, rest) = text.split_once('=')?;
    let name = name.trim();
    let rest = rest.trim_start();
    let Some(quoted) = rest.strip_prefix('"') else {
        let end = rest.find([',', ' ']).unwrap_or(rest.len());
        return Some((name, rest[..end].to_owned(), &rest[end..]));
    };
    let (mut value, mut escaped) = (String::new(), false);
    for (at, character) in quoted.char_indices() {
        match character {
            _ if escaped => {
                value.push(character);
                escaped = false;
            }
            '\\' => escaped = true,
            '"' => return Some((name, value, &quoted[at + 1..])),
            other => value.push(other),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn tokens_are_presented_in_one_way() {
        assert_eq!(parse("Bearer abc.def-_~+/=="), Some("abc.def-_~+/=="));
        assert_eq!(parse("bEARER abc"), Some("abc"));
        for header in
            ["", "Bearer", "Bearer ", "Bearer a b", "Basic abc", "Bearer a\"b", "Bearer é", "Bearer ="]
        {
            assert_eq!(parse(header), None, "{header}");
        }
    }

    #[test]
    fn a_challenge_names_an_error_only_when_there_is_one() {
        assert_eq!(Challenge::new("individu").to_string(), "Bearer realm=\"individu\"");
        let wanting =
            Challenge::new("individu").error(ErrorCode::InsufficientScope, "more is needed").scope("openid");
        assert_eq!(
            wanting.to_string(),
            "Bearer realm=\"individu\", error=\"insufficient_scope\", error_description=\"more is needed\", scope=\"openid\""
        );
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(realm in "[ -~]{0,30}", description in "[ -~]{0,60}") {
            let challenge = Challenge::new(&realm).error(ErrorCode::InvalidToken, &description);
            prop_assert_eq!(Challenge::parse(&challenge.to_string()), Some(challenge));
        }

        #[test]
        fn nothing_breaks_the_reader(header in "\\PC{0,200}") {
            let _ = Challenge::parse(&header);
            let _ = parse(&header);
        }
    }
}
