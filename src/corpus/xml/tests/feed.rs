//! Tests of the reader in `feed.rs`.

use super::*;

/// As arXiv's API writes it, and an entry of another publisher.
pub(super) const GOOD: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom">
  <link href="http://arxiv.org/api/query?id_list=0" rel="self" type="application/atom+xml"/>
  <title type="html">ArXiv Query: id_list=0</title>
  <id>http://arxiv.org/api/abc</id>
  <entry>
    <id>http://arxiv.org/abs/2401.00001v2</id>
    <updated>2024-02-02T10:00:00Z</updated>
    <published>2024-01-01T09:00:00Z</published>
    <title>Bounds for $a &lt; b$
  in two lines</title>
    <summary>  We study $a &lt; b$ &amp; more.
</summary>
    <author><name>Anna van Beispiel</name><arxiv:affiliation xmlns:arxiv="http://arxiv.org/schemas/atom">University</arxiv:affiliation></author>
    <author><name>B. Zwei</name></author>
    <arxiv:doi xmlns:arxiv="http://arxiv.org/schemas/atom">10.1234/ab.1</arxiv:doi>
    <link title="doi" href="http://dx.doi.org/10.1234/ab.1" rel="related"/>
    <arxiv:comment xmlns:arxiv="http://arxiv.org/schemas/atom">9 pages</arxiv:comment>
    <arxiv:journal_ref xmlns:arxiv="http://arxiv.org/schemas/atom">J. Ex. 1 (2024) 2</arxiv:journal_ref>
    <link href="http://arxiv.org/abs/2401.00001v2" rel="alternate" type="text/html"/>
    <link title="pdf" href="http://arxiv.org/pdf/2401.00001v2" rel="related" type="application/pdf"/>
    <arxiv:primary_category xmlns:arxiv="http://arxiv.org/schemas/atom" term="math.CO" scheme="http://arxiv.org/schemas/atom"/>
    <category term="cs.DM" scheme="http://arxiv.org/schemas/atom"/>
    <category term="math.CO" scheme="http://arxiv.org/schemas/atom"/>
  </entry>
  <entry><id>tag:journal.example,2024:7</id><title type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">A <i>b</i></div></title>
    <content type="html">&lt;p&gt;Text&lt;/p&gt;</content><updated>2024-03-03</updated><category term="plants"/><link href="https://journal.example/7"/>
    <link title="doi" href="https://doi.org/10.1234/j.7"/></entry>
</feed>
"#;

#[test]
fn every_element_of_arxiv_is_read() {
    let records = good(XmlFormat::Feed, GOOD);
    assert_eq!(records.len(), 2);
    assert_eq!(
        records[0],
        Record {
            line: 6,
            ids: vec![RawId::Arxiv("http://arxiv.org/abs/2401.00001v2".into()), RawId::Doi("10.1234/ab.1".into())],
            title: "Bounds for $a < b$\n  in two lines".into(),
            abstract_text: "We study $a < b$ & more.".into(),
            authors: printed(&["Anna van Beispiel", "B. Zwei"]),
            categories: texts(&["math.CO", "cs.DM"]),
            dates: text_dates(&["2024-01-01T09:00:00Z", "2024-02-02T10:00:00Z"]),
            venue: Some("J. Ex. 1 (2024) 2".into()),
            url: Some("http://arxiv.org/abs/2401.00001v2".into()),
            open_access: Some("http://arxiv.org/pdf/2401.00001v2".into()),
            ..Record::default()
        }
    );
}

#[test]
fn other_atom_feeds_are_read() {
    assert_eq!(
        good(XmlFormat::Feed, GOOD)[1],
        Record {
            line: 26,
            ids: vec![
                RawId::Any("tag:journal.example,2024:7".into()),
                RawId::Doi("https://doi.org/10.1234/j.7".into())
            ],
            title: "<div xmlns=\"http://www.w3.org/1999/xhtml\">A <i>b</i></div>".into(),
            abstract_text: "<p>Text</p>".into(),
            keywords: texts(&["plants"]),
            dates: text_dates(&["2024-03-03"]),
            url: Some("https://journal.example/7".into()),
            ..Record::default()
        }
    );
}

#[test]
fn announcements_of_arxiv_are_read() {
    let item = |kind: &str| {
        format!(
            "<item><title>T</title><link>https://arxiv.org/abs/2401.00002</link><description>arXiv:2401.00002v1 Announce Type: {kind} \n\
             Abstract: We do.\nAbstract: not.</description><guid isPermaLink=\"false\">oai:arXiv.org:2401.00002v1</guid>\
             <category>cs.LG</category><category>cs.CL</category><pubDate>Tue, 02 Jan 2024 00:00:00 -0500</pubDate>\
             <arxiv:announce_type>{kind}</arxiv:announce_type><arxiv:DOI>10.1234/x</arxiv:DOI>\
             <arxiv:journal_reference>J. X</arxiv:journal_reference><dc:creator>A. One, B. Two</dc:creator></item>"
        )
    };
    let text = format!(
        "<rss version=\"2.0\"><channel><title>cs.LG</title>\n{}{}</channel></rss>",
        item("new"),
        item("replace")
    );
    let records = good(XmlFormat::Feed, &text);
    assert_eq!(
        records[0],
        Record {
            line: 2,
            ids: vec![RawId::Arxiv("2401.00002v1".into()), RawId::Doi("10.1234/x".into())],
            title: "T".into(),
            abstract_text: "We do.\nAbstract: not.".into(),
            authors: printed(&["A. One", "B. Two"]),
            categories: texts(&["cs.LG", "cs.CL"]),
            dates: text_dates(&["Tue, 02 Jan 2024 00:00:00 -0500"]),
            venue: Some("J. X".into()),
            url: Some("https://arxiv.org/abs/2401.00002".into()),
            ..Record::default()
        }
    );
    assert_eq!(records[1].dates, []);
}

#[test]
fn rss_of_a_journal_is_read() {
    let text = "<rdf:RDF xmlns=\"http://purl.org/rss/1.0/\"><channel><items><rdf:li/></items></channel>\
        <item rdf:about=\"https://j.example/1\"><title><![CDATA[A <i>b</i>]]></title><link>https://j.example/1</link>\
        <content:encoded><![CDATA[<p>Text</p>]]></content:encoded><dc:creator>One, A.</dc:creator><dc:creator>Two, B.</dc:creator>\
        <dc:identifier>doi:10.1234/1</dc:identifier><dc:date>2024-05-06</dc:date><prism:publicationName>Journal X</prism:publicationName>\
        <prism:volume>1</prism:volume><prism:number>2</prism:number><prism:startingPage>3</prism:startingPage>\
        <prism:endingPage>4</prism:endingPage><dc:publisher>P</dc:publisher><dc:language>en</dc:language><dc:type>Letter</dc:type>\
        <dc:subject>plants</dc:subject></item>\
        <item><title>Second</title><author>a@b.example (A. Three)</author></item></rdf:RDF>";
    let records = good(XmlFormat::Feed, text);
    assert_eq!(
        records[0],
        Record {
            line: 1,
            ids: vec![RawId::Any("doi:10.1234/1".into())],
            title: "A <i>b</i>".into(),
            abstract_text: "<p>Text</p>".into(),
            authors: printed(&["One, A.", "Two, B."]),
            keywords: texts(&["plants"]),
            dates: text_dates(&["2024-05-06"]),
            venue: Some("Journal X".into()),
            volume: Some("1".into()),
            number: Some("2".into()),
            pages: Some("3-4".into()),
            publisher: Some("P".into()),
            language: Some("en".into()),
            kinds: texts(&["Letter"]),
            url: Some("https://j.example/1".into()),
            ..Record::default()
        }
    );
    assert_eq!(records[1].authors, printed(&["a@b.example (A. Three)"]));
}

#[test]
fn error_message_of_arxiv_is_no_paper() {
    let text = "<feed><entry><id>http://arxiv.org/api/errors#incorrect_id_format_for_1</id><title>Error</title>\
        <summary>incorrect id format for 1</summary></entry></feed>";
    assert_eq!(
        outcomes(XmlFormat::Feed, text),
        ["x.xml:1: expected a paper, found arXiv's message `incorrect id format for 1`"]
    );
}
