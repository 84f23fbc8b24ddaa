//! Significance of the difference between two runs, by Fisher's paired randomisation test. Under the null hypothesis
//! both runs are the same system, so the two values of each query can be swapped. The p-value is the share of such
//! permutations with a difference at least as large as the observed one. (Smucker, Allan & Carterette, "A comparison of
//! statistical significance tests for information retrieval evaluation", CIKM 2007, section 3.1.)

use rand::rngs::Xoshiro256PlusPlus;
use rand::{Rng, SeedableRng};
use serde::Serialize;

use super::metrics::mean;

/// Number of random permutations; if there are no more than this, all are enumerated.
const PERMUTATIONS: usize = 100_000;
/// Fixed, so that p is reproducible.
const SEED: u64 = 2007;
/// Tolerance: sums of the same numbers in another order differ by less.
const ROUNDING: f64 = 1e-9;

/// Two means over the same queries, and the significance of their difference.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Difference {
    /// The mean of the first run.
    pub a: f64,
    /// The mean of the second run.
    pub b: f64,
    /// `b` minus `a`.
    pub difference: f64,
    /// The two-sided p-value: the probability of a difference at least this large by chance.
    pub p: f64,
}

/// No difference.
impl Default for Difference {
    fn default() -> Self {
        Self { a: 0.0, b: 0.0, difference: 0.0, p: 1.0 }
    }
}

/// The difference of two columns, which have one value per query.
pub(super) fn difference(a: Vec<f64>, b: Vec<f64>) -> Difference {
    differences(&[(a, b)]).1.pop().unwrap_or_default()
}

/// The differences of pairs of columns, which have one value per query, and the number of permutations that were
/// examined: all if there are at most [`PERMUTATIONS`].
#[must_use]
pub(super) fn differences(pairs: &[(Vec<f64>, Vec<f64>)]) -> (usize, Vec<Difference>) {
    let queries = pairs.first().map_or(0, |(a, _)| a.len());
    let all = u32::try_from(queries).ok().and_then(|queries| 1usize.checked_shl(queries));
    let permutations = all.map_or(PERMUTATIONS, |all| all.min(PERMUTATIONS));
    let differing: Vec<Vec<f64>> = pairs.iter().map(|(a, b)| a.iter().zip(b).map(|(a, b)| b - a).collect()).collect();
    let sums: Vec<f64> = differing.iter().map(|differing| differing.iter().sum::<f64>().abs()).collect();
    let mut as_large = vec![0usize; pairs.len()];
    let mut random = Xoshiro256PlusPlus::seed_from_u64(SEED);
    // One bit per query: whether its values are swapped.
    let mut exchanged = vec![0u64; queries.div_ceil(64)];
    for permutation in 0..permutations {
        if all == Some(permutations) {
            exchanged.fill(permutation as u64);
        } else {
            exchanged.fill_with(|| random.next_u64());
        }
        for ((differing, sum), as_large) in differing.iter().zip(&sums).zip(&mut as_large) {
            let signed = differing.iter().enumerate().map(|(query, difference)| {
                if exchanged[query / 64] >> (query % 64) & 1 == 1 { -difference } else { *difference }
            });
            *as_large += usize::from(signed.sum::<f64>().abs() >= sum - ROUNDING);
        }
    }
    #[allow(clippy::cast_precision_loss)] // far below 2^52
    let p = |as_large: usize| match all {
        Some(all) if all == permutations => as_large as f64 / all as f64,
        // The observed data are one of the permutations, so p is never 0 (Phipson & Smyth, "Permutation p-values should
        // never be zero", 2010).
        _ => (as_large + 1) as f64 / (permutations + 1) as f64,
    };
    let difference = |((a, b), as_large): (&(Vec<f64>, Vec<f64>), usize)| {
        let (a, b) = (mean(a), mean(b));
        Difference { a, b, difference: b - a, p: p(as_large) }
    };
    (permutations, pairs.iter().zip(as_large).map(difference).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn p(a: &[f64], b: &[f64]) -> (usize, f64) {
        let (permutations, found) = differences(&[(a.to_vec(), b.to_vec())]);
        (permutations, found[0].p)
    }

    #[test]
    fn permutations_of_few_queries_are_enumerated() {
        // Of the eight sums of ±1 ±2 ±3, six and minus six are as large as the observed sum of three gains.
        assert_eq!(p(&[0.0; 3], &[0.1, 0.2, 0.3]), (8, 0.25));
        // The observed sum is 0 = 1 + 2 - 3, and all sums are at least as large.
        assert_eq!(p(&[0.0; 3], &[0.1, 0.2, -0.3]), (8, 1.0));
        assert_eq!(p(&[0.5; 4], &[0.5; 4]), (16, 1.0));
    }

    #[test]
    fn sampled_permutations_match_the_binomial_distribution() {
        // In 15 of 20 queries b is better by the same amount as it is worse in the others; the two-sided sign test
        // gives p = 0.041389.
        let b: Vec<f64> = (0..20).map(|query| if query < 15 { 0.1 } else { -0.1 }).collect();
        let (permutations, found) = p(&[0.0; 20], &b);
        assert_eq!(permutations, PERMUTATIONS);
        assert!((found - 0.041_389).abs() < 0.002, "{found}");
        let gains = vec![0.1; 100];
        assert!(p(&[0.0; 100], &gains).1 < 2e-5);
        assert!(p(&[0.0; 100], &gains).1 > 0.0);
    }

    #[test]
    fn test_is_symmetric() {
        let (a, b): (Vec<f64>, Vec<f64>) =
            (0..30).map(|query| (f64::from(query * 7 % 30), f64::from(query * 11 % 30) + 1.0)).unzip();
        let (_, there) = differences(&[(a.clone(), b.clone())]);
        let (_, back) = differences(&[(b, a)]);
        assert!((there[0].p - back[0].p).abs() < 1e-12);
        assert!((there[0].difference + back[0].difference).abs() < 1e-12 && there[0].difference > 0.0);
    }
}
