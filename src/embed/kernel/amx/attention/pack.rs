//! Packs keys and values as the right operands of tile products.
//!
//! It must be inlined into functions with AVX-512. `map` and `from_fn` of arrays are not used because they would not be inlined.

use std::arch::x86_64::{
    __m512i, _mm512_loadu_si512, _mm512_permutex2var_epi16, _mm512_setzero_si512, _mm512_shuffle_i32x4,
    _mm512_store_si512, _mm512_unpackhi_epi32, _mm512_unpackhi_epi64, _mm512_unpacklo_epi32, _mm512_unpacklo_epi64,
};

use super::super::tiles::HEIGHT;
use super::{Line, Sequence};

/// Packs keys as columns: a tile has 16 keys, and a row for each pair of their numbers.
#[inline(always)]
pub(super) unsafe fn keys<const LINES: usize>(text: &Sequence, keys: *const Line, out: *mut Line) {
    // SAFETY: as `attention::attend`; memory after the last key is read as if it were a key, and its score is masked.
    unsafe {
        for group in 0..text.groups() {
            for line in 0..LINES {
                let first = keys.add(group * HEIGHT * text.stride + line);
                let mut rows = [_mm512_setzero_si512(); HEIGHT];
                for (row, units) in rows.iter_mut().enumerate() {
                    *units = _mm512_loadu_si512(first.add(row * text.stride).cast());
                }
                let out = out.add((group * LINES + line) * HEIGHT);
                for (row, units) in transpose(rows).into_iter().enumerate() {
                    _mm512_store_si512(out.add(row).cast(), units);
                }
            }
        }
    }
}

/// Transposes 16 rows of 16 units.
#[inline(always)]
unsafe fn transpose(rows: [__m512i; 16]) -> [__m512i; 16] {
    // SAFETY: operates on registers only.
    unsafe {
        let mut pairs = rows;
        for two in 0..8 {
            pairs[2 * two] = _mm512_unpacklo_epi32(rows[2 * two], rows[2 * two + 1]);
            pairs[2 * two + 1] = _mm512_unpackhi_epi32(rows[2 * two], rows[2 * two + 1]);
        }
        let mut fours = pairs;
        for four in 0..4 {
            let (a, b, c, d) = (pairs[4 * four], pairs[4 * four + 1], pairs[4 * four + 2], pairs[4 * four + 3]);
            fours[4 * four] = _mm512_unpacklo_epi64(a, c);
            fours[4 * four + 1] = _mm512_unpackhi_epi64(a, c);
            fours[4 * four + 2] = _mm512_unpacklo_epi64(b, d);
            fours[4 * four + 3] = _mm512_unpackhi_epi64(b, d);
        }
        // For each four rows, `fours` has the four-element parts of columns 0, 4, 8, 12; of columns 1, 5, 9, 13; and so on.
        let mut out = rows;
        for column in 0..4 {
            let (a, b, c, d) = (fours[column], fours[4 + column], fours[8 + column], fours[12 + column]);
            let (low, high) = (_mm512_shuffle_i32x4::<0x44>(a, b), _mm512_shuffle_i32x4::<0xee>(a, b));
            let (low_behind, high_behind) = (_mm512_shuffle_i32x4::<0x44>(c, d), _mm512_shuffle_i32x4::<0xee>(c, d));
            out[column] = _mm512_shuffle_i32x4::<0x88>(low, low_behind);
            out[4 + column] = _mm512_shuffle_i32x4::<0xdd>(low, low_behind);
            out[8 + column] = _mm512_shuffle_i32x4::<0x88>(high, high_behind);
            out[12 + column] = _mm512_shuffle_i32x4::<0xdd>(high, high_behind);
        }
        out
    }
}

/// The permutation that interleaves two lines: the first numbers of both, then the second numbers of both, and so on.
const fn interleaved(first: u16) -> [u16; 32] {
    let mut order = [0; 32];
    let mut place = 0;
    while place < 32 {
        #[allow(clippy::cast_possible_truncation)] // below 32
        let number = first + place as u16 / 2;
        order[place] = if place % 2 == 0 { number } else { number + 32 };
        place += 1;
    }
    order
}

/// Packs values: each pair of values becomes a row. A tile has 16 numbers of 32 values.
#[inline(always)]
pub(super) unsafe fn values<const LINES: usize>(text: &Sequence, values: *const Line, out: *mut Line) {
    static ORDER: [[u16; 32]; 2] = [interleaved(0), interleaved(16)];
    let pairs = text.pairs();
    // SAFETY: as `attention::attend`; rows after the last one are not read but replaced by zeros. Their weights are 0, and 0
    // times a NaN would be NaN.
    unsafe {
        let order = [0, 1].map(|half| _mm512_loadu_si512(ORDER[half].as_ptr().cast()));
        let load = |token: usize, line: usize| {
            if token < text.tokens {
                _mm512_loadu_si512(values.add(token * text.stride + line).cast())
            } else {
                _mm512_setzero_si512()
            }
        };
        for line in 0..LINES {
            for row in 0..pairs * HEIGHT {
                let (even, odd) = (load(2 * row, line), load(2 * row + 1, line));
                for (half, order) in order.iter().enumerate() {
                    let units = _mm512_permutex2var_epi16(even, *order, odd);
                    let place = (line * 2 + half) * pairs * HEIGHT + row;
                    _mm512_store_si512(out.add(place).cast(), units);
                }
            }
        }
    }
}
