//! Papers on a Milvus server: the commands and the service, beside a store in a folder with the same papers. The server is Milvus
//! Lite.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use paperkin::paper::{Paper, PublicationDate};
use serde_json::Value;

use crate::support::http::Serving;
use crate::support::{TINY, json_lines, paperkin, papers, python, required, run_with_input, stderr, stdout};

const TOKEN: &str = "a-secret-that-is-long-enough";

/// A running server, which ends with its standard input.
struct Server {
    child: Child,
    port: u16,
}

impl Server {
    fn start() -> Option<Self> {
        Self::with(&[])
    }

    fn with(arguments: &[&Path]) -> Option<Self> {
        let python = required("Python with the packages of tests/clients/requirements.txt", python())?;
        let mut command = Command::new(python);
        command.args(["-B", "tests/scripts/milvus_server.py"]).args(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Some(Self { port: line.trim().parse().unwrap(), child })
    }

    fn address(&self, database: &str) -> String {
        format!("milvus://secret@127.0.0.1:{}/{database}", self.port)
    }

    fn stop(mut self) {
        drop(self.child.stdin.take());
        self.child.wait().unwrap();
    }
}

/// The output of a command that succeeds.
fn said(store: &str, arguments: &[&str]) -> String {
    let output = paperkin(arguments).args(["--store", store]).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", stderr(&output));
    stdout(&output)
}

fn json(store: &str, arguments: &[&str]) -> Value {
    serde_json::from_str(&said(store, arguments)).unwrap()
}

/// Papers of several years.
fn dated(count: usize) -> Vec<Paper> {
    let mut papers = papers(count);
    for (year, paper) in (2015..2022).cycle().zip(&mut papers) {
        paper.published = PublicationDate::new(year, 3, 4);
    }
    papers
}

/// The ids of the hits of an answer.
fn ids(answer: &Value) -> Vec<String> {
    answer["hits"].as_array().unwrap().iter().map(|hit| hit["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn commands_give_the_same_answers_on_a_server_and_in_a_folder() {
    let Some(server) = Server::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    let (on_server, in_folder) = (server.address("papers"), folder.path().join("store").to_str().unwrap().to_owned());
    let none = paperkin(&["search", "x", "--store", &on_server]).output().unwrap();
    assert_eq!(none.status.code(), Some(2));
    assert!(stderr(&none).contains("there is no store at `milvus://127.0.0.1") && !stderr(&none).contains("secret"));
    let lines = json_lines(&dated(120));
    for store in [&on_server, &in_folder] {
        let added = run_with_input(&["add", "--model", TINY, "--store", store, "-"], &lines);
        assert!(stdout(&added).starts_with("read 120 papers: 120 added"), "{}", stderr(&added));
        let again = run_with_input(&["add", "--store", store, "-"], &lines);
        assert!(stdout(&again).contains("0 added, 0 updated, 120 unchanged"), "{}", stdout(&again));
    }
    let both = |arguments: &[&str]| [&on_server, &in_folder].map(|store| json(store, arguments));
    for query in ["sorting graphs", "\"measuring\" -oceans", "author:author galaxies", "year:2019 oceans", "folding"] {
        for mode in ["hybrid", "dense", "lexical"] {
            let [one, other] = both(&["search", "--format", "json", "--mode", mode, query]);
            assert_eq!((ids(&one), &one["among"]), (ids(&other), &other["among"]), "{query} {mode}");
        }
    }
    let [one, other] = both(&["related", "--format", "json", "2001.00004", "2001.00008"]);
    assert_eq!(ids(&one), ids(&other));
    let [one, other] = both(&["facets", "--json", "--from", "2018"]);
    assert_eq!(one, other);
    let [one, other] = [&on_server, &in_folder].map(|store| {
        let mut lines: Vec<String> = said(store, &["export"]).lines().map(str::to_owned).collect();
        lines.sort();
        lines
    });
    assert_eq!(one, other);
    let status = json(&on_server, &["status", "--json"]);
    assert_eq!((&status["papers"], &status["server"]["version"]), (&120.into(), &"milvus_lite-3.2.2".into()));
    assert!(status.get("graph_rows").is_none() && !status.to_string().contains("secret"));
    // From the server to a folder, and back to a new database.
    let (back, second) = (folder.path().join("back").to_str().unwrap().to_owned(), server.address("second"));
    assert!(said(&on_server, &["copy", "--to", &back]).contains("120 added"));
    assert!(said(&back, &["copy", "--to", &second]).contains("120 added"));
    assert!(said(&back, &["copy", "--to", &second]).contains("120 unchanged"));
    for store in [&back, &second] {
        for mode in ["hybrid", "dense", "lexical"] {
            let arguments = ["search", "--format", "json", "--mode", mode, "sorting graphs"];
            assert_eq!(ids(&json(store, &arguments)), ids(&json(&in_folder, &arguments)), "{store} {mode}");
        }
    }
    assert_eq!(said(&second, &["dedupe"]), "no papers share an id\n");
    said(&on_server, &["remove", "2001.00004"]);
    assert_eq!(json(&on_server, &["status", "--json"])["papers"], 119);
    let other_model = paperkin(&["add", "--sample", "--model", "tests/data/models/static", "--store", &on_server]);
    let refused = { other_model }.output().unwrap();
    assert!(stderr(&refused).contains("embedded with") || stderr(&refused).contains("model"), "{}", stderr(&refused));
    assert_eq!(refused.status.code(), Some(2));
    let map = paperkin(&["map", "--json", "--store", &on_server]).output().unwrap();
    assert!(stderr(&map).contains("needs a store in a folder"), "{}", stderr(&map));
    server.stop();
    let away = paperkin(&["search", "graphs", "--store", &on_server]).output().unwrap();
    assert_eq!(away.status.code(), Some(2));
    assert!(stderr(&away).contains("does not answer") && stderr(&away).contains("hint: "), "{}", stderr(&away));
}

#[test]
fn several_services_write_and_search_one_server() {
    let Some(server) = Server::start() else { return };
    let store = server.address("papers");
    let added = run_with_input(&["add", "--model", TINY, "--store", &store, "-"], &json_lines(&papers(40)));
    assert!(added.status.success(), "{}", stderr(&added));
    let serve = || {
        let mut command =
            paperkin(&["serve", "--addr", "127.0.0.1:0", "--no-sample", "--log", "error", "--store", &store]);
        Serving::by(command.env("PAPERKIN_TOKEN", TOKEN))
    };
    let (one, other) = (serve(), serve());
    let new = r#"[{"id":"2301.00001","title":"On weighing quokkas","abstract":"We weigh quokkas.","published":"2023-01-02"}]"#;
    let (host, length) = (&one.address, new.len());
    let answer = one.ask(&format!(
        "POST /api/v1/papers HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {TOKEN}\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{new}"
    ));
    assert!(answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer));
    // What was answered as added is found by the next search of any program.
    let found = other.json("/api/v1/search?q=quokkas&mode=dense&k=100");
    assert!(ids(&found).contains(&"2301.00001".to_owned()), "{found}");
    assert_eq!(other.get("/readyz").0, 200);
    assert_eq!(other.json("/api/v1/papers/2301.00001")["title"], "On weighing quokkas");
    let (status, feed) = other.get("/feed.atom?q=quokkas&mode=dense");
    let feed = String::from_utf8(feed).unwrap();
    assert!(status == 200 && feed.contains("<title>On weighing quokkas</title>"), "{feed}");
    server.stop();
    assert_eq!(other.get("/readyz").0, 503);
}

#[test]
fn a_server_with_tls_and_a_token() {
    let folder = tempfile::tempdir().unwrap();
    let Some(server) = Server::with(&[folder.path()]) else { return };
    let address = |token: &str| format!("milvus+tls://{token}localhost:{}/papers", server.port);
    let store = address("secret@");
    let with_authority = |arguments: &[&str]| {
        let mut command = paperkin(arguments);
        command.env("SSL_CERT_FILE", folder.path().join("ca.pem"));
        command
    };
    let file = folder.path().join("papers.jsonl");
    fs_err::write(&file, json_lines(&papers(20))).unwrap();
    let added =
        with_authority(&["add", "--model", TINY, file.to_str().unwrap()]).env("PAPERKIN_STORE", &store).output();
    assert!(stdout(&added.unwrap()).contains("20 added"));
    let found = with_authority(&["search", "graphs", "--mode", "lexical", "--store", &store]).output().unwrap();
    assert!(found.status.success() && stdout(&found).contains("graphs"), "{}", stderr(&found));
    for (mut command, reason) in [
        (with_authority(&["status", "--store", &address("wrong@")]), "auth check failure"),
        (with_authority(&["status", "--store", &address("")]), "auth check failure"),
        // The authority is not known.
        (paperkin(&["status", "--store", &store]), "localhost"),
    ] {
        let refused = command.output().unwrap();
        let said = stderr(&refused);
        assert_eq!(refused.status.code(), Some(2), "{said}");
        assert!(said.contains(reason) && said.contains("hint: "), "{said}");
        assert!(!said.contains("secret") && !said.contains("wrong"), "{said}");
    }
    server.stop();
}

#[test]
fn an_addition_that_was_killed_is_completed_by_the_next() {
    let Some(server) = Server::start() else { return };
    let (store, folder) = (server.address("papers"), tempfile::tempdir().unwrap());
    let file = folder.path().join("papers.jsonl");
    fs_err::write(&file, json_lines(&papers(1_000))).unwrap();
    let add = || {
        let mut command = paperkin(&["add", "--model", TINY, "--store", &store]);
        command.arg(&file).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    };
    for wait in [300, 700, 1_100] {
        let mut child = add().spawn().unwrap();
        std::thread::sleep(Duration::from_millis(wait));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let completed = add().output().unwrap();
    assert!(completed.status.success(), "{}", stderr(&completed));
    assert_eq!(json(&store, &["status", "--json"])["papers"], 1_000);
    // The numbers of words are those of all papers, each once.
    let facets = json(&store, &["facets", "--json"]);
    assert_eq!(facets["papers"], 1_000);
    assert_eq!(facets["categories"][0]["papers"], 1_000, "{facets}");
    let again = add().output().unwrap();
    assert!(stdout(&again).contains("1000 unchanged"), "{}", stdout(&again));
    server.stop();
}
