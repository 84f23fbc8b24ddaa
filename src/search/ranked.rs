//! The best papers of a search, before the page is cut.

use super::answer::Why;
use crate::paper::Paper;
use crate::store::{DocId, Sentences};

/// The best papers, and the number of papers searched.
pub(super) struct Ranking {
    pub among: usize,
    pub papers: Vec<Ranked>,
    /// Whether there are further papers behind these.
    pub more: bool,
    /// Number of papers that a cross-encoder has read, if there is one.
    pub reranked: Option<usize>,
}

/// A ranked paper, with the data to present it.
pub(super) struct Ranked {
    pub doc: DocId,
    pub paper: Paper,
    pub score: f32,
    pub why: Why,
    /// The score mixed with that of the cross-encoder, after reranking.
    pub mixed: Option<f32>,
    /// Present if diversity or highlights are requested.
    pub vector: Option<Vec<f32>>,
    /// Present if highlights are requested.
    pub sentences: Sentences,
}
