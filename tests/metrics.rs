//! Metrics and their comparison agree with trec_eval, on the runs in `tests/data/judged`.

use std::path::Path;

use paperkin::evaluate::metrics::Metric;
use paperkin::evaluate::report::{compared, measurable};
use paperkin::evaluate::run::Run;
use paperkin::evaluate::test_set::{Document, JudgedQuery, TestSet};
use serde_json::Value;

use crate::support::test_set::name_of;
use crate::support::{json, paperkin, shared, stderr, stdout};

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
