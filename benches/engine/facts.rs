//! Small seeded generators of facts that look like those of a real account: same lengths, same shapes.

use tidewaiter::model::*;

pub use super::random::Random;

/// Seconds since 1970 at which every scenario begins: 2026-03-02T00:00:00Z.
pub const BEGIN: i64 = 1_772_409_600;

const ORDINARY: &[&str] = &["m5.large", "c5.xlarge", "t3.medium", "r5.2xlarge", "m6i.large", "c6g.4xlarge"];
const ACCELERATORS: &[&str] = &["p5.48xlarge", "p4d.24xlarge"];
const REGIONS: &[&str] = &["us-east-1", "us-west-2", "eu-west-1", "ap-southeast-1"];
const MODELS: &[&str] = &["anthropic.claude-3-5-sonnet-20240620-v1:0", "amazon.titan-text-express-v1"];
const SOURCES: &[&str] = &["audit/0", "audit/1", "audit/2", "audit/3", "audit/4", "audit/5", "audit/6", "audit/7"];

/// Whether a machine holds accelerators.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Ordinary,
    Accelerator,
}

/// A machine that runs.
#[derive(Clone, Copy)]
pub struct Machine {
    account: u32,
    sku: &'static str,
    region: &'static str,
    number: u64,
    started: i64,
}

impl Machine {
    fn resource(&self) -> ResourceId {
        ResourceId::new(format!("i-0{:016x}", self.number))
    }
}

/// The account of an index, twelve digits.
pub fn account_id(index: u32) -> AccountId {
    AccountId::new("aws", format!("{:012}", 104_000_000_000 + u64::from(index) * 104_729))
}

/// Where the fact of an ordinal was read.
pub fn position(random: &mut Random, at: u64) -> Position {
    Position { source: Text::new_static(random.one_of(SOURCES)), at }
}

/// Where a card was read.
pub fn position_of_card(at: u32) -> Position {
    Position { source: Text::new_static("cards/0"), at: at.into() }
}

pub fn instant(seconds: i64) -> EventTime {
    EventTime::from_seconds(seconds).unwrap()
}

/// When something happened that is read now: half of it by 191 s earlier, all of it by 542 s.
pub fn late(random: &mut Random, now: i64) -> i64 {
    let reach = if random.in_hundred(50) { 191 } else { 542 };
    now - i64::try_from(random.below(reach)).unwrap()
}

fn uuid(random: &mut Random) -> Text {
    let (a, b) = (random.next(), random.next());
    let (p, q, r) = (a >> 32, (a >> 16) & 0xffff, a & 0x0fff);
    Text::new(format!("{p:08x}-{q:04x}-4{r:03x}-{:04x}-{:012x}", 0x8000 | ((b >> 48) & 0x3fff), b & 0xffff_ffff_ffff))
}

/// One of the four networks of an account.
fn network(account: u32, random: &mut Random) -> NetworkPrefix {
    let [_, b, c, d] = (account * 4 + u32::try_from(random.below(4)).unwrap()).to_be_bytes();
    NetworkPrefix::of(std::net::Ipv4Addr::new(52 + b % 4, c, d, 0).into())
}

fn actor(account: u32, random: &mut Random) -> Actor {
    let principal = format!("{:016x}{:016x}", u64::from(account).wrapping_mul(0x9e37_79b9_7f4a_7c15), random.below(3));
    Actor { principal: Some(Text::new(principal)), network: Some(network(account, random)) }
}

fn usage(
    account: u32,
    event: Text,
    time: i64,
    region: &str,
    actor: Actor,
    via: Option<&str>,
    kind: UsageKind,
) -> Usage {
    let (account, region, time) = (account_id(account), Some(Region::new(region)), instant(time));
    Usage { account, event, time, region, actor, via: via.map(Text::new), kind }
}

/// A machine starts.
pub fn start(random: &mut Random, account: u32, kind: Kind, time: i64) -> (Machine, Fact) {
    let sku = random.one_of(if kind == Kind::Ordinary { ORDINARY } else { ACCELERATORS });
    let machine = Machine { account, sku, region: random.one_of(REGIONS), number: random.next(), started: time };
    let market = if random.in_hundred(20) { Market::Spot } else { Market::OnDemand };
    let resource = Some(machine.resource());
    let started = UsageKind::CapacityStarted { sku: Some(Sku::new(sku)), count: 1, resource, market };
    let (event, actor) = (uuid(random), actor(account, random));
    (machine, Fact::Usage(usage(account, event, time, machine.region, actor, Some("RunInstances"), started)))
}

/// It stops for good.
pub fn stop(random: &mut Random, machine: &Machine, time: i64) -> Fact {
    let kind = UsageKind::CapacityStopped { resource: machine.resource(), end: StopEnd::Terminated };
    let (event, actor) = (uuid(random), actor(machine.account, random));
    let time = time.max(machine.started + 1);
    let via = Some("TerminateInstances");
    Fact::Usage(usage(machine.account, event, time, machine.region, actor, via, kind))
}

/// An hour of a machine, on a bill.
pub fn billed(random: &mut Random, machine: &Machine, hour: i64) -> Fact {
    let id = Text::new(format!("{:016x}{:016x}{:016x}", random.next(), random.next(), machine.number));
    let from = instant(hour * SECONDS_PER_HOUR);
    let payer = machine.account / 100;
    let statement = Statement { export: Text::new(format!("cur-{payer:06}")), period: "2026-03".into(), version: 1 };
    let cost = Money { amount: Micros(98_320_000), currency: Currency("USD".into()) };
    let line = BilledLine {
        period: Period { from, to: instant((hour + 1) * SECONDS_PER_HOUR) },
        sku: Some(Sku::new(machine.sku)),
        meter: None,
        quantity: Micros::ONE,
        unit: BilledUnit::InstanceHours,
        cost: Some(cost),
        line: Some(id.clone()),
        resource: Some(machine.resource()),
        class: BilledClass::Run,
        issuer: Some(Text::new_static("Amazon Web Services, Inc.")),
        publisher: Some(Text::new_static("AWS")),
        payer: Some(account_id(1_000_000_000 + payer)),
        statement: Some(statement),
    };
    let kind = UsageKind::UsageBilled(Box::new(line));
    Fact::Usage(usage(machine.account, id, hour * SECONDS_PER_HOUR, machine.region, Actor::default(), None, kind))
}

/// A model is called.
pub fn model(random: &mut Random, account: u32, time: i64) -> Fact {
    let (model, operation) = (Text::new_static(random.one_of(MODELS)), Text::new_static("InvokeModel"));
    let kind = UsageKind::ModelUsed { model, operation, tokens: Some(200 + random.below(4_000)) };
    let (event, actor) = (uuid(random), actor(account, random));
    Fact::Usage(usage(account, event, time, random.one_of(REGIONS), actor, Some("InvokeModel"), kind))
}

/// The account is used from one of its networks.
pub fn sighting(random: &mut Random, account: u32, time: i64) -> Fact {
    let class = random.one_of(&[PrincipalClass::User, PrincipalClass::Role]);
    let network = network(account, random);
    Fact::Usage(Usage::sighting(account_id(account), instant(time).day(), network, class))
}
