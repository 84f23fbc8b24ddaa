//! A store gets another model: searches go on, what others write is not lost, and no text is embedded twice.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::Ordering::SeqCst;
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::time::{Duration, Instant};

use paperkin::Error;
use paperkin::embed::{Embedder, ModelFolder};
use paperkin::full_text;
use paperkin::ingest::{Ingest, open_store};
use paperkin::paper::{Paper, PaperId};
use paperkin::progress::{Progress, Silent};
use paperkin::reembed::{ReembedReport, reembed};
use paperkin::search::{Examples, Mode, Options, Query, Searcher, checked_k};
use paperkin::server::Settings;
use paperkin::store::Store;

use crate::support::http::{self, serving};
use crate::support::{
    Contents, Inspector, OTHER, TINY, add, by_id, json, json_lines, paper, paperkin, papers, run, run_with_input,
    searcher, stderr, stdout, tiny_embedder, tiny_model,
};

fn other_model() -> ModelFolder {
    ModelFolder::open(Path::new(OTHER)).unwrap()
}

/// Changes to the other model.
fn change(store: &Store, progress: &dyn Progress) -> ReembedReport {
    let model = other_model();
    let embedder = Embedder::load(&model, 2).unwrap();
    reembed(store, &model, &embedder, 2, progress).unwrap()
}

fn filled(dir: &Path, count: usize) -> Store {
    let store = open_store(dir, &tiny_model()).unwrap();
    add(&store, &tiny_embedder(), &papers(count));
    store
}

fn files(dir: &Path) -> Vec<String> {
    let names = fs_err::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.filter(|name| !name.starts_with("papers.sqlite-")).collect();
    names.sort();
    names
}

fn model_of(dir: &Path) -> String {
    Store::open(dir).unwrap().generation().unwrap().fingerprint.model
}

/// Runs one action when N texts have been embedded, and another one each time that a graph is built.
struct Watcher<E, G> {
    embedded: AtomicUsize,
    graphs: AtomicUsize,
    at_embedded: E,
    at_graph: G,
    stop: AtomicBool,
}

impl<E: Fn(usize) -> bool + Sync, G: Fn(usize) + Sync> Watcher<E, G> {
    fn new(at_embedded: E, at_graph: G) -> Self {
        let (embedded, graphs, stop) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicBool::new(false));
        Self { embedded, graphs, at_embedded, at_graph, stop }
    }
}

impl<E: Fn(usize) -> bool + Sync, G: Fn(usize) + Sync> Progress for Watcher<E, G> {
    fn note(&self, line: &str) {
        assert!(line.contains("graph"), "{line}");
        (self.at_graph)(self.graphs.fetch_add(1, SeqCst));
    }

    fn embedded(&self, texts: usize) {
        let before = self.embedded.fetch_add(texts, SeqCst);
        if (self.at_embedded)(before + texts) {
            self.stop.store(true, SeqCst);
        }
    }

    fn is_cancelled(&self) -> bool {
        self.stop.load(SeqCst)
    }
}

/// Searches again and again until told to stop, and makes sure that each answer is of one model.
fn search_all_the_time(searcher: &Searcher, count: usize, ended: &AtomicBool) -> usize {
    let mut asked = 0;
    while !ended.load(SeqCst) {
        let wanted = paper(asked % count);
        asked += 1;
        let options = Options { mode: Mode::Dense, ..checked_k(20).unwrap().into() };
        let hits = searcher.search(&Query::new(&wanted.text()).unwrap(), options).unwrap().hits;
        assert_eq!((hits.len(), &hits[0].id), (20, &wanted.id));
        assert!(hits[0].why.cosine > Some(0.9999), "{:?}", hits[0]);
        assert!(hits.iter().all(|hit| hit.highlight.is_some()));
        let related = searcher.related(&Examples::default().like([wanted.id]), checked_k(20).unwrap()).unwrap();
        assert_eq!(related.hits.len(), 20);
    }
    asked
}

#[test]
fn a_store_gets_another_model_while_it_is_searched() {
    let folder = tempfile::tempdir().unwrap();
    let searcher = searcher(folder.path(), &papers(200));
    let old = Store::open(folder.path()).unwrap();
    old.remove(&[paper(11).id]).unwrap();
    let before = old.generation().unwrap();
    let mut wanted = papers(200);
    wanted.remove(11);
    let ended = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let searching = scope.spawn(|| search_all_the_time(&searcher, 10, &ended));
        let report = change(&Store::open(folder.path()).unwrap(), &Silent);
        assert_eq!((report.embedded, report.kept, report.interrupted), (199, 0, false));
        assert_eq!(report.audit.map(|audit| audit.nodes), Some(199));
        let asked = Instant::now();
        while searcher.status().unwrap().model != "bert-last" {
            assert!(asked.elapsed() < Duration::from_secs(10), "the searcher stays with the old model");
        }
        std::thread::sleep(Duration::from_millis(100));
        ended.store(true, SeqCst);
        assert!(searching.join().unwrap() > 2);
    });
    let after = old.generation().unwrap();
    assert_eq!((after.number, after.rows, after.commits), (before.number + 1, 200, before.commits + 1));
    assert_eq!(after.fingerprint, *other_model().fingerprint());
    assert_eq!(Inspector::new().contents(folder.path()), by_id(wanted));
    let status = searcher.status().unwrap();
    let folder_status = status.folder.unwrap();
    assert_eq!((status.dimension, folder_status.graph_rows, folder_status.dead_rows), (16, 199, 1));
    assert_eq!(folder_status.lexical_rows, 199, "words and graph were made before the switch");
    let left = ["graph.2.hnsw", "lexical.2", "lock", "meta.json", "next.lock", "papers.sqlite", "vectors.2.f32"];
    assert_eq!(files(folder.path()), left);

    // Who embeds with the old model is told, and what was committed stays.
    let refused = Ingest::new(&old, &tiny_embedder(), &Silent).add((300..500).map(|number| Ok(paper(number))));
    assert!(matches!(refused, Err(Error::ModelChanged { .. })), "{refused:?}");
    let details = Paper { comments: Some(5), ..paper(1) };
    assert_eq!(add(&old, &tiny_embedder(), &[details]).updated, 1, "what needs no vector is written");
    assert_eq!(old.compact().unwrap().dropped_rows, 1);
    assert_eq!(Inspector::new().contents(folder.path()).len(), 199);
}

#[test]
fn what_was_embedded_before_an_interruption_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let store = filled(folder.path(), 500);
    let stopped = change(&store, &Watcher::new(|embedded| embedded >= 150, |_| panic!("not yet")));
    assert!(stopped.interrupted && stopped.embedded >= 150 && stopped.embedded < 500, "{stopped:?}");
    assert_eq!(model_of(folder.path()), "tiny-bert");
    assert_eq!(Inspector::new().contents(folder.path()), by_id(papers(500)));
    let unfinished = store.unfinished().unwrap().unwrap();
    assert_eq!((unfinished.embedded, unfinished.dimension), (stopped.embedded, 16));

    // Meanwhile rows move, one of those embedded goes, one comes, and one has another text.
    store.remove(&[paper(0).id]).unwrap();
    let mut changed = paper(1);
    changed.abstract_text = "Another text.".to_owned();
    add(&store, &tiny_embedder(), &[changed.clone(), paper(500)]);
    store.compact().unwrap();
    let watcher = Watcher::new(|_| false, |_| {});
    let report = change(&Store::open(folder.path()).unwrap(), &watcher);
    assert_eq!(report.kept, stopped.embedded - 2);
    assert_eq!(report.kept + report.embedded, 500);
    assert_eq!(watcher.embedded.load(SeqCst) as u64, report.embedded, "and no other text was embedded");
    let mut wanted = by_id(papers(501));
    wanted.remove(&paper(0).id);
    wanted.insert(changed.id.clone(), changed);
    assert_eq!(Inspector::new().contents(folder.path()), wanted);
    assert_eq!(store.unfinished().unwrap(), None);
}

/// Others write while texts are embedded, and between the graph and the switch.
#[test]
fn what_others_write_meanwhile_is_not_lost() {
    let folder = tempfile::tempdir().unwrap();
    let store = filled(folder.path(), 300);
    let mut wanted = by_id(papers(300));
    let writer = Store::open(folder.path()).unwrap();
    let embedder = tiny_embedder();
    let changed = |number: usize, round: usize| {
        let mut paper = paper(number);
        paper.abstract_text = format!("It was changed, round {round}.");
        paper
    };
    let ran = AtomicBool::new(false);
    let while_embedding = |embedded| {
        if embedded >= 140 && !ran.swap(true, SeqCst) {
            add(&writer, &embedder, &[changed(2, 0), changed(290, 0), paper(300)]);
            writer.remove(&[paper(5).id, paper(280).id]).unwrap();
            writer.compact().unwrap();
        }
        false
    };
    let while_building = |round| match round {
        // Papers that need a vector, one of which is gone again, and one without a row.
        0 => {
            add(&writer, &embedder, &[changed(7, 1), paper(301), paper(302), paper(303)]);
            writer.remove(&[paper(302).id]).unwrap();
            let details = Paper { comments: Some(9), ..paper(8) };
            add(&writer, &embedder, &[details]);
        }
        _ => panic!("the graph serves"),
    };
    let report = change(&store, &Watcher::new(while_embedding, while_building));
    assert!(!report.interrupted);
    for paper in [changed(2, 0), changed(290, 0), paper(300), changed(7, 1), paper(301), paper(303)] {
        wanted.insert(paper.id.clone(), paper);
    }
    wanted.get_mut(&paper(8).id).unwrap().comments = Some(9);
    for gone in [5, 280] {
        wanted.remove(&paper(gone).id);
    }
    assert_eq!(Inspector::new().contents(folder.path()), wanted);
    assert_eq!(model_of(folder.path()), "bert-last");

    // The words that were indexed before the switch are completed.
    let searcher = Searcher::open(Store::open(folder.path()).unwrap(), 1).unwrap();
    let options = Options { mode: Mode::Lexical, ..checked_k(5).unwrap().into() };
    let hits = searcher.search(&Query::new("round").unwrap(), options).unwrap().hits;
    assert_eq!(by_id(hits.iter().map(|hit| wanted[&hit.id].clone())).len(), 3);
    assert!([2, 290, 7].iter().all(|number| hits.iter().any(|hit| hit.id == paper(*number).id)));
}

#[test]
fn rows_that_move_while_the_graph_is_built_are_found_out() {
    let folder = tempfile::tempdir().unwrap();
    let store = filled(folder.path(), 100);
    let writer = Store::open(folder.path()).unwrap();
    let compact = |round| {
        if round < 3 {
            writer.remove(&[paper(round).id]).unwrap();
            writer.compact().unwrap();
        }
    };
    let report = change(&store, &Watcher::new(|_| false, compact));
    assert_eq!(report.embedded, 100);
    assert_eq!(store.generation().unwrap().number, 5);
    assert_eq!(Inspector::new().contents(folder.path()), by_id((3..100).map(paper)));
}

#[test]
fn a_writer_beside_it_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = filled(folder.path(), 300);
    let ended = AtomicBool::new(false);
    let committed = std::thread::scope(|scope| {
        let writing = scope.spawn(|| {
            let writer = Store::open(folder.path()).unwrap();
            let embedder = tiny_embedder();
            let mut wanted = by_id(papers(300));
            for round in 0.. {
                let given: Vec<Paper> = (0..3).map(|step| paper(1_000 + 3 * round + step)).collect();
                let mut ingest = Ingest::new(&writer, &embedder, &Silent);
                ingest.add(given.iter().cloned().map(Ok)).unwrap();
                match ingest.finish() {
                    Ok(_) => wanted.extend(by_id(given)),
                    Err(Error::ModelChanged { .. }) => break,
                    Err(other) => panic!("{other}"),
                }
                let gone = paper(round % 100);
                writer.remove(std::slice::from_ref(&gone.id)).unwrap();
                wanted.remove(&gone.id);
                if round % 10 == 9 {
                    writer.compact().unwrap();
                }
                assert!(!ended.load(SeqCst), "the model was changed, and the old one is still taken");
                std::thread::sleep(Duration::from_millis(20));
            }
            wanted
        });
        let report = change(&store, &Silent);
        assert!(!report.interrupted);
        // The writer may be in the middle of a round.
        std::thread::sleep(Duration::from_millis(500));
        ended.store(true, SeqCst);
        writing.join().unwrap()
    });
    assert_eq!(Inspector::new().contents(folder.path()), committed);
}

/// Counts the notes of what cannot be read.
struct Unreadable(AtomicUsize);

impl Progress for Unreadable {
    fn note(&self, line: &str) {
        self.0.fetch_add(usize::from(line.contains("cannot be read")), SeqCst);
    }
}

#[test]
fn what_was_collected_may_be_damaged() {
    let folder = tempfile::tempdir().unwrap();
    let store = filled(folder.path(), 400);
    let path = folder.path().join("next/embedded.sqlite");
    assert!(change(&store, &Watcher::new(|embedded| embedded >= 200, |_| {})).interrupted);
    let connection = rusqlite::Connection::open(&path).unwrap();
    let altered = connection.execute("UPDATE embedded SET vector = zeroblob(64) WHERE rowid < 4", []).unwrap();
    let cut = connection.execute("UPDATE embedded SET vector = x'00' WHERE rowid = 4", []).unwrap();
    assert_eq!(altered + cut, 4);
    drop(connection);
    let report = change(&store, &Silent);
    assert_eq!(report.kept + report.embedded, 404, "four were embedded again");
    assert_eq!(Inspector::new().contents(folder.path()), by_id(papers(400)));

    for damage in [&b"no database"[..], &[0; 4096]] {
        let folder = tempfile::tempdir().unwrap();
        let store = filled(folder.path(), 20);
        fs_err::create_dir(folder.path().join("next")).unwrap();
        fs_err::write(folder.path().join("next/embedded.sqlite"), damage).unwrap();
        assert_eq!(store.unfinished().unwrap(), None);
        let note = Unreadable(AtomicUsize::new(0));
        let report = change(&store, &note);
        assert_eq!((report.embedded, note.0.load(SeqCst)), (20, 1));
        assert_eq!(Inspector::new().contents(folder.path()), by_id(papers(20)));
    }
}

/// A process that is killed between the files and the transaction leaves files of a generation that `compact` makes then.
#[test]
fn words_of_a_generation_that_never_came_are_not_taken_for_another_s() {
    let folder = tempfile::tempdir().unwrap();
    let store = filled(folder.path(), 60);
    full_text::build_for(&store.view().unwrap(), folder.path(), 2).unwrap();
    store.remove(&[paper(0).id, paper(1).id]).unwrap();
    store.compact().unwrap();
    assert_eq!(store.generation().unwrap().number, 2);
    let searcher = Searcher::open(store, 1).unwrap();
    let options = Options { mode: Mode::Lexical, ..checked_k(1).unwrap().into() };
    let found = searcher.search(&Query::new("part 33").unwrap(), options).unwrap();
    assert_eq!(found.hits[0].id, paper(33).id);
}

#[test]
fn by_the_program() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().to_str().unwrap();
    drop(filled(folder.path(), 40));
    let reindex = |more: &[&str]| run(&[&["reindex", "--store", store], more].concat());
    let changed = json(&reindex(&["--model", OTHER, "--json"]));
    assert_eq!((&changed["papers"], &changed["embedded"], &changed["kept"]), (&40.into(), &40.into(), &0.into()));
    assert_eq!((&changed["model"], &changed["dimension"]), (&"bert-last".into(), &16.into()));
    assert_eq!(changed["audit"]["found"], 40);
    let found = json(&run(&["search", "--store", store, "--json", "folding images"]));
    assert_eq!(found["hits"].as_array().unwrap().len(), 10);

    let again = reindex(&["--model", OTHER]);
    assert!(stderr(&again).contains("the store already has the embeddings of `bert-last`"));
    assert!(stdout(&again).contains("built the HNSW graph of 40 papers in "), "{}", stdout(&again));
    assert_eq!(json(&run(&["status", "--store", store, "--json"]))["unfinished"], serde_json::Value::Null);

    // The store's own model, its vectors cut; and new papers are embedded so.
    let cut = reindex(&["--dimension", "9"]);
    assert!(stdout(&cut).contains("(9 dimensions)"), "{}{}", stdout(&cut), stderr(&cut));
    let added = run_with_input(&["add", "--store", store, "-"], &json_lines(&papers(50)));
    assert!(stdout(&added).contains("10 added, 0 updated, 40 unchanged"), "{}{}", stdout(&added), stderr(&added));
    assert_eq!(json(&run(&["status", "--store", store, "--json"]))["dimension"], 9);
    assert_eq!(Inspector::new().contents(folder.path()), by_id(papers(50)));
    assert!(stdout(&run(&["status", "--check", "--store", store])).contains("all files are intact"));

    let refused = reindex(&["--model", OTHER, "--dimension", "17"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(stderr(&refused).contains("cannot be truncated to 17"), "{}", stderr(&refused));
    let refused = run(&["search", "--store", store, "--model", TINY, "x"]);
    assert!(stderr(&refused).contains("paperkin reindex --model tiny-bert"), "{}", stderr(&refused));
}

#[test]
fn an_empty_store_gets_another_model() {
    let folder = tempfile::tempdir().unwrap();
    drop(filled(folder.path(), 0));
    let store = folder.path().to_str().unwrap();
    let changed = json(&run(&["reindex", "--store", store, "--model", OTHER, "--json"]));
    assert_eq!((&changed["papers"], &changed["audit"]), (&0.into(), &serde_json::Value::Null));
    let added = run_with_input(&["add", "--store", store, "-"], &json_lines(&papers(3)));
    assert!(stdout(&added).contains("3 added"), "{}{}", stdout(&added), stderr(&added));
    assert_eq!(model_of(folder.path()), "bert-last");
    assert_eq!(Inspector::new().contents(folder.path()), by_id(papers(3)));
}

#[test]
fn one_model_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().to_str().unwrap();
    let open = filled(folder.path(), 300);
    let stopped = change(&open, &Watcher::new(|embedded| embedded >= 130, |_| {}));
    let status = stdout(&run(&["status", "--store", store]));
    let told = format!("{} texts embedded with another model", stopped.embedded);
    assert!(status.contains(&told) && status.contains("bert-last --dimension 16` continues"), "{status}");

    let reindex = |more: &[&str]| run(&[&["reindex", "--store", store], more].concat());
    let third = "tests/data/models/bert-cls";
    let refused = reindex(&["--model", third]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(stderr(&refused).contains("has an unfinished `reindex` with") && stderr(&refused).contains("--restart"));
    assert!(reindex(&[]).status.success(), "graph and words are no concern of that");
    assert!(open.unfinished().unwrap().is_some());

    let lock = fs_err::File::open(folder.path().join("next.lock")).unwrap();
    lock.file().lock().unwrap();
    let refused = reindex(&["--model", OTHER]);
    assert!(stderr(&refused).contains("is being reindexed with another model by"), "{}", stderr(&refused));
    drop(lock);

    let given_up = reindex(&["--model", third, "--restart"]);
    assert!(given_up.status.success(), "{}", stderr(&given_up));
    assert!(
        stderr(&given_up).contains("discarded the embeddings of an interrupted `reindex`"),
        "{}",
        stderr(&given_up)
    );
    assert!(stdout(&given_up).contains("embedded 300 papers, kept 0 from an interrupted run"), "{}", stdout(&given_up));
    assert_eq!(model_of(folder.path()), "bert-cls");
}

#[test]
#[cfg(unix)]
fn ctrl_c_keeps_what_is_done() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().to_str().unwrap();
    let mut long = papers(2_000);
    for paper in &mut long {
        paper.abstract_text = paper.abstract_text.repeat(10);
    }
    let open = open_store(folder.path(), &other_model()).unwrap();
    add(&open, &Embedder::load(&other_model(), 2).unwrap(), &long);
    let arguments = ["reindex", "--json", "--threads", "1", "--model", TINY, "--store", store];
    let child = paperkin(&arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let start = Instant::now();
    while open.unfinished().unwrap().is_none_or(|unfinished| unfinished.embedded == 0) {
        assert!(start.elapsed() < Duration::from_mins(1), "nothing was embedded");
        std::thread::sleep(Duration::from_millis(2));
    }
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}{}", stdout(&output), stderr(&output));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let embedded = report["embedded"].as_u64().unwrap();
    assert!(report["interrupted"] == true && embedded > 0 && embedded < 2_000, "{report}");
    let report = json(&run(&["reindex", "--json", "--model", TINY, "--store", store]));
    assert_eq!((&report["kept"], &report["embedded"]), (&embedded.into(), &(2_000 - embedded).into()));
    assert_eq!(Inspector::new().contents(folder.path()), by_id(long));
}

/// A service that runs all the while answers by the new model, and tells when that is not on its machine.
#[test]
fn a_service_follows() {
    let folder = tempfile::tempdir().unwrap();
    let copy = tempfile::tempdir().unwrap();
    let model = copy.path().join("bert-last");
    copy_folder(Path::new(OTHER), &model);
    let service = serving(searcher(folder.path(), &papers(30)), Settings::default());
    let get = |address: &str| {
        let answer = http::get(&service, address);
        (answer.status.as_u16(), answer.json())
    };
    assert_eq!(get("/api/v1/status").1["model"], "tiny-bert");
    let store = folder.path().to_str().unwrap();
    let changed = run(&["reindex", "--store", store, "--model", model.to_str().unwrap()]);
    assert!(changed.status.success(), "{}", stderr(&changed));
    fs_err::rename(&model, copy.path().join("away")).unwrap();
    let (status, told) = get("/api/v1/search?q=folding");
    assert_eq!(status, 500);
    assert!(told["detail"].as_str().unwrap().contains("bert-last"), "{told}");
    fs_err::rename(copy.path().join("away"), &model).unwrap();
    let (status, answer) = get("/api/v1/search?q=folding&k=5");
    assert_eq!((status, answer["hits"].as_array().unwrap().len()), (200, 5));
    assert_eq!(get("/api/v1/status").1["model"], "bert-last");
    let contents: Contents = Inspector::new().contents(folder.path());
    assert_eq!(contents.keys().collect::<Vec<&PaperId>>().len(), 30);
}

fn copy_folder(from: &Path, to: &Path) {
    fs_err::create_dir(to).unwrap();
    for entry in fs_err::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let place = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &place);
        } else {
            fs_err::copy(entry.path(), place).unwrap();
        }
    }
}
