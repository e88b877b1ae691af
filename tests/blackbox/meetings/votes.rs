//! Votes: opened, cast, closed and published before everybody's eyes, and what is refused on the way.

use std::collections::BTreeSet;

use futures_util::future::{join, join_all};
use serde_json::{Value, json};

use super::{Phone, Stage};
use crate::party::Party;
use crate::support::{Live, Person, Reply, text};

/// A running meeting with the first `present` members signed in.
pub struct Ballots {
    pub stage: Stage,
}

fn asks(secrecy: &str) -> Value {
    json!({
        "title": "是否同意接收为预备党员", "method": "yes_no_abstain", "secrecy": secrecy,
        "majority": { "base": "expected", "numerator": 1, "denominator": 2, "more_than": true },
    })
}

/// The events of a frame; many come joined.
fn events_in(frame: Value) -> Vec<Value> {
    match frame["op"].as_str() {
        Some("event") => vec![frame],
        Some("events") => frame["events"].as_array().unwrap().clone(),
        _ => Vec::new(),
    }
}

/// The event of this kind in a frame.
fn named(frame: &Value, kind: &str) -> Option<Value> {
    events_in(frame.clone()).into_iter().find(|event| event["kind"] == kind)
}

/// The frames until the last one is as it should be.
async fn heard(live: &mut Live, last: impl Fn(&Value) -> bool) -> Vec<Value> {
    let mut frames = Vec::new();
    while frames.last().is_none_or(|frame| !last(frame)) {
        frames.push(live.next().await);
    }
    frames
}

/// What a voter's phone makes up.
fn receipt(number: usize) -> String {
    format!("ABCD{number:012}")
}

impl Ballots {
    pub async fn running(present: usize) -> Self {
        Self::running_on(Party::start().await, present).await
    }

    pub async fn running_on(party: Party, present: usize) -> Self {
        let stage = Stage::drafted_on(party, &json!({})).await;
        stage.host("/launch", &json!({})).await.expect(200);
        stage.host("/start", &json!({})).await.expect(200);
        join_all(stage.members[..present].iter().map(async |member| {
            let phone = Phone::new(&stage).await;
            stage.arrive(member, &phone).await.expect(200);
        }))
        .await;
        Self { stage }
    }

    async fn prepared(&self, question: &Value) -> String {
        text(&self.stage.host("/votes", question).await.expect(201)["id"])
    }

    pub async fn opened(&self, question: &Value) -> String {
        let id = self.prepared(question).await;
        self.host(&id, "open", &json!({})).await.expect(200);
        id
    }

    async fn host(&self, vote: &str, what: &str, body: &Value) -> Reply {
        self.stage.host(&format!("/votes/{vote}/{what}"), body).await
    }

    pub async fn cast(&self, vote: &str, who: &Person, body: &Value) -> Reply {
        who.post(&self.stage.path(&format!("/votes/{vote}/ballots")), body).await
    }

    async fn votes(&self, who: &Person) -> Value {
        who.get(&self.stage.path("/votes")).await.expect(200).clone()
    }
}

#[actix_rt::test]
async fn a_vote_is_seen_by_all_from_its_opening_to_its_result() {
    let play = Ballots::running(9).await;
    let topic = format!("meeting:{}", play.stage.id);
    let mut guest = Live::open(&play.stage.members[0]).await;
    guest.subscribe(&topic, None).await;
    let mut question = asks("open");
    question["show"] = json!("live");
    question["quorum"] = json!({ "numerator": 1, "denominator": 3 });
    let vote = play.prepared(&question).await;
    // What is prepared is the desk's.
    assert_eq!(play.votes(&play.stage.party.host).await["items"][0]["state"], json!("prepared"));
    assert_eq!(play.votes(&play.stage.members[1]).await["items"], json!([]));
    let opened = play.host(&vote, "open", &json!({})).await;
    let (expected, entitled) = (opened.expect(200)["expected"].as_u64(), opened.body["entitled"].as_u64());
    assert_eq!(entitled, Some(9));
    let opening = heard(&mut guest, |frame| named(frame, "vote.opened").is_some()).await;
    let opening = named(opening.last().unwrap(), "vote.opened").unwrap();
    assert_eq!((&opening["data"]["question"]["title"], &opening["data"]["round"]), (&question["title"], &json!(1)));
    for (index, member) in play.stage.members[..9].iter().enumerate() {
        let answer = if index < 7 { "yes" } else { "abstain" };
        let ballot = json!({ "round": 1, "choices": [answer] });
        assert_eq!(play.cast(&vote, member, &ballot).await.expect(200)["cast"], json!(true));
    }
    assert_eq!(play.votes(&play.stage.members[2]).await["own_ballot"]["cast"], json!(true));
    // The turnout grows, never falls, and ends as what is counted; no frame tells who voted.
    let frames = heard(&mut guest, |frame| frame["data"]["vote"]["cast"] == json!(9)).await;
    let turnouts: Vec<u64> = frames.iter().filter_map(|frame| frame["data"]["vote"]["cast"].as_u64()).collect();
    assert!(turnouts.is_sorted(), "{turnouts:?}");
    assert_eq!(frames.last().unwrap()["data"]["vote"]["count"]["options"][0]["yes"], json!(7), "its counts are live");
    assert!(frames.iter().all(|frame| named(frame, "vote.cast").is_none()));
    let closed = play.host(&vote, "close", &json!({})).await;
    assert_eq!(closed.expect(200)["state"], json!("published"));
    let result = &closed.body["result"];
    assert_eq!(result["options"][0]["count"], json!({ "yes": 7, "no": 0, "abstain": 2 }));
    let needed = expected.unwrap() / 2 + 1;
    assert_eq!(result["options"][0]["needed"].as_u64(), Some(needed));
    let outcome = if needed <= 7 { "passed" } else { "failed" };
    assert_eq!(result["options"][0]["outcome"], json!(outcome));
    let published = heard(&mut guest, |frame| named(frame, "vote.published").is_some()).await;
    let published = named(published.last().unwrap(), "vote.published").unwrap();
    assert_eq!(published["data"]["result"]["ballots"], json!(9));
    let ballots = play.stage.members[3].get(&play.stage.path(&format!("/votes/{vote}/ballots"))).await;
    let items = ballots.expect(200)["items"].as_array().unwrap();
    assert_eq!(items.len(), 9);
    assert!(items.iter().all(|item| item["choices"] == json!(["yes"]) || item["choices"] == json!(["abstain"])));
    play.stage.host("/end", &json!({})).await.expect(200);
    let (sound, report) = play.stage.party.server.command(&["check"]);
    assert!(sound, "{report}");
}

#[actix_rt::test]
async fn each_refusal_says_why() {
    let play = Ballots::running(5).await;
    let yes = json!({ "round": 1, "choices": ["yes"] });
    let vote = play.prepared(&asks("open")).await;
    let member = &play.stage.members[1];
    assert_eq!(play.cast(&vote, member, &yes).await.code(), "vote.not_open");
    assert_eq!(
        member.post(&play.stage.path(&format!("/votes/{vote}/open")), &json!({})).await.code(),
        "meeting.not_manager"
    );
    play.host(&vote, "open", &json!({})).await.expect(200);
    // Not signed in when it opened; probationary; from the neighbour's branch.
    assert_eq!(play.cast(&vote, &play.stage.members[7], &yes).await.code(), "vote.not_on_roll");
    let phone = Phone::new(&play.stage).await;
    play.stage.arrive(&play.stage.members[9], &phone).await.expect(200);
    assert_eq!(play.cast(&vote, &play.stage.members[9], &yes).await.code(), "vote.probationary");
    let stranger = play.stage.party.server.resident("19900004061").await;
    assert_eq!(play.cast(&vote, &stranger, &yes).await.code(), "meeting.not_found");
    assert_eq!(stranger.get(&play.stage.path("/votes")).await.code(), "meeting.not_found");
    // Ballots that cannot be counted.
    for (choices, code, field) in [
        (json!(["yes", "no"]), "ballot.incomplete", "choices"),
        (json!([]), "ballot.incomplete", "choices"),
        (json!([1]), "ballot.answer", "choices[0]"),
    ] {
        let refused = play.cast(&vote, member, &json!({ "round": 1, "choices": choices })).await;
        assert_eq!((refused.status, refused.body["fields"][0]["code"].as_str()), (422, Some(code)));
        assert_eq!(refused.fields(), [field]);
    }
    let with_receipt = json!({ "round": 1, "choices": ["yes"], "receipt": receipt(1) });
    assert_eq!(play.cast(&vote, member, &with_receipt).await.fields(), ["receipt"]);
    play.cast(&vote, member, &yes).await.expect(200);
    let twice = play.cast(&vote, member, &json!({ "round": 1, "choices": ["no"] })).await;
    assert_eq!((twice.status, twice.code()), (409, "vote.cast_already"));
    assert_eq!(play.stage.host("/end", &json!({})).await.code(), "meeting.vote_open");
    play.host(&vote, "close", &json!({ "publish": false })).await.expect(200);
    assert_eq!(play.cast(&vote, &play.stage.members[2], &yes).await.code(), "vote.closed");
    // Counted and not published: the result is the desk's.
    assert_eq!(play.votes(member).await["items"][0]["result"], Value::Null);
    assert!(play.votes(&play.stage.party.host).await["items"][0]["result"].is_object());
    assert_eq!(member.get(&play.stage.path(&format!("/votes/{vote}/ballots"))).await.code(), "vote.not_counted");
    play.host(&vote, "publish", &json!({})).await.expect(200);
    assert_eq!(play.votes(member).await["items"][0]["result"]["ballots"], json!(1));
    let second = play.prepared(&json!({ "title": "选三人", "method": "multiple", "secrecy": "open", "options": ["甲", "乙", "丙", "丁"], "max": 3 })).await;
    play.host(&second, "open", &json!({})).await.expect(200);
    let too_many = play.cast(&second, member, &json!({ "round": 1, "choices": [0, 1, 2, 3] })).await;
    assert_eq!(too_many.body["fields"][0]["code"], json!("ballot.too_many"));
}

#[actix_rt::test]
async fn no_vote_opens_without_its_quorum() {
    let play = Ballots::running(2).await;
    let mut question = asks("open");
    question["quorum"] = json!({ "numerator": 4, "denominator": 5 });
    let vote = play.prepared(&question).await;
    let refused = play.host(&vote, "open", &json!({})).await;
    assert_eq!((refused.status, refused.code()), (409, "vote.no_quorum"));
    assert_eq!(refused.body["present"], json!(2));
    assert!(refused.body["needed"].as_u64() > Some(2));
}

/// Retries and two devices: however often and at whatever moment, one ballot.
#[actix_rt::test]
async fn from_two_devices_in_the_same_moment_one_ballot_counts() {
    let play = Ballots::running(8).await;
    let vote = play.opened(&asks("open")).await;
    let path = play.stage.path(&format!("/votes/{vote}/ballots"));
    join_all(play.stage.members[..8].iter().map(async |member| {
        let ballot = |answer: &str| json!({ "round": 1, "choices": [answer] });
        let (yes, no) = (ballot("yes"), ballot("no"));
        let (one, two) = join(member.post_once(&path, &yes, "phone"), member.post_once(&path, &no, "tablet")).await;
        let mut statuses = [one.status, two.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409], "{} {}", one.body, two.body);
        // The device that won repeats and is answered the same; the other one stays refused.
        let (winner, ballot) = if one.status == 200 { ("phone", &yes) } else { ("tablet", &no) };
        let again = member.post_once(&path, ballot, winner).await;
        assert_eq!((again.status, again.header("Idempotent-Replayed")), (200, Some("true")));
    }))
    .await;
    let closed = play.host(&vote, "close", &json!({})).await;
    assert_eq!(closed.expect(200)["result"]["ballots"], json!(8));
    let count = &closed.body["result"]["options"][0]["count"];
    assert_eq!(count["yes"].as_u64().unwrap() + count["no"].as_u64().unwrap(), 8);
}

#[actix_rt::test]
async fn a_round_that_is_void_and_begun_again_within_a_second_is_seen_by_all() {
    let play = Ballots::running(6).await;
    let topic = format!("meeting:{}", play.stage.id);
    let mut guest = Live::open(&play.stage.members[0]).await;
    guest.subscribe(&topic, None).await;
    let vote = play.opened(&asks("secret")).await;
    let ballot = |round: u32, number: usize| json!({ "round": round, "choices": ["yes"], "receipt": receipt(number) });
    play.cast(&vote, &play.stage.members[1], &ballot(1, 1)).await.expect(200);
    assert_eq!(play.host(&vote, "reset", &json!({ "reason": "" })).await.fields(), ["reason"]);
    play.host(&vote, "reset", &json!({ "reason": "题目有误" })).await.expect(200);
    let again = play.host(&vote, "open", &json!({})).await;
    assert_eq!((&again.expect(200)["round"], &again.body["cast"]), (&json!(2), &json!(0)));
    let mut heard: Vec<Value> = Vec::new();
    while heard.last().is_none_or(|event| event["data"]["round"] != json!(2)) {
        heard.extend(events_in(guest.next().await));
    }
    let kinds: Vec<&str> = heard.iter().filter_map(|event| event["kind"].as_str()).collect();
    assert_eq!(kinds, ["vote.opened", "vote.reset", "vote.opened"]);
    assert_eq!(play.cast(&vote, &play.stage.members[2], &ballot(1, 2)).await.code(), "vote.round_over");
    for (index, member) in play.stage.members[..6].iter().enumerate() {
        play.cast(&vote, member, &ballot(2, index)).await.expect(200);
    }
    let closed = play.host(&vote, "close", &json!({})).await;
    assert_eq!(closed.expect(200)["result"]["options"][0]["count"]["yes"], json!(6));
    // The receipt of the void round was not counted, those of this one were.
    let of = async |code: String| {
        let path = play.stage.path(&format!("/votes/{vote}/receipts/{code}"));
        play.stage.members[1].get(&path).await.expect(200).clone()
    };
    for number in 0..6 {
        assert_eq!(of(receipt(number)).await, json!({ "included": true, "total": 6 }));
    }
    assert_eq!(of(receipt(99)).await["included"], json!(false));
}

#[actix_rt::test]
async fn a_server_that_dies_while_people_vote_has_every_ballot_when_it_is_back() {
    let mut play = Ballots::running(8).await;
    let vote = play.opened(&asks("secret")).await;
    let ballot = |number: usize| json!({ "round": 1, "choices": ["yes"], "receipt": receipt(number) });
    for (index, member) in play.stage.members[..5].iter().enumerate() {
        play.cast(&vote, member, &ballot(index)).await.expect(200);
    }
    play.stage.party.server.kill();
    play.stage.party.server.restart();
    let server = &play.stage.party.server;
    play.stage.members = play.stage.members.iter().map(|member| member.at(server)).collect();
    play.stage.party.host = play.stage.party.host.at(server);
    let known = play.votes(&play.stage.members[2]).await;
    assert_eq!((&known["items"][0]["cast"], &known["own_ballot"]["cast"]), (&json!(5), &json!(true)));
    assert_eq!(play.cast(&vote, &play.stage.members[2], &ballot(2)).await.code(), "vote.cast_already");
    play.cast(&vote, &play.stage.members[6], &ballot(6)).await.expect(200);
    let closed = play.host(&vote, "close", &json!({})).await;
    assert_eq!(closed.expect(200)["result"]["options"][0]["count"]["yes"], json!(6));
    assert_eq!(closed.body["state"], json!("published"));
    // The urn is empty, and who voted is known.
    let server = &play.stage.party.server;
    assert_eq!(server.sql("SELECT COUNT(*) FROM vote_slips;")[0][0], "0");
    let voters: BTreeSet<String> =
        server.sql("SELECT member_id FROM vote_voters;").into_iter().map(|row| row[0].clone()).collect();
    assert_eq!(voters.len(), 6);
}
