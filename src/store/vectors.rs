//! Where are the vectors? In one file of rows of little-endian f32, appended to and never changed.

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;

use memmap2::Mmap;

use super::{DocId, Generation, refused};
use crate::durable;
use crate::embed::Embedding;
use crate::error::{Error, Result};

const NUMBER: usize = size_of::<f32>();

/// The committed rows of a vectors file, mapped.
#[derive(Debug)]
pub struct Vectors {
    /// `None` for no rows: an empty file cannot be mapped.
    map: Option<Mmap>,
    rows: usize,
    dimension: usize,
}

impl Vectors {
    /// Maps the rows that a generation counts.
    pub(super) fn open(dir: &Path, generation: &Generation) -> Result<Self> {
        let damaged = |reason: String| Error::StoreDamaged { dir: dir.to_owned(), reason };
        let dimension = generation.fingerprint.dimension;
        let rows = usize::try_from(generation.rows).unwrap_or(usize::MAX);
        let file = &generation.file;
        if dimension == 0 || u32::try_from(generation.rows).is_err() {
            return Err(damaged(format!("`{file}` cannot have {rows} rows of {dimension} numbers")));
        }
        let opened: File = fs_err::File::open(dir.join(file))?.into();
        let wanted = rows * dimension * NUMBER;
        let found = opened.metadata()?.len();
        if found < wanted as u64 {
            return Err(damaged(format!("`{file}` should have {wanted} bytes for {rows} rows, but has {found}")));
        }
        let map = if wanted == 0 {
            None
        } else {
            // SAFETY: rows that were committed are never written again or cut off by this program; only bytes behind
            // `wanted` are. Another program that cuts the file while it is mapped is outside what can be promised.
            #[allow(unsafe_code)]
            let map = unsafe { memmap2::MmapOptions::new().len(wanted).map(&opened) };
            Some(map?)
        };
        Ok(Self { map, rows, dimension })
    }

    /// Number of rows, those of removed papers included.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Numbers of a row.
    #[must_use]
    pub fn dimension(&self) -> usize {
        self.dimension
    }

    /// All rows, one after the other.
    #[must_use]
    pub fn all(&self) -> &[f32] {
        let bytes: &[u8] = self.map.as_deref().unwrap_or_default();
        // SAFETY: every bit pattern is an f32; a map begins at a page, so the alignment fits and nothing is left over.
        // The numbers are stored little-endian, which is what the supported processors have.
        #[allow(unsafe_code)]
        let (before, numbers, after) = unsafe { bytes.align_to::<f32>() };
        debug_assert!(before.is_empty() && after.is_empty());
        numbers
    }

    /// The vector of a row; `None` past the last one.
    #[must_use]
    pub fn row(&self, doc: DocId) -> Option<&[f32]> {
        self.all().get(doc.row() * self.dimension..(doc.row() + 1) * self.dimension)
    }
}

#[cfg(target_endian = "big")]
compile_error!("vectors are mapped as little-endian numbers");

/// Makes an empty file.
pub(super) fn create(dir: &Path, file: &str) -> Result<()> {
    let created = || fs_err::File::create(dir.join(file))?.sync_all();
    created().and_then(|()| durable::sync_folder(dir)).map_err(|error| refused(dir, error))
}

/// Appends rows behind the committed ones and waits until the disk has them. What a crash left there is overwritten.
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
