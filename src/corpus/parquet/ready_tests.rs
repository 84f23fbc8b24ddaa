//! Papers with embeddings are written and read again, and invalid ones are explained.

use std::path::{Path, PathBuf};

use proptest::prelude::*;

use crate::corpus::{self, CorpusOptions, PaperWriter, ReadyFiles, ReadyPaper, Source};
use crate::embed::{Embedder, Embedding, ModelFolder};
use crate::error::Error;
use crate::ingest::{check_sample, embedded};
use crate::made_up::numbers;
use crate::paper::Paper;
use crate::progress::Silent;
use crate::store::Sentences;

fn embedder(model: &str) -> Embedder {
    Embedder::load(&ModelFolder::open(Path::new(model)).unwrap(), 1).unwrap()
}

/// A model with embeddings of sentences.
fn tiny() -> Embedder {
    embedder("tests/data/tiny-bert")
}

fn papers() -> Vec<Paper> {
    let source = Source::File("tests/data/parquet/papers.jsonl".into());
    let mut papers: Vec<Paper> =
        corpus::open(&source, &CorpusOptions::default()).unwrap().map(Result::unwrap).collect();
    let made = |number: u64| {
        let words: Vec<&str> =
            numbers(number + 1).take(8).map(|word| if word > 0.0 { "graphs" } else { "walks" }).collect();
        let text = format!("We count {}. They are {} of number {number}.", words[..4].join(" "), words[4..].join(" "));
        Paper::new(format!("2301.{number:05}").parse().unwrap(), format!("On the number {number}"), text)
    };
    papers.extend((1..60).map(made));
    papers
}

fn ready(embedder: &Embedder, papers: &[Paper]) -> Vec<ReadyPaper> {
    let vectors = embedded(embedder, &papers.iter().collect::<Vec<_>>(), &Silent).unwrap();
    let ready = papers.iter().zip(vectors).map(|(paper, vectors)| {
        let vectors = vectors.unwrap();
        let (embedding, sentences) = (vectors.embedding, vectors.sentences);
        ReadyPaper { paper: paper.clone(), embedding, sentences, truncated: vectors.truncated }
    });
    ready.collect()
}

fn write(path: &Path, embedder: &Embedder, papers: &[ReadyPaper]) {
    let mut writer = PaperWriter::new(fs_err::File::create(path).unwrap(), embedder.fingerprint()).unwrap();
    for paper in papers {
        writer.add(paper.clone()).unwrap();
    }
    writer.finish().unwrap();
}

fn read(paths: &[PathBuf], dimension: usize) -> Vec<Result<ReadyPaper, Error>> {
    let files = ReadyFiles::open(paths).unwrap();
    files.files().iter().flat_map(|file| file.read(dimension).unwrap()).collect()
}

#[test]
fn papers_and_embeddings_are_read_as_they_were_written() {
    for embedder in [tiny(), embedder("tests/data/models/static")] {
        let wanted = ready(&embedder, &papers());
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("papers.parquet");
        write(&path, &embedder, &wanted);
        let dimension = embedder.fingerprint().dimension;
        let found: Vec<ReadyPaper> =
            read(std::slice::from_ref(&path), dimension).into_iter().map(Result::unwrap).collect();
        assert_eq!(found, wanted);
        let files = ReadyFiles::open(std::slice::from_ref(&path)).unwrap();
        files.check_fingerprints(embedder.fingerprint()).unwrap();
        let mut rows = files.files()[0].read(dimension).unwrap();
        assert_eq!(rows.by_ref().count(), wanted.len());
        assert!(rows.notes().is_empty() && Some(rows.position().read()) == rows.position().total);
        // Without their embeddings, by the reader of all formats.
        let plain: Vec<Paper> =
            corpus::open(&Source::File(path), &CorpusOptions::default()).unwrap().flatten().collect();
        assert!(plain.iter().eq(wanted.iter().map(|ready| &ready.paper)));
    }
}

#[test]
fn several_row_groups_and_an_empty_file_are_written() {
    let embedder = embedder("tests/data/models/static");
    let one = ready(&embedder, &papers()[4..5]).remove(0);
    let folder = tempfile::tempdir().unwrap();
    let paths = ["many", "none"].map(|name| folder.path().join(name));
    let many: Vec<ReadyPaper> = (0..5_000)
        .map(|number| {
            let id = format!("10.1234/{number}").parse().unwrap();
            ReadyPaper { paper: Paper { id, ..one.paper.clone() }, ..one.clone() }
        })
        .collect();
    write(&paths[0], &embedder, &many);
    write(&paths[1], &embedder, &[]);
    let found = read(&paths, embedder.fingerprint().dimension);
    assert!(found.into_iter().map(Result::unwrap).eq(many));
    let sample = ReadyFiles::open(&paths).unwrap().sample(embedder.fingerprint().dimension, 4).unwrap();
    let ids: Vec<String> = sample.iter().map(|(_, ready)| ready.paper.id.to_string()).collect();
    assert_eq!(ids, ["10.1234/625", "10.1234/1875", "10.1234/3125", "10.1234/4375"]);
}

#[test]
fn part_files_of_a_folder_are_read_in_order() {
    let embedder = tiny();
    let wanted = ready(&embedder, &papers());
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("year=2023");
    for folder in [&inner, &folder.path().join("_temporary")] {
        fs_err::create_dir(folder).unwrap();
    }
    write(&folder.path().join("part-00001.parquet"), &embedder, &wanted[10..40]);
    write(&folder.path().join("part-00000.zstd.parquet"), &embedder, &wanted[..10]);
    write(&inner.join("part-00002.parquet"), &embedder, &wanted[40..]);
    for other in ["_SUCCESS", ".part-00000.parquet.crc", "_temporary/part-9.parquet", "notes.txt", ".x.parquet"] {
        fs_err::write(folder.path().join(other), "other").unwrap();
    }
    let paths = [folder.path().to_owned()];
    let found: Vec<ReadyPaper> = read(&paths, 32).into_iter().map(Result::unwrap).collect();
    assert_eq!(found, wanted);
    let files = ReadyFiles::open(&paths).unwrap();
    assert!(files.files().iter().all(|file| file.named() == folder.path()));
    check_sample(&embedder, &files.sample(32, 7).unwrap()).unwrap();
    let error = ReadyFiles::open(&[folder.path().join("_temporary").join("none")]).err().unwrap();
    assert!(matches!(error, Error::UnreadableFile { .. }), "{error}");
    fs_err::create_dir(folder.path().join("empty")).unwrap();
    let error = ReadyFiles::open(&[folder.path().join("empty")]).err().unwrap().to_string();
    assert!(error.contains("expected a file whose name ends with `.parquet` in this folder"), "{error}");
}

#[test]
fn invalid_embeddings_are_records_that_can_be_skipped() {
    for name in ["vectors.parquet", "doubles.parquet"] {
        let path = Path::new("tests/data/parquet").join(name);
        let read = read(std::slice::from_ref(&path), 2);
        let told: Vec<String> = read.iter().filter_map(|read| Some(read.as_ref().err()?.to_string())).collect();
        let wanted = [
            (2, "expected an `embedding` of 2 numbers, found none"),
            (3, "expected an `embedding` of 2 numbers, found 1"),
            (4, "expected an `embedding` of length 1, found length 0"),
            (5, "expected an `embedding` of 2 numbers, found one that is not finite"),
            (6, "expected an `embedding` of length 1, found length 5"),
            (7, "expected an `embedding` of 2 numbers, found 0"),
            (8, "expected an `embedding` of 2 numbers, found a list of other values"),
            (9, "expected `sentences` with vectors of 2 dimensions and ranges of the abstract, found other bytes"),
        ];
        let wanted = wanted.map(|(row, reason)| format!("{}:{row}: {reason}", path.display()));
        assert_eq!(told, wanted);
        assert!(read.iter().all(|read| read.as_ref().err().is_none_or(Error::is_bad_record)));
        let good: Vec<&[f32]> = read.iter().flatten().map(|ready| ready.embedding.as_slice()).collect();
        assert_eq!(good, [[0.6, 0.8], [1.0, 0.0]]);
        // The sample has those that are valid; if none is, that is an error.
        let files = ReadyFiles::open(&[path]).unwrap();
        assert_eq!(files.sample(2, 10).unwrap().len(), 2);
        let error = files.sample(3, 10).unwrap_err().to_string();
        assert!(error.contains("expected an `embedding` of 3 numbers, found 2"), "{error}");
    }
}

#[test]
fn files_without_embeddings_or_of_another_format_are_refused() {
    let open = |name: &str| ReadyFiles::open(&[Path::new("tests/data/parquet").join(name)]).err().unwrap().to_string();
    let error = open("numbers.parquet");
    assert!(error.contains("expected a column `embedding` with lists of numbers; the columns are `"), "{error}");
    let error = open("papers.jsonl");
    assert!(error.contains("it does not begin like a Parquet file"), "{error}");
}

#[test]
fn embeddings_of_another_model_or_text_are_refused() {
    let (embedder, other) = (tiny(), embedder("tests/data/models/bert-last"));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("papers.parquet");
    let wanted = ready(&embedder, &papers());
    write(&path, &embedder, &wanted);
    let files = ReadyFiles::open(std::slice::from_ref(&path)).unwrap();
    let error = files.check_fingerprints(other.fingerprint()).unwrap_err().to_string();
    assert!(error.contains("has embeddings of `tiny-bert`") && error.contains("was requested"), "{error}");
    check_sample(&embedder, &files.sample(32, 32).unwrap()).unwrap();

    let opposite =
        |vector: &Embedding| Embedding::normalised(vector.as_slice().iter().map(|value| -value).collect()).unwrap();
    let refused = |papers: &[ReadyPaper]| {
        write(&path, &embedder, papers);
        let files = ReadyFiles::open(std::slice::from_ref(&path)).unwrap();
        check_sample(&embedder, &files.sample(32, papers.len()).unwrap()).unwrap_err()
    };
    let place = wanted.len() / 2;
    let mut changed = wanted.clone();
    changed[place].embedding = opposite(&wanted[place].embedding);
    let error = refused(&changed);
    let Error::ForeignVector { paper, cosine, least, column, .. } = &error else { panic!("{error}") };
    assert_eq!((paper.as_str(), *least, *column), (wanted[place].paper.id.printed(), 0.998, "embedding"));
    assert!(*cosine < -0.99, "{error}");

    let mut changed = wanted.clone();
    let embedding = &wanted[place].embedding;
    let places: Vec<_> =
        wanted[place].sentences.cosines(embedding, Some(embedding.as_slice())).map(|(place, _)| place).collect();
    assert_eq!(places.len(), 2);
    changed[place].sentences = Sentences::default();
    for range in &places {
        changed[place].sentences.push(embedding, range, &opposite(embedding));
    }
    let error = refused(&changed);
    assert!(matches!(error, Error::ForeignVector { column: "sentences", .. }), "{error}");
}

proptest! {
    /// Whatever the bytes, papers or errors come out, and they end.
    #[test]
    fn damaged_files_never_panic(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..5),
        cut in prop::option::weighted(0.1, any::<prop::sample::Index>()),
    ) {
        let mut bytes = fs_err::read("tests/data/parquet/vectors.parquet").unwrap();
        for (place, byte) in changes {
            let place = 4 + place.index(bytes.len() - 4);
            bytes[place] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(4 + cut.index(bytes.len() - 4));
        }
        let file = tempfile::NamedTempFile::new().unwrap();
        fs_err::write(file.path(), bytes).unwrap();
        if let Ok(files) = ReadyFiles::open(&[file.path().to_owned()]) {
            let _ = files.sample(2, 5);
            if let Ok(papers) = files.files()[0].read(2) {
                prop_assert!(papers.count() < 100_000);
            }
        }
    }
}
