//! 组织生活会 of the demonstration: one of last year that is done, and one whose materials are being handed in.

use std::rc::Rc;

use lianxin_actors::organisational_life::LifeDesk;
use lianxin_domain::access::Scope;
use lianxin_domain::clock::Timestamp;
use lianxin_domain::ids::{LifeMeetingId, MeetingId};
use lianxin_domain::meeting::Meeting;
use lianxin_domain::minutes::MinutesState;
use lianxin_domain::organisational_life::{
    Decision, LifeMeeting, LifePlan, LifePlanInput, NoticeForm, Part, Participant,
};
use lianxin_domain::person::PersonRef;
use lianxin_storage::change::Change;

use super::branch::{Branch, person};
use super::course::Course;
use crate::core::{Core, StartError};

const HOUR_MS: i64 = 60 * 60 * 1_000;
const DAY_MS: i64 = 24 * HOUR_MS;
/// A finished one begins so long before its 党员会.
pub(super) const NOTICE_MS: i64 = 10 * DAY_MS;
/// Its deadline lies so long before its 党员会.
const DUE_MS: i64 = 2 * DAY_MS;

const MATERIALS: [&str; 4] = [
    "联系群众不够经常，入户走访多在年底集中开展。今后每月至少走访五户，走访情况记入台账。",
    "理论学习有时以干代学，学习笔记不完整。今后坚持每周学习两次，带头在党小组会上交流体会。",
    "在便民桥项目协调中有畏难情绪，进度拖了两周。今后遇到难题先到现场，再向支部报告。",
    "对返乡青年关心不够，就业信息传达不及时。今后在三组建立联系名单，有岗位当天通知到人。",
];
const REPORT: &str = "组织生活会于党员会当日召开，支部查摆问题六条，党员个人对照检查材料全部审核通过。\
                      整改措施：每月入户走访、每周集中学习、便民桥项目定人定期推进，由支部书记负责督促落实。";

/// Plays them; time is moved on by whoever plays the meetings.
pub(super) struct Lives<'a> {
    core: &'a Core,
    desk: LifeDesk,
    course: Rc<Course<'a>>,
}

impl<'a> Lives<'a> {
    pub(super) fn new(core: &'a Core, desk: LifeDesk, course: &Rc<Course<'a>>) -> Self {
        Self { core, desk, course: Rc::clone(course) }
    }

    /// One whose 党员会 begins at `starts_at`, with all its materials handed in and approved before that.
    ///
    /// # Errors
    /// [`StartError`] when a step is refused.
    pub(super) async fn prepare(&self, branch: &Branch, starts_at: Timestamp) -> Result<LifeMeetingId, StartError> {
        self.course.reach(starts_at.plus_millis(-NOTICE_MS)).await?;
        let due = starts_at.plus_millis(-DUE_MS);
        let ends_at = starts_at.plus_millis(4 * HOUR_MS);
        let (meeting, people) = self.notice(branch, "年度组织生活会", (due, ends_at), -1).await?;
        for (place, one) in people.iter().enumerate() {
            self.course.reach(starts_at.plus_millis(-NOTICE_MS + (i64::try_from(place)? + 1) * HOUR_MS)).await?;
            self.hand_in(&meeting, one, place).await?;
        }
        self.course.reach(due.plus_millis(-DAY_MS)).await?;
        for one in self.desk.lives.participants(meeting.id).await? {
            self.decide(&meeting, &one, Decision::Approve, branch).await?;
        }
        Ok(meeting.id)
    }

    /// The 党员会 belongs to it; its deadline is over.
    ///
    /// # Errors
    /// [`StartError`] when a step is refused.
    pub(super) async fn link(&self, id: LifeMeetingId, members: MeetingId) -> Result<(), StartError> {
        let before = self.read(id).await?;
        let meeting: Option<Meeting> = self.core.meetings.get(&Scope::system(), members).await?;
        let linked = meeting.as_ref().map(|meeting| (meeting, MinutesState::None));
        let after = before.with_link(Part::Members, linked, self.course.now())?;
        let mut change = self.change(&before.created_by);
        self.desk.linked(&before, &after, Part::Members, &mut change);
        self.commit(change).await
    }

    /// The branch hands in its report: it is done.
    ///
    /// # Errors
    /// [`StartError`] when a step is refused.
    pub(super) async fn report(&self, id: LifeMeetingId) -> Result<(), StartError> {
        let before = self.read(id).await?;
        let by = before.created_by.clone();
        let after = before.with_report(REPORT, Vec::new(), by.clone(), self.course.now())?;
        let mut change = self.change(&by);
        self.desk.reported(&before, &after, &mut change);
        self.commit(change).await
    }

    /// One whose materials are being handed in now, in all states.
    ///
    /// # Errors
    /// [`StartError`] when a step is refused.
    pub(super) async fn under_way(&self, branch: &Branch) -> Result<(), StartError> {
        let now = self.course.now();
        let times = (now.plus_millis(5 * DAY_MS), now.plus_millis(15 * DAY_MS));
        let (meeting, people) = self.notice(branch, "年度组织生活会（对照检查）", times, 0).await?;
        for (place, one) in people.iter().enumerate().filter(|(place, _)| place % 3 != 0) {
            let one = self.hand_in(&meeting, one, place).await?;
            let decision = match place % 5 {
                1 | 2 => Decision::Approve,
                3 => Decision::Return("请联系本人实际，补充整改的具体措施和时限"),
                _ => continue,
            };
            self.decide(&meeting, &one, decision, branch).await?;
        }
        Ok(())
    }

    async fn notice(
        &self,
        branch: &Branch,
        topic: &str,
        (materials_due_at, ends_at): (Timestamp, Timestamp),
        years: i32,
    ) -> Result<(LifeMeeting, Vec<Participant>), StartError> {
        use chrono::Datelike as _;
        let now = self.course.now();
        let year = lianxin_domain::calendar_day::local_date(now).unwrap_or_default().year() + years;
        let plan = LifePlan {
            topic: format!("{year}{topic}"),
            year,
            content: "围绕理论学习、联系群众、担当作为开展对照检查，会前开展谈心谈话，会上开展批评和自我批评。"
                .to_owned(),
            files: Vec::new(),
            materials_due_at,
            ends_at,
        };
        let (organisation_id, organisation_path) = branch.place();
        let meeting = LifeMeeting {
            id: self.core.ids.next(),
            version: 1,
            organisation_id,
            organisation_path,
            created_by: person(branch.host()),
            created_at: now,
            notice: NoticeForm::Message,
            plan: LifePlanInput(plan).check(now).map_err(lianxin_domain::problem::Refusal::fields)?,
            committee: None,
            members: None,
            reminded_at: None,
            report: None,
        };
        let people: Vec<Participant> = branch
            .people()
            .iter()
            .zip(0..)
            .map(|(member, place)| {
                Participant::new(meeting.id, (member.id, member.account_id), member.facts.name.clone(), place)
            })
            .collect();
        let mut change = self.change(&meeting.created_by);
        self.desk.made(&meeting, &people, &meeting.created_by, &mut change);
        self.commit(change).await?;
        Ok((meeting, people))
    }

    async fn hand_in(
        &self,
        meeting: &LifeMeeting,
        before: &Participant,
        place: usize,
    ) -> Result<Participant, StartError> {
        let text = MATERIALS[place % MATERIALS.len()];
        let (after, material) = before.submitted(meeting, text, Vec::new(), self.course.now())?;
        let author = PersonRef { id: before.account_id, name: before.name.clone() };
        let mut change = self.change(&author);
        self.desk.submitted(meeting, (before, &after), &material, &[], &mut change);
        self.commit(change).await?;
        Ok(after)
    }

    async fn decide(
        &self,
        meeting: &LifeMeeting,
        before: &Participant,
        decision: Decision<'_>,
        branch: &Branch,
    ) -> Result<(), StartError> {
        let by = person(branch.host());
        let after = before.decided(meeting, before.number, decision, by.clone(), self.course.now())?;
        let mut change = self.change(&by);
        self.desk.decided(meeting, (before, &after), &by, &mut change);
        self.commit(change).await
    }

    async fn read(&self, id: LifeMeetingId) -> Result<LifeMeeting, StartError> {
        let found = self.desk.lives.get(&Scope::system(), id).await?;
        found.ok_or_else(|| "an organisational-life meeting of the demonstration is gone".into())
    }

    fn change(&self, by: &PersonRef) -> Change {
        Change::new(self.course.now(), Some(by.id), Some(self.core.ids.next()))
    }

    async fn commit(&self, change: Change) -> Result<(), StartError> {
        self.core.journal.commit(change).await?;
        Ok(())
    }
}
