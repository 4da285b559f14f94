//! What stands in sixty-four bytes of JSON: brackets, quotes, line ends, backslashes.
//!
//! In: a block. Out: for each of them which bytes it is. It refuses to know what stands in strings, and what any of it means.

use std::hint::black_box;
use std::sync::LazyLock;

use fearless_simd::prelude::*;
use fearless_simd::{Level, Simd, mask8x64, u8x64};

/// What the processor can do.
pub(super) static LEVEL: LazyLock<Level> = LazyLock::new(Level::new);

pub(super) const BLOCK: usize = 64;

/// What stands in a block.
pub(super) struct Marks<S: Simd> {
    /// `{` and `[`.
    pub(super) opening: mask8x64<S>,
    /// `}` and `]`.
    pub(super) closing: mask8x64<S>,
    pub(super) quotes: mask8x64<S>,
    pub(super) lines: mask8x64<S>,
    pub(super) backslashes: mask8x64<S>,
}

/// The bytes that are looked for, each as often as a block is long.
pub(super) struct LookedFor<S: Simd> {
    simd: S,
    /// `[` and `{` differ in this bit, and so do `]` and `}`.
    folds: u8x64<S>,
    pub(super) opening: u8x64<S>,
    closing: u8x64<S>,
    quote: u8x64<S>,
    line: u8x64<S>,
    backslash: u8x64<S>,
}

impl<S: Simd> LookedFor<S> {
    #[inline(always)]
    pub(super) fn new(simd: S) -> Self {
        Self {
            simd,
            folds: all(simd, 0x20),
            opening: all(simd, b'{'),
            closing: all(simd, b'}'),
            quote: all(simd, b'"'),
            line: all(simd, b'\n'),
            backslash: all(simd, b'\\'),
        }
    }

    #[inline(always)]
    pub(super) fn within(&self, block: &[u8; BLOCK]) -> Marks<S> {
        let block = u8x64::from_slice(self.simd, block);
        let folded = block | self.folds;
        Marks {
            opening: folded.simd_eq(self.opening),
            closing: folded.simd_eq(self.closing),
            quotes: block.simd_eq(self.quote),
            lines: block.simd_eq(self.line),
            backslashes: block.simd_eq(self.backslash),
        }
    }
}

/// A byte as often as a block is long. What the compiler knows it fetches for every block anew; AVX-512 has the registers to hold it.
#[inline(always)]
pub(super) fn all<S: Simd>(simd: S, byte: u8) -> u8x64<S> {
    u8x64::splat(simd, if matches!(simd.level(), Level::Avx512(_)) { black_box(byte) } else { byte })
}

/// What this processor can do, and what less of it: whatever runs on one must come to the same on all.
#[cfg(test)]
pub(super) fn levels() -> Vec<Level> {
    let mut levels = vec![*LEVEL, Level::baseline()];
    #[cfg(target_arch = "x86_64")]
    levels.extend([LEVEL.as_avx2().map(Level::Avx2), LEVEL.as_sse4_2().map(Level::Sse4_2)].into_iter().flatten());
    levels
}
