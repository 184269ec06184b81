//! Logouts that an application asks for, and those that it is told of (RP-Initiated, Back-Channel and Front-Channel
//! Logout 1.0): which are believed.

use bytes::Bytes;
use http::{Response, StatusCode};
use royaume_client::{Client, ClientError, FrontchannelLogout, LogoutError, PendingLogout, TokenSet, told};
use royaume_jose::{Algorithm, SeededEntropy, base64url};
use royaume_protocol::{LogoutTokenError, Parameters, parameters};
use royaume_server::Server;
use royaume_server::stored::client::Application;
use royaume_spec::app::new_client;
use royaume_spec::{App, Browser, World, registered};
use serde_json::{Value, json};

use super::misbehaving::{Misbehaving, answer, key, signed_as};
use super::{discovered, discovered_over, now, walked};

const BYE: &str = "https://app.test/bye";
const WORD: &str = "https://app.test/word";
const END: &str = "https://app.test/end";

/// An application that takes part in logouts of every kind.
async fn leaving(world: &World) -> App {
    let wish = royaume_server::admin::NewClient {
        post_logout_redirect_uris: vec![BYE.to_owned()],
        ..new_client(Application::Private, &["https://app.test/cb"])
    };
    let app = world.add_app("op", wish).await;
    world
        .amend(&app, |client| {
            client.logout.backchannel_uri = Some(WORD.to_owned());
            client.logout.frontchannel_uri = Some(END.to_owned());
            client.logout.frontchannel_session_required = true;
        })
        .await;
    app
}

async fn signed_in(world: &World, browser: &mut Browser<'_>, client: &Client<Server>, app: &App) -> TokenSet {
    let (pending, callback) = walked(world, browser, client, app).await;
    client.finish(&pending, &callback, now(world)).await.unwrap()
}

/// RP-Initiated Logout 1.0 §2, §3: the person leaves, comes back, and it is this browser's return. Module
/// `oidcc-client-test-rp-init-logout`.
#[tokio::test]
async fn a_person_who_signs_out_comes_back() {
    let world = World::provider().await;
    let wish = royaume_server::admin::NewClient {
        post_logout_redirect_uris: vec![BYE.to_owned()],
        ..new_client(Application::Private, &["https://app.test/cb"])
    };
    let app = world.add_app("op", wish).await;
    let client = discovered(&world, &app).await;
    let mut browser = world.browser();
    let tokens = signed_in(&world, &mut browser, &client, &app).await;
    let (step, pending) = client.begin_logout(&tokens, BYE, &SeededEntropy::new(2)).unwrap();
    let sent = Parameters::parse(step.url.split_once('?').unwrap().1.as_bytes()).unwrap();
    assert_eq!(sent.optional("id_token_hint"), tokens.id_token.as_ref().map(|token| token.expose()));
    assert_eq!(sent.optional("post_logout_redirect_uri"), Some(BYE));
    assert_eq!(sent.optional("state").map(str::len), Some(43));
    assert!(!format!("{pending:?}").contains(sent.optional("state").unwrap()));
    let back = browser.open(&step.url).await.at_application().location().to_owned();
    assert!(back.starts_with(BYE), "{back}");
    let kept = serde_json::to_string(&pending).unwrap();
    let pending: PendingLogout = serde_json::from_str(&kept).unwrap();
    client.finish_logout(&pending, &back).unwrap();
}

/// RP-Initiated Logout 1.0 §3: a return that is none. Modules `oidcc-client-test-rp-init-logout-other-state` and
/// `oidcc-client-test-rp-init-logout-no-state`.
#[tokio::test]
async fn a_return_without_the_state_of_this_browser_is_refused() {
    let world = World::provider().await;
    let app = leaving(&world).await;
    let client = discovered(&world, &app).await;
    let tokens = signed_in(&world, &mut world.browser(), &client, &app).await;
    let (_, other) = client.begin_logout(&tokens, BYE, &SeededEntropy::new(3)).unwrap();
    let (step, pending) = client.begin_logout(&tokens, BYE, &SeededEntropy::new(2)).unwrap();
    let state = step.url.split("state=").nth(1).unwrap().split('&').next().unwrap();
    let refused = |pending: &PendingLogout, callback: &str| match client.finish_logout(pending, callback) {
        Err(ClientError::Logout(error)) => error,
        judged => panic!("{callback}: {judged:?}"),
    };
    client.finish_logout(&pending, &format!("state={state}")).unwrap();
    assert_eq!(refused(&other, &format!("{BYE}?state={state}")), LogoutError::State);
    assert_eq!(refused(&pending, &format!("{BYE}?state=other")), LogoutError::State);
    for without in [BYE.to_owned(), format!("{BYE}?state="), format!("{BYE}#state={state}")] {
        assert_eq!(refused(&pending, &without), LogoutError::StateMissing);
    }
    let twice = format!("{BYE}?state={state}&state={state}");
    assert!(matches!(refused(&pending, &twice), LogoutError::Malformed(_)));
    let another = discovered(&world, &leaving(&world).await).await;
    let begun_there = another.begin_logout(&tokens, BYE, &SeededEntropy::new(2)).unwrap().1;
    assert_eq!(refused(&begun_there, &format!("{BYE}?state={state}")), LogoutError::Origin);
}

/// Back-Channel Logout 1.0 §2.5, §2.6: what the real provider posts is believed, and names the session of the ID token. A
/// second telling is the same again: its `jti` says so. Module `oidcc-client-test-rp-backchannel-rpinitlogout`.
#[tokio::test]
async fn a_logout_that_the_provider_tells_is_believed() {
    let world = World::provider().await;
    let app = leaving(&world).await;
    world.elsewhere.serve_status(WORD, StatusCode::OK);
    let client = discovered(&world, &app).await;
    let mut browser = world.browser();
    let tokens = signed_in(&world, &mut browser, &client, &app).await;
    let step = client.logout(&tokens, None).unwrap();
    browser.open(&step.url).await;
    world.server.delivered().await;
    let [posted] = world.elsewhere.asked(WORD).try_into().unwrap();
    let form = std::str::from_utf8(posted.body()).unwrap();
    let judged = client.backchannel_logout(form, now(&world)).await;
    assert_eq!(told(&judged).status(), StatusCode::OK);
    assert_eq!(told(&judged).headers()["cache-control"], "no-store");
    let (said, own) = (judged.unwrap(), tokens.claims.unwrap());
    assert_eq!((said.sub.as_deref(), &said.sid), (Some(own.sub.as_str()), &own.sid));
    assert_eq!(client.backchannel_logout(form, now(&world)).await.unwrap().jti, said.jti);
    world.clock.advance(std::time::Duration::from_secs(181));
    let late = client.backchannel_logout(form, now(&world)).await;
    assert_eq!(late, Err(ClientError::Logout(LogoutError::Token(LogoutTokenError::Expired))));
}

/// A provider that tells of a logout in whatever token it likes.
struct Teller {
    world: World,
    app: App,
    client: Client<Misbehaving>,
}

impl Teller {
    async fn new() -> Self {
        let world = World::provider().await;
        let app = leaving(&world).await;
        let es256 = registered::key(Algorithm::Es256, 0);
        let keys = json!({ "keys": [key().verifying_key().jwk(), es256.verifying_key().jwk()] }).to_string();
        let provider = Misbehaving::at(&world, "jwk", move |_| answer(StatusCode::OK, &keys));
        let mut client = discovered_over(&world, &app, provider).await;
        client.rules.id_token_algorithm = Some(Algorithm::Rs256);
        Self { world, app, client }
    }

    /// What every logout token says, changed.
    fn claims(&self, change: impl FnOnce(&mut Value)) -> Value {
        let now = now(&self.world).as_second();
        let mut claims = json!({
            "iss": self.world.issuer("op"), "aud": self.app.client_id, "iat": now, "exp": now + 120, "jti": "j-1",
            "sub": "camille", "sid": "s-1",
            "events": { "http://schemas.openid.net/event/backchannel-logout": {} },
        });
        change(&mut claims);
        claims
    }

    async fn judged(&self, token: &str) -> Result<(), LogoutError> {
        let form = parameters::encode(&[("logout_token", token)]);
        let judged = self.client.backchannel_logout(&form, now(&self.world)).await;
        let answer: Response<Bytes> = told(&judged);
        assert_eq!(answer.headers()["cache-control"], "no-store");
        let expected = if judged.is_ok() { StatusCode::OK } else { StatusCode::BAD_REQUEST };
        assert_eq!(answer.status(), expected);
        match judged {
            Ok(_) => Ok(()),
            Err(ClientError::Logout(error)) => Err(error),
            Err(other) => panic!("{other:?}"),
        }
    }

    async fn told(&self, change: impl FnOnce(&mut Value)) -> Result<(), LogoutError> {
        let header = json!({ "alg": "RS256", "kid": key().kid(), "typ": "logout+jwt" });
        self.judged(&signed_as(key(), &header, &self.claims(change))).await
    }
}

/// Back-Channel Logout 1.0 §2.6: each rule broken alone. Modules `oidcc-client-test-rp-backchannel-rpinitlogout-no-event`,
/// `oidcc-client-test-rp-backchannel-rpinitlogout-with-nonce`, `oidcc-client-test-rp-backchannel-rpinitlogout-wrong-aud`,
/// `oidcc-client-test-rp-backchannel-rpinitlogout-wrong-event` and
/// `oidcc-client-test-rp-backchannel-rpinitlogout-wrong-iss`.
#[tokio::test]
async fn a_logout_token_that_breaks_one_rule_is_refused() {
    use LogoutTokenError as E;
    let teller = Teller::new().await;
    let moment = now(&teller.world).as_second();
    assert_eq!(teller.told(|_| ()).await, Ok(()));
    for (claim, value, error) in [
        ("iss", json!("https://evil.example"), E::Issuer),
        ("aud", json!("another-client"), E::Audience),
        ("aud", json!([teller.app.client_id, "another-client"]), E::Audience),
        ("exp", json!(moment - 61), E::Expired),
        ("iat", json!(moment + 61), E::IssuedInFuture),
        ("events", json!({}), E::Event),
        ("events", json!({ "http://schemas.openid.net/event/other": {} }), E::Event),
        ("events", json!({ "http://schemas.openid.net/event/backchannel-logout": "x" }), E::Event),
        ("nonce", json!("n-1"), E::Nonce),
    ] {
        let refused = teller.told(|claims| claims[claim] = value.clone()).await;
        assert_eq!(refused, Err(LogoutError::Token(error)), "{claim}: {value}");
    }
    let nobody = teller
        .told(|claims| {
            let claims = claims.as_object_mut().unwrap();
            claims.remove("sub");
            claims.remove("sid");
        })
        .await;
    assert_eq!(nobody, Err(LogoutError::Token(E::Nothing)));
    for claim in ["iss", "aud", "exp", "iat", "jti", "events"] {
        let without = teller.told(|claims| drop(claims.as_object_mut().unwrap().remove(claim))).await;
        assert!(matches!(without, Err(LogoutError::Signature(_))), "{claim}: {without:?}");
    }
}

/// Back-Channel Logout 1.0 §2.6, RFC 8725 §3.1, §3.11: unsigned, signed by others, by an algorithm that was not registered,
/// or something else that the provider signs. Modules `oidcc-client-test-rp-backchannel-rpinitlogout-alg-none` and
/// `oidcc-client-test-rp-backchannel-rpinitlogout-wrong-alg`.
#[tokio::test]
async fn a_logout_token_without_the_provider_s_signature_is_refused() {
    let teller = Teller::new().await;
    let claims = teller.claims(|_| ());
    let es256 = registered::key(Algorithm::Es256, 0);
    let stranger = registered::key(Algorithm::Rs256, 0);
    let part = |value: &Value| base64url::encode(value.to_string().as_bytes());
    let unsigned = format!("{}.{}.", part(&json!({ "alg": "none", "typ": "logout+jwt" })), part(&claims));
    for token in [
        unsigned,
        signed_as(&es256, &json!({ "alg": "ES256", "kid": es256.kid(), "typ": "logout+jwt" }), &claims),
        signed_as(&stranger, &json!({ "alg": "RS256", "kid": stranger.kid() }), &claims),
        signed_as(&stranger, &json!({ "alg": "RS256", "kid": key().kid() }), &claims),
        "not a token".to_owned(),
        "A".repeat(8_000),
    ] {
        let refused = teller.judged(&token).await;
        assert!(matches!(refused, Err(LogoutError::Signature(_))), "{refused:?}");
    }
    for (typ, believed) in
        [("logout+jwt", true), ("application/logout+jwt", true), ("JWT", true), ("at+jwt", false)]
    {
        let header = json!({ "alg": "RS256", "kid": key().kid(), "typ": typ });
        let judged = teller.judged(&signed_as(key(), &header, &claims)).await;
        assert_eq!(judged, if believed { Ok(()) } else { Err(LogoutError::Kind) }, "{typ}");
    }
    let untyped = json!({ "alg": "RS256", "kid": key().kid() });
    assert_eq!(teller.judged(&signed_as(key(), &untyped, &claims)).await, Ok(()));
    for form in ["", "logout_token=", "token=x", "logout_token=a&logout_token=b", "logout_token=%zz"] {
        let judged = teller.client.backchannel_logout(form, now(&teller.world)).await;
        assert!(matches!(judged, Err(ClientError::Logout(LogoutError::Malformed(_)))), "{form}: {judged:?}");
    }
}

/// Back-Channel Logout 1.0 §2.8: whoever cannot tell says so, and is told again.
#[tokio::test]
async fn a_logout_that_nobody_can_judge_now_may_be_told_again() {
    let teller = Teller::new().await;
    let down = Misbehaving::at(&teller.world, "jwk", |_| answer(StatusCode::SERVICE_UNAVAILABLE, ""));
    let client = discovered_over(&teller.world, &teller.app, down).await;
    let header = json!({ "alg": "RS256", "kid": key().kid(), "typ": "logout+jwt" });
    let form =
        parameters::encode(&[("logout_token", signed_as(key(), &header, &teller.claims(|_| ())).as_str())]);
    let judged = client.backchannel_logout(&form, now(&teller.world)).await;
    assert_eq!(told(&judged).status(), StatusCode::SERVICE_UNAVAILABLE, "{judged:?}");
}

/// Front-Channel Logout 1.0 §2, §3: the frame that the real provider opens names issuer and session, and ends that session
/// and no other. Module `oidcc-client-test-rp-frontchannel-rpinitlogout`.
#[tokio::test]
async fn a_frame_ends_the_session_that_it_names() {
    let world = World::provider().await;
    let app = leaving(&world).await;
    world.elsewhere.serve_status(WORD, StatusCode::OK);
    let client = discovered(&world, &app).await;
    let mut browser = world.browser();
    let own = signed_in(&world, &mut browser, &client, &app).await;
    let other = signed_in(&world, &mut world.browser(), &client, &app).await.claims.unwrap();
    let page = browser.open(&client.logout(&own, None).unwrap().url).await.page();
    let own = own.claims.unwrap();
    let frame = page.body.split("<iframe ").nth(1).unwrap().split("src=\"").nth(1).unwrap();
    let frame = frame.split('"').next().unwrap();
    let frame = frame.replace("&#38;", "&").replace("&amp;", "&");
    assert!(frame.starts_with(END), "{frame}");
    let said = FrontchannelLogout::parse(&frame).unwrap();
    assert_eq!(said.ends(&own), Ok(true));
    assert_eq!(said.ends(&other), Ok(false));

    let read = |pairs: &[(&str, &str)]| FrontchannelLogout::parse(&parameters::encode(pairs));
    let (iss, sid) = (own.iss.as_str(), own.sid.as_deref().unwrap());
    assert_eq!(
        read(&[("iss", "https://evil.example"), ("sid", sid)]).unwrap().ends(&own),
        Err(LogoutError::Issuer)
    );
    assert_eq!(read(&[("iss", iss), ("sid", "other")]).unwrap().ends(&own), Ok(false));
    assert_eq!(read(&[("iss", iss)]), Err(LogoutError::Session));
    assert_eq!(read(&[("sid", sid)]), Err(LogoutError::Session));
    assert_eq!(read(&[]).unwrap().ends(&own), Err(LogoutError::Session), "any site can open a frame");
    assert!(matches!(read(&[("iss", iss), ("sid", sid), ("sid", sid)]), Err(LogoutError::Malformed(_))));
    let mut nameless = own.clone();
    nameless.sid = None;
    assert_eq!(read(&[]).unwrap().ends(&nameless), Ok(true), "a provider that names no session");
    assert_eq!(read(&[("iss", iss), ("sid", sid)]).unwrap().ends(&nameless), Ok(false));
}
