//! The gateway: do the APIs answer? Without a token, 401 is the right answer (RFC 6750 §3).

use http::StatusCode;
use royaume_client::{ReqwestTransport, Transport as _, requests};

use super::finding::{Check, Finding, Trouble, both};
use super::realm::Ground;
use super::report::Report;
use crate::cli::Doctor;

pub(super) async fn check(
    asked: &Doctor,
    ground: &Ground,
    transport: &ReqwestTransport,
    report: &mut Report,
) {
    let Some(address) = address(asked, ground) else {
        let unknown =
            both("les API de ce fournisseur ne sont pas connues", "the APIs of this provider are not known");
        report.skip(&[Check::Gateway], &unknown);
        return;
    };
    let sent = match requests::document(&address) {
        Ok(request) => transport.send(request).await,
        Err(error) => Err(error),
    };
    match sent {
        Ok(response) => report.add(judged(&address, response.status())),
        Err(error) => {
            let seen = both(format!("{address} : {error}"), format!("{address}: {error}"));
            let next = both(
                "la passerelle est un autre hôte que le serveur : vérifiez aussi son nom, le pare-feu et le proxy",
                "the gateway is another host than the server: check its name, the firewall and the proxy too",
            );
            report.add(Finding::wrong(Check::Gateway, Trouble::of(&error), seen, next));
        }
    }
}

/// An API of the realm: the one whose scope was asked for, or else the first.
fn address(asked: &Doctor, ground: &Ground) -> Option<String> {
    let (realm, place) = (ground.realm.as_ref()?, ground.place.as_ref()?);
    let apis: Vec<_> = ground.catalogue.apis.iter().filter(|api| api.realm == realm.name).collect();
    let words: Vec<_> = asked.scope.iter().flat_map(|scope| scope.split(' ')).collect();
    let meant = apis.iter().find(|api| words.contains(&api.technical_scope.as_str()));
    let api = meant.or(apis.first())?;
    let root = format!("{}/{}", ground.catalogue.base_url_at(place), api.path);
    // Nothing says what lies below the root of an API, but for the one that says who somebody is.
    let userinfo = ground.addresses.as_ref().and_then(|addresses| addresses.userinfo.as_ref());
    Some(userinfo.filter(|userinfo| userinfo.starts_with(&root)).cloned().unwrap_or(root))
}

fn judged(address: &str, status: StatusCode) -> Finding {
    let code = status.as_u16();
    match status {
        StatusCode::NOT_FOUND => Finding::remark(
            Check::Gateway,
            both(format!("il n'y a pas d'API à {address}"), format!("there is no API at {address}")),
            both(
                "rien à faire si ce serveur est à vous et n'a pas d'API ; sinon vérifiez la version de l'API",
                "nothing, if this server is yours and has no APIs; otherwise check the version of the API",
            ),
        ),
        StatusCode::TOO_MANY_REQUESTS => Finding::remark(
            Check::Gateway,
            both(
                format!("{address} répond que le quota est atteint"),
                format!("{address} says that the quota is used up"),
            ),
            both("attendez ce que dit Retry-After", "wait as long as Retry-After says"),
        ),
        status if status.is_server_error() => Finding::wrong(
            Check::Gateway,
            Trouble::Unavailable,
            both(format!("{address} répond HTTP {code}"), format!("{address} answers HTTP {code}")),
            both(
                "les API sont en panne ou en maintenance : réessayez plus tard",
                "the APIs are broken or under maintenance: try again later",
            ),
        ),
        _ => Finding::well(
            Check::Gateway,
            both(
                format!("{address} répond, sans jeton, HTTP {code}"),
                format!("{address} answers, without a token, HTTP {code}"),
            ),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::Standing;
    use super::*;

    #[test]
    fn any_answer_shows_that_the_gateway_is_there_unless_it_says_that_it_is_not() {
        for (status, standing) in [
            (401, Standing::Well),
            (403, Standing::Well),
            (302, Standing::Well),
            (404, Standing::Remark),
            (429, Standing::Remark),
            (502, Standing::Wrong(Trouble::Unavailable)),
        ] {
            let finding = judged("https://api.test/x", StatusCode::from_u16(status).unwrap());
            assert_eq!(finding.standing, standing, "{status}");
        }
    }
}
