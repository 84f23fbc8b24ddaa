//! Conversion between a paper and a row of table `papers`, and the comparison of the two.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{DocId, Sentences, State};
use crate::paper::{Paper, PaperId, PublicationDate};

/// The columns in the order in which [`stored`] reads them.
pub(super) const COLUMNS: &str =
    "id, row, title, abstract, authors, author_count, organisation, categories, published, url, comments, content_hash";

/// Positions of columns in that list.
pub(super) const AUTHORS: usize = 4;
pub(super) const ORGANISATION: usize = 6;
pub(super) const CONTENT_HASH: usize = 11;

pub(super) fn stored(row: &Row<'_>) -> rusqlite::Result<(Paper, DocId)> {
    let id: String = row.get(0)?;
    let mut paper = Paper::new(self::id(&id), row.get(2)?, row.get(3)?);
    paper.authors = names(&row.get::<_, String>(4)?);
    paper.author_count = row.get(5)?;
    paper.organisation = row.get(6)?;
    paper.categories = names(&row.get::<_, String>(7)?);
    paper.published = row.get::<_, Option<String>>(8)?.as_deref().and_then(PublicationDate::parse);
    paper.url = row.get(9)?;
    paper.comments = row.get(10)?;
    Ok((paper, DocId(row.get(1)?)))
}

/// Parses an id. An id written by this program is unchanged; one edited by hand gets the same derived id every time.
pub(super) fn id(text: &str) -> PaperId {
    PaperId::parse(text).unwrap_or_else(|| PaperId::of_title(text))
}

pub(super) fn state_of(connection: &Connection, paper: &Paper) -> rusqlite::Result<State> {
    let query = format!("SELECT {COLUMNS} FROM papers WHERE id = ?1");
    let found = connection
        .prepare_cached(&query)?
        .query_row([paper.id.as_str()], |row| Ok((stored(row)?.0, row.get::<_, Vec<u8>>(CONTENT_HASH)?)))
        .optional()?;
    Ok(match found {
        None => State::New,
        Some((_, hash)) if hash != paper.content_hash() => State::TextDiffers,
        Some((stored, _)) if stored != *paper => State::DetailsDiffer,
        Some(_) => State::Unchanged,
    })
}

/// Writes a paper whose vector is in `row`; `changed` is the number of the commit.
pub(super) fn write(connection: &Connection, paper: &Paper, row: i64, changed: i64) -> rusqlite::Result<()> {
    let query = format!(
        "INSERT OR REPLACE INTO papers ({COLUMNS}, changed)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)"
    );
    connection.prepare_cached(&query)?.execute(params![
        paper.id.as_str(),
        row,
        paper.title,
        paper.abstract_text,
        json(&paper.authors),
        paper.author_count,
        paper.organisation,
        json(&paper.categories),
        paper.published.map(|date| date.to_string()),
        paper.url,
        paper.comments,
        paper.content_hash(),
        changed,
    ])?;
    Ok(())
}

/// Replaces the stored sentence embeddings of a paper.
pub(super) fn write_sentences(connection: &Connection, id: &PaperId, sentences: &Sentences) -> rusqlite::Result<()> {
    let codes = sentences.as_bytes();
    if codes.is_empty() {
        connection.prepare_cached("DELETE FROM sentences WHERE id = ?1")?.execute([id.as_str()])?;
    } else {
        connection
            .prepare_cached("INSERT OR REPLACE INTO sentences (id, codes) VALUES (?1, ?2)")?
            .execute(params![id.as_str(), codes])?;
    }
    Ok(())
}

/// Writes the metadata that is not embedded; the row of the vector stays the same.
pub(super) fn write_details(connection: &Connection, paper: &Paper, changed: i64) -> rusqlite::Result<()> {
    let row: i64 = connection
        .prepare_cached("SELECT row FROM papers WHERE id = ?1")?
        .query_row([paper.id.as_str()], |row| row.get(0))?;
    write(connection, paper, row, changed)
}

/// Parses a JSON array of strings; invalid JSON yields an empty list.
pub(super) fn names(json: &str) -> Vec<String> {
    serde_json::from_str(json).unwrap_or_default()
}

fn json(names: &[String]) -> String {
    serde_json::Value::from(names).to_string()
}
