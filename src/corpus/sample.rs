//! The sample collection: landmark papers with summaries written for this project, compiled into the binary.
//!
//! `sample.jsonl` contains the papers, `sample-sources.tsv` the page on which each id was verified with its title.

use std::io::Cursor;

use super::{assemble, json};
use crate::error::{Error, Result};
use crate::paper::Paper;

const PAPERS: &str = include_str!("sample.jsonl");

/// The papers of the sample collection, in order.
///
/// # Errors
/// None in a tested build: the records are compiled in.
pub fn papers() -> impl Iterator<Item = Result<Paper>> + Send {
    const FILE: &str = "the sample collection";
    json::Reader::new(FILE.to_owned(), Box::new(Cursor::new(PAPERS))).map(|record| {
        let record = record?;
        let line = record.line;
        let paper = assemble::paper(record).map(|(paper, _)| paper);
        paper.map_err(|reason| Error::BadRecord { file: FILE.to_owned(), line, reason })
    })
}
