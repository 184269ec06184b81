//! Service to sockets: requests that go out because a stranger said where, and go nowhere they should not.
//!
//! A client registers a `jwks_uri`, a logout URI, a sector: the server asks there, from inside a network that the
//! stranger does not reach. So every request takes one straight line, [`Fetch::send`], and nothing opens a socket
//! beside it: `host` reads where it is for, `places` says when it may go, `resolve` looks the name up once, `pinned`
//! judges every address of the answer by the table of `address` and connects to those alone, `trust` says who is
//! believed, `exchange` sends and reads within the limits, and `deadline` ends all of it.

mod address;
mod configuration;
mod deadline;
mod error;
mod exchange;
mod fetch;
mod host;
mod pinned;
mod places;
mod resolve;
mod trust;

pub use configuration::{Configuration, Limits, Unusable};
pub use error::{Cause, FetchError, Stage};
pub use fetch::Fetch;
pub use host::{AllowedHost, NotAHost};
pub use resolve::{Resolve, Resolving, SystemResolver};
