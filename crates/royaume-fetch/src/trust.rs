//! Who is believed: the authorities of the system, and those that the operator adds.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::Resumption;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{CertificateError, ClientConfig, RootCertStore};

use crate::configuration::Unusable;

pub(crate) fn tls(files: &[PathBuf]) -> Result<Arc<ClientConfig>, Unusable> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    for file in files {
        let unreadable = |why: String| Unusable::TrustRoots { file: file.clone(), why };
        for certificate in certificates(file).map_err(unreadable)? {
            roots.add(certificate).map_err(|error| unreadable(error.to_string()))?;
        }
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Unusable::Tls(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    // A ticket is bytes of a stranger's choosing, sent back to wherever its name leads next.
    config.resumption = Resumption::disabled();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// What is wrong with a certificate.
pub(crate) fn words(error: &CertificateError) -> &'static str {
    use CertificateError as E;
    match error {
        E::UnknownIssuer | E::BadSignature => {
            "nobody who is trusted vouches for its certificate; if a private authority does, name its file in \
             [fetch] trust_roots"
        }
        E::NotValidForName | E::NotValidForNameContext { .. } => "its certificate is for another name",
        E::Expired | E::ExpiredContext { .. } => "its certificate has expired",
        E::NotValidYet | E::NotValidYetContext { .. } => "its certificate is not valid yet",
        // Rarer ones, and those that rustls will add.
        _ => "its certificate is not a valid one for a site",
    }
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let read = CertificateDer::pem_file_iter(file).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let certificates = read.map_err(|error| error.to_string())?;
    if certificates.is_empty() { Err("there is no certificate in it".to_owned()) } else { Ok(certificates) }
}
