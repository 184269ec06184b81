//! France Travail's sandbox: `test` comes before the API, in its technical scope and in its path.
//!
//! Both functions change nothing that is of the sandbox already. An API whose own name begins with `test` cannot be told
//! from one of the sandbox.

use royaume_protocol::Scope;

/// What a technical scope begins with.
const TECHNICAL: &str = "api_";
/// What the sandbox puts before the name of an API.
const TEST: &str = "test";

/// The scope that an application asks for in the sandbox: `api_immersion-prov3` becomes `api_testimmersion-prov3`, and
/// business scopes stay what they are.
pub fn sandbox_scope(scope: &Scope) -> Scope {
    let words: Vec<String> = scope.iter().map(sandbox_word).collect();
    // Four letters a word more than a scope may have: then nothing could be asked for anyway.
    Scope::parse(&words.join(" ")).unwrap_or_else(|_| scope.clone())
}

/// The path of an API in the sandbox, below the base of its family (`https://api.francetravail.io/partenaire`):
/// `/immersion-pro/v3/x` becomes `/testimmersion-pro/v3/x`.
pub fn sandbox_path(path: &str) -> String {
    let name = path.trim_start_matches('/');
    let slashes = &path[..path.len() - name.len()];
    if name.is_empty() || name.starts_with(TEST) {
        return path.to_owned();
    }
    format!("{slashes}{TEST}{name}")
}

fn sandbox_word(word: &str) -> String {
    match word.strip_prefix(TECHNICAL) {
        Some(name) if !name.starts_with(TEST) => format!("{TECHNICAL}{TEST}{name}"),
        _ => word.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(text: &str) -> Scope {
        Scope::parse(text).unwrap()
    }

    #[test]
    fn the_sandbox_has_technical_scopes_of_its_own() {
        let sandbox = sandbox_scope(&scope("api_immersion-prov3 echangespmsmp api_maj-pass-iaev1 passIAE"));
        let expected = "api_testimmersion-prov3 echangespmsmp api_testmaj-pass-iaev1 passIAE";
        assert_eq!(sandbox.to_string(), expected);
        assert_eq!(sandbox_scope(&scope("openid application_PAR_x")).to_string(), "openid application_PAR_x");
        assert!(sandbox_scope(&Scope::default()).is_empty());
    }

    #[test]
    fn the_sandbox_has_paths_of_its_own() {
        for (path, sandbox) in [
            ("/immersion-pro/v3/x", "/testimmersion-pro/v3/x"),
            ("maj-pass-iae/v1", "testmaj-pass-iae/v1"),
            ("/", "/"),
            ("", ""),
        ] {
            assert_eq!(sandbox_path(path), sandbox);
        }
    }

    #[test]
    fn what_is_of_the_sandbox_stays_as_it_is() {
        let once = sandbox_scope(&scope("api_immersion-prov3 echangespmsmp"));
        assert_eq!(sandbox_scope(&once).to_string(), once.to_string());
        let path = sandbox_path("/immersion-pro/v3/x");
        assert_eq!(sandbox_path(&path), path);
    }
}
