//! The headers of every answer (OWASP ASVS 3.4; RFC 9700 §4.16; RFC 6749 §5.1), whichever endpoint gives it and with
//! whatever status.

use royaume_realm::{BaseUrl, Endpoint};
use royaume_server::passwords::Bounds;
use royaume_spec::world::BASE;
use royaume_spec::{Exchange, World, get};

use super::table::{Kind, Row, method, rows};
use super::{application, login_page};

/// OWASP ASVS 3.4.1, 3.4.4, 3.4.5, 3.4.6: transport, sniffing, referrer and framing, on whatever is answered.
#[tokio::test]
async fn every_answer_carries_what_protects_it() {
    let world = World::standard().await;
    for Row(what, status, _, answer) in rows(&world).await {
        assert_eq!(answer.status.as_u16(), status, "{what}: {answer:?}");
        for (name, value) in [
            ("x-frame-options", "DENY"),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("strict-transport-security", "max-age=31536000; includeSubDomains"),
        ] {
            let found: Vec<_> = answer.headers.get_all(name).iter().collect();
            assert_eq!(found, [value], "{what}: {name}");
        }
    }
}

/// OWASP ASVS 3.4.3: a page may use what is served beside it and nothing else; what is no page may use nothing.
#[tokio::test]
async fn every_answer_has_its_content_security_policy() {
    let world = World::standard().await;
    for Row(what, _, kind, answer) in rows(&world).await {
        let policies: Vec<_> = answer.headers.get_all("content-security-policy").iter().collect();
        assert_eq!(policies.len(), 1, "{what}");
        let policy = answer.header("content-security-policy");
        if kind == Kind::Page {
            let (before, after) = policy.split_once("form-action 'self'").unwrap();
            assert_eq!(
                before,
                "default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
            );
            let target = after.strip_suffix("; frame-ancestors 'none'; base-uri 'none'; object-src 'none'");
            assert!(["", " https://app.test"].contains(&target.unwrap()), "{what}: {policy}");
        } else {
            assert_eq!(policy, "default-src 'none'; frame-ancestors 'none'", "{what}");
        }
    }
}

/// RFC 6749 §5.1, RFC 6750 §5.3, OWASP ASVS 14.3.2: only what is the same for everybody may be kept by a cache.
#[tokio::test]
async fn only_what_is_public_is_kept_by_caches() {
    let world = World::standard().await;
    for Row(what, status, kind, answer) in rows(&world).await {
        let expected = match kind {
            Kind::Page | Kind::Plain => "no-store",
            Kind::Public => "public, max-age=300",
            Kind::Asset => "public, max-age=31536000, immutable",
        };
        assert_eq!(answer.header("cache-control"), expected, "{what}, {status}: {answer:?}");
    }
}

/// OWASP ASVS 3.4.8, 3.4.7: a page shares no window and no resource with another origin, uses no device, and is in no
/// search engine.
#[tokio::test]
async fn every_page_keeps_to_itself() {
    let world = World::standard().await;
    for Row(what, _, kind, answer) in rows(&world).await {
        let page = kind == Kind::Page;
        for (name, value) in [
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
            ("x-robots-tag", "noindex, nofollow"),
        ] {
            assert_eq!(answer.header(name), if page { value } else { "" }, "{what}: {name}");
        }
        let permissions = answer.header("permissions-policy");
        assert_eq!(permissions.is_empty(), !page, "{what}");
        for permission in permissions.split(", ").filter(|permission| !permission.is_empty()) {
            let (name, allowed) = permission.split_once('=').unwrap();
            let passkeys = ["publickey-credentials-create", "publickey-credentials-get"].contains(&name);
            assert_eq!(allowed, if passkeys { "(self)" } else { "()" }, "{what}: {permission}");
        }
    }
}

/// RFC 9110 §8.3: what a body is, is said once, and truly; what has none says nothing.
#[tokio::test]
async fn every_body_says_what_it_is() {
    let world = World::standard().await;
    for Row(what, status, kind, answer) in rows(&world).await {
        let said = answer.header("content-type");
        match kind {
            Kind::Page => {
                assert_eq!(said, "text/html; charset=utf-8", "{what}");
                assert!(answer.body.starts_with("<!doctype html>"), "{what}");
            }
            Kind::Asset => assert_eq!(said, "text/css; charset=utf-8", "{what}"),
            Kind::Public => assert_eq!(said, "application/json", "{what}"),
            Kind::Plain if answer.body.is_empty() => assert_eq!(said, "", "{what}, {status}"),
            Kind::Plain => {
                assert_eq!(said, "application/json", "{what}");
                answer.json();
            }
        }
    }
}

/// OWASP ASVS 13.4.6: nothing says what it is served by.
#[tokio::test]
async fn nothing_says_what_it_is_served_by() {
    let world = World::standard().await;
    for Row(what, _, _, answer) in rows(&world).await {
        for name in ["server", "x-powered-by", "x-xss-protection", "via", "x-runtime"] {
            assert!(answer.headers.get(name).is_none(), "{what}: {name}");
        }
        for told in [env!("CARGO_PKG_VERSION"), "src/", ".rs:", "panicked", "sqlite", "postgres", "SELECT "] {
            assert!(!answer.body.contains(told), "{what} says {told}: {answer:?}");
        }
    }
}

/// RFC 9110 §15.5.6: a method that is refused is refused with those that are not.
#[tokio::test]
async fn a_refused_method_names_the_others() {
    let world = World::standard().await;
    for Row(what, status, _, answer) in rows(&world).await {
        assert_eq!(answer.header("allow").is_empty(), status != 405, "{what}");
        assert!(!answer.header("allow").contains("TRACE"));
    }
}

/// RFC 6585 §4, RFC 9110 §10.2.3: who is asked to wait is told how long, and our own trouble wears the same headers.
#[tokio::test]
async fn a_page_that_asks_to_wait_says_how_long() {
    let mut world = World::standard().await;
    world.server = world
        .configured(|configuration| {
            configuration.password_bounds = Bounds { waiting: 0, ..Bounds::default() }
        })
        .await;
    let app = application(&world).await;
    let mut browser = world.browser();
    let login = login_page(&mut browser, &app).await;
    let busy = browser.log_in(&login, "camille", "camille").await.page();
    assert_eq!(busy.is_page("royaume-login").status, 503);
    assert!(busy.header("retry-after").parse::<u32>().is_ok());
    assert_eq!(busy.header("x-frame-options"), "DENY");
    assert_eq!(busy.header("cache-control"), "no-store");
    assert!(browser.cookie("-sso").is_none());
}

/// RFC 6797 §7.2: strict transport is a promise of the configuration, and no header of a request makes or breaks it.
#[tokio::test]
async fn strict_transport_follows_from_the_configuration_alone() {
    let world = World::standard().await;
    let base = BaseUrl::parse("http://127.0.0.1:8080").unwrap();
    let plain = world.configured(|configuration| configuration.base_url = base).await;
    for (name, value) in
        [("x-forwarded-proto", "https"), ("forwarded", "proto=https"), ("host", "sso.royaume.test")]
    {
        let mut request = get("http://127.0.0.1:8080/connexion/oauth2/individu/authorize");
        request.headers_mut().insert(name, value.parse().unwrap());
        let answer: Exchange = plain.handle(request).await.into();
        assert_eq!(answer.header("strict-transport-security"), "", "{name}");
        assert_eq!(answer.header("x-frame-options"), "DENY");
    }
    for (name, value) in [("x-forwarded-proto", "http"), ("forwarded", "proto=http")] {
        let mut request = get(&world.url("individu", Endpoint::Jwks));
        request.headers_mut().insert(name, value.parse().unwrap());
        assert!(!world.send(request).await.header("strict-transport-security").is_empty(), "{name}");
    }
}

/// RFC 9110 §9.3.2: HEAD is GET without a body, where there is something to read.
#[tokio::test]
async fn a_head_request_is_answered_without_a_body() {
    let world = World::standard().await;
    for url in
        [world.url("individu", Endpoint::LoggedOut), format!("{BASE}/nothing"), format!("{BASE}/health/live")]
    {
        let (full, head) = (world.send(get(&url)).await, world.send(method("HEAD", get(&url))).await);
        assert!(head.body.is_empty() && head.status == full.status, "{url}");
        assert_eq!(head.headers, full.headers, "{url}");
    }
    let refused = world.send(method("HEAD", get(&world.url("individu", Endpoint::Login)))).await;
    assert!(refused.body.is_empty() && refused.status == 405);
}
