//! Splits an abstract into sentences by rules: at `.`, `?` or `!` before white space and a new beginning, unless the
//! dot belongs to an abbreviation, an initial or a number.

use std::ops::Range;

/// Minimum length of a sentence in bytes; shorter pieces are joined with the next one.
const SHORTEST: usize = 12;

const ABBREVIATIONS: [&str; 24] = [
    "al", "approx", "cf", "ca", "dr", "e.g", "eg", "eq", "eqs", "etc", "fig", "figs", "i.e", "ie", "no", "prof", "ref",
    "refs", "resp", "sec", "st", "vol", "vs", "w.r.t",
];

/// The byte ranges of a text's sentences, in order, without surrounding white space; together they cover the whole
/// text.
pub(crate) fn sentences(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = 0;
    let mut characters = text.char_indices().peekable();
    while let Some((place, c)) = characters.next() {
        if !matches!(c, '.' | '?' | '!' | '。' | '？' | '！') {
            continue;
        }
        let mut end = place + c.len_utf8();
        // Closing quotes and brackets belong to the sentence.
        while let Some((next, closing)) = characters.peek().copied() {
            if !matches!(closing, '"' | '\'' | ')' | ']' | '”' | '’' | '.') {
                break;
            }
            end = next + closing.len_utf8();
            characters.next();
        }
        let piece = &text[start..end];
        if piece.trim().len() < SHORTEST
            || !begins_anew(&text[end..], c)
            || (c == '.' && is_abbreviation(&text[start..place]))
        {
            continue;
        }
        found.push(trimmed(text, start..end));
        start = end;
    }
    let rest = trimmed(text, start..text.len());
    if !rest.is_empty() {
        found.push(rest);
    }
    found
}

/// A range of a text without white space at its ends.
fn trimmed(text: &str, range: Range<usize>) -> Range<usize> {
    let piece = &text[range.clone()];
    let start = range.start + piece.len() - piece.trim_start().len();
    start..start + piece.trim().len()
}

/// Whether the remaining text can begin a sentence.
fn begins_anew(rest: &str, end: char) -> bool {
    if matches!(end, '。' | '？' | '！') {
        return !rest.trim().is_empty();
    }
    let mut characters = rest.chars();
    characters.next().is_some_and(char::is_whitespace)
        && characters.find(|c| !c.is_whitespace()).is_some_and(|c| !c.is_lowercase() && !matches!(c, ',' | ';' | ')'))
}

fn is_abbreviation(before: &str) -> bool {
    let word = before.rsplit(|c: char| c.is_whitespace() || c == '(').next().unwrap_or_default();
    let is_initial = word.chars().count() == 1 && word.chars().all(char::is_uppercase);
    is_initial || ABBREVIATIONS.contains(&word.to_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn texts(text: &str) -> Vec<&str> {
        sentences(text).into_iter().map(|place| &text[place]).collect()
    }

    #[test]
    fn sentences_end_where_a_reader_expects() {
        let text = "We study whales, e.g. blue ones (Fig. 3). Following J. Smith et al. (2019), we count 3.5 per mile! \
                    Is it true? \"Perhaps.\" 12 of them sang. The end";
        assert_eq!(
            texts(text),
            [
                "We study whales, e.g. blue ones (Fig. 3).",
                "Following J. Smith et al. (2019), we count 3.5 per mile!",
                "Is it true? \"Perhaps.\"",
                "12 of them sang.",
                "The end"
            ]
        );
        assert!(texts("  ").is_empty());
    }

    proptest! {
        #[test]
        fn sentences_contain_every_letter(text in "[a-zA-Z .?!\"()é。]{0,200}") {
            let kept: String = texts(&text).concat().split_whitespace().collect();
            let given: String = text.split_whitespace().collect();
            prop_assert_eq!(kept, given);
        }
    }
}
