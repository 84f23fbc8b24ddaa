//! Reads bibliographic records in MARC 21 as XML (MARCXML), of library catalogues and of repositories that run Invenio.
//!
//! Sources: "MARC 21 Format for Bibliographic Data" of the Library of Congress, the schema `MARC21slim.xsd`, and the list
//! of Invenio's fields (269, 710 $g, 773 $p) in INSPIRE's guide to MARC.

use super::super::{Author, RawDate, RawId, Record};
use super::{Element, add};

/// Reads a `record`. A record without data fields is not a paper.
#[allow(clippy::unnecessary_wraps, reason = "the signature is that of all formats")]
pub(super) fn read(record: Element<'_>) -> Result<Option<Record>, String> {
    let record = Fields(record);
    let mut read = Record {
        title: record.title(),
        abstract_text: record.first("520", "a").unwrap_or_default(),
        language: record.first("041", "a"),
        publisher: ["264", "260"].iter().find_map(|tag| record.first(tag, "b")).map(|text| bare(&text)),
        venue: record.first("773", "p").or_else(|| record.first("773", "t")).map(|text| bare(&text)),
        volume: record.first("773", "v"),
        number: record.first("773", "n"),
        pages: record.first("773", "c"),
        url: record.first("856", "u"),
        ..Record::default()
    };
    for tag in ["024", "037"] {
        for field in record.all(tag) {
            read.ids.extend(id(field, tag == "024"));
        }
    }
    let number = record.0.all("controlfield").find(|field| field.has("tag", "001"));
    read.ids.extend(number.map(Element::text).filter(|text| !text.is_empty()).map(RawId::Own));
    for tag in ["100", "700"] {
        for field in record.all(tag).filter(|field| is_author(*field)) {
            read.authors.extend(subfield(field, "a").map(|name| Author::Printed(bare(&name))));
        }
    }
    for (tag, code) in [("110", "a"), ("111", "a"), ("710", "g")] {
        let names = record.all(tag).filter_map(|field| subfield(field, code));
        read.authors.extend(names.map(|name| Author::Group(bare(&name))));
    }
    for tag in ["650", "653", "695"] {
        let keywords = record.all(tag).filter_map(|field| subfield(field, "a"));
        keywords.for_each(|keyword| add(&mut read.keywords, keyword.trim_end_matches('.').to_owned()));
    }
    for (tag, code) in [("264", "c"), ("260", "c"), ("269", "c"), ("773", "y"), ("502", "d")] {
        read.dates.extend(record.first(tag, code).map(|date| RawDate::Text(bare_date(&date))));
    }
    Ok((record.0.find("datafield").is_some()).then_some(read))
}

/// The data fields of a record.
struct Fields<'t>(Element<'t>);

impl<'t> Fields<'t> {
    /// The fields with a tag of three digits.
    fn all(&self, tag: &str) -> impl Iterator<Item = Element<'t>> {
        self.0.all("datafield").filter(move |field| field.has("tag", tag))
    }

    /// The first subfield with a code of a field with a tag.
    fn first(&self, tag: &str, code: &str) -> Option<String> {
        self.all(tag).find_map(|field| subfield(field, code))
    }

    /// The title with the rest of it, which catalogues separate by ` : ` at the end of the first part.
    fn title(&self) -> String {
        let title = self.first("245", "a").map(|text| bare(&text)).unwrap_or_default();
        match self.first("245", "b").map(|text| bare(&text)) {
            Some(rest) if !title.is_empty() && !rest.is_empty() => format!("{title}: {rest}"),
            _ => title,
        }
    }
}

fn subfield(field: Element<'_>, code: &str) -> Option<String> {
    field.all("subfield").find(|part| part.has("code", code)).map(Element::text).filter(|text| !text.is_empty())
}

/// The id in a field whose subfield `2` or `9` names the scheme.
fn id(field: Element<'_>, may_be_doi: bool) -> Option<RawId> {
    let text = subfield(field, "a")?;
    let scheme = subfield(field, "2").or_else(|| subfield(field, "9")).unwrap_or_default().to_lowercase();
    match scheme.as_str() {
        "doi" => Some(RawId::Doi(text)),
        "arxiv" => Some(RawId::Arxiv(text)),
        _ => (may_be_doi && text.starts_with("10.")).then_some(RawId::Doi(text)),
    }
}

/// Whether a person is an author: catalogues name the role of others in words or codes.
fn is_author(field: Element<'_>) -> bool {
    let roles = field.all("subfield").filter(|part| part.has("code", "e") || part.has("code", "4"));
    let roles: Vec<String> = roles.map(|role| role.text().to_lowercase()).collect();
    roles.is_empty() || roles.iter().any(|role| role.contains("aut") || role == "cre" || role.contains("creator"))
}

/// A text without the punctuation that catalogues put before the next subfield.
fn bare(text: &str) -> String {
    text.trim_end_matches([' ', '/', ':', ';', ',', '=']).to_owned()
}

/// A date such as `[2019?]`, `c2019.` or `©2019` without the marks around it.
fn bare_date(text: &str) -> String {
    text.trim_matches(|c: char| matches!(c, '[' | ']' | '?' | '.' | ',' | '©' | 'c' | ' ')).to_owned()
}
