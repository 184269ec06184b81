//! RFC 9700 §4.2, §4.3: what is secret is in no log, in no error, in no address of a page, and in no row.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use royaume_realm::Endpoint;
use royaume_server::admin::NewAccount;
use royaume_server::stored::client::Application;
use royaume_spec::app::VERIFIER;
use royaume_spec::world::wish_of;
use royaume_spec::{Exchange, World, get};
use royaume_store::Kind;

const PASSWORD: &str = "correct horse battery staple";

/// Everything that this process logs, down to the last detail.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Log {
    fn begin() -> Self {
        let log = Self::default();
        let writer = log.clone();
        tracing_subscriber::fmt()
            .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
            .with_ansi(false)
            .with_writer(move || writer.clone())
            .init();
        log
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

/// Every secret that was handed out or typed in, to be looked for afterwards.
#[derive(Default)]
struct Ledger(Vec<String>);

impl Ledger {
    fn note(&mut self, secret: &str) {
        assert!(secret.len() >= 16, "too short to be looked for: {secret}");
        self.0.push(secret.to_owned());
    }

    fn note_tokens(&mut self, tokens: &Exchange) {
        for name in ["access_token", "refresh_token", "id_token"] {
            self.note(&tokens.member(name));
        }
    }

    #[track_caller]
    fn is_not_in(&self, place: &str, text: &str) {
        for secret in &self.0 {
            assert!(!text.contains(secret), "{place} contains a secret: {secret}");
        }
    }
}

/// §4.3: a whole life of grants, good and bad, on every endpoint: none of its secrets is in a log or in an error.
#[tokio::test]
async fn no_secret_is_logged_or_repeated() {
    let log = Log::begin();
    let mut ledger = Ledger::default();
    ledger.note(PASSWORD);
    ledger.note(VERIFIER);
    for world in World::of_each_format().await {
        let account =
            NewAccount { username: "secretive".to_owned(), subject: None, claims: serde_json::Map::new() };
        world.admin("agent").add_account(account, Some(PASSWORD), world.passwords()).await.unwrap();
        let app = world.add_app("agent", wish_of(Application::Private, "Keeps its secret")).await;
        let other = world.app("agent", Application::Public);
        ledger.note(&app.secret);
        let mut errors = Vec::new();

        let mut browser = world.browser();
        let begun = browser.once(get(&app.authorization_url(&[]))).await;
        let page = browser.open(&format!("https://sso.royaume.test{}", begun.location())).await.page();
        let mistyped = browser.log_in(&page, "secretive", &format!("{PASSWORD}!")).await.page();
        assert!(!mistyped.body.contains(PASSWORD));
        errors.push(mistyped);
        let callback = browser.log_in(&page, "secretive", PASSWORD).await.at_application();
        let code = callback.parameter("code");
        ledger.note(&code);
        for name in browser.cookie_names() {
            ledger.note(browser.cookie(name).unwrap());
        }
        ledger.note(begun.header("set-cookie").split(['=', ';']).nth(1).unwrap());
        ledger.is_not_in("the address of a page", begun.location());

        errors.push(world.send(other.redemption(&code, &[])).await);
        errors
            .push(world.send(app.redemption(&code, &[("client_secret", &format!("{}x", app.secret))])).await);
        errors.push(world.send(app.call(&format!("{}?code={code}", app.token), &[])).await);
        let first = world.send(app.redemption(&code, &[])).await;
        ledger.note_tokens(&first);
        let refresh = first.member("refresh_token");
        let second = world.send(app.refresh(&refresh, &[])).await;
        ledger.note_tokens(&second);
        let access = second.member("access_token");
        world.userinfo("agent", &access).await.is_ok();
        assert!(world.is_active(&app, &access).await);
        let userinfo = world.url("agent", Endpoint::UserInfo);
        errors.push(world.send(get(&format!("{userinfo}?access_token={access}"))).await);
        errors.push(world.userinfo("agent", &refresh).await);
        errors.push(world.userinfo("individu", &access).await);
        errors.push(world.send(app.refresh(&access, &[])).await);
        errors.push(world.send(other.refresh(&refresh, &[])).await);
        errors.push(world.send(app.refresh(&second.member("refresh_token"), &[("scope", &refresh)])).await);
        errors.push(world.send(get(&app.authorization_url(&[("scope", &access)]))).await);
        errors.push(world.send(get(&app.authorization_url(&[("client_id", &access), ("state", "")]))).await);
        let third = world.send(app.refresh(&second.member("refresh_token"), &[])).await;
        ledger.note_tokens(&third);
        errors.push(world.send(app.refresh(&refresh, &[])).await);
        errors.push(world.send(app.redemption(&code, &[])).await);
        world.place.trouble.after(0);
        errors.push(world.send(app.refresh(&third.member("refresh_token"), &[])).await);
        errors.push(world.userinfo("agent", &access).await);
        world.place.trouble.over();
        world.revoke(&app, &third.member("refresh_token")).await.is_ok();
        let hinted =
            format!("{}?id_token_hint={}", world.url("agent", Endpoint::Logout), third.member("id_token"));
        browser.open(&hinted).await;

        for error in errors {
            assert!(error.status != 200, "{error:?}");
            ledger.is_not_in("an error", &format!("{error:?}"));
        }
    }
    let text = log.text();
    for event in ["code_issued", "token_issued", "refresh_token_reused", "login_failed", "signed_out"] {
        assert!(text.contains(event), "{event} was not logged: this test hears nothing");
    }
    ledger.is_not_in("the log", &text);
}

/// RFC 6819 §5.1.4.1: whoever copies the database has no code, token, cookie or secret to use: digests alone are kept.
#[tokio::test]
async fn no_secret_is_stored() {
    for world in World::of_each_format().await {
        let app = world.add_app("individu", wish_of(Application::Private, "Keeps its secret")).await;
        let account =
            NewAccount { username: "secretive".to_owned(), subject: None, claims: serde_json::Map::new() };
        world.admin("individu").add_account(account, Some(PASSWORD), world.passwords()).await.unwrap();
        let mut ledger = Ledger::default();
        ledger.note(PASSWORD);
        ledger.note(&app.secret);
        let mut browser = world.browser();
        let callback = browser.walk(&app.authorization_url(&[]), "secretive", PASSWORD).await;
        browser.once(get(&app.authorization_url(&[("prompt", "login")]))).await;
        for name in browser.cookie_names() {
            ledger.note(browser.cookie(name).unwrap());
        }
        ledger.note(&callback.parameter("code"));
        let tokens = world.send(app.redemption(&callback.parameter("code"), &[])).await;
        ledger.note_tokens(&tokens);
        ledger.note_tokens(&world.send(app.refresh(&tokens.member("refresh_token"), &[])).await);

        let realm = royaume_store::RealmName::new("individu").unwrap();
        for kind in KINDS {
            let rows = world.place.store.list(&realm, kind, None, 1000).await.unwrap();
            let expected = kind != ACCESS_TOKEN || !tokens.member("access_token").contains('.');
            assert_eq!(!rows.is_empty(), expected, "{kind}");
            for row in rows {
                let stored = [
                    row.row.id.key(),
                    &row.row.body,
                    row.row.alias.as_deref().unwrap_or_default().as_bytes(),
                ];
                for bytes in stored {
                    ledger.is_not_in(kind.as_str(), &String::from_utf8_lossy(bytes));
                    ledger.is_not_in(kind.as_str(), &royaume_jose::base64url::encode(bytes));
                }
            }
        }
    }
}

const ACCESS_TOKEN: Kind = Kind::new("access-token");

/// Everything that is remembered.
const KINDS: [Kind; 9] = [
    Kind::new("account"),
    Kind::new("client"),
    Kind::new("code"),
    Kind::new("consent"),
    Kind::new("interaction"),
    Kind::new("keyring"),
    Kind::new("refresh-token"),
    Kind::new("session"),
    ACCESS_TOKEN,
];
