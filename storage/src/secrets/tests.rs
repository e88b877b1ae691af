use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::atomic::{AtomicU8, Ordering};

use super::*;

/// Different bytes at each call.
struct Counting(AtomicU8);

impl Entropy for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        for byte in bytes {
            *byte = self.0.fetch_add(37, Ordering::Relaxed);
        }
    }
}

fn entropy() -> Counting {
    Counting(AtomicU8::new(5))
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn overwrite(data: &Path, name: &str, text: &str) {
    fs::write(data.join("secrets").join(name), text).unwrap();
}

#[test]
fn first_start_makes_private_files_and_the_next_one_reads_them() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let first = Secrets::load_or_create(&data, &entropy()).unwrap();
    let second = Secrets::load_or_create(&data, &Counting(AtomicU8::new(99))).unwrap();
    assert_eq!(first.session_key(), second.session_key());
    assert_eq!(first.lookup_key(), second.lookup_key());
    assert_eq!(first.grid_code_key(), second.grid_code_key());
    assert!(first.column_keys().iter().eq(second.column_keys().iter()));
    assert_ne!(first.session_key(), first.lookup_key());
    assert_eq!(mode(&data.join("secrets")), 0o700);
    for name in FILES {
        assert_eq!(mode(&data.join("secrets").join(name)), 0o600, "{name}");
    }
    let left: Vec<_> = fs::read_dir(&data).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["secrets"], "no draft stays behind");
}

#[test]
fn an_empty_prepared_folder_is_filled() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("secrets")).unwrap();
    Secrets::load_or_create(dir.path(), &entropy()).unwrap();
    assert_eq!(mode(&dir.path().join("secrets")), 0o700);
}

#[test]
fn a_file_that_others_may_read_refuses_to_start() {
    for exposed in [0o640, 0o604, 0o620] {
        let dir = tempfile::tempdir().unwrap();
        Secrets::load_or_create(dir.path(), &entropy()).unwrap();
        let file = dir.path().join("secrets/session.key");
        fs::set_permissions(&file, fs::Permissions::from_mode(exposed)).unwrap();
        let error = Secrets::load_or_create(dir.path(), &entropy()).unwrap_err();
        assert!(matches!(&error, SecretsError::Exposed { file: named, mode } if *named == file && *mode == exposed));
        assert!(error.to_string().contains("session.key"));
    }
}

#[test]
fn wrong_lengths_defaults_and_nonsense_are_refused_by_name() {
    let zero = "00".repeat(32);
    let repeated = "7e".repeat(32);
    let counting = HEXLOWER_PERMISSIVE.encode(&(1..=32).collect::<Vec<u8>>());
    let words = HEXLOWER_PERMISSIVE.encode(b"ChangeMe-ChangeMe-ChangeMe-32byt");
    let cases: [(&str, &str); 8] = [
        (&zero, "known default"),
        (&repeated, "known default"),
        (&counting, "known default"),
        (&words, "known default"),
        ("changeme", "known default"),
        ("a1b2c3", "3 bytes"),
        ("", "0 bytes"),
        ("not hex at all", "hex"),
    ];
    for name in FILES {
        for (text, expected) in cases {
            let dir = tempfile::tempdir().unwrap();
            Secrets::load_or_create(dir.path(), &entropy()).unwrap();
            let text = if name == COLUMN_FILE && !text.is_empty() { format!("1 {text}") } else { text.to_owned() };
            overwrite(dir.path(), name, &text);
            let error = Secrets::load_or_create(dir.path(), &entropy()).unwrap_err().to_string();
            assert!(error.contains(name), "{error}");
            let expected = if text.is_empty() && name == COLUMN_FILE { "no key" } else { expected };
            assert!(error.contains(expected), "{name} with {text:?}: {error}");
        }
    }
}

#[test]
fn a_half_present_folder_refuses_instead_of_making_new_keys() {
    for name in FILES {
        let dir = tempfile::tempdir().unwrap();
        Secrets::load_or_create(dir.path(), &entropy()).unwrap();
        let file = dir.path().join("secrets").join(name);
        fs::remove_file(&file).unwrap();
        let error = Secrets::load_or_create(dir.path(), &entropy()).unwrap_err();
        assert!(matches!(&error, SecretsError::Missing { file: named } if *named == file), "{error}");
        assert!(!file.exists());
    }
}

#[test]
fn rotation_adds_a_newest_key_and_keeps_the_old_one() {
    let dir = tempfile::tempdir().unwrap();
    let entropy = entropy();
    let before = Secrets::load_or_create(dir.path(), &entropy).unwrap();
    assert_eq!(Secrets::rotate_column_key(dir.path(), &entropy).unwrap(), 2);
    assert_eq!(Secrets::rotate_column_key(dir.path(), &entropy).unwrap(), 3);
    let after = Secrets::load_or_create(dir.path(), &entropy).unwrap();
    assert_eq!(after.column_keys().newest().0, 3);
    assert_eq!(after.column_keys().iter().next(), before.column_keys().iter().next());
    assert_eq!(mode(&dir.path().join("secrets/column.key")), 0o600);
}

#[test]
fn a_duplicate_or_zero_key_id_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    Secrets::load_or_create(dir.path(), &entropy()).unwrap();
    let line = fs::read_to_string(dir.path().join("secrets/column.key")).unwrap();
    for text in [format!("{line}{line}"), line.replacen('1', "0", 1), line.replacen('1', "x", 1)] {
        overwrite(dir.path(), COLUMN_FILE, &text);
        let error = Secrets::load_or_create(dir.path(), &entropy()).unwrap_err();
        assert!(matches!(error, SecretsError::Malformed { .. }), "{error}");
    }
}

#[test]
fn broken_entropy_is_noticed() {
    struct Zero;
    impl Entropy for Zero {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(0);
        }
    }
    let dir = tempfile::tempdir().unwrap();
    assert!(matches!(Secrets::load_or_create(dir.path(), &Zero), Err(SecretsError::KnownDefault { .. })));
    assert!(!dir.path().join("secrets").exists());
}

#[test]
fn debug_output_shows_no_key() {
    let secrets = Secrets::generate(&entropy()).unwrap();
    assert_eq!(format!("{secrets:?}"), "Secrets { column_key_id: 1, .. }");
    assert_eq!(format!("{:?}", secrets.column_keys()), "{1}");
}
