//! Compares systems over several test sets: the mean of a metric over the sets, and the significance of each difference
//! from a baseline, for each set and for all of them.
//!
//! Every set has the same weight in the mean, however many queries it has. The test over all sets is the paired
//! randomisation test of their queries together, each value weighted by the inverse of its set's number of queries.

use rayon::prelude::*;
use serde::Serialize;

use super::randomisation::{Difference, difference};

/// The values of a metric for one system: one list per test set, one value per query.
pub type Values = Vec<Vec<f64>>;

/// A system beside the baseline.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Compared {
    /// The difference from the baseline on each test set; `a` is the baseline.
    pub sets: Vec<Difference>,
    /// The difference of the means over the test sets.
    pub all: Difference,
}

/// Compares every system with the baseline. All systems have the same test sets and queries.
#[must_use]
pub fn compared(systems: &[Values], baseline: &Values) -> Vec<Compared> {
    systems.par_iter().map(|system| compared_one(system, baseline)).collect()
}

fn compared_one(system: &Values, baseline: &Values) -> Compared {
    let sets = baseline.iter().zip(system).map(|(a, b)| difference(a.clone(), b.clone()));
    Compared { sets: sets.collect(), all: difference(of_equal_weight(baseline), of_equal_weight(system)) }
}

/// The values of all queries, scaled so that their mean is the mean of the sets' means.
#[allow(clippy::cast_precision_loss)] // there are few queries
fn of_equal_weight(values: &Values) -> Vec<f64> {
    let all: usize = values.iter().map(Vec::len).sum();
    let scaled = |set: &Vec<f64>| {
        let scale = all as f64 / (values.len() * set.len()).max(1) as f64;
        set.iter().map(move |value| value * scale).collect::<Vec<f64>>()
    };
    values.iter().flat_map(scaled).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_have_equal_weight_in_the_mean() {
        let baseline = vec![vec![0.0; 10], vec![0.5, 0.5]];
        let system = vec![vec![0.2; 10], vec![1.0, 0.5]];
        let found = &compared(&[baseline.clone(), system], &baseline)[1];
        assert!((found.all.a - 0.25).abs() < 1e-12 && (found.all.b - 0.475).abs() < 1e-12, "{found:?}");
        assert!((found.all.difference - 0.225).abs() < 1e-12);
        assert!((found.sets[0].b - 0.2).abs() < 1e-12 && (found.sets[1].difference - 0.25).abs() < 1e-12);
        // Ten gains of equal size: 2 of 1,024 permutations are as large. One gain in two queries: all are.
        assert!((found.sets[0].p - 2.0 / 1_024.0).abs() < 1e-12 && (found.sets[1].p - 1.0).abs() < 1e-12, "{found:?}");
        // Of both together, 12 queries of which one has no difference: 4 of 4,096.
        assert!((found.all.p - 4.0 / 4_096.0).abs() < 1e-12, "{found:?}");
    }

    #[test]
    fn baseline_does_not_differ_from_itself() {
        let values = vec![vec![0.1, 0.9, 0.4], vec![0.3]];
        let found = &compared(std::slice::from_ref(&values), &values)[0];
        assert!(found.all.difference == 0.0 && found.all.p >= 1.0 && found.sets.iter().all(|set| set.p >= 1.0));
    }
}
