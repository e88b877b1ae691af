//! 组织生活会 at work: what a decision changes, who is told, and the reminder before the deadline of the materials.
//!
//! [`LifeDesk`] holds no state. Rows are guarded by their versions, so of two who decide on the same material one is told that
//! the other was faster. Events name people by their ids and say how materials stand, never what they say.

mod due;

use std::sync::Arc;

use lianxin_domain::attachment::AttachmentRef;
use lianxin_domain::clock::Clock;
use lianxin_domain::event::Subject;
use lianxin_domain::ids::{AccountId, LifeMeetingId, MemberId};
use lianxin_domain::notification::{LifeNews, life_notice};
use lianxin_domain::organisational_life::{LifeMeeting, Material, MaterialState, Part, Participant, PlanChange};
use lianxin_domain::person::PersonRef;
use lianxin_storage::attachments::Attachments;
use lianxin_storage::change::Change;
use lianxin_storage::deadlines::{Deadline, Deadlines};
use lianxin_storage::journal::Journal;
use lianxin_storage::organisational_life::LifeMeetings;
use serde_json::{Value, json};

pub use self::due::REMINDER;
use crate::directory::Directories;
use crate::dispatch::Dispatch;
use crate::meeting::papers;

/// The kind of subject of its events and of the papers of its notice.
pub const LIFE: &str = "organisational_life";
/// The kind of owner of a report's files.
pub const REPORT: &str = "organisational_life_report";
/// The kind of owner of a material's files; its id is `meeting:member`.
pub const MATERIAL: &str = "organisational_life_material";

/// The owner of the files of somebody's material.
pub fn owner_of_material(meeting: LifeMeetingId, member: MemberId) -> Subject {
    Subject::new(MATERIAL, format!("{meeting}:{member}"))
}

/// What 组织生活会 stand on.
#[derive(Clone)]
pub struct LifeDesk {
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// The way to write.
    pub journal: Journal,
    /// The meetings, participants and materials.
    pub lives: LifeMeetings,
    /// The organisations and who leads them.
    pub directories: Directories,
    /// What people are told.
    pub dispatch: Dispatch,
}

impl LifeDesk {
    /// Adds to `change` that a meeting was made: its rows, its reminder, and the notice.
    pub fn made(&self, meeting: &LifeMeeting, participants: &[Participant], by: &PersonRef, change: &mut Change) {
        write(None, meeting, change);
        change.writes.extend(participants.iter().map(|one| self.lives.write_participant(None, one)));
        change.event("organisational_life.created", subject(meeting), facts(meeting));
        self.tell(LifeNews::Made, meeting, accounts(participants), Some(by), change);
    }

    /// Adds that its plan changed; participants are told of other instants.
    pub fn planned(
        &self,
        (before, after): (&LifeMeeting, &LifeMeeting),
        what: PlanChange,
        participants: &[Participant],
        by: &PersonRef,
        change: &mut Change,
    ) {
        write(Some(before), after, change);
        change.event("organisational_life.changed", subject(after), facts(after));
        if what == PlanChange::Times {
            self.tell(LifeNews::Moved, after, accounts(participants), Some(by), change);
        }
    }

    /// Adds that it is taken away with everything that belongs to it; `materials` are all that were handed in. The files are
    /// their uploaders' again.
    pub fn removed(
        &self,
        meeting: &LifeMeeting,
        participants: &[Participant],
        materials: &[Material],
        by: &PersonRef,
        change: &mut Change,
    ) {
        change.writes.extend(LifeMeetings::remove(meeting));
        change.writes.extend(self.lives.remove_participants(meeting.id, participants));
        change.write(Deadlines::delete(limit_of(meeting)));
        let mut files: Vec<&AttachmentRef> = materials.iter().flat_map(|material| &material.files).collect();
        files.extend(&meeting.plan.files);
        files.sort_unstable_by_key(|file| file.id);
        files.dedup_by_key(|file| file.id);
        change.writes.extend(files.into_iter().map(|file| Attachments::release(file.id)));
        change.event("organisational_life.deleted", subject(meeting), facts(meeting));
        self.tell(LifeNews::Removed, meeting, accounts(participants), Some(by), change);
    }

    /// Adds that another meeting, or none, is linked as `part`.
    pub fn linked(&self, before: &LifeMeeting, after: &LifeMeeting, part: Part, change: &mut Change) {
        write(Some(before), after, change);
        let mut facts = facts(after);
        facts["part"] = json!(part);
        facts["meeting_id"] = json!(after.linked(part).map(|linked| linked.id));
        change.event("organisational_life.linked", subject(after), facts);
    }

    /// Adds that the report was handed in.
    pub fn reported(&self, before: &LifeMeeting, after: &LifeMeeting, change: &mut Change) {
        write(Some(before), after, change);
        let owner = Subject::new(REPORT, after.id);
        let files =
            |meeting: &LifeMeeting| meeting.report.as_ref().map_or_else(Vec::new, |report| report.files.clone());
        change.writes.extend(papers(&files(before), &files(after), &owner));
        change.event("organisational_life.reported", subject(after), facts(after));
    }

    /// Adds that somebody handed in a further version of the material; `fresh` are the files that no version had yet.
    pub fn submitted(
        &self,
        meeting: &LifeMeeting,
        (before, after): (&Participant, &Participant),
        material: &Material,
        fresh: &[AttachmentRef],
        change: &mut Change,
    ) {
        change.write(LifeMeetings::unchanged(meeting));
        change.write(self.lives.write_participant(Some(before), after));
        change.write(self.lives.insert_material(after, material));
        let owner = owner_of_material(meeting.id, after.member_id);
        change.writes.extend(fresh.iter().map(|file| Attachments::give(file.id, &owner)));
        material_event("organisational_life.material_submitted", meeting, after, change);
        let author = PersonRef { id: after.account_id, name: after.name.clone() };
        self.tell(LifeNews::Submitted, meeting, self.leaders(meeting), Some(&author), change);
    }

    /// Adds that a material was approved or returned; its author is told.
    pub fn decided(
        &self,
        meeting: &LifeMeeting,
        (before, after): (&Participant, &Participant),
        by: &PersonRef,
        change: &mut Change,
    ) {
        change.write(self.lives.write_participant(Some(before), after));
        let (kind, news) = if after.state == MaterialState::Approved {
            ("organisational_life.material_approved", LifeNews::Approved)
        } else {
            ("organisational_life.material_returned", LifeNews::Returned)
        };
        material_event(kind, meeting, after, change);
        self.tell(news, meeting, vec![after.account_id], Some(by), change);
    }

    /// Adds that those who owe their materials are reminded.
    fn reminded(&self, before: &LifeMeeting, after: &LifeMeeting, participants: &[Participant], change: &mut Change) {
        write(Some(before), after, change);
        change.event("organisational_life.reminded", subject(after), facts(after));
        let owing = participants.iter().filter(|one| one.state.is_owed()).map(|one| one.account_id).collect();
        self.tell(LifeNews::Reminded, after, owing, None, change);
    }

    fn leaders(&self, meeting: &LifeMeeting) -> Vec<AccountId> {
        let directory = self.directories.current();
        let entry = directory.organisations().get(meeting.organisation_id);
        entry.map(|entry| entry.leaders.iter().map(|leader| leader.account_id).collect()).unwrap_or_default()
    }

    /// Tells `to` the news. The cause is the change's own event before it, so the same news is told once.
    fn tell(
        &self,
        news: LifeNews,
        meeting: &LifeMeeting,
        to: Vec<AccountId>,
        by: Option<&PersonRef>,
        change: &mut Change,
    ) {
        let directory = self.directories.current();
        let entry = directory.organisations().get(meeting.organisation_id);
        let branch = entry.map_or("", |entry| entry.organisation.shown_name());
        let Some(notice) = life_notice(news, meeting, branch, to, by.map(|by| by.id)) else { return };
        let cause = change.events.last().map_or_else(String::new, |event| {
            let whose = event.data["member_id"].as_str().unwrap_or_default();
            format!("{}:{}:{whose}:{}", event.kind, meeting.id, event.data["version"])
        });
        self.dispatch.tell(&notice, &cause, &subject(meeting), by, change);
    }
}

/// The row and the reminder, moved with what it follows from; and the papers of the notice.
fn write(before: Option<&LifeMeeting>, after: &LifeMeeting, change: &mut Change) {
    change.write(LifeMeetings::write(before, after));
    let files = before.map_or(&[][..], |before| &before.plan.files);
    change.writes.extend(papers(files, &after.plan.files, &subject(after)));
    let (was, is) = (before.and_then(LifeMeeting::next_reminder), after.next_reminder());
    if was == is {
        return;
    }
    change.write(match is {
        Some(due_at) => Deadlines::put(&Deadline {
            id: limit_of(after),
            kind: REMINDER.to_owned(),
            subject_id: after.id.to_string(),
            due_at,
        }),
        None => Deadlines::delete(limit_of(after)),
    });
}

fn material_event(kind: &'static str, meeting: &LifeMeeting, of: &Participant, change: &mut Change) {
    let data = json!({
        "organisation_id": meeting.organisation_id,
        "member_id": of.member_id,
        "state": of.state,
        "number": of.number,
        "version": of.version,
    });
    change.event(kind, subject(meeting), data).audience = vec![of.account_id];
}

fn subject(meeting: &LifeMeeting) -> Subject {
    Subject::new(LIFE, meeting.id)
}

fn limit_of(meeting: &LifeMeeting) -> String {
    format!("{LIFE}:{}", meeting.id)
}

fn accounts(participants: &[Participant]) -> Vec<AccountId> {
    participants.iter().map(|one| one.account_id).collect()
}

fn facts(meeting: &LifeMeeting) -> Value {
    json!({
        "organisation_id": meeting.organisation_id,
        "materials_due_at": meeting.plan.materials_due_at,
        "ends_at": meeting.plan.ends_at,
        "reported": meeting.report.is_some(),
        "version": meeting.version,
    })
}
