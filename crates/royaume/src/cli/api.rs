//! `royaume api`: what is called, with what, and how the answer is shown.

use clap::{Args, ValueEnum};

use super::Who;

#[derive(Debug, Args)]
pub(crate) struct Api {
    /// GET, POST, PUT, PATCH or DELETE.
    #[arg(value_enum, ignore_case = true)]
    pub(crate) method: Verb,
    /// Path below the address of the APIs: offresdemploi/v2/offres/search.
    pub(crate) path: String,
    /// A pair of the query; may be given again.
    #[arg(short, long, value_name = "KEY=VALUE", value_parser = pair)]
    pub(crate) query: Vec<(String, String)>,
    /// A header, or @FILE with a header in each line, where no other process can read it.
    #[arg(short = 'H', long, value_name = "NAME: VALUE")]
    pub(crate) header: Vec<String>,
    /// Body in JSON: the text, @FILE, or `-` for standard input.
    #[arg(short, long, value_name = "JSON", allow_hyphen_values = true)]
    pub(crate) body: Option<String>,
    /// Read all pages of a list, as far as the API shows them.
    #[arg(long)]
    pub(crate) all: bool,
    /// The member of each page that is the list.
    #[arg(long, default_value = "resultats", requires = "all")]
    pub(crate) member: String,
    /// How the answer is shown [default: a table in a terminal, JSON elsewhere].
    #[arg(long, value_enum, conflicts_with = "json")]
    pub(crate) format: Option<Layout>,
    /// Columns of a table or of CSV, with commas between them: id,intitule,lieuTravail.libelle.
    #[arg(long, value_delimiter = ',')]
    pub(crate) columns: Option<Vec<String>>,
    /// The agent who stands behind the call, for the APIs that want pa-* headers.
    #[arg(long, value_name = "NAME,FIRST_NAME,ID")]
    pub(crate) agent: Option<String>,
    /// Call the sandbox of the API.
    #[arg(long)]
    pub(crate) sandbox: bool,
    /// Base URL of the APIs [default: the profile's, or that of the server].
    #[arg(long, value_name = "URL")]
    pub(crate) api: Option<String>,
    /// What the token is for [default: the scopes of the API that the path leads to, or the profile's].
    #[arg(long)]
    pub(crate) scope: Option<String>,
    /// Seconds that each request may take, with all that is repeated.
    #[arg(long, default_value_t = 60)]
    pub(crate) timeout: u64,
    #[command(flatten)]
    pub(crate) who: Who,
}

/// The method of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Verb {
    /// Read.
    Get,
    /// Do something.
    Post,
    /// Put something there.
    Put,
    /// Change a part.
    Patch,
    /// Delete.
    Delete,
}

impl From<Verb> for http::Method {
    fn from(verb: Verb) -> Self {
        match verb {
            Verb::Get => Self::GET,
            Verb::Post => Self::POST,
            Verb::Put => Self::PUT,
            Verb::Patch => Self::PATCH,
            Verb::Delete => Self::DELETE,
        }
    }
}

/// How an answer is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Layout {
    /// Columns, for people.
    Table,
    /// JSON as it came.
    Json,
    /// A line for each record (RFC 4180).
    Csv,
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("write KEY=VALUE".to_owned()),
    }
}
