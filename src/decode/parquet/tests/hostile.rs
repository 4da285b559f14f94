//! Files whose headers lie, or that hold little and unpack to much.

use std::sync::Arc;

use parquet::basic::{Compression, Encoding};
use parquet::data_type::{ByteArray, ByteArrayType};
use parquet::file::properties::{WriterProperties, WriterVersion};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use proptest::prelude::*;

use super::{code, fate, packed, packed_as, put, read, read_in_place};
use crate::decode::{Item, Outcome, Settings};

const BILL: &str = "BillingAccountId,ChargeCategory,ChargePeriodStart,ChargePeriodEnd,ChargeDescription\n";

fn bill(rows: usize) -> String {
    format!("{BILL}{}", "1,Usage,2024-06-01,2024-06-02,something that was used\n".repeat(rows))
}

/// What the file ends with, in words, held and in place alike.
fn told(file: &[u8], settings: &Settings) -> String {
    let told = |items: Vec<Item>| match items.last().map(|item| &item.outcome) {
        Some(Outcome::Rejected(reason)) => format!("{}: {}", reason.code, reason.detail),
        other => format!("{other:?}"),
    };
    let found = told(read(file, settings));
    assert_eq!(told(read_in_place(file, settings)), found);
    found
}

fn varint(mut number: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number >= 0x80 {
        bytes.push(u8::try_from(number & 0x7f).unwrap() | 0x80);
        number >>= 7;
    }
    bytes.push(u8::try_from(number).unwrap());
    bytes
}

/// A file that is all directory.
fn directory(bytes: &[u8]) -> Vec<u8> {
    let length = u32::try_from(bytes.len()).unwrap().to_le_bytes();
    [b"PAR1", bytes, &length, b"PAR1"].concat()
}

/// A directory that begins with so many elements.
fn schema(count: u64, elements: &[u8]) -> Vec<u8> {
    directory(&[&[0x15, 0x02, 0x19, 0xfc], &*varint(count), elements].concat())
}

#[test]
fn a_directory_that_claims_too_much_is_refused_before_it_is_believed() {
    let settings = Settings::default();
    let group = |children: u64| [&[0x35, 0x00, 0x18, 0x01, b'a', 0x15], &*varint(children * 2), &[0x00]].concat();
    let deep = schema(200_000, &group(1).repeat(200_000));
    assert!(told(&deep, &settings).starts_with("too_large"), "more elements than are read");
    let deep = schema(10_000, &group(1).repeat(10_000));
    assert!(told(&deep, &settings).contains("nests deeper"));
    assert!(told(&schema(1, &group(0x3fff_ffff)), &settings).contains("more children"));
    assert_eq!(code(&schema(u64::MAX, &group(1)), &settings), "malformed_parquet");
    assert_eq!(code(&schema(10_000, &group(0)), &settings), "malformed_parquet");
    let mut long = directory(&[0; 100]);
    let at = long.len() - 8;
    long[at..at + 4].copy_from_slice(&[0xff; 4]);
    assert_eq!(code(&long, &settings), "malformed_parquet");
    assert!(told(&directory(&vec![0; 17 << 20]), &settings).contains("directory is larger"));
    // A list of truths takes no bytes in the eyes of some readers, and as long as it says.
    let truths = directory(&[0x15, 0x02, 0x89, 0xf1, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x00]);
    assert_eq!(code(&truths, &settings), "malformed_parquet");
}

#[test]
fn what_readers_could_take_for_other_bytes_than_were_passed_over_is_refused() {
    let settings = Settings::default();
    let (root, leaf) = ([0x48, 0x01, b'r', 0x15, 0x02, 0x00], [0x15, 0x0c, 0x25, 0x00, 0x18, 0x01, b'a']);
    // Behind the schema: one row, and a row group of one column; then what stands in that.
    let group = [0x16, 0x02, 0x19, 0x1c, 0x19, 0x1c];
    let file = |logical: &[u8], behind: &[u8]| {
        let schema = [&root, &leaf[..], logical, &[0x00]].concat();
        directory(&[&[0x15, 0x02, 0x19, 0x2c], &*schema, behind].concat())
    };
    let sound = file(&[0x6c, 0x1c, 0x00, 0x00], &[0x16, 0x00, 0x19, 0x0c, 0x00]);
    assert!(told(&sound, &settings).starts_with("unrecognised"), "{}", told(&sound, &settings));
    let truths = [0x09, 0x28, 0xf1, 0xff, 0xff, 0xff, 0xff, 0x07].repeat(1_000);
    let hidden = [&[0x3c, 0xf8], &*varint(truths.len() as u64), &truths, &[0; 5]].concat();
    for (name, broken) in [
        ("a kind of text that is no struct", file(&[0x6c, 0x11, 0x00], &[0x16, 0x00, 0x19, 0x0c, 0x00])),
        ("a length of a filter that is bytes", file(&[], &[&group, &*hidden].concat())),
        ("encodings that are no numbers", file(&[], &[&group, &[0x3c, 0x29, 0x18, 0x01, b'x'][..], &[0; 5]].concat())),
        ("a key that is a list", file(&[], &[0x16, 0x00, 0x19, 0x0c, 0x19, 0x1c, 0x19, 0x11, 0x01, 0x00, 0x00])),
        ("columns told twice", file(&[], &[&group[..5], &[0x0c, 0x09, 0x0c, 0x00, 0x00][..]].concat())),
        ("row groups told twice", file(&[], &[0x16, 0x00, 0x19, 0x0c, 0x09, 0x08, 0x0c, 0x00])),
    ] {
        assert_eq!(code(&broken, &settings), "malformed_parquet", "{name}: {}", told(&broken, &settings));
    }
    let says = told(&file(&[], &[&group, &*hidden].concat()), &settings);
    assert!(says.contains("another type than it should have"), "{says}");
}

/// The same file, its last column's first page saying another number, as it is written with its sign: that of the bytes it
/// unpacks to, or of its values.
fn claiming(file: &[u8], values: bool, number: u64) -> Vec<u8> {
    let reader = SerializedFileReader::new(bytes::Bytes::copy_from_slice(file)).unwrap();
    let (start, _) = reader.metadata().row_group(0).columns().last().unwrap().byte_range();
    let behind = |at: usize| at + file[at..].iter().position(|byte| *byte < 0x80).unwrap() + 1;
    let mut at = usize::try_from(start).unwrap() + 3;
    if values {
        at = behind(behind(at) + 1);
        assert_eq!(file[at..at + 2], [0x4c, 0x15], "a dictionary's head");
        at += 2;
    }
    [&file[..at], &*varint(number), &file[behind(at)..]].concat()
}

#[test]
fn a_page_that_claims_too_much_is_refused_before_room_is_made_for_it() {
    let settings = Settings::default();
    for codec in [Compression::UNCOMPRESSED, Compression::SNAPPY, Compression::ZSTD(Default::default())] {
        let file = packed(&bill(20), 20, codec);
        let large = told(&claiming(&file, false, 0xffff_fffe), &settings);
        assert!(large.starts_with("too_large: a page says"), "{large}");
        let many = told(&claiming(&file, true, 0xffff_fffe), &settings);
        assert!(many.starts_with("too_large: the pages"), "{many}");
        // -2^33 + 2^31 - 1, of which some readers keep the low 32 bits: 2^31 - 1.
        let wide = told(&claiming(&file, false, 12_884_901_889), &settings);
        assert!(wide.contains("a number of more than 32 bits"), "{wide}");
    }
}

#[test]
fn what_was_read_before_a_broken_page_stays_read() {
    let csv = include_str!("../../../../tests/decode/aws/cost_report_2.csv");
    let file = packed(csv, 1, Compression::SNAPPY);
    let whole = read(&file, &Settings::default());
    let reader = SerializedFileReader::new(bytes::Bytes::copy_from_slice(&file)).unwrap();
    let group = reader.metadata().row_group(1);
    let mut edited = file.clone();
    for column in group.columns() {
        edited[usize::try_from(column.byte_range().0).unwrap()] = 0xff;
    }
    let items = read(&edited, &Settings::default());
    assert_eq!(items.len(), 2);
    assert_eq!((&items[0].outcome, &*fate(&items[1])), (&whole[0].outcome, "malformed_parquet"));
}

#[test]
fn values_that_are_mostly_those_before_are_counted_as_they_are_written_out() {
    let properties = |bytes: usize| {
        let builder = WriterProperties::builder().set_dictionary_enabled(false).set_data_page_size_limit(bytes);
        builder.set_encoding(Encoding::DELTA_BYTE_ARRAY).build()
    };
    let row = format!("1,Usage,2024-06-01,2024-06-02,{}\n", "x".repeat(256 << 10));
    let file = packed_as(&format!("{BILL}{}", row.repeat(100)), 100, properties(1 << 20));
    assert!(file.len() < 1 << 20, "{}", file.len());
    let mut settings = Settings::default();
    settings.limits.container_bytes = 8 << 20;
    let large = told(&file, &settings);
    assert!(large.starts_with("too_large: the pages"), "{large}");
}

#[test]
fn a_list_of_millions_of_nothing_is_one_reject() {
    let texts = BILL.trim().split(',');
    let columns: String = texts.map(|name| format!("required binary {name} (UTF8);")).collect();
    let schema = format!(
        "message m {{ {columns} optional group SkuPriceDetails (MAP) {{ repeated group key_value {{
            optional binary key (UTF8); optional binary value (UTF8); }} }} }}"
    );
    let schema = Arc::new(parse_message_type(&schema).unwrap());
    let mut writer = SerializedFileWriter::new(Vec::new(), schema, Arc::default()).unwrap();
    let mut out = writer.next_row_group().unwrap();
    for text in ["1", "Usage", "2024-06-01", "2024-06-02", "p5.48xlarge"] {
        put::<ByteArrayType>(&mut out, &[ByteArray::from(text)], None, None);
    }
    let items = 5 << 20;
    let repeated: Vec<i16> = (0..items).map(|at| i16::from(at > 0)).collect();
    for _ in ["key", "value"] {
        put::<ByteArrayType>(&mut out, &[], Some(&vec![2; items]), Some(&repeated));
    }
    out.close().unwrap();
    let file = writer.into_inner().unwrap();
    assert!(file.len() < 64 << 10, "{}", file.len());
    let large = told(&file, &Settings::default());
    assert_eq!(large, "too_large: a column unpacks to too much: items of lists");
}

#[test]
fn columns_of_which_each_stores_little_and_unpacks_to_much_are_one_reject() {
    let columns: Vec<String> =
        BILL.trim().split(',').map(str::to_owned).chain((0..9).map(|n| format!("X{n}"))).collect();
    let described: String = columns.iter().map(|name| format!("required binary {name} (UTF8);")).collect();
    let schema = Arc::new(parse_message_type(&format!("message m {{ {described} }}")).unwrap());
    let mut writer = SerializedFileWriter::new(Vec::new(), schema, Arc::default()).unwrap();
    let mut out = writer.next_row_group().unwrap();
    let long = "x".repeat(20 << 10);
    for at in 0..columns.len() {
        let text = ["1", "Usage", "2024-06-01", "2024-06-02", "p5.48xlarge"].get(at).copied().unwrap_or(&long);
        put::<ByteArrayType>(&mut out, &vec![ByteArray::from(text); 1000], None, None);
    }
    out.close().unwrap();
    let file = writer.into_inner().unwrap();
    assert!(file.len() < 300 << 10, "{}", file.len());
    assert_eq!(told(&file, &Settings::default()), "too_large: some rows unpack to too much: text");
}

#[test]
fn more_rows_than_a_file_of_its_size_can_hold_are_one_reject() {
    let file = packed(&bill(200_000), 200_000, Compression::SNAPPY);
    assert!(file.len() < 10_000, "{}", file.len());
    let mut settings = Settings::default();
    settings.limits.records_per_container = 100;
    assert_eq!(code(&file, &settings), "too_many");
    assert_eq!(read(&file, &Settings::default()).len(), 200_000);
}

/// A bill in one of the ways writers write it.
fn written(codec: usize, way: usize) -> Vec<u8> {
    let codecs = [
        Compression::UNCOMPRESSED,
        Compression::SNAPPY,
        Compression::GZIP(Default::default()),
        Compression::ZSTD(Default::default()),
        Compression::LZ4_RAW,
    ];
    let builder = WriterProperties::builder().set_compression(codecs[codec]);
    let builder = match way {
        0 => builder,
        1 => builder.set_writer_version(WriterVersion::PARQUET_2_0),
        2 => builder.set_dictionary_enabled(false),
        3 => builder.set_dictionary_enabled(false).set_encoding(Encoding::DELTA_LENGTH_BYTE_ARRAY),
        _ => builder.set_dictionary_enabled(false).set_writer_version(WriterVersion::PARQUET_2_0),
    };
    packed_as(include_str!("../../../../tests/decode/aws/cost_report_2.csv"), 3, builder.build())
}

#[test]
fn every_way_of_writing_a_bill_says_the_same() {
    let outcomes =
        |file: &[u8]| -> Vec<_> { read(file, &Settings::default()).into_iter().map(|item| item.outcome).collect() };
    let expected = outcomes(&written(0, 0));
    for (codec, way) in (0..5).flat_map(|codec| (0..5).map(move |way| (codec, way))) {
        assert_eq!(outcomes(&written(codec, way)), expected, "{codec} {way}");
    }
}

proptest! {
    #[test]
    fn bytes_that_are_changed_cost_their_file_at_most(
        codec in 0usize..5,
        way in 0usize..5,
        edits in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>(), any::<bool>()), 1..6),
    ) {
        let mut file = written(codec, way);
        for (at, byte, at_end) in edits {
            // The directory stands at the end, and its lies are the widest.
            let from = if at_end { file.len() / 2 } else { 4 };
            let at = from + at.index(file.len() - from);
            file[at] = byte;
        }
        let fates = |items: Vec<Item>| items.iter().map(fate).collect::<Vec<_>>();
        let found = fates(read(&file, &Settings::default()));
        prop_assert!(!found.is_empty());
        prop_assert_eq!(fates(read_in_place(&file, &Settings::default())), found);
    }
}
