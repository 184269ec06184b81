//! Where an access token comes from: an application's own, or those of a person.

use std::sync::Arc;

use jiff::Timestamp;
use royaume_protocol::Scope;

use crate::{ClientError, Machine, Session, TokenSet, Transport};

/// What has access tokens to call APIs with. A clone is the same one.
pub trait TokenSource: Clone + Send + Sync + 'static {
    /// A token that is good now.
    fn token(
        &self,
        scope: &Scope,
        now: Timestamp,
    ) -> impl Future<Output = Result<Arc<TokenSet>, ClientError>> + Send;

    /// Forgets a token that an API refused (RFC 6750 §3.1): the next one is another, if there is another.
    fn forget(&self, scope: &Scope, refused: &Arc<TokenSet>);
}

/// Tokens of the application itself, one for each scope.
impl<T: Transport> TokenSource for Machine<T> {
    async fn token(&self, scope: &Scope, now: Timestamp) -> Result<Arc<TokenSet>, ClientError> {
        Machine::token(self, scope, now).await
    }

    fn forget(&self, scope: &Scope, refused: &Arc<TokenSet>) {
        Machine::forget(self, scope, refused);
    }
}

/// Tokens of a person, who granted what they granted: the scope only says what is needed.
impl<T: Transport> TokenSource for Session<T> {
    async fn token(&self, _: &Scope, now: Timestamp) -> Result<Arc<TokenSet>, ClientError> {
        Session::token(self, now).await
    }

    fn forget(&self, _: &Scope, refused: &Arc<TokenSet>) {
        Session::forget(self, refused);
    }
}
