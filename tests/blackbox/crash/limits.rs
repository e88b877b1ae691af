//! What must be true of limits, notifications and messages after any number of crashes.

use std::collections::{BTreeMap, BTreeSet};

use super::left_alone::LeftAlone;
use super::lives::assert_told;
use crate::support::{Seen, TestServer, text};

/// Levels of the tree.
const GROUP: i64 = 5;

/// Checks a server at rest; the log went on after number `before`.
pub fn check(server: &TestServer, alone: &[LeftAlone], before: u64) {
    let climbs = check_clocks(server, alone, before);
    let notices = check_inboxes(server);
    let sent = check_messages(server, before);
    println!("lx: {} requests left alone, {climbs:?}, {notices} notifications, {sent} SMS", alone.len());
}

/// Whether each of the things that happen by themselves has happened since number `before`: a limit passed, requests
/// climbed because nobody accepted and because nobody finished, and the rules nudged.
pub fn everything_happened(server: &TestServer, before: u64) -> bool {
    let [cause, nudger] = ["cause", "nudger.id"].map(|path| server.member("data", path));
    let sql = format!(
        "SELECT DISTINCT kind, {cause} FROM events WHERE seq > {before} AND (kind = 'ticket.overdue' \
         OR kind = 'ticket.nudged' AND {nudger} IS NULL \
         OR kind = 'ticket.escalated' AND {cause} IN ('not_accepted', 'not_completed')) \
         AND subject_id IN (SELECT id FROM tickets WHERE kind = 'dispute');"
    );
    server.sql(&sql).len() == 4
}

/// How often things happened by themselves.
#[derive(Debug, Default)]
struct Climbs {
    overdue: usize,
    escalated: BTreeMap<String, usize>,
    nudged: usize,
}

/// One event of a ticket's clock.
struct Happened {
    seq: u64,
    kind: String,
    version: u64,
    level: Option<i64>,
    from: Option<i64>,
    to: Option<i64>,
    cause: String,
    run: Option<i64>,
    count: Option<i64>,
    by_rules: bool,
}

/// Each limit that passed said so once and took its ticket up one level, once in a run; nothing was left out.
fn check_clocks(server: &TestServer, alone: &[LeftAlone], before: u64) -> Climbs {
    let mut of: BTreeMap<String, Vec<Happened>> = BTreeMap::new();
    let members = ["version", "level", "from_level", "to_level", "cause", "clock.run", "count", "nudger.id"];
    let members = members.map(|path| server.member("data", path)).join(", ");
    let sql = format!(
        "SELECT subject_id, seq, kind, {members} FROM events \
         WHERE seq > {before} AND subject_kind = 'ticket' AND subject_id IN \
         (SELECT id FROM tickets WHERE kind = 'dispute') ORDER BY seq;"
    );
    for row in server.sql(&sql) {
        let number = |index: usize| row[index].parse::<i64>().ok();
        of.entry(row[0].clone()).or_default().push(Happened {
            seq: row[1].parse().unwrap(),
            kind: row[2].clone(),
            version: row[3].parse().unwrap(),
            level: number(4),
            from: number(5),
            to: number(6),
            cause: row[7].clone(),
            run: number(8),
            count: number(9),
            by_rules: row[10].is_empty(),
        });
    }
    let sql = "SELECT id, version, state, overdue, LENGTH(handling_path) / 4, timer_at FROM tickets \
               WHERE kind = 'dispute';";
    let rows: BTreeMap<String, Vec<String>> = server.sql(sql).into_iter().map(|row| (row[0].clone(), row)).collect();
    let mut climbs = Climbs::default();
    for alone in alone {
        let happened = &of[&alone.ticket];
        let timeline: Vec<Seen> = happened.iter().map(|one| (one.seq, one.kind.clone())).collect();
        assert_told(&timeline, &alone.steps, |kind| {
            matches!(
                kind,
                "ticket.due_soon" | "ticket.overdue" | "ticket.level_vacant" | "ticket.escalated" | "ticket.nudged"
            )
        });
        let row = &rows[&alone.ticket];
        assert!(happened.iter().map(|one| one.version).eq(1..=row[1].parse().unwrap()), "{timeline:?}");
        let (level, late) = follow(happened, &mut climbs);
        let open = matches!(row[2].as_str(), "submitted" | "accepted");
        assert!(!open || row[3] == i64::from(late).to_string(), "{row:?} after {timeline:?}");
        assert_eq!(row[4], level.to_string(), "{row:?} after {timeline:?}");
        // Even at the top, late, it waits for the next nudge.
        assert_eq!(row[5].is_empty(), !open, "{row:?} after {timeline:?}");
    }
    climbs
}

/// Follows one ticket; answers its level in the end and whether it is late.
fn follow(happened: &[Happened], climbs: &mut Climbs) -> (i64, bool) {
    let (mut level, mut run, mut late, mut nudges) = (GROUP, Some(1), false, 0);
    let (mut overdue, mut reached) = (BTreeSet::new(), BTreeSet::new());
    // A limit that passed below the top, and still has to take its ticket up.
    let mut owes = None;
    for one in happened {
        assert!(
            owes.is_none() || matches!(one.kind.as_str(), "ticket.level_vacant" | "ticket.escalated"),
            "event {} comes between a limit and its escalation",
            one.seq
        );
        match one.kind.as_str() {
            "ticket.accepted" => (run, late) = (one.run, false),
            "ticket.overdue" => {
                assert_eq!((one.level, one.run), (Some(level), run), "event {}", one.seq);
                assert!(overdue.insert((run, level)), "event {}: the limit of level {level} passed twice", one.seq);
                owes = (level > 1).then_some(level);
                late = true;
                climbs.overdue += 1;
            }
            "ticket.escalated" => {
                let to = one.to.unwrap();
                assert_eq!((one.from, one.run), (Some(level), run), "event {}", one.seq);
                assert!(to < level && reached.insert((run, to)), "event {}: level {to} was reached twice", one.seq);
                let own = matches!(one.cause.as_str(), "not_accepted" | "not_completed");
                assert_eq!(owes.take().is_some(), own, "event {}: {}", one.seq, one.cause);
                level = to;
                *climbs.escalated.entry(one.cause.clone()).or_default() += 1;
            }
            "ticket.nudged" => {
                nudges += 1;
                assert_eq!(one.count, Some(nudges), "event {}", one.seq);
                climbs.nudged += usize::from(one.by_rules);
            }
            _ => {}
        }
    }
    assert_eq!(owes, None, "a limit passed and nothing followed");
    (level, late)
}

/// Everybody's inbox holds what the log says that person was told, each once, and nothing else.
fn check_inboxes(server: &TestServer) -> usize {
    let words = ["type", "urgency", "title", "text", "subject.id"].map(|path| server.member("data", path)).join(", ");
    let told = server.sql(&format!(
        "SELECT subject_id, audience, at, {words} FROM events WHERE kind = 'inbox.notified' ORDER BY seq;"
    ));
    let mut expected = BTreeSet::new();
    for row in told {
        let readers: Vec<String> = serde_json::from_str(&row[1]).unwrap();
        assert!(!readers.is_empty(), "{row:?}");
        for reader in readers {
            let mut item = vec![format!("{reader}:{}", row[0]), reader];
            item.extend_from_slice(&row[2..]);
            assert!(expected.insert(item), "told twice: {row:?}");
        }
    }
    let sql = "SELECT id, account_id, at, kind, urgency, title, text, subject_id FROM notifications;";
    let stored: BTreeSet<Vec<String>> = server.sql(sql).into_iter().collect();
    let (lost, invented): (Vec<_>, Vec<_>) =
        (expected.difference(&stored).collect(), stored.difference(&expected).collect());
    assert!(lost.is_empty() && invented.is_empty(), "lost {lost:#?}, invented {invented:#?}");
    stored.len()
}

/// What was important since `before` went out by SMS, by itself or with another, each once.
fn check_messages(server: &TestServer, before: u64) -> usize {
    let since = server.sql(&format!("SELECT at FROM events WHERE seq = {before};"))[0][0].clone();
    let important = server.sql(&format!(
        "SELECT id FROM notifications WHERE urgency <> 'normal' AND subject_id IN \
         (SELECT subject_id FROM events WHERE seq > {before}) AND at > {since};"
    ));
    let sql = "SELECT id, state, reference FROM deliveries WHERE notification_id IS NOT NULL AND channel = 'sms';";
    let deliveries: BTreeMap<String, (String, String)> =
        server.sql(sql).into_iter().map(|row| (row[0].clone(), (row[1].clone(), row[2].clone()))).collect();
    let sent: BTreeSet<&String> =
        deliveries.iter().filter(|(_, (state, _))| state == "sent").map(|(key, _)| key).collect();
    for row in &important {
        let key = format!("{}:sms", row[0]);
        let (state, reference) = deliveries.get(&key).unwrap_or_else(|| panic!("{key} was never sent"));
        match state.as_str() {
            "sent" => {}
            "not_needed" => {
                let with = reference.strip_prefix("told with ").map(str::to_owned);
                assert!(with.is_some_and(|with| sent.contains(&with)), "{key}: {reference}");
            }
            other => panic!("{key} is {other}"),
        }
    }
    assert_eq!(important.len(), deliveries.len(), "nothing else went out");
    let mut lines = BTreeSet::new();
    for line in server.outbox("sms").into_iter().filter(|line| line["code"].is_null()) {
        let key = text(&line["key"]);
        assert!(sent.contains(&key), "{key} is in the outbox and not sent");
        assert!(lines.insert(key.clone()), "{key} is in the outbox twice");
    }
    assert_eq!(lines.len(), sent.len(), "sent and not in the outbox");
    sent.len()
}
