//! Every page × sample × language, hung in a gallery and looked at.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, header};
use royaume_listen::{Limits, Listener};
use royaume_server::pages;
use tokio::runtime::Runtime;
use tower_service::Service;

use crate::audit;
use crate::chromium::{Browser, Settings};

/// The samples that tell applications of a logout in frames.
const TELLING: &str = "logged-out-telling";
/// Where the application of these samples is. An empty gallery stands in for it.
const APPLICATION: &str = "https://emploi.example.fr/";

/// A server of samples, each under the policy that the page has in use.
#[derive(Clone)]
struct Gallery {
    samples: Arc<Vec<(String, String)>>,
    application: String,
}

impl Gallery {
    /// Hangs the samples on a free port of this machine.
    fn open(self, runtime: &Runtime) -> SocketAddr {
        let anywhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let listener = runtime.block_on(Listener::bind(anywhere, Limits::default())).unwrap();
        let address = listener.local_addr();
        runtime.spawn(listener.serve(self, std::future::pending()));
        address
    }

    fn answer(&self, path: &str) -> Response<Bytes> {
        if let Some(asset) = pages::asset(path) {
            let mut response = Response::new(Bytes::from_static(asset.bytes));
            response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(asset.content_type));
            return response;
        }
        let wanted = path.trim_start_matches('/');
        match self.samples.iter().find(|(name, _)| name == wanted) {
            Some((name, html)) if name.starts_with("loopback") => {
                royaume_server::page_alone(StatusCode::OK, html.clone())
            }
            Some((name, html)) if name.starts_with(TELLING) => {
                royaume_server::page_with_frames(html.clone(), std::slice::from_ref(&self.application))
            }
            Some((_, html)) => royaume_server::page(StatusCode::OK, html.clone()),
            // What an application answers in its frame is its own affair.
            None => Response::new(Bytes::new()),
        }
    }
}

impl Service<Request<Bytes>> for Gallery {
    type Response = Response<Bytes>;
    type Error = Infallible;
    type Future = Ready<Result<Response<Bytes>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Bytes>) -> Self::Future {
        ready(Ok(self.answer(request.uri().path())))
    }
}

/// WCAG 2.2, A and AA.
#[test]
fn nobody_is_shut_out_of_any_page() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    // Seen as it is where no script runs: with its script, the page that posts an answer is gone at once.
    let script = format!("<script>{}</script>", pages::FormPost::SCRIPT);
    let application = Gallery { samples: Arc::default(), application: String::new() };
    let application = format!("http://{}", application.open(&runtime));
    let stood_in = format!("{application}/");
    let served = |html: String| html.replace(&script, "").replace(APPLICATION, &stood_in);
    let samples = pages::samples().into_iter().map(|(name, html)| (name, served(html))).collect();
    let gallery = Gallery { samples: Arc::new(samples), application: application.clone() };
    let place = format!("http://{}", gallery.clone().open(&runtime));
    let browser = Browser::start(Settings::default());
    for (name, _) in gallery.samples.iter() {
        browser.open(&format!("{place}/{name}"));
        audit::page(&browser, name);
        let history = browser.history();
        assert!(history.requested.iter().any(|address| address.ends_with(name)), "{name}: {history:?}");
        let known = [place.as_str(), "data:", &stood_in];
        let own = |address: &String| known.iter().any(|known| address.starts_with(known));
        assert!(history.requested.iter().all(own), "{name} asks strangers: {history:?}");
        assert_eq!(history.complaints, [""; 0], "{name}");
        let told = history.requested.iter().any(|address| address.starts_with(&stood_in));
        assert_eq!(told, name.starts_with(TELLING), "{name} {history:?}");
    }
}
