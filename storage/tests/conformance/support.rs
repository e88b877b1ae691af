//! A database of its own for every case, and what stands on it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use lianxin_domain::clock::{Entropy, ManualClock, Timestamp};
use lianxin_domain::ids::{EntityId, IdSource};
use lianxin_storage::accounts::Accounts;
use lianxin_storage::change::{Change, Write};
use lianxin_storage::database::Database;
use lianxin_storage::deadlines::Deadlines;
use lianxin_storage::deliveries::Deliveries;
use lianxin_storage::dialect::Dialect;
use lianxin_storage::grids::Grids;
use lianxin_storage::journal::{CommitError, Journal};
use lianxin_storage::log::EventLog;
use lianxin_storage::members::Members;
use lianxin_storage::notifications::Notifications;
use lianxin_storage::organisations::Organisations;
use lianxin_storage::reachability::Reachability;
use lianxin_storage::rules::Rules;
use lianxin_storage::sealed::{ColumnCipher, LookupKey};
use lianxin_storage::secrets::{ColumnKeys, KEY_LENGTH};
use lianxin_storage::sessions::Sessions;
use lianxin_storage::tickets::Tickets;
use proptest::strategy::Strategy;
use proptest::test_runner::{Config, TestRunner};
use sha2::{Digest as _, Sha256};
use sqlx::{AnyConnection, AssertSqlSafe, Connection as _, Row as _};
use tempfile::TempDir;

/// Names the server that `scripts/with-services.sh` starts.
const SERVER: &str = "LIANXIN_TEST_POSTGRES";
/// 2026-11-21T06:12:07Z, when all cases begin.
pub const NOON: Timestamp = Timestamp::from_millis(1_795_241_527_000);

/// Stamps cases for both databases, each with a database of its own.
macro_rules! on_both {
    ($($case:ident),+ $(,)?) => {
        mod on_sqlite {
            $(#[tokio::test]
            async fn $case() {
                crate::support::run(lianxin_storage::dialect::Dialect::Sqlite, super::$case).await;
            })+
        }
        mod on_postgres {
            $(#[tokio::test]
            async fn $case() {
                crate::support::run(lianxin_storage::dialect::Dialect::Postgres, super::$case).await;
            })+
        }
    };
}

/// Stamps a property for both databases: `case(fresh, store, number of the case, value)`, a strategy, and the cases on
/// SQLite and on PostgreSQL.
macro_rules! on_both_as_property {
    ($case:ident, $strategy:ident, $cases:expr) => {
        mod on_sqlite {
            #[test]
            fn $case() {
                let dialect = lianxin_storage::dialect::Dialect::Sqlite;
                crate::support::run_property(dialect, $cases[0], &super::$strategy(), &super::$case);
            }
        }
        mod on_postgres {
            #[test]
            fn $case() {
                let dialect = lianxin_storage::dialect::Dialect::Postgres;
                crate::support::run_property(dialect, $cases[1], &super::$strategy(), &super::$case);
            }
        }
    };
}

/// Runs one case and removes its database. A case that fails leaves it to the end of the server.
pub async fn run(dialect: Dialect, case: impl AsyncFnOnce(&Fresh)) {
    let fresh = Fresh::new(dialect).await;
    case(&fresh).await;
    fresh.remove().await;
}

/// Runs a property on one database; its cases share it, told apart by their number.
pub fn run_property<S: Strategy>(
    dialect: Dialect,
    cases: u32,
    strategy: &S,
    case: &impl AsyncFn(&Fresh, &Store, u32, S::Value),
) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (fresh, store) = runtime.block_on(async {
        let fresh = Fresh::new(dialect).await;
        let store = fresh.open().await;
        (fresh, store)
    });
    let number = AtomicU32::new(0);
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let tested = TestRunner::new(config).run(strategy, |value| {
        let number = number.fetch_add(1, Ordering::Relaxed);
        runtime.block_on(case(&fresh, &store, number, value));
        Ok(())
    });
    if let Err(error) = tested {
        panic!("{error}");
    }
    runtime.block_on(fresh.remove());
}

/// An empty database without a schema.
pub struct Fresh {
    pub url: String,
    pub dialect: Dialect,
    pub folder: TempDir,
    name: String,
}

impl Fresh {
    pub async fn new(dialect: Dialect) -> Self {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        sqlx::any::install_default_drivers();
        let folder = tempfile::tempdir().unwrap();
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("case_{}_{number}", std::process::id());
        let url = match dialect {
            Dialect::Sqlite => Dialect::default_url(folder.path()),
            Dialect::Postgres => {
                let server = server();
                execute(&server, &format!("CREATE DATABASE {name}")).await;
                let (start, _) = server.rsplit_once('/').unwrap();
                format!("{start}/{name}")
            }
        };
        Self { url, dialect, folder, name }
    }

    /// Opens a node on the database; a second call is a second node.
    pub async fn open(&self) -> Store {
        Store::open(&self.url).await
    }

    /// Runs statements as a person at the database's own console would.
    pub async fn execute(&self, sql: &str) {
        execute(&self.url, sql).await;
    }

    /// The first column of a query that no repository offers.
    pub async fn texts(&self, sql: &str) -> Vec<String> {
        let mut connection = self.connect().await;
        let rows = sqlx::query(AssertSqlSafe(sql.to_owned())).fetch_all(&mut connection).await.unwrap();
        let texts = rows.iter().map(|row| row.try_get(0).unwrap()).collect();
        connection.close().await.unwrap();
        texts
    }

    /// The first column of the first row of a query.
    pub async fn number(&self, sql: &str) -> i64 {
        let mut connection = self.connect().await;
        let row = sqlx::query(AssertSqlSafe(sql.to_owned())).fetch_one(&mut connection).await.unwrap();
        connection.close().await.unwrap();
        row.try_get(0).unwrap()
    }

    pub async fn connect(&self) -> AnyConnection {
        AnyConnection::connect(&self.url).await.unwrap()
    }

    pub async fn remove(self) {
        if self.dialect == Dialect::Postgres {
            execute(&server(), &format!("DROP DATABASE {} WITH (FORCE)", self.name)).await;
        }
    }
}

fn server() -> String {
    std::env::var(SERVER).unwrap_or_else(|_| {
        panic!("{SERVER} is not set: run `scripts/with-services.sh cargo test -p lianxin-storage --test conformance`")
    })
}

async fn execute(url: &str, sql: &str) {
    let mut connection = AnyConnection::connect(url).await.unwrap();
    sqlx::Executor::execute(&mut connection, sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))).await.unwrap();
    connection.close().await.unwrap();
}

/// One node: a database with its log, its journal and the repositories.
pub struct Store {
    pub database: Database,
    pub log: Arc<EventLog>,
    pub journal: Journal,
    pub clock: Arc<ManualClock>,
    pub ids: IdSource,
    pub tickets: Tickets,
    pub grids: Grids,
    pub accounts: Accounts,
    pub organisations: Organisations,
    pub members: Members,
    pub sessions: Sessions,
    pub deliveries: Deliveries,
    pub deadlines: Deadlines,
    pub rules: Rules,
    pub notifications: Notifications,
    pub reachability: Reachability,
}

/// What seals the columns of all nodes.
pub fn cipher() -> ColumnCipher {
    ColumnCipher::new(&ColumnKeys::single([7; KEY_LENGTH]), Arc::new(Dice::default()))
}

impl Store {
    pub async fn open(url: &str) -> Self {
        let database = Database::open(url).await.unwrap();
        let log = Arc::new(EventLog::open(database.clone(), "first".to_owned()).await.unwrap());
        let clock = Arc::new(ManualClock::at(NOON));
        let ids = IdSource::new(clock.clone(), Arc::new(Dice::default()));
        let (journal, _) = Journal::start(database.clone(), Arc::clone(&log), ids.clone()).await.unwrap();
        let cipher = cipher();
        let accounts = Accounts::new(database.clone(), cipher.clone(), LookupKey::new(&[9; KEY_LENGTH]));
        Self {
            tickets: Tickets::new(database.clone(), cipher.clone()),
            grids: Grids::new(database.clone()),
            organisations: Organisations::new(database.clone()),
            members: Members::new(database.clone(), cipher.clone(), LookupKey::new(&[9; KEY_LENGTH])),
            sessions: Sessions::new(database.clone(), accounts.clone()),
            deliveries: Deliveries::new(database.clone(), cipher.clone()),
            deadlines: Deadlines::new(database.clone()),
            rules: Rules::new(database.clone()),
            notifications: Notifications::new(database.clone()),
            reachability: Reachability::new(database.clone(), cipher),
            accounts,
            database,
            log,
            journal,
            clock,
            ids,
        }
    }

    /// A new id.
    pub fn id<I: EntityId>(&self) -> I {
        self.ids.next()
    }

    /// A change of the system's own, now.
    pub fn change(&self) -> Change {
        Change::new(self.ids.clock().now(), None, None)
    }

    /// Commits writes alone.
    pub async fn write(&self, writes: Vec<Write>) -> Result<(), CommitError> {
        let mut change = self.change();
        change.writes = writes;
        self.journal.commit(change).await.map(drop)
    }
}

/// Random enough bytes, other ones for every [`Dice`] of the process.
pub struct Dice(AtomicU64);

impl Default for Dice {
    fn default() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self(AtomicU64::new(NEXT.fetch_add(1, Ordering::Relaxed) << 40))
    }
}

impl Entropy for Dice {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(32) {
            let digest = Sha256::digest(self.0.fetch_add(1, Ordering::Relaxed).to_le_bytes());
            chunk.copy_from_slice(&digest[..chunk.len()]);
        }
    }
}
