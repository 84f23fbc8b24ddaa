//! What is in the collection, durably?
//!
//! Papers lie in SQLite, their vectors in a file of plain rows; one row of SQLite says how many vector rows count, and
//! that row is the only commit point. Adding appends and syncs vectors first, then commits the transaction that makes
//! them visible; what lies behind the committed count after a crash belongs to nobody and is overwritten.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::durable;
use fixedbitset::FixedBitSet;

use crate::embed::{Embedding, Fingerprint};
use crate::error::{Error, Result};
use crate::paper::{Paper, PaperId};
use refusal::{database, refused};

pub use compact::Compacted;
pub use criteria::Criteria;
pub use filter::Filter;
pub(crate) use filter::folded;
pub use generation::Generation;
pub use labels::Labels;
pub use sentences::Sentences;
pub(crate) use snapshot::MOST_ATTEMPTS;
pub use snapshot::Snapshot;
pub use succession::Switch;
pub use successor::{Missing, Successor, Unfinished};
pub use tuning::Tuning;
pub use vectors::Vectors;

mod check;
mod commit;
mod compact;
mod copy;
mod criteria;
mod export;
mod filter;
mod generation;
mod labels;
mod listing;
mod lock;
mod meta;
mod papers;
mod record;
mod refusal;
mod schema;
mod sentences;
mod snapshot;
mod succession;
mod successor;
mod tuning;
mod vectors;

/// The place of a paper's vector: dense, internal, never shown to users.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DocId(pub u32);

impl DocId {
    /// As an index of rows.
    #[must_use]
    pub fn row(self) -> usize {
        self.0 as usize
    }
}

/// What adding a paper would do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// No paper has this id.
    New,
    /// The stored paper has another title or abstract: it must be embedded again.
    TextDiffers,
    /// Something else about the stored paper differs.
    DetailsDiffer,
    Unchanged,
}

impl State {
    /// Whether the paper needs a vector before it can be committed.
    #[must_use]
    pub fn needs_vector(self) -> bool {
        matches!(self, Self::New | Self::TextDiffers)
    }
}

/// A paper to be committed, with its vector where it needs one.
#[derive(Debug, Clone)]
pub struct Change {
    pub paper: Paper,
    pub embedding: Option<Embedding>,
    /// Of its abstract; kept with a new vector only.
    pub sentences: Sentences,
}

impl Change {
    /// A change of which no sentences are kept.
    #[must_use]
    pub fn new(paper: Paper, embedding: Option<Embedding>) -> Self {
        Self { paper, embedding, sentences: Sentences::default() }
    }
}

/// What a commit made of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Became {
    Added,
    Updated,
    /// The store had the paper as it is.
    Unchanged,
    /// Nothing, because it lacked a vector that it turned out to need: another writer removed or changed the paper since it was
    /// looked at.
    LeftOut,
}

/// What a removal did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Removed {
    pub papers: u64,
    /// Ids that no paper had.
    pub unknown: Vec<PaperId>,
}

/// A collection of papers in a folder. Many processes may read it, one at a time writes.
pub struct Store {
    dir: PathBuf,
    papers: Mutex<papers::Papers>,
}

impl Store {
    /// Opens a store for reading and, where the folder allows it, for writing. One of an older format is brought to the
    /// current one, or only read as if it were where it may not be written.
    ///
    /// # Errors
    /// [`Error::NoStore`], [`Error::StoreVersion`], or what is damaged.
    pub fn open(dir: &Path) -> Result<Self> {
        let papers = open_papers(dir)?;
        Ok(Self { dir: dir.to_owned(), papers: Mutex::new(papers) })
    }

    /// Opens a store for papers embedded with this fingerprint, and makes it if there is none.
    ///
    /// `model_path` is where a model without a manifest lies, so that later commands find it again.
    ///
    /// # Errors
    /// As [`Store::open`]; [`Error::FingerprintDiffers`] when it holds vectors of another kind.
    pub fn open_or_create(dir: &Path, fingerprint: &Fingerprint, model_path: Option<&Path>) -> Result<Self> {
        if !meta::exists(dir) {
            durable::create_folder(dir).map_err(|error| refused(dir, error))?;
            let _lock = lock::Lock::acquire(dir)?;
            // Whoever was first may have finished while we waited; an interrupted creation is finished here.
            if !meta::exists(dir) {
                let generation = Generation::first(fingerprint.clone(), model_path);
                vectors::create(dir, &generation.file)?;
                papers::Papers::create(dir, &generation)?;
                meta::write(dir)?;
            }
        }
        let store = Self::open(dir)?;
        store.check_fingerprint(fingerprint)?;
        Ok(store)
    }

    /// Makes sure that vectors of this fingerprint can be compared with the stored ones.
    ///
    /// # Errors
    /// [`Error::FingerprintDiffers`].
    pub fn check_fingerprint(&self, given: &Fingerprint) -> Result<()> {
        self.generation()?.fingerprint.check(given, &self.dir)
    }

    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The format in which the store lies there: an older one only where it may not be written.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn format(&self) -> Result<u64> {
        meta::format(&self.dir)
    }

    fn papers(&self) -> MutexGuard<'_, papers::Papers> {
        // A panic while reading leaves no state behind that the next reader could see: SQLite rolls back.
        let mut papers = self.papers.lock().unwrap_or_else(PoisonError::into_inner);
        // Where it cannot be opened now, in the middle of what another process does, the next one tries again.
        if papers.is_outdated()
            && let Ok(again) = open_papers(&self.dir)
        {
            papers.go_on_with(again);
        }
        papers
    }

    /// The current generation of vectors.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn generation(&self) -> Result<Generation> {
        self.papers().generation()
    }

    /// Number of papers.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn count(&self) -> Result<u64> {
        self.papers().count()
    }

    /// A number that changes when anybody commits; cheap enough to ask before every search.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn version(&self) -> Result<u64> {
        self.papers().version()
    }

    /// The paper with this id, and its row.
    ///
    /// # Errors
    /// [`Error::UnknownPaper`].
    pub fn paper(&self, id: &PaperId) -> Result<(Paper, DocId)> {
        self.papers().by_id(id)?.ok_or_else(|| Error::UnknownPaper { id: id.to_string() })
    }

    /// The paper that a row of a generation belongs to, if it still does and the generation is still the current one:
    /// in another, rows mean other papers.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn paper_at(&self, generation: u64, doc: DocId) -> Result<Option<Paper>> {
        self.papers().by_row(generation, doc)
    }

    /// What is kept of the sentences of the paper that a row of a generation belongs to; nothing if it no longer does.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn sentences_at(&self, generation: u64, doc: DocId) -> Result<Sentences> {
        self.papers().sentences_of(generation, doc)
    }

    /// Hands out every paper that a later commit than `commits` wrote, with its row, in the order of commits; after 0 come
    /// all. The generation as of the same moment tells how many commits are covered then. `None`, and nothing handed
    /// out, when another generation than `generation` is current by now.
    ///
    /// Papers that were removed since are not told; their rows are not in [`Snapshot::live`]. Searches go on meanwhile.
    ///
    /// # Errors
    /// When the database cannot be read, and those of `visit`.
    pub fn changed_since(
        &self,
        generation: u64,
        commits: u64,
        visit: impl FnMut(DocId, Paper) -> Result<()>,
    ) -> Result<Option<Generation>> {
        open_papers(&self.dir)?.changed_since(generation, commits, visit)
    }

    /// The rows of the papers of a snapshot that pass a filter; `None` when somebody has committed since it was taken.
    /// Searches go on meanwhile.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn matching(&self, snapshot: &Snapshot, filter: &Filter) -> Result<Option<FixedBitSet>> {
        open_papers(&self.dir)?.matching(snapshot.generation.commits, filter)
    }

    /// What adding this paper would do now.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn state_of(&self, paper: &Paper) -> Result<State> {
        self.papers().state_of(paper)
    }

    /// Size of all files of the store.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn bytes(&self) -> Result<u64> {
        bytes_in(&self.dir)
    }
}

/// Connects to the papers; those of an older format are upgraded at the first opening that may write. The format version
/// is raised last: whoever finds the old one, after a crash or beside another process, makes sure that all is done.
fn open_papers(dir: &Path) -> Result<papers::Papers> {
    let format = meta::format(dir)?;
    let mut papers = papers::Papers::open(dir)?;
    if format == meta::FORMAT {
        return Ok(papers);
    }
    if papers.is_read_only()? {
        papers.view_as_current()?;
    } else {
        let _lock = lock::Lock::acquire(dir)?;
        papers.upgrade()?;
        meta::write(dir)?;
    }
    Ok(papers)
}

fn bytes_in(dir: &Path) -> Result<u64> {
    let mut sum = 0;
    for entry in fs_err::read_dir(dir)? {
        let entry = entry?;
        match entry.metadata() {
            Ok(metadata) if metadata.is_dir() => sum += bytes_in(&entry.path())?,
            Ok(metadata) => sum += metadata.len(),
            // Somebody replaces or takes away a file just now.
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(sum)
}

/// Counts in this program are far below 2^63.
fn to_i64(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// The name of the file in which the format version stands; a folder with it is a store.
pub(crate) const META_FILE: &str = "meta.json";
