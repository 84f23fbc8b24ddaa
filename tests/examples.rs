//! The programs in `examples/` do what they say, with tiny models. `cargo test` builds them, `cargo test --test tests` does not.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use paperkin::embed::{Embedder, ModelFolder, Role};
use serde_json::{Value, json};

use crate::support::{output_of, stderr, stdout};

const STATIC: &str = "tests/data/models/static";

/// Where cargo has put an example: beside the program, in a folder of their own.
fn example(name: &str) -> PathBuf {
    let program = Path::new(env!("CARGO_BIN_EXE_paperkin"));
    let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    let path = program.with_file_name("examples").join(file);
    assert!(path.is_file(), "`{}` is not there: `cargo build --examples` builds it", path.display());
    path
}

fn run(name: &str, arguments: &[&str], input: &str) -> Output {
    let mut command = Command::new(example(name));
    command.args(arguments);
    output_of(command, input)
}

#[test]
fn the_sample_is_indexed_and_asked() {
    let output = run("index_and_ask", &[STATIC, "neural networks"], "");
    let told = stdout(&output);
    let mut lines = told.lines();
    assert!(lines.next().unwrap().ends_with(" papers added"), "{told}{}", stderr(&output));
    for rank in 1..=5 {
        assert!(told.contains(&format!("\n{rank}. ")), "{told}");
    }
    assert!(output.status.success());
}

#[test]
fn lines_are_embedded_as_the_library_does() {
    // More than one batch.
    let texts: Vec<String> = (0..300).map(|number| format!("graphs and {number} galaxies")).collect();
    let output = run("embed_stream", &[STATIC], &texts.join("\n"));
    assert!(output.status.success(), "{}", stderr(&output));
    let embedder = Embedder::load(&ModelFolder::open(Path::new(STATIC)).unwrap(), 1).unwrap();
    let wanted = embedder.embed(Role::Passage, &texts).unwrap();
    let lines: Vec<Value> = stdout(&output).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), texts.len());
    for ((line, text), wanted) in lines.iter().zip(&texts).zip(&wanted) {
        assert_eq!((&line["text"], &line["truncated"]), (&json!(text), &json!(wanted.truncated)));
        let embedding: Vec<f32> = serde_json::from_value(line["embedding"].clone()).unwrap();
        assert_eq!(embedding, wanted.embedding.as_slice(), "{text}");
    }
}

#[test]
fn a_judged_set_is_evaluated() {
    let folder = tempfile::tempdir().unwrap();
    let words = ["graphs", "proteins", "galaxies", "compilers"];
    let document = |word: &&str| json!({"_id": word, "title": format!("On {word}"), "text": ""}).to_string() + "\n";
    let query = |word: &&str| json!({"_id": format!("q-{word}"), "text": word}).to_string() + "\n";
    let write = |name: &str, text: String| fs_err::write(folder.path().join(name), text).unwrap();
    write("corpus.jsonl", words.iter().map(document).collect());
    write("queries.jsonl", words.iter().map(query).collect());
    fs_err::create_dir(folder.path().join("qrels")).unwrap();
    let judged = words.iter().map(|word| format!("q-{word}\t{word}\t1\n"));
    write("qrels/test.tsv", "query-id\tcorpus-id\tscore\n".to_owned() + &judged.collect::<String>());
    let output = run("evaluate", &[STATIC, folder.path().to_str().unwrap()], "");
    let told = stdout(&output);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(told.lines().count(), 21, "three modes, seven metrics: {told}");
    assert!(told.contains("lexical  nDCG@10     1.000 [1.000, 1.000]"), "{told}");
}

#[test]
fn each_says_what_it_takes() {
    for name in ["index_and_ask", "embed_stream", "evaluate"] {
        let output = run(name, &[], "");
        assert!(!output.status.success() && stderr(&output).contains(&format!("usage: {name} MODEL_FOLDER")));
    }
}
