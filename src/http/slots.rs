//! Connections with bounds: how many, how much each may send, and how long each may take to send and to read.
//!
//! In: a listening socket. Out: streams that end by themselves when a client is slow or sends too much. It refuses to know
//! what is said on them.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, Sleep, sleep};

use super::{CONNECTIONS, HEAD_TIME, REQUEST_BYTES, WRITE_TIME};

/// The bounds; others than the stated ones only in tests.
#[derive(Clone, Copy)]
pub(super) struct Bounds {
    pub(super) connections: usize,
    pub(super) head: Duration,
    pub(super) write: Duration,
}

impl Bounds {
    pub(super) const STATED: Self = Self { connections: CONNECTIONS, head: HEAD_TIME, write: WRITE_TIME };
}

/// How long to wait when the system gives no connection: it is short of descriptors or memory.
const SHORT: Duration = Duration::from_millis(200);

/// A listening socket with so many slots.
pub(super) struct Slots {
    listener: TcpListener,
    free: Arc<Semaphore>,
    bounds: Bounds,
}

impl Slots {
    pub(super) fn new(listener: TcpListener, bounds: Bounds) -> Self {
        Self { listener, free: Arc::new(Semaphore::new(bounds.connections)), bounds }
    }
}

/// Whoever is connected: whether what is asked is known already. From where does not matter to any answer.
#[derive(Clone, Debug, Default)]
pub(super) struct Caller {
    head: Arc<AtomicBool>,
}

impl Caller {
    /// From here on the client waits for us, not we for it.
    pub(super) fn head_is_read(&self) {
        self.head.store(true, Ordering::Release);
    }
}

impl Connected<IncomingStream<'_, Slots>> for Caller {
    fn connect_info(stream: IncomingStream<'_, Slots>) -> Self {
        stream.remote_addr().clone()
    }
}

impl Listener for Slots {
    type Io = Connection;
    type Addr = Caller;

    async fn accept(&mut self) -> (Connection, Caller) {
        loop {
            let Ok(slot) = Arc::clone(&self.free).acquire_owned().await else {
                // Nobody closes the semaphore.
                std::future::pending::<()>().await;
                continue;
            };
            match self.listener.accept().await {
                Ok((stream, _)) => {
                    let caller = Caller::default();
                    return (Connection::new(stream, slot, &caller, self.bounds), caller);
                }
                Err(_) => tokio::time::sleep(SHORT).await,
            }
        }
    }

    fn local_addr(&self) -> io::Result<Caller> {
        self.listener.local_addr().map(|_| Caller::default())
    }
}

/// Whether an answer is being written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    In,
    Out,
}

/// One client's connection; holds its slot until it is dropped.
pub(super) struct Connection {
    stream: TcpStream,
    _slot: OwnedSemaphorePermit,
    head: Arc<AtomicBool>,
    direction: Direction,
    /// The end of [`HEAD_TIME`], then of [`WRITE_TIME`]. In between, while we are being waited for, it does not count.
    deadline: Pin<Box<Sleep>>,
    write: Duration,
    /// Bytes it may still send.
    left: usize,
}

impl Connection {
    fn new(stream: TcpStream, slot: OwnedSemaphorePermit, caller: &Caller, bounds: Bounds) -> Self {
        Self {
            stream,
            _slot: slot,
            head: Arc::clone(&caller.head),
            direction: Direction::In,
            deadline: Box::pin(sleep(bounds.head)),
            write: bounds.write,
            left: REQUEST_BYTES,
        }
    }

    /// Whether time is up; else whoever waits here is woken when it is.
    fn is_late(&mut self, context: &mut Context<'_>) -> bool {
        let counts = self.direction == Direction::Out || !self.head.load(Ordering::Acquire);
        counts && self.deadline.as_mut().poll(context).is_ready()
    }

    fn writes(&mut self) {
        if self.direction == Direction::In {
            self.direction = Direction::Out;
            self.deadline.as_mut().reset(Instant::now() + self.write);
        }
    }

    fn or_late<T>(&mut self, poll: Poll<io::Result<T>>, context: &mut Context<'_>) -> Poll<io::Result<T>> {
        match poll {
            Poll::Pending if self.is_late(context) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
            other => other,
        }
    }
}

impl AsyncRead for Connection {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, out: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = out.filled().len();
        let poll = Pin::new(&mut this.stream).poll_read(context, out);
        ready!(this.or_late(poll, context))?;
        // A client that drips would be noticed only when it pauses.
        if this.is_late(context) {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        match this.left.checked_sub(out.filled().len().saturating_sub(before)) {
            Some(left) => this.left = left,
            None => return Poll::Ready(Err(io::Error::other("request too large"))),
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Connection {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        this.writes();
        if this.is_late(context) {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        let poll = Pin::new(&mut this.stream).poll_write(context, bytes);
        this.or_late(poll, context)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let poll = Pin::new(&mut this.stream).poll_flush(context);
        this.or_late(poll, context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let poll = Pin::new(&mut this.stream).poll_shutdown(context);
        this.or_late(poll, context)
    }
}
