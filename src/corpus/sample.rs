//! The sample collection: landmark papers with summaries written for this project, compiled into the binary.
//!
//! `sample.jsonl` contains the papers, `sample-sources.tsv` the page on which each id was verified with its title.

use std::io::Cursor;

use super::{Lines, json};
use crate::error::Result;
use crate::paper::Paper;

const PAPERS: &str = include_str!("sample.jsonl");

/// The papers of the sample collection, in order.
///
/// # Errors
/// None in a tested build: the records are compiled in.
pub fn papers() -> impl Iterator<Item = Result<Paper>> + Send {
    json::Reader::new(Lines::new("the sample collection".into(), Box::new(Cursor::new(PAPERS))))
}
