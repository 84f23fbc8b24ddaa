//! The interface between search and the storage of a collection. An [`Engine`] opens [`Moment`]s, which are read, and
//! has a [`Writer`], which adds and deletes papers.
//!
//! | file | contents |
//! | --- | --- |
//! | `local` | The engine over the local store: a view of the store, and an index that has caught up with it |
//! | `collection`, `opening` | A collection in any engine, chosen when the program runs; opens it |
//! | `address` | Where a collection is: a folder, or a server |
//! | `stored_model` | The model of a collection, and how to find it |
//! | `sampling` | Which rows are sampled |
//! | `expansion` | Terms that are added to a query |
//! | `in_memory` | A minimal engine for tests; the same tests run on both |

use std::borrow::Cow;

use crate::embed::{Embedding, Fingerprint, ModelFolder};
use crate::error::Result;
use crate::full_text::{Abbreviation, Correction, Named, Sought};
use crate::paper::{Paper, PaperId};
use crate::store::{
    Arrival, Became, Change, DocId, Filter, Incoming, Part, Plan, Removed, Sentences, WholePaper, read_held,
};

mod address;
mod collection;
#[cfg(test)]
mod collection_tests;
#[cfg(test)]
mod copy_tests;
#[cfg(test)]
mod duplicate_tests;
mod expansion;
#[cfg(test)]
mod identity_tests;
#[cfg(test)]
pub(crate) mod in_memory;
mod local;
#[cfg(feature = "milvus")]
pub(crate) mod milvus;
mod opening;
mod sampling;
mod stored_model;

pub use address::{Address, ServerAddress, ServerFacts, VectorIndex};
pub use collection::{Collection, CollectionMoment, CollectionSelection, CollectionWords};
pub use expansion::{Expansion, Term, WordRange};
pub use local::{Local, LocalMoment};
#[cfg(feature = "milvus")]
pub use milvus::{Milvus, MilvusMoment};
use sampling::sampled;
pub use stored_model::StoredModel;

/// Storage of a collection.
pub trait Engine: Send + Sync {
    /// The collection as of one commit.
    type Moment<'a>: Moment
    where
        Self: 'a;

    /// The collection as of now. It does not change while others write, for as long as it is held. Do not hold it
    /// during slow work.
    ///
    /// # Errors
    /// When the collection cannot be read.
    fn moment(&self) -> Result<Self::Moment<'_>>;

    /// Adds and deletes papers.
    fn writer(&self) -> &dyn Writer;

    /// Where the collection is, for messages: a folder, or the address of a server without its token.
    fn place(&self) -> String;

    /// The model that made the vectors.
    ///
    /// # Errors
    /// When the collection cannot be read.
    fn stored_model(&self) -> Result<StoredModel>;

    /// What the server says of itself; `None` without a server.
    ///
    /// # Errors
    /// When the server does not answer.
    fn server(&self) -> Result<Option<ServerFacts>> {
        Ok(None)
    }

    /// Checks that the collection can be read at present.
    ///
    /// # Errors
    /// As [`Engine::moment`].
    fn ready(&self) -> Result<()> {
        self.moment().map(drop)
    }

    /// Passes every paper with its vector to `visit`. Without `with_vectors`, vectors may be empty. From a folder, all are as of one
    /// commit; from a server, papers that others add or change meanwhile may be passed or not.
    ///
    /// # Errors
    /// When the collection cannot be read, and the errors of `visit`.
    fn export(&self, with_vectors: bool, visit: &mut dyn FnMut(&Paper, &[f32]) -> Result<()>) -> Result<()>;

    /// Passes all papers with everything that is stored of them to `visit`, a page at a time. Their vectors have the fingerprint
    /// `expected`. Others can write meanwhile: papers that they add or change may be passed or not, and be passed twice.
    ///
    /// # Errors
    /// [`Error::ModelChanged`](crate::Error::ModelChanged), when the collection cannot be read, and the errors of `visit`.
    fn whole_papers(&self, expected: &Fingerprint, visit: &mut dyn FnMut(Vec<WholePaper>) -> Result<()>) -> Result<()>;

    /// Reads from one moment, which is closed before this returns.
    ///
    /// # Errors
    /// As [`Engine::moment`], and those of `read`.
    fn read<T>(&self, read: impl Fn(&Self::Moment<'_>) -> Result<T>) -> Result<T> {
        read_held(|| self.moment(), read, Moment::check)
    }
}

/// Adds and deletes papers. Each call is one atomic commit.
pub trait Writer: Send + Sync {
    /// What writing this would do at present.
    ///
    /// # Errors
    /// When the collection cannot be read.
    fn plan(&self, incoming: &Incoming<'_>) -> Result<Plan>;

    /// The number of records about which [`Writer::expect`] should be told together; 1 if that saves no time.
    fn looks_ahead(&self) -> usize {
        1
    }

    /// Tells which papers are planned next, so that what is stored of them is read at once.
    ///
    /// # Errors
    /// When the collection cannot be read.
    fn expect(&self, _papers: &[&Paper]) -> Result<()> {
        Ok(())
    }

    /// Adds, updates and merges papers whose embeddings have this fingerprint. Returns the effect of each arrival, in order.
    ///
    /// # Errors
    /// When the collection cannot be written, or its vectors have another fingerprint.
    fn write(&self, fingerprint: &Fingerprint, arrivals: &[Arrival<'_>]) -> Result<Vec<Became>>;

    /// As [`Writer::write`], for records.
    ///
    /// # Errors
    /// As [`Writer::write`].
    fn add(&self, fingerprint: &Fingerprint, changes: &[Change]) -> Result<Vec<Became>> {
        self.write(fingerprint, &changes.iter().map(Arrival::from).collect::<Vec<_>>())
    }

    /// The papers that a split of this one would yield: the first keeps its id.
    ///
    /// # Errors
    /// [`Error::NotMerged`](crate::Error::NotMerged), an unknown id, or when the collection cannot be read.
    fn parts(&self, id: &PaperId) -> Result<Vec<Part>>;

    /// Replaces a paper by these parts, each with its embedding.
    ///
    /// # Errors
    /// As [`Writer::parts`], and when the collection cannot be written.
    fn split(&self, fingerprint: &Fingerprint, id: &PaperId, parts: &[(Part, Embedding, Sentences)]) -> Result<()>;

    /// Deletes papers.
    ///
    /// # Errors
    /// When the collection cannot be written.
    fn remove(&self, ids: &[PaperId]) -> Result<Removed>;

    /// Deletes all papers if they are the sample collection.
    ///
    /// # Errors
    /// When the collection cannot be written.
    fn remove_sample(&self) -> Result<()>;

    /// Adds the sample collection: `add` adds it, and returns the number of added papers. [`Writer::remove_sample`] deletes it
    /// later, unless another writer has added or changed a paper meanwhile.
    ///
    /// # Errors
    /// The errors of `add`, and when the collection cannot be written.
    fn as_sample(&self, add: &mut dyn FnMut() -> Result<u64>) -> Result<()>;

    /// Keeps the sample collection: [`Writer::remove_sample`] no longer deletes it.
    ///
    /// # Errors
    /// When the collection cannot be written.
    fn keep_sample(&self) -> Result<()>;

    /// Performs work that can be deferred until many papers are added or deleted. Searches are correct without it, but
    /// slower.
    ///
    /// # Errors
    /// When the result cannot be written.
    fn finish(&self) -> Result<()>;
}

/// A collection as of one commit. A [`DocId`] identifies a paper for as long as the moment is open.
pub trait Moment {
    /// A set of papers to search in.
    type Selection;
    /// The prepared words of a query.
    type Words;

    /// Two moments with the same version contain the same papers.
    fn version(&self) -> [u64; 2];

    /// The fingerprint of the model that made the vectors.
    fn fingerprint(&self) -> &Fingerprint;

    /// The model itself, on this machine.
    ///
    /// # Errors
    /// When it is not on this machine.
    fn model(&self) -> Result<ModelFolder>;

    /// Number of papers.
    fn papers(&self) -> usize;

    /// The papers that pass a filter.
    ///
    /// # Errors
    /// When the collection cannot be read.
    fn select(&self, filter: &Filter) -> Result<Self::Selection>;

    /// Removes papers from a selection.
    fn leave_out(&self, selection: &mut Self::Selection, docs: &[DocId]);

    /// Removes the papers from a selection that are not in another, or with `inside` false, those that are.
    fn restrict(&self, selection: &mut Self::Selection, to: &Self::Selection, inside: bool);

    /// Whether a selection contains a paper.
    fn contains(&self, selection: &Self::Selection, doc: DocId) -> bool;

    /// Number of papers in a selection.
    fn selected(&self, selection: &Self::Selection) -> usize;

    /// The `k` papers of a selection whose vectors are nearest to an embedding, the nearest first.
    ///
    /// # Errors
    /// When the collection cannot be read.
    fn nearest(&self, direction: &Embedding, k: usize, among: &Self::Selection) -> Result<Vec<DocId>>;

    /// Analyses and looks up the words of a query.
    ///
    /// # Errors
    /// When the collection cannot be read.
    fn words(&self, question: &str) -> Result<Self::Words>;

    /// The words that [`Moment::words`] looked up that occur in each paper, each with its share of the score; the largest
    /// first.
    ///
    /// # Errors
    /// When the collection cannot be read.
    fn matched(&self, words: &Self::Words, docs: &[DocId]) -> Result<Vec<Vec<(String, f32)>>>;

    /// Number of different words of a query that were looked up, and of all its words. A long query has more than are
    /// looked up.
    fn looked_up(&self, words: &Self::Words) -> (usize, usize);

    /// A query with corrected words, and these words; `None` if no word is corrected. `is_known` tells whether a word is one
    /// of the language, which is never corrected.
    ///
    /// # Errors
    /// When the collection cannot be read.
    fn corrected(&self, question: &str, is_known: &dyn Fn(&str) -> bool) -> Result<Option<(String, Vec<Correction>)>>;

    /// The abbreviations whose other forms [`Moment::words`] looked up.
    fn abbreviations(&self, words: &Self::Words) -> Vec<Abbreviation>;

    /// The papers with a phrase in title or abstract.
    ///
    /// # Errors
    /// When the collection cannot be read.
    fn with_phrase(&self, phrase: &str) -> Result<Self::Selection>;

    /// The papers with a word, in one of its forms, in title, abstract or names.
    ///
    /// # Errors
    /// When the collection cannot be read.
    fn with_word(&self, word: &str) -> Result<Self::Selection>;

    /// The number of papers with an author of this family name, and of papers with the word in title or abstract.
    ///
    /// # Errors
    /// When the collection cannot be read.
    fn use_as_name(&self, word: &str) -> Result<(usize, usize)>;

    /// The papers with an author of this family name, and whose name has all of some words.
    ///
    /// # Errors
    /// When the collection cannot be read.
    fn by_author(&self, family: &str, words: &[String]) -> Result<Self::Selection>;

    /// The names of authors or venues with words that begin as those typed, each with the number of its papers: the most
    /// frequent first, at most `most`.
    ///
    /// # Errors
    /// When the collection cannot be read.
    fn suggestions(&self, named: Named, typed: &str, most: usize) -> Result<Vec<(String, usize)>>;

    /// The document frequency of each stem (see [`crate::full_text`]); `None` for a frequency above `most`.
    ///
    /// # Errors
    /// When the collection cannot be read.
    fn frequencies(&self, stems: &[String], most: usize) -> Result<Vec<Option<usize>>>;

    /// The words of a query with expansion terms.
    ///
    /// # Errors
    /// When the collection cannot be read.
    fn expand(&self, words: &Self::Words, expansion: &Expansion) -> Result<Self::Words>;

    /// As [`Moment::expand`], but the terms count as words of the query: they are part of [`Moment::range`].
    ///
    /// # Errors
    /// When the collection cannot be read.
    fn combine(&self, words: &Self::Words, expansion: &Expansion) -> Result<Self::Words>;

    /// The upper bound of the scores of these words, and the number of words with a posting.
    fn range(&self, words: &Self::Words) -> WordRange;

    /// The papers of a selection with the highest scores for these words, in any order, with their scores. Each has at
    /// least one of the words.
    ///
    /// # Errors
    /// When the collection cannot be read.
    fn best(&self, words: &Self::Words, sought: &Sought<'_>, among: &Self::Selection) -> Result<Vec<(DocId, f32)>>;

    /// The BM25F score of each paper for these words; 0 for a paper without any of them.
    ///
    /// # Errors
    /// When the collection cannot be read.
    fn scores(&self, words: &Self::Words, docs: &[DocId]) -> Result<Vec<f32>>;

    /// The vectors of papers; `None` for a damaged one.
    ///
    /// # Errors
    /// When the collection cannot be read.
    fn vectors(&self, docs: &[DocId]) -> Result<Vec<Option<Cow<'_, [f32]>>>>;

    /// The stored sentence embeddings of a paper; empty if there are none.
    ///
    /// # Errors
    /// When the collection cannot be read.
    fn sentences(&self, doc: DocId) -> Result<Sentences>;

    /// The papers at these rows; `None` for a damaged one.
    ///
    /// # Errors
    /// When the collection cannot be read.
    fn papers_at(&self, docs: &[DocId]) -> Result<Vec<Option<Paper>>>;

    /// The paper with an id.
    ///
    /// # Errors
    /// [`Error::UnknownPaper`](crate::Error::UnknownPaper), or when the collection cannot be read.
    fn paper(&self, id: &PaperId) -> Result<(Paper, DocId)>;

    /// The first `count` papers that pass a filter and whose ids are greater than `after` in byte order.
    ///
    /// # Errors
    /// When the collection cannot be read.
    fn list(&self, after: Option<&PaperId>, filter: &Filter, count: usize) -> Result<Vec<Paper>>;

    /// The number of papers of a selection in each category: the `most` frequent, in descending order, ties by name.
    ///
    /// # Errors
    /// When the collection cannot be read.
    fn categories(&self, among: &Self::Selection, most: usize) -> Result<Vec<(String, usize)>>;

    /// The number of papers of a selection in each year, in ascending order of years.
    ///
    /// # Errors
    /// When the collection cannot be read.
    fn years(&self, among: &Self::Selection) -> Result<Vec<(u16, usize)>>;

    /// The papers of a selection with the latest dates of publication, at most `count`, the latest first. Of equal dates,
    /// the paper added last comes first. Papers without a date come last.
    ///
    /// # Errors
    /// When the collection cannot be read.
    fn newest(&self, among: &Self::Selection, count: usize) -> Result<Vec<DocId>>;

    /// At most `count` papers, evenly spread over the collection.
    fn spread(&self, count: usize) -> Vec<DocId>;

    /// A sample of at most `count` rows with vectors, evenly spread. Once there are more rows than `count`, it stays the
    /// same until their number has doubled. So rows of deleted papers may be in it.
    fn sample(&self, count: usize) -> Vec<DocId>;

    /// Checks that everything was read from this moment, for engines that can detect a violation only afterwards.
    ///
    /// # Errors
    /// [`Error::StoreOverwritten`](crate::Error::StoreOverwritten).
    fn check(&self) -> Result<()> {
        Ok(())
    }
}
