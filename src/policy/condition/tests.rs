use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::policy::fake::Fake;
use crate::written::{Source, parse};

pub(in crate::policy) fn groups() -> BTreeSet<Text> {
    ["D:5", "MACAU_OR_D5"].into_iter().map(Text::new).collect()
}

fn read(part: Part, text: &str) -> Result<Condition, String> {
    let file = format!("a: {}\n", serde_json::to_string(text).unwrap());
    let mut problems = Problems::of("r.yaml");
    let node = parse(&Source { name: "r.yaml".into(), text: file.clone().into() }, &mut problems).unwrap();
    let mut fields = node.fields("it", &mut problems).unwrap();
    let node = fields.required("a", &mut problems).unwrap();
    let condition = Condition::read(&file, node, part, &groups(), &mut problems);
    condition.ok_or_else(|| problems.to_string())
}

/// A `where` that loads.
#[track_caller]
pub(in crate::policy) fn condition(text: &str) -> Condition {
    read(Part::Where, text).unwrap()
}

#[track_caller]
fn holds(text: &str, scope: Value) -> bool {
    read(Part::Where, text).unwrap().holds(&Fake(scope))
}

/// The problem without the file's name; columns count from the opening quote at 4.
#[track_caller]
fn refused(part: Part, text: &str) -> String {
    read(part, text).unwrap_err().replace("r.yaml:", "")
}

#[test]
fn names_operators_and_functions_mean_what_they_say() {
    let scope = json!({
        "owner.hq": "CN", "owner.name": "Lion Parent", "account.email_domain": "lab.EDU.cn", "chip.tpp": 15824,
        "activity.gpu_hours": 8, "activity.kind": "run", "control.controlled": true, "account.age_days": 3,
        "known": ["owner"], "control.cites": ["15 CFR 744.23", "88 FR 73458"],
        "chain": [{"role": "provider", "party": "aws", "resolved": true}, {"role": "reseller", "party": "m", "hq": "SG"},
                  {"role": "customer", "party": "l", "hq": "CN"}],
        "hits": [{"party": "l", "verdict": "listed", "score": 0.98}, {"party": "p", "verdict": "affiliate", "score": 1}],
    });
    for text in [
        "true && !false",
        "owner.hq in group(\"MACAU_OR_D5\") && !(account.country in group(\"D:5\"))",
        "owner.hq == 'CN' && owner.hq != \"SG\" && owner.hq in ['SG', 'CN']",
        "activity.kind in [\"run\", \"held\"] && control.controlled == true",
        "in_domain(account.email_domain, 'edu.cn') && !in_domain(owner.name, ['a.example', 'edu.cn'])",
        "within(chip.tpp, 4800, 20000.5) && activity.gpu_hours * 2 + 1 - 3 == 14 && activity.gpu_hours / 4 >= 2",
        "activity.gpu_hours in [4, 8] && -activity.gpu_hours < -7 && 1u <= activity.gpu_hours",
        "known(owner) && !known(customer) && known(owner.name) && !known(account.country)",
        "owner.name.startsWith('Lion') && owner.name.endsWith('t') && owner.name.contains('n P')",
        "size(hits) == 2 && hits.size() < 3 && size(sightings) == 0",
        "hits.exists(h, h.verdict == 'listed' && h.score >= 0.9) && !hits.all(h, h.verdict == 'listed')",
        "chain.exists_one(hop, hop.role == 'reseller') && sightings.all(s, s.country == 'SG')",
        "hits.filter(h, h.verdict == 'affiliate').exists(g, g.party == 'p')",
        "size(chain.filter(c, c.hq != '').filter(d, d.hq in group('D:5'))) == 1",
        "hits.exists(h, chain.exists(c, c.party == h.party && c.role == 'customer'))",
        "chain.exists(c, c.resolved) && control.cites.exists(c, c.contains('744.23')) && '88 FR 73458' in control.cites",
        "(known(owner) ? owner.hq : account.country) == 'CN' && (activity.gpu_hours > 9 ? 1 : 2) == 2",
        "account.age_days >= 0 && account.age_days <= 14 // not unknown\n",
    ] {
        assert!(holds(text, scope.clone()), "{text}");
    }
}

#[test]
fn what_is_unknown_is_in_no_group_and_equals_no_word() {
    assert!(!holds("owner.hq in group('D:5')", json!({})));
    assert!(!holds("owner.hq == 'CN' || in_domain(account.email_domain, 'edu.cn')", json!({})));
    assert!(holds("owner.hq != 'CN' && !known(owner)", json!({})));
}

#[test]
fn lists_are_read_up_to_their_bound() {
    let many: Vec<_> = (0..100).map(|n| json!({"party": n.to_string()})).collect();
    assert!(holds("size(hits) == 64 && !hits.exists(h, h.party == '64')", json!({"hits": many})));
}

#[test]
fn having_reads_measures_and_other_rules() {
    let having =
        read(Part::Having, "m.gpu_hours >= 1.5 && 8 <= m.peak_gpus && m.gpu_hours < 9 && !alert('other')").unwrap();
    assert!(having.holds(&Fake(json!({"m.gpu_hours": 2, "m.peak_gpus": 8}))));
    assert!(!having.holds(&Fake(json!({"m.gpu_hours": 2, "m.peak_gpus": 8, "alerts": ["other"]}))));
    let uses = having.uses();
    let measures: Vec<_> = uses.measures.iter().map(|(m, t)| (m.name(), *t)).collect();
    assert_eq!(measures, [("m.gpu_hours", Some(1.5)), ("m.peak_gpus", Some(8.0))]);
    assert_eq!(uses.alerts.keys().map(RuleId::as_str).collect::<Vec<_>>(), ["other"]);
    let sum = read(Part::Having, "m.starts + m.denied > 3 && within(m.calls, 2, 5) && 'H20' in m.chips").unwrap();
    assert_eq!(sum.uses().measures.values().copied().collect::<Vec<_>>(), [None, None, Some(2.0)]);
    assert!(sum.uses().lists.contains(&List::Chips));
}

#[test]
fn uses_tell_what_a_condition_reads() {
    let uses =
        read(Part::Where, "owner.hq in group('D:5') && hits.exists(h, h.score > 0.5) && known(authorisation)").unwrap();
    let uses = uses.uses();
    assert_eq!(uses.lists, [List::Hits].into());
    assert_eq!(uses.roots, [Root::Owner, Root::Authorisation].into());
    assert_eq!(uses.texts, [TextField::OwnerHq].into());
    assert_eq!(uses.groups, [Text::new("D:5")].into());
}

#[test]
fn every_fault_has_its_column_and_its_words() {
    let table: &[(&str, &str)] = &[
        ("ownr.hq == 'CN'", "1:5: where: there is no name \"ownr\""),
        ("chip.modle == ''", "1:10: where: chip has no field \"modle\"; it has model, count, tpp"),
        ("owner.hq > 3", "1:5: where: needs a number, got text"),
        ("owner.hq == 3", "1:14: where: cannot compare text with a number"),
        ("owner.hq == 'China'", "1:17: where: owner.hq: a country is two capital letters, got \"China\""),
        (
            "activity.kind == 'runs'",
            "1:22: where: activity.kind: must be one of run, held, started, denied, reserved, model, got \"runs\"",
        ),
        (
            "activity.reason in ['policy', 'no']",
            "1:35: where: activity.reason: must be one of policy, quota, capacity, unauthorised, refused_sale, unknown, got \"no\"",
        ),
        ("activity.gpu_hours", "1:5: where: needs true or false, got a number"),
        ("owner", "1:5: where: needs true or false, got a record"),
        (
            "true && activity.gpu_hours && owner.hq",
            "1:13: where: needs true or false, got a number\n1:35: where: needs true or false, got text",
        ),
        ("owner.hq in group('E:9')", "1:23: where: there is no group \"E:9\"; there are D:5, MACAU_OR_D5"),
        ("activity.sku in group('D:5')", "1:5: where: a group holds countries, this is none"),
        ("owner.hq in group(owner.name)", "1:23: where: the name of a group must be written out"),
        ("group('D:5')", "1:5: where: needs true or false, got a group"),
        ("activity.count / 0 > 1", "1:22: where: divide by a number written out, other than 0"),
        ("activity.count / chip.tpp > 1", "1:22: where: divide by a number written out, other than 0"),
        ("activity.count % 2 == 1", "1:20: where: % is not known here"),
        ("hits[0].party == 'a'", "1:12: where: only names have fields"),
        (
            "hits.verdict == 'listed'",
            "1:5: where: hits is a list; exists, all, exists_one, filter and size() look into it",
        ),
        (
            "hits.exists(h, h.nope)",
            "1:22: where: an element of hits has no field \"nope\"; it has party, role, list, entry, effect, verdict, why, score, held",
        ),
        ("hits.exists(owner, true)", "1:16: where: \"owner\" is a name already"),
        ("hits.map(h, h.score) == 1", "1:13: where: of the macros, exists, all, exists_one and filter are known here"),
        ("owner.name.exists(c, true)", "1:5: where: needs a list of the record, got text"),
        ("hits.exists(a, hits.exists(b, hits.exists(c, true)))", "1:35: where: lists are walked at most 2 deep"),
        ("has(owner.hq)", "1:8: where: has() is not known here: every name is there, known() asks for its value"),
        ("owner.hq == null", "1:17: where: null is not known here: known() asks whether something is known"),
        ("known(activity)", "1:11: where: activity is always known"),
        ("known(chip.tpp)", "1:11: where: needs a record or text, got a number"),
        ("m.gpu_hours > 1", "1:5: where: m.gpu_hours measures the window: where reads single hours, use it in having"),
        ("true && alert('a')", "1:13: where: alert() asks about the subject: use it in having"),
        (
            "in_domain(account.email_domain, '.EDU.cn')",
            "1:37: where: a domain is lower case without dots at its ends, got \".EDU.cn\"",
        ),
        ("within(chip.tpp, 5, 1)", "1:22: where: within() goes from low to high, got 5 and 1"),
        ("within(chip.tpp, 5)", "1:5: where: within is written `within(number, low, high)`"),
        ("owner.hq.matches('x')", "1:14: where: there is no function \"matches\""),
        ("owner.hq in []", "1:17: where: the list is empty"),
        ("owner.hq in ['CN', 3]", "1:17: where: the list holds both text and numbers"),
        ("true ? 1 : 'a'", "1:10: where: both sides must be of one simple type, got a number and text"),
        ("{'a': 1}.a == 1", "1:13: where: only names have fields"),
        ("owner.hq ==", "1:16: where: the expression ends too early"),
        ("", "1:5: where: the expression ends too early"),
        ("owner.hq = 'CN'", "1:14: where: a single = is nothing here: equality is written =="),
        ("owner.hq == 'CN", "1:17: where: a quote is missing"),
        ("owner.hq == 'CN' # note", "1:22: where: cannot read \"#\""),
        ("owner.hq == 'CN')", "1:21: where: ')' does not belong here"),
        ("9007199254740993 == 1", "1:5: where: this number is too large"),
    ];
    for (text, expected) in table {
        assert_eq!(refused(Part::Where, text), *expected, "{text}");
    }
    assert_eq!(
        refused(Part::Having, "owner.hq == 'CN'"),
        "1:5: having: owner.hq is read in where: having reads measures (m) and alert() only"
    );
}

#[test]
fn what_would_take_too_many_steps_is_refused() {
    let inner: Vec<_> = (0..20).map(|n| format!("c.party == '{n}' || c.name == '{n}'")).collect();
    let text = format!("hits.exists(h, chain.exists(c, {}))", inner.join("||"));
    assert!(refused(Part::Where, &text).starts_with("1:5: where: takes up to "), "{}", refused(Part::Where, &text));
    assert!(refused(Part::Where, &"!".repeat(5_000)).contains("at most 4000 characters, got 5000"));
    assert!(refused(Part::Where, &format!("1{} > 0", "+1".repeat(1_000))).contains("nested deeper than 64"));
    assert!(refused(Part::Where, &format!("{}true{}", "(".repeat(500), ")".repeat(500))).contains("nested too deeply"));
}

proptest! {
    #[test]
    fn any_text_is_a_condition_or_a_problem_and_never_a_panic(text in "[a-z.()&|!?:<>=+*/\\[\\]{}'\" 0-9-]{0,60}") {
        let _ = read(Part::Where, &text);
    }

    #[test]
    fn any_words_of_the_language_are_a_condition_or_a_problem(words in prop::collection::vec(prop::sample::select(vec![
        "owner.hq", "hits", "h", "h.verdict", "activity.count", "m.calls", "chip", "(", ")", ",", "&&", "||", "==", "<", "in", "!", "?", ":",
        "'CN'", "1", "[", "]", ".exists(h,", ".filter(h,", "size(", "group(", "known(", "'D:5'", "true", "-", "/",
    ]), 0..14)) {
        if let Ok(condition) = read(Part::Where, &words.join(" ")) {
            condition.holds(&Fake::default());
        }
    }
}

#[test]
fn what_is_ruled_out_early_is_ruled_out_and_what_is_not_known_rules_nothing_out() {
    let scope = Fake(json!({
        "activity.kind": "model", "owner.hq": "CN", "known": ["owner"],
        "hits": [{"verdict": "listed", "score": 1}],
    }));
    let may = |text: &str, known: &[Stage]| condition(text).may_hold(&scope, known);
    let by_kind = "activity.kind == 'run' && owner.hq == 'CN'";
    assert!(!may(by_kind, &[Stage::Key]) && may(by_kind, &[Stage::Standing]));
    let by_owner = "activity.gpu_hours > 0 && owner.hq == 'SG'";
    assert!(may(by_owner, &[Stage::Key]) && !may(by_owner, &[Stage::Standing]));
    for text in [
        "activity.gpu_hours > 0",
        "!(activity.gpu_hours > 0)",
        "activity.kind == 'run' || activity.gpu_hours > 0",
        "(activity.gpu_hours > 0 ? activity.kind : owner.hq) == 'none'",
        "size(sightings) >= 3",
        "!sightings.exists(s, s.country == 'CN')",
        "hits.exists_one(h, h.verdict == activity.market)",
        "hits.exists(h, h.verdict == activity.market)",
        "hits.all(h, h.verdict == activity.market)",
        "size(hits.filter(h, h.verdict == activity.market)) == 1",
        "known(authorisation)",
    ] {
        assert!(may(text, &[Stage::Key]) && may(text, &[Stage::Standing]), "{text}");
    }
    let of_hits = "hits.exists(h, h.verdict == 'domain' && activity.gpu_hours > 0)";
    assert!(may(of_hits, &[Stage::Key]) && !may(of_hits, &[Stage::Standing]));
    assert!(!may("hits.all(h, h.score < 1)", &[Stage::Standing]));
    assert!(!may("size(hits.filter(h, h.score < 1)) == 1", &[Stage::Standing]));
}

proptest! {
    #[test]
    fn a_condition_that_holds_may_hold_whatever_is_known_of_it(words in prop::collection::vec(prop::sample::select(vec![
        "owner.hq == 'CN'", "activity.gpu_hours > 0", "activity.kind == 'run'", "known(owner)", "known(authorisation)",
        "hits.exists(h, h.verdict == 'listed')", "size(sightings) > 0", "control.controlled", "&&", "||", "!", "(", ")", "==",
    ]), 1..12), owner in any::<bool>(), ran in any::<bool>(), listed in any::<bool>()) {
        if let Ok(condition) = read(Part::Where, &words.join(" ")) {
            let scope = Fake(json!({
                "owner.hq": if owner { "CN" } else { "SG" }, "activity.gpu_hours": i32::from(ran),
                "activity.kind": if ran { "run" } else { "model" }, "control.controlled": ran,
                "known": if owner { vec!["owner"] } else { vec!["authorisation"] },
                "hits": if listed { vec![json!({"verdict": "listed"})] } else { Vec::new() },
            }));
            for stage in Stage::ALL {
                prop_assert!(!condition.holds(&scope) || condition.may_hold(&scope, &[*stage]));
            }
        }
    }
}
