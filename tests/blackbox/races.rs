//! Two hands at the same thing at the same moment.

use futures_util::future::{join, join_all};
use serde_json::json;

use crate::support::{Reply, TestServer, recount, same_counters, text};

/// Of two who accept at once one won and the other learned who; whether the first of them won.
pub fn one_won(one: &Reply, two: &Reply) -> bool {
    let (won, lost) = if one.status == 200 { (one, two) } else { (two, one) };
    assert_eq!(
        (won.status, lost.status, lost.code()),
        (200, 409, "ticket.already_accepted"),
        "{} {}",
        one.body,
        two.body
    );
    for member in ["id", "name"] {
        assert_eq!(lost.body["winner"][member], won.body["handler"][member]);
    }
    assert_eq!(lost.body["winner"]["accepted_at"], won.body["accepted_at"]);
    one.status == 200
}

#[actix_rt::test]
async fn of_two_workers_who_accept_at_once_one_wins_and_the_other_learns_who() {
    let server = TestServer::start();
    let (worker, colleague) = (server.staff("worker", 0).await, server.staff("worker", 1).await);
    let resident = server.resident("19900008001").await;
    let code = server.code_of("worker", 0);
    let names = [&worker, &colleague].map(|person| person.get("/auth/me"));
    let names: Vec<_> = join_all(names).await.iter().map(|me| text(&me.body["name"])).collect();
    let rounds = join_all((0..30).map(async |round| {
        let (ticket, _) = resident.submit(&code, "suggestion", &format!("第 {round} 件")).await;
        let nothing = json!({});
        let (one, two) =
            join(worker.act(&ticket, "accept", &nothing), colleague.act(&ticket, "accept", &nothing)).await;
        let lost = if one_won(&one, &two) { &two } else { &one };
        assert!(names.contains(&text(&lost.body["winner"]["name"])));
        let kinds: Vec<_> = resident.timeline(&ticket).await.into_iter().map(|(_, kind)| kind).collect();
        assert_eq!(kinds, ["ticket.submitted", "ticket.accepted"]);
    }));
    rounds.await;
}

#[actix_rt::test]
async fn of_a_withdrawal_and_an_acceptance_at_once_both_sides_hear_the_same_story() {
    let server = TestServer::start();
    let (worker, resident) = (server.staff("worker", 0).await, server.resident("19900008002").await);
    let code = server.code_of("worker", 0);
    let rounds = join_all((0..10).map(async |_| {
        let (ticket, _) = resident.submit(&code, "suggestion", "路灯").await;
        let nothing = json!({});
        let (back, taken) =
            join(resident.act(&ticket, "withdraw", &nothing), worker.act(&ticket, "accept", &nothing)).await;
        // Accepted first, it can still be taken back.
        assert_eq!(back.status, 200);
        assert!(taken.status == 200 || taken.code() == "ticket.withdrawn", "{}", taken.body);
        let after = resident.get(&format!("/tickets/{ticket}")).await.body;
        assert_eq!(
            (&after["state"], &after["version"]),
            (&json!("withdrawn"), &json!(if taken.status == 200 { 3 } else { 2 }))
        );
    }));
    rounds.await;
}

#[actix_rt::test]
async fn many_at_once_leave_counters_that_a_recount_confirms() {
    let server = TestServer::start();
    let (worker, resident) = (server.staff("worker", 0).await, server.resident("19900008003").await);
    let code = server.code_of("worker", 0);
    let sent = join_all((0..40).map(|_| resident.submit(&code, "suggestion", "路灯"))).await;
    let all = join_all(sent.iter().enumerate().map(async |(index, (ticket, _))| match index % 4 {
        0 => worker.step(ticket, "accept", &json!({})).await,
        1 => worker.step(ticket, "return", &json!({ "reason": "不归我们" })).await,
        2 => resident.step(ticket, "withdraw", &json!({})).await,
        _ => resident.comment(ticket, "在吗").await,
    }));
    let mut numbers = all.await;
    numbers.sort_unstable();
    numbers.dedup();
    assert_eq!(numbers.len(), 40, "every change has its own number");
    let grid = worker.own_grid().await;
    let last = *numbers.last().unwrap();
    let board = crate::support::eventually("the board has caught up", async || {
        let board = worker.get(&format!("/grids/{grid}/board")).await.expect(200).clone();
        (board["seq"].as_u64() >= Some(last)).then_some(board)
    });
    assert_eq!(same_counters(&board.await), recount(&worker, &grid).await);
}
