//! Every endpoint, with every status that a request can bring about: what the tests of headers go through.

use http::{Request, header};
use royaume_realm::Endpoint;
use royaume_server::stored::client::Application;
use royaume_spec::world::BASE;
use royaume_spec::{Exchange, World, bearer, form, get, post};

use super::{application, consent_page, login_page};

/// What an answer is, to a browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Something to look at.
    Page,
    /// For a program, or on the way: nothing that a browser would show or keep.
    Plain,
    /// The same for everybody, for five minutes.
    Public,
    /// The same for everybody, for ever.
    Asset,
}

/// One row: what was asked, the status it shall have, what it is, and what was answered.
pub(super) struct Row(pub(super) &'static str, pub(super) u16, pub(super) Kind, pub(super) Exchange);

/// The same request by another method.
pub(super) fn method(name: &str, mut request: Request<bytes::Bytes>) -> Request<bytes::Bytes> {
    *request.method_mut() = name.parse().unwrap();
    request
}

fn for_a_browser(mut request: Request<bytes::Bytes>) -> Request<bytes::Bytes> {
    request.headers_mut().insert(header::ACCEPT, "text/html".parse().unwrap());
    request
}

/// Every endpoint, with every status that a request can bring about.
pub(super) async fn rows(world: &World) -> Vec<Row> {
    let mut rows = pages(world).await;
    rows.extend(programs(world).await);
    rows.extend(outside(world).await);
    rows
}

async fn pages(world: &World) -> Vec<Row> {
    let app = application(world).await;
    let at = |endpoint| world.url("individu", endpoint);
    let mut browser = world.browser();

    let begun = browser.once(get(&app.authorization_url(&[]))).await;
    let login = browser.once(get(&format!("{BASE}{}", begun.location()))).await;
    let forged = browser.once(browser.filled(&login, &[("form", "x")])).await;
    let mut tired = world.browser();
    let mut many = login_page(&mut tired, &app).await;
    let wrong = tired.log_in(&many, "nobody", "wrong").await.page();
    for _ in 0..12 {
        many = tired.log_in(&many, "nobody", "wrong").await.page();
    }
    let missing = browser.once(browser.filled(&login, &[("decision", "submit")])).await;
    let fields = [("username", "camille"), ("password", "camille"), ("decision", "submit")];
    let signed_in = browser.once(browser.filled(&login, &fields)).await;
    let onward = browser.once(get(&format!("{BASE}{}", signed_in.location()))).await;
    let consent = browser.once(get(&format!("{BASE}{}", onward.location()))).await;
    let undecided = browser.once(browser.filled(&consent, &[("decision", "perhaps")])).await;
    let allowed = browser.once(browser.filled(&consent, &[("decision", "allow")])).await;
    let granted = browser.once(get(&format!("{BASE}{}", allowed.location()))).await;
    let asked = browser.once(get(&at(Endpoint::Logout))).await;
    let stayed = browser.once(browser.filled(&asked, &[("decision", "no")])).await;
    let left = browser.once(browser.filled(&asked, &[("decision", "yes")])).await;
    let said = browser.once(get(&format!("{BASE}{}", left.location()))).await;
    let mut refusing = world.browser();
    let question = consent_page(&mut refusing, &application(world).await).await;
    let denied = refusing.once(refusing.filled(&question, &[("decision", "deny")])).await;

    use Kind::{Page, Plain};
    let mut rows = vec![
        Row("authorization: on to the login", 303, Plain, begun),
        Row("login", 200, Page, login),
        Row("login: forged", 403, Page, forged),
        Row("login: wrong", 400, Page, wrong),
        Row("login: too often", 429, Page, many),
        Row("login: missing", 400, Page, missing),
        Row("login: signed in", 303, Plain, signed_in),
        Row("authorization: on to the consent", 303, Plain, onward),
        Row("consent", 200, Page, consent),
        Row("consent: undecided", 400, Page, undecided),
        Row("consent: allowed", 303, Plain, allowed),
        Row("consent: denied", 303, Plain, denied),
        Row("authorization: granted", 303, Plain, granted),
        Row("logout: asked", 200, Page, asked),
        Row("logout: no", 200, Page, stayed),
        Row("logout: yes", 303, Plain, left),
        Row("logged out", 200, Page, said),
    ];
    for (what, status, kind, request) in [
        ("authorization: nothing", 400, Page, get(&at(Endpoint::Authorization))),
        ("authorization: two scopes", 303, Plain, get(&format!("{}&scope=x", app.authorization_url(&[])))),
        ("authorization: wrong", 303, Plain, get(&app.authorization_url(&[("scope", "x")]))),
        ("authorization: JSON", 415, Page, method("POST", get(&at(Endpoint::Authorization)))),
        ("login: unknown", 400, Page, get(&at(Endpoint::Login))),
        ("consent: unknown", 400, Page, get(&at(Endpoint::Consent))),
        ("logout: bad hint", 400, Page, get(&format!("{}?id_token_hint=x", at(Endpoint::Logout)))),
        ("logout: nobody", 303, Plain, get(&at(Endpoint::Logout))),
    ] {
        rows.push(Row(what, status, kind, world.send(request).await));
    }
    for endpoint in
        [Endpoint::Authorization, Endpoint::Login, Endpoint::Consent, Endpoint::Logout, Endpoint::LoggedOut]
    {
        for name in ["PUT", "DELETE", "OPTIONS", "TRACE"] {
            let refused = world.send(method(name, get(&at(endpoint)))).await;
            rows.push(Row("another method", 405, Page, refused));
        }
    }
    rows
}

async fn programs(world: &World) -> Vec<Row> {
    let app = world.app("individu", Application::Private);
    let machine = world.app("agent", Application::Machine);
    let at = |endpoint| world.url("individu", endpoint);
    let tokens = world.sign_in(app).await;
    let access = tokens.member("access_token");
    let machine_token = world
        .send(machine.token_request(&[("grant_type", "client_credentials")]))
        .await
        .member("access_token");
    let (introspection, revocation) = (at(Endpoint::Introspection), at(Endpoint::Revocation));
    let mut preflight = method("OPTIONS", get(&at(Endpoint::Token)));
    for (name, value) in [("origin", "https://app.test"), ("access-control-request-method", "POST")] {
        preflight.headers_mut().insert(name, value.parse().unwrap());
    }
    let userinfo = at(Endpoint::UserInfo);
    let twice = bearer(&format!("{userinfo}?access_token={access}"), &access);

    use Kind::{Plain, Public};
    let mut rows = vec![Row("token: code", 200, Plain, tokens)];
    for (what, status, kind, request) in [
        ("token: refused", 400, Plain, app.redemption("x", &[])),
        ("token: who?", 401, Plain, app.token_request(&[("client_secret", "wrong")])),
        ("token: media type", 415, Plain, method("POST", get(&at(Endpoint::Token)))),
        ("token: preflight", 204, Plain, preflight),
        ("introspection: live", 200, Plain, app.call(&introspection, &[("token", &access)])),
        ("introspection: dead", 200, Plain, app.call(&introspection, &[("token", "x")])),
        ("introspection: nothing", 400, Plain, app.call(&introspection, &[])),
        ("introspection: who?", 401, Plain, post::<&str, &str>(&introspection, &[])),
        ("revocation: unknown", 200, Plain, app.call(&revocation, &[("token", "x")])),
        ("revocation: nothing", 400, Plain, app.call(&revocation, &[])),
        ("revocation: who?", 401, Plain, post::<&str, &str>(&revocation, &[])),
        ("userinfo", 200, Plain, bearer(&userinfo, &access)),
        ("userinfo: nothing", 401, Plain, get(&userinfo)),
        ("userinfo: invalid", 401, Plain, bearer(&userinfo, "x")),
        ("userinfo: twice", 400, Plain, twice),
        ("userinfo: scope", 403, Plain, bearer(&world.url("agent", Endpoint::UserInfo), &machine_token)),
        ("discovery", 200, Public, get(&at(Endpoint::Discovery))),
        ("metadata", 200, Public, get(&at(Endpoint::OauthMetadata))),
        ("keys", 200, Public, get(&at(Endpoint::Jwks))),
        ("keys: HEAD", 200, Public, method("HEAD", get(&at(Endpoint::Jwks)))),
    ] {
        rows.push(Row(what, status, kind, world.send(request).await));
    }
    for endpoint in [
        Endpoint::Token,
        Endpoint::Introspection,
        Endpoint::Revocation,
        Endpoint::UserInfo,
        Endpoint::Discovery,
        Endpoint::OauthMetadata,
        Endpoint::Jwks,
    ] {
        for name in ["PUT", "DELETE", "OPTIONS", "TRACE"] {
            let refused = world.send(method(name, get(&at(endpoint)))).await;
            rows.push(Row("another method", 405, Plain, refused));
        }
    }
    rows
}

async fn outside(world: &World) -> Vec<Row> {
    use Kind::{Asset, Page, Plain};
    let page = world.send(for_a_browser(get(&format!("{BASE}/nothing")))).await;
    let (_, rest) = page.body.split_once("rel=\"stylesheet\" href=\"").unwrap();
    let stylesheet = format!("{BASE}{}", rest.split('"').next().unwrap());
    let nowhere = format!("{BASE}/connexion/oauth2/authorize");
    let mut rows = Vec::new();
    for (what, status, kind, request) in [
        ("nothing, for a program", 404, Plain, get(&format!("{BASE}/nothing"))),
        ("nothing, for a browser", 404, Page, for_a_browser(get(&format!("{BASE}/nothing")))),
        ("no realm, for a program", 400, Plain, get(&nowhere)),
        ("no realm, for a browser", 400, Page, for_a_browser(get(&nowhere))),
        ("a stylesheet", 200, Asset, get(&stylesheet)),
        ("alive", 200, Plain, get(&format!("{BASE}/health/live"))),
        ("ready", 200, Plain, get(&format!("{BASE}/health/ready"))),
        ("a posted stylesheet", 404, Plain, form(&stylesheet, "")),
    ] {
        rows.push(Row(what, status, kind, world.send(request).await));
    }
    rows
}
