//! `models advise` and `models verify --quality`: measured figures, their rule, and what is refused.

use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::{Value, json};

use crate::support::{self, TINY, json, json_lines, paper, papers, run_with_input, stderr, stdout};

const STATIC: &str = "tests/data/models/static";

fn alone(folder: &Path, arguments: &[&str]) -> Output {
    support::alone(folder, arguments).output().unwrap()
}

fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs_err::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push((path.clone(), fs_err::read(path).unwrap()));
        }
    }
    found.sort();
    found
}

#[test]
fn models_are_measured_on_the_sample_if_there_is_no_store() {
    let folder = tempfile::tempdir().unwrap();
    let nowhere = folder.path().join("nowhere");
    let arguments = ["models", "advise", TINY, STATIC, "--papers", "1000000", "--store", nowhere.to_str().unwrap()];
    let told = alone(folder.path(), &[&arguments[..], &["--json"]].concat());
    assert!(stderr(&told).contains("the sample collection is used instead"), "{}", stderr(&told));
    let told = json(&told);
    assert_eq!(
        (&told["is_sample"], &told["collection"], &told["papers"]),
        (&true.into(), &148.into(), &1_000_000.into())
    );
    let models = told["models"].as_array().unwrap();
    assert_eq!(models.iter().map(|model| model["model"].as_str().unwrap()).collect::<Vec<_>>(), [TINY, STATIC]);
    for (model, verdict) in models.iter().zip(told["verdicts"].as_array().unwrap()) {
        assert_eq!((&model["titles"]["questions"], &model["sample"]["questions"]), (&148.into(), &32.into()));
        let per_hour = 3600.0 * model["speed"]["papers_per_s"].as_f64().unwrap();
        assert!((verdict["hours"].as_f64().unwrap() * per_hour / 1e6 - 1.0).abs() < 1e-9);
        assert_eq!(verdict["vector_bytes"], 4_000_000 * model["dimension"].as_u64().unwrap());
        for mode in ["dense", "hybrid"] {
            let Value::Object(of) = &model["titles"][mode]["ndcg_at_10"] else { panic!("{model}") };
            let [low, value, high] = ["low", "value", "high"].map(|key| of[key].as_f64().unwrap());
            assert!(0.0 < low && low < value && value < high && high < 1.0, "{mode}: {of:?}");
        }
    }
    assert!(!nowhere.exists());

    // The second run looks most texts up, and prints the same quality.
    let table = stdout(&alone(folder.path(), &arguments));
    assert!(table.lines().all(|line| line.chars().count() <= 80), "{table}");
    // Which of the two is faster may differ from run to run.
    assert!([TINY, STATIC].iter().any(|model| table.contains(&format!("take {model}: "))), "{table}");
    assert!([TINY, STATIC].contains(&told["take"].as_str().unwrap()), "{told}");
    let dense = models[1]["titles"]["dense"]["ndcg_at_10"]["value"].as_f64().unwrap();
    assert!(table.contains(&format!("{dense:.4} [")), "{table}");
}

#[test]
fn papers_of_the_store_are_the_questions_and_the_store_is_not_changed() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("store");
    let mut papers = papers(40);
    papers[3].abstract_text = String::new();
    let add = ["add", "--model", TINY, "--store", store.to_str().unwrap(), "-"];
    assert!(run_with_input(&add, &json_lines(&papers)).status.success());
    let before = files(&store);
    let advise = |more: &[&str]| {
        let arguments = ["models", "advise", TINY, "--json", "--store", store.to_str().unwrap()];
        json(&alone(folder.path(), &[&arguments[..], more].concat()))
    };
    let told = advise(&[]);
    assert_eq!((&told["is_sample"], &told["collection"], &told["papers"]), (&false.into(), &40.into(), &40.into()));
    assert_eq!(told["models"][0]["titles"]["questions"], 39, "one has no abstract");
    assert_eq!(told["models"][0]["speed"]["papers"], 39);
    assert_eq!((&told["reason"], &told["take"]), (&"only".into(), &TINY.into()));
    assert_eq!(advise(&["--sample", "7"])["models"][0]["titles"]["questions"], 7);
    // The same model twice is one model.
    assert_eq!(advise(&[TINY])["models"].as_array().unwrap().len(), 1);
    let late = advise(&[STATIC, "--papers", "1000000000", "--hours", "0.001"]);
    assert_eq!((&late["reason"], &late["verdicts"][0]["in_time"]), (&"none_in_time".into(), &false.into()));
    assert_eq!(files(&store), before);
}

#[test]
fn models_that_cannot_be_measured_are_refused_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    for (arguments, wanted, hint) in [
        (&["gte-small"][..], "the model `gte-small` is not on this machine", "paperkin models pull gte-small"),
        (&["gte-small"], "the model `gte-small` is not on this machine", "paperkin models pull gte-small"),
        (&["gpt-9"], "unknown model `gpt-9`", "paperkin models list"),
        (&["tests/data/models/cross-encoder-logit"], "is a cross-encoder", "--rerank"),
        (&[TINY, "--hours", "0"], "expected a number of hours greater than 0", ""),
        (&[TINY, "--hours", "soon"], "expected a number of hours greater than 0", ""),
    ] {
        let told = alone(folder.path(), &[&["models", "advise"], arguments].concat());
        assert_eq!(told.status.code(), Some(2), "{arguments:?}");
        let told = stderr(&told);
        assert!(told.contains(wanted) && told.contains(hint), "{arguments:?}: {told}");
    }
}

/// A test set `name` of made-up papers in `folder`, and a model beside it with this published score.
fn set_and_model(folder: &Path, name: &str, published: f64) -> (String, String) {
    let lines = |values: Vec<Value>| values.iter().map(|value| format!("{value}\n")).collect::<String>();
    let set = folder.join(name);
    fs_err::create_dir_all(set.join("qrels")).unwrap();
    let made_up: Vec<_> = (0..60).map(paper).collect();
    let document =
        |id: usize| json!({"_id": id.to_string(), "title": made_up[id].title, "text": made_up[id].abstract_text});
    let query = |id: usize| json!({"_id": format!("q{id}"), "text": made_up[id].title});
    fs_err::write(set.join("corpus.jsonl"), lines((0..60).map(document).collect())).unwrap();
    fs_err::write(set.join("queries.jsonl"), lines((0..30).map(query).collect())).unwrap();
    let judged: String = (0..30).map(|id| format!("q{id}\t{id}\t1\n")).collect();
    fs_err::write(set.join("qrels/dev.tsv"), &judged).unwrap();
    fs_err::write(set.join("qrels/test.tsv"), judged).unwrap();
    let model = folder.join("model");
    fs_err::create_dir_all(&model).unwrap();
    for file in ["config.json", "tokenizer.json", "model.safetensors"] {
        fs_err::copy(Path::new("tests/data/models/bert-roles").join(file), model.join(file)).unwrap();
    }
    let manifest = fs_err::read_to_string("tests/data/models/bert-roles/paperkin.toml").unwrap();
    let score =
        format!("[[scores]]\nset = \"Made-Up\"\nndcg_at_10 = {published}\nsource = \"https://example.org/s\"\n");
    fs_err::write(model.join("paperkin.toml"), format!("{manifest}\n{score}")).unwrap();
    (set.to_str().unwrap().to_owned(), model.to_str().unwrap().to_owned())
}

#[test]
fn quality_is_compared_with_the_published_score() {
    let folder = tempfile::tempdir().unwrap();
    let (set, model) = set_and_model(folder.path(), "made_up", 0.5);
    let evaluated = ["evaluate", &set, "--model", &model, "--mode", "dense", "--json"];
    let measured = json(&alone(folder.path(), &evaluated))["modes"]["dense"]["ndcg@10"]["value"].as_f64().unwrap();
    let verify = ["models", "verify", &model, "--quality", &set];

    set_and_model(folder.path(), "made_up", measured + 0.009);
    let told = alone(folder.path(), &verify);
    assert_eq!(told.status.code(), Some(0), "{}", stderr(&told));
    let printed = stdout(&told);
    assert!(printed.contains(&format!("measured     {measured:.4} [")), "{printed}");
    assert!(printed.contains(&format!("published    {:.4}, https://example.org/s", measured + 0.009)), "{printed}");
    assert!(printed.contains("on Made-Up, 30 queries (test)") && printed.contains("-0.9 points"), "{printed}");
    let told = json(&alone(folder.path(), &[&verify[..], &["--split", "dev", "--json"]].concat()));
    let quality = &told["quality"];
    assert_eq!((&quality["queries"], &quality["split"]), (&30.into(), &"dev".into()));
    assert!((quality["measured"]["value"].as_f64().unwrap() - measured).abs() < 1e-9);

    set_and_model(folder.path(), "made_up", measured - 0.011);
    let told = alone(folder.path(), &verify);
    assert_eq!(told.status.code(), Some(2));
    assert!(stdout(&told).contains("+1.1 points"), "{}", stdout(&told));
    let told = stderr(&told);
    let wanted = format!("has nDCG@10 {measured:.4} on Made-Up, but {:.4} is published", measured - 0.011);
    assert!(told.contains(&wanted) && told.contains("hint: check pooling, prefixes"), "{told}");
}

#[test]
fn a_set_without_a_published_score_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (set, model) = set_and_model(folder.path(), "another", 0.5);
    let told = alone(folder.path(), &["models", "verify", &model, "--quality", &set]);
    assert_eq!(told.status.code(), Some(2));
    let told = stderr(&told);
    assert!(told.contains("has no published score for the test set `another`; it has Made-Up"), "{told}");
    let told = alone(folder.path(), &["models", "verify", TINY, "--quality", &set]);
    assert!(stderr(&told).contains("it has none for any set"), "{}", stderr(&told));
    let told = alone(folder.path(), &["models", "verify", TINY, "--split", "test"]);
    assert!(stderr(&told).contains("--quality"), "{}", stderr(&told));
}
