//! Names against names and lists, as the command says it, measured on labelled pairs.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;

use crate::binary::{folder, root, run, run_in, shared_data};

const LIST: &str = "\
list: {id: own, title: Own, source: s, effect: licence, as_of: 2024-01-01}
entries:
  - {id: uni, names: [Example University of Technology, 示例理工大学], domains: [eut.example], from: 2024-01-01}
  - {id: chips, names: ['Qingyun Chips (Shanghai) Co., Ltd.'], from: 2024-01-01}
  - {id: jo, names: [Josephine Example], kind: person, from: 2024-01-01}
";

fn screened(arguments: &[&str]) -> String {
    let dir = folder(&[("own.yaml", LIST)]);
    let base = ["screen", "--lists", "own.yaml", "--on", "2024-06-01"];
    run_in(dir.path(), &[&base, arguments].concat()).fine().out
}

#[test]
fn a_name_is_told_what_it_names_and_why() {
    let said = screened(&["Shanghai Qingyun Chips", "eut.example", "Nobody Else"]);
    assert_eq!(
        said,
        "Shanghai Qingyun Chips
  listed 0.95 own/chips \"Qingyun Chips (Shanghai) Co., Ltd.\" (effect licence): like name \"Qingyun Chips (Shanghai) Co., Ltd.\": shanghai, qingyun, chips
eut.example
  domain 0.90 own/uni \"Example University of Technology\" (effect licence): domain eut.example
Nobody Else
  none
"
    );
}

#[test]
fn persons_are_asked_about_as_persons() {
    assert!(screened(&["Josephine Example"]).ends_with("  none\n"));
    assert!(screened(&["--person", "Example, Josephine"]).contains("  listed 0."));
    assert!(screened(&["--person", "Example Qingyun"]).ends_with("  none\n"));
}

#[test]
fn names_in_bulk_are_answered_in_csv() {
    let dir = folder(&[("own.yaml", LIST), ("names.txt", "示例理工大学\nnobody, \"else\"\n")]);
    let said =
        run_in(dir.path(), &["screen", "--lists", "own.yaml", "--on", "2024-06-01", "--names", "names.txt"]).fine();
    let lines: Vec<_> = said.out.lines().collect();
    assert_eq!(lines[0], "name,verdict,score,list,entry,entry_name,effect,why");
    assert!(
        lines[1].starts_with("示例理工大学,listed,1.000,own,uni,Example University of Technology,licence,"),
        "{}",
        lines[1]
    );
    assert_eq!(lines[2], "\"nobody, \"\"else\"\"\",none,0.000,,,,,");
}

#[test]
fn pairs_are_answered_row_by_row_and_need_no_list() {
    let pairs = "id,left,right\n1,Acme Co. Ltd,ACME LLC\n2,Acme,\n3,Example 14th Institute,Example 38th Institute\n";
    let dir = folder(&[("pairs.csv", pairs), ("bad.csv", "a,b\n1,2\n")]);
    let said = run_in(dir.path(), &["screen", "--pairs", "pairs.csv"]).fine().out;
    let rows: Vec<Vec<&str>> = said.lines().map(|line| line.split(',').take(4).collect()).collect();
    assert_eq!(rows[0], ["left", "right", "score", "verdict"]);
    assert_eq!((rows[1][0], rows[1][3]), ("Acme Co. Ltd", "match"));
    assert_eq!(rows[2], ["Acme", "", "0.0000", "none"]);
    assert_eq!(rows[3][3], "none", "another number is another institute");
    let bad = run_in(dir.path(), &["screen", "--pairs", "bad.csv"]);
    assert_eq!((bad.code, bad.err.contains("must have columns left and right")), (2, true), "{}", bad.err);
    assert_eq!(run_in(dir.path(), &["screen", "--pairs", "none.csv"]).code, 3);
    assert_eq!(run(&["screen"]).code, 2);
}

/// A labelled pair and what was said of it.
struct Pair {
    kind: String,
    expected: bool,
    chinese: bool,
    score: f64,
    verdict: String,
}

fn labelled() -> Option<Vec<Pair>> {
    let file = shared_data("screening of labelled pairs")?.join("screening/pairs_dev.csv");
    let said = run(&["screen", "--pairs", file.to_str().unwrap()]).fine().out;
    let mut labels = csv::Reader::from_path(&file).unwrap();
    let mut answers = csv::Reader::from_reader(said.as_bytes());
    let rows = labels.records().zip(answers.records()).map(|(label, answer)| {
        let (label, answer) = (label.unwrap(), answer.unwrap());
        assert_eq!((&label[0], &label[1]), (&answer[0], &answer[1]), "in the order of the input");
        let han = label[0].chars().chain(label[1].chars()).any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
        let kind = label[3].to_owned();
        let chinese = han || ["zh", "pinyin", "trad", "roman"].iter().any(|part| kind.contains(part));
        let score = answer[2].parse().unwrap();
        Pair { kind, expected: &label[2] == "1", chinese, score, verdict: answer[3].to_owned() }
    });
    Some(rows.collect())
}

struct Counted {
    right: usize,
    missed: usize,
    wrong: usize,
    silent: usize,
}

impl Counted {
    fn of<'a>(pairs: impl Iterator<Item = &'a Pair>, said: impl Fn(&Pair) -> bool) -> Self {
        let mut counted = Self { right: 0, missed: 0, wrong: 0, silent: 0 };
        for pair in pairs {
            *match (pair.expected, said(pair)) {
                (true, true) => &mut counted.right,
                (true, false) => &mut counted.missed,
                (false, true) => &mut counted.wrong,
                (false, false) => &mut counted.silent,
            } += 1;
        }
        counted
    }

    fn ratio(part: usize, rest: usize) -> Option<f64> {
        (part + rest > 0).then(|| part as f64 / (part + rest) as f64)
    }

    fn precision(&self) -> Option<f64> {
        Self::ratio(self.right, self.wrong)
    }

    fn recall(&self) -> Option<f64> {
        Self::ratio(self.right, self.missed)
    }

    fn false_positives(&self) -> Option<f64> {
        Self::ratio(self.wrong, self.silent)
    }

    fn f1(&self) -> f64 {
        2.0 * self.right as f64 / (2 * self.right + self.missed + self.wrong) as f64
    }
}

fn is_match(pair: &Pair) -> bool {
    pair.verdict == "match"
}

fn is_seen(pair: &Pair) -> bool {
    pair.verdict != "none"
}

/// The share of pairs that belong together above the score that 5 % of the others reach.
fn recall_at_five_percent(pairs: &[Pair]) -> f64 {
    let mut others: Vec<f64> = pairs.iter().filter(|pair| !pair.expected).map(|pair| pair.score).collect();
    others.sort_by(|a, b| b.total_cmp(a));
    let least = others[others.len() / 20];
    let together: Vec<_> = pairs.iter().filter(|pair| pair.expected).collect();
    together.iter().filter(|pair| pair.score > least).count() as f64 / together.len() as f64
}

#[test]
fn labelled_pairs_are_told_apart() {
    let Some(pairs) = labelled() else { return };
    let recall = recall_at_five_percent(&pairs);
    assert!(recall >= 0.9, "{recall}");
    for said in [is_match as fn(&Pair) -> bool, is_seen] {
        let chinese = Counted::of(pairs.iter().filter(|pair| pair.chinese), said).f1();
        assert!(chinese >= 0.95, "{chinese}");
        let only = |pair: &&Pair| {
            ["neg_number_only", "neg_city_only", "neg_sibling_city_both_listed"].contains(&pair.kind.as_str())
        };
        let wrong = Counted::of(pairs.iter().filter(only), said).false_positives().unwrap();
        assert!(wrong < 0.05, "{wrong}");
    }
}

/// The table of docs/screening.md; `UPDATE=1` rewrites it.
#[test]
fn the_figures_written_down_are_those_measured() {
    let Some(pairs) = labelled() else { return };
    let path = root().join("docs/screening.md");
    let page = fs::read_to_string(&path).unwrap();
    let (begin, end) =
        ("<!-- figures: made by `UPDATE=1 cargo test --test it screening` -->\n", "<!-- end of figures -->");
    let (before, rest) = page.split_once(begin).unwrap();
    let (_, after) = rest.split_once(end).unwrap();
    let made = format!("{before}{begin}{}{end}{after}", table(&pairs));
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, &made).unwrap();
    } else {
        assert_eq!(page, made, "docs/screening.md differs from what is measured; UPDATE=1 rewrites it");
    }
}

fn table(pairs: &[Pair]) -> String {
    let mut text = String::from(
        "\n| kind | same | other | match: precision | recall | match or review: precision | recall | F1 |\n|---|---|---|---|---|---|---|---|\n",
    );
    let mut kinds: BTreeMap<&str, Vec<&Pair>> = BTreeMap::new();
    pairs.iter().for_each(|pair| kinds.entry(&pair.kind).or_default().push(pair));
    let chinese = pairs.iter().filter(|pair| pair.chinese).collect();
    for (kind, pairs) in
        kinds.into_iter().chain([("**in Han or pinyin**", chinese), ("**all**", pairs.iter().collect())])
    {
        let of = |said: fn(&Pair) -> bool| Counted::of(pairs.iter().copied(), said);
        let (matched, seen) = (of(is_match), of(is_seen));
        let shown = |share: Option<f64>| share.map_or("–".to_owned(), |share| format!("{share:.3}"));
        let together = pairs.iter().filter(|pair| pair.expected).count();
        writeln!(
            text,
            "| {kind} | {together} | {} | {} | {} | {} | {} | {} |",
            pairs.len() - together,
            shown(matched.precision()),
            shown(matched.recall()),
            shown(seen.precision()),
            shown(seen.recall()),
            if together > 0 { format!("{:.3}", seen.f1()) } else { format!("{} wrong", seen.wrong) },
        )
        .unwrap();
    }
    let of = |said: fn(&Pair) -> bool| Counted::of(pairs.iter(), said);
    writeln!(
        text,
        "\nRecall at a false-positive rate of 5 %: **{:.3}**. False-positive rate of `match` {:.3}, of `match` and `review` together {:.3}.\n",
        recall_at_five_percent(pairs),
        of(is_match).false_positives().unwrap(),
        of(is_seen).false_positives().unwrap(),
    )
    .unwrap();
    text
}
