//! A command-line application that signs a job seeker in with their browser and greets them: authorization code with PKCE,
//! a public application, and a callback on this machine (RFC 8252).
//!
//! `command --client-id ID [--server http://127.0.0.1:8080]`

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program speaks to its user")]

use std::sync::Mutex;

use axum::Router;
use axum::extract::RawQuery;
use axum::routing::get;
use clap::Parser;
use royaume_client::{
    BaseUrl, Client, ClientAuthentication, ClientError, Clock as _, Place, Provider, ReqwestTransport, Scope,
    SystemClock, SystemEntropy, Topology,
};
use tokio::sync::oneshot;

/// Says hello to whoever signs in.
#[derive(Parser)]
struct Options {
    /// The application, as France Travail registered it.
    #[arg(long, env = "CLIENT_ID")]
    client_id: String,
    /// A rehearsal, instead of France Travail itself.
    #[arg(long, env = "ROYAUME_SERVER")]
    server: Option<String>,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let options = Options::parse();
    let place = match &options.server {
        Some(server) => Place::At(BaseUrl::parse(server)?),
        None => Place::Production,
    };
    let topology = Topology::preset(Topology::FRANCE_TRAVAIL)?;
    let provider = Provider::from(topology.provider("individu", &place)?);
    // A program that people install cannot keep a secret: it only says its name, and PKCE protects the code.
    let client =
        Client::new(provider, ClientAuthentication::none(options.client_id), ReqwestTransport::new()?);

    // Any free port: the server takes every port of this machine for an address that is registered with one.
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
    let redirect_uri = format!("http://{}/callback", listener.local_addr()?);
    let scope = Scope::parse("openid profile email api_peconnect-individuv1 individu")?;
    let (address, pending) = client.begin(&redirect_uri, scope, None, &SystemEntropy)?;
    eprintln!("Ouvrez cette adresse pour vous connecter :\n{address}");

    let callback = wait_for_callback(listener).await?;
    let tokens = match client.finish(&pending, &callback, SystemClock.now()).await {
        Ok(tokens) => tokens,
        Err(ClientError::LoginCancelled) => {
            eprintln!("Connexion abandonnée.");
            return Ok(());
        }
        Err(error) => return Err(error.into()),
    };
    let person = client.userinfo(&tokens, SystemClock.now()).await?;
    let name = person.text("given_name").unwrap_or(&person.sub);
    let email = person.text("email").unwrap_or("pas d'adresse électronique validée");
    println!("Bonjour {name} ({email})");
    Ok(())
}

/// The query of the first request that comes back from the browser.
async fn wait_for_callback(listener: tokio::net::TcpListener) -> Result<String, Box<dyn std::error::Error>> {
    let (arrived, callback) = oneshot::channel();
    let arrived = std::sync::Arc::new(Mutex::new(Some(arrived)));
    let answer = move |RawQuery(query): RawQuery| async move {
        if let Some(arrived) = arrived.lock().ok().and_then(|mut arrived| arrived.take()) {
            let _ = arrived.send(query.unwrap_or_default());
        }
        "Vous pouvez fermer cette page."
    };
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = axum::serve(listener, Router::new().route("/callback", get(answer)));
    let serving = tokio::spawn(
        serving
            .with_graceful_shutdown(async {
                let _ = stopped.await;
            })
            .into_future(),
    );
    let callback = callback.await?;
    let _ = stop.send(());
    serving.await??;
    Ok(callback)
}
