//! Tests of the reader in `marc.rs`, and of MARC within OAI-PMH.

use super::*;

pub(super) const GOOD: &str = r#"<?xml version="1.0"?>
<collection xmlns="http://www.loc.gov/MARC21/slim"><record><leader>00000cam</leader><controlfield tag="001">77</controlfield>
<datafield tag="024" ind1="7" ind2=" "><subfield code="a">10.1234/fish</subfield><subfield code="2">doi</subfield></datafield>
<datafield tag="037" ind1=" " ind2=" "><subfield code="9">arXiv</subfield><subfield code="a">arXiv:2001.00010</subfield></datafield>
<datafield tag="037" ind1=" " ind2=" "><subfield code="a">REPORT-1</subfield></datafield>
<datafield tag="041" ind1=" " ind2=" "><subfield code="a">eng</subfield></datafield>
<datafield tag="100" ind1="1" ind2=" "><subfield code="a">Smith, Ada,</subfield><subfield code="e">author.</subfield></datafield>
<datafield tag="700" ind1="1" ind2=" "><subfield code="a">Lee, Bo</subfield></datafield>
<datafield tag="700" ind1="1" ind2=" "><subfield code="a">Poe, Cy</subfield><subfield code="4">edt</subfield></datafield>
<datafield tag="710" ind1=" " ind2=" "><subfield code="g">FISH Collaboration</subfield></datafield>
<datafield tag="245" ind1="1" ind2="0"><subfield code="a">On fish :</subfield><subfield code="b">a count /</subfield><subfield code="c">Ada Smith.</subfield></datafield>
<datafield tag="260" ind1=" " ind2=" "><subfield code="b">Sea Press,</subfield><subfield code="c">c2019.</subfield></datafield>
<datafield tag="520" ind1=" " ind2=" "><subfield code="a">We count fish.</subfield></datafield>
<datafield tag="653" ind1=" " ind2=" "><subfield code="a">fish</subfield></datafield>
<datafield tag="773" ind1=" " ind2=" "><subfield code="p">J. Fish</subfield><subfield code="v">3</subfield><subfield code="n">2</subfield><subfield code="c">1-9</subfield><subfield code="y">2020</subfield></datafield>
<datafield tag="856" ind1="4" ind2=" "><subfield code="u">https://fish.example/77</subfield></datafield></record>
<record><datafield tag="245"><subfield code="a">Short</subfield></datafield></record></collection>
"#;

fn wanted() -> Record {
    Record {
        line: 2,
        ids: vec![RawId::Doi("10.1234/fish".into()), RawId::Arxiv("arXiv:2001.00010".into()), RawId::Own("77".into())],
        title: "On fish: a count".into(),
        abstract_text: "We count fish.".into(),
        authors: [printed(&["Smith, Ada", "Lee, Bo"]), vec![Author::Group("FISH Collaboration".into())]].concat(),
        keywords: texts(&["fish"]),
        dates: text_dates(&["2019", "2020"]),
        venue: Some("J. Fish".into()),
        volume: Some("3".into()),
        number: Some("2".into()),
        pages: Some("1-9".into()),
        publisher: Some("Sea Press".into()),
        language: Some("eng".into()),
        url: Some("https://fish.example/77".into()),
        ..Record::default()
    }
}

#[test]
fn every_field_is_read() {
    let records = good(XmlFormat::Marc, GOOD);
    assert_eq!(records[0], wanted());
    assert_eq!((records.len(), records[1].title.as_str()), (2, "Short"));
}

#[test]
fn marc_within_oai_pmh_is_read() {
    let start = GOOD.find("<record>").unwrap() + "<record>".len();
    let fields = &GOOD[start..GOOD.find("</record>").unwrap()];
    let (one, other) = (format!("<record>{fields}</record>"), format!("<m:record type=\"x\">{fields}</m:record>"));
    let of = |metadata: &str| {
        format!("<record><header><identifier>77</identifier></header><metadata>\n{metadata}</metadata></record>")
    };
    let text = format!(
        "<OAI-PMH><ListRecords>{}<record><header/><metadata><record>\n{}</ListRecords></OAI-PMH>",
        of(&one),
        of(&other)
    );
    let records = read(XmlFormat::Oai, &text);
    assert_eq!(records.len(), 3);
    for place in [0, 2] {
        let record = records[place].as_ref().unwrap();
        assert_eq!((&record.title, record.authors.len()), (&wanted().title, 3));
    }
    // A record that breaks off within its metadata does not cost the next one.
    assert!(records[1].as_ref().unwrap_err().to_string().contains("expected `</record>`, found `<record`"));
}
