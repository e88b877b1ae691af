//! The contract with a county's bridge, from the bridge's side.

use std::sync::Arc;

use data_encoding::HEXLOWER;
use lianxin_actors::channel::bridge::BridgeError;
use lianxin_actors::channel::{BridgeSettings, ChannelName, Gateway as _, HttpGateway, Message, Outbound};
use lianxin_actors::channel::{Receipt, SendError};
use lianxin_domain::clock::{ManualClock, Timestamp};
use ring::hmac;
use serde_json::{Value, json};

use crate::message::message;
use crate::other_side::server::{Got, Server};

const SECRET: &str = "a-secret-that-both-sides-know";
/// 2026-11-21T06:12:07.900Z
const NOW: i64 = 1_795_241_527_900;

fn settings(url: &str, secret: &str) -> BridgeSettings {
    BridgeSettings { url: url.to_owned(), secret: secret.to_owned(), cost_milli_fen: 45_000 }
}

fn gateway(url: &str) -> Result<HttpGateway, BridgeError> {
    let clock = Arc::new(ManualClock::at(Timestamp::from_millis(NOW)));
    HttpGateway::new(Outbound::new(&[]).unwrap(), ChannelName::Sms, &settings(url, SECRET), clock)
}

/// What a bridge does first.
fn verify(got: &Got, secret: &str) -> bool {
    let signed = [got.header("x-lianxin-timestamp").as_bytes(), b".", &got.body].concat();
    let tag = HEXLOWER.decode(got.header("x-lianxin-signature").strip_prefix("sha256=").unwrap().as_bytes()).unwrap();
    hmac::verify(&hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()), &signed, &tag).is_ok()
}

#[actix::test]
async fn a_message_arrives_whole_and_signed() {
    let server = Server::start();
    server.will_answer(200, &[], r#"{"cost_milli_fen":38000,"reference":"20261121-7"}"#);
    let gateway = gateway(&format!("{}/sms?county=1", server.base)).unwrap();
    let code = Message { code: Some("123456".to_owned()), url: None, ..message("sms-code:1", "19900000001") };
    let receipt = gateway.send(&code).await.unwrap();
    assert_eq!(receipt, Receipt { cost_milli_fen: 38_000, reference: Some("20261121-7".to_owned()) });
    let mut got = server.take_one();
    assert_eq!(got.path, "POST /sms?county=1");
    assert_eq!(got.header("content-type"), "application/json");
    assert_eq!(got.header("idempotency-key"), "sms-code:1");
    assert_eq!(got.header("x-lianxin-timestamp"), "1795241527");
    let body: Value = serde_json::from_slice(&got.body).unwrap();
    let expected = json!({
        "channel": "sms", "key": "sms-code:1", "to": "19900000001", "title": code.title, "text": code.text,
        "code": "123456", "urgent": false,
    });
    assert_eq!(body, expected);
    assert!(verify(&got, SECRET));
    assert!(!verify(&got, "another-secret-of-that-size!!"));
    got.body[20] ^= 1;
    assert!(!verify(&got, SECRET));
}

#[actix::test]
async fn a_bridge_may_say_little() {
    let server = Server::start();
    let gateway = gateway(&server.base).unwrap();
    for (status, body) in [(200, ""), (204, ""), (202, "OK"), (201, "{}"), (200, r#"{"cost_milli_fen":-1}"#)] {
        server.will_answer(status, &[], body);
        let receipt = gateway.send(&message("k", "19900000001")).await.unwrap();
        assert_eq!(receipt, Receipt { cost_milli_fen: 45_000, reference: None }, "{status} {body}");
    }
}

#[actix::test]
async fn what_passes_is_tried_again_and_what_does_not_is_given_up() {
    let server = Server::start();
    let gateway = gateway(&server.base).unwrap();
    for status in [408, 429, 500, 502, 503, 504, 599] {
        server.will_answer(status, &[], "19900000001 is not to be cited");
        let why = format!("the sms bridge answered {status}");
        let expected = Err(SendError::Again { why, after_ms: None });
        assert_eq!(gateway.send(&message("k", "19900000001")).await, expected);
    }
    for status in [400, 401, 403, 404, 409, 410, 413, 422, 451] {
        server.will_answer(status, &[("Retry-After", "1")], "");
        let expected = Err(SendError::Gone { why: format!("the sms bridge answered {status}") });
        assert_eq!(gateway.send(&message("k", "19900000001")).await, expected);
    }
}

#[actix::test]
async fn a_wait_that_is_asked_for_is_kept() {
    let server = Server::start();
    let gateway = gateway(&server.base).unwrap();
    let day = 24 * 3_600 * 1_000;
    for (header, expected) in [
        ("120", Some(120_000)),
        (" 0 ", Some(0)),
        ("Sat, 21 Nov 2026 06:13:07 GMT", Some(59_100)),
        ("Sat, 21 Nov 2026 06:00:00 GMT", Some(0)),
        ("Sat, 21 Nov 2099 06:00:00 GMT", Some(day)),
        ("999999999", Some(day)),
        ("99999999999999999999", None),
        ("-5", None),
        ("soon", None),
    ] {
        for status in [429, 503] {
            server.will_answer(status, &[("Retry-After", header)], "");
            match gateway.send(&message("k", "19900000001")).await {
                Err(SendError::Again { after_ms, .. }) => assert_eq!(after_ms, expected, "{header}"),
                other => panic!("{other:?}"),
            }
        }
    }
}

#[actix::test]
async fn a_redirect_is_not_followed() {
    let (server, elsewhere) = (Server::start(), Server::start());
    let gateway = gateway(&server.base).unwrap();
    for status in [301, 302, 303, 307, 308] {
        server.will_answer(status, &[("Location", &elsewhere.base)], "");
        assert!(matches!(gateway.send(&message("k", "19900000001")).await, Err(SendError::Again { .. })));
    }
    assert_eq!((server.take().len(), elsewhere.take().len()), (5, 0));
}

#[actix::test]
async fn nobody_there_is_tried_again() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let sent = gateway(&format!("http://{port}/")).unwrap().send(&message("k", "19900000001")).await;
    assert!(matches!(&sent, Err(SendError::Again { after_ms: None, .. })), "{sent:?}");
    assert!(!sent.unwrap_err().to_string().contains("19900000001"));
}

#[actix::test]
async fn settings_and_keys_that_make_no_sense_are_refused() {
    for url in ["", "sms", "ftp://bridge/", "https://", "https://u@bridge/", "https://:p@bridge/", "https://bridge/#x"]
    {
        assert_eq!(gateway(url).err(), Some(BridgeError::Url), "{url}");
    }
    let clock = Arc::new(ManualClock::default());
    let short = settings("https://bridge.county.gov.cn/", "too-short");
    let short = HttpGateway::new(Outbound::new(&[]).unwrap(), ChannelName::Sms, &short, clock);
    assert_eq!(short.err(), Some(BridgeError::Secret));
    let server = Server::start();
    for key in ["a\r\nX-Evil: 1", "钥匙", "a b"] {
        let sent = gateway(&server.base).unwrap().send(&message(key, "19900000001")).await;
        assert!(matches!(sent, Err(SendError::Gone { .. })));
    }
    assert_eq!(server.take().len(), 0);
}
