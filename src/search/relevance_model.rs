//! Terms of papers, as words of a query.
//!
//! Query expansion by a relevance model, RM3: the most frequent terms of the feedback documents count beside the words
//! of the query (Lavrenko & Croft, "Relevance-based language models", SIGIR 2001; Abdul-Jaleel et al., "UMass at TREC
//! 2004: novelty and HARD", section 2). For related papers, the terms of the examples with the largest tf·idf are the
//! words of the query.

use crate::engine::{Expansion, Moment, Term};
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

/// Maximum number of terms of the examples; see benches/RESULTS.md.
const TERMS: usize = 40;
/// Number of most frequent stems that these are chosen from, because counting a stem takes time. An abstract has about
/// 100 different ones.
const CONSIDERED: usize = 200;

/// A term in more than this number of papers is common.
fn most_papers(moment: &impl Moment) -> usize {
    (moment.papers() / COMMON).max(FEW)
}

/// The expansion of a query: the most frequent uncommon terms in `used`. `words` is the number of the query's words
/// with a posting. `None` if there is no such term.
pub(super) fn expansion<M: Moment>(moment: &M, words: usize, used: &[Term]) -> Result<Option<Expansion>> {
    let most = most_papers(moment);
    let (mut terms, mut all) = (Vec::with_capacity(WORDS), 0.0);
    let mut stems = used.iter().peekable();
    while terms.len() < WORDS && stems.peek().is_some() {
        // Only as many as are still needed, because counting a term is slow.
        let next: Vec<&Term> = stems.by_ref().take(WORDS - terms.len()).collect();
        let frequencies = moment.frequencies(&stems_of(next.iter().copied()), most)?;
        for (term, frequency) in next.into_iter().zip(frequencies) {
            if let Some(frequency) = frequency {
                let weight = term.weight * rarity(moment.papers(), frequency);
                all += weight;
                terms.push(Term { weight, ..term.clone() });
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

/// The words of a query whose own words are `words`, together with the uncommon terms of example papers that have the
/// largest product of probability and inverse document frequency. Each term is weighted by its probability. All terms
/// together weigh `weight` times as much as the query's own words; without these, as much as that number of words.
pub(super) fn with_terms<M: Moment>(moment: &M, words: M::Words, used: &[Term], weight: f32) -> Result<M::Words> {
    let used = &used[..used.len().min(CONSIDERED)];
    let frequencies = moment.frequencies(&stems_of(used), most_papers(moment))?;
    let telling = |(term, frequency): (&Term, Option<usize>)| {
        Some((term.weight * rarity(moment.papers(), frequency?), term.clone()))
    };
    let mut terms: Vec<(f32, Term)> = used.iter().zip(frequencies).filter_map(telling).collect();
    terms.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.stem.cmp(&b.1.stem)));
    terms.truncate(TERMS);
    let all: f32 = terms.iter().map(|(_, term)| term.weight).sum();
    if all <= 0.0 {
        return Ok(words);
    }
    #[allow(clippy::cast_precision_loss)] // there are few words
    let together = match moment.range(&words).words {
        0 => terms.len() as f32,
        own => weight * own as f32,
    };
    let terms = terms.into_iter().map(|(_, term)| term).collect();
    moment.combine(&words, &Expansion { terms, own: 1.0, scale: together / all })
}

fn stems_of<'t>(terms: impl IntoIterator<Item = &'t Term>) -> Vec<String> {
    terms.into_iter().map(|term| term.stem.clone()).collect()
}

/// The terms of titles and abstracts, weighted by their probabilities, each paper by its weight. The probabilities sum to
/// 1; the most frequent come first.
pub(super) fn most_used(papers: &[(f32, Paper)]) -> Vec<Term> {
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
    let term = |(stem, number, shown): (String, usize, String)| Term { stem, shown, weight: probabilities[number] };
    let mut terms: Vec<Term> = stems.into_terms().map(term).collect();
    terms.sort_by(|a, b| b.weight.total_cmp(&a.weight).then_with(|| a.stem.cmp(&b.stem)));
    terms
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paper::PaperId;

    #[test]
    fn stems_are_weighted_by_frequency_and_document_weight() {
        let paper = |title: &str, text: &str| Paper::new(PaperId::of_title(title), title.to_owned(), text.to_owned());
        let papers = [(0.75, paper("Graphs and a graph", "of walks")), (0.25, paper("Walking", ""))];
        let term = |stem: &str, shown: &str| Term { stem: stem.to_owned(), shown: shown.to_owned(), weight: 0.5 };
        assert_eq!(most_used(&papers), [term("graph", "graphs"), term("walk", "walks")]);
        assert_eq!(most_used(&[(1.0, paper("the", ""))]), []);
    }
}
