//! What a client may say of itself (§2, §5): each member that cannot be registered is refused, and named.

use royaume_jose::{Algorithm, SigningKey};
use royaume_spec::{Exchange, World, get};
use serde_json::{Value, json};

/// Refuses each, with that code and a description that begins with the member.
async fn are_refused(error: &str, cases: &[(&str, Value)]) {
    let world = World::provider().await;
    for (begins, changes) in cases {
        let answer = world.register(changes.clone()).await;
        assert_eq!(answer.status, 400, "{changes}: {answer:?}");
        answer.is_error(400, error);
        let description = answer.member("error_description");
        assert!(description.starts_with(begins), "{changes}: {description}");
    }
    assert_eq!(world.elsewhere.count(), 0, "nobody is asked about what is refused");
}

/// §5, RFC 6749 §3.1.2, RFC 8252 §7: a redirect URI that runs something, hides its host, leaves the machine in the clear,
/// matches many addresses, or would mix with the answer is refused; so is a list without end.
#[tokio::test]
async fn a_redirect_uri_that_leads_astray_is_refused() {
    let of = |uri: &str| ("redirect_uris[0]", json!({ "redirect_uris": [uri] }));
    are_refused(
        "invalid_redirect_uri",
        &[
            of("javascript:alert(1)"),
            of("JaVaScRiPt:alert(1)"),
            of("data:text/html,x"),
            of("https://*.app.test/cb"),
            of("https://app.test/*"),
            of("https://app.test/cb#fragment"),
            of("https://app.test@evil.test/cb"),
            of("http://app.test/cb"),
            of("https://app.test/cb?code=1"),
            of("https://app.test/cb?state=1"),
            of("https://app.test/../cb"),
            of("https://APP.test/cb"),
            of("/cb"),
            of(""),
            of("app.test:/cb"),
            ("redirect_uris[1]", json!({ "redirect_uris": ["https://app.test/cb", "https://app.test/#"] })),
            ("redirect_uris is missing", json!({ "redirect_uris": [] })),
            ("redirect_uris is missing", json!({ "redirect_uris": null })),
            ("redirect_uris has more", json!({ "redirect_uris": vec!["https://app.test/cb"; 2_000] })),
        ],
    )
    .await;
}

/// §2: addresses of a client are https and name a host; those that people may follow are never a script.
#[tokio::test]
async fn an_address_that_is_not_https_is_refused() {
    let mut cases = Vec::new();
    let members = [
        "client_uri",
        "logo_uri",
        "policy_uri",
        "tos_uri",
        "jwks_uri",
        "sector_identifier_uri",
        "initiate_login_uri",
        "backchannel_logout_uri",
        "frontchannel_logout_uri",
    ];
    for member in members {
        for uri in ["http://app.test/x", "javascript:alert(1)", "https://", "https://a@app.test/x", "x", ""] {
            cases.push((member, json!({ member: uri })));
        }
    }
    cases.push(("request_uris[0]", json!({ "request_uris": ["http://app.test/request"] })));
    cases.push(("request_uris has more", json!({ "request_uris": vec!["https://app.test/r"; 21] })));
    are_refused("invalid_client_metadata", &cases).await;
}

/// §2: no address of a client but its sector document is asked when it registers, wherever it leads.
#[tokio::test]
async fn registering_asks_nobody() {
    let world = World::provider().await;
    let answer = world
        .register(json!({
            "client_uri": "https://127.0.0.1/", "logo_uri": "https://10.0.0.1/logo", "policy_uri": "https://app.test/p",
            "tos_uri": "https://app.test/t", "jwks_uri": "https://169.254.169.254/jwks",
            "request_uris": ["https://localhost/request"], "initiate_login_uri": "https://app.test/login",
            "backchannel_logout_uri": "https://192.168.1.1/bye",
        }))
        .await;
    world.registered(&answer);
    assert_eq!(world.elsewhere.count(), 0);
}

/// A public key as a client writes it.
fn public_key(algorithm: Algorithm) -> Value {
    let key = SigningKey::generate(algorithm).unwrap();
    serde_json::to_value(key.verifying_key().jwk()).unwrap()
}

/// §2: keys come by value or by reference, never both; a private or symmetric one has been published and is refused, and
/// so is a set that is none, or holds something that is no key.
#[tokio::test]
async fn keys_that_cannot_be_trusted_are_refused() {
    let sound = public_key(Algorithm::Es256);
    let mut private = sound.clone();
    private["d"] = json!("AAAA");
    let off_curve = json!({ "kty": "EC", "crv": "P-256", "x": sound["y"], "y": sound["y"] });
    let weak = json!({ "kty": "RSA", "e": "AQAB", "n": "wA".repeat(60) });
    let of = |keys: Value| ("jwks", json!({ "jwks": { "keys": keys } }));
    are_refused(
        "invalid_client_metadata",
        &[
            ("jwks", json!({ "jwks": { "keys": [sound] }, "jwks_uri": "https://app.test/jwks" })),
            ("jwks", json!({ "jwks": [] })),
            ("jwks", json!({ "jwks": {} })),
            of(json!({})),
            of(json!([null])),
            of(json!([17])),
            of(json!([{ "kty": "oct", "k": "AAAA" }])),
            of(json!([private])),
            of(json!([off_curve])),
            of(json!([weak])),
            of(json!(vec![sound.clone(); 51])),
            ("token_endpoint_auth_method", json!({ "token_endpoint_auth_method": "private_key_jwt" })),
        ],
    )
    .await;
}

/// §2, RFC 7518 §3.3: an RSA key is large enough to be trusted and small enough to be worked with, or it is refused and the
/// description says so.
#[tokio::test]
async fn rsa_keys_have_two_thousand_to_eight_thousand_bits() {
    let world = World::provider().await;
    for (bits, fit) in [(2040, false), (2048, true), (8192, true), (8200, false), (16_384, false)] {
        let n = royaume_jose::base64url::encode(&vec![0xff; bits / 8]);
        let keys = json!([{ "kty": "RSA", "e": "AQAB", "n": n }]);
        let answer = world.register(json!({ "jwks": { "keys": keys } })).await;
        if fit {
            world.registered(&answer);
        } else {
            let description = answer.is_error(400, "invalid_client_metadata").member("error_description");
            assert!(description.contains("2048 to 8192 bits"), "{bits}: {description}");
        }
    }
}

/// §2: a sound set is registered and told again, and a key of a type that is unknown is of no harm.
#[tokio::test]
async fn public_keys_are_registered() {
    let world = World::provider().await;
    let keys = json!([public_key(Algorithm::Es256), public_key(Algorithm::EdDsa), { "kty": "new" }]);
    let answer = world.register(json!({ "jwks": { "keys": keys } })).await;
    world.registered(&answer);
    assert_eq!(answer.json()["jwks"]["keys"][0]["x"], keys[0]["x"]);
}

/// §2, RFC 8725 §3.2: an algorithm that signs nothing, or that is shared secrets only, is refused wherever one is named.
#[tokio::test]
async fn an_algorithm_that_is_not_supported_is_refused() {
    let mut cases = Vec::new();
    for member in [
        "id_token_signed_response_alg",
        "userinfo_signed_response_alg",
        "request_object_signing_alg",
        "token_endpoint_auth_signing_alg",
    ] {
        for algorithm in ["none", "RS1", "rs256", "HS512", ""] {
            cases.push((member, json!({ member: algorithm })));
        }
    }
    // What the server verifies, but does not sign with.
    cases.push(("id_token_signed_response_alg", json!({ "id_token_signed_response_alg": "PS256" })));
    cases.push(("userinfo_signed_response_alg", json!({ "userinfo_signed_response_alg": "PS256" })));
    are_refused("invalid_client_metadata", &cases).await;
}

/// §2: what clients sign with may be any algorithm that is verified here.
#[tokio::test]
async fn a_client_may_sign_with_whatever_is_verified() {
    let world = World::provider().await;
    for algorithm in Algorithm::ALL.map(Algorithm::as_str) {
        let answer = world
            .register(json!({
                "token_endpoint_auth_signing_alg": algorithm, "request_object_signing_alg": algorithm,
            }))
            .await;
        world.registered(&answer);
        for member in ["token_endpoint_auth_signing_alg", "request_object_signing_alg"] {
            assert_eq!(answer.member(member), algorithm);
        }
    }
}

/// §2.1: grants and response types agree; what strangers may not have, or the realm does not offer, is refused.
#[tokio::test]
async fn grants_and_response_types_must_agree() {
    are_refused(
        "invalid_client_metadata",
        &[
            ("response_types", json!({ "grant_types": ["implicit"], "response_types": ["code"] })),
            (
                "response_types",
                json!({ "grant_types": ["authorization_code"], "response_types": ["id_token"] }),
            ),
            ("response_types", json!({ "grant_types": ["implicit"] })),
            ("response_types", json!({ "response_types": [] })),
            ("grant_types", json!({ "grant_types": [] })),
            ("grant_types", json!({ "grant_types": ["client_credentials"], "response_types": [] })),
            ("scope", json!({ "scope": "openid everything" })),
            ("scope", json!({ "scope": "\"" })),
        ],
    )
    .await;
}

/// §5: what people will read of a client has a length, and no character that they would not see.
#[tokio::test]
async fn a_name_that_is_not_what_it_looks_like_is_refused() {
    let of = |name: &str| ("client_name", json!({ "client_name": name }));
    are_refused(
        "invalid_client_metadata",
        &[
            of(""),
            of("  "),
            of(&"a".repeat(201)),
            of(&"a".repeat(60_000)),
            of("Impôts\u{202e}stopmi"),
            of("Im\u{200b}pôts"),
            of("a\nb"),
            of("a\u{0}"),
            ("contacts[1]", json!({ "contacts": ["a@app.test", "b\u{2066}@app.test"] })),
            ("contacts has more", json!({ "contacts": vec!["a@app.test"; 21] })),
        ],
    )
    .await;
}

/// §5: a name with markup is shown as it is spelled.
#[tokio::test]
async fn markup_in_a_name_is_text() {
    let world = World::provider().await;
    let app = world.registered(&world.register(json!({ "client_name": "<script>alert(1)</script>" })).await);
    let page: Exchange = world.browser().open(&app.authorization_url(&[])).await.page();
    assert!(!page.body.contains("<script>alert"), "{page:?}");
    assert!(page.body.contains("alert(1)"), "the name is shown");
}

/// CIMD draft: a client_id that is an address is a name like any other: unknown, and nobody is asked for it.
#[tokio::test]
async fn an_address_as_client_id_is_not_fetched() {
    let world = World::provider().await;
    let app = world.registered(&world.register(json!({})).await);
    world
        .elsewhere
        .serve_json("https://evil.test/client", &json!({ "redirect_uris": ["https://app.test/cb"] }));
    let url = app.authorization_url(&[("client_id", "https://evil.test/client")]);
    world.send(get(&url)).await.is_error_page();
    assert_eq!(world.elsewhere.count(), 0);
}
