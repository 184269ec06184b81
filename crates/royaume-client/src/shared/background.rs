//! Work that blocks, on a thread of its own: no task waits for it in vain, in whatever runtime.

use std::io;

use futures_util::FutureExt as _;
use futures_util::future::lazy;

/// Does that on a thread, and answers when it is done. Whoever no longer waits does not stop what has begun; what it ends
/// with is dropped there.
pub(super) async fn in_background<A: Send + 'static>(
    work: impl FnOnce() -> A + Send + 'static,
) -> io::Result<A> {
    let (working, done) = lazy(move |_| work()).remote_handle();
    let named = std::thread::Builder::new().name("royaume shared cache".to_owned());
    named.spawn(move || {
        let _ = working.now_or_never();
    })?;
    Ok(done.await)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_blocks_is_done_elsewhere() {
        let here = std::thread::current().id();
        assert_ne!(in_background(|| std::thread::current().id()).await.unwrap(), here);
    }
}
