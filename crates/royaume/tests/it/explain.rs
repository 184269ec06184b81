//! `royaume explain`: the decision of "Utiliser les API", in both languages.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use crate::command::User;

fn french() -> User {
    User::new().with("LC_ALL", "fr_FR.UTF-8")
}

/// The closing table, whole: seven rows, and what programs of `/agent` may do besides.
#[test]
fn without_arguments_it_is_the_whole_table() {
    let partenaire =
        "POST https://entreprise.francetravail.fr/connexion/oauth2/access_token?realm=%2Fpartenaire";
    let individu = [
        "GET  https://authentification-candidat.francetravail.fr/connexion/oauth2/authorize?realm=%2Findividu",
        "POST https://authentification-candidat.francetravail.fr/connexion/oauth2/access_token?realm=%2Findividu",
    ];
    let entreprise = [
        "GET  https://entreprise.francetravail.fr/connexion/oauth2/authorize?realm=%2Femployeur",
        "POST https://entreprise.francetravail.fr/connexion/oauth2/access_token?realm=%2Femployeur",
    ];
    let agent = [
        "GET  https://proxyproconnect.francetravail.net/connexion/oauth2/agent/authorize",
        "POST https://proxyproconnect.francetravail.net/connexion/oauth2/access_token?realm=%2Fagent",
    ];
    let people = |addresses: [&str; 2], [private, public]: [&str; 2]| {
        let [get, post] = addresses.map(|address| format!("    {address}"));
        let private = format!("  {private:<20} Authorization code\n{get}\n{post}\n");
        (private, format!("  {public:<20} Authorization code with PKCE\n{get}\n{post}\n"))
    };
    for (user, [private, public], populations) in [
        (
            User::new(),
            ["private application", "public application"],
            ["applications", "job seekers", "employers", "agents of the France Travail network"],
        ),
        (
            french(),
            ["application privée", "application publique"],
            ["applications", "demandeurs d'emploi", "employeurs", "agents du réseau France Travail"],
        ),
    ] {
        let kinds = [private, public];
        let ((one, two), (three, four)) = (people(individu, kinds), people(entreprise, kinds));
        let (five, six) = people(agent, kinds);
        let alone = |post: &str| format!("  {private:<20} Client credentials\n    {post}\n");
        let expected = format!(
            "/partenaire · {}\n{}\n/individu · {}\n{one}{two}\n/entreprise · {}\n{three}{four}\n/agent · {}\n{five}{}{six}",
            populations[0],
            alone(partenaire),
            populations[1],
            populations[2],
            populations[3],
            alone(agent[1]),
        );
        let printed = user.run(&["explain"]);
        assert_eq!(printed.ok(), expected.trim_end());
        let wide = printed.out.lines().filter(|line| line.chars().count() > 80);
        assert!(
            wide.clone().all(|line| line.contains("https://")),
            "only an address is wider than a terminal"
        );
    }
}

#[test]
fn of_one_realm_it_says_everything_that_is_needed() {
    let printed = User::new().run(&["explain", "individu", "--app", "public"]);
    for words in [
        "/individu · job seekers · public application",
        "Authorization code with PKCE",
        "mandatory (S256)",
        "GET  https://authentification-candidat.francetravail.fr/connexion/oauth2/authorize?realm=%2Findividu\n",
        "POST https://authentification-candidat.francetravail.fr/connexion/oauth2/access_token?realm=%2Findividu\n",
        "api_peconnect-individuv1",
        "curl --request POST 'https://authentification-candidat.francetravail.fr/",
        "code_verifier@-",
        "echo \"https://authentification-candidat.francetravail.fr/connexion/oauth2/authorize?realm=%2Findividu\
         &response_type=code&client_id=$CLIENT_ID&redirect_uri=$REDIRECT_URI&scope=openid%20profile&state=$STATE\
         &nonce=$NONCE&code_challenge=$CODE_CHALLENGE&code_challenge_method=S256\"",
    ] {
        assert!(printed.ok().contains(words), "{words} is not in {}", printed.out);
    }
    assert!(!printed.out.to_lowercase().contains("client_secret"), "a public application has none");
    let private = User::new().run(&["explain", "/individu", "--app", "private"]);
    assert!(private.ok().contains("client_secret@-"));
    assert!(private.out.contains("recommended (S256)"));
    let both = User::new().run(&["explain", "individu"]);
    assert_eq!(both.ok(), format!("{}{}", private.out, printed.out).trim_end());
    let machine = french().run(&["explain", "partenaire"]);
    for words in
        ["/partenaire · applications · application privée", "sans objet", "grant_type=client_credentials"]
    {
        assert!(machine.ok().contains(words), "{words} is not in {}", machine.out);
    }
    assert!(!machine.out.contains("REDIRECT_URI"), "nobody signs in");
    let agent = User::new().run(&["explain", "agent", "--app", "private"]);
    for words in [
        "Or else           Client credentials",
        "grant_type=client_credentials",
        "scope='api_rechercher-usagerv2",
    ] {
        assert!(agent.ok().contains(words), "{words} is not in {}", agent.out);
    }
    assert_eq!(
        User::new().run(&["explain", "employeur"]).ok(),
        User::new().run(&["explain", "entreprise"]).ok()
    );
}

/// CWE-214: the arguments of a process are everybody's to read. What the commands hide, they send on standard input.
#[test]
fn no_secret_is_among_the_arguments_of_what_is_to_be_pasted() {
    let user = User::new();
    let curl = user.home().join("curl");
    fs::write(&curl, "#!/bin/sh\nprintf '%s\\n' \"$@\"\nprintf 'standard input: '\ncat\n").unwrap();
    fs::set_permissions(&curl, fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", user.home().display(), std::env::var("PATH").unwrap());
    for (realm, app, hidden, secret) in [
        ("partenaire", "private", "client_secret@-", "hunter2-the-secret"),
        ("individu", "private", "client_secret@-", "hunter2-the-secret"),
        ("individu", "public", "code_verifier@-", "hunter2-the-verifier"),
    ] {
        let explained = user.run(&["explain", realm, "--app", app, "--json"]).json();
        let ran = Command::new("sh")
            .args(["-c", explained["curl"].as_str().unwrap()])
            .env_clear()
            .env("PATH", &path)
            .envs([("CLIENT_ID", "the-application"), ("CLIENT_SECRET", "hunter2-the-secret")])
            .envs([("CODE", "the-code"), ("CODE_VERIFIER", "hunter2-the-verifier")])
            .output()
            .unwrap();
        let text = String::from_utf8(ran.stdout).unwrap();
        let (arguments, input) = text.split_once("standard input: ").unwrap();
        assert_eq!(input, secret, "without a line's end, which would be sent too");
        assert!(!arguments.contains(secret) && arguments.contains(hidden), "{arguments}");
        assert!(arguments.contains("client_id=the-application"), "{arguments}");
    }
}

#[test]
fn json_has_the_same_for_programs() {
    let all = User::new().run(&["explain", "--json"]).json();
    assert_eq!(all.as_array().unwrap().len(), 7);
    let one = User::new().run(&["explain", "agent", "--app", "private", "--json"]).json();
    assert_eq!(
        (&one["realm"], &one["flow"], &one["pkce"]),
        (&"/agent".into(), &"authorization_code".into(), &"recommended".into())
    );
    assert_eq!(
        one["authorization"],
        "https://proxyproconnect.francetravail.net/connexion/oauth2/agent/authorize"
    );
    assert_eq!(
        one["token"],
        "https://proxyproconnect.francetravail.net/connexion/oauth2/access_token?realm=%2Fagent"
    );
    assert_eq!(one["population"]["fr"], "agents du réseau France Travail");
    assert!(one["also"].as_array().unwrap().contains(&"client_credentials".into()));
    assert!(one["curl"].as_str().unwrap().contains("curl --request POST"));
    assert!(one["authorization_request"].as_str().unwrap().contains("&nonce=$NONCE&"));
    assert_eq!(one["variables"].as_array().unwrap().len(), 4);
    assert!(one["scopes"].as_array().unwrap().iter().any(|scope| scope["name"] == "api_rechercher-usagerv2"));
    assert_eq!(french().run(&["explain", "--json"]).json(), all, "programs have no locale");
    let public = User::new().run(&["explain", "--app", "public", "--json"]).json();
    assert_eq!(public.as_array().unwrap().len(), 3, "no public application in /partenaire");
}

#[test]
fn addresses_may_be_those_of_another_server() {
    let printed =
        User::new().run(&["explain", "individu", "--app", "public", "--server", "http://127.0.0.1:8080"]);
    assert!(printed.ok().contains("GET  http://127.0.0.1:8080/connexion/oauth2/authorize?realm=%2Findividu"));
    assert!(!printed.out.contains("https://authentification-candidat"), "{}", printed.out);
    let environment = User::new().with("ROYAUME_SERVER", "http://127.0.0.1:8080");
    assert_eq!(environment.run(&["explain", "individu", "--app", "public"]).ok(), printed.ok());
    User::new().run(&["explain", "individu", "--server", "http://login.example.org"]).failed(2);
}

#[test]
fn an_unknown_realm_is_answered_with_the_nearest_one() {
    for (asked, nearest) in [("individus", "individu"), ("employer", "employeur"), ("/agents", "agent")] {
        let refused = User::new().run(&["explain", asked]);
        assert!(refused.failed(2).contains(&format!("did you mean {nearest}?")), "{refused:?}");
        let refused = french().run(&["explain", asked]);
        assert!(refused.failed(2).contains(&format!("vouliez-vous dire {nearest} ?")), "{refused:?}");
    }
    let refused = User::new().run(&["explain", "quite-something-else"]);
    assert!(refused.failed(2).contains("there are: partenaire, individu, entreprise, agent"), "{refused:?}");
    assert!(!refused.err.contains("did you mean"), "{refused:?}");
}

#[test]
fn a_public_application_in_partenaire_is_explained_away() {
    let refused = User::new().run(&["explain", "partenaire", "--app", "public"]);
    assert!(refused.failed(2).contains("a public application has no secret"), "{refused:?}");
    let refused = french().run(&["explain", "partenaire", "--app", "public"]);
    assert!(refused.failed(2).contains("une application publique n'a pas de secret"), "{refused:?}");
}

#[test]
fn an_api_is_explained_by_any_of_its_names() {
    for name in ["offresdemploi", "offres", "o2dsoffre", "api_offresdemploiv2"] {
        let printed = User::new().run(&["explain", name]);
        printed.ok();
        for line in [
            "Job offers · offresdemploi v2 · /partenaire",
            "  private application  Client credentials",
            "  Scope                api_offresdemploiv2 o2dsoffre",
            "  API                  https://api.francetravail.io/partenaire/offresdemploi/v2",
            "  royaume token --realm partenaire --scope \"api_offresdemploiv2 o2dsoffre\"",
        ] {
            assert!(printed.out.lines().any(|printed| printed == line), "{line}\n{}", printed.out);
        }
    }
    let printed = french().run(&["explain", "coordonnees", "--app", "public"]);
    assert!(printed.out.contains("  application publique Authorization code with PKCE\n"), "{}", printed.out);
    assert!(printed.out.contains("royaume login --realm individu"), "{}", printed.out);
}

#[test]
fn every_api_is_listed_for_people_and_for_programs() {
    let printed = User::new().run(&["explain", "--apis"]);
    assert!(printed.out.contains("/partenaire\n  api_offresdemploiv2 o2dsoffre"), "{}", printed.out);
    assert!(printed.out.lines().count() > 40, "{}", printed.out);
    let printed = User::new().run(&["explain", "--apis", "--json"]);
    let apis: Vec<serde_json::Value> = serde_json::from_str(&printed.out).unwrap();
    assert!(apis.iter().any(|api| api["code"] == "rechercher-usager" && api["realm"] == "/agent"));
}

#[test]
fn what_is_neither_realm_nor_api_gets_the_nearest_name() {
    let printed = User::new().run(&["explain", "ofresdemploi"]);
    assert!(printed.err.contains("did you mean `offresdemploi`?"), "{printed:?}");
    let printed = french().run(&["explain", "rome"]);
    assert!(printed.err.contains("plusieurs API : api_rome-metiersv1"), "{printed:?}");
    let printed = french().run(&["explain", "offres", "--app", "public"]);
    assert!(printed.err.contains("impossible"), "{printed:?}");
}

#[test]
fn a_file_of_ones_own_changes_what_is_explained() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("mine.toml");
    let address = "https://moved.example.org/token";
    fs::write(
        &file,
        format!(
            "name = \"mine\"\nextends = \"france-travail\"\n[[realm]]\nname = \"partenaire\"\n[[realm.address]]\n\
             endpoint = \"token\"\nurl = \"{address}\"\n"
        ),
    )
    .unwrap();
    let path = file.to_str().unwrap();
    let printed = User::new().run(&["explain", "offres", "--topology", path]);
    assert!(printed.out.contains(&format!("POST {address}\n")), "{printed:?}");
    let printed = User::new().with("ROYAUME_TOPOLOGY", path).run(&["explain", "partenaire"]);
    assert!(printed.out.contains(address), "{printed:?}");
    fs::write(&file, "name = \"mine\"\nextends = \"france-travail\"\nrealms = 1\n").unwrap();
    let printed = User::new().run(&["explain", "offres", "--topology", path]);
    assert!(printed.err.contains(&format!("{path}: line 3: `realms` is unknown here")), "{printed:?}");
}
