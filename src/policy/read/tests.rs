use super::*;
use crate::policy::condition::tests::groups;
use crate::policy::{Expect, Measure};

/// A rule that loads; tests change lines of it.
const GOOD: &str = "\
id: gpu-burst
title: Many GPUs at once
mode: live
severity: medium
family: usage
basis:
  - { from: 2023-11-17, to: 2024-01-01, is: risk_only, cites: [\"15 CFR 744.23\"] }
  - { from: 2024-01-01, is: provider_policy, cites: [\"policy 7\"] }
innocent: [a planned training run]
subject: account
where: >-
  activity.gpu_hours > 0
  && control.controlled
window: 72h
having: m.peak_gpus >= 32
explain: \"{account.name} ran {m.peak_gpus} GPUs\"
cases:
  - name: thirty-two at once
    given:
      accounts: [{ provider: aws, id: a-1, valid_from: \"2024-01-01T00:00:00Z\" }]
      facts:
        - { provider: aws, account: a-1, id: e-1, kind: capacity_started, sku: p5.48xlarge, count: 4 }
      geo: { 198.51.100.0/24: SG }
      until: 2024-03-02T00:00:00Z
      lists: [{ list: { id: own }, entries: [] }]
    expect: fires
  - name: eight
    given: { like: thirty-two at once, facts: [] }
    expect: silent
";

fn read_all(files: &[(&str, String)]) -> Result<Policy, Problems> {
    let source = |(name, text): &(&str, String)| Source { name: (*name).into(), text: text.clone().into() };
    Policy::read(&files.iter().map(source).collect::<Vec<_>>(), &groups())
}

/// The good rule with each `from` replaced by its `to`.
#[track_caller]
fn changed(changes: &[(&str, &str)]) -> String {
    changes.iter().fold(GOOD.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "{from}");
        text.replace(from, to)
    })
}

#[track_caller]
fn refused(changes: &[(&str, &str)]) -> String {
    let file = [("config/policy/burst.yaml", changed(changes))];
    read_all(&file).unwrap_err().to_string().replace("config/policy/burst.yaml", "burst.yaml")
}

#[test]
fn a_rule_is_read_as_it_is_meant() {
    let policy = read_all(&[("burst.yaml", GOOD.into())]).unwrap();
    let rule = &policy.rules[0];
    assert_eq!((rule.window_hours, rule.quiet_hours), (72, 48));
    assert_eq!(rule.subject, SubjectKind::Account);
    assert_eq!(rule.having.as_ref().unwrap().uses().measures[&Measure::PeakGpus], Some(32.0));
    let on = |day| rule.basis_on(Day::parse(day).unwrap()).map(|basis| basis.is);
    assert_eq!(on("2023-11-16"), None);
    assert_eq!(on("2023-12-31"), Some(BasisKind::RiskOnly));
    assert_eq!(on("2024-01-01"), Some(BasisKind::ProviderPolicy));
}

#[test]
fn cases_give_records_with_their_type_and_take_over_sections_of_others() {
    let policy = read_all(&[("burst.yaml", GOOD.into())]).unwrap();
    let [fires, silent] = policy.rules[0].cases.as_slice() else { panic!() };
    assert_eq!((fires.expect, silent.expect), (Expect::Fires, Expect::Silent));
    assert_eq!(
        serde_json::Value::Array(fires.records()),
        serde_json::json!([
            {"type": "account", "provider": "aws", "id": "a-1", "valid_from": "2024-01-01T00:00:00Z"},
            {"type": "usage", "provider": "aws", "account": "a-1", "id": "e-1", "kind": "capacity_started",
             "sku": "p5.48xlarge", "count": 4},
        ])
    );
    assert_eq!(silent.records().len(), 1);
    assert_eq!(silent.given.until, fires.given.until);
    assert_eq!(silent.given.geo.get("198.51.100.0/24").map(ToString::to_string).as_deref(), Some("SG"));
    assert_eq!(fires.given.lists[0].name, "burst.yaml:25:15");
    assert_eq!(fires.given.lists[0].text, "{\"entries\":[],\"list\":{\"id\":\"own\"}}");
}

#[test]
fn broken_files_are_told_with_their_place_and_value() {
    let table: &[(&[(&str, &str)], &str)] = &[
        (&[("window: 72h", "window: 0")], "rule gpu-burst (burst.yaml:14:9): window must be longer than 0 h, got 0"),
        (&[("window: 72h", "window: 0d")], "rule gpu-burst (burst.yaml:14:9): window must be longer than 0 h, got 0d"),
        (
            &[("window: 72h", "window: 1.5h")],
            "rule gpu-burst (burst.yaml:14:9): window must be whole hours or days such as 72h or 30d, got \"1.5h\"",
        ),
        (&[("window: 72h", "window: 401d")], "rule gpu-burst (burst.yaml:14:9): window must be at most 400d, got 401d"),
        (
            &[("window: 72h", "window: 9223372036854775807d")],
            "rule gpu-burst (burst.yaml:14:9): window must be at most 400d, got 9223372036854775807d",
        ),
        (
            &[("window: 72h", "window: -3h")],
            "rule gpu-burst (burst.yaml:14:9): window must be whole hours or days such as 72h or 30d, got \"-3h\"",
        ),
        (
            &[("window: 72h", "window: 72h\nquiet: soon")],
            "rule gpu-burst (burst.yaml:15:8): quiet must be whole hours or days such as 72h or 30d, got \"soon\"",
        ),
        (&[("id: gpu-burst\n", "")], "burst.yaml:1:1: a rule needs \"id\""),
        (
            &[("id: gpu-burst", "id: GPU burst")],
            "burst.yaml:1:5: id must be lower-case letters, digits and hyphens, got \"GPU burst\"",
        ),
        (
            &[("mode: live", "mode: on")],
            "rule gpu-burst (burst.yaml:3:7): mode must be one of live, shadow, got \"on\"",
        ),
        (
            &[("severity: medium", "severity: urgent")],
            "rule gpu-burst (burst.yaml:4:11): severity must be one of info, low, medium, high, critical, got \"urgent\"",
        ),
        (
            &[("family: usage", "family: place")],
            "rule gpu-burst (burst.yaml:4:11): severity of a rule of family place must be at most low, got medium",
        ),
        (
            &[("family: usage", "family: payment"), ("medium", "critical")],
            "rule gpu-burst (burst.yaml:4:11): severity of a rule of family payment must be at most low, got critical",
        ),
        (
            &[("control.controlled", "in_domain(account.email_domain, 'edu.cn')")],
            "rule gpu-burst (burst.yaml:4:11): severity must be at most low, got medium: it can hold on a domain, place, payment or tender signal alone",
        ),
        (
            &[("control.controlled", "hits.exists(h, h.effect == 'reported')")],
            "rule gpu-burst (burst.yaml:4:11): severity must be info, got medium: it can hold on a reported entry alone",
        ),
        (
            &[("from: 2024-01-01", "from: 2023-12-31")],
            "rule gpu-burst (burst.yaml:8:5): this basis overlaps the one from 2023-11-17",
        ),
        (
            &[("from: 2024-01-01", "from: 2024-02-30")],
            "rule gpu-burst (burst.yaml:8:13): from must be a day such as 2023-11-17, got \"2024-02-30\"",
        ),
        (
            &[("to: 2024-01-01", "to: 2023-11-17")],
            "rule gpu-burst (burst.yaml:7:29): to must be after 2023-11-17, got 2023-11-17",
        ),
        (
            &[("is: risk_only", "is: illegal")],
            "rule gpu-burst (burst.yaml:7:45): is must be one of risk_only, provider_policy, proposed_rule, catch_all, licence_required, list_block, got \"illegal\"",
        ),
        (
            &[("cites: [\"policy 7\"]", "cites: []")],
            "rule gpu-burst (burst.yaml:8:53): cites must name at least one source",
        ),
        (
            &[("[a planned training run]", "[]")],
            "rule gpu-burst (burst.yaml:9:11): innocent must name at least one explanation",
        ),
        (&[("innocent: [a planned training run]\n", "")], "rule gpu-burst (burst.yaml:1:1): a rule needs \"innocent\""),
        (
            &[("subject: account", "subject: shared.")],
            "rule gpu-burst (burst.yaml:10:10): subject must be one of account, customer, owner, reseller, payer, shared.<key>, got \"shared.\"",
        ),
        (
            &[("control.controlled", "control.controled")],
            "rule gpu-burst (burst.yaml:13:14): where: control has no field \"controled\"; it has class, status, controlled, cites",
        ),
        (
            &[("having: m.peak_gpus", "having: 'm.peak_gpu"), (">= 32", ">= 32'")],
            "rule gpu-burst (burst.yaml:15:12): having: m has no field \"peak_gpu\"; it has gpu_hours, billed_gpu_hours, launched_gpu_hours, unbilled_gpu_hours, unlaunched_gpu_hours, held_gpu_hours, unknown_hours, peak_gpus, starts, denied, starts_after_denial, reserved, calls, tokens, accounts, providers, regions, days, hours, chips, models, skus",
        ),
        (
            &[("{account.name}", "{account.nam}")],
            "rule gpu-burst (burst.yaml:16:11): explain: there is no name \"account.nam\"",
        ),
        (
            &[("like: thirty-two at once", "like: two")],
            "rule gpu-burst (burst.yaml:28:20): there is no earlier case \"two\"",
        ),
        (
            &[("expect: silent", "expect: quiet")],
            "rule gpu-burst (burst.yaml:29:13): expect must be fires or silent, got \"quiet\"",
        ),
        (
            &[("name: eight", "name: thirty-two at once")],
            "rule gpu-burst (burst.yaml:27:5): there are two cases \"thirty-two at once\"",
        ),
        (
            &[("geo: { 198.51.100.0/24: SG }", "geo: { here: SG }")],
            "rule gpu-burst (burst.yaml:23:14): not a network: \"here\"",
        ),
        (
            &[("kind: capacity_started", "type: usage")],
            "rule gpu-burst (burst.yaml:22:11): the type of a record here is usage, leave it out",
        ),
        (
            &[("until: 2024-03-02T00:00:00Z", "until: later")],
            "rule gpu-burst (burst.yaml:24:14): until: not a time between 1677-09-22 and 2262-04-11: \"later\"",
        ),
        (
            &[("window: 72h", "window: 72h\nthreshold: 3")],
            "rule gpu-burst (burst.yaml:15:1): a rule has no key \"threshold\"",
        ),
        (&[("window: 72h", "window: 72h\nwindow: 3h")], "burst.yaml:15:1: key \"window\" stands here twice"),
        (
            &[("having: m.peak_gpus >= 32", "having: alert('gone')")],
            "rule gpu-burst (burst.yaml:15:15): having: there is no rule \"gone\"",
        ),
        (
            &[("having: m.peak_gpus >= 32", "having: alert('gpu-burst')")],
            "rule gpu-burst (burst.yaml:15:15): having: rules ask about each other in a circle: gpu-burst → gpu-burst",
        ),
    ];
    for (changes, expected) in table {
        assert_eq!(refused(changes), *expected, "{changes:?}");
    }
}

#[test]
fn all_problems_of_all_files_are_told_at_once() {
    let one =
        changed(&[("mode: live", "mode: on"), ("window: 72h", "window: 0"), ("activity.gpu_hours > 0", "nope > 0")]);
    let two = changed(&[("id: gpu-burst", "id: other"), ("subject: account", "subject: me")]);
    let told = read_all(&[("b.yaml", two), ("a.yaml", one)]).unwrap_err().to_string();
    assert_eq!(
        told,
        "rule gpu-burst (a.yaml:3:7): mode must be one of live, shadow, got \"on\"\n\
         rule gpu-burst (a.yaml:12:3): where: there is no name \"nope\"\n\
         rule gpu-burst (a.yaml:14:9): window must be longer than 0 h, got 0\n\
         rule other (b.yaml:10:10): subject must be one of account, customer, owner, reseller, payer, shared.<key>, got \"me\""
    );
}

#[test]
fn an_id_is_used_once() {
    let told = read_all(&[("a.yaml", GOOD.into()), ("b.yaml", GOOD.into())]).unwrap_err().to_string();
    assert_eq!(told, "rule gpu-burst (b.yaml:1:1): there is another rule of this id");
}

#[test]
fn rules_asked_about_come_first_and_circles_and_other_subjects_are_refused() {
    let rule = |id: &str, having: &str, subject: &str| {
        changed(&[
            ("id: gpu-burst", &format!("id: {id}")),
            ("having: m.peak_gpus >= 32", &format!("having: {having}")),
            ("subject: account", &format!("subject: {subject}")),
        ])
    };
    let a = ("a.yaml", rule("a", "alert('c')", "account"));
    let b = ("b.yaml", rule("b", "m.starts > 0", "account"));
    let c = ("c.yaml", rule("c", "alert('d') && m.starts > 0", "account"));
    let d = ("d.yaml", rule("d", "m.starts > 0", "account"));
    let policy = read_all(&[a.clone(), b, c.clone(), d]).unwrap();
    assert_eq!(policy.rules.iter().map(|rule| rule.id.as_str()).collect::<Vec<_>>(), ["b", "d", "c", "a"]);

    let d = ("d.yaml", rule("d", "alert('c')", "account"));
    let told = read_all(&[a.clone(), c.clone(), d]).unwrap_err().to_string();
    assert_eq!(told, "rule d (d.yaml:15:15): having: rules ask about each other in a circle: c → d → c");

    let d = ("d.yaml", rule("d", "m.starts > 0", "owner"));
    let told = read_all(&[a, c, d]).unwrap_err().to_string();
    assert_eq!(told, "rule c (c.yaml:15:15): having: rule d is about owner, this one about account");
}

#[test]
fn a_rule_that_asks_about_a_weak_one_is_as_weak() {
    let weak = changed(&[
        ("id: gpu-burst", "id: weak"),
        ("severity: medium", "severity: low"),
        ("control.controlled", "account.country == 'SG'"),
    ]);
    let strong = changed(&[("having: m.peak_gpus >= 32", "having: alert('weak')")]);
    let told = read_all(&[("weak.yaml", weak), ("strong.yaml", strong)]).unwrap_err().to_string();
    assert_eq!(
        told,
        "rule gpu-burst (strong.yaml:4:11): severity must be at most low, got medium: it can hold on a domain, place, payment or tender signal alone"
    );
}

#[test]
fn every_shipped_rule_loads_and_carries_firing_and_silent_cases() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/config/policy");
    let mut sources: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| Source {
            name: format!("config/policy/{}", path.file_name().unwrap().to_str().unwrap()).into(),
            text: std::fs::read_to_string(&path).unwrap().into(),
        })
        .collect();
    sources.sort_by(|a, b| a.name.cmp(&b.name));
    let policy = Policy::read(&sources, &groups()).unwrap_or_else(|problems| panic!("{problems}"));
    assert_eq!(policy.rules.len(), sources.len());
    for rule in &policy.rules {
        assert_eq!(rule.file, format!("config/policy/{}.yaml", rule.id));
        for expect in [Expect::Fires, Expect::Silent] {
            let count = rule.cases.iter().filter(|case| case.expect == expect).count();
            assert!(count >= 2, "{} has {count} cases that expect {expect:?}", rule.id);
        }
        for case in &rule.cases {
            assert!(case.given.until.is_some(), "{}: {:?} has no until", rule.id, case.name);
        }
    }
}
