//! Places where processes share what they have: for each key one value, and one holder at a time.
//!
//! [`FileCache`] is a directory of this machine, `PostgresCache` a table; whoever has another place writes a
//! [`SharedCache`], and the suite of the feature `conformance` says when it is one.

use std::pin::Pin;

#[cfg(any(test, feature = "conformance"))]
pub mod conformance;

mod background;
mod error;
mod file;
mod key;
#[cfg(feature = "postgres")]
mod postgres;
mod sealed;

pub use error::SharedCacheError;
pub use file::FileCache;
pub use key::SharedKey;
#[cfg(feature = "postgres")]
pub use postgres::{PostgresCache, PostgresCacheOptions};
pub use sealed::{Seal, Sealed};

/// What a [`SharedCache`] answers, once it does.
pub type Answered<'a, A> = Pin<Box<dyn Future<Output = Result<A, SharedCacheError>> + Send + 'a>>;

/// The largest value that is kept, in bytes. No answer of a server is longer.
pub const LARGEST_VALUE: usize = 2 * 1024 * 1024;

/// A place that several processes share. It keeps, for each key, one value of at most [`LARGEST_VALUE`] bytes.
///
/// Values are secrets: tokens in clear, unless the place is [`Sealed`].
pub trait SharedCache: Send + Sync + 'static {
    /// Holds a key, once nobody else does, in this process or another. It is let go when the answer is dropped, or its
    /// process ends in whatever way. A wait that is given up holds nothing.
    ///
    /// # Errors
    /// [`SharedCacheError::Busy`] if whoever holds it does so for too long, [`SharedCacheError::Unavailable`] or
    /// [`SharedCacheError::Exposed`] if the place cannot be used.
    fn hold<'a>(&'a self, key: &'a SharedKey) -> Answered<'a, Box<dyn Held>>;

    /// The value, as it is now: one that was written whole, whoever holds the key.
    ///
    /// # Errors
    /// As those of [`Held::read`].
    fn read<'a>(&'a self, key: &'a SharedKey) -> Answered<'a, Option<Vec<u8>>>;
}

/// A key that is held: nobody else changes its value until this is dropped.
pub trait Held: Send {
    /// The value, if there is one.
    ///
    /// # Errors
    /// [`SharedCacheError::Unreadable`] if something is there that nobody wrote here: it may be overwritten.
    /// [`SharedCacheError::Unavailable`] if nobody knows, [`SharedCacheError::Exposed`] if others can read it.
    fn read(&mut self) -> Answered<'_, Option<Vec<u8>>>;

    /// Replaces the value whole, durably once this has answered.
    ///
    /// # Errors
    /// [`SharedCacheError::TooLarge`], or [`SharedCacheError::Unavailable`]: then the old value or the new one is there.
    fn write<'a>(&'a mut self, value: &'a [u8]) -> Answered<'a, ()>;

    /// Removes the value; one that is not there is removed already.
    ///
    /// # Errors
    /// [`SharedCacheError::Unavailable`].
    fn remove(&mut self) -> Answered<'_, ()>;
}

/// Nothing too large is written.
fn fits(value: &[u8]) -> Result<(), SharedCacheError> {
    if value.len() > LARGEST_VALUE { Err(SharedCacheError::TooLarge(value.len())) } else { Ok(()) }
}
