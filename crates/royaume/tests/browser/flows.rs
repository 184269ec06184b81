//! The flows, as a person walks them: from the address that `royaume login` prints to the page that says it is done.

use crate::audit;
use crate::chromium::{Browser, ENTER, Settings, TAB};
use crate::rehearsal::{Ended, Rehearsal};

/// A rehearsal, and a browser beside it.
struct Stage {
    rehearsal: Rehearsal,
    browser: Browser,
}

impl Stage {
    fn set(settings: Settings) -> Self {
        Self { rehearsal: Rehearsal::start(), browser: Browser::start(settings) }
    }

    /// Looks at the page with that marker, as everybody sees it.
    #[track_caller]
    fn look(&self, marker: &str) {
        self.browser.await_id(marker);
        audit::page(&self.browser, marker);
    }

    #[track_caller]
    fn sign_in(&self, username: &str, password: &str) {
        self.browser.fill("username", username);
        self.browser.fill("password", password);
        self.browser.press("#login-submit");
    }

    /// Nothing went anywhere but to this machine, and the browser had nothing to complain of: no style, image or
    /// form was against the policy of its page.
    #[track_caller]
    fn nothing_strange_happened(&self) {
        let history = self.browser.history();
        assert!(!history.requested.is_empty());
        let here =
            |address: &String| address.starts_with("http://127.0.0.1:") || address.starts_with("data:");
        assert!(history.requested.iter().all(here), "{history:?}");
        // A page that says that something was wrong has a status that says so too, which the browser notes.
        let strange = |complaint: &&String| !complaint.contains("responded with a status of 400");
        assert_eq!(history.complaints.iter().filter(strange).count(), 0, "{history:?}");
    }
}

/// The tokens that the command printed are those of that person.
#[track_caller]
fn has_tokens_of(ended: &Ended, email: &str) {
    assert_eq!(ended.code, Some(0), "{ended:?}");
    for token in ["access_token", "refresh_token", "id_token"] {
        assert!(ended.tokens[token].as_str().is_some_and(|token| token.len() > 20), "{token}: {ended:?}");
    }
    assert!(ended.tokens["claims"]["sub"].is_string(), "{ended:?}");
    let scope = ended.tokens["scope"].as_str().unwrap_or_default();
    assert!(scope.split(' ').any(|one| one == email), "{ended:?}");
}

/// The whole way of a job seeker: a wrong password, the right one, the agreement, and tokens in the terminal.
#[track_caller]
fn a_job_seeker_signs_in(app: &str) {
    let stage = Stage::set(Settings::default());
    let browser = &stage.browser;
    let login = stage.rehearsal.login("individu", app);
    browser.open(&login.address);
    stage.look("royaume-login");
    assert!(browser.text("main").contains("demandeurs d'emploi"));
    assert!(!browser.title().starts_with("Erreur"));

    stage.sign_in("camille", "wrong");
    stage.look("login-problem");
    assert!(browser.title().starts_with("Erreur"), "{}", browser.title());
    assert_eq!(browser.property("#username", "value"), "camille", "what was typed is kept");
    assert_eq!(browser.property("#password", "value"), "", "a password is not");

    stage.sign_in("camille", "camille");
    stage.look("royaume-consent");
    assert!(browser.text("main").contains("camille"));
    browser.press("#consent-allow");
    stage.look("royaume-signed-in");
    has_tokens_of(&login.end(), "email");
    stage.nothing_strange_happened();
}

/// RFC 6749 §4.1.
#[test]
fn a_job_seeker_signs_in_to_a_private_application() {
    a_job_seeker_signs_in("private");
}

/// RFC 7636 §1, RFC 8252 §7.3.
#[test]
fn a_job_seeker_signs_in_to_a_public_application() {
    a_job_seeker_signs_in("public");
}

#[test]
fn an_employer_signs_in_and_is_asked_to_agree() {
    let stage = Stage::set(Settings::default());
    let login = stage.rehearsal.login("entreprise", "public");
    stage.browser.open(&login.address);
    stage.browser.await_id("royaume-login");
    assert!(stage.browser.text("main").contains("employeurs"));
    stage.sign_in("lea", "lea");
    stage.browser.await_id("royaume-consent");
    stage.browser.press("#consent-allow");
    stage.browser.await_id("royaume-signed-in");
    has_tokens_of(&login.end(), "habilitation");
    stage.nothing_strange_happened();
}

#[test]
fn an_agent_signs_in_and_is_not_asked_to_agree() {
    let stage = Stage::set(Settings::default());
    let login = stage.rehearsal.login("agent", "private");
    stage.browser.open(&login.address);
    stage.browser.await_id("royaume-login");
    stage.sign_in("ines", "ines");
    stage.browser.await_id("royaume-signed-in");
    has_tokens_of(&login.end(), "profil_accedant");
    let pages = stage.browser.history().requested;
    assert!(!pages.iter().any(|address| address.contains("consent")), "{pages:?}");
}

/// RFC 6749 §4.1.2.1.
#[test]
fn whoever_cancels_at_login_is_back_without_tokens() {
    let stage = Stage::set(Settings::default());
    let login = stage.rehearsal.login("individu", "public");
    stage.browser.open(&login.address);
    stage.browser.press("#login-cancel");
    stage.look("royaume-not-signed-in");
    let ended = login.end();
    assert_eq!(ended.code, Some(4), "{ended:?}");
    assert!(ended.tokens.is_null() && ended.said.contains("royaume: "), "{ended:?}");
    stage.nothing_strange_happened();
}

/// RFC 6749 §4.1.2.1: `access_denied`.
#[test]
fn whoever_refuses_at_consent_is_back_without_tokens_and_is_asked_again() {
    let stage = Stage::set(Settings::default());
    let browser = &stage.browser;
    let login = stage.rehearsal.login("individu", "private");
    browser.open(&login.address);
    browser.await_id("royaume-login");
    stage.sign_in("noe", "noe");
    browser.press("#consent-deny");
    browser.await_id("royaume-not-signed-in");
    let ended = login.end();
    assert_eq!(ended.code, Some(4), "{ended:?}");
    assert!(ended.tokens.is_null(), "{ended:?}");

    let again = stage.rehearsal.login("individu", "private");
    browser.open(&again.address);
    browser.press("#consent-allow");
    browser.await_id("royaume-signed-in");
    has_tokens_of(&again.end(), "email");
}

/// RFC 6749 §4.1.2.1: what must not be sent anywhere is told to the person.
#[test]
fn whoever_is_sent_here_with_half_a_request_is_told_so_in_words() {
    let stage = Stage::set(Settings { language: "en", ..Settings::default() });
    stage.browser.open(&format!("{}/connexion/oauth2/authorize?realm=/individu", stage.rehearsal.base));
    stage.look("royaume-error");
    assert!(stage.browser.title().starts_with("Error: "), "{}", stage.browser.title());
    stage.nothing_strange_happened();
}

/// OIDC Core §3.1.2.3: a session and an agreement that are there are not asked for again, until logout ends them.
#[test]
fn the_second_login_asks_for_nothing_until_the_person_has_signed_out() {
    let stage = Stage::set(Settings::default());
    let browser = &stage.browser;
    let first = stage.rehearsal.login("individu", "private");
    browser.open(&first.address);
    browser.await_id("royaume-login");
    stage.sign_in("camille", "camille");
    browser.press("#consent-allow");
    browser.await_id("royaume-signed-in");
    has_tokens_of(&first.end(), "email");

    let second = stage.rehearsal.login("individu", "private");
    browser.open(&second.address);
    assert_eq!(browser.text("h1"), "C’est fait");
    has_tokens_of(&second.end(), "email");

    // A link that anybody could have written asks first (OpenID Connect RP-Initiated Logout 1.0 §2).
    let logout = format!("{}/connexion/oauth2/connect/endSession?realm=/individu", stage.rehearsal.base);
    browser.open(&logout);
    stage.look("royaume-logout");
    assert!(browser.text("main").contains("camille"));
    browser.press("#logout-no");
    stage.look("royaume-still-signed-in");
    let third = stage.rehearsal.login("individu", "private");
    browser.open(&third.address);
    browser.await_id("royaume-signed-in");
    has_tokens_of(&third.end(), "email");

    browser.open(&logout);
    browser.press("#logout-yes");
    stage.look("royaume-logged-out");
    let fourth = stage.rehearsal.login("individu", "private");
    browser.open(&fourth.address);
    browser.await_id("royaume-login");
    stage.nothing_strange_happened();
}

/// Whatever the port and the data directory of the rehearsal are.
#[test]
fn the_welcome_names_commands_that_work_as_they_stand() {
    let stage = Stage::set(Settings::default());
    stage.browser.open(&stage.rehearsal.base);
    stage.look("royaume-welcome");
    for command in ["token --realm partenaire", "login --realm individu"] {
        let command = &format!("{} {command}", env!("CARGO_BIN_EXE_royaume"));
        let commands = stage.browser.text(".steps");
        let shown = commands.lines().find(|line| line.starts_with(command));
        let complete = shown.is_some_and(|line| line.ends_with(&stage.rehearsal.options()));
        assert!(complete, "{command}: {commands}");
    }
    stage.nothing_strange_happened();
}

#[test]
fn a_language_that_was_chosen_is_spoken_until_the_end() {
    let stage = Stage::set(Settings { language: "de", ..Settings::default() });
    let browser = &stage.browser;
    browser.open(&stage.rehearsal.base);
    stage.look("royaume-welcome");
    assert_eq!(browser.property("html", "lang"), "fr", "French, where the browser speaks neither language");
    browser.press("a[hreflang=en]");
    assert!(browser.text("html[lang=en] h1").contains("on this machine"));

    let login = stage.rehearsal.login("individu", "private");
    browser.open(&login.address);
    assert_eq!(browser.text("html[lang=fr] #royaume-login"), "Connectez-vous", "as the terminal asks for");
    browser.press("a[hreflang=en]");
    assert_eq!(browser.text("html[lang=en] #royaume-login"), "Sign in");
    stage.sign_in("camille", "wrong");
    assert!(browser.text("html[lang=en] #login-problem").contains("Wrong"));
    stage.sign_in("camille", "camille");
    assert_eq!(browser.text("html[lang=en] #royaume-consent"), "Do you agree?");
    browser.press("a[hreflang=fr]");
    assert_eq!(browser.text("html[lang=fr] #royaume-consent"), "Donnez-vous votre accord ?");
    stage.nothing_strange_happened();
}

/// Moves the focus with the Tab key until it is there, and never loses sight of it (WCAG 2.2 §2.1.1 and §2.4.7).
#[track_caller]
fn tab_to(browser: &Browser, id: &str) {
    for _ in 0..20 {
        if browser.focused() == id {
            return;
        }
        browser.keys(&TAB.to_string());
        let width = browser.style_of_focused("outline-width");
        assert!(width == "3px" && browser.style_of_focused("outline-style") == "solid", "{width}");
    }
    panic!("the Tab key does not lead to {id}")
}

/// WCAG 2.2 §2.1.1.
#[test]
fn the_keyboard_alone_is_enough() {
    let stage = Stage::set(Settings::default());
    let browser = &stage.browser;
    let login = stage.rehearsal.login("individu", "public");
    browser.open(&login.address);
    browser.await_id("royaume-login");
    tab_to(browser, "username");
    browser.keys("camille");
    tab_to(browser, "password");
    browser.keys(&format!("camille{ENTER}"));
    browser.await_id("royaume-consent");
    tab_to(browser, "consent-allow");
    browser.keys(&ENTER.to_string());
    browser.await_id("royaume-signed-in");
    has_tokens_of(&login.end(), "email");
}

#[test]
fn everything_works_without_scripts() {
    let stage = Stage::set(Settings { scripts: false, ..Settings::default() });
    let browser = &stage.browser;
    browser.open("data:text/html,<p id=probe>without</p><script>probe.textContent = 'with'</script>");
    assert_eq!(browser.text("#probe"), "without", "the browser does run scripts");

    let cancelled = stage.rehearsal.login("individu", "private");
    browser.open(&cancelled.address);
    browser.press("#login-cancel");
    browser.await_id("royaume-not-signed-in");
    assert_eq!(cancelled.end().code, Some(4));

    let login = stage.rehearsal.login("individu", "private");
    browser.open(&login.address);
    browser.await_id("royaume-login");
    stage.sign_in("camille", "wrong");
    browser.await_id("login-problem");
    stage.sign_in("camille", "camille");
    browser.press("#consent-allow");
    browser.await_id("royaume-signed-in");
    has_tokens_of(&login.end(), "email");

    browser.open(&format!("{}/connexion/oauth2/connect/endSession?realm=/individu", stage.rehearsal.base));
    browser.press("#logout-yes");
    browser.await_id("royaume-logged-out");
    stage.nothing_strange_happened();
}
