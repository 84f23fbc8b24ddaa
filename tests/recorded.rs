//! Are answers what they were when they were recorded? Those on the sample, byte for byte, except times.
//!
//! A static model makes the vectors: it adds numbers in one order, so that they are the same on every processor.

use std::fmt::Write;
use std::process::Stdio;

use sha2::{Digest, Sha256};

use crate::support::http::Serving;
use crate::support::{paperkin, run, stdout};

const MODEL: &str = "tests/data/models/static";

const QUESTIONS: [&str; 6] = [
    "how do neural networks forget?",
    "attention is all you need",
    "scaling laws",
    "protein structure prediction with deep learning",
    "Kaplan",
    "the of and",
];

/// What is asked over HTTP, beside the questions.
const ADDRESSES: [&str; 34] = [
    "/api/v1/search?q=graphs&k=2",
    "/api/v1/search?q=graphs&k=2&mode=dense",
    "/api/v1/search?q=graphs&k=2&mode=lexical",
    "/api/v1/search?q=language+models&k=7&category=cs.CL&fields=id,score,why,highlight",
    "/api/v1/search?q=language+models&k=7&category=cs.*&from=2017&to=2019-06&fields=id,score,why,highlight",
    "/api/v1/search?q=language+models&k=7&author=vaswani&fields=id,score,why",
    "/api/v1/search?q=language+models&k=7&organisation=nobody&fields=id,score",
    "/api/v1/search?q=language+models&k=7&ids=1706.03762&ids=2001.08361&fields=id,score,why",
    "/api/v1/search?q=deep+learning&k=12&diverse=0.5&fields=id,score,why,highlight",
    "/api/v1/search?q=deep+learning&k=12&diverse=1&mode=dense&highlight=false&fields=id,score",
    "/api/v1/search?q=deep+learning&k=30&fields=id,score,highlight",
    "/api/v1/search?q=deep+learning&k=100&mode=lexical&fields=id,score",
    "/api/v1/search?q=images&k=4&format=bibtex",
    "/api/v1/search?q=images&k=4&format=ris",
    "/api/v1/search?q=images&k=4&format=csl-json",
    "/api/v1/related?id=1706.03762&k=5&fields=id,score,why,highlight",
    "/api/v1/related?id=1706.03762&id=2001.08361&unlike=1512.03385&k=5&fields=id,score,why",
    "/api/v1/related?text=image+recognition&k=5&fields=id,score,why,highlight",
    "/api/v1/related?id=1706.03762&text=image+recognition&k=5&category=cs.CV&diverse=0.3&fields=id,score,why",
    "/api/v1/papers/1706.03762/related?k=3",
    "/api/v1/papers/1706.03762",
    "/api/v1/papers/1706.03762?format=bibtex",
    "/api/v1/papers?k=2",
    "/api/v1/papers?k=5&fields=id&category=stat.ML&from=2015",
    "/api/v1/papers?k=3&fields=id,title&author=kaplan",
    "/api/v1/facets",
    "/api/v1/facets?category=cs.LG&from=2014",
    "/api/v1/facets?author=bengio",
    "/api/v1/facets?from=2030",
    "/v1/models",
    "/feed.atom?q=language+models",
    "/feed.atom?q=language+models&mode=lexical&category=cs.CL",
    "/api/v1/map",
    "/api/v1/status",
];

/// What the program prints.
const COMMANDS: [&[&str]; 12] = [
    &["search", "--json", "-k", "3", "language", "models"],
    &["search", "--json", "-k", "3", "--mode", "dense", "--no-feedback", "language", "models"],
    &["search", "--json", "-k", "3", "--fusion", "rank", "--category", "cs.LG", "language", "models"],
    &["search", "-k", "4", "language", "models"],
    &["search", "-k", "2", "--format", "bibtex", "language", "models"],
    &["related", "--json", "-k", "3", "1706.03762"],
    &["related", "-k", "3", "1706.03762", "--unlike", "1512.03385"],
    &["facets", "--json"],
    &["facets", "--category", "cs.LG"],
    &["map", "--json"],
    &["show", "--json", "1706.03762"],
    &["export"],
];

/// What differs from one machine, or one moment, to the next: times, and facts of the machine in `status`.
const DIFFERENT: [&str; 3] = ["took_ms", "kernel", "store_bytes"];

/// A JSON text in which the values of a name are left out.
fn without(json: &str, name: &str) -> String {
    let name = format!("\"{name}\":");
    let mut parts = json.split(&name);
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |told, rest| told + &name + "…" + &rest[rest.find([',', '}']).unwrap_or(0)..])
}

#[test]
fn answers_are_what_they_were() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().to_str().unwrap();
    assert!(run(&["add", "--sample", "--model", MODEL, "--store", store]).status.success());
    let mut told = String::new();
    let mut tell = |asked: &str, answer: &[u8]| {
        let answer = String::from_utf8_lossy(answer);
        let answer = DIFFERENT.iter().fold(answer.into_owned(), |answer, name| without(&answer, name));
        // What is long, or no text, is told by its digest.
        if answer.len() < 6_000 && !answer.contains('\u{fffd}') {
            writeln!(told, "## {asked}\n{}\n", answer.trim_end()).unwrap();
        } else {
            let digest: String = Sha256::digest(answer.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
            writeln!(told, "## {asked}\n{} bytes, SHA-256 {digest}\n", answer.len()).unwrap();
        }
    };

    let serving = Serving::by(
        paperkin(&["serve", "--addr", "127.0.0.1:0", "--model", MODEL, "--store", store]).stderr(Stdio::null()),
    );
    for question in QUESTIONS {
        let question: String = question.bytes().map(|byte| format!("%{byte:02x}")).collect();
        for more in ["", "&feedback=false", "&fusion=rank", "&mode=dense", "&mode=lexical"] {
            let address = format!("/api/v1/search?q={question}&k=5&fields=id,score,why,highlight{more}");
            tell(&address, &serving.get(&address).1);
        }
    }
    for address in ADDRESSES {
        let (status, answer) = serving.get(address);
        assert_eq!(status, 200, "{address}");
        let version = format!("version=\"{}\"", env!("CARGO_PKG_VERSION"));
        let answer = String::from_utf8_lossy(&answer).replace(&serving.address, "HOST").replace(&version, "VERSION");
        tell(address, answer.as_bytes());
    }
    // From page to page.
    let mut address = "/api/v1/search?q=learning&k=20&fields=id,score,highlight".to_owned();
    for _ in 0..4 {
        let page = serving.json(&address);
        tell(&address, page.to_string().as_bytes());
        let Some(next) = page["next"].as_str() else { break };
        address = format!("/api/v1/search?q=learning&k=20&fields=id,score,highlight&cursor={next}");
    }
    drop(serving);
    for command in COMMANDS {
        let printed = run(&[command, &["--store", store]].concat());
        tell(&format!("paperkin {}", command.join(" ")), stdout(&printed).as_bytes());
    }
    insta::assert_snapshot!(told);
}
