//! Looks up words: in given papers, or in all.

use std::sync::Arc;

use fixedbitset::FixedBitSet;
use tantivy::schema::Field;

use super::FullText;
use super::counted::Counted;
use super::leaf::Leaf;
use super::lexical_query::{LexicalQuery, Statistics, WeightedWord};
use super::postings::Window;
use super::query_words::QueryWord;
use crate::store::{DocId, Filter};

impl FullText {
    /// Visits the words of each paper: the word, the place of the paper in `docs`, and the weighted frequency. The words of a paper
    /// are in their order.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub(super) fn for_each_frequency(
        &self,
        query: &LexicalQuery,
        docs: &[DocId],
        mut visit: impl FnMut(&WeightedWord, usize, f32),
    ) -> tantivy::Result<()> {
        for Counted { part, rows, .. } in &self.parts {
            for leaf in part.leaves() {
                let documents = documents_of(&leaf, docs, |doc| rows.contains(doc.row()));
                for word in query.words.iter().filter(|_| !documents.is_empty()) {
                    self.look_up(&word.word, &leaf, &documents, |place, frequency| visit(word, place, frequency))?;
                }
            }
        }
        Ok(())
    }

    /// Visits those of some documents that have a word, with the weighted frequency.
    fn look_up(
        &self,
        word: &QueryWord,
        leaf: &Leaf<'_>,
        documents: &[(u32, usize)],
        mut visit: impl FnMut(usize, f32),
    ) -> tantivy::Result<()> {
        let mut postings = self.postings(word, leaf)?;
        if postings.0.is_empty() {
            return Ok(());
        }
        for (document, place) in documents {
            let frequency = postings.at(*document);
            if frequency > 0.0 {
                visit(*place, frequency);
            }
        }
        Ok(())
    }

    /// The number of papers with a word, and a bound of the weighted frequency in each.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub(super) fn statistics(&self, word: &QueryWord) -> tantivy::Result<Statistics> {
        let key = word.key();
        let mut all = Statistics::default();
        for counted in &self.parts {
            if let Some(papers) = counted.part.papers_with_word(word) {
                all.papers += papers;
                continue;
            }
            let count = || {
                let mut found = Statistics::default();
                let mut see = |frequency: f32| {
                    found.papers += 1;
                    found.max_frequency = found.max_frequency.max(frequency);
                };
                if counted.others == 0 {
                    let mut window = Window::default();
                    for leaf in counted.part.leaves() {
                        self.postings(word, &leaf)?.for_each(&mut window, |_, frequency| see(frequency));
                    }
                } else {
                    self.for_each_row(counted, word, |_, frequency| see(frequency))?;
                }
                Ok(found)
            };
            let having = |docs: &[DocId]| {
                let mut having = 0;
                for leaf in counted.part.leaves() {
                    self.look_up(word, &leaf, &documents_of(&leaf, docs, |_| true), |_, _| having += 1)?;
                }
                Ok(having)
            };
            let Statistics { papers, max_frequency } = counted.known.statistics(&key, count, having)?;
            all.papers += papers;
            all.max_frequency = all.max_frequency.max(max_frequency);
        }
        Ok(all)
    }

    /// The rows of the papers that contain a word of a query.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub(super) fn rows_with(&self, word: &QueryWord) -> tantivy::Result<FixedBitSet> {
        let mut rows = FixedBitSet::with_capacity(self.rows);
        for counted in &self.parts {
            self.for_each_row(counted, word, |row, _| rows.grow_and_insert(row))?;
        }
        Ok(rows)
    }

    /// Visits the rows of the papers in a part of the index with a word, with the weighted frequency.
    fn for_each_row(
        &self,
        Counted { part, rows: counted, .. }: &Counted,
        word: &QueryWord,
        mut visit: impl FnMut(usize, f32),
    ) -> tantivy::Result<()> {
        let mut window = Window::default();
        for leaf in part.leaves() {
            self.postings(word, &leaf)?.for_each(&mut window, |document, frequency| {
                if let Some(row) = leaf.row_of(document).filter(|row| counted.contains(*row as usize)) {
                    visit(row as usize, frequency);
                }
            });
        }
        Ok(())
    }

    /// Adds the rows of the papers with a term in a field.
    pub(super) fn add_rows_in(&self, field: Field, term: &str, rows: &mut FixedBitSet) -> tantivy::Result<()> {
        self.for_each_row_in(field, term, |row| rows.grow_and_insert(row))
    }

    /// Visits the rows of the papers with a term in a field.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub(super) fn for_each_row_in(
        &self,
        field: Field,
        term: &str,
        mut visit: impl FnMut(usize),
    ) -> tantivy::Result<()> {
        for Counted { part, rows: counted, .. } in &self.parts {
            for leaf in part.leaves() {
                let Some(mut list) = leaf.list(field, term, &self.factors.tables()[0])? else { continue };
                while let Some(document) = list.advance() {
                    if let Some(row) = leaf.row_of(document).filter(|row| counted.contains(*row as usize)) {
                        visit(row as usize);
                    }
                }
            }
        }
        Ok(())
    }

    /// The rows of the papers that pass a filter, whose ids are not looked at.
    pub(super) fn rows_passing(&self, filter: &Filter) -> tantivy::Result<Arc<FixedBitSet>> {
        let asked = Filter { ids: Vec::new(), ..filter.clone() };
        self.cache.filters.get(&format!("{asked:?}"), || {
            let mut rows = FixedBitSet::with_capacity(self.rows);
            for Counted { part, rows: counted, .. } in &self.parts {
                let mut passing = part.passing(filter, &self.fields)?;
                passing.intersect_with(counted);
                rows.union_with(&passing);
            }
            Ok(Arc::new(rows))
        })
    }

    pub(super) fn rows_with_word(&self, word: &str) -> tantivy::Result<FixedBitSet> {
        let mut rows = FixedBitSet::with_capacity(self.rows);
        for word in self.query_words(word)?.words {
            rows.union_with(&self.rows_with(&word)?);
        }
        Ok(rows)
    }
}

/// The documents of some papers in a leaf, in ascending order, each with the place of the paper.
pub(super) fn documents_of(leaf: &Leaf<'_>, docs: &[DocId], wanted: impl Fn(DocId) -> bool) -> Vec<(u32, usize)> {
    let wanted = docs.iter().copied().enumerate().filter(|(_, doc)| wanted(*doc));
    let mut documents: Vec<(u32, usize)> =
        wanted.filter_map(|(place, doc)| Some((leaf.document_of(doc.0)?, place))).collect();
    documents.sort_unstable();
    documents
}
