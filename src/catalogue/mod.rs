//! What a SKU is made of, and how a chip is controlled on a day.
