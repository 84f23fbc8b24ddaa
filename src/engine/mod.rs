//! What does search need from whatever keeps a collection? The seam between the two: an [`Engine`] gives [`Moment`]s, which are
//! read, and takes papers, as a [`Writer`].
//!
//! | file | what it answers |
//! | --- | --- |
//! | `local` | How does the store on this machine do that? By a view of the store and an index that has caught up with it |
//! | `in_memory` | How does the simplest engine do that? For tests, which run the same functions on both |

use std::borrow::Cow;

use crate::embed::{Embedding, Fingerprint, ModelFolder};
use crate::error::Result;
use crate::paper::{Paper, PaperId};
use crate::store::{Became, Change, DocId, Filter, Removed, Sentences, State, read_held};

#[cfg(test)]
pub(crate) mod in_memory;
mod local;

pub use local::{Local, LocalMoment};

/// What keeps a collection.
pub trait Engine: Send + Sync {
    /// The collection as of one commit.
    type Moment<'a>: Moment
    where
        Self: 'a;

    /// The collection as it is now. It stays so while others write, for as long as it is held; what takes long should not hold it.
    ///
    /// # Errors
    /// When the collection cannot be read.
    fn moment(&self) -> Result<Self::Moment<'_>>;

    /// What takes papers.
    fn writer(&self) -> &dyn Writer;

    /// Reads something from one moment, which is let go before this returns.
    ///
    /// # Errors
    /// As [`Engine::moment`], and those of `read`.
    fn read<T>(&self, read: impl Fn(&Self::Moment<'_>) -> Result<T>) -> Result<T> {
        read_held(|| self.moment(), read, Moment::check)
    }
}

/// What takes papers. Each call is one commit: all of it or nothing is there afterwards, whatever happens.
pub trait Writer: Send + Sync {
    /// What adding this paper would do now.
    ///
    /// # Errors
    /// When the collection cannot be read.
    fn state_of(&self, paper: &Paper) -> Result<State>;

    /// Adds and changes papers, whose vectors are of this fingerprint. What became of each, in their order.
    ///
    /// # Errors
    /// When the collection cannot be written, or has vectors of another fingerprint.
    fn add(&self, fingerprint: &Fingerprint, changes: &[Change]) -> Result<Vec<Became>>;

    /// Removes papers.
    ///
    /// # Errors
    /// When the collection cannot be written.
    fn remove(&self, ids: &[PaperId]) -> Result<Removed>;

    /// Removes the papers if they are the sample, which is there for want of others.
    ///
    /// # Errors
    /// When the collection cannot be written.
    fn remove_sample(&self) -> Result<()>;

    /// Does what may be put off until many papers were added or removed; searches make up for what was not done yet.
    ///
    /// # Errors
    /// When that cannot be written.
    fn finish(&self) -> Result<()>;
}

/// A collection as of one commit. A [`DocId`] stands for a paper for as long as the moment lasts.
pub trait Moment {
    /// Papers among which is searched.
    type Selection;
    /// How well papers answer the words of a question.
    type Words;

    /// Two moments of the same version hold the same papers.
    fn version(&self) -> [u64; 2];

    /// By which model the vectors were made.
    fn fingerprint(&self) -> &Fingerprint;

    /// That model, on this machine.
    ///
    /// # Errors
    /// When it is not here.
    fn model(&self) -> Result<ModelFolder>;

    /// Number of papers.
    fn papers(&self) -> usize;

    /// The papers that pass a filter.
    ///
    /// # Errors
    /// When the collection cannot be read.
    fn select(&self, filter: &Filter) -> Result<Self::Selection>;

    /// Takes papers out of a selection.
    fn leave_out(&self, selection: &mut Self::Selection, docs: &[DocId]);

    /// Number of papers in a selection.
    fn selected(&self, selection: &Self::Selection) -> usize;

    /// The `k` papers of a selection whose vectors are nearest to a direction, the nearest first.
    ///
    /// # Errors
    /// When the collection cannot be read.
    fn nearest(&self, direction: &Embedding, k: usize, among: &Self::Selection) -> Result<Vec<DocId>>;

    /// Looks up the words of a question.
    ///
    /// # Errors
    /// When the collection cannot be read.
    fn words(&self, question: &str) -> Result<Self::Words>;

    /// How many papers have each of some stems (see [`crate::full_text`]); none where they are more than `most`.
    ///
    /// # Errors
    /// When the collection cannot be read.
    fn frequencies(&self, stems: &[String], most: usize) -> Result<Vec<Option<usize>>>;

    /// The words of a question with others beside them.
    ///
    /// # Errors
    /// When the collection cannot be read.
    fn expand(&self, words: &Self::Words, expansion: &Expansion) -> Result<Self::Words>;

    /// What words can come to at most, and how many of them some paper has.
    fn range(&self, words: &Self::Words) -> WordRange;

    /// The `k` papers of a selection that answer some words best, in any order; only papers with one of the words.
    ///
    /// # Errors
    /// When the collection cannot be read.
    fn best(&self, words: &Self::Words, k: usize, among: &Self::Selection) -> Result<Vec<DocId>>;

    /// How well each of some papers answers some words: its BM25F score, 0 without any of them.
    ///
    /// # Errors
    /// When the collection cannot be read.
    fn scores(&self, words: &Self::Words, docs: &[DocId]) -> Result<Vec<f32>>;

    /// The vectors of papers; none for one that has been damaged.
    ///
    /// # Errors
    /// When the collection cannot be read.
    fn vectors(&self, docs: &[DocId]) -> Result<Vec<Option<Cow<'_, [f32]>>>>;

    /// What is kept of the sentences of a paper; nothing where there is none.
    ///
    /// # Errors
    /// When the collection cannot be read.
    fn sentences(&self, doc: DocId) -> Result<Sentences>;

    /// The papers themselves; none for one that has been damaged.
    ///
    /// # Errors
    /// When the collection cannot be read.
    fn papers_at(&self, docs: &[DocId]) -> Result<Vec<Option<Paper>>>;

    /// The paper with an id.
    ///
    /// # Errors
    /// [`Error::UnknownPaper`](crate::Error::UnknownPaper), or when the collection cannot be read.
    fn paper(&self, id: &PaperId) -> Result<(Paper, DocId)>;

    /// The first `count` papers that pass a filter and whose ids come after `after` in the order of bytes.
    ///
    /// # Errors
    /// When the collection cannot be read.
    fn list(&self, after: Option<&PaperId>, filter: &Filter, count: usize) -> Result<Vec<Paper>>;

    /// How many papers of a selection have each category: the `most` frequent, the most frequent first, those of one number by name.
    ///
    /// # Errors
    /// When the collection cannot be read.
    fn categories(&self, among: &Self::Selection, most: usize) -> Result<Vec<(String, usize)>>;

    /// How many papers of a selection are of each year, the first year first.
    ///
    /// # Errors
    /// When the collection cannot be read.
    fn years(&self, among: &Self::Selection) -> Result<Vec<(u16, usize)>>;

    /// At most `count` papers with the latest dates of publication, the latest first; of equal dates, the paper added last. Papers
    /// without a date come last.
    ///
    /// # Errors
    /// When the collection cannot be read.
    fn newest(&self, count: usize) -> Result<Vec<DocId>>;

    /// At most `count` papers, evenly spread over the collection.
    fn spread(&self, count: usize) -> Vec<DocId>;

    /// Whether all that was read is of this moment, where an engine can tell so only afterwards.
    ///
    /// # Errors
    /// [`Error::StoreOverwritten`](crate::Error::StoreOverwritten).
    fn check(&self) -> Result<()> {
        Ok(())
    }
}

/// Words that are added to a question. A paper's score becomes `own` times what it was, plus `scale` times the sum of the scores of
/// these words, each times its weight.
#[derive(Debug, Clone, PartialEq)]
pub struct Expansion {
    /// Stems with their weights.
    pub terms: Vec<(String, f32)>,
    /// What is left of the question's own score.
    pub own: f32,
    /// What the added words count for together.
    pub scale: f32,
}

/// Between what the scores of some words lie.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct WordRange {
    /// More than any paper could have.
    pub bound: f32,
    /// How many of the words some paper has.
    pub words: usize,
}
