//! One keep-alive connection as a client sees it: small, so that it takes little of the two cores that it shares with
//! the server.

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

use crate::Failure;

/// No answer of these servers is longer.
const LONGEST: usize = 64 * 1024;

/// A complete answer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Answer<'a> {
    pub(crate) status: u16,
    head: &'a str,
    pub(crate) body: &'a [u8],
}

/// The bytes of one answer, as they come.
#[derive(Debug)]
pub(crate) struct Inbox {
    bytes: Box<[u8]>,
    filled: usize,
}

impl Inbox {
    pub(crate) fn new() -> Self {
        Self { bytes: vec![0; LONGEST].into(), filled: 0 }
    }

    /// Where the next bytes belong.
    pub(crate) fn room(&mut self) -> &mut [u8] {
        &mut self.bytes[self.filled..]
    }

    /// So many have come. True when the answer is complete.
    pub(crate) fn came(&mut self, bytes: usize) -> io::Result<bool> {
        if bytes == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.filled += bytes;
        let Some((head, body)) = self.parts() else { return Ok(false) };
        let length = field(head, "content-length").and_then(|length| length.parse::<usize>().ok());
        Ok(body.len() >= length.ok_or(io::ErrorKind::InvalidData)?)
    }

    /// The answer, once it is complete.
    pub(crate) fn answer(&self) -> io::Result<Answer<'_>> {
        let (head, body) = self.parts().ok_or(io::ErrorKind::InvalidData)?;
        let status =
            head.get(9..12).and_then(|status| status.parse().ok()).ok_or(io::ErrorKind::InvalidData)?;
        Ok(Answer { status, head, body })
    }

    /// Makes room for the next one.
    pub(crate) fn clear(&mut self) {
        self.filled = 0;
    }

    fn parts(&self) -> Option<(&str, &[u8])> {
        let came = &self.bytes[..self.filled];
        let end = came.windows(4).position(|four| four == b"\r\n\r\n")?;
        Some((std::str::from_utf8(&came[..end]).ok()?, &came[end + 4..]))
    }
}

impl<'a> Answer<'a> {
    /// The first field of that name, written in lower case.
    pub(crate) fn field(&self, name: &str) -> Option<&'a str> {
        field(self.head, name)
    }

    /// An answer that nobody reckoned with, in words.
    pub(crate) fn unexpected(&self) -> Failure {
        format!("answered {}: {}", self.status, String::from_utf8_lossy(self.body)).into()
    }

    /// Every field of that name.
    pub(crate) fn fields(&self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.head.split("\r\n").filter_map(move |line| value(line, name))
    }
}

fn field<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.split("\r\n").find_map(|line| value(line, name))
}

fn value<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    line.strip_prefix(name)?.strip_prefix(':').map(str::trim_start)
}

/// A connection for what is asked once, at leisure.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    inbox: Inbox,
}

impl Connection {
    pub(crate) fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, inbox: Inbox::new() })
    }

    /// Asks, and waits for the answer.
    pub(crate) fn exchange(&mut self, request: &[u8]) -> io::Result<Answer<'_>> {
        self.stream.write_all(request)?;
        self.inbox.clear();
        loop {
            let came = self.stream.read(self.inbox.room())?;
            if self.inbox.came(came)? {
                return self.inbox.answer();
            }
        }
    }
}

/// A request without a body.
pub(crate) fn get(host: SocketAddr, target: &str, fields: &str) -> Vec<u8> {
    format!("GET {target} HTTP/1.1\r\nhost: {host}\r\n{fields}\r\n").into_bytes()
}

/// A form.
pub(crate) fn post(host: SocketAddr, target: &str, fields: &str, form: &str) -> Vec<u8> {
    format!(
        "POST {target} HTTP/1.1\r\nhost: {host}\r\n{fields}content-type: application/x-www-form-urlencoded\r\n\
         content-length: {}\r\n\r\n{form}",
        form.len()
    )
    .into_bytes()
}
