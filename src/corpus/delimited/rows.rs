//! Reads the rows of a table. A quote that is never closed costs its row at most, not the rows after it; it costs nothing if
//! its line has as many cells as the header without the quote.
//!
//! In a well-formed table, a quote in a quoted cell is doubled. Therefore, a single quote at the start of a cell, in a later
//! line than that in which the quoted cell began, is a sign that the first quote was not closed; so are several lines with
//! as many cells as the header.

mod line_reader;
mod row;

use std::collections::VecDeque;
use std::io;

use super::Failure;
use crate::corpus::{Content, LONGEST_RECORD};
use line_reader::{Line, LineReader};
pub(super) use row::{NO_DELIMITER, Row};

/// Maximum length of a quoted cell with several lines, in bytes.
pub(super) const LONGEST_CELL: usize = 512 << 10;

pub(super) struct Rows {
    lines: LineReader,
    /// Lines that were read ahead.
    ahead: VecDeque<Line>,
    delimiter: u8,
    /// The number of cells in the header; 0 before it was read.
    cells: usize,
    /// No quote that is open at the end of a line before this one is closed in time.
    hopeless_until: u64,
    /// Buffer for a line split on its own.
    alone: Row,
}

impl Rows {
    pub fn new(content: Content) -> Self {
        let lines = LineReader::new(content, LONGEST_RECORD);
        Self { lines, ahead: VecDeque::new(), delimiter: b',', cells: 0, hopeless_until: 0, alone: Row::default() }
    }

    /// The first lines, which are read again afterwards.
    pub fn beginning(&mut self, count: usize) -> io::Result<Vec<Vec<u8>>> {
        while self.ahead.len() < count
            && let Some(line) = self.lines.read()?
        {
            self.ahead.push_back(line);
        }
        Ok(self.ahead.iter().map(|line| line.bytes.clone()).collect())
    }

    /// Sets the delimiter, and skips lines before the header.
    pub fn start(&mut self, delimiter: u8, skipped: usize) {
        self.delimiter = delimiter;
        self.ahead.drain(..skipped);
    }

    /// Sets the number of cells in the header.
    pub fn expect_cells(&mut self, cells: usize) {
        self.cells = cells;
    }

    /// Reads the next row that is not a blank line; false at the end.
    pub fn read(&mut self, row: &mut Row) -> Result<bool, Failure> {
        row.clear();
        loop {
            let Some(line) = self.next_line()? else { return Ok(false) };
            if line.is_too_long {
                let reason = format!("expected a row of at most {} MiB, found a longer line", LONGEST_RECORD >> 20);
                return Err(Failure::Row { line: line.number, reason });
            }
            if line.bytes.iter().all(u8::is_ascii_whitespace) && !line.bytes.contains(&self.delimiter) {
                continue;
            }
            row.line = line.number;
            row.add_line(&line.bytes, self.delimiter);
            if !row.is_open() {
                return Ok(true);
            }
            if row.reopen_as_text(&line.bytes, self.delimiter, self.cells) {
                return Ok(true);
            }
            let read = self.read_further_lines(row, line.number);
            // The lines after it are read again.
            let is_one_line = matches!(&read, Err(Failure::Row { line: at, .. }) if *at == line.number);
            if is_one_line && row.without_open_quote(&line, self.delimiter, self.cells) {
                return Ok(true);
            }
            return read.map(|()| true);
        }
    }

    fn next_line(&mut self) -> io::Result<Option<Line>> {
        match self.ahead.pop_front() {
            Some(line) => Ok(Some(line)),
            None => self.lines.read(),
        }
    }

    /// Reads the further lines of a row of which a quote is open since `line`.
    fn read_further_lines(&mut self, row: &mut Row, line: u64) -> Result<(), Failure> {
        let mut open_since = line;
        let mut opened = row.opened();
        let mut start = row.open_start();
        let mut held: VecDeque<Line> = VecDeque::new();
        let mut row_like = 0;
        let found = loop {
            if open_since < self.hopeless_until {
                break "the next row".to_owned();
            }
            let Some(next) = self.next_line()? else {
                self.hopeless_until = u64::MAX;
                break "the end of the file".to_owned();
            };
            let number = next.number;
            row.add_line(&next.bytes, self.delimiter);
            row_like = if self.is_row_without_quotes(&next.bytes) { row_like + 1 } else { 0 };
            let is_new_row = row.is_suspicious() && self.is_row(&next.bytes) || row_like >= self.row_like_limit();
            let is_too_long = row.is_open() && row.opened() == opened && row.open_length() > LONGEST_CELL;
            let is_row_too_long = next.is_too_long || row.length() > LONGEST_RECORD;
            held.push_back(next);
            if is_new_row || is_too_long || is_row_too_long {
                self.hopeless_until = number;
                break match (is_new_row, is_row_too_long) {
                    (true, _) => format!("what looks like a new row before line {}", number + 1),
                    (_, true) => format!("none within {} MiB", LONGEST_RECORD >> 20),
                    _ => format!("none within {} KiB", LONGEST_CELL >> 10),
                };
            }
            if !row.is_open() {
                return Ok(());
            }
            if row.opened() != opened {
                // The quote was closed, and that of a later cell is open.
                (open_since, opened, row_like) = (number, row.opened(), 0);
                start = row.open_start();
                held.clear();
            }
        };
        for line in held.into_iter().rev() {
            self.ahead.push_front(line);
        }
        let reason = format!("expected a closing quote for {}, found {found}", super::quoted(&row.excerpt(start)));
        Err(Failure::Row { line: open_since, reason })
    }

    /// Whether a line on its own is a row of the table.
    fn is_row(&mut self, line: &[u8]) -> bool {
        self.alone.clear();
        self.alone.add_line(line, self.delimiter);
        let cells = self.alone.len();
        cells == self.cells || self.alone.is_open() && cells > 1 && cells < self.cells
    }

    /// Whether a line without any quote has as many cells as the header. In prose, a space follows most delimiters.
    fn is_row_without_quotes(&self, line: &[u8]) -> bool {
        if line.contains(&b'"') {
            return false;
        }
        let delimiters = line.split(|byte| *byte == self.delimiter).count() - 1;
        let with_space = line.windows(2).filter(|two| *two == [self.delimiter, b' ']).count();
        delimiters > 0 && delimiters + 1 == self.cells && with_space * 2 < delimiters
    }

    /// The number of consecutive lines like rows that prove that a quote is not closed.
    fn row_like_limit(&self) -> usize {
        if self.cells > 2 { 3 } else { 6 }
    }
}
