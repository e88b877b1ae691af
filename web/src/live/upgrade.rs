//! Requests for a WebSocket: the application answers them like all others, and the live channel's socket is carried on
//! without the HTTP dispatcher behind it. That would keep two buffers of 8 KiB for each connection and copy every frame
//! into one of them (docs/adr/0034).

use std::future::poll_fn;
use std::pin::Pin;

use actix_codec::{AsyncRead, AsyncWrite, Framed};
use actix_http::body::{BodySize, BoxBody, MessageBody};
use actix_http::h1::{Codec, Message};
use actix_http::{ConnectionType, Request, Response};
use actix_service::{Service, ServiceFactory};
use actix_web::dev::{ServiceResponse, forward_ready};
use actix_web::error::ErrorInternalServerError;
use actix_web::{Error, HttpResponse};
use bytes::Bytes;
use futures_util::future::LocalBoxFuture;
use tracing::{Instrument as _, Span};

use super::socket;
use super::subscriber::Subscriber;
use super::wire::Socket;

/// What a handler leaves with its answer 101: who is to be carried on.
pub(super) struct Accepted {
    pub(super) subscriber: Subscriber,
    pub(super) span: Span,
}

/// Makes the service of one worker that answers requests for a WebSocket.
pub struct Upgrades<F>(F);

impl<F> Upgrades<F> {
    /// Answered by the application that `app` makes.
    pub const fn new(app: F) -> Self {
        Self(app)
    }
}

impl<F, B, T> ServiceFactory<(Request, Framed<T, Codec>)> for Upgrades<F>
where
    F: ServiceFactory<Request, Config = (), Response = ServiceResponse<B>, Error = Error>,
    F::Future: 'static,
    F::Service: 'static,
    B: MessageBody + 'static,
    T: Socket,
{
    type Response = ();
    type Error = Error;
    type Config = ();
    type Service = Upgrade<F::Service>;
    type InitError = F::InitError;
    type Future = LocalBoxFuture<'static, Result<Self::Service, Self::InitError>>;

    fn new_service(&self, (): ()) -> Self::Future {
        let app = self.0.new_service(());
        Box::pin(async move { Ok(Upgrade { app: app.await? }) })
    }
}

/// Answers requests for a WebSocket on one worker.
pub struct Upgrade<S> {
    app: S,
}

impl<S, B, T> Service<(Request, Framed<T, Codec>)> for Upgrade<S>
where
    S: Service<Request, Response = ServiceResponse<B>, Error = Error>,
    S::Future: 'static,
    B: MessageBody + 'static,
    T: Socket,
{
    type Response = ();
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<(), Error>>;

    forward_ready!(app);

    fn call(&self, (request, framed): (Request, Framed<T, Codec>)) -> Self::Future {
        let answer = Box::pin(self.app.call(request));
        Box::pin(async move {
            let (accepted, response) = match answer.await {
                Ok(answer) => taken(answer),
                Err(error) => (None, error.error_response().map_into_boxed_body().into()),
            };
            match accepted {
                Some(Accepted { subscriber, span }) => {
                    let (io, early) = switched(framed, response).await?;
                    Box::pin(socket::carry(io, early, subscriber).instrument(span)).await;
                    Ok(())
                }
                None => refused(framed, response).await,
            }
        })
    }
}

/// What the application answered, and whom it accepted; the request is over.
fn taken<B: MessageBody + 'static>(answer: ServiceResponse<B>) -> (Option<Accepted>, Response<BoxBody>) {
    let (_, response) = answer.map_into_boxed_body().into_parts();
    let mut response: HttpResponse = response;
    let accepted = response.extensions_mut().remove::<Accepted>();
    (accepted, response.into())
}

/// Says that the protocol is switched; answers the socket and what came over it already. The buffers go.
async fn switched<T>(mut framed: Framed<T, Codec>, response: Response<BoxBody>) -> Result<(T, Bytes), Error>
where
    T: AsyncRead + AsyncWrite + Unpin,
{
    say(&mut framed, Message::Item((response.drop_body(), BodySize::None))).await?;
    let parts = framed.into_parts();
    Ok((parts.io, Bytes::copy_from_slice(&parts.read_buf)))
}

/// Sends an answer that switches nothing; the connection ends with it, as what the client sent behind its request is
/// unread.
async fn refused<T>(mut framed: Framed<T, Codec>, mut response: Response<BoxBody>) -> Result<(), Error>
where
    T: AsyncRead + AsyncWrite + Unpin,
{
    response.head_mut().set_connection_type(ConnectionType::Close);
    let (head, mut body) = response.into_parts();
    say(&mut framed, Message::Item((head, body.size()))).await?;
    while let Some(chunk) = poll_fn(|context| Pin::new(&mut body).poll_next(context)).await {
        let chunk = chunk.map_err(ErrorInternalServerError)?;
        say(&mut framed, Message::Chunk(Some(chunk))).await?;
    }
    say(&mut framed, Message::Chunk(None)).await
}

async fn say<T>(framed: &mut Framed<T, Codec>, message: Message<(Response<()>, BodySize)>) -> Result<(), Error>
where
    T: AsyncRead + AsyncWrite + Unpin,
{
    Pin::new(&mut *framed).write(message)?;
    Ok(poll_fn(|context| Pin::new(&mut *framed).flush(context)).await?)
}
