//! 民主评议 of the demonstration: one that ended with last year's 组织生活会, and one in which members rate each other now.

use std::collections::BTreeMap;
use std::rc::Rc;

use chrono::Datelike as _;
use lianxin_actors::appraisal::{AppraisalDesk, Step};
use lianxin_domain::access::Scope;
use lianxin_domain::appraisal::{Appraisal, AppraisalPlan, Form, Grade, GradeInput, Participant, excellent_limit};
use lianxin_domain::calendar_day::local_date;
use lianxin_domain::clock::Timestamp;
use lianxin_domain::ids::{AppraisalId, MeetingId};
use lianxin_domain::meeting::Mark;
use lianxin_storage::change::Change;

use super::branch::{Branch, person};
use super::course::Course;
use super::dice::Dice;
use crate::core::{Core, StartError};

const HOUR_MS: i64 = 60 * 60 * 1_000;
const DAY_MS: i64 = 24 * HOUR_MS;
/// People rate until so long before the meeting.
const CLOSED_MS: i64 = 30 * HOUR_MS;
const SELF: [&str; 4] = [
    "按时参加组织生活，完成了分工任务，走访次数还不够。",
    "全年志愿服务六次，理论学习不够系统。",
    "便民桥项目按期完成，办事有时急躁。",
    "按时交纳党费，带头参加防汛，联系群众还要更主动。",
];

/// Plays them; time is moved on by whoever plays the meetings.
pub(super) struct Appraisals<'a> {
    core: &'a Core,
    desk: AppraisalDesk,
    course: Rc<Course<'a>>,
}

impl<'a> Appraisals<'a> {
    pub(super) fn new(core: &'a Core, desk: AppraisalDesk, course: &Rc<Course<'a>>) -> Self {
        Self { core, desk, course: Rc::clone(course) }
    }

    /// One whose meeting begins at `starts_at`, rated by everybody and counted before that.
    ///
    /// # Errors
    /// [`StartError`] when a step is refused.
    pub(super) async fn prepare(
        &self,
        branch: &Branch,
        starts_at: Timestamp,
        dice: &mut Dice,
    ) -> Result<AppraisalId, StartError> {
        let deadline = starts_at.plus_millis(-CLOSED_MS);
        let started = self.begin(branch, deadline, -1).await?;
        self.rate(&started, branch.people().len(), dice).await?;
        self.course.reach(deadline).await?;
        self.desk.settle(started.id).await?;
        Ok(started.id)
    }

    /// Its meeting is called.
    ///
    /// # Errors
    /// [`StartError`] when a step is refused.
    pub(super) async fn link(&self, id: AppraisalId, meeting: MeetingId) -> Result<(), StartError> {
        let before = self.read(id).await?;
        let meeting = self.core.meetings.get(&Scope::system(), meeting).await?;
        let meeting = meeting.ok_or("a meeting of the demonstration is gone")?;
        let after = before.linked(&meeting, self.course.now())?;
        self.commit(Step::Linked, Some(&before), &after, (&[], &[])).await
    }

    /// After the meeting the organisation grades everybody, and tells them; most take note.
    ///
    /// # Errors
    /// [`StartError`] when a step is refused.
    pub(super) async fn finish(&self, id: AppraisalId, branch: &Branch, dice: &mut Dice) -> Result<(), StartError> {
        let mut people = self.desk.appraisals.participants(id).await?;
        let graded: Vec<usize> = (0..people.len()).filter(|place| people[*place].is_graded()).collect();
        let excellent = excellent_limit(u32::try_from(graded.len())?) as usize;
        for (rank, place) in graded.iter().copied().enumerate() {
            let (grade, opinion) = match rank {
                rank if rank < excellent => (Grade::Excellent, "带头作用突出，群众评价好。"),
                rank if rank + 1 == graded.len() => (Grade::BasicallyQualified, "外出时间较长，参加组织生活偏少。"),
                _ => (Grade::Qualified, "能够履行党员义务，完成支部分工。"),
            };
            let input = GradeInput { grade, opinion, follow_up: None };
            let before = self.read(id).await?;
            let by = Mark { by: person(branch.host()), at: self.course.now() };
            let (after, one) = before.graded(&people, people[place].member_id, &input, by)?;
            let were = people.clone();
            people[place] = one;
            self.commit(Step::Graded, Some(&before), &after, (&were, &people)).await?;
        }
        let before = self.read(id).await?;
        let ended = before.met(&people, Mark { by: person(branch.host()), at: self.course.now() })?;
        self.commit(Step::Ended, Some(&before), &ended, (&people, &people)).await?;
        for place in graded.into_iter().filter(|_| dice.below(8) > 0) {
            let before = self.read(id).await?;
            let Some((after, one)) = before.acknowledged(&people[place], self.course.now())? else { continue };
            let were = people.clone();
            people[place] = one;
            self.commit(Step::Acknowledged, Some(&before), &after, (&were, &people)).await?;
        }
        Ok(())
    }

    /// One in which most have not sent their form yet.
    ///
    /// # Errors
    /// [`StartError`] when a step is refused.
    pub(super) async fn under_way(&self, branch: &Branch, dice: &mut Dice) -> Result<(), StartError> {
        let started = self.begin(branch, self.course.now().plus_millis(6 * DAY_MS), 0).await?;
        self.rate(&started, branch.people().len() / 3, dice).await
    }

    async fn begin(&self, branch: &Branch, deadline: Timestamp, years: i32) -> Result<Appraisal, StartError> {
        let now = self.course.now();
        let year = local_date(now).unwrap_or_default().year() + years;
        let plan = AppraisalPlan {
            topic: format!("{year}年度民主评议党员"),
            year,
            deadline,
            mass: true,
            notice: Some("请对照党员标准如实评价自己和同志。".to_owned()),
        };
        let created = Mark { by: person(branch.host()), at: now };
        let draft = Appraisal::draft(self.core.ids.next(), branch.place().0, plan.check(now)?, created);
        let people: Vec<Participant> = branch
            .people()
            .iter()
            .map(|member| {
                let facts = &member.facts;
                Participant::new(member.id, member.account_id, facts.name.clone(), facts.standing)
            })
            .collect();
        self.commit(Step::Made, None, &draft, (&[], &people)).await?;
        let started = draft.started(self.course.now())?;
        self.commit(Step::Started, Some(&draft), &started, (&people, &people)).await?;
        Ok(started)
    }

    /// The first `many` send their forms.
    async fn rate(&self, appraisal: &Appraisal, many: usize, dice: &mut Dice) -> Result<(), StartError> {
        let people = self.desk.appraisals.participants(appraisal.id).await?;
        let mut grade = || match dice.below(10) {
            0..=3 => Grade::Excellent,
            4..=8 => Grade::Qualified,
            _ => Grade::BasicallyQualified,
        };
        for (place, rater) in people.iter().enumerate().take(many) {
            let own = rater.is_graded().then(|| (Grade::Qualified, SELF[place % SELF.len()]));
            let others = people.iter().filter(|one| one.is_graded() && one.member_id != rater.member_id);
            let ratings: BTreeMap<_, _> = others.map(|one| (one.member_id, grade())).collect();
            let form = Form::of_participant(&people, rater, own, ratings)?;
            let mut change = Change::new(self.course.now(), Some(rater.account_id), Some(self.core.ids.next()));
            self.desk.write_form(appraisal, rater.account_id, &form, &mut change);
            self.core.journal.commit(change).await?;
        }
        Ok(())
    }

    async fn read(&self, id: AppraisalId) -> Result<Appraisal, StartError> {
        let found = self.desk.appraisals.get(&Scope::system(), id).await?;
        found.ok_or_else(|| "an appraisal of the demonstration is gone".into())
    }

    async fn commit(
        &self,
        step: Step,
        before: Option<&Appraisal>,
        after: &Appraisal,
        people: (&[Participant], &[Participant]),
    ) -> Result<(), StartError> {
        let mut change = Change::new(self.course.now(), Some(after.created.by.id), Some(self.core.ids.next()));
        self.desk.write(step, before, after, people, &mut change);
        self.core.journal.commit(change).await?;
        Ok(())
    }
}
