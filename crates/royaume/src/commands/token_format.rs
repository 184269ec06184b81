//! An access token as other programs take it. It comes from a server, and means nothing to a shell whatever is in it.

use royaume_client::TokenSet;

use crate::cli::Format;
use crate::failure::Failure;
use crate::language::Language;

/// The text, for all formats but JSON, which is not of one line. `host` is for netrc.
pub(super) fn text(tokens: &TokenSet, format: Format, host: Option<&str>) -> Result<String, Failure> {
    let token = tokens.access_token.expose();
    let until = tokens.expires_at.map(|at| at.to_string());
    Ok(match format {
        Format::Token | Format::Json => token.to_owned(),
        Format::Header => format!("Authorization: Bearer {token}"),
        Format::Env => {
            let until = until.map(|until| format!("\nexport ACCESS_TOKEN_EXPIRES_AT={}", quoted(&until)));
            format!("export ACCESS_TOKEN={}{}", quoted(token), until.unwrap_or_default())
        }
        Format::Dotenv => {
            let until = until.map(|until| format!("\nACCESS_TOKEN_EXPIRES_AT={until}"));
            format!("ACCESS_TOKEN={}{}", plain(token)?, until.unwrap_or_default())
        }
        Format::Netrc => {
            format!("machine {} login oauth2 password {}", host.unwrap_or_default(), plain(token)?)
        }
        Format::Curl => {
            let escaped = token.replace('\\', "\\\\").replace('"', "\\\"");
            format!("header = \"Authorization: Bearer {escaped}\"")
        }
    })
}

/// As a POSIX shell takes it literally (POSIX.1 XCU §2.2.2).
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// A token as RFC 6750 §2.1 writes one. What reads .env and .netrc files agrees on no way to quote anything else.
fn plain(token: &str) -> Result<&str, Failure> {
    let usual = |c: char| c.is_ascii_alphanumeric() || "-._~+/=".contains(c);
    if !token.is_empty() && token.chars().all(usual) {
        return Ok(token);
    }
    Err(Failure::Other(
        Language::of_environment()
            .say(
                "ce jeton a des caractères que ces fichiers n'écrivent pas tous pareil : prenez --format env ou json",
                "this token has characters that such files do not all write alike: take --format env or json",
            )
            .to_owned(),
    ))
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use royaume_protocol::Secret;

    use super::*;

    fn tokens(token: &str) -> TokenSet {
        TokenSet {
            access_token: Secret::from(token),
            expires_at: Some("2026-01-01T00:00:00Z".parse().unwrap()),
            scope: None,
            refresh_token: None,
            id_token: None,
            claims: None,
        }
    }

    fn shown(token: &str, format: Format) -> String {
        text(&tokens(token), format, Some("api.example.org")).unwrap()
    }

    #[test]
    fn a_token_is_written_as_each_program_takes_it() {
        assert_eq!(shown("a.b-c", Format::Token), "a.b-c");
        assert_eq!(shown("a.b-c", Format::Header), "Authorization: Bearer a.b-c");
        assert_eq!(shown("a.b-c", Format::Curl), "header = \"Authorization: Bearer a.b-c\"");
        assert_eq!(shown("a.b-c", Format::Netrc), "machine api.example.org login oauth2 password a.b-c");
        let until = "ACCESS_TOKEN_EXPIRES_AT=2026-01-01T00:00:00Z";
        assert_eq!(shown("a.b-c", Format::Dotenv), format!("ACCESS_TOKEN=a.b-c\n{until}"));
    }

    /// CWE-78: every visible ASCII character may be in a token (RFC 6749 Appendix A.12).
    #[test]
    fn a_shell_runs_nothing_that_a_server_wrote() {
        for token in ["';touch x;'", "$(touch x)`touch x`", "a\\'b\"c", "!!#&|<>*?[]{}~;"] {
            let script = format!("{}\nprintf %s \"$ACCESS_TOKEN\"", shown(token, Format::Env));
            let said = Command::new("sh").args(["-c", &script]).output().unwrap();
            assert_eq!(String::from_utf8(said.stdout).unwrap(), token);
            for format in [Format::Dotenv, Format::Netrc] {
                assert!(text(&tokens(token), format, Some("h")).is_err(), "{token}");
            }
        }
        assert_eq!(shown("a\\\"b", Format::Curl), r#"header = "Authorization: Bearer a\\\"b""#);
    }
}
