//! Interaction: what is missing before a code may be given, and the pages that ask for it.
//!
//! A request is [`addressed`] (client and redirect URI proven), then judged into what is wanted; [`next`] is the one
//! table that says what is missing; meanwhile the request is [`waiting`], tied to the [`browser`] that brought it.
//! Every step ends by returning to the authorization endpoint, which judges everything again.

pub(crate) mod addressed;
pub(crate) mod asked;
pub(crate) mod browser;
pub(crate) mod next;
pub(crate) mod request_object;
pub(crate) mod sign_in;
pub(crate) mod waiting;
