//! Server-sent events: the live channel for networks that let no WebSocket through.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::{Error, HttpRequest, HttpResponse, get, web};
use bytes::{Bytes, BytesMut};
use futures_util::Stream;
use lianxin_actors::hub::{CloseReason, Drained, Frame, Outbox};
use serde::Deserialize;
use tokio::time::{Interval, interval};
use tracing::Instrument as _;
use utoipa::IntoParams;

use super::subscriber::Subscriber;
use super::{HEARTBEAT_S, LiveDesk};
use crate::auth::Viewer;
use crate::call::request_id;
use crate::error::ApiError;
use crate::query::Query;
use crate::request_span;

/// What to follow.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct SseQuery {
    /// Topics, comma separated.
    topics: String,
    /// The last number seen; `Last-Event-ID` says it too.
    since: Option<u64>,
}

/// Opens the live channel as server-sent events; `id` is the number of the event.
#[utoipa::path(tag = "live", params(SseQuery), responses((status = 200, content_type = "text/event-stream")))]
#[get("/api/v1/live/sse")]
pub async fn sse(
    who: Viewer,
    request: HttpRequest,
    query: Query<SseQuery>,
    desk: web::Data<LiveDesk>,
) -> Result<HttpResponse, ApiError> {
    let last_seen = request.headers().get("Last-Event-ID").and_then(|value| value.to_str().ok()?.parse().ok());
    let since = last_seen.or(query.since);
    let mut subscriber = Box::pin(Subscriber::connect(desk, &who, &request)).await?;
    let outbox = Arc::clone(&subscriber.outbox);
    let read = Arc::clone(&outbox);
    // Beside the body, for which the openings wait.
    let following = async move {
        let topics = query.topics.split(',').filter(|topic| !topic.is_empty());
        tokio::select! {
            () = subscriber.subscribe(topics, since) => {}
            _ = read.ended() => {}
        }
        tokio::select! {
            () = tokio::time::sleep_until(subscriber.session_ends()) => read.close(CloseReason::RightsChanged),
            _ = read.ended() => {}
        }
    };
    actix_web::rt::spawn(following.instrument(request_span::logged(Some(request_id(&request)))));
    Ok(HttpResponse::Ok()
        .content_type("text/event-stream")
        .insert_header(("Cache-Control", "no-store"))
        .insert_header(("X-Accel-Buffering", "no"))
        .streaming(SseBody { outbox, heartbeat: interval(Duration::from_secs(HEARTBEAT_S)) }))
}

struct SseBody {
    outbox: Arc<Outbox>,
    heartbeat: Interval,
}

impl Drop for SseBody {
    fn drop(&mut self) {
        // The connection is over: the task beside it learns it from the outbox.
        self.outbox.close(CloseReason::Gone);
    }
}

impl Stream for SseBody {
    type Item = Result<Bytes, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let heartbeat = self.heartbeat.poll_tick(context).is_ready();
        match self.outbox.poll_drain(context) {
            Poll::Ready(Drained::Frames(frames)) => Poll::Ready(Some(Ok(lines(&frames)))),
            Poll::Ready(Drained::Closed(_)) => Poll::Ready(None),
            Poll::Pending if heartbeat => {
                // Polled again at once, so that the next beat is waited for.
                context.waker().wake_by_ref();
                Poll::Ready(Some(Ok(Bytes::from_static(b": beat\n\n"))))
            }
            Poll::Pending => Poll::Pending,
        }
    }
}

fn lines(frames: &[Arc<Frame>]) -> Bytes {
    let mut chunk = BytesMut::new();
    for frame in frames {
        if let Some(seq) = frame.seq() {
            chunk.extend_from_slice(format!("id: {seq}\n").as_bytes());
        }
        // JSON has no line breaks outside its strings, and inside they are escaped.
        chunk.extend_from_slice(b"data: ");
        chunk.extend_from_slice(frame.json().as_bytes());
        chunk.extend_from_slice(b"\n\n");
    }
    chunk.freeze()
}
