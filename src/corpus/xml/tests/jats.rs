//! Tests of the reader in `jats.rs`.

use super::*;

pub(super) const GOOD: &str = r#"<?xml version="1.0"?>
<!DOCTYPE pmc-articleset PUBLIC "-//NLM//DTD ARTICLE SET 2.0//EN" "https://dtd.example/nlm-articleset-2.0.dtd">
<pmc-articleset><article xmlns:xlink="http://www.w3.org/1999/xlink" article-type="research-article" xml:lang="en"><front>
<journal-meta><journal-id>x</journal-id><journal-title-group><journal-title>Journal X</journal-title></journal-title-group><publisher><publisher-name>P</publisher-name></publisher></journal-meta>
<article-meta><article-id pub-id-type="pmid">1</article-id><article-id pub-id-type="pmc">PMC2</article-id><article-id pub-id-type="doi">10.1234/x</article-id><article-id pub-id-type="publisher-id">z</article-id>
<title-group><article-title>A <italic>b</italic></article-title></title-group>
<contrib-group><contrib contrib-type="author"><name><surname>One</surname><given-names>Anna</given-names><suffix>Jr</suffix></name></contrib>
<contrib contrib-type="author"><collab>The Group</collab></contrib><contrib contrib-type="author"><string-name>B. Two</string-name></contrib><contrib contrib-type="editor"><name><surname>Ed</surname></name></contrib></contrib-group>
<pub-date pub-type="ppub"><month>5</month><year>2021</year></pub-date><pub-date pub-type="epub"><day>4</day><month>3</month><year>2021</year></pub-date>
<volume>7</volume><issue>8</issue><fpage>9</fpage><lpage>10</lpage>
<abstract><title>Abstract</title><sec><title>Background:</title><p>First.</p></sec><p>Second.</p></abstract><abstract abstract-type="graphical"><p>No.</p></abstract>
<kwd-group><title>Keywords</title><kwd>plants</kwd></kwd-group></article-meta></front>
<body><p>Body</p></body><back><ref-list><ref><element-citation><article-title>Other</article-title><pub-id pub-id-type="doi">10.9/o</pub-id></element-citation></ref></ref-list></back></article>
<article><front><article-meta><title-group><article-title>Short</article-title></title-group><elocation-id>e5</elocation-id></article-meta></front></article></pmc-articleset>
"#;

#[test]
fn every_element_of_an_article_is_read() {
    let records = good(XmlFormat::Jats, GOOD);
    assert_eq!(records.len(), 2);
    assert_eq!(
        records[0],
        Record {
            line: 3,
            ids: vec![RawId::Pubmed("1".into()), RawId::PubmedCentral("PMC2".into()), RawId::Doi("10.1234/x".into()),],
            title: "A <italic>b</italic>".into(),
            abstract_text: "Background: First.\nSecond.".into(),
            authors: vec![
                person("One", "Anna", "Jr"),
                Author::Group("The Group".into()),
                Author::Printed("B. Two".into()),
            ],
            keywords: texts(&["plants"]),
            dates: vec![parts("2021", "3", "4"), parts("2021", "5", "")],
            venue: Some("Journal X".into()),
            volume: Some("7".into()),
            number: Some("8".into()),
            pages: Some("9-10".into()),
            publisher: Some("P".into()),
            language: Some("en".into()),
            kinds: texts(&["research-article"]),
            ..Record::default()
        }
    );
    assert_eq!(records[1].title, "Short");
    assert_eq!(records[1].pages.as_deref(), Some("e5"));
}

#[test]
fn members_of_a_collaboration_are_not_authors() {
    let text = r#"<article><front><article-meta><title-group><article-title>T</article-title></title-group>
<contrib-group><contrib contrib-type="author"><name><surname>One</surname><given-names>Ada</given-names></name></contrib>
<contrib contrib-type="author"><collab>The <italic>Fish</italic>
 Group<xref ref-type="fn">*</xref><contrib-group><contrib><name><surname>Two</surname></name></contrib></contrib-group></collab></contrib>
<contrib contrib-type="collab"><collab>Net Team<contrib-group><contrib contrib-type="author"><name><surname>Six</surname></name></contrib></contrib-group></collab></contrib>
<contrib><collab-alternatives><collab xml:lang="en">Sea Team</collab></collab-alternatives></contrib></contrib-group>
<contrib-group content-type="collab-list"><contrib><name><surname>Three</surname></name></contrib></contrib-group>
</article-meta></front></article>"#;
    let authors = good(XmlFormat::Jats, text).remove(0).authors;
    let groups = ["The Fish Group", "Net Team", "Sea Team"].map(|name| Author::Group(name.into()));
    assert_eq!(authors, [vec![person("One", "Ada", "")], groups.to_vec()].concat());
}

#[test]
fn names_in_parts_are_read_from_all_elements() {
    let text = r"<article><front><article-meta><title-group><article-title>T</article-title></title-group><contrib-group>
<contrib><string-name><given-names>Ada</given-names> <surname>One</surname></string-name></contrib>
<contrib><name-alternatives><string-name><surname>Two</surname><given-names>Bo</given-names></string-name></name-alternatives></contrib>
<contrib><name/></contrib></contrib-group></article-meta></front></article>";
    let authors = good(XmlFormat::Jats, text).remove(0).authors;
    assert_eq!(authors, [person("One", "Ada", ""), person("Two", "Bo", "")]);
}
