//! What may be registered, and what matches it (attack strings of public test suites and advisories).

use proptest::prelude::*;

use super::*;

fn registered(text: &str) -> RedirectUri {
    RedirectUri::register(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn only_the_registered_characters_match() {
    let uri = registered("https://app.test/cb");
    assert!(uri.matches("https://app.test/cb"));
    for asked in [
        "https://app.test/cb/FAKE",
        "https://app.test/cb%2FFAKE",
        "https://app.test/cb/..%2FFAKE",
        "https://app.test/cb/../FAKE",
        "https://app.test/cb/..;/x",
        "https://app.test/cb;x/",
        "https://app.test.evil.test/cb",
        "https://evilapp.test/cb",
        "https://app.test@evil.test/cb",
        "https://a@app.test/cb",
        "https://app.test\\@evil.test/cb",
        "https:/\\evil.test",
        "//evil.test/cb",
        "HTTPS://APP.TEST/cb",
        "https://app.test/CB",
        "https://app.test/%63b",
        "https://app.test:443/cb",
        "https://app.test:8443/cb",
        "https://app.test./cb",
        "https://app.test/cb?x=1",
        "https://app.test/cb#x",
        "https://app.test/cb%23x",
        "http://app.test/cb",
        "javascript:alert(1)",
        "https://аpp.test/cb",
        "",
    ] {
        assert!(!uri.matches(asked), "{asked}");
    }
    assert!(!registered("https://foo.example.test/cb").matches("https://fooXexample.test/cb"));
    assert!(!registered("https://app.test/cb?a=1&b=2").matches("https://app.test/cb?b=2&a=1"));
}

#[test]
fn a_loopback_uri_matches_on_any_port_and_nothing_else() {
    let uri = registered("http://127.0.0.1/cb");
    for asked in ["http://127.0.0.1/cb", "http://127.0.0.1:51234/cb", "http://127.0.0.1:80/cb"] {
        assert!(uri.matches(asked), "{asked}");
    }
    for asked in [
        "http://127.0.0.1:51234/cb?x=1",
        "http://127.0.0.1:51234/cb2",
        "http://127.0.0.1:51234/cb#x",
        "http://localhost:51234/cb",
        "http://127.0.0.1.evil.test/cb",
        "http://127.0.0.1:1@evil.test/cb",
        "http://127.0.0.1:/cb",
        "http://127.0.0.1:0/cb",
        "http://127.0.0.1:080/cb",
        "http://127.0.0.1:99999/cb",
        "http://127.1/cb",
        "http://0.0.0.0/cb",
        "http://[::ffff:127.0.0.1]/cb",
        "http://x@127.0.0.1/cb",
        "https://127.0.0.1:51234/cb",
    ] {
        assert!(!uri.matches(asked), "{asked}");
    }
    assert!(registered("http://[::1]:8080/cb").matches("http://[::1]:9/cb"));
    assert!(registered("http://localhost:8080/cb").matches("http://localhost:9/cb"));
    assert!(!registered("https://127.0.0.1:8080/cb").matches("https://127.0.0.1:9/cb"));
}

#[test]
fn what_could_be_misread_cannot_be_registered() {
    use RedirectUriError as E;
    for (text, error) in [
        ("", E::NotAbsolute),
        ("/cb", E::NotAbsolute),
        ("https:/app.test/cb", E::NotAbsolute),
        ("https://app.test/é", E::NotAbsolute),
        ("https://app.test/cb#x", E::Fragment),
        ("https://app.test/cb#", E::Fragment),
        ("https://app.test*", E::Pattern),
        ("https://*.app.test/cb", E::Pattern),
        ("https://app.test\\@evil.test/cb", E::Pattern),
        ("https://app.test/a/../cb", E::Spelling),
        ("https://APP.test/cb", E::Spelling),
        ("https://app.test:443/cb", E::Spelling),
        ("https://app.test/%2e%2E/cb", E::Spelling),
        ("https://app.test./cb", E::Spelling),
        ("https://app..test/cb", E::Spelling),
        ("https://app.test;sandbox/cb", E::Host),
        ("https://app.test,evil.test/cb", E::Host),
        ("https://app.test'self'/cb", E::Host),
        ("https:///app.test/cb", E::NotAbsolute),
        ("https://xn--app-/cb", E::NotAbsolute),
        ("https://app.test/%4", E::Pattern),
        ("https://app.test/%zz", E::Pattern),
        ("https://app.test/{a}", E::Pattern),
        ("https://app.test/a|b", E::Pattern),
        ("https://@app.test/cb", E::UserInfo),
        ("fr.exemple.app://me@host/cb", E::UserInfo),
        ("http://127.0.0.2/cb", E::Insecure),
        ("http://0.0.0.0/cb", E::Insecure),
        ("http://127.1/cb", E::Spelling),
        ("http://[::ffff:127.0.0.1]/cb", E::Insecure),
        ("http://[0:0:0:0:0:0:0:1]/cb", E::Spelling),
        ("http://localhost.evil.test/cb", E::Insecure),
        ("fr.exemple.app:alert(1)", E::Scheme),
        ("fr..app:/cb", E::Scheme),
        ("Fr.Exemple.App:/cb", E::Spelling),
        ("https://me@app.test/cb", E::UserInfo),
        ("https://app.test:x@evil.test", E::UserInfo),
        ("http://app.test/cb", E::Insecure),
        ("http://127.0.0.1.evil.test/cb", E::Insecure),
        ("javascript:alert(1)", E::Scheme),
        ("JaVaScRiPt:alert(1)", E::Scheme),
        ("data:text/html,x", E::Scheme),
        ("file:///etc/passwd", E::Scheme),
        ("vbscript:x", E::Scheme),
        ("blob:https://app.test/x", E::Scheme),
        ("intent://x", E::Scheme),
        ("myapp://cb", E::Scheme),
        ("https://app.test/cb?code=1", E::ReservedParameter),
        ("https://app.test/cb?a=1&%69ss=x", E::ReservedParameter),
        ("https://app.test/cb?error_uri", E::ReservedParameter),
    ] {
        assert_eq!(RedirectUri::register(text), Err(error), "{text}");
    }
    for text in
        ["https://app.test", "https://app.test/cb?a=1", "fr.exemple.app:/cb", "http://localhost:3000/"]
    {
        registered(text);
    }
}

#[test]
fn the_answer_goes_to_the_port_that_was_asked_for() {
    let uri = registered("http://127.0.0.1/cb?a=1");
    let accepted = uri.accept("http://127.0.0.1:51234/cb?a=1").unwrap();
    assert_eq!(accepted.with_response(&[("code", "x y")]), "http://127.0.0.1:51234/cb?a=1&code=x+y");
    assert_eq!(uri.accept("http://127.0.0.1:51234/cb"), None);
}

#[test]
fn origins_are_those_of_the_registered_uris() {
    assert!(registered("https://app.test/cb").allows_origin("https://app.test"));
    assert!(!registered("https://app.test/cb").allows_origin("https://app.test:8443"));
    assert!(registered("http://localhost/cb").allows_origin("http://localhost:5173"));
    assert!(!registered("http://localhost/cb").allows_origin("null"));
    assert_eq!(RedirectUri::origin_of("fr.exemple.app:/cb").as_deref(), Some("fr.exemple.app:"));
}

/// The strings by which test suites of the field try to lead a code astray: none may be taken for the
/// registered address, whatever the address is.
#[test]
fn nothing_may_be_hung_on_a_registered_address() {
    let addresses = [
        "https://app.test/cb",
        "https://app.test",
        "https://app.test/cb?a=1",
        "http://127.0.0.1/cb",
        "http://127.0.0.1:8080",
        "http://localhost/",
        "fr.exemple.app:/cb",
    ];
    let astray = [
        "/FAKE",
        "%2FFAKE",
        "/..%2FFAKE",
        "/%2e%2e%2FFAKE",
        "/%2e%2e/FAKE",
        "/..%252FFAKE",
        "/FAKE/..",
        "/../FAKE",
        "/;/../../FAKE",
        "/..;/FAKE",
        ";/FAKE",
        "%0A%0D/../FAKE",
        "%00FAKE",
        "%09FAKE",
        "\\FAKE",
        "/..\\FAKE",
        "%5C..%5CFAKE",
        "@FAKE",
        "%40FAKE",
        ":FAKE@evil.test",
        ".FAKE",
        "?FAKE",
        "&FAKE",
        "#FAKE",
        "%23FAKE",
        "%3FFAKE",
        " ",
        "\t",
        "\r\n",
        "\0",
        "/",
    ];
    for address in addresses {
        let uri = registered(address);
        for end in astray {
            let asked = format!("{address}{end}");
            assert!(!uri.matches(&asked), "{asked:?} for {address}");
        }
    }
}

proptest! {
    #[test]
    fn whatever_is_accepted_leads_to_the_same_origin_and_path(
        asked in "(http|https)://(127\\.0\\.0\\.1|localhost|\\[::1\\]|app\\.test|[a-z@:.\\[\\]0-9]{0,12})(:[0-9]{0,6})?(/cb|[ -~]{0,6})",
    ) {
        for address in ["http://127.0.0.1/cb", "http://[::1]/cb", "http://localhost/cb", "https://app.test/cb"] {
            if registered(address).matches(&asked) {
                let (asked, own) = (Url::parse(&asked).unwrap(), Url::parse(address).unwrap());
                prop_assert_eq!(asked.host(), own.host());
                prop_assert_eq!(asked.scheme(), own.scheme());
                prop_assert_eq!((asked.path(), asked.query(), asked.fragment()), ("/cb", None, None));
                prop_assert!(asked.username().is_empty() && asked.password().is_none());
                prop_assert!(own.scheme() == "http" || asked.port() == own.port());
            }
        }
    }

    #[test]
    fn what_is_registered_matches_itself_and_is_a_url_of_its_own_spelling(text in "[a-z.]{1,8}:/{0,2}[ -~]{0,20}") {
        if let Ok(uri) = RedirectUri::register(&text) {
            prop_assert!(uri.matches(&text));
            prop_assert!(Url::parse(&text).unwrap().as_str().starts_with(&text));
            let origin = RedirectUri::origin_of(&text).unwrap();
            prop_assert!(!origin.contains([' ', ';', ',', '\'', '*']), "{origin}");
        }
    }
}
