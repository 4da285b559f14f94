//! Configuration of the property tests, twice: as plain functions for the naive model and as files for the engine; and
//! the few words both sides of the naive model share.

use std::collections::{BTreeMap, BTreeSet};

use tidewaiter::model::*;

/// What a SKU is made of.
#[derive(Clone, Copy, PartialEq)]
pub enum Meaning {
    /// Chip and millionths of it in one SKU.
    Chip(&'static str, i64),
    Ordinary,
    Unknown,
}

pub struct World {
    pub sku: fn(&str) -> Meaning,
    pub place: fn(NetworkPrefix) -> Option<Country>,
    pub listed: fn(&str, Day) -> bool,
    pub rules: Vec<Rule>,
}

pub struct Rule {
    pub id: &'static str,
    pub subject: SubjectKind,
    pub from: Day,
    pub window: i64,
    pub quiet: i64,
    /// Asks from where accounts were used, so that sightings are evidence.
    pub sighted: bool,
    /// Asks for tenders, so that they are shown.
    pub tendered: bool,
    pub matches: fn(&Key, &Atom, &Standing) -> bool,
    pub having: fn(&Measures) -> bool,
    /// Must hold for the same subject in the same hour.
    pub besides: Option<&'static str>,
}

/// Facts may come so many hours late where they are forgotten at all; none of the rules looks further back than `WINDOW`.
pub const LATENESS: i64 = 24;
pub const WINDOW: i64 = 100;

/// One kind of activity of one account in one hour.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    pub account: AccountId,
    pub hour: Hour,
    pub kind: &'static str,
    pub region: String,
    pub chip: String,
    pub sku: String,
    pub detail: String,
}

impl Key {
    /// The same for every hour of a day.
    pub fn of_day(&self) -> Self {
        Self { hour: self.hour.day().first_hour(), ..self.clone() }
    }
}

#[derive(Clone, Default)]
pub struct Atom {
    pub seconds: i128,
    pub launched: i128,
    pub billed: i128,
    pub tokens: i128,
    pub times: Vec<(EventTime, i64)>,
    pub sources: BTreeSet<FactId>,
    pub markets: BTreeSet<Market>,
}

/// Who stands behind an account at an hour.
#[derive(Default)]
pub struct Standing {
    pub card: Option<Account>,
    pub customer: Option<PartyId>,
    pub payer: Option<AccountId>,
    pub owner: Option<PartyId>,
    pub owner_hq: Option<Country>,
    pub sellers: Vec<PartyId>,
    pub seller_countries: Vec<Option<Country>>,
    pub listed: bool,
    pub seen_in: Vec<(Day, Country)>,
    /// Tenders that name somebody who stands there, by id.
    pub tenders: Vec<NaiveTender>,
}

/// A tender, whom it names as what, what is billed next to it in its money and besides, and whether that fits.
#[derive(Clone, Debug, PartialEq)]
pub struct NaiveTender {
    pub id: String,
    pub side: TenderSide,
    pub party: PartyId,
    pub role: &'static str,
    pub billed: Option<i128>,
    pub besides: Vec<String>,
    pub coverage: Coverage,
    pub fits: bool,
}

#[derive(Default, Debug, PartialEq)]
pub struct Measures {
    pub gpu_seconds: i128,
    pub launched: i128,
    pub billed: i128,
    pub peak: i128,
    pub denied: i64,
    pub starts: i64,
    pub starts_after_denial: i64,
    pub calls: i64,
    pub tokens: i128,
    pub accounts: usize,
    pub regions: usize,
    pub days: usize,
    pub hours: usize,
}

#[derive(Debug, PartialEq)]
pub struct NaiveAlert {
    pub rule: String,
    pub subject: String,
    pub open: bool,
    /// First and last hour of each.
    pub episodes: Vec<(Hour, Hour)>,
    pub measures: Measures,
    /// Greatest chip-seconds in an hour, by chip.
    pub chips: BTreeMap<String, i128>,
    pub evidence: Vec<FactId>,
    /// Of the rules that ask about them.
    pub tenders: Vec<NaiveTender>,
}

fn day(text: &str) -> Day {
    Day::parse(text).unwrap()
}

fn controlled(chip: &str, on: Day) -> bool {
    match chip {
        "H100-80GB-SXM" => on >= day("2022-10-21"),
        "H20-96GB" => on >= day("2025-04-09"),
        _ => false,
    }
}

fn china(country: &Country) -> bool {
    country.as_str() == "CN"
}

fn runs(key: &Key, atom: &Atom) -> bool {
    key.kind == "run" && !key.chip.starts_with("unknown:") && atom.seconds > 0
}

fn runs_controlled(key: &Key, atom: &Atom) -> bool {
    runs(key, atom) && controlled(&key.chip, key.hour.day())
}

pub fn world() -> World {
    let rule = |id, subject: &str, window, quiet, matches, having| Rule {
        id,
        subject: SubjectKind::parse(subject).unwrap(),
        from: day("2025-04-08"),
        window,
        quiet,
        sighted: id == "place",
        tendered: ["named", "tender", "bidder"].contains(&id),
        matches,
        having,
        besides: (id == "echo").then_some("hours"),
    };
    World {
        sku: |sku| match sku {
            "big.h100" => Meaning::Chip("H100-80GB-SXM", 8_000_000),
            "mid.h20" => Meaning::Chip("H20-96GB", 8_000_000),
            "half.a10" => Meaning::Chip("A10", 333_000),
            "plain.large" => Meaning::Ordinary,
            _ => Meaning::Unknown,
        },
        place: |network| match network.to_string().as_str() {
            "198.51.100.0/24" => Country::parse("CN"),
            "203.0.113.0/24" => Country::parse("SG"),
            _ => None,
        },
        listed: |name, on| name == "Listed Institute" && on >= day("2025-04-10"),
        rules: vec![
            rule("hours", "account", 24, 2, |k, a, _| runs_controlled(k, a), |m| m.gpu_seconds >= 36_000),
            rule(
                "parent",
                "owner",
                72,
                6,
                |k, a, s| runs_controlled(k, a) && s.owner_hq.as_ref().is_some_and(china),
                |m| m.gpu_seconds >= 3_600,
            ),
            rule(
                "retry",
                "owner",
                72,
                1,
                |k, _, _| (k.kind == "denied" && k.detail == "policy") || k.kind == "started",
                |m| m.denied >= 1 && m.starts_after_denial >= 1,
            ),
            rule(
                "place",
                "account",
                48,
                0,
                |k, a, s| {
                    let declared = s.card.as_ref().and_then(|c| c.country);
                    let days = k.hour.day().last_hour().plus(1 - 48).day()..=k.hour.day();
                    let seen = s.seen_in.iter().any(|(day, country)| days.contains(day) && china(country));
                    runs(k, a) && seen && declared.is_some_and(|c| !china(&c))
                },
                |_| true,
            ),
            rule("listed", "customer", 36, 3, |_, _, s| s.listed, |m| m.calls >= 2 || m.gpu_seconds >= 7_200),
            rule("shared", "shared.payment", 12, 4, |k, a, _| runs(k, a), |m| m.peak >= 16 * 3_600 && m.accounts >= 2),
            rule("seller", "reseller", 24, 5, |_, _, s| s.seller_countries.iter().flatten().any(china), |_| true),
            rule(
                "spot",
                "account",
                24,
                0,
                |k, a, _| runs(k, a) && k.sku == "big.h100" && a.markets == [Market::Spot].into(),
                |_| true,
            ),
            rule(
                "spread",
                "customer",
                80,
                0,
                |k, _, _| k.kind != "denied",
                |m| m.regions >= 2 && m.days >= 2 || m.hours >= 40,
            ),
            rule("echo", "account", 30, 1, |k, _, _| k.kind == "run", |m| m.hours >= 3),
            rule("named", "account", 24, 0, |_, _, s| !s.tenders.is_empty(), |_| true),
            rule("tender", "account", 24, 3, |_, _, s| s.tenders.iter().any(|t| t.fits), |_| true),
            rule("payer", "payer", WINDOW, 10, |_, _, _| true, |m| m.tokens >= 500 || m.launched > m.billed + 1_000),
            rule("bidder", "reseller", 24, 2, |_, _, s| !s.tenders.is_empty(), |_| true),
        ],
    }
}

/// The same rules as the engine reads them.
pub const RULES: &[(&str, &str)] = &[
    (
        "hours",
        "subject: account\nwhere: activity.gpu_hours > 0 && control.controlled\nwindow: 24h\nquiet: 2h\nhaving: m.gpu_hours >= 10",
    ),
    (
        "parent",
        "subject: owner\nwhere: activity.gpu_hours > 0 && control.controlled && owner.hq in group(\"MACAU_OR_D5\")\nwindow: 72h\nquiet: 6h\nhaving: m.gpu_hours >= 1",
    ),
    (
        "retry",
        "subject: owner\nwhere: activity.kind == \"denied\" && activity.reason == \"policy\" || activity.kind == \"started\"\nwindow: 72h\nquiet: 1h\nhaving: m.denied >= 1 && m.starts_after_denial >= 1",
    ),
    (
        "place",
        "subject: account\nwhere: activity.kind == \"run\" && activity.gpu_hours > 0 && sightings.exists(s, s.country == \"CN\") && known(account.country) && account.country != \"CN\"\nwindow: 48h\nquiet: 0h",
    ),
    (
        "listed",
        "subject: customer\nwhere: hits.exists(h, h.verdict == \"listed\")\nwindow: 36h\nquiet: 3h\nhaving: m.calls >= 2 || m.gpu_hours >= 2",
    ),
    (
        "shared",
        "subject: shared.payment\nwhere: activity.kind == \"run\" && activity.gpu_hours > 0\nwindow: 12h\nquiet: 4h\nhaving: m.peak_gpus >= 16 && m.accounts >= 2",
    ),
    (
        "seller",
        "subject: reseller\nwhere: chain.exists(h, h.role == \"reseller\" && h.country == \"CN\")\nwindow: 24h\nquiet: 5h",
    ),
    (
        "spot",
        "subject: account\nwhere: activity.gpu_hours > 0 && activity.sku == \"big.h100\" && activity.market == \"spot\"\nwindow: 24h\nquiet: 0h",
    ),
    (
        "spread",
        "subject: customer\nwhere: activity.kind != \"denied\"\nwindow: 80h\nquiet: 0h\nhaving: m.regions >= 2 && m.days >= 2 || m.hours >= 40",
    ),
    (
        "echo",
        "subject: account\nwhere: activity.kind == \"run\"\nwindow: 30h\nquiet: 1h\nhaving: m.hours >= 3 && alert(\"hours\")",
    ),
    ("named", "subject: account\nwhere: size(tenders) > 0\nwindow: 24h\nquiet: 0h"),
    ("tender", "subject: account\nwhere: tenders.exists(t, t.fits)\nwindow: 24h\nquiet: 3h"),
    (
        "payer",
        "subject: payer\nwhere: 'true'\nwindow: 100h\nquiet: 10h\nhaving: m.tokens >= 500 || m.unbilled_gpu_hours * 3600 > 1000.5",
    ),
    ("bidder", "subject: reseller\nwhere: size(tenders) > 0\nwindow: 24h\nquiet: 2h"),
];

/// The catalogue's SKUs as the engine reads them.
pub const SKUS: &str = "provider,sku,chip,count,source\n\
    corp-cloud,big.h100,H100-80GB-SXM,8,invented\n\
    corp-cloud,mid.h20,H20-96GB,8,invented\n\
    corp-cloud,half.a10,A10,0.333,invented\n";

/// Places as the engine reads them.
pub const PLACES: &str = "network,country\n198.51.100.0/24,CN\n203.0.113.0/24,SG\n";

/// The list as the engine reads it.
pub const LIST: &str = "list: { id: test, title: invented, source: invented, effect: licence, as_of: 2025-04-10 }\n\
    entries:\n  - { id: e1, names: [Listed Institute], kind: organisation, from: 2025-04-10 }\n";
