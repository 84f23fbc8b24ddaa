//! Papers come out of real and made-up files as they are.

use std::collections::{HashMap, HashSet};
use std::io::Write;
use std::path::Path;

use paperkin::Result;
use paperkin::corpus::{self, CorpusOptions, Source, sample};
use paperkin::paper::{Paper, PaperId, PublicationDate};

use crate::support::{json_lines, papers, shared};

fn read(path: &Path, options: &CorpusOptions) -> Vec<Result<Paper>> {
    corpus::open(&Source::File(path.to_owned()), options).unwrap().collect()
}

#[test]
fn the_daily_papers_page_has_56_papers() {
    let Some(path) = shared("corpora/daily-papers.txt") else { return };
    let papers =
        corpus::open(&Source::File(path), &CorpusOptions { year: Some(2026), ..CorpusOptions::default() }).unwrap();
    let papers: Vec<Paper> = papers.map(Result::unwrap).collect();
    assert_eq!(papers.len(), 56);
    assert_eq!(papers.iter().filter(|paper| paper.author_count.is_some()).count(), 54);
    let organisations: Vec<&str> = papers.iter().filter_map(|paper| paper.organisation.as_deref()).collect();
    assert_eq!(organisations, ["NVIDIA", "Deepmind"]);
    assert_eq!(papers.iter().filter(|paper| paper.comments.is_some()).count(), 10);
    assert!(papers.iter().all(|paper| paper.published.is_some() && paper.abstract_text.len() > 500));
    assert_eq!(papers.iter().map(|paper| &paper.id).collect::<HashSet<_>>().len(), 56);
    assert_eq!(papers[2].published, PublicationDate::new(2026, 2, 23), "a date without a year");
    assert_eq!(papers[0].published, PublicationDate::new(2025, 2, 20), "a date with one");
    assert!(papers.iter().any(|paper| paper.title.starts_with("D^2MoE: Dual Routing")));
}

#[test]
fn fifty_thousand_arxiv_papers_are_read_whole() {
    let Some(path) = shared("corpora/arxiv-50k.jsonl.zst") else { return };
    let papers: Vec<Paper> = read(&path, &CorpusOptions::default()).into_iter().map(Result::unwrap).collect();
    assert_eq!(papers.len(), 50_000);
    assert_eq!(papers.iter().map(|paper| &paper.id).collect::<HashSet<_>>().len(), 50_000);
    assert_eq!(papers.iter().filter(|paper| paper.id.as_str().contains('/')).count(), 3_314);
    // Prices are not formulas.
    let with_dollars: Vec<&str> =
        papers.iter().map(|paper| paper.title.as_str()).filter(|title| title.contains('$')).collect();
    assert!(with_dollars.len() < 20, "{with_dollars:#?}");
    for paper in &papers {
        assert!(!paper.title.contains(['\n', '\\']), "{}", paper.title);
        assert!(paper.published.is_some() && !paper.authors.is_empty() && !paper.categories.is_empty());
    }
}

#[test]
fn a_date_without_a_year_belongs_to_the_year_of_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("page.txt");
    fs_err::write(&path, "A title\n\nAn abstract.\n\n  • 2 authors\n·\nMar 4\n").unwrap();
    let saved = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_560_000_001); // June 2019
    let file: std::fs::File = fs_err::OpenOptions::new().write(true).open(&path).unwrap().into();
    file.set_modified(saved).unwrap();
    let date_of = |options: &CorpusOptions| read(&path, options)[0].as_ref().unwrap().published.unwrap().to_string();
    assert_eq!(date_of(&CorpusOptions::default()), "2019-03-04");
    assert_eq!(date_of(&CorpusOptions { year: Some(2021), ..CorpusOptions::default() }), "2021-03-04");
}

#[test]
fn compression_is_recognised_whatever_the_name() {
    let papers = papers(20);
    let text = json_lines(&papers);
    let folder = tempfile::tempdir().unwrap();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&text.as_bytes()[..300]).unwrap();
    let mut gzip = gzip.finish().unwrap();
    // A second member: gzip files may be put together by `cat`.
    let mut more = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    more.write_all(&text.as_bytes()[300..]).unwrap();
    gzip.extend(more.finish().unwrap());
    let zstd = zstd::encode_all(text.as_bytes(), 1).unwrap();
    for content in [text.into_bytes(), gzip, zstd] {
        let path = folder.path().join("papers");
        fs_err::write(&path, content).unwrap();
        let read: Vec<Paper> = read(&path, &CorpusOptions::default()).into_iter().map(Result::unwrap).collect();
        assert_eq!(read.len(), papers.len());
        for (read, given) in read.iter().zip(&papers) {
            assert_eq!((&read.id, &read.title, &read.abstract_text), (&given.id, &given.title, &given.abstract_text));
            assert_eq!((&read.authors, &read.categories), (&given.authors, &given.categories));
        }
    }
}

#[test]
fn a_compressed_file_that_is_cut_ends_in_an_error_and_keeps_what_came_before() {
    let text = json_lines(&papers(5_000));
    let whole = zstd::encode_all(text.as_bytes(), 1).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cut.zst");
    fs_err::write(&path, &whole[..whole.len() / 2]).unwrap();
    let read = read(&path, &CorpusOptions::default());
    let (last, before) = read.split_last().unwrap();
    assert!(before.len() > 100 && before.iter().all(Result::is_ok));
    assert!(last.as_ref().unwrap_err().to_string().starts_with("cannot read `"));
}

#[test]
fn the_sample_is_what_it_claims_to_be() {
    let papers: Vec<Paper> = sample::papers().map(Result::unwrap).collect();
    assert!(papers.len() >= 120, "{}", papers.len());
    assert_eq!(papers.iter().map(|paper| &paper.id).collect::<HashSet<_>>().len(), papers.len());
    let sources = include_str!("../src/corpus/sample-sources.tsv");
    let sources: HashMap<&str, &str> = sources
        .lines()
        .skip(1)
        .map(|line| {
            let mut cells = line.split('\t');
            (cells.next().unwrap(), cells.next().unwrap())
        })
        .collect();
    for paper in &papers {
        let words = paper.abstract_text.split_whitespace().count();
        assert!((60..=120).contains(&words), "{}: {words} words", paper.title);
        assert!(!paper.authors.is_empty() || paper.organisation.is_some(), "{}", paper.title);
        assert!(paper.published.is_some() && !paper.categories.is_empty(), "{}", paper.title);
        if paper.id.link().is_some() {
            let seen = sources.iter().find(|(id, _)| PaperId::parse(id).as_ref() == Some(&paper.id));
            assert!(seen.is_some(), "the id of {} has no source", paper.title);
        }
    }
    let areas = ["cs.LG", "cs.CV", "cs.CL", "cs.DC", "q-bio", "quant-ph"];
    for area in areas {
        let count =
            papers.iter().filter(|paper| paper.categories.iter().any(|category| category.starts_with(area))).count();
        assert!(count >= 5, "{area}: {count}");
    }
}

#[test]
fn the_samples_facts_are_those_of_the_real_corpus() {
    let Some(path) = shared("corpora/arxiv-50k.jsonl.zst") else { return };
    let real: HashMap<PaperId, Paper> = read(&path, &CorpusOptions::default())
        .into_iter()
        .map(Result::unwrap)
        .map(|paper| (paper.id.clone(), paper))
        .collect();
    let mut compared = 0;
    for paper in sample::papers().map(Result::unwrap) {
        let Some(real) = real.get(&paper.id) else { continue };
        compared += 1;
        assert_eq!(PaperId::of_title(&paper.title), PaperId::of_title(&real.title), "{}", paper.title);
        assert_eq!(paper.published, real.published, "{}", paper.title);
        assert_eq!(
            paper.author_count.map_or(paper.authors.len(), |count| count as usize),
            real.authors.len(),
            "{}",
            paper.title
        );
        for (ours, theirs) in paper.authors.iter().zip(&real.authors) {
            let last = |name: &str| name.rsplit(' ').next().unwrap().to_owned();
            assert_eq!(last(ours), last(theirs), "{}", paper.title);
        }
        // The summary is ours: no run of eight words of the real abstract is in it.
        let words = |text: &str| text.to_lowercase().split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let (ours, theirs) = (words(&paper.abstract_text), words(&real.abstract_text));
        let runs: HashSet<&[String]> = theirs.windows(8).collect();
        assert!(!ours.windows(8).any(|run| runs.contains(run)), "{}", paper.title);
    }
    assert!(compared >= 5, "{compared}");
}
