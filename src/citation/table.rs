//! Papers as rows of comma-separated values (RFC 4180), with all their fields.

use crate::corpus::is_null;
use crate::paper::{Paper, PaperId};

/// The names of the columns, which `add` knows.
const COLUMNS: [&str; 21] = [
    "id",
    "ids",
    "title",
    "abstract",
    "authors",
    "author_count",
    "organisation",
    "categories",
    "keywords",
    "published",
    "type",
    "venue",
    "volume",
    "number",
    "pages",
    "publisher",
    "language",
    "citations",
    "url",
    "open_access",
    "comments",
];

/// The header line.
pub(super) fn header() -> String {
    line(COLUMNS.map(str::to_owned))
}

/// The row of a paper.
pub(super) fn row(paper: &Paper) -> String {
    let number = |number: Option<u32>| number.map(|number| number.to_string()).unwrap_or_default();
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let ids: Vec<String> = paper.ids.iter().map(PaperId::to_string).collect();
    line([
        paper.id.to_string(),
        // Ids may also be separated by spaces.
        if ids.iter().any(|id| id.contains([' ', ','])) { serde_json::json!(ids).to_string() } else { list(&ids) },
        paper.title.clone(),
        paper.abstract_text.clone(),
        list(&paper.authors),
        number(paper.author_count),
        text(&paper.organisation),
        list(&paper.categories),
        list(&paper.keywords),
        paper.published.map(|date| date.to_string()).unwrap_or_default(),
        paper.kind.map_or("", |kind| kind.name()).to_owned(),
        text(&paper.venue),
        text(&paper.volume),
        text(&paper.number),
        text(&paper.pages),
        text(&paper.publisher),
        text(&paper.language),
        number(paper.citations),
        text(&paper.url),
        text(&paper.open_access),
        number(paper.comments),
    ])
}

/// Values separated by semicolons, or a JSON list if one of them contains a separator, or could be taken for a list itself or for a
/// missing value.
fn list(values: &[String]) -> String {
    // A lone value with a comma could be two.
    let separators: &[char] = if values.len() == 1 { &[';', '|', '\n', '[', ','] } else { &[';', '|', '\n', '['] };
    let is_plain = |value: &String| !value.contains(separators) && value.trim() == value && !value.is_empty();
    let is_missing = matches!(values, [value] if is_null(value));
    if values.iter().all(is_plain) && !is_missing { values.join("; ") } else { serde_json::json!(values).to_string() }
}

fn line(cells: [String; COLUMNS.len()]) -> String {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    // Writing to a vector cannot fail.
    let _ = writer.write_record(cells);
    String::from_utf8(writer.into_inner().unwrap_or_default()).unwrap_or_default()
}
