//! A plain table and a plain counter, so that the journal's cases speak of the journal alone.

use lianxin_domain::event::Subject;
use lianxin_storage::change::{Change, Write};
use lianxin_storage::table::{ID, Table, int, text};
use serde_json::json;

use crate::support::{Fresh, Store};

pub static THINGS: Table =
    Table { name: "things", key: ID, versioned: true, fixed: &[text("code")], mutable: &[text("label")] };

pub static TALLIES: Table =
    Table { name: "tallies", key: ID, versioned: false, fixed: &[], mutable: &[int("seen"), int("heard")] };

/// A node on a database that has the tables above.
pub async fn open(fresh: &Fresh) -> Store {
    let store = fresh.open().await;
    fresh
        .execute(
            "CREATE TABLE things (id TEXT NOT NULL PRIMARY KEY, version BIGINT NOT NULL, code TEXT UNIQUE, \
             label TEXT NOT NULL); \
             CREATE TABLE tallies (id TEXT NOT NULL PRIMARY KEY, seen BIGINT NOT NULL, heard BIGINT NOT NULL)",
        )
        .await;
    store
}

pub fn insert(id: &str, label: &str) -> Write {
    Write::Insert(&THINGS, vec![id.into(), 1_u32.into(), None::<String>.into(), label.into()])
}

pub fn insert_with_code(id: &str, code: &str) -> Write {
    Write::Insert(&THINGS, vec![id.into(), 1_u32.into(), code.into(), "新".into()])
}

pub fn update(id: &str, expected: u32, label: &str) -> Write {
    Write::Update { table: &THINGS, key: id.to_owned(), expected, next: expected + 1, values: vec![label.into()] }
}

/// A change of one write and one event that names it.
pub fn change(store: &Store, write: Write, name: &str) -> Change {
    let mut change = store.change();
    change.write(write);
    change.event("thing.changed", Subject::new("thing", name), json!({ "name": name }));
    change
}

/// `id=version:label` of all rows.
pub async fn rows(fresh: &Fresh) -> Vec<String> {
    fresh.texts("SELECT id || '=' || CAST(version AS TEXT) || ':' || label FROM things ORDER BY id").await
}
