//! The client calls the gateway: what it makes of each of its answers, and that it keeps to the quotas by itself.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use royaume_client::{
    Agent, AgentAnswer, Api, ApiError, BaseUrl, Client, ClientAuthentication, Clock, Machine, Place,
    Provider, ReturnCode, Scope,
};
use royaume_server::MovableClock;
use royaume_server::stored::client::Application;
use royaume_spec::world::BASE;
use royaume_spec::{Deployed, World};
use serde_json::{Value, json};

const OFFERS: &str = "api_offresdemploiv2 o2dsoffre";
const SEARCH: &str = "/offresdemploi/v2/offres/search";

/// The clock of a world, which is moved on by whoever waits for it. Nobody waits for the end of a deadline.
#[derive(Clone)]
struct Passing(Arc<MovableClock>);

impl Clock for Passing {
    fn now(&self) -> Timestamp {
        royaume_server::Clock::now(&*self.0)
    }

    async fn sleep(&self, wait: Duration) {
        if wait > Duration::from_secs(10) {
            pending::<()>().await;
        }
        self.0.advance(wait);
    }
}

type Apis = Api<Machine<Deployed>, Deployed, Passing>;

/// The APIs as the application of a realm calls them for itself.
fn apis(world: &World, realm: &str, scope: &str) -> Apis {
    let app = world.app(realm, Application::Machine);
    let place = Place::At(BaseUrl::parse(BASE).unwrap());
    let provider = Provider::from(world.topology.provider(realm, &place).unwrap());
    let application = ClientAuthentication::post(&app.client_id, app.secret.as_str());
    let deployed = Deployed::before(world);
    let machine = Machine::new(Client::new(provider, application, deployed.clone()));
    let base = BaseUrl::parse(&format!("{BASE}/partenaire")).unwrap();
    Api::new(base, machine, Scope::parse(scope).unwrap(), deployed, Passing(Arc::clone(&world.clock)))
}

#[tokio::test]
async fn all_pages_of_a_search_are_read() {
    let world = World::as_deployed().await;
    let mut pages = apis(&world, "partenaire", OFFERS)
        .get(SEARCH)
        .query("typeContrat", "MIS")
        .pages::<Value>("resultats");
    let mut read = 0;
    while let Some(page) = pages.next().await {
        read += page.unwrap().items.len();
    }
    assert!(read > 300, "{read}");
    assert_eq!(pages.total(), Some(read as u64));
}

#[tokio::test]
async fn a_search_that_finds_more_than_is_shown_says_so_at_its_end() {
    let world = World::as_deployed().await;
    let mut pages = apis(&world, "partenaire", OFFERS).get(SEARCH).pages::<Value>("resultats");
    let (mut read, mut end) = (0, None);
    while let Some(page) = pages.next().await {
        match page {
            Ok(page) => read += page.items.len(),
            Err(error) => end = Some(error),
        }
    }
    assert_eq!(read, 3150);
    assert!(matches!(end, Some(ApiError::OutOfReach { reachable: 3150, total }) if total > 3150), "{end:?}");
}

/// Sixty calls at once, ten a second allowed: all of them are answered, none is refused for good.
#[tokio::test]
async fn a_crowd_of_calls_keeps_to_the_quota() {
    let world = World::as_deployed().await;
    // The clock is moved on by whoever waits, also while a store is still at work for another call: it is no measure here.
    let api = apis(&world, "partenaire", OFFERS)
        .with_rate(royaume_client::Rate::per_second(10.0))
        .with_deadline(Duration::from_secs(3600));
    let calls: Vec<_> = (0..60)
        .map(|_| {
            let api = api.clone();
            tokio::spawn(async move {
                api.get("/offresdemploi/v2/referentiel/regions").json::<Vec<Value>>().await
            })
        })
        .collect();
    for call in calls {
        assert_eq!(call.await.unwrap().unwrap().len(), 18);
    }
}

#[tokio::test]
async fn refusals_are_told_apart() {
    let world = World::as_deployed().await;
    let forbidden = |scope, path| {
        let api = apis(&world, "partenaire", scope);
        async move { api.get(path).send().await.unwrap_err() }
    };
    let error = forbidden("api_offresdemploiv2", SEARCH).await;
    assert!(matches!(error, ApiError::Forbidden { message: None, .. }), "{error:?}");
    let error = forbidden("api_rome-metiersv1", "/rome-metiers/v1/metiers/metier").await;
    assert!(
        matches!(&error, ApiError::Forbidden { message: Some(words), .. } if words == "Invalid scope"),
        "{error:?}"
    );
    let api = apis(&world, "partenaire", OFFERS);
    let error = api.get(SEARCH).query("range", "0-150").send().await.unwrap_err();
    assert!(
        matches!(&error, ApiError::Business { status: 400, code, .. } if code == "plage-incorrecte"),
        "{error:?}"
    );
    let error = api.get("/offresdemploi/v2/inconnu").send().await.unwrap_err();
    assert!(matches!(error, ApiError::NotFound { status: 404 }), "{error:?}");
    let error = api.get(SEARCH).header("royaume-fault", "html-400").send().await.unwrap_err();
    assert!(matches!(error, ApiError::Unexpected { status: 400, .. }), "{error:?}");
    let error = api.get(SEARCH).header("royaume-fault", "json-500").send().await.unwrap_err();
    assert!(error.is_temporary(), "{error:?}");
    let nothing = api.get(SEARCH).query("motsCles", "licorne").send().await.unwrap();
    assert_eq!(nothing.status().as_u16(), 204);
}

/// Without the agent it is a redirect; with one, somebody is found, and what is known of them is read.
#[tokio::test]
async fn an_agent_looks_somebody_up() {
    let world = World::as_deployed().await;
    let scope = "api_rechercher-usagerv2 rechercheusager profil_accedant api_donnees-rqthv1 h2a";
    let api = apis(&world, "agent", scope);
    let search = "/rechercher-usager/v2/usagers/par-numero-francetravail";
    let body = json!({ "numeroFranceTravail": "99000000001" });
    let error = api.post(search).json_body(&body).send().await.unwrap_err();
    assert!(matches!(error, ApiError::Redirected { status: 302 }), "{error:?}");
    let api = api.for_agent(&Agent::new("ROBERT", "Inès", "BATCH").unwrap());
    let answer = AgentAnswer::read(&api.post(search).json_body(&body).send().await.unwrap()).unwrap();
    assert_eq!((answer.code, answer.certified), (ReturnCode::Found, Some(true)));
    let jeton = answer.jeton_usager.unwrap();
    let rqth: Value = api.get("/donnees-rqth/v1/rqth").about(&jeton).json().await.unwrap();
    assert_eq!(rqth["topValiditeRQTH"], true);
    let wrong = api.post(search).json_body(&json!({ "numeroFranceTravail": "1" })).send().await;
    let error = wrong.and_then(|response| AgentAnswer::read(&response)).unwrap_err();
    assert!(matches!(&error, ApiError::Business { status: 400, code, .. } if code == "R997"), "{error:?}");
}

/// The sandbox is the same call, with `test` in scope and path.
#[tokio::test]
async fn the_sandbox_is_called() {
    let world = World::as_deployed().await;
    let api = apis(&world, "partenaire", "api_immersion-prov3 echangespmsmp").in_sandbox();
    let answer =
        api.post("/immersion-pro/v3/demandes-immersion").json_body(&json!({ "id": "1" })).send().await;
    assert_eq!(answer.unwrap().status().as_u16(), 201);
}
