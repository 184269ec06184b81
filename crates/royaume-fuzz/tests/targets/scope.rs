//! Scopes (RFC 6749 §3.3).

use std::collections::BTreeSet;

use royaume_fuzz::{Target, Verdict};
use royaume_protocol::Scope;
use royaume_protocol::scope::{LONGEST, MOST, is_token};

fn read(text: &str) -> Verdict {
    let read = Scope::parse(text);
    let Ok(scope) = &read else { return Verdict::Refused };
    let written = scope.to_string();
    assert!(written.len() <= text.len() && text.len() <= LONGEST);
    assert_eq!(Scope::parse(&written).unwrap().to_string(), written, "what is written is read, and stays");
    let words: Vec<_> = scope.iter().collect();
    assert!(words.len() <= MOST && words.iter().all(|word| is_token(word)));
    let set: BTreeSet<_> = words.iter().copied().collect();
    assert_eq!(set.len(), words.len(), "a word counts once");
    assert_eq!(set, text.split(' ').filter(|word| !word.is_empty()).collect());
    assert_eq!(written, words.join(" "));
    let json = serde_json::to_string(scope).unwrap();
    assert_eq!(&serde_json::from_str::<Scope>(&json).unwrap(), scope);
    assert!(scope.covers(scope) && scope.minus(scope).is_empty());
    Verdict::Accepted
}

/// RFC 6749 §3.3: a set of words, whatever stands between them.
#[test]
fn a_scope_is_the_set_of_its_words() {
    let whole = ["openid profile email", "api_offresdemploiv2 o2dsoffre", "  a  a b ", "", "!#[]~:/?=&"];
    let words =
        [" ", "  ", "openid", "offline_access", "\"", "\\", "\t", "\u{7f}", "é", "a b c d e f g h i j "];
    Target::new(&whole).words(&words).holds_of_text(read);
}
