//! The model keeps the promises.

use std::sync::Arc;

use royaume_store::conformance::{self, Place};
use royaume_store::{Memory, Store};

struct Handle(Memory);

#[async_trait::async_trait]
impl Place for Handle {
    async fn open(&self) -> Arc<dyn Store> {
        Arc::new(self.0.clone())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_keeps_every_promise() {
    conformance::run(async || Handle(Memory::new())).await;
}
