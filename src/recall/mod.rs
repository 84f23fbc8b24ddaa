//! How much does the graph lose against a scan of everything, and how fast is it? [`vectors`] says where questions come from,
//! `truth` what each should find, `timing` how long an answer takes, `sweep` measures one number of candidates after the other,
//! `report` puts it together, and `chart` draws it. `live` measures
//! single questions while they are asked.

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
