//! Tables of what tickets answer; here stand the tickets and people that the tables are about.

mod escalation;
mod known;
mod known_bugs;
mod laws;
mod matrix;
mod nudges;
mod oracle;
mod pauses;
mod play;
mod rules_change;
mod time;
mod words;

use super::*;
use crate::access::Standing;
use crate::attachment::AttachmentKind;
use crate::calendar::WorkingCalendar;
use crate::grid::{GridStatus, Ladder, LadderStep};
use crate::ids::EntityId;
use crate::problem::{Refusal, RefusalKind};
use crate::service_level::{Limit, LimitUnit, Purpose, ServiceLevels, TimeRules};
use play::{Play, Setting, local};

const NOON: Timestamp = Timestamp::from_millis(1_795_241_527_000);
const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

fn id<I: EntityId>(number: u128) -> I {
    I::from_uuid(uuid::Uuid::from_u128(number))
}

fn person(number: u128, name: &str) -> PersonRef {
    PersonRef { id: id(number), name: name.to_owned() }
}

fn worker() -> PersonRef {
    person(7, "韦师傅")
}

fn file(number: u128, kind: AttachmentKind) -> AttachmentRef {
    AttachmentRef {
        id: id(number),
        kind,
        media_type: "image/jpeg".to_owned(),
        size: 1,
        name: None,
        duration_ms: None,
        width: None,
        height: None,
    }
}

fn files(count: u128) -> Vec<AttachmentRef> {
    (0..count).map(|number| file(number, AttachmentKind::Image)).collect()
}

/// The group below a village below a town below a county.
fn group() -> TreePath {
    TreePath::root(1).child(1).child(1).child(1)
}

/// The leader of the grid of a level.
fn leader(level: u8) -> PersonRef {
    person(10 + u128::from(level), "农支书")
}

/// The grids above the group; the flags say which of village, town and county have a leader.
fn ladder(led: [bool; 3]) -> Ladder {
    let mut path = group();
    let mut steps = Vec::new();
    for has_leader in led {
        path = path.parent().unwrap_or(path);
        let level = path.level();
        let leaders = has_leader.then(|| leader(level)).into_iter().collect();
        steps.push(LadderStep { grid_id: id(u128::from(level)), path: path.clone(), leaders });
    }
    Ladder(steps)
}

/// Who serves the group.
fn staff() -> Vec<PersonRef> {
    vec![worker(), person(8, "黄师傅")]
}

fn new_ticket(content: &str) -> NewTicket {
    NewTicket {
        id: id(100),
        number: "T100".to_owned(),
        kind: "suggestion".to_owned(),
        content: content.to_owned(),
        form: serde_json::json!({}),
        attachments: Vec::new(),
        location: None,
        on_behalf: None,
        also_village: false,
        emergency: false,
        submitter: person(1, "覃大姐"),
    }
}

fn submit_to(new: NewTicket, grid_status: GridStatus, profile_complete: bool) -> Result<Ticket, Refusal> {
    let (rules, ladder, staff) = (TimeRules::default(), ladder([true; 3]), staff());
    let context = SubmitContext {
        grid_id: id(4),
        grid_path: &group(),
        grid_status,
        profile_complete,
        decision: DecisionContext { rules: &rules, ladder: &ladder, staff: &staff },
    };
    let (ticket, events) = Ticket::submit(new, &context, NOON)?;
    assert_eq!((ticket.version, events.len()), (1, 1), "somebody is there");
    Ok(ticket)
}

fn submit(new: NewTicket) -> Result<Ticket, Refusal> {
    submit_to(new, GridStatus::Active, true)
}

fn submitted() -> Ticket {
    submit(new_ticket("路灯坏了")).unwrap()
}

/// A ticket in each state, all events at noon.
fn in_state(state: StateName) -> Ticket {
    let clock = TicketClock::start(Purpose::Finish, 2, "suggestion", 4, NOON, &TimeRules::default());
    let accepted = TicketEvent::Accepted { handler: worker(), clock };
    let completed = TicketEvent::Completed { note: "换了灯泡".to_owned(), attachments: Vec::new() };
    let rated = TicketEvent::Rated { stars: 5, comment: None };
    let events = match state {
        StateName::Submitted => vec![],
        StateName::Accepted => vec![accepted],
        StateName::Completed => vec![accepted, completed],
        StateName::Rated => vec![accepted, completed, rated],
        StateName::Withdrawn => vec![TicketEvent::Withdrawn {}],
    };
    let ticket = events.iter().fold(submitted(), |ticket, event| ticket.after(event, NOON));
    assert_eq!(ticket.state_name(), state);
    ticket
}

fn nudged() -> TicketEvent {
    TicketEvent::Nudged {
        nudger: Some(leader(3)),
        to: staff(),
        note: None,
        folded: false,
        count: 1,
        answer_by: None,
        repeat_at: None,
    }
}

/// A command of `action` whose contents are right.
fn command(action: Action) -> Command {
    let text = || "好".to_owned();
    match action {
        Action::Accept => Command::Accept,
        Action::Complete => Command::Complete { note: text(), attachments: files(1) },
        Action::Return => Command::Return { reason: text() },
        Action::Reassign => Command::Reassign { handler: person(8, "黄师傅"), may_handle: true },
        Action::Nudge => Command::Nudge { note: None },
        Action::ReadNudge => Command::ReadNudge,
        Action::Withdraw => Command::Withdraw,
        Action::Rate => Command::Rate { stars: 5, comment: None },
        Action::Reopen => Command::Reopen { reason: text() },
        Action::Comment => Command::Comment { text: text(), attachments: Vec::new() },
        Action::Pause => Command::Pause { reason: PauseReason::WaitingForDepartment, note: None },
        Action::Resume => Command::Resume,
        Action::RequestExtension => {
            Command::RequestExtension { limit: Limit::continuous(2, LimitUnit::Hours), reason: text() }
        }
        Action::DecideExtension => Command::DecideExtension { approved: true, note: None },
        Action::MakeKnown => Command::MakeKnown { text: "路口的路灯不亮".to_owned(), private: false },
        Action::Conceal => Command::Conceal,
        Action::Join => Command::Join { profile_complete: true },
        Action::Leave => Command::Leave,
    }
}

/// All of them, but nobody decides on more time for himself.
const ALL_RIGHTS: Standing =
    Standing { visible: true, submitter: true, handler: true, may_handle: true, supervises: true };
const SUPERVISOR: Standing =
    Standing { visible: true, submitter: false, handler: false, may_handle: true, supervises: true };

fn decide_with(
    ticket: &Ticket,
    command: &Command,
    standing: Standing,
    ladder: &Ladder,
    now: Timestamp,
) -> Result<Vec<TicketEvent>, Refusal> {
    let (rules, staff) = (TimeRules::default(), staff());
    let context = DecisionContext { rules: &rules, ladder, staff: &staff };
    let party = Party { person: worker(), standing };
    ticket.decide(command, &party, &context, now)
}

fn decide(ticket: &Ticket, command: &Command, now: Timestamp) -> Result<Vec<TicketEvent>, Refusal> {
    decide_with(ticket, command, ALL_RIGHTS, &ladder([true; 3]), now)
}

fn code(result: &Result<Vec<TicketEvent>, Refusal>) -> &'static str {
    match result {
        Ok(_) => "ok",
        Err(refusal) => refusal.code,
    }
}

/// `field code` of each wrong field.
fn wrong<T>(result: Result<T, Refusal>) -> Vec<String> {
    let fields = result.err().map(|refusal| refusal.fields).unwrap_or_default();
    fields.iter().map(|error| format!("{} {}", error.field, error.code)).collect()
}
