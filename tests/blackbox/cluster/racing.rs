//! The same thing at two nodes in the same moment.

use std::collections::BTreeSet;

use futures_util::future::{join, join_all};
use lianxin::system::SystemClock;
use lianxin_domain::clock::Clock as _;
use serde_json::json;

use super::Stage;
use crate::races::one_won;
use crate::support::{Person, Reply, eventually, text};

#[actix_rt::test]
async fn of_two_who_accept_at_two_nodes_one_wins_and_the_other_learns_who() {
    let stage = Stage::set("accept").await;
    let colleague = stage.cluster.server(0).staff("worker", 1).await;
    let colleague = stage.at(&colleague, 1);
    let rounds = join_all((0..40).map(async |round| {
        let (ticket, _) = stage.submit(round % 2, &format!("第 {round} 件")).await;
        let nothing = json!({});
        let (one, two) =
            join(stage.worker.act(&ticket, "accept", &nothing), colleague.act(&ticket, "accept", &nothing)).await;
        let first_won = one_won(&one, &two);
        let kinds: Vec<_> = stage.resident.timeline(&ticket).await.into_iter().map(|(_, kind)| kind).collect();
        assert_eq!(kinds, ["ticket.submitted", "ticket.accepted"]);
        usize::from(first_won)
    }));
    let first_won: usize = rounds.await.into_iter().sum();
    println!("lx: of 40 races the first node won {first_won}");
    let (sound, report) = stage.cluster.server(1).command(&["check"]);
    assert!(sound, "{report}");
}

/// A meeting of the first branch at the first node, whose doors are open: its host, its id and its members.
async fn launched(stage: &Stage) -> (Person, String, Vec<Person>) {
    let server = stage.cluster.server(0);
    let host = server.staff("host", 0).await;
    let branch = text(&host.get("/auth/me").await.expect(200)["membership"]["organisation"]["id"]);
    let at = |minutes: i64| SystemClock.now().plus_millis(minutes * 60_000).to_string();
    let plan = json!({
        "topic": "两台服务器", "type": "general_meeting", "org_id": branch, "starts_at": at(10), "ends_at": at(130),
        "place": "村部会议室", "attendees": { "whole_branch": true }, "agenda": [{ "title": "学习" }],
    });
    let meeting = text(&host.post("/meetings", &plan).await.expect(201)["id"]);
    host.post(&format!("/meetings/{meeting}/launch"), &json!({})).await.expect(200);
    let members = join_all((0..10).map(|index| server.staff("member", index))).await;
    (host, meeting, members)
}

/// Signs in at the node where the person is.
async fn arrive(person: &Person, meeting: &str, code: &str) -> Reply {
    let claim = eventually("the meeting is known there", async || {
        let reply = person.post(&format!("/meetings/{meeting}/sign-in/claim"), &json!({ "code": code })).await;
        (reply.status == 200).then_some(reply)
    });
    let claim = claim.await;
    let cookie = claim.header("Set-Cookie").unwrap_or_default().split(';').next().unwrap().to_owned();
    let body = json!({ "claim": claim.body["claim"] }).to_string().into_bytes();
    let path = format!("/meetings/{meeting}/sign-in");
    person.send(awc::http::Method::POST, &path, Some(body), &[("Cookie", &cookie)]).await
}

/// Everybody scans at both nodes at once: each is on the list once, with a number that nobody else has.
#[actix_rt::test]
async fn who_signs_in_at_two_nodes_at_once_came_once_and_nobody_shares_a_number() {
    let stage = Stage::set("sign_in").await;
    let (host, meeting, members) = launched(&stage).await;
    let code = text(&host.get(&format!("/meetings/{meeting}/sign-in/code")).await.expect(200)["code"]);
    let people = members.iter().flat_map(|member| [stage.at(member, 0), stage.at(member, 1)]);
    let arrivals = join_all(people.map(async |person| arrive(&person, &meeting, &code).await)).await;
    for reply in &arrivals {
        assert_eq!(reply.status, 200, "{}", reply.body);
    }
    for node in 0..2 {
        let host = stage.at(&host, node);
        let roster = eventually("all are there", async || {
            let roster = host.get(&format!("/meetings/{meeting}/roster")).await.expect(200)["items"].clone();
            let came = roster.as_array().unwrap().iter().filter(|item| item["number"].is_u64()).count();
            (came == 10).then_some(roster)
        });
        let roster = roster.await;
        let numbers: BTreeSet<u64> =
            roster.as_array().unwrap().iter().filter_map(|item| item["number"].as_u64()).collect();
        // A number that two nodes gave in the same moment may be left out; nobody shares one.
        assert_eq!(numbers.len(), 10, "node {node}: {roster}");
    }
    let signed = stage
        .cluster
        .server(0)
        .sql(&format!("SELECT COUNT(*) FROM events WHERE kind = 'meeting.signed_in' AND subject_id = '{meeting}';"));
    assert_eq!(signed[0][0], "10");
}

/// Everybody votes at both nodes at once, while the host closes at one of them: one ballot each, all of them counted that
/// were taken, and none that was refused.
#[actix_rt::test]
async fn ballots_at_two_nodes_are_taken_once_and_none_behind_the_close() {
    let stage = Stage::set("ballots").await;
    let (host, meeting, members) = launched(&stage).await;
    let at = |end: &str| format!("/meetings/{meeting}{end}");
    let code = text(&host.get(&at("/sign-in/code")).await.expect(200)["code"]);
    join_all(members[..9].iter().map(async |member| arrive(member, &meeting, &code).await.expect(200).clone())).await;
    host.post(&at("/start"), &json!({})).await.expect(200);
    let mut taken_before_the_close = 0;
    for secrecy in ["open", "secret", "open", "secret", "secret"] {
        let question = json!({
            "title": "同意吗", "method": "yes_no_abstain", "secrecy": secrecy,
            "majority": { "base": "valid", "numerator": 1, "denominator": 2, "more_than": true },
        });
        let vote = text(&host.post(&at("/votes"), &question).await.expect(201)["id"]);
        let opened = host.post(&at(&format!("/votes/{vote}/open")), &json!({})).await;
        assert_eq!(opened.expect(200)["entitled"], json!(9));
        let path = at(&format!("/votes/{vote}/ballots"));
        let cast = members[..9].iter().enumerate().flat_map(|(place, member)| {
            let mut ballot = json!({ "round": 1, "choices": ["yes"] });
            if secrecy == "secret" {
                ballot["receipt"] = json!(format!("ABCD{place:012}"));
            }
            [(stage.at(member, 0), ballot.clone()), (stage.at(member, 1), ballot)]
        });
        let cast = join_all(cast.map(async |(person, ballot)| person.post(&path, &ballot).await));
        // Closed as soon as some ballots are in, and at the other node than the one at which it was opened.
        let close = async {
            let elsewhere = stage.at(&host, 1);
            let closed = eventually("it can be closed there", async || {
                let seen = elsewhere.get(&at("/votes")).await.expect(200)["items"].clone();
                let cast = seen.as_array().unwrap().iter().find(|item| item["id"] == json!(vote))?["cast"].as_u64()?;
                (cast >= 3).then_some(cast)
            });
            taken_before_the_close += closed.await;
            elsewhere.post(&at(&format!("/votes/{vote}/close")), &json!({})).await
        };
        let (replies, closed) = join(cast, close).await;
        let taken = replies.iter().filter(|reply| reply.status == 200).count();
        for reply in replies.iter().filter(|reply| reply.status != 200) {
            assert!(matches!(reply.code(), "vote.cast_already" | "vote.closed"), "{}", reply.body);
        }
        assert_eq!(closed.expect(200)["state"], json!("published"));
        assert_eq!(closed.body["result"]["ballots"].as_u64(), Some(taken as u64), "{secrecy}");
        let marks = stage.cluster.server(0).sql(&format!("SELECT COUNT(*) FROM vote_voters WHERE id LIKE '{vote}:%';"));
        assert_eq!(marks[0][0], taken.to_string());
        for node in 0..2 {
            let person = stage.at(&members[1], node);
            let seen = eventually("the result is known", async || {
                let seen = person.get(&at("/votes")).await.expect(200)["items"].clone();
                let seen = seen.as_array().unwrap().iter().find(|item| item["id"] == json!(vote))?.clone();
                (seen["state"] == "published").then_some(seen)
            });
            assert_eq!(seen.await["result"]["ballots"].as_u64(), Some(taken as u64));
        }
    }
    println!("lx: {taken_before_the_close} ballots were known at the node that closed, over five votes");
    let (sound, report) = stage.cluster.server(1).command(&["check"]);
    assert!(sound, "{report}");
}
