//! The plan of a meeting as clients write it.

use lianxin_domain::clock::Timestamp;
use lianxin_domain::geo::{Area, Datum, Point, RawPosition};
use lianxin_domain::ids::{AccountId, AttachmentId, OrganisationId};
use lianxin_domain::meeting::{AgendaItem, Fence, Invited, Mode, Plan, SignInRules, SignUp};
use lianxin_domain::problem::{FieldError, Refusal};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::error::ApiError;
use crate::patch::Patch;
use crate::views::meeting::{AgendaItemView, InvitedView};

/// A region: a circle, or a polygon in WGS84.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FenceInput {
    #[serde(default)]
    lng: Option<f64>,
    #[serde(default)]
    lat: Option<f64>,
    /// `wgs84` (default), `gcj02` or `bd09`; of the circle's centre.
    #[serde(default)]
    #[schema(value_type = String)]
    datum: Datum,
    /// 20 to 5,000.
    #[serde(default)]
    radius_m: Option<f64>,
    /// GeoJSON.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    polygon: Option<Area>,
}

impl FenceInput {
    fn fence(&self) -> Result<Fence, FieldError> {
        match (self.lng, self.lat, self.radius_m, &self.polygon) {
            (Some(lng), Some(lat), Some(radius_m), None) => {
                let raw = RawPosition { lng, lat, datum: self.datum, accuracy_m: None };
                let center: Point =
                    raw.to_wgs84().map_err(|error| FieldError::new("sign_in.fence", error.code(), error.message()))?;
                Ok(Fence::Circle { center, radius_m })
            }
            (None, None, None, Some(area)) => Ok(Fence::Polygon(area.clone())),
            _ => Err(FieldError::new("sign_in.fence", "field.required", "请给出圆心和半径，或者多边形")),
        }
    }
}

/// How people sign in.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignInInput {
    /// Default: yes.
    #[serde(default)]
    required: Option<bool>,
    /// Default: 30.
    #[serde(default)]
    opens_minutes_before: Option<u32>,
    /// Default: 0.
    #[serde(default)]
    late_after_minutes: Option<u32>,
    #[serde(default, deserialize_with = "crate::object::object")]
    fence: Option<FenceInput>,
}

impl SignInInput {
    fn rules(&self) -> Result<SignInRules, FieldError> {
        let usual = SignInRules::default();
        Ok(SignInRules {
            required: self.required.unwrap_or(usual.required),
            opens_minutes_before: self.opens_minutes_before.unwrap_or(usual.opens_minutes_before),
            late_after_minutes: self.late_after_minutes.unwrap_or(usual.late_after_minutes),
            fence: self.fence.as_ref().map(FenceInput::fence).transpose()?,
        })
    }
}

/// Signing up beforehand.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignUpInput {
    /// Before the begin.
    #[schema(value_type = String)]
    deadline: Timestamp,
}

/// A new meeting.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMeetingInput {
    /// 1 to 100 characters.
    pub topic: String,
    /// Code of a type.
    #[serde(rename = "type")]
    pub type_code: String,
    /// Whose meeting it is.
    #[schema(value_type = String)]
    pub org_id: OrganisationId,
    /// An account; the caller when it is left out.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub host_id: Option<AccountId>,
    /// An account.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub recorder_id: Option<AccountId>,
    /// The planned begin.
    #[schema(value_type = String)]
    pub starts_at: Timestamp,
    /// The planned end.
    #[schema(value_type = String)]
    pub ends_at: Timestamp,
    /// `onsite` (default), `online` or `hybrid`.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub mode: Option<Mode>,
    /// Needed unless it is online.
    #[serde(default)]
    pub place: String,
    /// Where the video meeting is, https, at most 500 characters; not of one that is `onsite`.
    #[serde(default)]
    pub video_link: Option<String>,
    /// What it is about; at most 5,000 characters.
    #[serde(default)]
    pub content: String,
    /// Ids of uploaded files.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    pub attachments: Vec<AttachmentId>,
    /// Who is invited.
    #[serde(default, deserialize_with = "crate::object::needed")]
    pub attendees: InvitedView,
    /// Signing up beforehand (报名).
    #[serde(default, deserialize_with = "crate::object::object")]
    pub sign_up: Option<SignUpInput>,
    /// How people sign in.
    #[serde(default, deserialize_with = "crate::object::object")]
    pub sign_in: Option<SignInInput>,
    /// 议程, at most 50 items.
    #[serde(default, deserialize_with = "crate::object::list")]
    pub agenda: Option<Vec<AgendaItemView>>,
}

/// What changes of a draft; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MeetingChanges {
    /// 1 to 100 characters.
    #[serde(default)]
    pub topic: Option<String>,
    /// Code of a type.
    #[serde(default, rename = "type")]
    pub type_code: Option<String>,
    /// An account.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub host_id: Option<AccountId>,
    /// An account; null: nobody.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub recorder_id: Patch<AccountId>,
    /// The planned begin.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub starts_at: Option<Timestamp>,
    /// The planned end.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub ends_at: Option<Timestamp>,
    /// `onsite`, `online` or `hybrid`.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub mode: Option<Mode>,
    /// Where.
    #[serde(default)]
    pub place: Option<String>,
    /// Where the video meeting is, https, at most 500 characters; null: nowhere.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub video_link: Patch<String>,
    /// What it is about; at most 5,000 characters.
    #[serde(default)]
    pub content: Option<String>,
    /// Ids of all papers: those that it has and stay, and fresh uploads of the caller. What is not named is taken away.
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>)]
    pub attachments: Option<Vec<AttachmentId>>,
    /// Who is invited.
    #[serde(default, deserialize_with = "crate::object::object")]
    pub attendees: Option<InvitedView>,
    /// Signing up beforehand (报名); null: nobody needs to.
    #[serde(default, deserialize_with = "crate::patch::object")]
    #[schema(value_type = Option<SignUpInput>)]
    pub sign_up: Patch<SignUpInput>,
    /// How people sign in.
    #[serde(default, deserialize_with = "crate::object::object")]
    pub sign_in: Option<SignInInput>,
    /// 议程, at most 50 items.
    #[serde(default, deserialize_with = "crate::object::list")]
    pub agenda: Option<Vec<AgendaItemView>>,
}

fn invited(view: &InvitedView) -> Invited {
    Invited { whole_branch: view.whole_branch, members: view.members.clone(), organisations: view.orgs.clone() }
}

fn agenda(items: &[AgendaItemView]) -> Vec<AgendaItem> {
    items.iter().cloned().map(AgendaItem::from).collect()
}

fn rules(input: Option<&SignInInput>) -> Result<Option<SignInRules>, ApiError> {
    input.map(SignInInput::rules).transpose().map_err(|wrong| Refusal::fields(vec![wrong]).into())
}

/// What the input says by itself; host, recorder and files are looked up by whoever takes it.
impl NewMeetingInput {
    pub(super) fn plan(&self, looked_up: super::meetings::LookedUp) -> Result<Plan, ApiError> {
        Ok(Plan {
            topic: self.topic.clone(),
            type_code: self.type_code.clone(),
            host: looked_up.host,
            recorder: looked_up.recorder,
            starts_at: self.starts_at,
            ends_at: self.ends_at,
            mode: self.mode.unwrap_or(Mode::Onsite),
            place: self.place.clone(),
            video_link: self.video_link.clone(),
            content: self.content.clone(),
            attachments: looked_up.files,
            invited: invited(&self.attendees),
            sign_up: self.sign_up.as_ref().map(|sign_up| SignUp { deadline: sign_up.deadline }),
            sign_in: rules(self.sign_in.as_ref())?.unwrap_or_default(),
            agenda: agenda(self.agenda.as_deref().unwrap_or_default()),
        })
    }
}

impl MeetingChanges {
    pub(super) fn apply(&self, plan: &mut Plan) -> Result<(), ApiError> {
        let set = |field: &mut String, text: &Option<String>| {
            if let Some(text) = text {
                field.clone_from(text);
            }
        };
        set(&mut plan.topic, &self.topic);
        set(&mut plan.type_code, &self.type_code);
        set(&mut plan.place, &self.place);
        set(&mut plan.content, &self.content);
        plan.starts_at = self.starts_at.unwrap_or(plan.starts_at);
        plan.ends_at = self.ends_at.unwrap_or(plan.ends_at);
        plan.mode = self.mode.unwrap_or(plan.mode);
        if let Some(view) = &self.attendees {
            plan.invited = invited(view);
        }
        self.video_link.apply(&mut plan.video_link, Clone::clone);
        self.sign_up.apply(&mut plan.sign_up, |sign_up| SignUp { deadline: sign_up.deadline });
        if let Some(rules) = rules(self.sign_in.as_ref())? {
            plan.sign_in = rules;
        }
        if let Some(items) = &self.agenda {
            plan.agenda = agenda(items);
        }
        Ok(())
    }
}
