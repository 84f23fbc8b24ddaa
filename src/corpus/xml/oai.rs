//! Reads responses of the OAI protocol for metadata harvesting (OAI-PMH) with metadata of arXiv, in Dublin Core or in MARC.
//!
//! Sources: "The Open Archives Initiative Protocol for Metadata Harvesting", version 2.0; arXiv's schemas `arXiv.xsd` and
//! `arXivRaw.xsd`; the schema `oai_dc.xsd`; the guidelines of OpenAIRE for the forms of identifiers in Dublin Core.

use super::super::{Author, RawDate, RawId, Record, names};
use super::{Element, add, marc};
use crate::corpus::beginning;

/// The minimum length of a description that is an abstract. Shorter ones are remarks, such as the number of pages.
const SHORTEST_ABSTRACT: usize = 80;

/// Reads a `record`; a deleted one is not a paper.
pub(super) fn read(record: Element<'_>) -> Result<Option<Record>, String> {
    if record.find("header").is_some_and(|header| header.has("status", "deleted")) {
        return Ok(None);
    }
    let metadata = record.find("metadata").and_then(|metadata| metadata.children().next());
    let metadata = metadata.ok_or("expected `<metadata>`, found none")?;
    let mut read = match metadata.name() {
        "arXiv" => arxiv(metadata),
        "arXivRaw" => arxiv_raw(metadata),
        "dc" => dublin_core(metadata),
        "record" => marc::read(metadata)?.ok_or("expected `<datafield>`, found none")?,
        name => {
            return Err(format!(
                "expected metadata `arXiv`, `arXivRaw`, `oai_dc` or `marcxml`, found `{}`",
                beginning(name)
            ));
        }
    };
    if let Some(id) = record.value("header/identifier") {
        match id.strip_prefix("oai:arXiv.org:") {
            Some(id) => add(&mut read.ids, RawId::Arxiv(id.to_owned())),
            None => read.ids.push(RawId::Own(id)),
        }
    }
    Ok(Some(read))
}

fn arxiv(metadata: Element<'_>) -> Record {
    let mut read = arxiv_common(metadata);
    let authors = metadata.find("authors").into_iter().flat_map(|authors| authors.all("author"));
    read.authors.extend(authors.filter_map(|author| {
        let [given, suffix] = ["forenames", "suffix"].map(|part| author.value(part).unwrap_or_default());
        match author.value("keyname") {
            Some(family) if given.is_empty() && suffix.is_empty() => Some(Author::Printed(family)),
            Some(family) => Some(Author::Person { family, given, suffix }),
            None => (!given.is_empty()).then_some(Author::Printed(given)),
        }
    }));
    read.dates.extend(["created", "updated"].iter().filter_map(|name| metadata.value(name)).map(RawDate::Text));
    read
}

/// A list of authors without what is in parentheses, which are affiliations.
fn without_affiliations(authors: &str) -> String {
    let mut depth = 0_usize;
    let mut names = String::with_capacity(authors.len());
    for c in authors.chars() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ if depth == 0 => names.push(c),
            _ => {}
        }
    }
    names
}

fn arxiv_raw(metadata: Element<'_>) -> Record {
    let mut read = arxiv_common(metadata);
    read.authors
        .extend(metadata.value("authors").iter().flat_map(|authors| names::split(&without_affiliations(authors))));
    read.dates.extend(metadata.all("version").filter_map(|version| version.value("date")).map(RawDate::Text));
    read
}

fn arxiv_common(metadata: Element<'_>) -> Record {
    let mut read = Record {
        title: metadata.value("title").unwrap_or_default(),
        abstract_text: metadata.value("abstract").unwrap_or_default(),
        venue: metadata.value("journal-ref"),
        ..Record::default()
    };
    read.ids.extend(metadata.value("id").map(RawId::Arxiv));
    // A paper with several DOIs has them in one element.
    let dois = metadata.value("doi").unwrap_or_default();
    read.ids.extend(dois.split_whitespace().map(|doi| RawId::Doi(doi.to_owned())));
    let categories = metadata.value("categories").unwrap_or_default();
    read.categories.extend(categories.split_whitespace().map(str::to_owned));
    read
}

fn dublin_core(metadata: Element<'_>) -> Record {
    let mut read = Record {
        title: metadata.value("title").unwrap_or_default(),
        venue: metadata.value("source"),
        publisher: metadata.value("publisher"),
        language: metadata.value("language"),
        kinds: metadata.values("type").collect(),
        ..Record::default()
    };
    let mut descriptions = metadata.values("description").filter(|text| !text.starts_with("Comment:"));
    read.abstract_text = descriptions.find(|text| text.len() >= SHORTEST_ABSTRACT).unwrap_or_default();
    read.authors.extend(metadata.values("creator").map(Author::Printed));
    metadata.values("subject").for_each(|subject| add(&mut read.keywords, subject));
    // Besides the dates, there may be the end of an embargo: `info:eu-repo/date/embargoEnd/2020-01-01`.
    let mut dates: Vec<String> = metadata.values("date").filter(|date| !date.starts_with("info:")).collect();
    // The earliest first, and of `2007` and `2007-04-02` the more precise one: `~` sorts after all characters of dates.
    dates.sort_by_cached_key(|date| format!("{date}~"));
    read.dates.extend(dates.into_iter().map(RawDate::Text));
    for id in metadata.values("identifier") {
        if read.url.is_none() && (id.starts_with("http://") || id.starts_with("https://")) {
            read.url = Some(id.clone());
        }
        add(&mut read.ids, RawId::Any(id));
    }
    // The same paper elsewhere. Other relations name other works.
    for relation in metadata.values("relation") {
        if let Some(doi) = relation.strip_prefix("info:eu-repo/semantics/altIdentifier/doi/") {
            add(&mut read.ids, RawId::Doi(doi.to_owned()));
        }
    }
    read
}
