//! Parquet files that are made here, and read.

mod hostile;

use std::sync::Arc;

use parquet::basic::Compression;
use parquet::data_type::{ByteArray, ByteArrayType, DoubleType, Int64Type};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;

use crate::decode::{Item, Outcome, Settings, stream};
use crate::model::{FactKind, Text};

fn read(file: &[u8], settings: &Settings) -> Vec<Item> {
    let mut items = Vec::new();
    stream(&Text::new("s"), &mut &*file, settings, &mut |item| items.push(item));
    items
}

/// The same where the file can be moved about in.
fn read_in_place(file: &[u8], settings: &Settings) -> Vec<Item> {
    let mut items = Vec::new();
    let input = Box::new(std::io::Cursor::new(file.to_vec()));
    crate::decode::file(&Text::new("s"), input, settings, &mut |item| items.push(item));
    items
}

#[test]
fn a_value_that_is_stored_once_and_stands_everywhere_is_one_reject() {
    let row = format!("1,Usage,2024-06-01,2024-06-02,{}\n", "x".repeat(400 << 10));
    let csv = format!(
        "BillingAccountId,ChargeCategory,ChargePeriodStart,ChargePeriodEnd,ChargeDescription\n{}",
        row.repeat(200)
    );
    let file = packed(&csv, 200, Compression::SNAPPY);
    assert!(file.len() < 4 << 20, "{}", file.len());
    let items = read(&file, &Settings::default());
    let [Item { outcome: Outcome::Rejected(reason), .. }] = items.as_slice() else { panic!("{} items", items.len()) };
    assert_eq!((&*reason.code, reason.detail.contains("too much")), ("too_large", true), "{reason:?}");
}

/// A table of texts as Parquet, so many rows in a group; blank cells are null.
fn packed(csv: &str, rows: usize, compression: Compression) -> Vec<u8> {
    packed_as(csv, rows, WriterProperties::builder().set_compression(compression).build())
}

fn packed_as(csv: &str, rows: usize, properties: WriterProperties) -> Vec<u8> {
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let headers: Vec<String> = reader.headers().unwrap().iter().map(|name| name.replace([' ', '/'], "_")).collect();
    let records: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let columns: String = headers.iter().map(|name| format!("optional binary {name} (UTF8);\n")).collect();
    let schema = Arc::new(parse_message_type(&format!("message m {{ {columns} }}")).unwrap());
    let mut writer = SerializedFileWriter::new(Vec::new(), schema, Arc::new(properties)).unwrap();
    for group in records.chunks(rows) {
        let mut out = writer.next_row_group().unwrap();
        for at in 0..headers.len() {
            let cells: Vec<&str> = group.iter().map(|record| &record[at]).collect();
            let levels: Vec<i16> = cells.iter().map(|cell| i16::from(!cell.is_empty())).collect();
            let values: Vec<ByteArray> =
                cells.iter().filter(|cell| !cell.is_empty()).map(|cell| (*cell).into()).collect();
            put::<ByteArrayType>(&mut out, &values, Some(&levels), None);
        }
        out.close().unwrap();
    }
    writer.into_inner().unwrap()
}

fn put<T: parquet::data_type::DataType>(
    out: &mut SerializedRowGroupWriter<'_, Vec<u8>>,
    values: &[T::T],
    defined: Option<&[i16]>,
    repeated: Option<&[i16]>,
) {
    let mut column = out.next_column().unwrap().unwrap();
    column.typed::<T>().write_batch(values, defined, repeated).unwrap();
    column.close().unwrap();
}

#[test]
fn a_table_says_the_same_as_csv_and_as_parquet() {
    for csv in [
        include_str!("../../../tests/decode/aws/cost_report_1.csv"),
        include_str!("../../../tests/decode/aws/cost_report_2.csv"),
        include_str!("../../../tests/decode/azure/cost_details_ea.csv"),
        include_str!("../../../tests/decode/oci/cost_report.csv"),
        include_str!("../../../tests/decode/focus/other_clouds.csv"),
    ] {
        // The id of a row names its columns as written, and a path in Parquet is written otherwise.
        let csv: String = match csv.split_once('\n') {
            Some((header, rows)) => format!("{}\n{rows}", header.replace([' ', '/'], "_")),
            None => continue,
        };
        let rows = read(csv.as_bytes(), &Settings::default());
        for (rows_in_a_group, compression) in [
            (1, Compression::SNAPPY),
            (5, Compression::UNCOMPRESSED),
            (1000, Compression::ZSTD(Default::default())),
            (7, Compression::GZIP(Default::default())),
            (1000, Compression::LZ4),
            (9, Compression::LZ4_RAW),
        ] {
            let file = packed(&csv, rows_in_a_group, compression);
            let found = read(&file, &Settings::default());
            assert_eq!(read_in_place(&file, &Settings::default()), found);
            assert_eq!(found.len(), rows.len());
            for (found, row) in found.iter().zip(&rows) {
                assert_eq!((&found.outcome, &found.position), (&row.outcome, &row.position));
            }
        }
    }
}

#[test]
fn times_numbers_and_maps_are_read_by_what_they_are() {
    let schema = "message m {
        optional int64 ChargePeriodStart (TIMESTAMP(MILLIS,true));
        optional int64 ChargePeriodEnd (TIMESTAMP(MICROS,true));
        optional double ConsumedQuantity;
        optional binary ConsumedUnit (UTF8);
        optional binary ChargeCategory (UTF8);
        optional binary ProviderName (UTF8);
        optional binary BillingAccountId (UTF8);
        optional int64 BilledCost (DECIMAL(18,2));
        optional binary BillingCurrency (UTF8);
        optional group SkuPriceDetails (MAP) { repeated group key_value {
            required binary key (UTF8); optional binary value (UTF8); } }
    }";
    let schema = Arc::new(parse_message_type(schema).unwrap());
    let mut writer = SerializedFileWriter::new(Vec::new(), schema, Arc::default()).unwrap();
    let mut out = writer.next_row_group().unwrap();
    let one = Some([1, 1].as_slice());
    let texts = |text: &str| [ByteArray::from(text), ByteArray::from(text)];
    put::<Int64Type>(&mut out, &[1_717_408_800_000; 2], one, None);
    put::<Int64Type>(&mut out, &[1_717_412_400_000_000; 2], one, None);
    put::<DoubleType>(&mut out, &[0.25, 1e-7], one, None);
    for text in ["Hours", "Usage", "AWS", "111122223333"] {
        put::<ByteArrayType>(&mut out, &texts(text), one, None);
    }
    put::<Int64Type>(&mut out, &[9_832; 2], one, None);
    put::<ByteArrayType>(&mut out, &texts("USD"), one, None);
    let keys = ["InstanceType", "CoreCount"].map(ByteArray::from);
    put::<ByteArrayType>(&mut out, &keys, Some(&[2, 2, 0]), Some(&[0, 1, 0]));
    put::<ByteArrayType>(&mut out, &["p5.48xlarge"].map(ByteArray::from), Some(&[3, 2, 0]), Some(&[0, 1, 0]));
    out.close().unwrap();
    let items = read(&writer.into_inner().unwrap(), &Settings::default());
    assert_eq!(items.len(), 2);
    assert_eq!(items[1].outcome, Outcome::Irrelevant);
    let Outcome::Relevant(facts) = &items[0].outcome else { panic!("{items:?}") };
    let fact = serde_json::to_value(&facts[0]).unwrap();
    assert_eq!(fact["sku"], "p5.48xlarge");
    assert_eq!((&fact["quantity"], &fact["cost"]), (&0.25.into(), &98.32.into()));
    assert_eq!(fact["period"]["from"], "2024-06-03T10:00:00Z");
    assert_eq!(fact["period"]["to"], "2024-06-03T11:00:00Z");
}

#[test]
fn a_line_of_googles_export_is_one_fact_in_all_its_forms() {
    let objects = include_str!("../../../tests/decode/gcp/billing_three_forms.ndjson");
    let table = include_str!("../../../tests/decode/gcp/billing_three_forms.csv");
    let facts = |items: Vec<Item>| -> Vec<_> {
        let told = |item: Item| match item.outcome {
            Outcome::Relevant(facts) => facts,
            other => panic!("{other:?}"),
        };
        items.into_iter().flat_map(told).filter(|fact| fact.kind() == FactKind::UsageBilled).collect()
    };
    let found = facts(read(objects.as_bytes(), &Settings::default()));
    assert_eq!(found.len(), 2);
    assert_ne!(found[0].identity(), found[1].identity(), "lines that differ by a label are two");
    assert_eq!(facts(read(table.as_bytes(), &Settings::default())), found);
    for list in ["LIST", ""] {
        assert_eq!(facts(read(&exported(objects, list), &Settings::default())), found, "{list}");
    }
}

/// Objects of Google's export as it writes them to Parquet; lists are groups of three, or bare ones.
fn exported(objects: &str, list: &str) -> Vec<u8> {
    let pairs = "optional binary key (UTF8); optional binary value (UTF8);";
    let (open, close, deeper) = match list {
        "" => (String::from("repeated group labels {"), "}", 0),
        _ => (format!("optional group labels ({list}) {{ repeated group list {{ optional group element {{"), "}}}", 2),
    };
    let schema = format!(
        "message m {{
            optional binary billing_account_id (UTF8);
            optional group service {{ optional binary id (UTF8); optional binary description (UTF8); }}
            optional group sku {{ optional binary id (UTF8); optional binary description (UTF8); }}
            optional int64 usage_start_time (TIMESTAMP(MICROS,true));
            optional int64 usage_end_time (TIMESTAMP(MICROS,true));
            optional group project {{ optional binary id (UTF8); optional binary number (UTF8); }}
            {open} {pairs} {close}
            optional group location {{ optional binary region (UTF8); optional binary zone (UTF8); }}
            optional double cost;
            optional binary currency (UTF8);
            optional group usage {{ optional double amount; optional binary unit (UTF8); }}
            optional group invoice {{ optional binary month (UTF8); }}
        }}"
    );
    let schema = Arc::new(parse_message_type(&schema).unwrap());
    let mut writer = SerializedFileWriter::new(Vec::new(), schema.clone(), Arc::default()).unwrap();
    let mut out = writer.next_row_group().unwrap();
    let rows: Vec<serde_json::Value> = objects.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let present = 1 + deeper;
    for column in parse_columns(&schema) {
        let pointer = format!("/{}", column.join("/"));
        if let [first, .., leaf] = column.as_slice()
            && first == "labels"
        {
            let (mut defined, mut repeated, mut values) = (Vec::new(), Vec::new(), Vec::new());
            for row in &rows {
                for (at, label) in row["labels"].as_array().unwrap().iter().enumerate() {
                    repeated.push(i16::from(at > 0));
                    let text = label[leaf].as_str();
                    defined.push(present + i16::from(text.is_some()));
                    values.extend(text.map(ByteArray::from));
                }
            }
            put::<ByteArrayType>(&mut out, &values, Some(&defined), Some(&repeated));
            continue;
        }
        let cells: Vec<&serde_json::Value> = rows.iter().map(|row| row.pointer(&pointer).unwrap()).collect();
        let all = i16::try_from(column.len()).unwrap();
        let levels: Vec<i16> = cells.iter().map(|cell| all - i16::from(cell.is_null())).collect();
        match column.last().map(String::as_str) {
            Some("cost" | "amount") => {
                let values: Vec<f64> = cells.iter().filter_map(|cell| cell.as_f64()).collect();
                put::<DoubleType>(&mut out, &values, Some(&levels), None);
            }
            Some(name) if name.ends_with("_time") => {
                let time = |cell: &&serde_json::Value| crate::decode::time(cell).unwrap().nanos() / 1_000;
                put::<Int64Type>(&mut out, &cells.iter().map(time).collect::<Vec<_>>(), Some(&levels), None);
            }
            _ => {
                let values: Vec<ByteArray> = cells.iter().filter_map(|cell| cell.as_str()).map(Into::into).collect();
                put::<ByteArrayType>(&mut out, &values, Some(&levels), None);
            }
        }
    }
    out.close().unwrap();
    writer.into_inner().unwrap()
}

fn parse_columns(schema: &parquet::schema::types::TypePtr) -> Vec<Vec<String>> {
    let described = parquet::schema::types::SchemaDescriptor::new(schema.clone());
    described.columns().iter().map(|column| column.path().parts().to_vec()).collect()
}

fn fate(item: &Item) -> String {
    match &item.outcome {
        Outcome::Rejected(reason) => reason.code.to_string(),
        other => format!("{other:?}"),
    }
}

/// What the file ends with, held and in place alike.
fn code(file: &[u8], settings: &Settings) -> String {
    let code = fate(read(file, settings).last().unwrap());
    assert_eq!(fate(read_in_place(file, settings).last().unwrap()), code);
    code
}

#[test]
fn a_file_that_is_broken_foreign_or_too_large_is_one_reject() {
    let csv = include_str!("../../../tests/decode/aws/cost_report_2.csv");
    let file = packed(csv, 2, Compression::SNAPPY);
    let settings = Settings::default();
    assert_eq!(code(b"PAR1", &settings), "malformed_parquet");
    assert_eq!(code(&file[..file.len() - 1], &settings), "malformed_parquet");
    assert_eq!(code(&packed("a,b\n1,2\n", 1, Compression::SNAPPY), &settings), "unrecognised");
    assert_eq!(code(&packed("MeterCategory,b\n1,2\n", 1, Compression::SNAPPY), &settings), "unsupported:azure_cost");
    let mut small = Settings::default();
    small.limits.container_bytes = 100;
    assert_eq!(code(&file, &small), "too_large");
}

#[test]
fn columns_that_together_unpack_to_more_than_may_be_held_are_one_reject() {
    let long = "x".repeat(600_000);
    let csv = format!(
        "BillingAccountId,ChargeCategory,ChargePeriodStart,ChargePeriodEnd,ChargeDescription,SkuId,ServiceName\n\
         1,Usage,2024-06-01,2024-06-02,{long},{long},{long}\n"
    );
    let file = packed(&csv, 1, Compression::ZSTD(Default::default()));
    let mut settings = Settings::default();
    settings.limits.container_bytes = 1 << 20;
    assert_eq!(code(&file, &settings), "too_large");
    let items = read_in_place(&file, &settings);
    let [Item { outcome: Outcome::Rejected(reason), .. }] = items.as_slice() else { panic!("{} items", items.len()) };
    assert!(reason.detail.contains("hold more than 1048576 bytes (limits.container_bytes) at a time"), "{reason:?}");
}

#[test]
fn no_byte_that_is_changed_stops_the_reader() {
    let csv = include_str!("../../../tests/decode/aws/cost_report_2.csv");
    let file = packed(csv, 3, Compression::UNCOMPRESSED);
    for at in (4..file.len()).step_by(7) {
        let mut edited = file.clone();
        edited[at] ^= 0x41;
        let fates = |items: Vec<Item>| items.into_iter().map(|item| fate(&item)).collect::<Vec<_>>();
        let found = fates(read(&edited, &Settings::default()));
        assert!(!found.is_empty(), "{at}");
        assert_eq!(fates(read_in_place(&edited, &Settings::default())), found, "{at}");
    }
}
