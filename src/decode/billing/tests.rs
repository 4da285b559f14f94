//! Tests of accounts, and of statements by path and manifest.

use super::*;
use crate::decode::{Outcome, Settings, stream};
use crate::model::{BilledUnit, Statement};

#[test]
fn leading_noughts_come_back_and_lost_digits_do_not() {
    let read = |provider, id| account(provider, id, "x").map(|account| account.id.to_string());
    assert_eq!(read("aws", "99999999999").as_deref(), Ok("099999999999"));
    assert_eq!(read("aws", "1234").as_deref(), Ok("1234"));
    assert_eq!(read("azure", "/subscriptions/AB-1/resourceGroups/x").as_deref(), Ok("ab-1"));
    assert_eq!(&*read("aws", "5.28758E+11").unwrap_err().code, "mangled_account_id");
}

/// The facts of one file; fixtures hold rows that are rejected, too.
fn facts(source: &str, text: &str) -> Vec<Usage> {
    let mut usages = Vec::new();
    let mut emit = |item: crate::decode::Item| match item.outcome {
        Outcome::Relevant(facts) => usages.extend(facts.into_iter().filter_map(|fact| match fact {
            Fact::Usage(usage) => Some(usage),
            _ => None,
        })),
        Outcome::Irrelevant | Outcome::Repeated | Outcome::Rejected(_) => {}
    };
    stream(&Text::new(source), &mut text.as_bytes(), &Settings::default(), &mut emit);
    usages
}

/// The statements a file speaks of: of its lines, or completed.
fn statements(source: &str, text: &str) -> Vec<Statement> {
    let of = |usage: Usage| match usage.kind {
        UsageKind::UsageBilled(line) => line.statement,
        UsageKind::StatementComplete { statement } => Some(statement),
        UsageKind::Attribute { .. } => None,
        other => panic!("{other:?}"),
    };
    facts(source, text).into_iter().filter_map(of).collect()
}

fn told(statement: &Statement) -> (&str, &str, u64) {
    (&statement.export, &statement.period, statement.version)
}

const CUR: &str = include_str!("../../../tests/decode/aws/cost_report_2.csv");
const AT: u64 = 1_717_549_323;

#[test]
fn deliveries_of_a_report_are_versions_of_a_statement_and_its_manifest_completes_one() {
    let lines = statements("b/costs/20240601-20240701/20240605T010203Z/costs-00001.csv.gz", CUR);
    assert!(lines.iter().all(|statement| told(statement) == ("cur:aws/999988887777/costs", "2024-06-01", AT)));
    let manifest = r#"{"assemblyId":"20240605T010203Z","account":"999988887777","reportName":"costs","reportKeys":["costs/20240601-20240701/20240605T010203Z/costs-00001.csv.gz"],"billingPeriod":{"start":"20240601T000000.000Z","end":"20240701T000000.000Z"}}"#;
    for path in [
        "b/costs/20240601-20240701/costs-Manifest.json",
        "b/costs/20240601-20240701/20240605T010203Z/costs-Manifest.json",
        "stdin",
    ] {
        assert_eq!(statements(path, manifest), lines[..1], "{path}");
    }
}

#[test]
fn of_deliveries_without_an_order_the_manifest_beside_them_says_which_counts() {
    let guid = "0f8fad5b-d9cb-469f-a165-70867728950e";
    let folder = format!("costs/20240601-20240701/{guid}");
    let lines = statements(&format!("{folder}/costs-00001.csv.gz"), CUR);
    let manifest = format!(
        r#"{{"assemblyId":"{guid}","account":"999988887777","reportName":"costs","reportKeys":["{folder}/costs-00001.csv.gz"],"billingPeriod":{{"start":"20240601T000000.000Z"}}}}"#
    );
    assert_eq!(statements("costs/20240601-20240701/costs-Manifest.json", &manifest), lines[..1]);
    assert_eq!(statements(&format!("{folder}/costs-Manifest.json"), &manifest), []);
    let another = statements("costs/20240601-20240701/11111111-d9cb-469f-a165-70867728950e/costs-00001.csv.gz", CUR);
    assert_ne!(another[0].version, lines[0].version);
}

#[test]
fn data_exports_are_versioned_by_the_time_of_their_execution() {
    let focus =
        include_str!("../../../tests/decode/focus/aws.csv").replace("2024-09-01 00:00:00", "2024-06-01 00:00:00");
    let run = "2024-06-05T01:02:03.456Z-0f8fad5b-d9cb-469f-a165-70867728950e";
    let lines = statements(&format!("x/exp/data/BILLING_PERIOD=2024-06/{run}/exp-00001.csv"), &focus);
    assert_eq!(told(&lines[0]), ("focus:aws/999988887777/exp", "2024-06-01", AT));
    let manifest = r#"{"executionId":"0f8fad5b-d9cb-469f-a165-70867728950e","exportArn":"arn:aws:bcm-data-exports:us-east-1:999988887777:export/exp-1","dataFiles":["s3://x/exp-00001.csv"],"columns":[{"name":"ChargeCategory"}]}"#;
    let path = format!("x/exp/metadata/BILLING_PERIOD=2024-06/{run}/exp-Manifest.json");
    assert_eq!(statements(&path, manifest), lines[..1]);
}

#[test]
fn runs_of_an_azure_export_are_versions_and_actual_and_amortised_ones_are_one_statement() {
    let actual = include_str!("../../../tests/decode/azure/cost_details_amortised.csv");
    let run = "20240601-20240630/202406050102/0f8fad5b-d9cb-469f-a165-70867728950e";
    let lines = statements(&format!("x/daily-actual/{run}/part_0_0001.csv"), actual);
    assert_eq!(told(&lines[0]), ("azure:azure/12345678/daily", "2024-06-01", AT - 3));
    assert_eq!(statements(&format!("x/daily-Amortized/{run}/part_0_0001.csv"), actual), lines);
    let manifest = r#"{"manifestVersion":"2024-04-01","exportConfig":{"exportName":"daily-actual","resourceId":"/providers/Microsoft.Billing/billingAccounts/12345678","type":"ActualCost"},"runInfo":{"startDate":"2024-06-01T00:00:00","submittedTime":"2024-06-05T01:02:40Z"},"blobs":[]}"#;
    assert_eq!(statements(&format!("x/daily-actual/{run}/manifest.json"), manifest), lines[..1]);
}

#[test]
fn an_actual_row_and_its_amortised_twin_are_one_line() {
    let actual = facts("a.csv", include_str!("../../../tests/decode/azure/cost_details_amortised.csv"));
    let text = include_str!("../../../tests/decode/azure/cost_details_ea.csv");
    let first: String = text.lines().take(2).map(|line| format!("{line}\n")).collect();
    assert_eq!(facts("b.csv", &first)[0].identity(), actual[0].identity());
}

#[test]
fn a_row_is_the_same_line_as_an_object() {
    let text = include_str!("../../../tests/decode/focus/aws.csv");
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let headers = reader.headers().unwrap().clone();
    let objects: String = reader
        .records()
        .map(|record| {
            let record = record.unwrap();
            let row: serde_json::Map<_, _> =
                headers.iter().zip(&record).map(|(name, cell)| (name.to_owned(), cell.into())).collect();
            format!("{}\n", serde_json::Value::Object(row))
        })
        .collect();
    let (rows, objects) = (facts("a.csv", text), facts("a.ndjson", &objects));
    assert!(rows.len() > 1);
    assert_eq!(objects, rows);
}

#[test]
fn chips_of_a_price_make_hours_of_chips_and_not_of_machines() {
    let usages = facts("a.csv", include_str!("../../../tests/decode/focus/other_clouds.csv"));
    let units = usages.iter().filter_map(|usage| match &usage.kind {
        UsageKind::UsageBilled(line) => Some((usage.account.provider.as_str(), line.quantity.to_string(), line.unit)),
        _ => None,
    });
    assert!(units.clone().any(|line| line == ("nebius", "8".to_owned(), BilledUnit::GpuHours)));
    assert!(units.clone().any(|line| line == ("lambda", "1".to_owned(), BilledUnit::InstanceHours)));
}

#[test]
fn what_every_line_of_a_bill_says_of_its_account_is_told_once_a_file() {
    let told = |usages: &[Usage]| usages.iter().filter(|usage| usage.told().is_some()).count();
    let (header, line) = CUR.split_once('\n').unwrap();
    let line = line.lines().next().unwrap();
    let next_day = line.replace("2024-06-03", "2024-06-04");
    let text =
        format!("{header}\n{line}\n{}\n{next_day}\n{}\n", line.replace("two1", "x"), next_day.replace("two1", "y"));
    let facts = facts("bill.csv", &text);
    assert_eq!((facts.len(), told(&facts)), (6, 2), "a payer a day beside four lines");
}
