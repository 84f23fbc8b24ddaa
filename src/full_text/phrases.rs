//! Phrases: words that follow each other in a title or an abstract.

use fixedbitset::FixedBitSet;
use tantivy::schema::Field;

use super::FullText;
use super::counted::Counted;
use super::words::{ABSTRACT, TITLE, placed};
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

/// The forms of a phrase: as it is, and with its last word in the plural.
fn forms(words: &[String]) -> Vec<Vec<String>> {
    let plural = |ending: &str| {
        let mut words = words.to_vec();
        if let Some(last) = words.last_mut() {
            last.push_str(ending);
        }
        words
    };
    vec![words.to_vec(), plural("s"), plural("es")]
}

/// Whether the words of a phrase follow each other in the title or the abstract of a paper; the last word may be in the plural.
pub(crate) fn contains(paper: &Paper, phrase: &[String]) -> bool {
    let forms = forms(phrase);
    let within = |text: &str| {
        let words = words_of(text);
        forms.iter().any(|form| words.windows(form.len().max(1)).any(|window| window == form))
    };
    within(&paper.title) || within(&paper.abstract_text)
}

impl FullText {
    /// The rows of the papers that contain a phrase; the last word may be in the plural. Papers in outdated parts are not found.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub(super) fn rows_with_phrase(&self, phrase: &[String]) -> tantivy::Result<FixedBitSet> {
        let mut rows = FixedBitSet::with_capacity(self.rows);
        for form in forms(phrase) {
            self.for_each_phrase(&form, |row, _| rows.grow_and_insert(row as usize))?;
        }
        Ok(rows)
    }

    /// Visits the rows with a phrase, with the weighted frequency. A row is visited once for each field.
    pub(super) fn for_each_phrase(&self, words: &[String], mut visit: impl FnMut(u32, f32)) -> tantivy::Result<()> {
        if words.is_empty() {
            return Ok(());
        }
        let names = &self.fields;
        let fields = [(names.exact_title, names.title, TITLE), (names.exact_abstract, names.abstract_text, ABSTRACT)];
        for ((field, norms, weight), table) in fields.into_iter().zip(self.norms.tables()) {
            for Counted { part, rows: counted, .. } in &self.parts {
                part.for_each_phrase(Phrase { words, field, norms }, |row, frequency, length_id| {
                    if counted.contains(row as usize) {
                        #[allow(clippy::cast_precision_loss)] // words of a text
                        let frequency = frequency as f32;
                        visit(row, weight * frequency / table[usize::from(length_id)]);
                    }
                })?;
            }
        }
        Ok(())
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
            assert_eq!(contains(&paper, &words_of(phrase)), wanted, "{phrase}");
        }
    }
}
