//! Encrypted columns and their look-up fingerprints.
//!
//! A sealed value can be read only in the column it was written for: the column's name is part of what is
//! authenticated, so copying a row's sealed phone into another column gives an error instead of a phone. It is not
//! bound to its row (rows are copied by backup and archive).

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use aes_gcm::aead::{Aead as _, KeyInit as _, Nonce, Payload};
use aes_gcm::{Aes256Gcm, Key};
use data_encoding::{BASE64, HEXLOWER};
use hmac::{Hmac, Mac as _};
use lianxin_domain::clock::Entropy;
use sha2::Sha256;
use thiserror::Error;

use crate::secrets::{ColumnKeys, KEY_LENGTH, Secrets};

/// Marks the text form, so that a later algorithm can stand beside this one.
const VERSION: &str = "v1";
/// Bytes of the random nonce in front of the cipher text.
const NONCE_LENGTH: usize = 12;
/// Block of SHA-256, the size HMAC pads its key to.
const HMAC_BLOCK: usize = 64;

/// Why a sealed value cannot be opened. No variant carries any of the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SealedError {
    /// The text does not have the form `v1:<key id>:<base64>`.
    #[error("sealed value is malformed")]
    Malformed,
    /// It was sealed with a key that is not in `column.key` (any more).
    #[error("sealed value needs column key {0}, which is not known")]
    UnknownKey(u32),
    /// The value was changed, belongs to another column, or the key of that id is another one.
    #[error("sealed value does not authenticate in this column")]
    Refused,
    /// What came out is not UTF-8: it was not sealed by us.
    #[error("sealed value is not text")]
    NotText,
}

/// Seals and opens the text of encrypted columns with AES-256-GCM.
///
/// Form: `v1:<key id>:<base64 of nonce and cipher text>`. Cloning is cheap.
#[derive(Clone)]
pub struct ColumnCipher {
    keys: Arc<HashMap<u32, Aes256Gcm>>,
    newest_id: u32,
    newest: Arc<Aes256Gcm>,
    entropy: Arc<dyn Entropy>,
}

impl ColumnCipher {
    /// The newest of `keys` seals, all of them open. `entropy` gives the nonces.
    pub fn new(keys: &ColumnKeys, entropy: Arc<dyn Entropy>) -> Self {
        let cipher = |key: &[u8; KEY_LENGTH]| Aes256Gcm::new(&Key::<Aes256Gcm>::from(*key));
        let (newest_id, newest) = keys.newest();
        Self {
            keys: Arc::new(keys.iter().map(|(id, key)| (id, cipher(key))).collect()),
            newest_id,
            newest: Arc::new(cipher(newest)),
            entropy,
        }
    }

    /// Seals `plain` for `column`, named `table.column`. The same text gives another result each time.
    #[expect(clippy::expect_used, reason = "AES-GCM refuses only plain texts above 64 GiB, which no column holds")]
    pub fn seal(&self, column: &str, plain: &str) -> String {
        let mut nonce = [0_u8; NONCE_LENGTH];
        self.entropy.fill(&mut nonce);
        let payload = Payload { msg: plain.as_bytes(), aad: column.as_bytes() };
        let cipher_text = self.newest.encrypt(&Nonce::<Aes256Gcm>::from(nonce), payload).expect("text below 64 GiB");
        format!("{VERSION}:{}:{}", self.newest_id, BASE64.encode(&[&nonce[..], &cipher_text].concat()))
    }

    /// Opens what [`seal`](Self::seal) made for the same `column`.
    ///
    /// # Errors
    /// [`SealedError`] when the value is damaged, from another column, or of a key that is gone.
    pub fn open(&self, column: &str, sealed: &str) -> Result<String, SealedError> {
        let (id, encoded) = sealed
            .strip_prefix(VERSION)
            .and_then(|rest| rest.strip_prefix(':'))
            .and_then(|rest| rest.split_once(':'))
            .ok_or(SealedError::Malformed)?;
        let id: u32 = id.parse().map_err(|_| SealedError::Malformed)?;
        let bytes = BASE64.decode(encoded.as_bytes()).map_err(|_| SealedError::Malformed)?;
        let (nonce, cipher_text) = bytes.split_first_chunk::<NONCE_LENGTH>().ok_or(SealedError::Malformed)?;
        let cipher = self.keys.get(&id).ok_or(SealedError::UnknownKey(id))?;
        let payload = Payload { msg: cipher_text, aad: column.as_bytes() };
        let plain = cipher.decrypt(&Nonce::<Aes256Gcm>::from(*nonce), payload).map_err(|_| SealedError::Refused)?;
        String::from_utf8(plain).map_err(|_| SealedError::NotText)
    }

    /// Whether `sealed` was made with an older key than the newest (or is not a sealed value): re-encryption after a
    /// rotation looks for these.
    pub fn is_outdated(&self, sealed: &str) -> bool {
        !sealed.starts_with(&format!("{VERSION}:{}:", self.newest_id))
    }
}

/// Shows the key id only.
impl fmt::Debug for ColumnCipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ColumnCipher").field("newest_id", &self.newest_id).finish_non_exhaustive()
    }
}

/// Makes the fingerprints by which an encrypted value is found again, exact values only.
#[derive(Clone)]
pub struct LookupKey([u8; HMAC_BLOCK]);

impl LookupKey {
    /// From the 32 bytes of `lookup.key`.
    pub fn new(key: &[u8; KEY_LENGTH]) -> Self {
        // HMAC pads a short key with zeros to one block; done here, the construction cannot fail.
        let mut block = [0; HMAC_BLOCK];
        block[..KEY_LENGTH].copy_from_slice(key);
        Self(block)
    }

    /// HMAC-SHA256 over column and value, 64 hex digits. The caller brings `value` into one form first (trimmed,
    /// full-width digits folded, `x` of an ID number upper-case …): one different character is another fingerprint.
    pub fn fingerprint(&self, column: &str, value: &str) -> String {
        let mut mac = Hmac::<Sha256>::new(&self.0.into());
        mac.update(column.as_bytes());
        // No column name holds a zero byte, so ("ab", "c") and ("a", "bc") differ.
        mac.update(&[0]);
        mac.update(value.as_bytes());
        HEXLOWER.encode(&mac.finalize().into_bytes())
    }
}

/// Never prints the key.
impl fmt::Debug for LookupKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LookupKey")
    }
}

impl Secrets {
    /// The cipher of encrypted columns.
    pub fn column_cipher(&self, entropy: Arc<dyn Entropy>) -> ColumnCipher {
        ColumnCipher::new(self.column_keys(), entropy)
    }

    /// The maker of look-up fingerprints.
    pub fn lookup(&self) -> LookupKey {
        LookupKey::new(self.lookup_key())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    struct Counter(AtomicU64);

    impl Entropy for Counter {
        fn fill(&self, bytes: &mut [u8]) {
            let count = self.0.fetch_add(1, Ordering::Relaxed).to_le_bytes();
            bytes.iter_mut().zip(count.iter().cycle()).for_each(|(byte, value)| *byte = *value);
        }
    }

    fn cipher_of(keys: &ColumnKeys) -> ColumnCipher {
        ColumnCipher::new(keys, Arc::new(Counter(AtomicU64::new(1))))
    }

    fn cipher() -> ColumnCipher {
        cipher_of(&ColumnKeys::single([9; KEY_LENGTH]))
    }

    const PHONE: &str = "residents.phone";

    #[test]
    fn texts_of_all_kinds_come_back() {
        let cipher = cipher();
        for plain in ["", "13800001234", "452632197001011235", "张三", "𠮷野家😀", "a:b:c\0\n", &"长".repeat(5_000)]
        {
            let sealed = cipher.seal(PHONE, plain);
            assert!(sealed.starts_with("v1:1:"), "{sealed}");
            assert!(plain.is_empty() || !sealed.contains(plain));
            assert_eq!(cipher.open(PHONE, &sealed).as_deref(), Ok(plain));
        }
    }

    #[test]
    fn the_same_text_is_never_sealed_alike() {
        let cipher = cipher();
        assert_ne!(cipher.seal(PHONE, "13800001234"), cipher.seal(PHONE, "13800001234"));
    }

    #[test]
    fn a_value_cannot_move_to_another_column() {
        let cipher = cipher();
        let sealed = cipher.seal(PHONE, "13800001234");
        assert_eq!(cipher.open("residents.id_number", &sealed), Err(SealedError::Refused));
        assert_eq!(cipher.open("", &sealed), Err(SealedError::Refused));
    }

    #[test]
    fn every_changed_byte_is_noticed() {
        let cipher = cipher();
        let sealed = cipher.seal(PHONE, "13800001234");
        let bytes = BASE64.decode(&sealed.as_bytes()["v1:1:".len()..]).unwrap();
        for position in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[position] ^= 1;
            let text = format!("v1:1:{}", BASE64.encode(&changed));
            assert_eq!(cipher.open(PHONE, &text), Err(SealedError::Refused), "byte {position}");
        }
        for length in 0..bytes.len() {
            let text = format!("v1:1:{}", BASE64.encode(&bytes[..length]));
            assert!(cipher.open(PHONE, &text).is_err(), "cut to {length}");
        }
    }

    #[test]
    fn other_forms_are_malformed() {
        let cipher = cipher();
        let sealed = cipher.seal(PHONE, "x");
        for text in ["", "13800001234", "v1", "v1:", "v1:1", "v1:1:", "v1:1:%%%", "v1:one:AAAA", "v2:1:AAAA"] {
            assert_eq!(cipher.open(PHONE, text), Err(SealedError::Malformed), "{text}");
        }
        assert_eq!(cipher.open(PHONE, &sealed.replace("v1:", "v2:")), Err(SealedError::Malformed));
    }

    #[test]
    fn the_key_id_chooses_the_key() {
        let mut keys = ColumnKeys::single([9; KEY_LENGTH]);
        let old = cipher_of(&keys).seal(PHONE, "13800001234");
        keys.add([8; KEY_LENGTH]);
        let both = cipher_of(&keys);
        let new = both.seal(PHONE, "13800001234");
        assert!(new.starts_with("v1:2:"));
        assert_eq!(both.open(PHONE, &old).as_deref(), Ok("13800001234"));
        assert_eq!(both.open(PHONE, &new).as_deref(), Ok("13800001234"));
        assert!(both.is_outdated(&old) && !both.is_outdated(&new));
        assert_eq!(cipher().open(PHONE, &new), Err(SealedError::UnknownKey(2)));
        assert_eq!(both.open(PHONE, &old.replace("v1:1:", "v1:2:")), Err(SealedError::Refused));
        assert_eq!(cipher_of(&ColumnKeys::single([7; KEY_LENGTH])).open(PHONE, &old), Err(SealedError::Refused));
    }

    #[test]
    fn fingerprints_are_hmac_and_depend_on_key_column_and_value() {
        let lookup = LookupKey::new(&[1; KEY_LENGTH]);
        let one = lookup.fingerprint(PHONE, "13800001234");
        assert_eq!(one, lookup.fingerprint(PHONE, "13800001234"));
        assert_eq!(one.len(), 64);
        let others = [
            lookup.fingerprint(PHONE, "13800001235"),
            lookup.fingerprint("staff.phone", "13800001234"),
            lookup.fingerprint("residents.phone1", "3800001234"),
            LookupKey::new(&[2; KEY_LENGTH]).fingerprint(PHONE, "13800001234"),
        ];
        assert!(others.iter().all(|other| *other != one));
        // echo -ne 'a\0b' | openssl dgst -sha256 -mac HMAC -macopt hexkey:0101…01
        assert_eq!(lookup.fingerprint("a", "b"), FINGERPRINT_OF_A_B);
    }

    const FINGERPRINT_OF_A_B: &str = "a77debbbd6ce22adea19a11fe55699cd1c3350caeb96dbbe63512ea0c6673b0c";
}
