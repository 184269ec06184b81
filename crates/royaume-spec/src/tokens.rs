//! What tests ask about tokens: the ways in which the world can be told that one is dead.

use royaume_jose::Algorithm;
use royaume_realm::{AccessTokenFormat, Endpoint};

use crate::app::App;
use crate::exchange::{Exchange, bearer};
use crate::world::World;

impl World {
    /// A world of each kind of access token: opaque (RFC 7662), and signed (RFC 9068).
    pub async fn of_each_format() -> [Self; 2] {
        let signed = |topology: &mut royaume_realm::Topology| {
            for realm in &mut topology.realms {
                realm.access_token = AccessTokenFormat::Jwt(Algorithm::Es256);
            }
        };
        [Self::standard().await, Self::with(signed).await]
    }

    /// A code, fetched by a person in a browser of their own.
    pub async fn code(&self, app: &App, changes: &[(&str, &str)]) -> String {
        let person = self.person(&app.realm);
        self.browser().walk(&app.authorization_url(changes), person, person).await.parameter("code")
    }

    /// What userinfo of a realm answers to the bearer of a token.
    pub async fn userinfo(&self, realm: &str, token: &str) -> Exchange {
        self.send(bearer(&self.url(realm, Endpoint::UserInfo), token)).await
    }

    /// What an application is told about a token.
    pub async fn introspect(&self, app: &App, token: &str) -> Exchange {
        self.send(app.call(&self.url(&app.realm, Endpoint::Introspection), &[("token", token)])).await
    }

    /// An application gives a token back.
    pub async fn revoke(&self, app: &App, token: &str) -> Exchange {
        self.send(app.call(&self.url(&app.realm, Endpoint::Revocation), &[("token", token)])).await
    }

    /// Does the application, which can keep a secret, learn that the token is live?
    pub async fn is_active(&self, app: &App, token: &str) -> bool {
        let known = self.introspect(app, token).await;
        known.is_ok();
        known.json()["active"].as_bool().expect("active is said")
    }

    /// Asserts that what was granted to a confidential application is over, wherever one may ask.
    ///
    /// # Panics
    /// When something of it still lives.
    pub async fn assert_over(&self, app: &App, tokens: &Exchange) {
        let (access, refresh) = (tokens.member("access_token"), tokens.member("refresh_token"));
        self.userinfo(&app.realm, &access).await.is_challenge(401, "invalid_token");
        for token in [&access, &refresh] {
            assert_eq!(self.introspect(app, token).await.is_ok().body, r#"{"active":false}"#);
        }
        self.send(app.refresh(&refresh, &[])).await.is_error(400, "invalid_grant");
    }
}
