//! Reads an object that contains several papers in place of a list: papers by their ids, as in
//! `{"a1":{"title":"…"},"a2":…}`, or the columns of a table, as pandas and `datasets` write them:
//! `{"title":{"0":"…","1":"…"},"year":{"0":2020,…}}` and `{"title":["…","…"],"year":[2020,2021]}`, or its rows below their
//! names: `{"columns":["title","year"],"index":[0,1],"data":[["…",2020],…]}`.

use super::envelope;
use super::fields::{Field, field};
use super::node::{Members, Node};
use super::object;
use crate::corpus::{RawId, Record};

/// A record with the number of lines before it in the object, or the reason for which there is none.
pub(super) type Row = (u64, Result<Record, String>);

/// The papers in an object that is not a paper itself; `None` if it contains none. The names of its members are ids if
/// `has_ids`.
pub(super) fn papers(text: &str, has_ids: bool) -> Option<Vec<Row>> {
    let members = Node::parse(text).ok()?;
    let within = || {
        // PubMed's ESummary: `{"result":{"uids":["1"],"1":{…}}}`.
        let holders = members.0.iter().filter(|(name, _)| envelope::may_hold_list(name.as_bytes()));
        holders.filter_map(|(_, node)| node.members()).find_map(|inner| by_ids(text, &inner, has_ids))
    };
    by_ids(text, &members, has_ids).or_else(within)
}

/// The papers of a table; `None` if the object is not one.
pub(super) fn rows(text: &str) -> Option<Vec<Row>> {
    let members = Node::parse(text).ok()?;
    by_columns(&members).or_else(|| below_names(text, &members))
}

/// The papers of an object whose members are papers. Each is named by its id or its number.
fn by_ids(text: &str, members: &Members, has_ids: bool) -> Option<Vec<Row>> {
    let has_title = |node: &Node| {
        let members = node.members().map(|members| members.0).unwrap_or_default();
        members.iter().any(|(name, node)| is_title(name) && !node.is_empty())
    };
    let papers: Vec<_> = members.0.iter().filter(|(name, node)| field(name).is_none() && has_title(node)).collect();
    // The members of a single record may have titles too. PubMed's ESummary lists the ids beside the papers.
    if papers.is_empty() || papers.len() + 1 < members.0.len() {
        return None;
    }
    let mut line = LineCount { text, at: 0, lines: 0 };
    let rows = papers.into_iter().map(|(name, node)| {
        let lines = line.before(node.text());
        let record = object::record(node.text()).map(|mut record| {
            record.ids.extend(has_ids.then(|| RawId::Own(name.to_string())));
            record
        });
        (lines, record)
    });
    Some(rows.collect())
}

/// Counts the lines of a text up to parts of it, in their order.
struct LineCount<'a> {
    text: &'a str,
    at: usize,
    lines: u64,
}

impl LineCount<'_> {
    fn before(&mut self, part: &str) -> u64 {
        let place = (part.as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize);
        if let Some(between) = self.text.as_bytes().get(self.at..place) {
            self.lines += memchr::memchr_iter(b'\n', between).count() as u64;
            self.at = place;
        }
        self.lines
    }
}

/// The values of a column, each with the name or number of its row.
type Column<'a> = Vec<(String, Node<'a>)>;

/// The papers of a table that is written by columns.
fn by_columns(members: &Members) -> Option<Vec<Row>> {
    let (_, titles) = members.0.iter().find(|(name, _)| is_title(name))?;
    let rows: Vec<String> = column(*titles)?.into_iter().map(|(row, _)| row).collect();
    let mut columns: Vec<(&str, Column)> = Vec::new();
    for (name, node) in &members.0 {
        if let Some(column) = column(*node).filter(|column| column.iter().map(|(row, _)| row).eq(&rows)) {
            columns.push((name, column));
        }
    }
    // A paper may have titles in several languages; a list of authors of the same length shows nothing.
    let is_single = |name: &str| {
        let known = field(name).map(|(field, _)| field);
        matches!(known, Some(Field::Abstract | Field::Date | Field::Year | Field::Id | Field::Doi | Field::Arxiv))
    };
    if titles.is_array() && (rows.len() < 2 || !columns.iter().any(|(name, _)| is_single(name))) {
        return None;
    }
    let row = |place: usize| {
        let values = columns.iter().filter_map(|(name, column)| Some((*name, column.get(place)?.1)));
        (0, object::record(&object_of(values)))
    };
    Some((0..rows.len()).map(row).collect())
}

/// The papers of a table that names its columns once.
fn below_names(text: &str, members: &Members) -> Option<Vec<Row>> {
    let names = members.get(&["columns"])?.elements()?;
    let names: Vec<_> = names.into_iter().map(Node::string).collect::<Option<_>>()?;
    if !names.iter().any(|name| is_title(name)) {
        return None;
    }
    let mut line = LineCount { text, at: 0, lines: 0 };
    let row = |row: Node| {
        let lines = line.before(row.text());
        let cells = row.elements().unwrap_or_default();
        if cells.len() != names.len() {
            return (lines, Err(format!("expected a row of {} values, found {}", names.len(), cells.len())));
        }
        (lines, object::record(&object_of(names.iter().map(AsRef::as_ref).zip(cells))))
    };
    Some(members.get(&["data"])?.elements()?.into_iter().map(row).collect())
}

/// A JSON object with these members.
fn object_of<'a>(members: impl Iterator<Item = (&'a str, Node<'a>)>) -> String {
    let members = members.map(|(name, node)| format!("{}:{}", serde_json::Value::from(name), node.text()));
    format!("{{{}}}", members.collect::<Vec<_>>().join(","))
}

/// The values of a column: an array, or an object by the names of rows.
fn column(node: Node) -> Option<Column> {
    if let Some(elements) = node.elements() {
        return Some((0..).zip(elements).map(|(row, value): (usize, Node)| (row.to_string(), value)).collect());
    }
    let members = node.members()?.0;
    let is_row = |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit());
    let is_column = !members.is_empty() && members.iter().all(|(name, _)| is_row(name));
    is_column.then(|| members.into_iter().map(|(name, value)| (name.into_owned(), value)).collect())
}

fn is_title(name: &str) -> bool {
    field(name).is_some_and(|(field, _)| field == Field::Title)
}
