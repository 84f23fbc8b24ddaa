//! Which values of a filter does no paper have, and what may have been meant?

use serde::Serialize;

use crate::engine::Moment;
use crate::error::Result;
use crate::full_text::Named;
use crate::store::{Filter, folded};

/// A value of a filter that no paper of the collection has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NoMatch {
    /// The value, in the form of an operator.
    pub condition: String,
    /// The most similar value of the collection.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nearest: Option<String>,
}

/// Maximum number of values that are looked up.
const MOST_VALUES: usize = 20;
/// A value is suggested if it is at least this similar (Jaro–Winkler).
const SIMILAR: f64 = 0.9;
/// Number of names that are compared with a value.
const COMPARED: usize = 200;
/// The names that are compared begin with this number of letters of a word.
const BEGINNING: usize = 3;

/// The categories, organisations, venues and authors of a filter that no paper has.
///
/// # Errors
/// When the collection cannot be read.
pub(in crate::search) fn values_without_papers<M: Moment>(moment: &M, filter: &Filter) -> Result<Vec<NoMatch>> {
    let mut found = Vec::new();
    for (name, value, alone) in filter.values().into_iter().take(MOST_VALUES) {
        if moment.selected(&moment.select(&alone)?) == 0 {
            let nearest = nearest(moment, name, &value)?;
            found.push(NoMatch { condition: format!("{name}:{value}"), nearest });
        }
    }
    Ok(found)
}

fn nearest<M: Moment>(moment: &M, name: &str, value: &str) -> Result<Option<String>> {
    // As written by a program that sends a list where a text is wanted.
    let is_sign = |c: char| !c.is_alphanumeric();
    let value = folded(value.trim_matches(is_sign));
    let names = match name {
        "category" => moment.categories(&moment.select(&Filter::default())?, usize::MAX)?,
        "author" => names(moment, Named::Author, &value)?,
        "venue" => names(moment, Named::Venue, &value)?,
        _ => Vec::new(),
    };
    // The most frequent of equally similar ones is first.
    let mut best: Option<(f64, String)> = None;
    for (name, _) in names {
        let likeness = likeness(&folded(&name), &value);
        if likeness >= SIMILAR && best.as_ref().is_none_or(|(most, _)| likeness > *most) {
            best = Some((likeness, name));
        }
    }
    Ok(best.map(|(_, name)| name))
}

/// The names of the collection with a word that begins as one of the value.
fn names<M: Moment>(moment: &M, named: Named, value: &str) -> Result<Vec<(String, usize)>> {
    let mut found = Vec::new();
    for word in value.split(|c: char| !c.is_alphanumeric()).filter(|word| word.chars().nth(BEGINNING - 1).is_some()) {
        let beginning: String = word.chars().take(BEGINNING).collect();
        found.extend(moment.suggestions(named, &beginning, COMPARED)?);
    }
    Ok(found)
}

/// How similar a value is to a name, or to its last words.
fn likeness(name: &str, value: &str) -> f64 {
    let starts = name.match_indices(' ').map(|(place, _)| place + 1);
    let parts = std::iter::once(0).chain(starts).map(|start| &name[start..]);
    parts.map(|part| strsim::jaro_winkler(part, value)).fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_compared_with_a_name_and_with_its_last_words() {
        assert!(likeness("geoffrey hinton", "hintn") >= SIMILAR);
        assert!(likeness("cs.lg", "cs.lg") >= 1.0);
        assert!(likeness("cs.cv", "math.co") < SIMILAR);
    }
}
