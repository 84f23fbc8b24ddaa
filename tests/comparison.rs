//! `paperkin evaluate` on several test sets and models, without parts of hybrid search, and within pools of related papers.

use std::path::Path;
use std::process::Output;

use paperkin::evaluate::run::Run;
use serde_json::{Value, json};

use crate::support::test_set::{MadeUp, lines, walk};
use crate::support::{TINY, json, paper, paperkin, stderr, stdout};

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
