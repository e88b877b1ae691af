//! RFC 8292: by which a push service knows whose messages these are.

use std::fmt;

use data_encoding::BASE64URL_NOPAD;
use lianxin_domain::clock::{Entropy, Timestamp};
use p256::SecretKey;
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use thiserror::Error;

use super::encrypt::{point, secret_key};

/// How long a token lasts. At most a day is allowed; the rest is for clocks that go wrong.
const TOKEN_S: i64 = 12 * 3_600;
/// Tokens begin at whole hours: signing is deterministic, so one token serves an hour, as Apple asks for.
const TOKEN_STEP_S: i64 = 3_600;

/// Bytes that are not a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not the 32 bytes of a VAPID key")]
pub struct VapidKeyError;

/// The key pair of this installation. Browsers subscribe to its public half: with another one, every subscription is
/// lost.
#[derive(Clone)]
pub struct VapidKey(SecretKey);

impl VapidKey {
    /// A new one.
    pub fn generate(entropy: &dyn Entropy) -> Self {
        Self(secret_key(entropy))
    }

    /// From what [`to_bytes`](Self::to_bytes) gave.
    ///
    /// # Errors
    /// [`VapidKeyError`] when the bytes are no key.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, VapidKeyError> {
        // The crate pads what is shorter; a cut-off file must not become another key.
        let bytes: &[u8; 32] = bytes.try_into().map_err(|_| VapidKeyError)?;
        SecretKey::from_slice(bytes).map(Self).map_err(|_| VapidKeyError)
    }

    /// The private half, to be stored as a secret.
    pub fn to_bytes(&self) -> [u8; 32] {
        self.0.to_bytes().into()
    }

    /// The public half as browsers take it for `applicationServerKey`.
    pub fn public_base64url(&self) -> String {
        BASE64URL_NOPAD.encode(&point(&self.0.public_key()))
    }

    /// The header `Authorization` for a push service.
    pub(super) fn authorization(&self, audience: &str, subject: &str, now: Timestamp) -> String {
        let hour = now.millis().div_euclid(TOKEN_STEP_S * 1_000) * TOKEN_STEP_S;
        let claims = serde_json::json!({ "aud": audience, "exp": hour + TOKEN_S, "sub": subject });
        let part = |json: &str| BASE64URL_NOPAD.encode(json.as_bytes());
        let signed = format!("{}.{}", part(r#"{"typ":"JWT","alg":"ES256"}"#), part(&claims.to_string()));
        let signature: Signature = SigningKey::from(&self.0).sign(signed.as_bytes());
        let signature = BASE64URL_NOPAD.encode(&signature.to_bytes());
        format!("vapid t={signed}.{signature}, k={}", self.public_base64url())
    }
}

/// Shows the public half.
impl fmt::Debug for VapidKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("VapidKey").field(&self.public_base64url()).finish()
    }
}
