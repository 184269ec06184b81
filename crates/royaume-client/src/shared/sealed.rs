//! Values that are sealed before they are shared, so that whoever reads the place reads no token.

use std::sync::Arc;

use super::{Answered, Held, SharedCache, SharedCacheError, SharedKey};

/// What encrypts values, with a key that is not kept beside them.
pub trait Seal: Send + Sync + 'static {
    /// Encrypts and authenticates. What was sealed for one key must not open for another.
    fn seal(&self, key: &SharedKey, value: &[u8]) -> Vec<u8>;

    /// The value, or nothing if it was sealed otherwise or is damaged.
    fn open(&self, key: &SharedKey, sealed: &[u8]) -> Option<Vec<u8>>;
}

/// A place whose values are sealed.
#[derive(Debug, Clone)]
pub struct Sealed<C, S> {
    cache: C,
    seal: Arc<S>,
}

impl<C: SharedCache, S: Seal> Sealed<C, S> {
    /// That place, sealed so.
    pub fn new(cache: C, seal: S) -> Self {
        Self { cache, seal: Arc::new(seal) }
    }
}

impl<C: SharedCache, S: Seal> SharedCache for Sealed<C, S> {
    fn hold<'a>(&'a self, key: &'a SharedKey) -> Answered<'a, Box<dyn Held>> {
        Box::pin(async move {
            let held = self.cache.hold(key).await?;
            Ok(Box::new(HeldSealed { held, key: *key, seal: Arc::clone(&self.seal) }) as Box<dyn Held>)
        })
    }

    fn read<'a>(&'a self, key: &'a SharedKey) -> Answered<'a, Option<Vec<u8>>> {
        Box::pin(async move { opened(&*self.seal, key, self.cache.read(key).await?) })
    }
}

struct HeldSealed<S> {
    held: Box<dyn Held>,
    key: SharedKey,
    seal: Arc<S>,
}

impl<S: Seal> Held for HeldSealed<S> {
    fn read(&mut self) -> Answered<'_, Option<Vec<u8>>> {
        Box::pin(async move { opened(&*self.seal, &self.key, self.held.read().await?) })
    }

    fn write<'a>(&'a mut self, value: &'a [u8]) -> Answered<'a, ()> {
        Box::pin(async move { self.held.write(&self.seal.seal(&self.key, value)).await })
    }

    fn remove(&mut self) -> Answered<'_, ()> {
        self.held.remove()
    }
}

fn opened(
    seal: &impl Seal,
    key: &SharedKey,
    sealed: Option<Vec<u8>>,
) -> Result<Option<Vec<u8>>, SharedCacheError> {
    let Some(sealed) = sealed else { return Ok(None) };
    seal.open(key, &sealed).map(Some).ok_or_else(|| SharedCacheError::Unreadable {
        place: format!("the sealed value {key}"),
        reason: "it is damaged, or was sealed with another key".to_owned(),
    })
}
