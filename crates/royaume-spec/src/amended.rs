//! Clients whose registration is changed in the store, as an operator or a registration would leave it.

use royaume_server::stored::client::Client;
use royaume_store::{Expect, Outcome, RealmName, Row, Write};

use crate::app::App;
use crate::world::World;

impl World {
    /// Changes what an application is registered for.
    ///
    /// # Panics
    /// When it is not registered, or the store does not take the change.
    pub async fn amend(&self, app: &App, change: impl FnOnce(&mut Client)) {
        let realm = RealmName::new(self.realm(&app.realm).name.as_str()).expect("a realm name");
        let id = Client::id(&realm, &app.client_id);
        let stored = self.place.store.get(&id).await.expect("the store answers").expect("a client");
        let mut client: Client = serde_json::from_slice(&stored.row.body).expect("a client reads");
        change(&mut client);
        let row = Row { body: serde_json::to_vec(&client).expect("a client is written"), ..stored.row };
        let write = Write::Put { row, expect: Expect::Version(stored.version) };
        let written = self.place.store.write(vec![write]).await.expect("the store answers");
        assert_eq!(written, Outcome::Done);
    }
}
