//! `embed --format parquet` and `add --vectors` work together, and explain what they refuse.

use std::path::Path;

use clap::Parser;

use super::output::Output;
use super::{Cli, Command, Outcome, hints};
use crate::corpus::sample;
use crate::engine::Address;
use crate::error::Error;
use crate::paper::Paper;
use crate::store::Store;

const TINY: &str = "tests/data/tiny-bert";
const OTHER: &str = "tests/data/models/bert-last";

fn run(arguments: &[&str]) -> anyhow::Result<Outcome> {
    let Cli { command, store } = Cli::try_parse_from([&["paperkin"], arguments].concat())?;
    match command {
        Command::Add(add) => add.run(&Address::parse(&store).unwrap(), &mut Output::new()),
        Command::Embed(embed) => embed.run(&mut Output::new()),
        _ => unreachable!("another command"),
    }
}

/// The message and the hint.
fn told(error: &anyhow::Error) -> String {
    format!("{error}; {}", error.downcast_ref::<Error>().map(hints::hint).unwrap_or_default())
}

/// Papers as JSON Lines and as Parquet, and a store; all in a folder.
struct Made {
    folder: tempfile::TempDir,
}

impl Made {
    fn new() -> Self {
        let made = Self { folder: tempfile::tempdir().unwrap() };
        let papers: Vec<Paper> = sample::papers().take(70).map(Result::unwrap).collect();
        let lines: String = papers.iter().map(|paper| serde_json::to_string(paper).unwrap() + "\n").collect();
        fs_err::write(made.path("papers.jsonl"), lines).unwrap();
        made
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    fn embed(&self, input: &str, output: &str, more: &[&str]) -> anyhow::Result<Outcome> {
        let (input, output) = (self.path(input), self.path(output));
        let arguments = ["embed", &input, "--model", TINY, "--format", "parquet", "--output", &output];
        run(&[&arguments, more].concat())
    }

    fn add(&self, store: &str, file: &str, more: &[&str]) -> anyhow::Result<Outcome> {
        let (store, file) = (self.path(store), self.path(file));
        run(&[&["--store", &store, "add", "--vectors", &file], more].concat())
    }
}

#[test]
fn papers_are_embedded_once_and_added_without_embedding() {
    let made = Made::new();
    made.embed("papers.jsonl", "papers.parquet", &[]).unwrap();
    for _ in 0..2 {
        made.add("ready", "papers.parquet", &["--model", TINY]).unwrap();
    }
    run(&["--store", &made.path("plain"), "add", "--model", TINY, &made.path("papers.jsonl")]).unwrap();
    let [ready, plain] = ["ready", "plain"].map(|name| {
        let store = Store::open(Path::new(&made.path(name))).unwrap();
        let snapshot = store.snapshot().unwrap();
        let view = store.view().unwrap();
        let papers = snapshot.docs().map(|doc| (view.paper_at(doc).unwrap(), view.sentences_at(doc).unwrap()));
        (papers.collect::<Vec<_>>(), snapshot.vectors.all().to_vec(), snapshot.generation.fingerprint.clone())
    });
    assert_eq!(ready.0.len(), 70);
    assert!(ready == plain);
}

#[test]
fn invalid_lines_are_set_aside_if_wanted() {
    let made = Made::new();
    let lines =
        "{\"title\": \"One\", \"id\": \"2001.00001\"}\n{\"text\": \"no paper\"}\nnonsense\n{\"title\": \"Two\"}\n";
    fs_err::write(made.path("bad.jsonl"), lines).unwrap();
    fs_err::write(made.path("bad.parquet"), "from before").unwrap();
    let error = told(&made.embed("bad.jsonl", "bad.parquet", &[]).err().unwrap());
    assert!(error.contains("bad.jsonl:2: expected a paper: "), "{error}");
    assert_eq!(fs_err::read_to_string(made.path("bad.parquet")).unwrap(), "from before");
    made.embed("bad.jsonl", "bad.parquet", &["--rejected", &made.path("rejected")]).unwrap();
    let rejected = fs_err::read_to_string(made.path("rejected")).unwrap();
    let rejected: Vec<serde_json::Value> = rejected.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let kept: Vec<_> =
        rejected.iter().map(|line| (line["line"].as_u64().unwrap(), line["text"].as_str().unwrap())).collect();
    assert_eq!(kept, [(2, "{\"text\": \"no paper\"}"), (3, "nonsense")]);
    assert!(rejected.iter().all(|line| line["reason"].as_str().unwrap().starts_with("expected a paper: ")));
    let error = told(&made.embed("bad.jsonl", "bad.parquet", &["--role", "query"]).err().unwrap());
    assert!(error.contains("`--role passage`"), "{error}");
    made.add("store", "bad.parquet", &["--model", TINY]).unwrap();
    assert_eq!(Store::open(Path::new(&made.path("store"))).unwrap().count().unwrap(), 2);
    assert_eq!(fs_err::read_dir(made.folder.path()).unwrap().count(), 5, "a temporary file is left");
}

#[test]
fn embeddings_of_another_model_create_no_store() {
    let made = Made::new();
    made.embed("papers.jsonl", "papers.parquet", &[]).unwrap();
    let error = told(&made.add("store", "papers.parquet", &["--model", OTHER]).err().unwrap());
    assert!(error.contains("has embeddings of `tiny-bert`") && error.contains("pass `--model tiny-bert`"), "{error}");
    assert!(!Store::is_store(Path::new(&made.path("store"))));
    made.add("store", "papers.parquet", &["--model", TINY]).unwrap();
    let error = told(&made.add("store", "papers.jsonl", &[]).err().unwrap());
    assert!(error.contains("it does not begin like a Parquet file"), "{error}");
}

#[test]
fn one_invalid_embedding_is_an_error_only_if_wanted() {
    let made = Made::new();
    let file = "tests/data/parquet/vectors.parquet";
    // All but two records of the file are invalid, and these are of another model.
    let arguments = ["--store", &made.path("store"), "add", "--vectors", file, "--model", TINY];
    let error = told(&run(&arguments).err().unwrap());
    assert!(error.contains("vectors.parquet:1: expected an `embedding` of 32 numbers, found 2"), "{error}");
    assert!(run(&[&arguments[..], &["--quick"]].concat()).is_err());
}
