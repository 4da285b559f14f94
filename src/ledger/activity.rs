//! Activities: what one account did in which hours, by kind, region, chip and detail.
//!
//! In: the series of an account's keys, a day and `now`. Out: activities of that day. Where the bill speaks of (region,
//! chip, hour) the billed chip-seconds count, else those of the intervals (D5); where bill or launch names no region they
//! may be the same machine, and are counted once.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::KeyIndex;
use super::series::{InHour, Key, Series};
use crate::model::{ChipName, Day, DenialReason, EventTime, Hour, Market, Text};

/// Starts of an hour whose times are kept: the last ones.
pub(super) const STARTS_KEPT: usize = 64;

/// What kind of activity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ActivityKind {
    /// Capacity was refused.
    Denied,
    /// Capacity was held and not used.
    Held,
    /// An AI model was called.
    Model,
    /// Capacity was reserved.
    Reserved,
    /// Chips ran.
    #[default]
    Run,
    /// Capacity began to run.
    Started,
}

impl ActivityKind {
    /// As rules write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Denied => "denied",
            Self::Held => "held",
            Self::Model => "model",
            Self::Reserved => "reserved",
            Self::Run => "run",
            Self::Started => "started",
        }
    }
}

/// Which chip.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ChipKey {
    /// None was named.
    #[default]
    Unnamed,
    /// One of the catalogue.
    Known(ChipName),
    /// A SKU that looks like an accelerator and is not in the catalogue, lower case; or `unknown`.
    Unknown(Text),
}

impl fmt::Display for ChipKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unnamed => Ok(()),
            Self::Known(chip) => write!(f, "{chip}"),
            Self::Unknown(sku) => write!(f, "unknown:{sku}"),
        }
    }
}

/// What else tells activities apart.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Detail {
    /// Nothing.
    #[default]
    None,
    /// Why capacity was refused.
    Reason(DenialReason),
    /// Model and the provider's name of the call.
    Model(Text, Text),
}

/// What one account did in each of some hours of one day, the same in every one of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Activity {
    /// The first hour.
    pub first: Hour,
    /// The last hour, of the same day.
    pub last: Hour,
    /// What tells it from others of the same hours.
    pub key: Arc<Key>,
    /// How it was bought: said by starts, not by bills; `None` where what ran of this SKU was bought in several ways.
    pub market: Option<Market>,
    /// Sums of each hour.
    pub amounts: Amounts,
}

impl Activity {
    /// Nothing, under a key, in an hour.
    pub fn nothing(key: Arc<Key>, hour: Hour) -> Self {
        Self { first: hour, last: hour, key, market: None, amounts: Amounts::default() }
    }

    /// Whether another differs in nothing but its last hour.
    pub fn begins_like(&self, other: &Self) -> bool {
        let Self { first, last: _, key, market, amounts } = self;
        (*first, *market) == (other.first, other.market) && *key == other.key && *amounts == other.amounts
    }

    /// How many hours.
    pub fn hours(&self) -> i64 {
        self.last.0 - self.first.0 + 1
    }

    /// Chip-seconds of all hours together.
    pub fn seconds(&self) -> i128 {
        self.amounts.seconds * i128::from(self.hours())
    }

    /// Which day.
    pub fn day(&self) -> Day {
        self.first.day()
    }

    /// Whether the chip is one that the catalogue does not know.
    pub fn is_of_unknown_chip(&self) -> bool {
        matches!(self.key.chip, ChipKey::Unknown(_))
    }
}

/// Sums of an hour.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Amounts {
    /// Chip-seconds that count: billed where the bill speaks, else launched. Of unknown chips: instance-seconds.
    pub seconds: i128,
    /// Chip-seconds of the intervals: added up exactly and rounded down once.
    pub launched: i128,
    /// Chip-seconds of the bill.
    pub billed: i128,
    /// Events: SKUs started, asked for or reserved, calls.
    pub count: i128,
    /// Chips in those SKUs, in millionths.
    pub chip_micros: i128,
    /// Tokens.
    pub tokens: i128,
    /// Of starts the last times with how many at each, at most `STARTS_KEPT`; of refusals the first.
    pub times: Vec<(EventTime, i64)>,
}

/// One key's series of an account.
#[derive(Clone, Copy)]
pub(super) struct Track<'a> {
    pub(super) index: KeyIndex,
    pub(super) key: &'a Arc<Key>,
    pub(super) series: &'a Series,
}

/// All activities of a day up to the hour of `now`, under the keys that are wanted, each with its key's index.
pub(super) fn of_day(
    tracks: &[Track<'_>],
    day: Day,
    now: EventTime,
    wanted: impl Fn(KeyIndex) -> bool,
) -> Vec<(KeyIndex, Activity)> {
    let (first, last) = (day.first_hour(), day.last_hour().min(now.hour()));
    let mut out = Vec::new();
    if first > last {
        return out;
    }
    for (index, track) in tracks.iter().enumerate().filter(|(_, track)| wanted(track.index)) {
        match track.key.kind {
            ActivityKind::Run | ActivityKind::Held => {
                let others = || tracks.iter().enumerate().filter(|(other, _)| *other != index).map(|(_, track)| track);
                ran(track, others, (first, last), now, &mut out);
            }
            _ => happened(track, (first, last), &mut out),
        }
    }
    out
}

/// Runs of hours in which the same ran.
fn ran<'a, I: Iterator<Item = &'a Track<'a>>>(
    track: &Track<'_>,
    others: impl Fn() -> I,
    (first, last): (Hour, Hour),
    now: EventTime,
    out: &mut Vec<(KeyIndex, Activity)>,
) {
    let of = |activity| (track.index, activity);
    let mut open: Option<(Activity, InHour)> = None;
    for (hour, found) in track.series.hours(first, last, now) {
        let Some(found) = found else {
            out.extend(open.take().map(|(activity, _)| of(activity)));
            continue;
        };
        let counts_bill =
            track.key.kind == ActivityKind::Held || found.speaks || spoken_for(track, others(), hour, now);
        let seconds = if counts_bill { found.billed } else { found.launched };
        match &mut open {
            Some((activity, same)) if *same == found && activity.amounts.seconds == seconds => activity.last = hour,
            _ => {
                let amounts = Amounts::ran(&found, seconds);
                let key = Arc::clone(track.key);
                let fresh = Activity { first: hour, last: hour, key, market: found.market, amounts };
                out.extend(open.replace((fresh, found)).map(|(activity, _)| of(activity)));
            }
        }
    }
    out.extend(open.map(|(activity, _)| of(activity)));
}

/// Whether a bill speaks in this hour of what ran under another key.
fn spoken_for<'a>(track: &Track<'_>, others: impl Iterator<Item = &'a Track<'a>>, hour: Hour, now: EventTime) -> bool {
    let (own, region) = (track.key, &track.key.region);
    let near = |other: &&Track<'_>| {
        let Key { kind, chip, region: there, .. } = &**other.key;
        *kind == own.kind && *chip == own.chip && (region.is_empty() || there.is_empty() || region == there)
    };
    let mut near = others.filter(near);
    near.any(|other| other.series.hours(hour, hour, now).any(|(_, found)| found.is_some_and(|found| found.speaks)))
}

fn happened(track: &Track<'_>, (first, last): (Hour, Hour), out: &mut Vec<(KeyIndex, Activity)>) {
    for (hour, cell) in track.series.events(first, last) {
        let times = match track.key.kind {
            ActivityKind::Denied => track.series.behind.earliest((hour, hour)).into_iter().collect(),
            ActivityKind::Started => track.series.behind.latest(STARTS_KEPT, (hour, hour)),
            _ => Vec::new(),
        };
        let amounts = Amounts::happened(cell, times);
        let (key, market) = (Arc::clone(track.key), track.key.market);
        out.push((track.index, Activity { first: hour, last: hour, key, market, amounts }));
    }
}
