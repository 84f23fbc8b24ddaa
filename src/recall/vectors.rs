//! Sources of vectors and queries: titles of a collection, a file of texts, or files of raw f32 values.

use std::io::{BufReader, Read};
use std::path::Path;

use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;
use rand::seq::index;
use serde::Deserialize;

use crate::corpus::{self, Source};
use crate::embed::{Embedding, Fingerprint};
use crate::error::{Error, Result};
use crate::paper::{Paper, PaperId};
use crate::progress::Progress;
use crate::store::{Change, DocId, Store, View};

/// Fixed, so that the sample of queries is reproducible.
const SEED: u64 = 384;
/// Number of rows in one commit.
const ROWS: usize = 8_192;

/// The titles of up to `count` papers: a random but reproducible sample.
///
/// # Errors
/// When the store cannot be read.
pub fn titles(view: &View<'_>, count: usize) -> Result<Vec<String>> {
    let docs: Vec<DocId> = view.docs().collect();
    let mut random = Xoshiro256PlusPlus::seed_from_u64(SEED);
    let mut drawn = index::sample(&mut random, docs.len(), count.min(docs.len())).into_vec();
    drawn.sort_unstable();
    let mut titles = Vec::with_capacity(drawn.len());
    for place in drawn {
        let paper = view.paper_at(docs[place])?;
        titles.extend(paper.map(|paper| paper.title).filter(|title| !title.trim().is_empty()));
    }
    Ok(titles)
}

/// Reads queries, one per line: plain text, or a JSON object with a `text`.
///
/// # Errors
/// When the file cannot be read, at a line of JSON without a text, and [`Error::NoQuestions`].
pub fn questions(path: &Path) -> Result<Vec<String>> {
    #[derive(Deserialize)]
    struct Record {
        text: String,
    }
    let mut lines = corpus::open_lines(&Source::from_argument(path))?;
    let mut questions = Vec::new();
    while let Some(line) = lines.next() {
        let line = line?;
        let text = line.text.trim();
        if text.starts_with('{') {
            let record: Record = serde_json::from_str(text).map_err(|error| {
                let reason = error.to_string().replace("line 1 column", "column");
                lines.bad(line.number, format!("expected a query, or a JSON object with a `text`: {reason}"))
            })?;
            questions.push(record.text);
        } else if !text.is_empty() {
            questions.push(text.to_owned());
        }
    }
    if questions.is_empty() { Err(Error::NoQuestions { path: path.to_owned() }) } else { Ok(questions) }
}

/// Reads rows of `dimension` little-endian f32 values, one at a time, and scales each to unit length.
///
/// # Errors
/// [`Error::BadVectors`] for a file that is empty or not a whole number of rows, and for each row that cannot be
/// normalised.
pub fn rows(path: &Path, dimension: usize) -> Result<impl Iterator<Item = Result<Embedding>> + use<>> {
    let bad = |reason: String| Error::BadVectors { path: path.to_owned(), dimension, reason };
    let file = fs_err::File::open(path)?;
    let (bytes, row_bytes) = (file.metadata()?.len(), dimension * size_of::<f32>());
    if bytes == 0 || dimension == 0 || bytes % row_bytes as u64 != 0 {
        return Err(bad(format!("it has {bytes} bytes, and a row has {row_bytes}")));
    }
    let mut file = BufReader::with_capacity(1 << 20, file);
    let rows = bytes / row_bytes as u64;
    let path = path.to_owned();
    Ok((0..rows).map(move |row| {
        let mut bytes = vec![0; row_bytes];
        file.read_exact(&mut bytes)?;
        let numbers = bytes.as_chunks().0.iter().map(|four| f32::from_le_bytes(*four)).collect();
        Embedding::normalised(numbers).map_err(|_| {
            let reason = format!("row {row} is zero, or contains a number that is not finite");
            Error::BadVectors { path: path.clone(), dimension, reason }
        })
    }))
}

/// Writes vectors to a store of generated papers.
///
/// # Errors
/// The first error of the vectors, or when the store cannot be written; [`Error::Interrupted`].
pub fn store(
    folder: &Path,
    dimension: usize,
    vectors: impl Iterator<Item = Result<Embedding>>,
    progress: &dyn Progress,
) -> Result<Store> {
    let fingerprint = Fingerprint::of_vectors(dimension);
    let store = Store::open_or_create(folder, &fingerprint, None)?;
    let mut changes = Vec::with_capacity(ROWS);
    for (row, embedding) in vectors.enumerate() {
        let title = format!("row {row}");
        let paper = Paper::new(PaperId::of_title(&title), title, String::new());
        changes.push(Change::new(paper, Some(embedding?)));
        if changes.len() == ROWS {
            if progress.is_cancelled() {
                return Err(Error::Interrupted);
            }
            store.commit(&fingerprint, &changes)?;
            changes.clear();
        }
    }
    store.commit(&fingerprint, &changes)?;
    Ok(store)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::made_up::numbers;
    use crate::progress::Silent;

    fn file(bytes: &[u8]) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        file
    }

    #[test]
    fn rows_are_read_and_normalised() {
        let file = file(bytemuck::cast_slice(&[3.0f32, 4.0, 0.0, 2.0]));
        let read: Vec<Embedding> = rows(file.path(), 2).unwrap().collect::<Result<_>>().unwrap();
        assert_eq!(read.iter().map(Embedding::as_slice).collect::<Vec<_>>(), [[0.6, 0.8], [0.0, 1.0]]);
        let folder = tempfile::tempdir().unwrap();
        let store = store(folder.path(), 2, rows(file.path(), 2).unwrap(), &Silent).unwrap();
        assert_eq!(store.snapshot().unwrap().vectors.all(), [0.6, 0.8, 0.0, 1.0]);
    }

    #[test]
    fn invalid_rows_are_reported() {
        let error_of = |bytes: &[u8], dimension| {
            let file = file(bytes);
            let rows = rows(file.path(), dimension).and_then(Iterator::collect::<Result<Vec<_>>>);
            rows.unwrap_err().to_string().replace(&file.path().display().to_string(), "x.f32")
        };
        assert_eq!(
            error_of(&[], 2),
            "`x.f32` does not contain vectors of 2 dimensions: it has 0 bytes, and a row has 8"
        );
        assert_eq!(
            error_of(&[0; 12], 2),
            "`x.f32` does not contain vectors of 2 dimensions: it has 12 bytes, and a row has 8"
        );
        assert!(error_of(&[0; 12], 0).contains("a row has 0"));
        let numbers = [1.0f32, 0.0, f32::NAN, 1.0];
        assert!(
            error_of(bytemuck::cast_slice(&numbers), 2)
                .ends_with("row 1 is zero, or contains a number that is not finite")
        );
    }

    #[test]
    fn queries_are_text_or_json_and_titles_are_sampled_reproducibly() {
        let lines = file(b"what is it?\n\n  {\"_id\": \"1\", \"text\": \"and this?\"}\n");
        assert_eq!(questions(lines.path()).unwrap(), ["what is it?", "and this?"]);
        assert!(questions(file(b"\n").path()).unwrap_err().to_string().contains("no query"));
        let bad = questions(file(b"a\n{\"question\": \"?\"}\n").path()).unwrap_err().to_string();
        assert!(bad.contains(":2: expected a query, or a JSON object with a `text`: missing field"), "{bad}");

        let folder = tempfile::tempdir().unwrap();
        let vectors = (0..100).map(|n| Embedding::normalised(numbers(n).take(8).collect()));
        let store = store(folder.path(), 8, vectors, &Silent).unwrap();
        let view = store.view().unwrap();
        let drawn = titles(&view, 20).unwrap();
        assert_eq!(drawn, titles(&view, 20).unwrap());
        assert_eq!(drawn.len(), 20);
        assert!(drawn.iter().all(|title| title.starts_with("row ")) && drawn[19] != "row 19");
        assert_eq!(titles(&view, 1_000).unwrap().len(), 100);
    }
}
