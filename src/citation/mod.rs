//! Citations of papers: BibTeX for LaTeX, RIS for reference managers, CSL-JSON for pandoc and Zotero, CSV for spreadsheets.
//!
//! All are UTF-8. In a bibliography, each field is on one line: a run of white space and control characters becomes one space.

use std::io::{self, Write};

use crate::paper::Paper;

pub use key::Keys;

mod authors;
mod bibtex;
mod csl;
mod key;
mod ris;
mod table;

/// A format for bibliographies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
pub enum Style {
    /// Entries for LaTeX's bibliographies
    Bibtex,
    /// Records for reference managers
    Ris,
    /// A JSON array of items for citation processors (Citation Style Language)
    CslJson,
    /// Rows of comma-separated values with all fields, for spreadsheets
    Csv,
}

impl Style {
    /// All styles.
    pub const ALL: [Self; 4] = [Self::Bibtex, Self::Ris, Self::CslJson, Self::Csv];

    /// The media type for HTTP.
    #[must_use]
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Bibtex => "application/x-bibtex; charset=utf-8",
            Self::Ris => "application/x-research-info-systems; charset=utf-8",
            Self::CslJson => "application/vnd.citationstyles.csl+json; charset=utf-8",
            Self::Csv => "text/csv; charset=utf-8",
        }
    }

    /// The extension of a file, without the dot.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Self::Bibtex => "bib",
            Self::Ris => "ris",
            Self::CslJson => "json",
            Self::Csv => "csv",
        }
    }
}

/// A bibliography that is written paper by paper. Only the citation keys already used are held in memory.
pub struct Bibliography<W: Write> {
    style: Style,
    keys: Keys,
    is_empty: bool,
    to: W,
}

impl<W: Write> Bibliography<W> {
    /// Begins a bibliography; nothing is written yet.
    pub fn new(style: Style, to: W) -> Self {
        Self { style, keys: Keys::default(), is_empty: true, to }
    }

    /// Writes one paper.
    ///
    /// # Errors
    /// When the writer fails.
    pub fn add(&mut self, paper: &Paper) -> io::Result<()> {
        let key = self.keys.next(paper);
        let is_first = std::mem::replace(&mut self.is_empty, false);
        match self.style {
            Style::Bibtex => {
                let gap = if is_first { "" } else { "\n" };
                write!(self.to, "{gap}{}", bibtex::entry(paper, &key))
            }
            Style::Ris => self.to.write_all(ris::record(paper).as_bytes()),
            Style::Csv => {
                let header = if is_first { table::header() } else { String::new() };
                write!(self.to, "{header}{}", table::row(paper))
            }
            Style::CslJson => {
                self.to.write_all(if is_first { b"[\n" } else { b",\n" })?;
                Ok(serde_json::to_writer(&mut self.to, &csl::Item::new(paper, &key))?)
            }
        }
    }

    /// Completes the bibliography; without this call, CSL-JSON is incomplete.
    ///
    /// # Errors
    /// When the writer fails.
    pub fn finish(mut self) -> io::Result<W> {
        match self.style {
            Style::CslJson => self.to.write_all(if self.is_empty { b"[]\n" } else { b"\n]\n" })?,
            Style::Csv if self.is_empty => self.to.write_all(table::header().as_bytes())?,
            _ => {}
        }
        Ok(self.to)
    }
}

/// A bibliography of some papers as one text.
///
/// ```
/// use paperkin::citation::{Style, bibliography};
/// use paperkin::paper::{Paper, PaperId};
/// let id = PaperId::parse("2001.00001").unwrap();
/// let paper = Paper { authors: vec!["Ada Smith".into()], ..Paper::new(id, "On 5% of Fish".into(), String::new()) };
/// let text = bibliography(Style::Bibtex, [&paper]);
/// assert!(text.starts_with("@misc{smith5,\n  title = {On 5\\% of {Fish}},\n  author = {Ada Smith},\n"));
/// ```
#[must_use]
pub fn bibliography<'a>(style: Style, papers: impl IntoIterator<Item = &'a Paper>) -> String {
    let mut bibliography = Bibliography::new(style, Vec::new());
    let added = papers.into_iter().try_for_each(|paper| bibliography.add(paper));
    // Writing to a vector cannot fail.
    let written = added.and_then(|()| bibliography.finish());
    String::from_utf8(written.unwrap_or_default()).unwrap_or_default()
}

/// A text on one line: every run of white space and control characters becomes one space, and none stays at the ends.
pub(crate) fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()) {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    line
}

#[cfg(test)]
mod tests;
