//! The server's own secrets: made at first start, kept in `<data_dir>/secrets/`, never in the configuration.
//!
//! | file | content | losing it means |
//! | --- | --- | --- |
//! | `column.key` | lines `<key id> <64 hex digits>`, the highest id seals, all of them open | encrypted columns are unreadable |
//! | `lookup.key` | 64 hex digits | exact look-up of phones and ID numbers finds nothing |
//! | `grid_code.key` | 64 hex digits | every printed grid code is dead |
//! | `session.key` | 64 hex digits | phone codes on their way must be asked for again, browsers subscribe to push anew |
//!
//! A half-present folder therefore refuses to start instead of being filled up with new keys.

mod folder;

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER_PERMISSIVE;
use lianxin_domain::clock::Entropy;
use thiserror::Error;

/// Bytes of every key.
pub const KEY_LENGTH: usize = 32;

const COLUMN_FILE: &str = "column.key";
const LOOKUP_FILE: &str = "lookup.key";
const GRID_CODE_FILE: &str = "grid_code.key";
const SESSION_FILE: &str = "session.key";
const FILES: [&str; 4] = [COLUMN_FILE, LOOKUP_FILE, GRID_CODE_FILE, SESSION_FILE];

/// What people write when a form asks for a secret. Compared without case, as a prefix.
const DEFAULT_WORDS: [&[u8]; 7] =
    [b"changeme", b"change-me", b"change_me", b"secret", b"password", b"default", b"lianxin"];

/// Why the secrets cannot be used. The server does not start.
#[derive(Debug, Error)]
pub enum SecretsError {
    /// Somebody else on the machine may read (or write) the file.
    #[error("{} is open to group or others (mode {mode:03o}); run `chmod 600` on it", file.display())]
    Exposed {
        /// The file.
        file: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// A key does not have [`KEY_LENGTH`] bytes.
    #[error("{} holds a key of {found} bytes instead of {KEY_LENGTH}", file.display())]
    WrongLength {
        /// The file.
        file: PathBuf,
        /// Bytes found.
        found: usize,
    },
    /// A key that anybody can guess: all zero, one repeated byte, a counting row, or a word such as `changeme`.
    #[error("{} holds a known default, not a secret", file.display())]
    KnownDefault {
        /// The file.
        file: PathBuf,
    },
    /// The text is not what [`Secrets`] writes.
    #[error("{} cannot be read: {what}", file.display())]
    Malformed {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        what: &'static str,
    },
    /// Other secrets are there but this one is not; it has to come back from the backup.
    #[error("{} is missing while other secrets exist; restore it from the backup", file.display())]
    Missing {
        /// The file.
        file: PathBuf,
    },
    /// The folder or a file cannot be read or written.
    #[error("{} cannot be read or written", file.display())]
    Io {
        /// The file or folder.
        file: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

/// Keys of encrypted columns by id. There is always one; the highest id is the one that seals.
#[derive(Clone)]
pub struct ColumnKeys {
    newest_id: u32,
    newest: [u8; KEY_LENGTH],
    older: BTreeMap<u32, [u8; KEY_LENGTH]>,
}

impl ColumnKeys {
    /// One key with id 1.
    pub fn single(key: [u8; KEY_LENGTH]) -> Self {
        Self { newest_id: 1, newest: key, older: BTreeMap::new() }
    }

    /// Adds `key` under the next id and returns that id; from now on it seals.
    pub fn add(&mut self, key: [u8; KEY_LENGTH]) -> u32 {
        self.older.insert(self.newest_id, self.newest);
        self.newest_id += 1;
        self.newest = key;
        self.newest_id
    }

    /// The key that seals, with its id.
    pub fn newest(&self) -> (u32, &[u8; KEY_LENGTH]) {
        (self.newest_id, &self.newest)
    }

    /// All keys with their ids, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = (u32, &[u8; KEY_LENGTH])> {
        self.older.iter().map(|(id, key)| (*id, key)).chain([self.newest()])
    }

    fn to_text(&self) -> String {
        self.iter().map(|(id, key)| format!("{id} {}\n", HEXLOWER_PERMISSIVE.encode(key))).collect()
    }

    fn parse(file: &Path, text: &str) -> Result<Self, SecretsError> {
        let malformed = |what| SecretsError::Malformed { file: file.to_owned(), what };
        let mut keys = BTreeMap::new();
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            refuse_default_word(file, line.as_bytes())?;
            let (id, key) = line.split_once(' ').ok_or_else(|| malformed("a line is not `<key id> <hex>`"))?;
            let id = id.parse::<u32>().ok().filter(|id| (1..u32::MAX).contains(id));
            let id = id.ok_or_else(|| malformed("a key id is no number from 1"))?;
            if keys.insert(id, parse_key(file, key)?).is_some() {
                return Err(malformed("a key id is there twice"));
            }
        }
        let (newest_id, newest) = keys.pop_last().ok_or_else(|| malformed("it holds no key"))?;
        Ok(Self { newest_id, newest, older: keys })
    }
}

/// All secrets of one installation. Nodes of a cluster share the same ones.
#[derive(Clone)]
pub struct Secrets {
    column: ColumnKeys,
    lookup: [u8; KEY_LENGTH],
    grid_code: [u8; KEY_LENGTH],
    session: [u8; KEY_LENGTH],
}

impl Secrets {
    /// Reads `<data_dir>/secrets/`, or makes it (folder 0700, files 0600) when there is none yet.
    ///
    /// Creation is atomic: a crash leaves either the whole folder or none.
    ///
    /// # Errors
    /// [`SecretsError`], each naming the file, when a secret is exposed, damaged, missing or a known default.
    pub fn load_or_create(data_dir: &Path, entropy: &dyn Entropy) -> Result<Self, SecretsError> {
        let folder = secrets_folder(data_dir);
        if !folder::holds_any(&folder, &FILES)? {
            let fresh = Self::generate(entropy)?;
            folder::create(data_dir, &folder, &fresh.to_files(), entropy)?;
        }
        // Read back in both cases: another process may have won the race to create the folder.
        Self::load(&folder)
    }

    /// New secrets that live only in memory: the first start uses them, and so do tests.
    ///
    /// # Errors
    /// [`SecretsError::KnownDefault`] when `entropy` is so broken that it yields one repeated byte.
    pub fn generate(entropy: &dyn Entropy) -> Result<Self, SecretsError> {
        let key = |name: &str| {
            let mut key = [0_u8; KEY_LENGTH];
            entropy.fill(&mut key);
            refuse_guessable(Path::new(name), &key).map(|()| key)
        };
        Ok(Self {
            column: ColumnKeys::single(key(COLUMN_FILE)?),
            lookup: key(LOOKUP_FILE)?,
            grid_code: key(GRID_CODE_FILE)?,
            session: key(SESSION_FILE)?,
        })
    }

    /// Adds a column key on disk and returns its id. What was sealed before stays readable; running servers go on
    /// with the old key until they restart.
    ///
    /// # Errors
    /// [`SecretsError`] when the folder cannot be read, or the new file cannot be made durable.
    pub fn rotate_column_key(data_dir: &Path, entropy: &dyn Entropy) -> Result<u32, SecretsError> {
        let folder = secrets_folder(data_dir);
        let mut keys = Self::load(&folder)?.column;
        let mut key = [0_u8; KEY_LENGTH];
        entropy.fill(&mut key);
        refuse_guessable(Path::new(COLUMN_FILE), &key)?;
        let id = keys.add(key);
        folder::replace(&folder, COLUMN_FILE, &keys.to_text())?;
        Ok(id)
    }

    /// Keys of encrypted columns, for [`crate::sealed::ColumnCipher`].
    pub fn column_keys(&self) -> &ColumnKeys {
        &self.column
    }

    /// Key of the look-up fingerprints, for [`crate::sealed::LookupKey`].
    pub fn lookup_key(&self) -> &[u8; KEY_LENGTH] {
        &self.lookup
    }

    /// Key that signs grid codes (the QR codes on doors).
    pub fn grid_code_key(&self) -> &[u8; KEY_LENGTH] {
        &self.grid_code
    }

    /// The private key that web push is signed with, made of the session key: a file less to lose. Another session key
    /// means that browsers have to subscribe again.
    pub fn push_key(&self) -> [u8; KEY_LENGTH] {
        self.made_of_session_key(b"web push 1")
    }

    /// Key of meetings' sign-in codes and claims, made of the session key: both live for seconds.
    pub fn sign_in_key(&self) -> [u8; KEY_LENGTH] {
        self.made_of_session_key(b"sign-in 1")
    }

    /// Key that the secret addresses of calendars are made with, made of the session key. With another one the addresses stay
    /// good, but cannot be shown again.
    pub fn calendar_key(&self) -> [u8; KEY_LENGTH] {
        self.made_of_session_key(b"calendar 1")
    }

    /// Tells these secrets from others without giving any of them away. Column keys may be added; the first one stays.
    pub fn fingerprint(&self) -> String {
        use hmac::{Hmac, KeyInit as _, Mac as _};
        let oldest = self.column.iter().next().map_or([0; KEY_LENGTH], |(_, key)| *key);
        let Ok(mut mac) = Hmac::<sha2::Sha256>::new_from_slice(&self.lookup) else { return String::new() };
        for part in [b"installation 1".as_slice(), &oldest, &self.grid_code] {
            mac.update(part);
        }
        HEXLOWER_PERMISSIVE.encode(&mac.finalize().into_bytes())
    }

    fn made_of_session_key(&self, purpose: &[u8]) -> [u8; KEY_LENGTH] {
        use hmac::{Hmac, KeyInit as _, Mac as _};
        let mut mac = match Hmac::<sha2::Sha256>::new_from_slice(self.session_key()) {
            Ok(mac) => mac,
            // HMAC takes keys of any length.
            Err(_) => return [0; KEY_LENGTH],
        };
        mac.update(purpose);
        mac.finalize().into_bytes().into()
    }

    /// Key of what is stored of phone codes.
    pub fn session_key(&self) -> &[u8; KEY_LENGTH] {
        &self.session
    }

    fn load(folder: &Path) -> Result<Self, SecretsError> {
        let read = |name: &str| folder::read(folder, name);
        let key = |name: &str| read(name).and_then(|text| parse_key(&folder.join(name), text.trim()));
        Ok(Self {
            column: ColumnKeys::parse(&folder.join(COLUMN_FILE), &read(COLUMN_FILE)?)?,
            lookup: key(LOOKUP_FILE)?,
            grid_code: key(GRID_CODE_FILE)?,
            session: key(SESSION_FILE)?,
        })
    }

    fn to_files(&self) -> [(&'static str, String); 4] {
        let line = |key: &[u8; KEY_LENGTH]| format!("{}\n", HEXLOWER_PERMISSIVE.encode(key));
        [
            (COLUMN_FILE, self.column.to_text()),
            (LOOKUP_FILE, line(&self.lookup)),
            (GRID_CODE_FILE, line(&self.grid_code)),
            (SESSION_FILE, line(&self.session)),
        ]
    }
}

/// Never prints a key.
impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secrets").field("column_key_id", &self.column.newest_id).finish_non_exhaustive()
    }
}

/// Never prints a key.
impl fmt::Debug for ColumnKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter().map(|(id, _)| id)).finish()
    }
}

fn secrets_folder(data_dir: &Path) -> PathBuf {
    data_dir.join("secrets")
}

fn parse_key(file: &Path, text: &str) -> Result<[u8; KEY_LENGTH], SecretsError> {
    refuse_default_word(file, text.as_bytes())?;
    let bytes = HEXLOWER_PERMISSIVE
        .decode(text.as_bytes())
        .map_err(|_| SecretsError::Malformed { file: file.to_owned(), what: "a key is not written in hex digits" })?;
    let key = <[u8; KEY_LENGTH]>::try_from(bytes.as_slice())
        .map_err(|_| SecretsError::WrongLength { file: file.to_owned(), found: bytes.len() })?;
    refuse_guessable(file, &key)?;
    Ok(key)
}

fn refuse_guessable(file: &Path, key: &[u8; KEY_LENGTH]) -> Result<(), SecretsError> {
    let repeated = key.iter().all(|byte| *byte == key[0]);
    let counting = key.windows(2).all(|pair| pair[1] == pair[0].wrapping_add(1));
    if repeated || counting {
        return Err(SecretsError::KnownDefault { file: file.to_owned() });
    }
    refuse_default_word(file, key)
}

fn refuse_default_word(file: &Path, bytes: &[u8]) -> Result<(), SecretsError> {
    let is_word = |word: &&[u8]| bytes.get(..word.len()).is_some_and(|start: &[u8]| start.eq_ignore_ascii_case(word));
    if DEFAULT_WORDS.iter().any(is_word) {
        return Err(SecretsError::KnownDefault { file: file.to_owned() });
    }
    Ok(())
}

#[cfg(test)]
mod tests;
