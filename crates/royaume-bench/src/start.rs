//! From the start of a process to its first answer, and what memory it takes.

use std::time::Duration;

use crate::Failure;
use crate::comparison::median;
use crate::process::Process;
use crate::served::Place;

/// What starting came to.
#[derive(Debug, Clone)]
pub(crate) struct Start {
    /// With nothing there yet: keys and tables are made.
    pub(crate) first: Duration,
    /// On what is there.
    pub(crate) again: Duration,
    /// Resident bytes, ready and never asked.
    pub(crate) idle: u64,
    /// Resident bytes after everything that was measured.
    pub(crate) loaded: u64,
}

/// Starts the server again so often, and says what it usually takes. The last one is left running.
pub(crate) fn again(place: &Place, times: usize) -> Result<(Process, Duration), Failure> {
    let mut took = Vec::with_capacity(times);
    loop {
        let (server, time) = place.serve(false)?;
        took.push(time.as_secs_f64());
        if took.len() == times {
            return Ok((server, Duration::from_secs_f64(median(took))));
        }
        server.end()?;
    }
}
