//! The subscriber: a browser's side of web push, written from the RFCs with `ring`, so that it shares no line and,
//! but for the curve's arithmetic, no library with the sender.

use std::collections::HashMap;

use data_encoding::BASE64URL_NOPAD;
use p256::elliptic_curve::sec1::ToSec1Point as _;
use p256::{PublicKey, SecretKey};
use ring::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA256, KeyType, Salt};
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use serde_json::Value;

use super::server::Got;

pub struct Browser {
    key: SecretKey,
    auth: Vec<u8>,
}

struct Length(usize);

impl KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

fn hkdf(salt: &[u8], input: &[u8], info: &[&[u8]], length: usize) -> Vec<u8> {
    let mut output = vec![0; length];
    Salt::new(HKDF_SHA256, salt).extract(input).expand(info, Length(length)).unwrap().fill(&mut output).unwrap();
    output
}

impl Browser {
    pub fn new(private: &[u8], auth: &[u8]) -> Self {
        Self { key: SecretKey::from_slice(private).unwrap(), auth: auth.to_owned() }
    }

    /// A browser of its own for each `seed`.
    pub fn seeded(seed: u8) -> Self {
        Self::new(&[seed; 32], &[seed ^ 0xa5; 16])
    }

    pub fn point(&self) -> Vec<u8> {
        self.key.public_key().to_sec1_point(false).as_bytes().to_vec()
    }

    pub fn p256dh(&self) -> String {
        BASE64URL_NOPAD.encode(&self.point())
    }

    pub fn auth(&self) -> String {
        BASE64URL_NOPAD.encode(&self.auth)
    }

    /// RFC 8188 and RFC 8291 backwards; nothing when it is not for this browser.
    pub fn decrypt(&self, body: &[u8]) -> Option<Vec<u8>> {
        let (salt, rest) = body.split_at(16);
        let (size, rest) = rest.split_first_chunk::<4>()?;
        let (length, rest) = rest.split_first()?;
        let (theirs, record) = rest.split_at(usize::from(*length));
        assert!(record.len() <= u32::from_be_bytes(*size) as usize, "one record");
        let shared = self.key.diffie_hellman(&PublicKey::from_sec1_bytes(theirs).ok()?);
        let info: [&[u8]; 4] = [b"WebPush: info", &[0], &self.point(), theirs];
        let input = hkdf(&self.auth, shared.raw_secret_bytes(), &info, 32);
        let key = hkdf(salt, &input, &[b"Content-Encoding: aes128gcm", &[0]], 16);
        let nonce = hkdf(salt, &input, &[b"Content-Encoding: nonce", &[0]], 12);
        let key = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &key).unwrap());
        let nonce = Nonce::try_assume_unique_for_key(&nonce).unwrap();
        let mut record = record.to_vec();
        let plain = key.open_in_place(nonce, Aad::empty(), &mut record).ok()?;
        let end = plain.iter().rposition(|byte| *byte != 0)?;
        assert_eq!(plain[end], 2, "the last record's delimiter");
        Some(plain[..end].to_vec())
    }

    pub fn read(&self, got: &Got) -> Value {
        serde_json::from_slice(&self.decrypt(&got.body).unwrap()).unwrap()
    }
}

/// Checks the sender's token as a push service does; its claims, and the public key it names.
pub fn check_vapid(got: &Got) -> (Value, String) {
    let parameters: HashMap<&str, &str> = got
        .header("authorization")
        .strip_prefix("vapid ")
        .unwrap()
        .split(", ")
        .map(|parameter| parameter.split_once('=').unwrap())
        .collect();
    let (signed, signature) = parameters["t"].rsplit_once('.').unwrap();
    let (head, claims) = signed.split_once('.').unwrap();
    let decode = |text: &str| BASE64URL_NOPAD.decode(text.as_bytes()).unwrap();
    let head: Value = serde_json::from_slice(&decode(head)).unwrap();
    assert_eq!(head, serde_json::json!({ "typ": "JWT", "alg": "ES256" }));
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, decode(parameters["k"]))
        .verify(signed.as_bytes(), &decode(signature))
        .unwrap();
    (serde_json::from_slice(&decode(claims)).unwrap(), parameters["k"].to_owned())
}
