//! The client over sockets: what a transport bounds, the middleware of reqwest-middleware, and the face without async.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use royaume_client::{
    Api, ApiError, BaseUrl, ClientError, Machine, ReqwestTransport, SystemClock, Transport as _, blocking,
};
use serde_json::{Value, json};

use super::gateway::{Tokens, machine, scope};

/// A server that answers each request on a connection of its own, and keeps what it was asked.
struct Server {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// One that answers so, to a head and its number from nought.
    fn start(answer: impl Fn(&str, usize) -> String + Send + 'static) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&asked);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut reader = BufReader::new(stream.try_clone().unwrap());
                let (mut head, mut length) = (String::new(), 0);
                loop {
                    let mut line = String::new();
                    if reader.read_line(&mut line).unwrap_or(0) == 0 || line == "\r\n" {
                        break;
                    }
                    let line = line.to_ascii_lowercase();
                    if let Some(said) = line.strip_prefix("content-length:") {
                        length = said.trim().parse().unwrap();
                    }
                    head.push_str(&line);
                }
                let mut body = vec![0; length];
                reader.read_exact(&mut body).unwrap();
                head.push_str(&String::from_utf8(body).unwrap());
                let number = {
                    let mut kept = kept.lock().unwrap();
                    kept.push(head.clone());
                    kept.len() - 1
                };
                // Whoever has gone does not hear it.
                let _ = stream.write_all(answer(&head, number).as_bytes());
            }
        });
        Self { address, asked }
    }

    fn base(&self) -> String {
        format!("http://{}/partenaire", self.address)
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    fn api(&self, tokens: &Tokens) -> Api<Machine<Tokens>, ReqwestTransport, SystemClock> {
        let base = BaseUrl::parse(&self.base()).unwrap();
        Api::new(base, machine(tokens), scope(), ReqwestTransport::new().unwrap(), SystemClock)
    }
}

fn answer(status: u16, headers: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status} x\r\nconnection: close\r\ncontent-length: {}\r\n{headers}\r\n{body}",
        body.len()
    )
}

fn get(address: &str) -> Request<Bytes> {
    Request::get(address).body(Bytes::new()).unwrap()
}

/// A body of just so many bytes is read, and of one more is not; whether its length is said before or not.
#[tokio::test]
async fn a_body_just_over_the_limit_is_not_read() {
    let said = Server::start(|_, _| answer(200, "", &"x".repeat(100_001)));
    let untold =
        Server::start(|_, _| format!("HTTP/1.1 200 x\r\nconnection: close\r\n\r\n{}", "x".repeat(100_001)));
    for server in [said, untold] {
        let transport = |limit| ReqwestTransport::builder().longest_body(limit).build().unwrap();
        let body = transport(100_001).send(get(&server.base())).await.unwrap().into_body();
        assert!(body.len() == 100_001 && body.iter().all(|byte| *byte == b'x'));
        let error = transport(100_000).send(get(&server.base())).await.unwrap_err();
        assert!(matches!(error, ClientError::Unexpected { status: 200, .. }), "{error}");
        let base = BaseUrl::parse(&server.base()).unwrap();
        let api = Api::new(base, machine(&Tokens::default()), scope(), transport(100_000), SystemClock);
        let error = api.get("/x").send().await.unwrap_err();
        assert!(matches!(error, ApiError::Body { status: 200, .. }), "{error}");
    }
}

/// A redirect is an answer: what is elsewhere is not asked, and hears of no token.
#[tokio::test]
async fn no_redirect_is_followed_over_the_network() {
    let elsewhere = Server::start(|_, _| answer(200, "", "{}"));
    let away = format!("location: {}/?t=1\r\n", elsewhere.base());
    let server = Server::start(move |_, _| answer(302, &away, ""));
    let error = server.api(&Tokens::default()).get("/x").send().await.unwrap_err();
    assert_eq!(error, ApiError::Redirected { status: 302 });
    assert_eq!((server.asked().len(), elsewhere.asked().len()), (1, 0));
}

/// A rehearsal has names and certificates of its own.
#[tokio::test]
async fn a_transport_finds_a_host_where_it_is_told() {
    let server = Server::start(|_, _| answer(200, "", "here"));
    let name = "api.rehearsal.localhost";
    let transport = ReqwestTransport::builder().resolving(name, server.address).build().unwrap();
    let address = format!("http://{name}:{}/", server.address.port());
    assert_eq!(transport.send(get(&address)).await.unwrap().body(), "here");
    assert!(server.asked()[0].contains(&format!("host: {name}")));
    for pem in ["", "no certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        let error = ReqwestTransport::builder().trusting(pem).build().unwrap_err();
        assert!(error.to_string().contains("trust") || error.is_temporary(), "{error}");
    }
}

/// The middleware of reqwest-middleware is the same loop.
#[tokio::test]
async fn a_middleware_carries_tokens() {
    let server = Server::start(|head, _| match head {
        head if head.contains("bearer token-0") => answer(401, "", ""),
        head if head.contains("/trouble") => answer(503, "", "sorry"),
        _ => answer(200, "", "done"),
    });
    let tokens = Tokens::default();
    let api = server.api(&tokens).with_retries(1);
    let plain =
        reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let client = reqwest_middleware::ClientBuilder::new(plain).with(api.authorize()).build();
    let posted = client.post(format!("{}/x", server.base())).body("a body").send().await.unwrap();
    assert_eq!(posted.text().await.unwrap(), "done");
    assert_eq!((server.asked().len(), tokens.given()), (2, 2));
    assert!(server.asked().iter().all(|head| head.ends_with("a body")));
    let trouble = client.get(format!("{}/trouble", server.base())).send().await.unwrap();
    assert_eq!((trouble.status().as_u16(), server.asked().len()), (503, 4));
    let elsewhere = client.get("http://127.0.0.1:9/partenaire/x").send().await.unwrap_err();
    let reqwest_middleware::Error::Middleware(error) = elsewhere else { panic!("{elsewhere}") };
    assert!(matches!(error.downcast_ref(), Some(ApiError::Request(_))), "{error}");
}

fn lists(head: &str, _: usize) -> String {
    if !head.contains("range=") {
        return answer(200, "", r#"{"ok":true}"#);
    }
    if head.contains("range=0-") {
        answer(206, "content-range: offres 0-1/3\r\n", r#"{"resultats":[0,1]}"#)
    } else {
        answer(206, "content-range: offres 2-2/3\r\n", r#"{"resultats":[2]}"#)
    }
}

fn read_without_async(api: &blocking::Api<Machine<Tokens>>) {
    let value: Value = api.get("/x").with(|call| call.query("a", 1)).json().unwrap();
    assert_eq!(value, json!({"ok": true}));
    assert_eq!(api.post("/x").send().unwrap().body(), r#"{"ok":true}"#);
    let pages = api.get("/offres").pages::<u64>("resultats").with(|pages| pages.of_size(2));
    let items: Vec<u64> = pages.flat_map(|page| page.unwrap().items).collect();
    assert_eq!(items, [0, 1, 2]);
}

/// Without async, and from within it: nothing panics, and nothing waits for itself.
#[test]
fn an_api_is_called_without_async() {
    let server = Server::start(lists);
    let api = blocking::Api::from(server.api(&Tokens::default()));
    read_without_async(&api);
    let current = tokio::runtime::Builder::new_current_thread().build().unwrap();
    current.block_on(async { read_without_async(&api) });
    let many = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
    many.block_on(async { tokio::spawn(async move { read_without_async(&api) }).await.unwrap() });
}

/// Tokens without async, by a client that discovered its provider.
#[test]
fn tokens_are_had_without_async() {
    let server = Server::start(|head, _| {
        let host = head.lines().find_map(|line| line.strip_prefix("host: ")).unwrap_or_default();
        let issuer = format!("http://{host}");
        if head.starts_with("get /.well-known") {
            let document = json!({
                "issuer": issuer,
                "authorization_endpoint": format!("{issuer}/authorize"),
                "token_endpoint": format!("{issuer}/token"),
                "jwks_uri": format!("{issuer}/keys"),
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
            });
            return answer(200, "content-type: application/json\r\n", &document.to_string());
        }
        answer(200, "", r#"{"access_token":"a-token","token_type":"Bearer","expires_in":60}"#)
    });
    let issuer = format!("http://{}", server.address);
    let application = royaume_client::ClientAuthentication::post("app", "secret");
    let transport = ReqwestTransport::builder().total_limit(Duration::from_secs(10)).build().unwrap();
    let client = blocking::Client::discover(&issuer, application.clone(), transport.clone()).unwrap();
    assert_eq!(client.client_credentials(Some(scope())).unwrap().access_token.expose(), "a-token");
    let (address, pending) = client.begin("http://127.0.0.1/callback", scope(), None).unwrap();
    assert!(address.starts_with(&issuer));
    let error = client.finish(pending, "?state=another&code=x").unwrap_err();
    assert!(matches!(error, ClientError::Callback(_)), "{error}");
    let tokens = client.client_credentials(None).unwrap();
    assert_eq!(client.refresh(&tokens).unwrap_err(), ClientError::NoRefreshToken);
    assert!(client.userinfo(&tokens).is_err());
    let network = Machine::new(royaume_client::Client::new(
        royaume_client::Provider::of_metadata(
            &issuer,
            serde_json::from_value(json!({"issuer": issuer, "token_endpoint": format!("{issuer}/token")}))
                .unwrap(),
        )
        .unwrap(),
        application,
        transport,
    ));
    let machine = blocking::Machine::from(network);
    let before = server.asked().len();
    let first = machine.token(&scope()).unwrap();
    assert!(Arc::ptr_eq(&first, &machine.clone().token(&scope()).unwrap()));
    assert_eq!(server.asked().len(), before + 1);
}
