//! Session tokens: random, kept by the caller; the server keeps only their hash.

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use lianxin_domain::clock::Entropy;
use sha2::{Digest as _, Sha256};

/// A new token, 256 random bits.
pub fn new_token(entropy: &dyn Entropy) -> String {
    let mut bytes = [0; 32];
    entropy.fill(&mut bytes);
    BASE64URL_NOPAD.encode(&bytes)
}

/// What screens' tokens begin with. No token of a session holds a dot, so the two are told apart without a look.
const SCREEN: &str = "screen.";

/// A new token of a big screen.
pub fn new_screen_token(entropy: &dyn Entropy) -> String {
    format!("{SCREEN}{}", new_token(entropy))
}

/// Whether a token is a screen's.
pub fn is_screens(token: &str) -> bool {
    token.starts_with(SCREEN)
}

/// What is stored of a token.
pub fn token_hash(token: &str) -> String {
    HEXLOWER.encode(&Sha256::digest(token))
}

/// A new six-digit code.
pub fn new_code(entropy: &dyn Entropy) -> String {
    let mut bytes = [0; 8];
    entropy.fill(&mut bytes);
    // 2⁶⁴ is so much larger than 10⁶ that no code is noticeably likelier than another.
    format!("{:06}", u64::from_le_bytes(bytes) % 1_000_000)
}
