//! How good are the answers? [`beir`] reads judged test sets, [`metrics`] says how well a ranking serves them.

pub mod beir;
pub mod metrics;
