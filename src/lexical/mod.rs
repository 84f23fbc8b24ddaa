//! Which papers have these words? An index by tantivy, scored by a BM25 of our own.
//!
//! The index is a cache in `lexical.<generation>/`. What was committed since it was written is indexed in memory when a
//! store is opened for searching, so the answers are complete whatever state the folder is in.

use std::collections::HashSet;
use std::fs::TryLockError;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use fixedbitset::FixedBitSet;
use tantivy::TantivyError;

use crate::error::{Error, Result};
use crate::store::{Snapshot, Store};
pub use bm25::Scores;
use part::{Part, Segment};
pub use share::Share;
use words::Fields;

mod bm25;
mod part;
mod relevance;
mod share;
mod words;

/// Papers that a searcher indexes in memory, in some tens of milliseconds; when more are missing it writes the folder.
const MOST_IN_MEMORY: usize = 1_000;
/// Begins the name of the folder; the number of the generation follows.
const FOLDER: &str = "lexical.";
/// Held by the process that writes the folder.
const LOCK: &str = "lexical.lock";

/// The words of the papers of a snapshot.
#[derive(Debug)]
pub struct Lexical {
    fields: Fields,
    folder: Option<Counted>,
    memory: Counted,
    /// Whether all is in memory that was committed after the folder was written.
    is_all: bool,
    /// Rows of the snapshot, those of no paper included.
    rows: usize,
    papers: usize,
    /// Words in a title, in an abstract, in the names of authors, on average.
    mean_lengths: [f32; 3],
    /// Stems that too many papers have to say something, as far as they have been met.
    common: Mutex<HashSet<String>>,
}

/// A part of the index, and those of its rows that count: they belong to papers, and no later part has them.
#[derive(Debug)]
struct Counted {
    part: Arc<Part>,
    rows: FixedBitSet,
}

impl Lexical {
    /// Makes the papers of a snapshot searchable by their words. What `before` has opened is used again.
    ///
    /// # Errors
    /// When the store cannot be read; what is wrong with the index is made up for in memory.
    pub fn open(store: &Store, snapshot: &Snapshot, before: Option<&Self>) -> Result<Self> {
        let number = snapshot.generation.number;
        let fits = |part: &Arc<Part>| part.covers.generation == number;
        let open = || Part::open(&folder(store.dir(), number)).map(Arc::new).filter(fits);
        let opened = before.and_then(|before| before.folder.as_ref()).map(|folder| Arc::clone(&folder.part));
        let part = opened.filter(fits).or_else(open);
        let lexical = Self::assembled(store, snapshot, part.clone(), MOST_IN_MEMORY)?;
        if lexical.is_complete() {
            return Ok(lexical);
        }
        // While another process writes the folder, or nobody may, all the rest is indexed in memory, however much it is.
        let part = if renew(store).is_ok() { open() } else { part };
        let lexical = Self::assembled(store, snapshot, part, usize::MAX)?;
        // What was committed since the snapshot is seen by the next question.
        if lexical.is_complete() || store.generation()?.commits != snapshot.generation.commits {
            return Ok(lexical);
        }
        // The folder's index does not hold what it says.
        Self::open_in_memory(store, snapshot)
    }

    /// As [`Lexical::open`], whatever is in the folder.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn open_in_memory(store: &Store, snapshot: &Snapshot) -> Result<Self> {
        Self::assembled(store, snapshot, None, usize::MAX)
    }

    /// The folder's index, and in memory what was committed later, `most` papers of it.
    fn assembled(store: &Store, snapshot: &Snapshot, part: Option<Arc<Part>>, most: usize) -> Result<Self> {
        let commits = part.as_ref().map_or(0, |part| part.covers.commits);
        let (memory, is_all) = Part::in_memory(store, &snapshot.generation, commits, most)?;
        let counted = |part: Arc<Part>, but: &FixedBitSet| {
            let mut rows = part.rows();
            rows.intersect_with(snapshot.live());
            rows.difference_with(but);
            Counted { part, rows }
        };
        let memory = counted(Arc::new(memory), &FixedBitSet::new());
        let mut lexical = Self {
            fields: Fields::new(),
            folder: part.map(|part| counted(part, &memory.rows)),
            memory,
            is_all,
            rows: snapshot.vectors.rows(),
            papers: snapshot.len(),
            mean_lengths: [1.0; 3],
            common: Mutex::default(),
        };
        lexical.mean_lengths = lexical.measured().map_err(|source| told(store, source))?;
        Ok(lexical)
    }

    fn is_complete(&self) -> bool {
        self.is_all && self.parts().map(|counted| counted.rows.count_ones(..)).sum::<usize>() == self.papers
    }

    /// The BM25F score of every row of the snapshot: 0 without any word of the question. `None` when the index turns out
    /// to be damaged.
    #[must_use]
    pub fn scores(&self, question: &str) -> Option<Scores> {
        catch_unwind(AssertUnwindSafe(|| self.bm25(question))).ok()?.ok()
    }

    /// The rows of the papers whose words are known: those of all papers.
    #[must_use]
    pub fn known(&self) -> FixedBitSet {
        self.parts().flat_map(|counted| counted.rows.ones()).collect()
    }

    /// Number of papers that come from the folder's index; the others are in memory.
    #[must_use]
    pub fn in_folder(&self) -> usize {
        self.folder.as_ref().map_or(0, |folder| folder.rows.count_ones(..))
    }

    fn parts(&self) -> impl Iterator<Item = &Counted> {
        self.folder.iter().chain(std::iter::once(&self.memory))
    }

    fn segments(&self) -> impl Iterator<Item = (&Segment, &FixedBitSet)> {
        self.parts().flat_map(|counted| counted.part.segments.iter().map(|segment| (segment, &counted.rows)))
    }

    fn measured(&self) -> tantivy::Result<[f32; 3]> {
        let mut sums = [0u64; 3];
        for (segment, counted) in self.segments() {
            for (sum, (field, ..)) in sums.iter_mut().zip(bm25::fields(&self.fields)) {
                let lengths = segment.reader.get_fieldnorms_reader(field)?;
                for (doc, row) in (0..).zip(&segment.rows) {
                    if row.is_some_and(|row| counted.contains(row as usize)) {
                        *sum += u64::from(lengths.fieldnorm(doc));
                    }
                }
            }
        }
        #[allow(clippy::cast_precision_loss)] // a mean of words
        let mean = |sum: u64| sum.max(1) as f32 / self.papers.max(1) as f32;
        Ok(sums.map(mean))
    }
}

/// The rows of the papers in the folder's index, as far as they are rows of papers still.
#[must_use]
pub fn rows(dir: &Path, snapshot: &Snapshot) -> FixedBitSet {
    let part = Part::open(&folder(dir, snapshot.generation.number));
    let mut rows = part.map(|part| part.rows()).unwrap_or_default();
    rows.intersect_with(snapshot.live());
    rows
}

/// Brings the folder's index up to what is committed, and builds it anew where it is damaged or something else than it
/// says. While another process does that, there is nothing to do.
///
/// # Errors
/// When the store cannot be read, or the folder not be written.
pub fn renew(store: &Store) -> Result<()> {
    alone(store, |snapshot, folder| {
        let caught_up = catch_unwind(AssertUnwindSafe(|| catch_up(store, snapshot, folder)));
        if caught_up.is_ok_and(|caught_up| caught_up == Some(())) { Ok(()) } else { make(store, snapshot, folder) }
    })
    .map(drop)
}

/// Builds the folder's index anew, whatever is there. While another process works on it, it is left to that one, and the
/// answer is false.
///
/// # Errors
/// As [`renew`].
pub fn rebuild(store: &Store) -> Result<bool> {
    alone(store, |snapshot, folder| make(store, snapshot, folder))
}

/// Indexes the words of a store in another folder than its own, where a generation `number` will look for them in which
/// the papers have the rows that they have in `generation`.
///
/// # Errors
/// When the store cannot be read, or the folder not be written.
pub fn build_for(store: &Store, dir: &Path, generation: u64, number: u64) -> Result<()> {
    let index = part::create(&folder(dir, number)).map_err(|source| told(store, source))?;
    part::write_for(store, &index, generation, 0, &FixedBitSet::new(), number)
}

/// Works on the folder unless another process does; tells whether it did.
fn alone(store: &Store, work: impl FnOnce(&Snapshot, &Path) -> Result<()>) -> Result<bool> {
    let lock = fs_err::OpenOptions::new().write(true).create(true).truncate(false).open(store.dir().join(LOCK))?;
    match lock.file().try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Ok(false),
        Err(TryLockError::Error(error)) => return Err(error.into()),
    }
    let snapshot = store.snapshot()?;
    work(&snapshot, &folder(store.dir(), snapshot.generation.number))?;
    Ok(true)
}

fn make(store: &Store, snapshot: &Snapshot, folder: &Path) -> Result<()> {
    let index = part::create(folder).map_err(|source| told(store, source))?;
    part::write(store, &index, snapshot.generation.number, 0, &FixedBitSet::new())
}

/// Writes what the folder's index lacks; `None` when it does not hold all papers then.
fn catch_up(store: &Store, snapshot: &Snapshot, folder: &Path) -> Option<()> {
    let generation = &snapshot.generation;
    let (index, before) = part::opened(folder).filter(|(_, part)| part.covers.generation == generation.number)?;
    let mut gone = before.rows();
    gone.difference_with(snapshot.live());
    if before.covers.commits != generation.commits || !gone.is_clear() {
        part::write(store, &index, generation.number, before.covers.commits, &gone).ok()?;
    }
    snapshot.live().is_subset(&Part::open(folder)?.rows()).then_some(())
}

fn folder(dir: &Path, generation: u64) -> PathBuf {
    dir.join(format!("{FOLDER}{generation}"))
}

fn told(store: &Store, source: TantivyError) -> Error {
    Error::Lexical { dir: store.dir().to_owned(), source: Box::new(source) }
}
