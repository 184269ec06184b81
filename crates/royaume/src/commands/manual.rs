//! `royaume man` and `royaume completions`: the command line told to `man` and to shells, from its own description.

use clap::CommandFactory as _;

use crate::cli::{Cli, Completions, Man};
use crate::failure::Failure;
use crate::language::Language;
use crate::output;

pub(super) fn man(asked: Man) -> Result<(), Failure> {
    let Some(directory) = asked.directory else {
        let mut page = Vec::new();
        clap_mangen::Man::new(Cli::command()).render(&mut page).map_err(Failure::other)?;
        output::whole(&page);
        return Ok(());
    };
    let written = std::fs::create_dir_all(&directory)
        .and_then(|()| clap_mangen::generate_to(Cli::command().name("royaume"), &directory));
    written.map_err(|error| {
        Failure::Usage(match Language::of_environment() {
            Language::French => format!("{} ne peut être écrit : {error}", directory.display()),
            Language::English => format!("{} cannot be written: {error}", directory.display()),
        })
    })?;
    output::remark(&match Language::of_environment() {
        Language::French => format!("Les pages sont dans {} : man royaume-token", directory.display()),
        Language::English => format!("The pages are in {}: man royaume-token", directory.display()),
    });
    Ok(())
}

pub(super) fn completions(asked: &Completions) {
    let mut script = Vec::new();
    clap_complete::generate(asked.shell, &mut Cli::command(), "royaume", &mut script);
    output::whole(&script);
}
