//! Attendance in workbooks: statistics, and the list of one meeting (签到表).

use std::cmp::Reverse;
use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, get, web};
use lianxin_actors::directory::Directory;
use lianxin_domain::event::Subject;
use lianxin_domain::meeting::{Attendee, Flag, Hall, Leave, Role};
use serde_json::json;

use super::attendance::AttendanceQuery;
use super::import::{moment, record_export, workbook};
use super::meetings::{Desk, Standing, not_manager};
use super::organisations::PartyDesk;
use crate::auth::Authenticated;
use crate::error::ApiError;
use crate::query::Query;
use crate::sheet::{Sheet, Value, report};
use crate::views::attendance::{AttendanceFigures, AttendanceStatistics};

/// What figures have, in their order.
const FIGURES: [(&str, u8); 11] = [
    ("会议数", 8),
    ("应到", 8),
    ("实到", 8),
    ("准时", 8),
    ("迟到", 8),
    ("早退", 8),
    ("请假", 8),
    ("缺席", 8),
    ("替会", 8),
    ("线上", 8),
    ("到会率", 10),
];

/// The statistics as a workbook; the export is recorded.
#[utoipa::path(tag = "attendance", operation_id = "export_attendance_statistics", params(AttendanceQuery),
    responses((status = 200, content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")))]
#[get("/api/v1/attendance/statistics.xlsx")]
pub async fn statistics(
    who: Authenticated,
    request: HttpRequest,
    query: Query<AttendanceQuery>,
    desk: Desk,
    party: web::Data<PartyDesk>,
) -> Result<HttpResponse, ApiError> {
    let found = desk.statistics(who.caller(), &query).await?;
    let facts = json!({ "by": found.by, "from": found.from, "until": found.until, "lines": found.items.len() });
    let subject = Subject::new("organisation", &found.org_id);
    record_export(&who, &request, &party, "attendance.export", subject, facts).await?;
    workbook(&party, "attendance.xlsx", move || report(&[sheet_of(&found)])).await
}

fn sheet_of(found: &AttendanceStatistics) -> Sheet {
    let head: &[(&str, u8)] = match found.by.as_str() {
        "member" => &[("姓名", 14), ("所属党组织", 36)],
        "organisation" => &[("党组织", 36)],
        "type" => &[("会议类型", 20)],
        _ => &[("月份", 14)],
    };
    let of_members = found.by == "member";
    let row = |name: &str, org_name: Option<&str>, figures: &AttendanceFigures| {
        let organisation = of_members.then(|| Value::from(org_name.unwrap_or_default()));
        std::iter::once(Value::from(name)).chain(organisation).chain(numbers(figures)).collect::<Vec<_>>()
    };
    let mut rows: Vec<_> =
        found.items.iter().map(|item| row(&item.name, item.org_name.as_deref(), &item.figures)).collect();
    rows.push(row("合计", None, &found.total));
    Sheet { name: "到会统计", columns: head.iter().chain(&FIGURES).copied().collect(), rows }
}

fn numbers(of: &AttendanceFigures) -> impl Iterator<Item = Value> + use<> {
    let counts = [
        of.meetings,
        of.expected,
        of.present,
        of.on_time,
        of.late,
        of.left_early,
        of.leave,
        of.absent,
        of.substituted,
        of.online,
    ];
    counts.into_iter().map(Value::from).chain([Value::Rate(of.rate)])
}

/// The list of a meeting with everybody's attendance (签到表) as a workbook, for those who run the meeting or look over it;
/// the export is recorded.
#[utoipa::path(tag = "attendance", operation_id = "export_meeting_attendance", params(("id" = String, Path)),
    responses((status = 200, content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")))]
#[get("/api/v1/meetings/{id}/attendance.xlsx")]
pub async fn of_meeting(
    who: Authenticated,
    request: HttpRequest,
    id: web::Path<String>,
    desk: Desk,
    party: web::Data<PartyDesk>,
) -> Result<HttpResponse, ApiError> {
    let caller = Arc::new(who.caller().clone());
    let (id, standing) = desk.standing(&caller, &id).await?;
    if standing == Standing::Listed {
        return Err(not_manager());
    }
    let hall = desk.actors.read(id, |hall, _| hall.clone()).await?;
    let (types, directory) = (desk.types().await?, desk.directories.current());
    let code = &hall.meeting().plan.type_code;
    let kind = types.into_iter().find(|kind| kind.code == *code).map_or_else(|| code.clone(), |kind| kind.name);
    let facts = json!({ "attendees": hall.attendees().count() });
    record_export(&who, &request, &party, "attendance.export", Subject::new("meeting", id), facts).await?;
    let make = move || report(&[list_of(&hall, &directory), overview(&hall, kind, &directory)]);
    workbook(&party, "meeting-attendance.xlsx", make).await
}

/// What the list has.
const LIST: [(&str, u8); 15] = [
    ("姓名", 14),
    ("所属党组织", 36),
    ("党员类型", 12),
    ("参会身份", 10),
    ("替会", 16),
    ("到会情况", 10),
    ("签到序号", 10),
    ("签到时间", 20),
    ("离开时间", 20),
    ("签到方式", 10),
    ("佐证", 8),
    ("存疑", 30),
    ("代签说明", 30),
    ("请假事由", 30),
    ("请假审批", 20),
];

fn list_of(hall: &Hall, directory: &Directory) -> Sheet {
    let mut people: Vec<&Attendee> = hall.attendees().collect();
    let place = |one: &Attendee| {
        let entry = one.organisation_id.and_then(|id| directory.organisations().get(id));
        entry.map(|entry| &entry.organisation.path)
    };
    // Those who are expected first, then by organisation in the order of the tree; guests from outside have none.
    people.sort_unstable_by(|a, b| {
        let order = |one: &Attendee| (matches!(one.role, Role::Guest), Reverse(one.organisation_id.is_some()));
        (order(a), place(a), &a.name, a.member_id).cmp(&(order(b), place(b), &b.name, b.member_id))
    });
    let rows = people.into_iter().map(|one| line(hall, one, directory)).collect();
    Sheet { name: "签到表", columns: LIST.to_vec(), rows }
}

fn line(hall: &Hall, one: &Attendee, directory: &Directory) -> Vec<Value> {
    let organisation = one.organisation_id.and_then(|id| directory.organisation(id)).unwrap_or_default();
    let instead = match one.role {
        Role::Substitute { of } => hall.attendee(of).map(|principal| format!("替{}", principal.name)),
        Role::Member | Role::Guest => hall.substitute_of(one.member_id).map(|other| format!("由{}替", other.name)),
    };
    let evidence = one.evidence.as_ref();
    let flags: Vec<&str> =
        evidence.map(|found| found.flags.iter().map(|flag: &Flag| flag.title()).collect()).unwrap_or_default();
    let manual = evidence.and_then(|found| found.manual.as_ref());
    vec![
        one.name.as_str().into(),
        organisation.into(),
        one.standing.title().into(),
        one.role.title().into(),
        instead.unwrap_or_default().into(),
        hall.status(one).title().into(),
        one.number.map_or_else(|| Value::from(""), |number| Value::from(u64::from(number))),
        one.arrived_at().map(moment).unwrap_or_default().into(),
        one.left_at().map(moment).unwrap_or_default().into(),
        one.presence.first().map(|first| first.way.title()).unwrap_or_default().into(),
        evidence.map(|found| found.grade.title()).unwrap_or_default().into(),
        flags.join("、").into(),
        manual.map(|manual| format!("{}：{}", manual.by.name, manual.reason)).unwrap_or_default().into(),
        one.leave.as_ref().map(|leave| leave.reason.clone()).unwrap_or_default().into(),
        one.leave.as_ref().map(decision).unwrap_or_default().into(),
    ]
}

fn decision(leave: &Leave) -> String {
    let Some(decision) = &leave.decision else { return "待批".to_owned() };
    let word = if decision.approved { "同意" } else { "不同意" };
    match &decision.note {
        Some(note) => format!("{word}（{}）：{note}", decision.by.name),
        None => format!("{word}（{}）", decision.by.name),
    }
}

/// Date and time in China.
/// What the paper form says above its list.
fn overview(hall: &Hall, kind: String, directory: &Directory) -> Sheet {
    let (meeting, tally) = (hall.meeting(), hall.tally());
    let plan = &meeting.plan;
    let words = [
        ("主题", plan.topic.clone()),
        ("会议类型", kind),
        ("党组织", directory.organisation(meeting.organisation_id).unwrap_or_default().to_owned()),
        ("主持人", plan.host.name.clone()),
        ("记录人", plan.recorder.as_ref().map(|recorder| recorder.name.clone()).unwrap_or_default()),
        ("地点", plan.place.clone()),
        ("计划开始", moment(plan.starts_at)),
        ("计划结束", moment(plan.ends_at)),
        ("实际开始", meeting.started_at.map(moment).unwrap_or_default()),
        ("实际结束", meeting.ended_at.map(moment).unwrap_or_default()),
        ("状态", meeting.state.title().to_owned()),
    ];
    let counts = [
        ("应到", tally.expected),
        ("实到", tally.present),
        ("准时", tally.on_time),
        ("迟到", tally.late),
        ("早退", tally.left_early),
        ("请假", tally.leave),
        (if meeting.counts() { "缺席" } else { "未到" }, tally.missing),
        ("替会", tally.substituted),
        ("线上", tally.online),
        ("列席", tally.guests),
    ];
    let words = words.into_iter().map(|(title, text)| vec![Value::from(title), text.into()]);
    let counts = counts.into_iter().map(|(title, count)| vec![Value::from(title), u64::from(count).into()]);
    Sheet { name: "会议概况", columns: vec![("项目", 14), ("内容", 60)], rows: words.chain(counts).collect() }
}
