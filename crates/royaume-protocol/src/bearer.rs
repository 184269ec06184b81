//! Bearer tokens: how they are presented, and the challenge when they are not good enough (RFC 6750, RFC 9110 §11).

use std::fmt;

use crate::{ErrorCode, error};

/// The token of an `Authorization` header (RFC 6750 §2.1). Nothing for another scheme or malformed credentials.
pub fn parse(header: &str) -> Option<&str> {
    credentials(header).filter(|token| is_b64token(token))
}

/// What an `Authorization` header presents as a token, well-formed or not. Nothing for another scheme: its client did
/// not try to present one (§3.1).
pub fn credentials(header: &str) -> Option<&str> {
    let (scheme, token) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case("Bearer").then(|| token.trim_matches(' '))
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
    /// A page about it.
    pub error_uri: Option<String>,
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

    /// Reads a header's value, which may hold challenges of other schemes too (RFC 9110 §11.6.1). Nothing when it
    /// holds no Bearer challenge, or is malformed before it. Of a repeated parameter the first counts.
    pub fn parse(header: &str) -> Option<Self> {
        let mut rest = Rest(header);
        let mut found: Option<Self> = None;
        loop {
            rest.skip(&[' ', '\t', ',']);
            if rest.0.is_empty() {
                return found;
            }
            let Some(word) = rest.token() else { return found };
            match rest.value() {
                Some(value) => {
                    if let Some(challenge) = &mut found {
                        challenge.set(word, value);
                    }
                }
                None if found.is_some() => return found,
                None if word.eq_ignore_ascii_case("Bearer") => found = Some(Self::default()),
                None => rest.skip_token68(),
            }
        }
    }

    fn set(&mut self, name: &str, value: String) {
        let slot = match name.to_ascii_lowercase().as_str() {
            "realm" => &mut self.realm,
            "error_description" => &mut self.error_description,
            "error_uri" => &mut self.error_uri,
            "scope" => &mut self.scope,
            "error" => {
                self.error.get_or_insert_with(|| ErrorCode::of(&value));
                return;
            }
            _ => return,
        };
        slot.get_or_insert(value);
    }
}

/// Only what each parameter may hold is written (RFC 6750 §3); a realm is a quoted string (RFC 9110 §5.6.4).
impl fmt::Display for Challenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Bearer")?;
        let parameters = [
            ("realm", self.realm.as_deref().map(quotable)),
            ("error", self.error.as_ref().map(|code| error::safe(code.as_str()))),
            ("error_description", self.error_description.as_deref().map(error::safe)),
            ("error_uri", self.error_uri.as_deref().map(|uri| error::safe(uri).replace(' ', ""))),
            ("scope", self.scope.as_deref().map(error::safe)),
        ];
        let said = parameters.into_iter().filter_map(|(name, value)| Some((name, value?)));
        for (at, (name, value)) in said.enumerate() {
            write!(f, "{}{name}=\"{value}\"", if at == 0 { " " } else { ", " })?;
        }
        Ok(())
    }
}

fn quotable(text: &str) -> String {
    let visible = text.chars().filter(|character| matches!(character, ' '..='~'));
    visible
        .flat_map(|character| matches!(character, '"' | '\\').then_some('\\').into_iter().chain([character]))
        .collect()
}

/// What is left to read of a header.
struct Rest<'a>(&'a str);

impl<'a> Rest<'a> {
    fn skip(&mut self, characters: &[char]) {
        self.0 = self.0.trim_start_matches(characters);
    }

    /// RFC 9110 §5.6.2.
    fn token(&mut self) -> Option<&'a str> {
        let is_tchar = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
        let (token, rest) = self.0.split_at(self.0.find(|c| !is_tchar(c)).unwrap_or(self.0.len()));
        self.0 = rest;
        (!token.is_empty()).then_some(token)
    }

    /// `=` and a token or a quoted string, blanks around the sign allowed (RFC 9110 §11.2). Nothing is consumed when
    /// there is none.
    fn value(&mut self) -> Option<String> {
        let blanks = [' ', '\t'];
        let after = self.0.trim_start_matches(blanks).strip_prefix('=')?.trim_start_matches(blanks);
        let mut rest = Rest(after);
        let value = match after.strip_prefix('"') {
            Some(quoted) => rest.quoted(quoted)?,
            None => rest.token()?.to_owned(),
        };
        self.0 = rest.0;
        Some(value)
    }

    /// RFC 9110 §5.6.4, after the opening quote.
    fn quoted(&mut self, text: &'a str) -> Option<String> {
        let (mut value, mut escaped) = (String::new(), false);
        for (at, character) in text.char_indices() {
            match character {
                _ if escaped => {
                    value.push(character);
                    escaped = false;
                }
                '\\' => escaped = true,
                '"' => {
                    self.0 = &text[at + 1..];
                    return Some(value);
                }
                other => value.push(other),
            }
        }
        None
    }

    /// The credentials-like word that some schemes have in place of parameters (RFC 9110 §11.2), if there is one.
    fn skip_token68(&mut self) {
        let Some(word) = self.0.strip_prefix(' ').map(|rest| rest.trim_start_matches(' ')) else { return };
        let end = word.find([',', ' ', '\t', '"']).unwrap_or(word.len());
        let (token, rest) = word.split_at(end);
        if is_b64token(token) && rest.trim_start_matches([' ', '\t']).starts_with(',') {
            self.0 = rest;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn tokens_are_presented_in_one_way() {
        assert_eq!(parse("Bearer abc.def-_~+/=="), Some("abc.def-_~+/=="));
        assert_eq!(parse("bEARER  abc"), Some("abc"));
        for header in [
            "",
            "Bearer",
            "Bearer ",
            "Bearer a b",
            "Basic abc",
            "Bearer a\"b",
            "Bearer é",
            "Bearer =",
            "Bearer\tabc",
            "Bearerabc",
            "Bearer a=b",
            " Bearer abc",
            "Bearer a,b",
        ] {
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

    #[test]
    fn no_value_leaves_its_quotes() {
        let text = "\"\\, error=\"x\r\né";
        let mut challenge = Challenge::new(text).error(ErrorCode::Unknown(text.to_owned()), text).scope(text);
        challenge.error_uri = Some("https://a.test/ \"x".to_owned());
        assert_eq!(
            challenge.to_string(),
            "Bearer realm=\"\\\"\\\\, error=\\\"x\", error=\", error=x\", error_description=\", error=x\", \
             error_uri=\"https://a.test/x\", scope=\", error=x\""
        );
    }

    #[test]
    fn the_challenge_of_bearer_is_found_among_others() {
        let bearer = Challenge::new("b").error(ErrorCode::InvalidToken, "it has expired");
        for header in [
            "Bearer realm=\"b\", error=\"invalid_token\", error_description=\"it has expired\"",
            "bearer realm=b,error=invalid_token,error_description=\"it has expired\"",
            "BEARER realm = \"b\" ,, error=\"invalid_token\" , more=1,error_description=\"it has expired\"",
            "Basic realm=\"a\", Bearer realm=\"b\", error=\"invalid_token\", error_description=\"it has expired\"",
            "Negotiate abc==, Bearer realm=\"b\", error=\"invalid_token\", error_description=\"it has expired\"",
            "Negotiate, Bearer realm=\"b\", error=\"invalid_token\", error_description=\"it has expired\"",
            "Bearer realm=\"b\", error=\"invalid_token\", error_description=\"it has expired\", Basic realm=\"a\"",
            "Bearer realm=\"b\", error=\"invalid_token\", realm=\"c\", error=\"x\", error_description=\"it has expired\"",
        ] {
            assert_eq!(Challenge::parse(header).as_ref(), Some(&bearer), "{header}");
        }
        assert_eq!(Challenge::parse("Bearer"), Some(Challenge::default()));
        assert_eq!(Challenge::parse("Bearer realm=\"open"), Some(Challenge::default()));
        for header in
            ["", "Basic realm=\"a\"", "Bearerish realm=\"b\"", "Basic realm=\"Bearer realm=b\"", "\"Bearer\""]
        {
            assert_eq!(Challenge::parse(header), None, "{header}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            realm in proptest::option::of("[ -~]{0,30}"),
            error in proptest::option::of("[a-z_]{1,20}"),
            description in proptest::option::of("[ !#-\\[\\]-~]{0,60}"),
            uri in proptest::option::of("https://[!#-\\[\\]-~]{0,30}"),
            scope in proptest::option::of("[!#-\\[\\]-~]{1,9}( [!#-\\[\\]-~]{1,9}){0,3}"),
            before in "|Basic realm=\"x\", |Negotiate a==, ",
            after in "|, Basic realm=\"y\"",
        ) {
            let error = error.map(|word| ErrorCode::of(&word));
            let challenge = Challenge { realm, error, error_description: description, error_uri: uri, scope };
            let header = format!("{before}{challenge}{after}");
            prop_assert_eq!(Challenge::parse(&header), Some(challenge));
        }

        #[test]
        fn a_challenge_is_one_line_of_visible_characters(text in "\\PC{0,40}", control in "[\\x00-\\x1f\\x7f]{0,4}") {
            let text = format!("{text}{control}");
            let challenge = Challenge::new(&text).error(ErrorCode::Unknown(text.clone()), &text).scope(&text);
            prop_assert!(challenge.to_string().bytes().all(|byte| matches!(byte, b' '..=b'~')));
        }

        #[test]
        fn nothing_breaks_the_reader(header in "\\PC{0,200}", like in "(Bearer|Basic|realm|=|\"|,| |\\\\|é|a){0,20}") {
            for header in [header, like] {
                let _ = Challenge::parse(&header);
                let _ = parse(&header);
            }
        }
    }
}
