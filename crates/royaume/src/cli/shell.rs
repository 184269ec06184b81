//! The command line of what a shell and `man` want from this one.

use std::path::PathBuf;

use clap::Args;
use clap_complete::Shell;

#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// For which shell.
    #[arg(value_enum)]
    pub(crate) shell: Shell,
}

#[derive(Debug, Args)]
pub(crate) struct Man {
    /// Write a page for each command there, such as ~/.local/share/man/man1 [default: one page on standard output].
    #[arg(long)]
    pub(crate) directory: Option<PathBuf>,
}
