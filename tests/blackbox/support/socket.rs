//! A client of the live channel.

use std::time::Duration;

use actix_http::ws::{CloseCode, CloseReason, Frame, Message};
use awc::BoxedSocket;
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};

use super::people::Person;

const PATIENCE: Duration = Duration::from_secs(10);
/// For a connection over a wire that may be broken.
const QUICK: Duration = Duration::from_secs(1);

/// An open live channel.
pub struct Live {
    framed: actix_codec_framed::Framed,
}

mod actix_codec_framed {
    //! The type that `awc` answers.
    pub type Framed = actix_codec::Framed<super::BoxedSocket, actix_http::ws::Codec>;
}

/// What came in.
#[derive(Debug, Clone, PartialEq)]
pub enum Incoming {
    Message(Value),
    Closed(Option<u16>),
}

impl Live {
    /// Opens the channel and takes the welcome.
    pub async fn open(person: &Person) -> Self {
        let (live, welcome) = Self::open_with_welcome(person).await;
        assert_eq!(welcome["op"], "welcome");
        live
    }

    /// Opens the channel; answers the welcome too.
    pub async fn open_with_welcome(person: &Person) -> (Self, Value) {
        let url = format!("{}/api/v1/live", person.base.replacen("http", "ws", 1));
        let mut request = person.lasting().ws(url).max_frame_size(8 << 20);
        if let Some(token) = &person.token {
            request = request.header("Authorization", format!("Bearer {token}"));
        }
        let (_, framed) = request.connect().await.unwrap();
        let mut live = Self { framed };
        let welcome = live.next().await;
        (live, welcome)
    }

    /// Opens the channel over a wire that may be broken.
    pub async fn try_open(person: &Person) -> Option<Self> {
        let url = format!("{}/api/v1/live", person.base.replacen("http", "ws", 1));
        let client = awc::Client::builder().max_http_version(awc::http::Version::HTTP_11).timeout(QUICK).finish();
        let mut request = client.ws(url).max_frame_size(8 << 20);
        if let Some(token) = &person.token {
            request = request.header("Authorization", format!("Bearer {token}"));
        }
        let (_, framed) = tokio::time::timeout(QUICK, request.connect()).await.ok()?.ok()?;
        Some(Self { framed })
    }

    /// The next message or the end; nothing when it does not come in time.
    pub async fn incoming_within(&mut self, time: Duration) -> Option<Incoming> {
        tokio::time::timeout(time, self.incoming()).await.ok()
    }

    /// Opens the channel as a browser does that has only the token: by the WebSocket's sub-protocols.
    pub async fn open_by_protocol(base: &str, token: &str) -> Self {
        let url = format!("{}/api/v1/live", base.replacen("http", "ws", 1));
        let client = awc::Client::builder().max_http_version(awc::http::Version::HTTP_11).finish();
        let request = client.ws(url).protocols(["lianxin.v1", &format!("bearer.{token}")]);
        let (response, framed) = request.connect().await.unwrap();
        let chosen = response.headers().get("Sec-WebSocket-Protocol").and_then(|value| value.to_str().ok());
        assert_eq!(chosen, Some("lianxin.v1"), "the token is not echoed");
        let mut live = Self { framed };
        assert_eq!(live.next().await["op"], "welcome");
        live
    }

    /// Sends binary data.
    pub async fn say_binary(&mut self, data: &[u8]) {
        let _ = self.framed.send(Message::Binary(data.to_vec().into())).await;
    }

    /// Sends a ping frame; answers what the pong frame carries.
    pub async fn ping_frame(&mut self, data: &'static [u8]) -> Vec<u8> {
        self.framed.send(Message::Ping(data.into())).await.unwrap();
        loop {
            let frame = tokio::time::timeout(PATIENCE, self.framed.next()).await.expect("no pong came");
            if let Frame::Pong(data) = frame.expect("the channel ended").unwrap() {
                return data.to_vec();
            }
        }
    }

    /// Ends the channel as browsers do; answers the code that the server ends it with.
    pub async fn say_goodbye(&mut self) -> Option<u16> {
        let reason = CloseReason { code: CloseCode::Normal, description: None };
        self.framed.send(Message::Close(Some(reason))).await.unwrap();
        self.end().await
    }

    /// Messages up to and with the first that `last` knows.
    pub async fn until(&mut self, mut last: impl FnMut(&Value) -> bool) -> Vec<Value> {
        let mut messages = Vec::new();
        loop {
            let message = self.next().await;
            let done = last(&message);
            messages.push(message);
            if done {
                return messages;
            }
        }
    }

    /// Messages up to the event with this number.
    pub async fn until_seq(&mut self, seq: u64) -> Vec<Value> {
        self.until(|message| message["op"] == "event" && message["seq"] == seq).await
    }

    /// All that the server had sent before it answers a ping.
    pub async fn until_pong(&mut self) -> Vec<Value> {
        self.say(&json!({ "op": "ping" })).await;
        let mut messages = self.until(|message| message["op"] == "pong").await;
        messages.pop();
        messages
    }

    /// The code that the server closes with; what comes before is passed over.
    pub async fn end(&mut self) -> Option<u16> {
        loop {
            if let Incoming::Closed(code) = self.incoming().await {
                return code;
            }
        }
    }

    /// Sends a message.
    pub async fn say(&mut self, message: &Value) {
        self.framed.send(Message::Text(message.to_string().into())).await.unwrap();
    }

    /// Sends raw text.
    pub async fn say_text(&mut self, text: &str) {
        let _ = self.framed.send(Message::Text(text.to_owned().into())).await;
    }

    /// Follows a topic; answers `subscribed`, `reset` or `refused`.
    pub async fn subscribe(&mut self, topic: &str, since: Option<u64>) -> Value {
        let mut message = json!({ "op": "subscribe", "topics": [topic] });
        if let Some(since) = since {
            message["since"] = json!(since);
        }
        self.say(&message).await;
        loop {
            let answer = self.next().await;
            if answer["topic"] == topic && answer["op"] != "event" && answer["op"] != "state" {
                return answer;
            }
        }
    }

    /// The next message; fails when the channel ends or nothing comes.
    pub async fn next(&mut self) -> Value {
        match self.incoming().await {
            Incoming::Message(message) => message,
            Incoming::Closed(code) => panic!("the channel ended: {code:?}"),
        }
    }

    /// The next event of a kind; others and states are passed over.
    pub async fn event(&mut self, kind: &str) -> Value {
        loop {
            let message = self.next().await;
            if message["op"] == "event" && message["kind"] == kind {
                return message;
            }
        }
    }

    /// The next message, or the end.
    pub async fn incoming(&mut self) -> Incoming {
        loop {
            let frame = tokio::time::timeout(PATIENCE, self.framed.next()).await.expect("nothing came");
            match frame {
                Some(Ok(Frame::Text(text))) => return Incoming::Message(serde_json::from_slice(&text).unwrap()),
                Some(Ok(Frame::Close(reason))) => return Incoming::Closed(reason.map(|reason| reason.code.into())),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Incoming::Closed(None),
            }
        }
    }
}
