//! mod_auth_openidc: Apache signs people in, in front of an application that reads who they are in header fields.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use royaume_protocol::parameters;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::beside::Beside;
use crate::guide;
use crate::http::Caller;
use crate::installed;
use crate::origin;
use crate::provider::{AS_DEPLOYED, Dialect, Registered, Royaume, STANDARD, free_port, is_zoe};
use crate::visitor::{Visitor, altered};

const SECTION: &str = "mod_auth_openidc";
const PROGRAM: &str = "/usr/sbin/apache2";
const MODULES: &str = "/usr/lib/apache2/modules";

/// Writes a certificate for 127.0.0.1 with its key, and returns where its authority is.
fn certified(place: &Path) -> PathBuf {
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let names = vec!["127.0.0.1".to_owned()];
    let certificate = CertificateParams::new(names).unwrap().signed_by(&key, &authority).unwrap();
    let texts = [
        ("authority.pem", authority.pem()),
        ("site.pem", certificate.pem()),
        ("site.key", key.serialize_pem()),
    ];
    for (name, text) in texts {
        std::fs::write(place.join(name), text).unwrap();
    }
    place.join("authority.pem")
}

/// Apache, and the server that it is told of.
struct Site {
    royaume: Royaume,
    client: Registered,
    visitor: Visitor,
    base: String,
    _apache: Beside,
    _root: TempDir,
}

impl Site {
    fn start(dialect: Dialect) -> Self {
        Self::with_secret(dialect, |secret| secret)
    }

    fn with_secret(dialect: Dialect, spoil: impl Fn(String) -> String) -> Self {
        let program = installed::file(PROGRAM, "apache2-bin");
        installed::file(&format!("{MODULES}/mod_auth_openidc.so"), "libapache2-mod-auth-openidc");
        let root = tempfile::tempdir().unwrap();
        for (name, text) in [
            ("apache.conf", include_str!("programs/apache.conf")),
            ("mod_auth_openidc.conf", include_str!("programs/mod_auth_openidc.conf")),
        ] {
            std::fs::write(root.path().join(name), text).unwrap();
        }
        let royaume = Royaume::believing(dialect, &certified(root.path()));
        // The application says what header fields it was given.
        let application = origin::serve(|asked| {
            let fields: BTreeMap<_, _> = asked.fields.iter().cloned().collect();
            ("application/json", json!({ "path": asked.path, "fields": fields }).to_string())
        });
        let (apache, base, client) = loop {
            // The port is somebody else's if they were quicker: then another one is.
            let port = free_port();
            let base = format!("http://127.0.0.1:{port}");
            let tls_port = free_port();
            let inward = format!("https://127.0.0.1:{tls_port}");
            royaume.keep("site.json", &guide::block(SECTION, "json").replace(guide::SITE, &inward));
            let client = royaume.register(SECTION, &base);
            let mut command = Command::new(&program);
            command.arg("-DFOREGROUND").arg("-d").arg(root.path()).args(["-f", "apache.conf"]);
            for (name, value) in [
                ("modules", MODULES),
                ("port", &port.to_string()),
                ("tls_port", &tls_port.to_string()),
                ("application", &application),
                ("issuer", &royaume.issuer()),
                ("client_id", &client.client_id),
                ("client_secret", &spoil(client.client_secret.clone())),
                ("passphrase", "a passphrase of this test alone"),
            ] {
                command.arg("-C").arg(format!("Define {name} \"{value}\""));
            }
            let mut apache = Beside::start(&mut command);
            match apache.awaits(|line| line.contains("resuming normal operations")) {
                Ok(_) => break (apache, base, client),
                Err(said) => assert!(said.contains("Address already in use"), "Apache ended: {said}"),
            }
        };
        let visitor = Visitor::new(&base, &royaume);
        Self { royaume, client, visitor, base, _apache: apache, _root: root }
    }

    /// An address of the module's own.
    fn hook(&self, pairs: &[(&str, &str)]) -> String {
        format!("/private/callback?{}", parameters::encode(pairs))
    }

    /// What the module knows of the session.
    #[track_caller]
    fn knows(&mut self) -> Value {
        let info = self.hook(&[("info", "json")]);
        self.visitor.reads(&info)
    }

    /// Whoever comes back with that is told of an error, and is sent to sign in as before.
    #[track_caller]
    fn lets_nobody_in(&mut self, callback: &str) {
        let answer = self.visitor.site.get(callback).unwrap();
        let told = answer.status >= 400 || answer.body.contains("<title>Error</title>");
        assert!(told && answer.location.is_empty(), "{callback}: {answer:?}");
        assert!(self.visitor.sent_by("/private/page").starts_with(&self.royaume.base), "{callback}");
    }
}

/// From discovery to the end of the session.
fn signs_in_refreshes_and_signs_out(dialect: Dialect) {
    let mut site = Site::start(dialect);
    let page = format!("{}/private/page", site.base);
    let address = site.visitor.sent_by(&page);
    let callback = site.visitor.walks(&address);
    assert_eq!(site.visitor.sent_by(&callback), page, "the person is where they wanted to go");
    let shown = site.visitor.reads(&page);
    let knows = site.knows();
    is_zoe(&knows["userinfo"]);
    assert_eq!(knows["id_token"]["iss"], site.royaume.issuer(), "{knows}");
    let fields = &shown["fields"];
    assert_eq!(fields["OIDC_CLAIM_email"], "zoe@example.org", "{shown}");
    assert_eq!(fields["OIDC_CLAIM_sub"], knows["userinfo"]["sub"], "{shown}");
    assert_eq!(fields["OIDC_access_token"], knows["access_token"], "{shown}");

    let token = knows["access_token"].as_str().unwrap();
    let refresh = site.hook(&[("refresh", &page), ("access_token", token)]);
    assert_eq!(site.visitor.sent_by(&refresh), page, "without an error_code");
    let fresh = site.knows();
    for token in ["access_token", "refresh_token"] {
        assert!(fresh[token].is_string() && fresh[token] != knows[token], "{fresh}");
    }
    assert_eq!(site.visitor.reads(&page)["fields"]["OIDC_access_token"], fresh["access_token"]);

    let left = format!("{}/", site.base);
    let logout = site.hook(&[("logout", &left)]);
    let logout = site.visitor.sent_by(&logout);
    assert!(logout.contains("id_token_hint="), "{logout}");
    assert_eq!(site.visitor.walks(&logout), left);
    site.royaume.no_longer_refreshes(&site.client, &fresh["refresh_token"]);
    let address = site.visitor.sent_by(&page);
    let callback = site.visitor.walks(&altered(&address, "prompt", "none"));
    assert!(callback.contains("error=login_required"), "{callback}");
    site.lets_nobody_in(&callback);
}

#[test]
fn mod_auth_openidc_signs_in_refreshes_and_signs_out() {
    signs_in_refreshes_and_signs_out(STANDARD);
}

#[test]
fn mod_auth_openidc_works_with_what_is_deployed() {
    signs_in_refreshes_and_signs_out(AS_DEPLOYED);
}

/// Back-Channel Logout 1.0 §2.6: whoever signs out elsewhere is signed out of the site too, which is told by the server.
#[test]
fn mod_auth_openidc_ends_the_session_of_whoever_signs_out_elsewhere() {
    let mut site = Site::start(STANDARD);
    let page = format!("{}/private/page", site.base);
    let address = site.visitor.sent_by(&page);
    let callback = site.visitor.walks(&address);
    assert_eq!(site.visitor.sent_by(&callback), page);
    site.visitor.reads(&page);
    let discovery = format!("{}/.well-known/openid-configuration", site.royaume.issuer());
    let document = Caller::new(&site.royaume.base).get(&discovery).unwrap();
    site.visitor.signs_out_at(&document.member("end_session_endpoint"));
    site.royaume.tells_of_logout();
    assert!(site.visitor.sent_by(&page).starts_with(&site.royaume.base), "the site's session has ended");
}

/// RFC 6749 §10.12, RFC 9207 §2.4, OIDC Core §3.1.3.7: an answer to another request, in the name of another server or
/// with an id token for another login lets nobody in.
#[test]
fn mod_auth_openidc_refuses_what_was_altered_on_its_way() {
    let mut site = Site::start(STANDARD);
    let page = format!("{}/private/page", site.base);
    for (name, value, in_request) in
        [("state", "another", false), ("iss", "https://evil.test", false), ("nonce", "another", true)]
    {
        let address = site.visitor.sent_by(&page);
        let address = if in_request { altered(&address, name, value) } else { address };
        let callback = site.visitor.walks(&address);
        let callback = if in_request { callback } else { altered(&callback, name, value) };
        site.lets_nobody_in(&callback);
    }
}

/// RFC 6749 §5.2.
#[test]
fn mod_auth_openidc_lets_nobody_in_with_a_wrong_secret() {
    let mut site = Site::with_secret(STANDARD, |_| "wrong".to_owned());
    let page = format!("{}/private/page", site.base);
    let address = site.visitor.sent_by(&page);
    let callback = site.visitor.walks(&address);
    site.lets_nobody_in(&callback);
}
