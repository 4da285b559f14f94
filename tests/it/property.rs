//! P1: the engine's table is the naive model's, whatever the order and however often facts come.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestRunner};
use tidewaiter::catalogue::{Catalogue, Jurisdictions};
use tidewaiter::engine::{Change, Engine, Rulebook};
use tidewaiter::geo::Geo;
use tidewaiter::model::*;
use tidewaiter::parties::{ListFormat, ListSource, Lists};
use tidewaiter::policy::Policy;
use tidewaiter::written::Source;

use super::histories::History;
use super::world::NaiveAlert;
use super::{histories, naive, world};

fn source(name: &str, text: &str) -> Source {
    Source { name: name.into(), text: text.into() }
}

/// The configuration of `world` as the engine reads it.
fn rulebook() -> Rulebook {
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
    let list = ListSource { source: source("list.yaml", world::LIST), format: ListFormat::Own };
    Rulebook {
        catalogue: Arc::new(Catalogue::read(&chips, &source("skus.csv", world::SKUS), &controls).unwrap()),
        geo: Arc::new(Geo::default().with_own_ranges(&source("places.csv", world::PLACES)).unwrap()),
        lists: Arc::new(Lists::read(&[list]).unwrap()),
        policy: Arc::new(Policy::read(&rules, &known).unwrap()),
        jurisdictions: Arc::new(jurisdictions),
        digest: "test".into(),
    }
}

fn fold(book: &Rulebook, facts: &[Fact]) -> Engine {
    let mut engine = Engine::new(book.clone());
    for (at, fact) in (1..).zip(facts) {
        engine.apply(&Position { source: "history".into(), at }, fact.clone());
    }
    engine.publish();
    engine
}

fn canonical(engine: &Engine) -> Vec<Alert> {
    engine.alerts().map(Alert::canonical).collect()
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
            other => return Err(TestCaseError::fail(format!("measure {other} is not in the naive model"))),
        };
        prop_assert_eq!(line.value, value, "{} of {}", measure, name);
    }
    Ok(())
}

fn check(book: &Rulebook, naive_world: &world::World, facts: &[Fact], disturbed: &[Fact]) -> Result<(), TestCaseError> {
    let engine = fold(book, facts);
    let mut expected = naive::table(naive_world, facts);
    expected.sort_by_key(|alert| (alert.rule.clone(), alert.subject.clone()));
    let mut found: Vec<&Alert> = engine.alerts().collect();
    found.sort_by_key(|alert| (alert.rule.id.clone(), alert.subject.subject.id.clone()));
    let names = |alert: &&Alert| (alert.rule.id.to_string(), alert.subject.subject.id.to_string());
    let wanted: Vec<_> = expected.iter().map(|alert| (alert.rule.clone(), alert.subject.clone())).collect();
    prop_assert_eq!(found.iter().map(names).collect::<Vec<_>>(), wanted);
    found.iter().zip(&expected).try_for_each(|(alert, naive)| compare(alert, naive))?;
    prop_assert_eq!(canonical(&fold(book, disturbed)), canonical(&engine), "order or copies changed the table");
    published_in_parts(book, disturbed, &engine)
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
    prop_assert_eq!(topic.values().map(Alert::canonical).collect::<Vec<_>>(), canonical(whole), "withdrawals");
    prop_assert_eq!(canonical(&engine), canonical(whole), "what was published before must not stay");
    Ok(())
}

fn record(topic: &mut BTreeMap<AlertId, Alert>, change: Change) {
    match change {
        Change::Opened(alert) | Change::Updated(alert) => {
            topic.insert(alert.id.clone(), alert);
        }
        Change::Withdrawn(id) => {
            topic.remove(&id);
        }
    }
}

/// Runs so many histories of one seed; how many alerts of each rule there were.
fn run(seed: u64, cases: u32) -> BTreeMap<String, u32> {
    println!("seed {seed}; TIDEWAITER_SEED={seed} runs the same histories");
    let config = Config { cases, rng_seed: RngSeed::Fixed(seed), failure_persistence: None, ..Config::default() };
    let (book, naive_world) = (rulebook(), world::world());
    let histories = histories::history().prop_flat_map(|facts| (Just(facts.clone()), histories::disturbed(facts.0)));
    let fired = std::cell::RefCell::new(BTreeMap::new());
    let result = TestRunner::new(config).run(&histories, |(History(facts), History(disturbed))| {
        for alert in naive::table(&naive_world, &facts) {
            *fired.borrow_mut().entry(alert.rule).or_default() += 1;
        }
        check(&book, &naive_world, &facts, &disturbed)
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
fn every_rule_of_the_histories_fires_somewhere() {
    let fired = run(7, 200);
    println!("alerts by rule: {fired:?}");
    assert_eq!(fired.len(), world::RULES.len(), "a rule that never fires proves nothing: {fired:?}");
}

fn random() -> u64 {
    use std::hash::{BuildHasher, Hasher};
    std::hash::RandomState::new().build_hasher().finish()
}
