//! Statements of lists of tickets, inboxes, deadlines and deliveries find their rows by an index on both databases, however much others
//! have.
//!
//! What the repositories send is taken from PostgreSQL, which tells each connection's last statement; both databases are
//! then asked how they would run it.

use lianxin_domain::access::{Caller, Duty, GridDuty};
use lianxin_domain::geo::Point;
use lianxin_domain::ids::AccountId;
use lianxin_domain::notification::NotificationKind;
use lianxin_domain::ticket::{Here, StateName};
use lianxin_domain::tree::TreePath;
use lianxin_storage::database::Database;
use lianxin_storage::deadlines::Deadline;
use lianxin_storage::dialect::Dialect;
use lianxin_storage::maintenance::purge;
use lianxin_storage::notifications::InboxFilter;
use lianxin_storage::table::Cell;
use lianxin_storage::tickets::TicketFilter;
use sqlx::{AssertSqlSafe, Row as _};

use crate::support::{Fresh, NOON, Store};
use crate::village::caller;

/// Both databases with the same rows of many people.
struct Both {
    sqlite: Fresh,
    postgres: Fresh,
    store: Store,
}

/// `account 0` … `account 199` have 150 rows each.
const PEOPLE: usize = 200;
const ROWS: usize = 30_000;

impl Both {
    async fn new() -> Self {
        let (sqlite, postgres) = (Fresh::new(Dialect::Sqlite).await, Fresh::new(Dialect::Postgres).await);
        Database::open(&sqlite.url).await.unwrap();
        let store = postgres.open().await;
        fill(
            &sqlite,
            &format!(
                "(WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s WHERE i < {ROWS}) SELECT i FROM s)"
            ),
        )
        .await;
        fill(&postgres, &format!("generate_series(1, {ROWS}) AS s(i)")).await;
        Self { sqlite, postgres, store }
    }

    /// The last statement of any reader that holds `words`.
    async fn last(&self, words: &str) -> Option<String> {
        let sql = format!(
            "SELECT query FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() \
             AND query LIKE '%{words}%' ORDER BY query_start DESC LIMIT 1"
        );
        self.postgres.texts(&sql).await.pop()
    }

    /// A statement with `words` of the many that are sent one after another by `many`, which is repeated until it is seen.
    async fn sent_among(&self, words: &str, many: impl AsyncFn()) -> String {
        let watch = async {
            loop {
                if let Some(sql) = self.last(words).await {
                    break sql;
                }
            }
        };
        let repeat = async {
            loop {
                many().await;
            }
        };
        tokio::select! { sql = watch => sql, () = repeat => unreachable!() }
    }

    /// How SQLite and PostgreSQL run the last statement that holds `words`, with `values`.
    async fn plans(&self, words: &str, values: &[Cell]) -> [String; 2] {
        let sql = self.last(words).await.unwrap();
        self.plans_of(&sql, values).await
    }

    /// How SQLite and PostgreSQL run a statement, with `values`.
    async fn plans_of(&self, sql: &str, values: &[Cell]) -> [String; 2] {
        [
            plan(&self.sqlite, &format!("EXPLAIN QUERY PLAN {sql}"), values, 3).await,
            plan(&self.postgres, &format!("EXPLAIN {sql}"), values, 0).await,
        ]
    }

    async fn remove(self) {
        drop(self.store);
        self.sqlite.remove().await;
        self.postgres.remove().await;
    }
}

const TICKET_COLUMNS: &str = "id, version, number, grid_id, grid_path, kind, content, form, attachments, lng, lat, \
    also_village, emergency, submitter_id, submitter_name, submitted_at, state, handling_path, return_count, reopen_count, \
    overdue, known_text, known_at";

async fn fill(fresh: &Fresh, numbers: &str) {
    let now = NOON.millis();
    let id = "CAST(i AS TEXT)";
    let account = format!("'account ' || CAST(i % {PEOPLE} AS TEXT)");
    let texts = "'nudge', 'urgent', 'a title', 'a text of some words', 'ticket', 't'";
    // One in thirty is known, and of those that were ever known one in three is open.
    let ticket = format!(
        "'grid ' || CAST(i % 300 AS TEXT), '/1', 'suggestion', 'words', '{{}}', '[]', 106.0, 20.0 + i * 0.0003, 0, 0, \
         {account}, 'a name', {now}, CASE WHEN i % 3 = 0 THEN 'accepted' ELSE 'rated' END, '/1', 0, 0, 0, \
         CASE WHEN i % 10 = 0 THEN 'a sentence' END, CASE WHEN i % 10 = 0 THEN {now} END"
    );
    let delivery = "CASE WHEN i % 8 = 0 THEN 'voice' ELSE 'sms' END, 'sealed', 'sent', 1, 0, NULL, 0";
    for rows in [
        format!("notifications SELECT {id}, {account}, {texts}, {now} + i FROM {numbers}"),
        format!("notification_reads SELECT {id}, {account}, 5 FROM {numbers} WHERE i % 9 <> 0"),
        format!("notification_marks SELECT DISTINCT {account}, {now}, 5 FROM {numbers}"),
        format!("deadlines SELECT {id}, 'ticket.due', {id}, {now} + i / 9 FROM {numbers}"),
        format!("deliveries SELECT {id}, {delivery}, {now} + i, {account}, {id}, 1, NULL FROM {numbers}"),
        format!("tickets ({TICKET_COLUMNS}) SELECT {id}, 1, {id}, {ticket} FROM {numbers}"),
        format!("ticket_joins SELECT {id}, {id}, {account}, {now} + i FROM {numbers}"),
    ] {
        fresh.execute(&format!("INSERT INTO {rows}")).await;
    }
    fresh.execute("ANALYZE").await;
}

async fn plan(fresh: &Fresh, explain: &str, values: &[Cell], column: usize) -> String {
    let mut connection = fresh.connect().await;
    let query = sqlx::query(AssertSqlSafe(explain.to_owned()));
    let query = values.iter().fold(query, |query, value| value.bind(query));
    let rows = query.fetch_all(&mut connection).await.unwrap();
    let lines: Vec<String> = rows.iter().map(|row| row.try_get(column).unwrap()).collect();
    lines.join("\n")
}

#[track_caller]
fn assert_steps(plan: &str, needed: &[&str], never: &[&str]) {
    for step in needed {
        assert!(plan.contains(step), "no {step:?} in\n{plan}");
    }
    for step in never {
        assert!(!plan.contains(step), "{step:?} in\n{plan}");
    }
}

fn account() -> Cell {
    Cell::from("account 7")
}

#[tokio::test]
async fn a_page_of_an_inbox_is_read_along_its_index_wherever_it_begins() {
    let both = Both::new().await;
    let (nobody, at): (AccountId, _) = (both.store.id(), NOON.plus_millis(15_000));
    for unread in [false, true] {
        for kind in [None, Some(NotificationKind::Nudge)] {
            for before in [None, Some((at, "7"))] {
                let page = before.map(|(at, id)| (at, id.to_owned()));
                both.store.notifications.list(nobody, &InboxFilter { unread, kind }, page.clone(), 20).await.unwrap();
                let mut values = vec![account()];
                values.extend(before.iter().flat_map(|(at, id)| [(*at).into(), (*id).into()]));
                values.extend(kind.map(|kind| kind.as_str().into()));
                let [sqlite, postgres] = both.plans("FROM notifications n", &values).await;
                let [range, rows] = match before {
                    None => ["(account_id=?)", "Index Cond: (account_id = "],
                    Some(_) => ["(account_id=? AND (at,id)<(?,?))", "AND (ROW(at, id) < ROW("],
                };
                let search = format!("SEARCH n USING INDEX notifications_by_account {range}");
                assert_steps(&sqlite, &[&search], &["SCAN", "TEMP B-TREE"]);
                let scans = ["Seq Scan on notifications", "Seq Scan on notification_reads"];
                assert_steps(&postgres, &["notifications_by_account", rows], &scans);
            }
        }
    }
    both.remove().await;
}

#[tokio::test]
async fn unread_ones_are_counted_along_the_index_from_where_all_was_read() {
    let both = Both::new().await;
    both.store.notifications.unread(both.store.id()).await.unwrap();
    let [sqlite, postgres] = both.plans("FROM log_head h", &[account()]).await;
    let search = "SEARCH n USING INDEX notifications_by_account (account_id=? AND at>?)";
    assert_steps(&sqlite, &[search], &["SCAN n", "SCAN r"]);
    let scans = ["Seq Scan on notifications", "Seq Scan on notification_reads"];
    assert_steps(&postgres, &["notifications_by_account", "AND (at > "], &scans);
    both.remove().await;
}

#[tokio::test]
async fn deadlines_are_read_along_their_index_page_by_page() {
    let both = Both::new().await;
    let end = NOON.plus_millis(3_000);
    let last = Deadline {
        id: "17000".to_owned(),
        kind: "ticket.due".to_owned(),
        subject_id: "17000".to_owned(),
        due_at: NOON.plus_millis(17_000 / 9),
    };
    both.store.deadlines.before(end, Some(&last), 100).await.unwrap();
    let values = [end.into(), last.due_at.into(), last.id.as_str().into(), Cell::Int(Some(100))];
    let [sqlite, postgres] = both.plans("FROM deadlines WHERE due_at <", &values).await;
    let search = "SEARCH deadlines USING INDEX deadlines_by_due (due_at>? AND due_at<?)";
    assert_steps(&sqlite, &[search], &["SCAN"]);
    assert_steps(&postgres, &["Index Scan using deadlines_by_due", "Index Cond: ((due_at < "], &["Seq Scan"]);
    both.store.deadlines.next(end).await.unwrap();
    let [sqlite, postgres] = both.plans("SELECT MIN(due_at)", &[end.into()]).await;
    assert_steps(&sqlite, &["deadlines_by_due (due_at>?)"], &["SCAN"]);
    assert_steps(&postgres, &["using deadlines_by_due"], &["Seq Scan"]);
    both.remove().await;
}

#[tokio::test]
async fn known_requests_are_found_by_place_by_grid_and_by_who_joined() {
    let both = Both::new().await;
    let place = Point::new(106.0, 23.0).unwrap();
    let here = Here { grid_id: both.store.id(), place: Some(place) };
    let around = async || {
        both.store.tickets.known_around("suggestion", &here, 3).await.unwrap();
    };
    // What is asked of the grid comes right behind it.
    let sql = both.sent_among("AND lat >=", around).await;
    let number = |number: f64| Cell::from(Some(number));
    let values = ["suggestion".into(), number(22.99), number(23.01), number(105.9), number(106.1)];
    let [sqlite, postgres] = both.plans_of(&sql, &values).await;
    assert_steps(&sqlite, &["tickets_known_near (kind=? AND lat>? AND lat<?)"], &["SCAN"]);
    assert_steps(&postgres, &["tickets_known_near"], &["Seq Scan"]);
    let here = Here { place: None, ..here };
    both.store.tickets.known_around("suggestion", &here, 3).await.unwrap();
    let [sqlite, postgres] = both.plans("AND grid_id =", &["suggestion".into(), "grid 30".into()]).await;
    assert_steps(&sqlite, &["tickets_known_in_grid (kind=? AND grid_id=?)"], &["SCAN", "TEMP B-TREE"]);
    assert_steps(&postgres, &["tickets_known_in_grid"], &["Seq Scan"]);
    both.store.tickets.joined_by(both.store.id(), 100).await.unwrap();
    let [sqlite, postgres] = both.plans("FROM ticket_joins j", &[account()]).await;
    assert_steps(&sqlite, &["ticket_joins_by_account (account_id=?)"], &["SCAN", "TEMP B-TREE"]);
    assert_steps(&postgres, &["ticket_joins_by_account"], &["Seq Scan on ticket_joins"]);
    both.remove().await;
}

#[tokio::test]
async fn a_page_of_tickets_is_read_along_indexes_in_its_order() {
    let both = Both::new().await;
    let path = |text: &str| TreePath::try_from(text.to_owned()).unwrap();
    let duty = |text, duty| GridDuty { grid_id: both.store.id(), path: path(text), duty };
    let duties = vec![duty("00010002", Duty::Leader), duty("000100020003", Duty::Worker)];
    let scope = Caller { duties, ..caller(both.store.id(), "a name", &[]) }.scope();
    let filter = TicketFilter::default;
    let of_duties = ["tickets_by_submitter", "tickets_by_handler", "tickets_below_level_2"];
    let cases = [
        (filter(), [&of_duties[..], &["tickets_by_grid", "tickets_below_level_3"]].concat()),
        (TicketFilter { mine: true, ..filter() }, vec!["tickets_by_submitter", "tickets_by_handler"]),
        (TicketFilter { grids: Some(vec![path("00010002")]), ..filter() }, vec!["tickets_by_grid"]),
        (TicketFilter { escalated_to: Some(vec![path("00010002")]), ..filter() }, vec!["tickets_escalated"]),
        (TicketFilter { below: Some(path("000100020003")), ..filter() }, vec!["tickets_below_level_3"]),
        (TicketFilter { below: Some(path("0001000200030004")), ..filter() }, vec!["tickets_below_level_4"]),
        (TicketFilter { below: Some(path("00010002000300040005")), ..filter() }, vec!["tickets_by_grid (grid_path=?"]),
        (
            TicketFilter { states: vec![StateName::Accepted], below: Some(path("0001")), ..filter() },
            vec!["tickets_open"],
        ),
        (TicketFilter { overdue: true, below: Some(path("0001")), ..filter() }, vec!["tickets_open"]),
    ];
    for (filter, indexes) in cases {
        both.store.tickets.list(&scope, &filter, None, 20).await.unwrap();
        let sql = both.last("FROM tickets WHERE").await.unwrap();
        let places = (1..).take_while(|number| sql.contains(&format!("${number}"))).count();
        let values = vec![Cell::from("0001"); places];
        let [sqlite, postgres] = both.plans_of(&sql, &values).await;
        assert_steps(&sqlite, &indexes, &["SCAN tickets"]);
        assert_steps(&postgres, &[], &["Seq Scan on tickets"]);
        if indexes != ["tickets_open"] && indexes.len() == 1 {
            // The order is the index's own.
            assert_steps(&sqlite, &[], &["TEMP B-TREE"]);
        }
    }
    both.remove().await;
}

#[tokio::test]
async fn one_persons_deliveries_are_found_by_the_person() {
    let both = Both::new().await;
    let nobody: AccountId = both.store.id();
    both.store.deliveries.last_sent(nobody, "sms").await.unwrap();
    let [sqlite, postgres] = both.plans("SELECT MAX(done_at)", &[account(), "sms".into()]).await;
    assert_steps(&sqlite, &["deliveries_by_account (account_id=? AND channel=?"], &["SCAN"]);
    assert_steps(&postgres, &["deliveries_by_account"], &["Seq Scan"]);
    both.store.deliveries.owed_to(nobody, "sms", NOON).await.unwrap();
    let [sqlite, postgres] = both.plans("AND done_at IS NULL", &[account(), "sms".into(), NOON.into()]).await;
    assert_steps(&sqlite, &["SEARCH deliveries USING INDEX deliveries_"], &["SCAN"]);
    assert_steps(&postgres, &["deliveries_"], &["Seq Scan"]);
    both.remove().await;
}

#[tokio::test]
async fn housekeeping_looks_for_what_is_over_without_reading_texts_and_payloads() {
    let both = Both::new().await;
    let keep_house = async || {
        purge(&both.store.database, &both.store.journal, NOON).await.unwrap();
    };
    let sql = both.sent_among("FROM notifications WHERE at <", keep_house).await;
    let [sqlite, postgres] = both.plans_of(&sql, &[NOON.into(), NOON.into()]).await;
    assert_steps(&sqlite, &["notifications USING COVERING INDEX notifications_by_account"], &["TEMP B-TREE"]);
    assert_steps(&postgres, &["notifications_by_account"], &["Seq Scan on notifications"]);
    // On so few and small rows PostgreSQL rather reads them all.
    let sql = both.sent_among("FROM deliveries WHERE done_at <", keep_house).await;
    let [sqlite, _] = both.plans_of(&sql, &[NOON.into()]).await;
    assert_steps(&sqlite, &["deliveries USING INDEX deliveries_by_account"], &["TEMP B-TREE"]);
    both.remove().await;
}
