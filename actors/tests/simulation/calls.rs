//! People who want something done: they call any node, and call again under the same key until they are answered.

use lianxin_domain::clock::Timestamp;
use lianxin_domain::ids::{GridId, TicketId};
use lianxin_domain::meeting::{Claim, Command as InMeeting, DeviceId, SignIn, StateName as InState, slot_of};
use lianxin_domain::service_level::{Limit, LimitUnit};
use lianxin_domain::ticket::{Command, NewTicket, PauseReason, StateName, Ticket};

use crate::cast::{Cast, FIRST_MEMBER, LEADERS, MEMBERS, RESIDENTS, WORKERS, id, meeting_id, member};
use crate::database::{Database, Stored};
use crate::dice::Dice;
use crate::node::{Attempt, Failure};
use crate::polls;

/// Requests in one play at most.
const TICKETS: usize = 5;

/// Somebody's call.
pub struct Call {
    pub person: usize,
    pub what: What,
    /// The first answer.
    pub answer: Option<Stored>,
    /// A rule said no: nobody calls again.
    pub refused: bool,
}

#[derive(Clone)]
pub enum What {
    Send(GridId),
    Act(TicketId, Command),
    Meet(InMeeting),
}

impl Call {
    pub const fn is_over(&self) -> bool {
        self.refused || self.answer.is_some()
    }

    /// Hears what became of a try.
    ///
    /// # Errors
    /// The answer is another one than before.
    pub fn hear(&mut self, result: Result<Stored, Failure>) -> Result<(), String> {
        match (&self.answer, result) {
            (None, Ok(stored)) => self.answer = Some(stored),
            (Some(first), Ok(stored)) if *first != stored => {
                return Err(format!("answered {first:?}, and then {stored:?}"));
            }
            (Some(first), Err(Failure::Refused(code))) => {
                return Err(format!("answered {first:?}, and then refused: {code}"));
            }
            (None, Err(Failure::Refused(_))) => self.refused = true,
            (_, Err(Failure::Unavailable)) | (Some(_), Ok(_)) => {}
        }
        Ok(())
    }

    /// Somebody wants something that is likely to be possible; so many of a hundred in the meeting, where they vote or not.
    pub fn some(
        dice: &mut Dice,
        world: (&Cast, &Database, Timestamp),
        number: usize,
        (in_meeting, voting): (usize, bool),
    ) -> Self {
        let (cast, database, now) = world;
        let tickets: Vec<&Ticket> = database.fold().tickets().values().collect();
        let hall = database.hall();
        let (person, what) = if voting && hall.meeting().state == InState::Running && dice.percent(60) {
            let (who, command) = polls::some(dice, hall, number);
            (FIRST_MEMBER + who, What::Meet(command))
        } else if dice.percent(in_meeting) {
            meet(dice, cast, database.hall().meeting().state, (number, now))
        } else if tickets.len() < 2 || (tickets.len() < TICKETS && dice.percent(10)) {
            (RESIDENTS[dice.below(2)], What::Send(cast.grids[3 + dice.below(2)]))
        } else {
            let ticket = tickets[dice.below(tickets.len())];
            act(dice, cast, ticket)
        };
        Self { person, what, answer: None, refused: false }
    }
}

/// The request of a try; each try would make another one.
pub fn request(cast: &Cast, attempt: Attempt) -> NewTicket {
    NewTicket {
        id: id((1 << 64) + attempt.number as u128),
        number: format!("T{}", attempt.number),
        kind: "suggestion".to_owned(),
        content: "路灯坏了".to_owned(),
        form: serde_json::json!({}),
        attachments: Vec::new(),
        location: None,
        on_behalf: None,
        also_village: false,
        emergency: false,
        submitter: cast.person(attempt.person),
    }
}

fn act(dice: &mut Dice, cast: &Cast, ticket: &Ticket) -> (usize, What) {
    let words = || "好".to_owned();
    let somebody = |account| cast.people.iter().position(|caller| caller.account_id == account);
    let submitter = somebody(ticket.submitter.id).unwrap_or(0);
    let handler = ticket.handler().and_then(|handler| somebody(handler.id)).unwrap_or(0);
    let leader = LEADERS[dice.below(3)];
    let own = if ticket.grid_id == cast.grids[3] { &WORKERS[..2] } else { &WORKERS[2..] };
    let worker = own[dice.below(own.len())];
    let pause = |reason| Command::Pause { reason, note: Some("等".to_owned()) };
    let (person, command) = match (ticket.state_name(), dice.below(16)) {
        (_, 0) => (submitter, Command::Comment { text: words(), attachments: Vec::new() }),
        (_, 1) => (leader, Command::Nudge { note: None }),
        (_, 2) => (handler, Command::ReadNudge),
        (StateName::Submitted, 3) => (submitter, Command::Withdraw),
        (StateName::Submitted, 4) => (leader, Command::Accept),
        (StateName::Submitted, 5) => (worker, Command::Return { reason: words() }),
        (StateName::Submitted, _) => (worker, Command::Accept),
        (StateName::Accepted, 3 | 4) => (handler, Command::Return { reason: words() }),
        (StateName::Accepted, 5 | 6) => (handler, pause(PauseReason::WaitingForSubmitter)),
        (StateName::Accepted, 7) => (handler, Command::Resume),
        (StateName::Accepted, 8) => {
            let limit = Limit::continuous(30, LimitUnit::Minutes);
            (handler, Command::RequestExtension { limit, reason: words() })
        }
        (StateName::Accepted, 9) => (leader, Command::DecideExtension { approved: true, note: None }),
        (StateName::Accepted, 10) => (leader, Command::Reassign { handler: cast.person(worker), may_handle: true }),
        (StateName::Accepted, _) => (handler, Command::Complete { note: words(), attachments: Vec::new() }),
        (_, 3..=8) => (submitter, Command::Reopen { reason: words() }),
        _ => (submitter, Command::Rate { stars: 4, comment: None }),
    };
    (person, What::Act(ticket.id, command))
}

fn meet(dice: &mut Dice, cast: &Cast, state: InState, (number, now): (usize, Timestamp)) -> (usize, What) {
    let (who, other) = (dice.below(MEMBERS), member(dice.below(MEMBERS)));
    let reason = || "有事".to_owned();
    let device = DeviceId([u8::try_from(dice.below(MEMBERS)).unwrap(); 16]);
    let mut nonce = [0; 16];
    nonce[..8].copy_from_slice(&(number as u64).to_be_bytes());
    let claim = Claim { meeting_id: meeting_id(), slot: slot_of(now), claimed_at: now, device, nonce };
    let (who, command) = match (dice.below(32), state) {
        (0..=6, InState::Launched) => (0, InMeeting::Start),
        (0 | 1, InState::Running) => (0, InMeeting::End),
        (2, InState::Running) => (0, InMeeting::MoveAgenda { index: Some(u32::from(dice.percent(50))) }),
        (3, InState::Running) => (0, InMeeting::LowerHand { member_id: Some(other) }),
        (0, _) => (0, InMeeting::Archive),
        (4, _) => (who, InMeeting::AskLeave { reason: reason() }),
        (5, _) => (who, InMeeting::WithdrawLeave),
        (6, _) => {
            let note = Some(reason());
            (0, InMeeting::DecideLeave { member_id: other, approved: dice.percent(50), note })
        }
        (7 | 8, _) => (0, InMeeting::SignInManually { member_id: other, reason: reason() }),
        (9, _) => (0, InMeeting::AddGuest(cast.invitee(MEMBERS + dice.below(3)))),
        (10, _) => (who, InMeeting::Substitute { of: None, by: cast.invitee(MEMBERS + 3 + who) }),
        (11 | 12, _) => (who, InMeeting::RaiseHand),
        (13, _) => (who, InMeeting::Reply { attending: true }),
        (14..=17, _) => (who, InMeeting::SignOut { member_id: None }),
        (18, _) => (0, InMeeting::SignOut { member_id: Some(other) }),
        (19..=22, _) => (who, InMeeting::SignInOnline { device }),
        _ => (who, InMeeting::SignIn(SignIn { claim, fix: None })),
    };
    (FIRST_MEMBER + who, What::Meet(command))
}
