//! Scores papers by the formulas as published.

use super::InMemoryMoment;
use crate::engine::{Moment, WordRange};
use crate::full_text::{self, ABSTRACT, AUTHORS, Abbreviation, B, FullText, K1, QueryWord, TITLE, Word};
use crate::paper::Paper;

/// The prepared words of a query.
#[derive(Clone)]
pub struct Words {
    /// The BM25F score of each paper.
    pub scores: Vec<f32>,
    pub range: WordRange,
    /// The words that occur, with their share of each score.
    pub matched: Vec<(String, Vec<f32>)>,
    pub looked_up: (usize, usize),
    pub abbreviations: Vec<Abbreviation>,
}

impl InMemoryMoment<'_> {
    /// The index that reads queries: which words and phrases are looked up. Scores are computed here.
    pub(super) fn reader(&self) -> FullText {
        FullText::of_papers(self.all())
    }

    /// The frequency of a word in each paper, summed over fields with their weights and length normalisation (BM25F).
    #[allow(clippy::cast_precision_loss)]
    pub(super) fn frequencies_of(&self, word: &QueryWord) -> Vec<f32> {
        let fields = |paper: &Paper| {
            let authors = paper.authors.join(" ");
            [&paper.title, &paper.abstract_text, &authors]
                .map(|text| (full_text::words(text), full_text::words_of(text)))
        };
        let texts: Vec<[(Vec<Word>, Vec<String>); 3]> = self.all().map(fields).collect();
        let mean = |field: usize| {
            texts.iter().map(|text| text[field].0.len()).sum::<usize>().max(1) as f32 / texts.len().max(1) as f32
        };
        let means = [mean(0), mean(1), mean(2)];
        let frequency = |text: &[(Vec<Word>, Vec<String>); 3]| -> f32 {
            let mut sum = 0.0;
            for (field, weight) in [TITLE, ABSTRACT, AUTHORS].into_iter().enumerate() {
                let (words, all) = &text[field];
                let same = |other: &&Word| match field {
                    2 => word.whole.is_some() && other.whole == word.whole,
                    _ => word.stems.contains(&other.stem),
                };
                let mut count = words.iter().filter(same).count();
                if field < 2 {
                    let of = |phrase: &Vec<String>| all.windows(phrase.len()).filter(|window| window == phrase).count();
                    count += word.phrases.iter().map(of).sum::<usize>();
                }
                sum += weight * count as f32 / (1.0 - B + B * words.len() as f32 / means[field]);
            }
            sum
        };
        texts.iter().map(frequency).collect()
    }

    /// Adds a word's contribution to the scores. Returns its inverse document frequency, and the contribution to each.
    pub(super) fn add(&self, word: &QueryWord, weight: f32, scores: &mut [f32]) -> (f32, Vec<f32>) {
        let frequencies = self.frequencies_of(word);
        let having = frequencies.iter().filter(|frequency| **frequency > 0.0).count();
        let rarity = full_text::rarity(self.papers(), having);
        let score = |frequency: f32| weight * rarity * (K1 + 1.0) * frequency / (frequency + K1);
        let added: Vec<f32> = frequencies.into_iter().map(score).collect();
        scores.iter_mut().zip(&added).for_each(|(score, added)| *score += added);
        (rarity, added)
    }
}
