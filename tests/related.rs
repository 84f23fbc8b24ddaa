//! Related papers are found by the embeddings and by the words of the examples, which are never among the hits.

use std::num::NonZeroUsize;

use paperkin::Error;
use paperkin::paper::{Paper, PaperId};
use paperkin::search::{Answer, Examples, Fusion, Mode, Options, Query, Searcher, checked_k};
use serde_json::Value;

use crate::support::{json, papers, run, searcher, stderr};

fn k(k: usize) -> Options {
    checked_k(k).unwrap().into()
}

fn like(papers: &[&Paper]) -> Examples {
    Examples::default().like(papers.iter().map(|paper| paper.id.clone()))
}

fn ids(answer: &Answer) -> Vec<PaperId> {
    answer.hits.iter().map(|hit| hit.id.clone()).collect()
}

fn related(searcher: &Searcher, examples: &Examples, options: Options) -> Answer {
    searcher.related(examples, options).unwrap()
}

#[test]
fn examples_may_be_a_text_and_papers_to_keep_away_from() {
    let folder = tempfile::tempdir().unwrap();
    let papers = papers(40);
    let searcher = searcher(folder.path(), &papers);
    let place = |answer: &Answer, paper: &Paper| answer.hits.iter().position(|hit| hit.id == paper.id);
    for mode in [Mode::Hybrid, Mode::Dense, Mode::Lexical] {
        let related = |examples: &Examples| related(&searcher, examples, k(100).mode(mode));
        let alone = related(&like(&[&papers[3]]));
        assert_eq!(alone.mode, mode);
        assert!(alone.hits.len() == 39 || mode == Mode::Lexical && !alone.hits.is_empty());
        let kept_away = related(&like(&[&papers[3]]).unlike([papers[9].id.clone(), papers[20].id.clone()]));
        assert_eq!(kept_away.among, 37);
        assert!([3, 9, 20].iter().all(|number| place(&kept_away, &papers[*number]).is_none()), "{mode:?}");
        // The words of dissimilar papers do not count, their embeddings do.
        let mut left = ids(&alone);
        left.retain(|id| *id != papers[9].id && *id != papers[20].id);
        assert_eq!(left == ids(&kept_away), mode == Mode::Lexical, "{mode:?}");
        for hit in &kept_away.hits {
            assert_eq!(hit.why.cosine.is_some(), mode != Mode::Lexical);
            assert_eq!(hit.why.bm25.is_some(), mode != Mode::Dense);
        }

        let text = Query::new(&papers[5].text()).unwrap();
        let by_text = related(&Examples::default().text(text.clone()));
        assert_eq!(place(&by_text, &papers[5]), Some(0), "{mode:?}");
        let by_both = related(&like(&[&papers[3]]).text(text));
        assert_eq!(by_both.query, format!("{}, “{}”", papers[3].id, papers[5].text()));
        assert_eq!(place(&by_both, &papers[5]), Some(0), "{mode:?}");
    }
    let unlike = Examples::default().unlike([papers[9].id.clone()]);
    assert!(matches!(searcher.related(&unlike, k(3)), Err(Error::NoIds)));
    let unknown = like(&[&papers[3]]).unlike(["2401.00001".parse().unwrap()]);
    assert!(matches!(searcher.related(&unknown, k(3)), Err(Error::UnknownPaper { .. })));
}

#[test]
fn a_rare_word_of_the_example_brings_its_paper_to_the_front() {
    let folder = tempfile::tempdir().unwrap();
    let mut papers = papers(60);
    for number in [7, 33] {
        papers[number].abstract_text.push_str(" We measured quokkas near Rottnest.");
    }
    let searcher = searcher(folder.path(), &papers);
    let example = like(&[&papers[7]]);
    for options in [k(5), k(5).feedback(false), k(5).fusion(Fusion::Rank), k(5).mode(Mode::Lexical)] {
        let found = related(&searcher, &example, options);
        let why = &found.hits.iter().find(|hit| hit.id == papers[33].id).expect("the other paper on quokkas").why;
        assert_eq!(why.word_rank, Some(1));
        assert!(why.bm25 > Some(0.0));
        assert!(found.hits.iter().take(3).all(|hit| hit.highlight.is_some()));
    }
    let why = related(&searcher, &example, k(5)).hits[0].why.clone();
    assert!(why.cosine.is_some() && why.meaning_rank.is_some() && why.bm25.is_some(), "{why:?}");
    // By the words of a text alone, the search is that of the text.
    let query = Query::new("quokkas of Author 12").unwrap();
    let options = k(20).mode(Mode::Lexical);
    let by_text = related(&searcher, &Examples::default().text(query.clone()), options.clone());
    assert_eq!(ids(&by_text), ids(&searcher.search(&query, options).unwrap()));
    // The words of several papers count together.
    let both = related(&searcher, &like(&[&papers[7], &papers[12]]), k(60).mode(Mode::Lexical));
    assert!([7, 12].iter().all(|number| !ids(&both).contains(&papers[*number].id)));
    assert!(ids(&both)[..3].contains(&papers[33].id));
}

#[test]
fn papers_without_words_are_compared_by_meaning() {
    let folder = tempfile::tempdir().unwrap();
    let mut papers = papers(20);
    papers[4] = Paper::new(PaperId::of_title("the of and"), "The of and".to_owned(), String::new());
    let searcher = searcher(folder.path(), &papers);
    let example = like(&[&papers[4]]);
    let hybrid = related(&searcher, &example, k(30));
    assert_eq!(hybrid.hits.len(), 19);
    assert!(hybrid.hits.iter().all(|hit| hit.why.bm25 == Some(0.0) && hit.why.word_rank.is_none()));
    let plain = related(&searcher, &example, k(30).feedback(false));
    assert_eq!(ids(&plain), ids(&related(&searcher, &example, k(30).mode(Mode::Dense))));
    assert_eq!(related(&searcher, &example, k(30).mode(Mode::Lexical)).hits.len(), 0);
}

#[test]
fn the_program_takes_the_modes_of_search() {
    let folder = tempfile::tempdir().unwrap();
    let papers = papers(30);
    drop(searcher(folder.path(), &papers));
    let store = folder.path().to_str().unwrap();
    let id = papers[4].id.as_str();
    let none = run(&["related", "--store", store, "--unlike", id]);
    assert_eq!(none.status.code(), Some(2));
    assert!(
        stderr(&none).contains("hint: pass the id of at least one paper, or a text with `--text`"),
        "{}",
        stderr(&none)
    );
    let answer = |more: &[&str]| json(&run(&[&["related", "--json", "--store", store, id], more].concat()));
    let is_number = |answer: &Value, name: &str| answer["hits"][0]["why"][name].is_number();
    let hybrid = answer(&[]);
    assert_eq!(hybrid["mode"], "hybrid");
    assert!(is_number(&hybrid, "cosine") && is_number(&hybrid, "bm25") && hybrid.get("reranked").is_none());
    let dense = answer(&["--mode", "dense"]);
    assert_eq!(dense["mode"], "dense");
    assert!(is_number(&dense, "cosine") && !is_number(&dense, "bm25"));
    let lexical = answer(&["--mode", "lexical"]);
    assert!(!is_number(&lexical, "cosine") && is_number(&lexical, "bm25"));
    let first = |answer: Value| answer["hits"][0]["score"].as_f64().unwrap();
    let [sum, rank, plain] = [&[][..], &["--fusion", "rank"], &["--no-feedback"]].map(|more| first(answer(more)));
    assert!(rank < 0.04 && (sum - plain).abs() > 1e-6, "{sum}, {rank}, {plain}");
}

#[test]
fn an_id_as_query_gives_its_paper_and_then_related_papers() {
    let folder = tempfile::tempdir().unwrap();
    let papers = papers(40);
    let searcher = searcher(folder.path(), &papers);
    let own = &papers[8];
    for mode in [Mode::Hybrid, Mode::Dense, Mode::Lexical] {
        let related = ids(&related(&searcher, &like(&[own]), k(9).mode(mode)));
        for spelling in [own.id.to_string(), format!("arXiv:{}v2", own.id), format!("https://arxiv.org/abs/{}", own.id)]
        {
            let search =
                |options: Options| searcher.search(&Query::new(&spelling).unwrap(), options.mode(mode)).unwrap();
            let answer = search(k(5));
            assert_eq!((answer.named.as_ref(), answer.query.as_str()), (Some(&own.id), spelling.as_str()));
            assert_eq!(answer.among, 40);
            assert_eq!(ids(&answer)[0], own.id, "{mode:?}, {spelling}");
            assert_eq!(ids(&answer)[1..], related[..4], "{mode:?}, {spelling}");
            let ranks: Vec<usize> = answer.hits.iter().map(|hit| hit.rank).collect();
            assert_eq!(ranks, [1, 2, 3, 4, 5]);
            assert!(answer.more);
            // The second page continues, and a page of one has the paper alone.
            assert_eq!(ids(&search(k(5).skip(5))), related[4..], "{mode:?}");
            assert_eq!(ids(&search(k(1))), std::slice::from_ref(&own.id));
        }
    }
    let none = searcher.search(&Query::new("2401.00001").unwrap(), k(5)).unwrap();
    assert!(none.named.is_none() && !none.hits.is_empty(), "an id that is not here is searched as a text");
}

#[test]
fn a_title_as_query_gives_its_paper_first() {
    let folder = tempfile::tempdir().unwrap();
    let papers = papers(60);
    let searcher = searcher(folder.path(), &papers);
    for paper in &papers {
        for mode in [Mode::Hybrid, Mode::Lexical] {
            for feedback in [true, false] {
                let first = |text: &str| {
                    let answer =
                        searcher.search(&Query::new(text).unwrap(), k(5).mode(mode).feedback(feedback)).unwrap();
                    assert!(answer.hits.is_sorted_by(|a, b| a.score >= b.score), "{text}");
                    ids(&answer)[0].clone()
                };
                assert_eq!(first(&paper.title.to_uppercase()), paper.id, "{}, {mode:?}, {feedback}", paper.title);
            }
        }
    }
    // A typing error in a title: the papers are one ranking, however many are shown.
    for paper in &papers {
        let text = paper.title.replace("part", "prt");
        let found = |k: NonZeroUsize| ids(&searcher.search(&Query::new(&text).unwrap(), k).unwrap());
        let long = found(checked_k(30).unwrap());
        assert_eq!(found(checked_k(1).unwrap()), long[..1], "{text}");
    }
    // A filter that the paper does not pass is stronger.
    let criteria = paperkin::store::Criteria { ids: vec![papers[3].id.to_string()], ..Default::default() };
    let options = k(5).filter(paperkin::store::Filter::new(criteria).unwrap());
    let filtered = searcher.search(&Query::new(&papers[8].title).unwrap(), options).unwrap();
    assert_eq!(ids(&filtered), std::slice::from_ref(&papers[3].id));
}
