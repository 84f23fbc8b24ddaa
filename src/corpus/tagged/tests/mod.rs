//! Tests of what all tagged formats have in common; the modules test each format.

mod nbib;
mod refer;
mod ris;
mod web_of_science;

use std::io::{self, BufReader, Cursor, Read};

use proptest::prelude::*;

use super::*;
use crate::corpus::{Author, RawDate, RawId};

/// The records of a text; errors as `line: reason`.
fn read<F: Format>(text: impl Into<Vec<u8>>) -> Vec<Result<Record, String>> {
    let records = Records::<F>::new("x".into(), Box::new(Cursor::new(text.into())));
    let reason = |error| match error {
        Error::BadRecord { line, reason, .. } => format!("{line}: {reason}"),
        error => error.to_string(),
    };
    records.map(|record| record.map_err(reason)).collect()
}

/// The only record of a text.
fn only<F: Format>(text: &str) -> Record {
    let mut records = read::<F>(text);
    assert_eq!(records.len(), 1, "{records:?}");
    records.remove(0).unwrap()
}

fn titles<F: Format>(text: &str) -> Vec<String> {
    read::<F>(text).into_iter().map(|record| record.map_or_else(|error| error, |record| record.title)).collect()
}

fn person(family: &str, given: &str) -> Author {
    Author::Person { family: family.into(), given: given.into(), suffix: String::new() }
}

fn text_dates(record: &Record) -> Vec<&str> {
    let dates = record.dates.iter().map(|date| match date {
        RawDate::Text(text) => text.as_str(),
        other => panic!("{other:?}"),
    });
    dates.collect()
}

#[test]
fn a_record_over_the_limit_is_reported_and_the_next_one_is_read() {
    let line = format!("  {}\n", "x".repeat(1 << 20));
    let long = format!("TY  - JOUR\nTI  - A\nAB  -\n{}ER  - \nTY  - JOUR\nTI  - B\nER  - \n", line.repeat(9));
    let without_end = long.replacen("ER  - \n", "", 1);
    for text in [&long, &without_end] {
        assert_eq!(titles::<super::ris::Ris>(text), ["1: expected a record of at most 8 MiB, found a longer one", "B"]);
    }
    let in_one_line = format!("TI  - {}\nTY  - JOUR\nTI  - B\n", "x".repeat(9 << 20));
    assert_eq!(
        titles::<super::ris::Ris>(&in_one_line),
        ["1: expected a record of at most 8 MiB, found a longer one", "B"]
    );
}

#[test]
fn a_record_of_very_many_fields_is_over_the_limit() {
    let text = format!("TY  - JOUR\nTI  - A\n{}ER  - \n", "N1  - \n".repeat(1 << 19));
    assert_eq!(titles::<super::ris::Ris>(&text), ["1: expected a record of at most 8 MiB, found a longer one"]);
}

#[test]
fn an_error_of_the_system_ends_reading() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("broken"))
        }
    }
    let content = Box::new(BufReader::new(Cursor::new("TY  - JOUR\nTI  - A\nER  - \nTY  - ").chain(Broken)));
    let mut records = super::ris::Reader::new("x".into(), content);
    assert_eq!(records.next().unwrap().unwrap().title, "A");
    assert!(matches!(records.next(), Some(Err(Error::Io(_)))));
    assert!(records.next().is_none());
}

#[test]
fn invalid_utf_8_is_replaced() {
    let records = read::<super::ris::Ris>(b"TY  - JOUR\nTI  - A\xffB\nER  - \n".to_vec());
    assert_eq!(records[0].as_ref().unwrap().title, "A\u{fffd}B");
}

#[test]
fn each_format_is_recognised_by_its_own_recogniser_only() {
    let recognisers =
        [super::ris::is_ris, super::nbib::is_nbib, super::web_of_science::is_web_of_science, super::refer::is_refer];
    for (place, file) in [ris::FILE, nbib::FILE, web_of_science::FILE, refer::FILE].into_iter().enumerate() {
        for (other, recogniser) in recognisers.iter().enumerate() {
            for text in
                [file.to_owned(), format!("\u{feff}\n\r\n{file}"), file.replace('\n', "\r\n"), file.replace('\n', "\r")]
            {
                assert_eq!(recogniser(&text), place == other, "file {place}, recogniser {other}");
            }
        }
    }
    let others = [
        "",
        "TY for everything. The paper - we think - is good.\nTY\n",
        "PT J is a short name.\nAU revoir.\n",
        "PMID- is written before a number.\n",
        "% A comment\n\\documentclass{article}\n% T\n",
        "%PDF-1.4\n%T x\n",
        "@article{x, title = {TY  - JOUR}}\n",
        "{\"title\": \"PMID- 123\"}\n",
        "id,title\n1,TY\n",
    ];
    for text in others {
        assert!(recognisers.iter().all(|recogniser| !recogniser(text)), "{text:?}");
    }
}

/// A mutation of a text: a cut, a changed byte or a repeated piece.
fn mutated(mut text: Vec<u8>, changes: &[(u8, usize, usize, u8)]) -> Vec<u8> {
    for (kind, from, length, byte) in changes {
        let from = from % (text.len() + 1);
        let to = (from + length).min(text.len());
        match kind {
            0 => drop(text.drain(from..to)),
            1 => text.get_mut(from).into_iter().for_each(|place| *place = *byte),
            2 => {
                let piece = text[from..to].repeat(3);
                text.splice(from..from, piece);
            }
            _ => text.truncate(from.max(40)),
        }
    }
    text
}

proptest! {
    #[test]
    fn no_change_of_a_file_breaks_reading(
        changes in proptest::collection::vec((0..4_u8, 0..4000_usize, 0..60_usize, any::<u8>()), 0..12),
    ) {
        let file = |text: &str| mutated(text.as_bytes().to_vec(), &changes);
        let lines = |text: &[u8]| text.iter().filter(|byte| matches!(byte, b'\n' | b'\r')).count() + 1;
        let (a, b, c, d) = (file(ris::FILE), file(nbib::FILE), file(web_of_science::FILE), file(refer::FILE));
        prop_assert!(read::<super::ris::Ris>(a.clone()).len() <= lines(&a));
        prop_assert!(read::<super::nbib::Nbib>(b.clone()).len() <= lines(&b));
        prop_assert!(read::<super::web_of_science::WebOfScience>(c.clone()).len() <= lines(&c));
        prop_assert!(read::<super::refer::Refer>(d.clone()).len() <= lines(&d));
        let beginning = String::from_utf8_lossy(&a);
        super::ris::is_ris(&beginning);
        super::nbib::is_nbib(&beginning);
        super::web_of_science::is_web_of_science(&beginning);
        super::refer::is_refer(&beginning);
    }
}
