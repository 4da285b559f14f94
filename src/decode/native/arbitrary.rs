//! Arbitrary facts of every kind, for property tests here and of the engine.
//!
//! They are facts as decoders make them: providers, regions and domains in lower case, no blank texts, sightings
//! normalised.

use proptest::collection::{btree_map, vec};
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;

use crate::model::*;

fn text() -> BoxedStrategy<Text> {
    "[A-Za-z0-9:\u{4e2d}]([A-Za-z0-9 ._/\"\\\\\u{e9}-]{0,10}[A-Za-z0-9])?".prop_map(Text::from).boxed()
}

fn lower() -> BoxedStrategy<Text> {
    "[a-z][a-z0-9.-]{0,8}[a-z0-9]".prop_map(Text::from).boxed()
}

/// Instants within a few years, so that facts meet; sometimes any instant there is.
pub(crate) fn time() -> BoxedStrategy<EventTime> {
    let near = (1_690_000_000i64..1_760_000_000).prop_filter_map("in range", EventTime::from_seconds);
    prop_oneof![9 => near, 1 => any::<i64>().prop_map(EventTime::from_nanos)].boxed()
}

/// An instant, and perhaps a later one.
fn validity() -> BoxedStrategy<(EventTime, Option<EventTime>)> {
    (time(), of(1i64..100_000_000_000_000_000))
        .prop_map(|(from, length)| {
            let to = length.and_then(|length| from.nanos().checked_add(length)).map(EventTime::from_nanos);
            (from, to)
        })
        .boxed()
}

fn period() -> BoxedStrategy<Period> {
    validity().prop_filter_map("has an end", |(from, to)| Some(Period { from, to: to? })).boxed()
}

fn micros() -> BoxedStrategy<Micros> {
    const BOUND: i64 = 1_000_000_000_000_000_000;
    prop_oneof![
        (0i64..100_000).prop_filter_map("in range", Micros::whole),
        (-1_000_000_000_000i64..1_000_000_000_000).prop_map(Micros),
        (-BOUND..=BOUND).prop_map(Micros),
    ]
    .boxed()
}

fn money() -> BoxedStrategy<Money> {
    (micros(), "[A-Z]{3}").prop_map(|(amount, currency)| Money { amount, currency: Currency(currency.into()) }).boxed()
}

fn country() -> BoxedStrategy<Country> {
    "[A-Z]{2}".prop_filter_map("two letters", |letters| Country::parse(&letters)).boxed()
}

fn word<T: Copy + std::fmt::Debug + 'static>(all: &'static [T]) -> BoxedStrategy<T> {
    select(all).boxed()
}

/// One of a few accounts, so that facts meet.
pub(crate) fn account_id() -> BoxedStrategy<AccountId> {
    (select(vec!["aws", "azure", "gcp", "corp-cloud"]), "[0-9a-f]{1,3}")
        .prop_map(|(p, id)| AccountId::new(p, id))
        .boxed()
}

fn sku() -> BoxedStrategy<Sku> {
    prop_oneof![
        select(vec!["p5.48xlarge", "Standard_ND96isr_H100_v5", "m5.large"]).prop_map(Sku::new),
        text().prop_map(Sku::new)
    ]
    .boxed()
}

fn resource() -> BoxedStrategy<ResourceId> {
    "i-[0-9a-f]{1,2}".prop_map(ResourceId::new).boxed()
}

fn network() -> BoxedStrategy<NetworkPrefix> {
    prop_oneof![
        (1u32..=u32::MAX, 8u8..=24).prop_map(|(bits, length)| NetworkPrefix::new(
            std::net::Ipv4Addr::from_bits(bits | 0x0100_0000).into(),
            length
        )),
        (any::<u128>(), 8u8..=48).prop_map(|(bits, length)| NetworkPrefix::new(
            std::net::Ipv6Addr::from_bits(bits | 1 << 127).into(),
            length
        )),
    ]
    .boxed()
}

fn actor() -> BoxedStrategy<Actor> {
    (of(text()), of(network())).prop_map(|(principal, network)| Actor { principal, network }).boxed()
}

fn statement() -> BoxedStrategy<Statement> {
    (text(), text(), any::<u64>()).prop_map(|(export, period, version)| Statement { export, period, version }).boxed()
}

fn capacity() -> BoxedStrategy<UsageKind> {
    let started = (of(sku()), 1u32.., of(resource()), word(Market::ALL))
        .prop_map(|(sku, count, resource, market)| UsageKind::CapacityStarted { sku, count, resource, market });
    let stopped =
        (resource(), word(StopEnd::ALL)).prop_map(|(resource, end)| UsageKind::CapacityStopped { resource, end });
    let asked = (of(sku()), btree_map(resource(), Just(()), 0..3), of(1u32..), of(word(Market::ALL)));
    let half = (text(), word(Half::ALL), asked, of(text())).prop_map(|(operation, half, asked, outcome)| {
        let (sku, resources, count, market) = asked;
        let resources = resources.into_keys().collect();
        UsageKind::OperationHalf { operation, half, sku, resources, count, market, outcome }
    });
    let denied = (of(sku()), 1u32.., word(DenialReason::ALL))
        .prop_map(|(sku, count, reason)| UsageKind::CapacityDenied { sku, count, reason });
    let reserved = (sku(), 1u32.., validity(), of(text())).prop_map(|(sku, count, (from, to), reservation)| {
        UsageKind::CapacityReserved { sku, count, from, to: to.unwrap_or(from), reservation }
    });
    prop_oneof![started, stopped, half, denied, reserved].boxed()
}

fn billed() -> BoxedStrategy<UsageKind> {
    let what = prop_oneof![
        sku().prop_map(|sku| (Some(sku), None)),
        text().prop_map(|meter| (None, Some(meter))),
        (sku(), text()).prop_map(|(sku, meter)| (Some(sku), Some(meter))),
    ];
    let how_much = (micros(), word(BilledUnit::ALL), of(money()), word(BilledClass::ALL));
    let who = (of(text()), of(text()), of(account_id()));
    let which = (of(text()), of(resource()), of(statement()));
    (period(), what, how_much, who, which)
        .prop_map(
            |(
                period,
                (sku, meter),
                (quantity, unit, cost, class),
                (issuer, publisher, payer),
                (line, resource, of),
            )| {
                UsageKind::UsageBilled(Box::new(BilledLine {
                    period,
                    sku,
                    meter,
                    quantity,
                    unit,
                    cost,
                    line,
                    resource,
                    class,
                    issuer,
                    publisher,
                    payer,
                    statement: of,
                }))
            },
        )
        .boxed()
}

fn kind() -> BoxedStrategy<UsageKind> {
    let complete = statement().prop_map(|statement| UsageKind::StatementComplete { statement });
    let model = (text(), text(), of(any::<u64>())).prop_map(|(model, operation, tokens)| UsageKind::ModelUsed {
        model,
        operation,
        tokens,
    });
    prop_oneof![5 => capacity(), 2 => billed(), 1 => complete, 1 => model].boxed()
}

/// Usage of every kind.
pub(crate) fn usage() -> BoxedStrategy<Usage> {
    let seen = (account_id(), time(), network(), select(&super::usage::CLASSES[..]))
        .prop_map(|(account, time, network, class)| Usage::sighting(account, time.day(), network, class))
        .prop_filter("its day's start can be held", |usage| usage.time > EventTime::MIN);
    let done = (account_id(), text(), time(), of(lower()), actor(), of(text()), kind()).prop_map(
        |(account, event, time, region, actor, via, kind)| Usage {
            account,
            event,
            time,
            region: region.map(Region::new),
            actor,
            via,
            kind,
        },
    );
    prop_oneof![9 => done, 1 => seen, 1 => told()].boxed()
}

/// What a bill says of an account.
fn told() -> BoxedStrategy<Usage> {
    let said = prop_oneof![
        1 => account_id().prop_map(|payer| (Attribute::Payer, Text::new(payer.to_string()))),
        2 => (select(vec![Attribute::SoldBy, Attribute::Distributor, Attribute::Customer]), text()),
    ];
    (account_id(), time(), said, text())
        .prop_map(|(account, time, (attribute, value), column)| {
            Usage::attribute(account, Told { day: time.day(), attribute, value, column })
        })
        .prop_filter("its day's start can be held", |usage| usage.time > EventTime::MIN)
        .boxed()
}

fn account() -> BoxedStrategy<Account> {
    let parties = (of(text()), of(text()), of(account_id()), of(text()));
    let places = (of(country()), of(country()), of(country()));
    let payment = of((of(country()), of(text())).prop_map(|(country, kind)| Payment { country, kind }));
    let rest = (of(lower()), of(time()), of(word(Kyc::ALL)), btree_map(text(), text(), 0..3), any::<u64>());
    (account_id(), parties, places, payment, rest, validity())
        .prop_map(
            |(
                account,
                (name, customer, payer, sold_by),
                (country, billing_country, phone_country),
                payment,
                (email_domain, created, kyc, shared, version),
                (valid_from, valid_to),
            )| Account {
                account,
                name,
                customer: customer.map(PartyId::new),
                payer,
                sold_by: sold_by.map(PartyId::new),
                country,
                billing_country,
                payment,
                email_domain,
                phone_country,
                created,
                kyc,
                shared,
                version,
                valid_from,
                valid_to,
            },
        )
        .boxed()
}

fn party() -> BoxedStrategy<Party> {
    let texts = (vec(text(), 1..3), vec(lower(), 0..3), btree_map(text(), text(), 0..3));
    let rest = (vec(word(PartyRole::ALL), 0..3), of(country()), of(country()), any::<bool>(), 0u64..4);
    (text(), texts, rest, validity())
        .prop_map(
            |(id, (names, domains, identifiers), (roles, country, hq, person, version), (valid_from, valid_to))| {
                Party {
                    id: PartyId::new(id),
                    names,
                    roles,
                    country,
                    hq,
                    domains,
                    identifiers,
                    person,
                    version,
                    valid_from,
                    valid_to,
                }
            },
        )
        .boxed()
}

fn edge() -> BoxedStrategy<Edge> {
    let parties = (text(), text()).prop_map(|(from, to)| (PartyId::new(from), PartyId::new(to)));
    let percent = of((0i64..=100_000_000).prop_map(Micros));
    (word(EdgeKind::ALL), parties, percent, text(), 0u64..4, validity())
        .prop_map(|(kind, (from, to), percent, source, version, (valid_from, valid_to))| Edge {
            kind,
            from,
            to,
            percent,
            source,
            version,
            valid_from,
            valid_to,
        })
        .boxed()
}

fn authorisation() -> BoxedStrategy<Authorisation> {
    let chips = prop_oneof![Just(ChipScope::Any), vec(text().prop_map(ChipName::new), 0..3).prop_map(ChipScope::Of)];
    (text(), text(), chips, word(AuthorisationBasis::ALL), text(), validity())
        .prop_map(|(id, scope, chips, basis, reference, (from, to))| Authorisation {
            id,
            scope,
            chips,
            basis,
            reference,
            from,
            to,
        })
        .boxed()
}

fn suppression() -> BoxedStrategy<Suppression> {
    (text(), text(), of(text().prop_map(RuleId::new)), time(), text(), text())
        .prop_map(|(id, subject, rule, until, reason, by)| Suppression { id, subject, rule, until, reason, by })
        .boxed()
}

fn tender() -> BoxedStrategy<Tender> {
    (text(), text(), of(text()), of(lower()), of(money()), time(), text())
        .prop_map(|(id, buyer, intermediary, provider, amount, published, source)| Tender {
            id,
            buyer,
            intermediary,
            provider: provider.map(Provider::new),
            amount,
            published,
            source,
        })
        .boxed()
}

/// Any fact.
pub(crate) fn fact() -> BoxedStrategy<Fact> {
    prop_oneof![
        9 => usage().prop_map(Fact::Usage),
        1 => account().prop_map(Fact::Account),
        1 => party().prop_map(Fact::Party),
        1 => edge().prop_map(Fact::Edge),
        1 => authorisation().prop_map(Fact::Authorisation),
        1 => suppression().prop_map(Fact::Suppression),
        1 => tender().prop_map(Fact::Tender),
        1 => time().prop_map(Fact::Tick),
    ]
    .boxed()
}
