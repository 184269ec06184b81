//! The gateway of a rehearsal: paths, searches, and questions of agents.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::{Method, Request, Response};
use jiff::Timestamp;
use royaume_fuzz::{Target, Verdict};
use royaume_protocol::Scope;
use royaume_realm::{Catalogue, Topology};
use royaume_rehearsal::{Gateway, Holder, Tokens, TokensUnavailable};

/// Takes every token for one of its realm that opens everything, from an application for each.
#[derive(Clone)]
struct Open(&'static str);

impl Tokens for Open {
    async fn holder(&self, token: &str) -> Result<Option<Holder>, TokensUnavailable> {
        let scope = "api_offresdemploiv2 o2dsoffre api_rechercher-usagerv2 rechercheusager profil_accedant";
        let (client_id, scope) = (token.to_owned(), Scope::parse(scope).unwrap());
        let claims = serde_json::Map::new();
        Ok(Some(Holder { realm: self.0.to_owned(), subject: client_id.clone(), client_id, scope, claims }))
    }
}

fn gateway(realm: &'static str) -> Gateway<Open> {
    let moment: Timestamp = "2026-11-24T12:00:00Z".parse().unwrap();
    // A second passes from one request to the next, so that no quota is in the way.
    let seconds = std::sync::atomic::AtomicU64::new(0);
    let topology = Topology::preset(Topology::FRANCE_TRAVAIL).unwrap();
    let catalogue = Catalogue::preset(Topology::FRANCE_TRAVAIL, &topology).unwrap();
    Gateway::new(&catalogue, Open(realm), move || {
        let passed = seconds.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        moment + std::time::Duration::from_secs(passed)
    })
}

/// The answer, which nothing here has to wait for.
fn answer(gateway: &Gateway<Open>, request: Request<Bytes>) -> Response<Bytes> {
    let answered = pin!(gateway.handle(request)).poll(&mut Context::from_waker(Waker::noop()));
    let Poll::Ready(answer) = answered else { panic!("it waits for nobody") };
    assert!(!answer.status().is_server_error(), "{answer:?}");
    answer
}

/// OWASP ASVS V5: whatever is searched for, a page of it comes, or nothing, or an error that repeats none of it.
#[test]
fn a_search_is_answered_or_refused() {
    let gateway = gateway("partenaire");
    let whole = [
        "motsCles=rust,developpeur&departement=69,2A&range=0-49&sort=1",
        "commune=59350&distance=20&typeContrat=CDI&publieeDepuis=7",
        "minCreationDate=2026-11-01T00:00:00Z&maxCreationDate=2026-11-20T00:00:00Z&origineOffre=2",
        "salaireMin=2000.5&periodeSalaire=M&experience=1&tempsPlein=true&codeROME=M1805",
        "range=3000-3149",
    ];
    let words = [
        "&",
        "=",
        ",",
        "-",
        "range=",
        "0-149",
        "150",
        "9223372036854775807",
        "%C3%A9",
        "%00",
        "2B",
        "NaN",
        "é",
    ];
    let read = |text: &str| {
        let uri = format!("/partenaire/offresdemploi/v2/offres/search?{text}");
        let request = Request::get(uri).header("authorization", "Bearer one").body(Bytes::new());
        let Ok(request) = request else { return Verdict::Refused };
        let answer = answer(&gateway, request);
        match answer.status().as_u16() {
            200 | 206 => {
                let body: serde_json::Value = serde_json::from_slice(answer.body()).unwrap();
                let shown = body["resultats"].as_array().unwrap().len();
                assert!((1..=150).contains(&shown), "{text}: {shown}");
                Verdict::Accepted
            }
            204 => Verdict::Accepted,
            400 => {
                assert!(answer.body().len() < 200, "{answer:?}");
                Verdict::Refused
            }
            other => panic!("{text}: {other}"),
        }
    };
    Target::new(&whole).words(&words).inputs(300).holds_of_text(read);
}

/// RFC 3986 §3.3: every path leads to an API, or to nothing.
#[test]
fn a_path_leads_somewhere_or_nowhere() {
    let gateway = gateway("partenaire");
    let whole = [
        "/partenaire/offresdemploi/v2/offres/0000000",
        "/partenaire/offresdemploi/v2/referentiel/communes",
        "/partenaire/offresdemploi/v2/referentiel/regions",
    ];
    let read = |text: &str| {
        let request = Request::get(text).header("authorization", "Bearer one").body(Bytes::new());
        let Ok(request) = request else { return Verdict::Refused };
        let known = gateway.has(request.uri().path());
        let status = answer(&gateway, request).status().as_u16();
        assert!(known || status == 404, "{text}: {status}");
        if matches!(status, 200 | 204) { Verdict::Accepted } else { Verdict::Refused }
    };
    Target::new(&whole).words(&["/", "..", "%2F", "v2", "?", "#", "test"]).holds_of_text(read);
}

/// RFC 8259: an agent's question is found, not found, or refused.
#[test]
fn a_question_of_an_agent_has_a_result() {
    let gateway = gateway("agent");
    let whole = [
        r#"{"dateNaissance":"1985-04-12","nir":"2850499999001"}"#,
        r#"{"dateNaissance":"1980-01-01","nir":"180019999900597"}"#,
    ];
    let read = |input: &[u8]| {
        let mut request = Request::builder()
            .method(Method::POST)
            .uri("/partenaire/rechercher-usager/v2/usagers/par-datenaissance-et-nir")
            .header("authorization", "Bearer one");
        for name in ["pa-nom-agent", "pa-prenom-agent", "pa-identifiant-agent"] {
            request = request.header(name, "BATCH");
        }
        let answer = answer(&gateway, request.body(Bytes::copy_from_slice(input)).unwrap());
        let said: serde_json::Value = serde_json::from_slice(answer.body()).unwrap();
        match (answer.status().as_u16(), said["codeRetour"].as_str().unwrap()) {
            (200, "S001" | "S002" | "S003") => Verdict::Accepted,
            (400, "R997") => Verdict::Refused,
            other => panic!("{other:?}"),
        }
    };
    Target::new(&whole).json().words(&["dateNaissance", "nir", "2A", "é", "-"]).holds(read);
}
