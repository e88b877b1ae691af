//! RFC 8291: what a push service carries, it cannot read.

use aes_gcm::aead::{Aead as _, KeyInit as _, Nonce};
use aes_gcm::{Aes128Gcm, Key};
use hkdf::Hkdf;
use lianxin_domain::clock::Entropy;
use p256::elliptic_curve::sec1::ToSec1Point as _;
use p256::{PublicKey, SecretKey};
use sha2::Sha256;

use super::Subscription;

/// An uncompressed point of the curve.
pub(super) const POINT_LENGTH: usize = 65;
const SALT_LENGTH: usize = 16;
/// What the header says of the size of a record (RFC 8188); there is one, and it is smaller.
const RECORD_SIZE: u32 = 4_096;
/// Ends the last record.
const LAST: u8 = 2;

/// Encrypts `plain`, at most 4,079 bytes, for the browser of `subscription`, with content coding `aes128gcm`.
///
/// Takes from `entropy` the one-time private key first (32 bytes, again while they are no key), then the salt (16).
#[expect(clippy::expect_used, reason = "HKDF refuses only outputs above 8 KiB, AES-GCM only texts above 64 GiB")]
pub fn encrypt(plain: &[u8], subscription: &Subscription, entropy: &dyn Entropy) -> Vec<u8> {
    let ours = secret_key(entropy);
    let mut salt = [0_u8; SALT_LENGTH];
    entropy.fill(&mut salt);
    let our_point = point(&ours.public_key());
    let shared = ours.diffie_hellman(subscription.public_key());
    // §3.3 and §3.4: the browser's secret and both keys go into the input of the content encryption.
    let mut input = [0_u8; 32];
    Hkdf::<Sha256>::new(Some(subscription.secret()), shared.raw_secret_bytes())
        .expand_multi_info(&[b"WebPush: info\0", &point(subscription.public_key()), &our_point], &mut input)
        .expect("32 bytes");
    let content = Hkdf::<Sha256>::new(Some(&salt), &input);
    let (mut key, mut nonce) = ([0_u8; 16], [0_u8; 12]);
    content.expand(b"Content-Encoding: aes128gcm\0", &mut key).expect("16 bytes");
    content.expand(b"Content-Encoding: nonce\0", &mut nonce).expect("12 bytes");
    let record = Aes128Gcm::new(&Key::<Aes128Gcm>::from(key))
        .encrypt(&Nonce::<Aes128Gcm>::from(nonce), [plain, &[LAST]].concat().as_slice())
        .expect("text below 64 GiB");
    [&salt[..], &RECORD_SIZE.to_be_bytes(), &[POINT_LENGTH as u8], &our_point, &record].concat()
}

/// A private key from `entropy`. All but one in 2^32 draws are one.
pub(super) fn secret_key(entropy: &dyn Entropy) -> SecretKey {
    let mut bytes = [0_u8; 32];
    loop {
        entropy.fill(&mut bytes);
        if let Ok(key) = SecretKey::from_slice(&bytes) {
            return key;
        }
    }
}

/// The key as an uncompressed point.
pub(super) fn point(key: &PublicKey) -> [u8; POINT_LENGTH] {
    let mut bytes = [0; POINT_LENGTH];
    bytes.copy_from_slice(key.to_sec1_point(false).as_bytes());
    bytes
}
