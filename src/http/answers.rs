//! What each path answers.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::json;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::guard::{Token, guard};
use super::{ANSWER_TIME, ASKING, RELOAD_TIME, Surface};

const PROMETHEUS: &str = "text/plain; version=0.0.4";
const TEXT: &str = "text/plain; charset=utf-8";
const JSON: &str = "application/json";

/// Whom to ask, and how many may ask at once.
#[derive(Clone)]
struct Asked {
    surface: Arc<dyn Surface>,
    /// Threads for questions that are answered at once; one that hangs keeps its own.
    threads: Arc<Semaphore>,
    /// At most one reload at a time.
    reload: Arc<Semaphore>,
}

/// Every path, guarded.
pub(super) fn router(surface: Arc<dyn Surface>, token: Option<Token>) -> Router {
    let asked = Asked { surface, threads: Arc::new(Semaphore::new(ASKING - 1)), reload: Arc::new(Semaphore::new(1)) };
    Router::new()
        .route("/metrics", get(metrics))
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .route("/version", get(version))
        .route("/reload", post(reload))
        .fallback(async || answer(StatusCode::NOT_FOUND, TEXT, "no such path\n"))
        .layer(axum::middleware::from_fn_with_state(token, guard))
        .with_state(asked)
}

fn answer(status: StatusCode, kind: &'static str, body: impl Into<String>) -> Response {
    (status, [(CONTENT_TYPE, kind), (CACHE_CONTROL, "no-store")], body.into()).into_response()
}

/// One line each.
fn lines(status: StatusCode, lines: &[String]) -> Response {
    answer(status, TEXT, lines.iter().map(|line| format!("{line}\n")).collect::<String>())
}

/// Why there is no answer from the surface.
enum Silent {
    /// It took too long.
    Slow,
    /// It panicked.
    Broken,
}

impl Asked {
    /// Asks the surface on a thread that may block.
    async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&dyn Surface) -> T + Send + 'static,
    ) -> Result<T, Silent> {
        let surface = Arc::clone(&self.surface);
        let threads = Arc::clone(&self.threads);
        let answer = async move {
            let place = threads.acquire_owned().await.map_err(|_| Silent::Broken)?;
            ask(surface, place, question).await
        };
        timeout(ANSWER_TIME, answer).await.unwrap_or(Err(Silent::Slow))
    }
}

/// The place is held until the surface has answered, however long its client waits.
async fn ask<T: Send + 'static>(
    surface: Arc<dyn Surface>,
    place: OwnedSemaphorePermit,
    question: impl FnOnce(&dyn Surface) -> T + Send + 'static,
) -> Result<T, Silent> {
    let work = move || {
        let answer = question(&*surface);
        drop(place);
        answer
    };
    tokio::task::spawn_blocking(work).await.map_err(|_| Silent::Broken)
}

fn silent(silent: Silent, allowed: Duration) -> Response {
    match silent {
        Silent::Slow => {
            let text = format!("no answer within {} s\n", allowed.as_secs());
            answer(StatusCode::SERVICE_UNAVAILABLE, TEXT, text)
        }
        Silent::Broken => answer(StatusCode::INTERNAL_SERVER_ERROR, TEXT, "the answer failed\n"),
    }
}

async fn metrics(State(asked): State<Asked>) -> Response {
    match asked.ask(|surface| surface.metrics()).await {
        Ok(Ok(text)) => answer(StatusCode::OK, PROMETHEUS, text),
        Ok(Err(why)) => lines(StatusCode::INTERNAL_SERVER_ERROR, &[why]),
        Err(why) => silent(why, ANSWER_TIME),
    }
}

async fn healthz(State(asked): State<Asked>) -> Response {
    match asked.ask(|surface| surface.health()).await {
        Ok(dead) if dead.is_empty() => answer(StatusCode::OK, TEXT, "ok\n"),
        Ok(dead) => lines(StatusCode::SERVICE_UNAVAILABLE, &dead),
        Err(why) => silent(why, ANSWER_TIME),
    }
}

async fn readyz(State(asked): State<Asked>) -> Response {
    match asked.ask(|surface| surface.readiness()).await {
        Ok(behind) if behind.is_empty() => answer(StatusCode::OK, TEXT, "ready"),
        Ok(behind) => answer(StatusCode::SERVICE_UNAVAILABLE, JSON, json!(behind).to_string()),
        Err(why) => silent(why, ANSWER_TIME),
    }
}

async fn version(State(asked): State<Asked>) -> Response {
    match asked.ask(|surface| surface.version()).await {
        Ok(version) => {
            let body = json!({ "version": version.version, "config": version.config });
            answer(StatusCode::OK, JSON, body.to_string())
        }
        Err(why) => silent(why, ANSWER_TIME),
    }
}

async fn reload(State(asked): State<Asked>) -> Response {
    let Ok(place) = Arc::clone(&asked.reload).try_acquire_owned() else {
        return answer(StatusCode::CONFLICT, TEXT, "another reload is going on\n");
    };
    let work = ask(Arc::clone(&asked.surface), place, |surface| surface.reload());
    match timeout(RELOAD_TIME, work).await {
        Ok(Ok(Ok(config))) => answer(StatusCode::OK, JSON, json!({ "config": config }).to_string()),
        Ok(Ok(Err(problems))) => lines(StatusCode::UNPROCESSABLE_ENTITY, &problems),
        Ok(Err(why)) => silent(why, RELOAD_TIME),
        Err(_) => answer(StatusCode::GATEWAY_TIMEOUT, TEXT, "still going on; /version says what is in force\n"),
    }
}
