//! How do a ranking by meaning and a ranking by words become one?

use super::query::{Fusion, Mode};
use super::retrieve::Candidate;

/// The share of meaning in a weighted sum, and 1 minus it that of words: chosen on the training queries of SciFact, see
/// benches/RESULTS.md.
const MEANING: f32 = 0.435;

/// What keeps the first ranks from counting for too much: the 60 of Cormack, Clarke & Büttcher, "Reciprocal rank fusion
/// outperforms Condorcet and individual rank learning methods", SIGIR 2009.
const RANKS: f32 = 60.0;

/// Gives every candidate its score: what its mode looks at, or what both rankings make together.
pub(super) fn score(mode: Mode, fusion: Fusion, bound: f32, candidates: &mut [Candidate<'_>]) {
    match mode {
        Mode::Hybrid => fuse(fusion, bound, candidates),
        Mode::Dense => candidates.iter_mut().for_each(|found| found.score = found.by_meaning),
        Mode::Lexical => candidates.iter_mut().for_each(|found| found.score = found.by_words),
    }
}

/// Gives every candidate the score that both of its rankings make together. No BM25 score of a question reaches `bound`, and no sum 1.
pub(super) fn fuse(fusion: Fusion, bound: f32, candidates: &mut [Candidate<'_>]) {
    match fusion {
        Fusion::Sum => sum(bound, candidates),
        Fusion::Rank => ranks(candidates),
    }
}

/// The cosine, and BM25 as a share of the most it could be (as Bruch, Gai & Ingber scale by what is possible in theory: "An
/// analysis of fusion functions for hybrid retrieval", 2023, arXiv:2210.11934, section 4). So words count for less where no paper has
/// all of them, and the scores of two questions can be compared.
fn sum(bound: f32, candidates: &mut [Candidate<'_>]) {
    for found in candidates {
        let by_words = found.by_words / bound.max(f32::MIN_POSITIVE);
        found.score = MEANING * found.by_meaning + (1.0 - MEANING) * by_words;
    }
}

fn ranks(candidates: &mut [Candidate<'_>]) {
    #[allow(clippy::cast_precision_loss)] // ranks are small
    let part = |rank: Option<usize>| rank.map_or(0.0, |rank| 1.0 / (RANKS + rank as f32));
    for found in candidates {
        found.score = part(found.meaning_rank) + part(found.word_rank);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::store::DocId;

    /// Candidates with ranks that fit their scores; some have no word of the question.
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
                by_meaning: *cosine,
                by_words: words.unwrap_or(0.0),
                score: 0.0,
            };
            (0..).zip(&scores).map(candidate).collect()
        })
    }

    proptest! {
        #[test]
        fn what_is_better_in_both_is_better(mut found in candidates(), rank in any::<bool>()) {
            fuse(if rank { Fusion::Rank } else { Fusion::Sum }, 40.0, &mut found);
            for one in &found {
                prop_assert!((-1.0..=1.0).contains(&one.score));
                for other in &found {
                    if one.cosine >= other.cosine && one.bm25 >= other.bm25 {
                        prop_assert!(one.score >= other.score);
                    }
                }
            }
        }

        #[test]
        fn without_words_meaning_decides(mut found in candidates(), rank in any::<bool>()) {
            for candidate in &mut found {
                (candidate.bm25, candidate.word_rank, candidate.by_words) = (Some(0.0), None, 0.0);
            }
            fuse(if rank { Fusion::Rank } else { Fusion::Sum }, 0.0, &mut found);
            found.sort_by(|a, b| b.cosine.unwrap().total_cmp(&a.cosine.unwrap()));
            prop_assert!(found.is_sorted_by(|a, b| a.score >= b.score));
        }

        #[test]
        fn ranks_know_nothing_of_scores(mut found in candidates()) {
            let mut squeezed = found.clone();
            for candidate in &mut squeezed {
                candidate.by_meaning = 0.5 + candidate.by_meaning / 100.0;
            }
            fuse(Fusion::Rank, 40.0, &mut found);
            fuse(Fusion::Rank, 1.0, &mut squeezed);
            for (one, other) in found.iter().zip(&squeezed) {
                prop_assert!((one.score - other.score).abs() < f32::EPSILON);
            }
        }
    }

    #[test]
    fn two_first_ranks_make_two_sixty_firsts() {
        let first = |score| Candidate {
            doc: DocId(0),
            vector: None,
            cosine: Some(0.5),
            meaning_rank: Some(1),
            bm25: Some(3.0),
            word_rank: Some(1),
            by_meaning: 0.5,
            by_words: 3.0,
            score,
        };
        let mut found = [first(0.0)];
        fuse(Fusion::Rank, 4.0, &mut found);
        assert!((found[0].score - 2.0 / 61.0).abs() < 1e-7);
        fuse(Fusion::Sum, 4.0, &mut found);
        assert!((found[0].score - (MEANING * 0.5 + (1.0 - MEANING) * 0.75)).abs() < 1e-6);
    }
}
