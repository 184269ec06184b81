//! The pages and the flows as people meet them: in Chromium, over real sockets.
//!
//! The tests need Debian's `chromium` and `chromium-driver`, and axe-core in `target/axe`; `./check` installs them.

#![allow(clippy::unwrap_used, reason = "a test may stop")]

mod audit;
mod chromium;
mod flows;
mod gallery;
mod rehearsal;
