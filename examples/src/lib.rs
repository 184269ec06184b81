//! The programs that the guide for integrators shows, compiled as whoever copies them would: `docs/guide/en`. The French
//! pages show the same ones.

#[cfg(doctest)]
#[doc = include_str!("../../docs/guide/en/choose.md")]
mod choose {}

#[cfg(doctest)]
#[doc = include_str!("../../docs/guide/en/applications.md")]
mod applications {}

#[cfg(doctest)]
#[doc = include_str!("../../docs/guide/en/people.md")]
mod people {}

#[cfg(doctest)]
#[doc = include_str!("../../docs/guide/en/agents.md")]
mod agents {}

#[cfg(doctest)]
#[doc = include_str!("../../docs/guide/en/processes.md")]
mod processes {}

#[cfg(doctest)]
#[doc = include_str!("../../docs/guide/en/errors.md")]
mod errors {}

#[cfg(doctest)]
#[doc = include_str!("../../docs/guide/en/production.md")]
mod production {}
