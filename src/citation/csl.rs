//! Items of CSL-JSON, the format of citation processors, by the schema of the Citation Style Language 1.0.2.

use serde::Serialize;

use super::bibtex::arxiv;
use super::name::{Name, names};
use super::one_line;
use crate::paper::{IdKind, Paper};

/// One item of the array.
#[derive(Serialize)]
pub(super) struct Item {
    id: String,
    #[serde(rename = "citation-key")]
    key: String,
    #[serde(rename = "type")]
    kind: &'static str,
    title: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    author: Vec<Author>,
    #[serde(skip_serializing_if = "Option::is_none")]
    issued: Option<Issued>,
    #[serde(rename = "DOI", skip_serializing_if = "Option::is_none")]
    doi: Option<String>,
    /// The publisher's number of the paper.
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    publisher: Option<&'static str>,
    #[serde(rename = "URL", skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    categories: Vec<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    keyword: String,
    #[serde(rename = "abstract", skip_serializing_if = "String::is_empty")]
    abstract_text: String,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Author {
    Person { family: String, given: String },
    Other { literal: String },
}

/// A date: the year, and the month and day if known.
#[derive(Serialize)]
struct Issued {
    #[serde(rename = "date-parts")]
    date_parts: [Vec<u16>; 1],
}

impl Item {
    pub fn new(paper: &Paper, key: &str) -> Self {
        let arxiv = arxiv(paper);
        let is_doi = paper.id.kind() == IdKind::Doi;
        let author = |name| match name {
            Name::Person { given, family } => Author::Person { family, given },
            Name::Literal(literal) => Author::Other { literal },
        };
        let issued = paper.published.map(|date| {
            let parts = [Some(date.year()), date.month().map(u16::from), date.day().map(u16::from)];
            Issued { date_parts: [parts.into_iter().flatten().collect()] }
        });
        let categories: Vec<String> = paper.categories.iter().map(|category| one_line(category)).collect();
        Self {
            id: paper.id.to_string(),
            key: key.to_owned(),
            // CSL's type `article` is a preprint.
            kind: if is_doi && arxiv.is_none() { "article-journal" } else { "article" },
            title: one_line(&paper.title),
            author: names(paper).into_iter().map(author).collect(),
            issued,
            doi: is_doi.then(|| paper.id.to_string()),
            number: arxiv.map(|id| format!("arXiv:{id}")),
            publisher: arxiv.map(|_| "arXiv"),
            url: paper.link(),
            keyword: categories.join(", "),
            categories,
            abstract_text: one_line(&paper.abstract_text),
        }
    }
}
