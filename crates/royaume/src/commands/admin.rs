//! What every administration command needs: a store, a key and the realms, of a rehearsal or of a server.

use std::io::{BufRead as _, IsTerminal as _};
use std::sync::Arc;

use royaume_jose::{ServerKey, SystemEntropy};
use royaume_realm::{Realm, Topology};
use royaume_server::admin::Administration;
use royaume_server::passwords::{Bounds, Cost, Passwords};
use royaume_server::{Clock as _, Outbound, SystemClock};
use royaume_store::Store;

use crate::cli::Data;
use crate::configuration::Serve;
use crate::failure::Failure;
use crate::language::Language;
use crate::{outbound, place};

/// A server's data, opened.
pub(super) struct Opened {
    store: Arc<dyn Store>,
    server_key: ServerKey,
    topology: Topology,
    cost: Cost,
    outbound: Arc<dyn Outbound>,
}

impl Opened {
    /// Opens what was named.
    pub(super) async fn of(data: &Data) -> Result<Self, Failure> {
        if let Some(config) = &data.config {
            let serve = Serve::read(config)?;
            return Ok(Self {
                store: serve.store(false).await?,
                server_key: serve.server_key()?,
                cost: serve.configuration.password_cost,
                topology: serve.configuration.topology,
                outbound: outbound::guarded(serve.fetch)?,
            });
        }
        let directory = data.data.clone().unwrap_or_else(place::default_data);
        if !directory.is_dir() {
            return Err(Failure::Usage(format!(
                "{} is not there: start royaume dev once, or name --data DIR or --config FILE",
                directory.display()
            )));
        }
        Ok(Self {
            server_key: place::data_key(&directory)?,
            store: place::open_data(&directory)?,
            topology: topology(data)?,
            cost: Cost::default(),
            outbound: outbound::guarded(outbound::rehearsal())?,
        })
    }

    /// An administrator of a realm.
    pub(super) fn realm(&self, name: &str) -> Result<Administration<'_>, Failure> {
        Ok(Administration {
            store: &*self.store,
            realm: known(&self.topology, name)?,
            server_key: &self.server_key,
            entropy: &SystemEntropy,
            outbound: &*self.outbound,
            now: SystemClock.now(),
        })
    }

    /// What hashes passwords.
    pub(super) fn passwords(&self) -> Passwords {
        Passwords::new(self.cost, Bounds { threads: 1, ..Bounds::default() })
    }
}

/// The realms of what was named, without opening anything else.
pub(super) fn topology(data: &Data) -> Result<Topology, Failure> {
    match &data.config {
        Some(config) => Ok(Serve::read(config)?.configuration.topology),
        None => Topology::preset(Topology::FRANCE_TRAVAIL).map_err(Failure::usage),
    }
}

/// A realm, by any of its names.
pub(super) fn known<'a>(topology: &'a Topology, name: &str) -> Result<&'a Realm, Failure> {
    topology.realm(name).ok_or_else(|| {
        let names: Vec<_> = topology.realms.iter().map(|realm| realm.name.as_str()).collect();
        let names = names.join(", ");
        let nearest = topology.nearest_realm(name);
        Failure::Usage(match (Language::of_environment(), nearest) {
            (Language::French, Some(nearest)) => {
                format!("il n'y a pas de royaume {name} : vouliez-vous dire {nearest} ? Il y a : {names}")
            }
            (Language::French, None) => format!("il n'y a pas de royaume {name} ; il y a : {names}"),
            (Language::English, Some(nearest)) => {
                format!("there is no realm {name}: did you mean {nearest}? There are: {names}")
            }
            (Language::English, None) => format!("there is no realm {name}; there are: {names}"),
        })
    })
}

/// A password from the terminal, asked for twice, or a line of standard input.
pub(super) fn new_password() -> Result<String, Failure> {
    if !std::io::stdin().is_terminal() {
        let mut line = String::new();
        std::io::stdin().lock().read_line(&mut line).map_err(Failure::usage)?;
        return Ok(line.trim_end_matches(['\r', '\n']).to_owned());
    }
    let ask = |prompt: &str| rpassword::prompt_password(prompt).map_err(Failure::usage);
    let first = ask("Password: ")?;
    if first != ask("Once more: ")? {
        return Err(Failure::usage("the two passwords differ"));
    }
    Ok(first)
}
