//! A login that another site begins (OIDC Core §4), at the real provider.

use royaume_client::{InitiatedLogin, InitiatedLoginError, Scope};
use royaume_jose::SeededEntropy;
use royaume_protocol::parameters;
use royaume_spec::World;

use super::{discovered, now};
use crate::oidc_core::provider_app;

/// OIDC Core §4: somebody is sent by another site, signs in, and goes where they wanted to. Module
/// `oidcc-client-test-3rd-party-init-login`.
#[tokio::test]
async fn whoever_is_sent_by_another_site_signs_in() {
    let world = World::provider().await;
    let app = provider_app(&world).await;
    let client = discovered(&world, &app).await;
    let issuer = world.issuer("op");
    let sent = parameters::encode(&[
        ("iss", issuer.as_str()),
        ("login_hint", "camille"),
        ("target_link_uri", "https://app.test/offres/1"),
    ]);
    let address = format!("https://app.test/login?{sent}");
    let issuers = [issuer.as_str()];
    let asked = InitiatedLogin::parse(&address, &issuers, &["https://app.test/offres/"]).unwrap();
    assert_eq!(asked.target_link_uri.as_deref(), Some("https://app.test/offres/1"));
    let login = asked.login(app.redirect_uri.as_str(), Scope::parse("openid").unwrap());
    let (address, pending) = client.begin_with(&login, &SeededEntropy::new(1)).unwrap();
    assert!(address.contains("login_hint=camille"));
    let callback = world.browser().walk(&address, "camille", "camille").await.location().to_owned();
    client.finish(&pending, &callback, now(&world)).await.unwrap();
}

/// OIDC Core §4, RFC 9700 §4.4: nobody is sent to an issuer that the application does not know, nor afterwards to a place
/// that is not its own.
#[tokio::test]
async fn whoever_is_sent_elsewhere_is_not() {
    let world = World::provider().await;
    let issuer = world.issuer("op");
    let parse = |pairs: &[(&str, &str)]| {
        InitiatedLogin::parse(&parameters::encode(pairs), &[issuer.as_str()], &["https://app.test/"])
    };
    assert_eq!(parse(&[("iss", "https://evil.example")]), Err(InitiatedLoginError::Issuer));
    let target = [("iss", issuer.as_str()), ("target_link_uri", "https://evil.example/")];
    assert_eq!(parse(&target), Err(InitiatedLoginError::Target));
}
