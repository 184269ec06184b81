//! The world of the executable specification: a server, a clock, applications and people, without a socket.
//!
//! Tests are in `tests/it`, one file per standard, each named by the sentence it holds. They speak to the server
//! through its one border, from request to response. `ROYAUME_SPEC_STORE` chooses what remembers: `memory` (unless
//! said otherwise), `sqlite` or `postgres`.

pub mod app;
pub mod browser;
pub mod crowd;
pub mod deployed;
pub mod elsewhere;
pub mod exchange;
pub mod html;
pub mod provider;
pub mod registered;
pub mod registration;
pub mod signed;
pub mod store;
pub mod tokens;
pub mod trouble;
pub mod world;

pub use app::App;
pub use browser::{Arrival, Browser};
pub use crowd::at_once;
pub use deployed::Deployed;
pub use elsewhere::Elsewhere;
pub use exchange::{Exchange, bearer, form, get, post};
pub use trouble::Trouble;
pub use world::World;
