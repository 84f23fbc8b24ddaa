//! The API and the page, tested on the router; start, signals and the sample, tested on the program.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use paperkin::paper::{Paper, PaperId};
use paperkin::server::Settings;
use serde_json::{Value, json};

use crate::support::http::{self, Answer, call, get, serving};
use crate::support::{TINY, paper, paperkin, papers, run, run_with_input, searcher, stderr};

/// A router over 20 papers and one with hostile markup.
fn service(dir: &std::path::Path) -> Router {
    let mut papers = papers(20);
    let title = "<script>alert('x')</script>";
    papers.push(Paper::new(PaperId::of_title(title), title.to_owned(), "<img src=x onerror=alert(1)>".to_owned()));
    serving(searcher(dir, &papers), Settings::default())
}

fn post(router: &Router, kind: &str, body: impl Into<Body>) -> Answer {
    call(router, Request::post("/api/v1/search").header(header::CONTENT_TYPE, kind).body(body.into()).unwrap())
}

fn ids(answer: &Answer) -> Vec<String> {
    http::ids(&answer.json())
}

#[test]
fn searching_by_get_and_post() {
    let folder = tempfile::tempdir().unwrap();
    let router = service(folder.path());
    let got = get(&router, "/api/v1/search?q=folding+images%2C+part%205&k=4");
    assert_eq!((got.status, got.header("content-type")), (StatusCode::OK, "application/json"));
    assert_eq!(ids(&got).len(), 4);
    assert_eq!((&got.json()["query"], &got.json()["mode"]), (&json!("folding images, part 5"), &json!("hybrid")));
    let posted = post(
        &router,
        "application/json; charset=utf-8",
        json!({"query": "folding images, part 5", "k": 4}).to_string(),
    );
    assert_eq!(ids(&posted), ids(&got));
    assert_eq!(ids(&get(&router, "/api/v1/search?q=x")).len(), 10);
    assert_eq!(ids(&get(&router, "/api/v1/search?q=x&k=100")).len(), 21);
}

#[test]
fn modes_filters_and_examples_are_parameters_and_fields() {
    let folder = tempfile::tempdir().unwrap();
    let router = service(folder.path());
    let answer = |address: &str| {
        let got = get(&router, address);
        assert_eq!(got.status, StatusCode::OK, "{address}: {}", got.body);
        got.json()
    };
    for (mode, cosine, bm25) in [("hybrid", true, true), ("dense", true, false), ("lexical", false, true)] {
        let found = answer(&format!("/api/v1/search?q=folding&mode={mode}"));
        assert_eq!((&found["mode"], &found["among"]), (&json!(mode), &json!(21)));
        let why = &found["hits"][0]["why"];
        assert_eq!((why["cosine"].is_number(), why["bm25"].is_number()), (cosine, bm25), "{why}");
        assert_eq!((why["meaning_rank"].is_number(), why["word_rank"].is_number()), (cosine, bm25), "{why}");
    }
    let filters = "category=math.*&category=cs.LG&author=author+1&author=ELSE&k=100";
    let got = answer(&format!("/api/v1/search?q=x&{filters}"));
    let authors = |hit: &Value| hit["authors"][0].as_str().unwrap().starts_with("Author 1");
    assert_eq!((&got["among"], got["hits"].as_array().unwrap().len()), (&json!(11), 11));
    assert!(got["hits"].as_array().unwrap().iter().all(authors));
    let body = json!({"query": "x", "category": ["math.*", "cs.LG"], "author": ["author 1", "ELSE"], "k": 100, "diverse": 0.0,
        "mode": "hybrid", "fusion": "sum"});
    let posted = post(&router, "application/json", body.to_string());
    assert_eq!(posted.json()["hits"], got["hits"]);
    let one = post(&router, "application/json", json!({"query": "x", "ids": "2001.00004"}).to_string());
    assert_eq!(ids(&one), ["2001.00004"]);
    assert_eq!(answer("/api/v1/search?q=x&min_comments=1")["among"], 0);
    assert_eq!(answer("/api/v1/search?q=x&from=2024-01&to=2024-02&organisation=acme&fusion=rank")["hits"], json!([]));
    let scores =
        |got: &Value| got["hits"].as_array().unwrap().iter().map(|hit| hit["score"].clone()).collect::<Vec<_>>();
    let (with, without) = (answer("/api/v1/search?q=folding"), answer("/api/v1/search?q=folding&feedback=false"));
    assert_ne!(scores(&with), scores(&without));
    let body = json!({"query": "folding", "feedback": false}).to_string();
    assert_eq!(post(&router, "application/json", body).json()["hits"], without["hits"]);
    assert_eq!(get(&router, "/api/v1/search?q=folding&feedback=maybe").status, StatusCode::BAD_REQUEST);
    let diverse = get(&router, "/api/v1/search?q=folding&k=21&diverse=0.5");
    assert_eq!(ids(&diverse).len(), 21);

    let related = get(&router, "/api/v1/related?id=2001.00004&unlike=2001.00008&unlike=2001.00012&text=folding&k=100");
    assert_eq!(ids(&related).len(), 18);
    assert_eq!(ids(&get(&router, "/api/v1/related?text=folding&ids=2001.00004&ids=2001.00008")).len(), 2);
    let why = |mode: &str| {
        let answer = get(&router, &format!("/api/v1/related?id=2001.00004&mode={mode}")).json();
        assert_eq!(answer["mode"], mode);
        ["cosine", "bm25"].map(|score| answer["hits"][0]["why"][score].is_number())
    };
    assert_eq!(["hybrid", "dense", "lexical"].map(why), [[true, true], [true, false], [false, true]]);
    let to_one = get(&router, "/api/v1/papers/2001.00004/related?unlike=2001.00008&category=math&diverse=0.3&k=100");
    assert_eq!(ids(&to_one).len(), 18);
}

#[test]
fn ids_with_a_slash_are_percent_encoded() {
    let folder = tempfile::tempdir().unwrap();
    let router = service(folder.path());
    for (address, wanted) in
        [("math%2F9901005", 5), ("10.1234%2Fmade.up.2", 2), ("2001.00004", 4), ("arXiv%3Amath%2F9901005v2", 5)]
    {
        let got = get(&router, &format!("/api/v1/papers/{address}"));
        assert_eq!(got.status, StatusCode::OK, "{}", got.body);
        assert_eq!(got.json()["title"], paper(wanted).title);
        let related = get(&router, &format!("/api/v1/papers/{address}/related?k=3"));
        assert_eq!(ids(&related).len(), 3, "{}", related.body);
        assert!(!ids(&related).contains(&paper(wanted).id.to_string()));
    }
    let several = get(&router, "/api/v1/related?id=math%2F9901005&id=10.1234/made.up.2&k=100");
    assert_eq!(ids(&several).len(), 19);
    let hint = get(&router, "/api/v1/papers/math/9901005");
    assert_eq!(hint.status, StatusCode::NOT_FOUND);
    assert!(hint.json()["hint"].as_str().unwrap().contains("%2F"));
}

#[test]
fn mistakes_are_problem_details_with_the_right_status() {
    let folder = tempfile::tempdir().unwrap();
    let router = service(folder.path());
    let long = format!("/api/v1/search?q={}", "x".repeat(20_001));
    let mut told = String::new();
    let mut tell = |name: &str, answer: Answer| {
        assert_eq!(answer.header("content-type"), "application/problem+json", "{name}");
        let problem = answer.json();
        assert_eq!(problem["status"], answer.status.as_u16(), "{name}");
        assert!(problem["title"].is_string() && problem["type"].is_string());
        told.push_str(&format!("{name}\n{} {}\n", answer.status, problem["detail"].as_str().unwrap()));
        if let Some(hint) = problem["hint"].as_str() {
            assert!(!hint.contains("--") && !hint.contains("`paperkin"), "{name}: {hint}");
            told.push_str(&format!("hint: {hint}\n"));
        }
        told.push('\n');
    };
    for address in [
        "/api/v1/search",
        "/api/v1/search?q=",
        "/api/v1/search?q=%20%0a",
        "/api/v1/search?q=x&k=0",
        "/api/v1/search?q=x&k=101",
        "/api/v1/search?q=x&k=-1",
        "/api/v1/search?q=x&kk=3",
        "/api/v1/search?q=x&q=y",
        "/api/v1/search?q=x&mode=psychic",
        "/api/v1/search?q=x&from=soon",
        "/api/v1/search?q=x&from=2024&to=2023",
        "/api/v1/search?q=x&category=*",
        "/api/v1/search?q=x&min_comments=many",
        "/api/v1/search?q=x&diverse=2",
        "/api/v1/search?q=x&diverse=NaN",
        "/api/v1/search?q=x&ids=%20",
        "/api/v1/papers/2401.00001",
        "/api/v1/papers/..%2F..%2Fetc%2Fpasswd",
        "/api/v1/papers/%ff",
        "/api/v1/papers/2401.00001/related",
        "/api/v1/papers/2001.00004/related?k=0",
        "/api/v1/related",
        "/api/v1/related?id=nonsense",
        "/api/v1/related?unlike=2001.00004",
        "/api/v1/related?id=2001.00004&mode=psychic",
        "/api/v1/related?id=2001.00004&rerank=true",
        "/api/v1/search?q=x&rerank_depth=201",
        "/api/v1/search?q=x&rerank_depth=some",
        "/api/v1/search?q=x&rerank_ms=-1",
        "/api/v1/nowhere",
        "/nowhere",
    ] {
        tell(&format!("GET {address}"), get(&router, address));
    }
    tell("GET /api/v1/search?q=xxx…", get(&router, &long));
    for body in [
        "",
        "{",
        "[]",
        "{\"query\": \"x\", \"limit\": 3}",
        "{\"query\": 5}",
        "{\"k\": 3}",
        "{\"query\": \"x\", \"k\": 0}",
        "{\"query\": \"x\", \"category\": 5}",
    ] {
        tell(&format!("POST {body}"), post(&router, "application/json", body));
    }
    tell("POST text", post(&router, "text/plain", "x"));
    tell("POST of 300 KB", post(&router, "application/json", format!("{{\"query\": \"{}\"}}", "x".repeat(300_000))));
    tell("DELETE", call(&router, Request::delete("/api/v1/status").body(Body::empty()).unwrap()));
    insta::assert_snapshot!(told);
}

#[test]
fn status_and_health() {
    let folder = tempfile::tempdir().unwrap();
    let router = service(folder.path());
    let status = get(&router, "/api/v1/status").json();
    assert_eq!(
        (&status["papers"], &status["dimension"], &status["model"]),
        (&json!(21), &json!(32), &json!("tiny-bert"))
    );
    let health = get(&router, "/healthz");
    assert_eq!((health.status, health.body.as_str()), (StatusCode::OK, "ok\n"));
}

#[test]
fn the_page_loads_only_its_own_files_and_runs_no_markup_of_papers() {
    let folder = tempfile::tempdir().unwrap();
    let router = service(folder.path());
    for page in ["/", "/map", "/docs"] {
        let page = get(&router, page);
        assert_eq!((page.status, page.header("content-type")), (StatusCode::OK, "text/html; charset=utf-8"));
        assert!(!page.body.contains("<script>") && !page.body.contains(" style=") && !page.body.contains("onclick"));
        let links = ["src=\"", "href=\""].into_iter().flat_map(|part| page.body.split(part).skip(1));
        for link in links.map(|link| link.split('"').next().unwrap()).filter(|link| !link.starts_with('#')) {
            // Links are relative, so that the page works below the prefix of a proxy.
            assert!(!link.starts_with('/') && !link.contains(':'), "{link}");
            let file = get(&router, &format!("/{}", link.trim_start_matches("./")));
            assert_eq!(file.status, StatusCode::OK, "{link}");
            assert!(!file.body.contains("innerHTML") && !file.body.contains("insertAdjacentHTML"), "{link}");
        }
    }
    assert_eq!(get(&router, "/page/mod.rs").status, StatusCode::NOT_FOUND);
    assert_eq!(get(&router, "/page/..%2Fmod.rs").status, StatusCode::NOT_FOUND);
    // Texts of papers are served as JSON, which browsers do not render as a page.
    let hostile = get(&router, "/api/v1/search?q=%3Cscript%3E&k=100");
    assert_eq!(hostile.header("content-type"), "application/json");
    assert!(hostile.body.contains("<script>alert('x')</script>"));
}

#[test]
fn unchanged_files_of_the_page_are_answered_with_304() {
    let folder = tempfile::tempdir().unwrap();
    let router = service(folder.path());
    for address in ["/", "/map", "/docs", "/page/style.css", "/page/page.js"] {
        let asked = |known: &str| {
            call(&router, Request::get(address).header(header::IF_NONE_MATCH, known).body(Body::empty()).unwrap())
        };
        let first = asked("\"another\"");
        assert_eq!((first.status, first.header("cache-control")), (StatusCode::OK, "no-cache"));
        let tag = first.header("etag");
        for known in [tag.to_owned(), format!("\"another\", W/{tag}")] {
            let again = asked(&known);
            assert_eq!((again.status, again.header("etag")), (StatusCode::NOT_MODIFIED, tag));
            // The headers of a 304 replace the cached ones.
            assert_eq!(again.header("content-security-policy"), first.header("content-security-policy"));
            assert_eq!(again.body, "");
        }
    }
}

#[test]
#[cfg(unix)]
fn signals_stop_the_service_within_five_seconds() {
    for signal in ["-TERM", "-INT"] {
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("store");
        let arguments = ["serve", "--addr", "127.0.0.1:0", "--model", TINY, "--store", store.to_str().unwrap()];
        let mut child = paperkin(&arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let address = line.split("http://").nth(1).unwrap_or_else(|| panic!("{line}")).split('/').next().unwrap();
        // An idle connection must not delay the shutdown.
        let _idle = std::net::TcpStream::connect(address).unwrap();
        let mut asking = std::net::TcpStream::connect(address).unwrap();
        std::io::Write::write_all(&mut asking, b"GET /api/v1/status HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
        let mut first = String::new();
        BufReader::new(&asking).read_line(&mut first).unwrap();
        assert_eq!(first, "HTTP/1.1 200 OK\r\n");
        let start = Instant::now();
        assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success());
        let output = child.wait_with_output().unwrap();
        assert!(start.elapsed() < Duration::from_secs(5), "{signal}: {:?}", start.elapsed());
        assert_eq!(output.status.code(), Some(0), "{signal}: {}", stderr(&output));
        assert!(stderr(&output).contains("the store is empty: adding the sample collection"));
    }
}

#[test]
fn the_automatic_sample_is_deleted_when_papers_are_added() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("store").to_str().unwrap().to_owned();
    let arguments = ["serve", "--addr", "127.0.0.1:0", "--model", TINY, "--store", &store];
    let mut child = paperkin(&arguments).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    let count = || crate::support::json(&run(&["status", "--json", "--store", &store]))["papers"].clone();
    let sample = paperkin::corpus::sample::papers().count();
    assert_eq!(count(), sample);

    // A file without papers changes nothing. Then two papers are added, one of which is in the sample.
    assert!(!run_with_input(&["add", "--store", &store, "--format", "jsonl", "-"], "{}\n").status.success());
    assert_eq!(count(), sample);
    let known = serde_json::to_string(&paperkin::corpus::sample::papers().next().unwrap().unwrap()).unwrap();
    let added = run_with_input(&["add", "--store", &store, "-"], &format!("{known}\n{{\"title\": \"My own\"}}\n"));
    assert!(added.status.success(), "{}", stderr(&added));
    assert_eq!(count(), 2);
    assert!(run(&["add", "--store", &store, "--sample"]).status.success());
    assert_eq!(count(), sample + 1, "`add --sample` adds it again");
    let added = run_with_input(&["add", "--store", &store, "-"], "{\"title\": \"Another\"}\n");
    assert!(added.status.success(), "{}", stderr(&added));
    assert_eq!(count(), sample + 2, "and it is kept");
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn an_address_in_use_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let store = folder.path().to_str().unwrap();
    let output =
        paperkin(&["serve", "--no-sample", "--addr", &address, "--model", TINY, "--store", store]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let told = stderr(&output);
    assert!(told.contains("another program listens") && told.contains("hint: "), "{told}");
}

#[test]
fn options_that_would_never_match_are_refused() {
    for arguments in [
        ["--cors", "null"],
        ["--cors", "example.org"],
        ["--cors", "https://example.org/"],
        ["--host", "*"],
        ["--host", ""],
        ["--host", "http://example.org"],
        ["--host", "example.org:80"],
        ["--base-path", "/a b"],
        ["--trusted-proxy", "localhost"],
    ] {
        let output = run(&[&["serve", "--store", "nowhere"][..], &arguments].concat());
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(stderr(&output).contains("expected "), "{}", stderr(&output));
    }
}
