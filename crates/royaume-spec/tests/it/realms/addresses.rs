//! Which realm does a request mean? Its address says so: the query first, then the path, then the host; never the body.

use royaume_realm::Endpoint;
use royaume_server::stored::client::Application;
use royaume_spec::world::BASE;
use royaume_spec::{App, Exchange, World, form, get, post};

/// The issuer that answers at an address.
async fn issuer_at(world: &World, url: &str) -> String {
    world.send(get(url)).await.is_ok().member("issuer")
}

const OPENID: &str = ".well-known/openid-configuration";

/// What is said in the query is heard before the path, and the path before the host.
#[tokio::test]
async fn the_query_beats_the_path_and_the_path_beats_the_host() {
    let world = World::standard().await;
    const HOST: &str = "https://authentification-candidat.francetravail.fr/connexion/oauth2";
    for (url, realm) in [
        (format!("{HOST}/{OPENID}"), "individu"),
        (format!("{HOST}/entreprise/{OPENID}"), "entreprise"),
        (format!("{HOST}/realms/root/realms/entreprise/{OPENID}"), "entreprise"),
        (format!("{HOST}/{OPENID}?realm=/agent"), "agent"),
        (format!("{HOST}/entreprise/{OPENID}?realm=/agent"), "agent"),
        (format!("{HOST}/realms/root/realms/entreprise/{OPENID}?realm=agent"), "agent"),
        (format!("{BASE}/connexion/oauth2/{OPENID}?realm=%2Fpartenaire"), "partenaire"),
        (format!("{HOST}/entreprise/{OPENID}?realm="), "entreprise"),
    ] {
        assert_eq!(issuer_at(&world, &url).await, world.issuer(realm), "{url}");
    }
}

/// The query may say one realm in each of its spellings, and once too often if it is the same.
#[tokio::test]
async fn a_realm_is_spelled_with_or_without_its_slash() {
    let world = World::standard().await;
    for query in [
        "realm=%2Findividu",
        "realm=/individu",
        "realm=individu",
        "realm=%2findividu",
        "realm=%69ndividu",
        "realm=/individu/",
        "%72ealm=individu",
        "realm=individu&realm=%2Findividu",
        "x=1&realm=individu&realm=",
    ] {
        let url = format!("{BASE}/connexion/oauth2/{OPENID}?{query}");
        assert_eq!(issuer_at(&world, &url).await, world.issuer("individu"), "{query}");
    }
}

/// Asserts that an address leads nowhere: JSON for a program, a page for a browser, each with the reason.
async fn leads_nowhere(world: &World, url: &str, status: u16, reason: &str) {
    let program = world.send(get(url)).await;
    program.is_error(status, "invalid_request");
    assert!(program.member("error_description").contains(reason), "{url}: {program:?}");
    let mut request = get(url);
    request.headers_mut().insert("accept", "text/html,application/xhtml+xml;q=0.9".parse().unwrap());
    let page = world.send(request).await;
    assert_eq!(page.is_error_page().status.as_u16(), status, "{url}");
    assert!(page.body.contains(reason), "{url}: {page:?}");
}

/// A realm that does not exist is refused by name of the mistake, wherever it is named.
#[tokio::test]
async fn an_unknown_realm_is_a_clear_refusal() {
    let world = World::standard().await;
    for url in [
        format!("{BASE}/connexion/oauth2/authorize?realm=/nulle-part"),
        format!("{BASE}/connexion/oauth2/individu/authorize?realm=nulle-part"),
        format!("{BASE}/connexion/oauth2/authorize?realm=%2F%2Findividu"),
        format!("{BASE}/connexion/oauth2/authorize?realm=/%2Findividu"),
        format!("{BASE}/connexion/oauth2/authorize?realm=Individu"),
        format!("{BASE}/connexion/oauth2/authorize?realm=individu%00"),
        format!("{BASE}/connexion/oauth2/authorize?realm=%"),
        format!("{BASE}/connexion/oauth2/authorize?realm=/{}", "x".repeat(2_000)),
        format!("{BASE}/connexion/oauth2/nulle-part/authorize"),
        format!("{BASE}/connexion/oauth2/realms/root/realms/nulle-part/access_token"),
        format!(
            "{BASE}/.well-known/oauth-authorization-server/connexion/oauth2/realms/root/realms/nulle-part"
        ),
    ] {
        leads_nowhere(&world, &url, 400, "there is no realm of that name").await;
    }
}

/// Two realms in one query are refused rather than one of them chosen.
#[tokio::test]
async fn a_contradictory_realm_is_a_clear_refusal() {
    let world = World::standard().await;
    for query in [
        "realm=individu&realm=agent",
        "realm=/individu&realm=%2Fentreprise",
        "realm=individu&%72ealm=agent",
        "realm=individu&x=1&realm=&realm=agent",
    ] {
        let url = format!("{BASE}/connexion/oauth2/authorize?{query}");
        leads_nowhere(&world, &url, 400, "the address names more than one realm").await;
    }
}

/// Where nothing names a realm, the answer says how to name one.
#[tokio::test]
async fn an_address_without_a_realm_says_what_is_missing() {
    let world = World::standard().await;
    for url in [
        format!("{BASE}/connexion/oauth2/authorize"),
        format!("{BASE}/connexion/oauth2/access_token"),
        "https://evil.test/connexion/oauth2/authorize?realm=".to_owned(),
        "https://entreprise.francetravail.io/connexion/oauth2/authorize".to_owned(),
    ] {
        leads_nowhere(&world, &url, 400, "the address names no realm").await;
    }
}

/// What a realm does not offer is not there, whatever spelling leads to it.
#[tokio::test]
async fn a_realm_of_applications_has_no_pages() {
    let world = World::standard().await;
    for path in ["authorize", "userinfo", "connect/endSession", "login", "consent", "logged-out"] {
        for url in [
            format!("{BASE}/connexion/oauth2/realms/root/realms/partenaire/{path}"),
            format!("{BASE}/connexion/oauth2/individu/{path}?realm=/partenaire"),
        ] {
            leads_nowhere(&world, &url, 404, "this realm does not offer that endpoint").await;
        }
    }
    for path in
        ["/", "/connexion", "/connexion/oauth2/individu/nothing", "/individu/authorize", "/favicon.ico"]
    {
        leads_nowhere(&world, &format!("{BASE}{path}"), 404, "nothing is served at this address").await;
    }
}

/// A body never says which realm is meant: it can neither name one nor contradict the address.
#[tokio::test]
async fn a_body_names_no_realm() {
    let world = World::standard().await;
    let app = world.app("partenaire", Application::Machine);
    let pairs = [("grant_type", "client_credentials"), ("realm", "/partenaire")];
    let unnamed = world.send(app.call(&format!("{BASE}/connexion/oauth2/access_token"), &pairs)).await;
    assert!(unnamed.is_error(400, "invalid_request").member("error_description").contains("names no realm"));
    let elsewhere = format!("{BASE}/connexion/oauth2/access_token?realm=/agent");
    world.send(app.call(&elsewhere, &pairs)).await.is_error(401, "invalid_client");
    for realm in ["/agent", "/nulle-part", "%"] {
        world.send(app.token_request(&[pairs[0], ("realm", realm)])).await.is_ok();
    }
    let person = world.app("individu", Application::Private);
    let mut request = person.authorization(&[("prompt", "none")]);
    request.push(("realm".to_owned(), "/agent".to_owned()));
    let answer = world.browser().follow(post(&person.authorize, &request)).await.at_application();
    assert_eq!(answer.is_redirected_error("login_required").parameter("iss"), world.issuer("individu"));
}

/// RFC 6749 §3.2: two realms in a body are a repeated parameter like any other.
#[tokio::test]
async fn a_realm_that_is_repeated_in_a_body_is_a_repeated_parameter() {
    let world = World::standard().await;
    let app = world.app("partenaire", Application::Machine);
    let body = format!(
        "grant_type=client_credentials&client_id={}&client_secret={}&realm=agent&realm=partenaire",
        app.client_id, app.secret
    );
    world.send(form(&app.token, &body)).await.is_error(400, "invalid_request");
}

/// An alias is another name of the same realm, for every endpoint and in every spelling.
#[tokio::test]
async fn employeur_and_entreprise_are_one_realm() {
    let world = World::standard().await;
    let app = world.app("entreprise", Application::Private);
    let by_alias = App {
        authorize: format!("{BASE}/connexion/oauth2/realms/root/realms/employeur/authorize"),
        token: format!("{BASE}/connexion/oauth2/access_token?realm=%2Femployeur"),
        ..app.clone()
    };
    let mut browser = world.browser();
    let callback = browser.walk(&by_alias.authorization_url(&[]), "lea", "lea").await;
    assert_eq!(callback.parameter("iss"), world.issuer("entreprise"));
    let tokens = world.send(by_alias.redemption(&callback.parameter("code"), &[])).await;
    let token = tokens.is_ok().member("access_token");
    for name in ["employeur", "entreprise"] {
        let url = format!("{BASE}/connexion/oauth2/{name}/userinfo");
        world.send(royaume_spec::bearer(&url, &token)).await.is_ok();
    }
    world.send(app.refresh(&tokens.member("refresh_token"), &[])).await.is_ok();
    let silent = app.authorization_url(&[("prompt", "none")]);
    assert!(!browser.open(&silent).await.at_application().parameter("code").is_empty());
    assert_eq!(browser.cookie_names(), ["__Host-entreprise-sso"]);
    let claims = world.verified("entreprise", &tokens.member("id_token")).await;
    assert_eq!(claims["iss"], world.issuer("entreprise"));
}

/// RFC 8414 §2: the issuer is fixed: no host, forwarded or not, changes what is signed or where a browser is sent.
#[tokio::test]
async fn no_host_changes_an_issuer() {
    let world = World::standard().await;
    let app = world.app("individu", Application::Private);
    let under = |mut request: http::Request<bytes::Bytes>| {
        for (name, value) in
            [("host", "evil.test"), ("x-forwarded-host", "evil.test"), ("x-forwarded-proto", "http")]
        {
            request.headers_mut().insert(name, value.parse().unwrap());
        }
        request
    };
    let page = world.send(under(get(&app.authorization_url(&[])))).await;
    assert!(page.location().starts_with("/connexion/oauth2/realms/root/realms/individu/login?"));
    assert!(page.header("set-cookie").contains("; Secure") && !page.header("set-cookie").contains("Domain"));
    let code = world.code(app, &[]).await;
    let tokens: Exchange = world.send(under(app.redemption(&code, &[]))).await;
    let claims = world.verified("individu", &tokens.is_ok().member("id_token")).await;
    assert_eq!(claims["iss"], world.issuer("individu"));
    let document = world.send(under(get(&world.url("individu", Endpoint::Discovery)))).await;
    assert!(!document.body.contains("evil.test"));
}
