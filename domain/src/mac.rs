//! Message authentication codes of the texts that we hand out: HMAC-SHA256, told apart by what they are for.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// A code over `purpose`, which separates it from all others made with the same key, and then `parts`.
pub(crate) fn mac(key: &[u8; 32], purpose: &[u8], parts: &[&[u8]]) -> Hmac<Sha256> {
    // A key of 32 bytes fits HMAC-SHA256's block of 64 and is used as it is.
    let mut block = [0; 64];
    block[..32].copy_from_slice(key);
    let mut hmac = Hmac::<Sha256>::new(&block.into());
    hmac.update(purpose);
    parts.iter().for_each(|part| hmac.update(part));
    hmac
}

/// The first `bits` of it, at most 64.
pub(crate) fn first_bits(mac: Hmac<Sha256>, bits: u32) -> u64 {
    let tag: [u8; 32] = mac.finalize().into_bytes().into();
    let first = tag.iter().take(8).fold(0_u64, |bits, byte| (bits << 8) | u64::from(*byte));
    first >> (u64::BITS - bits)
}
