//! Fusion of dense and lexical scores into one.

use super::background::Background;
use super::query::Mode;
use super::retrieve::Candidate;

/// The weight of the dense score in the weighted sum; the lexical score has 1 minus it. Chosen over several test sets and
/// models at once, see benches/RESULTS.md.
const DENSE_WEIGHT: f32 = 0.09;

/// The constant of reciprocal rank fusion, which limits the influence of the first ranks: the 60 of Cormack, Clarke &
/// Büttcher, "Reciprocal rank fusion outperforms Condorcet and individual rank learning methods", SIGIR 2009.
const RRF_CONSTANT: f32 = 60.0;

/// The score of a paper that is first in both rankings.
pub(super) const BEST_RANKS: f32 = 2.0 / (RRF_CONSTANT + 1.0);

/// What the scores of a query are measured by.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scale {
    /// The cosines of the query with unrelated papers.
    pub background: Background,
    /// A bound above every BM25F score of the query.
    pub bound: f32,
}

/// Sets the score of every candidate to that of a mode with one ranking.
pub(super) fn score_alone(mode: Mode, candidates: &mut [Candidate<'_>]) {
    for found in candidates {
        found.score = if mode == Mode::Lexical { found.by_words } else { found.cosine.unwrap_or_default() };
    }
}

/// Sets the score of every candidate to a weighted sum of how unusual the cosine is, see [`super::background`], and of
/// BM25F as a share of its upper bound (the theoretical scaling of Bruch, Gai & Ingber: "An analysis of fusion functions
/// for hybrid retrieval", 2023, arXiv:2210.11934, section 4). So no weight depends on the range of a model's cosines, and
/// words weigh less if no paper has all of them.
pub(super) fn sum(Scale { background, bound }: Scale, candidates: &mut [Candidate<'_>]) {
    for found in candidates {
        let dense = found.cosine.map_or(0.0, |cosine| background.z_score(cosine));
        let lexical = found.by_words / bound.max(f32::MIN_POSITIVE);
        found.score = DENSE_WEIGHT * dense + (1.0 - DENSE_WEIGHT) * lexical;
    }
}

/// Sets the score of every candidate by reciprocal rank fusion.
pub(super) fn ranks(candidates: &mut [Candidate<'_>]) {
    #[allow(clippy::cast_precision_loss)] // ranks are small
    let part = |rank: Option<usize>| rank.map_or(0.0, |rank| 1.0 / (RRF_CONSTANT + rank as f32));
    for found in candidates {
        found.score = part(found.meaning_rank) + part(found.word_rank);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::search::Fusion;
    use crate::store::DocId;

    fn scale(bound: f32) -> Scale {
        Scale { background: Background::new(0.1, 0.1), bound }
    }

    fn fuse(fusion: Fusion, scale: Scale, candidates: &mut [Candidate<'_>]) {
        match fusion {
            Fusion::Sum => sum(scale, candidates),
            Fusion::Rank => ranks(candidates),
        }
    }

    /// Candidates with ranks that match their scores; some have no word of the query.
    fn candidates() -> impl Strategy<Value = Vec<Candidate<'static>>> {
        prop::collection::vec((-1.0f32..1.0, prop::option::of(0.1f32..40.0)), 1..30).prop_map(|scores| {
            let (cosines, bm25): (Vec<f32>, Vec<f32>) =
                scores.iter().map(|(cosine, bm25)| (*cosine, bm25.unwrap_or(0.0))).unzip();
            let rank = |scores: &[f32], score: f32| 1 + scores.iter().filter(|other| **other > score).count();
            let candidate = |(doc, (cosine, words)): (u32, &(f32, Option<f32>))| Candidate {
                doc: DocId(doc),
                vector: None,
                cosine: Some(*cosine),
                meaning_rank: Some(rank(&cosines, *cosine)),
                bm25: Some(words.unwrap_or(0.0)),
                word_rank: words.map(|score| rank(&bm25, score)),
                by_words: words.unwrap_or(0.0),
                score: 0.0,
                named: Vec::new(),
            };
            (0..).zip(&scores).map(candidate).collect()
        })
    }

    proptest! {
        #[test]
        fn candidate_that_is_better_in_both_rankings_is_better(mut found in candidates(), rank in any::<bool>()) {
            fuse(if rank { Fusion::Rank } else { Fusion::Sum }, scale(40.0), &mut found);
            for one in &found {
                prop_assert!(one.score.is_finite());
                for other in &found {
                    if one.cosine >= other.cosine && one.bm25 >= other.bm25 {
                        prop_assert!(one.score >= other.score);
                    }
                }
            }
        }

        #[test]
        fn without_words_the_cosine_decides(mut found in candidates(), rank in any::<bool>()) {
            for candidate in &mut found {
                (candidate.bm25, candidate.word_rank, candidate.by_words) = (Some(0.0), None, 0.0);
            }
            fuse(if rank { Fusion::Rank } else { Fusion::Sum }, scale(0.0), &mut found);
            found.sort_by(|a, b| b.cosine.unwrap().total_cmp(&a.cosine.unwrap()));
            prop_assert!(found.is_sorted_by(|a, b| a.score >= b.score));
        }

        #[test]
        fn rank_fusion_ignores_scores(mut found in candidates()) {
            let mut squeezed = found.clone();
            for candidate in &mut squeezed {
                candidate.cosine = candidate.cosine.map(|cosine| 0.5 + cosine / 100.0);
            }
            fuse(Fusion::Rank, scale(40.0), &mut found);
            fuse(Fusion::Rank, scale(1.0), &mut squeezed);
            for (one, other) in found.iter().zip(&squeezed) {
                prop_assert!((one.score - other.score).abs() < f32::EPSILON);
            }
        }
    }

    #[test]
    fn candidate_ranked_first_twice_scores_two_over_sixty_one() {
        let first = |score| Candidate {
            doc: DocId(0),
            vector: None,
            cosine: Some(0.5),
            meaning_rank: Some(1),
            bm25: Some(3.0),
            word_rank: Some(1),
            by_words: 3.0,
            score,
            named: Vec::new(),
        };
        let mut found = [first(0.0)];
        fuse(Fusion::Rank, scale(4.0), &mut found);
        assert!((found[0].score - 2.0 / 61.0).abs() < 1e-7);
        fuse(Fusion::Sum, scale(4.0), &mut found);
        assert!((found[0].score - (DENSE_WEIGHT * 4.0 + (1.0 - DENSE_WEIGHT) * 0.75)).abs() < 1e-6);
    }
}
