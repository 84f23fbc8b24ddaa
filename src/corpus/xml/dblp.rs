//! Reads DBLP: its dump (`dblp.xml`), its pages of persons and records, and the results of its search.
//!
//! Sources: the DTD `dblp.dtd`; Michael Ley, "DBLP — Some Lessons Learned" (VLDB 2009) with its appendix "DBLP XML Requests";
//! DBLP's page on its search API.

use super::super::names::without_number;
use super::super::{Author, RawDate, RawId, Record};
use super::pubmed::without_period;
use super::{COMPARED, Element, add};

/// The elements that are publications. `www`, the home page of a person, is not one.
pub(super) const RECORDS: &[&str] =
    &["article", "inproceedings", "proceedings", "book", "incollection", "phdthesis", "mastersthesis", "data"];

/// Reads a publication of the dump.
#[allow(clippy::unnecessary_wraps, reason = "the signature is that of all formats")]
pub(super) fn read(record: Element<'_>) -> Result<Option<Record>, String> {
    let mut read = common(record);
    read.ids.extend(record.attribute("key").map(RawId::Dblp));
    read.kinds.push(record.name().to_owned());
    if let Some(kind) = record.attribute("publtype") {
        read.is_retracted = kind.split_whitespace().any(|word| word == "withdrawn");
        read.kinds.push(kind);
    }
    read.authors = record.values("author").map(author).collect();
    // A volume of proceedings has editors only.
    if read.authors.is_empty() {
        read.authors = record.values("editor").map(author).collect();
    }
    let venues = ["journal", "booktitle", "series"];
    read.venue = venues.iter().find_map(|name| record.value(name));
    read.publisher = record.value("publisher").or_else(|| record.value("school"));
    for link in record.all("ee") {
        let address = link.text();
        if link.has("type", "oa") && !address.is_empty() {
            read.open_access.get_or_insert(address.clone());
        }
        add_address(address, &mut read);
    }
    Ok(Some(read))
}

/// Reads a hit of the search.
pub(super) fn read_hit(hit: Element<'_>) -> Result<Option<Record>, String> {
    let info = hit.find("info").ok_or("expected `<info>`, found none")?;
    let mut read = common(info);
    read.ids.extend(info.value("key").map(RawId::Dblp));
    read.ids.extend(info.value("doi").map(RawId::Doi));
    read.kinds.extend(info.values("type"));
    read.is_retracted = read.kinds.iter().any(|kind| kind.contains("Withdrawn"));
    let authors = info.find("authors").into_iter().flat_map(|authors| authors.values("author").collect::<Vec<_>>());
    read.authors = authors.map(author).collect();
    read.venue = info.value("venue");
    read.publisher = info.value("publisher");
    if let Some(address) = info.value("ee") {
        if info.value("access").as_deref() == Some("open") {
            read.open_access = Some(address.clone());
        }
        add_address(address, &mut read);
    }
    read.url = read.url.or_else(|| info.value("url"));
    Ok(Some(read))
}

fn common(record: Element<'_>) -> Record {
    let mut read = Record {
        title: without_period(record.find("title").map(Element::markup).unwrap_or_default()),
        volume: record.value("volume"),
        number: record.value("number"),
        pages: record.value("pages"),
        ..Record::default()
    };
    read.dates.extend(record.value("year").map(|year| {
        let month = record.value("month").unwrap_or_default();
        RawDate::Parts { year, month, day: String::new() }
    }));
    read
}

/// Adds the address of an electronic edition: as an id if it contains one. The first one is the page of the paper.
fn add_address(address: String, read: &mut Record) {
    if address.is_empty() {
        return;
    }
    if address.contains("doi.org/") || address.contains("://doi.") {
        let is_known =
            read.ids.iter().take(COMPARED).any(|id| matches!(id, RawId::Doi(doi) if address.ends_with(doi.as_str())));
        if !is_known {
            read.ids.push(RawId::Doi(address.clone()));
        }
    } else if address.contains("://arxiv.org/") {
        add(&mut read.ids, RawId::Arxiv(address.clone()));
    } else if address.contains("aclanthology.") || address.contains("aclweb.org/anthology") {
        add(&mut read.ids, RawId::Any(address.clone()));
    }
    read.url.get_or_insert(address);
}

fn author(name: String) -> Author {
    Author::Printed(without_number(&name).to_owned())
}
