//! `--issuer`: any OpenID provider, found by its discovery document, with what it has and what it lacks.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use royaume_protocol::Parameters;
use serde_json::{Value, json};

use crate::command::{Finished, User};

/// A provider that has an authorization endpoint, a token endpoint and an empty key set, and remembers what it is told.
struct Elsewhere {
    issuer: String,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Elsewhere {
    /// Its discovery document has these members too, and its tokens are these.
    fn with(more: Value, tokens: Value) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let mut document = json!({
            "issuer": issuer,
            "authorization_endpoint": format!("{issuer}/authorize"),
            "token_endpoint": format!("{issuer}/token"),
            "jwks_uri": format!("{issuer}/jwks"),
        });
        document.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let heard = Arc::new(Mutex::new(Vec::new()));
        let hearing = Arc::clone(&heard);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let request = request(&mut stream);
                let answer = match request.split(' ').nth(1).unwrap_or_default() {
                    "/.well-known/openid-configuration" => &document,
                    "/jwks" => &json!({ "keys": [] }),
                    _ => &tokens,
                };
                hearing.lock().unwrap().push(request);
                let body = answer.to_string();
                let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: ";
                let _ = stream.write_all(format!("{head}{}\r\n\r\n{body}", body.len()).as_bytes());
            }
        });
        Self { issuer, heard }
    }

    /// A person who signs in at once.
    fn sign_in(&self, user: &User) -> Finished {
        let options = ["--issuer", &self.issuer, "--client-id", "app", "--app", "public", "--scope", "read"];
        user.login(&options, |address| {
            let asked = Parameters::parse(address.split_once('?').unwrap().1.as_bytes()).unwrap();
            let (back, state) = (asked.required("redirect_uri").unwrap(), asked.required("state").unwrap());
            Some(format!("{back}?code=c&state={state}"))
        })
    }

    fn run(&self, user: &User, command: &str, more: &[&str]) -> Finished {
        let options = [command, "--issuer", &self.issuer, "--client-id", "app"];
        user.run(&[&options[..], more].concat())
    }

    fn last(&self) -> String {
        self.heard.lock().unwrap().last().unwrap().clone()
    }
}

/// A request whole: its head and as much body as that says.
fn request(stream: &mut TcpStream) -> String {
    let mut reader = BufReader::new(stream);
    let (mut text, mut length) = (String::new(), 0);
    loop {
        let from = text.len();
        if reader.read_line(&mut text).unwrap() == 0 || text[from..].trim().is_empty() {
            break;
        }
        let line = text[from..].to_ascii_lowercase();
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    text + std::str::from_utf8(&body).unwrap()
}

fn tokens() -> Value {
    json!({ "access_token": "an-access-token", "token_type": "Bearer", "expires_in": 60 })
}

/// RFC 7009 is an option: where it is not taken, nobody is told that tokens were given back.
#[test]
fn logout_claims_no_revocation_where_there_is_none() {
    for json in [false, true] {
        let elsewhere = Elsewhere::with(json!({}), tokens());
        let user = User::new();
        elsewhere.sign_in(&user).ok();
        let flag: &[&str] = if json { &["--app", "public", "--json"] } else { &["--app", "public"] };
        let out = elsewhere.run(&user, "logout", flag);
        if json {
            assert_eq!(out.json()["revoked"], false);
        } else {
            assert_eq!(out.ok(), "The tokens are forgotten here.");
            assert!(
                out.err.contains("not given back") && out.err.contains("no address for revocation"),
                "{out:?}"
            );
        }
        let nobody = elsewhere.run(&user, "userinfo", &["--app", "public"]);
        assert!(
            nobody.failed(2).contains(&format!("royaume login --issuer {}", elsewhere.issuer)),
            "{nobody:?}"
        );
    }
}

/// RFC 8414 §2: `client_secret_basic` is what a provider means that says nothing.
#[test]
fn a_secret_is_sent_as_the_provider_takes_it() {
    let user = User::new().with("ROYAUME_CLIENT_SECRET", "a-secret");
    let elsewhere = Elsewhere::with(json!({}), tokens());
    assert_eq!(elsewhere.run(&user, "token", &[]).ok(), "an-access-token");
    let heard = elsewhere.last();
    assert!(
        heard.contains("authorization: Basic YXBwOmEtc2VjcmV0") && !heard.contains("a-secret"),
        "{heard}"
    );
    let methods = json!({ "token_endpoint_auth_methods_supported": ["client_secret_post"] });
    let elsewhere = Elsewhere::with(methods, tokens());
    elsewhere.run(&user, "token", &[]).ok();
    let heard = elsewhere.last();
    assert!(heard.contains("client_secret=a-secret") && !heard.contains("authorization:"), "{heard}");
}

/// CWE-150: a token is visible ASCII (RFC 6749 Appendix A.12), and an answer in which it is not is none.
#[test]
fn nothing_that_a_provider_says_drives_the_terminal() {
    let user = User::new().with("ROYAUME_CLIENT_SECRET", "a-secret");
    for token in ["a\u{1b}[2J", "a\u{9b}2J", "a\nroyaume: all is well"] {
        let elsewhere = Elsewhere::with(json!({}), json!({ "access_token": token, "token_type": "Bearer" }));
        elsewhere.run(&user, "token", &[]).failed(1);
    }
    let address = "https://a.test/\u{9b}2J";
    let elsewhere = Elsewhere::with(json!({ "authorization_endpoint": address }), tokens());
    let refused = elsewhere.run(&user, "login", &["--no-browser"]);
    assert!(
        refused.failed(1).contains("authorization_endpoint") && !refused.err.contains('\u{9b}'),
        "{refused:?}"
    );
    let strange = json!({ "active": true, "username": "a\u{1b}\u{7f}\u{9b}" });
    let answers = Elsewhere::with(json!({}), strange);
    let endpoint = json!({ "introspection_endpoint": format!("{}/introspect", answers.issuer) });
    let elsewhere = Elsewhere::with(endpoint, tokens());
    let seen = elsewhere.run(&user, "introspect", &["a-token"]);
    assert_eq!(seen.json()["username"], "a\u{1b}\u{7f}\u{9b}");
    assert!(seen.out.chars().all(|c| !c.is_control() || c == '\n'), "{seen:?}");
}

#[test]
fn an_issuer_stands_instead_of_a_realm_and_needs_an_application() {
    let user = User::new();
    for (arguments, reason) in [
        (&["--issuer", "http://login.example.org"][..], "tokens would travel in clear"),
        (&["--issuer", "nowhere"], "--issuer"),
        (&["--issuer", "http://127.0.0.1:9"], "which application?"),
        (&["--issuer", "http://127.0.0.1:9", "--client-id", "x"], "ROYAUME_CLIENT_SECRET"),
        (&["--issuer", "http://127.0.0.1:9", "--realm", "individu"], "--realm"),
        (&["--realm", "citoyens"], "a realm of another server is named by --issuer URL"),
        (&[], "--realm"),
    ] {
        let refused = user.run(&[&["token"], arguments].concat());
        assert!(refused.failed(2).contains(reason), "{refused:?}");
    }
}

/// OIDC Discovery §4.3: the document must be that of the issuer that was asked.
#[test]
fn the_document_of_another_issuer_is_not_used() {
    let user = User::new().with("ROYAUME_CLIENT_SECRET", "a-secret");
    let elsewhere = Elsewhere::with(json!({ "issuer": "https://another.test" }), tokens());
    let refused = elsewhere.run(&user, "token", &[]);
    assert!(refused.failed(1).contains("https://another.test"), "{refused:?}");
    assert!(elsewhere.heard.lock().unwrap().iter().all(|request| !request.contains("secret")));
}
