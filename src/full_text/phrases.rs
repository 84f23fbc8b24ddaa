//! Phrases: words that follow each other in a title or an abstract.

use fixedbitset::FixedBitSet;
use tantivy::schema::Field;

use super::FullText;
use super::counted::Counted;
use super::query_words::QueryWord;
use super::words::{placed, spellings};
use crate::paper::Paper;

/// Words that follow each other in a field.
#[derive(Debug, Clone, Copy)]
pub(super) struct Phrase<'a> {
    pub words: &'a [String],
    /// A field with positions.
    pub field: Field,
    /// The field by whose length the frequency is normalised.
    pub norms: Field,
}

/// How often words follow each other, given the ascending positions of each.
pub(super) fn count(positions: &[&[u32]]) -> u32 {
    let Some((first, others)) = positions.split_first() else { return 0 };
    let follow = |start: &&u32| {
        (1..).zip(others).all(|(distance, positions)| positions.binary_search(&(*start + distance)).is_ok())
    };
    u32::try_from(first.iter().filter(follow).count()).unwrap_or(u32::MAX)
}

/// The words of a phrase as they are indexed; empty if it has none.
pub(crate) fn words_of(phrase: &str) -> Vec<String> {
    placed(phrase).into_iter().map(|word| word.whole).collect()
}

/// Maximum number of forms of a phrase.
const MOST_FORMS: usize = 32;
/// A word that is this many times as frequent without its `s` is a name, and the `s` an ending without its apostrophe.
const GENITIVE: usize = 20;
/// The shortest name, in bytes, that has such an ending.
const SHORTEST_NAME: usize = 4;

/// A phrase with its last word as it is and in the plural.
pub(super) fn numbers(words: &[String]) -> Vec<Vec<String>> {
    let plural = |ending: &str| {
        let mut words = words.to_vec();
        if let Some(last) = words.last_mut() {
            last.push_str(ending);
        }
        words
    };
    vec![words.to_vec(), plural("s"), plural("es")]
}

/// Whether the words of a phrase, in one of its forms, follow each other in the title or the abstract of a paper; the last word
/// may be in the plural.
pub(crate) fn contains(paper: &Paper, forms: &[Vec<String>]) -> bool {
    let forms: Vec<Vec<String>> = forms.iter().flat_map(|form| numbers(form)).collect();
    let within = |text: &str| {
        let words = words_of(text);
        forms.iter().any(|form| words.windows(form.len().max(1)).any(|window| window == form))
    };
    within(&paper.title) || within(&paper.abstract_text)
}

impl FullText {
    /// The forms of a phrase: with words in British or American spelling, with two words written as one, and with a word written
    /// as two. The first is the phrase as it is.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub(super) fn phrase_forms(&self, words: &[String]) -> tantivy::Result<Vec<Vec<String>>> {
        let mut others: Vec<Vec<Vec<String>>> = Vec::with_capacity(words.len());
        for word in words {
            let mut of_word: Vec<Vec<String>> = Vec::new();
            for spelling in spellings(word).into_iter().skip(1) {
                if self.min_frequency_of(&spelling)? > 0 {
                    of_word.push(vec![spelling]);
                }
            }
            of_word.extend(self.splits_of(word)?);
            of_word.extend(self.without_genitive(word)?.map(|word| vec![word]));
            others.push(of_word);
        }
        let mut joined: Vec<Option<String>> = Vec::with_capacity(words.len());
        for pair in words.windows(2) {
            let word = pair.concat();
            joined.push(if self.min_frequency_of(&word)? > 0 { Some(word) } else { None });
        }
        let mut forms = Vec::new();
        // Beginnings of forms, each with the number of words that it stands for.
        let mut begun: Vec<(Vec<String>, usize)> = vec![(Vec::new(), 0)];
        while let Some((form, place)) = begun.pop().filter(|_| forms.len() < MOST_FORMS) {
            let Some(word) = words.get(place) else {
                forms.push(form);
                continue;
            };
            let mut push = |more: &[String], count: usize| begun.push(([&form, more].concat(), place + count));
            joined.get(place).into_iter().flatten().for_each(|pair| push(std::slice::from_ref(pair), 2));
            others[place].iter().for_each(|other| push(other, 1));
            push(std::slice::from_ref(word), 1);
        }
        Ok(forms)
    }

    /// A word without its `s`, if papers have nearly always this form of it: `Alzheimers`, of `Alzheimer’s`.
    fn without_genitive(&self, word: &str) -> tantivy::Result<Option<String>> {
        let Some(without) = word.strip_suffix('s').filter(|without| without.len() >= SHORTEST_NAME) else {
            return Ok(None);
        };
        let is_usual = self.min_frequency_of(without)? > self.min_frequency_of(word)? * GENITIVE;
        Ok(is_usual.then(|| without.to_owned()))
    }

    /// The rows of the papers that contain a phrase in one of these forms; the last word may be in the plural. Papers in outdated
    /// parts are not found.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub(super) fn rows_with_phrase(&self, forms: &[Vec<String>]) -> tantivy::Result<FixedBitSet> {
        let phrases = forms.iter().flat_map(|form| numbers(form)).collect();
        self.rows_with(&QueryWord { phrases, ..QueryWord::default() })
    }

    /// Whether a paper has a phrase.
    pub(super) fn has_phrase(&self, words: &[String]) -> tantivy::Result<bool> {
        for Counted { part, rows: counted, .. } in &self.parts {
            for leaf in part.leaves() {
                for list in &mut self.phrase_in(words, &leaf)? {
                    let is_counted = |document| leaf.row_of(document).is_some_and(|row| counted.contains(row as usize));
                    while let Some(document) = list.advance() {
                        if is_counted(document) {
                            return Ok(true);
                        }
                    }
                }
            }
        }
        Ok(false)
    }

    /// The rows of the papers that are in parts without phrases.
    pub(crate) fn without_phrases(&self) -> FixedBitSet {
        let outdated = self.parts.iter().filter(|part| part.part.is_outdated());
        outdated.flat_map(|part| part.rows.ones()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paper::PaperId;

    #[test]
    fn words_that_follow_each_other_are_counted() {
        assert_eq!(count(&[&[0, 4, 9], &[1, 5, 8]]), 2);
        assert_eq!(count(&[&[0, 4], &[5], &[6]]), 1);
        assert_eq!(count(&[&[3, 7]]), 2);
        assert_eq!(count(&[&[1], &[]]), 0);
        assert_eq!(count(&[]), 0);
    }

    #[test]
    fn phrases_ignore_case_and_punctuation_and_allow_a_plural_at_the_end() {
        let paper = Paper::new(PaperId::of_title("x"), "To be, or not".to_owned(), "Graph neural networks.".to_owned());
        for (phrase, wanted) in [
            ("to be or", true),
            ("graph neural network", true),
            ("Graph-Neural networks", true),
            ("graphs neural", false),
            ("neural graph", false),
            ("not graph", false),
        ] {
            assert_eq!(contains(&paper, &[words_of(phrase)]), wanted, "{phrase}");
        }
    }
}
