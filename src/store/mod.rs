//! What is in the collection, durably?
//!
//! Papers lie in SQLite, their vectors in a file of plain rows; one row of SQLite says how many vector rows count, and
//! that row is the only commit point. Adding appends and syncs vectors first, then commits the transaction that makes
//! them visible; what lies behind the committed count after a crash belongs to nobody and is overwritten.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use crate::durable;
use crate::embed::{Embedding, Fingerprint};
use crate::error::Result;
use crate::folder_size::folder_size;
use crate::paper::{Paper, PaperId};
use pool::{Borrowed, Pool};
use refusal::{database, refused};

pub use compact::Compacted;
pub use criteria::Criteria;
pub use filter::Filter;
pub(crate) use filter::folded;
pub use generation::Generation;
pub(crate) use labels::Labels;
pub use sentences::Sentences;
pub use snapshot::Snapshot;
pub(crate) use succession::Switch;
pub(crate) use successor::Successor;
pub use successor::Unfinished;
pub use tuning::Tuning;
pub use vectors::Vectors;
pub use view::View;
pub(crate) use view::read_held;

mod check;
mod commit;
mod compact;
mod copy;
mod criteria;
mod export;
mod filter;
mod generation;
mod labels;
mod lock;
mod meta;
mod papers;
mod pool;
mod record;
mod refusal;
mod schema;
mod sentences;
mod snapshot;
mod succession;
mod successor;
mod tuning;
mod vectors;
mod view;

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
    /// The store has the paper as it is.
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
    /// What the store shall have.
    pub paper: Paper,
    /// Its vector, where it needs one.
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
    /// The store has one paper more.
    Added,
    /// The store has it as it is now, in the place of what it had.
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
    /// Number of papers that were removed.
    pub papers: u64,
    /// Ids that no paper had.
    pub unknown: Vec<PaperId>,
}

/// A collection of papers in a folder. Many processes may read it, one at a time writes.
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
    /// Of the last commit that a view of this process has seen.
    newest: Mutex<Option<Arc<Snapshot>>>,
}

impl Store {
    /// Opens a store for reading and, where the folder allows it, for writing. One of an older format is brought to the
    /// current one, or only read as if it were where it may not be written.
    ///
    /// # Errors
    /// [`Error::NoStore`](crate::Error::NoStore), [`Error::StoreVersion`](crate::Error::StoreVersion), or what is damaged.
    pub fn open(dir: &Path) -> Result<Self> {
        Ok(Self { dir: dir.to_owned(), pool: Pool::open(dir)?, newest: Mutex::default() })
    }

    /// Opens a store for papers embedded with this fingerprint, and makes it if there is none.
    ///
    /// `model_path` is where a model without a manifest lies, so that later commands find it again.
    ///
    /// # Errors
    /// As [`Store::open`]; [`Error::FingerprintDiffers`](crate::Error::FingerprintDiffers) when it holds vectors of another kind.
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
    /// [`Error::FingerprintDiffers`](crate::Error::FingerprintDiffers).
    pub fn check_fingerprint(&self, given: &Fingerprint) -> Result<()> {
        self.generation()?.fingerprint.check(given, &self.dir)
    }

    /// The folder in which the store lies.
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

    /// A connection to read or write with, for the moment.
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

    /// What adding this paper would do now.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn state_of(&self, paper: &Paper) -> Result<State> {
        self.papers()?.state_of(paper)
    }

    /// Size of all files of the store.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn bytes(&self) -> Result<u64> {
        Ok(folder_size(&self.dir)?)
    }
}

/// Counts in this program are far below 2^63.
fn to_i64(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// The name of the file in which the format version stands; a folder with it is a store.
pub(crate) const META_FILE: &str = "meta.json";
