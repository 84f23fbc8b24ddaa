//! Tests of the reader in `pubmed.rs`.

use super::*;

/// An article with every element that is read, and some whose values must not be mistaken for the article's.
pub(super) const GOOD: &str = r#"<?xml version="1.0" ?>
<!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD PubMedArticle, 1st January 2025//EN" "https://dtd.nlm.nih.gov/ncbi/pubmed/out/pubmed_250101.dtd">
<PubmedArticleSet>
<PubmedArticle><MedlineCitation Status="MEDLINE" Owner="NLM" IndexingMethod="Curated"><PMID Version="1">11111111</PMID>
<DateCompleted><Year>2020</Year><Month>01</Month><Day>02</Day></DateCompleted>
<Article PubModel="Print-Electronic"><Journal><ISSN IssnType="Electronic">0000-0000</ISSN>
<JournalIssue CitedMedium="Internet"><Volume>12</Volume><Issue>3 Suppl 1</Issue><PubDate><Year>2020</Year><Month>Jan</Month></PubDate></JournalIssue>
<Title>Journal of examples &amp; samples</Title><ISOAbbreviation>J Ex</ISOAbbreviation></Journal>
<ArticleTitle>Uptake of CO<sub>2</sub> by <i>Examplea minima</i> at p &lt; 0.05 (<mml:math xmlns:mml="http://www.w3.org/1998/Math/MathML"><mml:mi>α</mml:mi></mml:math>).</ArticleTitle>
<Pagination><StartPage>101</StartPage><EndPage>109</EndPage><MedlinePgn>101-9</MedlinePgn></Pagination>
<ELocationID EIdType="pii" ValidYN="Y">S0</ELocationID><ELocationID EIdType="doi" ValidYN="Y">10.1234/ex.1</ELocationID>
<ELocationID EIdType="doi" ValidYN="N">10.1234/wrong</ELocationID>
<Abstract><AbstractText>Before the labels.</AbstractText><AbstractText Label="BACKGROUND" NlmCategory="BACKGROUND">Minimal <b>plants</b>.</AbstractText>
<AbstractText Label="UNLABELLED">More.</AbstractText><AbstractText Label="EMPTY"/><CopyrightInformation>© Nobody</CopyrightInformation></Abstract>
<AuthorList CompleteYN="Y"><Author ValidYN="Y" EqualContrib="Y"><LastName>van Beispiel</LastName><ForeName>Anna M</ForeName><Initials>AM</Initials><Suffix>Jr</Suffix>
<Identifier Source="ORCID">0000-0000-0000-0000</Identifier><AffiliationInfo><Affiliation>University</Affiliation></AffiliationInfo></Author>
<Author ValidYN="N"><LastName>Wrong</LastName><ForeName>Name</ForeName></Author>
<Author ValidYN="Y"><LastName>Kurz</LastName><Initials>K</Initials></Author>
<Author ValidYN="Y"><CollectiveName>Example Study Group</CollectiveName></Author></AuthorList>
<Language>eng</Language><Language>ger</Language><PublicationTypeList><PublicationType UI="D016428">Journal Article</PublicationType><PublicationType UI="D016441">Retracted Publication</PublicationType></PublicationTypeList>
<VernacularTitle>Ein anderer Titel.</VernacularTitle>
<ArticleDate DateType="Electronic"><Year>2019</Year><Month>12</Month><Day>15</Day></ArticleDate></Article>
<MedlineJournalInfo><MedlineTA>J Ex TA</MedlineTA></MedlineJournalInfo>
<CommentsCorrectionsList><CommentsCorrections RefType="RetractionIn"><RefSource>x</RefSource><PMID Version="1">99999999</PMID></CommentsCorrections></CommentsCorrectionsList>
<MeshHeadingList><MeshHeading><DescriptorName UI="D1" MajorTopicYN="N">Plants</DescriptorName><QualifierName UI="Q1">metabolism</QualifierName></MeshHeading>
<MeshHeading><DescriptorName UI="D2">Humans</DescriptorName></MeshHeading></MeshHeadingList>
<OtherAbstract Type="Publisher" Language="ger"><AbstractText>Nicht dies.</AbstractText></OtherAbstract>
<KeywordList Owner="NOTNLM"><Keyword MajorTopicYN="N">CO<sub>2</sub> uptake</Keyword><Keyword>Plants</Keyword></KeywordList></MedlineCitation>
<PubmedData><History><PubMedPubDate PubStatus="received"><Year>2018</Year><Month>1</Month><Day>1</Day></PubMedPubDate>
<PubMedPubDate PubStatus="pubmed"><Year>2019</Year><Month>12</Month><Day>16</Day><Hour>6</Hour></PubMedPubDate></History>
<ArticleIdList><ArticleId IdType="pubmed">11111111</ArticleId><ArticleId IdType="pmc">PMC2222222</ArticleId><ArticleId IdType="doi">10.1234/ex.1</ArticleId><ArticleId IdType="pii">S0</ArticleId></ArticleIdList>
<ReferenceList><Reference><Citation>Other</Citation><ArticleIdList><ArticleId IdType="pubmed">33333333</ArticleId><ArticleId IdType="doi">10.9/other</ArticleId></ArticleIdList></Reference></ReferenceList></PubmedData></PubmedArticle>
<PubmedArticle><MedlineCitation><PMID>4</PMID><Article><Journal><ISOAbbreviation>J Ab</ISOAbbreviation><JournalIssue><PubDate><MedlineDate>1998 Dec-1999 Jan</MedlineDate></PubDate></JournalIssue></Journal>
<ArticleTitle>[Not Available].</ArticleTitle><Pagination><StartPage>e12</StartPage></Pagination><VernacularTitle>Un título...</VernacularTitle></Article></MedlineCitation></PubmedArticle>
<PubmedBookArticle><BookDocument><PMID Version="1">5</PMID><ArticleIdList><ArticleId IdType="bookaccession">NBK1</ArticleId><ArticleId IdType="doi">10.1234/book.5</ArticleId></ArticleIdList>
<Book><Publisher><PublisherName>Example Press</PublisherName><PublisherLocation>Town</PublisherLocation></Publisher><BookTitle book="ex">Handbook of examples</BookTitle><PubDate><Year>2024</Year><Month>01</Month></PubDate>
<AuthorList Type="editors"><Author><LastName>Editor</LastName></Author></AuthorList></Book>
<ArticleTitle book="ex" part="a1">A chapter</ArticleTitle><Language>eng</Language><AuthorList Type="authors"><Author ValidYN="Y"><LastName>One</LastName><ForeName>Olga</ForeName></Author></AuthorList>
<PublicationType UI="D016454">Review</PublicationType><Abstract><AbstractText>About it.</AbstractText></Abstract><ContributionDate><Year>2023</Year><Month>8</Month><Day>7</Day></ContributionDate><KeywordList><Keyword>example</Keyword></KeywordList></BookDocument>
<PubmedBookData><ArticleIdList><ArticleId IdType="pubmed">5</ArticleId></ArticleIdList></PubmedBookData></PubmedBookArticle>
<PubmedBookArticle><BookDocument><PMID>6</PMID><Book><BookTitle>A whole book</BookTitle><AuthorList Type="authors"><Author><LastName>Two</LastName><ForeName>T</ForeName></Author></AuthorList></Book></BookDocument></PubmedBookArticle>
<DeleteCitation><PMID Version="1">7</PMID></DeleteCitation>
</PubmedArticleSet>
"#;

#[test]
fn every_element_of_an_article_is_read() {
    let records = good(XmlFormat::Pubmed, GOOD);
    assert_eq!(records.len(), 4);
    assert_eq!(
        records[0],
        Record {
            line: 4,
            ids: vec![
                RawId::Pubmed("11111111".into()),
                RawId::PubmedCentral("PMC2222222".into()),
                RawId::Doi("10.1234/ex.1".into()),
            ],
            title: "Uptake of CO<sub>2</sub> by <i>Examplea minima</i> at p &lt; 0.05 (<mml:math \
            xmlns:mml=\"http://www.w3.org/1998/Math/MathML\"><mml:mi>α</mml:mi></mml:math>)"
                .into(),
            abstract_text: "Before the labels.\nBACKGROUND: Minimal <b>plants</b>.\nMore.".into(),
            authors: vec![
                person("van Beispiel", "Anna M", "Jr"),
                person("Kurz", "K", ""),
                Author::Group("Example Study Group".into()),
            ],
            keywords: texts(&["Plants", "Humans", "CO2 uptake"]),
            dates: vec![parts("2019", "12", "15"), parts("2020", "Jan", ""), parts("2019", "12", "16")],
            venue: Some("Journal of examples & samples".into()),
            volume: Some("12".into()),
            number: Some("3 Suppl 1".into()),
            pages: Some("101-9".into()),
            language: Some("eng".into()),
            kinds: texts(&["Journal Article", "Retracted Publication"]),
            is_retracted: true,
            ..Record::default()
        }
    );
}

#[test]
fn original_title_and_irregular_date_are_read() {
    assert_eq!(
        good(XmlFormat::Pubmed, GOOD)[1],
        Record {
            line: 33,
            ids: vec![RawId::Pubmed("4".into())],
            title: "Un título...".into(),
            dates: text_dates(&["1998 Dec-1999 Jan"]),
            venue: Some("J Ab".into()),
            pages: Some("e12".into()),
            ..Record::default()
        }
    );
    let text = "<PubmedArticle><MedlineCitation><Article><ArticleTitle>A</ArticleTitle><Journal><JournalIssue><PubDate>\
        <Year>2000</Year><Season>Spring</Season></PubDate></JournalIssue></Journal></Article></MedlineCitation></PubmedArticle>";
    assert_eq!(good(XmlFormat::Pubmed, text)[0].dates, text_dates(&["2000 Spring"]));
}

#[test]
fn chapters_and_books_are_read() {
    let records = good(XmlFormat::Pubmed, GOOD);
    assert_eq!(
        records[2],
        Record {
            line: 35,
            ids: vec![RawId::Pubmed("5".into()), RawId::Doi("10.1234/book.5".into())],
            title: "A chapter".into(),
            abstract_text: "About it.".into(),
            authors: vec![person("One", "Olga", "")],
            keywords: texts(&["example"]),
            dates: vec![parts("2023", "8", "7"), parts("2024", "01", "")],
            venue: Some("Handbook of examples".into()),
            publisher: Some("Example Press".into()),
            language: Some("eng".into()),
            kinds: texts(&["Review"]),
            ..Record::default()
        }
    );
    assert_eq!(records[3].title, "A whole book");
    assert_eq!(records[3].venue, None);
    assert_eq!(records[3].authors, [person("Two", "T", "")]);
}

#[test]
fn article_without_a_citation_is_reported() {
    assert_eq!(
        outcomes(XmlFormat::Pubmed, "<PubmedArticle>\n<PubmedData></PubmedData></PubmedArticle>"),
        ["x.xml:1: expected `<MedlineCitation>`, found none"]
    );
}
