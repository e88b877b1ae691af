//! The meetings of a calendar as calendar programs read them (RFC 5545).

use lianxin_actors::directory::Directory;
use lianxin_domain::clock::Timestamp;
use lianxin_domain::meeting::{Meeting, MeetingType, StateName};

use crate::icalendar::Calendar;

/// The calendar of `meetings`. The same meetings give the same text, to the last byte.
pub(super) fn calendar_of(meetings: &[Meeting], types: &[MeetingType], directory: &Directory, base: &str) -> String {
    let mut calendar = Calendar::default();
    calendar
        .word("BEGIN", "VCALENDAR")
        .word("VERSION", "2.0")
        .word("PRODID", "-//Lianxin//Meetings//ZH")
        .word("CALSCALE", "GREGORIAN")
        .text("NAME", "连心会议")
        .text("X-WR-CALNAME", "连心会议")
        .word("REFRESH-INTERVAL;VALUE=DURATION", "PT1H")
        .word("X-PUBLISHED-TTL", "PT1H");
    for meeting in meetings {
        let code = &meeting.plan.type_code;
        let kind = types.iter().find(|kind| kind.code == *code).map_or(code.as_str(), |kind| &kind.name);
        let organisation = directory.organisation(meeting.organisation_id).unwrap_or_default();
        event(&mut calendar, meeting, kind, organisation, base);
    }
    calendar.word("END", "VCALENDAR");
    calendar.into_text()
}

/// Only what is needed to be there in time: a calendar may be copied to wherever its program keeps it, so neither the content
/// of the meeting nor who else comes is in it.
fn event(calendar: &mut Calendar, meeting: &Meeting, kind: &str, organisation: &str, base: &str) {
    let plan = &meeting.plan;
    let cancelled = meeting.state == StateName::Cancelled;
    let reason = meeting.cancel_reason.as_ref().filter(|_| cancelled);
    let reason = reason.map(|reason| format!("\n已取消：{reason}")).unwrap_or_default();
    calendar
        .word("BEGIN", "VEVENT")
        .word("UID", &meeting.id.to_string())
        .moment("DTSTAMP", changed_at(meeting))
        .word("SEQUENCE", &meeting.version.to_string())
        .word("STATUS", if cancelled { "CANCELLED" } else { "CONFIRMED" })
        .text("SUMMARY", &plan.topic)
        .moment("DTSTART", plan.starts_at);
    // An end is later than its begin; without one it is a moment (§3.8.2.2).
    if plan.ends_at.millis() / 1_000 > plan.starts_at.millis() / 1_000 {
        calendar.moment("DTEND", plan.ends_at);
    }
    calendar
        .text("LOCATION", &plan.place)
        .organizer(&plan.host.name)
        .text("CATEGORIES", kind)
        .text("DESCRIPTION", &format!("{kind}\n{organisation}{reason}"))
        .word("URL", &format!("{base}/m/meetings/{}", meeting.id))
        .word("END", "VEVENT");
}

/// The last moment that is known of it: where there is no `METHOD`, that is what the stamp says (§3.8.7.2).
fn changed_at(meeting: &Meeting) -> Timestamp {
    let known = [meeting.launched_at, meeting.started_at, meeting.ended_at];
    known.into_iter().flatten().fold(meeting.created_at, Timestamp::max)
}
