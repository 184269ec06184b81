//! A world of names that lead where the test says, sites that answer as they are told, and canaries that nobody should
//! reach.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use royaume_fetch::{Configuration, Fetch, FetchError, Limits, Resolve, Resolving};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use rustls::version::{TLS12, TLS13};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};
use tokio_rustls::TlsAcceptor;

/// No wait in these tests is longer: what it bounds happens far sooner, or never.
const PATIENCE: Duration = Duration::from_secs(30);

/// The time of one request, where the test waits for it to be up.
pub(crate) const SHORT: Duration = Duration::from_millis(300);

/// Longer than any test.
pub(crate) const LONG: Duration = Duration::from_secs(60);

pub(crate) struct World {
    authority: CertifiedIssuer<'static, KeyPair>,
    root: tempfile::NamedTempFile,
    pub(crate) names: Arc<Names>,
}

impl World {
    pub(crate) fn new() -> Self {
        let mut authority = CertificateParams::new(Vec::new()).unwrap();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
        let root = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(root.path(), authority.pem()).unwrap();
        Self { authority, root, names: Arc::default() }
    }

    /// With that name at those addresses.
    pub(crate) fn with(self, name: &str, addresses: &[&str]) -> Self {
        self.names.lead(name, addresses);
        self
    }

    pub(crate) fn configuration(&self, allow: &[&str]) -> Configuration {
        Configuration {
            allow: allow.iter().map(|host| host.parse().unwrap()).collect(),
            trust_roots: vec![self.root.path().to_owned()],
            resolver: self.names.clone(),
            ..Configuration::default()
        }
    }

    pub(crate) fn fetch(&self, allow: &[&str]) -> Fetch {
        Fetch::new(self.configuration(allow)).unwrap()
    }

    pub(crate) fn limited(&self, allow: &[&str], limits: Limits) -> Fetch {
        Fetch::new(Configuration { limits, ..self.configuration(allow) }).unwrap()
    }

    /// What a site has that this world's authority calls by those names.
    pub(crate) fn tls(&self, names: &[&str]) -> ServerConfig {
        self.tls_of(names, &[&TLS13, &TLS12])
    }

    pub(crate) fn tls_of(
        &self,
        names: &[&str],
        versions: &[&'static rustls::SupportedProtocolVersion],
    ) -> ServerConfig {
        let key = KeyPair::generate().unwrap();
        let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
        let certificate = CertificateParams::new(names).unwrap().signed_by(&key, &self.authority).unwrap();
        ServerConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
            .with_protocol_versions(versions)
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![certificate.der().clone()],
                PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
            )
            .unwrap()
    }

    /// A site `partner.test` with https, at 127.0.0.1, to which the name leads.
    pub(crate) async fn partner(&self, answer: Answer) -> Site {
        self.names.lead("partner.test", &["127.0.0.1"]);
        Site::start("127.0.0.1", Some(self.tls(&["partner.test"])), answer).await
    }
}

/// Names that lead where the test says.
#[derive(Debug)]
pub(crate) struct Names {
    leading: Mutex<HashMap<String, Vec<IpAddr>>>,
    asked: Mutex<Vec<String>>,
    /// What a name that leads nowhere waits for.
    pub(crate) found: Arc<Semaphore>,
}

impl Default for Names {
    fn default() -> Self {
        Self { leading: Mutex::default(), asked: Mutex::default(), found: Arc::new(Semaphore::new(0)) }
    }
}

impl Names {
    pub(crate) fn lead(&self, name: &str, addresses: &[&str]) {
        let addresses = addresses.iter().map(|address| address.parse().unwrap()).collect();
        self.leading.lock().unwrap().insert(name.to_owned(), addresses);
    }

    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

impl Resolve for Names {
    /// A name that was never mentioned does not exist; `silent.test` is looked up until it is found at 127.0.0.1;
    /// `turning.test` is at 127.0.0.1 once, and at 127.0.0.2 from then on.
    fn resolve(&self, name: &str) -> Resolving {
        let mut asked = self.asked.lock().unwrap();
        let before = asked.iter().filter(|asked| *asked == name).count();
        asked.push(name.to_owned());
        let found = self.leading.lock().unwrap().get(name).cloned();
        let (name, gate) = (name.to_owned(), Arc::clone(&self.found));
        Box::pin(async move {
            match name.as_str() {
                "silent.test" => gate.acquire().await.unwrap().forget(),
                "turning.test" => {
                    return Ok(vec![IpAddr::from([127, 0, 0, if before == 0 { 1 } else { 2 }])]);
                }
                _ => return found.ok_or_else(|| std::io::Error::other("there is no such name")),
            }
            Ok(vec![IpAddr::from([127, 0, 0, 1])])
        })
    }
}

/// What a site answers, to every request.
#[derive(Clone)]
pub(crate) enum Answer {
    /// These bytes, and then the end.
    Whole(Vec<u8>),
    /// These bytes, and then the connection is gone.
    Cut(Vec<u8>),
    /// These bytes, and then these again and again, with a time in between.
    Forever(Vec<u8>, Vec<u8>, Duration),
    /// Nothing, and no end.
    Nothing,
}

/// 200 with that body.
pub(crate) fn ok(body: &str) -> Answer {
    Answer::Whole(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len()).into_bytes())
}

/// Bytes that a test writes by hand.
pub(crate) fn raw(answer: &str) -> Answer {
    Answer::Whole(answer.as_bytes().to_vec())
}

/// A site. It goes on until the test ends.
pub(crate) struct Site {
    pub(crate) address: SocketAddr,
    seen: Arc<Mutex<Seen>>,
    arrived: Arc<Semaphore>,
}

/// What a site has seen.
#[derive(Default)]
struct Seen {
    requests: Vec<String>,
    handshakes: Vec<String>,
}

impl Site {
    pub(crate) async fn start(at: &str, tls: Option<ServerConfig>, answer: Answer) -> Self {
        Self::on((at.parse::<IpAddr>().unwrap(), 0).into(), tls, answer).await
    }

    pub(crate) async fn on(at: SocketAddr, tls: Option<ServerConfig>, answer: Answer) -> Self {
        let listener = TcpListener::bind(at).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (seen, arrived) = (Arc::new(Mutex::new(Seen::default())), Arc::new(Semaphore::new(0)));
        let acceptor = tls.map(|tls| TlsAcceptor::from(Arc::new(tls)));
        let site = Self { address, seen: Arc::clone(&seen), arrived: Arc::clone(&arrived) };
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let (seen, arrived) = (Arc::clone(&seen), Arc::clone(&arrived));
                let (acceptor, answer) = (acceptor.clone(), answer.clone());
                tokio::spawn(async move {
                    match acceptor {
                        None => serve(socket, &seen, &arrived, answer).await,
                        Some(acceptor) => {
                            let Ok(stream) = acceptor.accept(socket).await else { return };
                            let (_, connection) = stream.get_ref();
                            let version = connection.protocol_version().unwrap();
                            let handshake = format!("{version:?} {:?}", connection.handshake_kind().unwrap());
                            seen.lock().unwrap().handshakes.push(handshake);
                            serve(stream, &seen, &arrived, answer).await;
                        }
                    }
                });
            }
        });
        site
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    /// The heads and bodies of all requests, as they came.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.seen.lock().unwrap().requests.clone()
    }

    pub(crate) fn handshakes(&self) -> Vec<String> {
        self.seen.lock().unwrap().handshakes.clone()
    }

    /// Ends when one more request has arrived.
    pub(crate) async fn arrival(&self) {
        within(self.arrived.acquire()).await.unwrap().forget();
    }
}

async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: S,
    seen: &Mutex<Seen>,
    arrived: &Semaphore,
    answer: Answer,
) {
    let mut request = Vec::new();
    loop {
        let mut buffer = [0; 4096];
        let Ok(read @ 1..) = stream.read(&mut buffer).await else { return };
        request.extend_from_slice(&buffer[..read]);
        let text = String::from_utf8_lossy(&request);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            if body.len() >= length.map_or(0, |length| length.parse().unwrap()) {
                seen.lock().unwrap().requests.push(text.into_owned());
                arrived.add_permits(1);
                break;
            }
        }
    }
    match answer {
        Answer::Whole(bytes) => {
            let _ = stream.write_all(&bytes).await;
            let _ = stream.shutdown().await;
        }
        Answer::Cut(bytes) => {
            let _ = stream.write_all(&bytes).await;
            let _ = stream.flush().await;
        }
        Answer::Forever(head, piece, pause) => {
            let mut wrote = stream.write_all(&head).await;
            while wrote.is_ok() {
                tokio::time::sleep(pause).await;
                wrote = stream.write_all(&piece).await;
            }
        }
        Answer::Nothing => {
            let _ = stream.read(&mut [0; 1]).await;
        }
    }
}

/// A socket that nobody should reach.
pub(crate) struct Canary {
    pub(crate) address: SocketAddr,
    reached: mpsc::UnboundedReceiver<SocketAddr>,
}

impl Canary {
    pub(crate) async fn at(at: &str) -> Self {
        Self::on((at.parse::<IpAddr>().unwrap(), 0).into()).await
    }

    pub(crate) async fn on(at: SocketAddr) -> Self {
        let listener = TcpListener::bind(at).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (reach, reached) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Ok((_socket, peer)) = listener.accept().await {
                if reach.send(peer).is_err() {
                    return;
                }
            }
        });
        Self { address, reached }
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    /// Nobody has reached it: the first who does is this question. Connections are accepted in the order in which they
    /// came, so that none can still be on its way.
    pub(crate) async fn is_silent(&mut self) -> bool {
        let question = TcpStream::connect(self.address).await.unwrap();
        within(self.reached.recv()).await == Some(question.local_addr().unwrap())
    }
}

pub(crate) async fn within<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(PATIENCE, future).await.expect("this happens soon or never")
}

pub(crate) fn get(uri: &str) -> Request<Bytes> {
    Request::get(uri).body(Bytes::new()).unwrap()
}

pub(crate) async fn answer(fetch: &Fetch, uri: &str) -> Response<Bytes> {
    within(fetch.send(get(uri))).await.unwrap_or_else(|error| panic!("{uri}: {error}"))
}

pub(crate) async fn failure(fetch: &Fetch, uri: &str) -> FetchError {
    match within(fetch.send(get(uri))).await {
        Ok(answer) => panic!("{uri} answered {answer:?}"),
        Err(error) => error,
    }
}
