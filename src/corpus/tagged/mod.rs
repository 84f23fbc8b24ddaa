//! Reads the tagged text formats of reference managers and databases: a line per field, which begins with a short tag.
//!
//! Each format defines the notation of its lines (a [`Format`]) and the meaning of its tags (a table in its module). The rest
//! is shared. The crate `biblib` is not used: it takes a whole file as one string, ends at the first invalid
//! record or value, takes editors of EndNote XML for authors, and knows no Web of Science files.

mod dates;
mod draft;
mod fields;
mod lines;
mod names;
pub(super) mod nbib;
pub(super) mod refer;
pub(super) mod ris;
#[cfg(test)]
mod tests;
pub(super) mod values;
pub(super) mod web_of_science;

use std::marker::PhantomData;

use dates::dates;
pub(super) use draft::{Draft, Meaning};
use fields::{Fields, Tag};
use lines::{Lines, Next};

use crate::corpus::{Content, LONGEST_RECORD, Record};
use crate::error::{Error, Result};

/// What a line is.
pub(super) enum Part<'l> {
    /// The first line of a field.
    Field(Tag, &'l str),
    /// A further line of the current field.
    Continuation(&'l str),
    /// The end of a record.
    End,
    /// A line without text.
    Blank,
}

/// The notation of a format.
pub(super) trait Format {
    /// Splits the first line of a field in tag and value; `None` for any other line.
    fn field(line: &str) -> Option<(Tag, &str)>;

    /// Whether a field of this tag ends a record.
    fn is_end(_tag: &str) -> bool {
        false
    }

    /// Classifies a line.
    fn part(line: &str) -> Part<'_> {
        if line.trim().is_empty() {
            return Part::Blank;
        }
        match Self::field(line) {
            Some((tag, _)) if Self::is_end(tag.as_str()) => Part::End,
            Some((tag, value)) => Part::Field(tag, value),
            None => Part::Continuation(line.trim()),
        }
    }

    /// Whether a field does not belong to the record so far, but starts the next one. `after_blank`: a blank line
    /// precedes it.
    fn starts(tag: &str, so_far: &Fields, after_blank: bool) -> bool;

    /// Reads a record from its fields.
    fn record(fields: &Fields) -> Record;
}

/// The state of the reader.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before the first field of a record.
    Outside,
    /// In a record.
    Inside,
    /// In a record that is too long: its fields are dropped up to its end.
    TooLong,
}

/// The records of a file in a tagged format.
pub(super) struct Records<F> {
    file: String,
    lines: Lines,
    fields: Fields,
    state: State,
    /// Whether a blank line precedes the current one.
    after_blank: bool,
    is_done: bool,
    format: PhantomData<fn() -> F>,
}

impl<F: Format> Records<F> {
    pub fn new(file: String, content: Content) -> Self {
        Self {
            file,
            lines: Lines::new(content, LONGEST_RECORD),
            fields: Fields::default(),
            state: State::Outside,
            after_blank: false,
            is_done: false,
            format: PhantomData,
        }
    }

    /// Ends the current record, if there is one.
    fn finish(&mut self) -> Option<Result<Record>> {
        match std::mem::replace(&mut self.state, State::Outside) {
            State::Outside => return None,
            State::TooLong => return Some(Err(self.bad("expected a record of at most 8 MiB, found a longer one"))),
            State::Inside => {}
        }
        let mut record = F::record(&self.fields);
        if record.title.is_empty() {
            return Some(Err(self.bad("expected a title, found none")));
        }
        record.line = self.fields.line;
        Some(Ok(record))
    }

    fn bad(&self, reason: &str) -> Error {
        Error::BadRecord { file: self.file.clone(), line: self.fields.line, reason: reason.to_owned() }
    }

    fn begin(&mut self) {
        self.fields.begin(self.lines.number());
        self.state = State::Inside;
    }

    /// Takes the current line; yields the record that it ends.
    fn take_line(&mut self) -> Option<Result<Record>> {
        let line = String::from_utf8_lossy(self.lines.bytes());
        match F::part(&line) {
            Part::Blank => self.after_blank = true,
            Part::End => return self.finish(),
            Part::Continuation(text) => {
                self.after_blank = false;
                // Text before the first field of a record is the header of the file or of a batch.
                if self.state == State::Inside {
                    self.fields.append(text);
                    self.limit();
                }
            }
            Part::Field(tag, value) => {
                let after_blank = std::mem::take(&mut self.after_blank);
                if self.state != State::Outside && !F::starts(tag.as_str(), &self.fields, after_blank) {
                    if self.state == State::Inside {
                        self.fields.push(tag, value);
                        self.limit();
                    }
                    return None;
                }
                let value = value.to_owned();
                let ended = self.finish();
                self.begin();
                self.fields.push(tag, &value);
                return ended;
            }
        }
        None
    }

    fn limit(&mut self) {
        if self.fields.size() > LONGEST_RECORD {
            self.drop_fields();
        }
    }

    /// Drops the fields of a record that is too long, except for its line.
    fn drop_fields(&mut self) {
        self.state = State::TooLong;
        self.fields.begin(self.fields.line);
    }
}

impl<F: Format> Iterator for Records<F> {
    type Item = Result<Record>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.is_done {
            match self.lines.read() {
                Ok(Next::Line) => {
                    if let Some(record) = self.take_line() {
                        return Some(record);
                    }
                }
                Ok(Next::TooLong) => {
                    if self.state == State::Outside {
                        self.begin();
                    }
                    self.drop_fields();
                }
                Ok(Next::End) => {
                    self.is_done = true;
                    return self.finish();
                }
                Err(error) => {
                    self.is_done = true;
                    return Some(Err(error.into()));
                }
            }
        }
        None
    }
}
