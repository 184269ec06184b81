//! RFC 9700 §4.1: a redirect URI is compared character by character, and every trick with it ends on a page.

use http::{Request, Uri, header};
use royaume_server::stored::client::Application;
use royaume_spec::world::wish_of;
use royaume_spec::{App, Browser, World, form, get, post};

/// Asserts that a signed-in browser which asks for an answer there is shown a page, however the text travels: encoded
/// in a query or a form, or pasted into them as it is.
async fn leads_nowhere(browser: &mut Browser<'_>, app: &App, hostile: &str) {
    let changes = [("redirect_uri", hostile)];
    let mut requests =
        vec![get(&app.authorization_url(&changes)), post(&app.authorize, &app.authorization(&changes))];
    let others = royaume_protocol::parameters::encode(&app.authorization(&[("redirect_uri", "")]));
    let pasted = format!("redirect_uri={hostile}&{others}");
    let read = url::form_urlencoded::parse(pasted.as_bytes()).next().unwrap().1.into_owned();
    // A text that is escaped once more than it is meant reads as the registered one: that is no other address.
    if read != app.redirect_uri {
        requests.push(form(&app.authorize, &pasted));
        let target = format!("{}?{pasted}", app.authorize);
        if let Ok(uri) = target.parse::<Uri>().map_err(|_| ()).and_then(|uri| uri_with_all(uri, &target)) {
            requests.push(Request::get(uri).body(bytes::Bytes::new()).unwrap());
        }
    }
    for request in requests {
        let refused = browser.once(request).await;
        refused.is_error_page();
        assert!(!refused.headers.contains_key(header::SET_COOKIE), "{hostile}");
        assert!(!refused.body.contains("evil") && !refused.body.contains("FAKE"), "{hostile}: {refused:?}");
    }
}

/// A target that HTTP carries whole: without a fragment, which never leaves a browser.
fn uri_with_all(uri: Uri, target: &str) -> Result<Uri, ()> {
    if target.contains('#') { Err(()) } else { Ok(uri) }
}

async fn leads_back(browser: &mut Browser<'_>, app: &App, redirect_uri: &str) {
    let changes = [("redirect_uri", redirect_uri)];
    let callback = browser.open(&app.authorization_url(&changes)).await.at_application();
    assert!(callback.location().starts_with(&format!("{redirect_uri}?code=")), "{callback:?}");
}

async fn web_application(world: &World) -> App {
    world.add_app("agent", wish_of(Application::Private, "A site")).await
}

async fn signed_in<'w>(world: &'w World, app: &App) -> Browser<'w> {
    let mut browser = world.browser();
    browser.walk(&app.authorization_url(&[]), "ines", "ines").await;
    browser
}

/// §4.1.3: no text that is appended to a registered URI leads anywhere, whatever a path may be made to mean.
#[tokio::test]
async fn nothing_can_be_appended() {
    let world = World::standard().await;
    let app = web_application(&world).await;
    let mut browser = signed_in(&world, &app).await;
    leads_back(&mut browser, &app, "https://app.test/cb").await;
    for appended in [
        "/",
        "/FAKE",
        "FAKE",
        "%2FFAKE",
        "/../FAKE",
        "/..%2FFAKE",
        "/%2e%2e/FAKE",
        "/%2e%2e%2FFAKE",
        "/..%252FFAKE",
        "/%252e%252e%252fFAKE",
        "/FAKE/..",
        "/./",
        "/.",
        "//",
        "/;/../../FAKE",
        ";/../FAKE",
        "/..;/FAKE",
        "/..;/x",
        ";x/",
        ";x=y",
        "/.;/FAKE",
        "\\..\\FAKE",
        "/..\\FAKE",
        "%5C..%5CFAKE",
        "%0A%0D/../FAKE",
        "%0d%0aLocation:%20https://evil.test",
        "\r\nSet-Cookie: a=b",
        "\n",
        "%00",
        "\0",
        "%20",
        " ",
        "\t",
        "?",
        "?FAKE",
        "?x=1",
        "?code=FAKE",
        "%3FFAKE",
        "#",
        "#FAKE",
        "%23FAKE",
        "@evil.test",
        "%40evil.test",
        ":443",
        "*",
        "/*",
        "%E2%80%8B",
        "\u{200b}",
        "\u{feff}",
        ".",
        "%2e",
        "%u002e",
        "%c0%af..%c0%afFAKE",
    ] {
        leads_nowhere(&mut browser, &app, &format!("https://app.test/cb{appended}")).await;
    }
    leads_back(&mut browser, &app, "https://app.test/cb").await;
}

/// §4.1.3: no other host passes for the registered one.
#[tokio::test]
async fn no_other_host_passes() {
    let world = World::standard().await;
    let app = web_application(&world).await;
    let mut browser = signed_in(&world, &app).await;
    for hostile in [
        "https://app.test.evil.test/cb",
        "https://evilapp.test/cb",
        "https://app.testevil/cb",
        "https://appXtest/cb",
        "https://app-test/cb",
        "https://sub.app.test/cb",
        "https://app.test@evil.test/cb",
        "https://app.test:x@evil.test/cb",
        "https://app.test:443@evil.test/cb",
        "https://a@app.test/cb",
        "https://a@b@app.test/cb",
        "https://@app.test/cb",
        "https://app.test%40evil.test/cb",
        "https://evil.test%23@app.test/cb",
        "https://evil.test#@app.test/cb",
        "https://evil.test?@app.test/cb",
        "https://evil.test/https://app.test/cb",
        "https://evil.test\\@app.test/cb",
        "https://app.test\\@evil.test/cb",
        "https://app.test\\.evil.test/cb",
        "https:/\\evil.test",
        "https:\\\\evil.test",
        "https:///evil.test/cb",
        "https:evil.test/cb",
        "https:app.test/cb",
        "https:/app.test/cb",
        "https:///app.test/cb",
        "//evil.test/cb",
        "//app.test/cb",
        "/\\evil.test",
        "/%09/evil.test",
        "/cb",
        "cb",
        "app.test/cb",
        "https://\u{430}pp.test/cb",
        "https://app\u{ff0e}test/cb",
        "https://app\u{3002}test/cb",
        "https://xn--app-.test/cb",
        "https://app.test./cb",
        "https://app.test:443/cb",
        "https://app.test:8443/cb",
        "https://app.test:/cb",
        "https://app.test:0443/cb",
        "https://app.test%00.evil.test/cb",
        "https://app.test%2eevil.test/cb",
        "https://[::ffff:app.test]/cb",
    ] {
        leads_nowhere(&mut browser, &app, hostile).await;
    }
    leads_back(&mut browser, &app, "https://app.test/cb").await;
}

/// §4.1.3, RFC 3986 §6.2.1: two spellings of one address are two texts; and the scheme is part of the text.
#[tokio::test]
async fn no_other_spelling_and_no_other_scheme_passes() {
    let world = World::standard().await;
    let app = web_application(&world).await;
    let mut browser = signed_in(&world, &app).await;
    for hostile in [
        "HTTPS://app.test/cb",
        "https://APP.TEST/cb",
        "HTTPS://APP.TEST/cb",
        "https://app.test/CB",
        "https://app.test/%63b",
        "https://app.test/c%62",
        "https://app.test//cb",
        "https://app.test/./cb",
        "https://app.test/x/../cb",
        " https://app.test/cb",
        "https://app.test/cb ",
        "https://app.test/cb,https://evil.test/cb",
        "https://app.test/cb https://evil.test/cb",
        "http://app.test/cb",
        "wss://app.test/cb",
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "javascript://app.test/cb%0aalert(1)",
        "java\nscript:alert(1)",
        "data:text/html,<script>alert(1)</script>",
        "vbscript:x",
        "file:///etc/passwd",
        "blob:https://app.test/x",
        "intent://app.test/cb#Intent;end",
        "about:blank",
        "view-source:https://app.test/cb",
    ] {
        leads_nowhere(&mut browser, &app, hostile).await;
    }
    leads_back(&mut browser, &app, "https://app.test/cb").await;
}

/// §4.1.3: a query is compared too: nothing added, removed or put in another order.
#[tokio::test]
async fn the_query_is_compared_too() {
    let world = World::standard().await;
    let mut wish = wish_of(Application::Private, "A query in its redirect URI");
    wish.redirect_uris = vec!["https://app.test/cb?a=1&b=2".to_owned()];
    let app = world.add_app("agent", wish).await;
    let mut browser = signed_in(&world, &app).await;
    for other in
        ["?b=2&a=1", "?a=1", "?a=1&b=2&c=3", "?a=1&b=2&", "?a=1&b=3", "?a=1&a=1&b=2", "?A=1&b=2", "", "?"]
    {
        let hostile = format!("https://app.test/cb{other}");
        let refused = browser.once(get(&app.authorization_url(&[("redirect_uri", &hostile)]))).await;
        refused.is_error_page();
    }
}

/// §2.1, RFC 8252 §7.3: a loopback address may have any port, and nothing else may differ.
#[tokio::test]
async fn a_loopback_address_differs_in_its_port_alone() {
    let world = World::standard().await;
    let mut wish = wish_of(Application::Public, "A program on a desk");
    wish.redirect_uris = vec!["http://127.0.0.1/cb".to_owned()];
    let app = world.add_app("agent", wish).await;
    let mut browser = signed_in(&world, &app).await;
    for port in ["", ":51234", ":1", ":65535"] {
        leads_back(&mut browser, &app, &format!("http://127.0.0.1{port}/cb")).await;
    }
    for hostile in [
        "http://127.0.0.1:51234/cb?x=1",
        "http://127.0.0.1:51234/cb2",
        "http://127.0.0.1:51234/",
        "http://127.0.0.1:51234",
        "http://127.0.0.1:/cb",
        "http://127.0.0.1:0/cb",
        "http://127.0.0.1:080/cb",
        "http://127.0.0.1:65536/cb",
        "http://127.0.0.1:51234:51235/cb",
        "http://127.0.0.1:51234@evil.test/cb",
        "http://127.0.0.1:@evil.test/cb",
        "http://localhost:51234/cb",
        "http://[::1]:51234/cb",
        "http://127.0.0.1.evil.test/cb",
        "http://127.0.0.1evil.test/cb",
        "http://127.1/cb",
        "http://127.0.0.2/cb",
        "http://127.000.000.001/cb",
        "http://0x7f.0.0.1/cb",
        "http://2130706433/cb",
        "http://0.0.0.0/cb",
        "http://0/cb",
        "http://[::ffff:127.0.0.1]/cb",
        "http://[0:0:0:0:0:0:0:1]/cb",
        "http://x@127.0.0.1/cb",
        "http://127.0.0.1\\@evil.test/cb",
        "http://127.0.0.1#@evil.test/cb",
        "http://127.0.0.1:51234/cb#x",
        "https://127.0.0.1/cb",
        "https://127.0.0.1:51234/cb",
    ] {
        leads_nowhere(&mut browser, &app, hostile).await;
    }
}

/// §2.1, RFC 6749 §3.1.2: what could never be compared exactly, or leads into nothing good, is not registered.
#[tokio::test]
async fn unfit_addresses_are_not_registered() {
    let world = World::standard().await;
    for unfit in [
        "https://app.test*",
        "https://*.app.test/cb",
        "https://app.test/*",
        "https://app.test/cb#x",
        "https://app.test/cb#",
        "https://a@app.test/cb",
        "https://a:b@app.test/cb",
        "https://@app.test/cb",
        "http://app.test/cb",
        "http://127.0.0.2/cb",
        "http://localhost.evil.test/cb",
        "https://app.test\\@evil.test/cb",
        "https://app.test/x/../cb",
        "https://app.test./cb",
        "HTTPS://APP.TEST/cb",
        "https://app.test:443/cb",
        "https://app.test/cb?code=1",
        "https://app.test/cb?state=1",
        "https://\u{430}pp.test/cb",
        "//app.test/cb",
        "/cb",
        "javascript:alert(1)",
        "data:text/html,x",
        "file:///cb",
        "blob:https://app.test/x",
        "intent://app.test/cb",
        "myapp:/cb",
        "",
    ] {
        let mut wish = wish_of(Application::Private, "Unfit");
        wish.redirect_uris = vec![unfit.to_owned()];
        assert!(world.admin("agent").add_client(wish).await.is_err(), "{unfit}");
    }
}

/// OIDC Core §3.1.2.1: a request names its redirect URI, though the client has only one.
#[tokio::test]
async fn a_request_without_a_redirect_uri_is_answered_on_a_page() {
    let world = World::standard().await;
    let app = web_application(&world).await;
    let mut browser = signed_in(&world, &app).await;
    for scope in ["openid", "email"] {
        let url = app.authorization_url(&[("redirect_uri", ""), ("scope", scope)]);
        browser.once(get(&url)).await.is_error_page();
    }
}
