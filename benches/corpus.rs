//! How fast are papers read from each format, and in how much memory?
//!
//! `cargo bench --bench corpus`; `-- --json` prints records for `benches/report.py --add`. Nothing is embedded or stored. The files
//! have 100,000 made-up papers each, with abstracts of about 1,000 bytes.

#![allow(clippy::cast_precision_loss, clippy::print_stdout, clippy::unwrap_used)]

use std::io::{BufWriter, Write};
use std::path::Path;
use std::time::Instant;

use paperkin::citation::{Bibliography, Style};
use paperkin::corpus::{self, CorpusOptions, Source};
use paperkin::paper::{Paper, PaperId, PublicationDate, PublicationType};
use serde_json::json;

#[path = "support/record.rs"]
mod record;

const PAPERS: usize = 100_000;
const WORDS: [&str; 12] = ["fish", "of", "the", "sea", "are", "counted", "by", "sonar", "in", "every", "season", "and"];

/// A format with its name and the file that has it.
type Format = (&'static str, fn(&mut dyn Write));

const FORMATS: [Format; 9] = [
    ("BibTeX", |to| bibliography(Style::Bibtex, to)),
    ("RIS", |to| bibliography(Style::Ris, to)),
    ("CSL-JSON", |to| bibliography(Style::CslJson, to)),
    ("CSV", |to| bibliography(Style::Csv, to)),
    ("JSON Lines", |to| lines(to, |paper| serde_json::to_string(paper).unwrap() + "\n")),
    ("OpenAlex", |to| lines(to, open_alex)),
    ("PubMed (nbib)", |to| lines(to, nbib)),
    ("PubMed XML", |to| enclosed(to, "<?xml version=\"1.0\"?><PubmedArticleSet>\n", pubmed, "</PubmedArticleSet>\n")),
    ("arXiv Atom", |to| enclosed(to, "<feed xmlns=\"http://www.w3.org/2005/Atom\">\n", atom, "</feed>\n")),
];

fn main() {
    let as_json = std::env::args().any(|argument| argument == "--json");
    let folder = tempfile::tempdir().unwrap();
    if !as_json {
        println!("{:<16}{:>10}{:>14}{:>14}", "", "MB", "papers/s", "peak, MB");
    }
    for (name, write) in FORMATS {
        let path = folder.path().join("papers");
        let mut file = BufWriter::new(std::fs::File::create(&path).unwrap());
        write(&mut file);
        drop(file);
        let megabytes = path.metadata().unwrap().len() as f64 / 1e6;
        let before = peak_megabytes();
        let start = Instant::now();
        let read = papers_in(&path);
        let speed = PAPERS as f64 / start.elapsed().as_secs_f64();
        assert_eq!(read, PAPERS, "{name}");
        // Of the whole process so far: a format that needs more than those before raises it.
        let peak = peak_megabytes().max(before);
        if as_json {
            let parameters = json!({ "format": name, "papers": PAPERS, "megabytes": megabytes.round() });
            let values = json!({ "papers_per_second": speed, "peak_megabytes": peak });
            record::print("reading", "cargo bench --bench corpus", &parameters, "paperkin", &values);
        } else {
            println!("{name:<16}{megabytes:>10.0}{speed:>14.0}{peak:>14.0}");
        }
    }
}

fn papers_in(path: &Path) -> usize {
    let papers = corpus::open(&Source::File(path.to_owned()), &CorpusOptions::default()).unwrap();
    papers.map(|paper| assert!(!paper.unwrap().abstract_text.is_empty())).count()
}

/// The peak of resident memory so far, in MB; 0 where the system does not tell.
fn peak_megabytes() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok())
        .map_or(0.0, |kilobytes| kilobytes / 1024.0)
}

fn paper(number: usize) -> Paper {
    let words = |count: usize| -> String {
        let words: Vec<&str> = (0..count).map(|place| WORDS[(number / (place + 1) + place) % WORDS.len()]).collect();
        words.join(" ")
    };
    let id = PaperId::parse(&format!("10.1234/fish.{number}")).unwrap();
    let mut paper = Paper::new(id, format!("On {} {number}", words(6)), words(190));
    paper.authors = vec![format!("Ada Smith{number}"), "Bo Lee".to_owned(), "Lena van der Berg".to_owned()];
    paper.keywords = vec!["fish".to_owned(), "sonar".to_owned()];
    paper.published = PublicationDate::new(2020, 5, 17);
    paper.kind = Some(PublicationType::Article);
    paper.venue = Some("Journal of Fish".to_owned());
    paper.volume = Some("12".to_owned());
    paper.pages = Some("1-20".to_owned());
    paper
}

fn bibliography(style: Style, to: &mut dyn Write) {
    let mut bibliography = Bibliography::new(style, to);
    (0..PAPERS).try_for_each(|number| bibliography.add(&paper(number))).unwrap();
    bibliography.finish().unwrap();
}

fn lines(to: &mut dyn Write, line: fn(&Paper) -> String) {
    (0..PAPERS).for_each(|number| to.write_all(line(&paper(number)).as_bytes()).unwrap());
}

fn enclosed(to: &mut dyn Write, head: &str, record: fn(&Paper) -> String, tail: &str) {
    to.write_all(head.as_bytes()).unwrap();
    lines(to, record);
    to.write_all(tail.as_bytes()).unwrap();
}

fn open_alex(paper: &Paper) -> String {
    let mut places: std::collections::BTreeMap<&str, Vec<usize>> = std::collections::BTreeMap::new();
    for (place, word) in paper.abstract_text.split(' ').enumerate() {
        places.entry(word).or_default().push(place);
    }
    let authors: Vec<_> = paper.authors.iter().map(|name| json!({"author": {"display_name": name}})).collect();
    let work = json!({
        "id": "https://openalex.org/W1234567", "doi": format!("https://doi.org/{}", paper.id), "title": paper.title,
        "publication_date": "2020-05-17", "authorships": authors, "abstract_inverted_index": places,
        "primary_location": {"source": {"display_name": paper.venue}}, "cited_by_count": 7, "type": "article",
    });
    format!("{work}\n")
}

fn nbib(paper: &Paper) -> String {
    let authors: String = paper.authors.iter().map(|name| format!("FAU - {name}\n")).collect();
    format!(
        "PMID- 12345\nAID - {} [doi]\nTI  - {}\nAB  - {}\n{authors}DP  - 2020 May 17\nJT  - Journal of Fish\n\n",
        paper.id, paper.title, paper.abstract_text
    )
}

fn pubmed(paper: &Paper) -> String {
    let author = |name: &String| {
        let (given, family) = name.split_once(' ').unwrap();
        format!("<Author><LastName>{family}</LastName><ForeName>{given}</ForeName></Author>")
    };
    let authors: String = paper.authors.iter().map(author).collect();
    format!(
        "<PubmedArticle><MedlineCitation><PMID>12345</PMID><Article><Journal><Title>Journal of Fish</Title><JournalIssue>\
         <PubDate><Year>2020</Year><Month>May</Month></PubDate></JournalIssue></Journal><ArticleTitle>{}</ArticleTitle>\
         <ELocationID EIdType=\"doi\">{}</ELocationID><Abstract><AbstractText>{}</AbstractText></Abstract>\
         <AuthorList>{authors}</AuthorList></Article></MedlineCitation></PubmedArticle>\n",
        paper.title, paper.id, paper.abstract_text
    )
}

fn atom(paper: &Paper) -> String {
    let authors: String = paper.authors.iter().map(|name| format!("<author><name>{name}</name></author>")).collect();
    format!(
        "<entry><id>http://arxiv.org/abs/2001.00001v1</id><published>2020-05-17T00:00:00Z</published><title>{}</title>\
         <summary>{}</summary>{authors}<category term=\"cs.LG\"/></entry>\n",
        paper.title, paper.abstract_text
    )
}
