//! Reads BibTeX and BibLaTeX files.
//!
//! The file is split into entries ([`split`]), an entry into fields ([`fields`]), whose macros are resolved
//! ([`macros`]). Entries that refer to others (`crossref`, `xdata`) are completed ([`parents`]): at once if these were
//! read before, else at the end of the file; until then they are in a temporary file. Then the fields become a record
//! ([`convert`]).
//!
//! In memory are at most: one entry of [`LONGEST_RECORD`] bytes and its values with macros resolved, 16 MiB of macros,
//! 32 MiB of fields of entries to which others may refer, and 8 MiB of entries that refer to others.

use std::io::{self, BufRead, BufReader, Seek, Write};

use tempfile::SpooledTempFile;

use super::{Content, LONGEST_RECORD, Loss, Record};
use crate::error::{Error, Result};

mod braces;
mod convert;
mod dates;
mod entry;
mod fields;
mod head;
mod ids;
mod journals;
mod known;
mod macros;
mod names;
mod parents;
mod split;
#[cfg(test)]
mod tests;

use entry::Entry;
pub(super) use head::is_bibtex;
use macros::Macros;
use parents::Parents;
use split::{End, Item, Splitter};

/// Maximum number of bytes of deferred entries in memory; the rest is in a temporary file.
const MOST_SET_ASIDE: usize = 8 << 20;

/// Reads the entries of a bibliography as records.
pub(super) struct Reader {
    file: String,
    splitter: Splitter,
    macros: Macros,
    parents: Parents,
    stage: Stage,
}

enum Stage {
    /// Reads the file. Entries that refer to one that was not read yet are set aside.
    File(Option<SpooledTempFile>),
    /// Reads the entries that were set aside, one a line.
    SetAside(BufReader<SpooledTempFile>),
    End,
}

impl Reader {
    pub fn new(file: String, content: Content) -> Self {
        let splitter = Splitter::new(content);
        Self { file, splitter, macros: Macros::default(), parents: Parents::default(), stage: Stage::File(None) }
    }

    /// The next record, or `None` at the end.
    fn read(&mut self) -> io::Result<Option<Result<Record>>> {
        while let Stage::File(_) = self.stage {
            match self.splitter.next()? {
                Some(item) => {
                    if let Some(record) = self.item(&item)? {
                        return Ok(Some(record));
                    }
                }
                None => self.turn()?,
            }
        }
        let Stage::SetAside(entries) = &mut self.stage else { return Ok(None) };
        let mut line = String::new();
        if entries.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        let mut entry: Entry = serde_json::from_str(&line)?;
        self.parents.complete(&mut entry);
        Ok(Some(self.record(entry)))
    }

    /// Goes on with the entries that were set aside.
    fn turn(&mut self) -> io::Result<()> {
        self.stage = match std::mem::replace(&mut self.stage, Stage::End) {
            Stage::File(Some(mut entries)) => {
                entries.rewind()?;
                Stage::SetAside(BufReader::new(entries))
            }
            _ => Stage::End,
        };
        Ok(())
    }

    /// The record of an item, if it is an entry that can be completed already.
    fn item(&mut self, item: &Item) -> io::Result<Option<Result<Record>>> {
        if item.end == End::TooLong {
            let reason = format!("expected an entry of at most {} MiB, found a longer one", LONGEST_RECORD >> 20);
            return Ok(Some(Err(self.bad(item.line, reason))));
        }
        let is_closed = item.end == End::Closed;
        if item.kind == "string" {
            let parsed = fields::definitions(&item.text, is_closed);
            self.macros.define(&parsed);
            let loss = parsed.losses.into_iter().next();
            return Ok(loss.map(|loss| Err(self.bad(item.line, format!("`@string`: {}", loss.reason)))));
        }
        if matches!(item.kind.as_str(), "preamble" | "set") {
            return Ok(None);
        }
        let mut entry = self.entry(item);
        self.parents.add(&entry);
        if item.kind == "xdata" {
            return Ok(None);
        }
        if !self.parents.has_all(&entry) {
            self.set_aside(&entry)?;
            return Ok(None);
        }
        self.parents.complete(&mut entry);
        if !is_closed && entry.get("title").is_none() {
            return Ok(Some(Err(self.bad(item.line, unclosed(item.end)))));
        }
        Ok(Some(self.record(entry)))
    }

    /// Parses an entry and resolves its macros.
    fn entry(&self, item: &Item) -> Entry {
        let parsed = fields::entry(&item.text, item.end == End::Closed);
        let mut entry =
            Entry { line: item.line, kind: item.kind.clone(), key: parsed.key.to_owned(), ..Entry::default() };
        let mut losses = parsed.losses;
        for (name, pieces) in parsed.fields {
            let value = self.macros.resolve(name, &pieces, &mut losses);
            entry.fields.push((name.to_ascii_lowercase(), value));
        }
        if losses.is_empty() && item.end != End::Closed {
            losses.push(bad_value(&format!("@{}", item.kind), unclosed(item.end)));
        }
        for loss in losses {
            entry.lose(loss);
        }
        entry
    }

    fn set_aside(&mut self, entry: &Entry) -> io::Result<()> {
        if let Stage::File(entries) = &mut self.stage {
            let entries = entries.get_or_insert_with(|| tempfile::spooled_tempfile(MOST_SET_ASIDE));
            let mut line = serde_json::to_vec(entry)?;
            line.push(b'\n');
            entries.write_all(&line)?;
        }
        Ok(())
    }

    fn record(&self, entry: Entry) -> Result<Record> {
        let line = entry.line;
        convert::record(entry).map_err(|reason| self.bad(line, reason))
    }

    fn bad(&self, line: u64, reason: String) -> Error {
        Error::BadRecord { file: self.file.clone(), line, reason }
    }
}

impl Iterator for Reader {
    type Item = Result<Record>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = self.read().unwrap_or_else(|error| {
            self.stage = Stage::End;
            Some(Err(error.into()))
        });
        if next.is_none() {
            self.stage = Stage::End;
        }
        next
    }
}

fn unclosed(end: End) -> String {
    let found = match end {
        End::Entry(line) => format!("the next entry in line {line}"),
        _ => "the end of the file".to_owned(),
    };
    format!("expected the end of the entry, found {found}")
}

fn bad_value(field: &str, reason: String) -> Loss {
    Loss { field: field.to_owned(), reason }
}

/// The start of a text, for a message.
fn quote(text: &str) -> String {
    let line = text.trim_start().lines().next().unwrap_or_default().trim_end();
    line.chars().take(40).collect()
}
