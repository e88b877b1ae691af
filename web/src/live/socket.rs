//! The WebSocket: handshake, and the task that reads from the client.

use std::time::Duration;

use actix_http::ws::{Codec, Frame as WsFrame};
use actix_web::{HttpRequest, HttpResponse, get, web};
use actix_web_actors::ws;
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt as _;
use lianxin_actors::hub::CloseReason;
use tokio_util::codec::Decoder as _;
use tracing::Instrument as _;

use super::body::{SocketBody, pong_frame};
use super::protocol::{self, ClientMessage};
use super::subscriber::Subscriber;
use super::{HEARTBEAT_S, LiveDesk};
use crate::auth::Viewer;
use crate::call::request_id;
use crate::error::ApiError;
use crate::request_span;

/// Bytes of a client's frame.
const MAX_FRAME: usize = 64 * 1024;
/// Silence after which a client counts as gone: two and a half heartbeats.
const SILENCE: Duration = Duration::from_millis(HEARTBEAT_S * 2_500);
/// Messages that cannot be read before the connection ends.
const MAX_MALFORMED: u32 = 16;
const PROTOCOL: &str = "lianxin.v1";

/// Opens the live channel.
#[utoipa::path(tag = "live", responses((status = 101)))]
#[get("/api/v1/live")]
pub async fn live(
    who: Viewer,
    request: HttpRequest,
    payload: web::Payload,
    desk: web::Data<LiveDesk>,
) -> Result<HttpResponse, ApiError> {
    let mut response = ws::handshake_with_protocols(&request, &[PROTOCOL])
        .map_err(|_| ApiError::malformed("live.handshake", "请用 WebSocket 连接"))?;
    let desk = LiveDesk::clone(&desk);
    let subscriber = Box::pin(Subscriber::connect(desk, &who, &request)).await?;
    let body = SocketBody::new(subscriber.outbox.clone());
    // Its own lines name the request, whose traced work is done.
    let span = request_span::logged(Some(request_id(&request)));
    actix_web::rt::spawn(read(subscriber, payload).instrument(span));
    Ok(response.streaming(body))
}

/// Reads until the client is gone, breaks the protocol, or the server ends the connection.
async fn read(mut subscriber: Subscriber, mut payload: web::Payload) {
    let (outbox, session_ends) = (subscriber.outbox.clone(), subscriber.session_ends());
    let mut reader = Reader::new();
    let reading = async {
        loop {
            match tokio::time::timeout(SILENCE, payload.next()).await {
                Ok(Some(Ok(chunk))) => reader.take(&chunk),
                Ok(Some(Err(_)) | None) | Err(_) => return CloseReason::Gone,
            }
            if let Err(reason) = reader.take_over(&mut subscriber).await {
                return reason;
            }
        }
    };
    let reason = tokio::select! {
        reason = reading => reason,
        reason = outbox.ended() => reason,
        () = tokio::time::sleep_until(session_ends) => CloseReason::RightsChanged,
    };
    outbox.close(reason);
}

/// What came from a client.
pub(crate) enum Heard {
    Message(ClientMessage),
    /// A text that is no message.
    Malformed,
    Ping(Bytes),
    Pong,
}

/// Frames out of the bytes of a connection.
pub(crate) struct Reader {
    codec: Codec,
    buffer: BytesMut,
    malformed: u32,
}

impl Reader {
    pub(crate) fn new() -> Self {
        Self { codec: Codec::new().max_size(MAX_FRAME), buffer: BytesMut::new(), malformed: 0 }
    }

    /// Takes in what came.
    pub(crate) fn take(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The next whole frame; nothing while more has to come. With an error the connection is over.
    pub(crate) fn next(&mut self) -> Result<Option<Heard>, CloseReason> {
        let heard = match self.codec.decode(&mut self.buffer) {
            Ok(None) => return Ok(None),
            Ok(Some(WsFrame::Text(text))) => serde_json::from_slice(&text).map_or(Heard::Malformed, Heard::Message),
            Ok(Some(WsFrame::Ping(data))) => Heard::Ping(data),
            Ok(Some(WsFrame::Pong(_))) => Heard::Pong,
            Ok(Some(WsFrame::Close(_))) => return Err(CloseReason::Goodbye),
            // Our clients send small texts in one piece.
            Ok(Some(WsFrame::Binary(_) | WsFrame::Continuation(_))) | Err(_) => return Err(CloseReason::Protocol),
        };
        if matches!(heard, Heard::Malformed) {
            self.malformed += 1;
        }
        Ok(Some(heard))
    }

    /// Handles every whole frame that came.
    async fn take_over(&mut self, subscriber: &mut Subscriber) -> Result<(), CloseReason> {
        while let Some(heard) = self.next()? {
            match heard {
                Heard::Message(ClientMessage::Subscribe { topics, since }) => {
                    subscriber.subscribe(topics.iter().map(String::as_str), since).await;
                }
                Heard::Message(ClientMessage::Unsubscribe { topics }) => {
                    for topic in &topics {
                        subscriber.unsubscribe(topic);
                    }
                }
                Heard::Message(ClientMessage::Ping {}) => subscriber.outbox.push(protocol::pong()),
                Heard::Ping(data) => subscriber.outbox.push(pong_frame(data)),
                Heard::Pong => {}
                Heard::Malformed => {
                    subscriber.outbox.push(protocol::malformed());
                    if self.malformed >= MAX_MALFORMED {
                        return Err(CloseReason::Protocol);
                    }
                }
            }
        }
        Ok(())
    }
}
