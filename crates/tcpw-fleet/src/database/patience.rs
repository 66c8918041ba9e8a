//! A way to the database on which nobody waits for ever: where it is asked and does not answer for some
//! time, reading fails. Without it a host would wait on a machine that stopped, and never push again.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

/// A stream with a limit for each answer. While nothing was asked it may be silent for as long as it
/// likes.
pub(super) struct Patient<S> {
    inner: S,
    limit: Option<Duration>,
    /// Runs from the last that was written to the first that is read after it.
    timer: Option<Pin<Box<Sleep>>>,
}

impl<S> Patient<S> {
    /// A stream whose answers may take so long, or any time.
    pub(super) fn new(inner: S, limit: Option<Duration>) -> Self {
        Self {
            inner,
            limit,
            timer: None,
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Patient<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if let Poll::Ready(read) = Pin::new(&mut self.inner).poll_read(context, buffer) {
            self.timer = None;
            return Poll::Ready(read);
        }
        let is_over = |timer: &mut Pin<Box<Sleep>>| timer.as_mut().poll(context).is_ready();
        if self.timer.as_mut().is_some_and(is_over) {
            let text = "the database was asked and does not answer";
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, text)));
        }
        Poll::Pending
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Patient<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write(context, bytes);
        if written.is_ready() {
            self.timer = self.limit.map(|limit| Box::pin(sleep(limit)));
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};
    use tokio::runtime::Builder;

    const SHORT: Duration = Duration::from_millis(20);

    fn run<T>(work: impl Future<Output = T>) -> T {
        let runtime = Builder::new_current_thread().enable_time().build();
        runtime.unwrap().block_on(work)
    }

    #[test]
    fn whoever_is_asked_and_silent_is_given_up() {
        let (near, _far) = duplex(64);
        let mut stream = Patient::new(near, Some(SHORT));
        let error = run(async {
            stream.write_all(b"?").await.unwrap();
            stream.read_u8().await.unwrap_err()
        });
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }

    #[test]
    fn silence_while_nothing_is_asked_is_fine() {
        let (near, mut far) = duplex(64);
        let mut stream = Patient::new(near, Some(SHORT));
        let bytes = run(async {
            stream.write_all(b"?").await.unwrap();
            far.write_all(b"!").await.unwrap();
            let first = stream.read_u8().await.unwrap();
            let silent = tokio::time::timeout(SHORT * 5, stream.read_u8()).await;
            assert!(silent.is_err(), "it was to wait: {silent:?}");
            far.write_all(b"+").await.unwrap();
            [first, stream.read_u8().await.unwrap()]
        });
        assert_eq!(&bytes, b"!+");
    }

    #[test]
    fn without_a_limit_it_waits() {
        let (near, _far) = duplex(64);
        let mut stream = Patient::new(near, None);
        run(async {
            stream.write_all(b"?").await.unwrap();
            let silent = tokio::time::timeout(SHORT * 5, stream.read_u8()).await;
            assert!(silent.is_err(), "it was to wait: {silent:?}");
        });
    }
}
