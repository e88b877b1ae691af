//! Tickets as clients see them.

use std::sync::Arc;

use lianxin_actors::command::Answer;
use lianxin_actors::directory::Directories;
use lianxin_actors::grid::MakeAnswer;
use lianxin_actors::rulebook::Rulebook;
use lianxin_domain::access::Standing;
use lianxin_domain::clock::{Clock, Timestamp};
use lianxin_domain::emergency::emergency_numbers;
use lianxin_domain::ids::TicketId;
use lianxin_domain::kinds::KindSet;
use lianxin_domain::person::PersonRef;
use lianxin_domain::phone::Phone;
use lianxin_domain::ticket::{Action, Ticket};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::attachment::AttachmentView;
use super::clock::{ClockView, ExtensionRequestView};
use super::grid::GridRef;
use super::known::PublicSentence;

/// A person beside a ticket.
#[derive(Debug, Serialize, ToSchema)]
pub struct PersonView {
    /// The account.
    pub id: String,
    /// The name.
    pub name: String,
}

impl From<&PersonRef> for PersonView {
    fn from(person: &PersonRef) -> Self {
        Self { id: person.id.to_string(), name: person.name.clone() }
    }
}

/// Where a ticket is, WGS84.
#[derive(Debug, Serialize, ToSchema)]
pub struct LocationView {
    /// East.
    pub lng: f64,
    /// North.
    pub lat: f64,
    /// Radius of uncertainty in metres.
    pub accuracy: Option<f64>,
}

/// For whom a ticket was sent.
#[derive(Debug, Serialize, ToSchema)]
pub struct OnBehalfView {
    /// The name.
    pub name: String,
    /// `138****1234`.
    pub phone: String,
}

/// The nudges that a ticket received.
#[derive(Debug, Serialize, ToSchema)]
pub struct NudgeView {
    /// All of them.
    pub count: u32,
    /// The last one.
    #[schema(value_type = String)]
    pub last_at: Timestamp,
    /// Who nudged last; nobody: the rules, because it is overdue.
    pub last_by: Option<PersonView>,
    /// Who was asked.
    pub last_to: Vec<PersonView>,
    /// The last words.
    pub last_note: Option<String>,
    /// Nobody said 收到 yet.
    pub unread: bool,
    /// Who was asked said 收到.
    #[schema(value_type = Option<String>)]
    pub read_at: Option<Timestamp>,
    /// Without an answer by then it goes to the next level.
    #[schema(value_type = Option<String>)]
    pub answer_by: Option<Timestamp>,
}

/// How a ticket was completed.
#[derive(Debug, Serialize, ToSchema)]
pub struct CompletionView {
    /// What was done.
    pub note: String,
    /// Proof.
    pub attachments: Vec<AttachmentView>,
}

/// The submitter's judgement.
#[derive(Debug, Serialize, ToSchema)]
pub struct RatingView {
    /// 1 to 5.
    pub stars: u8,
    /// In words.
    pub comment: Option<String>,
    /// When.
    #[schema(value_type = String)]
    pub at: Timestamp,
}

/// A number to call first.
#[derive(Debug, Serialize, ToSchema)]
pub struct EmergencyView {
    /// `110`.
    pub number: String,
    /// 报警.
    pub title: String,
}

/// A ticket.
#[derive(Debug, Serialize, ToSchema)]
pub struct TicketView {
    /// Its id.
    #[schema(value_type = String)]
    pub id: TicketId,
    /// The receipt number.
    pub number: String,
    /// Grows with every step.
    pub version: u32,
    /// Code of its kind.
    pub kind: String,
    /// What people call it.
    pub kind_title: String,
    /// `submitted`, `accepted`, `completed`, `rated` or `withdrawn`.
    pub state: String,
    /// The words.
    pub content: String,
    /// The form.
    #[schema(value_type = Object)]
    pub form: Value,
    /// Its words speak of danger.
    pub emergency: bool,
    /// Numbers to call first.
    pub emergency_numbers: Vec<EmergencyView>,
    /// 同时发给村委会
    pub also_village: bool,
    /// The grid it was sent to.
    pub grid: Option<GridRef>,
    /// The level that answers for it now.
    pub handling_level: u8,
    /// Where it is.
    pub location: Option<LocationView>,
    /// The grid whose area holds the place.
    pub location_grid: Option<GridRef>,
    /// The place lies in another grid than the one it was sent to.
    pub location_mismatch: bool,
    /// Files.
    pub attachments: Vec<AttachmentView>,
    /// For whom.
    pub on_behalf: Option<OnBehalfView>,
    /// Who sent it.
    pub submitter: PersonView,
    /// Who works on it.
    pub handler: Option<PersonView>,
    /// How often it was put back.
    pub return_count: u32,
    /// The last reason.
    pub last_return_reason: Option<String>,
    /// How often it was reopened.
    pub reopen_count: u32,
    /// Nudges; for those who handle and supervise.
    pub nudge: Option<NudgeView>,
    /// What measures the present step.
    pub clock: Option<ClockView>,
    /// More time that was asked for; for those who handle and supervise.
    pub extension_request: Option<ExtensionRequestView>,
    /// What residents nearby see of it.
    pub known: Option<PublicSentence>,
    /// How many others said that the same thing concerns them.
    pub joined: u32,
    /// The running limit.
    #[schema(value_type = Option<String>)]
    pub due_at: Option<Timestamp>,
    /// The limit passed.
    pub overdue: bool,
    /// When it was sent.
    #[schema(value_type = String)]
    pub submitted_at: Timestamp,
    /// When it was accepted.
    #[schema(value_type = Option<String>)]
    pub accepted_at: Option<Timestamp>,
    /// When it was completed.
    #[schema(value_type = Option<String>)]
    pub completed_at: Option<Timestamp>,
    /// How it was completed.
    pub completion: Option<CompletionView>,
    /// The judgement.
    pub rating: Option<RatingView>,
    /// Until when the submitter may reopen it.
    #[schema(value_type = Option<String>)]
    pub reopen_until: Option<Timestamp>,
    /// What this caller may do now: names of the ticket's POST calls.
    pub actions: Vec<String>,
}

/// Makes views of tickets.
#[derive(Clone)]
pub struct TicketViews {
    directories: Directories,
    kinds: Arc<KindSet>,
    rulebook: Rulebook,
    clock: Arc<dyn Clock>,
}

impl TicketViews {
    /// With names from `directories` and `kinds`.
    pub const fn new(directories: Directories, kinds: Arc<KindSet>, rulebook: Rulebook, clock: Arc<dyn Clock>) -> Self {
        Self { directories, kinds, rulebook, clock }
    }

    /// The maker of a command's answer with `status`.
    pub fn answer(&self, status: u16) -> MakeAnswer {
        let views = self.clone();
        Arc::new(move |ticket, standing| Answer {
            status,
            body: serde_json::to_string(&views.of(ticket, standing)).unwrap_or_default(),
        })
    }

    /// The view of `ticket` for somebody who stands so to it.
    pub fn of(&self, ticket: &Ticket, standing: &Standing) -> TicketView {
        let directory = self.directories.current();
        let grid = |id| directory.get(id).map(|entry| GridRef::from(&**entry));
        let location_grid_id = ticket.location.and_then(|place| place.grid_id);
        let completion = ticket.completion();
        let rules = self.rulebook.current();
        let kind = self.kinds.get(&ticket.kind);
        let private = kind.is_none_or(|kind| kind.private);
        let mut actions = ticket.actions(standing, &rules, self.clock.now());
        actions.retain(|action| !(private && *action == Action::MakeKnown));
        let colleague = standing.handler || standing.may_handle || standing.supervises;
        let numbers = if ticket.emergency { emergency_numbers(&ticket.content) } else { Vec::new() };
        TicketView {
            id: ticket.id,
            number: ticket.number.clone(),
            version: ticket.version,
            kind: ticket.kind.clone(),
            kind_title: kind.map_or_else(|| ticket.kind.clone(), |kind| kind.title.clone()),
            state: ticket.state_name().as_str().to_owned(),
            content: ticket.content.clone(),
            form: ticket.form.clone(),
            emergency: ticket.emergency,
            emergency_numbers: numbers
                .into_iter()
                .map(|known| EmergencyView { number: known.number.to_string(), title: known.title.to_string() })
                .collect(),
            also_village: ticket.also_village,
            grid: grid(ticket.grid_id),
            handling_level: ticket.handling_path.level(),
            location: ticket.location.map(|place| LocationView {
                lng: place.lng,
                lat: place.lat,
                accuracy: place.accuracy_m,
            }),
            location_grid: location_grid_id.and_then(grid),
            location_mismatch: location_grid_id.is_some_and(|id| id != ticket.grid_id),
            attachments: ticket.attachments.iter().map(AttachmentView::from).collect(),
            on_behalf: ticket.on_behalf.as_ref().map(|person| OnBehalfView {
                name: person.name.clone(),
                phone: Phone::parse(&person.phone).map(|phone| phone.masked()).unwrap_or_default(),
            }),
            submitter: PersonView::from(&ticket.submitter),
            handler: ticket.handler().map(PersonView::from),
            return_count: ticket.return_count,
            last_return_reason: ticket.last_return_reason.clone(),
            reopen_count: ticket.reopen_count,
            nudge: ticket.nudges.as_ref().filter(|_| colleague).map(|nudges| NudgeView {
                count: nudges.count,
                last_at: nudges.last_at,
                last_by: nudges.last_by.as_ref().map(PersonView::from),
                last_to: nudges.last_to.iter().map(PersonView::from).collect(),
                last_note: nudges.last_note.clone(),
                unread: nudges.read_at.is_none(),
                read_at: nudges.read_at,
                answer_by: nudges.answer_by,
            }),
            clock: ticket.clock.as_ref().map(ClockView::from),
            extension_request: ticket.extension_request.as_ref().filter(|_| colleague).map(ExtensionRequestView::from),
            known: ticket.known.as_ref().map(PublicSentence::from),
            joined: ticket.joined(),
            due_at: ticket.due_at(),
            overdue: ticket.is_overdue(),
            submitted_at: ticket.submitted_at,
            accepted_at: ticket.accepted_at(),
            completed_at: completion.map(|completion| completion.completed_at),
            completion: completion.map(|completion| CompletionView {
                note: completion.note.clone(),
                attachments: completion.attachments.iter().map(AttachmentView::from).collect(),
            }),
            rating: ticket.rating().map(|rating| RatingView {
                stars: rating.stars,
                comment: rating.comment.clone(),
                at: rating.at,
            }),
            reopen_until: completion
                .map(|completion| completion.completed_at.plus_millis(rules.levels.reopen_window_ms())),
            actions: actions
                .iter()
                .map(|action| action.as_str().to_owned())
                .chain((standing.handler || standing.may_handle).then(|| "contact".to_owned()))
                .collect(),
        }
    }
}
