//! A program that reads job offers in its own name: client credentials, a token that is kept, and all pages of a search.
//!
//! `offers --client-id ID --rome M1805 [--departement 44] [--server http://127.0.0.1:8080]`, with the secret in
//! `CLIENT_SECRET`.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program speaks to its user")]

use std::process::ExitCode;

use clap::Parser;
use royaume_client::{
    Api, ApiError, Application, BaseUrl, Catalogue, Client, ClientAuthentication, Machine, Place, Provider,
    ReqwestTransport, SystemClock, Topology,
};
use serde::Deserialize;

/// Lists the offers of an occupation.
#[derive(Parser)]
struct Options {
    /// The application, as France Travail registered it.
    #[arg(long, env = "CLIENT_ID")]
    client_id: String,
    /// The occupation, as ROME codes it.
    #[arg(long)]
    rome: String,
    /// One département only.
    #[arg(long)]
    departement: Option<String>,
    /// A rehearsal, instead of France Travail itself.
    #[arg(long, env = "ROYAUME_SERVER")]
    server: Option<String>,
}

/// What the program wants of an offer; the API says much more.
#[derive(Deserialize)]
struct Offer {
    id: String,
    intitule: String,
}

#[tokio::main]
async fn main() -> Result<ExitCode, Box<dyn std::error::Error>> {
    let options = Options::parse();
    let secret = std::env::var("CLIENT_SECRET")?;
    let place = match &options.server {
        Some(server) => Place::At(BaseUrl::parse(server)?),
        None => Place::Production,
    };
    // The API's name is enough: realm, flow, addresses and scopes follow.
    let topology = Topology::preset(Topology::FRANCE_TRAVAIL)?;
    let catalogue = Catalogue::preset(Topology::FRANCE_TRAVAIL, &topology)?;
    let choice = catalogue.choose("offresdemploi", &topology, Application::Private, &place)?;
    let provider = Provider::from(choice.realm.addresses);
    let who = ClientAuthentication::post(options.client_id, secret);
    let machine = Machine::new(Client::new(provider, who, ReqwestTransport::new()?));

    let base = BaseUrl::parse(&choice.base_url)?;
    let api = Api::new(base, machine, choice.scope, ReqwestTransport::new()?, SystemClock);
    let mut search = api.get("offres/search").query("codeROME", &options.rome);
    if let Some(departement) = &options.departement {
        search = search.query("departement", departement);
    }
    let mut pages = search.pages::<Offer>("resultats");
    while let Some(page) = pages.next().await {
        match page {
            Ok(page) => page.items.iter().for_each(|offer| println!("{} {}", offer.id, offer.intitule)),
            // All that can be reached has been printed.
            Err(error @ ApiError::OutOfReach { .. }) => {
                eprintln!("{error}");
                return Ok(ExitCode::from(2));
            }
            Err(error) => return Err(error.into()),
        }
    }
    eprintln!("{} offres", pages.total().unwrap_or_default());
    Ok(ExitCode::SUCCESS)
}
