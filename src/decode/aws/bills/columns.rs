//! The columns of cost and usage reports that are read; both versions fold to one writing.

use crate::decode::layout::columns;

columns! {
    LineItemId = "identitylineitemid";
    TimeInterval = "identitytimeinterval";
    Payer = "billpayeraccountid";
    BillingPeriodStart = "billbillingperiodstartdate";
    BillingEntity = "billbillingentity";
    InvoicingEntity = "billinvoicingentity";
    UsageAccount = "lineitemusageaccountid";
    LineItemType = "lineitemlineitemtype";
    UsageStart = "lineitemusagestartdate";
    UsageEnd = "lineitemusageenddate";
    UsageType = "lineitemusagetype";
    Zone = "lineitemavailabilityzone";
    Resource = "lineitemresourceid";
    UsageAmount = "lineitemusageamount";
    Currency = "lineitemcurrencycode";
    UnblendedCost = "lineitemunblendedcost";
    Description = "lineitemlineitemdescription";
    LegalEntity = "lineitemlegalentity";
    ProductName = "productproductname";
    InstanceType = "productinstancetype";
    Region = "productregioncode" | "productregion";
    PricingUnit = "pricingunit";
    SplitParent = "splitlineitemparentresourceid";
}
