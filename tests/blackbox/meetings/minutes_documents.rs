//! Minutes as files: Word, PDF and Excel, the same bytes whenever they are made.

use std::io::{Cursor, Read as _};

use calamine::{Data, Reader as _, Xlsx};
use serde_json::json;

use super::Stage;
use crate::party::Party;
use crate::support::{Person, TestServer};

const KINDS: [(&str, &str); 3] = [
    ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ("pdf", "application/pdf"),
    ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
];

impl Stage {
    async fn file(&self, who: &Person, kind: &str) -> Vec<u8> {
        let reply = who.get(&self.path(&format!("/archive.{kind}"))).await;
        assert_eq!(reply.status, 200, "{kind}: {}", reply.body);
        let media_type = KINDS.iter().find(|(name, _)| *name == kind).map(|(_, media_type)| *media_type);
        assert_eq!(reply.header("Content-Type"), media_type);
        reply.bytes.to_vec()
    }
}

/// The words of a Word file.
fn words_of(docx: &[u8]) -> String {
    let mut archive = zip::ZipArchive::new(Cursor::new(docx)).unwrap();
    let mut xml = String::new();
    archive.by_name("word/document.xml").unwrap().read_to_string(&mut xml).unwrap();
    assert!(xml.contains("<w:tblHeader/>"), "the head of a table is repeated");
    xml
}

/// Each row of the sheets of a workbook.
fn rows_of(xlsx: &[u8]) -> Vec<Vec<String>> {
    let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(xlsx)).unwrap();
    let sheets = workbook.sheet_names();
    let mut all = Vec::new();
    for name in sheets {
        let range = workbook.worksheet_range(&name).unwrap();
        assert!(workbook.worksheet_formula(&name).unwrap().is_empty(), "no formulas");
        all.extend(range.rows().map(|row| row.iter().map(Data::to_string).collect()));
    }
    all
}

#[actix_rt::test]
async fn documents_say_what_the_minutes_say_and_are_the_same_after_a_restart() {
    let mut stage = Stage::over().await;
    let dangerous = "=HYPERLINK(\"http://example.cn\")&<b>";
    let body =
        json!({ "version": 0, "content": "学习《条例》", "discussions": ["第一项\n另起一段"], "remarks": dangerous });
    stage.write(&stage.party.host, &body).await.expect(200);
    let draft = words_of(&stage.file(&stage.party.host, "docx").await);
    assert!(draft.contains("草稿，尚未签发") && draft.contains("学习《条例》") && draft.contains("住院治疗"));
    stage.sign(1).await.expect(200);
    let (host, member) = (stage.party.host.clone(), stage.members[1].clone());
    let mut before = Vec::new();
    for (kind, _) in KINDS {
        for who in [&host, &member] {
            let bytes = stage.file(who, kind).await;
            assert!(bytes == stage.file(who, kind).await, "{kind} twice");
            before.push(bytes);
        }
    }
    let words = words_of(&before[0]);
    let sha256 = stage.minutes(&host).await.body["sha256"].as_str().unwrap().to_owned();
    assert!(words.contains("&quot;http://example.cn&quot;)&amp;&lt;b&gt;") && words.contains("签发"), "{words}");
    assert!(words.contains("住院治疗") && !words_of(&before[1]).contains("住院"), "reasons are for the desk");
    assert!(before[2].starts_with(b"%PDF-"));
    let rows = rows_of(&before[4]);
    let branch = host.get(&stage.path("")).await.expect(200)["org_name"].as_str().unwrap().to_owned();
    let cell = |title: &str| rows.iter().find(|row| row[0] == title).map(|row| row[1].clone()).unwrap();
    assert_eq!((cell("备注"), cell("SHA-256")), (format!("'{dangerous}"), sha256));
    assert_eq!(rows.iter().filter(|row| row.contains(&branch)).count(), 24 + 1);
    assert!(!rows_of(&before[5]).iter().any(|row| row.iter().any(|cell| cell.contains("住院"))));
    if let Some(folder) = std::env::var_os("LIANXIN_KEEP_DOCUMENTS") {
        for (name, bytes) in
            ["desk.docx", "list.docx", "desk.pdf", "list.pdf", "desk.xlsx", "list.xlsx"].iter().zip(&before)
        {
            std::fs::write(std::path::Path::new(&folder).join(name), bytes).unwrap();
        }
    }
    // Neither a restart, nor another name of the branch, nor a visit changes a byte of what is signed.
    stage.party.server.kill();
    stage.party.server.restart();
    let (admin, supervisor) =
        (stage.party.admin.at(&stage.party.server), stage.party.supervisor.at(&stage.party.server));
    let path = format!("/organisations/{}", stage.party.branch);
    admin.patch(&path, &json!({ "name": "另一个名字" })).await.expect(204);
    supervisor.post(&stage.path("/visits"), &json!({})).await.expect(200);
    let (host, member) = (host.at(&stage.party.server), member.at(&stage.party.server));
    let mut after = Vec::new();
    for (kind, _) in KINDS {
        for who in [&host, &member] {
            after.push(stage.file(who, kind).await);
        }
    }
    assert!(before == after, "not the same bytes");
}

#[actix_rt::test]
async fn without_a_font_there_is_no_pdf_and_everything_else() {
    let server = TestServer::start_with(&[("LIANXIN__DOCUMENTS__FONT", "/nonexistent/font.ttc")]);
    let stage = Stage::drafted_on(Party::on(server).await, &json!({})).await;
    stage.host("/launch", &json!({})).await.expect(200);
    stage.host("/start", &json!({})).await.expect(200);
    let refused = stage.party.host.get(&stage.path("/archive.pdf")).await;
    assert_eq!((refused.status, refused.code()), (503, "document.no_font"));
    assert!(refused.body["detail"].as_str().unwrap().contains("字体"));
    stage.file(&stage.party.host, "docx").await;
    stage.file(&stage.party.host, "xlsx").await;
    assert_eq!(stage.members[1].get(&stage.path("/archive.docx")).await.code(), "minutes.not_signed");
}
