//! TLS on the way to the database: always over a network, unless the address itself says `sslmode=disable`. Tokens pass
//! there, and the password of the database.

use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres_rustls::MakeRustlsConnect;

/// Must the connection be encrypted?
pub(super) fn is_needed(config: &Config) -> bool {
    match config.get_ssl_mode() {
        SslMode::Disable => false,
        SslMode::Require => true,
        _ => !stays_here(config),
    }
}

/// Does every host of the address mean this machine? Where there are numbers, they are what is connected to.
fn stays_here(config: &Config) -> bool {
    let numbers = config.get_hostaddrs();
    let here = |host: &Host| match host {
        Host::Unix(_) => true,
        Host::Tcp(name) => {
            !numbers.is_empty()
                || name == "localhost"
                || name.parse().is_ok_and(|address: IpAddr| address.is_loopback())
        }
    };
    numbers.iter().all(IpAddr::is_loopback) && config.get_hosts().iter().all(here)
}

/// What encrypts, and believes certificates of those authorities; or why there is none.
pub(super) fn connector(authorities: Option<&Path>) -> Result<MakeRustlsConnect, String> {
    let certificates = match authorities {
        Some(file) => CertificateDer::pem_file_iter(file)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(|error| format!("its authorities {} do not read: {error}", file.display()))?,
        None => rustls_native_certs::load_native_certs().certs,
    };
    let mut roots = RootCertStore::empty();
    let (believed, _) = roots.add_parsable_certificates(certificates);
    if believed == 0 {
        return Err(
            "it lies beyond this machine, and no authority is known whose certificate could be believed"
                .to_owned(),
        );
    }
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needed(address: &str) -> bool {
        is_needed(&address.parse().unwrap())
    }

    #[test]
    fn what_leaves_this_machine_is_encrypted_unless_the_address_says_otherwise() {
        for here in [
            "postgresql://royaume@localhost/royaume",
            "postgresql://royaume@[::1]/royaume",
            "postgresql://royaume@%2Frun%2Fpostgresql/royaume",
            "host=db.example.org hostaddr=127.0.0.1 dbname=royaume",
        ] {
            assert!(!needed(here), "{here}");
        }
        for beyond in [
            "postgresql://royaume@db.example.org/royaume",
            "postgresql://royaume@localhost.example.org/royaume",
            "postgresql://royaume@127.0.0.1,db.example.org/royaume",
            "host=localhost hostaddr=192.0.2.7 dbname=royaume",
            "postgresql://royaume@db.example.org/royaume?sslmode=prefer",
            "postgresql://royaume@localhost/royaume?sslmode=require",
        ] {
            assert!(needed(beyond), "{beyond}");
        }
        assert!(!needed("postgresql://royaume@db.example.org/royaume?sslmode=disable"));
    }
}
