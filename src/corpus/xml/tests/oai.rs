//! Tests of the reader in `oai.rs`.

use super::*;

/// A response of arXiv with both of its formats, then one of another repository, as a harvester concatenates them.
pub(super) const GOOD: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/">
<responseDate>2024-01-01T00:00:00Z</responseDate><request verb="ListRecords">http://oai.example</request>
<ListRecords>
<record><header><identifier>oai:arXiv.org:0704.00001</identifier><datestamp>2010-01-01</datestamp><setSpec>physics</setSpec></header>
<metadata><arXiv xmlns="http://arxiv.org/OAI/arXiv/"><id>0704.00001</id><created>2007-04-02</created><updated>2007-07-24</updated>
<authors><author><keyname>Bal\'azs</keyname><forenames>C.</forenames></author><author><keyname>Two</keyname><forenames>B.</forenames><suffix>Jr.</suffix><affiliation>X</affiliation></author><author><keyname>CDF Collaboration</keyname></author></authors>
<title>A title
  in two lines</title><categories>hep-ph math.AG</categories><comments>37 pages</comments><report-no>X-1</report-no><journal-ref>Phys. Ex. 76:1</journal-ref><doi>10.1234/a 10.1234/b</doi><license>http://l.example</license>
<abstract>  For $a &lt; b$.
</abstract></arXiv></metadata></record>
<record><header status="deleted"><identifier>oai:arXiv.org:0704.00002</identifier></header></record>
<record><header><identifier>oai:arXiv.org:0704.00003</identifier></header><metadata><arXivRaw xmlns="http://arxiv.org/OAI/arXivRaw/"><id>0704.00003</id><submitter>S. Sub</submitter>
<version version="v1"><date>Mon, 2 Apr 2007 19:18:42 GMT</date><size>9kb</size><source_type>D</source_type></version><version version="v2"><date>Tue, 24 Jul 2007 20:10:27 GMT</date></version>
<title>Raw</title><authors>A. One (1), B. Two (2) ((1) X, (2) Y)</authors><categories>cs.LG</categories><abstract>Text.</abstract></arXivRaw></metadata></record>
<resumptionToken cursor="0">abc|1001</resumptionToken>
</ListRecords></OAI-PMH>
<?xml version="1.0" encoding="UTF-8"?>
<oai:OAI-PMH xmlns:oai="http://www.openarchives.org/OAI/2.0/"><oai:ListRecords>
<oai:record><oai:header><oai:identifier>oai:repo.example:9</oai:identifier></oai:header><oai:metadata><oai_dc:dc xmlns:oai_dc="http://www.openarchives.org/OAI/2.0/oai_dc/" xmlns:dc="http://purl.org/dc/elements/1.1/">
<dc:title>First title</dc:title><dc:title xml:lang="de">Zweiter Titel</dc:title><dc:creator>One, Anna</dc:creator><dc:creator>Two, B.</dc:creator>
<dc:subject>Plants</dc:subject><dc:subject>Plants</dc:subject><dc:description>Comment: 26 pages, 4 figures, and a remark that is long enough to be taken for an abstract by its length</dc:description>
<dc:description>International audience</dc:description><dc:description>We describe a repository in enough words that this description can only be the abstract.</dc:description>
<dc:publisher>Example Press</dc:publisher><dc:date>2015-03-01T12:00:00Z</dc:date><dc:date>2013</dc:date><dc:date>2013-05-01</dc:date><dc:date>info:eu-repo/date/embargoEnd/2012-01-01</dc:date>
<dc:type>Article</dc:type><dc:type>info:eu-repo/semantics/article</dc:type><dc:identifier>urn:nbn:x</dc:identifier><dc:identifier>https://repo.example/9</dc:identifier><dc:identifier>doi:10.1234/r.9</dc:identifier>
<dc:language>en</dc:language><dc:source>Journal of repositories</dc:source><dc:relation>info:eu-repo/semantics/altIdentifier/doi/10.1234/r.10</dc:relation><dc:relation>https://other.example</dc:relation></oai_dc:dc></oai:metadata><oai:about/></oai:record>
</oai:ListRecords></oai:OAI-PMH>
"#;

#[test]
fn every_element_of_arxiv_is_read() {
    let records = good(XmlFormat::Oai, GOOD);
    assert_eq!(records.len(), 3);
    assert_eq!(
        records[0],
        Record {
            line: 5,
            ids: vec![
                RawId::Arxiv("0704.00001".into()),
                RawId::Doi("10.1234/a".into()),
                RawId::Doi("10.1234/b".into()),
            ],
            title: "A title\n  in two lines".into(),
            abstract_text: "For $a < b$.".into(),
            authors: vec![
                person("Bal\\'azs", "C.", ""),
                person("Two", "B.", "Jr."),
                Author::Printed("CDF Collaboration".into()),
            ],
            categories: texts(&["hep-ph", "math.AG"]),
            dates: text_dates(&["2007-04-02", "2007-07-24"]),
            venue: Some("Phys. Ex. 76:1".into()),
            ..Record::default()
        }
    );
}

#[test]
fn versions_of_arxiv_are_read() {
    assert_eq!(
        good(XmlFormat::Oai, GOOD)[1],
        Record {
            line: 13,
            ids: vec![RawId::Arxiv("0704.00003".into())],
            title: "Raw".into(),
            abstract_text: "Text.".into(),
            authors: printed(&["A. One", "B. Two"]),
            categories: texts(&["cs.LG"]),
            dates: text_dates(&["Mon, 2 Apr 2007 19:18:42 GMT", "Tue, 24 Jul 2007 20:10:27 GMT"]),
            ..Record::default()
        }
    );
}

#[test]
fn every_element_of_dublin_core_is_read() {
    assert_eq!(
        good(XmlFormat::Oai, GOOD)[2],
        Record {
            line: 20,
            ids: vec![
                RawId::Any("urn:nbn:x".into()),
                RawId::Any("https://repo.example/9".into()),
                RawId::Any("doi:10.1234/r.9".into()),
                RawId::Doi("10.1234/r.10".into()),
                RawId::Own("oai:repo.example:9".into()),
            ],
            title: "First title".into(),
            abstract_text: "We describe a repository in enough words that this description can only be the abstract."
                .into(),
            authors: printed(&["One, Anna", "Two, B."]),
            keywords: texts(&["Plants"]),
            dates: text_dates(&["2013-05-01", "2013", "2015-03-01T12:00:00Z"]),
            venue: Some("Journal of repositories".into()),
            publisher: Some("Example Press".into()),
            language: Some("en".into()),
            kinds: texts(&["Article", "info:eu-repo/semantics/article"]),
            url: Some("https://repo.example/9".into()),
            ..Record::default()
        }
    );
}

#[test]
fn records_without_the_envelope_are_read() {
    let start = GOOD.find("<record>").unwrap();
    let end = GOOD.find("<resumptionToken").unwrap();
    let records = good(XmlFormat::Oai, &GOOD[start..end]);
    assert_eq!(records.len(), 2);
    assert_eq!(records[0].line, 1);
}

#[test]
fn metadata_of_other_kinds_is_reported() {
    let text = "<OAI-PMH><record><metadata><mods:mods/></metadata></record>\n<record><header/></record></OAI-PMH>";
    assert_eq!(
        outcomes(XmlFormat::Oai, text),
        [
            "x.xml:1: expected metadata `arXiv`, `arXivRaw`, `oai_dc` or `marcxml`, found `mods`",
            "x.xml:2: expected `<metadata>`, found none",
        ]
    );
}
