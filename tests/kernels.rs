//! `models bench` and `--precision`: kernels are measured once on a machine, and 8 bits give nearly the same vectors.

use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::Value;

use crate::support::{TINY, alone, json, output_of, stderr, stdout};

fn bench(folder: &Path, arguments: &[&str]) -> Output {
    alone(folder, &[&["models", "bench"], arguments].concat()).output().unwrap()
}

/// Where the results are stored.
fn results(folder: &Path) -> PathBuf {
    folder.join("cache/paperkin/kernels.json")
}

/// The vector of a text, embedded by a kernel.
fn embedded(folder: &Path, kernel: &str, arguments: &[&str]) -> Vec<f64> {
    let mut command = alone(folder, &[&["embed", "--model", TINY, "-"], arguments].concat());
    command.env("PAPERKIN_KERNEL", kernel);
    let output = output_of(command, "{\"text\": \"Fish swim in the sea, and whales too.\"}\n");
    let line: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", stderr(&output)));
    line["embedding"].as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

#[test]
fn the_bench_measures_kernels_and_keeps_the_result() {
    let folder = tempfile::tempdir().unwrap();
    let measured = json(&bench(folder.path(), &["--threads", "2", "--json"]));
    let speeds = measured["kernels"].as_array().unwrap();
    assert!(!speeds.is_empty() && measured["threads"] == 2);
    for speed in speeds {
        for key in ["tokens_per_s_1_thread", "tokens_per_s", "query_ms"] {
            assert!(speed[key].as_f64().unwrap() > 0.0, "{speed}");
        }
    }
    assert!(measured["chosen"]["full"]["texts"].is_string() && measured["chosen"]["fast"]["queries"].is_string());
    let kept = results(folder.path());
    let first: Value = serde_json::from_slice(&fs_err::read(&kept).unwrap()).unwrap();
    assert_eq!(first[0]["threads"], 2);
    let names = |speeds: &[Value]| speeds.iter().map(|speed| speed["kernel"].clone()).collect::<Vec<_>>();
    assert_eq!(names(first[0]["speeds"].as_array().unwrap()), names(speeds));
    // Other numbers of threads are kept beside it.
    let told = stdout(&bench(folder.path(), &["--threads", "1"]));
    assert!(told.contains("precision full: texts by ") && told.contains("precision fast: "), "{told}");
    let both: Value = serde_json::from_slice(&fs_err::read(&kept).unwrap()).unwrap();
    assert_eq!(both.as_array().unwrap().len(), 2);
    assert!(told.contains("query (ms)") && !told.contains("1 threads"), "{told}");
}

#[test]
fn results_that_cannot_be_stored_are_told() {
    let folder = tempfile::tempdir().unwrap();
    fs_err::create_dir_all(results(folder.path()).join("in-its-place")).unwrap();
    let output = bench(folder.path(), &["--threads", "1"]);
    assert!(output.status.success() && stderr(&output).contains("cannot be stored"), "{}", stderr(&output));
}

#[test]
fn the_first_embedding_measures_and_a_broken_result_is_measured_again() {
    let folder = tempfile::tempdir().unwrap();
    let kept = results(folder.path());
    let embed = || {
        let command = alone(folder.path(), &["embed", "--model", TINY, "--precision", "fast", "-"]);
        let output = output_of(command, "{\"text\": \"Fish\"}\n");
        assert!(output.status.success(), "{}", stderr(&output));
    };
    embed();
    let measured = fs_err::read(&kept).unwrap();
    embed();
    assert_eq!(fs_err::read(&kept).unwrap(), measured);
    fs_err::write(&kept, "[{").unwrap();
    embed();
    assert!(serde_json::from_slice::<Value>(&fs_err::read(&kept).unwrap()).is_ok());
}

#[test]
fn vectors_of_8_bits_are_near_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let exact = embedded(folder.path(), "portable", &[]);
    let bytes = embedded(folder.path(), "portable-int8", &["--precision", "fast"]);
    assert_ne!(exact, bytes);
    let cosine: f64 = exact.iter().zip(&bytes).map(|(a, b)| a * b).sum();
    assert!(cosine > 0.999, "{cosine}");
    assert!(!results(folder.path()).exists(), "a named kernel needs no measurement");
}
