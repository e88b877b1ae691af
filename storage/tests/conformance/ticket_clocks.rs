//! The clock of a ticket comes back as it was written, whatever happened to it, and its next moment is a deadline.

use lianxin_domain::clock::Timestamp;
use lianxin_domain::service_level::{Limit, LimitClock, LimitUnit, Purpose};
use lianxin_domain::ticket::{Command, ExtensionRequest, Pause, PauseReason, Ticket, TicketClock};
use lianxin_storage::check::{CheckReport, check};
use lianxin_storage::files::FileStore;
use lianxin_storage::tickets::deadline_of;

use crate::support::{Fresh, NOON, Store};
use crate::tickets::assert_stored;
use crate::village::{Village, person, request};

on_both!(
    pauses_and_an_extension_come_back,
    a_limit_that_passes_at_every_level_comes_back_until_the_end,
    nudges_that_nobody_answers_move_the_next_moment,
    a_rule_that_changes_moves_the_deadline,
    every_part_of_a_clock_comes_back,
    a_new_request_that_nobody_serves_is_stored_where_it_climbed_to,
);

/// The ticket comes back, and exactly its next moment is a deadline.
async fn assert_runs(store: &Store, ticket: &Ticket) {
    assert_stored(store, ticket).await;
    let deadlines = store.deadlines.before(NOON.plus_millis(i64::MAX / 2), None, 10).await.unwrap();
    assert_eq!(deadlines, Vec::from_iter(ticket.next_timer().map(|at| deadline_of(ticket.id, at))));
}

async fn assert_clean(fresh: &Fresh, store: &Store, deadlines: usize) {
    let files = FileStore::in_folder(fresh.folder.path()).unwrap();
    let report = check(&store.database, &files).await.unwrap();
    assert_eq!((report.deadlines, &report.differences), (deadlines, &Vec::new()));
}

fn pause(reason: PauseReason, note: Option<&str>) -> Command {
    Command::Pause { reason, note: note.map(str::to_owned) }
}

async fn pauses_and_an_extension_come_back(fresh: &Fresh) {
    let store = fresh.open().await;
    let mut world = Village::new(&store, 1);
    world.rules.levels.finish = Limit::working(5, LimitUnit::Workdays);
    world.rules.calendar.version = 7;
    world.rules.levels.version = 9;
    let mut ticket = world.submit(&store, request(&store, &world.resident, "路"), &world.group).await;
    assert_runs(&store, &ticket).await;
    let ask = Command::RequestExtension {
        limit: Limit::working(3, LimitUnit::Workdays),
        reason: "等“材料”\n😀".to_owned(),
    };
    let decide = |approved| Command::DecideExtension { approved, note: Some("研究过了".to_owned()) };
    let comment = Command::Comment { text: "补充：在村口".to_owned(), attachments: Vec::new() };
    for (command, caller) in [
        (Command::Accept, &world.worker),
        (pause(PauseReason::WaitingForSubmitter, None), &world.worker),
        (comment, &world.resident),
        (pause(PauseReason::Other, Some("“下雨”\n")), &world.worker),
        (Command::Resume, &world.leader),
        (ask.clone(), &world.worker),
        (decide(false), &world.leader),
        (ask, &world.worker),
        (pause(PauseReason::ForceMajeure, Some("洪水")), &world.worker),
        (decide(true), &world.leader),
    ] {
        store.clock.advance(61_001);
        world.act(&store, &mut ticket, command, caller).await;
        assert_runs(&store, &ticket).await;
    }
    let clock = ticket.clock.clone().unwrap();
    assert_eq!((clock.pauses.len(), clock.levels_version, clock.calendar_version), (3, 9, 7));
    assert_eq!(clock.extension, Some(Limit::working(3, LimitUnit::Workdays)));
    assert_eq!(ticket.next_timer(), clock.open_pause().map(|pause| pause.until));
    // It goes on by itself.
    world.wait(&store, &mut ticket).await;
    assert!(ticket.clock.as_ref().unwrap().open_pause().is_none());
    assert_runs(&store, &ticket).await;
    assert_clean(fresh, &store, 1).await;
    let done = Command::Complete { note: "好".to_owned(), attachments: Vec::new() };
    world.act(&store, &mut ticket, done, &world.worker).await;
    assert_eq!((&ticket.clock, ticket.next_timer()), (&None, None));
    assert_runs(&store, &ticket).await;
    assert_clean(fresh, &store, 0).await;
}

async fn a_limit_that_passes_at_every_level_comes_back_until_the_end(fresh: &Fresh) {
    let store = fresh.open().await;
    let mut world = Village::new(&store, 1);
    let mut ticket = world.submit(&store, request(&store, &world.resident, "路"), &world.group).await;
    let mut levels = vec![ticket.handling_path.level()];
    while ticket.next_timer().is_some() {
        world.wait(&store, &mut ticket).await;
        assert_runs(&store, &ticket).await;
        levels.push(ticket.handling_path.level());
        assert!(levels.len() < 20, "{levels:?}");
    }
    // A warning and an end at each level.
    assert_eq!(levels, [4, 4, 3, 3, 2, 2, 1, 1, 1]);
    let clock = ticket.clock.clone().unwrap();
    assert!(clock.overdue && clock.ended && ticket.is_overdue());
    assert_clean(fresh, &store, 0).await;
    // It is open still, so whoever takes it starts a new clock; the rules may nudge it now.
    world.rules.levels.nudge_repeat = Some(Limit::continuous(2, LimitUnit::Hours));
    world.act(&store, &mut ticket, Command::Accept, &world.worker).await;
    assert_runs(&store, &ticket).await;
    for _ in 0..4 {
        world.wait(&store, &mut ticket).await;
        assert_runs(&store, &ticket).await;
    }
    let clock = ticket.clock.as_ref().unwrap();
    assert!(clock.ended && clock.repeat_at.is_some());
    assert_eq!(ticket.nudges.as_ref().map(|nudges| (nudges.count, nudges.last_by.clone())), Some((2, None)));
    assert_clean(fresh, &store, 1).await;
}

async fn nudges_that_nobody_answers_move_the_next_moment(fresh: &Fresh) {
    let store = fresh.open().await;
    let mut world = Village::new(&store, 1);
    world.rules.levels.nudge_answer = Some(Limit::continuous(5, LimitUnit::Minutes));
    let mut ticket = world.submit(&store, request(&store, &world.resident, "路"), &world.group).await;
    let nudge = || Command::Nudge { note: None };
    world.act(&store, &mut ticket, nudge(), &world.leader).await;
    assert_eq!(ticket.next_timer(), Some(NOON.plus_millis(300_000)));
    assert_runs(&store, &ticket).await;
    world.act(&store, &mut ticket, Command::ReadNudge, &world.worker).await;
    assert_runs(&store, &ticket).await;
    assert_eq!(ticket.next_timer(), ticket.clock.as_ref().unwrap().warn_at);
    store.clock.advance(660_000);
    world.act(&store, &mut ticket, nudge(), &world.leader).await;
    assert_runs(&store, &ticket).await;
    world.wait(&store, &mut ticket).await;
    assert_eq!(ticket.handling_path, world.village.path);
    assert_runs(&store, &ticket).await;
    assert_clean(fresh, &store, 1).await;
}

async fn a_rule_that_changes_moves_the_deadline(fresh: &Fresh) {
    let store = fresh.open().await;
    let mut world = Village::new(&store, 1);
    let mut ticket = world.submit(&store, request(&store, &world.resident, "路"), &world.group).await;
    let before = ticket.next_timer();
    world.rules.levels.accept = Limit::working(2, LimitUnit::Hours);
    world.rules.levels.version = 2;
    let moved = world.around(&world.group, |context| ticket.decide_rules_changed(context, NOON)).unwrap();
    world.happen(&store, &mut ticket, &[moved]).await;
    assert!(ticket.next_timer() > before);
    assert_eq!(ticket.clock.as_ref().unwrap().levels_version, 2);
    assert_runs(&store, &ticket).await;
    assert_clean(fresh, &store, 1).await;
}

/// Clocks that are different in every field, some as no rule would make them.
fn clocks(world: &Village) -> Vec<TicketClock> {
    let at = |minutes: i64| NOON.plus_millis(minutes * 60_000 + 1);
    let pause = |reason, to: Option<Timestamp>, note: Option<&str>| Pause {
        from: at(-3),
        to,
        until: at(900),
        reason,
        note: note.map(str::to_owned),
        by: person(&world.worker),
    };
    let plain = TicketClock::start(Purpose::Accept, 1, "suggestion", 4, NOON, &world.rules);
    let units = [LimitUnit::Minutes, LimitUnit::Hours, LimitUnit::Workdays];
    let limits = units.iter().flat_map(|unit| {
        [LimitClock::Working, LimitClock::Continuous].map(|clock| Limit { value: 7, unit: *unit, clock })
    });
    let mut clocks: Vec<TicketClock> =
        limits.map(|limit| TicketClock { limit, extension: Some(limit), extended: true, ..plain.clone() }).collect();
    clocks.push(TicketClock {
        run: u32::MAX,
        purpose: Purpose::Finish,
        level: 1,
        started_at: at(-99),
        pauses: vec![
            pause(PauseReason::WaitingForSubmitter, Some(at(1)), None),
            pause(PauseReason::WaitingForDepartment, Some(at(2)), Some("")),
            pause(PauseReason::ForceMajeure, Some(at(3)), Some("“台风”'\\\n😀")),
            pause(PauseReason::Other, None, Some("其他")),
        ],
        levels_version: u32::MAX,
        calendar_version: 3,
        due_at: at(50),
        warn_at: Some(at(40)),
        overdue: true,
        ended: false,
        repeat_at: Some(at(45)),
        ..plain.clone()
    });
    clocks.push(TicketClock { warn_at: None, repeat_at: None, ended: true, extended: true, ..plain.clone() });
    // Before and far behind our times, to the millisecond.
    clocks.push(TicketClock {
        started_at: Timestamp::from_millis(-1),
        due_at: Timestamp::from_millis(1),
        ..plain.clone()
    });
    clocks.push(TicketClock { due_at: NOON.plus_millis(100 * 365 * 86_400_000 + 7), ..plain });
    assert_eq!(clocks.len(), 10);
    clocks
}

async fn every_part_of_a_clock_comes_back(fresh: &Fresh) {
    let store = fresh.open().await;
    let world = Village::new(&store, 1);
    let mut running = 0;
    for (number, clock) in clocks(&world).into_iter().enumerate() {
        let steps = world.send(request(&store, &world.resident, "路"), &world.group, NOON);
        let mut ticket = steps[0].1.clone();
        ticket.extension_request = (number % 2 == 0).then(|| ExtensionRequest {
            limit: clock.limit,
            reason: "“理由”\n".to_owned(),
            by: person(&world.worker),
            at: NOON.plus_millis(-7),
        });
        ticket.clock = Some(clock);
        store.write(store.tickets.writes(None, &ticket)).await.unwrap();
        assert_stored(&store, &ticket).await;
        running += usize::from(ticket.next_timer().is_some());
        // And once more through an update.
        let mut after = ticket.clone();
        after.version += 1;
        after.extension_request = None;
        store.write(store.tickets.writes(Some(&ticket), &after)).await.unwrap();
        assert_stored(&store, &after).await;
    }
    assert_eq!(running, 9);
    assert_clean(fresh, &store, running).await;
}

async fn a_new_request_that_nobody_serves_is_stored_where_it_climbed_to(fresh: &Fresh) {
    let store = fresh.open().await;
    let world = Village::new(&store, 1);
    let ticket = world.submit(&store, request(&store, &world.resident, "路"), &world.neighbour).await;
    assert_eq!((&ticket.handling_path, ticket.version), (&world.town.path, 3));
    assert_runs(&store, &ticket).await;
    assert_eq!(store.log.head(), 3);
    let files = FileStore::in_folder(fresh.folder.path()).unwrap();
    let expected = CheckReport { grids: 1, events: 3, deadlines: 1, ..CheckReport::default() };
    assert_eq!(check(&store.database, &files).await.unwrap(), expected);
}
