//! How many searches does the service answer for many clients, compared with the library alone, and how long do searches take while
//! papers are added?
//!
//! `cargo bench --bench load -- STORE [SECONDS] [FILE]`. The questions are titles of the store. The library searches on as many
//! threads as there are cores; the service has the same number, and 50 clients that ask without pause on connections that stay open.
//! Then one client asks while the program adds the papers of FILE.

#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::cast_precision_loss, clippy::cast_possible_truncation)]
#![allow(clippy::cast_sign_loss)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use paperkin::search::{Options, Query, Searcher};
use paperkin::store::{Filter, Store};
use service::{Service, percentile, search_path};

#[path = "support/service.rs"]
mod service;

const CLIENTS: usize = 50;
const QUESTIONS: usize = 2_000;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let Some(store) = arguments.first().map(Path::new) else {
        println!("usage: cargo bench --bench load -- STORE [SECONDS] [FILE]");
        return;
    };
    let seconds = Duration::from_secs(arguments.get(1).map_or(60, |seconds| seconds.parse().unwrap()));
    let threads = std::thread::available_parallelism().map_or(1, Into::into);
    let searcher = Searcher::open(Store::open(store).unwrap(), threads).unwrap();
    let titles = searcher.list(None, &Filter::default(), 20 * QUESTIONS).unwrap();
    let step = (titles.len() / QUESTIONS).max(1);
    let questions: Vec<String> = titles.iter().step_by(step).map(|paper| paper.title.clone()).collect();
    println!(
        "{} papers, {} questions, {threads} threads, {seconds:?} each",
        searcher.size().unwrap().papers,
        questions.len()
    );

    let library = by_library(&searcher, &questions, threads, seconds);
    println!("library, {threads} threads: {library:.1} searches/s");
    drop(searcher);
    let served = Service::start(env!("CARGO_BIN_EXE_paperkin"), store);
    // The first answers warm the pages of the files.
    for question in questions.iter().take(200) {
        served.search(question, "");
    }
    for clients in [1, threads, CLIENTS] {
        let times = by_service(&served, &questions, clients, seconds);
        let rate = times.len() as f64 / seconds.as_secs_f64();
        println!(
            "service, {clients} clients: {rate:.1} searches/s ({:.2} of the library), p50 {:.1} ms, p99 {:.1} ms",
            rate / library,
            percentile(&times, 0.5),
            percentile(&times, 0.99)
        );
    }
    let Some(file) = arguments.get(2) else { return };
    let mut adding = Command::new(env!("CARGO_BIN_EXE_paperkin"))
        .args(["--store", store.to_str().unwrap(), "add", file])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let times = by_service(&served, &questions, 1, seconds);
    let is_adding = adding.try_wait().unwrap().is_none();
    println!(
        "service, 1 client while papers are added: p50 {:.1} ms, p99 {:.1} ms, longest {:.1} ms{}",
        percentile(&times, 0.5),
        percentile(&times, 0.99),
        percentile(&times, 1.0),
        if is_adding { "" } else { "; all were added before the end" }
    );
    let _ = adding.kill();
    let _ = adding.wait();
}

/// Searches a second of several threads.
fn by_library(searcher: &Searcher, questions: &[String], threads: usize, time: Duration) -> f64 {
    let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let start = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while start.elapsed() < time {
                    let question = &questions[next.fetch_add(1, Ordering::Relaxed) % questions.len()];
                    searcher.search(&Query::new(question).unwrap(), Options::default()).unwrap();
                    done.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    done.into_inner() as f64 / start.elapsed().as_secs_f64()
}

/// The milliseconds that each search of several clients took.
fn by_service(service: &Service, questions: &[String], clients: usize, time: Duration) -> Vec<f64> {
    let (next, stop) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
    let addresses: Arc<Vec<String>> = Arc::new(questions.iter().map(|question| search_path(question, "")).collect());
    let threads: Vec<_> = (0..clients)
        .map(|_| {
            let (next, stop, addresses) = (Arc::clone(&next), Arc::clone(&stop), Arc::clone(&addresses));
            let host = service.address.clone();
            std::thread::spawn(move || {
                let mut connection = BufReader::new(TcpStream::connect(&host).unwrap());
                connection.get_ref().set_nodelay(true).unwrap();
                let mut times = Vec::new();
                while !stop.load(Ordering::Relaxed) {
                    let address = &addresses[next.fetch_add(1, Ordering::Relaxed) % addresses.len()];
                    let start = Instant::now();
                    answer(&mut connection, &host, address);
                    times.push(start.elapsed().as_secs_f64() * 1e3);
                }
                times
            })
        })
        .collect();
    std::thread::sleep(time);
    stop.store(true, Ordering::Relaxed);
    threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
}

/// Asks on an open connection, and reads the whole answer.
fn answer(connection: &mut BufReader<TcpStream>, host: &str, address: &str) {
    write!(connection.get_mut(), "GET {address} HTTP/1.1\r\nHost: {host}\r\n\r\n").unwrap();
    let (mut line, mut length) = (String::new(), 0);
    let mut is_first = true;
    loop {
        line.clear();
        connection.read_line(&mut line).unwrap();
        if std::mem::take(&mut is_first) {
            assert!(line.starts_with("HTTP/1.1 200"), "{line}");
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line == "\r\n" {
            break;
        }
    }
    let mut body = vec![0; length];
    connection.read_exact(&mut body).unwrap();
}
