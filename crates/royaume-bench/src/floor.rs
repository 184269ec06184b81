//! The floor: a bare server on the same stack, which does the work that an answer cannot do without, and nothing else.
//!
//! | path | answer |
//! |---|---|
//! | `/` | a constant |
//! | `/sign` | one signature (JWS, a key that was parsed once) over claims that change |
//! | `/row` | one row, durable before the answer, through the house's own store |
//! | `/hash-and-row` | a password is hashed as the server hashes it, then one row |
//! | `/rows-and-sign` | three rows in one batch, durable before the answer, and one signature |
//!
//! Three rows are what a code or a refresh token buys: it is spent, and an access token and a refresh token are kept.
//!
//! It listens with hyper alone: no limits, no deadlines, no checks; or, to see what those cost, behind the accept loop
//! of the house.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use royaume_jose::{SigningKey, SystemEntropy, base64url, jws};
use royaume_listen::{Limits, Listener};
use royaume_server::passwords::{Bounds, Cost, Passwords};
use royaume_store::{
    Expect, Kind, Missing, Outcome, Postgres, PostgresOptions, RealmName, Row, RowId, Sqlite, SqliteOptions,
    Store, Write,
};

use crate::served::PASSWORD;
use crate::{Failure, options, stopwatch};

/// About as long as what the server answers and stores.
const TOKEN: &str = r#"{"access_token":"AbCdEfGhIjKlMnOpQrStUvWxYz0","token_type":"Bearer","expires_in":1499,"scope":"read"}"#;
const BODY: &[u8] = br#"{"client_id":"bench-machine-0123456789abcdef","subject":"bench-machine-0123456789abcdef","scope":"read","issued_at":"2026-11-25T12:00:00Z","expires_at":"2026-11-25T12:25:00Z"}"#;

struct Floor {
    key: Option<SigningKey>,
    /// And a hash of [`PASSWORD`].
    passwords: Option<(Passwords, String)>,
    store: Option<Arc<dyn Store>>,
    realm: RealmName,
    made: AtomicU64,
}

/// Serves until the process is ended.
pub(crate) fn run(options: &options::Floor) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let floor = Arc::new(Floor {
            key: options.sign.map(SigningKey::generate).transpose()?,
            passwords: if options.hash { Some(passwords().await?) } else { None },
            store: open(options).await?,
            realm: RealmName::new("floor")?,
            // Not where an earlier floor on the same rows began.
            made: AtomicU64::new(u64::try_from(stopwatch::today().as_microsecond())?),
        });
        if options.limits {
            let listener = Listener::bind(options.listen, Limits::default()).await?;
            let service = tower::service_fn(move |request: Request<Bytes>| {
                let floor = Arc::clone(&floor);
                async move { Ok::<_, Infallible>(floor.answer(request.uri().path()).await) }
            });
            listener.serve(service, std::future::pending()).await;
            return Ok(());
        }
        let socket = tokio::net::TcpListener::bind(options.listen).await?;
        loop {
            let (stream, _) = socket.accept().await?;
            stream.set_nodelay(true)?;
            let floor = Arc::clone(&floor);
            let service = service_fn(move |request: Request<hyper::body::Incoming>| {
                let floor = Arc::clone(&floor);
                async move { Ok::<_, Infallible>(floor.answer(request.uri().path()).await.map(Full::new)) }
            });
            // However a connection ends, it is the generator's to notice.
            tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
        }
    })
}

/// What hashes as the server does.
async fn passwords() -> Result<(Passwords, String), Failure> {
    let passwords = Passwords::new(Cost::default(), Bounds::default());
    let nobody = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let hash = passwords.hash(PASSWORD, &SystemEntropy, nobody).await?;
    Ok((passwords, hash))
}

async fn open(options: &options::Floor) -> Result<Option<Arc<dyn Store>>, Failure> {
    if let Some(path) = &options.sqlite {
        let options = SqliteOptions { missing: Missing::Create, ..SqliteOptions::default() };
        return Ok(Some(Arc::new(Sqlite::open(path, options)?)));
    }
    if let Some(address) = &options.postgres {
        let options = PostgresOptions { missing: Missing::Create, ..PostgresOptions::default() };
        return Ok(Some(Arc::new(Postgres::connect(address, options).await?)));
    }
    Ok(None)
}

impl Floor {
    async fn answer(&self, path: &str) -> Response<Bytes> {
        let (rows, sign) = match path {
            "/" => (0, false),
            "/sign" => (0, true),
            "/row" | "/hash-and-row" => (1, false),
            "/rows-and-sign" => (3, true),
            _ => return status(StatusCode::NOT_FOUND),
        };
        let number = self.made.fetch_add(1.max(rows), Ordering::Relaxed);
        if path == "/hash-and-row" && !self.is_password(number).await {
            return status(StatusCode::SERVICE_UNAVAILABLE);
        }
        if rows > 0 && self.keep(number, rows).await.is_err() {
            return status(StatusCode::SERVICE_UNAVAILABLE);
        }
        let body = match (sign, &self.key) {
            (false, _) => Bytes::from_static(TOKEN.as_bytes()),
            (true, Some(key)) => signed(key, number),
            (true, None) => return status(StatusCode::NOT_FOUND),
        };
        let mut response = Response::new(body);
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        response
    }

    /// Hashes a password, for somebody at an address of their own.
    async fn is_password(&self, number: u64) -> bool {
        let Some((passwords, hash)) = &self.passwords else { return false };
        let [.., a, b, c] = number.to_be_bytes();
        let somewhere = IpAddr::V4(Ipv4Addr::new(127, a, b, c));
        passwords.verify(PASSWORD, Some(hash), somewhere).await.unwrap_or(false)
    }

    /// Rows like that of an opaque token.
    async fn keep(&self, number: u64, rows: u64) -> Result<(), Failure> {
        let store = self.store.as_ref().ok_or("no store was named")?;
        let writes = (number..number + rows).map(|number| self.write(number)).collect();
        match store.write(writes).await? {
            Outcome::Done => Ok(()),
            Outcome::Refused { .. } => Err("a row was there already".into()),
        }
    }

    /// A row whose key begins with the moment, and which ends by itself.
    fn write(&self, number: u64) -> Write {
        let now = stopwatch::today();
        let mut key = [0; 28];
        key[..4].copy_from_slice(&now.as_millisecond().to_be_bytes()[4..]);
        key[4..12].copy_from_slice(&number.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
        let row = Row {
            id: RowId::new(&self.realm, Kind::new("row"), key),
            alias: None,
            family: None,
            within: None,
            expires_at: Some(now + std::time::Duration::from_secs(1_499)),
            body: BODY.to_vec(),
        };
        Write::Put { row, expect: Expect::Absent }
    }
}

/// What RFC 9068 asks of a token, in a JSON object of the usual size.
fn signed(key: &SigningKey, number: u64) -> Bytes {
    #[derive(serde::Serialize)]
    struct Claims<'a> {
        iss: &'a str,
        sub: &'a str,
        aud: &'a str,
        client_id: &'a str,
        scope: &'a str,
        iat: i64,
        exp: i64,
        jti: &'a str,
    }
    let mut jti = [0; 24];
    jti[..8].copy_from_slice(&number.to_be_bytes());
    let claims = Claims {
        iss: "http://127.0.0.1:8080/floor",
        sub: "bench-machine-0123456789abcdef",
        aud: "http://127.0.0.1:8080/floor",
        client_id: "bench-machine-0123456789abcdef",
        scope: "read",
        iat: 1_795_608_000,
        exp: 1_795_609_499,
        jti: &base64url::encode(&jti),
    };
    let token = jws::sign(key, Some("at+jwt"), &claims);
    let mut body = Vec::with_capacity(token.len() + 90);
    body.extend_from_slice(br#"{"access_token":""#);
    body.extend_from_slice(token.as_bytes());
    body.extend_from_slice(br#"","token_type":"Bearer","expires_in":1499,"scope":"read"}"#);
    body.into()
}

fn status(status: StatusCode) -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = status;
    response
}
