//! Filters by date, category, name and more: SQLite turns one into a set of rows.

use fixedbitset::FixedBitSet;
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};
use serde::Serialize;
use tantivy::tokenizer::{AsciiFoldingFilter, LowerCaser, RawTokenizer, TextAnalyzer};
use unicode_normalization::UnicodeNormalization;

use super::criteria::Criteria;
use crate::error::{Error, Result};
use crate::paper::{PaperId, PublicationDate};

/// The conditions that a paper must meet to be found. By default, every paper passes.
///
/// ```
/// use paperkin::store::{Criteria, Filter};
/// let criteria = Criteria { categories: vec!["cs.*".into()], authors: vec!["Vaswani".into()], ..Criteria::default() };
/// assert!(!Filter::new(criteria)?.is_empty());
/// let criteria = Criteria { from: Some("soon".into()), ..Criteria::default() };
/// assert!(Filter::new(criteria).is_err());
/// # Ok::<(), paperkin::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    pub(crate) from: Option<PublicationDate>,
    pub(crate) to: Option<PublicationDate>,
    pub(crate) categories: Vec<String>,
    pub(crate) authors: Vec<String>,
    pub(crate) organisations: Vec<String>,
    pub(crate) min_comments: Option<u32>,
    pub(crate) ids: Vec<PaperId>,
}

impl Filter {
    /// Parses criteria.
    ///
    /// # Errors
    /// [`Error::BadFilter`], [`Error::DatesReversed`], [`Error::UnknownPaper`] for a text that is not an id.
    pub fn new(criteria: Criteria) -> Result<Self> {
        let Criteria { from, to, categories, authors, organisations, min_comments, ids } = criteria;
        let date = |name: &'static str, text: Option<String>| {
            let read = |text: String| match PublicationDate::parse(&text) {
                Some(date) if text.trim().len() <= 10 => Ok(date),
                _ => {
                    Err(Error::BadFilter { name, found: text, wanted: "a date like `2024`, `2024-06` or `2024-06-12`" })
                }
            };
            text.map(read).transpose()
        };
        let (from, to) = (date("from", from)?, date("to", to)?);
        if let (Some(from), Some(to)) = (from, to)
            && !not_after(from, to)
        {
            return Err(Error::DatesReversed { from: from.to_string(), to: to.to_string() });
        }
        Ok(Self {
            from,
            to,
            categories: categories.iter().map(|category| archive_or_category(category)).collect::<Result<_>>()?,
            authors: authors.iter().map(|name| part_of_name("author", name)).collect::<Result<_>>()?,
            organisations: organisations
                .iter()
                .map(|name| part_of_name("organisation", name))
                .collect::<Result<_>>()?,
            min_comments,
            ids: ids.iter().map(|id| id.parse()).collect::<Result<_>>()?,
        })
    }

    /// A filter for the papers with these ids.
    #[must_use]
    pub fn among(ids: &[PaperId]) -> Self {
        Self { ids: ids.to_vec(), ..Self::default() }
    }

    /// The same filter without categories.
    #[must_use]
    pub(crate) fn of_any_category(&self) -> Self {
        Self { categories: Vec::new(), ..self.clone() }
    }

    /// The same filter without dates.
    #[must_use]
    pub(crate) fn of_any_date(&self) -> Self {
        Self { from: None, to: None, ..self.clone() }
    }

    /// Whether every paper passes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The rows of the papers that pass.
    pub(super) fn rows(&self, connection: &Connection) -> rusqlite::Result<FixedBitSet> {
        let (conditions, values) = self.conditions();
        let query = format!("SELECT row, authors, organisation FROM papers WHERE {}", conditions.join(" AND "));
        let mut statement = connection.prepare_cached(&query)?;
        let mut found = statement.query(params_from_iter(values))?;
        let mut rows = FixedBitSet::new();
        while let Some(paper) = found.next()? {
            if self.names_fit(&paper.get::<_, String>(1)?, paper.get(2)?) {
                rows.grow_and_insert(paper.get::<_, u32>(0)? as usize);
            }
        }
        Ok(rows)
    }

    /// The conditions that SQLite can check, with a placeholder for each value.
    pub(super) fn conditions(&self) -> (Vec<&'static str>, Vec<Value>) {
        let mut conditions = vec!["TRUE"];
        let mut values = Vec::new();
        let mut add = |condition, value: Value| {
            conditions.push(condition);
            values.push(value);
        };
        // Compared only as far as both dates are known: a paper of 2024 may be from any month of that year.
        if let Some(from) = self.from {
            let condition =
                "(SELECT substr(published, 1, length(d)) >= substr(d, 1, length(published)) FROM (SELECT ? AS d))";
            add(condition, from.to_string().into());
        }
        if let Some(to) = self.to {
            let condition =
                "(SELECT substr(published, 1, length(d)) <= substr(d, 1, length(published)) FROM (SELECT ? AS d))";
            add(condition, to.to_string().into());
        }
        if !self.categories.is_empty() {
            let condition = "EXISTS (SELECT 1 FROM json_each(iif(json_valid(categories), categories, '[]')) AS has, json_each(?) AS wanted
                WHERE lower(has.value) = wanted.value OR substr(lower(has.value), 1, length(wanted.value) + 1) = wanted.value || '.')";
            add(condition, json(&self.categories));
        }
        if let Some(least) = self.min_comments {
            add("comments >= ?", least.into());
        }
        if !self.ids.is_empty() {
            let ids: Vec<&str> = self.ids.iter().map(PaperId::as_str).collect();
            add("id IN (SELECT value FROM json_each(?))", json(&ids));
        }
        (conditions, values)
    }

    /// Whether the authors (a JSON array from the database) and the organisation match the filter. Names are compared
    /// here because SQLite ignores case for ASCII only, and does not ignore accents.
    pub(super) fn names_fit(&self, authors: &str, organisation: Option<String>) -> bool {
        if !self.authors.is_empty() {
            let authors: Vec<String> = super::record::names(authors).iter().map(|author| folded(author)).collect();
            if !self.authors.iter().all(|wanted| authors.iter().any(|author| author.contains(wanted))) {
                return false;
            }
        }
        if self.organisations.is_empty() {
            return true;
        }
        let organisation = folded(&organisation.unwrap_or_default());
        self.organisations.iter().any(|wanted| organisation.contains(wanted))
    }
}

/// Compared only as far as both dates are known.
fn not_after(one: PublicationDate, other: PublicationDate) -> bool {
    let (one, other) = (one.to_string(), other.to_string());
    let known = one.len().min(other.len());
    one[..known] <= other[..known]
}

/// A category in lower case; an archive without a trailing `.` or `.*`.
fn archive_or_category(text: &str) -> Result<String> {
    let category = text.trim();
    let category = category.strip_suffix('*').filter(|archive| archive.ends_with('.')).unwrap_or(category);
    let category = category.strip_suffix('.').unwrap_or(category).to_ascii_lowercase();
    if category.is_empty() || category.contains('*') {
        let wanted = "a category like `cs.LG`, or an archive like `cs.*`";
        return Err(Error::BadFilter { name: "category", found: text.to_owned(), wanted });
    }
    Ok(category)
}

fn part_of_name(name: &'static str, text: &str) -> Result<String> {
    let folded = folded(text.trim());
    if folded.is_empty() {
        return Err(Error::BadFilter { name, found: text.to_owned(), wanted: "part of a name" });
    }
    Ok(folded)
}

/// A name in lower case and without accents.
pub(crate) fn folded(name: &str) -> String {
    if name.is_ascii() {
        return name.to_ascii_lowercase();
    }
    // A combining accent is first composed with its letter.
    let composed: String = name.nfkc().collect();
    let mut fold = TextAnalyzer::builder(RawTokenizer::default()).filter(LowerCaser).filter(AsciiFoldingFilter).build();
    let mut tokens = fold.token_stream(&composed);
    tokens.next().map_or_else(String::new, |token| token.text.clone())
}

fn json<T: Serialize>(list: &[T]) -> Value {
    Value::from(serde_json::json!(list).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_folded() {
        for (name, wanted) in [
            ("Erwin SCHRÖDINGER", "erwin schrodinger"),
            ("Go\u{308}del", "godel"),
            ("Łukasz", "lukasz"),
            ("姚期智", "姚期智"),
        ] {
            assert_eq!(folded(name), wanted);
        }
    }

    #[test]
    fn archives_are_written_in_three_ways() {
        for text in ["cs", "cs.", "CS.*", " cs "] {
            assert_eq!(archive_or_category(text).unwrap(), "cs", "{text}");
        }
        assert_eq!(archive_or_category("cs.LG").unwrap(), "cs.lg");
        for text in ["", ".", "*", "c*", "cs.L*", ".*"] {
            assert!(matches!(archive_or_category(text), Err(Error::BadFilter { .. })), "{text}");
        }
    }
}
