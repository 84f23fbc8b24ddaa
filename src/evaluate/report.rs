//! What is told of a measurement? For each ranking of the same queries the mean of every metric, and how sure it is; or for two
//! rankings whether they differ.

use serde::{Serialize, Serializer};

use super::beir::JudgedQuery;
use super::bootstrap::{Estimate, estimates};
use super::metrics::{Metric, has_relevant};
use super::randomisation::{Difference, differences};
use super::run::Run;

/// One thing for each metric, in the order of [`Metric::ALL`].
#[derive(Debug, Clone, PartialEq)]
pub struct Metrics<T>(pub [T; Metric::ALL.len()]);

impl<T: Serialize> Serialize for Metrics<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(Metric::ALL.iter().zip(&self.0))
    }
}

/// What was measured, by the name of the mode.
#[derive(Debug, Clone, PartialEq)]
pub struct Modes(pub Vec<(String, Metrics<Estimate>)>);

impl Serialize for Modes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(mode, metrics)| (mode, metrics)))
    }
}

/// Two runs beside each other.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// Queries that both were measured on.
    pub queries: usize,
    /// Exchanges that were looked at; all there are, where these are no more.
    pub permutations: usize,
    /// The difference in each metric.
    pub metrics: Metrics<Difference>,
}

/// The queries that something can be found for. The others can tell no ranking from another, and are left out of every mean.
#[must_use]
pub fn measurable(queries: Vec<JudgedQuery>) -> Vec<JudgedQuery> {
    queries.into_iter().filter(|query| has_relevant(&query.judged)).collect()
}

/// The means of all metrics for each run. A query that a run finds nothing for counts as 0.
#[must_use]
pub fn measured(runs: &[(String, Run)], queries: &[JudgedQuery]) -> Modes {
    let columns: Vec<Vec<f64>> = runs.iter().flat_map(|(_, run)| values(run, queries)).collect();
    let mut estimated = estimates(&columns).into_iter();
    let nothing = Estimate { value: 0.0, low: 0.0, high: 0.0 };
    let metrics = runs.iter().map(|(mode, _)| {
        let metrics = Metric::ALL.map(|_| estimated.next().unwrap_or(nothing));
        (mode.clone(), Metrics(metrics))
    });
    Modes(metrics.collect())
}

/// Whether two runs differ in each of the metrics.
#[must_use]
pub fn compared(a: &Run, b: &Run, queries: &[JudgedQuery]) -> Comparison {
    let pairs: Vec<(Vec<f64>, Vec<f64>)> = values(a, queries).into_iter().zip(values(b, queries)).collect();
    let (permutations, differences) = differences(&pairs);
    let mut differences = differences.into_iter();
    let nothing = Difference { a: 0.0, b: 0.0, difference: 0.0, p: 1.0 };
    let metrics = Metrics(Metric::ALL.map(|_| differences.next().unwrap_or(nothing)));
    Comparison { queries: queries.len(), permutations, metrics }
}

/// For each metric its value for each query.
fn values(run: &Run, queries: &[JudgedQuery]) -> [Vec<f64>; Metric::ALL.len()] {
    Metric::ALL.map(|metric| queries.iter().map(|query| metric.of(run.ranking(&query.id), &query.judged)).collect())
}
