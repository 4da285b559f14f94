//! An invented cloud: accounts, the parties behind them, and what they run, as native records. In: a seed; out: records in
//! the order in which they happened, with ticks. Every name is invented.

use std::collections::BTreeMap;

/// A small generator with a seed: the same numbers everywhere (splitmix64).
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Below a number.
    pub fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(end.max(1)).unwrap()).unwrap()
    }

    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}

const SKUS: [&str; 4] = ["p5.48xlarge", "p4d.24xlarge", "g5.xlarge", "m5.large"];
const PLACES: [&str; 4] = ["SG", "CN", "US", "HK"];
/// 2024-06-01T00:00:00Z.
const START: i64 = 1_717_200_000;

fn time(seconds: i64) -> String {
    tidewaiter::model::EventTime::from_seconds(START + seconds).unwrap().to_string()
}

/// Cards: accounts of customers, customers of owners, one reseller in between.
fn cards(accounts: usize, random: &mut Random) -> Vec<String> {
    let mut cards = Vec::new();
    let from = "2024-01-01T00:00:00Z";
    let parties = accounts / 3 + 2;
    for party in 0..parties {
        let place = random.pick(&PLACES);
        cards.push(format!(
            r#"{{"type":"party","id":"p-{party}","names":["Invented Party {party}"],"country":"{place}","hq":"{place}","valid_from":"{from}"}}"#
        ));
        if party > 1 && random.below(2) == 0 {
            let owner = random.below(party);
            cards.push(format!(
                r#"{{"type":"edge","kind":"owns","from":"p-{owner}","to":"p-{party}","percent":60,"valid_from":"{from}","source":"invented"}}"#
            ));
        }
    }
    for account in 0..accounts {
        let customer = random.below(parties);
        let seller = random.below(parties);
        cards.push(format!(
            r#"{{"type":"account","provider":"aws","id":"a-{account}","customer":"p-{customer}","sold_by":"p-{seller}","country":"SG","valid_from":"{from}"}}"#
        ));
    }
    cards
}

/// Records of so many accounts over some days, and a tick every few hours; the last one comes after everything.
pub fn records(seed: u64, accounts: usize, count: usize) -> (Vec<String>, String) {
    let random = &mut Random(seed);
    let mut all = cards(accounts, random);
    let mut running: BTreeMap<String, (usize, String)> = BTreeMap::new();
    let span = 12 * 86_400i64;
    for at in 0..count {
        let seconds = span * i64::try_from(at).unwrap() / i64::try_from(count).unwrap();
        let (account, when) = (random.below(accounts), time(seconds));
        match random.below(10) {
            0..=4 => {
                let (sku, machine) = (random.pick(&SKUS), format!("i-{at}"));
                all.push(format!(
                    r#"{{"type":"usage","provider":"aws","account":"a-{account}","id":"s-{at}","time":"{when}","kind":"capacity_started","sku":"{sku}","count":1,"resources":["{machine}"],"region":"east","actor":{{"ip":"198.51.100.{}"}}}}"#,
                    random.below(250)
                ));
                running.insert(machine.clone(), (account, machine));
            }
            5..=6 => {
                let Some(machine) = running.keys().next().cloned() else { continue };
                let Some((account, machine)) = running.remove(&machine) else { continue };
                all.push(format!(
                    r#"{{"type":"usage","provider":"aws","account":"a-{account}","id":"t-{at}","time":"{when}","kind":"capacity_stopped","resources":["{machine}"],"region":"east"}}"#
                ));
            }
            7 => all.push(format!(
                r#"{{"type":"usage","provider":"aws","account":"a-{account}","id":"d-{at}","time":"{when}","kind":"capacity_denied","sku":"p5.48xlarge","count":1,"reason":"policy","region":"east"}}"#
            )),
            8 => all.push(format!(
                r#"{{"type":"usage","provider":"aws","account":"a-{account}","id":"m-{at}","time":"{when}","kind":"model_used","model":"invented-large","operation":"Invoke","region":"east"}}"#
            )),
            _ => all.push("{\"neither\": \"known nor needed\"}".to_owned()),
        }
        if at % 97 == 0 {
            all.push(format!(r#"{{"type":"tick","time":"{when}"}}"#));
        }
    }
    (all, format!(r#"{{"type":"tick","time":"{}"}}"#, time(span + 3_600)))
}
