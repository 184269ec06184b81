//! Sockets to service: an accept loop over hyper, for HTTP/1.1 and HTTP/2, in which everything has a limit.
//!
//! A request reaches the service only when it is whole and well-formed: head and body read within their limits of
//! size and time, one `Host`, no encoding that hides its size. Whatever is refused is counted.

mod accept;
mod admission;
mod counters;
mod limits;
mod request;
mod stream;

pub use accept::{Listener, Stopped};
pub use counters::{Counters, Snapshot};
pub use limits::Limits;
pub use request::PeerAddress;
