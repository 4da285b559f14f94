//! What each account ran, was billed, was refused and from where it was used, as far as it is known so far.
//!
//! In: facts, in any order, any number of times, and ticks. Out: the activities of any account on any day, its sightings,
//! what its bills ask, the facts behind them, and which days of which accounts have changed since last asked. Every fact is folded in by
//! what it changes: nothing is added up anew. It refuses to know rules, parties and clocks: `now` is the last tick.

mod activity;
mod arena;
mod behind;
mod billing;
mod bills;
mod bytes;
mod costs;
mod fold;
mod forget;
mod halves;
mod intern;
mod intervals;
mod machines;
mod pack;
mod record;
mod saved;
mod series;
mod shape;
mod steps;
mod store;
mod told;
mod touched;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::sync::Arc;

use crate::catalogue::{Catalogue, SkuMeaning};
use crate::model::{
    AccountId, ChipCount, Day, EventTime, Fact, FactId, FactKind, Hour, Micros, NetworkPrefix, Position,
    PrincipalClass, Provider, ResourceId, Sku, Text, Told, Usage, UsageKind,
};

pub use activity::{Activity, ActivityKind, Amounts, ChipKey, Detail};
pub use costs::{Asked, Billed, Costs};
pub use series::Key;
pub use steps::{Hourly, Level, Steps, Stretches};
pub use store::{Fate, Known};
pub use touched::TouchedDays;

use activity::Track;
use arena::Loc;
use behind::Entry;
use bills::{OnStatement, StatementKey, Versions};
use halves::Operation;
use intern::Interner;
use intervals::Named;
use series::Series;
use store::{Landed, Store};
use touched::Touched;

/// A use of an account: day, network, kind of principal.
pub type Sighting = (Day, NetworkPrefix, PrincipalClass);

/// An account of a ledger, by the order in which it was first heard of. It never leaves the shard.
pub type AccountIndex = u32;

/// A key of a ledger, by the order in which it was first seen. It never leaves the shard.
pub type KeyIndex = u32;

/// How far back facts are held (D2). In replay nothing is forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// A fact may come so many hours late; hours before are not evaluated any more.
    pub lateness: i64,
    /// The longest window of any rule, in hours: what lies further back than the first hour evaluated and its window, is
    /// forgotten. A machine that stopped, and was not heard of for so long, is another machine.
    pub window: i64,
}

impl Retention {
    /// The first hour that is still evaluated.
    pub fn evaluated_from(self, now: EventTime) -> Hour {
        now.hour().plus(-self.lateness).day().first_hour()
    }

    /// The first hour of which anything is known.
    pub fn known_from(self, now: EventTime) -> Hour {
        self.evaluated_from(now).plus(-self.window).day().first_hour()
    }
}

/// What a SKU is made of, in the catalogue at hand.
#[derive(Clone, Debug)]
enum Meaning {
    Chips(ChipKey, ChipCount),
    Ordinary,
}

/// What one account did.
#[derive(Clone, Debug, Default)]
struct Account {
    /// By the index of their keys.
    series: Vec<(u32, Series)>,
    /// What most accounts do not have.
    rare: Option<Box<Rare>>,
}

#[derive(Clone, Debug, Default)]
struct Rare {
    sightings: BTreeMap<Sighting, Loc>,
    /// What bills say of the account itself.
    told: BTreeSet<Told>,
    operations: BTreeMap<Text, Operation>,
    statements: BTreeMap<u32, OnStatement>,
    /// The SKUs that counted lines name for a resource, by when and which.
    billed: BTreeMap<ResourceId, Named>,
}

/// All accounts of a shard.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    store: Store,
    skus: Interner<(Provider, Sku)>,
    meanings: Vec<Meaning>,
    /// The SKU that a shape names, by the index of the shape.
    sku_of: Vec<Option<u32>>,
    keys: Interner<Arc<Key>>,
    accounts: Vec<Account>,
    statements: Interner<StatementKey>,
    versions: Vec<Versions>,
    now: Option<EventTime>,
    /// Facts dated later than now.
    waiting: BinaryHeap<Reverse<(EventTime, Loc)>>,
    /// Facts folded in before it was known what time it is: if any is later, all are then taken back, and wait.
    undated: Vec<(EventTime, Loc)>,
    /// Accounts that bills speak of at an hour later than now.
    later: BinaryHeap<Reverse<(Hour, AccountIndex)>>,
    running: BTreeSet<AccountIndex>,
    retention: Option<Retention>,
    /// Facts by the last hour they speak of; starts and stops are forgotten with their machine.
    aging: BinaryHeap<Reverse<(Hour, Loc)>>,
    touched: Touched,
    sighted: Vec<(AccountIndex, Day)>,
    /// What bills ask, of the accounts that are watched.
    costs: BTreeMap<AccountIndex, Costs>,
    /// Those of them whose bills ask something else since last asked.
    charged: Vec<AccountIndex>,
    held: BTreeMap<FactKind, u64>,
    ambiguous: u64,
    pending: u64,
    forgotten_before: Option<Hour>,
}

impl Ledger {
    /// Empty, and forgets what is older.
    pub fn keeping(retention: Option<Retention>) -> Self {
        Self { retention, ..Self::default() }
    }

    /// The first hour of which anything is known.
    pub fn known_from(&self) -> Hour {
        let known = self.retention.zip(self.now).map(|(retention, now)| retention.known_from(now));
        known.unwrap_or(Hour(i64::MIN))
    }

    /// Whether a usage fact comes too late to count (D2). Stops of what runs, and what completes a statement, never do.
    pub fn is_late(&self, usage: &Usage) -> bool {
        let (Some(retention), Some(now)) = (self.retention, self.now) else { return false };
        if usage.time.hour() >= now.hour().plus(-retention.lateness) {
            return false;
        }
        match &usage.kind {
            UsageKind::StatementComplete { .. } => false,
            UsageKind::CapacityStopped { resource, .. } => !self.runs(&usage.account, resource),
            _ => true,
        }
    }

    /// Takes a usage fact in by D1, and says what became of it. One that was held elsewhere brings its identity along.
    pub fn apply(&mut self, position: &Position, usage: &Usage, id: Option<FactId>, catalogue: &Catalogue) -> Fate {
        let (landed, account) = self.store.put(usage, id, position);
        let ambiguous = matches!(&usage.kind, UsageKind::UsageBilled(line) if line.is_ambiguous());
        self.ambiguous += u64::from(ambiguous && landed.fate() == Fate::Superseded);
        let (now, before) = match landed {
            Landed::New(now) => {
                *self.held.entry(usage.fact_kind()).or_default() += 1;
                (now, None)
            }
            Landed::Won { now, before } => (now, Some(before)),
            Landed::Same | Landed::Lost | Landed::Full => return landed.fate(),
        };
        self.accounts.resize_with(self.store.accounts.len(), Account::default);
        if let Some(before) = before {
            self.take_back(before, catalogue);
        }
        match self.now {
            Some(tick) if usage.time <= tick => self.fold((account, now), usage, true, catalogue),
            // What is read before time passes at all will mostly have passed by then, and need not wait. Where facts are
            // forgotten it waits, for from when it is folded in it ages.
            None if self.retention.is_none() => {
                self.undated.push((usage.time, now));
                self.fold((account, now), usage, true, catalogue);
            }
            _ => self.waiting.push(Reverse((usage.time, now))),
        }
        landed.fate()
    }

    /// Takes a card in by D1: says what became of it, and what counted until now under its identity.
    pub fn apply_card(&mut self, position: &Position, card: &Fact) -> (Fate, Option<Fact>) {
        let landed = self.store.put_card(card, position);
        if let Landed::New(_) = landed {
            *self.held.entry(card.kind()).or_default() += 1;
        }
        let before = match landed {
            Landed::Won { before, .. } => self.store.fact(before),
            _ => None,
        };
        (landed.fate(), before)
    }

    /// Time has passed: what was dated later is folded in, and what runs has run longer.
    pub fn tick(&mut self, now: EventTime, catalogue: &Catalogue) {
        let known_before = self.known_from();
        let before = self.now.replace(now);
        // What ran when time stood still has run until now, or until what is folded in below. What began at the very end
        // of the time that had passed has only run since.
        let from = before.map_or(now, |before| EventTime::from_nanos(before.nanos().saturating_sub(1)));
        if from.hour() != now.hour() {
            self.touch_running(from);
        }
        if before.is_none() {
            self.date(now, catalogue);
        }
        while let Some(Reverse((_, loc))) = self.waiting.pop_if_due(|Reverse((time, _))| *time <= now) {
            self.fold_in(loc, catalogue);
        }
        if self.waiting.is_empty() {
            self.waiting.shrink_to_fit();
        }
        self.forget(catalogue);
        self.forget_costs(known_before);
        let mut due = BTreeSet::new();
        while let Some(Reverse((hour, account))) = self.later.pop_if_due(|Reverse((hour, _))| *hour <= now.hour()) {
            self.touched.push((account, hour.day(), now.day()));
            due.insert(account);
        }
        for account in due {
            self.look_ahead(account);
        }
    }

    /// It is known for the first time what time it is.
    fn date(&mut self, now: EventTime, catalogue: &Catalogue) {
        let undated = std::mem::take(&mut self.undated);
        // What a later fact has left its mark on (when the last machine began) is only right once all of it is gone.
        if undated.iter().any(|(time, _)| *time > now) {
            for (time, loc) in undated {
                self.take_back(loc, catalogue);
                self.waiting.push(Reverse((time, loc)));
            }
        }
        (0..self.accounts()).for_each(|account| self.look_ahead(account));
    }

    /// Touches, of every account where something runs, the days from that of `from` on.
    pub fn touch_running(&mut self, from: EventTime) {
        let Some(now) = self.now else { return };
        self.running.iter().for_each(|account| self.touched.push((*account, from.day(), now.day())));
    }

    /// Accounts where something runs.
    pub fn running(&self) -> &BTreeSet<AccountIndex> {
        &self.running
    }

    /// Whether something of an account began at this very instant: it has not run yet.
    pub fn begins_now(&self, account: AccountIndex) -> bool {
        let series = self.accounts.get(account as usize).into_iter().flat_map(|account| &account.series);
        self.now.is_some_and(|now| series.into_iter().any(|(_, series)| series.begins_at(now)))
    }

    /// Touches an account on the days between two instants, as far as it did anything; which it is, if it is known here.
    pub fn touch(&mut self, account: &AccountId, from: EventTime, to: EventTime) -> Option<AccountIndex> {
        let index = self.index(account)?;
        if let Some((first, last)) = self.span(index) {
            self.touched.push((index, first.day().max(from.day()), last.day().min(to.day())));
        }
        Some(index)
    }

    /// Touches the day of now.
    pub fn touch_today(&mut self, account: AccountIndex) {
        self.now.into_iter().for_each(|now| self.touched.push((account, now.day(), now.day())));
    }

    /// The days of accounts that were touched since last asked, in order, each once. A sighting touches `reach` more days.
    /// Days later than now are left out: they are touched when they come.
    pub fn take_touched(&mut self, reach: Option<i64>) -> Vec<TouchedDays> {
        let Some(now) = self.now else { return Vec::new() };
        let (first, last) = (self.known_from().day(), now.day());
        let seen = std::mem::take(&mut self.sighted);
        for (account, day) in seen {
            if let (Some(reach), Some((from, to))) = (reach, self.span(account)) {
                let (from, to) = (day.max(from.day()), Day(day.0.saturating_add(reach)).min(to.day()));
                self.touched.push((account, from, to));
            }
        }
        self.touch_charged();
        let mut touched = self.touched.take();
        touched.iter_mut().for_each(|(_, from, to)| (*from, *to) = ((*from).max(first), (*to).min(last)));
        touched.retain(|(_, from, to)| from <= to);
        touched
    }

    /// The first and last hour up to now in which an account can have done anything.
    pub fn span(&self, account: AccountIndex) -> Option<(Hour, Hour)> {
        let now = self.now?;
        let series = &self.accounts.get(account as usize)?.series;
        let first = series.iter().filter_map(|(_, series)| series.begins()).min()?.max(self.known_from());
        let last = series.iter().filter_map(|(_, series)| series.reaches(now)).max()?;
        (first <= last).then_some((first, last))
    }

    /// Makes asking about a day of an account, and those near it, cheap.
    pub fn remember(&mut self, account: AccountIndex, day: Day) {
        let series = self.accounts.get_mut(account as usize).into_iter().flat_map(|account| &mut account.series);
        series.for_each(|(_, series)| series.remember(day.first_hour()));
    }

    /// The keys under which an account did anything.
    pub fn keys(&self, account: AccountIndex) -> impl Iterator<Item = (KeyIndex, &Arc<Key>)> {
        let series = self.accounts.get(account as usize).into_iter().flat_map(|account| &account.series);
        series.filter_map(|(index, _)| Some((*index, self.keys.get(*index)?)))
    }

    /// The activities of an account on a day, up to the hour of now, under the keys that are wanted (D3–D5); each with the
    /// index of its key.
    pub fn activities(
        &self,
        account: AccountIndex,
        day: Day,
        wanted: impl Fn(KeyIndex) -> bool,
    ) -> Vec<(KeyIndex, Activity)> {
        let (Some(now), Some(own)) = (self.now, self.accounts.get(account as usize)) else { return Vec::new() };
        if day.first_hour() < self.known_from() {
            return Vec::new();
        }
        let track = |(index, series)| Some(Track { index, key: self.keys.get(index)?, series });
        let tracks: Vec<_> = own.series.iter().filter_map(|(index, series)| track((*index, series))).collect();
        activity::of_day(&tracks, day, now, wanted)
    }

    /// The first and last facts behind what an account did on a day under some keys: half of `most` each, in order.
    pub fn behind(&self, account: AccountIndex, keys: &[&Arc<Key>], day: Day, most: usize) -> Vec<Evidence> {
        let (Some(now), Some(own)) = (self.now, self.accounts.get(account as usize)) else { return Vec::new() };
        let hours = (day.first_hour(), day.last_hour().min(now.hour()));
        let mut found: Vec<Entry> = Vec::new();
        for key in keys {
            let series = self.keys.find(*key).and_then(|key| Some(&own.series.get(own.at(key).ok()?)?.1));
            if let Some(series) = series {
                found.extend(series.behind.first(most, hours, now));
                found.extend(series.behind.last(most, hours, now));
            }
        }
        found.sort_by_key(|entry| (entry.time, entry.half));
        found.dedup_by_key(|entry| (entry.time, entry.half));
        if found.len() > 2 * most {
            found.drain(most..found.len() - most);
        }
        found.iter().map(|entry| Evidence { time: entry.time, half: entry.half, loc: entry.loc }).collect()
    }

    /// A fact that evidence names, and where a copy of it was first read.
    pub fn fact(&self, evidence: &Evidence) -> Option<(FactId, Usage, Position)> {
        let loc = evidence.loc;
        Some((self.store.id(loc)?, self.store.usage(loc)?, self.store.position(loc)?))
    }

    /// Where an account was used from between two days, by day.
    pub fn sightings(&self, account: AccountIndex, first: Day, last: Day) -> Vec<Sighting> {
        let rare = self.accounts.get(account as usize).and_then(|account| account.rare.as_ref());
        let least = (first, NetworkPrefix::LEAST, PrincipalClass::Root);
        let from = rare.into_iter().flat_map(|rare| rare.sightings.range(least..));
        from.map(|(sighting, _)| *sighting).take_while(|(day, ..)| *day <= last).collect()
    }

    /// The evidence that a sighting is.
    pub fn evidence_of(&self, account: AccountIndex, sighting: &Sighting) -> Option<Evidence> {
        let loc = *self.accounts.get(account as usize)?.rare.as_ref()?.sightings.get(sighting)?;
        Some(Evidence { time: sighting.0.start(), half: self.store.id(loc)?.half(), loc })
    }

    /// The name of an account.
    pub fn account(&self, index: AccountIndex) -> Option<&AccountId> {
        self.store.accounts.get(index)
    }

    /// An account by its name.
    pub fn index(&self, account: &AccountId) -> Option<AccountIndex> {
        self.store.accounts.find(account)
    }

    /// How many accounts were heard of.
    pub fn accounts(&self) -> AccountIndex {
        u32::try_from(self.accounts.len()).unwrap_or(u32::MAX)
    }

    /// The last tick.
    pub fn now(&self) -> Option<EventTime> {
        self.now
    }

    /// Distinct facts held, by kind.
    pub fn held(&self) -> &BTreeMap<FactKind, u64> {
        &self.held
    }

    /// The facts alone, to be opened again.
    pub fn facts(&self) -> Facts {
        Facts(self.store.frozen())
    }

    /// Bytes of the facts held.
    pub fn bytes(&self) -> usize {
        self.store.arena.len()
    }

    /// Billed lines that could not be told apart, the greater usage counted (D4).
    pub fn ambiguous(&self) -> u64 {
        self.ambiguous
    }

    /// Takes running totals up again.
    pub fn recount(&mut self, ambiguous: u64, forgotten_before: Option<Hour>) {
        self.ambiguous = ambiguous;
        self.forgotten_before = self.forgotten_before.max(forgotten_before);
    }

    /// Of hours before this one something was forgotten; `None`: nothing ever was.
    pub fn forgotten_before(&self) -> Option<Hour> {
        self.forgotten_before
    }

    /// Halves of operations whose other half has not been seen.
    pub fn pending(&self) -> u64 {
        self.pending
    }

    /// Chip and how many in one SKU; nothing for what is known to be no accelerator.
    fn chips(&self, sku: Option<u32>) -> Option<(ChipKey, ChipCount)> {
        let Some(sku) = sku else {
            return Some((ChipKey::Unknown(Text::new_static("unknown")), ChipCount(Micros::ONE)));
        };
        match self.meanings.get(sku as usize)? {
            Meaning::Chips(chip, count) => Some((chip.clone(), *count)),
            Meaning::Ordinary => None,
        }
    }

    fn sku(&mut self, provider: &Provider, sku: &Sku, catalogue: &Catalogue) -> Option<u32> {
        let name = (provider.clone(), sku.clone());
        let (index, fresh) = match self.skus.find(&name) {
            Some(index) => (index, false),
            None => self.skus.put(name)?,
        };
        if fresh {
            self.meanings.push(match catalogue.sku(provider, sku) {
                SkuMeaning::Accelerator { chip, count } => Meaning::Chips(ChipKey::Known(chip.name.clone()), count),
                SkuMeaning::Unknown => {
                    let name = Text::new(sku.as_str().to_lowercase());
                    Meaning::Chips(ChipKey::Unknown(name), ChipCount(Micros::ONE))
                }
                SkuMeaning::Ordinary => Meaning::Ordinary,
            });
        }
        Some(index)
    }
}

/// Everything a ledger must not forget; what follows from it is left out. A copy costs a pointer a chunk.
#[derive(Clone, Debug, Default)]
pub struct Facts(Store);

/// How far facts were read.
#[derive(Clone, Copy, Debug)]
pub struct Cursor(Loc);

impl Facts {
    /// Before the first.
    pub fn begin(&self) -> Cursor {
        Cursor(Loc(0))
    }

    /// The next fact that counts, with its position.
    pub fn next(&self, cursor: &mut Cursor) -> Option<(Position, Known)> {
        let (position, known, behind) = self.0.next(cursor.0)?;
        cursor.0 = behind;
        Some((position, known))
    }
}

impl Account {
    fn at(&self, key: u32) -> Result<usize, usize> {
        self.series.binary_search_by_key(&key, |(key, _)| *key)
    }
}

/// A fact behind an activity, to be read when it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Evidence {
    /// When.
    pub time: EventTime,
    /// Half of its identity.
    pub half: u64,
    loc: Loc,
}

/// The first of a heap, where it is due.
trait PopIfDue<T> {
    fn pop_if_due(&mut self, due: impl FnOnce(&T) -> bool) -> Option<T>;
}

impl<T: Ord> PopIfDue<T> for BinaryHeap<T> {
    fn pop_if_due(&mut self, due: impl FnOnce(&T) -> bool) -> Option<T> {
        if self.peek().is_some_and(due) { self.pop() } else { None }
    }
}
