//! The gateway in front of the APIs: who is let in, and how often.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, header};
use royaume_server::stored::client::Application;
use royaume_spec::{Deployed, Exchange, World, bearer, get};
use tokio::sync::Barrier;

mod agents;
mod offers;
mod people;
mod recorded;

const API: &str = "https://api.francetravail.io/partenaire";

/// What opens the offers.
const OFFERS: &str = "api_offresdemploiv2 o2dsoffre";

/// A world with its gateway in front.
struct Scene {
    world: World,
    deployed: Deployed,
}

impl Scene {
    async fn new() -> Self {
        let world = World::as_deployed().await;
        Self { deployed: Deployed::before(&world), world }
    }

    /// A token of the realm's application for itself.
    async fn token(&self, realm: &str, scope: &str) -> String {
        let app = self.world.app(realm, Application::Machine);
        let request = app.token_request(&[("grant_type", "client_credentials"), ("scope", scope)]);
        self.world.send(request).await.is_ok().member("access_token")
    }

    /// A token that a person of the realm granted, for all that the realm's application may ask for.
    async fn token_of(&self, realm: &str, person: &str) -> String {
        let app = self.world.app(realm, Application::Private);
        let callback = self.world.browser().walk(&app.authorization_url(&[]), person, person).await;
        let redeemed = self.world.send(app.redemption(&callback.parameter("code"), &[])).await;
        redeemed.is_ok().member("access_token")
    }

    /// A GET with a token, when no quota is in the way.
    async fn read(&self, resource: &str, token: &str) -> Exchange {
        self.world.clock.advance(Duration::from_secs(2));
        self.deployed.send(bearer(&format!("{API}{resource}"), token)).await
    }

    /// A search, whose answer must have that status.
    async fn search(&self, query: &str, token: &str, status: u16) -> Exchange {
        let answer = self.read(&format!("/offresdemploi/v2/offres/search?{query}"), token).await;
        assert_eq!(
            answer.status.as_u16(),
            status,
            "{query}: {} {}",
            answer.header("content-range"),
            answer.body
        );
        answer
    }
}

/// A request with more headers.
fn with(mut request: Request<Bytes>, headers: &[(&'static str, &str)]) -> Request<Bytes> {
    for (name, value) in headers {
        request.headers_mut().insert(*name, HeaderValue::from_str(value).unwrap());
    }
    request
}

/// The answer to a token that opens nothing: 401, of a JSON type and without a body.
#[track_caller]
fn is_unauthorized(answer: &Exchange) {
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (401, ""), "{answer:?}");
    assert!(answer.header("content-type").starts_with("application/json"), "{answer:?}");
}

#[track_caller]
fn is_forbidden(answer: &Exchange, words: &str) {
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (403, words), "{answer:?}");
}

/// RFC 6750 §3.1: whoever presents no token, or none that is good, reads nothing, not even why.
#[tokio::test]
async fn a_token_that_is_none_opens_nothing() {
    let scene = Scene::new().await;
    let url = format!("{API}/offresdemploi/v2/offres/search");
    let token = scene.token("partenaire", OFFERS).await;
    let good = bearer(&url, &token);
    let mut twice = good.clone();
    twice.headers_mut().append(header::AUTHORIZATION, format!("Bearer {token}").parse().unwrap());
    for (what, request) in [
        ("no token", get(&url)),
        ("a token that nobody issued", bearer(&url, "of-nothing")),
        ("another scheme", with(get(&url), &[("authorization", &format!("Basic {token}"))])),
        ("a scheme alone", with(get(&url), &[("authorization", "Bearer")])),
        ("two tokens", twice),
        ("a token in the address", get(&format!("{url}?access_token={token}"))),
        ("a token with a realm glued to it", bearer(&url, &format!("partenaire{token}"))),
        ("a token with more behind it", bearer(&url, &format!("{token} {token}"))),
    ] {
        let answer = scene.deployed.send(request).await;
        assert_eq!(answer.status.as_u16(), 401, "{what}: {answer:?}");
        is_unauthorized(&answer);
    }
    assert_eq!(scene.deployed.send(good.clone()).await.status.as_u16(), 206);
    scene.world.clock.advance(Duration::from_secs(1499));
    is_unauthorized(&scene.deployed.send(good).await);
}

/// RFC 7009 §2: a token that was given back is none, and so is that of an application that was disabled.
#[tokio::test]
async fn a_token_that_was_ended_opens_nothing() {
    let scene = Scene::new().await;
    let app = scene.world.app("partenaire", Application::Machine);
    let ended = scene.token("partenaire", OFFERS).await;
    assert_eq!(scene.read("/offresdemploi/v2/offres/search", &ended).await.status.as_u16(), 206);
    let revocation = scene.world.url("partenaire", royaume_realm::Endpoint::Revocation);
    scene.world.send(app.call(&revocation, &[("token", &ended)])).await.is_ok();
    is_unauthorized(&scene.read("/offresdemploi/v2/offres/search", &ended).await);
    let good = scene.token("partenaire", OFFERS).await;
    scene.world.amend(app, |client| client.disabled = true).await;
    is_unauthorized(&scene.read("/offresdemploi/v2/offres/search", &good).await);
}

/// RFC 6750 §3.1: a token must have the technical scope of the API and its business scopes. One API says so in words.
#[tokio::test]
async fn a_token_without_a_scope_is_forbidden() {
    let scene = Scene::new().await;
    for (scope, path, words) in [
        ("api_offresdemploiv2", "/offresdemploi/v2/offres/search", ""),
        ("o2dsoffre", "/offresdemploi/v2/offres/search", ""),
        ("api_rome-metiersv1 nomenclatureRome", "/offresdemploi/v2/offres/search", ""),
        ("api_rome-metiersv1", "/rome-metiers/v1/metiers/metier", "Invalid scope"),
        ("nomenclatureRome", "/rome-metiers/v1/metiers/metier", "Invalid scope"),
        ("echangespmsmp", "/testimmersion-pro/v3/demandes-immersion", ""),
    ] {
        let token = scene.token("partenaire", scope).await;
        is_forbidden(&scene.read(path, &token).await, words);
    }
    for scope in [OFFERS, &format!("{OFFERS} api_rome-metiersv1 nomenclatureRome")] {
        let token = scene.token("partenaire", scope).await;
        assert_eq!(scene.read("/offresdemploi/v2/offres/search", &token).await.status.as_u16(), 206);
    }
}

/// A token of one realm is good, and opens no API of another: that is 403 here, which is a guess.
#[tokio::test]
async fn a_token_of_another_realm_is_forbidden() {
    let scene = Scene::new().await;
    let person = scene.token_of("individu", "camille").await;
    is_forbidden(&scene.read("/offresdemploi/v2/offres/search", &person).await, "");
    let machine = scene.token("partenaire", OFFERS).await;
    for path in ["/peconnect-statut/v1/statut", "/rechercher-usager/v2/usagers/par-numero-francetravail"] {
        is_forbidden(&scene.read(path, &machine).await, "");
    }
}

/// RFC 9110 §15.6.4: while the server does not know whose a token is, the gateway refuses nobody.
#[tokio::test]
async fn trouble_is_no_refusal_of_a_token() {
    let scene = Scene::new().await;
    let token = scene.token("partenaire", OFFERS).await;
    for answers in 0..20 {
        scene.world.place.trouble.after(answers);
        let answer = scene.read("/offresdemploi/v2/offres/search", &token).await;
        if !scene.world.place.trouble.over() {
            assert!(answers > 0 && answer.status.as_u16() == 206, "{answer:?}");
            return;
        }
        assert_eq!(answer.status.as_u16(), 503, "{answer:?}");
        assert!(answer.header("retry-after").parse::<u32>().is_ok(), "{answer:?}");
    }
    panic!("the gateway never stops asking");
}

/// What is no API of the rehearsal is not found, whoever asks; what the server has there, the server answers.
#[tokio::test]
async fn what_is_not_rehearsed_is_not_found() {
    let scene = Scene::new().await;
    let token = scene.token("partenaire", OFFERS).await;
    for path in ["/offresdemploi/v1/offres/search", "/inconnue/v1/rien", "/offresdemploi", ""] {
        assert_eq!(scene.read(path, &token).await.status.as_u16(), 404, "{path}");
    }
    for path in ["/offresdemploi/v2", "/offresdemploi/v2/offres", "/offresdemploi/v2/referentiel/inconnu"] {
        assert_eq!(scene.read(path, &token).await.status.as_u16(), 404, "{path}");
    }
    let camille = scene.token_of("individu", "camille").await;
    let userinfo = scene.read("/peconnect-individu/v1/userinfo", &camille).await;
    assert_eq!(userinfo.is_ok().member("given_name"), "CAMILLE");
}

/// RFC 9110 §9.1: what is read is not written to.
#[tokio::test]
async fn other_methods_are_refused_with_those_that_are_allowed() {
    let scene = Scene::new().await;
    let token = scene.token("partenaire", OFFERS).await;
    let mut request = bearer(&format!("{API}/offresdemploi/v2/offres/search"), &token);
    *request.method_mut() = Method::DELETE;
    let refused = scene.deployed.send(request.clone()).await;
    assert_eq!((refused.status.as_u16(), refused.header("allow")), (405, "GET, HEAD"));
    *request.method_mut() = Method::HEAD;
    let head = scene.deployed.send(request).await;
    assert_eq!((head.status.as_u16(), head.body.as_str()), (206, ""));
    assert!(head.header("content-range").starts_with("offres 0-149/"));
}

/// RFC 6585 §4: beyond its quota an application is told how long to wait; after that it is answered again. Another
/// application is not made to wait.
#[tokio::test]
async fn an_application_beyond_its_quota_waits() {
    let scene = Scene::new().await;
    let token = scene.token("partenaire", OFFERS).await;
    let request = bearer(&format!("{API}/offresdemploi/v2/referentiel/regions"), &token);
    for left in (0..10).rev() {
        let answer = scene.deployed.send(request.clone()).await;
        answer.is_ok();
        assert_eq!(answer.header("x-ratelimit-remaining-clientidlimiter"), left.to_string());
        assert_eq!(answer.header("x-ratelimit-burst-capacity-clientidlimiter"), "10");
        assert_eq!(answer.header("x-ratelimit-replenish-rate-clientidlimiter"), "10");
    }
    let refused = scene.deployed.send(request.clone()).await;
    assert_eq!(refused.status.as_u16(), 429, "{refused:?}");
    assert!(refused.header("content-type").starts_with("text/plain"), "{refused:?}");
    assert_eq!(refused.header("x-ratelimit-remaining-clientidlimiter"), "0");
    let wish = royaume_spec::world::wish_of(Application::Machine, "Another");
    let another = scene.world.add_app("partenaire", wish).await;
    let grant = [("grant_type", "client_credentials"), ("scope", OFFERS)];
    let theirs = scene.world.send(another.token_request(&grant)).await.member("access_token");
    scene
        .deployed
        .send(bearer(&format!("{API}/offresdemploi/v2/referentiel/regions"), &theirs))
        .await
        .is_ok();
    let wait = refused.header("retry-after").parse().unwrap();
    scene.world.clock.advance(Duration::from_secs(wait));
    scene.deployed.send(request).await.is_ok();
}

/// Sixty-four at once get a burst between them, and not one call more; quotas are of applications, not of tokens.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_crowd_gets_more_than_a_burst() {
    let scene = Scene::new().await;
    let tokens = [scene.token("partenaire", OFFERS).await, scene.token("partenaire", OFFERS).await];
    let gate = Arc::new(Barrier::new(64));
    let calls: Vec<_> = (0..64)
        .map(|at| {
            let (gate, deployed) = (Arc::clone(&gate), scene.deployed.clone());
            let request = bearer(&format!("{API}/offresdemploi/v2/referentiel/regions"), &tokens[at % 2]);
            tokio::spawn(async move {
                gate.wait().await;
                deployed.send(request).await.status.as_u16()
            })
        })
        .collect();
    let mut statuses = Vec::new();
    for call in calls {
        statuses.push(call.await.unwrap());
    }
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 10, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 429).count(), 54, "{statuses:?}");
}

/// The slowest API answers once a second.
#[tokio::test]
async fn the_trades_are_read_once_a_second() {
    let scene = Scene::new().await;
    let token = scene.token("partenaire", "api_rome-metiersv1 nomenclatureRome").await;
    let request = bearer(&format!("{API}/rome-metiers/v1/metiers/metier/M1805"), &token);
    let metier = scene.deployed.send(request.clone()).await;
    assert_eq!(metier.is_ok().member("libelle"), "Études et développement informatique");
    assert_eq!(scene.deployed.send(request.clone()).await.status.as_u16(), 429);
    scene.world.clock.advance(Duration::from_millis(999));
    assert_eq!(scene.deployed.send(request.clone()).await.status.as_u16(), 429);
    scene.world.clock.advance(Duration::from_millis(1));
    scene.deployed.send(request).await.is_ok();
}

/// The sandbox takes what it is sent, with the scope that has `test` in it, and answers the same to everybody.
#[tokio::test]
async fn the_sandbox_answers_stubs() {
    let scene = Scene::new().await;
    let token = scene.token("partenaire", "api_testimmersion-prov3 echangespmsmp").await;
    let url = format!("{API}/testimmersion-pro/v3/demandes-immersion");
    let sent = |body: &'static str| {
        let mut request = with(bearer(&url, &token), &[("content-type", "application/json")]);
        (*request.method_mut(), *request.body_mut()) = (Method::POST, Bytes::from_static(body.as_bytes()));
        request
    };
    let taken = scene.deployed.send(sent(r#"{"id":"1"}"#)).await;
    assert_eq!((taken.status.as_u16(), taken.body.as_str()), (201, "{}"));
    let refused = scene.deployed.send(sent("<xml/>")).await;
    assert_eq!((refused.status.as_u16(), refused.json()["codeHttp"].as_u64()), (400, Some(400)));
}
