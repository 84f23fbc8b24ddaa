//! Operators in a query: `"a phrase"`, `-word`, `author:`, `category:`, `venue:`, `year:`.
//!
//! Whatever is not an operator is text: an unbalanced quote, a hyphen inside a word, another name before a colon, a value that
//! cannot be read. In a long query, such as a pasted abstract, quotes and hyphens are text as well.

use crate::paper::is_year;
use crate::store::{Criteria, Filter};

/// A query of more words is long: a text, whose quotes and hyphens are no operators.
const MOST_WORDS: usize = 32;
/// A query of more bytes is long, however few spaces it has.
const MOST_BYTES: usize = 2_000;

/// Maximum number of conditions. The others are text.
const MOST_CONDITIONS: usize = 16;

/// Whether a query is long.
pub(super) fn is_long(query: &str) -> bool {
    query.len() > MOST_BYTES || query.split_whitespace().nth(MOST_WORDS).is_some()
}

/// A condition that a query puts on papers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Condition {
    pub kind: Kind,
    /// Whether papers must meet it, rather than must not.
    pub wanted: bool,
    /// As in the query.
    pub shown: String,
}

/// What a condition is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// Words that follow each other in title or abstract.
    Phrase(String),
    /// A word in title, abstract or names.
    Word(String),
    Filter(Box<Filter>),
}

/// A query without its operators.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Parsed {
    /// What is left to search for; phrases are part of it.
    pub text: String,
    pub conditions: Vec<Condition>,
}

/// A piece of a query between spaces.
struct Piece<'q> {
    /// With its minus sign and quotes.
    shown: &'q str,
    is_wanted: bool,
    /// The name before the colon.
    name: Option<&'q str>,
    value: &'q str,
    is_quoted: bool,
}

/// Reads the operators of a query.
pub(super) fn parse(query: &str) -> Parsed {
    let mut parsed = Parsed::default();
    // Values of one operator that a paper may have any of.
    let mut any_of: Vec<(Criteria, String)> = Vec::new();
    let is_long = is_long(query);
    let mut rest = query;
    while let Some(start) = rest.find(|c: char| !c.is_whitespace()) {
        rest = &rest[start..];
        let piece = Piece::first(rest, is_long);
        rest = &rest[piece.shown.len()..];
        let condition = piece.condition().filter(|condition| !is_long || matches!(condition.kind, Kind::Filter(_)));
        let condition = condition.filter(|_| parsed.conditions.len() + any_of.len() < MOST_CONDITIONS);
        if condition.as_ref().is_none_or(|condition| condition.wanted && matches!(condition.kind, Kind::Phrase(_))) {
            let text = if condition.is_some() { piece.value } else { piece.shown };
            if !parsed.text.is_empty() {
                parsed.text.push(' ');
            }
            parsed.text.push_str(text);
        }
        match condition {
            Some(Condition { kind: Kind::Filter(_), wanted: true, shown }) => {
                let Some(criteria) = piece.criteria() else { continue };
                if any_of.iter().any(|(of, _)| *of == criteria) {
                    continue;
                }
                match any_of.iter_mut().find(|(of, _)| joins(of, &criteria)) {
                    Some((of, told)) => {
                        join(of, criteria);
                        told.push_str(&format!(" or {shown}"));
                    }
                    None => any_of.push((criteria, shown)),
                }
            }
            Some(condition) if parsed.conditions.contains(&condition) => {}
            condition => parsed.conditions.extend(condition),
        }
    }
    for (criteria, shown) in any_of {
        if let Ok(filter) = Filter::new(criteria) {
            parsed.conditions.push(Condition { kind: Kind::Filter(Box::new(filter)), wanted: true, shown });
        }
    }
    parsed
}

impl<'q> Piece<'q> {
    /// The first piece of a text that does not begin with a space. In a long query, only the values of operators are quoted.
    fn first(text: &'q str, is_long: bool) -> Self {
        let unsigned = text.strip_prefix(['-', '−']);
        let is_wanted = unsigned.is_none();
        let after_sign = unsigned.unwrap_or(text);
        let end = |text: &str| text.find(char::is_whitespace).unwrap_or(text.len());
        let (name, value) = match after_sign[..end(after_sign)].split_once(':') {
            Some((name, _)) if !name.is_empty() && name.chars().all(char::is_alphabetic) => {
                (Some(name), &after_sign[name.len() + 1..])
            }
            _ => (None, after_sign),
        };
        let is_value = name.is_some_and(is_operator);
        let quoted = if is_value || !is_long { quoted(value, is_value) } else { None };
        if let Some((quoted, rest)) = quoted {
            let shown = &text[..text.len() - rest.len()];
            return Self { shown, is_wanted, name, value: quoted, is_quoted: true };
        }
        let (shown, value) = (&text[..end(text)], &value[..end(value)]);
        Self { shown, is_wanted, name, value: value.trim_end_matches([',', ';']), is_quoted: false }
    }

    /// The condition that it states; `None` for text.
    fn condition(&self) -> Option<Condition> {
        let Self { shown, is_wanted, name, value, is_quoted } = self;
        let has_word = value.contains(char::is_alphanumeric);
        let kind = match name {
            Some(name) if is_operator(name) => Kind::Filter(Box::new(Filter::new(self.criteria()?).ok()?)),
            None if *is_quoted && has_word => Kind::Phrase((*value).to_owned()),
            // A number after a minus sign is a number.
            None if !is_wanted && value.starts_with(char::is_alphabetic) => Kind::Word((*value).to_owned()),
            Some(_) | None => return None,
        };
        Some(Condition { kind, wanted: *is_wanted, shown: (*shown).to_owned() })
    }

    /// The criteria of an operator.
    fn criteria(&self) -> Option<Criteria> {
        let values = || vec![self.value.to_owned()];
        Some(match self.name?.to_lowercase().as_str() {
            "author" => Criteria { authors: values(), ..Criteria::default() },
            "category" => Criteria { categories: values(), ..Criteria::default() },
            "venue" => Criteria { venues: values(), ..Criteria::default() },
            "year" => {
                let (from, to) = years(self.value)?;
                Criteria { from, to, ..Criteria::default() }
            }
            _ => return None,
        })
    }
}

/// The names of the operators, for suggestions.
pub(in crate::search) const OPERATORS: [&str; 4] = ["author", "category", "venue", "year"];

fn is_operator(name: &str) -> bool {
    OPERATORS.iter().any(|operator| operator.eq_ignore_ascii_case(name))
}

/// A text in quotes at the beginning, and what follows it. The value of an operator may be in single quotes.
fn quoted(text: &str, is_value: bool) -> Option<(&str, &str)> {
    const QUOTES: [(char, char); 6] = [('"', '"'), ('“', '”'), ('„', '“'), ('«', '»'), ('\'', '\''), ('‘', '’')];
    let quotes = &QUOTES[..if is_value { 6 } else { 4 }];
    let (open, close) = *quotes.iter().find(|(open, _)| text.starts_with(*open))?;
    let inner = &text[open.len_utf8()..];
    let end = inner.find(close)?;
    let rest = &inner[end + close.len_utf8()..];
    // A quote inside a word, such as that of inches, does not end a phrase.
    let ends = !rest.starts_with(char::is_alphanumeric);
    ends.then(|| (inner[..end].trim(), rest))
}

/// The first and last year of `2019`, `2019..2021`, `2019-2021`, `2019..`, `..2021`, `>=2019`, `>2019`, `<=2021` and `<2021`.
fn years(value: &str) -> Option<(Option<String>, Option<String>)> {
    for (sign, step) in [(">=", 0), ("≥", 0), ("<=", 0), ("≤", 0), (">", 1), ("<", -1)] {
        if let Some(year) = value.strip_prefix(sign) {
            let year: i32 = year.parse().ok().filter(|_| is_year(year))?;
            let year = Some(format!("{:04}", year + step)).filter(|year| is_year(year))?;
            return Some(if sign.starts_with(['>', '≥']) { (Some(year), None) } else { (None, Some(year)) });
        }
    }
    let (from, to) = value.split_once("..").or_else(|| value.split_once(['-', '–'])).unwrap_or((value, value));
    let year = |year: &str| (!year.is_empty()).then(|| year.to_owned());
    let readable =
        [from, to].iter().all(|year| year.is_empty() || is_year(year)) && !(from.is_empty() && to.is_empty());
    // A span backwards is the same span.
    let (from, to) = if from > to && !to.is_empty() { (to, from) } else { (from, to) };
    readable.then(|| (year(from), year(to)))
}

/// Whether a paper may meet either of two criteria. All authors that a query names must have written a paper.
fn joins(one: &Criteria, other: &Criteria) -> bool {
    let both = |of: fn(&Criteria) -> bool| of(one) && of(other);
    both(|criteria| !criteria.categories.is_empty())
        || both(|criteria| !criteria.venues.is_empty())
        || both(|criteria| criteria.from.is_some() || criteria.to.is_some())
}

/// Extends criteria by other values: categories and venues by more of them, years to the span of all.
fn join(of: &mut Criteria, other: Criteria) {
    of.categories.extend(other.categories);
    of.venues.extend(other.venues);
    of.from = of.from.take().zip(other.from).map(|(one, other)| one.min(other));
    of.to = of.to.take().zip(other.to).map(|(one, other)| one.max(other));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn told(query: &str) -> (String, Vec<String>) {
        let Parsed { text, conditions } = parse(query);
        let condition = |Condition { kind, wanted, shown }: Condition| {
            let kind = match kind {
                Kind::Phrase(phrase) => format!("phrase {phrase}"),
                Kind::Word(word) => format!("word {word}"),
                Kind::Filter(_) => format!("filter {shown}"),
            };
            if wanted { kind } else { format!("not {kind}") }
        };
        (text, conditions.into_iter().map(condition).collect())
    }

    #[test]
    fn operators_are_read() {
        for (query, text, conditions) in [
            ("\"graph neural\" nets", "graph neural nets", vec!["phrase graph neural"]),
            ("nets -survey -\"a review\"", "nets", vec!["not word survey", "not phrase a review"]),
            ("author:hinton dropout", "dropout", vec!["filter author:hinton"]),
            (
                "Author:\"Geoffrey Hinton\" year:2019..2021",
                "",
                vec!["filter Author:\"Geoffrey Hinton\"", "filter year:2019..2021"],
            ),
            ("category:cs.LG, category:cs.* x", "x", vec!["filter category:cs.LG, or category:cs.*"]),
            ("venue:NeurIPS -venue:ICML", "", vec!["not filter -venue:ICML", "filter venue:NeurIPS"]),
            ("“smart quotes”", "smart quotes", vec!["phrase smart quotes"]),
            ("author:'Jaydip Sen' 'a b'", "'a b'", vec!["filter author:'Jaydip Sen'"]),
            ("year:>2018 year:2021..2019", "", vec!["filter year:>2018 or year:2021..2019"]),
        ] {
            let conditions: Vec<String> = conditions.into_iter().map(str::to_owned).collect();
            assert_eq!(told(query), (text.to_owned(), conditions), "{query}");
        }
    }

    #[test]
    fn everything_else_is_text() {
        for query in [
            "an \"unbalanced quote",
            "5\" disks and 3\"x",
            "\"\" nothing",
            "title:x",
            "year:soon",
            "year:",
            "author: hinton",
            "author:",
            "fine-tuning - and -- or -5 degrees",
            "what: why",
            "C++ (a*b) ^ ~ && || ! [x] {y} \\",
            "category:*",
            "http://example.org/x?y=1",
        ] {
            assert_eq!(told(query), (query.to_owned(), vec![]), "{query}");
        }
    }

    #[test]
    fn a_long_query_has_no_phrases() {
        let words = "word ".repeat(MOST_WORDS - 2);
        assert_eq!(told(&format!("{words}\"a\" -b")).1.len(), 2);
        let long = format!("{words}\"a phrase\" -b year:2019");
        assert_eq!(told(&long).1, ["filter year:2019"]);
        assert_eq!(told(&long).0, format!("{words}\"a phrase\" -b"));
        // Pairs of its characters would be words.
        let unspaced = format!("\"{}\"", "图".repeat(MOST_BYTES / 3 + 1));
        assert_eq!(told(&unspaced), (unspaced, vec![]));
    }

    #[test]
    fn years_are_spans() {
        let span = |from: &str, to: &str| {
            let year = |year: &str| (!year.is_empty()).then(|| year.to_owned());
            Some((year(from), year(to)))
        };
        assert_eq!(years("2019"), span("2019", "2019"));
        assert_eq!(years("2019..2021"), span("2019", "2021"));
        assert_eq!(years("2019-2021"), span("2019", "2021"));
        assert_eq!(years("2019.."), span("2019", ""));
        assert_eq!(years("..2021"), span("", "2021"));
        assert_eq!(years("2021..2019"), span("2019", "2021"));
        for (value, from, to) in [
            (">=2019", "2019", ""),
            (">2018", "2019", ""),
            ("≥2019", "2019", ""),
            ("<=2021", "", "2021"),
            ("<2022", "", "2021"),
        ] {
            assert_eq!(years(value), span(from, to), "{value}");
        }
        for bad in ["", "..", "19", "2019..21", "20190", "now", ">", ">19", ">9999", "<0000"] {
            assert_eq!(years(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn any_text_can_be_parsed(query: String, operators in "([-\"“”:a-z0-9. ]|author:|year:|category:){0,40}") {
            for query in [query, operators] {
                let Parsed { text, conditions } = parse(&query);
                // Pieces are joined by one space.
                prop_assert!(text.len() <= 2 * query.len());
                prop_assert!(conditions.len() <= query.len());
            }
        }
    }
}
