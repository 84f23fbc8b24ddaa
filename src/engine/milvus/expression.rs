//! Filters as expressions of Milvus. Every value of a user is quoted here.

use std::fmt::Write;

use super::schema::{
    AUTHORS_FOLDED, CATEGORIES, CITATIONS, COMMENTS, FAMILIES, ID, KIND, NAMES, ORGANISATION, PUBLISHED_FROM,
    PUBLISHED_TO, STEMS, VENUE, WORDS,
};
use crate::paper::PublicationDate;
use crate::store::{Filter, words_of_name};

/// Matches every paper.
pub(super) const ALL: &str = "";
/// Matches no paper.
pub(super) const NONE: &str = "id == \"\"";

/// A text as a literal of an expression.
pub(super) fn quoted(text: &str) -> String {
    let mut literal = String::with_capacity(text.len() + 2);
    literal.push('"');
    for c in text.chars() {
        match c {
            '"' => literal.push_str("\\\""),
            '\\' => literal.push_str("\\\\"),
            '\n' => literal.push_str("\\n"),
            '\r' => literal.push_str("\\r"),
            '\t' => literal.push_str("\\t"),
            // Ids and words have no other control characters, which a literal cannot have.
            c if c.is_control() => literal.push('?'),
            c => literal.push(c),
        }
    }
    literal.push('"');
    literal
}

/// The field contains a text.
fn like(field: &str, text: &str) -> String {
    // `%` and `_` are wildcards of the pattern: each matches itself, too.
    format!("{field} like {}", quoted(&format!("%{text}%")))
}

/// Matches what all of some expressions match.
pub(super) fn all(parts: impl IntoIterator<Item = String>) -> String {
    joined(parts, " and ", ALL)
}

/// Matches what one of some expressions matches.
pub(super) fn any(parts: impl IntoIterator<Item = String>) -> String {
    let parts: Vec<String> = parts.into_iter().collect();
    if parts.iter().any(|part| part == ALL) { ALL.to_owned() } else { joined(parts, " or ", NONE) }
}

fn joined(parts: impl IntoIterator<Item = String>, by: &str, without: &str) -> String {
    let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    match parts.as_slice() {
        [] => without.to_owned(),
        [one] => one.clone(),
        _ => parts.iter().map(|part| format!("({part})")).collect::<Vec<_>>().join(by),
    }
}

/// Matches what an expression does not match.
pub(super) fn not(expression: &str) -> String {
    match expression {
        ALL => NONE.to_owned(),
        NONE => ALL.to_owned(),
        other => format!("not ({other})"),
    }
}

/// The papers with one of these own ids.
pub(super) fn with_ids<'i>(ids: impl IntoIterator<Item = &'i str>) -> String {
    let mut list = String::new();
    for id in ids {
        let comma = if list.is_empty() { "" } else { ", " };
        let _ = write!(list, "{comma}{}", quoted(id));
    }
    if list.is_empty() { NONE.to_owned() } else { format!("{ID} in [{list}]") }
}

/// The papers whose ids come after another, in the order of bytes.
pub(super) fn behind(id: &str) -> String {
    format!("{ID} > {}", quoted(id))
}

/// The papers with one of some words, which are stems of titles and abstracts.
pub(super) fn with_stem(stem: &str) -> String {
    like(STEMS, &format!(" {stem} "))
}

/// The papers with a word in the names of their authors.
pub(super) fn with_name(whole: &str) -> String {
    like(NAMES, &format!(" {whole} "))
}

/// The papers with words in this order in the title or the abstract.
pub(super) fn with_words(words: &[String]) -> String {
    like(WORDS, &format!(" {} ", words.join(" ")))
}

/// The papers with an author of this family name.
pub(super) fn with_family(family: &str) -> String {
    format!("array_contains({FAMILIES}, {})", quoted(family))
}

/// The earliest and the latest day that a date may mean, as numbers in their order.
pub(super) fn days(date: PublicationDate) -> (i64, i64) {
    let text = date.to_string();
    let number = |rest: &str| format!("{text}{rest}").replace('-', "").parse().unwrap_or_default();
    match text.len() {
        4 => (number("0000"), number("9999")),
        7 => (number("00"), number("99")),
        _ => (number(""), number("")),
    }
}

/// The papers that pass a filter. Names are compared less exactly than [`Filter::names_fit`] does, see [`needs_check`]; the ids of
/// the filter are not looked at.
pub(super) fn of_filter(filter: &Filter) -> String {
    let Filter { from, to, categories, authors, organisations, venues, kinds, min_citations, min_comments, .. } =
        filter;
    let category = |category: &String| format!("array_contains({CATEGORIES}, {})", quoted(category));
    // Of several words, one at least is a whole word of the name.
    let name = |wanted: &String| {
        let words = words_of_name(wanted).filter(|word| word.chars().nth(1).is_some());
        any(words.map(|word| like(AUTHORS_FOLDED, word)).chain([like(AUTHORS_FOLDED, wanted)]))
    };
    let least = |field: &str, least: u32| format!("{field} >= {least}");
    all([
        from.map_or_else(String::new, |from| format!("{PUBLISHED_TO} >= {}", days(from).0)),
        to.map_or_else(String::new, |to| format!("({PUBLISHED_FROM} <= {}) and ({PUBLISHED_FROM} > 0)", days(to).1)),
        some(categories.iter().map(category)),
        all(authors.iter().map(name)),
        some(organisations.iter().map(|part| like(ORGANISATION, part))),
        some(venues.iter().map(|part| like(VENUE, part))),
        some(kinds.iter().map(|kind| format!("{KIND} == {}", quoted(kind.name())))),
        min_citations.map_or_else(String::new, |citations| least(CITATIONS, citations)),
        min_comments.map_or_else(String::new, |comments| least(COMMENTS, comments)),
    ])
}

/// Whether the papers that an expression finds must be compared with the filter: of several words, one author must have all.
pub(super) fn needs_check(filter: &Filter) -> bool {
    filter.authors.iter().any(|author| words_of_name(author).nth(1).is_some())
}

/// As [`any`], but no part restricts nothing.
fn some(parts: impl Iterator<Item = String>) -> String {
    let parts: Vec<String> = parts.collect();
    if parts.is_empty() { ALL.to_owned() } else { any(parts) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Criteria;

    #[test]
    fn values_cannot_leave_their_quotes() {
        for (text, literal) in [
            ("plain", r#""plain""#),
            (r#"" or id != ""#, r#""\" or id != \"""#),
            (r#"\" or true or ""#, r#""\\\" or true or \"""#),
            ("a\nb\u{0}", r#""a\nb?""#),
        ] {
            assert_eq!(quoted(text), literal);
        }
        let filter =
            Filter::new(Criteria { venues: vec![r#"x" or id != ""#.to_owned()], ..Criteria::default() }).unwrap();
        assert_eq!(of_filter(&filter), r#"venue like "%x\" or id != \"%""#);
    }

    #[test]
    fn expressions_are_joined() {
        assert_eq!(all([]), ALL);
        assert_eq!(any([]), NONE);
        assert_eq!(all(["a == 1".to_owned(), String::new()]), "a == 1");
        assert_eq!(any(["a == 1".to_owned(), "b == 2".to_owned()]), "(a == 1) or (b == 2)");
        assert_eq!(any(["a == 1".to_owned(), ALL.to_owned()]), ALL);
        assert_eq!(not(ALL), NONE);
        assert_eq!(not(&not("a == 1")), "not (not (a == 1))");
        assert_eq!(with_ids([]), NONE);
        assert_eq!(with_ids(["a", "b\""]), r#"id in ["a", "b\""]"#);
    }

    #[test]
    fn a_date_means_all_its_days() {
        let date = |text: &str| days(PublicationDate::parse(text).unwrap());
        assert_eq!(date("2024"), (20_240_000, 20_249_999));
        assert_eq!(date("2024-05"), (20_240_500, 20_240_599));
        assert_eq!(date("2024-05-17"), (20_240_517, 20_240_517));
    }
}
