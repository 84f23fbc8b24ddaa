//! `kill -9` at any moment loses nothing that was committed, and Ctrl-C loses nothing at all.

use std::collections::HashSet;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use paperkin::embed::Role;
use paperkin::store::Store;

use crate::support::{TINY, json, json_lines, paperkin, papers, stdout, tiny_embedder};

const COUNT: usize = 2_000;

fn corpus(folder: &Path) -> String {
    let path = folder.join("papers.jsonl");
    fs_err::write(&path, json_lines(&papers(COUNT))).unwrap();
    path.to_str().unwrap().to_owned()
}

fn start_add(corpus: &str, store: &str) -> Child {
    let arguments = ["add", "--json", "--model", TINY, "--store", store, corpus];
    paperkin(&arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Papers, rows and vectors agree, and every vector is that of its paper.
fn check(store: &Path) -> u64 {
    let store = Store::open(store).unwrap();
    let snapshot = store.snapshot().unwrap();
    assert_eq!(snapshot.len() as u64, store.count().unwrap());
    assert_eq!(snapshot.vectors.rows(), snapshot.len(), "every row belongs to a paper");
    let embedder = tiny_embedder();
    for doc in snapshot.docs().step_by(97) {
        let paper = store.paper_at(snapshot.generation.number, doc).unwrap().unwrap();
        let wanted = embedder.embed_one(Role::Passage, &paper.text()).unwrap();
        let stored = snapshot.vectors.row(doc).unwrap();
        assert!(stored.iter().zip(wanted.embedding.as_slice()).all(|(a, b)| (a - b).abs() < 1e-5), "{}", paper.title);
    }
    snapshot.len() as u64
}

#[test]
fn killed_again_and_again_it_ends_with_every_paper_once() {
    let folder = tempfile::tempdir().unwrap();
    let corpus = corpus(folder.path());
    let store = folder.path().join("store");
    let store_name = store.to_str().unwrap();
    let mut before = 0;
    let mut killed = 0;
    // Moments from before the store exists to well into the work, in an order without rhythm.
    for moment in [5, 40, 90, 20, 160, 60, 250, 120, 35, 310, 75, 180, 400, 15, 220] {
        let mut child = start_add(&corpus, store_name);
        std::thread::sleep(Duration::from_millis(moment));
        child.kill().unwrap();
        let output = child.wait_with_output().unwrap();
        killed += usize::from(!output.status.success());
        if store.join("meta.json").exists() {
            let now = check(&store);
            assert!(now >= before, "{before} papers were committed, {now} are left");
            before = now;
        }
    }
    assert!(killed >= 5, "the program was killed while it worked: {killed}");
    let last = json(&start_add(&corpus, store_name).wait_with_output().unwrap());
    assert_eq!(last["read"], COUNT);
    assert_eq!(last["unchanged"], before, "what was committed is not embedded again");
    assert_eq!(check(&store), COUNT as u64);
    let opened = Store::open(&store).unwrap();
    let snapshot = opened.snapshot().unwrap();
    let id = |doc| opened.paper_at(snapshot.generation.number, doc).unwrap().unwrap().id;
    let ids: HashSet<_> = snapshot.docs().map(id).collect();
    assert_eq!(ids.len(), COUNT);
}

#[test]
fn two_at_once_add_every_paper_once() {
    let folder = tempfile::tempdir().unwrap();
    let corpus = corpus(folder.path());
    let store = folder.path().join("store");
    let children = [start_add(&corpus, store.to_str().unwrap()), start_add(&corpus, store.to_str().unwrap())];
    let reports = children.map(|child| json(&child.wait_with_output().unwrap()));
    let added: u64 = reports.iter().map(|report| report["added"].as_u64().unwrap()).sum();
    assert_eq!(added, COUNT as u64);
    assert_eq!(check(&store), COUNT as u64);
}

#[test]
#[cfg(unix)]
fn ctrl_c_commits_what_is_done() {
    let folder = tempfile::tempdir().unwrap();
    // Long texts, so that there is time to interrupt.
    let mut papers = papers(COUNT);
    for paper in &mut papers {
        paper.abstract_text = paper.abstract_text.repeat(10);
    }
    let corpus = folder.path().join("long.jsonl");
    fs_err::write(&corpus, json_lines(&papers)).unwrap();
    let store = folder.path().join("store");
    let arguments = ["add", "--json", "--threads", "1", "--model", TINY, "--store", store.to_str().unwrap()];
    let child = paperkin(&arguments).arg(&corpus).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let start = Instant::now();
    while Store::open(&store).and_then(|store| store.count()).unwrap_or(0) == 0 {
        assert!(start.elapsed() < Duration::from_secs(60), "nothing was committed");
        std::thread::sleep(Duration::from_millis(2));
    }
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", stdout(&output));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["interrupted"], true);
    assert_eq!(check(&store), report["added"].as_u64().unwrap(), "all that is reported is there, and no more");
}
