//! Which words do the best papers add to a question? Those of a relevance model, RM3: the words that these papers use most count
//! beside those of the question (Lavrenko & Croft, "Relevance-based language models", SIGIR 2001; Abdul-Jaleel et al., "UMass at
//! TREC 2004: novelty and HARD", section 2).

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::PoisonError;

use super::Lexical;
use super::bm25::{Counter, Scores};
use super::words::{Word, composed, stems};
use crate::paper::Paper;

// Both chosen on the training queries of SciFact, see benches/RESULTS.md.
/// So many words are added.
const WORDS: usize = 20;
/// The share of a score that is theirs.
const SHARE: f32 = 0.1;
/// A word that more than one in so many papers have says too little for what it takes to count it.
const COMMON: usize = 10;
/// In a small collection, a word of no more papers than these is never common.
const FEW: usize = 10;

impl Lexical {
    /// The scores of a question with the words that some papers add to it, each as much as its weight says; these sum to 1.
    /// `None` when the index turns out to be damaged.
    #[must_use]
    pub fn scores_with(&self, scores: &Scores, papers: &[(f32, Paper)]) -> Option<Scores> {
        catch_unwind(AssertUnwindSafe(|| self.expanded(scores, papers))).ok()?.ok()
    }

    fn expanded(&self, scores: &Scores, papers: &[(f32, Paper)]) -> tantivy::Result<Scores> {
        let mut counter = Counter::new(self);
        let mut added = vec![0.0; scores.of_rows.len()];
        let mut all = 0.0;
        let mut common = self.common.lock().unwrap_or_else(PoisonError::into_inner);
        let mut words = 0;
        for (stem, probability) in most_used(papers) {
            if words == WORDS {
                break;
            }
            if common.contains(&stem) {
                continue;
            }
            let word = Word { stem, whole: None };
            if counter.count(&word)? > (self.papers / COMMON).max(FEW) {
                common.insert(word.stem);
                continue;
            }
            all += probability * counter.add(|rarity| probability * rarity, &mut added);
            words += 1;
        }
        drop(common);
        if all <= 0.0 {
            return Ok(scores.clone());
        }
        // As many words as the question has, so that both are of one scale.
        #[allow(clippy::cast_precision_loss)] // words of a question
        let factor = SHARE * scores.words as f32 / all;
        let of_rows = scores.of_rows.iter().zip(added).map(|(own, added)| (1.0 - SHARE) * own + factor * added);
        Ok(Scores { of_rows: of_rows.collect(), ..*scores })
    }
}

/// The stems of titles and abstracts, with the probability to meet them there: the most frequent first.
fn most_used(papers: &[(f32, Paper)]) -> Vec<(String, f32)> {
    let mut stems = stems();
    let mut probabilities: HashMap<String, f32> = HashMap::new();
    for (weight, paper) in papers {
        let mut counts: HashMap<String, f32> = HashMap::new();
        let mut length = 0.0;
        for text in [&paper.title, &paper.abstract_text] {
            stems.token_stream(&composed(text)).process(&mut |token| {
                *counts.entry(token.text.clone()).or_default() += 1.0;
                length += 1.0;
            });
        }
        for (stem, count) in counts {
            *probabilities.entry(stem).or_default() += weight * count / length;
        }
    }
    let mut probabilities: Vec<(String, f32)> = probabilities.into_iter().collect();
    probabilities.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    probabilities
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paper::PaperId;

    #[test]
    fn words_count_by_their_share_of_a_text_and_by_its_weight() {
        let paper = |title: &str, text: &str| Paper::new(PaperId::of_title(title), title.to_owned(), text.to_owned());
        let papers = [(0.75, paper("Graphs and a graph", "of walks")), (0.25, paper("Walking", ""))];
        assert_eq!(most_used(&papers), [("graph".to_owned(), 0.5), ("walk".to_owned(), 0.5)]);
        assert_eq!(most_used(&[(1.0, paper("the", ""))]), []);
    }
}
