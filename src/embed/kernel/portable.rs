//! Products in plain Rust, for every processor. The other kernels are tested against them.

use super::{LANES, Line, Product};

/// Number of rows that are computed together, so that each line of a panel is loaded once for all of them.
const ROWS: usize = 2;

pub(super) fn multiply_f32(product: &mut Product<'_>) {
    multiply(product, |_| 0f32, |sum, a, w| sum + f32::from_bits(a) * f32::from_bits(w), |sum| sum);
}

#[cfg(test)]
pub(super) fn multiply_bf16(product: &mut Product<'_>) {
    let halves = |unit: u32| (f32::from_bits(unit << 16), f32::from_bits(unit & 0xffff_0000));
    let add = |sum: f32, a, w| {
        let ((a0, a1), (w0, w1)) = (halves(a), halves(w));
        sum + a0 * w0 + a1 * w1
    };
    multiply(product, |_| 0f32, add, |sum| sum);
}

pub(super) fn multiply_int16(product: &mut Product<'_>) {
    #[allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap)] // truncation to each half is intended
    let halves = |unit: u32| (i32::from(unit as i16), i32::from((unit >> 16) as i16));
    let add = |sum: i32, a, w| {
        let ((a0, a1), (w0, w1)) = (halves(a), halves(w));
        sum + a0 * w0 + a1 * w1
    };
    #[allow(clippy::cast_precision_loss)] // as the other kernels do
    multiply(product, |_| 0i32, add, |sum| sum as f32);
}

pub(super) fn multiply_int8(product: &mut Product<'_>) {
    let add = |sum: i32, a: u32, w: u32| {
        let (a, w) = (a.to_le_bytes(), w.to_le_bytes());
        let products = std::array::from_fn::<_, 4, _>(|place| i32::from(a[place]) * i32::from(w[place].cast_signed()));
        sum + products.iter().sum::<i32>()
    };
    let starts = product.starts;
    #[allow(clippy::cast_precision_loss)] // as the other kernels do
    multiply(product, |column| starts.map_or(0, |starts| starts[column]), add, |sum| sum as f32);
}

#[inline(always)]
fn multiply<S: Copy>(
    product: &mut Product<'_>,
    start_of: impl Fn(usize) -> S,
    add: impl Fn(S, u32, u32) -> S,
    number: impl Fn(S) -> f32,
) {
    let (columns, depth) = (product.panels * LANES, product.depth);
    for start in (0..product.rows).step_by(ROWS) {
        // There is room for whole groups of rows; the results of the surplus rows are discarded.
        let rows: [&[Line]; ROWS] = std::array::from_fn(|row| &product.a[(start + row) * depth..][..depth]);
        for (panel, w) in product.w.chunks_exact(depth * LANES).enumerate().take(product.panels) {
            let starts = std::array::from_fn(|lane| start_of(panel * LANES + lane));
            let sums = sums(rows, w, starts, &add);
            for (row, sums) in (start..product.rows).zip(&sums) {
                let first = panel * LANES;
                let out = &mut product.out[row * columns + first..][..LANES];
                for (lane, (out, sum)) in out.iter_mut().zip(sums).enumerate() {
                    let factor = product.scales.map_or(1.0, |(rows, columns)| rows[row] * columns[first + lane]);
                    *out = number(*sum) * factor + product.bias.map_or(0.0, |bias| bias[first + lane]);
                }
            }
        }
    }
}

/// The sums of some rows and one panel, which begin with `starts`.
#[inline(always)]
fn sums<S: Copy>(
    rows: [&[Line]; ROWS],
    w: &[Line],
    starts: [S; LANES],
    add: impl Fn(S, u32, u32) -> S,
) -> [[S; LANES]; ROWS] {
    let mut sums = [starts; ROWS];
    for (place, w) in w.chunks_exact(LANES).enumerate() {
        let units: [&[u32; LANES]; ROWS] = std::array::from_fn(|row| &rows[row][place].0);
        for (unit, Line(w)) in w.iter().enumerate().take(LANES) {
            for (units, sums) in units.iter().zip(&mut sums) {
                let a = units[unit];
                for (sum, w) in sums.iter_mut().zip(w) {
                    *sum = add(*sum, a, *w);
                }
            }
        }
    }
    sums
}
