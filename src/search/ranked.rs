//! What is known of the best papers, before they are shown?

use super::answer::Why;
use crate::paper::Paper;
use crate::store::{DocId, Sentences};

/// The best papers, and among how many they are.
pub(super) struct Ranking {
    pub among: usize,
    pub papers: Vec<Ranked>,
    /// Whether there are others behind these.
    pub more: bool,
}

/// A paper in its place, with what is needed to show it.
pub(super) struct Ranked {
    pub doc: DocId,
    pub paper: Paper,
    pub score: f32,
    pub why: Why,
    /// Where hits shall differ from each other.
    pub vector: Option<Vec<f32>>,
    /// Where they are highlighted.
    pub sentences: Sentences,
}
