//! From the listener to the application: sockets are prepared, TLS is spoken or not, and requests for a WebSocket are
//! told apart (docs/adr/0034).

use std::fmt::Debug;
use std::net::TcpListener;
use std::time::Duration;

use actix_http::h1::ExpectHandler;
use actix_http::{HttpService, Request, TlsAcceptorConfig};
use actix_service::{Service, ServiceFactory};
use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{Server, ServiceResponse};
use actix_web::rt::net::TcpStream;
use lianxin_web::address::Encrypted;
use lianxin_web::live::upgrade::Upgrades;
use lianxin_web::live::wire::Socket;

use crate::config::ServerConfig;

/// A peer that takes no bytes for this long is cut off by the kernel, also behind a closed window.
const UNREAD_TIMEOUT: Duration = Duration::from_secs(20);
/// An idle connection is kept for so long: longer than proxies keep theirs, so that it is they who close.
const IDLE: Duration = Duration::from_secs(75);
const KEEPALIVE: Duration = Duration::from_secs(60);
/// Who is answered before all that he sends was read gets so long to take the answer.
const LINGER: Duration = Duration::from_secs(2);
/// A phone at the edge of the network needs some seconds to agree on a key.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// Serves what `worker` makes, which is called once in each worker thread; what that answers makes the application.
///
/// # Errors
/// When the system does not let it listen.
pub fn listen<W, A, F, B>(
    listener: TcpListener,
    config: &ServerConfig,
    tls: Option<rustls::ServerConfig>,
    worker: W,
) -> std::io::Result<Server>
where
    W: Fn() -> A + Send + Clone + 'static,
    A: Fn() -> F,
    F: ServiceFactory<Request, Config = (), Response = ServiceResponse<B>, Error = Error> + 'static,
    F::InitError: Debug,
    F::Future: 'static,
    F::Service: 'static,
    <F::Service as Service<Request>>::Future: 'static,
    B: MessageBody + 'static,
{
    let builder = Server::build().shutdown_timeout(config.shutdown_s).disable_signals();
    let builder = match config.workers {
        0 => builder,
        workers => builder.workers(workers),
    };
    let stopping = builder.graceful_shutdown_signal();
    let stopped = move || {
        let stopping = stopping.clone();
        async move { stopping.notified().await }
    };
    let builder = match tls {
        Some(tls) => builder.listen("https", listener, move || {
            let handshake = TlsAcceptorConfig::default().handshake_timeout(HANDSHAKE);
            service(&worker(), stopped.clone()).rustls_0_23_with_config(tls.clone(), handshake)
        })?,
        None => {
            builder.listen("http", listener, move || service::<TcpStream, _, _, _>(&worker(), stopped.clone()).tcp())?
        }
    };
    Ok(builder.run())
}

/// The application, once for most requests and once for those that ask for a WebSocket.
fn service<T, F, B, S>(
    app: &impl Fn() -> F,
    stopped: impl Fn() -> S + 'static,
) -> HttpService<T, F, B, ExpectHandler, Upgrades<F>>
where
    T: Socket,
    F: ServiceFactory<Request, Config = (), Response = ServiceResponse<B>, Error = Error> + 'static,
    F::InitError: Debug,
    F::Future: 'static,
    F::Service: 'static,
    <F::Service as Service<Request>>::Future: 'static,
    B: MessageBody + 'static,
    S: Future<Output = ()> + 'static,
{
    HttpService::build()
        .keep_alive(IDLE)
        .client_disconnect_timeout(LINGER)
        .on_connect_ext(|socket: &T, about| {
            prepare(socket.stream());
            if T::ENCRYPTED {
                about.insert(Encrypted);
            }
        })
        .graceful_shutdown_signal(stopped)
        .upgrade(Upgrades::new(app()))
        .finish(app())
}

/// What the kernel is told of a new connection.
fn prepare(stream: &TcpStream) {
    let socket = socket2::SockRef::from(stream);
    // Best effort: a connection without these settings still works.
    let _ = socket.set_tcp_nodelay(true);
    let _ = socket.set_tcp_user_timeout(Some(UNREAD_TIMEOUT));
    let _ = socket.set_tcp_keepalive(&socket2::TcpKeepalive::new().with_time(KEEPALIVE));
}
