//! Quality of rankings on judged test sets. [`beir`] reads test sets, [`collection`] makes one searchable, [`run`]
//! holds rankings, [`metrics`] scores the ranking of a query, `bootstrap` computes confidence intervals,
//! `randomisation` tests whether two runs differ, and [`report`] combines the results.
//!
//! ```
//! use std::path::Path;
//!
//! use paperkin::evaluate::{beir::TestSet, metrics::{Metric, mean}, run::Run};
//!
//! let judged = TestSet::open(Path::new("tests/data/judged"))?.judgements("test")?;
//! let run = Run::read(Path::new("tests/data/judged/a.run"))?;
//! let values: Vec<f64> = judged.iter().map(|(query, judged)| Metric::Ndcg10.of(run.ranking(query), judged)).collect();
//! assert!((0.0..=1.0).contains(&mean(&values)));
//! # Ok::<(), paperkin::Error>(())
//! ```

pub use bootstrap::{CONFIDENCE, Estimate, SAMPLES};
pub use randomisation::Difference;

pub mod beir;
mod bootstrap;
pub mod collection;
pub mod metrics;
mod randomisation;
pub mod report;
pub mod run;
