//! What may happen next, and who may do it.

use serde_json::json;

use super::clock::{ExtensionRequest, Pause, PauseReason, TicketClock, pause_until};
use super::events::{EscalationCause, TicketEvent};
use super::{AttachmentRef, PersonRef, State, StateName, Ticket};
use crate::access::Standing;
use crate::clock::Timestamp;
use crate::grid::Ladder;
use crate::problem::{FieldError, Refusal, text_field};
use crate::service_level::{Limit, Purpose, TimeRules};

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
    /// Stop the clock (暂停计时).
    Pause {
        /// Why.
        reason: PauseReason,
        /// In words.
        note: Option<String>,
    },
    /// Let it go on (恢复计时).
    Resume,
    /// Ask for more time (申请延期).
    RequestExtension {
        /// How much more.
        limit: Limit,
        /// Why.
        reason: String,
    },
    /// Grant it or not (延期审批).
    DecideExtension {
        /// Granted.
        approved: bool,
        /// In words.
        note: Option<String>,
    },
    /// Say in one sentence what residents may know of it (公开说明), or say it better.
    MakeKnown {
        /// The sentence.
        text: String,
        /// Words of its kind never become public.
        private: bool,
    },
    /// Take the sentence back (收回说明).
    Conceal,
    /// Say that the same thing concerns oneself too (我也遇到了); for whoever knows its sentence.
    Join {
        /// Name and address are known (inventory GRID-17).
        profile_complete: bool,
    },
    /// Care no longer (不再关注).
    Leave,
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
    /// 暂停计时
    Pause,
    /// 恢复计时
    Resume,
    /// 申请延期
    RequestExtension,
    /// 延期审批
    DecideExtension,
    /// 公开说明
    MakeKnown,
    /// 收回说明
    Conceal,
    /// 我也遇到了
    Join,
    /// 不再关注
    Leave,
}

impl Action {
    /// All that a ticket's own page may offer, in the order pages show them.
    pub const ALL: [Self; 16] = [
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
        Self::Pause,
        Self::Resume,
        Self::RequestExtension,
        Self::DecideExtension,
        Self::MakeKnown,
        Self::Conceal,
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
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::RequestExtension => "extension",
            Self::DecideExtension => "extension-decision",
            Self::MakeKnown => "known",
            Self::Conceal => "conceal",
            Self::Join => "join",
            Self::Leave => "leave",
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
            Self::Pause { .. } => Action::Pause,
            Self::Resume => Action::Resume,
            Self::RequestExtension { .. } => Action::RequestExtension,
            Self::DecideExtension { .. } => Action::DecideExtension,
            Self::MakeKnown { .. } => Action::MakeKnown,
            Self::Conceal => Action::Conceal,
            Self::Join { .. } => Action::Join,
            Self::Leave => Action::Leave,
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
#[derive(Debug, Clone, Copy)]
pub struct DecisionContext<'a> {
    /// Limits, windows and the calendar.
    pub rules: &'a TimeRules,
    /// The grids above the ticket's.
    pub ladder: &'a Ladder,
    /// Who serves the ticket's own grid.
    pub staff: &'a [PersonRef],
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
        Ok(match command {
            Command::Accept => {
                let clock = self.new_clock(Purpose::Finish, now, context);
                vec![TicketEvent::Accepted { handler: party.person.clone(), clock }]
            }
            Command::Complete { note, attachments } => {
                let note = required_text("note", note)?;
                vec![TicketEvent::Completed { note, attachments: few_files(attachments)? }]
            }
            Command::Return { reason } => {
                let reason = required_text("reason", reason)?;
                self.passed_on(self.put_back(reason, context, now), context, now)
            }
            Command::Reassign { handler, may_handle } => {
                if !may_handle {
                    let why = "只能改派给服务该网格的人员";
                    return Err(FieldError::new("account_id", "ticket.not_of_this_grid", why).into());
                }
                let clock = self.new_clock(Purpose::Finish, now, context);
                vec![TicketEvent::Reassigned { handler: handler.clone(), clock }]
            }
            Command::Nudge { note } => {
                let note = optional_text("note", note.as_deref())?;
                vec![self.nudged(Some(party.person.clone()), note, None, context, now)]
            }
            Command::ReadNudge => vec![TicketEvent::NudgeRead {}],
            Command::Withdraw => vec![TicketEvent::Withdrawn {}],
            Command::Rate { stars, comment } => vec![rate(*stars, comment.as_deref())?],
            Command::Reopen { reason } => {
                let clock = self.new_clock(Purpose::Accept, now, context);
                let reopened = TicketEvent::Reopened { reason: required_text("reason", reason)?, clock };
                self.passed_on(vec![reopened], context, now)
            }
            Command::Comment { text, attachments } => {
                let required = attachments.is_empty();
                let text = text_field("text", text, required, MAX_REASON)?;
                let words = TicketEvent::Commented { text, attachments: few_files(attachments)? };
                std::iter::once(words).chain(self.answered_by(party, context.rules, now)).collect()
            }
            Command::Pause { reason, note } => vec![self.pause(*reason, note.as_deref(), party, context.rules, now)?],
            Command::Resume => self.resume(context.rules, now).into_iter().collect(),
            Command::RequestExtension { limit, reason } => vec![self.request_extension(*limit, reason, party, now)?],
            Command::DecideExtension { approved, note } => {
                self.decide_extension(*approved, optional_text("note", note.as_deref())?, context.rules, now)?
            }
            Command::MakeKnown { text, private } => vec![self.make_known(text, *private)?],
            Command::Conceal => vec![TicketEvent::Concealed {}],
            Command::Join { profile_complete } => vec![self.join(*profile_complete, party)?],
            Command::Leave => vec![self.leave(party)?],
        })
    }

    /// The clock of the step that begins with the next event.
    pub(super) fn new_clock(&self, purpose: Purpose, now: Timestamp, context: &DecisionContext<'_>) -> TicketClock {
        let level = self.handling_path.level();
        TicketClock::start(purpose, self.version + 1, &self.kind, level, now, context.rules)
    }

    /// Put back: it waits again; too often, and it climbs.
    fn put_back(&self, reason: String, context: &DecisionContext<'_>, now: Timestamp) -> Vec<TicketEvent> {
        let count = self.return_count + 1;
        let clock = self.new_clock(Purpose::Accept, now, context);
        let climbs = count >= context.rules.levels.returns_until_escalation;
        let next = |level| clock.climbed(&self.kind, level, now, context.rules);
        let escalated = if climbs { self.climb(EscalationCause::Returned, context, next) } else { Vec::new() };
        std::iter::once(TicketEvent::Returned { reason, count, clock }).chain(escalated).collect()
    }

    /// What waits again after `events` goes on at once when its level lost its people meanwhile.
    fn passed_on(
        &self,
        mut events: Vec<TicketEvent>,
        context: &DecisionContext<'_>,
        now: Timestamp,
    ) -> Vec<TicketEvent> {
        let waiting = events.iter().fold(self.clone(), |ticket, event| ticket.after(event, now));
        events.extend(waiting.decide_vacancy(context, now));
        events
    }

    /// The clock goes on when the submitter gives the answer it waited for.
    fn answered_by(&self, party: &Party, rules: &TimeRules, now: Timestamp) -> Option<TicketEvent> {
        let pause = self.clock.as_ref()?.open_pause()?;
        let awaited = pause.reason == PauseReason::WaitingForSubmitter && party.standing.submitter;
        if awaited { self.resume(rules, now) } else { None }
    }

    fn pause(
        &self,
        reason: PauseReason,
        note: Option<&str>,
        party: &Party,
        rules: &TimeRules,
        now: Timestamp,
    ) -> Result<TicketEvent, Refusal> {
        let note = optional_text("note", note)?;
        if reason == PauseReason::Other && note.is_none() {
            return Err(FieldError::new("note", "field.required", "请写明暂停原因").into());
        }
        let by = party.person.clone();
        let pause = Pause { from: now, to: None, until: pause_until(now, rules), reason, note, by };
        Ok(TicketEvent::Paused { pause })
    }

    fn resume(&self, rules: &TimeRules, now: Timestamp) -> Option<TicketEvent> {
        self.clock.as_ref().map(|clock| TicketEvent::Resumed { clock: clock.resumed(now, rules) })
    }

    fn request_extension(
        &self,
        limit: Limit,
        reason: &str,
        party: &Party,
        now: Timestamp,
    ) -> Result<TicketEvent, Refusal> {
        let reason = required_text("reason", reason)?;
        limit.check("limit")?;
        let request = ExtensionRequest { limit, reason, by: party.person.clone(), at: now };
        Ok(TicketEvent::ExtensionRequested { request })
    }

    fn decide_extension(
        &self,
        approved: bool,
        note: Option<String>,
        rules: &TimeRules,
        now: Timestamp,
    ) -> Result<Vec<TicketEvent>, Refusal> {
        if !approved && note.is_none() {
            return Err(FieldError::new("note", "field.required", "请写明不同意的理由").into());
        }
        let decided = self.clock.as_ref().zip(self.extension_request.as_ref()).map(|(clock, request)| {
            let clock = if approved { clock.extended(request.limit, now, rules) } else { clock.clone() };
            TicketEvent::ExtensionDecided { approved, note, clock }
        });
        Ok(decided.into_iter().collect())
    }

    /// The actions open to this party now.
    pub fn actions(&self, standing: &Standing, rules: &TimeRules, now: Timestamp) -> Vec<Action> {
        Action::ALL.into_iter().filter(|action| self.permit(*action, standing, rules, now).is_ok()).collect()
    }

    /// Whether the party may do `action` in the present state.
    fn permit(&self, action: Action, standing: &Standing, rules: &TimeRules, now: Timestamp) -> Result<(), Refusal> {
        // Of these the ticket decides by what is public of it, not by who may see the rest.
        if matches!(action, Action::Join | Action::Leave) {
            return Ok(());
        }
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
            Action::Pause | Action::RequestExtension => standing.handler,
            Action::Resume => standing.handler || standing.supervises,
            // Nobody grants himself more time.
            Action::DecideExtension => standing.supervises && !standing.handler,
            Action::MakeKnown => standing.handler || standing.may_handle,
            Action::Conceal => standing.handler || standing.may_handle || standing.supervises,
            Action::Join | Action::Leave => true,
        };
        // The loser of a race learns who won rather than that it is not his ticket.
        let race = matches!(action, Action::Accept | Action::Complete | Action::Return) && standing.may_handle;
        if !permitted && !race {
            return Err(Refusal::forbidden("ticket.not_permitted", "您不能对这件诉求进行该操作"));
        }
        self.in_state_for(action, rules, now)?;
        if permitted { Ok(()) } else { Err(self.taken_by_another()) }
    }

    fn in_state_for(&self, action: Action, rules: &TimeRules, now: Timestamp) -> Result<(), Refusal> {
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
            Action::Return | Action::Reassign | Action::Nudge | Action::Withdraw | Action::MakeKnown => match state {
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
                Some(completion) if now.since(completion.completed_at) <= rules.levels.reopen_window_ms() => Ok(()),
                Some(_) => Err(closed(
                    "ticket.reopen_expired",
                    format!("办结已超过 {} 天，请重新提交诉求", rules.levels.reopen_days),
                )),
                None => Err(closed("ticket.not_completed", "办结后才能重开")),
            },
            Action::Conceal if self.known.is_none() => Err(closed("ticket.not_known", "这件诉求没有公开说明")),
            Action::Comment | Action::Conceal | Action::Join | Action::Leave => Ok(()),
            Action::Pause | Action::Resume | Action::RequestExtension | Action::DecideExtension => {
                self.clock_permits(action, now)
            }
        }
    }

    /// Whether the clock is such that `action` means something.
    fn clock_permits(&self, action: Action, now: Timestamp) -> Result<(), Refusal> {
        let clock = match (&self.state, &self.clock) {
            (State::Accepted { .. }, Some(clock)) => clock,
            (State::Submitted, _) => return Err(closed("ticket.not_accepted", "请先接单")),
            (State::Withdrawn { .. }, _) => return Err(withdrawn()),
            _ => return Err(closed("ticket.already_completed", "这件诉求已经办结")),
        };
        let paused = clock.open_pause().is_some();
        let late = clock.is_late(now);
        let no = |code, detail: &str| Err(closed(code, detail));
        match action {
            Action::Pause if paused => no("ticket.already_paused", "已经暂停计时"),
            Action::Pause if late => no("ticket.overdue", "已超过时限，不能暂停计时"),
            Action::Resume if !paused => no("ticket.not_paused", "没有暂停计时"),
            Action::RequestExtension if clock.extended => no("ticket.already_extended", "只能延期一次"),
            Action::RequestExtension if self.extension_request.is_some() => {
                no("ticket.extension_pending", "延期申请正在审批")
            }
            Action::RequestExtension if late => no("ticket.overdue", "请在时限到期前申请延期"),
            Action::DecideExtension if self.extension_request.is_none() => {
                no("ticket.no_extension_request", "没有待审批的延期申请")
            }
            _ => Ok(()),
        }
    }

    fn taken_by_another(&self) -> Refusal {
        let winner = self.handler();
        let name = winner.map_or("其他人员", |handler| handler.name.as_str());
        let accepted_at = self.accepted_at().map(|at| at.to_string());
        Refusal::conflict("ticket.already_accepted", format!("{name}已经接单"))
            .with("winner", json!({ "id": winner.map(|handler| handler.id), "name": name, "accepted_at": accepted_at }))
    }
}

fn rate(stars: u8, comment: Option<&str>) -> Result<TicketEvent, Refusal> {
    if !(1..=5).contains(&stars) {
        return Err(FieldError::new("stars", "field.range", "请选择 1 到 5 颗星").into());
    }
    Ok(TicketEvent::Rated { stars, comment: optional_text("comment", comment)? })
}

fn closed(code: &'static str, detail: impl Into<String>) -> Refusal {
    Refusal::conflict(code, detail)
}

pub(super) fn withdrawn() -> Refusal {
    Refusal::conflict("ticket.withdrawn", "这件诉求已被撤回")
}

fn required_text(field: &str, text: &str) -> Result<String, Refusal> {
    Ok(text_field(field, text, true, MAX_REASON)?)
}

fn optional_text(field: &str, text: Option<&str>) -> Result<Option<String>, Refusal> {
    let text = text_field(field, text.unwrap_or_default(), false, MAX_REASON)?;
    Ok(Some(text).filter(|text| !text.is_empty()))
}

fn few_files(attachments: &[AttachmentRef]) -> Result<Vec<AttachmentRef>, Refusal> {
    if attachments.len() > MAX_PROOF_FILES {
        return Err(FieldError::new("attachments", "field.too_many", "最多 9 个文件").into());
    }
    Ok(attachments.to_vec())
}
