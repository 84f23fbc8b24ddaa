//! What was looked up for words of queries. Many queries have the same words, and a look-up can take some milliseconds.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use fixedbitset::FixedBitSet;
use lru::LruCache;

/// Maximum number of words of each kind; those that were not asked for the longest are forgotten first.
const MOST: NonZeroUsize = NonZeroUsize::new(4_096).unwrap();
/// Maximum number of filters, each of which takes a bit for each row.
const MOST_FILTERS: NonZeroUsize = NonZeroUsize::new(16).unwrap();

/// The latest results of a look-up, by word.
#[derive(Debug)]
pub(super) struct Remembered<V>(Mutex<LruCache<String, V>>);

impl<V> Default for Remembered<V> {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(MOST)))
    }
}

impl<V: Clone> Remembered<V> {
    /// The result for a word, which is looked up if it is not remembered.
    ///
    /// # Errors
    /// Those of `look_up`, which are not remembered.
    pub fn get(&self, word: &str, look_up: impl FnOnce() -> tantivy::Result<V>) -> tantivy::Result<V> {
        let lock = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = lock().get(word) {
            return Ok(known.clone());
        }
        // Others need not wait.
        let found = look_up()?;
        lock().put(word.to_owned(), found.clone());
        Ok(found)
    }

    /// Replaces the result for a word.
    pub fn put(&self, word: &str, found: V) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).put(word.to_owned(), found);
    }
}

/// What is remembered for the words of one index.
#[derive(Debug)]
pub(super) struct WordCache {
    /// The rows that pass a filter.
    pub filters: Remembered<Arc<FixedBitSet>>,
    /// The pairs of words that papers write for a word.
    pub splits: Remembered<Vec<Vec<String>>>,
    /// The long forms of an abbreviation, each with its short form.
    pub long_forms: Remembered<Vec<(String, String)>>,
    /// A lower bound on the document frequency of a stem.
    pub frequencies: Remembered<usize>,
    /// The nearest word of the collection.
    pub nearest: Remembered<Option<String>>,
    /// The number of papers with a word as a family name, and in title or abstract.
    pub names: Remembered<(usize, usize)>,
}

impl Default for WordCache {
    fn default() -> Self {
        let filters = Remembered(Mutex::new(LruCache::new(MOST_FILTERS)));
        let (splits, long_forms, frequencies, nearest, names) = Default::default();
        Self { filters, splits, long_forms, frequencies, nearest, names }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_up_holds_no_lock() {
        let remembered = Remembered::default();
        // Otherwise this would wait for itself.
        let inner = || remembered.get("inner", || Ok(1));
        assert_eq!(remembered.get("outer", || inner().map(|found| found + 1)).unwrap(), 2);
        assert_eq!(remembered.get("inner", || Ok(0)).unwrap(), 1);
    }

    #[test]
    fn a_word_is_looked_up_once_and_errors_are_not_remembered() {
        let remembered = Remembered::default();
        let failed = remembered.get("word", || Err(tantivy::TantivyError::Poisoned));
        assert!(failed.is_err());
        for found in [1, 2, 3] {
            assert_eq!(remembered.get("word", || Ok(found)).unwrap(), 1);
        }
        for other in 0..=MOST.get() {
            remembered.get(&other.to_string(), || Ok(0)).unwrap();
        }
        assert_eq!(remembered.get("word", || Ok(4)).unwrap(), 4, "it was forgotten");
    }
}
