//! oidc-client-ts: a public application that runs in a page, in Chromium, on an origin of its own.

use std::sync::{Arc, OnceLock};

use serde_json::{Value, json};

use crate::chromium::{Browser, Settings};
use crate::installed;
use crate::origin;
use crate::provider::{AS_DEPLOYED, Dialect, Registered, Royaume, STANDARD, ZOE, is_zoe};
use crate::visitor::altered;

const SECTION: &str = "oidc-client-ts";

/// The page, the server that it is told of, and a person's browser.
struct Stage {
    royaume: Royaume,
    client: Registered,
    base: String,
    browser: Browser,
}

impl Stage {
    fn set(dialect: Dialect) -> Self {
        let library =
            installed::directory().join("node_modules/oidc-client-ts/dist/browser/oidc-client-ts.min.js");
        let library = std::fs::read_to_string(library).unwrap();
        let settings = Arc::new(OnceLock::<String>::new());
        let told = Arc::clone(&settings);
        let base = origin::serve(move |asked| match asked.path.as_str() {
            "/oidc-client-ts.min.js" => ("text/javascript", library.clone()),
            "/oidc-client-ts.js" => {
                ("text/javascript", include_str!("programs/oidc-client-ts.js").to_owned())
            }
            "/settings.json" => ("application/json", told.get().cloned().unwrap_or_default()),
            _ => ("text/html", include_str!("programs/page.html").to_owned()),
        });
        let royaume = Royaume::start(dialect);
        let client = royaume.register(SECTION, &base);
        assert_eq!(client.client_secret, "", "there is no secret in a page");
        settings
            .set(json!({ "issuer": royaume.issuer(), "client_id": client.client_id }).to_string())
            .unwrap();
        let browser = Browser::start(Settings { language: "en", ..Settings::default() });
        browser.open(&base);
        browser.await_id("ready");
        Self { royaume, client, base, browser }
    }

    /// The person signs in on the server's pages, and is back.
    fn signs_in(&self) {
        self.browser.fill("username", ZOE.username);
        self.browser.fill("password", ZOE.password);
        self.browser.press("#login-submit");
        self.browser.press("#consent-allow");
        self.browser.await_id("ready");
    }

    /// What the page shows of what happened.
    #[track_caller]
    fn shown(&self, id: &str) -> Value {
        let text = self.browser.property(&format!("#{id}"), "textContent");
        serde_json::from_str(text.as_str().unwrap()).unwrap()
    }
}

/// From discovery to the end of the session.
fn signs_in_refreshes_and_signs_out(dialect: Dialect) {
    let stage = Stage::set(dialect);
    let browser = &stage.browser;
    browser.press("#sign-in");
    stage.signs_in();
    let signed_in = stage.shown("signed-in");
    is_zoe(&signed_in["profile"]);
    assert!(browser.address().starts_with(&format!("{}/callback?", stage.base)), "{}", browser.address());

    browser.press("#refresh");
    let refreshed = stage.shown("refreshed");
    for token in ["access_token", "refresh_token"] {
        assert!(refreshed[token].is_string() && refreshed[token] != signed_in[token], "{refreshed}");
    }
    is_zoe(&refreshed["profile"]);

    browser.press("#sign-out");
    assert_eq!(stage.shown("signed-out")["userState"], "bye");
    stage.royaume.no_longer_refreshes(&stage.client, &refreshed["refresh_token"]);
    browser.press("#look-in");
    assert_eq!(stage.shown("refused")["error"], "login_required");

    let history = browser.history();
    assert!(history.requested.iter().all(|address| address.starts_with("http://127.0.0.1:")), "{history:?}");
    assert!(history.complaints.is_empty(), "{history:?}");
}

/// Fetch §3.2: discovery, tokens and claims are read by a script of another origin.
#[test]
fn oidc_client_ts_signs_in_refreshes_and_signs_out() {
    signs_in_refreshes_and_signs_out(STANDARD);
}

#[test]
fn oidc_client_ts_works_with_what_is_deployed() {
    signs_in_refreshes_and_signs_out(AS_DEPLOYED);
}

/// RFC 6749 §10.12, OIDC Core §3.1.3.7: an answer to another request is refused, and an id token for another login.
#[test]
fn oidc_client_ts_refuses_what_was_altered_on_its_way() {
    let stage = Stage::set(STANDARD);
    let browser = &stage.browser;
    browser.open(&format!("{}/callback?code=x&state=another", stage.base));
    assert_eq!(stage.shown("refused")["message"], "No matching state found in storage");

    let begun = browser.run(
        "new oidc.OidcClient(manager.settings).createSigninRequest({ nonce: 'one' }).then((begun) => arguments[0](begun.url))",
    );
    browser.open(&altered(begun.as_str().unwrap(), "nonce", "another"));
    stage.signs_in();
    let refused = stage.shown("refused");
    assert_eq!(refused["message"], "nonce in id_token does not match nonce in client storage", "{refused}");
}
