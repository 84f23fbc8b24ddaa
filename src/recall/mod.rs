//! How much does the graph lose against a scan of everything, and how fast is it? [`vectors`] says where questions come from,
//! [`truth`] what each should find, [`timing`] how long an answer takes, [`sweep`] measures one number of candidates after the other,
//! [`report`] puts it together, and [`chart`] draws it. [`live`] measures
//! single questions while they are asked.

pub mod chart;
pub mod live;
pub mod report;
pub mod sweep;
pub mod timing;
pub mod truth;
pub mod vectors;
