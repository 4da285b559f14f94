//! YAML as a tree of nodes with their places; mappings are read key by key, and what is left over is a problem.

use saphyr_parser::{Event, Parser, ScalarStyle, Span};

use super::{Place, Problems, Source};
use crate::model::Text;

/// Deepest nesting read.
const DEPTH: usize = 64;

/// A node and where it begins.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Where it begins.
    pub place: Place,
    /// What it is.
    pub shape: Shape,
}

/// What a node is.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// Nothing, `~` or `null`.
    Null,
    /// A scalar; `plain` when written without quotes, so that it may be a number or boolean.
    Scalar {
        /// Its text.
        text: Text,
        /// Written without quotes.
        plain: bool,
        /// Written as a block (`|` or `>`): its lines stand below the node's place.
        block: bool,
    },
    /// A sequence.
    List(Vec<Node>),
    /// A mapping, in the order written.
    Map(Vec<(Text, Place, Node)>),
}

/// Reads one document. What is no YAML, an alias, a duplicate key or too deep a nesting is a problem.
pub fn parse(source: &Source, problems: &mut Problems) -> Option<Node> {
    let mut reader = Reader { events: Parser::new_from_str(&source.text), problems };
    let node = reader.document()?;
    Some(node)
}

struct Reader<'a, 'p> {
    events: Parser<'a, saphyr_parser::StrInput<'a>>,
    problems: &'p mut Problems,
}

fn place(span: &Span) -> Place {
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Place { line: number(span.start.line()), column: number(span.start.col()).saturating_add(1) }
}

impl<'a> Reader<'a, '_> {
    fn next(&mut self) -> Option<(Event<'a>, Span)> {
        match self.events.next()? {
            Ok(event) => Some(event),
            Err(error) => {
                let marker = error.marker();
                let at = place(&Span::empty(*marker));
                self.problems.add(at, format!("not YAML: {}", error.info()));
                None
            }
        }
    }

    fn document(&mut self) -> Option<Node> {
        loop {
            let (event, span) = self.next()?;
            match event {
                Event::StreamStart | Event::DocumentStart(_) => {}
                Event::StreamEnd | Event::DocumentEnd => {
                    return Some(Node { place: place(&span), shape: Shape::Null });
                }
                event => {
                    let node = self.node(event, span, 0)?;
                    // Errors behind the document's end belong to the file too.
                    while let Some((event, span)) = self.next() {
                        if matches!(event, Event::DocumentStart(_)) {
                            self.problems.add(place(&span), "one document a file, found another");
                            return None;
                        }
                    }
                    return Some(node);
                }
            }
        }
    }

    fn node(&mut self, event: Event<'a>, span: Span, depth: usize) -> Option<Node> {
        let at = place(&span);
        if depth > DEPTH {
            self.problems.add(at, format!("nested deeper than {DEPTH}"));
            return None;
        }
        let shape = match event {
            Event::Scalar(text, style, ..) => scalar(&text, style),
            Event::SequenceStart(..) => {
                let mut items = Vec::new();
                loop {
                    match self.next()? {
                        (Event::SequenceEnd, _) => break Shape::List(items),
                        (event, span) => items.push(self.node(event, span, depth + 1)?),
                    }
                }
            }
            Event::MappingStart(..) => self.mapping(depth)?,
            _ => {
                self.problems.add(at, "aliases are not read here");
                return None;
            }
        };
        Some(Node { place: at, shape })
    }

    fn mapping(&mut self, depth: usize) -> Option<Shape> {
        let mut entries: Vec<(Text, Place, Node)> = Vec::new();
        loop {
            let (event, span) = self.next()?;
            let at = place(&span);
            let key = match event {
                Event::MappingEnd => return Some(Shape::Map(entries)),
                Event::Scalar(text, ..) => Text::new(text),
                _ => {
                    self.problems.add(at, "a key must be text");
                    return None;
                }
            };
            let (event, span) = self.next()?;
            let value = self.node(event, span, depth + 1)?;
            if entries.iter().any(|(known, ..)| *known == key) {
                self.problems.add(at, format!("key {key:?} stands here twice"));
            } else {
                entries.push((key, at, value));
            }
        }
    }
}

fn scalar(text: &str, style: ScalarStyle) -> Shape {
    let plain = style == ScalarStyle::Plain;
    if plain && matches!(text, "" | "~" | "null") {
        return Shape::Null;
    }
    let block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
    Shape::Scalar { text: Text::new(text), plain, block }
}

impl Node {
    /// What it is, in words for messages.
    pub fn describe(&self) -> String {
        match &self.shape {
            Shape::Null => "nothing".into(),
            Shape::Scalar { text, .. } => format!("{text:?}"),
            Shape::List(_) => "a list".into(),
            Shape::Map(_) => "a mapping".into(),
        }
    }

    /// Its text, or a problem naming `what`.
    pub fn text(&self, what: &str, problems: &mut Problems) -> Option<Text> {
        match &self.shape {
            Shape::Scalar { text, .. } => Some(text.clone()),
            _ => {
                problems.add(self.place, format!("{what} must be text, got {}", self.describe()));
                None
            }
        }
    }

    /// Its items, or a problem; nothing is an empty list.
    pub fn list(&self, what: &str, problems: &mut Problems) -> Option<&[Node]> {
        match &self.shape {
            Shape::List(items) => Some(items),
            Shape::Null => Some(&[]),
            _ => {
                problems.add(self.place, format!("{what} must be a list, got {}", self.describe()));
                None
            }
        }
    }

    /// Its fields, or a problem.
    pub fn fields(&self, what: &str, problems: &mut Problems) -> Option<Fields<'_>> {
        match &self.shape {
            Shape::Map(entries) => {
                Some(Fields { place: self.place, what: Text::new(what), entries, taken: vec![false; entries.len()] })
            }
            _ => {
                problems.add(self.place, format!("{what} must be a mapping, got {}", self.describe()));
                None
            }
        }
    }

    /// The same as JSON: plain numbers, booleans and null become such.
    pub fn to_json(&self) -> serde_json::Value {
        use serde_json::Value;
        match &self.shape {
            Shape::Null => Value::Null,
            Shape::Scalar { text, plain: true, .. } => match text.as_str() {
                "true" => Value::Bool(true),
                "false" => Value::Bool(false),
                number => number
                    .parse::<serde_json::Number>()
                    .map_or_else(|_| Value::String(number.to_owned()), Value::Number),
            },
            Shape::Scalar { text, .. } => Value::String(text.to_string()),
            Shape::List(items) => Value::Array(items.iter().map(Self::to_json).collect()),
            Shape::Map(entries) => {
                Value::Object(entries.iter().map(|(key, _, node)| (key.to_string(), node.to_json())).collect())
            }
        }
    }
}

/// A mapping being read: each key is taken once, and [`Fields::done`] reports those nobody asked for.
#[derive(Debug)]
pub struct Fields<'a> {
    /// Where the mapping begins.
    pub place: Place,
    what: Text,
    entries: &'a [(Text, Place, Node)],
    taken: Vec<bool>,
}

impl<'a> Fields<'a> {
    /// The value of a key that may be missing.
    pub fn optional(&mut self, key: &str) -> Option<&'a Node> {
        let index = self.entries.iter().position(|(known, ..)| known == key)?;
        if let Some(taken) = self.taken.get_mut(index) {
            *taken = true;
        }
        self.entries.get(index).map(|(.., node)| node).filter(|node| node.shape != Shape::Null)
    }

    /// The value of a key that must be there.
    pub fn required(&mut self, key: &str, problems: &mut Problems) -> Option<&'a Node> {
        let found = self.optional(key);
        if found.is_none() {
            problems.add(self.place, format!("{} needs {key:?}", self.what));
        }
        found
    }

    /// The text of a key that may be missing.
    pub fn optional_text(&mut self, key: &str, problems: &mut Problems) -> Option<Text> {
        self.optional(key)?.text(key, problems)
    }

    /// The text of a key that must be there.
    pub fn required_text(&mut self, key: &str, problems: &mut Problems) -> Option<Text> {
        self.required(key, problems)?.text(key, problems)
    }

    /// The texts of a list that may be missing.
    pub fn texts(&mut self, key: &str, problems: &mut Problems) -> Vec<Text> {
        let Some(items) = self.optional(key).and_then(|node| node.list(key, problems)) else { return Vec::new() };
        items.iter().filter_map(|item| item.text(key, problems)).collect()
    }

    /// Every key and value not yet taken, in the order written.
    pub fn rest(&mut self) -> impl Iterator<Item = (&'a Text, Place, &'a Node)> {
        let open: Vec<_> = self.entries.iter().zip(&self.taken).filter(|(_, taken)| !**taken).map(|(e, _)| e).collect();
        self.taken.fill(true);
        open.into_iter().map(|(key, place, node)| (key, *place, node))
    }

    /// Reports keys that nobody asked for.
    pub fn done(self, problems: &mut Problems) {
        for ((key, place, _), taken) in self.entries.iter().zip(&self.taken) {
            if !taken {
                problems.add(*place, format!("{} has no key {key:?}", self.what));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Option<Node>, Problems) {
        let mut problems = Problems::of("a.yaml");
        let node = parse(&Source { name: "a.yaml".into(), text: text.to_owned().into() }, &mut problems);
        (node, problems)
    }

    #[test]
    fn every_unknown_key_is_told_with_its_place() {
        let (node, mut problems) = read("id: a\nnope: 1\nlist:\n  - x\n  - {deep: 2}\nalso: 3\n");
        let node = node.unwrap();
        let mut fields = node.fields("rule", &mut problems).unwrap();
        assert_eq!(fields.required_text("id", &mut problems).unwrap(), "a");
        assert_eq!(fields.texts("list", &mut problems), ["x"]);
        assert!(fields.required("title", &mut problems).is_none());
        fields.done(&mut problems);
        assert_eq!(
            problems.to_string(),
            "a.yaml:1:1: rule needs \"title\"\na.yaml:2:1: rule has no key \"nope\"\n\
             a.yaml:5:5: list must be text, got a mapping\na.yaml:6:1: rule has no key \"also\""
        );
    }

    #[test]
    fn broken_yaml_twice_given_keys_and_aliases_are_problems() {
        assert!(read("a: [1, 2").1.to_string().starts_with("a.yaml:"));
        assert_eq!(read("a: 1\nb: 2\na: 3\n").1.to_string(), "a.yaml:3:1: key \"a\" stands here twice");
        assert!(read("a: &x 1\nb: *x\n").1.to_string().contains("aliases"));
        assert!(read(&"[".repeat(1000)).1.to_string().contains("a.yaml:1:"));
    }

    #[test]
    fn quoted_numbers_stay_text() {
        let (node, _) = read("a: 1\nb: '1'\nc: no\nd: ~\n");
        assert_eq!(node.unwrap().to_json(), serde_json::json!({"a": 1, "b": "1", "c": "no", "d": null}));
    }
}
