//! `kill -9` at any moment loses nothing that was committed and leaves nothing half there; Ctrl-C loses nothing at all.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use paperkin::full_text::FullText;
use paperkin::paper::{Paper, PaperId};
use paperkin::store::Store;

use crate::support::{
    Contents, Context, Inspector, OTHER, Random, TINY, by_id, json, json_lines, paper, paperkin, papers, stderr, stdout,
};

const COUNT: usize = 2_000;

fn corpus(folder: &Path) -> String {
    let path = folder.join("papers.jsonl");
    fs_err::write(&path, json_lines(&papers(COUNT))).unwrap();
    path.to_str().unwrap().to_owned()
}

fn start(store: &str, arguments: &[&str]) -> Child {
    let mut command = paperkin(arguments);
    command.args(["--store", store]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn start_add(corpus: &str, store: &str) -> Child {
    start(store, &["add", "--json", "--model", TINY, corpus])
}

/// A command that is killed.
struct Deed {
    name: &'static str,
    /// There is either all of what it does or nothing.
    at_once: bool,
    /// Its arguments, and the papers that are there afterwards; a file for it can be put into the folder.
    plan: fn(&Path, &mut Random, &Contents) -> (Vec<String>, Contents),
}

const DEEDS: [Deed; 7] = [
    Deed { name: "add", at_once: false, plan: add_some },
    Deed { name: "remove", at_once: true, plan: remove_some },
    Deed { name: "compact", at_once: true, plan: |_, _, before| (vec!["compact".to_owned()], before.clone()) },
    Deed { name: "reindex", at_once: true, plan: |_, _, before| (vec!["reindex".to_owned()], before.clone()) },
    Deed { name: "reindex --model", at_once: true, plan: change_model },
    Deed { name: "copy", at_once: false, plan: copy_some },
    Deed { name: "dedupe", at_once: false, plan: merge_duplicates },
];

/// New papers, the same ones, other versions of some, other details of some.
fn add_some(folder: &Path, random: &mut Random, before: &Contents) -> (Vec<String>, Contents) {
    let given = by_id((0..400).map(|_| {
        let mut paper = paper(random.below(1_000));
        match random.below(3) {
            0 => paper.abstract_text.push_str(&format!(" Version {}.", random.below(50))),
            1 => paper.comments = Some(random.below(50).try_into().unwrap()),
            _ => {}
        }
        paper
    }));
    let path = folder.join("some.jsonl").to_str().unwrap().to_owned();
    fs_err::write(&path, json_lines(&given.values().cloned().collect::<Vec<Paper>>())).unwrap();
    let mut after = before.clone();
    after.extend(given);
    let model: &[&str] = if folder.join("store/meta.json").exists() { &[] } else { &["--model", TINY] };
    (["add", &path].iter().chain(model).map(|argument| (*argument).to_owned()).collect(), after)
}

/// From one of two models to the other; also again, when it was interrupted.
fn change_model(folder: &Path, _: &mut Random, before: &Contents) -> (Vec<String>, Contents) {
    let now = Store::open(&folder.join("store")).unwrap().generation().unwrap().fingerprint.model;
    let model = if now == "bert-last" { TINY } else { OTHER };
    (["reindex", "--model", model].map(str::to_owned).to_vec(), before.clone())
}

/// A paper that no other command changes, and the same paper under another id, in other words and with a venue.
fn twins(number: usize) -> [Paper; 2] {
    let id: PaperId = format!("10.1234/{number}").parse().unwrap();
    let own = format!("2002.{number:05}").parse().unwrap();
    let paper = Paper { id: own, ids: vec![id.clone()], ..paper(1_000 + number) };
    let venue = Some("Fisheries".to_owned());
    let twin = Paper { id, ids: Vec::new(), venue, abstract_text: "Short.".to_owned(), ..paper.clone() };
    [paper, twin]
}

/// The first or the second of all twins, from a store of the same model.
fn copy_some(folder: &Path, random: &mut Random, before: &Contents) -> (Vec<String>, Contents) {
    let place = random.below(2);
    let given: Vec<Paper> = (0..150).map(|number| twins(number)[place].clone()).collect();
    let now = Store::open(&folder.join("store")).unwrap().generation().unwrap().fingerprint.model;
    let source = folder.join(format!("{now}-{place}")).to_str().unwrap().to_owned();
    if !Path::new(&source).exists() {
        let path = folder.join(format!("{place}.jsonl")).to_str().unwrap().to_owned();
        fs_err::write(&path, json_lines(&given)).unwrap();
        let model = if now == "bert-last" { OTHER } else { TINY };
        let added = start(&source, &["add", "--model", model, &path]).wait_with_output().unwrap();
        assert!(added.status.success(), "{}", stderr(&added));
    }
    let mut after = before.clone();
    for paper in given {
        // One that is part of its twin stays that.
        let is_part = before.values().any(|other| other.ids.contains(&paper.id) && other.venue.is_some());
        if !is_part {
            after.entry(paper.id.clone()).or_insert(paper);
        }
    }
    let store = folder.join("store").to_str().unwrap().to_owned();
    (["copy", "--from", &source, "--to", &store].map(str::to_owned).to_vec(), after)
}

/// Twins that are both there become one.
fn merge_duplicates(_: &Path, _: &mut Random, before: &Contents) -> (Vec<String>, Contents) {
    let mut after = before.clone();
    for [paper, twin] in (0..150).map(twins) {
        if before.contains_key(&paper.id) && after.remove(&twin.id).is_some() {
            after.get_mut(&paper.id).unwrap().venue = twin.venue;
        }
    }
    (vec!["dedupe".to_owned()], after)
}

/// A third of what is there.
fn remove_some(folder: &Path, random: &mut Random, before: &Contents) -> (Vec<String>, Contents) {
    let mut after = before.clone();
    after.retain(|_, _| random.below(3) > 0);
    let gone: Vec<&str> = before.keys().filter(|id| !after.contains_key(id)).map(PaperId::as_str).collect();
    let path = folder.join("gone.txt").to_str().unwrap().to_owned();
    fs_err::write(&path, gone.join("\n")).unwrap();
    (["remove", "--from", &path].map(str::to_owned).to_vec(), after)
}

#[test]
fn killed_at_any_moment_it_loses_nothing_and_leaves_nothing_half_there() {
    const SEED: u64 = 20_261_123;
    const KILLS_OF_EACH: usize = 20;
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("store");
    let mut inspector = Inspector::new();
    let mut random = Random(SEED);
    let mut before = Contents::new();
    let mut durations = [None; DEEDS.len()];
    let mut kills = [0; DEEDS.len()];
    for round in 0..2_000 {
        if kills.iter().all(|kills| *kills >= KILLS_OF_EACH) {
            break;
        }
        let place = round % DEEDS.len();
        let Deed { name, at_once, plan } = &DEEDS[place];
        let (arguments, after) = plan(folder.path(), &mut random, &before);
        let begun = Instant::now();
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let mut child = start(store.to_str().unwrap(), &arguments);
        // The first time each may finish, which tells how long it takes.
        if let Some(duration) = durations[place] {
            let share = u32::try_from(random.below(1_100)).unwrap();
            std::thread::sleep(duration * share / 1_000);
            child.kill().unwrap();
        }
        let output = child.wait_with_output().unwrap();
        durations[place].get_or_insert(begun.elapsed());
        let finished = output.status.success();
        let context = format!("seed {SEED}, round {round}, {name}, finished: {finished}");
        assert!(finished || output.status.code().is_none(), "{context}: {}", stderr(&output));
        kills[place] += usize::from(!finished);

        let _context = Context(&context);
        let found = if store.join("meta.json").exists() { inspector.contents(&store) } else { Contents::new() };
        if store.join("meta.json").exists() {
            let opened = Store::open(&store).unwrap();
            let snapshot = opened.snapshot().unwrap();
            let words = FullText::open(&opened.view().unwrap()).unwrap();
            assert!(words.known().ones().eq(snapshot.live().ones()), "papers without words, or the other way round");
            assert!(!finished || words.in_folder() == snapshot.len(), "a command that ended left the words behind");
        }
        if finished || (*at_once && found != before) {
            assert!(found == after, "it shows, and is not all there");
        }
        for id in before.keys().chain(after.keys()).chain(found.keys()) {
            let either = [before.get(id), after.get(id)];
            assert!(either.contains(&found.get(id)), "{id} is neither as before nor as after");
        }
        before = found;
    }
    assert!(kills.iter().all(|kills| *kills >= KILLS_OF_EACH), "it was too fast to be killed: {kills:?}");
    let generation = Store::open(&store).unwrap().generation().unwrap();
    assert!(generation.number > 1, "some `compact` came to its end");
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
    assert_eq!(Inspector::new().contents(&store), by_id(papers(COUNT)));
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
        assert!(start.elapsed() < Duration::from_mins(1), "nothing was committed");
        std::thread::sleep(Duration::from_millis(2));
    }
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", stdout(&output));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["interrupted"], true);
    assert_eq!(
        Inspector::new().contents(&store).len() as u64,
        report["added"].as_u64().unwrap(),
        "all that is reported is there, and no more"
    );
}
