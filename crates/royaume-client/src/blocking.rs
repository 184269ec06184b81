//! The same without `async`, over the network: for programs that have no runtime, and for those that have one.
//!
//! What is asked is asked by a thread of its own, which begins with the first call and lasts as long as the program; whoever
//! calls waits for it. From within an async program that works too, and stands in the way of whatever else its thread has
//! to do: use the async types there.

use std::cell::Cell;
use std::sync::{Arc, OnceLock, mpsc};

use bytes::Bytes;
use http::{Method, Response};
use jiff::Timestamp;
use royaume_protocol::{Scope, UserInfo};
use serde::de::DeserializeOwned;
use tokio::runtime::{Builder, Handle};

use crate::{
    ApiError, ClientError, Clock as _, Page, Pending, ReqwestTransport, SystemClock, SystemEntropy, TokenSet,
    TokenSource,
};

/// One application at one provider. Made from a [`crate::Client`].
#[derive(Debug, Clone)]
pub struct Client(crate::Client<ReqwestTransport>);

impl From<crate::Client<ReqwestTransport>> for Client {
    fn from(client: crate::Client<ReqwestTransport>) -> Self {
        Self(client)
    }
}

impl Client {
    /// An application at an issuer that publishes its addresses (OIDC Discovery §4).
    ///
    /// # Errors
    /// As for [`crate::Client::discover`].
    pub fn discover(
        issuer: &str,
        application: crate::ClientAuthentication,
        transport: ReqwestTransport,
    ) -> Result<Self, ClientError> {
        let issuer = issuer.to_owned();
        wait(async move { crate::Client::discover(&issuer, application, transport, now()).await })?.map(Self)
    }

    /// A token for the application itself.
    ///
    /// # Errors
    /// As for [`crate::Client::client_credentials`].
    pub fn client_credentials(&self, scope: Option<Scope>) -> Result<TokenSet, ClientError> {
        let client = self.0.clone();
        wait(async move { client.client_credentials(scope, now()).await })?
    }

    /// Begins to sign a person in.
    ///
    /// # Errors
    /// As for [`crate::Client::begin`].
    pub fn begin(
        &self,
        redirect_uri: &str,
        scope: Scope,
        ui_locales: Option<String>,
    ) -> Result<(String, Pending), ClientError> {
        self.0.begin(redirect_uri, scope, ui_locales, &SystemEntropy)
    }

    /// Finishes, with the address to which the person came back.
    ///
    /// # Errors
    /// As for [`crate::Client::finish`].
    pub fn finish(&self, pending: Pending, callback: &str) -> Result<TokenSet, ClientError> {
        let (client, callback) = (self.0.clone(), callback.to_owned());
        wait(async move { client.finish(&pending, &callback, now()).await })?
    }

    /// Renews tokens.
    ///
    /// # Errors
    /// As for [`crate::Client::refresh`].
    pub fn refresh(&self, tokens: &TokenSet) -> Result<TokenSet, ClientError> {
        let (client, tokens) = (self.0.clone(), tokens.clone());
        wait(async move { client.refresh(&tokens, now()).await })?
    }

    /// What the person allowed the application to know.
    ///
    /// # Errors
    /// As for [`crate::Client::userinfo`].
    pub fn userinfo(&self, tokens: &TokenSet) -> Result<UserInfo, ClientError> {
        let (client, tokens) = (self.0.clone(), tokens.clone());
        wait(async move { client.userinfo(&tokens, now()).await })?
    }
}

/// The tokens of one application. Made from a [`crate::Machine`]; a clone is the same.
#[derive(Debug, Clone)]
pub struct Machine(crate::Machine<ReqwestTransport>);

impl From<crate::Machine<ReqwestTransport>> for Machine {
    fn from(machine: crate::Machine<ReqwestTransport>) -> Self {
        Self(machine)
    }
}

impl Machine {
    /// A token for these scopes that is good now.
    ///
    /// # Errors
    /// As for [`crate::Machine::token`].
    pub fn token(&self, scope: &Scope) -> Result<Arc<TokenSet>, ClientError> {
        let (machine, scope) = (self.0.clone(), scope.clone());
        wait(async move { machine.token(&scope, now()).await })?
    }
}

/// The APIs of one family. Made from a [`crate::Api`], with all that was set there; a clone is the same.
#[derive(Debug, Clone)]
pub struct Api<S>(crate::Api<S, ReqwestTransport, SystemClock>);

impl<S> From<crate::Api<S, ReqwestTransport, SystemClock>> for Api<S> {
    fn from(api: crate::Api<S, ReqwestTransport, SystemClock>) -> Self {
        Self(api)
    }
}

impl<S: TokenSource> Api<S> {
    /// A call of that method, to be completed as [`crate::Call`] says: `api.request(…).with(|call| call.query("a", 1))`.
    pub fn request(&self, method: Method, path: &str) -> Call<S> {
        Call(self.0.request(method, path))
    }

    /// A call that reads.
    pub fn get(&self, path: &str) -> Call<S> {
        self.request(Method::GET, path)
    }

    /// A call that does something.
    pub fn post(&self, path: &str) -> Call<S> {
        self.request(Method::POST, path)
    }
}

/// One call.
#[derive(Debug, Clone)]
pub struct Call<S>(crate::Call<S, ReqwestTransport, SystemClock>);

impl<S: TokenSource> Call<S> {
    /// With whatever a call can have: values, a query, headers, a body.
    #[must_use]
    pub fn with(
        self,
        change: impl FnOnce(
            crate::Call<S, ReqwestTransport, SystemClock>,
        ) -> crate::Call<S, ReqwestTransport, SystemClock>,
    ) -> Self {
        Self(change(self.0))
    }

    /// Sends it: a success, whatever is in it.
    ///
    /// # Errors
    /// As for [`crate::Call::send`].
    pub fn send(&self) -> Result<Response<Bytes>, ApiError> {
        let call = self.0.clone();
        wait(async move { call.send().await })?
    }

    /// Sends it, and reads the answer as JSON.
    ///
    /// # Errors
    /// As for [`crate::Call::json`].
    pub fn json<D: DeserializeOwned + Send + 'static>(&self) -> Result<D, ApiError> {
        let call = self.0.clone();
        wait(async move { call.json().await })?
    }

    /// The list that it answers with, page by page.
    pub fn pages<D>(&self, member: &str) -> Pages<S, D> {
        Pages(Some(self.0.pages(member)))
    }
}

/// The pages of a list: an iterator, whose last item is an error if not all could be read.
#[derive(Debug)]
pub struct Pages<S, D>(Option<crate::Pages<S, ReqwestTransport, SystemClock, D>>);

impl<S, D> Pages<S, D> {
    /// With whatever pages can have: a window, a size, a first position.
    #[must_use]
    pub fn with(
        self,
        change: impl FnOnce(
            crate::Pages<S, ReqwestTransport, SystemClock, D>,
        ) -> crate::Pages<S, ReqwestTransport, SystemClock, D>,
    ) -> Self {
        Self(self.0.map(change))
    }
}

impl<S: TokenSource, D: DeserializeOwned + Send + 'static> Iterator for Pages<S, D> {
    type Item = Result<Page<D>, ApiError>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut pages = self.0.take()?;
        let turned = wait(async move {
            let page = pages.next().await;
            (page, pages)
        });
        match turned {
            Ok((page, pages)) => {
                self.0 = Some(pages);
                page
            }
            Err(error) => Some(Err(error.into())),
        }
    }
}

fn now() -> Timestamp {
    SystemClock.now()
}

/// What a future comes to, on the thread that asks.
fn wait<F>(future: F) -> Result<F::Output, ClientError>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    let failed = || ClientError::Unavailable {
        reason: "the thread that asks cannot run, or is the one that waits".to_owned(),
        retry_after: None,
    };
    // It would wait for itself.
    if ASKS.get() {
        return Err(failed());
    }
    let (tell, told) = mpsc::sync_channel(1);
    let asking = async move {
        // Whoever waits does so until this comes.
        let _ = tell.send(future.await);
    };
    thread().ok_or_else(failed)?.spawn(asking);
    told.recv().map_err(|_| failed())
}

thread_local! {
    /// Is this the thread that asks?
    static ASKS: Cell<bool> = const { Cell::new(false) };
}

/// The runtime of the thread that asks.
fn thread() -> Option<&'static Handle> {
    static THREAD: OnceLock<Option<Handle>> = OnceLock::new();
    THREAD.get_or_init(begin).as_ref()
}

fn begin() -> Option<Handle> {
    let runtime = Builder::new_current_thread().enable_all().build().ok()?;
    let handle = runtime.handle().clone();
    let run = move || {
        ASKS.set(true);
        runtime.block_on(std::future::pending::<()>());
    };
    std::thread::Builder::new().name("royaume".to_owned()).spawn(run).ok()?;
    Some(handle)
}
