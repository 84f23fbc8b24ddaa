//! What do the best papers add to a question? They are taken for right, which moves the question towards them, and adds words of
//! theirs to its own; and papers that are alike lend each other some of their score.
//!
//! The first is pseudo-relevance feedback in vector space (Rocchio, "Relevance feedback in information retrieval", 1971; Li et
//! al., "Pseudo relevance feedback with deep language models and dense retrievers", 2021, arXiv:2108.11044), the second, by
//! words, is in [`crate::lexical`], the third regularises scores by the cluster hypothesis (Diaz, "Regularizing ad hoc
//! retrieval scores", CIKM 2005). All numbers were chosen on the training queries of SciFact, see benches/RESULTS.md.

use super::candidates::Weighed;
use super::fusion::Candidate;
use crate::embed::Embedding;
use crate::graph::dot;
use crate::store::{DocId, Snapshot};

/// Papers that are taken for right, each as much as it stands out.
const BEST: usize = 10;
/// A paper whose score is less than the best by this counts for 1/e of it.
const STANDING_OUT: f32 = 0.009;
/// What they count for together, beside the question.
const WEIGHT: f32 = 0.3;

/// Papers that lend each other of their scores, the best.
const SMOOTHED: usize = 100;
/// From so many that are most like it does each take.
const NEIGHBOURS: usize = 3;
/// The share of its new score that is theirs.
const SHARE: f32 = 0.2;

/// The papers that are taken for right, with what each counts for; these weights sum to 1. `found` are the candidates, the best
/// first.
pub(super) fn taken_for_right(found: &[Candidate]) -> Vec<(f32, DocId)> {
    let found = &found[..found.len().min(BEST)];
    let best = found.first().map_or(0.0, |found| found.score);
    let weights: Vec<f32> = found.iter().map(|found| ((found.score - best) / STANDING_OUT).exp()).collect();
    let all: f32 = weights.iter().sum();
    weights.iter().zip(found).map(|(weight, found)| (weight / all, found.doc)).collect()
}

/// The question, moved towards papers that are taken for right; itself, if it is their contrary.
pub(super) fn moved(snapshot: &Snapshot, question: &Embedding, papers: &Weighed) -> Embedding {
    let papers = papers.iter().filter_map(|(weight, doc)| Some((WEIGHT * weight, snapshot.vectors.row(*doc)?)));
    Embedding::sum([(1.0, question.as_slice())].into_iter().chain(papers)).unwrap_or_else(|_| question.clone())
}

/// Mixes the score of each of the best candidates with those of its neighbours among them, the more the nearer they are. The
/// others stay behind.
pub(super) fn smooth(snapshot: &Snapshot, found: &mut [Candidate]) {
    let best = found.len().min(SMOOTHED);
    let found = &mut found[..best];
    let vectors: Vec<&[f32]> = found.iter().map(|found| snapshot.vectors.row(found.doc).unwrap_or_default()).collect();
    let mut likeness = vec![0.0f32; best * best];
    for one in 0..best {
        for other in one + 1..best {
            let cosine = dot(vectors[one], vectors[other]).max(0.0);
            likeness[one * best + other] = cosine;
            likeness[other * best + one] = cosine;
        }
    }
    let scores: Vec<f32> = found.iter().map(|found| found.score).collect();
    for (found, likeness) in found.iter_mut().zip(likeness.chunks_exact(best)) {
        found.score = mixed(found.score, &scores, likeness);
    }
}

/// A score, mixed with those of the candidates that are most like it; it itself is like none.
fn mixed(own: f32, scores: &[f32], likeness: &[f32]) -> f32 {
    let mut near: Vec<(f32, usize)> = likeness.iter().copied().zip(0..).collect();
    near.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    near.truncate(NEIGHBOURS);
    let all: f32 = near.iter().map(|(likeness, _)| likeness).sum();
    if all <= 0.0 {
        return own;
    }
    let theirs = near.iter().map(|(likeness, place)| likeness * scores[*place]).sum::<f32>() / all;
    (1.0 - SHARE) * own + SHARE * theirs
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::store::DocId;

    proptest! {
        #[test]
        fn what_counts_sums_to_one_and_the_better_counts_for_more(scores in prop::collection::vec(-1.0f32..1.0, 0..30)) {
            let mut scores = scores;
            scores.sort_by(|a, b| b.total_cmp(a));
            let found: Vec<Candidate> = (0..).map(DocId).zip(scores).map(|(doc, score)| candidate(doc, score)).collect();
            let right = taken_for_right(&found);
            prop_assert_eq!(right.len(), found.len().min(BEST));
            prop_assert!(right.is_sorted_by(|a, b| a.0 >= b.0));
            let all: f32 = right.iter().map(|(weight, _)| weight).sum();
            prop_assert!(found.is_empty() || (all - 1.0).abs() < 1e-5);
        }

        #[test]
        fn a_mixed_score_lies_between_those_it_is_made_of(
            others in prop::collection::vec((-1.0f32..1.0, 0.0f32..1.0), 1..40),
            own in -1.0f32..1.0,
        ) {
            let (scores, likeness): (Vec<f32>, Vec<f32>) = others.into_iter().unzip();
            let least = scores.iter().copied().fold(own, f32::min);
            let most = scores.iter().copied().fold(own, f32::max);
            let score = mixed(own, &scores, &likeness);
            prop_assert!(score >= least - 1e-6 && score <= most + 1e-6);
        }
    }

    fn candidate(doc: DocId, score: f32) -> Candidate {
        let (by_meaning, by_words) = (score, 0.0);
        Candidate {
            doc,
            cosine: None,
            meaning_rank: None,
            bm25: None,
            word_rank: None,
            by_meaning,
            by_words,
            score,
            reranked: None,
        }
    }

    #[test]
    fn only_the_nearest_lend_of_their_score() {
        let scores = [0.5, 0.9, 0.1, 0.3, 1.0];
        assert!((mixed(0.5, &scores, &[0.0, 0.4, 0.4, 0.4, 0.3]) - (0.8 * 0.5 + 0.2 * 1.3 / 3.0)).abs() < 1e-6);
        assert!((mixed(0.5, &scores, &[0.0; 5]) - 0.5).abs() < 1e-6, "no neighbours");
    }
}
