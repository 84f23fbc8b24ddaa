//! Tests of nbib.

use super::*;
use crate::corpus::tagged::nbib::Nbib;

pub(super) const FILE: &str = "\nPMID- 12345678\nOWN - NLM\nSTAT- MEDLINE\nIS  - 1234-5678 (Print)\nVI  - 12\nIP  - 3\n\
DP  - 2020 Jan-Feb\nTI  - Slow rivers and\n      the sea.\nPG  - 101-19\nLID - 10.1234/riv.5 [doi]\n\
LID - S1234 [pii]\nAB  - BACKGROUND: Rivers flow.\n      METHODS: We looked.\nFAU - Smith, Ada B Jr\nAU  - Smith AB Jr\n\
AUID- ORCID: 0000\nAD  - Somewhere.\nFAU - van der Berg, Carl\nAU  - van der Berg C\nCN  - River Study Group\nLA  - eng\n\
PT  - Journal Article\nPT  - Retracted Publication\nDEP - 20200105\nTA  - J Riv\nJT  - Journal of rivers\n\
MH  - *Rivers/chemistry\nMH  - Humans\nOT  - *flow\nPMC - PMC77\nAID - 10.1234/riv.5 [doi]\nSO  - J Riv. 2020.\n\n\
PMID- 2\nTI  - Fast rivers\nAU  - Jones B\nAU  - Aristotle\nDP  - 2020 Spring\nZZZ - x\n\n\
PMC - PMC3\nPMID- 3\nTI  - No river\nRIN - J Riv. PMID: 4\n";

#[test]
fn every_field_is_read() {
    let records = read::<Nbib>(FILE);
    assert_eq!(records.len(), 3, "{records:?}");
    let record = records[0].as_ref().unwrap();
    let doi = || RawId::Doi("10.1234/riv.5".into());
    let suffixed = Author::Person { family: "Smith".into(), given: "Ada B".into(), suffix: "Jr".into() };
    let expected = Record {
        line: 2,
        ids: vec![RawId::Pubmed("12345678".into()), doi(), RawId::PubmedCentral("PMC77".into()), doi()],
        title: "Slow rivers and\nthe sea.".into(),
        abstract_text: "BACKGROUND: Rivers flow.\nMETHODS: We looked.".into(),
        authors: vec![suffixed, person("van der Berg", "Carl"), Author::Group("River Study Group".into())],
        keywords: vec!["Rivers".into(), "Humans".into(), "flow".into()],
        dates: vec![RawDate::Text("20200105".into()), RawDate::Text("2020 Jan-Feb".into())],
        venue: Some("Journal of rivers".into()),
        volume: Some("12".into()),
        number: Some("3".into()),
        pages: Some("101-19".into()),
        language: Some("eng".into()),
        kinds: vec!["Journal Article".into(), "Retracted Publication".into()],
        is_retracted: true,
        ..Record::default()
    };
    assert_eq!(record, &expected);
    let record = records[1].as_ref().unwrap();
    assert_eq!(record.authors, [person("Jones", "B"), Author::Printed("Aristotle".into())]);
    assert_eq!(text_dates(record), ["2020 Spring"]);
    assert_eq!(record.unread, ["ZZZ"]);
    let record = records[2].as_ref().unwrap();
    assert_eq!(record.ids, [RawId::PubmedCentral("PMC3".into()), RawId::Pubmed("3".into())]);
    assert!(record.is_retracted);
}

#[test]
fn a_short_name_counts_only_without_its_full_name() {
    let record = only::<Nbib>("PMID- 1\nTI  - A\nAU  - Lee C\nFAU - Smith, Ada\nAU  - Smith A\nAU  - Jones B\n");
    assert_eq!(record.authors, [person("Lee", "C"), person("Smith", "Ada"), person("Jones", "B")]);
    let record = only::<Nbib>("PMID- 1\nTI  - A\nAU  - Smith A\nAU  - Jones B\nFAU - Smith, Ada\nFAU - Jones, Bo\n");
    assert_eq!(record.authors, [person("Smith", "Ada"), person("Jones", "Bo")]);
}

#[test]
fn a_record_ends_at_a_blank_line_or_the_next_id() {
    assert_eq!(titles::<Nbib>("PMID- 1\nTI  - A\nPMID- 2\nTI  - B\n"), ["A", "B"]);
    assert_eq!(only::<Nbib>("PMID- 1\nTI  - A\nAB  - B\n\n      C\n\nPT  - Review\n").abstract_text, "B\nC");
}

#[test]
fn the_doi_is_found_beside_other_ids() {
    let record = only::<Nbib>("PMID- 1\nTI  - A\nAID - S0140(20)1 [pii] 10.1/x [doi]\n");
    assert_eq!(record.ids[1], RawId::Doi("10.1/x".into()));
}

#[test]
fn a_book_has_the_title_of_the_book() {
    let record = only::<Nbib>("PMID- 1\nSTAT- Publisher\nBTI - A book\nPB  - Press\n");
    assert_eq!((record.title.as_str(), record.publisher.as_deref()), ("A book", Some("Press")));
    assert_eq!(titles::<Nbib>("PMID- 1\n\nPMID- 2\nTI  - B\n"), ["1: expected a title, found none", "B"]);
}
