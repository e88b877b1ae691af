//! Halls over a real database: crowds, races, and what comes back from the log.

use std::collections::BTreeSet;
use std::sync::Arc;

use lianxin_actors::command::{Answer, CommandError, Done};
use lianxin_actors::meeting::{MakeAnswer, Origin};
use lianxin_domain::access::{AccountKind, Caller, Scope};
use lianxin_domain::clock::Clock as _;
use lianxin_domain::ids::{AccountId, EntityId as _, MeetingId, OrganisationId};
use lianxin_domain::meeting::{
    Claim, Command, DeviceId, Flag, Hall, Invited, Invitee, Meeting, Mode, Plan, SignIn, SignInRules, Standing, Status,
    Tally, slot_of,
};
use lianxin_domain::organisation::{Organisation, OrganisationKind, OrganisationStatus};
use lianxin_domain::person::PersonRef;
use lianxin_domain::problem::Refusal;
use lianxin_domain::tree::TreePath;
use lianxin_storage::attendance::{AttendanceBook, AttendanceFilter};
use lianxin_storage::change::Change;
use lianxin_storage::organisations::Organisations;

use crate::support::{MINUTE, Node, World};

/// A meeting that is launched, with `people` on its list; number 0 is its host.
struct Stage<'w> {
    node: Node<'w>,
    id: MeetingId,
    people: Vec<Arc<Caller>>,
    invitees: Vec<Invitee>,
}

impl<'w> Stage<'w> {
    async fn launched(world: &'w World, people: usize) -> Self {
        let node = world.node().await;
        let callers: Vec<Arc<Caller>> = (0..people).map(|number| Arc::new(caller(world, number))).collect();
        let organisation_id: OrganisationId = world.ids.next();
        let invitees: Vec<Invitee> = callers.iter().map(|caller| invitee(world, caller, organisation_id)).collect();
        let meeting = meeting(world, &callers[0], organisation_id);
        let stage = Self { node, id: meeting.id, people: callers, invitees };
        let made = Answer { status: 201, body: String::new() };
        stage.node.meetings.create(&meeting, &stage.origin(0), made).await.unwrap();
        stage.act(0, Command::Launch(stage.invitees.clone())).await.unwrap();
        stage
    }

    fn origin(&self, by: usize) -> Origin {
        let answer: MakeAnswer = Arc::new(|made| {
            let status = made.attendee.map_or("", |(_, status)| status.as_str());
            Answer { status: 200, body: status.to_owned() }
        });
        Origin {
            caller: Some(Arc::clone(&self.people[by])),
            request_id: Some(self.node.world.ids.next()),
            idempotency: None,
            answer,
        }
    }

    async fn act(&self, by: usize, command: Command) -> Result<Done, CommandError> {
        self.node.meetings.act(self.id, command, self.origin(by)).await
    }

    async fn act_at(&self, node: &Node<'_>, by: usize, command: Command) -> Result<Done, CommandError> {
        node.meetings.act(self.id, command, self.origin(by)).await
    }

    fn scan(&self, nonce: u64, device: u64) -> Command {
        let now = self.node.world.clock.now();
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&nonce.to_be_bytes());
        let mut phone = [0; 16];
        phone[..8].copy_from_slice(&device.to_be_bytes());
        let claim =
            Claim { meeting_id: self.id, slot: slot_of(now), claimed_at: now, device: DeviceId(phone), nonce: bytes };
        Command::SignIn(SignIn { claim, fix: None })
    }

    async fn hall<R: Send + 'static>(&self, look: impl FnOnce(&Hall) -> R + Send + 'static) -> R {
        self.node.meetings.read(self.id, move |hall, _| look(hall)).await.unwrap()
    }

    /// The hall as it is stored.
    async fn stored(&self) -> Hall {
        self.node.stores.meetings.hall(self.id).await.unwrap().unwrap()
    }

    /// The hall here is the one that is stored, and its figures are a recount.
    async fn is_exact(&self) -> Tally {
        self.node.fence().await;
        let stored = self.stored().await;
        let (meeting, tally, recounted) =
            self.hall(|hall| (hall.meeting().clone(), *hall.tally(), hall.recounted())).await;
        assert_eq!(tally, recounted);
        assert_eq!(tally, *stored.tally());
        assert_eq!(&meeting, stored.meeting());
        tally
    }
}

fn caller(world: &World, number: usize) -> Caller {
    Caller {
        account_id: world.ids.next::<AccountId>(),
        session_id: world.ids.next(),
        kind: AccountKind::Resident,
        name: format!("党员{number}"),
        ..world.who("r").clone()
    }
}

fn invitee(world: &World, caller: &Caller, organisation_id: OrganisationId) -> Invitee {
    Invitee {
        member_id: world.ids.next(),
        account_id: Some(caller.account_id),
        name: caller.name.clone(),
        organisation_id: Some(organisation_id),
        standing: Standing::Full,
        photo: None,
    }
}

fn meeting(world: &World, host: &Caller, organisation_id: OrganisationId) -> Meeting {
    let now = world.clock.now();
    let host = PersonRef { id: host.account_id, name: host.name.clone() };
    let plan = Plan {
        topic: "党员大会".to_owned(),
        type_code: "general_meeting".to_owned(),
        host: host.clone(),
        recorder: None,
        starts_at: now.plus_millis(10 * MINUTE),
        ends_at: now.plus_millis(100 * MINUTE),
        mode: Mode::Onsite,
        place: "会议室".to_owned(),
        video_link: None,
        content: String::new(),
        attachments: Vec::new(),
        invited: Invited { whole_branch: true, ..Invited::default() },
        sign_up: None,
        sign_in: SignInRules::default(),
        agenda: Vec::new(),
    };
    Meeting::draft(world.ids.next(), 7, (organisation_id, TreePath::root(1)), host, now, plan)
}

fn code(outcome: &Result<Done, CommandError>) -> &str {
    match outcome {
        Ok(done) => &done.answer.body,
        Err(CommandError::Refused(refusal)) => refusal.code,
        Err(error) => panic!("{error}"),
    }
}

#[actix_rt::test]
async fn a_crowd_signs_in_at_once_and_each_gets_a_number_of_the_own() {
    let world = World::new().await;
    let stage = Stage::launched(&world, 500).await;
    let scans = (0..500).map(|number| stage.act(number, stage.scan(number as u64, number as u64)));
    for outcome in futures_util::future::join_all(scans).await {
        assert_eq!(code(&outcome), "on_time");
    }
    let tally = stage.is_exact().await;
    assert_eq!((tally.expected, tally.present, tally.missing), (500, 500, 0));
    let mut numbers = stage.hall(|hall| hall.attendees().filter_map(|one| one.number).collect::<Vec<_>>()).await;
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=500).collect::<Vec<u32>>());
}

#[actix_rt::test]
async fn two_devices_in_the_same_moment_are_one_sign_in() {
    let world = World::new().await;
    let stage = Stage::launched(&world, 3).await;
    let both = futures_util::join!(stage.act(1, stage.scan(1, 1)), stage.act(1, stage.scan(2, 2)));
    assert_eq!((code(&both.0), code(&both.1)), ("on_time", "on_time"));
    stage.is_exact().await;
    let presence = stage.hall(|hall| hall.attendees().map(|one| one.presence.len()).sum::<usize>()).await;
    assert_eq!(presence, 1);
}

#[actix_rt::test]
async fn two_accounts_on_one_device_in_the_same_moment_are_shown() {
    let world = World::new().await;
    let stage = Stage::launched(&world, 3).await;
    let both = futures_util::join!(stage.act(1, stage.scan(1, 9)), stage.act(2, stage.scan(2, 9)));
    assert!(both.0.is_ok() && both.1.is_ok());
    stage.is_exact().await;
    let flags = stage
        .hall(|hall| {
            hall.attendees().filter_map(|one| one.evidence.clone()).flat_map(|one| one.flags).collect::<Vec<_>>()
        })
        .await;
    assert_eq!(flags, [Flag::SecondAccountOnDevice]);
}

#[actix_rt::test]
async fn a_claim_is_used_once_whoever_brings_it_and_after_a_restart() {
    let world = World::new().await;
    let stage = Stage::launched(&world, 4).await;
    assert_eq!(code(&stage.act(1, stage.scan(5, 1)).await), "on_time");
    assert_eq!(code(&stage.act(2, stage.scan(5, 1)).await), "meeting.claim_used");
    assert_eq!(code(&stage.act(1, stage.scan(5, 1)).await), "on_time", "the same person again: the first result");
    let other = world.node().await;
    assert_eq!(code(&stage.act_at(&other, 2, stage.scan(5, 1)).await), "meeting.claim_used");
    assert_eq!(code(&stage.act_at(&other, 2, stage.scan(6, 1)).await), "on_time");
    stage.is_exact().await;
    let flags = other.meetings.read(stage.id, |hall, _| {
        hall.attendees().filter_map(|one| one.evidence.clone()).map(|one| one.flags.len()).sum::<usize>()
    });
    assert_eq!(flags.await, Ok(1), "the device is known after a restart, too");
}

#[actix_rt::test]
async fn who_closes_during_a_burst_ends_it_for_all_that_come_behind() {
    let world = World::new().await;
    let stage = Stage::launched(&world, 300).await;
    stage.act(0, Command::Start).await.unwrap();
    let before = (1..150).map(|number| stage.act(number, stage.scan(number as u64, number as u64)));
    let after = (150..300).map(|number| stage.act(number, stage.scan(number as u64, number as u64)));
    let (before, end, after) = futures_util::join!(
        futures_util::future::join_all(before),
        stage.act(0, Command::End),
        futures_util::future::join_all(after),
    );
    assert!(end.is_ok());
    assert!(before.iter().all(|outcome| code(outcome) == "on_time"));
    assert!(after.iter().all(|outcome| code(outcome) == "meeting.sign_in_closed"));
    let tally = stage.is_exact().await;
    assert_eq!((tally.present, tally.missing), (149, 151));
    // What the end says is what a recount says.
    let log = stage.node.stores.log.after(0, 10_000).await.unwrap();
    let ended = log.iter().find(|event| event.kind == "meeting.ended").unwrap();
    assert_eq!(serde_json::from_value::<Tally>(ended.data["tally"].clone()).unwrap(), tally);
}

#[actix_rt::test]
async fn two_nodes_hold_the_same_hall() {
    let world = World::new().await;
    let stage = Stage::launched(&world, 200).await;
    let other = world.node().await;
    let scans = (0..200).map(async |number: usize| {
        let node = if number.is_multiple_of(2) { &stage.node } else { &other };
        stage.act_at(node, number, stage.scan(number as u64, number as u64)).await
    });
    for outcome in futures_util::future::join_all(scans).await {
        assert_eq!(code(&outcome), "on_time");
    }
    let tally = stage.is_exact().await;
    assert_eq!(tally.present, 200);
    let numbers: BTreeSet<u32> = stage.hall(|hall| hall.attendees().filter_map(|one| one.number).collect()).await;
    assert_eq!(numbers.len(), 200, "each has a number of the own");
    other.fence().await;
    assert_eq!(other.meetings.read(stage.id, |hall, _| *hall.tally()).await, Ok(tally));
    // The same person at both nodes in the same moment: one of them is told what the other did.
    let both = futures_util::join!(
        stage.act_at(&stage.node, 5, Command::SignOut { member_id: None }),
        stage.act_at(&other, 5, Command::SignOut { member_id: None }),
    );
    assert!(both.0.is_ok() && both.1.is_ok());
    stage.is_exact().await;
    assert_eq!(stage.hall(|hall| *hall.tally()).await.voters_present, 199);
}

#[actix_rt::test]
async fn the_log_gives_back_the_hall() {
    let world = World::new().await;
    let stage = Stage::launched(&world, 20).await;
    stage.act(3, Command::AskLeave { reason: "住院".to_owned() }).await.unwrap();
    let absent = stage.invitees[3].member_id;
    stage.act(0, Command::DecideLeave { member_id: absent, approved: true, note: None }).await.unwrap();
    for number in 4..15 {
        stage.act(number, stage.scan(number as u64, number as u64)).await.unwrap();
    }
    world.clock.advance(10 * MINUTE);
    stage.act(0, Command::Start).await.unwrap();
    world.clock.advance(20 * MINUTE);
    stage.act(15, stage.scan(15, 15)).await.unwrap();
    stage.act(4, Command::SignOut { member_id: None }).await.unwrap();
    world.clock.advance(20 * MINUTE);
    stage.act(0, Command::End).await.unwrap();
    let tally = stage.is_exact().await;
    assert_eq!((tally.on_time, tally.late, tally.left_early, tally.leave, tally.missing), (10, 1, 1, 1, 7));
    let mut replayed: Option<Hall> = None;
    for event in stage.node.stores.log.after(0, 10_000).await.unwrap() {
        if event.subject.kind != "meeting" {
            continue;
        }
        let logged = lianxin_domain::meeting::LoggedEvent::read(&event.kind, &event.data).unwrap();
        match &mut replayed {
            None => {
                let first = meeting(&world, &stage.people[0], stage.invitees[0].organisation_id.unwrap());
                let lianxin_domain::meeting::MeetingEvent::Created { plan } = logged.event else { panic!() };
                replayed = Some(Hall::new(Meeting { id: stage.id, plan: *plan, created_at: event.at, ..first }, []));
            }
            Some(hall) => hall.apply(&logged.event, event.at),
        }
    }
    let (replayed, stored) = (replayed.unwrap(), stage.stored().await);
    assert_eq!((replayed.meeting(), replayed.tally()), (stored.meeting(), stored.tally()));
    for attendee in stored.attendees() {
        assert_eq!(replayed.attendee(attendee.member_id), Some(attendee));
        assert_eq!(replayed.status(attendee), stored.status(attendee));
    }
    let left = stage.invitees[4].member_id;
    assert_eq!(stored.attendee(left).map(|one| stored.status(one)), Some(Status::LeftEarly));
}

#[actix_rt::test]
async fn whoever_is_invited_is_told_once_and_what_is_no_meeting_is_not_found() {
    let world = World::new().await;
    let stage = Stage::launched(&world, 30).await;
    let told = futures_util::future::join_all(
        stage.people.iter().map(|person| stage.node.stores.notifications.unread(person.account_id)),
    );
    let total = |unread: Vec<(_, i64)>| unread.into_iter().map(|(_, count)| count).sum::<i64>();
    let unread: Vec<i64> = told.await.into_iter().map(|unread| total(unread.unwrap().1)).collect();
    assert_eq!(unread[0], 0, "the host knows");
    assert!(unread[1..].iter().all(|total| *total == 1), "{unread:?}");
    let nowhere = MeetingId::from_uuid(Default::default());
    let outcome = stage.node.meetings.act(nowhere, Command::Start, stage.origin(0)).await;
    assert_eq!(code(&outcome), "meeting.not_found");
    let looked = stage.node.meetings.read(nowhere, |_, _| ()).await;
    assert_eq!(looked, Err(CommandError::Refused(Refusal::not_found("meeting.not_found", "没有找到这个会议"))));
}

#[actix_rt::test]
async fn attendance_is_exact_though_people_come_at_another_node_in_the_moment_of_the_end() {
    let system = Scope::system();
    for round in 0..5 {
        let world = World::new().await;
        let stage = Stage::launched(&world, 30).await;
        let other = world.node().await;
        let book = AttendanceBook::new(stage.node.stores.database.clone());
        let branch = Organisation {
            id: stage.invitees[0].organisation_id.unwrap(),
            version: 1,
            path: TreePath::root(9),
            name: "党支部".to_owned(),
            short_name: String::new(),
            kind: OrganisationKind::Branch,
            sort_order: 0,
            status: OrganisationStatus::Active,
            ends_on: None,
            founded_on: None,
        };
        let filter = AttendanceFilter {
            organisation: (branch.path.clone(), true),
            from: world.clock.now(),
            until: world.clock.now().plus_millis(1_000 * MINUTE),
            type_code: None,
        };
        let mut change = Change::new(world.clock.now(), None, None);
        change.write(Organisations::insert(&branch));
        stage.node.commit(change).await;
        world.clock.advance(10 * MINUTE);
        stage.act(0, Command::Start).await.unwrap();
        for node in [&stage.node, &other] {
            node.fence().await;
            node.meetings.read(stage.id, |_, _| ()).await.unwrap();
        }
        let scans =
            futures_util::future::join_all((1..30).map(async |number: usize| {
                stage.act_at(&other, number, stage.scan(number as u64, number as u64)).await
            }));
        let (came, ended) = futures_util::join!(scans, stage.act(0, Command::End));
        ended.unwrap();
        assert!(came.iter().all(|one| matches!(code(one), "on_time" | "meeting.sign_in_closed")), "{round}");
        // What comes back is counted, and that is committed before the second look.
        for node in [&stage.node, &other, &stage.node, &other] {
            node.fence().await;
        }
        let stored = stage.stored().await.attendance();
        let total = book.total(&system, &filter).await.unwrap();
        assert_eq!((total.meetings, Some(&total.attendance)), (1, stored.get(&branch.id)), "{round}");
        let people = book.by_person(&system, &filter).await.unwrap();
        let present: u64 = people.iter().map(|one| one.figures.attendance.present).sum();
        assert_eq!(present, total.attendance.present, "{round}");
        assert_eq!(present, came.iter().filter(|one| one.is_ok()).count() as u64, "{round}");
    }
}
