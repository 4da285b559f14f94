//! The specification: the alert table recomputed from the whole set of facts, plainly and slowly (DESIGN, section 8).
//! It shares nothing with the engine but the model; its configuration and rules (`world`) are plain functions.

use std::collections::{BTreeMap, BTreeSet};

use tidewaiter::model::*;

use super::world::{Atom, Key, LATENESS, Meaning, Measures, NaiveAlert, Rule, Standing, WINDOW, World};
use tenders::{Bills, Hops};

mod tenders;

type Facts<'a> = BTreeMap<FactId, &'a Fact>;
type Line<'a> = (FactId, &'a Usage, &'a BilledLine);
type Standings = BTreeMap<(AccountId, Hour), Standing>;

/// What is remembered (D2).
#[derive(Clone, Copy, PartialEq)]
pub enum Memory {
    Everything,
    /// Hours that a fact may come late, and the longest window before them.
    Bounded,
}

/// The first hour evaluated, and the first one known.
fn horizon(memory: Memory, now: EventTime) -> (Hour, Hour) {
    let day = |hour: Hour| hour.day().first_hour();
    let evaluated = day(now.hour().plus(-LATENESS));
    if memory == Memory::Everything {
        (Hour(i64::MIN), Hour(i64::MIN))
    } else {
        (evaluated, day(evaluated.plus(-WINDOW)))
    }
}

pub fn table(world: &World, received: &[Fact], memory: Memory) -> Vec<NaiveAlert> {
    let mut facts = Facts::new();
    for fact in received {
        let kept = facts.entry(fact.identity()).or_insert(fact);
        if fact.rank() > kept.rank() {
            *kept = fact;
        }
    }
    let ticks = facts.values().filter_map(|f| if let Fact::Tick(t) = f { Some(*t) } else { None });
    let Some(now) = ticks.max() else { return Vec::new() };
    let (evaluated, known) = horizon(memory, now);
    facts.retain(|_, f| !matches!(f, Fact::Usage(u) if u.time > now || last_hour(u) < known));
    let mut atoms: Vec<_> = atoms(world, &facts, now, memory).into_iter().collect();
    atoms.retain(|(key, _)| key.hour >= known);
    let hours: BTreeSet<_> = atoms.iter().map(|(k, _)| (k.account.clone(), k.hour)).collect();
    let bills = Bills::held_from(known, world, &facts);
    let standings = hours.into_iter().map(|(a, h)| ((a.clone(), h), standing(world, &facts, &bills, &a, h))).collect();
    let mut found = Vec::new();
    for rule in &world.rules {
        found.extend(alerts(rule, &facts, &atoms, (&standings, &found), (evaluated, now)));
    }
    found
}

/// Those whose identity speaks of hours less than a window apart: what was forgotten cannot be told from what is new, so an
/// id that comes back later is another fact.
pub fn of_one_window(facts: &[Fact]) -> impl Iterator<Item = &Fact> {
    let mut spoken: BTreeMap<FactId, (i64, i64)> = BTreeMap::new();
    facts.iter().filter(move |fact| {
        let Fact::Usage(usage) = fact else { return true };
        let hour = match &usage.kind {
            UsageKind::UsageBilled(line) => line.period.to.max(usage.time).hour().0,
            _ => usage.time.hour().0,
        };
        let (first, last) = spoken.get(&fact.identity()).copied().unwrap_or((hour, hour));
        let wider = (first.min(hour), last.max(hour));
        let near = wider.1 - wider.0 < WINDOW;
        if near {
            spoken.insert(fact.identity(), wider);
        }
        near
    })
}

/// Starts and stops belong to machines, halves to operations, lines to statements and machines: they are not forgotten
/// one by one.
fn last_hour(usage: &Usage) -> Hour {
    match &usage.kind {
        UsageKind::UsageBilled(_) => Hour(i64::MAX),
        UsageKind::CapacityStarted { resource: Some(_), .. } | UsageKind::CapacityStopped { .. } => Hour(i64::MAX),
        UsageKind::OperationHalf { .. } | UsageKind::StatementComplete { .. } => Hour(i64::MAX),
        UsageKind::Attribute { .. } => Day(usage.time.day().0 + Told::DAYS_AFTER).last_hour(),
        _ => usage.time.hour(),
    }
}

fn usages<'a>(facts: &Facts<'a>) -> impl Iterator<Item = (FactId, &'a Usage)> {
    facts.iter().filter_map(|(id, f)| if let Fact::Usage(u) = f { Some((*id, u)) } else { None })
}

fn atoms(world: &World, facts: &Facts, now: EventTime, memory: Memory) -> BTreeMap<Key, Atom> {
    let mut atoms: BTreeMap<Key, Atom> = BTreeMap::new();
    let region = |usage: &Usage| usage.region.as_ref().map_or("", Region::as_str).to_owned();
    let mut at = |usage: &Usage, hour, kind, (chip, sku): (&str, &str), detail: String, id, put: &dyn Fn(&mut Atom)| {
        let (account, chip, sku) = (usage.account.clone(), chip.to_owned(), sku.to_owned());
        let atom = atoms.entry(Key { account, hour, kind, region: region(usage), chip, sku, detail }).or_default();
        atom.sources.insert(id);
        put(atom);
    };
    let chip_of = |sku: &str| chip_of(world, sku);
    let lines = counted_lines(facts);
    let mut spoken: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for (id, usage, line) in lines.iter().filter(|l| matches!(l.2.class, BilledClass::Run | BilledClass::Held)) {
        let name = name_of(line);
        let q = i128::from(line.quantity.0);
        let kind = if line.class == BilledClass::Run { "run" } else { "held" };
        if line.unit == BilledUnit::Tokens && kind == "run" {
            let (hour, tokens) = (line.period.from.hour(), q.div_euclid(1_000_000));
            at(usage, hour, "model", ("", ""), format!("{name}|"), *id, &|a| a.tokens += tokens);
        }
        let Some((chip, per)) = chip_of(name) else { continue };
        let Some(total) = chip_seconds(line, per).filter(|total| *total != 0) else { continue };
        for (hour, part) in spread(line, total) {
            at(usage, hour, kind, (&chip, name), String::new(), *id, &|a| a.billed += part);
            if kind == "run" {
                let cell = (usage.account.clone(), hour, chip.clone());
                spoken.entry(cell).or_default().insert(region(usage));
            }
        }
    }
    for start in starts(facts, &lines, memory) {
        let Some((chip, per)) = chip_of(&start.sku) else { continue };
        let (usage, count, what) = (start.usage, start.count, (chip.as_str(), start.sku.as_str()));
        let market = start.market.map_or("", Market::as_str).to_owned();
        at(usage, usage.time.hour(), "started", what, market, start.fact, &|a| a.times.push((usage.time, count)));
        let to = start.to.unwrap_or(now).min(now);
        for hour in (Period { from: usage.time, to }).hours().map(Hour) {
            let overlap = to.min(hour.end()).nanos() - usage.time.max(hour.start()).nanos();
            let exact = i128::from(overlap) * i128::from(count) * per;
            at(usage, hour, "run", what, String::new(), start.fact, &|a| {
                a.launched += exact;
                a.markets.extend(start.market);
            });
        }
    }
    for (id, usage) in usages(facts) {
        let (kind, sku, detail, count) = match &usage.kind {
            UsageKind::CapacityDenied { sku, count, reason } => ("denied", sku.clone(), reason.as_str().into(), *count),
            UsageKind::CapacityReserved { sku, count, .. } => ("reserved", Some(sku.clone()), String::new(), *count),
            UsageKind::ModelUsed { model, operation, .. } => ("model", None, format!("{model}|{operation}"), 1),
            UsageKind::OperationHalf { half: Half::Last, outcome: Some(word), .. } if word != "ok" => {
                let Some(Joined { sku, named, each, .. }) = joined(facts, usage, memory) else { continue };
                let reason = DenialReason::parse(word).unwrap_or(DenialReason::Unknown);
                ("denied", sku, reason.as_str().into(), named.len().max(1) as u32 * each)
            }
            _ => continue,
        };
        let sku = sku.map_or(String::new(), |s| s.as_str().to_owned());
        let Some((chip, _)) = (if sku.is_empty() { Some((String::new(), 0)) } else { chip_of(&sku) }) else { continue };
        let tokens = if let UsageKind::ModelUsed { tokens: Some(t), .. } = &usage.kind { i128::from(*t) } else { 0 };
        at(usage, usage.time.hour(), kind, (&chip, &sku), detail, id, &|a| {
            a.tokens += tokens;
            a.times.push((usage.time, i64::from(count)));
        });
    }
    let mut behind: BTreeMap<Key, BTreeSet<FactId>> = BTreeMap::new();
    atoms.retain(|key, _| key.hour.start() <= now);
    for (key, atom) in &atoms {
        behind.entry(key.of_day()).or_default().extend(&atom.sources);
    }
    for (key, atom) in &mut atoms {
        // Evidence is drawn from what made the like of it on the same day.
        atom.sources.clone_from(&behind[&key.of_day()]);
        atom.launched = atom.launched.div_euclid(1_000_000_000_000_000);
        let regions = spoken.get(&(key.account.clone(), key.hour, key.chip.clone()));
        let any = |s: &BTreeSet<String>| key.region.is_empty() || s.contains("") || s.contains(&key.region);
        atom.seconds = if regions.is_some_and(any) || key.kind == "held" { atom.billed } else { atom.launched };
    }
    atoms
}

fn chip_of(world: &World, sku: &str) -> Option<(String, i128)> {
    match (world.sku)(sku) {
        Meaning::Chip(chip, micros) => Some((chip.to_owned(), i128::from(micros))),
        Meaning::Unknown => Some((format!("unknown:{}", sku.to_lowercase()), 1_000_000)),
        Meaning::Ordinary => None,
    }
}

fn name_of(line: &BilledLine) -> &str {
    line.sku.as_ref().map_or(line.meter.as_deref().unwrap_or(""), Sku::as_str)
}

fn chip_seconds(line: &BilledLine, per: i128) -> Option<i128> {
    let q = i128::from(line.quantity.0);
    match line.unit {
        BilledUnit::InstanceHours => Some((q * per * 3_600).div_euclid(1_000_000_000_000)),
        BilledUnit::GpuHours => Some((q * 3_600).div_euclid(1_000_000)),
        BilledUnit::GpuSeconds => Some(q.div_euclid(1_000_000)),
        _ => None,
    }
}

/// D5: equal parts of a total for the hours of a line, the remainder to the first ones.
fn spread(line: &BilledLine, total: i128) -> Vec<(Hour, i128)> {
    let hours: Vec<i64> = line.period.hours().collect();
    let n = hours.len() as i128;
    let part =
        |(i, hour): (usize, &i64)| (Hour(*hour), total.div_euclid(n) + i128::from((i as i128) < total.rem_euclid(n)));
    hours.iter().enumerate().map(part).collect()
}

struct Joined {
    sku: Option<Sku>,
    named: Vec<ResourceId>,
    /// How many each of them counts for.
    each: u32,
    market: Option<Market>,
}

/// What an operation asked for whose last half is `last`, once its first half is there too and not a window away.
fn joined(facts: &Facts, last: &Usage, memory: Memory) -> Option<Joined> {
    let UsageKind::OperationHalf { operation: op, sku: late, resources: rest, count: n, market: m, .. } = &last.kind
    else {
        return None;
    };
    let near = |first: &Usage| (first.time.hour().0 - last.time.hour().0).abs() < WINDOW;
    let near = |(_, first): &(FactId, &Usage)| memory == Memory::Everything || near(first);
    usages(facts).filter(near).find_map(|(_, first)| match &first.kind {
        UsageKind::OperationHalf { operation, half: Half::First, sku, resources, count, market, .. }
            if operation == op && first.account == last.account =>
        {
            let named = if resources.is_empty() { rest } else { resources }.clone();
            let each = if named.len() > 1 { 1 } else { count.or(*n).unwrap_or(1) };
            Some(Joined { sku: sku.clone().or(late.clone()), named, each, market: market.or(*m) })
        }
        _ => None,
    })
}

/// D4: of each statement the greatest complete version, else the greatest seen of this account.
fn counted_lines<'a>(facts: &Facts<'a>) -> Vec<Line<'a>> {
    let line =
        |(id, u): (_, &'a Usage)| if let UsageKind::UsageBilled(l) = &u.kind { Some((id, u, &**l)) } else { None };
    let lines: Vec<Line> = usages(facts).filter_map(line).collect();
    let counts = |&(_, usage, line): &Line| {
        let Some(own) = &line.statement else { return true };
        let version = |s: &Statement| (s.export == own.export && s.period == own.period).then_some(s.version);
        let complete =
            usages(facts).filter(|(_, u)| u.account.provider == usage.account.provider).filter_map(|(_, u)| {
                if let UsageKind::StatementComplete { statement } = &u.kind { version(statement) } else { None }
            });
        let own_lines = lines.iter().filter(|(_, u, _)| u.account == usage.account);
        let seen = || own_lines.filter_map(|(_, _, l)| l.statement.as_ref().and_then(version)).max();
        complete.max().or_else(seen) == Some(own.version)
    };
    lines.iter().copied().filter(counts).collect()
}

struct Start<'a> {
    usage: &'a Usage,
    fact: FactId,
    sku: String,
    count: i64,
    market: Option<Market>,
    to: Option<EventTime>,
}

fn event<'a>(usage: &'a Usage, fact: FactId, sku: &Option<Sku>, count: i64, market: Option<Market>) -> Start<'a> {
    let sku = sku.as_ref().map_or("unknown", Sku::as_str).to_owned();
    Start { usage, fact, sku, count, market, to: Some(usage.time) }
}

/// D3: what began to run, and until when; an event that names no resource ends where it begins.
fn starts<'a>(facts: &Facts<'a>, lines: &[Line], memory: Memory) -> Vec<Start<'a>> {
    type Transition<'a> = (EventTime, u8, FactId, &'a Usage, Option<Sku>, i64, Option<Market>);
    let mut resources: BTreeMap<(AccountId, ResourceId), Vec<Transition>> = BTreeMap::new();
    let mut out = Vec::new();
    for (id, usage) in usages(facts) {
        let mut put = |resource: &ResourceId, rank, sku: Option<Sku>, count, market| {
            let line = resources.entry((usage.account.clone(), resource.clone())).or_default();
            line.push((usage.time, rank, id, usage, sku, count, market));
        };
        match &usage.kind {
            UsageKind::CapacityStarted { sku, count, resource, market } => match resource {
                Some(resource) => put(resource, 1, sku.clone(), i64::from(*count), Some(*market)),
                None => out.push(event(usage, id, sku, i64::from(*count), Some(*market))),
            },
            UsageKind::CapacityStopped { resource, end: StopEnd::Stopped } => put(resource, 0, None, 0, None),
            UsageKind::CapacityStopped { resource, end: StopEnd::Terminated } => put(resource, 2, None, 0, None),
            UsageKind::OperationHalf { half: Half::Last, outcome, .. }
                if outcome.as_ref().is_none_or(|o| o == "ok") =>
            {
                let Some(Joined { sku, named, each, market }) = joined(facts, usage, memory) else { continue };
                named.iter().for_each(|r| put(r, 1, sku.clone(), i64::from(each), market));
                out.extend(named.is_empty().then(|| event(usage, id, &sku, i64::from(each), market)));
            }
            _ => {}
        }
    }
    for ((account, resource), mut line) in resources {
        line.sort_by_key(|t| (t.0, t.1, t.4.is_none(), t.2));
        let billed = lines.iter().filter(|(_, u, l)| u.account == account && l.resource.as_ref() == Some(&resource));
        let time = |l: &BilledLine| !matches!(l.unit, BilledUnit::Tokens | BilledUnit::Units);
        let ran = |l: &BilledLine| time(l) && matches!(l.class, BilledClass::Run | BilledClass::Held);
        let billed: Vec<&Line> = billed.filter(|(.., l)| l.sku.is_some() && ran(l)).collect();
        let mut open: Option<Start> = None;
        // A machine that stopped and was not heard of for a window is another one from then on.
        let silent = |a: &Transition, b: &Transition| a.1 != 1 && b.0.hour().0 - a.0.hour().0 >= WINDOW;
        let ends = |i: usize| memory == Memory::Bounded && i > 0 && silent(&line[i - 1], &line[i]);
        for (i, (time, rank, fact, usage, _, count, market)) in line.iter().enumerate() {
            let first = (0..=i).rev().find(|i| ends(*i)).unwrap_or(0);
            let last = (i + 1..line.len()).find(|i| ends(*i)).unwrap_or(line.len());
            let named = line[first..=i].iter().rev().chain(&line[i..last]).find_map(|t| t.4.clone());
            let from = line[first].0.hour().plus(if memory == Memory::Bounded { -WINDOW } else { i64::MIN / 2 });
            let near = billed.iter().filter(|(.., l)| l.period.from.hour() >= from);
            let near = near.min_by_key(|(id, _, l)| (l.period.from, *id));
            let sku = named.or_else(|| near.and_then(|b| b.2.sku.clone()));
            let sku = sku.map_or("unknown".to_owned(), |s| s.as_str().to_owned());
            if *rank == 1 && open.as_ref().is_some_and(|o| o.sku == sku && o.count == *count) {
                continue;
            }
            out.extend(open.take().map(|o| Start { to: Some(*time), ..o }));
            open = (*rank == 1).then_some(Start { usage, fact: *fact, sku, count: *count, market: *market, to: None });
        }
        out.extend(open);
    }
    out
}

/// The fact in force at `at` among those `pick` reads as (valid from, valid to, value): the one that began last.
fn in_force<'a, T>(
    facts: &Facts<'a>,
    at: EventTime,
    pick: impl Fn(&'a Fact) -> Option<(EventTime, Option<EventTime>, T)>,
) -> Option<T> {
    let held = |(from, to, _): &(EventTime, Option<EventTime>, T)| *from <= at && to.is_none_or(|to| at < to);
    facts.values().filter_map(|f| pick(f)).filter(held).max_by_key(|(from, ..)| *from).map(|(.., value)| value)
}

fn account_card<'a>(facts: &Facts<'a>, id: &AccountId, at: EventTime) -> Option<&'a Account> {
    in_force(facts, at, |f| match f {
        Fact::Account(a) if a.account == *id => Some((a.valid_from, a.valid_to, a)),
        _ => None,
    })
}

fn party<'a>(facts: &Facts<'a>, id: &PartyId, at: EventTime) -> Option<&'a Party> {
    in_force(facts, at, |f| {
        if let Fact::Party(p) = f { (p.id == *id).then_some((p.valid_from, p.valid_to, p)) } else { None }
    })
}

fn edges<'a>(facts: &Facts<'a>, kind: EdgeKind, at: EventTime) -> Vec<&'a Edge> {
    let all = facts.values().filter_map(|f| if let Fact::Edge(e) = f { (e.kind == kind).then_some(e) } else { None });
    let pairs: BTreeSet<_> = all.map(|e| (&e.from, &e.to)).collect();
    let pick = |pair: (&PartyId, &PartyId)| {
        in_force(facts, at, |f| match f {
            Fact::Edge(e) if e.kind == kind && (&e.from, &e.to) == pair => Some((e.valid_from, e.valid_to, e)),
            _ => None,
        })
    };
    pairs.into_iter().filter_map(pick).collect()
}

/// The parties from `start` up to its ultimate parent, through stakes of at least half; a circle ends at its smallest id.
fn lineage(facts: &Facts, start: &PartyId, at: EventTime) -> Vec<PartyId> {
    let mut path = vec![start.clone()];
    loop {
        let here = path[path.len() - 1].clone();
        let owns = edges(facts, EdgeKind::Owns, at).into_iter().filter(|e| e.to == here);
        let mut parents: Vec<(i64, &PartyId)> = owns.filter_map(|e| Some((-e.percent?.0, &e.from))).collect();
        let units = edges(facts, EdgeKind::SubUnitOf, at).into_iter().filter(|e| e.from == here);
        parents.extend(units.map(|e| (-100_000_000, &e.to)));
        let Some((_, parent)) = parents.into_iter().filter(|(percent, _)| *percent <= -50_000_000).min() else {
            return path;
        };
        if let Some(seen) = path.iter().position(|p| p == parent) {
            path.extend(path[seen..].iter().min().cloned());
            return path;
        }
        path.push(parent.clone());
    }
}

/// What bills say of an account as of a day: of each attribute whatever was said of the latest day, for a month.
fn told(facts: &Facts, account: &AccountId, day: Day) -> Vec<Told> {
    let own = usages(facts).filter(|(_, u)| u.account == *account).filter_map(|(_, u)| u.told());
    let near: Vec<Told> = own.filter(|t| t.day <= day && day.0 - t.day.0 <= Told::DAYS_AFTER).collect();
    let last = |t: &Told| near.iter().filter(|o| o.attribute == t.attribute).map(|o| o.day).max();
    near.iter().filter(|t| last(t) == Some(t.day)).cloned().collect()
}

/// Whom bills name: parties whose cards have the name, else the name itself.
fn called(facts: &Facts, names: &BTreeSet<Text>, at: EventTime) -> BTreeSet<PartyId> {
    let cards = facts.values().filter_map(|f| if let Fact::Party(p) = f { Some(p.id.clone()) } else { None });
    let ids: BTreeSet<PartyId> = cards.collect();
    let has = |id: &&PartyId, name: &Text| party(facts, id, at).is_some_and(|p| p.names.contains(name));
    let of = |name: &Text| -> Vec<PartyId> {
        let found: Vec<_> = ids.iter().filter(|id| has(id, name)).cloned().collect();
        if found.is_empty() { vec![PartyId::new(name)] } else { found }
    };
    names.iter().flat_map(of).collect()
}

fn standing(world: &World, facts: &Facts, bills: &Bills, account: &AccountId, hour: Hour) -> Standing {
    let at = hour.start();
    let card = account_card(facts, account, at);
    let seen_in = usages(facts).filter(|(_, u)| u.account == *account).filter_map(|(_, u)| match &u.kind {
        UsageKind::Sighting { network, .. } => Some((u.time.day(), (world.place)(*network)?)),
        _ => None,
    });
    let seen_in = seen_in.collect();
    let told = told(facts, account, hour.day());
    let named = |attribute: Attribute| -> BTreeSet<Text> {
        told.iter().filter(|t| t.attribute == attribute).map(|t| t.value.clone()).collect()
    };
    let by = |field: Option<&PartyId>, attribute: Attribute| -> BTreeSet<PartyId> {
        field.map_or_else(|| called(facts, &named(attribute), at), |id| BTreeSet::from([id.clone()]))
    };
    let customers = by(card.and_then(|c| c.customer.as_ref()), Attribute::Customer);
    let sold_by = card.and_then(|c| c.sold_by.as_ref());
    let mut sellers = by(sold_by, Attribute::SoldBy);
    let day_of = |attribute: Attribute| told.iter().find(|t| t.attribute == attribute).map(|t| t.day);
    let supplied = sold_by.is_none() && day_of(Attribute::SoldBy) == day_of(Attribute::Distributor);
    let suppliers = if supplied { by(None, Attribute::Distributor) } else { BTreeSet::new() };
    let payers: BTreeSet<AccountId> = match card.and_then(|c| c.payer.clone()) {
        Some(payer) => [payer].into(),
        None => named(Attribute::Payer).iter().filter_map(|p| AccountId::parse(p)).collect(),
    };
    let path = customers.first().map(|c| lineage(facts, c, at)).unwrap_or_default();
    let resells = edges(facts, EdgeKind::ResellsTo, at);
    let into = |set: &BTreeSet<PartyId>| -> Vec<PartyId> {
        resells.iter().filter(|e| set.contains(&e.to)).map(|e| e.from.clone()).collect()
    };
    let said: BTreeSet<PartyId> = sellers.clone();
    sellers.extend(into(&customers));
    let mut hops = Hops::default();
    // Customers sell on to nobody: a circle ends there.
    let mut seen = customers.clone();
    let mut below: BTreeSet<PartyId> = sellers.difference(&customers).cloned().collect();
    while !below.is_empty() {
        seen.extend(below.iter().cloned());
        let mut above: BTreeSet<PartyId> = into(&below).into_iter().collect();
        above.extend(suppliers.iter().filter(|_| below.intersection(&said).next().is_some()).cloned());
        below = above.difference(&seen).cloned().collect();
        hops.splice(0..0, below.iter().map(|id| (id.clone(), "distributor")));
    }
    hops.extend(sellers.iter().map(|id| (id.clone(), "reseller")));
    let paying = payers.iter().filter(|payer| *payer != account);
    let paying = paying.filter_map(|payer| account_card(facts, payer, at)?.customer.clone());
    let paying: BTreeSet<PartyId> = paying.filter(|payer| !customers.contains(payer)).collect();
    hops.extend(paying.into_iter().map(|id| (id, "payer")));
    hops.extend(customers.iter().map(|id| (id.clone(), "customer")));
    let listed = |id: &PartyId| match party(facts, id, at) {
        Some(party) => party.names.iter().any(|name| (world.listed)(name, hour.day())),
        None => (world.listed)(id.as_str(), hour.day()),
    };
    Standing {
        tenders: bills.tenders(facts, &hops, account, hour),
        listed: hops.iter().any(|(id, _)| listed(id)),
        owner_hq: path.last().and_then(|o| party(facts, o, at)?.hq),
        owner: path.last().cloned(),
        seller_countries: sellers.iter().map(|s| party(facts, s, at).and_then(|p| p.country)).collect(),
        sellers: sellers.into_iter().collect(),
        customer: customers.into_iter().next(),
        payer: payers.into_iter().next(),
        card: card.cloned(),
        seen_in,
    }
}

fn subjects(kind: &SubjectKind, account: &AccountId, standing: &Standing) -> Vec<String> {
    let one = match (kind, &standing.card) {
        (SubjectKind::Account, _) => Some(account.to_string()),
        (SubjectKind::Customer, _) => standing.customer.as_ref().map(ToString::to_string),
        (SubjectKind::Owner, _) => standing.owner.as_ref().map(ToString::to_string),
        (SubjectKind::Reseller, _) => return standing.sellers.iter().map(ToString::to_string).collect(),
        (SubjectKind::Payer, _) => standing.payer.as_ref().map(ToString::to_string),
        (SubjectKind::Shared(key), Some(card)) => card.shared.get(key).map(ToString::to_string),
        (SubjectKind::Shared(_), None) => None,
    };
    one.into_iter().collect()
}

fn measures(rows: &[&(Key, Atom)]) -> Measures {
    let of = |kind: &'static str| rows.iter().filter(move |(k, _)| k.kind == kind);
    let mut by_hour: BTreeMap<Hour, i128> = BTreeMap::new();
    let known = || of("run").filter(|(k, _)| !k.chip.starts_with("unknown:"));
    known().for_each(|(k, a)| *by_hour.entry(k.hour).or_default() += a.seconds);
    let count = |kind| of(kind).flat_map(|(_, a)| a.times.iter().map(|t| t.1)).sum();
    let first_denial = of("denied").flat_map(|(_, a)| a.times.iter().map(|t| t.0)).min();
    let after = |t: &&(EventTime, i64)| first_denial.is_some_and(|d| t.0 > d);
    Measures {
        gpu_seconds: known().map(|(_, a)| a.seconds).sum(),
        launched: known().map(|(_, a)| a.launched).sum(),
        billed: known().map(|(_, a)| a.billed).sum(),
        peak: by_hour.values().copied().max().unwrap_or(0).max(0),
        denied: count("denied"),
        starts: count("started"),
        starts_after_denial: of("started").flat_map(|(_, a)| a.times.iter().filter(after).map(|t| t.1)).sum(),
        calls: count("model"),
        tokens: of("model").map(|(_, a)| a.tokens).sum(),
        accounts: rows.iter().map(|(k, _)| &k.account).collect::<BTreeSet<_>>().len(),
        regions: rows.iter().map(|(k, _)| &k.region).collect::<BTreeSet<_>>().len(),
        days: rows.iter().map(|(k, _)| k.hour.day()).collect::<BTreeSet<_>>().len(),
        hours: rows.iter().map(|(k, _)| k.hour).collect::<BTreeSet<_>>().len(),
    }
}

fn alerts(
    rule: &Rule,
    facts: &Facts,
    atoms: &[(Key, Atom)],
    (held, others): (&Standings, &[NaiveAlert]),
    times: (Hour, EventTime),
) -> Vec<NaiveAlert> {
    let mut matched: BTreeMap<String, Vec<&(Key, Atom)>> = BTreeMap::new();
    for row in atoms.iter().filter(|(k, _)| k.hour.day() >= rule.from) {
        let standing = &held[&(row.0.account.clone(), row.0.hour)];
        if (rule.matches)(&row.0, &row.1, standing) {
            for subject in subjects(&rule.subject, &row.0.account, standing) {
                matched.entry(subject).or_default().push(row);
            }
        }
    }
    let besides = |subject: &str| others.iter().find(|o| Some(&*o.rule) == rule.besides && o.subject == subject);
    matched
        .into_iter()
        .filter_map(|(subject, rows)| alert(rule, (&subject, besides(&subject)), &rows, (facts, held), times))
        .collect()
}

fn alert(
    rule: &Rule,
    (subject, besides): (&str, Option<&NaiveAlert>),
    rows: &[&(Key, Atom)],
    (facts, held): (&Facts, &Standings),
    (evaluated, now): (Hour, EventTime),
) -> Option<NaiveAlert> {
    let window = |h: Hour| -> Vec<_> {
        rows.iter().copied().filter(|(k, _)| k.hour > h.plus(-rule.window) && k.hour <= h).collect()
    };
    let holds_besides =
        |h: &Hour| rule.besides.is_none() || besides.is_some_and(|o| o.episodes.iter().any(|(a, b)| a <= h && h <= b));
    let asked = rows.iter().map(|(k, _)| k.hour).filter(|h| *h >= evaluated && holds_besides(h));
    let hours: BTreeSet<Hour> = asked.filter(|h| (rule.having)(&measures(&window(*h)))).collect();
    let mut episodes: Vec<(Hour, Hour)> = Vec::new();
    for hour in &hours {
        match episodes.last_mut() {
            Some((_, last)) if hour.0 - last.0 - 1 <= rule.quiet => *last = *hour,
            _ => episodes.push((*hour, *hour)),
        }
    }
    let (first, last) = (episodes.first()?.0, episodes.last()?.1);
    let days = first.plus(1 - rule.window).day()..=last.day();
    let made: Vec<_> = rows.iter().filter(|(k, _)| days.contains(&k.hour.day())).collect();
    let mut weight: BTreeMap<&AccountId, i128> = BTreeMap::new();
    rows.iter().for_each(|(k, a)| *weight.entry(&k.account).or_default() += a.seconds);
    weight.retain(|account, _| made.iter().any(|(k, _)| k.account == **account));
    let accounts: BTreeSet<_> = weight.into_iter().map(|(account, seconds)| (-seconds, account)).collect();
    let each = if rule.subject == SubjectKind::Account { 5 } else { 2 };
    let evidence = accounts.iter().take(5).flat_map(|(_, account)| {
        let own = || made.iter().filter(|(k, _)| k.account == **account);
        let near =
            |h: Hour, u: &Usage| (h.day().last_hour().plus(1 - rule.window).day()..=h.day()).contains(&u.time.day());
        let seen = usages(facts).filter(|(_, u)| u.account == **account && u.fact_kind() == FactKind::Sighting);
        let seen = seen.filter(|(_, u)| rule.sighted && own().any(|(k, _)| near(k.hour, u))).map(|(id, _)| id);
        let ids = own().flat_map(|(_, a)| a.sources.iter().copied()).chain(seen);
        let timed: BTreeSet<_> = ids.map(|id| (facts[&id].event_time(), id)).collect();
        let n = timed.len();
        timed.into_iter().enumerate().filter(move |(i, _)| *i < each || i + each >= n).map(|(_, timed)| timed)
    });
    let evidence: BTreeSet<_> = evidence.collect();
    let mut hourly: BTreeMap<(&str, Hour), i128> = BTreeMap::new();
    let at_last = window(last);
    let ran = at_last.iter().filter(|(k, _)| matches!(k.kind, "run" | "held"));
    ran.for_each(|(k, a)| *hourly.entry((&k.chip, k.hour)).or_default() += a.seconds);
    let mut chips: BTreeMap<String, i128> = BTreeMap::new();
    for ((chip, _), seconds) in &hourly {
        chips.entry((*chip).to_owned()).and_modify(|most| *most = *seconds.max(most)).or_insert(*seconds);
    }
    // Shown is who stands behind the account that weighs most among those with a row in the last hour.
    let leads = |account: &AccountId| rows.iter().any(|(k, _)| k.hour == last && k.account == *account);
    let lead = accounts.iter().find(|(_, account)| rule.tendered && leads(account));
    let lead = lead.map(|(_, account)| &held[&((*account).clone(), last)]);
    Some(NaiveAlert {
        tenders: lead.map(|lead| lead.tenders.clone()).unwrap_or_default(),
        rule: rule.id.to_owned(),
        subject: subject.to_owned(),
        open: now.hour().0 - last.0 - 1 <= rule.quiet,
        measures: measures(&at_last),
        chips,
        evidence: evidence.into_iter().map(|(_, id)| id).collect(),
        episodes,
    })
}
