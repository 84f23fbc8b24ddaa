//! Reads papers from Parquet files: each row is an object with the names of its columns, read as JSON is. `ready` also reads
//! embeddings, and `write` writes them.
//!
//! The metadata of a file is at its end, so a file that cannot be read from any place (standard input, one in an archive, the
//! body of a request) is first copied to a temporary file. Only columns that a paper may use are read, a page at a time.
//!
//! Source: <https://parquet.apache.org/docs/file-format/>.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Once};

use ::parquet::errors::ParquetError;
use ::parquet::file::metadata::ParquetMetaData;
use ::parquet::file::reader::FileReader;
use ::parquet::file::serialized_reader::SerializedFileReader;
use ::parquet::record::Row;
use ::parquet::record::reader::RowIter;
use ::parquet::schema::types::Type;

use super::input::{Input, PARQUET};
use super::{LONGEST_RECORD, Position, Record, json, no_titles};
use crate::error::{Error, Result};

pub use ready::{ReadyFile, ReadyFiles, ReadyPapers};
pub use write::PaperWriter;

mod object;
mod ready;
#[cfg(test)]
mod ready_tests;
#[cfg(test)]
mod tests;
mod write;

/// The records of a file.
pub(super) struct Reader {
    file: String,
    rows: RowIter<'static>,
    schema: Arc<Type>,
    /// The number of the last row, from 1.
    row: u64,
    row_count: u64,
    /// To be advanced as rows are read, if the file itself is read.
    position: Option<Position>,
    is_ended: bool,
}

impl Reader {
    /// # Errors
    /// When the file cannot be read, or has no column of titles.
    pub fn new(input: Input) -> Result<Self> {
        let Input { file, position, raw_beginning, content, original, .. } = input;
        let unreadable = |source| Error::UnreadableFile { file: file.clone(), source };
        if !raw_beginning.starts_with(PARQUET) {
            return Err(unreadable(io::Error::new(ErrorKind::InvalidData, "it does not begin like a Parquet file")));
        }
        let original = original.map(as_parquet).transpose().map_err(unreadable)?.flatten();
        let position = original.is_some().then_some(position);
        let seekable = original.map_or_else(|| copied(content), Ok).map_err(unreadable)?;
        Self::of(file, seekable, position, &[])
    }

    /// The rows of a Parquet file, with the columns that a paper may use and `also` these.
    fn of(file: String, content: File, position: Option<Position>, also: &[&str]) -> Result<Self> {
        let unreadable = |source| Error::UnreadableFile { file: file.clone(), source };
        let (rows, schema, row_count) = attempt(|| opened(content, also))
            .map_err(unreadable)?
            .map_err(|columns| no_titles(file.clone(), &columns))?;
        Ok(Self { file, rows, schema, row: 0, row_count, position, is_ended: false })
    }

    /// The next row. Nothing follows an error.
    fn next_row(&mut self) -> Option<Result<Row>> {
        if self.is_ended {
            return None;
        }
        let rows = &mut self.rows;
        let row = attempt(|| rows.next().transpose()).transpose();
        self.row += u64::from(matches!(row, Some(Ok(_))));
        if let Some(position) = &self.position {
            position.advance(self.row, self.row_count);
        }
        self.is_ended = !matches!(row, Some(Ok(_)));
        row.map(|row| row.map_err(|source| Error::UnreadableFile { file: self.file.clone(), source }))
    }
}

impl Iterator for Reader {
    type Item = Result<Record>;

    fn next(&mut self) -> Option<Self::Item> {
        let object = match self.next_row()? {
            Ok(row) => object::of_row(&row, &self.schema, &[]),
            Err(error) => return Some(Err(error)),
        };
        let read = if object.len() > LONGEST_RECORD {
            Err(format!("expected a record of at most {} MiB, found a longer one", LONGEST_RECORD >> 20))
        } else {
            json::record(&object)
        };
        let line = self.row;
        Some(match read {
            Ok(record) => Ok(Record { line, ..record }),
            Err(reason) => Err(Error::BadRecord { file: self.file.clone(), line, reason }),
        })
    }
}

/// A file from its start, if it is a Parquet file itself, and not a compressed one.
fn as_parquet(mut file: File) -> io::Result<Option<File>> {
    let mut magic = [0; PARQUET.len()];
    file.rewind()?;
    let is_parquet = file.read_exact(&mut magic).is_ok() && magic == PARQUET;
    Ok(is_parquet.then_some(file))
}

/// A temporary file with a content.
fn copied(mut content: super::Content) -> io::Result<File> {
    let mut file = tempfile::tempfile()?;
    io::copy(&mut content, &mut file)?;
    Ok(file)
}

/// The rows of the columns that a paper may use, their schema, and their number.
type Opened = (RowIter<'static>, Arc<Type>, u64);

/// Opens a file. The inner error has the names of the columns, none of which may have a title.
fn opened(file: File, also: &[&str]) -> std::result::Result<std::result::Result<Opened, String>, ParquetError> {
    let reader = SerializedFileReader::new(file)?;
    let row_count = checked_rows(reader.metadata())?;
    let root = reader.metadata().file_metadata().schema();
    let schema = projected(root, also)?;
    if !schema.get_fields().iter().any(|column| json::may_have_title(column.name(), column.is_group())) {
        let names: Vec<String> =
            root.get_fields().iter().take(20).map(|column| format!("`{}`", column.name())).collect();
        return Ok(Err(names.join(", ")));
    }
    let rows = RowIter::from_file_into(Box::new(reader)).project(Some(schema.clone()))?;
    Ok(Ok((rows, Arc::new(schema), row_count)))
}

/// The schema with the columns that a paper may use and `also` these.
fn projected(root: &Type, also: &[&str]) -> std::result::Result<Type, ParquetError> {
    let is_wanted = |column: &&Arc<Type>| json::may_be_used(column.name()) || also.contains(&column.name());
    let wanted = root.get_fields().iter().filter(is_wanted).cloned().collect();
    Type::group_type_builder(root.name()).with_fields(wanted).build()
}

/// The number of rows. A damaged number would otherwise promise rows without end.
fn checked_rows(metadata: &ParquetMetaData) -> std::result::Result<u64, ParquetError> {
    let wanted = metadata.file_metadata().num_rows();
    let damaged = || ParquetError::General("its numbers of rows contradict each other".to_owned());
    let mut found: i64 = 0;
    for group in metadata.row_groups() {
        let rows = group.num_rows();
        if group.columns().iter().any(|column| column.num_values() < rows) {
            return Err(damaged());
        }
        found = found.checked_add(rows).ok_or_else(damaged)?;
    }
    if found != wanted {
        return Err(damaged());
    }
    u64::try_from(found).map_err(|_| damaged())
}

thread_local! {
    /// Whether a panic of this thread is caught and becomes an error, so that nothing is printed.
    static IS_CAUGHT: Cell<bool> = const { Cell::new(false) };
}

/// Runs a step of the library, which panics for some damaged files.
fn attempt<T>(step: impl FnOnce() -> std::result::Result<T, ParquetError>) -> io::Result<T> {
    static QUIET: Once = Once::new();
    QUIET.call_once(|| {
        let print = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if !IS_CAUGHT.get() {
                print(panic);
            }
        }));
    });
    IS_CAUGHT.set(true);
    let caught = catch_unwind(AssertUnwindSafe(step));
    IS_CAUGHT.set(false);
    let damaged = |reason: String| io::Error::new(ErrorKind::InvalidData, reason);
    match caught {
        Ok(Ok(found)) => Ok(found),
        Ok(Err(ParquetError::NYI(reason))) => Err(io::Error::new(ErrorKind::Unsupported, reason)),
        Ok(Err(ParquetError::General(reason))) if reason.contains("feature") => {
            Err(io::Error::new(ErrorKind::Unsupported, reason))
        }
        Ok(Err(ParquetError::General(reason))) => Err(damaged(reason)),
        Ok(Err(error)) => Err(damaged(error.to_string())),
        Err(_) => Err(damaged("its parts contradict each other".to_owned())),
    }
}
