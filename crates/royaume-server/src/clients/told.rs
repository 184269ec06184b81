//! What a client is told that it is registered for, the defaults filled in (RFC 7591 §3.2.1, RFC 7592 §3).

use royaume_protocol::{ClientAuthenticationMethod, ClientMetadata, RedirectUri};
use royaume_realm::Realm;

use crate::stored::client::{Client, ClientKeys};

/// The document that says all of it.
pub(crate) fn told(client: &Client, realm: &Realm) -> ClientMetadata {
    let uris = |uris: &[RedirectUri]| some(uris.iter().map(|uri| uri.as_str().to_owned()).collect());
    let (jwks, jwks_uri) = match &client.keys {
        None => (None, None),
        Some(ClientKeys::Jwks(set)) => {
            (Some(serde_json::to_value(set).expect("keys always serialise")), None)
        }
        Some(ClientKeys::JwksUri(uri)) => (None, Some(uri.clone())),
    };
    let (answers, requests, logout) = (&client.answers, &client.requests, &client.logout);
    let people = !client.response_types.is_empty();
    ClientMetadata {
        redirect_uris: uris(&client.redirect_uris),
        token_endpoint_auth_method: match client.authentication.as_slice() {
            [] => Some(ClientAuthenticationMethod::None),
            [only] => Some(*only),
            // An operator's client may use any of several; there is no word for that.
            [_, ..] => None,
        },
        token_endpoint_auth_signing_alg: requests.token_endpoint_auth_signing_alg.clone(),
        grant_types: Some(client.grants.clone()),
        response_types: Some(client.response_types.clone()),
        application_type: Some(client.application_type),
        client_name: Some(client.name.clone()).filter(|name| *name != client.client_id),
        client_uri: client.presentation.client_uri.clone(),
        logo_uri: client.presentation.logo_uri.clone(),
        policy_uri: client.presentation.policy_uri.clone(),
        tos_uri: client.presentation.tos_uri.clone(),
        contacts: some(client.presentation.contacts.clone()),
        scope: Some(client.scope.to_string()),
        jwks_uri,
        jwks,
        software_id: client.software.id.clone(),
        software_version: client.software.version.clone(),
        sector_identifier_uri: answers.sector_identifier_uri.clone(),
        subject_type: people.then_some(answers.subject_type),
        id_token_signed_response_alg: people
            .then(|| answers.id_token_signed_response_alg.unwrap_or(realm.id_token_algorithm)),
        id_token_encrypted_response_alg: answers.id_token_encrypted_response.map(|one| one.alg.to_string()),
        id_token_encrypted_response_enc: answers.id_token_encrypted_response.map(|one| one.enc.to_string()),
        userinfo_signed_response_alg: answers.userinfo_signed_response_alg,
        userinfo_encrypted_response_alg: answers.userinfo_encrypted_response.map(|one| one.alg.to_string()),
        userinfo_encrypted_response_enc: answers.userinfo_encrypted_response.map(|one| one.enc.to_string()),
        request_object_signing_alg: requests.request_object_signing_alg.clone(),
        request_uris: some(requests.request_uris.clone()),
        default_max_age: requests.default_max_age,
        require_auth_time: people.then_some(answers.require_auth_time),
        default_acr_values: some(requests.default_acr_values.clone()),
        initiate_login_uri: requests.initiate_login_uri.clone(),
        post_logout_redirect_uris: uris(&client.post_logout_redirect_uris),
        backchannel_logout_session_required: logout
            .backchannel_uri
            .as_ref()
            .map(|_| logout.backchannel_session_required),
        backchannel_logout_uri: logout.backchannel_uri.clone(),
        frontchannel_logout_session_required: logout
            .frontchannel_uri
            .as_ref()
            .map(|_| logout.frontchannel_session_required),
        frontchannel_logout_uri: logout.frontchannel_uri.clone(),
    }
}

fn some<T>(list: Vec<T>) -> Option<Vec<T>> {
    Some(list).filter(|list| !list.is_empty())
}
