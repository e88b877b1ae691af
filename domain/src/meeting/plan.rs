//! What is planned of a meeting, and what a plan may say (inventory MEET-02, MEET-03, MEET-04, MEET-06).

use serde::{Deserialize, Serialize};
use url::Url;

use super::PersonRef;
use super::place::{Fence, RADIUS_M};
use crate::attachment::AttachmentRef;
use crate::clock::Timestamp;
use crate::ids::{MemberId, OrganisationId};
use crate::problem::{FieldError, Refusal, text_field};

/// People on one list.
pub const MAX_ATTENDEES: usize = 10_000;
const MAX_TOPIC: usize = 100;
const MAX_PLACE: usize = 200;
const MAX_CONTENT: usize = 5_000;
const MAX_ATTACHMENTS: usize = 10;
/// Characters of a link, as browsers write it.
const MAX_LINK: usize = 500;
const MAX_AGENDA: usize = 50;
const MAX_ITEM: usize = 100;
const MAX_PRESENTER: usize = 50;
/// An item's length in minutes.
const MAX_ITEM_MINUTES: u32 = 600;
/// From begin to end, in milliseconds.
pub const MAX_LENGTH_MS: i64 = 31 * 24 * 3_600_000;
const MAX_OPENS_MINUTES: u32 = 24 * 60;
const MAX_LATE_MINUTES: u32 = 600;

/// How people come together (召开方式).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// 线下
    Onsite,
    /// 视频
    Online,
    /// 线下与视频
    Hybrid,
}

impl Mode {
    /// What people call it.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Onsite => "线下",
            Self::Online => "视频",
            Self::Hybrid => "线下与视频",
        }
    }
}

/// Who is invited (参会人员): joined, everybody once.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invited {
    /// All members of the meeting's own organisation.
    pub whole_branch: bool,
    /// These members, of whatever organisation.
    pub members: Vec<MemberId>,
    /// All members of these organisations.
    pub organisations: Vec<OrganisationId>,
}

/// Signing up beforehand (报名).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignUp {
    /// Until when; before the begin.
    pub deadline: Timestamp,
}

/// How people sign in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SignInRules {
    /// Whether they have to.
    pub required: bool,
    /// So many minutes before the begin.
    pub opens_minutes_before: u32,
    /// Whoever comes so many minutes after the begin is late.
    pub late_after_minutes: u32,
    /// Where.
    pub fence: Option<Fence>,
}

impl Default for SignInRules {
    fn default() -> Self {
        Self { required: true, opens_minutes_before: 30, late_after_minutes: 0, fence: None }
    }
}

/// One item of the agenda.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgendaItem {
    /// What.
    pub title: String,
    /// How long; 0: open.
    pub minutes: u32,
    /// Who leads it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub presenter: Option<String>,
}

/// What is planned.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// 主题
    pub topic: String,
    /// Code of its type.
    pub type_code: String,
    /// 主持人
    pub host: PersonRef,
    /// 记录人
    pub recorder: Option<PersonRef>,
    /// From.
    pub starts_at: Timestamp,
    /// To.
    pub ends_at: Timestamp,
    /// How people come together.
    pub mode: Mode,
    /// Where; empty for a video meeting.
    pub place: String,
    /// Where the video meeting is (视频会议链接), https; only of a meeting that is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub video_link: Option<String>,
    /// What it is about.
    pub content: String,
    /// Papers.
    pub attachments: Vec<AttachmentRef>,
    /// Who is invited.
    pub invited: Invited,
    /// Whether people sign up first.
    pub sign_up: Option<SignUp>,
    /// How people sign in.
    pub sign_in: SignInRules,
    /// 议程
    pub agenda: Vec<AgendaItem>,
}

impl Plan {
    /// Whoever comes so much later than the begin is late; in milliseconds.
    pub const fn late_after_ms(&self) -> i64 {
        self.sign_in.late_after_minutes as i64 * 60_000
    }
}

/// A plan as somebody wrote it; the host, the type and the people were looked up.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanInput(pub Plan);

impl PlanInput {
    /// The plan, when everything in it can be.
    ///
    /// # Errors
    /// Every field that is wrong, by its name in the document.
    pub fn check(self) -> Result<Plan, Refusal> {
        let mut plan = self.0;
        let mut wrong = Vec::new();
        let mut take =
            |field: &str, text: &mut String, required: bool, max: usize| match text_field(field, text, required, max) {
                Ok(clean) => *text = clean,
                Err(error) => wrong.push(error),
            };
        take("topic", &mut plan.topic, true, MAX_TOPIC);
        take("place", &mut plan.place, plan.mode != Mode::Online, MAX_PLACE);
        take("content", &mut plan.content, false, MAX_CONTENT);
        for (index, item) in plan.agenda.iter_mut().enumerate() {
            take(&format!("agenda[{index}].title"), &mut item.title, true, MAX_ITEM);
            if let Some(presenter) = &mut item.presenter {
                take(&format!("agenda[{index}].presenter"), presenter, false, MAX_PRESENTER);
            }
        }
        if let Some(link) = &mut plan.video_link {
            match video_link(link, plan.mode) {
                Ok(clean) => *link = clean,
                Err(words) => wrong.push(FieldError::new("video_link", "meeting.video_link", words)),
            }
        }
        wrong.extend(wrong_times(&plan));
        wrong.extend(wrong_numbers(&plan));
        if wrong.is_empty() { Ok(plan) } else { Err(Refusal::fields(wrong)) }
    }
}

/// The link as browsers will follow it, or what is wrong with it.
fn video_link(link: &str, mode: Mode) -> Result<String, String> {
    if mode == Mode::Onsite {
        return Err("线下会议没有视频会议链接，请改召开方式或去掉链接".to_owned());
    }
    let unclear = || "请填写以 https:// 开头的视频会议链接".to_owned();
    // Before it is parsed: a URL parser leaves line breaks out and takes other spellings of its beginning.
    let shown = !link.contains(|c: char| c.is_control()) && link.trim().starts_with("https://");
    let url = Url::parse(link).ok().filter(|_| shown).ok_or_else(unclear)?;
    // What stands before an @ looks like the host to whoever reads it.
    if !url.username().is_empty() || url.password().is_some() {
        return Err(unclear());
    }
    let link = String::from(url);
    if link.len() > MAX_LINK { Err(format!("链接最多 {MAX_LINK} 个字符")) } else { Ok(link) }
}

fn wrong_times(plan: &Plan) -> Vec<FieldError> {
    let mut wrong = Vec::new();
    // Equal is allowed: an activity may be a moment (inventory MEET-04: 开始 ≤ 结束).
    if plan.ends_at < plan.starts_at {
        wrong.push(FieldError::new("ends_at", "meeting.ends_before_start", "结束时间不能早于开始时间"));
    } else if plan.ends_at.since(plan.starts_at) > MAX_LENGTH_MS {
        wrong.push(FieldError::new("ends_at", "meeting.too_long", "开始到结束最多 31 天"));
    }
    if plan.sign_up.is_some_and(|sign_up| sign_up.deadline >= plan.starts_at) {
        wrong.push(FieldError::new("sign_up.deadline", "meeting.sign_up_after_start", "报名截止要早于开始时间"));
    }
    wrong
}

fn wrong_numbers(plan: &Plan) -> Vec<FieldError> {
    let mut wrong = Vec::new();
    let mut at_most = |field: String, value: usize, max: usize, words: String| {
        if value > max {
            wrong.push(FieldError::new(field, "field.too_large", words));
        }
    };
    let rules = &plan.sign_in;
    at_most(
        "sign_in.opens_minutes_before".to_owned(),
        rules.opens_minutes_before as usize,
        MAX_OPENS_MINUTES as usize,
        "最多提前 24 小时开始签到".to_owned(),
    );
    at_most(
        "sign_in.late_after_minutes".to_owned(),
        rules.late_after_minutes as usize,
        MAX_LATE_MINUTES as usize,
        format!("最多 {MAX_LATE_MINUTES} 分钟"),
    );
    at_most("agenda".to_owned(), plan.agenda.len(), MAX_AGENDA, format!("议程最多 {MAX_AGENDA} 项"));
    at_most(
        "attachments".to_owned(),
        plan.attachments.len(),
        MAX_ATTACHMENTS,
        format!("附件最多 {MAX_ATTACHMENTS} 个"),
    );
    let named = plan.invited.members.len() + plan.invited.organisations.len();
    at_most("attendees".to_owned(), named, MAX_ATTENDEES, format!("最多指定 {MAX_ATTENDEES} 人"));
    for (index, item) in plan.agenda.iter().enumerate() {
        let field = format!("agenda[{index}].minutes");
        at_most(field, item.minutes as usize, MAX_ITEM_MINUTES as usize, format!("最多 {MAX_ITEM_MINUTES} 分钟"));
    }
    if let Some(Fence::Circle { radius_m, .. }) = rules.fence
        && !RADIUS_M.contains(&radius_m)
    {
        let words = format!("签到半径应在 {} 至 {} 米之间", RADIUS_M.start(), RADIUS_M.end());
        wrong.push(FieldError::new("sign_in.fence.radius_m", "meeting.radius", words));
    }
    wrong
}
