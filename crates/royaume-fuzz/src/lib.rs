//! Fuzzing without an engine: what strangers could send, made from what is well-formed, and held to a property.
//!
//! The targets are in `tests/targets`, one file per decoder. Each says what is well-formed, and what must be true of
//! whatever its decoder accepts. The inputs follow from a seed alone: a run that fails fails again, and is told by the
//! smallest input that fails.

mod inputs;
mod target;

pub use inputs::inputs;
pub use target::{Target, Verdict};
