//! Exit codes, which scripts rely on: each of `royaume --help` is met, and no failure prints a result.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use crate::command::{User, come_back};
use crate::http::{Caller, Person};
use crate::process::{Server, furnished};

/// A server that gives one answer to everything, until the process ends.
fn always(answer: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 8192]);
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    base
}

/// An application named by hand: its secret is in the environment.
fn stranger() -> User {
    User::new().with("ROYAUME_CLIENT_ID", "an-application").with("ROYAUME_CLIENT_SECRET", "its-secret-word")
}

#[test]
fn zero_is_done() {
    User::new().run(&["explain"]).ok();
    assert!(User::new().run(&["--version"]).ok().starts_with("royaume "));
    let help = User::new().run(&["--help"]);
    for code in 0..=5 {
        assert!(help.ok().contains(&format!("\n  {code}  ")), "exit code {code} is documented");
    }
}

#[test]
fn one_is_something_unforeseen() {
    for page in [
        "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 15\r\nconnection: close\r\n\r\n<!doctype html>",
        "HTTP/1.1 302 Found\r\nlocation: https://example.org/\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
    ] {
        let server = always(page);
        let failed = stranger().run(&["token", "--realm", "partenaire", "--server", &server]);
        assert!(failed.failed(1).contains("is the address right?"), "{failed:?}");
    }
}

#[test]
fn two_is_something_that_cannot_be() {
    let user = User::new();
    for arguments in [
        &["token"][..],
        &["token", "--realm", "nowhere"],
        &["token", "--realm", "partenaire", "--server", "not a URL"],
        &["token", "--realm", "partenaire", "--server", "http://login.example.org"],
        &["token", "--realm", "partenaire", "--scope", "a\u{e9}"],
        &["token", "--realm", "partenaire"],
        &["login", "--realm", "individu"],
        &[
            "login",
            "--realm",
            "individu",
            "--client-id",
            "x",
            "--app",
            "public",
            "--callback-path",
            "callback",
        ],
        &["userinfo", "--realm", "individu"],
        &["explain", "partenaire", "--app", "public"],
        &["client", "list", "--realm", "individu"],
        &["key", "list", "--realm", "individu", "--data", "a", "--config", "b"],
        &["serve"],
        &["no-such-command"],
    ] {
        user.run(arguments).failed(2);
    }
    let named = user.run(&["login", "--realm", "individu", "--client-id", "x"]);
    assert!(named.failed(2).contains("ROYAUME_CLIENT_SECRET"), "{named:?}");
    let nobody = user.run(&["userinfo", "--realm", "individu", "--client-id", "x", "--app", "public"]);
    assert!(nobody.failed(2).contains("royaume login --realm individu"), "{nobody:?}");
    let machine = user.run(&["login", "--realm", "partenaire", "--client-id", "x", "--app", "public"]);
    assert!(machine.failed(2).contains("no address for signing people in"), "{machine:?}");
}

#[test]
fn three_is_a_refusal() {
    let data = furnished();
    let server = Server::start(data.path(), None);
    let place = ["--server", &server.base, "--data", data.path().to_str().unwrap()];
    let token = |user: &User, more: &[&str]| user.run(&[&["token"], &place[..], more].concat());
    let user = User::new();
    let scope = token(&user, &["--realm", "partenaire", "--scope", "o2dsoffre api_inconnuev1"]);
    assert!(scope.failed(3).contains("api_inconnuev1"), "as deployed, the scope is named: {scope:?}");
    let grant = token(&user, &["--realm", "individu"]);
    assert!(grant.failed(3).contains("unsupported_grant_type"), "{grant:?}");
    let unknown = token(&stranger(), &["--realm", "partenaire"]);
    assert!(unknown.failed(3).contains("check client_id, secret and realm"), "{unknown:?}");
    let client = server.client("individu", "private");
    let secret = client["client_secret"].as_str().unwrap();
    let elsewhere = User::new().with("ROYAUME_CLIENT_SECRET", secret);
    let elsewhere =
        token(&elsewhere, &["--realm", "agent", "--client-id", client["client_id"].as_str().unwrap()]);
    elsewhere.failed(3);
}

#[test]
fn four_is_a_person_who_did_not_agree_or_did_not_come() {
    let data = furnished();
    let server = Server::start(data.path(), None);
    let user = User::new();
    let options = ["--server", &server.base, "--data", data.path().to_str().unwrap(), "--realm", "individu"];
    for (person, words) in [
        (Person { at_login: "cancel", ..Person::named("camille") }, "cancelled"),
        (Person { at_consent: "deny", ..Person::named("camille") }, "access was denied"),
    ] {
        let finished =
            user.login(&options, |address| Some(Caller::new(&server.base).arrive(address, &person).unwrap()));
        assert!(finished.failed(4).contains(words), "{finished:?}");
    }
    let nobody = user.login(&[&options[..], &["--timeout", "0"]].concat(), |_| None);
    assert!(nobody.failed(4).contains("nobody came back in time"), "{nobody:?}");
}

/// A key that does not open what another has sealed is a wrong file: trying again does not help.
#[test]
fn two_is_another_server_key_than_that_of_the_data() {
    let data = furnished();
    let (user, key) = (User::new(), data.path().join("server.key"));
    std::fs::remove_file(&key).unwrap();
    user.run(&["key", "new-server-key", key.to_str().unwrap()]).ok();
    let data = data.path().to_str().unwrap();
    let refused = user.run(&["dev", "--listen", "127.0.0.1:0", "--data", data]);
    assert!(refused.failed(2).contains("key"), "{refused:?}");
}

/// A proxy of the environment is for what lies beyond this machine.
#[test]
fn a_proxy_is_not_asked_about_this_machine() {
    let data = furnished();
    let server = Server::start(data.path(), None);
    for name in ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"] {
        let user = User::new().with(name, "http://127.0.0.1:1");
        let place = ["--server", &server.base, "--data", data.path().to_str().unwrap()];
        user.run(&[&["token", "--realm", "partenaire"], &place[..]].concat()).ok();
    }
}

#[test]
fn five_is_a_server_that_is_away_or_in_trouble() {
    let away = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    let busy = always(
        "HTTP/1.1 503 Service Unavailable\r\nretry-after: 7\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
    );
    let limited = always(
        "HTTP/1.1 429 Too Many Requests\r\nretry-after: 7\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
    );
    for (server, words) in [(away, "is it running"), (busy, "in 7 s"), (limited, "in 7 s")] {
        let failed = stranger().run(&["token", "--realm", "partenaire", "--server", &server]);
        assert!(failed.failed(5).contains(words), "{failed:?}");
    }
}

/// RFC 8252 §8.3, RFC 6749 §10.12: whatever else knocks at the listener of a login is sent away, and changes nothing.
#[test]
fn a_login_waits_for_its_own_callback() {
    let data = furnished();
    let server = Server::start(data.path(), None);
    let options = ["--server", &server.base, "--data", data.path().to_str().unwrap(), "--realm", "individu"];
    let finished = User::new().login(&options, |address| {
        let callback = Caller::new(&server.base).arrive(address, &Person::named("camille")).unwrap();
        let (place, _) = callback.split_once('?').unwrap();
        for (knock, status) in [
            (format!("{place}/elsewhere"), 404),
            (place.to_owned(), 400),
            (format!("{place}?state=another&code=c"), 400),
            (format!("{place}?error=access_denied&state=another"), 400),
            (callback.replace("state=", "state=x"), 400),
            (callback.replace("iss=http", "iss=https"), 400),
        ] {
            assert_eq!(come_back(&knock).status, status, "{knock}");
        }
        Some(callback)
    });
    finished.ok();
}
