//! Reads EndNote XML: `<xml><records><record>…<titles><title><style …>`.
//!
//! Source: the DTD "RSXML" of EndNote (`RSXML.dtd`, in the folder of the program), and the files that EndNote, Zotero and
//! Mendeley write. The crate `biblib` is not used, for the reasons that [`super::tagged`] gives.

mod cut;
mod fields;
#[cfg(test)]
mod tests;

use cut::{Cut, Cutter};
use fields::{Field, fields};

use super::tagged::{Draft, Meaning, values};
use super::{Content, LONGEST_RECORD, Record};
use crate::error::{Error, Result};

/// Whether a text begins like an EndNote XML file: it has the elements around a record, and one that only EndNote has.
pub(super) fn is_endnote_xml(beginning: &str) -> bool {
    let beginning = beginning.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']);
    let has = |text: &str| beginning.contains(text);
    beginning.starts_with('<')
        && has("<records>")
        && has("<record>")
        && (has("<ref-type") || has("<source-app") || has("<contributors>") || has("<titles>"))
}

/// Reads the records of an EndNote XML file.
pub(super) struct Reader {
    file: String,
    cutter: Cutter,
    is_done: bool,
}

impl Reader {
    pub fn new(file: String, content: Content) -> Self {
        Self { file, cutter: Cutter::new(content, LONGEST_RECORD), is_done: false }
    }

    fn bad(&self, line: u64, reason: &str) -> Error {
        Error::BadRecord { file: self.file.clone(), line, reason: reason.to_owned() }
    }

    fn record(&self, line: u64, text: &str) -> Result<Record> {
        let fields = fields(text).map_err(|broken| {
            let before = text.bytes().take(broken.position).filter(|byte| *byte == b'\n').count();
            self.bad(line + before as u64, &broken.reason)
        })?;
        let record = Record { line, ..record(&fields) };
        if record.title.is_empty() { Err(self.bad(line, "expected a title, found none")) } else { Ok(record) }
    }
}

impl Iterator for Reader {
    type Item = Result<Record>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_done {
            return None;
        }
        match self.cutter.next() {
            Ok(Cut::Record(line, text)) => Some(self.record(line, &text)),
            Ok(Cut::Bad(line, reason)) => Some(Err(self.bad(line, reason))),
            Ok(Cut::End) => {
                self.is_done = true;
                None
            }
            Err(error) => {
                self.is_done = true;
                Some(Err(error.into()))
            }
        }
    }
}

/// Makes a record of its fields.
fn record(fields: &[Field]) -> Record {
    let of = |name: &str| fields.iter().find(|field| field.name == name).map(|field| field.text.as_str());
    let database = of("remote-database-name").or_else(|| of("remote-database-provider"));
    let mut draft = Draft::new(database.unwrap_or_default());
    for Field { parent, name, text } in fields {
        let meaning = match name.as_str() {
            // EndNote's field for the number of PubMed Central.
            "custom2" if values::pubmed_central(text).is_some() => Some(Meaning::Accession),
            _ => meaning(parent, name),
        };
        draft.add(name, meaning, text);
    }
    let mut record = draft.finish();
    values::split_only_keyword(&mut record.keywords);
    record
}

/// The table of elements.
fn meaning(parent: &str, name: &str) -> Option<Meaning> {
    Some(match (parent, name) {
        ("titles", "title") => Meaning::Title(0),
        ("titles", "short-title") => Meaning::Title(1),
        ("titles", "translated-title") => Meaning::Title(2),
        ("titles", "secondary-title") | ("periodical", "full-title") => Meaning::Venue(0),
        ("titles", "alt-title") | ("alt-periodical", "full-title") => Meaning::Venue(1),
        ("periodical" | "alt-periodical", _) => Meaning::Venue(2),
        ("authors", "author") => Meaning::Authors,
        ("keywords", "keyword") => Meaning::Keywords,
        ("dates", "year") => Meaning::Year,
        ("pub-dates", "date") => Meaning::Date,
        ("related-urls" | "web-urls", "url") => Meaning::Address(0),
        ("ref-type", "name") | (_, "work-type") => Meaning::Kinds,
        (_, "abstract") => Meaning::Abstract(0),
        (_, "volume") => Meaning::Volume,
        (_, "number" | "issue") => Meaning::Number(0),
        (_, "report-id") => Meaning::Number(1),
        (_, "pages") => Meaning::FirstPage(0),
        // The number of the article.
        (_, "custom7") => Meaning::FirstPage(1),
        (_, "publisher") => Meaning::Publisher,
        (_, "language") => Meaning::Language,
        (_, "electronic-resource-num") => Meaning::Doi,
        (_, "accession-num") => Meaning::Accession,
        (_, "rec-number") => Meaning::Own,
        _ if is_ignored(parent, name) => Meaning::Ignored,
        _ => return None,
    })
}

/// Ignored elements: editors, further titles, dates and files, numbers of books, places, remarks, custom fields,
/// and the state of the library.
fn is_ignored(parent: &str, name: &str) -> bool {
    let is_custom = ["custom", "misc"].iter().any(|start| {
        name.strip_prefix(start).is_some_and(|number| number.len() == 1 && number.as_bytes()[0].is_ascii_digit())
    });
    let is_part = parent == "titles" || ["authors", "-dates", "-urls", "-keys"].iter().any(|end| parent.ends_with(end));
    is_custom
        || is_part
        || matches!(
            name,
            "access-date"
                | "added-date"
                | "auth-address"
                | "auth-affiliaton"
                | "availability"
                | "call-num"
                | "caption"
                | "coden"
                | "database"
                | "edition"
                | "electronic-resource-num-type"
                | "image"
                | "isbn"
                | "label"
                | "last-updated-date"
                | "meeting-place"
                | "modified-date"
                | "notes"
                | "num-vols"
                | "orig-pub"
                | "pack-method"
                | "pub-location"
                | "ref-type"
                | "remote-database-name"
                | "remote-database-provider"
                | "remote-source"
                | "reprint-edition"
                | "reprint-status"
                | "repro-ratio"
                | "research-notes"
                | "reviewed-item"
                | "secondary-issue"
                | "secondary-volume"
                | "section"
                | "size"
                | "source-app"
                | "work-extent"
                | "work-location"
        )
}
