//! `docs/interoperability.md`: what it shows is what these tests run.

use crate::http::Caller;
use crate::provider::{ISSUER, Royaume, STANDARD};

const PAGE: &str = include_str!("../../../../docs/interoperability.md");

/// Where the page says that the server and the application are.
pub(crate) const SERVER: &str = "https://login.example.org";
pub(crate) const SITE: &str = "https://www.example.org";

/// The first block of a section that is in that language.
pub(crate) fn block(section: &str, language: &str) -> &'static str {
    let found = PAGE.split("\n## ").find(|text| text.lines().next() == Some(section)).and_then(|text| {
        let (_, block) = text.split_once(&format!("```{language}\n"))?;
        block.split("```").next()
    });
    found.unwrap_or_else(|| panic!("no block of {language} under {section}"))
}

/// The words of the command that registers the application of a section, as a shell would read it.
pub(crate) fn registration(section: &str) -> Vec<String> {
    let line = block(section, "sh").replace("\\\n", " ");
    let quoted = line.split('"').enumerate().flat_map(|(at, part)| match at % 2 {
        0 => part.split_whitespace().map(str::to_owned).collect::<Vec<_>>(),
        _ => vec![part.to_owned()],
    });
    quoted.collect()
}

#[test]
fn the_guide_shows_the_programs_that_are_tested() {
    for (section, language, program) in [
        ("openid-client", "js", include_str!("programs/openid-client.mjs")),
        ("Authlib", "python", include_str!("programs/authlib_flask.py")),
        ("mod_auth_openidc", "apache", include_str!("programs/mod_auth_openidc.conf")),
        ("oidc-client-ts", "js", include_str!("programs/oidc-client-ts.js")),
    ] {
        assert_eq!(block(section, language), program, "{section}");
    }
}

/// OpenID Connect Discovery 1.0 §4: every address that the guide lists leads to the one document of the realm.
#[test]
fn the_guide_lists_addresses_that_lead_to_the_document() {
    let royaume = Royaume::start(STANDARD);
    let issuer = royaume.issuer();
    assert!(PAGE.contains(&format!("`{SERVER}{ISSUER}`")), "the guide says what the issuer is");
    let lines: Vec<_> = block("The spellings of France Travail", "text").lines().collect();
    assert!(lines.len() > 3, "{lines:?}");
    for line in lines {
        let address = line.replace(SERVER, &royaume.base);
        let document = Caller::new(&royaume.base).get(&address).unwrap();
        assert_eq!(document.member("issuer"), issuer, "{line}");
    }
}
