//! Projects vectors to the map: two axes and a scale, computed from a sample of the collection and then kept.

use super::principal::{Pair, components};
use crate::embed::dot;
use crate::error::Result;
use crate::progress::Progress;
use crate::store::{DocId, Snapshot};

/// Maximum number of vectors that axes and scale are computed from, evenly spaced. More would not change the map visibly.
const SAMPLE: usize = 10_000;
/// The number of papers per 1,000 that may lie outside the linear part of the map, at each end of an axis.
const OUTLIERS: usize = 5;
/// The linear part of the map extends to this coordinate. Papers farther out are compressed between it and the edge, which is 1.
const TO_SCALE: f32 = 0.9;
/// Unit vectors that differ by at most this are equal up to rounding.
const NO_SPREAD: f32 = 1e-5;

/// The axes of a map, and its scale. They are kept for all snapshots of a generation until the collection has doubled.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Axes {
    generation: u64,
    /// Number of papers when the axes were computed.
    papers: usize,
    directions: Pair,
    /// The centre of the map along each direction.
    middle: [f32; 2],
    /// Factor from vector to map coordinates, the same for both axes.
    scale: f32,
}

impl Axes {
    /// Computes the axes of a snapshot.
    ///
    /// # Errors
    /// [`Error::Interrupted`](crate::Error::Interrupted).
    pub fn of(snapshot: &Snapshot, progress: &dyn Progress) -> Result<Self> {
        let dimension = snapshot.vectors.dimension();
        let docs: Vec<DocId> = snapshot.docs().collect();
        let count = docs.len().min(SAMPLE);
        let sample = (0..count).filter_map(|place| unit_vector(snapshot, docs[place * docs.len() / count]));
        let sample: Vec<&[f32]> = sample.collect();
        let mut centred: Vec<Vec<f32>> = sample.iter().map(|vector| vector.to_vec()).collect();
        let mean = mean(&centred, dimension);
        for vector in &mut centred {
            vector.iter_mut().zip(&mean).for_each(|(x, mean)| *x -= mean);
        }
        let directions = components(&centred, dimension, progress)?;
        let along = |direction: &Vec<f32>| inner(sample.iter().map(|vector| dot(vector, direction)).collect());
        let [(left, right), (bottom, top)] = [along(&directions[0]), along(&directions[1])];
        let half = (right - left).max(top - bottom) / 2.0;
        let scale = if half > NO_SPREAD { TO_SCALE / half } else { 0.0 };
        let middle = [left.midpoint(right), bottom.midpoint(top)];
        Ok(Self { generation: snapshot.generation.number, papers: snapshot.len(), directions, middle, scale })
    }

    /// Whether these axes are still used for this snapshot.
    #[must_use]
    pub fn serve(&self, snapshot: &Snapshot) -> bool {
        self.generation == snapshot.generation.number && snapshot.len() < 2 * self.papers
    }

    /// The coordinates of a row, from -1 to 1 on each axis; (0, 0) if its vector is damaged.
    #[must_use]
    pub fn place(&self, snapshot: &Snapshot, doc: DocId) -> [f32; 2] {
        let Some(vector) = unit_vector(snapshot, doc) else { return [0.0; 2] };
        std::array::from_fn(|axis| {
            let along = dot(vector, &self.directions[axis]) - self.middle[axis];
            within(along * self.scale)
        })
    }
}

/// The vector of a row; `None` if it does not have unit length, which means that it is damaged.
fn unit_vector(snapshot: &Snapshot, doc: DocId) -> Option<&[f32]> {
    snapshot.vectors.row(doc).filter(|vector| (dot(vector, vector) - 1.0).abs() < 0.1)
}

#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation)] // a mean of some thousands
fn mean(vectors: &[Vec<f32>], dimension: usize) -> Vec<f32> {
    let mut sums = vec![0f64; dimension];
    for vector in vectors {
        sums.iter_mut().zip(vector).for_each(|(sum, x)| *sum += f64::from(*x));
    }
    sums.iter().map(|sum| (sum / vectors.len().max(1) as f64) as f32).collect()
}

/// The smallest and the largest number without the outliers.
fn inner(mut numbers: Vec<f32>) -> (f32, f32) {
    let Some(end) = numbers.len().checked_sub(1) else { return (0.0, 0.0) };
    let left_out = numbers.len() * OUTLIERS / 1_000;
    let least = *numbers.select_nth_unstable_by(left_out, f32::total_cmp).1;
    let largest = *numbers.select_nth_unstable_by(end - left_out, f32::total_cmp).1;
    (least, largest)
}

/// The identity up to [`TO_SCALE`]. Numbers beyond are compressed smoothly and monotonically towards 1.
fn within(number: f32) -> f32 {
    let beyond = number.abs() - TO_SCALE;
    if number.is_nan() {
        0.0
    } else if beyond <= 0.0 {
        number
    } else {
        let room = 1.0 - TO_SCALE;
        (TO_SCALE + room * (1.0 - (-beyond / room).exp())).min(1.0).copysign(number)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn outliers_stay_within_the_map_and_in_order(a in any::<f32>(), b in any::<f32>()) {
            let (low, high) = (within(a.min(b)), within(a.max(b)));
            prop_assert!((-1.0..=1.0).contains(&low) && (-1.0..=1.0).contains(&high));
            prop_assert!(low <= high || a.is_nan() || b.is_nan());
        }
    }

    #[test]
    fn outliers_do_not_set_the_scale() {
        let mut numbers: Vec<f32> = (0..1_000u16).map(f32::from).collect();
        numbers[500] = 1e30;
        assert_eq!(inner(numbers), (5.0, 995.0));
        assert_eq!(inner(vec![3.0, 1.0]), (1.0, 3.0));
        assert_eq!(inner(Vec::new()), (0.0, 0.0));
    }
}
