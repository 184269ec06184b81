//! A world whose one realm is an OpenID Provider with everything on: what the conformance plans are held against.

use royaume_realm::{Realm, Topology};
use royaume_server::admin::NewAccount;

use crate::world::World;

impl World {
    /// A world whose one realm, `op`, is an OpenID Provider with everything on. `camille`, whose password is the same
    /// word, has every standard claim (OIDC Core §5.1).
    pub async fn provider() -> Self {
        Self::provider_with(|_| ()).await
    }

    /// The same, its realm changed before it begins.
    ///
    /// # Panics
    /// When the topology or the store cannot be had.
    pub async fn provider_with(change: impl FnOnce(&mut Realm)) -> Self {
        let mut topology = Topology::parse(include_str!("provider.toml")).expect("the provider reads");
        change(&mut topology.realms[0]);
        let world = Self::of(topology).await;
        let claims = match camille() {
            serde_json::Value::Object(claims) => claims,
            other => panic!("{other} is no set of claims"),
        };
        let wish = NewAccount { username: "camille".to_owned(), subject: None, claims };
        world.admin("op").add_account(wish, Some("camille"), world.passwords()).await.expect("a person");
        world
    }
}

/// A person with every standard claim (OIDC Core §5.1).
fn camille() -> serde_json::Value {
    serde_json::json!({
        "name": "Camille Claire Moreau",
        "given_name": "Camille",
        "family_name": "Moreau",
        "middle_name": "Claire",
        "nickname": "Cam",
        "preferred_username": "camille",
        "profile": "https://camille.example/",
        "picture": "https://camille.example/portrait.png",
        "website": "https://camille.example/journal",
        "gender": "female",
        "birthdate": "1987-10-16",
        "zoneinfo": "Europe/Paris",
        "locale": "fr-FR",
        "updated_at": 1_700_000_000,
        "email": "camille@camille.example",
        "email_verified": true,
        "phone_number": "+33 1 99 00 12 34",
        "phone_number_verified": true,
        "address": {
            "formatted": "1 rue des Lilas\n44000 Nantes\nFrance",
            "street_address": "1 rue des Lilas",
            "locality": "Nantes",
            "region": "Pays de la Loire",
            "postal_code": "44000",
            "country": "France",
        },
    })
}
