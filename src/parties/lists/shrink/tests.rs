use super::*;
use crate::parties::{ListFormat, ListSource};
use crate::written::Source;

fn lists(sizes: &[(&str, usize)]) -> Lists {
    let list = |(id, size): &(&str, usize)| {
        let entries: String = (0..*size).map(|n| format!("  - {{id: e{n}, names: [Name {n}]}}\n")).collect();
        let head = format!("list: {{id: {id}, title: t, source: s, effect: risk, as_of: 2024-01-01}}\nentries:\n");
        let source = Source { name: (*id).into(), text: format!("{head}{entries}").into() };
        ListSource { source, format: ListFormat::Own }
    };
    Lists::read(&sizes.iter().map(list).collect::<Vec<_>>()).unwrap()
}

fn limit(percent: Option<u32>, confirmed: &[&Text]) -> ShrinkLimit {
    ShrinkLimit { percent, confirmed: confirmed.iter().copied().cloned().collect() }
}

#[test]
fn a_list_may_lose_a_set_share_and_no_more() {
    let before = lists(&[("a", 100), ("b", 10), ("c", 4)]);
    let lost = |after: &[(&str, usize)], percent| {
        let shrunk = before.shrunk(&lists(after), &limit(percent, &[]));
        shrunk.iter().map(|shrunk| format!("{} {}→{}", shrunk.list, shrunk.before, shrunk.after)).collect::<Vec<_>>()
    };
    assert_eq!(lost(&[("a", 80), ("b", 8), ("c", 4), ("new", 1)], Some(20)), [""; 0]);
    assert_eq!(lost(&[("a", 79), ("b", 7), ("c", 40)], Some(20)), ["a 100→79", "b 10→7"]);
    assert_eq!(lost(&[("a", 100), ("b", 10)], Some(20)), ["c 4→0"], "a list that is gone has lost all");
    assert_eq!(lost(&[("a", 1)], Some(100)), [""; 0]);
    assert_eq!(lost(&[], None), [""; 0]);
    assert_eq!(lost(&[("a", 99), ("b", 10), ("c", 4)], Some(0)), ["a 100→99"]);
}

#[test]
fn what_is_confirmed_is_one_change_and_not_the_next() {
    let (full, half, less) = (lists(&[("a", 100)]), lists(&[("a", 50)]), lists(&[("a", 10)]));
    let told = full.shrunk(&half, &limit(Some(20), &[]));
    let text = told[0].to_string();
    let confirm = &told[0].confirm;
    assert_eq!(
        text,
        format!(
            "list a shrank from 100 entries to 50 (50 % fewer, more than 20 %): the old one stays; if the change is meant, \
             write list_shrink: {{ confirm: [{confirm}] }} into the settings and reload"
        )
    );
    let confirmed = limit(Some(20), &[confirm]);
    assert!(full.shrunk(&half, &confirmed).is_empty());
    assert_eq!(half.shrunk(&less, &confirmed).len(), 1, "the next one asks again");
    assert_eq!(full.shrunk(&less, &confirmed).len(), 1, "so does another one from the same list");
    assert!(half.shrunk(&full, &limit(Some(20), &[])).is_empty(), "what grows asks nothing");
}
