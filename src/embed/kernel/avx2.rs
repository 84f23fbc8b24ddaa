//! Products with AVX2 and FMA, which processors have had since 2013 (Intel) and 2015 (AMD).
//!
//! `vpmaddwd` multiplies 16 pairs of 16-bit integers where an FMA multiplies 8 pairs of 32 bits at the same rate. But it needs a
//! separate addition, and on many processors that takes the place of a multiplication. The algorithm of Winograd ("A New
//! Algorithm for Inner Product", IEEE Transactions on Computers, 1968) halves the multiplications:
//!
//! a₀·w₀ + a₁·w₁ = (a₀ + w₁)·(a₁ + w₀) − a₀·a₁ − w₀·w₁
//!
//! The subtracted terms depend on the row alone and on the column alone. In integers this is exact, even if an intermediate sum
//! wraps around beyond 2³¹, since the result does not.
#![allow(unsafe_code)]

use std::arch::asm;
use std::arch::x86_64::{
    __m256, __m256i, _mm256_add_epi32, _mm256_add_ps, _mm256_and_si256, _mm256_broadcast_ss, _mm256_cvtepi32_ps,
    _mm256_fmadd_ps, _mm256_load_ps, _mm256_load_si256, _mm256_loadu_ps, _mm256_madd_epi16, _mm256_mul_ps,
    _mm256_set1_epi16, _mm256_set1_epi32, _mm256_set1_ps, _mm256_setzero_ps, _mm256_setzero_si256, _mm256_slli_epi16,
    _mm256_srai_epi16, _mm256_srli_epi16, _mm256_srli_epi64, _mm256_storeu_ps, _mm256_storeu_si256, _mm256_sub_epi32,
};

use super::block::{blocks_256, integers_256};
use super::{LANES, Product, ROW_GROUP};

/// Number of rows of a block. A group of rows is a multiple of it.
const ROWS: usize = 4;
/// Number of vectors of a panel.
const VECTORS: usize = 2;
/// Number of lanes of a vector.
const WIDTH: usize = LANES / VECTORS;
/// Number of rows whose terms a₀·a₁ are stored at a time.
const KEPT: usize = 16 * ROW_GROUP;

pub(super) fn runs_here() -> bool {
    is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma")
}

/// Products of pairs of 16-bit integers, accumulated in 32 bits. The format ensures that sums do not overflow, and that the sum
/// of an activation and a weight fits into 16 bits.
///
/// # Safety
/// The processor has the features, and the product's slices have the lengths that its shape requires.
#[target_feature(enable = "avx2,fma")]
pub(super) unsafe fn multiply_int16(product: &mut Product<'_>) {
    let units = product.depth * LANES;
    let mut of_rows = [0i32; KEPT];
    for start in (0..product.rows).step_by(KEPT) {
        let rows = KEPT.min(product.rows - start);
        // SAFETY: `rows` rows from `start` on are in the product, and so is every panel; a block reads and writes up to three
        // more rows, for which there is room.
        unsafe {
            let a = product.a.as_ptr().cast::<u32>().add(start * units);
            for (row, own) in of_rows.iter_mut().enumerate().take(rows) {
                *own = own_part_of_row(a.add(row * units), units);
            }
            for panel in 0..product.panels {
                let w = product.w.as_ptr().cast::<u32>().add(panel * units * LANES);
                let of_columns = own_part_of_panel(w, units);
                for row in (0..rows).step_by(ROWS) {
                    let sums = sums(a.add(row * units), w, units);
                    for (place, sums) in sums.into_iter().enumerate() {
                        let own = _mm256_set1_epi32(of_rows[row + place]);
                        for (vector, (sum, of_column)) in sums.into_iter().zip(of_columns).enumerate() {
                            let sum = _mm256_sub_epi32(sum, _mm256_add_epi32(own, of_column));
                            finish(product, start + row + place, panel * LANES + vector * WIDTH, sum);
                        }
                    }
                }
            }
        }
    }
}

/// Scales a sum, adds the bias and stores the result.
///
/// # Safety
/// The row (or the room for it) and the columns are in the product.
#[target_feature(enable = "avx2,fma")]
#[inline]
unsafe fn finish(product: &mut Product<'_>, row: usize, column: usize, sum: __m256i) {
    let mut numbers = _mm256_cvtepi32_ps(sum);
    // SAFETY: as the caller promises. Rows that exist have scales; the surplus rows need none.
    unsafe {
        if let Some((of_rows, of_columns)) = product.scales {
            let of_row = of_rows.get(row).copied().unwrap_or(0.0);
            let of_columns = _mm256_loadu_ps(of_columns.as_ptr().add(column));
            numbers = _mm256_mul_ps(numbers, _mm256_mul_ps(_mm256_set1_ps(of_row), of_columns));
        }
        if let Some(bias) = product.bias {
            numbers = _mm256_add_ps(numbers, _mm256_loadu_ps(bias.as_ptr().add(column)));
        }
        _mm256_storeu_ps(product.out.as_mut_ptr().add(row * product.panels * LANES + column), numbers);
    }
}

/// Σ a₀·a₁ of a row, over pairs of adjacent units.
///
/// # Safety
/// The row is in valid memory.
#[target_feature(enable = "avx2,fma")]
unsafe fn own_part_of_row(a: *const u32, units: usize) -> i32 {
    let mut sum = _mm256_setzero_si256();
    for unit in (0..units).step_by(WIDTH) {
        // SAFETY: the units of a row are whole lines.
        let line = unsafe { _mm256_load_si256(a.add(unit).cast()) };
        // The units of a pair are adjacent in 64 bits: the shift aligns the upper one with the lower one.
        sum = _mm256_add_epi32(sum, _mm256_madd_epi16(line, _mm256_srli_epi64::<32>(line)));
    }
    let mut lanes = [0i32; WIDTH];
    // SAFETY: the array has the size of a vector.
    unsafe { _mm256_storeu_si256(lanes.as_mut_ptr().cast(), sum) };
    // The upper unit of each pair was multiplied by 0.
    lanes.into_iter().fold(0, i32::wrapping_add)
}

/// Σ w₀·w₁ of each column of a panel, over pairs of adjacent units.
///
/// # Safety
/// The panel is in valid memory.
#[target_feature(enable = "avx2,fma")]
unsafe fn own_part_of_panel(w: *const u32, units: usize) -> [__m256i; VECTORS] {
    let mut sums = [_mm256_setzero_si256(); VECTORS];
    for unit in (0..units).step_by(2) {
        for (vector, sum) in sums.iter_mut().enumerate() {
            // SAFETY: both units of all columns are in the panel.
            unsafe {
                let first = w.add(unit * LANES + vector * WIDTH);
                let pair = (_mm256_load_si256(first.cast()), _mm256_load_si256(first.add(LANES).cast()));
                *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(pair.0, pair.1));
            }
        }
    }
    sums
}

/// Σ (a₀ + w₁)·(a₁ + w₀) of four rows and a panel.
///
/// This is assembly because the compiler would first add up the products of several units, for which there are too few registers.
///
/// # Safety
/// The rows and the panel are in valid memory.
#[target_feature(enable = "avx2,fma")]
#[inline]
unsafe fn sums(a: *const u32, w: *const u32, units: usize) -> [[__m256i; VECTORS]; ROWS] {
    let mut s = [[_mm256_setzero_si256(); VECTORS]; ROWS];
    /// Broadcasts a row's pair of units and combines it with both vectors of the panel.
    macro_rules! row {
        ($place:literal, $left:literal, $right:literal) => {
            concat!(
                "vpbroadcastd ymm12, dword ptr [",
                $place,
                "]\n",
                "vpbroadcastd ymm13, dword ptr [",
                $place,
                " + 4]\n",
                "vpaddw ymm14, ymm12, ymm10\n",
                "vpaddw ymm15, ymm13, ymm8\n",
                "vpmaddwd ymm14, ymm14, ymm15\n",
                "vpaddd ",
                $left,
                ", ",
                $left,
                ", ymm14\n",
                "vpaddw ymm14, ymm12, ymm11\n",
                "vpaddw ymm15, ymm13, ymm9\n",
                "vpmaddwd ymm14, ymm14, ymm15\n",
                "vpaddd ",
                $right,
                ", ",
                $right,
                ", ymm14",
            )
        };
    }
    // SAFETY: reads only `units` units, an even number, of four rows and of the panel.
    unsafe {
        asm!(
            ".p2align 5",
            "2:",
            "vmovdqa ymm8, ymmword ptr [{w}]",
            "vmovdqa ymm9, ymmword ptr [{w} + 32]",
            "vmovdqa ymm10, ymmword ptr [{w} + 64]",
            "vmovdqa ymm11, ymmword ptr [{w} + 96]",
            row!("{a0} + {unit}", "ymm0", "ymm1"),
            row!("{a1} + {unit}", "ymm2", "ymm3"),
            row!("{a2} + {unit}", "ymm4", "ymm5"),
            row!("{a3} + {unit}", "ymm6", "ymm7"),
            "add {w}, 128",
            "add {unit}, 8",
            "jnz 2b",
            // The ends of the rows. The register that counts the remaining units is a negative offset from them.
            a0 = in(reg) a.add(units),
            a1 = in(reg) a.add(2 * units),
            a2 = in(reg) a.add(3 * units),
            a3 = in(reg) a.add(4 * units),
            unit = inout(reg) -4 * units.cast_signed() => _,
            w = inout(reg) w => _,
            inout("ymm0") s[0][0], inout("ymm1") s[0][1], inout("ymm2") s[1][0], inout("ymm3") s[1][1],
            inout("ymm4") s[2][0], inout("ymm5") s[2][1], inout("ymm6") s[3][0], inout("ymm7") s[3][1],
            out("ymm8") _, out("ymm9") _, out("ymm10") _, out("ymm11") _,
            out("ymm12") _, out("ymm13") _, out("ymm14") _, out("ymm15") _,
            options(nostack, readonly),
        );
    }
    s
}

blocks_256! {
    /// Products of `f32`.
    multiply_f32, "avx2,fma", sum: __m256, rows: 6,
    start: |_: &Product<'_>, _| _mm256_setzero_ps(),
    load: |place: *const u32| _mm256_load_ps(place.cast()),
    spread: |place: *const u32| _mm256_broadcast_ss(&*place.cast()),
    add: |sum, a, w| _mm256_fmadd_ps(a, w, sum),
    number: |sum| sum,
}

integers_256! {
    /// Products of four 8-bit integers, accumulated in 32 bits. `vpmaddubsw`, which multiplies bytes, would saturate: bytes are
    /// widened to 16 bits, the even and the odd ones apart. So this is slower than products of 16 bits, but the processors that
    /// have faster instructions compute the same.
    multiply_int8, "avx2,fma", rows: 4,
    add: |sum, a, w| {
        let even = _mm256_madd_epi16(
            _mm256_and_si256(a, _mm256_set1_epi16(0xff)),
            _mm256_srai_epi16::<8>(_mm256_slli_epi16::<8>(w)),
        );
        let odd = _mm256_madd_epi16(_mm256_srli_epi16::<8>(a), _mm256_srai_epi16::<8>(w));
        _mm256_add_epi32(sum, _mm256_add_epi32(even, odd))
    },
}
