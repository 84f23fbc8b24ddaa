//! Judged test sets: read as they are published, measured as trec_eval does, by the same search as any other.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::process::Output;

use paperkin::evaluate::metrics::Metric;
use paperkin::evaluate::report::{compared, measurable};
use paperkin::evaluate::run::Run;
use paperkin::evaluate::test_set::{Document, JudgedQuery, TestSet};
use serde_json::{Value, json};

use crate::support::{TINY, json, paper, paperkin, run_with_input, shared, stderr, stdout};

const JUDGED: &str = "tests/data/judged";

#[test]
fn the_test_sets_beside_the_project_are_read() {
    for (name, documents, queries, judgements) in [("scifact", 5183, 300, 339), ("cranfield", 1400, 225, 1612)] {
        let Some(path) = shared(&format!("beir/{name}")) else { continue };
        let set = TestSet::open(&path).unwrap();
        let read: Vec<Document> = set.documents().unwrap().collect::<Result<_, _>>().unwrap();
        assert_eq!(read.len(), documents, "{name}");
        let read = set.queries("test").unwrap();
        assert_eq!(read.len(), queries, "{name}");
        assert_eq!(read.iter().map(|query| query.judged.len()).sum::<usize>(), judgements, "{name}");
    }
}

/// The made-up queries that something can be found for; no test of runs needs their texts.
fn judged() -> Vec<JudgedQuery> {
    let judged = TestSet::open(Path::new(JUDGED)).unwrap().judgements("test").unwrap();
    measurable(
        judged
            .into_iter()
            .map(|(id, judged)| JudgedQuery { id, text: String::new(), document: None, judged })
            .collect(),
    )
}

fn run_file(name: &str) -> Run {
    Run::read(&Path::new(JUDGED).join(format!("{name}.run"))).unwrap()
}

/// What `tests/scripts/trec_values.py` wrote.
fn expected() -> Value {
    serde_json::from_str(&fs_err::read_to_string(Path::new(JUDGED).join("expected.json")).unwrap()).unwrap()
}

fn name_of(metric: Metric) -> String {
    serde_json::to_value(metric).unwrap().as_str().unwrap().to_owned()
}

#[test]
fn every_value_is_that_of_trec_eval() {
    let (expected, queries) = (expected(), judged());
    assert_eq!(queries.len(), 24, "three of 27 have no relevant document");
    for name in ["a", "b"] {
        let run = run_file(name);
        for query in &queries {
            for metric in Metric::ALL {
                let wanted = expected["runs"][name][&query.id][name_of(metric)].as_f64().unwrap();
                let found = metric.of(run.ranking(&query.id), &query.judged);
                assert!((found - wanted).abs() < 1e-9, "{metric:?} of {}, {name}: {found}, not {wanted}", query.id);
            }
        }
    }
}

#[test]
fn the_test_of_two_runs_is_that_of_a_million_exchanges() {
    let (expected, comparison) = (expected(), compared(&run_file("a"), &run_file("b"), &judged()));
    assert_eq!((comparison.queries, comparison.permutations), (24, 100_000));
    for (metric, found) in Metric::ALL.into_iter().zip(comparison.metrics.0) {
        let wanted = expected["p"][name_of(metric)].as_f64().unwrap();
        // Six standard errors of a share of 100,000.
        let tolerance = 6.0 * (wanted * (1.0 - wanted) / 1e5).sqrt() + 2e-5;
        assert!((found.p - wanted).abs() < tolerance, "{metric:?}: {}, not {wanted}", found.p);
    }
}

#[test]
fn two_runs_are_compared_by_the_program() {
    let folder = tempfile::tempdir().unwrap();
    let (a, b) = (format!("{JUDGED}/a.run"), format!("{JUDGED}/b.run"));
    let compare =
        |more: &[&str]| paperkin(&[&["evaluate", JUDGED, "--compare", &a, &b], more].concat()).output().unwrap();
    let told = json(&compare(&["--json"]));
    let (metrics, expected) = (&told["comparison"]["metrics"], expected());
    for metric in Metric::ALL.map(name_of) {
        for (side, name) in [("a", "a"), ("b", "b")] {
            let runs = &expected["runs"][name];
            let values: Vec<f64> = judged().iter().map(|q| runs[&q.id][&metric].as_f64().unwrap()).collect();
            #[allow(clippy::cast_precision_loss)]
            let wanted = values.iter().sum::<f64>() / values.len() as f64;
            let found = metrics[&metric][side].as_f64().unwrap();
            assert!((found - wanted).abs() < 1e-9, "{metric} of {side}: {found}, not {wanted}");
        }
    }
    insta::assert_snapshot!(stdout(&compare(&[])));
    let foreign = folder.path().join("foreign.run");
    fs_err::write(&foreign, "nobody Q0 1 1 1.0 x\n").unwrap();
    let refused = paperkin(&["evaluate", JUDGED, "--compare", &a, foreign.to_str().unwrap()]).output().unwrap();
    assert_eq!(refused.status.code(), Some(2));
    assert!(stderr(&refused).contains("has no ranking for any of the 24 judged queries"), "{}", stderr(&refused));
}

/// A test set of made-up papers, each with a query of some words of its own; the id of a document is that of its paper.
struct MadeUp {
    folder: tempfile::TempDir,
    cache: tempfile::TempDir,
}

impl MadeUp {
    fn new() -> Self {
        let made_up = Self { folder: tempfile::tempdir().unwrap(), cache: tempfile::tempdir().unwrap() };
        let documents = (0..120).map(paper).map(|paper| {
            // Some have no title.
            let title = if paper.title.ends_with('7') { "" } else { &paper.title };
            json!({"_id": paper.id, "title": title, "text": paper.abstract_text, "metadata": {}})
        });
        let queries = (0..40).map(|number| {
            let paper = paper(3 * number);
            json!({"_id": format!("q{number}"), "text": format!("Where do they speak of {}?", paper.title)})
        });
        // The document that is this query is never counted as found.
        let own = paper(9);
        let own = json!({"_id": own.id, "text": own.abstract_text});
        let qrels = (0..40).flat_map(|number| {
            let (relevant, other) = (paper(3 * number).id, paper(3 * number + 56).id);
            let other = if 3 * number + 56 < 120 { format!("q{number}\t{other}\t1\n") } else { String::new() };
            [format!("q{number}\t{relevant}\t2\n"), other]
        });
        let own_qrels = format!("{}\t{}\t1\n{0}\t{}\t1\n", paper(9).id, paper(9).id, paper(65).id);
        made_up.write("corpus.jsonl", &lines(documents));
        made_up.write("queries.jsonl", &lines(queries.chain([own])));
        fs_err::create_dir(made_up.folder.path().join("qrels")).unwrap();
        let header = "query-id\tcorpus-id\tscore\n".to_owned();
        made_up.write("qrels/test.tsv", &(header + &qrels.collect::<String>() + &own_qrels));
        made_up
    }

    fn write(&self, name: &str, text: &str) {
        fs_err::write(self.folder.path().join(name), text).unwrap();
    }

    fn read(&self, name: &str) -> String {
        fs_err::read_to_string(self.folder.path().join(name)).unwrap()
    }

    fn evaluate(&self, more: &[&str]) -> Output {
        let folder = self.folder.path().to_str().unwrap();
        let arguments = [&["evaluate", folder, "--model", TINY], more].concat();
        paperkin(&arguments).env("XDG_CACHE_HOME", self.cache.path()).output().unwrap()
    }

    /// What is told when something is wrong with the set.
    fn told(&self, more: &[&str]) -> String {
        let output = self.evaluate(more);
        assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
        stderr(&output).replace(self.folder.path().to_str().unwrap(), "SET")
    }
}

fn lines(values: impl Iterator<Item = Value>) -> String {
    values.map(|value| format!("{value}\n")).collect()
}

#[test]
fn what_is_told_is_what_the_run_files_say_and_a_second_run_embeds_nothing() {
    let set = MadeUp::new();
    let files = || {
        let entries = walk(set.folder.path());
        entries.into_iter().map(|path| (path.clone(), fs_err::read(path).unwrap())).collect::<BTreeMap<_, _>>()
    };
    let (before, runs) = (files(), tempfile::tempdir().unwrap());
    let pattern = runs.path().join("{mode}.run");
    let arguments = ["--json", "--run", pattern.to_str().unwrap()];
    let mut first = json(&set.evaluate(&arguments));
    assert_eq!(files(), before, "nothing is written into the test set");
    assert_eq!((&first["documents"], &first["queries"]), (&120.into(), &41.into()));
    assert_eq!((&first["queries_in_corpus"], &first["depth"]), (&1.into(), &100.into()));
    let queries = TestSet::open(set.folder.path()).unwrap().queries("test").unwrap();
    for mode in ["dense", "lexical", "hybrid"] {
        let run = Run::read(&runs.path().join(format!("{mode}.run"))).unwrap();
        let own = paper(9).id;
        assert!(run.ranking(own.as_str()).iter().all(|found| found.id != own.as_str()));
        assert_eq!(run.ranking("q1").len(), 100);
        for query in &queries {
            assert!(run.ranking(&query.id).is_sorted_by(|a, b| a.score > b.score), "{mode}, {}", query.id);
        }
        for metric in Metric::ALL {
            let values: Vec<f64> = queries.iter().map(|q| metric.of(run.ranking(&q.id), &q.judged)).collect();
            #[allow(clippy::cast_precision_loss)]
            let wanted = values.iter().sum::<f64>() / values.len() as f64;
            let told = &first["modes"][mode][name_of(metric)];
            assert!((told["value"].as_f64().unwrap() - wanted).abs() < 1e-12, "{mode}, {metric:?}");
            let (low, high) = (told["low"].as_f64().unwrap(), told["high"].as_f64().unwrap());
            assert!(low <= wanted && wanted <= high && (low < high || wanted >= 1.0), "{mode}, {metric:?}: {told}");
        }
    }
    let by_words = first["modes"]["lexical"]["mrr@10"]["value"].as_f64().unwrap();
    assert!(by_words > 0.9, "the words are the title's: {by_words}");

    assert_eq!(
        (&first["embedded"], &first["from_cache"]),
        (&161.into(), &82.into()),
        "queries are asked in three modes"
    );
    let mut second = json(&set.evaluate(&arguments));
    assert_eq!(second["embedded"], 0);
    for report in [&mut first, &mut second] {
        let report = report.as_object_mut().unwrap();
        report.remove("embedded").and_then(|_| report.remove("from_cache")).unwrap();
    }
    assert_eq!(first, second);

    let cache = walk(set.cache.path());
    let vectors: Vec<_> = cache.iter().filter(|path| path.to_str().unwrap().contains("vectors")).collect();
    assert!(!vectors.is_empty(), "{cache:?}");
    let mut clear = paperkin(&["evaluate", "--clear-cache"]);
    let cleared = clear.env("XDG_CACHE_HOME", set.cache.path()).output().unwrap();
    assert!(stdout(&cleared).starts_with("deleted "), "{}", stderr(&cleared));
    assert!(vectors.iter().all(|path| !path.exists()));
    assert_eq!(json(&set.evaluate(&["--json", "--mode", "dense"]))["embedded"], 161);
    let without = json(&set.evaluate(&["--json", "--mode", "dense", "--no-cache"]));
    assert_eq!(without["modes"].as_object().unwrap().keys().collect::<Vec<_>>(), ["dense"]);
    assert_eq!((&without["modes"]["dense"], &without["embedded"]), (&first["modes"]["dense"], &Value::Null));
}

fn walk(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in fs_err::read_dir(folder).unwrap().flatten() {
        if entry.path().is_dir() { found.extend(walk(&entry.path())) } else { found.push(entry.path()) }
    }
    found
}

#[test]
fn what_is_measured_is_what_a_search_finds() {
    let set = MadeUp::new();
    // A store of the same papers; every third title ends in a 7 and is left out of both.
    let with_title: Vec<Value> =
        set.read("corpus.jsonl").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let with_title: Vec<Value> = with_title.into_iter().filter(|document| document["title"] != "").collect();
    set.write("corpus.jsonl", &lines(with_title.iter().cloned()));
    let papers = with_title.iter().map(|d| json!({"id": d["_id"], "title": d["title"], "abstract": d["text"]}));
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("store").to_str().unwrap().to_owned();
    let added = run_with_input(&["add", "--model", TINY, "--store", &store, "-"], &lines(papers));
    assert!(added.status.success(), "{}", stderr(&added));
    let texts: HashMap<String, String> = TestSet::open(set.folder.path())
        .unwrap()
        .queries("test")
        .unwrap()
        .into_iter()
        .map(|q| (q.id, q.text))
        .collect();
    for mode in ["dense", "lexical", "hybrid"] {
        let file = folder.path().join(mode);
        let output = set.evaluate(&["--incomplete", "--mode", mode, "--run", file.to_str().unwrap()]);
        assert!(output.status.success() && stderr(&output).contains("warning: the corpus"), "{}", stderr(&output));
        let run = Run::read(&file).unwrap();
        for query in ["q0", "q5", "q17"] {
            let search = ["search", "--json", "-k", "100", "--mode", mode, "--store", &store, &texts[query]];
            let answer = json(&paperkin(&search).output().unwrap());
            let hits = answer["hits"].as_array().unwrap();
            let found = hits.iter().map(|hit| (hit["id"].as_str().unwrap(), hit["score"].as_f64().unwrap()));
            let mut found: Vec<(&str, f64)> = found.collect();
            let ranking = run.ranking(query).iter();
            let mut ranking: Vec<(&str, f64)> = ranking.map(|found| (&*found.id, f64::from(found.score))).collect();
            assert_eq!(ranking.len(), found.len(), "{mode}, {query}");
            for (one, other) in ranking.iter().zip(&found) {
                assert!((one.1 - other.1).abs() < 1e-4, "{mode}, {query}: {one:?}, {other:?}");
            }
            // Papers of equal score stand in the order of their ids in a store, which are others here; so may the last ones be.
            let last = found.last().unwrap().1 + 1e-4;
            for papers in [&mut ranking, &mut found] {
                papers.retain(|(_, score)| *score > last);
                papers.sort_by(|a, b| a.0.cmp(b.0));
            }
            let ids = |papers: &[(&str, f64)]| papers.iter().map(|(id, _)| (*id).to_owned()).collect::<Vec<_>>();
            assert_eq!(ids(&ranking), ids(&found), "{mode}, {query}");
            assert!(!found.is_empty());
        }
    }
}

#[test]
fn equal_scores_stay_in_the_order_of_the_answer() {
    let set = MadeUp::new();
    let twins = (0..30).map(|number| json!({"_id": number.to_string(), "title": "Twins", "text": "All alike."}));
    set.write("corpus.jsonl", &lines(twins));
    set.write("queries.jsonl", "{\"_id\": \"q\", \"text\": \"twins\"}\n");
    set.write("qrels/test.tsv", "query-id\tcorpus-id\tscore\nq\t7\t1\nq\t21\t1\n");
    let file = set.cache.path().join("run");
    let told = json(&set.evaluate(&["--json", "--run", file.to_str().unwrap()]));
    assert_eq!(told["runs"], json!([file.to_str().unwrap()]));
    let run = Run::read(&file).unwrap();
    assert_eq!(run.ranking("q").len(), 30);
    assert!(run.ranking("q").is_sorted_by(|a, b| a.score > b.score));
    let queries = TestSet::open(set.folder.path()).unwrap().queries("test").unwrap();
    for metric in Metric::ALL {
        let value = metric.of(run.ranking("q"), &queries[0].judged);
        let told = told["modes"]["hybrid"][name_of(metric)]["value"].as_f64().unwrap();
        assert!((told - value).abs() < 1e-12, "{metric:?}");
    }
    let ids: Vec<&str> = run.ranking("q").iter().map(|found| found.id.as_str()).collect();
    let mut sorted = ids.clone();
    sorted.sort_unstable();
    assert!(ids != sorted && !ids.iter().rev().eq(sorted.iter()), "no order of ids: {ids:?}");
}

#[test]
fn the_table_fits_eighty_columns() {
    let set = MadeUp::new();
    let qrels = set.read("qrels/test.tsv") + "q39x\t2001.00000\t0\n";
    set.write("qrels/test.tsv", &qrels);
    set.write("queries.jsonl", &(set.read("queries.jsonl") + "{\"_id\": \"q39x\", \"text\": \"what?\"}\n"));
    let table = stdout(&set.evaluate(&[]));
    assert!(table.lines().all(|line| line.chars().count() <= 80), "{table}");
    assert!(table.contains("queries without a relevant document, left out: 1"), "{table}");
    assert_eq!(table.lines().filter(|line| line.matches('[').count() == 3).count(), Metric::ALL.len(), "{table}");
    assert!(table.contains("Recall@100"), "{table}");
}

#[test]
fn what_is_kept_survives_damage_and_is_replaced_when_it_is_no_cache() {
    let set = MadeUp::new();
    let dense = |embedded: u64| {
        let output = set.evaluate(&["--json", "--mode", "dense"]);
        let told = json(&output);
        assert_eq!(told["embedded"], embedded, "{}", stderr(&output));
        told["modes"].clone()
    };
    let wanted = dense(161);
    let file = walk(set.cache.path()).into_iter().find(|path| path.to_str().unwrap().ends_with(".sqlite")).unwrap();
    assert!(file.file_name().unwrap().to_str().unwrap().starts_with("tiny-bert."), "{}", file.display());
    // Vectors that are too short, or have another length than one, are embedded again.
    let connection = rusqlite::Connection::open(&file).unwrap();
    let first = |count: u64| format!("rowid IN (SELECT rowid FROM vectors ORDER BY rowid LIMIT {count})");
    connection.execute(&format!("UPDATE vectors SET vector = zeroblob(128) WHERE {}", first(2)), []).unwrap();
    connection.execute(&format!("UPDATE vectors SET vector = x'00' WHERE {}", first(1)), []).unwrap();
    drop(connection);
    assert_eq!(dense(2), wanted);
    fs_err::write(&file, "no database").unwrap();
    assert_eq!(dense(161), wanted);
    assert_eq!(dense(0), wanted);
    fs_err::write(set.cache.path().join("file"), "").unwrap();
    let folder = set.folder.path().to_str().unwrap();
    let mut nowhere = paperkin(&["evaluate", folder, "--model", TINY, "--mode", "dense", "--json"]);
    let nowhere = nowhere.env("XDG_CACHE_HOME", set.cache.path().join("file")).output().unwrap();
    assert!(stderr(&nowhere).contains("warning: embeddings are not cached"), "{}", stderr(&nowhere));
    assert_eq!(json(&nowhere)["modes"], wanted);
}

#[test]
fn what_is_wrong_with_a_test_set_is_told() {
    let set = MadeUp::new();
    let nowhere = paperkin(&["evaluate", "nowhere", "--model", TINY]).output().unwrap();
    assert_eq!(stderr(&nowhere).lines().next().unwrap(), "error: there is no test set at `nowhere`");
    let split = set.told(&["--split", "dev"]);
    assert!(split.contains("has no judgements `qrels/dev.tsv`; available splits: test"), "{split}");

    let qrels = set.read("qrels/test.tsv");
    let with = |more: &str| set.write("qrels/test.tsv", &format!("{qrels}{more}"));
    with("q1 2001.00000 0.5\n");
    let told = set.told(&[]);
    assert!(told.contains("SET/qrels/test.tsv:") && told.contains("found `q1 2001.00000 0.5`"), "{told}");
    with("q1\tnowhere\t1\nq2\tnowhere\t1\nq3\telsewhere\t0\n");
    let told = set.told(&[]);
    assert!(told.contains("lacks 2 of the relevant documents; the first is `nowhere` of query `q1`"), "{told}");
    with("q99\t2001.00000\t1\n");
    let reported = set.evaluate(&[]);
    assert!(
        reported.status.success()
            && stderr(&reported).contains("judged queries that are not in queries.jsonl are left out: 1, `q99` first")
    );
    set.write("qrels/test.tsv", "q99\t2001.00000\t1\n");
    assert!(set.told(&[]).contains("has no query `q99`"));
    with("q99\t2001.00000\t1\n");
    set.write("queries.jsonl", &(set.read("queries.jsonl") + "{\"_id\": \"q99\", \"text\": \" \"}\n"));
    assert!(set.told(&[]).contains("the query `q99` of the test set `SET` is empty"));
    set.write("qrels/test.tsv", "q1\t2001.00000\t0\n");
    assert!(set.told(&[]).contains("contain no relevant document"));
    set.write("qrels/test.tsv", "q1\t2001.00000\t1\n");
    set.write("corpus.jsonl", "{\"_id\": \"2001.00000\", \"text\": \"A\"}\n{\"title\": \"B\"}\n");
    let told = set.told(&[]);
    assert!(told.contains("SET/corpus.jsonl:2: expected a JSON object with `_id` and `text`"), "{told}");
    set.write("corpus.jsonl", "");
    assert!(set.told(&[]).contains("lacks 1 of the relevant documents"));
    fs_err::remove_file(set.folder.path().join("corpus.jsonl")).unwrap();
    assert!(set.told(&[]).contains("the test set `SET` has no corpus.jsonl"));
}

/// What is printed for several sets or models.
fn summary(set: &MadeUp, arguments: &[&str]) -> Output {
    let arguments = [&["evaluate"], arguments].concat();
    paperkin(&arguments).env("XDG_CACHE_HOME", set.cache.path()).output().unwrap()
}

#[test]
fn several_sets_and_models_are_compared_in_one_table() {
    let (set, other) = (MadeUp::new(), MadeUp::new());
    // The other set has another number of queries.
    let few = other.read("qrels/test.tsv").lines().take(20).fold(String::new(), |all, line| all + line + "\n");
    other.write("qrels/test.tsv", &few);
    let folders = [&set, &other].map(|set| set.folder.path().to_str().unwrap());
    let models = ["--model", TINY, "--model", "tests/data/models/static"];
    let arguments = [&folders[..], &models].concat();
    let output = summary(&set, &[&arguments[..], &["--json"]].concat());
    let told = json(&output);
    assert_eq!(told["metric"], "ndcg@10");
    assert_eq!((told["sets"].as_array().unwrap().len(), told["reports"].as_array().unwrap().len()), (2, 4));
    let systems = told["systems"].as_array().unwrap();
    assert_eq!(systems.len(), 6);
    assert_eq!(told["baseline"], json!([systems[2]["model"], "hybrid"]));
    for (place, system) in systems.iter().enumerate() {
        let report = |set: usize| &told["reports"][2 * (place / 3) + set]["modes"][system["mode"].as_str().unwrap()];
        let values = [0, 1].map(|set| report(set)["ndcg@10"]["value"].as_f64().unwrap());
        for (set, value) in values.iter().enumerate() {
            assert!((system["sets"][set]["b"].as_f64().unwrap() - value).abs() < 1e-12, "{system}");
        }
        let mean = f64::midpoint(values[0], values[1]);
        assert!((system["all"]["b"].as_f64().unwrap() - mean).abs() < 1e-12, "{system}");
        let p = system["all"]["p"].as_f64().unwrap();
        assert!(p > 0.0 && p <= 1.0 && (place != 2 || p >= 1.0), "{system}");
    }
    // Alone, a set has the same values.
    let alone = json(&set.evaluate(&["--json"]));
    assert_eq!(alone["modes"], told["reports"][0]["modes"]);

    let table = stdout(&summary(&set, &[&arguments[..], &["--metric", "map"]].concat()));
    assert!(table.lines().all(|line| line.chars().count() <= 80), "{table}");
    assert!(table.contains("MAP beside tiny-bert, hybrid; * where p < 0.05"), "{table}");
    assert_eq!(table.lines().filter(|line| line.trim_start().starts_with("hybrid ")).count(), 2, "{table}");
}

#[test]
fn files_of_several_sets_would_not_replace_each_other() {
    let (set, other) = (MadeUp::new(), MadeUp::new());
    let folders = [&set, &other].map(|set| set.folder.path().to_str().unwrap());
    let runs = tempfile::tempdir().unwrap();
    let file = |name: &str| runs.path().join(name).to_str().unwrap().to_owned();
    let of = |name: &str| summary(&set, &[folders[0], folders[1], "--model", TINY, "--mode", "lexical", "--run", name]);
    let refused = of(&file("{mode}.run"));
    assert_eq!(refused.status.code(), Some(2));
    assert!(stderr(&refused).contains("because it does not contain `{set}`"), "{}", stderr(&refused));
    let written = of(&file("{set}-{model}.run"));
    assert!(written.status.success(), "{}", stderr(&written));
    let names = walk(runs.path());
    assert_eq!(names.len(), 2, "{names:?}");
    assert!(names.iter().all(|name| name.to_str().unwrap().ends_with("-tiny-bert.run")), "{names:?}");
    let compared = summary(&set, &[folders[0], folders[1], "--compare", "a.run", "b.run"]);
    assert!(stderr(&compared).contains("expected one test set to compare two runs on, found 2"));
}

#[test]
fn ablation_measures_hybrid_search_without_its_parts() {
    let set = MadeUp::new();
    let all = json(&set.evaluate(&["--json", "--ablation"]));
    let modes: Vec<&String> = all["modes"].as_object().unwrap().keys().collect();
    for name in ["hybrid", "no-expansion", "no-smoothing", "no-feedback", "rank-fusion", "plain-sum"] {
        assert!(modes.iter().any(|mode| *mode == name), "{name}: {modes:?}");
    }
    let of = |arguments: &[&str]| {
        json(&set.evaluate(&[&["--json", "--mode", "hybrid"], arguments].concat()))["modes"].clone()
    };
    assert_eq!(all["modes"]["no-feedback"], of(&["--no-feedback"])["hybrid"]);
    assert_eq!(all["modes"]["rank-fusion"], of(&["--fusion", "rank"])["hybrid"]);
    // The best weight is at least as good as the one that is nearest to each ranking alone.
    let weight = all["plain_sum_weight"].as_f64().unwrap();
    assert!((0.3 - 1e-6..=0.8 + 1e-6).contains(&weight), "{weight}");
    let refused = set.evaluate(&["--ablation", "--no-feedback"]);
    assert_eq!(refused.status.code(), Some(2));
}

#[test]
fn queries_that_are_papers_are_ranked_within_their_pools() {
    let set = MadeUp::new();
    let folder = tempfile::tempdir().unwrap();
    let sentences = |paper: &paperkin::paper::Paper| {
        paper.abstract_text.split_inclusive(". ").map(str::to_owned).collect::<Vec<_>>()
    };
    let papers = (0..60).map(paper).map(
        |paper| json!({"paper_id": paper.id, "title": paper.title, "abstract": sentences(&paper), "metadata": {}}),
    );
    fs_err::write(folder.path().join("abstracts-made-up.jsonl"), lines(papers)).unwrap();
    let pool =
        |query: usize| (0..60).filter(move |other| *other != query && other % 4 == query % 4).collect::<Vec<_>>();
    let pools: serde_json::Map<String, Value> = [3, 17, 30]
        .into_iter()
        .map(|query| {
            let ids: Vec<Value> = pool(query).iter().map(|other| json!(paper(*other).id)).collect();
            let grades: Vec<i64> = pool(query).iter().map(|other| i64::from(other % 3 == query % 3)).collect();
            (paper(query).id.to_string(), json!({"cands": ids, "relevance_adju": grades}))
        })
        .collect();
    let pools = Value::Object(pools).to_string();
    fs_err::write(folder.path().join("test-pid2anns-made-up-method.json"), pools).unwrap();
    let (runs, dir) = (tempfile::tempdir().unwrap(), folder.path().to_str().unwrap());
    let file = runs.path().join("run").to_str().unwrap().to_owned();
    let within = ["--model", TINY, "--mode", "dense", "--json"];
    let within = summary(&set, &[&[dir, "--pools", "--run", &file], &within[..]].concat());
    let told = json(&within);
    assert_eq!((&told["related"], &told["pools"], &told["queries"]), (&true.into(), &true.into(), &3.into()));
    let run = Run::read(Path::new(&file)).unwrap();
    for query in [3, 17, 30] {
        let ranking = run.ranking(&format!("{}/method", paper(query).id));
        let mut found: Vec<&str> = ranking.iter().map(|found| &*found.id).collect();
        let ids: Vec<String> = pool(query).iter().map(|other| paper(*other).id.to_string()).collect();
        let mut wanted: Vec<&str> = ids.iter().map(String::as_str).collect();
        found.sort_unstable();
        wanted.sort_unstable();
        assert_eq!(found, wanted, "the whole pool is ranked, and nothing else");
    }
    let table = stdout(&summary(&set, &[dir, "--pools", "--split", "method", "--model", TINY]));
    assert!(table.contains("each query is a document, whose related papers are ranked"), "{table}");
    // In BEIR's layout, related papers are searched on request, if the query is a document.
    let told = set.told(&["--related"]);
    assert!(told.contains("is not a document of its corpus"), "{told}");
}
