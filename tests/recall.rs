//! What the graph finds of what a scan finds, and how searches are told how many candidates are enough.

use std::path::Path;

use paperkin::ingest::open_store;
use paperkin::search::Searcher;
use paperkin::store::Store;
use serde_json::Value;

use crate::support::{
    Random, TINY, add, json, papers, run, run_with_input, searcher, stderr, stdout, tiny_embedder, tiny_model,
};

const DIMENSION: usize = 24;

/// Rows in clusters, of any length but zero, as raw numbers.
fn write_rows(path: &Path, seed: u64, count: usize) {
    let mut random = Random(seed * 2 + 1);
    let mut number = || f32::from(u16::try_from(random.below(20_001)).unwrap()) / 10_000.0 - 1.0;
    let mut centres = Random(99);
    let mut centre = || f32::from(u16::try_from(centres.below(20_001)).unwrap()) / 10_000.0 - 1.0;
    let centres: Vec<f32> = (0..30 * DIMENSION).map(|_| centre()).collect();
    let row = |row: usize| {
        let centre = &centres[row % 30 * DIMENSION..][..DIMENSION];
        centre.iter().map(|centre| 3.0 * (centre + 0.7 * number())).collect::<Vec<f32>>()
    };
    let bytes: Vec<u8> = (0..count).flat_map(row).flat_map(f32::to_le_bytes).collect();
    fs_err::write(path, bytes).unwrap();
}

struct Files(tempfile::TempDir);

impl Files {
    fn new(rows: usize, questions: usize) -> Self {
        let files = Self(tempfile::tempdir().unwrap());
        write_rows(Path::new(&files.path("rows.f32")), 1, rows);
        write_rows(Path::new(&files.path("questions.f32")), 2, questions);
        files
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_str().unwrap().to_owned()
    }

    fn recall(&self, more: &[&str]) -> std::process::Output {
        let (rows, questions, dimension) = (self.path("rows.f32"), self.path("questions.f32"), DIMENSION.to_string());
        run(&[&["recall", "--vectors", &rows, "--queries", &questions, "--dimension", &dimension], more].concat())
    }
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("a number, not {value}"))
}

#[test]
fn files_of_vectors_are_measured_and_the_least_number_that_suffices_is_found() {
    let files = Files::new(6_000, 120);
    let report =
        json(&files.recall(&["--json", "--ef", "4,10,128,300", "--wanted", "0.995", "--svg", &files.path("r.svg")]));
    assert_eq!(
        (&report["papers"], &report["dimension"], &report["questions"]),
        (&6_000.into(), &24.into(), &120.into())
    );
    assert_eq!((&report["search"], &report["applied"]), (&Value::Null, &false.into()));
    let graph = &report["graph"];
    assert_eq!((&graph["reachable"], &graph["find_themselves"]), (&graph["nodes"], &graph["nodes"]));
    assert!(number(&graph["build_s"]) > 0.0 && number(&graph["bytes_per_paper"]) > 100.0, "{graph}");

    let sweep = report["sweep"].as_array().unwrap();
    assert!(sweep.is_sorted_by(|a, b| number(&a["ef"]) < number(&b["ef"])), "{sweep:?}");
    for point in sweep {
        let ef = number(&point["ef"]);
        assert_eq!((point["recall@10"].is_null(), point["recall@100"].is_null()), (ef < 10.0, ef < 100.0), "{point}");
        assert!(number(&point["qps"]) > 0.0 && number(&point["p50_us"]) <= number(&point["p99_us"]), "{point}");
        assert!((0.0..=1.0).contains(&number(&point["recall@1"])), "{point}");
    }
    let at = |ef: u64| sweep.iter().find(|point| point["ef"] == ef).unwrap();
    assert!(number(&at(10)["recall@10"]) < 0.995, "so few are not enough: {}", at(10));
    assert!(number(&at(300)["recall@100"]) > 0.97, "{}", at(300));
    let wanted = &report["wanted"];
    let ef = wanted["ef"].as_u64().unwrap();
    assert_eq!(wanted["found"], at(ef)["recall@10"]);
    assert!(number(&wanted["found"]) >= 0.995);
    let below: Vec<&Value> = sweep.iter().filter(|point| number(&point["ef"]) < number(&wanted["ef"])).collect();
    assert!(below.iter().all(|point| point["recall@10"].as_f64().is_none_or(|found| found < 0.995)), "{below:?}");
    let nearest = below.last().unwrap();
    assert!(ef - nearest["ef"].as_u64().unwrap() <= (ef / 16).max(1), "{nearest} is near {ef}");
    for scan in report["scans"].as_array().unwrap() {
        for k in ["recall@1", "recall@10", "recall@100"] {
            assert_eq!(scan[k].to_string(), "1.0", "{scan}");
        }
    }

    let svg = fs_err::read_to_string(files.path("r.svg")).unwrap();
    assert!(svg.starts_with("<?xml") && svg.matches("<polyline").count() == 1, "{svg}");
    for named in ["graph", "scan of codes, then f32", "scan of f32", "recall@10", "ef 10: recall"] {
        assert!(svg.contains(named), "{named}");
    }
    let table = stdout(&files.recall(&["-k", "100"]));
    assert!(table.lines().all(|line| line.chars().count() <= 80), "{table}");
    assert!(
        table.contains("reaches recall@100 ") && table.contains("; the target is 0.99") && !table.contains("searches"),
        "{table}"
    );
}

#[test]
fn equal_vectors_are_no_misses_and_what_cannot_be_reached_is_said() {
    let files = Files::new(10, 5);
    let row: Vec<u8> = (0u8..24).map(f32::from).flat_map(f32::to_le_bytes).collect();
    fs_err::write(files.path("rows.f32"), row.repeat(900)).unwrap();
    let report = json(&files.recall(&["--json", "--ef", "100", "--wanted", "1"]));
    let at_100 = report["sweep"].as_array().unwrap().iter().find(|point| point["ef"] == 100).unwrap();
    assert_eq!(at_100["recall@100"].to_string(), "1.0");
    assert_eq!(report["wanted"]["ef"], 10, "all are as near as each other");
    assert_eq!(report["graph"]["nodes"], 1);
    let told = |arguments: &[&str]| {
        let output = files.recall(arguments);
        assert_eq!(output.status.code(), Some(2));
        stderr(&output).replace(files.0.path().to_str().unwrap(), "TMP")
    };
    assert!(told(&["--wanted", "1.5"]).contains("the target recall must be above 0 and at most 1, but is 1.5"));
    assert!(told(&["--wanted", "NaN"]).contains("but is NaN"));
    fs_err::write(files.path("questions.f32"), [0; 97]).unwrap();
    assert!(
        told(&[]).contains(
            "`TMP/questions.f32` does not contain vectors of 24 dimensions: it has 97 bytes, and a row has 96"
        )
    );
    fs_err::write(files.path("questions.f32"), [0; 96]).unwrap();
    assert!(told(&[]).contains("row 0 is zero"));
    assert_eq!(run(&["recall", "--vectors", "x", "--queries", "y"]).status.code(), Some(2), "without a dimension");
}

fn listing(folder: &Path) -> Vec<(String, u64)> {
    let mut files: Vec<(String, u64)> = fs_err::read_dir(folder)
        .unwrap()
        .flatten()
        .map(|entry| (entry.file_name().to_string_lossy().into_owned(), entry.metadata().unwrap().len()))
        .filter(|(name, _)| !name.ends_with("-shm") && !name.ends_with("-wal"))
        .collect();
    files.sort();
    files
}

#[test]
fn a_collection_without_a_graph_is_measured_by_one_that_goes_away() {
    let folder = tempfile::tempdir().unwrap();
    drop(searcher(folder.path(), &papers(400)));
    let store = folder.path().to_str().unwrap();
    let before = listing(folder.path());
    let report = json(&run(&["recall", "--json", "--store", store, "--sample", "50", "--no-build"]));
    assert_eq!(listing(folder.path()), before);
    assert_eq!((&report["papers"], &report["questions"]), (&400.into(), &50.into()));
    assert_eq!((&report["search"]["exact"], &report["graph"]["in_use"]), (&true.into(), &false.into()));
    assert!(number(&report["graph"]["build_s"]) > 0.0, "it had to be built");
    let table = stdout(&run(&["recall", "--store", store]));
    assert!(table.contains("searches     exact scan") && table.contains("400 queries"), "{table}");

    let asked =
        run_with_input(&["recall", "--store", store, "--json", "--questions", "-"], "whales\n{\"text\": \"sums\"}\n");
    assert_eq!(json(&asked)["questions"], 2);
    let none = run_with_input(&["recall", "--store", store, "--questions", "-"], "\n");
    assert!(stderr(&none).contains("there is no query in `-`"), "{}", stderr(&none));
    let empty = tempfile::tempdir().unwrap();
    open_store(empty.path(), &tiny_model()).unwrap();
    let empty = run(&["recall", "--store", empty.path().to_str().unwrap(), "--model", TINY]);
    assert!(stderr(&empty).contains("contains no papers"), "{}", stderr(&empty));
}

#[test]
fn what_is_chosen_is_used_by_a_searcher_that_is_open_and_shown() {
    let folder = tempfile::tempdir().unwrap();
    let open = searcher(folder.path(), &papers(600));
    let store = folder.path().to_str().unwrap();
    let without = run(&["recall", "--store", store, "--sample", "40", "--no-build", "--apply", "--json"]);
    assert_eq!(json(&without)["applied"], false);
    assert!(stderr(&without).contains("`ef` is not applied, because the store has no graph"), "{}", stderr(&without));
    assert!(run(&["reindex", "--store", store]).status.success());
    // As `serve` does, which has the store open all the time.
    let status = || open.status().unwrap().folder.unwrap();
    assert_eq!((status().graph_candidates, status().tuning), (400, None));
    let status_line = || stdout(&run(&["status", "--store", store]));
    assert!(status_line().contains("ef           400\n"), "{}", status_line());

    let recall = |more: &[&str]| run(&[&["recall", "--store", store, "--sample", "40", "--ef", "250"], more].concat());
    let measured = json(&recall(&["--json", "--no-build"]));
    assert_eq!((&measured["graph"]["in_use"], &measured["graph"]["build_s"]), (&true.into(), &Value::Null));
    assert_eq!(measured["search"]["ef"], 400);
    let efs: Vec<u64> =
        measured["sweep"].as_array().unwrap().iter().map(|point| point["ef"].as_u64().unwrap()).collect();
    assert!(efs.contains(&400) && efs.contains(&250), "what searches use is measured, too: {efs:?}");
    assert_eq!(status().tuning, None, "measuring changes nothing");
    assert!(number(&json(&recall(&["--json"]))["graph"]["build_s"]) > 0.0, "timed by another build");

    let applied = json(&recall(&["--json", "--no-build", "--apply", "--wanted", "0.9"]));
    assert_eq!(applied["applied"], true);
    let tuning = status().tuning.unwrap();
    assert_eq!(u64::from(tuning.ef), applied["wanted"]["ef"].as_u64().unwrap());
    assert_eq!((tuning.k, tuning.papers), (10, 600));
    assert!((tuning.wanted - 0.9).abs() < 1e-12 && tuning.recall >= 0.9);
    assert_eq!(status().graph_candidates, 200.max(tuning.ef as usize), "a search looks at 200 papers");
    assert!(
        status_line().contains(&format!("; {} set by `recall --apply` (recall@10 ", tuning.ef)),
        "{}",
        status_line()
    );

    // It outlives new papers, a new graph, and another program.
    add(open.store().unwrap(), &tiny_embedder(), &papers(620));
    assert!(run(&["reindex", "--store", store]).status.success());
    let again = Searcher::new(Store::open(folder.path()).unwrap(), tiny_embedder()).unwrap();
    assert_eq!(again.status().unwrap().folder.unwrap().tuning, Some(tuning));
    assert!(recall(&["--reset"]).status.success());
    assert_eq!((status().graph_candidates, status().tuning), (400, None));
    assert_eq!(again.status().unwrap().folder.unwrap().tuning, None);
}
