//! Writes papers with their embeddings as a Parquet file: a row per paper, a column per field, with the names of the JSON export.

use std::io::{self, Write};
use std::sync::Arc;

use ::parquet::basic::{Compression, ZstdLevel};
use ::parquet::data_type::{BoolType, ByteArray, ByteArrayType, FloatType, Int64Type};
use ::parquet::errors::ParquetError;
use ::parquet::file::metadata::KeyValue;
use ::parquet::file::properties::{EnabledStatistics, WriterProperties};
use ::parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use ::parquet::schema::parser::parse_message_type;
use ::parquet::schema::types::ColumnPath;
use serde_json::{Map, Value};

use super::ready::{EMBEDDING, FINGERPRINT, SENTENCES, TRUNCATED};
use crate::corpus::ReadyPaper;
use crate::embed::Fingerprint;
use crate::error::{Error, Result};

/// Papers of a row group, which is kept in memory: some 20 MB for 384 dimensions.
const GROUP: usize = 4_096;

/// What the values of a column are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Texts,
    Count,
}

/// The columns of a paper's own fields, with the names of its JSON.
const FIELDS: [(&str, Kind); 21] = [
    ("id", Kind::Text),
    ("ids", Kind::Texts),
    ("title", Kind::Text),
    ("abstract", Kind::Text),
    ("authors", Kind::Texts),
    ("author_count", Kind::Count),
    ("organisation", Kind::Text),
    ("categories", Kind::Texts),
    ("keywords", Kind::Texts),
    ("published", Kind::Text),
    ("type", Kind::Text),
    ("venue", Kind::Text),
    ("volume", Kind::Text),
    ("number", Kind::Text),
    ("pages", Kind::Text),
    ("publisher", Kind::Text),
    ("language", Kind::Text),
    ("citations", Kind::Count),
    ("url", Kind::Text),
    ("open_access", Kind::Text),
    ("comments", Kind::Count),
];

/// Writes a Parquet file of papers and their embeddings, from its start to its end.
///
/// Without [`PaperWriter::finish`], the file has no end and cannot be read.
pub struct PaperWriter<W: Write + Send> {
    writer: SerializedFileWriter<W>,
    /// The papers of the row group that is not yet written: the fields, and the rest.
    fields: Vec<Map<String, Value>>,
    papers: Vec<ReadyPaper>,
}

impl<W: Write + Send> PaperWriter<W> {
    /// Begins a file with the embeddings of the model with this fingerprint, which is written to the metadata.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn new(to: W, fingerprint: &Fingerprint) -> Result<Self> {
        let schema = parse_message_type(&schema()).map_err(failed)?;
        let fingerprint = serde_json::to_string(fingerprint).map_err(io::Error::from)?;
        let numbers = ColumnPath::from(vec![EMBEDDING.to_owned(), "list".to_owned(), "element".to_owned()]);
        let codes = ColumnPath::from(SENTENCES);
        let properties = WriterProperties::builder()
            .set_created_by(concat!("paperkin ", env!("CARGO_PKG_VERSION")).to_owned())
            .set_key_value_metadata(Some(vec![KeyValue::new(FINGERPRINT.to_owned(), fingerprint)]))
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_statistics_enabled(EnabledStatistics::None)
            // Numbers of vectors hardly repeat: a dictionary and compression cost time and save nothing.
            .set_column_dictionary_enabled(numbers.clone(), false)
            .set_column_compression(numbers, Compression::UNCOMPRESSED)
            .set_column_dictionary_enabled(codes.clone(), false)
            .set_column_compression(codes, Compression::UNCOMPRESSED)
            .build();
        let writer = SerializedFileWriter::new(to, Arc::new(schema), Arc::new(properties)).map_err(failed)?;
        Ok(Self { writer, fields: Vec::new(), papers: Vec::new() })
    }

    /// Adds a paper.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn add(&mut self, paper: ReadyPaper) -> Result<()> {
        match serde_json::to_value(&paper.paper).map_err(io::Error::from)? {
            Value::Object(fields) => self.fields.push(fields),
            _ => self.fields.push(Map::new()),
        }
        self.papers.push(paper);
        if self.papers.len() < GROUP { Ok(()) } else { self.write_group() }
    }

    /// Writes the rest of the file, and returns what was written to.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn finish(mut self) -> Result<W> {
        if !self.papers.is_empty() {
            self.write_group()?;
        }
        self.writer.into_inner().map_err(failed)
    }

    fn write_group(&mut self) -> Result<()> {
        let (fields, papers) = (std::mem::take(&mut self.fields), std::mem::take(&mut self.papers));
        write_group(&mut self.writer, &fields, &papers).map_err(failed)
    }
}

fn write_group<W: Write + Send>(
    writer: &mut SerializedFileWriter<W>,
    fields: &[Map<String, Value>],
    papers: &[ReadyPaper],
) -> Result<(), ParquetError> {
    let mut group = writer.next_row_group()?;
    for (name, kind) in FIELDS {
        let Some(mut column) = group.next_column()? else { break };
        let values = fields.iter().map(|fields| fields.get(name));
        match kind {
            Kind::Text => texts(&mut column, values.map(|value| value?.as_str()))?,
            Kind::Texts => lists(&mut column, values)?,
            Kind::Count => counts(&mut column, values.map(|value| value?.as_i64()))?,
        }
        column.close()?;
    }
    if let Some(mut column) = group.next_column()? {
        vectors(&mut column, papers)?;
        column.close()?;
    }
    if let Some(mut column) = group.next_column()? {
        let codes = papers.iter().map(|paper| Some(paper.sentences.as_bytes()).filter(|codes| !codes.is_empty()));
        bytes(&mut column, codes)?;
        column.close()?;
    }
    if let Some(mut column) = group.next_column()? {
        let truncated: Vec<bool> = papers.iter().map(|paper| paper.truncated).collect();
        column.typed::<BoolType>().write_batch(&truncated, None, None)?;
        column.close()?;
    }
    group.close()?;
    Ok(())
}

/// The columns in Parquet's notation.
fn schema() -> String {
    let mut text = String::from("message paper {\n");
    for (name, kind) in FIELDS {
        text.push_str(&match kind {
            Kind::Text => format!("optional binary {name} (STRING);\n"),
            Kind::Count => format!("optional int64 {name};\n"),
            Kind::Texts => list_of("binary element (STRING)", name),
        });
    }
    text.push_str(&list_of("float element", EMBEDDING));
    text.push_str(&format!("optional binary {SENTENCES};\nrequired boolean {TRUNCATED};\n}}"));
    text
}

fn list_of(element: &str, name: &str) -> String {
    format!("required group {name} (LIST) {{ repeated group list {{ required {element}; }} }}\n")
}

fn texts<'a>(
    column: &mut SerializedColumnWriter<'_>,
    values: impl Iterator<Item = Option<&'a str>>,
) -> Result<(), ParquetError> {
    bytes(column, values.map(|value| value.map(str::as_bytes)))
}

fn bytes<'a>(
    column: &mut SerializedColumnWriter<'_>,
    values: impl Iterator<Item = Option<&'a [u8]>>,
) -> Result<(), ParquetError> {
    let (mut levels, mut present) = (Vec::new(), Vec::new());
    for value in values {
        levels.push(i16::from(value.is_some()));
        present.extend(value.map(|value| ByteArray::from(value.to_vec())));
    }
    column.typed::<ByteArrayType>().write_batch(&present, Some(&levels), None)?;
    Ok(())
}

fn counts(
    column: &mut SerializedColumnWriter<'_>,
    values: impl Iterator<Item = Option<i64>>,
) -> Result<(), ParquetError> {
    let (mut levels, mut present) = (Vec::new(), Vec::new());
    for value in values {
        levels.push(i16::from(value.is_some()));
        present.extend(value);
    }
    column.typed::<Int64Type>().write_batch(&present, Some(&levels), None)?;
    Ok(())
}

/// Where lists begin and which are empty, in the levels of Parquet.
#[derive(Default)]
struct Levels {
    definition: Vec<i16>,
    repetition: Vec<i16>,
}

impl Levels {
    fn push(&mut self, elements: usize) {
        self.definition.extend(std::iter::repeat_n(i16::from(elements > 0), elements.max(1)));
        self.repetition.push(0);
        self.repetition.extend(std::iter::repeat_n(1, elements.saturating_sub(1)));
    }
}

fn lists<'a>(
    column: &mut SerializedColumnWriter<'_>,
    values: impl Iterator<Item = Option<&'a Value>>,
) -> Result<(), ParquetError> {
    let (mut levels, mut elements) = (Levels::default(), Vec::new());
    for value in values {
        let list = value.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let before = elements.len();
        elements.extend(list.iter().filter_map(Value::as_str).map(ByteArray::from));
        levels.push(elements.len() - before);
    }
    column.typed::<ByteArrayType>().write_batch(&elements, Some(&levels.definition), Some(&levels.repetition))?;
    Ok(())
}

fn vectors(column: &mut SerializedColumnWriter<'_>, papers: &[ReadyPaper]) -> Result<(), ParquetError> {
    let (mut levels, mut numbers) = (Levels::default(), Vec::new());
    for ReadyPaper { embedding, .. } in papers {
        numbers.extend_from_slice(embedding.as_slice());
        levels.push(embedding.as_slice().len());
    }
    column.typed::<FloatType>().write_batch(&numbers, Some(&levels.definition), Some(&levels.repetition))?;
    Ok(())
}

fn failed(error: ParquetError) -> Error {
    match error {
        ParquetError::External(cause) => match cause.downcast::<io::Error>() {
            Ok(cause) => Error::Io(*cause),
            Err(cause) => Error::Io(io::Error::other(cause)),
        },
        error => Error::Io(io::Error::other(error)),
    }
}
