//! Tests of Web of Science's tagged text.

use super::*;
use crate::corpus::tagged::web_of_science::{WebOfScience, is_web_of_science};

pub(super) const FILE: &str = "FN Clarivate Analytics Web of Science\nVR 1.0\nPT J\nAU Smith, AB\n   van der Berg, C\n\
AF Smith, Ada B.\n   van der Berg, Carl\nCA River Study Grp\nTI Slow rivers and\n   the sea\nSO JOURNAL OF RIVERS\nLA English\n\
DT Article; Retracted Publication\nDE rivers; slow\n   flow; sea\nID STREAMS\nAB Rivers flow.\n   Slowly.\n\
C1 [Smith, Ada B.] Somewhere.\nCR Jones B, 2010, J RIV, V1, P1\n   Lee C, 2011, J RIV, V2, P2\nNR 2\nTC 17\nZ9 18\n\
PU PRESS\nJ9 J RIV\nJI J. Riv.\nPD JAN 5\nPY 2020\nVL 12\nIS 3\nBP 101\nEP 119\nDI 10.1234/riv.5\nPG 19\n\
WC Water Resources; Multidisciplinary\n   Sciences\nSC Water\nUT WOS:000123456700001\nPM 12345678\nDA 2021-01-01\nER\n\n\
PT B\nBA Jones, B\nTI Fast rivers\nEA MAY 2021\nAR 77\nTC many\nQQ x\nER\n\nEF";

#[test]
fn every_field_is_read() {
    let records = read::<WebOfScience>(FILE);
    assert_eq!(records.len(), 2, "{records:?}");
    let record = records[0].as_ref().unwrap();
    let texts = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
    let group = Author::Group("River Study Grp".into());
    let expected = Record {
        line: 3,
        ids: vec![
            RawId::Doi("10.1234/riv.5".into()),
            RawId::Own("WOS:000123456700001".into()),
            RawId::Pubmed("12345678".into()),
        ],
        title: "Slow rivers and\nthe sea".into(),
        abstract_text: "Rivers flow.\nSlowly.".into(),
        authors: vec![person("Smith", "Ada B."), person("van der Berg", "Carl"), group],
        categories: texts(&["Water Resources", "Multidisciplinary Sciences"]),
        keywords: texts(&["rivers", "slow flow", "sea", "STREAMS"]),
        dates: vec![RawDate::Text("2020 JAN 5".into()), RawDate::Text("2020".into())],
        venue: Some("JOURNAL OF RIVERS".into()),
        volume: Some("12".into()),
        number: Some("3".into()),
        pages: Some("101-119".into()),
        publisher: Some("PRESS".into()),
        language: Some("English".into()),
        kinds: texts(&["Article", "Retracted Publication"]),
        is_retracted: true,
        citations: Some(17),
        ..Record::default()
    };
    assert_eq!(record, &expected);
    let record = records[1].as_ref().unwrap();
    assert_eq!(record.authors, [person("Jones", "B")]);
    assert_eq!((text_dates(record), record.pages.as_deref()), (vec!["MAY 2021"], Some("77")));
    assert_eq!((record.losses.len(), &record.unread[..]), (1, &["QQ".to_owned()][..]));
}

#[test]
fn joined_files_and_missing_ends_are_read() {
    let text = format!("{FILE}\n\u{feff}{}", FILE.replace("\nER\n", "\n"));
    assert_eq!(read::<WebOfScience>(text).iter().filter(|record| record.is_ok()).count(), 4);
}

#[test]
fn short_names_count_if_full_names_are_missing() {
    let authors = |lines: &str| only::<WebOfScience>(&format!("PT J\n{lines}\nTI A\nER\n")).authors;
    assert_eq!(authors("AU Smith, A\n   Jones, B\nAF Smith, Ada"), [person("Smith", "A"), person("Jones", "B")]);
    assert_eq!(authors("CA Grp A\n   Grp B").len(), 2);
}

#[test]
fn the_fields_of_zoological_record_are_read() {
    let record = only::<WebOfScience>("PT J\nAN ZOOR1\nTI A\nPS i-iv, 1-74\nPD Aug 1 2019\nPY 2019\nER\n");
    assert_eq!((record.ids, record.pages.as_deref()), (vec![RawId::Own("ZOOR1".into())], Some("i-iv, 1-74")));
}

#[test]
fn a_record_without_header_is_recognised() {
    assert!(is_web_of_science("PT J\nAU Smith, A\n"));
    assert!(!is_web_of_science("FN is the first word.\nAnother line.\n"));
}
