//! From a wish to follow topics to live subscriptions, without a gap and without anything twice: register first, then
//! send the snapshots or what was missed as fast as the client reads, then go live from there (architecture §5).

use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::{FromRequest as _, HttpRequest, web};
use lianxin_actors::hub::{
    Connect, ConnectionId, Disconnect, GoLive, Opened, Outbox, Owner, Published, Register, Topic, Unsubscribe,
    state_frame,
};
use lianxin_domain::event::Event;
use lianxin_domain::ids::{AccountId, AppraisalId, LifeMeetingId, MeetingId};
use lianxin_domain::screen::Reader;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::protocol::{self, Refused, Reset};
use super::{LiveDesk, MAX_TOPICS};
use crate::api::inbox::UnreadView;
use crate::auth::Viewer;
use crate::error::ApiError;
use crate::rates::OneLive;
use crate::screens::Present;
use crate::views::screen::OwnScreenView;

/// Events that a resume reads again at most; who missed more gets a snapshot.
const MAX_MISSED: u64 = 20_000;
const PAGE: usize = 1_000;
/// A paired screen's connection has no end of its own; timers need one.
const NO_END: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// One live connection's side of the hub.
pub(super) struct Subscriber {
    desk: web::Data<LiveDesk>,
    viewer: Viewer,
    owner: Owner,
    reader: Reader,
    /// While a paired screen is there.
    present: Option<Present>,
    session_ends: Instant,
    connection: ConnectionId,
    pub(super) outbox: Arc<Outbox>,
    topics: Vec<Topic>,
    _one: OneLive,
}

impl Subscriber {
    /// Connects whoever sent `request` to this worker's shard and says welcome.
    ///
    /// # Errors
    /// [`ApiError::Unavailable`] when the server goes down: another node takes whoever asks again. 401 when the session just ended,
    /// or the screen was released; 429 when there are too many connections.
    pub(super) async fn connect(
        desk: web::Data<LiveDesk>,
        who: &Viewer,
        request: &HttpRequest,
    ) -> Result<Self, ApiError> {
        if desk.health.is_draining() {
            return Err(ApiError::Unavailable);
        }
        let outbox = Arc::<Outbox>::default();
        outbox.push(protocol::welcome(desk.log.epoch(), desk.log.head(), desk.clock.now()));
        let owner = who.owner();
        let one = desk.rates.live(owner)?;
        let connect = Connect { owner, outbox: Arc::clone(&outbox) };
        let connection = desk.shard.send(connect).await.map_err(|_| ApiError::Unavailable)?;
        let (viewer, reader, session_ends) = (who.clone(), who.reader(), Instant::now());
        let mut subscriber = Self {
            desk,
            viewer,
            owner,
            reader,
            present: None,
            session_ends,
            connection,
            outbox,
            topics: Vec::new(),
            _one: one,
        };
        // Rights that changed before the hub knew of the connection did not end it.
        subscriber.take(Viewer::from_request(request, &mut Payload::None).await?);
        Ok(subscriber)
    }

    /// Goes on as `viewer`.
    fn take(&mut self, viewer: Viewer) {
        let now = self.desk.clock.now();
        let end = match &viewer {
            Viewer::Person(session) => Some(session.expires_at),
            Viewer::Screen(screen) => screen.ends_at(),
        };
        let left_ms = end.map(|end| end.since(now).max(0).unsigned_abs());
        self.session_ends = Instant::now() + left_ms.map_or(NO_END, Duration::from_millis);
        self.present = match &viewer {
            Viewer::Screen(screen) if screen.target().is_some() => Some(self.desk.presence.enter(screen.id)),
            Viewer::Screen(_) | Viewer::Person(_) => None,
        };
        self.reader = viewer.reader();
        self.viewer = viewer;
    }

    /// When the session's time is over.
    pub(super) const fn session_ends(&self) -> Instant {
        self.session_ends
    }

    /// Follows topics; from number `since` on when given. They share one order: each event comes once for all of them.
    pub(super) async fn subscribe(&mut self, names: impl Iterator<Item = &str>, since: Option<u64>) {
        let mut topics = Vec::new();
        for name in names {
            match self.permitted(name).await {
                // Followed already.
                Ok(topic) if self.topics.contains(&topic) => {}
                Ok(_) if self.topics.len() >= MAX_TOPICS => self.refuse(name, Refused::Limit).await,
                Ok(topic) => {
                    self.topics.push(topic);
                    topics.push(topic);
                }
                Err(reason) => self.refuse(name, reason).await,
            }
        }
        if topics.is_empty() {
            return;
        }
        // Another node told the client more than is known here yet. What the database does not know either is of another log.
        if since.is_some_and(|since| since > self.desk.log.head()) {
            let _ = self.desk.log.refresh_head().await;
        }
        // Whatever the caller was answered before, it finds in what begins now.
        self.desk.hub.reached(self.desk.log.head()).await;
        let register = Register { connection: self.connection, topics: topics.clone() };
        let Ok(position) = self.desk.shard.send(register).await else { return };
        let opened = match since {
            None => self.begin(&topics, position, None).await,
            Some(since) => self.resume(&topics, since, position).await,
        };
        self.desk.shard.do_send(GoLive { connection: self.connection, opened });
    }

    async fn refuse(&self, name: &str, reason: Refused) {
        self.outbox.push_with_room(protocol::refused(name, reason)).await;
    }

    /// Follows a topic no more.
    pub(super) fn unsubscribe(&mut self, name: &str) {
        let (followed, kept) = self.topics.iter().copied().partition(|topic| topic.name() == name);
        self.topics = kept;
        let followed: Vec<Topic> = followed;
        for topic in followed {
            self.desk.shard.do_send(Unsubscribe { connection: self.connection, topic });
        }
    }

    async fn permitted(&self, name: &str) -> Result<Topic, Refused> {
        if let Some(id) = Topic::meeting(name) {
            return self.meeting(id).await;
        }
        if let Some(id) = Topic::life(name) {
            return self.life(id).await;
        }
        if let Some(id) = Topic::appraisal(name) {
            return self.appraisal(id).await;
        }
        let topic = Topic::parse(name, self.owner).ok_or(Refused::Unknown)?;
        match topic.permitted(&self.reader, &self.desk.snapshots.directories.current()) {
            // A topic that is not the caller's is answered like one that does not exist anywhere.
            None => Err(Refused::Unknown),
            Some(false) => Err(Refused::Forbidden),
            Some(true) => Ok(topic),
        }
    }

    /// What `meeting:ID` means here: by the person's part in it, or the wall that the screen shows.
    async fn meeting(&self, id: MeetingId) -> Result<Topic, Refused> {
        match self.viewer.person() {
            Some(caller) => self.desk.meetings.topic(caller, id).await.map_err(|_| Refused::Unknown),
            None if self.reader.shows_meeting(id) => Ok(Topic::Wall(id)),
            None => Err(Refused::Unknown),
        }
    }

    /// What `organisational_life:ID` means here: by how the person stands to it.
    async fn life(&self, id: LifeMeetingId) -> Result<Topic, Refused> {
        let caller = self.viewer.person().ok_or(Refused::Unknown)?;
        self.desk.lives.topic(caller, id).await.map_err(|_| Refused::Unknown)
    }

    async fn appraisal(&self, id: AppraisalId) -> Result<Topic, Refused> {
        let caller = self.viewer.person().ok_or(Refused::Unknown)?;
        let found = self.desk.snapshots.appraisals.may_follow(caller, id).await;
        found.map(|()| Topic::Appraisal(id)).ok_or(Refused::Unknown)
    }

    /// Sends snapshots of topics that begin, or begin anew.
    async fn begin(&self, topics: &[Topic], position: u64, reset: Option<Reset>) -> Vec<Opened> {
        let mut opened: Vec<Opened> = Vec::new();
        for topic in topics.iter().copied() {
            let (state, seq) = self.state(topic, position).await;
            opened.push(Opened { topic, after: seq, figures_at: seq });
            let all_there = opened.len() == topics.len();
            let cursor = opened.iter().map(|opened| opened.after).min().filter(|_| all_there);
            self.outbox
                .push_with_room(match reset {
                    Some(reason) => protocol::reset(topic, reason, seq, state, cursor),
                    None => protocol::subscribed(topic, seq, Some(state), cursor),
                })
                .await;
        }
        opened
    }

    /// The topic's state and the number that it stands at: what nothing happened to since its last event stands at the
    /// hub's position.
    async fn state(&self, topic: Topic, position: u64) -> (Value, u64) {
        let own = match topic {
            Topic::Inbox(account_id) => return self.inbox_state(account_id, position).await,
            Topic::Screen(_) => return (self.screen_state(), position),
            Topic::Grid(_)
            | Topic::Board(_)
            | Topic::Meeting(_)
            | Topic::Wall(_)
            | Topic::Desk(_)
            | Topic::Appraisal(_)
            | Topic::Life(_)
            | Topic::LifeDesk(_)
            | Topic::Supervision(_)
            | Topic::Duties(_) => self.viewer.person().map(|caller| caller.account_id),
        };
        let opening = self.desk.snapshots.opening(topic, own).await;
        opening.map_or_else(|| (json!({}), position), |(state, as_of)| (state, as_of.max(position)))
    }

    /// What lies unread in the caller's inbox, and the number at which that is so.
    async fn inbox_state(&self, account_id: AccountId, position: u64) -> (Value, u64) {
        match self.desk.notifications.unread(account_id).await {
            Ok((seq, unread)) => (json!(UnreadView::from(unread)), seq.max(position)),
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "an inbox cannot be read");
                (json!({}), position)
            }
        }
    }

    /// The screen as it was when it connected: every change of it ends the connection.
    fn screen_state(&self) -> Value {
        match &self.viewer {
            Viewer::Screen(screen) => json!(OwnScreenView::from(&**screen)),
            Viewer::Person(_) => json!({}),
        }
    }

    /// Sends what was missed in `(since, position]`, or snapshots when not all of it is there any more.
    async fn resume(&self, topics: &[Topic], since: u64, position: u64) -> Vec<Opened> {
        if since > position.max(self.desk.log.head()) {
            return self.begin(topics, position, Some(Reset::Epoch)).await;
        }
        let within_reach = position.saturating_sub(since) <= MAX_MISSED;
        let Some(mut page) = self.missed(since, position).await.filter(|_| within_reach) else {
            return self.begin(topics, position, Some(Reset::Expired)).await;
        };
        for topic in topics.iter().copied() {
            self.outbox.push_with_room(protocol::subscribed(topic, position, None, Some(since))).await;
        }
        let directory = self.desk.snapshots.directories.current();
        while let Some(reached) = page.last().map(|event| event.seq) {
            for event in page {
                for frame in Published::new(event, &directory).frames(topics) {
                    self.outbox.push_with_room(frame).await;
                }
            }
            page = match self.missed(reached, position).await {
                Some(next) => next,
                // Archived right now.
                None => return self.begin(topics, position, Some(Reset::Expired)).await,
            };
        }
        // Another node may have told the client more than this one's hub has heard of yet.
        let after = position.max(since);
        let mut opened = Vec::new();
        for topic in topics.iter().copied() {
            let figures_at = self.send_figures(topic).await;
            opened.push(Opened { topic, after, figures_at });
        }
        opened
    }

    /// A page of the events in `(reached, position]`; nothing when they are not all there any more.
    async fn missed(&self, reached: u64, position: u64) -> Option<Vec<Arc<Event>>> {
        if reached >= position {
            return Some(Vec::new());
        }
        let mut events = self.desk.log.after(reached, PAGE).await.ok()?;
        // The log has no gaps: if the next number is not there, it was archived.
        events.first().filter(|first| first.seq == reached + 1)?;
        events.retain(|event| event.seq <= position);
        Some(events)
    }

    /// Sends a topic's figures as they stand: those from before the interruption are old. Answers their number.
    async fn send_figures(&self, topic: Topic) -> u64 {
        let Some((figures, as_of)) = self.desk.snapshots.figures(topic).await else { return 0 };
        self.outbox.push_with_room(Arc::new(state_frame(topic, &figures, as_of))).await;
        as_of
    }
}

impl Drop for Subscriber {
    fn drop(&mut self) {
        self.present.take();
        self.desk.shard.do_send(Disconnect(self.connection));
    }
}
