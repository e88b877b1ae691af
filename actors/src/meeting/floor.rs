//! A hall at work: what is known of it, whose change is under way, and who waits for a turn. Pure: no actor, no I/O.
//!
//! One thing at a time happens to a person on the list; people do not wait for one another. What concerns the meeting as a
//! whole waits until everything that was decided before has come back, and everything behind it waits for that.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;

use lianxin_domain::event::Event;
use lianxin_domain::ids::{AccountId, MemberId};
use lianxin_domain::meeting::{Command, Followed, Hall, LoggedEvent, MeetingEvent};

/// Whom a command is about; two of the same person take turns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum About {
    /// Somebody on the list.
    Person(MemberId),
    /// The meeting as a whole.
    Meeting,
}

/// Something that somebody asks for in a meeting.
pub trait Asked {
    /// What.
    fn command(&self) -> &Command;
    /// Who; nobody: the clock.
    fn account_id(&self) -> Option<AccountId>;
}

/// A hall at work, with those who ask for something there.
pub struct Floor<A> {
    hall: Option<Hall>,
    /// The hall holds everything up to this number of the log.
    as_of: u64,
    /// The hall has to be read anew as soon as nothing is under way.
    outdated: bool,
    reading: bool,
    /// Something decided here did not come to pass, as far as is known.
    uncertain: bool,
    /// Whose change is decided and has not come back from the log.
    under_way: HashSet<About>,
    waiting: VecDeque<A>,
    /// What came from the log while the hall was being read.
    missed: Vec<Arc<Event>>,
}

impl<A> Default for Floor<A> {
    fn default() -> Self {
        Self {
            hall: None,
            as_of: 0,
            outdated: true,
            reading: false,
            uncertain: false,
            under_way: HashSet::new(),
            waiting: VecDeque::new(),
            missed: Vec::new(),
        }
    }
}

impl<A> Floor<A> {
    /// The hall as it was last known.
    pub const fn hall(&self) -> Option<&Hall> {
        self.hall.as_ref()
    }

    /// The hall, unless it has to be read anew.
    pub fn current(&self) -> Option<&Hall> {
        self.hall.as_ref().filter(|_| !self.outdated)
    }

    /// The number of the log up to which the hall holds everything.
    pub const fn as_of(&self) -> u64 {
        self.as_of
    }

    /// Whether the hall has to be read anew.
    pub const fn is_outdated(&self) -> bool {
        self.outdated
    }

    /// What is known cannot be trusted any more.
    pub const fn outdate(&mut self) {
        self.outdated = true;
    }

    /// How many wait for a turn.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Whether somebody is not done yet.
    pub fn is_busy(&self) -> bool {
        self.reading || !self.under_way.is_empty() || !self.waiting.is_empty()
    }

    /// Answers whether the hall may be read now; then it is being read until [`end_reading`](Self::end_reading). While
    /// something is under way it may not: it is read when that has come back.
    pub fn begin_reading(&mut self) -> bool {
        let begins = !self.reading && self.under_way.is_empty();
        self.reading |= begins;
        begins
    }

    /// The hall was read, or could not be.
    pub const fn end_reading(&mut self) {
        self.reading = false;
    }

    /// Takes over the hall that was read at number `as_of` or later, and what came from the log meanwhile; answers as
    /// [`follow`](Self::follow).
    pub fn take_hall(&mut self, as_of: u64, hall: Hall) -> Option<bool> {
        self.hall = Some(hall);
        self.as_of = self.as_of.max(as_of);
        self.outdated = false;
        let missed = std::mem::take(&mut self.missed);
        let uncertain =
            std::mem::take(&mut self.uncertain) && self.hall.as_ref().is_some_and(|hall| hall.meeting().counts());
        self.follow(&missed).map(|to_count| to_count || uncertain)
    }

    /// Takes over what was committed. Answers whether what attendance comes to may have changed; nothing when it has to
    /// wait until the hall is read.
    pub fn follow(&mut self, events: &[Arc<Event>]) -> Option<bool> {
        let Some(hall) = self.hall.as_mut().filter(|_| !self.reading) else {
            self.missed.extend(events.iter().cloned());
            return None;
        };
        let mut to_count = false;
        for event in events {
            self.as_of = self.as_of.max(event.seq);
            let Some(logged) = LoggedEvent::read(&event.kind, &event.data) else { continue };
            if hall.follow(&logged, event.at) == Followed::Missing {
                self.outdated = true;
            }
            // A launch lists many in parts and ends with its own event.
            let goes_on = matches!(logged.event, MeetingEvent::Listed { .. }) && !hall.meeting().state.is_open();
            if !goes_on {
                let about = logged.event.turn_of().map_or(About::Meeting, About::Person);
                self.under_way.remove(&about);
            }
            to_count |= hall.meeting().counts();
        }
        Some(to_count)
    }

    /// Somebody asks for something, behind all who asked before.
    pub fn ask(&mut self, act: A) {
        self.waiting.push_back(act);
    }

    /// What was decided for `about` did not come to pass: the hall has to be read anew.
    pub fn failed(&mut self, about: About) {
        self.under_way.remove(&about);
        self.outdated = true;
        self.uncertain = true;
    }

    /// Somebody's command is to be decided anew, before all who wait.
    pub fn ask_again(&mut self, act: A) {
        self.waiting.push_front(act);
    }

    /// All who wait, who wait no more.
    pub fn give_up(&mut self) -> impl Iterator<Item = A> + '_ {
        self.waiting.drain(..)
    }
}

impl<A: Asked> Floor<A> {
    /// Lets everybody begin whose turn it is; nobody while the hall has to be read anew. `begin` decides in the hall, which
    /// is as of the number that it gets, and answers whether a change is under way.
    pub fn go_on(&mut self, mut begin: impl FnMut(&mut Hall, u64, About, A) -> bool) {
        if self.outdated {
            return;
        }
        let Some(hall) = &mut self.hall else { return };
        let mut held = HashSet::new();
        let mut still = VecDeque::new();
        while let Some(act) = self.waiting.pop_front() {
            let about = about(hall, &act);
            let free = match about {
                About::Meeting => self.under_way.is_empty() && held.is_empty(),
                About::Person(_) => !self.under_way.contains(&about) && !held.contains(&about),
            };
            if free && !self.under_way.contains(&About::Meeting) {
                if begin(hall, self.as_of, about, act) {
                    self.under_way.insert(about);
                }
            } else if about == About::Meeting || self.under_way.contains(&About::Meeting) {
                still.push_back(act);
                break;
            } else {
                held.insert(about);
                still.push_back(act);
            }
        }
        while let Some(act) = still.pop_back() {
            self.waiting.push_front(act);
        }
    }
}

/// Whom a command is about.
fn about(hall: &Hall, act: &impl Asked) -> About {
    let own = || hall.of_account(act.account_id()?).map(|own| own.member_id);
    let person = match act.command() {
        Command::Reply { .. }
        | Command::SignUp
        | Command::AskLeave { .. }
        | Command::WithdrawLeave
        | Command::SignIn(_)
        | Command::SignInOnline { .. }
        | Command::CastBallot { .. }
        | Command::RaiseHand => own(),
        Command::SignOut { member_id } | Command::LowerHand { member_id } => member_id.or_else(own),
        Command::DecideLeave { member_id, .. } | Command::SignInManually { member_id, .. } => Some(*member_id),
        _ => None,
    };
    // Who is on no list is refused at once, and needs no turn of the meeting's.
    person.map_or(About::Meeting, About::Person)
}
