//! A look at a record that costs next to nothing: most of an audit log is single records of calls nobody here asks about, and
//! they are known for what they are without being parsed.
//!
//! In: bytes. Out: whether they are, or begin with, one such record; where all sightings are asked for, also the one in it. It
//! says no wherever it is not sure, and then the record is read in full: it must never pass over what a full reading would keep.
//!
//! Sure means: it is one object on one line, whose brackets and strings are well formed ([`extent`]); its first key is
//! CloudTrail's, and an object with that key is CloudTrail's whatever else it holds (`aws::cloudtrail`); no escape hides a
//! letter; and wherever it names a call, the name is written plainly and is none that matters. Of line after line of JSON as
//! much follows from less ([`lines`]). Records of Google, Azure and Oracle have no key that is theirs alone: they are sure where
//! they have no other members than those clouds write, whatever their order, and the call that is named where each of them
//! names it is none that matters (`gcp::glimpse` and its neighbours). What is not whole JSON inside is not noticed: such a
//! record says nothing that could be kept but from where it was sent, and counts as if it were.

use std::sync::LazyLock;

use fearless_simd::prelude::*;
use fearless_simd::{Simd, dispatch, u8x32};

use super::extent;
use super::marks::LEVEL;
use super::members::Members;
use super::names::Names;
use super::sighting::Sighting;
use super::{Format, Settings, Sightings, aws, azure, gcp, lines, oci};

/// How CloudTrail begins its records.
pub(super) const BEGINS: &[u8; 17] = br#"{"eventVersion":""#;
/// Few names of calls are longer.
const NAME: usize = 32;
/// No name of a member is longer, with the quote behind it.
const LONGEST: usize = 32;
/// What the JSON reader takes.
const DEEPEST: usize = 127;

static MATTERS: LazyLock<Names> = LazyLock::new(|| Names::new(aws::names()));

/// Records of a cloud that are known by their members, whatever their order.
struct Kind {
    format: Format,
    /// Every member such a record may have: none of them stands first in a record of another kind.
    members: Names,
    glimpse: fn(&[u8], &Members, &Names) -> Option<Says>,
}

static KINDS: LazyLock<[Kind; 3]> = LazyLock::new(|| {
    let kind = |format, members: &[&'static str], glimpse| {
        let members = Names::new(members.iter().copied());
        Kind { format, members, glimpse }
    };
    [
        kind(Format::Gcp, gcp::MEMBERS, gcp::glimpse),
        kind(Format::Azure, azure::MEMBERS, azure::glimpse),
        kind(Format::Oci, oci::MEMBERS, oci::glimpse),
    ]
});

/// Whether bytes begin as CloudTrail writes its records: such an object is a record, whatever lists it holds.
pub(super) fn begins(bytes: &[u8]) -> bool {
    bytes.first_chunk() == Some(BEGINS)
}

/// Whether a message is one record of an audit log that says nothing, for sure.
pub(super) fn is_irrelevant(message: &[u8], settings: &Settings) -> bool {
    settings.sightings == Sightings::Relevant
        && glance(message, settings) == Some(Glance { length: message.len(), says: Says::Nothing })
}

/// A record whose end is sure.
#[derive(Debug, PartialEq)]
pub(super) struct Glance {
    /// Its bytes.
    pub(super) length: usize,
    /// What it says.
    pub(super) says: Says,
}

/// What such a record says.
#[derive(Debug, PartialEq)]
pub(super) enum Says {
    /// It is irrelevant.
    Nothing,
    /// From where its account was used.
    Sighting(Sighting),
    /// That cannot be told without reading it, but where it ends is sure.
    Unread,
}

/// The record that `bytes` begin with, if it is one of an audit log, if it ends in them, and what it says where that is sure.
pub(super) fn glance(bytes: &[u8], settings: &Settings) -> Option<Glance> {
    dispatch!(*LEVEL, simd => one(simd, bytes, settings, &mut Members::default()))
}

/// Where records follow one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Among {
    /// Lines, or whatever else stands at the top of an input; those that begin in so many bytes.
    Top { bytes: u64 },
    /// Elements of a list: so many more, in so many bytes.
    Elements { records: u64, bytes: u64 },
}

/// Records that follow one another, and the bytes up to the end of the last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) records: u64,
    pub(super) bytes: usize,
}

/// What is passed over, or shown.
#[derive(Debug)]
pub(super) enum Seen<'a> {
    /// So many records that say nothing, in so many bytes.
    Nothing(Run),
    /// A record and what it says.
    Record(&'a [u8], Says),
}

/// Tells of the records that `bytes` begin with for as long as they are one, at most `most`, and each is taken. What stands
/// between them is what `separates` them.
pub(super) fn run(
    bytes: &[u8],
    settings: &Settings,
    among: Among,
    most: u64,
    separates: impl Fn(u8) -> bool,
    take: &mut impl FnMut(Seen<'_>) -> bool,
) -> Run {
    dispatch!(*LEVEL, simd => {
        let (mut run, mut nothing, mut members) = (Run::default(), Run::default(), Members::default());
        while run.records < most {
            let rest = bytes.get(run.bytes..).unwrap_or_default();
            if run.records > 0 && among.has_line_at(run.bytes) && let Some(length) = line(simd, rest, settings) {
                nothing.add(length);
                run.add(1 + length);
                continue;
            }
            let between = rest.iter().take_while(|byte| separates(**byte)).count();
            let ahead = rest.get(between..).unwrap_or_default();
            if !among.has(run.bytes + between) {
                break;
            }
            let Some(Glance { length, says }) = one(simd, ahead, settings, &mut members) else { break };
            if !among.holds(run, between + length) {
                break;
            }
            if says == Says::Nothing {
                nothing.add(length);
            } else {
                nothing.tell(take);
                if !take(Seen::Record(ahead.get(..length).unwrap_or_default(), says)) {
                    break;
                }
            }
            run.add(between + length);
        }
        nothing.tell(take);
        run
    })
}

impl Among {
    /// Whether a line that is behind a line end there is one of these.
    fn has_line_at(self, at: usize) -> bool {
        matches!(self, Self::Top { bytes } if at as u64 + 1 < bytes)
    }

    /// Whether what begins there is one of these, as far as that can be told from where it begins.
    fn has(self, at: usize) -> bool {
        match self {
            Self::Top { bytes } => (at as u64) < bytes,
            Self::Elements { .. } => true,
        }
    }

    /// Whether one more record of so many bytes stays within bounds.
    fn holds(self, run: Run, more: usize) -> bool {
        match self {
            Self::Top { .. } => true,
            Self::Elements { records, bytes } => run.records < records && (run.bytes + more) as u64 <= bytes,
        }
    }
}

impl Run {
    fn add(&mut self, bytes: usize) {
        *self = Self { records: self.records + 1, bytes: self.bytes + bytes };
    }

    fn tell(&mut self, take: &mut impl FnMut(Seen<'_>) -> bool) {
        let nothing = std::mem::take(self);
        if nothing.records > 0 {
            take(Seen::Nothing(nothing));
        }
    }
}

/// The length of the line behind a line end, if it says nothing whatever it holds.
#[inline(always)]
fn line<S: Simd>(simd: S, bytes: &[u8], settings: &Settings) -> Option<usize> {
    if settings.sightings != Sightings::Relevant || settings.format.is_some_and(|format| format != Format::Aws) {
        return None;
    }
    let length = lines::passed(
        simd,
        bytes,
        settings.limits.depth.min(DEEPEST),
        #[inline(always)]
        |behind| is_dull(simd, behind),
    )?;
    (length <= settings.limits.record_bytes).then_some(length)
}

#[inline(always)]
fn one<S: Simd>(simd: S, bytes: &[u8], settings: &Settings, members: &mut Members) -> Option<Glance> {
    if !begins(bytes) {
        return of_another_cloud(bytes, settings, members);
    }
    if settings.format.is_some_and(|format| format != Format::Aws) {
        return None;
    }
    let deepest = settings.limits.depth.min(DEEPEST);
    let extent = match settings.sightings {
        Sightings::Relevant => extent::find(
            simd,
            bytes,
            deepest,
            #[inline(always)]
            |behind| is_dull(simd, behind),
            &mut (),
        ),
        Sightings::All => extent::find(
            simd,
            bytes,
            deepest,
            #[inline(always)]
            |behind| is_dull(simd, behind),
            members,
        ),
    }?;
    if extent.length > settings.limits.record_bytes {
        return None;
    }
    let says = match settings.sightings {
        _ if extent.hides || !extent.fine => None,
        Sightings::Relevant => Some(Says::Nothing),
        Sightings::All => aws::glimpse(bytes.get(..extent.length)?, members),
    };
    Some(Glance { length: extent.length, says: says.unwrap_or(Says::Unread) })
}

/// A scan of its own, so that the one above does not grow by it.
#[inline(never)]
fn of_another_cloud(bytes: &[u8], settings: &Settings, members: &mut Members) -> Option<Glance> {
    let kind = kind(bytes)?;
    if settings.format.is_some_and(|format| format != kind.format) {
        return None;
    }
    let deepest = settings.limits.depth.min(DEEPEST);
    let extent = dispatch!(*LEVEL, simd => extent::find(simd, bytes, deepest, |_| true, members))?;
    // No escape may hide what such a record is.
    if extent.hides || extent.length > settings.limits.record_bytes {
        return None;
    }
    let says = (kind.glimpse)(bytes.get(..extent.length)?, members, &kind.members)?;
    let says = match settings.sightings {
        Sightings::Relevant => says,
        // From where its account was used is read in full.
        Sightings::All => Says::Unread,
    };
    Some(Glance { length: extent.length, says })
}

/// Which kind of record an object may be, by its first key.
fn kind(bytes: &[u8]) -> Option<&'static Kind> {
    let text = bytes.strip_prefix(b"{")?.trim_ascii_start().strip_prefix(b"\"")?;
    let key = text.get(..memchr::memchr(b'"', text.get(..LONGEST.min(text.len()))?)?)?;
    KINDS.iter().find(|kind| kind.members.contains(key))
}

/// Whether the call that is named behind the key is none that matters, and written plainly.
#[inline(always)]
fn is_dull<S: Simd>(simd: S, behind: &[u8]) -> bool {
    let Some(text) = behind.strip_prefix(b":\"") else { return false };
    let Some(end) = plain_end(simd, text) else { return false };
    let name = text.get(..end).unwrap_or_default();
    is_bare(name) && !MATTERS.contains(name)
}

/// Where the quote stands that ends a string, if no backslash does before.
#[inline(always)]
fn plain_end<S: Simd>(simd: S, text: &[u8]) -> Option<usize> {
    let mut ends = 0;
    if let Some(beginning) = text.first_chunk::<NAME>() {
        let beginning = u8x32::from_slice(simd, beginning);
        let quotes = beginning.simd_eq(u8x32::splat(simd, b'"'));
        ends = (quotes | beginning.simd_eq(u8x32::splat(simd, b'\\'))).to_bitmask();
    }
    let end = if ends == 0 { memchr::memchr2(b'"', b'\\', text)? } else { ends.trailing_zeros() as usize };
    (text.get(end) == Some(&b'"')).then_some(end)
}

/// Whether nothing stands around a name that reading it would take away.
#[inline(always)]
fn is_bare(name: &[u8]) -> bool {
    name.first().zip(name.last()).is_some_and(|(first, last)| first.is_ascii_graphic() && last.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::record::Records;
    use crate::decode::{Outcome, Sighted};

    const RECORD: &str = r#"{"eventVersion":"1.09","userIdentity":{"type":"AssumedRole","accountId":"1"},"eventTime":"2024-06-01T00:00:00Z","eventSource":"s3.amazonaws.com","eventName":"GetObject","requestParameters":{"a":[{"b":"c"}]},"eventID":"x"}"#;

    fn sifted(message: &str) -> bool {
        is_irrelevant(message.as_bytes(), &Settings::default())
    }

    #[test]
    fn a_call_nobody_asks_about_is_passed_over() {
        assert!(sifted(RECORD));
    }

    #[test]
    fn whatever_could_matter_or_hide_something_is_read_in_full() {
        let edits: [(&str, &str); 16] = [
            ("GetObject", "RunInstances"),
            ("GetObject", "RunInstances "),
            ("GetObject", "RunInstances\\n"),
            ("GetObject", "\\tRunInstances"),
            ("GetObject", " RunInstances"),
            ("GetObject", "RunInstances\u{a0}"),
            ("GetObject", ""),
            ("GetObject", "GetObject\",\"eventName\":\"RunInstances"),
            ("\"eventName\":\"GetObject\"", "\"eventName\": \"GetObject\""),
            ("GetObject", "\\u0052unInstances"),
            ("\"eventID\"", "\"\\u0065ventName\":\"RunInstances\",\"eventID\""),
            ("\"x\"}", "\"x\"}{\"type\":\"tick\"}"),
            ("\"x\"}", "\"x\"} {\"a\":1}"),
            ("\"x\"}", "\"x\"}\n{\"a\":1}"),
            ("\"x\"}", "\"x\""),
            ("\"eventVersion\"", "\"version\""),
        ];
        for (from, to) in edits {
            let edited = RECORD.replacen(from, to, 1);
            assert!(edited != RECORD && !sifted(&edited), "{edited}");
        }
    }

    /// What a record gives that is parsed, whatever the sift says; `None` for what is no JSON.
    fn in_full(text: &str) -> Option<Vec<Outcome>> {
        let value = serde_json::from_str(text).ok()?;
        let (source, settings, mut sighted) = ("sift".into(), Settings::default(), Sighted::default());
        let mut outcomes = Vec::new();
        let mut emit = |item: crate::decode::Item| outcomes.push(item.outcome);
        Records::new(&source, &settings, &mut sighted, &mut emit).value(&value, None, 0, 0);
        Some(outcomes)
    }

    #[test]
    fn what_is_passed_over_gives_no_fact_when_it_is_read_in_full() {
        use proptest::prelude::*;
        let pieces = proptest::sample::select(vec![
            "{\"eventVersion\":\"1\"",
            ",\"eventName\":\"GetObject\"",
            ",\"eventName\":\"RunInstances\"",
            ",\"eventName\":\"RunInstances \"",
            ",\"eventName\":\"\\rRunInstances\"",
            ",\"type\":\"usage\"",
            ",\"type\":\"x\"",
            ",\"eventSource\":\"ec2.amazonaws.com\"",
            "}",
            "{",
            ",",
            "\\u0052",
            " ",
            "\n",
            "[",
            "]",
            "\"",
            ",\"a\":{\"b\":\"c\"}",
            ",\"eventname\":\"RunInstances\"",
            ",\"recipientAccountId\":\"1\"",
            ":",
            ",\"kind\":\"tick\"",
            ",\"eventTime\":\"2024-06-01T00:00:00Z\"",
            ",\"Records\":[",
            ",\"value\":[",
            ",\"detail\":{\"type\":\"tick\"",
            "{\"type\":\"tick\",\"time\":\"2024-06-01T00:00:00Z\"}",
            ",\"requestParameters\":{\"instanceType\":\"p5.48xlarge\"}",
        ]);
        proptest!(ProptestConfig::with_cases(4_000), |(parts in proptest::collection::vec(pieces, 0..16))| {
            let text = format!("{{\"eventVersion\":\"1\"{}}}", parts.concat());
            if sifted(&text) {
                let facts = in_full(&text).into_iter().flatten().find(|outcome| matches!(outcome, Outcome::Relevant(_)));
                prop_assert_eq!(facts, None, "{}", text);
            }
        });
    }

    const GOOGLE: &str = r#"{"insertId":"a","logName":"projects/p/logs/cloudaudit.googleapis.com%2Factivity","protoPayload":{"@type":"type.googleapis.com/google.cloud.audit.AuditLog","methodName":"storage.objects.get","serviceName":"storage.googleapis.com"},"timestamp":"2024-06-01T00:00:00Z"}"#;
    const AZURE: &str = r#"{ "time": "2024-06-01T00:00:00Z", "resourceId": "/SUBSCRIPTIONS/S/PROVIDERS/MICROSOFT.STORAGE/A", "operationName": "MICROSOFT.STORAGE/STORAGEACCOUNTS/LISTKEYS/ACTION", "category": "Administrative", "properties": {"a":"b"}}"#;
    const ORACLE: &str = r#"{"eventType":"com.oraclecloud.ComputeApi.GetInstance","cloudEventsVersion":"0.1","source":"ComputeApi","eventTime":"2024-06-01T00:00:00Z","data":{"eventName":"GetInstance"}}"#;

    #[test]
    fn a_call_of_another_cloud_that_nobody_asks_about_is_passed_over() {
        for record in [GOOGLE, AZURE, ORACLE] {
            assert!(sifted(record), "{record}");
            assert_eq!(in_full(record), Some(vec![Outcome::Irrelevant]), "{record}");
        }
        for (record, from, to) in [
            (GOOGLE, "storage.objects.get", "v1.compute.instances.insert"),
            (GOOGLE, "storage.objects.get", "compute.instances.insert\\n"),
            (GOOGLE, "methodName", "method_name"),
            (GOOGLE, "\"serviceName\"", "\"METHODNAME\":\"instances.insert\",\"serviceName\""),
            (GOOGLE, "storage.objects.get", "storage\\u002eobjects.get"),
            (GOOGLE, "protoPayload", "proto_payload"),
            (GOOGLE, "protoPayload", "jsonPayload"),
            (GOOGLE, "\"timestamp\"", "\"type\":\"tick\",\"timestamp\""),
            (GOOGLE, "\"timestamp\"", "\"protoPayload\":[1],\"timestamp\""),
            (GOOGLE, "\"timestamp\"", "\"eventVersion\":\"1\",\"timestamp\""),
            (GOOGLE, "\"timestamp\"", "\"time\\\"stamp\""),
            (AZURE, "LISTKEYS/ACTION", "LISTKEYS/ACTION\", \"value\": \"1"),
            (
                AZURE,
                "MICROSOFT.STORAGE/STORAGEACCOUNTS/LISTKEYS/ACTION",
                "Microsoft.Compute/VirtualMachines/Start/Action",
            ),
            (AZURE, "\"MICROSOFT.STORAGE/STORAGEACCOUNTS/LISTKEYS/ACTION\"", "{\"value\":\"x\"}"),
            (AZURE, "\"MICROSOFT.STORAGE/STORAGEACCOUNTS/LISTKEYS/ACTION\"", "\" \""),
            (AZURE, "operationName", "OperationNameValue"),
            (AZURE, "Administrative", "signInLogs"),
            (AZURE, "\"properties\"", "\"resourceId\":null,\"properties\""),
            (AZURE, "\"properties\"", "\"records\""),
            (ORACLE, "GetInstance\",", "launchINSTANCE.end\","),
            (ORACLE, "com.oraclecloud.", " com.oraclecloud."),
            (ORACLE, "com.oraclecloud.", "com.example."),
            (ORACLE, "\"source\"", "\"type\""),
        ] {
            let edited = record.replacen(from, to, 1);
            assert!(edited != record && !sifted(&edited), "{edited}");
        }
    }

    #[test]
    fn what_is_passed_over_of_other_clouds_is_irrelevant_when_it_is_read_in_full() {
        use std::cell::Cell;

        use proptest::collection::vec;
        use proptest::prelude::*;
        use proptest::sample::select;

        let google = select(vec![
            r#""insertId":"a""#,
            r#""protoPayload":{"methodName":"a.b.c"}"#,
            r#""protoPayload":{"methodName":"v1.compute.instances.insert","serviceName":"compute.googleapis.com"}"#,
            r#""protoPayload":{"methodName" : " instances.insert ","service_name":"compute.googleapis.com"}"#,
            r#""protoPayload":{"method_name":"instances.insert"}"#,
            r#""protoPayload":{"a":{"methodName":"instances.insert"},"methodName":"b"}"#,
            r#""protoPayload":{}"#,
            r#""protoPayload":null"#,
            r#""protoPayload":"x""#,
            r#""resource":{"labels":{"project_id":"p","zone":"z-a"}}"#,
            r#""timestamp":"2024-06-01T00:00:00Z""#,
            r#""logName":"projects/p/logs/x""#,
            r#""operation":{"id":"o","first":true}"#,
        ]);
        let azure = select(vec![
            r#""time":"2024-06-01T00:00:00Z""#,
            r#""resourceId":"/subscriptions/s/providers/microsoft.compute/virtualMachines/v""#,
            r#""resourceId":null"#,
            r#""operationName":"a/b""#,
            r#""operationName":"Microsoft.Compute/virtualMachines/start/action""#,
            r#""operationName":{"value":"Microsoft.Compute/virtualMachines/start/action"}"#,
            r#""operationName":"""#,
            r#""category":"Administrative""#,
            r#""category":"SignInLogs""#,
            r#""category":null"#,
            r#""status":"Succeeded""#,
            r#""resultType":"Success""#,
            r#""tenantId":"t""#,
            r#""callerIpAddress":"192.0.2.1""#,
            r#""properties":{"a":[1,{"operationName":"x"}]}"#,
        ]);
        let oracle = select(vec![
            r#""eventType":"com.oraclecloud.ComputeApi.LaunchInstance.end""#,
            r#""eventType":"com.oraclecloud.computeapi.getinstance.BEGIN""#,
            r#""eventTime":"2024-06-01T00:00:00Z""#,
            r#""source":"ComputeApi""#,
            r#""data":{"identity":{"tenantId":"t"},"additionalDetails":{"shape":"BM.GPU.H100.8"},"resourceId":"r"}"#,
        ]);
        let foreign = select(vec![
            r#""proto_payload":{"methodName":"instances.insert"}"#,
            r#""jsonPayload":{}"#,
            r#""OperationName":"Microsoft.Compute/virtualMachines/start/action""#,
            r#""OperationNameValue":"Microsoft.Compute/virtualMachines/start/action""#,
            r#""metricName":"m","timeGrain":"PT1M""#,
            r#""eventType":"Microsoft.Resources.ResourceActionSuccess""#,
            r#""eventType":"ServiceApi""#,
            r#""type":"tick""#,
            r#""eventVersion":"1""#,
            r#""eventSource":"ec2.amazonaws.com","eventName":"RunInstances""#,
            r#""detail-type":"x","detail":{}"#,
            r#""records":[{"type":"tick","time":"2024-06-01T00:00:00Z"}]"#,
            r#""message":"{\"type\":\"tick\",\"time\":\"2024-06-01T00:00:00Z\"}""#,
            r#""billing_account_id":"b""#,
            r#""a\"b":1"#,
            r#""proto\u0050ayload":{"methodName":"instances.insert"}"#,
        ]);
        let own = prop_oneof![vec(google, 1..6), vec(azure, 1..7), vec(oracle, 1..5)];
        let members = (own, vec(foreign, 0..2)).prop_map(|(own, foreign)| [own, foreign].concat()).prop_shuffle();
        let (tried, passed) = (Cell::new(0), Cell::new(0));
        proptest!(ProptestConfig::with_cases(20_000), |(members in members)| {
            let text = format!("{{{}}}", members.join(","));
            tried.set(tried.get() + 1);
            if sifted(&text) && !begins(text.as_bytes()) {
                passed.set(passed.get() + 1);
                prop_assert_eq!(in_full(&text), Some(vec![Outcome::Irrelevant]), "{}", text);
            }
        });
        assert!(passed.get() * 20 > tried.get(), "{} of {} were passed over", passed.get(), tried.get());
    }

    #[test]
    fn bytes_that_are_no_text_make_no_difference_between_what_is_passed_over_and_what_is_read() {
        let outcomes = |bytes: &[u8], at_a_time: usize| {
            let (mut outcomes, mut input) = (Vec::new(), std::io::BufReader::with_capacity(at_a_time, bytes));
            crate::decode::stream(&"s".into(), &mut input, &Settings::default(), &mut |item| {
                outcomes.push(item.outcome)
            });
            outcomes
        };
        for (record, before) in [
            (GOOGLE, "projects"),
            (GOOGLE, "storage.objects"),
            (AZURE, "/SUBSCRIPTIONS"),
            (AZURE, "MICROSOFT.STORAGE/STORAGE"),
            (ORACLE, "ComputeApi\""),
            (RECORD, "GetObject"),
        ] {
            let at = record.find(before).unwrap() + 3;
            let mangled = [&record.as_bytes()[..at], &[0xff], &record.as_bytes()[at..], b"\n"].concat();
            let found = outcomes(&mangled, 1 << 16);
            assert_eq!(found, [Outcome::Irrelevant], "{record}");
            assert_eq!(found, outcomes(&mangled, 1), "{record}");
        }
    }

    #[test]
    fn no_member_of_one_cloud_is_another_clouds_or_that_of_a_container() {
        let all: Vec<&str> = [gcp::MEMBERS, azure::MEMBERS, oci::MEMBERS].concat();
        assert!(all.iter().all(|name| all.iter().filter(|other| *other == name).count() == 1));
        assert!(all.iter().all(|name| name.len() < LONGEST && !crate::decode::split::CONTAINERS.contains(name)));
    }
}
