//! Backup and restore, between the databases too: these cases have two databases each.

use std::fs;
use std::path::Path;

use bytes::Bytes;
use data_encoding::HEXLOWER;
use lianxin_domain::ticket::Command;
use lianxin_storage::backup::{BackupError, FileEntry, Manifest};
use lianxin_storage::check::check;
use lianxin_storage::dialect::Dialect;
use lianxin_storage::files::FileKey;
use lianxin_storage::secrets::Secrets;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::moving_server::Server;
use crate::older;
use crate::support::{Dice, Fresh};
use crate::village::{Village, request};

on_both!(
    a_backup_of_a_busy_server_is_one_moment,
    a_backup_needs_a_new_folder,
    a_restore_needs_new_places,
    a_damaged_or_foreign_backup_is_refused,
    a_backup_of_an_older_version_is_brought_up_to_date,
);

async fn assert_moves(from: Dialect, to: Dialect) {
    let (old, new) = (Server::new(from).await, Server::new(to).await);
    let store = Box::pin(old.fill()).await;
    let (first, folder) = old.backup("first").await.unwrap();
    assert!(first.tables.values().all(|table| table.rows > 0), "{:?}", first.tables);
    assert_eq!((first.log.head, first.log.epoch.as_str()), (store.log.head(), "first"));

    assert_eq!(new.restore(&folder).await.unwrap(), first);
    let (second, again) = new.backup("second").await.unwrap();
    assert_eq!((&second.tables, &second.files), (&first.tables, &first.files));
    assert_eq!((second.log.head, second.log.epoch.as_str()), (first.log.head, "restored"));
    for name in first.files.keys() {
        assert_eq!(fs::read(folder.join(name)).unwrap(), fs::read(again.join(name)).unwrap(), "{name}");
    }

    // The new server works: it opens what was sealed, agrees with itself, and goes on where the old one stopped.
    let moved = new.fresh.open().await;
    assert_eq!(moved.log.epoch(), "restored");
    assert_eq!(moved.tickets.open().await.unwrap().len(), 151);
    assert_eq!(moved.log.after(0, 1_000).await.unwrap(), store.log.after(0, 1_000).await.unwrap());
    let report = check(&moved.database, &new.files).await.unwrap();
    assert!(report.is_clean(), "{report:?}");
    assert_eq!((report.attachments, report.deadlines, report.events), (3, 151, 154));
    Secrets::load_or_create(new.data_dir(), &Dice::default()).unwrap();
    let secrets = |server: &Server| fs::read(server.data_dir().join("secrets/column.key")).unwrap();
    assert_eq!(secrets(&old), secrets(&new));
    let world = Village::new(&moved, 2);
    world.submit(&moved, request(&moved, &world.resident, "新"), &world.group).await;
    assert_eq!(moved.log.head(), first.log.head + 1);
    old.fresh.remove().await;
    new.fresh.remove().await;
}

#[tokio::test]
async fn sqlite_moves_to_sqlite() {
    assert_moves(Dialect::Sqlite, Dialect::Sqlite).await;
}

#[tokio::test]
async fn sqlite_moves_to_postgres() {
    assert_moves(Dialect::Sqlite, Dialect::Postgres).await;
}

#[tokio::test]
async fn postgres_moves_to_sqlite() {
    assert_moves(Dialect::Postgres, Dialect::Sqlite).await;
}

#[tokio::test]
async fn postgres_moves_to_postgres() {
    assert_moves(Dialect::Postgres, Dialect::Postgres).await;
}

async fn a_backup_of_a_busy_server_is_one_moment(fresh: &Fresh) {
    let (busy, quiet) = (Server::new(fresh.dialect).await, Server::new(fresh.dialect).await);
    let store = busy.fill().await;
    let world = Village::new(&store, 5);
    let work = async {
        for _ in 0..60 {
            let mut ticket = world.submit(&store, request(&store, &world.resident, "忙"), &world.group).await;
            world.act(&store, &mut ticket, Command::Accept, &world.worker).await;
        }
    };
    let (made, ()) = tokio::join!(busy.backup("moment"), work);
    let (manifest, folder) = made.unwrap();
    assert!(manifest.log.head < store.log.head(), "the backup did not meet the work");
    assert_eq!(manifest.tables["events"].rows, manifest.log.head);
    quiet.restore(&folder).await.unwrap();
    let report = check(&quiet.fresh.open().await.database, &quiet.files).await.unwrap();
    assert!(report.is_clean(), "{report:?}");
    busy.fresh.remove().await;
    quiet.fresh.remove().await;
}

fn refusal<T>(result: Result<T, BackupError>) -> String {
    match result {
        Err(BackupError::Refused(text)) => text,
        Err(other) => panic!("{other:?}"),
        Ok(_) => panic!("not refused"),
    }
}

async fn a_backup_needs_a_new_folder(fresh: &Fresh) {
    let server = Server::new(fresh.dialect).await;
    server.fill().await;
    let folder = server.data_dir().join("old");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("note"), "mine").unwrap();
    assert!(refusal(server.backup("old").await).contains("not empty"));
    assert_eq!(fs::read_to_string(folder.join("note")).unwrap(), "mine");
    fs::remove_file(folder.join("note")).unwrap();
    server.backup("old").await.unwrap();

    let rest = server.data_dir().join(".next.partial");
    fs::create_dir(&rest).unwrap();
    assert!(refusal(server.backup("next").await).contains(".next.partial"));
    fs::remove_dir(&rest).unwrap();
    // One that fails leaves nothing.
    fs::rename(server.data_dir().join("secrets"), server.data_dir().join("away")).unwrap();
    assert!(matches!(server.backup("next").await, Err(BackupError::Io { path, .. }) if path.ends_with("secrets")));
    assert!(!rest.exists() && !server.data_dir().join("next").exists());
    server.fresh.remove().await;
}

async fn a_restore_needs_new_places(fresh: &Fresh) {
    let (old, new) = (Server::new(fresh.dialect).await, Server::new(fresh.dialect).await);
    old.fill().await;
    let (_, folder) = old.backup("b").await.unwrap();
    #[cfg(unix)]
    for (name, mode) in [("", 0o700), ("secrets", 0o700), ("secrets/column.key", 0o600), ("manifest.json", 0o600)] {
        use std::os::unix::fs::PermissionsExt as _;
        let found = fs::metadata(folder.join(name)).unwrap().permissions().mode() & 0o777;
        assert_eq!(found, mode, "{name}");
    }
    // The log's head alone is no use of a database: a server that was only started has it.
    new.fresh.open().await;
    new.fresh
        .execute("INSERT INTO phone_codes (id, code_hash, sent_at, expires_at, attempts, sent_today) VALUES ('p', 'h', 1, 2, 0, 1)")
        .await;
    assert!(refusal(new.restore(&folder).await).contains("phone_codes"));
    new.fresh.execute("DELETE FROM phone_codes").await;

    let stray = FileKey::generate(&Dice::default());
    new.files.put(&stray, Bytes::from_static(b"x")).await.unwrap();
    assert!(refusal(new.restore(&folder).await).contains("file store"));
    new.files.delete(&stray).await.unwrap();

    Secrets::load_or_create(new.data_dir(), &Dice::default()).unwrap();
    assert!(refusal(new.restore(&folder).await).contains("other secrets"));
    assert_eq!(new.fresh.number("SELECT COUNT(*) FROM events").await, 0);
    // The same secrets are fine.
    for file in fs::read_dir(old.data_dir().join("secrets")).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), new.data_dir().join("secrets").join(file.file_name())).unwrap();
    }
    new.restore(&folder).await.unwrap();
    assert!(refusal(new.restore(&folder).await).contains("restore into a new database"));
    old.fresh.remove().await;
    new.fresh.remove().await;
}

async fn a_damaged_or_foreign_backup_is_refused(fresh: &Fresh) {
    let (old, new) = (Server::new(fresh.dialect).await, Server::new(fresh.dialect).await);
    old.fill().await;
    let (manifest, folder) = old.backup("b").await.unwrap();
    for name in manifest.files.keys() {
        let path = folder.join(name);
        let right = fs::read(&path).unwrap();
        let mut wrong = right.clone();
        wrong.push(b'\n');
        fs::write(&path, wrong).unwrap();
        assert!(refusal(new.restore(&folder).await).contains("damaged"), "{name}");
        fs::remove_file(&path).unwrap();
        assert!(matches!(new.restore(&folder).await, Err(BackupError::Io { .. })), "{name}");
        fs::write(&path, right).unwrap();
    }
    let path = folder.join("manifest.json");
    let write = |manifest: &Manifest| fs::write(&path, serde_json::to_vec(manifest).unwrap()).unwrap();
    let mut changed = manifest.clone();
    changed.format += 1;
    write(&changed);
    assert!(refusal(new.restore(&folder).await).contains("newer form"));
    let mut changed = manifest.clone();
    changed.migrations.push("9999_future".to_owned());
    write(&changed);
    assert!(refusal(new.restore(&folder).await).contains("newer version"));
    let mut changed = manifest.clone();
    let entry = changed.files["secrets/column.key"].clone();
    changed.files.insert("../stray".to_owned(), entry);
    write(&changed);
    assert!(refusal(new.restore(&folder).await).contains("strange"));
    let mut changed = manifest.clone();
    changed.tables.get_mut("tickets").unwrap().columns[0].name = "x FROM y; --".to_owned();
    write(&changed);
    assert!(refusal(new.restore(&folder).await).contains("migrations make"));
    fs::write(&path, "{}").unwrap();
    assert!(refusal(new.restore(&folder).await).contains("manifest"));
    // After all that nothing was done yet.
    write(&manifest);
    new.restore(&folder).await.unwrap();
    old.fresh.remove().await;
    new.fresh.remove().await;
}

/// Makes of the backup in `folder` what the version that had the first `count` migrations would have written.
async fn make_older(dialect: Dialect, folder: &Path, count: usize) {
    let path = folder.join("manifest.json");
    let mut manifest: Manifest = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    manifest.migrations.truncate(count);
    let columns = older::columns(dialect, count).await;
    for (name, mut table) in std::mem::take(&mut manifest.tables) {
        let file = format!("tables/{name}.ndjson");
        manifest.files.remove(&file);
        let text = fs::read_to_string(folder.join(&file)).unwrap();
        fs::remove_file(folder.join(&file)).unwrap();
        let Some(known) = columns.get(&name) else { continue };
        let keep: Vec<bool> = table.columns.iter().map(|column| known.contains(&column.name)).collect();
        let mut lines = String::new();
        for line in text.lines() {
            let values: Vec<Value> = serde_json::from_str(line).unwrap();
            let kept = values.into_iter().zip(&keep).filter_map(|(value, keep)| keep.then_some(value));
            lines.push_str(&Value::Array(kept.collect()).to_string());
            lines.push('\n');
        }
        table.columns.retain(|column| known.contains(&column.name));
        manifest.tables.insert(name, table);
        let sha256 = HEXLOWER.encode(&Sha256::digest(&lines));
        manifest.files.insert(file.clone(), FileEntry { bytes: lines.len() as u64, sha256 });
        fs::write(folder.join(&file), lines).unwrap();
    }
    fs::write(path, serde_json::to_vec(&manifest).unwrap()).unwrap();
}

async fn a_backup_of_an_older_version_is_brought_up_to_date(fresh: &Fresh) {
    let old = Server::new(fresh.dialect).await;
    let store = old.fill().await;
    // Versions before the clock knew the end of a limit alone.
    old.fresh.execute("UPDATE deadlines SET due_at = (SELECT t.due_at FROM tickets t WHERE t.id = subject_id)").await;
    let open = store.tickets.open().await.unwrap();
    for (count, tickets) in [(3, 0), (4, 151)] {
        let new = Server::new(fresh.dialect).await;
        let (_, folder) = old.backup(&format!("as of {count}")).await.unwrap();
        make_older(fresh.dialect, &folder, count).await;
        new.restore(&folder).await.unwrap();
        for (table, rows) in [("tickets", tickets), ("accounts", 1), ("deliveries", 2), ("notifications", 0)] {
            assert_eq!(new.fresh.number(&format!("SELECT COUNT(*) FROM {table}")).await, rows, "{table}");
        }
        let newest = "SELECT MAX(name) FROM migrations";
        assert_eq!(new.fresh.texts(newest).await, old.fresh.texts(newest).await);
        let moved = new.fresh.open().await;
        let mut ends: Vec<_> =
            moved.tickets.open().await.unwrap().iter().map(|ticket| (ticket.id, ticket.due_at())).collect();
        let mut expected: Vec<_> = open.iter().map(|ticket| (ticket.id, ticket.due_at())).collect();
        expected.retain(|_| tickets > 0);
        ends.sort_unstable();
        expected.sort_unstable();
        assert_eq!(ends, expected);
        if tickets > 0 {
            let report = check(&moved.database, &new.files).await.unwrap();
            assert!(report.is_clean() && report.deadlines == 151, "{report:?}");
        }
        new.fresh.remove().await;
    }
    old.fresh.remove().await;
}
