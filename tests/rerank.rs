//! A cross-encoder gives the scores that its reference implementation gives (tests/scripts/tiny_models.py), and orders the first
//! hits by them, and no others.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use paperkin::Error;
use paperkin::embed::{Embedder, Kernel, ModelFolder, Reranker};
use paperkin::paper::{Paper, PaperId};
use paperkin::progress::{Progress, Silent};
use paperkin::search::{
    Answer, Diversity, Examples, Hit, Mode, Options, Query, RERANKED, RerankDepth, Searcher, checked_k,
};
use paperkin::server::Settings;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::support::http::{self, serving};
use crate::support::{TINY, json, paper, papers, run, searcher, stderr, stdout};

const LOGIT: &str = "tests/data/models/cross-encoder-logit";
const SIGMOID: &str = "tests/data/models/cross-encoder-sigmoid";

#[derive(Deserialize)]
struct Golden {
    pairs: Vec<Wanted>,
}

#[derive(Deserialize)]
struct Wanted {
    question: String,
    text: String,
    score: f32,
}

fn open(folder: &str) -> ModelFolder {
    ModelFolder::open(Path::new(folder)).unwrap()
}

fn reranker() -> Arc<Reranker> {
    Arc::new(Reranker::load(&open(LOGIT), 2).unwrap())
}

/// How far a score may be from the reference, which gives numbers from −0.4 to 0.7: with 16 bits more than with 32.
fn tolerance(kernel: Kernel) -> f32 {
    match kernel.name() {
        name if name == "portable" || name.ends_with("f32") => 1e-4,
        name if name.ends_with("int16") => 0.002,
        _ => 0.03,
    }
}

#[test]
fn scores_are_those_of_the_reference() {
    for folder in [LOGIT, SIGMOID] {
        let text = fs_err::read_to_string(Path::new(folder).join("golden_scores.json")).unwrap();
        let Golden { pairs } = serde_json::from_str(&text).unwrap();
        assert!(pairs.len() >= 36);
        for kernel in Kernel::available() {
            let reranker = Reranker::load_for(&open(folder), 2, kernel).unwrap();
            for of_question in pairs.chunk_by(|a, b| a.question == b.question) {
                let texts: Vec<String> = of_question.iter().map(|pair| pair.text.clone()).collect();
                let found = reranker.scores(&of_question[0].question, &texts, &Silent).unwrap();
                assert_eq!(found.len(), of_question.len());
                for (found, Wanted { question, text, score }) in found.iter().zip(of_question) {
                    let far = (found - score).abs();
                    assert!(far < tolerance(kernel), "{folder}, {kernel:?}, {question:?} and {text:?}: {far}");
                }
            }
        }
    }
}

#[test]
fn a_pair_has_the_same_score_alone_and_among_others() {
    let reranker = reranker();
    let texts: Vec<String> = papers(120).iter().map(Paper::text).collect();
    let scores = |question: &str, texts: &[String]| reranker.scores(question, texts, &Silent).unwrap();
    let all = scores("counting oceans", &texts);
    for place in [0, 7, 64, 119] {
        let alone = scores("counting oceans", &texts[place..=place]);
        assert!((alone[0] - all[place]).abs() < 1e-4, "{place}: {} and {}", alone[0], all[place]);
    }
    assert!(scores("counting oceans", &[]).is_empty());
    let longest = "longer than any model reads ".repeat(500);
    assert!(scores(&longest, std::slice::from_ref(&longest))[0].is_finite());
}

fn ids(hits: &[Hit]) -> Vec<PaperId> {
    hits.iter().map(|hit| hit.id.clone()).collect()
}

fn ask(searcher: &Searcher, options: Options) -> Vec<Hit> {
    searcher.search(&Query::new("counting oceans").unwrap(), options).unwrap().hits
}

#[test]
fn the_first_fifty_hits_are_ordered_anew_and_the_others_stay() {
    let folder = tempfile::tempdir().unwrap();
    let searcher = searcher(folder.path(), &papers(150)).with_reranker(Some(reranker()));
    for mode in [Mode::Hybrid, Mode::Dense, Mode::Lexical] {
        let options = |k: usize, rerank: bool| Options { mode, rerank, ..checked_k(k).unwrap().into() };
        let (before, after) = (ask(&searcher, options(100, false)), ask(&searcher, options(100, true)));
        assert!(before.iter().all(|hit| hit.why.rerank.is_none()));
        let most = before.len().min(RERANKED);
        assert_eq!(ids(&after)[most..], ids(&before)[most..], "{mode:?}");
        let sorted = |hits: &[Hit]| {
            let mut ids = ids(hits);
            ids.sort();
            ids
        };
        assert_eq!(sorted(&after[..most]), sorted(&before[..most]), "{mode:?}");
        assert_ne!(ids(&after), ids(&before), "{mode:?}");
        let rerank: Vec<f32> = after[..most].iter().map(|hit| hit.why.rerank.unwrap()).collect();
        let mixed = mixed(&after[..most].iter().map(|hit| hit.score).collect::<Vec<_>>(), &rerank);
        assert!(mixed.is_sorted_by(|a, b| *a >= b - 1e-5), "{mode:?}: {mixed:?}");
        assert!(after[most..].iter().all(|hit| hit.why.rerank.is_none()));
        for hit in &after[..3] {
            let text = paper_of(&hit.id).text();
            let wanted = reranker().scores("counting oceans", &[text], &Silent).unwrap()[0];
            assert!((wanted - hit.why.rerank.unwrap()).abs() < 1e-4);
        }
        // A shorter answer is the beginning of a longer one, since fifty are read in any case.
        assert_eq!(ids(&ask(&searcher, options(10, true))), ids(&after)[..10]);
        assert!(after.iter().zip(1..).all(|(hit, rank)| hit.rank == rank));
    }
}

#[test]
fn depth_and_time_limit_the_papers_that_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let searcher = searcher(folder.path(), &papers(250)).with_reranker(Some(reranker()));
    let query = Query::new("counting oceans").unwrap();
    let options = || Options { rerank: true, mode: Mode::Dense, ..checked_k(100).unwrap().into() };
    let answer = |options: Options| searcher.search(&query, options).unwrap();
    let depth = |depth: usize| options().rerank_depth(RerankDepth::new(depth).unwrap());
    let read = |hits: &[Hit]| hits.iter().filter(|hit| hit.why.rerank.is_some()).count();
    let before = ids(&answer(options().rerank(false)).hits);
    for (wanted, options) in [
        (1, depth(1)),
        (20, depth(20)),
        (RERANKED, options()),
        // A batch is read whatever the time, and all papers if there is time.
        (8, options().rerank_time(Some(Duration::ZERO))),
        (5, depth(5).rerank_time(Some(Duration::ZERO))),
        (70, depth(70).rerank_time(Some(Duration::MAX))),
    ] {
        let answer = answer(options);
        assert_eq!((answer.reranked, read(&answer.hits)), (Some(wanted), wanted));
        assert_eq!(ids(&answer.hits)[wanted..], before[wanted..], "those behind keep their order");
    }
    let deepest = answer(Options { k: checked_k(10).unwrap(), ..depth(200) });
    assert_eq!((deepest.reranked, read(&deepest.hits)), (Some(200), 10));
    assert_eq!(answer(options().rerank(false)).reranked, None);
    // Batches give the scores that all papers give together.
    let scores = |answer: Answer| answer.hits.into_iter().map(|hit| hit.why.rerank.unwrap()).collect::<Vec<_>>();
    let few = |options: Options| scores(answer(Options { k: checked_k(40).unwrap(), ..options }));
    for (one, other) in few(options()).iter().zip(few(options().rerank_time(Some(Duration::MAX)))) {
        assert!((one - other).abs() < 0.01, "{one}, {other}");
    }
    for wrong in [0, 201] {
        assert!(matches!(RerankDepth::new(wrong), Err(Error::BadRerankDepth { .. })));
    }
}

/// What the first hits are ordered by: z-scores of the search, and of the cross-encoder, 7 to 3.
fn mixed(scores: &[f32], rerank: &[f32]) -> Vec<f32> {
    let z_scores = |scores: &[f32]| -> Vec<f32> {
        let count = f32::from(u16::try_from(scores.len()).unwrap());
        let mean = scores.iter().sum::<f32>() / count;
        let variance = scores.iter().map(|score| (score - mean) * (score - mean)).sum::<f32>() / count;
        scores.iter().map(|score| (score - mean) / variance.sqrt()).collect()
    };
    z_scores(scores).iter().zip(z_scores(rerank)).map(|(score, rerank)| 0.7 * score + 0.3 * rerank).collect()
}

fn paper_of(id: &PaperId) -> Paper {
    (0..150).map(paper).find(|paper| paper.id == *id).unwrap()
}

#[test]
fn reranked_hits_can_differ_from_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let searcher = searcher(folder.path(), &papers(60)).with_reranker(Some(reranker()));
    let options = |share| {
        let diverse = Diversity::new(share).unwrap();
        Options { rerank: true, diverse, ..checked_k(20).unwrap().into() }
    };
    let plain = ask(&searcher, options(0.0));
    let diverse = ask(&searcher, options(0.5));
    assert_eq!(diverse.len(), 20);
    assert_eq!(diverse[0].id, plain[0].id, "the most relevant comes first");
    assert_ne!(ids(&diverse), ids(&plain));
}

/// A progress that reports cancellation after N checks.
struct Leaves(AtomicUsize);

impl Progress for Leaves {
    fn is_cancelled(&self) -> bool {
        self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_err()
    }
}

#[test]
fn a_search_stops_when_nobody_waits_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let searcher = searcher(folder.path(), &papers(60)).with_reranker(Some(reranker()));
    let query = Query::new("counting oceans").unwrap();
    let like = Examples::default().like([paper(1).id]);
    for (rerank, highlight) in [(true, false), (false, true), (true, true)] {
        let options = || Options { rerank, highlight, ..checked_k(10).unwrap().into() };
        let asks = (0..1_000).find(|patience| {
            let progress = Leaves(AtomicUsize::new(*patience));
            match searcher.search_embedded(&query, None, options(), &progress) {
                Ok(answer) => answer.hits.len() == 10,
                Err(error) => {
                    assert!(matches!(error, Error::Interrupted), "{error}");
                    false
                }
            }
        });
        // At least once before each of ten abstracts.
        let least = if highlight { 10 } else { 1 };
        assert!(asks.unwrap() >= least, "{rerank} {highlight}: {asks:?}");
        let related = searcher.related_embedded(&like, None, options(), &Leaves(AtomicUsize::new(0)));
        assert_eq!(related.is_err(), highlight, "related papers are not compared by the cross-encoder");
    }
}

#[test]
fn without_a_cross_encoder_it_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let searcher = searcher(folder.path(), &papers(5));
    let options = Options { rerank: true, ..checked_k(3).unwrap().into() };
    let refused = searcher.search(&Query::new("oceans").unwrap(), options).unwrap_err();
    assert!(matches!(refused, Error::NoReranker), "{refused}");
    let one = Reranker::load(&open(TINY), 1).err().unwrap();
    assert!(one.to_string().contains("is an embedding model, not a cross-encoder"), "{one}");
    let other = Embedder::load(&open(LOGIT), 1).err().unwrap();
    assert!(other.to_string().contains("is a cross-encoder, not an embedding model"), "{other}");
}

#[test]
fn a_service_reranks_if_it_was_started_so() {
    let folder = tempfile::tempdir().unwrap();
    let get = |with: bool, address: &str| -> (u16, Value) {
        let reranker = with.then(reranker);
        let searcher = searcher(folder.path(), &papers(30)).with_reranker(reranker);
        let answer = http::get(&serving(searcher, Settings::default()), address);
        (answer.status.as_u16(), answer.json())
    };
    let reranked = |(status, answer): (u16, Value)| {
        assert_eq!(status, 200, "{answer}");
        answer["hits"][0]["why"]["rerank"].is_number()
    };
    assert!(reranked(get(true, "/api/v1/search?q=oceans")));
    assert!(reranked(get(true, "/api/v1/search?q=oceans&rerank=true")));
    assert!(!reranked(get(true, "/api/v1/search?q=oceans&rerank=false")));
    assert!(!reranked(get(false, "/api/v1/search?q=oceans")));
    let (status, problem) = get(false, "/api/v1/search?q=oceans&rerank=true");
    assert_eq!(status, 400);
    assert_eq!(problem["hint"], "omit `rerank`, or use a service that has a cross-encoder loaded");
    let read = |limits: &str| get(true, &format!("/api/v1/search?q=oceans&{limits}")).1["reranked"].clone();
    assert_eq!([read("k=3"), read("rerank_depth=12"), read("rerank_ms=0")], [30, 12, 8]);
    assert_eq!([read("rerank=false"), read("rerank=false&rerank_ms=1")], [Value::Null, Value::Null]);
    // A limit without a cross-encoder is not ignored.
    let (status, problem) = get(false, "/api/v1/search?q=oceans&rerank_ms=100");
    assert_eq!((status, &problem["title"]), (400, &"Bad Request".into()), "{problem}");
    let (status, problem) = get(true, "/api/v1/search?q=oceans&rerank=perhaps");
    assert_eq!(status, 400, "{problem}");
}

#[test]
fn by_the_program() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().to_str().unwrap();
    drop(searcher(folder.path(), &papers(30)));
    let search = |more: &[&str]| run(&[&["search", "--store", store, "counting oceans"], more].concat());
    let answer = json(&search(&["--json", "--rerank", LOGIT]));
    assert!(answer["hits"].as_array().unwrap().iter().all(|hit| hit["why"]["rerank"].is_number()));
    assert_eq!(answer["reranked"], 30);
    let limited = search(&["--json", "--rerank", LOGIT, "--rerank-depth", "20", "--rerank-ms", "0"]);
    assert_eq!(json(&limited)["reranked"], 8);
    assert_eq!(stderr(&limited), "reranked the first 8 hits within 0 ms\n");
    for (limit, wanted) in [("0", "pass a number from 1 to 200 to `--rerank-depth`"), ("9", "--rerank <NAME|DIR>")] {
        let with = if limit == "0" { &["--rerank", LOGIT][..] } else { &[] };
        let refused = search(&[&["--rerank-depth", limit], with].concat());
        assert_eq!(refused.status.code(), Some(2));
        assert!(stderr(&refused).contains(wanted), "{}", stderr(&refused));
    }
    let told = stdout(&search(&["--rerank", SIGMOID]));
    assert!(told.contains("cross-encoder "), "{told}");
    let told = stdout(&search(&["--mode", "dense"]));
    assert!(!told.contains("cross-encoder"), "{told}");
    for (arguments, wanted) in [
        (["search", "--store", store, "--rerank", TINY, "x"], "is an embedding model, not a cross-encoder"),
        (["search", "--store", store, "--rerank", "nowhere/at/all", "x"], "nowhere/at/all"),
        (["search", "--store", store, "--rerank", "gpt-9", "x"], "unknown model `gpt-9`"),
        (["add", "--store", "nowhere", "--model", LOGIT, "--sample"], "is a cross-encoder, not an embedding model"),
        (["embed", "--model", LOGIT, "--role", "query", "nothing.jsonl"], "nothing.jsonl"),
    ] {
        let refused = run(&arguments);
        assert_eq!(refused.status.code(), Some(2), "{arguments:?}");
        assert!(stderr(&refused).contains(wanted), "{arguments:?}: {}", stderr(&refused));
    }
    assert!(!Path::new("nowhere").exists(), "no store is created for a cross-encoder");
    let shown = stdout(&run(&["models", "show", "ms-marco-MiniLM-L6-v2"]));
    assert!(shown.contains("a relevance score for a query and a paper"), "{shown}");
    assert!(stdout(&run(&["models", "list"])).contains("cross-encoder"));
}

#[test]
fn a_test_set_is_measured_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name);
    let documents = papers(60).into_iter().enumerate().map(|(number, paper)| {
        serde_json::json!({"_id": format!("d{number}"), "title": paper.title, "text": paper.abstract_text}).to_string()
    });
    fs_err::write(place("corpus.jsonl"), documents.collect::<Vec<_>>().join("\n")).unwrap();
    fs_err::write(place("queries.jsonl"), "{\"_id\": \"q\", \"text\": \"counting oceans\"}\n").unwrap();
    fs_err::create_dir(place("qrels")).unwrap();
    fs_err::write(place("qrels/test.tsv"), "query-id\tcorpus-id\tscore\nq\td7\t1\n").unwrap();
    let pattern = place("{mode}.run");
    let arguments = ["evaluate", folder.path().to_str().unwrap(), "--model", TINY, "--no-cache", "--rerank", LOGIT];
    let report = json(&run(&[&arguments[..], &["--json", "--run", pattern.to_str().unwrap()]].concat()));
    let modes: Vec<&String> = report["modes"].as_object().unwrap().keys().collect();
    assert_eq!(modes.len(), 4, "{modes:?}");
    assert!(report["modes"]["reranked"]["ndcg@10"]["value"].is_number());
    assert_eq!((&report["reranker"], &report["rerank_depth"]), (&"cross-encoder-logit".into(), &RERANKED.into()));
    // The cross-encoder orders the first fifty of `hybrid` anew.
    let ranking = |mode: &str| -> Vec<(String, f32)> {
        let run = fs_err::read_to_string(place(&format!("{mode}.run"))).unwrap();
        let field = |line: &str, place: usize| line.split_whitespace().nth(place).unwrap().to_owned();
        run.lines().map(|line| (field(line, 2), field(line, 4).parse().unwrap())).collect()
    };
    let (hybrid, reranked) = (ranking("hybrid"), ranking("reranked"));
    let ids = |ranking: &[(String, f32)]| ranking.iter().map(|(id, _)| id.clone()).collect::<Vec<_>>();
    assert_eq!(ids(&hybrid[RERANKED..]), ids(&reranked[RERANKED..]));
    let numbers = hybrid[..RERANKED].iter().map(|(id, _)| id[1..].parse::<usize>().unwrap());
    let texts: Vec<String> = numbers.map(|number| paper(number).text()).collect();
    let rerank = reranker().scores("counting oceans", &texts, &Silent).unwrap();
    let mixed = mixed(&hybrid[..RERANKED].iter().map(|(_, score)| *score).collect::<Vec<_>>(), &rerank);
    let order = |id: &String| mixed[hybrid.iter().position(|(other, _)| other == id).unwrap()];
    assert!(ids(&reranked[..RERANKED]).is_sorted_by(|a, b| order(a) >= order(b) - 1e-3));
    assert_ne!(ids(&hybrid), ids(&reranked));
    let shallow = run(&[&arguments[..], &["--rerank-depth", "5", "--run", pattern.to_str().unwrap()]].concat());
    assert!(shallow.status.success());
    assert_eq!(ids(&ranking("hybrid"))[5..], ids(&ranking("reranked"))[5..]);
    let table = stdout(&run(&arguments));
    assert!(table.lines().all(|line| line.chars().count() <= 80) && table.contains("reranked"), "{table}");
}

/// A copy of a model with one file changed; what opening and loading it says.
fn told(file: &str, from: &str, to: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    for entry in fs_err::read_dir(LOGIT).unwrap() {
        let entry = entry.unwrap();
        fs_err::copy(entry.path(), folder.path().join(entry.file_name())).unwrap();
    }
    let path: PathBuf = folder.path().join(file);
    let text = fs_err::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{file} has no {from}");
    fs_err::write(&path, text.replace(from, to)).unwrap();
    let loaded = ModelFolder::open(folder.path()).and_then(|folder| Reranker::load(&folder, 1));
    loaded.err().unwrap_or_else(|| panic!("{file} with {to} was accepted")).to_string()
}

#[test]
fn what_is_not_implemented_is_told() {
    for (file, from, to, wanted) in [
        ("config.json", "\"0\": \"LABEL_0\"", "\"0\": \"LABEL_0\", \"1\": \"LABEL_1\"", "expected one label"),
        (
            "config.json",
            "\"model_type\": \"bert\"",
            "\"model_type\": \"t5\"",
            "expected a `model_type` among `bert`, `roberta`,",
        ),
        (
            "config.json",
            "\"model_type\": \"bert\"",
            "\"model_type\": \"modernbert\"",
            "a cross-encoder with the architecture `bert`",
        ),
        ("config.json", "\"hidden_size\": 16", "\"hidden_size\": 18", "a shape of"),
        ("config.json", "\"hidden_act\": \"gelu\"", "\"hidden_act\": \"relu\"", "a `hidden_act` of `gelu`"),
        ("config_sentence_transformers.json", "linear.Identity", "activation.Tanh", "`Identity` or `Sigmoid`"),
        ("modules.json", "\"path\": \"\"", "\"path\": \"../elsewhere\"", "a `path` inside the folder"),
        ("tokenizer.json", "\"version\"", "\"nothing\"", "tokenizer.json"),
    ] {
        let told = told(file, from, to);
        assert!(told.contains(wanted), "{file}: {told}");
    }
}

#[test]
fn texts_are_scored_over_http_in_both_formats() {
    let folder = tempfile::tempdir().unwrap();
    let router = serving(searcher(folder.path(), &papers(20)).with_reranker(Some(reranker())), Settings::default());
    let texts: Vec<String> = papers(70).into_iter().map(|paper| paper.title).collect();
    let wanted = reranker().scores("counting oceans", &texts, &Silent).unwrap();
    let best = (0..70).max_by(|a, b| wanted[*a].total_cmp(&wanted[*b]).then(b.cmp(a))).unwrap();
    let post = |path: &str, body: Value| http::send(&router, "POST", path, "application/json", body.to_string());
    #[allow(clippy::cast_possible_truncation)] // a score
    let number = |value: &Value| value.as_f64().unwrap() as f32;

    let raw =
        post("/rerank", json!({"query": "counting oceans", "texts": texts, "raw_scores": true, "return_text": true}));
    let raw = raw.json();
    let raw = raw.as_array().unwrap();
    assert_eq!(
        (raw.len(), raw[0]["index"].as_u64(), raw[0]["text"].as_str()),
        (70, Some(best as u64), Some(texts[best].as_str()))
    );
    assert!(raw.is_sorted_by(|a, b| number(&a["score"]) >= number(&b["score"])));
    for found in raw {
        let place = usize::try_from(found["index"].as_u64().unwrap()).unwrap();
        assert!((number(&found["score"]) - wanted[place]).abs() < 1e-4);
    }

    let mut documents: Vec<Value> = texts.iter().map(|text| json!(text)).collect();
    documents[1] = json!({"text": texts[1]});
    let shares = post(
        "/v1/rerank",
        json!({"model": "owner/cross-encoder-logit", "query": "counting oceans", "documents": documents, "top_n": 3,
            "return_documents": true}),
    );
    let shares = shares.json();
    assert_eq!(shares["model"], "cross-encoder-logit");
    let results = shares["results"].as_array().unwrap();
    assert_eq!((results.len(), &results[0]["document"]["text"]), (3, &json!(texts[best])));
    let share = 1.0 / (1.0 + (-wanted[best]).exp());
    assert!((number(&results[0]["relevance_score"]) - share).abs() < 1e-4);

    for (path, body, status, told) in [
        ("/rerank", json!({"query": " ", "texts": ["a"]}), 400, "`query` is empty"),
        ("/rerank", json!({"query": "a", "texts": []}), 400, "`texts` is empty"),
        ("/rerank", json!({"query": "a"}), 400, "missing field `texts`"),
        ("/rerank", json!({"query": "a", "texts": vec!["b"; 1_001]}), 413, "the limit is 1000"),
        ("/v1/rerank", json!({"query": "a", "documents": []}), 400, "`documents` is empty"),
        ("/v1/rerank", json!({"model": "other", "query": "a", "documents": ["b"]}), 404, "use `cross-encoder-logit`"),
    ] {
        let answer = post(path, body);
        assert_eq!((answer.status.as_u16(), answer.body.contains(told)), (status, true), "{}", answer.body);
    }
    let without = serving(searcher(tempfile::tempdir().unwrap().path(), &papers(20)), Settings::default());
    for (path, field) in [("/rerank", "texts"), ("/v1/rerank", "documents")] {
        let body = json!({"query": "a", field: ["b"]}).to_string();
        let answer = http::send(&without, "POST", path, "application/json", body);
        assert_eq!((answer.status.as_u16(), answer.body.contains("no cross-encoder is loaded")), (404, true), "{path}");
    }
}
