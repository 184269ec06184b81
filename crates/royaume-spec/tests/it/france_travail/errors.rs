//! What the deployed authorization server answers when something is wrong, row by row, as recorded exchanges.
//!
//! The rows whose answer departs from the standards are in `departures.rs` already: a wrong secret, a wrong scope, another
//! redirect URI, a cancelled login. These are the others. `UPDATE_EXPECT=1` writes the records anew.

use std::time::Duration;

use bytes::Bytes;
use expect_test::{Expect, expect};
use http::Request;
use royaume_server::stored::client::Application;
use royaume_spec::{World, exchange, get};

/// Plays a request, and holds it and its answer to the record.
async fn plays(world: &World, request: Request<Bytes>, recorded: Expect) {
    let asked = exchange::recorded(&request);
    let answer = world.send(request).await;
    recorded.assert_eq(&format!("{asked}\n{}", answer.recorded()));
}

/// RFC 6749 §4.1.2.1: the documentation shows a redirect with `invalid_client`. Nobody is sent to where an unknown
/// application says: the person sees a page.
#[tokio::test]
async fn an_unknown_application_is_told_on_a_page() {
    let world = World::as_deployed().await;
    let app = world.app("individu", Application::Private);
    let answer = world.send(get(&app.authorization_url(&[("client_id", "PAR_unknown")]))).await;
    answer.is_error_page();
}

/// RFC 6749 §4.1.2.1: a wrong scope comes back to the application, which learns which one it is.
#[tokio::test]
async fn a_wrong_scope_comes_back() {
    let world = World::as_deployed().await;
    let app = world.app("individu", Application::Private);
    let request = get(&app.authorization_url(&[("scope", "openid api_inconnuev1")]));
    plays(
        &world,
        request,
        expect![[r#"
        GET /connexion/oauth2/realms/root/realms/individu/authorize
            ?response_type=code
            &client_id=PAR_exemple_individu_026ead8ce48199a080b18af8fcb2afd86c78336e666c74672afe0735fb79ec8b
            &redirect_uri=http%3A%2F%2F127.0.0.1%2Fcallback
            &state=state-1
            &nonce=nonce-1
            &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM
            &code_challenge_method=S256
            &scope=openid+api_inconnuev1
        host: sso.royaume.test

        303 See Other
        cache-control: no-store
        location: http://127.0.0.1/callback
            ?error=invalid_scope
            &error_description=at+least+one+scope+is+unknown+or+not+granted+to+this+client%3A+api_inconnuev1
            &state=state-1
            &iss=https%3A%2F%2Fsso.royaume.test%2Fconnexion%2Foauth2%2Frealms%2Froot%2Frealms%2Findividu
        content-security-policy: default-src 'none'; frame-ancestors 'none'
        x-content-type-options: nosniff
        x-frame-options: DENY
        referrer-policy: no-referrer
        strict-transport-security: max-age=31536000; includeSubDomains
    "#]],
    )
    .await;
}

/// RFC 6749 §4.1.2.1: so does a response type that the server does not have.
#[tokio::test]
async fn a_wrong_response_type_comes_back() {
    let world = World::as_deployed().await;
    let app = world.app("individu", Application::Private);
    let request = get(&app.authorization_url(&[("response_type", "device_code")]));
    plays(&world, request, expect![[r#"
        GET /connexion/oauth2/realms/root/realms/individu/authorize
            ?client_id=PAR_exemple_individu_026ead8ce48199a080b18af8fcb2afd86c78336e666c74672afe0735fb79ec8b
            &redirect_uri=http%3A%2F%2F127.0.0.1%2Fcallback
            &scope=openid+profile+email+api_peconnect-individuv1+individu+api_peconnect-coordonneesv1+coordonnees+api_peconnect-statutv1+statut+api_peconnect-datenaissancev1+datenaissance
            &state=state-1
            &nonce=nonce-1
            &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM
            &code_challenge_method=S256
            &response_type=device_code
        host: sso.royaume.test

        303 See Other
        cache-control: no-store
        location: http://127.0.0.1/callback
            ?error=unsupported_response_type
            &error_description=this+realm+does+not+offer+that+response_type
            &state=state-1
            &iss=https%3A%2F%2Fsso.royaume.test%2Fconnexion%2Foauth2%2Frealms%2Froot%2Frealms%2Findividu
        content-security-policy: default-src 'none'; frame-ancestors 'none'
        x-content-type-options: nosniff
        x-frame-options: DENY
        referrer-policy: no-referrer
        strict-transport-security: max-age=31536000; includeSubDomains
    "#]]).await;
}

/// RFC 6749 §4.1.2.1: whoever refuses at the consent is sent back with `access_denied`; whoever gives up at the login is
/// not.
#[tokio::test]
async fn whoever_refuses_comes_back() {
    let world = World::as_deployed().await;
    let app = world.app("individu", Application::Private);
    let mut browser = world.browser();
    let login = browser.open(&app.authorization_url(&[])).await.page();
    let consent = browser.log_in(&login, "camille", "camille").await.page();
    plays(&world, browser.dressed(browser.filled(&consent, &[("decision", "deny")])), expect![[r#"
        POST /connexion/oauth2/realms/root/realms/individu/consent
            ?interaction=<interaction>
        host: sso.royaume.test
        content-type: application/x-www-form-urlencoded
        cookie: __Host-individu-tx-<interaction>=<cookie>; __Host-individu-sso=<cookie>

        form=<form>
        &asked=L8-10v7nXWuattNsmn7yFinr
        &decision=deny

        303 See Other
        cache-control: no-store
        location: http://127.0.0.1/callback
            ?error=access_denied
            &error_description=the+person+refused
            &state=state-1
            &iss=https%3A%2F%2Fsso.royaume.test%2Fconnexion%2Foauth2%2Frealms%2Froot%2Frealms%2Findividu
        set-cookie: __Host-individu-tx-<interaction>=<cookie>; Max-Age=0; Path=/; HttpOnly; SameSite=Lax; Secure
        content-security-policy: default-src 'none'; frame-ancestors 'none'
        x-content-type-options: nosniff
        x-frame-options: DENY
        referrer-policy: no-referrer
        strict-transport-security: max-age=31536000; includeSubDomains
    "#]]).await;
}

/// RFC 6749 §5.2: a grant that there is not.
#[tokio::test]
async fn a_wrong_grant_is_refused() {
    let world = World::as_deployed().await;
    let app = world.app("partenaire", Application::Machine);
    plays(
        &world,
        app.token_request(&[("grant_type", "password")]),
        expect![[r#"
        POST /connexion/oauth2/realms/root/realms/partenaire/access_token
        host: sso.royaume.test
        content-type: application/x-www-form-urlencoded

        client_id=PAR_exemple_partenaire_23a0d4b696b0494d6142103ad7fec23bd1130136075a4de8fde7b76148cd9d4e
        &client_secret=<client_secret>
        &grant_type=password

        400 Bad Request
        content-type: application/json;charset=UTF-8
        cache-control: no-store
        pragma: no-cache
        content-security-policy: default-src 'none'; frame-ancestors 'none'
        x-content-type-options: nosniff
        x-frame-options: DENY
        referrer-policy: no-referrer
        strict-transport-security: max-age=31536000; includeSubDomains

        {"error":"unsupported_grant_type","error_description":"this realm does not support that grant_type"}
    "#]],
    )
    .await;
}

/// RFC 6749 §4.1.2: a code is good once, and for a minute.
#[tokio::test]
async fn a_code_that_was_used_or_is_old_is_refused() {
    let world = World::as_deployed().await;
    let app = world.app("individu", Application::Private);
    let callback = world.browser().walk(&app.authorization_url(&[]), "camille", "camille").await;
    let code = callback.parameter("code");
    world.send(app.redemption(&code, &[])).await.is_ok();
    plays(
        &world,
        app.redemption(&code, &[]),
        expect![[r#"
        POST /connexion/oauth2/realms/root/realms/individu/access_token
        host: sso.royaume.test
        content-type: application/x-www-form-urlencoded

        client_id=PAR_exemple_individu_026ead8ce48199a080b18af8fcb2afd86c78336e666c74672afe0735fb79ec8b
        &client_secret=<client_secret>
        &grant_type=authorization_code
        &code=<code>
        &redirect_uri=http%3A%2F%2F127.0.0.1%2Fcallback
        &code_verifier=<code_verifier>

        400 Bad Request
        content-type: application/json;charset=UTF-8
        cache-control: no-store
        pragma: no-cache
        content-security-policy: default-src 'none'; frame-ancestors 'none'
        x-content-type-options: nosniff
        x-frame-options: DENY
        referrer-policy: no-referrer
        strict-transport-security: max-age=31536000; includeSubDomains

        {"error":"invalid_grant","error_description":"the code was used before; its tokens are revoked"}
    "#]],
    )
    .await;
    let callback = world.browser().walk(&app.authorization_url(&[]), "camille", "camille").await;
    world.clock.advance(Duration::from_secs(61));
    plays(
        &world,
        app.redemption(&callback.parameter("code"), &[]),
        expect![[r#"
        POST /connexion/oauth2/realms/root/realms/individu/access_token
        host: sso.royaume.test
        content-type: application/x-www-form-urlencoded

        client_id=PAR_exemple_individu_026ead8ce48199a080b18af8fcb2afd86c78336e666c74672afe0735fb79ec8b
        &client_secret=<client_secret>
        &grant_type=authorization_code
        &code=<code>
        &redirect_uri=http%3A%2F%2F127.0.0.1%2Fcallback
        &code_verifier=<code_verifier>

        400 Bad Request
        content-type: application/json;charset=UTF-8
        cache-control: no-store
        pragma: no-cache
        content-security-policy: default-src 'none'; frame-ancestors 'none'
        x-content-type-options: nosniff
        x-frame-options: DENY
        referrer-policy: no-referrer
        strict-transport-security: max-age=31536000; includeSubDomains

        {"error":"invalid_grant","error_description":"the code has expired"}
    "#]],
    )
    .await;
}

/// RFC 6749 §5.2: nobody says who is asking.
#[tokio::test]
async fn without_credentials_nothing_is_granted() {
    let world = World::as_deployed().await;
    let app = world.app("partenaire", Application::Machine);
    let nobody =
        app.token_request(&[("grant_type", "client_credentials"), ("client_id", ""), ("client_secret", "")]);
    plays(
        &world,
        nobody,
        expect![[r#"
        POST /connexion/oauth2/realms/root/realms/partenaire/access_token
        host: sso.royaume.test
        content-type: application/x-www-form-urlencoded

        grant_type=client_credentials

        400 Bad Request
        content-type: application/json;charset=UTF-8
        cache-control: no-store
        pragma: no-cache
        content-security-policy: default-src 'none'; frame-ancestors 'none'
        x-content-type-options: nosniff
        x-frame-options: DENY
        referrer-policy: no-referrer
        strict-transport-security: max-age=31536000; includeSubDomains

        {"error":"invalid_client","error_description":"the client must authenticate: client_id is missing"}
    "#]],
    )
    .await;
    let no_secret = app.token_request(&[("grant_type", "client_credentials"), ("client_secret", "")]);
    plays(
        &world,
        no_secret,
        expect![[r#"
        POST /connexion/oauth2/realms/root/realms/partenaire/access_token
        host: sso.royaume.test
        content-type: application/x-www-form-urlencoded

        client_id=PAR_exemple_partenaire_23a0d4b696b0494d6142103ad7fec23bd1130136075a4de8fde7b76148cd9d4e
        &grant_type=client_credentials

        400 Bad Request
        content-type: application/json;charset=UTF-8
        cache-control: no-store
        pragma: no-cache
        content-security-policy: default-src 'none'; frame-ancestors 'none'
        x-content-type-options: nosniff
        x-frame-options: DENY
        referrer-policy: no-referrer
        strict-transport-security: max-age=31536000; includeSubDomains

        {"error":"invalid_client","error_description":"client authentication failed"}
    "#]],
    )
    .await;
}
