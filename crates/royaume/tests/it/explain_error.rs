//! `royaume explain-error`: answers as people paste them, in both languages, and nothing secret repeated.

use crate::command::User;

fn french() -> User {
    User::new().with("LC_ALL", "fr_FR.UTF-8")
}

#[test]
fn what_is_pasted_is_explained() {
    for (arguments, english, in_french) in [
        (vec![r#"{"error":"invalid_scope"}"#, "--at", "token"], "does not say which", "ne dit pas lequel"),
        (vec!["https://app.example/callback?state=x"], "cancelled the sign-in", "a annulé la connexion"),
        (vec!["--status", "403", "--at", "api"], "business scope is missing", "Il manque le scope métier"),
        (vec!["429"], "Retry-After", "Retry-After"),
    ] {
        let arguments: Vec<_> = std::iter::once("explain-error").chain(arguments).collect();
        let printed = User::new().run(&arguments);
        assert!(printed.ok().contains(english), "{printed:?}");
        let printed = french().run(&arguments);
        assert!(printed.ok().contains(in_french), "{printed:?}");
    }
}

#[test]
fn what_curl_printed_comes_through_standard_input() {
    let answer = "HTTP/1.1 401 Unauthorized\r\nContent-Type: application/json\r\nContent-Length: 0\r\n\r\n";
    let printed = User::new().told(&["explain-error", "--json"], answer);
    let value = printed.json();
    assert_eq!(value["seen"]["status"], 401);
    assert_eq!(value["diagnoses"][0]["id"], "bearer-refused");
}

#[test]
fn nothing_secret_is_repeated_and_nothing_drives_the_terminal() {
    for pasted in [
        "https://app.example/callback?code=s3cr3t-s3cr3t&state=s3cr3t-s3cr3t",
        r#"{"error":"invalid_grant","error_description":"s3cr3t-s3cr3t","refresh_token":"s3cr3t-s3cr3t"}"#,
        "{\"error\":\"\\u001b[2Jinvalid\"}",
    ] {
        for arguments in [vec!["explain-error", pasted], vec!["explain-error", pasted, "--json"]] {
            let printed = User::new().run(&arguments);
            assert!(!printed.ok().contains("s3cr3t"), "{printed:?}");
            assert!(!printed.out.contains('\u{1b}') && !printed.err.contains('\u{1b}'), "{printed:?}");
        }
    }
}

#[test]
fn an_answer_that_is_not_known_is_said_to_be_so() {
    let printed = User::new().run(&["explain-error", "hello"]);
    assert!(printed.ok().contains("This answer is not known"), "{printed:?}");
    let printed = User::new().run(&["explain-error", "302"]);
    assert!(printed.err.contains("several things"), "{printed:?}");
    User::new().run(&["explain-error", "--status", "99"]).failed(2);
}
