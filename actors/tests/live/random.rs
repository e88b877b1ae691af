//! Whatever people, rules, time and crashes do, in whatever order: nothing stays behind, nothing is lost, nothing happens
//! twice.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;
use lianxin_actors::command::CommandError;
use lianxin_domain::calendar::{SpecialDay, TimeOfDay};
use lianxin_domain::calendar_day::local_date;
use lianxin_domain::clock::Clock as _;
use lianxin_domain::grid::Counters;
use lianxin_domain::ids::TicketId;
use lianxin_domain::notification::Urgency;
use lianxin_domain::service_level::{LevelException, Limit, LimitUnit};
use lianxin_domain::ticket::{Command, NewTicket, PauseReason};
use lianxin_storage::deliveries::{Delivery, DeliveryState};
use proptest::prelude::*;

use crate::support::gateway::Answer;
use crate::support::{DAY, HOUR, MINUTE, Node, SECOND, World};

const PEOPLE: [&str; 9] = ["w1", "w2", "g", "v", "vd", "t", "c", "r", "r2"];
const KINDS: [&str; 4] = ["suggestion", "dispute", "revitalization", "employment"];
const COMMANDS: usize = 18;

#[derive(Debug, Clone)]
enum Step {
    Send {
        kind: usize,
        by: usize,
        to: usize,
        emergency: bool,
        village: bool,
    },
    /// Who does what with which ticket on which node; all at the same time.
    Act(Vec<(usize, usize, usize, usize)>),
    /// Time goes on, and the clock with it.
    Pass(i64),
    /// Time goes on and nobody looks.
    Jump(i64),
    /// Both clocks turn at the same time.
    Turn,
    Levels(usize),
    Calendar(i64),
    Staff(usize, bool),
    Read(usize, usize),
    ReadAll(usize),
    Wish(usize, usize),
    Deliver(usize),
    Trouble(usize, Vec<u8>),
    /// The process ends, or the courier alone.
    Restart(usize),
    CourierDies(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let act = (0..100_usize, 0..PEOPLE.len(), 0..COMMANDS, 0..2_usize);
    let span = prop_oneof![
        Just(0),
        Just(SECOND),
        1..10 * MINUTE,
        Just(10 * MINUTE),
        Just(30 * MINUTE),
        MINUTE..6 * HOUR,
        Just(DAY),
        DAY..9 * DAY,
    ];
    prop_oneof![
        4 => (0..KINDS.len(), 6..9_usize, 0..2_usize, any::<bool>(), any::<bool>())
            .prop_map(|(kind, by, to, emergency, village)| Step::Send { kind, by, to, emergency, village }),
        14 => prop::collection::vec(act, 1..4).prop_map(Step::Act),
        8 => span.clone().prop_map(Step::Pass),
        2 => span.prop_map(Step::Jump),
        2 => Just(Step::Turn),
        2 => (0..6_usize).prop_map(Step::Levels),
        1 => (0..20_i64).prop_map(Step::Calendar),
        3 => (0..7_usize, any::<bool>()).prop_map(|(who, serve)| Step::Staff(who, serve)),
        2 => (0..PEOPLE.len(), 0..100_usize).prop_map(|(who, which)| Step::Read(who, which)),
        1 => (0..PEOPLE.len()).prop_map(Step::ReadAll),
        1 => (0..PEOPLE.len(), 0..4_usize).prop_map(|(who, wish)| Step::Wish(who, wish)),
        4 => (0..2_usize).prop_map(Step::Deliver),
        2 => (0..4_usize, prop::collection::vec(0..4_u8, 1..6)).prop_map(|(channel, answers)| Step::Trouble(channel, answers)),
        1 => (0..2_usize).prop_map(Step::Restart),
        1 => (0..2_usize).prop_map(Step::CourierDies),
    ]
}

fn command(number: usize, world: &World) -> Command {
    let limit = Limit::continuous(5, LimitUnit::Hours);
    let pause = |reason| Command::Pause { reason, note: Some("等".to_owned()) };
    let to = |name| Command::Reassign { handler: world.person(name), may_handle: true };
    match number {
        0 | 1 => Command::Accept,
        2 => Command::Complete { note: "好了".to_owned(), attachments: Vec::new() },
        3 => Command::Return { reason: "不归我管".to_owned() },
        4 => to("w1"),
        5 => to("w2"),
        6 | 7 => Command::Nudge { note: None },
        8 => Command::ReadNudge,
        9 => Command::Withdraw,
        10 => Command::Rate { stars: 3, comment: None },
        11 => Command::Reopen { reason: "没有好".to_owned() },
        12 => Command::Comment { text: "请看照片".to_owned(), attachments: Vec::new() },
        13 => pause(PauseReason::WaitingForSubmitter),
        14 => pause(PauseReason::ForceMajeure),
        15 => Command::Resume,
        16 => Command::RequestExtension { limit, reason: "等材料".to_owned() },
        _ => Command::DecideExtension { approved: number.is_multiple_of(2), note: Some("知道了".to_owned()) },
    }
}

async fn change_levels(node: &Node<'_>, choice: usize) {
    let minutes = |value| Limit::continuous(value, LimitUnit::Minutes);
    node.change_levels(|levels| match choice {
        0 => levels.accept = minutes(90),
        1 => levels.accept = Limit::working(1, LimitUnit::Workdays),
        2 => levels.finish = Limit::working(300, LimitUnit::Minutes),
        3 => {
            levels.nudge_answer = Some(minutes(20));
            levels.nudge_repeat = Some(minutes(3_000));
        }
        4 => levels.returns_until_escalation = 1,
        _ => {
            let short = Some(minutes(1));
            levels.exceptions = vec![LevelException { kind: None, level: Some(3), accept: short, finish: short }];
            levels.warn_percent = 0;
        }
    })
    .await;
}

/// What the test knows while it runs.
struct Play<'w> {
    nodes: [Option<Node<'w>>; 2],
    tickets: Vec<TicketId>,
    serving: BTreeMap<&'static str, bool>,
    /// Keys that some channel took.
    taken: BTreeSet<String>,
}

impl<'w> Play<'w> {
    fn node(&mut self, number: usize) -> &mut Node<'w> {
        self.nodes[number].as_mut().unwrap()
    }

    async fn step(&mut self, world: &'w World, step: &Step) {
        match step {
            Step::Send { kind, by, to, emergency, village } => {
                let mut new = world.request(PEOPLE[*by]);
                new = NewTicket { kind: KINDS[*kind].to_owned(), emergency: *emergency, also_village: *village, ..new };
                let id = self.node(*by % 2).submit_to(world.grids[3 - *to].0, new).await;
                self.tickets.push(id);
            }
            Step::Act(acts) if !self.tickets.is_empty() => {
                let nodes = &self.nodes;
                let tickets = &self.tickets;
                let acts = acts.iter().map(|(ticket, who, number, node)| {
                    let node = nodes[*node].as_ref().unwrap();
                    node.act(tickets[ticket % tickets.len()], PEOPLE[*who], command(*number, world))
                });
                for done in join_all(acts).await {
                    assert!(
                        matches!(done, Ok(_) | Err(CommandError::Refused(_) | CommandError::Unavailable)),
                        "{done:?}"
                    );
                }
            }
            Step::Pass(ms) => self.node(0).pass(*ms).await,
            Step::Jump(ms) => world.clock.advance(*ms),
            Step::Turn => {
                let [one, other] = &mut self.nodes;
                futures_util::join!(one.as_mut().unwrap().escalation.turn(), other.as_mut().unwrap().escalation.turn());
            }
            Step::Levels(choice) => change_levels(self.node(0), *choice).await,
            Step::Calendar(days) => {
                let date = local_date(world.clock.now().plus_millis(days * DAY)).unwrap();
                let day = SpecialDay { working: days % 2 == 0, name: "停电".to_owned(), hours: None };
                self.node(1).change_calendar(|calendar| drop(calendar.days.insert(date, day))).await;
            }
            Step::Staff(who, serve) => {
                let name = PEOPLE[*who];
                if self.serving.insert(name, *serve) != Some(*serve) {
                    self.node(who % 2).staff(&[name], *serve).await;
                }
            }
            Step::Read(who, which) => {
                let node = self.node(0);
                let inbox = node.inbox_of(PEOPLE[*who]).await;
                if !inbox.is_empty() {
                    node.read(PEOPLE[*who], &inbox[which % inbox.len()].id).await;
                }
            }
            Step::ReadAll(who) => self.node(1).read_all(PEOPLE[*who]).await,
            Step::Wish(who, wish) => {
                let name = PEOPLE[*who];
                let node = self.node(0);
                node.browser(name, &format!("https://push/{name}")).await;
                node.wish(name, |wishes| match wish {
                    0 => wishes.settings.quiet = None,
                    1 => wishes.settings.digest = TimeOfDay::new(18, 0),
                    2 => wishes.settings.digest = None,
                    _ => wishes.wechat = Some(format!("openid-{name}")),
                })
                .await;
            }
            Step::Deliver(node) => drop(self.node(*node).deliver().await),
            Step::Trouble(channel, answers) => {
                let answers = answers.iter().map(|answer| match answer {
                    0 => Answer::Gone,
                    1 => Answer::Again(Some(0)),
                    2 => Answer::Again(Some(HOUR)),
                    _ => Answer::Again(None),
                });
                self.node(channel % 2).gateways.each()[*channel].then(answers);
            }
            Step::Restart(number) => {
                let node = self.nodes[*number].take().unwrap();
                self.remember(&node);
                node.stop().await;
                self.nodes[*number] = Some(world.node().await);
            }
            Step::CourierDies(number) => self.courier_dies(*number).await,
            Step::Act(_) => {}
        }
    }

    /// In the midst of handing something over, if there is something.
    async fn courier_dies(&mut self, number: usize) {
        let node = self.node(number);
        for channel in node.gateways.each() {
            channel.script.borrow_mut().clear();
            channel.then([Answer::Silence]);
        }
        let [push, wechat, sms, voice] = node.gateways.each();
        tokio::select! {
            _ = node.deliver() => {}
            () = push.heard.notified() => {}
            () = wechat.heard.notified() => {}
            () = sms.heard.notified() => {}
            () = voice.heard.notified() => {}
        }
        for channel in node.gateways.each() {
            channel.script.borrow_mut().clear();
        }
        node.courier = node.another_courier();
    }

    fn remember(&mut self, node: &Node<'_>) {
        let taken = node.gateways.each().into_iter().flat_map(|channel| channel.taken.borrow().clone());
        self.taken.extend(taken.map(|message| message.key));
    }
}

/// Everything comes to rest: limits end, the courier has its say; then all is compared.
async fn come_to_rest(world: &World, play: &mut Play<'_>) {
    for number in [0, 1] {
        for channel in play.node(number).gateways.each() {
            channel.script.borrow_mut().clear();
        }
    }
    play.node(0).change_levels(|levels| levels.nudge_repeat = None).await;
    for number in [0, 1, 0] {
        play.node(number).settle().await;
    }
    let end = world.clock.now().plus_millis(45 * DAY);
    let node = play.node(0);
    node.deliver().await;
    while world.clock.now() < end {
        node.pass(DAY).await;
        node.deliver().await;
    }
    assert!(node.overdue_rows().await.is_empty(), "{:?}", node.overdue_rows().await);
    node.check().await;
    check_boards(world, play).await;
    for number in [0, 1] {
        let node = play.nodes[number].take().unwrap();
        play.remember(&node);
        play.nodes[number] = Some(node);
    }
    check_messages(play).await;
}

async fn check_boards(world: &World, play: &mut Play<'_>) {
    let stored = play.node(0).stores.tickets.recount().await.unwrap();
    let mut all = Counters::default();
    stored.into_iter().for_each(|(_, counted)| all += counted);
    for number in [0, 1] {
        play.node(number).fence().await;
        let board = play.node(number).grids.board(world.grids[0].0, false).await.unwrap();
        assert_eq!(board.figures.counters, all, "node {number}");
    }
}

/// Each important notification was planned for its reader's telephone, and what was planned has come to an end that says
/// the truth.
async fn check_messages(play: &mut Play<'_>) {
    let taken = play.taken.clone();
    let node = play.node(0);
    let messages: BTreeMap<String, Delivery> =
        node.messages().await.into_iter().map(|message| (message.key.clone(), message)).collect();
    for message in messages.values() {
        let told_with = message.reference.as_deref().and_then(|reference| reference.strip_prefix("told with "));
        match (message.state, told_with) {
            (DeliveryState::Sent, _) => assert!(taken.contains(&message.key), "{message:?}"),
            (DeliveryState::NotNeeded, Some(other)) => {
                let other = &messages[other];
                assert!(other.channel == message.channel && other.account_id == message.account_id, "{message:?}");
                assert!(!other.reference.as_ref().is_some_and(|told| told.starts_with("told")), "{message:?}");
            }
            (DeliveryState::GivenUp, _) => assert!(message.last_error.is_some(), "{message:?}"),
            (DeliveryState::NotNeeded, None) => {
                let id = message.notification_id.clone().unwrap();
                let own = node.stores.notifications.get(message.account_id.unwrap(), &id).await.unwrap().unwrap();
                assert!(own.read_at.is_some(), "not needed, but not read: {message:?}");
            }
            (DeliveryState::Owed, _) => panic!("still owed: {message:?}"),
        }
    }
    for name in PEOPLE {
        for notification in node.inbox_of(name).await {
            if notification.urgency >= Urgency::Important {
                let sms = messages.get(&format!("{}:sms", notification.id));
                assert!(sms.is_some(), "never planned: {notification:?}");
            }
        }
    }
}

async fn play(steps: &[Step]) {
    let world = World::new().await;
    let nodes = [Some(world.node().await), Some(world.node().await)];
    let mut play = Play { nodes, tickets: Vec::new(), serving: BTreeMap::new(), taken: BTreeSet::new() };
    for name in &PEOPLE[..7] {
        play.serving.insert(name, true);
    }
    for step in steps {
        Box::pin(play.step(&world, step)).await;
    }
    come_to_rest(&world, &mut play).await;
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: std::env::var("LIVE_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(12),
        failure_persistence: None,
        max_shrink_iters: 200,
        ..ProptestConfig::default()
    })]

    #[test]
    fn whatever_happens_nothing_stays_behind_is_lost_or_happens_twice(steps in prop::collection::vec(step(), 1..60)) {
        actix_rt::System::new().block_on(play(&steps));
    }
}
