//! How good are the answers? [`beir`] reads judged test sets, [`collection`] makes one searchable, [`run`] holds rankings,
//! [`metrics`] says how well one serves a question, `bootstrap` how sure that is, `randomisation` whether two differ, and
//! [`report`] puts it together.

pub use bootstrap::{CONFIDENCE, Estimate, SAMPLES};
pub use randomisation::Difference;

pub mod beir;
mod bootstrap;
pub mod collection;
pub mod metrics;
mod randomisation;
pub mod report;
pub mod run;
