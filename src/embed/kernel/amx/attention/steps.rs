//! The tile instructions for one group of queries.

use std::arch::asm;

use super::super::tiles::{HEIGHT, ROW};
use super::{LANES, Line, Passing, Sequence};

/// Sets the accumulators to zero: tile 0 for the sums of weights, tiles 1 to 4 for the weighted sums of values. With one line per
/// head, tile 5 holds the ones.
#[inline(always)]
pub(super) unsafe fn begin<const LINES: usize>(passing: &Passing) {
    // SAFETY: changes only tiles; there is a tile of ones.
    unsafe {
        asm!("tilezero tmm0", "tilezero tmm1", "tilezero tmm2", options(nomem, nostack, preserves_flags));
        if LINES == 1 {
            asm!(
                "tileloadd tmm5, [{ones} + {line}]",
                ones = in(reg) &raw const passing.ones, line = in(reg) ROW,
                options(nostack, readonly, preserves_flags),
            );
        } else {
            asm!("tilezero tmm3", "tilezero tmm4", options(nomem, nostack, preserves_flags));
        }
    }
}

/// Computes the scores of 16 queries with a pair of groups of keys.
#[inline(always)]
pub(super) unsafe fn score<const LINES: usize>(
    text: &Sequence,
    queries: *const Line,
    keys: *const Line,
    pair: usize,
    out: &mut [[f32; LANES]; 2 * HEIGHT],
) {
    let keys = keys.wrapping_add(pair * 2 * LINES * HEIGHT);
    // SAFETY: as `attend`; 16 rows may be read from any token on. If the last group has no partner, the partner's scores are not
    // computed.
    unsafe {
        if LINES == 1 {
            asm!(
                "tilezero tmm3",
                "tileloadd tmm6, [{queries} + {stride}]",
                "tileloadd tmm7, [{keys} + {line}]",
                "tdpbf16ps tmm3, tmm6, tmm7",
                "tilestored [{out} + {line}], tmm3",
                queries = in(reg) queries, stride = in(reg) text.stride * ROW,
                keys = in(reg) keys, line = in(reg) ROW, out = in(reg) &raw mut *out,
                options(nostack, preserves_flags),
            );
            if 2 * pair + 1 < text.groups() {
                asm!(
                    "tilezero tmm4",
                    "tileloadd tmm7, [{keys} + {line}]",
                    "tdpbf16ps tmm4, tmm6, tmm7",
                    "tilestored [{out} + {line}], tmm4",
                    keys = in(reg) keys.add(HEIGHT), line = in(reg) ROW, out = in(reg) &raw mut out[HEIGHT],
                    options(nostack, preserves_flags),
                );
            }
        } else {
            for (group, out) in out.as_chunks_mut::<HEIGHT>().0.iter_mut().enumerate() {
                if 2 * pair + group == text.groups() {
                    break;
                }
                let keys = keys.add(group * LINES * HEIGHT);
                asm!(
                    "tilezero tmm5",
                    "tileloadd tmm6, [{queries} + {stride}]",
                    "tileloadd tmm7, [{keys} + {line}]",
                    "tdpbf16ps tmm5, tmm6, tmm7",
                    "tileloadd tmm6, [{queries} + {stride} + 64]",
                    "tileloadd tmm7, [{keys} + {line} + 1024]",
                    "tdpbf16ps tmm5, tmm6, tmm7",
                    "tilestored [{out} + {line}], tmm5",
                    queries = in(reg) queries, stride = in(reg) text.stride * ROW,
                    keys = in(reg) keys, line = in(reg) ROW, out = in(reg) &raw mut *out,
                    options(nostack, preserves_flags),
                );
            }
        }
    }
}

/// Accumulates the weights of a pair of groups, and the weighted sums of their values. The tile for the next half of a line is
/// `pairs` tiles further on.
#[inline(always)]
pub(super) unsafe fn add<const LINES: usize>(values: *const Line, pairs: usize, passing: &Passing, which: usize) {
    // SAFETY: there is a tile of weights, one of ones, and one of values for each half of a line.
    unsafe {
        if LINES == 1 {
            asm!(
                "tileloadd tmm6, [{weights} + {line}]",
                "tdpbf16ps tmm0, tmm6, tmm5",
                "tileloadd tmm7, [{first} + {line}]",
                "tdpbf16ps tmm1, tmm6, tmm7",
                "tileloadd tmm7, [{second} + {line}]",
                "tdpbf16ps tmm2, tmm6, tmm7",
                weights = in(reg) &raw const passing.weights[which], line = in(reg) ROW,
                first = in(reg) values, second = in(reg) values.add(pairs * HEIGHT),
                options(nostack, readonly, preserves_flags),
            );
        } else {
            asm!(
                "tileloadd tmm6, [{weights} + {line}]",
                "tileloadd tmm7, [{ones} + {line}]",
                "tdpbf16ps tmm0, tmm6, tmm7",
                "tileloadd tmm7, [{values} + {line}]",
                "tdpbf16ps tmm1, tmm6, tmm7",
                "tileloadd tmm7, [{second} + {line}]",
                "tdpbf16ps tmm2, tmm6, tmm7",
                "tileloadd tmm7, [{third} + {line}]",
                "tdpbf16ps tmm3, tmm6, tmm7",
                "tileloadd tmm7, [{fourth} + {line}]",
                "tdpbf16ps tmm4, tmm6, tmm7",
                weights = in(reg) &raw const passing.weights[which], line = in(reg) ROW,
                ones = in(reg) &raw const passing.ones, values = in(reg) values,
                second = in(reg) values.add(pairs * HEIGHT), third = in(reg) values.add(2 * pairs * HEIGHT),
                fourth = in(reg) values.add(3 * pairs * HEIGHT),
                options(nostack, readonly, preserves_flags),
            );
        }
    }
}

/// Stores the accumulators.
#[inline(always)]
pub(super) unsafe fn end<const LINES: usize>(passing: &mut Passing) {
    // SAFETY: there is room for five tiles.
    unsafe {
        asm!(
            "tilestored [{sums} + {line}], tmm0",
            "tilestored [{sums} + {line} + 1024], tmm1",
            "tilestored [{sums} + {line} + 2048], tmm2",
            sums = in(reg) &raw mut passing.sums, line = in(reg) ROW,
            options(nostack, preserves_flags),
        );
        if LINES == 2 {
            asm!(
                "tilestored [{sums} + {line} + 3072], tmm3",
                "tilestored [{sums} + {line} + 4096], tmm4",
                sums = in(reg) &raw mut passing.sums, line = in(reg) ROW,
                options(nostack, preserves_flags),
            );
        }
    }
}
