//! What the service shows over HTTP, and how it loads its configuration anew.
//!
//! In: what threads tell of themselves. Out: metrics, health, readiness. A reload loads everything first: unless all of it
//! is right, no list has shrunk by more than it may, and every shard can go on under it, nothing changes (P7).

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
        may_shrink(&self.book(), &config)?;
        config.notices.iter().for_each(|notice| tracing::warn!("{notice}"));
        let orders = self.intake.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let read = |_: &Arc<Orders>| reference::read(&config.service.reference, &config.decode);
        let reference = orders.as_ref().map(read).transpose()?.unwrap_or_default();
        let engine = self.engine.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((shared, workers)) = engine.filter(|_| self.book().digest != book.digest) {
            book.lists.ready();
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

/// Whether no list loses more than it may: half a file is often sound in itself.
fn may_shrink(before: &Rulebook, config: &Config) -> Result<(), Vec<String>> {
    let shrunk = before.lists.shrunk(&config.rulebook.lists, &config.list_shrink);
    if shrunk.is_empty() { Ok(()) } else { Err(shrunk.iter().map(ToString::to_string).collect()) }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn list(entries: usize) -> String {
        let entry = |n: usize| format!("  - {{id: e{n}, names: [Name {n}]}}\n");
        let head = "list: {id: own, title: t, source: s, effect: risk, as_of: 2024-01-01}\nentries:\n";
        head.to_owned() + &(0..entries).map(entry).collect::<String>()
    }

    #[test]
    fn a_list_that_shrinks_is_refused_until_that_change_is_confirmed() {
        let folder = tempfile::tempdir().unwrap();
        let (settings, own) = (folder.path().join("settings.yaml"), folder.path().join("own.yaml"));
        let write = |path: &Path, text: &str| std::fs::write(path, text).unwrap();
        write(&settings, "lists: [own.yaml]\n");
        write(&own, &list(100));
        let asked = Asked { config: Some(settings.clone()), ..Asked::default() };
        let reloading = Reloading::new(asked.clone(), &asked.load().unwrap(), Arc::new(View::default()));
        let entries = || reloading.book().lists.entries().len();

        write(&own, &list(80));
        assert!(reloading.reload().is_ok(), "a fifth may go");
        write(&own, &list(40));
        let digest = reloading.book().digest;
        let refused = reloading.reload().unwrap_err();
        let [message] = refused.as_slice() else { panic!("{refused:?}") };
        assert!(message.starts_with("list own shrank from 80 entries to 40 (50 % fewer, more than 20 %)"), "{message}");
        assert_eq!(
            (entries(), reloading.book().digest),
            (80, digest),
            "the old one stays, and all that was loaded with it"
        );

        let word = message.split_once("confirm: [").unwrap().1.split_once(']').unwrap().0;
        write(&settings, &format!("lists: [own.yaml]\nlist_shrink: {{ confirm: [{word}] }}\n"));
        assert!(reloading.reload().is_ok());
        assert_eq!(entries(), 40);
        write(&own, &list(10));
        assert!(reloading.reload().is_err(), "what confirmed one change confirms no other");
        write(&own, "list: {");
        assert!(reloading.reload().is_err(), "nor does a file that cannot be read replace it");
        assert_eq!(entries(), 40);
    }
}
