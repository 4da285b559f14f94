//! Lists of one's own, in YAML (docs/lists.md).
//!
//! In: one file, one list. Out: its entries, or every problem with its place. Unlike official lists it is refused whole:
//! whoever wrote it can mend it.

use std::collections::BTreeSet;

use super::{Claim, Effect, Entry, EntryKind, ListSummary};
use crate::model::{Country, Day, EntryId, ListId, Text};
use crate::parties::screening::{domain, fold};
use crate::written::{Fields, Node, Problems, Source, parse};

pub(super) fn read(source: &Source, problems: &mut Problems) -> Option<(ListSummary, Vec<Entry>)> {
    let document = parse(source, problems)?;
    let mut fields = document.fields("the file", problems)?;
    let head = fields.required("list", problems).and_then(|node| head(node, source, problems));
    let nodes = fields.required("entries", problems).and_then(|node| node.list("entries", problems));
    fields.done(problems);
    // Entries are checked even when the head is broken, so that every problem is told at once.
    let list = head.as_ref().map_or_else(|| (ListId::new(""), Effect::Risk), |head| (head.id.clone(), head.effect));
    let mut entries: Vec<Entry> = Vec::new();
    let mut places = Vec::new();
    for node in nodes? {
        if let Some(entry) = entry(node, &list, problems) {
            places.push((node, entry.id.clone()));
            entries.push(entry);
        }
        problems.about(None);
    }
    check_ids(&entries, &places, problems);
    Some((head?, entries))
}

fn head(node: &Node, source: &Source, problems: &mut Problems) -> Option<ListSummary> {
    let mut fields = node.fields("list", problems)?;
    let id = fields.required_text("id", problems).filter(|id| named(id, "list id", node, problems));
    let title = fields.required_text("title", problems);
    let from = fields.required_text("source", problems);
    let effect = fields.required("effect", problems);
    let effect = effect.and_then(|node| word(node, "effect", Effect::parse, Effect::ALL, Effect::as_str, problems));
    let as_of = fields.required("as_of", problems).and_then(|node| day(node, "as_of", problems));
    fields.done(problems);
    Some(ListSummary {
        id: ListId::new(id?),
        title: title?,
        source: from?,
        effect: effect?,
        as_of: Some(as_of?),
        file: source.name.clone(),
        entries: 0,
        persons: 0,
        names: 0,
        unread: 0,
        digest: Text::default(),
    })
}

fn entry(node: &Node, (list, effect): &(ListId, Effect), problems: &mut Problems) -> Option<Entry> {
    let mut fields = node.fields("entry", problems)?;
    let id = fields.required_text("id", problems).filter(|id| named(id, "id", node, problems));
    problems.about(id.as_ref().map(|id| Text::new(format!("entry {id}"))));
    let names = names(&mut fields, node, problems);
    let domains = domains(&mut fields, problems);
    let country = fields.optional("country").and_then(|node| country(node, problems));
    let kind = fields.optional("kind");
    let kind = kind.and_then(|node| word(node, "kind", EntryKind::parse, EntryKind::ALL, EntryKind::as_str, problems));
    let kind = kind.unwrap_or(EntryKind::Organisation);
    let of = fields.optional_text("of", problems);
    let from = fields.optional("from").and_then(|node| day(node, "from", problems));
    let to_node = fields.optional("to");
    let to = to_node.and_then(|node| day(node, "to", problems));
    let claim = fields.optional("claim");
    let claim = claim.and_then(|node| word(node, "claim", Claim::parse, Claim::ALL, Claim::as_str, problems));
    let cites = fields.texts("cites", problems);
    let response = fields.optional_text("response", problems);
    match (kind, &of) {
        (EntryKind::SubUnit, None) => problems.add(node.place, "a sub_unit needs \"of\", the entry it is a part of"),
        (EntryKind::Organisation | EntryKind::Person, Some(of)) => {
            problems.add(node.place, format!("only a sub_unit has \"of\", got {of:?} on kind {:?}", kind.as_str()));
        }
        _ => {}
    }
    if let (Some(from), Some(to), Some(node)) = (from, to, to_node)
        && to <= from
    {
        problems.add(node.place, format!("to must be after from ({from}), got {to}"));
    }
    fields.done(problems);
    let (list, id, of) = (list.clone(), EntryId::new(id?), of.map(EntryId::new));
    Some(Entry {
        domains,
        country,
        kind,
        of,
        from,
        to,
        claim,
        cites,
        response,
        ..Entry::bare(list, *effect, id, names)
    })
}

fn check_ids(entries: &[Entry], places: &[(&Node, EntryId)], problems: &mut Problems) {
    let mut known = BTreeSet::new();
    for (node, id) in places {
        if !known.insert(id) {
            problems.add(node.place, format!("entry id {:?} stands here twice", id.as_str()));
        }
    }
    for (entry, (node, _)) in entries.iter().zip(places) {
        if let Some(of) = entry.of.as_ref().filter(|of| !known.contains(of) || **of == entry.id) {
            problems.about(Some(Text::new(format!("entry {}", entry.id))));
            problems.add(node.place, format!("of must be the id of another entry of this list, got {:?}", of.as_str()));
        }
    }
    problems.about(None);
}

fn names(fields: &mut Fields<'_>, node: &Node, problems: &mut Problems) -> Vec<Text> {
    if fields.required("names", problems).is_none() {
        return Vec::new();
    }
    let names: Vec<_> = fields.texts("names", problems).iter().map(|name| Text::new(name.trim())).collect();
    if names.is_empty() {
        problems.add(node.place, "names must not be empty");
    }
    for name in names.iter().filter(|name| fold(name).is_empty()) {
        problems.add(node.place, format!("a name needs a letter or digit, got {name:?}"));
    }
    names
}

fn domains(fields: &mut Fields<'_>, problems: &mut Problems) -> Vec<Text> {
    let nodes = fields.optional("domains").and_then(|node| node.list("domains", problems)).unwrap_or_default();
    let read = |node: &Node, problems: &mut Problems| {
        let text = node.text("domains", problems)?;
        let known = domain(&text);
        if known.is_none() {
            problems.add(node.place, format!("not a domain such as lab.example: {text:?}"));
        }
        known
    };
    nodes.iter().filter_map(|node| read(node, problems)).collect()
}

fn country(node: &Node, problems: &mut Problems) -> Option<Country> {
    let text = node.text("country", problems)?;
    let country = Country::parse(&text);
    if country.is_none() {
        problems.add(node.place, format!("country must be two letters, got {text:?}"));
    }
    country
}

fn day(node: &Node, what: &str, problems: &mut Problems) -> Option<Day> {
    let text = node.text(what, problems)?;
    let day = Day::parse(&text).ok();
    if day.is_none() {
        problems.add(node.place, format!("{what} must be a day such as 2024-03-01, got {text:?}"));
    }
    day
}

fn named(id: &str, what: &str, node: &Node, problems: &mut Problems) -> bool {
    let empty = id.trim().is_empty();
    if empty {
        problems.add(node.place, format!("{what} must not be empty"));
    }
    !empty
}

fn word<T: Copy>(
    node: &Node,
    what: &str,
    read: impl Fn(&str) -> Option<T>,
    all: &[T],
    write: impl Fn(T) -> &'static str,
    problems: &mut Problems,
) -> Option<T> {
    let text = node.text(what, problems)?;
    let found = read(&text);
    if found.is_none() {
        let known: Vec<_> = all.iter().map(|value| write(*value)).collect();
        problems.add(node.place, format!("{what} must be one of {}, got {text:?}", known.join(", ")));
    }
    found
}
