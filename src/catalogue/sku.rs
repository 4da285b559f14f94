//! What providers sell: SKU → chip × count.
//!
//! In: `skus.csv`. Out: the chip's index and count, found by a folded name, so that the forms a provider writes are one.
//! It refuses to say anything of a SKU that is not in the table; that is `looks`.

use std::collections::BTreeMap;

use super::chip::Chips;
use crate::model::{ChipCount, Micros, Text};
use crate::written::{Columns, Problems, Row, Source, table};

/// A row found: which chip, and how many where the name says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sold {
    pub(super) chip: usize,
    pub(super) count: Option<ChipCount>,
    /// Its line in the table.
    pub(super) line: u32,
}

/// A row whose name has gaps.
#[derive(Clone, Debug)]
struct Pattern {
    parts: Vec<Part>,
    /// What the number is divided by for the count.
    divisor: Option<i64>,
    sold: Sold,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(Text),
    Anything,
    Number,
}

/// All SKUs of one provider.
#[derive(Clone, Debug, Default)]
struct Shelf {
    exact: BTreeMap<Text, Sold>,
    patterns: Vec<Pattern>,
    /// As written, for `classify` and problems: name and source by line.
    rows: BTreeMap<u32, (Text, Text)>,
}

/// All SKUs, by provider.
#[derive(Clone, Debug, Default)]
pub(super) struct Skus {
    shelves: BTreeMap<Text, Shelf>,
}

const COLUMNS: Columns<'_> = Columns { required: &["provider", "sku", "chip", "count", "source"], optional: &[] };

/// The cloud a row serves: SageMaker's rows are those of AWS.
fn provider_of(written: &str) -> Text {
    match written.trim().to_ascii_lowercase().as_str() {
        "aws-sagemaker" => "aws".into(),
        other => other.into(),
    }
}

/// One writing for the forms in which a name comes: lower case, spaces as `_`, what stands before the last `:` and the
/// marks of service, market and promotion left out.
pub(super) fn fold(provider: &str, name: &str) -> String {
    let mut text = name.split_whitespace().collect::<Vec<_>>().join("_").to_ascii_lowercase();
    if let Some((_, after)) = text.rsplit_once(':') {
        text = after.trim_start_matches('_').to_owned();
    }
    let (prefixes, suffixes): (&[&str], &[&str]) = match provider {
        "aws" => (&["kernelgateway-", "ml.", "db.", "cache.", "kafka."], &["-cluster", ".search", ".elasticsearch"]),
        "azure" => {
            if let Some((before, _)) = text.split_once('/') {
                text = before.trim_end_matches('_').to_owned();
            }
            (&["standard_", "basic_"], &["_spot", "_low_priority", "_promo"])
        }
        "gcp" => (&["tpu_acceleratortype_"], &[]),
        _ => (&[], &[]),
    };
    let mut text = text.as_str();
    for prefix in prefixes {
        text = text.strip_prefix(prefix).unwrap_or(text);
    }
    for suffix in suffixes {
        text = text.strip_suffix(suffix).unwrap_or(text);
    }
    // AWS bills cut `xlarge` short in some usage types.
    match provider {
        "aws" if text.ends_with("xl") => format!("{text}arge"),
        _ => text.to_owned(),
    }
}

impl Skus {
    pub(super) fn read(source: &Source, chips: &Chips, problems: &mut Problems) -> Self {
        let mut skus = Self::default();
        // Raw names, for rows that stand twice; folded twins are checked where they go.
        let mut seen: BTreeMap<(Text, Text), u32> = BTreeMap::new();
        table(source, COLUMNS, problems, |row, problems| {
            let (provider, name) = (row.cell("provider"), row.cell("sku"));
            if provider.is_empty() || name.is_empty() {
                problems.add(row.place("provider"), "a row needs a provider and a SKU");
                return;
            }
            let line = row.place("sku").line;
            let key = (provider.to_ascii_lowercase().into(), name.to_ascii_lowercase().into());
            if let Some(earlier) = seen.insert(key, line) {
                problems.add(row.place("sku"), format!("{provider} {name} stands here twice, first on line {earlier}"));
                return;
            }
            let Some(chip) = chips.index_of(row.cell("chip")) else {
                let what = format!("{provider} {name} names chip {:?}, which is not in the table", row.cell("chip"));
                problems.add(row.place("chip"), what);
                return;
            };
            let Some(count) = Count::read(&row, problems) else { return };
            skus.put(row, Sold { chip, count: count.fixed(), line }, count, problems);
        });
        skus
    }

    fn put(&mut self, row: Row<'_>, sold: Sold, count: Count, problems: &mut Problems) {
        let provider = provider_of(row.cell("provider"));
        let name = fold(&provider, row.cell("sku"));
        let shelf = self.shelves.entry(provider).or_default();
        shelf.rows.insert(sold.line, (row.cell("sku").into(), row.cell("source").into()));
        let parts = parts(&name);
        let numbers = parts.iter().filter(|part| **part == Part::Number).count();
        match count {
            Count::Taken(_) if numbers != 1 => {
                problems.add(row.place("sku"), "a count of {n} needs one {n} in the SKU")
            }
            _ if parts.len() > 1 || numbers > 0 => {
                shelf.patterns.push(Pattern { parts, divisor: count.divisor(), sold });
            }
            _ => match shelf.exact.get(name.as_str()) {
                Some(known) if (known.chip, known.count) != (sold.chip, sold.count) => {
                    let what = format!("{:?} reads like line {} and says otherwise", row.cell("sku"), known.line);
                    problems.add(row.place("sku"), what);
                }
                Some(_) => {}
                None => _ = shelf.exact.insert(name.into(), sold),
            },
        }
    }

    /// Whether any row is of this provider.
    pub(super) fn knows(&self, provider: &str) -> bool {
        self.shelves.contains_key(provider)
    }

    /// The providers that have rows.
    pub(super) fn providers(&self) -> impl Iterator<Item = &Text> {
        self.shelves.keys()
    }

    /// The row of a folded name.
    pub(super) fn find(&self, provider: &str, folded: &str) -> Option<Sold> {
        let shelf = self.shelves.get(provider)?;
        if let Some(sold) = shelf.exact.get(folded) {
            return Some(*sold);
        }
        shelf.patterns.iter().find_map(|pattern| pattern.matches(folded))
    }

    /// A row as written: its SKU and its source.
    pub(super) fn row(&self, provider: &str, line: u32) -> Option<&(Text, Text)> {
        self.shelves.get(provider)?.rows.get(&line)
    }
}

#[derive(Clone, Copy, Debug)]
enum Count {
    Fixed(ChipCount),
    /// `{n}` or `{n}/2`.
    Taken(i64),
    /// The name says which chip, not how many.
    Unsaid,
}

impl Count {
    fn read(row: &Row<'_>, problems: &mut Problems) -> Option<Self> {
        let text = row.cell("count");
        let count = match text.strip_prefix("{n}") {
            Some("") => Some(Self::Taken(1)),
            Some(rest) => rest.strip_prefix('/').and_then(|n| n.parse().ok()).filter(|n| *n > 0).map(Self::Taken),
            None if text.is_empty() => Some(Self::Unsaid),
            None => Micros::parse(text).ok().filter(|n| n.0 > 0).map(|n| Self::Fixed(ChipCount(n))),
        };
        if count.is_none() {
            let what = format!("count must be a number above 0, {{n}} or {{n}}/2, got {text:?}");
            problems.add(row.place("count"), what);
        }
        count
    }

    fn fixed(self) -> Option<ChipCount> {
        match self {
            Self::Fixed(count) => Some(count),
            Self::Taken(_) | Self::Unsaid => None,
        }
    }

    fn divisor(self) -> Option<i64> {
        match self {
            Self::Taken(divisor) => Some(divisor),
            Self::Fixed(_) | Self::Unsaid => None,
        }
    }
}

/// `gpu-b300-sxm_{n}gpu*` → text, number, text, anything.
fn parts(name: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut rest = name;
    while !rest.is_empty() {
        let star = rest.find('*').unwrap_or(rest.len());
        let number = rest.find("{n}").unwrap_or(rest.len());
        let (text, after) = rest.split_at(star.min(number));
        if !text.is_empty() {
            parts.push(Part::Text(text.into()));
        }
        rest = match (after.strip_prefix('*'), after.strip_prefix("{n}")) {
            (Some(after), _) => {
                parts.push(Part::Anything);
                after
            }
            (None, Some(after)) => {
                parts.push(Part::Number);
                after
            }
            (None, None) => after,
        };
    }
    parts
}

impl Pattern {
    fn matches(&self, name: &str) -> Option<Sold> {
        let number = matched(&self.parts, name)?;
        match (self.divisor, number) {
            (None, _) => Some(self.sold),
            (Some(divisor), Some(number)) if number > 0 => {
                let count = Micros(Micros::whole(number)?.0 / divisor);
                Some(Sold { count: Some(ChipCount(count)), ..self.sold })
            }
            _ => None,
        }
    }
}

/// Whether the text is what the parts say, and the number in it, if any.
#[expect(clippy::option_option, reason = "no match, and a match without a number, are two things")]
fn matched(parts: &[Part], text: &str) -> Option<Option<i64>> {
    let Some((first, rest)) = parts.split_first() else { return text.is_empty().then_some(None) };
    match first {
        Part::Text(expected) => matched(rest, text.strip_prefix(expected.as_str())?),
        Part::Number => {
            let digits = text.bytes().take_while(u8::is_ascii_digit).count();
            let (number, after) = text.split_at_checked(digits)?;
            let number = number.parse().ok().filter(|_| digits <= 6)?;
            matched(rest, after).map(|_| Some(number))
        }
        Part::Anything => match rest.first() {
            None => Some(None),
            Some(Part::Text(next)) => {
                text.match_indices(next.as_str()).find_map(|(at, _)| matched(rest, text.get(at..)?))
            }
            Some(_) => text.char_indices().find_map(|(at, _)| matched(rest, text.get(at..)?)),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_forms_a_provider_writes_are_one_name() {
        for (provider, name, folded) in [
            ("aws", " ml.P5.48xlarge ", "p5.48xlarge"),
            ("aws", "USE1-BoxUsage:p5.48xl", "p5.48xlarge"),
            ("aws", "ml.g5.8xlarge-Cluster", "g5.8xlarge"),
            ("aws", "USE1-Studio:KernelGateway-ml.g5.8xlarge", "g5.8xlarge"),
            ("aws", "db.r5.large", "r5.large"),
            ("azure", "Standard_ND96isr_H100_v5", "nd96isr_h100_v5"),
            ("azure", "ND96isr H100 v5 Spot", "nd96isr_h100_v5"),
            ("azure", "NC6/NC6 Promo Low Priority", "nc6"),
            ("azure", "Standard_NC24r_Promo", "nc24r"),
            ("azure", "Standard_NM16ads_MA35D  ", "nm16ads_ma35d"),
            ("gcp", "guestAccelerators:nvidia-tesla-t4", "nvidia-tesla-t4"),
            ("gcp", "Nvidia H100 80GB GPU running in Americas", "nvidia_h100_80gb_gpu_running_in_americas"),
        ] {
            assert_eq!(fold(provider, name), folded);
        }
    }

    #[test]
    fn a_pattern_takes_the_number_out_of_the_name() {
        let matching = |pattern: &str, text| matched(&parts(pattern), text);
        assert_eq!(matching("{n}x_h100_*", "8x_h100_secure"), Some(Some(8)));
        assert_eq!(matching("{n}x_h100_*", "x_h100_secure"), None);
        assert_eq!(matching("*h100_80gb_gpu*", "nvidia_h100_80gb_gpu_running"), Some(None));
        assert_eq!(matching("gpu_{n}", "gpu_8x"), None);
        assert_eq!(matching("gpu_{n}", "gpu_99999999999999999999"), None);
    }
}
