//! The APIs of `royaume dev`: a token, and what it opens, over sockets. `royaume serve` has none of it.

use std::collections::HashSet;

use crate::command::User;
use crate::http::{Answer, Caller};
use crate::process::{Server, furnished};
use crate::serve::{Place, Serving};

const OFFERS: &str = "/partenaire/offresdemploi/v2/offres/search";

/// A rehearsal, and a token that the command line got there.
fn rehearsal(scope: &str) -> (tempfile::TempDir, Server, String) {
    let data = furnished();
    let server = Server::start(data.path(), None);
    let place = data.path().to_str().unwrap();
    let token = User::new()
        .run(&["token", "--data", place, "--server", &server.base, "--realm", "partenaire", "--scope", scope])
        .ok()
        .to_owned();
    (data, server, token)
}

fn identifiers(page: &Answer) -> Vec<String> {
    let results = page.json()["resultats"].as_array().cloned().unwrap_or_default();
    results.iter().map(|offer| offer["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_program_gets_a_token_and_reads_all_pages_of_a_search() {
    let (_data, server, token) = rehearsal("api_offresdemploiv2 o2dsoffre");
    let mut caller = Caller::new(&server.base);
    let (mut seen, mut first, mut total) = (HashSet::new(), 0, 1);
    while first < total {
        let range = format!("{OFFERS}?codeROME=M1805&range={first}-{}", first + 49);
        let page = caller.bearer(&range, &token).unwrap();
        assert_eq!(page.status, 206, "{page:?}");
        let content_range = page.header("content-range").strip_prefix("offres ").unwrap();
        let (shown, of) = content_range.split_once('/').unwrap();
        total = of.parse().unwrap();
        let last: usize = shown.split_once('-').unwrap().1.parse().unwrap();
        seen.extend(identifiers(&page));
        first = last + 1;
    }
    assert!(total > 50, "more than a page: {total}");
    assert_eq!(seen.len(), total);
    let nothing = caller.bearer(&format!("{OFFERS}?motsCles=licorne"), &token).unwrap();
    assert_eq!((nothing.status, nothing.body.as_str()), (204, ""));
}

#[test]
fn a_token_that_is_none_is_401_and_one_for_something_else_403() {
    let (_data, server, token) = rehearsal("api_rome-metiersv1 nomenclatureRome");
    let mut caller = Caller::new(&server.base);
    for answer in [caller.get(OFFERS).unwrap(), caller.bearer(OFFERS, "of-nothing").unwrap()] {
        assert_eq!((answer.status, answer.body.as_str()), (401, ""), "{answer:?}");
        assert!(answer.header("content-type").starts_with("application/json"), "{answer:?}");
    }
    let forbidden = caller.bearer(OFFERS, &token).unwrap();
    assert_eq!((forbidden.status, forbidden.body.as_str()), (403, ""), "{forbidden:?}");
}

/// One call a second is allowed: of so many some are turned away, and told for how long.
#[test]
fn calls_beyond_the_quota_are_429() {
    let (_data, server, token) = rehearsal("api_rome-metiersv1 nomenclatureRome");
    let mut caller = Caller::new(&server.base);
    let mut calls =
        (0..50).map(|_| caller.bearer("/partenaire/rome-metiers/v1/metiers/metier", &token).unwrap());
    assert_eq!(calls.next().unwrap().status, 200);
    let refused =
        calls.find(|answer| answer.status == 429).expect("fifty calls take less than fifty seconds");
    assert!(refused.header("content-type").starts_with("text/plain"), "{refused:?}");
    assert_eq!(refused.header("retry-after"), "1");
    assert_eq!(refused.header("x-ratelimit-remaining-clientidlimiter"), "0");
}

/// A person signs in, and their application reads what they allowed, beside userinfo on the same origin.
#[test]
fn a_person_is_read_at_the_gateway() {
    let data = furnished();
    let server = Server::start(data.path(), None);
    let place = data.path().to_str().unwrap();
    let user = User::new();
    let options = ["--data", place, "--server", &server.base, "--realm", "individu"];
    user.login(&options, |address| Some(Caller::new(&server.base).arrive(address, &person()).unwrap())).ok();
    let token = user.run(&[&["refresh"], &options[..]].concat()).ok().to_owned();
    let mut caller = Caller::new(&server.base);
    for (path, member, value) in [
        ("/partenaire/peconnect-individu/v1/userinfo", "given_name", "CAMILLE"),
        ("/partenaire/peconnect-coordonnees/v1/coordonnees", "prenom", "CAMILLE"),
        ("/partenaire/peconnect-statut/v1/statut", "codeStatutIndividu", "1"),
    ] {
        let answer = caller.bearer(path, &token).unwrap();
        assert_eq!((answer.status, answer.member(member).as_str()), (200, value), "{path}: {answer:?}");
    }
}

fn person() -> crate::http::Person<'static> {
    crate::http::Person::named("camille")
}

/// What is invented is no part of a server for real use.
#[test]
fn a_server_for_real_use_has_no_gateway() {
    let place = Place::new();
    let server = Serving::start(&place, true, &[]);
    let mut caller = Caller::new(&server.base);
    for path in [
        OFFERS,
        "/partenaire/offresdemploi/v2/referentiel/regions",
        "/partenaire/rome-metiers/v1/metiers/metier",
        "/partenaire/peconnect-coordonnees/v1/coordonnees",
        "/partenaire/donnees-rqth/v1/rqth",
        "/partenaire/testimmersion-pro/v3/demandes-immersion",
    ] {
        assert_eq!(caller.bearer(path, "of-nothing").unwrap().status, 404, "{path}");
    }
}
