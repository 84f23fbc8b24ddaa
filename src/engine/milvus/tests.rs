//! The engine on a real server: Milvus Lite, which each test program starts. Most tests are those that all engines share.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use super::Milvus;
use crate::embed::{Embedder, ModelFolder};
use crate::engine::{Address, ServerAddress};
use crate::search::Searcher;

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

fn server() -> Option<&'static Server> {
    static SERVER: OnceLock<Option<Server>> = OnceLock::new();
    let server = SERVER.get_or_init(|| {
        let mut command = Command::new(python()?);
        command.args(["-B", "tests/scripts/milvus_server.py"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
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
    let text = format!("milvus://127.0.0.1:{}/test_{number}", server()?.port);
    match Address::parse(Path::new(&text)).unwrap() {
        Address::Server(address) => Some(address),
        Address::Folder(_) => None,
    }
}

/// An engine without papers.
pub(crate) fn engine(model: &ModelFolder) -> Option<Milvus> {
    Some(Milvus::open_or_create(&address()?, model).unwrap())
}

#[test]
fn first() {
    use crate::corpus::sample;
    use crate::engine::{Engine, Local, Moment};
    use crate::ingest::{Ingest, open_store};
    use crate::progress::Silent;
    use crate::search::{Mode, Options, Query};
    let model = ModelFolder::open(Path::new("tests/data/models/static")).unwrap();
    let Some(milvus) = engine(&model) else { return };
    let folder = tempfile::tempdir().unwrap();
    let embedder = Arc::new(Embedder::load(&model, 1).unwrap());
    let local = Local::open(open_store(folder.path(), &model).unwrap()).unwrap();
    for writer in [local.writer(), milvus.writer()] {
        let start = std::time::Instant::now();
        let mut ingest = Ingest::new(writer, &embedder, &Silent);
        ingest.add(sample::papers()).unwrap();
        println!("{:?}", ingest.finish().unwrap());
        writer.finish().unwrap();
        println!("added in {:?}", start.elapsed());
    }
    println!("{}", milvus.moment().unwrap().papers());
    let local = Searcher::over(local, Arc::clone(&embedder));
    let milvus = Searcher::over(milvus, embedder);
    for question in ["attention is all you need", "how do language models forget", "author:hinton images", "\"neural network\" -survey"] {
        for mode in [Mode::Lexical, Mode::Dense, Mode::Hybrid] {
            let options = || Options::default().mode(mode);
            let query = Query::new(question).unwrap();
            let one = local.search(&query, options()).unwrap();
            let start = std::time::Instant::now();
            let other = milvus.search(&query, options()).unwrap();
            println!("{question} {mode:?}: {} {} {:?}", one.among, other.among, start.elapsed());
            for (a, b) in one.hits.iter().zip(&other.hits) {
                println!("  {:.4} {:.4} {} {}", a.score, b.score, a.paper.id.as_str(), b.paper.id.as_str());
            }
        }
    }
}
