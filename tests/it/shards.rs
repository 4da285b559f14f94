//! Shards that speak through topics alone: whoever holds them, stops, comes back from an older snapshot or under other
//! rules, the alerts topic ends as the table of one engine that was never disturbed (P1, P3).
//!
//! The topics are lists here, compacted at random, and what is said reaches them later; the real ones are in `tests/kafka`.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::num::NonZeroU32;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestRunner};
use tidewaiter::app::service::held::{Held, Message, Outgoing, POSITION, SENDER, Taken, Topic};
use tidewaiter::decode;
use tidewaiter::engine::{Engine, Home, Member, Rulebook, Seat, Snapshot, Work};
use tidewaiter::model::*;
use tidewaiter::sinks::AlertFormat;

use super::histories::{self, History};
use super::property::{apply, bytes, canonical, other_rulebook, random, rulebook, same};

const SHARDS: u32 = 3;

#[derive(Clone, Debug)]
struct Stored {
    key: String,
    value: Option<Vec<u8>>,
    header: Option<String>,
}

/// Partitions of the three topics; what compaction took is `None`.
type Log = BTreeMap<(Topic, u32), Vec<Option<Stored>>>;

/// A process that holds a shard.
struct Process {
    held: Held,
    next: BTreeMap<Topic, usize>,
    /// What it has said and the topics do not have yet, in its order.
    on_its_way: VecDeque<Said>,
}

/// Something on its way.
enum Said {
    Claim(Outgoing),
    Word(Outgoing),
}

#[derive(Clone, Debug)]
enum Step {
    Append(usize),
    Read(u32, usize, usize),
    Publish(u32),
    /// So much of what is on its way reaches its topics.
    Deliver(u32, usize),
    Save(u32),
    /// Somebody else takes over, from the snapshot so many back; the one before goes on unaware or is gone.
    TakeOver(u32, usize, bool),
    /// One that was succeeded reads on a little and speaks; so much of what it said arrives.
    Awake(usize, usize, usize),
    Compact(u32),
    Reconfigure(u32),
    Work(u32, usize),
}

fn step() -> impl Strategy<Value = Step> {
    let shard = 0..SHARDS;
    prop_oneof![
        4 => (1usize..12).prop_map(Step::Append),
        8 => (shard.clone(), 0usize..3, 1usize..20).prop_map(|(s, t, n)| Step::Read(s, t, n)),
        6 => shard.clone().prop_map(Step::Publish),
        6 => (shard.clone(), 1usize..9).prop_map(|(s, n)| Step::Deliver(s, n)),
        2 => shard.clone().prop_map(Step::Save),
        2 => (shard.clone(), 0usize..4, any::<bool>()).prop_map(|(s, back, zombie)| Step::TakeOver(s, back, zombie)),
        2 => (any::<usize>(), 0usize..10, 0usize..9).prop_map(|(at, n, m)| Step::Awake(at, n, m)),
        2 => shard.clone().prop_map(Step::Compact),
        1 => shard.clone().prop_map(Step::Reconfigure),
        2 => (shard, 1usize..30).prop_map(|(s, n)| Step::Work(s, n)),
    ]
}

struct World {
    /// The one before and the one in force.
    books: [Rulebook; 2],
    log: Log,
    owners: Vec<Process>,
    /// Which rulebook each owner was given last.
    given: Vec<usize>,
    succeeded: Vec<(u32, Process)>,
    saved: Vec<Vec<Vec<u8>>>,
    /// What was said under each revision of an alert.
    revisions: BTreeMap<(String, String), Alert>,
}

impl World {
    fn new(books: [Rulebook; 2]) -> Self {
        let log = Topic::ALL.into_iter().flat_map(|topic| (0..SHARDS).map(move |s| ((topic, s), Vec::new()))).collect();
        let saved = vec![Vec::new(); SHARDS as usize];
        let (given, succeeded, revisions) = (vec![0; SHARDS as usize], Vec::new(), BTreeMap::new());
        let mut world = Self { books, log, owners: Vec::new(), given, succeeded, saved, revisions };
        for shard in 0..SHARDS {
            let process = world.open(shard, None, 0);
            world.owners.push(process);
        }
        world
    }

    fn append(&mut self, fact: &Fact, at: usize) {
        let shards = NonZeroU32::new(SHARDS).unwrap();
        let homes: Vec<u32> = match Home::of(fact, shards) {
            Home::Shard(shard) => vec![shard],
            Home::Every => (0..SHARDS).collect(),
        };
        for home in homes {
            let (value, header) = (Some(serde_json::to_vec(fact).unwrap()), Some(format!("history:{at}")));
            self.log.get_mut(&(Topic::Facts, home)).unwrap().push(Some(Stored { key: String::new(), value, header }));
        }
    }

    /// Takes a shard over, from a snapshot or from nothing.
    fn open(&mut self, shard: u32, saved: Option<&[u8]>, book: usize) -> Process {
        let seat = Seat { shard, of: NonZeroU32::new(SHARDS).unwrap(), epoch: 1 };
        let book = self.books[book].clone();
        let member = match saved {
            Some(saved) => Member::restore(book, seat, Snapshot::read([saved]).unwrap()).unwrap(),
            None => Member::empty(book, seat, None),
        };
        let facts = member.position() as usize;
        let next = BTreeMap::from([(Topic::Facts, facts), (Topic::Contributions, 0), (Topic::Alerts, 0)]);
        let mut held = Held::new(member, shard, AlertFormat::Json);
        let on_its_way = VecDeque::from([Said::Claim(held.claim("test"))]);
        Process { held, next, on_its_way }
    }

    /// The next things on their way arrive.
    fn deliver(&mut self, process: &mut Process, most: usize) {
        for _ in 0..most {
            match process.on_its_way.pop_front() {
                Some(Said::Claim(claim)) => {
                    let offset = self.send(claim);
                    process.held.claimed(offset);
                }
                Some(Said::Word(word)) => {
                    self.send(word);
                }
                None => return,
            }
        }
    }

    fn note(&mut self, out: &Outgoing) {
        if let (Topic::Alerts, Some(value)) = (out.topic, &out.value) {
            let alert: Alert = serde_json::from_slice(value).unwrap();
            let revision = serde_json::to_string(&alert.revision).unwrap();
            let said = self.revisions.entry((alert.id.to_string(), revision.clone())).or_insert_with(|| alert.clone());
            assert!(said.says_the_same_as(&alert), "{revision} says two things:\n{said:?}\n{alert:?}");
        }
    }

    fn send(&mut self, out: Outgoing) -> u64 {
        let header = out.headers.iter().find(|(name, _)| *name == SENDER || *name == POSITION);
        let header = header.map(|(_, value)| value.clone());
        let partition = self.log.get_mut(&(out.topic, out.partition)).unwrap();
        partition.push(Some(Stored { key: out.key, value: out.value, header }));
        partition.len() as u64 - 1
    }

    fn read(&self, process: &mut Process, shard: u32, topic: Topic, most: usize) {
        let partition = &self.log[&(topic, shard)];
        let next = process.next.get_mut(&topic).unwrap();
        for _ in 0..most {
            let Some(stored) = partition.get(*next) else { break };
            if let Some(stored) = stored {
                let (key, value, header) = (stored.key.as_bytes(), stored.value.as_deref(), stored.header.as_deref());
                let taken = process.held.take(topic, Message { offset: *next as u64, key, value, header });
                assert!(!matches!(taken, Taken::Unread(..)), "{taken:?}: {stored:?}");
            }
            *next += 1;
        }
        if *next >= partition.len() {
            process.held.reached(topic);
        }
    }

    fn publish(&mut self, process: &mut Process) -> usize {
        let waits = !process.held.member().waits_for().is_empty();
        let out = process.held.publish();
        let count = out.len();
        for out in out {
            if waits && out.topic == Topic::Alerts {
                self.stays_as_it_was(&out);
            }
            self.note(&out);
            process.on_its_way.push_back(Said::Word(out));
        }
        count
    }

    /// Who has not heard every shard opens no alert about a group, and withdraws none.
    fn stays_as_it_was(&self, out: &Outgoing) {
        let known = self.revisions.iter().find(|((id, _), _)| *id == out.key).map(|(_, alert)| alert.clone());
        let opened = out.value.as_deref().map(|value| serde_json::from_slice::<Alert>(value).unwrap());
        let is_group = |alert: &Alert| alert.subject.subject.kind != SubjectKind::Account;
        match (known, opened) {
            (None, Some(opened)) => assert!(!is_group(&opened), "opened, though not all were heard: {opened:?}"),
            (Some(known), None) => assert!(!is_group(&known), "withdrawn, though not all were heard: {known:?}"),
            (Some(_), Some(_)) | (None, None) => {}
        }
    }

    fn work(&mut self, shard: u32, most: usize) {
        self.with(shard, |_, process| {
            if process.held.work(most) == Work::Done {
                process.next.insert(Topic::Contributions, 0);
                process.on_its_way.push_back(Said::Claim(process.held.claim("test")));
            }
        });
    }

    fn with<T>(&mut self, shard: u32, act: impl FnOnce(&mut Self, &mut Process) -> T) -> T {
        let at = shard as usize;
        let placeholder = Process {
            held: Held::new(
                Member::empty(
                    self.books[0].clone(),
                    Seat { shard, of: NonZeroU32::new(SHARDS).unwrap(), epoch: 1 },
                    None,
                ),
                shard,
                AlertFormat::Json,
            ),
            next: BTreeMap::new(),
            on_its_way: VecDeque::new(),
        };
        let mut process = std::mem::replace(&mut self.owners[at], placeholder);
        let result = act(self, &mut process);
        self.owners[at] = process;
        result
    }

    /// Keeps the last of every key, as the broker does; the newest message always stays.
    fn compact(&mut self, shard: u32) {
        for topic in [Topic::Contributions, Topic::Alerts] {
            let partition = self.log.get_mut(&(topic, shard)).unwrap();
            let last = partition.len();
            let mut seen = BTreeSet::new();
            for (at, slot) in partition.iter_mut().enumerate().rev() {
                if slot.as_ref().is_some_and(|stored| !seen.insert(stored.key.clone())) && at + 1 != last {
                    *slot = None;
                }
            }
        }
    }

    fn take(&mut self, step: Step, facts: &[Fact], appended: &mut usize) {
        match step {
            Step::Append(count) => {
                let end = facts.len().min(*appended + count);
                for (at, fact) in facts.iter().enumerate().take(end).skip(*appended) {
                    self.append(fact, at);
                }
                *appended = end;
            }
            Step::Read(shard, topic, most) => {
                self.with(shard, |world, process| world.read(process, shard, Topic::ALL[topic], most));
            }
            Step::Publish(shard) => {
                self.with(shard, |world, process| world.publish(process));
            }
            Step::Deliver(shard, most) => {
                self.with(shard, |world, process| world.deliver(process, most));
            }
            Step::Save(shard) => {
                let snapshot = self.owners[shard as usize].held.member().engine().snapshot();
                self.saved[shard as usize].push(bytes(&snapshot, 0));
            }
            Step::TakeOver(shard, back, zombie) => {
                let saved = self.saved[shard as usize].iter().rev().nth(back).cloned();
                self.given[shard as usize] = 1;
                let new = self.open(shard, saved.as_deref(), 1);
                let old = std::mem::replace(&mut self.owners[shard as usize], new);
                if zombie {
                    self.succeeded.push((shard, old));
                }
            }
            Step::Awake(at, most, arrive) if !self.succeeded.is_empty() => {
                let (shard, mut process) = self.succeeded.swap_remove(at % self.succeeded.len());
                self.read(&mut process, shard, Topic::Facts, most);
                self.publish(&mut process);
                self.deliver(&mut process, arrive);
                self.succeeded.push((shard, process));
            }
            Step::Awake(..) => {}
            Step::Compact(shard) => self.compact(shard),
            Step::Reconfigure(shard) => {
                self.given[shard as usize] = 1;
                let book = self.books[1].clone();
                self.owners[shard as usize].held.member_mut().reconfigure(book).unwrap();
            }
            Step::Work(shard, most) => self.work(shard, most),
        }
    }

    /// Lets everybody read to the ends and speak, until nobody has anything to say any more.
    fn settle(&mut self) {
        for shard in 0..SHARDS {
            if self.given[shard as usize] == 0 {
                let book = self.books[1].clone();
                self.owners[shard as usize].held.member_mut().reconfigure(book).unwrap();
            }
            self.work(shard, usize::MAX);
        }
        for _ in 0..50 {
            let mut said = 0;
            for shard in 0..SHARDS {
                if self.owners[shard as usize].held.is_succeeded() {
                    // A claim of one who was succeeded arrived after its own: whose shard it is claims it anew.
                    self.owners[shard as usize] = self.open(shard, None, 1);
                    said += 1;
                }
                said += self.with(shard, |world, process| {
                    Topic::ALL.into_iter().for_each(|topic| world.read(process, shard, topic, usize::MAX));
                    let said = world.publish(process) + process.on_its_way.len();
                    world.deliver(process, usize::MAX);
                    said
                });
            }
            // What those who were succeeded said arrives at last.
            for (_, mut process) in std::mem::take(&mut self.succeeded) {
                said += process.on_its_way.len();
                self.deliver(&mut process, usize::MAX);
            }
            if said == 0 && !self.owners.iter().any(|process| process.held.is_succeeded()) {
                return;
            }
        }
        panic!("they never fall silent");
    }

    /// What somebody who reads the alerts topic from its beginning knows.
    fn table(&self) -> Vec<Alert> {
        let mut table: BTreeMap<String, Alert> = BTreeMap::new();
        for shard in 0..SHARDS {
            for stored in self.log[&(Topic::Alerts, shard)].iter().flatten() {
                match &stored.value {
                    Some(value) => table.insert(stored.key.clone(), serde_json::from_slice(value).unwrap()),
                    None => table.remove(&stored.key),
                };
            }
        }
        table.values().map(Alert::canonical).collect()
    }
}

fn run(seed: u64, cases: u32) {
    println!("seed {seed}; TIDEWAITER_SEED={seed} runs the same histories");
    let config = Config { cases, rng_seed: RngSeed::Fixed(seed), failure_persistence: None, ..Config::default() };
    let book = rulebook();
    let books = [other_rulebook(&book), book];
    let strategy = (histories::history(), prop::collection::vec(step(), 10..120));
    let result = TestRunner::new(config).run(&strategy, |(History(facts), steps)| {
        // What no decoder would let in cannot stand in a log.
        let stands = |fact: &Fact| decode::logged(&serde_json::to_vec(fact).unwrap()).is_ok();
        let facts: Vec<Fact> = facts.into_iter().filter(stands).collect();
        let mut whole = Engine::new(books[1].clone());
        apply(&mut whole, &facts);
        whole.publish();
        let mut world = World::new(books.clone());
        let mut appended = 0;
        steps.into_iter().for_each(|step| world.take(step, &facts, &mut appended));
        world.take(Step::Append(usize::MAX / 2), &facts, &mut appended);
        world.settle();
        same(&world.table(), &canonical(&whole), "the alerts topic is not the table")?;
        // Whoever comes now finds nothing to say.
        for shard in 0..SHARDS {
            world.compact(shard);
            world.take(Step::TakeOver(shard, 0, false), &facts, &mut appended);
        }
        world.settle();
        same(&world.table(), &canonical(&whole), "a fresh start changed the table")
    });
    result.unwrap_or_else(|error| panic!("seed {seed}: {error}"));
}

#[test]
fn shards_that_change_hands_publish_what_one_engine_does() {
    let seed = std::env::var("TIDEWAITER_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or_else(random);
    run(seed, Config::default().cases);
}
