//! The reader and the writer of parameters, held against each other.

use proptest::prelude::*;

use super::*;

fn parse(text: &str) -> Result<Parameters, ParameterError> {
    Parameters::parse(text.as_bytes())
}

#[test]
fn a_repeated_parameter_is_refused_by_name_even_when_one_is_empty() {
    for text in ["scope=a&scope=b", "scope=a&scope=a", "scope=&scope=b", "scope&scope=b", "s%63ope=a&scope=b"]
    {
        assert_eq!(parse(text), Err(ParameterError::repeated("scope")), "{text}");
    }
    let (kept, error) = Parameters::parse_keeping_first(b"a=1&state=x&state=y").unwrap();
    assert_eq!(
        (kept.optional("state"), kept.was_repeated("state"), error.is_some()),
        (Some("x"), true, true)
    );
}

#[test]
fn an_empty_parameter_is_absent() {
    let parameters = parse("code=&scope&x=1&&").unwrap();
    assert_eq!(parameters.iter().collect::<Vec<_>>(), [("x", "1")]);
    assert_eq!(parameters.required("code"), Err(ParameterError::missing("code")));
}

#[test]
fn broken_encodings_are_refused() {
    for (text, error) in [
        ("a=%", ParameterError::PercentEncoding),
        ("a=%4", ParameterError::PercentEncoding),
        ("a=%zz", ParameterError::PercentEncoding),
        ("a=%+1", ParameterError::PercentEncoding),
        ("a=%ff", ParameterError::Utf8),
        ("a=%c0%af", ParameterError::Utf8),
        ("a=%ed%a0%80", ParameterError::Utf8),
        ("a=%00", ParameterError::Nul),
    ] {
        assert_eq!(parse(text), Err(error), "{text}");
    }
    assert_eq!(Parameters::parse(b"a=\xff"), Err(ParameterError::Utf8));
}

#[test]
fn limits_hold() {
    let many = (0..=MOST).map(|n| format!("p{n}=1")).collect::<Vec<_>>().join("&");
    assert_eq!(parse(&many), Err(ParameterError::TooMany));
    assert_eq!(parse(&"a=1&".repeat(MOST + 1)), Err(ParameterError::TooMany), "repeated ones count too");
    assert_eq!(parse(&format!("a={}", "x".repeat(LONGEST_VALUE + 1))), Err(ParameterError::TooLong));
    assert_eq!(parse(&format!("{}=1", "x".repeat(LONGEST_NAME + 1))), Err(ParameterError::TooLong));
}

#[test]
fn a_description_names_parameters_of_the_standards_only() {
    assert_eq!(ParameterError::repeated("scope").description(), "a parameter is repeated: scope");
    for name in ["<script>\"", "your_account_is_closed", "Scope", ""] {
        assert_eq!(ParameterError::repeated(name).description(), "a parameter is repeated");
    }
    assert!(REGISTERED.is_sorted());
}

#[test]
fn two_places_of_one_request_share_no_name() {
    let (query, form) = (parse("realm=x&scope=").unwrap(), parse("code=1&state=s").unwrap());
    let merged = query.clone().merge(form).unwrap();
    assert_eq!(merged.iter().collect::<Vec<_>>(), [("realm", "x"), ("code", "1"), ("state", "s")]);
    for form in ["realm=x", "realm=", "scope=a", "scope"] {
        let both = query.clone().merge(parse(form).unwrap());
        assert!(matches!(both, Err(ParameterError::Repeated(_))), "{form}");
    }
    let many = |letter: char| {
        let pairs: Vec<_> = (0..40).map(|n| (format!("{letter}{n}"), "1")).collect();
        parse(&encode(&pairs)).unwrap()
    };
    assert_eq!(many('a').merge(many('b')), Err(ParameterError::TooMany));
    let pair = |name: &str, value: &str| Parameters::from_pairs([(name.to_owned(), value.to_owned())]);
    assert_eq!(pair("a", "\0"), Err(ParameterError::Nul));
    assert_eq!(pair("a", &"x".repeat(LONGEST_VALUE + 1)), Err(ParameterError::TooLong));
}

#[test]
fn pairs_are_added_to_what_a_query_holds() {
    let pairs = [("code", "a b"), ("state", "é&")];
    for (url, expected) in [
        ("https://a.test/cb", "https://a.test/cb?code=a+b&state=%C3%A9%26"),
        ("https://a.test/cb?x=1", "https://a.test/cb?x=1&code=a+b&state=%C3%A9%26"),
        ("https://a.test/cb?", "https://a.test/cb?code=a+b&state=%C3%A9%26"),
        ("https://a.test/cb?x&", "https://a.test/cb?x&code=a+b&state=%C3%A9%26"),
        ("https://a.test/cb#/x?y", "https://a.test/cb?code=a+b&state=%C3%A9%26#/x?y"),
    ] {
        assert_eq!(append_query(url, &pairs), expected);
        assert_eq!(append_query::<&str, &str>(url, &[]), url);
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read(pairs in proptest::collection::btree_map("[^\0]{1,20}", "[^\0]{1,40}", 0..10)) {
        let pairs: Vec<_> = pairs.into_iter().collect();
        let read = parse(&encode(&pairs)).unwrap();
        let read: Vec<_> = read.iter().map(|(n, v)| (n.to_owned(), v.to_owned())).collect();
        prop_assert_eq!(read, pairs);
    }

    #[test]
    fn nothing_breaks_the_reader(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = Parameters::parse(&bytes);
    }

    /// Everything that two texts with the same meaning may differ in is in `plainest`, which knows nothing of
    /// the decoder: whatever else differs is read differently.
    #[test]
    fn two_texts_mean_the_same_only_by_the_equivalences_of_the_encoding(
        text in "([ab=&+*~-]|%(2[06aAbB]|3[dD]|4[01]|61|7[eE]|[cC]3%[aA]9)){0,24}",
    ) {
        if let Ok(read) = parse(&text) {
            let written = encode(&read.iter().collect::<Vec<_>>());
            prop_assert_eq!(&written, &plainest(&text));
            prop_assert_eq!(parse(&written).unwrap().pairs, read.pairs);
        }
    }
}

/// `%20` and `+`, capital and small hexadecimal digits, escaped and plain characters, empty parts, and names
/// without a value: each in its plainest form.
fn plainest(text: &str) -> String {
    let same = [("%20", "+"), ("%2a", "*"), ("%2A", "*"), ("%41", "A"), ("%61", "a")];
    let same = same.into_iter().chain([("%2b", "%2B"), ("%3d", "%3D"), ("%7e", "%7E"), ("~", "%7E")]);
    let mut text = text.replace("%c3", "%C3").replace("%a9", "%A9").replace("%C3%a9", "%C3%A9");
    for (spelling, plain) in same {
        text = text.replace(spelling, plain);
    }
    let parts =
        text.split('&').filter(|part| part.split_once('=').is_some_and(|(_, value)| !value.is_empty()));
    let parts = parts.map(|part| {
        let (name, value) = part.split_once('=').expect("it was kept because it has one");
        format!("{name}={}", value.replace('=', "%3D"))
    });
    parts.collect::<Vec<_>>().join("&")
}
