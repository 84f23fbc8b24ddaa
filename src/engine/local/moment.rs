//! Implements [`Moment`] by a view of the store and the index of its commit.

use std::borrow::Cow;
use std::sync::Arc;

use fixedbitset::FixedBitSet;

use super::index::Index;
use crate::embed::{Embedding, Fingerprint, ModelFolder};
use crate::engine::{Expansion, Moment, WordRange, sampled};
use crate::error::{Error, Result};
use crate::full_text::{self, Abbreviation, Correction, FullText, LexicalQuery, Named, Sought};
use crate::graph::Graph;
use crate::paper::{Paper, PaperId};
use crate::store::{DocId, Filter, Sentences, View};

/// The store as of one commit, opened for searching.
pub struct LocalMoment<'a> {
    view: View<'a>,
    index: Arc<Index>,
}

impl<'a> LocalMoment<'a> {
    pub(super) fn new(view: View<'a>, index: Arc<Index>) -> Self {
        Self { view, index }
    }

    /// The view that this moment reads.
    #[must_use]
    pub fn view(&self) -> &View<'a> {
        &self.view
    }

    /// The HNSW graph that is searched.
    #[must_use]
    pub(crate) fn graph(&self) -> &Arc<Graph> {
        &self.index.graph
    }

    /// Whether the full-text index on disk was written by an older version.
    pub(super) fn has_outdated_words(&self) -> bool {
        match self.index.opened_full_text() {
            Some(full_text) => full_text.is_outdated(),
            None => full_text::is_outdated(self.view.store().dir(), self.view.snapshot()),
        }
    }

    /// Number of papers in the full-text index on disk; the others are indexed in memory.
    #[must_use]
    pub(crate) fn in_full_text_folder(&self) -> usize {
        match self.index.opened_full_text() {
            Some(full_text) => full_text.in_folder(),
            None => full_text::rows(self.view.store().dir(), &self.view, false).count_ones(..),
        }
    }

    /// Reads the full-text index. If it turns out to be damaged, it is rebuilt in memory.
    pub(super) fn read_words<T>(&self, read: impl Fn(&FullText) -> Option<T>) -> Result<T> {
        let full_text = self.index.full_text(&self.view)?;
        if let Some(found) = read(&full_text) {
            return Ok(found);
        }
        read(&*self.index.replace_full_text(&full_text, &self.view)?).ok_or_else(|| Error::StoreDamaged {
            dir: self.view.store().dir().to_owned(),
            reason: "its papers cannot be indexed in memory".to_owned(),
        })
    }
}

impl Moment for LocalMoment<'_> {
    type Selection = FixedBitSet;
    type Words = LexicalQuery;

    fn version(&self) -> [u64; 2] {
        [self.view.generation.number, self.view.generation.commits]
    }

    fn fingerprint(&self) -> &Fingerprint {
        &self.view.generation.fingerprint
    }

    fn model(&self) -> Result<ModelFolder> {
        self.view.generation.find_model(self.view.store().dir())
    }

    fn papers(&self) -> usize {
        self.view.len()
    }

    fn select(&self, filter: &Filter) -> Result<FixedBitSet> {
        if filter.is_empty() {
            return self.view.rows(filter);
        }
        let Some(mut rows) = self.read_words(|full_text| full_text.passing(filter))? else {
            // Until an older index is built anew.
            return self.view.rows(filter);
        };
        if !filter.ids.is_empty() {
            rows.intersect_with(&self.view.rows(&Filter::among(&filter.ids))?);
        }
        Ok(rows)
    }

    fn leave_out(&self, selection: &mut FixedBitSet, docs: &[DocId]) {
        selection.difference_with(&docs.iter().map(|doc| doc.row()).collect());
    }

    fn restrict(&self, selection: &mut FixedBitSet, to: &FixedBitSet, inside: bool) {
        if inside { selection.intersect_with(to) } else { selection.difference_with(to) }
    }

    fn contains(&self, selection: &FixedBitSet, doc: DocId) -> bool {
        selection.contains(doc.row())
    }

    fn selected(&self, selection: &FixedBitSet) -> usize {
        selection.count_ones(..)
    }

    fn nearest(&self, direction: &Embedding, k: usize, among: &FixedBitSet) -> Result<Vec<DocId>> {
        let nearest = self.index.graph.nearest(&self.view, direction.as_slice(), k, Some(among));
        Ok(nearest.iter().map(|near| near.doc).collect())
    }

    fn words(&self, question: &str) -> Result<LexicalQuery> {
        self.read_words(|full_text| full_text.query(question))
    }

    fn matched(&self, words: &LexicalQuery, docs: &[DocId]) -> Result<Vec<Vec<(String, f32)>>> {
        self.read_words(|full_text| full_text.matched(words, docs))
    }

    fn looked_up(&self, words: &LexicalQuery) -> (usize, usize) {
        words.looked_up
    }

    fn corrected(&self, question: &str, is_known: &dyn Fn(&str) -> bool) -> Result<Option<(String, Vec<Correction>)>> {
        self.read_words(|full_text| full_text.corrected(question, is_known))
    }

    fn abbreviations(&self, words: &LexicalQuery) -> Vec<Abbreviation> {
        words.abbreviations.clone()
    }

    fn with_phrase(&self, phrase: &str) -> Result<FixedBitSet> {
        let forms = self.read_words(|full_text| full_text.forms_of(phrase))?;
        let mut rows = self.read_words(|full_text| full_text.with_phrase(&forms))?;
        // An index of an older version has no phrases. Until it is built anew, the papers are read.
        let unread = self.index.full_text(&self.view)?.without_phrases();
        for doc in unread.ones().filter_map(|row| u32::try_from(row).ok()).map(DocId) {
            if self.view.paper_at(doc)?.is_some_and(|paper| full_text::contains(&paper, &forms)) {
                rows.grow_and_insert(doc.row());
            }
        }
        Ok(rows)
    }

    fn with_word(&self, word: &str) -> Result<FixedBitSet> {
        self.read_words(|full_text| full_text.with_word(word))
    }

    fn use_as_name(&self, word: &str) -> Result<(usize, usize)> {
        self.read_words(|full_text| full_text.use_as_name(word))
    }

    fn by_author(&self, family: &str, words: &[String]) -> Result<FixedBitSet> {
        self.read_words(|full_text| full_text.by_author(family, words))
    }

    fn suggestions(&self, named: Named, typed: &str, most: usize) -> Result<Vec<(String, usize)>> {
        self.read_words(|full_text| full_text.suggestions(named, typed, most))
    }

    fn frequencies(&self, stems: &[String], most: usize) -> Result<Vec<Option<usize>>> {
        stems.iter().map(|stem| self.read_words(|full_text| full_text.frequency(stem, most))).collect()
    }

    fn expand(&self, words: &LexicalQuery, expansion: &Expansion) -> Result<LexicalQuery> {
        let added = expansion.added();
        self.read_words(|full_text| full_text.expanded(words, expansion.own, &added))
    }

    fn combine(&self, words: &LexicalQuery, expansion: &Expansion) -> Result<LexicalQuery> {
        expansion.combined(self, words)
    }

    fn range(&self, words: &LexicalQuery) -> WordRange {
        WordRange { bound: words.bound, words: words.count }
    }

    fn best(&self, words: &LexicalQuery, sought: &Sought<'_>, among: &FixedBitSet) -> Result<Vec<(DocId, f32)>> {
        self.read_words(|full_text| full_text.best(words, sought, among))
    }

    fn scores(&self, words: &LexicalQuery, docs: &[DocId]) -> Result<Vec<f32>> {
        self.read_words(|full_text| full_text.scores(words, docs))
    }

    fn vectors(&self, docs: &[DocId]) -> Result<Vec<Option<Cow<'_, [f32]>>>> {
        Ok(docs.iter().map(|doc| self.view.vectors.row(*doc).map(Cow::Borrowed)).collect())
    }

    fn sentences(&self, doc: DocId) -> Result<Sentences> {
        self.view.sentences_at(doc)
    }

    fn papers_at(&self, docs: &[DocId]) -> Result<Vec<Option<Paper>>> {
        docs.iter().map(|doc| self.view.paper_at(*doc)).collect()
    }

    fn paper(&self, id: &PaperId) -> Result<(Paper, DocId)> {
        self.view.paper(id)
    }

    fn list(&self, after: Option<&PaperId>, filter: &Filter, count: usize) -> Result<Vec<Paper>> {
        self.view.list(after, filter, count)
    }

    fn categories(&self, among: &FixedBitSet, most: usize) -> Result<Vec<(String, usize)>> {
        self.count_categories(among, most)
    }

    fn years(&self, among: &FixedBitSet) -> Result<Vec<(u16, usize)>> {
        self.count_years(among)
    }

    fn newest(&self, among: &FixedBitSet, count: usize) -> Result<Vec<DocId>> {
        self.latest(among, count)
    }

    fn spread(&self, count: usize) -> Vec<DocId> {
        let step = self.view.len().div_ceil(count.max(1)).max(1);
        self.view.docs().step_by(step).collect()
    }

    fn sample(&self, count: usize) -> Vec<DocId> {
        sampled(self.view.vectors.rows(), count)
    }

    fn check(&self) -> Result<()> {
        self.view.check()
    }
}
