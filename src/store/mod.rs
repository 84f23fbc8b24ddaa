//! The store: a durable collection of papers and their embeddings in one folder.
//!
//! Papers are rows of a SQLite database; their embeddings are rows of a plain file. One row of SQLite counts the
//! committed rows of that file, and it is the only commit point. Adding papers appends and syncs their embeddings
//! first, then commits the transaction that makes them visible. After a crash, bytes behind the committed count are
//! ignored and overwritten.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use crate::durable;
use crate::embed::{Embedding, Fingerprint};
use crate::error::Result;
use crate::folder_size::folder_size;
use crate::paper::{Paper, PaperId};
use pool::{Borrowed, Pool};
use refusal::{database, refused};

pub use arrival::{Arrival, Incoming, WholePaper};
pub use compact::Compacted;
pub use copy::delete_unfinished;
pub use criteria::Criteria;
pub use filter::Filter;
pub(crate) use filter::{folded, is_name_of, words_of_name};
pub use generation::Generation;
pub(crate) use generation::OWN_MODELS;
pub(crate) use labels::Labels;
pub(crate) use lock::try_lock;
pub use plan::{Contribution, Plan};
#[cfg(any(test, feature = "milvus"))]
pub(crate) use plan::{Known, Stored};
pub use sentences::Sentences;
pub use snapshot::Snapshot;
pub use split::Part;
#[cfg(any(test, feature = "milvus"))]
pub(crate) use split::parts;
pub(crate) use succession::Switch;
pub use successor::Unfinished;
pub(crate) use successor::{FOLDER, Missing, STUDENT_FOLDER, Successor};
pub use tuning::Tuning;
pub use vectors::Vectors;
pub use view::View;
pub(crate) use view::read_held;

mod archive;
mod arrival;
mod check;
mod commit;
mod compact;
mod copy;
mod criteria;
mod export;
mod filter;
mod generation;
mod identity;
mod labels;
mod lock;
mod meta;
mod packed_text;
mod packing;
mod papers;
mod plan;
mod plan_copy;
mod pool;
mod record;
mod refusal;
mod renewal;
mod schema;
mod sentences;
mod snapshot;
mod split;
mod succession;
mod successor;
mod tuning;
mod vectors;
mod view;
mod whole;

/// The row of a paper's embedding: a dense internal number, never shown to users.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DocId(pub u32);

impl DocId {
    /// The row as an index.
    #[must_use]
    pub fn row(self) -> usize {
        self.0 as usize
    }
}

/// What adding a paper would do to the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// No stored paper is this one.
    New,
    /// The title or the abstract changes, so the paper must be embedded again.
    TextDiffers,
    /// Metadata other than title and abstract changes.
    DetailsDiffer,
    /// Nothing changes.
    Unchanged,
}

impl State {
    /// Whether the paper needs an embedding before it can be committed.
    #[must_use]
    pub fn needs_vector(self) -> bool {
        matches!(self, Self::New | Self::TextDiffers)
    }
}

/// A record to commit, with the embedding of its paper if it needs one.
#[derive(Debug, Clone)]
pub struct Change {
    /// The record.
    pub contribution: Contribution,
    /// The paper with the embedded text: the record merged with what was stored when it was planned.
    pub paper: Paper,
    /// Its embedding, if it needs one.
    pub embedding: Option<Embedding>,
    /// The embeddings of the sentences of its abstract; stored only together with a new embedding.
    pub sentences: Sentences,
}

impl Change {
    /// A change without sentence embeddings, by the paper's id alone.
    #[must_use]
    pub fn new(paper: Paper, embedding: Option<Embedding>) -> Self {
        let contribution = Contribution { by_id_alone: true, ..paper.clone().into() };
        Self { contribution, paper, embedding, sentences: Sentences::default() }
    }
}

/// The effect of a change on the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Became {
    /// The paper was new.
    Added,
    /// The paper changed.
    Updated,
    /// The record joined papers that were stored separately.
    Merged,
    /// The stored paper was already identical.
    Unchanged,
    /// Nothing was stored: the paper needed an embedding, and the change had none. Another writer deleted or changed
    /// the stored paper after its state was read.
    LeftOut,
    /// Nothing was stored: a server does not take a paper of this size.
    TooLarge,
}

impl Became {
    /// Whether something was stored.
    #[must_use]
    pub fn is_written(self) -> bool {
        matches!(self, Self::Added | Self::Updated | Self::Merged)
    }
}

/// The result of a deletion.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Removed {
    /// Number of papers that were deleted.
    pub papers: u64,
    /// Ids that no stored paper has.
    pub unknown: Vec<PaperId>,
}

/// A collection of papers in a folder. Several processes can read it at once; one at a time can write.
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
/// use paperkin::store::Store;
/// let store = Store::open(folder.path())?;
/// let before = store.count()?;
/// let removed = store.remove(&["1706.03762".parse()?, "2001.00001".parse()?])?;
/// assert_eq!((removed.papers, removed.unknown.len()), (1, 1));
/// assert_eq!(store.count()?, before - 1);
/// # Ok::<(), paperkin::Error>(())
/// ```
pub struct Store {
    dir: PathBuf,
    pool: Pool,
    /// Snapshot of the newest commit that a view of this process has seen.
    newest: Mutex<Option<Arc<Snapshot>>>,
}

impl Store {
    /// Opens a store for reading and, if the folder is writable, for writing. A store of an older format is upgraded;
    /// if it is read-only, it is read without an upgrade.
    ///
    /// # Errors
    /// [`Error::NoStore`](crate::Error::NoStore), [`Error::StoreVersion`](crate::Error::StoreVersion), or the first
    /// damaged part.
    pub fn open(dir: &Path) -> Result<Self> {
        Ok(Self { dir: dir.to_owned(), pool: Pool::open(dir)?, newest: Mutex::default() })
    }

    /// Whether a folder is a store.
    #[must_use]
    pub fn is_store(dir: &Path) -> bool {
        meta::exists(dir)
    }

    /// Opens a store for papers embedded with this fingerprint, and creates it if it does not exist.
    ///
    /// `model_path` is the folder of a model without a manifest; later commands find the model there.
    ///
    /// # Errors
    /// As [`Store::open`]; [`Error::FingerprintDiffers`](crate::Error::FingerprintDiffers) if the store has vectors of
    /// another fingerprint.
    pub fn open_or_create(dir: &Path, fingerprint: &Fingerprint, model_path: Option<&Path>) -> Result<Self> {
        if !meta::exists(dir) {
            durable::create_folder(dir).map_err(|error| refused(dir, error))?;
            let _lock = lock::Lock::acquire(dir)?;
            // Another process may have finished during the wait; an interrupted creation is completed here.
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

    /// Checks that vectors of this fingerprint can be compared with the stored ones.
    ///
    /// # Errors
    /// [`Error::FingerprintDiffers`](crate::Error::FingerprintDiffers).
    pub fn check_fingerprint(&self, given: &Fingerprint) -> Result<()> {
        self.generation()?.fingerprint.check(given, &self.dir)
    }

    /// The folder of the store.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The format version on disk. It is older than the current version only if the store is read-only.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn format(&self) -> Result<u64> {
        meta::format(&self.dir)
    }

    /// A database connection from the pool, for reading or writing.
    fn papers(&self) -> Result<Borrowed<'_>> {
        self.pool.take()
    }

    /// The current generation of vectors.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn generation(&self) -> Result<Generation> {
        self.papers()?.generation()
    }

    /// Number of papers.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn count(&self) -> Result<u64> {
        self.papers()?.count()
    }

    /// What writing this would do at present.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn plan(&self, incoming: &Incoming<'_>) -> Result<Plan> {
        self.papers()?.plan(incoming)
    }

    /// The papers that a split of this one would yield: the first keeps its id.
    ///
    /// # Errors
    /// [`Error::NotMerged`](crate::Error::NotMerged), an unknown id, or when the database cannot be read.
    pub fn parts(&self, id: &PaperId) -> Result<Vec<Part>> {
        let papers = self.papers()?;
        papers.parts(&papers.stored(id)?)
    }

    /// Size of all files of the store, in bytes.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn bytes(&self) -> Result<u64> {
        Ok(folder_size(&self.dir)?)
    }
}

/// Converts a count for SQLite; counts in this program are far below 2^63.
fn to_i64(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// The file that contains the format version; a folder with this file is a store.
pub(crate) const META_FILE: &str = "meta.json";
