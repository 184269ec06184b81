//! How the answer of an API is shown: a table for people, JSON or CSV for programs.

use std::io::{IsTerminal as _, Write as _};

use bytes::Bytes;
use http::{Response, StatusCode, header};
use serde_json::Value;

use super::records::{self, Records};
use crate::cli::{Api, Layout};
use crate::failure::Failure;
use crate::language::Language;
use crate::output;

/// The most columns of a table that nobody chose.
const COLUMNS: usize = 6;
/// A cell that is longer is not for a table.
const WIDEST: usize = 60;
/// What people look for first, wherever it stands in the answer.
const FIRST: [&str; 13] = [
    "id",
    "code",
    "intitule",
    "libelle",
    "nom",
    "prenom",
    "romeCode",
    "entreprise.nom",
    "lieuTravail.libelle",
    "typeContrat",
    "dateCreation",
    "codeRetour",
    "sub",
];

/// How it was wished.
pub(super) struct Shown {
    format: Layout,
    columns: Option<Vec<String>>,
    language: Language,
}

impl Shown {
    pub(super) fn of(asked: &Api) -> Self {
        let format = match asked.format {
            Some(format) => format,
            None if asked.who.json => Layout::Json,
            None if asked.columns.is_some() || std::io::stdout().is_terminal() => Layout::Table,
            None => Layout::Json,
        };
        Self { format, columns: asked.columns.clone(), language: Language::of_environment() }
    }

    /// One answer.
    pub(super) fn response(&self, response: &Response<Bytes>) -> Result<(), Failure> {
        if response.status() == StatusCode::NO_CONTENT || response.body().is_empty() {
            self.nothing(response.status());
            return Ok(());
        }
        let Ok(answer) = serde_json::from_slice::<Value>(response.body()) else {
            return self.raw(response.body());
        };
        if self.format == Layout::Json {
            output::json(&answer);
        } else {
            self.columns(&records::of(answer))?;
        }
        let range = response.headers().get(header::CONTENT_RANGE).and_then(|range| range.to_str().ok());
        if let Some(range) = range.filter(|_| response.status() == StatusCode::PARTIAL_CONTENT) {
            let all = self.language.say("--all lit la suite", "--all reads on");
            output::remark(&format!("{}: {all}", output::harmless(range)));
        }
        Ok(())
    }

    /// The records of all pages.
    pub(super) fn records(&self, records: Vec<Value>) -> Result<(), Failure> {
        if self.format == Layout::Json {
            output::json(&records);
            return Ok(());
        }
        if records.is_empty() {
            self.nothing(StatusCode::NO_CONTENT);
            return Ok(());
        }
        self.columns(&records)
    }

    fn nothing(&self, status: StatusCode) {
        let words = self.language.say("il n'y a rien", "there is nothing");
        output::remark(&format!("{words} (HTTP {})", status.as_u16()));
    }

    fn columns(&self, records: &[Value]) -> Result<(), Failure> {
        let mut all = Records::new(records, self.columns.as_deref());
        if self.columns.is_none() {
            all.first(&FIRST);
        }
        if self.format == Layout::Csv {
            return csv(&all);
        }
        let total = all.columns.len();
        if self.columns.is_none() && records.len() == 1 && total > COLUMNS {
            // One record is read from top to bottom.
            let cells = all.columns.iter().zip(&all.rows[0]);
            let rows: Vec<_> = cells.map(|(name, cell)| vec![name.clone(), cell.clone()]).collect();
            output::table(&["", ""], &rows);
            return Ok(());
        }
        if self.columns.is_none() {
            all.narrowed(COLUMNS, WIDEST);
        }
        let headings: Vec<_> = all.columns.iter().map(String::as_str).collect();
        output::table(&headings, &all.rows);
        if all.columns.len() < total {
            let more = total - all.columns.len();
            output::remark(&match self.language {
                Language::French => {
                    format!("{more} autres colonnes : --columns les choisit, --format json montre tout")
                }
                Language::English => {
                    format!("{more} more columns: --columns chooses them, --format json shows all")
                }
            });
        }
        Ok(())
    }

    /// What is no JSON, as it came: to a terminal without what would drive it.
    fn raw(&self, body: &[u8]) -> Result<(), Failure> {
        let mut stdout = std::io::stdout();
        if stdout.is_terminal() {
            String::from_utf8_lossy(body).lines().for_each(|line| output::line(&output::harmless(line)));
            return Ok(());
        }
        stdout.write_all(body).and_then(|()| stdout.flush()).map_err(Failure::other)
    }
}

/// RFC 4180.
fn csv(records: &Records) -> Result<(), Failure> {
    let mut writer = csv::Writer::from_writer(std::io::stdout().lock());
    let written = writer
        .write_record(&records.columns)
        .and_then(|()| records.rows.iter().try_for_each(|row| writer.write_record(row)))
        .and_then(|()| writer.flush().map_err(csv::Error::from));
    match written {
        // A reader that went away is no reason to complain.
        Err(error) if !is_closed(&error) => Err(Failure::other(error)),
        Ok(()) | Err(_) => Ok(()),
    }
}

fn is_closed(error: &csv::Error) -> bool {
    matches!(error.kind(), csv::ErrorKind::Io(error) if error.kind() == std::io::ErrorKind::BrokenPipe)
}
