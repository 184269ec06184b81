//! Offres d'emploi v2: pages, filters, and what a search can get wrong.

use std::collections::HashSet;
use std::time::Duration;

use jiff::Timestamp;
use royaume_server::Clock as _;
use royaume_spec::Exchange;
use serde_json::Value;

use super::{OFFERS, Scene};

/// First, last and total of a page.
fn content_range(answer: &Exchange) -> (usize, usize, usize) {
    let text = answer.header("content-range").strip_prefix("offres ").unwrap();
    let (page, total) = text.split_once('/').unwrap();
    let (first, last) = page.split_once('-').unwrap();
    (first.parse().unwrap(), last.parse().unwrap(), total.parse().unwrap())
}

fn results(answer: &Exchange) -> Vec<Value> {
    answer.json()["resultats"].as_array().unwrap().clone()
}

fn identifiers(answer: &Exchange) -> Vec<String> {
    results(answer).iter().map(|offer| offer["id"].as_str().unwrap().to_owned()).collect()
}

/// A search in pages finds every offer once, and says 206 until the last page, which does too: it is not everything.
#[tokio::test]
async fn a_search_is_read_in_pages() {
    let scene = Scene::new().await;
    let token = scene.token("partenaire", OFFERS).await;
    let (mut seen, mut first) = (HashSet::new(), 0);
    let total = content_range(&scene.search("typeContrat=MIS", &token, 206).await).2;
    assert!(total > 300, "a test of pages needs some: {total}");
    while first < total {
        let query = format!("typeContrat=MIS&range={first}-{}", first + 149);
        let page = scene.search(&query, &token, 206).await;
        let (from, to, of) = content_range(&page);
        assert_eq!((from, of), (first, total));
        let ids = identifiers(&page);
        assert_eq!(ids.len(), to - from + 1);
        seen.extend(ids);
        first = to + 1;
    }
    assert_eq!(seen.len(), total);
    let beyond = scene.search(&format!("typeContrat=MIS&range={total}-{}", total + 9), &token, 204).await;
    assert_eq!((beyond.header("content-range"), beyond.body.as_str()), (&*format!("offres */{total}"), ""));
}

/// What fits on one page is 200, and what is not there is 204.
#[tokio::test]
async fn everything_at_once_is_200_and_nothing_is_204() {
    let scene = Scene::new().await;
    let token = scene.token("partenaire", OFFERS).await;
    let all = scene.search("departement=2A&typeContrat=CDD", &token, 200).await;
    let (first, last, total) = content_range(&all);
    assert_eq!((first, last + 1), (0, total));
    assert_eq!(results(&all).len(), total);
    let nothing = scene.search("motsCles=licorne", &token, 204).await;
    assert_eq!((nothing.header("content-range"), nothing.body.as_str()), ("offres */0", ""));
}

/// Beyond 3149 nothing is reached: a search that finds more has to be narrowed, by date as here.
#[tokio::test]
async fn what_lies_beyond_the_last_range_is_reached_by_dates() {
    let scene = Scene::new().await;
    let token = scene.token("partenaire", OFFERS).await;
    let total = content_range(&scene.search("", &token, 206).await).2;
    assert!(total > 3149, "{total}");
    let page = scene.search("range=3000-3149", &token, 206).await;
    assert_eq!(content_range(&page), (3000, 3149, total));
    let last = results(&page).last().unwrap()["dateCreation"].as_str().unwrap().to_owned();
    let older = format!("origineOffre=1&minCreationDate=2020-01-01T00:00:00Z&maxCreationDate={last}");
    let rest = content_range(&scene.search(&older, &token, 206).await).2;
    assert!(rest + 3149 >= total, "{rest} of {total}");
}

/// A search without a filter silently finds the provider's own offers alone.
#[tokio::test]
async fn a_search_without_a_filter_is_for_one_origin() {
    let scene = Scene::new().await;
    let token = scene.token("partenaire", OFFERS).await;
    let count = async |query: &str| content_range(&scene.search(query, &token, 206).await).2;
    let (silent, own, partners) =
        (count("").await, count("origineOffre=1").await, count("origineOffre=2").await);
    assert_eq!(silent, own);
    assert_eq!(count("range=0-9&sort=1").await, own, "neither narrows");
    let everything = "minCreationDate=2020-01-01T00:00:00Z&maxCreationDate=2030-01-01T00:00:00Z";
    assert_eq!(count(everything).await, own + partners);
}

/// Each filter leaves what it says, and something of it.
#[tokio::test]
async fn filters_leave_what_they_say() {
    let scene = Scene::new().await;
    let token = scene.token("partenaire", OFFERS).await;
    let text = |offer: &Value, path: &str| {
        offer.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    type Holds<'a> = &'a dyn Fn(&Value) -> bool;
    let cases: [(&str, Holds<'_>); 19] = [
        ("motsCles=developpeuse", &|offer| text(offer, "/intitule").contains("Développeuse")),
        ("motsCles=D%C3%A9veloppeuse,rust", &|offer| text(offer, "/intitule").contains("Rust")),
        ("departement=69", &|offer| text(offer, "/lieuTravail/commune").starts_with("69")),
        ("departement=2A,2B", &|offer| text(offer, "/lieuTravail/commune").starts_with('2')),
        ("region=53", &|offer| {
            ["22", "29", "35", "56"].contains(&&text(offer, "/lieuTravail/codePostal")[..2])
        }),
        ("departement=974", &|offer| text(offer, "/lieuTravail/commune") == "97411"),
        ("codeROME=M1805,M1810", &|offer| ["M1805", "M1810"].contains(&&*text(offer, "/romeCode"))),
        ("grandDomaine=J", &|offer| text(offer, "/romeCode").starts_with('J')),
        ("secteurActivite=62", &|offer| text(offer, "/secteurActivite") == "62"),
        ("typeContrat=CDI,SAI", &|offer| ["CDI", "SAI"].contains(&&*text(offer, "/typeContrat"))),
        ("natureContrat=E2", &|offer| offer["alternance"] == true),
        ("origineOffre=2", &|offer| text(offer, "/origineOffre/origine") == "2"),
        ("experience=1", &|offer| {
            let said = text(offer, "/experienceLibelle");
            said.starts_with("Débutant") || said.ends_with("mois")
        }),
        ("experienceExigence=D", &|offer| text(offer, "/experienceExige") == "D"),
        ("qualification=9", &|offer| text(offer, "/qualificationCode") == "9"),
        ("tempsPlein=false", &|offer| text(offer, "/dureeTravailLibelleConverti") == "Temps partiel"),
        ("entreprisesAdaptees=true", &|offer| offer["entreprise"]["entrepriseAdaptee"] == true),
        ("salaireMin=4000&periodeSalaire=M", &|offer| {
            let salary = text(offer, "/salaire/libelle");
            salary.split_once(" de ").unwrap().1.split('.').next().unwrap().parse::<u32>().unwrap() >= 4000
        }),
        ("commune=59350&distance=20", &|offer| {
            ["59350", "59512"].contains(&&*text(offer, "/lieuTravail/commune"))
        }),
    ];
    for (query, holds) in cases {
        let found = scene.read(&format!("/offresdemploi/v2/offres/search?{query}"), &token).await;
        assert!(matches!(found.status.as_u16(), 200 | 206), "{query}: {found:?}");
        let found = results(&found);
        assert!(!found.is_empty(), "{query}");
        for offer in &found {
            assert!(holds(offer), "{query}: {offer}");
        }
    }
}

/// Lille, with what is near; by distance, the nearest first; a parameter that nobody knows changes nothing.
#[tokio::test]
async fn offers_come_in_the_order_that_is_asked_for() {
    let scene = Scene::new().await;
    let token = scene.token("partenaire", OFFERS).await;
    let communes = |answer: &Exchange| -> Vec<String> {
        let all = results(answer);
        all.iter().map(|offer| offer["lieuTravail"]["commune"].as_str().unwrap().to_owned()).collect()
    };
    let at_home = scene.read("/offresdemploi/v2/offres/search?commune=59350&distance=0", &token).await;
    assert!(communes(&at_home).iter().all(|commune| commune == "59350"));
    let near = "/offresdemploi/v2/offres/search?commune=59350&distance=20&sort=2&range=0-149";
    let near = communes(&scene.read(near, &token).await);
    let first_away = near.iter().position(|commune| commune != "59350").unwrap();
    assert!(first_away > 0 && near[first_away..].iter().all(|commune| commune == "59512"), "{near:?}");
    let newest = scene.search("typeContrat=CDI&sort=1&range=0-49", &token, 206).await;
    let dates: Vec<Timestamp> = results(&newest)
        .iter()
        .map(|offer| offer["dateCreation"].as_str().unwrap().parse().unwrap())
        .collect();
    assert!(dates.is_sorted_by(|newer, older| newer >= older), "{dates:?}");
    let same = scene.search("typeContrat=CDI&sort=1&range=0-49&couleur=bleu", &token, 206).await;
    assert_eq!(same.body, newest.body);
}

/// The four filters of an answer count what was found, each of them all of it.
#[tokio::test]
async fn possible_filters_count_what_was_found() {
    let scene = Scene::new().await;
    let token = scene.token("partenaire", OFFERS).await;
    let found = scene.search("departement=75&range=0-0", &token, 206).await;
    let total = content_range(&found).2 as u64;
    let filters = found.json()["filtresPossibles"].as_array().unwrap().clone();
    let names: Vec<_> = filters.iter().map(|filter| filter["filtre"].as_str().unwrap()).collect();
    assert_eq!(names, ["typeContrat", "experience", "qualification", "natureContrat"]);
    for filter in &filters {
        let counted = filter["agregation"].as_array().unwrap().iter();
        assert_eq!(counted.map(|one| one["nbResultats"].as_u64().unwrap()).sum::<u64>(), total, "{filter}");
    }
}

/// `publieeDepuis` counts back from now: what was found this morning is not found tomorrow.
#[tokio::test]
async fn days_are_counted_from_now() {
    let scene = Scene::new().await;
    let token = scene.token("partenaire", OFFERS).await;
    let found = scene.search("publieeDepuis=1", &token, 206).await;
    let yesterday = scene.world.clock.now() - Duration::from_secs(24 * 3600);
    for offer in results(&found) {
        assert!(
            offer["dateCreation"].as_str().unwrap().parse::<Timestamp>().unwrap() >= yesterday,
            "{offer}"
        );
    }
    let counts = async |days: u32, token: &str| {
        content_range(&scene.search(&format!("publieeDepuis={days}"), token, 206).await).2
    };
    let (one, week, month) = (counts(1, &token).await, counts(7, &token).await, counts(31, &token).await);
    assert!(0 < one && one < week && week < month);
    scene.world.clock.advance(Duration::from_secs(2 * 24 * 3600));
    let token = scene.token("partenaire", OFFERS).await;
    scene.search("publieeDepuis=1", &token, 204).await;
}

/// A search that is wrong is refused with `codeErreur`, `codeHttp` and `message`, and repeats nothing of what was sent.
#[tokio::test]
async fn a_search_that_is_wrong_is_refused_as_business() {
    let scene = Scene::new().await;
    let token = scene.token("partenaire", OFFERS).await;
    for query in [
        "range=0-150",
        "range=3001-3010",
        "range=3000-3150",
        "range=premiere",
        "range=10-1",
        "publieeDepuis=2",
        "publieeDepuis=30",
        "departement=99",
        "region=12",
        "commune=Lille",
        "codeROME=%3Cscript%3E",
        "typeContrat=CDX",
        "natureContrat=E9",
        "origineOffre=3",
        "experience=4",
        "experienceExigence=X",
        "qualification=5",
        "sort=3",
        "tempsPlein=oui",
        "distance=-1",
        "distance=loin",
        "salaireMin=2000",
        "periodeSalaire=M",
        "salaireMin=NaN&periodeSalaire=M",
        "minCreationDate=2026-11-01T00:00:00Z",
        "minCreationDate=hier&maxCreationDate=2026-11-01T00:00:00Z",
        "motsCles=a&motsCles=b",
        "motsCles=%FF",
    ] {
        let refused = scene.search(query, &token, 400).await;
        let said = refused.json();
        assert_eq!(said["codeHttp"], 400, "{query}");
        assert!(!said["codeErreur"].as_str().unwrap().is_empty(), "{query}");
        assert!(!said["message"].as_str().unwrap().is_empty(), "{query}");
        assert!(!refused.body.contains("script") && !refused.body.contains("Lille"), "{query}: {refused:?}");
    }
}

/// One offer is as the search shows it; one that there is not is 204.
#[tokio::test]
async fn an_offer_is_read_by_its_identifier() {
    let scene = Scene::new().await;
    let token = scene.token("partenaire", OFFERS).await;
    let shown = results(&scene.search("range=7-7", &token, 206).await).remove(0);
    let path = format!("/offresdemploi/v2/offres/{}", shown["id"].as_str().unwrap());
    assert_eq!(scene.read(&path, &token).await.is_ok().json(), shown);
    for unknown in ["0000000", "999ZZZZ", "", "..", "a%2Fb"] {
        let answer = scene.read(&format!("/offresdemploi/v2/offres/{unknown}"), &token).await;
        assert_eq!((answer.status.as_u16(), answer.body.as_str()), (204, ""), "{unknown}");
    }
}

/// Referentials say how many there are, and have the codes that offers use.
#[tokio::test]
async fn referentials_have_the_codes_that_offers_use() {
    let scene = Scene::new().await;
    let token = scene.token("partenaire", OFFERS).await;
    let mut codes = HashSet::new();
    for name in [
        "metiers",
        "communes",
        "departements",
        "regions",
        "typesContrats",
        "naturesContrats",
        "secteursActivites",
    ] {
        let answer = scene.read(&format!("/offresdemploi/v2/referentiel/{name}"), &token).await;
        let rows = answer.is_ok().json().as_array().unwrap().clone();
        assert_eq!(answer.header("content-range"), format!("{name} */{}", rows.len()));
        codes.extend(rows.iter().map(|row| format!("{name} {}", row["code"].as_str().unwrap())));
    }
    for offer in results(&scene.search("publieeDepuis=31", &token, 206).await) {
        for (name, code) in [
            ("metiers", &offer["romeCode"]),
            ("communes", &offer["lieuTravail"]["commune"]),
            ("typesContrats", &offer["typeContrat"]),
            ("secteursActivites", &offer["secteurActivite"]),
        ] {
            assert!(codes.contains(&format!("{name} {}", code.as_str().unwrap())), "{name}: {offer}");
        }
    }
}

/// A search that would look for thousands of words in every offer is refused before it looks for one.
#[tokio::test]
async fn a_search_for_too_much_is_refused() {
    let scene = Scene::new().await;
    let token = scene.token("partenaire", OFFERS).await;
    for (name, most) in [("motsCles", 20), ("commune", 200), ("departement", 200), ("codeROME", 200)] {
        let value = match name {
            "commune" => "59350",
            "departement" => "59",
            _ => "M1805",
        };
        let many = |times: usize| format!("{name}={}", vec![value; times].join(","));
        let answer = scene.read(&format!("/offresdemploi/v2/offres/search?{}", many(most)), &token).await;
        assert!(answer.status.is_success(), "{name}: {answer:?}");
        scene.search(&many(most + 1), &token, 400).await;
    }
}
