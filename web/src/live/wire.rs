//! The bytes of one socket, read and written by two futures of one task. Between messages it holds no buffer of either
//! kind: what a client says is read into the stack first, and what it is told is written from where all have it.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::io::{Error, ErrorKind, IoSlice};
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use actix_codec::{AsyncRead, AsyncWrite, ReadBuf};
use actix_rt::net::TcpStream;
use actix_tls::accept::rustls_0_23::TlsStream;
use bytes::{Buf as _, Bytes, BytesMut};

/// Bytes read at a time.
const READ: usize = 4 * 1024;
/// Frames written by one call.
const TOGETHER: usize = 32;

/// What a service gets from the listener.
pub trait Socket: AsyncRead + AsyncWrite + Unpin + 'static {
    /// Whether what it carries is encrypted.
    const ENCRYPTED: bool;
    /// The kernel's socket below.
    fn stream(&self) -> &TcpStream;
}

impl Socket for TcpStream {
    const ENCRYPTED: bool = false;

    fn stream(&self) -> &TcpStream {
        self
    }
}

impl Socket for TlsStream<TcpStream> {
    const ENCRYPTED: bool = true;

    fn stream(&self) -> &TcpStream {
        self.get_ref().0
    }
}

pub(super) struct Wire<T>(RefCell<T>);

impl<T: AsyncRead + AsyncWrite + Unpin> Wire<T> {
    pub(super) const fn new(io: T) -> Self {
        Self(RefCell::new(io))
    }

    /// Appends what came to `buffer`; answers how many bytes, none when the client says nothing more.
    pub(super) async fn read(&self, buffer: &mut BytesMut) -> Result<usize, Error> {
        poll_fn(|context| {
            let mut space = [MaybeUninit::<u8>::uninit(); READ];
            let mut came = ReadBuf::uninit(&mut space);
            ready!(Pin::new(&mut *self.0.borrow_mut()).poll_read(context, &mut came))?;
            buffer.extend_from_slice(came.filled());
            Poll::Ready(Ok(came.filled().len()))
        })
        .await
    }

    /// Writes all of `frames`, several by one call.
    pub(super) async fn write(&self, frames: &mut VecDeque<Bytes>) -> Result<(), Error> {
        while !frames.is_empty() {
            match poll_fn(|context| self.poll_write(context, frames)).await? {
                0 => return Err(ErrorKind::WriteZero.into()),
                written => forget(frames, written),
            }
        }
        poll_fn(|context| Pin::new(&mut *self.0.borrow_mut()).poll_flush(context)).await
    }

    fn poll_write(&self, context: &mut Context<'_>, frames: &VecDeque<Bytes>) -> Poll<Result<usize, Error>> {
        let mut io = self.0.borrow_mut();
        if let (1, Some(only)) = (frames.len(), frames.front()) {
            return Pin::new(&mut *io).poll_write(context, only);
        }
        let mut slices = [IoSlice::new(&[]); TOGETHER];
        let count = frames.len().min(TOGETHER);
        for (slice, frame) in slices.iter_mut().zip(frames) {
            *slice = IoSlice::new(frame);
        }
        Pin::new(&mut *io).poll_write_vectored(context, slices.get(..count).unwrap_or_default())
    }

    /// Says that nothing follows, and waits until the client says so too: what it sent meanwhile would otherwise make the
    /// kernel take back our last words.
    pub(super) async fn shut(&self) -> Result<(), Error> {
        poll_fn(|context| Pin::new(&mut *self.0.borrow_mut()).poll_shutdown(context)).await?;
        let mut unheard = BytesMut::new();
        while self.read(&mut unheard).await? > 0 {
            unheard.clear();
        }
        Ok(())
    }
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
    use std::sync::Arc;

    use lianxin_actors::hub::{CloseReason, Frame, Outbox};
    use socket2::SockRef;

    use super::*;
    use crate::live::{frames, socket};

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
    async fn narrow() -> (Wire<TcpStream>, Wire<TcpStream>) {
        let listener = actix_rt::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let ours = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (theirs, _) = listener.accept().await.unwrap();
        SockRef::from(&ours).set_send_buffer_size(4 << 10).unwrap();
        SockRef::from(&theirs).set_recv_buffer_size(4 << 10).unwrap();
        (Wire::new(ours), Wire::new(theirs))
    }

    async fn all_of(wire: &Wire<TcpStream>) -> BytesMut {
        let mut came = BytesMut::new();
        while wire.read(&mut came).await.unwrap() > 0 {}
        came
    }

    #[actix_rt::test]
    async fn frames_come_whole_and_in_order() {
        let (ours, theirs) = narrow().await;
        let outbox = Outbox::default();
        let texts: Vec<String> = (0..300).map(|number| format!("{number}{}", "x".repeat(997))).collect();
        for text in &texts {
            outbox.push(Arc::new(Frame::new(text.clone(), None)));
        }
        outbox.close(CloseReason::Goodbye);
        let writing = async {
            socket::write(&ours, &outbox).await;
            drop(ours);
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
            ours.write(&mut VecDeque::from([Bytes::from("bye")])).await.unwrap();
            ours.shut().await.unwrap();
        };
        let client = async {
            theirs.write(&mut VecDeque::from([Bytes::from("still here")])).await.unwrap();
            let heard = all_of(&theirs).await;
            theirs.shut().await.unwrap();
            heard
        };
        let ((), heard) = tokio::join!(leaving, client);
        assert_eq!(heard, "bye");
    }
}
