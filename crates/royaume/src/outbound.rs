//! What the server asks of others: its border, with the guarded client behind it, and what the configuration says of that.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use royaume_fetch::{AllowedHost, Cause, Configuration, Fetch, Limits};
use royaume_server::{Outbound, Sending, Unreached};
use serde::Deserialize;

use crate::configuration::seconds;
use crate::failure::Failure;

/// The section `[fetch]`.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct FetchFile {
    /// Hosts, or hosts with a port, that may be inside the operator's network.
    allow: Vec<AllowedHost>,
    /// PEM files with authorities that are believed beside the system's.
    trust_roots: Vec<PathBuf>,
    #[serde(rename = "seconds", deserialize_with = "seconds")]
    time: Duration,
    body_bytes: usize,
    head_bytes: usize,
    at_once: usize,
    at_once_per_host: usize,
}

impl Default for FetchFile {
    fn default() -> Self {
        let Limits { time, body_bytes, head_bytes, at_once, at_once_per_host } = Limits::default();
        Self {
            allow: Vec::new(),
            trust_roots: Vec::new(),
            time,
            body_bytes,
            head_bytes,
            at_once,
            at_once_per_host,
        }
    }
}

impl FetchFile {
    /// What it says, with relative paths near the file.
    pub(crate) fn configuration(self, near: impl Fn(&Path) -> PathBuf) -> Configuration {
        let Self { allow, trust_roots, time, body_bytes, head_bytes, at_once, at_once_per_host } = self;
        Configuration {
            allow,
            trust_roots: trust_roots.iter().map(|file| near(file)).collect(),
            limits: Limits { time, body_bytes, head_bytes, at_once, at_once_per_host },
            ..Configuration::default()
        }
    }
}

/// What a rehearsal asks of others: programs on this machine too, which are all that it rehearses with.
pub(crate) fn rehearsal() -> Configuration {
    let here = |host: &str| host.parse().expect("this machine's own names are hosts");
    Configuration {
        allow: ["localhost", "127.0.0.1", "[::1]"].map(here).to_vec(),
        ..Configuration::default()
    }
}

/// The border that the server asks others through.
pub(crate) fn guarded(configuration: Configuration) -> Result<Arc<dyn Outbound>, Failure> {
    let fetch = Fetch::new(configuration).map_err(|error| Failure::Usage(format!("[fetch] {error}")))?;
    Ok(Arc::new(Guarded(fetch)))
}

struct Guarded(Fetch);

impl Outbound for Guarded {
    fn send<'a>(&'a self, request: Request<Bytes>) -> Sending<'a> {
        Box::pin(async move {
            self.0.send(request).await.map_err(|error| match error.cause() {
                Cause::Busy => Unreached::Busy(error.to_string()),
                Cause::Policy | Cause::Unreachable | Cause::Answer => Unreached::Theirs(error.to_string()),
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;

    /// A program that answers one request on this machine, and where it is.
    async fn program() -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/jwks?secret", listener.local_addr().unwrap());
        tokio::spawn(async move {
            let (mut socket, _) = listener.accept().await.unwrap();
            assert!(socket.read(&mut [0; 1024]).await.unwrap() > 0);
            socket.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}").await.unwrap();
        });
        address
    }

    fn asked(address: &str) -> Request<Bytes> {
        Request::get(address).body(Bytes::new()).unwrap()
    }

    #[tokio::test]
    async fn a_rehearsal_asks_programs_of_this_machine_and_a_server_does_not() {
        let address = program().await;
        let usual = guarded(FetchFile::default().configuration(Path::to_owned)).unwrap();
        let why = usual.send(asked(&address)).await.unwrap_err().to_string();
        assert!(why.contains("[fetch] allow") && !why.contains("secret"), "{why}");
        let answer = guarded(rehearsal()).unwrap().send(asked(&address)).await.unwrap();
        assert_eq!(answer.body().as_ref(), b"{}");
    }

    #[test]
    fn authorities_are_near_the_file_that_names_them() {
        let file: FetchFile = toml::from_str("trust_roots = [\"ca.pem\"]\nseconds = 0.5").unwrap();
        let configuration = file.configuration(|file| Path::new("etc").join(file));
        assert_eq!(configuration.trust_roots, [Path::new("etc/ca.pem")]);
        assert_eq!(configuration.limits.time, Duration::from_millis(500));
    }
}
