//! Sending a request.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::clock::TicketClock;
use super::decide::DecisionContext;
use super::events::TicketEvent;
use super::{State, Ticket};
use crate::attachment::{AttachmentKind, AttachmentRef};
use crate::clock::Timestamp;
use crate::grid::GridStatus;
use crate::ids::{GridId, TicketId};
use crate::person::PersonRef;
use crate::problem::{FieldError, Refusal, text_field};
use crate::service_level::Purpose;
use crate::tree::TreePath;

/// Pictures of one request (inventory GRID-09, GRID-11).
pub const MAX_IMAGES: usize = 3;
/// Characters of the words of a request.
pub const MAX_CONTENT: usize = 2_000;

/// A place on the map, already in WGS84 (domain.md §13).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct TicketLocation {
    /// Degrees east.
    pub lng: f64,
    /// Degrees north.
    pub lat: f64,
    /// Radius of uncertainty in metres.
    pub accuracy_m: Option<f64>,
    /// The grid whose area holds the point, when one does.
    pub grid_id: Option<GridId>,
}

/// The person for whom somebody else sends a request (代人信息填报).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnBehalf {
    /// Name.
    pub name: String,
    /// Mobile number.
    pub phone: String,
}

/// A request as its submitter wrote it; form, names and numbers are already checked for their own shape.
#[derive(Debug, Clone, PartialEq)]
pub struct NewTicket {
    /// Its id.
    pub id: TicketId,
    /// Its receipt number.
    pub number: String,
    /// Code of its kind.
    pub kind: String,
    /// The words.
    pub content: String,
    /// Fields of the kind's form, normalised.
    pub form: Value,
    /// Files.
    pub attachments: Vec<AttachmentRef>,
    /// Where it is.
    pub location: Option<TicketLocation>,
    /// For whom.
    pub on_behalf: Option<OnBehalf>,
    /// 同时发给村委会
    pub also_village: bool,
    /// Its words speak of danger.
    pub emergency: bool,
    /// Who sends it.
    pub submitter: PersonRef,
}

/// What sending depends on beside the request itself.
#[derive(Debug, Clone)]
pub struct SubmitContext<'a> {
    /// The grid it is sent to.
    pub grid_id: GridId,
    /// Its place.
    pub grid_path: &'a TreePath,
    /// Whether it takes requests.
    pub grid_status: GridStatus,
    /// Name and address of the submitter are known (inventory GRID-17).
    pub profile_complete: bool,
    /// Limits, and who would act.
    pub decision: DecisionContext<'a>,
}

impl Ticket {
    /// Sends a request: the new ticket as it is right after its first event, and what happens at once: beside that event
    /// a grid that nobody serves passes it on.
    ///
    /// # Errors
    /// `profile.incomplete` (GRID-17), `grid.disabled`, or field errors of `content` and `attachments`.
    pub fn submit(
        new: NewTicket,
        context: &SubmitContext<'_>,
        now: Timestamp,
    ) -> Result<(Self, Vec<TicketEvent>), Refusal> {
        if !context.profile_complete {
            return Err(Refusal::profile_incomplete());
        }
        if context.grid_status != GridStatus::Active {
            return Err(Refusal::rule("grid.disabled", "该网格已停用，请扫描新的网格码"));
        }
        let fields = wrong_fields(&new);
        if !fields.is_empty() {
            return Err(Refusal::fields(fields));
        }
        let level = context.grid_path.level();
        let clock = TicketClock::start(Purpose::Accept, 1, &new.kind, level, now, context.decision.rules);
        let ticket = Self {
            id: new.id,
            number: new.number,
            version: 1,
            grid_id: context.grid_id,
            grid_path: context.grid_path.clone(),
            kind: new.kind,
            content: new.content.trim().to_owned(),
            form: new.form,
            attachments: new.attachments,
            location: new.location,
            on_behalf: new.on_behalf,
            also_village: new.also_village,
            emergency: new.emergency,
            submitter: new.submitter,
            submitted_at: now,
            state: State::Submitted,
            handling_path: context.grid_path.clone(),
            return_count: 0,
            last_return_reason: None,
            reopen_count: 0,
            overdue_count: 0,
            nudges: None,
            clock: Some(clock.clone()),
            extension_request: None,
            known: None,
            joiners: Vec::new(),
        };
        let sent = TicketEvent::submitted(&ticket, clock);
        let passed_on = ticket.decide_vacancy(&context.decision, now);
        let events = std::iter::once(sent).chain(passed_on).collect();
        Ok((ticket, events))
    }
}

fn wrong_fields(new: &NewTicket) -> Vec<FieldError> {
    let mut fields: Vec<_> = text_field("content", &new.content, false, MAX_CONTENT).err().into_iter().collect();
    let nothing_said = new.content.trim().is_empty() && new.attachments.is_empty();
    let empty_form = new.form.as_object().is_none_or(serde_json::Map::is_empty);
    if nothing_said && empty_form {
        fields.push(FieldError::new("content", "field.required", "请写几句话、说一段语音或拍一张照片"));
    }
    let limits = [
        (AttachmentKind::Image, MAX_IMAGES, "最多 3 张照片"),
        (AttachmentKind::Voice, 1, "最多 1 段语音"),
        (AttachmentKind::Video, 1, "最多 1 段视频"),
        (AttachmentKind::Document, 0, "只能上传照片、语音或视频"),
    ];
    for (kind, limit, message) in limits {
        if new.attachments.iter().filter(|file| file.kind == kind).count() > limit {
            fields.push(FieldError::new("attachments", "field.too_many", message));
        }
    }
    let mut seen: Vec<_> = new.attachments.iter().map(|file| file.id).collect();
    seen.sort_unstable();
    seen.dedup();
    if seen.len() != new.attachments.len() {
        fields.push(FieldError::new("attachments", "field.duplicate", "同一个文件只需添加一次"));
    }
    fields
}
