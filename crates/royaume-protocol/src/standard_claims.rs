//! The standard claims about a person (OIDC Core §5.1), each with the type of its values.

use serde_json::Value;
use url::Url;

/// The type of a claim's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Words, of which there is at least one.
    Text,
    /// An absolute https or http URL.
    Address,
    /// An address of mail (RFC 5322 §3.4.1), as far as one can tell by its looks.
    Mail,
    /// `true` or `false`.
    Truth,
    /// Year, month and day; the year alone; or the day without the year, which is then `0000`.
    Birthdate,
    /// Seconds since 1970.
    Moment,
    /// The members of §5.1.1, each of them words.
    Place,
}

/// Every standard claim but `sub`, which is not about the person but is the person.
pub const STANDARD: [(&str, Kind); 19] = [
    ("name", Kind::Text),
    ("given_name", Kind::Text),
    ("family_name", Kind::Text),
    ("middle_name", Kind::Text),
    ("nickname", Kind::Text),
    ("preferred_username", Kind::Text),
    ("profile", Kind::Address),
    ("picture", Kind::Address),
    ("website", Kind::Address),
    ("email", Kind::Mail),
    ("email_verified", Kind::Truth),
    ("gender", Kind::Text),
    ("birthdate", Kind::Birthdate),
    ("zoneinfo", Kind::Text),
    ("locale", Kind::Text),
    ("phone_number", Kind::Text),
    ("phone_number_verified", Kind::Truth),
    ("address", Kind::Place),
    ("updated_at", Kind::Moment),
];

/// The members of `address` (§5.1.1).
const PLACE: [&str; 6] = ["formatted", "street_address", "locality", "region", "postal_code", "country"];

/// A claim whose value is not of the type of the standard.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name} must be {}", .kind.words())]
pub struct IllTyped {
    /// The claim, with its language if it has one.
    pub name: String,
    /// What it must be.
    pub kind: Kind,
}

impl Kind {
    /// What a value must be.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Text => "a text that is not empty",
            Self::Address => "an absolute https or http URL",
            Self::Mail => "an address of mail",
            Self::Truth => "true or false, not a text",
            Self::Birthdate => "a date as 1987-10-16, 0000-10-16 or 1987",
            Self::Moment => "a number of seconds since 1970, not a text",
            Self::Place => {
                "an object of texts: formatted, street_address, locality, region, postal_code, country"
            }
        }
    }

    /// Is that value of this type?
    pub fn admits(self, value: &Value) -> bool {
        match (self, value) {
            (Self::Truth, value) => value.is_boolean(),
            (Self::Moment, value) => value.as_f64().is_some_and(|seconds| seconds >= 0.0),
            (Self::Place, Value::Object(members)) => {
                !members.is_empty()
                    && members.iter().all(|(name, value)| {
                        PLACE.contains(&name.as_str()) && value.as_str().is_some_and(is_said)
                    })
            }
            (Self::Text, Value::String(text)) => is_said(text),
            (Self::Address, Value::String(text)) => {
                Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "https" | "http"))
            }
            (Self::Mail, Value::String(text)) => {
                let whole = !text.chars().any(|c| c.is_whitespace() || c.is_control());
                whole && text.rsplit_once('@').is_some_and(|(who, host)| !who.is_empty() && !host.is_empty())
            }
            (Self::Birthdate, Value::String(text)) => is_birthdate(text),
            _ => false,
        }
    }
}

/// The type of a standard claim, with or without a language (§5.2); nothing for other claims.
pub fn kind(name: &str) -> Option<Kind> {
    let bare = name.split_once('#').map_or(name, |(bare, _)| bare);
    STANDARD.iter().find(|(standard, _)| *standard == bare).map(|(_, kind)| *kind)
}

/// Is the value of the type that the standard gives the claim? Other claims have whatever values they like.
///
/// # Errors
/// [`IllTyped`] says what it must be.
pub fn check(name: &str, value: &Value) -> Result<(), IllTyped> {
    match kind(name) {
        Some(kind) if !kind.admits(value) => Err(IllTyped { name: name.to_owned(), kind }),
        Some(_) | None => Ok(()),
    }
}

/// Does a value say anything? One that does not is left out of answers rather than sent (§5.3.2).
pub fn says_something(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => is_said(text),
        Value::Array(values) => !values.is_empty(),
        Value::Object(members) => !members.is_empty(),
        Value::Bool(_) | Value::Number(_) => true,
    }
}

fn is_said(text: &str) -> bool {
    !text.trim().is_empty() && text != "null"
}

fn is_birthdate(text: &str) -> bool {
    let digits = |part: &str, length: usize| {
        (part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit()))
            .then(|| part.parse::<i16>().ok())
            .flatten()
    };
    let mut parts = text.split('-');
    let (year, month, day) = (parts.next(), parts.next(), parts.next());
    let Some(year) = year.and_then(|year| digits(year, 4)) else { return false };
    if parts.next().is_some() {
        return false;
    }
    match (month, day) {
        (None, None) => year > 0,
        (Some(month), Some(day)) => {
            let number = |part, length| digits(part, length).and_then(|number| i8::try_from(number).ok());
            let (Some(month), Some(day)) = (number(month, 2), number(day, 2)) else { return false };
            // Without a year it may be the 29th of February of any.
            let year = if year == 0 { 2000 } else { year };
            jiff::civil::Date::new(year, month, day).is_ok()
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_claim_has_its_type() {
        for (name, good, bad) in [
            ("name", json!("Camille"), json!(["Camille"])),
            ("given_name#fr", json!("Camille"), json!(" ")),
            ("family_name", json!("Moreau"), json!("null")),
            ("profile", json!("https://camille.example/"), json!("camille.example")),
            ("picture", json!("http://camille.example/a.png"), json!("javascript:alert(1)")),
            ("email", json!("camille@camille.example"), json!("camille")),
            ("email_verified", json!(false), json!("false")),
            ("phone_number_verified", json!(true), json!(1)),
            ("updated_at", json!(1_700_000_000), json!("1700000000")),
            ("updated_at", json!(0), json!(-1)),
            ("birthdate", json!("1987-10-16"), json!("1987-13-16")),
            ("birthdate", json!("0000-02-29"), json!("1987-02-29")),
            ("birthdate", json!("1987"), json!("0000")),
            ("birthdate", json!("1987-10-16"), json!("1987-10")),
            ("birthdate", json!("1987-10-16"), json!("16/10/1987")),
            ("birthdate", json!("1987-10-16"), json!("1987-10-16-1")),
            ("address", json!({ "locality": "Nantes" }), json!("Nantes")),
            ("address", json!({ "country": "France" }), json!({ "country": 33 })),
            ("address", json!({ "country": "France" }), json!({ "planet": "Earth" })),
            ("address", json!({ "country": "France" }), json!({})),
        ] {
            assert_eq!(check(name, &good), Ok(()), "{name}: {good}");
            let error = check(name, &bad).unwrap_err();
            assert!(error.to_string().starts_with(name), "{error}");
        }
        for (name, _) in STANDARD {
            assert!(check(name, &Value::Null).is_err(), "{name}");
        }
        assert_eq!(check("habilitation", &Value::Null), Ok(()));
    }

    #[test]
    fn what_says_nothing_is_known() {
        for value in [json!(null), json!(""), json!("  "), json!("null"), json!([]), json!({})] {
            assert!(!says_something(&value), "{value}");
        }
        for value in [json!(false), json!(0), json!("x"), json!([null]), json!({ "a": 1 })] {
            assert!(says_something(&value), "{value}");
        }
    }
}
