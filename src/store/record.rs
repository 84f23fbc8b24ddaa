//! Conversion between a paper and a row of table `papers`.

use rusqlite::types::Type;
use rusqlite::{Connection, Row, params};

use super::identity::{Place, title_key};
use super::{DocId, Sentences, packed_text};
use crate::corpus::text;
use crate::paper::{Paper, PaperId, PublicationDate, PublicationType};

/// The columns in the order in which [`stored`] reads them.
pub(super) const COLUMNS: &str = "papers.id, row, title, abstract, authors, author_count, organisation, categories, published, url, \
     comments, content_hash, ids, keywords, kind, venue, volume, number, pages, publisher, language, citations, open_access, packed";

/// Position of a column in that list.
pub(super) const CONTENT_HASH: usize = 11;

/// Position of the packed abstract.
const PACKED: usize = 23;

/// The version of the rules for texts before they were remembered.
const OLD_RULES: u32 = 1;

/// The version of the rules that made a text: an older one if the present rules would change it.
pub(super) fn rules_of(title: &str, abstract_text: &str) -> u32 {
    let is_readable = |text: &str| text::readable(text) == text;
    if is_readable(title) && is_readable(abstract_text) { text::VERSION } else { OLD_RULES }
}

pub(super) fn stored(row: &Row<'_>) -> rusqlite::Result<(Paper, DocId)> {
    let id: String = row.get(0)?;
    let abstract_text = match row.get::<_, Option<Vec<u8>>>(PACKED)? {
        Some(packed) => packed_text::unpack(&packed).map_err(|error| {
            let error = format!("the abstract of `{id}` cannot be read: {error}");
            rusqlite::Error::FromSqlConversionFailure(PACKED, Type::Blob, error.into())
        })?,
        None => row.get(3)?,
    };
    let mut paper = Paper::new(PaperId::of_stored(&id), row.get(2)?, abstract_text);
    paper.authors = names(&row.get::<_, String>(4)?);
    paper.author_count = row.get(5)?;
    paper.organisation = row.get(6)?;
    paper.categories = names(&row.get::<_, String>(7)?);
    paper.published = row.get::<_, Option<String>>(8)?.as_deref().and_then(PublicationDate::parse);
    paper.url = row.get(9)?;
    paper.comments = row.get(10)?;
    paper.ids = names(&row.get::<_, String>(12)?).iter().map(|id| PaperId::of_stored(id)).collect();
    paper.keywords = names(&row.get::<_, String>(13)?);
    paper.kind = row.get::<_, Option<String>>(14)?.as_deref().and_then(PublicationType::read);
    paper.venue = row.get(15)?;
    paper.volume = row.get(16)?;
    paper.number = row.get(17)?;
    paper.pages = row.get(18)?;
    paper.publisher = row.get(19)?;
    paper.language = row.get(20)?;
    paper.citations = row.get(21)?;
    paper.open_access = row.get(22)?;
    Ok((paper, DocId(row.get(1)?)))
}

/// Writes a paper; `source` is the number of its first source.
pub(super) fn write(
    connection: &Connection,
    paper: &Paper,
    place: &Place,
    source: Option<i64>,
) -> rusqlite::Result<()> {
    let Place { row, commit: changed, rules, .. } = place;
    let query = "INSERT OR REPLACE INTO papers (id, row, title, abstract, authors, author_count, organisation, categories, published,
             url, comments, content_hash, ids, keywords, kind, venue, volume, number, pages, publisher, language, citations,
             open_access, title_key, text_rules, added, changed, source, packed)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24,
             ?25, unixepoch(), ?26, ?27, ?28)";
    let packed = packed_text::pack(&paper.abstract_text);
    let ids: Vec<String> = paper.ids.iter().map(PaperId::to_string).collect();
    connection.prepare_cached(query)?.execute(params![
        paper.id.as_str(),
        row,
        paper.title,
        if packed.is_some() { "" } else { &paper.abstract_text },
        json(&paper.authors),
        paper.author_count,
        paper.organisation,
        json(&paper.categories),
        paper.published.map(|date| date.to_string()),
        paper.url,
        paper.comments,
        paper.content_hash(),
        json(&ids),
        json(&paper.keywords),
        paper.kind.map(PublicationType::name),
        paper.venue,
        paper.volume,
        paper.number,
        paper.pages,
        paper.publisher,
        paper.language,
        paper.citations,
        paper.open_access,
        title_key(&paper.title),
        rules,
        changed,
        source,
        packed,
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

/// Parses a JSON array of strings; invalid JSON yields an empty list.
pub(super) fn names(json: &str) -> Vec<String> {
    serde_json::from_str(json).unwrap_or_default()
}

fn json(names: &[String]) -> String {
    serde_json::Value::from(names).to_string()
}
