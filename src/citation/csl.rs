//! Items of CSL-JSON, the format of citation processors, by the schema of the Citation Style Language 1.0.2.

use serde::Serialize;

use super::authors::names;
use super::bibtex::{arxiv, without_prefix};
use super::one_line;
use crate::paper::{IdKind, Name, Paper, PaperId, PublicationType};

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
    #[serde(rename = "PMID", skip_serializing_if = "Option::is_none")]
    pmid: Option<String>,
    #[serde(rename = "PMCID", skip_serializing_if = "Option::is_none")]
    pmcid: Option<String>,
    #[serde(rename = "container-title", skip_serializing_if = "Option::is_none")]
    venue: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    volume: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    issue: Option<String>,
    #[serde(rename = "page", skip_serializing_if = "Option::is_none")]
    pages: Option<String>,
    /// The kind of work, where the type does not tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    genre: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<String>,
    /// The publisher's number of the paper.
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    publisher: Option<String>,
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
    Person {
        family: String,
        given: String,
        #[serde(skip_serializing_if = "String::is_empty")]
        suffix: String,
    },
    Other {
        literal: String,
    },
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
        let id_of = |kind| paper.all_ids().find(|id| id.kind() == kind).map(PaperId::as_str);
        let author = |name| match name {
            Name::Person { given, family, suffix } => Author::Person { family, given, suffix },
            Name::Literal(literal) => Author::Other { literal },
        };
        let issued = paper.published.map(|date| {
            let parts = [Some(date.year()), date.month().map(u16::from), date.day().map(u16::from)];
            Issued { date_parts: [parts.into_iter().flatten().collect()] }
        });
        let categories: Vec<String> = paper.categories.iter().map(|category| one_line(category)).collect();
        let keywords: Vec<String> = paper.keywords.iter().map(|keyword| one_line(keyword)).collect();
        let value = |text: &Option<String>| text.as_deref().map(one_line).filter(|text| !text.is_empty());
        let is_report = paper.kind == Some(PublicationType::Report);
        let number = value(&paper.number);
        Self {
            id: paper.id.printed().to_owned(),
            key: key.to_owned(),
            kind: type_of(paper),
            title: one_line(&paper.title),
            author: names(paper).into_iter().map(author).collect(),
            issued,
            doi: id_of(IdKind::Doi).map(str::to_owned),
            pmid: id_of(IdKind::Pubmed).map(without_prefix).map(str::to_owned),
            pmcid: id_of(IdKind::PubmedCentral).map(without_prefix).map(str::to_owned),
            venue: value(&paper.venue),
            volume: value(&paper.volume),
            issue: number.clone().filter(|_| !is_report),
            pages: value(&paper.pages),
            genre: genre(paper).map(PublicationType::name),
            language: value(&paper.language),
            number: number.filter(|_| is_report).or_else(|| arxiv.map(|id| format!("arXiv:{id}"))),
            publisher: value(&paper.publisher)
                .or_else(|| arxiv.filter(|_| paper.venue.is_none()).map(|_| "arXiv".to_owned())),
            url: paper.link(),
            keyword: [&categories[..], &keywords].concat().join(", "),
            categories,
            abstract_text: one_line(&paper.abstract_text),
        }
    }
}

/// The kind of a paper where the type of the item does not tell.
fn genre(paper: &Paper) -> Option<PublicationType> {
    let is_told = |kind: &PublicationType| *kind > PublicationType::Software || *kind == PublicationType::Preprint;
    paper.kind.filter(is_told)
}

/// The type of an item. CSL's type `article` is a preprint.
fn type_of(paper: &Paper) -> &'static str {
    match paper.kind {
        Some(PublicationType::Preprint) => "article",
        Some(PublicationType::ConferencePaper) => "paper-conference",
        Some(PublicationType::Book) => "book",
        Some(PublicationType::Chapter) => "chapter",
        Some(PublicationType::Thesis) => "thesis",
        Some(PublicationType::Report) => "report",
        Some(PublicationType::Dataset) => "dataset",
        Some(PublicationType::Software) => "software",
        _ if paper.venue.is_some() => "article-journal",
        _ => "article",
    }
}
