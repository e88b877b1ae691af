//! The follower: reads the log in order and tells every actor, then the hub (architecture §2).

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use lianxin_domain::board::BoardUpdate;
use lianxin_domain::event::Event;
use lianxin_domain::ids::{AccountId, ScreenId, SessionId};
use lianxin_domain::ticket::EscalationCause;
use lianxin_storage::error::StorageError;
use lianxin_storage::log::EventLog;
use lianxin_storage::tickets::deadline_of;
use lianxin_storage::trace::{TRACED, TraceParent};
use tokio::time::Instant;
use tracing::Span;

use crate::appraisal::{self, AppraisalDesk};
use crate::clock::ClockBell;
use crate::courier::CourierBell;
use crate::directory::Directories;
use crate::duty::DutyBell;
use crate::grid::GridActors;
use crate::health::Health;
use crate::hub::{Dirty, FigurePump, Hub, Published, Snapshots, screen_of};
use crate::meeting::MeetingActors;
use crate::metrics::Metrics;
use crate::relay::Relayed;
use crate::rulebook::Rulebook;
use crate::supervision::{Supervision, SupervisionBell, SupervisionPump};

/// Events taken over at a time.
const BATCH: usize = 512;
/// Between looks for what other nodes committed when it comes by itself, and between tries while the database is away.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// Between looks for what other nodes committed when nobody tells.
const LOOK_OFTEN: Duration = Duration::from_millis(100);

/// Kinds of events after which the grids of the directory are drawn anew.
const GRID_EVENTS: [&str; 2] = ["grid.", "account.staff_"];
/// Kinds of events after which its organisations are. Of members only who leads is in the picture, and whoever changes
/// that says so (`organisation.leaders_changed`).
const ORGANISATION_EVENTS: [&str; 1] = ["organisation."];
/// The event after which many people's rights lie elsewhere in the tree.
const MOVED: &str = "organisation.moved";
/// Kinds of events after which running clocks are worked out anew.
const RULE_EVENTS: [&str; 2] = ["service_levels.", "calendar."];
/// Kinds of events after which an account's rights are no longer what they were. A lock is not one of them: it closes the
/// door for new logins, and whoever knows a login could otherwise end that person's connections.
const RIGHTS_EVENTS: [&str; 1] = ["account.rights_changed"];

/// Somebody outside this crate who wants to know of every committed event, before the hub's readers do.
pub trait Listener: Send + Sync {
    /// The account's rights or profile changed: what was remembered of it is old.
    fn account_changed(&self, id: AccountId);
    /// The session is over.
    fn session_ended(&self, id: SessionId);
    /// A part of the organisation tree lies elsewhere: whatever was remembered of anybody's place in it is old.
    fn organisations_moved(&self);

    /// The screen was paired, shows something else, or is released.
    fn screen_changed(&self, id: ScreenId);
}

/// Follows the log.
pub struct Follower {
    log: Arc<EventLog>,
    actors: Actors,
    hub: Hub,
    bells: Bells,
    listener: Arc<dyn Listener>,
    others: Others,
    health: Arc<Health>,
    position: u64,
}

/// How this node learns what other nodes commit.
#[derive(Debug, Clone)]
pub enum Others {
    /// There are none.
    None,
    /// They tell over the relay while it works; otherwise the log is read.
    Tell(Relayed),
}

impl Others {
    /// The relay, when there is one.
    pub fn relayed(&self) -> Relayed {
        match self {
            Self::None => Relayed::none(),
            Self::Tell(relayed) => relayed.clone(),
        }
    }

    /// Between two looks into the log.
    fn look_again(&self) -> Duration {
        match self {
            Self::Tell(relayed) if !relayed.works() => LOOK_OFTEN,
            Self::None | Self::Tell(_) => LOOK_AGAIN,
        }
    }
}

/// Who is told of what was committed.
#[derive(Clone)]
pub struct Actors {
    /// The picture of grids and organisations.
    pub directories: Directories,
    /// Limits and calendar.
    pub rulebook: Rulebook,
    /// Grids.
    pub grids: GridActors,
    /// Meetings.
    pub meetings: MeetingActors,
    /// Those who look over many meetings.
    pub supervision: Supervision,
    /// Appraisals.
    pub appraisals: AppraisalDesk,
}

/// Who is woken by what was committed.
#[derive(Clone)]
pub struct Bells {
    /// The escalation clock, by tickets' timers.
    pub clock: ClockBell,
    /// The courier, by notifications.
    pub courier: CourierBell,
    /// Duties, by what may settle one or leave it open again.
    pub duties: DutyBell,
    /// Counts nudges and escalations.
    pub metrics: Metrics,
}

impl Follower {
    /// A follower that continues after number `position`.
    pub fn new(
        log: Arc<EventLog>,
        actors: Actors,
        hub: Hub,
        bells: Bells,
        listener: Arc<dyn Listener>,
        position: u64,
    ) -> Self {
        Self { log, actors, hub, bells, listener, others: Others::None, health: Arc::default(), position }
    }

    /// The same among `others`.
    #[must_use]
    pub fn among(self, others: Others) -> Self {
        Self { others, ..self }
    }

    /// The same, seen by whoever looks at `health`.
    #[must_use]
    pub fn seen_by(self, health: Arc<Health>) -> Self {
        Self { health, ..self }
    }

    /// Follows until the log is closed.
    pub async fn run(mut self) {
        let snapshots = Snapshots {
            grids: self.actors.grids.clone(),
            meetings: self.actors.meetings.clone(),
            supervision: self.actors.supervision.clone(),
            appraisals: self.actors.appraisals.clone(),
            directories: self.actors.directories.clone(),
        };
        let (supervision, bell) = SupervisionPump::new(self.hub.clone(), self.actors.supervision.clone());
        let supervision = tokio::spawn(supervision.run());
        let (pump, dirty) = FigurePump::new(self.hub.clone(), snapshots);
        let pump = tokio::spawn(pump.run());
        let mut head = self.log.watch();
        self.health.followed(self.position);
        self.hub.publish(Vec::new(), self.position);
        // Rules and people may have changed right before the last stop, or at another node while this one read its
        // tickets: that lies before the position.
        self.redraw_organisations().await;
        self.redraw_grids().await;
        self.reread_rules().await;
        loop {
            while self.position < *head.borrow_and_update() {
                match self.log.after(self.position, BATCH).await {
                    Ok(events) if events.is_empty() => break,
                    Ok(events) => self.take_over(&events, &dirty, &bell).await,
                    Err(error) => {
                        tracing::warn!(error = &error as &dyn std::error::Error, "the log cannot be read");
                        tokio::time::sleep(LOOK_AGAIN).await;
                    }
                }
            }
            if self.position >= *head.borrow() {
                self.health.caught_up(Instant::now());
            }
            match tokio::time::timeout(self.others.look_again(), head.changed()).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) => break,
                Err(_) => {
                    let _ = self.log.refresh_head().await;
                }
            }
        }
        drop((dirty, bell));
        let _ = tokio::join!(pump, supervision);
    }

    async fn take_over(&mut self, events: &[Arc<Event>], dirty: &Dirty, bell: &SupervisionBell) {
        let causes = self.log.causes_until(events.last().map_or(self.position, |last| last.seq));
        let _fan_outs: Vec<Span> = causes.iter().map(|cause| fan_out(cause, events.len())).collect();
        if events.iter().any(|event| starts_with_any(&event.kind, &GRID_EVENTS)) {
            self.redraw_grids().await;
        }
        if events.iter().any(|event| starts_with_any(&event.kind, &ORGANISATION_EVENTS)) {
            self.redraw_organisations().await;
        }
        if events.iter().any(|event| starts_with_any(&event.kind, &RULE_EVENTS)) {
            self.reread_rules().await;
        }
        let directory = self.actors.directories.current();
        let published: Vec<Arc<Published>> =
            events.iter().map(|event| Arc::new(Published::new(Arc::clone(event), &directory))).collect();
        let updates: Vec<_> = published.iter().filter_map(|published| published.board().cloned()).collect();
        self.actors.grids.follow(&updates).await;
        self.actors.meetings.follow(events).await;
        self.tell_of_rights(events);
        self.ring_bells(events, &updates);
        self.position = events.last().map_or(self.position, |last| last.seq);
        for published in &published {
            dirty.note(&self.hub, published);
        }
        bell.note(&self.hub, events);
        self.health.followed(self.position);
        self.hub.publish(published, self.position);
    }

    async fn reread_rules(&self) {
        until_read("rules", || self.actors.rulebook.reload()).await;
        self.actors.grids.rules_changed();
    }

    async fn redraw_organisations(&self) {
        until_read("organisations", || self.actors.directories.reload_organisations()).await;
    }

    async fn redraw_grids(&self) {
        until_read("directory", || self.actors.directories.reload_grids()).await;
        self.actors.grids.follow_directory();
        self.actors.grids.people_changed();
    }

    fn ring_bells(&self, events: &[Arc<Event>], updates: &[Arc<BoardUpdate>]) {
        let mut timers = HashMap::new();
        for update in updates {
            let facts = &update.fact.facts;
            match update.fact.event.as_str() {
                "ticket.nudged" => self.bells.metrics.nudged(),
                "ticket.escalated" => self.bells.metrics.escalated(cause_of(update.fact.cause)),
                _ => {}
            }
            // The last word counts: between the events of one change a limit may seem to run that is over already.
            timers.insert(facts.ticket_id, facts.timer_at);
        }
        for (ticket_id, due_at) in timers.into_iter().filter_map(|(id, timer)| Some((id, timer?))) {
            self.bells.clock.arm(deadline_of(ticket_id, due_at));
        }
        for limit in events.iter().filter_map(|event| appraisal::limit_of(event)) {
            self.bells.clock.arm(limit);
        }
        self.bells.duties.note(events);
        if events.iter().any(|event| event.kind == "inbox.notified") {
            self.bells.courier.ring();
        }
    }

    fn tell_of_rights(&self, events: &[Arc<Event>]) {
        for event in events {
            if event.subject.kind == "account"
                && let Ok(id) = event.subject.id.parse::<AccountId>()
            {
                self.listener.account_changed(id);
                if starts_with_any(&event.kind, &RIGHTS_EVENTS) {
                    self.hub.close_account(id);
                }
            }
            if event.kind == MOVED {
                self.listener.organisations_moved();
                self.actors.meetings.organisations_moved();
            }
            if event.kind == "session.ended"
                && let Ok(id) = event.subject.id.parse::<SessionId>()
            {
                self.listener.session_ended(id);
                self.hub.close_session(id);
            }
            // Its connections end behind the event itself, which tells the screen why.
            if let Some(id) = screen_of(event) {
                self.listener.screen_changed(id);
            }
        }
    }
}

/// From here until everybody was told: the grids' boards, the halls, and the hub.
fn fan_out(cause: &TraceParent, events: usize) -> Span {
    let span = tracing::info_span!(target: TRACED, parent: None, "fan-out", log.events = events);
    cause.adopt(&span);
    span
}

/// Reads until the database answers. What a row of it makes impossible stays as it was: everybody behind the follower
/// would wait for ever otherwise.
async fn until_read<R: Future<Output = Result<(), StorageError>>>(what: &'static str, read: impl Fn() -> R) {
    loop {
        let error = match read().await {
            Ok(()) => return,
            Err(error) => error,
        };
        if let StorageError::Unavailable(_) | StorageError::Statement(_) = error {
            tracing::warn!(error = &error as &dyn std::error::Error, what, "cannot be read now");
            tokio::time::sleep(LOOK_AGAIN).await;
        } else {
            tracing::error!(error = &error as &dyn std::error::Error, what, "cannot be read; the last picture stays");
            return;
        }
    }
}

fn starts_with_any(kind: &str, prefixes: &[&str]) -> bool {
    prefixes.iter().any(|prefix| kind.starts_with(prefix))
}

/// The label of an escalation's cause.
const fn cause_of(cause: Option<EscalationCause>) -> &'static str {
    match cause {
        Some(cause) => cause.as_str(),
        None => "unknown",
    }
}
