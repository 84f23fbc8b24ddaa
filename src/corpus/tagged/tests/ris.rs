//! Tests of RIS.

use super::*;
use crate::corpus::tagged::ris::{Ris, is_ris};

pub(super) const FILE: &str = "Provider: Example Press\nContent: text/plain; charset=\"UTF-8\"\n\n\
TY  - JOUR\nTI  - Slow rivers\nAU  - Smith, Ada B., Jr.\nAU  - van der Berg, Carl\nT2  - Journal of Rivers\nJO  - J Riv\n\
PY  - 2020\nDA  - 2020/05/01/\nVL  - 12\nIS  - 3\nSP  - 101\nEP  - 119\nPB  - Example Press\nLA  - en\n\
DO  - 10.1234/riv.5\nUR  - https://doi.org/10.1234/riv.5\nUR  - https://example.org/riv/5\n\
L1  - https://example.org/riv/5.pdf\nKW  - rivers\nKW  - flow\nAB  - Rivers flow.\nSlowly.\n\nTo the sea.\n\
SN  - 1234-5678\nM3  - Review\nID  - smith2020\nN1  - a note\nER  - \n\n\
TY  - CONF\nT1  - Fast rivers\nA1  - Jones, B.\nY1  - 2019///Spring\nBT  - Proceedings of the River Days\nSP  - 5-9\n\
N2  - Short.\nER  - \n\
TY  - UNPB\nTI  - No river\nER  - \n";

#[test]
fn every_field_is_read() {
    let records = read::<Ris>(FILE);
    assert_eq!(records.len(), 3);
    let record = records[0].as_ref().unwrap();
    let doi = |text: &str| RawId::Doi(text.into());
    let suffixed = Author::Person { family: "Smith".into(), given: "Ada B.".into(), suffix: "Jr.".into() };
    let expected = Record {
        line: 4,
        ids: vec![doi("10.1234/riv.5"), doi("https://doi.org/10.1234/riv.5"), RawId::Own("smith2020".into())],
        title: "Slow rivers".into(),
        abstract_text: "Rivers flow.\nSlowly.\nTo the sea.".into(),
        authors: vec![suffixed, person("van der Berg", "Carl")],
        keywords: vec!["rivers".into(), "flow".into()],
        dates: vec![RawDate::Text("2020/05/01".into()), RawDate::Text("2020".into())],
        venue: Some("Journal of Rivers".into()),
        volume: Some("12".into()),
        number: Some("3".into()),
        pages: Some("101-119".into()),
        publisher: Some("Example Press".into()),
        language: Some("en".into()),
        kinds: vec!["JOUR".into(), "Review".into()],
        url: Some("https://doi.org/10.1234/riv.5".into()),
        open_access: Some("https://example.org/riv/5.pdf".into()),
        ..Record::default()
    };
    assert_eq!(record, &expected);
    let record = records[1].as_ref().unwrap();
    assert_eq!((record.title.as_str(), record.abstract_text.as_str()), ("Fast rivers", "Short."));
    assert_eq!(record.venue.as_deref(), Some("Proceedings of the River Days"));
    assert_eq!(record.pages.as_deref(), Some("5-9"));
    assert_eq!(text_dates(record), ["2019///Spring"]);
}

#[test]
fn tags_may_be_loosely_written() {
    let text = "\u{feff}\n  ty  - jour\n  t1  - A title\n  AU - Smith, A\n  PY  -2020\n er  -  \nTY  -\nTI  - B\nER\n";
    let records = read::<Ris>(text);
    assert_eq!(records.len(), 2);
    let record = records[0].as_ref().unwrap();
    assert_eq!((record.title.as_str(), &record.authors[..]), ("A title", &[person("Smith", "A")][..]));
    assert_eq!(text_dates(record), ["2020"]);
    assert_eq!(titles::<Ris>("TY  - JOUR\rTI  - A\rER  - \rTY  - JOUR\rTI  - B\rER  - \r"), ["A", "B"]);
}

#[test]
fn a_missing_end_is_the_next_type_or_the_end_of_the_file() {
    assert_eq!(titles::<Ris>("TY  - JOUR\nTI  - A\nTY  - JOUR\nTI  - B"), ["A", "B"]);
    assert_eq!(titles::<Ris>("TI  - A\nER  - \nAU  - Smith, A\nTI  - B\nER  - \n"), ["A", "B"]);
    assert_eq!(titles::<Ris>("ID  - 1\nTY  - JOUR\nTI  - A\nER  - \nER  - \n"), ["A"]);
}

#[test]
fn a_record_without_title_is_reported_where_it_begins() {
    let text = "TY  - JOUR\nTI  - A\nER  - \n\nTY  - JOUR\nAU  - Smith, A\nER  - \nTY  - JOUR\nTI  - B\nER  - \n";
    assert_eq!(titles::<Ris>(text), ["A", "5: expected a title, found none", "B"]);
}

#[test]
fn a_line_of_an_abstract_is_no_field() {
    let text = "TY  - JOUR\nTI  - A\nAB  - It is\nno - really\nin  - the sea\nIL-6 - a protein\nER  - \n";
    assert_eq!(only::<Ris>(text).abstract_text, "It is\nno - really\nin  - the sea\nIL-6 - a protein");
}

#[test]
fn editors_are_no_authors_and_several_authors_may_share_a_line() {
    let record = only::<Ris>("TY  - BOOK\nBT  - A book\nA2  - Editor, E\nED  - Editor, F\nAU  - Smith, A; Jones, B\n");
    assert_eq!(record.title, "A book");
    assert_eq!(record.venue, None);
    assert_eq!(record.authors, [person("Smith", "A"), person("Jones", "B")]);
    let record = only::<Ris>("TY  - JOUR\nTI  - A\nAU  - World Health Organization,\nAU  - Smith, A and Jones, B\n");
    assert_eq!(record.authors.len(), 3);
}

#[test]
fn keywords_may_be_lines_of_one_field() {
    let record = only::<Ris>("TY  - JOUR\nTI  - A\nKW  - rivers\nflow\nslow; fast\n");
    assert_eq!(record.keywords, ["rivers", "flow", "slow", "fast"]);
    assert_eq!(only::<Ris>("TY  - JOUR\nTI  - A\nKW  - a, b, c\n").keywords, ["a", "b", "c"]);
}

#[test]
fn accession_numbers_are_ids() {
    let ids = |lines: &str| only::<Ris>(&format!("TY  - JOUR\nTI  - A\n{lines}\n")).ids;
    assert_eq!(ids("AN  - PMID:123"), [RawId::Pubmed("123".into())]);
    assert_eq!(ids("AN  - 123\nDB  - PubMed"), [RawId::Pubmed("123".into())]);
    assert_eq!(ids("AN  - 123\nDP  - NLM"), [RawId::Pubmed("123".into())]);
    assert_eq!(ids("C2  - 123\nDB  - Scopus"), [RawId::Pubmed("123".into())]);
    assert_eq!(ids("C2  - PMC77"), [RawId::PubmedCentral("PMC77".into())]);
    assert_eq!(ids("C2  - 77"), []);
    assert_eq!(ids("AN  - WOS:0001"), [RawId::Own("WOS:0001".into())]);
    assert_eq!(ids("M3  - doi: 10.1/x"), [RawId::Doi("doi: 10.1/x".into())]);
    assert_eq!(ids("ID  - 17"), [RawId::Own("17".into())]);
    assert_eq!(ids("UR  - 10.1/x"), [RawId::Doi("10.1/x".into())]);
}

#[test]
fn only_web_addresses_are_links() {
    let record = only::<Ris>(
        "TY  - JOUR\nTI  - A\nL1  - file:///a.pdf\nL2  - https://b.org\nUR  - https://a.org; http://c.org\n",
    );
    assert_eq!((record.open_access, record.url.as_deref()), (None, Some("https://a.org")));
}

#[test]
fn the_name_of_a_conference_is_the_last_choice_of_a_venue() {
    let venue = |lines: &str| only::<Ris>(&format!("TY  - CONF\nTI  - A\n{lines}\n")).venue.unwrap_or_default();
    assert_eq!(venue("CP  - The third conference on rivers\nC3  - Proc. Rivers"), "Proc. Rivers");
    assert_eq!(venue("CP  - The third conference on rivers"), "The third conference on rivers");
}

#[test]
fn a_partial_date_is_completed() {
    assert_eq!(text_dates(&only::<Ris>("TY  - JOUR\nTI  - A\nDA  - JAN 5\nPY  - 2020\n")), ["2020 JAN 5", "2020"]);
}

#[test]
fn an_unknown_tag_is_named() {
    assert_eq!(only::<Ris>("TY  - JOUR\nTI  - A\nZZ  - x\nZZ  - y\nSN  - 1\n").unread, ["ZZ"]);
}

/// The forms that `citation/ris.rs` writes.
#[test]
fn what_paperkin_writes_is_read() {
    let text = "TY  - UNPB\r\nID  - 1706.03762\r\nTI  - A\r\nAU  - Smith, Ada\r\nAU  - The Collaboration\r\nPY  - 2017\r\n\
        DA  - 2017/06/12\r\nUR  - https://arxiv.org/abs/1706.03762\r\nKW  - cs.CL\r\nAB  - B\r\nER  - \r\n\
        TY  - JOUR\r\nID  - 10.1000/182\r\nTI  - B\r\nPY  - 2017\r\nDA  - 2017//\r\nDO  - 10.1000/182\r\n\
        UR  - https://example.org/a%3Bb\r\nER  - \r\n";
    let records: Vec<Record> = read::<Ris>(text).into_iter().map(Result::unwrap).collect();
    assert_eq!(
        records[0].ids,
        [RawId::Any("1706.03762".into()), RawId::Arxiv("https://arxiv.org/abs/1706.03762".into())]
    );
    assert_eq!(records[0].authors, [person("Smith", "Ada"), Author::Printed("The Collaboration".into())]);
    assert_eq!(records[0].keywords, ["cs.CL"]);
    assert_eq!(text_dates(&records[0]), ["2017/06/12", "2017"]);
    assert_eq!(records[1].ids, [RawId::Any("10.1000/182".into()), RawId::Doi("10.1000/182".into())]);
    assert_eq!(records[1].url.as_deref(), Some("https://example.org/a%3Bb"));
    assert!(records.iter().all(|record| record.unread.is_empty() && record.losses.is_empty()));
}

#[test]
fn a_type_and_a_field_or_a_whole_record_make_a_ris_file() {
    assert!(is_ris("TY  - JOUR\nER  - \n"));
    assert!(is_ris("TY  - JOUR"));
    assert!(is_ris("AU  - Smith, A\nTI  - A\nER  - \n"));
    assert!(!is_ris("AU  - Smith, A\nTI  - A\n"));
    assert!(!is_ris("TY  - JOUR\nis how a record begins.\n"));
}

#[test]
fn marks_of_missing_values_are_none_and_a_link_may_be_the_doi() {
    let record = only::<Ris>(
        "TY  - JOUR\nTI  - On fish\nAU  - NA\nAU  - Smith, Ada\nAU  - ...\nAB  - NA\nDO  - NA\nPY  - NA\nL3  - 10.1234/fish\nER  - \n",
    );
    assert_eq!(record.authors, [person("Smith", "Ada")]);
    assert_eq!((record.abstract_text.as_str(), record.dates.len()), ("", 0));
    assert_eq!(record.ids, [RawId::Doi("10.1234/fish".into())]);
}
