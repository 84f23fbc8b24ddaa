//! Tests of refer.

use super::*;
use crate::corpus::tagged::refer::{Refer, is_refer};

pub(super) const FILE: &str = "%0 Journal Article\n%A Smith, Ada B.\n%A Carl van der Berg\n%T Slow rivers and\nthe sea\n\
%J Journal of Rivers\n%D 2020\n%8 January 5\n%V 12\n%N 3\n%P 101-119\n%I Press\n%G eng\n%@ 1234-5678\n%! Slow\n\
%X Rivers flow.\n\nSlowly.\n%K rivers\nflow; sea\n%U https://example.org/5\n%R 10.1234/riv.5\n%> https://example.org/5.pdf\n\
%M 12345678\n%~ PubMed\n%2 PMC77\n%L smith2020\n%9 Review\n\n\
%0 Conference Proceedings\n%T Fast rivers\n%B River Days\n%E Jones, B\n%D 2019\n%x y\n\n";

#[test]
fn every_field_is_read() {
    let records = read::<Refer>(FILE);
    assert_eq!(records.len(), 2, "{records:?}");
    let record = records[0].as_ref().unwrap();
    let texts = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
    let expected = Record {
        line: 1,
        ids: vec![
            RawId::Doi("10.1234/riv.5".into()),
            RawId::Pubmed("12345678".into()),
            RawId::PubmedCentral("PMC77".into()),
            RawId::Own("smith2020".into()),
        ],
        title: "Slow rivers and\nthe sea".into(),
        abstract_text: "Rivers flow.\nSlowly.".into(),
        authors: vec![person("Smith", "Ada B."), Author::Printed("Carl van der Berg".into())],
        keywords: texts(&["rivers", "flow", "sea"]),
        dates: vec![RawDate::Text("2020 January 5".into()), RawDate::Text("2020".into())],
        venue: Some("Journal of Rivers".into()),
        volume: Some("12".into()),
        number: Some("3".into()),
        pages: Some("101-119".into()),
        publisher: Some("Press".into()),
        language: Some("eng".into()),
        kinds: texts(&["Journal Article", "Review"]),
        url: Some("https://example.org/5".into()),
        open_access: Some("https://example.org/5.pdf".into()),
        ..Record::default()
    };
    assert_eq!(record, &expected);
    let record = records[1].as_ref().unwrap();
    assert_eq!((record.venue.as_deref(), &record.unread[..]), (Some("River Days"), &["%x".to_owned()][..]));
    assert!(record.authors.is_empty());
}

#[test]
fn without_types_blank_lines_separate_records() {
    assert_eq!(titles::<Refer>("%T A\n%A B C\n%Q A group\n\n\n%A D E\n%T F\n"), ["A", "F"]);
    let late_type = "%A B C\n%T A\n%0 Journal Article\n\n%A D E\n%T F\n%0 Journal Article\n%A G H\n";
    assert_eq!(titles::<Refer>(late_type), ["A", "F"]);
    assert_eq!(
        titles::<Refer>("%0 Book\n%T A\n%0 Book\n%A B\n%0 Book\n%T C"),
        ["A", "3: expected a title, found none", "C"]
    );
}

#[test]
fn letters_with_two_meanings_are_read_by_the_program() {
    assert_eq!(only::<Refer>("%T A\n%Q A group\n").authors, [Author::Group("A group".into())]);
    assert_eq!(only::<Refer>("%0 Book\n%T A\n%Q Un titre\n").authors, []);
    assert_eq!(only::<Refer>("%T A\n%R TR-17\n").number.as_deref(), Some("TR-17"));
    assert_eq!(only::<Refer>("%T A\n%J B\n%R 5-9\n").number, None);
}

#[test]
fn a_file_that_begins_with_a_title_is_recognised() {
    assert!(is_refer("\n%T A\n%A B\n"));
    assert!(is_refer("%A B\n%T A\n"));
    assert!(!is_refer("%A comment\n"));
    assert!(!is_refer("Text\n%A B\n%T A\n"));
}
