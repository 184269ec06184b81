//! The document of registration, read strictly (RFC 7591 §2, RFC 8259): one object, no member twice, no endless nesting,
//! and each member that we know of its own type.

use std::fmt;

use royaume_protocol::ClientMetadata;
use serde::Deserializer;
use serde::de::{DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};
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
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let value = Strict { left: DEEPEST }.deserialize(&mut deserializer).map_err(|_| Malformed)?;
    deserializer.end().map_err(|_| Malformed)?;
    Ok(value)
}

/// A value, so many levels deep at most, in which no object has a member twice.
#[derive(Clone, Copy)]
struct Strict {
    left: usize,
}

impl Strict {
    fn deeper<E: serde::de::Error>(self) -> Result<Self, E> {
        let left = self.left.checked_sub(1).ok_or_else(|| E::custom("nested too deep"))?;
        Ok(Self { left })
    }
}

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let (deeper, mut read) = (self.deeper()?, Vec::new());
        while let Some(entry) = entries.next_element_seed(deeper)? {
            read.push(entry);
        }
        Ok(read.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let (deeper, mut read) = (self.deeper()?, Map::new());
        while let Some(name) = members.next_key::<String>()? {
            let value = members.next_value_seed(deeper)?;
            if read.insert(name, value).is_some() {
                return Err(A::Error::custom("a member stands there twice"));
            }
        }
        Ok(Value::Object(read))
    }
}
