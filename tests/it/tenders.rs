//! Tenders next to bills in hand-written histories, each held to the naive model: many that name one party, and one that comes
//! again with other words while an account is watched because of it.

use serde_json::{Value, json};
use tidewaiter::engine::Engine;
use tidewaiter::model::*;

use super::forgetting::{at, line, record, tick};
use super::naive::{self, Memory};
use super::property::{apply, is_naive, rulebook};
use super::world::world;

fn account() -> Fact {
    record(json!({"type": "account", "provider": "corp-cloud", "id": "a-1", "sold_by": "p-1", "valid_from": at(0.0)}))
}

fn tender(id: &str, more: Value) -> Fact {
    let mut own = json!({
        "type": "tender", "id": id, "buyer": "Elsewhere", "intermediary": "p-1", "amount": 1000, "currency": "CNY",
        "published": at(20.0), "source": "invented",
    });
    own.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    record(own)
}

fn asking(version: u64, cost: u32, currency: &str) -> Fact {
    let rest = json!({
        "cost": cost, "currency": currency, "class": "run", "line": currency,
        "statement": {"export": currency, "period": "2025-04", "version": version},
    });
    line(60.0, currency, version, 1, rest)
}

/// The engine after each of the parts, as the naive model has it.
fn follow(parts: &[Vec<Fact>], mut seen: impl FnMut(&Engine)) {
    let mut engine = Engine::new(rulebook());
    let mut all: Vec<Fact> = Vec::new();
    for part in parts {
        all.extend(part.iter().cloned());
        apply(&mut engine, part);
        engine.publish();
        is_naive(&engine, naive::table(&world(), &all, Memory::Everything)).unwrap();
        seen(&engine);
    }
}

fn alert<'a>(engine: &'a Engine, rule: &str) -> Option<&'a Alert> {
    engine.alerts().find(|alert| alert.rule.id.as_str() == rule)
}

#[test]
fn of_more_tenders_than_an_alert_shows_those_that_fit_are_shown_and_doubts_leave_room_for_others() {
    let id = |at| format!("t-{at:02}");
    let mut facts: Vec<Fact> = (0..64).map(|at| tender(&id(at), json!({}))).collect();
    facts.extend([tender(&id(64), json!({"amount": 100})), account(), asking(1, 100, "CNY"), asking(1, 7, "USD")]);
    facts.push(tick(70.0));
    follow(&[facts], |engine| {
        for rule in ["named", "tender", "bidder"] {
            let alert = alert(engine, rule).unwrap();
            let ids: Vec<String> = alert.tenders.iter().map(|tender| tender.id.to_string()).collect();
            assert_eq!(ids, [64].into_iter().chain(0..63).map(id).collect::<Vec<_>>(), "{rule}");
            let unknown: Vec<&str> = alert.unknown.iter().map(Text::as_str).collect();
            assert_eq!(unknown.len(), 20, "{rule}");
            assert_eq!(unknown[0], "end customer of reseller p-1", "{rule}");
            assert_eq!(unknown[1], "what use billed otherwise (USD) comes to next to tender t-64", "{rule}");
            assert_eq!(unknown[19], "what use that was billed comes to next to 46 more tenders", "{rule}");
        }
    });
}

#[test]
fn a_tender_that_comes_again_with_other_words_is_held_against_the_bills_of_who_was_watched_because_of_it() {
    // Which of two counts hangs on their content: words that win are looked for.
    let wins = |over: &Fact, more: Value| {
        let with = |at: u32| {
            let mut more = more.clone();
            more.as_object_mut().unwrap().insert("source".into(), json!(format!("invented {at}")));
            tender("t-1", more)
        };
        (0..1_000).map(with).find(|fact| fact.rank() > over.rank()).unwrap()
    };
    let first = tender("t-1", json!({"amount": 100}));
    let dearer = wins(&first, json!({"amount": 300}));
    let dollars = wins(&dearer, json!({"amount": 300, "currency": "USD"}));
    let others = wins(&dollars, json!({"intermediary": "p-2"}));
    let parts = [
        vec![tick(0.5), account(), first, asking(1, 100, "CNY"), tick(70.0)],
        vec![dearer],
        vec![asking(2, 310, "CNY")],
        vec![dollars],
        vec![asking(1, 290, "USD")],
        vec![others],
    ];
    let mut said = Vec::new();
    follow(&parts, |engine| {
        let line = alert(engine, "named").map(|alert| alert.tenders[0].clone());
        let fits = line.as_ref().is_some_and(|line| line.fits);
        assert_eq!(alert(engine, "tender").is_some(), fits);
        assert_eq!(alert(engine, "bidder").map(|alert| alert.tenders[0].clone()), line);
        said.push(line.map(|line| (line.billed.map(|billed| billed.sum.0 / 1_000_000), line.besides.join(", "), fits)));
    });
    let (none, cny) = (String::new(), "CNY".to_owned());
    let expected = [
        Some((Some(100), none.clone(), true)),
        Some((Some(100), none.clone(), false)),
        Some((Some(310), none, true)),
        Some((None, cny.clone(), false)),
        Some((Some(290), cny, true)),
        None,
    ];
    assert_eq!(said, expected);
}
