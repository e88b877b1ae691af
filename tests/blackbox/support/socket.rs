//! A client of the live channel.

use std::time::Duration;

use actix_http::ws::{Frame, Message};
use awc::BoxedSocket;
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};

use super::people::Person;

const PATIENCE: Duration = Duration::from_secs(10);

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
        let client = awc::Client::builder().max_http_version(awc::http::Version::HTTP_11).finish();
        let mut request = client.ws(url).max_frame_size(8 << 20);
        if let Some(token) = &person.token {
            request = request.header("Authorization", format!("Bearer {token}"));
        }
        let (_, framed) = request.connect().await.unwrap();
        let mut live = Self { framed };
        let welcome = live.next().await;
        (live, welcome)
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
