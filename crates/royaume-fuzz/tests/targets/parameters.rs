//! Parameters of queries and forms (RFC 6749 Appendix B), beside a second reader of the same encoding.

use royaume_fuzz::{Target, Verdict};
use royaume_protocol::error::is_safe_description;
use royaume_protocol::parameters::{LONGEST_NAME, LONGEST_VALUE, MOST, append_query, encode};
use royaume_protocol::{ParameterError, Parameters};
use url::{Url, form_urlencoded};

const WHOLE: [&str; 5] = [
    "grant_type=authorization_code&code=abc&redirect_uri=https%3A%2F%2Fapp.test%2Fcb",
    "realm=%2Findividu&scope=openid+api_x%20y&state=%C3%A9&empty=&none",
    "&&a=1&&b=%26%3D%25&",
    "",
    "a==b=c&%61b=%e2%82%ac",
];
const WORDS: [&str; 14] = [
    "=",
    "&",
    "%",
    "+",
    "%00",
    "%2",
    "%zz",
    "%C3",
    "%26",
    "%3D",
    "client_id=x",
    "&client_id=",
    "&&",
    "a=1&a=2",
];

type Pairs = Vec<(String, String)>;

fn pairs(parameters: &Parameters) -> Pairs {
    parameters.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// The first of each name, as the other reader reads them, and whether any was repeated.
fn as_others_read(input: &[u8]) -> (Pairs, bool) {
    let (mut firsts, mut repeated) = (Pairs::new(), false);
    for (name, value) in form_urlencoded::parse(input) {
        if firsts.iter().any(|(known, _)| *known == name) {
            repeated = true;
        } else {
            firsts.push((name.into_owned(), value.into_owned()));
        }
    }
    firsts.retain(|(_, value)| !value.is_empty());
    (firsts, repeated)
}

fn read(input: &[u8]) -> Verdict {
    let strict = Parameters::parse(input);
    let (first, repeated) = match Parameters::parse_keeping_first(input) {
        Ok(read) => read,
        Err(error) => {
            assert!(is_safe_description(&error.description()), "{error}");
            assert_eq!(strict, Err(error), "both refuse for the same reason");
            return Verdict::Refused;
        }
    };
    let kept = pairs(&first);
    assert_eq!(
        (kept.clone(), repeated.is_some()),
        as_others_read(input),
        "another reader reads something else"
    );
    assert!(kept.len() <= MOST);
    for (name, value) in &kept {
        assert!(name.len() <= LONGEST_NAME && (1..=LONGEST_VALUE).contains(&value.len()));
        assert!(!name.contains('\0') && !value.contains('\0'));
        assert_eq!(first.optional(name), Some(value.as_str()));
    }
    let written = Parameters::parse(encode(&kept).as_bytes()).unwrap();
    assert_eq!(pairs(&written), kept, "what is written is read");
    match &repeated {
        None => assert_eq!(strict.as_ref(), Ok(&first)),
        Some(error) => {
            let ParameterError::Repeated(name) = error else { panic!("{error}") };
            assert!(first.was_repeated(name) && is_safe_description(&error.description()));
            assert_eq!(strict.as_ref(), Err(error));
        }
    }
    if strict.is_ok() {
        let twice = first.clone().merge(first.clone()).map(|_| ());
        assert_eq!(twice.is_ok(), first == Parameters::default(), "a name is in one place only");
        added_to_a_query(&kept);
    }
    Verdict::from(&strict)
}

/// RFC 6749 §3.1: what a query holds already stays.
fn added_to_a_query(added: &[(String, String)]) {
    for (url, kept) in
        [("https://a.test/x", None), ("https://a.test/x?k=v#f", Some("v")), ("https://a.test?", None)]
    {
        let both = Url::parse(&append_query(url, added)).unwrap();
        let mut read: Pairs = both.query_pairs().into_owned().collect();
        if kept.is_some() {
            assert_eq!(read.remove(0), ("k".to_owned(), "v".to_owned()));
        }
        assert_eq!((read.as_slice(), both.fragment()), (added, kept.map(|_| "f")));
    }
}

/// RFC 6749 §3.1, §3.2: no parameter more than once, none without a value.
#[test]
fn parameters_are_read_as_everybody_reads_them_or_not_at_all() {
    Target::new(&WHOLE).words(&WORDS).holds(read);
}
