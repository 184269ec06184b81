//! What a request is answered in: the realm, the time, chance, and who seems to be calling. Read once, passed along.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use royaume_jose::Entropy;
use royaume_realm::Located;
use royaume_store::Store;
use tokio::sync::OnceCell;

use crate::keys::Opened;
use crate::pages::{Language, LanguageLink, Page};
use crate::realms::ServedRealm;
use crate::refusal::Fault;
use crate::server::Parts;
use crate::stored::account::Account;
use crate::stored::client::Client;

/// The time of day.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;
}

/// The system's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place where the clock is read")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// A clock that stands still until it is moved, for tests and the rehearsal.
#[derive(Debug)]
pub struct MovableClock(Mutex<Timestamp>);

impl MovableClock {
    /// Stands at `start`.
    pub fn new(start: Timestamp) -> Self {
        Self(Mutex::new(start))
    }

    /// Moves forward.
    pub fn advance(&self, by: Duration) {
        let mut now = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        *now += by;
    }

    /// Moves to a moment, backward too.
    pub fn set(&self, to: Timestamp) {
        *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = to;
    }
}

impl Clock for MovableClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// The address of whoever is at the other end of the connection: put into the extensions of a request by the
/// listener. Without it the loopback address is assumed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer(pub IpAddr);

impl Default for Peer {
    fn default() -> Self {
        Self(IpAddr::V4(Ipv4Addr::LOCALHOST))
    }
}

/// An IPv4 address, or the /64 that one subscriber of IPv6 has all to themselves: who has 2^64 addresses is still one.
fn subscriber(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64)),
    }
}

/// One request's surroundings.
pub(crate) struct Context<'a> {
    /// The parts of the server.
    pub(crate) parts: &'a Arc<Parts>,
    /// The realm that the address named.
    pub(crate) realm: &'a ServedRealm,
    /// How the address named it.
    pub(crate) located: Located<'a>,
    /// The one reading of the clock.
    pub(crate) now: Timestamp,
    /// Where the caller is.
    pub(crate) peer: IpAddr,
    /// Whom failures from there are held against.
    pub(crate) subscriber: IpAddr,
    epoch: OnceCell<u64>,
}

impl<'a> Context<'a> {
    pub(crate) fn new(
        parts: &'a Arc<Parts>,
        realm: &'a ServedRealm,
        located: Located<'a>,
        now: Timestamp,
        peer: IpAddr,
    ) -> Self {
        let peer = peer.to_canonical();
        Self { parts, realm, located, now, peer, subscriber: subscriber(peer), epoch: OnceCell::new() }
    }

    /// The store's epoch, read once per request: what is cached and what is kept are judged by the same reading.
    async fn epoch(&self) -> Result<u64, Fault> {
        Ok(*self.epoch.get_or_try_init(|| self.store().epoch(&self.realm.name)).await?)
    }

    /// The client of that id, disabled or not.
    pub(crate) async fn client(&self, client_id: &str) -> Result<Option<Arc<Client>>, Fault> {
        let epoch = self.epoch().await?;
        let client = self.realm.clients.at(epoch, self.store(), &self.realm.name, client_id).await?;
        Ok(client.filter(|client| !client.is_forgotten(self.now)))
    }

    /// The account of that subject, disabled or not, without its password.
    pub(crate) async fn account(&self, subject: &str) -> Result<Option<Arc<Account>>, Fault> {
        let epoch = self.epoch().await?;
        self.realm.accounts.at(epoch, self.store(), &self.realm.name, subject).await
    }

    /// The realm's signing keys.
    pub(crate) async fn keys(&self) -> Result<Arc<Opened>, Fault> {
        let epoch = self.epoch().await?;
        self.realm.keys.at(epoch, self.store(), &self.realm.name, &self.parts.server_key).await
    }

    /// What every page of this realm has.
    pub(crate) fn page(&self, language: Language, language_links: Vec<LanguageLink>) -> Page<'a> {
        Page { language, place: self.realm.title(language), language_links }
    }

    /// One line of the audit log: what happened, for whom. Names and subjects only, never a secret.
    pub(crate) fn audit(&self, event: &'static str, client_id: Option<&str>, subject: Option<&str>) {
        tracing::info!(
            target: "royaume::audit",
            event,
            realm = self.realm.name.as_str(),
            client_id,
            subject,
            peer = %self.peer,
        );
    }

    pub(crate) fn store(&self) -> &'a dyn Store {
        &*self.parts.store
    }

    pub(crate) fn entropy(&self) -> &'a dyn Entropy {
        &*self.parts.entropy
    }

    /// The moment that lies `by` ahead.
    pub(crate) fn after(&self, by: Duration) -> Timestamp {
        self.now.saturating_add(by).unwrap_or(Timestamp::MAX)
    }
}
