//! Answers that are encrypted for the application (OIDC Core §2, §5.3.2, §10.2), from the real provider.

use http::{StatusCode, header};
use royaume_client::{
    Client, ClientError, ClientMetadata, DecryptionKey, KeyManagement, Provider, Registration, TokenSet,
    Transport,
};
use royaume_jose::{Algorithm, JwkSet, SeededEntropy, base64url};
use royaume_protocol::{ClientAuthenticationMethod, GrantType, Scope};
use royaume_server::Server;
use royaume_spec::World;
use serde_json::json;

use super::misbehaving::{Misbehaving, answer};
use super::now;

fn metadata(key: &DecryptionKey, userinfo_signed: Option<Algorithm>) -> ClientMetadata {
    let alg = || Some(key.algorithm().as_str().to_owned());
    ClientMetadata {
        redirect_uris: Some(vec!["https://app.test/cb".to_owned()]),
        token_endpoint_auth_method: Some(ClientAuthenticationMethod::ClientSecretPost),
        grant_types: Some(vec![GrantType::AuthorizationCode, GrantType::RefreshToken]),
        jwks: Some(json!(JwkSet { keys: vec![key.encryption_key().jwk()] })),
        id_token_encrypted_response_alg: alg(),
        userinfo_encrypted_response_alg: alg(),
        userinfo_signed_response_alg: userinfo_signed,
        ..ClientMetadata::default()
    }
}

/// An application that is registered for encrypted answers, over any transport.
async fn registered<T: Transport>(
    world: &World,
    key: &DecryptionKey,
    userinfo_signed: Option<Algorithm>,
    transport: impl FnOnce(Server) -> T,
) -> Client<T> {
    let provider = Provider::discover(&world.issuer("op"), &world.server).await.unwrap();
    let wish = metadata(key, userinfo_signed);
    let registration = Registration::register(&provider, &wish, None, &world.server).await.unwrap();
    let who = registration.authentication(None).unwrap();
    let mut client = Client::new(provider, who, transport(world.server.clone()));
    client.rules = registration.rules();
    assert!(client.rules.id_token_encrypted && client.rules.userinfo_encrypted);
    client.rules.decryption_keys = vec![key.clone()];
    client
}

async fn signed_in<T: Transport>(world: &World, client: &Client<T>) -> Result<TokenSet, ClientError> {
    let scope = Scope::parse("openid profile").unwrap();
    let begun = client.begin("https://app.test/cb", scope, None, &SeededEntropy::new(1));
    let (address, pending) = begun.unwrap();
    let callback = world.browser().walk(&address, "camille", "camille").await.location().to_owned();
    client.finish(&pending, &callback, now(world)).await
}

/// OIDC Core §10.2, §3.1.2.1: what is in the envelope is believed as any id token, and kept without the envelope, so that
/// the provider can read it as a hint; userinfo may be signed within, or not.
#[tokio::test]
async fn answers_are_decrypted_and_judged() {
    let world = World::provider().await;
    for alg in KeyManagement::ALL {
        let key = DecryptionKey::generate(alg).unwrap();
        for signed in [None, Some(Algorithm::Es256)] {
            let client = registered(&world, &key, signed, |server| server).await;
            let tokens = signed_in(&world, &client).await.unwrap();
            assert_eq!(tokens.id_token.as_ref().unwrap().expose().split('.').count(), 3, "{alg:?}");
            let userinfo = client.userinfo(&tokens, now(&world)).await.unwrap();
            assert_eq!(userinfo.given_name(), Some("Camille"));
            client.refresh(&tokens, now(&world)).await.unwrap();
        }
    }
}

/// OIDC Core §3.1.3.7 rule 1: whoever is registered for encryption takes nothing that is open, nothing for another key, and
/// nothing that was damaged.
#[tokio::test]
async fn answers_that_are_not_encrypted_for_the_application_are_refused() {
    let world = World::provider().await;
    let key = DecryptionKey::generate(KeyManagement::EcdhEs).unwrap();
    let mut client = registered(&world, &key, None, |server| server).await;
    let tokens = signed_in(&world, &client).await.unwrap();
    let undecryptable = |what: &str, error: &ClientError| {
        assert!(
            matches!(error, ClientError::Undecryptable { what: found, .. } if *found == what),
            "{error:?}"
        );
    };
    for keys in [vec![], vec![DecryptionKey::generate(KeyManagement::EcdhEs).unwrap()]] {
        client.rules.decryption_keys = keys;
        undecryptable("the id token", &signed_in(&world, &client).await.unwrap_err());
        undecryptable("userinfo", &client.userinfo(&tokens, now(&world)).await.unwrap_err());
    }
    // The provider answers in the open.
    let open = tokens.id_token.as_ref().unwrap().expose().to_owned();
    let provider = Misbehaving::token_response(&world, move |body| {
        body.insert("id_token".to_owned(), open.clone().into());
    });
    let client = registered(&world, &key, None, |_| provider).await;
    undecryptable("the id token", &signed_in(&world, &client).await.unwrap_err());
    for content_type in ["application/json", "application/jwt"] {
        let provider = Misbehaving::at(&world, "userinfo", move |_| {
            let mut open = answer(StatusCode::OK, r#"{"sub":"camille"}"#);
            open.headers_mut().insert(header::CONTENT_TYPE, content_type.parse().unwrap());
            open
        });
        let client = registered(&world, &key, None, |_| provider).await;
        undecryptable("userinfo", &client.userinfo(&tokens, now(&world)).await.unwrap_err());
    }
    // And a byte of what is encrypted is changed on the way.
    let provider = Misbehaving::token_response(&world, |body| {
        let mut parts: Vec<_> = body["id_token"].as_str().unwrap().split('.').map(str::to_owned).collect();
        let mut ciphertext = base64url::decode(&parts[3]).unwrap();
        ciphertext[0] ^= 1;
        parts[3] = base64url::encode(&ciphertext);
        body.insert("id_token".to_owned(), parts.join(".").into());
    });
    let client = registered(&world, &key, None, |_| provider).await;
    undecryptable("the id token", &signed_in(&world, &client).await.unwrap_err());
}
