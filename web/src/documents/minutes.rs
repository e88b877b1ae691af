//! The minutes of a meeting as a paper, and as sheets of a workbook.

use lianxin_domain::attachment::AttachmentKind;
use lianxin_domain::clock::Timestamp;
use lianxin_domain::meeting::Role;
use lianxin_domain::minutes::{AttendanceLine, Figures, Minutes, MinutesDraft, Resolution};

use super::{Block, Paper, Table, moment};
use crate::sheet::{Sheet, Value};

/// For whom a paper is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readers {
    /// Who runs the meeting or looks over it.
    Desk,
    /// Everybody on the list: without the reasons for which people are away.
    List,
}

/// The minutes as a paper; `hash` is that of the facts.
pub fn paper_of_minutes(draft: &MinutesDraft, minutes: &Minutes, hash: &str, readers: Readers) -> Paper {
    let heading = &draft.heading;
    let mut blocks = vec![Block::Heading("一、基本情况".to_owned()), Block::Facts(facts(draft))];
    let mut numbers = ["二", "三", "四", "五", "六", "七", "八"].into_iter();
    let mut part = |title: &str, parts: Vec<Block>| {
        if !parts.is_empty() {
            let number = numbers.next().unwrap_or_default();
            blocks.push(Block::Heading(format!("{number}、{title}")));
            blocks.extend(parts);
        }
    };
    let text = &minutes.text;
    let words = |text: &str| (!text.is_empty()).then(|| Block::Text(text.to_owned()));
    part("会议内容", words(&text.content).into_iter().collect());
    part("议程与讨论", agenda(draft, &text.discussions));
    part("决议事项", draft.resolutions.iter().map(resolution).chain(words(&text.decisions)).collect());
    part("发言情况", calls(draft));
    part("备注", words(&text.remarks).into_iter().collect());
    part("会议材料与影像", materials(draft));
    let lines = vec!["主持人（签字）：", "记录人（签字）：", "日　　期："];
    part("签字", vec![Block::Signatures(lines)]);
    blocks.push(Block::Heading("附：到会情况".to_owned()));
    blocks.push(Block::Table(attendance(draft, readers)));
    Paper {
        title: format!("{}会议纪要", heading.topic.trim_end_matches("会议")),
        subtitle: standing_of(minutes),
        footer: vec![format!("{}　事实依据日志第 {} 条", heading.organisation, draft.as_of), format!("SHA-256 {hash}")],
        made_at: made_at(draft, minutes),
        blocks,
    }
}

/// The minutes as the sheets of a workbook.
pub fn sheets_of_minutes(draft: &MinutesDraft, minutes: &Minutes, hash: &str, readers: Readers) -> Vec<Sheet> {
    let pairs = |rows: Vec<Vec<(&'static str, String)>>| {
        rows.into_iter().flatten().map(|(title, text)| vec![title.into(), text.into()]).collect::<Vec<Vec<Value>>>()
    };
    let mut overview = pairs(facts(draft));
    let text = &minutes.text;
    let written = [
        ("会议内容", text.content.clone()),
        ("决议事项", text.decisions.clone()),
        ("备注", text.remarks.clone()),
        ("状态", standing_of(minutes)),
        ("事实依据日志", format!("第 {} 条", draft.as_of)),
        ("SHA-256", hash.to_owned()),
    ];
    overview.extend(pairs(vec![written.to_vec()]));
    let mut sheets = vec![
        Sheet { name: "会议纪要", columns: vec![("项目", 16), ("内容", 80)], rows: overview },
        sheet("到会情况", attendance(draft, readers)),
    ];
    if !draft.agenda.is_empty() {
        let discussion = |index: usize| text.discussions.get(index).cloned().unwrap_or_default();
        let Table { mut columns, mut rows } = agenda_table(draft);
        columns.push(("讨论情况", 60));
        rows.iter_mut().enumerate().for_each(|(index, row)| row.push(discussion(index)));
        sheets.push(sheet("议程", Table { columns, rows }));
    }
    if !draft.resolutions.is_empty() {
        sheets.push(resolution_sheet(&draft.resolutions));
    }
    if !draft.calls.is_empty() {
        sheets.push(sheet("发言", calls_table(draft)));
    }
    sheets
}

fn sheet(name: &'static str, table: Table) -> Sheet {
    let columns = table.columns.into_iter().map(|(title, width)| (title, u8::try_from(width).unwrap_or(60)));
    let rows = table.rows.into_iter().map(|row| row.into_iter().map(Value::from).collect());
    Sheet { name, columns: columns.collect(), rows: rows.collect() }
}

/// Signed minutes were made when they were signed, others at the end, or at the begin while the meeting runs.
fn made_at(draft: &MinutesDraft, minutes: &Minutes) -> Timestamp {
    let signed = minutes.signed.as_ref().map(|signed| signed.mark.at);
    let heading = &draft.heading;
    signed.or(heading.ended_at).or(heading.started_at).unwrap_or(heading.starts_at)
}

fn standing_of(minutes: &Minutes) -> String {
    match &minutes.signed {
        Some(signed) => format!("{} 于 {} 签发", signed.mark.by.name, moment(signed.mark.at)),
        None => "草稿，尚未签发".to_owned(),
    }
}

fn facts(draft: &MinutesDraft) -> Vec<Vec<(&'static str, String)>> {
    let heading = &draft.heading;
    let real = heading.started_at.map(|started| {
        let until = heading.ended_at.map_or_else(|| "进行中".to_owned(), moment);
        format!("{} 至 {until}", moment(started))
    });
    let place = if heading.place.is_empty() { "线上" } else { &heading.place };
    let mut facts = vec![
        vec![("主　题", heading.topic.clone())],
        vec![("党组织", heading.organisation.clone()), ("会议类型", heading.type_name.clone())],
        vec![("计划时间", format!("{} 至 {}", moment(heading.starts_at), moment(heading.ends_at)))],
        vec![("实际时间", real.unwrap_or_default())],
        vec![("地　点", place.to_owned()), ("召开方式", heading.mode.title().to_owned())],
        vec![("主持人", heading.host.clone()), ("记录人", heading.recorder.clone().unwrap_or_default())],
        vec![("到会情况", counted(&draft.figures, heading.ended_at.is_some()))],
        vec![("表决权", voters(&draft.figures))],
    ];
    if !heading.content.is_empty() {
        facts.push(vec![("会议事项", heading.content.clone())]);
    }
    facts
}

fn counted(figures: &Figures, over: bool) -> String {
    let rate = figures.rate_permille().map(|tenths| format!("（到会率 {}.{}%）", tenths / 10, tenths % 10));
    let missing = if over { "缺席" } else { "未到" };
    format!(
        "应到 {} 人，实到 {} 人{}，请假 {} 人，{missing} {} 人；实到中迟到 {} 人、早退 {} 人、替会 {} 人、线上 {} 人。列席 {} 人。",
        figures.expected,
        figures.present,
        rate.unwrap_or_default(),
        figures.leave,
        figures.absent,
        figures.late,
        figures.left_early,
        figures.substituted,
        figures.online,
        figures.guests
    )
}

fn voters(figures: &Figures) -> String {
    format!("有表决权的正式党员应到 {} 人，实到 {} 人。", figures.voters, figures.voters_present)
}

fn agenda(draft: &MinutesDraft, discussions: &[String]) -> Vec<Block> {
    if draft.agenda.is_empty() {
        return Vec::new();
    }
    let said = draft.agenda.iter().zip(discussions).enumerate().filter(|(_, (_, text))| !text.is_empty());
    let said = said.map(|(index, (item, text))| Block::Text(format!("{}．{}：{text}", index + 1, item.title)));
    std::iter::once(Block::Table(agenda_table(draft))).chain(said).collect()
}

fn agenda_table(draft: &MinutesDraft) -> Table {
    let started = draft.heading.started_at;
    let rows = draft.agenda.iter().enumerate().map(|(index, item)| {
        let times = item.times.iter().map(|stretch| {
            let until = stretch.until.map_or_else(|| "进行中".to_owned(), |until| clock(until, started));
            format!("{}–{until}", clock(stretch.from, started))
        });
        let times = times.collect::<Vec<_>>().join("、");
        let planned = if item.minutes > 0 { format!("{} 分钟", item.minutes) } else { String::new() };
        let presenter = item.presenter.clone().unwrap_or_default();
        vec![(index + 1).to_string(), item.title.clone(), presenter, planned, times]
    });
    let columns = vec![("序号", 7), ("议题", 40), ("主讲", 14), ("计划", 12), ("起止时间", 27)];
    Table { columns, rows: rows.collect() }
}

fn resolution(resolution: &Resolution) -> Block {
    let options = resolution.options.iter().map(|option| format!("{} {} 票", option.title, option.count));
    let closed = resolution.closed_at.map_or_else(|| "进行中".to_owned(), moment);
    Block::Facts(vec![
        vec![("表决事项", resolution.title.clone())],
        vec![("表决方式", way(resolution).to_owned()), ("结　果", resolution.outcome.clone())],
        vec![(
            "人　数",
            format!(
                "应到会有表决权 {} 人，实到 {} 人，投票 {} 人",
                resolution.entitled, resolution.present, resolution.cast
            ),
        )],
        vec![("得　票", options.collect::<Vec<_>>().join("，"))],
        vec![("规　则", resolution.rule.clone())],
        vec![("时　间", format!("{} 至 {closed}", moment(resolution.opened_at)))],
    ])
}

const fn way(resolution: &Resolution) -> &'static str {
    if resolution.secret { "无记名" } else { "记名" }
}

fn resolution_sheet(resolutions: &[Resolution]) -> Sheet {
    let columns = vec![
        ("表决事项", 40),
        ("方式", 10),
        ("应到会有表决权", 16),
        ("实到", 8),
        ("投票", 8),
        ("得票", 40),
        ("规则", 50),
        ("结果", 14),
    ];
    let row = |one: &Resolution| {
        let options = one.options.iter().map(|option| format!("{} {} 票", option.title, option.count));
        vec![
            one.title.as_str().into(),
            way(one).into(),
            u64::from(one.entitled).into(),
            u64::from(one.present).into(),
            u64::from(one.cast).into(),
            options.collect::<Vec<_>>().join("，").into(),
            one.rule.as_str().into(),
            one.outcome.as_str().into(),
        ]
    };
    Sheet { name: "决议", columns, rows: resolutions.iter().map(row).collect() }
}

fn calls(draft: &MinutesDraft) -> Vec<Block> {
    if draft.calls.is_empty() { Vec::new() } else { vec![Block::Table(calls_table(draft))] }
}

fn calls_table(draft: &MinutesDraft) -> Table {
    let rows = draft.calls.iter().map(|call| {
        let item = call.item.and_then(|index| draft.agenda.get(index as usize));
        let title = item.map(|item| item.title.clone()).unwrap_or_default();
        vec![clock(call.at, draft.heading.started_at), call.name.clone(), title]
    });
    Table { columns: vec![("时间", 20), ("发言人", 25), ("议题", 55)], rows: rows.collect() }
}

fn materials(draft: &MinutesDraft) -> Vec<Block> {
    let papers = draft.papers.iter().map(|paper| format!("材料：{}", paper.name));
    let media = draft.media.iter().map(|media| {
        let kind = if media.kind == AttachmentKind::Video { "视频" } else { "图片" };
        format!("{kind}：{}（{} 于 {} 上传）", media.title, media.by, moment(media.at))
    });
    let lines: Vec<String> = papers.chain(media).collect();
    if lines.is_empty() { Vec::new() } else { vec![Block::Text(lines.join("\n"))] }
}

fn attendance(draft: &MinutesDraft, readers: Readers) -> Table {
    let mut columns = vec![
        ("序号", 7),
        ("姓名", 13),
        ("党组织", 22),
        ("身份", 11),
        ("类别", 7),
        ("到会", 14),
        ("到会时间", 11),
        ("离会时间", 11),
        ("方式", 7),
    ];
    if readers == Readers::Desk {
        columns.push(("请假事由", 14));
    }
    let line = |(number, line): (usize, &AttendanceLine)| {
        let mut row = vec![
            number.to_string(),
            line.name.clone(),
            line.organisation.clone(),
            line.standing.title().to_owned(),
            line.role.title().to_owned(),
            said(line),
            line.came_at().map(|at| clock(at, draft.heading.started_at)).unwrap_or_default(),
            left(line, draft),
            line.way().map(|way| way.title().to_owned()).unwrap_or_default(),
        ];
        if readers == Readers::Desk {
            row.push(line.leave_reason.clone().unwrap_or_default());
        }
        row
    };
    Table { columns, rows: (1..).zip(&draft.attendance).map(line).collect() }
}

fn said(line: &AttendanceLine) -> String {
    match (&line.other, line.role) {
        (Some(other), Role::Substitute { .. }) => format!("{}（替{other}）", line.status_title),
        (Some(other), _) => format!("{}（由{other}替）", line.status_title),
        (None, _) => line.status_title.to_owned(),
    }
}

fn left(line: &AttendanceLine, draft: &MinutesDraft) -> String {
    match (line.came_at(), line.left_at()) {
        (_, Some(at)) => clock(at, draft.heading.started_at),
        (Some(_), None) if draft.heading.ended_at.is_some() => "至结束".to_owned(),
        _ => String::new(),
    }
}

/// The time of day in China, with the date when it is another one than that of `begun`.
fn clock(at: Timestamp, begun: Option<Timestamp>) -> String {
    let (date, time) =
        moment(at).split_once(' ').map(|(date, time)| (date.to_owned(), time.to_owned())).unwrap_or_default();
    let same = begun.is_some_and(|begun| moment(begun).starts_with(&date));
    if same { time } else { format!("{} {time}", date.get(5..).unwrap_or_default()) }
}
