//! Reads articles of the Journal Article Tag Suite (JATS), as PubMed Central and publishers deliver them: only the metadata.
//!
//! Source: ANSI/NISO Z39.96-2021, JATS version 1.3, tag set "Journal Archiving and Interchange".

use super::super::{Author, RawDate, RawId, Record};
use super::{Element, add};

/// Kinds of abstracts that are not the main one.
const OTHER_ABSTRACTS: [&str; 9] = [
    "graphical",
    "teaser",
    "toc",
    "summary",
    "plain-language-summary",
    "executive-summary",
    "short",
    "editor",
    "key-points",
];

/// Reads an `article`.
pub(super) fn read(article: Element<'_>) -> Result<Option<Record>, String> {
    let front = article.find("front").ok_or("expected `<front>`, found none")?;
    let meta = front.find("article-meta").ok_or("expected `<article-meta>`, found none")?;
    let mut read = Record {
        title: meta.find("title-group/article-title").map(Element::markup).unwrap_or_default(),
        venue: front
            .value("journal-meta/journal-title-group/journal-title")
            .or_else(|| front.value("journal-meta/journal-title")),
        publisher: front.value("journal-meta/publisher/publisher-name"),
        volume: meta.value("volume"),
        number: meta.value("issue"),
        language: article.attribute("lang"),
        kinds: article.attribute("article-type").into_iter().collect(),
        ..Record::default()
    };
    for id in meta.all("article-id") {
        let text = id.text();
        let id = match id.attribute("pub-id-type").as_deref() {
            _ if text.is_empty() => continue,
            Some("doi") => RawId::Doi(text),
            Some("pmid") => RawId::Pubmed(text),
            Some("pmc" | "pmcid") => RawId::PubmedCentral(text),
            Some("arxiv") => RawId::Arxiv(text),
            _ => continue,
        };
        add(&mut read.ids, id);
    }
    read.pages = meta.value("fpage").map(|first| match meta.value("lpage") {
        Some(last) if last != first => format!("{first}-{last}"),
        _ => first,
    });
    read.pages = read.pages.or_else(|| meta.value("elocation-id"));
    // Other kinds of abstracts are summaries for the table of contents or for laymen.
    let is_main = |text: &Element<'_>| {
        text.attribute("abstract-type").is_none_or(|kind| !OTHER_ABSTRACTS.contains(&kind.as_str()))
    };
    let main = meta.all("abstract").find(is_main);
    read.abstract_text = main.map(paragraphs).unwrap_or_default();
    for group in meta.all("contrib-group").filter(|group| !is_of_members(*group)) {
        // Some publishers give a collaboration a type of its own.
        let is_author = |contrib: &Element<'_>| {
            let kind = contrib.attribute("contrib-type");
            kind.is_none_or(|kind| kind == "author" || contrib.find("collab").is_some() && !kind.contains("editor"))
        };
        read.authors.extend(group.all("contrib").filter(is_author).filter_map(author));
    }
    for group in meta.all("kwd-group") {
        group.values("kwd").for_each(|keyword| add(&mut read.keywords, keyword));
    }
    // The first electronic publication, then any other date of publication.
    let mut dates: Vec<Element<'_>> = meta.all("pub-date").collect();
    dates.sort_by_key(|date| !(date.has("pub-type", "epub") || date.has("publication-format", "electronic")));
    read.dates.extend(dates.into_iter().filter_map(date));
    Ok(Some(read))
}

/// The paragraphs of an abstract and of its sections, each section after its title.
fn paragraphs(text: Element<'_>) -> String {
    // Some publishers write the text without paragraphs.
    if text.find("p").is_none() && text.find("sec").is_none() {
        return text.markup();
    }
    let mut parts = Vec::new();
    for child in text.children() {
        match child.name() {
            "title" => {}
            "sec" => {
                let label = child.value("title").map(|label| format!("{}: ", label.trim_end_matches([':', '.'])));
                let inner: Vec<String> = child.all("p").map(Element::markup).collect();
                parts.push(format!("{}{}", label.unwrap_or_default(), inner.join("\n")));
            }
            _ => parts.push(child.markup()),
        }
    }
    parts.retain(|part| !part.is_empty());
    parts.join("\n")
}

/// Whether a group of contributors lists the members of a collaboration, or editors: the authors are in another group.
fn is_of_members(group: Element<'_>) -> bool {
    let kind = group.attribute("content-type").or_else(|| group.attribute("specific-use")).unwrap_or_default();
    ["collab", "non-byline", "member", "editor", "reviewer"].iter().any(|word| kind.contains(word))
}

fn author(contrib: Element<'_>) -> Option<Author> {
    let collaboration = contrib.find("collab").or_else(|| contrib.find("collab-alternatives/collab"));
    if let Some(name) = collaboration.map(name_of_collaboration).filter(|name| !name.is_empty()) {
        return Some(Author::Group(name));
    }
    let names = ["name", "name-alternatives/name", "string-name", "name-alternatives/string-name"];
    let name = names.iter().find_map(|path| contrib.find(path))?;
    // A name without parts is written as it is printed.
    if name.find("surname").is_none() {
        return Some(name.text()).filter(|name| !name.is_empty()).map(Author::Printed);
    }
    let [given, suffix] = ["given-names", "suffix"].map(|part| name.value(part).unwrap_or_default());
    Some(Author::Person { family: name.value("surname")?, given, suffix })
}

/// The name of a collaboration without the members, addresses and notes that may be listed with it.
fn name_of_collaboration(collaboration: Element<'_>) -> String {
    let lists = ["contrib-group", "contrib", "aff", "xref", "fn", "address", "author-notes", "on-behalf-of"];
    collaboration.text_without(&lists)
}

fn date(date: Element<'_>) -> Option<RawDate> {
    let year = date.value("year")?;
    let [month, day] = ["month", "day"].map(|part| date.value(part).unwrap_or_default());
    Some(RawDate::Parts { year, month, day })
}
