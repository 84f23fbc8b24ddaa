//! What is known of words in a part of the index. It is carried from commit to commit, so that the first search after a commit need
//! not count the papers with each word again.

use std::sync::Arc;

use fixedbitset::FixedBitSet;

use super::lexical_query::Statistics;
use super::remembered::Remembered;
use crate::store::DocId;

/// If more rows are lost than this, everything is forgotten: looking for a word in each of them would take long.
const MOST_LOST: usize = 1_000;
/// If the factors of fields change by more than this, everything is forgotten: the bounds would be loose.
const MOST_CHANGE: f32 = 1.05;

/// What is known of words in some rows of a part. Some rows are lost with each commit. Clones share the words.
#[derive(Debug, Clone, Default)]
pub(super) struct Known {
    words: Arc<Remembered<WordCount>>,
    /// The rows that were lost since the first word was counted, in this order.
    lost: Vec<DocId>,
    /// The ratio by which the factors have changed since then; 0 if they have not.
    change: f32,
}

/// A word as it was counted.
#[derive(Debug, Clone, Copy)]
struct WordCount {
    statistics: Statistics,
    /// Number of lost rows that do not count.
    lost: usize,
}

impl Known {
    /// Some rows no longer belong to papers, or a later part contains them.
    pub fn lose(&mut self, rows: &FixedBitSet) {
        if self.lost.len() + rows.count_ones(..) > MOST_LOST {
            *self = Self::default();
        } else {
            self.lost.extend(rows.ones().filter_map(|row| u32::try_from(row).ok()).map(DocId));
        }
    }

    /// The factors of fields have changed by at most this ratio, so that frequencies have, too.
    pub fn rescale(&mut self, change: f32) {
        self.change = self.change.max(1.0) * change;
        if self.change > MOST_CHANGE {
            *self = Self::default();
        }
    }

    /// The statistics of a word: by `count` unless they are known. `having` counts those of some rows that have the word. The
    /// largest frequency is a bound.
    pub fn statistics(
        &self,
        word: &str,
        count: impl Fn() -> tantivy::Result<Statistics>,
        having: impl Fn(&[DocId]) -> tantivy::Result<usize>,
    ) -> tantivy::Result<Statistics> {
        let counted = || count().map(|statistics| WordCount { statistics, lost: self.lost.len() });
        let mut found = self.words.get(word, counted)?;
        match self.lost.get(found.lost..) {
            Some([]) => {}
            Some(lost) => {
                found.statistics.papers = found.statistics.papers.saturating_sub(having(lost)?);
                found.lost = self.lost.len();
                self.words.put(word, found);
            }
            // A search of a later commit has counted fewer rows.
            None => found.statistics = count()?,
        }
        let Statistics { papers, max_frequency } = found.statistics;
        Ok(Statistics { papers, max_frequency: max_frequency * MOST_CHANGE })
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn a_word_is_counted_once_and_lost_rows_are_subtracted() {
        let counted = Cell::new(0);
        let count = |papers: usize| {
            let counted = &counted;
            move || {
                counted.set(counted.get() + 1);
                Ok(Statistics { papers, max_frequency: 2.0 })
            }
        };
        // Even rows have the word.
        let having = |rows: &[DocId]| Ok(rows.iter().filter(|doc| doc.0 % 2 == 0).count());
        let rows = |rows: &[usize]| rows.iter().copied().collect::<FixedBitSet>();
        let first = Known::default();
        assert_eq!(first.statistics("word", count(50), having).unwrap().papers, 50);
        let mut later = first.clone();
        later.lose(&rows(&[1, 2, 3]));
        later.lose(&rows(&[6, 8]));
        for _ in 0..2 {
            assert_eq!(later.statistics("word", count(0), having).unwrap().papers, 47);
        }
        assert_eq!(counted.get(), 1);
        // The earlier commit still has them.
        assert_eq!(first.statistics("word", count(50), having).unwrap().papers, 50);
        assert_eq!(later.statistics("word", count(0), having).unwrap().papers, 47);
    }

    #[test]
    fn everything_is_forgotten_after_many_lost_rows_or_a_large_change() {
        let known = Known::default();
        let having = |_: &[DocId]| Ok(0);
        let of = |known: &Known, papers| {
            known.statistics("word", || Ok(Statistics { papers, max_frequency: 1.0 }), having).unwrap().papers
        };
        assert_eq!(of(&known, 7), 7);
        let (mut lost, mut changed) = (known.clone(), known.clone());
        lost.lose(&(0..=MOST_LOST).collect());
        assert_eq!((of(&lost, 8), of(&known, 9)), (8, 7));
        changed.rescale(1.02);
        assert_eq!(of(&changed, 8), 7);
        changed.rescale(1.04);
        assert_eq!((of(&changed, 8), of(&known, 9)), (8, 7));
    }
}
