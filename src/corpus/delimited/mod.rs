//! Reads tables with a header: values separated by commas, semicolons, tabs or vertical bars (RFC 4180, and the variants of Excel,
//! Scopus, Web of Science, Zotero, PubMed, IEEE Xplore, Lens.org, Dimensions, OpenAlex, pandas and others).
//! Columns are found by name, in any order.

mod blocks;
mod columns;
mod header;
mod lists;
mod paper;
mod rows;
mod synonyms;

#[cfg(test)]
mod tests;

use super::{Content, Record};
use crate::error::{Error, Result};
use blocks::Block;
use columns::Columns;
pub(crate) use columns::is_null;
use rows::{Row, Rows};

/// The names of the columns, if a text is a table with a header that has known columns, but none of titles.
pub(super) fn columns_without_title(beginning: &str) -> Option<String> {
    header::names_without_title(beginning)
}

/// Whether a file that begins so is a table with a column of titles.
pub(super) fn is_header(beginning: &str) -> bool {
    let lines = header::lines(beginning);
    header::find(&lines).is_some() || blocks::is_table(&lines)
}

/// Reads the papers of a table, one per row.
pub(super) struct Reader {
    file: String,
    rows: Rows,
    columns: Option<Columns>,
    row: Row,
    /// The present record, in a table in which every line is a field.
    block: Option<Block>,
    has_ended: bool,
}

impl Reader {
    pub fn new(file: String, content: Content) -> Self {
        Self { file, rows: Rows::new(content), columns: None, row: Row::default(), block: None, has_ended: false }
    }

    /// The next paper; `None` at the end.
    fn read(&mut self) -> Result<Option<Record>, Failure> {
        if let Some(block) = &mut self.block {
            return block.read(&mut self.rows, &mut self.row);
        }
        if self.columns.is_none() {
            match self.header()? {
                Some(columns) => self.columns = Some(columns),
                None if self.block.is_some() => return self.read(),
                None => return Ok(None),
            }
        }
        let Some(columns) = &self.columns else { return Ok(None) };
        while self.rows.read(&mut self.row)? {
            if self.row.is_empty() || columns.is_header(&self.row) {
                continue;
            }
            let bad = |reason| Failure::Row { line: self.row.line, reason };
            return paper::record(columns, &self.row).map(Some).map_err(bad);
        }
        Ok(None)
    }

    /// Reads the header; `None` if the file is empty, or a table of blocks.
    fn header(&mut self) -> Result<Option<Columns>, Failure> {
        let beginning = self.rows.beginning(header::EXAMINED_LINES)?;
        if blocks::is_table(&beginning) {
            self.block = Some(Block::default());
            self.rows.start(b',', 0);
            return Ok(None);
        }
        let Some(found) = header::find(&beginning).or_else(|| header::without_title(&beginning)) else {
            return Ok(None);
        };
        self.rows.start(found.delimiter, found.line);
        if !self.rows.read(&mut self.row)? {
            return Ok(None);
        }
        self.rows.expect_cells(self.row.len());
        let columns = Columns::of(&self.row);
        if !columns.has_title() {
            return Err(Failure::Header(format!("expected a column `title`; the columns are {}", columns.names())));
        }
        Ok(Some(columns))
    }
}

impl Iterator for Reader {
    type Item = Result<Record>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.has_ended {
            return None;
        }
        let bad = |file: &str, line, reason| Error::BadRecord { file: file.to_owned(), line, reason };
        match self.read() {
            Ok(Some(record)) => Some(Ok(record)),
            Ok(None) => {
                self.has_ended = true;
                None
            }
            Err(Failure::Row { line, reason }) => Some(Err(bad(&self.file, line, reason))),
            Err(Failure::Header(reason)) => {
                self.has_ended = true;
                Some(Err(bad(&self.file, 1, reason)))
            }
            Err(Failure::Io(error)) => {
                self.has_ended = true;
                Some(Err(error.into()))
            }
        }
    }
}

/// Why a row was not read.
#[derive(Debug)]
enum Failure {
    /// The row cannot be used; the rows after it can be read.
    Row { line: u64, reason: String },
    /// The table has no column of titles.
    Header(String),
    /// The file cannot be read further.
    Io(std::io::Error),
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::Io(error)
    }
}

/// A text for quoting in a message: on one line, of at most 40 characters.
fn quoted(text: &str) -> String {
    format!("`{}`", super::shortened(text))
}
