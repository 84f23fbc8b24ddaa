//! Pseudo-relevance feedback: the best papers count as relevant, and their most frequent terms are added to the words of
//! the query (RM3, in [`super::relevance_model`]). Then the scores of similar papers are smoothed.
//!
//! Smoothing regularises scores by the cluster hypothesis: papers that are close to each other tend to be relevant to the
//! same queries (Diaz, "Regularizing ad hoc retrieval scores", CIKM 2005). The constants were chosen over several test
//! sets and models at once, see benches/RESULTS.md.

use std::collections::HashSet;

use super::fusion::{self, Scale};
use super::query::Feedback;
use super::relevance_model::{expansion, most_used};
use super::retrieve::{ByWords, Candidate, Retriever, sort};
use crate::embed::dot;
use crate::engine::{Moment, WordRange};
use crate::error::Result;
use crate::paper::Paper;
use crate::store::DocId;

/// Number of feedback documents, weighted by their scores.
const FEEDBACK_DOCUMENTS: usize = 5;
/// Temperature of these weights: a paper whose score is lower than the best by this gets 1/e of its weight.
const TEMPERATURE: f32 = 0.01;

/// Number of best papers whose scores are smoothed.
const SMOOTHED: usize = 100;
/// Number of nearest neighbours that each of them is smoothed with.
const NEIGHBOURS: usize = 5;
/// The share of a smoothed score that comes from the neighbours.
const SHARE: f32 = 0.25;

/// Retrieves a second time with the expanded words. `found` are the candidates, the best first; the best papers of the
/// second retrieval are added to them. Then all are scored again and the best are smoothed.
pub(super) fn feed_back<'m, M: Moment>(
    retriever: &Retriever<'m, M>,
    by_words: Option<&ByWords<M>>,
    scale: Scale,
    parts: Feedback,
    found: &mut Vec<Candidate<'m>>,
) -> Result<()> {
    if found.is_empty() {
        return Ok(());
    }
    if let Some(by_words) = by_words.filter(|_| parts.expansion) {
        expand(retriever, by_words, found)?;
        fusion::sum(scale, found);
        sort(found);
    }
    if parts.smoothing {
        smooth(found);
        sort(found);
    }
    Ok(())
}

/// The least mean inverse document frequency of words that are expanded. The scores of stop words alone are near 0, and would be
/// divided by their bound.
const TELLING: f32 = 0.2;

/// Adds terms of the feedback documents to the words of the query, retrieves with them, and sets the lexical score of all
/// candidates.
fn expand<'m, M: Moment>(
    retriever: &Retriever<'m, M>,
    by_words: &ByWords<M>,
    found: &mut Vec<Candidate<'m>>,
) -> Result<()> {
    let (moment, words) = (retriever.moment, &by_words.words);
    let WordRange { bound, words: count } = moment.range(words);
    #[allow(clippy::cast_precision_loss)] // words of a query
    let is_telling = bound > TELLING * count as f32;
    if !is_telling {
        return Ok(());
    }
    let used = most_used(&texts(moment, &feedback_documents(found))?);
    let Some(expansion) = expansion(moment, count, &used)? else { return Ok(()) };
    let expanded = moment.expand(words, &expansion)?;
    let docs: Vec<DocId> = found.iter().map(|found| found.doc).collect();
    let known: HashSet<DocId> = docs.iter().copied().collect();
    // Terms add to the scores of the words.
    let mut new = retriever.best(&expanded, expansion.own * by_words.at_least, &docs)?;
    new.retain(|doc| !known.contains(doc));
    found.extend(retriever.candidates(new, Some(words))?);
    let docs: Vec<DocId> = found.iter().map(|found| found.doc).collect();
    for (found, by_words) in found.iter_mut().zip(moment.scores(&expanded, &docs)?) {
        found.by_words = by_words;
    }
    Ok(())
}

/// The feedback documents with their weights, which sum to 1. `found` are the candidates, the best first.
fn feedback_documents<'f, 'm>(found: &'f [Candidate<'m>]) -> Vec<(f32, &'f Candidate<'m>)> {
    let found = &found[..found.len().min(FEEDBACK_DOCUMENTS)];
    let best = found.first().map_or(0.0, |found| found.score);
    let weights: Vec<f32> = found.iter().map(|found| ((found.score - best) / TEMPERATURE).exp()).collect();
    let all: f32 = weights.iter().sum();
    weights.iter().zip(found).map(|(weight, found)| (weight / all, found)).collect()
}

/// The feedback documents with their weights.
fn texts<M: Moment>(moment: &M, papers: &[(f32, &Candidate<'_>)]) -> Result<Vec<(f32, Paper)>> {
    let docs: Vec<DocId> = papers.iter().map(|(_, found)| found.doc).collect();
    let texts = moment.papers_at(&docs)?.into_iter().zip(papers);
    // A missing paper means that the database is inconsistent; then no term is added.
    let texts = texts.map(|(paper, (weight, _))| Some((*weight, paper?))).collect::<Option<Vec<_>>>();
    Ok(texts.unwrap_or_default())
}

/// Mixes the score of each of the best candidates with the scores of its nearest neighbours among them, weighted by
/// similarity. The other candidates stay behind.
fn smooth(found: &mut [Candidate<'_>]) {
    let best = found.len().min(SMOOTHED);
    let found = &mut found[..best];
    let vectors: Vec<&[f32]> = found.iter().map(|found| found.vector.as_deref().unwrap_or_default()).collect();
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
        found.score = smoothed(found.score, &scores, likeness);
    }
}

/// A score smoothed with the scores of the most similar candidates. The candidate's similarity to itself is 0.
fn smoothed(own: f32, scores: &[f32], likeness: &[f32]) -> f32 {
    let mut near: Vec<(f32, usize)> = likeness.iter().copied().zip(0..).collect();
    let nearer = |a: &(f32, usize), b: &(f32, usize)| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1));
    if near.len() > NEIGHBOURS {
        near.select_nth_unstable_by(NEIGHBOURS, nearer);
        near.truncate(NEIGHBOURS);
    }
    near.sort_by(nearer);
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

    proptest! {
        #[test]
        fn feedback_weights_sum_to_one_and_follow_the_scores(scores in prop::collection::vec(-1.0f32..1.0, 0..30)) {
            let mut scores = scores;
            scores.sort_by(|a, b| b.total_cmp(a));
            let found: Vec<Candidate<'_>> = (0..).map(DocId).zip(scores).map(|(doc, score)| candidate(doc, score)).collect();
            let right = feedback_documents(&found);
            prop_assert_eq!(right.len(), found.len().min(FEEDBACK_DOCUMENTS));
            prop_assert!(right.is_sorted_by(|a, b| a.0 >= b.0));
            let all: f32 = right.iter().map(|(weight, _)| weight).sum();
            prop_assert!(found.is_empty() || (all - 1.0).abs() < 1e-5);
        }

        #[test]
        fn smoothed_score_lies_between_its_inputs(
            others in prop::collection::vec((-1.0f32..1.0, 0.0f32..1.0), 1..40),
            own in -1.0f32..1.0,
        ) {
            let (scores, likeness): (Vec<f32>, Vec<f32>) = others.into_iter().unzip();
            let least = scores.iter().copied().fold(own, f32::min);
            let most = scores.iter().copied().fold(own, f32::max);
            let score = smoothed(own, &scores, &likeness);
            prop_assert!(score >= least - 1e-6 && score <= most + 1e-6);
        }
    }

    fn candidate(doc: DocId, score: f32) -> Candidate<'static> {
        Candidate {
            doc,
            vector: None,
            cosine: None,
            meaning_rank: None,
            bm25: None,
            word_rank: None,
            by_words: 0.0,
            score,
            named: Vec::new(),
        }
    }

    #[test]
    fn only_the_nearest_neighbours_are_mixed_in() {
        let scores = [0.5, 0.9, 0.1, 0.3, 0.2, 0.4, 1.0];
        let mixed = (1.0 - SHARE) * 0.5 + SHARE * (0.9 + 0.1 + 0.3 + 0.2 + 0.4) / 5.0;
        assert!((smoothed(0.5, &scores, &[0.0, 0.4, 0.4, 0.4, 0.4, 0.4, 0.3]) - mixed).abs() < 1e-6);
        assert!((smoothed(0.5, &scores, &[0.0; 7]) - 0.5).abs() < 1e-6, "no neighbours");
    }
}
