//! The keys of a provider, as it publishes them (RFC 7517 §5).

use std::sync::Arc;

use bytes::Bytes;
use http::Response;
use royaume_jose::{JwkSet, VerifyingKey};

use crate::document::Document;
use crate::{ClientError, answers};

/// The keys of one provider.
pub(crate) type Keys = Document<Vec<VerifyingKey>>;

/// None known yet.
pub(crate) fn unknown() -> Arc<Keys> {
    Arc::new(Document::new(read))
}

/// Keys that are not understood are left out, as are those for other purposes (RFC 7517 §4.2, §5).
fn read(response: &Response<Bytes>) -> Result<Vec<VerifyingKey>, ClientError> {
    let set: JwkSet = answers::json(response, "a key set")?;
    Ok(set.keys.iter().filter_map(|key| VerifyingKey::from_jwk(key).ok()).collect())
}
