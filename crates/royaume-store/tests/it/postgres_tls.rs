//! Over a network PostgreSQL is reached with TLS, and with a certificate that is believed.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::path::{Path, PathBuf};

use royaume_store::testing::{PrivatePostgres, unhurried};
use royaume_store::{Postgres, PostgresOptions, Store as _, StoreError};

/// A server of its own that listens on the loopback interface, and speaks TLS with a certificate for `localhost`.
struct Encrypting {
    server: PrivatePostgres,
    port: u16,
    authority: PathBuf,
}

impl Encrypting {
    async fn start() -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let server = PrivatePostgres::start(&format!("-c listen_addresses=127.0.0.1 -c port={port}"));
        let data = server.directory().join("data");
        let certified = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let (certificate, key) = (certified.cert.pem(), certified.signing_key.serialize_pem());
        let authority = server.directory().join("authority.pem");
        for (file, text) in [
            (&authority, &certificate),
            (&data.join("server.crt"), &certificate),
            (&data.join("server.key"), &key),
        ] {
            fs::write(file, text).unwrap();
            own_alone(file, &data);
        }
        let started = Self { server, port, authority };
        let (client, connection) =
            tokio_postgres::connect(&started.address("disable"), tokio_postgres::NoTls).await.unwrap();
        let connection = tokio::spawn(connection);
        client.batch_execute("ALTER SYSTEM SET ssl = on").await.unwrap();
        client.batch_execute("SELECT pg_reload_conf()").await.unwrap();
        drop(client);
        let _ = connection.await;
        started
    }

    fn address(&self, sslmode: &str) -> String {
        format!("postgresql://royaume@localhost:{}/postgres?sslmode={sslmode}", self.port)
    }
}

/// Gives a file to whoever owns that directory, and to nobody else: the server insists on it.
fn own_alone(file: &Path, like: &Path) {
    let owner = fs::metadata(like).unwrap();
    fs::set_permissions(file, fs::Permissions::from_mode(0o600)).unwrap();
    chown(file, Some(owner.uid()), Some(owner.gid())).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_is_encrypted_and_the_certificate_must_be_believed() {
    let encrypting = Encrypting::start().await;
    let trusting = PostgresOptions { authorities: Some(encrypting.authority.clone()), ..unhurried() };
    // The server reads its new settings a moment later: until then it says that it has no TLS.
    let store = loop {
        match Postgres::connect(&encrypting.address("require"), trusting.clone()).await {
            Ok(store) => break store,
            Err(error) => assert!(error.to_string().contains("does not support TLS"), "{error}"),
        }
    };
    store.ping().await.unwrap();

    let (client, connection) =
        tokio_postgres::connect(&encrypting.address("disable"), tokio_postgres::NoTls).await.unwrap();
    let connection = tokio::spawn(connection);
    let seen = client
        .query_one("SELECT count(*) FROM pg_stat_ssl s JOIN pg_stat_activity a USING (pid) WHERE s.ssl AND a.application_name = 'royaume'", &[])
        .await
        .unwrap();
    assert!(seen.get::<_, i64>(0) >= 1, "the connection of the store is encrypted");
    drop(client);
    let _ = connection.await;

    let stranger = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let other = encrypting.server.directory().join("other.pem");
    fs::write(&other, stranger.cert.pem()).unwrap();
    let doubting = PostgresOptions { authorities: Some(other), ..unhurried() };
    let refused = Postgres::connect(&encrypting.address("require"), doubting).await.unwrap_err();
    assert!(matches!(refused, StoreError::Unavailable(_)), "{refused}");
    let by_number = encrypting.address("require").replace("localhost", "127.0.0.1");
    let refused = Postgres::connect(&by_number, trusting).await.unwrap_err();
    assert!(matches!(refused, StoreError::Unavailable(_)), "the certificate is for another name: {refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn authorities_that_do_not_read_are_named() {
    let directory = tempfile::tempdir().unwrap();
    let empty = directory.path().join("empty.pem");
    fs::write(&empty, "").unwrap();
    for (file, word) in [(empty, "names no authority"), (directory.path().join("missing.pem"), "do not read")]
    {
        let options = PostgresOptions { authorities: Some(file), ..unhurried() };
        let refused =
            Postgres::connect("postgresql://royaume@db.example.org/royaume", options).await.unwrap_err();
        assert!(matches!(&refused, StoreError::Unusable { why, .. } if why.contains(word)), "{refused}");
    }
}
