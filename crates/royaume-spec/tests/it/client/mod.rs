//! The client SDK plugged into the server, without a socket: the table row by row, and a provider that misbehaves.

use jiff::Timestamp;
use royaume_client::{Client, ClientAuthentication, ClientError, Pending, Provider, TokenSet, Transport};
use royaume_jose::SeededEntropy;
use royaume_protocol::Scope;
use royaume_realm::{BaseUrl, Place};
use royaume_server::stored::client::Application;
use royaume_server::{Clock as _, Server};
use royaume_spec::world::BASE;
use royaume_spec::{App, Browser, World};

mod agent;
mod answers;
mod api;
mod authentication;
mod callback;
mod discovery;
mod encryption;
mod gateway;
mod id_token;
mod initiated_login;
mod keys;
mod limits;
mod login;
mod logout;
mod machine;
mod metadata;
mod middleware;
mod misbehaving;
mod network;
mod pages;
mod postgres;
mod registration;
mod request_object;
mod secrets;
mod session;
mod sharing;
mod signatures;
mod table;
mod userinfo;
mod webfinger;

/// Now, in a world.
fn now(world: &World) -> Timestamp {
    world.clock.now()
}

/// An application as the SDK knows it.
fn application(app: &App) -> ClientAuthentication {
    match app.application {
        Application::Public => ClientAuthentication::none(&app.client_id),
        Application::Machine | Application::Private => {
            ClientAuthentication::post(&app.client_id, app.secret.as_str())
        }
    }
}

/// The provider of a realm, from the preset, at the place of a world.
fn provider(world: &World, realm: &str) -> Provider {
    let place = Place::At(BaseUrl::parse(BASE).unwrap());
    Provider::from(world.topology.provider(realm, &place).unwrap())
}

/// A client by the preset, over any transport.
fn client_over<T: Transport>(world: &World, app: &App, transport: T) -> Client<T> {
    Client::new(provider(world, &app.realm), application(app), transport)
}

/// A client by the preset.
fn client(world: &World, app: &App) -> Client<Server> {
    client_over(world, app, world.server.clone())
}

/// A client by discovery, over any transport.
async fn discovered_over<T: Transport>(world: &World, app: &App, transport: T) -> Client<T> {
    Client::discover(&world.issuer(&app.realm), application(app), transport, now(world)).await.unwrap()
}

/// A client by discovery.
async fn discovered(world: &World, app: &App) -> Client<Server> {
    discovered_over(world, app, world.server.clone()).await
}

/// Sends the person of a realm through the browser, up to the callback.
async fn walked<T: Transport>(
    world: &World,
    browser: &mut Browser<'_>,
    client: &Client<T>,
    app: &App,
) -> (Pending, String) {
    let scope = Scope::parse(&app.scope).unwrap();
    let (address, pending) =
        client.begin(&app.redirect_uri, scope, Some("fr".to_owned()), &SeededEntropy::new(11)).unwrap();
    let person = world.person(&app.realm);
    let callback = browser.walk(&address, person, person).await.location().to_owned();
    (pending, callback)
}

/// Begins, walks, finishes.
async fn sign_in<T: Transport>(
    world: &World,
    client: &Client<T>,
    app: &App,
) -> Result<TokenSet, ClientError> {
    let (pending, callback) = walked(world, &mut world.browser(), client, app).await;
    client.finish(&pending, &callback, now(world)).await
}
