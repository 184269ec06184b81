//! A world with the gateway of its APIs in front: what one origin of `royaume dev` serves, without a socket.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response};
use royaume_realm::{Catalogue, Topology};
use royaume_rehearsal::{Gateway, Holder, Tokens, TokensUnavailable};
use royaume_server::{Clock as _, Server};

use crate::World;
use crate::exchange::Exchange;

/// The server, asked whose tokens are.
#[derive(Clone)]
pub struct Issued(pub Server);

impl Tokens for Issued {
    async fn holder(&self, token: &str) -> Result<Option<Holder>, TokensUnavailable> {
        let found = self.0.token_holder(token).await.map_err(|_| TokensUnavailable)?;
        Ok(found.map(|found| Holder {
            realm: found.realm,
            client_id: found.client_id,
            subject: found.subject,
            scope: found.scope,
            claims: found.claims,
        }))
    }
}

/// The gateway where its APIs lie, and the server everywhere else.
#[derive(Clone)]
pub struct Deployed {
    server: Server,
    gateway: Gateway<Issued>,
}

impl Deployed {
    /// In front of that world's server, with its clock.
    ///
    /// # Panics
    /// When the world has realms that are not France Travail's.
    pub fn before(world: &World) -> Self {
        let (server, clock) = (world.server.clone(), Arc::clone(&world.clock));
        let catalogue =
            Catalogue::preset(Topology::FRANCE_TRAVAIL, &world.topology).expect("the catalogue reads");
        Self { gateway: Gateway::new(&catalogue, Issued(server.clone()), move || clock.now()), server }
    }

    /// Sends a request.
    pub async fn send(&self, request: Request<Bytes>) -> Exchange {
        self.handle(request).await.into()
    }

    async fn handle(&self, request: Request<Bytes>) -> Response<Bytes> {
        if self.gateway.has(request.uri().path()) {
            return self.gateway.handle(request).await;
        }
        self.server.handle(request).await
    }
}

impl tower_service::Service<Request<Bytes>> for Deployed {
    type Response = Response<Bytes>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Bytes>) -> Self::Future {
        let deployed = self.clone();
        Box::pin(async move { Ok(deployed.handle(request).await) })
    }
}
