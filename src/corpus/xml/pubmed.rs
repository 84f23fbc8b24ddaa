//! Reads PubMed's XML, as its `efetch` and its yearly baseline write it: articles, and chapters of books.
//!
//! Source: NLM's DTD for PubMed (`pubmed_250101.dtd`) and "MEDLINE/PubMed XML Element Descriptions and their Attributes".

use super::super::{Author, RawDate, RawId, Record};
use super::{Element, add};

/// Reads a `PubmedArticle` or a `PubmedBookArticle`.
pub(super) fn read(record: Element<'_>) -> Result<Option<Record>, String> {
    let is_book = record.name() == "PubmedBookArticle";
    let main = if is_book { "BookDocument" } else { "MedlineCitation" };
    let main = record.find(main).ok_or_else(|| format!("expected `<{main}>`, found none"))?;
    Ok(Some(if is_book { book(record, main) } else { article(record, main) }))
}

fn article(record: Element<'_>, citation: Element<'_>) -> Record {
    let mut read = Record::default();
    // The first one is the citation's own; those of comments and references are further down.
    read.ids.extend(citation.value("PMID").map(RawId::Pubmed));
    add_ids(record.find("PubmedData"), &mut read);
    if let Some(article) = citation.find("Article") {
        for id in article.all("ELocationID").filter(|id| id.has("EIdType", "doi") && !id.has("ValidYN", "N")) {
            add_id("doi", id.text(), &mut read);
        }
        add_common(article, &mut read);
        read.title = title(article);
        // The electronic version is published first, and its date is complete.
        read.dates.extend(article.find("ArticleDate").and_then(date));
        read.dates.extend(article.find("Journal/JournalIssue/PubDate").and_then(date));
        read.venue = article.value("Journal/Title").or_else(|| article.value("Journal/ISOAbbreviation"));
        read.volume = article.value("Journal/JournalIssue/Volume");
        read.number = article.value("Journal/JournalIssue/Issue");
        let types = article.find("PublicationTypeList").into_iter();
        read.kinds.extend(types.flat_map(|types| types.values("PublicationType").collect::<Vec<_>>()));
    }
    read.is_retracted = read.kinds.iter().any(|kind| kind == "Retracted Publication");
    read.venue = read.venue.or_else(|| citation.value("MedlineJournalInfo/MedlineTA"));
    if let Some(headings) = citation.find("MeshHeadingList") {
        let names = headings.all("MeshHeading").filter_map(|heading| heading.value("DescriptorName"));
        names.for_each(|name| add(&mut read.keywords, name));
    }
    add_keywords(citation, &mut read);
    let history = record.find("PubmedData/History").into_iter().flat_map(|history| history.all("PubMedPubDate"));
    read.dates.extend(history.filter(|date| date.has("PubStatus", "pubmed")).filter_map(date));
    read
}

/// A chapter of a book, or a book as a whole.
fn book(record: Element<'_>, document: Element<'_>) -> Record {
    let mut read = Record::default();
    read.ids.extend(document.value("PMID").map(RawId::Pubmed));
    add_ids(Some(document), &mut read);
    add_ids(record.find("PubmedBookData"), &mut read);
    add_common(document, &mut read);
    add_keywords(document, &mut read);
    read.title = title(document);
    read.kinds.extend(document.values("PublicationType"));
    read.dates.extend(document.find("ContributionDate").and_then(date));
    let Some(book) = document.find("Book") else { return read };
    if read.title.is_empty() {
        read.title = without_period(book.find("BookTitle").map(Element::markup).unwrap_or_default());
    } else {
        read.venue = book.value("BookTitle");
    }
    if read.authors.is_empty() {
        add_authors(book, &mut read);
    }
    read.dates.extend(book.find("PubDate").and_then(date));
    read.publisher = book.value("Publisher/PublisherName");
    read.volume = book.value("Volume");
    read
}

/// What articles and chapters have in common.
fn add_common(article: Element<'_>, read: &mut Record) {
    let texts = article.find("Abstract").into_iter().flat_map(|texts| texts.all("AbstractText"));
    read.abstract_text = texts.filter_map(abstract_part).collect::<Vec<_>>().join("\n");
    add_authors(article, read);
    read.language = article.value("Language");
    read.pages = article.value("Pagination/MedlinePgn").or_else(|| {
        let first = article.value("Pagination/StartPage")?;
        Some(article.value("Pagination/EndPage").map_or_else(|| first.clone(), |last| format!("{first}-{last}")))
    });
}

/// A part of an abstract, after its label if it has one.
fn abstract_part(part: Element<'_>) -> Option<String> {
    let text = part.markup();
    if text.is_empty() {
        return None;
    }
    // Parts before the first label are marked as unlabelled.
    let label = part.attribute("Label").filter(|label| !label.is_empty() && label != "UNLABELLED");
    Some(label.map_or_else(|| text.clone(), |label| format!("{label}: {text}")))
}

/// The title in English, or the original one if there is none.
fn title(article: Element<'_>) -> String {
    let title = article.find("ArticleTitle").map(Element::markup).unwrap_or_default();
    let is_absent = title.is_empty() || title.trim_end_matches('.') == "[Not Available]";
    let original = article.find("VernacularTitle").map(Element::markup).filter(|_| is_absent);
    without_period(original.filter(|title| !title.is_empty()).unwrap_or(title))
}

/// PubMed and DBLP put a period after every title.
pub(super) fn without_period(mut title: String) -> String {
    if title.ends_with('.') && !title.ends_with("..") {
        title.pop();
    }
    title
}

fn add_authors(article: Element<'_>, read: &mut Record) {
    let lists = article.all("AuthorList").filter(|list| !list.has("Type", "editors"));
    let authors = lists.flat_map(|list| list.all("Author").collect::<Vec<_>>());
    read.authors.extend(authors.filter(|author| !author.has("ValidYN", "N")).filter_map(author));
}

fn author(author: Element<'_>) -> Option<Author> {
    if let Some(name) = author.value("CollectiveName") {
        return Some(Author::Group(name));
    }
    let given = author.value("ForeName").or_else(|| author.value("Initials")).unwrap_or_default();
    let suffix = author.value("Suffix").unwrap_or_default();
    let Some(family) = author.value("LastName") else {
        return (!given.is_empty()).then_some(Author::Printed(given));
    };
    Some(Author::Person { family, given, suffix })
}

fn add_keywords(citation: Element<'_>, read: &mut Record) {
    for keywords in citation.all("KeywordList") {
        keywords.values("Keyword").for_each(|keyword| add(&mut read.keywords, keyword));
    }
}

/// Adds the ids of the list directly within an element. Those of its references are further down.
fn add_ids(parent: Option<Element<'_>>, read: &mut Record) {
    let Some(list) = parent.and_then(|parent| parent.find("ArticleIdList")) else { return };
    for id in list.all("ArticleId") {
        add_id(&id.attribute("IdType").unwrap_or_default(), id.text(), read);
    }
}

fn add_id(kind: &str, id: String, read: &mut Record) {
    let id = match kind {
        _ if id.is_empty() => return,
        "doi" => RawId::Doi(id),
        "pmc" => RawId::PubmedCentral(id),
        "pubmed" => RawId::Pubmed(id),
        _ => return,
    };
    add(&mut read.ids, id);
}

/// A date in parts, or as one text if it is irregular: `2000 Spring`, `1998 Dec-1999 Jan`.
fn date(date: Element<'_>) -> Option<RawDate> {
    if let Some(text) = date.value("MedlineDate") {
        return Some(RawDate::Text(text));
    }
    let year = date.value("Year")?;
    if let Some(season) = date.value("Season") {
        return Some(RawDate::Text(format!("{year} {season}")));
    }
    let [month, day] = ["Month", "Day"].map(|part| date.value(part).unwrap_or_default());
    Some(RawDate::Parts { year, month, day })
}
