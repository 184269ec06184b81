//! OpenID Connect Front-Channel Logout 1.0: the applications of a session that has ended are told by way of the browser.

use royaume_protocol::{Parameters, parameters};
use royaume_realm::Endpoint;
use royaume_server::stored::client::Application;
use royaume_spec::app::new_client;
use royaume_spec::{App, Arrival, Browser, Exchange, World, get, signed};
use serde_json::json;

const BYE: &str = "https://app.test/bye";
const END: &str = "https://app.test/end?a=1";

/// A provider's application whose session the browser ends there.
async fn framed_at(world: &World, uri: &str) -> App {
    let wish = royaume_server::admin::NewClient {
        post_logout_redirect_uris: vec![BYE.to_owned()],
        ..new_client(Application::Private, &["https://app.test/cb"])
    };
    let app = world.add_app("op", wish).await;
    world.amend(&app, |client| client.logout.frontchannel_uri = Some(uri.to_owned())).await;
    app
}

async fn tokens_in(browser: &mut Browser<'_>, world: &World, app: &App) -> Exchange {
    let callback = browser.walk(&app.authorization_url(&[]), "camille", "camille").await;
    let tokens = world.send(app.redemption(&callback.parameter("code"), &[])).await;
    tokens.is_ok();
    tokens
}

async fn leave(
    browser: &mut Browser<'_>,
    world: &World,
    tokens: &Exchange,
    more: &[(&str, &str)],
) -> Arrival {
    let hint = tokens.member("id_token");
    let pairs = [&[("id_token_hint", hint.as_str())], more].concat();
    browser.open(&parameters::append_query(&world.url("op", Endpoint::Logout), &pairs)).await
}

/// The addresses that the frames of a page load.
fn frames(page: &Exchange) -> Vec<String> {
    let tags = page.body.split("<iframe ").skip(1).map(|rest| rest.split('>').next().unwrap());
    tags.map(|tag| {
        for attribute in [
            "hidden",
            "sandbox=\"allow-scripts allow-same-origin\"",
            "referrerpolicy=\"no-referrer\"",
            "title=\"",
        ] {
            assert!(tag.contains(attribute), "{tag}");
        }
        let src = tag.split("src=\"").nth(1).unwrap().split('"').next().unwrap();
        src.replace("&#38;", "&").replace("&amp;", "&")
    })
    .collect()
}

fn frame_src(page: &Exchange) -> String {
    let policy = page.header("content-security-policy");
    policy.split("; ").find(|part| part.starts_with("frame-src")).unwrap_or_default().to_owned()
}

/// §3: the document says that browsers tell of logouts, and of which session. Module
/// `oidcc-frontchannel-logout-discovery-endpoint-verification`.
#[tokio::test]
async fn the_document_says_that_browsers_tell_of_logouts() {
    let world = World::provider().await;
    let document = world.send(get(&world.url("op", Endpoint::Discovery))).await.json();
    assert_eq!(document["frontchannel_logout_supported"], json!(true));
    assert_eq!(document["frontchannel_logout_session_supported"], json!(true));
}

/// §2, §3: once the session has ended, a page loads the application's address with issuer and session, and goes on to where
/// the person is expected, with the state. Module `oidcc-frontchannel-rp-initiated-logout`.
#[tokio::test]
async fn the_browser_loads_the_application_and_goes_on() {
    let world = World::provider().await;
    let app = framed_at(&world, END).await;
    let mut browser = world.browser();
    let tokens = tokens_in(&mut browser, &world, &app).await;
    let sid = signed::claims(&tokens.member("id_token"))["sid"].as_str().unwrap().to_owned();
    let state = "-._~!*'();:@&=+$,/?#[] 90";
    let more = [("post_logout_redirect_uri", BYE), ("state", state)];
    let page = leave(&mut browser, &world, &tokens, &more).await.page();
    assert_eq!(page.is_page("royaume-logged-out").status, 200);
    let [src] = frames(&page).try_into().unwrap();
    let (place, query) = src.split_once('?').unwrap();
    assert_eq!(place, "https://app.test/end");
    let query = Parameters::parse(query.as_bytes()).unwrap();
    let expected = [("a", "1"), ("iss", &*world.issuer("op")), ("sid", &sid)];
    assert_eq!(query.iter().collect::<Vec<_>>(), expected);
    assert_eq!(frame_src(&page), "frame-src https://app.test");
    let (seconds, onward) = page.header("refresh").split_once("; url=").unwrap();
    assert_eq!(seconds, "3");
    let (place, query) = onward.split_once('?').unwrap();
    assert_eq!(place, BYE);
    let back = Parameters::parse(query.as_bytes()).unwrap();
    assert_eq!(back.iter().collect::<Vec<_>>(), [("state", state)]);
    assert!(page.body.contains("id=\"logged-out-continue\" href=\"https://app.test/bye?state="));
    assert!(browser.cookie("-sso").is_none());
    let silent = browser.open(&app.authorization_url(&[("prompt", "none")])).await.at_application();
    silent.is_redirected_error("login_required");
    world.assert_over(&app, &tokens).await;
}

/// §2: every application of the session is loaded, each under its own name for the session; where the person is expected
/// nowhere they stay on the page.
#[tokio::test]
async fn every_application_of_the_session_is_loaded() {
    let world = World::provider().await;
    let (a, b) =
        (framed_at(&world, "https://a.test/end").await, framed_at(&world, "http://b.test:81/end").await);
    framed_at(&world, "https://absent.test/end").await;
    let mut browser = world.browser();
    let tokens = tokens_in(&mut browser, &world, &a).await;
    tokens_in(&mut browser, &world, &b).await;
    let page = leave(&mut browser, &world, &tokens, &[]).await.page();
    let mut loaded = frames(page.is_page("royaume-logged-out"));
    loaded.sort();
    assert!(
        loaded.len() == 2
            && loaded[0].starts_with("http://b.test:81/end?")
            && loaded[1].starts_with("https://a.test/end?")
    );
    assert_ne!(loaded[0].split("sid=").nth(1), loaded[1].split("sid=").nth(1));
    let policy = frame_src(&page);
    let mut sources: Vec<_> = policy.split(' ').skip(1).collect();
    sources.sort_unstable();
    assert_eq!(sources, ["http://b.test:81", "https://a.test"]);
    assert!(page.header("refresh").is_empty());
}

/// §2: an application is loaded after the person has said yes, too, and never before.
#[tokio::test]
async fn the_application_is_loaded_once_the_person_has_agreed() {
    let world = World::provider().await;
    let app = framed_at(&world, END).await;
    let mut browser = world.browser();
    tokens_in(&mut browser, &world, &app).await;
    let asked = browser.open(&world.url("op", Endpoint::Logout)).await.page();
    assert!(frames(asked.is_page("royaume-logout")).is_empty());
    let done = browser.submit(&asked, &[("decision", "yes")]).await.page();
    assert_eq!(frames(done.is_page("royaume-logged-out")).len(), 1);
}

/// §2: an address that is not of the web, or would change the page's policy, is never loaded; the person goes on as if it
/// were not there.
#[tokio::test]
async fn no_script_and_no_policy_comes_from_an_address() {
    for hostile in ["jAvAsCrIpT:alert(1)", "data:text/html,x", "https://a.test;sandbox/end", "x"] {
        let world = World::provider().await;
        let app = framed_at(&world, hostile).await;
        let mut browser = world.browser();
        let tokens = tokens_in(&mut browser, &world, &app).await;
        let more = [("post_logout_redirect_uri", BYE)];
        let back = leave(&mut browser, &world, &tokens, &more).await.at_application();
        assert_eq!(back.location(), BYE, "{hostile}");
    }
}

/// §2: of two logouts of one session at once one has the browser tell, and the other finds it ended.
#[tokio::test]
async fn two_logouts_at_once_load_the_application_once() {
    let world = World::provider().await;
    let app = framed_at(&world, END).await;
    let mut browser = world.browser();
    let tokens = tokens_in(&mut browser, &world, &app).await;
    let mut tab = browser.copied();
    world.place.trouble.together(2);
    let more = [("post_logout_redirect_uri", BYE)];
    let (here, there) =
        tokio::join!(leave(&mut browser, &world, &tokens, &more), leave(&mut tab, &world, &tokens, &more));
    let loaded = [here, there].into_iter().filter(|arrival| matches!(arrival, Arrival::Page(_)));
    assert_eq!(loaded.count(), 1);
}

/// CSP 3 §2.2: an address whose host would end a directive of a policy that names it cannot be registered, wherever it would
/// be named: frames, pictures, the places that forms lead to.
#[tokio::test]
async fn an_address_that_would_end_a_directive_is_not_registered() {
    let world = World::provider().await;
    for host in
        ["app.test;sandbox", "app.test,evil.test", "'self'", "app.test%3Bsandbox", "a;script-src x.test"]
    {
        let uri = format!("https://{host}/end");
        for member in ["frontchannel_logout_uri", "backchannel_logout_uri", "logo_uri", "initiate_login_uri"]
        {
            let refused = world.register(json!({ member: uri })).await;
            refused.is_error(400, "invalid_client_metadata");
            assert!(refused.member("error_description").starts_with(member), "{refused:?}");
        }
        world.register(json!({ "redirect_uris": [uri] })).await.is_error(400, "invalid_redirect_uri");
        world
            .register(json!({ "post_logout_redirect_uris": [uri] }))
            .await
            .is_error(400, "invalid_client_metadata");
    }
    let refused = world.register(json!({ "frontchannel_logout_uri": "https://app.test;sandbox/end" })).await;
    assert_eq!(
        refused.member("error_description"),
        "frontchannel_logout_uri has a host that is neither an address nor a name of letters, digits, dots and hyphens"
    );
}

/// CSP 3 §2.2: a picture whose address would end a directive is not loaded, and takes nothing from the page's policy.
#[tokio::test]
async fn no_policy_comes_from_the_address_of_a_picture() {
    let world = World::provider().await;
    let app = framed_at(&world, END).await;
    let address = app.authorization_url(&[]);
    let policy = async || {
        let page = world.browser().open(&address).await.page();
        page.is_page("royaume-login").header("content-security-policy").to_owned()
    };
    let without = policy().await;
    world
        .amend(&app, |client| client.presentation.logo_uri = Some("https://a.test;sandbox/logo".to_owned()))
        .await;
    assert_eq!(policy().await, without);
}
