//! The past week of the invented county, played step by step in the order of its time.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;

use lianxin_actors::command::Answer;
use lianxin_actors::directory::Directory;
use lianxin_actors::grid::{GridActors, MakeAnswer, Origin};
use lianxin_domain::access::Caller;
use lianxin_domain::clock::{ManualClock, Timestamp};
use lianxin_domain::ids::{GridId, IdSource, TicketId};
use lianxin_domain::person::PersonRef;
use lianxin_domain::ticket::{Command, NewTicket, TicketLocation};
use serde_json::json;

use super::cast::Cast;
use crate::core::{Core, StartError};

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;

/// What residents say, by kind.
const STORIES: [(&str, &str); 16] = [
    ("suggestion", "三组路口的路灯坏了，晚上看不见路"),
    ("suggestion", "灌渠堵塞，水漫到路面"),
    ("suggestion", "小区门口垃圾清运不及时"),
    ("suggestion", "村口公交站牌被撞歪了，请扶正"),
    ("suggestion", "下雨后通往学校的小路积水，孩子不好走"),
    ("suggestion", "健身器材松动，老人使用不安全"),
    ("suggestion", "建议文化活动室周末也开放"),
    ("dispute", "与邻居因排水沟改道发生争执，请来调解"),
    ("dispute", "林地界线不清，请求现场踏勘"),
    ("dispute", "隔壁装修噪音太大，沟通多次无果"),
    ("revitalization", "家中老人住院，请求核实医疗救助"),
    ("revitalization", "饮水管道破裂，十余户停水"),
    ("revitalization", "今年山洪冲了果园，收入少了一大半"),
    ("employment", "赴深圳龙岗务工，需要就业推荐"),
    ("employment", "想学电工，问近期有没有培训班"),
    ("employment", "返乡人员咨询创业贷款"),
];
const NOTES: [&str; 5] = [
    "已到现场处理完毕，请查看",
    "已联系相关单位修复，当晚恢复正常",
    "双方当面沟通，已签调解协议",
    "已核实情况并帮助提交申请材料",
    "已清理完成，后续每周巡查",
];
const PRAISE: [&str; 4] = ["来得快，办得好", "谢谢，已经解决了", "态度很好", "比以前方便多了"];

/// A small generator, so that the invented past is the same every time.
pub struct Dice(u64);

impl Dice {
    /// A generator that begins at `seed`.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `bound` (at least 1).
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound.max(1)
    }

    /// A number from 0 to 1.
    pub fn fraction(&mut self) -> f64 {
        self.below(10_000) as f64 / 10_000.0
    }

    /// One of `items`; nothing of an empty list.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        usize::try_from(self.below(items.len() as u64)).ok().and_then(|index| items.get(index))
    }
}

/// A request in the making.
pub struct Story {
    /// Where it goes.
    pub grid_id: GridId,
    /// What it says.
    pub new: NewTicket,
    /// Who sends it.
    pub resident: Caller,
}

/// Invents a request of a random resident.
pub fn invent(cast: &Cast, directory: &Directory, ids: &IdSource, dice: &mut Dice) -> Option<Story> {
    let resident = dice.pick(cast.neighbours())?;
    let (kind, words) = dice.pick(&STORIES)?;
    let (lng, lat) = directory.get(resident.grid_id)?.grid.center.map(|point| (point.lng(), point.lat()))?;
    let form = match *kind {
        "employment" => json!({ "work_place": "深圳市龙岗区", "lifted_out_of_poverty": dice.below(2) == 0 }),
        _ => json!({}),
    };
    let id: TicketId = ids.next();
    let text = id.to_string();
    let location = TicketLocation {
        lng: lng + (dice.fraction() - 0.5) * 0.012,
        lat: lat + (dice.fraction() - 0.5) * 0.012,
        accuracy_m: Some(20.0),
        grid_id: Some(resident.grid_id),
    };
    let new = NewTicket {
        id,
        number: format!("D{}", text[text.len() - 10..].to_uppercase()),
        kind: (*kind).to_owned(),
        content: (*words).to_owned(),
        form,
        attachments: Vec::new(),
        location: (dice.below(10) > 0).then_some(location),
        on_behalf: None,
        also_village: dice.below(5) == 0 && *kind != "employment" && *kind != "revitalization",
        emergency: false,
        submitter: PersonRef { id: resident.account_id, name: resident.name.clone() },
    };
    Some(Story { grid_id: resident.grid_id, new, resident: resident.caller(ids.next()) })
}

/// The origin of a step that nobody waits for.
pub fn origin(caller: Caller, ids: &IdSource) -> Origin {
    let answer: MakeAnswer = Arc::new(|_, _| Answer { status: 200, body: String::new() });
    Origin { caller: Arc::new(caller), request_id: ids.next(), idempotency: None, answer }
}

/// The next words of a completion, a rating.
pub fn done_note(dice: &mut Dice) -> String {
    dice.pick(&NOTES).map_or_else(String::new, |note| (*note).to_owned())
}

/// A judgement: mostly content.
pub fn rating(dice: &mut Dice) -> Command {
    let stars = match dice.below(20) {
        0 => 2,
        1..3 => 3,
        3..8 => 4,
        _ => 5,
    };
    let comment = (dice.below(2) == 0).then(|| dice.pick(&PRAISE).map(|words| (*words).to_owned())).flatten();
    Command::Rate { stars, comment }
}

enum Step {
    Send(Box<Story>),
    Accept(TicketId, GridId, Box<Caller>),
    Complete(TicketId, Box<Caller>, Box<Caller>),
    Rate(TicketId, Box<Caller>),
}

/// Plays requests until `now`; answers how many were sent.
///
/// # Errors
/// [`StartError`] when a step is refused: the history would not be what it says.
pub async fn play(
    cast: &Cast,
    grids: &GridActors,
    core: &Core,
    clock: &Arc<ManualClock>,
    now: Timestamp,
) -> Result<usize, StartError> {
    let directory = core.directories().await?.current();
    let mut dice = Dice::new(20_261_121);
    let begin = lianxin_domain::clock::Clock::now(&**clock);
    let count = cast.neighbours().len() * 3;
    let span = now.since(begin);
    let mut heap: BinaryHeap<Reverse<(i64, usize)>> = BinaryHeap::new();
    let mut steps: Vec<Option<Step>> = Vec::new();
    let plan = |heap: &mut BinaryHeap<_>, steps: &mut Vec<Option<Step>>, at: i64, step: Step| {
        if at < now.millis() {
            heap.push(Reverse((at, steps.len())));
            steps.push(Some(step));
        }
    };
    for index in 0..count {
        // The ids are made when the step is invented, so the clock stands at its time.
        let at = begin.millis() + span * i64::try_from(index)? / i64::try_from(count)?;
        clock.set(Timestamp::from_millis(at));
        if let Some(story) = invent(cast, &directory, &core.ids, &mut dice) {
            plan(&mut heap, &mut steps, at, Step::Send(Box::new(story)));
        }
    }
    let sent = steps.len();
    while let Some(Reverse((at, index))) = heap.pop() {
        let_time_pass(core, grids, clock, Timestamp::from_millis(at)).await?;
        let minutes = |count: u64| i64::try_from(count).unwrap_or_default() * MINUTE_MS;
        match steps[index].take() {
            Some(Step::Send(story)) => {
                let Story { grid_id, new, resident } = *story;
                let id = new.id;
                grids.submit(grid_id, new, origin(resident.clone(), &core.ids)).await?;
                let slow = dice.below(6) == 0;
                let wait = minutes(1 + dice.below(if slow { 90 } else { 25 }));
                plan(&mut heap, &mut steps, at + wait, Step::Accept(id, grid_id, Box::new(resident)));
            }
            Some(Step::Accept(id, grid_id, resident)) => {
                let workers = cast.workers_of(grid_id);
                let Some(worker) = dice.pick(&workers).map(|person| person.caller(core.ids.next())) else { continue };
                grids.act(id, Command::Accept, Vec::new(), origin(worker.clone(), &core.ids)).await?;
                let work = HOUR_MS / 2 + minutes(dice.below(12 * 60));
                plan(&mut heap, &mut steps, at + work, Step::Complete(id, Box::new(worker), resident));
            }
            Some(Step::Complete(id, worker, resident)) => {
                let command = Command::Complete { note: done_note(&mut dice), attachments: Vec::new() };
                grids.act(id, command, Vec::new(), origin(*worker, &core.ids)).await?;
                if dice.below(8) > 0 {
                    let wait = minutes(5 + dice.below(10 * 60));
                    plan(&mut heap, &mut steps, at + wait, Step::Rate(id, resident));
                }
            }
            Some(Step::Rate(id, resident)) => {
                grids.act(id, rating(&mut dice), Vec::new(), origin(*resident, &core.ids)).await?;
            }
            None => {}
        }
    }
    let_time_pass(core, grids, clock, now).await?;
    Ok(sent)
}

/// Moves the clock to `until`; whatever a ticket's clock asks for on the way happens at its time.
async fn let_time_pass(
    core: &Core,
    grids: &GridActors,
    clock: &Arc<ManualClock>,
    until: Timestamp,
) -> Result<(), StartError> {
    while let Some(next) = core.deadlines.due(until, 1).await?.pop() {
        clock.set(next.due_at.max(lianxin_domain::clock::Clock::now(&**clock)));
        grids.expire(next.subject_id.parse()?).await?;
    }
    clock.set(until);
    Ok(())
}
