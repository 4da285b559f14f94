//! Tests of FOCUS rows.

use std::collections::BTreeMap;

use super::*;
use crate::decode::Settings;
use crate::decode::layout::{Cells, Layout};
use crate::model::{BilledClass, BilledUnit, Micros, Usage, UsageKind};

/// Every row of a CSV under its header.
fn rows(text: &str) -> Vec<Outcome> {
    let settings = Settings::default();
    let context = Context { settings: &settings, envelope: None, source: "" };
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
    let headers = reader.headers().unwrap().clone();
    let headings: Vec<&str> = headers.iter().collect();
    assert_eq!(TableDecoder::of(&headings).unwrap().format, Format::Focus);
    let layout = Layout::new(&headings, ASKED);
    let read = |record: csv::StringRecord| {
        let cells: Vec<String> = record.iter().map(str::to_owned).collect();
        TABLE.decode(&Row::new(&layout, Cells::Texts(&cells)), &context)
    };
    reader.records().map(|record| read(record.unwrap())).collect()
}

const USUAL: &[(&str, &str)] = &[
    ("BillingAccountId", "999988887777"),
    ("SubAccountId", "111122223333"),
    ("ProviderName", "AWS"),
    ("ChargeCategory", "Usage"),
    ("BillingPeriodStart", "2024-09-01 00:00:00"),
    ("ChargePeriodStart", "2024-09-18 23:00:00"),
    ("ChargePeriodEnd", "2024-09-19 00:00:00"),
    ("ConsumedQuantity", "1.000000000000000"),
    ("ConsumedUnit", "Hours"),
];

/// One row: the usual columns, some of them replaced.
fn one(columns: &[(&str, &str)]) -> Outcome {
    let mut all: BTreeMap<_, _> = USUAL.iter().copied().collect();
    all.extend(columns.iter().copied());
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(all.keys()).unwrap();
    writer.write_record(all.values()).unwrap();
    rows(&String::from_utf8(writer.into_inner().unwrap()).unwrap()).remove(0)
}

fn usage(columns: &[(&str, &str)]) -> (Usage, BilledLine) {
    match one(columns) {
        Outcome::Relevant(mut facts) => match facts.remove(0) {
            Fact::Usage(usage) => match usage.kind.clone() {
                UsageKind::UsageBilled(line) => (usage, *line),
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

fn code(columns: &[(&str, &str)]) -> String {
    match one(columns) {
        Outcome::Rejected(reason) => reason.code.to_string(),
        other => panic!("{other:?}"),
    }
}

/// Some columns, and the SKU, quantity, unit and class they must give.
type Case<'a> = (&'a [(&'a str, &'a str)], (&'a str, &'a str, BilledUnit, BilledClass));

#[test]
fn an_instance_hour_is_read_whole() {
    let (usage, line) = usage(&[
        ("ChargeDescription", "$98.32 per On Demand Linux p5.48xlarge Instance Hour"),
        ("ResourceType", "instance"),
        ("ResourceId", "arn:aws:ec2:us-east-1:111122223333:instance/i-0abc"),
        ("RegionId", "us-east-1"),
        ("BilledCost", "98.32"),
        ("BillingCurrency", "usd"),
        ("InvoiceIssuerName", "Merlion Cloud Pte. Ltd."),
        ("PublisherName", "Amazon Web Services, Inc."),
        ("Tags", "{\"team\": \"render, Köln\"}"),
    ]);
    assert_eq!(usage.account.to_string(), "aws/111122223333");
    assert_eq!(usage.time.to_string(), "2024-09-18T23:00:00Z");
    assert_eq!(usage.region.unwrap().as_str(), "us-east-1");
    assert_eq!(line.sku.unwrap().as_str(), "p5.48xlarge");
    assert_eq!((line.quantity, line.unit, line.class), (Micros::ONE, BilledUnit::InstanceHours, BilledClass::Run));
    assert_eq!(line.resource.unwrap().as_str(), "i-0abc");
    assert_eq!(line.payer.unwrap().to_string(), "aws/999988887777");
    assert_eq!(line.issuer.unwrap(), "Merlion Cloud Pte. Ltd.");
    assert_eq!(line.cost.unwrap().currency.0, "USD");
    let statement = line.statement.unwrap();
    assert_eq!((statement.export.as_str(), statement.period.as_str()), ("focus:aws/999988887777", "2024-09-01"));
}

#[test]
fn each_clouds_lines_count_what_they_count() {
    use BilledClass::{Credit, Fee, Held, Run};
    use BilledUnit::{GpuHours, GpuSeconds, InstanceHours, Tokens, Units};
    let cases: &[Case<'_>] = &[
        (&[("x_UsageType", "USE1-BoxUsage:p5.48xl")], ("p5.48xlarge", "1", InstanceHours, Run)),
        (&[("x_UsageType", "UnusedBox:p5.48xlarge")], ("p5.48xlarge", "1", InstanceHours, Held)),
        (&[("x_UsageType", "USE1-Reservation:p5.48xlarge")], ("p5.48xlarge", "1", Units, Fee)),
        (&[("x_UsageType", "EBSOptimized:p3.2xlarge")], ("p3.2xlarge", "1", Units, Fee)),
        (&[("x_UsageType", "USE1-Cluster:ml.p4d.24xlarge")], ("ml.p4d.24xlarge", "1", InstanceHours, Run)),
        (
            &[("ChargeDescription", "AWS Marketplace hourly software usage|us-east-1|p5.48xlarge")],
            ("p5.48xlarge", "1", Units, Fee),
        ),
        (
            &[("SkuPriceDetails", "{\"InstanceType\": \"p4d.24xlarge\"}"), ("CapacityReservationStatus", "Unused")],
            ("p4d.24xlarge", "1", InstanceHours, Held),
        ),
        (
            &[("SkuMeter", "BoxUsage:p5.48xlarge"), ("ChargeCategory", "Credit"), ("ConsumedQuantity", "NULL")],
            ("p5.48xlarge", "0", Units, Credit),
        ),
        (&[("SkuMeter", "BoxUsage:p5.48xlarge"), ("ChargeCategory", "Purchase")], ("p5.48xlarge", "1", Units, Fee)),
        (
            &[("x_UsageType", "USE1-MP:USE1_InputTokenCount-Units"), ("ConsumedUnit", "1K tokens")],
            ("", "1000", Tokens, Run),
        ),
        (
            &[
                ("ProviderName", "Microsoft"),
                ("x_SkuMeterName", "ND96isr H100 v5 Spot"),
                ("x_SkuMeterCategory", "Virtual Machines"),
                ("ConsumedUnit", "1 Hour"),
            ],
            ("Standard_ND96isr_H100_v5", "1", InstanceHours, Run),
        ),
        (
            &[
                ("ProviderName", "Microsoft"),
                ("x_SkuMeterName", "gpt-4o-0806-Inp-glbl Tokens"),
                ("ConsumedUnit", "Units"),
                ("PricingUnit", "1K"),
                ("PricingQuantity", "2.5"),
            ],
            ("", "2500", Tokens, Run),
        ),
        (
            &[
                ("ProviderName", "Google Cloud"),
                ("ChargeDescription", "Nvidia H100 80GB GPU running in Americas"),
                ("ConsumedQuantity", "28800"),
                ("ConsumedUnit", "seconds"),
            ],
            ("", "28800", GpuSeconds, Run),
        ),
        (
            &[("ProviderName", "Google Cloud"), ("ChargeDescription", "TpuV5e running in Americas")],
            ("", "1", GpuHours, Run),
        ),
        (
            &[("ProviderName", "Google Cloud"), ("ChargeDescription", "A3 Predefined Instance Core running in Iowa")],
            ("", "1", Units, Run),
        ),
        (
            &[
                ("ProviderName", "Google Cloud"),
                ("ChargeDescription", "Commitment v1: Nvidia H100 80GB GPU in Iowa for 1 Year"),
            ],
            ("", "1", Units, Fee),
        ),
        (
            &[
                ("ProviderName", "Oracle"),
                ("ChargeDescription", "OCI - Compute - GPU - H100"),
                ("ConsumedUnit", "OCPU Per Hour"),
                ("ConsumedQuantity", "8"),
            ],
            ("", "8", GpuHours, Run),
        ),
        (
            &[("ProviderName", "CoreWeave"), ("ChargeDescription", "H100 SXM"), ("ConsumedUnit", "GPU Hours")],
            ("", "1", GpuHours, Run),
        ),
    ];
    for (columns, expected) in cases {
        let (_, line) = usage(columns);
        let (sku, quantity) = (line.sku.map(|sku| sku.to_string()).unwrap_or_default(), line.quantity.to_string());
        assert_eq!((sku.as_str(), quantity.as_str(), line.unit, line.class), *expected, "{columns:?}");
    }
}

#[test]
fn azure_accounts_and_resources_are_written_as_its_log_writes_them() {
    let (usage, line) = usage(&[
        ("ProviderName", "Microsoft"),
        ("SubAccountId", "/subscriptions/0000AAAA-0000-0000-0000-000000000001"),
        ("BillingAccountId", "/providers/Microsoft.Billing/billingAccounts/1234567"),
        ("x_SkuInstanceType", "Standard_ND96isr_H100_v5"),
        ("ResourceId", "/subscriptions/0000AAAA-0000-0000-0000-000000000001/resourceGroups/RG/vm"),
    ]);
    assert_eq!(usage.account.to_string(), "azure/0000aaaa-0000-0000-0000-000000000001");
    assert_eq!(line.payer.unwrap().to_string(), "azure/1234567");
    assert_eq!(
        line.resource.unwrap().as_str(),
        "/subscriptions/0000aaaa-0000-0000-0000-000000000001/resourcegroups/rg/vm"
    );
}

#[test]
fn rows_of_other_things_are_irrelevant() {
    assert_eq!(one(&[("ChargeDescription", "$0.10 per GB-month of data storage")]), Outcome::Irrelevant);
    assert_eq!(one(&[("SubAccountId", "5.28758E+11")]), Outcome::Irrelevant);
}

#[test]
fn what_cannot_be_trusted_is_rejected_with_a_reason() {
    let gpu = ("x_UsageType", "BoxUsage:p5.48xlarge");
    assert_eq!(code(&[gpu, ("SubAccountId", "5.28758E+11")]), "mangled_account_id");
    assert_eq!(code(&[gpu, ("SubAccountId", "NULL"), ("BillingAccountId", "")]), "missing_account");
    assert_eq!(code(&[gpu, ("ChargePeriodStart", "soon")]), "bad_time");
    assert_eq!(code(&[gpu, ("ChargePeriodEnd", "2024-09-18")]), "bad_value");
    assert_eq!(code(&[gpu, ("ConsumedQuantity", "NULL")]), "missing_value");
    assert_eq!(code(&[gpu, ("ConsumedQuantity", "a few")]), "bad_value");
    assert_eq!(code(&[gpu, ("ConsumedUnit", "1M hours"), ("ConsumedQuantity", "10000000")]), "bad_value");
}

#[test]
fn a_restated_row_keeps_its_id_and_another_tag_is_another_row() {
    let row = |columns: &[(&str, &str)]| {
        let mut all = vec![("x_UsageType", "BoxUsage:p5.48xlarge")];
        all.extend(columns);
        usage(&all).0.event
    };
    assert_eq!(row(&[("Tags", "{}")]), row(&[("Tags", "{}"), ("ConsumedQuantity", "0.5"), ("BilledCost", "3")]));
    assert_ne!(row(&[("Tags", "{}")]), row(&[("Tags", "{\"a\":\"b\"}")]));
}

#[test]
fn the_public_sample_is_read_without_rejects() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../shared/data/events/billing/FOCUS-Sample-Data/focus_sample.rows-1-500.csv"
    );
    let Ok(text) = std::fs::read_to_string(path) else {
        println!("SKIPPED (no ../shared/data): the_public_sample_is_read_without_rejects");
        return;
    };
    let outcomes = rows(&text);
    let rejected: Vec<_> = outcomes.iter().filter(|o| matches!(o, Outcome::Rejected(_))).collect();
    assert_eq!(rejected, Vec::<&Outcome>::new());
    let relevant: Vec<_> = outcomes
        .iter()
        .filter_map(|outcome| match outcome {
            Outcome::Relevant(facts) => facts.first(),
            _ => None,
        })
        .map(|fact| match fact {
            Fact::Usage(Usage { kind: UsageKind::UsageBilled(line), .. }) => {
                (line.sku.as_ref().map_or("", Sku::as_str), line.unit)
            }
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!((outcomes.len(), relevant.len()), (500, 14));
    assert!(relevant.iter().all(|(_, unit)| *unit == BilledUnit::InstanceHours), "{relevant:?}");
    assert_eq!(relevant.iter().filter(|(sku, _)| *sku == "g5.4xlarge").count(), 2);
}
