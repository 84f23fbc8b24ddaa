//! Adding and deleting papers over HTTP: the token, JSON arrays, NDJSON, and durability.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use paperkin::server::Settings;
use serde_json::{Value, json};

use crate::support::http::{SECRET, Serving, call, get, ids, secret_file, send, service, writable};
use crate::support::{json_lines, paper};

#[test]
fn writing_requires_the_token() {
    let folder = tempfile::tempdir().unwrap();
    let off = service(&folder.path().join("off"), Settings::default());
    let refused = send(&off, "POST", "/api/v1/papers", "application/json", "[]");
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(refused.body.contains("restart the service with a token"), "{}", refused.body);

    let router = writable(&folder.path().join("on"));
    for (value, status) in [
        (None, 401),
        (Some("Bearer another-secret-than-that".to_owned()), 401),
        (Some(format!("Basic {SECRET}")), 401),
        (Some(format!("Bearer {SECRET}x")), 401),
        (Some("Bearer".to_owned()), 401),
        (Some(format!("bearer {SECRET}")), 200),
    ] {
        let mut request = Request::post("/api/v1/papers").header(header::CONTENT_TYPE, "application/json");
        if let Some(value) = &value {
            request = request.header(header::AUTHORIZATION, value);
        }
        let got = call(&router, request.body(Body::from("[]")).unwrap());
        assert_eq!(got.status, status, "{value:?}: {}", got.body);
        assert_eq!(got.header("www-authenticate").starts_with("Bearer"), status == 401);
        let delete = Request::delete("/api/v1/papers/2001.00004");
        if value.is_none() {
            assert_eq!(call(&router, delete.body(Body::empty()).unwrap()).status, 401);
        }
    }
    assert_eq!(get(&router, "/api/v1/status").json()["papers"], 60);
}

#[test]
fn an_array_of_papers_is_added_changed_and_refused_one_by_one() {
    let folder = tempfile::tempdir().unwrap();
    let router = writable(folder.path());
    let known = serde_json::to_value(paper(3)).unwrap();
    let mut changed = serde_json::to_value(paper(4)).unwrap();
    changed["abstract"] = json!("Something else altogether is told of whales.");
    let body = json!([
        {"id": "2401.00001", "title": "On whales that sing", "abstract": "They do.", "categories": ["q-bio.PE"]},
        known, changed, {"title": ""}, 7, {"id": "2401.00001", "title": "On whales that dance"},
    ]);
    let report = send(&router, "POST", "/api/v1/papers", "application/json", body.to_string());
    assert_eq!(report.status, StatusCode::OK, "{}", report.body);
    let report = report.json();
    let outcomes: Vec<&str> =
        report["papers"].as_array().unwrap().iter().map(|paper| paper["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["added", "unchanged", "updated", "refused", "refused", "updated"]);
    assert_eq!(
        (&report["added"], &report["updated"], &report["unchanged"], &report["refused"]),
        (&json!(1), &json!(2), &json!(1), &json!(2))
    );
    assert_eq!((&report["papers"][0]["line"], &report["papers"][0]["id"]), (&json!(1), &json!("2401.00001")));
    assert!(report["papers"][4]["reason"].as_str().unwrap().contains("expected a JSON object with a title, found `7`"));
    // The next search returns it.
    assert_eq!(ids(&get(&router, "/api/v1/search?q=whales+dance&mode=lexical").json())[0], "2401.00001");
    assert_eq!(get(&router, "/api/v1/papers/2401.00001").json()["title"], "On whales that dance");
    // Reported outcomes are durable: a new reader of the store sees them.
    assert_eq!(crate::support::papers_in(folder.path()).len(), 61);

    for (kind, body, status) in
        [("application/json", "{", 400), ("application/json", "\"x\"", 400), ("image/png", "[]", 415), ("", "[]", 415)]
    {
        let refused = send(&router, "POST", "/api/v1/papers", kind, body);
        assert_eq!(refused.status, status, "{kind} {body}: {}", refused.body);
        assert!(refused.json()["hint"].is_string());
    }
    let huge = format!("[{{\"title\": \"{}\"}}]", "x".repeat(17 << 20));
    let refused = send(&router, "POST", "/api/v1/papers", "application/json", huge);
    assert!(refused.status == 413 && refused.body.contains("NDJSON"), "{}", refused.body);
}

#[test]
fn papers_are_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let router = writable(folder.path());
    let address = "/api/v1/papers/math%2F9901005";
    assert_eq!(send(&router, "DELETE", address, "", "").status, StatusCode::NO_CONTENT);
    assert_eq!(get(&router, address).status, StatusCode::NOT_FOUND);
    assert_eq!(send(&router, "DELETE", address, "", "").status, StatusCode::NOT_FOUND);
    assert_eq!(send(&router, "DELETE", "/api/v1/papers/..%2F..%2Fetc%2Fpasswd", "", "").status, StatusCode::NOT_FOUND);
    assert_eq!(get(&router, "/api/v1/status").json()["papers"], 59);
}

#[test]
fn every_line_has_an_outcome() {
    let folder = tempfile::tempdir().unwrap();
    let router = writable(folder.path());
    // More than one batch of new papers, then invalid lines.
    let many: Vec<_> = (1_000..1_300).map(paper).collect();
    let text = json_lines(&many) + "\n{\"abstract\": \"x\"}\nnonsense\n{\"title\": \"The last one\"}";
    let got = send(&router, "POST", "/api/v1/papers", "application/x-ndjson", text);
    assert_eq!((got.status, got.header("content-type")), (StatusCode::OK, "application/x-ndjson"));
    let lines: Vec<Value> = got.body.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 303);
    for (number, line) in lines.iter().enumerate().take(300) {
        assert_eq!((&line["line"], &line["outcome"]), (&json!(number + 1), &json!("added")), "{line}");
        assert_eq!(line["id"], many[number].id.as_str());
    }
    assert_eq!((&lines[300]["line"], &lines[300]["outcome"]), (&json!(302), &json!("refused")), "an empty line counts");
    assert!(lines[301]["reason"].as_str().unwrap().contains("found `nonsense`"));
    assert_eq!((&lines[302]["line"], &lines[302]["outcome"]), (&json!(304), &json!("added")));
    assert_eq!(get(&router, "/api/v1/status").json()["papers"], 361);
    let empty = send(&router, "POST", "/api/v1/papers", "application/x-ndjson", "");
    assert_eq!((empty.status, empty.body.as_str()), (StatusCode::OK, ""));
}

#[test]
fn outcomes_are_sent_while_the_body_is_open_and_expect_100_continue_works() {
    let folder = tempfile::tempdir().unwrap();
    let serve = Serving::begin(folder.path(), &["--no-sample", "--token-file", &secret_file(folder.path())]);
    let mut stream = TcpStream::connect(&serve.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let head = format!(
        "POST /api/v1/papers HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {SECRET}\r\nContent-Type: application/x-ndjson\r\n\
         Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = BufReader::new(stream.try_clone().unwrap());
    let mut line = String::new();
    answer.read_line(&mut line).unwrap();
    assert_eq!(line, "HTTP/1.1 100 Continue\r\n");
    let mut send = |text: &str| stream.write_all(format!("{:x}\r\n{text}\r\n", text.len()).as_bytes()).unwrap();
    let mut until = |wanted: &str| {
        let mut found = String::new();
        while !found.contains(wanted) {
            let mut line = String::new();
            assert!(answer.read_line(&mut line).unwrap() > 0, "{wanted}: {found}");
            found.push_str(&line);
        }
    };
    send("{\"title\": \"The first one\"}\n");
    until("\"line\":1");
    send("{\"title\": \"The second");
    send(" one\"}\n{\"title\": \"The third one\"}\n");
    until("\"line\":3");
    // The client disconnects; the papers with outcomes stay.
    drop((stream, answer));
    assert_eq!(serve.json("/api/v1/status")["papers"], 3);
    serve.stop();
}

#[test]
fn the_automatic_sample_is_deleted_when_papers_are_posted() {
    let folder = tempfile::tempdir().unwrap();
    let serve = Serving::begin(folder.path(), &["--token-file", &secret_file(folder.path())]);
    assert_eq!(serve.json("/api/v1/status")["papers"], 148);
    let got = serve.ask(&format!(
        "POST /api/v1/papers HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {SECRET}\r\nContent-Type: application/json\r\n\
         Content-Length: 21\r\nConnection: close\r\n\r\n[{{\"title\": \"My own\"}}]"
    ));
    let got = String::from_utf8(got).unwrap();
    assert!(got.contains("\"added\":1"), "{got}");
    assert_eq!(serve.json("/api/v1/status")["papers"], 1);
    serve.stop();
}

#[test]
fn small_bodies_cannot_become_large() {
    let folder = tempfile::tempdir().unwrap();
    let router = writable(folder.path());
    let gzip = |text: &[u8]| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    };
    let bibtex = b"@article{a, title={Fish}}\n";
    for packed in [gzip(bibtex), zstd::encode_all(&bibtex[..], 1).unwrap(), b"PK\x03\x04...".to_vec()] {
        let answer = send(&router, "POST", "/api/v1/papers", "text/plain", packed);
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{}", answer.body);
        assert!(answer.json()["hint"].as_str().unwrap().contains("Content-Encoding"), "{}", answer.body);
    }
    // Elements that are no papers are counted too.
    let many = format!("[{}0]", "0,".repeat(100_000));
    let answer = send(&router, "POST", "/api/v1/papers", "application/json", many);
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE, "{}", answer.body);
    let many = "@article{a, year={1999}}\n".repeat(100_001);
    let answer = send(&router, "POST", "/api/v1/papers", "application/x-bibtex", many);
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE, "{}", answer.body);
    let several = format!("[{}{{\"title\": \"Fish\"}}]", "0,".repeat(3_000));
    let answer = send(&router, "POST", "/api/v1/papers", "application/json", several).json();
    assert_eq!((&answer["added"], &answer["refused"]), (&json!(1), &json!(3_000)));
    let one = send(&router, "POST", "/api/v1/papers", "application/json", "{\"title\": \"Whales\"}").json();
    assert_eq!(one["added"], 1);
    for bad in ["1", "\"text\"", "[{]", "{\"a\":"] {
        let answer = send(&router, "POST", "/api/v1/papers", "application/json", bad);
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{bad}: {}", answer.body);
    }
}

#[test]
fn filters_have_a_limited_number_of_values() {
    let folder = tempfile::tempdir().unwrap();
    let router = service(folder.path(), Settings::default());
    let body = |count: usize| {
        let names: Vec<String> = (0..count).map(|number| format!("x{number}")).collect();
        json!({ "query": "folding", "author": names, "venue": names }).to_string()
    };
    let many = send(&router, "POST", "/api/v1/search", "application/json", body(201));
    assert_eq!(many.status, StatusCode::BAD_REQUEST, "{}", many.body);
    assert!(many.body.contains("has 201 values, but the maximum is 200"), "{}", many.body);
    let most = send(&router, "POST", "/api/v1/search", "application/json", body(200));
    assert_eq!((most.status, &most.json()["among"]), (StatusCode::OK, &json!(0)), "{}", most.body);
}
