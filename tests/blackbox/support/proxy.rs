//! A faulty wire: a proxy between two programs that delays, stalls, resets or forgets connections when it is told to.

use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What is wrong with the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    None,
    /// Everything takes so long, each way.
    Delay(Duration),
    /// Nothing gets through; it goes on where it was when the wire is mended.
    Stall,
    /// Connections are reset, and so are new ones.
    Reset,
    /// The connections that there are now are forgotten: neither side hears of it, and they never work again. New ones work.
    HalfOpen,
}

/// The wire to one address.
pub struct FaultProxy {
    address: SocketAddr,
    fault: watch::Sender<Fault>,
}

impl FaultProxy {
    /// A wire to `target` (`HOST:PORT`) that works.
    pub fn to(target: &str) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let (fault, faults) = watch::channel(Fault::None);
        let target = target.to_owned();
        // A thread of its own: what it does to a test must not depend on what the test is doing.
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            tokio::task::LocalSet::new().block_on(&runtime, serve(listener, target, faults));
        });
        Self { address, fault }
    }

    /// Where to connect to.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Breaks the wire, or mends it.
    pub fn set(&self, fault: Fault) {
        self.fault.send_replace(fault);
    }
}

async fn serve(listener: std::net::TcpListener, target: String, faults: watch::Receiver<Fault>) {
    let listener = TcpListener::from_std(listener).unwrap();
    let target = Rc::new(target);
    let mut ends = faults.clone();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((client, _)) = accepted else { continue };
                tokio::task::spawn_local(wire(client, Rc::clone(&target), faults.clone()));
            }
            // The test is over.
            changed = ends.changed() => if changed.is_err() { return },
        }
    }
}

/// One connection.
async fn wire(mut client: TcpStream, target: Rc<String>, mut faults: watch::Receiver<Fault>) {
    if *faults.borrow_and_update() == Fault::Reset {
        return reset(&client);
    }
    let Ok(mut server) = TcpStream::connect(target.as_str()).await else { return reset(&client) };
    for side in [&client, &server] {
        side.set_nodelay(true).unwrap();
    }
    let pumps = faults.clone();
    let cut = {
        let (from_client, to_client) = client.split();
        let (from_server, to_server) = server.split();
        tokio::select! {
            () = pump(from_client, to_server, pumps.clone()) => None,
            () = pump(from_server, to_client, pumps) => None,
            fault = cut(&mut faults) => fault,
        }
    };
    match cut {
        Some(Fault::Reset) => {
            reset(&client);
            reset(&server);
        }
        // Both sides believe that it is there, until the test is over.
        Some(_) => while faults.changed().await.is_ok() {},
        None => {}
    }
}

/// Waits for what ends a connection; nothing when the test is over.
async fn cut(faults: &mut watch::Receiver<Fault>) -> Option<Fault> {
    loop {
        faults.changed().await.ok()?;
        let fault = *faults.borrow_and_update();
        if matches!(fault, Fault::Reset | Fault::HalfOpen) {
            return Some(fault);
        }
    }
}

/// Carries bytes one way until either end closes.
async fn pump(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin, mut faults: watch::Receiver<Fault>) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        let fault = *faults.borrow_and_update();
        if let Fault::Delay(time) = fault {
            tokio::time::sleep(time).await;
        }
        let mended = faults.wait_for(|fault| *fault != Fault::Stall).await.is_ok();
        if !mended || to.write_all(&buffer[..read]).await.is_err() {
            return;
        }
    }
}

/// Closes so that the other side hears of a reset.
fn reset(stream: &TcpStream) {
    let _ = socket2::SockRef::from(stream).set_linger(Some(Duration::ZERO));
}
