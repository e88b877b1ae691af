//! The WebSocket: handshake, and the conversation behind it. Reading never waits for writing, so a client that takes no
//! bytes still has its heartbeat and its end.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use actix_http::ws::{Codec, Frame as WsFrame};
use actix_web::{HttpRequest, HttpResponse, get, web};
use actix_web_actors::ws;
use bytes::{Bytes, BytesMut};
use lianxin_actors::hub::{CloseReason, Drained, Outbox};
use tokio_util::codec::Decoder as _;

use super::protocol::{self, ClientMessage};
use super::subscriber::Subscriber;
use super::upgrade::Accepted;
use super::wire::{Socket, Wire};
use super::{HEARTBEAT_S, LiveDesk, frames};
use crate::auth::Viewer;
use crate::call::request_id;
use crate::error::ApiError;
use crate::request_span;

/// Bytes of a client's frame.
const MAX_FRAME: usize = 64 * 1024;
/// Silence after which a client counts as gone: two and a half heartbeats.
const SILENCE: Duration = Duration::from_millis(HEARTBEAT_S * 2_500);
/// How long an ended connection has for what still waits and for its goodbye.
const FAREWELL: Duration = Duration::from_secs(20);
/// Messages that cannot be read before the connection ends.
const MAX_MALFORMED: u32 = 16;
const PROTOCOL: &str = "lianxin.v1";

/// Opens the live channel.
#[utoipa::path(tag = "live", responses((status = 101)))]
#[get("/api/v1/live")]
pub async fn live(who: Viewer, request: HttpRequest, desk: web::Data<LiveDesk>) -> Result<HttpResponse, ApiError> {
    let mut response = ws::handshake_with_protocols(&request, &[PROTOCOL])
        .map_err(|_| ApiError::malformed("live.handshake", "请用 WebSocket 连接"))?;
    let subscriber = Box::pin(Subscriber::connect(desk, &who, &request)).await?;
    let mut response = response.finish();
    // Its own lines name the request, whose traced work is done.
    let span = request_span::logged(Some(request_id(&request)));
    response.extensions_mut().insert(Accepted { subscriber, span });
    Ok(response)
}

/// Reads and writes until the client is gone, breaks the protocol, or the server ends the connection. `early` came with
/// the handshake.
pub(super) async fn carry(io: impl Socket, early: Bytes, mut subscriber: Subscriber) {
    let (outbox, session_ends) = (Arc::clone(&subscriber.outbox), subscriber.session_ends());
    let wire = Wire::new(io);
    let mut writing = pin!(write(&wire, &outbox));
    let reason = tokio::select! {
        reason = read(&wire, early, &mut subscriber) => reason,
        reason = outbox.ended() => reason,
        () = tokio::time::sleep_until(session_ends) => CloseReason::RightsChanged,
        // Only a client that takes no more bytes ends it before the outbox does.
        () = &mut writing => return outbox.close(CloseReason::Gone),
    };
    outbox.close(reason);
    // Whom nobody listens to any more follows nothing.
    drop(subscriber);
    if reason != CloseReason::Gone {
        let farewell = async {
            writing.await;
            wire.shut().await
        };
        let _ = tokio::time::timeout(FAREWELL, farewell).await;
    }
}

/// Handles what the client says, until it says no more.
async fn read<T: Socket>(wire: &Wire<T>, early: Bytes, subscriber: &mut Subscriber) -> CloseReason {
    let mut reader = Reader::new();
    reader.take(&early);
    drop(early);
    loop {
        if let Err(reason) = reader.take_over(subscriber).await {
            return reason;
        }
        if reader.buffer.is_empty() {
            reader.buffer = BytesMut::new();
        }
        match tokio::time::timeout(SILENCE, wire.read(&mut reader.buffer)).await {
            Ok(Ok(1..)) => {}
            Ok(Ok(0) | Err(_)) | Err(_) => return CloseReason::Gone,
        }
    }
}

/// Writes what waits in the outbox, up to its end.
pub(super) async fn write<T: Socket>(wire: &Wire<T>, outbox: &Outbox) {
    loop {
        let mut frames = match poll_fn(|context| outbox.poll_drain(context)).await {
            Drained::Frames(frames) => frames.iter().map(|frame| frame.wire(frames::text)).collect(),
            Drained::Closed(reason) => {
                let mut last = VecDeque::from_iter(frames::close(reason));
                let _ = wire.write(&mut last).await;
                return;
            }
        };
        if wire.write(&mut frames).await.is_err() {
            return;
        }
    }
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
                Heard::Ping(data) => subscriber.outbox.push(frames::pong(data)),
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
