//! Whether a secret vote is one: everything that remains of it, read by somebody who wants to know who voted how.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use lianxin::system::SystemEntropy;
use lianxin_domain::clock::Entropy;
use lianxin_domain::meeting::Urn;
use lianxin_domain::vote::{Ballot, Receipt};
use lianxin_storage::database::Database;
use lianxin_storage::secrets::Secrets;
use lianxin_storage::votes::{SlipSealer, Votes};
use serde_json::{Value, json};

use super::votes::Ballots;
use crate::party::Party;
use crate::support::{TestServer, WITHIN, text};

const OPTIONS: [&str; 9] = ["甲", "乙", "丙", "丁", "戊", "己", "庚", "辛", "壬"];

/// The receipt of the voter at this place: no two letters of it occur elsewhere by chance.
fn receipt(place: usize) -> String {
    format!("QZXJ{:012}", 700_000_000_000_u64 + place as u64 * 7_919)
}

/// The option that the voter at this place chose: each another one, in no obvious order.
const fn chosen(place: usize) -> usize {
    (place * 5 + 3) % OPTIONS.len()
}

/// What the vote's rows and everything else in the database say, as text.
fn dump(server: &TestServer) -> String {
    let output = Command::new("sqlite3").arg(server.data_dir().join("lianxin.db")).arg(".dump").output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

/// All files of the data folder but the secrets, as they lie on the disk: the database, its log, what was uploaded.
fn files(folder: &Path) -> Vec<u8> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(files(&path));
        } else {
            all.extend(std::fs::read(&path).unwrap());
        }
    }
    all
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

/// The urn as whoever has the secrets, too, can open it.
async fn urn(server: &TestServer, vote: &str) -> Urn {
    let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy::seeded().unwrap());
    let secrets = Secrets::load_or_create(server.data_dir(), &*entropy).unwrap();
    let sealer = SlipSealer::new(secrets.column_cipher(Arc::clone(&entropy)), entropy);
    let url = format!("sqlite://{}?mode=ro", server.data_dir().join("lianxin.db").display());
    let votes = Votes::new(Database::open(&url).await.unwrap());
    votes.urn(&sealer, vote.parse().unwrap(), 1).await.unwrap()
}

#[actix_rt::test]
async fn from_everything_that_remains_nobody_learns_who_voted_how() {
    // The log lies in the data folder, with all that it can say.
    let settings = [(WITHIN, "sh tests/blackbox/support/log_beside_data.sh"), ("LIANXIN__LOG__LEVEL", "trace")];
    let play = Ballots::running_on(Party::on(TestServer::start_with(&settings)).await, 9).await;
    let (stage, server) = (&play.stage, &play.stage.party.server);
    let question = json!({ "title": "推荐一人", "method": "single", "secrecy": "secret", "options": OPTIONS });
    let vote = play.opened(&question).await;
    let voters: Vec<_> = stage.members[..9].iter().collect();
    for (place, voter) in voters.iter().enumerate() {
        let ballot = json!({ "round": 1, "choices": [chosen(place)], "receipt": receipt(place) });
        let cast = voter.post_once(&stage.path(&format!("/votes/{vote}/ballots")), &ballot, "once").await;
        assert_eq!(cast.expect(200), &json!({ "vote_id": vote, "round": 1, "cast": true }), "nothing of the choice");
    }

    // While people vote, without the secrets: no receipt lies anywhere, in the files or in the log.
    let everything = files(server.data_dir());
    for place in 0..voters.len() {
        assert!(!holds(&everything, &receipt(place)), "the receipt of voter {place}");
    }
    // With the secrets: what was chosen is known, and its order is that of random keys.
    let opened = urn(server, &vote).await;
    let cast: Vec<Ballot> =
        (0..9).map(|place| Ballot::Chosen([u32::try_from(chosen(place)).unwrap()].into())).collect();
    assert_eq!(opened.ballots.len(), 9);
    assert_ne!(opened.ballots, cast, "in the order in which they were cast");
    let rows = server.sql("SELECT * FROM vote_slips;");
    let keys: Vec<&String> = rows.iter().map(|row| &row[0]).collect();
    assert!(keys.is_sorted() && rows.iter().all(|row| row.len() == 2), "a key and a seal, by the key: {keys:?}");

    stage.host(&format!("/votes/{vote}/close"), &json!({})).await.expect(200);
    let dump = dump(server);
    // No line of the dump holds something of a person and something of a ballot.
    let mut people = Vec::new();
    for voter in &voters {
        let me = voter.get("/auth/me").await.expect(200).clone();
        people.push((text(&me["id"]), text(&me["membership"]["member_id"])));
    }
    for line in dump.lines().filter(|line| line.starts_with("INSERT INTO")) {
        let person = people.iter().any(|(account, member)| line.contains(account) || line.contains(member));
        let ballot = (0..9).any(|place| line.contains(&receipt(place))) || line.contains("\"chosen\"");
        assert!(!(person && ballot), "{line}");
    }
    // What is left of the ballots: their sum, and the receipts, sorted.
    let codes = server.sql("SELECT codes FROM vote_receipts;").into_iter().flatten().collect::<Vec<_>>().join("\n");
    let mut sorted: Vec<Receipt> = (0..9).map(|place| receipt(place).parse().unwrap()).collect();
    sorted.sort();
    let kept: Vec<Receipt> = codes.split_whitespace().map(|code| code.parse().unwrap()).collect();
    assert_eq!(kept, sorted);
    assert!(server.sql("SELECT id FROM vote_slips;").is_empty());
    assert_eq!(server.sql("SELECT COUNT(*) FROM vote_voters WHERE ballot IS NULL;")[0][0], "9");
    // The events of the casting say who and nothing else.
    for row in server.sql("SELECT data FROM events WHERE kind = 'vote.cast';") {
        let data: Value = serde_json::from_str(&row[0]).unwrap();
        let names: Vec<&String> = data.as_object().unwrap().keys().collect();
        assert_eq!(names, ["member_id", "round", "version", "vote_id"]);
    }
    // What is kept to answer repetitions is the same whatever was chosen.
    let hashes = server.sql("SELECT DISTINCT request_hash FROM idempotency WHERE id LIKE '%|once';");
    assert_eq!(hashes.len(), 1);
    let log = std::fs::read(server.data_dir().join("log")).unwrap();
    assert!(holds(&log, "vote_slips"), "the log says which statements ran");
    for place in 0..voters.len() {
        assert!(!holds(&log, &receipt(place)) && !holds(&log, "\"choices\""), "voter {place}");
    }
}

#[actix_rt::test]
async fn of_fewer_than_five_secret_ballots_the_outcome_alone_is_told_and_kept() {
    let play = Ballots::running(4).await;
    let question = json!({
        "title": "是否同意", "method": "yes_no_abstain", "secrecy": "secret",
        "majority": { "base": "valid", "numerator": 1, "denominator": 2, "more_than": true },
    });
    let vote = play.opened(&question).await;
    for (place, answer) in ["yes", "yes", "yes", "no"].into_iter().enumerate() {
        let ballot = json!({ "round": 1, "choices": [answer], "receipt": receipt(place) });
        play.cast(&vote, &play.stage.members[place], &ballot).await.expect(200);
    }
    let closed = play.stage.host(&format!("/votes/{vote}/close"), &json!({})).await;
    let expected = json!([{ "count": null, "needed": null, "outcome": "passed" }]);
    assert_eq!((&closed.expect(200)["result"]["options"], &closed.body["result"]["ballots"]), (&expected, &json!(4)));
    let server = &play.stage.party.server;
    let kept = server.sql("SELECT result FROM votes;");
    let logged = server.sql("SELECT data FROM events WHERE kind IN ('vote.counted', 'vote.published');");
    assert!(kept.iter().chain(&logged).all(|row| row[0].contains("\"count\":null")), "{kept:?} {logged:?}");
    let live =
        json!({ "title": "现场", "method": "single", "secrecy": "secret", "options": ["甲", "乙"], "show": "live" });
    assert_eq!(play.stage.host("/votes", &live).await.fields(), ["show"]);
}
