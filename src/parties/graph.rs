//! Edges between parties, walked by number, and which ids name the same party.
//!
//! In: edges with their validity, put one by one. Out: those in force at an instant that lead to a party or come from one,
//! and where any ever led. It refuses an order among edges: whoever tells of several puts them in that of ids.
//!
//! A party has few edges or millions, and as a rule it is asked about one kind of them. So a party has, for each kind, the
//! edge that came last to it and from it, and each edge names the one before it. What an edge costs to walk is to fetch it
//! from memory, so that it fills one line of a processor's cache, and the edges by which a party is held, which are walked
//! most, stand in a smaller form with the party (`held`).

use std::cmp::Ordering;

use super::held::{Added, Extent, Held, Place, Stands, Terms};
use super::known::{ByKind, Known, Seats};
use super::numbers::{ByNumber, LineNumber, Number, Numbers, PartyNumber, Reached, hash};
use super::rank::Numbered;
use super::table::Table;
use crate::model::{Edge, EdgeKind, EventTime, Micros, PartyId, Text, Timeline};

#[derive(Clone, Debug, Default)]
pub(super) struct Graph {
    ids: Numbers<PartyId, Known>,
    sources: Numbers<Text>,
    held: Held,
    /// Of edges that lead from a party, the last of each kind.
    out_of: ByNumber<PartyId, ByKind>,
    lines: Vec<Line>,
    known: Table<Edge>,
    /// Whom any `same_as` edge names: all others are only themselves.
    with_twins: Reached<PartyId>,
}

/// Every edge of one kind from one party to another.
#[derive(Clone, Debug)]
#[repr(align(64))]
struct Line {
    kind: EdgeKind,
    from: PartyNumber,
    to: PartyNumber,
    next_into: Option<LineNumber>,
    next_out_of: Option<LineNumber>,
    /// Where it stands among those that hold the party that it holds.
    held: Option<Place>,
    said: Timeline<Said>,
}

/// An edge that holds a party: who `owns` of it, or what it is a `sub_unit_of`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Holding {
    pub(super) holder: PartyNumber,
    pub(super) share: Extent,
    held: PartyNumber,
    place: Place,
}

/// What an edge says beside its ends.
#[derive(Clone, Copy, Debug)]
pub(super) struct Said {
    /// Nought where it is not known.
    percent: Micros,
    is_known: bool,
    source: Number<Text>,
}

impl Said {
    /// Stake in per cent; `None` is unknown.
    fn percent(&self) -> Option<Micros> {
        self.is_known.then_some(self.percent)
    }
}

impl Line {
    fn is(&self, ends: (EdgeKind, PartyNumber, PartyNumber)) -> bool {
        (self.kind, self.from, self.to) == ends
    }

    /// The party that an edge holds, and who holds it.
    fn held(&self) -> Option<(PartyNumber, PartyNumber)> {
        match self.kind {
            EdgeKind::Owns => Some((self.to, self.from)),
            EdgeKind::SubUnitOf => Some((self.from, self.to)),
            _ => None,
        }
    }

    /// How much of a party an edge holds where it says this.
    fn extent(&self, said: &Said) -> Extent {
        if self.kind == EdgeKind::SubUnitOf { Extent::Part } else { Extent::Stake(said.percent()) }
    }
}

impl Graph {
    /// The number of a party, from now on if it had none; none where there are no more.
    pub(super) fn put_id(&mut self, id: &PartyId) -> Option<PartyNumber> {
        self.ids.put(id)
    }

    pub(super) fn number(&self, id: &PartyId) -> Option<PartyNumber> {
        self.ids.find(id)
    }

    /// The id of a party, which every party has that has a number.
    pub(super) fn id(&self, party: PartyNumber) -> Option<&PartyId> {
        self.ids.get(party)
    }

    /// Where a party is, as its cards say.
    pub(super) fn seats(&self, party: PartyNumber) -> Option<Seats> {
        self.ids.kept(party).map(|known| known.seats)
    }

    pub(super) fn put_seats(&mut self, party: PartyNumber, seats: Seats) {
        self.ids.change(party, |known| known.seats = seats);
    }

    /// A party's id as a copy.
    pub(super) fn id_of(&self, party: PartyNumber) -> PartyId {
        self.id(party).cloned().unwrap_or_default()
    }

    /// A party's id beside its number.
    pub(super) fn numbered(&self, party: PartyNumber) -> Numbered {
        (self.id_of(party), Some(party))
    }

    pub(super) fn by_id(&self, one: PartyNumber, other: PartyNumber) -> Ordering {
        if one == other { Ordering::Equal } else { self.ids.get(one).cmp(&self.ids.get(other)) }
    }

    /// Puts an edge; one of the same kind, ends and valid-from is replaced. None where there are no more numbers. Where an edge was
    /// read stays in memory when it is replaced: sources are few.
    pub(super) fn put(&mut self, edge: &Edge) -> Option<()> {
        let ends = (edge.kind, self.ids.put(&edge.from)?, self.ids.put(&edge.to)?);
        let percent = edge.percent.unwrap_or_default();
        let said = Said { percent, is_known: edge.percent.is_some(), source: self.sources.put(&edge.source)? };
        let number = self.find(ends).or_else(|| self.put_line(ends))?;
        let line = self.lines.get_mut(number.index())?;
        line.said.put(edge.valid_from, edge.valid_to, said);
        let Some((party, holder)) = line.held() else { return Some(()) };
        let terms = |(from, to)| Terms { from, to, source: said.source };
        let says = line.said.only().map(|only| (holder, line.extent(&said), terms(only)));
        match line.held {
            Some(place) => self.held.put(party, place, number, says)?,
            None => {
                let Added { place, moved } = self.held.add(party, number, says)?;
                line.held = Some(place);
                moved.and_then(|(stands, place)| self.move_held(party, stands, place));
            }
        }
        Some(())
    }

    /// An edge that holds a party stands elsewhere now.
    fn move_held(&mut self, party: PartyNumber, stands: Stands, place: Place) -> Option<()> {
        let line = match stands {
            Stands::Holder(holder, Extent::Part) => self.find((EdgeKind::SubUnitOf, party, holder))?,
            Stands::Holder(holder, Extent::Stake(_)) => self.find((EdgeKind::Owns, holder, party))?,
            Stands::Line(line) => line,
            Stands::Nothing | Stands::Pair(_) => return None,
        };
        self.lines.get_mut(line.index())?.held = Some(place);
        Some(())
    }

    fn find(&self, ends: (EdgeKind, PartyNumber, PartyNumber)) -> Option<LineNumber> {
        self.known.find(hash(&ends), |known| self.line(Some(known)).is_some_and(|line| line.is(ends)))
    }

    fn put_line(&mut self, ends: (EdgeKind, PartyNumber, PartyNumber)) -> Option<LineNumber> {
        let number = LineNumber::at(self.lines.len())?;
        let (kind, from, to) = ends;
        let put = |last: &mut ByKind| last.get_mut(kind as usize).and_then(|last| last.replace(number));
        let (mut next_into, mut next_out_of) = (None, None);
        if kind != EdgeKind::Owns {
            self.ids.change(to, |known| next_into = put(&mut known.into));
        }
        if kind != EdgeKind::SubUnitOf {
            self.out_of.change(from, |last| next_out_of = put(last));
        }
        if kind == EdgeKind::SameAs {
            [from, to].into_iter().for_each(|party| self.with_twins.put(party));
        }
        self.lines.push(Line { kind, from, to, next_into, next_out_of, held: None, said: Timeline::default() });
        self.known.put(hash(&ends), number);
        Some(number)
    }

    /// About how many edges hold exactly this id: not fewer than two, if there are two.
    pub(super) fn count_held(&self, party: PartyNumber) -> usize {
        self.held.count(party)
    }

    /// Edges in force at `at` by which exactly this id is held, one after the other, in no order.
    #[inline]
    pub(super) fn each_holding(&self, party: PartyNumber, at: EventTime, mut each: impl FnMut(Holding)) {
        self.held.each(party, at, |stands, place| {
            let (holder, share) = match stands {
                Stands::Holder(holder, share) => (holder, share),
                Stands::Line(number) => match self.said_at(number, at) {
                    Some((holder, line, said)) => (holder, line.extent(said)),
                    None => return,
                },
                Stands::Nothing | Stands::Pair(_) => return,
            };
            each(Holding { holder, share, held: party, place });
        });
    }

    /// Who holds a party by an edge that says this at `at`.
    fn said_at(&self, number: LineNumber, at: EventTime) -> Option<(PartyNumber, &Line, &Said)> {
        let line = self.line(Some(number))?;
        Some((line.held()?.1, line, line.said.at(at)?))
    }

    /// Edges of a kind, but `owns`, in force at `at` that lead to exactly this id, each with where it comes from.
    fn edges_into(&self, kind: EdgeKind, to: PartyNumber, at: EventTime) -> impl Iterator<Item = (PartyNumber, &Said)> {
        self.lines_into(kind, to).filter_map(move |line| Some((line.from, line.said.at(at)?)))
    }

    /// What exactly this id is a part of, whenever.
    pub(super) fn ever_wholes(&self, party: PartyNumber) -> impl Iterator<Item = PartyNumber> {
        let mut wholes = Vec::new();
        self.held.each_ever(party, |stands| match stands {
            Stands::Holder(whole, Extent::Part) => wholes.push(whole),
            Stands::Line(line) => {
                let line = self.line(Some(line)).filter(|line| line.kind == EdgeKind::SubUnitOf);
                wholes.extend(line.map(|line| line.to));
            }
            Stands::Nothing | Stands::Holder(..) | Stands::Pair(_) => {}
        });
        wholes.into_iter()
    }

    /// Where edges of a kind, but `owns`, to exactly this id come from, whenever.
    pub(super) fn ever_into(&self, kind: EdgeKind, to: PartyNumber) -> impl Iterator<Item = PartyNumber> {
        self.lines_into(kind, to).map(|line| line.from)
    }

    /// Where edges of a kind, but `sub_unit_of`, from exactly this id lead to, whenever.
    pub(super) fn ever_out_of(&self, kind: EdgeKind, from: PartyNumber) -> impl Iterator<Item = PartyNumber> {
        self.lines_out_of(kind, from).map(|line| line.to)
    }

    fn lines_into(&self, kind: EdgeKind, to: PartyNumber) -> impl Iterator<Item = &Line> {
        let last = self.ids.kept(to).and_then(|known| *known.into.get(kind as usize)?);
        std::iter::successors(self.line(last), |line| self.line(line.next_into))
    }

    fn lines_out_of(&self, kind: EdgeKind, from: PartyNumber) -> impl Iterator<Item = &Line> {
        let last = self.out_of.get(from).and_then(|last| *last.get(kind as usize)?);
        std::iter::successors(self.line(last), |line| self.line(line.next_out_of))
    }

    fn line(&self, number: Option<LineNumber>) -> Option<&Line> {
        self.lines.get(number?.index())
    }

    /// Every id that names the same party at `at`: this one, then the others by id.
    pub(super) fn same(&self, party: PartyNumber, at: EventTime) -> impl Iterator<Item = PartyNumber> {
        let others = if self.has_twins(party) { self.twins(party, at) } else { Vec::new() };
        std::iter::once(party).chain(others)
    }

    /// The smallest of the ids that name the same party at `at`.
    pub(super) fn canonical(&self, party: PartyNumber, at: EventTime) -> PartyNumber {
        if self.has_twins(party) { self.smallest(party, at) } else { party }
    }

    fn smallest(&self, party: PartyNumber, at: EventTime) -> PartyNumber {
        let all = self.twins(party, at).into_iter().chain([party]);
        all.min_by(|one, other| self.by_id(*one, *other)).unwrap_or(party)
    }

    pub(super) fn has_twins(&self, party: PartyNumber) -> bool {
        self.with_twins.has(party)
    }

    /// The other ids that name the same party, in order.
    pub(super) fn twins(&self, party: PartyNumber, at: EventTime) -> Vec<PartyNumber> {
        let mut all = Reached::from([party]);
        let mut walked = 0;
        while let Some(next) = all.nth(walked) {
            let lines = self.lines_into(EdgeKind::SameAs, next).chain(self.lines_out_of(EdgeKind::SameAs, next));
            for line in lines.filter(|line| line.said.at(at).is_some()) {
                all.put(line.from);
                all.put(line.to);
            }
            walked += 1;
        }
        let mut others: Vec<PartyNumber> = all.iter().skip(1).collect();
        others.sort_by(|one, other| self.by_id(*one, *other));
        others
    }

    /// Edges in force at `at` that lead to a party under any of its ids: by that id, then by where they come from.
    pub(super) fn leading_to(&self, kind: EdgeKind, party: PartyNumber, at: EventTime) -> Vec<(PartyNumber, &Said)> {
        let mut all = Vec::new();
        for to in self.same(party, at) {
            all.extend(self.edges_into(kind, to, at).map(|(from, said)| (to, from, said)));
        }
        all.sort_by(|one, other| self.by_id(one.0, other.0).then_with(|| self.by_id(one.1, other.1)));
        all.into_iter().map(|(_, from, said)| (from, said)).collect()
    }

    /// What an edge is told by.
    pub(super) fn evidence(&self, kind: EdgeKind, said: &Said) -> Text {
        self.told_by(kind, said.percent(), said.source)
    }

    /// The same of an edge in force at `at` by which a party is held.
    pub(super) fn evidence_of(&self, holding: Holding, at: EventTime) -> Text {
        if let Some(terms) = self.held.terms(holding.held, holding.place) {
            return match holding.share {
                Extent::Part => self.told_by(EdgeKind::SubUnitOf, None, terms.source),
                Extent::Stake(stake) => self.told_by(EdgeKind::Owns, stake, terms.source),
            };
        }
        let said = match self.held.stands(holding.held, holding.place) {
            Stands::Line(number) => self.said_at(number, at),
            Stands::Nothing | Stands::Holder(..) | Stands::Pair(_) => None,
        };
        said.map(|(_, line, said)| self.evidence(line.kind, said)).unwrap_or_default()
    }

    fn told_by(&self, kind: EdgeKind, stake: Option<Micros>, source: Number<Text>) -> Text {
        let source = self.sources.get(source).map_or("", Text::as_str);
        match (kind, stake) {
            (EdgeKind::Owns, Some(stake)) => Text::new(format!("edge.owns {stake} % ({source})")),
            _ => Text::new(format!("edge.{} ({source})", kind.as_str())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Fact, Hour};
    use crate::parties::fixtures;

    fn edge(kind: EdgeKind, from: &str, to: &str) -> Edge {
        match fixtures::edge(kind, from, to, None) {
            Fact::Edge(edge) => edge,
            _ => unreachable!(),
        }
    }

    fn same(graph: &Graph, id: &str, at: EventTime) -> String {
        let party = graph.number(&PartyId::new(id)).unwrap();
        let all: Vec<_> = graph.same(party, at).map(|twin| graph.id_of(twin).to_string()).collect();
        format!("{} {}", all.join(" "), graph.id_of(graph.canonical(party, at)))
    }

    #[test]
    fn an_edge_is_found_from_both_ends_and_by_its_kind() {
        let mut graph = Graph::default();
        for (from, to) in [("a", "b"), ("a", "c"), ("d", "c"), ("a", "c")] {
            graph.put(&edge(EdgeKind::Owns, from, to)).unwrap();
        }
        graph.put(&edge(EdgeKind::PaysFor, "c", "c")).unwrap();
        let names = |found: &mut dyn Iterator<Item = PartyNumber>| {
            let mut names: Vec<_> = found.map(|party| graph.id_of(party).to_string()).collect();
            names.sort();
            names.join(" ")
        };
        let [a, c] = ["a", "c"].map(|id| graph.number(&PartyId::new(id)).unwrap());
        assert_eq!(names(&mut graph.ever_out_of(EdgeKind::Owns, a)), "b c");
        let mut holders = Vec::new();
        graph.each_holding(c, EventTime::MAX, |holding| holders.push(holding.holder));
        assert_eq!(names(&mut holders.into_iter()), "a d");
        assert_eq!(names(&mut graph.ever_into(EdgeKind::PaysFor, c)), "c");
        assert_eq!(names(&mut graph.ever_into(EdgeKind::SubUnitOf, c)), "");
    }

    #[test]
    fn of_many_edges_that_hold_a_party_each_says_what_it_said_last_and_by_whose_word() {
        let mut graph = Graph::default();
        let owns = |nth: i64| edge(EdgeKind::Owns, &format!("o{nth}"), "held");
        let percent = |percent| crate::model::Micros::whole(percent);
        graph.put(&owns(0)).unwrap();
        // The second has to make room for the third.
        graph.put(&edge(EdgeKind::SubUnitOf, "held", "whole")).unwrap();
        (1..5).for_each(|nth| graph.put(&owns(nth)).unwrap());
        let [noon, later] = [12, 13].map(|hour| Hour(hour).start());
        graph.put(&Edge { source: "court".into(), ..edge(EdgeKind::SubUnitOf, "held", "whole") }).unwrap();
        graph.put(&Edge { percent: percent(20), ..owns(1) }).unwrap();
        graph.put(&Edge { percent: percent(30), valid_from: noon, source: "court".into(), ..owns(2) }).unwrap();
        graph.put(&Edge { percent: percent(40), valid_to: Some(noon), ..owns(3) }).unwrap();
        graph.put(&Edge { percent: Some(crate::model::Micros(i64::MAX)), ..owns(4) }).unwrap();
        let held = graph.number(&PartyId::new("held")).unwrap();
        let told = |at| {
            let mut told = Vec::new();
            graph.each_holding(held, at, |holding| {
                told.push(format!("{}: {}", graph.id_of(holding.holder), graph.evidence_of(holding, at)));
            });
            told.sort();
            told
        };
        let [o0, o1, whole] =
            ["o0: edge.owns (registry)", "o1: edge.owns 20 % (registry)", "whole: edge.sub_unit_of (court)"];
        let [o2, o2_later] = ["o2: edge.owns (registry)", "o2: edge.owns 30 % (court)"];
        let (o3, o4) = ("o3: edge.owns 40 % (registry)", "o4: edge.owns 9223372036854.775807 % (registry)");
        assert_eq!(told(EventTime::MIN), [o0, o1, o2, o3, o4, whole]);
        assert_eq!(told(later), [o0, o1, o2_later, o4, whole]);
        let wholes: Vec<_> = graph.ever_wholes(held).map(|whole| graph.id_of(whole)).collect();
        assert_eq!(wholes, [PartyId::new("whole")]);
    }

    #[test]
    fn an_edge_fills_one_line_of_a_cache() {
        assert_eq!(size_of::<Line>(), 64);
    }

    #[test]
    fn ids_are_the_same_while_an_edge_says_so() {
        let mut graph = Graph::default();
        let [early, late] = [1, 6].map(|hour| Hour(hour).start());
        for (from, to, valid_to) in [("c", "b", None), ("a", "c", Some(Hour(5).start())), ("d", "d", None)] {
            graph.put(&Edge { valid_to, ..edge(EdgeKind::SameAs, from, to) }).unwrap();
        }
        assert_eq!(["b", "c", "a"].map(|id| same(&graph, id, early)), ["b a c a", "c a b a", "a b c a"]);
        assert_eq!(["b", "c", "a", "d"].map(|id| same(&graph, id, late)), ["b c b", "c b b", "a a", "d d"]);
    }
}
