//! The response body of a WebSocket: what waits in the outbox, joined into one chunk per turn.
//!
//! The HTTP dispatcher polls it only while the socket takes bytes, so nothing that must go on (reading, heartbeat,
//! closing) lives here.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use actix_http::ws::{CloseCode, CloseReason as WsClose, Codec, Message};
use actix_web::Error;
use bytes::{Bytes, BytesMut};
use bytestring::ByteString;
use futures_util::Stream;
use lianxin_actors::hub::{CloseReason, Drained, Frame, Outbox};
use tokio_util::codec::Encoder as _;

pub(super) struct SocketBody {
    outbox: Arc<Outbox>,
    ended: bool,
}

impl SocketBody {
    pub(super) const fn new(outbox: Arc<Outbox>) -> Self {
        Self { outbox, ended: false }
    }
}

impl Stream for SocketBody {
    type Item = Result<Bytes, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.ended {
            return Poll::Ready(None);
        }
        match self.outbox.poll_drain(context) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Drained::Frames(frames)) => Poll::Ready(Some(Ok(joined(&frames)))),
            Poll::Ready(Drained::Closed(reason)) => {
                self.ended = true;
                Poll::Ready(close_frame(reason).map(Ok))
            }
        }
    }
}

impl Drop for SocketBody {
    fn drop(&mut self) {
        // The connection is over, however that came: the reader learns it from the outbox.
        self.outbox.close(CloseReason::Gone);
    }
}

fn joined(frames: &[Arc<Frame>]) -> Bytes {
    if let [frame] = frames {
        return frame.wire(text_frame);
    }
    let mut chunk = BytesMut::with_capacity(frames.iter().map(|frame| frame.json().len() + 10).sum());
    for frame in frames {
        chunk.extend_from_slice(&frame.wire(text_frame));
    }
    chunk.freeze()
}

/// A server's text frame: not masked, so the same bytes for everybody.
fn text_frame(json: &str) -> Bytes {
    encoded(Message::Text(ByteString::from(json))).unwrap_or_default()
}

/// The answer to a ping frame.
pub(super) fn pong_frame(data: Bytes) -> Arc<Frame> {
    Arc::new(Frame::control(encoded(Message::Pong(data)).unwrap_or_default()))
}

fn close_frame(reason: CloseReason) -> Option<Bytes> {
    let code = match reason {
        CloseReason::Restart => CloseCode::Restart,
        CloseReason::TooSlow => CloseCode::Other(4001),
        CloseReason::RightsChanged => CloseCode::Other(4003),
        CloseReason::Protocol => CloseCode::Policy,
        CloseReason::Goodbye => CloseCode::Normal,
        CloseReason::Gone => return None,
    };
    encoded(Message::Close(Some(WsClose { code, description: None })))
}

fn encoded(message: Message) -> Option<Bytes> {
    let mut bytes = BytesMut::new();
    Codec::new().encode(message, &mut bytes).ok()?;
    Some(bytes.freeze())
}
