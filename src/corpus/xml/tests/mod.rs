//! Tests of the formats, and of what they have in common: broken files.

use std::io::{BufReader, Cursor, Read};

use proptest::prelude::*;

use super::super::{Author, RawDate, RawId};
use super::*;

mod dblp;
mod feed;
mod jats;
mod marc;
mod oai;
mod pubmed;

fn read(format: XmlFormat, text: &str) -> Vec<Result<Record>> {
    read_bytes(format, text.as_bytes().to_vec())
}

fn read_bytes(format: XmlFormat, bytes: Vec<u8>) -> Vec<Result<Record>> {
    reader(format, "x.xml".to_owned(), Box::new(Cursor::new(bytes))).collect()
}

/// The records of a good file, which is recognised as the format.
fn good(format: XmlFormat, text: &str) -> Vec<Record> {
    assert_eq!(recognise(text), Some(format));
    read(format, text).into_iter().map(Result::unwrap).collect()
}

/// Titles and messages in their order.
fn outcomes(format: XmlFormat, text: &str) -> Vec<String> {
    let text_of = |record: Result<Record>| record.map_or_else(|error| error.to_string(), |record| record.title);
    read(format, text).into_iter().map(text_of).collect()
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn printed(names: &[&str]) -> Vec<Author> {
    names.iter().map(|name| Author::Printed((*name).to_owned())).collect()
}

fn person(family: &str, given: &str, suffix: &str) -> Author {
    Author::Person { family: family.to_owned(), given: given.to_owned(), suffix: suffix.to_owned() }
}

fn parts(year: &str, month: &str, day: &str) -> RawDate {
    RawDate::Parts { year: year.to_owned(), month: month.to_owned(), day: day.to_owned() }
}

fn text_dates(dates: &[&str]) -> Vec<RawDate> {
    dates.iter().map(|date| RawDate::Text((*date).to_owned())).collect()
}

#[test]
fn malformed_records_are_reported_where_they_began_and_the_others_are_read() {
    let text = "<dblp>\n<article key=\"a\"><title>One</title></article>\n\
        <article key=\"b\">\n<title>AT&T</title></article>\n\
        <article key=\"c\"><title>p < 0.05</title></article>\n\
        <article key=\"d\"><title><i>x</title></i></article>\n\
        <article key=\"e\"><title>cut\n\
        <book key=\"f\"><title>Two</title></book><article key=\"g\"><year>2000</year></article>\n\
        <article key=\"h\"><title>Three</title></article>\n<article key=\"i\"><ti";
    assert_eq!(
        outcomes(XmlFormat::Dblp, text),
        [
            "One",
            "x.xml:3: expected `&amp;` or another reference, found `&T</title></article>`",
            "x.xml:5: expected a tag or `&lt;`, found `< 0.05</title>`",
            "x.xml:6: expected `</i>`, found `</title>`",
            "x.xml:7: expected `</article>`, found `<book`",
            "Two",
            "x.xml:8: expected a title, found none",
            "Three",
            "x.xml:10: expected `</article>`, found the end of the file",
        ]
    );
}

#[test]
fn declared_entities_are_not_expanded() {
    let text = "<!DOCTYPE dblp [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;\"><!ENTITY f SYSTEM \"file:///etc/passwd\">]>\n\
        <dblp><article key=\"a\"><title>&b;&f;</title></article></dblp>";
    assert_eq!(outcomes(XmlFormat::Dblp, text), ["&amp;b;&amp;f;"]);
}

#[test]
fn bytes_that_are_no_text_are_replaced() {
    let records = read_bytes(XmlFormat::Dblp, b"<article key='a'><title>A\xff</title></article>\0\xfe".to_vec());
    assert_eq!(records.len(), 1);
    assert_eq!(records[0].as_ref().unwrap().title, "A\u{fffd}");
}

#[test]
fn failure_to_read_ends_the_records() {
    struct Failing;
    impl Read for Failing {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("gone"))
        }
    }
    let text = Cursor::new("<article key='a'><title>A</title></article><article>");
    let mut reader = reader(XmlFormat::Dblp, "x".to_owned(), Box::new(BufReader::new(text.chain(Failing))));
    assert_eq!(reader.next().unwrap().unwrap().title, "A");
    assert!(matches!(reader.next(), Some(Err(Error::Io(_)))));
    assert!(reader.next().is_none());
}

#[test]
fn deep_nesting_is_reported() {
    let text = format!("<article key='a'>{}</article><book><title>B</title></book>", "<i>".repeat(1_000_000));
    let reason = "x.xml:1: expected elements to a depth of at most 256, found more";
    assert_eq!(outcomes(XmlFormat::Dblp, &text), [reason, "B"]);
}

#[test]
fn very_many_values_are_read_quickly() {
    let mut text =
        "<PubmedArticle><MedlineCitation><Article><ArticleTitle>A</ArticleTitle></Article><KeywordList>".to_owned();
    text.extend((0..200_000).map(|number| format!("<Keyword>{number}</Keyword>")));
    text.push_str("</KeywordList></MedlineCitation></PubmedArticle>");
    let records = read(XmlFormat::Pubmed, &text);
    assert_eq!(records[0].as_ref().unwrap().keywords.len(), 200_000);
}

#[test]
fn longest_record_is_bounded() {
    let long = "x".repeat(crate::corpus::LONGEST_RECORD);
    let text =
        format!("<dblp>\n<article key='a'><title>{long}</title></article>\n<book><title>B</title></book></dblp>");
    let reason = "x.xml:2: expected at most 8 MiB in a record, found more";
    assert_eq!(outcomes(XmlFormat::Dblp, &text), [reason, "B"]);
}

/// A small good file of each format, with several records.
const GOOD: [(XmlFormat, &str); 7] = [
    (XmlFormat::Pubmed, pubmed::GOOD),
    (XmlFormat::Feed, feed::GOOD),
    (XmlFormat::Oai, oai::GOOD),
    (XmlFormat::Dblp, dblp::GOOD),
    (XmlFormat::DblpSearch, dblp::GOOD_SEARCH),
    (XmlFormat::Jats, jats::GOOD),
    (XmlFormat::Marc, marc::GOOD),
];

/// A change to a file; places are in thousandths of its length.
#[derive(Debug, Clone)]
enum Change {
    Cut(usize, usize),
    Flip(usize, u8),
    Repeat(usize, usize, usize),
    Insert(usize, &'static str),
}

fn change() -> impl Strategy<Value = Change> {
    let pieces =
        ["<", ">", "&", "\"", "<!--", "<![CDATA[", "]]>", "-->", "<?", "</record>", "<entry>", "&#x110000;", "<a>"];
    prop_oneof![
        (0..1000_usize, 0..1000_usize).prop_map(|(from, to)| Change::Cut(from.min(to), from.max(to))),
        (0..1000_usize, any::<u8>()).prop_map(|(place, byte)| Change::Flip(place, byte)),
        (0..1000_usize, 0..200_usize, 0..300_usize)
            .prop_map(|(from, length, times)| Change::Repeat(from, length, times)),
        (0..1000_usize, proptest::sample::select(pieces.to_vec()))
            .prop_map(|(place, text)| Change::Insert(place, text)),
    ]
}

fn changed(mut bytes: Vec<u8>, change: &Change) -> Vec<u8> {
    let place = |thousandths: usize| bytes.len() * thousandths / 1000;
    match *change {
        Change::Cut(from, to) => drop(bytes.drain(place(from)..place(to))),
        Change::Flip(at, byte) => {
            let at = place(at);
            bytes.iter_mut().skip(at).take(1).for_each(|found| *found = byte);
        }
        Change::Repeat(from, length, times) => {
            let piece = bytes[place(from)..place((from + length).min(1000))].repeat(times);
            let at = place(from);
            bytes.splice(at..at, piece);
        }
        Change::Insert(at, text) => {
            let at = place(at);
            bytes.splice(at..at, text.bytes());
        }
    }
    // Repeated pieces of repeated pieces would be large.
    bytes.truncate(200_000);
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn any_file_is_read_to_its_end(
        file in proptest::sample::select(&GOOD[..]),
        changes in proptest::collection::vec(change(), 0..5),
        capacity in 1..100_usize,
    ) {
        let (format, text) = file;
        let bytes = changes.iter().fold(text.as_bytes().to_vec(), changed);
        let starts = memchr::memchr_iter(b'<', &bytes).count();
        recognise(&String::from_utf8_lossy(&bytes));
        let in_pieces = BufReader::with_capacity(capacity, Cursor::new(bytes.clone()));
        let in_pieces = reader(format, "x.xml".to_owned(), Box::new(in_pieces));
        let whole = read_bytes(format, bytes);
        prop_assert!(whole.len() <= starts);
        // Where the file is divided into pieces makes no difference.
        let same = in_pieces.zip(&whole).filter(|(one, other)| format!("{one:?}") == format!("{other:?}")).count();
        prop_assert_eq!(same, whole.len());
    }
}
