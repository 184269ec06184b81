//! Served realms: what each realm of the topology needs at run time, worked out once.

use std::sync::OnceLock;

use bytes::Bytes;
use jiff::Timestamp;
use royaume_protocol::Scope;
use royaume_realm::Realm;
use royaume_store::RealmName;

use crate::client_keys::KeysOfClients;
use crate::interaction::request_object::Fetching;
use crate::kept::Kept;
use crate::keys::Keys;
use crate::pages::Language;
use crate::refusal::Fault;
use crate::stored::account::Account;
use crate::stored::client::Client;

/// One realm as this server serves it.
pub(crate) struct ServedRealm {
    /// What the topology says.
    pub(crate) realm: Realm,
    /// The name under which its rows lie.
    pub(crate) name: RealmName,
    /// RFC 8414 §2: fixed, whatever `Host` says.
    pub(crate) issuer: String,
    /// Its signing keys.
    pub(crate) keys: Keys,
    /// Its applications.
    pub(crate) clients: Kept<Client>,
    /// Their keys.
    pub(crate) client_keys: KeysOfClients,
    /// Its people.
    pub(crate) accounts: Kept<Account>,
    /// Request objects that are being fetched.
    pub(crate) fetching: Fetching,
    /// Its discovery document, once somebody has asked for it.
    pub(crate) discovery: OnceLock<Bytes>,
    /// The name of its session cookie.
    pub(crate) session_cookie: String,
    /// What the names of its interaction cookies begin with.
    pub(crate) interaction_cookie: String,
}

impl ServedRealm {
    pub(crate) fn new(realm: Realm, issuer: String, secure: bool) -> Result<Self, Fault> {
        let name = RealmName::new(realm.name.as_str())
            .map_err(|error| Fault::Corrupt { kind: "realm name", reason: error.to_string() })?;
        // `__Host-` forces Path=/, so the realm stands in the name: a path was never a border.
        let prefix = crate::cookies::prefix(secure);
        Ok(Self {
            session_cookie: format!("{prefix}{name}-sso"),
            interaction_cookie: format!("{prefix}{name}-tx-"),
            realm,
            name,
            issuer,
            keys: Keys::new(),
            clients: Kept::new(),
            client_keys: KeysOfClients::new(),
            accounts: Kept::new(),
            fetching: Fetching::new(),
            discovery: OnceLock::new(),
        })
    }

    /// Whom the realm's access tokens are for (RFC 9068 §3): the APIs of the realm, named by its issuer.
    pub(crate) fn audience(&self) -> &str {
        &self.issuer
    }

    /// What pages call the realm.
    pub(crate) fn title(&self, language: Language) -> &str {
        match language {
            Language::French => &self.realm.title.fr,
            Language::English => &self.realm.title.en,
        }
    }

    /// What pages call the people who sign in.
    pub(crate) fn population(&self, language: Language) -> &str {
        match language {
            Language::French => &self.realm.population.fr,
            Language::English => &self.realm.population.en,
        }
    }

    /// What a scope opens, in words; its name when nobody has described it.
    pub(crate) fn describe<'a>(&'a self, scope: &'a str, language: Language) -> &'a str {
        self.realm.scope(scope).map_or(scope, |described| match language {
            Language::French => &described.description.fr,
            Language::English => &described.description.en,
        })
    }

    /// The first scope that releases a claim.
    fn releasing(&self, claim: &str) -> Option<&str> {
        let mut scopes = self.realm.scopes.iter();
        scopes.find(|scope| scope.claims.iter().any(|known| known == claim)).map(|scope| scope.name.as_str())
    }

    /// Does any scope release that claim?
    pub(crate) fn releases(&self, claim: &str) -> bool {
        self.releasing(claim).is_some()
    }

    /// What a claim tells, in the words of the scope that releases it.
    pub(crate) fn describe_claim<'a>(&'a self, claim: &'a str, language: Language) -> &'a str {
        self.releasing(claim).map_or(claim, |scope| self.describe(scope, language))
    }

    /// The scope that is asked for, without `application_<client_id>` where the dialect lets clients still send it.
    /// A scope has at least one word (RFC 6749 §3.3): without any, nothing was asked for.
    pub(crate) fn asked(&self, asked: Scope, client_id: &str) -> Option<Scope> {
        let habit = Scope::parse(&format!("application_{client_id}"))
            .ok()
            .filter(|_| self.realm.dialect.application_scope_tolerated);
        let asked = habit.map_or(asked.clone(), |habit| asked.minus(&habit));
        Some(asked).filter(|asked| !asked.is_empty())
    }

    /// Until when the end of a family must be remembered: nothing of it lives longer.
    pub(crate) fn family_forgotten(&self, now: Timestamp) -> Timestamp {
        let lifetimes = &self.realm.lifetimes;
        let longest = lifetimes.refresh_absolute.max(lifetimes.session_absolute).max(lifetimes.access_token);
        now.saturating_add(longest + lifetimes.access_token).unwrap_or(Timestamp::MAX)
    }
}
