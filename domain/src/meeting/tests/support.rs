//! A branch with its people, and meetings of it.

use proptest::prelude::Strategy;

use crate::clock::Timestamp;
use crate::ids::{AccountId, EntityId, MeetingId, MemberId, OrganisationId};
use crate::meeting::*;
use crate::person::PersonRef;
use crate::problem::Refusal;
use crate::tree::TreePath;

pub const MINUTE: i64 = 60_000;

/// Minutes after the planned begin.
pub fn at(minutes: i64) -> Timestamp {
    Timestamp::from_millis(1_795_240_800_000 + minutes * MINUTE)
}

pub fn id<I: EntityId>(number: u128) -> I {
    I::from_uuid(uuid::Uuid::from_u128(number))
}

pub fn member(number: u128) -> MemberId {
    id(1_000 + number)
}

fn account(number: u128) -> AccountId {
    id(2_000 + number)
}

/// The host is number 0; whoever is not on the list has a number beyond it.
pub fn person(number: u128) -> Party {
    Party {
        person: PersonRef { id: account(number), name: format!("党员{number}") },
        manages: number == 0,
        oversees: false,
    }
}

pub fn invitee(number: u128) -> Invitee {
    Invitee {
        member_id: member(number),
        account_id: Some(account(number)),
        name: format!("党员{number}"),
        organisation_id: Some(id::<OrganisationId>(1)),
        // The last of ten is probationary.
        standing: if number % 10 == 9 { Standing::Probationary } else { Standing::Full },
        photo: None,
    }
}

pub fn plan() -> Plan {
    Plan {
        topic: "第四季度党员大会".to_owned(),
        type_code: "general_meeting".to_owned(),
        host: person(0).person,
        recorder: None,
        starts_at: at(0),
        ends_at: at(120),
        mode: Mode::Hybrid,
        place: "村部会议室".to_owned(),
        video_link: None,
        content: String::new(),
        attachments: Vec::new(),
        invited: Invited { whole_branch: true, ..Invited::default() },
        sign_up: Some(SignUp { deadline: at(-60) }),
        sign_in: SignInRules { late_after_minutes: 5, ..SignInRules::default() },
        agenda: vec![
            AgendaItem { title: "学习".to_owned(), minutes: 30, presenter: None },
            AgendaItem { title: "讨论".to_owned(), minutes: 0, presenter: None },
        ],
    }
}

/// A hall and all that happened in it.
#[derive(Clone)]
pub struct Play {
    pub hall: Hall,
    pub log: Vec<(MeetingEvent, Timestamp)>,
}

impl Play {
    pub fn drafted() -> Self {
        Self { hall: empty_hall(), log: Vec::new() }
    }

    pub fn launched(people: u128) -> Self {
        let mut play = Self::drafted();
        play.play(&Command::Launch((0..people).map(invitee).collect()), 0, at(-1_000)).unwrap();
        play
    }

    pub fn running(people: u128) -> Self {
        let mut play = Self::launched(people);
        play.play(&Command::Start, 0, at(0)).unwrap();
        play
    }

    /// Does it; answers how many things happened, or the code of the refusal.
    pub fn play(&mut self, command: &Command, by: u128, now: Timestamp) -> Result<usize, &'static str> {
        let events = self.hall.decide(command, &person(by), now).map_err(|refusal: Refusal| refusal.code)?;
        for event in &events {
            self.hall.apply(event, now);
            self.log.push((event.clone(), now));
        }
        Ok(events.len())
    }

    pub fn scan(&mut self, by: u128, device: u8, now: Timestamp) -> Result<usize, &'static str> {
        self.play(&scan(device, now), by, now)
    }

    pub fn status(&self, number: u128) -> Status {
        self.hall.status(self.hall.attendee(member(number)).unwrap())
    }

    /// The same hall from the log alone, through JSON as it is stored.
    pub fn replayed(&self) -> Hall {
        let mut hall = empty_hall();
        for (event, at) in &self.log {
            let stored = serde_json::to_string(event).unwrap();
            hall.apply(&serde_json::from_str(&stored).unwrap(), *at);
        }
        hall
    }
}

/// What a phone brings that scanned the code just now.
pub fn scan(device: u8, now: Timestamp) -> Command {
    let device = DeviceId([device; 16]);
    let claim = Claim { meeting_id: id(1), slot: slot_of(now), claimed_at: now, device, nonce: [0; 16] };
    Command::SignIn(SignIn { claim, fix: None })
}

fn empty_hall() -> Hall {
    let branch = (id(1), TreePath::root(1));
    let meeting = Meeting::draft(id::<MeetingId>(1), 1, branch, person(0).person, at(-2_000), plan());
    Hall::new(meeting, [])
}

/// Anything that people may try, at any time; most of it is refused.
pub fn anything() -> impl Strategy<Value = (u128, u8, i64)> {
    (0_u128..14, 0_u8..16, 0_i64..6)
}

impl Play {
    /// Lets somebody try something, some minutes after `now`.
    pub fn try_anything(&mut self, (by, what, minutes): (u128, u8, i64), now: &mut Timestamp) {
        *now = now.plus_millis(minutes * MINUTE);
        let other = member((by + 1) % 12);
        let command = match what {
            0 => Command::Start,
            1 if by == 0 => Command::End,
            2 => Command::SignOut { member_id: None },
            3 => Command::AskLeave { reason: "有事".to_owned() },
            4 => Command::DecideLeave {
                member_id: other, approved: minutes % 2 == 0, note: Some("知道了".to_owned())
            },
            5 => Command::Substitute { of: None, by: invitee(20 + by) },
            6 => Command::AddGuest(invitee(40 + by)),
            7 => Command::SignInManually { member_id: other, reason: "代签".to_owned() },
            8 => Command::SignOut { member_id: Some(other) },
            9 => Command::MoveAgenda { index: Some(u32::try_from(minutes).unwrap() % 3) },
            12 => Command::RaiseHand,
            13 => Command::LowerHand { member_id: None },
            14 => Command::LowerHand { member_id: Some(other) },
            15 => Command::SignInOnline { device: DeviceId([u8::try_from(by).unwrap(); 16]) },
            _ => scan(u8::try_from(by).unwrap(), *now),
        };
        let by = if what == 10 { by + 20 } else { by };
        let _ = self.play(&command, by, *now);
    }
}
