//! Epochs, asked for by every request: one question to the database serves all who wait for its answer.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::Mutex;

use super::fault::text;
use super::pool::Connections;
use super::statements::EPOCHS;
use crate::{RealmName, StoreError};

/// Callers in the order of their arrival, and the last answer.
#[derive(Default)]
pub(super) struct Epochs {
    arrivals: AtomicU64,
    last: Mutex<Answer>,
}

struct Answer {
    /// The question was asked after all with smaller numbers had arrived.
    covers: u64,
    epochs: Result<HashMap<String, u64>, StoreError>,
}

impl Default for Answer {
    fn default() -> Self {
        Self { covers: 0, epochs: Ok(HashMap::new()) }
    }
}

impl Epochs {
    /// The answer to a question that was asked after the caller came: it holds whatever had been answered before.
    pub(super) async fn epoch(
        &self,
        realm: &RealmName,
        connections: &Connections,
    ) -> Result<u64, StoreError> {
        let arrival = self.arrivals.fetch_add(1, Ordering::SeqCst);
        let mut last = self.last.lock().await;
        if last.covers <= arrival {
            let covers = self.arrivals.load(Ordering::SeqCst);
            let epochs = ask(connections).await;
            *last = Answer { covers, epochs };
        }
        let epochs = last.epochs.as_ref().map_err(StoreError::clone)?;
        Ok(epochs.get(realm.as_str()).copied().unwrap_or_default())
    }
}

async fn ask(connections: &Connections) -> Result<HashMap<String, u64>, StoreError> {
    connections
        .query(EPOCHS, &[])
        .await?
        .iter()
        .map(|row| Ok((row.try_get(0)?, row.try_get::<_, i64>(1)?.cast_unsigned())))
        .collect::<Result<_, tokio_postgres::Error>>()
        .map_err(|error| StoreError::Corrupt(text(&error)))
}
