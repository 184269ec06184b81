//! What the server asks of others: keys, request objects and sector documents of clients, and word to them of a logout.
//!
//! The server knows no sockets. Whoever runs it puts a client behind this border, one that guards: https only, no address
//! of the inside, no redirect, little time, little size.

use std::future::Future;
use std::pin::Pin;

use bytes::Bytes;
use http::{Request, Response};

/// Carries a request to somebody else. The addresses come from clients, and some of those are strangers.
pub trait Outbound: Send + Sync {
    /// Sends a request to an absolute address, and never follows a redirect.
    fn send<'a>(&'a self, request: Request<Bytes>) -> Sending<'a>;
}

/// An answer on its way.
pub type Sending<'a> = Pin<Box<dyn Future<Output = Result<Response<Bytes>, Unreached>> + Send + 'a>>;

/// Nobody answered, or the answer was not let in. The reasons are for the operator, and hold neither credentials nor what
/// the caller sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreached {
    /// Whose address it is has not answered as they should, or may not be asked.
    #[error("{0}")]
    Theirs(String),
    /// Too much is being asked already: it says nothing of them.
    #[error("{0}")]
    Busy(String),
}

/// Reaches nobody: for a server that is to ask nothing of anybody.
#[derive(Debug, Clone, Copy, Default)]
pub struct Nowhere;

impl Outbound for Nowhere {
    fn send<'a>(&'a self, _: Request<Bytes>) -> Sending<'a> {
        Box::pin(std::future::ready(Err(Unreached::Theirs("this server asks nothing of others".to_owned()))))
    }
}
