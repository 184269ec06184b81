//! RFC 7591: clients register themselves.

mod answer;
mod bounds;
mod document;
mod invitation;
mod members;
