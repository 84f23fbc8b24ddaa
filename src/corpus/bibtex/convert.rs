//! Makes a record of an entry.
//!
//! The fields are those of BibTeX ("BibTeXing", O. Patashnik, 1988), of BibLaTeX (its manual, section 2.2), and those
//! that exports of databases and reference managers add.

use super::super::{Author, Loss, Record};
use super::braces::without_grouping;
use super::entry::{Entry, bare, split_outside_braces};
use super::ids::{arxiv_in, ids, preprint_server, verbatim};
use super::journals::journal;
use super::known::is_known;
use super::{dates, names};

/// Maximum number of keywords, and of categories. The bound keeps the time linear.
const MOST_WORDS: usize = 1000;

/// The record of an entry; the error is the reason in words.
pub(super) fn record(entry: Entry) -> Result<Record, String> {
    let Some(title) = title(&entry) else { return Err("expected a title, found none".to_owned()) };
    let mut record = Record {
        line: entry.line,
        title,
        ids: ids(&entry),
        dates: dates::dates(&entry),
        abstract_text: without_grouping(entry.get("abstract").unwrap_or_default()),
        ..Record::default()
    };
    add_authors(&mut record, &entry);
    add_subjects(&mut record, &entry);
    add_venue(&mut record, &entry);
    record.language = entry.bare(&["language", "langid", "hyphenation"]).map(str::to_owned);
    record.kinds.push(entry.kind.clone());
    record.kinds.extend(
        ["type", "document_type", "entrysubtype"].iter().filter_map(|name| Some(bare(entry.get(name)?).to_owned())),
    );
    let is_retracted = |kind: &String| kind.to_ascii_lowercase().contains("retracted");
    record.is_retracted = record.kinds.iter().any(is_retracted);
    record.citations = citations(&entry);
    record.url = url(&entry);
    for (name, _) in &entry.fields {
        if !is_known(name) && !record.unread.contains(name) {
            record.unread.push(name.clone());
        }
    }
    record.losses = entry.losses.into_iter().map(|(field, reason)| Loss { field, reason }).collect();
    Ok(record)
}

/// Whether an entry is a book as a whole, or the like.
fn is_whole(kind: &str) -> bool {
    let kind = kind.strip_prefix("mv").unwrap_or(kind);
    matches!(kind, "book" | "booklet" | "collection" | "proceedings" | "reference" | "periodical")
}

fn title(entry: &Entry) -> Option<String> {
    let title =
        entry.get("title").or_else(|| entry.first(&["booktitle", "maintitle"]).filter(|_| is_whole(&entry.kind)))?;
    let Some(subtitle) = entry.get("subtitle") else { return Some(without_grouping(title)) };
    let ends_with_mark = title.trim_end_matches(['}', ' ']).ends_with(['?', '!', ':', '.']);
    let between = if ends_with_mark { " " } else { ": " };
    Some(without_grouping(&format!("{title}{between}{subtitle}")))
}

fn add_authors(record: &mut Record, entry: &Entry) {
    let editor = || entry.get("editor").filter(|_| is_whole(&entry.kind));
    if let Some(list) = entry.get("author").or_else(editor) {
        record.authors = names::authors(list);
    }
    let collaboration = entry.get("collaboration").map(bare);
    if record.authors.is_empty() {
        let organisation = || entry.bare(&["organization", "institution"]).filter(|_| entry.kind != "inproceedings");
        record.organisation = collaboration.or_else(organisation).map(str::to_owned);
    } else if let Some(group) = collaboration {
        record.authors.push(Author::Group(group.to_owned()));
    }
}

fn add_subjects(record: &mut Record, entry: &Entry) {
    let mut categories: Vec<&str> = Vec::new();
    if let Some(class) = entry.bare(&["primaryclass", "eprintclass"]) {
        categories.extend(class.split([' ', ',', ';']));
    }
    for name in ["web-of-science-categories", "research-areas"] {
        categories.extend(entry.get(name).into_iter().flat_map(|areas| bare(areas).split(';')));
    }
    if let Some(classes) = entry.bare(&["mrclass"]) {
        categories.extend(classes.split([' ', ',', ';', '(', ')']));
    }
    push_new(&mut record.categories, categories);
    for name in ["author_keywords", "keywords", "keyword", "keywords-plus"] {
        let Some(keywords) = entry.get(name) else { continue };
        let keywords = bare(keywords);
        let separator = if keywords.contains(';') { ";" } else { "," };
        let parts = split_outside_braces(keywords, |text, place| text[place..].starts_with(separator).then_some(1));
        push_new(&mut record.keywords, parts);
    }
}

/// Adds texts that are not empty, each one once.
fn push_new(list: &mut Vec<String>, texts: Vec<&str>) {
    for text in texts {
        let text = bare(text);
        if !text.is_empty() && list.len() < MOST_WORDS && !list.iter().any(|known| known == text) {
            list.push(text.to_owned());
        }
    }
}

fn add_venue(record: &mut Record, entry: &Entry) {
    let kind = entry.kind.as_str();
    let is_part = kind.starts_with("in") || kind == "conference";
    let journal_names = ["journaltitle", "fjournal", "journal", "shortjournal", "journal-iso", "abbrev_source_title"];
    let in_journal = || entry.first(&journal_names);
    let in_book = || entry.first(&["booktitle", "maintitle", "eventtitle", "conference"]).filter(|_| !is_whole(kind));
    let venue = if is_part { in_book().or_else(in_journal) } else { in_journal().or_else(in_book) };
    let venue = venue.or_else(|| entry.get("series")).or_else(|| {
        let is_address = |text: &&str| text.contains("http") || text.contains("\\url") || text.contains("doi");
        entry.get("howpublished").filter(|text| !is_address(text))
    });
    let server = venue.and_then(|venue| preprint_server(bare(venue)));
    record.venue = venue.map(|venue| match journal(bare(venue)) {
        Some(name) => name.to_owned(),
        None => without_grouping(server.unwrap_or(venue)),
    });
    // `abs/1706.03762` as the volume, and `arXiv:1706.03762` as the number or the pages, are ids.
    let is_id = |value: &&str| arxiv_in(value, server.is_some()).is_some();
    let text = |names: &[&str]| {
        let values = names.iter().filter_map(|name| entry.get(name)).map(bare);
        values.filter(|value| !is_id(value)).map(str::to_owned).next()
    };
    record.volume = text(&["volume"]);
    record.number = text(&["number", "issue"]);
    record.pages = text(&["pages", "eid", "articleno", "article-number", "art_number"]).map(|pages| range(&pages));
    let publisher = entry.first(&["publisher", "school", "institution", "organization"]);
    record.publisher = publisher.map(without_grouping);
}

/// Pages with one hyphen between the first and the last one.
fn range(pages: &str) -> String {
    let pages = pages.replace("{\\textendash}", "-").replace("\\textendash", "-").replace(['–', '—'], "-");
    let mut range = String::with_capacity(pages.len());
    for c in pages.chars() {
        if c != '-' || !range.ends_with('-') {
            range.push(c);
        }
    }
    range
}

/// The number of citations, which the Web of Science and Scopus export: `Times-Cited = {12}`, `note = {Cited by: 12}`.
fn citations(entry: &Entry) -> Option<u32> {
    if let Some(times) = entry.bare(&["times-cited"]) {
        return times.parse().ok();
    }
    let note = entry.bare(&["note"])?.to_ascii_lowercase();
    let number = note.strip_prefix("cited by")?.trim_start_matches([':', ' ']);
    number.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

fn url(entry: &Entry) -> Option<String> {
    let address = |name: &&str| {
        let text = verbatim(entry.get(name)?);
        // A field may contain several addresses, and text before an address.
        text.split([' ', '\n', '\t'])
            .map(|word| word.trim_end_matches([',', ';']))
            .find(|word| word.contains("://"))
            .map(str::to_owned)
    };
    let addresses = ["url", "ee", "link", "bdsk-url-1", "adsurl", "howpublished"];
    let own = || entry.get("url").map(verbatim).filter(|text| text.contains('.'));
    addresses.iter().find_map(address).or_else(own)
}
