use super::*;
use crate::model::{AccountId, Attribute, EdgeKind, Fact, Party, Told};
use crate::parties::{ListFormat, ListSource, fixtures};
use crate::written::Source;

fn lists(effect: &str, entries: &str) -> Lists {
    let text =
        format!("list: {{id: l, title: t, source: s, effect: {effect}, as_of: 2024-01-01}}\nentries:\n{entries}");
    let source = ListSource { source: Source { name: "l.yaml".into(), text: text.into() }, format: ListFormat::Own };
    Lists::read(&[source]).unwrap_or_else(|problems| panic!("{problems}"))
}

fn card(id: &str, names: &[&str], domains: &[&str], person: bool) -> Fact {
    let text = |list: &[&str]| list.iter().map(Text::new).collect();
    Fact::Party(Party { names: text(names), domains: text(domains), person, ..fixtures::party(id, EventTime::MIN) })
}

/// An account of `sub`, which `mid` and above it `top` own.
fn world(cards: &[Fact]) -> (Parties, Account) {
    let mut parties = Parties::default();
    let account = fixtures::account(&AccountId::new("aws", "1"), EventTime::MIN);
    let account = Account { customer: Some(PartyId::new("sub")), ..account };
    parties.put(&Fact::Account(account.clone()));
    parties.put(&fixtures::edge(EdgeKind::Owns, "mid", "sub", Some(60)));
    parties.put(&fixtures::edge(EdgeKind::Owns, "top", "mid", Some(60)));
    cards.iter().for_each(|card| parties.put(card));
    (parties, account)
}

fn on(day: &str) -> EventTime {
    Day::parse(day).unwrap().start()
}

fn told_on(lists: &Lists, (parties, account): &(Parties, Account), at: EventTime) -> Vec<String> {
    let chain = parties.chain(&account.account, &[], at);
    let hits = lists.hits(parties, &chain, Some(account), at);
    let line = |hit: &Hit| {
        let (verdict, role) = (hit.verdict.as_str(), hit.role.as_str());
        format!("{verdict} {} {role} {} {} {}", hit.entry, hit.party, hit.score, hit.why)
    };
    hits.iter().map(line).collect()
}

fn told(lists: &Lists, world: &(Parties, Account)) -> Vec<String> {
    told_on(lists, world, on("2024-06-01"))
}

#[test]
fn names_match_exactly_or_after_folding_and_aliases_say_so() {
    let lists = lists("licence", "  - {id: e, names: ['Example Lab, Inc.', 示例实验室], from: 2024-01-01}\n");
    let named = |name: &str| told(&lists, &world(&[card("sub", &[name], &[], false)]));
    assert_eq!(named("Example Lab, Inc."), ["listed e customer sub 1 name \"Example Lab, Inc.\", exact"]);
    assert_eq!(
        named("EXAMPLE LAB INC"),
        ["listed e customer sub 0.98 name \"Example Lab, Inc.\", exact after folding"]
    );
    assert_eq!(named(" 示例实验室 "), ["listed e customer sub 1 alias \"示例实验室\", exact"]);
    assert_eq!(
        named("Example Lab"),
        ["listed e customer sub 0.96 like name \"Example Lab, Inc.\": same letters, but for spaces and legal form"]
    );
    assert!(named("Another Lab").is_empty());
    assert!(named("…").is_empty());
}

#[test]
fn whom_only_a_bill_names_is_screened_under_that_name() {
    let lists = lists("licence", "  - {id: e, names: ['Example Lab, Inc.'], from: 2024-01-01}\n");
    let account = AccountId::new("azure", "1");
    let of = |parties: &Parties, attribute, name: &str| {
        let told = Told { day: Day(19_783), attribute, value: name.into(), column: "c".into() };
        let chain = parties.chain(&account, &[told], on("2024-06-01"));
        lists.hits(parties, &chain, None, on("2024-06-01")).iter().map(|hit| hit.why.to_string()).collect::<Vec<_>>()
    };
    let nobody = Parties::default();
    let why = "name \"Example Lab, Inc.\", exact after folding";
    assert_eq!(of(&nobody, Attribute::Customer, "EXAMPLE LAB INC"), [why]);
    assert_eq!(of(&nobody, Attribute::Distributor, "EXAMPLE LAB INC"), [""; 0], "it supplies nobody");
    assert_eq!(of(&nobody, Attribute::SoldBy, "Another Lab"), [""; 0]);
    let mut parties = Parties::default();
    parties.put(&card("lab", &["Example Lab Inc", "EL"], &[], false));
    assert_eq!(of(&parties, Attribute::SoldBy, "el"), [why], "by every name of the card that has this one");
}

#[test]
fn an_entry_counts_from_its_first_day_up_to_the_day_it_ends() {
    let lists = lists("blocks", "  - {id: e, names: [Lab], from: 2024-03-01, to: 2024-03-03}\n");
    let world = world(&[card("sub", &["Lab"], &[], false)]);
    let hits = |day| told_on(&lists, &world, on(day)).len();
    assert_eq!(["2024-02-29", "2024-03-01", "2024-03-02", "2024-03-03"].map(hits), [0, 1, 1, 0]);
}

#[test]
fn whoever_stands_above_the_customer_is_an_affiliate() {
    let lists =
        lists("licence", "  - {id: e, names: [Top], from: 2024-01-01}\n  - {id: f, names: [Mid], from: 2024-01-01}\n");
    let world = world(&[card("top", &["Top"], &[], false), card("mid", &["Mid"], &[], false)]);
    assert_eq!(
        told(&lists, &world),
        [
            "affiliate e owner top 1 owner of sub: name \"Top\", exact",
            "affiliate f parent mid 1 parent of sub: name \"Mid\", exact",
        ]
    );
}

#[test]
fn the_parent_of_a_listed_sub_unit_is_an_affiliate_even_when_not_listed_itself() {
    let lists = lists(
        "licence",
        "  - {id: uni, names: [University], to: 2020-01-01}
  - {id: lab, names: [Listed Lab], kind: sub_unit, of: uni, from: 2024-01-01, domains: [uni.example]}\n",
    );
    let named = |name: &str, domain: &str| told(&lists, &world(&[card("sub", &[name], &[domain], false)]));
    let parent = "affiliate lab customer sub 1 listed sub-unit \"Listed Lab\"; parent by name \"University\", exact";
    assert_eq!(named("University", "uni.example"), [parent]);
    assert_eq!(named("Listed Lab", "x.example"), ["listed lab customer sub 1 name \"Listed Lab\", exact"]);
}

#[test]
fn a_domain_alone_is_the_weakest_verdict() {
    let lists = lists("blocks", "  - {id: e, names: [Lab], domains: [lab.example], from: 2024-01-01}\n");
    let mut world = world(&[card("sub", &["Other"], &["gpu.Lab.example"], false)]);
    assert_eq!(told(&lists, &world), ["domain e customer sub 0.9 domain gpu.lab.example is under lab.example"]);
    world.0.put(&card("sub", &["Other"], &["notlab.example"], false));
    assert!(told(&lists, &world).is_empty());
    world.1.email_domain = Some("LAB.example".into());
    assert_eq!(told(&lists, &world), ["domain e customer sub 0.9 account's e-mail domain lab.example"]);
    world.0.put(&card("sub", &["Lab"], &["lab.example"], false));
    assert_eq!(told(&lists, &world), ["listed e customer sub 1 name \"Lab\", exact"]);
}

#[test]
fn an_account_without_customer_is_screened_by_its_own_domain() {
    let lists = lists("risk", "  - {id: e, names: [Lab], domains: [lab.example], from: 2024-01-01}\n");
    let account = fixtures::account(&AccountId::new("aws", "1"), EventTime::MIN);
    let account = Account { email_domain: Some("lab.example".into()), ..account };
    assert_eq!(
        told(&lists, &(Parties::default(), account)),
        ["domain e account aws/1 0.9 account's e-mail domain lab.example"]
    );
}

#[test]
fn persons_are_screened_only_against_persons_and_nobody_else_is() {
    let lists = lists(
        "blocks",
        "  - {id: org, names: [Jo Example], domains: [jo.example], from: 2024-01-01}
  - {id: person, names: [Jo Example], domains: [jo.example], kind: person, from: 2024-01-01}\n",
    );
    let hits = |person: bool, names: &[&str]| told(&lists, &world(&[card("sub", names, &["jo.example"], person)]));
    assert_eq!(hits(true, &["Jo Example"]), ["listed person customer sub 1 name \"Jo Example\", exact"]);
    assert_eq!(hits(false, &["Jo Example"]), ["listed org customer sub 1 name \"Jo Example\", exact"]);
    assert_eq!(hits(true, &[]), ["domain person customer sub 0.9 domain jo.example"]);
}

#[test]
fn reported_is_never_listed() {
    let lists = lists("reported", "  - {id: e, names: [Lab, Top]}\n");
    let world = world(&[card("sub", &["Lab"], &[], false), card("top", &["Top"], &[], false)]);
    assert_eq!(
        told(&lists, &world),
        [
            "affiliate e owner top 1 owner of sub: alias \"Top\", exact; listed since a date not stated",
            "reported e customer sub 1 name \"Lab\", exact; listed since a date not stated",
        ]
    );
}

#[test]
fn a_hit_shows_what_is_said_of_a_party_and_what_it_says() {
    let entry = "  - {id: e, names: [Lab], from: 2024-01-01, claim: denied, response: said it did not buy}\n";
    let told = told(&lists("reported", entry), &world(&[card("sub", &["Lab"], &[], false)]));
    assert_eq!(told, ["reported e customer sub 1 name \"Lab\", exact; claim: denied; response: said it did not buy"]);
}

#[test]
fn every_id_of_one_party_is_screened_as_that_party() {
    let lists = lists("blocks", "  - {id: e, names: [Old Name], from: 2024-01-01}\n");
    let mut world = world(&[card("sub", &["New Name"], &[], false), card("was", &["Old Name"], &[], false)]);
    world.0.put(&fixtures::edge(EdgeKind::SameAs, "was", "sub", None));
    assert_eq!(told(&lists, &world), ["listed e customer sub 1 name \"Old Name\", exact"]);
}

#[test]
fn a_likeness_is_told_apart_from_a_match() {
    let lists = lists("licence", "  - {id: e, names: ['Qingyun Photonics (Shanghai) Co., Ltd.'], from: 2024-01-01}\n");
    let named = |name: &str| {
        let told = told(&lists, &world(&[card("sub", &[name], &[], false)]));
        told.first().map(|line| line.split_whitespace().take(2).collect::<Vec<_>>().join(" ")).unwrap_or_default()
    };
    assert_eq!(named("Shanghai Qingyun Photonics"), "listed e");
    assert_eq!(named("Qingyun Zhihui Photonics"), "similar e");
    assert_eq!(named("Beijing Qingyun Photonics"), "");
}

#[test]
fn a_part_and_its_whole_are_affiliates_by_their_names_alone() {
    let lists = lists("licence", "  - {id: uni, names: [Ruritania University], from: 2024-01-01}\n");
    let part = "Ruritania University, Strelsau Institute of Optics";
    let why = |name: &str| told(&lists, &world(&[card("sub", &[name], &[], false)]));
    assert!(
        why(part)[0].starts_with("affiliate uni customer sub 0.62 like name \"Ruritania University\""),
        "{:?}",
        why(part)
    );
    let lists = self::lists("licence", &format!("  - {{id: lab, names: ['{part}'], from: 2024-01-01}}\n"));
    let told = told(&lists, &world(&[card("sub", &["Ruritania University"], &[], false)]));
    assert!(told[0].starts_with("affiliate lab customer sub 0.62 "), "{told:?}");
}

#[test]
fn a_mailbox_anybody_can_have_names_nobody() {
    let lists = lists("blocks", "  - {id: e, names: [Lab], domains: [gmail.com, lab.example], from: 2024-01-01}\n");
    assert!(told(&lists, &world(&[card("sub", &["Other"], &["gmail.com"], false)])).is_empty());
}

#[test]
fn a_known_domain_names_whose_it_is_though_no_entry_says_so() {
    let lists = lists("blocks", "  - {id: e, names: [Shenzhen University], from: 2024-01-01}\n");
    assert_eq!(
        told(&lists, &world(&[card("sub", &["Other"], &["cs.szu.edu.cn"], false)])),
        ["domain e customer sub 0.9 domain cs.szu.edu.cn, known as that of name \"Shenzhen University\""]
    );
}

proptest::proptest! {
    #[test]
    fn a_match_depends_on_nothing_else_that_is_listed(
        names in proptest::collection::vec("[ABab .]{1,3}[Aa]", 1..12),
        own in "[ABab .]{1,3}[Aa]",
    ) {
        let entry = |(at, name): (usize, &String)| format!("  - {{id: '{at}', names: ['{name}']}}\n");
        let all: String = names.iter().enumerate().map(entry).collect();
        let world = world(&[card("sub", &[&own], &[], false)]);
        let mut one_by_one: Vec<_> = names.iter().enumerate().flat_map(|e| told(&lists("risk", &entry(e)), &world)).collect();
        let mut together = told(&lists("risk", &all), &world);
        one_by_one.sort();
        together.sort();
        proptest::prop_assert_eq!(together, one_by_one);
    }
}

/// The organisations public reporting named, each on a list under its English name alone.
#[test]
fn everybody_reporting_named_is_found_by_every_name_and_domain() {
    use pinyin::ToPinyin;
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/facts/seed_entities.csv");
    let Ok(text) = std::fs::read_to_string(path) else {
        println!("SKIPPED (no ../shared/facts): everybody_reporting_named_is_found_by_every_name_and_domain");
        return;
    };
    // What stands in brackets is a remark, except in Chinese names.
    let plain = |text: &str| text.split(" (").next().unwrap().trim().to_owned();
    let mut missed = Vec::new();
    for row in csv::Reader::from_reader(text.as_bytes()).records() {
        let row = row.unwrap();
        let name = plain(&row[0]);
        let lists = lists("reported", &format!("  - {{id: e, names: ['{name}']}}\n"));
        let by_name =
            |asked: &str| lists.ask(asked, AskedAs::Organisation, Day(20_000)).first().map(|named| named.verdict);
        let mut expect = |asked: &str, verdicts: &[Verdict]| {
            if by_name(asked).is_none_or(|found| !verdicts.contains(&found)) {
                missed.push(format!("{name} by {asked}: {:?}", by_name(asked)));
            }
        };
        let named = [Verdict::Reported];
        let aliases = row[1].split(';').filter(|alias| !alias.contains(" (") && !alias.trim().starts_with("part of"));
        for alias in aliases.map(str::trim).filter(|alias| !alias.is_empty()) {
            expect(alias, &[Verdict::Reported, Verdict::Affiliate]);
        }
        for han in row[2].split([';', '/']).map(plain).filter(|han| !han.is_empty()) {
            expect(&han, &named);
            let spelt: Vec<_> = han.chars().filter_map(|letter| Some(letter.to_pinyin()?.plain())).collect();
            if spelt.len() == han.chars().count() && !han.contains('重') && !han.contains('长') {
                expect(&spelt.join(" "), &named);
                expect(&spelt.concat(), &named);
            }
        }
        for domain in row[3]
            .split(';')
            .filter(|domain| !domain.contains("(parent)"))
            .map(plain)
            .filter(|domain| !domain.is_empty())
        {
            expect(&domain, &[Verdict::Domain]);
        }
        for part in row[1].split(';').filter(|alias| alias.contains(&format!("{name}, "))) {
            expect(part, &[Verdict::Affiliate]);
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

mod official {
    use super::*;

    fn read(file: &str, test: &str) -> Option<Lists> {
        let path = format!(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data/lists/{}"), file);
        let Ok(text) = std::fs::read_to_string(path) else {
            println!("SKIPPED (no ../shared/data): {test}");
            return None;
        };
        let source = Source { name: file.into(), text: text.into() };
        Some(Lists::read(&[ListSource { source, format: ListFormat::Csl { as_of: None } }]).unwrap())
    }

    fn hits(lists: &Lists, name: &str, person: bool) -> Vec<String> {
        told(lists, &world(&[card("sub", &[name], &[], person)]))
    }

    #[test]
    fn the_2019_layout_is_read_and_found_in() {
        let Some(lists) = read("csl_sample_2019.csv", "the_2019_layout_is_read_and_found_in") else { return };
        let counted: Vec<_> = lists.summary().iter().map(|l| (l.id.as_str(), l.entries, l.persons)).collect();
        assert_eq!(
            counted,
            [
                ("csl-cap", 1, 0),
                ("csl-dpl", 8, 0),
                ("csl-dtc", 10, 0),
                ("csl-el", 22, 0),
                ("csl-isn", 3, 0),
                ("csl-plc", 13, 13),
                ("csl-sdn", 26, 7),
                ("csl-ssi", 26, 0),
                ("csl-uvl", 4, 0),
            ]
        );
        let cetc = "Communication, Telemetry and Telecontrol Research Institute (CTI)";
        let exact = hits(&lists, cetc, false);
        assert!(exact[0].starts_with("listed ") && exact[0].ends_with(&format!("alias {cetc:?}, exact")), "{exact:?}");
        let folded = hits(&lists, "ak transneft, oao", false);
        assert!(folded[0].contains("exact after folding"), "{folded:?}");
    }

    #[test]
    fn the_2025_layout_is_read_and_found_in() {
        let Some(lists) = read("csl_sample_2025-06.csv", "the_2025_layout_is_read_and_found_in") else { return };
        assert_eq!(lists.entries().len(), 13);
        let exact = hits(&lists, "HSRI", false);
        assert!(exact[0].ends_with("alias \"HSRI\", exact"), "{exact:?}");
        let folded = hits(&lists, "SinoBright Import & Export Company", false);
        assert!(!folded[0].contains("exact"), "a word is not a sign: {folded:?}");
        assert_eq!(hits(&lists, "SINOBRIGHT IMPORT AND EXPORT COMPANY", false).len(), 1);
    }

    #[test]
    fn persons_on_official_lists_never_match_organisations() {
        for file in ["csl_sample_2019.csv", "csl_sample_2025-06.csv"] {
            let Some(lists) = read(file, "persons_on_official_lists_never_match_organisations") else { return };
            let persons: Vec<_> = lists.entries().iter().filter(|entry| entry.kind == EntryKind::Person).collect();
            assert!(!persons.is_empty());
            for person in persons {
                assert!(hits(&lists, &person.names[0], false).is_empty(), "{person:?}");
                assert!(!hits(&lists, &person.names[0], true).is_empty(), "{person:?}");
            }
        }
    }
}
