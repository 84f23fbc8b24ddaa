//! The service as its operator meets it: who may ask and write, pages of hits, figures, limits, sockets.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode, header};
use paperkin::server::{Service, Settings, Token, router};
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::support::{TINY, json_lines, paper, paperkin, papers, run_with_input, searcher, stderr};

const SECRET: &str = "a-secret-of-the-tests";

fn service(dir: &Path, settings: Settings) -> Router {
    router(Service::start(Arc::new(searcher(dir, &papers(60))), settings).unwrap())
}

fn writable(dir: &Path) -> Router {
    service(dir, Settings { token: Some(Token::new(SECRET).unwrap()), ..Settings::default() })
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

async fn answer(router: &Router, request: Request<Body>) -> Answer {
    let response = router.clone().oneshot(request).await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    let body = to_bytes(response.into_body(), 1 << 24).await.unwrap();
    Answer { status, headers, body: String::from_utf8(body.to_vec()).unwrap() }
}

fn call(router: &Router, request: Request<Body>) -> Answer {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(answer(router, request))
}

fn get(router: &Router, address: &str) -> Answer {
    call(router, Request::get(address).body(Body::empty()).unwrap())
}

fn send(router: &Router, method: &str, address: &str, kind: &str, body: impl Into<Body>) -> Answer {
    let request = Request::builder().method(method).uri(address).header(header::CONTENT_TYPE, kind);
    let request = request.header(header::AUTHORIZATION, format!("Bearer {SECRET}"));
    call(router, request.body(body.into()).unwrap())
}

fn ids(answer: &Value) -> Vec<String> {
    answer["hits"].as_array().unwrap().iter().map(|hit| hit["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn pages_together_are_the_whole_ranking() {
    let folder = tempfile::tempdir().unwrap();
    let router = service(folder.path(), Settings::default());
    for question in [
        "/api/v1/search?q=folding+images",
        "/api/v1/search?q=folding+images&mode=lexical",
        "/api/v1/search?q=folding+images&mode=dense&diverse=0.4",
        "/api/v1/related?id=2001.00004&text=oceans",
        "/api/v1/papers/2001.00004/related",
    ] {
        let with = |more: &str| {
            let join = if question.contains('?') { '&' } else { '?' };
            let got = get(&router, &format!("{question}{join}{more}"));
            assert_eq!(got.status, StatusCode::OK, "{question} {more}: {}", got.body);
            got.json()
        };
        let whole = with("k=100");
        assert_eq!(whole["next"], Value::Null, "{question}");
        let mut paged = Vec::new();
        let mut page = with("k=7");
        loop {
            for hit in page["hits"].as_array().unwrap() {
                assert_eq!(hit["rank"], paged.len() + 1, "{question}");
                paged.push(hit["id"].as_str().unwrap().to_owned());
            }
            let Some(next) = page["next"].as_str() else { break };
            // A page may have another size than the one before.
            page = with(&format!("k=9&cursor={next}"));
        }
        assert_eq!(paged, ids(&whole), "{question}");
        assert!(paged.len() > 10, "{question}: {}", paged.len());
    }
    let next = get(&router, "/api/v1/search?q=one&k=1").json()["next"].as_str().unwrap().to_owned();
    for other in ["q=another", "q=one&mode=dense", "q=one&category=math", "q=one&diverse=0.2"] {
        let refused = get(&router, &format!("/api/v1/search?{other}&cursor={next}"));
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{other}");
        assert!(refused.body.contains("another question"), "{}", refused.body);
    }
    let refused = get(&router, "/api/v1/search?q=one&cursor=nonsense");
    assert!(refused.status == StatusCode::BAD_REQUEST && refused.body.contains("nonsense"), "{}", refused.body);
}

#[test]
fn fields_are_those_that_were_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let router = service(folder.path(), Settings::default());
    for (fields, wanted) in
        [("fields=id,title", vec!["id", "title"]), ("fields=score&fields=why", vec!["score", "why"])]
    {
        let got = get(&router, &format!("/api/v1/search?q=folding&{fields}")).json();
        for hit in got["hits"].as_array().unwrap() {
            assert_eq!(hit.as_object().unwrap().keys().collect::<Vec<_>>(), wanted);
        }
    }
    let body = json!({"q": "folding", "fields": ["id", "abstract"], "k": 2}).to_string();
    let posted = send(&router, "POST", "/api/v1/search", "application/json", body).json();
    assert!(posted["hits"][1]["abstract"].is_string() && posted["hits"][1].get("title").is_none());
    let refused = get(&router, "/api/v1/search?q=folding&fields=id,colour");
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert!(refused.body.contains("`colour`") && refused.body.contains("abstract"), "{}", refused.body);
}

#[test]
fn all_papers_are_listed_in_pages() {
    let folder = tempfile::tempdir().unwrap();
    let router = service(folder.path(), Settings::default());
    let mut listed = Vec::new();
    let mut address = "/api/v1/papers?k=13&fields=id".to_owned();
    loop {
        let page = get(&router, &address).json();
        for paper in page["papers"].as_array().unwrap() {
            assert_eq!(paper.as_object().unwrap().len(), 1);
            listed.push(paper["id"].as_str().unwrap().to_owned());
        }
        let Some(next) = page["next"].as_str() else { break };
        address = format!("/api/v1/papers?k=13&fields=id&cursor={next}");
    }
    let mut wanted: Vec<String> = papers(60).iter().map(|paper| paper.id.to_string()).collect();
    wanted.sort();
    assert_eq!(listed, wanted);
    let of_one = get(&router, "/api/v1/papers?author=author+7").json();
    assert_eq!(of_one["papers"].as_array().unwrap().len(), 1);
    assert_eq!(of_one["papers"][0]["title"], paper(7).title);
    assert_eq!(get(&router, "/api/v1/papers?category=cs").json()["papers"], json!([]));
}

#[test]
fn openapi_tells_every_route() {
    let folder = tempfile::tempdir().unwrap();
    let router = service(folder.path(), Settings::default());
    let api = get(&router, "/openapi.json").json();
    assert_eq!(api["openapi"], "3.1.0");
    let paths = api["paths"].as_object().unwrap();
    for (path, methods) in [
        ("/api/v1/search", vec!["get", "post"]),
        ("/api/v1/related", vec!["get"]),
        ("/api/v1/papers", vec!["get", "post"]),
        ("/api/v1/papers/{id}", vec!["delete", "get"]),
        ("/api/v1/papers/{id}/related", vec!["get"]),
        ("/api/v1/status", vec!["get"]),
        ("/healthz", vec!["get"]),
        ("/readyz", vec!["get"]),
        ("/metrics", vec!["get"]),
    ] {
        let mut found: Vec<&str> = paths
            .get(path)
            .and_then(Value::as_object)
            .unwrap_or_else(|| panic!("{path}: {paths:?}"))
            .keys()
            .map(String::as_str)
            .collect();
        found.sort_unstable();
        assert_eq!(found, methods, "{path}");
    }
    // Every parameter that a search reads is told, by the name that it reads.
    let told = |path: &str| -> Vec<String> {
        let list = paths[path]["get"]["parameters"].as_array().unwrap();
        list.iter().map(|parameter| parameter["name"].as_str().unwrap().to_owned()).collect()
    };
    for name in [
        "q",
        "mode",
        "fusion",
        "feedback",
        "rerank",
        "k",
        "cursor",
        "fields",
        "diverse",
        "highlight",
        "from",
        "to",
        "category",
        "author",
        "organisation",
        "min_comments",
        "ids",
    ] {
        assert!(told("/api/v1/search").contains(&name.to_owned()), "{name}");
    }
    // What answers have is what is told.
    let schema = &api["components"]["schemas"]["Hit"]["properties"];
    let hit = &get(&router, "/api/v1/search?q=folding").json()["hits"][0];
    let names = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let (mut told, mut found) = (names(schema), names(hit));
    told.sort();
    found.sort();
    assert_eq!(told, found);
    // Nothing is told that is not there.
    let text = api.to_string();
    for reference in text.split("\"$ref\":\"#/components/schemas/").skip(1) {
        let name = reference.split('"').next().unwrap();
        assert!(api["components"]["schemas"].get(name).is_some(), "{name}");
    }
}

#[test]
fn only_who_has_the_token_writes() {
    let folder = tempfile::tempdir().unwrap();
    let off = service(&folder.path().join("off"), Settings::default());
    let refused = send(&off, "POST", "/api/v1/papers", "application/json", "[]");
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(refused.body.contains("--token-file"), "{}", refused.body);

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
    assert!(
        report["papers"][4]["reason"].as_str().unwrap().contains("a JSON object with a title was expected, found `7`")
    );
    // The next search finds it.
    assert_eq!(ids(&get(&router, "/api/v1/search?q=whales+dance&mode=lexical").json())[0], "2401.00001");
    assert_eq!(get(&router, "/api/v1/papers/2401.00001").json()["title"], "On whales that dance");
    // What was answered is durable: another look at the folder finds it.
    assert_eq!(crate::support::papers_in(folder.path()).len(), 61);

    for (kind, body, status) in
        [("application/json", "{", 400), ("application/json", "\"x\"", 400), ("text/plain", "[]", 415), ("", "[]", 415)]
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
fn papers_are_removed() {
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
fn lines_are_answered_as_they_are_added() {
    let folder = tempfile::tempdir().unwrap();
    let router = writable(folder.path());
    // More than one batch, all of them new, then what is bad.
    let many: Vec<_> = (1_000..1_300).map(paper).collect();
    let text = json_lines(&many) + "\n{\"title\": 7}\nnonsense\n{\"title\": \"The last one\"}";
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
fn lines_are_answered_while_the_body_is_open_and_one_who_asks_first_may_send() {
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
    // The client breaks off; what was answered stays.
    drop((stream, answer));
    let mut serve = serve;
    assert!(serve.get("/api/v1/status").1.contains("\"papers\":3,"));
    serve.stop();
}

#[test]
fn the_sample_leaves_when_papers_are_sent() {
    let folder = tempfile::tempdir().unwrap();
    let mut serve = Serving::begin(folder.path(), &["--token-file", &secret_file(folder.path())]);
    assert!(serve.get("/api/v1/status").1.contains("\"papers\":148"));
    let got = serve.ask(&format!(
        "POST /api/v1/papers HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {SECRET}\r\nContent-Type: application/json\r\n\
         Content-Length: 21\r\nConnection: close\r\n\r\n[{{\"title\": \"My own\"}}]"
    ));
    assert!(got.contains("\"added\":1"), "{got}");
    assert!(serve.get("/api/v1/status").1.contains("\"papers\":1,"));
    serve.stop();
}

#[test]
fn other_hosts_and_foreign_pages_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings {
        token: Some(Token::new(SECRET).unwrap()),
        hosts: vec!["papers.example".to_owned()],
        cors: vec!["https://friend.example".to_owned()],
        ..Settings::default()
    };
    let router = service(folder.path(), settings);
    for (host, status) in
        [("127.0.0.1:7373", 200), ("localhost", 200), ("papers.example", 200), ("evil.example", 421), ("", 421)]
    {
        for address in ["/", "/api/v1/status", "/healthz", "/metrics"] {
            let got = call(&router, Request::get(address).header(header::HOST, host).body(Body::empty()).unwrap());
            assert_eq!(got.status, status, "{host} {address}");
        }
    }
    let write = |origin: &str| {
        let request =
            Request::post("/api/v1/papers").header(header::HOST, "127.0.0.1:7373").header(header::ORIGIN, origin);
        let request = request.header(header::CONTENT_TYPE, "application/json");
        call(&router, request.header(header::AUTHORIZATION, format!("Bearer {SECRET}")).body(Body::from("[]")).unwrap())
    };
    for (origin, status) in [
        ("http://127.0.0.1:7373", 200),
        ("https://friend.example", 200),
        ("http://evil.example", 403),
        ("http://127.0.0.1:7374", 403),
        ("null", 403),
    ] {
        assert_eq!(write(origin).status, status, "{origin}");
    }
    let read = |origin: &str| {
        let request = Request::get("/api/v1/status").header(header::ORIGIN, origin);
        call(&router, request.body(Body::empty()).unwrap())
    };
    assert_eq!(read("https://friend.example").header("access-control-allow-origin"), "https://friend.example");
    assert_eq!(read("http://evil.example").header("access-control-allow-origin"), "");
    let preflight = Request::options("/api/v1/papers/2001.00004").header(header::ORIGIN, "https://friend.example");
    let preflight = preflight.header("access-control-request-method", "DELETE").body(Body::empty()).unwrap();
    assert!(call(&router, preflight).header("access-control-allow-methods").contains("DELETE"));
    let alone = service(&folder.path().join("alone"), Settings::default());
    let request = Request::get("/api/v1/status").header(header::ORIGIN, "https://friend.example");
    assert_eq!(call(&alone, request.body(Body::empty()).unwrap()).header("access-control-allow-origin"), "");
}

#[test]
fn every_answer_is_guarded_and_has_an_id() {
    let folder = tempfile::tempdir().unwrap();
    let router = service(folder.path(), Settings::default());
    for address in ["/", "/page/style.css", "/api/v1/status", "/api/v1/search", "/nowhere", "/healthz", "/openapi.json"]
    {
        let got = get(&router, address);
        assert_eq!(got.header("x-content-type-options"), "nosniff", "{address}");
        assert_eq!(got.header("referrer-policy"), "no-referrer", "{address}");
        assert_eq!(got.header("cross-origin-resource-policy"), "same-origin", "{address}");
        let policy = got.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{address}: {policy}");
        assert!(policy.contains("frame-ancestors 'none'"), "{address}: {policy}");
        assert_eq!(got.header("x-request-id").len(), 36, "{address}");
    }
    let with = |id: &str| {
        let request = Request::get("/healthz").header("x-request-id", id);
        call(&router, request.body(Body::empty()).unwrap()).header("x-request-id").to_owned()
    };
    assert_eq!(with("mine-7"), "mine-7");
    assert_ne!(with("with space"), "with space");
    assert_ne!(with(&"x".repeat(65)), "x".repeat(65));
}

#[test]
fn figures_tell_what_was_asked_and_how_much_there_is() {
    let folder = tempfile::tempdir().unwrap();
    let router = service(folder.path(), Settings::default());
    get(&router, "/api/v1/search?q=folding+secret+things");
    get(&router, "/api/v1/search?q=");
    get(&router, "/api/v1/papers/2001.00004");
    get(&router, "/nowhere/at/all");
    let got = get(&router, "/metrics");
    assert!(got.header("content-type").starts_with("application/openmetrics-text"));
    for line in [
        "paperkin_http_requests_total{route=\"/api/v1/search\",method=\"GET\",status=\"200\"} 1",
        "paperkin_http_requests_total{route=\"/api/v1/search\",method=\"GET\",status=\"400\"} 1",
        "paperkin_http_requests_total{route=\"/api/v1/papers/{id}\",method=\"GET\",status=\"200\"} 1",
        "paperkin_http_requests_total{route=\"unknown\",method=\"GET\",status=\"404\"} 1",
        "paperkin_http_request_duration_seconds_count{route=\"/api/v1/search\"} 2",
        "paperkin_embedding_batch_size_count 1",
        "paperkin_queue_depth{queue=\"questions\"} 0",
        "paperkin_queue_depth{queue=\"searches\"} 0",
        "paperkin_papers 60",
        "paperkin_rows_outside_graph 60",
        "paperkin_live_recall_at_10 NaN",
    ] {
        assert!(got.body.lines().any(|found| found == line), "{line}\n{}", got.body);
    }
    assert!(!got.body.contains("secret") && got.body.ends_with("# EOF\n"));
    assert_eq!(get(&router, "/readyz").body, "ready\n");
}

#[test]
fn questions_that_arrive_together_are_embedded_together() {
    let folder = tempfile::tempdir().unwrap();
    let router = service(folder.path(), Settings::default());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let asked: Vec<_> = (0..60)
            .map(|number| {
                let router = router.clone();
                tokio::spawn(async move {
                    let address = format!("/api/v1/search?q=question+{number}&k=1");
                    answer(&router, Request::get(address).body(Body::empty()).unwrap()).await
                })
            })
            .collect();
        for (number, asked) in asked.into_iter().enumerate() {
            let got = asked.await.unwrap();
            assert_eq!((got.status, &got.json()["query"]), (StatusCode::OK, &json!(format!("question {number}"))));
        }
    });
    let got = get(&router, "/metrics").body;
    let figure = |name: &str| -> f64 {
        let line = got.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.trim().parse().unwrap()
    };
    assert!((figure("paperkin_embedding_batch_size_sum ") - 60.0).abs() < 1e-9);
    assert!(figure("paperkin_embedding_batch_size_count ") < 60.0, "{got}");
    // And each alone is found the same.
    let alone = get(&router, "/api/v1/search?q=question+7&k=5").json();
    assert_eq!(alone["hits"].as_array().unwrap().len(), 5);
}

#[test]
fn limits_of_time_and_number_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let late = service(&folder.path().join("late"), Settings { deadline: Duration::ZERO, ..Settings::default() });
    // One that is answered before it is first waited for is not late.
    let mut asked = (0..200).map(|number| get(&late, &format!("/api/v1/search?q=question+{number}")));
    let got = asked.find(|got| got.status != StatusCode::OK).unwrap();
    assert_eq!((got.status, got.header("retry-after")), (StatusCode::SERVICE_UNAVAILABLE, "1"));
    assert!(got.body.contains("within 0 s"), "{}", got.body);
    assert_eq!(get(&late, "/healthz").status, StatusCode::OK);

    let mut serve = Serving::begin(&folder.path().join("limited"), &["--rate-limit", "2", "--no-sample"]);
    let asked: Vec<u16> = (0..6).map(|_| serve.get("/api/v1/status").0).collect();
    assert!(asked[..2] == [200, 200] && asked.contains(&429), "{asked:?}");
    for free in ["/healthz", "/", "/page/style.css", "/metrics"] {
        assert_eq!(serve.get(free).0, 200, "{free} is not counted");
    }
    serve.stop();
}

#[test]
fn a_header_that_never_ends_and_one_that_is_huge_do_no_harm() {
    let folder = tempfile::tempdir().unwrap();
    let mut serve = Serving::begin(folder.path(), &["--no-sample"]);
    let mut slow = TcpStream::connect(&serve.address).unwrap();
    slow.write_all(b"GET /healthz HTTP/1.1\r\nX-Slow: ").unwrap();
    let huge =
        serve.ask(&format!("GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Huge: {}\r\n\r\n", "x".repeat(1 << 20)));
    assert!(huge.is_empty() || huge.starts_with("HTTP/1.1 431"), "{huge}");
    assert!(serve.ask("nonsense\r\n\r\n").starts_with("HTTP/1.1 400"));
    assert_eq!(serve.get("/healthz").0, 200);
    serve.stop();
}

#[test]
fn the_log_tells_requests_and_not_questions() {
    let folder = tempfile::tempdir().unwrap();
    let ask = |arguments: &[&str]| {
        let mut serve = Serving::begin(folder.path(), arguments);
        assert_eq!(serve.get("/api/v1/search?q=a+very+secret+question").0, 200);
        serve.stop()
    };
    let told = ask(&["--no-sample", "--log-format", "json"]);
    let line: Value = serde_json::from_str(told.lines().last().unwrap()).unwrap_or_else(|_| panic!("{told}"));
    assert_eq!(
        (&line["route"], &line["status"], &line["level"]),
        (&json!("/api/v1/search"), &json!(200), &json!("INFO"))
    );
    assert_eq!(line["span"]["id"].as_str().unwrap().len(), 36, "{line}");
    assert!(!told.contains("secret"), "{told}");
    let told = ask(&["--no-sample"]);
    assert!(told.contains("/api/v1/search") && !told.contains("secret"), "{told}");
    assert!(ask(&["--no-sample", "--log", "debug"]).contains("secret"));
    assert!(!ask(&["--no-sample", "--log", "warn"]).contains("search"));
}

#[cfg(unix)]
#[test]
fn a_unix_socket_is_listened_on_and_taken_away() {
    use std::os::unix::net::{UnixListener, UnixStream};
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("paperkin.sock");
    // Left behind by a process that was killed.
    drop(UnixListener::bind(&socket).unwrap());
    let store = folder.path().join("store");
    let arguments = ["serve", "--no-sample", "--model", TINY, "--store", store.to_str().unwrap(), "--unix-socket"];
    let arguments = [&arguments[..], &[socket.to_str().unwrap()]].concat();
    let mut child = paperkin(&arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    assert!(line.contains(&format!("unix:{}", socket.display())), "{line}");
    let mut stream = UnixStream::connect(&socket).unwrap();
    stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    let second = paperkin(&arguments).output().unwrap();
    assert!(
        second.status.code() == Some(2) && stderr(&second).contains("another program listens on"),
        "{}",
        stderr(&second)
    );
    terminate(&mut child);
    assert!(!socket.exists());
}

#[test]
fn a_bad_token_and_a_bad_level_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    std::fs::write(&file, "short").unwrap();
    let store = folder.path().join("store");
    let arguments =
        ["serve", "--model", TINY, "--store", store.to_str().unwrap(), "--token-file", file.to_str().unwrap()];
    let output = paperkin(&arguments).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(
        stderr(&output).contains("it has 5 characters") && stderr(&output).contains("hint: "),
        "{}",
        stderr(&output)
    );
    let missing = run_with_input(&["serve", "--token-file", "/nowhere/at/all"], "");
    assert!(stderr(&missing).contains("/nowhere/at/all"), "{}", stderr(&missing));
    assert!(!store.exists(), "nothing was begun");
}

fn secret_file(dir: &Path) -> String {
    let file = dir.join("token");
    std::fs::write(&file, format!("{SECRET}\n")).unwrap();
    file.to_str().unwrap().to_owned()
}

fn terminate(child: &mut Child) -> String {
    let killed = std::process::Command::new("kill").arg(child.id().to_string()).status().unwrap();
    assert!(killed.success());
    let start = Instant::now();
    let mut told = String::new();
    child.stderr.take().unwrap().read_to_string(&mut told).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0), "{told}");
    assert!(start.elapsed() < Duration::from_secs(6));
    told
}

/// The program, serving.
struct Serving {
    child: Child,
    address: String,
}

impl Serving {
    fn begin(dir: &Path, more: &[&str]) -> Self {
        let store = dir.join("store");
        let arguments = ["serve", "--addr", "127.0.0.1:0", "--model", TINY, "--store", store.to_str().unwrap()];
        let mut command = paperkin(&[&arguments[..], more].concat());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let address = line.split("http://").nth(1).and_then(|rest| rest.split('/').next());
        let Some(address) = address.map(str::to_owned) else {
            panic!("{line}: {}", terminate(&mut child));
        };
        Self { child, address }
    }

    /// What comes back for these bytes, until the connection is closed.
    fn ask(&mut self, request: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        // A service that has heard enough may close before all is written.
        let _ = stream.write_all(request.as_bytes());
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    }

    fn get(&mut self, address: &str) -> (u16, String) {
        let answer = self.ask(&format!("GET {address} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"));
        let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
        (status.unwrap_or_else(|| panic!("{answer}")), answer)
    }

    /// Ends it; what it told on standard error.
    fn stop(mut self) -> String {
        terminate(&mut self.child)
    }
}
