//! Where on which page each part of a paper stands. Pure: the same paper gives the same pages.

use unicode_linebreak::{BreakOpportunity, linebreaks};

use super::{Block, Paper, Table};

/// A4 in points.
pub const PAGE: (f32, f32) = (595.28, 841.89);
const MARGIN: f32 = 56.7;
const WIDTH: f32 = PAGE.0 - 2.0 * MARGIN;
/// Where the text ends; the foot is below.
const BOTTOM: f32 = PAGE.1 - 68.0;
const TITLE: f32 = 19.0;
const HEADING: f32 = 13.0;
const BODY: f32 = 11.0;
const CELL: f32 = 9.0;
const FOOT: f32 = 7.5;
/// Lines of text, by its size.
const LEADING: f32 = 1.55;
/// Of a table's lines.
const TIGHT: f32 = 1.3;
/// From a cell's edge to its text.
const PAD: f32 = 3.5;
/// The share of a fact's title in the width.
const LABEL: f32 = 0.14;

/// Something that is drawn; places are those of the page, from its upper left corner.
#[derive(Debug, Clone, PartialEq)]
pub enum Mark {
    /// A text, from its left end on its base line.
    Text { x: f32, y: f32, size: f32, text: String },
    /// A line.
    Line { from: (f32, f32), to: (f32, f32) },
    /// A grey ground.
    Ground { x: f32, y: f32, width: f32, height: f32 },
}

/// How wide the characters of a text are, in parts of the font's size.
pub trait Measure {
    /// The width of each character.
    fn widths(&self, text: &str) -> Vec<f32>;
}

/// The pages of a paper.
pub fn pages(paper: &Paper, measure: &dyn Measure) -> Vec<Vec<Mark>> {
    let mut pen = Pen { measure, pages: vec![Vec::new()], y: MARGIN };
    for line in pen.wrapped(&paper.title, TITLE, WIDTH) {
        pen.centred(&line, TITLE);
    }
    pen.y += 4.0;
    pen.centred(&paper.subtitle, BODY);
    for (index, block) in paper.blocks.iter().enumerate() {
        match block {
            Block::Heading(text) => {
                let next = paper.blocks.get(index + 1);
                pen.heading(text, next);
            }
            Block::Facts(rows) => pen.facts(rows),
            Block::Text(text) => pen.text(text),
            Block::Table(table) => pen.table(table),
            Block::Signatures(lines) => pen.signatures(lines),
        }
    }
    pen.feet(&paper.footer);
    pen.pages
}

struct Pen<'a> {
    measure: &'a dyn Measure,
    pages: Vec<Vec<Mark>>,
    y: f32,
}

impl Pen<'_> {
    fn width(&self, text: &str, size: f32) -> f32 {
        self.measure.widths(text).iter().map(|width| width * size).sum()
    }

    /// The lines of a text that is so wide at most, broken where readers expect it (UAX #14).
    fn wrapped(&self, text: &str, size: f32, width: f32) -> Vec<String> {
        let mut lines = Vec::new();
        let (mut line, mut used, mut from) = (String::new(), 0.0, 0);
        for (until, kind) in linebreaks(text) {
            let piece = &text[from..until];
            from = until;
            let visible = piece.trim_end();
            if used + self.width(visible, size) > width && !line.is_empty() {
                lines.push(std::mem::take(&mut line).trim_end().to_owned());
                used = 0.0;
            }
            // What is too long for any line is broken anywhere.
            for (c, share) in visible.chars().zip(self.measure.widths(visible)) {
                let advance = share * size;
                if used + advance > width && !line.is_empty() {
                    lines.push(std::mem::take(&mut line));
                    used = 0.0;
                }
                line.push(c);
                used += advance;
            }
            let blanks: String = piece[visible.len()..].chars().filter(|c| !c.is_control()).collect();
            used += self.width(&blanks, size);
            line.push_str(&blanks);
            if kind == BreakOpportunity::Mandatory {
                lines.push(std::mem::take(&mut line).trim_end().to_owned());
                used = 0.0;
            }
        }
        if lines.is_empty() {
            lines.push(String::new());
        }
        lines
    }

    fn mark(&mut self, mark: Mark) {
        if let Some(page) = self.pages.last_mut() {
            page.push(mark);
        }
    }

    fn put(&mut self, x: f32, y: f32, size: f32, text: &str) {
        if !text.is_empty() {
            self.mark(Mark::Text { x, y, size, text: text.to_owned() });
        }
    }

    fn line(&mut self, from: (f32, f32), to: (f32, f32)) {
        self.mark(Mark::Line { from, to });
    }

    fn turn(&mut self) {
        self.pages.push(Vec::new());
        self.y = MARGIN;
    }

    /// Turns the page unless so much fits on this one; answers whether it was turned.
    fn need(&mut self, height: f32) -> bool {
        let turns = self.y + height > BOTTOM && self.y > MARGIN;
        if turns {
            self.turn();
        }
        turns
    }

    fn centred(&mut self, text: &str, size: f32) {
        self.y += size * LEADING;
        let x = MARGIN + (WIDTH - self.width(text, size)) / 2.0;
        self.put(x, self.y, size, text);
    }

    /// A heading never stands alone at the foot of a page.
    fn heading(&mut self, text: &str, next: Option<&Block>) {
        let behind = match next {
            Some(Block::Signatures(lines)) => lines.len() as f32 * 30.0,
            // A head with two rows under it says little.
            Some(Block::Table(table)) => 22.0 * (table.rows.len() + 1).min(6) as f32,
            _ => 3.0 * BODY * LEADING,
        };
        self.need(12.0 + HEADING * LEADING + behind);
        self.y += 12.0 + HEADING;
        self.put(MARGIN, self.y, HEADING, text);
        self.y += 7.0;
    }

    fn text(&mut self, text: &str) {
        self.y += 2.0;
        for paragraph in text.lines() {
            // Two characters in front of each paragraph, as Chinese prints it.
            let indented = format!("\u{3000}\u{3000}{}", paragraph.trim());
            for line in self.wrapped(&indented, BODY, WIDTH) {
                self.need(BODY * LEADING);
                self.y += BODY * LEADING;
                self.put(MARGIN, self.y - 4.0, BODY, &line);
            }
        }
        self.y += 2.0;
    }

    fn signatures(&mut self, lines: &[&str]) {
        for line in lines {
            self.need(30.0);
            self.y += 30.0;
            let x = MARGIN + WIDTH * 0.42;
            self.put(x, self.y, BODY, line);
            let from = x + self.width(line, BODY) + 4.0;
            self.line((from, self.y + 2.0), (MARGIN + WIDTH, self.y + 2.0));
        }
        self.y += 8.0;
    }

    fn facts(&mut self, rows: &[Vec<(&'static str, String)>]) {
        for row in rows {
            let label = WIDTH * LABEL;
            let value = (WIDTH - label * row.len() as f32) / row.len().max(1) as f32;
            let cells: Vec<(f32, bool, &str)> =
                row.iter().flat_map(|(title, text)| [(label, true, *title), (value, false, text.as_str())]).collect();
            self.row(&cells, BODY - 1.0, None);
        }
        self.y += 4.0;
    }

    fn table(&mut self, table: &Table) {
        let all: f32 = table.columns.iter().map(|(_, share)| f32::from(*share)).sum();
        let widths: Vec<f32> = table.columns.iter().map(|(_, share)| WIDTH * f32::from(*share) / all).collect();
        let head: Vec<(f32, bool, &str)> =
            widths.iter().zip(&table.columns).map(|(width, (title, _))| (*width, true, *title)).collect();
        self.row(&head, CELL, None);
        for row in &table.rows {
            let cells: Vec<(f32, bool, &str)> =
                widths.iter().zip(row).map(|(width, text)| (*width, false, text.as_str())).collect();
            self.row(&cells, CELL, Some(&head));
        }
        self.y += 4.0;
    }

    /// A row of cells, each with its width and whether it is a title. A cell that is longer than a page goes on there; on a
    /// new page `head` comes first.
    fn row(&mut self, cells: &[(f32, bool, &str)], size: f32, head: Option<&[(f32, bool, &str)]>) {
        let leading = size * TIGHT;
        let mut left: Vec<(f32, bool, Vec<String>)> = cells
            .iter()
            .map(|(width, title, text)| (*width, *title, self.wrapped(text, size, width - 2.0 * PAD)))
            .collect();
        while left.iter().any(|(_, _, lines)| !lines.is_empty()) {
            let longest = left.iter().map(|(_, _, lines)| lines.len()).max().unwrap_or_default();
            let whole = longest as f32 * leading + 2.0 * PAD;
            // A row is kept together when a page holds it.
            let wanted = if whole < (BOTTOM - MARGIN) / 2.0 { whole } else { 4.0 * leading };
            if self.need(wanted)
                && let Some(head) = head
            {
                self.row(head, size, None);
            }
            let fits = ((BOTTOM - self.y - 2.0 * PAD) / leading).floor().max(1.0) as usize;
            let count = longest.min(fits);
            self.cells(&mut left, count, size);
            if longest > count {
                self.turn();
                if let Some(head) = head {
                    self.row(head, size, None);
                }
            }
        }
    }

    /// Draws the next `count` lines of each cell, with the frame around them.
    fn cells(&mut self, left: &mut [(f32, bool, Vec<String>)], count: usize, size: f32) {
        let leading = size * TIGHT;
        let (top, height) = (self.y, count as f32 * leading + 2.0 * PAD);
        let mut x = MARGIN;
        for (width, title, lines) in left.iter_mut() {
            if *title {
                self.mark(Mark::Ground { x, y: top, width: *width, height });
            }
            let now: Vec<String> = lines.drain(..count.min(lines.len())).collect();
            // Titles and short cells stand in the middle of their height.
            let above = (count - now.len()) as f32 * leading / 2.0;
            for (number, line) in (1_u16..).zip(&now) {
                let y = top + PAD + above + f32::from(number) * leading - size * 0.28;
                self.put(x + PAD, y, size, line);
            }
            x += *width;
        }
        let mut x = MARGIN;
        for width in left.iter().map(|(width, _, _)| *width).chain([0.0]) {
            self.line((x, top), (x, top + height));
            x += width;
        }
        self.line((MARGIN, top), (MARGIN + WIDTH, top));
        self.line((MARGIN, top + height), (MARGIN + WIDTH, top + height));
        self.y = top + height;
    }

    /// The foot of every page, now that their number is known.
    fn feet(&mut self, lines: &[String]) {
        let count = self.pages.len();
        let numbers: Vec<String> = (1..=count).map(|number| format!("第 {number} / {count} 页")).collect();
        let offsets: Vec<f32> = numbers.iter().map(|text| self.width(text, FOOT)).collect();
        for ((page, text), width) in self.pages.iter_mut().zip(numbers).zip(offsets) {
            let mut y = BOTTOM + 20.0;
            page.push(Mark::Line { from: (MARGIN, y - 12.0), to: (MARGIN + WIDTH, y - 12.0) });
            page.push(Mark::Text { x: MARGIN + WIDTH - width, y, size: FOOT, text });
            for line in lines {
                page.push(Mark::Text { x: MARGIN, y, size: FOOT, text: line.clone() });
                y += FOOT * 1.5;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use lianxin_domain::clock::Timestamp;

    use super::*;

    /// Every character as wide as the font is high, Latin ones half of it.
    struct Square;

    impl Measure for Square {
        fn widths(&self, text: &str) -> Vec<f32> {
            text.chars().map(|c| if c.is_ascii() { 0.5 } else { 1.0 }).collect()
        }
    }

    fn paper(blocks: Vec<Block>) -> Paper {
        Paper {
            title: "会议纪要".to_owned(),
            subtitle: "草稿".to_owned(),
            footer: vec!["依据日志第 7 条".to_owned()],
            made_at: Timestamp::default(),
            blocks,
        }
    }

    fn texts(page: &[Mark]) -> Vec<&str> {
        page.iter()
            .filter_map(|mark| if let Mark::Text { text, .. } = mark { Some(text.as_str()) } else { None })
            .collect()
    }

    fn table(rows: usize) -> Block {
        let rows = (1..=rows).map(|number| vec![format!("行{number}"), "中".repeat(number % 60)]).collect();
        Block::Table(Table { columns: vec![("序号", 1), ("内容", 3)], rows })
    }

    #[test]
    fn the_head_of_a_table_is_on_each_page_and_each_row_is_there_once() {
        let pages = pages(&paper(vec![table(300)]), &Square);
        assert!(pages.len() > 3, "{}", pages.len());
        let mut seen: HashMap<String, usize> = HashMap::new();
        for (number, page) in (1..).zip(&pages) {
            let texts = texts(page);
            assert!(texts.contains(&"序号") && texts.contains(&"内容"), "page {number}: {texts:?}");
            assert!(texts.contains(&format!("第 {number} / {} 页", pages.len()).as_str()));
            for text in texts.iter().filter(|text| text.starts_with('行')) {
                *seen.entry((*text).to_owned()).or_default() += 1;
            }
        }
        assert!(seen.len() == 300 && seen.values().all(|times| *times == 1));
    }

    #[test]
    fn nothing_stands_beyond_the_paper_and_no_character_is_lost() {
        let long = "第一段很长，".repeat(400);
        let word = "x".repeat(300);
        let facts = Block::Facts(vec![vec![("长", long.clone())], vec![("甲", word.clone()), ("乙", String::new())]]);
        let blocks =
            vec![Block::Heading("一、正文".to_owned()), facts, Block::Text(format!("{long}\n{word}")), table(3)];
        let pages = pages(&paper(blocks), &Square);
        let mut held = String::new();
        for page in &pages {
            for mark in page {
                if let Mark::Text { x, y, size, text } = mark {
                    let width: f32 = Square.widths(text).iter().sum::<f32>() * size;
                    assert!(*x >= MARGIN - 0.1 && x + width <= PAGE.0 - MARGIN + 0.1, "{text}");
                    assert!(*y > MARGIN && *y < PAGE.1 - 20.0, "{text}");
                    held.push_str(text);
                }
            }
        }
        assert_eq!(held.matches("第").count(), 800 + 2 * pages.len());
        assert_eq!(held.matches('x').count(), 600);
    }

    #[test]
    fn no_line_begins_with_a_comma() {
        let pages = pages(&paper(vec![Block::Text("一二三四五六七，".repeat(60))]), &Square);
        let lines: Vec<&str> = pages.iter().flat_map(|page| texts(page)).collect();
        assert!(lines.iter().all(|line| !line.starts_with('，')), "{lines:?}");
    }
}
