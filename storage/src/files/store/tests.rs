use std::os::unix::fs::PermissionsExt as _;
use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::stream::TryStreamExt as _;
use object_store::memory::InMemory;

use super::*;

struct Counter(AtomicU64);

impl Entropy for Counter {
    fn fill(&self, bytes: &mut [u8]) {
        let count = self.0.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::Relaxed).to_be_bytes();
        bytes.iter_mut().zip(count.iter().cycle()).for_each(|(byte, value)| *byte = *value);
    }
}

fn entropy() -> Counter {
    Counter(AtomicU64::new(0xABCD_EF01_2345_6789))
}

/// One story for every backend.
async fn story(store: FileStore) {
    let entropy = entropy();
    let (key, other) = (FileKey::generate(&entropy), FileKey::generate(&entropy));
    assert!(matches!(store.get(&key).await, Err(FileStoreError::NotFound(missing)) if missing == key));
    assert!(matches!(store.get_range(&key, 0..1).await, Err(FileStoreError::NotFound(_))));
    assert!(matches!(store.size(&key).await, Err(FileStoreError::NotFound(_))));
    store.delete(&key).await.unwrap();

    store.put(&key, Bytes::from_static(b"0123456789")).await.unwrap();
    store.put(&other, Bytes::new()).await.unwrap();
    assert_eq!(store.get(&key).await.unwrap(), "0123456789");
    assert_eq!(store.size(&key).await.unwrap(), 10);
    assert_eq!(store.get_range(&key, 2..5).await.unwrap(), "234");
    assert_eq!(store.get_range(&key, 7..1_000).await.unwrap(), "789");
    for range in [10..11, 5..5, 99..100] {
        let refused = store.get_range(&key, range.clone()).await;
        assert!(matches!(refused, Err(FileStoreError::BadRange { .. })), "{range:?}");
    }
    assert!(matches!(store.get_range(&other, 0..1).await, Err(FileStoreError::BadRange { .. })));

    store.put(&key, Bytes::from_static(b"again")).await.unwrap();
    assert_eq!(store.get(&key).await.unwrap(), "again");

    let mut keys: Vec<FileKey> = store.list().try_collect().await.unwrap();
    keys.sort();
    let mut expected = vec![key.clone(), other.clone()];
    expected.sort();
    assert_eq!(keys, expected);

    store.delete(&key).await.unwrap();
    store.delete(&key).await.unwrap();
    assert!(matches!(store.get(&key).await, Err(FileStoreError::NotFound(_))));
    assert_eq!(store.list().try_collect::<Vec<_>>().await.unwrap(), [other]);
}

#[tokio::test]
async fn a_folder_keeps_files() {
    let dir = tempfile::tempdir().unwrap();
    story(FileStore::in_folder(dir.path()).unwrap()).await;
}

#[tokio::test]
async fn any_object_store_keeps_files() {
    story(FileStore::new(Arc::new(InMemory::new()))).await;
}

#[tokio::test]
async fn files_survive_the_store_and_lie_where_the_key_says() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let key = FileKey::generate(&entropy());
    FileStore::in_folder(&data).unwrap().put(&key, Bytes::from_static(b"kept")).await.unwrap();
    assert_eq!(FileStore::in_folder(&data).unwrap().get(&key).await.unwrap(), "kept");
    assert_eq!(fs::read(data.join("files").join(key.as_str())).unwrap(), b"kept");
    assert_eq!(fs::metadata(data.join("files")).unwrap().permissions().mode() & 0o777, 0o700);
}

#[tokio::test]
async fn strangers_in_the_folder_are_passed_over() {
    let dir = tempfile::tempdir().unwrap();
    let store = FileStore::in_folder(dir.path()).unwrap();
    let key = FileKey::generate(&entropy());
    store.put(&key, Bytes::from_static(b"x")).await.unwrap();
    fs::write(dir.path().join("files/.DS_Store"), b"x").unwrap();
    fs::write(dir.path().join("files").join(format!("{key}#1")), b"cut off by a crash").unwrap();
    assert_eq!(store.list().try_collect::<Vec<_>>().await.unwrap(), [key]);
}

#[test]
fn only_generated_keys_are_keys() {
    let key = FileKey::generate(&entropy());
    assert_eq!(key.as_str(), "ab/cd/abcdef0123456789abcdef0123456789");
    assert_eq!(key.to_string().parse::<FileKey>().unwrap(), key);
    for text in [
        "",
        "../../etc/passwd",
        "ab/cd/../../../../../../../../etc/passwdx",
        "ab/ce/abcdef0123456789abcdef0123456789",
        "AB/CD/ABCDEF0123456789ABCDEF0123456789",
        "ab/cd/abcdef0123456789abcdef012345678",
        "ab/cd/abcdef0123456789abcdef01234567890",
        "/ab/cd/abcdef0123456789abcdef012345678",
        "abc/d/abcdef0123456789abcdef0123456789",
        "ab/cd/abcdef0123456789abcdef0123456789/",
        "照片.jpg",
    ] {
        assert!(matches!(text.parse::<FileKey>(), Err(FileStoreError::BadKey)), "{text}");
    }
}
