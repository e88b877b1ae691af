//! The rules of appraisals: tables with boundary values, and laws over random ones.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::ids::{AccountId, EntityId, MemberId};
use crate::meeting::{Invited, Mark, Meeting, Mode, Plan, SignInRules, StateName};
use crate::member::MemberStanding;
use crate::tree::TreePath;

const HOUR: i64 = 3_600_000;

fn at(hours: i64) -> Timestamp {
    Timestamp::from_millis(1_795_240_800_000 + hours * HOUR)
}

fn id<I: EntityId>(number: u128) -> I {
    I::from_uuid(uuid::Uuid::from_u128(number))
}

fn member(number: u128) -> MemberId {
    id(1_000 + number)
}

fn account(number: u128) -> AccountId {
    id(2_000 + number)
}

fn mark(hours: i64) -> Mark {
    Mark { by: PersonRef { id: account(0), name: "书记".to_owned() }, at: at(hours) }
}

fn plan() -> AppraisalPlan {
    AppraisalPlan { topic: " 年度民主评议 ".to_owned(), year: 2026, deadline: at(10), mass: true, notice: None }
}

/// Full members from 0 on, then probationary ones.
fn people(full: u128, probationary: u128) -> Vec<Participant> {
    let standing = |number| if number < full { MemberStanding::Full } else { MemberStanding::Probationary };
    let person = |number| Participant::new(member(number), account(number), format!("党员{number}"), standing(number));
    (0..full + probationary).map(person).collect()
}

fn draft() -> Appraisal {
    Appraisal::draft(id(1), id(2), plan().check(at(0)).unwrap(), mark(0))
}

/// Counted, with a meeting that begins at hour 20.
fn counted() -> Appraisal {
    let rating = draft().started(at(0)).unwrap();
    let closed = rating.closed(at(10)).unwrap();
    let (counted, _) = closed.counted(&people(3, 0), &[], at(10)).unwrap();
    counted.linked(&meeting("appraisal", 20), at(11)).unwrap()
}

fn meeting(type_code: &str, starts: i64) -> Meeting {
    let plan = Plan {
        topic: "评定会议".to_owned(),
        type_code: type_code.to_owned(),
        host: mark(0).by,
        recorder: None,
        starts_at: at(starts),
        ends_at: at(starts + 2),
        mode: Mode::Onsite,
        place: "村部".to_owned(),
        video_link: None,
        content: String::new(),
        attachments: Vec::new(),
        invited: Invited::default(),
        sign_up: None,
        sign_in: SignInRules::default(),
        agenda: Vec::new(),
    };
    let meeting = Meeting::draft(id(5), 1, (id(2), TreePath::root(1)), mark(0).by, at(0), plan);
    Meeting { state: StateName::Launched, ..meeting }
}

fn input(grade: Grade) -> GradeInput<'static> {
    GradeInput { grade, opinion: "表现良好", follow_up: None }
}

#[track_caller]
fn code<T: std::fmt::Debug>(result: Result<T, Refusal>) -> &'static str {
    let refusal = result.unwrap_err();
    refusal.fields.first().map_or(refusal.code, |wrong| wrong.code)
}

#[test]
fn a_third_may_be_excellent_rounded_down() {
    for (members, limit) in [(0, 0), (1, 0), (2, 0), (3, 1), (4, 1), (5, 1), (6, 2), (8, 2), (9, 3), (10, 3), (50, 16)]
    {
        assert_eq!(excellent_limit(members), limit, "{members}");
        if limit > 0 {
            check_excellent(members, limit - 1).unwrap();
        }
        let refusal = check_excellent(members, limit).unwrap_err();
        assert_eq!(refusal.code, "appraisal.too_many_excellent");
        assert!(refusal.detail.contains(&format!("参评 {members} 人，最多 {limit} 人")), "{}", refusal.detail);
        assert_eq!((&refusal.context["limit"], &refusal.context["excellent"]), (&limit.into(), &limit.into()));
    }
}

#[test]
fn a_plan_is_checked_field_by_field() {
    let long = "题".repeat(61);
    let cases: [(AppraisalPlan, &str, &str); 8] = [
        (AppraisalPlan { topic: " ".to_owned(), ..plan() }, "topic", "field.required"),
        (AppraisalPlan { topic: long, ..plan() }, "topic", "field.too_long"),
        (AppraisalPlan { year: 1999, ..plan() }, "year", "field.range"),
        (AppraisalPlan { year: 2101, ..plan() }, "year", "field.range"),
        (AppraisalPlan { notice: Some("通".repeat(501)), ..plan() }, "notice", "field.too_long"),
        (AppraisalPlan { deadline: at(0), ..plan() }, "deadline", "field.past"),
        (AppraisalPlan { deadline: at(366 * 24 + 1), ..plan() }, "deadline", "field.range"),
        (AppraisalPlan { deadline: Timestamp::from_millis(i64::MAX), ..plan() }, "deadline", "field.range"),
    ];
    for (plan, field, expected) in cases {
        let wrong = plan.clone().check(at(0)).unwrap_err().fields;
        assert_eq!((wrong[0].field.as_str(), wrong[0].code, wrong.len()), (field, expected, 1), "{plan:?}");
    }
    let right = AppraisalPlan { notice: Some("  ".to_owned()), deadline: at(0).plus_millis(1), ..plan() };
    let right = right.check(at(0)).unwrap();
    assert_eq!((right.topic.as_str(), right.notice), ("年度民主评议", None));
}

#[test]
fn where_it_stands_follows_from_what_was_done_and_the_time() {
    let (rating, linked) = (draft().started(at(0)).unwrap(), counted());
    let ended = Appraisal { ended: Some(mark(30)), ..linked.clone() };
    let last = at(10).plus_millis(-1);
    use AppraisalState::{Draft, Ended, Grading, Meeting, Rating};
    let cases = [
        (&draft(), at(99), Draft),
        (&rating, at(0), Rating),
        (&rating, last, Rating),
        // Right at the deadline, whether the job ran or not.
        (&rating, at(10), Meeting),
        (&rating, at(99), Meeting),
        (&linked, at(20).plus_millis(-1), Meeting),
        (&linked, at(20), Grading),
        (&ended, at(20), Ended),
        (&ended, at(0), Ended),
        // A clock that was set back opens nothing again.
        (&linked, at(1), Meeting),
    ];
    for (appraisal, now, expected) in cases {
        assert_eq!(appraisal.state(now), expected, "{now}");
    }
}

#[test]
fn a_started_appraisal_is_neither_changed_nor_started_again() {
    let edited = draft().edited(AppraisalPlan { year: 2025, ..plan() }, at(1)).unwrap();
    assert_eq!((edited.plan.year, edited.version), (2025, 2));
    assert_eq!(code(draft().started(at(10))), "field.past");
    let started = draft().started(at(9)).unwrap();
    assert_eq!(code(started.check_draft()), "appraisal.started");
    assert_eq!(code(started.edited(plan(), at(9))), "appraisal.started");
    assert_eq!(code(started.started(at(9))), "appraisal.started");
}

#[test]
fn forms_are_taken_until_the_deadline_alone() {
    let rating = draft().started(at(0)).unwrap();
    assert_eq!(code(draft().check_rating(at(1))), "appraisal.not_started");
    rating.check_rating(at(10).plus_millis(-1)).unwrap();
    assert_eq!(code(rating.check_rating(at(10))), "appraisal.rating_closed");
    assert!(rating.check_rating(at(10)).unwrap_err().detail.contains("截止"));
    assert_eq!((rating.closed(at(10).plus_millis(-1)), draft().closed(at(11))), (None, None));
    let closed = rating.closed(at(10)).unwrap();
    assert_eq!((closed.closed(at(11)), rating.counted(&[], &[], at(11))), (None, None));
    assert_eq!(code(closed.check_rating(at(5))), "appraisal.rating_closed");
    assert_eq!(code(closed.check_counted(at(11))), "appraisal.not_counted");
    assert_eq!(code(rating.check_counted(at(5))), "appraisal.rating_open");
    let (counted, _) = closed.counted(&[], &[], at(11)).unwrap();
    counted.check_counted(at(11)).unwrap();
    assert_eq!(counted.counted(&[], &[], at(12)), None);
}

/// Whose form, the own rating, those of others, the field that is wrong, and the code.
type Wrong = (usize, Option<(Grade, &'static str)>, BTreeMap<MemberId, Grade>, &'static str, &'static str);

#[test]
fn a_participant_rates_oneself_and_each_other_full_member_once() {
    let everybody = people(3, 1);
    let all = |numbers: &[u128]| numbers.iter().map(|number| (member(*number), Grade::Qualified)).collect();
    let own = Some((Grade::Qualified, "尽职"));
    let form = |rater: usize, own, ratings| Form::of_participant(&everybody, &everybody[rater], own, ratings);
    assert!(matches!(form(0, own, all(&[1, 2])), Ok(Form::Member { own: Some(_), .. })));
    assert!(matches!(form(3, None, all(&[0, 1, 2])), Ok(Form::Member { own: None, .. })));
    let cases: [Wrong; 8] = [
        (0, None, all(&[1, 2]), "self", "field.required"),
        (0, Some((Grade::Excellent, " ")), all(&[1, 2]), "self.text", "field.required"),
        (3, own, all(&[0, 1, 2]), "self", "appraisal.not_graded"),
        (0, own, all(&[0, 1, 2]), "ratings", "appraisal.own_rating"),
        (0, own, all(&[1]), "ratings", "appraisal.incomplete"),
        (0, own, all(&[]), "ratings", "appraisal.incomplete"),
        (0, own, all(&[1, 2, 3]), "ratings", "appraisal.not_graded"),
        (0, own, all(&[1, 2, 9]), "ratings", "appraisal.not_graded"),
    ];
    for (rater, own, ratings, field, expected) in cases {
        let wrong = form(rater, own, ratings).unwrap_err().fields;
        assert_eq!((wrong[0].field.as_str(), wrong[0].code), (field, expected));
    }
    let left = form(0, own, all(&[1])).unwrap_err();
    assert_eq!(left.detail, "还有 1 人没有评：党员2");
    assert!(Form::of_mass(&everybody, all(&[1])).is_ok());
    assert_eq!(code(Form::of_mass(&everybody, all(&[]))), "field.required");
    assert_eq!(code(Form::of_mass(&everybody, all(&[3]))), "appraisal.not_graded");
    // Nothing of a form gets into a log.
    let shown = format!("{:?}", form(0, own, all(&[1, 2])).unwrap());
    assert_eq!(shown, "Form");
}

#[test]
fn the_meeting_is_one_of_the_branch_after_the_deadline() {
    let (rating, linked) = (draft().started(at(0)).unwrap(), counted());
    let waiting = Appraisal { meeting: None, ..linked.clone() };
    for type_code in MEETING_TYPES {
        assert_eq!(
            waiting.linked(&meeting(type_code, 10), at(11)).unwrap().meeting.map(|one| one.starts_at),
            Some(at(10))
        );
    }
    let other = Meeting { organisation_id: id(3), ..meeting("appraisal", 20) };
    let state = |state| Meeting { state, ..meeting("appraisal", 20) };
    let mut early = meeting("appraisal", 10);
    early.plan.starts_at = at(10).plus_millis(-1);
    for (meeting, expected) in [
        (other, "appraisal.meeting_elsewhere"),
        (meeting("party_day", 20), "appraisal.meeting_type"),
        (state(StateName::Draft), "appraisal.meeting_not_launched"),
        (state(StateName::Cancelled), "appraisal.meeting_not_launched"),
        (early, "appraisal.meeting_before_deadline"),
    ] {
        assert_eq!(code(waiting.linked(&meeting, at(11))), expected);
    }
    let one = meeting("appraisal", 20);
    assert_eq!(code(rating.linked(&one, at(5))), "appraisal.rating_open");
    assert!(linked.linked(&one, at(19)).is_ok(), "another may take its place until it begins");
    assert_eq!(code(linked.linked(&one, at(20))), "appraisal.meeting_began");
    let ended = Appraisal { ended: Some(mark(30)), ..linked };
    assert_eq!(code(ended.linked(&one, at(31))), "appraisal.locked");
}

#[test]
fn grades_are_given_from_the_begin_of_the_meeting_until_the_end() {
    let (appraisal, mut everybody) = (counted(), people(3, 1));
    let grade = |appraisal: &Appraisal, people: &[Participant], number, grade, hours| {
        appraisal.graded(people, member(number), &input(grade), mark(hours))
    };
    assert_eq!(code(grade(&appraisal, &everybody, 0, Grade::Qualified, 19)), "appraisal.meeting_needed");
    assert_eq!(
        code(grade(&draft().started(at(0)).unwrap(), &everybody, 0, Grade::Qualified, 5)),
        "appraisal.rating_open"
    );
    assert_eq!(code(grade(&appraisal, &everybody, 3, Grade::Qualified, 20)), "appraisal.not_graded");
    assert_eq!(code(grade(&appraisal, &everybody, 9, Grade::Qualified, 20)), "appraisal.member_not_found");
    let blank = GradeInput { grade: Grade::Qualified, opinion: " ", follow_up: None };
    assert_eq!(code(appraisal.graded(&everybody, member(0), &blank, mark(20))), "field.required");

    assert_eq!(code(appraisal.met(&everybody, mark(20))), "appraisal.ungraded");
    let refusal = appraisal.met(&everybody, mark(20)).unwrap_err();
    assert_eq!(refusal.detail, "还有党员待评定，全部党员评定完成后才能进行此操作！");
    assert_eq!(refusal.context["ungraded"], 3);
    everybody[0] = grade(&appraisal, &everybody, 0, Grade::Excellent, 20).unwrap().1;
    assert_eq!(code(grade(&appraisal, &everybody, 1, Grade::Excellent, 20)), "appraisal.too_many_excellent");
    // Whoever is excellent may stay so, and may make room.
    assert!(grade(&appraisal, &everybody, 0, Grade::Excellent, 21).is_ok());
    everybody[0] = grade(&appraisal, &everybody, 0, Grade::Qualified, 21).unwrap().1;
    everybody[1] = grade(&appraisal, &everybody, 1, Grade::Excellent, 21).unwrap().1;
    everybody[2] = grade(&appraisal, &everybody, 2, Grade::Unqualified, 21).unwrap().1;

    let ended = appraisal.met(&everybody, mark(22)).unwrap();
    assert_eq!(ended.state(at(22)), AppraisalState::Ended);
    assert_eq!(code(grade(&ended, &everybody, 0, Grade::Qualified, 23)), "appraisal.locked");
    assert_eq!(code(ended.met(&everybody, mark(23))), "appraisal.locked");
    assert_eq!(code(appraisal.acknowledged(&everybody[0], at(21))), "appraisal.not_ended");
    assert_eq!(code(ended.acknowledged(&everybody[3], at(23))), "appraisal.not_graded");
    let (_, read) = ended.acknowledged(&everybody[0], at(23)).unwrap().unwrap();
    assert_eq!(ended.acknowledged(&read, at(24)).unwrap(), None);

    assert_eq!(code(appraisal.reopened(mark(0).by, "漏评", at(21))), "appraisal.not_ended");
    assert_eq!(code(ended.reopened(mark(0).by, " ", at(24))), "field.required");
    let open = ended.reopened(mark(0).by, "漏评", at(24)).unwrap();
    assert_eq!(open.state(at(24)), AppraisalState::Grading);
    everybody[0] = read;
    let again = grade(&open, &everybody, 0, Grade::BasicallyQualified, 25).unwrap().1;
    assert_eq!(again.acknowledged_at, None, "another grade has to be read again");
}

#[test]
fn fewer_than_five_raters_leave_no_counts() {
    let graded = |count: usize| Tally::of(std::iter::repeat_n(Grade::Qualified, count));
    assert_eq!(graded(0), Tally { raters: 0, counts: None });
    assert_eq!(graded(4), Tally { raters: 4, counts: None });
    assert_eq!(graded(5), Tally { raters: 5, counts: Some([0, 5, 0, 0]) });
}

fn any_grade() -> impl Strategy<Value = Grade> {
    proptest::sample::select(Grade::ALL.to_vec())
}

/// Of each member the grades for all, or nothing sent.
type MemberRows = Vec<Option<Vec<Grade>>>;
/// Of each other rater the grades for those whom the person knows.
type MassRows = Vec<Vec<Option<Grade>>>;

/// A grade that everybody gives everybody else, and those that others give those whom they know.
fn any_forms(full: usize) -> impl Strategy<Value = (MemberRows, MassRows)> {
    let row = proptest::collection::vec(any_grade(), full);
    let members = proptest::collection::vec(proptest::option::of(row), full);
    let mass = proptest::collection::vec(proptest::collection::vec(proptest::option::of(any_grade()), full), 0..8);
    (members, mass)
}

proptest! {
    #[test]
    fn tallies_are_a_recount((members, mass) in any_forms(7)) {
        let everybody = people(7, 0);
        let mut forms = Vec::new();
        for (rater, grades) in members.iter().enumerate() {
            let Some(grades) = grades else { continue };
            let others = grades.iter().enumerate().filter(|(ratee, _)| *ratee != rater);
            let ratings = others.map(|(ratee, grade)| (member(ratee as u128), *grade)).collect();
            let own = Some(SelfRating { grade: grades[rater], text: "自评".to_owned() });
            forms.push((account(rater as u128), Form::Member { own, ratings }));
        }
        for (rater, grades) in mass.iter().enumerate() {
            let known = grades.iter().enumerate().filter_map(|(ratee, grade)| Some((member(ratee as u128), (*grade)?)));
            forms.push((account(100 + rater as u128), Form::Mass { ratings: known.collect() }));
        }
        for (ratee, person) in count(&everybody, &forms).iter().enumerate() {
            let own = members[ratee].as_ref().map(|grades| grades[ratee]);
            prop_assert_eq!(person.own.as_ref().map(|own| own.grade), own);
            prop_assert_eq!(person.took_part, own.is_some());
            let rows = members.iter().enumerate().filter(|(rater, _)| *rater != ratee);
            let mutual: Vec<Grade> = rows.filter_map(|(_, row)| Some(row.as_ref()?[ratee])).collect();
            let asked: Vec<Grade> = mass.iter().filter_map(|row| row[ratee]).collect();
            for (tally, grades) in [(person.mutual, mutual), (person.mass, asked)] {
                prop_assert_eq!(tally.raters as usize, grades.len());
                prop_assert_eq!(tally.counts.is_some(), grades.len() >= 5);
                for (place, grade) in Grade::ALL.into_iter().enumerate() {
                    let counted = tally.counts.map(|counts| counts[place] as usize);
                    let expected = grades.iter().filter(|given| **given == grade).count();
                    prop_assert!(counted.is_none_or(|counted| counted == expected));
                }
            }
        }
    }

    #[test]
    fn never_more_than_a_third_are_excellent(
        full in 1_u128..12, steps in proptest::collection::vec((0_u128..12, any_grade()), 1..40),
    ) {
        let (mut appraisal, mut everybody) = (counted(), people(full, 2));
        for (number, grade) in steps {
            if let Ok((after, person)) = appraisal.graded(&everybody, member(number), &input(grade), mark(20)) {
                prop_assert_eq!(after.version, appraisal.version + 1);
                appraisal = after;
                everybody[usize::try_from(number).unwrap()] = person;
            }
            let excellent = everybody.iter().filter(|one| one.given() == Some(Grade::Excellent)).count();
            prop_assert!(excellent <= usize::try_from(full / 3).unwrap());
        }
    }

    #[test]
    fn it_only_goes_on_with_time(step in 0_usize..4, times in proptest::collection::vec(0_i64..40 * HOUR, 2..20)) {
        let rating = draft().started(at(0)).unwrap();
        let ended = Appraisal { ended: Some(mark(30)), ..counted() };
        let appraisal = [draft(), rating, counted(), ended][step].clone();
        let mut times = times;
        times.sort_unstable();
        let states: Vec<AppraisalState> =
            times.iter().map(|ms| appraisal.state(at(0).plus_millis(*ms))).collect();
        prop_assert!(states.is_sorted(), "{:?}", states);
    }
}
