//! The calls of votes.

use serde_json::json;

use super::Stage;
use crate::bad_calls::Call;
use crate::bad_values::Takes::{AnyText, Bool, Choices, Lines, Object, OneOf, Whole, Words};
use crate::meetings::votes::Ballots;
use crate::support::text;

const ANY: i64 = u32::MAX as i64;

impl Stage {
    /// About the meeting of `play`, in which nothing has been voted on.
    pub(super) async fn about_votes(&self, play: &Ballots) -> Vec<Call> {
        let host = &play.stage.party.host;
        let at = |end: &str| play.stage.path(end);
        let question = json!({
            "title": "推荐两人", "method": "multiple", "secrecy": "open", "options": ["甲", "乙", "丙"],
            "min": 1, "max": 2, "seats": 2,
            "quorum": { "numerator": 1, "denominator": 20, "more_than": true },
            "majority": { "base": "valid", "numerator": 1, "denominator": 2, "more_than": true },
            "show": "live",
        });
        let opened = play.opened(&question).await;
        let closed = text(&host.post(&at("/votes"), &question).await.expect(201)["id"]);
        vec![
            self.call(
                "QuestionInput",
                host,
                at("/votes"),
                question,
                201,
                &[
                    ("title", Words { max: 100, required: true }),
                    ("method", OneOf),
                    ("secrecy", OneOf),
                    ("options", Lines(60)),
                    ("min", Whole(0, 2)),
                    ("max", Whole(1, 3)),
                    ("seats", Whole(1, 3)),
                    ("quorum", Object),
                    ("quorum.numerator", Whole(1, 20)),
                    ("quorum.denominator", Whole(1, 1_000)),
                    ("quorum.more_than", Bool),
                    ("majority", Object),
                    ("majority.base", OneOf),
                    ("majority.numerator", Whole(1, 1)),
                    ("majority.denominator", Whole(1, 1_000)),
                    ("majority.more_than", Bool),
                    ("show", OneOf),
                    ("version", Whole(0, ANY)),
                ],
            ),
            self.call(
                "CloseInput",
                host,
                at(&format!("/votes/{closed}/close")),
                json!({ "publish": true }),
                409,
                &[("publish", Bool)],
            ),
            self.call(
                "BallotInput",
                &play.stage.members[1],
                at(&format!("/votes/{opened}/ballots")),
                json!({ "round": 1, "choices": [0, 2] }),
                200,
                &[("round", Whole(1, 1)), ("choices", Choices), ("receipt", AnyText)],
            ),
        ]
    }
}

#[actix_rt::test]
async fn every_field_of_votes_is_refused_in_every_way_it_can_be_wrong() {
    let stage = Stage::with("19900006408").await;
    let document = stage.document().await;
    let play = Ballots::running(3).await;
    for call in stage.about_votes(&play).await {
        call.check(&document).await;
    }
}
