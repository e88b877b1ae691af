//! Databases of older versions: made by their own migrations, opened by this version.

use std::collections::BTreeMap;

use data_encoding::HEXLOWER;
use lianxin_domain::access::Scope;
use lianxin_domain::clock::Timestamp;
use lianxin_domain::ids::{GridId, TicketId};
use lianxin_domain::service_level::{Limit, LimitUnit, Purpose};
use lianxin_domain::ticket::{Command, StateName, Ticket, TicketClock};
use lianxin_domain::tree::TreePath;
use lianxin_storage::check::check;
use lianxin_storage::deliveries::Delivery;
use lianxin_storage::dialect::Dialect;
use lianxin_storage::files::FileStore;
use lianxin_storage::tickets::deadline_of;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use sqlx::{AssertSqlSafe, Row as _};

use crate::support::{Fresh, NOON, Store, cipher};
use crate::village::{Village, person};

on_both!(tickets_from_before_clocks_get_one, tickets_from_before_clocks_go_on, what_was_owed_before_is_owed_still,);

macro_rules! migrations {
    ($($name:literal),*) => {
        [$((
            $name,
            include_str!(concat!("../../../migrations/sqlite/", $name, ".sql")),
            include_str!(concat!("../../../migrations/postgres/", $name, ".sql")),
        )),*]
    };
}

const MIGRATIONS: [(&str, &str, &str); 4] = migrations!["0001_core", "0002_accounts", "0003_grids", "0004_tickets"];

/// Makes the schema of the version that had the first `count` migrations.
pub async fn make(fresh: &Fresh, count: usize) {
    if fresh.dialect == Dialect::Sqlite {
        std::fs::File::create(fresh.folder.path().join("lianxin.db")).unwrap();
    }
    fresh.execute("CREATE TABLE migrations (name TEXT NOT NULL PRIMARY KEY, checksum TEXT NOT NULL)").await;
    for (name, sqlite, postgres) in &MIGRATIONS[..count] {
        let text = if fresh.dialect == Dialect::Sqlite { sqlite } else { postgres };
        fresh.execute(text).await;
        let checksum = HEXLOWER.encode(&Sha256::digest(text));
        fresh.execute(&format!("INSERT INTO migrations VALUES ('{name}', '{checksum}')")).await;
    }
}

/// The tables of that version and their columns.
pub async fn columns(dialect: Dialect, count: usize) -> BTreeMap<String, Vec<String>> {
    let fresh = Fresh::new(dialect).await;
    make(&fresh, count).await;
    let mut connection = fresh.connect().await;
    let rows = sqlx::query(AssertSqlSafe(dialect.list_columns())).fetch_all(&mut connection).await.unwrap();
    let mut tables: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in rows {
        tables.entry(row.try_get("table_name").unwrap()).or_default().push(row.try_get("column_name").unwrap());
    }
    fresh.remove().await;
    tables
}

const GRID: &str = "018f0000-0000-7000-8000-000000000001";
const MINUTE: i64 = 60_000;

/// A ticket as the version before wrote it.
struct Old {
    id: TicketId,
    state: StateName,
    /// In minutes before now; how long each limit was stands in the test.
    submitted: i64,
    accepted: Option<i64>,
    due_at: Option<Timestamp>,
    overdue: bool,
    climbed: bool,
    nudged: bool,
}

fn id(number: u32) -> TicketId {
    format!("018f0000-0000-7000-9000-{number:012}").parse().unwrap()
}

fn ago(minutes: i64) -> Timestamp {
    NOON.plus_millis(-minutes * MINUTE)
}

fn group() -> TreePath {
    TreePath::root(1).child(1).child(1).child(1)
}

impl Old {
    fn new(number: u32, state: StateName) -> Self {
        let id = id(number);
        Self { id, state, submitted: 10, accepted: None, due_at: None, overdue: false, climbed: false, nudged: false }
    }

    fn sql(&self) -> String {
        let Self { id, .. } = self;
        let optional = |value: Option<i64>| value.map_or_else(|| "NULL".to_owned(), |value| value.to_string());
        let text = |value: Option<&str>| value.map_or_else(|| "NULL".to_owned(), |value| format!("'{value}'"));
        let has_handler = !matches!(self.state, StateName::Submitted | StateName::Withdrawn);
        let is_completed = self.state == StateName::Completed;
        let path = group();
        let handling = if self.climbed { path.parent().unwrap() } else { path.clone() };
        let nudges = json!({
            "count": 2,
            "last_at": NOON,
            "last_by": { "id": GRID, "name": "农支书" },
            "last_note": "快",
            "heard_at": NOON,
            "read_at": null,
        });
        format!(
            "INSERT INTO tickets VALUES ('{id}', 3, 'T{id}', '{GRID}', '{path}', 'suggestion', '路', '{{}}', '[]', NULL, \
             NULL, NULL, NULL, NULL, 0, 0, '{GRID}', '覃大姐', {}, '{}', {}, {}, {}, {}, {}, {}, NULL, NULL, NULL, {}, \
             '{handling}', 1, '不归我管', 0, {}, {}, {})",
            ago(self.submitted).millis(),
            self.state.as_str(),
            text(has_handler.then_some(GRID)),
            text(has_handler.then_some("韦师傅")),
            optional(self.accepted.map(|minutes| ago(minutes).millis())),
            optional(is_completed.then_some(NOON.millis())),
            text(is_completed.then_some("好")),
            text(is_completed.then_some("[]")),
            optional((self.state == StateName::Withdrawn).then_some(NOON.millis())),
            text(self.nudged.then_some(nudges.to_string()).as_deref()),
            optional(self.due_at.map(Timestamp::millis)),
            i64::from(self.overdue),
        )
    }
}

/// A database of the version before clocks: six tickets, and the deadlines that ran.
async fn before_clocks(fresh: &Fresh) -> Vec<Old> {
    make(fresh, 4).await;
    let day = 24 * 60;
    let accepted = |number| Old { submitted: 2 * day, accepted: Some(60), ..Old::new(number, StateName::Accepted) };
    let tickets = vec![
        Old { due_at: Some(ago(-20)), nudged: true, ..Old::new(0, StateName::Submitted) },
        Old { due_at: Some(ago(60 - day)), ..accepted(1) },
        Old { submitted: 90, due_at: Some(ago(60)), overdue: true, ..Old::new(2, StateName::Submitted) },
        Old { due_at: Some(ago(1)), overdue: true, climbed: true, ..accepted(3) },
        accepted(4),
        Old::new(5, StateName::Withdrawn),
    ];
    let mut tickets = tickets;
    tickets[4].state = StateName::Completed;
    for ticket in &tickets {
        fresh.execute(&ticket.sql()).await;
        if let Some(due_at) = ticket.due_at.filter(|_| !ticket.overdue) {
            let (id, due_at) = (ticket.id, due_at.millis());
            let sql = format!("INSERT INTO deadlines VALUES ('ticket.due:{id}', 'ticket.due', '{id}', {due_at})");
            fresh.execute(&sql).await;
        }
    }
    fresh.execute(&format!("INSERT INTO grid_counters VALUES ('{GRID}', 2, 2, 1, 0, 2, 6)")).await;
    tickets
}

async fn read(store: &Store, number: u32) -> Ticket {
    store.tickets.get(&Scope::system(), id(number)).await.unwrap().unwrap()
}

async fn assert_clean(fresh: &Fresh, store: &Store) -> usize {
    let files = FileStore::in_folder(fresh.folder.path()).unwrap();
    let report = check(&store.database, &files).await.unwrap();
    assert_eq!(report.differences, [""; 0]);
    report.deadlines
}

async fn tickets_from_before_clocks_get_one(fresh: &Fresh) {
    let old = before_clocks(fresh).await;
    let store = fresh.open().await;
    assert_eq!(assert_clean(fresh, &store).await, 2);
    let clock = |purpose, level, started_at, minutes, overdue| TicketClock {
        run: 3,
        purpose,
        level,
        started_at,
        limit: Limit::continuous(minutes, LimitUnit::Minutes),
        extension: None,
        extended: false,
        pauses: Vec::new(),
        levels_version: 0,
        calendar_version: 0,
        due_at: NOON,
        warn_at: None,
        overdue,
        ended: overdue,
        repeat_at: None,
    };
    let clocks = [
        Some(clock(Purpose::Accept, 4, ago(10), 30, false)),
        Some(clock(Purpose::Finish, 4, ago(60), 1_440, false)),
        Some(clock(Purpose::Accept, 4, ago(90), 30, true)),
        Some(clock(Purpose::Finish, 3, ago(60), 59, true)),
        None,
        None,
    ];
    for (old, clock) in old.iter().zip(clocks) {
        let ticket = store.tickets.get(&Scope::system(), old.id).await.unwrap().unwrap();
        assert_eq!(ticket.state_name(), old.state);
        assert_eq!(ticket.clock, clock.map(|clock| TicketClock { due_at: old.due_at.unwrap(), ..clock }), "{ticket:?}");
        assert_eq!((ticket.due_at(), ticket.is_overdue()), (old.due_at, old.overdue));
        assert_eq!(ticket.next_timer(), old.due_at.filter(|_| !old.overdue));
        assert_eq!(ticket.extension_request, None);
    }
    let nudges = read(&store, 0).await.nudges.unwrap();
    assert_eq!((nudges.count, nudges.last_by.unwrap().name.as_str()), (2, "农支书"));
    assert_eq!((nudges.last_to, nudges.answer_by), (Vec::new(), None));
    assert_eq!(store.tickets.open().await.unwrap().len(), 4);
    let deadlines = store.deadlines.before(NOON.plus_millis(i64::MAX / 2), None, 10).await.unwrap();
    assert_eq!(deadlines, [0, 1].map(|number| deadline_of(id(number), old[number as usize].due_at.unwrap())));
    // Another node, and another start, find nothing to do.
    fresh.open().await;
    assert_eq!(assert_clean(fresh, &store).await, 2);
}

async fn tickets_from_before_clocks_go_on(fresh: &Fresh) {
    before_clocks(fresh).await;
    let store = fresh.open().await;
    let mut world = Village::new(&store, 1);
    assert_eq!(world.group.path, group());
    world.group.id = GRID.parse::<GridId>().unwrap();

    // The limit that ran passes, and it climbs.
    let mut waiting = read(&store, 0).await;
    world.wait(&store, &mut waiting).await;
    assert_eq!((waiting.is_overdue(), &waiting.handling_path), (true, &world.village.path));
    assert_eq!(waiting.next_timer(), waiting.clock.as_ref().unwrap().warn_at);
    // One that only gets a comment has its clock from now on.
    let mut handled = read(&store, 1).await;
    let clock = handled.clock.clone();
    let comment = Command::Comment { text: "在办".to_owned(), attachments: Vec::new() };
    world.act(&store, &mut handled, comment, &world.worker).await;
    assert_eq!(handled.clock, clock);
    // Those that were overdue start anew when somebody takes them.
    let mut late = read(&store, 2).await;
    world.act(&store, &mut late, Command::Accept, &world.worker).await;
    let mut climbed = read(&store, 3).await;
    let to_colleague = Command::Reassign { handler: person(&world.colleague), may_handle: true };
    world.act(&store, &mut climbed, to_colleague, &world.leader).await;
    for ticket in [&waiting, &handled, &late, &climbed] {
        assert_eq!(store.tickets.get(&Scope::system(), ticket.id).await.unwrap().as_ref(), Some(ticket));
        assert!(ticket.next_timer().is_some());
    }
    assert!(!late.is_overdue() && !climbed.is_overdue());
    assert_eq!(assert_clean(fresh, &store).await, 4);
}

async fn what_was_owed_before_is_owed_still(fresh: &Fresh) {
    make(fresh, 4).await;
    let sealed = cipher().seal("deliveries.payload", "{\"phone\":\"13800001234\"}");
    let now = NOON.millis();
    fresh
        .execute(&format!(
            "INSERT INTO deliveries VALUES ('code:1', 'sms', '{sealed}', 'owed', 1, {now}, 'timeout', {now}, NULL); \
             INSERT INTO deliveries VALUES ('code:2', 'sms', '{sealed}', 'sent', 1, {now}, NULL, {now}, {now})"
        ))
        .await;
    let store = fresh.open().await;
    let owed = Delivery {
        attempts: 1,
        last_error: Some("timeout".to_owned()),
        ..Delivery::new("code:1", "sms", "{\"phone\":\"13800001234\"}", NOON, NOON)
    };
    assert_eq!(store.deliveries.due(NOON, 10).await.unwrap(), [owed]);
    assert_eq!(store.deliveries.list(None, None, 10).await.unwrap().len(), 2);
    assert_eq!(store.deliveries.counts(12).await.unwrap(), []);
}
