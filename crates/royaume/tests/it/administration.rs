//! Administration beside a running server: what is changed holds from the server's next request on.

use royaume_protocol::parameters;
use serde_json::Value;
use tempfile::TempDir;

use crate::command::{Finished, User};
use crate::http::{Caller, Person};
use crate::process::{Server, furnished};

const CALLBACK: &str = "http://127.0.0.1/callback";

/// A rehearsal that runs, and an operator beside it.
struct House {
    server: Server,
    operator: User,
    data: TempDir,
}

impl House {
    fn open() -> Self {
        let data = furnished();
        Self { server: Server::start(data.path(), None), operator: User::new(), data }
    }

    /// An administration command on the data of the rehearsal.
    fn admin(&self, arguments: &[&str], input: &str) -> Finished {
        let data = self.data.path().to_str().unwrap();
        self.operator.told(&[arguments, &["--data", data]].concat(), input)
    }

    fn caller(&self) -> Caller {
        Caller::new(&self.server.base)
    }

    /// A token for an application itself: the status.
    fn token(&self, realm: &str, client_id: &str, secret: &str) -> u16 {
        let pairs =
            [("grant_type", "client_credentials"), ("client_id", client_id), ("client_secret", secret)];
        let target = format!("/connexion/oauth2/access_token?realm={realm}");
        self.caller().post(&target, &pairs).unwrap().status
    }

    /// Where a browser is sent for an authorization code.
    fn authorize(&self, realm: &str, client_id: &str, more: &str) -> String {
        let pairs = [
            ("response_type", "code"),
            ("client_id", client_id),
            ("redirect_uri", CALLBACK),
            ("scope", "openid profile"),
            ("state", "s"),
            ("nonce", "n"),
        ];
        let query = parameters::encode(&pairs);
        format!("/connexion/oauth2/realms/root/realms/{realm}/authorize?{query}{more}")
    }

    /// Signs somebody in with a private application, and redeems the code.
    fn sign_in(&self, browser: &mut Caller, realm: &str, client: &Value, person: &Person<'_>) -> Value {
        let client_id = client["client_id"].as_str().unwrap();
        let callback = browser.arrive(&self.authorize(realm, client_id, ""), person).unwrap();
        let query = callback.split_once('?').unwrap().1;
        let code = royaume_protocol::Parameters::parse(query.as_bytes()).unwrap();
        let pairs = [
            ("grant_type", "authorization_code"),
            ("client_id", client_id),
            ("client_secret", client["client_secret"].as_str().unwrap()),
            ("code", code.required("code").unwrap()),
            ("redirect_uri", CALLBACK),
        ];
        let target = format!("/connexion/oauth2/access_token?realm={realm}");
        let tokens = self.caller().post(&target, &pairs).unwrap();
        assert_eq!(tokens.status, 200, "{tokens:?}");
        tokens.json()
    }

    fn userinfo(&self, realm: &str, tokens: &Value) -> u16 {
        let target = format!("/connexion/oauth2/userinfo?realm={realm}");
        self.caller().bearer(&target, tokens["access_token"].as_str().unwrap()).unwrap().status
    }

    fn refresh(&self, realm: &str, client: &Value, tokens: &Value) -> u16 {
        let pairs = [
            ("grant_type", "refresh_token"),
            ("client_id", client["client_id"].as_str().unwrap()),
            ("client_secret", client["client_secret"].as_str().unwrap()),
            ("refresh_token", tokens["refresh_token"].as_str().unwrap()),
        ];
        let target = format!("/connexion/oauth2/access_token?realm={realm}");
        self.caller().post(&target, &pairs).unwrap().status
    }

    /// Is somebody signed in to that browser?
    fn is_signed_in(&self, browser: &mut Caller, realm: &str, client: &Value) -> bool {
        let client_id = client["client_id"].as_str().unwrap();
        let answer = browser.get(&self.authorize(realm, client_id, "&prompt=none")).unwrap();
        assert_eq!(answer.status, 303, "{answer:?}");
        !answer.location.contains("error=login_required")
    }

    /// Does the login page let that person in?
    fn lets_in(&self, realm: &str, client: &Value, username: &str, password: &str) -> bool {
        let mut browser = self.caller();
        let client_id = client["client_id"].as_str().unwrap();
        let mut answer = browser.get(&self.authorize(realm, client_id, "")).unwrap();
        answer = browser.get(&answer.location.clone()).unwrap();
        let form = royaume_spec::html::form(&answer.body).unwrap();
        let mut fields = form.hidden;
        for (name, value) in [("username", username), ("password", password), ("decision", "submit")] {
            fields.push((name.to_owned(), value.to_owned()));
        }
        let answer = browser.post(&form.action, &fields).unwrap();
        match answer.status {
            303 => true,
            400 if answer.body.contains("royaume-login") => false,
            _ => panic!("neither let in nor asked again: {answer:?}"),
        }
    }
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_else(|| panic!("no {name} in {value}"))
}

#[test]
fn a_client_that_is_added_works_at_once_and_its_secret_is_shown_once() {
    let house = House::open();
    let add =
        ["client", "add", "--realm", "partenaire", "--kind", "machine", "--name", "Un programme", "--json"];
    let added = house.admin(&add, "").json();
    let (client_id, secret) = (text(&added, "client_id"), text(&added, "client_secret"));
    assert_eq!(house.token("partenaire", client_id, secret), 200);
    assert_eq!(house.token("agent", client_id, secret), 400, "in its own realm only");
    for json in [true, false] {
        let flag: &[&str] = if json { &["--json"] } else { &[] };
        for command in [
            [&["client", "show", "--realm", "partenaire", client_id], flag].concat(),
            [&["client", "list", "--realm", "partenaire"], flag].concat(),
        ] {
            let shown = house.admin(&command, "");
            assert!(shown.ok().contains(client_id) && shown.out.contains("Un programme"), "{shown:?}");
            assert!(!shown.out.contains(secret), "{shown:?}");
        }
    }
    let words = house.admin(
        &[
            "client",
            "add",
            "--realm",
            "individu",
            "--kind",
            "public",
            "--name",
            "x",
            "--redirect-uri",
            CALLBACK,
        ],
        "",
    );
    assert!(words.ok().contains("client_id") && !words.out.contains("client_secret"), "{words:?}");
}

#[test]
fn what_a_client_may_not_be_is_refused_with_the_reason() {
    let house = House::open();
    for (more, reason) in [
        (&["--realm", "individu", "--kind", "private"][..], "redirect_uris is missing"),
        (&["--realm", "partenaire", "--kind", "public", "--redirect-uri", CALLBACK], "grant_types "),
        (
            &["--realm", "individu", "--kind", "private", "--redirect-uri", "http://example.org/cb"],
            "redirect_uris[0] is plain http beyond loopback: use https",
        ),
        (
            &["--realm", "individu", "--kind", "private", "--redirect-uri", "https://a.example/#x"],
            "redirect_uris[0] has a fragment",
        ),
        (&["--realm", "partenaire", "--kind", "machine", "--scope", "inconnu"], "realm partenaire has: api_"),
        (&["--realm", "nowhere", "--kind", "machine"], "there is no realm nowhere"),
    ] {
        let refused = house.admin(&[&["client", "add", "--name", "x"], more].concat(), "");
        assert!(refused.failed(2).contains(reason), "{refused:?}");
    }
    let known = text(house.server.client("individu", "private"), "client_id").to_owned();
    let again = [
        "client",
        "add",
        "--realm",
        "individu",
        "--kind",
        "private",
        "--name",
        "x",
        "--redirect-uri",
        CALLBACK,
    ];
    house.admin(&[&again[..], &["--client-id", &known]].concat(), "").failed(2);
    house.admin(&["client", "show", "--realm", "individu", "unknown"], "").failed(2);
}

#[test]
fn a_client_that_is_disabled_is_refused_from_the_next_request_on() {
    let house = House::open();
    let client = house.server.client("partenaire", "machine").clone();
    let (client_id, secret) = (text(&client, "client_id"), text(&client, "client_secret"));
    assert_eq!(house.token("partenaire", client_id, secret), 200);
    let disabled = house.admin(&["client", "disable", "--realm", "partenaire", client_id], "");
    assert_eq!(disabled.ok(), format!("{client_id} is disabled"));
    assert_eq!(house.token("partenaire", client_id, secret), 400);
    let undone =
        house.admin(&["client", "disable", "--realm", "partenaire", client_id, "--undo", "--json"], "");
    assert_eq!(undone.json()["state"], "active");
    assert_eq!(house.token("partenaire", client_id, secret), 200);

    let client = house.server.client("individu", "private").clone();
    let tokens = house.sign_in(&mut house.caller(), "individu", &client, &Person::named("camille"));
    house.admin(&["client", "disable", "--realm", "individu", text(&client, "client_id")], "").ok();
    assert_eq!(house.userinfo("individu", &tokens), 401, "its tokens are dead too");
    let page = house.caller().get(&house.authorize("individu", text(&client, "client_id"), "")).unwrap();
    assert!(page.status == 400 && page.body.contains("royaume-error"), "{page:?}");
}

#[test]
fn both_secrets_are_good_after_a_rotation_and_only_the_new_one_after_the_last() {
    let house = House::open();
    let client = house.server.client("partenaire", "machine").clone();
    let (client_id, first) = (text(&client, "client_id"), text(&client, "client_secret").to_owned());
    let rotate = |more: &[&str]| {
        house.admin(&[&["client", "rotate-secret", "--realm", "partenaire", client_id], more].concat(), "")
    };
    let works = |secret: &str| house.token("partenaire", client_id, secret) == 200;
    let second = rotate(&[]).ok().to_owned();
    assert!(works(&first) && works(&second));
    let third = text(&rotate(&["--json"]).json(), "client_secret").to_owned();
    assert!(!works(&first) && works(&second) && works(&third));
    let last = rotate(&["--only"]).ok().to_owned();
    assert!(!works(&first) && !works(&second) && !works(&third) && works(&last));
    let public = text(house.server.client("individu", "public"), "client_id").to_owned();
    house.admin(&["client", "rotate-secret", "--realm", "individu", &public], "").failed(2);
}

#[test]
fn an_account_that_is_added_can_sign_in_at_once() {
    let house = House::open();
    let client = house.server.client("individu", "private").clone();
    let add = ["account", "add", "--realm", "individu", "zoe", "--claims", r#"{"given_name":"ZOÉ"}"#];
    let added = house.admin(&[&add[..], &["--json"]].concat(), "a long password\n").json();
    let person = Person { password: "a long password", ..Person::named("zoe") };
    let tokens = house.sign_in(&mut house.caller(), "individu", &client, &person);
    assert_eq!(house.userinfo("individu", &tokens), 200);
    for json in [true, false] {
        let flag: &[&str] = if json { &["--json"] } else { &[] };
        let list = house.admin(&[&["account", "list", "--realm", "individu"], flag].concat(), "");
        assert!(list.ok().contains("zoe") && list.out.contains(text(&added, "sub")), "{list:?}");
        assert!(!list.out.contains("password") && !list.out.contains("argon2"), "{list:?}");
    }
    assert!(!house.lets_in("agent", house.server.client("agent", "private"), "zoe", "a long password"));
    house.admin(&add, "another password\n").failed(2);
    house.admin(&["account", "add", "--realm", "individu", "yan", "--claims", "[]"], "x\n").failed(2);
    house.admin(&["account", "add", "--realm", "individu", "yan"], "\n").failed(2);
}

#[test]
fn an_account_that_is_disabled_cannot_sign_in_and_its_tokens_are_dead() {
    let house = House::open();
    let client = house.server.client("individu", "private").clone();
    let mut browser = house.caller();
    let tokens = house.sign_in(&mut browser, "individu", &client, &Person::named("camille"));
    assert!(house.is_signed_in(&mut browser, "individu", &client));
    let disabled = house.admin(&["account", "disable", "--realm", "individu", "camille"], "");
    assert_eq!(disabled.ok(), "camille is disabled");
    assert!(!house.lets_in("individu", &client, "camille", "camille"));
    assert!(!house.is_signed_in(&mut browser, "individu", &client));
    assert_eq!(house.userinfo("individu", &tokens), 401);
    assert_eq!(house.refresh("individu", &client, &tokens), 400);
    let undone =
        house.admin(&["account", "disable", "--realm", "individu", "camille", "--undo", "--json"], "");
    assert_eq!(undone.json()["state"], "active");
    assert!(house.lets_in("individu", &client, "camille", "camille"));
    house.admin(&["account", "disable", "--realm", "individu", "unknown"], "").failed(2);
}

#[test]
fn a_new_password_ends_sessions_and_tokens_from_before() {
    let house = House::open();
    let client = house.server.client("individu", "private").clone();
    let mut browser = house.caller();
    let tokens = house.sign_in(&mut browser, "individu", &client, &Person::named("camille"));
    let mut other = house.caller();
    let of_another = house.sign_in(&mut other, "individu", &client, &Person::named("noe"));
    let set = house
        .admin(&["account", "set-password", "--realm", "individu", "camille", "--json"], "another one\n");
    assert_eq!(set.json()["username"], "camille");
    assert!(!house.is_signed_in(&mut browser, "individu", &client));
    assert_eq!(house.userinfo("individu", &tokens), 401);
    assert_eq!(house.refresh("individu", &client, &tokens), 400);
    assert!(!house.lets_in("individu", &client, "camille", "camille"));
    assert!(house.lets_in("individu", &client, "camille", "another one"));
    assert!(house.is_signed_in(&mut other, "individu", &client), "nobody else notices");
    assert_eq!(house.userinfo("individu", &of_another), 200);
}

#[test]
fn a_new_key_is_published_at_once_and_signs_when_it_is_time() {
    let house = House::open();
    let client = house.server.client("individu", "private").clone();
    let published = || {
        let keys = house.caller().get("/connexion/oauth2/connect/jwk_uri?realm=individu").unwrap().json();
        keys["keys"].as_array().unwrap().iter().map(|key| text(key, "kid").to_owned()).collect::<Vec<_>>()
    };
    let signing = || {
        let tokens = house.sign_in(&mut house.caller(), "individu", &client, &Person::named("camille"));
        royaume_jose::jws::header(text(&tokens, "id_token")).unwrap().kid.unwrap()
    };
    let (before, signed_before) = (published(), signing());
    let rotate = |more: &[&str]| {
        house.admin(&[&["key", "rotate", "--realm", "individu", "--json"], more].concat(), "").json()
    };
    let waiting = text(&rotate(&[]), "kid").to_owned();
    assert!(published().contains(&waiting) && !before.contains(&waiting));
    assert_eq!(signing(), signed_before, "verifiers meet a key before it signs");
    let urgent = text(&rotate(&["--publish-seconds", "0"]), "kid").to_owned();
    assert_eq!(signing(), urgent);
    assert!(before.iter().all(|kid| published().contains(kid)), "what was signed before still verifies");
    let words = house.admin(&["key", "list", "--realm", "individu"], "");
    assert!(words.ok().contains(urgent.as_str()), "{words:?}");
    assert!(
        !words.ok().contains(waiting.as_str()),
        "what was planned before does not undo what was urgent: {words:?}"
    );
    assert!(!words.out.contains("PRIVATE"), "{words:?}");
    for algorithm in ["none", "HS256", "PS256"] {
        house.admin(&["key", "rotate", "--realm", "individu", "--algorithm", algorithm], "").failed(2);
    }
    let agents = house.caller().get("/connexion/oauth2/connect/jwk_uri?realm=agent").unwrap().body;
    assert!(!agents.contains(&urgent), "of that realm alone");
}

#[test]
fn realms_are_listed_and_shown() {
    let operator = User::new();
    let list = operator.run(&["realm", "list"]);
    for words in ["/partenaire", "/individu", "/entreprise", "/agent", "/employeur", "job seekers"] {
        assert!(list.ok().contains(words), "{words} is not in {}", list.out);
    }
    let french = User::new().with("LC_ALL", "fr_FR.UTF-8").run(&["realm", "show", "employeur"]);
    assert!(french.ok().contains("/entreprise  employeurs") && french.out.contains("1499 s"), "{french:?}");
    let json = operator.run(&["realm", "list", "--json"]).json();
    assert_eq!(json.as_array().unwrap().len(), 4);
    assert_eq!(operator.run(&["realm", "show", "agent", "--json"]).json()["name"], "agent");
    operator.run(&["realm", "show", "nowhere"]).failed(2);
}
