//! Signing in: who may, when, where, and what stands behind it (inventory MEET-07; domain.md §13).

use super::attendance::{Attendee, Evidence, Grade, ManualReason, Way};
use super::claim::{Claim, DeviceId};
use super::events::MeetingEvent;
use super::hall::Hall;
use super::place::{Fix, Flag, locate};
use super::plan::Mode;
use super::{Meeting, PersonRef, StateName};
use crate::clock::Timestamp;
use crate::ids::AccountId;
use crate::problem::{Refusal, text_field};
use serde_json::json;

const MAX_REASON: usize = 200;

/// What somebody brings to sign in.
#[derive(Debug, Clone, PartialEq)]
pub struct SignIn {
    /// What the scanned code was exchanged for; its signature, time and device were checked.
    pub claim: Claim,
    /// What the phone says of its position.
    pub fix: Option<Fix>,
}

impl Hall {
    /// Signs the person of `account_id` in. Who is there already gets nothing new: the first result stands.
    pub(super) fn sign_in(
        &self,
        account_id: AccountId,
        sign_in: &SignIn,
        now: Timestamp,
    ) -> Result<Vec<MeetingEvent>, Refusal> {
        let meeting = self.meeting();
        let attendee = self.of_account(account_id).ok_or_else(not_on_the_list)?;
        if attendee.is_present() {
            return Ok(Vec::new());
        }
        open(meeting, now)?;
        let located = locate(meeting.plan.sign_in.fence.as_ref(), sign_in.fix.as_ref(), now)?;
        let mut flags = located.flags;
        flags.extend(self.odd_device(attendee, sign_in.claim.device));
        flags.sort_unstable();
        let evidence = Evidence {
            grade: Grade::of(sign_in.fix.is_some(), false, &flags),
            flags,
            slot_age_ms: Some(sign_in.claim.slot_age_ms()),
            distance_m: located.distance_m,
            accuracy_m: located.accuracy_m,
            manual: None,
            consent: located.consent,
        };
        let mut event = self.arrival(attendee, Way::Code, evidence, now);
        if let MeetingEvent::SignedIn { device, claim, .. } = &mut event {
            *device = Some(sign_in.claim.device);
            *claim = Some(sign_in.claim.nonce_text());
        }
        Ok(vec![event])
    }

    /// Signs the person of `account_id` in to the video meeting, where there is one: there is no code to scan and no place
    /// to be at, so it is never more than fairly certain.
    pub(super) fn sign_in_online(
        &self,
        account_id: AccountId,
        device: DeviceId,
        now: Timestamp,
    ) -> Result<Vec<MeetingEvent>, Refusal> {
        let attendee = self.of_account(account_id).ok_or_else(not_on_the_list)?;
        if attendee.is_present() {
            return Ok(Vec::new());
        }
        if self.meeting().plan.mode == Mode::Onsite {
            return Err(Refusal::rule("meeting.not_online", "本次会议在现场召开，请到会场扫码签到"));
        }
        open(self.meeting(), now)?;
        let flags = self.odd_device(attendee, device);
        let evidence = Evidence { flags: flags.clone(), ..Evidence::plain(Grade::of(false, false, &flags)) };
        let mut event = self.arrival(attendee, Way::Online, evidence, now);
        if let MeetingEvent::SignedIn { device: used, .. } = &mut event {
            *used = Some(device);
        }
        Ok(vec![event])
    }

    /// What is odd about the device on which somebody signs in.
    fn odd_device(&self, attendee: &Attendee, device: DeviceId) -> Vec<Flag> {
        let others = self.on_device(device).is_some_and(|other| other.member_id != attendee.member_id);
        let second = self.device_of(attendee.member_id).is_some_and(|first| first != device);
        let all = [(Flag::SecondAccountOnDevice, others), (Flag::SecondDevice, second)];
        all.into_iter().filter(|(_, odd)| *odd).map(|(flag, _)| flag).collect()
    }

    /// Signs somebody in by the host's word.
    pub(super) fn sign_in_manually(
        &self,
        attendee: &Attendee,
        by: &PersonRef,
        reason: &str,
        now: Timestamp,
    ) -> Result<Vec<MeetingEvent>, Refusal> {
        let reason = text_field("reason", reason, true, MAX_REASON)?;
        if attendee.is_present() {
            return Ok(Vec::new());
        }
        open(self.meeting(), now)?;
        let manual = Some(ManualReason { by: by.clone(), reason });
        let evidence = Evidence { manual, ..Evidence::plain(Grade::of(false, true, &[])) };
        Ok(vec![self.arrival(attendee, Way::Manual, evidence, now)])
    }

    fn arrival(&self, attendee: &Attendee, way: Way, evidence: Evidence, now: Timestamp) -> MeetingEvent {
        let member_id = attendee.member_id;
        let mut event = MeetingEvent::SignedIn {
            member_id,
            name: attendee.name.clone(),
            number: attendee.number.unwrap_or(self.meeting().arrivals + 1),
            status: self.status(attendee),
            way,
            again: !attendee.presence.is_empty(),
            evidence: Box::new(evidence),
            photo: attendee.photo,
            device: None,
            claim: None,
        };
        let mut after = attendee.clone();
        after.presence.push(super::Presence { from: now, until: None, way });
        if let MeetingEvent::SignedIn { status, .. } = &mut event {
            *status = self.status(&after);
        }
        event
    }
}

/// Whether people may sign in now.
fn open(meeting: &Meeting, now: Timestamp) -> Result<(), Refusal> {
    if meeting.sign_in_is_open(now) {
        return Ok(());
    }
    let words = match meeting.state {
        StateName::Ended | StateName::Archived => "会议已结束，签到已关闭",
        StateName::Cancelled => "会议已取消",
        StateName::Draft => "会议尚未启动",
        StateName::Launched | StateName::Running if now < meeting.sign_in_opens_at() => "签到尚未开始",
        StateName::Launched | StateName::Running => "签到时间已过",
    };
    let refusal = Refusal::conflict("meeting.sign_in_closed", words);
    Err(refusal.with("opens_at", json!(meeting.sign_in_opens_at())).with("state", json!(meeting.state)))
}

fn not_on_the_list() -> Refusal {
    Refusal::forbidden("meeting.not_invited", "您不在本次会议的参会名单上，请与主持人联系")
}
