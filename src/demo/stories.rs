//! What residents ask for, and the words of those who answer.

use std::sync::Arc;

use lianxin_actors::command::Answer;
use lianxin_actors::directory::Directory;
use lianxin_actors::grid::{MakeAnswer, Origin};
use lianxin_domain::access::Caller;
use lianxin_domain::geo::{Area, Point};
use lianxin_domain::ids::{GridId, IdSource, TicketId};
use lianxin_domain::person::PersonRef;
use lianxin_domain::ticket::{Command, NewTicket, TicketLocation};
use serde_json::json;

use super::cast::{Cast, Neighbour};
use super::dice::Dice;

/// How far from the middle of their grid residents are, in degrees.
const FAR: f64 = 0.01;
/// Places looked for before the middle is taken.
const TRIES: usize = 6;
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
/// What whoever handles them makes public of some.
const SENTENCES: [(&str, &str); 6] = [
    ("三组路口的路灯坏了，晚上看不见路", "路口的路灯不亮，已报修，夜间经过请慢行"),
    ("灌渠堵塞，水漫到路面", "灌渠堵塞、水漫路面，正在清淤"),
    ("小区门口垃圾清运不及时", "垃圾清运不及时，正在联系清运车"),
    ("村口公交站牌被撞歪了，请扶正", "村口公交站牌歪斜，已联系公交公司"),
    ("下雨后通往学校的小路积水，孩子不好走", "去学校的小路积水，正在疏通排水沟"),
    ("健身器材松动，老人使用不安全", "健身器材松动，维修前请不要使用"),
];
const NOTES: [&str; 5] = [
    "已到现场处理完毕，请查看",
    "已联系相关单位修复，当晚恢复正常",
    "双方当面沟通，已签调解协议",
    "已核实情况并帮助提交申请材料",
    "已清理完成，后续每周巡查",
];
const RETURNS: [&str; 3] =
    ["经现场核实，属邻组范围，请就近处理", "本人在外地参加培训，请同组网格员接办", "需要懂水电的同志处理，先退回"];
const NUDGES: [&str; 3] = ["请尽快联系住户", "群众已来电催问，请今天内到场", "请优先处理并反馈"];
const PRAISE: [&str; 4] = ["来得快，办得好", "谢谢，已经解决了", "态度很好", "比以前方便多了"];

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
    let said = dice.pick(&STORIES)?;
    tell(resident, *said, directory, ids, dice)
}

/// The request of a resident of the grid whose worker people meet first, which is to be made known.
pub fn showcase(cast: &Cast, directory: &Directory, ids: &IdSource, dice: &mut Dice) -> Option<Story> {
    let grid = &cast.shown().into_iter().find(|person| person.role == "worker")?.grid_path;
    let lives_there =
        |resident: &&Neighbour| directory.get(resident.grid_id).is_some_and(|entry| entry.grid.path == *grid);
    let resident = cast.neighbours().iter().find(lives_there)?;
    tell(resident, STORIES[0], directory, ids, dice)
}

fn tell(
    resident: &Neighbour,
    (kind, words): (&str, &str),
    directory: &Directory,
    ids: &IdSource,
    dice: &mut Dice,
) -> Option<Story> {
    let grid = &directory.get(resident.grid_id)?.grid;
    let place = somewhere(grid.center?, grid.area.as_ref(), dice);
    let form = match kind {
        "employment" => json!({ "work_place": "深圳市龙岗区", "lifted_out_of_poverty": dice.below(2) == 0 }),
        _ => json!({}),
    };
    let id: TicketId = ids.next();
    let text = id.to_string();
    let location =
        TicketLocation { lng: place.lng(), lat: place.lat(), accuracy_m: Some(20.0), grid_id: Some(resident.grid_id) };
    let new = NewTicket {
        id,
        number: format!("D{}", text[text.len() - 10..].to_uppercase()),
        kind: kind.to_owned(),
        content: words.to_owned(),
        form,
        attachments: Vec::new(),
        location: (dice.below(10) > 0).then_some(location),
        on_behalf: None,
        also_village: dice.below(5) == 0 && kind != "employment" && kind != "revitalization",
        emergency: false,
        submitter: PersonRef { id: resident.account_id, name: resident.name.clone() },
    };
    Some(Story { grid_id: resident.grid_id, new, resident: resident.caller(ids.next()) })
}

/// A place in a grid: not far from its middle, and within its area.
fn somewhere(middle: Point, area: Option<&Area>, dice: &mut Dice) -> Point {
    for _ in 0..TRIES {
        let (lng, lat) = (off(middle.lng(), dice), off(middle.lat(), dice));
        let place = Point::new(lng, lat).ok().filter(|place| area.is_none_or(|area| area.contains(*place)));
        if let Some(place) = place {
            return place;
        }
    }
    middle
}

fn off(degrees: f64, dice: &mut Dice) -> f64 {
    degrees + (dice.fraction() - 0.5) * 2.0 * FAR
}

/// The origin of a step that nobody waits for.
pub fn origin(caller: Caller, ids: &IdSource) -> Origin {
    let answer: MakeAnswer = Arc::new(|_, _| Answer { status: 200, body: String::new() });
    Origin { caller: Arc::new(caller), request_id: ids.next(), idempotency: None, answer }
}

/// What is made public of a request of these words; nothing of most.
pub fn sentence(words: &str) -> Option<&'static str> {
    SENTENCES.iter().find(|(said, _)| *said == words).map(|(_, sentence)| *sentence)
}

/// The next words of a completion, a rating.
pub fn done_note(dice: &mut Dice) -> String {
    dice.pick(&NOTES).map_or_else(String::new, |note| (*note).to_owned())
}

/// Why somebody puts a request back.
pub fn return_reason(dice: &mut Dice) -> String {
    dice.pick(&RETURNS).map_or_else(String::new, |reason| (*reason).to_owned())
}

/// How a leader asks to hurry.
pub fn nudge_note(dice: &mut Dice) -> String {
    dice.pick(&NUDGES).map_or_else(String::new, |note| (*note).to_owned())
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
