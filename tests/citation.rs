//! Bibliographies: the three formats, from the commands and over HTTP.

use axum::http::StatusCode;
use paperkin::citation::{Style, bibliography};
use paperkin::paper::{Paper, PaperId, PublicationDate};
use paperkin::server::Settings;
use serde_json::Value;

use crate::support::http::{self, serving};
use crate::support::{TINY, json_lines, papers, run, run_with_input, searcher, stderr, stdout};

fn paper(id: &str, title: &str) -> Paper {
    Paper::new(PaperId::parse(id).unwrap(), title.to_owned(), String::new())
}

/// In every format, with the ends of RIS's lines to be seen.
fn in_all_formats(paper: &Paper) -> String {
    Style::ALL.map(|style| bibliography(style, [paper]).replace('\r', "␍")).join("----\n")
}

#[test]
fn a_preprint_in_three_formats() {
    insta::assert_snapshot!(in_all_formats(&Paper {
        authors: vec!["Ada Smith".into(), "Lena van der Berg".into(), "Fish and Co".into()],
        author_count: Some(5),
        categories: vec!["cs.LG".into(), "cs.CL".into()],
        published: PublicationDate::parse("2017-06-12"),
        abstract_text: "We swim.\n\nFast_er.".into(),
        ..paper("1706.00001", "Attention of {LSTMs} is 100% $O(N)$")
    }));
}

#[test]
fn an_article_in_three_formats() {
    insta::assert_snapshot!(in_all_formats(&Paper {
        organisation: Some("ACME, Inc. {R&D}".into()),
        published: PublicationDate::parse("1998-06"),
        ..paper("10.1002/(sici)4571(199806)49:8<693::aid_asi4>3.0.co;2-o", "Über fish")
    }));
}

#[test]
fn commands_print_bibliographies_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("store").to_str().unwrap().to_owned();
    let added = run_with_input(&["add", "--model", TINY, "--store", &store, "-"], &json_lines(&papers(20)));
    assert!(added.status.success());
    let printed = |arguments: &[&str]| {
        let output = run(&[arguments, &["--store", &store]].concat());
        assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""), "{arguments:?}");
        stdout(&output)
    };
    let shown = printed(&["show", "2001.00004", "--format", "bibtex"]);
    assert!(shown.starts_with("@misc{4simulating,\n  title = {On simulating languages, part 4},\n"), "{shown}");
    assert_eq!(printed(&["search", "folding", "-k", "7", "--format", "bibtex"]).matches("\n@").count(), 6);
    assert_eq!(printed(&["related", "2001.00004", "-k", "7", "--format", "ris"]).matches("\r\nER  - \r\n").count(), 7);
    let items: Vec<Value> = serde_json::from_str(&printed(&["search", "folding", "--format", "csl-json"])).unwrap();
    assert_eq!(items.len(), 10);
    assert_eq!(printed(&["show", "2001.00004", "--format", "json"]), printed(&["show", "2001.00004", "--json"]));
    let all: Vec<Value> = serde_json::from_str(&printed(&["export", "--format", "csl-json"])).unwrap();
    assert_eq!(all.len(), 20);
    assert_eq!(printed(&["export"]), printed(&["export", "--format", "jsonl"]));

    let nothing = run(&["search", "x", "--from", "2024", "--format", "csl-json", "--store", &store]);
    assert_eq!((nothing.status.code(), stdout(&nothing).as_str()), (Some(1), "[]\n"));
    let both = run(&["show", "2001.00004", "--json", "--format", "ris", "--store", &store]);
    assert_eq!(both.status.code(), Some(2));
}

#[test]
fn the_service_answers_with_files() {
    let folder = tempfile::tempdir().unwrap();
    let service = serving(searcher(folder.path(), &papers(20)), Settings::default());
    let get = |address: &str| {
        let answer = http::get(&service, address);
        let header = |name: &str| answer.header(name).to_owned();
        (answer.status, header("content-type"), header("content-disposition"), answer.body)
    };
    for (format, kind, ending, beginning) in [
        ("bibtex", "application/x-bibtex; charset=utf-8", "bib", "@misc{4simulating,\n"),
        ("ris", "application/x-research-info-systems; charset=utf-8", "ris", "TY  - UNPB\r\nID  - 2001.00004\r\n"),
        ("csl-json", "application/vnd.citationstyles.csl+json; charset=utf-8", "json", "[\n{\"id\":\"2001.00004\","),
    ] {
        let got = get(&format!("/api/v1/papers/2001.00004?format={format}"));
        assert_eq!((got.0, got.1.as_str()), (StatusCode::OK, kind));
        assert_eq!(got.2, format!("attachment; filename=\"4simulating.{ending}\""));
        assert!(got.3.starts_with(beginning), "{}", got.3);
        for address in [
            "search?q=folding&k=3&ids=2001.00004",
            "related?text=folding&ids=2001.00004",
            "papers/2001.00008/related?ids=2001.00004",
        ] {
            let (status, found, name, body) = get(&format!("/api/v1/{address}&format={format}"));
            assert_eq!((status, found.as_str(), body), (StatusCode::OK, kind, got.3.clone()), "{address}");
            assert_eq!(name, format!("attachment; filename=\"papers.{ending}\""));
        }
    }
    let json = get("/api/v1/search?q=x&format=json");
    assert_eq!((json.0, json.1.as_str(), json.2.as_str()), (StatusCode::OK, "application/json", ""));
    assert_eq!(get("/api/v1/search?q=x&format=docx").0, StatusCode::BAD_REQUEST);
    assert_eq!(get("/api/v1/papers/2001.00004?form=ris").0, StatusCode::BAD_REQUEST);
}
