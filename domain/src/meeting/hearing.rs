//! Who hears of what happens at a meeting, and what they are told of it.
//!
//! Three circles of readers: the desk (who runs the meeting or looks over it), the wall of the room, and everybody on the
//! list. Who comes and goes is for the room; why somebody is away, and what stands behind a sign-in, for the desk alone.

use serde_json::Value;

/// How far an event is heard; each circle holds the ones before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Circle {
    /// Nobody hears of it live.
    Nobody,
    /// Who runs the meeting, or looks over it.
    Desk,
    /// The room: its walls show it.
    Room,
    /// Everybody on the list.
    Everybody,
}

impl Circle {
    /// How far events of this kind are heard.
    pub fn of(kind: &str) -> Self {
        match kind {
            // A draft is its makers' own.
            "meeting.created" | "meeting.edited"
            // How many have voted is in the figures; a thousand ballots would be a thousand frames for each phone.
            | "vote.cast" => Self::Nobody,
            "meeting.signed_in" | "meeting.signed_out" => Self::Room,
            "meeting.launched"
            | "meeting.cancelled"
            | "meeting.started"
            | "meeting.ended"
            | "meeting.archived"
            | "meeting.agenda_moved"
            // Signed minutes, and pictures at any time, are read by everybody on the list.
            | "meeting.minutes_signed"
            | "meeting.minutes_reopened"
            | "meeting.media_added"
            | "meeting.media_removed"
            // Whom the host calls on is for all; who else would like to speak, for the desk, or a thousand hands would
            // go out to a thousand phones.
            | "meeting.hand_lowered"
            // What is counted and not published is for the desk.
            | "vote.opened"
            | "vote.closed"
            | "vote.published"
            | "vote.reset" => Self::Everybody,
            _ => Self::Desk,
        }
    }
}

/// What of a sign-in or sign-out the room is told.
const TOLD_IN_THE_ROOM: [&str; 7] = ["member_id", "name", "number", "status", "again", "photo", "version"];

/// The facts of an event as the desk is told them (`beyond_the_desk`: as the others are): nobody ever learns on which
/// device somebody signed in, and what was written to the minutes is read in them, not told.
pub fn told(kind: &str, data: &Value, beyond_the_desk: bool) -> Value {
    // Who did something at the desk, and why signed minutes were taken back, is for the desk.
    let untold = |name: &str| {
        name == "device"
            || (kind == "meeting.minutes_edited" && name == "text")
            || (beyond_the_desk && (name == "by" || (kind == "meeting.minutes_reopened" && name == "reason")))
    };
    let only_named = beyond_the_desk && Circle::of(kind) == Circle::Room;
    let mut told = data.clone();
    if let Value::Object(members) = &mut told {
        members.retain(|name, _| if only_named { TOLD_IN_THE_ROOM.contains(&name.as_str()) } else { !untold(name) });
    }
    told
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn why_somebody_is_away_is_for_the_desk_and_so_is_what_nobody_thought_of() {
        let cases = [
            ("meeting.created", Circle::Nobody),
            ("meeting.listed", Circle::Desk),
            ("meeting.leave_requested", Circle::Desk),
            ("meeting.attendee_replied", Circle::Desk),
            ("meeting.something_new", Circle::Desk),
            ("meeting.signed_in", Circle::Room),
            ("meeting.ended", Circle::Everybody),
            ("vote.prepared", Circle::Desk),
            ("vote.opened", Circle::Everybody),
            ("vote.cast", Circle::Nobody),
            ("vote.counted", Circle::Desk),
            ("vote.published", Circle::Everybody),
            ("meeting.minutes_edited", Circle::Desk),
            ("meeting.minutes_signed", Circle::Everybody),
        ];
        for (kind, circle) in cases {
            assert_eq!(Circle::of(kind), circle, "{kind}");
        }
    }

    #[test]
    fn the_room_is_told_who_came_and_nobody_on_what_device() {
        let data =
            json!({ "name": "韦建国", "number": 3, "evidence": { "grade": "weak" }, "way": "code", "device": "x" });
        assert_eq!(told("meeting.signed_in", &data, true), json!({ "name": "韦建国", "number": 3 }));
        let at_desk = json!({ "name": "韦建国", "number": 3, "evidence": { "grade": "weak" }, "way": "code" });
        assert_eq!(told("meeting.signed_in", &data, false), at_desk);
        assert_eq!(told("meeting.cancelled", &json!({ "reason": "停电" }), true), json!({ "reason": "停电" }));
        let edited = json!({ "text": { "content": "修渠" }, "minutes_version": 2 });
        assert_eq!(told("meeting.minutes_edited", &edited, false), json!({ "minutes_version": 2 }));
        let reopened = json!({ "reason": "错字", "minutes_version": 3, "by": { "name": "周立新" } });
        assert_eq!(told("meeting.minutes_reopened", &reopened, true), json!({ "minutes_version": 3 }));
        assert_eq!(told("meeting.minutes_reopened", &reopened, false), reopened);
    }
}
