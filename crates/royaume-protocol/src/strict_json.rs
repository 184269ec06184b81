//! JSON read strictly (RFC 8259 §4): no object has a member twice, which readers would take differently, and nothing is nested
//! endlessly.

use std::fmt;

use serde::Deserializer;
use serde::de::{DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// Reads one value, with at most `levels` of arrays and objects in each other.
///
/// # Errors
/// For what is not JSON, is nested deeper, or repeats a member.
pub fn read(json: &[u8], levels: usize) -> serde_json::Result<Value> {
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    let value = Strict { left: levels }.deserialize(&mut deserializer)?;
    deserializer.end()?;
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

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8259 §4: what one reader takes for the first and another for the last is nothing.
    #[test]
    fn no_member_is_repeated_at_any_level() {
        assert_eq!(read(br#"{"a":{"b":[1,"x",null,true,-1,0.5]}}"#, 3).unwrap()["a"]["b"][1], "x");
        for repeated in [r#"{"a":1,"a":1}"#, r#"[{"a":{"b":1,"b":2}}]"#, r#"{"a":1,"\u0061":2}"#] {
            read(repeated.as_bytes(), 8).unwrap_err();
        }
    }

    #[test]
    fn nothing_is_nested_deeper_than_is_allowed() {
        for (json, levels) in [("1", 0), ("[]", 1), ("[[]]", 2), (r#"{"a":[{}]}"#, 3)] {
            read(json.as_bytes(), levels).unwrap();
            if let Some(fewer) = levels.checked_sub(1) {
                read(json.as_bytes(), fewer).unwrap_err();
            }
        }
        for none in ["", "{", "{}x", "{} {}", "\u{0}"] {
            read(none.as_bytes(), 8).unwrap_err();
        }
        read(b"\"\xff\"", 8).unwrap_err();
    }
}
