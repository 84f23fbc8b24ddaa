//! How is a store copied while others write to it? The papers first, as of one moment, then the vectors which that
//! moment counts, for those are never written again; the format's version last, so that half a copy is no store.

use std::path::Path;

use rusqlite::OpenFlags;

use super::papers::{FILE, Papers};
use super::{Generation, Store, database, meta, open_papers, refused, schema};
use crate::durable;
use crate::error::{Error, Result};

impl Store {
    /// Copies the papers and the vectors as of one moment into a folder, which becomes a store of its own; the graph and the
    /// words are built again from them. How many papers there are.
    ///
    /// # Errors
    /// [`Error::FolderNotEmpty`]; when this store cannot be read or that folder not be written.
    pub fn copy_to(&self, dir: &Path) -> Result<u64> {
        if fs_err::read_dir(dir).is_ok_and(|mut entries| entries.next().is_some()) {
            return Err(Error::FolderNotEmpty { dir: dir.to_owned() });
        }
        durable::create_folder(dir).map_err(|error| refused(dir, error))?;
        let copied = self.copy_into(dir);
        if copied.is_err() {
            // Best effort: what stays is refused the next time, and never taken for a store.
            for entry in fs_err::read_dir(dir).into_iter().flatten().flatten() {
                let name = entry.file_name();
                if ["papers.", "vectors."].iter().any(|ours| name.to_string_lossy().starts_with(ours)) {
                    let _ = fs_err::remove_file(entry.path());
                }
            }
        }
        copied
    }

    fn copy_into(&self, dir: &Path) -> Result<u64> {
        let (generation, papers) = loop {
            let (generation, papers) = self.copy_papers(dir)?;
            if self.copy_vectors(&generation, dir)? {
                break (generation, papers);
            }
            fs_err::remove_file(dir.join(FILE))?;
        };
        let sync = |file: &str| fs_err::File::open(dir.join(file))?.sync_all();
        sync(FILE).and_then(|()| sync(&generation.file)).map_err(|error| refused(dir, error))?;
        meta::write(dir)?;
        Ok(papers)
    }

    /// What counts in the copy, and how many papers it has.
    fn copy_papers(&self, dir: &Path) -> Result<(Generation, u64)> {
        let path = dir.join(FILE);
        let papers = open_papers(self.dir())?;
        (|| {
            papers.connection().execute("VACUUM main INTO ?1", [path.to_string_lossy()])?;
            // The copy is not in WAL mode yet, and may be of an older format.
            schema::create(&mut schema::connect(&path, OpenFlags::empty())?)
        })()
        .map_err(|source| database(dir, source))?;
        let copy = Papers::open(dir)?;
        Ok((copy.generation()?, copy.count()?))
    }

    /// Copies the rows that count; false when `compact` has taken the file away.
    fn copy_vectors(&self, generation: &Generation, dir: &Path) -> Result<bool> {
        let Some(vectors) = self.vectors_of(generation)? else { return Ok(false) };
        let path = dir.join(&generation.file);
        fs_err::write(&path, bytemuck::cast_slice(vectors.all())).map_err(|error| refused(dir, error))?;
        Ok(true)
    }
}
