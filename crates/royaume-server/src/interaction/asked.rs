//! What a request asks to be told beside its scopes: claims by name (OIDC Core §5.5), the level of authentication
//! (§5.5.1.1), and about whom.

use royaume_protocol::claims_request::Wish;
use royaume_protocol::{AuthorizationRequest, ClaimsRequest};
use royaume_realm::Realm;

use crate::refusal::Refusal;
use crate::stored::asked_claims::{AskedClaims, OF_SIGNING_IN, bare};
use crate::stored::client::Client;

/// Claims that are heard by name, of each kind.
const MOST_CLAIMS: usize = 64;
/// Languages that are heard, and how long one is (BCP 47 §4.4.1).
const MOST_LOCALES: usize = 8;
const LONGEST_LOCALE: usize = 35;

/// What is asked for by name. A claim that the client may not be told under any scope of its own is passed over, as is
/// one that nobody knows (§5.5.1): scopes are what an operator grants.
pub(super) fn claims(
    request: &AuthorizationRequest,
    client: &Client,
    realm: &Realm,
) -> Result<AskedClaims, Refusal> {
    let nothing = ClaimsRequest::default();
    let asked = request.claims.as_ref().unwrap_or(&nothing);
    if asked.id_token.get("acr").is_some_and(|wish| !reachable(wish, realm)) {
        return Err(Refusal::LevelUnreachable);
    }
    let may_be_told = realm.claims_of(client.scope.iter());
    let spoken = |name: &str| name.split_once('#').is_none_or(|(_, tag)| tag.len() <= LONGEST_LOCALE);
    let about_person = |name: &&String| may_be_told.contains(&bare(name)) && spoken(name);
    let userinfo = asked.userinfo.keys().filter(about_person).take(MOST_CLAIMS).cloned().collect();
    let of_signing_in = |name: &&String| OF_SIGNING_IN.contains(&name.as_str());
    let wished = asked.id_token.keys().filter(|name| about_person(name) || of_signing_in(name));
    let mut id_token: Vec<_> = wished.take(MOST_CLAIMS).cloned().collect();
    let levels = request.acr_values.is_some() || !client.requests.default_acr_values.is_empty();
    if levels && !asked.id_token.contains_key("acr") {
        id_token.push("acr".to_owned());
    }
    Ok(AskedClaims { userinfo, id_token, locales: locales(request) })
}

/// The subjects that the id token may be about, when the request names some (§3.1.2.2, §5.5.1).
pub(super) fn subjects(request: &AuthorizationRequest) -> Option<Vec<String>> {
    let wish = request.claims.as_ref()?.id_token.get("sub")?;
    // What is no text is nobody's subject.
    let texts = wish.values.iter().filter_map(|value| value.as_str().map(str::to_owned)).collect();
    (!wish.values.is_empty()).then_some(texts)
}

/// Can somebody who signs in here satisfy that wish for a level (§5.5.1.1)? One that is not essential always can be:
/// the level that was reached is told instead.
fn reachable(wish: &Wish, realm: &Realm) -> bool {
    !wish.essential || wish.values.is_empty() || wish.values.iter().any(|value| *value == *realm.acr)
}

fn locales(request: &AuthorizationRequest) -> Vec<String> {
    let asked = request.claims_locales.as_deref().unwrap_or_default();
    let tags = asked.split(' ').filter(|tag| (1..=LONGEST_LOCALE).contains(&tag.len()));
    tags.take(MOST_LOCALES).map(str::to_owned).collect()
}
