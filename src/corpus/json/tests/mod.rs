//! Tests of the reader with whole files.

use std::io::Cursor;

use super::*;
use crate::corpus::{Author, RawDate, RawId};

mod apis;
mod broken;
mod services;
mod shapes;
mod tables;
mod values;

fn read(text: impl AsRef<[u8]>) -> Vec<Result<Record>> {
    Reader::new("x.json".into(), Box::new(Cursor::new(text.as_ref().to_vec()))).collect()
}

/// The titles of a file with their lines, and the reasons for bad records.
fn titles(text: impl AsRef<[u8]>) -> Vec<String> {
    read(text).into_iter().map(shown).collect()
}

fn shown(read: Result<Record>) -> String {
    match read {
        Ok(record) => format!("{} {}", record.line, record.title),
        Err(Error::BadRecord { line, reason, .. }) => format!("{line}: {reason}"),
        Err(error) => error.to_string(),
    }
}

/// The only record of a file.
fn only(text: &str) -> Record {
    let mut records = read(text);
    assert_eq!(records.len(), 1, "{records:?}");
    records.remove(0).unwrap()
}

/// The only record of a file, which loses nothing.
fn whole(text: &str) -> Record {
    let record = only(text);
    assert_eq!(record.losses, []);
    assert_eq!(record.unread, Vec::<String>::new());
    record
}

fn printed(name: &str) -> Author {
    Author::Printed(name.to_owned())
}

fn person(family: &str, given: &str, suffix: &str) -> Author {
    Author::Person { family: family.to_owned(), given: given.to_owned(), suffix: suffix.to_owned() }
}

fn parts(year: &str, month: &str, day: &str) -> RawDate {
    RawDate::Parts { year: year.to_owned(), month: month.to_owned(), day: day.to_owned() }
}

fn date(text: &str) -> RawDate {
    RawDate::Text(text.to_owned())
}
