//! A server in a process of its own, so that its processor time and memory can be read, ended by its id.

use std::fmt::Display;
use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::process::{Child, Command};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::http::Connection;
use crate::{Failure, stopwatch};

/// How long a server may take to answer for the first time, and to end.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long one waits before one looks again.
const LOOK: Duration = Duration::from_micros(500);
/// What /proc counts processor time in: hundredths of a second, on every Linux.
const TICK: Duration = Duration::from_millis(10);

/// A running server. Dropped, it is ended.
pub(crate) struct Process {
    child: Child,
    pub(crate) address: SocketAddr,
}

/// A loopback address that nobody listens on.
pub(crate) fn free_address() -> Result<SocketAddr, Failure> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?)
}

/// Resident memory of a process in bytes.
pub(crate) fn resident(process: impl Display) -> Result<u64, Failure> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
    let kib: u64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kib * 1024)
}

impl Process {
    /// Starts a command that listens on `address`, and waits until it answers `GET path` with 200. Says how long that
    /// took.
    pub(crate) fn start(
        command: &mut Command,
        address: SocketAddr,
        path: &str,
    ) -> Result<(Self, Duration), Failure> {
        let began = stopwatch::now();
        let mut process = Self { child: command.spawn()?, address };
        let request = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\n\r\n");
        loop {
            let answered = Connection::open(address)
                .and_then(|mut connection| Ok(connection.exchange(request.as_bytes())?.status));
            if matches!(answered, Ok(200)) {
                return Ok((process, began.elapsed()));
            }
            if let Some(status) = process.child.try_wait()? {
                return Err(format!("{command:?} ended ({status}) before it answered").into());
            }
            if began.elapsed() > PATIENCE {
                return Err(format!("{command:?} does not answer").into());
            }
            std::thread::sleep(LOOK);
        }
    }

    /// Processor time so far, of all its threads.
    pub(crate) fn processor_time(&self) -> Result<Duration, Failure> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        // The name in parentheses may hold anything; utime and stime are the 14th and 15th field (proc(5)).
        let (_, fields) = stat.rsplit_once(')').ok_or("/proc/PID/stat has another shape")?;
        let ticks =
            fields.split_whitespace().skip(11).take(2).map(str::parse::<u32>).sum::<Result<u32, _>>()?;
        Ok(TICK * ticks)
    }

    /// Resident memory in bytes.
    pub(crate) fn memory(&self) -> Result<u64, Failure> {
        resident(self.child.id())
    }

    /// Asks it to end, and waits until it has.
    pub(crate) fn end(mut self) -> Result<(), Failure> {
        let id = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw).ok_or("no process id")?;
        kill_process(id, Signal::TERM)?;
        let asked = stopwatch::now();
        while self.child.try_wait()?.is_none() {
            if asked.elapsed() > PATIENCE {
                return Err("a server does not end".into());
            }
            std::thread::sleep(LOOK);
        }
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // One that has ended already cannot be ended again, and that is fine.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
