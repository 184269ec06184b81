//! Keys that sign and keys that verify: parsed once, kept.

mod signing;
mod verifying;

pub use signing::SigningKey;
pub use verifying::VerifyingKey;

/// The signature is not that of the key over the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the signature does not verify")]
pub struct BadSignature;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Algorithm, Jwk, KeyError, base64url};

    #[test]
    fn a_key_survives_being_written_and_read() {
        for algorithm in Algorithm::ALL {
            let key = SigningKey::generate(algorithm).unwrap();
            let read = SigningKey::from_pkcs8(algorithm, &key.pkcs8()).unwrap();
            assert_eq!(read.kid(), key.kid());
            let signature = read.sign(b"message");
            key.verifying_key().verify(algorithm, b"message", &signature).unwrap();
            assert_eq!(key.verifying_key().verify(algorithm, b"massage", &signature), Err(BadSignature));
            let published = serde_json::to_string(&key.verifying_key().jwk()).unwrap();
            let met = VerifyingKey::from_jwk(&serde_json::from_str(&published).unwrap()).unwrap();
            met.verify(algorithm, b"message", &signature).unwrap();
            assert!(SigningKey::from_pkcs8(algorithm, b"rubbish").is_err());
        }
    }

    /// CVE-2022-21449 and its kin: zeros, another encoding, one byte more.
    #[test]
    fn forged_forms_of_a_signature_do_not_verify() {
        let key = SigningKey::generate(Algorithm::Es256).unwrap();
        let good = key.sign(b"message");
        let der = [&[0x30, 0x44, 0x02, 0x20][..], &good[..32], &[0x02, 0x20], &good[32..]].concat();
        for forged in [vec![0; 64], vec![], der, [&good[..], &[0]].concat(), good[..63].to_vec()] {
            assert_eq!(key.verifying_key().verify(Algorithm::Es256, b"message", &forged), Err(BadSignature));
        }
    }

    /// RFC 7517 §4.4: a key need not say which algorithm it is for.
    #[test]
    fn an_rsa_key_without_an_algorithm_verifies_both_paddings() {
        for algorithm in [Algorithm::Rs256, Algorithm::Ps256] {
            let key = SigningKey::generate(algorithm).unwrap();
            let other = if algorithm == Algorithm::Rs256 { Algorithm::Ps256 } else { Algorithm::Rs256 };
            let signature = key.sign(b"message");
            let bare = Jwk { alg: None, use_: None, kid: None, ..key.verifying_key().jwk() };
            let bare = VerifyingKey::from_jwk(&bare).unwrap();
            assert!(bare.algorithms().eq([Algorithm::Rs256, Algorithm::Ps256]));
            bare.verify(algorithm, b"message", &signature).unwrap();
            assert_eq!(bare.verify(other, b"message", &signature), Err(BadSignature));
            // One that says which is for no other (RFC 8725 §3.1).
            assert!(key.verifying_key().algorithms().eq([algorithm]));
            assert_eq!(key.verifying_key().verify(other, b"message", &signature), Err(BadSignature));
        }
    }

    #[test]
    fn unfit_keys_are_refused() {
        let of = |kty: &str| Jwk::of_type(kty);
        let text = |bytes: usize| Some(base64url::encode(&vec![0xff; bytes]));
        let weak = Jwk { n: text(128), e: Some("AQAB".into()), ..of("RSA") };
        let huge = Jwk { n: text(2048), e: Some("AQAB".into()), ..of("RSA") };
        let off_curve = Jwk { crv: Some("P-256".into()), x: text(32), y: text(32), ..of("EC") };
        assert_eq!(VerifyingKey::from_jwk(&weak).unwrap_err(), KeyError::Size);
        assert_eq!(VerifyingKey::from_jwk(&huge).unwrap_err(), KeyError::Size);
        assert_eq!(VerifyingKey::from_jwk(&off_curve).unwrap_err(), KeyError::Malformed);
        assert_eq!(VerifyingKey::from_jwk(&of("oct")).unwrap_err(), KeyError::Unsupported);
        let encrypts = Jwk {
            use_: Some("enc".into()),
            ..SigningKey::generate(Algorithm::EdDsa).unwrap().verifying_key().jwk()
        };
        assert_eq!(VerifyingKey::from_jwk(&encrypts).unwrap_err(), KeyError::Unsupported);
    }

    /// RFC 8037 §A.4: the signature of the example verifies with the key of §A.2.
    #[test]
    fn the_ed25519_example_of_the_specification_verifies() {
        let key: Jwk = serde_json::from_str(
            r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#,
        )
        .unwrap();
        let signature = base64url::decode(
            "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg",
        )
        .unwrap();
        let message = b"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
        VerifyingKey::from_jwk(&key).unwrap().verify(Algorithm::EdDsa, message, &signature).unwrap();
    }
}
