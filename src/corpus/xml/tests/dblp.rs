//! Tests of the reader in `dblp.rs`.

use super::*;

pub(super) const GOOD: &str = r#"<?xml version="1.0" encoding="ISO-8859-1"?>
<!DOCTYPE dblp SYSTEM "dblp.dtd">
<dblp>
<article mdate="2020-01-01" key="journals/ex/MuellerW20" publtype="informal withdrawn">
<author orcid="0000-0000-0000-0000">J&ouml;rg M&uuml;ller</author><author>Wei Wang 0001</author>
<title>On <i>k</i><sub>2</sub>-examples &amp; p &lt; 1.</title>
<pages>1-9</pages><year>2020</year><month>March</month><volume>12</volume><journal>J. Ex.</journal><number>3</number>
<ee type="oa">https://doi.org/10.1234/ex.20</ee><ee>http://arxiv.org/abs/2001.00001</ee><url>db/journals/ex/ex12.html#MuellerW20</url>
<note type="x">n</note></article><inproceedings mdate="2021-01-01" key="conf/ex/One21"><author>Anna One</author><title>Why?</title>
<booktitle>EX</booktitle><year>2021</year><crossref>conf/ex/2021</crossref><ee type="oa">https://aclanthology.org/2021.ex-1.1/</ee><ee type="oa">https://other.example</ee></inproceedings>
<proceedings key="conf/ex/2021"><editor>Ed Itor 0002</editor><title>Proceedings of EX 2021...</title><series>LNEX</series><publisher>Example Press</publisher><year>2021</year></proceedings>
<www mdate="2004-03-23" key="homepages/w/Wang"><author>Wei Wang 0001</author><title>Home Page</title></www>
<phdthesis key="phd/Two"><author>B. Two</author><title>A thesis</title><school>University of X</school><year>1999</year></phdthesis>
</dblp>
"#;

pub(super) const GOOD_SEARCH: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<result>
<query id="1">examples*</query><status code="200">OK</status><time unit="msecs">9</time><completions total="1" computed="1" sent="1"><c sc="1" dc="1" oc="1" id="1">examples</c></completions>
<hits total="2" computed="2" sent="2" first="0">
<hit score="3" id="11"><info><authors><author pid="1/2">Wei Wang 0001</author><author pid="3/4">Anna One</author></authors><title>Search &amp; find.</title><venue>J. Ex.</venue><volume>1</volume><number>2</number><pages>3-4</pages><publisher>P</publisher><year>2022</year><type>Journal Articles</type><access>open</access><key>journals/ex/WangO22</key><doi>10.1234/ex.22</doi><ee>https://doi.org/10.1234/ex.22</ee><url>https://dblp.org/rec/journals/ex/WangO22</url></info><url>URL#11</url></hit>
<hit score="2" id="12"><info><authors><author pid="5">B. Two</author></authors><title>Second.</title><venue>CoRR</venue><type>Informal and Other Publications</type><access>closed</access><ee>https://journal.example/2</ee><url>https://dblp.org/rec/x</url></info></hit>
</hits>
</result>
"#;

#[test]
fn every_element_of_an_article_is_read() {
    let records = good(XmlFormat::Dblp, GOOD);
    assert_eq!(records.len(), 4);
    assert_eq!(
        records[0],
        Record {
            line: 4,
            ids: vec![
                RawId::Dblp("journals/ex/MuellerW20".into()),
                RawId::Doi("https://doi.org/10.1234/ex.20".into()),
                RawId::Arxiv("http://arxiv.org/abs/2001.00001".into()),
            ],
            title: "On <i>k</i><sub>2</sub>-examples &amp; p &lt; 1".into(),
            authors: printed(&["Jörg Müller", "Wei Wang"]),
            dates: vec![parts("2020", "March", "")],
            venue: Some("J. Ex.".into()),
            volume: Some("12".into()),
            number: Some("3".into()),
            pages: Some("1-9".into()),
            kinds: texts(&["article", "informal withdrawn"]),
            is_retracted: true,
            url: Some("https://doi.org/10.1234/ex.20".into()),
            open_access: Some("https://doi.org/10.1234/ex.20".into()),
            ..Record::default()
        }
    );
}

#[test]
fn other_publications_are_read_and_home_pages_are_skipped() {
    let records = good(XmlFormat::Dblp, GOOD);
    assert_eq!(records[1].line, 9);
    assert_eq!(records[1].title, "Why?");
    assert_eq!(records[1].venue.as_deref(), Some("EX"));
    assert_eq!(records[1].ids[1], RawId::Any("https://aclanthology.org/2021.ex-1.1/".into()));
    assert_eq!(records[1].open_access.as_deref(), Some("https://aclanthology.org/2021.ex-1.1/"));
    assert_eq!(records[2].title, "Proceedings of EX 2021...");
    assert_eq!(records[2].authors, printed(&["Ed Itor"]));
    assert_eq!(records[2].venue.as_deref(), Some("LNEX"));
    assert_eq!(records[2].publisher.as_deref(), Some("Example Press"));
    assert_eq!(records[3].publisher.as_deref(), Some("University of X"));
    assert_eq!(records[3].kinds, ["phdthesis"]);
}

#[test]
fn results_of_the_search_are_read() {
    let records = good(XmlFormat::DblpSearch, GOOD_SEARCH);
    assert_eq!(records.len(), 2);
    assert_eq!(
        records[0],
        Record {
            line: 5,
            ids: vec![RawId::Dblp("journals/ex/WangO22".into()), RawId::Doi("10.1234/ex.22".into())],
            title: "Search &amp; find".into(),
            authors: printed(&["Wei Wang", "Anna One"]),
            dates: vec![parts("2022", "", "")],
            venue: Some("J. Ex.".into()),
            volume: Some("1".into()),
            number: Some("2".into()),
            pages: Some("3-4".into()),
            publisher: Some("P".into()),
            kinds: texts(&["Journal Articles"]),
            url: Some("https://doi.org/10.1234/ex.22".into()),
            open_access: Some("https://doi.org/10.1234/ex.22".into()),
            ..Record::default()
        }
    );
    assert_eq!(records[1].open_access, None);
    assert_eq!(records[1].url.as_deref(), Some("https://journal.example/2"));
}
