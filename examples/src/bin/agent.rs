//! A program of the employment network that finds a person for an agent: client credentials in the realm of agents, the
//! `pa-*` headers, and the token of a person for the call that follows.
//!
//! `agent --client-id ID --nom DUPONT --prenom Alix --identifiant A1234 NUMBER`, with the secret in `CLIENT_SECRET`.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program speaks to its user")]

use clap::Parser;
use royaume_client::{
    Agent, AgentAnswer, Api, BaseUrl, Client, ClientAuthentication, Machine, Place, Provider,
    ReqwestTransport, ReturnCode, Scope, SystemClock, Topology,
};

/// Finds a person by their France Travail number, and asks for their disabled worker status.
#[derive(Parser)]
struct Options {
    /// The application, as France Travail registered it.
    #[arg(long, env = "CLIENT_ID")]
    client_id: String,
    /// The agent's family name.
    #[arg(long)]
    nom: String,
    /// The agent's given name.
    #[arg(long)]
    prenom: String,
    /// The agent's identifier.
    #[arg(long)]
    identifiant: String,
    /// A rehearsal, instead of France Travail itself.
    #[arg(long, env = "ROYAUME_SERVER")]
    server: Option<String>,
    /// The person's France Travail number.
    number: String,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let options = Options::parse();
    let secret = std::env::var("CLIENT_SECRET")?;
    let (place, base) = match &options.server {
        Some(server) => (Place::At(BaseUrl::parse(server)?), format!("{server}/partenaire")),
        None => (Place::Production, "https://api.francetravail.io/partenaire".to_owned()),
    };
    let topology = Topology::preset(Topology::FRANCE_TRAVAIL)?;
    let provider = Provider::from(topology.provider("agent", &place)?);
    let who = ClientAuthentication::post(options.client_id, secret);
    let machine = Machine::new(Client::new(provider, who, ReqwestTransport::new()?));

    // One queue before all the APIs; each has a scope of its own.
    let scope = Scope::parse("api_rechercher-usagerv2 rechercheusager profil_accedant")?;
    let agent = Agent::new(&options.nom, &options.prenom, &options.identifiant)?;
    let api = Api::new(BaseUrl::parse(&base)?, machine, scope, ReqwestTransport::new()?, SystemClock)
        .for_agent(&agent);
    let wanted = serde_json::json!({ "numeroFranceTravail": options.number });
    let search = api.post("rechercher-usager/v2/usagers/par-numero-francetravail").json_body(&wanted);
    let found = AgentAnswer::read(&search.send().await?)?;
    match (&found.code, &found.jeton_usager) {
        (ReturnCode::Found, Some(person)) => {
            // From here on the token stands for the person. It is a secret: it is in no log.
            let rqth = api.for_scope(Scope::parse("api_donnees-rqthv1 h2a")?);
            let answer = rqth.get("donnees-rqth/v1/rqth").about(person).send().await?;
            println!("{}", String::from_utf8_lossy(answer.body()));
        }
        (ReturnCode::NotFound, _) => println!("personne"),
        (code, _) if code.is_temporary() => println!("réessayez plus tard ({code})"),
        (code, _) => println!("rien ({code})"),
    }
    Ok(())
}
