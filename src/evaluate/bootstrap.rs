//! Confidence intervals of means over queries, by the percentile bootstrap: the range of means for other samples of
//! queries of the same kind (Efron & Tibshirani, "An introduction to the bootstrap", 1993, chapter 13; for retrieval
//! Sakai, "Evaluating evaluation metrics based on the bootstrap", SIGIR 2006).

use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};
use serde::Serialize;

use super::metrics::mean;

/// Number of bootstrap samples of the queries.
pub const SAMPLES: usize = 10_000;
/// The confidence level: the share of samples whose mean is within the bounds.
pub const CONFIDENCE: f64 = 0.95;
/// Fixed, so that the bounds are reproducible.
const SEED: u64 = 2006;

/// A mean over queries with its confidence interval.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Estimate {
    /// The mean over the given queries.
    pub value: f64,
    /// The lower bound.
    pub low: f64,
    /// The upper bound.
    pub high: f64,
}

/// Estimates the mean of each column, which has one value per query. The same bootstrap samples are used for every
/// column.
#[must_use]
pub(super) fn estimates(columns: &[Vec<f64>]) -> Vec<Estimate> {
    let queries = columns.iter().map(Vec::len).min().unwrap_or(0);
    let mut random = Xoshiro256PlusPlus::seed_from_u64(SEED);
    let mut means = vec![Vec::with_capacity(SAMPLES); columns.len()];
    let mut sample = vec![0; queries];
    for _ in 0..SAMPLES {
        sample.fill_with(|| random.random_range(0..queries));
        for (column, means) in columns.iter().zip(&mut means) {
            #[allow(clippy::cast_precision_loss)] // there are few queries
            means.push(sample.iter().map(|query| column[*query]).sum::<f64>() / queries.max(1) as f64);
        }
    }
    let estimate = |(column, mut means): (&Vec<f64>, Vec<f64>)| {
        means.sort_by(f64::total_cmp);
        let beyond = (1.0 - CONFIDENCE) / 2.0;
        Estimate { value: mean(column), low: quantile(&means, beyond), high: quantile(&means, 1.0 - beyond) }
    };
    columns.iter().zip(means).map(estimate).collect()
}

/// The smallest value that is greater than or equal to the given share of the sorted values.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    // An index of the slice.
    let place = (share * sorted.len() as f64).ceil() as usize;
    sorted.get(place.saturating_sub(1)).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_match_the_binomial_distribution() {
        // With 60 hits in 100 queries, the 2.5 and 97.5 % quantiles of binomial(100, 0.6) are 0.50 and 0.69.
        let column: Vec<f64> = (0..100).map(|query| f64::from(u8::from(query < 60))).collect();
        let [estimate] = estimates(std::slice::from_ref(&column))[..] else { panic!("one column") };
        assert!((estimate.value - 0.6).abs() < 1e-12);
        assert!((estimate.low - 0.50).abs() < 0.011 && (estimate.high - 0.69).abs() < 0.011, "{estimate:?}");
    }

    #[test]
    fn bounds_are_reproducible_and_equal_for_equal_columns() {
        let column: Vec<f64> = (0..40).map(|query| f64::from(query * 37 % 40) / 40.0).collect();
        let two = estimates(&[column.clone(), column.clone()]);
        assert_eq!(two[0], two[1]);
        assert_eq!(estimates(&[column])[0], two[0]);
    }

    #[test]
    fn interval_of_one_query_is_its_value() {
        assert_eq!(estimates(&[vec![0.5]])[0], Estimate { value: 0.5, low: 0.5, high: 0.5 });
        let four = [1.0, 2.0, 3.0, 4.0];
        for (share, wanted) in [(0.0, 1.0), (0.5, 2.0), (0.51, 3.0), (1.0, 4.0)] {
            assert!((quantile(&four, share) - wanted).abs() < 1e-12);
        }
    }
}
