//! Numbers of papers by category and year, against a look at each paper: in the library, over HTTP and on the command line.

use std::collections::{BTreeMap, BTreeSet};

use axum::http::StatusCode;
use paperkin::engine::Engine;
use paperkin::ingest::open_store;
use paperkin::paper::{Paper, PublicationDate};
use paperkin::search::{Searcher, facets as counted_facets};
use paperkin::server::Settings;
use paperkin::store::{Criteria, Filter, Store};
use serde_json::{Value, json};

use crate::filters::varied;
use crate::support::http::{self, serving};
use crate::support::{add, json as read, run, searcher, stderr, stdout, tiny_embedder, tiny_model};

type Passes<'a> = &'a dyn Fn(&Paper) -> bool;

/// Counts as `Facets` promises to, by looking at each paper.
fn counted(papers: &[Paper], passes: Passes, but_category: Passes, but_dates: Passes) -> Value {
    let mut categories: BTreeMap<&str, usize> = BTreeMap::new();
    for paper in papers.iter().filter(|paper| but_category(paper)) {
        for category in paper.categories.iter().collect::<BTreeSet<_>>() {
            *categories.entry(category).or_default() += 1;
        }
    }
    let mut categories: Vec<_> = categories.into_iter().collect();
    categories.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let mut years: BTreeMap<u32, usize> = BTreeMap::new();
    for date in papers.iter().filter(|paper| but_dates(paper)).filter_map(|paper| paper.published) {
        *years.entry(date.to_string()[..4].parse().unwrap()).or_default() += 1;
    }
    json!({
        "papers": papers.iter().filter(|paper| passes(paper)).count(),
        "categories": categories.iter().map(|(category, papers)| json!({"category": category, "papers": papers})).collect::<Vec<_>>(),
        "years": years.iter().map(|(year, papers)| json!({"year": year, "papers": papers})).collect::<Vec<_>>(),
    })
}

fn all(papers: &[Paper]) -> Value {
    counted(papers, &|_| true, &|_| true, &|_| true)
}

fn facets(searcher: &Searcher, criteria: Criteria) -> Value {
    let filter = Filter::new(criteria).unwrap();
    let found = serde_json::to_value(&*searcher.facets(&filter).unwrap()).unwrap();
    let again = serde_json::to_value(&*searcher.facets(&filter).unwrap()).unwrap();
    assert_eq!(found, again, "what is remembered");
    let apart =
        serde_json::to_value(searcher.engine().read(|moment| counted_facets(moment, &filter)).unwrap()).unwrap();
    assert_eq!(found, apart, "without a searcher");
    found
}

fn is_of(paper: &Paper, category: &str) -> bool {
    paper.categories.iter().any(|of| of == category)
}

#[test]
fn numbers_are_those_of_a_look_at_each_paper() {
    let folder = tempfile::tempdir().unwrap();
    let papers = varied();
    let searcher = searcher(folder.path(), &papers);
    assert_eq!(facets(&searcher, Criteria::default()), all(&papers));

    let learning = |paper: &Paper| is_of(paper, "cs.LG");
    let criteria = Criteria { categories: vec!["cs.LG".into()], ..Criteria::default() };
    assert_eq!(facets(&searcher, criteria.clone()), counted(&papers, &learning, &|_| true, &learning));

    let since = |paper: &Paper| paper.published.is_some_and(|date| date.to_string().as_str() >= "2010");
    let dated = Criteria { from: Some("2010".into()), ..Criteria::default() };
    assert_eq!(facets(&searcher, dated.clone()), counted(&papers, &since, &since, &|_| true));

    let both = Criteria { from: Some("2010".into()), ..criteria.clone() };
    assert_eq!(facets(&searcher, both), counted(&papers, &|paper| since(paper) && learning(paper), &since, &learning));

    let commented = |paper: &Paper| paper.comments.is_some_and(|comments| comments >= 200);
    let all_three = Criteria { from: Some("2010".into()), min_comments: Some(200), ..criteria };
    assert_eq!(
        facets(&searcher, all_three),
        counted(
            &papers,
            &|paper| commented(paper) && since(paper) && learning(paper),
            &|paper| commented(paper) && since(paper),
            &|paper| commented(paper) && learning(paper),
        )
    );

    let nobody = Criteria { authors: vec!["nobody".into()], ..Criteria::default() };
    assert_eq!(facets(&searcher, nobody), json!({"papers": 0, "categories": [], "years": []}));
}

#[test]
fn a_category_passes_its_filter_as_often_as_it_is_counted() {
    let folder = tempfile::tempdir().unwrap();
    let searcher = searcher(folder.path(), &varied());
    for found in &searcher.facets(&Filter::default()).unwrap().categories {
        let criteria = Criteria { categories: vec![found.category.clone()], ..Criteria::default() };
        let chosen = searcher.facets(&Filter::new(criteria).unwrap()).unwrap();
        assert_eq!(chosen.papers, found.papers, "{}", found.category);
    }
}

#[test]
fn one_category_in_several_spellings_is_one() {
    let folder = tempfile::tempdir().unwrap();
    let mut papers = varied();
    papers.truncate(4);
    let spellings = [vec!["Cs.lg", "cs.lg"], vec!["cs.lg", " "], vec!["cs.LG", "stat.ML"], vec!["stat.ML", "stat.ML"]];
    for (paper, spelt) in papers.iter_mut().zip(spellings) {
        paper.categories = spelt.into_iter().map(str::to_owned).collect();
    }
    let searcher = searcher(folder.path(), &papers);
    let wanted = json!([{"category": "Cs.lg", "papers": 3}, {"category": "stat.ML", "papers": 2}]);
    assert_eq!(facets(&searcher, Criteria::default())["categories"], wanted);
}

#[test]
fn what_others_commit_is_counted_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut papers = varied();
    let later = papers.split_off(300);
    let searcher = searcher(folder.path(), &papers);
    assert_eq!(facets(&searcher, Criteria::default()), all(&papers));

    let (other, embedder) = (Store::open(folder.path()).unwrap(), tiny_embedder());
    add(&other, &embedder, &later);
    papers.extend(later);
    assert_eq!(facets(&searcher, Criteria::default()), all(&papers));

    // Details alone, which keeps the row; and a text, which takes a new one.
    papers[0].categories = vec!["q-bio.NC".into()];
    papers[0].published = PublicationDate::parse("1987");
    papers[1].abstract_text = "Something else altogether.".into();
    papers[1].categories = vec!["q-bio.NC".into(), "cs.LG".into()];
    add(&other, &embedder, &papers[..2]);
    assert_eq!(facets(&searcher, Criteria::default()), all(&papers));

    let gone: Vec<_> = papers.drain(100..250).map(|paper| paper.id).collect();
    other.remove(&gone).unwrap();
    assert_eq!(facets(&searcher, Criteria::default()), all(&papers));
    other.compact().unwrap();
    assert_eq!(facets(&searcher, Criteria::default()), all(&papers));
    let criteria = Criteria { to: Some("2005".into()), ..Criteria::default() };
    let until = |paper: &Paper| paper.published.is_some_and(|date| &date.to_string()[..4] <= "2005");
    assert_eq!(facets(&searcher, criteria), counted(&papers, &until, &until, &|_| true));
}

#[test]
fn rare_categories_are_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let mut papers = varied();
    for (number, paper) in papers.iter_mut().enumerate() {
        paper.categories = vec![format!("made.{:03}", number % 150), "made.UP".into()];
    }
    let searcher = searcher(folder.path(), &papers);
    let found = searcher.facets(&Filter::default()).unwrap();
    assert_eq!(found.categories.len(), 100);
    assert_eq!((found.categories[0].category.as_str(), found.categories[0].papers), ("made.UP", 400));
    // 400 papers on 150 categories: the first 100 have three of them, the others two.
    assert_eq!((found.categories[99].category.as_str(), found.categories[99].papers), ("made.098", 3));
}

#[test]
fn over_http_and_on_the_command_line_the_same_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let papers = varied();
    let store = folder.path().to_str().unwrap();
    let router = serving(searcher(folder.path(), &papers), Settings::default());
    let get = |address: &str| {
        let answer = http::get(&router, address);
        (answer.status, answer.json())
    };
    let asked = [
        ("", &[][..]),
        ("?category=cs.LG&category=cs.CV", &["--category", "cs.LG", "--category", "cs.CV"]),
        ("?from=2004&to=2012-03&author=else", &["--from", "2004", "--to", "2012-03", "--author", "else"]),
        ("?min_comments=100&organisation=universite+1", &["--min-comments", "100", "--organisation", "Université 1"]),
        ("?ids=2001.00004&ids=2001.00008", &["--ids", "2001.00004", "--ids", "2001.00008"]),
    ];
    for (query, arguments) in asked {
        let (status, answer) = get(&format!("/api/v1/facets{query}"));
        assert_eq!(status, StatusCode::OK, "{query}: {answer}");
        assert!(answer["papers"].as_u64().unwrap() > 0, "{query}");
        let told = read(&run(&[&["facets", "--json", "--store", store], arguments].concat()));
        assert_eq!(answer, told, "{query}");
    }
    for query in ["?from=soon", "?kategory=cs.LG", "?category=c*", "?min_comments=some", "?from=2024&to=2023", "?k=3"] {
        let (status, problem) = get(&format!("/api/v1/facets{query}"));
        assert_eq!(status, StatusCode::BAD_REQUEST, "{query}");
        assert!(problem["hint"].is_string(), "{query}: {problem}");
    }
}

#[test]
fn numbers_are_readable_in_eighty_columns() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("store").to_str().unwrap().to_owned();
    let mut papers = varied();
    papers.truncate(30);
    papers[8].categories = vec![
        "A category that a feed made up, which has a name longer than any line is wide \u{1b}[31m, so it is broken"
            .into(),
    ];
    add(&open_store(&folder.path().join("store"), &tiny_model()).unwrap(), &tiny_embedder(), &papers);
    let told = run(&["facets", "--store", &store, "--to", "2010"]);
    assert_eq!(told.status.code(), Some(0), "{}", stderr(&told));
    assert!(stdout(&told).lines().all(|line| line.chars().count() <= 80));
    insta::assert_snapshot!(stdout(&told));

    let none = run(&["facets", "--store", &store, "--author", "nobody"]);
    assert_eq!((none.status.code(), stdout(&none).as_str()), (Some(1), "        0  papers\n"));
    assert_eq!(stderr(&none), "nothing found: no paper matches the filters\n");
    let unread = run(&["facets", "--store", &store, "--from", "soon"]);
    assert_eq!(unread.status.code(), Some(2));

    let removed =
        run(&[&["remove", "--store", &store][..], &papers.iter().map(|p| p.id.as_str()).collect::<Vec<_>>()].concat());
    assert_eq!(removed.status.code(), Some(0), "{}", stderr(&removed));
    let empty = run(&["facets", "--store", &store]);
    assert_eq!((empty.status.code(), stdout(&empty).as_str()), (Some(1), "        0  papers\n"));
    assert_eq!(stderr(&empty), "nothing found: the store is empty; add papers with `paperkin add FILE`\n");
}
