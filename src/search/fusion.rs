//! How do a ranking by meaning and a ranking by words become one?

use super::query::Fusion;
use crate::store::DocId;

/// The share of meaning in a weighted sum, and 1 minus it that of words: chosen on the training queries of SciFact, see
/// benches/RESULTS.md.
const MEANING: f32 = 0.6;

/// What keeps the first ranks from counting for too much: the 60 of Cormack, Clarke & Büttcher, "Reciprocal rank fusion
/// outperforms Condorcet and individual rank learning methods", SIGIR 2009.
const RANKS: f32 = 60.0;

/// A paper that may become a hit, and what speaks for it. What a mode does not look at is `None`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Candidate {
    pub doc: DocId,
    pub cosine: Option<f32>,
    /// Among the candidates by meaning, from 1; papers of equal score share a rank.
    pub meaning_rank: Option<usize>,
    pub bm25: Option<f32>,
    pub word_rank: Option<usize>,
    /// What the ranking is by.
    pub score: f32,
}

/// Gives every candidate the score that both of its rankings make together, between 0 and 1.
pub(super) fn fuse(fusion: Fusion, candidates: &mut [Candidate]) {
    match fusion {
        Fusion::Sum => sum(candidates),
        Fusion::Rank => ranks(candidates),
    }
}

/// Each score is scaled from what it is for an unrelated paper, which is 0 for both, to what it is for the best one.
/// (Bruch, Gai & Ingber, "An analysis of fusion functions for hybrid retrieval", 2023, arXiv:2210.11934, section 4, on why the
/// lower end should not be that of the candidates.)
fn sum(candidates: &mut [Candidate]) {
    let best =
        |score: fn(&Candidate) -> Option<f32>| candidates.iter().filter_map(score).fold(f32::MIN_POSITIVE, f32::max);
    let (cosine, bm25) = (best(|found| found.cosine), best(|found| found.bm25));
    for found in candidates {
        let meaning = found.cosine.unwrap_or(0.0).max(0.0) / cosine;
        let words = found.bm25.unwrap_or(0.0) / bm25;
        found.score = MEANING * meaning + (1.0 - MEANING) * words;
    }
}

fn ranks(candidates: &mut [Candidate]) {
    #[allow(clippy::cast_precision_loss)] // ranks are small
    let part = |rank: Option<usize>| rank.map_or(0.0, |rank| 1.0 / (RANKS + rank as f32));
    for found in candidates {
        found.score = part(found.meaning_rank) + part(found.word_rank);
    }
}
