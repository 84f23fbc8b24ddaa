//! Tests each step of the matrix unit against plain arithmetic, with many shapes and numbers.

#![allow(clippy::print_stdout)] // for the note on skipped tests

use proptest::prelude::*;

use super::tiles::BLOCK;
use super::*;
use crate::embed::kernel::Format;
use crate::embed::kernel::matrix::Matrix;

/// The matrix unit; prints a note if there is none.
fn unit() -> Option<Unit> {
    let unit = Unit::find();
    if unit.is_none() {
        println!("SKIPPED: this processor has no AMX");
    }
    unit
}

/// Pseudorandom numbers, most of them small.
fn numbers(count: usize, seed: u64, size: f32) -> Vec<f32> {
    let mut state = seed;
    let mut number = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        #[allow(clippy::cast_precision_loss)]
        let unit = (state >> 40) as f32 / 8_388_608.0 - 1.0;
        size * unit * unit.abs()
    };
    (0..count).map(|_| number()).collect()
}

/// The number rounded to `bf16`.
fn rounded(value: f32) -> f32 {
    f32::from_bits(Format::Bf16.unit(|place| if place == 0 { value } else { 0.0 }) << 16)
}

fn halves(line: Line) -> impl Iterator<Item = f32> {
    line.0.into_iter().flat_map(|unit| [f32::from_bits(unit << 16), f32::from_bits(unit & 0xffff_0000)])
}

/// The numbers of rows in tile order.
fn numbers_of(rows: &TileRows) -> Vec<f32> {
    (0..rows.count()).flat_map(|row| (0..rows.depth()).flat_map(move |tile| halves(rows.line(row, tile)))).collect()
}

/// Rows with these numbers, and the numbers after rounding.
fn rows(unit: Unit, values: &[f32], width: usize) -> (TileRows, Vec<f32>) {
    // Layer norm changes the numbers unless they have mean 0 and variance 1. The tests use its output as input.
    let (weight, offset) = (vec![1.0; width], vec![0.0; width]);
    let mut rows = TileRows::default();
    unit.normalise(&weight, &offset, 1e-6, &mut values.to_vec(), &mut rows);
    let kept = numbers_of(&rows);
    (rows, kept)
}

/// rows · weights + bias; the weights have a row of `width` numbers for each column.
fn product(rows: &[f32], weights: &[f32], width: usize, bias: &[f32]) -> Vec<f32> {
    let row = |row: &[f32]| {
        let columns = weights.chunks_exact(width).zip(bias);
        let sum =
            |column: &[f32]| row.iter().zip(column).map(|(a, w)| f64::from(*a) * f64::from(rounded(*w))).sum::<f64>();
        #[allow(clippy::cast_possible_truncation)]
        columns.map(|(column, bias)| (sum(column) + f64::from(*bias)) as f32).collect::<Vec<f32>>()
    };
    rows.chunks_exact(width).flat_map(row).collect()
}

fn near(what: &str, found: &[f32], wanted: &[f32], relative: f32, absolute: f32) -> Result<(), TestCaseError> {
    prop_assert_eq!(found.len(), wanted.len());
    for (place, (found, wanted)) in found.iter().zip(wanted).enumerate() {
        let allowed = relative * wanted.abs() + absolute;
        prop_assert!((found - wanted).abs() <= allowed, "{what} at {place}: {found}, expected {wanted}");
    }
    Ok(())
}

fn gelu(x: f32) -> f32 {
    // 0.5 x (1 + erf(x / √2)), with erf by Simpson's rule.
    let (end, steps) = (f64::from(x) / std::f64::consts::SQRT_2, 400);
    let width = end / f64::from(steps);
    let at = |step: i32| (-(f64::from(step) * width).powi(2)).exp();
    let inner: f64 = (1..steps).map(|step| at(step) * if step % 2 == 0 { 2.0 } else { 4.0 }).sum();
    let erf = (at(0) + inner + at(steps)) * width / 3.0 * 2.0 / std::f64::consts::PI.sqrt();
    #[allow(clippy::cast_possible_truncation)]
    let value = (0.5 * f64::from(x) * (1.0 + erf)) as f32;
    value
}

/// Layer norm of each row.
fn normalised(rows: &[f32], weight: &[f32], offset: &[f32]) -> Vec<f32> {
    let row = |row: &[f32]| {
        let mean = |of: &dyn Fn(f64) -> f64| {
            #[allow(clippy::cast_precision_loss)]
            let count = row.len() as f64;
            row.iter().map(|value| of(f64::from(*value))).sum::<f64>() / count
        };
        let middle = mean(&|value| value);
        let deviation = mean(&|value| (value - middle).powi(2)).sqrt();
        let parts = row.iter().zip(weight).zip(offset);
        #[allow(clippy::cast_possible_truncation)]
        let one = |value: f32, weight: f32, offset: f32| {
            ((f64::from(value) - middle) / deviation * f64::from(weight) + f64::from(offset)) as f32
        };
        parts.map(|((value, weight), offset)| one(*value, *weight, *offset)).collect::<Vec<f32>>()
    };
    rows.chunks_exact(weight.len()).flat_map(row).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn products_are_rounded_activated_and_added(
        count in 1usize..80, lines in 1usize..6, blocks in 1usize..5, seed: u64, size in 0.01f32..4.0,
    ) {
        let Some(unit) = unit() else { return Ok(()) };
        let (width, columns) = (lines * PER_LINE, blocks * BLOCK);
        let (rows, kept) = rows(unit, &numbers(count * width, seed, 1.0), width);
        let (weights, bias) = (numbers(columns * width, seed ^ 1, size), numbers(columns, seed ^ 2, size));
        let matrix = Matrix::pack(Format::Bf16, &weights, width, &bias);
        let wanted = product(&kept, &weights, width, &bias);
        #[allow(clippy::cast_precision_loss)]
        let noise = size * width as f32 * 1e-5;

        let mut flat = FlatRows::default();
        unit.project(&rows, &matrix, &mut flat);
        let lines = (0..count * flat.depth()).flat_map(|line| halves(flat.line(line)));
        near("rounded", &lines.collect::<Vec<_>>(), &wanted, 1.0 / 256.0, noise)?;

        let mut active = TileRows::default();
        for first in (0..columns).step_by(BLOCK) {
            unit.activate(&rows, &matrix, first..first + BLOCK, &mut active);
            let part: Vec<f32> = wanted.chunks_exact(columns).flat_map(|row| &row[first..first + BLOCK]).map(|x| gelu(*x)).collect();
            near("activated", &numbers_of(&active), &part, 1.0 / 256.0, noise + 3e-5)?;
        }

        let mut sums = numbers(count * columns, seed ^ 3, size);
        let all: Vec<f32> = sums.iter().zip(&wanted).map(|(sum, wanted)| sum + wanted).collect();
        unit.add(&rows, &matrix, 0, &mut sums);
        near("added", &sums, &all, 1e-5, noise)?;
    }

    #[test]
    fn a_product_is_the_sum_of_its_parts(count in 1usize..70, before in 1usize..4, lines in 1usize..4, seed: u64) {
        let Some(unit) = unit() else { return Ok(()) };
        let (width, columns) = (lines * PER_LINE, 2 * BLOCK);
        let (rows, kept) = rows(unit, &numbers(count * width, seed, 1.0), width);
        // The rows are multiplied by the last inputs of the matrix only; those before belong to other rows.
        let whole = (before + lines) * PER_LINE;
        let weights = numbers(columns * whole, seed ^ 1, 1.0);
        let matrix = Matrix::pack(Format::Bf16, &weights, whole, &numbers(columns, seed, 9.0));
        let own: Vec<f32> = weights.chunks_exact(whole).flat_map(|row| &row[before * PER_LINE..]).copied().collect();
        let mut sums = vec![0.0; count * columns];
        unit.add(&rows, &matrix, before * PER_LINE, &mut sums);
        near("added", &sums, &product(&kept, &own, width, &vec![0.0; columns]), 1e-5, 1e-3)?;
    }

    #[test]
    fn attention_is_a_softmax_of_products(
        lengths in prop::collection::vec(0usize..100, 1..4), heads in 1usize..4, lines in 1usize..3, seed: u64,
        // Scores of several hundred overflow unless the largest score is subtracted first.
        size in prop::sample::select(vec![0.1f32, 1.0, 5.0, 40.0]),
    ) {
        let Some(unit) = unit() else { return Ok(()) };
        let (count, width) = (lengths.iter().sum::<usize>(), lines * PER_LINE);
        let mut projected = FlatRows::default();
        let hidden = heads * width;
        projected.begin(count, 3 * hidden);
        let values: Vec<f32> = numbers(count * 3 * hidden, seed, size).into_iter().map(rounded).collect();
        projected.fill(&values);
        let mut out = TileRows::default();
        unit.attend(&projected, lengths.iter().copied(), heads, &mut AttentionTiles::default(), &mut out);
        let mut wanted = Vec::new();
        let mut first = 0;
        for tokens in lengths {
            let rows: Vec<&[f32]> = values.chunks_exact(3 * hidden).skip(first).take(tokens).collect();
            first += tokens;
            for query in &rows {
                for head in 0..heads {
                    let part = |row: &[f32], which: usize| row[which * hidden + head * width..][..width].to_vec();
                    let query = part(query, 0);
                    let score = |row: &&[f32]| {
                        let key = part(row, 1);
                        let sum: f64 = query.iter().zip(&key).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
                        #[allow(clippy::cast_precision_loss)]
                        let root = (width as f64).sqrt();
                        sum / root
                    };
                    let scores: Vec<f64> = rows.iter().map(score).collect();
                    let largest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                    let weights: Vec<f64> = scores.iter().map(|score| (score - largest).exp()).collect();
                    let sum: f64 = weights.iter().sum();
                    let mut mix = vec![0.0; width];
                    for (row, weight) in rows.iter().zip(&weights) {
                        for (mix, value) in mix.iter_mut().zip(part(row, 2)) {
                            *mix += weight / sum * f64::from(value);
                        }
                    }
                    #[allow(clippy::cast_possible_truncation)]
                    wanted.extend(mix.into_iter().map(|mix| mix as f32));
                }
            }
        }
        near("mixed", &numbers_of(&out), &wanted, 0.02, 0.02 * size)?;
    }

    #[test]
    fn a_norm_is_written_as_f32_and_rounded(count in 1usize..40, lines in 1usize..14, seed: u64, size in 0.01f32..100.0) {
        let Some(unit) = unit() else { return Ok(()) };
        let width = lines * PER_LINE;
        let (weight, offset) = (numbers(width, seed ^ 1, 2.0), numbers(width, seed ^ 2, 2.0));
        let mut states = numbers(count * width, seed, size);
        let wanted = normalised(&states, &weight, &offset);
        let mut rows = TileRows::default();
        unit.normalise(&weight, &offset, 1e-12, &mut states, &mut rows);
        near("numbers", &states, &wanted, 1e-5, 1e-5)?;
        near("rounded", &numbers_of(&rows), &states, 1.0 / 256.0, 0.0)?;
    }
}

#[test]
fn nan_and_infinity_propagate() {
    let Some(unit) = unit() else { return };
    let width = PER_LINE;
    for value in [f32::NAN, f32::INFINITY] {
        let mut projected = FlatRows::default();
        projected.begin(3, 3 * width);
        let mut values = numbers(3 * 3 * width, 7, 1.0);
        // One number of the first key.
        values[width + 5] = value;
        projected.fill(&values);
        let mut out = TileRows::default();
        unit.attend(&projected, [3].into_iter(), 1, &mut AttentionTiles::default(), &mut out);
        assert!(numbers_of(&out).iter().any(|mix| !mix.is_finite()), "{value}");

        let (rows, _) = rows(unit, &numbers(2 * width, 3, 1.0), width);
        let mut weights = vec![1.0; BLOCK * width];
        weights[3] = value;
        let matrix = Matrix::pack(Format::Bf16, &weights, width, &[0.0; BLOCK]);
        let mut active = TileRows::default();
        unit.activate(&rows, &matrix, 0..BLOCK, &mut active);
        let first = numbers_of(&active)[0];
        // GELU of −∞ is 0.
        assert!(
            first.is_nan() || value.is_infinite() && (first.is_infinite() || first.abs() < 1e-6),
            "{value}: {first}"
        );
        let mut sums = vec![0.0; 2 * BLOCK];
        unit.add(&rows, &matrix, 0, &mut sums);
        assert!(!sums[0].is_finite(), "{value}");
    }
}

#[test]
#[should_panic(expected = "a part of a block's columns")]
fn a_product_of_half_a_block_panics() {
    let Some(unit) = unit() else { panic!("a part of a block's columns: not tried without a unit") };
    let (rows, _) = rows(unit, &[1.0; PER_LINE], PER_LINE);
    let matrix = Matrix::pack(Format::Bf16, &[1.0; 48 * PER_LINE], PER_LINE, &[0.0; 48]);
    unit.add(&rows, &matrix, 0, &mut [0.0; 48]);
}
