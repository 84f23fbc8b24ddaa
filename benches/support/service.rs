//! The program as a service, with one client.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

/// The token that allows writing.
pub const TOKEN: &str = "only-for-this-bench";

pub struct Service {
    pub child: Child,
    pub address: String,
}

impl Service {
    /// Starts the service, and waits until it is ready.
    pub fn start(program: &str, store: &Path) -> Self {
        let mut child = Command::new(program)
            .args(["serve", "--addr", "127.0.0.1:0", "--store"])
            .arg(store)
            .env("PAPERKIN_TOKEN", TOKEN)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.split("http://").nth(1).unwrap().split('/').next().unwrap().to_owned();
        Self { child, address }
    }

    /// The milliseconds of a search.
    pub fn search(&self, query: &str, parameters: &str) -> f64 {
        self.get(&search_path(query, parameters))
    }

    /// The milliseconds of a request, from its beginning to the last byte of the answer.
    pub fn get(&self, path: &str) -> f64 {
        self.request(&format!("GET {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n", self.address))
    }

    /// The milliseconds of a request in HTTP/1.1, from its beginning to the last byte of the answer.
    pub fn request(&self, request: &str) -> f64 {
        let start = Instant::now();
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let took = start.elapsed().as_secs_f64() * 1e3;
        assert!(answer.starts_with("HTTP/1.1 2"), "{answer}");
        took
    }
}

/// The path of a search.
pub fn search_path(query: &str, parameters: &str) -> String {
    let escaped: String = query.bytes().map(|byte| format!("%{byte:02x}")).collect();
    format!("/api/v1/search?q={escaped}&k=10&{parameters}")
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The value at a share of the sorted values: 0.5 is the median.
pub fn percentile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[((sorted.len() - 1) as f64 * share) as usize]
}
