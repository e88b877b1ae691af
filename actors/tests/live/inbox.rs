//! Who is told what, of every event of a request.

use lianxin_domain::service_level::{Limit, LimitUnit};
use lianxin_domain::ticket::{Command, NewTicket, PauseReason};

use crate::support::{MINUTE, Node, World};

/// Readers in alphabetical order, kind, urgency, title.
type Words = (&'static str, &'static str, &'static str, &'static str);
/// The same.
type Line = (String, String, String, String);

fn line((readers, kind, urgency, title): Words) -> Line {
    (readers.to_owned(), kind.to_owned(), urgency.to_owned(), title.to_owned())
}

/// Reads on in the log.
struct Reader(u64);

impl Reader {
    async fn new(node: &Node<'_>) -> Self {
        Self(node.log().await.last().map_or(0, |last| last.seq))
    }

    /// What people were told since the last time, with the event before it, in order.
    async fn told(&mut self, node: &Node<'_>) -> Vec<(String, Vec<Line>)> {
        let mut told: Vec<(String, Vec<Line>)> = Vec::new();
        let news: Vec<_> = node.log().await.into_iter().filter(|event| event.seq > self.0).collect();
        self.0 = news.last().map_or(self.0, |last| last.seq);
        for event in news {
            if event.kind == "inbox.notified" {
                let mut readers: Vec<&str> = event.audience.iter().map(|id| node.world.name_of(*id)).collect();
                readers.sort_unstable();
                let words = ["type", "urgency", "title"].map(|name| event.data[name].as_str().unwrap().to_owned());
                let [kind, urgency, title] = words;
                told.last_mut().unwrap().1.push((readers.join(" "), kind, urgency, title));
            } else if event.subject.kind == "ticket" {
                told.push((event.kind.trim_start_matches("ticket.").to_owned(), Vec::new()));
            }
        }
        told
    }

    /// Compares with `expected`: each event and its lines.
    async fn expect(&mut self, node: &Node<'_>, expected: &[(&str, &[Words])]) {
        let expected: Vec<(String, Vec<Line>)> = expected
            .iter()
            .map(|(event, lines)| ((*event).to_owned(), lines.iter().copied().map(line).collect()))
            .collect();
        assert_eq!(self.told(node).await, expected);
    }
}

fn nudge() -> Command {
    Command::Nudge { note: None }
}

fn comment() -> Command {
    Command::Comment { text: "请看照片".to_owned(), attachments: Vec::new() }
}

fn complete() -> Command {
    Command::Complete { note: "好了".to_owned(), attachments: Vec::new() }
}

#[actix_rt::test]
async fn every_event_tells_those_whom_it_concerns() {
    let world = World::new().await;
    let mut node = world.node().await;
    let mut told = Reader::new(&node).await;
    let id = node.send().await;
    let waits = ("g w1 w2", "request", "important", "新诉求待接单");
    told.expect(&node, &[("submitted", &[waits])]).await;

    node.act(id, "v", nudge()).await.unwrap();
    told.expect(&node, &[("nudged", &[("g w1 w2", "nudge", "important", "v督促（第 1 次）")])]).await;
    node.pass(5 * MINUTE).await;
    node.act(id, "t", nudge()).await.unwrap();
    told.expect(&node, &[("nudged", &[])]).await;
    node.act(id, "w2", Command::ReadNudge).await.unwrap();
    told.expect(&node, &[("nudge_read", &[("t", "progress", "normal", "督促已收到")])]).await;

    node.pass(19 * MINUTE).await;
    told.expect(&node, &[("due_soon", &[("g w1 w2", "deadline", "important", "诉求即将超时")])]).await;
    node.pass(6 * MINUTE).await;
    let climbed = [
        ("overdue", &[("g w1 w2", "deadline", "important", "诉求已超时")][..]),
        (
            "escalated",
            &[
                ("v vd", "escalation", "important", "诉求升级到村级"),
                ("g w1 w2", "escalation", "normal", "诉求已被升级"),
            ][..],
        ),
    ];
    told.expect(&node, &climbed).await;
    node.act(id, "t", nudge()).await.unwrap();
    told.expect(&node, &[("nudged", &[("v vd", "nudge", "important", "t督促（第 3 次）")])]).await;

    node.act(id, "w1", Command::Accept).await.unwrap();
    told.expect(&node, &[("accepted", &[("r", "progress", "normal", "您的诉求已接单")])]).await;
    node.act(id, "r", comment()).await.unwrap();
    told.expect(&node, &[("commented", &[("w1", "progress", "normal", "有新的补充说明")])]).await;
    node.act(id, "w1", comment()).await.unwrap();
    told.expect(&node, &[("commented", &[("r", "progress", "normal", "有新的补充说明")])]).await;

    node.act(id, "w1", Command::Pause { reason: PauseReason::WaitingForSubmitter, note: None }).await.unwrap();
    told.expect(&node, &[("paused", &[("r", "progress", "normal", "您的诉求暂停计时")])]).await;
    node.act(id, "r", comment()).await.unwrap();
    let answered = [
        ("commented", &[("w1", "progress", "normal", "有新的补充说明")][..]),
        ("resumed", &[("w1", "deadline", "normal", "诉求恢复计时")][..]),
    ];
    told.expect(&node, &answered).await;
    node.act(id, "w1", Command::Pause { reason: PauseReason::ForceMajeure, note: None }).await.unwrap();
    node.act(id, "w1", Command::Resume).await.unwrap();
    let paused = ("paused", &[("r", "progress", "normal", "您的诉求暂停计时")][..]);
    told.expect(&node, &[paused, ("resumed", &[])]).await;

    let more =
        || Command::RequestExtension { limit: Limit::continuous(5, LimitUnit::Hours), reason: "等材料".to_owned() };
    node.act(id, "w1", more()).await.unwrap();
    told.expect(&node, &[("extension_requested", &[("v vd", "approval", "important", "延期申请待审批")])]).await;
    let decide = |approved| Command::DecideExtension { approved, note: Some("知道了".to_owned()) };
    node.act(id, "v", decide(false)).await.unwrap();
    told.expect(&node, &[("extension_decided", &[("w1", "approval", "important", "延期申请未同意")])]).await;
    node.act(id, "w1", more()).await.unwrap();
    node.act(id, "t", decide(true)).await.unwrap();
    let granted = [
        ("extension_requested", &[("v vd", "approval", "important", "延期申请待审批")][..]),
        ("extension_decided", &[("w1", "approval", "important", "延期申请已同意")][..]),
    ];
    told.expect(&node, &granted).await;

    let to = Command::Reassign { handler: world.person("w2"), may_handle: true };
    node.act(id, "w1", to).await.unwrap();
    told.expect(&node, &[("reassigned", &[("w2", "request", "important", "有诉求改派给您")])]).await;
    node.act(id, "v", nudge()).await.unwrap();
    told.expect(&node, &[("nudged", &[("w2", "nudge", "important", "v督促（第 1 次）")])]).await;

    // It is the village's by now, so back it goes to the village.
    node.act(id, "w2", Command::Return { reason: "不归我管".to_owned() }).await.unwrap();
    told.expect(&node, &[("returned", &[("v vd", "request", "important", "诉求被退回，待接单")])]).await;
    node.act(id, "vd", Command::Accept).await.unwrap();
    node.act(id, "vd", Command::Return { reason: "归镇里管".to_owned() }).await.unwrap();
    let passed_up = [
        ("accepted", &[("r", "progress", "normal", "您的诉求已接单")][..]),
        ("returned", &[("v", "request", "important", "诉求被退回，待接单")][..]),
        (
            "escalated",
            &[("t", "escalation", "important", "诉求升级到乡镇"), ("v", "escalation", "normal", "诉求已被升级")][..],
        ),
    ];
    told.expect(&node, &passed_up).await;

    node.act(id, "t", Command::Accept).await.unwrap();
    node.act(id, "t", complete()).await.unwrap();
    let done = [
        ("accepted", &[("r", "progress", "normal", "您的诉求已接单")][..]),
        ("completed", &[("r", "progress", "normal", "您的诉求已办结")][..]),
    ];
    told.expect(&node, &done).await;
    node.act(id, "r", Command::Reopen { reason: "没有好".to_owned() }).await.unwrap();
    told.expect(&node, &[("reopened", &[("t", "request", "important", "诉求人要求重新办理")])]).await;
    node.act(id, "g", Command::Accept).await.unwrap();
    node.act(id, "g", complete()).await.unwrap();
    told.told(&node).await;
    node.act(id, "r", Command::Rate { stars: 5, comment: None }).await.unwrap();
    told.expect(&node, &[("rated", &[("g", "progress", "normal", "收到 5 星评价")])]).await;

    let id = node.send().await;
    told.told(&node).await;
    node.act(id, "r", Command::Withdraw).await.unwrap();
    told.expect(&node, &[("withdrawn", &[("g w1 w2", "progress", "normal", "诉求人已撤回")])]).await;
    node.check().await;
}

#[actix_rt::test]
async fn kinds_of_requests_and_danger_change_who_is_told_and_how_soon() {
    let world = World::new().await;
    let node = world.node().await;
    let mut told = Reader::new(&node).await;
    let request = || world.request("r");
    let waits = ("g w1 w2", "request", "important", "新诉求待接单");
    let cases: [(NewTicket, &[Words]); 5] = [
        (NewTicket { emergency: true, ..request() }, &[("g w1 w2", "request", "urgent", "紧急诉求待接单")]),
        (
            NewTicket { kind: "suggestion".to_owned(), ..request() },
            &[waits, ("v vd", "request", "normal", "收到意见建议（抄送）")],
        ),
        (
            NewTicket { also_village: true, ..request() },
            &[waits, ("v vd", "request", "normal", "收到矛盾纠纷（抄送）")],
        ),
        (
            NewTicket { kind: "employment".to_owned(), ..request() },
            &[("g w1 w2", "employment", "important", "新诉求待接单")],
        ),
        // Who writes a request in the own grid is not told of it.
        (NewTicket { submitter: world.person("w2"), ..request() }, &[("g w1", "request", "important", "新诉求待接单")]),
    ];
    for (new, expected) in cases {
        node.submit_to(world.group(), new).await;
        told.expect(&node, &[("submitted", expected)]).await;
    }
    node.check().await;
}

#[actix_rt::test]
async fn a_request_that_meets_nobody_tells_those_who_get_it_and_danger_stays_urgent() {
    let world = World::new().await;
    let node = world.node().await;
    node.staff(&["w1", "w2", "g", "v", "vd"], false).await;
    let mut told = Reader::new(&node).await;
    node.submit_to(world.group(), NewTicket { emergency: true, ..world.request("r") }).await;
    let up = ("t", "escalation", "urgent", "诉求升级到乡镇");
    let expected = [("submitted", &[][..]), ("level_vacant", &[]), ("level_vacant", &[]), ("escalated", &[up][..])];
    told.expect(&node, &expected).await;
    node.check().await;
}

#[actix_rt::test]
async fn rules_that_change_a_due_date_tell_nobody() {
    let world = World::new().await;
    let node = world.node().await;
    node.send().await;
    let mut told = Reader::new(&node).await;
    node.change_levels(|levels| levels.accept = Limit::continuous(3, LimitUnit::Hours)).await;
    node.settle().await;
    told.expect(&node, &[("due_changed", &[])]).await;
    node.check().await;
}

/// Nothing may wait unseen: whoever answers for a level and asks for more time asks those above.
#[actix_rt::test]
async fn a_leader_who_asks_for_more_time_asks_those_above() {
    let world = World::new().await;
    let mut node = world.node().await;
    node.staff(&["vd"], false).await;
    let id = node.send().await;
    node.pass(30 * MINUTE).await;
    node.act(id, "v", Command::Accept).await.unwrap();
    let mut told = Reader::new(&node).await;
    let limit = Limit::continuous(5, LimitUnit::Hours);
    node.act(id, "v", Command::RequestExtension { limit, reason: "等材料".to_owned() }).await.unwrap();
    told.expect(&node, &[("extension_requested", &[("t", "approval", "important", "延期申请待审批")])]).await;
    node.check().await;
}
