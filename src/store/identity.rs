//! Which papers have an id or a title, and which source said what about them? The tables beside `papers`.
//!
//! A paper that is as its only source describes it has that source in its own row. For others, `contributions` has what each source
//! says.

use rusqlite::{Connection, OptionalExtension, params};

use super::plan::{Contribution, Known, Stored};
use super::record::{self, COLUMNS};
use crate::paper::{IdKind, Paper, PaperId};

/// Where a paper is written.
pub(super) struct Place {
    /// The row of its vector.
    pub row: i64,
    /// The number of the commit.
    pub commit: i64,
    /// The version of the rules that made its text.
    pub rules: u32,
    /// Whether no paper with its id is stored.
    pub is_new: bool,
}

/// A title as SQLite stores it: the hash of [`PaperId::of_title`] as a number.
pub(super) fn title_key(title: &str) -> i64 {
    key_of(&PaperId::of_title(title))
}

pub(super) fn key_of(title: &PaperId) -> i64 {
    let hash = title.as_str().rsplit(':').next().unwrap_or_default();
    u64::from_str_radix(hash, 16).unwrap_or_default().cast_signed()
}

/// The papers with an id, as their own or as another, the oldest first.
pub(super) fn with_id(connection: &Connection, id: &PaperId) -> rusqlite::Result<Vec<PaperId>> {
    let found = with_own_or_other_id(connection, id)?;
    if !found.is_empty() || id.kind() != IdKind::Title {
        return Ok(found);
    }
    with_title_key(connection, key_of(id))
}

fn with_own_or_other_id(connection: &Connection, id: &PaperId) -> rusqlite::Result<Vec<PaperId>> {
    let own = "SELECT id FROM papers WHERE id = ?1";
    let found = connection.prepare_cached(own)?.query_row([id.as_str()], id_of).optional()?;
    if let Some(id) = found {
        return Ok(vec![id]);
    }
    let others = "SELECT papers.id FROM aliases JOIN papers USING (id) WHERE alias = ?1 ORDER BY row";
    connection.prepare_cached(others)?.query_map([id.as_str()], id_of)?.collect()
}

fn with_title_key(connection: &Connection, key: i64) -> rusqlite::Result<Vec<PaperId>> {
    let query = "SELECT id FROM papers WHERE title_key = ?1 ORDER BY row";
    connection.prepare_cached(query)?.query_map([key], id_of)?.collect()
}

fn id_of(row: &rusqlite::Row<'_>) -> rusqlite::Result<PaperId> {
    Ok(PaperId::of_stored(&row.get::<_, String>(0)?))
}

impl Known for Connection {
    type Error = rusqlite::Error;

    fn with_id(&self, id: &PaperId) -> rusqlite::Result<Vec<PaperId>> {
        with_id(self, id)
    }

    fn with_title(&self, title: &str) -> rusqlite::Result<Vec<PaperId>> {
        let id = PaperId::of_title(title);
        let mut papers = with_title_key(self, key_of(&id))?;
        for paper in with_own_or_other_id(self, &id)? {
            if !papers.contains(&paper) {
                papers.push(paper);
            }
        }
        Ok(papers)
    }

    fn stored(&self, id: &PaperId) -> rusqlite::Result<Option<Stored>> {
        let query =
            format!("SELECT {COLUMNS}, sources.name FROM papers LEFT JOIN sources ON number_of = source WHERE id = ?1");
        let found = self
            .prepare_cached(&query)?
            .query_row([id.as_str()], |row| Ok((record::stored(row)?.0, row.get::<_, Option<String>>("name")?)))
            .optional()?;
        found.map(|(paper, source)| stored(self, paper, source)).transpose()
    }
}

/// A paper with what each source says about it; `source` is the one in its row.
pub(super) fn stored(connection: &Connection, paper: Paper, source: Option<String>) -> rusqlite::Result<Stored> {
    let mut contributions = contributions(connection, &paper.id)?;
    if contributions.is_empty() {
        contributions.push(Contribution { source: source.unwrap_or_default(), ..paper.clone().into() });
    }
    Ok(Stored { paper, contributions })
}

/// What each source says about a paper, the oldest first; empty if its only source says what the paper has.
pub(super) fn contributions(connection: &Connection, id: &PaperId) -> rusqlite::Result<Vec<Contribution>> {
    let query =
        "SELECT contributions.paper, sources.name, ordinal FROM contributions LEFT JOIN sources ON number_of = source
         WHERE id = ?1 ORDER BY place";
    let mut statement = connection.prepare_cached(query)?;
    let mut rows = statement.query([id.as_str()])?;
    let mut contributions = Vec::new();
    while let Some(row) = rows.next()? {
        let source: Option<String> = row.get(1)?;
        // One that was damaged by hand is as good as none.
        if let Ok(paper) = serde_json::from_str::<Paper>(&row.get::<_, String>(0)?) {
            contributions.push(Contribution {
                source: source.unwrap_or_default(),
                ordinal: row.get(2)?,
                ..paper.into()
            });
        }
    }
    Ok(contributions)
}

/// Writes a paper with its other ids, former titles and sources. If it `is_new`, nothing of it is stored.
pub(super) fn write(
    connection: &Connection,
    paper: &Paper,
    place: &Place,
    contributions: &[Contribution],
    former: &[PaperId],
) -> rusqlite::Result<()> {
    let first = contributions.first().map(|contribution| contribution.source.as_str()).unwrap_or_default();
    record::write(connection, paper, place, source(connection, first)?)?;
    if !place.is_new {
        // Titles that the paper had stay; other ids are those of its sources.
        let dropped = "DELETE FROM aliases WHERE id = ?1 AND alias NOT LIKE 'title:%'";
        connection.prepare_cached(dropped)?.execute([paper.id.as_str()])?;
        connection.prepare_cached("DELETE FROM contributions WHERE id = ?1")?.execute([paper.id.as_str()])?;
    }
    let mut add = connection.prepare_cached("INSERT OR IGNORE INTO aliases (alias, id) VALUES (?1, ?2)")?;
    for other in paper.ids.iter().chain(former) {
        add.execute([other.as_str(), paper.id.as_str()])?;
    }
    // What one source says is usually the paper as it is.
    let is_the_paper = |only: &Contribution| only.ordinal == 1 && only.paper == *paper;
    if matches!(contributions, [] | [_]) && contributions.iter().all(is_the_paper) {
        return Ok(());
    }
    let mut insert = connection
        .prepare_cached("INSERT INTO contributions (id, place, source, ordinal, paper) VALUES (?1, ?2, ?3, ?4, ?5)")?;
    for (place, contribution) in contributions.iter().enumerate() {
        let said = serde_json::to_string(&contribution.paper).unwrap_or_default();
        let source = self::source(connection, &contribution.source)?;
        insert.execute(params![
            paper.id.as_str(),
            i64::try_from(place).unwrap_or(i64::MAX),
            source,
            contribution.ordinal,
            said
        ])?;
    }
    Ok(())
}

/// The number of a source, which is remembered when it is first met.
fn source(connection: &Connection, name: &str) -> rusqlite::Result<Option<i64>> {
    if name.is_empty() {
        return Ok(None);
    }
    let mut known = connection.prepare_cached("SELECT number_of FROM sources WHERE name = ?1")?;
    let number = known.query_row([name], |row| row.get(0)).optional()?;
    if number.is_some() {
        return Ok(number);
    }
    connection.prepare_cached("INSERT INTO sources (name) VALUES (?1)")?.execute([name])?;
    Ok(Some(connection.last_insert_rowid()))
}

/// Forgets the ids and sources of a paper that is deleted.
pub(super) fn delete(connection: &Connection, id: &PaperId) -> rusqlite::Result<()> {
    for query in ["DELETE FROM aliases WHERE id = ?1", "DELETE FROM contributions WHERE id = ?1"] {
        connection.prepare_cached(query)?.execute([id.as_str()])?;
    }
    Ok(())
}
