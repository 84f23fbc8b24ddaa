//! Helpers for tests of the service, on its router or on the program.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode, header};
use paperkin::search::Searcher;
use paperkin::server::{Service, Settings, Token, router};
use serde_json::Value;
use tower::ServiceExt;

use super::{TINY, paperkin, papers, searcher};

pub const SECRET: &str = "a-secret-of-the-tests";

/// A router over a searcher.
pub fn serving(searcher: Searcher, settings: Settings) -> Router {
    router(Service::start(Arc::new(searcher), settings).unwrap())
}

pub fn service(dir: &Path, settings: Settings) -> Router {
    serving(searcher(dir, &papers(60)), settings)
}

pub fn writable(dir: &Path) -> Router {
    service(dir, Settings { token: Some(Token::new(SECRET).unwrap()), ..Settings::default() })
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

/// The response of a router, as bytes.
async fn received(router: &Router, request: Request<Body>) -> (StatusCode, HeaderMap, Bytes) {
    let (head, body) = router.clone().oneshot(request).await.unwrap().into_parts();
    (head.status, head.headers, to_bytes(body, 1 << 24).await.unwrap())
}

fn waited<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

pub fn bytes(router: &Router, request: Request<Body>) -> (StatusCode, HeaderMap, Bytes) {
    waited(received(router, request))
}

pub async fn answer(router: &Router, request: Request<Body>) -> Answer {
    let (status, headers, body) = received(router, request).await;
    Answer { status, headers, body: String::from_utf8(body.to_vec()).unwrap() }
}

pub fn call(router: &Router, request: Request<Body>) -> Answer {
    waited(answer(router, request))
}

pub fn get(router: &Router, address: &str) -> Answer {
    call(router, Request::get(address).body(Body::empty()).unwrap())
}

pub fn send(router: &Router, method: &str, address: &str, kind: &str, body: impl Into<Body>) -> Answer {
    let request = Request::builder().method(method).uri(address).header(header::CONTENT_TYPE, kind);
    let request = request.header(header::AUTHORIZATION, format!("Bearer {SECRET}"));
    call(router, request.body(body.into()).unwrap())
}

pub fn ids(answer: &Value) -> Vec<String> {
    answer["hits"].as_array().unwrap().iter().map(|hit| hit["id"].as_str().unwrap().to_owned()).collect()
}

pub fn secret_file(dir: &Path) -> String {
    let file = dir.join("token");
    std::fs::write(&file, format!("{SECRET}\n")).unwrap();
    file.to_str().unwrap().to_owned()
}

pub fn terminate(child: &mut Child) -> String {
    let killed = std::process::Command::new("kill").arg(child.id().to_string()).status().unwrap();
    assert!(killed.success());
    let start = Instant::now();
    let mut told = String::new();
    if let Some(mut stderr) = child.stderr.take() {
        stderr.read_to_string(&mut told).unwrap();
    }
    assert_eq!(child.wait().unwrap().code(), Some(0), "{told}");
    assert!(start.elapsed() < Duration::from_secs(6));
    told
}

/// A running `paperkin serve`, which is killed when this is dropped.
pub struct Serving {
    child: Child,
    /// Host and port.
    pub address: String,
}

impl Serving {
    /// Serves a store in this folder with the tiny model. [`Serving::stop`] returns the log.
    pub fn begin(dir: &Path, more: &[&str]) -> Self {
        let store = dir.join("store");
        let arguments = ["serve", "--addr", "127.0.0.1:0", "--model", TINY, "--store", store.to_str().unwrap()];
        Self::by(paperkin(&[&arguments[..], more].concat()).stderr(Stdio::piped()))
    }

    /// Runs a command that serves at a free port. If its standard error is piped, the log must be short.
    pub fn by(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let address = line.split("http://").nth(1).and_then(|rest| rest.split('/').next());
        let Some(address) = address.map(str::to_owned) else {
            panic!("{line}: {}", terminate(&mut child));
        };
        Self { child, address }
    }

    /// Sends these bytes, and returns everything received until the connection is closed.
    pub fn ask(&self, request: &str) -> Vec<u8> {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
        // The service may close the connection before everything is written.
        let _ = stream.write_all(request.as_bytes());
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        answer
    }

    /// Status and body of a response.
    pub fn get(&self, address: &str) -> (u16, Vec<u8>) {
        let host = &self.address;
        let mut answer = self.ask(&format!("GET {address} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"));
        let status = answer.get(9..12).and_then(|status| std::str::from_utf8(status).ok()?.parse().ok());
        let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n");
        match status.zip(end) {
            Some((status, end)) => (status, answer.split_off(end + 4)),
            None => panic!("{}", String::from_utf8_lossy(&answer)),
        }
    }

    pub fn json(&self, address: &str) -> Value {
        let (status, body) = self.get(address);
        let text = String::from_utf8(body).unwrap();
        assert_eq!(status, 200, "{address}: {text}");
        serde_json::from_str(&text).unwrap()
    }

    /// Stops the program, and returns its standard error.
    pub fn stop(mut self) -> String {
        terminate(&mut self.child)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // It may have exited already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
