//! Whether anybody can learn who rated whom: everything that remains, read by somebody who wants to know.

use std::process::Command;

use serde_json::json;

use super::Round;
use crate::support::{TestServer, WITHIN, text};

/// All rows of the database, each a line.
fn dump(server: &TestServer) -> String {
    let output = Command::new("sqlite3").arg(server.data_dir().join("lianxin.db")).arg(".dump").output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

const GRADES: [&str; 4] = ["excellent", "basically_qualified", "unqualified", "qualified"];

/// The grade that the rater gives the ratee: no two raters give the same ones.
const fn given(rater: usize, ratee: usize) -> &'static str {
    GRADES[(rater * 3 + ratee * 5 + rater * ratee) % 4]
}

#[actix_rt::test]
async fn from_everything_that_remains_nobody_learns_who_rated_whom() {
    // The log lies in the data folder, with all that it can say.
    let settings = [(WITHIN, "sh tests/blackbox/support/log_beside_data.sh"), ("LIANXIN__LOG__LEVEL", "trace")];
    let mut round = Round::started(TestServer::start_with(&settings), 8).await;
    let mut accounts = Vec::new();
    for (person, _) in &round.people {
        accounts.push(text(&person.get("/auth/me").await.expect(200)["id"]));
    }
    for place in 0..9 {
        let form = round.form(place, |ratee| given(place, ratee));
        let saved = round.send(place, &form).await;
        let mut names: Vec<&String> = saved.expect(200).as_object().unwrap().keys().collect();
        names.sort();
        assert_eq!(names, ["appraisal_id", "deadline", "submitted"], "nothing of the form");
    }
    let resident = round.party.server.resident("19900006841").await;
    let me = text(&resident.get("/auth/me").await.expect(200)["id"]);
    let opinion = json!({ "ratings": [{ "member_id": round.people[0].1, "grade": "unqualified" }] });
    resident.put(&round.path("/opinion"), &opinion).await.expect(200);

    // While people rate, without the secrets: no row that names a person holds a grade, whoever that is.
    let holds_grade = |line: &str| {
        GRADES.iter().any(|grade| line.contains(&format!("{grade}\"")) || line.contains(&format!("'{grade}'")))
    };
    let id = round.id.clone();
    let about = |line: &str| line.contains("appraisal") || line.contains(&id);
    for line in dump(&round.party.server).lines().filter(|line| line.starts_with("INSERT INTO") && about(line)) {
        assert!(!holds_grade(line), "{line}");
        assert!(!line.contains("述职"), "{line}");
    }
    assert_eq!(round.party.server.sql("SELECT COUNT(*) FROM appraisal_forms;")[0][0], "10");

    round.pass_deadline().await;
    let server = &round.party.server;
    assert!(server.sql("SELECT id FROM appraisal_forms;").is_empty(), "the forms are gone");
    assert_eq!(server.sql("SELECT COUNT(*) FROM appraisal_raters;")[0][0], "10", "who took part stays");
    // No row names two people and a grade: of each participant there is the own rating and counts, in a row that names
    // nobody else; and who rated stands in rows without ratings.
    let everybody: Vec<&String> = accounts.iter().chain([&me]).collect();
    let after = dump(server);
    for line in after.lines().filter(|line| line.starts_with("INSERT INTO") && about(line)) {
        let accounts_there = everybody.iter().filter(|account| line.contains(**account)).count();
        let members_there = round.people.iter().filter(|(_, member)| line.contains(member)).count();
        if holds_grade(line) {
            assert!(line.starts_with("INSERT INTO appraisal_participants"), "{line}");
            assert!(accounts_there == 1 && members_there == 1, "{line}");
        }
    }
    for (rater, counts) in server
        .sql("SELECT member_id, mutual, mass, self_grade FROM appraisal_participants;")
        .iter()
        .map(|row| (&row[0], row))
    {
        let place = round.people.iter().position(|(_, member)| member == rater).unwrap();
        let own = if place < 8 { given(place, place) } else { "" };
        assert_eq!(counts[3], own, "the own rating stays");
        let mass: serde_json::Value = serde_json::from_str(&counts[2]).unwrap();
        assert_eq!(mass, json!({ "raters": u8::from(place == 0), "counts": null }));
    }
    // Events of it say that something happened, and the audit trail knows nothing of forms.
    for row in server.sql("SELECT kind, data FROM events WHERE subject_kind = 'appraisal';") {
        assert!(round.people.iter().all(|(_, member)| !row[1].contains(member)), "{row:?}");
        assert!(everybody.iter().all(|account| !row[1].contains(*account)) && !holds_grade(&row[1]), "{row:?}");
    }
    for row in server.sql("SELECT action, changes FROM audit WHERE subject_kind = 'appraisal';") {
        assert!(!holds_grade(&row[1]), "{row:?}");
    }
    for row in server.sql("SELECT title || text FROM notifications;") {
        assert!(["优秀", "合格"].iter().all(|word| !row[0].contains(word)), "{row:?}");
    }
    // What is kept to answer repetitions is nothing: a hash of few grades would tell which they were.
    let forms = server.sql("SELECT id FROM idempotency WHERE body LIKE '%submitted\":true,\"deadline%' OR body LIKE '%deadline%submitted\":true}%';");
    assert!(forms.is_empty(), "{forms:?}");
    let log = String::from_utf8_lossy(&std::fs::read(server.data_dir().join("log")).unwrap()).into_owned();
    assert!(log.contains("appraisal_forms"), "the log says which statements ran");
    for line in log.lines() {
        let names = everybody.iter().any(|account| line.contains(*account))
            || round.people.iter().any(|(_, member)| line.contains(member));
        assert!(!names || !holds_grade(line), "{line}");
        assert!(!line.contains("述职"), "{line}");
    }
}
