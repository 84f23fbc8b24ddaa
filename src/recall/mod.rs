//! Recall and latency of the HNSW graph, measured against an exact scan. [`vectors`] provides the queries, `truth`
//! their exact nearest neighbours, `timing` measures latency, `sweep` measures one `ef` after the other, `report`
//! combines the results, and `chart` draws them. `live` measures single queries of a running service.

pub use chart::{Chart, Series};
pub use live::recall_at_10;
pub use report::{CurrentSearch, GraphFacts, RecallOptions, RecallReport, WantedRecall, measure};
pub use sweep::{EFS, Recalls, Scan, SweepPoint};
pub use timing::{Timing, timed};
pub use truth::Truth;

mod chart;
mod live;
mod report;
mod sweep;
mod timing;
mod truth;
pub mod vectors;
