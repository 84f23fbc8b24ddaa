//! Reads papers with their embeddings from Parquet files, from folders of them, and a sample of their rows.

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use ::parquet::file::reader::FileReader;
use ::parquet::file::serialized_reader::SerializedFileReader;
use ::parquet::record::{Field, Row};
use ::parquet::schema::types::Type;
use walkdir::WalkDir;

use super::{Reader, as_parquet, attempt, object, projected};
use crate::corpus::{LONGEST_RECORD, Notes, Position, ReadyPaper, assembled, json};
use crate::embed::{Embedding, Fingerprint};
use crate::error::{Error, Result};
use crate::store::Sentences;

/// The column of the embeddings: lists of numbers.
pub(super) const EMBEDDING: &str = "embedding";
/// The column of the embeddings of sentences, as a store has them.
pub(super) const SENTENCES: &str = "sentences";
/// The column that tells whether a text was truncated.
pub(super) const TRUNCATED: &str = "truncated";
/// The key of the model's fingerprint in the metadata of a file.
pub(super) const FINGERPRINT: &str = "paperkin.fingerprint";

/// The columns that no paper has.
const ALSO: [&str; 3] = [EMBEDDING, SENTENCES, TRUNCATED];

/// Parquet files of papers with embeddings.
pub struct ReadyFiles(Vec<ReadyFile>);

/// One Parquet file of papers with embeddings.
pub struct ReadyFile {
    path: PathBuf,
    /// The folder that was named, or the file.
    named: PathBuf,
    /// Number of rows in each row group.
    groups: Vec<u64>,
    fingerprint: Option<Fingerprint>,
}

impl ReadyFiles {
    /// Opens files and folders of part files, such as Spark writes. Of a folder, all files whose names end with `.parquet` are read,
    /// those of its folders too, in the order of their names; names that begin with `.` or `_` are left out.
    ///
    /// # Errors
    /// When a file cannot be read or has no column `embedding` or no titles; [`Error::NoPaper`] for a folder without files.
    pub fn open(paths: &[PathBuf]) -> Result<Self> {
        let mut files = Vec::new();
        for named in paths {
            let parts = if named.is_dir() { parts(named)? } else { vec![named.clone()] };
            for path in parts {
                files.push(ReadyFile::open(path, named.clone())?);
            }
        }
        Ok(Self(files))
    }

    /// The files, in order.
    #[must_use]
    pub fn files(&self) -> &[ReadyFile] {
        &self.0
    }

    /// Compares the fingerprint in the metadata of each file, if there is one, with that of a model.
    ///
    /// # Errors
    /// [`Error::VectorsOfAnotherModel`].
    pub fn check_fingerprints(&self, wanted: &Fingerprint) -> Result<()> {
        for ReadyFile { path, fingerprint, .. } in &self.0 {
            if let Some(found) = fingerprint.as_ref().filter(|found| !wanted.has_passages_of(found)) {
                return Err(Error::VectorsOfAnotherModel {
                    file: path.display().to_string(),
                    found: Box::new(found.summary()),
                    wanted: Box::new(wanted.summary()),
                });
            }
        }
        Ok(())
    }

    /// At most `count` papers, evenly spread over all rows, each with the name of its file. Invalid ones are left out, unless all are.
    ///
    /// # Errors
    /// When a file cannot be read; that of the first paper, if none is valid.
    pub fn sample(&self, dimension: usize, count: usize) -> Result<Vec<(String, ReadyPaper)>> {
        // Wide numbers: those of a damaged file may be of any size.
        let rows: u128 = self.0.iter().flat_map(|file| &file.groups).map(|rows| u128::from(*rows)).sum();
        let count = rows.min(count as u128);
        let mut wanted = (0..count).map(|place| (2 * place + 1) * rows / (2 * count)).peekable();
        let (mut sample, mut first_error) = (Vec::new(), None);
        let mut start: u128 = 0;
        for file in &self.0 {
            for (group, rows) in file.groups.iter().enumerate() {
                let end = start + u128::from(*rows);
                let mut places = Vec::new();
                while let Some(place) = wanted.next_if(|place| *place < end) {
                    places.push(u64::try_from(place - start).unwrap_or(u64::MAX));
                }
                for read in file.rows(group, &places, dimension)? {
                    match read {
                        Ok(paper) => sample.push((file.path.display().to_string(), paper)),
                        Err(error) => first_error = first_error.or(Some(error)),
                    }
                }
                start = end;
            }
        }
        match first_error {
            Some(error) if sample.is_empty() => Err(error),
            _ => Ok(sample),
        }
    }
}

impl ReadyFile {
    fn open(path: PathBuf, named: PathBuf) -> Result<Self> {
        let name = path.display().to_string();
        let unreadable = |source| Error::UnreadableFile { file: name.clone(), source };
        let (groups, fingerprint, columns) = attempt(|| {
            let reader = SerializedFileReader::new(opened(&path)?)?;
            super::checked_rows(reader.metadata())?;
            let about = reader.metadata().file_metadata();
            let of_file = about.key_value_metadata().into_iter().flatten();
            let fingerprint = of_file.filter(|pair| pair.key == FINGERPRINT).find_map(|pair| pair.value.as_deref());
            let fingerprint = fingerprint.and_then(|text| serde_json::from_str(text).ok());
            let groups = reader.metadata().row_groups().iter();
            let groups: Vec<u64> = groups.map(|group| u64::try_from(group.num_rows()).unwrap_or(0)).collect();
            let columns: Vec<String> =
                about.schema().get_fields().iter().map(|column| column.name().to_owned()).collect();
            Ok((groups, fingerprint, columns))
        })
        .map_err(unreadable)?;
        if !columns.iter().any(|column| column == EMBEDDING) {
            let columns: Vec<String> = columns.iter().take(20).map(|column| format!("`{column}`")).collect();
            let looked_for =
                format!("a column `{EMBEDDING}` with lists of numbers; the columns are {}", columns.join(", "));
            return Err(Error::NoPaper { file: name, looked_for });
        }
        Ok(Self { path, named, groups, fingerprint })
    }

    /// The path that was named: of the file, or of its folder.
    #[must_use]
    pub fn named(&self) -> &Path {
        &self.named
    }

    /// Reads the papers, whose embeddings must have this number of dimensions.
    ///
    /// # Errors
    /// When the file cannot be read, or has no column of titles.
    pub fn read(&self, dimension: usize) -> Result<ReadyPapers> {
        let name = self.path.display().to_string();
        let unreadable = |source| Error::UnreadableFile { file: name.clone(), source };
        let file = opened(&self.path).map_err(unreadable)?;
        let position = Position::of(file.metadata()?.len());
        let reader = Reader::of(name.clone(), file, Some(position.clone()), &ALSO)?;
        Ok(ReadyPapers { reader, notes: Notes::new(&name), position, dimension })
    }

    /// Some rows of a row group, in ascending order.
    fn rows(&self, group: usize, places: &[u64], dimension: usize) -> Result<Vec<Result<ReadyPaper>>> {
        let Some(last) = places.last() else { return Ok(Vec::new()) };
        let name = self.path.display().to_string();
        let (schema, rows) = attempt(|| {
            let reader = SerializedFileReader::new(opened(&self.path)?)?;
            let schema = projected(reader.metadata().file_metadata().schema(), &ALSO)?;
            let group_reader = reader.get_row_group(group)?;
            let mut kept = Vec::new();
            for (place, row) in (0..=*last).zip(group_reader.get_row_iter(Some(schema.clone()))?) {
                let row = row?;
                if places.contains(&place) {
                    kept.push((place, row));
                }
            }
            Ok((schema, kept))
        })
        .map_err(|source| Error::UnreadableFile { file: name.clone(), source })?;
        let before = self.groups.iter().take(group).fold(0, |sum: u64, rows| sum.saturating_add(*rows));
        let mut notes = Notes::new(&name);
        let papers = rows
            .into_iter()
            .map(|(place, row)| paper_of(row, &schema, before.saturating_add(place + 1), dimension, &mut notes));
        Ok(papers.collect())
    }
}

/// An iterator over the papers of one file. A row that cannot be used is an [`Error::BadRecord`], after which reading continues.
pub struct ReadyPapers {
    reader: Reader,
    notes: Notes,
    position: Position,
    dimension: usize,
}

impl ReadyPapers {
    /// How far the file is read, for a progress bar.
    #[must_use]
    pub fn position(&self) -> Position {
        self.position.clone()
    }

    /// What was not read of the rows so far.
    #[must_use]
    pub fn notes(&self) -> &Notes {
        &self.notes
    }
}

impl Iterator for ReadyPapers {
    type Item = Result<ReadyPaper>;

    fn next(&mut self) -> Option<Self::Item> {
        let row = match self.reader.next_row()? {
            Ok(row) => row,
            Err(error) => return Some(Err(error)),
        };
        let (schema, line) = (&self.reader.schema, self.reader.row);
        Some(paper_of(row, schema, line, self.dimension, &mut self.notes))
    }
}

/// The paper of a row with its embedding.
fn paper_of(row: Row, schema: &Type, line: u64, dimension: usize, notes: &mut Notes) -> Result<ReadyPaper> {
    let bad = |file: &str, reason| Error::BadRecord { file: file.to_owned(), line, reason };
    let object = object::of_row(&row, schema, &ALSO);
    if object.len() > LONGEST_RECORD {
        let reason = format!("expected a record of at most {} MiB, found a longer one", LONGEST_RECORD >> 20);
        return Err(bad(&notes.file, reason));
    }
    let record = json::record(&object).map_err(|reason| bad(&notes.file, reason))?;
    let paper = assembled(crate::corpus::Record { line, ..record }, notes)?;
    let (mut vector, mut codes, mut truncated) = (Field::Null, Field::Null, false);
    for (name, value) in row.into_columns() {
        match (name.as_str(), value) {
            (EMBEDDING, value) => vector = value,
            (SENTENCES, value) => codes = value,
            (TRUNCATED, Field::Bool(value)) => truncated = value,
            _ => {}
        }
    }
    let embedding = embedding_of(&vector, dimension).map_err(|reason| bad(&notes.file, reason))?;
    let sentences = match codes {
        Field::Bytes(codes) => Sentences::checked(codes.data(), dimension, &paper.abstract_text).ok_or_else(|| {
            let wanted =
                format!("expected `{SENTENCES}` with vectors of {dimension} dimensions and ranges of the abstract");
            bad(&notes.file, format!("{wanted}, found other bytes"))
        })?,
        _ => Sentences::default(),
    };
    Ok(ReadyPaper { paper, embedding, sentences, truncated })
}

/// The embedding in a column; the error is the reason in words.
fn embedding_of(value: &Field, dimension: usize) -> Result<Embedding, String> {
    let found = |found: &str| format!("expected an `{EMBEDDING}` of {dimension} numbers, found {found}");
    let Field::ListInternal(list) = value else {
        return Err(found(if matches!(value, Field::Null) { "none" } else { "a value that is no list" }));
    };
    let number = |value: &Field| match value {
        Field::Float(value) => Some(*value),
        #[allow(clippy::cast_possible_truncation)] // vectors are f32
        Field::Double(value) => Some(*value as f32),
        _ => None,
    };
    let numbers: Option<Vec<f32>> = list.elements().iter().map(number).collect();
    let numbers = numbers.ok_or_else(|| found("a list of other values"))?;
    if numbers.len() != dimension {
        return Err(found(&numbers.len().to_string()));
    }
    if numbers.iter().any(|number| !number.is_finite()) {
        return Err(found("one that is not finite"));
    }
    let length = numbers.iter().map(|number| number * number).sum::<f32>().sqrt();
    Embedding::of_unit(numbers).ok_or_else(|| format!("expected an `{EMBEDDING}` of length 1, found length {length}"))
}

/// A file, if it begins like a Parquet file.
fn opened(path: &Path) -> io::Result<File> {
    let damaged = || io::Error::new(io::ErrorKind::InvalidData, "it does not begin like a Parquet file");
    as_parquet(fs_err::File::open(path)?.into())?.ok_or_else(damaged)
}

/// The part files of a folder.
fn parts(folder: &Path) -> Result<Vec<PathBuf>> {
    let is_hidden = |name: &OsStr| name.to_string_lossy().starts_with(['.', '_']);
    let entries = WalkDir::new(folder).follow_links(true).sort_by_file_name().into_iter();
    let mut parts = Vec::new();
    for entry in entries.filter_entry(|entry| entry.depth() == 0 || !is_hidden(entry.file_name())) {
        let entry = entry.map_err(io::Error::from)?;
        if entry.file_type().is_file() && entry.path().extension().is_some_and(|extension| extension == "parquet") {
            parts.push(entry.into_path());
        }
    }
    if parts.is_empty() {
        let looked_for = "a file whose name ends with `.parquet` in this folder".to_owned();
        return Err(Error::NoPaper { file: folder.display().to_string(), looked_for });
    }
    Ok(parts)
}
