//! Copies a store while others write to it. The database is copied first, in one transaction, then the vectors that it
//! counts, which are never written again. The format version is written last, so that a partial copy is not a store.

use std::io::{ErrorKind, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::papers::Papers;
use super::schema::FILE;
use super::view::ATTEMPTS;
use super::{Generation, META_FILE, Store, Vectors, database, meta, refused, schema};
use crate::durable;
use crate::error::{Error, Result};
use crate::progress::{Progress, Silent};

/// Bytes that are written between two looks whether the copy is cancelled.
const PART: usize = 8 << 20;
/// Time between two such looks while SQLite copies.
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);

impl Store {
    /// Copies the papers and vectors of one commit into a folder, which becomes a store of its own. The graph and the
    /// full-text index are rebuilt from them. Returns the number of papers.
    ///
    /// # Errors
    /// [`Error::FolderNotEmpty`]; when this store cannot be read, or the folder cannot be written.
    pub fn copy_to(&self, dir: &Path) -> Result<u64> {
        self.copy_watched(dir, &Silent)
    }

    /// As [`Store::copy_to`]; stops when `progress` is cancelled, and deletes what was written.
    ///
    /// # Errors
    /// As [`Store::copy_to`]; [`Error::Interrupted`].
    pub fn copy_watched(&self, dir: &Path, progress: &dyn Progress) -> Result<u64> {
        filled(dir, progress, || self.copy_into(dir, progress))
    }

    fn copy_into(&self, dir: &Path, progress: &dyn Progress) -> Result<u64> {
        let mut attempt = 1;
        let (generation, vectors, papers) = loop {
            let (generation, papers) = self.copy_papers(dir, progress)?;
            match Vectors::open(self.dir(), &generation) {
                // Since the database was copied, `compact` has made another file current and deleted this one.
                Err(Error::Io(error)) if error.kind() == ErrorKind::NotFound && attempt < ATTEMPTS => {
                    fs_err::remove_file(dir.join(FILE))?;
                    attempt += 1;
                }
                vectors => break (generation, vectors?, papers),
            }
        };
        let mut file = fs_err::File::create(dir.join(&generation.file))?;
        let bytes: &[u8] = bytemuck::cast_slice(vectors.all());
        for part in bytes.chunks(PART) {
            if progress.is_cancelled() {
                return Err(Error::Interrupted);
            }
            file.write_all(part).map_err(|error| refused(dir, error))?;
        }
        if generation.has_own_model() {
            // The model is in the folder of this store, and is deleted soon.
            let model = self.unfinished()?.map(|unfinished| unfinished.model).unwrap_or_default();
            return Err(Error::QuickUnfinished { dir: self.dir().to_owned(), model });
        }
        let sync = |file: &str| fs_err::File::open(dir.join(file))?.sync_all();
        sync(FILE).and_then(|()| sync(&generation.file)).map_err(|error| refused(dir, error))?;
        meta::write(dir)?;
        Ok(papers)
    }

    /// The generation of the copy, and its number of papers.
    fn copy_papers(&self, dir: &Path, progress: &dyn Progress) -> Result<(Generation, u64)> {
        let path = dir.join(FILE);
        // A connection of its own: the views through which an older format is read would take the place of its tables.
        let papers = Papers::open(self.dir())?;
        (|| {
            interruptible(papers.connection(), progress, |connection| {
                connection.execute("VACUUM main INTO ?1", [path.to_string_lossy()])
            })?;
            // The copy is not in WAL mode yet, and may have an older format.
            schema::create(&mut schema::connect(&path, OpenFlags::empty())?)
        })()
        .map_err(|source| database(dir, source))?;
        let copy = Papers::open(dir)?;
        Ok((copy.generation()?, copy.count()?))
    }
}

/// Fills an empty or new folder. On an error, it is left empty.
pub(super) fn filled<T>(dir: &Path, progress: &dyn Progress, fill: impl FnOnce() -> Result<T>) -> Result<T> {
    if fs_err::read_dir(dir).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(Error::FolderNotEmpty { dir: dir.to_owned() });
    }
    durable::create_folder(dir)?;
    fill().map_err(|error| {
        delete_unfinished(dir);
        if progress.is_cancelled() { Error::Interrupted } else { error }
    })
}

/// Whether a file is part of a copy of a store.
pub(super) fn is_of_copy(name: &str) -> bool {
    name == META_FILE || name.starts_with("papers.") || name.starts_with("vectors.")
}

/// Deletes the files of an unfinished copy of a store. Best effort: a folder with leftovers is refused the next time.
pub fn delete_unfinished(dir: &Path) {
    for entry in fs_err::read_dir(dir).into_iter().flatten().flatten() {
        if is_of_copy(&entry.file_name().to_string_lossy()) {
            let _ = fs_err::remove_file(entry.path());
        }
    }
}

/// Runs a statement, which is interrupted when `progress` is cancelled.
fn interruptible<T>(
    connection: &Connection,
    progress: &dyn Progress,
    run: impl FnOnce(&Connection) -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    let handle = connection.get_interrupt_handle();
    let is_done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let watch = scope.spawn(|| {
            while !is_done.load(Ordering::Relaxed) {
                if progress.is_cancelled() {
                    handle.interrupt();
                }
                std::thread::park_timeout(BETWEEN_LOOKS);
            }
        });
        let outcome = run(connection);
        is_done.store(true, Ordering::Relaxed);
        watch.thread().unpark();
        outcome
    })
}
