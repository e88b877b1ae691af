//! How somebody stands to an appraisal, and the one way in which it is changed.

use actix_web::web;
use lianxin_actors::appraisal::{APPRAISAL, AppraisalDesk, Step};
use lianxin_domain::access::Caller;
use lianxin_domain::appraisal::{Appraisal, AppraisalState, Grade, Participant, participant_of};
use lianxin_domain::clock::Timestamp;
use lianxin_domain::event::Subject;
use lianxin_domain::ids::{AccountId, AppraisalId, IdSource};
use lianxin_domain::member::MemberStanding;
use lianxin_domain::problem::Refusal;
use lianxin_storage::appraisals::{Figures, Own};
use lianxin_storage::meetings::Meetings;
use lianxin_storage::members::Members;
use serde::Serialize;
use serde_json::Value;

use super::ticket_actions::Answered;
use crate::call::{Call, CommitsData};
use crate::error::ApiError;
use crate::views::appraisal::{AppraisalSight, AppraisalView};

/// Tries of a change that others make at the same moment.
pub(super) const TRIES: usize = 10;

/// What calls of appraisals need.
#[derive(Clone)]
pub struct AppraisalRoom {
    /// Appraisals at work.
    pub desk: AppraisalDesk,
    /// Meetings that opinions are found in.
    pub meetings: Meetings,
    /// The rosters that participants come from.
    pub members: Members,
    /// New ids.
    pub ids: IdSource,
}

pub(super) type Room = web::Data<AppraisalRoom>;

/// An appraisal as it stood when the call began, and how the caller stands to it.
pub(super) struct Seen {
    pub(super) appraisal: Appraisal,
    pub(super) people: Vec<Participant>,
    pub(super) figures: Figures,
    pub(super) now: Timestamp,
    /// Looks over the branch.
    pub(super) oversees: bool,
    account_id: AccountId,
    part: Own,
    /// Manages the branch.
    manages: bool,
    /// Administers what is above the branch.
    is_superior: bool,
    /// Is no member of the Party, and is asked (群众).
    is_asked: bool,
}

impl Seen {
    /// Of an appraisal that was read in scope.
    pub(super) fn of(
        room: &AppraisalRoom,
        caller: &Caller,
        appraisal: Appraisal,
        people: Vec<Participant>,
        (figures, part): (Figures, Own),
        now: Timestamp,
    ) -> Self {
        let directory = room.desk.directories.current();
        let path = directory.organisations().get(appraisal.organisation_id).map(|entry| &entry.organisation.path);
        let oversees = path.is_some_and(|path| caller.scope().supervises_organisation(path));
        let above = path.and_then(lianxin_domain::tree::TreePath::parent);
        Self {
            oversees,
            account_id: caller.account_id,
            manages: path.is_some_and(|path| caller.manages_organisation(path)),
            is_superior: above.is_some_and(|above| caller.administers_organisation(&above)),
            is_asked: appraisal.plan.mass && caller.membership.is_none() && !oversees && part.standing.is_none(),
            appraisal,
            people,
            figures,
            part,
            now,
        }
    }

    /// The caller's own part.
    pub(super) fn own(&self) -> Option<&Participant> {
        participant_of(&self.people, self.account_id)
    }

    /// As what the caller sent a form, and whether.
    pub(super) const fn submitted(&self) -> bool {
        self.part.rated.is_some()
    }

    /// The caller manages the branch.
    ///
    /// # Errors
    /// `appraisal.not_permitted`.
    pub(super) fn manages(&self) -> Result<(), Refusal> {
        if self.manages { Ok(()) } else { Err(not_permitted()) }
    }

    /// The caller administers an organisation above the branch.
    ///
    /// # Errors
    /// `appraisal.not_superior`.
    pub(super) fn is_superior(&self) -> Result<(), Refusal> {
        let words = "只有上级党组织的管理员可以重新开启";
        if self.is_superior { Ok(()) } else { Err(Refusal::forbidden("appraisal.not_superior", words)) }
    }

    /// The caller is one of the participants.
    ///
    /// # Errors
    /// `appraisal.not_participant`.
    pub(super) fn participates(&self) -> Result<&Participant, Refusal> {
        let words = "您不是本次民主评议的参加对象";
        self.own().ok_or_else(|| Refusal::forbidden("appraisal.not_participant", words))
    }

    /// The caller is no member of the Party and is asked (群众).
    ///
    /// # Errors
    /// `appraisal.not_asked`.
    pub(super) fn is_asked(&self) -> Result<(), Refusal> {
        let words = "本次民主评议不向您征求群众意见";
        if self.is_asked { Ok(()) } else { Err(Refusal::forbidden("appraisal.not_asked", words)) }
    }

    fn sight(&self) -> AppraisalSight {
        let (state, is_counted) = (self.appraisal.state(self.now), self.appraisal.counted_at.is_some());
        let takes_part = self.part.standing.is_some();
        let is_graded = self.part.standing == Some(MemberStanding::Full);
        let is = |wanted| state == wanted;
        let draft = self.manages && is(AppraisalState::Draft);
        let grading = self.manages && is(AppraisalState::Grading) && is_counted;
        let words = [
            ("edit", draft),
            ("delete", draft),
            ("start", draft),
            ("form", takes_part && is(AppraisalState::Rating)),
            ("opinion", self.is_asked && is(AppraisalState::Rating)),
            ("results", (self.oversees || is_graded) && is_counted),
            ("link_meeting", self.manages && is(AppraisalState::Meeting) && is_counted),
            ("grade", grading),
            ("meet", grading),
            ("reopen", self.is_superior && is(AppraisalState::Ended)),
            ("acknowledge", is_graded && is(AppraisalState::Ended) && !self.part.acknowledged),
        ];
        AppraisalSight {
            oversees: self.oversees,
            participates: takes_part,
            submitted: self.submitted(),
            may: words.into_iter().filter(|(_, may)| *may).map(|(word, _)| word).collect(),
        }
    }

    /// As the caller sees it.
    pub(super) fn view(&self, room: &AppraisalRoom) -> AppraisalView {
        let directory = room.desk.directories.current();
        AppraisalView::of(&self.appraisal, &self.figures, &self.sight(), directory.organisations(), self.now)
    }

    /// The same after a decision.
    fn after(self, decided: &Decided) -> Self {
        let own = participant_of(&decided.people, self.account_id);
        let part = Own { acknowledged: own.is_some_and(|own| own.acknowledged_at.is_some()), ..self.part };
        let figures = count(&decided.people, &self.figures);
        Self { appraisal: decided.appraisal.clone(), people: decided.people.clone(), figures, part, ..self }
    }
}

/// The figures of these participants; who sent a form is as it was.
fn count(people: &[Participant], before: &Figures) -> Figures {
    let number = |fits: &dyn Fn(&Participant) -> bool| {
        u32::try_from(people.iter().filter(|person| fits(person)).count()).unwrap_or(u32::MAX)
    };
    Figures {
        participants: number(&|_| true),
        members: number(&Participant::is_graded),
        graded: number(&|person| person.grade.is_some()),
        excellent: number(&|person| person.given() == Some(Grade::Excellent)),
        acknowledged: number(&|person| person.acknowledged_at.is_some()),
        ..*before
    }
}

/// What was decided.
pub(super) struct Decided {
    appraisal: Appraisal,
    people: Vec<Participant>,
    step: Step,
    audit: (&'static str, Value),
}

impl Decided {
    /// That the appraisal alone changes.
    pub(super) fn of(seen: &Seen, after: Appraisal, step: Step, action: &'static str, fields: Value) -> Self {
        Self { appraisal: after, people: seen.people.clone(), step, audit: (action, fields) }
    }

    /// The same with one participant as he or she is now.
    pub(super) fn with(mut self, person: Participant) -> Self {
        for known in self.people.iter_mut().filter(|known| known.member_id == person.member_id) {
            known.clone_from(&person);
        }
        self
    }
}

pub(super) fn not_found() -> Refusal {
    Refusal::not_found("appraisal.not_found", "没有找到这次民主评议")
}

pub(super) fn not_permitted() -> Refusal {
    Refusal::forbidden("appraisal.not_permitted", "只有本支部的书记或管理员可以操作")
}

/// Whether somebody else was faster.
pub(super) fn is_overtaken<T>(answer: &Result<T, ApiError>) -> bool {
    matches!(answer, Err(ApiError::Refused(refusal)) if refusal.code == "record.changed")
}

impl AppraisalRoom {
    /// The appraisal, if the caller may know of it.
    ///
    /// # Errors
    /// 404.
    pub(super) async fn seen(&self, caller: &Caller, id: &str) -> Result<Seen, ApiError> {
        let id: AppraisalId = id.parse().map_err(|_| not_found())?;
        let now = self.desk.clock.now();
        let in_scope = self.desk.appraisals.get(&caller.scope(), id).await?;
        let is_in_scope = in_scope.is_some();
        let found = match in_scope {
            None if caller.membership.is_none() => self.desk.appraisals.open_to_all(id).await?,
            found => found,
        };
        let appraisal = found.ok_or_else(not_found)?;
        let mut own = self.desk.appraisals.own(caller.account_id, &[id]).await?;
        let part = own.remove(&id).unwrap_or_default();
        // Whoever was not asked in time is not asked any more.
        let is_over = appraisal.state(now) != AppraisalState::Rating;
        if !is_in_scope && is_over && part.rated.is_none() {
            return Err(not_found().into());
        }
        let people = self.desk.appraisals.participants(id).await?;
        let figures = self.desk.appraisals.figures(&[id]).await?.remove(&id).unwrap_or_default();
        Ok(Seen::of(self, caller, appraisal, people, (figures, part), now))
    }

    /// An appraisal that the caller just made.
    pub(super) fn made(&self, caller: &Caller, appraisal: Appraisal, people: Vec<Participant>, now: Timestamp) -> Seen {
        let figures = count(&people, &Figures::default());
        let standing = participant_of(&people, caller.account_id).map(|own| own.standing);
        let part = Own { standing, ..Own::default() };
        Seen::of(self, caller, appraisal, people, (figures, part), now)
    }

    /// Changes an appraisal by what `decide` says of it as it stands, again when somebody else was faster; answers it as the
    /// caller sees it then.
    pub(super) async fn act<T>(
        &self,
        call: &Call<T>,
        id: &str,
        commits: &CommitsData,
        decide: impl Fn(&Seen) -> Result<Decided, ApiError>,
    ) -> Answered {
        self.act_answering(call, id, commits, decide, |seen| seen.view(self)).await
    }

    /// The same, with another answer.
    pub(super) async fn act_answering<T, V: Serialize>(
        &self,
        call: &Call<T>,
        id: &str,
        commits: &CommitsData,
        decide: impl Fn(&Seen) -> Result<Decided, ApiError>,
        answer: impl Fn(&Seen) -> V,
    ) -> Answered {
        if let Some(done) = commits.answered_before(&call.idempotency).await? {
            return Ok(done);
        }
        let mut tries = 0;
        loop {
            let seen = self.seen(&call.caller, id).await?;
            let decided = decide(&seen)?;
            let mut change = call.change(seen.now);
            let people = (seen.people.as_slice(), decided.people.as_slice());
            self.desk.write(decided.step, Some(&seen.appraisal), &decided.appraisal, people, &mut change);
            let (action, fields) = decided.audit.clone();
            change.audited(action, Subject::new(APPRAISAL, seen.appraisal.id), fields);
            let view = answer(&seen.after(&decided));
            let done = commits.commit(&call.idempotency, change, 200, &view, || ApiError::Internal).await;
            tries += 1;
            if tries == TRIES || !is_overtaken(&done) {
                return done;
            }
        }
    }
}
