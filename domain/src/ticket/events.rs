//! What can happen to a ticket. Each event carries enough to replay the state, and of a resident the
//! name at most: no phone, no address.

use serde::de::value::MapDeserializer;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::clock::{ExtensionRequest, Pause, TicketClock};
use super::public_words::public_words;
use super::submit::TicketLocation;
use super::{StateName, Ticket};
use crate::attachment::AttachmentRef;
use crate::clock::Timestamp;
use crate::grid::level_title;
use crate::ids::{AccountId, GridId, TicketId};
use crate::person::PersonRef;
use crate::tree::TreePath;

/// Why a ticket climbed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EscalationCause {
    /// It was put back too often (tickets.md §7: returned tickets that ping-pong climb).
    Returned,
    /// Nobody accepted it in time.
    NotAccepted,
    /// It was not completed in time.
    NotCompleted,
    /// Nobody answered a nudge in time.
    NudgeIgnored,
    /// Nobody serves the level where it waited.
    Vacant,
}

impl EscalationCause {
    /// The stored and transmitted word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Returned => "returned",
            Self::NotAccepted => "not_accepted",
            Self::NotCompleted => "not_completed",
            Self::NudgeIgnored => "nudge_ignored",
            Self::Vacant => "vacant",
        }
    }

    /// In words.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Returned => "多次退回",
            Self::NotAccepted => "超时未接",
            Self::NotCompleted => "超时未办结",
            Self::NudgeIgnored => "督促未回应",
            Self::Vacant => "岗位空缺",
        }
    }
}

/// Why a due date moved without anybody touching the ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DueChange {
    /// The service levels changed.
    ServiceLevels,
    /// The calendar changed.
    Calendar,
}

/// One thing that happened to a ticket.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "data")]
pub enum TicketEvent {
    /// It was sent.
    #[serde(rename = "ticket.submitted")]
    Submitted {
        /// Who sent it.
        submitter_id: AccountId,
        /// That person's name then; the oldest ones say it in `by` only.
        #[serde(default)]
        submitter_name: Option<String>,
        /// The words.
        content: String,
        /// The form.
        form: Value,
        /// The files.
        attachments: Vec<AttachmentRef>,
        /// The place.
        location: Option<TicketLocation>,
        /// For somebody else; who stands in the ticket only.
        on_behalf: bool,
        /// 同时发给村委会
        also_village: bool,
        /// Danger.
        emergency: bool,
        /// The time to accept it.
        clock: TicketClock,
    },
    /// Somebody took it.
    #[serde(rename = "ticket.accepted")]
    Accepted {
        /// Who.
        handler: PersonRef,
        /// The time to complete it.
        clock: TicketClock,
    },
    /// It was done.
    #[serde(rename = "ticket.completed")]
    Completed {
        /// What was done.
        note: String,
        /// Proof.
        attachments: Vec<AttachmentRef>,
    },
    /// It was put back.
    #[serde(rename = "ticket.returned")]
    Returned {
        /// Why.
        reason: String,
        /// The how-manieth time.
        count: u32,
        /// The time to accept it.
        clock: TicketClock,
    },
    /// A level that it would have climbed to has nobody; it goes on at once.
    #[serde(rename = "ticket.level_vacant")]
    LevelVacant {
        /// The level.
        level: u8,
        /// That level's grid.
        vacant_grid_id: GridId,
    },
    /// A level above answers for it now.
    #[serde(rename = "ticket.escalated")]
    Escalated {
        /// The level it came from.
        from_level: u8,
        /// The level it went to.
        to_level: u8,
        /// That level's grid; `grid_id` names the ticket's own grid in every event.
        to_grid_id: GridId,
        /// Its place.
        to_path: TreePath,
        /// Why.
        cause: EscalationCause,
        /// That level's time.
        clock: TicketClock,
    },
    /// It was given to somebody else.
    #[serde(rename = "ticket.reassigned")]
    Reassigned {
        /// Who works on it now.
        handler: PersonRef,
        /// The time to complete it.
        clock: TicketClock,
    },
    /// Somebody above, or the rules, asked to hurry.
    #[serde(rename = "ticket.nudged")]
    Nudged {
        /// Who asked; nobody: the rules, because it is overdue.
        nudger: Option<PersonRef>,
        /// Who was asked; unknown of the oldest ones.
        #[serde(default)]
        to: Vec<PersonRef>,
        /// The words.
        note: Option<String>,
        /// Within the cool-down of the one before: counted, not passed on again.
        folded: bool,
        /// All so far.
        count: u32,
        /// Without an answer by then it climbs.
        answer_by: Option<Timestamp>,
        /// When the rules ask again.
        repeat_at: Option<Timestamp>,
    },
    /// The worker said 收到.
    #[serde(rename = "ticket.nudge_read")]
    NudgeRead {},
    /// The submitter took it back.
    #[serde(rename = "ticket.withdrawn")]
    Withdrawn {},
    /// The submitter judged.
    #[serde(rename = "ticket.rated")]
    Rated {
        /// 1 to 5.
        stars: u8,
        /// In words.
        comment: Option<String>,
    },
    /// The submitter was not content.
    #[serde(rename = "ticket.reopened")]
    Reopened {
        /// Why.
        reason: String,
        /// The time to accept it.
        clock: TicketClock,
    },
    /// Somebody added words.
    #[serde(rename = "ticket.commented")]
    Commented {
        /// The words.
        text: String,
        /// Files.
        attachments: Vec<AttachmentRef>,
    },
    /// The limit will soon be over.
    #[serde(rename = "ticket.due_soon")]
    DueSoon {},
    /// The time limit of a level passed.
    #[serde(rename = "ticket.overdue")]
    Overdue {
        /// The level.
        level: u8,
        /// When the limit ended.
        passed_at: Timestamp,
        /// The clock from now on.
        clock: TicketClock,
    },
    /// The clock was stopped.
    #[serde(rename = "ticket.paused")]
    Paused {
        /// Why, and until when at most.
        pause: Pause,
    },
    /// The clock goes on.
    #[serde(rename = "ticket.resumed")]
    Resumed {
        /// With the new end.
        clock: TicketClock,
    },
    /// More time was asked for.
    #[serde(rename = "ticket.extension_requested")]
    ExtensionRequested {
        /// How much, and why.
        request: ExtensionRequest,
    },
    /// It was decided whether there is more time.
    #[serde(rename = "ticket.extension_decided")]
    ExtensionDecided {
        /// Granted.
        approved: bool,
        /// In words.
        note: Option<String>,
        /// The clock from now on.
        clock: TicketClock,
    },
    /// The rules changed under a running clock.
    #[serde(rename = "ticket.due_changed")]
    DueChanged {
        /// Which rules.
        cause: DueChange,
        /// The end before.
        was_due_at: Timestamp,
        /// The clock from now on.
        clock: TicketClock,
    },
    /// Residents may know of it what one sentence says, or a better sentence.
    #[serde(rename = "ticket.made_known")]
    MadeKnown {
        /// The sentence.
        text: String,
    },
    /// The sentence was taken back; whoever joined is no longer with it.
    #[serde(rename = "ticket.concealed")]
    Concealed {},
    /// Somebody said that the same thing concerns him too.
    #[serde(rename = "ticket.joined")]
    Joined {
        /// Who; the name stands nowhere.
        joiner: AccountId,
        /// All so far.
        count: u32,
    },
    /// Somebody who had joined cares no longer.
    #[serde(rename = "ticket.left")]
    Left {
        /// Who.
        joiner: AccountId,
        /// All who are left.
        count: u32,
    },
}

/// What every event of a ticket says beside its own contents: the ticket after it, and what boards need, so that a
/// follower of the log never has to ask the database.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TicketFacts {
    /// The ticket.
    pub ticket_id: TicketId,
    /// Its receipt number.
    pub number: String,
    /// Its grid.
    pub grid_id: GridId,
    /// That grid's name with those above.
    pub grid_name: String,
    /// Code of its kind.
    pub kind: String,
    /// What people call the kind.
    pub kind_title: String,
    /// Its state after the event.
    pub state: StateName,
    /// Its version after the event.
    pub version: u32,
    /// Who did it; nobody for the system.
    pub by: Option<PersonRef>,
    /// Who works on it.
    pub handler: Option<PersonRef>,
    /// The level that answers for it.
    pub handling_level: u8,
    /// Its limit passed.
    pub overdue: bool,
    /// The end of the running limit after the event.
    pub due_at: Option<Timestamp>,
    /// Acceptance and completion: within the limit.
    pub within: Option<bool>,
    /// When the clock will ask for something by itself.
    pub timer_at: Option<Timestamp>,
    /// Longitude and latitude as public screens show it.
    pub position: Option<[f64; 2]>,
    /// What the event adds to the counters, in their order.
    pub delta: [i64; 6],
    /// Acceptance: since it was sent; completion: since it was accepted. Milliseconds.
    pub elapsed_ms: Option<i64>,
    /// One line that may be shown on a public screen.
    pub line: String,
}

/// What the facts need to know of the ticket's surroundings.
#[derive(Debug, Clone, Copy)]
pub struct Surroundings<'a> {
    /// The grid's name with those above.
    pub grid_name: &'a str,
    /// What people call the kind.
    pub kind_title: &'a str,
    /// Words of this kind never appear on public screens.
    pub private: bool,
}

impl TicketFacts {
    /// The facts of `event`, which turned `before` (nothing: a new ticket) into `after`.
    pub fn of(
        before: Option<&Ticket>,
        after: &Ticket,
        event: &TicketEvent,
        by: Option<&PersonRef>,
        at: Timestamp,
        around: &Surroundings<'_>,
    ) -> Self {
        let counted_before = before.map(Ticket::counted).unwrap_or_default();
        let elapsed_ms = match event {
            TicketEvent::Accepted { .. } => Some(at.since(after.submitted_at)),
            TicketEvent::Completed { .. } => after.accepted_at().map(|accepted| at.since(accepted)),
            _ => None,
        };
        Self {
            ticket_id: after.id,
            number: after.number.clone(),
            grid_id: after.grid_id,
            grid_name: around.grid_name.to_owned(),
            kind: after.kind.clone(),
            kind_title: around.kind_title.to_owned(),
            state: after.state_name(),
            version: after.version,
            by: by.cloned(),
            handler: after.handler().cloned(),
            handling_level: after.handling_path.level(),
            overdue: after.is_overdue(),
            due_at: after.due_at(),
            within: elapsed_ms.map(|_| before.is_some_and(|ticket| !ticket.is_late(at))),
            timer_at: after.next_timer(),
            position: shown_position(after, around.private),
            delta: (after.counted() - counted_before).to_array(),
            elapsed_ms,
            line: line(after, event, elapsed_ms, around),
        }
    }
}

/// Where a public screen shows a ticket: to a thousandth of a degree, some hundred metres, so that it points at no
/// house; a private kind nowhere but in its grid (domain.md 9.2: a place is personal).
pub fn shown_position(ticket: &Ticket, private: bool) -> Option<[f64; 2]> {
    let coarse = |degrees: f64| (degrees * 1000.0).round() / 1000.0;
    ticket.location.filter(|_| !private).map(|place| [coarse(place.lng), coarse(place.lat)])
}

fn line(ticket: &Ticket, event: &TicketEvent, elapsed_ms: Option<i64>, around: &Surroundings<'_>) -> String {
    let handler = ticket.handler().map_or("", |handler| handler.name.as_str());
    let took = elapsed_ms.map(duration_words).unwrap_or_default();
    match event {
        TicketEvent::Submitted { .. } if around.private || ticket.content.is_empty() => {
            format!("新的{}诉求", around.kind_title)
        }
        TicketEvent::Submitted { .. } => public_words(&ticket.content, &ticket.submitter.name),
        TicketEvent::Accepted { .. } => format!("{handler} 接单，用时 {took}"),
        TicketEvent::Completed { .. } => format!("{handler} 办结，用时 {took}"),
        TicketEvent::Returned { count, .. } => format!("第 {count} 次退回，等待重新接单"),
        TicketEvent::LevelVacant { level, .. } => format!("{}暂无负责人，直接上报", level_title(*level)),
        TicketEvent::Escalated { to_level, cause, .. } => {
            format!("{}，升级到{}网格长", cause.title(), level_title(*to_level))
        }
        TicketEvent::Reassigned { .. } => format!("改派给 {handler}"),
        TicketEvent::Nudged { nudger: Some(nudger), .. } => format!("领导督促：{}", nudger.name),
        TicketEvent::Nudged { nudger: None, .. } => "超时自动督促".to_owned(),
        TicketEvent::NudgeRead {} => "督促已收到".to_owned(),
        TicketEvent::Withdrawn {} => "诉求人已撤回".to_owned(),
        TicketEvent::Rated { stars, .. } => format!("评价 {}", "★".repeat(usize::from(*stars))),
        TicketEvent::Reopened { .. } => "诉求人要求重新办理".to_owned(),
        TicketEvent::Commented { .. } => "补充了说明".to_owned(),
        TicketEvent::DueSoon {} => "即将超时".to_owned(),
        TicketEvent::Overdue { .. } => match ticket.state_name() {
            StateName::Submitted => "超时未接".to_owned(),
            _ => "超时未办结".to_owned(),
        },
        TicketEvent::Paused { pause } => format!("暂停计时：{}", pause.reason.title()),
        TicketEvent::Resumed { .. } => "恢复计时".to_owned(),
        TicketEvent::ExtensionRequested { request } => format!("申请延期 {}", request.limit.words()),
        TicketEvent::ExtensionDecided { approved: true, .. } => "同意延期".to_owned(),
        TicketEvent::ExtensionDecided { approved: false, .. } => "未同意延期".to_owned(),
        TicketEvent::DueChanged { .. } => "办理时限已调整".to_owned(),
        TicketEvent::MadeKnown { .. } => "已向居民公开说明".to_owned(),
        TicketEvent::Concealed {} => "收回公开说明".to_owned(),
        TicketEvent::Joined { count, .. } => format!("另有 {count} 人反映"),
        TicketEvent::Left { count, .. } => format!("有人不再关注，另有 {count} 人反映"),
    }
}

/// `2 分 11 秒`, `5 小时 3 分`, `2 天 4 小时`: the two largest units.
fn duration_words(millis: i64) -> String {
    let seconds = millis.max(0) / 1000;
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    if days > 0 {
        format!("{days} 天 {} 小时", hours % 24)
    } else if hours > 0 {
        format!("{hours} 小时 {} 分", minutes % 60)
    } else if minutes > 0 {
        format!("{minutes} 分 {} 秒", seconds % 60)
    } else {
        format!("{seconds} 秒")
    }
}

impl TicketEvent {
    pub(super) fn submitted(ticket: &Ticket, clock: TicketClock) -> Self {
        Self::Submitted {
            submitter_id: ticket.submitter.id,
            submitter_name: Some(ticket.submitter.name.clone()),
            content: ticket.content.clone(),
            form: ticket.form.clone(),
            attachments: ticket.attachments.clone(),
            location: ticket.location,
            on_behalf: ticket.on_behalf.is_some(),
            also_village: ticket.also_village,
            emergency: ticket.emergency,
            clock,
        }
    }

    /// Whether it is a matter of those who handle and supervise, not of the submitter.
    pub const fn is_between_colleagues(&self) -> bool {
        matches!(
            self,
            Self::Nudged { .. }
                | Self::NudgeRead {}
                | Self::DueSoon {}
                | Self::LevelVacant { .. }
                | Self::ExtensionRequested { .. }
                | Self::Joined { .. }
                | Self::Left { .. }
        )
    }

    /// Whether whoever did it stays unnamed: residents who joined are a number to all others.
    pub const fn is_anonymous(&self) -> bool {
        matches!(self, Self::Joined { .. } | Self::Left { .. })
    }

    /// The kind as it stands in the log (live-api.md).
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Submitted { .. } => "ticket.submitted",
            Self::Accepted { .. } => "ticket.accepted",
            Self::Completed { .. } => "ticket.completed",
            Self::Returned { .. } => "ticket.returned",
            Self::LevelVacant { .. } => "ticket.level_vacant",
            Self::Escalated { .. } => "ticket.escalated",
            Self::Reassigned { .. } => "ticket.reassigned",
            Self::Nudged { .. } => "ticket.nudged",
            Self::NudgeRead {} => "ticket.nudge_read",
            Self::Withdrawn {} => "ticket.withdrawn",
            Self::Rated { .. } => "ticket.rated",
            Self::Reopened { .. } => "ticket.reopened",
            Self::Commented { .. } => "ticket.commented",
            Self::DueSoon {} => "ticket.due_soon",
            Self::Overdue { .. } => "ticket.overdue",
            Self::Paused { .. } => "ticket.paused",
            Self::Resumed { .. } => "ticket.resumed",
            Self::ExtensionRequested { .. } => "ticket.extension_requested",
            Self::ExtensionDecided { .. } => "ticket.extension_decided",
            Self::DueChanged { .. } => "ticket.due_changed",
            Self::MadeKnown { .. } => "ticket.made_known",
            Self::Concealed {} => "ticket.concealed",
            Self::Joined { .. } => "ticket.joined",
            Self::Left { .. } => "ticket.left",
        }
    }
}

impl TicketEvent {
    /// The event's data as it stands in the log: its own contents beside the facts.
    pub fn data(&self, facts: &TicketFacts) -> Value {
        let mut data = object(serde_json::to_value(facts));
        // `{"kind": …, "data": {…}}`: the contents lie under `data`.
        let mut own = object(serde_json::to_value(self));
        data.append(&mut object(Ok(own.remove("data").unwrap_or_default())));
        Value::Object(data)
    }

    /// Reads back what [`TicketEvent::data`] wrote for an event of `kind`; nothing when it is not a ticket's event.
    pub fn from_log(kind: &str, data: &Value) -> Option<Self> {
        let kind = Value::from(kind);
        let parts = [("kind", &kind), ("data", data)];
        Self::deserialize(MapDeserializer::new(parts.into_iter())).ok()
    }
}

fn object(value: Result<Value, serde_json::Error>) -> serde_json::Map<String, Value> {
    match value {
        Ok(Value::Object(map)) => map,
        // Derived serialisations of structs are objects; there is nothing else to take.
        Ok(_) | Err(_) => serde_json::Map::new(),
    }
}
