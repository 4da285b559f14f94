//! Facts at the edges of time and of numbers, of every kind: no panic, no wrap-around, each counted, in any order the same.

use std::num::NonZeroU32;

use proptest::prelude::*;
use proptest::sample::{Index, select};
use tidewaiter::engine::{Engine, Fate};
use tidewaiter::model::*;

use super::property::{apply, canonical, rulebook};

fn instant(text: &str) -> EventTime {
    EventTime::parse(text).unwrap()
}

fn time() -> impl Strategy<Value = EventTime> {
    let named = [
        "1970-01-01T00:00:00Z",
        "1999-12-31T23:59:59.999999999Z",
        "2000-01-01T00:00:00Z",
        "2000-02-29T12:00:00Z",
        "2024-02-29T23:59:59.5Z",
        "2024-03-01T00:00:00Z",
        "2049-12-31T23:59:59.999999999Z",
        "2050-01-01T00:00:00Z",
        "2261-12-31T00:00:00Z",
    ];
    let mut times: Vec<EventTime> = named.map(instant).into();
    times.extend(
        [i64::MIN, i64::MIN + 1, i64::MIN + 999_999_999, -1, 0, 1, i64::MAX - 1, i64::MAX].map(EventTime::from_nanos),
    );
    select(times)
}

fn amount() -> impl Strategy<Value = i64> {
    select(vec![i64::MIN, i64::MIN + 1, -40_000_000, -1, 0, 1, 8_000_000, i64::MAX - 1, i64::MAX])
}

fn sku() -> impl Strategy<Value = Sku> {
    select(vec!["big.h100", "half.a10", "plain.large", "gpu.mystery"]).prop_map(Sku::new)
}

fn count() -> impl Strategy<Value = u32> {
    select(vec![0, 1, u32::MAX])
}

fn billed() -> impl Strategy<Value = UsageKind> {
    let unit = select(BilledUnit::ALL.to_vec());
    let class = select(BilledClass::ALL.to_vec());
    let version = prop::option::of(select(vec![0, 1, u64::MAX]));
    (time(), time(), sku(), amount(), unit, class, amount(), version).prop_map(
        |(from, to, sku, quantity, unit, class, cost, version)| {
            let statement = version.map(|version| Statement { export: "x".into(), period: "2024-02".into(), version });
            UsageKind::UsageBilled(Box::new(BilledLine {
                period: Period { from, to },
                sku: Some(sku),
                meter: None,
                quantity: Micros(quantity),
                unit,
                cost: Some(Money { amount: Micros(cost), currency: Currency("USD".into()) }),
                line: None,
                resource: Some(ResourceId::new("i-1")),
                class,
                issuer: None,
                publisher: None,
                payer: None,
                statement,
            }))
        },
    )
}

fn kind() -> impl Strategy<Value = UsageKind> {
    let resource = || prop::option::of(select(vec!["i-1", "i-2"]).prop_map(ResourceId::new));
    let market = Market::Spot;
    prop_oneof![
        (sku(), count(), resource()).prop_map(move |(sku, count, resource)| UsageKind::CapacityStarted {
            sku: Some(sku),
            count,
            resource,
            market
        }),
        Just(UsageKind::CapacityStopped { resource: ResourceId::new("i-1"), end: StopEnd::Terminated }),
        (sku(), count()).prop_map(|(sku, count)| UsageKind::CapacityDenied {
            sku: Some(sku),
            count,
            reason: DenialReason::Policy
        }),
        (sku(), count(), time(), time()).prop_map(|(sku, count, from, to)| UsageKind::CapacityReserved {
            sku,
            count,
            from,
            to,
            reservation: None
        }),
        billed(),
        prop::option::of(select(vec![0, u64::MAX])).prop_map(|tokens| UsageKind::ModelUsed {
            model: "m-1".into(),
            operation: "Invoke".into(),
            tokens
        }),
    ]
}

fn fact() -> impl Strategy<Value = Fact> {
    let usage = (select(vec!["a-1", "a-2"]), time(), kind()).prop_map(|(account, time, kind)| {
        let (account, event) = (AccountId::new("corp-cloud", account), "e".into());
        Fact::Usage(Usage { account, event, time, region: None, actor: Actor::default(), via: None, kind })
    });
    prop_oneof![9 => usage, 1 => time().prop_map(Fact::Tick)]
}

fn folded(facts: &[Fact], lateness: Option<i64>) -> Engine {
    let mut engine = Engine::remembering(rulebook(), NonZeroU32::MIN, lateness);
    apply(&mut engine, facts);
    engine.publish();
    engine
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn facts_at_the_edges_of_time_and_numbers_are_counted_and_fold_in_any_order(
        facts in prop::collection::vec(fact(), 1..25),
        order in prop::collection::vec(any::<Index>(), 0..25),
    ) {
        let engine = folded(&facts, None);
        prop_assert_eq!(engine.fates().values().sum::<u64>(), facts.len() as u64);
        let mut other = facts.clone();
        order.iter().enumerate().for_each(|(at, index)| {
            let (at, to) = (at % facts.len(), index.index(facts.len()));
            other.swap(at, to);
        });
        prop_assert_eq!(canonical(&folded(&other, None)), canonical(&engine));
        let (snapshot, published) = (engine.snapshot(), engine.alerts().cloned().collect::<Vec<_>>());
        let mut restored = Engine::restore(rulebook(), snapshot, published).unwrap();
        prop_assert!(restored.publish().is_empty(), "what was restored says something else");
        let mut bounded = folded(&facts, Some(24));
        bounded.compact().unwrap();
        while !bounded.work(5) {}
        bounded.publish();
        for alert in engine.alerts() {
            prop_assert!(alert.measures.values().all(|line| line.value.is_finite()));
        }
    }
}

#[test]
fn what_is_read_before_time_passes_counts_as_if_it_had_waited() {
    let start = |machine: &str, text: &str| {
        let (account, event) = (AccountId::new("corp-cloud", "a-1"), machine.into());
        let (resource, sku) = (Some(ResourceId::new(machine)), Some(Sku::new("big.h100")));
        let kind = UsageKind::CapacityStarted { sku, resource, count: 1, market: Market::Spot };
        Fact::Usage(Usage {
            account,
            event,
            time: instant(text),
            region: None,
            actor: Actor::default(),
            via: None,
            kind,
        })
    };
    for (one, other) in [("10:20:00", "11:00:00"), ("11:00:00", "10:20:00"), ("10:20:00", "10:20:00")] {
        let starts = [start("m-1", &format!("2025-04-10T{one}Z")), start("m-2", &format!("2025-04-10T{other}Z"))];
        for now in ["10:20:00", "10:20:01", "10:59:59", "11:00:00"] {
            let tick = Fact::Tick(instant(&format!("2025-04-10T{now}Z")));
            let [a, b] = starts.clone();
            let waited = canonical(&folded(&[tick.clone(), a.clone(), b.clone()], None));
            assert_eq!(canonical(&folded(&[a, b, tick], None)), waited, "{one} {other} at {now}");
        }
    }
}

#[test]
fn of_a_machine_told_by_an_operation_and_by_a_bare_start_the_operation_says_how_it_was_bought() {
    for event in 0..20 {
        let fact = |minute: u32, kind: UsageKind| {
            let (account, event) = (AccountId::new("corp-cloud", "a-1"), format!("e-{event}").into());
            let time = instant(&format!("2025-04-10T10:{minute:02}:00Z"));
            Fact::Usage(Usage { account, event, time, region: None, actor: Actor::default(), via: None, kind })
        };
        let half = |half, sku: Option<&str>, outcome: Option<&str>| UsageKind::OperationHalf {
            operation: format!("o-{event}").into(),
            half,
            sku: sku.map(Sku::new),
            count: sku.map(|_| 1),
            market: sku.map(|_| Market::Spot),
            resources: vec![ResourceId::new("vm-1")],
            outcome: outcome.map(Into::into),
        };
        let (resource, market) = (Some(ResourceId::new("vm-1")), Market::OnDemand);
        let facts = [
            fact(0, half(Half::First, Some("big.h100"), None)),
            fact(1, half(Half::Last, None, Some("ok"))),
            fact(1, UsageKind::CapacityStarted { sku: None, resource, count: 1, market }),
            Fact::Tick(instant("2025-04-10T14:00:00Z")),
        ];
        let engine = folded(&facts, None);
        assert!(engine.alerts().any(|alert| alert.rule.id.as_str() == "spot"), "event {event}");
    }
}

#[test]
fn a_fact_dated_before_2000_or_from_2050_on_is_refused_and_a_leap_day_is_not() {
    let fate = |text: &str| {
        let kind = UsageKind::ModelUsed { model: "m".into(), operation: "o".into(), tokens: None };
        let (account, event, time) = (AccountId::new("corp-cloud", "a-1"), "e".into(), instant(text));
        let usage = Usage { account, event, time, region: None, actor: Actor::default(), via: None, kind };
        let position = Position { source: "edges".into(), at: 1 };
        Engine::new(rulebook()).apply(&position, Fact::Usage(usage))
    };
    assert_eq!(fate("1970-01-01T00:00:00Z"), Fate::Refused);
    assert_eq!(fate("2262-04-11T00:00:00Z"), Fate::Refused);
    assert_eq!(fate("2024-02-29T23:59:59Z"), Fate::Applied);
}
