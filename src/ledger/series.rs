//! What an account did over time under one key, as steps.
//!
//! In: intervals, spread lines and events of one (kind, region, chip, SKU, market, detail), added and taken back in any
//! order. Out: what holds in an hour, and the facts behind it. Sums are exact: what is rounded is rounded when asked.

use serde::{Deserialize, Serialize};

use super::activity::{ActivityKind, Amounts, ChipKey, Detail};
use super::behind::{Behind, Entry};
use super::bills::Spread;
use super::steps::{Hourly, Level, Steps};
use crate::model::{EventTime, Hour, Market, Micros, Period, Provider, Sku, Text};

/// Chip-micros × nanoseconds in a chip-second.
const EXACT: i128 = 1_000_000_000 * Micros::ONE.0 as i128;
const NANOS_PER_HOUR: i128 = 3_600 * 1_000_000_000;
/// Ways of buying, with one for those that nobody named.
const WAYS: usize = Market::ALL.len() + 1;

/// What tells activities of an account apart, but for their hours.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Key {
    /// The cloud.
    pub provider: Provider,
    /// What kind.
    pub kind: ActivityKind,
    /// Where; empty where not said.
    pub region: Text,
    /// Which chip.
    pub chip: ChipKey,
    /// The SKU as written, where one was named.
    pub sku: Option<Sku>,
    /// How starts were bought; what ran is told by its intervals.
    pub market: Option<Market>,
    /// Reason or model.
    pub detail: Detail,
}

/// Intervals by how they were bought: unnamed first, then in the order of `Market`.
pub(super) type Bought = [i32; WAYS];

fn bought(market: Option<Market>) -> Bought {
    let at = market.and_then(|m| Market::ALL.iter().position(|each| *each == m)).map_or(0, |at| at + 1);
    std::array::from_fn(|index| i32::from(index == at))
}

/// What holds from an hour on.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Running {
    /// Chip-micros of the intervals.
    chips: i128,
    /// Billed chip-seconds of each hour.
    billed: i128,
    /// Lines that speak.
    lines: i32,
    bought: Bought,
}

impl Level for Running {
    fn add(&mut self, other: &Self, times: i64) {
        self.chips += other.chips * i128::from(times);
        self.billed += other.billed * i128::from(times);
        // There are never more than records fit into an arena, and times is 1 or -1.
        let times = times as i32;
        self.lines += other.lines * times;
        self.bought.iter_mut().zip(other.bought).for_each(|(own, more)| *own += more * times);
    }
}

/// What is of one hour alone.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Cell {
    /// Chip-micros × nanoseconds by which intervals do not fill the hour, negative.
    pub(super) exact: i128,
    /// Events.
    pub(super) facts: i64,
    /// How many they say.
    pub(super) count: i128,
    pub(super) chip_micros: i128,
    pub(super) tokens: i128,
}

impl Level for Cell {
    fn add(&mut self, other: &Self, times: i64) {
        let sign = i128::from(times);
        self.exact += other.exact * sign;
        self.facts += other.facts * times;
        self.count += other.count * sign;
        self.chip_micros += other.chip_micros * sign;
        self.tokens += other.tokens * sign;
    }
}

/// Intervals that have not ended.
#[derive(Clone, Debug)]
struct Open {
    chips: i128,
    count: i32,
    /// When the latest of them began, and which began then: they have not run yet when that is now.
    latest: EventTime,
    fresh: Bought,
}

impl Default for Open {
    fn default() -> Self {
        Self { chips: 0, count: 0, latest: EventTime::MIN, fresh: Bought::default() }
    }
}

/// What holds in one hour.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct InHour {
    pub(super) launched: i128,
    pub(super) billed: i128,
    pub(super) speaks: bool,
    pub(super) market: Option<Market>,
}

/// One key's steps.
#[derive(Clone, Debug, Default)]
pub(super) struct Series {
    running: Steps<Running>,
    cells: Hourly<Cell>,
    open: Open,
    pub(super) behind: Behind,
}

impl Series {
    /// So many chip-micros ran, from an instant up to another, or without end; or did not after all.
    pub(super) fn run(
        &mut self,
        from: EventTime,
        to: Option<EventTime>,
        chips: i128,
        market: Option<Market>,
        times: i64,
    ) {
        let level = Running { chips, bought: bought(market), ..Running::default() };
        let cut = |nanos: i64| Cell { exact: -chips * i128::from(nanos), ..Cell::default() };
        let first = from.hour();
        match to {
            Some(to) => {
                let hours = Period { from, to }.hours();
                if hours.is_empty() {
                    return;
                }
                let last = Hour(*hours.end());
                self.running.add(first, last, &level, times);
                self.cells.add(last, &cut(last.end().nanos() - to.nanos()), times);
            }
            None => {
                self.running.change(first, &level, times);
                self.open.chips += chips * i128::from(times);
                self.open.count += times as i32;
                if from > self.open.latest {
                    (self.open.latest, self.open.fresh) = (from, Bought::default());
                }
                if from == self.open.latest {
                    let way = bought(market);
                    self.open.fresh.iter_mut().zip(way).for_each(|(own, more)| *own += more * times as i32);
                }
            }
        }
        self.cells.add(first, &cut(from.nanos() - first.start().nanos()), times);
    }

    /// A line speaks of these hours, or does not after all.
    pub(super) fn bill(&mut self, (first, last): (Hour, Hour), spread: Spread, times: i64) {
        let part = Running { billed: spread.part, lines: 1, ..Running::default() };
        self.running.add(first, last, &part, times);
        let rest = Running { billed: 1, ..Running::default() };
        self.running.add(first, spread.rest_to.plus(-1).min(last), &rest, times);
    }

    /// Something happened in an hour, or did not after all.
    pub(super) fn event(&mut self, hour: Hour, cell: &Cell, times: i64) {
        self.cells.add(hour, &Cell { facts: 1, ..cell.clone() }, times);
    }

    /// Whether anything runs without end.
    pub(super) fn runs(&self) -> bool {
        self.open.count != 0
    }

    /// Whether something that runs without end began at an instant, and nothing later.
    pub(super) fn begins_at(&self, now: EventTime) -> bool {
        self.runs() && self.open.latest == now
    }

    /// Events of some hours.
    pub(super) fn events(&self, first: Hour, last: Hour) -> impl Iterator<Item = (Hour, &Cell)> {
        let from = self.cells.from(first).iter().take_while(move |(hour, _)| *hour <= last);
        from.filter(|(_, cell)| cell.facts != 0).map(|(hour, cell)| (*hour, cell))
    }

    /// What ran or was billed in each of some hours up to that of `now`; `None` where nothing did.
    pub(super) fn hours(
        &self,
        first: Hour,
        last: Hour,
        now: EventTime,
    ) -> impl Iterator<Item = (Hour, Option<InHour>)> {
        let each = self
            .running
            .stretches(first, last)
            .flat_map(|(from, to, level)| (from.0..=to.0).map(move |hour| (Hour(hour), level.clone())));
        each.map(move |(hour, level)| (hour, self.in_hour(hour, level, now)))
    }

    fn in_hour(&self, hour: Hour, mut level: Running, now: EventTime) -> Option<InHour> {
        let mut exact = level.chips * NANOS_PER_HOUR + self.cells.get(hour).map_or(0, |cell| cell.exact);
        if hour == now.hour() {
            exact -= self.open.chips * i128::from(hour.end().nanos() - now.nanos());
            if now == hour.start() {
                level.bought = Bought::default();
            } else if now == self.open.latest {
                level.bought.iter_mut().zip(self.open.fresh).for_each(|(own, fresh)| *own -= fresh);
            }
        }
        let active = level.lines != 0 || level.bought.iter().any(|count| *count != 0);
        active.then(|| InHour {
            launched: exact.div_euclid(EXACT),
            billed: level.billed,
            speaks: level.lines != 0,
            market: only_way(&level.bought),
        })
    }

    /// The last hour of all that has an end.
    pub(super) fn last(&self) -> Option<Hour> {
        let ended = self.running.end().map(|hour| hour.plus(-1));
        let happened = self.cells.iter().next_back().map(|(hour, _)| *hour);
        ended.into_iter().chain(happened).max()
    }

    /// The first hour anything was done in.
    pub(super) fn begins(&self) -> Option<Hour> {
        let ran = self.running.from(Hour(i64::MIN)).first().map(|(hour, _)| *hour);
        let happened = self.cells.iter().next().map(|(hour, _)| *hour);
        ran.into_iter().chain(happened).min()
    }

    /// The last hour up to `now` anything can have been done in.
    pub(super) fn reaches(&self, now: EventTime) -> Option<Hour> {
        let ran = self.runs().then(|| now.hour());
        ran.into_iter().chain(self.last()).max().map(|hour| hour.min(now.hour()))
    }

    /// Makes asking about a day cheap.
    pub(super) fn remember(&mut self, first: Hour) {
        self.running.remember(first);
    }

    /// Whether nothing is left.
    pub(super) fn is_empty(&self) -> bool {
        self.running.is_empty() && self.cells.is_empty()
    }

    pub(super) fn put(&mut self, entry: Entry, times: i64) {
        if times > 0 { self.behind.put(entry) } else { self.behind.take(&entry) }
    }
}

/// How it was bought, where all of it whose way is known was bought in one way.
fn only_way(bought: &Bought) -> Option<Market> {
    let (_, named) = bought.split_first()?;
    let mut ways = Market::ALL.iter().zip(named).filter(|(_, count)| **count != 0).map(|(market, _)| *market);
    let only = ways.next();
    only.filter(|_| ways.next().is_none())
}

impl Amounts {
    /// Of an hour in which something ran or was held.
    pub(super) fn ran(hour: &InHour, seconds: i128) -> Self {
        Self { seconds, launched: hour.launched, billed: hour.billed, ..Self::default() }
    }

    /// Of an hour in which something happened.
    pub(super) fn happened(cell: &Cell, times: Vec<(EventTime, i64)>) -> Self {
        let Cell { count, chip_micros, tokens, .. } = *cell;
        Self { count, chip_micros, tokens, times, ..Self::default() }
    }
}
