//! What comes in with a request: how many bytes each call takes, and how slowly they may come. Nobody is read to the end who
//! sends more, or who lets it drip.

use std::cell::{Cell, RefCell};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::HttpMessage as _;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::error::PayloadError;
use actix_web::http::header::CONTENT_LENGTH;
use bytes::Bytes;
use futures_util::Stream;
use lianxin_storage::files::{MediaKind, intake};
use tokio::time::{Instant, Sleep, sleep_until};

use crate::api::import::MAX_SHEET;
use crate::call::JSON_LIMIT;
use crate::error::ApiError;

/// What a form adds around its file.
const FORM: usize = 16 * 1024;

/// How slowly a body may come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Before anything has to have come.
    pub grace: Duration,
    /// Bytes a second that must come on average after that.
    pub slowest: u32,
}

impl Pace {
    /// When whoever began `begun` and sent `taken` bytes must have sent more.
    fn deadline(self, begun: Instant, taken: usize) -> Instant {
        let paid_for = u64::try_from(taken).unwrap_or(u64::MAX).saturating_mul(1_000) / u64::from(self.slowest.max(1));
        begun + self.grace + Duration::from_millis(paid_for)
    }
}

/// Bytes that a call takes, of what it is about and with what a form adds; see the table in docs/SECURITY.md. What is inside of
/// them has limits of its own: pictures by pixels, recordings by length, workbooks by what they unpack to.
pub fn most_bytes(path: &str) -> (usize, usize) {
    let most = |bytes: u64| usize::try_from(bytes).unwrap_or(usize::MAX);
    let path = path.trim_end_matches('/');
    let file = if path == "/api/v1/attachments" {
        most(intake::MAX_UPLOAD)
    } else if path.ends_with("/import") {
        MAX_SHEET
    } else if path.starts_with("/api/v1/members/") && path.ends_with("/photo") {
        most(intake::max_bytes(MediaKind::Image))
    } else {
        return (JSON_LIMIT, JSON_LIMIT);
    };
    (file, file + FORM)
}

/// How a body that was watched went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Course {
    Coming,
    Ended,
    TooLarge,
    TooSlow,
}

struct Watched {
    inner: RefCell<Payload>,
    course: Cell<Course>,
}

/// The body of a request under way.
pub struct Intake {
    watched: Rc<Watched>,
    shown_limit: usize,
}

impl Intake {
    /// Watches the body of a request, if it has one.
    ///
    /// # Errors
    /// [`ApiError::TooLarge`] when it says itself that it is: nothing of it is read.
    pub fn of(request: &mut ServiceRequest, pace: Pace) -> Result<Option<Self>, ApiError> {
        let payload = request.take_payload();
        // A live channel's body has no end.
        if matches!(payload, Payload::None) || request.path() == "/api/v1/live" {
            request.set_payload(payload);
            return Ok(None);
        }
        let (shown_limit, limit) = most_bytes(request.path());
        let said = request.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
        let watched = Rc::new(Watched { inner: RefCell::new(payload), course: Cell::new(Course::Coming) });
        if said.is_some_and(|said| said > u64::try_from(limit).unwrap_or(u64::MAX)) {
            return Err(ApiError::TooLarge { limit: shown_limit });
        }
        let stream = Paced { watched: Rc::clone(&watched), limit, pace, taken: 0, begun: None, timer: None };
        request.set_payload(Payload::Stream { payload: Box::pin(stream) });
        Ok(Some(Self { watched, shown_limit }))
    }

    /// The error that the body came to, whatever the handler made of it.
    pub fn error(&self) -> Option<ApiError> {
        match self.watched.course.get() {
            Course::TooLarge => Some(ApiError::TooLarge { limit: self.shown_limit }),
            Course::TooSlow => Some(ApiError::TooSlow),
            Course::Coming | Course::Ended => None,
        }
    }

    /// Sends an answer; a body that did not end by then is not read on: its connection is over. (Of one that nobody holds
    /// any more the HTTP dispatcher would read to the end, which need not come.)
    pub fn answer(self, response: ServiceResponse<BoxBody>) -> ServiceResponse<BoxBody> {
        if self.watched.course.get() == Course::Ended {
            return response;
        }
        response.map_body(|_, body| BoxBody::new(Held { body, _watched: self.watched }))
    }
}

/// A body as handlers read it.
struct Paced {
    watched: Rc<Watched>,
    limit: usize,
    pace: Pace,
    taken: usize,
    begun: Option<Instant>,
    timer: Option<Pin<Box<Sleep>>>,
}

impl Paced {
    fn over(&self, course: Course, error: PayloadError) -> Poll<Option<Result<Bytes, PayloadError>>> {
        self.watched.course.set(course);
        Poll::Ready(Some(Err(error)))
    }
}

impl Stream for Paced {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let course = self.watched.course.get();
        if course != Course::Coming {
            return Poll::Ready(None);
        }
        let begun = *self.begun.get_or_insert_with(Instant::now);
        let polled = Pin::new(&mut *self.watched.inner.borrow_mut()).poll_next(context);
        match polled {
            Poll::Ready(Some(Ok(chunk))) => {
                self.taken += chunk.len();
                if self.taken > self.limit {
                    return self.over(Course::TooLarge, PayloadError::Overflow);
                }
                Poll::Ready(Some(Ok(chunk)))
            }
            Poll::Ready(end) => {
                self.watched.course.set(Course::Ended);
                Poll::Ready(end)
            }
            Poll::Pending => {
                let deadline = self.pace.deadline(begun, self.taken);
                let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
                if timer.deadline() != deadline {
                    timer.as_mut().reset(deadline);
                }
                if timer.as_mut().poll(context).is_pending() {
                    return Poll::Pending;
                }
                let too_slow = std::io::Error::from(std::io::ErrorKind::TimedOut);
                self.over(Course::TooSlow, PayloadError::Io(too_slow))
            }
        }
    }
}

/// An answer that goes out while the rest of its request is still to come.
struct Held {
    body: BoxBody,
    _watched: Rc<Watched>,
}

impl MessageBody for Held {
    type Error = Box<dyn std::error::Error>;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.body).poll_next(context)
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;
    use futures_util::{StreamExt as _, stream};

    use super::*;

    const PACE: Pace = Pace { grace: Duration::from_millis(30), slowest: 2_000 };

    /// Reads a body to its end; answers how many bytes came and what went wrong.
    async fn read(stream: impl Stream<Item = Result<Bytes, PayloadError>> + 'static) -> (usize, Option<ApiError>) {
        let mut request = TestRequest::post().uri("/api/v1/tickets").to_srv_request();
        request.set_payload(Payload::Stream { payload: Box::pin(stream) });
        let intake = Intake::of(&mut request, PACE).unwrap().unwrap();
        let (mut payload, mut bytes) = (request.take_payload(), 0);
        while let Some(Ok(chunk)) = payload.next().await {
            bytes += chunk.len();
        }
        (bytes, intake.error())
    }

    #[actix_rt::test]
    async fn a_body_that_never_ends_is_cut_at_its_limit() {
        let endless = stream::repeat_with(|| Ok(Bytes::from_static(&[b'x'; 1000])));
        let (bytes, error) = read(endless).await;
        assert_eq!((bytes, matches!(error, Some(ApiError::TooLarge { limit: JSON_LIMIT }))), (262_000, true));
    }

    #[actix_rt::test]
    async fn what_says_that_it_is_too_large_is_not_read() {
        let [limit, more] = [JSON_LIMIT, JSON_LIMIT + 1].map(|bytes| bytes.to_string());
        for (length, taken) in [(limit.as_str(), true), (&more, false), ("4611686018427387904", false)] {
            let request = TestRequest::post().uri("/api/v1/tickets").insert_header((CONTENT_LENGTH, length));
            let mut request = request.set_payload("x").to_srv_request();
            request.headers_mut().insert(CONTENT_LENGTH, length.parse().unwrap());
            assert_eq!(Intake::of(&mut request, PACE).is_ok(), taken, "{length}");
        }
    }

    #[actix_rt::test]
    async fn a_body_of_which_no_more_comes_is_cut() {
        for begins in ["", "x"] {
            let begins = Bytes::from_static(begins.as_bytes());
            let (bytes, error) = read(stream::iter([Ok(begins.clone())]).chain(stream::pending())).await;
            assert!(matches!(error, Some(ApiError::TooSlow)) && bytes == begins.len(), "{error:?}");
        }
        let (bytes, error) = read(stream::iter([Ok(Bytes::from_static(b"whole"))])).await;
        assert!(error.is_none() && bytes == 5, "{error:?}");
    }

    #[test]
    fn what_came_pays_for_time() {
        let begun = Instant::now();
        let pace = Pace { grace: Duration::from_secs(20), slowest: 2_048 };
        for (taken, ms) in [(0, 20_000), (1, 20_000), (2_048, 21_000), (52_428_800, 25_620_000)] {
            assert_eq!(pace.deadline(begun, taken), begun + Duration::from_millis(ms), "{taken}");
        }
        assert!(pace.deadline(begun, usize::MAX) > begun);
    }

    #[test]
    fn every_call_has_its_limit() {
        let file = |mib: usize| (mib * 1024 * 1024, mib * 1024 * 1024 + FORM);
        for (path, bytes) in [
            ("/api/v1/tickets", (JSON_LIMIT, JSON_LIMIT)),
            ("/api/v1/attachments", file(50)),
            ("/api/v1/attachments/", file(50)),
            ("/api/v1/attachments/1", (JSON_LIMIT, JSON_LIMIT)),
            ("/api/v1/members/import", file(5)),
            ("/api/v1/grids/import", file(5)),
            ("/api/v1/members/1/photo", file(20)),
            ("/m/work", (JSON_LIMIT, JSON_LIMIT)),
        ] {
            assert_eq!(most_bytes(path), bytes, "{path}");
        }
    }
}
