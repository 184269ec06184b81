//! The rehearsal: the API gateway of France Travail and sample APIs behind it.
