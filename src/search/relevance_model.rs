//! Query expansion by a relevance model, RM3: the most frequent terms of the feedback documents count beside the words
//! of the query (Lavrenko & Croft, "Relevance-based language models", SIGIR 2001; Abdul-Jaleel et al., "UMass at TREC
//! 2004: novelty and HARD", section 2).

use crate::engine::{Expansion, Moment};
use crate::error::Result;
use crate::full_text::{Stems, rarity};
use crate::paper::Paper;

// Both were chosen over several test sets and models, see benches/RESULTS.md.
/// Maximum number of expansion terms.
const WORDS: usize = 20;
/// The share of the expansion terms in a score.
const SHARE: f32 = 0.3;
/// A term in more than one of this number of papers is common: it adds little and is slow to count.
const COMMON: usize = 10;
/// In a small collection, a term in at most this number of papers is never common.
const FEW: usize = 10;

/// The expansion of a query: the most frequent uncommon terms in `used`. `words` is the number of the query's words
/// with a posting. `None` if there is no such term.
pub(super) fn expansion<M: Moment>(moment: &M, words: usize, used: &[(String, f32)]) -> Result<Option<Expansion>> {
    let most = (moment.papers() / COMMON).max(FEW);
    let (mut terms, mut all) = (Vec::with_capacity(WORDS), 0.0);
    let mut stems = used.iter().peekable();
    while terms.len() < WORDS && stems.peek().is_some() {
        // Only as many as are still needed, because counting a term is slow.
        let (next, probabilities): (Vec<String>, Vec<f32>) = stems.by_ref().take(WORDS - terms.len()).cloned().unzip();
        let frequencies = moment.frequencies(&next, most)?;
        for ((stem, probability), frequency) in next.into_iter().zip(probabilities).zip(frequencies) {
            if let Some(frequency) = frequency {
                let rarity = rarity(moment.papers(), frequency);
                all += probability * rarity;
                terms.push((stem, probability * rarity));
            }
        }
    }
    if all <= 0.0 {
        return Ok(None);
    }
    // Scaled by the number of the query's words, so that both scores have the same range.
    #[allow(clippy::cast_precision_loss)] // a query has few words
    let scale = SHARE * words as f32 / all;
    Ok(Some(Expansion { terms, own: 1.0 - SHARE, scale }))
}

/// The stems of titles and abstracts with their probabilities, each paper weighted by its weight. The probabilities sum
/// to 1; the most frequent come first.
pub(super) fn most_used(papers: &[(f32, Paper)]) -> Vec<(String, f32)> {
    let mut stems = Stems::new();
    // Indexed by the number of the stem.
    let (mut counts, mut probabilities): (Vec<f32>, Vec<f32>) = (Vec::new(), Vec::new());
    for (weight, paper) in papers {
        let mut length = 0.0;
        for text in [&paper.title, &paper.abstract_text] {
            stems.each(text, |stem| {
                if counts.len() <= stem {
                    counts.resize(stem + 1, 0.0);
                }
                counts[stem] += 1.0;
                length += 1.0;
            });
        }
        probabilities.resize(counts.len(), 0.0);
        for (probability, count) in probabilities.iter_mut().zip(&mut counts) {
            if *count > 0.0 {
                *probability += weight * std::mem::take(count) / length;
            }
        }
    }
    let mut probabilities: Vec<(String, f32)> =
        stems.into_numbers().map(|(stem, number)| (stem, probabilities[number])).collect();
    probabilities.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    probabilities
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paper::PaperId;

    #[test]
    fn stems_are_weighted_by_frequency_and_document_weight() {
        let paper = |title: &str, text: &str| Paper::new(PaperId::of_title(title), title.to_owned(), text.to_owned());
        let papers = [(0.75, paper("Graphs and a graph", "of walks")), (0.25, paper("Walking", ""))];
        assert_eq!(most_used(&papers), [("graph".to_owned(), 0.5), ("walk".to_owned(), 0.5)]);
        assert_eq!(most_used(&[(1.0, paper("the", ""))]), []);
    }
}
