//! Quality of rankings on judged test sets. [`test_set`] reads test sets (`beir`,
//! `csfcube`), [`collection`] makes one searchable, [`run`]
//! holds rankings, [`metrics`] scores the ranking of a query, `bootstrap` computes confidence intervals,
//! `randomisation` tests whether two runs differ, [`report`] combines the results, [`across`] compares systems over several
//! test sets, and [`plain_sum`] is the fusion that every other has to beat. [`published`] compares a
//! model with its published score, and [`advice`] advises which model to take.
//!
//! ```
//! use std::path::Path;
//!
//! use paperkin::evaluate::{test_set::TestSet, metrics::{Metric, mean}, run::Run};
//!
//! let judged = TestSet::open(Path::new("tests/data/judged"))?.judgements("test")?;
//! let run = Run::read(Path::new("tests/data/judged/a.run"))?;
//! let values: Vec<f64> = judged.iter().map(|(query, judged)| Metric::Ndcg10.of(run.ranking(query), judged)).collect();
//! assert!((0.0..=1.0).contains(&mean(&values)));
//! # Ok::<(), paperkin::Error>(())
//! ```

use crate::corpus::Lines;
use crate::error::Error;

pub use bootstrap::{CONFIDENCE, Estimate, SAMPLES};
pub use randomisation::Difference;

pub mod across;
pub mod advice;
mod beir;
mod bootstrap;
pub mod collection;
mod csfcube;
pub mod metrics;
pub mod plain_sum;
pub mod published;
mod randomisation;
pub mod report;
pub mod run;
pub mod test_set;

/// The error about a line of a test set or a run.
fn bad_line(lines: &Lines, line: u64, reason: impl Into<String>) -> Error {
    Error::BadTestSet { file: lines.file().to_owned(), line, reason: reason.into() }
}
