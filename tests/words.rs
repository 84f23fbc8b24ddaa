//! The index of words: complete in whatever state its folder is, and in step with the papers.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use paperkin::Error;
use paperkin::embed::Embedder;
use paperkin::full_text::{self, FullText, Sought};
use paperkin::ingest::open_store;
use paperkin::paper::{Paper, PaperId};
use paperkin::search::{Answer, Diversity, Fusion, Hit, Mode, Options, Query, Searcher, checked_k};
use paperkin::store::{DocId, Store};

use crate::support::{
    TINY, add, json, json_lines, paper, papers, run, run_with_input, searcher, stderr, tiny_embedder, tiny_model,
};

const QUESTIONS: [&str; 5] = [
    "learning graphs",
    "folding proteins at some length",
    "Author 17",
    "galaxies 12 13 14",
    "part of the naming of oceans",
];

fn ask(searcher: &Searcher, question: &str, mode: Mode, k: usize) -> Answer {
    let options = Options { mode, ..checked_k(k).unwrap().into() };
    searcher.search(&Query::new(question).unwrap(), options).unwrap()
}

fn ranking(answer: &Answer) -> Vec<(PaperId, f32)> {
    answer.hits.iter().map(|hit| (hit.id.clone(), hit.score)).collect()
}

/// The papers that mode `lexical` finds, and how well each fits.
fn by_words(searcher: &Searcher) -> Vec<Vec<(PaperId, f32)>> {
    QUESTIONS.iter().map(|question| ranking(&ask(searcher, question, Mode::Lexical, 100))).collect()
}

fn opened(dir: &Path) -> Searcher {
    Searcher::new(Store::open(dir).unwrap(), tiny_embedder()).unwrap()
}

fn in_step(dir: &Path) -> bool {
    let snapshot = Store::open(dir).unwrap().snapshot().unwrap();
    full_text::rows(dir, &snapshot, true).ones().eq(snapshot.live().ones())
}

#[test]
fn a_word_finds_its_paper_in_titles_abstracts_and_names() {
    let folder = tempfile::tempdir().unwrap();
    let mut papers = papers(60);
    papers[7].title = "On the Zwitterionic nature of things".to_owned();
    papers[21].abstract_text.push_str(" We measured quokkas.");
    papers[33].authors.push("Łukasz Żółć".to_owned());
    let searcher = searcher(folder.path(), &papers);
    for (question, wanted) in [("zwitterionics!", 7), ("the QUOKKA", 21), ("lukasz zolc", 33), ("Łukasz", 33)] {
        let found = ask(&searcher, question, Mode::Lexical, 10);
        assert_eq!(ranking(&found).len(), 1, "{question}");
        let Hit { paper, why, score, highlight, .. } = &found.hits[0];
        assert_eq!(paper.id, papers[wanted].id, "{question}");
        assert!(highlight.is_some());
        assert_eq!((why.word_rank, why.cosine, why.meaning_rank), (Some(1), None, None));
        // The papers of a named author rank higher.
        assert!(why.bm25 == Some(*score) || (wanted == 33 && why.bm25 < Some(*score)));
        // Half of a weighted sum at least is meaning, so the paper need not be the first, but it is there.
        let hybrid = ask(&searcher, question, Mode::Hybrid, 60);
        let hit = hybrid.hits.iter().find(|hit| hit.id == papers[wanted].id).unwrap();
        assert_eq!((hit.why.word_rank, hit.why.bm25), (Some(1), why.bm25));
        assert!(hit.why.meaning_rank.is_some() && hit.why.cosine.is_some());
    }
}

#[test]
fn a_question_is_no_program() {
    let folder = tempfile::tempdir().unwrap();
    let searcher = searcher(folder.path(), &papers(20));
    for question in
        ["title:(graphs", "\"graphs", "graphs AND NOT", "+graphs -- ~2^", "graphs*", "[graphs TO", "🦀 graphs \u{0}"]
    {
        assert!(!ask(&searcher, question, Mode::Lexical, 5).hits.is_empty(), "{question}");
        assert_eq!(ask(&searcher, question, Mode::Hybrid, 5).hits.len(), 5, "{question}");
    }
    for question in ["?!", "∮", "xyzzy"] {
        let lexical = ask(&searcher, question, Mode::Lexical, 5);
        assert_eq!((lexical.hits.len(), lexical.among), (0, 20), "{question}");
        let options = Options { feedback: false.into(), ..checked_k(5).unwrap().into() };
        let hybrid = searcher.search(&Query::new(question).unwrap(), options).unwrap();
        let dense = ask(&searcher, question, Mode::Dense, 5);
        assert_eq!(hybrid.hits.len(), 5);
        let ids = |answer: &Answer| answer.hits.iter().map(|hit| hit.id.clone()).collect::<Vec<_>>();
        assert_eq!(ids(&hybrid), ids(&dense), "without words meaning decides: {question}");
    }
}

#[test]
fn hybrid_asks_again_unless_it_shall_not() {
    let folder = tempfile::tempdir().unwrap();
    let searcher = searcher(folder.path(), &papers(40));
    let ask = |fusion, feedback: bool| {
        let options = Options::from(checked_k(40).unwrap()).fusion(fusion).feedback(feedback);
        ranking(&searcher.search(&Query::new("folding proteins at some length").unwrap(), options).unwrap())
    };
    assert_ne!(ask(Fusion::Sum, true), ask(Fusion::Sum, false));
    assert_eq!(ask(Fusion::Rank, true), ask(Fusion::Rank, false));
}

#[test]
fn the_state_of_the_folder_changes_no_score() {
    let folder = tempfile::tempdir().unwrap();
    let store = open_store(folder.path(), &tiny_model()).unwrap();
    let embedder = tiny_embedder();
    // In steps, with papers whose text changes and some whose details do, and the folder behind, at the end.
    for (count, renewed) in [(40, true), (90, false), (90, true), (150, true), (170, false)] {
        let mut papers = papers(count);
        for (number, paper) in papers.iter_mut().enumerate().filter(|(number, _)| number % 9 == count / 10 % 9) {
            paper.abstract_text = format!("Rewritten {number} times, of {count} oceans and their naming.");
        }
        papers[count / 3].authors.push(format!("Author {count}"));
        add(&store, &embedder, &papers);
        if renewed {
            full_text::renew(&store).unwrap();
            assert!(in_step(folder.path()));
        }
    }
    let snapshot = store.snapshot().unwrap();
    assert!(snapshot.vectors.rows() > snapshot.len(), "rows were left behind");
    let scores = |full_text: FullText| {
        assert!(full_text.known().ones().eq(snapshot.live().ones()));
        QUESTIONS.map(|question| {
            let query = full_text.query(question).unwrap();
            let best = full_text.best(&query, &Sought::best(20), snapshot.live()).unwrap();
            let docs: Vec<DocId> = snapshot.docs().collect();
            (full_text.scores(&query, &docs).unwrap(), query.bound, query.count, HashMap::<_, _>::from_iter(best))
        })
    };
    let behind = FullText::open(&store.view().unwrap()).unwrap();
    assert!((1..170).contains(&behind.in_folder()), "{}", behind.in_folder());
    let behind = scores(behind);
    assert!(behind.iter().all(|(scores, ..)| scores.iter().any(|score| *score > 0.0)));
    assert_eq!(behind, scores(FullText::open_in_memory(&store.view().unwrap()).unwrap()));
    full_text::renew(&store).unwrap();
    let caught_up = FullText::open(&store.view().unwrap()).unwrap();
    assert_eq!(caught_up.in_folder(), 170);
    assert_eq!(behind, scores(caught_up));
    fs_err::remove_dir_all(folder.path().join("lexical.1")).unwrap();
    full_text::renew(&store).unwrap();
    assert_eq!(behind, scores(FullText::open(&store.view().unwrap()).unwrap()));
}

#[test]
fn what_another_process_adds_is_found_by_its_words_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let reader = searcher(folder.path(), &papers(10));
    assert!(ask(&reader, "quokkas", Mode::Lexical, 5).hits.is_empty());
    let other = Store::open(folder.path()).unwrap();
    let mut changed = papers(15);
    changed[3].abstract_text = "About quokkas.".to_owned();
    changed[12].authors.push("Quokkas United".to_owned());
    add(&other, &tiny_embedder(), &changed);
    let found = ask(&reader, "quokkas", Mode::Lexical, 5);
    let mut ids: Vec<&PaperId> = found.hits.iter().map(|hit| &hit.id).collect();
    ids.sort();
    let mut wanted = [&changed[3].id, &changed[12].id];
    wanted.sort();
    assert_eq!(ids, wanted);
    add(&other, &tiny_embedder(), &papers(15));
    assert!(ask(&reader, "quokkas", Mode::Lexical, 5).hits.is_empty(), "the old words are gone");
}

#[test]
fn the_program_keeps_the_folder_in_step() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("store");
    let place = store.to_str().unwrap();
    let mut all = papers(30);
    for round in 0..3 {
        all[round].abstract_text = "Written anew.".to_owned();
        let added =
            run_with_input(&["add", "--model", TINY, "--store", place, "-"], &json_lines(&all[..10 * (round + 1)]));
        assert!(added.status.success());
        assert!(in_step(&store));
        let status = json(&run(&["status", "--json", "--store", place]));
        assert_eq!(status["lexical_rows"], status["papers"]);
    }
    let reader = opened(&store);
    let gone = paper(13);
    let finds = || ask(&reader, &gone.title, Mode::Lexical, 100).hits.iter().any(|hit| hit.id == gone.id);
    assert!(finds());
    assert!(run(&["remove", "--store", place, gone.id.as_str()]).status.success());
    assert!(in_step(&store) && !finds());
    let before = by_words(&reader);
    assert!(run(&["compact", "--store", place]).status.success());
    assert!(in_step(&store) && store.join("lexical.2").exists() && !store.join("lexical.1").exists());
    assert_eq!(by_words(&reader), before, "the same papers in other rows");
    assert_eq!(by_words(&opened(&store)), before);
}

#[test]
fn the_same_question_gives_the_same_list() {
    let folder = tempfile::tempdir().unwrap();
    drop(searcher(folder.path(), &papers(300)));
    let with = |threads: usize| {
        let embedder = Arc::new(Embedder::load(&tiny_model(), threads).unwrap());
        Searcher::new(Store::open(folder.path()).unwrap(), embedder).unwrap()
    };
    let (one, two) = (with(1), with(2));
    for question in QUESTIONS {
        for (mode, fusion) in [
            (Mode::Hybrid, Fusion::Sum),
            (Mode::Hybrid, Fusion::Rank),
            (Mode::Dense, Fusion::Sum),
            (Mode::Lexical, Fusion::Sum),
        ] {
            for diverse in [0.0, 0.4] {
                let ask = |searcher: &Searcher| {
                    let diverse = Diversity::new(diverse).unwrap();
                    let options = Options { mode, fusion, diverse, ..checked_k(50).unwrap().into() };
                    let answer = searcher.search(&Query::new(question).unwrap(), options).unwrap();
                    answer.hits.into_iter().map(|hit| (hit.paper.id, hit.score, hit.why)).collect::<Vec<_>>()
                };
                let first = ask(&one);
                assert_eq!(first, ask(&one));
                assert_eq!(first, ask(&two));
                if diverse == 0.0 {
                    let in_order = |a: &(PaperId, f32, _), b: &(PaperId, f32, _)| {
                        a.1.total_cmp(&b.1).reverse().then_with(|| a.0.cmp(&b.0)).is_lt()
                    };
                    assert!(first.is_sorted_by(in_order), "{question}, {mode:?}");
                }
            }
        }
    }
}

#[test]
fn equal_papers_stand_in_the_order_of_their_ids() {
    let folder = tempfile::tempdir().unwrap();
    let equal = |number: usize| {
        let id = PaperId::parse(&format!("2001.{:05}", 500 - number)).unwrap();
        Paper::new(id, "The same title".to_owned(), "The same abstract.".to_owned())
    };
    let searcher = searcher(folder.path(), &(0..30).map(equal).collect::<Vec<_>>());
    for mode in [Mode::Hybrid, Mode::Dense, Mode::Lexical] {
        let found = ask(&searcher, "same titles", mode, 10);
        let ids: Vec<&str> = found.hits.iter().map(|hit| hit.id.as_str()).collect();
        let wanted: Vec<String> = (471..481).map(|number| format!("2001.{number:05}")).collect();
        assert_eq!(ids, wanted, "{mode:?}");
        assert!(found.hits.iter().all(|hit| hit.why.meaning_rank.is_none_or(|rank| rank == 1)), "equals share a rank");
    }
}

#[test]
fn a_damaged_index_is_made_up_for_and_built_anew() {
    let folder = tempfile::tempdir().unwrap();
    let store = open_store(folder.path(), &tiny_model()).unwrap();
    add(&store, &tiny_embedder(), &papers(120));
    full_text::renew(&store).unwrap();
    let wanted = by_words(&opened(folder.path()));
    let place = folder.path().join("lexical.1");
    let whole: Vec<(std::path::PathBuf, Vec<u8>)> = fs_err::read_dir(&place)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.clone(), fs_err::read(path).unwrap()))
        .filter(|(path, bytes)| !bytes.is_empty() && !path.ends_with(".tantivy-writer.lock"))
        .collect();
    assert!(whole.len() >= 6, "{whole:?}");
    for (path, bytes) in &whole {
        let mut damages: Vec<(String, Option<Vec<u8>>)> =
            vec![("missing".into(), None), ("empty".into(), Some(Vec::new()))];
        for part in 1..6 {
            let at = bytes.len() * part / 6;
            damages.push((format!("cut at {at}"), Some(bytes[..at].to_vec())));
            let mut altered = bytes.clone();
            altered[at] ^= 0x15;
            damages.push((format!("altered at {at}"), Some(altered)));
        }
        damages.push(("cut to six".into(), Some(bytes[..6].to_vec())));
        for (damage, bytes) in damages {
            match bytes {
                Some(bytes) => fs_err::write(path, bytes).unwrap(),
                None => fs_err::remove_file(path).unwrap(),
            }
            assert_eq!(by_words(&opened(folder.path())), wanted, "{} {damage}", path.display());
            full_text::renew(&store).unwrap();
            assert!(in_step(folder.path()), "{} {damage}", path.display());
            fs_err::remove_dir_all(&place).unwrap();
            fs_err::create_dir(&place).unwrap();
            for (path, bytes) in &whole {
                fs_err::write(path, bytes).unwrap();
            }
        }
    }
}

#[test]
#[cfg(unix)]
fn a_store_without_an_index_that_nobody_may_write_is_searched_by_words() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let store = open_store(folder.path(), &tiny_model()).unwrap();
    add(&store, &tiny_embedder(), &papers(1_200));
    let wanted = by_words(&opened(folder.path()));
    assert!(in_step(folder.path()), "the searcher wrote the papers to the folder");
    let mut commented = papers(1_200);
    for paper in &mut commented {
        paper.comments = Some(1);
    }
    add(&store, &tiny_embedder(), &commented);
    assert_eq!(FullText::open(&store.view().unwrap()).unwrap().in_folder(), 1_200, "and the changed ones, too");
    assert_eq!(by_words(&opened(folder.path())), wanted);
    fs_err::remove_dir_all(folder.path().join("lexical.1")).unwrap();
    drop(store);
    let set = |mode| fs_err::set_permissions(folder.path(), std::fs::Permissions::from_mode(mode)).unwrap();
    set(0o555);
    let found = std::panic::catch_unwind(|| by_words(&opened(folder.path())));
    set(0o755);
    assert_eq!(found.unwrap(), wanted);
    // While another process is at the folder, the rest is indexed in memory.
    fs_err::remove_dir_all(folder.path().join("lexical.1")).ok();
    let lock = std::fs::File::create(folder.path().join("lexical.lock")).unwrap();
    lock.lock().unwrap();
    assert_eq!(by_words(&opened(folder.path())), wanted);
    assert!(!folder.path().join("lexical.1").exists());
}

#[test]
fn reindex_tells_that_another_process_writes_the_words() {
    let folder = tempfile::tempdir().unwrap();
    drop(searcher(folder.path(), &papers(30)));
    let reindex = || run(&["reindex", "--json", "--store", folder.path().to_str().unwrap()]);
    let lock = std::fs::File::create(folder.path().join("lexical.lock")).unwrap();
    lock.lock().unwrap();
    let beside = reindex();
    assert!(
        stderr(&beside).contains("warning: the full-text index was not rebuilt, because another process is writing it"),
        "{}",
        stderr(&beside)
    );
    let told = json(&beside);
    assert_eq!((&told["papers"], &told["words_built"]), (&30.into(), &false.into()));
    lock.unlock().unwrap();
    let alone = reindex();
    assert_eq!((stderr(&alone).as_str(), &json(&alone)["words_built"]), ("", &true.into()));
    assert!(folder.path().join("lexical.1/meta.json").exists());
}

#[test]
fn diverse_hits_are_the_same_papers_further_apart() {
    let folder = tempfile::tempdir().unwrap();
    let searcher = searcher(folder.path(), &papers(150));
    let vectors = searcher.store().unwrap().snapshot().unwrap();
    let ask = |diverse: f32| {
        let options = Options { diverse: Diversity::new(diverse).unwrap(), ..checked_k(12).unwrap().into() };
        searcher.search(&Query::new("learning graphs").unwrap(), options).unwrap()
    };
    let likeness = |answer: &Answer| {
        let row = |hit: &Hit| {
            vectors.vectors.row(searcher.store().unwrap().view().unwrap().paper(&hit.id).unwrap().1).unwrap()
        };
        let rows: Vec<&[f32]> = answer.hits.iter().map(row).collect();
        let pairs = rows.iter().enumerate().flat_map(|(at, one)| rows[..at].iter().map(move |other| (one, other)));
        pairs.map(|(one, other)| one.iter().zip(*other).map(|(a, b)| a * b).sum::<f32>()).sum::<f32>()
    };
    let (off, half, full) = (ask(0.0), ask(0.5), ask(1.0));
    assert_eq!(off.hits[0].id, half.hits[0].id, "the most relevant is the first");
    assert!(likeness(&half) < likeness(&off) && likeness(&full) < likeness(&half) + 1e-3);
    let mut ids: Vec<&PaperId> = full.hits.iter().map(|hit| &hit.id).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 12);
    for share in [-0.1, 1.1, f32::NAN] {
        assert!(matches!(Diversity::new(share), Err(Error::BadDiversity { .. })));
    }
}
