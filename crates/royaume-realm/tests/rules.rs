//! The rules of a topology file: one wrong file each, and the sentence its author reads.

#![allow(clippy::unwrap_used, reason = "a test may stop")]

use std::time::Duration;

use royaume_realm::{Dialect, Lifetimes, Samples, SamplesError, Topology};

const STAFF: &str = r#"name = "example"

[[realm]]
name = "staff"
authenticates = "person"
grants = ["authorization_code", "refresh_token"]
"#;

fn refusal(text: &str) -> String {
    Topology::parse(text).expect_err(text).to_string()
}

/// The staff realm with more lines at its end.
fn with(lines: &str) -> String {
    format!("{STAFF}{lines}\n")
}

#[test]
fn a_realm_in_four_lines_speaks_the_standards_words() {
    let topology = Topology::parse(STAFF).unwrap();
    let staff = &topology.realms[0];
    assert_eq!(staff.dialect, Dialect::STANDARD);
    assert_eq!(staff.lifetimes, Lifetimes::STANDARD);
}

#[test]
fn an_unknown_key_is_refused_with_its_line_and_the_nearest_known_one() {
    assert_eq!(
        refusal(&with("lifetime = 3")),
        "line 7: `lifetime` is unknown here; did you mean `lifetimes`?"
    );
    assert_eq!(
        refusal(&with("[realm.lifetimes]\nacces_token_seconds = 3")),
        "line 8: `acces_token_seconds` is unknown here; did you mean `access_token_seconds`?"
    );
    assert_eq!(
        refusal(&with("[realm.departures]\nnonce_in_response = true")),
        "line 8: `nonce_in_response` is unknown here; did you mean `nonce_in_token_response`?"
    );
    assert_eq!(
        refusal(&with("dialect = \"deployed\"")),
        "line 7: `deployed` is unknown here; did you mean `as_deployed`?"
    );
    assert_eq!(
        refusal(&with("[[realm.address]]\nendpoint = \"authorisation\"")),
        "line 8: `authorisation` is unknown here; did you mean `authorization`?"
    );
    assert_eq!(refusal(&with("colour = \"red\"")), "line 7: `colour` is unknown here");
    assert!(refusal("name = ").starts_with("line 1: "));
    assert_eq!(
        refusal("extends = \"france-travaille\"\nname = \"x\""),
        "no preset is called `france-travaille`; did you mean `france-travail`?"
    );
}

#[test]
fn departures_are_set_one_by_one() {
    let text = with("dialect = \"as_deployed\"\n[realm.departures]\nscope_on_redirect = false");
    let expected = Dialect { scope_on_redirect: false, ..Dialect::AS_DEPLOYED };
    assert_eq!(Topology::parse(&text).unwrap().realms[0].dialect, expected);
}

#[test]
fn a_topology_has_a_realm_and_a_name_means_one() {
    assert_eq!(refusal("name = \"x\""), "the topology has no realm: add one with [[realm]]");
    let twice =
        "[[realm]]\nname = \"staff\"\nauthenticates = \"application\"\ngrants = [\"client_credentials\"]";
    assert_eq!(
        refusal(&with(twice)),
        "realm `staff`: the name `staff` already means the realm `staff`: a name means one realm"
    );
    let alias = twice.replace("\"staff\"", "\"machines\"\naliases = [\"staff\"]");
    assert_eq!(
        refusal(&with(&alias)),
        "realm `machines`: the name `staff` already means the realm `staff`: a name means one realm"
    );
    assert_eq!(
        refusal(&STAFF.replace("\"staff\"", "\"/Staff\"")),
        "realm `/Staff`: `/Staff` cannot name a realm: use 1 to 63 characters among a-z, 0-9 and -, the first not a -"
    );
}

#[test]
fn grants_fit_the_people_they_are_for() {
    let grants = |words: &str| refusal(&STAFF.replace("\"authorization_code\", \"refresh_token\"", words));
    assert_eq!(grants(""), "realm `staff`: it has no grant: name at least one in `grants`");
    assert_eq!(
        grants("\"authorisation_code\""),
        "line 6: `authorisation_code` is unknown here; did you mean `authorization_code`?"
    );
    assert!(grants("\"refresh_token\"").contains("refresh_token needs authorization_code"));
    assert!(grants("\"client_credentials\"").contains("have both or neither"));
    let machines = STAFF.replace("person", "application");
    assert!(refusal(&machines).contains("have both or neither"));
    let machines = machines.replace("\"authorization_code\", \"refresh_token\"", "\"client_credentials\"");
    assert!(refusal(&format!("{machines}consent = \"ask\"")).contains("a realm of applications"));
    assert!(refusal(&with("client_authentication = []")).contains("name at least one method"));
    assert!(
        refusal(&with("access_token = \"opaque\"\naccess_token_algorithm = \"ES256\""))
            .contains("is not signed")
    );
    assert!(refusal(&with("id_token_algorithm = \"none\"")).contains("`none` is unknown here"));
    for name in ["id_token_algorithm", "access_token_algorithm"] {
        let verified_only = refusal(&with(&format!("{name} = \"PS256\"")));
        assert!(verified_only.contains(&format!("{name} is PS256, which is verified but not signed with")));
    }
}

#[test]
fn response_types_and_grants_need_each_other() {
    let grants = |words: &str, more: &str| {
        let staff = STAFF.replace("\"refresh_token\"", &format!("\"refresh_token\"{words}"));
        refusal(&format!("{staff}{more}\n"))
    };
    assert_eq!(
        grants("", "response_types = [\"code\", \"code id_token\"]"),
        "realm `staff`: the response type `code id_token` needs the grant implicit: name it in `grants`"
    );
    let implicit =
        "the grant implicit is for `response_types` such as `code id_token`: name one, or leave it out";
    assert_eq!(grants(", \"implicit\"", ""), format!("realm `staff`: {implicit}"));
    assert_eq!(grants(", \"implicit\"", "response_types = [\"code\"]"), format!("realm `staff`: {implicit}"));
    assert_eq!(
        grants("", "response_types = []"),
        "realm `staff`: `response_types` is empty: name at least `code`"
    );
    assert_eq!(grants("", "response_types = [\"codes\"]"), "line 7: not a response type that is supported");
    let both = STAFF.replace("\"refresh_token\"", "\"refresh_token\", \"implicit\"");
    Topology::parse(&format!("{both}response_types = [\"code\", \"id_token\"]\n")).unwrap();
}

#[test]
fn what_people_do_needs_people() {
    let machines = STAFF
        .replace("person", "application")
        .replace("\"authorization_code\", \"refresh_token\"", "\"client_credentials\"");
    Topology::parse(&machines).unwrap();
    assert_eq!(
        refusal(&format!("{machines}account_creation = true\n")),
        "realm `staff`: `account_creation` needs people: a realm of applications has none"
    );
    Topology::parse(&with("account_creation = true")).unwrap();
}

#[test]
fn lifetimes_are_possible() {
    let lifetime = |line: &str| refusal(&with(&format!("[realm.lifetimes]\n{line}")));
    assert!(lifetime("access_token_seconds = 0").contains("access_token_seconds is zero"));
    assert!(lifetime("code_seconds = 601").contains("600 seconds at most"));
    assert!(lifetime("id_token_seconds = 3600000000").contains("more than ten years"));
    assert!(lifetime("refresh_absolute_seconds = 60").contains("refresh_absolute_seconds is shorter"));
    assert!(lifetime("session_absolute_seconds = 60").contains("session_absolute_seconds is shorter"));
    assert!(lifetime("code_seconds = -1").starts_with("line 8: "));
    Topology::parse(&with("[realm.lifetimes]\nrefresh_retry_window_seconds = 0")).unwrap();
}

#[test]
fn a_key_is_announced_for_longer_than_it_may_be_unknown_and_signs_for_longer_than_that() {
    let lifetime = |lines: &str| refusal(&with(&format!("[realm.lifetimes]\n{lines}")));
    let why = lifetime("key_publication_seconds = 300");
    assert!(why.contains("more than 300 seconds before it signs"), "{why}");
    let why = lifetime("key_rotation_seconds = 600\nkey_publication_seconds = 601");
    assert!(why.contains("less than key_publication_seconds"), "{why}");
    assert!(
        lifetime("key_rotation_seconds = 90").contains("key_rotation_seconds is 90"),
        "days are no seconds"
    );
    for good in ["key_rotation_seconds = 0", "key_rotation_seconds = 301\nkey_publication_seconds = 301"] {
        Topology::parse(&with(&format!("[realm.lifetimes]\n{good}"))).unwrap();
    }
    let usual = Lifetimes::STANDARD;
    assert!(Duration::from_secs(3600) <= usual.key_publication && usual.key_publication < usual.key_rotation);
}

#[test]
fn scopes_can_travel() {
    let scope = |name: &str| {
        format!(
            "[[realm.scope]]\nname = '{name}'\ndescription = {{ fr = \"x\", en = \"x\" }}\nsource = \"x\"\n"
        )
    };
    for name in ["two words", "", "\"quoted\"", "back\\slash", "é"] {
        assert!(refusal(&with(&scope(name))).contains("cannot be a scope"), "{name}");
    }
    assert!(refusal(&with(&(scope("a") + &scope("a")))).contains("the scope `a` is described twice"));
}

#[test]
fn issuers_and_addresses_are_safe_and_lead_home() {
    assert!(
        refusal(&with("issuer = \"http://login.example.org/staff\""))
            .contains("plain http beyond this machine")
    );
    assert!(refusal(&with("issuer_aliases = [\"https://a.example\"]")).contains("needs an `issuer`"));
    Topology::parse(&with("issuer = \"http://127.0.0.1:8080/staff\"")).unwrap();
    let row = |endpoint: &str, url: &str, more: &str| {
        format!(
            "[[realm.address]]\nendpoint = \"{endpoint}\"\nmethod = \"GET\"\nurl = \"{url}\"\nsource = \"x\"\n\
             standing = \"called\"\ncertainty = \"documented\"\n{more}\n"
        )
    };
    let address = |endpoint: &str, url: &str, more: &str| refusal(&with(&row(endpoint, url, more)));
    assert!(
        address("token", "http://a.example/staff/token", "").contains("is plain http beyond this machine")
    );
    assert!(address("token", "/staff/token", "").contains("is not a URL"));
    assert!(
        address("token", "https://a:b@c.example/staff/token", "").contains("has a fragment or credentials")
    );
    assert!(
        address("logout", "https://a.example/staff/logout", "")
            .contains("`redirect_parameter` belongs to logout")
    );
    assert!(
        address("token", "https://a.example/staff/token", "redirect_parameter = \"x\"")
            .contains("belongs to")
    );
    assert!(
        address("token", "https://a.example/staff/authorize", "")
            .contains("claimed by authorization of `staff`")
    );
    assert!(
        address("token", "https://a.example/staff/token?realm=nobody", "")
            .contains("no realm is called `nobody`")
    );
    let twice = row("token", "https://a.example/staff/token", "")
        + &row("token", "https://b.example/staff/token", "");
    assert!(refusal(&with(&twice)).contains("two addresses of token are called"));
    Topology::parse(&with(&row("token", "https://a.example/sign/here", ""))).unwrap();
}

#[test]
fn an_address_or_a_host_leads_to_one_realm() {
    let other =
        "[[realm]]\nname = \"guests\"\nauthenticates = \"person\"\ngrants = [\"authorization_code\"]\n";
    let row = "[[realm.address]]\nendpoint = \"token\"\nmethod = \"POST\"\nurl = \"https://a.example/sign\"\n\
               source = \"x\"\nstanding = \"called\"\ncertainty = \"documented\"\n";
    let host = "[[realm.host]]\nname = \"a.example\"\nenvironment = \"production\"\nsource = \"x\"\n";
    assert!(
        refusal(&with(&format!("{row}{host}{other}{row}")))
            .contains("`https://a.example/sign` is claimed by token of `staff` and by token of `guests`")
    );
    assert!(
        refusal(&with(&format!("{row}{other}{row}")))
            .contains("would not arrive: the request names no realm")
    );
    assert!(
        refusal(&with(&format!("{host}{other}{host}")))
            .contains("the host `a.example` already names the realm `staff`")
    );
    assert!(
        refusal(&with(&host.replace("a.example", "A.example:443")))
            .contains("must be a host name in lower case")
    );
}

#[test]
fn forms_keep_their_realm_and_their_endpoints() {
    let forms = |lines: &str| {
        refusal(&format!("name = \"x\"\n[forms]\n{lines}\n{}", &STAFF["name = \"example\"".len()..]))
    };
    assert!(forms("issuer = \"/sso\"").contains("needs {realm} as one of its segments"));
    assert!(forms("issuer = \"/r-{realm}\"").contains("needs {realm} as one of its segments"));
    assert!(forms("issuer = \"/{realm}/\"").contains("not end with one"));
    assert!(forms("issuer = \"/{realm}\"\n[forms.paths]\ntoken = []").contains("token has no path"));
    assert!(
        forms("issuer = \"/{realm}\"\n[forms.paths]\ntoken = [\"/token\"]").contains("the path `/token`")
    );
    assert!(forms("issuer = \"/{realm}\"\n[forms.paths]\ntoken = [\"..\"]").contains("the path `..`"));
    assert!(
        forms("issuer = \"/{realm}\"\n[forms.paths]\ndiscovery = [\"x\"]")
            .contains("follows from the issuer")
    );
    assert!(forms("issuer = \"/{realm}\"\n[forms.paths]\ntoken = [\"authorize\"]").contains("is claimed by"));
}

#[test]
fn a_sample_fits_its_realm() {
    let topology = Topology::preset(Topology::FRANCE_TRAVAIL).unwrap();
    let application = |realm: &str, grants: &str, scope: &str, kind: &str| {
        let text = format!(
            "[[application]]\nrealm = \"{realm}\"\nkind = \"{kind}\"\nclient_id = \"c\"\n\
             name = {{ fr = \"x\", en = \"x\" }}\ngrants = [\"{grants}\"]\nscope = \"{scope}\""
        );
        Samples::parse(&text, &topology).map(|_| ()).map_err(|error| error.to_string())
    };
    let refused = |reason: &str| Err(format!("the sample `c`: {reason}"));
    assert_eq!(application("agent", "client_credentials", "gererRDV", "private"), Ok(()));
    assert_eq!(application("nobody", "client_credentials", "x", "private"), refused("its realm is unknown"));
    assert_eq!(
        application("partenaire", "authorization_code", "search", "private"),
        refused("its realm does not allow authorization_code")
    );
    assert_eq!(
        application("agent", "client_credentials", "gererRDV", "public"),
        refused("a public application has no credentials")
    );
    assert_eq!(
        application("partenaire", "client_credentials", "searches", "private"),
        refused("its realm has no scope `searches`")
    );
    let secret = "[[application]]\nclient_secret = \"x\"";
    assert!(matches!(Samples::parse(secret, &topology), Err(SamplesError::File(_))));
}
