//! The gateway of `royaume dev`: France Travail's APIs beside the server, which says whose tokens are.

use royaume_realm::{Catalogue, Topology};
use royaume_rehearsal::{Gateway, Holder, Tokens, TokensUnavailable};
use royaume_server::{Clock, Server, SystemClock, TokenHolder};

use crate::failure::Failure;

/// Asks the server of the same process.
#[derive(Clone)]
pub(super) struct Issued(Server);

impl Tokens for Issued {
    async fn holder(&self, token: &str) -> Result<Option<Holder>, TokensUnavailable> {
        let found = self.0.token_holder(token).await.map_err(|fault| {
            tracing::warn!(%fault, "the gateway does not learn whose a token is");
            TokensUnavailable
        })?;
        Ok(found.map(|TokenHolder { realm, client_id, subject, scope, claims }| Holder {
            realm,
            client_id,
            subject,
            scope,
            claims,
        }))
    }
}

/// The gateway beside that server.
pub(super) fn beside(server: &Server, topology: &Topology) -> Result<Gateway<Issued>, Failure> {
    let catalogue = Catalogue::preset(Topology::FRANCE_TRAVAIL, topology).map_err(Failure::usage)?;
    Ok(Gateway::new(&catalogue, Issued(server.clone()), || SystemClock.now()))
}
