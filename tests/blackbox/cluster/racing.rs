//! The same thing at two nodes in the same moment.

use std::collections::BTreeSet;

use futures_util::future::{join, join_all};
use lianxin::system::SystemClock;
use lianxin_domain::clock::Clock as _;
use serde_json::json;

use super::Stage;
use crate::races::one_won;
use crate::support::{eventually, text};

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

/// Everybody scans at both nodes at once: each is on the list once, with a number that nobody else has.
#[actix_rt::test]
async fn who_signs_in_at_two_nodes_at_once_came_once_and_nobody_shares_a_number() {
    let stage = Stage::set("sign_in").await;
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
    let code = text(&host.get(&format!("/meetings/{meeting}/sign-in/code")).await.expect(200)["code"]);
    let members = join_all((0..10).map(|index| server.staff("member", index))).await;
    let arrivals =
        join_all(members.iter().flat_map(|member| [stage.at(member, 0), stage.at(member, 1)]).map(async |person| {
            let claim = eventually("the meeting is known there", async || {
                let reply = person.post(&format!("/meetings/{meeting}/sign-in/claim"), &json!({ "code": code })).await;
                (reply.status == 200).then_some(reply)
            });
            let claim = claim.await;
            let cookie = claim.header("Set-Cookie").unwrap_or_default().split(';').next().unwrap().to_owned();
            let body = json!({ "claim": claim.body["claim"] }).to_string().into_bytes();
            let path = format!("/meetings/{meeting}/sign-in");
            person.send(awc::http::Method::POST, &path, Some(body), &[("Cookie", &cookie)]).await
        }))
        .await;
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
