//! `royaume doctor`: against a rehearsal, against servers that are ill in one way each, and in both languages.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection};
use serde_json::Value;

use crate::command::{Finished, User};
use crate::process::{Server, furnished};

/// A visit against a rehearsal that its samples are known of.
struct Practice {
    data: tempfile::TempDir,
    server: Server,
}

impl Practice {
    fn open() -> Self {
        let data = furnished();
        let server = Server::start(data.path(), None);
        Self { data, server }
    }

    fn visit(&self, user: &User, more: &[&str]) -> Finished {
        let data = self.data.path().to_str().unwrap();
        user.run(&[&["doctor", "--json", "--server", &self.server.base, "--data", data], more].concat())
    }

    /// An application named by hand, with that secret.
    fn named(&self, kind: (&str, &str), secret: &str) -> (User, String) {
        let id = self.server.client(kind.0, kind.1)["client_id"].as_str().unwrap().to_owned();
        (User::new().with("ROYAUME_CLIENT_ID", &id).with("ROYAUME_CLIENT_SECRET", secret), id)
    }
}

/// What a visit found, whatever the exit code.
#[track_caller]
fn findings(finished: &Finished) -> Vec<Value> {
    let report: Value =
        serde_json::from_str(&finished.out).unwrap_or_else(|error| panic!("no JSON ({error}): {finished:?}"));
    assert_eq!(report["well"], finished.code == 0, "{finished:?}");
    report["findings"].as_array().unwrap().clone()
}

/// The standings of a check, which may have several findings.
fn standings(findings: &[Value], check: &str) -> Vec<String> {
    let of = findings.iter().filter(|finding| finding["check"] == check);
    of.map(|finding| finding["standing"].as_str().unwrap().to_owned()).collect()
}

/// What was seen wrong by that check, and what to do, in both languages.
#[track_caller]
fn wrong(finished: &Finished, check: &str) -> String {
    let findings = findings(finished);
    let wrong = findings.iter().filter(|one| one["check"] == check && one["standing"] == "wrong");
    let said: Vec<_> = wrong.map(|one| format!("{} {}", one["seen"], one["next"])).collect();
    assert!(!said.is_empty(), "nothing is wrong with {check}: {finished:?}");
    said.join("\n")
}

/// A server that answers a request, known by its text, as that function of its address and the request says.
fn answering(answer: impl Fn(&str, &str) -> String + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let own = base.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, mut read) = (stream.unwrap(), Vec::new());
            let mut piece = [0; 8192];
            while !is_whole(&read) {
                match stream.read(&mut piece) {
                    Ok(length) if length > 0 => read.extend_from_slice(&piece[..length]),
                    Ok(_) | Err(_) => break,
                }
            }
            let _ = stream.write_all(answer(&own, &String::from_utf8_lossy(&read)).as_bytes());
        }
    });
    base
}

/// Is it a request with all of its body? What is no HTTP is taken as it comes.
fn is_whole(read: &[u8]) -> bool {
    let text = String::from_utf8_lossy(read).to_ascii_lowercase();
    if !text.is_empty() && !text.starts_with(['g', 'p']) {
        return true;
    }
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    body.len() >= length.map_or(0, |length| length.parse().unwrap())
}

/// A server that gives one answer to everything.
fn always(answer: &'static str) -> String {
    answering(|_, _| answer.to_owned())
}

fn with_status(status: &str, more: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n{more}\r\n{body}")
}

/// The document of an issuer that is at that address.
fn document(base: &str) -> String {
    let body = format!(
        r#"{{"issuer":"{base}","token_endpoint":"{base}/token","authorization_endpoint":"{base}/authorize","jwks_uri":"{base}/jwks",
        "token_endpoint_auth_methods_supported":["client_secret_post","client_secret_basic"]}}"#
    );
    with_status("200 OK", "", &body)
}

/// A server that shows that certificate, until the process ends.
fn certified_by(certificate: CertificateDer<'static>, key: Vec<u8>) -> String {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let configuration = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], PrivatePkcs8KeyDer::from(key).into())
        .unwrap();
    let configuration = Arc::new(configuration);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut connection = ServerConnection::new(Arc::clone(&configuration)).unwrap();
            // Whoever does not believe it goes away.
            let _ = connection.complete_io(&mut stream.unwrap());
        }
    });
    base
}

/// An application named by hand: its secret is in the environment.
fn stranger() -> User {
    User::new().with("ROYAUME_CLIENT_ID", "an-application").with("ROYAUME_CLIENT_SECRET", "its-secret-word")
}

#[test]
fn a_sample_application_is_well_in_everything_that_was_asked_for() {
    let practice = Practice::open();
    let user = User::new();
    let scope = ["--realm", "partenaire", "--scope", "api_offresdemploiv2 o2dsoffre"];
    let finished = practice.visit(&user, &scope);
    let machine = findings(&finished);
    for check in
        ["realm", "names", "connection", "server", "clock", "discovery", "credentials", "scopes", "gateway"]
    {
        assert_eq!(standings(&machine, check), ["well"], "{check}: {finished:?}");
    }
    for check in ["tls", "keys", "redirect_uri", "authorization"] {
        assert_eq!(standings(&machine, check), ["skipped"], "{check}: {finished:?}");
    }
    let redirect_uri = ["--realm", "individu", "--redirect-uri", "http://127.0.0.1:4321/callback"];
    let finished = practice.visit(&user, &[&redirect_uri[..], &["--scope", "openid profile"]].concat());
    let login = findings(&finished);
    for check in ["keys", "credentials", "redirect_uri", "authorization", "scopes", "gateway"] {
        assert_eq!(standings(&login, check), ["well"], "{check}: {finished:?}");
    }
}

/// RFC 6749 §5.2: which of client id, secret and realm it is, no server says; neither do we repeat the secret.
#[test]
fn a_wrong_secret_is_found_for_every_kind_of_application() {
    let practice = Practice::open();
    for kind in [("partenaire", "machine"), ("individu", "private")] {
        let (user, id) = practice.named(kind, "a-wrong-secret-word ");
        let finished = practice.visit(&user, &["--realm", kind.0, "--scope", "openid"]);
        assert_eq!(finished.code, 3, "{finished:?}");
        let said = wrong(&finished, "credentials");
        assert!(said.contains(&id) && said.contains("blank") && said.contains("blanc"), "{said}");
        assert_eq!(standings(&findings(&finished), "scopes"), ["skipped"]);
        assert!(
            !finished.out.contains("secret-word") && !finished.err.contains("secret-word"),
            "{finished:?}"
        );
    }
    let unknown = practice.visit(&stranger(), &["--realm", "partenaire"]);
    assert!(wrong(&unknown, "credentials").contains("copy client_id and secret again"), "{unknown:?}");
    let public = User::new().with("ROYAUME_CLIENT_ID", "an-application");
    let public = practice.visit(&public, &["--realm", "individu", "--app", "public"]);
    assert!(wrong(&public, "credentials").contains("whether the application has a secret"), "{public:?}");
}

/// RFC 6749 §5.2: the refusal need not name the scope, and spoils the two good ones.
#[test]
fn the_bad_scope_among_three_is_named() {
    let practice = Practice::open();
    let user = User::new();
    let scope = "api_offresdemploiv2 coordonnees o2dsoffre";
    let finished = practice.visit(&user, &["--realm", "partenaire", "--scope", scope]);
    assert_eq!(finished.code, 3, "{finished:?}");
    let said = wrong(&finished, "scopes");
    assert!(said.contains("refuses coordonnees") && said.contains("of realm individu"), "{said}");
    assert!(!said.contains("refuses o2dsoffre") && !said.contains("refuses api_offresdemploiv2"), "{said}");
}

#[test]
fn the_bad_scope_of_a_login_is_named_without_anybody_signing_in() {
    let practice = Practice::open();
    let user = User::new();
    let place = ["--realm", "individu", "--redirect-uri", "http://127.0.0.1:4321/callback"];
    let finished =
        practice.visit(&user, &[&place[..], &["--scope", "openid api_peconnect-coordonnesv1"]].concat());
    assert_eq!(finished.code, 3, "{finished:?}");
    assert_eq!(standings(&findings(&finished), "authorization"), ["well"], "the redirect URI is known");
    let said = wrong(&finished, "scopes");
    assert!(said.contains("did you mean api_peconnect-coordonneesv1"), "{said}");
    assert!(!said.contains("refuses openid"), "{said}");
    let untried = practice.visit(&user, &["--realm", "individu", "--scope", "openid"]);
    assert_eq!(standings(&findings(&untried), "scopes"), ["skipped"], "{untried:?}");
}

/// The server grants it, and the gateway will answer 403.
#[test]
fn half_of_what_an_api_needs_is_worth_a_look() {
    let practice = Practice::open();
    let user = User::new();
    let finished = practice.visit(&user, &["--realm", "partenaire", "--scope", "api_offresdemploiv2"]);
    assert_eq!(standings(&findings(&finished), "scopes"), ["remark"], "{finished:?}");
    assert!(finished.code == 0 && finished.out.contains("ask for o2dsoffre too"), "{finished:?}");
}

#[test]
fn a_redirect_uri_that_is_not_registered_is_told_from_one_that_cannot_be() {
    let practice = Practice::open();
    let user = User::new();
    let visit = |uri: &str| practice.visit(&user, &["--realm", "individu", "--redirect-uri", uri]);
    let unregistered = visit("https://app.example/callback");
    assert_eq!(unregistered.code, 3, "{unregistered:?}");
    assert_eq!(standings(&findings(&unregistered), "redirect_uri"), ["well"]);
    assert!(wrong(&unregistered, "authorization").contains("it is the redirect URI that is not registered"));
    let impossible = visit("http://app.example/callback");
    assert_eq!(impossible.code, 2, "{impossible:?}");
    assert!(wrong(&impossible, "redirect_uri").contains("plain http beyond loopback"));
    let nobody = practice.visit(&user, &["--realm", "partenaire", "--redirect-uri", "https://app.example/"]);
    assert!(wrong(&nobody, "authorization").contains("nobody signs in"), "{nobody:?}");
}

#[test]
fn a_server_that_is_down_is_told_from_one_that_is_in_trouble() {
    let away = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    let user = stranger();
    let visit = |server: &str| user.run(&["doctor", "--json", "--realm", "partenaire", "--server", server]);
    let down = visit(&away);
    assert_eq!(down.code, 5, "{down:?}");
    assert!(wrong(&down, "connection").contains("start royaume dev"), "{down:?}");
    for check in ["tls", "server", "clock", "discovery", "keys", "credentials", "authorization", "scopes"] {
        assert_eq!(standings(&findings(&down), check), ["skipped"], "{check}: {down:?}");
    }
    let busy =
        visit(&always("HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"));
    assert_eq!(busy.code, 5, "{busy:?}");
    assert_eq!(standings(&findings(&busy), "connection"), ["well"], "{busy:?}");
    assert!(wrong(&busy, "server").contains("HTTP 503"), "{busy:?}");
    let nameless =
        user.run(&["doctor", "--json", "--realm", "partenaire", "--server", "https://royaume.invalid"]);
    assert_eq!(nameless.code, 5, "{nameless:?}");
    assert!(wrong(&nameless, "names").contains("royaume.invalid is not found"), "{nameless:?}");
}

/// A certificate that nobody vouches for is not the same as a port where nobody speaks TLS.
#[test]
fn a_certificate_that_is_not_believed_is_told_from_a_port_without_tls() {
    let certified = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let server = certified_by(certified.cert.der().clone(), certified.signing_key.serialize_der());
    let user = stranger();
    let visit = |server: &str| user.run(&["doctor", "--json", "--realm", "partenaire", "--server", server]);
    let untrusted = visit(&server);
    assert_eq!(untrusted.code, 5, "{untrusted:?}");
    assert_eq!(standings(&findings(&untrusted), "connection"), ["well"], "{untrusted:?}");
    let said = wrong(&untrusted, "tls");
    assert!(said.contains("is not believed") && said.contains("SSL_CERT_FILE"), "{said}");
    let plain = always("HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    let plain = visit(&plain.replace("http://", "https://"));
    assert!(wrong(&plain, "tls").contains("is the port that of https"), "{plain:?}");
}

#[test]
fn a_clock_that_is_wrong_is_found_although_nothing_else_works() {
    let server = always(
        "HTTP/1.1 404 Not Found\r\ndate: Thu, 01 Jan 2015 00:00:00 GMT\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
    );
    let finished = stranger().run(&["doctor", "--json", "--realm", "partenaire", "--server", &server]);
    assert_eq!(finished.code, 2, "the first thing that is wrong decides: {finished:?}");
    assert!(wrong(&finished, "clock").contains("ahead of the server's"), "{finished:?}");
    assert_eq!(
        standings(&findings(&finished), "discovery"),
        ["remark"],
        "its addresses are known without it"
    );
    assert_eq!(standings(&findings(&finished), "credentials"), ["wrong"]);
}

#[test]
fn a_misspelled_realm_is_named_and_the_rest_is_not_green() {
    let finished = User::new().run(&["doctor", "--json", "--realm", "partenaires"]);
    assert_eq!(finished.code, 2, "{finished:?}");
    assert!(wrong(&finished, "realm").contains("did you mean --realm partenaire?"), "{finished:?}");
    let others = findings(&finished);
    assert!(others.iter().skip(1).all(|one| one["standing"] == "skipped"), "{finished:?}");
}

/// OIDC Discovery §4.3: an issuer is compared character by character.
#[test]
fn an_issuer_is_looked_at_by_its_document_alone() {
    let practice = Practice::open();
    let issuer = practice.server.description["realms"]["individu"]["issuer"].as_str().unwrap().to_owned();
    let client = practice.server.client("individu", "private");
    let secret = client["client_secret"].as_str().unwrap();
    let (user, _) = practice.named(("individu", "private"), secret);
    let well = user.run(&["doctor", "--json", "--issuer", &issuer]);
    let found = findings(&well);
    for check in ["discovery", "keys", "credentials"] {
        assert_eq!(standings(&found, check), ["well"], "{check}: {well:?}");
    }
    let slash = user.run(&["doctor", "--json", "--issuer", &format!("{issuer}/")]);
    assert_eq!(slash.code, 1, "{slash:?}");
    wrong(&slash, "discovery");
    assert_eq!(standings(&findings(&slash), "credentials"), ["skipped"], "{slash:?}");
}

/// RFC 6749 §2.3.1: a server that takes both takes one of each application.
#[test]
fn a_secret_that_is_sent_in_the_wrong_place_is_told_from_a_wrong_one() {
    let issuer = answering(|base, request| match request {
        get if get.starts_with("GET") => document(base),
        basic if basic.to_ascii_lowercase().contains("authorization: basic") => {
            with_status("200 OK", "", r#"{"access_token":"t","token_type":"Bearer"}"#)
        }
        _ => with_status("400 Bad Request", "", r#"{"error":"invalid_client"}"#),
    });
    let finished = stranger().run(&["doctor", "--json", "--issuer", &issuer]);
    assert_eq!(finished.code, 1, "its document is no key set: {finished:?}");
    let said = wrong(&finished, "credentials");
    assert!(said.contains("the secret is right") && said.contains("client_secret_basic"), "{said}");
}

/// CWE-209, CWE-78: a server that repeats the secret does not make us repeat it, and its words are in no command to paste.
#[test]
fn what_a_hostile_server_says_is_neither_repeated_nor_pasted() {
    let issuer = answering(|base, request| match request {
        get if get.starts_with("GET /authorize") => {
            let location = "location: https://app.example/?error=x%27%3B%20touch%20pwned%20%27\r\n";
            with_status("302 Found", location, "")
        }
        get if get.starts_with("GET") => document(base),
        _ => with_status(
            "400 Bad Request",
            "",
            r#"{"error":"its-secret-word","error_description":"its-secret-word"}"#,
        ),
    });
    let place = ["--issuer", &issuer, "--redirect-uri", "https://app.example/", "--scope", "a b"];
    let finished = stranger().run(&[&["doctor", "--json"], &place[..]].concat());
    assert_ne!(finished.code, 0, "{finished:?}");
    let printed = format!("{}{}", finished.out, finished.err);
    assert!(!printed.contains("its-secret-word"), "{finished:?}");
    assert!(
        !printed.contains("touch") && wrong(&finished, "authorization").contains("error=..."),
        "{finished:?}"
    );
}

/// Whoever answers in another's place is told no secret.
#[test]
fn no_secret_goes_to_a_server_whose_document_is_anothers() {
    let posted = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&posted);
    let server = answering(move |_, request| {
        seen.fetch_or(!request.starts_with("GET") || request.contains("its-secret-word"), Ordering::SeqCst);
        document("https://other.example")
    });
    let user = stranger();
    for place in [["--issuer", &server], ["--server", &server]] {
        let realm: &[&str] = if place[0] == "--server" { &["--realm", "partenaire"] } else { &[] };
        let finished = user.run(&[&["doctor", "--json"], &place[..], realm].concat());
        assert_eq!(finished.code, 1, "{finished:?}");
        assert!(wrong(&finished, "discovery").contains("https://other.example"), "{finished:?}");
        assert_eq!(standings(&findings(&finished), "credentials"), ["skipped"], "{finished:?}");
    }
    assert!(!posted.load(Ordering::SeqCst), "something was posted");
}

#[test]
fn an_address_in_clear_is_not_asked_and_a_proxy_is_said_to_look_names_up() {
    let visit = |user: User, server: &str| {
        user.run(&["doctor", "--json", "--realm", "partenaire", "--server", server])
    };
    let clear = visit(stranger(), "http://login.example.org");
    assert!(clear.failed(2).contains("tokens would travel in clear"), "{clear:?}");
    let proxied = visit(stranger().with("HTTPS_PROXY", "http://127.0.0.1:1"), "https://royaume.invalid");
    assert_eq!(proxied.code, 5, "{proxied:?}");
    assert_eq!(standings(&findings(&proxied), "names"), ["skipped"], "{proxied:?}");
    assert!(wrong(&proxied, "server").contains("through the proxy"), "{proxied:?}");
}

#[test]
fn people_read_it_in_their_language_and_learn_the_next_step() {
    let practice = Practice::open();
    let (base, data) = (practice.server.base.as_str(), practice.data.path().to_str().unwrap());
    let arguments = ["doctor", "--realm", "partenaire", "--server", base, "--data", data];
    let well = User::new().run(&arguments);
    assert!(well.ok().contains("Nothing wrong in"), "{well:?}");
    let french = User::new().with("LC_ALL", "fr_FR.UTF-8");
    let well = french.run(&arguments);
    assert!(well.ok().contains("Rien de faux dans"), "{well:?}");
    let wrong = french.run(&[&arguments[..], &["--redirect-uri", "https://*.exemple.fr/"]].concat());
    assert!(wrong.out.contains("FAUX") && wrong.out.contains("À faire :"), "{wrong:?}");
    assert!(wrong.code == 2 && wrong.err.contains("en commençant par"), "{wrong:?}");
}

/// CWE-150: what a server says of itself drives no terminal.
#[test]
fn nothing_that_a_server_says_drives_the_terminal() {
    let server = always(concat!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 42\r\nconnection: close\r\n\r\n",
        "{\"issuer\":\"https://x\\u001b[2J\\u009b.test/\" }"
    ));
    for more in [&[][..], &["--json"]] {
        let arguments = [&["doctor", "--realm", "partenaire", "--server", &server], more].concat();
        let finished = stranger().run(&arguments);
        assert_ne!(finished.code, 0, "{finished:?}");
        let printed = format!("{}{}", finished.out, finished.err);
        assert!(!printed.contains(['\u{1b}', '\u{9b}']), "{finished:?}");
    }
}
