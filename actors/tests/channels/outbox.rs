//! The file twin takes each key once, whatever happened before.

use std::path::{Path, PathBuf};

use futures_util::future::join_all;
use lianxin_actors::channel::{ChannelName, Gateway as _, Message, OutboxFile, Receipt};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::message::message;

fn sms(data: &TempDir) -> OutboxFile {
    OutboxFile::open(data.path(), ChannelName::Sms, 45_000).unwrap()
}

fn path(data: &TempDir) -> PathBuf {
    data.path().join("outbox/sms.jsonl")
}

fn lines(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).unwrap();
    assert!(text.is_empty() || text.ends_with('\n'), "{text}");
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn keys(path: &Path) -> Vec<String> {
    lines(path).iter().map(|line| line["key"].as_str().unwrap().to_owned()).collect()
}

#[actix::test]
async fn a_line_has_what_its_readers_read() {
    let data = TempDir::new().unwrap();
    let code = Message { code: Some("123456".to_owned()), url: None, ..message("sms-code:1", "19900000001") };
    let receipt = sms(&data).send(&code).await.unwrap();
    assert_eq!(receipt, Receipt { cost_milli_fen: 45_000, reference: Some("sms.jsonl:1".to_owned()) });
    let expected = json!({
        "phone": "19900000001", "title": code.title, "text": code.text, "code": "123456", "urgent": false,
        "key": "sms-code:1", "cost_milli_fen": 45_000, "reference": "sms.jsonl:1",
    });
    assert_eq!(lines(&path(&data)), [expected]);
    for (channel, field) in [(ChannelName::Voice, "phone"), (ChannelName::Wechat, "openid"), (ChannelName::Push, "to")]
    {
        let outbox = OutboxFile::open(data.path(), channel, 0).unwrap();
        outbox.send(&message("k", "somebody")).await.unwrap();
        let lines = lines(&data.path().join(format!("outbox/{channel}.jsonl")));
        assert_eq!((&lines[0][field], &lines[0]["url"]), (&json!("somebody"), &json!("/tickets/7")));
    }
}

#[actix::test]
async fn the_same_key_twice_is_one_line_and_one_receipt() {
    let data = TempDir::new().unwrap();
    let outbox = sms(&data);
    let first = outbox.send(&message("a", "19900000001")).await.unwrap();
    outbox.send(&message("b", "19900000001")).await.unwrap();
    assert_eq!(outbox.send(&message("a", "19900000002")).await.unwrap(), first);
    // Opened anew, at another price; the old one never closed, as after a kill.
    std::mem::forget(outbox);
    let dearer = OutboxFile::open(data.path(), ChannelName::Sms, 60_000).unwrap();
    assert_eq!(dearer.send(&message("a", "19900000001")).await.unwrap(), first);
    assert_eq!(dearer.send(&message("c", "19900000001")).await.unwrap().cost_milli_fen, 60_000);
    assert_eq!(keys(&path(&data)), ["a", "b", "c"]);
}

#[actix::test]
async fn two_at_once_and_two_processes_take_a_key_once() {
    let data = TempDir::new().unwrap();
    let (here, there) = (sms(&data), sms(&data));
    let messages: Vec<Message> = (0..40).map(|n| message(&format!("k{}", n % 10), "19900000001")).collect();
    let sends = messages.iter().enumerate().map(|(n, message)| if n % 3 == 0 { &here } else { &there }.send(message));
    let receipts: Vec<Receipt> = join_all(sends).await.into_iter().map(Result::unwrap).collect();
    let mut taken = keys(&path(&data));
    for (n, receipt) in receipts.iter().enumerate() {
        let line = taken.iter().position(|key| *key == format!("k{}", n % 10)).unwrap() + 1;
        assert_eq!(receipt.reference, Some(format!("sms.jsonl:{line}")));
    }
    taken.sort();
    assert_eq!(taken, (0..10).map(|n| format!("k{n}")).collect::<Vec<_>>());
}

#[actix::test]
async fn wherever_a_crash_tears_the_last_line_each_key_is_there_once() {
    let data = TempDir::new().unwrap();
    let outbox = sms(&data);
    for key in ["a", "b"] {
        outbox.send(&message(key, "19900000001")).await.unwrap();
    }
    let whole = std::fs::read(path(&data)).unwrap();
    let second = whole.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    for cut in second..=whole.len() {
        std::fs::write(path(&data), &whole[..cut]).unwrap();
        let outbox = sms(&data);
        for key in ["a", "b", "c", "a", "b", "c"] {
            outbox.send(&message(key, "19900000001")).await.unwrap();
        }
        assert_eq!(keys(&path(&data)), ["a", "b", "c"], "cut at {cut}");
    }
}

#[actix::test]
async fn a_line_torn_off_while_it_is_open_is_closed_too() {
    let data = TempDir::new().unwrap();
    let outbox = sms(&data);
    outbox.send(&message("a", "19900000001")).await.unwrap();
    let torn = [&std::fs::read(path(&data)).unwrap()[..], b"{\"phone\":\"199"].concat();
    std::fs::write(path(&data), torn).unwrap();
    outbox.send(&message("b", "19900000001")).await.unwrap();
    assert_eq!(keys(&path(&data)), ["a", "b"]);
}

#[actix::test]
async fn lines_of_older_versions_and_an_emptied_file_do_no_harm() {
    let data = TempDir::new().unwrap();
    let old = "{\"phone\":\"19900000001\",\"text\":\"您的验证码是 123456\",\"code\":\"123456\"}\nnot json\n";
    std::fs::create_dir_all(data.path().join("outbox")).unwrap();
    std::fs::write(path(&data), old).unwrap();
    let outbox = sms(&data);
    let receipt = outbox.send(&message("a", "19900000001")).await.unwrap();
    assert_eq!(receipt.reference.as_deref(), Some("sms.jsonl:3"));
    assert!(std::fs::read_to_string(path(&data)).unwrap().starts_with(old));
    std::fs::write(path(&data), "").unwrap();
    outbox.send(&message("a", "19900000001")).await.unwrap();
    assert_eq!(keys(&path(&data)), ["a"]);
}

#[test]
fn channels_are_parsed_by_their_names() {
    for channel in ChannelName::ALL {
        assert_eq!(ChannelName::parse(channel.as_str()), Some(channel));
    }
    assert_eq!(ChannelName::parse("SMS"), None);
    assert_eq!(format!("{:?}", message("k", "19900000001")), "Message { key: \"k\", .. }");
}
