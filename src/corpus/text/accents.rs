//! Reads LaTeX's accents: `\"o`, `\'{e}`, `\c{c}`, `\'{\i}`, `\'{\^e}`.

/// Most accents on one letter.
const MOST_ACCENTS: usize = 3;

/// A letter with its accents.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Accented {
    /// The letter and combining characters.
    pub text: String,
    /// Number of bytes read after the backslash.
    pub length: usize,
    /// The positions of the braces that are still open, counted from the backslash's end.
    pub open: Vec<usize>,
}

/// The accented letter at the start of `text`, the part after a backslash. `before` is the character before it.
pub(super) fn accented(text: &str, before: Option<char>) -> Option<Accented> {
    let mut marks = String::new();
    let mut braces = Vec::new();
    let mut rest = text;
    let command = text.chars().next()?;
    for _ in 0..MOST_ACCENTS {
        let name = rest.chars().next()?;
        let Some(mark) = combining(name) else { break };
        // The accents nearest to the letter come last in LaTeX and first in Unicode.
        marks.insert(0, mark);
        rest = &rest[name.len_utf8()..];
        if name.is_ascii_alphabetic() {
            // Otherwise the letter is the start of a longer name.
            if !rest.starts_with([' ', '{', '\\']) {
                return None;
            }
            rest = rest.trim_start_matches(' ');
        }
        while let Some(inner) = rest.strip_prefix('{') {
            braces.push(text.len() - rest.len());
            rest = inner.trim_start_matches(' ');
            if braces.len() > MOST_ACCENTS {
                return None;
            }
        }
        match rest.strip_prefix('\\') {
            Some(inner) if inner.starts_with(|c| combining(c).is_some()) && dotless(inner).is_none() => rest = inner,
            _ => break,
        }
    }
    let (letter, after) = if let Some(found) = rest.strip_prefix('\\').and_then(dotless) {
        found
    } else {
        let letter = rest.chars().next().filter(|c| c.is_alphabetic())?;
        let after = &rest[letter.len_utf8()..];
        if braces.is_empty() && !is_usual(command, letter, before, after) {
            return None;
        }
        // Unicode composes the accent with the dotted letter.
        (if letter == 'ı' { 'i' } else { letter }, after)
    };
    let mut rest = after;
    while !braces.is_empty()
        && let Some(after) = rest.strip_prefix('}')
    {
        braces.pop();
        rest = after;
    }
    Some(Accented { text: format!("{letter}{marks}"), length: text.len() - rest.len(), open: braces })
}

/// A dotless i or j at the start of `text`, the part after a backslash: the dotted letter, and the text after it.
fn dotless(text: &str) -> Option<(char, &str)> {
    let letter = text.chars().next().filter(|c| matches!(c, 'i' | 'j'))?;
    let after = &text[1..];
    if after.starts_with(|c: char| c.is_ascii_alphabetic()) {
        None
    } else {
        Some((letter, after.trim_start_matches(' ')))
    }
}

/// The combining character of an accent command.
fn combining(command: char) -> Option<char> {
    Some(match command {
        '\'' => '\u{301}',
        '`' => '\u{300}',
        '^' => '\u{302}',
        '"' => '\u{308}',
        '~' => '\u{303}',
        '=' => '\u{304}',
        '.' => '\u{307}',
        'c' => '\u{327}',
        'v' => '\u{30c}',
        'u' => '\u{306}',
        'H' => '\u{30b}',
        'k' => '\u{328}',
        'r' => '\u{30a}',
        'd' => '\u{323}',
        'b' => '\u{331}',
        _ => return None,
    })
}

/// Whether a letter usually takes the accent. Without braces, the command may as well be an escaped character, such as the
/// apostrophe of `don\'t`.
fn is_usual(command: char, letter: char, before: Option<char>, after: &str) -> bool {
    let letters = match command {
        '\'' => "aeiouyAEIOUYcCnNsSzZ",
        '`' | '=' => "aeiouAEIOU",
        '^' => "aeiouAEIOUcghjswyCGHJSWY",
        '"' => "aeiouyAEIOUY",
        '~' => "anouiANOUI",
        '.' => "zZIeEG",
        'c' => "cCsStTkKlLnNrRgGeEdDhH",
        'v' => "cCsSzZrReEnNdDtTaAgGlLoOuUiIkKhHjJ",
        'u' => "gGaAeEiIoOuU",
        'H' => "oOuU",
        'k' => "aAeEiIuUoO",
        'r' => "aAuU",
        _ => return letter == 'ı',
    };
    let is_word_end = !after.starts_with(char::is_alphabetic);
    // The possessive `it\'s`.
    let is_possessive = command == '\'' && letter == 's' && is_word_end && before.is_some_and(char::is_alphabetic);
    (letters.contains(letter) || letter == 'ı') && !is_possessive
}
