//! What may happen next, and who may do it.

use serde_json::json;

use super::events::{EscalationCause, TicketEvent};
use super::{AttachmentRef, PersonRef, State, StateName, Ticket};
use crate::access::Standing;
use crate::clock::Timestamp;
use crate::grid::Ladder;
use crate::problem::{FieldError, Refusal, text_field};
use crate::service_level::TicketRules;

/// Characters of a reason, a comment, a note.
pub const MAX_REASON: usize = 500;
/// Files of a completion or a comment.
pub const MAX_PROOF_FILES: usize = 9;

/// What somebody wants to do with a ticket.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Take it (接单).
    Accept,
    /// Report it done, with proof (办结).
    Complete {
        /// What was done.
        note: String,
        /// Photos and papers.
        attachments: Vec<AttachmentRef>,
    },
    /// Put it back (退回).
    Return {
        /// Why.
        reason: String,
    },
    /// Give it to somebody who serves or leads the grid (改派).
    Reassign {
        /// To whom.
        handler: PersonRef,
        /// That person serves or leads the ticket's grid.
        may_handle: bool,
    },
    /// Ask to hurry (催促).
    Nudge {
        /// Words.
        note: Option<String>,
    },
    /// Say that the nudge was heard (收到).
    ReadNudge,
    /// Take the request back.
    Withdraw,
    /// Judge (评价).
    Rate {
        /// 1 to 5.
        stars: u8,
        /// In words.
        comment: Option<String>,
    },
    /// Say that it is not done.
    Reopen {
        /// Why.
        reason: String,
    },
    /// Add words.
    Comment {
        /// The words.
        text: String,
        /// Files.
        attachments: Vec<AttachmentRef>,
    },
}

/// The commands without their contents: what a page offers, and what a right is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// 接单
    Accept,
    /// 办结
    Complete,
    /// 退回
    Return,
    /// 改派
    Reassign,
    /// 催促
    Nudge,
    /// 收到
    ReadNudge,
    /// 撤回
    Withdraw,
    /// 评价
    Rate,
    /// 重开
    Reopen,
    /// 补充
    Comment,
}

impl Action {
    /// All, in the order pages show them.
    pub const ALL: [Self; 10] = [
        Self::Accept,
        Self::Complete,
        Self::Return,
        Self::Reassign,
        Self::Nudge,
        Self::ReadNudge,
        Self::Withdraw,
        Self::Rate,
        Self::Reopen,
        Self::Comment,
    ];

    /// The word in the URL of the action.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::Complete => "complete",
            Self::Return => "return",
            Self::Reassign => "reassign",
            Self::Nudge => "nudge",
            Self::ReadNudge => "nudge-receipt",
            Self::Withdraw => "withdraw",
            Self::Rate => "rate",
            Self::Reopen => "reopen",
            Self::Comment => "comment",
        }
    }
}

impl Command {
    /// Which action it is.
    pub const fn action(&self) -> Action {
        match self {
            Self::Accept => Action::Accept,
            Self::Complete { .. } => Action::Complete,
            Self::Return { .. } => Action::Return,
            Self::Reassign { .. } => Action::Reassign,
            Self::Nudge { .. } => Action::Nudge,
            Self::ReadNudge => Action::ReadNudge,
            Self::Withdraw => Action::Withdraw,
            Self::Rate { .. } => Action::Rate,
            Self::Reopen { .. } => Action::Reopen,
            Self::Comment { .. } => Action::Comment,
        }
    }
}

/// Who acts, and how that person stands to the ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Party {
    /// The person.
    pub person: PersonRef,
    /// Rights.
    pub standing: Standing,
}

/// What a decision depends on beside the ticket and the party.
#[derive(Debug, Clone)]
pub struct DecisionContext<'a> {
    /// Limits and windows.
    pub rules: &'a TicketRules,
    /// The grids above the ticket's.
    pub ladder: &'a Ladder,
}

impl Ticket {
    /// What follows from `command`: the events that happen now, or why nothing does.
    ///
    /// # Errors
    /// `ticket.not_found` for who may not see it, `ticket.not_permitted` for who may not do it, a conflict when the
    /// state does not allow it, a rule or field error when its contents are wrong.
    pub fn decide(
        &self,
        command: &Command,
        party: &Party,
        context: &DecisionContext<'_>,
        now: Timestamp,
    ) -> Result<Vec<TicketEvent>, Refusal> {
        self.permit(command.action(), &party.standing, context.rules, now)?;
        let accept_until = now.plus_millis(context.rules.accept_limit_ms());
        let finish_until = now.plus_millis(context.rules.finish_limit_ms());
        Ok(match command {
            Command::Accept => vec![TicketEvent::Accepted { handler: party.person.clone(), due_at: finish_until }],
            Command::Complete { note, attachments } => {
                let note = required_text("note", note)?;
                vec![TicketEvent::Completed { note, attachments: few_files(attachments)? }]
            }
            Command::Return { reason } => {
                let reason = required_text("reason", reason)?;
                let count = self.return_count + 1;
                let returned = TicketEvent::Returned { reason, count, due_at: accept_until };
                let climbs = count >= context.rules.returns_until_escalation;
                let escalated = climbs.then(|| self.escalate(context.ladder, accept_until)).flatten();
                std::iter::once(returned).chain(escalated).collect()
            }
            Command::Reassign { handler, may_handle } => {
                if !may_handle {
                    return Err(Refusal::fields(vec![FieldError::new(
                        "account_id",
                        "ticket.not_of_this_grid",
                        "只能改派给服务该网格的人员",
                    )]));
                }
                vec![TicketEvent::Reassigned { handler: handler.clone(), due_at: finish_until }]
            }
            Command::Nudge { note } => vec![self.nudge(note.as_deref(), party, context.rules, now)?],
            Command::ReadNudge => vec![TicketEvent::NudgeRead {}],
            Command::Withdraw => vec![TicketEvent::Withdrawn {}],
            Command::Rate { stars, comment } => vec![rate(*stars, comment.as_deref())?],
            Command::Reopen { reason } => {
                vec![TicketEvent::Reopened { reason: required_text("reason", reason)?, due_at: accept_until }]
            }
            Command::Comment { text, attachments } => {
                let required = attachments.is_empty();
                let text = text_field("text", text, required, MAX_REASON).map_err(one_field)?;
                vec![TicketEvent::Commented { text, attachments: few_files(attachments)? }]
            }
        })
    }

    /// The time limit `due_at` passed: overdue, once, unless something happened meanwhile.
    pub fn decide_overdue(&self, due_at: Timestamp, now: Timestamp) -> Option<TicketEvent> {
        let due = self.due?;
        (due.at == due_at && !due.overdue && now >= due_at).then_some(TicketEvent::Overdue { due_at })
    }

    /// The actions open to this party now.
    pub fn actions(&self, standing: &Standing, rules: &TicketRules, now: Timestamp) -> Vec<Action> {
        Action::ALL.into_iter().filter(|action| self.permit(*action, standing, rules, now).is_ok()).collect()
    }

    /// Whether the party may do `action` in the present state.
    fn permit(&self, action: Action, standing: &Standing, rules: &TicketRules, now: Timestamp) -> Result<(), Refusal> {
        if !standing.visible {
            return Err(Refusal::not_found("ticket.not_found", "没有找到这件诉求"));
        }
        let permitted = match action {
            Action::Accept => standing.may_handle,
            // Before anybody took it, each of its grid's staff may say that it is not theirs.
            Action::Return => standing.handler || (standing.may_handle && self.state == State::Submitted),
            Action::Complete => standing.handler,
            Action::Reassign => standing.handler || standing.supervises,
            Action::Nudge => standing.supervises,
            Action::ReadNudge => standing.handler || standing.may_handle,
            Action::Withdraw | Action::Rate | Action::Reopen => standing.submitter,
            Action::Comment => true,
        };
        // The loser of a race learns who won rather than that it is not his ticket.
        let race = matches!(action, Action::Accept | Action::Complete | Action::Return) && standing.may_handle;
        if !permitted && !race {
            return Err(Refusal::forbidden("ticket.not_permitted", "您不能对这件诉求进行该操作"));
        }
        self.in_state_for(action, rules, now)?;
        if permitted { Ok(()) } else { Err(self.taken_by_another()) }
    }

    fn in_state_for(&self, action: Action, rules: &TicketRules, now: Timestamp) -> Result<(), Refusal> {
        let state = self.state_name();
        match action {
            Action::Accept => match state {
                StateName::Submitted => Ok(()),
                StateName::Accepted => Err(self.taken_by_another()),
                StateName::Completed | StateName::Rated => Err(closed("ticket.already_completed", "这件诉求已经办结")),
                StateName::Withdrawn => Err(withdrawn()),
            },
            Action::Complete => match state {
                StateName::Accepted => Ok(()),
                StateName::Submitted => Err(closed("ticket.not_accepted", "请先接单再办结")),
                StateName::Completed | StateName::Rated => Err(closed("ticket.already_completed", "这件诉求已经办结")),
                StateName::Withdrawn => Err(withdrawn()),
            },
            Action::Return | Action::Reassign | Action::Nudge | Action::Withdraw => match state {
                StateName::Submitted | StateName::Accepted => Ok(()),
                StateName::Completed | StateName::Rated => Err(closed("ticket.already_completed", "这件诉求已经办结")),
                StateName::Withdrawn => Err(withdrawn()),
            },
            Action::ReadNudge => match &self.nudges {
                Some(nudges) if nudges.read_at.is_none() && state.is_open() => Ok(()),
                Some(_) | None => Err(closed("ticket.no_unread_nudge", "没有未确认的督促")),
            },
            Action::Rate => match state {
                StateName::Completed => Ok(()),
                StateName::Rated => Err(closed("ticket.already_rated", "您已经评价过了")),
                StateName::Submitted | StateName::Accepted => Err(closed("ticket.not_completed", "办结后才能评价")),
                StateName::Withdrawn => Err(withdrawn()),
            },
            Action::Reopen => match self.completion() {
                Some(completion) if now.since(completion.completed_at) <= rules.reopen_window_ms() => Ok(()),
                Some(_) => {
                    Err(closed("ticket.reopen_expired", format!("办结已超过 {} 天，请重新提交诉求", rules.reopen_days)))
                }
                None => Err(closed("ticket.not_completed", "办结后才能重开")),
            },
            Action::Comment => Ok(()),
        }
    }

    fn taken_by_another(&self) -> Refusal {
        let winner = self.handler();
        let name = winner.map_or("其他人员", |handler| handler.name.as_str());
        let accepted_at = self.accepted_at().map(|at| at.to_string());
        Refusal::conflict("ticket.already_accepted", format!("{name}已经接单"))
            .with("winner", json!({ "id": winner.map(|handler| handler.id), "name": name, "accepted_at": accepted_at }))
    }

    fn escalate(&self, ladder: &Ladder, due_at: Timestamp) -> Option<TicketEvent> {
        let step = ladder.next_above(&self.handling_path)?;
        Some(TicketEvent::Escalated {
            from_level: self.handling_path.level(),
            to_level: step.path.level(),
            to_grid_id: step.grid_id,
            to_path: step.path.clone(),
            cause: EscalationCause::Returned,
            due_at,
        })
    }

    fn nudge(
        &self,
        note: Option<&str>,
        party: &Party,
        rules: &TicketRules,
        now: Timestamp,
    ) -> Result<TicketEvent, Refusal> {
        let note = optional_text("note", note)?;
        let before = self.nudges.as_ref();
        let folded = before.is_some_and(|nudges| now.since(nudges.heard_at) < rules.nudge_cooldown_ms());
        let count = before.map_or(0, |nudges| nudges.count) + 1;
        Ok(TicketEvent::Nudged { nudger: party.person.clone(), note, folded, count })
    }
}

fn rate(stars: u8, comment: Option<&str>) -> Result<TicketEvent, Refusal> {
    if !(1..=5).contains(&stars) {
        return Err(one_field(FieldError::new("stars", "field.range", "请选择 1 到 5 颗星")));
    }
    Ok(TicketEvent::Rated { stars, comment: optional_text("comment", comment)? })
}

fn closed(code: &'static str, detail: impl Into<String>) -> Refusal {
    Refusal::conflict(code, detail)
}

fn withdrawn() -> Refusal {
    Refusal::conflict("ticket.withdrawn", "这件诉求已被撤回")
}

fn one_field(field: FieldError) -> Refusal {
    Refusal::fields(vec![field])
}

fn required_text(field: &str, text: &str) -> Result<String, Refusal> {
    text_field(field, text, true, MAX_REASON).map_err(one_field)
}

fn optional_text(field: &str, text: Option<&str>) -> Result<Option<String>, Refusal> {
    let text = text_field(field, text.unwrap_or_default(), false, MAX_REASON).map_err(one_field)?;
    Ok(Some(text).filter(|text| !text.is_empty()))
}

fn few_files(attachments: &[AttachmentRef]) -> Result<Vec<AttachmentRef>, Refusal> {
    if attachments.len() > MAX_PROOF_FILES {
        return Err(one_field(FieldError::new("attachments", "field.too_many", "最多 9 个文件")));
    }
    Ok(attachments.to_vec())
}
