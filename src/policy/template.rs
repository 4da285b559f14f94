//! The sentence an alert explains itself with.
//!
//! In: text with `{placeholders}`, checked when it is loaded. Out: the sentence for one scope. What is unknown is said
//! to be `unknown`; a list longer than [`SHOWN_MAX`] is cut and says so. `{{` and `}}` stand for braces.

use super::places::Places;
use super::scope::{
    ElementNumber, ElementText, FlagField, LIST_MAX, List, Measure, NumberField, Root, Scope, TextField,
};
use crate::model::{Coverage, Text};
use crate::written::{Node, Problems};

/// Most elements of a list shown.
const SHOWN_MAX: usize = 10;

/// A sentence with placeholders.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Template {
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug, PartialEq)]
enum Piece {
    Words(String),
    Text(TextField),
    Number(NumberField),
    Flag(FlagField),
    Measure(Measure),
    List(List),
}

impl Template {
    /// The sentence.
    pub fn render(&self, scope: &dyn Scope) -> Text {
        let said: String = self.pieces.iter().map(|piece| piece.render(scope)).collect();
        Text::new(said)
    }

    /// Lists it shows.
    pub fn lists(&self) -> impl Iterator<Item = List> {
        self.pieces.iter().filter_map(|piece| if let Piece::List(list) = piece { Some(*list) } else { None })
    }

    /// Measures it shows.
    pub fn measures(&self) -> impl Iterator<Item = Measure> {
        self.pieces.iter().filter_map(|piece| if let Piece::Measure(measure) = piece { Some(*measure) } else { None })
    }

    /// Reads the template at `node` of a file; every bad placeholder is a problem at its own place.
    pub(super) fn read(file: &str, node: &Node, problems: &mut Problems) -> Option<Self> {
        let text = node.text("explain", problems)?;
        let places = Places::of(file, node.place, &node.shape);
        let mut pieces = Vec::new();
        let mut words = String::new();
        let mut fine = true;
        let mut chars = text.chars().enumerate().peekable();
        while let Some((at, next)) = chars.next() {
            match next {
                '{' | '}' if chars.next_if(|(_, following)| *following == next).is_some() => words.push(next),
                '{' => {
                    let mut name = String::new();
                    let closed = loop {
                        match chars.next() {
                            Some((_, '}')) => break true,
                            Some((_, letter)) => name.push(letter),
                            None => break false,
                        }
                    };
                    match if closed { piece(&name) } else { Err("this { is never closed".into()) } {
                        Ok(piece) => {
                            pieces.push(Piece::Words(std::mem::take(&mut words)));
                            pieces.push(piece);
                        }
                        Err(what) => {
                            problems.add(places.at(at), format!("explain: {what}"));
                            fine = false;
                        }
                    }
                }
                '}' => {
                    problems.add(places.at(at), "explain: this } was never opened; a brace is written }}");
                    fine = false;
                }
                _ => words.push(next),
            }
        }
        pieces.push(Piece::Words(words));
        pieces.retain(|piece| !matches!(piece, Piece::Words(words) if words.is_empty()));
        fine.then_some(Self { pieces })
    }
}

fn piece(name: &str) -> Result<Piece, String> {
    let found = TextField::parse(name).map(Piece::Text);
    let found = found.or_else(|| NumberField::parse(name).map(Piece::Number));
    let found = found.or_else(|| FlagField::parse(name).map(Piece::Flag));
    let found = found.or_else(|| Measure::parse(name).map(Piece::Measure));
    let found = found.or_else(|| List::parse(name).map(Piece::List));
    found.ok_or_else(|| match Root::parse(name) {
        Some(_) => format!("{{{name}}} is a record: name one of its fields"),
        None if name == "m" => "{m} is a record: name one of its measures".into(),
        None => format!("there is no name {name:?}"),
    })
}

impl Piece {
    fn render(&self, scope: &dyn Scope) -> String {
        match self {
            Self::Words(words) => words.clone(),
            Self::Text(field) => known(scope.text(*field)).into(),
            Self::Number(NumberField::AccountAgeDays) if scope.number(NumberField::AccountAgeDays) < 0.0 => {
                known("").into()
            }
            Self::Number(field) => number(scope.number(*field)),
            Self::Flag(field) => {
                if scope.flag(*field) {
                    "yes".into()
                } else {
                    "no".into()
                }
            }
            Self::Measure(measure) => number(scope.measure(*measure)),
            Self::List(list) => elements(*list, scope),
        }
    }
}

fn known(text: &str) -> &str {
    if text.is_empty() { "unknown" } else { text }
}

/// With one decimal, or none where that is 0.
fn number(value: f64) -> String {
    let text = format!("{value:.1}");
    let text = text.strip_suffix(".0").unwrap_or(&text);
    if text == "-0" { "0".into() } else { text.into() }
}

fn tender(scope: &dyn Scope, index: usize) -> String {
    let text = |field| scope.element_text(field, index);
    let amount = |field| number(scope.element_number(field, index));
    let between = match text(ElementText::TendersIntermediary) {
        "" => String::new(),
        name => format!(" through {name}"),
    };
    let asked = match text(ElementText::TendersCurrency) {
        "" => "amount unknown".to_owned(),
        money => {
            let (asked, billed) = (amount(ElementNumber::TendersAmount), amount(ElementNumber::TendersBilled));
            let part =
                if text(ElementText::TendersCoverage) == Coverage::Partial.as_str() { " on days held" } else { "" };
            format!("{asked} {money}, billed {billed}{part}")
        }
    };
    format!("{} by {}{between} ({asked})", text(ElementText::TendersId), known(text(ElementText::TendersBuyer)))
}

fn elements(list: List, scope: &dyn Scope) -> String {
    let mut said: Vec<String> = Vec::new();
    for index in 0..scope.len(list).min(LIST_MAX) {
        let text = |field| scope.element_text(field, index);
        let one = match (list, list.item()) {
            (_, Some(item)) => known(text(item)).to_owned(),
            (List::Hits, _) => format!(
                "{}: {} of {} ({})",
                text(ElementText::HitsParty),
                text(ElementText::HitsEntry),
                text(ElementText::HitsList),
                known(text(ElementText::HitsVerdict)),
            ),
            (List::Tenders, _) => tender(scope, index),
            (List::Sightings, _) => known(text(ElementText::SightingsCountry)).to_owned(),
            _ => match text(ElementText::ChainName) {
                "" => known(text(ElementText::ChainParty)).to_owned(),
                name => name.to_owned(),
            },
        };
        // Places repeat day after day, and who sells may pay as well: said once. A name further down is another hop.
        let again = if list == List::Chain { said.last() == Some(&one) } else { said.contains(&one) };
        if !again {
            said.push(one);
        }
    }
    let more = said.len().saturating_sub(SHOWN_MAX);
    said.truncate(SHOWN_MAX);
    if more > 0 {
        said.push(format!("{more} more"));
    }
    match (said.is_empty(), list) {
        (true, _) => "none".into(),
        (false, List::Chain) => said.join(" → "),
        (false, List::Hits | List::Tenders) => said.join("; "),
        (false, _) => said.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::policy::fake::Fake;
    use crate::written::{Source, parse};

    fn read(text: &str) -> Result<Template, String> {
        let file = format!("a: {}\n", serde_json::to_string(text).unwrap());
        let mut problems = Problems::of("r");
        let node = parse(&Source { name: "r".into(), text: file.clone().into() }, &mut problems).unwrap();
        let mut fields = node.fields("it", &mut problems).unwrap();
        let node = fields.required("a", &mut problems).unwrap();
        let template = Template::read(&file, node, &mut problems);
        template.ok_or_else(|| problems.to_string())
    }

    #[test]
    fn placeholders_are_filled_and_unknown_is_said() {
        let scope = Fake(json!({
            "owner.name": "Lion Parent", "m.gpu_hours": 412.54, "m.starts": 14, "m.chips": ["H100", "A100"],
            "control.controlled": true, "account.age_days": -1,
            "chain": [{"party": "aws"}, {"party": "m", "name": "Merlion Cloud"}, {}],
            "hits": [{"party": "p", "list": "l", "entry": "e", "verdict": "listed"}],
            "tenders": [
                {"id": "t-1", "buyer": "b", "intermediary": "i", "amount": 100, "currency": "CNY", "billed": 95.26},
                {"id": "t-2", "buyer": "b"},
                {"id": "t-3", "buyer": "b", "amount": 9, "currency": "CNY", "billed": 8, "coverage": "partial"}
            ],
            "sightings": [{"country": "SG"}, {"country": "CN"}, {"country": "SG"}, {}],
        }));
        let template = read(
            "{owner.name} ({owner.hq}): {m.gpu_hours} h, {m.starts}, {m.chips}, {m.skus} {{x}} {control.controlled} \
             {account.age_days} {chain} | {hits} | {sightings} | {tenders}",
        );
        assert_eq!(
            template.unwrap().render(&scope),
            "Lion Parent (unknown): 412.5 h, 14, H100, A100, none {x} yes unknown aws → Merlion Cloud → unknown | \
             p: e of l (listed) | SG, CN, unknown | t-1 by b through i (100 CNY, billed 95.3); t-2 by b (amount unknown); \
             t-3 by b (9 CNY, billed 8 on days held)"
        );
    }

    #[test]
    fn long_lists_are_cut_and_say_so() {
        let many: Vec<_> = (0..12).map(|n| json!(n.to_string())).collect();
        let said = read("{m.skus}").unwrap().render(&Fake(json!({ "m.skus": many })));
        assert_eq!(said, "0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 2 more");
    }

    #[test]
    fn bad_placeholders_are_told_at_their_places() {
        assert_eq!(
            read("{owner} {m.gpu} } {m}").unwrap_err(),
            "r:1:5: explain: {owner} is a record: name one of its fields\n\
             r:1:13: explain: there is no name \"m.gpu\"\n\
             r:1:21: explain: this } was never opened; a brace is written }}\n\
             r:1:23: explain: {m} is a record: name one of its measures"
        );
        assert_eq!(read("a {owner.name").unwrap_err(), "r:1:7: explain: this { is never closed");
    }
}
