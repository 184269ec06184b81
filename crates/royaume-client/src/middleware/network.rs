//! The middleware of reqwest-middleware.

use async_trait::async_trait;
use http::{Extensions, HeaderMap, HeaderValue, StatusCode};
use reqwest_middleware::{Error, Middleware, Next};

use super::Authorize;
use crate::api::{Answer, Ended, Failed, Record};
use crate::{ApiError, Clock, TokenSource};

impl Answer for reqwest::Response {
    fn status(&self) -> StatusCode {
        self.status()
    }

    fn headers(&self) -> &HeaderMap {
        self.headers()
    }
}

/// What ends here is the [`ApiError`] within [`Error::Middleware`]; what ends there is reqwest's own.
#[async_trait]
impl<S: TokenSource, C: Clock> Middleware for Authorize<S, C> {
    async fn handle(
        &self,
        request: reqwest::Request,
        extensions: &mut Extensions,
        next: Next<'_>,
    ) -> reqwest_middleware::Result<reqwest::Response> {
        let (method, address) = (request.method().clone(), request.url().to_string());
        let is_whole = request.body().is_none_or(|body| body.as_bytes().is_some());
        let given = extensions.clone();
        let mut request = Some(request);
        let send = |authorization: HeaderValue| {
            let copy = request.as_ref().and_then(reqwest::Request::try_clone);
            // A stream has no copy, and is sent once.
            let mut sent = copy.or_else(|| request.take());
            if let Some(sent) = &mut sent {
                self.write(sent.headers_mut(), authorization);
            }
            let (next, mut extensions) = (next.clone(), given.clone());
            async move {
                let gone = ApiError::Request("its body is a stream, which was sent already".to_owned());
                let sent = sent.ok_or(Failed::Final(Error::middleware(gone)))?;
                next.run(sent, &mut extensions).await.map_err(judged)
            }
        };
        self.carry((&method, &address), is_whole, &Record::default(), send).await.map_err(|end| match end {
            Ended::Here(error) => Error::middleware(error),
            Ended::There(error) => error,
        })
    }
}

/// Trouble on the way, or what another attempt does not mend.
fn judged(error: Error) -> Failed<Error> {
    match error {
        Error::Reqwest(error) if error.is_builder() || error.is_redirect() => Failed::Final(error.into()),
        Error::Reqwest(error) => Failed::Trouble(error.into()),
        Error::Middleware(error) => Failed::Final(Error::Middleware(error)),
    }
}
