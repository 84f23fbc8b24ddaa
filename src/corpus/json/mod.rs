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
#[cfg(feature = "parquet")]
use fields::Field;
use node::quoted;
use stream::{Found, Objects};
use tables::Row;

mod abstracts;
mod authors;
mod dates;
mod envelope;
mod extent;
mod fields;
pub(super) mod ids;
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

/// A text that is JSON but for mistakes that are found in practice, as JSON; see [`repair`].
#[cfg(feature = "server")]
pub(crate) fn repaired(text: &str) -> String {
    repair::repair(text).text
}

/// The records of a file.
pub(super) struct Reader {
    file: String,
    objects: Objects,
    /// What was read but not yet returned: papers and reasons, each with its line.
    ahead: VecDeque<(u64, Result<Record, String>)>,
    /// Whether an object was found. Only the first one may be a table.
    is_first: bool,
    is_ended: bool,
}

impl Reader {
    pub fn new(file: String, content: Content) -> Self {
        Self { file, objects: Objects::new(content), ahead: VecDeque::new(), is_first: true, is_ended: false }
    }

    /// Reads what comes next in the file into `ahead`; false at the end.
    fn read_ahead(&mut self) -> std::io::Result<bool> {
        let Some((line, found)) = self.objects.next()? else { return Ok(false) };
        let rows = match found {
            // Faster than to look for what is wrong at once.
            Found::Object(bytes) => {
                let text = str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed);
                papers(&text, std::mem::take(&mut self.is_first))
            }
            Found::BrokenOff(bytes) => refused(object::broken_off(&String::from_utf8_lossy(bytes))),
            Found::TooLong => {
                refused(format!("expected a record of at most {} MiB, found a longer one", LONGEST_RECORD >> 20))
            }
            Found::Other(bytes) => {
                let text = String::from_utf8_lossy(bytes);
                refused(format!("expected a JSON object with a title, found `{}`", quoted(text.trim())))
            }
            Found::UnclosedArray => refused("expected `]` at the end of the list, but the file ends".to_owned()),
        };
        self.ahead.extend(rows.into_iter().map(|(lines, read)| (line + lines, read)));
        Ok(true)
    }
}

/// The papers of an object: the one that it describes, or those that it contains. Only the first object of a file may be
/// a table.
fn papers(object: &str, is_first: bool) -> Vec<Row> {
    let table = if is_first { tables::rows(object) } else { None };
    table.unwrap_or_else(|| {
        let read = record(object);
        // In several objects, the same names mean the parts of each: `query`, `positive` and `negative`.
        let several = if read.is_err() { tables::papers(object, is_first) } else { None };
        several.unwrap_or_else(|| vec![(0, read)])
    })
}

fn refused(reason: String) -> Vec<Row> {
    vec![(0, Err(reason))]
}

impl Iterator for Reader {
    type Item = Result<Record>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ahead.is_empty() && !self.is_ended {
            match self.read_ahead() {
                Ok(found) => self.is_ended = !found,
                Err(error) => {
                    self.is_ended = true;
                    return Some(Err(error.into()));
                }
            }
        }
        let (line, read) = self.ahead.pop_front()?;
        Some(match read {
            Ok(record) => Ok(Record { line, ..record }),
            Err(reason) => Err(Error::BadRecord { file: self.file.clone(), line, reason }),
        })
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

/// Whether a member of this name may be read, or reported as one that is not.
#[cfg(feature = "parquet")]
pub(super) fn may_be_used(name: &str) -> bool {
    match fields::field(name) {
        Some((field, _)) => field != Field::Unused,
        None => envelope::is_wrapper(name, false) || fields::looks_like_field(name),
    }
}

/// Whether a member of this name may be a title, or an object with one.
#[cfg(feature = "parquet")]
pub(super) fn may_have_title(name: &str, is_object: bool) -> bool {
    let is_title = fields::field(name).is_some_and(|(field, _)| field == Field::Title);
    is_title || is_object && envelope::is_wrapper(name, false)
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
