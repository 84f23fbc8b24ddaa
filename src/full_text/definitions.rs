//! Abbreviations that papers define, as in `retrieval-augmented generation (RAG)`.
//!
//! They are found by the algorithm of Schwartz & Hearst, "A simple algorithm for identifying abbreviation definitions in
//! biomedical text", PSB 2003: the letters of the short form occur, in order, in the words before it, and the first one begins
//! a word. That algorithm takes the shortest such text, which is `supervised learning` for `semi-supervised learning (SSL)`.
//! Words whose initials are the short form are therefore preferred.

use super::names::END;
use super::words::{Placed, composed_text, is_stop_word, placed, stem_of};
use crate::paper::Paper;

/// Begins the entries by short form: stem of the short form, words of the long form, short form as written.
pub(super) const BY_SHORT: &str = "d:";
/// Begins the entries by long form: its stems without stop words, stem of the short form, short form as written.
pub(super) const BY_LONG: &str = "l:";

/// A definition.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Definition<'t> {
    short: &'t str,
    long: &'t str,
}

/// The entries of a paper.
pub(super) fn entries(paper: &Paper) -> Vec<String> {
    let mut entries = Vec::new();
    for text in [&paper.title, &paper.abstract_text] {
        let text = composed_text(text);
        for Definition { short, long } in definitions(&text) {
            let words = placed(long);
            let short = singular(short);
            let key = stem_of(&short.to_lowercase());
            let wholes: Vec<&str> = words.iter().map(|word| word.whole.as_str()).collect();
            entries.push(format!("{BY_SHORT}{key}{END}{}{END}{short}", wholes.join(" ")));
            entries.push(format!("{BY_LONG}{}{END}{key}{END}{short}", stems_of(&words).join(" ")));
        }
    }
    entries.sort_unstable();
    entries.dedup();
    entries
}

/// The stems of words that are not stop words.
pub(super) fn stems_of(words: &[Placed]) -> Vec<&str> {
    words.iter().filter(|word| !word.is_stop_word).map(|word| word.stem.as_str()).collect()
}

/// The definitions in a text.
fn definitions(text: &str) -> Vec<Definition<'_>> {
    let mut found = Vec::new();
    for (open, _) in text.match_indices('(') {
        let Some(close) = text[open..].find(')').map(|close| open + close) else { break };
        let inner = text[open + 1..close].split([';', ',']).next().unwrap_or_default().trim();
        let before = text[..open].trim_end();
        if is_short_form(inner) {
            found.extend(long_form(inner, window(before, inner)).map(|long| Definition { short: inner, long }));
        } else {
            // As in `RAG (retrieval-augmented generation)`.
            let short = before.rsplit(char::is_whitespace).next().unwrap_or_default();
            if is_short_form(short) && long_form(short, inner) == Some(inner) {
                found.push(Definition { short, long: inner });
            }
        }
    }
    found
}

/// Whether a text is a short form: 2 to 10 characters, a single word, begins with a letter or digit, and has a capital letter.
fn is_short_form(text: &str) -> bool {
    (2..=10).contains(&text.chars().count())
        && text.starts_with(char::is_alphanumeric)
        && text.ends_with(char::is_alphanumeric)
        && text.chars().all(|c| c.is_alphanumeric() || c == '-')
        && text.contains(char::is_uppercase)
}

/// The last words of a text in which the long form may be: min(n + 5, 2 n) for a short form of n characters.
fn window<'t>(before: &'t str, short: &str) -> &'t str {
    let n = short.chars().count();
    // A definition does not reach into the sentence before.
    let sentence = before.rfind(['.', ';', '(', ')']).map_or(0, |place| place + 1);
    let text = before[sentence..].trim_start();
    let mut spaces = text.rmatch_indices(char::is_whitespace).map(|(place, space)| place + space.len());
    let start = spaces.nth((n + 5).min(2 * n) - 1);
    text.get(start.unwrap_or(0)..).unwrap_or(text)
}

/// A short form without the `s` of a plural, as in `LLMs`, for which the long form has no letter.
fn singular(short: &str) -> &str {
    short.strip_suffix('s').filter(|short| !short.contains(char::is_lowercase)).unwrap_or(short)
}

/// The long form at the end of a text.
fn long_form<'t>(short: &str, text: &'t str) -> Option<&'t str> {
    let short = singular(short);
    let long = by_initials(short, text).or_else(|| by_letters(short, text))?;
    let is_longer = long.chars().count() > short.chars().count() + 1 && long.contains([' ', '-']);
    let has_short = long.split(|c: char| !c.is_alphanumeric()).any(|word| word == short);
    (is_longer && !has_short).then_some(long)
}

fn same(one: char, other: char) -> bool {
    one == other || one.to_lowercase().eq(other.to_lowercase())
}

/// The words at the end of a text whose initials are the short form. Stop words may be between them.
fn by_initials<'t>(short: &str, text: &'t str) -> Option<&'t str> {
    let mut wanted = short.chars().filter(|c| c.is_alphanumeric()).rev().peekable();
    let (mut start, mut end) = (text.len(), text.len());
    for word in text.rsplit(|c: char| !c.is_alphanumeric()) {
        let Some(letter) = wanted.peek() else { break };
        let place = end - word.len();
        // The character between two words.
        end = text[..place].char_indices().next_back().map_or(0, |(before, _)| before);
        match word.chars().next() {
            Some(first) if same(first, *letter) => {
                start = place;
                wanted.next();
            }
            Some(_) if start < text.len() && is_stop_word(&word.to_lowercase()) => {}
            Some(_) => return None,
            None => {}
        }
    }
    wanted.peek().is_none().then(|| text[start..].trim())
}

/// The shortest end of a text that has the letters of the short form in their order and begins with the first one.
fn by_letters<'t>(short: &str, text: &'t str) -> Option<&'t str> {
    let letters: Vec<(usize, char)> = text.char_indices().collect();
    let mut place = letters.len();
    let mut wanted = short.chars().filter(|c| c.is_alphanumeric()).rev().peekable();
    while let Some(letter) = wanted.next() {
        let is_first = wanted.peek().is_none();
        place = (0..place).rev().find(|place| {
            let begins = || *place == 0 || !letters[*place - 1].1.is_alphanumeric();
            same(letters[*place].1, letter) && (!is_first || begins())
        })?;
    }
    Some(text[letters.get(place)?.0..].trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(&str, &str)> {
        definitions(text).into_iter().map(|found| (found.short, found.long)).collect()
    }

    #[test]
    fn definitions_are_found() {
        for (text, short, long) in [
            ("We use retrieval-augmented generation (RAG) here.", "RAG", "retrieval-augmented generation"),
            ("The large language models (LLMs) fail", "LLMs", "large language models"),
            ("a Support Vector Machine (SVM; see below)", "SVM", "Support Vector Machine"),
            ("bag of words (BoW)", "BoW", "bag of words"),
            ("CNN (convolutional neural network) layers", "CNN", "convolutional neural network"),
            ("the heat shock transcription factor (HSF)", "HSF", "heat shock transcription factor"),
            ("magnetic resonance imaging (MRI).", "MRI", "magnetic resonance imaging"),
            ("We do semi-supervised learning (SSL).", "SSL", "semi-supervised learning"),
            ("SSL (self-supervised learning) of", "SSL", "self-supervised learning"),
            ("so the state of the art (SOTA)", "SOTA", "state of the art"),
            ("a mixture of the experts (ME)", "ME", "mixture of the experts"),
        ] {
            assert_eq!(found(text), [(short, long)], "{text}");
        }
    }

    #[test]
    fn other_parentheses_are_not_definitions() {
        for text in
            ["f(x) and (see Section 3)", "in 2019 (2020)", "the end (SVM)", "(A) is", "nothing (", "x ()", "Ä (Öß)"]
        {
            assert_eq!(found(text), [], "{text}");
        }
    }

    #[test]
    fn a_definition_is_found_from_both_sides() {
        let paper = Paper::new(
            crate::paper::PaperId::of_title("x"),
            "Bags of words (BoW)".to_owned(),
            "A bags of words (BoW).".to_owned(),
        );
        let entries: Vec<String> = entries(&paper).iter().map(|entry| entry.replace(END, "=")).collect();
        assert_eq!(entries, ["d:bow=bags of words=BoW", "l:bag word=bow=BoW"]);
    }
}
