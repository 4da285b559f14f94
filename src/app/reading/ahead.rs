//! Pieces of entries, read ahead by threads and handed over in order.
//!
//! In: entries. Out: what stands in each, or in each part of those that are large. Parts are the same for any number of threads, so
//! what is told is too. It refuses to know what the parts of a file come to together.

use std::collections::VecDeque;
use std::num::NonZeroUsize;
use std::slice;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::Scope;

use super::{Heard, count, read};
use crate::app::tally::Tally;
use crate::decode::{self, Part, Settings, Sightings, Stopped};
use crate::sources::{Cuts, Entry, PartReader};

/// What is handed over at once.
const BATCH: usize = 256;
/// Batches that wait for the one who hears: a bound on memory.
const AHEAD: usize = 16;

/// What is heard of a piece.
pub(super) enum Told {
    Heard(Heard),
    /// How a part ended.
    Stopped(Tally, Stopped),
}

/// What one thread reads.
#[derive(Clone, Copy)]
pub(super) struct Piece<'a> {
    pub(super) entry: &'a Entry,
    /// `None` where it is not read in parts.
    pub(super) part: Option<Part>,
}

impl Piece<'_> {
    /// `parts`: what this thread reads parts with.
    pub(super) fn read(self, settings: &Settings, parts: &mut PartReader, tell: &mut dyn FnMut(Told)) {
        let Some(part) = self.part else {
            return read(self.entry, settings, &mut |heard| tell(Told::Heard(heard)));
        };
        if part.from == 0 {
            tell(Told::Heard(Heard::Begun(self.entry.name.clone())));
        }
        let mut tally = Tally::default();
        let input = parts.open(self.entry, part.from, part.until);
        let stopped = decode::part(&self.entry.name, input, part, settings, &mut |item| {
            count(item, &mut tally, &mut |heard| tell(Told::Heard(heard)));
        });
        tell(Told::Stopped(tally, stopped));
    }
}

/// The pieces of entries, in order.
pub(super) struct Pieces<'a> {
    entries: slice::Iter<'a, Entry>,
    /// Bytes of a part; `None` where no file is read in parts.
    part: Option<u64>,
    cut: Option<(&'a Entry, Cuts, u64)>,
}

impl<'a> Pieces<'a> {
    /// Parts remember each by itself what they told already: where that is most of what stands in a file, it is left whole.
    pub(super) fn of(entries: &'a [Entry], settings: &Settings, part: u64) -> Self {
        let part = Some(part).filter(|_| settings.sightings == Sightings::Relevant);
        Self { entries: entries.iter(), part, cut: None }
    }

    /// Whether there is one at most.
    pub(super) fn is_single(&self) -> bool {
        match self.entries.as_slice() {
            [] => true,
            [entry] => self.cuts(entry).is_none(),
            _ => false,
        }
    }

    fn cuts(&self, entry: &Entry) -> Option<Cuts> {
        self.part.and_then(|part| entry.cuts(part))
    }

    /// The rest of an entry is not wanted.
    fn leave(&mut self, entry: &Entry) {
        self.cut.take_if(|(cut, ..)| std::ptr::eq(*cut, entry));
    }
}

impl<'a> Iterator for Pieces<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        let (entry, mut cuts, from) = match self.cut.take() {
            Some(open) => open,
            None => {
                let entry = self.entries.next()?;
                let Some(cuts) = self.cuts(entry) else { return Some(Piece { entry, part: None }) };
                (entry, cuts, 0)
            }
        };
        let until = cuts.next();
        self.cut = until.map(|until| (entry, cuts, until));
        Some(Piece { entry, part: Some(Part { from, until }) })
    }
}

type Task<'a> = (Piece<'a>, SyncSender<Vec<Told>>);

/// Pieces and what is told of them, read ahead where there are threads for that.
pub(super) struct Ahead<'a> {
    pieces: Pieces<'a>,
    settings: &'a Settings,
    threads: Option<Sender<Task<'a>>>,
    parts: PartReader,
    /// Read, or being read, and not heard yet.
    handed: VecDeque<(Piece<'a>, Receiver<Vec<Told>>)>,
    most: usize,
}

impl<'a> Ahead<'a> {
    /// Each is read when it is heard.
    pub(super) fn alone(pieces: Pieces<'a>, settings: &'a Settings) -> Self {
        Self { pieces, settings, threads: None, parts: PartReader::default(), handed: VecDeque::new(), most: 0 }
    }

    /// So many are read at the same time.
    pub(super) fn on<'s>(
        scope: &'s Scope<'s, 'a>,
        pieces: Pieces<'a>,
        settings: &'a Settings,
        workers: NonZeroUsize,
    ) -> Self {
        let (threads, tasks) = channel::<Task<'a>>();
        let tasks = Arc::new(Mutex::new(tasks));
        for _ in 0..workers.get() {
            let tasks = Arc::clone(&tasks);
            scope.spawn(move || {
                let next = || tasks.lock().unwrap_or_else(PoisonError::into_inner).recv().ok();
                let mut parts = PartReader::default();
                while let Some((piece, told)) = next() {
                    read_for(piece, settings, &mut parts, &told);
                }
            });
        }
        Self { threads: Some(threads), most: 2 * workers.get(), ..Self::alone(pieces, settings) }
    }

    /// The next piece, once everything in it was heard.
    pub(super) fn hear(&mut self, mut hear: impl FnMut(Piece<'a>, Told)) -> Option<Piece<'a>> {
        let Some(threads) = &self.threads else {
            let piece = self.pieces.next()?;
            piece.read(self.settings, &mut self.parts, &mut |told| hear(piece, told));
            return Some(piece);
        };
        while self.handed.len() < self.most
            && let Some(piece) = self.pieces.next()
        {
            let (told, hears) = sync_channel(AHEAD);
            self.handed.push_back((piece, hears));
            // Threads take until nobody hands them anything.
            let _ = threads.send((piece, told));
        }
        let (piece, hears) = self.handed.pop_front()?;
        hears.iter().flatten().for_each(|told| hear(piece, told));
        Some(piece)
    }

    /// What is left of an entry is not wanted.
    pub(super) fn leave(&mut self, entry: &Entry) {
        self.pieces.leave(entry);
        self.handed.retain(|(piece, _)| !std::ptr::eq(piece.entry, entry));
    }
}

fn read_for(piece: Piece<'_>, settings: &Settings, parts: &mut PartReader, told: &SyncSender<Vec<Told>>) {
    let mut batch = Vec::new();
    // Who does not hear any more does not want what is left.
    piece.read(settings, parts, &mut |heard| {
        batch.push(heard);
        if batch.len() == BATCH {
            let _ = told.send(std::mem::take(&mut batch));
        }
    });
    let _ = told.send(batch);
}
