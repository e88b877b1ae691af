//! From what became of an appraisal to the change that the journal commits. Its events say that something happened and where
//! the appraisal stands; no names and no grades are in them.

use lianxin_domain::appraisal::{Appraisal, Form, Participant};
use lianxin_domain::event::Subject;
use lianxin_domain::ids::AccountId;
use lianxin_domain::notification::{closed_notice, met_notice, reopened_notice, started_notice};
use lianxin_storage::appraisals::Appraisals;
use lianxin_storage::change::Change;
use lianxin_storage::deadlines::{Deadline, Deadlines};
use serde_json::{Value, json};

use super::{APPRAISAL, APPRAISAL_DUE, AppraisalDesk};

/// What became of an appraisal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// It was made.
    Made,
    /// Its plan was changed.
    Edited,
    /// It was started (启动).
    Started,
    /// The deadline is over.
    Closed,
    /// The forms are tallies.
    Counted,
    /// It has its meeting.
    Linked,
    /// Somebody was graded.
    Graded,
    /// The grades were told to their owners (鉴定与本人见面).
    Ended,
    /// It was opened again.
    Reopened,
    /// Somebody took note of the grade.
    Acknowledged,
}

impl Step {
    const fn kind(self) -> &'static str {
        match self {
            Self::Made => "appraisal.created",
            Self::Edited => "appraisal.edited",
            Self::Started => "appraisal.started",
            Self::Closed => "appraisal.rating_closed",
            Self::Counted => "appraisal.counted",
            Self::Linked => "appraisal.meeting_linked",
            Self::Graded => "appraisal.graded",
            Self::Ended => "appraisal.ended",
            Self::Reopened => "appraisal.reopened",
            Self::Acknowledged => "appraisal.acknowledged",
        }
    }
}

impl AppraisalDesk {
    /// Adds to `change` what became of an appraisal: its row, those of `people` that are not as they were, the limit after
    /// which it goes on by itself, the event, and what people are told.
    pub fn write(
        &self,
        step: Step,
        before: Option<&Appraisal>,
        after: &Appraisal,
        (were, people): (&[Participant], &[Participant]),
        change: &mut Change,
    ) {
        change.write(Appraisals::write(before, after));
        for (number, person) in (1..).zip(people) {
            match were.iter().find(|other| other.member_id == person.member_id) {
                None => change.write(self.appraisals.add(after.id, number, person)),
                Some(was) if was == person => continue,
                Some(_) => change.write(self.appraisals.put(after.id, number, person)),
            };
        }
        match step {
            Step::Started => change.write(Deadlines::put(&limit(after))),
            Step::Counted => change.write(Appraisals::clear_forms(after.id)).write(Deadlines::delete(limit(after).id)),
            _ => change,
        };
        let subject = Subject::new(APPRAISAL, after.id);
        change.event(step.kind(), subject.clone(), self.facts(after, change.at));
        self.tell(step, after, people, &subject, change);
    }

    /// Adds to `change` that somebody sent a form.
    pub fn write_form(&self, appraisal: &Appraisal, account_id: AccountId, form: &Form, change: &mut Change) {
        change.writes.extend(self.appraisals.rate(appraisal, account_id, form));
        let facts = self.facts(appraisal, change.at);
        change.event("appraisal.rated", Subject::new(APPRAISAL, appraisal.id), facts);
    }

    /// Adds to `change` that a draft is taken away.
    pub fn write_deletion(&self, draft: &Appraisal, change: &mut Change) {
        change.writes.extend(Appraisals::delete(draft));
        change.event("appraisal.deleted", Subject::new(APPRAISAL, draft.id), self.facts(draft, change.at));
    }

    fn facts(&self, appraisal: &Appraisal, now: lianxin_domain::clock::Timestamp) -> Value {
        json!({
            "appraisal_id": appraisal.id,
            "organisation_id": appraisal.organisation_id,
            "state": appraisal.state(now).as_str(),
            "deadline": appraisal.plan.deadline,
            "version": appraisal.version,
        })
    }

    fn tell(&self, step: Step, after: &Appraisal, people: &[Participant], subject: &Subject, change: &mut Change) {
        let directory = self.directories.current();
        let entry = directory.organisations().get(after.organisation_id);
        let branch = entry.map_or("", |entry| entry.organisation.shown_name());
        let leaders: Vec<AccountId> =
            entry.iter().flat_map(|entry| &entry.leaders).map(|leader| leader.account_id).collect();
        let notice = match step {
            Step::Started => started_notice(after, branch, people),
            Step::Counted => closed_notice(after, &leaders),
            Step::Ended => met_notice(after, branch, people),
            Step::Reopened => reopened_notice(after, &leaders),
            Step::Made | Step::Edited | Step::Closed | Step::Linked | Step::Graded | Step::Acknowledged => None,
        };
        if let Some(notice) = notice {
            let cause = format!("{}:{}:{}", step.kind(), after.id, after.version);
            self.dispatch.tell(&notice, &cause, subject, None, change);
        }
    }
}

/// The limit at which the rating of an appraisal ends.
pub(super) fn limit(appraisal: &Appraisal) -> Deadline {
    Deadline {
        id: format!("{APPRAISAL}:{}", appraisal.id),
        kind: APPRAISAL_DUE.to_owned(),
        subject_id: appraisal.id.to_string(),
        due_at: appraisal.plan.deadline,
    }
}
