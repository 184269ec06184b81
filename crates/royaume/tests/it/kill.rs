//! Ended in the middle of each flow: no code and no refresh token is honoured twice, and nothing that was
//! acknowledged is lost.

use royaume_protocol::parameters;
use royaume_spec::app::{CHALLENGE, VERIFIER};
use tempfile::TempDir;

use crate::http::{Answer, Caller, NoAnswer};
use crate::process::{Server, furnished};

/// Every point around a commit, on the way of the flow below.
const POINTS: [&str; 14] = [
    "session.before_commit",
    "session.after_commit",
    "consent.before_commit",
    "consent.after_commit",
    "code.before_commit",
    "code.after_commit",
    "token.before_commit",
    "token.after_commit",
    "revocation.before_commit",
    "revocation.after_commit",
    "logout.before_commit",
    "logout.after_commit",
    "store.before_commit",
    "store.after_commit",
];

/// A flow that goes on after its server died, as a person and a careful application would.
struct Flow {
    data: TempDir,
    server: Server,
    browser: Caller,
    program: Caller,
    client: (String, String),
    died: bool,
}

impl Flow {
    fn begin(abort_at: &str) -> Self {
        let data = furnished();
        let server = Server::start(data.path(), Some(abort_at));
        let client = server.client("individu", "private");
        let client = (
            client["client_id"].as_str().unwrap().to_owned(),
            client["client_secret"].as_str().unwrap().to_owned(),
        );
        let (browser, program) = (Caller::new(&server.base), Caller::new(&server.base));
        Self { data, server, browser, program, client, died: false }
    }

    fn restart(&mut self) {
        self.died = true;
        self.server.wait();
        self.server = Server::start(self.data.path(), None);
        self.browser.moved(&self.server.base);
        self.program.moved(&self.server.base);
    }

    fn endpoint(&self, name: &str) -> String {
        let prefix = "/connexion/oauth2/realms/root/realms/individu";
        format!("{prefix}/{name}")
    }

    /// One step, again after a restart if the server died in it. Says whether it had to be repeated.
    fn step(&mut self, mut step: impl FnMut(&mut Self) -> Result<Answer, NoAnswer>) -> (Answer, bool) {
        match step(self) {
            Ok(answer) => (answer, false),
            Err(NoAnswer) => {
                self.restart();
                (step(self).expect("the restarted server answers"), true)
            }
        }
    }

    /// The person signs in and agrees; whoever was interrupted begins again.
    fn code(&mut self) -> String {
        let pairs = [
            ("response_type", "code"),
            ("client_id", &self.client.0),
            ("redirect_uri", "http://127.0.0.1/callback"),
            ("scope", "openid profile"),
            ("state", "s"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ];
        let target = format!("{}?{}", self.endpoint("authorize"), parameters::encode(&pairs));
        let callback = match self.browser.walk(&target, "camille") {
            Ok(callback) => callback,
            Err(NoAnswer) => {
                self.restart();
                self.browser.walk(&target, "camille").expect("the restarted server answers")
            }
        };
        callback.required("code").expect("the walk ends with a code").to_owned()
    }

    fn ask(&mut self, endpoint: &str, pairs: &[(&str, &str)]) -> Result<Answer, NoAnswer> {
        let target = self.endpoint(endpoint);
        let credentials = self.client.clone();
        let mut all = vec![("client_id", credentials.0.as_str()), ("client_secret", &credentials.1)];
        all.extend(pairs);
        self.program.post(&target, &all)
    }

    fn redeem(&mut self, code: &str) -> Result<Answer, NoAnswer> {
        self.ask(
            "access_token",
            &[
                ("grant_type", "authorization_code"),
                ("code", code),
                ("redirect_uri", "http://127.0.0.1/callback"),
                ("code_verifier", VERIFIER),
            ],
        )
    }

    fn refresh(&mut self, token: &str) -> Result<Answer, NoAnswer> {
        self.ask("access_token", &[("grant_type", "refresh_token"), ("refresh_token", token)])
    }

    fn active(&mut self, token: &str) -> bool {
        let (answer, _) = self.step(|flow| flow.ask("introspect", &[("token", token)]));
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()["active"] == true
    }
}

fn refused(answer: &Answer) {
    assert_eq!((answer.status, answer.member("error").as_str()), (400, "invalid_grant"), "{answer:?}");
}

/// The whole flow with the server ended at one hit of one point. Returns whether the point was met.
fn survive(point: &str, hit: usize) -> bool {
    let mut flow = Flow::begin(&format!("{point}@{hit}"));

    // A code buys one family. Ended after the commit, nobody has seen the tokens: the code is refused from then on,
    // and the person signs in again.
    let mut code = flow.code();
    let (mut tokens, repeated) = flow.step(|flow| flow.redeem(&code));
    if tokens.status != 200 {
        assert!(repeated, "only an interrupted redemption may be refused: {tokens:?}");
        refused(&tokens);
        code = flow.code();
        tokens = flow.step(|flow| flow.redeem(&code)).0;
    }
    assert_eq!(tokens.status, 200, "{tokens:?}");

    // An interrupted refresh is repeated with the same token, and succeeds.
    let first = tokens.member("refresh_token");
    let (refreshed, repeated) = flow.step(|flow| flow.refresh(&first));
    assert_eq!(refreshed.status, 200, "{refreshed:?}");
    let second = refreshed.member("refresh_token");
    if repeated {
        let (again, _) = flow.step(|flow| flow.refresh(&first));
        assert_eq!(
            again.member("refresh_token"),
            second,
            "one live successor, however often it is asked for"
        );
    }

    // What was acknowledged holds.
    let access = refreshed.member("access_token");
    assert!(flow.active(&access) && flow.active(&second));
    assert!(!flow.active(&first), "a rotated token is dead");

    // A second use of the code, at any time, ends what it bought: so this comes after everything else, on a copy of
    // the flow's tokens.
    let (revoked, _) = flow.step(|flow| flow.ask("token/revoke", &[("token", &second)]));
    assert_eq!(revoked.status, 200);
    assert!(!flow.active(&second) && !flow.active(&access), "a revoked family is dead");
    refused(&flow.step(|flow| flow.refresh(&second)).0);
    refused(&flow.step(|flow| flow.redeem(&code)).0);

    // Logout, and the session is over.
    let target = flow.endpoint("connect/endSession");
    let (page, _) = flow.step(|flow| flow.browser.get(&target));
    let form = royaume_spec::html::form(&page.body).expect("a confirmation");
    let mut fields = form.hidden;
    fields.push(("decision".to_owned(), "yes".to_owned()));
    let (answer, repeated) = flow.step(|flow| flow.browser.post(&form.action, &fields));
    assert!(answer.status == 303 || repeated, "{answer:?}");
    let silent = format!(
        "{}?{}",
        flow.endpoint("authorize"),
        parameters::encode(&[
            ("response_type", "code"),
            ("client_id", &flow.client.0),
            ("redirect_uri", "http://127.0.0.1/callback"),
            ("scope", "openid"),
            ("prompt", "none"),
        ])
    );
    let (answer, _) = flow.step(|flow| flow.browser.get(&silent));
    assert!(answer.location.contains("error=login_required"), "{answer:?}");
    assert!(flow.server.base.starts_with("http://127.0.0.1:"));
    flow.died
}

#[test]
fn a_server_that_dies_at_any_commit_honours_nothing_twice_and_loses_nothing_acknowledged() {
    for point in POINTS {
        let mut met = 0;
        for hit in 1..=12 {
            if !survive(point, hit) {
                break;
            }
            met += 1;
        }
        assert!(met > 0, "{point} lies on no flow");
    }
}

#[test]
fn a_server_that_is_told_to_stop_ends_well_and_starts_again_on_the_same_data() {
    let data = furnished();
    let server = Server::start(data.path(), None);
    let before = server.description["clients"].clone();
    assert!(server.terminate());
    let again = Server::start(data.path(), None);
    assert_eq!(again.description["clients"], before, "sample secrets stay the same");
}
