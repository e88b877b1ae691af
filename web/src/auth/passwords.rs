//! Password hashing: argon2id with the library's recommended cost, off the worker threads, few at a time.

use std::sync::Arc;

use actix_web::web;
use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use lianxin_domain::clock::Entropy;
use tokio::sync::Semaphore;

use crate::error::ApiError;

/// Hashings at a time: each takes 19 MiB and some 20 ms of a core.
const AT_A_TIME: usize = 2;

/// Hashes and checks passwords.
#[derive(Clone)]
pub struct Passwords {
    entropy: Arc<dyn Entropy>,
    permits: Arc<Semaphore>,
}

impl Passwords {
    /// With salts from `entropy`.
    pub fn new(entropy: Arc<dyn Entropy>) -> Self {
        Self { entropy, permits: Arc::new(Semaphore::new(AT_A_TIME)) }
    }

    /// The stored form of a password.
    ///
    /// # Errors
    /// [`ApiError::Internal`] when hashing fails.
    pub async fn hash(&self, password: String) -> Result<String, ApiError> {
        let mut salt = [0; 16];
        self.entropy.fill(&mut salt);
        let _permit = self.permits.acquire().await;
        web::block(move || hash(&password, &salt)).await.map_err(|_| ApiError::Internal)?.ok_or(ApiError::Internal)
    }

    /// Whether `password` is the one behind `stored`. Without a stored one it takes as long, so that nobody learns by
    /// the clock which accounts exist.
    ///
    /// # Errors
    /// [`ApiError::Internal`] when the work cannot be done.
    pub async fn verify(&self, password: String, stored: Option<String>) -> Result<bool, ApiError> {
        let _permit = self.permits.acquire().await;
        web::block(move || match stored {
            Some(stored) => verify(&password, &stored),
            None => {
                let _ = hash(&password, &[0; 16]);
                false
            }
        })
        .await
        .map_err(|_| ApiError::Internal)
    }
}

/// A password for the first sign-in: letters that nobody mixes up, a capital, digits and a sign.
pub fn first_password(entropy: &dyn Entropy) -> String {
    const LETTERS: &[u8] = b"abcdefghjkmnpqrstuvwxyz";
    let mut bytes = [0; 11];
    entropy.fill(&mut bytes);
    let letters: String =
        bytes[..10].iter().map(|byte| char::from(LETTERS[usize::from(*byte) % LETTERS.len()])).collect();
    format!("Q{letters}-{}", 10 + bytes[10] % 90)
}

/// Hashes a password with a given salt; used by the demo, too.
pub fn hash(password: &str, salt: &[u8; 16]) -> Option<String> {
    Argon2::default().hash_password_with_salt(password.as_bytes(), salt).ok().map(|hash| hash.to_string())
}

fn verify(password: &str, stored: &str) -> bool {
    PasswordHash::new(stored)
        .is_ok_and(|parsed| Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok())
}
