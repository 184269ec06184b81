//! Sockets to service: an accept loop over hyper, for HTTP/1.1 and HTTP/2, in which everything has a limit.
//!
//! A request reaches the service only when it is whole and well-formed: head and body read within their limits of
//! size and time, one `Host`, no encoding that hides its size. Whatever is refused is counted.
//!
//! From the socket up: `accept` lets connections in, `admission` says how many, `connection` drives one of them,
//! `deadline` says until when, reading from `line` what is going on; `stream` and `answer` write there. `answer` takes
//! a request through `request` and `body` to the service and back.

mod accept;
mod admission;
mod answer;
mod body;
mod connection;
mod counters;
mod deadline;
mod limits;
mod line;
mod refusal;
mod request;
mod stream;

pub use accept::{Listener, Stopped};
pub use counters::{Counters, Snapshot};
pub use limits::Limits;
pub use request::PeerAddress;
