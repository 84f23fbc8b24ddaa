//! Reads papers from XML: PubMed, Atom and RSS feeds, OAI-PMH, DBLP, JATS and MARC.
//!
//! One stream is handled in three steps. [`split`] cuts it into the texts of its records, [`tree`] parses one such text, and the
//! module of the format takes the values from the elements. So a malformed record costs only itself, and memory does not
//! grow with the file.

mod dblp;
mod feed;
mod jats;
mod marc;
mod oai;
mod pubmed;
mod recognise;
mod split;
#[cfg(test)]
mod tests;
mod tree;

use super::{Content, Record};
use crate::error::{Error, Result};
pub(super) use recognise::recognise;
use split::{RawRecord, Splitter};
use tree::{Element, Tree};

/// The number of values of a list that a new one is compared with.
const COMPARED: usize = 200;

/// A format of papers in XML.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum XmlFormat {
    /// PubMed's `PubmedArticleSet`.
    Pubmed,
    /// Atom (also arXiv's API) and RSS.
    Feed,
    /// Responses to requests of the OAI protocol.
    Oai,
    /// DBLP's dump and its pages of records.
    Dblp,
    /// Results of DBLP's search.
    DblpSearch,
    /// Articles of the Journal Article Tag Suite.
    Jats,
    /// Records of library catalogues.
    Marc,
}

/// Takes the values from the element of a record. `None` is an element that is not a paper; the error is the reason in words.
type ReadElement = fn(Element<'_>) -> Result<Option<Record>, String>;

impl XmlFormat {
    /// The names of the elements that are records, and the function that reads them.
    fn records(self) -> (&'static [&'static str], ReadElement) {
        match self {
            Self::Pubmed => (&["PubmedArticle", "PubmedBookArticle"], pubmed::read),
            Self::Feed => (&["entry", "item"], feed::read),
            // Some harvesters capitalise the name.
            Self::Oai => (&["record", "Record"], oai::read),
            Self::Dblp => (dblp::RECORDS, dblp::read),
            Self::DblpSearch => (&["hit"], dblp::read_hit),
            Self::Jats => (&["article"], jats::read),
            Self::Marc => (&["record"], marc::read),
        }
    }
}

/// A reader of a format.
pub(super) fn reader(format: XmlFormat, file: String, content: Content) -> Reader {
    Reader::new(format, file, content)
}

/// Reads the records of one file.
pub(super) struct Reader {
    file: String,
    splitter: Splitter,
    read: ReadElement,
    /// Whether an I/O error has ended the reading.
    has_failed: bool,
}

impl Reader {
    pub fn new(format: XmlFormat, file: String, content: Content) -> Self {
        let (names, read) = format.records();
        Self { file, splitter: Splitter::new(content, names), read, has_failed: false }
    }
}

impl Iterator for Reader {
    type Item = Result<Record>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.has_failed {
            match self.splitter.next() {
                Ok(raw) => {
                    let RawRecord { line, text } = raw?;
                    let record = text.and_then(|text| record(text, self.read));
                    match record {
                        Ok(None) => {}
                        Ok(Some(record)) => return Some(Ok(Record { line, ..record })),
                        Err(reason) => return Some(Err(Error::BadRecord { file: self.file.clone(), line, reason })),
                    }
                }
                Err(error) => {
                    self.has_failed = true;
                    return Some(Err(error.into()));
                }
            }
        }
        None
    }
}

/// Reads the text of one record; `None` is an element that is not a paper. The error is the reason in words.
fn record(text: &[u8], read: ReadElement) -> Result<Option<Record>, String> {
    let text = String::from_utf8_lossy(text);
    let tree = Tree::parse(&text)?;
    let record = tree.root().map(read).transpose()?.flatten();
    if record.as_ref().is_some_and(|record| record.title.is_empty()) {
        return Err("expected a title, found none".to_owned());
    }
    Ok(record)
}

/// Adds a value unless the list contains it already. Of a very long list, only the first values are compared, so that the time
/// is proportional to the length of the record.
fn add<T: PartialEq>(list: &mut Vec<T>, value: T) {
    if !list.iter().take(COMPARED).any(|known| *known == value) {
        list.push(value);
    }
}
