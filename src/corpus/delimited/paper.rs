//! The paper of a row.

use super::columns::Columns;
use super::lists;
use super::rows::Row;
use super::synonyms::Field;
use crate::corpus::json::ids::in_note;
use crate::corpus::{Author, Loss, RawDate, RawId, Record, names};

/// Keys of the name in a dictionary that describes an author, a subject or a journal.
const NAME_KEYS: [&str; 9] =
    ["name", "display_name", "full_name", "fullname", "fullName", "author", "category", "keyword", "term"];

/// The paper of a row; the error is the reason in words.
pub(super) fn record(columns: &Columns, row: &Row) -> Result<Record, String> {
    let cell = |field| columns.cell(row, field).map(std::borrow::Cow::into_owned);
    let Some(title) = cell(Field::Title) else {
        return Err("expected a title, found none".to_owned());
    };
    let mut losses = Vec::new();
    let mut number = |field| number(columns, row, field, &mut losses);
    let (citations, author_count) = (number(Field::Citations), number(Field::AuthorCount));
    let kinds: Vec<String> = cell(Field::Kind).map(|text| split(&text, &[';', '|'])).unwrap_or_default();
    // `Nutrition.  2019`
    let (journal, year) = cell(Field::ShortDetails)
        .and_then(|text| {
            text.rsplit_once('.').map(|(journal, year)| (journal.trim().to_owned(), year.trim().to_owned()))
        })
        .unzip();
    let marked = cell(Field::Retracted).is_some_and(|text| {
        matches!(text.to_lowercase().as_str(), "true" | "1" | "yes" | "y" | "retracted" | "retraction" | "t")
    });
    Ok(Record {
        line: row.line,
        ids: ids(columns, row),
        title,
        abstract_text: cell(Field::Abstract).unwrap_or_default(),
        authors: authors(columns, row),
        author_count,
        organisation: cell(Field::Organisation),
        categories: cell(Field::Categories).map(|text| categories(&text)).unwrap_or_default(),
        keywords: cell(Field::Keywords).map(|text| keywords(&text)).unwrap_or_default(),
        dates: year.map_or_else(|| dates(columns, row), |year| vec![RawDate::Text(year)]),
        venue: cell(Field::Venue).and_then(|text| name(text, &NAME_KEYS)).or(journal),
        volume: cell(Field::Volume),
        number: cell(Field::Number),
        pages: pages(columns, row),
        publisher: cell(Field::Publisher),
        language: cell(Field::Language),
        is_retracted: marked || kinds.iter().any(|kind| is_retracted(kind)),
        kinds,
        citations,
        url: columns.cells(row, Field::Url).find_map(|(_, text)| address(&text)),
        open_access: columns.cells(row, Field::OpenAccess).find_map(|(_, text)| address(&text)),
        // In arXiv's metadata, comments are a remark of the authors.
        comments: cell(Field::Comments).and_then(|text| text.parse().ok()),
        losses,
        unread: columns.unread(row),
    })
}

/// A number, which a program may have written as `1,234` or `12.0`.
fn number(columns: &Columns, row: &Row, field: Field, losses: &mut Vec<Loss>) -> Option<u32> {
    let (column, text) = columns.cells(row, field).next()?;
    let plain: String = without_fraction(&text).chars().filter(|c| !matches!(c, ',' | ' ' | '\u{a0}')).collect();
    let number = plain.parse().ok();
    if number.is_none() {
        let reason = format!("expected a number, found {}", super::quoted(&text));
        losses.push(Loss { field: column.to_owned(), reason });
    }
    number
}

/// The text without the fraction that pandas adds to numbers of a column with empty cells.
fn without_fraction(text: &str) -> &str {
    text.strip_suffix(".0").filter(|whole| whole.bytes().all(|byte| byte.is_ascii_digit())).unwrap_or(text)
}

fn ids(columns: &Columns, row: &Row) -> Vec<RawId> {
    let mut ids: Vec<RawId> = Vec::new();
    let mut add = |id: RawId| {
        if !ids.contains(&id) {
            ids.push(id);
        }
    };
    for (field, id) in [
        (Field::Id, any as fn(String) -> RawId),
        (Field::Doi, RawId::Doi),
        (Field::Arxiv, RawId::Arxiv),
        (Field::Pubmed, pubmed),
        (Field::PubmedCentral, RawId::PubmedCentral),
        (Field::OpenAlex, RawId::OpenAlex),
        (Field::SemanticScholar, semantic_scholar),
        (Field::Acl, RawId::Acl),
        (Field::Dblp, RawId::Dblp),
        (Field::OwnId, own),
    ] {
        columns.cells(row, field).for_each(|(_, text)| add(id(without_fraction(&text).to_owned())));
    }
    // `Nutrition. 2019 Jun 26;67-68:110535. doi: 10.1016/j.nut.2019.06.016. Review.`
    let of_details = |text: &str| text.split_once("doi: ").map(|(_, doi)| RawId::Doi(doi.to_owned()));
    columns.cells(row, Field::Details).filter_map(|(_, text)| of_details(&text)).for_each(&mut add);
    columns.cells(row, Field::Note).flat_map(|(_, text)| in_note(&text)).for_each(&mut add);
    for (_, text) in columns.cells(row, Field::Ids) {
        match lists::elements(&text) {
            Some(elements) => elements.into_iter().for_each(|element| {
                element.texts.into_iter().for_each(|text| add(RawId::Any(text)));
                element.pairs.into_iter().filter_map(|(scheme, id)| of_scheme(&scheme, id)).for_each(&mut add);
            }),
            None => several(&text).into_iter().for_each(|id| add(RawId::Any(id))),
        }
    }
    ids
}

/// An id of a column `id`. A plain number is usually the number of the row.
fn any(text: String) -> RawId {
    if text.bytes().all(|byte| byte.is_ascii_digit()) { RawId::Own(text) } else { RawId::Any(text) }
}

fn own(text: String) -> RawId {
    const DBLP: [&str; 6] = ["conf/", "journals/", "books/", "phd/", "series/", "reference/"];
    let text = text.strip_prefix("DBLP:").map(str::to_owned).unwrap_or(text);
    if DBLP.iter().any(|kind| text.starts_with(kind)) { RawId::Dblp(text) } else { RawId::Own(text) }
}

/// The number in a cell; Embase writes the address of its page after it, and Cochrane the name of the database before it.
fn pubmed(text: String) -> RawId {
    let number = text.split_once(" (").map_or(text.as_str(), |(number, _)| number);
    RawId::Pubmed(number.strip_prefix("PUBMED ").unwrap_or(number).to_owned())
}

fn semantic_scholar(text: String) -> RawId {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    RawId::SemanticScholar(if is_number { format!("CorpusId:{text}") } else { text })
}

/// An id in a dictionary of Semantic Scholar's or OpenAlex' schemes; `None` for a scheme that is not used.
fn of_scheme(scheme: &str, id: String) -> Option<RawId> {
    Some(match scheme.to_lowercase().as_str() {
        "doi" => RawId::Doi(id),
        "arxiv" => RawId::Arxiv(id),
        "pubmed" | "pmid" => RawId::Pubmed(id),
        "pubmedcentral" | "pmcid" => RawId::PubmedCentral(id),
        "openalex" => RawId::OpenAlex(id),
        "corpusid" => semantic_scholar(id),
        "acl" => RawId::Acl(id),
        "dblp" => RawId::Dblp(id),
        _ => return None,
    })
}

/// The ids of a text that are separated by spaces, `|`, or semicolons. A DOI may contain a semicolon.
fn several(text: &str) -> Vec<String> {
    let mut ids: Vec<String> = Vec::new();
    for word in text.split(|c: char| c.is_whitespace() || c == '|') {
        let mut is_first = true;
        for piece in word.split(';') {
            let is_start = piece.starts_with("10.") || piece.contains(':') || piece.is_empty();
            match ids.last_mut() {
                Some(id) if !is_first && !is_start => *id = format!("{id};{piece}"),
                _ if piece.is_empty() => {}
                _ => ids.push(piece.trim_matches(',').to_owned()),
            }
            is_first = false;
        }
    }
    ids
}

fn authors(columns: &Columns, row: &Row) -> Vec<Author> {
    let parsed = columns.cell(row, Field::AuthorsParsed).and_then(|text| lists::elements(&text));
    let mut authors: Vec<Author> = parsed.into_iter().flatten().filter_map(author_of_parts).collect();
    if authors.is_empty()
        && let Some(text) = columns.cell(row, Field::Authors)
    {
        authors = match lists::elements(&text) {
            Some(elements) => elements.into_iter().flat_map(authors_of).collect(),
            None => names::split(&text),
        };
    }
    let groups = columns.cell(row, Field::GroupAuthors).map(|text| split(&text, &[';', '|'])).unwrap_or_default();
    authors.extend(groups.into_iter().map(Author::Group));
    authors
}

/// The author of arXiv's `['Smith', 'Ada', 'Jr.']`.
fn author_of_parts(element: lists::Element) -> Option<Author> {
    let mut parts = element.texts.into_iter();
    let family = parts.next()?;
    match (parts.next(), parts.next()) {
        (None, _) => Some(Author::Printed(family)),
        (Some(given), suffix) => Some(Author::Person { family, given, suffix: suffix.unwrap_or_default() }),
    }
}

fn authors_of(element: lists::Element) -> Vec<Author> {
    if let Some(name) = element.value(&NAME_KEYS) {
        return vec![Author::Printed(name.to_owned())];
    }
    if let Some(family) = element.value(&["family", "last", "last_name", "lastname", "surname"]) {
        let given = element.value(&["given", "first", "first_name", "firstname", "forename"]).unwrap_or_default();
        let suffix = element.value(&["suffix"]).unwrap_or_default();
        return vec![Author::Person { family: family.into(), given: given.into(), suffix: suffix.into() }];
    }
    element.texts.into_iter().map(Author::Printed).collect()
}

/// The dates, the best first.
fn dates(columns: &Columns, row: &Row) -> Vec<RawDate> {
    let year = columns.cell(row, Field::Year);
    let mut dates = Vec::new();
    for (_, date) in columns.cells(row, Field::Date) {
        let has_year = date.as_bytes().windows(4).any(|four| four.iter().all(u8::is_ascii_digit));
        dates.push(match &year {
            // Web of Science writes `JAN 15` beside the year.
            Some(year) if !has_year => RawDate::Text(format!("{year} {date}")),
            _ => RawDate::Text(date.into_owned()),
        });
    }
    if let Some(year) = year {
        let part = |field| columns.cell(row, field).map(|text| without_fraction(&text).to_owned()).unwrap_or_default();
        let (month, day) = (part(Field::Month), part(Field::Day));
        dates.push(if month.is_empty() {
            RawDate::Text(year.into_owned())
        } else {
            RawDate::Parts { year: year.into_owned(), month, day }
        });
    }
    dates.extend(columns.cells(row, Field::LateDate).map(|(_, text)| RawDate::Text(text.into_owned())));
    dates
}

fn pages(columns: &Columns, row: &Row) -> Option<String> {
    let cell = |field| columns.cell(row, field).map(|text| without_fraction(&text).to_owned());
    cell(Field::Pages).or_else(|| match (cell(Field::FirstPage), cell(Field::LastPage)) {
        (Some(first), Some(last)) if first != last => Some(format!("{first}-{last}")),
        (first, last) => first.or(last).or_else(|| cell(Field::ArticleNumber)),
    })
}

/// The subjects of a cell: a list, or names separated by `;`, `|` or commas, or codes separated by spaces.
fn categories(text: &str) -> Vec<String> {
    if let Some(texts) = lists::texts(text, &NAME_KEYS) {
        return texts;
    }
    let is_code = |word: &str| {
        word.len() <= 18
            && word.starts_with(|c: char| c.is_ascii_lowercase())
            && word.bytes().all(|byte| byte.is_ascii_graphic())
    };
    let separators: &[char] = &[' ', ',', ';', '|'];
    let words = || text.split(separators).filter(|word| !word.is_empty());
    if text.contains(['.', '-']) && words().all(is_code) {
        return words().map(str::to_owned).collect();
    }
    // `Computer Science, Artificial Intelligence; Optics`: only the semicolon separates.
    keywords(text)
}

fn keywords(text: &str) -> Vec<String> {
    if let Some(texts) = lists::texts(text, &NAME_KEYS) {
        return texts;
    }
    match [';', '|', '\n'].into_iter().find(|separator| text.contains(*separator)) {
        Some(separator) => split(text, &[separator]),
        None => at_commas(text),
    }
}

/// The parts between commas that are not in parentheses: Embase writes `cyst (diagnosis, surgery), article`.
fn at_commas(text: &str) -> Vec<String> {
    let mut depth = 0_usize;
    let is_separator = |c: char| {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        c == ',' && depth == 0
    };
    text.split(is_separator).map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

fn split(text: &str, separators: &[char]) -> Vec<String> {
    text.split(separators).map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// The name in a dictionary; any other text as it is.
fn name(text: String, keys: &[&str]) -> Option<String> {
    if !text.starts_with('{') && !text.starts_with('[') {
        return Some(text);
    }
    lists::texts(&text, keys).map_or(Some(text), |texts| texts.into_iter().next())
}

/// The address in a cell, which may be a dictionary or name several; `None` if it is not an address of the web.
fn address(text: &str) -> Option<String> {
    let found = lists::texts(text, &["url"]).and_then(|texts| texts.into_iter().next());
    let address = found.as_deref().unwrap_or(text).split([' ', '|', '\n']).next()?.trim_end_matches([';', ',']);
    let is_web = address.get(..4).is_some_and(|scheme| scheme.eq_ignore_ascii_case("http"));
    is_web.then(|| address.to_owned())
}

/// Web of Science and Scopus mark a retracted paper by its kind. A `Retraction` is the notice about another paper.
fn is_retracted(kind: &str) -> bool {
    kind.eq_ignore_ascii_case("retracted") || kind.eq_ignore_ascii_case("retracted publication")
}
