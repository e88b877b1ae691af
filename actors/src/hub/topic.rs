//! Topics: what can be subscribed to (live-api.md).

use lianxin_domain::event::Event;
use lianxin_domain::ids::{AccountId, AppraisalId, GridId, LifeMeetingId, MeetingId, OrganisationId, ScreenId};
use lianxin_domain::meeting::Circle;
use lianxin_domain::screen::Reader;

use super::subscriptions::Owner;
use crate::appraisal::APPRAISAL;
use crate::directory::Directory;
use crate::duty::{DUTY, ORDER};
use crate::meeting::SUBJECT as MEETING;
use crate::organisational_life::LIFE;

/// Something that clients follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Topic {
    /// All tickets of a grid's subtree, for those who handle and supervise them.
    Grid(GridId),
    /// A grid's board: nothing on it but what a public screen may show.
    Board(GridId),
    /// What concerns one account.
    Inbox(AccountId),
    /// A meeting for those on its list: what happens, and how many came; not who.
    Meeting(MeetingId),
    /// A meeting's wall: who comes, by name, and nothing else of them.
    Wall(MeetingId),
    /// A meeting for its host and those who look over it: everything.
    Desk(MeetingId),
    /// A 组织生活会 for those who take part: not what becomes of materials.
    Life(LifeMeetingId),
    /// A 组织生活会 for those who manage its branch or look over it: everything.
    LifeDesk(LifeMeetingId),
    /// The meetings of a day of an organisation and of those below it, for those who look over it.
    Supervision(OrganisationId),
    /// Warnings and orders of an organisation and of those below it, for those who look over it.
    Duties(OrganisationId),
    /// An appraisal, for those who look over its branch and those who take part: where it stands, and how many rated.
    Appraisal(AppraisalId),
    /// What becomes of one big screen.
    Screen(ScreenId),
}

/// Who reads a frame, as far as its contents differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Audience {
    /// Those who handle or supervise, and whom it concerns.
    Concerned,
    /// A public screen.
    Public,
}

impl Audience {
    /// All.
    pub const ALL: [Self; 2] = [Self::Concerned, Self::Public];
}

impl Topic {
    /// Reads the client's word; `inbox` is a person's own, `screen` a screen's. What a meeting shows depends on who looks:
    /// see [`Self::meeting`].
    pub fn parse(text: &str, own: Owner) -> Option<Self> {
        match (text, own) {
            ("inbox", Owner::Person { account_id, .. }) => return Some(Self::Inbox(account_id)),
            ("screen", Owner::Screen(id)) => return Some(Self::Screen(id)),
            _ => {}
        }
        match text.split_once(':') {
            Some(("grid", id)) => id.parse().ok().map(Self::Grid),
            Some(("board", id)) => id.parse().ok().map(Self::Board),
            Some(("supervision", id)) => id.parse().ok().map(Self::Supervision),
            Some(("duties", id)) => id.parse().ok().map(Self::Duties),
            None | Some(_) => None,
        }
    }

    /// The meeting that a client's word names.
    pub fn meeting(text: &str) -> Option<MeetingId> {
        text.strip_prefix("meeting:")?.parse().ok()
    }

    /// The 组织生活会 that a client's word names; what it shows depends on who looks.
    pub fn life(text: &str) -> Option<LifeMeetingId> {
        text.strip_prefix("organisational_life:")?.parse().ok()
    }

    /// The appraisal that a client's word names.
    pub fn appraisal(text: &str) -> Option<AppraisalId> {
        text.strip_prefix("appraisal:")?.parse().ok()
    }

    /// The word for clients.
    pub fn name(&self) -> String {
        match self {
            Self::Grid(id) => format!("grid:{id}"),
            Self::Board(id) => format!("board:{id}"),
            Self::Inbox(_) => "inbox".to_owned(),
            Self::Meeting(id) | Self::Wall(id) | Self::Desk(id) => format!("meeting:{id}"),
            Self::Life(id) | Self::LifeDesk(id) => format!("organisational_life:{id}"),
            Self::Supervision(id) => format!("supervision:{id}"),
            Self::Duties(id) => format!("duties:{id}"),
            Self::Appraisal(id) => format!("appraisal:{id}"),
            Self::Screen(_) => "screen".to_owned(),
        }
    }

    /// Who reads it.
    pub const fn audience(&self) -> Audience {
        match self {
            Self::Grid(_)
            | Self::Inbox(_)
            | Self::Desk(_)
            | Self::Life(_)
            | Self::LifeDesk(_)
            | Self::Appraisal(_)
            | Self::Supervision(_)
            | Self::Duties(_)
            | Self::Screen(_) => Audience::Concerned,
            Self::Board(_) | Self::Meeting(_) | Self::Wall(_) => Audience::Public,
        }
    }

    /// Whether it has figures that are sent again and again after its events.
    pub const fn has_figures(&self) -> bool {
        !matches!(
            self,
            Self::Inbox(_)
                | Self::Life(_)
                | Self::LifeDesk(_)
                | Self::Supervision(_)
                | Self::Duties(_)
                | Self::Screen(_)
        )
    }

    /// Whether its events are joined into few frames: a hall that fills would else cost its readers a frame per person.
    pub const fn is_joined(&self) -> bool {
        matches!(self, Self::Meeting(_) | Self::Wall(_) | Self::Desk(_))
    }

    /// Whether the reader may follow it. `None`: there is no such topic.
    pub fn permitted(&self, reader: &Reader, directory: &Directory) -> Option<bool> {
        match self {
            Self::Grid(id) => directory.get(*id).map(|entry| {
                // A worker's own grid has nothing below that is not his; above it, all of the subtree must be in scope.
                let path = &entry.grid.path;
                match reader {
                    Reader::Person(scope) => {
                        scope.sees_subtree(path) || (entry.children.is_empty() && scope.sees_grid(path))
                    }
                    Reader::Screen { .. } => false,
                }
            }),
            Self::Board(id) => directory.get(*id).map(|entry| reader.sees_board(*id, &entry.grid.path)),
            Self::Inbox(account) => match reader {
                Reader::Person(scope) => Some(*account == scope.account_id()),
                Reader::Screen { .. } => None,
            },
            Self::Supervision(id) | Self::Duties(id) => directory.organisations().get(*id).map(|entry| match reader {
                Reader::Person(scope) => scope.supervises_organisation(&entry.organisation.path),
                Reader::Screen { .. } => false,
            }),
            Self::Screen(screen) => match reader {
                Reader::Person(_) => None,
                Reader::Screen { id, .. } => Some(screen == id),
            },
            // Decided by the list of those who take part: a hall's, that of a 组织生活会 or of an appraisal.
            Self::Meeting(_)
            | Self::Wall(_)
            | Self::Desk(_)
            | Self::Life(_)
            | Self::LifeDesk(_)
            | Self::Appraisal(_) => None,
        }
    }

    /// The topics that an event belongs to.
    pub fn of(event: &Event, directory: &Directory) -> Vec<Self> {
        if event.subject.kind == MEETING {
            return Self::of_meeting(event);
        }
        if event.subject.kind == APPRAISAL {
            return event.subject.id.parse().map(Self::Appraisal).into_iter().collect();
        }
        let entry = event.grid_path.as_ref().and_then(|path| directory.at(path));
        let grids = entry
            .iter()
            .flat_map(|entry| std::iter::once(entry.grid.id).chain(entry.ladder.0.iter().map(|step| step.grid_id)));
        let grids = grids.flat_map(|id| [Self::Grid(id), Self::Board(id)]);
        let registers = Self::of_duty(event, directory).into_iter().chain(Self::of_life(event));
        let inboxes = event.audience.iter().map(|account| Self::Inbox(*account));
        grids.chain(registers).chain(inboxes).chain(screen_of(event).map(Self::Screen)).collect()
    }

    /// Of a warning or an order: those of its branch and of all organisations above.
    fn of_duty(event: &Event, directory: &Directory) -> Vec<Self> {
        if ![DUTY, ORDER].contains(&event.subject.kind.as_str()) {
            return Vec::new();
        }
        let tree = directory.organisations();
        let id = event.data["organisation_id"].as_str().and_then(|id| id.parse().ok());
        let Some(entry) = id.and_then(|id| tree.get(id)) else { return Vec::new() };
        let above = tree.above(entry).into_iter().map(|above| above.organisation.id);
        std::iter::once(entry.organisation.id).chain(above).map(Self::Duties).collect()
    }

    /// Of a 组织生活会, those who take part hear of everything but of materials and reminders.
    fn of_life(event: &Event) -> Vec<Self> {
        let id = (event.subject.kind == LIFE).then(|| event.subject.id.parse().ok()).flatten();
        let Some(id) = id else { return Vec::new() };
        let told = ["created", "changed", "deleted", "linked", "reported"];
        let everybody = event.kind.rsplit('.').next().is_some_and(|what| told.contains(&what));
        let all = [Some(Self::LifeDesk(id)), everybody.then_some(Self::Life(id))];
        all.into_iter().flatten().collect()
    }

    fn of_meeting(event: &Event) -> Vec<Self> {
        let heard = Circle::of(&event.kind);
        Self::figures_of_meeting(event)
            .into_iter()
            .filter(|(circle, _)| heard >= *circle)
            .map(|(_, topic)| topic)
            .collect()
    }

    /// The topics of an event's meeting. Its figures stand in all of them, however few are told of the event itself.
    fn figures_of_meeting(event: &Event) -> Vec<(Circle, Self)> {
        let Ok(id) = event.subject.id.parse() else { return Vec::new() };
        vec![(Circle::Desk, Self::Desk(id)), (Circle::Room, Self::Wall(id)), (Circle::Everybody, Self::Meeting(id))]
    }

    /// The topics whose figures change with an event that belongs to `topics`.
    pub fn touched(event: &Event, topics: &[Self]) -> Vec<Self> {
        if event.subject.kind == MEETING {
            return Self::figures_of_meeting(event).into_iter().map(|(_, topic)| topic).collect();
        }
        topics.iter().filter(|topic| topic.has_figures()).copied().collect()
    }
}

/// The screen that an event happened to.
pub(crate) fn screen_of(event: &Event) -> Option<ScreenId> {
    (event.subject.kind == "screen").then(|| event.subject.id.parse().ok()).flatten()
}
