//! Why a key cannot be used.

/// Why a key cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The private key does not read, or is of another kind.
    #[error("the private key is damaged or of another algorithm")]
    Private,
    /// Type, curve or algorithm are not ours (RFC 7517 §5: leave it out).
    #[error("the key is of a type that is not supported")]
    Unsupported,
    /// A member is missing, malformed, or off its curve.
    #[error("the key is malformed")]
    Malformed,
    /// RSA outside 2048 to 8192 bits (RFC 7518 §3.3).
    #[error("an RSA key has 2048 to 8192 bits")]
    Size,
    /// A shared secret shorter than the digest that it keys (RFC 7518 §3.2).
    #[error("the secret is too short for the algorithm")]
    SecretSize,
    /// No key could be made.
    #[error("the system cannot make a key")]
    Generation,
}
