//! Reads papers as JSON: JSON Lines, arrays, single objects, and the answers of services, with the names that paperkin, arXiv,
//! Semantic Scholar, OpenAlex, Crossref, CSL-JSON and others use; see [`vocabulary`] for all.
//!
//! Sources: RFC 8259 (JSON), RFC 7464 (JSON text sequences), <https://jsonlines.org>, and the documentation of the services
//! that are named in [`vocabulary`].

use std::borrow::Cow;
use std::collections::VecDeque;

#[cfg(feature = "server")]
use serde_json::Value;

use super::{Content, LONGEST_RECORD, Record};
use crate::error::{Error, Result};
use node::quoted;
use stream::{Found, Objects};

mod abstracts;
mod authors;
mod dates;
mod envelope;
mod extent;
mod fields;
mod ids;
mod listed;
mod node;
mod object;
mod reading;
mod repair;
mod stream;
mod tables;
#[cfg(test)]
mod tests;
mod vocabulary;

/// The records of a file.
pub(super) struct Reader {
    file: String,
    objects: Objects,
    /// Papers of an object that contains several, each with its line.
    ahead: VecDeque<(u64, Result<Record, String>)>,
    /// Whether an object was found. Only the first one may be a table.
    is_first: bool,
    is_ended: bool,
}

impl Reader {
    pub fn new(file: String, content: Content) -> Self {
        Self { file, objects: Objects::new(content), ahead: VecDeque::new(), is_first: true, is_ended: false }
    }
}

impl Reader {
    fn at_line(&self, line: u64, read: Result<Record, String>) -> Result<Record> {
        match read {
            Ok(record) => Ok(Record { line, ..record }),
            Err(reason) => Err(Error::BadRecord { file: self.file.clone(), line, reason }),
        }
    }
}

impl Iterator for Reader {
    type Item = Result<Record>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some((line, read)) = self.ahead.pop_front() {
            return Some(self.at_line(line, read));
        }
        if self.is_ended {
            return None;
        }
        let (line, found) = match self.objects.next() {
            Ok(Some(found)) => found,
            Ok(None) => {
                self.is_ended = true;
                return None;
            }
            Err(error) => {
                self.is_ended = true;
                return Some(Err(error.into()));
            }
        };
        let read = match found {
            // Faster than to look for what is wrong at once.
            Found::Object(bytes) => {
                let text = str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed);
                let is_first = std::mem::take(&mut self.is_first);
                let table = if is_first { tables::rows(&text) } else { None };
                let read = if table.is_some() { Err(String::new()) } else { record(&text) };
                // In several objects, the same names mean the parts of each: `query`, `positive` and `negative`.
                let rows = table.or_else(|| if read.is_err() { tables::papers(&text, is_first) } else { None });
                let rows = rows.unwrap_or_default().into_iter();
                self.ahead.extend(rows.map(|(lines, row)| (line + lines, row)));
                read
            }
            Found::BrokenOff(bytes) => Err(object::broken_off(&String::from_utf8_lossy(bytes))),
            Found::TooLong => {
                Err(format!("expected a record of at most {} MiB, found a longer one", LONGEST_RECORD >> 20))
            }
            Found::Other(bytes) => {
                let text = String::from_utf8_lossy(bytes);
                Err(format!("expected a JSON object with a title, found `{}`", quoted(text.trim())))
            }
            Found::UnclosedArray => Err("expected `]` at the end of the list, but the file ends".to_owned()),
        };
        match self.ahead.pop_front() {
            Some((line, read)) => Some(self.at_line(line, read)),
            None => Some(self.at_line(line, read)),
        }
    }
}

/// The record that one JSON object describes; the error is the reason in words.
pub(super) fn record(object: &str) -> Result<Record, String> {
    object::record(object)
}

/// As [`record`], for an object that is already parsed. Its numbers have lost the zeros at their ends.
#[cfg(feature = "server")]
pub(super) fn record_of(object: &Value) -> Result<Record, String> {
    object::record(&object.to_string())
}

/// Whether a file that begins so is JSON.
pub(super) fn is_json(beginning: &str) -> bool {
    let is_space = |c: char| c.is_whitespace() || matches!(c, '\u{feff}' | '\u{1e}');
    let text = beginning.trim_start_matches(is_space);
    let next = |rest: &str| rest.trim_start().chars().next();
    if let Some(rest) = text.strip_prefix('{') {
        // An apostrophe is that of a Python dictionary, which is reported as such.
        return matches!(next(rest), None | Some('"' | '}' | '\''));
    }
    text.strip_prefix('[').is_some_and(|rest| matches!(next(rest), None | Some('{' | '[' | ']')))
}
