//! An embedding: a vector that has unit length by construction.

use crate::error::{Error, Result};

/// A vector of length 1 (up to f32 rounding). The dot product of two embeddings is their cosine.
#[derive(Debug, Clone, PartialEq)]
pub struct Embedding(Vec<f32>);

impl Embedding {
    /// Scales a vector to unit length.
    ///
    /// # Errors
    /// [`Error::NoDirection`] when the vector is zero or has a number that is not finite.
    pub fn normalised(mut vector: Vec<f32>) -> Result<Self> {
        let length = vector.iter().map(|value| f64::from(*value).powi(2)).sum::<f64>().sqrt();
        #[allow(clippy::cast_possible_truncation)] // vectors are f32
        let length = length as f32;
        if !length.is_finite() || length < f32::MIN_POSITIVE {
            return Err(Error::NoDirection { length });
        }
        for value in &mut vector {
            *value /= length;
        }
        Ok(Self(vector))
    }

    /// Accepts a stored vector as an embedding; `None` if its length is not 1.
    pub(crate) fn of_unit(vector: Vec<f32>) -> Option<Self> {
        /// Largest allowed deviation of the squared length from 1. Rounding causes far less.
        const TOLERANCE: f32 = 1e-4;
        let length = vector.iter().map(|value| value * value).sum::<f32>();
        ((length - 1.0).abs() < TOLERANCE).then_some(Self(vector))
    }

    /// Truncates the embedding to its first `dimension` numbers and scales them to unit length.
    ///
    /// # Errors
    /// [`Error::NoDirection`] when these numbers are all zero.
    pub(crate) fn cut(&self, dimension: usize) -> Result<Self> {
        Self::normalised(self.0.iter().take(dimension).copied().collect())
    }

    /// The weighted sum of vectors, scaled to unit length.
    ///
    /// # Errors
    /// [`Error::NoDirection`] when there are no vectors, or they cancel out.
    pub(crate) fn sum<'a>(vectors: impl IntoIterator<Item = (f32, &'a [f32])>) -> Result<Self> {
        let mut sum: Vec<f32> = Vec::new();
        for (weight, vector) in vectors {
            sum.resize(vector.len(), 0.0);
            for (sum, value) in sum.iter_mut().zip(vector) {
                *sum += weight * value;
            }
        }
        Self::normalised(sum)
    }

    /// The cosine with a unit vector, clamped to -1..=1: rounding can give up to 1.0000005 for two equal vectors.
    #[must_use]
    pub fn cosine(&self, unit: &[f32]) -> f32 {
        self.0.iter().zip(unit).map(|(a, b)| a * b).sum::<f32>().clamp(-1.0, 1.0)
    }

    /// The cosines with several unit vectors. Each is bit for bit equal to [`Embedding::cosine`]. Eight sums run interleaved,
    /// which hides the latency of the additions.
    pub(crate) fn cosines<'a>(&self, units: impl Iterator<Item = Option<&'a [f32]>>) -> Vec<Option<f32>> {
        const TOGETHER: usize = 8;
        let units: Vec<Option<&[f32]>> = units.collect();
        let mut cosines = Vec::with_capacity(units.len());
        let (groups, rest) = units.as_chunks::<TOGETHER>();
        for group in groups {
            let whole = group.map(|unit| unit.filter(|unit| unit.len() == self.0.len()).unwrap_or_default());
            if whole.iter().any(|unit| unit.is_empty()) {
                cosines.extend(group.map(|unit| unit.map(|unit| self.cosine(unit))));
                continue;
            }
            // `Iterator::sum` also starts with -0.0.
            let mut sums = [-0.0f32; TOGETHER];
            for (place, own) in self.0.iter().enumerate() {
                for (sum, unit) in sums.iter_mut().zip(whole) {
                    *sum += own * unit[place];
                }
            }
            cosines.extend(sums.map(|sum| Some(sum.clamp(-1.0, 1.0))));
        }
        cosines.extend(rest.iter().map(|unit| unit.map(|unit| self.cosine(unit))));
        cosines
    }

    /// The numbers of the vector.
    #[must_use]
    pub fn as_slice(&self) -> &[f32] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::made_up::numbers;

    #[test]
    fn embeddings_have_unit_length() {
        assert_eq!(Embedding::normalised(vec![3.0, 4.0]).unwrap().as_slice(), [0.6, 0.8]);
        let sum = Embedding::sum([(3.0, [1.0, 0.0].as_slice()), (-4.0, [0.0, 1.0].as_slice())]).unwrap();
        assert_eq!(sum.as_slice(), [0.6, -0.8]);
        assert!((sum.cosine(&[0.0, 1.0]) + 0.8).abs() < 1e-7);
    }

    #[test]
    fn cosines_are_bit_identical_to_cosine() {
        for dimension in [1, 7, 384] {
            let unit = |seed: u64| Embedding::normalised(numbers(seed + 1).take(dimension).collect()).unwrap();
            let units: Vec<Embedding> = (0..30).map(unit).collect();
            let some = units.iter().enumerate().map(|(place, unit)| (place != 11).then(|| unit.as_slice()));
            let alone: Vec<Option<f32>> = some.clone().map(|unit| unit.map(|unit| units[3].cosine(unit))).collect();
            assert_eq!(units[3].cosines(some), alone);
        }
    }

    #[test]
    fn stored_vectors_must_have_unit_length() {
        assert_eq!(Embedding::of_unit(vec![0.6, 0.8]).unwrap().as_slice(), [0.6, 0.8]);
        for vector in [vec![], vec![0.6, 0.81], vec![f32::NAN, 0.8], vec![f32::INFINITY, 0.8]] {
            assert!(Embedding::of_unit(vector).is_none());
        }
    }

    #[test]
    fn vectors_without_a_direction_are_refused() {
        for vector in [vec![], vec![0.0, 0.0], vec![f32::NAN, 1.0], vec![f32::INFINITY, 1.0], vec![f32::MAX, f32::MAX]]
        {
            assert!(matches!(Embedding::normalised(vector), Err(Error::NoDirection { .. })));
        }
        assert!(Embedding::sum([(1.0, [1.0, 0.0].as_slice()), (-1.0, [1.0, 0.0].as_slice())]).is_err());
    }
}
