//! The document of registration, read strictly (RFC 7591 §2, RFC 8259): one object, no member twice, no endless nesting,
//! and each member that we know of its own type.

use royaume_protocol::{ClientMetadata, strict_json};
use serde_json::{Map, Value};

use super::unfit::{Unfit, Why};

/// The longest document, in bytes.
pub(crate) const LONGEST: usize = 64 * 1024;
/// Levels of arrays and objects: a key in a set has four, its certificates five.
const DEEPEST: usize = 8;

/// What was sent, by member.
pub(crate) struct Document(Map<String, Value>);

/// Not one JSON object, or one with a member twice, or nested too deep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Malformed;

impl Document {
    /// Reads it.
    pub(crate) fn read(body: &[u8]) -> Result<Self, Malformed> {
        match read(body)? {
            Value::Object(members) => Ok(Self(members)),
            _ => Err(Malformed),
        }
    }

    /// What a client says of itself. Members that we do not know are passed over (RFC 7591 §2); `null` is absence
    /// (RFC 7592 §2.2).
    pub(crate) fn metadata(&self) -> Result<ClientMetadata, Unfit> {
        if self.has("software_statement") {
            return Err(Unfit::of("software_statement", Why::SoftwareStatement));
        }
        let known = || ClientMetadata::MEMBERS.iter().filter_map(|name| Some((*name, self.0.get(*name)?)));
        for (name, value) in known() {
            let alone = Value::Object(Map::from_iter([(name.to_owned(), value.clone())]));
            serde_json::from_value::<ClientMetadata>(alone).map_err(|_| Unfit::of(name, Why::Shape))?;
        }
        let all = known().map(|(name, value)| (name.to_owned(), value.clone())).collect();
        serde_json::from_value(Value::Object(all)).map_err(|_| Unfit::of("redirect_uris", Why::Shape))
    }

    /// Is that member there, and not `null`?
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.get(name).is_some_and(|value| !value.is_null())
    }

    /// A member that is a text.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str)
    }
}

/// Reads JSON of any shape as strictly.
pub(super) fn read(body: &[u8]) -> Result<Value, Malformed> {
    strict_json::read(body, DEEPEST).map_err(|_| Malformed)
}
