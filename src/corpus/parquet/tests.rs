//! Tests with the files that `tests/scripts/parquet_files.py` made: the papers of `papers.jsonl`, as different writers write them.

use std::io::Cursor;
use std::path::PathBuf;

use proptest::prelude::*;

use crate::corpus::input::Input;
use crate::corpus::{self, CorpusFormat, CorpusOptions, Papers, Position, Source};
use crate::error::{Error, Result};
use crate::paper::Paper;

const FILES: [&str; 3] = ["arrow.parquet", "datasets.parquet", "old.parquet"];

fn data(name: &str) -> PathBuf {
    PathBuf::from("tests/data/parquet").join(name)
}

fn open(name: &str) -> Result<Papers> {
    corpus::open(&Source::File(data(name)), &CorpusOptions::default())
}

/// The papers of a content that can only be read once.
fn streamed(bytes: Vec<u8>) -> Result<Vec<Result<Paper>>> {
    let input = Input::of("x.parquet".into(), Box::new(Cursor::new(bytes)), Position::default(), 2026)?;
    Ok(Papers::of(input, &CorpusOptions::default())?.collect())
}

#[test]
fn rows_of_each_writer_are_the_papers_of_json() {
    let wanted: Vec<Paper> = open("papers.jsonl").unwrap().map(Result::unwrap).collect();
    assert_eq!(wanted.len(), 4);
    for name in FILES {
        let mut papers = open(name).unwrap();
        assert_eq!(papers.format(), CorpusFormat::Parquet);
        let found: Vec<Paper> = papers.by_ref().map(Result::unwrap).collect();
        assert_eq!(found, wanted, "{name}");
        assert!(papers.notes().is_empty(), "{name}");
        let position = papers.position();
        assert_eq!(Some(position.read()), position.total, "{name}");
    }
}

#[test]
fn compressed_files_and_streams_are_copied_and_read() {
    let bytes = fs_err::read(data("arrow.parquet")).unwrap();
    let compressed = zstd::encode_all(bytes.as_slice(), 1).unwrap();
    for bytes in [bytes, compressed] {
        let titles: Vec<String> =
            streamed(bytes.clone()).unwrap().into_iter().map(|paper| paper.unwrap().title).collect();
        assert_eq!(titles.len(), 4);
        let folder = tempfile::tempdir().unwrap();
        fs_err::write(folder.path().join("x"), bytes).unwrap();
        let papers = corpus::open(&Source::File(folder.path().join("x")), &CorpusOptions::default()).unwrap();
        assert_eq!(papers.map(|paper| paper.unwrap().title).collect::<Vec<_>>(), titles);
    }
}

#[test]
fn unusable_files_are_explained() {
    let told = |error: Error| format!("{error}; {}", error.hint());
    let error = told(open("numbers.parquet").err().unwrap());
    assert!(error.contains("expected a column `title`; the columns are `x`, `label`"), "{error}");
    let error = told(open("brotli.parquet").unwrap().next().unwrap().unwrap_err());
    assert!(error.contains("brotli") && error.contains("Snappy"), "{error}");
    let mut bytes = fs_err::read(data("arrow.parquet")).unwrap();
    bytes.truncate(bytes.len() - 9);
    let error = told(streamed(bytes).err().unwrap());
    assert!(error.contains("cannot read `x.parquet`") && error.contains("truncated or corrupt"), "{error}");
    let options = CorpusOptions { format: Some(CorpusFormat::Parquet), ..CorpusOptions::default() };
    let error = told(corpus::open(&Source::File(data("papers.jsonl")), &options).err().unwrap());
    assert!(error.contains("it does not begin like a Parquet file"), "{error}");
}

proptest! {
    /// Whatever the bytes, papers or errors come out, and they end.
    #[test]
    fn damaged_files_never_panic(
        file in prop::sample::select(&FILES[..]),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..5),
        cut in prop::option::weighted(0.1, any::<prop::sample::Index>()),
    ) {
        let mut bytes = fs_err::read(data(file)).unwrap();
        // The first four bytes are how the format is recognised.
        for (place, byte) in changes {
            let place = 4 + place.index(bytes.len() - 4);
            bytes[place] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(4 + cut.index(bytes.len() - 4));
        }
        if let Ok(papers) = streamed(bytes) {
            prop_assert!(papers.len() < 100_000);
        }
    }
}
