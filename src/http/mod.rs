//! What a service shows and is asked over HTTP/1.1: metrics, health, readiness, version, reload.
//!
//! In: a bound socket, a [`Surface`] that knows the answers, a [`Token`]. Out: answers. It refuses to know what the
//! answers mean, and how anything is reloaded. No endpoint looks at a body. One request a connection, and every wait has
//! a bound, so that a slow client keeps nobody waiting.
//!
//! | path | answers | token |
//! |---|---|---|
//! | `GET /metrics` | 200, Prometheus text | no |
//! | `GET /healthz` | 200 `ok`; 503 and what is dead, one a line | no |
//! | `GET /readyz` | 200 `ready`; 503 and a JSON list of what is not caught up | no |
//! | `GET /version` | 200, JSON: `version`, `config` | yes |
//! | `POST /reload` | 200, JSON: `config`; 422 and every problem, one a line; 409 while another is going on | yes |
//!
//! Every other path needs the token too. A token that is missing or wrong is answered 401; where none is configured, what
//! it would guard is answered 403.

mod answers;
mod guard;
mod slots;

use std::io;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;

use slots::Bounds;

pub use guard::{InvalidToken, Token};

/// Most connections at once; further ones wait to be accepted.
pub const CONNECTIONS: usize = 256;
/// Most bytes of a request, head and body; a connection that sends more is closed.
pub const REQUEST_BYTES: usize = 32 * 1024;
/// Most bytes a request may announce as its body; more is answered 413.
pub const BODY_BYTES: u64 = 8 * 1024;
/// How long a client may take to send its head; then the connection is closed.
pub const HEAD_TIME: Duration = Duration::from_secs(10);
/// How long a client may take to read its answer; then the connection is closed.
pub const WRITE_TIME: Duration = Duration::from_secs(30);
/// How long the surface may take to answer; then the client is told 503.
pub const ANSWER_TIME: Duration = Duration::from_secs(5);
/// How long a reload may take before its client is told 504; it goes on all the same.
pub const RELOAD_TIME: Duration = Duration::from_secs(600);
/// How long open connections may last after the shutdown was asked for.
const LINGER: Duration = Duration::from_secs(3);
/// Threads that ask the surface, one of them left to a reload.
const ASKING: usize = 8;

/// What there is to show. Methods are called from several threads at once and may block for a moment, never for long
/// (see [`ANSWER_TIME`]), except [`Surface::reload`].
pub trait Surface: Send + Sync + 'static {
    /// Metrics as Prometheus text, or why there are none.
    fn metrics(&self) -> Result<String, String>;
    /// What is dead and will not come back by itself, one line each; empty while the process lives.
    fn health(&self) -> Vec<String>;
    /// What is not caught up, one line each; empty when ready.
    fn readiness(&self) -> Vec<String>;
    /// What runs.
    fn version(&self) -> Version;
    /// Loads the configuration anew: the digest that is now in force, or every problem, in which case the old one stays
    /// (P7). Never called twice at once.
    fn reload(&self) -> Result<String, Vec<String>>;
}

/// What runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// The program's: `0.1.0`.
    pub version: String,
    /// Digest of the configuration in force: `sha256:…`.
    pub config: String,
}

/// What keeps the endpoints from being served.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {error}")]
    Bind {
        /// As configured.
        address: String,
        /// Why.
        error: io::Error,
    },
    /// The socket failed.
    #[error("cannot {what}: {error}")]
    Failed {
        /// What was tried.
        what: &'static str,
        /// Why it failed.
        error: io::Error,
    },
}

fn failed(what: &'static str) -> impl FnOnce(io::Error) -> HttpError {
    move |error| HttpError::Failed { what, error }
}

/// Binds `address` (`127.0.0.1:9464`, `[::]:9464`; port 0 takes a free one).
pub fn bind(address: &str) -> Result<TcpListener, HttpError> {
    TcpListener::bind(address).map_err(|error| HttpError::Bind { address: address.to_owned(), error })
}

/// Serves on the tokio runtime it is awaited in (time and IO enabled), until `shutdown` is done; connections that are open
/// then have a few seconds to end. Without a token, what it would guard is closed.
pub async fn serve(
    listener: TcpListener,
    surface: Arc<dyn Surface>,
    token: Option<Token>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), HttpError> {
    serve_within(Bounds::STATED, listener, surface, token, shutdown).await
}

async fn serve_within(
    bounds: Bounds,
    listener: TcpListener,
    surface: Arc<dyn Surface>,
    token: Option<Token>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), HttpError> {
    listener.set_nonblocking(true).map_err(failed("use the HTTP socket"))?;
    let listener = tokio::net::TcpListener::from_std(listener).map_err(failed("use the HTTP socket"))?;
    let slots = slots::Slots::new(listener, bounds);
    let (asked, hear) = oneshot::channel();
    let told = async move {
        shutdown.await;
        let _ = asked.send(());
    };
    let service = answers::router(surface, token).into_make_service_with_connect_info::<slots::Caller>();
    let served = async move { axum::serve(slots, service).with_graceful_shutdown(told).await };
    tokio::select! {
        done = served => done.map_err(failed("serve HTTP")),
        () = async move { let _ = hear.await; tokio::time::sleep(LINGER).await } => Ok(()),
    }
}

#[cfg(test)]
mod tests;
