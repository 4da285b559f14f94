//! Which shard an account or a group belongs to (D13).
//!
//! In: a key and the number of shards, fixed when a log is created. Out: a shard. Accounts are keyed `provider/id`,
//! groups by their subject as alerts write it; an account's own group is thus on its own shard. It is 64-bit FNV-1a
//! modulo the number of shards (Fowler, Noll, Vo; draft-eastlake-fnv), and must never change: logs outlive programs.

use std::num::NonZeroU32;

use crate::model::{AccountId, Fact};

const BASIS: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0000_0100_0000_01b3;

fn fnv(parts: [&str; 3]) -> u64 {
    let bytes = parts.into_iter().flat_map(str::bytes);
    bytes.fold(BASIS, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME))
}

fn shard(hash: u64, count: NonZeroU32) -> usize {
    usize::try_from(hash % u64::from(count.get())).unwrap_or(0)
}

/// Which of a log's virtual shards are held in one place: some that follow one another, of all there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    /// The first one held.
    pub(super) first: u32,
    /// How many there are, held here or not.
    pub(super) of: NonZeroU32,
}

impl Span {
    /// All of them.
    pub(super) fn all(of: NonZeroU32) -> Self {
        Self { first: 0, of }
    }

    /// Where a shard is held, counted from the first one held; it may lie beyond those that are.
    pub(super) fn held_at(self, shard: usize) -> Option<usize> {
        shard.checked_sub(usize::try_from(self.first).ok()?)
    }
}

/// Where a fact goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Home {
    /// To the shard of its account.
    Shard(u32),
    /// To every shard.
    Every,
}

impl Home {
    /// Where a fact goes in a log of so many shards.
    pub fn of(fact: &Fact, shards: NonZeroU32) -> Self {
        match fact {
            Fact::Usage(usage) if !super::goes_to_all(fact.kind()) => {
                Self::Shard(u32::try_from(of_account(&usage.account, shards)).unwrap_or_default())
            }
            _ => Self::Every,
        }
    }
}

/// The shard of an account's facts.
pub(super) fn of_account(account: &AccountId, count: NonZeroU32) -> usize {
    shard(fnv([account.provider.as_str(), "/", &account.id]), count)
}

/// The shard where the shares of a subject are added up.
pub(super) fn of_subject(subject: &str, count: NonZeroU32) -> usize {
    shard(fnv([subject, "", ""]), count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_partitioner_is_the_published_one_and_never_changes() {
        assert_eq!(fnv(["", "", ""]), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv(["foo", "bar", ""]), 0x8594_4171_f739_67e8, "the authors' own test vector");
        let sixteen = NonZeroU32::new(16).unwrap();
        let shards = ["111122223333", "999988887777", "a-17"].map(|id| of_account(&AccountId::new("aws", id), sixteen));
        assert_eq!(shards, [3, 11, 13]);
    }

    #[test]
    fn an_accounts_own_group_is_on_its_own_shard() {
        for count in [1, 2, 7, 16].map(|count| NonZeroU32::new(count).unwrap()) {
            for id in ["a-1", "a-2", "a-3"] {
                let account = AccountId::new("corp-cloud", id);
                assert_eq!(of_account(&account, count), of_subject(&account.to_string(), count));
            }
        }
    }
}
