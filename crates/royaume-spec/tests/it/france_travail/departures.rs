//! Each departure of the `as_deployed` dialect as a recorded exchange: one request, and both dialects' answers to it.
//!
//! `docs/divergences.md` explains each of them. `UPDATE_EXPECT=1` writes the records anew.

use std::future::Future;
use std::pin::Pin;

use bytes::Bytes;
use expect_test::{Expect, expect};
use http::{Request, header};
use royaume_realm::Dialect;
use royaume_server::stored::client::Application;
use royaume_spec::{World, exchange, get};

/// One field of [`Dialect`], the request that shows it, and what was recorded.
struct Departure {
    field: &'static str,
    scene: Scene,
    recorded: Expect,
}

/// Prepares a world, and returns the request to send.
type Scene = for<'w> fn(&'w World) -> Pin<Box<dyn Future<Output = Request<Bytes>> + 'w>>;

/// Every field, in the order of `dialect.rs` and `docs/divergences.md`.
fn departures() -> Vec<Departure> {
    vec![
        Departure {
            field: "invalid_client_as_bad_request",
            scene: |world| Box::pin(wrong_secret(world)),
            recorded: expect![[r#"
                POST /connexion/oauth2/realms/root/realms/partenaire/access_token
                host: sso.royaume.test
                content-type: application/x-www-form-urlencoded

                client_id=PAR_exemple_partenaire_23a0d4b696b0494d6142103ad7fec23bd1130136075a4de8fde7b76148cd9d4e
                &grant_type=client_credentials
                &client_secret=<client_secret>

                Standard:

                401 Unauthorized
                content-type: application/json
                cache-control: no-store
                pragma: no-cache
                www-authenticate: Basic realm="royaume", charset="UTF-8"
                content-security-policy: default-src 'none'; frame-ancestors 'none'
                x-content-type-options: nosniff
                x-frame-options: DENY
                referrer-policy: no-referrer
                strict-transport-security: max-age=31536000; includeSubDomains

                {"error":"invalid_client","error_description":"client authentication failed"}

                As deployed:

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
        },
        Departure {
            field: "redirect_uri_mismatch_code",
            scene: |world| Box::pin(redemption_elsewhere(world)),
            recorded: expect![[r#"
                POST /connexion/oauth2/realms/root/realms/individu/access_token
                host: sso.royaume.test
                content-type: application/x-www-form-urlencoded

                client_id=PAR_exemple_individu_026ead8ce48199a080b18af8fcb2afd86c78336e666c74672afe0735fb79ec8b
                &client_secret=<client_secret>
                &grant_type=authorization_code
                &code=<code>
                &code_verifier=<code_verifier>
                &redirect_uri=https%3A%2F%2Felsewhere.example%2Fcallback

                Standard:

                400 Bad Request
                content-type: application/json
                cache-control: no-store
                pragma: no-cache
                content-security-policy: default-src 'none'; frame-ancestors 'none'
                x-content-type-options: nosniff
                x-frame-options: DENY
                referrer-policy: no-referrer
                strict-transport-security: max-age=31536000; includeSubDomains

                {"error":"invalid_grant","error_description":"redirect_uri is not the one of the authorization request"}

                As deployed:

                400 Bad Request
                content-type: application/json;charset=UTF-8
                cache-control: no-store
                pragma: no-cache
                content-security-policy: default-src 'none'; frame-ancestors 'none'
                x-content-type-options: nosniff
                x-frame-options: DENY
                referrer-policy: no-referrer
                strict-transport-security: max-age=31536000; includeSubDomains

                {"error":"redirect_uri_mismatch","error_description":"redirect_uri is not the one of the authorization request"}
            "#]],
        },
        Departure {
            field: "scopes_in_error_descriptions",
            scene: |world| Box::pin(unknown_scope(world)),
            recorded: expect![[r#"
                POST /connexion/oauth2/realms/root/realms/partenaire/access_token
                host: sso.royaume.test
                content-type: application/x-www-form-urlencoded

                client_id=PAR_exemple_partenaire_23a0d4b696b0494d6142103ad7fec23bd1130136075a4de8fde7b76148cd9d4e
                &client_secret=<client_secret>
                &grant_type=client_credentials
                &scope=o2dsoffre+api_inconnuev1

                Standard:

                400 Bad Request
                content-type: application/json
                cache-control: no-store
                pragma: no-cache
                content-security-policy: default-src 'none'; frame-ancestors 'none'
                x-content-type-options: nosniff
                x-frame-options: DENY
                referrer-policy: no-referrer
                strict-transport-security: max-age=31536000; includeSubDomains

                {"error":"invalid_scope","error_description":"at least one scope is unknown or not granted to this client"}

                As deployed:

                400 Bad Request
                content-type: application/json;charset=UTF-8
                cache-control: no-store
                pragma: no-cache
                content-security-policy: default-src 'none'; frame-ancestors 'none'
                x-content-type-options: nosniff
                x-frame-options: DENY
                referrer-policy: no-referrer
                strict-transport-security: max-age=31536000; includeSubDomains

                {"error":"invalid_scope","error_description":"at least one scope is unknown or not granted to this client: api_inconnuev1"}
            "#]],
        },
        Departure {
            field: "charset_in_content_type",
            scene: |world| Box::pin(token_for_an_application(world)),
            recorded: expect![[r#"
                POST /connexion/oauth2/realms/root/realms/partenaire/access_token
                host: sso.royaume.test
                content-type: application/x-www-form-urlencoded

                client_id=PAR_exemple_partenaire_23a0d4b696b0494d6142103ad7fec23bd1130136075a4de8fde7b76148cd9d4e
                &client_secret=<client_secret>
                &grant_type=client_credentials
                &scope=api_offresdemploiv2+o2dsoffre

                Standard:

                200 OK
                content-type: application/json
                cache-control: no-store
                pragma: no-cache
                content-security-policy: default-src 'none'; frame-ancestors 'none'
                x-content-type-options: nosniff
                x-frame-options: DENY
                referrer-policy: no-referrer
                strict-transport-security: max-age=31536000; includeSubDomains

                {"access_token":"<access_token>","token_type":"Bearer","expires_in":1499,"scope":"api_offresdemploiv2 o2dsoffre"}

                As deployed:

                200 OK
                content-type: application/json;charset=UTF-8
                cache-control: no-store
                pragma: no-cache
                content-security-policy: default-src 'none'; frame-ancestors 'none'
                x-content-type-options: nosniff
                x-frame-options: DENY
                referrer-policy: no-referrer
                strict-transport-security: max-age=31536000; includeSubDomains

                {"access_token":"<access_token>","token_type":"Bearer","expires_in":1499,"scope":"api_offresdemploiv2 o2dsoffre"}
            "#]],
        },
        Departure {
            field: "nonce_in_token_response",
            scene: |world| Box::pin(redemption(world, "individu")),
            recorded: expect![[r#"
                POST /connexion/oauth2/realms/root/realms/individu/access_token
                host: sso.royaume.test
                content-type: application/x-www-form-urlencoded

                client_id=PAR_exemple_individu_026ead8ce48199a080b18af8fcb2afd86c78336e666c74672afe0735fb79ec8b
                &client_secret=<client_secret>
                &grant_type=authorization_code
                &code=<code>
                &redirect_uri=http%3A%2F%2F127.0.0.1%2Fcallback
                &code_verifier=<code_verifier>

                Standard:

                200 OK
                content-type: application/json
                cache-control: no-store
                pragma: no-cache
                content-security-policy: default-src 'none'; frame-ancestors 'none'
                x-content-type-options: nosniff
                x-frame-options: DENY
                referrer-policy: no-referrer
                strict-transport-security: max-age=31536000; includeSubDomains

                {"access_token":"<access_token>","token_type":"Bearer","expires_in":1499,"scope":"openid profile email api_peconnect-individuv1 individu api_peconnect-coordonneesv1 coordonnees api_peconnect-statutv1 statut api_peconnect-datenaissancev1 datenaissance","refresh_token":"<refresh_token>","id_token":"<id_token>"}

                <id_token> says
                {"iss":"https://sso.royaume.test/connexion/oauth2/realms/root/realms/individu","sub":"3151ee22ee1008d7090728568d1bc566239f57046c1c722faa1865536d7577a8v1","aud":"PAR_exemple_individu_026ead8ce48199a080b18af8fcb2afd86c78336e666c74672afe0735fb79ec8b","exp":1795530600,"iat":1795521600,"auth_time":1795521600,"nonce":"nonce-1","at_hash":"<at_hash>"}

                As deployed:

                200 OK
                content-type: application/json;charset=UTF-8
                cache-control: no-store
                pragma: no-cache
                content-security-policy: default-src 'none'; frame-ancestors 'none'
                x-content-type-options: nosniff
                x-frame-options: DENY
                referrer-policy: no-referrer
                strict-transport-security: max-age=31536000; includeSubDomains

                {"access_token":"<access_token>","token_type":"Bearer","expires_in":1499,"scope":"openid profile email api_peconnect-individuv1 individu api_peconnect-coordonneesv1 coordonnees api_peconnect-statutv1 statut api_peconnect-datenaissancev1 datenaissance","refresh_token":"<refresh_token>","id_token":"<id_token>","nonce":"nonce-1"}

                <id_token> says
                {"iss":"https://sso.royaume.test/connexion/oauth2/realms/root/realms/individu","sub":"3151ee22ee1008d7090728568d1bc566239f57046c1c722faa1865536d7577a8v1","aud":"PAR_exemple_individu_026ead8ce48199a080b18af8fcb2afd86c78336e666c74672afe0735fb79ec8b","exp":1795530600,"iat":1795521600,"auth_time":1795521600,"nonce":"nonce-1","at_hash":"<at_hash>","azp":"PAR_exemple_individu_026ead8ce48199a080b18af8fcb2afd86c78336e666c74672afe0735fb79ec8b","realm":"/individu"}
            "#]],
        },
        Departure {
            field: "realm_in_id_token",
            scene: |world| Box::pin(redemption(world, "entreprise")),
            recorded: expect![[r#"
                POST /connexion/oauth2/realms/root/realms/entreprise/access_token
                host: sso.royaume.test
                content-type: application/x-www-form-urlencoded

                client_id=PAR_exemple_entreprise_8d873b34acd3d9f8e3ba4ac59993d337ff89b2cce0842e77528e66b8fd1490b9
                &client_secret=<client_secret>
                &grant_type=authorization_code
                &code=<code>
                &redirect_uri=http%3A%2F%2F127.0.0.1%2Fcallback
                &code_verifier=<code_verifier>

                Standard:

                200 OK
                content-type: application/json
                cache-control: no-store
                pragma: no-cache
                content-security-policy: default-src 'none'; frame-ancestors 'none'
                x-content-type-options: nosniff
                x-frame-options: DENY
                referrer-policy: no-referrer
                strict-transport-security: max-age=31536000; includeSubDomains

                {"access_token":"<access_token>","token_type":"Bearer","expires_in":1499,"scope":"openid profile email api_peconnect-entreprisev1 habilitation","refresh_token":"<refresh_token>","id_token":"<id_token>"}

                <id_token> says
                {"iss":"https://sso.royaume.test/connexion/oauth2/realms/root/realms/entreprise","sub":"4cde08d387532abdd185306c2846b5800b03b23514689ca52501a38dbf5b818cv1","aud":"PAR_exemple_entreprise_8d873b34acd3d9f8e3ba4ac59993d337ff89b2cce0842e77528e66b8fd1490b9","exp":1795530600,"iat":1795521600,"auth_time":1795521600,"nonce":"nonce-1","at_hash":"<at_hash>"}

                As deployed:

                200 OK
                content-type: application/json;charset=UTF-8
                cache-control: no-store
                pragma: no-cache
                content-security-policy: default-src 'none'; frame-ancestors 'none'
                x-content-type-options: nosniff
                x-frame-options: DENY
                referrer-policy: no-referrer
                strict-transport-security: max-age=31536000; includeSubDomains

                {"access_token":"<access_token>","token_type":"Bearer","expires_in":1499,"scope":"openid profile email api_peconnect-entreprisev1 habilitation","refresh_token":"<refresh_token>","id_token":"<id_token>","nonce":"nonce-1"}

                <id_token> says
                {"iss":"https://sso.royaume.test/connexion/oauth2/realms/root/realms/entreprise","sub":"4cde08d387532abdd185306c2846b5800b03b23514689ca52501a38dbf5b818cv1","aud":"PAR_exemple_entreprise_8d873b34acd3d9f8e3ba4ac59993d337ff89b2cce0842e77528e66b8fd1490b9","exp":1795530600,"iat":1795521600,"auth_time":1795521600,"nonce":"nonce-1","at_hash":"<at_hash>","azp":"PAR_exemple_entreprise_8d873b34acd3d9f8e3ba4ac59993d337ff89b2cce0842e77528e66b8fd1490b9","realm":"/entreprise"}
            "#]],
        },
        Departure {
            field: "scope_on_redirect",
            scene: |world| Box::pin(authorization_of_somebody_known(world, "individu")),
            recorded: expect![[r#"
                GET /connexion/oauth2/realms/root/realms/individu/authorize
                    ?response_type=code
                    &client_id=PAR_exemple_individu_026ead8ce48199a080b18af8fcb2afd86c78336e666c74672afe0735fb79ec8b
                    &redirect_uri=http%3A%2F%2F127.0.0.1%2Fcallback
                    &state=state-1
                    &nonce=nonce-1
                    &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM
                    &code_challenge_method=S256
                    &scope=openid+profile
                host: sso.royaume.test
                cookie: __Host-individu-sso=<cookie>

                Standard:

                303 See Other
                cache-control: no-store
                location: http://127.0.0.1/callback
                    ?code=<code>
                    &state=state-1
                    &iss=https%3A%2F%2Fsso.royaume.test%2Fconnexion%2Foauth2%2Frealms%2Froot%2Frealms%2Findividu
                content-security-policy: default-src 'none'; frame-ancestors 'none'
                x-content-type-options: nosniff
                x-frame-options: DENY
                referrer-policy: no-referrer
                strict-transport-security: max-age=31536000; includeSubDomains

                As deployed:

                303 See Other
                cache-control: no-store
                location: http://127.0.0.1/callback
                    ?code=<code>
                    &scope=openid+profile
                    &client_id=PAR_exemple_individu_026ead8ce48199a080b18af8fcb2afd86c78336e666c74672afe0735fb79ec8b
                    &state=state-1
                    &iss=https%3A%2F%2Fsso.royaume.test%2Fconnexion%2Foauth2%2Frealms%2Froot%2Frealms%2Findividu
                content-security-policy: default-src 'none'; frame-ancestors 'none'
                x-content-type-options: nosniff
                x-frame-options: DENY
                referrer-policy: no-referrer
                strict-transport-security: max-age=31536000; includeSubDomains
            "#]],
        },
        Departure {
            field: "client_id_on_redirect",
            scene: |world| Box::pin(authorization_of_somebody_known(world, "agent")),
            recorded: expect![[r#"
                GET /connexion/oauth2/realms/root/realms/agent/authorize
                    ?response_type=code
                    &client_id=PAR_exemple_agent_98bae7bb72a354932455cfc169a4e2285e402929e4e135497ced00e11874353c
                    &redirect_uri=http%3A%2F%2F127.0.0.1%2Fcallback
                    &state=state-1
                    &nonce=nonce-1
                    &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM
                    &code_challenge_method=S256
                    &scope=openid+profile
                host: sso.royaume.test
                cookie: __Host-agent-sso=<cookie>

                Standard:

                303 See Other
                cache-control: no-store
                location: http://127.0.0.1/callback
                    ?code=<code>
                    &state=state-1
                    &iss=https%3A%2F%2Fsso.royaume.test%2Fconnexion%2Foauth2%2Frealms%2Froot%2Frealms%2Fagent
                content-security-policy: default-src 'none'; frame-ancestors 'none'
                x-content-type-options: nosniff
                x-frame-options: DENY
                referrer-policy: no-referrer
                strict-transport-security: max-age=31536000; includeSubDomains

                As deployed:

                303 See Other
                cache-control: no-store
                location: http://127.0.0.1/callback
                    ?code=<code>
                    &scope=openid+profile
                    &client_id=PAR_exemple_agent_98bae7bb72a354932455cfc169a4e2285e402929e4e135497ced00e11874353c
                    &state=state-1
                    &iss=https%3A%2F%2Fsso.royaume.test%2Fconnexion%2Foauth2%2Frealms%2Froot%2Frealms%2Fagent
                content-security-policy: default-src 'none'; frame-ancestors 'none'
                x-content-type-options: nosniff
                x-frame-options: DENY
                referrer-policy: no-referrer
                strict-transport-security: max-age=31536000; includeSubDomains
            "#]],
        },
        Departure {
            field: "cancelled_login_sends_state_only",
            scene: |world| Box::pin(cancelled_login(world)),
            recorded: expect![[r#"
                POST /connexion/oauth2/realms/root/realms/individu/login
                    ?interaction=<interaction>
                host: sso.royaume.test
                content-type: application/x-www-form-urlencoded
                cookie: __Host-individu-tx-<interaction>=<cookie>

                form=<form>
                &decision=cancel

                Standard:

                303 See Other
                cache-control: no-store
                location: http://127.0.0.1/callback
                    ?error=access_denied
                    &error_description=the+person+cancelled+the+login
                    &state=state-1
                    &iss=https%3A%2F%2Fsso.royaume.test%2Fconnexion%2Foauth2%2Frealms%2Froot%2Frealms%2Findividu
                set-cookie: __Host-individu-tx-<interaction>=<cookie>; Max-Age=0; Path=/; HttpOnly; SameSite=Lax; Secure
                content-security-policy: default-src 'none'; frame-ancestors 'none'
                x-content-type-options: nosniff
                x-frame-options: DENY
                referrer-policy: no-referrer
                strict-transport-security: max-age=31536000; includeSubDomains

                As deployed:

                303 See Other
                cache-control: no-store
                location: http://127.0.0.1/callback
                    ?state=state-1
                set-cookie: __Host-individu-tx-<interaction>=<cookie>; Max-Age=0; Path=/; HttpOnly; SameSite=Lax; Secure
                content-security-policy: default-src 'none'; frame-ancestors 'none'
                x-content-type-options: nosniff
                x-frame-options: DENY
                referrer-policy: no-referrer
                strict-transport-security: max-age=31536000; includeSubDomains
            "#]],
        },
        Departure {
            field: "redirect_uri_at_logout",
            scene: |world| Box::pin(logout(world)),
            recorded: expect![[r#"
                GET /compte/deconnexion
                    ?id_token_hint=<id_token_hint>
                    &redirect_uri=http%3A%2F%2F127.0.0.1%2F
                host: authentification-candidat.francetravail.fr
                cookie: __Host-individu-sso=<cookie>

                Standard:

                303 See Other
                cache-control: no-store
                location: /connexion/oauth2/realms/root/realms/individu/logged-out
                set-cookie: __Host-individu-sso=<cookie>; Max-Age=0; Path=/; HttpOnly; SameSite=Lax; Secure
                clear-site-data: "cache", "storage"
                content-security-policy: default-src 'none'; frame-ancestors 'none'
                x-content-type-options: nosniff
                x-frame-options: DENY
                referrer-policy: no-referrer
                strict-transport-security: max-age=31536000; includeSubDomains

                As deployed:

                303 See Other
                cache-control: no-store
                location: http://127.0.0.1/
                set-cookie: __Host-individu-sso=<cookie>; Max-Age=0; Path=/; HttpOnly; SameSite=Lax; Secure
                clear-site-data: "cache", "storage"
                content-security-policy: default-src 'none'; frame-ancestors 'none'
                x-content-type-options: nosniff
                x-frame-options: DENY
                referrer-policy: no-referrer
                strict-transport-security: max-age=31536000; includeSubDomains
            "#]],
        },
        Departure {
            field: "application_scope_tolerated",
            scene: |world| Box::pin(application_scope(world)),
            recorded: expect![[r#"
                POST /connexion/oauth2/realms/root/realms/partenaire/access_token
                host: sso.royaume.test
                content-type: application/x-www-form-urlencoded

                client_id=PAR_exemple_partenaire_23a0d4b696b0494d6142103ad7fec23bd1130136075a4de8fde7b76148cd9d4e
                &client_secret=<client_secret>
                &grant_type=client_credentials
                &scope=application_PAR_exemple_partenaire_23a0d4b696b0494d6142103ad7fec23bd1130136075a4de8fde7b76148cd9d4e+api_offresdemploiv2+o2dsoffre

                Standard:

                400 Bad Request
                content-type: application/json
                cache-control: no-store
                pragma: no-cache
                content-security-policy: default-src 'none'; frame-ancestors 'none'
                x-content-type-options: nosniff
                x-frame-options: DENY
                referrer-policy: no-referrer
                strict-transport-security: max-age=31536000; includeSubDomains

                {"error":"invalid_scope","error_description":"at least one scope is unknown or not granted to this client"}

                As deployed:

                200 OK
                content-type: application/json;charset=UTF-8
                cache-control: no-store
                pragma: no-cache
                content-security-policy: default-src 'none'; frame-ancestors 'none'
                x-content-type-options: nosniff
                x-frame-options: DENY
                referrer-policy: no-referrer
                strict-transport-security: max-age=31536000; includeSubDomains

                {"access_token":"<access_token>","token_type":"Bearer","expires_in":1499,"scope":"api_offresdemploiv2 o2dsoffre"}
            "#]],
        },
        Departure {
            field: "empty_body_for_refused_bearer",
            scene: |world| Box::pin(unknown_bearer(world)),
            recorded: expect![[r#"
                GET /partenaire/peconnect-individu/v1/userinfo
                host: api.francetravail.io
                authorization: Bearer <credentials>

                Standard:

                401 Unauthorized
                content-type: application/json
                cache-control: no-store
                pragma: no-cache
                www-authenticate: Bearer realm="individu", error="invalid_token", error_description="the access token is unknown, expired or revoked"
                content-security-policy: default-src 'none'; frame-ancestors 'none'
                x-content-type-options: nosniff
                x-frame-options: DENY
                referrer-policy: no-referrer
                strict-transport-security: max-age=31536000; includeSubDomains

                {"error":"invalid_token","error_description":"the access token is unknown, expired or revoked"}

                As deployed:

                401 Unauthorized
                cache-control: no-store
                content-type: application/json;charset=UTF-8
                www-authenticate: Bearer realm="individu", error="invalid_token", error_description="the access token is unknown, expired or revoked"
                content-security-policy: default-src 'none'; frame-ancestors 'none'
                x-content-type-options: nosniff
                x-frame-options: DENY
                referrer-policy: no-referrer
                strict-transport-security: max-age=31536000; includeSubDomains
            "#]],
        },
    ]
}

/// RFC 6749 §2.3.1: an application with a wrong secret.
async fn wrong_secret(world: &World) -> Request<Bytes> {
    let app = world.app("partenaire", Application::Machine);
    app.token_request(&[("grant_type", "client_credentials"), ("client_secret", "wrong")])
}

/// RFC 6749 §4.1.3: a code is redeemed with a redirect URI that nobody registered.
async fn redemption_elsewhere(world: &World) -> Request<Bytes> {
    let app = world.app("individu", Application::Private);
    let callback = world.browser().walk(&app.authorization_url(&[]), "camille", "camille").await;
    app.redemption(&callback.parameter("code"), &[("redirect_uri", "https://elsewhere.example/callback")])
}

/// RFC 6749 §3.3: a scope of which one word is unknown.
async fn unknown_scope(world: &World) -> Request<Bytes> {
    let app = world.app("partenaire", Application::Machine);
    app.token_request(&[("grant_type", "client_credentials"), ("scope", "o2dsoffre api_inconnuev1")])
}

/// RFC 6749 §4.4: a token for an application.
async fn token_for_an_application(world: &World) -> Request<Bytes> {
    let app = world.app("partenaire", Application::Machine);
    app.token_request(&[("grant_type", "client_credentials"), ("scope", "api_offresdemploiv2 o2dsoffre")])
}

/// RFC 6749 §4.1.3: a code is redeemed.
async fn redemption(world: &World, realm: &str) -> Request<Bytes> {
    let app = world.app(realm, Application::Private);
    let person = world.person(realm);
    let callback = world.browser().walk(&app.authorization_url(&[]), person, person).await;
    app.redemption(&callback.parameter("code"), &[])
}

/// RFC 6749 §4.1.1: somebody who is signed in and has agreed before is sent to the application at once.
async fn authorization_of_somebody_known(world: &World, realm: &str) -> Request<Bytes> {
    let app = world.app(realm, Application::Private);
    let person = world.person(realm);
    let mut browser = world.browser();
    browser.walk(&app.authorization_url(&[]), person, person).await;
    browser.dressed(get(&app.authorization_url(&[("scope", "openid profile")])))
}

/// RFC 6749 §4.1.2.1: the person gives up at the login.
async fn cancelled_login(world: &World) -> Request<Bytes> {
    let app = world.app("individu", Application::Private);
    let mut browser = world.browser();
    let page = browser.open(&app.authorization_url(&[])).await.page();
    browser.dressed(browser.filled(&page, &[("decision", "cancel")]))
}

/// RP-Initiated Logout 1.0 §2: a person signs out, and asks to be sent to the application.
async fn logout(world: &World) -> Request<Bytes> {
    let app = world.app("individu", Application::Private);
    let mut browser = world.browser();
    let callback = browser.walk(&app.authorization_url(&[]), "camille", "camille").await;
    let tokens = world.send(app.redemption(&callback.parameter("code"), &[])).await;
    let pairs =
        [("id_token_hint", tokens.member("id_token")), ("redirect_uri", "http://127.0.0.1/".to_owned())];
    browser.dressed(get(&format!(
        "https://authentification-candidat.francetravail.fr/compte/deconnexion?{}",
        royaume_protocol::parameters::encode(&pairs)
    )))
}

/// RFC 6749 §3.3: the scope of an old habit.
async fn application_scope(world: &World) -> Request<Bytes> {
    let app = world.app("partenaire", Application::Machine);
    let scope = format!("application_{} api_offresdemploiv2 o2dsoffre", app.client_id);
    app.token_request(&[("grant_type", "client_credentials"), ("scope", &scope)])
}

/// RFC 6750 §3: a token that is none, where the gateway reads claims.
async fn unknown_bearer(_: &World) -> Request<Bytes> {
    let mut request = get("https://api.francetravail.io/partenaire/peconnect-individu/v1/userinfo");
    request.headers_mut().insert(header::AUTHORIZATION, "Bearer of-nothing".parse().unwrap());
    request
}

/// A request in a world of that dialect, and the answer, as people read them.
async fn played(scene: Scene, dialect: Dialect) -> (String, String) {
    let world = World::with(|topology| {
        for realm in &mut topology.realms {
            realm.dialect = dialect;
        }
    })
    .await;
    let request = scene(&world).await;
    (exchange::recorded(&request), world.send(request).await.recorded())
}

/// docs/divergences.md: a departure that nobody wrote down or recorded does not exist.
#[test]
fn every_departure_has_its_heading_and_its_recorded_exchange() {
    let page = include_str!("../../../../../docs/divergences.md");
    let headings: Vec<_> =
        page.lines().filter_map(|line| line.strip_prefix("## `")?.strip_suffix('`')).collect();
    let fields: Vec<_> = Dialect::STANDARD.departures().map(|(field, _)| field).collect();
    let recorded: Vec<_> = departures().iter().map(|departure| departure.field).collect();
    assert_eq!(headings, fields, "headings of docs/divergences.md beside the fields of Dialect");
    assert_eq!(recorded, fields, "recorded exchanges beside the fields of Dialect");
}

/// docs/divergences.md: what each dialect answers to the same request, word by word.
#[tokio::test]
async fn both_dialects_answer_as_recorded() {
    for Departure { field, scene, recorded } in departures() {
        let (request, standard) = played(scene, Dialect::STANDARD).await;
        let (asked_again, deployed) = played(scene, Dialect::AS_DEPLOYED).await;
        assert_eq!(request, asked_again, "{field}: both are asked the same");
        recorded.assert_eq(&format!("{request}\nStandard:\n\n{standard}\nAs deployed:\n\n{deployed}"));
    }
}

/// docs/divergences.md: a field departs by itself, whatever the others say.
#[tokio::test]
async fn each_departure_is_heard_alone() {
    for Departure { field, scene, .. } in departures() {
        let alone: Dialect = serde_json::from_value(serde_json::json!({ field: true })).unwrap();
        let (_, standard) = played(scene, Dialect::STANDARD).await;
        let (_, departed) = played(scene, alone).await;
        assert_ne!(standard, departed, "{field} changes nothing");
    }
}
