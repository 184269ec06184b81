//! Addresses that were judged, and are the only ones that are ever connected to.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::net::TcpStream;

use crate::FetchError;
use crate::address::special;
use crate::host::Target;

/// What one address is given before the next is tried beside it (RFC 8305 §5).
const HEAD_START: Duration = Duration::from_millis(250);

/// More addresses of one host are not tried.
const TRIED: usize = 6;

/// The addresses of one request. There is no other way to a socket than through this, and no way to this but the
/// judgement: a name that answers differently when asked again gains nothing.
#[derive(Debug)]
pub(crate) struct Pinned(Vec<SocketAddr>);

impl Pinned {
    /// Judges every address, those too that would not be tried: one that is refused refuses the request, since a host
    /// that has a public address and a private one is about to be the private one.
    pub(crate) fn judge(target: &Target, found: &[IpAddr], allowed: bool) -> Result<Self, FetchError> {
        for address in found {
            if !target.https && !address.to_canonical().is_loopback() {
                return Err(FetchError::NotHttps { host: target.to_string() });
            }
            match special(*address) {
                None => {}
                Some(special) if allowed && special.may_be_allowed() => {}
                Some(special) => {
                    return Err(FetchError::Inside {
                        host: target.to_string(),
                        address: *address,
                        special: special.to_string(),
                        may_be_allowed: special.may_be_allowed(),
                    });
                }
            }
        }
        if found.is_empty() {
            return Err(FetchError::Unknown {
                host: target.to_string(),
                why: "it has no address".to_owned(),
            });
        }
        let pinned = found.iter().take(TRIED).map(|address| (address.to_canonical(), target.port).into());
        Ok(Self(pinned.collect()))
    }

    /// A connection to the first that takes one.
    pub(crate) async fn connect(&self) -> io::Result<TcpStream> {
        let mut addresses = self.0.iter();
        let mut underway = FuturesUnordered::new();
        let mut failure = None;
        loop {
            match addresses.next() {
                Some(address) => underway.push(TcpStream::connect(address)),
                None if underway.is_empty() => {
                    return Err(failure.unwrap_or_else(|| io::ErrorKind::AddrNotAvailable.into()));
                }
                None => {}
            }
            match tokio::time::timeout(HEAD_START, underway.next()).await {
                Ok(Some(Ok(socket))) => return Ok(socket),
                Ok(Some(Err(error))) => failure = Some(error),
                Ok(None) | Err(_) => {}
            }
        }
    }
}
