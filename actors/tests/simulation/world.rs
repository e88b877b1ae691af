//! The world: nodes over one database, people who call, clients who follow, and everything that goes wrong on the way.

use lianxin_domain::clock::Timestamp;
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
use crate::record::Record;

/// A place where a node runs, or does not.
pub struct Place {
    pub node: Option<Node>,
    /// The database can be reached from here.
    pub connected: bool,
    /// By how much the clock here is wrong.
    skew: i64,
}

/// How often, in a hundred steps that could do it, something goes wrong.
struct Trouble {
    crashes: usize,
    lost_commits: usize,
    lost_answers: usize,
    cut_off: usize,
    clocks: usize,
    relay: usize,
    lost_connections: usize,
}

impl Trouble {
    /// Each play has troubles of its own kind: what always goes wrong together hides what goes wrong alone.
    fn some(dice: &mut Dice) -> Self {
        let mut some = |most| if dice.percent(50) { dice.below(most) + 1 } else { 0 };
        Self {
            crashes: some(4),
            lost_commits: some(25),
            lost_answers: some(40),
            cut_off: some(5),
            clocks: some(8),
            relay: some(90),
            lost_connections: some(25),
        }
    }
}

pub struct World<'c> {
    pub cast: &'c Cast,
    pub mutation: Mutation,
    dice: Dice,
    /// How much of what people want is about the meeting.
    in_meeting: usize,
    trouble: Trouble,
    time: i64,
    pub database: Database,
    pub places: Vec<Place>,
    pub calls: Vec<Call>,
    pub attempts: Vec<Attempt>,
    /// Who has not been told yet how far the log reaches.
    relay: Vec<(usize, u64)>,
    pub lives: Vec<Live>,
    pub record: Record,
    pub crashes: usize,
    wrong: Option<String>,
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

    fn note(&mut self, what: impl FnOnce() -> String) {
        if let Some(trace) = &mut self.trace {
            trace.push(format!("{:>4}. {}", trace.len() + 1, what()));
        }
    }

    /// The meeting is launched before anybody comes.
    fn launch(&mut self) {
        let mut hall = Hall::new(self.cast.draft(), []);
        self.database.begin(hall.clone());
        let party = hall.party(&self.cast.people[FIRST_MEMBER]);
        let invited = Command::Launch((0..MEMBERS).map(|number| self.cast.invitee(number)).collect());
        let events = hall.decide(&invited, &party, START).unwrap();
        let outcome = hall.outcome(&events, START);
        let mut change = Change::new(START, None, None);
        change.writes = lianxin_actors::meeting::hall_writes(&hall, &outcome, START);
        for logged in &outcome.logged {
            let subject = lianxin_domain::event::Subject::new("meeting", hall.meeting().id);
            change.event(logged.event.kind(), subject, logged.data());
            hall.apply(&logged.event, START);
        }
        self.wrong = self.database.commit(&[&change]).err();
    }

    pub fn now(&self) -> Timestamp {
        START.plus_millis(self.time)
    }

    fn at(&mut self, place: usize, work: impl FnOnce(&mut Node, &mut Desk<'_>)) {
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
            let head = self.database.head();
            let others = (0..self.places.len()).filter(|other| *other != place);
            self.relay.extend(others.map(|other| (other, head)));
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

    fn somewhere(&mut self) -> Option<usize> {
        let up = |place: &Place| place.node.as_ref().is_some_and(|node| node.load.is_none());
        let up: Vec<usize> = (0..self.places.len()).filter(|place| up(&self.places[*place])).collect();
        self.dice.pick(&up).copied()
    }

    fn call_anew(&mut self) {
        let number = self.calls.len();
        let now = self.now();
        let world = (self.cast, &self.database, now);
        let call = Call::some(&mut self.dice, world, number, self.in_meeting);
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
            What::Meet(command) => node.ask(attempt, command, desk),
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

    fn go_wrong(&mut self) {
        let place = self.dice.below(self.places.len());
        if self.places[place].node.is_none() {
            self.note(|| format!("{place} starts"));
            self.start(place);
        } else if !self.places[place].connected {
            self.note(|| format!("{place} reaches the database again"));
            self.places[place].connected = true;
        } else if self.dice.percent(self.trouble.crashes * 5) {
            self.crash(place);
        } else if self.dice.percent(self.trouble.cut_off * 5) {
            self.note(|| format!("{place} is cut off from the database"));
            self.places[place].connected = false;
        } else if self.dice.percent(self.trouble.clocks * 5) {
            let skew = self.dice.between(-40 * MINUTE, 40 * MINUTE);
            self.note(|| format!("the clock of {place} jumps to {skew} ms"));
            self.places[place].skew = skew;
        }
    }

    fn start(&mut self, place: usize) {
        let now = self.now().plus_millis(self.places[place].skew);
        self.places[place].node = Some(Node::new(now));
    }

    fn crash(&mut self, place: usize) {
        self.note(|| format!("{place} crashes"));
        self.places[place].node = None;
        self.crashes += 1;
        for live in &mut self.lives {
            live.connection.take_if(|(at, _)| *at == place);
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
        let (place, head) = if self.dice.percent(10) { self.relay[index] } else { self.relay.swap_remove(index) };
        if !self.dice.percent(self.trouble.relay) {
            self.at(place, |node, _| {
                if node.load.is_none() {
                    node.hear(head);
                }
            });
        }
    }

    /// A client connects, opens, reads, or loses its connection.
    fn live_step(&mut self) {
        let client = self.dice.below(self.lives.len());
        let (lost, unnoticed) = (self.dice.percent(self.trouble.lost_connections), self.dice.percent(50));
        let opening = self.lives[client].connection.as_ref().is_some_and(|(_, connection)| !connection.is_live());
        let reads = !opening || self.dice.percent(30);
        match self.lives[client].connection.take() {
            None => self.connect(client),
            Some((place, connection)) if lost => {
                self.note(|| format!("client {client} loses its connection to {place}"));
                if !unnoticed {
                    self.at(place, |node, _| node.hub.disconnect(connection.id));
                }
            }
            Some((place, connection)) if reads => {
                self.lives[client].connection = Some((place, connection));
                self.read(client);
            }
            Some((place, mut connection)) => {
                self.at(place, |node, desk| node.go_on_opening(&mut connection, desk));
                self.lives[client].connection = Some((place, connection));
            }
        }
    }

    fn read(&mut self, client: usize) {
        if let Err(wrong) = self.lives[client].read(&self.record, self.mutation) {
            self.wrong.get_or_insert(format!("client {client}: {wrong}"));
        }
    }

    fn connect(&mut self, client: usize) {
        let Some(place) = self.somewhere() else { return };
        let since = self.lives[client].since(self.mutation);
        let owner = self.lives[client].owner;
        let topics: Vec<_> = self.lives[client].topics.iter().map(|follows| follows.topic).collect();
        self.note(|| format!("client {client} connects to {place} since {since:?}"));
        let mut connection = None;
        self.at(place, |node, _| connection = Some(node.hub.connect(owner, &topics, since)));
        self.lives[client].connection = connection.map(|connection| (place, connection));
    }

    /// All nodes run, all ways are open, all clocks are right; who was not answered calls again until it is.
    fn come_to_rest(&mut self) -> Result<(), String> {
        self.note(|| "everything comes to rest".to_owned());
        self.trouble = Trouble {
            crashes: 0,
            lost_commits: 0,
            lost_answers: 0,
            cut_off: 0,
            clocks: 0,
            relay: 0,
            lost_connections: 0,
        };
        self.relay.clear();
        for place in 0..self.places.len() {
            (self.places[place].connected, self.places[place].skew) = (true, 0);
            if self.places[place].node.is_none() {
                self.start(place);
            }
        }
        for _ in 0..60 {
            self.time += 31_000;
            self.finish_work()?;
            let open: Vec<usize> = (0..self.calls.len()).filter(|call| !self.calls[*call].is_over()).collect();
            open.iter().for_each(|call| self.try_call(*call));
            let over = crate::watch::rows_before(&self.database, self.now().plus_millis(-2 * MINUTE));
            if open.is_empty() && over.is_empty() {
                return self.catch_up();
            }
        }
        Err("it does not come to rest".to_owned())
    }

    /// Does all that waits at any node.
    fn finish_work(&mut self) -> Result<(), String> {
        for round in 0..400 {
            let mut busy = false;
            for place in 0..self.places.len() {
                let head = self.database.head();
                self.at(place, |node, _| {
                    if node.load.is_none() {
                        node.hear(head);
                    }
                });
                let works = self.places[place].node.as_ref().map(Node::works).unwrap_or_default();
                let idle = self.places[place].node.as_ref().is_some_and(Node::is_idle);
                busy |= !idle || round < 3;
                // Of several outcomes and readings the first; the others have other places behind it.
                let first = |work: &&Work| !matches!(work, Work::Outcome(1..) | Work::Read(1..));
                for work in works.iter().filter(first) {
                    self.at(place, |node, desk| node.work(*work, desk));
                }
            }
            if let Some(wrong) = self.wrong.take() {
                return Err(wrong);
            }
            if !busy {
                return Ok(());
            }
        }
        Err("a node is never done".to_owned())
    }

    /// Every client reads to the end.
    fn catch_up(&mut self) -> Result<(), String> {
        for client in 0..self.lives.len() {
            for _ in 0..100 {
                match self.lives[client].connection.take() {
                    None => self.connect(client),
                    Some((place, mut connection)) => {
                        let live = connection.is_live();
                        self.at(place, |node, desk| {
                            node.go_on_opening(&mut connection, desk);
                            node.hub.flush(desk.now.plus_millis(MINUTE));
                        });
                        self.lives[client].connection = Some((place, connection));
                        self.read(client);
                        if live {
                            break;
                        }
                    }
                }
                self.finish_work()?;
            }
        }
        self.wrong.take().map_or(Ok(()), Err)
    }
}
