//! A world: one server with the realms of France Travail, its sample applications and people, and a clock that
//! stands still until a test moves it.

use std::sync::Arc;

use bytes::Bytes;
use http::Request;
use jiff::Timestamp;
use royaume_jose::{SeededEntropy, ServerKey};
use royaume_protocol::scope::OFFLINE_ACCESS;
use royaume_protocol::{ClientMetadata, GrantType, Secret};
use royaume_realm::{BaseUrl, Dialect, Endpoint, Realm, SampleApplication, Samples, Topology};
use royaume_server::admin::{Administration, NewAccount, NewClient};
use royaume_server::passwords::{Bounds, Cost, Passwords};
use royaume_server::stored::client::{Application, Client};
use royaume_server::{Configuration, MovableClock, Server};
use royaume_store::{Expect, Outcome, Row, Store, Write};
use tokio::sync::OnceCell;

use crate::app::App;
use crate::browser::Browser;
use crate::elsewhere::Elsewhere;
use crate::exchange::Exchange;
use crate::store::Place;

/// Where the server of a world believes to be.
pub const BASE: &str = "https://sso.royaume.test";

/// A server and everything around it.
pub struct World {
    /// The server.
    pub server: Server,
    /// Its clock.
    pub clock: Arc<MovableClock>,
    /// Its realms.
    pub topology: Topology,
    /// What it remembers.
    pub place: Place,
    /// The sites of its clients.
    pub elsewhere: Arc<Elsewhere>,
    pub(crate) server_key: ServerKey,
    pub(crate) entropy: Arc<SeededEntropy>,
    passwords: Passwords,
    apps: Vec<App>,
}

/// Keyrings take long to make: the first world of its kind makes them, the others are given copies.
static KEYRINGS: OnceCell<Vec<Row>> = OnceCell::const_new();
static KEYRINGS_OF_PROVIDER: OnceCell<Vec<Row>> = OnceCell::const_new();

impl World {
    /// A world that speaks the words of the standards.
    pub async fn standard() -> Self {
        Self::with(|topology| speak(topology, Dialect::STANDARD)).await
    }

    /// A world that speaks as France Travail is deployed.
    pub async fn as_deployed() -> Self {
        Self::with(|topology| speak(topology, Dialect::AS_DEPLOYED)).await
    }

    /// A world whose realms are changed before it begins.
    ///
    /// # Panics
    /// When the preset or the store cannot be had.
    pub async fn with(change: impl FnOnce(&mut Topology)) -> Self {
        let mut topology = Topology::preset(Topology::FRANCE_TRAVAIL).expect("the preset reads");
        speak(&mut topology, Dialect::STANDARD);
        change(&mut topology);
        Self::of(topology).await
    }

    pub(crate) async fn of(topology: Topology) -> Self {
        let place = Place::fresh().await;
        let server_key = ServerKey::from_bytes([42; 32]);
        let entropy = Arc::new(SeededEntropy::new(7));
        let clock = Arc::new(MovableClock::new(start()));
        give_keys(&topology, &*place.store).await;
        let elsewhere = Arc::new(Elsewhere::default());
        let server = serve(&topology, |_| (), &place.store, &server_key, &clock, &entropy, &elsewhere).await;
        let bounds = Bounds { threads: 1, ..Bounds::default() };
        let passwords = Passwords::new(Cost::dangerously_cheap(), bounds);
        let mut world = Self {
            server,
            clock,
            topology,
            place,
            elsewhere,
            server_key,
            entropy,
            passwords,
            apps: Vec::new(),
        };
        world.furnish().await;
        world
    }

    /// A second server on the same rows, as another node or after a restart.
    ///
    /// # Panics
    /// When the store does not open again.
    pub async fn another_node(&self) -> Server {
        self.configured(|_| ()).await
    }

    /// A second server on the same rows, set up otherwise.
    ///
    /// # Panics
    /// When the store does not open again.
    pub async fn configured(&self, change: impl FnOnce(&mut Configuration)) -> Server {
        let store = Place::open(&self.place.address).await.unwrap_or_else(|| Arc::clone(&self.place.store));
        serve(&self.topology, change, &store, &self.server_key, &self.clock, &self.entropy, &self.elsewhere)
            .await
    }

    /// A realm.
    ///
    /// # Panics
    /// When there is none of that name.
    pub fn realm(&self, name: &str) -> &Realm {
        self.topology.realm(name).unwrap_or_else(|| panic!("no realm {name}"))
    }

    /// An administrator of a realm.
    pub fn admin<'a>(&'a self, realm: &str) -> Administration<'a> {
        Administration {
            store: &*self.place.store,
            realm: self.realm(realm),
            server_key: &self.server_key,
            entropy: &*self.entropy,
            outbound: &*self.elsewhere,
            now: royaume_server::Clock::now(&*self.clock),
        }
    }

    /// What hashes passwords here, for an administrator.
    pub fn passwords(&self) -> &Passwords {
        &self.passwords
    }

    /// The sample application of that kind in that realm.
    ///
    /// # Panics
    /// When there is none.
    pub fn app(&self, realm: &str, application: Application) -> &App {
        let fits = |app: &&App| app.realm == realm && app.application == application;
        self.apps
            .iter()
            .find(fits)
            .unwrap_or_else(|| panic!("no {} application in {realm}", application.as_str()))
    }

    /// Registers one more application.
    ///
    /// # Panics
    /// When the wish is refused.
    pub async fn add_app(&self, realm: &str, wish: NewClient) -> App {
        let (client, secret) =
            self.admin(realm).add_client(wish).await.expect("a client that may be registered");
        App {
            realm: realm.to_owned(),
            application: client.application,
            secret: secret.map(|secret| secret.expose().to_owned()).unwrap_or_default(),
            redirect_uri: client.redirect_uris.first().map(|uri| uri.as_str().to_owned()).unwrap_or_default(),
            scope: client.scope.only(|word| word != OFFLINE_ACCESS).to_string(),
            authorize: self.url(realm, Endpoint::Authorization),
            token: self.url(realm, Endpoint::Token),
            client_id: client.client_id,
        }
    }

    /// Changes what an application is registered for, past the checks of registration.
    ///
    /// # Panics
    /// When there is no such application.
    pub async fn amend(&self, app: &App, change: impl FnOnce(&mut Client)) {
        let realm = royaume_store::RealmName::new(&app.realm).expect("a realm name");
        let id = Client::id(&realm, &app.client_id);
        let stored = self.place.store.get(&id).await.expect("the store answers").expect("a client");
        let mut client = serde_json::from_slice(&stored.row.body).expect("a client reads");
        change(&mut client);
        let body = serde_json::to_vec(&client).expect("a client is written");
        let write = Write::Put { row: Row { body, ..stored.row }, expect: Expect::Version(stored.version) };
        assert_eq!(self.place.store.write(vec![write]).await.expect("the store answers"), Outcome::Done);
    }

    /// The canonical address of an endpoint.
    pub fn url(&self, realm: &str, endpoint: Endpoint) -> String {
        let base = BaseUrl::parse(BASE).expect("a base URL");
        let table = royaume_realm::AddressTable::new(Arc::new(self.topology.clone()), base)
            .expect("a sound topology");
        table.url(self.realm(realm), endpoint)
    }

    /// The issuer of a realm.
    pub fn issuer(&self, realm: &str) -> String {
        format!("{BASE}{}", self.realm(realm).forms.issuer_path(&self.realm(realm).name))
    }

    /// Sends a request.
    pub async fn send(&self, request: Request<Bytes>) -> Exchange {
        self.server.handle(request).await.into()
    }

    /// A new browser.
    pub fn browser(&self) -> Browser<'_> {
        Browser::new(self)
    }

    /// The full address of a place on this server; nothing for one elsewhere.
    pub(crate) fn own(&self, location: &str) -> Option<String> {
        if location.starts_with('/') {
            return Some(format!("{BASE}{location}"));
        }
        location.strip_prefix(BASE).is_some_and(|rest| rest.starts_with('/')).then(|| location.to_owned())
    }

    /// Signs `camille`-like people in and redeems the code: the answer of the token endpoint.
    pub async fn sign_in(&self, app: &App) -> Exchange {
        let person = self.person(&app.realm);
        let mut browser = self.browser();
        let callback = browser.walk(&app.authorization_url(&[]), person, person).await;
        self.send(app.redemption(&callback.parameter("code"), &[])).await
    }

    /// The first person of a realm; the password is the same word.
    ///
    /// # Panics
    /// When nobody signs in to that realm.
    pub fn person(&self, realm: &str) -> &'static str {
        match realm {
            "individu" | "op" => "camille",
            "entreprise" => "lea",
            "agent" => "ines",
            other => panic!("nobody signs in to {other}"),
        }
    }

    async fn furnish(&mut self) {
        let samples = Samples::preset(Topology::FRANCE_TRAVAIL).expect("the samples read");
        for sample in &samples.applications {
            if self.topology.realm(sample.realm.as_str()).is_none() {
                continue;
            }
            let app = self.add_app(sample.realm.as_str(), wish(sample)).await;
            self.apps.push(app);
        }
        for person in &samples.people {
            if self.topology.realm(person.realm.as_str()).is_none() {
                continue;
            }
            let wish = NewAccount {
                username: person.username.clone(),
                subject: Some(person.subject.clone()),
                claims: person.claims.clone(),
            };
            let admin = self.admin(person.realm.as_str());
            admin.add_account(wish, Some(&person.password), &self.passwords).await.expect("a sample person");
        }
    }
}

/// The moment at which every world begins.
pub fn start() -> Timestamp {
    "2026-11-24T12:00:00Z".parse().expect("a moment")
}

/// An application of that kind as a wish: all the scopes of its realm, and `https://app.test/cb` to come back to.
pub fn wish_of(application: Application, name: &str) -> NewClient {
    let redirect_uris = match application {
        Application::Machine => Vec::new(),
        Application::Private | Application::Public => vec!["https://app.test/cb".to_owned()],
    };
    NewClient {
        client_id: None,
        name: name.to_owned(),
        application,
        redirect_uris,
        post_logout_redirect_uris: Vec::new(),
        scope: None,
        grants: None,
        introspects_all: false,
        secret: None,
        metadata: ClientMetadata::default(),
    }
}

/// A sample application as a wish.
pub fn wish(sample: &SampleApplication) -> NewClient {
    let application = match sample.kind {
        royaume_realm::Application::Public => Application::Public,
        royaume_realm::Application::Private if sample.grants == [GrantType::ClientCredentials] => {
            Application::Machine
        }
        royaume_realm::Application::Private => Application::Private,
    };
    NewClient {
        client_id: Some(sample.client_id.clone()),
        name: sample.name.fr.clone(),
        application,
        redirect_uris: sample.redirect_uris.iter().map(|uri| uri.as_str().to_owned()).collect(),
        post_logout_redirect_uris: sample
            .post_logout_redirect_uris
            .iter()
            .map(|uri| uri.as_str().to_owned())
            .collect(),
        scope: Some(sample.scope.to_string()),
        grants: Some(sample.grants.clone()),
        introspects_all: false,
        secret: (application != Application::Public)
            .then(|| Secret::from(format!("secret-of-{}", sample.client_id))),
        metadata: ClientMetadata::default(),
    }
}

fn speak(topology: &mut Topology, dialect: Dialect) {
    for realm in &mut topology.realms {
        realm.dialect = dialect;
    }
}

async fn serve(
    topology: &Topology,
    change: impl FnOnce(&mut Configuration),
    store: &Arc<dyn Store>,
    server_key: &ServerKey,
    clock: &Arc<MovableClock>,
    entropy: &Arc<SeededEntropy>,
    elsewhere: &Arc<Elsewhere>,
) -> Server {
    let mut configuration = Configuration::new(topology.clone(), BaseUrl::parse(BASE).expect("a base URL"));
    configuration.password_cost = Cost::dangerously_cheap();
    configuration.password_bounds = Bounds { threads: 1, ..Bounds::default() };
    change(&mut configuration);
    let (clock, entropy, elsewhere) = (Arc::clone(clock), Arc::clone(entropy), Arc::clone(elsewhere));
    Server::start(Arc::clone(store), server_key.clone(), configuration, clock, entropy, elsewhere)
        .await
        .expect("a server starts")
}

/// Writes the keyrings that the first world made.
async fn give_keys(topology: &Topology, store: &dyn Store) {
    let kept = if topology.name == "provider" { &KEYRINGS_OF_PROVIDER } else { &KEYRINGS };
    let rows = kept
        .get_or_init(|| async {
            let store: Arc<dyn Store> = Arc::new(royaume_store::Memory::new());
            let key = ServerKey::from_bytes([42; 32]);
            let clock = Arc::new(MovableClock::new(start()));
            let (entropy, nobody) = (Arc::new(SeededEntropy::new(1)), Arc::new(Elsewhere::default()));
            serve(topology, |_| (), &store, &key, &clock, &entropy, &nobody).await;
            let mut rows = Vec::new();
            for realm in &topology.realms {
                let name = royaume_store::RealmName::new(realm.name.as_str()).expect("a realm name");
                let id = royaume_server::stored::keyring::Keyring::id(&name);
                rows.push(store.get(&id).await.expect("memory answers").expect("a keyring was made").row);
            }
            rows
        })
        .await;
    let kept = rows.iter().filter(|row| topology.realm(row.id.realm().as_str()).is_some());
    let writes = kept.map(|row| Write::Put { row: row.clone(), expect: Expect::Anything }).collect();
    assert_eq!(store.write(writes).await.expect("the store answers"), Outcome::Done);
}
