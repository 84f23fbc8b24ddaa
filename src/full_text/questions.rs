//! What searches ask of the index. Each function returns `None` if the index turns out to be damaged; then it is built anew.

use std::panic::{AssertUnwindSafe, catch_unwind};

use fixedbitset::FixedBitSet;

use super::lexical_query::{Added, LexicalQuery, Sought};
use super::phrases::words_of;
use super::{Correction, FullText, Named};
use crate::store::{DocId, Filter};

impl FullText {
    /// Looks up the words of a query. `None` if the index turns out to be damaged.
    #[must_use]
    pub fn query(&self, question: &str) -> Option<LexicalQuery> {
        read_or_none(|| self.read(question))
    }

    /// The papers of these rows with the highest BM25F scores above 0, in any order, with their scores. Of equal scores, the
    /// smaller row is better. `None` if the index turns out to be damaged.
    #[must_use]
    pub fn best(&self, query: &LexicalQuery, sought: &Sought<'_>, among: &FixedBitSet) -> Option<Vec<(DocId, f32)>> {
        read_or_none(|| self.best_of(query, sought, among))
    }

    /// The BM25F score of each paper; 0 for a paper without any word of the query. `None` if the index turns out to be damaged.
    #[must_use]
    pub fn scores(&self, query: &LexicalQuery, docs: &[DocId]) -> Option<Vec<f32>> {
        read_or_none(|| self.scores_for(query, docs))
    }

    /// The words of a query that occur in each paper with their shares of its score, the largest first. `None` if the index turns
    /// out to be damaged.
    #[must_use]
    pub(crate) fn matched(&self, query: &LexicalQuery, docs: &[DocId]) -> Option<Vec<Vec<(String, f32)>>> {
        read_or_none(|| self.matched_words(query, docs))
    }

    /// A query whose scores are `own` times those of another plus those of added terms. Bound and count stay those of the other.
    /// `None` if the index turns out to be damaged.
    #[must_use]
    pub(crate) fn expanded(&self, query: &LexicalQuery, own: f32, added: &[Added<'_>]) -> Option<LexicalQuery> {
        read_or_none(|| self.with_added(query, own, added))
    }

    /// The number of papers that contain a stem in title or abstract; `Some(None)` if more than `most` papers contain it. `None`
    /// if the index turns out to be damaged.
    #[must_use]
    #[expect(clippy::option_option, reason = "damaged, or too many")]
    pub(crate) fn frequency(&self, stem: &str, most: usize) -> Option<Option<usize>> {
        read_or_none(|| self.document_frequency(stem, most))
    }

    /// The query with corrected words, and these words; `Some(None)` if no word is corrected. `None` if the index turns out to be
    /// damaged.
    #[must_use]
    #[expect(clippy::option_option, reason = "damaged, or nothing to correct")]
    pub(crate) fn corrected(
        &self,
        question: &str,
        is_known: &dyn Fn(&str) -> bool,
    ) -> Option<Option<(String, Vec<Correction>)>> {
        read_or_none(|| self.corrected_query(question, is_known))
    }

    /// The forms of a phrase that papers may have. `None` if the index turns out to be damaged.
    #[must_use]
    pub(crate) fn forms_of(&self, phrase: &str) -> Option<Vec<Vec<String>>> {
        read_or_none(|| self.phrase_forms(&words_of(phrase)))
    }

    /// The rows of the papers with a phrase in one of these forms, except those in [`FullText::without_phrases`]. `None` if damaged.
    #[must_use]
    pub(crate) fn with_phrase(&self, forms: &[Vec<String>]) -> Option<FixedBitSet> {
        read_or_none(|| self.rows_with_phrase(forms))
    }

    /// The rows of the papers with a word in title, abstract or names. `None` if the index turns out to be damaged.
    #[must_use]
    pub(crate) fn with_word(&self, word: &str) -> Option<FixedBitSet> {
        read_or_none(|| self.rows_with_word(word))
    }

    /// The number of papers with an author of this family name, and with the word in title or abstract. `None` if the index
    /// turns out to be damaged.
    #[must_use]
    pub(crate) fn use_as_name(&self, word: &str) -> Option<(usize, usize)> {
        let look_up = || Ok((self.min_frequency_in(&[self.fields.families], word)?, self.min_frequency_of(word)?));
        read_or_none(|| self.cache.names.get(word, look_up))
    }

    /// The rows of the papers with an author of this family name and these other words. `None` if the index turns out to be damaged.
    #[must_use]
    pub(crate) fn by_author(&self, family: &str, words: &[String]) -> Option<FixedBitSet> {
        read_or_none(|| self.rows_by(family, words))
    }

    /// The rows of the papers that pass a filter, whose ids are not looked at; `Some(None)` if a part of the index has no
    /// columns, because an older version wrote it. `None` if the index turns out to be damaged.
    #[must_use]
    #[expect(clippy::option_option, reason = "damaged, or without columns")]
    pub(crate) fn passing(&self, filter: &Filter) -> Option<Option<FixedBitSet>> {
        self.read_columns(|| Ok(FixedBitSet::clone(&*self.rows_passing(filter)?)))
    }

    /// The number of papers of a selection in each category, as [`count_categories`](FullText::count_categories). `None` if the index
    /// turns out to be damaged, `Some(None)` if it is outdated.
    #[must_use]
    #[expect(clippy::option_option, reason = "damaged, or outdated")]
    pub(crate) fn categories(&self, among: &FixedBitSet) -> Option<Option<Vec<(String, usize)>>> {
        self.read_columns(|| self.count_categories(among))
    }

    /// The dates of the papers of a selection, as [`read_dates`](FullText::read_dates); otherwise as [`FullText::categories`].
    #[must_use]
    #[expect(clippy::option_option, reason = "damaged, or outdated")]
    pub(crate) fn dates(&self, among: &FixedBitSet) -> Option<Option<Vec<(u32, u32)>>> {
        self.read_columns(|| self.read_dates(among))
    }

    /// Reads what an outdated index lacks.
    #[expect(clippy::option_option, reason = "damaged, or outdated")]
    fn read_columns<T>(&self, read: impl FnOnce() -> tantivy::Result<T>) -> Option<Option<T>> {
        if self.is_outdated() { Some(None) } else { read_or_none(|| read().map(Some)) }
    }

    /// The names of authors or venues with a word that begins with `prefix`, as [`suggest`]. `None` if the index turns out to be
    /// damaged.
    #[must_use]
    pub(crate) fn suggestions(&self, named: Named, typed: &str, most: usize) -> Option<Vec<(String, usize)>> {
        read_or_none(|| self.suggest(named, typed, most))
    }
}

/// Reads from an index; `None` if it is damaged. tantivy reports damage as an error or a panic.
fn read_or_none<T>(read: impl FnOnce() -> tantivy::Result<T>) -> Option<T> {
    catch_unwind(AssertUnwindSafe(read)).ok()?.ok()
}
