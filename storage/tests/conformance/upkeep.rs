//! Checks and housekeeping.

use bytes::Bytes;
use lianxin_domain::attachment::AttachmentKind;
use lianxin_domain::clock::Timestamp;
use lianxin_domain::ids::AccountId;
use lianxin_domain::ticket::Command;
use lianxin_storage::attachments::{Attachment, Attachments};
use lianxin_storage::change::{IdempotencyClaim, IdempotencyKey, Write};
use lianxin_storage::check::{CheckReport, check};
use lianxin_storage::dialect::Dialect;
use lianxin_storage::files::{FileKey, FileStore};
use lianxin_storage::idempotency::Answers;
use lianxin_storage::maintenance::{Purged, checkpoint, purge};
use lianxin_storage::meetings::Meetings;
use lianxin_storage::sessions::{PhoneCode, Session, Sessions};

use crate::support::{Dice, Fresh, NOON, Store};
use crate::village::{Village, request};

on_both!(
    a_healthy_database_agrees_with_itself,
    every_kind_of_difference_is_listed,
    many_differences_are_counted,
    what_is_over_goes_and_nothing_else,
    more_than_one_change_full_goes_too,
    a_checkpoint_keeps_the_write_ahead_log_short,
    nobody_waits_for_a_long_log_beside_who_reads_on,
);

async fn some_tickets(store: &Store) -> Vec<lianxin_domain::ticket::Ticket> {
    let world = Village::new(store, 1);
    let mut tickets = Vec::new();
    for number in 0..5 {
        let content = format!("第 {number} 件");
        tickets.push(world.submit(store, request(store, &world.resident, &content), &world.group).await);
    }
    world.act(store, &mut tickets[0], Command::Accept, &world.worker).await;
    world.act(store, &mut tickets[1], Command::Withdraw, &world.resident).await;
    // Overdue, so that the next level answers for it and its own limit runs.
    let overdue = world.decide_time(&tickets[2], tickets[2].due_at().unwrap());
    assert_eq!(overdue.len(), 2);
    world.happen(store, &mut tickets[2], &overdue).await;
    tickets
}

async fn upload(store: &Store, key: &str, size: u64) -> Attachment {
    let file = Attachment {
        id: store.id(),
        version: 1,
        uploader_id: store.id(),
        owner: None,
        kind: AttachmentKind::Image,
        media_type: "image/jpeg".to_owned(),
        size,
        name: None,
        width: None,
        height: None,
        duration_ms: None,
        sha256: "x".to_owned(),
        object_key: key.to_owned(),
        created_at: NOON,
    };
    let mut change = store.change();
    change.write(Attachments::insert(&file));
    store.journal.commit(change).await.unwrap();
    file
}

async fn a_healthy_database_agrees_with_itself(fresh: &Fresh) {
    let store = fresh.open().await;
    let files = FileStore::in_folder(fresh.folder.path()).unwrap();
    assert_eq!(check(&store.database, &files).await.unwrap(), CheckReport::default());
    some_tickets(&store).await;
    let key = FileKey::generate(&Dice::default());
    files.put(&key, Bytes::from_static(b"four")).await.unwrap();
    upload(&store, key.as_str(), 4).await;
    // Old events were archived.
    fresh.execute("DELETE FROM events WHERE seq <= 2").await;
    let expected = CheckReport { grids: 1, events: 7, deadlines: 4, attachments: 1, ..CheckReport::default() };
    assert_eq!(check(&store.database, &files).await.unwrap(), expected);
}

async fn every_kind_of_difference_is_listed(fresh: &Fresh) {
    let store = fresh.open().await;
    let files = FileStore::in_folder(fresh.folder.path()).unwrap();
    let tickets = some_tickets(&store).await;
    let key = FileKey::generate(&Dice::default());
    files.put(&key, Bytes::from_static(b"four")).await.unwrap();
    let short = upload(&store, key.as_str(), 5).await;
    let gone = FileKey::generate(&Dice::default());
    let missing = upload(&store, gone.as_str(), 4).await;
    let strange = upload(&store, "../x", 4).await;
    let [accepted, withdrawn, _, plain, other] = [0, 1, 2, 3, 4].map(|index: usize| tickets[index].id);
    let due = tickets[3].next_timer().unwrap().millis();
    let stored = tickets[4].next_timer().unwrap().millis();
    for sql in [
        "UPDATE grid_counters SET rated = 9".to_owned(),
        "INSERT INTO grid_counters VALUES ('018f0000-0000-7000-8000-000000000000', 0, 1, 0, 0, 0, 0)".to_owned(),
        "DELETE FROM events WHERE seq IN (3, 4)".to_owned(),
        "UPDATE log_head SET seq = 99".to_owned(),
        format!("DELETE FROM deadlines WHERE subject_id = '{plain}'"),
        format!("UPDATE deadlines SET due_at = 5 WHERE subject_id = '{other}'"),
        format!("INSERT INTO deadlines VALUES ('ticket.due:{withdrawn}', 'ticket.due', '{withdrawn}', 7)"),
        "INSERT INTO deadlines VALUES ('meeting.start:x', 'meeting.start', 'x', 7)".to_owned(),
    ] {
        fresh.execute(&sql).await;
    }
    let report = check(&store.database, &files).await.unwrap();
    assert!(!report.is_clean());
    let grid = tickets[0].grid_id;
    let expected = [
        "counters of grid 018f0000-0000-7000-8000-000000000000 are [0, 1, 0, 0, 0, 0], a recount of its tickets \
         gives [0, 0, 0, 0, 0, 0]"
            .to_owned(),
        format!("counters of grid {grid} are [3, 1, 0, 9, 1, 0], a recount of its tickets gives [3, 1, 0, 0, 1, 0]"),
        "the head of the log is 99, its newest event is 9".to_owned(),
        "the log has a gap after event 2".to_owned(),
        format!("ticket {plain} is due at {due} and has no deadline"),
        format!("ticket {other} is due at {stored}, its deadline is at 5"),
        format!("ticket {withdrawn} has a deadline and no running time limit"),
        format!("attachment {}: file {key} has 4 bytes instead of 5", short.id),
        format!("attachment {}: file {gone} is missing", missing.id),
        format!("attachment {}: \"../x\" is no key of the file store", strange.id),
    ];
    let sorted = |lines: &[String]| {
        let mut lines = lines.to_vec();
        lines.sort();
        lines
    };
    assert_eq!(sorted(&report.differences), sorted(&expected));
    assert!(!report.differences.iter().any(|line| line.contains(&accepted.to_string())));
}

async fn many_differences_are_counted(fresh: &Fresh) {
    let store = fresh.open().await;
    let files = FileStore::in_folder(fresh.folder.path()).unwrap();
    let mut change = store.change();
    for _ in 0..130 {
        let grid: lianxin_domain::ids::GridId = store.id();
        change.write(Write::Add(&COUNTERS, grid.to_string(), vec![1, 0, 0, 0, 0, 0]));
    }
    store.journal.commit(change).await.unwrap();
    let report = check(&store.database, &files).await.unwrap();
    assert_eq!((report.grids, report.differences.len()), (130, 101));
    assert_eq!(report.differences[100], "counters: and 30 more");
}

static COUNTERS: lianxin_storage::table::Table = lianxin_storage::table::Table {
    name: "grid_counters",
    key: lianxin_storage::table::ID,
    versioned: false,
    fixed: &[],
    mutable: &[
        lianxin_storage::table::int("submitted"),
        lianxin_storage::table::int("accepted"),
        lianxin_storage::table::int("completed"),
        lianxin_storage::table::int("rated"),
        lianxin_storage::table::int("overdue"),
        lianxin_storage::table::int("returned"),
    ],
};

fn session(store: &Store, token: &str, expires_at: Timestamp) -> Write {
    Sessions::insert(&Session {
        id: store.id(),
        token_hash: token.to_owned(),
        account_id: store.id::<AccountId>(),
        csrf_token: "c".to_owned(),
        created_at: NOON,
        expires_at,
    })
}

fn code(print: &str, sent_at: Timestamp) -> Write {
    Sessions::put_phone_code(&PhoneCode {
        phone_print: print.to_owned(),
        code_hash: "h".to_owned(),
        sent_at,
        expires_at: sent_at.plus_millis(300_000),
        attempts: 0,
        sent_today: 1,
    })
}

async fn what_is_over_goes_and_nothing_else(fresh: &Fresh) {
    let store = fresh.open().await;
    let hours = |hours: i64| NOON.plus_millis(hours * 3_600_000);
    let mut change = store.change();
    change.writes = vec![
        session(&store, "live", NOON.plus_millis(1)),
        session(&store, "over", NOON),
        // Noon in UTC is afternoon in China: the local day began fourteen hours ago.
        code("this morning", hours(-14)),
        code("yesterday", hours(-15)),
    ];
    store.journal.commit(change).await.unwrap();
    for (key, at) in [("old", hours(-48).plus_millis(-1)), ("young", hours(-48))] {
        let mut change = lianxin_storage::change::Change::new(at, None, None);
        change.idempotency = Some(IdempotencyClaim {
            key: IdempotencyKey::new("me", key),
            request_hash: "h".to_owned(),
            status: 200,
            body: String::new(),
        });
        store.journal.commit(change).await.unwrap();
    }
    let mut change = store.change();
    change.write(Meetings::use_claim("of the day before", hours(-24).plus_millis(-1)));
    change.write(Meetings::use_claim("of today", hours(-24)));
    store.journal.commit(change).await.unwrap();
    let purged = purge(&store.database, &store.journal, NOON).await.unwrap();
    assert_eq!(purged, Purged { sessions: 1, phone_codes: 1, answers: 1, claims: 1, ..Purged::default() });
    assert_eq!(fresh.texts("SELECT id FROM meeting_claims").await, ["of today"]);
    assert_eq!(fresh.texts("SELECT token_hash FROM sessions").await, ["live"]);
    assert_eq!(fresh.texts("SELECT id FROM phone_codes").await, ["this morning"]);
    let answers = Answers::new(store.database.clone());
    assert!(answers.find(&IdempotencyKey::new("me", "young")).await.unwrap().is_some());
    assert_eq!(answers.find(&IdempotencyKey::new("me", "old")).await.unwrap(), None);
    let again = purge(&store.database, &store.journal, NOON).await.unwrap();
    assert_eq!(again, Purged::default());
    assert_eq!(store.log.head(), 0, "housekeeping is no event");
}

async fn more_than_one_change_full_goes_too(fresh: &Fresh) {
    let store = fresh.open().await;
    let mut change = store.change();
    change.writes = (0..600).map(|number| session(&store, &format!("{number}"), NOON)).collect();
    store.journal.commit(change).await.unwrap();
    assert_eq!(purge(&store.database, &store.journal, NOON).await.unwrap().sessions, 600);
    assert_eq!(fresh.number("SELECT COUNT(*) FROM sessions").await, 0);
}

async fn a_checkpoint_keeps_the_write_ahead_log_short(fresh: &Fresh) {
    let store = fresh.open().await;
    let wal = fresh.folder.path().join("lianxin.db-wal");
    let length = || std::fs::metadata(&wal).map_or(0, |file| file.len());
    let mut longest = 0;
    for round in 0..6 {
        for number in 0..20 {
            let mut change = store.change();
            change.write(session(&store, &format!("{round} {number}"), NOON));
            store.journal.commit(change).await.unwrap();
        }
        checkpoint(&store.database).await.unwrap();
        if round == 1 {
            longest = length();
        }
    }
    assert_eq!(fresh.number("SELECT COUNT(*) FROM sessions").await, 120);
    if fresh.dialect == Dialect::Sqlite {
        // Written from its beginning again each time, so it stays as long as its longest stretch.
        assert!(longest > 0 && length() <= longest * 3 / 2, "from {longest} to {}", length());
    }
}

async fn nobody_waits_for_a_long_log_beside_who_reads_on(fresh: &Fresh) {
    let store = fresh.open().await;
    if fresh.dialect != Dialect::Sqlite {
        return checkpoint(&store.database).await.unwrap();
    }
    fresh.execute("CREATE TABLE much (bytes BLOB)").await;
    let log = async || {
        let mut connection = fresh.connect().await;
        let row = sqlx::query("PRAGMA wal_checkpoint(PASSIVE)").fetch_one(&mut connection).await.unwrap();
        sqlx::Row::get::<i64, _>(&row, "log")
    };
    let mut reader = fresh.connect().await;
    sqlx::query("BEGIN").execute(&mut reader).await.unwrap();
    for round in 0..3 {
        fresh.execute("INSERT INTO much VALUES (zeroblob(20000000))").await;
        // From here on it reads this moment.
        sqlx::query("SELECT COUNT(*) FROM much").fetch_one(&mut reader).await.unwrap();
        let begun = std::time::Instant::now();
        checkpoint(&store.database).await.unwrap();
        let mut change = store.change();
        change.write(session(&store, &round.to_string(), NOON));
        store.journal.commit(change).await.unwrap();
        assert!(begun.elapsed() < std::time::Duration::from_secs(5), "{:?}", begun.elapsed());
    }
    assert!(log().await > 4_096);
    sqlx::Connection::close(reader).await.unwrap();
    checkpoint(&store.database).await.unwrap();
    let mut change = store.change();
    change.write(session(&store, "last", NOON));
    store.journal.commit(change).await.unwrap();
    assert!(log().await < 100, "{} pages", log().await);
}
