//! Reads comma-separated values with a header. Columns are found by name, in any order.
//!
//! `title` is required. Optional columns: `id`, `doi`, `abstract` (or `summary`), `authors` (separated by `;` or
//! commas), `categories` (separated by spaces or `;`), `published` (or `date`, `year`), `url`.

use csv::{ReaderBuilder, StringRecord, Trim};

use super::json::split_names;
use super::{Content, latex, one_line};
use crate::error::{Error, Result};
use crate::paper::{Paper, PaperId, PublicationDate};

/// Whether a first line names a column `title`.
pub(super) fn is_header(line: &str) -> bool {
    line.contains(',') && line.split(',').any(|name| column_name(name) == "title")
}

fn column_name(name: &str) -> String {
    name.trim_start_matches('\u{feff}').trim().trim_matches('"').trim().to_lowercase()
}

pub(super) struct Reader {
    file: String,
    columns: Columns,
    records: csv::StringRecordsIntoIter<Content>,
}

struct Columns {
    title: usize,
    id: Option<usize>,
    doi: Option<usize>,
    abstract_text: Option<usize>,
    authors: Option<usize>,
    categories: Option<usize>,
    published: Option<usize>,
    url: Option<usize>,
}

impl Reader {
    pub fn new(file: String, content: Content) -> Result<Self> {
        let mut reader = ReaderBuilder::new().trim(Trim::All).from_reader(content);
        let header = reader.headers().map_err(|error| unreadable(&file, 1, error))?;
        let names: Vec<String> = header.iter().map(column_name).collect();
        let place = |wanted: &[&str]| names.iter().position(|name| wanted.contains(&name.as_str()));
        let Some(title) = place(&["title"]) else {
            let found = names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
            let found = if found.is_empty() { "nothing".to_owned() } else { found };
            return Err(Error::NoTitleColumn { file, found });
        };
        let columns = Columns {
            title,
            id: place(&["id"]),
            doi: place(&["doi"]),
            abstract_text: place(&["abstract", "summary"]),
            authors: place(&["authors", "author"]),
            categories: place(&["categories", "category"]),
            published: place(&["published", "date", "year"]),
            url: place(&["url", "link"]),
        };
        Ok(Self { file, columns, records: reader.into_records() })
    }
}

impl Columns {
    fn paper(&self, row: &StringRecord) -> Result<Paper, String> {
        let cell = |place: Option<usize>| place.and_then(|place| row.get(place)).filter(|text| !text.is_empty());
        let title = latex::plain(row.get(self.title).unwrap_or_default());
        if title.is_empty() {
            return Err("expected a title, but the cell is empty".to_owned());
        }
        let id = cell(self.id).and_then(PaperId::parse);
        let id = id.or_else(|| cell(self.doi).and_then(PaperId::parse));
        let id = id.unwrap_or_else(|| PaperId::of_title(&title));
        let mut paper = Paper::new(id, title, one_line(cell(self.abstract_text).unwrap_or_default()));
        paper.authors = cell(self.authors).map(split_names).unwrap_or_default();
        paper.categories = cell(self.categories)
            .map(|text| text.split([' ', ';', ',']).filter(|c| !c.is_empty()).map(str::to_owned).collect())
            .unwrap_or_default();
        paper.published = cell(self.published)
            .map(|text| {
                PublicationDate::parse(text)
                    .ok_or_else(|| format!("expected a date as YYYY-MM-DD, YYYY-MM or YYYY, found `{text}`"))
            })
            .transpose()?;
        paper.url = cell(self.url).map(str::to_owned);
        Ok(paper)
    }
}

impl Iterator for Reader {
    type Item = Result<Paper>;

    fn next(&mut self) -> Option<Self::Item> {
        let line = self.records.reader().position().line();
        Some(match self.records.next()? {
            Ok(row) => {
                let line = row.position().map_or(line, csv::Position::line);
                let bad = |reason| Error::BadRecord { file: self.file.clone(), line, reason };
                self.columns.paper(&row).map_err(bad)
            }
            Err(error) => Err(unreadable(&self.file, line, error)),
        })
    }
}

/// A malformed row is an error of that row; a failed read is an error of the file.
fn unreadable(file: &str, line: u64, error: csv::Error) -> Error {
    let bad = |line, reason| Error::BadRecord { file: file.to_owned(), line, reason };
    let line = error.position().map_or(line, csv::Position::line);
    match error.into_kind() {
        csv::ErrorKind::Io(error) => std::io::Error::new(error.kind(), format!("cannot read `{file}`: {error}")).into(),
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            bad(line, format!("expected {expected_len} cells as in the header, found {len}"))
        }
        csv::ErrorKind::Utf8 { err, .. } => bad(line, format!("expected UTF-8 text: {err}")),
        other => bad(line, format!("expected a row of comma-separated values: {other:?}")),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn read(text: &str) -> Result<Vec<Result<Paper>>> {
        Ok(Reader::new("x.csv".into(), Box::new(Cursor::new(text.to_owned())))?.collect())
    }

    #[test]
    fn columns_are_found_by_name_in_any_order() {
        let rows = read(
            "\u{feff}Year,TITLE,doi,authors,abstract\n1953,\"A, B\",10.1038/X,\"One, A.; Two, B.\",\"two\nlines\"\n",
        )
        .unwrap();
        let paper = rows[0].as_ref().unwrap();
        assert_eq!(paper.id.as_str(), "10.1038/x");
        assert_eq!(paper.title, "A, B");
        assert_eq!(paper.authors, ["One, A.", "Two, B."]);
        assert_eq!(paper.abstract_text, "two lines");
        assert_eq!(paper.published.unwrap().to_string(), "1953");
    }

    #[test]
    fn bad_rows_are_reported_with_line_and_reason() {
        let rows = read("title,published\na,2020\nb\n,2020\nc,soon\nd,\n").unwrap();
        let results: Vec<String> =
            rows.iter().map(|row| row.as_ref().map_or_else(ToString::to_string, |paper| paper.title.clone())).collect();
        assert_eq!(
            results,
            [
                "a",
                "x.csv:3: expected 2 cells as in the header, found 1",
                "x.csv:4: expected a title, but the cell is empty",
                "x.csv:5: expected a date as YYYY-MM-DD, YYYY-MM or YYYY, found `soon`",
                "d"
            ]
        );
    }

    #[test]
    fn a_header_without_title_is_an_error() {
        assert_eq!(
            read("name,year\n").err().unwrap().to_string(),
            "`x.csv` has no column `title`: its columns are `name`, `year`"
        );
    }
}
