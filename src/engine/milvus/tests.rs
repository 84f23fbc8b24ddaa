//! The engine on a real server: Milvus Lite, which each test program starts. Most tests are those that all engines share.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use milvus::v2::prelude as sdk;

use super::client::Rows;
use super::counts::{self, Delta};
use super::expression::ALL;
use super::record::values_by_id;
use super::schema::{ALIASES, VALUE};
use super::table::Table;
use super::{Milvus, schema};
use crate::corpus::sample;
use crate::embed::{Embedder, ModelFolder};
use crate::engine::{Address, Engine, Moment, ServerAddress, Writer};
use crate::error::Error;
use crate::ingest::Ingest;
use crate::paper::PaperId;
use crate::progress::Silent;
use crate::search::{Mode, Options, Query, Searcher};
use crate::store::Filter;

/// A running server. It ends when its standard input does, so at the latest with this program.
struct Server {
    _child: Child,
    port: u16,
}

/// The Python that has Milvus Lite.
fn python() -> Option<PathBuf> {
    let given = std::env::var_os("PAPERKIN_PYTHON").map(PathBuf::from);
    let beside = || Some(std::env::current_exe().ok()?.ancestors().nth(3)?.join("python/bin/python"));
    given.or_else(beside).filter(|python| python.exists())
}

#[allow(clippy::print_stderr)] // says what was left out
fn server() -> Option<&'static Server> {
    static SERVER: OnceLock<Option<Server>> = OnceLock::new();
    let server = SERVER.get_or_init(|| {
        let mut command = Command::new(python()?);
        command
            .args(["-B", "tests/scripts/milvus_server.py"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut child = command.spawn().ok()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take()?).read_line(&mut line).ok()?;
        Some(Server { port: line.trim().parse().ok()?, _child: child })
    });
    if server.is_none() {
        let may_be_missing = std::env::var_os("PAPERKIN_REQUIRE_ALL").is_none_or(|all| all != "1");
        assert!(may_be_missing, "missing: Python with the packages of tests/clients/requirements.txt");
        eprintln!("SKIPPED: Python with the packages of tests/clients/requirements.txt");
    }
    server.as_ref()
}

/// The address of a database without papers; `None` if the server cannot be started here.
pub(crate) fn address() -> Option<ServerAddress> {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let text = format!("milvus://secret@127.0.0.1:{}/test_{number}", server()?.port);
    match Address::parse(Path::new(&text)).unwrap() {
        Address::Server(address) => Some(address),
        Address::Folder(_) => None,
    }
}

/// An engine without papers.
pub(crate) fn engine(model: &ModelFolder) -> Option<Milvus> {
    Some(Milvus::open_or_create(&address()?, model.fingerprint(), model.path_to_remember().as_deref()).unwrap())
}

fn model() -> ModelFolder {
    ModelFolder::open(Path::new("tests/data/models/static")).unwrap()
}

/// An engine with the sample collection, and its address.
fn with_sample() -> Option<(Milvus, ServerAddress)> {
    let (model, address) = (model(), address()?);
    let milvus = Milvus::open_or_create(&address, model.fingerprint(), model.path_to_remember().as_deref()).unwrap();
    let embedder = Embedder::load(&model, 1).unwrap();
    let mut ingest = Ingest::new(&milvus, &embedder, &Silent);
    ingest.add(sample::papers()).unwrap();
    ingest.finish().unwrap();
    Writer::finish(&milvus).unwrap();
    Some((milvus, address))
}

#[test]
fn words_are_counted_again_if_they_are_not_those_of_all_papers() {
    let Some((milvus, _)) = with_sample() else { return };
    let known = |milvus: &Milvus| {
        let moment = milvus.moment().unwrap();
        (
            moment.papers(),
            moment.words("attention").unwrap().count,
            moment.years(&moment.select(&Filter::default()).unwrap()),
        )
    };
    let before = known(&milvus);
    assert_eq!((before.0, before.1), (148, 1));
    // As after a crash before they were written.
    counts::replace(&milvus.client, &Delta::default()).unwrap();
    milvus.forget_state();
    assert_eq!((known(&milvus).0, known(&milvus).1), (0, 0));
    Writer::finish(&milvus).unwrap();
    let after = known(&milvus);
    assert_eq!((after.0, after.1, after.2.unwrap()), (before.0, before.1, before.2.unwrap()));
}

#[test]
fn pages_that_are_too_large_for_an_answer_are_read_in_parts() {
    let Some(milvus) = engine(&model()) else { return };
    let (ids, values) = (0..80).map(|number| (format!("id {number}"), "x".repeat(60_000))).unzip();
    milvus.client.upsert(ALIASES, values_by_id(ids, values)).unwrap();
    let wanted = Rows { collection: ALIASES, filter: ALL.to_owned(), fields: &[VALUE], limit: 1_000, in_order: true };
    let (mut rows, mut pages) = (0, 0);
    let count = |page: &Table| {
        rows += page.len();
        pages += 1;
        Ok(true)
    };
    milvus.client.for_each_page(&wanted, count).unwrap();
    assert!(rows == 80 && pages > 1, "{rows} rows in {pages} pages");
}

#[test]
fn a_search_asks_the_server_a_few_times() {
    let Some((milvus, _)) = with_sample() else { return };
    let searcher = Searcher::over(milvus, Arc::new(Embedder::load(&model(), 1).unwrap()));
    let calls = |text: &str, mode: Mode, highlight: bool| {
        let options = Options { mode, ..Options::default().highlight(highlight) };
        let made = || searcher.engine().client.made.load(Ordering::Relaxed);
        let before = made();
        assert!(!searcher.search(&Query::new(text).unwrap(), options).unwrap().hits.is_empty());
        made() - before
    };
    // The words and a sample of the papers are read once.
    calls("how do transformers pay attention", Mode::Hybrid, false);
    for text in ["language models that forget", "robust vision", "sampling graphs with walks"] {
        // The state, at most once a second; the title, words, vectors, words of feedback.
        let state = 1;
        assert!(calls(text, Mode::Hybrid, false) <= 4 + state, "{text}");
        assert!(calls(text, Mode::Dense, false) <= 1 + state, "{text}");
        assert!(calls(text, Mode::Lexical, false) <= 2 + state, "{text}");
        assert!(calls(text, Mode::Hybrid, true) <= 5 + state, "{text}");
    }
}

#[test]
fn another_program_sees_a_change_at_once() {
    let Some((milvus, address)) = with_sample() else { return };
    let other = Milvus::open(&address).unwrap();
    let id: PaperId = "1706.03762".parse().unwrap();
    let title = other.moment().unwrap().paper(&id).unwrap().0.title;
    assert_eq!(title, "Attention Is All You Need");
    assert_eq!(milvus.remove(std::slice::from_ref(&id)).unwrap().papers, 1);
    let gone = |id: &PaperId| matches!(other.moment().unwrap().paper(id), Err(Error::UnknownPaper { .. }));
    assert!(gone(&id) && gone(&PaperId::of_title(&title)));
}

#[test]
fn collections_of_other_programs_and_models_are_refused() {
    let Some((milvus, address)) = with_sample() else { return };
    let other = ModelFolder::open(Path::new("tests/data/tiny-bert")).unwrap();
    assert!(matches!(
        Milvus::open_or_create(&address, other.fingerprint(), None),
        Err(Error::FingerprintDiffers { .. })
    ));
    let dropped = milvus.client.call("drop a collection", |client| async move {
        let request = sdk::DropCollectionRequest::builder().collection_name(schema::WORDS_OF).build()?;
        client.drop_collection(request).await
    });
    dropped.unwrap();
    let Err(error) = Milvus::open(&address) else { panic!("a collection is missing") };
    assert!(error.to_string().contains("`paperkin_words`") && !error.to_string().contains("secret"), "{error}");
}
