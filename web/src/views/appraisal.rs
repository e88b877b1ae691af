//! Appraisals as clients see them.

use lianxin_actors::directory::OrganisationTree;
use lianxin_domain::appraisal::{
    Appraisal, Form, GivenGrade, Grade, MEET_CONFIRM, Participant, SelfRating, Tally, excellent_limit,
};
use lianxin_domain::clock::Timestamp;
use lianxin_domain::ids::{AppraisalId, MeetingId, MemberId};
use lianxin_storage::appraisals::Figures;
use serde::Serialize;
use utoipa::ToSchema;

use super::duty::OrganisationRef;
use super::ticket::PersonView;

/// What is said in place of counts of too few raters.
const TOO_FEW: &str = "少于5人，不显示";

/// The meeting that the opinion is found in (评定会议).
#[derive(Debug, Serialize, ToSchema)]
pub struct AppraisalMeetingView {
    #[schema(value_type = String)]
    id: MeetingId,
    /// From then on the organisation grades.
    #[schema(value_type = String)]
    starts_at: Timestamp,
}

/// That an appraisal was opened again.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReopenedView {
    #[schema(value_type = String)]
    at: Timestamp,
    by: PersonView,
    reason: String,
}

/// How many sent a form.
#[derive(Debug, Serialize, ToSchema)]
pub struct AppraisalTurnout {
    participants: u32,
    /// Participants who sent theirs.
    submitted: u32,
    /// 群众 who sent one.
    mass: u32,
}

/// How far the organisation's grades are.
#[derive(Debug, Serialize, ToSchema)]
pub struct AppraisalProgress {
    /// Full members, who are graded.
    members: u32,
    graded: u32,
    excellent: u32,
    /// How many may be 优秀: a third of `members`, rounded down.
    excellent_limit: u32,
    /// Who took note of the grade.
    acknowledged: u32,
}

/// Somebody who takes part.
#[derive(Debug, Serialize, ToSchema)]
pub struct AppraisalPerson {
    /// Whose.
    #[schema(value_type = String)]
    pub member_id: MemberId,
    /// The name, when the appraisal was made.
    pub name: String,
    /// `full`: is graded; `probationary`: rates and is not graded.
    pub standing: String,
}

impl From<&Participant> for AppraisalPerson {
    fn from(person: &Participant) -> Self {
        Self { member_id: person.member_id, name: person.name.clone(), standing: person.standing.as_str().to_owned() }
    }
}

/// An appraisal.
#[derive(Debug, Serialize, ToSchema)]
pub struct AppraisalView {
    /// Its id.
    #[schema(value_type = String)]
    pub id: AppraisalId,
    org: OrganisationRef,
    topic: String,
    year: i32,
    #[schema(value_type = String)]
    deadline: Timestamp,
    /// 听取群众意见
    mass: bool,
    notice: Option<String>,
    /// `draft`, `rating`, `meeting`, `grading` or `ended`.
    state: String,
    /// 未启动, 自评&互评, 评定会议, 组织评定 or 已结束.
    state_title: String,
    version: u32,
    #[schema(value_type = String)]
    created_at: Timestamp,
    created_by: PersonView,
    #[schema(value_type = Option<String>)]
    started_at: Option<Timestamp>,
    /// The forms are counted: there are results.
    counted: bool,
    meeting: Option<AppraisalMeetingView>,
    #[schema(value_type = Option<String>)]
    ended_at: Option<Timestamp>,
    /// For those who look over the branch.
    reopened: Option<ReopenedView>,
    turnout: AppraisalTurnout,
    /// For those who look over the branch.
    progress: Option<AppraisalProgress>,
    /// The caller looks over the branch.
    oversees: bool,
    /// The caller is one of the participants.
    participates: bool,
    /// The caller sent a form.
    submitted: bool,
    /// What the caller may do now: `edit`, `delete`, `start`, `form`, `opinion`, `results`, `link_meeting`, `grade`, `meet`,
    /// `reopen`, `acknowledge`.
    may: Vec<String>,
    /// What to ask before `meet`, when the caller may do that.
    meet_confirm: Option<String>,
    /// Who takes part, in one appraisal alone; of 群众 those whom they may rate.
    #[serde(skip_serializing_if = "Option::is_none")]
    people: Option<Vec<AppraisalPerson>>,
}

/// How the caller sees an appraisal.
#[derive(Debug, Clone, Default)]
pub struct AppraisalSight {
    /// Looks over the branch.
    pub oversees: bool,
    /// Is one of the participants.
    pub participates: bool,
    /// Sent a form.
    pub submitted: bool,
    /// What may be done.
    pub may: Vec<&'static str>,
}

impl AppraisalView {
    /// Of an appraisal at `now`.
    pub fn of(
        appraisal: &Appraisal,
        figures: &Figures,
        sight: &AppraisalSight,
        tree: &OrganisationTree,
        now: Timestamp,
    ) -> Self {
        let (plan, state) = (&appraisal.plan, appraisal.state(now));
        let reopened = appraisal.reopened.as_ref().filter(|_| sight.oversees);
        let may_meet = sight.may.contains(&"meet");
        Self {
            id: appraisal.id,
            org: OrganisationRef::of(appraisal.organisation_id, tree),
            topic: plan.topic.clone(),
            year: plan.year,
            deadline: plan.deadline,
            mass: plan.mass,
            notice: plan.notice.clone(),
            state: state.as_str().to_owned(),
            state_title: state.title().to_owned(),
            version: appraisal.version,
            created_at: appraisal.created.at,
            created_by: PersonView::from(&appraisal.created.by),
            started_at: appraisal.started_at,
            counted: appraisal.counted_at.is_some(),
            meeting: appraisal
                .meeting
                .map(|meeting| AppraisalMeetingView { id: meeting.id, starts_at: meeting.starts_at }),
            ended_at: appraisal.ended.as_ref().map(|ended| ended.at),
            reopened: reopened.map(|reopened| ReopenedView {
                at: reopened.at,
                by: PersonView::from(&reopened.by),
                reason: reopened.reason.clone(),
            }),
            turnout: AppraisalTurnout::from(figures),
            progress: sight.oversees.then(|| AppraisalProgress::from(figures)),
            oversees: sight.oversees,
            participates: sight.participates,
            submitted: sight.submitted,
            may: sight.may.iter().map(|word| (*word).to_owned()).collect(),
            meet_confirm: may_meet.then(|| MEET_CONFIRM.to_owned()),
            people: None,
        }
    }

    /// The same with who takes part.
    #[must_use]
    pub fn with_people(mut self, people: Vec<AppraisalPerson>) -> Self {
        self.people = Some(people);
        self
    }
}

impl From<&Figures> for AppraisalTurnout {
    fn from(figures: &Figures) -> Self {
        Self { participants: figures.participants, submitted: figures.submitted, mass: figures.mass }
    }
}

impl From<&Figures> for AppraisalProgress {
    fn from(figures: &Figures) -> Self {
        Self {
            members: figures.members,
            graded: figures.graded,
            excellent: figures.excellent,
            excellent_limit: excellent_limit(figures.members),
            acknowledged: figures.acknowledged,
        }
    }
}

/// 自评
#[derive(Serialize, ToSchema)]
pub struct SelfRatingView {
    /// `excellent`, `qualified`, `basically_qualified` or `unqualified`.
    #[schema(value_type = String)]
    grade: Grade,
    grade_title: String,
    text: String,
}

impl From<&SelfRating> for SelfRatingView {
    fn from(own: &SelfRating) -> Self {
        Self { grade: own.grade, grade_title: own.grade.title().to_owned(), text: own.text.clone() }
    }
}

/// A grade that the caller gave somebody.
#[derive(Serialize, ToSchema)]
pub struct PeerRatingView {
    #[schema(value_type = String)]
    member_id: MemberId,
    #[schema(value_type = String)]
    grade: Grade,
}

/// The caller's own form. Nobody else reads it, and from the count on it is gone.
#[derive(Serialize, ToSchema)]
pub struct AppraisalFormView {
    /// Of which appraisal.
    #[schema(value_type = String)]
    pub appraisal_id: AppraisalId,
    /// What it is about.
    pub topic: String,
    /// The branch.
    pub org: OrganisationRef,
    /// As the appraisal's.
    pub state: String,
    /// As the appraisal's.
    pub state_title: String,
    /// Until when it may be sent.
    #[schema(value_type = String)]
    pub deadline: Timestamp,
    /// One was sent.
    pub submitted: bool,
    /// It may be sent, or sent anew.
    pub editable: bool,
    /// It holds a rating of oneself (自评): of full members among the participants.
    pub rates_self: bool,
    /// 自评
    #[serde(rename = "self")]
    pub own: Option<SelfRatingView>,
    /// What was sent of others.
    pub ratings: Vec<PeerRatingView>,
    /// Those whom it rates beside oneself.
    pub people: Vec<AppraisalPerson>,
}

impl AppraisalFormView {
    /// The same with what was sent.
    #[must_use]
    pub fn with(mut self, form: Option<&Form>) -> Self {
        let (own, ratings) = match form {
            None => return self,
            Some(Form::Member { own, ratings }) => (own.as_ref(), ratings),
            Some(Form::Mass { ratings }) => (None, ratings),
        };
        self.own = own.map(SelfRatingView::from);
        self.ratings =
            ratings.iter().map(|(member_id, grade)| PeerRatingView { member_id: *member_id, grade: *grade }).collect();
        self
    }
}

/// That a form is kept; nothing of what it says.
#[derive(Debug, Serialize, ToSchema)]
pub struct AppraisalFormSaved {
    /// Of which appraisal.
    #[schema(value_type = String)]
    pub appraisal_id: AppraisalId,
    /// Always.
    pub submitted: bool,
    /// It may be sent anew until then.
    #[schema(value_type = String)]
    pub deadline: Timestamp,
}

/// How often each grade was given.
#[derive(Debug, Serialize, ToSchema)]
pub struct GradeCounts {
    excellent: u32,
    qualified: u32,
    basically_qualified: u32,
    unqualified: u32,
}

/// How one kind of people rated a member.
#[derive(Debug, Serialize, ToSchema)]
pub struct AppraisalTally {
    raters: u32,
    /// Nothing when fewer than five rated: then they are not even kept.
    counts: Option<GradeCounts>,
    /// 少于5人，不显示
    note: Option<String>,
}

impl From<&Tally> for AppraisalTally {
    fn from(tally: &Tally) -> Self {
        let counts = tally.counts.map(|[excellent, qualified, basically_qualified, unqualified]| GradeCounts {
            excellent,
            qualified,
            basically_qualified,
            unqualified,
        });
        let note = counts.is_none().then(|| TOO_FEW.to_owned());
        Self { raters: tally.raters, counts, note }
    }
}

/// What the organisation found (组织评定).
#[derive(Debug, Serialize, ToSchema)]
pub struct GivenGradeView {
    /// `excellent`, `qualified`, `basically_qualified` or `unqualified`.
    #[schema(value_type = String)]
    grade: Grade,
    grade_title: String,
    opinion: String,
    follow_up: Option<String>,
    #[schema(value_type = String)]
    at: Timestamp,
    by: PersonView,
}

impl From<&GivenGrade> for GivenGradeView {
    fn from(given: &GivenGrade) -> Self {
        Self {
            grade: given.grade,
            grade_title: given.grade.title().to_owned(),
            opinion: given.opinion.clone(),
            follow_up: given.follow_up.clone(),
            at: given.at,
            by: PersonView::from(&given.by),
        }
    }
}

/// What came of one full member's appraisal.
#[derive(Serialize, ToSchema)]
pub struct AppraisalMemberResult {
    #[schema(value_type = String)]
    member_id: MemberId,
    name: String,
    /// Sent a form.
    took_part: bool,
    #[serde(rename = "self")]
    own: Option<SelfRatingView>,
    mutual: AppraisalTally,
    /// Nothing when 群众 were not asked.
    mass: Option<AppraisalTally>,
    /// Nothing before it is given; for the member alone, before the end (鉴定与本人见面).
    grade: Option<GivenGradeView>,
    #[schema(value_type = Option<String>)]
    acknowledged_at: Option<Timestamp>,
}

impl AppraisalMemberResult {
    /// Of a participant; with the grade when `shows_grade`.
    pub fn of(person: &Participant, asked_mass: bool, shows_grade: bool) -> Self {
        Self {
            member_id: person.member_id,
            name: person.name.clone(),
            took_part: person.took_part,
            own: person.own.as_ref().map(SelfRatingView::from),
            mutual: AppraisalTally::from(&person.mutual),
            mass: asked_mass.then(|| AppraisalTally::from(&person.mass)),
            grade: person.grade.as_ref().filter(|_| shows_grade).map(GivenGradeView::from),
            acknowledged_at: person.acknowledged_at,
        }
    }
}

/// What came of an appraisal: of all full members for those who look over the branch, else of the caller alone.
#[derive(Serialize, ToSchema)]
pub struct AppraisalResults {
    /// Of which appraisal.
    #[schema(value_type = String)]
    pub appraisal_id: AppraisalId,
    /// As the appraisal's.
    pub state: String,
    /// As the appraisal's.
    pub state_title: String,
    /// How many sent a form.
    pub turnout: AppraisalTurnout,
    /// For those who look over the branch.
    pub progress: Option<AppraisalProgress>,
    /// In the order of the participants.
    pub items: Vec<AppraisalMemberResult>,
}
