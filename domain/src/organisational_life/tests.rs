//! Phases, materials and meetings, with the instants at which they change.

use proptest::prelude::*;

use super::*;
use crate::attachment::AttachmentKind;
use crate::ids::EntityId;
use crate::meeting::tests::support as halls;

const HOUR: i64 = 60 * 60 * 1_000;
const DAY: i64 = 24 * HOUR;
/// 2026-11-21T06:12:07Z, when the meeting of these tests is made.
const MADE: Timestamp = Timestamp::from_millis(1_795_241_527_000);
const DUE: Timestamp = MADE.plus_millis(10 * DAY);
const END: Timestamp = MADE.plus_millis(20 * DAY);

fn id<I: EntityId>(number: u128) -> I {
    I::from_uuid(uuid::Uuid::from_u128(number))
}

fn person(number: u128) -> PersonRef {
    PersonRef { id: id(number), name: format!("党员{number}") }
}

fn plan() -> LifePlan {
    LifePlan {
        topic: "2026年度组织生活会".to_owned(),
        year: 2026,
        content: "围绕学习、作风、服务开展对照检查".to_owned(),
        files: Vec::new(),
        materials_due_at: DUE,
        ends_at: END,
    }
}

/// What somebody writes over a plan.
type Change<'a> = &'a dyn Fn(&mut LifePlan);

fn life() -> LifeMeeting {
    LifeMeeting {
        id: id(1),
        version: 3,
        organisation_id: id(100),
        organisation_path: TreePath::root(1).child(2),
        created_by: person(0),
        created_at: MADE,
        notice: NoticeForm::Message,
        plan: plan(),
        committee: None,
        members: None,
        reminded_at: None,
        report: None,
    }
}

fn linked(state: StateName) -> LinkedMeeting {
    LinkedMeeting {
        id: id(7),
        topic: "组织生活会".to_owned(),
        state,
        starts_at: DUE,
        ends_at: END,
        ended_at: None,
        minutes: MinutesState::None,
    }
}

fn reported() -> LifeMeeting {
    let report = Report { text: "已整改".to_owned(), files: Vec::new(), by: person(0), at: END };
    LifeMeeting { report: Some(report), members: Some(linked(StateName::Ended)), ..life() }
}

fn held(state: StateName) -> LifeMeeting {
    LifeMeeting { members: Some(linked(state)), ..life() }
}

fn someone() -> Participant {
    Participant::new(id(1), (id(11), id(21)), "韦志强".to_owned(), 0)
}

fn file(number: u128) -> AttachmentRef {
    AttachmentRef {
        id: id(number),
        kind: AttachmentKind::Document,
        media_type: "application/pdf".to_owned(),
        size: 1,
        name: None,
        duration_ms: None,
        width: None,
        height: None,
    }
}

fn code<T>(result: &Result<T, Refusal>) -> &'static str {
    match result {
        Ok(_) => "ok",
        Err(refusal) => refusal.fields.first().map_or(refusal.code, |field| field.code),
    }
}

#[test]
fn a_phase_begins_with_its_instant() {
    let before = |at: Timestamp| at.plus_millis(-1);
    use StateName::{Archived, Cancelled, Ended, Launched, Running};
    let cases = [
        (life(), MADE, Phase::Before),
        (life(), before(DUE), Phase::Before),
        (life(), DUE, Phase::During),
        (life(), before(END), Phase::During),
        (life(), END, Phase::After),
        (life(), END.plus_millis(DAY), Phase::After),
        // The 党员会 ends the middle phase when it is over, and not when it was called off or still runs.
        (held(Launched), DUE, Phase::During),
        (held(Running), DUE, Phase::During),
        (held(Cancelled), DUE, Phase::During),
        (held(Ended), DUE, Phase::After),
        (held(Archived), DUE, Phase::After),
        (held(Running), END, Phase::After),
        // The 支委会 does not.
        (LifeMeeting { committee: Some(linked(Ended)), ..life() }, DUE, Phase::During),
        (reported(), DUE, Phase::Completed),
    ];
    for (meeting, now, expected) in cases {
        assert_eq!(meeting.phase(now), expected, "{now} {:?}", meeting.members);
    }
    let words: Vec<&str> = Phase::ALL.into_iter().map(Phase::title).collect();
    assert_eq!(words, ["会前", "会中", "会后", "已完成"]);
    for phase in Phase::ALL {
        assert_eq!(Phase::parse(phase.as_str()), Some(phase));
    }
}

#[test]
fn a_material_is_handed_in_until_the_deadline_and_never_behind_it() {
    let cases = [
        (MADE, "ok"),
        (DUE.plus_millis(-1), "ok"),
        (DUE, "material.too_late"),
        (DUE.plus_millis(1), "material.too_late"),
        (END, "material.too_late"),
    ];
    for (now, expected) in cases {
        assert_eq!(code(&someone().submitted(&life(), "对照检查", Vec::new(), now)), expected, "{now}");
    }
    let late = someone().check_submit(&life(), DUE).unwrap_err();
    assert_eq!(late.detail, "对照检查材料提交截止时间（2026年12月1日 14:12）已过，不能再提交");
}

#[test]
fn what_a_material_may_be() {
    let long = "字".repeat(MAX_TEXT);
    let too_long = "字".repeat(MAX_TEXT + 1);
    let files = |count: u128| (0..count).map(file).collect::<Vec<_>>();
    let cases = [
        ("", files(0), "field.required"),
        (" \n ", files(0), "field.required"),
        ("", files(1), "ok"),
        (long.as_str(), files(9), "ok"),
        (too_long.as_str(), files(0), "field.too_long"),
        ("字", files(10), "field.too_large"),
        ("字\u{7}", files(0), "field.characters"),
    ];
    for (text, files, expected) in cases {
        let count = files.len();
        assert_eq!(code(&someone().submitted(&life(), text, files, MADE)), expected, "{count} files");
    }
    let many = Participant { number: 100, ..someone() };
    assert_eq!(code(&many.submitted(&life(), "字", Vec::new(), MADE)), "material.too_many");
    let last = Participant { number: 99, ..someone() };
    assert_eq!(code(&last.submitted(&life(), "字", Vec::new(), MADE)), "ok");
}

#[test]
fn each_state_takes_what_fits() {
    use MaterialState::{Approved, Missing, Returned, Submitted};
    let cases = [
        // state, handing in, approving, returning
        (Missing, "ok", "material.not_submitted", "material.not_submitted"),
        (Submitted, "ok", "ok", "ok"),
        (Approved, "material.approved", "material.decided", "material.decided"),
        (Returned, "ok", "material.decided", "material.decided"),
    ];
    for (state, submit, approve, put_back) in cases {
        let number = if state == Missing { 0 } else { 2 };
        let one = Participant { state, number, ..someone() };
        let decide = |decision| code(&one.decided(&life(), number, decision, person(0), MADE));
        assert_eq!(code(&one.submitted(&life(), "字", Vec::new(), MADE)), submit, "{state:?}");
        assert_eq!(decide(Decision::Approve), approve, "{state:?}");
        assert_eq!(decide(Decision::Return("不够具体")), put_back, "{state:?}");
    }
}

#[test]
fn a_decision_is_on_the_version_that_was_read() {
    let (one, first) = someone().submitted(&life(), "第一稿", Vec::new(), MADE).unwrap();
    let (two, second) = one.submitted(&life(), "第二稿", Vec::new(), MADE).unwrap();
    assert_eq!((first.number, second.number, two.version, two.state), (1, 2, 3, MaterialState::Submitted));
    let old = two.decided(&life(), 1, Decision::Approve, person(0), MADE).unwrap_err();
    assert_eq!((old.code, &old.context["version"]), ("material.changed", &serde_json::json!(2)));
    let returned = two.decided(&life(), 2, Decision::Return(" 请补充 "), person(0), MADE).unwrap();
    assert_eq!((returned.reason.as_deref(), returned.state), (Some("请补充"), MaterialState::Returned));
    let again = returned.decided(&life(), 2, Decision::Approve, person(5), MADE).unwrap_err();
    assert_eq!((again.code, &again.context["state"]), ("material.decided", &serde_json::json!("returned")));
    // What was said to one version is not said to the next.
    let (three, _) = returned.submitted(&life(), "第三稿", Vec::new(), MADE).unwrap();
    assert_eq!((three.reason, three.decided_by, three.decided_at), (None, None, None));
    for reason in ["", "  "] {
        assert_eq!(code(&two.decided(&life(), 2, Decision::Return(reason), person(0), MADE)), "field.required");
    }
    let long = "字".repeat(MAX_REASON + 1);
    assert_eq!(code(&two.decided(&life(), 2, Decision::Return(&long), person(0), MADE)), "field.too_long");
    // Behind the deadline, too, until it is done.
    assert_eq!(code(&two.decided(&life(), 2, Decision::Approve, person(0), END)), "ok");
    let done = two.decided(&reported(), 2, Decision::Approve, person(0), END);
    assert_eq!(code(&done), "organisational_life.completed");
}

#[test]
fn who_owes_a_material_behind_the_deadline_is_late() {
    use MaterialState::{Approved, Missing, Returned, Submitted};
    let mut tally = MaterialTally::default();
    for (state, late) in [(Missing, true), (Submitted, false), (Approved, false), (Returned, true)] {
        let one = Participant { state, ..someone() };
        assert!(!one.is_late(&life(), DUE.plus_millis(-1)), "{state:?}");
        assert_eq!(one.is_late(&life(), DUE), late, "{state:?}");
        tally.add(state, 2);
    }
    assert_eq!((tally.total(), tally.late(&life(), DUE.plus_millis(-1)), tally.late(&life(), DUE)), (8, 0, 4));
}

fn meeting(of: Part) -> Meeting {
    let plan = crate::meeting::Plan {
        type_code: of.type_code().to_owned(),
        starts_at: DUE,
        ends_at: DUE.plus_millis(HOUR),
        ..halls::plan()
    };
    let branch = (id(100), TreePath::root(1).child(2));
    Meeting::draft(id(70), 1, branch, person(0), MADE, plan)
}

#[test]
fn a_meeting_that_fits_is_linked_in_its_time() {
    let with_plan = |change: &dyn Fn(&mut crate::meeting::Plan)| {
        let mut meeting = meeting(Part::Members);
        change(&mut meeting.plan);
        meeting
    };
    let fits = meeting(Part::Members);
    let elsewhere = Meeting { organisation_id: id(101), ..fits.clone() };
    let cancelled = Meeting { state: StateName::Cancelled, ..fits.clone() };
    let early = with_plan(&|plan| plan.starts_at = DUE.plus_millis(-1));
    let congress = with_plan(&|plan| plan.type_code = "general_meeting".to_owned());
    let cases = [
        (life(), Part::Members, Some(&fits), DUE.plus_millis(-1), "organisational_life.too_early"),
        (life(), Part::Members, Some(&fits), DUE, "ok"),
        (life(), Part::Members, Some(&fits), END, "ok"),
        (life(), Part::Members, None, DUE, "ok"),
        (life(), Part::Committee, Some(&fits), DUE, "organisational_life.meeting_type"),
        (life(), Part::Members, Some(&congress), DUE, "organisational_life.meeting_type"),
        (life(), Part::Members, Some(&elsewhere), DUE, "meeting.not_found"),
        (life(), Part::Members, Some(&cancelled), DUE, "organisational_life.meeting_cancelled"),
        (life(), Part::Members, Some(&early), DUE, "organisational_life.meeting_too_early"),
        (held(StateName::Launched), Part::Members, Some(&fits), DUE, "ok"),
        (held(StateName::Running), Part::Members, Some(&fits), DUE, "organisational_life.begun"),
        (held(StateName::Ended), Part::Members, None, DUE, "organisational_life.begun"),
        (reported(), Part::Committee, None, END, "organisational_life.completed"),
    ];
    for (life, part, meeting, now, expected) in cases {
        let meeting = meeting.map(|meeting| (meeting, MinutesState::Draft));
        assert_eq!(code(&life.with_link(part, meeting, now)), expected, "{part:?} {now} {:?}", life.members);
    }
    let committee = meeting(Part::Committee);
    let after = life().with_link(Part::Committee, Some((&committee, MinutesState::Signed)), DUE).unwrap();
    let shown = after.linked(Part::Committee).unwrap();
    assert_eq!((shown.id, shown.minutes, after.version), (committee.id, MinutesState::Signed, 4));
    assert!(after.linked(Part::Members).is_none());
    assert!(after.with_link(Part::Committee, None, DUE).unwrap().committee.is_none());
}

#[test]
fn the_duty_of_the_year_counts_the_type_of_the_members_meeting() {
    let rules = crate::duty::all_rules(&[]);
    let types = crate::meeting::all_types(&[]);
    for part in Part::ALL {
        assert!(types.iter().any(|kind| kind.code == part.type_code() && kind.built_in), "{part:?}");
        assert!(rules.iter().any(|rule| rule.type_code == part.type_code() && rule.enabled), "{part:?}");
    }
    assert_eq!(Part::Members.type_code(), "organisation_life");
}

#[test]
fn the_report_comes_behind_the_members_meeting() {
    let report = |of: &LifeMeeting, now| of.with_report("整改措施已落实", Vec::new(), person(0), now);
    let cases = [
        (life(), DUE.plus_millis(-1), "organisational_life.too_early"),
        (life(), DUE, "organisational_life.too_early"),
        (held(StateName::Running), END.plus_millis(-1), "organisational_life.too_early"),
        (life(), END, "organisational_life.not_held"),
        (held(StateName::Running), END, "organisational_life.not_held"),
        (held(StateName::Cancelled), END, "organisational_life.not_held"),
        (held(StateName::Ended), DUE, "ok"),
        (held(StateName::Archived), END, "ok"),
        (reported(), END, "ok"),
    ];
    for (of, now, expected) in cases {
        assert_eq!(code(&report(&of, now)), expected, "{now} {:?}", of.members);
    }
    let done = report(&held(StateName::Ended), END).unwrap();
    assert_eq!((done.phase(END), done.version), (Phase::Completed, 4));
    let over = held(StateName::Ended);
    let by = || person(0);
    assert_eq!(code(&over.with_report("", Vec::new(), by(), END)), "field.required");
    assert_eq!(code(&over.with_report("", vec![file(1)], by(), END)), "ok");
    assert_eq!(code(&over.with_report(&"字".repeat(MAX_REPORT + 1), Vec::new(), by(), END)), "field.too_long");
}

#[test]
fn a_plan_is_changed_and_taken_away_until_something_is_held() {
    let changed = |of: &LifeMeeting, change: Change<'_>, now| {
        let mut plan = of.plan.clone();
        change(&mut plan);
        of.with_plan(plan, now).map(|(after, what)| (after.version, what))
    };
    let later = |plan: &mut LifePlan| plan.materials_due_at = plan.materials_due_at.plus_millis(HOUR);
    let longer = |plan: &mut LifePlan| plan.ends_at = plan.ends_at.plus_millis(HOUR);
    let words = |plan: &mut LifePlan| plan.content = "新的议题".to_owned();
    let nothing = |_: &mut LifePlan| {};
    assert_eq!(changed(&life(), &nothing, MADE), Ok((4, PlanChange::None)));
    assert_eq!(changed(&life(), &words, MADE), Ok((4, PlanChange::Words)));
    assert_eq!(changed(&life(), &later, MADE), Ok((4, PlanChange::Times)));
    // Whoever was late has time again.
    assert_eq!(changed(&life(), &later, DUE), Ok((4, PlanChange::Times)));
    let cases: [(LifeMeeting, Change<'_>, Timestamp, &str); 8] = [
        (held(StateName::Launched), &later, DUE, "organisational_life.linked"),
        (held(StateName::Launched), &longer, DUE, "ok"),
        (held(StateName::Running), &longer, DUE, "organisational_life.begun"),
        (held(StateName::Running), &words, DUE, "ok"),
        (reported(), &words, END, "organisational_life.completed"),
        // Instants that stay may have passed; others must not.
        (life(), &words, END, "ok"),
        (life(), &later, DUE.plus_millis(HOUR), "field.past"),
        (life(), &|plan| plan.ends_at = DUE, MADE, "organisational_life.ends_before_materials"),
    ];
    for (of, change, now, expected) in cases {
        assert_eq!(code(&changed(&of, change, now)), expected, "{now} {:?}", of.members);
    }
    let cases = [
        (life(), "ok"),
        (held(StateName::Draft), "ok"),
        (held(StateName::Launched), "ok"),
        (held(StateName::Cancelled), "ok"),
        (held(StateName::Running), "organisational_life.begun"),
        (held(StateName::Ended), "organisational_life.begun"),
        (LifeMeeting { committee: Some(linked(StateName::Running)), ..life() }, "organisational_life.begun"),
        (reported(), "organisational_life.begun"),
    ];
    for (of, expected) in cases {
        assert_eq!(code(&of.check_delete()), expected, "{:?}", of.members);
    }
}

#[test]
fn what_a_plan_may_say() {
    let check = |change: Change<'_>| {
        let mut plan = plan();
        change(&mut plan);
        LifePlanInput(plan).check(MADE).map_or_else(|wrong| wrong[0].code, |_| "ok")
    };
    let cases: [(Change<'_>, &str); 15] = [
        (&|_| {}, "ok"),
        (&|plan| plan.topic = "  ".to_owned(), "field.required"),
        (&|plan| plan.topic = "字".repeat(101), "field.too_long"),
        (&|plan| plan.content = String::new(), "field.required"),
        (&|plan| plan.content = "字".repeat(5_001), "field.too_long"),
        (&|plan| plan.year = 2027, "ok"),
        (&|plan| plan.year = 2025, "ok"),
        (&|plan| plan.year = 2028, "field.range"),
        (&|plan| plan.year = 2024, "field.range"),
        (&|plan| plan.year = i32::MIN, "field.range"),
        (&|plan| plan.year = i32::MAX, "field.range"),
        (&|plan| plan.materials_due_at = MADE, "field.past"),
        (&|plan| plan.ends_at = MADE.plus_millis(MAX_AHEAD_MS), "ok"),
        (&|plan| plan.ends_at = MADE.plus_millis(MAX_AHEAD_MS + 1), "field.range"),
        (&|plan| plan.files = (0..=MAX_FILES as u128).map(file).collect(), "field.too_large"),
    ];
    for (index, (change, expected)) in cases.into_iter().enumerate() {
        assert_eq!(check(change), expected, "case {index}");
    }
}

#[test]
fn people_are_reminded_three_days_and_one_day_before() {
    let three = DUE.plus_millis(-3 * DAY);
    let one = DUE.plus_millis(-DAY);
    assert_eq!(life().next_reminder(), Some(three));
    assert_eq!(life().reminded(three.plus_millis(-1)), None);
    let first = life().reminded(three).unwrap();
    assert_eq!((first.reminded_at, first.next_reminder()), (Some(three), Some(one)));
    assert_eq!(first.reminded(three), None, "once");
    let second = first.reminded(one).unwrap();
    assert_eq!((second.next_reminder(), second.version), (None, 5));
    // A server that stood still reminds once, and behind the deadline never.
    assert_eq!(life().reminded(one).unwrap().next_reminder(), None);
    assert_eq!(life().reminded(DUE), None);
    // Nobody owes anything any more.
    assert_eq!((held(StateName::Ended).next_reminder(), reported().next_reminder()), (None, None));
    // Who was told of it just now is not reminded at once.
    let short = LifeMeeting { created_at: one, ..life() };
    assert_eq!(short.next_reminder(), None);
    let longer = LifePlan { materials_due_at: DUE.plus_millis(2 * DAY), ..plan() };
    let (moved, _) = second.with_plan(longer, one).unwrap();
    assert_eq!(moved.next_reminder(), Some(one.plus_millis(2 * DAY)), "whoever has more time is reminded anew");
}

#[derive(Debug, Clone)]
enum Step {
    Submit,
    Decide(bool, u32),
}

fn steps() -> impl Strategy<Value = Vec<(i64, Step)>> {
    let step = prop_oneof![
        Just(Step::Submit),
        (any::<bool>(), 0_u32..4).prop_map(|(approve, number)| Step::Decide(approve, number)),
    ];
    proptest::collection::vec((0_i64..24, step), 1..40)
}

proptest! {
    #[test]
    fn phases_only_go_on(offsets in proptest::collection::vec(0_i64..30 * DAY, 2..20)) {
        let mut offsets = offsets;
        offsets.sort_unstable();
        let phases: Vec<Phase> = offsets.into_iter().map(|offset| life().phase(MADE.plus_millis(offset))).collect();
        prop_assert!(phases.windows(2).all(|pair| pair[0] <= pair[1]), "{phases:?}");
    }

    #[test]
    fn no_version_is_lost_and_an_approved_one_stays(steps in steps()) {
        let (mut one, mut now, mut kept) = (someone(), MADE, Vec::new());
        for (hours, step) in steps {
            now = now.plus_millis(hours * HOUR);
            let before = one.clone();
            let result = match step {
                Step::Submit => one.submitted(&life(), "字", Vec::new(), now).map(|(after, material)| {
                    kept.push(material.number);
                    after
                }),
                Step::Decide(approve, number) => {
                    let decision = if approve { Decision::Approve } else { Decision::Return("不够具体") };
                    one.decided(&life(), number, decision, person(0), now)
                }
            };
            if let Ok(after) = result {
                prop_assert_eq!(after.version, before.version + 1);
                prop_assert_ne!(before.state, MaterialState::Approved);
                if after.number > before.number {
                    prop_assert!(now < DUE);
                }
                one = after;
            }
            prop_assert_eq!(one.number as usize, kept.len());
            prop_assert!(kept.iter().zip(1..).all(|(kept, number)| *kept == number));
            prop_assert_eq!(one.state == MaterialState::Missing, one.number == 0);
            prop_assert_eq!(one.reason.is_some(), one.state == MaterialState::Returned);
        }
    }

    #[test]
    fn what_may_be_reported_is_in_the_last_phases(offset in -DAY..30 * DAY, state in 0_usize..6) {
        let of = held(StateName::ALL[state]);
        let now = MADE.plus_millis(offset);
        let may = of.with_report("报告", Vec::new(), person(0), now).is_ok();
        prop_assert_eq!(may, of.was_held());
        prop_assert!(!may || of.phase(now) >= Phase::After);
    }
}
