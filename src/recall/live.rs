//! How much of what it should find did a search find? Of one question, asked again as the search asked the graph, and by a scan.

use super::truth::Truth;
use crate::embed::Embedding;
use crate::error::Result;
use crate::search::Searcher;
use crate::store::Filter;

/// Of so many nearest papers.
const K: usize = 10;

/// The share of the ten nearest papers that a search for a direction finds by meaning, with the candidates that it takes and among the papers
/// that pass the filter. `None` where it does not use the graph, and so finds all, or where no paper passes.
///
/// A scan takes as long as there are vectors; it runs on this thread.
///
/// # Errors
/// When the store cannot be read.
pub fn recall_at_10(searcher: &Searcher, direction: &Embedding, filter: &Filter) -> Result<Option<f64>> {
    let Some(walked) = searcher.found_in_graph(direction, filter)? else { return Ok(None) };
    if walked.rows.is_clear() {
        return Ok(None);
    }
    let truth = Truth::of_one(&walked.snapshot, direction, K, &walked.rows);
    Ok(Some(truth.recall(&[walked.found], K)))
}
