//! Elsewhere: the sites of clients, as the server of a world reaches them. In memory; every request is remembered.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::{Request, Response, StatusCode, header};
use royaume_server::{Outbound, Sending, Unreached};

/// What answers at an address.
type Site = Box<dyn Fn(&Request<Bytes>) -> Option<Response<Bytes>> + Send>;

/// Sites by address, and what was asked of them. An address that nobody serves cannot be reached.
#[derive(Default)]
pub struct Elsewhere {
    sites: Mutex<HashMap<String, Site>>,
    silent: Mutex<HashSet<String>>,
    asked: Mutex<Vec<Request<Bytes>>>,
}

impl Elsewhere {
    /// Answers requests to that address, without its query, with whatever `site` makes of them; nothing is no answer.
    pub fn serve(
        &self,
        url: &str,
        site: impl Fn(&Request<Bytes>) -> Option<Response<Bytes>> + Send + 'static,
    ) {
        locked(&self.sites).insert(url.to_owned(), Box::new(site));
    }

    /// Answers with that JSON from now on.
    pub fn serve_json(&self, url: &str, value: &serde_json::Value) {
        let body = Bytes::from(value.to_string());
        self.serve(url, move |_| {
            let answer = Response::builder().header(header::CONTENT_TYPE, "application/json");
            answer.body(body.clone()).ok()
        });
    }

    /// Answers with that status and nothing else from now on.
    pub fn serve_status(&self, url: &str, status: StatusCode) {
        self.serve(url, move |_| Response::builder().status(status).body(Bytes::new()).ok());
    }

    /// Takes every request from now on and never answers.
    pub fn fall_silent(&self, url: &str) {
        locked(&self.silent).insert(url.to_owned());
    }

    /// Nobody answers there any more.
    pub fn close(&self, url: &str) {
        locked(&self.sites).remove(url);
    }

    /// What has been asked of that address so far, the first first.
    pub fn asked(&self, url: &str) -> Vec<Request<Bytes>> {
        locked(&self.asked).iter().filter(|request| address(request) == url).cloned().collect()
    }

    /// How often anything has been asked of anybody.
    pub fn count(&self) -> usize {
        locked(&self.asked).len()
    }
}

impl Outbound for Elsewhere {
    fn send<'a>(&'a self, request: Request<Bytes>) -> Sending<'a> {
        let url = address(&request);
        let answer = locked(&self.sites).get(&url).and_then(|site| site(&request));
        locked(&self.asked).push(request);
        if locked(&self.silent).contains(&url) {
            return Box::pin(std::future::pending());
        }
        let answer = answer.ok_or_else(|| Unreached::Theirs("nobody answers there".to_owned()));
        Box::pin(std::future::ready(answer))
    }
}

/// The address without its query.
fn address(request: &Request<Bytes>) -> String {
    request.uri().to_string().split(['?', '#']).next().unwrap_or_default().to_owned()
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
