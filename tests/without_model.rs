//! What needs no model: lexical search, related papers, and everything that reads stored papers.

use std::process::Output;

use axum::http::StatusCode;
use paperkin::search::Searcher;
use paperkin::server::Settings;
use paperkin::store::Store;
use serde_json::Value;

use crate::support::http::{Serving, get, ids, serving};
use crate::support::{TINY, json, json_lines, paperkin, papers, run, run_with_input, stderr};

/// A store whose model is no longer on this machine.
fn orphaned(dir: &std::path::Path) -> String {
    let (model, store) = (dir.join("model"), dir.join("store").to_str().unwrap().to_owned());
    copied(std::path::Path::new(TINY), &model);
    let arguments = ["add", "--model", model.to_str().unwrap(), "--store", &store, "-"];
    let added = run_with_input(&arguments, &json_lines(&papers(60)));
    assert!(added.status.success(), "{}", stderr(&added));
    std::fs::remove_dir_all(model).unwrap();
    store
}

fn copied(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let copy = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copied(&path, &copy);
        } else {
            std::fs::copy(path, copy).unwrap();
        }
    }
}

fn found(output: &Output) -> Vec<String> {
    assert!(output.status.success(), "{}", stderr(output));
    ids(&json(output))
}

#[test]
fn commands_that_do_not_embed_work() {
    let folder = tempfile::tempdir().unwrap();
    let store = orphaned(folder.path());
    let lexical = run(&["search", "--mode", "lexical", "--json", "--store", &store, "folding", "images"]);
    assert!(found(&lexical).len() > 3);
    let highlight = json(&lexical)["hits"][0]["highlight"].as_str().unwrap().to_lowercase();
    assert!(highlight.contains("folding"), "{highlight}");
    for mode in ["lexical", "hybrid", "dense"] {
        let related = run(&["related", "--mode", mode, "--json", "--store", &store, "2001.00004"]);
        assert!(!found(&related).is_empty(), "{mode}");
        assert!(json(&related)["hits"][0]["highlight"].is_string());
    }
    let by_text = ["related", "--mode", "lexical", "--text", "folding", "--json", "--store", &store];
    assert!(!found(&run(&by_text)).is_empty());
    for command in [&["show", "2001.00004"][..], &["export"], &["facets"], &["status"], &["overview"]] {
        let output = run(&[command, &["--store", &store]].concat());
        assert!(output.status.success(), "{command:?}: {}", stderr(&output));
    }
    for command in
        [&["search", "folding"][..], &["related", "--text", "folding"], &["compare", "2001.00004", "2001.00008"]]
    {
        let output = run(&[command, &["--store", &store]].concat());
        assert_eq!(output.status.code(), Some(2), "{command:?}");
        assert!(stderr(&output).contains("hint: "), "{}", stderr(&output));
    }
}

#[test]
fn results_by_words_are_those_of_a_searcher_with_the_model() {
    let folder = tempfile::tempdir().unwrap();
    let with = serving(crate::support::searcher(folder.path(), &papers(60)), Settings::default());
    let without = Searcher::without_model(Store::open(folder.path()).unwrap(), 1).unwrap();
    let without = serving(without, Settings::default());
    for address in [
        "/api/v1/search?q=folding+images&mode=lexical&k=50&fields=id,score,why",
        "/api/v1/search?q=%22folding%22+author:7&mode=lexical&fields=id,score,why",
        "/api/v1/related?id=2001.00004&mode=lexical&k=50&fields=id,score,why",
        "/api/v1/related?text=folding&mode=lexical&k=50&fields=id,score,why",
        "/api/v1/related?id=2001.00004&unlike=2001.00008&k=50&fields=id,score,why",
    ] {
        let (with, without) = (get(&with, address).json(), get(&without, address).json());
        assert_eq!(with["hits"], without["hits"], "{address}");
        assert!(!with["hits"].as_array().unwrap().is_empty(), "{address}");
    }
}

#[test]
fn a_service_starts_without_the_model_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let store = orphaned(folder.path());
    let arguments = ["serve", "--addr", "127.0.0.1:0", "--store", &store];
    let serve = Serving::by(paperkin(&arguments).stderr(std::process::Stdio::piped()));
    let get = |address: &str| {
        let (status, body) = serve.get(address);
        (StatusCode::from_u16(status).unwrap(), serde_json::from_slice::<Value>(&body).unwrap_or_default())
    };
    let (status, answer) = get("/api/v1/search?q=folding&mode=lexical");
    assert_eq!(status, StatusCode::OK, "{answer}");
    assert!(!ids(&answer).is_empty());
    for address in ["/api/v1/status", "/api/v1/facets", "/api/v1/papers/2001.00004/related", "/api/v1/overview"] {
        assert_eq!(get(address).0, StatusCode::OK, "{address}");
    }
    let (status, problem) = get("/api/v1/search?q=folding");
    assert!(status.is_server_error() && problem["hint"].is_string(), "{status}: {problem}");
    let told = serve.stop();
    assert!(told.contains("warning: ") && told.contains("only lexical search"), "{told}");
}
