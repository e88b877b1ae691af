//! What the branches of the demonstration do after a meeting: minutes are written and signed, most of them in time, and
//! some of those who were there rate it.

use lianxin_actors::minutes::hash;
use lianxin_domain::event::Subject;
use lianxin_domain::ids::MeetingId;
use lianxin_domain::meeting::{AgendaItem, Hall, Meeting};
use lianxin_domain::member::Member;
use lianxin_domain::minutes::{Minutes, MinutesDraft, MinutesText, Rating};
use lianxin_domain::problem::Refusal;
use lianxin_storage::change::Change;
use lianxin_storage::meeting_minutes::MeetingMinutes;

use super::meetings::{Halls, Played, caller};
use crate::core::StartError;

/// One meeting in so many is not written up.
const FORGOTTEN: u64 = 40;
const COMMENTS: [&str; 4] = ["议程清楚，讨论充分", "时间安排合适", "希望多讲身边的事", "表决结果当场公布，好"];

impl Halls<'_> {
    /// The morning after: the secretary signs what the recorder wrote, and people say what they think.
    pub(super) async fn write_up(&mut self, played: &[Played<'_>]) -> Result<(), StartError> {
        let written: Vec<&Played<'_>> = played.iter().filter(|_| self.dice.below(FORGOTTEN) > 0).collect();
        for meeting in written {
            let hall = self.meetings.read(meeting.id, |hall, _| hall.clone()).await?;
            self.sign(&hall, meeting.branch.host()).await?;
            self.rate(&hall, meeting).await?;
        }
        self.catch_up().await
    }

    async fn sign(&self, hall: &Hall, host: &Member) -> Result<(), StartError> {
        let (meeting, now) = (hall.meeting(), self.course.now());
        let party = hall.party(&caller(&self.core.ids, host));
        let blank = Minutes::blank(meeting.id);
        let text = text(meeting);
        let Some(edited) = blank.edit(text, 0, meeting, &party, now).map_err(refused)? else { return Ok(()) };
        let mut change = Change::new(now, None, None);
        change.write(MeetingMinutes::write(&edited));
        change.event("meeting.minutes_edited", subject(meeting.id), edited.edited_facts(&party.person));
        self.core.journal.commit(change).await?;
        let record = self.sources.record(hall).await?;
        let sha256 = hash(&MinutesDraft::of(hall, &record));
        let signed = edited.sign(edited.version, record, meeting, &party, now).map_err(refused)?;
        let mut change = Change::new(now, None, None);
        change.write(MeetingMinutes::write(&signed));
        change.event("meeting.minutes_signed", subject(meeting.id), signed.signed_facts(&party.person, &sha256));
        self.core.journal.commit(change).await?;
        Ok(())
    }

    async fn rate(&mut self, hall: &Hall, meeting: &Played<'_>) -> Result<(), StartError> {
        let now = self.course.now();
        let mut change = Change::new(now, None, None);
        for member in &meeting.people {
            if self.dice.below(3) > 0 {
                continue;
            }
            let stars = if self.dice.below(6) == 0 { 4 } else { 5 };
            let comment = if self.dice.below(4) == 0 { self.dice.pick(&COMMENTS).copied() } else { None };
            // Who was not there does not rate.
            if let Ok(rating) = Rating::of(hall, member.account_id, None, (stars, comment), now) {
                change.write(self.core.meeting_ratings.write(&rating));
            }
        }
        if !change.writes.is_empty() {
            self.core.journal.commit(change).await?;
        }
        Ok(())
    }
}

fn subject(id: MeetingId) -> Subject {
    Subject::new("meeting", id)
}

fn refused(refusal: Refusal) -> StartError {
    format!("the minutes of the demonstration were refused: {}", refusal.code).into()
}

fn text(meeting: &Meeting) -> MinutesText {
    let plan = &meeting.plan;
    let discussion = |item: &AgendaItem| format!("围绕“{}”进行了发言和讨论。", item.title);
    MinutesText {
        content: format!("会议由{}主持，主题为“{}”。", plan.host.name, plan.topic),
        discussions: plan.agenda.iter().map(discussion).collect(),
        decisions: "与会同志按分工落实，下次会议通报进展。".to_owned(),
        remarks: String::new(),
    }
}
