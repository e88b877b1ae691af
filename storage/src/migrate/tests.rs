//! The rule of new migrations: they expand, so that the version before goes on working on the new schema.

use super::MIGRATIONS;

/// Those before it were written while nobody had two versions at a time.
const FIRST: &str = "0013";
/// Says in a file which version was the first that did without what the file takes away.
const CONTRACT: &str = "-- contract:";

/// What the version before could not live with in `sql`.
fn breaks(sql: &str) -> Vec<String> {
    if sql.lines().any(|line| line.strip_prefix(CONTRACT).is_some_and(|version| !version.trim().is_empty())) {
        return Vec::new();
    }
    let plain: Vec<&str> = sql.lines().map(|line| line.split("--").next().unwrap_or_default()).collect();
    let plain = plain.join(" ").to_uppercase();
    let statements: Vec<String> =
        plain.split(';').map(|statement| statement.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    // What a file makes itself is nobody's yet.
    let own: Vec<&str> = statements.iter().filter_map(|statement| named(statement, "CREATE TABLE ")).collect();
    let is_own = |statement: &str| named(statement, "ALTER TABLE ").is_some_and(|table| own.contains(&table));
    let takes_away = |statement: &str| {
        statement.starts_with("DROP TABLE ")
            || [" DROP COLUMN ", " DROP ", " RENAME ", " SET NOT NULL", " TYPE "].iter().any(|word| {
                statement.starts_with("ALTER TABLE ")
                    && statement.contains(word)
                    && !statement.contains(" DROP NOT NULL")
            })
            || statement.starts_with("ALTER TABLE ")
                && statement.contains(" NOT NULL")
                && !statement.contains(" DEFAULT ")
                && !statement.contains(" DROP NOT NULL")
    };
    statements.iter().filter(|statement| takes_away(statement) && !is_own(statement)).cloned().collect()
}

/// The table that a statement is about.
fn named<'a>(statement: &'a str, begin: &str) -> Option<&'a str> {
    statement.strip_prefix(begin)?.split([' ', '(']).next()
}

#[test]
fn a_new_migration_takes_nothing_away_that_the_version_before_needs() {
    for migration in MIGRATIONS.iter().filter(|migration| migration.name >= FIRST) {
        for sql in [migration.sqlite, migration.postgres] {
            assert_eq!(breaks(sql), [""; 0], "{}: expand first, see OPERATIONS.md", migration.name);
        }
    }
}

#[test]
fn what_takes_away_is_found() {
    for sql in [
        "DROP TABLE tickets;",
        "alter table tickets\n  drop column note;",
        "ALTER TABLE tickets RENAME COLUMN a TO b;",
        "ALTER TABLE tickets RENAME TO requests;",
        "ALTER TABLE tickets ADD COLUMN a BIGINT NOT NULL;",
        "ALTER TABLE tickets ALTER COLUMN a SET NOT NULL;",
        "ALTER TABLE tickets ALTER COLUMN a TYPE TEXT;",
        "-- contract:\nDROP TABLE tickets;",
        "CREATE TABLE new (id TEXT); INSERT INTO new SELECT id FROM tickets; DROP TABLE tickets; ALTER TABLE new RENAME TO tickets;",
    ] {
        assert_eq!(breaks(sql).len(), 1, "{sql}");
    }
}

#[test]
fn what_adds_is_not() {
    for sql in [
        "CREATE TABLE things (id TEXT NOT NULL PRIMARY KEY);",
        "ALTER TABLE tickets ADD COLUMN a BIGINT;",
        "ALTER TABLE tickets ADD COLUMN a BIGINT NOT NULL DEFAULT 0;",
        "ALTER TABLE tickets ALTER COLUMN a DROP NOT NULL;",
        "CREATE INDEX i ON tickets (a); DROP INDEX j;",
        "-- DROP TABLE tickets; would be too early\nUPDATE tickets SET a = 1;",
        "CREATE TABLE new (id TEXT);\nALTER TABLE new ADD COLUMN a BIGINT NOT NULL;",
        "-- contract: 0.3.0 no longer reads it\nALTER TABLE tickets DROP COLUMN a;",
    ] {
        assert_eq!(breaks(sql), [""; 0], "{sql}");
    }
}
