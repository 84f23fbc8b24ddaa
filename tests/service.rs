//! Operation of the service: access control, metrics, the log, limits and sockets.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::Stdio;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use futures_util::stream::pending;
use paperkin::server::{Settings, Token};
use serde_json::{Value, json};

use crate::support::http::{self, SECRET, Serving, answer, call, get, send, service, terminate};
use crate::support::{TINY, paperkin, run_with_input, stderr};

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
    let preflight = preflight.header("access-control-request-method", "DELETE");
    let preflight = preflight.header("access-control-request-headers", "authorization,x-stainless-lang");
    let allowed = call(&router, preflight.body(Body::empty()).unwrap());
    assert!(allowed.header("access-control-allow-methods").contains("DELETE"));
    assert_eq!(allowed.header("access-control-allow-headers"), "authorization,x-stainless-lang");
    assert_eq!(allowed.header("access-control-max-age"), "3600");
    let alone = service(&folder.path().join("alone"), Settings::default());
    let request = Request::get("/api/v1/status").header(header::ORIGIN, "https://friend.example");
    assert_eq!(call(&alone, request.body(Body::empty()).unwrap()).header("access-control-allow-origin"), "");
}

#[test]
fn a_header_that_was_sent_twice_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let router = service(folder.path(), Settings::default());
    let twice = Request::get("/healthz").header(header::HOST, "localhost").header(header::HOST, "127.0.0.1");
    let answer = call(&router, twice.body(Body::empty()).unwrap());
    assert_eq!(
        (answer.status, answer.json()["detail"].as_str()),
        (StatusCode::BAD_REQUEST, Some("the header `host` was sent twice"))
    );
}

#[test]
fn a_path_with_a_slash_at_its_end_is_redirected() {
    let folder = tempfile::tempdir().unwrap();
    let router = service(folder.path(), Settings::default());
    for (path, wanted) in [
        ("/api/v1/search/?q=ice&k=2", "../search?q=ice&k=2"),
        ("/map/", "../map"),
        ("//evil.example/", "../evil.example"),
    ] {
        let answer = get(&router, path);
        assert_eq!((answer.status, answer.header("location")), (StatusCode::PERMANENT_REDIRECT, wanted), "{path}");
    }
    assert_eq!(get(&router, "/nothing").status, StatusCode::NOT_FOUND);
}

#[test]
fn bodies_are_decoded_within_their_limit_and_answers_compressed() {
    let folder = tempfile::tempdir().unwrap();
    let router = service(folder.path(), Settings::default());
    let gzip = |text: &[u8]| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    };
    let post = |coding: &str, body: Vec<u8>| {
        let request = Request::post("/api/v1/search").header(header::CONTENT_TYPE, "application/json");
        call(&router, request.header(header::CONTENT_ENCODING, coding).body(body.into()).unwrap())
    };
    let query = br#"{"query": "whales", "k": 3}"#;
    let plain = post("identity", query.to_vec()).json();
    assert_eq!(post("gzip", gzip(query)).json()["hits"], plain["hits"]);
    assert_eq!(post("ZSTD", zstd::encode_all(&query[..], 1).unwrap()).json()["hits"], plain["hits"]);
    // A small body that becomes a large one.
    assert_eq!(post("gzip", gzip(&vec![b' '; 50 << 20])).status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(post("gzip", query.to_vec()).status, StatusCode::BAD_REQUEST);
    for coding in ["br", "gzip, gzip", "\u{7f}"] {
        let request = Request::post("/api/v1/search").header(header::CONTENT_TYPE, "application/json");
        let Ok(request) = request.header(header::CONTENT_ENCODING, coding).body(Body::empty()) else { continue };
        let answer = call(&router, request);
        assert_eq!(
            (answer.status, answer.header("accept-encoding")),
            (StatusCode::UNSUPPORTED_MEDIA_TYPE, "gzip, zstd")
        );
        assert!(answer.json()["hint"].as_str().unwrap().contains("Content-Encoding"));
    }

    let long = "/api/v1/papers?k=60";
    let whole = get(&router, long).body;
    for (accepted, coding) in [("gzip, deflate, br", "gzip"), ("zstd", "zstd"), ("br", ""), ("", "")] {
        let request = Request::get(long).header(header::ACCEPT_ENCODING, accepted).body(Body::empty()).unwrap();
        let (_, headers, body) = http::bytes(&router, request);
        assert_eq!(headers.get(header::CONTENT_ENCODING).map_or("", |coding| coding.to_str().unwrap()), coding);
        let read = match coding {
            "gzip" => std::io::read_to_string(flate2::read::GzDecoder::new(&body[..])).unwrap(),
            "zstd" => String::from_utf8(zstd::decode_all(&body[..]).unwrap()).unwrap(),
            _ => String::from_utf8(body.to_vec()).unwrap(),
        };
        assert_eq!(read, whole, "{accepted}");
    }
    // Short answers stay as they are, and a tag of compressed bytes is a weak one.
    let request = |path: &str| Request::get(path).header(header::ACCEPT_ENCODING, "gzip").body(Body::empty()).unwrap();
    assert!(http::bytes(&router, request("/healthz")).1.get(header::CONTENT_ENCODING).is_none());
    let (_, page, _) = http::bytes(&router, request("/"));
    let tag = page.get(header::ETAG).unwrap().to_str().unwrap().to_owned();
    assert!(tag.starts_with("W/"), "{tag}");
    let again = Request::get("/").header(header::ACCEPT_ENCODING, "gzip").header(header::IF_NONE_MATCH, tag);
    assert_eq!(call(&router, again.body(Body::empty()).unwrap()).status, StatusCode::NOT_MODIFIED);
}

#[test]
fn every_response_has_security_headers_and_a_request_id() {
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
fn metrics_count_requests_and_papers() {
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
fn concurrent_queries_are_embedded_in_batches() {
    let folder = tempfile::tempdir().unwrap();
    let router = service(folder.path(), Settings::default());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    // On a loaded machine each query may be embedded before the next one arrives, so try several rounds.
    let together = (0..20).any(|round| {
        runtime.block_on(async {
            let asked: Vec<_> = (0..60)
                .map(|number| {
                    let router = router.clone();
                    tokio::spawn(async move {
                        let address = format!("/api/v1/search?q=question+{round}+{number}&k=1");
                        answer(&router, Request::get(address).body(Body::empty()).unwrap()).await
                    })
                })
                .collect();
            for (number, asked) in asked.into_iter().enumerate() {
                let got = asked.await.unwrap();
                let question = json!(format!("question {round} {number}"));
                assert_eq!((got.status, &got.json()["query"]), (StatusCode::OK, &question));
            }
        });
        let got = get(&router, "/metrics").body;
        let figure = |name: &str| -> f64 {
            let line = got.lines().find_map(|line| line.strip_prefix(name)).unwrap();
            line.trim().parse().unwrap()
        };
        let questions = figure("paperkin_embedding_batch_size_sum ");
        assert!((questions - 60.0 * f64::from(round + 1)).abs() < 1e-9);
        figure("paperkin_embedding_batch_size_count ") < questions
    });
    assert!(together);
    // A single query works as well.
    let alone = get(&router, "/api/v1/search?q=question+7&k=5").json();
    assert_eq!(alone["hits"].as_array().unwrap().len(), 5);
}

#[test]
fn deadlines_and_rate_limits_are_enforced() {
    let folder = tempfile::tempdir().unwrap();
    let late = service(&folder.path().join("late"), Settings { deadline: Duration::ZERO, ..Settings::default() });
    // The body of this request never arrives.
    let got =
        send(&late, "POST", "/api/v1/search", "application/json", Body::from_stream(pending::<io::Result<&str>>()));
    assert_eq!((got.status, got.header("retry-after")), (StatusCode::SERVICE_UNAVAILABLE, "1"));
    assert!(got.body.contains("within 0 s"), "{}", got.body);
    assert_eq!(get(&late, "/healthz").status, StatusCode::OK);

    let serve = Serving::begin(&folder.path().join("limited"), &["--rate-limit", "2", "--no-sample"]);
    let asked: Vec<u16> = (0..2).map(|_| serve.get("/api/v1/status").0).collect();
    assert_eq!(asked, [200, 200]);
    assert!((0..1000).any(|_| serve.get("/api/v1/status").0 == 429));
    for free in ["/healthz", "/", "/page/style.css", "/metrics"] {
        assert_eq!(serve.get(free).0, 200, "{free} is not limited");
    }
    serve.stop();
}

#[test]
fn endless_and_huge_headers_do_not_stop_the_service() {
    let folder = tempfile::tempdir().unwrap();
    let serve = Serving::begin(folder.path(), &["--no-sample"]);
    let mut slow = TcpStream::connect(&serve.address).unwrap();
    slow.write_all(b"GET /healthz HTTP/1.1\r\nX-Slow: ").unwrap();
    let huge =
        serve.ask(&format!("GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Huge: {}\r\n\r\n", "x".repeat(1 << 20)));
    assert!(huge.is_empty() || huge.starts_with(b"HTTP/1.1 431"), "{}", String::from_utf8_lossy(&huge));
    assert!(serve.ask("nonsense\r\n\r\n").starts_with(b"HTTP/1.1 400"));
    assert_eq!(serve.get("/healthz").0, 200);
    serve.stop();
}

#[test]
fn the_log_has_requests_but_no_queries() {
    let folder = tempfile::tempdir().unwrap();
    let ask = |arguments: &[&str]| {
        let serve = Serving::begin(folder.path(), arguments);
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
fn a_unix_socket_is_created_and_removed() {
    use std::os::unix::net::{UnixListener, UnixStream};
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("paperkin.sock");
    // A stale socket of a killed process.
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
fn a_short_token_and_a_missing_token_file_are_errors() {
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
    assert!(!store.exists(), "no store is created");
}
