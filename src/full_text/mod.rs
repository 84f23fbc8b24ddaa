//! Lexical search: a full-text index on disk (by tantivy) and in memory, scored with BM25F.
//!
//! The full-text index is a cache in `lexical.<generation>/`. Papers that were committed after it was written are indexed in
//! memory, so results are complete whatever state the folder is in.

use fixedbitset::FixedBitSet;
use tantivy::TantivyError;

use crate::error::{Error, Result};
#[cfg(test)]
use crate::paper::Paper;
use crate::store::{Snapshot, Store, View};
use bm25::FieldFactors;
pub(crate) use bm25::{most, rarity};
use counted::Counted;
#[cfg(feature = "milvus")]
pub(crate) use dictionary::whole_words;
#[cfg(any(test, feature = "milvus"))]
pub(crate) use dictionary::{Dictionary, PaperTerms};
use folder::Folder;
pub use folder::{LostCommits, build_for, is_outdated, lost_commits, rebuild, renew, renew_if_behind, rows};
pub(crate) use lexical_query::Added;
pub use lexical_query::{LexicalQuery, Sought};
pub use names::Named;
pub(crate) use names::is_initial;
#[cfg(any(test, feature = "milvus"))]
pub(crate) use names::is_named;
use part::Part;
pub(crate) use phrases::contains;
#[cfg(test)]
pub(crate) use phrases::words_of;
pub use query_words::Abbreviation;
#[cfg(test)]
pub(crate) use query_words::{QueryWord, QueryWords};
use recent::Recent;
use remembered::WordCache;
pub(crate) use share::Share;
#[cfg(feature = "milvus")]
pub(crate) use sparse::{Scored, TermCounts, WordForm};
pub use spelling::Correction;
use words::Fields;
pub(crate) use words::{Placed, Stems, composed_text, placed};
use written::Covers;
#[cfg(test)]
pub(crate) use {
    bm25::{B, K1},
    words::{ABSTRACT, AUTHORS, TITLE, Word, words},
};

mod bm25;
mod checked;
mod columns;
#[cfg(test)]
mod columns_tests;
mod counted;
mod definitions;
#[cfg_attr(not(feature = "milvus"), allow(dead_code, reason = "the words of papers that are on a server"))]
mod dictionary;
mod facets;
mod folder;
mod geometric;
mod known;
mod leaf;
mod lexical_query;
mod look_up;
mod max_score;
#[cfg(test)]
mod max_score_tests;
mod names;
#[cfg(test)]
mod older_scheme_tests;
mod part;
mod phrases;
mod postings;
mod query_words;
mod questions;
mod recent;
mod remembered;
mod segment;
mod share;
#[cfg_attr(not(feature = "milvus"), allow(dead_code, reason = "as for `dictionary`"))]
mod sparse;
mod spelling;
mod suggest;
mod words;
mod written;

/// Maximum number of papers that are indexed in memory, which takes some tens of milliseconds. If the folder lacks more, it is
/// written.
const MOST_IN_MEMORY: usize = 1_000;

/// The full-text index of a snapshot.
///
/// ```
/// # use std::path::Path;
/// # use paperkin::{corpus::sample, embed::{Embedder, ModelFolder}, ingest::{Ingest, open_store}, progress::Silent};
/// # let folder = tempfile::tempdir()?;
/// # let model = ModelFolder::open(Path::new("tests/data/models/static"))?;
/// # let embedder = Embedder::load(&model, 1)?;
/// # let store = open_store(folder.path(), &model)?;
/// # let mut ingest = Ingest::new(&store, &embedder, &Silent);
/// # ingest.add(sample::papers())?;
/// # ingest.finish()?;
/// use paperkin::full_text::{self, FullText, Sought};
/// full_text::renew(&store)?;
/// let view = store.view()?;
/// let full_text = FullText::open(&view)?;
/// let query = full_text.query("attention").unwrap();
/// let (best, _) = full_text.best(&query, &Sought::best(1), view.snapshot().live()).unwrap()[0];
/// assert!(view.paper_at(best)?.unwrap().text().to_lowercase().contains("attention"));
/// # Ok::<(), paperkin::Error>(())
/// ```
#[derive(Debug)]
pub struct FullText {
    fields: Fields,
    /// The index in the folder, if it is usable, and then the parts in memory, the oldest first.
    parts: Vec<Counted>,
    generation: u64,
    commits: u64,
    /// Number of rows of the snapshot, deleted ones included.
    rows: usize,
    papers: usize,
    factors: Box<FieldFactors>,
    cache: WordCache,
}

impl FullText {
    /// Opens the full-text index for the papers of a view.
    ///
    /// # Errors
    /// When the store cannot be read. If the index on disk is damaged, the papers are indexed in memory instead.
    pub fn open(view: &View<'_>) -> Result<Self> {
        let opened = Self::of_folder(view, Folder::open(view.store().dir(), view.generation.number));
        match opened.caught_up(view, MOST_IN_MEMORY)?.filter(Self::is_complete) {
            Some(whole) => Ok(whole),
            None => opened.renewed(view),
        }
    }

    /// The index of a later view of the same generation. Papers that this index contains are not indexed again.
    ///
    /// # Errors
    /// As [`FullText::open`].
    pub fn at(&self, view: &View<'_>) -> Result<Self> {
        match self.caught_up(view, MOST_IN_MEMORY)?.filter(Self::is_complete) {
            Some(next) => Ok(next),
            None => self.renewed(view),
        }
    }

    /// Whether [`FullText::at`] can make the index of this snapshot from this one: same generation, not earlier.
    #[must_use]
    pub(crate) fn leads_to(&self, snapshot: &Snapshot) -> bool {
        self.generation == snapshot.generation.number && self.commits <= snapshot.generation.commits
    }

    /// As [`FullText::open`], but ignores the folder and indexes all papers in memory.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn open_in_memory(view: &View<'_>) -> Result<Self> {
        let empty = Self::of_folder(view, Folder::default());
        Ok(empty.caught_up(view, usize::MAX)?.unwrap_or(empty))
    }

    /// The index of some papers in memory, in the order of their rows.
    #[cfg(test)]
    pub(crate) fn of_papers<'p>(papers: impl Iterator<Item = &'p Paper>) -> Self {
        let fields = Fields::new();
        let recent = Recent::of(papers, &fields);
        let rows = recent.documents();
        let mut live = FixedBitSet::with_capacity(rows);
        live.insert_range(..);
        let parts = vec![Counted::new(Part::Recent(recent), &live, &fields).unwrap()];
        let factors = Box::new(FieldFactors::new(mean_lengths(&parts, rows)));
        let cache = WordCache::default();
        Self { fields, parts, generation: 0, commits: 0, rows, papers: rows, factors, cache }
    }

    /// The words of a query with their other forms.
    #[cfg(test)]
    pub(crate) fn read_query(&self, question: &str) -> QueryWords {
        self.query_words(question).unwrap()
    }

    /// Writes the folder's index up to the view and opens it. If another process is writing it, or the folder is read-only, all
    /// papers that the folder lacks are indexed in memory, whatever their number.
    fn renewed(&self, view: &View<'_>) -> Result<Self> {
        let folder = folder::renew_to(view).unwrap_or_default();
        for before in [&Self::of_folder(view, folder), self] {
            if before.generation == view.generation.number
                && !before.parts.is_empty()
                && let Some(whole) = before.caught_up(view, usize::MAX)?.filter(Self::is_complete)
            {
                return Ok(whole);
            }
        }
        // The folder's index lacks papers that it claims to contain.
        Self::open_in_memory(view)
    }

    /// The index of the folder, restricted to the papers of a view.
    fn of_folder(view: &View<'_>, folder: Folder) -> Self {
        let fields = Fields::new();
        let Covers { generation, commits, .. } = Covers::new(&view.generation);
        let usable = |covers: Covers| covers.generation == generation && covers.commits <= commits;
        let written = folder.written.filter(|written| usable(written.covers));
        let commits = written.as_ref().map_or(0, |written| written.covers.commits);
        let counted = written.map(|written| Counted::new(Part::Written(written), view.live(), &fields));
        let (parts, commits) = match counted {
            Some(Ok(counted)) => (vec![counted], commits),
            Some(Err(_)) | None => (Vec::new(), 0),
        };
        Self {
            fields,
            generation,
            commits,
            parts,
            rows: view.vectors.rows(),
            papers: view.len(),
            factors: Box::new(FieldFactors::new([1.0; 3])),
            cache: WordCache::default(),
        }
    }

    /// Adds the papers that were committed since, in memory; `None` if more than `most` papers would be in memory then.
    fn caught_up(&self, view: &View<'_>, most: usize) -> Result<Option<Self>> {
        let full_text_error = |source| full_text_error(view.store(), source);
        let mut parts = self.parts.clone();
        let new = view.count_since(self.commits)?;
        let others = parts.iter().filter(|part| part.is_in_memory()).map(Counted::documents);
        if others.sum::<usize>() + new > most {
            return Ok(None);
        }
        let newest = if new > 0 { Some(Part::Recent(Recent::read(view, self.commits, &self.fields)?)) } else { None };
        let written = newest.as_ref().map(Part::rows).unwrap_or_default();
        for part in &mut parts {
            part.narrow(view.live(), &written, &self.fields).map_err(full_text_error)?;
        }
        if let Some(newest) = newest {
            parts.push(Counted::new(newest, view.live(), &self.fields).map_err(full_text_error)?);
        }
        merge(&mut parts);
        let factors = Box::new(FieldFactors::new(mean_lengths(&parts, view.len())));
        for part in &mut parts {
            part.known.rescale(factors.change_since(&self.factors));
        }
        Ok(Some(Self {
            fields: self.fields.clone(),
            parts,
            generation: self.generation,
            commits: view.generation.commits,
            rows: view.vectors.rows(),
            papers: view.len(),
            factors,
            cache: WordCache::default(),
        }))
    }

    fn is_complete(&self) -> bool {
        self.parts.iter().map(|part| part.rows.count_ones(..)).sum::<usize>() == self.papers
    }

    /// Whether a part of the index was written by an older version, so that it should be built anew.
    #[must_use]
    pub(crate) fn is_outdated(&self) -> bool {
        self.parts.iter().any(|part| part.part.is_outdated())
    }

    /// The rows of the indexed papers, which are all papers.
    #[must_use]
    pub fn known(&self) -> FixedBitSet {
        self.parts.iter().flat_map(|part| part.rows.ones()).collect()
    }

    /// Number of papers that are indexed in the folder; the others are indexed in memory.
    #[must_use]
    pub fn in_folder(&self) -> usize {
        self.parts.iter().filter(|part| !part.is_in_memory()).map(|part| part.rows.count_ones(..)).sum()
    }
}

/// Merges parts in memory of similar size, so that the number of parts grows with the logarithm of the number of documents.
fn merge(parts: &mut Vec<Counted>) {
    while let [.., before, last] = parts.as_slice()
        && before.documents() <= last.documents()
        && let Some(merged) = Counted::merged(before, last)
    {
        parts.truncate(parts.len() - 2);
        parts.push(merged);
    }
}

/// The mean number of words in a title, in an abstract and in the names of the authors.
fn mean_lengths(parts: &[Counted], papers: usize) -> [f32; 3] {
    #[allow(clippy::cast_precision_loss)] // a mean of words
    let mean = |field: usize| {
        let sum: u64 = parts.iter().map(|part| part.lengths[field]).sum();
        sum.max(1) as f32 / papers.max(1) as f32
    };
    std::array::from_fn(mean)
}

fn full_text_error(store: &Store, source: TantivyError) -> Error {
    Error::FullText { dir: store.dir().to_owned(), source: Box::new(source) }
}
