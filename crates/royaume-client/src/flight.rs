//! One request that all who want its answer wait for, in whatever runtime, and that ends when all of them are gone.

use std::pin::Pin;

use futures_util::FutureExt as _;
use futures_util::future::{Shared, WeakShared};

/// A request on its way.
type Asking<A> = Pin<Box<dyn Future<Output = A> + Send>>;

/// The request on its way, if there is one.
pub(crate) struct Flight<A: Clone>(Option<WeakShared<Asking<A>>>);

impl<A: Clone> Default for Flight<A> {
    fn default() -> Self {
        Self(None)
    }
}

impl<A: Clone> Flight<A> {
    /// The request on its way. What is over is joined by nobody.
    pub(crate) fn under_way(&self) -> Option<Shared<Asking<A>>> {
        self.0.as_ref().and_then(WeakShared::upgrade).filter(|asking| asking.peek().is_none())
    }

    /// The request on its way, or this one.
    pub(crate) fn join(
        &mut self,
        ask: impl FnOnce() -> Pin<Box<dyn Future<Output = A> + Send>>,
    ) -> Shared<Asking<A>> {
        self.under_way().unwrap_or_else(|| {
            let asking = ask().shared();
            self.0 = asking.downgrade();
            asking
        })
    }

    /// The same, and it goes on when all who wait are gone, where there is a runtime that can see to it: for a request whose
    /// answer must not be lost.
    pub(crate) fn join_to_the_end(
        &mut self,
        ask: impl FnOnce() -> Pin<Box<dyn Future<Output = A> + Send>>,
    ) -> Shared<Asking<A>>
    where
        A: Send + Sync + 'static,
    {
        if let Some(asking) = self.under_way() {
            return asking;
        }
        let asking = self.join(ask);
        #[cfg(any(feature = "reqwest", feature = "postgres"))]
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(asking.clone());
        }
        asking
    }
}
