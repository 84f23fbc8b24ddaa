//! Recall of a single search: the same graph search compared with an exact scan.

use super::truth::Truth;
use crate::embed::Embedding;
use crate::error::Result;
use crate::search::Searcher;
use crate::store::Filter;

/// Number of nearest neighbours k.
const K: usize = 10;

/// The recall@10 of the graph search of a query, with the `ef` in use and among the papers that pass the filter. `None`
/// if the search does not use the graph, and so is exact, or if no paper passes.
///
/// The scan reads all vectors, on this thread.
///
/// # Errors
/// When the store cannot be read.
pub fn recall_at_10(searcher: &Searcher, direction: &Embedding, filter: &Filter) -> Result<Option<f64>> {
    let Some(hits) = searcher.found_in_graph(direction, filter)? else { return Ok(None) };
    if hits.rows.is_clear() {
        return Ok(None);
    }
    let truth = Truth::of_one(&hits.snapshot, direction, K, &hits.rows);
    Ok(Some(truth.recall(&[hits.found], K)))
}
