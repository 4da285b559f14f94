//! What the service shows over HTTP, and how it loads its configuration anew.
//!
//! In: what threads tell of themselves. Out: metrics, health, readiness. A reload loads everything first: unless all of it
//! is right, and every shard can go on under it, nothing changes (P7).

use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context;

use super::intake::Orders;
use super::membership::Workers;
use super::view::View;
use super::worker::{Order, Shared};
use super::{metrics, reference};
use crate::config::{Asked, Config, read_secret};
use crate::engine::Rulebook;
use crate::http::{Surface, Token, Version};

/// How long workers may take to say whether they could go on under another rulebook.
const PATIENCE: Duration = Duration::from_secs(30);

/// Reads a token's file.
pub(super) fn token(path: &Path) -> anyhow::Result<Token> {
    let secret = read_secret(path)?;
    Token::new(secret).with_context(|| format!("token file {}", path.display()))
}

/// Loads the configuration anew and hands it on.
pub(super) struct Reloading {
    asked: Asked,
    pub(super) view: Arc<View>,
    /// How many the log has: fixed with it.
    shards: u32,
    book: Mutex<Rulebook>,
    engine: Mutex<Option<(Arc<Shared>, Workers)>>,
    intake: Mutex<Option<Arc<Orders>>>,
    /// One at a time, whoever asks.
    under_way: Mutex<()>,
}

impl Reloading {
    pub(super) fn new(asked: Asked, config: &Config, view: Arc<View>) -> Self {
        let book = Mutex::new(config.rulebook.clone());
        let shards = config.service.engine.count.get();
        let (engine, intake) = (Mutex::default(), Mutex::default());
        Self { asked, view, shards, book, engine, intake, under_way: Mutex::default() }
    }

    pub(super) fn hold(&self, shared: Arc<Shared>, workers: Workers) {
        *self.engine.lock().unwrap_or_else(PoisonError::into_inner) = Some((shared, workers));
    }

    pub(super) fn feed(&self, orders: Arc<Orders>) {
        *self.intake.lock().unwrap_or_else(PoisonError::into_inner) = Some(orders);
    }

    pub(super) fn stop_intake(&self) {
        if let Some(orders) = self.intake.lock().unwrap_or_else(PoisonError::into_inner).as_ref() {
            orders.stop.store(true, Ordering::Relaxed);
        }
        *self.engine.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// The rulebook in force, or on its way.
    pub(super) fn book(&self) -> Rulebook {
        self.book.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Loads everything; its digest, or why nothing has changed.
    pub(super) fn reload(&self) -> Result<String, Vec<String>> {
        let _alone = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        let done = self.try_reload();
        match &done {
            Ok(digest) => tracing::info!(digest, "configuration loaded"),
            Err(problems) => tracing::error!(problems = problems.join("; "), "the configuration stays as it was"),
        }
        self.view.counts.add("reloads", if done.is_ok() { "loaded" } else { "refused" });
        done
    }

    fn try_reload(&self) -> Result<String, Vec<String>> {
        let config =
            self.asked.load().map_err(|error| error.to_string().lines().map(str::to_owned).collect::<Vec<_>>())?;
        let book = config.rulebook.clone();
        let digest = book.digest.to_string();
        let orders = self.intake.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let read = |_: &Arc<Orders>| reference::read(&config.service.reference, &config.decode);
        let reference = orders.as_ref().map(read).transpose()?.unwrap_or_default();
        let engine = self.engine.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((shared, workers)) = engine.filter(|_| self.book().digest != book.digest) {
            ask(&workers, &book)?;
            *shared.book.lock().unwrap_or_else(PoisonError::into_inner) = book.clone();
            workers.iter().for_each(|worker| {
                let _ = worker.send(Order::Reload(book.clone()));
            });
        }
        if let Some(orders) = orders {
            *orders.decode.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(config.decode.clone());
            self.view.rejected(&reference.rejected);
            *orders.reference.lock().unwrap_or_else(PoisonError::into_inner) = reference.facts;
        }
        *self.book.lock().unwrap_or_else(PoisonError::into_inner) = book;
        Ok(digest)
    }
}

/// Whether every shard could go on under a rulebook.
fn ask(workers: &Workers, book: &Rulebook) -> Result<(), Vec<String>> {
    let mut problems = Vec::new();
    for worker in workers {
        let (to, answer) = sync_channel(1);
        let asked = worker.send(Order::Ask(book.clone(), to)).is_ok();
        match answer.recv_timeout(PATIENCE) {
            Ok(Ok(())) => {}
            Ok(Err(forgotten)) => problems.push(forgotten.to_string()),
            Err(_) if !asked => problems.push("a worker has ended".to_owned()),
            Err(_) => problems.push(format!("a worker did not answer within {} s", PATIENCE.as_secs())),
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

/// What is shown.
pub(super) struct Shown(pub(super) Arc<Reloading>);

impl Surface for Shown {
    fn metrics(&self) -> Result<String, String> {
        metrics::text(&self.0.view, &self.0.book(), self.0.shards).map_err(|error| error.to_string())
    }

    fn health(&self) -> Vec<String> {
        self.0.view.dead.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn readiness(&self) -> Vec<String> {
        self.0.view.not_ready()
    }

    fn version(&self) -> Version {
        Version { version: env!("CARGO_PKG_VERSION").to_owned(), config: self.0.book().digest.to_string() }
    }

    fn reload(&self) -> Result<String, Vec<String>> {
        self.0.reload()
    }
}
