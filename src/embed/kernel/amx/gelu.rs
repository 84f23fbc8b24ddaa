//! GELU, accurate to the precision of `bf16`: x ← max(x, 0) − g(|x|), where g(t) = t · (1 − Φ(t)) is a small bump that is looked
//! up in a table.
//!
//! The table has 32 parabolas and fits into six registers. One instruction looks up a coefficient for each lane. A polynomial for
//! erf would take twice as many instructions.

use std::arch::x86_64::{
    __m512, _mm512_abs_ps, _mm512_castps_si512, _mm512_fmadd_ps, _mm512_loadu_ps, _mm512_max_ps, _mm512_min_ps,
    _mm512_permutex2var_ps, _mm512_set1_ps, _mm512_setzero_ps, _mm512_sub_ps,
};
use std::f64::consts::{FRAC_1_SQRT_2, PI};
use std::sync::LazyLock;

/// Number of parabolas in the table.
const PARTS: usize = 32;
/// Number of parabolas per interval of length 1. The last one ends at 5.25, beyond which g is below 1e-6.
const PER_ONE: f32 = 6.0;
/// The centre of the interval of the last parabola.
const LAST: f32 = 31.0 / PER_ONE;
/// 1.5 · 2²³. Adding it to a small number leaves the number, rounded to an integer, in the lowest bits.
const ROUND: f32 = 12_582_912.0;

/// The coefficients of t⁰, t¹ and t² of each parabola.
static TABLE: LazyLock<[[f32; PARTS]; 3]> = LazyLock::new(table);

/// The table, in registers as far as the compiler keeps it there.
#[derive(Clone, Copy)]
pub(super) struct Gelu([[__m512; 2]; 3]);

impl Gelu {
    /// # Safety
    /// The processor has AVX-512.
    #[target_feature(enable = "avx512f")]
    pub unsafe fn load() -> Self {
        let half = |coefficients: &[f32]| {
            // SAFETY: half of a table is 16 numbers.
            unsafe { _mm512_loadu_ps(coefficients.as_ptr()) }
        };
        Self(TABLE.each_ref().map(|coefficients| [half(&coefficients[..16]), half(&coefficients[16..])]))
    }

    /// It must be inlined into a function with AVX-512.
    ///
    /// # Safety
    /// The processor has AVX-512.
    #[inline(always)]
    pub unsafe fn of(&self, x: __m512) -> __m512 {
        // SAFETY: operates on registers only. The lookup instruction uses only the lowest five bits of an index.
        unsafe {
            // `max` returns a NaN only if it is the second operand. The result is subtracted from it.
            let t = _mm512_min_ps(_mm512_set1_ps(LAST), _mm512_abs_ps(x));
            let part = _mm512_castps_si512(_mm512_fmadd_ps(t, _mm512_set1_ps(PER_ONE), _mm512_set1_ps(ROUND)));
            let [[low0, high0], [low1, high1], [low2, high2]] = self.0;
            let c0 = _mm512_permutex2var_ps(low0, part, high0);
            let c1 = _mm512_permutex2var_ps(low1, part, high1);
            let c2 = _mm512_permutex2var_ps(low2, part, high2);
            let hill = _mm512_fmadd_ps(_mm512_fmadd_ps(c2, t, c1), t, c0);
            _mm512_sub_ps(_mm512_max_ps(_mm512_setzero_ps(), x), hill)
        }
    }
}

/// Interpolates g with parabolas through the three Chebyshev nodes of each interval.
fn table() -> [[f32; PARTS]; 3] {
    let mut table = [[0f32; PARTS]; 3];
    let half = 0.5 / f64::from(PER_ONE);
    let node = half * (PI / 6.0).cos();
    for (part, centre) in (0u8..).map(|part| f64::from(part) / f64::from(PER_ONE)).take(PARTS).enumerate() {
        let [below, middle, above] = [centre - node, centre, centre + node].map(hill);
        // The coefficients in u = t − centre, then in t.
        let (second, first) = ((above + below - 2.0 * middle) / (2.0 * node * node), (above - below) / (2.0 * node));
        let in_t = [middle - first * centre + second * centre * centre, first - 2.0 * second * centre, second];
        for (coefficients, coefficient) in table.iter_mut().zip(in_t) {
            #[allow(clippy::cast_possible_truncation)] // rounding is intended
            let rounded = coefficient as f32;
            coefficients[part] = rounded;
        }
    }
    table
}

/// g(t) = t · (1 − Φ(t)), where Φ is the cumulative normal distribution.
fn hill(t: f64) -> f64 {
    0.5 * t * (1.0 - erf(t * FRAC_1_SQRT_2))
}

/// The error function for |x| < 4, accurate to 1e-9, by its power series.
fn erf(x: f64) -> f64 {
    let (mut sum, mut term, mut n) = (x, x, 1.0);
    while term.abs() > 1e-12 {
        term *= -x * x / n;
        sum += term / (2.0 * n + 1.0);
        n += 1.0;
    }
    sum * 2.0 / PI.sqrt()
}
