//! `add --quick`: papers are found before they are embedded, and whatever happens meanwhile, all of them end with the chosen model.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use paperkin::error::Error;
use paperkin::ingest::Ingest;
use paperkin::progress::Silent;
use paperkin::quick;
use paperkin::store::Store;

use crate::support::{
    Cancelled, OTHER, Random, TINY, by_id, embed_paper, json, json_lines, paper, paperkin, papers, papers_in, run,
    searcher, stderr, stdout, tiny_embedder, tiny_model,
};

/// So many that a student is made.
const MANY: usize = 6_100;
/// So few that none is made.
const FEW: usize = 300;

fn corpus(folder: &Path, count: usize) -> String {
    let path = folder.join("papers.jsonl");
    fs_err::write(&path, json_lines(&papers(count))).unwrap();
    path.to_str().unwrap().to_owned()
}

/// A store whose papers can be searched, and of which none is embedded with the chosen model.
fn begun(dir: &Path, count: usize) -> Store {
    let (store, start) = quick::begin(dir, &tiny_model(), &tiny_embedder(), papers(count), &Silent).unwrap();
    let embedder = paperkin::embed::Embedder::load(&start, 2).unwrap();
    let mut ingest = Ingest::new(&store, &embedder, &Silent);
    ingest.add(papers(count).into_iter().map(Ok)).unwrap();
    assert_eq!(ingest.finish().unwrap().added, count as u64);
    store
}

/// The store has these papers, with their vectors of the chosen model, after this number of changes of the model.
fn check(dir: &Path, count: usize, changes: u64) {
    let store = Store::open(dir).unwrap();
    let generation = store.generation().unwrap();
    assert_eq!(generation.fingerprint, *tiny_model().fingerprint());
    assert_eq!(generation.number, 1 + changes, "each model is switched to once");
    assert_eq!(papers_in(dir), by_id(papers(count)));
    let (embedder, view) = (tiny_embedder(), store.view().unwrap());
    for number in (0..count).step_by(count.div_ceil(20)) {
        let (stored, doc) = view.paper(&paper(number).id).unwrap();
        let vector = embed_paper(&embedder, &stored).embedding;
        assert!(vector.cosine(view.vectors.row(doc).unwrap()) > 0.9999);
    }
    for left in ["quick", "next", "next-student"] {
        assert!(!dir.join(left).exists(), "{left}");
    }
    let status = json(&run(&["status", "--json", "--check", "--store", dir.to_str().unwrap()]));
    assert_eq!(status["unfinished"], serde_json::Value::Null, "{status}");
}

#[test]
fn a_large_collection_passes_through_a_distilled_model() {
    let folder = tempfile::tempdir().unwrap();
    let (corpus, dir) = (corpus(folder.path(), MANY), folder.path().join("store"));
    let store = dir.to_str().unwrap();
    let added = run(&["add", "--quick", "--json", "--model", TINY, "--store", store, &corpus]);
    let said = stderr(&added);
    assert_eq!(json(&added)["added"], MANY, "{said}");
    assert!(
        said.contains("6100 papers can be searched; embedding them with")
            && said.contains("all papers are embedded with")
    );
    assert!(said.contains("papers are now searched with a distilled model"), "{said}");
    check(&dir, MANY, 2);
    // From now on it is a store like any other.
    let again = run(&["add", "--json", "--store", store, &corpus]);
    assert_eq!(json(&again)["unchanged"], MANY, "{}", stderr(&again));
}

#[test]
fn papers_are_searched_and_added_before_they_are_embedded() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("store");
    let store = dir.to_str().unwrap();
    drop(begun(&dir, FEW - 1));
    let status = run(&["status", "--store", store]);
    assert!(stdout(&status).contains("papers are searched with a static model of its tokens"), "{}", stdout(&status));
    assert_eq!(json(&run(&["status", "--json", "--store", store]))["unfinished"]["embedded"], 0);
    for more in [&["--mode", "lexical"][..], &["--mode", "dense"], &["--model", TINY], &[]] {
        let found = run(&[&["search", "--json", "--store", store, "On learning galaxies, part 2"], more].concat());
        let found = json(&found);
        assert_eq!(found["among"], FEW - 1, "{more:?}: {found}");
        // The model has random weights: meaning is as good as chance.
        if more.contains(&"lexical") {
            assert_eq!(found["hits"][0]["title"], paper(2).title);
        }
    }
    let refused = run(&["snapshot", "--store", store, folder.path().join("copy").to_str().unwrap()]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(
        stderr(&refused).contains("temporary embeddings") && stderr(&refused).contains("reindex`"),
        "{}",
        stderr(&refused)
    );
    let other = run(&["search", "--store", store, "--model", OTHER, "galaxies"]);
    assert_eq!(other.status.code(), Some(2), "the vectors are not those of another model");

    // `add` treats a paper that comes later alike, and goes on with the others.
    let file = folder.path().join("one.jsonl");
    fs_err::write(&file, json_lines(&[paper(FEW - 1)])).unwrap();
    let added = run(&["add", "--json", "--model", TINY, "--store", store, file.to_str().unwrap()]);
    assert_eq!(json(&added)["added"], 1, "{}", stderr(&added));
    check(&dir, FEW, 1);
}

#[test]
fn what_an_interrupted_beginning_wrote_is_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("store");
    let stopped = quick::begin(&dir, &tiny_model(), &tiny_embedder(), papers(20), &Cancelled);
    assert!(matches!(stopped, Err(Error::Interrupted)));
    assert!(!dir.join("quick").exists() && !Store::is_store(&dir));
    // The folder is free for any command.
    drop(searcher(&dir, &papers(5)));
    check(&dir, 5, 0);
}

#[test]
fn a_store_with_embeddings_is_not_filled_quickly() {
    let folder = tempfile::tempdir().unwrap();
    let (corpus, dir) = (corpus(folder.path(), 10), folder.path().join("store"));
    drop(searcher(&dir, &papers(5)));
    let quickly =
        |dir: &Path, model: &str| run(&["add", "--quick", "--model", model, "--store", dir.to_str().unwrap(), &corpus]);
    let refused = quickly(&dir, OTHER);
    assert_eq!(refused.status.code(), Some(2));
    let said = stderr(&refused);
    assert!(
        said.contains("cannot be filled quickly with another model") && said.contains("hint: omit `--quick`"),
        "{said}"
    );
    // With its own model there is nothing to hurry.
    let added = quickly(&dir, TINY);
    assert!(stderr(&added).contains("`--quick` changes nothing"), "{}", stderr(&added));
    check(&dir, 10, 0);
    let on_the_way = folder.path().join("begun");
    drop(begun(&on_the_way, 5));
    assert!(stderr(&quickly(&on_the_way, OTHER)).contains("cannot be filled quickly"));
}

#[test]
fn two_processes_begin_and_complete_one_store() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("store");
    let store = dir.to_str().unwrap();
    let files = [("a.jsonl", FEW), ("b.jsonl", FEW / 2)].map(|(name, count)| {
        let file = folder.path().join(name);
        fs_err::write(&file, json_lines(&papers(count))).unwrap();
        file.to_str().unwrap().to_owned()
    });
    let command = |file: &String| paperkin(&["add", "--quick", "--model", TINY, "--store", store, file]);
    let children = files.each_ref().map(|file| {
        let child = command(file).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        (file, child)
    });
    for (file, child) in children {
        let output = child.wait_with_output().unwrap();
        // The other one may have arrived at the chosen model before this one has added its papers.
        let is_late = stderr(&output).contains("but these papers were embedded with");
        let output = if is_late { command(file).output().unwrap() } else { output };
        assert!(output.status.success(), "{}", stderr(&output));
    }
    // One may have ended while the other one was embedding.
    let rest = run(&["reindex", "--store", dir.to_str().unwrap()]);
    assert!(rest.status.success(), "{}", stderr(&rest));
    check(&dir, FEW, 1);
}

#[test]
fn a_service_goes_on_in_the_background_and_follows_the_switch() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("store");
    drop(begun(&dir, FEW));
    let mut command = paperkin(&["serve", "--addr", "127.0.0.1:0", "--store", dir.to_str().unwrap()]);
    let mut service = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(service.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let start = Instant::now();
    let is_done = || Store::open(&dir).unwrap().generation().unwrap().fingerprint == *tiny_model().fingerprint();
    while !is_done() || dir.join("quick").exists() {
        assert!(start.elapsed() < Duration::from_mins(2), "the service does not go on");
        std::thread::sleep(Duration::from_millis(50));
    }
    service.kill().unwrap();
    service.wait().unwrap();
    check(&dir, FEW, 1);
}

#[test]
fn kills_lose_nothing_and_the_switch_happens_once() {
    let rounds = std::env::var("PAPERKIN_KILLS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(6);
    let mut random = Random(7);
    for round in 0..rounds {
        // The first rounds are short, so that more of them are killed late in the work.
        let count = if round % 2 == 0 { MANY } else { FEW };
        let folder = tempfile::tempdir().unwrap();
        let (corpus, dir) = (corpus(folder.path(), count), folder.path().join("store"));
        let store = dir.to_str().unwrap();
        let arguments = ["add", "--quick", "--model", TINY, "--store", store, &corpus];
        let start = Instant::now();
        let mut pause = Duration::from_millis(50 + random.below(400) as u64);
        loop {
            let mut child = paperkin(&arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
            let until = Instant::now() + pause;
            let ended = loop {
                if let Some(status) = child.try_wait().unwrap() {
                    break Some(status);
                }
                if Instant::now() >= until {
                    break None;
                }
                std::thread::sleep(Duration::from_millis(5));
            };
            let Some(status) = ended else {
                child.kill().unwrap();
                child.wait().unwrap();
                // Later kills come later, so that the work ends on any machine.
                pause = pause * 3 / 2;
                continue;
            };
            assert!(status.success(), "{status}");
            break;
        }
        check(&dir, count, if count == MANY { 2 } else { 1 });
        assert!(start.elapsed() < Duration::from_mins(10), "round {round}");
    }
}
