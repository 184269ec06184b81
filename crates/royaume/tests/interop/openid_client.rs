//! openid-client: a confidential application in Node, that proves itself in the body or in a header.

use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::beside::Beside;
use crate::installed;
use crate::provider::{AS_DEPLOYED, Dialect, Registered, Royaume, STANDARD, is_zoe};
use crate::visitor::{Visitor, altered};

const SECTION: &str = "openid-client";

/// The site, which has found the server.
struct Site {
    royaume: Royaume,
    client: Registered,
    visitor: Visitor,
    _node: Beside,
    _programs: TempDir,
}

impl Site {
    fn start(dialect: Dialect, authentication: &str) -> Self {
        Self::told(dialect, authentication, |_| {})
    }

    /// With settings that were spoilt.
    fn told(dialect: Dialect, authentication: &str, spoil: impl Fn(&mut Value)) -> Self {
        // Node looks for packages above the program.
        let programs = tempfile::tempdir_in(installed::directory()).unwrap();
        for (name, text) in [
            ("openid-client.mjs", include_str!("programs/openid-client.mjs")),
            ("site.mjs", include_str!("programs/site.mjs")),
        ] {
            std::fs::write(programs.path().join(name), text).unwrap();
        }
        let royaume = Royaume::start(dialect);
        let mut node = Beside::start(Command::new("node").arg(programs.path().join("site.mjs")));
        let base = node.awaits(|line| line.starts_with("http")).expect("the site listens");
        let client = royaume.register(SECTION, &base);
        let mut settings = json!({
            "issuer": royaume.issuer(),
            "client_id": client.client_id,
            "client_secret": client.client_secret,
            "authentication": authentication,
        });
        spoil(&mut settings);
        node.tell(&settings.to_string());
        node.awaits(|line| line == royaume.issuer()).expect("the site finds the server");
        let visitor = Visitor::new(&base, &royaume);
        Self { royaume, client, visitor, _node: node, _programs: programs }
    }
}

/// From discovery to the end of the session.
fn signs_in_refreshes_and_signs_out(dialect: Dialect, authentication: &str) {
    let Site { royaume, client, mut visitor, _node, _programs } = Site::start(dialect, authentication);
    let signed_in = visitor.signs_in("/login");
    is_zoe(&signed_in["userinfo"]);
    assert_eq!(signed_in["claims"]["iss"], royaume.issuer(), "{signed_in}");
    assert_eq!(signed_in["claims"]["sub"], signed_in["userinfo"]["sub"]);

    let refreshed = visitor.reads("/refresh");
    let fresh = &refreshed["tokens"]["access_token"];
    assert!(fresh.is_string() && *fresh != signed_in["tokens"]["access_token"], "{refreshed}");
    let again = visitor.signs_in("/login?prompt=none");
    is_zoe(&again["userinfo"]);

    let logout = visitor.sent_by("/logout");
    let back = visitor.walks(&logout);
    assert_eq!(visitor.reads(&back)["signed_out"], true);
    assert_eq!(visitor.reads("/refresh")["refused"]["error"], "invalid_grant");
    royaume.no_longer_refreshes(&client, &refreshed["tokens"]["refresh_token"]);
    assert_eq!(visitor.signs_in("/login?prompt=none")["refused"]["error"], "login_required");
}

/// RFC 6749 §2.3.1: the secret in the body.
#[test]
fn openid_client_works_with_client_secret_post() {
    signs_in_refreshes_and_signs_out(STANDARD, "client_secret_post");
}

/// RFC 6749 §2.3.1: the secret in a header.
#[test]
fn openid_client_works_with_client_secret_basic() {
    signs_in_refreshes_and_signs_out(STANDARD, "client_secret_basic");
}

#[test]
fn openid_client_works_with_what_is_deployed() {
    signs_in_refreshes_and_signs_out(AS_DEPLOYED, "client_secret_post");
}

/// RFC 6749 §10.12, RFC 9207 §2.4: an answer to another request, or in the name of another server, is refused.
#[test]
fn openid_client_refuses_an_answer_that_was_altered_on_its_way() {
    let mut site = Site::start(STANDARD, "client_secret_post");
    for (name, value, refusal) in [
        ("state", "another", r#"unexpected "state" response parameter value"#),
        ("iss", "https://evil.test", r#"unexpected "iss" (issuer) response parameter value"#),
    ] {
        let address = site.visitor.sent_by("/login");
        let callback = site.visitor.walks(&address);
        let outcome = site.visitor.reads(&altered(&callback, name, value));
        assert!(outcome["refused"].to_string().contains(&refusal.replace('"', "\\\"")), "{outcome}");
    }
}

/// OIDC Core §3.1.3.7, RFC 7636 §4.6: so is an id token for another login, and a code that another login began.
#[test]
fn openid_client_refuses_an_answer_to_a_request_that_was_altered_on_its_way() {
    let mut site = Site::start(STANDARD, "client_secret_post");
    let address = site.visitor.sent_by("/login");
    let callback = site.visitor.walks(&altered(&address, "nonce", "another"));
    let outcome = site.visitor.reads(&callback);
    assert!(outcome["refused"].to_string().contains("nonce"), "{outcome}");

    let address = site.visitor.sent_by("/login");
    let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    let callback = site.visitor.walks(&altered(&address, "code_challenge", challenge));
    assert_eq!(site.visitor.reads(&callback)["refused"]["error"], "invalid_grant");
}

/// RFC 6749 §5.2: the answer is a challenge, which openid-client tells by.
#[test]
fn openid_client_is_told_that_its_secret_is_wrong() {
    for authentication in ["client_secret_post", "client_secret_basic"] {
        let mut site =
            Site::told(STANDARD, authentication, |settings| settings["client_secret"] = "wrong".into());
        let outcome = site.visitor.signs_in("/login");
        assert_eq!(outcome["refused"]["code"], "OAUTH_WWW_AUTHENTICATE_CHALLENGE", "{outcome}");
        assert_eq!(outcome["refused"]["status"], 401, "{outcome}");
    }
}
