//! Invented histories: small pools of accounts, machines, parties and times, so that everything collides.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::sample::{Index, select};
use tidewaiter::model::*;

const START: i64 = 1_743_897_600; // 2025-04-06T00:00:00Z
const HOURS: i64 = 9 * 24;

fn time() -> impl Strategy<Value = EventTime> {
    // Whole hours, half hours and odd seconds; ties are likely.
    (0..HOURS, select(vec![0, 0, 0, 1, 600, 1_800, 3_599, 1_234]))
        .prop_map(|(hour, second)| EventTime::from_seconds(START + hour * 3_600 + second).unwrap())
}

fn day() -> impl Strategy<Value = EventTime> {
    (-2i64..9).prop_map(|day| EventTime::from_seconds(START + day * 86_400).unwrap())
}

/// From a day on, and perhaps up to a later one.
fn validity() -> impl Strategy<Value = (EventTime, Option<EventTime>)> {
    (day(), prop::option::weighted(0.3, 1i64..9)).prop_map(|(from, days)| {
        let to = days.map(|days| EventTime::from_nanos(from.nanos() + days * 86_400 * 1_000_000_000));
        (from, to)
    })
}

fn account() -> impl Strategy<Value = AccountId> {
    select(vec!["a-1", "a-2", "a-3"]).prop_map(|id| AccountId::new("corp-cloud", id))
}

fn party() -> impl Strategy<Value = PartyId> {
    select(vec!["p-1", "p-2", "p-3", "p-4"]).prop_map(PartyId::new)
}

fn sku() -> impl Strategy<Value = Sku> {
    select(vec!["big.h100", "big.h100", "mid.h20", "half.a10", "plain.large", "gpu.mystery"]).prop_map(Sku::new)
}

fn resource() -> impl Strategy<Value = ResourceId> {
    select(vec!["i-1", "i-2", "i-3"]).prop_map(ResourceId::new)
}

fn market() -> impl Strategy<Value = Market> {
    select(vec![Market::OnDemand, Market::Spot])
}

fn reason() -> impl Strategy<Value = DenialReason> {
    select(vec![DenialReason::Policy, DenialReason::Policy, DenialReason::Quota])
}

fn statement() -> impl Strategy<Value = Statement> {
    (select(vec!["x", "y"]), 0u64..4).prop_map(|(export, version)| Statement {
        export: export.into(),
        period: "2025-04".into(),
        version,
    })
}

fn billed() -> impl Strategy<Value = UsageKind> {
    let unit = select(vec![
        BilledUnit::InstanceHours,
        BilledUnit::InstanceHours,
        BilledUnit::GpuHours,
        BilledUnit::GpuSeconds,
        BilledUnit::Tokens,
        BilledUnit::Units,
    ]);
    let class = select(vec![
        BilledClass::Run,
        BilledClass::Run,
        BilledClass::Run,
        BilledClass::Held,
        BilledClass::Fee,
        BilledClass::Credit,
    ]);
    let line = prop::option::of(select(vec![Text::new("l-1"), Text::new("l-2")]));
    let period = (time(), select(vec![3_600i64, 7_200, 86_400, 5_000]));
    let cost = (select(vec![50_000_000i64, 100_000_000, 100_000_001, 150_000_000, -49_999_999]), currency());
    let cost =
        prop::option::weighted(0.8, cost.prop_map(|(amount, currency)| Money { amount: Micros(amount), currency }));
    (
        period,
        sku(),
        prop_oneof![1 => Just(0i64), 9 => -3_000_000i64..40_000_000],
        unit,
        class,
        line,
        prop::option::of(statement()),
        prop::option::of(resource()),
        cost,
    )
        .prop_map(|((from, length), sku, quantity, unit, class, line, statement, resource, cost)| {
            let to = EventTime::from_nanos(from.nanos() + length * 1_000_000_000);
            let quantity =
                if unit == BilledUnit::GpuSeconds || unit == BilledUnit::Tokens { quantity * 500 } else { quantity };
            UsageKind::UsageBilled(Box::new(BilledLine {
                period: Period { from, to },
                sku: Some(sku),
                meter: None,
                quantity: Micros(quantity),
                unit,
                cost,
                line,
                resource,
                class,
                issuer: None,
                publisher: None,
                payer: None,
                statement,
            }))
        })
}

fn kind() -> impl Strategy<Value = UsageKind> {
    let half = select(vec![Half::First, Half::Last]);
    let outcome = select(vec![None, Some("ok"), Some("policy"), Some("strange")]);
    let asked = (prop::option::of(sku()), prop::option::of(1u32..3), prop::option::of(market()));
    let asked = (asked, prop::collection::vec(resource(), 0..3));
    prop_oneof![
        5 => (prop::option::weighted(0.8, sku()), 1u32..3, prop::option::weighted(0.9, resource()), market()).prop_map(
            |(sku, count, resource, market)| UsageKind::CapacityStarted { sku, count, resource, market }
        ),
        4 => (resource(), select(vec![StopEnd::Stopped, StopEnd::Terminated]))
            .prop_map(|(resource, end)| UsageKind::CapacityStopped { resource, end }),
        2 => (select(vec!["op-1", "op-2"]), half, asked, outcome).prop_map(|(operation, half, asked, outcome)| {
            let ((sku, count, market), resources, operation) = (asked.0, asked.1, operation.into());
            let outcome = outcome.map(Text::new);
            UsageKind::OperationHalf { operation, half, sku, resources, count, market, outcome }
        }),
        2 => (prop::option::of(sku()), 1u32..3, reason())
            .prop_map(|(sku, count, reason)| UsageKind::CapacityDenied { sku, count, reason }),
        1 => (sku(), 1u32..3, time(), time()).prop_map(|(sku, count, from, to)| UsageKind::CapacityReserved {
            sku,
            count,
            from,
            to,
            reservation: None,
        }),
        6 => billed(),
        1 => statement().prop_map(|statement| UsageKind::StatementComplete { statement }),
        2 => (select(vec!["m-1", "m-2"]), prop::option::of(0u64..400)).prop_map(|(model, tokens)| UsageKind::ModelUsed {
            model: model.into(),
            operation: "Invoke".into(),
            tokens,
        }),
    ]
}

fn usage() -> impl Strategy<Value = Fact> {
    let event = select(vec!["e-1", "e-2", "e-3", "e-4", "e-5"]);
    let region = prop::option::of(select(vec!["east", "west"]).prop_map(Region::new));
    (account(), event, time(), region, kind()).prop_map(|(account, event, time, region, kind)| {
        Fact::Usage(Usage { account, event: event.into(), time, region, actor: Actor::default(), via: None, kind })
    })
}

fn sighting() -> impl Strategy<Value = Fact> {
    let network = select(vec!["198.51.100.0/24", "203.0.113.0/24", "192.0.2.0/24"]);
    (account(), time(), network).prop_map(|(account, time, network)| {
        let network = NetworkPrefix::parse(network).unwrap();
        Fact::Usage(Usage::sighting(account, time.day(), network, PrincipalClass::User))
    })
}

/// What bills say: names that cards have or nobody, and accounts that pay.
fn told() -> impl Strategy<Value = Fact> {
    let named = select(vec!["Listed Institute", "Quiet Company", "Other Company", "Unheard Trading"]);
    let attribute = select(vec![Attribute::SoldBy, Attribute::SoldBy, Attribute::Distributor, Attribute::Customer]);
    let said = prop_oneof![
        3 => (attribute, named.prop_map(Text::new)),
        1 => account().prop_map(|payer| (Attribute::Payer, Text::new(payer.to_string()))),
    ];
    // Some of so long ago that they hold no more, or will soon not.
    let of =
        prop_oneof![4 => day().prop_map(|time| time.day()), 1 => (-33i64..-20).prop_map(|n| Day(START / 86_400 + n))];
    (account(), of, said).prop_map(|(account, day, (attribute, value))| {
        Fact::Usage(Usage::attribute(account, Told { day, attribute, value, column: "column".into() }))
    })
}

fn country() -> impl Strategy<Value = Option<Country>> {
    select(vec![Country::parse("CN"), Country::parse("SG"), None])
}

fn card() -> impl Strategy<Value = Fact> {
    let seller = prop::option::of(party());
    let payer = prop::option::of(account());
    let shared = prop::option::of(select(vec!["fp:1", "fp:2"]));
    let validity = (validity(), 0u64..3);
    (account(), prop::option::weighted(0.9, party()), payer, seller, country(), shared, validity).prop_map(
        |(account, customer, payer, sold_by, country, shared, ((valid_from, valid_to), version))| {
            let shared: BTreeMap<_, _> = shared.map(|s| ("payment".into(), s.into())).into_iter().collect();
            Fact::Account(Account {
                account,
                name: None,
                customer,
                payer,
                sold_by,
                country,
                billing_country: None,
                payment: None,
                email_domain: None,
                phone_country: None,
                created: None,
                kyc: None,
                shared,
                version,
                valid_from,
                valid_to,
            })
        },
    )
}

fn party_card() -> impl Strategy<Value = Fact> {
    let name = select(vec!["Listed Institute", "Quiet Company", "Other Company"]);
    (party(), name, country(), country(), validity(), 0u64..3).prop_map(
        |(id, name, country, hq, (valid_from, valid_to), version)| {
            Fact::Party(Party {
                id,
                names: vec![name.into()],
                roles: Vec::new(),
                country,
                hq,
                domains: Vec::new(),
                identifiers: BTreeMap::new(),
                person: false,
                version,
                valid_from,
                valid_to,
            })
        },
    )
}

fn edge() -> impl Strategy<Value = Fact> {
    let kind = select(vec![EdgeKind::Owns, EdgeKind::Owns, EdgeKind::SubUnitOf, EdgeKind::ResellsTo]);
    let percent = select(vec![30i64, 50, 60, 80]).prop_map(Micros::whole);
    (kind, party(), party(), percent, validity(), 0u64..3).prop_map(
        |(kind, from, to, percent, (valid_from, valid_to), version)| {
            Fact::Edge(Edge { kind, from, to, percent, source: "invented".into(), version, valid_from, valid_to })
        },
    )
}

fn currency() -> impl Strategy<Value = Currency> {
    select(vec!["CNY", "CNY", "USD"]).prop_map(|letters| Currency(letters.into()))
}

/// Tenders that name ids, names however written, and nobody; some whose days begin or end within the history.
fn tender() -> impl Strategy<Value = Fact> {
    let names =
        vec!["p-1", "p-2", "p-3", "listed institute", "Quiet Company", "OTHER COMPANY", "unheard trading", "Nobody"];
    let amount = (select(vec![50i64, 100, 100, 150, 200, 250]).prop_map(Micros::whole), currency());
    let amount = amount.prop_map(|(amount, currency)| Money { amount: amount.unwrap(), currency });
    let published = (prop_oneof![4 => 0i64..9, 1 => -120i64..-112, 2 => 28i64..38], 0i64..24);
    let provider =
        prop::option::weighted(0.2, select(vec!["corp-cloud", "corp-cloud", "other-cloud"]).prop_map(Provider::new));
    let someone = || select(names.clone()).prop_map(Text::new);
    let between = prop::option::of(someone());
    (select(vec!["t-1", "t-2", "t-3"]), someone(), between, provider, prop::option::weighted(0.9, amount), published)
        .prop_map(|(id, buyer, intermediary, provider, amount, (day, hour))| {
            let published = EventTime::from_seconds(START + day * 86_400 + hour * 3_600).unwrap();
            let (id, source) = (id.into(), "tenders.example".into());
            Fact::Tender(Tender { id, buyer, intermediary, provider, amount, published, source })
        })
}

fn fact() -> impl Strategy<Value = Fact> {
    prop_oneof![
        10 => usage(), 2 => sighting(), 2 => told(), 4 => card(), 3 => party_card(), 3 => edge(), 3 => tender()
    ]
}

/// Facts in some order; shown as native records, so that a failure can become a replay case.
#[derive(Clone)]
pub struct History(pub Vec<Fact>);

impl std::fmt::Debug for History {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|fact| writeln!(f, "{}", serde_json::to_string(fact).unwrap()))
    }
}

/// Facts in some order, and the tick that ends them.
pub fn history() -> impl Strategy<Value = History> {
    (prop::collection::vec(fact(), 1..60), 12..HOURS + 20).prop_map(|(mut facts, hour)| {
        let now = EventTime::from_seconds(START + hour * 3_600 + 600).unwrap();
        let earlier = EventTime::from_seconds(START + hour * 1_800).unwrap();
        let first = EventTime::from_seconds(START + hour * 360).unwrap();
        // Several in one hour, some at the very instants at which things begin.
        let within = |seconds| EventTime::from_seconds(START + hour * 3_600 + seconds).unwrap();
        facts.extend([within(0), within(1), within(60), now, earlier, first].map(Fact::Tick));
        History(facts)
    })
}

/// The same facts in another order, some of them twice.
pub fn disturbed(facts: Vec<Fact>) -> impl Strategy<Value = History> {
    let twice = prop::collection::vec(any::<Index>(), 0..10);
    (Just(facts), twice).prop_flat_map(|(facts, twice)| {
        let mut all = facts.clone();
        all.extend(twice.iter().map(|index| index.get(&facts).clone()));
        Just(all).prop_shuffle().prop_map(History)
    })
}
