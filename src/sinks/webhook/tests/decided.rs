//! What is sent of what the topic says.

use super::super::core::Core;
use super::super::message::{Body, Message};
use super::*;

/// Messages and the count of a record, in words: `opened a`, `summary r 3`, `(shadow)`.
fn words(messages: &[Message], counted: Option<Outcome>) -> String {
    let message = |message: &Message| match &message.body {
        Body::Alert { event, id, .. } => format!("{} {}", event.as_str(), &id[..1]),
        Body::Summary(left) => format!("summary {} {} {}", left.rule.id, left.day, left.count),
    };
    let counted = counted.map(|outcome| format!("({})", outcome.as_str()));
    messages.iter().map(message).chain(counted).collect::<Vec<_>>().join(", ")
}

/// Each line a record and, behind `=>`, what it comes to; `quiet` is a tick of the day given. Those before `start` were
/// dealt with before.
fn check_from(start: i64, target: &Target, story: &str) {
    let mut core = Core::new(target);
    let mut wrong = Vec::new();
    for (offset, line) in (0..).zip(story.trim().lines()) {
        let (record, expected) = line.split_once("=>").unwrap();
        let got = match record.trim().strip_prefix("quiet day=") {
            Some(n) => words(&core.quiet(day(n.trim().parse().unwrap())), None),
            None => {
                let decided = core.hear(start, heard(offset, record), later());
                words(&decided.send, decided.counted)
            }
        };
        if got != expected.trim() {
            wrong.push(format!("{} => {got}", record.trim()));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

fn check(story: &str) {
    check_from(0, &everything(), story);
}

fn everything() -> Target {
    Target { on: Event::ALL.iter().copied().collect(), ..target("https://hooks.example/") }
}

#[test]
fn each_difference_has_its_name() {
    check(
        "a 5 open 1                => opened a
         a 6 open 1                => updated a
         a 7 resolved 1            => resolved a
         a 8 resolved 1            => updated a
         a 9 open 2                => reopened a
         a 10 resolved 2           => resolved a
         a 11 open 2               => reopened a
         a gone                    => withdrawn a
         a 12 open 1               => opened a",
    );
}

#[test]
fn an_episode_missed_in_between_is_a_reopening_and_an_older_one_found_late_is_not() {
    check(
        "a 5 open 1 latest=4       => opened a
         a 6 open 2 latest=4       => updated a
         a 7 open 3 latest=9       => reopened a
         a 8 resolved 3 latest=9   => resolved a
         a 9 resolved 4 latest=12  => reopened a",
    );
}

#[test]
fn what_is_over_when_it_is_first_heard_of_is_opened() {
    check("a 5 resolved 1 => opened a");
}

#[test]
fn copies_and_what_a_stalled_predecessor_says_are_not_sent() {
    check(
        "a 5 open 1                => opened a
         a 5 open 1                =>
         a 4 resolved 1            =>
         a 5 open 1                =>
         a 7 resolved 1            => resolved a
         a 6 open 1                =>
         a 7 resolved 1            =>",
    );
}

#[test]
fn the_same_position_under_another_configuration_is_news() {
    check(
        "a 5 open 1 config=c       => opened a
         a 5 resolved 1 config=d   => resolved a
         a 5 resolved 1 config=d   =>",
    );
}

#[test]
fn a_withdrawal_of_a_stalled_predecessor_is_taken_back() {
    check(
        "a 5 open 1                => opened a
         a gone                    => withdrawn a
         a 4 open 1                =>
         a 5 open 1                => reopened a
         a gone                    => withdrawn a
         a gone                    =>",
    );
}

#[test]
fn only_what_was_sent_is_withdrawn() {
    let target = Target { most: 1, ..everything() };
    check_from(
        0,
        &target,
        "a gone                    =>
         b 1 open 1                => opened b
         c 1 open 1                => (suppressed_by_limit)
         c gone                    =>
         d 1 open 1 mode=shadow    => (shadow)
         d gone                    =>
         b gone day=1              => summary r 2024-09-01 1, withdrawn b",
    );
}

#[test]
fn shadow_rules_are_counted_and_their_alerts_open_when_they_go_live() {
    check(
        "a 5 open 1 mode=shadow    => (shadow)
         a 6 open 1 mode=shadow    => (shadow)
         a 7 open 1 mode=live      => opened a
         a 8 resolved 1 mode=shadow => (shadow)
         a 9 resolved 1 mode=live  => resolved a",
    );
}

#[test]
fn an_alert_that_becomes_severe_enough_is_opened() {
    let target = Target { least: Severity::High, ..everything() };
    check_from(
        0,
        &target,
        "a 5 open 1 severity=medium     =>
         a 6 open 1 severity=high       => opened a
         a 7 resolved 1 severity=low    =>
         a 8 open 1 severity=critical   => updated a
         b 1 open 1 severity=low mode=shadow =>",
    );
}

#[test]
fn differences_not_asked_for_are_remembered_all_the_same() {
    let target = Target { on: [Event::Resolved, Event::Withdrawn].into(), ..everything() };
    check_from(
        0,
        &target,
        "a 5 open 1                =>
         a 6 open 1                =>
         a 7 resolved 1            => resolved a
         a gone                    => withdrawn a
         b 1 open 1                =>
         b gone                    =>",
    );
}

#[test]
fn beyond_the_limit_of_a_rule_and_day_one_summary_tells_how_many() {
    let target = Target { most: 2, ..everything() };
    check_from(
        0,
        &target,
        "a 1 open 1                => opened a
         b 1 open 1                => opened b
         c 1 open 1                => (suppressed_by_limit)
         a 2 resolved 1            => (suppressed_by_limit)
         a 1 open 1 rule=q         =>
         d 1 open 1 rule=q         => opened d
         quiet day=0               =>
         e 1 open 1 day=1          => summary r 2024-09-01 2, opened e
         f 1 open 1 day=1          => opened f
         0 1 open 1 day=1          => (suppressed_by_limit)
         quiet day=1               =>
         quiet day=2               => summary r 2024-09-02 1
         quiet day=3               =>",
    );
}

#[test]
fn what_comes_late_from_a_day_summed_up_counts_for_the_open_one() {
    let target = Target { most: 1, ..everything() };
    check_from(
        0,
        &target,
        "a 1 open 1 day=0          => opened a
         b 1 open 1 day=0          => (suppressed_by_limit)
         c 1 open 1 day=1          => summary r 2024-09-01 1, opened c
         d 1 open 1 day=0          => (suppressed_by_limit)
         e 1 open 1 day=2          => summary r 2024-09-02 1, opened e",
    );
}

#[test]
fn what_was_dealt_with_before_only_feeds_the_memory_limits_included() {
    let target = Target { most: 2, ..everything() };
    check_from(
        6,
        &target,
        "a 1 open 1 day=0          =>
         b 1 open 1 day=0          =>
         c 1 open 1 day=0          =>
         d 1 open 1 day=1          =>
         x broken                  =>
         e 1 open 1 mode=shadow day=1 =>
         a 2 resolved 1 day=1      => resolved a
         a 2 resolved 1 day=1      =>
         f 1 open 1 day=1          => (suppressed_by_limit)
         b gone day=2              => summary r 2024-09-02 1, withdrawn b
         c gone day=2              =>",
    );
}

#[test]
fn a_restart_after_the_end_of_a_day_leaves_its_summary_to_the_first_record_of_a_later_one() {
    let target = Target { most: 1, ..everything() };
    let story = "a 1 open 1 day=0          =>
         b 1 open 1 day=0          =>
         quiet day=1               =>
         quiet day=1               =>
         c 1 open 1 day=1          => summary r 2024-09-01 1, opened c
         quiet day=1               =>";
    check_from(2, &target, story);
    let committed = "a 1 open 1 day=0          =>
         b 1 open 1 day=0          =>
         a 1 open 1 day=1          =>
         quiet day=1               =>
         quiet day=2               =>";
    check_from(3, &target, committed);
    // What is new of a day that is over: nobody has told of it.
    let new = "a 1 open 1 day=0          =>
         b 1 open 1 day=0          => (suppressed_by_limit)
         quiet day=1               => summary r 2024-09-01 1
         quiet day=1               =>";
    check_from(1, &target, new);
}

#[test]
fn a_restart_within_a_day_sums_it_up_in_quiet() {
    let mut core = Core::new(&Target { most: 1, ..everything() });
    for (offset, record) in [(0, "a 1 open 1 hour=7"), (1, "b 1 open 1 hour=8")] {
        let noon = heard(0, "a gone").at;
        assert_eq!(core.hear(2, heard(offset, record), noon), Default::default());
    }
    assert_eq!(words(&core.quiet(day(0)), None), "");
    assert_eq!(words(&core.quiet(day(1)), None), "summary r 2024-09-01 1");
    assert_eq!(words(&core.quiet(day(1)), None), "");
}

#[test]
fn partitions_are_remembered_and_forgotten_each_for_itself() {
    let mut core = Core::new(&everything());
    let hear = |core: &mut Core, start, record| {
        let decided = core.hear(start, heard(7, record), later());
        words(&decided.send, decided.counted)
    };
    assert_eq!(hear(&mut core, 0, "a 1 open 1 in=0"), "opened a");
    assert_eq!(hear(&mut core, 0, "b 1 open 1 in=1"), "opened b");
    core.forget(0);
    assert_eq!(hear(&mut core, 8, "a 1 open 1 in=0"), "");
    assert_eq!(hear(&mut core, 0, "a 2 resolved 1 in=0"), "resolved a");
    assert_eq!(hear(&mut core, 0, "b 2 resolved 1 in=1"), "resolved b");
}

#[test]
fn a_partition_that_is_read_again_counts_once_for_the_limit_and_one_taken_away_not_at_all() {
    let mut core = Core::new(&Target { most: 4, ..everything() });
    let hear = |core: &mut Core, start, offset, record: &str| {
        let decided = core.hear(start, heard(offset, record), later());
        words(&decided.send, decided.counted)
    };
    assert_eq!(hear(&mut core, 0, 0, "a 1 open 1 in=0"), "opened a");
    assert_eq!(hear(&mut core, 0, 1, "b 1 open 1 in=0"), "opened b");
    assert_eq!(hear(&mut core, 0, 0, "c 1 open 1 in=1"), "opened c");
    // Read again: as many as before.
    core.forget(0);
    assert_eq!(hear(&mut core, 2, 0, "a 1 open 1 in=0"), "");
    assert_eq!(hear(&mut core, 2, 1, "b 1 open 1 in=0"), "");
    assert_eq!(hear(&mut core, 2, 2, "d 1 open 1 in=0"), "opened d");
    assert_eq!(hear(&mut core, 2, 3, "e 1 open 1 in=0"), "(suppressed_by_limit)");
    assert_eq!(hear(&mut core, 0, 1, "f 1 open 1 in=1"), "(suppressed_by_limit)");
    // Taken away, with what was left out of it.
    core.forget(0);
    assert_eq!(hear(&mut core, 0, 2, "0 1 open 1 in=1"), "opened 0");
    assert_eq!(hear(&mut core, 0, 3, "1 1 open 1 in=1"), "opened 1");
    assert_eq!(hear(&mut core, 0, 4, "2 1 open 1 in=1"), "(suppressed_by_limit)");
    assert_eq!(hear(&mut core, 0, 5, "3 1 open 1 in=1 day=1"), "summary r 2024-09-01 1, opened 3");
}

#[test]
fn keys_are_the_same_for_the_same_alert_revision_and_event_only() {
    let keys = |records: &[&str]| -> Vec<String> {
        let mut core = Core::new(&everything());
        let sent = |(offset, record): (i64, &&str)| core.hear(0, heard(offset, record), later()).send;
        (0..).zip(records).flat_map(sent).map(|message| message.key.to_string()).collect()
    };
    let first = keys(&["a 1 open 1", "a 2 resolved 1", "a gone", "b 1 open 1", "a 3 open 1"]);
    assert_eq!(first, keys(&["a 1 open 1", "a 2 resolved 1", "a gone", "b 1 open 1", "a 3 open 1"]));
    assert_eq!(first.iter().collect::<BTreeSet<_>>().len(), 5);
    assert!(first.iter().all(|key| key.len() == 32));
}

#[test]
fn what_is_no_alert_is_counted_and_the_next_is_read() {
    check(
        "a broken                  => (unreadable)
         a 1 nonsense 1            => (unreadable)
         a 1 open 1 severity=grave => (unreadable)
         a 1 open 1                => opened a",
    );
    let mut core = Core::new(&everything());
    let stranger = Heard { id: id("b").into(), ..heard(0, "a 1 open 1") };
    assert_eq!(core.hear(0, stranger, later()).counted, Some(Outcome::Unreadable));
}

#[test]
fn a_clock_ahead_of_ours_closes_no_day_that_has_not_come() {
    let target = Target { most: 1, ..everything() };
    let mut core = Core::new(&target);
    let mut hear = |offset, record: &str| {
        let decided = core.hear(0, heard(offset, record), day(0));
        words(&decided.send, decided.counted)
    };
    assert_eq!(hear(0, "a 1 open 1 day=900"), "opened a");
    assert_eq!(hear(1, "b 1 open 1 day=0"), "(suppressed_by_limit)");
    assert_eq!(words(&core.quiet(day(1)), None), "summary r 2024-09-01 1");
}

#[test]
fn a_full_memory_forgets_what_is_over_and_tells_it_as_opened_when_it_returns() {
    let mut core = Core::new(&everything()).remembering(2);
    let mut hear = |record: &str| {
        let decided = core.hear(0, heard(0, record), later());
        words(&decided.send, decided.counted)
    };
    assert_eq!(hear("a 1 resolved 1"), "opened a");
    assert_eq!(hear("b 1 open 1"), "opened b");
    assert_eq!(hear("c 1 open 1"), "opened c");
    assert_eq!(hear("b 2 resolved 1"), "resolved b");
    assert_eq!(hear("a 2 open 2"), "opened a");
}
