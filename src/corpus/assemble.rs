//! Makes a paper of a record: cleans its texts, and reads its ids, names and dates. The same for every format.

use super::names::without_addresses;
use super::record::{Author, Loss, RawDate, RawId, Record};
use super::tagged::values::{address_id, doi_of_page};
use super::{dates, shortened, text};
use crate::paper::{IdKind, Name, Paper, PaperId, PublicationDate, PublicationType, repaired_arxiv};

/// What some sources write in place of an abstract, as letters in lower case.
const NO_ABSTRACT: [&str; 5] =
    ["no abstract", "no abstract available", "abstract not available", "no abstract provided", "abstract available"];

/// What Web of Science, Scopus and others write in place of an author, without brackets.
const NO_AUTHOR: [&str; 5] = ["anonymous", "no author", "no authors", "no author name available", "no authors listed"];

/// The paper of a record, and the values of it that could not be used. The error is the reason in words.
pub(super) fn paper(record: Record) -> Result<(Paper, Vec<Loss>), String> {
    let title = text::readable(&record.title);
    if title.is_empty() {
        return Err("expected a title, found none".to_owned());
    }
    let mut losses = record.losses;
    let ids = ids(&record.ids, record.url.as_deref(), &title, &mut losses);
    let published = published(&record.dates, &mut losses);
    let value = |text: Option<String>| text.map(|text| text::readable(&text)).filter(|text| !text.is_empty());
    let mut others = ids.into_iter();
    let id = others.next().unwrap_or_else(|| PaperId::of_title(&title));
    let mut paper = Paper::new(id, title, abstract_of(&record.abstract_text));
    paper.ids = others.collect();
    paper.authors = record.authors.into_iter().map(printed).filter(|name| !name.is_empty()).collect();
    paper.author_count = record.author_count.filter(|count| *count as usize > paper.authors.len());
    paper.organisation = value(record.organisation);
    // Bibliographies have one field for both.
    let (subjects, keywords) = record.keywords.into_iter().partition(|keyword| is_arxiv_category(keyword.trim()));
    paper.categories = distinct([record.categories, subjects].concat());
    paper.keywords = distinct(keywords);
    paper.published = published;
    paper.venue = value(record.venue);
    paper.volume = value(record.volume);
    paper.number = value(record.number);
    paper.pages = value(record.pages);
    // CSL names the server of a preprint in this place.
    paper.publisher = value(record.publisher).filter(|publisher| !publisher.eq_ignore_ascii_case("arxiv"));
    paper.language = value(record.language).map(|language| language_code(&language));
    paper.kind = if record.is_retracted {
        Some(PublicationType::Retracted)
    } else {
        record.kinds.iter().filter_map(|kind| PublicationType::read(kind)).max()
    };
    // Some sources call a preprint an article.
    let has_journal = paper.venue.as_deref().is_some_and(|venue| !is_preprint_server(venue));
    if paper.kind == Some(PublicationType::Article) && paper.id.kind() == IdKind::Arxiv && !has_journal {
        paper.kind = Some(PublicationType::Preprint);
    }
    paper.citations = record.citations;
    paper.url = address(record.url);
    paper.open_access = address(record.open_access);
    paper.comments = record.comments;
    Ok((paper, losses))
}

fn is_preprint_server(venue: &str) -> bool {
    // `Corr` abbreviates journals of corrections and of corrosion.
    venue.to_lowercase().contains("arxiv") || venue == "CoRR"
}

fn abstract_of(raw: &str) -> String {
    // A heading, as Crossref's abstracts have it, is not part of the text.
    let raw = raw.trim_start();
    let heading = ["<jats:title>Abstract</jats:title>", "<title>Abstract</title>", "<jats:title>ABSTRACT</jats:title>"];
    let text = text::readable(heading.iter().find_map(|heading| raw.strip_prefix(heading)).unwrap_or(raw));
    let letters: String = text.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    if NO_ABSTRACT.contains(&letters.as_str()) { String::new() } else { text }
}

/// The ids of a record without duplicates; the one that becomes the paper's own is first.
fn ids(raw: &[RawId], url: Option<&str>, title: &str, losses: &mut Vec<Loss>) -> Vec<PaperId> {
    let mut ids = Vec::with_capacity(raw.len() + 1);
    for raw in raw {
        match id(raw) {
            Ok(id) if !ids.contains(&id) => ids.push(id),
            Ok(_) => {}
            Err(loss) => losses.push(loss),
        }
    }
    // The web address of a paper may contain an id, which counts unless a field has one of the same scheme.
    let of_address = url.and_then(|url| address_id(url).or_else(|| doi_of_page(url))).and_then(|raw| id(&raw).ok());
    ids.extend(of_address.filter(|id| ids.iter().all(|other| other.kind() != id.kind())));
    // A title may be given as an id by its hash, which is that of an earlier title if it has changed.
    if ids.iter().all(|id| id.kind() > IdKind::Title) {
        ids.insert(0, PaperId::of_title(title));
    }
    ids.sort_by_key(PaperId::kind);
    ids
}

fn id(raw: &RawId) -> Result<PaperId, Loss> {
    let (kind, text, wanted) = match raw {
        RawId::Any(text) => return any_id(text),
        RawId::Doi(text) => (IdKind::Doi, text, "a DOI such as `10.1000/182`"),
        RawId::Arxiv(text) => {
            if let Some(id) = repaired_arxiv(text).as_deref().and_then(PaperId::parse) {
                return Ok(id);
            }
            (IdKind::Arxiv, text, "an arXiv id such as `1706.03762`")
        }
        RawId::Pubmed(text) => (IdKind::Pubmed, text, "a PubMed id, which is a number"),
        RawId::PubmedCentral(text) => (IdKind::PubmedCentral, text, "a PubMed Central id such as `PMC4539742`"),
        RawId::OpenAlex(text) => (IdKind::OpenAlex, text, "an OpenAlex id such as `W2741809807`"),
        RawId::SemanticScholar(text) => (IdKind::SemanticScholar, text, "a Semantic Scholar id of 40 digits"),
        RawId::Acl(text) => (IdKind::Acl, text, "an id of the ACL Anthology such as `P17-1001`"),
        RawId::Dblp(text) => (IdKind::Dblp, text, "a key of DBLP such as `conf/nips/Smith17`"),
        RawId::Own(text) => (IdKind::Own, text, "an id"),
    };
    PaperId::of_kind(kind, text).ok_or_else(|| Loss {
        field: "id".to_owned(),
        reason: format!("expected {wanted}, found `{}`", shortened(text)),
    })
}

/// An id in a field for ids of any scheme.
fn any_id(text: &str) -> Result<PaperId, Loss> {
    if let Some(id) = repaired_arxiv(text).as_deref().and_then(PaperId::parse).or_else(|| PaperId::parse(text)) {
        return Ok(id);
    }
    // A number with a dot was an arXiv id once, unless it never was an id.
    let is_number = text.contains('.') && text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    if is_number {
        let reason = format!("expected an arXiv id such as `1706.03762`, found the number `{}`", shortened(text));
        return Err(Loss { field: "id".to_owned(), reason });
    }
    PaperId::of_kind(IdKind::Own, text)
        .ok_or_else(|| Loss { field: "id".to_owned(), reason: format!("expected an id, found `{}`", shortened(text)) })
}

/// The first date that can be read. If none can, or only a part of it, that is a loss.
fn published(dates: &[RawDate], losses: &mut Vec<Loss>) -> Option<PublicationDate> {
    let loss = |date: &RawDate| Loss {
        field: "date".to_owned(),
        reason: format!("expected a date such as `2024-06-12`, `2024-06` or `2024`, found `{}`", found(date)),
    };
    for date in dates {
        let Some((read, has_lost_part)) = dates::read(date) else { continue };
        if let Some(published) = PublicationDate::partial(read.year, read.month, read.day) {
            losses.extend(has_lost_part.then(|| loss(date)));
            return Some(published);
        }
    }
    losses.extend(dates.first().map(loss));
    None
}

fn found(date: &RawDate) -> String {
    match date {
        RawDate::Text(text) => shortened(text),
        RawDate::Parts { year, month, day } => {
            let parts: Vec<&str> =
                [year, month, day].into_iter().map(|part| part.trim()).filter(|p| !p.is_empty()).collect();
            shortened(&parts.join("-"))
        }
        RawDate::Milliseconds(milliseconds) => milliseconds.to_string(),
    }
}

/// The name of an author as it is stored; empty if there is none.
fn printed(author: Author) -> String {
    let mut name = as_written(author);
    // Some lists of medRxiv have a dash before each name.
    name.drain(..name.len() - name.trim_start_matches("- ").len());
    let plain = name.trim_matches(['[', ']']);
    if NO_AUTHOR.iter().any(|none| plain.eq_ignore_ascii_case(none)) { String::new() } else { name }
}

fn as_written(author: Author) -> String {
    match author {
        Author::Printed(name) => {
            let name = text::name(&without_addresses(&name));
            match Name::of(&name) {
                // As printed, unless the family name is first.
                Name::Person { given, family, suffix } if name.contains(',') => Name::print(&family, &given, &suffix),
                _ => name,
            }
        }
        Author::Person { family, given, suffix } => {
            let [family, given, suffix] = [family, given, suffix].map(|part| text::name(&without_addresses(&part)));
            if family.is_empty() { given } else { Name::print(&family, &given, &suffix) }
        }
        Author::Group(name) => {
            // In PubMed, the address of the person to ask follows.
            let without_address = name.split_once(". Electronic address:").map(|(name, _)| name);
            text::name(&without_addresses(without_address.unwrap_or(&name)))
        }
    }
}

/// Whether a text is a category of arXiv (<https://arxiv.org/category_taxonomy>).
fn is_arxiv_category(text: &str) -> bool {
    const ARCHIVES: [&str; 20] = [
        "astro-ph", "cond-mat", "cs", "econ", "eess", "gr-qc", "hep-ex", "hep-lat", "hep-ph", "hep-th", "math",
        "math-ph", "nlin", "nucl-ex", "nucl-th", "physics", "q-bio", "q-fin", "quant-ph", "stat",
    ];
    match text.split_once('.') {
        Some((archive, class)) => {
            let is_upper = class.len() == 2 && class.bytes().all(|b| b.is_ascii_uppercase());
            let is_name = class.contains('-') && class.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
            ARCHIVES.contains(&archive) && (is_upper || is_name)
        }
        // A word such as `math` may be a keyword.
        None => text.contains('-') && ARCHIVES.contains(&text),
    }
}

/// Values on one line, without empty ones and repetitions.
fn distinct(values: Vec<String>) -> Vec<String> {
    let mut distinct: Vec<String> = Vec::with_capacity(values.len());
    for value in values {
        let value = text::readable(&value);
        if !value.is_empty() && !distinct.contains(&value) {
            distinct.push(value);
        }
    }
    distinct
}

fn address(text: Option<String>) -> Option<String> {
    let text = text?;
    let text = text.trim();
    (!text.is_empty() && !text.contains(char::is_whitespace)).then(|| text.to_owned())
}

/// A language by its code of two letters (ISO 639-1), if it is one of those that most papers are in; otherwise as it is.
fn language_code(language: &str) -> String {
    let language = language.to_lowercase();
    let code = match language.as_str() {
        "eng" | "english" => "en",
        "ger" | "deu" | "german" => "de",
        "fre" | "fra" | "french" => "fr",
        "spa" | "spanish" => "es",
        "por" | "portuguese" => "pt",
        "ita" | "italian" => "it",
        "rus" | "russian" => "ru",
        "chi" | "zho" | "chinese" => "zh",
        "jpn" | "japanese" => "ja",
        "kor" | "korean" => "ko",
        other => other,
    };
    code.to_owned()
}
