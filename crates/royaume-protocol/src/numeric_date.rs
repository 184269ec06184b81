//! Dates as JWTs carry them: seconds since 1970, whole or with a fraction (RFC 7519 §2, NumericDate).

use std::fmt;

use serde::Deserializer;
use serde::de::{Error, Visitor};

/// Reads one. The fraction is cut off.
pub(crate) fn required<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    deserializer.deserialize_any(Seconds)?.ok_or_else(|| Error::custom("a date is null"))
}

/// Reads one that may be absent or null.
pub(crate) fn optional<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    deserializer.deserialize_any(Seconds)
}

struct Seconds;

impl Visitor<'_> for Seconds {
    type Value = Option<i64>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number of seconds since 1970")
    }

    fn visit_i64<E: Error>(self, seconds: i64) -> Result<Self::Value, E> {
        Ok(Some(seconds))
    }

    fn visit_u64<E: Error>(self, seconds: u64) -> Result<Self::Value, E> {
        i64::try_from(seconds).map(Some).map_err(|_| E::custom("a date is beyond all time"))
    }

    fn visit_f64<E: Error>(self, seconds: f64) -> Result<Self::Value, E> {
        // Beyond 2^53 a float no longer tells one second from the next.
        if seconds.abs() < 9.0e15 {
            Ok(Some(seconds.floor() as i64))
        } else {
            Err(E::custom("a date is beyond all time"))
        }
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    #[derive(Deserialize)]
    struct Dates {
        #[serde(deserialize_with = "super::required")]
        exp: i64,
        #[serde(default, deserialize_with = "super::optional")]
        nbf: Option<i64>,
    }

    #[test]
    fn dates_are_numbers_and_nothing_else() {
        for (text, expected) in [
            (r#"{"exp":1795000000}"#, (1_795_000_000, None)),
            (r#"{"exp":1795000000.9,"nbf":-1.5}"#, (1_795_000_000, Some(-2))),
            (r#"{"exp":1.795e9,"nbf":null}"#, (1_795_000_000, None)),
        ] {
            let dates: Dates = serde_json::from_str(text).unwrap();
            assert_eq!((dates.exp, dates.nbf), expected, "{text}");
        }
        for text in [
            "{}",
            r#"{"exp":null}"#,
            r#"{"exp":"1795000000"}"#,
            r#"{"exp":1e300}"#,
            r#"{"exp":18446744073709551615}"#,
            r#"{"exp":true}"#,
            r#"{"exp":[1]}"#,
        ] {
            assert!(serde_json::from_str::<Dates>(text).is_err(), "{text}");
        }
    }
}
