//! A proxy before a PostgreSQL server that can keep the answer to a commit to itself, as a network does that breaks at
//! the worst moment.

use std::sync::{Arc, Mutex};

use royaume_store::testing::PrivatePostgres;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream};

/// The name of a server's socket in its directory.
const SOCKET: &str = ".s.PGSQL.5432";

pub(crate) struct Proxy {
    directory: TempDir,
    swallowing: Arc<Mutex<Option<Commit>>>,
}

/// What makes the server commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Commit {
    /// A statement outside a transaction, bound and executed.
    OfStatement,
    /// The word.
    OfTransaction,
}

impl Commit {
    fn is_in(self, message: &[u8]) -> bool {
        const WORD: &[u8] = b"COMMIT\0";
        match self {
            Self::OfStatement => message.first() == Some(&b'B'),
            Self::OfTransaction => message.windows(WORD.len()).any(|window| window == WORD),
        }
    }
}

impl Proxy {
    pub(crate) async fn before(server: &PrivatePostgres) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(directory.path().join(SOCKET)).unwrap();
        let behind = server.directory().join(SOCKET);
        let swallowing = Arc::new(Mutex::new(None));
        let proxy = Self { directory, swallowing: Arc::clone(&swallowing) };
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = UnixStream::connect(&behind).await.unwrap();
                tokio::spawn(carry(client, server, Arc::clone(&swallowing)));
            }
        });
        proxy
    }

    /// The address of a database through this proxy.
    pub(crate) fn address(&self, database: &str) -> String {
        let (_, name) = database.rsplit_once('/').unwrap();
        let directory = self.directory.path().display().to_string().replace('/', "%2F");
        format!("postgresql://royaume@{directory}/{name}")
    }

    /// Keeps the answer to the next commit of that kind.
    pub(crate) fn swallow_next(&self, commit: Commit) {
        *self.swallowing.lock().unwrap() = Some(commit);
    }
}

async fn carry(mut client: UnixStream, mut server: UnixStream, swallowing: Arc<Mutex<Option<Commit>>>) {
    let (mut asked, mut answered) = (vec![0; 64 * 1024], vec![0; 64 * 1024]);
    loop {
        tokio::select! {
            read = client.read(&mut asked) => {
                let Ok(length @ 1..) = read else { return };
                let message = &asked[..length];
                let last = swallowing.lock().unwrap().take_if(|commit| commit.is_in(message)).is_some();
                server.write_all(message).await.unwrap();
                if last {
                    // Nobody hears of it.
                    return until_idle(&mut server).await;
                }
            }
            read = server.read(&mut answered) => {
                let Ok(length @ 1..) = read else { return };
                if client.write_all(&answered[..length]).await.is_err() {
                    return;
                }
            }
        }
    }
}

/// Reads until the server says that it is done and outside a transaction: `ReadyForQuery`, idle.
async fn until_idle(server: &mut UnixStream) {
    let mut answered = Vec::new();
    while !answered.ends_with(b"Z\0\0\0\x05I") && matches!(server.read_buf(&mut answered).await, Ok(1..)) {}
}
