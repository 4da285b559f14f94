//! The columns of the export that are read, as paths or as their flattened names.

use crate::decode::layout::columns;

columns! {
    BillingAccount = "billingaccountid";
    PayerBillingAccount = "payerbillingaccountid";
    Project = "projectid";
    ServiceDescription = "servicedescription";
    SkuDescription = "skudescription";
    UsageStart = "usagestarttime";
    UsageEnd = "usageendtime";
    Amount = "usageamount";
    Unit = "usageunit";
    PricingAmount = "usageamountinpricingunits";
    PricingUnit = "usagepricingunit";
    Cost = "cost";
    Currency = "currency";
    CostType = "costtype";
    InvoiceMonth = "invoicemonth";
    Region = "locationregion";
    Location = "locationlocation";
    ResourceName = "resourcename";
    ResourceGlobalName = "resourceglobalname";
    Seller = "sellername";
}
