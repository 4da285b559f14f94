//! An invented bill in FOCUS columns, as CSV and as Parquet, and a bare scan of each: every cell is read, and nothing is asked of it.
//!
//! In: a seed and a size. Out: two files of the same rows, 5 in 1,000 of which bill accelerators and 10 other machines.

use std::fs::File;
use std::io::BufWriter;
use std::path::Path;
use std::sync::Arc;

use parquet::basic::{Compression, ZstdLevel};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::{ByteArray, ByteArrayType, DataType};
use parquet::file::properties::WriterProperties;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;

use super::random::Random;

const COLUMNS: [&str; 42] = [
    "AvailabilityZone",
    "BilledCost",
    "BillingAccountId",
    "BillingAccountName",
    "BillingCurrency",
    "BillingPeriodEnd",
    "BillingPeriodStart",
    "ChargeCategory",
    "ChargeClass",
    "ChargeDescription",
    "ChargeFrequency",
    "ChargePeriodEnd",
    "ChargePeriodStart",
    "CommitmentDiscountCategory",
    "CommitmentDiscountId",
    "CommitmentDiscountStatus",
    "ConsumedQuantity",
    "ConsumedUnit",
    "ContractedCost",
    "EffectiveCost",
    "InvoiceIssuerName",
    "ListCost",
    "ListUnitPrice",
    "PricingCategory",
    "PricingQuantity",
    "PricingUnit",
    "ProviderName",
    "PublisherName",
    "RegionId",
    "RegionName",
    "ResourceId",
    "ResourceName",
    "ResourceType",
    "ServiceCategory",
    "ServiceName",
    "SkuId",
    "SkuPriceId",
    "SubAccountId",
    "SubAccountName",
    "x_UsageType",
    "x_Operation",
    "Tags",
];

/// Service, description, resource type, usage type, unit.
const DULL: [[&str; 5]; 6] = [
    [
        "Amazon Simple Queue Service",
        "$0.40 per million Amazon SQS standard requests",
        "Queue",
        "USW2-Requests",
        "Requests",
    ],
    ["Amazon Simple Storage Service", "$0.023 per GB - first 50 TB / month", "Bucket", "TimedStorage-ByteHrs", "GB-Mo"],
    ["AWS Key Management Service", "$0.03 per 10000 KMS requests", "Key", "us-west-2-KMS-Requests", "Requests"],
    ["Elastic Load Balancing", "$0.008 per LCU-hour", "Load Balancer", "LCUUsage", "LCU-Hours"],
    ["Amazon Virtual Private Cloud", "$0.045 per NAT Gateway Hour", "NAT Gateway", "NatGateway-Hours", "Hours"],
    ["AmazonCloudWatch", "$0.30 per metric-month", "Metric", "CW:MetricMonitorUsage", "Metrics"],
];

/// As CSV and as Parquet; how many rows.
pub fn write(csv: &Path, packed: &Path, bytes: u64) -> u64 {
    let mut out = csv::Writer::from_writer(BufWriter::with_capacity(1 << 20, File::create(csv).unwrap()));
    out.write_record(COLUMNS).unwrap();
    let columns: String = COLUMNS.iter().map(|name| format!("optional binary {name} (UTF8);\n")).collect();
    let schema = Arc::new(parse_message_type(&format!("message bill {{ {columns} }}")).unwrap());
    let compression = Compression::ZSTD(ZstdLevel::try_new(3).unwrap());
    let properties = Arc::new(WriterProperties::builder().set_compression(compression).build());
    let mut tables = SerializedFileWriter::new(File::create(packed).unwrap(), schema, properties).unwrap();
    let (mut random, mut rows, mut written) = (Random(2), 0, 0);
    while written < bytes {
        let group: Vec<[String; COLUMNS.len()]> = (0..100_000).map(|n| row(&mut random, rows + n)).collect();
        for row in &group {
            written += row.iter().map(|cell| cell.len() as u64 + 1).sum::<u64>();
            out.write_record(row).unwrap();
        }
        let mut table = tables.next_row_group().unwrap();
        for at in 0..COLUMNS.len() {
            let cells = || group.iter().map(|row| row[at].as_str());
            let levels: Vec<i16> = cells().map(|cell| i16::from(!cell.is_empty())).collect();
            let values: Vec<ByteArray> = cells().filter(|cell| !cell.is_empty()).map(ByteArray::from).collect();
            let mut column = table.next_column().unwrap().unwrap();
            column.typed::<ByteArrayType>().write_batch(&values, Some(&levels), None).unwrap();
            column.close().unwrap();
        }
        table.close().unwrap();
        rows += group.len() as u64;
    }
    out.flush().unwrap();
    tables.close().unwrap();
    rows
}

fn row(random: &mut Random, at: u64) -> [String; COLUMNS.len()] {
    let kind = random.below(1_000);
    let sku = match kind {
        0..5 => ["p5.48xlarge", "p4d.24xlarge", "g6e.12xlarge"][random.below(3) as usize],
        5..15 => ["m5.large", "c6i.2xlarge", "r5.xlarge"][random.below(3) as usize],
        _ => "",
    };
    let [service, description, resource, usage, unit] = DULL[random.below(6) as usize].map(str::to_owned);
    let [service, description, resource, usage, unit] = match sku {
        "" => [service, description, resource, usage, unit],
        sku => [
            "Amazon Elastic Compute Cloud".into(),
            format!("$98.32 per On Demand Linux {sku} Instance Hour"),
            "Instance".into(),
            format!("USW2-BoxUsage:{sku}"),
            "Hrs".into(),
        ],
    };
    let (account, hour) = (100_000_000_000 + random.below(400), at / 2_000 % 720);
    let time = |hour: u64| format!("2024-06-{:02}T{:02}:00:00Z", 1 + hour / 24, hour % 24);
    let amount = format!("{}.{:010}", random.below(3), random.below(9_999_999_999));
    let id = match sku {
        "" => format!("arn:aws:invented:us-west-2:{account}:thing/{:016x}", random.next()),
        _ => format!("arn:aws:ec2:us-west-2:{account}:instance/i-{:016x}", random.next()),
    };
    let part = ["G95FST5FTYV3JSRX", "2ETY8Y426S4237JU", "JRTCKXETXF6YS6EN"][random.below(3) as usize];
    let cells: [&str; COLUMNS.len()] = [
        "us-west-2a",
        &amount,
        "100000000000",
        "Invented Payer",
        "USD",
        "2024-07-01T00:00:00Z",
        "2024-06-01T00:00:00Z",
        "Usage",
        "",
        &description,
        "Usage-Based",
        &time(hour + 1),
        &time(hour),
        "",
        "",
        "",
        &amount,
        &unit,
        &amount,
        &amount,
        "Amazon Web Services, Inc.",
        &amount,
        "0.0000004",
        "Standard",
        &amount,
        &unit,
        "AWS",
        "Amazon Web Services, Inc.",
        "us-west-2",
        "US West (Oregon)",
        &id,
        "",
        &resource,
        "Compute",
        &service,
        part,
        &format!("{part}.JRTCKXETXF"),
        &account.to_string(),
        "Invented Account",
        &usage,
        "RunInstances",
        &format!("{{\"application\": \"invented-{}\", \"environment\": \"dev\"}}", random.below(90)),
    ];
    cells.map(str::to_owned)
}

/// Reads every cell of a CSV file.
pub fn scan_csv(path: &Path) -> u64 {
    let mut reader = csv::ReaderBuilder::new().buffer_capacity(256 << 10).from_path(path).unwrap();
    let (mut row, mut rows) = (csv::ByteRecord::new(), 0);
    while reader.read_byte_record(&mut row).unwrap() {
        rows += u64::from(!row.is_empty());
    }
    assert!(rows > 0);
    0
}

/// Reads every cell of a Parquet file.
pub fn scan_parquet(path: &Path) -> u64 {
    let reader = SerializedFileReader::new(File::open(path).unwrap()).unwrap();
    let mut cells = 0;
    for group in 0..reader.num_row_groups() {
        let group = reader.get_row_group(group).unwrap();
        for at in 0..COLUMNS.len() {
            let ColumnReader::ByteArrayColumnReader(column) = group.get_column_reader(at).unwrap() else { panic!() };
            cells += scan_column(column);
        }
    }
    assert!(cells > 0);
    0
}

fn scan_column<T: DataType>(mut column: ColumnReaderImpl<T>) -> usize {
    let (mut values, mut levels, mut cells) = (Vec::new(), Vec::new(), 0);
    loop {
        values.clear();
        levels.clear();
        let (rows, ..) = column.read_records(1_024, Some(&mut levels), None, &mut values).unwrap();
        if rows == 0 {
            return cells;
        }
        cells += values.len();
    }
}
