//! Tests of EndNote XML.

use std::io::Cursor;

use proptest::prelude::*;

use super::*;
use crate::corpus::{Author, RawDate, RawId};

const FILE: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" ?>\n<xml><records>\n<record><database name=\"x.enl\" path=\"x\">x.enl</database>\
<source-app name=\"EndNote\" version=\"20.0\">EndNote</source-app><rec-number>7</rec-number><foreign-keys>\
<key app=\"EN\" db-id=\"a\">7</key></foreign-keys><ref-type name=\"Journal Article\">17</ref-type><contributors><authors>\
<author><style face=\"normal\" font=\"default\" size=\"100%\">Smith, Ada B.</style></author><author>River Group,</author>\
</authors><secondary-authors><author>Editor, E</author></secondary-authors></contributors><auth-address>Here</auth-address>\n\
<titles><title><style face=\"normal\">Slow </style><style face=\"italic\">rivers</style><style> &amp; the sea &lt; &#x3b1;\
</style></title><secondary-title>J Riv</secondary-title><short-title>Slow</short-title></titles><periodical><full-title>\
Journal of Rivers</full-title><abbr-1>JR</abbr-1></periodical><pages>101-119</pages><volume>12</volume><number>3</number>\
<keywords><keyword>rivers</keyword><keyword>flow</keyword></keywords><dates><year>2020</year><pub-dates><date>Jan 5</date>\
</pub-dates></dates><publisher>Press</publisher><isbn>1234-5678</isbn><accession-num>123</accession-num>\
<abstract><style>Rivers flow.&#xD;Slowly.</style></abstract><urls><related-urls><url>https://example.org/5</url>\
</related-urls><pdf-urls><url>internal-pdf://5.pdf</url></pdf-urls></urls><custom2>PMC77</custom2><custom3/>\
<electronic-resource-num>10.1234/riv.5</electronic-resource-num><remote-database-name>PubMed</remote-database-name>\
<language>eng</language><odd>x</odd></record>\n\
<record>\n<ref-type name=\"Book\">6</ref-type><titles><title><![CDATA[Fast </record> rivers]]></title></titles></record>\n\
<!-- <record> -->\n<record id=\"3\"><titles><title>AT&T &nbsp; <b>no</b> river</title></titles></record>\n</records></xml>\n";

fn read(text: &str) -> Vec<Result<Record, String>> {
    let reason = |error| match error {
        Error::BadRecord { line, reason, .. } => format!("{line}: {reason}"),
        error => error.to_string(),
    };
    let reader = Reader::new("x".into(), Box::new(Cursor::new(text.to_owned())));
    reader.map(|record| record.map_err(reason)).collect()
}

fn titles(text: &str) -> Vec<String> {
    read(text).into_iter().map(|record| record.map_or_else(|error| error, |record| record.title)).collect()
}

#[test]
fn every_field_is_read() {
    let records = read(FILE);
    let texts = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
    let person = Author::Person { family: "Smith".into(), given: "Ada B.".into(), suffix: String::new() };
    let expected = Record {
        line: 3,
        ids: vec![
            RawId::Own("7".into()),
            RawId::Pubmed("123".into()),
            RawId::PubmedCentral("PMC77".into()),
            RawId::Doi("10.1234/riv.5".into()),
        ],
        title: "Slow rivers & the sea < α".into(),
        abstract_text: "Rivers flow.\rSlowly.".into(),
        authors: vec![person, Author::Group("River Group".into())],
        keywords: texts(&["rivers", "flow"]),
        dates: vec![RawDate::Text("2020 Jan 5".into()), RawDate::Text("2020".into())],
        venue: Some("Journal of Rivers".into()),
        volume: Some("12".into()),
        number: Some("3".into()),
        pages: Some("101-119".into()),
        publisher: Some("Press".into()),
        language: Some("eng".into()),
        kinds: texts(&["Journal Article"]),
        url: Some("https://example.org/5".into()),
        unread: texts(&["odd"]),
        ..Record::default()
    };
    assert_eq!(records[0].as_ref().unwrap(), &expected);
    assert_eq!(records[1].as_ref().unwrap().title, "Fast </record> rivers");
    assert_eq!(records[1].as_ref().unwrap().kinds, ["Book"]);
    assert_eq!(records[2].as_ref().unwrap().title, "AT&T &nbsp; no river");
    assert_eq!(records[2].as_ref().unwrap().line, 8);
    assert_eq!(records.len(), 3);
}

#[test]
fn a_broken_record_costs_only_itself() {
    let text = "<xml><records>\n<record><titles>\n<title>A</titel></titles></record>\n\
        <record><titles><title>B</title></titles></record>\n<record><titles><title>C\n\
        <record><titles><title>D</title></titles></record>\n<record>\n</record><record><titles><title>p < 0.05</title>\
        </titles></record><record><titles><title>E</title></titles></record>\n<record><titles>";
    assert_eq!(
        titles(text),
        [
            "3: expected `</title>`, found `</titel>`",
            "B",
            "5: expected `</record>`, found the next `<record>`",
            "D",
            "7: expected a title, found none",
            "8: expected valid XML, found `< 0.05</title></titles></record>`",
            "E",
            "9: expected `</record>`, found the end of the file",
        ]
    );
}

#[test]
fn a_record_over_the_limit_is_reported_and_the_next_one_is_read() {
    let long = format!("<record><abstract>{}</abstract></record>\n", "x y > z\n".repeat(2 << 20));
    let unclosed =
        format!("<record><!-- {} <record><titles><title>no</title></titles></record>", "x>\n".repeat(4 << 20));
    let good = "<record><titles><title>A</title></titles></record>";
    let reason = "1: expected a record of at most 8 MiB, found a longer one";
    assert_eq!(titles(&format!("{long}{good}")), [reason, "A"]);
    let lost = titles(&format!("{unclosed}{good}"));
    assert_eq!((lost[0].as_str(), lost.last().map(String::as_str)), (reason, Some("A")));
}

#[test]
fn deep_nesting_is_no_problem() {
    let text = format!("<record><titles><title>A{}{}</title></titles>", "<a>".repeat(100_000), "</a>".repeat(100_000));
    assert_eq!(titles(&format!("{text}{}", "<urls>".repeat(100_000))).len(), 1);
    assert_eq!(titles(&format!("{text}</record>")), ["A"]);
}

#[test]
fn an_entity_of_a_document_type_is_not_resolved() {
    let text = "<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/hostname\">]>\
        <record><titles><title>A &e;</title></titles></record>";
    assert_eq!(titles(text), ["A &e;"]);
}

#[test]
fn only_endnote_xml_is_recognised() {
    assert!(is_endnote_xml(FILE));
    assert!(is_endnote_xml(&format!("\u{feff}\n{FILE}")));
    assert!(!is_endnote_xml("<collection><record><leader>x</leader></record></collection>"));
    assert!(!is_endnote_xml("A <records> of <record> and <titles>"));
    assert!(!is_endnote_xml(""));
}

proptest! {
    #[test]
    fn no_change_of_a_file_breaks_reading(
        changes in proptest::collection::vec((0..4_u8, 0..4000_usize, 0..60_usize, any::<char>()), 0..12),
    ) {
        let mut text: Vec<char> = FILE.chars().collect();
        for (kind, from, length, character) in changes {
            let from = from % (text.len() + 1);
            let to = (from + length).min(text.len());
            match kind {
                0 => drop(text.drain(from..to)),
                1 => text.get_mut(from).into_iter().for_each(|place| *place = character),
                2 => {
                    let piece = text[from..to].repeat(3);
                    text.splice(from..from, piece);
                }
                _ => text.truncate(from.max(400)),
            }
        }
        let text: String = text.into_iter().collect();
        is_endnote_xml(&text);
        prop_assert!(read(&text).len() <= text.matches("<record").count());
    }
}
