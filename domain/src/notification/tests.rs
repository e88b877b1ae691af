//! Quiet hours, channels and their order.

use super::*;
use crate::calendar::TimeOfDay;

const MINUTE: i64 = 60_000;

fn at(text: &str) -> Timestamp {
    format!("{text}:00.000+08:00").parse().unwrap()
}

fn quiet(from: (u16, u16), to: (u16, u16)) -> QuietHours {
    let time = |(hour, minute)| TimeOfDay::new(hour, minute).unwrap();
    QuietHours { from: time(from), to: time(to) }
}

#[test]
fn quiet_hours_end_where_they_say_across_midnight_too() {
    let night = quiet((22, 0), (8, 0));
    let noon = quiet((12, 0), (14, 0));
    for (hours, now, expected) in [
        (night, "2026-11-21T21:59", "2026-11-21T21:59"),
        (night, "2026-11-21T22:00", "2026-11-22T08:00"),
        (night, "2026-11-21T23:59", "2026-11-22T08:00"),
        (night, "2026-11-22T00:00", "2026-11-22T08:00"),
        (night, "2026-11-22T07:59", "2026-11-22T08:00"),
        (night, "2026-11-22T08:00", "2026-11-22T08:00"),
        (noon, "2026-11-22T11:59", "2026-11-22T11:59"),
        (noon, "2026-11-22T12:00", "2026-11-22T14:00"),
        (noon, "2026-11-22T14:00", "2026-11-22T14:00"),
    ] {
        assert_eq!(hours.over(at(now)), at(expected), "{now}");
    }
}

/// Zammad #4432: escalation mails at midnight and on weekends.
#[test]
fn nothing_but_the_urgent_rings_at_night() {
    let now = at("2026-11-21T23:30");
    let morning = at("2026-11-22T08:00");
    let settings = NotificationSettings::default();
    for (urgency, expected) in [
        (Urgency::Normal, vec![(Channel::Push, morning), (Channel::Wechat, morning)]),
        (
            Urgency::Important,
            vec![(Channel::Push, morning), (Channel::Wechat, morning), (Channel::Sms, morning.plus_millis(5 * MINUTE))],
        ),
        (
            Urgency::Urgent,
            vec![
                (Channel::Push, now),
                (Channel::Wechat, now),
                (Channel::Sms, now),
                (Channel::Voice, now.plus_millis(2 * MINUTE)),
            ],
        ),
    ] {
        let planned = plan(NotificationKind::Request, urgency, &settings, ChannelSet::all(), now);
        let steps = expected.into_iter().map(|(channel, at)| PlanStep { channel, at }).collect();
        assert_eq!(planned, Plan::Send(steps), "{urgency:?}");
    }
}

#[test]
fn an_important_message_goes_by_sms_at_once_when_nothing_quicker_leads_there() {
    let now = at("2026-11-21T10:00");
    let settings = NotificationSettings::default();
    let reachable = ChannelSet { sms: true, voice: true, ..ChannelSet::default() };
    let planned = plan(NotificationKind::Nudge, Urgency::Important, &settings, reachable, now);
    assert_eq!(planned, Plan::Send(vec![PlanStep { channel: Channel::Sms, at: now }]));
    let planned = plan(NotificationKind::Progress, Urgency::Normal, &settings, reachable, now);
    assert_eq!(planned, Plan::InboxOnly);
}

#[test]
fn who_muted_or_gathers_hears_less_but_duty_cannot_be_muted() {
    let now = at("2026-11-21T10:00");
    let all = ChannelSet::all();
    let mut settings = NotificationSettings { digest: TimeOfDay::new(18, 0), ..NotificationSettings::default() };
    assert_eq!(plan(NotificationKind::Progress, Urgency::Normal, &settings, all, now), Plan::Digest);
    assert!(matches!(plan(NotificationKind::Nudge, Urgency::Important, &settings, all, now), Plan::Send(_)));
    settings.muted.insert(NotificationKind::Deadline);
    assert_eq!(settings.check(), Ok(()));
    assert_eq!(plan(NotificationKind::Deadline, Urgency::Important, &settings, all, now), Plan::InboxOnly);
    settings.muted.insert(NotificationKind::Nudge);
    assert_eq!(settings.check().unwrap_err()[0].code, "notification.duty");
    assert_eq!(settings.next_digest(now), Some(at("2026-11-21T18:00")));
    assert_eq!(settings.next_digest(at("2026-11-21T18:00")), Some(at("2026-11-22T18:00")));
}
