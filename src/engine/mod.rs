//! Facts in, alert changes out.
//!
//! In: facts in any order, any number of times, and a rulebook. Out: the alert table, a pure function of the set of
//! facts, the last tick and the rulebook (P1), and its differences to what was published before. It refuses to know
//! clocks, files and where facts come from.

mod accounts;
mod alert;
mod asker;
mod beside;
mod consumption;
mod contribution;
mod episodes;
mod explained;
mod gate;
mod group;
mod heard;
mod measured;
mod member;
mod partition;
mod refusal;
mod reopening;
mod risk;
mod rows;
mod scope;
mod shard;
mod share;
mod snapshot;
mod standing;
mod summary;
mod table;
mod tenders;
mod totals;
mod window;

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::Arc;

use crate::catalogue::{Catalogue, Jurisdictions};
use crate::geo::Geo;
pub use crate::ledger::Fate;
use crate::ledger::Retention;
use crate::model::{AccountId, Alert, AlertId, EventTime, Fact, FactKind, Position, Risk, Text};
use crate::parties::Lists;
use crate::policy::Policy;

pub use beside::{Hands, Job, OneHand};
pub use consumption::{Consumed, Consumption, Walk};
pub use contribution::{Contribution, Sender, Voice};
pub use explained::Explained;
pub use member::{Member, Published, Seat, Unheard, Work};
pub use partition::Home;
pub use refusal::Refusal;
pub use reopening::Forgotten;
pub use snapshot::{Snapshot, Unreadable};

use contribution::Outbox;
use partition::Span;
use reopening::Reopening;
use shard::Shard;
use table::Whose;

/// Everything that decides what facts mean.
#[derive(Clone, Debug)]
pub struct Rulebook {
    /// SKUs, chips and controls.
    pub catalogue: Arc<Catalogue>,
    /// Country groups.
    pub jurisdictions: Arc<Jurisdictions>,
    /// Addresses to places.
    pub geo: Arc<Geo>,
    /// Lists of parties.
    pub lists: Arc<Lists>,
    /// Rules.
    pub policy: Arc<Policy>,
    /// `sha256:` of all of it.
    pub digest: Text,
}

/// A difference between what was published and what holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// New.
    Opened(Arc<Alert>),
    /// It says something else than before.
    Updated(Arc<Alert>),
    /// Its last episode disappeared.
    Withdrawn(AlertId),
}

impl Change {
    /// Of which alert.
    pub fn id(&self) -> &AlertId {
        match self {
            Self::Opened(alert) | Self::Updated(alert) => &alert.id,
            Self::Withdrawn(id) => id,
        }
    }

    /// What happened, in a word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Opened(_) => "opened",
            Self::Updated(_) => "updated",
            Self::Withdrawn(_) => "withdrawn",
        }
    }
}

/// All shards, in one place. How many there are changes nothing that is published.
#[derive(Debug)]
pub struct Engine {
    book: Rulebook,
    span: Span,
    lateness: Option<i64>,
    hands: Arc<dyn Hands>,
    shards: Vec<Shard>,
    fates: BTreeMap<(FactKind, Fate), u64>,
    /// The same under a rulebook that is to be in force.
    coming: Option<Box<Reopening>>,
    /// What is to be said to shards held elsewhere.
    outbox: Outbox,
    read: Read,
}

/// Which log is read, and what was heard beside it.
#[derive(Clone, Copy, Debug)]
struct Read {
    epoch: u64,
    heard: u64,
}

impl Default for Read {
    fn default() -> Self {
        Self { epoch: 1, heard: 0 }
    }
}

impl Engine {
    /// Empty, in one shard.
    pub fn new(book: Rulebook) -> Self {
        Self::sharded(book, NonZeroU32::MIN)
    }

    /// Empty, in so many virtual shards.
    pub fn sharded(book: Rulebook, count: NonZeroU32) -> Self {
        Self::remembering(book, count, None)
    }

    /// Empty, in so many virtual shards; facts that come more hours late are refused, and what no window can reach any more
    /// is forgotten (D2). Without a bound nothing is.
    pub fn remembering(book: Rulebook, count: NonZeroU32, lateness: Option<i64>) -> Self {
        Self::holding(book, Span::all(count), count, lateness)
    }

    fn holding(book: Rulebook, span: Span, held: NonZeroU32, lateness: Option<i64>) -> Self {
        let retention = book.retention(lateness);
        let shards = (0..held.get()).map(|_| Shard::keeping(retention)).collect();
        Self::of(book, span, lateness, shards)
    }

    fn of(book: Rulebook, span: Span, lateness: Option<i64>, shards: Vec<Shard>) -> Self {
        let (fates, coming, outbox, read) = (BTreeMap::new(), None, Outbox::new(), Read::default());
        Self { book, span, lateness, hands: Arc::new(OneHand), shards, fates, coming, outbox, read }
    }

    /// Publishes with these hands: any number gives the same.
    pub fn with(self, hands: Arc<dyn Hands>) -> Self {
        Self { hands, ..self }
    }

    /// Takes one fact in. Same state and same fact give the same outcome. What an account did goes to its shard, all else
    /// to every shard.
    pub fn apply(&mut self, position: &Position, fact: Fact) -> Fate {
        let kind = fact.kind();
        let (book, shards) = (&self.book, reopening::route(&mut self.shards, self.span, &fact));
        let fate = shards.map(|shard| shard.apply(position, &fact, book)).last().unwrap_or(Fate::Refused);
        if fate != Fate::Refused {
            self.coming.iter_mut().for_each(|coming| coming.apply(position, &fact));
        }
        *self.fates.entry((kind, fate)).or_default() += 1;
        fate
    }

    /// Whether another rulebook could be put in force: whether facts are held as far back as its rules look.
    pub fn could_reconfigure(&self, book: &Rulebook) -> Result<(), Forgotten> {
        reopening::reach(book, &self.snapshot())
    }

    /// Asks for another rulebook to be in force. Everything is evaluated under it beside the one in force, in slices
    /// ([`Self::work`]) and by [`Self::publish`] never half; facts go on. Refused where the rules look back further than
    /// facts are held: then the old rulebook stays.
    pub fn reconfigure(&mut self, book: Rulebook) -> Result<(), Forgotten> {
        let snapshot = self.snapshot();
        self.coming = Some(Box::new(Reopening::begin(book, self.span, snapshot)?));
        Ok(())
    }

    /// Does so much of what a new rulebook asks for, in facts and days of accounts; whether all is done.
    pub fn work(&mut self, most: usize) -> bool {
        let Some(mut coming) = self.coming.take() else { return true };
        if !coming.work(most) {
            self.coming = Some(coming);
            return false;
        }
        let saved: Vec<_> = self.shards.iter().map(Shard::saved).collect();
        let published: Vec<Alert> = self.alerts().cloned().collect();
        (self.book, self.shards, self.outbox) = coming.end(&saved);
        self.adopt(published);
        true
    }

    /// Makes room: forgets machines that stopped before anything that is known, and what counts no more between facts.
    pub fn compact(&mut self) -> Result<(), Forgotten> {
        self.shards.iter_mut().for_each(|shard| shard.forget_resources(&self.book));
        let book = self.coming.as_ref().map_or(&self.book, |coming| coming.book()).clone();
        self.reconfigure(book)
    }

    /// Brings what is published up to what holds, and says what changed, by alert id. Before the first tick nothing is
    /// evaluated.
    pub fn publish(&mut self) -> Vec<Change> {
        self.speak();
        self.settle(Whose::All)
    }

    fn speak(&mut self) {
        let Self { shards, span, book, outbox, hands, .. } = self;
        while !reopening::speak(shards, *span, book, outbox, usize::MAX, &**hands) {}
    }

    fn settle(&mut self, whose: Whose) -> Vec<Change> {
        let (book, read, hands) = (&self.book, self.read, &*self.hands);
        let mut changes: Vec<Change> =
            self.shards.iter_mut().flat_map(|shard| shard.settle(book, read, whose, hands)).collect();
        changes.sort_by(|a, b| a.id().cmp(b.id()));
        changes
    }

    /// Everything that must not be forgotten. What was published is not part of it: that is where it was published.
    pub fn snapshot(&self) -> Snapshot {
        let shards = self.shards.iter().map(Shard::saved).collect();
        Snapshot { shards, fates: self.fates.clone(), lateness: self.lateness }
    }

    /// The engine of a snapshot, under any rulebook. `published` is what was published last, from wherever it was sent.
    pub fn restore(
        book: Rulebook,
        snapshot: Snapshot,
        published: impl IntoIterator<Item = Alert>,
    ) -> Result<Self, Forgotten> {
        let count = u32::try_from(snapshot.shards.len()).ok().and_then(NonZeroU32::new).unwrap_or(NonZeroU32::MIN);
        let mut engine = Self::reopen(book, Span::all(count), snapshot)?;
        engine.adopt(published);
        Ok(engine)
    }

    fn reopen(book: Rulebook, span: Span, snapshot: Snapshot) -> Result<Self, Forgotten> {
        let (lateness, fates) = (snapshot.lateness, snapshot.fates.clone());
        let saved = snapshot.shards.clone();
        let mut opening = Reopening::begin(book, span, snapshot)?;
        while !opening.fold(usize::MAX) {}
        let (book, shards, outbox) = opening.end(&saved);
        Ok(Self { fates, outbox, ..Self::of(book, span, lateness, shards) })
    }

    fn adopt(&mut self, published: impl IntoIterator<Item = Alert>) {
        for alert in published {
            let home = self.span.held_at(partition::of_subject(&alert.subject.subject.id, self.span.of));
            if let Some(shard) = home.and_then(|home| self.shards.get_mut(home)) {
                shard.adopt(alert);
            }
        }
    }

    /// The alerts published, by id.
    pub fn alerts(&self) -> impl Iterator<Item = &Alert> {
        let all: BTreeMap<_, _> = self.shards.iter().flat_map(Shard::alerts).map(|alert| (&alert.id, alert)).collect();
        all.into_values()
    }

    /// What the alerts published come to for each subject (D12): by severity and number of evidence families, both
    /// descending, then by subject.
    pub fn risk(&self) -> Vec<Risk> {
        risk::records(self.alerts())
    }

    /// How many facts of each kind came to what.
    pub fn fates(&self) -> &BTreeMap<(FactKind, Fate), u64> {
        &self.fates
    }

    /// The same for each shard (P2): what is sent to all is counted by all.
    pub fn shard_fates(&self) -> impl Iterator<Item = &BTreeMap<(FactKind, Fate), u64>> {
        self.shards.iter().map(Shard::fates)
    }

    /// Up to when time has passed.
    pub fn now(&self) -> Option<EventTime> {
        self.shards.first().and_then(|shard| shard.now())
    }

    /// Halves of operations that wait for the other: applied, and without effect so far.
    pub fn pending(&self) -> u64 {
        self.shards.iter().map(|shard| shard.ledger().pending()).sum()
    }

    /// Billed lines that could not be told apart, the greater usage counted (D4).
    pub fn ambiguous(&self) -> u64 {
        self.shards.iter().map(|shard| shard.ledger().ambiguous()).sum()
    }

    /// What is held, by kind: distinct facts. Those that every shard holds count once.
    pub fn held(&self) -> BTreeMap<FactKind, u64> {
        let mut held: BTreeMap<FactKind, u64> = BTreeMap::new();
        for (kind, count) in self.shards.iter().flat_map(|shard| shard.ledger().held()) {
            let known = held.entry(*kind).or_default();
            *known = if goes_to_all(*kind) { *count } else { *known + count };
        }
        held
    }

    /// What ran, for metrics.
    pub fn consumption(&self) -> Consumption {
        let mut walk = Walk::default();
        while !self.add_up(&mut walk, usize::MAX) {}
        walk.sums
    }

    /// Adds up what ran on so many more accounts; whether none is left. Facts may come in between.
    pub fn add_up(&self, walk: &mut Walk, most: usize) -> bool {
        let Some(shard) = self.shards.get(walk.shard) else { return true };
        if shard.consumption(walk, &self.book, most) {
            (walk.shard, walk.account) = (walk.shard + 1, 0);
        }
        walk.shard >= self.shards.len()
    }

    /// Who stands behind an account at `at`, as far as this engine has heard.
    pub fn explain(&self, account: &AccountId, at: EventTime) -> Explained {
        let home = self.span.held_at(partition::of_account(account, self.span.of));
        let shard = home.and_then(|home| self.shards.get(home));
        match shard {
            Some(shard) => Explained::of(account, shard, &self.book, at),
            None => Explained::of(account, &Shard::default(), &self.book, at),
        }
    }

    /// The rulebook in force.
    pub fn book(&self) -> &Rulebook {
        &self.book
    }
}

impl Rulebook {
    /// How far back facts are held where they may come so many hours late.
    fn retention(&self, lateness: Option<i64>) -> Option<Retention> {
        let window = self.policy.rules.iter().map(|rule| rule.window_hours).max().unwrap_or(0);
        lateness.map(|lateness| Retention { lateness, window })
    }
}

/// What an account did goes to its shard, all else to every shard.
fn goes_to_all(kind: FactKind) -> bool {
    use FactKind as Kind;
    match kind {
        Kind::Account | Kind::Party | Kind::Edge | Kind::Authorisation | Kind::Suppression | Kind::Tender => true,
        Kind::Tick | Kind::StatementComplete => true,
        Kind::CapacityStarted | Kind::CapacityStopped | Kind::OperationHalf | Kind::CapacityDenied => false,
        Kind::CapacityReserved | Kind::UsageBilled | Kind::ModelUsed | Kind::Sighting | Kind::Attribute => false,
    }
}
