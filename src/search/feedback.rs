//! What do the best papers add to a question? Pseudo-relevance feedback: they are taken for relevant, which moves the question towards
//! them, and adds words of theirs to its own; and papers that are alike lend each other some of their score.
//!
//! The first is pseudo-relevance feedback in vector space (Rocchio, "Relevance feedback in information retrieval", 1971; Li et
//! al., "Pseudo relevance feedback with deep language models and dense retrievers", 2021, arXiv:2108.11044), the second, by
//! words, is in [`super::relevance_model`], the third regularises scores by the cluster hypothesis (Diaz, "Regularizing ad hoc
//! retrieval scores", CIKM 2005). All numbers were chosen on the training queries of SciFact, see benches/RESULTS.md.

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, OnceLock};

use rayon::ThreadPool;

use super::fusion::fuse;
use super::relevance_model::{expansion, most_used};
use super::retrieve::{Candidate, Retriever, sort};
use super::{Fusion, Mode, Options};
use crate::embed::{Embedding, dot};
use crate::engine::Moment;
use crate::error::Result;
use crate::paper::Paper;
use crate::store::DocId;

/// Papers that are taken for relevant, each as much as it stands out.
const FEEDBACK_DOCUMENTS: usize = 10;
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

/// Whether the question is asked again with its best papers.
pub(super) fn is_wanted(options: &Options) -> bool {
    options.feedback && options.mode == Mode::Hybrid && options.fusion == Fusion::Sum
}

/// Asks again with what the best of the candidates, which are the first, add to the question. The best by that become candidates, too.
pub(super) fn feed_back<'m, M: Moment>(
    retriever: &Retriever<'m, M>,
    words: Option<&M::Words>,
    found: &mut Vec<Candidate<'m>>,
    threads: &ThreadPool,
) -> Result<()> {
    let moment = retriever.moment;
    let relevant = feedback_documents(found);
    let direction = rocchio(retriever.wanted.direction, &relevant);
    let texts = if words.is_some() { texts(moment, &relevant)? } else { Vec::new() };
    let terms = Arc::new(Terms { texts, used: OnceLock::new() });
    // During the second nearest-neighbour search, one of these threads counts terms if it is idle.
    threads.spawn({
        let terms = Arc::clone(&terms);
        // A panic here would end the process. If there is one, the search meets it itself.
        move || drop(catch_unwind(AssertUnwindSafe(|| terms.most_used().len())))
    });
    let mut new = retriever.nearest(&direction)?;
    let expanded = match words {
        Some(words) => expanded(moment, words, terms.most_used())?,
        None => None,
    };
    let asked = expanded.as_ref().or(words);
    let known: HashSet<DocId> = found.iter().map(|found| found.doc).collect();
    if let Some(asked) = asked {
        new.extend(retriever.best(asked)?);
    }
    new.retain(|doc| !known.contains(doc));
    found.extend(retriever.candidates(new, words)?);
    let docs: Vec<DocId> = found.iter().map(|found| found.doc).collect();
    let by_words = match asked {
        Some(asked) => moment.scores(asked, &docs)?,
        None => vec![0.0; docs.len()],
    };
    let cosines = direction.cosines(found.iter().map(|found| found.vector.as_deref()));
    for ((found, by_words), cosine) in found.iter_mut().zip(by_words).zip(cosines) {
        found.by_meaning = cosine.unwrap_or(found.by_meaning);
        found.by_words = by_words;
    }
    fuse(Fusion::Sum, words.map(|words| moment.range(words)).unwrap_or_default().bound, found);
    sort(found);
    smooth(found);
    sort(found);
    Ok(())
}

/// The papers that are taken for relevant, with what each counts for; these weights sum to 1. `found` are the candidates, the best
/// first.
fn feedback_documents<'f, 'm>(found: &'f [Candidate<'m>]) -> Vec<(f32, &'f Candidate<'m>)> {
    let found = &found[..found.len().min(FEEDBACK_DOCUMENTS)];
    let best = found.first().map_or(0.0, |found| found.score);
    let weights: Vec<f32> = found.iter().map(|found| ((found.score - best) / STANDING_OUT).exp()).collect();
    let all: f32 = weights.iter().sum();
    weights.iter().zip(found).map(|(weight, found)| (weight / all, found)).collect()
}

/// The question, moved towards papers that are taken for relevant; itself, if it is their contrary.
fn rocchio(question: &Embedding, papers: &[(f32, &Candidate<'_>)]) -> Embedding {
    let papers = papers.iter().filter_map(|(weight, found)| Some((WEIGHT * weight, found.vector.as_deref()?)));
    Embedding::sum([(1.0, question.as_slice())].into_iter().chain(papers)).unwrap_or_else(|_| question.clone())
}

/// The terms of some papers, each with its weight. They are counted once, by the thread that asks first.
struct Terms {
    texts: Vec<(f32, Paper)>,
    used: OnceLock<Vec<(String, f32)>>,
}

impl Terms {
    fn most_used(&self) -> &[(String, f32)] {
        self.used.get_or_init(|| most_used(&self.texts))
    }
}

/// Some papers, each with its weight.
fn texts<M: Moment>(moment: &M, papers: &[(f32, &Candidate<'_>)]) -> Result<Vec<(f32, Paper)>> {
    let docs: Vec<DocId> = papers.iter().map(|(_, found)| found.doc).collect();
    let texts = moment.papers_at(&docs)?.into_iter().zip(papers);
    // Without one of them, the database contradicts itself: then no word is added.
    let texts = texts.map(|(paper, (weight, _))| Some((*weight, paper?))).collect::<Option<Vec<_>>>();
    Ok(texts.unwrap_or_default())
}

/// A question's words, with those that the best papers use most.
fn expanded<M: Moment>(moment: &M, words: &M::Words, used: &[(String, f32)]) -> Result<Option<M::Words>> {
    match expansion(moment, moment.range(words).words, used)? {
        Some(expansion) => moment.expand(words, &expansion).map(Some),
        None => Ok(None),
    }
}

/// Mixes the score of each of the best candidates with those of its neighbours among them, the more the nearer they are. The
/// others stay behind.
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
        found.score = mixed(found.score, &scores, likeness);
    }
}

/// A score, mixed with those of the candidates that are most like it; it itself is like none.
fn mixed(own: f32, scores: &[f32], likeness: &[f32]) -> f32 {
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
        fn what_counts_sums_to_one_and_the_better_counts_for_more(scores in prop::collection::vec(-1.0f32..1.0, 0..30)) {
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

    fn candidate(doc: DocId, score: f32) -> Candidate<'static> {
        let (by_meaning, by_words) = (score, 0.0);
        Candidate {
            doc,
            vector: None,
            cosine: None,
            meaning_rank: None,
            bm25: None,
            word_rank: None,
            by_meaning,
            by_words,
            score,
        }
    }

    #[test]
    fn only_the_nearest_lend_of_their_score() {
        let scores = [0.5, 0.9, 0.1, 0.3, 1.0];
        assert!((mixed(0.5, &scores, &[0.0, 0.4, 0.4, 0.4, 0.3]) - (0.8 * 0.5 + 0.2 * 1.3 / 3.0)).abs() < 1e-6);
        assert!((mixed(0.5, &scores, &[0.0; 5]) - 0.5).abs() < 1e-6, "no neighbours");
    }
}
