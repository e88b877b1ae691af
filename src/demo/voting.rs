//! What branches of the demonstration vote on, and how their members do.

use lianxin_domain::ids::VoteId;
use lianxin_domain::meeting::Command;
use lianxin_domain::vote::{Answer, Base, Choice, Majority, Method, Question, Receipt, Secrecy, Share, Show};

use super::dice::Dice;

/// What a general meeting decides (支部党员大会).
fn decision(title: &str, secrecy: Secrecy) -> Question {
    Question {
        title: title.to_owned(),
        method: Method::YesNoAbstain,
        secrecy,
        options: vec![title.to_owned()],
        min: 1,
        max: 1,
        seats: None,
        quorum: Some(Share::MORE_THAN_HALF),
        majority: Some(Majority { base: Base::Expected, share: Share::MORE_THAN_HALF }),
        show: if secrecy == Secrecy::Open { Show::Live } else { Show::AfterClose },
    }
}

/// What is voted on at a meeting with this topic.
pub(super) fn question(topic: &str, dice: &mut Dice) -> Question {
    if topic.contains("接收预备党员") {
        return decision("同意接收林晓梅同志为中共预备党员", Secrecy::Secret);
    }
    match dice.below(3) {
        0 => decision("通过支部工作报告", Secrecy::Open),
        1 => decision("同意修建三组便民桥的方案", Secrecy::Secret),
        _ => Question {
            options: ["村道路灯", "老年活动室", "灌溉水渠", "篮球场"].map(str::to_owned).to_vec(),
            method: Method::Multiple,
            max: 2,
            majority: None,
            seats: Some(2),
            ..decision("明年优先办哪两件实事", Secrecy::Open)
        },
    }
}

/// Somebody's ballot in the first round.
pub(super) fn ballot(id: VoteId, question: &Question, dice: &mut Dice) -> Command {
    let choices = match question.method {
        Method::YesNoAbstain => {
            let answer = match dice.below(12) {
                0 => Answer::No,
                1 => Answer::Abstain,
                _ => Answer::Yes,
            };
            vec![Choice::Answer(answer)]
        }
        Method::Single | Method::Multiple | Method::Score => {
            let (first, second) = (dice.below(4) as u32, dice.below(4) as u32);
            if first == second {
                vec![Choice::Number(first)]
            } else {
                vec![Choice::Number(first), Choice::Number(second)]
            }
        }
    };
    let receipt = (question.secrecy == Secrecy::Secret).then(|| receipt(dice)).flatten();
    Command::CastBallot { id, round: 1, choices, receipt }
}

/// What a phone makes up.
fn receipt(dice: &mut Dice) -> Option<Receipt> {
    const LETTERS: &[u8] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let code: Vec<u8> = (0..16).filter_map(|_| dice.pick(LETTERS).copied()).collect();
    String::from_utf8(code).ok()?.parse().ok()
}
