//! Compares several models or test sets: every system of every model beside the baseline.

use serde::Serialize;

use super::measure::{Measured, Report};
use crate::evaluate::across::{Compared, compared};
use crate::evaluate::metrics::Metric;
use crate::evaluate::report::values;

/// What is printed with `--json` for several models or test sets.
#[derive(Serialize)]
pub(super) struct Summary<'a> {
    pub metric: Metric,
    /// The system that all others are compared with, and its model: the first.
    pub baseline: [String; 2],
    pub sets: Vec<String>,
    pub systems: Vec<Row>,
    pub reports: Vec<&'a Report>,
}

/// A system of a model, on all test sets.
#[derive(Serialize)]
pub(super) struct Row {
    pub model: String,
    pub mode: String,
    #[serde(flatten)]
    pub compared: Compared,
}

impl<'a> Summary<'a> {
    /// Compares the systems by a metric. The baseline is a system of the first model.
    pub fn new(metric: Metric, baseline: String, measured: &'a [Measured]) -> Self {
        let mut names: Vec<[String; 2]> = Vec::new();
        let mut all: Vec<Vec<Vec<f64>>> = Vec::new();
        let mut sets: Vec<String> = Vec::new();
        for one in measured {
            if !sets.contains(&one.report.set) {
                sets.push(one.report.set.clone());
            }
            for (mode, run) in &one.runs {
                let name = [one.report.model.clone(), mode.clone()];
                let place = names.iter().position(|other| *other == name).unwrap_or_else(|| {
                    names.push(name);
                    all.push(Vec::new());
                    all.len() - 1
                });
                let of_metric = Metric::ALL.iter().zip(values(run, &one.queries)).find(|(other, _)| **other == metric);
                all[place].push(of_metric.map(|(_, values)| values).unwrap_or_default());
            }
        }
        let first = names.iter().position(|[_, mode]| *mode == baseline).unwrap_or(0);
        let compared = all.get(first).map_or_else(Vec::new, |baseline| compared(&all, baseline));
        let baseline = names.get(first).cloned().unwrap_or_default();
        let row = |([model, mode], compared): ([String; 2], Compared)| Row { model, mode, compared };
        Self {
            metric,
            baseline,
            sets,
            systems: names.into_iter().zip(compared).map(row).collect(),
            reports: measured.iter().map(|one| &one.report).collect(),
        }
    }
}
