//! JSON Object Signing and Encryption, digests, sealed secrets and chance: the only user of cryptography.
//!
//! Primitives come from aws-lc-rs; keys are parsed once and kept. Nothing here knows OAuth, HTTP or the time of day.

pub mod base64;
pub mod base64url;
pub mod jwe;
pub mod jws;

mod algorithm;
mod digest;
mod entropy;
mod jwk;
mod jwk_set;
mod key_error;
mod keys;
mod object;
mod seal;

pub use algorithm::{Algorithm, UnknownAlgorithm};
pub use base64url::Malformed;
pub use digest::{MacKey, constant_time_eq, half_hash, sha256};
pub use entropy::{Entropy, SeededEntropy, SystemEntropy, random};
pub use jwk::Jwk;
pub use jwk_set::{JwkSet, JwkSetError};
pub use key_error::KeyError;
pub use keys::{BadSignature, SigningKey, VerifyingKey};
pub use object::Object;
pub use seal::{ServerKey, Unsealable};
