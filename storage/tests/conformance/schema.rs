//! The migrations, and that they make the same schema on both databases.

use lianxin_storage::database::Database;
use lianxin_storage::dialect::Dialect;
use lianxin_storage::error::StorageError;
use sqlx::{AssertSqlSafe, Row as _};

use crate::support::Fresh;

on_both!(
    migrations_apply_once,
    two_nodes_may_start_on_an_empty_database_at_once,
    an_unknown_migration_refuses,
    a_changed_migration_refuses,
    another_scheme_refuses,
);

async fn migrations_apply_once(fresh: &Fresh) {
    let applied = "SELECT name || ' ' || checksum FROM migrations ORDER BY name";
    Database::open(&fresh.url).await.unwrap();
    let first = fresh.texts(applied).await;
    fresh.execute("INSERT INTO phone_codes VALUES ('p', 'h', 1, 2, 0, 1)").await;
    let again = Database::open(&fresh.url).await.unwrap();
    again.ping().await.unwrap();
    assert!(first.len() >= 4 && first[0].starts_with("0001_core "), "{first:?}");
    assert_eq!(fresh.texts(applied).await, first);
    assert_eq!(fresh.number("SELECT COUNT(*) FROM phone_codes").await, 1);
}

async fn two_nodes_may_start_on_an_empty_database_at_once(fresh: &Fresh) {
    let (one, two) = tokio::join!(Database::open(&fresh.url), Database::open(&fresh.url));
    one.unwrap().ping().await.unwrap();
    two.unwrap().ping().await.unwrap();
}

async fn an_unknown_migration_refuses(fresh: &Fresh) {
    Database::open(&fresh.url).await.unwrap();
    fresh.execute("INSERT INTO migrations VALUES ('9999_future', 'x')").await;
    let refused = Database::open(&fresh.url).await;
    assert!(matches!(refused, Err(StorageError::Unsuitable(text)) if text.contains("9999_future")));
}

async fn a_changed_migration_refuses(fresh: &Fresh) {
    Database::open(&fresh.url).await.unwrap();
    fresh.execute("UPDATE migrations SET checksum = 'x' WHERE name = '0002_accounts'").await;
    let refused = Database::open(&fresh.url).await;
    assert!(matches!(refused, Err(StorageError::Unsuitable(text)) if text.contains("0002_accounts")));
}

async fn another_scheme_refuses(_: &Fresh) {
    for url in ["mysql://localhost/x", "lianxin.db", ""] {
        assert!(matches!(Database::open(url).await, Err(StorageError::Unsuitable(_))), "{url}");
    }
}

#[tokio::test]
async fn both_databases_have_the_same_tables_columns_and_types() {
    let mut schemas = Vec::new();
    for dialect in [Dialect::Sqlite, Dialect::Postgres] {
        let fresh = Fresh::new(dialect).await;
        Database::open(&fresh.url).await.unwrap();
        let mut connection = fresh.connect().await;
        let rows = sqlx::query(AssertSqlSafe(dialect.list_columns())).fetch_all(&mut connection).await.unwrap();
        let columns: Vec<(String, String, String, i64)> = rows
            .iter()
            .map(|row| {
                (
                    row.try_get("table_name").unwrap(),
                    row.try_get("column_name").unwrap(),
                    row.try_get("kind").unwrap(),
                    row.try_get("required").unwrap(),
                )
            })
            .collect();
        schemas.push(columns);
        fresh.remove().await;
    }
    assert!(schemas[0].iter().any(|(table, ..)| table == "tickets"));
    assert_eq!(schemas[0], schemas[1]);
    // What the typed rows of backup and journal can hold.
    for (table, column, kind, _) in &schemas[0] {
        assert!(["text", "bigint", "double precision"].contains(&kind.as_str()), "{table}.{column} is {kind}");
    }
}
