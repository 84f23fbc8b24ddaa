//! A filter that matches m papers gives min(k, m) of them, in every mode: checked against a look at each paper.

use std::collections::BTreeSet;

use paperkin::Error;
use paperkin::paper::{Paper, PaperId, PublicationDate};
use paperkin::search::{Answer, Diversity, Examples, Fusion, Mode, Options, Query, Searcher, checked_k};
use paperkin::store::{Criteria, Filter};

use crate::support::{papers, searcher};

const COUNT: usize = 400;
const MODES: [Mode; 3] = [Mode::Hybrid, Mode::Dense, Mode::Lexical];

/// Papers of many dates, categories, authors, organisations and numbers of comments. One in three hundred is about owls.
pub fn varied() -> Vec<Paper> {
    let mut papers = papers(COUNT);
    for (number, paper) in papers.iter_mut().enumerate() {
        let (year, month, day) = (2000 + number % 25, 1 + number % 12, 1 + number % 28);
        let date = match number % 4 {
            0 => Some(format!("{year}-{month:02}-{day:02}")),
            1 => Some(format!("{year}-{month:02}")),
            2 => Some(format!("{year}")),
            _ => None,
        };
        paper.published = date.and_then(|date| PublicationDate::parse(&date));
        paper.categories = match number % 5 {
            0 => vec!["cs.LG".to_owned(), "stat.ML".to_owned()],
            1 => vec!["cs.CV".to_owned()],
            2 => vec!["math.CO".to_owned(), "cs.DM".to_owned()],
            3 => vec!["csx.LG".to_owned()],
            _ => Vec::new(),
        };
        if number.is_multiple_of(20) {
            paper.authors.push("Erwin Schrödinger".to_owned());
        }
        if number.is_multiple_of(30) {
            paper.authors.push("Émilie du Châtelet".to_owned());
        }
        paper.organisation = number.is_multiple_of(7).then(|| format!("Université {}", number % 3));
        paper.comments = (number % 3 != 0).then(|| u32::try_from(number).unwrap());
    }
    papers
}

fn ids(answer: &Answer) -> Vec<PaperId> {
    answer.hits.iter().map(|hit| hit.id.clone()).collect()
}

fn ask(searcher: &Searcher, mode: Mode, k: usize, criteria: Criteria, diverse: f32) -> Answer {
    let filter = Filter::new(criteria).unwrap();
    let options = Options {
        mode,
        fusion: Fusion::Sum,
        filter,
        diverse: Diversity::new(diverse).unwrap(),
        ..checked_k(k).unwrap().into()
    };
    searcher.search(&Query::new("learning graphs").unwrap(), options).unwrap()
}

fn list(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

/// Whether two dates agree on an order as far as both are known.
fn known(date: Option<PublicationDate>, other: &str, in_order: impl Fn(&str, &str) -> bool) -> bool {
    date.is_some_and(|date| {
        let date = date.to_string();
        let length = date.len().min(other.len());
        in_order(&date[..length], &other[..length])
    })
}

type Passes = fn(&Paper) -> bool;

#[test]
fn every_criterion_lets_through_what_a_look_at_each_paper_does() {
    let folder = tempfile::tempdir().unwrap();
    let papers = varied();
    let searcher = searcher(folder.path(), &papers);
    let default = Criteria::default;
    let cases: [(Criteria, Passes); 16] = [
        (Criteria { from: Some("2010".into()), ..default() }, |p| known(p.published, "2010", |a, b| a >= b)),
        (Criteria { from: Some("2010-06-15".into()), ..default() }, |p| {
            known(p.published, "2010-06-15", |a, b| a >= b)
        }),
        (Criteria { to: Some("2005-03".into()), ..default() }, |p| known(p.published, "2005-03", |a, b| a <= b)),
        (Criteria { from: Some("2011".into()), to: Some("2011".into()), ..default() }, |p| {
            p.published.is_some_and(|date| date.to_string().starts_with("2011"))
        }),
        (Criteria { categories: list(&["cs.LG"]), ..default() }, |p| p.categories.iter().any(|c| c == "cs.LG")),
        (Criteria { categories: list(&["CS.*"]), ..default() }, |p| p.categories.iter().any(|c| c.starts_with("cs."))),
        (Criteria { categories: list(&["cs."]), ..default() }, |p| p.categories.iter().any(|c| c.starts_with("cs."))),
        (Criteria { categories: list(&["math", "stat.ml"]), ..default() }, |p| {
            p.categories.iter().any(|c| c.starts_with("math.") || c == "stat.ML")
        }),
        (Criteria { authors: list(&["SCHRODINGER"]), ..default() }, |p| p.authors.iter().any(|a| a.contains("Schrö"))),
        (Criteria { authors: list(&["schrÖdinger", "emilie du chat"]), ..default() }, |p| {
            p.authors.iter().any(|a| a.contains("Schrö")) && p.authors.iter().any(|a| a.contains("Émilie"))
        }),
        (Criteria { organisations: list(&["universite 1", "UNIVERSITÉ 2"]), ..default() }, |p| {
            p.organisation.as_deref().is_some_and(|o| o.ends_with('1') || o.ends_with('2'))
        }),
        (Criteria { min_comments: Some(200), ..default() }, |p| p.comments.is_some_and(|comments| comments >= 200)),
        (Criteria { ids: list(&["2001.00004", "math/9901005", "2401.99999"]), ..default() }, |p| {
            ["2001.00004", "math/9901005"].contains(&p.id.as_str())
        }),
        (Criteria { authors: list(&["'; DROP TABLE papers; --"]), ..default() }, |_| false),
        (Criteria { categories: list(&["cs%", "_s.LG", "') OR 1=1"]), ..default() }, |_| false),
        (
            Criteria { from: Some("2008".into()), categories: list(&["cs.CV"]), min_comments: Some(1), ..default() },
            |p| {
                known(p.published, "2008", |a, b| a >= b)
                    && p.categories.iter().any(|c| c == "cs.CV")
                    && p.comments > Some(0)
            },
        ),
    ];
    for (criteria, passes) in cases {
        let wanted: BTreeSet<&PaperId> = papers.iter().filter(|paper| passes(paper)).map(|paper| &paper.id).collect();
        for mode in MODES {
            // Every paper has a word of the question, so words leave none out.
            let answer = ask(&searcher, mode, 100, criteria.clone(), 0.0);
            assert_eq!(answer.among, wanted.len(), "{criteria:?}");
            let mut found = ids(&answer);
            assert!(found.iter().all(|id| wanted.contains(id)), "{criteria:?}");
            found.sort();
            found.dedup();
            let speaking = if mode == Mode::Lexical {
                papers.iter().filter(|paper| wanted.contains(&paper.id) && speaks(paper)).count()
            } else {
                wanted.len()
            };
            assert_eq!(found.len(), speaking.min(100), "{mode:?} {criteria:?}");
        }
    }
}

fn speaks(paper: &Paper) -> bool {
    paper.title.contains("learning") || paper.title.contains("graphs")
}

#[test]
fn a_filter_of_m_papers_gives_the_best_k_of_them() {
    let folder = tempfile::tempdir().unwrap();
    let papers = varied();
    let searcher = searcher(folder.path(), &papers);
    let k = 10;
    for mode in MODES {
        let whole = |criteria| ask(&searcher, mode, 100, criteria, 0.0);
        for m in [0, 1, k - 1, k, COUNT / 20, COUNT / 2] {
            let mut chosen: Vec<String> =
                papers.iter().step_by(COUNT / m.max(1)).take(m).map(|paper| paper.id.to_string()).collect();
            // An empty set of ids is no filter: one that is unknown matches nothing.
            chosen.push("2401.99999".to_owned());
            let criteria = Criteria { ids: chosen.clone(), ..Criteria::default() };
            let all = whole(criteria.clone());
            let speaking =
                papers.iter().filter(|paper| chosen.contains(&paper.id.to_string()) && speaks(paper)).count();
            let m = if mode == Mode::Lexical { speaking } else { m };
            assert_eq!(all.hits.len(), m.min(100));
            for diverse in [0.0, 0.5] {
                let answer = ask(&searcher, mode, k, criteria.clone(), diverse);
                assert_eq!(answer.hits.len(), k.min(m), "{mode:?}, {m} papers match");
                if diverse == 0.0 {
                    assert_eq!(ids(&answer), ids(&all)[..k.min(m)]);
                }
            }
        }
    }
}

#[test]
fn relatives_are_filtered_too() {
    let folder = tempfile::tempdir().unwrap();
    let papers = varied();
    let searcher = searcher(folder.path(), &papers);
    let filter = Filter::new(Criteria { categories: list(&["cs.CV"]), ..Criteria::default() }).unwrap();
    let passing = papers.iter().filter(|paper| paper.categories == ["cs.CV"]).count();
    let options = |k: usize| Options { filter: filter.clone(), ..checked_k(k).unwrap().into() };
    let like = Examples::default().like([papers[1].id.clone(), papers[2].id.clone()]);
    let answer = searcher.related(&like, options(100)).unwrap();
    assert_eq!((answer.among, answer.hits.len()), (passing - 1, passing - 1), "the example that passes is left out");
    assert!(answer.hits.iter().all(|hit| hit.categories == ["cs.CV"]));
    assert_eq!(searcher.related(&like, options(3)).unwrap().hits.len(), 3);
}

#[test]
fn criteria_that_cannot_be_read_are_refused() {
    let refused = |criteria: Criteria| Filter::new(criteria).unwrap_err();
    let default = Criteria::default;
    for date in ["soon", "2024-13", "2024-02-30", "20240101", "", "2024-01-01T10:00"] {
        for criteria in
            [Criteria { from: Some(date.into()), ..default() }, Criteria { to: Some(date.into()), ..default() }]
        {
            assert!(matches!(refused(criteria), Error::BadFilter { .. }), "{date}");
        }
    }
    let reversed = Criteria { from: Some("2024-06-02".into()), to: Some("2024-06-01".into()), ..default() };
    assert!(matches!(refused(reversed), Error::DatesReversed { .. }));
    assert!(Filter::new(Criteria { from: Some("2024-06-02".into()), to: Some("2024-06".into()), ..default() }).is_ok());
    for category in ["", "*", "cs.L*"] {
        assert!(matches!(refused(Criteria { categories: list(&[category]), ..default() }), Error::BadFilter { .. }));
    }
    assert!(matches!(refused(Criteria { authors: list(&[" "]), ..default() }), Error::BadFilter { .. }));
    assert!(matches!(refused(Criteria { organisations: list(&[""]), ..default() }), Error::BadFilter { .. }));
    assert!(matches!(refused(Criteria { ids: list(&[" "]), ..default() }), Error::UnknownPaper { .. }));
}
