//! Maps the columns of a table to the fields of a record.

use std::borrow::Cow;

use super::rows::Row;
use super::synonyms::{FIELDS, Field, OLD_PUBMED, OLD_PUBMEDS_OWN, SYNONYMS, TAGS};

/// Maximum number of columns that a message names.
const NAMED_COLUMNS: usize = 30;

/// What the columns of a possible header contain.
pub(super) struct Names(Vec<Option<Place>>);

/// A field and the rank of a name among the names of its columns.
type Place = (Field, usize);

impl Names {
    pub fn of(header: &Row) -> Self {
        let names: Vec<String> = header.cells().map(|cell| plain(&cell)).collect();
        let title = |name: &String| find(SYNONYMS, name).is_some_and(|(field, _)| field == Field::Title);
        // Web of Science's tags are too short to be names elsewhere: `ID` is not an id there.
        let has_tags = names.iter().any(|name| name == "ti") && !names.iter().any(title);
        let own = if has_tags {
            TAGS
        } else if names.iter().any(|name| name == OLD_PUBMEDS_OWN) {
            OLD_PUBMED
        } else {
            &[]
        };
        let place = |name: &String| find(own, name).or_else(|| find(SYNONYMS, name));
        Self(names.iter().map(place).collect())
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The number of known columns.
    pub fn known(&self) -> usize {
        self.0.iter().flatten().count()
    }

    pub fn has_title(&self) -> bool {
        self.0.iter().flatten().any(|(field, _)| *field == Field::Title)
    }
}

/// Whether a name is one for the column of titles.
pub(super) fn is_title(name: &str) -> bool {
    find(SYNONYMS, &plain(name)).is_some_and(|(field, _)| field == Field::Title)
}

/// Whether the values of a column are lists.
pub(super) fn is_list(name: &str) -> bool {
    let field = find(SYNONYMS, &plain(name)).map(|(field, _)| field);
    matches!(field, Some(Field::Authors | Field::Keywords | Field::Categories | Field::Kind))
}

fn find(table: &[(Field, &str)], name: &str) -> Option<Place> {
    if name.is_empty() {
        return None;
    }
    table.iter().find_map(|(field, names)| Some((*field, names.split(' ').position(|known| known == name)?)))
}

/// The letters and digits of a name in lower case.
fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The columns of a table.
pub(super) struct Columns {
    names: Vec<String>,
    /// The columns of each field, the best first.
    by_field: [Vec<usize>; FIELDS],
    /// Unknown columns whose names look like fields of papers.
    unread: Vec<usize>,
}

impl Columns {
    pub fn of(header: &Row) -> Self {
        let names: Vec<String> =
            header.cells().map(|name| name.trim_start_matches('\u{feff}').trim().to_owned()).collect();
        let places = Names::of(header).0;
        let mut ranked: Vec<(usize, usize, Field)> =
            (0..).zip(&places).filter_map(|(column, place)| place.map(|(field, rank)| (rank, column, field))).collect();
        ranked.sort_by_key(|(rank, column, _)| (*rank, *column));
        let mut by_field = [const { Vec::new() }; FIELDS];
        for (_, column, field) in ranked {
            by_field[field as usize].push(column);
        }
        // If there is a column for the journal, `Source` is the database, as in Scopus.
        let venues = &mut by_field[Field::Venue as usize];
        if venues.len() > 1 {
            venues.retain(|column| plain(&names[*column]) != "source");
        }
        let unread = (0..names.len()).filter(|column| places[*column].is_none() && is_promising(&names[*column]));
        let unread = unread.collect();
        Self { names, by_field, unread }
    }

    pub fn has_title(&self) -> bool {
        !self.by_field[Field::Title as usize].is_empty()
    }

    /// The names of the columns for a message.
    pub fn names(&self) -> String {
        let names: Vec<String> = self.names.iter().take(NAMED_COLUMNS).map(|name| super::quoted(name)).collect();
        let more = if self.names.len() > NAMED_COLUMNS { ", …" } else { "" };
        names.join(", ") + more
    }

    /// Whether a row repeats the header, as in tables that were joined.
    pub fn is_header(&self, row: &Row) -> bool {
        row.len() == self.names.len() && row.cells().zip(&self.names).all(|(cell, name)| cell.trim() == name)
    }

    /// The non-empty cells of a field's columns with the names of the columns, the best first.
    pub fn cells<'a>(&'a self, row: &'a Row, field: Field) -> impl Iterator<Item = (&'a str, Cow<'a, str>)> {
        let columns = self.by_field[field as usize].iter();
        columns.filter_map(move |column| {
            let text = trimmed(row.text(*column));
            // A paper without a title would be lost, with its id and its abstract.
            let is_empty = text.is_empty() || field != Field::Title && is_null(&text);
            (!is_empty).then(|| (self.names[*column].as_str(), text))
        })
    }

    /// The best non-empty cell of a field.
    pub fn cell<'a>(&'a self, row: &'a Row, field: Field) -> Option<Cow<'a, str>> {
        self.cells(row, field).next().map(|(_, text)| text)
    }

    /// The names of columns that are not known, but have a value in the row.
    pub fn unread(&self, row: &Row) -> Vec<String> {
        let has_value = |column: &&usize| {
            let text = row.text(**column);
            !text.trim().is_empty() && !is_null(text.trim())
        };
        self.unread.iter().filter(has_value).map(|column| self.names[*column].clone()).collect()
    }
}

fn trimmed(text: Cow<str>) -> Cow<str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
        Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
    }
}

/// Whether a cell is a marker for a missing value, as programs spell it.
pub(crate) fn is_null(text: &str) -> bool {
    const NULLS: [&str; 19] = [
        "nan", "NaN", "NAN", "None", "none", "NONE", "null", "Null", "NULL", "n/a", "N/A", "NA", "<NA>", "<na>", "NaT",
        "[]", "{}", "[nan]", "[NaN]",
    ];
    // `Na` is sodium, `Nat` is Nature, and Nan is a name.
    NULLS.contains(&text)
}

/// Whether the name of an unknown column looks as if it contained data of papers.
fn is_promising(name: &str) -> bool {
    const PARTS: [&str; 14] = [
        "abstract",
        "summary",
        "date",
        "year",
        "title",
        "author",
        "doi",
        "pmid",
        "arxiv",
        "journal",
        "venue",
        "conference",
        "proceeding",
        "published",
    ];
    let plain = plain(name);
    let last_word = name.trim().rsplit(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    let is_id = matches!(last_word, "id" | "ID" | "Id" | "ids" | "IDs")
        || last_word
            .strip_suffix("Id")
            .or(last_word.strip_suffix("ID"))
            .is_some_and(|rest| rest.ends_with(char::is_lowercase));
    is_id || PARTS.iter().any(|part| plain.contains(part))
}
