//! The columns of FOCUS that are read, and those providers add under `x_`.

use crate::decode::layout::columns;

columns! {
    BillingAccountId = "billingaccountid";
    SubAccountId = "subaccountid";
    ProviderName = "providername";
    ServiceProviderName = "serviceprovidername";
    PublisherName = "publishername";
    InvoiceIssuerName = "invoiceissuername" | "invoiceissuer";
    ChargeCategory = "chargecategory";
    ChargePeriodStart = "chargeperiodstart";
    ChargePeriodEnd = "chargeperiodend";
    BillingPeriodStart = "billingperiodstart";
    ConsumedQuantity = "consumedquantity" | "usagequantity";
    ConsumedUnit = "consumedunit" | "usageunit";
    PricingQuantity = "pricingquantity";
    PricingUnit = "pricingunit";
    BilledCost = "billedcost";
    BillingCurrency = "billingcurrency";
    RegionId = "regionid";
    Region = "region" | "regionname";
    ResourceId = "resourceid";
    ResourceType = "resourcetype";
    ServiceName = "servicename";
    ChargeDescription = "chargedescription";
    SkuMeter = "skumeter";
    SkuPriceDetails = "skupricedetails";
    DetailInstanceType = "skupricedetailsinstancetype" | "skupricedetailsxinstancetype";
    CapacityReservationStatus = "capacityreservationstatus";
    CommitmentDiscountStatus = "commitmentdiscountstatus";
    UsageType = "xusagetype";
    MeterName = "xskumetername";
    SkuDescription = "xskudescription";
    MeterSubcategory = "xskumetersubcategory";
    MeterCategory = "xskumetercategory";
    InstanceType = "xskuinstancetype";
    SkuDetails = "xskudetails";
    ReferenceNumber = "ocireferencenumber";
}
