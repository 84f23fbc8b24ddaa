//! Maps a table so that the means over texts come as near to the teacher's vectors as one affine map can bring them. What is learnt
//! so holds for every token, also for one that occurs in no text.
//!
//! The map is the ridge regression of the teacher's vectors on the means (Hoerl & Kennard, 1970), towards a multiple of the identity
//! instead of zero: where the texts say nothing, the table stays as it is. Since the shares of a text add up to 1, a constant that is
//! added to each row is added to each mean.

use rayon::prelude::*;

use super::bags::Bags;
use super::fit::{Rows, mean};
use crate::embed::{dot, fma, widest};

/// The weight of the squared differences of the map from a multiple of the identity, as a part of the mean variance of the coordinates.
const RIDGE: f64 = 1e-2;
/// Texts whose products are added up together.
const AT_ONCE: usize = 512;

/// Maps every row of the table. `learnt` are the numbers of the texts and of their vectors among `targets`.
pub(super) fn align(table: &Rows, bags: &Bags, learnt: &[usize], targets: &Rows) -> Rows {
    let width = table.width;
    // A coordinate more, which is always 1.
    let wide = width + 1;
    let means: Vec<Vec<f32>> = learnt
        .par_iter()
        .map(|text| {
            let mut mean = mean(table, bags, *text);
            mean.push(1.0);
            mean
        })
        .collect();
    let stretch = stretch(&means, learnt, targets);
    let mut left = vec![0.0f64; wide * wide];
    let mut right = vec![0.0f64; wide * width];
    for (means, learnt) in means.chunks(AT_ONCE).zip(learnt.chunks(AT_ONCE)) {
        left.par_chunks_mut(wide).zip(right.par_chunks_mut(width)).enumerate().for_each(|(row, (left, right))| {
            let (mut products, mut with_targets) = (vec![0.0f32; wide], vec![0.0f32; width]);
            for (mean, target) in means.iter().zip(learnt) {
                add_scaled(&mut products, mean, mean[row]);
                add_scaled(&mut with_targets, targets.row(*target), mean[row]);
                add_scaled(&mut with_targets, &mean[..width], -stretch * mean[row]);
            }
            left.iter_mut().zip(products).for_each(|(sum, value)| *sum += f64::from(value));
            right.iter_mut().zip(with_targets).for_each(|(sum, value)| *sum += f64::from(value));
        });
    }
    let trace: f64 = (0..width).map(|row| left[row * wide + row]).sum();
    #[allow(clippy::cast_precision_loss)] // a mean
    let ridge = (RIDGE * trace / width as f64).max(f64::MIN_POSITIVE);
    for row in 0..width {
        left[row * wide + row] += ridge;
    }
    left[width * wide + width] += f64::MIN_POSITIVE;
    if !solve(&mut left, &mut right, wide, width) {
        return Rows { width, values: table.values.clone() };
    }
    #[allow(clippy::cast_possible_truncation)] // the table has f32
    let mut map: Vec<f32> = right.iter().map(|value| *value as f32).collect();
    for row in 0..width {
        map[row * width + row] += stretch;
    }
    let mut mapped = Rows { width, values: vec![0.0; table.values.len()] };
    mapped.values.par_chunks_mut(width).zip(table.values.par_chunks(width)).for_each(|(mapped, row)| {
        // A token without a vector is as good as left out.
        if row.iter().all(|value| *value == 0.0) {
            return;
        }
        mapped.copy_from_slice(&map[width * width..]);
        for (value, from) in row.iter().zip(map.chunks(width)) {
            add_scaled(mapped, from, *value);
        }
    });
    mapped
}

/// The number by which all means are multiplied to come nearest to the teacher's vectors.
fn stretch(means: &[Vec<f32>], learnt: &[usize], targets: &Rows) -> f32 {
    let with_targets: f32 = means.iter().zip(learnt).map(|(mean, target)| dot(mean, targets.row(*target))).sum();
    let squares: f32 = means.iter().map(|mean| dot(&mean[..targets.width], mean)).sum();
    if squares > 0.0 { (with_targets / squares).max(0.0) } else { 1.0 }
}

/// Solves left × x = right for a symmetric positive definite matrix of `size` rows, by Cholesky's decomposition; `right` has
/// `columns` columns, and becomes x. False if the matrix is not positive definite.
fn solve(left: &mut [f64], right: &mut [f64], size: usize, columns: usize) -> bool {
    for row in 0..size {
        let (above, rest) = left.split_at_mut(row * size);
        for column in 0..row {
            let known = &above[column * size..][..size];
            let sum: f64 = (0..column).map(|k| rest[k] * known[k]).sum();
            rest[column] = (rest[column] - sum) / known[column];
        }
        let pivot = rest[row] - rest[..row].iter().map(|value| value * value).sum::<f64>();
        if !(pivot > 0.0 && pivot.is_finite()) {
            return false;
        }
        rest[row] = pivot.sqrt();
    }
    for row in 0..size {
        let (above, rest) = right.split_at_mut(row * columns);
        for (k, known) in above.chunks(columns).enumerate() {
            let factor = left[row * size + k];
            rest[..columns].iter_mut().zip(known).for_each(|(value, known)| *value -= factor * known);
        }
        for value in &mut rest[..columns] {
            *value /= left[row * size + row];
        }
    }
    for row in (0..size).rev() {
        let (upper, below) = right.split_at_mut((row + 1) * columns);
        let own = &mut upper[row * columns..];
        for (k, known) in (row + 1..).zip(below.chunks(columns)) {
            let factor = left[k * size + row];
            own.iter_mut().zip(known).for_each(|(value, known)| *value -= factor * known);
        }
        let pivot = left[row * size + row];
        for value in own.iter_mut() {
            *value /= pivot;
        }
    }
    true
}

/// sum += scale × row.
pub(super) fn add_scaled(sum: &mut [f32], row: &[f32], scale: f32) {
    widest(
        #[inline(always)]
        |fused| {
            for (sum, value) in sum.iter_mut().zip(row) {
                *sum = fma(fused, *value, scale, *sum);
            }
        },
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_system_of_equations_is_solved() {
        let matrix = [4.0, 2.0, 0.4, 2.0, 5.0, 1.0, 0.4, 1.0, 3.0];
        let wanted = [1.0, -2.0, 3.0, 0.5, -1.0, 4.0];
        let mut right: Vec<f64> = (0..3)
            .flat_map(|row| (0..2).map(move |column| (row, column)))
            .map(|(row, column)| (0..3).map(|k| matrix[row * 3 + k] * wanted[k * 2 + column]).sum())
            .collect();
        let mut left = matrix;
        assert!(solve(&mut left, &mut right, 3, 2));
        assert!(right.iter().zip(wanted).all(|(found, wanted)| (found - wanted).abs() < 1e-12), "{right:?}");
        assert!(!solve(&mut [0.0, 1.0, 1.0, 0.0], &mut [1.0, 1.0], 2, 1));
    }
}
