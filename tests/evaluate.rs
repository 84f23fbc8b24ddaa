//! `paperkin evaluate` on one test set: measured by the same search as any other, with a cache of embeddings.

use std::collections::{BTreeMap, HashMap};

use paperkin::evaluate::metrics::Metric;
use paperkin::evaluate::run::Run;
use paperkin::evaluate::test_set::TestSet;
use serde_json::{Value, json};

use crate::support::test_set::{MadeUp, lines, name_of, walk};
use crate::support::{TINY, json, paper, paperkin, run_with_input, stderr, stdout};

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
