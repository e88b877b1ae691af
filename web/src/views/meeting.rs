//! Meetings as clients see them.

use lianxin_domain::clock::Timestamp;
use lianxin_domain::ids::{MeetingId, MemberId, OrganisationId};
use lianxin_domain::meeting::{AgendaItem, Fence, Meeting, Mode, SignInRules};
use lianxin_domain::minutes::MinutesState;
use lianxin_domain::person::PersonRef;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::attachment::AttachmentView;
use super::delegation::DelegationView;
use super::ticket::PersonView;

/// Who is invited.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InvitedView {
    /// All members of the meeting's own organisation.
    #[serde(default)]
    pub whole_branch: bool,
    /// These members.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    pub members: Vec<MemberId>,
    /// All members of these organisations.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    pub orgs: Vec<OrganisationId>,
}

/// An item of the agenda.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AgendaItemView {
    /// 1 to 100 characters.
    pub title: String,
    /// 0: open.
    #[serde(default)]
    pub minutes: u32,
    /// Who leads it.
    #[serde(default)]
    pub presenter: Option<String>,
}

impl From<&AgendaItem> for AgendaItemView {
    fn from(item: &AgendaItem) -> Self {
        Self { title: item.title.clone(), minutes: item.minutes, presenter: item.presenter.clone() }
    }
}

impl From<AgendaItemView> for AgendaItem {
    fn from(item: AgendaItemView) -> Self {
        Self { title: item.title, minutes: item.minutes, presenter: item.presenter }
    }
}

/// How people sign in. Either a circle (`lng`, `lat`, `radius_m`) or a `polygon` in WGS84.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SignInView {
    /// Whether people have to.
    pub required: bool,
    /// So many minutes before the begin.
    pub opens_minutes_before: u32,
    /// Whoever comes so many minutes after the begin is late.
    pub late_after_minutes: u32,
    /// Where: a circle or a polygon.
    #[schema(value_type = Option<Object>)]
    pub fence: Option<serde_json::Value>,
}

impl From<&SignInRules> for SignInView {
    fn from(rules: &SignInRules) -> Self {
        let fence = rules.fence.as_ref().map(|fence| match fence {
            Fence::Circle { center, radius_m } => {
                serde_json::json!({ "lng": center.lng(), "lat": center.lat(), "datum": "wgs84", "radius_m": radius_m })
            }
            Fence::Polygon(area) => serde_json::json!({ "polygon": area }),
        });
        Self {
            required: rules.required,
            opens_minutes_before: rules.opens_minutes_before,
            late_after_minutes: rules.late_after_minutes,
            fence,
        }
    }
}

/// The item that is being dealt with.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AgendaPositionView {
    /// From 0.
    pub index: u32,
    /// Since when.
    #[schema(value_type = String)]
    pub since: Timestamp,
    /// When it should be done, by the server's clock.
    #[schema(value_type = Option<String>)]
    pub ends_at: Option<Timestamp>,
}

/// A meeting.
#[derive(Debug, Serialize, ToSchema)]
pub struct MeetingView {
    /// Its id.
    #[schema(value_type = String)]
    pub id: MeetingId,
    /// Grows with every change.
    pub version: u32,
    /// 1 to 100 characters.
    pub topic: String,
    /// Code of its type.
    #[serde(rename = "type")]
    pub type_code: String,
    /// Its type's name.
    pub type_name: String,
    /// Whose meeting it is.
    #[schema(value_type = String)]
    pub org_id: OrganisationId,
    /// That organisation's name.
    pub org_name: String,
    /// `draft`, `launched`, `running`, `ended`, `archived` or `cancelled`.
    pub state: String,
    /// The state in words.
    pub state_title: String,
    /// 主持人
    pub host: PersonView,
    /// 记录人
    pub recorder: Option<PersonView>,
    /// The planned begin.
    #[schema(value_type = String)]
    pub starts_at: Timestamp,
    /// The planned end.
    #[schema(value_type = String)]
    pub ends_at: Timestamp,
    /// `onsite`, `online` or `hybrid`.
    #[schema(value_type = String)]
    pub mode: Mode,
    /// Where.
    pub place: String,
    /// Where the video meeting is, https; only of those that are one.
    pub video_link: Option<String>,
    /// What it is about; at most 5,000 characters.
    pub content: String,
    /// Papers.
    pub attachments: Vec<AttachmentView>,
    /// Who is invited.
    pub attendees: InvitedView,
    /// Until when people sign up; nothing: they need not.
    #[schema(value_type = Option<String>)]
    pub sign_up_until: Option<Timestamp>,
    /// How people sign in.
    pub sign_in: SignInView,
    /// When signing in opens.
    #[schema(value_type = String)]
    pub sign_in_opens_at: Timestamp,
    /// 议程, at most 50 items.
    pub agenda: Vec<AgendaItemView>,
    /// The item that is being dealt with.
    pub agenda_position: Option<AgendaPositionView>,
    /// When it was launched.
    #[schema(value_type = Option<String>)]
    pub launched_at: Option<Timestamp>,
    /// When it began.
    #[schema(value_type = Option<String>)]
    pub started_at: Option<Timestamp>,
    /// When it ended.
    #[schema(value_type = Option<String>)]
    pub ended_at: Option<Timestamp>,
    /// Why it was called off.
    pub cancel_reason: Option<String>,
    /// Where its minutes stand: `none` (nobody wrote or signed any), `draft` or `signed`.
    pub minutes_state: String,
    /// An organisation above that was asked to send somebody.
    pub delegation: Option<DelegationView>,
    /// Whether the caller may run it.
    pub manages: bool,
    /// The caller's own line of the list; null when they are not on it, left out where it is not looked up.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub own: Option<serde_json::Value>,
    /// How many are invited now, each once; of a draft that is read or written by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invited: Option<u64>,
    /// 应到 and 实到; in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub figures: Option<ListFigures>,
}

/// How many of whom, as a list says it.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct ListFigures {
    /// 应到; of a draft how many are invited now.
    pub expected: u64,
    /// 实到
    pub present: u64,
}

/// What a view needs beside the meeting.
pub struct Names {
    /// Of the organisation.
    pub organisation: String,
    /// Of the type.
    pub type_name: String,
}

impl MeetingView {
    /// The meeting as somebody sees it who manages it or not.
    pub fn of(meeting: &Meeting, names: Names, manages: bool) -> Self {
        let plan = &meeting.plan;
        let person = |person: &PersonRef| PersonView { id: person.id.to_string(), name: person.name.clone() };
        Self {
            id: meeting.id,
            version: meeting.version,
            topic: plan.topic.clone(),
            type_code: plan.type_code.clone(),
            type_name: names.type_name,
            org_id: meeting.organisation_id,
            org_name: names.organisation,
            state: meeting.state.as_str().to_owned(),
            state_title: meeting.state.title().to_owned(),
            host: person(&plan.host),
            recorder: plan.recorder.as_ref().map(person),
            starts_at: plan.starts_at,
            ends_at: plan.ends_at,
            mode: plan.mode,
            place: plan.place.clone(),
            video_link: plan.video_link.clone(),
            content: plan.content.clone(),
            attachments: plan.attachments.iter().map(AttachmentView::from).collect(),
            attendees: InvitedView {
                whole_branch: plan.invited.whole_branch,
                members: plan.invited.members.clone(),
                orgs: plan.invited.organisations.clone(),
            },
            sign_up_until: plan.sign_up.map(|sign_up| sign_up.deadline),
            sign_in: SignInView::from(&plan.sign_in),
            sign_in_opens_at: meeting.sign_in_opens_at(),
            agenda: plan.agenda.iter().map(AgendaItemView::from).collect(),
            agenda_position: meeting.agenda.map(|position| AgendaPositionView {
                index: position.index,
                since: position.since,
                ends_at: meeting.item_ends_at(),
            }),
            launched_at: meeting.launched_at,
            started_at: meeting.started_at,
            ended_at: meeting.ended_at,
            cancel_reason: meeting.cancel_reason.clone(),
            minutes_state: MinutesState::None.as_str().to_owned(),
            delegation: meeting.delegation.as_ref().map(DelegationView::from),
            manages,
            own: None,
            invited: None,
            figures: None,
        }
    }

    /// The same, with the caller's own line.
    pub fn with_own(self, own: Option<serde_json::Value>) -> Self {
        Self { own: Some(own.unwrap_or_default()), ..self }
    }

    /// The same, with where its minutes stand.
    pub fn with_minutes(self, state: MinutesState) -> Self {
        Self { minutes_state: state.as_str().to_owned(), ..self }
    }

    /// The same, with how many are invited.
    pub const fn with_invited(mut self, invited: Option<u64>) -> Self {
        self.invited = invited;
        self
    }

    /// The same, with what a list says.
    pub const fn with_figures(mut self, figures: Option<ListFigures>) -> Self {
        self.figures = figures;
        self
    }
}
