//! The rules for a redirect URI (RFC 6749 §3.1.2, RFC 9700 §2.1), and what France Travail's documentation adds to them.

use http::Uri;
use royaume_protocol::RedirectUri;
use royaume_protocol::redirect_uri::RedirectUriError;
use royaume_realm::Text;

use super::finding::{Check, Finding, Trouble, both};
use super::report::Report;

pub(super) fn check(redirect_uri: Option<&str>, france_travail: bool, report: &mut Report) {
    match redirect_uri {
        Some(redirect_uri) => report.add(judged(redirect_uri, france_travail)),
        None => {
            let unasked = both("nommez-la avec --redirect-uri", "name it with --redirect-uri");
            report.skip(&[Check::RedirectUri], &unasked);
        }
    }
}

fn judged(redirect_uri: &str, france_travail: bool) -> Finding {
    let check = Check::RedirectUri;
    if let Err(error) = RedirectUri::register(redirect_uri) {
        let (seen, next) = broken(error);
        return Finding::wrong(check, Trouble::Usage, seen, next);
    }
    if france_travail && let Some((seen, next)) = undocumented(redirect_uri) {
        return Finding::remark(check, seen, next);
    }
    Finding::well(check, both("elle obéit aux règles", "it obeys the rules"))
}

/// What no server should take.
fn broken(error: RedirectUriError) -> (Text, Text) {
    use RedirectUriError as E;
    let (seen, next) = match error {
        E::NotAbsolute => (
            "elle n'est pas une URI absolue de 2000 caractères ASCII au plus",
            both("écrivez-la entière, avec https://", "write it whole, with https://"),
        ),
        E::Fragment => (
            "elle a un fragment (#), qu'une redirection perdrait",
            both("retirez le # et ce qui suit", "take off the # and what follows"),
        ),
        E::UserInfo => (
            "elle a un nom ou un mot de passe avant l'hôte",
            both("retirez ce qui précède le @", "take off what stands before the @"),
        ),
        E::Insecure => (
            "elle est en http hors de cette machine : le code passerait en clair",
            both("servez-la en https", "serve it over https"),
        ),
        E::Scheme => (
            "son schéma ne convient pas à une redirection",
            both(
                "prenez https, http sur 127.0.0.1, ou pour un mobile un schéma à domaine inversé (fr.exemple.app:/retour)",
                "take https, http on 127.0.0.1, or for a mobile a reverse-domain scheme (org.example.app:/back)",
            ),
        ),
        E::Pattern => (
            "elle a un joker ou un caractère qu'aucune URI n'a",
            both("enregistrez chaque URI telle qu'elle est envoyée", "register each URI as it is sent"),
        ),
        E::Spelling => (
            "elle n'est pas écrite comme les navigateurs l'envoient",
            both(
                "écrivez schéma et hôte en minuscules, sans port par défaut ni ./ ni ../",
                "write scheme and host in lower case, without a default port, ./ or ../",
            ),
        ),
        E::Host => (
            "son hôte n'est ni une adresse, ni un nom de lettres, chiffres, points et tirets",
            both("corrigez l'hôte", "correct the host"),
        ),
        E::ReservedParameter => (
            "elle a dans sa requête un paramètre de la réponse, comme code ou state",
            both("renommez ce paramètre", "rename that parameter"),
        ),
    };
    (both(seen, format!("it {error}")), next)
}

/// What France Travail's documentation excludes. Some of it was taken all the same, in some years and places: only the server
/// knows.
fn undocumented(redirect_uri: &str) -> Option<(Text, Text)> {
    let parsed = redirect_uri.parse::<Uri>().ok();
    let host = parsed.as_ref().and_then(Uri::host).unwrap_or_default().trim_matches(['[', ']']);
    let here = host == "localhost" || host.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback());
    if here {
        return Some((
            both(
                "la documentation de France Travail exclut localhost et cette machine",
                "France Travail's documentation excludes localhost and this machine",
            ),
            both(
                "développez avec royaume dev, qui l'accepte, et faites enregistrer à France Travail l'adresse https du service",
                "develop with royaume dev, which takes it, and have the service's https address registered at France Travail",
            ),
        ));
    }
    if !redirect_uri.starts_with("https://") {
        return Some((
            both(
                "la documentation de France Travail ne parle que de https",
                "France Travail's documentation speaks of https alone",
            ),
            both(
                "prenez une adresse https de votre service, que l'application mobile peut se réserver (liens universels)",
                "take an https address of your service, which a mobile application can claim (universal links)",
            ),
        ));
    }
    let port = parsed.and_then(|uri| uri.port_u16())?;
    Some((
        both(
            format!("la documentation de France Travail n'admet pas de port, et il y a :{port}"),
            format!("France Travail's documentation admits no port, and there is :{port}"),
        ),
        both(
            "faites-la servir sur le port par défaut de https",
            "have it served on the default port of https",
        ),
    ))
}

#[cfg(test)]
mod tests {
    use super::super::finding::Standing;
    use super::*;

    #[test]
    fn what_no_server_should_take_is_wrong_everywhere() {
        for uri in [
            "",
            "callback",
            "http://app.example/callback",
            "https://app.example/#x",
            "https://*.app.example/",
            "https://user@app.example/",
            "javascript:alert(1)",
            "https://App.example/",
            "https://app.example:443/",
            "https://app.example/?code=x",
        ] {
            for france_travail in [true, false] {
                let standing = judged(uri, france_travail).standing;
                assert_eq!(standing, Standing::Wrong(Trouble::Usage), "{uri}");
            }
        }
    }

    #[test]
    fn what_the_documentation_excludes_is_a_remark_at_france_travail_alone() {
        for uri in [
            "http://localhost:3000/callback",
            "http://127.0.0.1/callback",
            "http://[::1]:8080/",
            "https://localhost/callback",
            "https://app.example:8443/callback",
            "fr.example.app:/callback",
        ] {
            assert_eq!(judged(uri, true).standing, Standing::Remark, "{uri}");
            assert_eq!(judged(uri, false).standing, Standing::Well, "{uri}");
        }
        for uri in ["https://app.example/callback", "https://app.example"] {
            assert_eq!(judged(uri, true).standing, Standing::Well, "{uri}");
        }
    }
}
