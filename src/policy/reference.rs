//! The page docs/rules.md, made from the tables that conditions are checked against.
//!
//! In: nothing. Out: Markdown naming every file key, name, type and function.

use super::check::call::FUNCTIONS;
use super::condition::STEPS_MAX;
use super::scope::{
    ElementFlag, ElementNumber, ElementText, FlagField, LIST_MAX, List, Measure, NumberField, Root, TextField, Words,
};

/// What a rule file holds.
const KEYS: &[(&str, &str)] = &[
    ("id", "Lower-case letters, digits and hyphens; the alert's id is made from it."),
    ("title", "In words."),
    ("mode", "`live`, or `shadow`: marked and not sent."),
    (
        "severity",
        "`info`, `low`, `medium`, `high` or `critical`. At most `low` for families `place` and `payment` and wherever the rule can hold on a domain, place, payment or tender alone; `info` where it can hold on a reported entry alone.",
    ),
    ("family", "`identity`, `chain`, `place`, `payment` or `usage`."),
    (
        "basis",
        "A list of `{from, to, is, cites}`: what the rule rests on from a day up to, not including, another (left out: open). `is`: `risk_only`, `provider_policy`, `proposed_rule`, `catch_all`, `licence_required` or `list_block`. Outside these days the rule is silent.",
    ),
    ("innocent", "Known innocent explanations, at least one; every alert carries them."),
    ("subject", "`account`, `customer`, `owner`, `reseller`, `payer` or `shared.<key>`: whom an alert is about."),
    ("where", "Which activities count: a condition over a single hour of an account."),
    ("window", "`30d`, `72h`: whole hours or days, 1 h to 400 d. It ends in the hour asked about."),
    ("quiet", "Optional, 48h: hours where the rule holds, up to this far apart, are one episode."),
    ("having", "Optional: a condition over measures of the subject in the window. Left out, one activity is enough."),
    ("explain", "A sentence with `{placeholders}`: any name below that is no record. A brace is written twice."),
    (
        "cases",
        "Optional: a list of `{name, given, expect}`. `expect`: `fires` or `silent`. `given` holds native records without their type (`accounts`, `parties`, `edges`, `authorisations`, `tenders`; `facts` are usage records), `lists` of one's own, `geo` (country by network), `until`, and `like`: the name of an earlier case whose sections it takes over unless it has its own.",
    ),
];

/// Every name, type and function a rule may use, as Markdown.
pub fn reference() -> String {
    let mut page = String::from(INTRO);
    page += "\n## A rule file\n\nOne rule a file. Unknown keys are refused.\n\n| key | meaning |\n|---|---|\n";
    for (key, means) in KEYS {
        page += &format!("| `{key}` | {means} |\n");
    }
    page += "\n## Records\n\n";
    page += "`where` reads these. `known(owner)` asks whether a record is known; fields of an unknown record are unknown.\n";
    for root in Root::ALL {
        page += &section(root.name(), root.means(), &fields(root.name()));
    }
    page += &format!("\n## Lists\n\n`where` reads these. A list has at most {LIST_MAX} elements.\n");
    for list in List::ALL.iter().filter(|list| list.item().is_none()) {
        page += &section(list.name(), list.means(), &fields(list.name()));
    }
    page += "\n## Measures\n\n`having` reads these, and `alert()`. `explain` reads everything.\n\n| name | type | meaning |\n|---|---|---|\n";
    page += &fields("m");
    page += "\n## Operators and functions\n\n";
    page += OPERATORS;
    page += "\n\n| written | meaning |\n|---|---|\n";
    for (_, usage, means) in FUNCTIONS {
        page += &format!("| {usage} | {means} |\n");
    }
    page += &format!(
        "\nMacros walk lists at most two deep. An expression that could take more than {STEPS_MAX} steps is refused.\n"
    );
    page
}

const INTRO: &str = "# Rules

Made from the code (`policy::reference`); a test holds this page to it.

A rule looks at legal criteria (headquarters, ownership, lists, chips, dates) and at conduct. No name here tells a natural
person's nationality, citizenship, birthplace, language, script, locale or working hours.
";

const OPERATORS: &str = "`&&` `||` `!` `? :` `==` `!=` `<` `<=` `>` `>=` `in` `+` `-` `*`, and `/` by a number written out. Every number is a \
double. Text is compared with `==`, `!=` and `in`; fields with a closed list of words refuse others when the rule is \
loaded. Unknown text is `\"\"`: it equals no word and is in no group.";

fn section(name: &str, means: &str, fields: &str) -> String {
    format!("\n### `{name}`\n\n{means}\n\n| name | type | meaning |\n|---|---|---|\n{fields}")
}

/// A line for each field of a record, list or `m`.
fn fields(root: &str) -> String {
    let of = |name: &str| name.split_once('.').is_some_and(|(record, _)| record == root);
    let mut lines = String::new();
    let mut line = |name: &str, kind: String, means: &str| {
        if of(name) {
            lines += &format!("| `{name}` | {kind} | {means} |\n");
        }
    };
    for field in TextField::ALL {
        line(field.name(), words(field.words()), field.means());
    }
    for field in ElementText::ALL.iter().filter(|field| List::parse(field.name()).is_none()) {
        line(field.name(), words(field.words()), field.means());
    }
    for (name, means) in NumberField::ALL.iter().map(|f| (f.name(), f.means())) {
        line(name, "number".into(), means);
    }
    for (name, means) in ElementNumber::ALL.iter().map(|f| (f.name(), f.means())) {
        line(name, "number".into(), means);
    }
    for (name, means) in Measure::ALL.iter().map(|f| (f.name(), f.means())) {
        line(name, "number".into(), means);
    }
    for (name, means) in FlagField::ALL.iter().map(|f| (f.name(), f.means())) {
        line(name, "true or false".into(), means);
    }
    for (name, means) in ElementFlag::ALL.iter().map(|f| (f.name(), f.means())) {
        line(name, "true or false".into(), means);
    }
    for list in List::ALL.iter().filter(|list| list.item().is_some()) {
        line(list.name(), "list of text".into(), list.means());
    }
    lines
}

fn words(words: Words) -> String {
    match words {
        Words::Open => "text".into(),
        Words::Country => "country".into(),
        Words::Closed(words) => format!("`{}`", words.join("` `")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_in_docs_is_the_one_made_here() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/rules.md");
        let page = reference();
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(path, &page).unwrap();
        }
        let kept = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            kept == page,
            "docs/rules.md is not what policy::reference makes; run this test with UPDATE=1 and review the difference"
        );
    }

    #[test]
    fn every_name_is_on_the_page() {
        let page = reference();
        let names = TextField::ALL.iter().map(|f| f.name()).chain(NumberField::ALL.iter().map(|f| f.name()));
        let names =
            names.chain(FlagField::ALL.iter().map(|f| f.name())).chain(ElementText::ALL.iter().map(|f| f.name()));
        let names =
            names.chain(ElementNumber::ALL.iter().map(|f| f.name())).chain(ElementFlag::ALL.iter().map(|f| f.name()));
        for name in names.chain(Measure::ALL.iter().map(|f| f.name())).chain(List::ALL.iter().map(|f| f.name())) {
            assert!(page.contains(&format!("`{name}`")), "{name}");
        }
    }
}
