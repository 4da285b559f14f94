use super::*;
use crate::model::{EventTime, Hour, Market, Suppression};

fn position() -> Position {
    Position { source: Text::new("x"), at: 1 }
}

fn suppression(reason: &str) -> Fact {
    Fact::Suppression(Suppression {
        id: "s".into(),
        subject: "account:aws/a".into(),
        rule: None,
        until: EventTime::MAX,
        reason: reason.into(),
        by: "b".into(),
    })
}

#[test]
fn copies_are_duplicates_and_of_two_contents_one_counts_whichever_came_first() {
    let kept = |facts: [&str; 3]| {
        let mut store = Store::default();
        let fates = facts.map(|reason| store.put_card(&suppression(reason), &position()).fate());
        let facts = std::iter::successors(store.next(Loc(0)), |(.., behind)| store.next(*behind));
        let card = |known| if let Known::Card(card) = known { Some(card) } else { None };
        (fates, facts.filter_map(|(_, known, _)| card(known)).collect::<Vec<_>>())
    };
    let (fates, one) = kept(["a", "a", "b"]);
    assert_eq!(fates, [Fate::Applied, Fate::Duplicate, Fate::Superseded]);
    assert_eq!(kept(["b", "a", "a"]).1, one);
    assert_eq!(one.len(), 1);
}

#[test]
fn an_ordinary_machine_takes_few_bytes() {
    let mut store = Store::default();
    for n in 0..1_000u64 {
        let kind = UsageKind::CapacityStarted {
            sku: Some(crate::model::Sku::new("m5.large")),
            count: 1,
            resource: Some(ResourceId::new(format!("i-{n:017x}"))),
            market: Market::OnDemand,
        };
        let account = AccountId::new("aws", "111122223333");
        let (event, time) = (format!("e-{n}").into(), Hour(470_000).start());
        let usage = Usage { account, event, time, region: None, actor: Default::default(), via: None, kind };
        assert!(matches!(store.put(&usage, None, &position()), (Landed::New(_), 0)));
        assert_eq!(store.put(&usage, None, &position()), (Landed::Same, 0));
    }
    assert!(store.arena.len() < 1_000 * 24, "{} bytes", store.arena.len());
}
