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

/// Checks that wait: some seconds of them. Whoever comes then is told so at once, instead of waiting behind a flood.
const WAITING: usize = 256;

/// Hashes and checks passwords.
#[derive(Clone)]
pub struct Passwords {
    entropy: Arc<dyn Entropy>,
    permits: Arc<Semaphore>,
    places: Arc<Semaphore>,
}

impl Passwords {
    /// With salts from `entropy`.
    pub fn new(entropy: Arc<dyn Entropy>) -> Self {
        let [permits, places] = [AT_A_TIME, WAITING].map(|many| Arc::new(Semaphore::new(many)));
        Self { entropy, permits, places }
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
    /// [`ApiError::Unavailable`] when too many wait; [`ApiError::Internal`] when the work cannot be done.
    pub async fn verify(&self, password: String, stored: Option<String>) -> Result<bool, ApiError> {
        let _place = self.places.try_acquire().map_err(|_| ApiError::Unavailable)?;
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

#[cfg(test)]
mod tests {
    use futures_util::future::join_all;

    use super::*;

    #[derive(Debug)]
    struct NoChance;

    impl Entropy for NoChance {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(7);
        }
    }

    #[actix_rt::test]
    async fn behind_a_flood_nobody_waits_for_ever() {
        let passwords = Passwords { places: Arc::new(Semaphore::new(3)), ..Passwords::new(Arc::new(NoChance)) };
        let stored = passwords.hash("Richtig-1".to_owned()).await.unwrap();
        let tries = (0..8).map(|_| passwords.verify("Richtig-1".to_owned(), Some(stored.clone())));
        let answers = join_all(tries).await;
        assert_eq!(answers.iter().filter(|answer| matches!(answer, Ok(true))).count(), 3);
        assert_eq!(answers.iter().filter(|answer| matches!(answer, Err(ApiError::Unavailable))).count(), 5);
        assert!(passwords.verify("Falsch-1".to_owned(), Some(stored)).await.is_ok_and(|right| !right));
    }
}
