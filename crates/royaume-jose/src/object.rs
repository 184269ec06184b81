//! JSON objects, read as nothing else (RFC 7515 §5.2 step 3, RFC 7519 §7.2 items 3 and 10).

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, Error, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// What is written as an object. A structure alone would be read from an array of its members too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object<T>(pub T);

impl<T: DeserializeOwned> Object<T> {
    /// Reads one, of which every byte is UTF-8: also those of members that are passed over.
    ///
    /// # Errors
    /// When that is no object, or none of the expected members.
    pub fn read(json: &[u8]) -> serde_json::Result<T> {
        let text = std::str::from_utf8(json).map_err(serde_json::Error::custom)?;
        serde_json::from_str(text).map(|Self(read)| read)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Members(PhantomData)).map(Self)
    }
}

struct Members<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Members<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<T, A::Error> {
        T::deserialize(MapAccessDeserializer::new(members))
    }
}

/// Is a member there, whatever it says? Null is there too.
pub(crate) fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    IgnoredAny::deserialize(deserializer).map(|_| true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Named {
        name: String,
    }

    #[test]
    fn an_object_is_no_array_of_its_members_and_all_of_it_is_text() {
        let read = |json: &[u8]| Object::<Named>::read(json).ok().map(|named| named.name);
        assert_eq!(read(br#" {"other":[1],"name":"a"}"#).as_deref(), Some("a"));
        for other in [
            &br#"["a"]"#[..],
            b"{\"name\":\"a\",\"other\":\"\xff\"}",
            b"null",
            b"1",
            b"{}",
            b"{\"name\":\"a\"} x",
            b"",
        ] {
            assert_eq!(read(other), None, "{}", String::from_utf8_lossy(other));
        }
    }
}
