//! Completes the operator that is being typed at the end of a query: authors, categories, venues and years of the
//! collection.

use serde::Serialize;

use super::Searcher;
use super::question::OPERATORS;
use crate::engine::{Engine, Moment};
use crate::error::Result;
use crate::full_text::Named;
use crate::store::Filter;

/// Maximum number of suggestions.
pub const MOST_SUGGESTIONS: usize = 8;

/// Completions of a query.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Suggestions {
    /// The operator that is being typed, such as `author`; `None` if none is.
    pub operator: Option<String>,
    /// The values of the collection that begin as typed, the most frequent first, at most [`MOST_SUGGESTIONS`].
    pub values: Vec<Suggestion>,
}

/// A value of an operator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Suggestion {
    /// The value, such as the name of an author.
    pub value: String,
    /// Number of papers with it.
    pub papers: usize,
    /// The whole query with this value.
    pub query: String,
}

/// An operator at the end of a query whose value is not complete.
#[derive(Debug, PartialEq, Eq)]
struct Unfinished<'q> {
    /// The query up to the value.
    before: &'q str,
    operator: &'static str,
    typed: &'q str,
}

impl<E: Engine> Searcher<E> {
    /// Completes the operator at the end of a query.
    ///
    /// # Errors
    /// When the collection cannot be read.
    pub fn suggest(&self, query: &str) -> Result<Suggestions> {
        let Some(Unfinished { before, operator, typed }) = unfinished(query) else { return Ok(Suggestions::default()) };
        let begins = |value: &str| value.to_lowercase().starts_with(&typed.to_lowercase());
        let found: Vec<(String, usize)> = match operator {
            "author" => self.engine().read(|moment| moment.suggestions(Named::Author, typed, MOST_SUGGESTIONS))?,
            "venue" => self.engine().read(|moment| moment.suggestions(Named::Venue, typed, MOST_SUGGESTIONS))?,
            "category" => {
                let facets = self.facets(&Filter::default())?;
                let categories = facets.categories.iter().filter(|found| begins(&found.category));
                categories.map(|found| (found.category.clone(), found.papers)).collect()
            }
            _ => {
                let facets = self.facets(&Filter::default())?;
                let years = facets.years.iter().rev().map(|found| (found.year.to_string(), found.papers));
                years.filter(|(year, _)| begins(year)).collect()
            }
        };
        let suggestion = |(value, papers): (String, usize)| {
            // A quote cannot be written inside quotes.
            let plain = value.replace(['"', '“', '”'], " ");
            let written = if plain.contains(char::is_whitespace) { format!("\"{}\"", plain.trim()) } else { plain };
            Suggestion { query: format!("{before}{written} "), value, papers }
        };
        let values = found.into_iter().take(MOST_SUGGESTIONS).map(suggestion).collect();
        Ok(Suggestions { operator: Some(operator.to_owned()), values })
    }
}

/// The operator at the end of a query, if its value is being typed.
fn unfinished(query: &str) -> Option<Unfinished<'_>> {
    let (place, _) =
        query.char_indices().rev().find(|(place, c)| *c == ':' && operator_before(&query[..*place]).is_some())?;
    let operator = operator_before(&query[..place])?;
    let (before, value) = query.split_at(place + 1);
    match value.strip_prefix(['"', '“']) {
        Some(typed) if !typed.contains(['"', '”']) => Some(Unfinished { before, operator, typed }),
        None if !value.contains(char::is_whitespace) => Some(Unfinished { before, operator, typed: value }),
        _ => None,
    }
}

/// The operator that a text ends with.
fn operator_before(text: &str) -> Option<&'static str> {
    OPERATORS.into_iter().find(|operator| {
        let start = text.len().checked_sub(operator.len()).filter(|start| text.is_char_boundary(*start));
        start.is_some_and(|start| {
            let before = text[..start].strip_suffix(['-', '−']).unwrap_or(&text[..start]);
            text[start..].eq_ignore_ascii_case(operator) && (before.is_empty() || before.ends_with(char::is_whitespace))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operator_at_the_end_is_found() {
        let found = |query| unfinished(query).map(|found: Unfinished<'_>| (found.before, found.operator, found.typed));
        for (query, wanted) in [
            ("author:hin", ("author:", "author", "hin")),
            ("dropout Author:\"geoffrey h", ("dropout Author:", "author", "geoffrey h")),
            ("x -venue:", ("x -venue:", "venue", "")),
            ("author:a category:cs", ("author:a category:", "category", "cs")),
            ("year:201", ("year:", "year", "201")),
        ] {
            assert_eq!(found(query), Some(wanted), "{query}");
        }
        for query in ["", "hin", "author", "author:hinton ", "author:\"a b\"", "coauthor:x", "title:x", "é:x"] {
            assert_eq!(found(query), None, "{query}");
        }
    }
}
