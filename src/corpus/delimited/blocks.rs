//! Reads the table of Embase in which every line is a field, and every record a block of lines from its title on:
//!
//! ```text
//! "TITLE","On fish"
//! "AUTHOR NAMES","Smith A.","Lee B."
//! "PUBLICATION YEAR","2019"
//! ```

use super::Failure;
use super::columns::{self, Columns, Names};
use super::paper;
use super::rows::{Row, Rows};
use crate::corpus::Record;

/// The field with which a block begins.
const FIRST: &str = "TITLE";

/// Whether a table that begins with these lines is one of blocks.
pub(super) fn is_table(lines: &[Vec<u8>]) -> bool {
    let names: Vec<Row> = lines.iter().filter(|line| !line.trim_ascii().is_empty()).map(|line| name(line)).collect();
    let first = names.iter().position(|name| name.text(0) == FIRST);
    // Lines of a long value have no name.
    let is_field = |name: &&Row| !name.text(0).contains(char::is_lowercase) && Names::of(name).known() == 1;
    first.is_some_and(|first| first < 3 && names[first + 1..].iter().filter(is_field).count() >= 3)
}

/// The name of the field in a line, if the line has a value too.
fn name(line: &[u8]) -> Row {
    let mut cells = Row::default();
    cells.add_line(line, b',');
    let mut name = Row::default();
    if cells.len() > 1 {
        name.push(cells.text(0).trim_start_matches('\u{feff}').trim());
    }
    name
}

/// A record, of which the lines are read so far.
#[derive(Default)]
pub(super) struct Block {
    /// The line of its title; 0 before the first one.
    line: u64,
    names: Row,
    values: Row,
}

impl Block {
    /// Reads the next record; `None` at the end. The block contains the first line of the record after it.
    pub fn read(&mut self, rows: &mut Rows, row: &mut Row) -> Result<Option<Record>, Failure> {
        while rows.read(row)? {
            let name = row.text(0).trim_start_matches('\u{feff}').trim().to_owned();
            let finished = (name == FIRST && self.line > 0).then(|| std::mem::take(self));
            if self.line == 0 && name == FIRST {
                self.line = row.line;
            }
            // What precedes the first title is about the search.
            if self.line > 0 && row.len() > 1 {
                let separator = if columns::is_list(&name) { "; " } else { " " };
                let values: Vec<String> = (1..row.len()).map(|cell| row.text(cell).trim().to_owned()).collect();
                self.names.push(&name);
                self.values.push(&values.join(separator));
            }
            if let Some(finished) = finished {
                return finished.record().map(Some);
            }
        }
        if self.line == 0 { Ok(None) } else { std::mem::take(self).record().map(Some) }
    }

    fn record(mut self) -> Result<Record, Failure> {
        self.values.line = self.line;
        let read = paper::record(&Columns::of(&self.names), &self.values);
        read.map_err(|reason| Failure::Row { line: self.line, reason })
    }
}
