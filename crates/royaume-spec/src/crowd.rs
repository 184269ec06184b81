//! Many requests at the same moment.

use std::sync::Arc;

use bytes::Bytes;
use http::Request;
use royaume_server::Server;
use tokio::sync::Barrier;

use crate::exchange::Exchange;

/// Sends all of them at once, each on a task of its own, to the nodes in turn.
///
/// # Panics
/// When one of them panics.
pub async fn at_once(nodes: &[Server], requests: Vec<Request<Bytes>>) -> Vec<Exchange> {
    let gate = Arc::new(Barrier::new(requests.len()));
    let tasks: Vec<_> = requests
        .into_iter()
        .enumerate()
        .map(|(at, request)| {
            let (gate, node) = (Arc::clone(&gate), nodes[at % nodes.len()].clone());
            tokio::spawn(async move {
                gate.wait().await;
                Exchange::from(node.handle(request).await)
            })
        })
        .collect();
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(task.await.expect("every request is answered"));
    }
    answers
}
