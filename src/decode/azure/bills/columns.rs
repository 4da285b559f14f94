//! The columns of cost details that are read, under the names that agreements and languages give them.

use crate::decode::layout::columns;

columns! {
    Subscription = "subscriptionguid" | "subscriptionid";
    BillingAccount = "billingaccountid";
    CustomerTenant = "customertenantid";
    Customer = "customername";
    Partner = "partnername";
    PartnerTenant = "partnertenantid";
    Reseller = "resellername";
    ResellerNumber = "resellermpnid";
    Date = "date" | "usagedatetime" | "usagedate" | "chargeperiodstart";
    BillingPeriodStart = "billingperiodstartdate" | "billingperiodstart";
    MeterCategory = "metercategory";
    MeterSubcategory = "metersubcategory";
    MeterName = "metername";
    Product = "productname" | "product";
    Quantity = "quantity" | "usagequantity" | "consumedquantity";
    Unit = "unitofmeasure";
    Cost = "costinbillingcurrency" | "pretaxcost" | "cost" | "extendedcost";
    Currency = "billingcurrency" | "billingcurrencycode" | "currency" | "currencycode";
    Resource = "resourceid" | "instanceid" | "instancename";
    Location = "resourcelocation" | "location";
    AdditionalInfo = "additionalinfo";
    ChargeType = "chargetype";
    Publisher = "publishername";
}
