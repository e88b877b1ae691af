//! The bytes of one socket, read and written by two futures of one task. Between messages it holds no buffer of either
//! kind: what a client says is read into the stack first, and what it is told is written from where all have it.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::io::{Error, ErrorKind, IoSlice};
use std::mem::MaybeUninit;
use std::net::Shutdown;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use actix_codec::{AsyncRead, AsyncWrite, ReadBuf};
use actix_rt::net::TcpStream;
use actix_tls::accept::rustls_0_23::TlsStream;
use bytes::{Buf as _, Bytes, BytesMut};
use lianxin_actors::hub::{Direct, Frame, Sent};
use socket2::SockRef;

use super::frames;

/// Bytes read at a time.
const READ: usize = 4 * 1024;
/// Frames written by one call.
const TOGETHER: usize = 32;

/// A socket of one task, or of several places in one.
pub trait Io {
    /// As [`AsyncRead::poll_read`].
    fn poll_read(&self, context: &mut Context<'_>, came: &mut ReadBuf<'_>) -> Poll<Result<(), Error>>;
    /// As [`AsyncWrite::poll_write_vectored`].
    fn poll_write(&self, context: &mut Context<'_>, slices: &[IoSlice<'_>]) -> Poll<Result<usize, Error>>;
    /// As [`AsyncWrite::poll_flush`].
    fn poll_flush(&self, context: &mut Context<'_>) -> Poll<Result<(), Error>>;
    /// As [`AsyncWrite::poll_shutdown`].
    fn poll_shutdown(&self, context: &mut Context<'_>) -> Poll<Result<(), Error>>;
    /// The way around the task that writes, when the socket has one.
    fn direct(&self) -> Option<Arc<dyn Direct>>;
}

/// What a service gets from the listener.
pub trait Socket: AsyncRead + AsyncWrite + Unpin + 'static {
    /// Whether what it carries is encrypted.
    const ENCRYPTED: bool;
    /// How it is read and written.
    type Io: Io;
    /// The kernel's socket below.
    fn stream(&self) -> &TcpStream;
    /// Hands it over.
    fn into_io(self) -> Self::Io;
}

impl Socket for TcpStream {
    const ENCRYPTED: bool = false;
    type Io = Plain;

    fn stream(&self) -> &TcpStream {
        self
    }

    fn into_io(self) -> Plain {
        Plain(Arc::new(self))
    }
}

impl Socket for TlsStream<TcpStream> {
    const ENCRYPTED: bool = true;
    type Io = Own<Self>;

    fn stream(&self) -> &TcpStream {
        self.get_ref().0
    }

    fn into_io(self) -> Own<Self> {
        Own::new(self)
    }
}

/// A socket without encryption: the kernel's, which anybody may write whole frames to.
pub struct Plain(Arc<TcpStream>);

impl Io for Plain {
    fn poll_read(&self, context: &mut Context<'_>, came: &mut ReadBuf<'_>) -> Poll<Result<(), Error>> {
        loop {
            ready!(self.0.poll_read_ready(context))?;
            match self.0.try_read(came.initialize_unfilled()) {
                Ok(count) => {
                    came.advance(count);
                    return Poll::Ready(Ok(()));
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }

    fn poll_write(&self, context: &mut Context<'_>, slices: &[IoSlice<'_>]) -> Poll<Result<usize, Error>> {
        loop {
            ready!(self.0.poll_write_ready(context))?;
            match self.0.try_write_vectored(slices) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                written => return Poll::Ready(written),
            }
        }
    }

    fn poll_flush(&self, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(&self, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Poll::Ready(SockRef::from(&*self.0).shutdown(Shutdown::Write))
    }

    fn direct(&self) -> Option<Arc<dyn Direct>> {
        Some(Arc::new(ByKernel(Arc::clone(&self.0))))
    }
}

struct ByKernel(Arc<TcpStream>);

impl Direct for ByKernel {
    fn send(&self, frame: &Frame) -> Sent {
        let bytes = frame.wire(frames::text);
        match self.0.try_write(&bytes) {
            Ok(written) if written == bytes.len() => Sent::Whole,
            Ok(written @ 1..) => Sent::Part(bytes.slice(written..)),
            // Whatever is wrong, the task that writes meets it too.
            Ok(0) | Err(_) => Sent::Nothing,
        }
    }
}

/// Any other socket: only its own task may touch it.
pub struct Own<T>(RefCell<T>);

impl<T> Own<T> {
    /// Over `io`.
    pub const fn new(io: T) -> Self {
        Self(RefCell::new(io))
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> Io for Own<T> {
    fn poll_read(&self, context: &mut Context<'_>, came: &mut ReadBuf<'_>) -> Poll<Result<(), Error>> {
        Pin::new(&mut *self.0.borrow_mut()).poll_read(context, came)
    }

    fn poll_write(&self, context: &mut Context<'_>, slices: &[IoSlice<'_>]) -> Poll<Result<usize, Error>> {
        Pin::new(&mut *self.0.borrow_mut()).poll_write_vectored(context, slices)
    }

    fn poll_flush(&self, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Pin::new(&mut *self.0.borrow_mut()).poll_flush(context)
    }

    fn poll_shutdown(&self, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Pin::new(&mut *self.0.borrow_mut()).poll_shutdown(context)
    }

    fn direct(&self) -> Option<Arc<dyn Direct>> {
        None
    }
}

/// Appends what came to `buffer`; answers how many bytes, none when the client says nothing more.
pub(super) async fn read(io: &impl Io, buffer: &mut BytesMut) -> Result<usize, Error> {
    poll_fn(|context| {
        let mut space = [MaybeUninit::<u8>::uninit(); READ];
        let mut came = ReadBuf::uninit(&mut space);
        ready!(io.poll_read(context, &mut came))?;
        buffer.extend_from_slice(came.filled());
        Poll::Ready(Ok(came.filled().len()))
    })
    .await
}

/// Writes all of `frames`, several by one call.
pub(super) async fn write(io: &impl Io, frames: &mut VecDeque<Bytes>) -> Result<(), Error> {
    while !frames.is_empty() {
        let written = poll_fn(|context| {
            let mut slices = [IoSlice::new(&[]); TOGETHER];
            let count = frames.len().min(TOGETHER);
            for (slice, frame) in slices.iter_mut().zip(&*frames) {
                *slice = IoSlice::new(frame);
            }
            io.poll_write(context, slices.get(..count).unwrap_or_default())
        });
        match written.await? {
            0 => return Err(ErrorKind::WriteZero.into()),
            written => forget(frames, written),
        }
    }
    poll_fn(|context| io.poll_flush(context)).await
}

/// Says that nothing follows, and waits until the client says so too: what it sent meanwhile would otherwise make the
/// kernel take back our last words.
pub(super) async fn shut(io: &impl Io) -> Result<(), Error> {
    poll_fn(|context| io.poll_shutdown(context)).await?;
    let mut unheard = BytesMut::new();
    while read(io, &mut unheard).await? > 0 {
        unheard.clear();
    }
    Ok(())
}

/// Drops the first `written` bytes.
fn forget(frames: &mut VecDeque<Bytes>, mut written: usize) {
    while let Some(first) = frames.front_mut() {
        if first.len() > written {
            first.advance(written);
            return;
        }
        written -= first.len();
        frames.pop_front();
    }
}

#[cfg(test)]
mod tests {
    use lianxin_actors::hub::{CloseReason, Outbox};

    use super::*;
    use crate::live::socket;

    #[test]
    fn what_was_written_is_forgotten_to_the_byte() {
        for (written, left) in [(0, "abcdef"), (1, "bcdef"), (3, "def"), (5, "f"), (6, "")] {
            let mut frames: VecDeque<Bytes> = ["abc", "", "de", "f"].into_iter().map(Bytes::from).collect();
            forget(&mut frames, written);
            let rest: Vec<u8> = frames.iter().flatten().copied().collect();
            assert_eq!(rest, left.as_bytes(), "{written}");
        }
    }

    /// Both ends of a connection that takes little at a time.
    async fn narrow() -> (Plain, Own<TcpStream>) {
        let listener = actix_rt::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let ours = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (theirs, _) = listener.accept().await.unwrap();
        SockRef::from(&ours).set_send_buffer_size(4 << 10).unwrap();
        SockRef::from(&theirs).set_recv_buffer_size(4 << 10).unwrap();
        (ours.into_io(), Own::new(theirs))
    }

    async fn all_of(io: &impl Io) -> BytesMut {
        let mut came = BytesMut::new();
        while read(io, &mut came).await.unwrap() > 0 {}
        came
    }

    #[actix_rt::test]
    async fn frames_come_whole_and_in_order() {
        let (ours, theirs) = narrow().await;
        let texts: Vec<String> = (0..200).map(|number| format!("{number}{};", "x".repeat(997))).collect();
        let mut frames: VecDeque<Bytes> = texts.iter().cloned().map(Bytes::from).collect();
        let writing = async {
            write(&ours, &mut frames).await.unwrap();
            drop(ours);
        };
        let ((), came) = tokio::join!(writing, all_of(&theirs));
        assert_eq!(came, texts.concat().as_bytes());
    }

    #[actix_rt::test]
    async fn what_goes_directly_and_what_waits_is_one_stream() {
        let (ours, theirs) = narrow().await;
        let outbox = Arc::new(Outbox::default());
        outbox.send_directly(ours.direct().unwrap());
        let texts: Vec<String> = (0..300).map(|number| format!("{number}{}", "x".repeat(997))).collect();
        for text in &texts {
            outbox.push(Arc::new(Frame::new(text.clone(), None)));
        }
        outbox.close(CloseReason::Goodbye);
        let writing = async {
            socket::write(&ours, &outbox).await;
            drop((ours, outbox));
        };
        let ((), came) = tokio::join!(writing, all_of(&theirs));
        let mut wanted = BytesMut::new();
        texts.iter().for_each(|text| wanted.extend_from_slice(&frames::text(text)));
        wanted.extend_from_slice(&frames::close(CloseReason::Goodbye).unwrap());
        assert!(came == wanted, "{} bytes of {}", came.len(), wanted.len());
    }

    #[actix_rt::test]
    async fn the_last_words_are_read_although_the_client_still_speaks() {
        let (ours, theirs) = narrow().await;
        let leaving = async {
            write(&ours, &mut VecDeque::from([Bytes::from("bye")])).await.unwrap();
            shut(&ours).await.unwrap();
        };
        let client = async {
            write(&theirs, &mut VecDeque::from([Bytes::from("still here")])).await.unwrap();
            let heard = all_of(&theirs).await;
            shut(&theirs).await.unwrap();
            heard
        };
        let ((), heard) = tokio::join!(leaving, client);
        assert_eq!(heard, "bye");
    }
}
