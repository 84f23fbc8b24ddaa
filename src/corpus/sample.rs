//! The sample corpus: landmark papers with summaries of our own, inside the binary.
//!
//! `sample.jsonl` holds the papers, `sample-sources.tsv` where each id was seen beside its title.

use std::io::Cursor;

use super::{Lines, json};
use crate::error::Result;
use crate::paper::Paper;

const PAPERS: &str = include_str!("sample.jsonl");

/// The papers of the sample, in order.
///
/// # Errors
/// None in a program that passed its tests: the records are compiled in.
pub fn papers() -> impl Iterator<Item = Result<Paper>> + Send {
    json::Reader::new(Lines::new("the sample collection".into(), Box::new(Cursor::new(PAPERS))))
}
