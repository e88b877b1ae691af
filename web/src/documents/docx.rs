//! Papers as Word files (ECMA-376, transitional): the few parts that a paper needs. No writer at hand repeats a table's head
//! over pages and gives the same bytes twice.

use std::fmt::Write as _;
use std::io::{Cursor, Write as _};

use lianxin_domain::clock::Timestamp;
use zip::result::ZipResult;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::{Block, Paper, Table};

/// Twentieths of a point from edge to edge of the text: A4 without its margins.
const WIDTH: u32 = 9_638;
/// The share of a fact's title in the width, in percent.
const LABEL: u32 = 14;
/// Half points.
const TITLE: u32 = 38;
const HEADING: u32 = 26;
const BODY: u32 = 22;
const CELL: u32 = 18;
const FOOT: u32 = 15;

const CONTENT_TYPES: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/><Override PartName="/word/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.styles+xml"/><Override PartName="/word/footer1.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.footer+xml"/><Override PartName="/docProps/core.xml" ContentType="application/vnd.openxmlformats-package.core-properties+xml"/></Types>"#;
const PACKAGE: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/><Relationship Id="rId2" Type="http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties" Target="docProps/core.xml"/></Relationships>"#;
const PARTS: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/><Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/footer" Target="footer1.xml"/></Relationships>"#;
const STYLES: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<w:styles xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:docDefaults><w:rPrDefault><w:rPr><w:rFonts w:ascii="Times New Roman" w:hAnsi="Times New Roman" w:eastAsia="宋体" w:cs="Times New Roman"/><w:sz w:val="22"/><w:szCs w:val="22"/><w:lang w:val="en-US" w:eastAsia="zh-CN"/></w:rPr></w:rPrDefault><w:pPrDefault/></w:docDefaults><w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/></w:style><w:style w:type="paragraph" w:styleId="Heading1"><w:name w:val="heading 1"/><w:basedOn w:val="Normal"/><w:next w:val="Normal"/><w:pPr><w:keepNext/><w:spacing w:before="240" w:after="100"/><w:outlineLvl w:val="0"/></w:pPr><w:rPr><w:rFonts w:eastAsia="黑体"/><w:sz w:val="26"/></w:rPr></w:style></w:styles>"#;
const NAMESPACES: &str = r#"xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships""#;

/// The paper as a Word file.
///
/// # Errors
/// When the archive cannot be written.
pub fn docx(paper: &Paper) -> ZipResult<Vec<u8>> {
    // The archive has no time of its own: the date of the earliest that it can say.
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(zip::DateTime::default());
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let parts = [
        ("[Content_Types].xml", CONTENT_TYPES.to_owned()),
        ("_rels/.rels", PACKAGE.to_owned()),
        ("word/_rels/document.xml.rels", PARTS.to_owned()),
        ("word/styles.xml", STYLES.to_owned()),
        ("word/footer1.xml", footer(paper)),
        ("docProps/core.xml", properties(paper)),
        ("word/document.xml", document(paper)),
    ];
    for (name, text) in parts {
        archive.start_file(name, options)?;
        archive.write_all(text.as_bytes())?;
    }
    Ok(archive.finish()?.into_inner())
}

fn document(paper: &Paper) -> String {
    let mut xml =
        format!("<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<w:document {NAMESPACES}><w:body>");
    let centred = "<w:jc w:val=\"center\"/><w:spacing w:before=\"60\" w:after=\"60\"/>";
    paragraph(&mut xml, centred, Some(("黑体", TITLE)), &paper.title);
    paragraph(&mut xml, centred, None, &paper.subtitle);
    for block in &paper.blocks {
        match block {
            Block::Heading(text) => {
                paragraph(&mut xml, "<w:pStyle w:val=\"Heading1\"/>", Some(("黑体", HEADING)), text);
            }
            Block::Facts(rows) => facts(&mut xml, rows),
            Block::Text(text) => {
                for line in text.lines() {
                    let indented = "<w:spacing w:line=\"360\" w:lineRule=\"auto\"/><w:ind w:firstLineChars=\"200\" w:firstLine=\"440\"/>";
                    paragraph(&mut xml, indented, None, line.trim());
                }
            }
            Block::Table(of) => table(&mut xml, of),
            Block::Signatures(lines) => {
                for line in lines {
                    let right = "<w:keepNext/><w:spacing w:before=\"320\"/><w:ind w:left=\"4000\"/>";
                    paragraph(&mut xml, right, None, &format!("{line}____________________"));
                }
            }
        }
    }
    xml.push_str(
        "<w:sectPr><w:footerReference w:type=\"default\" r:id=\"rId2\"/><w:pgSz w:w=\"11906\" w:h=\"16838\"/>\
         <w:pgMar w:top=\"1134\" w:right=\"1134\" w:bottom=\"1134\" w:left=\"1134\" w:header=\"567\" w:footer=\"567\" \
         w:gutter=\"0\"/></w:sectPr></w:body></w:document>",
    );
    xml
}

/// A paragraph with these properties; `look`: its Chinese font and size.
fn paragraph(xml: &mut String, properties: &str, look: Option<(&str, u32)>, text: &str) {
    let (font, size) = look.unwrap_or(("宋体", BODY));
    let _ = write!(xml, "<w:p><w:pPr>{}</w:pPr>", in_order(properties));
    run(xml, font, size, text);
    xml.push_str("</w:p>");
}

/// Word wants a paragraph's properties in the order of the standard.
fn in_order(properties: &str) -> String {
    let names = ["<w:pStyle", "<w:keepNext", "<w:spacing", "<w:ind", "<w:jc"];
    let parts: Vec<&str> = properties.split_inclusive("/>").collect();
    names.iter().flat_map(|name| parts.iter().filter(move |part| part.starts_with(name))).copied().collect()
}

fn run(xml: &mut String, font: &str, size: u32, text: &str) {
    if !text.is_empty() {
        let _ = write!(
            xml,
            "<w:r><w:rPr><w:rFonts w:eastAsia=\"{font}\"/><w:sz w:val=\"{size}\"/><w:szCs w:val=\"{size}\"/></w:rPr>\
             <w:t xml:space=\"preserve\">{}</w:t></w:r>",
            escaped(text)
        );
    }
}

fn facts(xml: &mut String, rows: &[Vec<(&'static str, String)>]) {
    let label = WIDTH * LABEL / 100;
    let half = WIDTH / 2 - label;
    begin_table(xml, &[label, half, label, half]);
    for row in rows {
        xml.push_str("<w:tr><w:trPr><w:cantSplit/></w:trPr>");
        let span = if row.len() == 1 { 3 } else { 1 };
        for (title, text) in row {
            cell(xml, label, 1, true, BODY - 2, title);
            cell(xml, if span == 3 { WIDTH - label } else { half }, span, false, BODY - 2, text);
        }
        xml.push_str("</w:tr>");
    }
    end_table(xml);
}

fn table(xml: &mut String, table: &Table) {
    let all: u32 = table.columns.iter().map(|(_, share)| u32::from(*share)).sum();
    let widths: Vec<u32> = table.columns.iter().map(|(_, share)| WIDTH * u32::from(*share) / all.max(1)).collect();
    begin_table(xml, &widths);
    xml.push_str("<w:tr><w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>");
    for (width, (title, _)) in widths.iter().zip(&table.columns) {
        cell(xml, *width, 1, true, CELL, title);
    }
    xml.push_str("</w:tr>");
    for row in &table.rows {
        xml.push_str("<w:tr><w:trPr><w:cantSplit/></w:trPr>");
        for (width, text) in widths.iter().zip(row) {
            cell(xml, *width, 1, false, CELL, text);
        }
        xml.push_str("</w:tr>");
    }
    end_table(xml);
}

fn begin_table(xml: &mut String, widths: &[u32]) {
    let _ = write!(xml, "<w:tbl><w:tblPr><w:tblW w:w=\"{WIDTH}\" w:type=\"dxa\"/><w:tblBorders>");
    for side in ["top", "left", "bottom", "right", "insideH", "insideV"] {
        let _ = write!(xml, "<w:{side} w:val=\"single\" w:sz=\"4\" w:space=\"0\" w:color=\"5A5A5A\"/>");
    }
    xml.push_str(
        "</w:tblBorders><w:tblLayout w:type=\"fixed\"/><w:tblCellMar><w:left w:w=\"70\" w:type=\"dxa\"/>\
                  <w:right w:w=\"70\" w:type=\"dxa\"/></w:tblCellMar></w:tblPr><w:tblGrid>",
    );
    for width in widths {
        let _ = write!(xml, "<w:gridCol w:w=\"{width}\"/>");
    }
    xml.push_str("</w:tblGrid>");
}

/// Two tables without a paragraph between them would become one.
fn end_table(xml: &mut String) {
    xml.push_str("</w:tbl><w:p><w:pPr><w:spacing w:line=\"120\" w:lineRule=\"exact\"/></w:pPr></w:p>");
}

fn cell(xml: &mut String, width: u32, span: u32, title: bool, size: u32, text: &str) {
    let _ = write!(xml, "<w:tc><w:tcPr><w:tcW w:w=\"{width}\" w:type=\"dxa\"/>");
    if span > 1 {
        let _ = write!(xml, "<w:gridSpan w:val=\"{span}\"/>");
    }
    if title {
        xml.push_str("<w:shd w:val=\"clear\" w:color=\"auto\" w:fill=\"F0F0F0\"/>");
    }
    xml.push_str("<w:vAlign w:val=\"center\"/></w:tcPr>");
    let lines: Vec<&str> = if text.is_empty() { vec![""] } else { text.lines().collect() };
    for line in lines {
        xml.push_str("<w:p>");
        run(xml, "宋体", size, line);
        xml.push_str("</w:p>");
    }
    xml.push_str("</w:tc>");
}

fn footer(paper: &Paper) -> String {
    let mut xml = format!("<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<w:ftr {NAMESPACES}>");
    for (index, line) in paper.footer.iter().enumerate() {
        let _ = write!(xml, "<w:p><w:pPr><w:tabs><w:tab w:val=\"right\" w:pos=\"{WIDTH}\"/></w:tabs></w:pPr>");
        run(&mut xml, "宋体", FOOT, line);
        if index == 0 {
            let _ = write!(xml, "<w:r><w:rPr><w:sz w:val=\"{FOOT}\"/></w:rPr><w:tab/></w:r>");
            run(&mut xml, "宋体", FOOT, "第 ");
            field(&mut xml, "PAGE");
            run(&mut xml, "宋体", FOOT, " / ");
            field(&mut xml, "NUMPAGES");
            run(&mut xml, "宋体", FOOT, " 页");
        }
        xml.push_str("</w:p>");
    }
    xml.push_str("</w:ftr>");
    xml
}

fn field(xml: &mut String, name: &str) {
    let _ = write!(
        xml,
        "<w:fldSimple w:instr=\" {name} \"><w:r><w:rPr><w:sz w:val=\"{FOOT}\"/></w:rPr><w:t>1</w:t></w:r></w:fldSimple>"
    );
}

fn properties(paper: &Paper) -> String {
    let whole_seconds = Timestamp::from_millis(paper.made_at.millis() / 1_000 * 1_000).to_string();
    let made = whole_seconds.replace(".000Z", "Z");
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<cp:coreProperties \
         xmlns:cp=\"http://schemas.openxmlformats.org/package/2006/metadata/core-properties\" \
         xmlns:dc=\"http://purl.org/dc/elements/1.1/\" xmlns:dcterms=\"http://purl.org/dc/terms/\" \
         xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><dc:title>{}</dc:title>\
         <dcterms:created xsi:type=\"dcterms:W3CDTF\">{made}</dcterms:created>\
         <dcterms:modified xsi:type=\"dcterms:W3CDTF\">{made}</dcterms:modified></cp:coreProperties>",
        escaped(&paper.title)
    )
}

/// A text as XML holds it; what XML cannot hold is left out.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\t' => escaped.push(' '),
            c if c.is_control() || matches!(c, '\u{FFFE}' | '\u{FFFF}') => {}
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    fn paper(text: &str) -> Paper {
        Paper {
            title: text.to_owned(),
            subtitle: String::new(),
            footer: vec!["脚".to_owned()],
            made_at: Timestamp::from_millis(1_795_241_527_123),
            blocks: vec![
                Block::Text(text.to_owned()),
                Block::Table(Table { columns: vec![("列", 1)], rows: vec![vec![text.to_owned()]] }),
            ],
        }
    }

    fn part(file: &[u8], name: &str) -> String {
        let mut archive = zip::ZipArchive::new(Cursor::new(file)).unwrap();
        let mut text = String::new();
        archive.by_name(name).unwrap().read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn words_do_not_become_marks() {
        let file = docx(&paper("a<b>&\"c\"\u{1}")).unwrap();
        let document = part(&file, "word/document.xml");
        assert_eq!(document.matches("a&lt;b&gt;&amp;&quot;c&quot;</w:t>").count(), 3);
        assert_eq!(document.matches("<w:tblHeader/>").count(), 1);
        let properties = part(&file, "docProps/core.xml");
        assert!(
            properties.contains("<dcterms:created xsi:type=\"dcterms:W3CDTF\">2026-11-21T06:12:07Z<"),
            "{properties}"
        );
    }

    #[test]
    fn the_same_paper_gives_the_same_bytes() {
        assert_eq!(docx(&paper("会议")).unwrap(), docx(&paper("会议")).unwrap());
        assert_ne!(docx(&paper("会议")).unwrap(), docx(&paper("会")).unwrap());
    }

    #[test]
    fn properties_stand_in_the_order_of_the_standard() {
        let shuffled = "<w:jc w:val=\"center\"/><w:spacing w:before=\"60\"/><w:keepNext/>";
        assert_eq!(in_order(shuffled), "<w:keepNext/><w:spacing w:before=\"60\"/><w:jc w:val=\"center\"/>");
    }
}
