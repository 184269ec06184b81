//! What is measured: each scenario with the floor that does the same unavoidable work.

use std::path::Path;

use royaume_jose::Algorithm;

use crate::Failure;
use crate::comparison::{self, Floor};
use crate::load::Callers;
use crate::options::{Options, Store};
use crate::report::Report;
use crate::served::Place;
use crate::start;

mod code_flow;
mod constant;
mod login;
mod looking;
mod refresh;
pub(crate) mod storm;
mod token;

/// One line of the report.
pub(crate) struct Scenario {
    /// Its name, for `--only`. That of the store is added.
    name: &'static str,
    /// Which stores it says something about: what writes no row costs the same on both.
    stores: &'static [Store],
    /// What the floor does for one of what is counted.
    floor: Floor,
    /// Those who ask the server.
    callers: fn(&Place, usize) -> Result<Callers, Failure>,
}

const SQLITE: &[Store] = &[Store::Sqlite];
const BOTH: &[Store] = &[Store::Sqlite, Store::Postgres];

/// The list.
const SCENARIOS: [Scenario; 15] = [
    Scenario { name: "live", stores: SQLITE, floor: Floor::constant(), callers: constant::live },
    Scenario { name: "jwks", stores: SQLITE, floor: Floor::constant(), callers: constant::jwks },
    Scenario { name: "discovery", stores: SQLITE, floor: Floor::constant(), callers: constant::discovery },
    Scenario {
        name: "token-es256",
        stores: BOTH,
        floor: Floor::signing(Algorithm::Es256),
        callers: token::es256,
    },
    Scenario {
        name: "token-eddsa",
        stores: SQLITE,
        floor: Floor::signing(Algorithm::EdDsa),
        callers: token::eddsa,
    },
    Scenario {
        name: "token-rs256",
        stores: SQLITE,
        floor: Floor::signing(Algorithm::Rs256),
        callers: token::rs256,
    },
    Scenario { name: "token-opaque", stores: BOTH, floor: Floor::row(), callers: token::opaque },
    Scenario {
        name: "code-flow-es256",
        stores: BOTH,
        floor: Floor::flow(Algorithm::Es256),
        callers: code_flow::people,
    },
    Scenario {
        name: "code-flow-rs256",
        stores: SQLITE,
        floor: Floor::flow(Algorithm::Rs256),
        callers: code_flow::individu,
    },
    Scenario {
        name: "refresh-es256",
        stores: BOTH,
        floor: Floor::refresh(Algorithm::Es256),
        callers: refresh::people,
    },
    Scenario {
        name: "refresh-rs256",
        stores: SQLITE,
        floor: Floor::refresh(Algorithm::Rs256),
        callers: refresh::individu,
    },
    Scenario {
        name: "userinfo-opaque",
        stores: BOTH,
        floor: Floor::constant(),
        callers: looking::userinfo_opaque,
    },
    Scenario {
        name: "userinfo-signed",
        stores: SQLITE,
        floor: Floor::constant(),
        callers: looking::userinfo_signed,
    },
    Scenario {
        name: "introspection",
        stores: BOTH,
        floor: Floor::constant(),
        callers: looking::introspection,
    },
    Scenario { name: "login", stores: BOTH, floor: Floor::login(), callers: login::individu },
];

/// Measures everything that is wanted on one store.
pub(crate) fn run(
    store: Store,
    options: &Options,
    program: &Path,
    report: &mut Report,
) -> Result<(), Failure> {
    let named = |scenario: &Scenario| format!("{}-{}", scenario.name, store.as_str());
    let wanted: Vec<_> = SCENARIOS
        .iter()
        .filter(|scenario| scenario.stores.contains(&store) && options.wants(&named(scenario)))
        .collect();
    let start = format!("start-{}", store.as_str());
    let storm = format!("storm-{}", store.as_str());
    if wanted.is_empty() && !options.wants(&start) && !options.wants(&storm) {
        return Ok(());
    }
    let place = Place::new(store, program)?;
    let (server, first) = place.serve(true)?;
    place.furnish()?;
    server.end()?;
    let (server, again) = start::again(&place, options.rounds())?;
    let idle = server.memory()?;
    for scenario in wanted {
        let mut callers = (scenario.callers)(&place, options.connections())?;
        let compared = comparison::run(&scenario.floor, &place, &server, &mut callers, options)?;
        report.compared(&named(scenario), scenario.floor.describe(), &compared);
    }
    if options.wants(&storm) {
        report.stormed(&storm, &storm::run(&place, &server, options)?);
    }
    if options.wants(&start) {
        report.started(&start, &start::Start { first, again, idle, loaded: server.memory()? });
    }
    server.end()
}
