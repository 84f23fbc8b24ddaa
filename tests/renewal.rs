//! `reindex` makes texts readable that an older version stored with their markup.

use std::path::Path;

use crate::support::{TINY, json, papers, run, run_with_input, searcher, stderr, stdout};

const RIS: &str = "TY  - JOUR\nTI  - On fish\nAU  - Smith, Ada\nDO  - 10.1234/fish\nER  - \n";
const BIBTEX: &str = "@article{a, title={On fish}, author={Smith, Ada}, doi={10.1234/fish}, abstract={We count fish.}}";

/// Turns a store into one of an older version: a text with markup, and no paper that the present rules have read.
fn make_older(store: &Path) {
    let connection = rusqlite::Connection::open(store.join("papers.sqlite")).unwrap();
    let older = "UPDATE papers SET text_rules = 1;
        UPDATE papers SET title = 'On <i>fish</i> &amp; chips', abstract = 'G\\\"odel counted fish.'
        WHERE id = '10.1234/fish';
        UPDATE contributions SET paper = json_set(paper, '$.title', 'On <i>fish</i> &amp; chips',
            '$.abstract', 'G\\\"odel counted fish.') WHERE place = 1";
    connection.execute_batch(older).unwrap();
}

fn older_text(store: &str) -> serde_json::Value {
    json(&run(&["status", "--json", "--store", store]))["older_text"].clone()
}

#[test]
fn reindex_makes_older_texts_readable_and_embeds_them_again() {
    let folder = tempfile::tempdir().unwrap();
    drop(searcher(folder.path(), &papers(300)));
    let store = folder.path().to_str().unwrap();
    for (source, text) in [("a", RIS), ("b", BIBTEX)] {
        let added = run_with_input(&["add", "--source", source, "--model", TINY, "--store", store, "-"], text);
        assert!(added.status.success(), "{}", stderr(&added));
    }
    make_older(folder.path());
    assert_eq!(older_text(store), 301);
    let status = stdout(&run(&["status", "--store", store]));
    assert!(status.contains("301 papers with markup of an older version; `paperkin reindex` makes it readable"));

    let reindexed = run(&["reindex", "--store", store]);
    assert!(stderr(&reindexed).contains("checked the text of 301 papers stored by an older version; 1 changed"));
    assert_eq!(older_text(store), 0);
    let shown = json(&run(&["show", "--json", "--store", store, "10.1234/fish"]));
    assert_eq!((&shown["title"], &shown["abstract"]), (&"On fish".into(), &"Gödel counted fish.".into()));
    let search = ["search", "--json", "--store", store, "--mode", "dense", "On fish Gödel counted fish."];
    let found = json(&run(&search));
    assert!(found["hits"][0]["why"]["cosine"].as_f64() > Some(0.9999), "embedded again: {found}");
    // The records of both sources are read by the present rules, too.
    let parts = stdout(&run(&["split", "--dry-run", "--store", store, "10.1234/fish"]));
    assert!(!parts.contains("&amp;"));
    assert_eq!(run(&["status", "--check", "--store", store]).status.code(), Some(0));
    // Adding the same record again changes nothing.
    let again = run_with_input(&["add", "--json", "--source", "a", "--model", TINY, "--store", store, "-"], RIS);
    assert_eq!(json(&again)["unchanged"], 1);
}

#[test]
fn reindex_builds_the_indexes_without_the_model_that_older_texts_need() {
    let folder = tempfile::tempdir().unwrap();
    let model = folder.path().join("model");
    fs_err::create_dir(&model).unwrap();
    for entry in fs_err::read_dir("tests/data/models/static").unwrap() {
        let entry = entry.unwrap();
        fs_err::copy(entry.path(), model.join(entry.file_name())).unwrap();
    }
    let store = folder.path().join("store");
    let given = store.to_str().unwrap();
    run_with_input(&["add", "--model", model.to_str().unwrap(), "--store", given, "-"], RIS);
    make_older(&store);
    fs_err::remove_dir_all(&model).unwrap();
    let reindexed = run(&["reindex", "--store", given]);
    assert!(stderr(&reindexed).contains("warning: texts of older versions stay as they are"), "{}", stderr(&reindexed));
    assert!(stdout(&reindexed).contains("built the HNSW graph of 1 paper"), "{}", stdout(&reindexed));
    assert_eq!(older_text(given), 1);
}
