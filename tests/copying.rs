//! `copy` and `dedupe` on folders: their output, and the answers of other commands afterwards. For servers, see `milvus`.

use serde_json::{Value, json};

use crate::support::{OTHER, TINY, json_lines, paperkin, papers, run, run_with_input, stderr, stdout};

fn said(arguments: &[&str]) -> String {
    let output = run(arguments);
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", stderr(&output));
    stdout(&output)
}

fn said_json(arguments: &[&str]) -> Value {
    serde_json::from_str(&said(arguments)).unwrap()
}

#[test]
fn a_copy_answers_as_its_source() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (one, other) = (path("one"), path("other"));
    let added = run_with_input(&["add", "--model", TINY, "--store", &one, "-"], &json_lines(&papers(300)));
    assert_eq!(added.status.code(), Some(0), "{}", stderr(&added));
    let copied = said(&["copy", "--from", &one, "--to", &other]);
    assert_eq!(copied, format!("copied 300 papers to `{other}`: 300 added, 0 updated, 0 unchanged\n"));
    let answer = |store: &str, mode: &str| {
        let mut answer = said_json(&["search", "sorting graphs", "--mode", mode, "--format", "json", "--store", store]);
        answer["took_ms"].take();
        answer
    };
    for mode in ["hybrid", "dense", "lexical"] {
        assert_eq!(answer(&one, mode), answer(&other, mode));
    }
    assert_eq!(said(&["export", "--store", &one]), said(&["export", "--store", &other]));
    said(&["remove", "2001.00004", "--store", &other]);
    let again = said_json(&["--store", &one, "copy", "--to", &other, "--json"]);
    let wanted = json!({
        "read": 300, "added": 1, "updated": 0, "unchanged": 299, "left_out": 0, "too_large": [], "interrupted": false
    });
    assert_eq!(again, wanted);
    let same = run(&["--store", &one, "copy", "--to", &format!("{one}/../one")]);
    assert!(stderr(&same).contains("cannot be copied to itself\nhint: pass the address of another store"), "{same:?}");
    let missing = run(&["copy", "--from", &path("none"), "--to", &path("new")]);
    assert!(stderr(&missing).contains("there is no store at") && !folder.path().join("new").exists(), "{missing:?}");
    // A store with vectors of another model.
    let third = path("third");
    let added = run_with_input(&["add", "--model", OTHER, "--store", &third, "-"], &json_lines(&papers(3)));
    assert_eq!(added.status.code(), Some(0), "{}", stderr(&added));
    let refused = run(&["copy", "--from", &one, "--to", &third]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(stderr(&refused).contains("hint: "), "{}", stderr(&refused));
    assert_eq!(said_json(&["status", "--json", "--store", &third])["papers"], 3);
}

#[test]
fn papers_of_two_stores_are_merged_after_a_copy() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (one, other) = (path("one"), path("other"));
    let preprints = r#"{"id":"10.1234/fish","title":"On fish","abstract":"We count fish.","authors":["Ada Smith"]}
{"id":"2001.00002","title":"On whales","abstract":"We count whales.","authors":["Ada Smith"]}"#;
    let articles = r#"{"id":"2001.00001","ids":["10.1234/fish"],"title":"On fish","abstract":"We count fish at length.","authors":["Ada Smith"]}
{"id":"10.1234/whales","title":"On whales","abstract":"We count whales.","authors":["Ada Smith"]}"#;
    for (store, lines) in [(&one, preprints), (&other, articles)] {
        let added = run_with_input(&["add", "--model", TINY, "--store", store, "-"], lines);
        assert_eq!(added.status.code(), Some(0), "{}", stderr(&added));
    }
    said(&["copy", "--from", &other, "--to", &one]);
    let found = "\
2001.00001  On fish
    and 10.1234/fish
";
    let titles = "
possible duplicates, with the same title; `--titles` merges them:
2001.00002  On whales
    and 10.1234/whales
";
    let dedupe = |flags: &[&str]| said(&[&["--store", &one, "dedupe"], flags].concat());
    assert_eq!(dedupe(&["--dry-run"]), format!("{found}would merge 2 papers into 1\n{titles}"));
    assert_eq!(dedupe(&[]), format!("{found}merged 2 papers into 1\n{titles}"));
    assert_eq!(dedupe(&[]), format!("no papers share an id\n{titles}"));
    let report: Value = serde_json::from_str(&dedupe(&["--titles", "--json"])).unwrap();
    let merged = json!([{ "id": "2001.00002", "title": "On whales", "others": ["10.1234/whales"] }]);
    assert_eq!(report, json!({ "merged": merged, "same_title": [], "contradictions": [], "too_large": [] }));
    assert_eq!(said_json(&["status", "--json", "--store", &one])["papers"], 2);
    for id in ["2001.00001", "10.1234/fish", "2001.00002", "10.1234/whales"] {
        assert_eq!(paperkin(&["show", id, "--store", &one]).output().unwrap().status.code(), Some(0), "{id}");
    }
}
