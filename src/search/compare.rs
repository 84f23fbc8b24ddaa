//! What do two papers share, and where do they differ? Sentence by sentence, by the cosines of their embeddings.
//!
//! A sentence of one abstract has a counterpart in the other if their cosine is unusual: if it lies many standard deviations above
//! the cosines of the sentence with papers of the collection (see [`Background`]). So the same limit fits every model. Each
//! sentence has one counterpart at most; the pairs with the highest cosines are taken first.

use serde::Serialize;

use super::Searcher;
use super::background::Background;
use crate::embed::{Embedded, Embedding, Role};
use crate::engine::{Engine, Moment};
use crate::error::{Error, Result};
use crate::paper::{Paper, PaperId};

/// The z-score from which two sentences are counterparts. Of papers that have nothing to do with each other, 1 of 100 sentences has
/// one then; of a paper and the nearest among 1,500, 18 to 33 of 100. See benches/RESULTS.md.
const UNUSUAL: f32 = 3.5;

/// The cosine of two sentences that are the same.
const SAME: f32 = 0.999;

/// Maximum number of sentences of an abstract that are compared; an abstract has about eight.
const MOST_SENTENCES: usize = 100;

/// What two papers share, and where they differ.
#[derive(Debug, Clone, Serialize)]
pub struct Comparison {
    /// The papers in the order in which they were asked for.
    pub papers: [Paper; 2],
    /// The cosine of their vectors; `None` if one of these is damaged.
    pub cosine: Option<f32>,
    /// Authors of both.
    pub authors: Vec<String>,
    /// Categories of both.
    pub categories: Vec<String>,
    /// Keywords of both.
    pub keywords: Vec<String>,
    /// Pairs of sentences with a similar meaning, in the order of the first abstract.
    pub similar: Vec<Counterparts>,
    /// The sentences of the first abstract that have no counterpart in the second, in their order.
    pub only_in_first: Vec<String>,
    /// The sentences of the second abstract that have no counterpart in the first.
    pub only_in_second: Vec<String>,
    /// Number of sentences at the end of each abstract that were not compared, because it has more than 100.
    pub not_compared: [usize; 2],
}

/// Two sentences with a similar meaning.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Counterparts {
    /// A sentence of the first abstract.
    pub first: String,
    /// The sentence of the second abstract that is nearest to it.
    pub second: String,
    /// The cosine of their embeddings.
    pub cosine: f32,
}

impl<E: Engine> Searcher<E> {
    /// Compares two papers.
    ///
    /// # Errors
    /// [`Error::SamePaper`], [`Error::UnknownPaper`], or when the model cannot be run or the collection not be read.
    pub fn compare(&self, first: &PaperId, second: &PaperId) -> Result<Comparison> {
        let embedder = self.embedder()?;
        self.engine.read(|moment| {
            let ((one, one_doc), (other, other_doc)) = (moment.paper(first)?, moment.paper(second)?);
            if one_doc == other_doc {
                return Err(Error::SamePaper { id: one.id.to_string() });
            }
            let vectors = moment.vectors(&[one_doc, other_doc])?;
            let cosine = match &vectors[..] {
                [Some(one), Some(other)] => Some(Embedding::normalised(one.to_vec())?.cosine(other)),
                _ => None,
            };
            let all = [&one, &other].map(sentences);
            let not_compared = [0, 1].map(|place| all[place].len().saturating_sub(MOST_SENTENCES));
            let sentences = [0, 1].map(|place| &all[place][..all[place].len() - not_compared[place]]);
            let texts = sentences.concat();
            let vectors: Vec<Embedding> = embedder
                .embed(Role::Passage, &texts)?
                .into_iter()
                .map(|Embedded { embedding, .. }| embedding)
                .collect();
            let pairs = counterparts(scores(moment, vectors.split_at(sentences[0].len()))?);
            let of = |place: usize, number: usize| sentences[place][number].to_owned();
            let similar = pairs.iter().map(|pair| Counterparts {
                first: of(0, pair.places[0]),
                second: of(1, pair.places[1]),
                cosine: pair.cosine,
            });
            let [only_in_first, only_in_second] = [0, 1].map(|place| {
                let is_paired = |number: &usize| pairs.iter().any(|pair| pair.places[place] == *number);
                let alone = (0..sentences[place].len()).filter(|number| !is_paired(number));
                alone.map(|number| of(place, number)).collect()
            });
            Ok(Comparison {
                cosine,
                authors: in_both(&one.authors, &other.authors),
                categories: in_both(&one.categories, &other.categories),
                keywords: in_both(&one.keywords, &other.keywords),
                similar: similar.collect(),
                only_in_first,
                only_in_second,
                not_compared,
                papers: [one, other],
            })
        })
    }
}

/// A sentence of each abstract, and how similar these are.
#[derive(Debug, Clone, Copy)]
struct Pair {
    places: [usize; 2],
    cosine: f32,
    /// The smaller one of the z-scores of their cosine, as seen by either sentence.
    unusual: f32,
}

fn sentences(paper: &Paper) -> Vec<&str> {
    paper.sentences().into_iter().map(|place| &paper.abstract_text[place]).collect()
}

/// All pairs of sentences.
fn scores<M: Moment>(moment: &M, (first, second): (&[Embedding], &[Embedding])) -> Result<Vec<Pair>> {
    let backgrounds = |sentences: &[Embedding]| {
        sentences.iter().map(|sentence| Background::of(moment, sentence)).collect::<Result<Vec<_>>>()
    };
    let (of_first, of_second) = (backgrounds(first)?, backgrounds(second)?);
    let mut pairs = Vec::with_capacity(first.len() * second.len());
    for (one, sentence) in first.iter().enumerate() {
        for (other, counterpart) in second.iter().enumerate() {
            let cosine = sentence.cosine(counterpart.as_slice());
            let unusual = of_first[one].z_score(cosine).min(of_second[other].z_score(cosine));
            pairs.push(Pair { places: [one, other], cosine, unusual });
        }
    }
    Ok(pairs)
}

/// The pairs that are counterparts, in the order of the first sentences.
fn counterparts(mut pairs: Vec<Pair>) -> Vec<Pair> {
    pairs.retain(|pair| pair.unusual >= UNUSUAL || pair.cosine >= SAME);
    // The sort is stable: equal pairs keep the order of their sentences.
    pairs.sort_by(|a, b| b.cosine.total_cmp(&a.cosine));
    let mut chosen: Vec<Pair> = Vec::new();
    for pair in pairs {
        if chosen.iter().all(|other| pair.places[0] != other.places[0] && pair.places[1] != other.places[1]) {
            chosen.push(pair);
        }
    }
    chosen.sort_by_key(|pair| pair.places);
    chosen
}

/// The values that both lists have, in the order of the first, whatever the case of their letters.
fn in_both(one: &[String], other: &[String]) -> Vec<String> {
    let others: Vec<String> = other.iter().map(|value| value.to_lowercase()).collect();
    one.iter().filter(|value| others.contains(&value.to_lowercase())).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_sentence_has_one_counterpart_at_most() {
        let pair = |one, other, cosine, unusual| Pair { places: [one, other], cosine, unusual };
        let pairs = vec![
            pair(0, 0, 0.7, 6.0),
            pair(0, 1, 0.8, 7.0),
            pair(1, 1, 0.9, 9.0),
            pair(2, 2, 0.95, 1.0),
            pair(3, 3, 1.0, 2.0),
            pair(2, 0, 0.6, 5.0),
        ];
        let found: Vec<[usize; 2]> = counterparts(pairs).iter().map(|pair| pair.places).collect();
        assert_eq!(found, [[0, 0], [1, 1], [3, 3]], "2 and 2 are similar, but so are all papers of the collection");
    }

    #[test]
    fn values_of_both_are_found_in_any_case() {
        let list = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect::<Vec<_>>();
        assert_eq!(in_both(&list(&["A. Author", "B"]), &list(&["b", "a. author", "C"])), ["A. Author", "B"]);
    }
}
