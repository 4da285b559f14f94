//! Which shard an account or a group belongs to (D13).
//!
//! In: a key and the number of shards, fixed when a log is created. Out: a shard. Accounts are keyed `provider/id`,
//! groups by their subject as alerts write it; an account's own group is thus on its own shard. It is 64-bit FNV-1a
//! modulo the number of shards (Fowler, Noll, Vo; draft-eastlake-fnv), and must never change: logs outlive programs.

use std::num::NonZeroU32;

use crate::model::AccountId;

const BASIS: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0000_0100_0000_01b3;

fn fnv(parts: [&str; 3]) -> u64 {
    let bytes = parts.into_iter().flat_map(str::bytes);
    bytes.fold(BASIS, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME))
}

fn shard(hash: u64, count: NonZeroU32) -> usize {
    usize::try_from(hash % u64::from(count.get())).unwrap_or(0)
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
