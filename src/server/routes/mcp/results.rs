//! The results of the tools, each as a text and as structured content with the same facts.

use schemars::JsonSchema;
use serde::Serialize;

use super::budget::{MOST_TOKENS, beginning, fitting, tokens, tokens_of};
use crate::citation::{Style, bibliography, one_line};
use crate::paper;
use crate::paper::byline;
use crate::search::{Answer, Status};
use crate::server::wire::details::Details;

/// A result that can be written as a text.
pub(super) trait Told {
    fn told(&self) -> String;

    /// Leaves out what exceeds the limit of assistants, with a note.
    fn shorten(&mut self) {}
}

/// The hits of a search
#[derive(Serialize, JsonSchema)]
pub(super) struct Found {
    /// The query, or the example papers
    query: String,
    /// Number of papers that pass the filters
    among: usize,
    /// Number of hits, from the first, that a cross-encoder has reranked
    #[serde(skip_serializing_if = "Option::is_none")]
    reranked: Option<usize>,
    /// How the query was read, where that is not obvious; why nothing was found; what was left out
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
    /// What was left out
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<String>,
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
    /// Papers in the HNSW graph; others are scanned, which is exact but slower. Omitted if the papers are not in a folder
    #[serde(skip_serializing_if = "Option::is_none")]
    graph_rows: Option<usize>,
    /// Papers in the full-text index on disk; others are indexed in memory. Omitted if the papers are not in a folder
    #[serde(skip_serializing_if = "Option::is_none")]
    lexical_rows: Option<usize>,
    /// Address of the server with the papers; omitted if they are in a folder
    #[serde(skip_serializing_if = "Option::is_none")]
    server: Option<String>,
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
        Self { query: answer.query, among: answer.among, reranked: answer.reranked, notes, hits: hits.collect() }
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
            notes: Vec::new(),
        }
    }
}

impl Corpus {
    pub fn new(status: Status) -> Self {
        let Status { papers, model, dimension, folder, server, .. } = status;
        let (graph_rows, lexical_rows) =
            (folder.as_ref().map(|folder| folder.graph_rows), folder.as_ref().map(|folder| folder.lexical_rows));
        Self { papers, model, dimension, graph_rows, lexical_rows, server: server.map(|server| server.address) }
    }
}

impl Told for Found {
    fn told(&self) -> String {
        let Self { query, among, reranked, notes, hits } = self;
        let notes = noted(notes);
        if hits.is_empty() {
            let why = match among {
                // A note names the condition.
                0 if !notes.is_empty() => "",
                0 => ": no paper passes the filters",
                _ => ": no paper contains any of these words",
            };
            return format!("{notes}Nothing found for {query}{why}.");
        }
        let reranked = reranked.map(|count| format!(" (the first {count} reranked)")).unwrap_or_default();
        let query = one_line(query);
        let mut text = format!("{} of {among} papers, the best first{reranked}, for: {query}\n{notes}", hits.len());
        for hit in hits {
            text.push_str(&hit.told());
            text.push_str(&hit.told_abstract());
        }
        text
    }

    /// First abstracts are left out, those of the last hits, then hits.
    fn shorten(&mut self) {
        self.query = beginning(&self.query, 300);
        self.notes.truncate(6);
        self.notes.iter_mut().for_each(|note| *note = beginning(note, 150));
        let all = self.hits.len();
        let with = |hit: &Hit| tokens(&hit.told()) + tokens_of(hit) + tokens(&hit.told_abstract());
        if self.hits.iter().map(with).sum::<usize>() <= MOST_TOKENS - HEAD_TOKENS {
            return;
        }
        let is_wanted = self.hits.iter().any(|hit| hit.abstract_text.is_some());
        let abstracts: Vec<Option<String>> = self.hits.iter_mut().map(|hit| hit.abstract_text.take()).collect();
        let bare = self.hits.iter().map(|hit| tokens(&hit.told()) + tokens_of(hit));
        let (shown, used) = fitting(bare, MOST_TOKENS - HEAD_TOKENS);
        self.hits.truncate(shown);
        // Each abstract is in the text and in the structured content, where it is escaped.
        let costs = abstracts.iter().take(shown).flatten().map(|text| 2 * tokens_of(text) + ABSTRACT_TOKENS);
        let (read, _) = fitting(costs, MOST_TOKENS - HEAD_TOKENS - used);
        for (hit, abstract_text) in self.hits.iter_mut().zip(abstracts).take(read) {
            hit.abstract_text = abstract_text;
        }
        if is_wanted && read < shown {
            self.notes.push(format!(
                "the abstracts of hits {} to {shown} are left out, because a result has at most 25,000 tokens; `get_paper` returns \
                 them",
                read + 1
            ));
        }
        if shown < all {
            self.notes.push(format!(
                "hits {} to {all} are left out, because a result has at most 25,000 tokens; set `k` to a smaller number or \
                 `abstracts` to false, or use filters",
                shown + 1
            ));
        }
    }
}

/// An upper bound for what the result has beside its hits.
const HEAD_TOKENS: usize = 3_000;
/// What the name of an abstract costs, in text and JSON.
const ABSTRACT_TOKENS: usize = 10;

impl Hit {
    /// The hit as a text without its abstract.
    fn told(&self) -> String {
        let mut text = format!("\n{}. {}\n", self.rank, one_line(&self.title));
        let names = byline(&self.authors, self.author_count, self.organisation.as_deref(), 5);
        let categories = (!self.categories.is_empty()).then(|| self.categories.join(", "));
        text.push_str(&indented("", &facts([names, self.published.clone(), categories])));
        text.push_str(&indented("id: ", &self.id));
        text.push_str(&indented("url: ", self.url.as_deref().unwrap_or_default()));
        text.push_str(&indented("best-matching sentence: ", self.highlight.as_deref().unwrap_or_default()));
        text
    }

    fn told_abstract(&self) -> String {
        indented("abstract: ", self.abstract_text.as_deref().unwrap_or_default())
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
        text.push_str(&format!("{}\n{}\n\n{}", noted(&self.notes), one_line(&self.abstract_text), self.bibtex));
        text
    }

    /// First the citation is left out, because `export_citations` returns it, then authors, then the end of the abstract.
    fn shorten(&mut self) {
        let is_long = |paper: &Self| tokens(&paper.told()) + tokens_of(paper) > MOST_TOKENS;
        if is_long(self) {
            self.bibtex.clear();
            self.notes.push("the citation is left out, because it is long; `export_citations` returns it".to_owned());
        }
        let all = self.authors.len();
        if is_long(self) && all > MOST_AUTHORS {
            self.author_count = self.author_count.or(u32::try_from(all).ok());
            self.authors.truncate(MOST_AUTHORS);
            self.notes.push(format!("the first {MOST_AUTHORS} of {all} authors are listed"));
        }
        if is_long(self) {
            // In the text and in the structured content.
            self.abstract_text = beginning(&self.abstract_text, MOST_TOKENS / 3);
            self.notes.push("the abstract is cut, because a result has at most 25,000 tokens".to_owned());
        }
    }
}

/// Number of authors of a paper that is shortened.
const MOST_AUTHORS: usize = 100;

impl Told for Corpus {
    fn told(&self) -> String {
        let Self { papers, model, dimension, graph_rows, lexical_rows, server } = self;
        let mut told = format!("{papers} papers, embedded with {model} ({dimension} dimensions)");
        if let (Some(graph_rows), Some(lexical_rows)) = (graph_rows, lexical_rows) {
            told.push_str(&format!("; {graph_rows} in the HNSW graph, {lexical_rows} in the full-text index on disk"));
        }
        if let Some(server) = server {
            told.push_str(&format!("; on the server {server}"));
        }
        told.push('.');
        told
    }
}

/// Notes as lines.
pub(super) fn noted(notes: &[String]) -> String {
    notes.iter().map(|note| format!("Note: {}\n", one_line(note))).collect()
}

fn facts<const N: usize>(facts: [Option<String>; N]) -> String {
    facts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

/// A line below a title; empty if the value is empty.
pub(super) fn indented(name: &str, value: &str) -> String {
    let value = one_line(value);
    if value.is_empty() { String::new() } else { format!("   {name}{value}\n") }
}
