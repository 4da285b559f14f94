//! `config/controls.yaml` as written → as meant.
//!
//! In: YAML. Out: rules and notes, or every problem with its place. It refuses a rule that reaches every chip.

use super::{About, ControlClass, Controls, Note, Number, Rule, Test};
use crate::catalogue::chip::Chips;
use crate::catalogue::dated::{ControlStatus, Dated, flag};
use crate::model::{Day, Text};
use crate::written::{Fields, Node, Problems, Source, parse};

impl Controls {
    pub(in crate::catalogue) fn read(source: &Source, chips: &Chips, problems: &mut Problems) -> Self {
        let mut controls = Self::default();
        let Some(node) = parse(source, problems) else { return controls };
        let Some(mut fields) = node.fields("controls file", problems) else { return controls };
        let mut ids: Vec<(Text, Day)> = Vec::new();
        for (key, kind) in [("exceptions", Kind::Exception), ("classes", Kind::Class), ("notes", Kind::Note)] {
            let items = fields.required(key, problems).and_then(|node| node.list(key, problems)).unwrap_or(&[]);
            for item in items {
                controls.item(item, kind, chips, &mut ids, problems);
            }
        }
        problems.about(None);
        fields.done(problems);
        controls
    }

    fn item(&mut self, item: &Node, kind: Kind, chips: &Chips, ids: &mut Vec<(Text, Day)>, problems: &mut Problems) {
        problems.about(None);
        let Some(mut fields) = item.fields(kind.what(), problems) else { return };
        let id = fields.required_text("id", problems);
        problems.about(id.as_ref().map(|id| format!("{} {id}", kind.what()).into()));
        let class = match kind {
            Kind::Note => None,
            Kind::Class | Kind::Exception => fields
                .required("class", problems)
                .and_then(|node| word(node, "class", ControlClass::parse, CLASSES, problems)),
        };
        let beside = match kind {
            Kind::Note => read_classes(&mut fields, problems),
            Kind::Class | Kind::Exception => Vec::new(),
        };
        let about = id.and_then(|id| About::read(id, &mut fields, chips, problems));
        let place = fields.place;
        fields.done(problems);
        let Some(about) = about else { return };
        let known = (about.id.clone(), about.dated.published);
        if ids.contains(&known) {
            problems.add(place, "stands here twice with one day of publication");
        }
        ids.push(known);
        match (kind, class) {
            (Kind::Note, _) => self.notes.push(Note { classes: beside, about }),
            (Kind::Class, Some(class)) => self.classes.push(Rule { class, about }),
            (Kind::Exception, Some(class)) => self.exceptions.push(Rule { class, about }),
            (Kind::Class | Kind::Exception, None) => {}
        }
    }
}

#[derive(Clone, Copy)]
enum Kind {
    Exception,
    Class,
    Note,
}

impl Kind {
    fn what(self) -> &'static str {
        match self {
            Self::Exception => "exception",
            Self::Class => "class",
            Self::Note => "note",
        }
    }
}

const CLASSES: &str = "none, 3A090, 3A090.a, 3A090.b or by_letter";
const STATUSES: &str = "in_force, not_enforced, suspended, guidance, proposed or superseded";

fn word<T>(
    node: &Node,
    key: &str,
    parse: impl Fn(&str) -> Option<T>,
    among: &str,
    problems: &mut Problems,
) -> Option<T> {
    let text = node.text(key, problems)?;
    let found = parse(&text);
    if found.is_none() {
        problems.add(node.place, format!("{key} must be {among}, got {text:?}"));
    }
    found
}

fn read_classes(fields: &mut Fields<'_>, problems: &mut Problems) -> Vec<ControlClass> {
    let Some(items) = fields.optional("classes").and_then(|node| node.list("classes", problems)) else {
        return Vec::new();
    };
    items.iter().filter_map(|item| word(item, "class", ControlClass::parse, CLASSES, problems)).collect()
}

impl About {
    fn read(id: Text, fields: &mut Fields<'_>, chips: &Chips, problems: &mut Problems) -> Option<Self> {
        let text = fields.required_text("text", problems);
        let status = fields
            .required("status", problems)
            .and_then(|node| word(node, "status", ControlStatus::parse, STATUSES, problems));
        let dated = Dated::read(fields, problems);
        let recall = flag(fields, "recall", problems);
        let cites = fields.texts("cites", problems);
        let mut named = Vec::new();
        if let Some(items) = fields.optional("chips").and_then(|node| node.list("chips", problems)) {
            for item in items {
                let Some(name) = item.text("chip", problems) else { continue };
                match chips.index_of(&name).and_then(|index| chips.get(index)) {
                    Some(chip) => named.push(chip.name.text()),
                    None => problems.add(item.place, format!("chip {name:?} is not in the table")),
                }
            }
        }
        let tests = match fields.optional("when").and_then(|node| node.fields("when", problems)) {
            Some(when) => read_tests(when, problems),
            None => Vec::new(),
        };
        if named.is_empty() && tests.is_empty() && fields.optional("classes").is_none() {
            problems.add(fields.place, "reaches every chip: it needs \"when\", \"chips\" or, for a note, \"classes\"");
        }
        let told = told(&text?, status?, recall, &cites);
        Some(Self { id, told, status: status?, dated: dated?, cites, chips: named, tests })
    }
}

/// A text with what must be said of it: what it cites, that it is not in force, that it rests on memory and no source was seen.
fn told(text: &str, status: ControlStatus, recall: bool, cites: &[Text]) -> Text {
    let status = if status == ControlStatus::InForce { "" } else { status.as_str() };
    let marks: Vec<_> =
        [status, if recall { "recall" } else { "" }].into_iter().filter(|mark| !mark.is_empty()).collect();
    let marks = if marks.is_empty() { String::new() } else { format!(" [{}]", marks.join(", ")) };
    let cites = if cites.is_empty() { String::new() } else { format!(" ({})", cites.join("; ")) };
    format!("{text}{cites}{marks}").into()
}

fn read_tests(mut when: Fields<'_>, problems: &mut Problems) -> Vec<Test> {
    let mut tests = Vec::new();
    for number in Number::ALL {
        let Some(node) = when.optional(number.as_str()) else { continue };
        let Some(mut bounds) = node.fields(number.as_str(), problems) else { continue };
        let from = bound(&mut bounds, "from", problems);
        let below = bound(&mut bounds, "below", problems);
        bounds.done(problems);
        match (from, below) {
            (None, None) => problems.add(node.place, format!("{} needs from or below", number.as_str())),
            (from, below) => tests.push(Test::Within {
                what: number,
                from: from.unwrap_or(f64::NEG_INFINITY),
                below: below.unwrap_or(f64::INFINITY),
            }),
        }
    }
    if let Some(node) = when.optional("data_centre") {
        match node.to_json() {
            serde_json::Value::Bool(wanted) => tests.push(Test::DataCentre(wanted)),
            _ => problems.add(node.place, format!("data_centre must be true or false, got {}", node.describe())),
        }
    }
    when.done(problems);
    tests
}

fn bound(bounds: &mut Fields<'_>, key: &str, problems: &mut Problems) -> Option<f64> {
    let node = bounds.optional(key)?;
    let number = node.to_json().as_f64();
    if number.is_none() {
        problems.add(node.place, format!("{key} must be a number, got {}", node.describe()));
    }
    number
}
