//! What people may want of a meeting.

use super::claim::DeviceId;
use super::decide::Invitee;
use super::delegation::Superior;
use super::plan::Plan;
use super::sign_in::SignIn;
use super::voting::Urn;
use crate::ids::{MemberId, OrganisationId, VoteId};
use crate::vote::{Choice, Question, Receipt};

/// What somebody wants.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Another plan, before the launch.
    Edit {
        /// The whole of it.
        plan: Box<Plan>,
        /// The meeting's version that it was made from: what others changed since is not written over.
        over: u32,
    },
    /// 启动, with everybody who is invited.
    Launch(Vec<Invitee>),
    /// 取消, before the begin.
    Cancel {
        /// Why.
        reason: String,
    },
    /// 开始
    Start,
    /// 结束
    End,
    /// 归档
    Archive,
    /// On to another item, or to none.
    MoveAgenda {
        /// Its index.
        index: Option<u32>,
    },
    /// Whether the caller comes.
    Reply {
        /// Will come.
        attending: bool,
    },
    /// 报名
    SignUp,
    /// 请假
    AskLeave {
        /// Why.
        reason: String,
    },
    /// Takes it back.
    WithdrawLeave,
    /// 请假审批
    DecideLeave {
        /// Whose.
        member_id: MemberId,
        /// Granted.
        approved: bool,
        /// Words to it; needed when it is not.
        note: Option<String>,
    },
    /// 替会: somebody comes in `of`'s place; the caller's own place when nobody is named.
    Substitute {
        /// In whose.
        of: Option<MemberId>,
        /// Who.
        by: Invitee,
    },
    /// 列席
    AddGuest(Invitee),
    /// 邀请上级派员
    InviteSuperior {
        /// Which organisation above.
        superior: Superior,
        /// Words to it.
        note: Option<String>,
    },
    /// Whom the organisation sends that was asked; the caller speaks for it.
    NameDelegate {
        /// The organisation.
        organisation_id: OrganisationId,
        /// Whom.
        delegate: Invitee,
    },
    /// 签到
    SignIn(SignIn),
    /// 线上签到
    SignInOnline {
        /// The device on which the video meeting was joined.
        device: DeviceId,
    },
    /// 代签
    SignInManually {
        /// Whom.
        member_id: MemberId,
        /// Why.
        reason: String,
    },
    /// 举手: the caller's hand.
    RaiseHand,
    /// Takes the hand down: the caller's own when nobody is named, else the host calls on that person.
    LowerHand {
        /// Whose.
        member_id: Option<MemberId>,
    },
    /// 进会查看: whoever looks over it opened it; that leaves a mark.
    Visit,
    /// 催办 of its host.
    Nudge {
        /// Words to it.
        note: Option<String>,
    },
    /// What happens by itself: the clock says that a moment of [`Meeting::next_due`](super::Meeting::next_due) has come.
    Tick,
    /// 发起表决
    PrepareVote {
        /// Its id.
        id: VoteId,
        /// What is asked.
        question: Box<Question>,
    },
    /// Another question, before it opens.
    EditVote {
        /// Which.
        id: VoteId,
        /// What is asked.
        question: Box<Question>,
        /// The vote's version that it was made from.
        over: u32,
    },
    /// Takes a vote away that was never open.
    DropVote(VoteId),
    /// 开始表决
    OpenVote(VoteId),
    /// 投票: the caller's own ballot.
    CastBallot {
        /// In which vote.
        id: VoteId,
        /// In which round.
        round: u32,
        /// What was chosen.
        choices: Vec<Choice>,
        /// The voter's own code, of a secret vote.
        receipt: Option<Receipt>,
    },
    /// 截止
    CloseVote {
        /// Which.
        id: VoteId,
        /// Publish the result at once.
        publishes: bool,
    },
    /// 计票: follows from the closing; nobody asks for it.
    CountVote {
        /// Which.
        id: VoteId,
        /// Which round.
        round: u32,
        /// What lay in the urn of a secret vote.
        urn: Option<Box<Urn>>,
    },
    /// 公布结果
    PublishVote(VoteId),
    /// 作废: all ballots of the round are void.
    ResetVote {
        /// Which.
        id: VoteId,
        /// Why.
        reason: String,
    },
    /// 签退; the caller's own when nobody is named.
    SignOut {
        /// Who.
        member_id: Option<MemberId>,
    },
}
