//! The first principal components of some vectors, by subspace iteration.
//!
//! A small block of directions is multiplied by the covariance repeatedly, which turns them towards the components (Halko,
//! Martinsson & Tropp, "Finding structure with randomness", 2011, arXiv:0909.4061, algorithm 4.4). In each iteration the best
//! axes within the block are computed (Rayleigh–Ritz). The covariance matrix itself is large (with 1,000 dimensions, 1,000 by
//! 1,000 numbers) and is never computed. The small eigenproblem that remains needs no linear algebra library.

use crate::embed::dot;
use crate::error::{Error, Result};
use crate::progress::Progress;

/// Number of directions in the block: more than the two that are needed, so that these converge faster.
const BLOCK: usize = 8;
/// Maximum number of iterations. If the eigenvalues are nearly equal, more would not separate the directions.
const MOST_TURNS: usize = 60;
/// Convergence: maximum length of the residual of a component, as a share of its eigenvalue.
const NEAR: f64 = 1e-3;

/// Two directions of unit length, or of length 0 if the vectors span fewer dimensions.
pub(super) type Pair = [Vec<f32>; 2];

/// The first two principal components of vectors whose mean is 0, that with the larger variance first. The largest number of
/// each, by absolute value, is positive.
///
/// # Errors
/// [`Error::Interrupted`].
pub(super) fn components(centred: &[Vec<f32>], dimension: usize, progress: &dyn Progress) -> Result<Pair> {
    let columns: Vec<Vec<f32>> =
        (0..dimension).map(|number| centred.iter().map(|vector| vector[number]).collect()).collect();
    let mut block = orthonormal(start(centred, dimension));
    for _ in 0..MOST_TURNS {
        if progress.is_cancelled() {
            return Err(Error::Interrupted);
        }
        let images: Vec<Vec<f32>> = block
            .iter()
            .map(|direction| {
                let along: Vec<f32> = centred.iter().map(|vector| dot(vector, direction)).collect();
                columns.iter().map(|column| dot(column, &along)).collect()
            })
            .collect();
        let small: Vec<Vec<f64>> =
            block.iter().map(|a| images.iter().map(|b| f64::from(dot(a, b))).collect()).collect();
        let (values, turns) = eigen(small);
        block = turns.iter().map(|turn| combined(&block, turn)).collect();
        let images: Vec<Vec<f32>> = turns.iter().map(|turn| combined(&images, turn)).collect();
        let is_near = |place: usize| {
            let (direction, image, value) = (&block[place], &images[place], values[place]);
            let beside = image.iter().zip(direction).map(|(a, b)| (f64::from(*a) - value * f64::from(*b)).powi(2));
            beside.sum::<f64>().sqrt() <= NEAR * value + f64::from(f32::EPSILON) * values[0]
        };
        if (0..block.len().min(2)).all(is_near) {
            break;
        }
        let next = orthonormal(images);
        if next.is_empty() {
            break;
        }
        block = next;
    }
    let mut found = block.into_iter().chain(std::iter::repeat(vec![0.0; dimension])).map(upright);
    Ok(std::array::from_fn(|_| found.next().unwrap_or_default()))
}

/// Start directions: some of the vectors, evenly spaced, plus a small deterministic perturbation.
#[allow(clippy::cast_precision_loss)] // small numbers
fn start(centred: &[Vec<f32>], dimension: usize) -> Vec<Vec<f32>> {
    let count = BLOCK.min(dimension).min(centred.len());
    (0..count)
        .map(|place| {
            let wave = |number: usize| 0.01 * (((place + 1) * (number + 1)) as f32).sin();
            let vector = &centred[place * centred.len() / count];
            vector.iter().enumerate().map(|(number, x)| x + wave(number)).collect()
        })
        .collect()
}

/// Gram–Schmidt orthonormalisation. Each vector is orthogonalised twice, because rounding makes once insufficient. Vectors that
/// depend linearly on the previous ones are left out.
fn orthonormal(vectors: Vec<Vec<f32>>) -> Vec<Vec<f32>> {
    let mut found: Vec<Vec<f32>> = Vec::with_capacity(vectors.len());
    for mut vector in vectors {
        let length = dot(&vector, &vector).sqrt();
        if !length.is_normal() {
            continue;
        }
        scale(&mut vector, 1.0 / length);
        for _ in 0..2 {
            for other in &found {
                let along = dot(&vector, other);
                vector.iter_mut().zip(other).for_each(|(x, y)| *x -= along * y);
            }
        }
        let left = dot(&vector, &vector).sqrt();
        if left > 1e-4 {
            scale(&mut vector, 1.0 / left);
            found.push(vector);
        }
    }
    found
}

fn scale(vector: &mut [f32], times: f32) {
    for x in vector {
        *x *= times;
    }
}

/// The sum of vectors, each multiplied by its factor.
#[allow(clippy::cast_possible_truncation)] // as precise as the vectors
fn combined(vectors: &[Vec<f32>], times: &[f64]) -> Vec<f32> {
    let mut sum = vec![0f32; vectors.first().map_or(0, Vec::len)];
    for (vector, times) in vectors.iter().zip(times) {
        sum.iter_mut().zip(vector).for_each(|(sum, x)| *sum += *times as f32 * x);
    }
    sum
}

/// Chooses the sign of a direction so that its largest number, by absolute value, is positive.
fn upright(mut direction: Vec<f32>) -> Vec<f32> {
    let largest = direction.iter().copied().reduce(|a, b| if b.abs() > a.abs() { b } else { a });
    if largest.is_some_and(|largest| largest < 0.0) {
        scale(&mut direction, -1.0);
    }
    direction
}

/// The eigenvalues of a small symmetric matrix, the largest first, and their eigenvectors, by rotations that eliminate one
/// off-diagonal number after the other (Jacobi, 1846; Golub & Van Loan, "Matrix Computations", section 8.5).
fn eigen(mut a: Vec<Vec<f64>>) -> (Vec<f64>, Vec<Vec<f64>>) {
    let n = a.len();
    let mut vectors: Vec<Vec<f64>> = (0..n).map(|i| (0..n).map(|j| f64::from(u8::from(i == j))).collect()).collect();
    for _sweep in 0..20 {
        for p in 0..n {
            for q in p + 1..n {
                if a[p][q].abs() <= f64::EPSILON * (a[p][p] * a[q][q]).abs().sqrt() || !a[p][q].is_finite() {
                    continue;
                }
                let theta = (a[q][q] - a[p][p]) / (2.0 * a[p][q]);
                let t = theta.signum() / (theta.abs() + theta.hypot(1.0));
                let (cos, sin) = (1.0 / t.hypot(1.0), t / t.hypot(1.0));
                let turn = |x: &mut f64, y: &mut f64| (*x, *y) = (cos * *x - sin * *y, sin * *x + cos * *y);
                for row in &mut a {
                    let (left, right) = row.split_at_mut(q);
                    turn(&mut left[p], &mut right[0]);
                }
                for rows in [&mut a, &mut vectors] {
                    let (above, below) = rows.split_at_mut(q);
                    above[p].iter_mut().zip(&mut below[0]).for_each(|(x, y)| turn(x, y));
                }
            }
        }
    }
    let mut found: Vec<(f64, Vec<f64>)> =
        vectors.into_iter().enumerate().map(|(i, vector)| (a[i][i], vector)).collect();
    found.sort_by(|a, b| b.0.total_cmp(&a.0));
    found.into_iter().unzip()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::made_up::numbers;
    use crate::progress::Silent;

    proptest! {
        #[test]
        fn eigenvectors_keep_their_direction(seed in any::<u64>(), n in 1usize..=BLOCK) {
            let random: Vec<f64> = numbers(seed).take(n * n).map(f64::from).collect();
            let symmetric: Vec<Vec<f64>> =
                (0..n).map(|i| (0..n).map(|j| random[i * n + j] + random[j * n + i]).collect()).collect();
            let (values, vectors) = eigen(symmetric.clone());
            prop_assert!(values.is_sorted_by(|a, b| a >= b));
            for (value, vector) in values.iter().zip(&vectors) {
                prop_assert!((vector.iter().map(|x| x * x).sum::<f64>() - 1.0).abs() < 1e-9);
                for (row, x) in symmetric.iter().zip(vector) {
                    let image: f64 = row.iter().zip(vector).map(|(a, b)| a * b).sum();
                    prop_assert!((image - value * x).abs() < 1e-9, "{image} {value} {x}");
                }
            }
        }

        #[test]
        fn no_other_pair_of_directions_explains_more_variance(seed in any::<u64>(), count in 1usize..80, dimension in 1usize..40) {
            let mut random = numbers(seed);
            // The spread halves from dimension to dimension, so the components are the first two axes.
            let vectors: Vec<Vec<f32>> = (0..count)
                .map(|_| (0..dimension).map(|place| random.next().unwrap() * 0.5f32.powi(i32::try_from(place).unwrap())).collect())
                .collect();
            let found = components(&vectors, dimension, &Silent).unwrap();
            let explained = |directions: &[Vec<f32>]| -> f32 {
                directions.iter().flat_map(|d| vectors.iter().map(|v| dot(v, d).powi(2))).sum()
            };
            let unit = |place: usize| -> Vec<f32> { (0..dimension).map(|n| f32::from(u8::from(n == place))).collect() };
            let axes: Vec<Vec<f32>> = (0..dimension.min(2)).map(unit).collect();
            prop_assert!(explained(&found) >= 0.99 * explained(&axes), "{} {}", explained(&found), explained(&axes));
            for direction in &found {
                let length = dot(direction, direction);
                prop_assert!((length - 1.0).abs() < 1e-3 || length == 0.0, "{length}");
            }
            prop_assert!(dot(&found[0], &found[1]).abs() < 1e-3);
        }
    }
}
