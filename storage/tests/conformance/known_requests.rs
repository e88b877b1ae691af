//! What residents may know of requests: it comes back as it was written, is found where it is near, and whoever joined it
//! finds it again as long as it is public.

use lianxin_domain::geo::Point;
use lianxin_domain::ids::TicketId;
use lianxin_domain::ticket::{Command, Here, Ticket, TicketLocation};
use lianxin_storage::replay::replay;

use crate::support::{Fresh, Store};
use crate::tickets::assert_stored;
use crate::village::{Village, request};

on_both!(
    what_is_known_and_who_joined_comes_back,
    two_who_join_at_once_are_both_counted_or_told_to_try_again,
    known_requests_are_found_around_a_place_and_in_a_grid,
);

const SENTENCE: &str = "三组路口的路灯不亮，已报修";
const JOIN: Command = Command::Join { profile_complete: true };

fn known() -> Command {
    Command::MakeKnown { text: SENTENCE.to_owned(), private: false }
}

async fn joined(store: &Store, who: &lianxin_domain::access::Caller) -> Vec<TicketId> {
    let found = store.tickets.joined_by(who.account_id, 100).await.unwrap();
    found.iter().map(|ticket| ticket.id).collect()
}

async fn what_is_known_and_who_joined_comes_back(fresh: &Fresh) {
    let store = fresh.open().await;
    let world = Village::new(&store, 1);
    let mut ticket = world.submit(&store, request(&store, &world.resident, "路灯坏了"), &world.group).await;
    let rows = async || fresh.number("SELECT COUNT(*) FROM ticket_joins").await;
    let steps = [
        (known(), &world.worker, 0),
        (JOIN, &world.admin, 1),
        (JOIN, &world.leader, 2),
        (Command::Accept, &world.worker, 2),
        (known(), &world.colleague, 2),
        (Command::Leave, &world.admin, 1),
        (JOIN, &world.admin, 2),
    ];
    for (command, by, count) in steps {
        store.clock.advance(1_000);
        world.act(&store, &mut ticket, command, by).await;
        assert_stored(&store, &ticket).await;
        assert_eq!((rows().await, i64::from(ticket.joined())), (count, count));
    }
    assert_eq!(joined(&store, &world.admin).await, [ticket.id]);
    assert!(joined(&store, &world.resident).await.is_empty());
    let mut second = world.submit(&store, request(&store, &world.resident, "积水"), &world.group).await;
    for (command, by) in [(known(), &world.worker), (JOIN, &world.admin)] {
        store.clock.advance(1_000);
        world.act(&store, &mut second, command, by).await;
    }
    assert_eq!(joined(&store, &world.admin).await, [second.id, ticket.id], "the latest first");
    // What is over stays with those who joined; what is taken back does not.
    let done = Command::Complete { note: "换了灯泡".to_owned(), attachments: Vec::new() };
    world.act(&store, &mut ticket, done, &world.worker).await;
    assert_eq!(joined(&store, &world.admin).await, [second.id, ticket.id]);
    world.act(&store, &mut second, Command::Conceal, &world.leader).await;
    assert_stored(&store, &second).await;
    assert_eq!(joined(&store, &world.admin).await, [ticket.id]);
    assert_eq!(rows().await, 2);
    let report = replay(&store.database).await.unwrap();
    assert_eq!((report.differences, report.tickets), (Vec::new(), 2));
}

async fn two_who_join_at_once_are_both_counted_or_told_to_try_again(fresh: &Fresh) {
    let (store, other) = (fresh.open().await, fresh.open().await);
    let world = Village::new(&store, 1);
    let mut ticket = world.submit(&store, request(&store, &world.resident, "路灯坏了"), &world.group).await;
    world.act(&store, &mut ticket, known(), &world.worker).await;
    let at = store.ids.clock().now();
    let change = |by| {
        let events = world.decide(&ticket, &JOIN, by, at).unwrap();
        let steps = crate::village::steps_of(&ticket, &events, at);
        crate::village::change_of(&store, Some(&ticket), &steps, at)
    };
    let (first, second) =
        tokio::join!(store.journal.commit(change(&world.admin)), other.journal.commit(change(&world.leader)));
    assert_eq!([first.is_ok(), second.is_ok()].iter().filter(|done| **done).count(), 1, "decided on one version");
    assert_eq!(fresh.number("SELECT COUNT(*) FROM ticket_joins").await, 1);
}

async fn known_requests_are_found_around_a_place_and_in_a_grid(fresh: &Fresh) {
    let store = fresh.open().await;
    let world = Village::new(&store, 1);
    let send = async |content: &str, place: Option<(f64, f64)>, command: Option<Command>| -> Ticket {
        // Ids are in the order of time.
        store.clock.advance(1_000);
        let mut new = request(&store, &world.resident, content);
        new.location = place.map(|(lng, lat)| TicketLocation { lng, lat, accuracy_m: None, grid_id: None });
        let mut ticket = world.submit(&store, new, &world.group).await;
        if let Some(command) = command {
            world.act(&store, &mut ticket, command, &world.worker).await;
        }
        ticket
    };
    let near = send("近", Some((106.001, 24.001)), Some(known())).await;
    let far = send("远", Some((106.01, 24.01)), Some(known())).await;
    let nowhere = send("没有位置", None, Some(known())).await;
    send("没有公开", Some((106.001, 24.001)), None).await;
    send("没有公开也没有位置", None, None).await;
    let mut withdrawn = send("撤回", None, Some(known())).await;
    world.act(&store, &mut withdrawn, Command::Withdraw, &world.resident).await;
    let here = |place: Option<(f64, f64)>, grid_id| Here {
        grid_id,
        place: place.map(|(lng, lat)| Point::new(lng, lat).unwrap()),
    };
    let found = async |kind: &str, here: Here, limit: u32| -> Vec<TicketId> {
        let found = store.tickets.known_around(kind, &here, limit).await.unwrap();
        found.iter().map(|ticket| ticket.id).collect()
    };
    let (group, other) = (world.group.id, world.other_group.id);
    let at = Some((106.0, 24.0));
    assert_eq!(found("suggestion", here(at, group), 3).await, [near.id, nowhere.id]);
    assert_eq!(found("suggestion", here(at, other), 3).await, [near.id]);
    assert_eq!(found("suggestion", here(None, group), 3).await, [nowhere.id, far.id, near.id]);
    assert_eq!(found("suggestion", here(None, group), 1).await, [nowhere.id]);
    assert!(found("suggestion", here(None, other), 3).await.is_empty());
    assert!(found("dispute", here(at, group), 3).await.is_empty());
    // At a pole the rectangle goes round the earth, and nothing is there.
    assert!(found("suggestion", here(Some((0.0, 90.0)), other), 3).await.is_empty());
}
