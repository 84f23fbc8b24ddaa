//! Splits lines into cells. Besides the doubled quote of RFC 4180, a quote within a quoted cell may be written `\"` or even
//! alone: a quote closes a cell only where a delimiter or the end of the line follows.

use std::borrow::Cow;

use super::line_reader::Line;

/// The delimiter of a table with one column: it occurs in no line.
pub(in super::super) const NO_DELIMITER: u8 = b'\n';

/// The cells of a row.
#[derive(Debug, Default)]
pub(in super::super) struct Row {
    /// The number of the line at which the row starts.
    pub line: u64,
    /// The text of all cells.
    text: Vec<u8>,
    /// The ends of the cells in the text.
    ends: Vec<usize>,
    /// The cell that was not closed in the lines so far.
    open: Option<Open>,
    is_suspicious: bool,
}

/// A quoted cell that is not closed yet.
#[derive(Debug, Clone, Copy, Default)]
struct Open {
    /// The place in its line after the opening quote.
    place: usize,
    /// Whether a single quote was found within the cell.
    has_single_quote: bool,
    /// Whether `\"` was found within the cell.
    has_escape: bool,
}

impl Row {
    pub fn clear(&mut self) {
        *self = Self { text: std::mem::take(&mut self.text), ends: std::mem::take(&mut self.ends), ..Self::default() };
        self.text.clear();
        self.ends.clear();
    }

    /// Adds a cell.
    pub fn push(&mut self, cell: &str) {
        self.text.extend_from_slice(cell.as_bytes());
        self.ends.push(self.text.len());
    }

    /// The number of cells, including one that is not closed.
    pub fn len(&self) -> usize {
        self.ends.len() + usize::from(self.open.is_some())
    }

    /// Whether all cells are empty.
    pub fn is_empty(&self) -> bool {
        self.text.iter().all(u8::is_ascii_whitespace)
    }

    /// The bytes of a cell; none if the row has fewer cells.
    pub fn get(&self, cell: usize) -> &[u8] {
        let start = if cell == 0 { 0 } else { self.ends.get(cell - 1).copied().unwrap_or(self.text.len()) };
        &self.text[start..self.ends.get(cell).copied().unwrap_or(self.text.len())]
    }

    /// The text of a cell; empty if the row has fewer cells.
    pub fn text(&self, cell: usize) -> Cow<'_, str> {
        String::from_utf8_lossy(self.get(cell))
    }

    pub fn cells(&self) -> impl Iterator<Item = Cow<'_, str>> {
        (0..self.len()).map(|cell| self.text(cell))
    }

    /// Whether a quoted cell is not closed yet.
    pub fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// The cell that is not closed, or the number of all cells.
    pub fn opened(&self) -> usize {
        self.ends.len()
    }

    /// The number of bytes in all cells.
    pub fn length(&self) -> usize {
        self.text.len()
    }

    pub fn open_length(&self) -> usize {
        self.text.len() - self.open_start()
    }

    /// The beginning of the text from a place, for a message.
    pub fn excerpt(&self, start: usize) -> String {
        let end = self.text.len().min(start + 400);
        String::from_utf8_lossy(&self.text[start..end]).into_owned()
    }

    /// The place at which the text of the open cell starts.
    pub fn open_start(&self) -> usize {
        self.ends.last().copied().unwrap_or(0)
    }

    /// Whether the last line has a single quote at the start of a cell, although a quoted cell was open before it.
    pub fn is_suspicious(&self) -> bool {
        self.is_suspicious
    }

    /// Adds the cells of a line, the first of which may go on from the line before.
    pub fn add_line(&mut self, line: &[u8], delimiter: u8) {
        self.is_suspicious = false;
        let mut place = 0;
        if let Some(open) = self.open.take() {
            self.text.push(b'\n');
            match self.quoted(line, 0, delimiter, open, true) {
                Some(after) => place = after,
                None => return,
            }
            if place > line.len() {
                return;
            }
        }
        while place <= line.len() {
            let spaces = line[place..].iter().take_while(|byte| **byte == b' ').count();
            if line.get(place + spaces) == Some(&b'"') {
                let place_in_quotes = place + spaces + 1;
                let open = Open { place: place_in_quotes, ..Open::default() };
                match self.quoted(line, place_in_quotes, delimiter, open, false) {
                    Some(after) => place = after,
                    None => return,
                }
            } else {
                place = self.unquoted(line, place, delimiter);
            }
        }
    }

    /// Reads a line anew whose open quote is not closed in later lines, without the quote; tells whether the row is complete.
    pub(super) fn without_open_quote(&mut self, line: &Line, delimiter: u8, cells: usize) -> bool {
        self.clear();
        self.line = line.number;
        self.add_line(&line.bytes, delimiter);
        let Some(open) = self.open.take() else { return false };
        self.text.truncate(self.open_start());
        let mut place = open.place;
        while place <= line.bytes.len() {
            place = self.unquoted(&line.bytes, place, delimiter);
        }
        self.ends.len() == cells
    }

    /// Reads the open cell as a text that only begins with a quote, if the row is complete then; tells whether it is.
    ///
    /// Some programs never quote: `"Deep" learning`. A tab is hardly ever within a quoted cell of several lines.
    pub fn reopen_as_text(&mut self, line: &[u8], delimiter: u8, cells: usize) -> bool {
        let Some(open) = self.open else { return false };
        let start = open.place - 1;
        let more = line[start..].split(|byte| *byte == delimiter).count() - 1;
        if self.ends.len() + more + 1 != cells || !(open.has_single_quote || delimiter == b'\t' && more > 0) {
            return false;
        }
        self.text.truncate(self.open_start());
        self.open = None;
        let mut place = start;
        while place <= line.len() {
            place = self.unquoted(line, place, delimiter);
        }
        true
    }

    /// Adds an unquoted cell; returns the start of the next one, which is after the end of the line if there is none.
    fn unquoted(&mut self, line: &[u8], start: usize, delimiter: u8) -> usize {
        let length = line[start..].iter().position(|byte| *byte == delimiter);
        let end = length.map_or(line.len(), |length| start + length);
        self.text.extend_from_slice(&line[start..end]);
        self.ends.push(self.text.len());
        end + 1
    }

    /// Adds the text of a quoted cell from `start`; returns the start of the next cell, or `None` if the cell is not closed.
    fn quoted(&mut self, line: &[u8], start: usize, delimiter: u8, mut open: Open, was_open: bool) -> Option<usize> {
        let mut place = start;
        while let Some(quote) = line[place..].iter().position(|byte| *byte == b'"').map(|length| place + length) {
            self.text.extend_from_slice(&line[place..quote]);
            let next = line.get(quote + 1);
            if next == Some(&b'"') {
                self.text.push(b'"');
                place = quote + 2;
                continue;
            }
            let spaces = line[quote + 1..].iter().take_while(|byte| **byte == b' ').count();
            let end = quote + 1 + spaces;
            let backslashes = line[start..quote].iter().rev().take_while(|byte| **byte == b'\\').count();
            let is_escaped = backslashes % 2 == 1;
            if (end == line.len() || line[end] == delimiter) && !(is_escaped && open.has_escape) {
                self.ends.push(self.text.len());
                return Some(end + 1);
            }
            let is_start = quote == 0 || line[quote - 1] == delimiter;
            self.is_suspicious |= was_open && is_start;
            open.has_single_quote = true;
            if is_escaped && !is_umlaut(&line[start..quote], next) {
                open.has_escape = true;
                self.text.pop();
            }
            self.text.push(b'"');
            place = quote + 1;
        }
        self.text.extend_from_slice(&line[place..]);
        self.open = Some(open);
        None
    }
}

/// Whether a backslash and a quote between these texts are LaTeX's accent, as in `Schr\"odinger`.
fn is_umlaut(before: &[u8], next: Option<&u8>) -> bool {
    let previous = before.len().checked_sub(2).map(|place| before[place]);
    previous.is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'{')
        && next.is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'{')
}
