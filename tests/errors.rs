//! All errors with their hints: each names what was expected, what was found and what to do.

use std::path::PathBuf;

use paperkin::Error;
use paperkin::cli::hints;
use paperkin::error::ModelSummary;

use crate::support::{TINY, paperkin, run, run_with_input, stderr, stdout};

const DATE: &str = "a date like `2024`, `2024-06` or `2024-06-12`";

/// One of each variant, or several if the message or the hint depends on its fields.
fn errors() -> Vec<Error> {
    let mut errors = of_files_and_stores();
    // Where these errors are in the list of the library.
    let place = errors.iter().position(|error| matches!(error, Error::NoStore { .. })).unwrap();
    errors.splice(place + 1..=place, of_servers());
    errors.splice(place..place, of_test_sets());
    errors
}

fn of_test_sets() -> Vec<Error> {
    let (name, dir) = (|| "all-MiniLM-L6-v2".to_owned(), || PathBuf::from("index"));
    vec![
        Error::NoTestSet { folder: "scifact".into() },
        Error::TestSetIncomplete { folder: "scifact".into(), file: "corpus.jsonl".into() },
        Error::NoSplit { folder: "scifact".into(), split: "dev".into(), found: "test, train".into() },
        Error::NoSplit { folder: "scifact".into(), split: "dev".into(), found: String::new() },
        Error::NothingJudged { folder: "scifact".into(), split: "test".into() },
        Error::EmptyJudgedQuery { folder: "scifact".into(), query: "q7".into() },
        Error::BadTestSet { file: "corpus.jsonl".into(), line: 2, reason: "expected a grade, found `high`".into() },
        Error::NoQueryDocument { folder: "scifact".into(), query: "q7".into() },
        Error::BadPools { path: "test-pid2anns-csfcube-method.json".into(), reason: "it ends early".into() },
        Error::OneTestSet { found: 2 },
        Error::OneRunFile { name: "{mode}.run".into(), placeholder: "{set}" },
        Error::UnknownDocuments { folder: "scifact".into(), count: 12, document: "d9".into(), query: "q7".into() },
        Error::ForeignRun { path: "bm25.run".into(), judged: 300 },
        Error::NoPublishedScore { model: name(), set: "mine".into(), known: "SciFact".into() },
        Error::NoPublishedScore { model: name(), set: "mine".into(), known: String::new() },
        Error::ScoreDiffers {
            model: name(),
            set: "SciFact".into(),
            measured: 0.6012,
            published: 0.64508,
            tolerance: 0.01,
            source_url: "https://example.org/SciFact.json".into(),
        },
        Error::IdWithSpace { id: "document 9".into() },
        Error::VectorCache { path: "vectors".into(), source: rusqlite::Error::InvalidQuery },
        Error::BadVectors {
            path: "rows.f32".into(),
            dimension: 384,
            reason: "it has 7 bytes, and a row has 1536".into(),
        },
        Error::NoQuestions { path: "questions.txt".into() },
        Error::EmptyStore { dir: dir() },
        Error::BadRecall { found: 1.5 },
    ]
}

fn of_servers() -> Vec<Error> {
    let server = || "milvus://db:19530/default".to_owned();
    vec![
        Error::BadAddress {
            address: "nosuch://db".into(),
            reason: "expected the scheme `known`, found `nosuch`".into(),
        },
        Error::ServerNotBuilt { address: "milvus://db:19530/default".into(), program: "Milvus", feature: "milvus" },
        Error::SameStore { address: "index".into() },
        Error::ServerAway { address: server(), reason: "gRPC error: connection refused".into() },
        Error::ServerRefused { address: server(), doing: "search", reason: "collection not loaded".into() },
        Error::ServerSchema {
            address: server(),
            collection: "paperkin_papers",
            what: "its field `record` is missing or has another type".into(),
        },
        Error::ServerAnswer { what: "the field `record` has no texts".into() },
        Error::ServerAnswerTooLarge { address: server() },
        Error::TooLargeForServer { id: "10.1234/fish".into(), bytes: 70_000, limit: 65_535 },
        Error::OnlyInFolder {
            what: "the map",
            store: "milvus://db:19530/default".into(),
            instead: "export the papers",
        },
    ]
}

fn of_files_and_stores() -> Vec<Error> {
    let dir = || PathBuf::from("index");
    let path = || PathBuf::from("models/m/model.safetensors");
    let summary = |model: &str| {
        Box::new(ModelSummary { model: model.into(), revision: "0123456789abcdef0123".into(), dimension: 32 })
    };
    let (file, name) = (|| "papers.txt".to_owned(), || "all-MiniLM-L6-v2".to_owned());
    vec![
        Error::Io(std::io::Error::new(std::io::ErrorKind::NotFound, "failed to open file `papers.txt`")),
        Error::Io(std::io::Error::new(std::io::ErrorKind::PermissionDenied, "cannot write `index/meta.json`")),
        Error::Io(std::io::Error::new(
            std::io::ErrorKind::StorageFull,
            "cannot write 12 vectors to `index/vectors.1.f32`",
        )),
        Error::Io(std::io::Error::other("something else")),
        Error::UnreadableFile { file: file(), source: std::io::ErrorKind::UnexpectedEof.into() },
        Error::BadRecord { file: file(), line: 12, reason: "expected a `title`, found none".into() },
        Error::UnknownFormat { file: file(), beginning: "Once upon a time".into() },
        Error::NoPaper { file: file(), looked_for: "a line with a JSON object that has a `title`".into() },
        Error::NotPapers { file: file(), what: "a PDF document".into(), hint: "export its references".into() },
        Error::NotBuilt { file: file(), what: "Parquet files", feature: "parquet" },
        Error::NotBuiltToWrite { what: "Parquet files", feature: "parquet" },
        Error::VectorsOfAnotherModel {
            file: "part-0.parquet".into(),
            found: summary("other"),
            wanted: summary(&name()),
        },
        Error::ForeignVector {
            file: "part-0.parquet".into(),
            column: "embedding",
            paper: "2401.00001".into(),
            model: name(),
            cosine: 0.91234,
            least: 0.998,
        },
        Error::AmbiguousId { id: "smith2020".into(), papers: vec!["10.1234/a".into(), "10.1234/b".into()] },
        Error::CorpusIsFolder { path: "papers".into() },
        Error::UnknownModel { name: "gpt-9".into(), known: "`all-MiniLM-L6-v2`".into() },
        Error::BadManifest { name: name(), reason: "missing field `files`".into() },
        Error::ModelMissing { name: name(), looked_in: "`models/all-MiniLM-L6-v2`".into() },
        Error::FetchFailed {
            name: name(),
            attempts: "the hub, `o/n`: no answer within 5 s; the Python package p==1: `pip3`: not found".into(),
            folder: "models/m".into(),
        },
        Error::ModelFileDiffers {
            model: name(),
            path: path(),
            expected: "90868376 bytes".into(),
            found: "12 bytes".into(),
        },
        Error::ModelFileBroken { path: path(), reason: "header too large".into() },
        Error::BadDimension { name: name(), wanted: 999, whole: 384 },
        Error::ModelFolderIncomplete { folder: "models/m".into(), file: "tokenizer.json" },
        Error::Tokenization { reason: "no such token".into() },
        Error::NoDirection { length: 0.0 },
        Error::UnknownKernel { name: "abacus".into(), exists: false, available: "`portable`".into() },
        Error::UnknownKernel { name: "amx-bf16".into(), exists: true, available: "`portable`".into() },
        Error::Inference { reason: "out of memory".into() },
        Error::NotAnEmbedder { name: "ms-marco-MiniLM-L6-v2".into() },
        Error::NotACrossEncoder { name: name() },
        Error::NoReranker,
        Error::BadRerankDepth { found: 0, limit: 200 },
        Error::BytesToTerminal,
        Error::NoStore { dir: dir() },
        Error::StoreVersion { dir: dir(), found: 9, wanted: 2 },
        Error::StoreVersion { dir: dir(), found: 0, wanted: 2 },
        Error::StoreDamaged { dir: dir(), reason: "`vectors.1.f32` should have 12 bytes for 1 rows, but has 3".into() },
        Error::GraphDamaged { path: "index/graph.1.hnsw".into(), reason: "section 3 was altered".into() },
        Error::FingerprintDiffers { dir: dir(), stored: summary("all-MiniLM-L6-v2"), given: summary("other") },
        Error::FingerprintDiffers { dir: dir(), stored: summary("other"), given: summary("other") },
        Error::ModelChanged { dir: dir(), now: summary("other"), before: summary("all-MiniLM-L6-v2") },
        Error::AnotherBegun { dir: dir(), begun: "other".into(), dimension: 128, embedded: 1234 },
        Error::EmbeddedElsewhere { dir: dir(), holder: Some(4711) },
        Error::StoreLocked { dir: dir(), holder: Some(4711), waited_s: 10 },
        Error::StoreLocked { dir: dir(), holder: None, waited_s: 10 },
        Error::DiskFull { dir: dir(), source: "no space left on device".into() },
        Error::StoreReadOnly { dir: dir(), source: "read-only file system".into() },
        Error::FolderNotEmpty { dir: dir() },
        Error::BadArchive { name: "papers.tar.zst".into(), reason: "it ends before `meta.json`".into() },
        Error::Database { path: "index/papers.sqlite".into(), source: rusqlite::Error::InvalidQuery },
        Error::StoreOverwritten { dir: dir() },
        Error::FullText { dir: dir(), source: Box::new(tantivy::TantivyError::SystemError("no room".into())) },
        Error::EmptyQuery,
        Error::QueryTooLong { found: 25_000, limit: 20_000 },
        Error::BadK { found: 0, limit: 100 },
        Error::UnknownPaper { id: "2401.00001".into() },
        Error::SamePaper { id: "2401.00001".into() },
        Error::NoIds,
        Error::BadFilter { name: "from", found: "soon".into(), wanted: DATE },
        Error::TooManyValues { name: "author", found: 2_500, limit: 200 },
        Error::DatesReversed { from: "2024-06".into(), to: "2023".into() },
        Error::BadDiversity { found: 1.5 },
        Error::AddressInUse { address: "127.0.0.1:7373".to_owned() },
        Error::BadToken { reason: "it has 5 characters, but 16 are the least".to_owned() },
        Error::Interrupted,
    ]
}

/// All errors, each with its hint.
fn messages(hint: impl Fn(&Error) -> String) -> String {
    let messages = errors().into_iter().map(|error| format!("error: {error}\nhint: {}\n", hint(&error)));
    messages.collect::<Vec<_>>().join("\n")
}

#[test]
fn messages_and_hints_of_the_library() {
    for hint in errors().iter().map(Error::hint) {
        assert!(
            !hint.contains("--") && !hint.contains("`paperkin"),
            "{hint}: flags and commands exist only on the command line"
        );
    }
    insta::assert_snapshot!(messages(Error::hint));
}

#[test]
fn messages_and_hints_of_the_command_line() {
    insta::assert_snapshot!(messages(hints::hint));
}

#[test]
fn output_of_commands_that_fail() {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (store, empty, prose) = (place("store"), place("empty.txt"), place("prose.txt"));
    fs_err::write(&empty, "").unwrap();
    fs_err::write(&prose, "Once upon a time there was a paper without a format.\n").unwrap();
    let added = run_with_input(&["add", "--model", TINY, "--store", &store, "-"], "{\"title\":\"One\"}\n");
    assert_eq!(added.status.code(), Some(0), "{}", stderr(&added));
    let other = place("store/meta.json");
    fs_err::create_dir(place("folder")).unwrap();
    fs_err::write(place("folder/a.pdf"), "%PDF-1.7\n").unwrap();
    let commands: [&[&str]; 39] = [
        &["add"],
        &["add", &place("nowhere.jsonl")],
        &["add", &empty],
        &["add", &prose],
        &["add", "--store", &store, &place("folder")],
        &["add", "--format", "jsonl", &prose, "--model", TINY, "--store", &store],
        &["add", "--format", "csv", &prose],
        &["search", "--store", &place("nowhere"), "x"],
        &["search", "--store", &other, "x"],
        &["search", "--store", &store, "  "],
        &["search", "--store", &store, "-k", "0", "x"],
        &["search", "--store", &store, "-k", "101", "x"],
        &["search", "--store", &store, "--model", "gpt-9", "x"],
        &["search", "--store", &store, &"long ".repeat(5000)],
        &["search", "--store", &store, "--mode", "psychic", "x"],
        &["search", "--store", &store, "--from", "soon", "x"],
        &["search", "--store", &store, "--from", "2024-06", "--to", "2023", "x"],
        &["search", "--store", &store, "--category", "cs.L*", "x"],
        &["search", "--store", &store, "--author", " ", "x"],
        &["search", "--store", &store, "--diverse", "1.5", "x"],
        &["search", "--store", &store, "--from", "2024", "x"],
        &["search", "--store", &store, "--mode", "lexical", "the unheard-of"],
        &["related", "--store", &store, "2401.00001"],
        &["show", "--store", &store, "smith2020"],
        &["show", "--store", &store, "title:0000000000000000"],
        &["search", "--store", "nosuch://secret@db/papers", "x"],
        &["search", "--store", "milvus://secret@db:0/papers", "x"],
        &["add", "--store", "milvus://db", "--quick", "--model", TINY, "--sample"],
        &["compact", "--store", "milvus://db"],
        &["map", "--store", "milvus://db", "--json"],
        &["models", "advise", "--store", "milvus://db"],
        &["models", "distil", "--name", "x", "--from", "milvus://db"],
        &["recall", "--store", "milvus://db"],
        &["reindex", "--store", "milvus://db"],
        &["restore", "--store", "milvus://db", "x"],
        &["snapshot", "--store", "milvus://db", "x"],
        &["status", "--store", "milvus://db", "--check"],
        &["models", "show", "gpt-9"],
        &["models", "show", &place("store/")],
    ];
    let mut text = String::new();
    for arguments in commands {
        let output = run(arguments);
        let line = arguments.join(" ");
        let line = if line.len() > 200 { format!("{} …", &line[..line.len() - 2_400]) } else { line };
        text.push_str(&format!("$ paperkin {line}\n"));
        text.push_str(&format!("{}{}exit {}\n\n", stdout(&output), stderr(&output), output.status.code().unwrap()));
    }
    let text = text.replace(folder.path().to_str().unwrap(), "TMP");
    insta::assert_snapshot!(text);
}

#[test]
#[cfg(not(feature = "milvus"))]
fn addresses_of_servers_are_read_from_flag_and_variable() {
    let address = "milvus://secret@db/papers";
    for arguments in [&["search", "x"][..], &["add", "--sample", "--model", TINY], &["status"], &["serve"], &["mcp"]] {
        let given = run(&[&["--store", address], arguments].concat());
        let set = paperkin(arguments).env("PAPERKIN_STORE", address).output().unwrap();
        for output in [given, set] {
            let text = stderr(&output);
            assert_eq!(output.status.code(), Some(2), "{text}");
            assert!(text.contains("`milvus://db:19530/papers` cannot be used: this build"), "{text}");
            assert!(
                text.contains("hint: ") && text.contains("--features milvus") && !text.contains("secret"),
                "{text}"
            );
        }
    }
}

#[test]
fn help_does_not_print_the_address_of_the_environment() {
    let address = "milvus://secret@db/papers";
    for help in ["--help", "-h"] {
        let help = paperkin(&["search", help]).env("PAPERKIN_STORE", address).output().unwrap();
        let text = stdout(&help);
        assert!(text.contains("[env: PAPERKIN_STORE]") && !text.contains("secret"), "{text}");
    }
}
