//! Applications as a registration leaves them: with keys of their own, and what they sign with them.

use std::sync::OnceLock;

use bytes::Bytes;
use http::Request;
use royaume_jose::{Algorithm, JwkSet, SeededEntropy, SigningKey, jws};
use royaume_protocol::{ClientAssertion, ClientAuthenticationMethod, Secret, client_assertion};
use royaume_server::Clock as _;
use royaume_server::stored::client::{Application, Client, ClientKeys, SecretDigest};
use royaume_store::{Expect, Outcome, Write};
use serde_json::Value;

use crate::app::App;
use crate::exchange::post;
use crate::world::{World, wish_of};

/// A key of some application. The same for the same number: RSA keys take long to make.
///
/// # Panics
/// When the system makes no key.
pub fn key(algorithm: Algorithm, number: usize) -> SigningKey {
    static KEYS: [OnceLock<Vec<SigningKey>>; 3] = [const { OnceLock::new() }; 3];
    assert!(number < KEYS.len(), "so many keys are not made");
    let made = KEYS[number]
        .get_or_init(|| Algorithm::ALL.map(|one| SigningKey::generate(one).expect("a key is made")).to_vec());
    made.iter().find(|key| key.algorithm() == algorithm).expect("a key of each algorithm").clone()
}

/// The public parts of keys, as an application publishes them.
pub fn published(keys: &[&SigningKey]) -> JwkSet {
    JwkSet { keys: keys.iter().map(|key| key.verifying_key().jwk()).collect() }
}

impl World {
    /// Changes what is registered of an application.
    ///
    /// # Panics
    /// When there is none, or another change is faster.
    pub async fn reregister(&self, app: &App, change: impl FnOnce(&mut Client)) {
        let name = royaume_store::RealmName::new(self.realm(&app.realm).name.as_str()).expect("a realm name");
        let id = Client::id(&name, &app.client_id);
        let stored = self.place.store.get(&id).await.expect("the store answers").expect("a client");
        let mut client: Client = serde_json::from_slice(&stored.row.body).expect("a client reads");
        change(&mut client);
        let mut row = stored.row;
        row.body = serde_json::to_vec(&client).expect("a client is written");
        let write = Write::Put { row, expect: Expect::Version(stored.version) };
        let written = self.place.store.write(vec![write]).await.expect("the store answers");
        assert_eq!(written, Outcome::Done);
    }

    /// An application of the provider that authenticates with those keys (OIDC Core §9).
    pub async fn keyed(&self, application: Application, keys: ClientKeys) -> App {
        let app = self.add_app("op", wish_of(application, "Une application à clés")).await;
        self.reregister(&app, |client| {
            client.authentication = vec![ClientAuthenticationMethod::PrivateKeyJwt];
            client.secrets.clear();
            client.keys = Some(keys);
        })
        .await;
        app
    }

    /// An application of the provider that authenticates under a MAC with its secret (OIDC Core §9).
    pub async fn macked(&self) -> App {
        let app = self.add_app("op", wish_of(Application::Private, "Une application à secret")).await;
        let name = royaume_store::RealmName::new("op").expect("a realm name");
        let (secret, now) = (Secret::from(app.secret.as_str()), self.clock.now());
        let kept = SecretDigest::of(&app.secret, &self.server_key.mac_key("client-secrets"), now)
            .with_secret(&secret, &name, &app.client_id, &self.server_key, &*self.entropy);
        self.reregister(&app, |client| {
            client.authentication = vec![ClientAuthenticationMethod::ClientSecretJwt];
            client.secrets = vec![kept];
        })
        .await;
        app
    }

    /// The claims of an assertion of that application, for the issuer. Its `jti` follows from the number.
    ///
    /// # Panics
    /// Never: claims are an object.
    pub fn assertion(&self, app: &App, number: u64) -> Value {
        let entropy = SeededEntropy::new(number);
        let claims =
            ClientAssertion::new(&app.client_id, &self.issuer(&app.realm), self.clock.now(), &entropy);
        serde_json::to_value(claims).expect("claims are written")
    }
}

impl App {
    /// A request with an assertion in its body, to any endpoint.
    pub fn asserted(&self, url: &str, assertion: &str, pairs: &[(&str, &str)]) -> Request<Bytes> {
        let credentials =
            [("client_assertion_type", client_assertion::TYPE), ("client_assertion", assertion)];
        let kept = credentials.iter().filter(|(name, _)| !pairs.iter().any(|(changed, _)| changed == name));
        let pairs: Vec<_> = kept.chain(pairs).filter(|(_, value)| !value.is_empty()).collect();
        let pairs: Vec<_> = pairs.into_iter().map(|(name, value)| (*name, *value)).collect();
        post(url, &pairs)
    }

    /// The redemption of a code with an assertion.
    pub fn asserted_redemption(&self, code: &str, assertion: &str) -> Request<Bytes> {
        let pairs = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", self.redirect_uri.as_str()),
            ("code_verifier", crate::app::VERIFIER),
        ];
        self.asserted(&self.token, assertion, &pairs)
    }
}

/// Claims signed as client assertions are.
pub fn signed_assertion(key: &SigningKey, claims: &Value) -> String {
    jws::sign(key, Some(client_assertion::TYP), claims)
}
