//! `royaume realm`: the realms of a server.

use super::admin::{known, topology};
use crate::cli::RealmCommand;
use crate::failure::Failure;
use crate::language::Language;
use crate::output;

pub(super) fn run(command: RealmCommand) -> Result<(), Failure> {
    let language = Language::of_environment();
    match command {
        RealmCommand::List(data) => {
            let topology = topology(&data)?;
            if data.json {
                output::json(&topology.realms);
                return Ok(());
            }
            let rows = topology.realms.iter().map(|realm| {
                let grants: Vec<_> = realm.grants.iter().map(|grant| grant.as_str()).collect();
                let aliases: Vec<_> = realm.aliases.iter().map(|alias| format!("/{alias}")).collect();
                vec![
                    realm.slashed(),
                    language.of(&realm.population).to_owned(),
                    grants.join(", "),
                    aliases.join(", "),
                ]
            });
            let headings = [
                language.say("ROYAUME", "REALM"),
                language.say("QUI", "WHO"),
                language.say("CINÉMATIQUES", "GRANTS"),
                "ALIAS",
            ];
            output::table(&headings, &rows.collect::<Vec<_>>());
        }
        RealmCommand::Show { realm, data } => {
            let topology = topology(&data)?;
            let realm = known(&topology, &realm)?;
            if data.json {
                output::json(realm);
                return Ok(());
            }
            output::line(&format!("{}  {}", realm.slashed(), language.of(&realm.population)));
            for (name, seconds) in [
                ("access_token", realm.lifetimes.access_token),
                ("code", realm.lifetimes.code),
                ("id_token", realm.lifetimes.id_token),
                ("refresh_token", realm.lifetimes.refresh_token),
            ] {
                output::line(&format!("  {name:<14} {} s", seconds.as_secs()));
            }
            output::line("");
            let rows = realm
                .scopes
                .iter()
                .map(|scope| vec![scope.name.clone(), language.of(&scope.description).to_owned()]);
            output::table(
                &["SCOPE", language.say("CE QU’IL OUVRE", "WHAT IT OPENS")],
                &rows.collect::<Vec<_>>(),
            );
        }
    }
    Ok(())
}
