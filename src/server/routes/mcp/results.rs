//! The results of the tools, each as a text and as structured content with the same facts.

use schemars::JsonSchema;
use serde::Serialize;

use crate::citation::{Style, bibliography, one_line};
use crate::paper;
use crate::paper::byline;
use crate::search::{Answer, Status};
use crate::server::wire::details::Details;

/// A result that can be written as a text.
pub(super) trait Told {
    fn told(&self) -> String;
}

/// The hits of a search
#[derive(Serialize, JsonSchema)]
pub(super) struct Found {
    /// The query, or the example papers
    query: String,
    /// Number of papers that pass the filters
    among: usize,
    /// How the query was read, where that is not obvious, and why nothing was found
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<String>,
    hits: Vec<Hit>,
}

/// A hit
#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
struct Hit {
    /// Rank of the hit, from 1
    rank: usize,
    /// Id of the paper, for other tools
    id: String,
    title: String,
    authors: Vec<String>,
    /// Number of authors, if not all names are known
    #[serde(skip_serializing_if = "Option::is_none")]
    author_count: Option<u32>,
    /// Organisation that is named in place of authors
    #[serde(skip_serializing_if = "Option::is_none")]
    organisation: Option<String>,
    categories: Vec<String>,
    /// Date of publication: a day, a month or a year
    #[serde(skip_serializing_if = "Option::is_none")]
    published: Option<String>,
    #[serde(flatten)]
    details: Details,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    /// Relevance score; comparable only within one result
    score: f32,
    /// The best-matching sentence of the abstract
    #[serde(skip_serializing_if = "Option::is_none")]
    highlight: Option<String>,
    /// Omitted if `abstracts` is false
    #[serde(rename = "abstract", skip_serializing_if = "Option::is_none")]
    abstract_text: Option<String>,
}

/// A paper with all its fields
#[derive(Serialize, JsonSchema)]
pub(super) struct Paper {
    id: String,
    title: String,
    #[serde(rename = "abstract")]
    abstract_text: String,
    authors: Vec<String>,
    /// Number of authors, if not all names are known
    #[serde(skip_serializing_if = "Option::is_none")]
    author_count: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    organisation: Option<String>,
    categories: Vec<String>,
    /// Date of publication: a day, a month or a year
    #[serde(skip_serializing_if = "Option::is_none")]
    published: Option<String>,
    #[serde(flatten)]
    details: Details,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    /// Number of readers' comments
    #[serde(skip_serializing_if = "Option::is_none")]
    comments: Option<u32>,
    /// Citation as a BibTeX entry
    bibtex: String,
}

/// The status of the collection
#[derive(Serialize, JsonSchema)]
pub(super) struct Corpus {
    /// Number of papers
    papers: u64,
    /// Model that embeds papers and queries
    model: String,
    /// Dimensions of the embeddings
    dimension: usize,
    /// Papers in the HNSW graph; others are scanned, which is exact but slower
    graph_rows: usize,
    /// Papers in the full-text index on disk; others are indexed in memory
    lexical_rows: usize,
}

impl Found {
    pub fn new(answer: Answer, with_abstracts: bool) -> Self {
        let notes = answer.notes();
        let hits = answer.hits.into_iter().map(|mut hit| Hit {
            rank: hit.rank,
            url: hit.link(),
            details: Details::take(&mut hit.paper),
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
        Self { query: answer.query, among: answer.among, notes, hits: hits.collect() }
    }
}

impl Paper {
    pub fn new(mut paper: paper::Paper) -> Self {
        Self {
            bibtex: bibliography(Style::Bibtex, [&paper]),
            url: paper.link(),
            details: Details::take(&mut paper),
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
        let Self { query, among, notes, hits } = self;
        let notes: String = notes.iter().map(|note| format!("Note: {}\n", one_line(note))).collect();
        if hits.is_empty() {
            let why = match among {
                // A note names the condition.
                0 if !notes.is_empty() => "",
                0 => ": no paper passes the filters",
                _ => ": no paper contains any of these words",
            };
            return format!("{notes}Nothing found for {query}{why}.");
        }
        let mut text = format!("{} of {among} papers, the best first, for: {}\n{notes}", hits.len(), one_line(query));
        for hit in hits {
            text.push_str(&format!("\n{}. {}\n", hit.rank, one_line(&hit.title)));
            let names = byline(&hit.authors, hit.author_count, hit.organisation.as_deref(), 5);
            let categories = (!hit.categories.is_empty()).then(|| hit.categories.join(", "));
            text.push_str(&indented("", &facts([names, hit.published.clone(), categories])));
            text.push_str(&indented("id: ", &hit.id));
            text.push_str(&indented("url: ", hit.url.as_deref().unwrap_or_default()));
            text.push_str(&indented("best-matching sentence: ", hit.highlight.as_deref().unwrap_or_default()));
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
            "{papers} papers, embedded with {model} ({dimension} dimensions); {graph_rows} in the HNSW graph, {lexical_rows} in the \
             full-text index on disk."
        )
    }
}

fn facts<const N: usize>(facts: [Option<String>; N]) -> String {
    facts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

/// A line below a title; empty if the value is empty.
fn indented(name: &str, value: &str) -> String {
    let value = one_line(value);
    if value.is_empty() { String::new() } else { format!("   {name}{value}\n") }
}
