//! Minutes, pictures and ratings as clients see them.

use lianxin_domain::clock::Timestamp;
use lianxin_domain::ids::MeetingId;
use lianxin_domain::minutes::{Minutes, MinutesDraft, MinutesText, Picture, Rating, RatingSummary};
use lianxin_domain::person::PersonRef;
use serde::Serialize;
use utoipa::ToSchema;

use super::attachment::AttachmentView;
use super::ticket::PersonView;

/// What was written to the minutes.
#[derive(Debug, Serialize, ToSchema)]
pub struct MinutesTextView {
    /// 会议内容
    pub content: String,
    /// 讨论情况, in the order of the agenda; later ones may be missing.
    pub discussions: Vec<String>,
    /// 决议事项
    pub decisions: String,
    /// 备注
    pub remarks: String,
}

impl From<&MinutesText> for MinutesTextView {
    fn from(text: &MinutesText) -> Self {
        let MinutesText { content, discussions, decisions, remarks } = text.clone();
        Self { content, discussions, decisions, remarks }
    }
}

/// What the caller may do with minutes now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct MinutesRights {
    /// Write to them.
    pub edit: bool,
    /// 签发
    pub sign: bool,
    /// 退回修改
    pub reopen: bool,
}

/// The minutes of a meeting.
#[derive(Debug, Serialize, ToSchema)]
pub struct MinutesView {
    #[schema(value_type = String)]
    meeting_id: MeetingId,
    /// `none`, `draft` or `signed`.
    state: String,
    /// The state in words.
    state_title: String,
    /// Grows with every change; 0 when nobody wrote or signed anything.
    version: u32,
    text: MinutesTextView,
    edited_by: Option<PersonView>,
    #[schema(value_type = Option<String>)]
    edited_at: Option<Timestamp>,
    signed_by: Option<PersonView>,
    #[schema(value_type = Option<String>)]
    signed_at: Option<Timestamp>,
    may: MinutesRights,
    /// 到会率 in tenths of a percent; null when nobody was expected.
    rate_permille: Option<u32>,
    /// SHA-256 of the facts.
    sha256: String,
    /// The facts: `{meeting_id, as_of, heading, figures, attendance, agenda, resolutions, calls, papers, media}`. Reasons
    /// of leave are there only for those who run the meeting or look over it.
    #[schema(value_type = Object)]
    facts: MinutesDraft,
}

fn person(person: &PersonRef) -> PersonView {
    PersonView { id: person.id.to_string(), name: person.name.clone() }
}

impl MinutesView {
    /// The minutes over `facts`, whose hash is `sha256`.
    pub fn of(minutes: &Minutes, facts: MinutesDraft, sha256: String, may: MinutesRights) -> Self {
        let (edited, signed) = (minutes.edited.as_ref(), minutes.signed.as_ref().map(|signed| &signed.mark));
        Self {
            meeting_id: minutes.meeting_id,
            state: minutes.state().as_str().to_owned(),
            state_title: minutes.state().title().to_owned(),
            version: minutes.version,
            text: MinutesTextView::from(&minutes.text),
            edited_by: edited.map(|edited| person(&edited.by)),
            edited_at: edited.map(|edited| edited.at),
            signed_by: signed.map(|signed| person(&signed.by)),
            signed_at: signed.map(|signed| signed.at),
            may,
            rate_permille: facts.figures.rate_permille(),
            sha256,
            facts,
        }
    }
}

/// What became of a change of the minutes.
#[derive(Debug, Serialize, ToSchema)]
pub struct MinutesChanged {
    /// `draft` or `signed`.
    state: String,
    version: u32,
    /// Who changed the text last.
    edited_by: Option<PersonView>,
    #[schema(value_type = Option<String>)]
    edited_at: Option<Timestamp>,
    #[schema(value_type = Option<String>)]
    signed_at: Option<Timestamp>,
}

impl From<&Minutes> for MinutesChanged {
    fn from(minutes: &Minutes) -> Self {
        Self {
            state: minutes.state().as_str().to_owned(),
            version: minutes.version,
            edited_by: minutes.edited.as_ref().map(|edited| person(&edited.by)),
            edited_at: minutes.edited.as_ref().map(|edited| edited.at),
            signed_at: minutes.signed.as_ref().map(|signed| signed.mark.at),
        }
    }
}

/// A picture or video of a meeting.
#[derive(Debug, Serialize, ToSchema)]
pub struct PictureView {
    file: AttachmentView,
    caption: Option<String>,
    by: PersonView,
    #[schema(value_type = String)]
    at: Timestamp,
}

impl From<&Picture> for PictureView {
    fn from(picture: &Picture) -> Self {
        Self {
            file: AttachmentView::from(&picture.file),
            caption: picture.caption.clone(),
            by: person(&picture.by),
            at: picture.at,
        }
    }
}

/// What one thinks of a meeting oneself.
#[derive(Debug, Serialize, ToSchema)]
pub struct OwnRatingView {
    /// 1 to 5.
    stars: u8,
    comment: Option<String>,
    #[schema(value_type = String)]
    at: Timestamp,
}

impl From<&Rating> for OwnRatingView {
    fn from(rating: &Rating) -> Self {
        Self { stars: rating.stars, comment: rating.comment.clone(), at: rating.at }
    }
}

/// What those who were there think of a meeting.
#[derive(Debug, Serialize, ToSchema)]
pub struct RatingsView {
    /// How many have rated; null for those who neither run the meeting nor look over it.
    count: Option<u32>,
    /// With one decimal, such as `"4.6"`; null while fewer than five have rated.
    average: Option<String>,
    /// All stars together: the average is `sum` by `count`.
    sum: Option<u32>,
    /// How many gave 1 to 5 stars.
    distribution: Option<Vec<u32>>,
    /// What was said, sorted by its words.
    comments: Option<Vec<String>>,
    /// The caller's own.
    own: Option<OwnRatingView>,
}

impl RatingsView {
    /// For somebody who may know what came of it (`summary`) or not.
    pub fn of(summary: Option<RatingSummary>, own: Option<&Rating>) -> Self {
        let count = summary.as_ref().map(|summary| summary.count);
        let result = summary.and_then(|summary| summary.result);
        Self {
            count,
            average: result.as_ref().and_then(lianxin_domain::minutes::Ratings::average),
            sum: result.as_ref().map(lianxin_domain::minutes::Ratings::sum),
            distribution: result.as_ref().map(|result| result.distribution.to_vec()),
            comments: result.map(|result| result.comments),
            own: own.map(OwnRatingView::from),
        }
    }
}
