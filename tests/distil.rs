//! `models distil`: a static model that imitates another one, from a store or from files.

use std::path::Path;
use std::process::{Command, Output};

use crate::support::{TINY, json, json_lines, paper, paperkin, papers, run, searcher, stderr, stdout};

/// Runs a command that keeps its models in this folder.
fn with_models(home: &Path, arguments: &[&str]) -> Output {
    let mut command: Command = paperkin(arguments);
    command.env("XDG_DATA_HOME", home).output().unwrap()
}

fn distil(home: &Path, from: &Path, more: &[&str]) -> Output {
    let from = from.to_str().unwrap();
    with_models(home, &[&["models", "distil", "--json", "--from", from], more].concat())
}

#[test]
fn a_store_gives_a_model_that_finds_what_its_teacher_finds() {
    let folder = tempfile::tempdir().unwrap();
    let (home, taught) = (folder.path().join("home"), folder.path().join("taught"));
    drop(searcher(&taught, &papers(400)));
    let made = distil(&home, &taught, &["--name", "quick"]);
    assert!(made.status.success(), "{}", stderr(&made));
    let report = json(&made);
    assert_eq!((&report["papers"], &report["kept"]["papers"]), (&380.into(), &20.into()));
    assert!(report["kept"]["cosine"].as_f64() > Some(0.8), "{report}");

    let listed = json(&with_models(&home, &["models", "list", "--json"]));
    let listed = listed["models"].as_array().unwrap().iter().find(|model| model["name"] == "quick").unwrap().clone();
    assert_eq!((&listed["architecture"], &listed["dimension"]), (&"static".into(), &32.into()));
    assert!(listed["queries"].as_str().unwrap().ends_with("tiny-bert"));
    let verified = with_models(&home, &["models", "verify", "quick"]);
    assert!(stdout(&verified).contains("`quick` is intact: 2 files"), "{}", stdout(&verified));

    // With its own queries, the embeddings of papers are the same.
    let made = distil(&home, &taught, &["--name", "alone", "--static-queries"]);
    assert_eq!(json(&made)["queries"], serde_json::Value::Null);

    // It is a model like any other: a store is made with it by name, and found again without it.
    let store = folder.path().join("store");
    let store = store.to_str().unwrap();
    let file = folder.path().join("papers.jsonl");
    fs_err::write(&file, json_lines(&papers(100))).unwrap();
    let added = with_models(&home, &["add", "--json", "--model", "alone", "--store", store, file.to_str().unwrap()]);
    assert_eq!(json(&added)["added"], 100, "{}", stderr(&added));
    let query = paper(2).text();
    let search = ["search", "--json", "--mode", "dense", "--store", store, &query];
    let hits = json(&with_models(&home, &search));
    assert_eq!(hits["hits"][0]["title"], paper(2).title, "{hits}");

    let weights = |name: &str| {
        fs_err::read(home.join("paperkin/models").join(name).join("0_StaticEmbedding/model.safetensors")).unwrap()
    };
    assert!(weights("quick") == weights("alone"), "the same lessons give the same model");
}

#[test]
fn files_and_other_teachers_are_embedded_first() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("home");
    let file = folder.path().join("papers.jsonl");
    fs_err::write(&file, json_lines(&papers(300))).unwrap();
    let report = json(&distil(&home, &file, &["--teacher", TINY, "--papers", "200", "--name", "of-files"]));
    assert_eq!((&report["papers"], &report["kept"]["papers"]), (&190.into(), &10.into()), "{report}");

    // A store with vectors of another model lends its texts.
    let taught = folder.path().join("taught");
    drop(searcher(&taught, &papers(150)));
    let other = "tests/data/models/mpnet";
    let report = json(&distil(&home, &taught, &["--teacher", other, "--name", "of-mpnet"]));
    assert_eq!((&report["teacher"], &report["papers"]), (&"mpnet".into(), &143.into()), "{report}");
}

#[test]
fn what_cannot_be_distilled_is_refused_before_any_work() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("home");
    let few = folder.path().join("few");
    drop(searcher(&few, &papers(20)));
    let refused = |more: &[&str]| {
        let refused = distil(&home, &few, more);
        assert_eq!(refused.status.code(), Some(2), "{}", stdout(&refused));
        stderr(&refused)
    };
    assert!(refused(&["--name", "quick"]).contains("20 papers are too few to distil a model from: at least 100"));
    assert!(refused(&["--name", "all-minilm-l6-v2"]).contains("a known model has this name"));
    assert!(refused(&["--name", "../quick"]).contains("only letters, digits"));
    assert!(refused(&["--name", "quick", "--teacher", "nonsense"]).contains("unknown model `nonsense`"));
    fs_err::create_dir_all(home.join("paperkin/models/quick")).unwrap();
    assert!(refused(&["--name", "quick"]).contains("exists already"));
    let missing = run(&["models", "distil", "--name", "quick", "--from", "no-such-file.jsonl"]);
    assert_eq!(missing.status.code(), Some(2));
    assert!(stderr(&missing).contains("no-such-file.jsonl"), "{}", stderr(&missing));
}
