//! Discovery: what a realm offers, printed from what is wired (RFC 8414 §2, OIDC Discovery §3).

use http::HeaderValue;
use royaume_jose::jwe::{ContentEncryption, KeyManagement};
use royaume_protocol::{
    Algorithm, ClientAuthenticationMethod, GrantType, Prompt, ProviderMetadata, ResponseMode,
};
use royaume_realm::{Endpoint, Realm};

use crate::answer::{self, Answer};
use crate::client_auth;
use crate::context::Context;
use crate::refusal::Failure;

/// GET. The same document at every place where it may be looked for.
pub(super) fn get(cx: &Context<'_>) -> Result<Answer, Failure> {
    let printed = || serde_json::to_vec(&document(cx)).expect("metadata always serialises").into();
    let body = cx.realm.discovery.get_or_init(printed).clone();
    Ok(answer::public_json(body, HeaderValue::from_static("public, max-age=300")))
}

fn document(cx: &Context<'_>) -> ProviderMetadata {
    let realm = &cx.realm.realm;
    let url = |endpoint: Endpoint| realm.offers(endpoint).then(|| cx.parts.url(realm, endpoint));
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let people = realm.allows(GrantType::AuthorizationCode);
    let for_people = |list: &[&str]| people.then(|| words(list));
    let methods: Vec<_> = realm.client_authentication.iter().map(|method| method.as_str()).collect();
    let confidential: Vec<_> = methods.iter().copied().filter(|method| *method != "none").collect();
    let mut metadata = ProviderMetadata::new(&cx.realm.issuer);
    metadata.authorization_endpoint = url(Endpoint::Authorization);
    metadata.token_endpoint = url(Endpoint::Token);
    metadata.userinfo_endpoint = url(Endpoint::UserInfo);
    metadata.jwks_uri = url(Endpoint::Jwks);
    metadata.registration_endpoint = url(Endpoint::Registration);
    metadata.introspection_endpoint = url(Endpoint::Introspection);
    metadata.revocation_endpoint = url(Endpoint::Revocation);
    metadata.end_session_endpoint = url(Endpoint::Logout);
    metadata.scopes_supported = Some(realm.scopes.iter().map(|scope| scope.name.clone()).collect());
    metadata.response_types_supported = realm.response_types.iter().map(ToString::to_string).collect();
    metadata.response_modes_supported = for_people(&ResponseMode::ALL.map(ResponseMode::as_str));
    metadata.grant_types_supported =
        Some(words(&realm.grants.iter().map(|g| g.as_str()).collect::<Vec<_>>()));
    metadata.code_challenge_methods_supported = for_people(&["S256"]);
    metadata.token_endpoint_auth_methods_supported = Some(words(&methods));
    let assertions = realm.client_authentication.iter().flat_map(|method| match method {
        ClientAuthenticationMethod::PrivateKeyJwt => Algorithm::ALL.map(Algorithm::as_str).to_vec(),
        ClientAuthenticationMethod::ClientSecretJwt => vec![client_auth::assertion::MAC.as_str()],
        ClientAuthenticationMethod::ClientSecretPost
        | ClientAuthenticationMethod::ClientSecretBasic
        | ClientAuthenticationMethod::None => Vec::new(),
    });
    let algorithms = words(&assertions.collect::<Vec<_>>());
    metadata.introspection_endpoint_auth_signing_alg_values_supported = Some(algorithms.clone());
    metadata.revocation_endpoint_auth_signing_alg_values_supported = Some(algorithms.clone());
    metadata.token_endpoint_auth_signing_alg_values_supported = Some(algorithms);
    metadata.introspection_endpoint_auth_methods_supported = Some(words(&confidential));
    metadata.revocation_endpoint_auth_methods_supported = Some(words(&methods));
    metadata.authorization_response_iss_parameter_supported = people.then_some(true);
    if people {
        metadata.subject_types_supported = Some(words(&["public", "pairwise"]));
        // Every realm has a key of each algorithm, and a client is registered for whichever it likes.
        let algorithms = words(&Algorithm::SIGNING.map(Algorithm::as_str));
        metadata.id_token_signing_alg_values_supported = Some(algorithms.clone());
        metadata.userinfo_signing_alg_values_supported = Some(algorithms);
        // And encrypted to whichever key it has.
        let sent = words(&KeyManagement::ALL.map(KeyManagement::as_str));
        let content = words(&ContentEncryption::ALL.map(ContentEncryption::as_str));
        metadata.id_token_encryption_alg_values_supported = Some(sent.clone());
        metadata.id_token_encryption_enc_values_supported = Some(content.clone());
        metadata.userinfo_encryption_alg_values_supported = Some(sent);
        metadata.userinfo_encryption_enc_values_supported = Some(content);
        metadata.acr_values_supported = Some(words(&[&realm.acr]));
        metadata.display_values_supported = Some(words(&["page", "touch"]));
        metadata.claims_supported = Some(claims(realm));
        metadata.claim_types_supported = Some(words(&["normal"]));
        metadata.prompt_values_supported = Some(
            Prompt::ALL
                .into_iter()
                .filter(|prompt| *prompt != Prompt::Create || realm.account_creation)
                .map(|prompt| prompt.as_str().to_owned())
                .collect(),
        );
        metadata.ui_locales_supported = Some(words(&["fr", "en"]));
        metadata.claims_parameter_supported = Some(true);
        metadata.request_parameter_supported = Some(realm.request_parameter);
        metadata.request_uri_parameter_supported = Some(realm.request_uri_parameter);
        metadata.require_request_uri_registration = realm.request_uri_parameter.then_some(true);
        metadata.request_object_signing_alg_values_supported = (realm.request_parameter
            || realm.request_uri_parameter)
            .then(|| words(&Algorithm::ALL.map(Algorithm::as_str)));
        metadata.backchannel_logout_supported = Some(true);
        metadata.backchannel_logout_session_supported = Some(true);
        metadata.frontchannel_logout_supported = Some(true);
        metadata.frontchannel_logout_session_supported = Some(true);
    }
    metadata
}

/// The claims of id tokens, then those that scopes release.
fn claims(realm: &Realm) -> Vec<String> {
    let mut claims: Vec<String> =
        ["sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "at_hash", "c_hash", "acr", "amr", "sid"]
            .map(str::to_owned)
            .to_vec();
    for claim in realm.scopes.iter().flat_map(|scope| &scope.claims) {
        if !claims.contains(claim) {
            claims.push(claim.clone());
        }
    }
    claims
}
