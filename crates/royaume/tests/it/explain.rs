//! `royaume explain`: the decision of "Utiliser les API", in both languages.

use crate::command::User;

fn french() -> User {
    User::new().with("LC_ALL", "fr_FR.UTF-8")
}

/// The closing table, whole: seven rows.
#[test]
fn without_arguments_it_is_the_whole_table() {
    for (user, headings, population) in [
        (User::new(), ["REALM", "YOU AUTHENTICATE", "FLOW"], "job seekers"),
        (french(), ["ROYAUME", "VOUS AUTHENTIFIEZ", "CINÉMATIQUE"], "demandeurs d'emploi"),
    ] {
        let printed = user.run(&["explain"]);
        let lines: Vec<_> = printed.ok().lines().collect();
        assert_eq!(lines.len(), 8, "{printed:?}");
        assert!(headings.iter().all(|heading| lines[0].contains(heading)), "{}", lines[0]);
        for (line, words) in lines[1..].iter().zip([
            ["/partenaire", "Client credentials", "access_token?realm=%2Fpartenaire"],
            ["/individu", "Authorization code", "authentification-candidat.francetravail.fr"],
            ["/individu", "Authorization code with PKCE", "access_token?realm=%2Findividu"],
            ["/entreprise", "Authorization code", "entreprise.francetravail.fr"],
            ["/entreprise", "Authorization code with PKCE", "access_token?realm=%2Femployeur"],
            ["/agent", "Authorization code", "oauth2/agent/authorize"],
            ["/agent", "Authorization code with PKCE", "access_token?realm=%2Fagent"],
        ]) {
            assert!(words.iter().all(|word| line.contains(word)), "{line}");
        }
        assert!(lines[2].contains(population), "{}", lines[2]);
        assert!(!printed.out.contains("acces_token"), "nobody is told of the misspelled address");
    }
}

#[test]
fn of_one_realm_it_says_everything_that_is_needed() {
    let printed = User::new().run(&["explain", "individu", "--app", "public"]);
    for words in [
        "/individu · job seekers · application public",
        "Authorization code with PKCE",
        "mandatory (S256)",
        "GET  https://authentification-candidat.francetravail.fr/connexion/oauth2/authorize?realm=%2Findividu",
        "POST https://authentification-candidat.francetravail.fr/connexion/oauth2/access_token?realm=%2Findividu",
        "api_peconnect-individuv1",
        "curl --request POST 'https://authentification-candidat.francetravail.fr/",
        "code_verifier=\"$CODE_VERIFIER\"",
    ] {
        assert!(printed.ok().contains(words), "{words} is not in {}", printed.out);
    }
    assert!(!printed.out.contains("client_secret"), "a public application has none");
    let private = User::new().run(&["explain", "/individu", "--app", "private"]);
    assert!(private.ok().contains("client_secret=\"$CLIENT_SECRET\""));
    assert!(private.out.contains("recommended (S256)"));
    let both = User::new().run(&["explain", "individu"]);
    assert_eq!(both.ok(), format!("{}{}", private.out, printed.out).trim_end());
    let machine = french().run(&["explain", "partenaire"]);
    for words in
        ["/partenaire · applications · application privée", "sans objet", "grant_type=client_credentials"]
    {
        assert!(machine.ok().contains(words), "{words} is not in {}", machine.out);
    }
    assert_eq!(
        User::new().run(&["explain", "employeur"]).ok(),
        User::new().run(&["explain", "entreprise"]).ok()
    );
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
