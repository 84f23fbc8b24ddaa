//! Tells the groups of LaTeX and BibTeX from other braces.

/// The longest group, in bytes, that may protect words.
const LONGEST: usize = 128;
/// Number of bytes of a group that are searched for an operator.
const LONGEST_OPERAND: usize = 64;

/// The pairs of braces of a text.
pub(super) struct Braces {
    /// The positions of both braces, in the order of the opening ones. The closing one is 0 if there is none.
    pairs: Vec<(usize, usize)>,
}

impl Braces {
    /// Pairs all braces that are not escaped.
    pub fn of(text: &str) -> Self {
        let mut pairs = Vec::new();
        let mut open = Vec::new();
        let mut is_escaped = false;
        for (at, byte) in text.bytes().enumerate() {
            match byte {
                b'\\' => {
                    is_escaped = !is_escaped;
                    continue;
                }
                b'{' if !is_escaped => {
                    open.push(pairs.len());
                    pairs.push((at, 0));
                }
                b'}' if !is_escaped => {
                    if let Some(index) = open.pop() {
                        pairs[index].1 = at;
                    }
                }
                _ => {}
            }
            is_escaped = false;
        }
        Self { pairs }
    }

    /// The position of the brace that closes the one at `open`.
    pub fn closing(&self, open: usize) -> Option<usize> {
        let index = self.pairs.binary_search_by_key(&open, |pair| pair.0).ok()?;
        Some(self.pairs[index].1).filter(|&close| close > 0)
    }
}

/// Whether the braces at `open` and `close`, outside of formulas, are a group rather than part of the text.
///
/// BibTeX protects words by braces: `{DNA}`, `{E}ntropy`, `{The {ATLAS} Collaboration}`. A set is kept: `{1, 2}`, `{x}`.
pub(super) fn is_group(text: &str, open: usize, close: usize) -> bool {
    let content = &text[open + 1..close];
    let before = text[..open].chars().next_back();
    let after = text[close + 1..].chars().next();
    if content.len() > LONGEST {
        return content.starts_with('\\') || is_whole(text, open, close);
    }
    let inner = content.trim_start_matches('{');
    let mut characters = inner.trim_end_matches('}').chars();
    match (characters.next(), characters.next()) {
        // `-{}-` keeps LaTeX from joining the two characters.
        (None, _) => {
            let is_joined = |c: Option<char>| c.is_some_and(|c| matches!(c, '-' | '\'' | '`' | '?' | '!'));
            matches!(after, Some('^' | '_')) || (is_joined(before) && is_joined(after))
        }
        (Some(only), None) => {
            let is_sign = only.is_ascii_uppercase() || "[]-:\"'.,;!?()/&%#_~<>–—".contains(only);
            is_sign || (only.is_alphabetic() && (is_letter(before) || is_letter(after)))
        }
        (Some('\\'), Some(next)) => next != '{' && next != '}',
        _ => is_whole(text, open, close) || is_protected(inner) || is_formula(inner),
    }
}

fn is_letter(c: Option<char>) -> bool {
    c.is_some_and(char::is_alphabetic)
}

/// Whether a group is the whole text, and the text has words.
fn is_whole(text: &str, open: usize, close: usize) -> bool {
    text[..open].trim_start().is_empty()
        && text[close + 1..].trim_start_matches([' ', '.']).is_empty()
        && text[open..close].split(|c: char| !c.is_alphabetic()).any(|word| word.chars().count() > 2)
}

/// Whether a group protects words from changes by BibTeX.
fn is_protected(content: &str) -> bool {
    let Some(first) = content.chars().next() else { return false };
    let has_capital = || content.chars().any(char::is_uppercase);
    (first.is_alphabetic() || (first.is_ascii_digit() && has_capital()))
        && !content.ends_with(char::is_whitespace)
        && content.chars().all(|c| {
            c.is_alphanumeric()
                || matches!(
                    c,
                    ' ' | '-' | '–' | '\'' | '’' | '.' | '/' | '&' | '{' | '}' | '+' | '\\' | '"' | '\u{300}'
                        ..='\u{36f}'
                )
        })
}

/// Whether a content starts with a formula, and is not a set of several.
fn is_formula(content: &str) -> bool {
    content.starts_with('$') && !content.contains(',')
}

/// Whether an operand needs parentheses because it contains an operator.
pub(super) fn is_compound(content: &str) -> bool {
    let is_operator = |c| matches!(c, '+' | '-' | '−' | '=' | '/');
    content
        .char_indices()
        .skip(1)
        .take_while(|&(at, _)| at < LONGEST_OPERAND)
        .any(|(at, c)| is_operator(c) && at + c.len_utf8() < content.len())
}
