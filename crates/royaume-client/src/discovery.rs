//! An issuer that publishes its addresses (OIDC Discovery §4), asked again when what it said is old.

use std::sync::Arc;

use jiff::Timestamp;

use crate::document::Document;
use crate::provider::document_of;
use crate::{ClientError, Provider, Transport};

/// What one issuer says of itself.
#[derive(Debug, Clone)]
pub(crate) struct Discovery {
    address: String,
    document: Arc<Document<Provider>>,
}

impl Discovery {
    /// That of an issuer. Nothing has been asked yet.
    ///
    /// # Errors
    /// [`ClientError::Metadata`] when it is neither https nor on this machine.
    pub(crate) fn of(issuer: &str) -> Result<Self, ClientError> {
        let address = document_of(issuer)?;
        let issuer = issuer.to_owned();
        let document = Document::new(move |response| Provider::of_document(&issuer, response));
        Ok(Self { address, document: Arc::new(document) })
    }

    /// What it said last.
    pub(crate) fn known(&self) -> Option<Arc<Provider>> {
        self.document.known()
    }

    /// What it says, as fresh as it wants that to be.
    ///
    /// # Errors
    /// [`ClientError`] when the document cannot be had or used.
    pub(crate) async fn fresh(
        &self,
        transport: &impl Transport,
        now: Timestamp,
    ) -> Result<Arc<Provider>, ClientError> {
        self.document.fresh(transport, &self.address, now).await
    }

    /// What it says now, unless it has just been asked.
    ///
    /// # Errors
    /// As for [`Discovery::fresh`].
    pub(crate) async fn renewed(
        &self,
        transport: &impl Transport,
        now: Timestamp,
    ) -> Result<Arc<Provider>, ClientError> {
        self.document.renewed(transport, &self.address, now).await
    }
}
