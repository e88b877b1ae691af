//! The world: nodes over one database, people who call, clients who follow, and everything that goes wrong on the way.

use std::sync::Arc;

use lianxin_domain::clock::Timestamp;
use lianxin_domain::event::Event;
use lianxin_domain::meeting::{Command, Hall};
use lianxin_storage::change::Change;

use crate::calls::{Call, What, request};
use crate::cast::{Cast, FIRST_MEMBER, MEMBERS, MINUTE, START};
use crate::checks;
use crate::database::{Database, Stored};
use crate::dice::Dice;
use crate::live::Live;
use crate::mutation::Mutation;
use crate::node::{Attempt, Desk, Failure, Fate, Node, Reply, Work};
use crate::polls;
use crate::record::Record;
use crate::trouble::Trouble;

/// A place where a node runs, or does not.
pub struct Place {
    pub node: Option<Node>,
    /// The database can be reached from here.
    pub connected: bool,
    /// By how much the clock here is wrong.
    pub skew: i64,
}

pub struct World<'c> {
    pub cast: &'c Cast,
    pub mutation: Mutation,
    pub dice: Dice,
    /// How much of what people want is about the meeting.
    in_meeting: usize,
    /// Whether people vote there: in every third play.
    voting: bool,
    pub trouble: Trouble,
    pub time: i64,
    pub database: Database,
    pub places: Vec<Place>,
    pub calls: Vec<Call>,
    pub attempts: Vec<Attempt>,
    /// Who has not been told yet how far the log reaches.
    pub relay: Vec<(usize, Vec<Arc<Event>>)>,
    pub lives: Vec<Live>,
    pub record: Record,
    pub crashes: usize,
    pub wrong: Option<String>,
    trace: Option<Vec<String>>,
}

impl<'c> World<'c> {
    pub fn new(cast: &'c Cast, seed: u64, mutation: Mutation) -> Self {
        let mut dice = Dice::new(seed);
        let trouble = Trouble::some(&mut dice);
        let in_meeting = [10, 40, 90][dice.below(3)];
        let places = (0..2 + dice.below(2)).map(|_| Place {
            node: Some(Node::new(START)),
            connected: true,
            skew: if trouble.clocks > 0 { dice.between(-3 * MINUTE, 3 * MINUTE) } else { 0 },
        });
        let places = places.collect();
        let mut world = Self {
            cast,
            mutation,
            dice,
            in_meeting,
            voting: seed % 3 == 2,
            trouble,
            time: 0,
            database: Database::new(mutation),
            places,
            calls: Vec::new(),
            attempts: Vec::new(),
            relay: Vec::new(),
            lives: Live::all(cast),
            record: Record::default(),
            crashes: 0,
            wrong: None,
            trace: None,
        };
        world.launch();
        (0..world.places.len()).for_each(|place| world.at(place, |node, desk| node.work(Work::Load, desk)));
        world
    }

    /// Notes what happens, for whoever wants to know how it came to this.
    pub fn traced(mut self) -> Self {
        self.trace = Some(Vec::new());
        self
    }

    pub fn trace(&self) -> &[String] {
        self.trace.as_deref().unwrap_or_default()
    }

    pub fn note(&mut self, what: impl FnOnce() -> String) {
        if let Some(trace) = &mut self.trace {
            trace.push(format!("{:>4}. {}", trace.len() + 1, what()));
        }
    }

    /// The meeting is launched before anybody comes; where people vote, all of them are there and a vote is open.
    fn launch(&mut self) {
        let hall = Hall::new(self.cast.draft(), []);
        self.database.begin(hall);
        let invited = (0..MEMBERS).map(|number| self.cast.invitee(number)).collect();
        self.do_at_once(FIRST_MEMBER, &Command::Launch(invited));
        if self.voting {
            let commands = polls::begin(&mut self.dice);
            commands.iter().for_each(|(who, command)| self.do_at_once(FIRST_MEMBER + who, command));
        }
    }

    fn do_at_once(&mut self, person: usize, command: &Command) {
        let hall = self.database.hall();
        let events = hall.decide(command, &hall.party(&self.cast.people[person]), START).unwrap();
        let outcome = hall.outcome(&events, START);
        let mut change = Change::new(START, None, None);
        change.writes = lianxin_actors::meeting::hall_writes(hall, &outcome, START);
        change.writes.extend(lianxin_actors::meeting::vote_writes(hall, &outcome, &self.cast.sealer, START));
        for logged in &outcome.logged {
            let subject = lianxin_domain::event::Subject::new("meeting", hall.meeting().id);
            change.event(logged.event.kind(), subject, logged.data());
        }
        let wrong = self.database.commit(&[&change]).err();
        self.wrong = self.wrong.take().or(wrong);
    }

    pub fn now(&self) -> Timestamp {
        START.plus_millis(self.time)
    }

    pub fn at(&mut self, place: usize, work: impl FnOnce(&mut Node, &mut Desk<'_>)) {
        let now = self.now().plus_millis(self.places[place].skew);
        let head = self.database.head();
        let mut replies = Vec::new();
        if let Place { node: Some(node), connected, .. } = &mut self.places[place] {
            let mut desk = Desk {
                cast: self.cast,
                database: &mut self.database,
                mutation: self.mutation,
                now,
                connected: *connected,
                replies: &mut replies,
                wrong: &mut self.wrong,
            };
            work(node, &mut desk);
        }
        if self.database.head() > head {
            self.record.look(self.database.log(), &self.cast.directory);
            let told = self.database.after(head, usize::MAX);
            let others = (0..self.places.len()).filter(|other| *other != place);
            self.relay.extend(others.map(|other| (other, told.clone())));
        }
        for reply in replies {
            self.hear(reply);
        }
    }

    fn hear(&mut self, (attempt, result): Reply) {
        if self.dice.percent(self.trouble.lost_answers) {
            return self.note(|| format!("the answer to {attempt:?} is lost"));
        }
        self.note(|| format!("{attempt:?} hears {result:?}"));
        let result: Result<Stored, Failure> = result;
        if let Err(wrong) = self.calls[attempt.call].hear(result) {
            self.wrong.get_or_insert(format!("call {}: {wrong}", attempt.call));
        }
    }

    /// Lets `steps` things happen, and then everything come to rest.
    ///
    /// # Errors
    /// What should not have happened.
    pub fn play(&mut self, steps: usize) -> Result<(), String> {
        for _ in 0..steps {
            self.step();
            if let Some(wrong) = self.wrong.take() {
                return Err(wrong);
            }
        }
        self.come_to_rest()?;
        checks::all(self)
    }

    fn step(&mut self) {
        match self.dice.below(100) {
            0..=8 => self.call_anew(),
            9..=14 => self.call_again(),
            15..=18 => self.pass_time(),
            19..=22 => self.go_wrong(),
            23..=46 => self.live_step(),
            47..=54 => self.relay_step(),
            _ => self.work_somewhere(),
        }
    }

    pub fn somewhere(&mut self) -> Option<usize> {
        let up = |place: &Place| place.node.as_ref().is_some_and(|node| node.load.is_none());
        let up: Vec<usize> = (0..self.places.len()).filter(|place| up(&self.places[*place])).collect();
        self.dice.pick(&up).copied()
    }

    fn call_anew(&mut self) {
        let number = self.calls.len();
        let now = self.now();
        let world = (self.cast, &self.database, now);
        let call = Call::some(&mut self.dice, world, number, (self.in_meeting, self.voting));
        self.calls.push(call);
        self.try_call(number);
    }

    /// Who was not answered calls again, maybe elsewhere; somebody who was may do so, too.
    fn call_again(&mut self) {
        let any = self.dice.percent(20);
        let open = |call: &Call| !call.refused && (any || call.answer.is_none());
        let open: Vec<usize> = (0..self.calls.len()).filter(|call| open(&self.calls[*call])).collect();
        if let Some(call) = self.dice.pick(&open).copied() {
            self.try_call(call);
        }
    }

    pub fn try_call(&mut self, call: usize) {
        let Some(place) = self.somewhere() else { return };
        let Call { person, what, .. } = &self.calls[call];
        let (attempt, what) = (Attempt { number: self.attempts.len(), call, person: *person }, what.clone());
        self.attempts.push(attempt);
        self.note(|| match &what {
            What::Send(grid) => format!("{attempt:?} at {place}: sends to {grid}"),
            What::Act(ticket, command) => format!("{attempt:?} at {place}: {ticket} {command:?}"),
            What::Meet(command) => format!("{attempt:?} at {place}: {command:?}"),
        });
        let cast = self.cast;
        self.at(place, |node, desk| match what {
            What::Send(grid) => node.send(attempt, request(cast, attempt), grid, desk),
            What::Act(ticket, command) => node.act(attempt, ticket, command, desk),
            What::Meet(command) => node.ask(attempt, polls::of_attempt(command, attempt), desk),
        });
    }

    /// Mostly moments, sometimes as long as a limit.
    fn pass_time(&mut self) {
        self.time += match self.dice.below(10) {
            0..=5 => self.dice.between(1, 2_000),
            6..=7 => self.dice.between(2_000, 60_000),
            _ => self.dice.between(MINUTE, 25 * MINUTE),
        };
    }

    /// Something that waits anywhere is done; or a clock looks.
    fn work_somewhere(&mut self) {
        let watch = self.dice.percent(15);
        let mut works: Vec<(usize, Work)> = Vec::new();
        for (place, Place { node, .. }) in self.places.iter().enumerate() {
            let all = node.as_ref().map(Node::works).unwrap_or_default();
            works.extend(all.into_iter().filter(|work| (*work == Work::Watch) == watch).map(|work| (place, work)));
        }
        let Some((place, work)) = self.dice.pick(&works).copied() else { return };
        if work != Work::Commit {
            self.note(|| format!("{place}: {work:?}"));
            return self.at(place, |node, desk| node.work(work, desk));
        }
        let size = 1 + self.dice.below(4);
        let fate = match self.dice.percent(self.trouble.lost_commits) {
            true if self.dice.percent(50) => Fate::Unheard,
            true => Fate::Lost,
            false => Fate::Good,
        };
        self.note(|| format!("{place}: commits {size}, {fate:?}"));
        self.at(place, |node, desk| node.commit(desk, size, fate));
        if self.trouble.crashes > 0 && self.dice.percent(self.trouble.crashes) {
            self.crash(place);
        }
    }

    /// A word of how far the log reaches comes, in whatever order, once or twice or never; or a node looks by itself.
    fn relay_step(&mut self) {
        if self.relay.is_empty() || self.dice.percent(20) {
            let Some(place) = self.somewhere() else { return };
            return self.at(place, |node, desk| {
                if desk.connected {
                    node.hear(desk.database.head());
                }
            });
        }
        let index = self.dice.below(self.relay.len());
        let (place, told) =
            if self.dice.percent(10) { self.relay[index].clone() } else { self.relay.swap_remove(index) };
        if !self.dice.percent(self.trouble.relay) {
            self.at(place, |node, _| {
                if node.load.is_none() {
                    node.know(&told);
                }
            });
        }
    }
}
