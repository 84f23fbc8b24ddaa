//! How good are the answers? [`beir`] reads judged test sets, [`collection`] makes one searchable, [`run`] holds rankings,
//! [`metrics`] says how well one serves a question, [`bootstrap`] how sure that is, [`randomisation`] whether two differ, and
//! [`report`] puts it together.

pub mod beir;
pub mod bootstrap;
pub mod collection;
pub mod metrics;
pub mod randomisation;
pub mod report;
pub mod run;
