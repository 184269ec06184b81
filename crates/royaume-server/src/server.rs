//! The server: one service from request to response.
//!
//! A request is located (which realm, which endpoint), put into a [`Context`] with one reading of the clock, and
//! answered by its endpoint. Sockets, TLS and limits on size and time are the listener's business.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use royaume_jose::{Entropy, MacKey, ServerKey};
use royaume_realm::{AddressTable, BaseUrl, Endpoint, LocateError, Realm, Topology};
use royaume_store::Store;

use crate::answer::{self, Answer};
use crate::clients;
use crate::context::{Clock, Context, Peer};
use crate::endpoints;
use crate::holder::{self, TokenHolder};
use crate::keys;
use crate::notices::{self, Deliveries};
use crate::outbound::Outbound;
use crate::pages::{self, Language};
use crate::passwords::{Bounds, Cost, Passwords};
use crate::realms::ServedRealm;
use crate::refusal::{Failure, Fault, Refusal};
use crate::stored::KEPT_AFTER_END;
use crate::throttle::{Allowance, Throttle};

/// How a server is set up.
#[derive(Debug, Clone)]
pub struct Configuration {
    /// The realms.
    pub topology: Topology,
    /// Where the server is reached: issuers, addresses and the `Secure` of cookies follow from it.
    pub base_url: BaseUrl,
    /// What a password hash costs.
    pub password_cost: Cost,
    /// How many passwords may wait to be hashed.
    pub password_bounds: Bounds,
    /// Wrong passwords for one person from one address.
    pub login_failures: Allowance,
    /// Wrong passwords from one address, for anybody.
    pub address_failures: Allowance,
    /// Wrong secrets from one address.
    pub client_failures: Allowance,
    /// Accounts made at one address: each is a row for ever.
    pub accounts: Allowance,
    /// Sign-ins begun at one address: each is a row for a quarter of an hour.
    pub begun: Allowance,
    /// Clients registered from one address without an initial access token.
    pub registrations: Allowance,
    /// Clients of one realm that registered themselves and that nobody has used yet, at most.
    pub unused_clients: usize,
    /// How long such a client stays.
    pub unused_client_lifetime: Duration,
}

impl Configuration {
    /// The usual limits.
    pub fn new(topology: Topology, base_url: BaseUrl) -> Self {
        let allowance = |burst, seconds| Allowance { burst, forgets_in: Duration::from_secs(seconds) };
        Self {
            topology,
            base_url,
            password_cost: Cost::default(),
            password_bounds: Bounds::default(),
            login_failures: allowance(10, 30),
            address_failures: allowance(200, 2),
            client_failures: allowance(60, 1),
            accounts: allowance(20, 60),
            begun: Allowance { burst: 1_000, forgets_in: Duration::from_millis(100) },
            registrations: allowance(60, 60),
            unused_clients: 1_000,
            unused_client_lifetime: Duration::from_secs(30 * 24 * 3600),
        }
    }
}

/// What every request is answered with.
pub(crate) struct Parts {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) clock: Arc<dyn Clock>,
    /// The clients' own sites.
    pub(crate) outbound: Arc<dyn Outbound>,
    pub(crate) server_key: ServerKey,
    /// Row ids of handles, and successors of refresh tokens.
    pub(crate) handles_key: MacKey,
    /// Digests of client secrets.
    pub(crate) secrets_key: MacKey,
    /// Tokens in forms, bindings of interactions.
    pub(crate) forms_key: MacKey,
    /// Subjects that differ by sector.
    pub(crate) subjects_key: MacKey,
    /// Names of sessions, as each client is told them.
    pub(crate) sids_key: MacKey,
    pub(crate) deliveries: Arc<Deliveries>,
    pub(crate) realms: Vec<ServedRealm>,
    pub(crate) addresses: AddressTable,
    pub(crate) passwords: Passwords,
    pub(crate) login_throttle: Throttle,
    pub(crate) address_throttle: Throttle,
    pub(crate) client_throttle: Throttle,
    pub(crate) begun_throttle: Throttle,
    pub(crate) accounts_throttle: Throttle,
    pub(crate) registration_throttle: Throttle,
    pub(crate) unused_clients: usize,
    pub(crate) unused_client_lifetime: Duration,
    /// People reach it over https.
    pub(crate) secure: bool,
    own_origins: Vec<String>,
}

impl Parts {
    pub(crate) fn url(&self, realm: &Realm, endpoint: Endpoint) -> String {
        self.addresses.url(realm, endpoint)
    }

    /// The path of an endpoint, for links that stay on whatever host the browser is on.
    pub(crate) fn path(&self, realm: &Realm, endpoint: Endpoint) -> String {
        let url = self.url(realm, endpoint);
        url.strip_prefix(self.addresses.base().origin()).unwrap_or(&url).to_owned()
    }

    /// Is that the origin of this server, under its own name or a realm's host?
    pub(crate) fn is_own_origin(&self, origin: &[u8]) -> bool {
        self.own_origins.iter().any(|own| own.as_bytes() == origin)
    }
}

/// The authorization server. Cheap to clone.
#[derive(Clone)]
pub struct Server {
    parts: Arc<Parts>,
}

impl Server {
    /// Sets a server up: makes the signing keys that are missing.
    ///
    /// # Errors
    /// [`Fault`] when the store does not answer, or holds keys that the server key does not open.
    pub async fn start(
        store: Arc<dyn Store>,
        server_key: ServerKey,
        configuration: Configuration,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        outbound: Arc<dyn Outbound>,
    ) -> Result<Self, Fault> {
        let Configuration { topology, base_url, .. } = &configuration;
        let addresses = AddressTable::new(Arc::new(topology.clone()), base_url.clone())
            .map_err(|error| Fault::Configuration(error.to_string()))?;
        let secure = base_url.is_https();
        let realms = topology
            .realms
            .iter()
            .map(|realm| ServedRealm::new(realm.clone(), addresses.issuer(realm), secure))
            .collect::<Result<Vec<_>, _>>()?;
        for realm in &realms {
            let lifetimes = &realm.realm.lifetimes;
            keys::ensure(&*store, &realm.name, lifetimes, &server_key, clock.now(), &*entropy).await?;
        }
        let scheme = if secure { "https" } else { "http" };
        let own_origins = std::iter::once(base_url.origin().to_owned())
            .chain(
                topology
                    .realms
                    .iter()
                    .flat_map(|realm| &realm.hosts)
                    .map(|host| format!("{scheme}://{}", host.name)),
            )
            .collect();
        const REMEMBERED: usize = 100_000;
        let parts = Parts {
            handles_key: server_key.mac_key("handles"),
            secrets_key: server_key.mac_key("client-secrets"),
            forms_key: server_key.mac_key("forms"),
            subjects_key: server_key.mac_key("pairwise-subjects"),
            sids_key: server_key.mac_key("sids"),
            deliveries: Arc::new(Deliveries::new()),
            passwords: Passwords::new(configuration.password_cost, configuration.password_bounds),
            login_throttle: Throttle::new(configuration.login_failures, REMEMBERED),
            address_throttle: Throttle::new(configuration.address_failures, REMEMBERED),
            client_throttle: Throttle::new(configuration.client_failures, REMEMBERED),
            begun_throttle: Throttle::new(configuration.begun, REMEMBERED),
            accounts_throttle: Throttle::new(configuration.accounts, REMEMBERED),
            registration_throttle: Throttle::new(configuration.registrations, REMEMBERED),
            unused_clients: configuration.unused_clients,
            unused_client_lifetime: configuration.unused_client_lifetime,
            store,
            entropy,
            clock,
            outbound,
            server_key,
            realms,
            addresses,
            secure,
            own_origins,
        };
        Ok(Self { parts: Arc::new(parts) })
    }

    /// Answers a request. Its body is complete; [`Peer`] in its extensions says who is calling.
    pub async fn handle(&self, request: Request<Bytes>) -> Response<Bytes> {
        let mut answer = self.answer(&request).await;
        if request.method() == Method::HEAD {
            *answer.body_mut() = Bytes::new();
        }
        answer::protect(answer.headers_mut(), self.parts.secure);
        answer
    }

    async fn answer(&self, request: &Request<Bytes>) -> Answer {
        let path = request.uri().path();
        if let Some(answer) = self.outside_realms(request, path).await {
            return answer;
        }
        let host = request
            .headers()
            .get(header::HOST)
            .and_then(|host| host.to_str().ok())
            .or_else(|| request.uri().authority().map(|authority| authority.as_str()))
            .unwrap_or_default();
        let located = match self.parts.addresses.locate(host, path, request.uri().query()) {
            Ok(located) => located,
            Err(error) => return lost(request, &error),
        };
        let realm = &self.parts.realms[located.position];
        let peer = request.extensions().get::<Peer>().copied().unwrap_or_default().0;
        let cx = Context::new(&self.parts, realm, located, self.parts.clock.now(), peer);
        endpoints::answer(request, &cx).await
    }

    /// What belongs to no realm: health, and what pages are made of.
    async fn outside_realms(&self, request: &Request<Bytes>, path: &str) -> Option<Answer> {
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            return None;
        }
        match path {
            // Alive says nothing of the store: a process that waits for its database need not be killed.
            "/health/live" => Some(answer::json(StatusCode::OK, &serde_json::json!({ "status": "live" }))),
            "/health/ready" => Some(match self.parts.store.ping().await {
                Ok(()) => answer::json(StatusCode::OK, &serde_json::json!({ "status": "ready" })),
                Err(_) => {
                    let mut answer = answer::json(
                        StatusCode::SERVICE_UNAVAILABLE,
                        &serde_json::json!({ "status": "the store is unavailable" }),
                    );
                    answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
                    answer
                }
            }),
            _ => pages::asset(path).map(|asset| {
                let mut answer = Response::new(Bytes::from_static(asset.bytes));
                let headers = answer.headers_mut();
                headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(asset.content_type));
                headers.insert(
                    header::CACHE_CONTROL,
                    HeaderValue::from_static("public, max-age=31536000, immutable"),
                );
                answer
            }),
        }
    }

    /// Whose is that access token? Nobody's, if it is unknown, expired or revoked. For APIs in the same process: others
    /// introspect it (RFC 7662).
    ///
    /// # Errors
    /// [`Fault`] when the store does not answer.
    pub async fn token_holder(&self, token: &str) -> Result<Option<TokenHolder>, Fault> {
        holder::of(token, &self.parts).await
    }

    /// Passwords hashed, and passwords turned away because too many waited, since the start.
    pub fn passwords(&self) -> (u64, u64) {
        self.parts.passwords.counters()
    }

    /// Notices of logout that applications took, and those that were given up because nobody took them, since the start.
    pub fn logout_notices(&self) -> (u64, u64) {
        self.parts.deliveries.counters()
    }

    /// Publishes successors of the signing keys that are old enough (OIDC Core §10.1.1). Any number of nodes may do so at
    /// any time: each successor is made once. Returns how many there were.
    ///
    /// # Errors
    /// [`Fault`] when the store does not answer; realms before the one that failed have been looked after.
    pub async fn rotate_keys(&self) -> Result<usize, Fault> {
        let Parts { store, server_key, entropy, clock, .. } = &*self.parts;
        let mut made = 0;
        for realm in &self.parts.realms {
            let lifetimes = &realm.realm.lifetimes;
            for key in
                keys::rotate(&**store, &realm.name, lifetimes, server_key, clock.now(), &**entropy).await?
            {
                made += 1;
                tracing::info!(
                    target: "royaume::audit",
                    event = "key_announced",
                    realm = realm.name.as_str(),
                    kid = key.kid,
                    algorithm = key.algorithm.as_str(),
                    signs_from = %key.signs_from,
                );
            }
        }
        Ok(made)
    }

    /// Tells applications of logouts that they have not taken word of (Back-Channel Logout 1.0 §2.5). Any number of nodes
    /// may do so at any time: each try is made once. Returns how many were begun; [`Server::delivered`] waits for them.
    ///
    /// # Errors
    /// [`Fault`] when the store does not answer; what is owed then is delivered later.
    pub async fn deliver(&self) -> Result<usize, Fault> {
        notices::deliver_due(&self.parts).await
    }

    /// Until no delivery is under way.
    pub async fn delivered(&self) {
        self.parts.deliveries.idle().await;
    }

    /// Removes what ended long enough ago: at most `limit` rows, and the clients that nobody used. Returns how many there
    /// were.
    ///
    /// # Errors
    /// [`Fault`] when the store does not answer.
    pub async fn sweep(&self, limit: usize) -> Result<usize, Fault> {
        let before = self.parts.clock.now().saturating_sub(KEPT_AFTER_END).unwrap_or_default();
        let mut removed = 0;
        // Before the rows beside them, which say where they are.
        for realm in self.parts.realms.iter().filter(|realm| realm.realm.offers(Endpoint::Registration)) {
            removed += clients::unused::sweep(before, &realm.name, &*self.parts.store).await?;
        }
        Ok(removed + self.parts.store.sweep(before, limit).await?)
    }
}

/// No realm answers at that address.
fn lost(request: &Request<Bytes>, error: &LocateError) -> Answer {
    let refusal = match error {
        LocateError::UnknownPath => Refusal::NotFound,
        LocateError::UnknownRealm(_) => Refusal::RealmUnknown,
        LocateError::Contradictory { .. } => Refusal::RealmContradictory,
        LocateError::RealmNotNamed(_) => Refusal::RealmMissing,
        LocateError::NoSuchEndpoint { .. } => Refusal::NotOffered,
    };
    let wants_page = request
        .headers()
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"));
    let failure = Failure::Refused(refusal);
    if wants_page {
        let preferred = request.headers().get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        answer::error_page(&failure, Language::negotiate(None, preferred))
    } else {
        answer::plain_error(&failure)
    }
}

impl tower_service::Service<Request<Bytes>> for Server {
    type Response = Response<Bytes>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Bytes>) -> Self::Future {
        let server = self.clone();
        Box::pin(async move { Ok(server.handle(request).await) })
    }
}
