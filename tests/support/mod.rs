//! What several tests need: a tiny model, made-up papers, a folder that goes away, the program itself.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;

use paperkin::embed::{Embedded, Embedder, ModelFolder, Role, Text};
use paperkin::ingest::{Ingest, IngestReport, open_store};
use paperkin::paper::{Paper, PaperId};
use paperkin::progress::{Progress, Silent};
use paperkin::search::Searcher;
use paperkin::store::{Sentences, Store};

pub mod collection;
#[cfg(target_os = "linux")]
pub mod disk;
pub mod http;
pub mod test_set;

pub const TINY: &str = "tests/data/tiny-bert";
/// Another tiny random model, with vectors of another length.
pub const OTHER: &str = "tests/data/models/bert-last";

/// The tiny random model, whose vectors mean nothing and are made in no time.
pub fn tiny_model() -> ModelFolder {
    ModelFolder::open(Path::new(TINY)).unwrap()
}

pub fn tiny_embedder() -> Arc<Embedder> {
    Arc::new(Embedder::load(&tiny_model(), 2).unwrap())
}

/// `count` papers, no two alike: new arXiv ids, old ones, DOIs and none, in turn.
pub fn papers(count: usize) -> Vec<Paper> {
    (0..count).map(paper).collect()
}

pub fn paper(number: usize) -> Paper {
    const THINGS: [&str; 8] =
        ["graphs", "proteins", "galaxies", "compilers", "languages", "images", "markets", "oceans"];
    const DOINGS: [&str; 7] = ["sorting", "measuring", "learning", "folding", "simulating", "naming", "counting"];
    let (thing, doing) = (THINGS[number % 8], DOINGS[number % 7]);
    let title = format!("On {doing} {thing}, part {number}");
    let id = match number % 4 {
        0 => PaperId::parse(&format!("2001.{number:05}")).unwrap(),
        1 => PaperId::parse(&format!("math/99{:02}{:03}", number / 1000 % 12 + 1, number % 1000)).unwrap(),
        2 => PaperId::parse(&format!("10.1234/made.up.{number}")).unwrap(),
        _ => PaperId::of_title(&title),
    };
    let text = format!(
        "We speak of {doing} {thing}. There are {number} of them. What is done with them is told at some length."
    );
    let mut paper = Paper::new(id, title, text);
    paper.authors = vec![format!("Author {number}"), "Someone Else".to_owned()];
    paper.categories = vec!["math.CO".to_owned()];
    paper
}

/// Papers as JSON Lines.
pub fn json_lines(papers: &[Paper]) -> String {
    papers.iter().map(|paper| serde_json::to_string(paper).unwrap() + "\n").collect()
}

/// Work that is cancelled before it begins.
pub struct Cancelled;

impl Progress for Cancelled {
    fn is_cancelled(&self) -> bool {
        true
    }
}

pub fn add(store: &Store, embedder: &Embedder, papers: &[Paper]) -> IngestReport {
    let mut ingest = Ingest::new(store, embedder, &Silent);
    ingest.add(papers.iter().cloned().map(Ok)).unwrap();
    ingest.finish().unwrap()
}

/// A searcher over a new store in `dir` with these papers.
pub fn searcher(dir: &Path, papers: &[Paper]) -> Searcher {
    let store = open_store(dir, &tiny_model()).unwrap();
    let embedder = tiny_embedder();
    add(&store, &embedder, papers);
    Searcher::new(store, embedder).unwrap()
}

/// The program, in this project's folder, unaffected by the settings of whoever runs the tests.
pub fn paperkin(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_paperkin"));
    for name in [
        "PAPERKIN_STORE",
        "PAPERKIN_MODEL",
        "PAPERKIN_THREADS",
        "PAPERKIN_ADDR",
        "PAPERKIN_LOG",
        "PAPERKIN_TOKEN",
        "PAPERKIN_KERNEL",
        "PAPERKIN_PRECISION",
        "CLICOLOR_FORCE",
        "COLUMNS",
    ] {
        command.env_remove(name);
    }
    command.args(arguments).stdin(Stdio::null());
    command
}

/// The program with a cache and a data folder of its own, so that nothing of this machine is found.
pub fn alone(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = paperkin(arguments);
    command.env("XDG_CACHE_HOME", folder.join("cache")).env("XDG_DATA_HOME", folder.join("data"));
    command
}

pub fn run(arguments: &[&str]) -> Output {
    paperkin(arguments).output().unwrap()
}

pub fn run_with_input(arguments: &[&str], input: &str) -> Output {
    output_of(paperkin(arguments), input)
}

/// What a program says to some input.
pub fn output_of(mut command: Command, input: &str) -> Output {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

pub fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

pub fn json(output: &Output) -> serde_json::Value {
    assert!(output.status.success(), "{}", stderr(output));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// A file of the real data beside the project; `None`, said aloud, where it is not there.
pub fn shared(path: &str) -> Option<PathBuf> {
    let path = Path::new("../shared").join(path);
    if path.exists() {
        return Some(path);
    }
    eprintln!("left out: `{}` is not there", path.display());
    None
}

/// What a test needs from this machine; a test that does without says so, and fails where nothing may be left out.
pub fn required<T>(what: &str, found: Option<T>) -> Option<T> {
    if found.is_none() {
        eprintln!("SKIPPED: {what}");
        assert!(std::env::var_os("PAPERKIN_REQUIRE_ALL").is_none_or(|all| all != "1"), "missing: {what}");
    }
    found
}

/// The Python that has the packages of tests/clients/requirements.txt.
pub fn python() -> Option<PathBuf> {
    let given = std::env::var_os("PAPERKIN_PYTHON").map(PathBuf::from);
    let built = || Some(Path::new(env!("CARGO_BIN_EXE_paperkin")).parent()?.parent()?.join("python/bin/python"));
    given.or_else(built).filter(|python| python.exists())
}

/// Numbers that look random and are the same every time (xorshift64, Marsaglia 2003).
pub struct Random(pub u64);

impl Random {
    /// A number below `limit`.
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % limit
    }
}

/// The papers of a store by their ids.
pub type Contents = BTreeMap<PaperId, Paper>;

/// Opens stores, and makes sure that they are whole. It remembers the vectors of texts.
#[derive(Default)]
pub struct Inspector {
    /// Of the models that were met, each with what it made of texts.
    models: Vec<(Embedder, HashMap<String, Embedded>)>,
    /// Texts of papers that a store of an older format has, without their sentences.
    old: HashSet<String>,
}

impl Inspector {
    pub fn new() -> Self {
        Self::default()
    }

    /// For a store that was of an older format when it had these papers.
    pub fn of_old(papers: &Contents) -> Self {
        Self { old: papers.values().map(Paper::text).collect(), ..Self::new() }
    }

    /// What is in the store: as many papers as there are living rows, and every vector is the one that the store's model gives to
    /// its paper, those of its sentences, too.
    pub fn contents(&mut self, dir: &Path) -> Contents {
        let store = Store::open(dir).unwrap();
        let snapshot = store.snapshot().unwrap();
        assert_eq!(snapshot.len() as u64, store.count().unwrap());
        let mut contents = Contents::new();
        let fingerprint = &snapshot.generation.fingerprint;
        if self.models.iter().all(|(embedder, _)| embedder.fingerprint() != fingerprint) {
            let model = snapshot.generation.find_model(dir).unwrap();
            self.models.push((Embedder::load(&model, 2).unwrap(), HashMap::new()));
        }
        let known = self.models.iter_mut().find(|(embedder, _)| embedder.fingerprint() == fingerprint);
        let (embedder, vectors) = known.unwrap();
        for doc in snapshot.docs() {
            let paper = store.view().unwrap().paper_at(doc).unwrap().expect("a living row has a paper");
            let stored = snapshot.vectors.row(doc).unwrap();
            let wanted = vectors.entry(paper.text()).or_insert_with(|| embed_paper(embedder, &paper));
            assert_eq!(stored.len(), wanted.embedding.as_slice().len());
            let near = |(a, b): (&f32, &f32)| (a - b).abs() < 1e-5;
            let is_near = stored.iter().zip(wanted.embedding.as_slice()).all(near);
            // Stores of older formats were filled by a machine with another kernel.
            let is_old = self.old.contains(&paper.text()) && wanted.embedding.cosine(stored) > 0.99;
            assert!(is_near || is_old, "the vector of {paper:?}");
            let sentences = store.view().unwrap().sentences_at(doc).unwrap();
            if !sentences.is_empty() || !self.old.contains(&paper.text()) {
                same_sentences(&sentences, &paper, stored, wanted);
            }
            contents.insert(paper.id.clone(), paper);
        }
        assert_eq!(contents.len(), snapshot.len(), "every id is there once");
        contents
    }
}

fn same_sentences(kept: &Sentences, paper: &Paper, vector: &[f32], wanted: &Embedded) {
    // Those that the model reads.
    let wanted: Vec<_> = paper.sentences().into_iter().zip(&wanted.parts).filter(|(_, part)| part.is_some()).collect();
    for (number, (place, part)) in wanted.iter().enumerate() {
        let part = part.as_ref().unwrap();
        let cosines: Vec<_> = kept.cosines(part, Some(vector)).collect();
        assert_eq!(cosines.len(), wanted.len());
        let (found, cosine) = &cosines[number];
        assert!(found == place && (cosine - 1.0).abs() < 0.05, "sentence {number} of {paper:?}: {cosine}");
    }
}

/// The papers of a store, whatever their vectors.
pub fn papers_in(dir: &Path) -> Contents {
    let store = Store::open(dir).unwrap();
    let snapshot = store.snapshot().unwrap();
    by_id(snapshot.docs().map(|doc| store.view().unwrap().paper_at(doc).unwrap().unwrap()))
}

/// A paper's vector, and those of its sentences.
pub fn embed_paper(embedder: &Embedder, paper: &Paper) -> Embedded {
    let start = paper.text().len() - paper.abstract_text.len();
    let parts = paper.sentences().into_iter().map(|place| start + place.start..start + place.end).collect();
    let text = Text { text: paper.text().into(), parts };
    embedder.embed_watched(Role::Passage, &[text], &Silent).unwrap().remove(0).unwrap()
}

pub fn by_id(papers: impl IntoIterator<Item = Paper>) -> Contents {
    papers.into_iter().map(|paper| (paper.id.clone(), paper)).collect()
}

/// Says, when a test fails, in what it failed.
pub struct Context<'a>(pub &'a str);

impl Drop for Context<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("it failed in this: {}", self.0);
        }
    }
}
