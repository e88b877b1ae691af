//! WebSocket frames as bytes. A server's frames are not masked, so the same bytes go to everybody.

use std::sync::Arc;

use actix_http::ws::{CloseCode, CloseReason as WsClose, Codec, Message};
use bytes::{Bytes, BytesMut};
use bytestring::ByteString;
use lianxin_actors::hub::{CloseReason, Frame};
use tokio_util::codec::Encoder as _;

/// A text frame.
pub(super) fn text(json: &str) -> Bytes {
    encoded(Message::Text(ByteString::from(json))).unwrap_or_default()
}

/// The answer to a ping frame.
pub(super) fn pong(data: Bytes) -> Arc<Frame> {
    Arc::new(Frame::control(encoded(Message::Pong(data)).unwrap_or_default()))
}

/// The frame that ends a connection; nothing when nobody is there to read it.
pub(super) fn close(reason: CloseReason) -> Option<Bytes> {
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
