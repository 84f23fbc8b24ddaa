//! How unusual is a cosine? The distribution of cosines between a query and papers that are not related to it.
//!
//! Cosines of unrelated texts lie near 0 with one model and near 0.6 with another, and spread three times as much with
//! the first. A cosine minus their mean, in standard deviations (a z-score), is comparable between models, collections
//! and queries. This is the distribution-based normalisation of Montague & Aslam, "Relevance score normalization for
//! metasearch", CIKM 2001 (zero mean, unit variance), with a sample of the collection instead of the retrieved papers.

use std::borrow::Cow;

use crate::embed::Embedding;
use crate::engine::Moment;
use crate::error::Result;

/// Number of sampled papers. The standard error of the deviation is 1 / sqrt(2 * 256), or 4 %.
const SAMPLED: usize = 256;

/// The standard deviation that is expected before any paper is seen, and the number of papers that this expectation
/// counts as. It lies between those of common models (0.05 to 0.13) and matters in tiny collections only.
const EXPECTED_DEVIATION: f32 = 0.08;
const EXPECTED_COUNTS_AS: f32 = 8.0;

/// The mean and standard deviation of the cosines between a query and unrelated papers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Background {
    mean: f32,
    deviation: f32,
}

impl Default for Background {
    /// The expectation before any paper is seen.
    fn default() -> Self {
        Self { mean: 0.0, deviation: EXPECTED_DEVIATION }
    }
}

impl Background {
    /// Estimates the distribution from a sample of the papers. Few of these are related to the query.
    ///
    /// # Errors
    /// When the collection cannot be read.
    pub fn of<M: Moment>(moment: &M, query: &Embedding) -> Result<Self> {
        let sample = moment.vectors(&moment.sample(SAMPLED))?;
        Ok(Self::of_sample(query, &sample))
    }

    fn of_sample(query: &Embedding, sample: &[Option<Cow<'_, [f32]>>]) -> Self {
        let cosines: Vec<f32> = query.cosines(sample.iter().map(Option::as_deref)).into_iter().flatten().collect();
        let (mean, squares) = mean_and_squares(&cosines);
        #[allow(clippy::cast_precision_loss)] // a sample is small
        let count = cosines.len() as f32;
        let expected = EXPECTED_COUNTS_AS * EXPECTED_DEVIATION.powi(2);
        Self { mean, deviation: ((squares + expected) / (count + EXPECTED_COUNTS_AS)).sqrt() }
    }

    #[cfg(test)]
    pub fn new(mean: f32, deviation: f32) -> Self {
        Self { mean, deviation }
    }

    /// The z-score of a cosine: its distance from the mean in standard deviations.
    pub fn z_score(self, cosine: f32) -> f32 {
        (cosine - self.mean) / self.deviation
    }
}

/// The mean of some numbers, and the sum of their squared distances from it; 0 if there are none.
pub(super) fn mean_and_squares(numbers: &[f32]) -> (f32, f32) {
    #[allow(clippy::cast_precision_loss)] // there are few
    let mean = numbers.iter().sum::<f32>() / numbers.len().max(1) as f32;
    (mean, numbers.iter().map(|number| (number - mean).powi(2)).sum())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::made_up::numbers;

    fn unit(seed: u64) -> Vec<f32> {
        Embedding::normalised(numbers(seed).take(64).collect()).unwrap().as_slice().to_vec()
    }

    fn background(query: &Embedding, vectors: &[Vec<f32>]) -> Background {
        let sample: Vec<_> = vectors.iter().map(|vector| Some(Cow::Borrowed(vector.as_slice()))).collect();
        Background::of_sample(query, &sample)
    }

    #[test]
    fn distribution_is_that_of_the_cosines() {
        let query = Embedding::normalised(unit(1)).unwrap();
        let vectors: Vec<Vec<f32>> = (2..2_002).map(unit).collect();
        let Background { mean, deviation } = background(&query, &vectors);
        // Of random directions: 0 and 1 / sqrt(dimensions).
        assert!(mean.abs() < 0.02, "{mean}");
        assert!((deviation - 0.125).abs() < 0.01, "{deviation}");
    }

    #[test]
    fn z_scores_do_not_depend_on_the_range_of_a_model() {
        // Adding a common direction to all vectors makes all cosines high and narrow.
        let common = unit(1);
        let shifted = |seed: u64| {
            let sum = unit(seed).iter().zip(&common).map(|(own, common)| own + 2.0 * common).collect();
            Embedding::normalised(sum).unwrap()
        };
        let (query, narrow_query) = (Embedding::normalised(unit(2)).unwrap(), shifted(2));
        let wide: Vec<Vec<f32>> = (3..1_003).map(unit).collect();
        let narrow: Vec<Vec<f32>> = (3..1_003).map(|seed| shifted(seed).as_slice().to_vec()).collect();
        let (of_wide, of_narrow) = (background(&query, &wide), background(&narrow_query, &narrow));
        assert!(of_narrow.mean > 0.6 && of_narrow.deviation < 0.5 * of_wide.deviation, "{of_narrow:?}");
        let best = |background: Background, query: &Embedding, vectors: &[Vec<f32>]| {
            vectors.iter().map(|vector| background.z_score(query.cosine(vector))).fold(f32::MIN, f32::max)
        };
        let (one, other) = (best(of_wide, &query, &wide), best(of_narrow, &narrow_query, &narrow));
        assert!((one - other).abs() < 0.2 * one, "{one}, {other}");
    }

    #[test]
    fn sample_without_papers_or_of_equal_ones_has_a_distribution() {
        let query = Embedding::normalised(unit(1)).unwrap();
        let empty = background(&query, &[]);
        assert_eq!(empty, Background { mean: 0.0, deviation: EXPECTED_DEVIATION });
        let equal = background(&query, &[unit(1), unit(1)]);
        assert!(equal.deviation > 0.0 && equal.z_score(1.0).abs() < 1e-3, "{equal:?}");
        assert!(Background::of_sample(&query, &[None]).z_score(0.5).is_finite());
    }
}
