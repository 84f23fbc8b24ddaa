//! Export of all papers and vectors of one commit.

use std::io::{BufReader, BufWriter, Seek, Write};

use super::record::{self, COLUMNS};
use super::{DocId, Store, View};
use crate::error::{Error, Result};
use crate::paper::Paper;

/// Size of the compressed papers, in bytes, above which they are spooled to a temporary file.
const IN_MEMORY: usize = 16 << 20;
/// The fastest level: the papers are written once and read once.
const COMPRESSION: i32 = 1;

impl Store {
    /// Passes every paper with its vector to `visit`, in the order of rows, all as of one commit. Others can write
    /// meanwhile.
    ///
    /// The papers are copied first, to memory or a temporary file: `visit` may be slow, and an open read transaction
    /// would make SQLite keep all later commits in its log.
    ///
    /// # Errors
    /// When the store cannot be read or is damaged, when there is no space for the copy, and the errors of `visit`.
    pub fn export(&self, mut visit: impl FnMut(&Paper, &[f32]) -> Result<()>) -> Result<()> {
        let mut copy = tempfile::spooled_tempfile(IN_MEMORY);
        let snapshot = {
            let view = self.view()?;
            let mut encoder = zstd::Encoder::new(BufWriter::new(&mut copy), COMPRESSION)?;
            view.write_papers(&mut encoder)?;
            encoder.finish()?.flush()?;
            view.snapshot().clone()
        };
        copy.rewind()?;
        let read = BufReader::new(zstd::Decoder::new(copy)?);
        for stored in serde_json::Deserializer::from_reader(read).into_iter::<(u32, Paper)>() {
            let (row, paper) = stored.map_err(std::io::Error::from)?;
            let vector = snapshot.vectors.row(DocId(row)).ok_or_else(|| Error::StoreDamaged {
                dir: self.dir().to_owned(),
                reason: format!("`{}` has row {row}, but there are {} rows", paper.id, snapshot.vectors.rows()),
            })?;
            visit(&paper, vector)?;
        }
        Ok(())
    }
}

impl View<'_> {
    /// Writes every paper with its row as JSON, in the order of rows.
    fn write_papers(&self, to: &mut impl Write) -> Result<()> {
        let query = format!("SELECT {COLUMNS} FROM papers ORDER BY row");
        let mut statement = self.told(self.papers().connection().prepare(&query))?;
        for stored in self.told(statement.query_map([], record::stored))? {
            let (paper, doc) = self.told(stored)?;
            serde_json::to_writer(&mut *to, &(doc.0, paper)).map_err(std::io::Error::from)?;
        }
        Ok(())
    }
}
