//! Reads feeds of papers: Atom, as arXiv's API and its announcements write it, and RSS 1.0 and 2.0, as arXiv and journals write it.
//!
//! Sources: RFC 4287 (Atom), the specifications of RSS 1.0 and 2.0, arXiv's API user manual (section 3.3) and its page on RSS
//! feeds, and the PRISM specification for the elements that publishers add.

use super::super::{Author, RawDate, RawId, Record, names};
use super::{COMPARED, Element, add};
use crate::corpus::beginning;

/// Reads an `entry` of Atom or an `item` of RSS. Their elements have different names or the same meaning.
pub(super) fn read(entry: Element<'_>) -> Result<Option<Record>, String> {
    let mut read = Record::default();
    let is_arxiv = add_ids(entry, &mut read)?;
    read.title = entry.find("title").map(content).unwrap_or_default();
    let texts = ["summary", "description", "abstract", "content", "encoded"];
    let text = texts.iter().filter_map(|name| entry.find(name)).map(content).find(|text| !text.is_empty());
    read.abstract_text = text.map(announced).unwrap_or_default();
    let authors = entry.all("author").filter_map(|author| author.value("name"));
    read.authors.extend(authors.map(Author::Printed));
    if read.authors.is_empty() {
        // Some feeds name all authors in one element.
        let creators: Vec<String> = entry.values("creator").collect();
        read.authors = match creators.as_slice() {
            [all] => names::split(all),
            several => several.iter().cloned().map(Author::Printed).collect(),
        };
    }
    if read.authors.is_empty() {
        read.authors.extend(entry.values("author").map(Author::Printed));
    }
    add_subjects(entry, is_arxiv, &mut read);
    add_links(entry, &mut read);
    // The date of an announcement of a revision says nothing about the first publication.
    if !entry.value("announce_type").is_some_and(|kind| kind.starts_with("replace")) {
        let names = ["published", "publicationDate", "pubDate", "date", "issued", "updated"];
        read.dates.extend(names.iter().filter_map(|name| entry.value(name)).map(RawDate::Text));
    }
    let venues = ["journal_ref", "journal_reference", "publicationName"];
    read.venue = venues.iter().find_map(|name| entry.value(name));
    read.volume = entry.value("volume");
    read.number = entry.value("number");
    read.pages = entry.value("startingPage").map(|first| match entry.value("endingPage") {
        Some(last) => format!("{first}-{last}"),
        None => first,
    });
    read.publisher = entry.value("publisher");
    read.language = entry.value("language");
    read.kinds.extend(entry.values("type"));
    Ok(Some(read))
}

/// Adds the ids; returns whether the entry is arXiv's. Instead of an invalid request's result, arXiv sends an entry with a message.
fn add_ids(entry: Element<'_>, read: &mut Record) -> Result<bool, String> {
    let id = entry.value("id").or_else(|| entry.value("guid"));
    if id.as_deref().is_some_and(|id| id.contains("arxiv.org/api/errors")) {
        let message = entry.value("summary").unwrap_or_default();
        return Err(format!("expected a paper, found arXiv's message `{}`", beginning(&message)));
    }
    let mut is_arxiv = false;
    read.ids.extend(id.map(|id| match id.strip_prefix("oai:arXiv.org:") {
        Some(id) => {
            is_arxiv = true;
            RawId::Arxiv(id.to_owned())
        }
        None if id.contains("://arxiv.org/abs/") => {
            is_arxiv = true;
            RawId::Arxiv(id)
        }
        None => RawId::Any(id),
    }));
    for name in ["doi", "DOI"] {
        entry.values(name).for_each(|doi| add(&mut read.ids, RawId::Doi(doi)));
    }
    entry.values("identifier").for_each(|id| add(&mut read.ids, RawId::Any(id)));
    Ok(is_arxiv)
}

/// The content of a text element: plain text or HTML. Only in XHTML, the tags are elements.
fn content(element: Element<'_>) -> String {
    if element.has("type", "xhtml") { element.markup() } else { element.text() }
}

/// The abstract without the line that arXiv's announcements put before it: `arXiv:… Announce Type: new`.
fn announced(text: String) -> String {
    let is_announcement = text.starts_with("arXiv:");
    match text.split_once("Abstract:") {
        Some((before, after)) if is_announcement && before.contains("Announce Type:") => after.trim().to_owned(),
        _ => text,
    }
}

/// arXiv's categories are a fixed list. In other feeds, they are free keywords.
fn add_subjects(entry: Element<'_>, is_arxiv: bool, read: &mut Record) {
    let list = if is_arxiv { &mut read.categories } else { &mut read.keywords };
    list.extend(entry.find("primary_category").and_then(|category| category.attribute("term")));
    for category in entry.all("category") {
        let term = category.attribute("term").unwrap_or_else(|| category.text());
        if !term.is_empty() {
            add(list, term);
        }
    }
    entry.values("subject").for_each(|subject| add(&mut read.keywords, subject));
}

fn add_links(entry: Element<'_>, read: &mut Record) {
    for link in entry.all("link") {
        let Some(address) = link.attribute("href").or_else(|| Some(link.text())).filter(|text| !text.is_empty()) else {
            continue;
        };
        let relation = link.attribute("rel");
        if link.has("title", "doi") {
            if !read.ids.iter().take(COMPARED).any(|id| matches!(id, RawId::Doi(_))) {
                read.ids.push(RawId::Doi(address));
            }
        } else if link.has("title", "pdf") || link.has("type", "application/pdf") {
            read.open_access.get_or_insert(address);
        } else if relation.is_none_or(|relation| relation == "alternate") {
            read.url.get_or_insert(address);
        }
    }
}
