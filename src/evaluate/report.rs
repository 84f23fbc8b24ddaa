//! The report of an evaluation: the mean of every metric for each ranking with a confidence interval, or the comparison
//! of two runs.

use serde::{Serialize, Serializer};

use super::bootstrap::{Estimate, estimates};
use super::metrics::{Metric, has_relevant};
use super::randomisation::{Difference, differences};
use super::run::Run;
use super::test_set::JudgedQuery;

/// One value per metric, in the order of [`Metric::ALL`].
#[derive(Debug, Clone, PartialEq)]
pub struct Metrics<T>(pub [T; Metric::ALL.len()]);

impl<T: Serialize> Serialize for Metrics<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(Metric::ALL.iter().zip(&self.0))
    }
}

/// The results by mode.
#[derive(Debug, Clone, PartialEq)]
pub struct Modes(pub Vec<(String, Metrics<Estimate>)>);

impl Serialize for Modes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(mode, metrics)| (mode, metrics)))
    }
}

/// The comparison of two runs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// Number of queries that both runs are measured on.
    pub queries: usize,
    /// Number of permutations that were examined; all of them if there are no more than the maximum.
    pub permutations: usize,
    /// The difference in each metric.
    pub metrics: Metrics<Difference>,
}

/// The queries with a relevant document. The others cannot distinguish rankings and are left out of every mean.
#[must_use]
pub fn measurable(queries: Vec<JudgedQuery>) -> Vec<JudgedQuery> {
    queries.into_iter().filter(|query| has_relevant(&query.judged)).collect()
}

/// The means of all metrics for each run. A query without results in a run counts as 0.
#[must_use]
pub fn measured(runs: &[(String, Run)], queries: &[JudgedQuery]) -> Modes {
    let columns: Vec<Vec<f64>> = runs.iter().flat_map(|(_, run)| values(run, queries)).collect();
    let mut estimated = estimates(&columns).into_iter();
    let metrics = runs.iter().map(|(mode, _)| {
        let metrics = Metric::ALL.map(|_| estimated.next().unwrap_or_default());
        (mode.clone(), Metrics(metrics))
    });
    Modes(metrics.collect())
}

/// Compares two runs by each metric.
#[must_use]
pub fn compared(a: &Run, b: &Run, queries: &[JudgedQuery]) -> Comparison {
    let pairs: Vec<(Vec<f64>, Vec<f64>)> = values(a, queries).into_iter().zip(values(b, queries)).collect();
    let (permutations, differences) = differences(&pairs);
    let mut differences = differences.into_iter();
    let metrics = Metrics(Metric::ALL.map(|_| differences.next().unwrap_or_default()));
    Comparison { queries: queries.len(), permutations, metrics }
}

/// The values of each metric, in the order of [`Metric::ALL`], one per query.
#[must_use]
pub fn values(run: &Run, queries: &[JudgedQuery]) -> [Vec<f64>; Metric::ALL.len()] {
    Metric::ALL.map(|metric| queries.iter().map(|query| metric.of(run.ranking(&query.id), &query.judged)).collect())
}
