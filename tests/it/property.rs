//! P1: the engine's table is the naive model's, whatever the order and however often facts come.

use std::collections::{BTreeMap, BTreeSet};
use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::Arc;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestRunner};
use tidewaiter::app::Threads;
use tidewaiter::catalogue::{Catalogue, Jurisdictions};
use tidewaiter::engine::{Change, Engine, Fate, Rulebook, Snapshot};
use tidewaiter::geo::Geo;
use tidewaiter::model::*;
use tidewaiter::parties::{ListFormat, ListSource, Lists};
use tidewaiter::policy::Policy;
use tidewaiter::written::Source;

use super::histories::History;
use super::naive::Memory;
use super::world::{LATENESS, NaiveAlert, NaiveTender};
use super::{histories, naive, world};

fn source(name: &str, text: &str) -> Source {
    Source { name: name.into(), text: text.to_owned().into() }
}

/// The configuration of `world` as the engine reads it.
pub fn rulebook() -> Rulebook {
    rulebook_of(world::SKUS, world::LIST, world::PLACES)
}

/// The same with other tables.
fn rulebook_of(skus: &str, list: &str, places: &str) -> Rulebook {
    let chips = source("chips.csv", include_str!("../../config/catalogue/chips.csv"));
    let controls = source("controls.yaml", include_str!("../../config/controls.yaml"));
    let groups = source("jurisdictions.yaml", include_str!("../../config/jurisdictions.yaml"));
    let jurisdictions = Jurisdictions::read(&groups).unwrap();
    let rule = |(id, body): &(&str, &str)| {
        let head = format!(
            "id: {id}\ntitle: {id}\nmode: live\nseverity: info\nfamily: usage\n\
             basis: [{{ from: 2025-04-08, is: risk_only, cites: [invented] }}]\ninnocent: [invented]\nexplain: {id}\n"
        );
        source(id, &(head + body + "\n"))
    };
    let rules: Vec<Source> = world::RULES.iter().map(rule).collect();
    let known = jurisdictions.group_names().cloned().collect();
    let list = ListSource { source: source("list.yaml", list), format: ListFormat::Own };
    Rulebook {
        catalogue: Arc::new(Catalogue::read(&chips, &source("skus.csv", skus), &controls).unwrap()),
        geo: Arc::new(Geo::default().with_own_ranges(&source("places.csv", places)).unwrap()),
        lists: Arc::new(Lists::read(&[list]).unwrap()),
        policy: Arc::new(Policy::read(&rules, &known).unwrap()),
        jurisdictions: Arc::new(jurisdictions),
        digest: "test".into(),
    }
}

/// Another one: without every other rule, a SKU named otherwise, another party listed, another place.
pub fn other_rulebook(book: &Rulebook) -> Rulebook {
    let skus = world::SKUS.replace("mid.h20", "plain.large").replace("H100-80GB-SXM,8", "H100-80GB-SXM,4");
    let list = world::LIST.replace("Listed Institute", "Quiet Company");
    let tables = rulebook_of(&skus, &list, &world::PLACES.replace("CN", "SG"));
    let rules = book.policy.rules.iter().enumerate().filter(|(at, rule)| at % 2 == 0 || rule.id.as_str() == "hours");
    let policy = Policy { rules: rules.map(|(_, rule)| rule.clone()).collect() };
    Rulebook { policy: Arc::new(policy), digest: "other".into(), ..tables }
}

fn position(at: usize) -> Position {
    Position { source: "history".into(), at: at as u64 }
}

pub fn apply(engine: &mut Engine, facts: &[Fact]) {
    facts.iter().enumerate().for_each(|(at, fact)| {
        engine.apply(&position(at), fact.clone());
    });
}

fn fold(book: &Rulebook, facts: &[Fact], shards: u32) -> Engine {
    // As many threads as shards: neither may change anything.
    let hands = Arc::new(Threads(NonZeroUsize::new(shards as usize).unwrap()));
    let mut engine = Engine::sharded(book.clone(), NonZeroU32::new(shards).unwrap()).with(hands);
    apply(&mut engine, facts);
    engine.publish();
    engine
}

pub fn canonical(engine: &Engine) -> Vec<Alert> {
    engine.alerts().map(Alert::canonical).collect()
}

/// Equal, or the first difference told.
pub fn same(found: &[Alert], expected: &[Alert], what: &str) -> Result<(), TestCaseError> {
    let names =
        |alerts: &[Alert]| alerts.iter().map(|a| format!("{} {}", a.rule.id, a.subject.subject)).collect::<Vec<_>>();
    prop_assert_eq!(names(found), names(expected), "{}", what);
    for (found, expected) in found.iter().zip(expected) {
        let text = |alert: &Alert| serde_json::to_string_pretty(alert).unwrap();
        let (found, expected) = (text(found), text(expected));
        let lines = found.lines().zip(expected.lines()).find(|(a, b)| a != b);
        prop_assert!(found == expected, "{}: {:?}\n{}", what, lines, found);
    }
    Ok(())
}

/// Whether a tender stands in an alert as the naive model has it.
fn says(line: &TenderLine, naive: &NaiveTender) -> bool {
    let NaiveTender { id, side, party, role, billed, besides, coverage, fits } = naive;
    let sum = line.billed.map(|billed| i128::from(billed.sum.0));
    (line.id.as_str(), line.side, &line.party, line.role.as_str()) == (id, *side, party, role)
        && (sum, line.coverage, line.fits) == (*billed, *coverage, *fits)
        && line.besides.iter().map(Text::as_str).eq(besides)
}

/// What the naive model says of an alert, from the engine's alert.
fn compare(alert: &Alert, naive: &NaiveAlert) -> Result<(), TestCaseError> {
    let name = format!("{} {}", naive.rule, naive.subject);
    prop_assert_eq!(alert.status == AlertStatus::Open, naive.open, "status of {}", name);
    let hours = |episode: &Episode| (episode.from, episode.to);
    let expected: Vec<_> = naive
        .episodes
        .iter()
        .enumerate()
        .map(|(i, (first, last))| {
            let open = naive.open && i + 1 == naive.episodes.len();
            (first.start(), (!open).then(|| last.end()))
        })
        .collect();
    prop_assert_eq!(alert.episodes.iter().map(hours).collect::<Vec<_>>(), expected, "episodes of {}", name);
    let evidence: Vec<_> = alert.evidence.iter().map(|line| line.fact).collect();
    prop_assert_eq!(&evidence, &naive.evidence, "evidence of {}", name);
    let chips: BTreeMap<_, _> = alert.chips.iter().map(|chip| (chip.chip.to_string(), chip.count)).collect();
    let wanted: BTreeMap<_, _> = naive.chips.iter().map(|(chip, s)| (chip.clone(), *s as f64 / 3_600.0)).collect();
    prop_assert_eq!(chips, wanted, "chips of {}", name);
    let same = |(line, naive): (&TenderLine, &NaiveTender)| says(line, naive);
    let tenders = alert.tenders.len() == naive.tenders.len() && alert.tenders.iter().zip(&naive.tenders).all(same);
    prop_assert!(tenders, "tenders of {}: {:?} and not {:?}", name, alert.tenders, naive.tenders);
    let m = &naive.measures;
    for (measure, line) in &alert.measures {
        let value = match measure.as_str() {
            "gpu_hours" => m.gpu_seconds as f64 / 3_600.0,
            "peak_gpus" => m.peak as f64 / 3_600.0,
            "unbilled_gpu_hours" => (m.launched - m.billed).max(0) as f64 / 3_600.0,
            "denied" => m.denied as f64,
            "starts_after_denial" => m.starts_after_denial as f64,
            "calls" => m.calls as f64,
            "tokens" => m.tokens as f64,
            "accounts" => m.accounts as f64,
            "regions" => m.regions as f64,
            "days" => m.days as f64,
            "hours" => m.hours as f64,
            other => return Err(TestCaseError::fail(format!("measure {other} is not in the naive model"))),
        };
        prop_assert_eq!(line.value, value, "{} of {}", measure, name);
    }
    Ok(())
}

/// The engine's table is the naive model's.
pub fn is_naive(engine: &Engine, mut expected: Vec<NaiveAlert>) -> Result<(), TestCaseError> {
    expected.sort_by_key(|alert| (alert.rule.clone(), alert.subject.clone()));
    let mut found: Vec<&Alert> = engine.alerts().collect();
    found.sort_by_key(|alert| (alert.rule.id.clone(), alert.subject.subject.id.clone()));
    let names = |alert: &&Alert| (alert.rule.id.to_string(), alert.subject.subject.id.to_string());
    let wanted: Vec<_> = expected.iter().map(|alert| (alert.rule.clone(), alert.subject.clone())).collect();
    prop_assert_eq!(found.iter().map(names).collect::<Vec<_>>(), wanted);
    found.iter().zip(&expected).try_for_each(|(alert, naive)| compare(alert, naive))
}

fn check(tried: &Tried<'_>, facts: &[Fact], disturbed: &[Fact], cut: usize) -> Result<(), TestCaseError> {
    let Tried { book, other, world } = *tried;
    let engine = fold(book, facts, 1);
    is_naive(&engine, naive::table(world, facts, Memory::Everything))?;
    let expected = canonical(&engine);
    for shards in [1, 2, 7] {
        let found = canonical(&fold(book, disturbed, shards));
        same(&found, &expected, &format!("order, copies or {shards} shards changed the table"))?;
    }
    published_in_parts(book, disturbed, &engine)?;
    let cut = cut % (disturbed.len() + 1);
    resumed(book, other, disturbed, cut, &expected)?;
    resumed(book, book, disturbed, cut, &expected)?;
    reconfigured(book, other, disturbed, cut, &expected)?;
    remembered(tried, disturbed, cut)
}

/// A snapshot under another rulebook or the same one, what was published then, and the log from an earlier place.
fn resumed(
    book: &Rulebook,
    then: &Rulebook,
    facts: &[Fact],
    cut: usize,
    expected: &[Alert],
) -> Result<(), TestCaseError> {
    let mut engine = Engine::sharded(then.clone(), NonZeroU32::new(2).unwrap());
    apply(&mut engine, &facts[..cut]);
    let snapshot = written_and_read(&engine.snapshot());
    engine.publish();
    apply(&mut engine, &facts[cut..]);
    engine.publish();
    let published: Vec<Alert> = engine.alerts().cloned().collect();
    let mut engine = Engine::restore(book.clone(), snapshot, published).unwrap();
    engine.publish();
    apply(&mut engine, &facts[cut / 2..]);
    engine.publish();
    same(&canonical(&engine), expected, "a snapshot was not taken up where it was left")
}

fn written_and_read(snapshot: &Snapshot) -> Snapshot {
    let shards: Vec<Vec<u8>> = (0..snapshot.len()).map(|shard| bytes(snapshot, shard)).collect();
    Snapshot::read(shards.iter().map(Vec::as_slice)).unwrap()
}

pub fn bytes(snapshot: &Snapshot, shard: usize) -> Vec<u8> {
    snapshot.write(shard).unwrap().iter().flat_map(|piece| piece.iter().copied()).collect()
}

/// Another rulebook while facts go on, evaluated in slices.
fn reconfigured(
    book: &Rulebook,
    then: &Rulebook,
    facts: &[Fact],
    cut: usize,
    expected: &[Alert],
) -> Result<(), TestCaseError> {
    let mut engine = Engine::sharded(then.clone(), NonZeroU32::new(2).unwrap());
    apply(&mut engine, &facts[..cut]);
    engine.publish();
    engine.reconfigure(book.clone()).unwrap();
    for (at, fact) in facts[cut..].iter().enumerate() {
        engine.apply(&position(at), fact.clone());
        engine.work(3);
        if at % 5 == 0 {
            let digests: BTreeSet<_> = engine.publish().into_iter().filter_map(digest).collect();
            prop_assert!(digests.len() < 2, "published under two rulebooks at once: {:?}", digests);
        }
    }
    while !engine.work(7) {}
    engine.publish();
    same(&canonical(&engine), expected, "another rulebook was not the same as a fresh start")
}

fn digest(change: Change) -> Option<Text> {
    match change {
        Change::Opened(alert) | Change::Updated(alert) => Some(alert.revision.config.clone()),
        Change::Withdrawn(_) => None,
    }
}

/// With a bound on lateness: late facts are refused, old ones forgotten, and compacting changes nothing.
fn remembered(tried: &Tried<'_>, facts: &[Fact], cut: usize) -> Result<(), TestCaseError> {
    let Tried { book, world, .. } = *tried;
    let mut engine = Engine::remembering(book.clone(), NonZeroU32::new(2).unwrap(), Some(LATENESS));
    let mut accepted = Vec::new();
    for (at, fact) in naive::of_one_window(facts).enumerate() {
        if engine.apply(&position(at), fact.clone()) != Fate::Refused {
            accepted.push(fact.clone());
        }
        if at % 9 == 0 {
            engine.publish();
        }
        if at == cut {
            engine.compact().unwrap();
            while !engine.work(5) {}
        }
    }
    engine.publish();
    is_naive(&engine, naive::table(world, &accepted, Memory::Bounded))?;
    let expected = canonical(&engine);
    engine.compact().unwrap();
    while !engine.work(usize::MAX) {}
    engine.publish();
    same(&canonical(&engine), &expected, "compacting changed the table")
}

/// However often is published in between, what was published and not withdrawn is the table.
fn published_in_parts(book: &Rulebook, facts: &[Fact], whole: &Engine) -> Result<(), TestCaseError> {
    let mut engine = Engine::new(book.clone());
    let mut topic: BTreeMap<AlertId, Alert> = BTreeMap::new();
    let first_tick = facts.iter().find(|fact| matches!(fact, Fact::Tick(_))).cloned();
    for (at, fact) in (1..).zip(first_tick.iter().chain(facts)) {
        engine.apply(&Position { source: "history".into(), at }, fact.clone());
        for change in if at % 7 == 0 { engine.publish() } else { Vec::new() } {
            record(&mut topic, change);
        }
    }
    engine.publish().into_iter().for_each(|change| record(&mut topic, change));
    let topic: Vec<Alert> = topic.values().map(Alert::canonical).collect();
    same(&topic, &canonical(whole), "what was published and not withdrawn is not the table")?;
    same(&canonical(&engine), &canonical(whole), "what was published before stayed")
}

fn record(topic: &mut BTreeMap<AlertId, Alert>, change: Change) {
    match change {
        Change::Opened(alert) | Change::Updated(alert) => {
            topic.insert(alert.id.clone(), Alert::clone(&alert));
        }
        Change::Withdrawn(id) => {
            topic.remove(&id);
        }
    }
}

/// What histories are tried under.
struct Tried<'a> {
    book: &'a Rulebook,
    other: &'a Rulebook,
    world: &'a world::World,
}

/// Runs so many histories of one seed; how many alerts of each rule there were.
fn run(seed: u64, cases: u32) -> BTreeMap<String, u32> {
    println!("seed {seed}; TIDEWAITER_SEED={seed} runs the same histories");
    let config = Config { cases, rng_seed: RngSeed::Fixed(seed), failure_persistence: None, ..Config::default() };
    let book = rulebook();
    let tried = Tried { other: &other_rulebook(&book), book: &book, world: &world::world() };
    let histories = histories::history().prop_flat_map(|facts| {
        let cut = any::<prop::sample::Index>().prop_map(|index| index.index(usize::MAX));
        (Just(facts.clone()), histories::disturbed(facts.0), cut)
    });
    let fired = std::cell::RefCell::new(BTreeMap::new());
    let result = TestRunner::new(config).run(&histories, |(History(facts), History(disturbed), cut)| {
        for alert in naive::table(tried.world, &facts, Memory::Everything) {
            *fired.borrow_mut().entry(alert.rule).or_default() += 1;
        }
        check(&tried, &facts, &disturbed, cut)
    });
    result.unwrap_or_else(|error| panic!("seed {seed}: {error}"));
    fired.into_inner()
}

#[test]
fn the_engine_is_the_naive_model_in_any_order_and_with_any_copies() {
    let seed = std::env::var("TIDEWAITER_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or_else(random);
    run(seed, Config::default().cases);
}

#[test]
#[ignore = "minutes; tests/run asks for it"]
fn ten_thousand_histories_give_the_naive_models_table() {
    let seed = std::env::var("TIDEWAITER_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or_else(random);
    let halves = [seed, seed.wrapping_add(1)].map(|seed| std::thread::spawn(move || run(seed, 5_000)));
    halves.into_iter().for_each(|half| {
        half.join().unwrap();
    });
}

#[test]
fn every_rule_of_the_histories_fires_somewhere() {
    let fired = run(7, 200);
    println!("alerts by rule: {fired:?}");
    assert_eq!(fired.len(), world::RULES.len(), "a rule that never fires proves nothing: {fired:?}");
}

pub fn random() -> u64 {
    use std::hash::{BuildHasher, Hasher};
    std::hash::RandomState::new().build_hasher().finish()
}
