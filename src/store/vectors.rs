//! The file of vectors: rows of little-endian f32, append-only.

use std::fs::{File, Metadata};
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::Arc;

use memmap2::{MmapOptions, MmapRaw};

use super::{DocId, Generation, refused};
use crate::durable;
use crate::embed::Embedding;
use crate::error::{Error, Result};

const NUMBER: usize = size_of::<f32>();

/// The committed rows of a vectors file, memory-mapped.
#[derive(Debug)]
pub struct Vectors {
    /// `None` if there are no rows: an empty file cannot be mapped.
    map: Option<Arc<Map>>,
    rows: usize,
    dimension: usize,
}

/// A mapped file, with headroom behind its end for rows that are appended later.
#[derive(Debug)]
struct Map {
    bytes: MmapRaw,
    /// Device and inode, to distinguish the file from another one of the same name.
    identity: Option<(u64, u64)>,
}

impl Vectors {
    /// Maps the rows that a generation counts.
    pub(super) fn open(dir: &Path, generation: &Generation) -> Result<Self> {
        Self::open_after(None, dir, generation)
    }

    /// As [`Vectors::open`], but reuses the map of an earlier commit if it is large enough.
    pub(super) fn open_after(before: Option<&Self>, dir: &Path, generation: &Generation) -> Result<Self> {
        let damaged = |reason: String| Error::StoreDamaged { dir: dir.to_owned(), reason };
        let dimension = generation.fingerprint.dimension;
        let rows = usize::try_from(generation.rows).unwrap_or(usize::MAX);
        let file = &generation.file;
        if dimension == 0 || u32::try_from(generation.rows).is_err() {
            return Err(damaged(format!("`{file}` cannot have {rows} rows of {dimension} numbers")));
        }
        let opened: File = fs_err::File::open(dir.join(file))?.into();
        let wanted = rows * dimension * NUMBER;
        let facts = opened.metadata()?;
        let found = facts.len();
        if found < wanted as u64 {
            return Err(damaged(format!("`{file}` should have {wanted} bytes for {rows} rows, but has {found}")));
        }
        if wanted == 0 {
            return Ok(Self { map: None, rows, dimension });
        }
        let identity = identity(&facts);
        let has_room = |map: &&Arc<Map>| map.bytes.len() >= wanted && identity.is_some() && map.identity == identity;
        let map = if let Some(map) = before.and_then(|before| before.map.as_ref()).filter(has_room) {
            Arc::clone(map)
        } else {
            let length = wanted + headroom(wanted);
            Arc::new(Map { bytes: MmapOptions::new().len(length).map_raw_read_only(&opened)?, identity })
        };
        Ok(Self { map: Some(map), rows, dimension })
    }

    /// Number of rows, including those of deleted papers.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Dimensions of a row.
    #[must_use]
    pub fn dimension(&self) -> usize {
        self.dimension
    }

    /// All rows, one after the other.
    #[must_use]
    pub fn all(&self) -> &[f32] {
        let Some(map) = &self.map else { return &[] };
        // SAFETY: the file has these rows, and they are committed, so this program never writes or truncates them
        // again. It only writes bytes behind them, which are not part of the slice. No guarantee is possible against
        // another program that truncates the file while it is mapped.
        #[allow(unsafe_code)]
        let bytes = unsafe { std::slice::from_raw_parts(map.bytes.as_ptr(), self.rows * self.dimension * NUMBER) };
        // A map begins at a page boundary, so the alignment is sufficient. The values are stored little-endian, the
        // byte order of all supported processors.
        bytemuck::cast_slice(bytes)
    }

    /// The vector of a row; `None` past the last one.
    #[must_use]
    pub fn row(&self, doc: DocId) -> Option<&[f32]> {
        self.all().get(doc.row() * self.dimension..(doc.row() + 1) * self.dimension)
    }
}

#[cfg(target_endian = "big")]
compile_error!("vectors are mapped as little-endian numbers");

/// Number of bytes to map behind the rows, so that later commits can reuse the map: a new map costs a page fault for
/// each vector that a search reads. 0 where a map cannot be longer than its file.
fn headroom(bytes: usize) -> usize {
    const MIN: usize = 1 << 20;
    if cfg!(target_os = "linux") { MIN.max(bytes / 8) } else { 0 }
}

/// Device and inode of a file; `None` on systems without such numbers.
#[cfg(unix)]
#[allow(clippy::unnecessary_wraps)] // `None` on other systems
fn identity(facts: &Metadata) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    Some((facts.dev(), facts.ino()))
}

#[cfg(not(unix))]
fn identity(_: &Metadata) -> Option<(u64, u64)> {
    None
}

/// Creates an empty file.
pub(super) fn create(dir: &Path, file: &str) -> Result<()> {
    let created = || fs_err::File::create(dir.join(file))?.sync_all();
    created().and_then(|()| durable::sync_folder(dir)).map_err(|error| refused(dir, error))
}

/// Appends rows behind the committed ones and syncs the file. Bytes left there by a crash are overwritten.
pub(super) fn append(dir: &Path, generation: &Generation, embeddings: &[&Embedding]) -> Result<()> {
    let end = generation.rows * (generation.fingerprint.dimension * NUMBER) as u64;
    let bytes: Vec<u8> =
        embeddings.iter().flat_map(|embedding| bytemuck::cast_slice(embedding.as_slice())).copied().collect();
    let appended = || {
        let mut file = fs_err::OpenOptions::new().write(true).open(dir.join(&generation.file))?;
        file.set_len(end)?;
        file.seek(SeekFrom::Start(end))?;
        file.write_all(&bytes)?;
        file.sync_all()
    };
    appended().map_err(|error| refused(dir, error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embed::ModelFolder;

    #[test]
    #[allow(clippy::cast_possible_truncation)] // row numbers of a test are small
    fn map_is_reused_by_later_commits_while_it_has_headroom() {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path();
        let model = ModelFolder::open(Path::new("tests/data/models/static")).unwrap();
        let mut generation = Generation::first(model.fingerprint().clone(), None);
        let dimension = generation.fingerprint.dimension;
        let unit = |place: u64| {
            let mut vector = vec![0.0; dimension];
            vector[place as usize % dimension] = 1.0;
            Embedding::normalised(vector).unwrap()
        };
        create(dir, &generation.file).unwrap();
        let mut before: Option<Vectors> = None;
        let mut maps = 0;
        for rows in [0, 1, 2, 500, 501, 9_000, 200_000] {
            let new: Vec<Embedding> = (generation.rows..rows).map(unit).collect();
            append(dir, &generation, &new.iter().collect::<Vec<_>>()).unwrap();
            generation.rows = rows;
            let now = Vectors::open_after(before.as_ref(), dir, &generation).unwrap();
            assert_eq!(now.all().len(), now.rows() * dimension);
            for row in [rows / 2, rows.saturating_sub(1)].into_iter().filter(|row| *row < rows) {
                assert_eq!(now.row(DocId(row as u32)).unwrap(), unit(row).as_slice(), "row {row} of {rows}");
            }
            assert_eq!(now.row(DocId(rows as u32)), None);
            let begins = |vectors: &Vectors| vectors.map.as_ref().map(|map| map.bytes.as_ptr());
            maps += usize::from(before.as_ref().is_none_or(|before| begins(before) != begins(&now)));
            before = Some(now);
        }
        if cfg!(target_os = "linux") {
            assert!((2..6).contains(&maps), "mapped {maps} times");
        }
        // Another file replaces it under the same name.
        let copy = dir.join("copy");
        std::fs::write(&copy, vec![0u8; 200_000 * dimension * NUMBER]).unwrap();
        std::fs::rename(&copy, dir.join(&generation.file)).unwrap();
        let now = Vectors::open_after(before.as_ref(), dir, &generation).unwrap();
        assert!(now.row(DocId(7)).unwrap().iter().all(|number| *number == 0.0));
        assert_eq!(before.unwrap().row(DocId(7)).unwrap(), unit(7).as_slice());
    }
}
