//! Every format that is written is read back, without loss of the fields that it carries.

use std::io::Cursor;

use proptest::prelude::*;

use super::input::Input;
use super::{CorpusOptions, Papers, Position, is_null, text};
use crate::citation::{Style, bibliography};
use crate::paper::{IdKind, Name, Paper, PaperId, PublicationDate, PublicationType};

/// Texts that cleaning does not change, some with characters that are special in a format.
fn line() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        8 => "[A-Za-z]{1,9}",
        1 => "[a-z]{1,5}é",
        1 => prop::sample::select(vec!["C++", "5%", "R&D", "(see)", "鱼", "α", "x;", "a,", "1:2", "\"so\"", "'it'", "A|B"]).prop_map(str::to_owned),
    ];
    prop::collection::vec(word, 1..8)
        .prop_map(|words| words.join(" "))
        .prop_filter("changed by cleaning", |line| text::readable(line) == *line && !is_null(line))
}

fn word() -> impl Strategy<Value = String> {
    // In CSV, a missing value.
    "[A-Z][a-z]{2,9}( [A-Z][a-z]{2,9})?".prop_filter("a missing value", |word| !is_null(word))
}

fn name() -> impl Strategy<Value = String> {
    ("[A-Z][a-z]{2,8}( [A-Z][a-z]{2,8})?", "[A-Z][a-z]{2,8}|[A-Z]\\.", prop_oneof![4 => Just(""), 1 => Just("Jr.")])
        .prop_map(|(family, given, suffix)| Name::print(&family, &given, suffix))
}

fn date() -> impl Strategy<Value = PublicationDate> {
    (1900..2030_u16, 0..=12_u8, 0..=28_u8)
        .prop_map(|(year, month, day)| PublicationDate::partial(year, month, day).unwrap())
}

fn ids() -> impl Strategy<Value = Vec<PaperId>> {
    let parsed = |text: String| PaperId::parse(&text).unwrap();
    (
        prop::option::of("2[0-3]0[1-9]\\.[0-9]{5}".prop_map(parsed)),
        prop::option::of("10\\.[1-9][0-9]{3}/[a-z0-9]{1,8}".prop_map(parsed)),
        prop::option::of("[1-9][0-9]{3,7}".prop_map(move |number| parsed(format!("pmid:{number}")))),
        prop::option::of("[a-z]{3,8}20[0-2][0-9][a-z]{1,4}".prop_map(|key| PaperId::own(&key))),
    )
        .prop_map(|(arxiv, doi, pubmed, own)| [arxiv, doi, pubmed, own].into_iter().flatten().collect())
}

prop_compose! {
    fn paper()(
        ids in ids(),
        title in line(),
        abstract_text in prop_oneof![Just(String::new()), line()],
        authors in prop::collection::vec(name(), 0..4),
        keywords in prop::collection::vec("[a-z]{3,9}( [a-z]{3,9})?", 0..3),
        published in prop::option::of(date()),
        kind in prop::sample::select(vec![PublicationType::Article, PublicationType::ConferencePaper, PublicationType::Chapter]),
        (venue, publisher) in (word(), prop::option::of(word())),
        (volume, number, pages) in (prop::option::of("[1-9][0-9]?"), prop::option::of("[1-9]"), prop::option::of("[1-9][0-9]-[1-9][0-9]{2}")),
        (citations, comments) in (prop::option::of(0..9999_u32), prop::option::of(0..99_u32)),
    ) -> Paper {
        let mut ids = ids;
        if ids.iter().all(|id| id.kind() >= IdKind::Title) {
            ids.insert(0, PaperId::of_title(&title));
        }
        ids.sort_by_key(PaperId::kind);
        let mut paper = Paper::new(ids.remove(0), title, abstract_text);
        paper.ids = ids;
        paper.authors = authors;
        paper.categories = vec!["cs.LG".to_owned(), "math-ph".to_owned()];
        paper.keywords = keywords.into_iter().fold(Vec::new(), |mut all, one| {
            if !all.contains(&one) {
                all.push(one);
            }
            all
        });
        paper.published = published;
        paper.kind = Some(kind);
        paper.venue = Some(venue);
        (paper.publisher, paper.volume, paper.number, paper.pages) = (publisher, volume, number, pages);
        paper.language = Some("en".to_owned());
        (paper.citations, paper.comments) = (citations, comments);
        paper.open_access = Some("https://example.org/fish.pdf".to_owned());
        paper
    }
}

fn read_back(written: String) -> Vec<Paper> {
    let input = Input::of("x".into(), Box::new(Cursor::new(written.clone())), Position::default(), 2026).unwrap();
    let papers = Papers::of(input, &CorpusOptions::default()).unwrap_or_else(|error| panic!("{error}: {written}"));
    papers.map(|paper| paper.unwrap_or_else(|error| panic!("{error}: {written}"))).collect()
}

/// The parts of a paper that a bibliography carries.
fn carried(paper: &Paper, style: Style) -> Paper {
    let mut carried = Paper { url: None, citations: None, comments: None, ..paper.clone() };
    if style != Style::Ris {
        carried.open_access = None;
    }
    let is_carried = |id: &PaperId| match id.kind() {
        IdKind::Doi | IdKind::Pubmed => true,
        IdKind::Arxiv | IdKind::Own => style == Style::Bibtex,
        _ => false,
    };
    carried.ids.retain(is_carried);
    carried
}

#[test]
fn a_lone_value_that_looks_like_a_missing_one_is_read_back() {
    let mut paper = Paper::new(PaperId::of_title("Nets"), "Nets".into(), String::new());
    for value in ["nan", "None", "NA"] {
        paper.keywords = vec![value.to_owned()];
        paper.authors = paper.keywords.clone();
        assert_eq!(read_back(bibliography(Style::Csv, &[paper.clone()])), [paper.clone()]);
    }
}

proptest! {
    #[test]
    fn all_fields_survive_json_lines_and_csv(papers in prop::collection::vec(paper(), 1..4)) {
        let lines: String = papers.iter().map(|paper| serde_json::to_string(paper).unwrap() + "\n").collect();
        prop_assert_eq!(&read_back(lines), &papers);
        prop_assert_eq!(&read_back(bibliography(Style::Csv, &papers)), &papers);
    }

    #[test]
    fn bibliographies_are_read_back(papers in prop::collection::vec(paper(), 1..4)) {
        for style in [Style::Bibtex, Style::Ris, Style::CslJson] {
            let written = bibliography(style, &papers);
            let read: Vec<Paper> = read_back(written.clone()).iter().map(|paper| carried(paper, style)).collect();
            let mut wanted: Vec<Paper> = papers.iter().map(|paper| carried(paper, style)).collect();
            // Bibliographies have no hash of a title; the key of the entry is an id of its own.
            for (read, wanted) in read.iter().zip(&mut wanted) {
                if style == Style::Bibtex {
                    wanted.ids.extend(read.ids.iter().filter(|id| id.kind() == IdKind::Own).cloned());
                    wanted.ids.sort();
                    wanted.ids.dedup();
                    wanted.ids.sort_by_key(PaperId::kind);
                }
            }
            let sorted = |mut papers: Vec<Paper>| {
                for paper in &mut papers {
                    paper.ids.sort();
                }
                papers
            };
            prop_assert_eq!(sorted(read), sorted(wanted), "{}", written);
        }
    }
}
