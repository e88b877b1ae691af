//! How votes and their results are put into words, for pages and papers alike.

use super::count::{Decided, OptionCount, Outcome, VoteResult};
use super::question::{Majority, Question};

impl Outcome {
    /// What people call it.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Passed => "通过",
            Self::Failed => "未通过",
            Self::Tied => "票数相等，未能决出",
            Self::Void => "无效",
        }
    }
}

impl Question {
    /// The rule, such as 「应到会有表决权人数过半数通过」; nothing when the most votes decide, or nothing is decided.
    pub fn rule(&self) -> String {
        let quorum = self.quorum.map(|quorum| format!("到会须为应到会有表决权人数的{}", quorum.words()));
        let majority = self.majority.map(|Majority { base, share }| format!("{}{}通过", base.title(), share.words()));
        let seats = self.seats.map(|seats| format!("应选 {seats} 人"));
        let parts: Vec<String> = [quorum, majority, seats].into_iter().flatten().collect();
        parts.join("；")
    }

    /// What each option got, as lines of a title and a number; none when that would tell who voted how.
    pub fn lines(&self, result: &VoteResult) -> Vec<(String, u64)> {
        let alone = self.options.len() == 1;
        let mut lines = Vec::new();
        for (option, decided) in self.options.iter().zip(&result.options) {
            let named = |answer: &str| if alone { answer.to_owned() } else { format!("{option}：{answer}") };
            match decided.count {
                Some(OptionCount::Answers { yes, no, abstain }) => {
                    lines.extend([
                        (named("赞成"), yes.into()),
                        (named("反对"), no.into()),
                        (named("弃权"), abstain.into()),
                    ]);
                }
                Some(OptionCount::Votes { votes }) => lines.push((option.clone(), votes.into())),
                Some(OptionCount::Score { sum }) => lines.push((format!("{option}（总分）"), sum)),
                None => {}
            }
        }
        lines.extend(result.blank.filter(|blank| *blank > 0).map(|blank| ("弃权".to_owned(), blank.into())));
        lines
    }

    /// What became of it: 「通过」, or of several options which of them passed.
    pub fn outcome(&self, result: &VoteResult) -> String {
        let decided = |outcome: Outcome| {
            let of = |(option, _): (&String, &Decided)| option.clone();
            let named: Vec<String> = self
                .options
                .iter()
                .zip(&result.options)
                .filter(|(_, decided)| decided.outcome == Some(outcome))
                .map(of)
                .collect();
            (!named.is_empty()).then(|| format!("{}：{}", outcome.title(), named.join("、")))
        };
        let words = match result.options.as_slice() {
            _ if !result.quorum_kept => "无效：表决期间到会人数不足".to_owned(),
            [one] => one.outcome.map_or("征询意见", Outcome::title).to_owned(),
            _ => {
                let all = [Outcome::Passed, Outcome::Tied, Outcome::Failed].into_iter().filter_map(decided);
                let all: Vec<String> = all.collect();
                if all.is_empty() { "征询意见".to_owned() } else { all.join("；") }
            }
        };
        // No counts although there are ballots: fewer than are shown.
        let withheld = result.options.iter().all(|option| option.count.is_none());
        if withheld { format!("{words}（不足 5 票，不公布票数）") } else { words }
    }
}

#[cfg(test)]
mod tests {
    use super::super::count::{Count, Turnout};
    use super::super::fraction::Share;
    use super::super::question::{Base, Method, Secrecy, question};
    use super::*;

    fn of(question: &Question, count: &Count) -> VoteResult {
        VoteResult::of(question, count, Turnout { expected: 9, present: 9, held: 9 })
    }

    #[test]
    fn results_are_told_in_words() {
        let majority = Some(Majority { base: Base::Expected, share: Share::MORE_THAN_HALF });
        let one = Question { majority, ..question(Method::YesNoAbstain, &["同意吗"], 1, 1) };
        let count = Count { ballots: 9, blank: 0, options: vec![OptionCount::Answers { yes: 6, no: 1, abstain: 2 }] };
        let result = of(&one, &count);
        assert_eq!(one.rule(), "应到会有表决权人数过半数通过");
        assert_eq!(one.outcome(&result), "通过");
        let lines = [("赞成".to_owned(), 6), ("反对".to_owned(), 1), ("弃权".to_owned(), 2)];
        assert_eq!(one.lines(&result), lines);
        let election = Question { seats: Some(1), ..question(Method::Multiple, &["甲", "乙", "丙"], 0, 1) };
        let votes = |votes| OptionCount::Votes { votes };
        let count = Count { ballots: 9, blank: 1, options: vec![votes(5), votes(2), votes(1)] };
        let result = of(&election, &count);
        assert_eq!(election.outcome(&result), "通过：甲；未通过：乙、丙");
        assert_eq!(election.lines(&result).last(), Some(&("弃权".to_owned(), 1)));
        assert_eq!(election.rule(), "应选 1 人");
    }

    #[test]
    fn few_secret_ballots_have_no_lines() {
        let secret = Question { secrecy: Secrecy::Secret, ..question(Method::YesNoAbstain, &["同意吗"], 1, 1) };
        let count = Count { ballots: 3, blank: 0, options: vec![OptionCount::Answers { yes: 3, no: 0, abstain: 0 }] };
        let result = of(&secret, &count);
        assert_eq!(
            (secret.lines(&result), secret.outcome(&result).as_str()),
            (vec![], "通过（不足 5 票，不公布票数）")
        );
    }
}
