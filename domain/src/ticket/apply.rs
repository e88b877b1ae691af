//! How events change a ticket. No decision is taken here: what is in the log happened.

use super::clock::TicketClock;
use super::events::TicketEvent;
use super::{Completion, Joiner, Known, Nudges, Rating, State, Ticket};
use crate::clock::Timestamp;

impl Ticket {
    /// The ticket after `event`, which happened at `at`.
    #[must_use]
    pub fn after(&self, event: &TicketEvent, at: Timestamp) -> Self {
        let mut ticket = self.clone();
        ticket.apply(event, at);
        ticket
    }

    /// Changes the ticket by `event`, which happened at `at`.
    pub fn apply(&mut self, event: &TicketEvent, at: Timestamp) {
        match event {
            // The ticket came into being with version 1.
            TicketEvent::Submitted { .. } => return,
            TicketEvent::Accepted { handler, clock } => {
                self.extension_request = None;
                self.state = State::Accepted { handler: handler.clone(), accepted_at: at };
                // Whoever nudged wanted this: nothing is left to be heard.
                self.read_nudges(at);
                self.clock = Some(clock.clone());
            }
            TicketEvent::Completed { note, attachments } => self.complete(note, attachments, at),
            TicketEvent::Returned { reason, count, clock } => {
                self.extension_request = None;
                self.state = State::Submitted;
                self.return_count = *count;
                self.last_return_reason = Some(reason.clone());
                self.nudges = None;
                self.clock = Some(clock.clone());
            }
            TicketEvent::LevelVacant { .. } | TicketEvent::Commented { .. } => {}
            TicketEvent::Escalated { to_path, clock, .. } => {
                self.handling_path = to_path.clone();
                self.clock = Some(clock.clone());
                // Others answer for it now; what the level below was asked is over.
                if let Some(nudges) = &mut self.nudges {
                    nudges.answer_by = None;
                }
            }
            TicketEvent::Reassigned { handler, clock } => {
                self.extension_request = None;
                let accepted_at = self.accepted_at().unwrap_or(at);
                self.state = State::Accepted { handler: handler.clone(), accepted_at };
                self.nudges = None;
                self.clock = Some(clock.clone());
            }
            TicketEvent::Nudged { nudger, to, note, folded, count, answer_by, repeat_at } => {
                let before = self.nudges.take();
                let heard_at = before.as_ref().filter(|_| *folded).map_or(at, |nudges| nudges.heard_at);
                let last_note = note.clone().or_else(|| before.as_ref().and_then(|nudges| nudges.last_note.clone()));
                // A folded nudge does not take the worker's 收到 away: nothing new was passed on.
                let read_at = before.filter(|_| *folded).and_then(|nudges| nudges.read_at);
                self.nudges = Some(Nudges {
                    count: *count,
                    last_at: at,
                    last_by: nudger.clone(),
                    last_to: to.clone(),
                    last_note,
                    heard_at,
                    read_at,
                    answer_by: *answer_by,
                });
                if let (None, Some(clock)) = (nudger, &mut self.clock) {
                    clock.repeat_at = *repeat_at;
                }
            }
            TicketEvent::NudgeRead {} => self.read_nudges(at),
            TicketEvent::Withdrawn {} => {
                self.state = State::Withdrawn { at };
                self.clock = None;
                self.extension_request = None;
            }
            TicketEvent::Rated { stars, comment } => self.rate(*stars, comment.clone(), at),
            TicketEvent::Reopened { clock, .. } => {
                self.extension_request = None;
                self.state = State::Submitted;
                self.reopen_count += 1;
                self.nudges = None;
                self.clock = Some(clock.clone());
            }
            TicketEvent::MadeKnown { text } => {
                let at = self.known.as_ref().map_or(at, |known| known.at);
                self.known = Some(Known { text: text.clone(), at });
            }
            // Who joined knew it by its sentence alone.
            TicketEvent::Concealed {} => {
                self.known = None;
                self.joiners.clear();
            }
            TicketEvent::Joined { joiner, .. } => self.joiners.push(Joiner { account_id: *joiner, at }),
            TicketEvent::Left { joiner, .. } => self.joiners.retain(|other| other.account_id != *joiner),
            TicketEvent::DueSoon {} => self.change_clock(|clock| clock.warn_at = None),
            TicketEvent::Paused { pause } => self.change_clock(|clock| clock.pauses.push(pause.clone())),
            TicketEvent::ExtensionRequested { request } => {
                self.extension_request = Some(request.clone());
            }
            TicketEvent::ExtensionDecided { clock, .. } => {
                self.extension_request = None;
                self.clock = Some(clock.clone());
            }
            TicketEvent::Overdue { clock, .. } => {
                self.overdue_count += 1;
                self.clock = Some(clock.clone());
            }
            TicketEvent::Resumed { clock } | TicketEvent::DueChanged { clock, .. } => self.clock = Some(clock.clone()),
        }
        self.version += 1;
    }

    fn read_nudges(&mut self, at: Timestamp) {
        if let Some(nudges) = &mut self.nudges {
            nudges.read_at.get_or_insert(at);
            nudges.answer_by = None;
        }
    }

    fn change_clock(&mut self, change: impl FnOnce(&mut TicketClock)) {
        if let Some(clock) = &mut self.clock {
            change(clock);
        }
    }

    fn complete(&mut self, note: &str, attachments: &[super::AttachmentRef], at: Timestamp) {
        if let State::Accepted { handler, accepted_at } = &self.state {
            self.state = State::Completed(Completion {
                handler: handler.clone(),
                accepted_at: *accepted_at,
                completed_at: at,
                note: note.to_owned(),
                attachments: attachments.to_vec(),
            });
            self.clock = None;
            self.extension_request = None;
        }
    }

    fn rate(&mut self, stars: u8, comment: Option<String>, at: Timestamp) {
        if let State::Completed(completion) = &self.state {
            let rating = Rating { stars, comment, at };
            self.state = State::Rated { completion: completion.clone(), rating };
        }
    }
}
