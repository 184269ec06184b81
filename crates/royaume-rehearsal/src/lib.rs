//! The gateway of France Travail's APIs, to rehearse with: what a program meets at `/partenaire/…` once it has a token.
//!
//! One service from request to response, as everything in the house: [`Gateway`] judges the bearer token, its scopes and
//! the quotas as the deployed gateway does, and answers with invented offers and people. It knows nothing of the
//! authorization server: whose a token is, it asks [`Tokens`]. It is for rehearsals and tests; nothing in it protects
//! anybody.

mod agent;
mod answer;
mod apis;
mod chance;
mod fault;
mod gateway;
mod offers;
mod people;
mod quota;
mod rome;
mod sandbox;
mod tokens;
mod words;

pub use gateway::Gateway;
pub use tokens::{Holder, Tokens, TokensUnavailable};
