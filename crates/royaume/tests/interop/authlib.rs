//! Authlib: a confidential application in Python, with Flask.

use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::beside::Beside;
use crate::installed;
use crate::provider::{AS_DEPLOYED, Dialect, Registered, Royaume, STANDARD, is_zoe};
use crate::visitor::{Visitor, altered};

const SECTION: &str = "Authlib";

/// The site, and the server that it is told of.
struct Site {
    royaume: Royaume,
    client: Registered,
    visitor: Visitor,
    _python: Beside,
    _programs: TempDir,
}

impl Site {
    fn start(dialect: Dialect) -> Self {
        Self::told(dialect, |_| {})
    }

    /// With settings that were spoilt.
    fn told(dialect: Dialect, spoil: impl Fn(&mut Value)) -> Self {
        let directory = installed::directory();
        let programs = tempfile::tempdir_in(&directory).unwrap();
        for (name, text) in [
            ("authlib_flask.py", include_str!("programs/authlib_flask.py")),
            ("site.py", include_str!("programs/site.py")),
        ] {
            std::fs::write(programs.path().join(name), text).unwrap();
        }
        let royaume = Royaume::start(dialect);
        let mut python = Command::new(directory.join("venv/bin/python"));
        let mut python = Beside::start(python.arg("-B").arg(programs.path().join("site.py")));
        let base = python.awaits(|line| line.starts_with("http")).expect("the site listens");
        let client = royaume.register(SECTION, &base);
        let mut settings = json!({
            "issuer": royaume.issuer(),
            "client_id": client.client_id,
            "client_secret": client.client_secret,
        });
        spoil(&mut settings);
        python.tell(&settings.to_string());
        python.awaits(|line| line == royaume.issuer()).expect("the site begins");
        let visitor = Visitor::new(&base, &royaume);
        Self { royaume, client, visitor, _python: python, _programs: programs }
    }
}

/// From discovery to the end of the session.
fn signs_in_refreshes_and_signs_out(dialect: Dialect) {
    let Site { royaume, client, mut visitor, _python, _programs } = Site::start(dialect);
    let signed_in = visitor.signs_in("/login");
    is_zoe(&signed_in["userinfo"]);
    assert_eq!(signed_in["claims"]["iss"], royaume.issuer(), "{signed_in}");
    assert_eq!(signed_in["claims"]["sub"], signed_in["userinfo"]["sub"]);

    // Authlib refreshes what has expired before it uses it.
    let old = visitor.reads("/expire")["tokens"][0].clone();
    is_zoe(&visitor.reads("/userinfo")["userinfo"]);
    let fresh = visitor.reads("/tokens")["tokens"][0].clone();
    for token in ["access_token", "refresh_token"] {
        assert!(fresh[token].is_string() && fresh[token] != old[token], "{fresh}");
    }
    is_zoe(&visitor.signs_in("/login?prompt=none")["userinfo"]);

    let logout = visitor.sent_by("/logout");
    let back = visitor.walks(&logout);
    let elsewhere = visitor.reads(&altered(&back, "state", "another"));
    assert!(elsewhere["refused"].to_string().contains("Invalid"), "{elsewhere}");
    assert_eq!(visitor.reads(&back)["signed_out"], true);
    royaume.no_longer_refreshes(&client, &fresh["refresh_token"]);
    assert_eq!(visitor.signs_in("/login?prompt=none")["refused"]["error"], "login_required");
}

#[test]
fn authlib_signs_in_refreshes_and_signs_out() {
    signs_in_refreshes_and_signs_out(STANDARD);
}

#[test]
fn authlib_works_with_what_is_deployed() {
    signs_in_refreshes_and_signs_out(AS_DEPLOYED);
}

/// RFC 6749 §10.12: an answer to another request is refused.
#[test]
fn authlib_refuses_another_state() {
    let mut site = Site::start(STANDARD);
    let address = site.visitor.sent_by("/login");
    let callback = site.visitor.walks(&address);
    let outcome = site.visitor.reads(&altered(&callback, "state", "another"));
    assert_eq!(outcome["refused"]["error"], "mismatching_state", "{outcome}");
}

/// OIDC Core §3.1.3.7: so is an id token for another login.
#[test]
fn authlib_refuses_an_id_token_with_another_nonce() {
    let mut site = Site::start(STANDARD);
    let address = site.visitor.sent_by("/login");
    let callback = site.visitor.walks(&altered(&address, "nonce", "another"));
    let outcome = site.visitor.reads(&callback);
    assert!(outcome["refused"]["message"].as_str().is_some_and(|said| said.contains("nonce")), "{outcome}");
}

/// RFC 6749 §5.2.
#[test]
fn authlib_is_told_that_its_secret_is_wrong() {
    let mut site = Site::told(STANDARD, |settings| settings["client_secret"] = "wrong".into());
    let outcome = site.visitor.signs_in("/login");
    assert_eq!(outcome["refused"]["error"], "invalid_client", "{outcome}");
}
