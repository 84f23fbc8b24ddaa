//! What is an assistant told? Each answer twice: as a text to read, and with the same facts for programs.

use schemars::JsonSchema;
use serde::Serialize;

use crate::citation::{Style, bibliography, one_line};
use crate::paper;
use crate::paper::byline;
use crate::search::{Answer, Status};

/// An answer that can be read.
pub(super) trait Told {
    fn told(&self) -> String;
}

/// Ranked papers
#[derive(Serialize, JsonSchema)]
pub(super) struct Found {
    /// The question, or the examples
    query: String,
    /// How many papers were searched: those that pass the filters
    among: usize,
    hits: Vec<Hit>,
}

/// A paper that was found
#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
struct Hit {
    /// From 1
    rank: usize,
    /// By which other tools know the paper
    id: String,
    title: String,
    authors: Vec<String>,
    /// How many authors there are, where not all names are known
    #[serde(skip_serializing_if = "Option::is_none")]
    author_count: Option<u32>,
    /// The organisation that stands in the authors' place
    #[serde(skip_serializing_if = "Option::is_none")]
    organisation: Option<String>,
    categories: Vec<String>,
    /// A day, a month or a year
    #[serde(skip_serializing_if = "Option::is_none")]
    published: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    /// How well it answers; compare it within one answer alone
    score: f32,
    /// The sentence of the abstract that answers best
    #[serde(skip_serializing_if = "Option::is_none")]
    highlight: Option<String>,
    /// Left out where it was not asked for
    #[serde(rename = "abstract", skip_serializing_if = "Option::is_none")]
    abstract_text: Option<String>,
}

/// A paper, whole
#[derive(Serialize, JsonSchema)]
pub(super) struct Paper {
    id: String,
    title: String,
    #[serde(rename = "abstract")]
    abstract_text: String,
    authors: Vec<String>,
    /// How many authors there are, where not all names are known
    #[serde(skip_serializing_if = "Option::is_none")]
    author_count: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    organisation: Option<String>,
    categories: Vec<String>,
    /// A day, a month or a year
    #[serde(skip_serializing_if = "Option::is_none")]
    published: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    /// Number of readers' comments
    #[serde(skip_serializing_if = "Option::is_none")]
    comments: Option<u32>,
    /// Its entry for LaTeX's bibliographies
    bibtex: String,
}

/// The collection
#[derive(Serialize, JsonSchema)]
pub(super) struct Corpus {
    /// How many there are
    papers: u64,
    /// The model that embeds papers and questions
    model: String,
    /// Numbers of a vector
    dimension: usize,
    /// Papers that are found by the graph; others are scanned, which is exact and slower
    graph_rows: usize,
    /// Papers in the index of words on the disk; others are in memory
    lexical_rows: usize,
}

impl Found {
    pub fn new(answer: Answer, with_abstracts: bool) -> Self {
        let hits = answer.hits.into_iter().map(|hit| Hit {
            rank: hit.rank,
            url: hit.link(),
            id: hit.paper.id.to_string(),
            title: hit.paper.title,
            authors: hit.paper.authors,
            author_count: hit.paper.author_count,
            organisation: hit.paper.organisation,
            categories: hit.paper.categories,
            published: hit.paper.published.map(|date| date.to_string()),
            score: hit.score,
            highlight: hit.highlight,
            abstract_text: with_abstracts.then_some(hit.paper.abstract_text),
        });
        Self { query: answer.query, among: answer.among, hits: hits.collect() }
    }
}

impl Paper {
    pub fn new(paper: paper::Paper) -> Self {
        Self {
            bibtex: bibliography(Style::Bibtex, [&paper]),
            url: paper.link(),
            id: paper.id.to_string(),
            title: paper.title,
            abstract_text: paper.abstract_text,
            authors: paper.authors,
            author_count: paper.author_count,
            organisation: paper.organisation,
            categories: paper.categories,
            published: paper.published.map(|date| date.to_string()),
            comments: paper.comments,
        }
    }
}

impl Corpus {
    pub fn new(status: Status) -> Self {
        let Status { papers, model, dimension, graph_rows, lexical_rows, .. } = status;
        Self { papers, model, dimension, graph_rows, lexical_rows }
    }
}

impl Told for Found {
    fn told(&self) -> String {
        let Self { query, among, hits } = self;
        if hits.is_empty() {
            let why = if *among == 0 { "no paper passes the filters" } else { "no paper has any of these words" };
            return format!("Nothing found for {query}: {why}.");
        }
        let mut text = format!("{} of {among} papers, the best first, for: {}\n", hits.len(), one_line(query));
        for hit in hits {
            text.push_str(&format!("\n{}. {}\n", hit.rank, one_line(&hit.title)));
            let names = byline(&hit.authors, hit.author_count, hit.organisation.as_deref(), 5);
            let categories = (!hit.categories.is_empty()).then(|| hit.categories.join(", "));
            text.push_str(&indented("", &facts([names, hit.published.clone(), categories])));
            text.push_str(&indented("id: ", &hit.id));
            text.push_str(&indented("url: ", hit.url.as_deref().unwrap_or_default()));
            text.push_str(&indented("best sentence: ", hit.highlight.as_deref().unwrap_or_default()));
            text.push_str(&indented("abstract: ", hit.abstract_text.as_deref().unwrap_or_default()));
        }
        text
    }
}

impl Told for Paper {
    fn told(&self) -> String {
        let mut text = format!("{}\n", one_line(&self.title));
        let names = byline(&self.authors, self.author_count, self.organisation.as_deref(), usize::MAX);
        let categories = (!self.categories.is_empty()).then(|| self.categories.join(", "));
        text.push_str(&indented("", &facts([names, self.published.clone(), categories])));
        text.push_str(&indented("id: ", &self.id));
        text.push_str(&indented("url: ", self.url.as_deref().unwrap_or_default()));
        text.push_str(&format!("\n{}\n\n{}", one_line(&self.abstract_text), self.bibtex));
        text
    }
}

impl Told for Corpus {
    fn told(&self) -> String {
        let Self { papers, model, dimension, graph_rows, lexical_rows } = self;
        format!(
            "{papers} papers, embedded by {model} ({dimension} numbers a vector); {graph_rows} in the graph, {lexical_rows} in the \
             index of words on the disk."
        )
    }
}

fn facts<const N: usize>(facts: [Option<String>; N]) -> String {
    facts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

/// A line below a title; nothing where there is nothing to tell.
fn indented(name: &str, value: &str) -> String {
    let value = one_line(value);
    if value.is_empty() { String::new() } else { format!("   {name}{value}\n") }
}
