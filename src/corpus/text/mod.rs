//! Makes titles, abstracts and names readable: from HTML, JATS, MathML and LaTeX to one line of plain text.
//!
//! Sources mix these notations freely, one within the other: Crossref gives JATS with LaTeX and MathML in it, BibTeX files
//! give HTML whose brackets are LaTeX formulas (`$<$i$>$`). A text is therefore read again and again until nothing changes.
//! This makes the functions idempotent: a text that was exported and is read again stays the same.

mod accents;
mod ahead;
mod characters;
mod commands;
mod dollars;
pub(super) mod entities;
mod groups;
mod html;
mod latex;
mod mathml;
mod paths;
mod signs;
mod structures;
mod tags;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

/// Version of the rules that make texts readable.
///
/// A store records the version for each paper. Increase it with every change of the rules that changes the text of real
/// papers.
pub(crate) const VERSION: u32 = 2;

/// How often a text is read at most. Texts of real papers need two or three times.
const MOST_ROUNDS: usize = 8;

/// A title or an abstract as one line of plain text in Unicode's normalization form C.
pub(crate) fn readable(text: &str) -> String {
    clean(text, Rules { is_name: false, keeps_all: false })
}

/// An author's name as one line of plain text in Unicode's normalization form C.
///
/// Braces and ties are always LaTeX in a name. Raised marks, such as those of footnotes, are removed.
pub(crate) fn name(text: &str) -> String {
    clean(text, Rules { is_name: true, keeps_all: false })
}

/// The kind of text.
#[derive(Debug, Clone, Copy)]
struct Rules {
    /// The text is a name.
    is_name: bool,
    /// Also the parts that repeat others, or that a reader would not see, are kept.
    keeps_all: bool,
}

fn clean(text: &str, rules: Rules) -> String {
    if characters::is_plain(text) {
        return text.to_owned();
    }
    let cleaned = settle(text, rules);
    if !cleaned.is_empty() {
        return cleaned;
    }
    // The text consists of nothing but parts that are usually left out.
    let everything = settle(text, Rules { keeps_all: true, ..rules });
    let cleaned = settle(&everything, rules);
    if cleaned.is_empty() { words(text, rules) } else { cleaned }
}

/// Reads a text until nothing changes.
fn settle(text: &str, rules: Rules) -> String {
    let mut text = round(text, rules);
    for _ in 1..MOST_ROUNDS {
        if characters::is_plain(&text) {
            return text;
        }
        let next = round(&text, rules);
        if next == text {
            return text;
        }
        text = next;
    }
    // Only hostile input reaches this point.
    characters::without_markup(&text)
}

/// Reads a text once.
fn round(text: &str, rules: Rules) -> String {
    let text = html::plain(text, rules);
    let text = match text {
        Cow::Borrowed(text) => latex::plain(text, rules),
        Cow::Owned(text) => Cow::Owned(latex::plain(&text, rules).into_owned()),
    };
    characters::one_line(&text)
}

/// The words of a text of which nothing else is left, such as the name of a lone command.
fn words(text: &str, rules: Rules) -> String {
    let mut text = Cow::Borrowed(text);
    for _ in 0..MOST_ROUNDS {
        text = Cow::Owned(characters::one_line(&html::plain(&text, rules)));
    }
    characters::one_line(&text.replace(|c: char| !c.is_alphanumeric(), " "))
}
