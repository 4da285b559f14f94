//! Who stands behind an account: chain, ownership, lists.
