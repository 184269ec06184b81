//! What is encrypted is read by the one it is for, and what others make up is refused cheaply.

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPairComponents, PublicKeyComponents};
use aws_lc_rs::signature::RsaKeyPair;

use super::*;
use crate::SeededEntropy;

const ALL: &[ContentEncryption] = &ContentEncryption::ALL;

fn chance() -> SeededEntropy {
    SeededEntropy::new(7)
}

/// Chance of the recipient: with that of the sender, what replaces a key would be the key.
fn other_chance() -> SeededEntropy {
    SeededEntropy::new(8)
}

/// A token with another header, which nobody has authenticated.
fn with_header(token: &str, header: &str) -> String {
    let (_, rest) = token.split_once('.').unwrap();
    format!("{}.{rest}", base64url::encode(header.as_bytes()))
}

/// RFC 7516 §A.1.
#[test]
fn the_rsa_oaep_example_of_the_specification_decrypts() {
    let number = |text: &str| base64url::decode(text).unwrap();
    let pair = RsaKeyPair::from_components(&KeyPairComponents {
        public_key: PublicKeyComponents {
            n: number("oahUIoWw0K0usKNuOR6H4wkf4oBUXHTxRvgb48E-BVvxkeDNjbC4he8rUWcJoZmds2h7M70imEVhRU5djINXtqllXI4DFqcI1DgjT9LewND8MW2Krf3Spsk_ZkoFnilakGygTwpZ3uesH-PFABNIUYpOiN15dsQRkgr0vEhxN92i2asbOenSZeyaxziK72UwxrrKoExv6kc5twXTq4h-QChLOln0_mtUZwfsRaMStPs6mS6XrgxnxbWhojf663tuEQueGC-FCMfra36C9knDFGzKsNa7LZK2djYgyD3JR_MB_4NUJW_TqOQtwHYbxevoJArm-L5StowjzGy-_bq6Gw"),
            e: number("AQAB"),
        },
        d: number("kLdtIj6GbDks_ApCSTYQtelcNttlKiOyPzMrXHeI-yk1F7-kpDxY4-WY5NWV5KntaEeXS1j82E375xxhWMHXyvjYecPT9fpwR_M9gV8n9Hrh2anTpTD93Dt62ypW3yDsJzBnTnrYu1iwWRgBKrEYY46qAZIrA2xAwnm2X7uGR1hghkqDp0Vqj3kbSCz1XyfCs6_LehBwtxHIyh8Ripy40p24moOAbgxVw3rxT_vlt3UVe4WO3JkJOzlpUf-KTVI2Ptgm-dARxTEtE-id-4OJr0h-K-VFs3VSndVTIznSxfyrj8ILL6MG_Uv8YAu7VILSB3lOW085-4qE3DzgrTjgyQ"),
        p: number("1r52Xk46c-LsfB5P442p7atdPUrxQSy4mti_tZI3Mgf2EuFVbUoDBvaRQ-SWxkbkmoEzL7JXroSBjSrK3YIQgYdMgyAEPTPjXv_hI2_1eTSPVZfzL0lffNn03IXqWF5MDFuoUYE0hzb2vhrlN_rKrbfDIwUbTrjjgieRbwC6Cl0"),
        q: number("wLb35x7hmQWZsWJmB_vle87ihgZ19S8lBEROLIsZG4ayZVe9Hi9gDVCOBmUDdaDYVTSNx_8Fyw1YYa9XGrGnDew00J28cRUoeBB_jKI1oma0Orv1T9aXIWxKwd4gvxFImOWr3QRL9KEBRzk2RatUBnmDZJTIAfwTs0g68UZHvtc"),
        dP: number("ZK-YwE7diUh0qR1tR7w8WHtolDx3MZ_OTowiFvgfeQ3SiresXjm9gZ5KLhMXvo-uz-KUJWDxS5pFQ_M0evdo1dKiRTjVw_x4NyqyXPM5nULPkcpU827rnpZzAJKpdhWAgqrXGKAECQH0Xt4taznjnd_zVpAmZZq60WPMBMfKcuE"),
        dQ: number("Dq0gfgJ1DdFGXiLvQEZnuKEN0UUmsJBxkjydc3j4ZYdBiMRAy86x0vHCjywcMlYYg4yoC4YZa9hNVcsjqA3FeiL19rk8g6Qn29Tt0cj8qqyFpz9vNDBUfCAiJVeESOjJDZPYHdHY8v1b-o-Z2X5tvLx-TCekf7oxyeKDUqKWjis"),
        qInv: number("VIMpMYbPf47dT1w_zDUXfPimsSegnMOA1zTaX7aGk_8urY6R8-ZW1FxU7AlWAyLWybqq6t16VFd7hQd0y6flUK4SlOydB61gwanOsXGOAOv82cHq0E3eL4HrtZkUuKvnPrMnsUUFlfUdybVzxyjz9JF_XyaY14ardLSjf4L_FNY"),
    })
    .unwrap();
    let pkcs8: Pkcs8V1Der<'_> = pair.as_der().unwrap();
    let key = DecryptionKey::from_pkcs8(KeyManagement::RsaOaep, pkcs8.as_ref()).unwrap();
    let token = "eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ.OKOawDo13gRp2ojaHV7LFpZcgV7T6DVZKTyKOMTYUmKoTCVJRgckCL9kiMT03JGeipsEdY3mx_etLbbWSrFr05kLzcSr4qKAq7YN7e9jwQRb23nfa6c9d-StnImGyFDbSv04uVuxIp5Zms1gNxKKK2Da14B8S4rzVRltdYwam_lDp5XnZAYpQdb76FdIKLaVmqgfwX7XWRxv2322i-vDxRfqNzo_tETKzpVLzfiwQyeyPGLBIO56YJ7eObdv0je81860ppamavo35UgoRdbYaBcoh9QcfylQr66oc6vFWXRcZ_ZT2LawVCWTIy3brGPi6UklfCpIMfIjf7iGdXKHzg.48V1_ALb6US04U3b.5eym8TW_c8SuK0ltJ3rpYIzOeDQz7TALvtu6UG9oMo4vpzs9tX_EFShS8iB7j6jiSdiwkIr3ajwQzaBtQD_A.XFBoMYUZodetZdvTiFvSkQ";
    let decrypted = decrypt(token, &[key], ALL, &other_chance()).unwrap();
    assert_eq!(
        decrypted.plaintext.as_slice(),
        b"The true sign of intelligence is not knowledge but imagination."
    );
}

#[test]
fn what_is_encrypted_decrypts_with_its_own_key_only() {
    for alg in KeyManagement::ALL {
        let (key, other) = (DecryptionKey::generate(alg).unwrap(), DecryptionKey::generate(alg).unwrap());
        let read = DecryptionKey::from_pkcs8(alg, key.pkcs8()).unwrap();
        assert_eq!(read.kid(), key.kid());
        for enc in ContentEncryption::ALL {
            let keys = [key.encryption_key()];
            let token = encrypt(b"signed.token.here", Some("JWT"), &keys, (alg, enc), &chance()).unwrap();
            let decrypted = decrypt(&token, std::slice::from_ref(&read), ALL, &other_chance()).unwrap();
            assert_eq!(decrypted.plaintext.as_slice(), b"signed.token.here");
            assert_eq!(decrypted.header.alg, alg.as_str());
            assert_eq!(decrypted.header.enc, enc.as_str());
            assert_eq!(decrypted.header.cty.as_deref(), Some("JWT"));
            assert_eq!(decrypted.header.kid.as_deref(), Some(key.kid()));
            let refused = |keys: &[DecryptionKey], accepted: &[ContentEncryption]| {
                decrypt(&token, keys, accepted, &other_chance()).unwrap_err()
            };
            assert_eq!(refused(std::slice::from_ref(&other), ALL), JweError::UnknownKey);
            assert_eq!(refused(std::slice::from_ref(&read), &[]), JweError::Algorithm);
        }
    }
}

/// RFC 7517 §4.4, §4.5: a client's key often says neither its name nor its algorithm.
#[test]
fn a_key_without_name_and_algorithm_is_encrypted_to_by_each_of_its_type() {
    for alg in KeyManagement::ALL {
        let key = DecryptionKey::generate(alg).unwrap();
        let bare = Jwk { alg: None, use_: None, kid: None, ..key.encryption_key().jwk() };
        let keys = [EncryptionKey::from_jwk(&bare).unwrap()];
        let token = encrypt(b"text", None, &keys, (alg, ContentEncryption::A128CbcHs256), &chance()).unwrap();
        assert_eq!(header(&token).unwrap().kid, None);
        let other = DecryptionKey::generate(alg).unwrap();
        let decrypted = decrypt(&token, &[other.clone(), key], ALL, &other_chance()).unwrap();
        assert_eq!(decrypted.plaintext.as_slice(), b"text");
        assert_eq!(decrypt(&token, &[other], ALL, &other_chance()).unwrap_err(), JweError::Undecryptable);
        for another in KeyManagement::ALL {
            let rsa = |alg: KeyManagement| alg.as_str().starts_with("RSA");
            let encrypted = encrypt(b"", None, &keys, (another, ContentEncryption::A256Gcm), &chance());
            assert_eq!(encrypted.is_ok(), rsa(alg) == rsa(another), "{alg} {another}");
        }
    }
}

#[test]
fn a_key_for_signatures_is_not_encrypted_to() {
    let jwk = DecryptionKey::generate(KeyManagement::EcdhEs).unwrap().encryption_key().jwk();
    for unfit in [
        Jwk { use_: Some("sig".into()), ..jwk.clone() },
        Jwk { alg: Some("ES256".into()), use_: None, ..jwk.clone() },
        Jwk { crv: Some("P-521".into()), ..jwk },
    ] {
        assert_eq!(EncryptionKey::from_jwk(&unfit).unwrap_err(), crate::KeyError::Unsupported);
    }
}

/// Nothing that the sender writes makes the reader work: GHSA-7f9x-gw85-8grf, CVE-2024-29371.
#[test]
fn a_header_that_asks_for_work_is_refused_before_any() {
    let key = DecryptionKey::generate(KeyManagement::EcdhEs).unwrap();
    let alg = (KeyManagement::EcdhEs, ContentEncryption::A128Gcm);
    let token = encrypt(b"text", None, &[key.encryption_key()], alg, &chance()).unwrap();
    let keys = [key];
    let of = |header: &str| decrypt(&with_header(&token, header), &keys, ALL, &other_chance()).unwrap_err();
    for (header, error) in [
        (r#"{"alg":"PBES2-HS256+A128KW","enc":"A128GCM","p2c":2147483648,"p2s":"AA"}"#, JweError::Algorithm),
        (r#"{"alg":"RSA1_5","enc":"A128GCM"}"#, JweError::Algorithm),
        (r#"{"alg":"dir","enc":"A128GCM"}"#, JweError::Algorithm),
        (r#"{"alg":"none","enc":"A128GCM"}"#, JweError::Algorithm),
        (r#"{"alg":"ECDH-ES","enc":"none"}"#, JweError::Algorithm),
        (r#"{"alg":"ECDH-ES","enc":"A128GCM","zip":"DEF"}"#, JweError::Extension),
        (r#"{"alg":"ECDH-ES","enc":"A128GCM","crit":["exp"]}"#, JweError::Extension),
        (r#"{"alg":"RSA-OAEP","enc":"A128GCM"}"#, JweError::UnknownKey),
        (r#"{"alg":"ECDH-ES","enc":"A128GCM","kid":"../../key"}"#, JweError::UnknownKey),
        (r#"{"alg":"ECDH-ES","alg":"ECDH-ES","enc":"A128GCM"}"#, JweError::Malformed),
        (r#"{"alg":"ECDH-ES","enc":"A128GCM","epk":{"kty":"oct","k":"AA"}}"#, JweError::Malformed),
        (r#"{"alg":"ECDH-ES","enc":"A128GCM","apu":"="}"#, JweError::Malformed),
        (r#"{"alg":"ECDH-ES","enc":"A128GCM"}"#, JweError::Undecryptable),
        ("[]", JweError::Malformed),
    ] {
        assert_eq!(of(header), error, "{header}");
    }
    let long = format!("{token}{}", "A".repeat(LONGEST));
    assert_eq!(decrypt(&long, &keys, ALL, &other_chance()).unwrap_err(), JweError::TooLong);
    for parts in ["", "a.b.c", "....", &format!("{token}."), &token[..token.len() / 2]] {
        assert_eq!(decrypt(parts, &keys, ALL, &other_chance()).unwrap_err(), JweError::Malformed, "{parts}");
    }
}

/// A point off the curve would tell of the private key (RFC 8725 §2.6): it is not agreed with.
#[test]
fn an_ephemeral_key_off_its_curve_is_not_agreed_with() {
    let key = DecryptionKey::generate(KeyManagement::EcdhEs).unwrap();
    let alg = (KeyManagement::EcdhEs, ContentEncryption::A128Gcm);
    let token = encrypt(b"text", None, &[key.encryption_key()], alg, &chance()).unwrap();
    let own = key.encryption_key().jwk();
    let x = own.x.unwrap();
    for (x, y) in [(x.as_str(), x.as_str()), ("AA", "AA"), (&"A".repeat(43), &"A".repeat(43))] {
        let header = format!(
            r#"{{"alg":"ECDH-ES","enc":"A128GCM","epk":{{"kty":"EC","crv":"P-256","x":"{x}","y":"{y}"}}}}"#
        );
        let forged = with_header(&token, &header);
        let refused = decrypt(&forged, std::slice::from_ref(&key), ALL, &other_chance()).unwrap_err();
        assert_eq!(refused, JweError::Undecryptable);
    }
}

/// Every part is authenticated: what anybody changes on the way does not decrypt.
#[test]
fn a_token_that_was_changed_does_not_decrypt() {
    for alg in [KeyManagement::RsaOaep256, KeyManagement::EcdhEs, KeyManagement::EcdhEsA256Kw] {
        let key = DecryptionKey::generate(alg).unwrap();
        let how = (alg, ContentEncryption::A128CbcHs256);
        let token = encrypt(b"text", None, &[key.encryption_key()], how, &chance()).unwrap();
        let keys = [key];
        for at in (0..token.len()).filter(|at| token.as_bytes()[*at] != b'.') {
            let mut changed = token.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            assert!(decrypt(&changed, &keys, ALL, &other_chance()).is_err(), "{alg}, character {at}");
        }
        let (header, rest) = token.split_once('.').unwrap();
        let (_, rest) = rest.split_once('.').unwrap();
        assert!(
            decrypt(&format!("{header}.AAAA.{rest}"), &keys, ALL, &other_chance()).is_err(),
            "another key"
        );
    }
}
