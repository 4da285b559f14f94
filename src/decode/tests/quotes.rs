//! Rows of bills whose cells hold quotes.

use super::*;

#[test]
fn a_row_whose_quotes_stand_twice_says_what_it_says_without_them() {
    let header = "lineItem/UsageAccountId,lineItem/UsageType,lineItem/LineItemDescription,product/ProductName,identity/LineItemId,lineItem/UsageStartDate,lineItem/UsageEndDate,lineItem/UsageAmount\n";
    let row = |description: &str, id: &str| {
        format!("111122223333,X,{description},\"say \"\"so\"\"\",{id},2024-06-01T00:00:00Z,2024-06-01T01:00:00Z,1\n")
    };
    let told = |text: String| {
        let items = read(text.as_bytes());
        items.into_iter().map(|item| (item.outcome, item.size)).collect::<Vec<_>>()
    };
    let all = [row("\"an \"\"H100\"\" hour\"", "a"), row("\"a \"\"plain\"\" hour\"", "b"), row("H100", "c")].concat();
    let items = told(format!("{header}{all}"));
    assert!(matches!(items[0].0, Outcome::Relevant(_)) && items[1].0 == Outcome::Irrelevant, "{items:?}");
    assert_eq!(items.iter().map(|(_, size)| *size).sum::<u64>(), all.len() as u64);
    let Outcome::Relevant(facts) = &items[0].0 else { panic!("{items:?}") };
    let fact = serde_json::to_value(&facts[0]).unwrap();
    assert!(fact["meter"].as_str().is_some_and(|meter| !meter.contains("\"\"")), "{fact}");
    // The same row read byte by byte, because something in it stands where no writer puts it.
    let odd = told(format!("{header}{}", row("\"an \"\"H100\"\" hour\"", "a").replacen(",X,", ",X\" ,", 1)));
    let Outcome::Relevant(other) = &odd[0].0 else { panic!("{odd:?}") };
    assert_eq!(serde_json::to_value(&other[0]).unwrap()["cost"], fact["cost"]);
}

#[test]
fn a_quote_that_closes_in_another_row_costs_its_own_row() {
    let head = "BillingAccountId,ChargeCategory,ChargePeriodStart,ChargePeriodEnd,ChargeDescription\n";
    let rows =
        "1,Usage,2024,2024,\"x\n1,Usage,2024,2024,\"y, z\"\n1,Usage,2024,2024,\"two\nlines\"\n1,Usage,2024,2024,z\n";
    check(&format!("{head}{rows}"), "<malformed_csv>...");
}
