//! Filters by date, category, name and more: SQLite turns one into a set of rows.

use fixedbitset::FixedBitSet;
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};
use serde::Serialize;
use serde_json::json;
use unicode_normalization::UnicodeNormalization;

use super::criteria::Criteria;
use super::identity;
use crate::error::{Error, Result};
use crate::letters::without_accents;
use crate::paper::{IdKind, PaperId, PublicationDate, PublicationType};

/// Maximum number of values of a filter; of ids there may be more.
const MOST_VALUES: usize = 200;

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
    pub(crate) venues: Vec<String>,
    pub(crate) kinds: Vec<PublicationType>,
    pub(crate) min_citations: Option<u32>,
    pub(crate) min_comments: Option<u32>,
    pub(crate) ids: Vec<PaperId>,
}

impl Filter {
    /// Parses criteria.
    ///
    /// # Errors
    /// [`Error::BadFilter`], [`Error::TooManyValues`], [`Error::DatesReversed`], [`Error::UnknownPaper`] for a text that is not an id.
    pub fn new(criteria: Criteria) -> Result<Self> {
        let Criteria { from, to, categories, authors, organisations, venues, types, min_citations, min_comments, ids } =
            criteria;
        for (name, found) in [
            ("category", categories.len()),
            ("author", authors.len()),
            ("organisation", organisations.len()),
            ("venue", venues.len()),
            ("type", types.len()),
        ] {
            if found > MOST_VALUES {
                return Err(Error::TooManyValues { name, found, limit: MOST_VALUES });
            }
        }
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
            venues: venues.iter().map(|name| part_of_name("venue", name)).collect::<Result<_>>()?,
            kinds: types.iter().map(|name| kind(name)).collect::<Result<_>>()?,
            min_citations,
            min_comments,
            ids: ids.iter().map(|id| id.parse()).collect::<Result<_>>()?,
        })
    }

    /// A filter for the papers with these ids.
    #[must_use]
    pub fn among(ids: &[PaperId]) -> Self {
        Self { ids: ids.to_vec(), ..Self::default() }
    }

    /// A filter for the papers of a year.
    #[must_use]
    pub(crate) fn of_year(year: u16) -> Self {
        let year = PublicationDate::parse(&format!("{year:04}"));
        Self { from: year, to: year, ..Self::default() }
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

    /// The filter in parts, each with its own condition and named by it: all must be passed.
    pub(crate) fn parts(&self) -> Vec<(String, Self)> {
        let Self { from, to, categories, authors, organisations, venues, kinds, min_citations, min_comments, ids } =
            self;
        let any = |name: &str, values: &[String]| {
            (!values.is_empty())
                .then(|| values.iter().map(|value| format!("{name}:{value}")).collect::<Vec<_>>().join(" or "))
        };
        let date = |date: &Option<PublicationDate>| date.map(|date| date.to_string()).unwrap_or_default();
        let dates = (from.is_some() || to.is_some()).then(|| format!("year:{}..{}", date(from), date(to)));
        let kinds_named: Vec<String> = kinds.iter().map(|kind| kind.name().to_owned()).collect();
        let none = Self::default;
        let parts = [
            (dates, Self { from: *from, to: *to, ..none() }),
            (any("category", categories), Self { categories: categories.clone(), ..none() }),
            (any("organisation", organisations), Self { organisations: organisations.clone(), ..none() }),
            (any("venue", venues), Self { venues: venues.clone(), ..none() }),
            (any("type", &kinds_named), Self { kinds: kinds.clone(), ..none() }),
            (
                min_citations.map(|least| format!("citations:{least}..")),
                Self { min_citations: *min_citations, ..none() },
            ),
            (min_comments.map(|least| format!("comments:{least}..")), Self { min_comments: *min_comments, ..none() }),
            ((!ids.is_empty()).then(|| format!("ids: {} given", ids.len())), Self { ids: ids.clone(), ..none() }),
        ];
        let authors =
            authors.iter().map(|author| (format!("author:{author}"), Self { authors: vec![author.clone()], ..none() }));
        parts.into_iter().filter_map(|(name, part)| Some((name?, part))).chain(authors).collect()
    }

    /// The names that papers must have: what each names, the name, and a filter of it alone.
    pub(crate) fn values(&self) -> Vec<(&'static str, String, Self)> {
        let of = |what, names: &[String], alone: fn(Vec<String>) -> Self| {
            names.iter().map(|name| (what, name.clone(), alone(vec![name.clone()]))).collect::<Vec<_>>()
        };
        let mut values = of("category", &self.categories, |categories| Self { categories, ..Self::default() });
        values
            .extend(of("organisation", &self.organisations, |organisations| Self { organisations, ..Self::default() }));
        values.extend(of("venue", &self.venues, |venues| Self { venues, ..Self::default() }));
        values.extend(of("author", &self.authors, |authors| Self { authors, ..Self::default() }));
        values
    }

    /// Whether every paper passes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The rows of the papers that pass.
    pub(super) fn rows(&self, connection: &Connection) -> rusqlite::Result<FixedBitSet> {
        let (conditions, values) = self.conditions();
        let query = format!("SELECT row, authors, organisation, venue FROM papers WHERE {}", conditions.join(" AND "));
        let mut statement = connection.prepare_cached(&query)?;
        let mut found = statement.query(params_from_iter(values))?;
        let mut rows = FixedBitSet::new();
        while let Some(paper) = found.next()? {
            let authors = super::record::names(&paper.get::<_, String>(1)?);
            let (organisation, venue): (Option<String>, Option<String>) = (paper.get(2)?, paper.get(3)?);
            if self.names_fit(&authors, organisation.as_deref(), venue.as_deref()) {
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
            add(condition, list(&self.categories));
        }
        if let Some(least) = self.min_citations {
            add("citations >= ?", least.into());
        }
        if !self.kinds.is_empty() {
            let kinds: Vec<&str> = self.kinds.iter().map(|kind| kind.name()).collect();
            add("kind IN (SELECT value FROM json_each(?))", list(&kinds));
        }
        if let Some(least) = self.min_comments {
            add("comments >= ?", least.into());
        }
        if !self.ids.is_empty() {
            let ids: Vec<&str> = self.ids.iter().map(PaperId::as_str).collect();
            let condition = "papers.id IN (WITH wanted AS MATERIALIZED (SELECT value FROM json_each(?))
                SELECT value FROM wanted UNION SELECT aliases.id FROM wanted JOIN aliases ON alias = value
                UNION SELECT same.id FROM wanted JOIN papers AS same ON typeof(value) = 'integer' AND title_key = value)";
            // A hash of a title is looked up as a number.
            let titles = self.ids.iter().filter(|id| id.kind() == IdKind::Title).map(|id| json!(identity::key_of(id)));
            let wanted: Vec<serde_json::Value> = ids.iter().map(|id| json!(id)).chain(titles).collect();
            add(condition, list(&wanted));
        }
        (conditions, values)
    }

    /// Whether the authors, the organisation and the venue match the filter. Names are compared here because SQLite ignores case
    /// for ASCII only, and does not ignore accents.
    pub(crate) fn names_fit(&self, authors: &[String], organisation: Option<&str>, venue: Option<&str>) -> bool {
        if !self.authors.is_empty() {
            let authors: Vec<String> = authors.iter().map(|author| folded(author)).collect();
            if !self.authors.iter().all(|wanted| authors.iter().any(|author| is_name_of(author, wanted))) {
                return false;
            }
        }
        contains_any(organisation, &self.organisations) && contains_any(venue, &self.venues)
    }
}

/// Whether a name of an author contains a text, or has all its words in any order: `Hinton, Geoffrey` and `G. Hinton` are names of
/// `Geoffrey E. Hinton`. A word may be the beginning of one of the name. Both texts are folded.
pub(crate) fn is_name_of(author: &str, wanted: &str) -> bool {
    let words = words_of_name;
    let has = |wanted: &str| {
        words(author)
            .any(|word| word.starts_with(wanted) || (word.chars().nth(1).is_none() && wanted.starts_with(word)))
    };
    // A single word may be any part; of several, one at least must be more than an initial.
    let is_family = |word: &str| word.chars().nth(1).is_some() && words(author).any(|of| of == word);
    author.contains(wanted)
        || (words(wanted).nth(1).is_some() && words(wanted).any(is_family) && words(wanted).all(has))
}

/// The words of a folded name.
pub(crate) fn words_of_name(name: &str) -> impl Iterator<Item = &str> {
    name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty())
}

/// Whether a name contains one of some parts, or none is wanted.
fn contains_any(name: Option<&str>, wanted: &[String]) -> bool {
    if wanted.is_empty() {
        return true;
    }
    let name = folded(name.unwrap_or_default());
    wanted.iter().any(|part| name.contains(part))
}

fn kind(text: &str) -> Result<PublicationType> {
    PublicationType::read(text).ok_or_else(|| Error::BadFilter {
        name: "type",
        found: text.to_owned(),
        wanted: "a type of publication such as `article`, `preprint`, `review` or `retracted`",
    })
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

/// A name in lower case and without accents, with one form of each letter.
pub(crate) fn folded(name: &str) -> String {
    if name.is_ascii() {
        return name.to_ascii_lowercase();
    }
    // A combining accent is first composed with its letter.
    let lower: String = name.nfkc().flat_map(char::to_lowercase).collect();
    without_accents(&lower)
}

fn list<T: Serialize>(list: &[T]) -> Value {
    Value::from(json!(list).to_string())
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
            ("علی کریمی", "علي كريمي"),
            ("هُدى مؤمن", "هدي مومن"),
            ("Алёна", "алена"),
        ] {
            assert_eq!(folded(name), wanted);
        }
    }

    #[test]
    fn names_of_authors_match_in_any_order_and_with_initials() {
        let stored = ["geoffrey e. hinton", "g. hinton", "hinton, geoffrey", "hinton"];
        let matching = |wanted: &str| stored.map(|author| is_name_of(author, wanted));
        assert_eq!(matching("geoffrey hinton"), [true, true, true, false]);
        assert_eq!(matching("hinton, geoffrey"), [true, true, true, false]);
        assert_eq!(matching("g. hinton"), [true, true, true, false]);
        assert_eq!(matching("inton"), [true; 4]);
        assert_eq!(matching("marcus hinton"), [false; 4]);
        assert_eq!(matching("g e"), [false; 4]);
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
