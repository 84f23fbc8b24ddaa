//! How do times, memory and bytes grow with the number of papers?
//!
//! `cargo bench --bench scale -- --papers 1000000` makes stores of 10,000, 100,000 and 1,000,000 made-up papers with a static model,
//! and prints one table with the exponent of growth between the two largest. `--folder DIR` keeps the stores, so that a later run need
//! not add the papers again. `--program PATH` measures another build of the program. `--json` prints records for `benches/report.py --add`.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss
)]

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use made_up::World;
use serde_json::json;
use service::{Service, TOKEN, percentile};

#[path = "scale/made_up.rs"]
mod made_up;
#[path = "support/record.rs"]
mod record;
#[path = "support/service.rs"]
mod service;

/// Number of queries of each mode.
const QUERIES: usize = 300;
/// The first ones warm the pages of the files.
const WARMING: usize = 100;
/// Number of filtered queries of each kind, and of commits.
const FEW: usize = 30;

/// What is measured.
struct Bench {
    world: World,
    /// The path of the program.
    program: String,
    /// The folder of the model and the stores.
    folder: PathBuf,
}

/// What was measured: the name, the unit and the value.
type Measured = Vec<(&'static str, &'static str, f64)>;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let value_of =
        |name: &str| arguments.iter().position(|argument| argument == name).map(|at| arguments[at + 1].clone());
    let most: usize = value_of("--papers").map_or(100_000, |papers| papers.parse().unwrap());
    let temporary = tempfile::tempdir().unwrap();
    let folder = value_of("--folder").map_or_else(|| temporary.path().to_owned(), PathBuf::from);
    std::fs::create_dir_all(folder.join("model")).unwrap();
    let program = value_of("--program").unwrap_or_else(|| env!("CARGO_BIN_EXE_paperkin").to_owned());
    let bench = Bench { world: World::new(), program, folder };
    bench.world.write_model(&bench.folder.join("model")).unwrap();
    let mut sizes: Vec<usize> =
        std::iter::successors(Some(10_000), |size| Some(size * 10)).take_while(|size| *size < most).collect();
    sizes.push(most);
    let mut found = Vec::new();
    for size in sizes {
        let measured = measure(&bench, size);
        if arguments.iter().any(|argument| argument == "--json") {
            for (part, unit, value) in &measured {
                let parameters = json!({"papers": size, "part": part});
                record::print("scale", "cargo bench --bench scale", &parameters, "paperkin", &json!({*unit: value}));
            }
        }
        found.push((size, measured));
    }
    if !arguments.iter().any(|argument| argument == "--json") {
        print_table(&found);
    }
}

/// One row for each part; the last column is the exponent of growth between the two largest sizes.
fn print_table(found: &[(usize, Measured)]) {
    let mut parts: Vec<(&str, &str)> = Vec::new();
    let mut values: BTreeMap<(&str, usize), f64> = BTreeMap::new();
    for (size, measured) in found {
        for (part, unit, value) in measured {
            if !parts.contains(&(part, unit)) {
                parts.push((part, unit));
            }
            values.insert((part, *size), *value);
        }
    }
    print!("{:<44}", "papers");
    for (size, _) in found {
        print!("{size:>12}");
    }
    println!("{:>10}", "exponent");
    for (part, unit) in parts {
        print!("{:<44}", format!("{part} ({unit})"));
        for (size, _) in found {
            values.get(&(part, *size)).map_or_else(|| print!("{:>12}", ""), |value| print!("{value:>12.2}"));
        }
        match found {
            [.., (before, _), (last, _)] => match (values.get(&(part, *before)), values.get(&(part, *last))) {
                (Some(old), Some(new)) if *old > 0.0 => {
                    println!("{:>10.2}", (new / old).ln() / (*last as f64 / *before as f64).ln());
                }
                _ => println!(),
            },
            _ => println!(),
        }
    }
}

fn measure(bench: &Bench, size: usize) -> Measured {
    let store = bench.folder.join(size.to_string());
    let mut measured = Vec::new();
    if !store.join("complete").exists() {
        add(bench, &store, size, &mut measured);
        std::fs::write(store.join("complete"), "").unwrap();
    }
    for (part, prefix) in
        [("SQLite", "papers.sqlite"), ("full-text index", "lexical"), ("vectors", "vectors"), ("graph", "graph")]
    {
        measured.push((part, "bytes a paper", bytes(&store, prefix) as f64 / size as f64));
    }
    cold(bench, &store, &mut measured);
    let start = Instant::now();
    let service = Service::start(&bench.program, &store);
    measured.push(("service ready after", "ms", start.elapsed().as_secs_f64() * 1e3));
    queries(&bench.world, &service, &mut measured);
    filters(&bench.world, &service, &mut measured);
    measured.push(("memory of the service, anonymous", "MB", anonymous_mb(&service)));
    commits(&bench.world, &service, size, &mut measured);
    measured
}

/// Adds the papers, and builds graph and full-text index.
fn add(bench: &Bench, store: &Path, size: usize, measured: &mut Measured) {
    let start = Instant::now();
    let mut adding = Command::new(&bench.program)
        .args(["add", "-", "--format", "json", "--source", "made-up", "--model"])
        .arg(bench.folder.join("model"))
        .arg("--store")
        .arg(store)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut input = std::io::BufWriter::new(adding.stdin.take().unwrap());
    let mut making = Duration::ZERO;
    for number in 0..size {
        let began = Instant::now();
        let paper = bench.world.paper(number).to_string();
        making += began.elapsed();
        writeln!(input, "{paper}").unwrap();
    }
    drop(input);
    assert!(adding.wait().unwrap().success());
    let took = start.elapsed().as_secs_f64();
    measured.push(("adding, with graph and full-text index", "s", took));
    measured.push(("of it, making the papers", "s", making.as_secs_f64()));
    measured.push(("added", "papers/s", size as f64 / took));
}

/// The size of the files whose names begin so.
fn bytes(store: &Path, prefix: &str) -> u64 {
    let files = std::fs::read_dir(store).unwrap().map(Result::unwrap);
    let wanted = files.filter(|file| file.file_name().to_string_lossy().starts_with(prefix));
    wanted.map(|file| if file.path().is_dir() { bytes(&file.path(), "") } else { file.metadata().unwrap().len() }).sum()
}

/// Searches by a process that ends after its answer. The files are in the page cache.
fn cold(bench: &Bench, store: &Path, measured: &mut Measured) {
    for (part, mode) in [("command line, hybrid, p50", "hybrid"), ("command line, lexical, p50", "lexical")] {
        let times: Vec<f64> = (0..7)
            .map(|number| {
                let start = Instant::now();
                let output = Command::new(&bench.program)
                    .args(["search", &bench.world.query(number + 900_000), "--mode", mode, "--store"])
                    .arg(store)
                    .output()
                    .unwrap();
                assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
                start.elapsed().as_secs_f64() * 1e3
            })
            .collect();
        measured.push((part, "ms", percentile(&times[1..], 0.5)));
    }
}

/// Queries over HTTP, one client.
fn queries(world: &World, service: &Service, measured: &mut Measured) {
    for (p50, p99, parameters) in [
        ("hybrid with feedback and highlights, p50", "hybrid with feedback and highlights, p99", "highlight=true"),
        ("hybrid without feedback, p50", "hybrid without feedback, p99", "feedback=false&highlight=false"),
        ("dense, p50", "dense, p99", "mode=dense&highlight=false"),
        ("lexical, p50", "lexical, p99", "mode=lexical&highlight=false"),
    ] {
        let times: Vec<f64> =
            (0..QUERIES + WARMING).map(|number| service.search(&world.query(number), parameters)).collect();
        measured.push((p50, "ms", percentile(&times[WARMING..], 0.5)));
        measured.push((p99, "ms", percentile(&times[WARMING..], 0.99)));
    }
}

/// Filtered queries, and the counts of facets under a filter.
fn filters(world: &World, service: &Service, measured: &mut Measured) {
    for (part, filter) in [
        ("hybrid, category=cs.*, p50", "category=cs.*"),
        ("hybrid, from=2020, p50", "from=2020"),
        ("hybrid, a name of authors, p50", "author=bal"),
    ] {
        let parameters = format!("{filter}&highlight=false");
        let times: Vec<f64> = (0..FEW).map(|number| service.search(&world.query(number), &parameters)).collect();
        measured.push((part, "ms", percentile(&times[FEW / 3..], 0.5)));
    }
    measured.push(("facets, first", "ms", service.get("/api/v1/facets")));
    measured.push(("facets of cs.*", "ms", service.get("/api/v1/facets?category=cs.*")));
}

/// Commits of one paper, the first search after each, and one of 100 papers.
fn commits(world: &World, service: &Service, size: usize, measured: &mut Measured) {
    let (mut commit, mut first, mut second) = (Vec::new(), Vec::new(), Vec::new());
    for number in 0..FEW {
        commit.push(post(service, &world.paper(size + number).to_string()));
        first.push(service.search(&world.query(number), "highlight=false"));
        second.push(service.search(&world.query(number + FEW), "highlight=false"));
    }
    measured.push(("commit of one paper, p50", "ms", percentile(&commit, 0.5)));
    measured.push(("first search after it, p50", "ms", percentile(&first, 0.5)));
    measured.push(("the search after that, p50", "ms", percentile(&second, 0.5)));
}

/// The milliseconds of adding a paper.
fn post(service: &Service, paper: &str) -> f64 {
    service.request(&format!(
        "POST /api/v1/papers HTTP/1.1\r\nhost: {}\r\nconnection: close\r\nauthorization: Bearer {TOKEN}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{paper}",
        service.address,
        paper.len()
    ))
}

/// Anonymous memory of the service in MB, as Linux reports it.
fn anonymous_mb(service: &Service) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", service.child.id())).unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("RssAnon:"));
    let kb = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<f64>().ok());
    kb.unwrap_or(f64::NAN) / 1e3
}
